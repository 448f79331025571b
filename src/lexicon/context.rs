//! The column `context` of a list: which words must, or must not, be near a hit.
//!
//! `near:@staff|拜託+6; not_near:@medical+8` asks for a word of the set `@staff` or 拜託 within six characters of the hit, and
//! for none of `@medical` within eight. All clauses must hold; `before:` and `after:` look on one side only. The distance
//! counts letters and digits, not blanks and signs; the whole word must be within it. Sets are defined in
//! `neighbours.tsv`.

use std::collections::HashMap;

use super::unit_window::UnitWindow;
use crate::text::{
    TermMatcher,
    shown::ShownText,
    units::{Code, code_of, collapses, is_shared},
};

/// The greatest distance of a clause.
pub(super) const REACH_CHARS_MAX: usize = 100;

/// The word sets of `neighbours.tsv` by name.
pub(super) type Neighbours = HashMap<String, Vec<String>>;

/// The clauses of one `context` cell.
#[derive(Debug, Clone)]
pub struct Context {
    listed: String,
    clauses: Vec<Clause>,
}

#[derive(Debug, Clone)]
struct Clause {
    near: bool,
    sides: Sides,
    listed: String,
    words: NeighbourWords,
    reach: usize,
}

/// Where a hit is: its units and its bytes, in the text as units and as shown characters.
pub(super) struct MatchSite<'t> {
    pub view: &'t UnitWindow<'t>,
    pub shown: &'t ShownText,
    pub start: usize,
    pub end: usize,
    pub bytes: std::ops::Range<usize>,
}

/// A fault of a `context` cell, in Chinese and in English.
pub(super) type ContextFault = (String, String);

impl Context {
    /// The cell as listed.
    pub(super) fn listed(&self) -> &str {
        &self.listed
    }

    /// Reads a cell; reports all its faults.
    pub(super) fn parse(cell: &str, neighbours: &Neighbours) -> Result<Self, Vec<ContextFault>> {
        let mut faults = Vec::new();
        let mut clauses = Vec::new();
        for raw in cell.split(';').map(str::trim) {
            match Clause::parse(raw, neighbours) {
                Ok(clause) => clauses.push(clause),
                Err(more) => faults.extend(more),
            }
        }
        if faults.is_empty() {
            Ok(Self {
                listed: cell.to_owned(),
                clauses,
            })
        } else {
            Err(faults)
        }
    }

    /// Whether every clause holds around this place; the error is the clause whose words are missing, or the word that
    /// must not be there. Words are missing only where `needs_words`.
    pub(super) fn check(&self, spot: &MatchSite<'_>, needs_words: bool) -> Result<(), &str> {
        let asked = self.clauses.iter();
        asked
            .filter(|clause| needs_words || !clause.near)
            .try_for_each(|clause| clause.check(spot))
    }
}

impl Clause {
    fn parse(raw: &str, neighbours: &Neighbours) -> Result<Self, Vec<ContextFault>> {
        let fault =
            |zh: &str, en: &str| vec![(format!("{zh}：「{raw}」"), format!("{en}: \"{raw}\""))];
        let Some((near, sides, rest)) = opened(raw) else {
            return Err(fault(
                "context 的條件須以 near:、before:、after: 或 not_near:、not_before:、not_after: 開頭",
                "a context clause starts with near:, before:, after: or not_near:, not_before:, not_after:",
            ));
        };
        let reach = rest
            .rsplit_once('+')
            .and_then(|(words, reach)| Some((words, reach.trim().parse().ok()?)));
        let Some((words, reach)) = reach.filter(|(_, reach)| (1..=REACH_CHARS_MAX).contains(reach))
        else {
            return Err(fault(
                "context 的條件結尾須註明距離（+1 到 +100）",
                "a context clause ends with its distance (+1 to +100)",
            ));
        };
        let words = words_of(words, neighbours)?;
        Ok(Self {
            near,
            sides,
            listed: raw.to_owned(),
            words,
            reach,
        })
    }

    fn check(&self, spot: &MatchSite<'_>) -> Result<(), &str> {
        match (self.near, self.words.near(spot, self.reach, self.sides)) {
            (true, None) => Err(&self.listed),
            (false, Some(word)) => Err(word),
            (true, Some(_)) | (false, None) => Ok(()),
        }
    }
}

/// A set of hashed bits, one for the first two codes of each word (or its only one). Most places of a text are ruled
/// out by it without a look at the words.
#[derive(Debug, Clone)]
struct FirstCodes(Box<[u64; FIRST_WORDS]>);

const FIRST_WORDS: usize = 64;

impl Default for FirstCodes {
    fn default() -> Self {
        Self(Box::new([0; FIRST_WORDS]))
    }
}

impl FirstCodes {
    const fn place(first: Code, second: Code) -> (usize, u64) {
        let key = ((first as u32) << 16) | second as u32;
        // twelve bits of hash: six select the word, six the bit in it
        let hash = (key.wrapping_mul(0x9e37_79b9) >> 20) as usize;
        ((hash >> 6) & (FIRST_WORDS - 1), 1 << (hash & 63))
    }

    fn insert(&mut self, codes: &[Code]) {
        let code = |at: usize| codes.get(at).copied().unwrap_or_default();
        let (word, bit) = Self::place(code(0), code(1));
        self.0[word] |= bit;
    }

    fn holds(&self, first: Code, second: Code) -> bool {
        let (word, bit) = Self::place(first, second);
        self.0[word] & bit != 0
    }
}

/// Words to be searched for near a hit.
#[derive(Debug, Clone, Default)]
struct NeighbourWords {
    /// Without signs, as codes, sorted.
    coded: Vec<(Box<[Code]>, String)>,
    first: FirstCodes,
    /// With signs of their own.
    literal: Vec<String>,
}

impl NeighbourWords {
    fn new(needles: Vec<TermMatcher>) -> Self {
        let mut words = Self::default();
        for needle in needles {
            // what shares its code with others is compared as characters, too
            let shared = || needle.text().chars().any(|ch| is_shared(code_of(ch)));
            if needle.is_literal() || shared() {
                words.literal.push(needle.text().to_owned());
                continue;
            }
            // units collapse repeats, so the words must, too: 謝謝 is searched for as 謝
            let mut codes: Vec<Code> = Vec::new();
            for ch in needle.text().chars() {
                let code = code_of(ch);
                if codes.last() != Some(&code) || !collapses(ch) {
                    codes.push(code);
                }
            }
            if !codes.is_empty() {
                words.first.insert(&codes);
                words.coded.push((codes.into(), needle.text().to_owned()));
            }
        }
        words.coded.sort_unstable();
        words
    }

    /// A word within `reach` units of the spot.
    fn near(&self, spot: &MatchSite<'_>, reach: usize, sides: Sides) -> Option<&str> {
        // the windows end at the hit, so that no part of the hit is its own context
        let left = spot.start.saturating_sub(reach)..spot.start;
        let right = spot.end..(spot.end + reach).min(spot.view.units.len());
        let before = sides != Sides::After;
        let after = sides != Sides::Before;
        let coded = || {
            before
                .then(|| self.coded_in(spot.view, left.clone()))
                .flatten()
                .or_else(|| {
                    after
                        .then(|| self.coded_in(spot.view, right.clone()))
                        .flatten()
                })
        };
        // signs leave no unit, so words with signs are searched for in the shown characters
        let literal = || {
            before
                .then(|| self.literal_in(spot, spot.view.start(left.start)..spot.bytes.start))
                .flatten()
                .or_else(|| {
                    let end = spot.view.start(right.end.max(spot.end));
                    after
                        .then(|| self.literal_in(spot, spot.bytes.end..end))
                        .flatten()
                })
        };
        coded().or_else(literal)
    }

    fn coded_in(&self, view: &UnitWindow<'_>, window: std::ops::Range<usize>) -> Option<&str> {
        let units = view.units.get(window)?;
        for (at, unit) in units.iter().enumerate() {
            let next = units.get(at + 1).map_or(0, |unit| unit.code());
            // a word of one code was inserted with 0 as its second, whatever follows it here
            if !self.first.holds(unit.code(), next) && !self.first.holds(unit.code(), 0) {
                continue;
            }
            let from = self
                .coded
                .partition_point(|(codes, _)| codes.first() < Some(&unit.code()));
            let same = self.coded.get(from..).unwrap_or_default().iter();
            let found = same
                .take_while(|(codes, _)| codes.first() == Some(&unit.code()))
                .find(|(codes, _)| {
                    let window = units.get(at..at + codes.len());
                    window.is_some_and(|window| {
                        window
                            .iter()
                            .zip(codes)
                            .all(|(unit, code)| unit.code() == *code)
                    })
                });
            if let Some((_, word)) = found {
                return Some(word);
            }
        }
        None
    }

    fn literal_in(&self, spot: &MatchSite<'_>, bytes: std::ops::Range<usize>) -> Option<&str> {
        if self.literal.is_empty() || bytes.is_empty() {
            return None;
        }
        let (from, to) = (
            spot.shown.at_byte(bytes.start),
            spot.shown.at_byte(bytes.end),
        );
        let folded: String = spot
            .shown
            .chars()
            .get(from..to)?
            .iter()
            .map(|shown| shown.ch)
            .collect();
        let found = self
            .literal
            .iter()
            .find(|word| folded.contains(word.as_str()));
        found.map(String::as_str)
    }
}

/// The sides of a hit that a clause covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sides {
    Before,
    After,
    Both,
}

/// Splits a clause after its keyword: whether its words must be there (or must not), on which side, and the rest.
fn opened(raw: &str) -> Option<(bool, Sides, &str)> {
    let (name, rest) = raw.split_once(':')?;
    let (near, name) = match name.strip_prefix("not_") {
        Some(name) => (false, name),
        None => (true, name),
    };
    let sides = match name {
        "near" => Sides::Both,
        "before" => Sides::Before,
        "after" => Sides::After,
        _ => return None,
    };
    Some((near, sides, rest))
}

/// The words of a clause, with sets replaced by their words.
fn words_of(listed: &str, neighbours: &Neighbours) -> Result<NeighbourWords, Vec<ContextFault>> {
    let mut faults = Vec::new();
    let mut words = Vec::new();
    for word in listed.split('|').map(str::trim) {
        let set = match word.strip_prefix('@') {
            None => std::slice::from_ref(&word)
                .iter()
                .map(|word| (*word).to_owned())
                .collect(),
            Some(name) => neighbours.get(name).cloned().unwrap_or_else(|| {
                faults.push((
                    format!("neighbours.tsv 中沒有「@{name}」"),
                    format!("neighbours.tsv has no \"@{name}\""),
                ));
                Vec::new()
            }),
        };
        for word in set {
            match TermMatcher::of_any(&word) {
                Some(needle) => words.push(needle),
                None => faults.push((
                    format!("context 的字詞「{word}」正規化後沒有內容"),
                    format!("the context word \"{word}\" folds to nothing"),
                )),
            }
        }
    }
    if faults.is_empty() {
        Ok(NeighbourWords::new(words))
    } else {
        Err(faults)
    }
}
