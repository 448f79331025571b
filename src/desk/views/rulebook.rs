//! The rulebook and the codes, for every caller who may read.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    policy::{Fault, rulebook::FileFacts},
    record::{CODES, CodeRow, GivenBy, ReasonCode, Rule},
    time::Timestamp,
};

/// A file of the rulebook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FileView {
    /// The file's name, without its folder.
    pub name: String,
    /// SHA-256 of its content, in hex.
    pub sha256: String,
    /// How many lines it has.
    pub lines: usize,
}

/// A fault in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FaultView {
    /// The file.
    pub file: String,
    /// The line, counted from 1; 0 if the fault concerns the whole file.
    pub line: u32,
    /// In Traditional Chinese.
    #[serde(rename = "zh-TW")]
    pub zh_tw: String,
    /// In English.
    pub en: String,
}

/// The rulebook in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RulebookView {
    /// A counter and a content hash.
    pub version: String,
    /// The version of the board's own words in it: how many steps there were.
    pub words: u32,
    /// When it was loaded.
    #[schema(value_type = String)]
    pub loaded_at: Timestamp,
    /// Where it was loaded from: the configured folders, the binary, or the last good copy in the data folder.
    pub source: String,
    /// Its files.
    pub files: Vec<FileView>,
    /// How many terms, exceptions, tags and names it has.
    pub counts: BTreeMap<String, usize>,
    /// What looks like a mistake in it.
    pub warnings: Vec<FaultView>,
    /// When files were last rejected.
    #[schema(value_type = Option<String>)]
    pub rejected_at: Option<Timestamp>,
    /// The faults of the last reload; empty if it was accepted.
    pub faults: Vec<FaultView>,
}

/// A reason code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CodeView {
    /// The name used in requests and answers.
    #[schema(value_type = String)]
    pub code: ReasonCode,
    /// The posted rule; null if no rule is broken.
    #[schema(value_type = Option<String>)]
    pub rule: Option<Rule>,
    /// Its names for people.
    pub name: CodeNames,
    /// `filter-or-people`, `filter` or `people`.
    #[schema(value_type = String)]
    pub given_by: GivenBy,
}

/// A code's names for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CodeNames {
    /// Traditional Chinese.
    #[serde(rename = "zh-TW")]
    pub zh_tw: &'static str,
    /// English.
    pub en: &'static str,
}

impl CodeNames {
    /// The names of a code.
    pub const fn of(code: ReasonCode) -> Self {
        let row = code.row();
        Self {
            zh_tw: row.zh_tw,
            en: row.en,
        }
    }
}

impl CodeView {
    /// Every code, in the contract's order.
    pub fn all() -> Vec<Self> {
        CODES.iter().map(Self::from).collect()
    }
}

impl From<&CodeRow> for CodeView {
    fn from(row: &CodeRow) -> Self {
        Self {
            code: row.code,
            rule: row.rule,
            name: CodeNames::of(row.code),
            given_by: row.given_by,
        }
    }
}

impl From<&Fault> for FaultView {
    fn from(fault: &Fault) -> Self {
        Self {
            file: fault.file.clone(),
            line: fault.line,
            zh_tw: fault.zh_tw.clone(),
            en: fault.en.clone(),
        }
    }
}

impl From<&FileFacts> for FileView {
    fn from(file: &FileFacts) -> Self {
        Self {
            name: file.name.clone(),
            sha256: file.sha256.clone(),
            lines: file.lines,
        }
    }
}
