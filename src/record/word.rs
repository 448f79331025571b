//! The board's own words: rows that admins added to the lists, changed in them or retired, kept in the store over the files.
//!
//! What is stored is every step, numbered from 1 on without a gap; nothing is ever overwritten. The words of a version are
//! what the steps up to it come to, so that a rollback is one step more and can itself be taken back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Actor;
use crate::{lexicon::ListCode, time::Timestamp};

/// The most words that may be in effect.
pub const WORDS_MAX: usize = 5_000;

/// The list that a word stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "a list of terms is named for its code")]
pub enum WordList {
    Threat,
    SelfHarm,
    PersonalData,
    Scam,
    Sexual,
    Profanity,
    Insult,
    Slur,
    /// Innocent phrases.
    Exceptions,
    /// What the score learns from.
    Examples,
}

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WordKind {
    /// A term that is searched for.
    Term,
    /// An innocent phrase.
    Exception,
    /// A text with a label.
    Example,
}

impl WordKind {
    /// The name in JSON and in the audit.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Term => "term",
            Self::Exception => "exception",
            Self::Example => "example",
        }
    }
}

impl WordList {
    /// All lists.
    pub const ALL: [Self; 10] = [
        Self::Threat,
        Self::SelfHarm,
        Self::PersonalData,
        Self::Scam,
        Self::Sexual,
        Self::Profanity,
        Self::Insult,
        Self::Slur,
        Self::Exceptions,
        Self::Examples,
    ];

    /// What stands in it.
    pub const fn kind(self) -> WordKind {
        match self {
            Self::Exceptions => WordKind::Exception,
            Self::Examples => WordKind::Example,
            Self::Threat
            | Self::SelfHarm
            | Self::PersonalData
            | Self::Scam
            | Self::Sexual
            | Self::Profanity
            | Self::Insult
            | Self::Slur => WordKind::Term,
        }
    }

    /// The code of its terms; `None` if it holds no terms.
    pub fn code(self) -> Option<ListCode> {
        ListCode::ALL
            .into_iter()
            .find(|code| Self::of_code(*code) == self)
    }

    /// The list of a code's terms.
    pub const fn of_code(code: ListCode) -> Self {
        match code {
            ListCode::Threat => Self::Threat,
            ListCode::SelfHarm => Self::SelfHarm,
            ListCode::PersonalData => Self::PersonalData,
            ListCode::Scam => Self::Scam,
            ListCode::Sexual => Self::Sexual,
            ListCode::Profanity => Self::Profanity,
            ListCode::Insult => Self::Insult,
            ListCode::Slur => Self::Slur,
        }
    }
}

/// A row of a list, as an admin left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// A ULID, or the digest by which a row of the files is known.
    pub id: String,
    /// Where it stands.
    pub list: WordList,
    /// The row's cells, in the order in which the lists of its kind name them.
    pub cells: Vec<String>,
    /// Whether it takes the place of a row of the files.
    pub of_files: bool,
    /// Whether it is out of effect, and with it the row of the files.
    pub retired: bool,
}

/// What one step did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WordChange {
    /// A word was added, changed, retired or taken up again.
    Put(Word),
    /// The words are as they were in this version; 0 is before the first step.
    RollBack(u32),
}

/// One step, by its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordStep {
    /// From 1 on.
    pub version: u32,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Actor,
    /// Why.
    pub reason: String,
    /// What.
    pub change: WordChange,
}

/// A word with its last step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardWord {
    /// The word.
    pub word: Word,
    /// The version that left it so.
    pub version: u32,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Actor,
    /// Why.
    pub reason: String,
}

/// All words of the board in one version.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BoardWords {
    /// How many steps there were.
    pub version: u32,
    words: BTreeMap<String, BoardWord>,
}

impl BoardWords {
    /// What these steps come to, which are all from the first on.
    pub fn of(steps: &[WordStep]) -> Self {
        let version = u32::try_from(steps.len()).unwrap_or(u32::MAX);
        Self {
            version,
            ..Self::at(steps, version)
        }
    }

    /// The words as they were in this version.
    pub fn at(steps: &[WordStep], version: u32) -> Self {
        let mut words = Self {
            version,
            ..Self::default()
        };
        for (step, word) in lasting(steps, version) {
            words.words.insert(
                word.id.clone(),
                BoardWord {
                    word: word.clone(),
                    version: step.version,
                    at: step.at,
                    by: step.by.clone(),
                    reason: step.reason.clone(),
                },
            );
        }
        words
    }

    /// The word of this id.
    pub fn get(&self, id: &str) -> Option<&BoardWord> {
        self.words.get(id)
    }

    /// All words, retired ones too, by id.
    pub fn iter(&self) -> impl Iterator<Item = &BoardWord> {
        self.words.values()
    }

    /// The words of this list that are in effect.
    pub fn in_effect(&self, list: WordList) -> impl Iterator<Item = &Word> {
        let words = self.words.values().map(|of| &of.word);
        words.filter(move |word| word.list == list && !word.retired)
    }

    /// Whether the row of the files with this id gives way.
    pub fn replaces(&self, id: &str) -> bool {
        self.words.get(id).is_some_and(|of| of.word.of_files)
    }

    /// How many have an effect: own words that are retired have none.
    pub fn count(&self) -> usize {
        let words = self.words.values();
        words
            .filter(|of| of.word.of_files || !of.word.retired)
            .count()
    }

    /// Whether the lists are those of the files.
    pub fn leaves_lists(&self) -> bool {
        !self
            .words
            .values()
            .any(|of| of.word.list != WordList::Examples && (of.word.of_files || !of.word.retired))
    }
}

/// The steps that count in a version, in order: from the newest back, where a rollback leads past all that it took back.
fn lasting(steps: &[WordStep], version: u32) -> Vec<(&WordStep, &Word)> {
    let (mut lasting, mut at) = (Vec::new(), version);
    while let Some(before) = at.checked_sub(1) {
        at = before;
        let Some(step) = steps.get(before as usize) else {
            continue;
        };
        match &step.change {
            WordChange::Put(word) => lasting.push((step, word)),
            WordChange::RollBack(to) => at = before.min(*to),
        }
    }
    lasting.reverse();
    lasting
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(changes: Vec<WordChange>) -> Vec<WordStep> {
        let step = |(version, change)| WordStep {
            version,
            at: Timestamp::from_ms(version.into()),
            by: Actor::Operator,
            reason: "a reason".to_owned(),
            change,
        };
        (1..).zip(changes).map(step).collect()
    }

    fn put(id: &str, cell: &str) -> WordChange {
        WordChange::Put(Word {
            id: id.to_owned(),
            list: WordList::Insult,
            cells: vec![cell.to_owned()],
            of_files: false,
            retired: cell.is_empty(),
        })
    }

    fn texts(words: &BoardWords) -> Vec<String> {
        let words = words.in_effect(WordList::Insult);
        words.flat_map(|word| word.cells.clone()).collect()
    }

    #[test]
    fn a_rollback_is_a_step_and_can_be_taken_back() {
        let steps = steps(vec![
            put("a", "one"),
            put("b", "two"),
            put("a", ""),
            WordChange::RollBack(2),
            put("c", "three"),
            WordChange::RollBack(3),
            WordChange::RollBack(0),
            WordChange::RollBack(5),
        ]);
        let at = |version| texts(&BoardWords::at(&steps, version));
        assert_eq!(at(2), ["one", "two"]);
        assert_eq!(at(3), ["two"]);
        assert_eq!(at(4), ["one", "two"]);
        assert_eq!(at(5), ["one", "two", "three"]);
        assert_eq!(at(6), ["two"]);
        assert!(at(7).is_empty() && at(0).is_empty());
        let newest = BoardWords::of(&steps);
        assert_eq!(texts(&newest), ["one", "two", "three"]);
        assert_eq!((newest.version, newest.count()), (8, 3));
        assert_eq!(newest.get("a").map(|of| of.version), Some(1));
    }
}
