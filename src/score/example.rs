//! Examples: lines of board writing with a label, from which the weights are fitted.
//!
//! A file has the columns `text label kind source`, which its first row may name, one example a line, a newline in a text
//! written `\n`. They are our own
//! writing, and a board may add files of its own.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use super::near::{Grams, NearIndex};
use crate::text::{LineFault, ListFile};

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// Nothing that a moderator takes down.
    Harmless,
    /// Abuse of any kind.
    Abuse,
    /// A scam or unlawful trade.
    Scam,
}

impl Label {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Harmless, Self::Abuse, Self::Scam];

    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Harmless => "harmless",
            Self::Abuse => "abuse",
            Self::Scam => "scam",
        }
    }

    /// The label of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|label| label.name() == name)
    }

    /// Whether it is what the score looks for.
    pub const fn is_positive(self) -> bool {
        !matches!(self, Self::Harmless)
    }
}

/// One example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The file it stands in.
    pub file: String,
    /// Its line there, from 1.
    pub line: u32,
    /// What a member might write.
    pub text: String,
    /// What it is.
    pub label: Label,
    /// What kind of harmless or abusive line: `chat`, `near-miss`, `threat` …
    pub kind: String,
    /// Whose writing it is.
    pub source: String,
}

/// The columns of a file.
const COLUMNS: [&str; 4] = ["text", "label", "kind", "source"];
/// The longest text; a body has no more characters.
const TEXT_CHARS_MAX: usize = 5_000;

impl Example {
    /// Every example of a file, and every fault in it.
    pub fn read(file: &ListFile) -> (Vec<Self>, Vec<LineFault>) {
        let (mut examples, mut faults) = (Vec::new(), Vec::new());
        let is_header = |row: &str| row.trim_start_matches("# ").split('\t').eq(COLUMNS);
        let lines = (1..).zip(file.content.lines()).filter(|(_, row)| {
            let is_comment = row.starts_with('#') && !row.contains('\t');
            !is_comment && !row.is_empty() && !is_header(row)
        });
        for (line, row) in lines {
            match Self::parse(row) {
                Ok(example) => examples.push(Self {
                    file: file.name.clone(),
                    line,
                    ..example
                }),
                Err((zh_tw, en)) => faults.push(LineFault::new(&file.name, line, zh_tw, en)),
            }
        }
        (examples, faults)
    }

    /// Whether it is a nickname, and no comment.
    pub fn is_nickname(&self) -> bool {
        self.kind == NICKNAME_KIND
    }

    fn parse(row: &str) -> Result<Self, (&'static str, &'static str)> {
        let cells: Vec<&str> = row.split('\t').collect();
        let [text, label, kind, source] = cells[..] else {
            return Err(("這一列應有 4 個欄位", "this row must have 4 cells"));
        };
        let label = Label::parse(label).ok_or((
            "標記應為 harmless、abuse 或 scam",
            "the label must be harmless, abuse or scam",
        ))?;
        let text = text.replace("\\n", "\n");
        if !crate::text::is_visible(&text) || text.chars().count() > TEXT_CHARS_MAX {
            return Err((
                "文字不得為空，也不得超過 5,000 字",
                "the text must not be empty or longer than 5,000 characters",
            ));
        }
        if kind.is_empty() || source.is_empty() {
            return Err(("未註明類別或出處", "the row names no kind or no source"));
        }
        Ok(Self {
            file: String::new(),
            line: 0,
            text,
            label,
            kind: kind.to_owned(),
            source: source.to_owned(),
        })
    }
}

/// The texts that have different labels on the same surface: they teach nothing, and one of the labels is wrong.
pub fn contradicted(examples: &[Example]) -> BTreeSet<(bool, String)> {
    let mut labels: BTreeMap<(bool, &str), Label> = BTreeMap::new();
    let mut contradicted = BTreeSet::new();
    for example in examples {
        let key = (example.is_nickname(), &*example.text);
        if *labels.entry(key).or_insert(example.label) != example.label {
            contradicted.insert((key.0, example.text.clone()));
        }
    }
    contradicted
}

/// The kind of examples that are nicknames.
const NICKNAME_KIND: &str = "nickname";

/// SHA-256 over all lines, in order.
pub(super) fn digest_of<'e>(examples: impl Iterator<Item = &'e Example>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for example in examples {
        for part in [&*example.text, "\t", example.label.name(), "\n"] {
            hash.update(part.as_bytes());
        }
    }
    hash.finalize().into()
}

/// What the examples are, counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExampleCounts {
    /// Lines by label and kind.
    pub by_kind: BTreeMap<(&'static str, String), usize>,
    /// Lines by source.
    pub by_source: BTreeMap<String, usize>,
    /// Lines that share [`NEAR_SHARE`](super::NEAR_SHARE) of their 3-grams with an earlier line of the same label: they
    /// do not count.
    pub near: usize,
    /// All lines.
    pub lines: usize,
}

impl ExampleCounts {
    /// Counts them.
    pub fn of(examples: &[Example]) -> Self {
        let mut counts = Self {
            lines: examples.len(),
            ..Self::default()
        };
        let mut indexes: BTreeMap<Label, NearIndex> = BTreeMap::new();
        for example in examples {
            let kind = (example.label.name(), example.kind.clone());
            *counts.by_kind.entry(kind).or_default() += 1;
            *counts.by_source.entry(example.source.clone()).or_default() += 1;
            let grams = Grams::of(&example.text);
            let index = indexes.entry(example.label).or_default();
            counts.near += usize::from(index.nearest(&grams).is_some());
            index.push(&grams);
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rows: &str) -> (Vec<Example>, Vec<String>) {
        let file = ListFile::new("own.tsv", format!("# text\tlabel\tkind\tsource\n{rows}"));
        let (examples, faults) = Example::read(&file);
        let faults = faults
            .iter()
            .map(|fault| format!("{} {}", fault.line, fault.en));
        (examples, faults.collect())
    }

    #[test]
    fn rows_are_read_and_every_fault_is_told() {
        let (examples, faults) = read(
            "早安\\n大家\tharmless\tchat\town\n# a comment\n#週末\tharmless\tchat\town\nx\tbad\tchat\town\ny\tabuse\nz\tscam\t\town\n",
        );
        let texts: Vec<&str> = examples.iter().map(|example| &*example.text).collect();
        assert_eq!(texts, ["早安\n大家", "#週末"]);
        assert_eq!(examples.iter().map(|e| e.line).collect::<Vec<_>>(), [2, 4]);
        assert_eq!(
            faults,
            [
                "5 the label must be harmless, abuse or scam",
                "6 this row must have 4 cells",
                "7 the row names no kind or no source"
            ]
        );
    }

    #[test]
    fn near_duplicates_are_counted() {
        let (examples, _) = read(
            "今天天氣真好適合出門走走\tharmless\tchat\ta\n今天天氣真好適合出門走走啊\tharmless\tchat\ta\n今天天氣真好適合出門走走吧\tabuse\topen\tb\n",
        );
        let counts = ExampleCounts::of(&examples);
        assert_eq!((counts.lines, counts.near), (3, 1));
        assert_eq!(counts.by_source["a"], 2);
        assert_eq!(counts.by_kind[&("abuse", "open".to_owned())], 1);
    }
}
