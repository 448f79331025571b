//! OpenCC's dictionaries, and its conversion as the configurations `s2tw` and `s2twp` lay it down.
//!
//! A text is first cut by forward maximum matching over the phrases; then each piece goes through the steps, each a row of
//! dictionaries of which the first that knows a beginning of the rest has its say.

use std::collections::HashMap;

use crate::{
    inputs::{
        COMPATIBILITY, Input, ST_CHARACTERS, ST_PHRASES, ST_REGIONAL_PHRASES, TW_PHRASES,
        TW_VARIANT_PHRASES, TW_VARIANTS,
    },
    rows,
};

/// The rows of a dictionary in the order of the file: a key, then what it may become, the usual first.
pub fn entries(text: &str) -> impl Iterator<Item = (&str, Vec<&str>)> {
    rows(text).map(|line| {
        let (key, values) = line.split_once('\t').unwrap();
        (key, values.split(' ').collect())
    })
}

/// As [`entries`], for dictionaries of single characters.
pub fn characters(text: &str) -> impl Iterator<Item = (char, Vec<char>)> {
    entries(text).map(|(key, values)| {
        let values = values.into_iter().map(only_char).collect();
        (only_char(key), values)
    })
}

fn only_char(text: &str) -> char {
    let mut chars = text.chars();
    let first = chars.next().unwrap();
    assert_eq!(chars.next(), None, "{text}");
    first
}

/// One dictionary, or several that are looked up as one.
struct Dictionary {
    entries: HashMap<String, String>,
    /// The length of its longest key, in characters.
    longest: usize,
}

impl Dictionary {
    /// Where several inputs have a key, the first one's row holds.
    fn read(inputs: &[Input]) -> Self {
        let mut all = HashMap::new();
        for input in inputs {
            for (key, values) in self::entries(&input.read()) {
                let value = values.first().unwrap();
                all.entry(key.to_owned())
                    .or_insert_with(|| (*value).to_owned());
            }
        }
        let longest = all.keys().map(|key| key.chars().count()).max();
        Self {
            entries: all,
            longest: longest.unwrap(),
        }
    }

    /// The longest key that the text begins with: its bytes, and what it becomes.
    fn beginning(&self, text: &str) -> Option<(usize, &str)> {
        let ends = text.char_indices().map(|(at, ch)| at + ch.len_utf8());
        let ends: Vec<usize> = ends.take(self.longest).collect();
        ends.into_iter().rev().find_map(|end| {
            let value = self.entries.get(&text[..end])?;
            Some((end, value.as_str()))
        })
    }
}

/// A conversion from Simplified to Taiwan's Traditional.
pub struct Conversion {
    compatibility: Dictionary,
    phrases: Dictionary,
    steps: [Vec<Dictionary>; 2],
}

impl Conversion {
    /// `s2tw`: characters and variants.
    pub fn s2tw() -> Self {
        Self::ending_in(&[TW_VARIANT_PHRASES, TW_VARIANTS])
    }

    /// `s2twp`: Taiwan's own words too (软件 becomes 軟體).
    pub fn s2twp() -> Self {
        Self::ending_in(&[TW_PHRASES, TW_VARIANT_PHRASES, TW_VARIANTS])
    }

    fn ending_in(last: &[Input]) -> Self {
        let phrases = || Dictionary::read(&[ST_PHRASES, ST_REGIONAL_PHRASES]);
        let alone = |input| Dictionary::read(std::slice::from_ref(input));
        Self {
            compatibility: alone(&COMPATIBILITY),
            phrases: phrases(),
            steps: [
                vec![phrases(), alone(&ST_CHARACTERS)],
                last.iter().map(alone).collect(),
            ],
        }
    }

    pub fn convert(&self, text: &str) -> String {
        let text = applied(std::slice::from_ref(&self.compatibility), text);
        let pieces = self.pieces(&text).into_iter();
        pieces
            .map(|piece| {
                let steps = self.steps.iter();
                steps.fold(piece.to_owned(), |text, step| applied(step, &text))
            })
            .collect()
    }

    /// The phrases of a text, and what lies between them.
    fn pieces<'a>(&self, text: &'a str) -> Vec<&'a str> {
        let (mut pieces, mut from, mut at) = (Vec::new(), 0, 0);
        while let Some(next) = text[at..].chars().next() {
            let Some((len, _)) = self.phrases.beginning(&text[at..]) else {
                at += next.len_utf8();
                continue;
            };
            pieces.extend([&text[from..at], &text[at..at + len]]);
            at += len;
            from = at;
        }
        pieces.push(&text[from..]);
        pieces
    }
}

/// One step: of the first dictionary that knows a beginning of the rest its longest key, again and again.
fn applied(step: &[Dictionary], text: &str) -> String {
    let (mut made, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(next) = rest.chars().next() {
        let known = step
            .iter()
            .find_map(|dictionary| dictionary.beginning(rest));
        let (len, value) = known.unwrap_or((next.len_utf8(), &rest[..next.len_utf8()]));
        made.push_str(value);
        rest = &rest[len..];
    }
    made
}
