//! Context: what must, or must not, stand within so many characters of a hit.
//!
//! `near:@you|拜託+6; not_near:@quote+8`: all clauses must hold; `before:` and `after:` look on one side alone. Distance counts folded characters without skip
//! characters, before the hit and after it; a word counts where it stands there whole. `@you` is a set of
//! `neighbours.tsv`.

use std::{collections::HashMap, ops::Range};

use crate::text::{FoldedText, Needle};

/// The farthest that a clause may reach.
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
    words: Vec<Needle>,
    reach: usize,
}

/// What is wrong in a `context` cell, in both languages.
pub(super) type ContextFault = (String, String);

impl Context {
    /// One that nothing fulfils.
    pub(super) fn never() -> Self {
        let never = Clause {
            near: true,
            sides: Sides::Both,
            listed: String::new(),
            words: Vec::new(),
            reach: 1,
        };
        Self {
            listed: String::new(),
            clauses: vec![never],
        }
    }

    /// The cell as it is listed.
    pub(super) fn listed(&self) -> &str {
        &self.listed
    }

    /// Reads a cell, or tells everything that is wrong with it.
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

    /// Whether every clause holds around these places; else the clause that asked in vain, or the word in the way.
    pub(super) fn check(&self, text: &FoldedText, places: &Range<usize>) -> Result<(), &str> {
        self.clauses
            .iter()
            .try_for_each(|clause| clause.check(text, places))
    }
}

impl Clause {
    fn parse(raw: &str, neighbours: &Neighbours) -> Result<Self, Vec<ContextFault>> {
        let fault =
            |zh: &str, en: &str| vec![(format!("{zh}：「{raw}」"), format!("{en}: \"{raw}\""))];
        let Some((near, sides, rest)) = opened(raw) else {
            return Err(fault(
                "context 的條件要以 near:、before:、after: 或 not_near:、not_before:、not_after: 開頭",
                "a context clause starts with near:, before:, after: or not_near:, not_before:, not_after:",
            ));
        };
        let reach = rest
            .rsplit_once('+')
            .and_then(|(words, reach)| Some((words, reach.trim().parse().ok()?)));
        let Some((words, reach)) = reach.filter(|(_, reach)| (1..=REACH_CHARS_MAX).contains(reach))
        else {
            return Err(fault(
                "context 的條件結尾要寫距離（+1 到 +100）",
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

    fn check(&self, text: &FoldedText, places: &Range<usize>) -> Result<(), &str> {
        let found = self
            .words
            .iter()
            .find(|word| self.stands_near(text, places, word));
        match (self.near, found) {
            (true, None) => Err(&self.listed),
            (false, Some(word)) => Err(word.text()),
            (true, Some(_)) | (false, None) => Ok(()),
        }
    }

    fn stands_near(&self, text: &FoldedText, places: &Range<usize>, word: &Needle) -> bool {
        let (first, end) = (
            text.dense_before(places.start),
            text.dense_before(places.end),
        );
        let (left, right) = (first.saturating_sub(self.reach), end + self.reach);
        if word.is_literal() {
            let left = if left == 0 { 0 } else { text.place_of(left) };
            let right = text.place_of(right);
            self.either(
                || {
                    text.full_slice(left.min(places.start)..places.start)
                        .contains(word.text())
                },
                || {
                    text.full_slice(places.end..right.max(places.end))
                        .contains(word.text())
                },
            )
        } else {
            self.either(
                || text.dense_slice(left..first).contains(word.text()),
                || text.dense_slice(end..right).contains(word.text()),
            )
        }
    }
}

/// On which side of a hit a clause looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sides {
    Before,
    After,
    Both,
}

impl Clause {
    fn either(&self, before: impl Fn() -> bool, after: impl Fn() -> bool) -> bool {
        (self.sides != Sides::After && before()) || (self.sides != Sides::Before && after())
    }
}

/// What a clause begins with: whether its words are wanted, and on which side.
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

/// The words of a clause, sets spelled out.
fn words_of(listed: &str, neighbours: &Neighbours) -> Result<Vec<Needle>, Vec<ContextFault>> {
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
                    format!("neighbours.tsv 裡沒有「@{name}」"),
                    format!("neighbours.tsv has no \"@{name}\""),
                ));
                Vec::new()
            }),
        };
        for word in set {
            match Needle::of_any(&word) {
                Some(needle) => words.push(needle),
                None => faults.push((
                    format!("context 的字詞「{word}」折疊後是空的"),
                    format!("the context word \"{word}\" folds to nothing"),
                )),
            }
        }
    }
    if faults.is_empty() {
        Ok(words)
    } else {
        Err(faults)
    }
}
