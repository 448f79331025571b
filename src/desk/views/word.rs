//! Terms, innocent phrases and examples: those of the files, and what the board has made of them.

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use crate::{
    id::CommentId,
    policy::board_words::FileRow,
    record::{Actor, BoardWord, WordChange, WordKind, WordList, WordStep},
    review::Suggestion,
    time::Timestamp,
};

/// What all words have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WordFacts {
    /// The word's id.
    pub id: String,
    /// `files`, `changed` (it takes the place of a row of the files) or `added`.
    pub origin: &'static str,
    /// Whether it is out of effect.
    pub retired: bool,
    /// A remark for people.
    pub note: Option<String>,
    /// Where the row is from.
    pub source: Option<String>,
    /// Who added or changed it last; null for a row of the files.
    #[schema(value_type = Option<String>)]
    pub author: Option<Actor>,
    /// Why.
    pub reason: Option<String>,
    /// When.
    #[schema(value_type = Option<String>)]
    pub changed_at: Option<Timestamp>,
    /// The version of the board's words that left it so, for `expect`.
    pub version: Option<u32>,
}

/// A term that is searched for; texts as in the list files, null where empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TermView {
    /// What all words have.
    #[serde(flatten)]
    pub facts: WordFacts,
    /// The code of its list.
    pub code: &'static str,
    /// The term, or a pattern in angle brackets.
    pub term: String,
    /// 0 to 4.
    pub severity: u8,
    /// `body`, `nickname`, `tags`, separated by commas; null: everywhere.
    pub surfaces: Option<String>,
    /// `anywhere`, `word` or `whole`; null: as its script asks for.
    #[serde(rename = "match")]
    pub matching: Option<String>,
    /// `always` or `aimed`; null: always.
    pub aim: Option<String>,
    /// Disguises that are undone, separated by commas, `all` or `none`; null: by severity and length.
    pub variants: Option<String>,
    /// Listed spellings: `homophone:靠杯|靠盃; initials:kb`.
    pub spellings: Option<String>,
    /// Words that must or must not stand near: `near:你|妳+2`.
    pub context: Option<String>,
}

/// An innocent phrase: a hit wholly inside of it does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExceptionView {
    /// What all words have.
    #[serde(flatten)]
    pub facts: WordFacts,
    /// The phrase.
    pub phrase: String,
}

/// A text with a label, from which the score learns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExampleView {
    /// What all words have.
    #[serde(flatten)]
    pub facts: WordFacts,
    /// The text.
    pub text: String,
    /// `harmless`, `abuse` or `scam`.
    pub label: String,
    /// What kind of line it is.
    pub kind: String,
}

/// A word of any kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(missing_docs, reason = "named for their kinds")]
pub enum WordView {
    Term(TermView),
    Exception(ExceptionView),
    Example(ExampleView),
}

/// A step of the board's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WordStepView {
    /// The version that it made.
    pub version: u32,
    /// When.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// Who.
    #[schema(value_type = String)]
    pub by: Actor,
    /// Why.
    pub reason: String,
    /// The version that was gone back to; null if a word was put.
    pub rolled_back_to: Option<u32>,
    /// `term`, `exception` or `example`; null for a rollback.
    pub kind: Option<&'static str>,
    /// The word as it was left; null for a rollback.
    pub word: Option<serde_json::Value>,
}

impl From<&WordStep> for WordStepView {
    fn from(step: &WordStep) -> Self {
        let (to, word) = match &step.change {
            WordChange::RollBack(to) => (Some(*to), None),
            WordChange::Put(word) => (
                None,
                Some(BoardWord {
                    word: word.clone(),
                    version: step.version,
                    at: step.at,
                    by: step.by.clone(),
                    reason: step.reason.clone(),
                }),
            ),
        };
        Self {
            version: step.version,
            at: step.at,
            by: step.by.clone(),
            reason: step.reason.clone(),
            rolled_back_to: to,
            kind: word.as_ref().map(|of| of.word.list.kind().name()),
            word: word.and_then(|word| serde_json::to_value(WordView::from(&word)).ok()),
        }
    }
}

impl WordView {
    /// What all words have.
    pub const fn facts(&self) -> &WordFacts {
        match self {
            Self::Term(view) => &view.facts,
            Self::Exception(view) => &view.facts,
            Self::Example(view) => &view.facts,
        }
    }

    /// Its text.
    pub fn text(&self) -> &str {
        match self {
            Self::Term(view) => &view.term,
            Self::Exception(view) => &view.phrase,
            Self::Example(view) => &view.text,
        }
    }

    fn of(facts: WordFacts, list: WordList, cells: &[String]) -> Self {
        let cell = |nth: usize| cells.get(nth).cloned().unwrap_or_default();
        let given = |nth: usize| Some(cell(nth)).filter(|cell| !cell.is_empty());
        match list.kind() {
            WordKind::Term => Self::Term(TermView {
                facts: WordFacts {
                    note: given(8),
                    source: given(9),
                    ..facts
                },
                code: list.code().map_or("", |code| code.name()),
                term: cell(0),
                severity: cell(1).parse().unwrap_or(0),
                surfaces: given(2),
                matching: given(3),
                aim: given(4),
                variants: given(5),
                spellings: given(6),
                context: given(7),
            }),
            WordKind::Exception => Self::Exception(ExceptionView {
                facts: WordFacts {
                    note: given(1),
                    source: given(2),
                    ..facts
                },
                phrase: cell(0),
            }),
            WordKind::Example => Self::Example(ExampleView {
                facts: WordFacts {
                    source: given(3),
                    ..facts
                },
                text: cell(0).replace("\\n", "\n"),
                label: cell(1),
                kind: cell(2),
            }),
        }
    }
}

impl From<&FileRow> for WordView {
    fn from(row: &FileRow) -> Self {
        let facts = WordFacts {
            id: row.id.clone(),
            origin: "files",
            retired: false,
            note: None,
            source: None,
            author: None,
            reason: None,
            changed_at: None,
            version: None,
        };
        Self::of(facts, row.list, &row.cells)
    }
}

impl From<&BoardWord> for WordView {
    fn from(of: &BoardWord) -> Self {
        let facts = WordFacts {
            id: of.word.id.clone(),
            origin: if of.word.of_files { "changed" } else { "added" },
            retired: of.word.retired,
            note: None,
            source: None,
            author: Some(of.by.clone()),
            reason: Some(of.reason.clone()),
            changed_at: Some(of.at),
            version: Some(of.version),
        };
        Self::of(facts, of.word.list, &of.word.cells)
    }
}

/// A word that the rulings suggest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SuggestionView {
    /// By which it is taken or refused.
    pub id: String,
    /// `term` or `exception`.
    pub kind: &'static str,
    /// The code of the list; null for an exception.
    pub code: Option<&'static str>,
    /// The term or the phrase.
    pub text: String,
    /// How many removed comments have it.
    pub removed: u32,
    /// How many comments that stood have it.
    pub stood: u32,
    /// Comments that speak for it.
    #[schema(value_type = Vec<String>)]
    pub samples: Vec<CommentId>,
}

impl SuggestionView {
    /// The id of a suggestion: a digest, the same as long as it says the same.
    pub fn id_of(of: &Suggestion) -> String {
        let digest = Sha256::digest(format!("{}\t{}", of.list.kind().name(), of.text));
        data_encoding::HEXLOWER.encode(&digest[..12])
    }
}

impl From<&Suggestion> for SuggestionView {
    fn from(of: &Suggestion) -> Self {
        Self {
            id: Self::id_of(of),
            kind: of.list.kind().name(),
            code: of.list.code().map(|code| code.name()),
            text: of.text.clone(),
            removed: of.removed,
            stood: of.stood,
            samples: of.comments.clone(),
        }
    }
}
