//! The files of a rulebook, and what is wrong in them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::rules::RulesFault;
use crate::lexicon::{LineFault, ListFile};

/// The file of the rules.
pub const RULES_FILE: &str = "rules.toml";

/// The file of the weights.
pub const MODEL_FILE: &str = "model.bin";

/// The file of the notices.
pub const NOTICES_FILE: &str = "notices.toml";

/// The files of a rulebook, as read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RulebookFiles {
    /// The word lists.
    pub lists: Vec<ListFile>,
    /// `rules.toml`; `None` for the shipped rules.
    pub rules: Option<String>,
    /// `notices.toml`; `None` for the shipped notices.
    pub notices: Option<String>,
    /// `model.bin`: the weights of the learned score; `None` for no score. It has a version of its own, so that it counts
    /// neither for the hash nor among the named files.
    pub model: Option<Arc<[u8]>>,
}

/// One file of a rulebook, as `GET /v1/rulebook` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    /// The file's name.
    pub name: String,
    /// SHA-256 of its content, in hex.
    pub sha256: String,
    /// The number of its lines.
    pub lines: usize,
}

/// A fault in a file that people edit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fault {
    /// The file's name.
    pub file: String,
    /// The line, from 1; 0 for a fault of the whole file.
    pub line: u32,
    /// What is wrong, in Traditional Chinese.
    pub zh_tw: String,
    /// What is wrong, in English.
    pub en: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}:{}: {} / {}",
            self.file, self.line, self.zh_tw, self.en
        )
    }
}

impl From<LineFault> for Fault {
    fn from(fault: LineFault) -> Self {
        Self {
            file: fault.file,
            line: fault.line,
            zh_tw: fault.zh_tw,
            en: fault.en,
        }
    }
}

impl Fault {
    pub(super) fn of_toml(file: &str, fault: RulesFault) -> Self {
        let at = if fault.place.is_empty() {
            String::new()
        } else {
            format!("{}: ", fault.place)
        };
        Self {
            file: file.to_owned(),
            line: fault.line.unwrap_or(0),
            zh_tw: format!("{at}{}", fault.zh_tw),
            en: format!("{at}{}", fault.en),
        }
    }
}

impl RulebookFiles {
    /// Name and content of every file, sorted by name.
    pub fn named(&self) -> Vec<(&str, &str)> {
        let lists = self
            .lists
            .iter()
            .map(|list| (list.name.as_str(), list.content.as_str()));
        let rules = self.rules.as_deref().map(|content| (RULES_FILE, content));
        let notices = self
            .notices
            .as_deref()
            .map(|content| (NOTICES_FILE, content));
        let mut named: Vec<_> = lists.chain(rules).chain(notices).collect();
        named.sort_unstable();
        named
    }

    /// The first bytes of the SHA-256 over all names and contents.
    pub fn hash(&self) -> [u8; 8] {
        hash_of(self)
    }

    /// What each file is.
    pub fn facts(&self) -> Vec<FileFacts> {
        facts_of(self)
    }
}

fn hash_of(files: &RulebookFiles) -> [u8; 8] {
    let mut hash = Sha256::new();
    for (name, content) in files.named() {
        hash.update((name.len() as u64).to_be_bytes());
        hash.update(name);
        hash.update((content.len() as u64).to_be_bytes());
        hash.update(content);
    }
    let mut first = [0; 8];
    first.copy_from_slice(&hash.finalize()[..8]);
    first
}

fn facts_of(files: &RulebookFiles) -> Vec<FileFacts> {
    files
        .named()
        .into_iter()
        .map(|(name, content)| FileFacts {
            name: name.to_owned(),
            sha256: data_encoding::HEXLOWER.encode(&Sha256::digest(content)),
            lines: content.lines().count(),
        })
        .collect()
}
