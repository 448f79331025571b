//! `score/tables/cold.tsv`: how many harmless and how many abusive comments of COLD's training split hold an n-gram.
//!
//! Figures only, no sentences: an n-gram of three characters at most enters if 20 comments or more hold it. Rows that are a
//! text of another measuring set, or the `original` of one, are left out.

use std::collections::{BTreeMap, BTreeSet};

use banzhu::score::ngrams_of;

use super::{check_made, inputs::Package, measuring_sets};

pub const PATH: &str = "score/tables/cold.tsv";
pub const COLD: Package = Package {
    name: "COLDataset",
    version: "2022",
    licence: "Apache-2.0",
};
const HEADER: &str = "\
# N-grams, and how many harmless and how many abusive comments hold each; made by tests/tables/cold.rs, not by hand.
# From the training split of COLDataset 2022 (https://github.com/thu-coai/COLDataset, Apache-2.0), converted to the
# characters of Taiwan: counted, without its sentences. ␂ and ␃ are the borders of a comment, ␠ is a blank.
";
/// An n-gram that fewer comments hold says little, and more about the comment than about the language.
const COMMENTS_MIN: u32 = 20;

fn made() -> String {
    let rows = measuring_sets::rows();
    let is_training =
        |row: &&measuring_sets::Row| row.set == "abuse_cold" && row.text("split") == Some("train");
    let measured: BTreeSet<&str> = rows
        .iter()
        .filter(|row| !is_training(row))
        .flat_map(measuring_sets::Row::texts)
        .collect();
    let mut counts: BTreeMap<String, [u32; 2]> = BTreeMap::new();
    for row in rows.iter().filter(is_training) {
        let text = row.text("text").unwrap();
        if !measured.contains(text) {
            for ngram in ngrams_of(text) {
                counts.entry(ngram).or_default()[usize::from(row.is_positive())] += 1;
            }
        }
    }
    let kept = counts
        .into_iter()
        .filter(|(_, [harmless, abuse])| harmless + abuse >= COMMENTS_MIN);
    let lines = kept.map(|(ngram, [harmless, abuse])| format!("{harmless}\t{abuse}\t{ngram}\n"));
    HEADER.to_owned() + &lines.collect::<String>()
}

#[test]
#[ignore = "needs the measuring sets: BANZHU_MEASURING_SETS names their folder"]
fn cold_tsv_comes_out_as_committed() {
    check_made(PATH, &made());
}
