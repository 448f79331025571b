//! Runs `tests/cases/guesses.txt`: which hits are sure, which are guessed, and what is ordinary Chinese.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use banzhu::{
    lexicon::{Lexicon, ListFile, Scratch},
    text::Surface,
};

const HEADER: &str = "term\tseverity\tsurfaces\tmatch\tvariants\tspellings\tcontext\tnote\tsource";
const TERMS: [(&str, &str); 8] = [
    ("fuck", "3"),
    ("去死", "4"),
    ("垃圾仔", "3"),
    ("幹你娘", "4"),
    ("智障", "3"),
    ("死盲人", "4"),
    ("王八蛋", "3"),
    ("白痴", "3"),
];

/// `白痴` has a spelling that is listed: sure, though it is a homophone.
fn spellings(term: &str) -> &str {
    match term {
        "白痴" => "homophone: 白吃",
        "幹你娘" => "homophone: 干你娘",
        _ => "",
    }
}

#[test]
fn a_guess_has_to_be_dearer_as_ordinary_chinese() {
    let rows: String = TERMS
        .iter()
        .map(|(term, severity)| {
            format!("{term}\t{severity}\t\t\t\t{}\t\t\tours\n", spellings(term))
        })
        .collect();
    let list = ListFile::new("profanity.tsv", format!("{HEADER}\n{rows}"));
    let lexicon = Lexicon::compile(&[list])
        .unwrap_or_else(|faults| panic!("{faults:#?}"))
        .0;
    let (mut scratch, mut wrong) = (Scratch::default(), Vec::new());
    let cases = include_str!("cases/guesses.txt");
    for line in cases.lines().filter(|line| !line.starts_with('#')) {
        let (wanted, text) = line.split_once(' ').unwrap();
        let text = &text.replace("\\n", "\n");
        let hits = lexicon.scan(Surface::Body, text, &mut scratch);
        let found = match hits {
            [] => "pass",
            [hit] if hit.guessed => "guess",
            [_] => "sure",
            _ => "several",
        };
        if found != wanted {
            wrong.push(format!(
                "{line}: {found} {:#?}",
                lexicon.explain(Surface::Body, text).candidates
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
