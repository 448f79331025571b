//! The rulebook: every list, the matrix and the statements, compiled once, immutable, swapped whole.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    notice::Notices,
    rules::{Rules, RulesFault},
};
use crate::{
    lexicon::{Lexicon, LineFault, ListFile},
    member::nickname::Impersonation,
    record::RulebookVersion,
    topic::Topics,
};

/// The name of the matrix file.
pub const RULES_FILE: &str = "rules.toml";

/// The name of the statements' file.
pub const NOTICES_FILE: &str = "notices.toml";

/// Everything that a rulebook is made of, as read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RulebookFiles {
    /// The word lists.
    pub lists: Vec<ListFile>,
    /// `rules.toml`; none: the shipped matrix.
    pub rules: Option<String>,
    /// `notices.toml`; none: the shipped statements.
    pub notices: Option<String>,
}

/// One file of a rulebook, as `GET /v1/rulebook` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    /// The file's name.
    pub name: String,
    /// SHA-256 of its content, in hex.
    pub sha256: String,
    /// Its lines.
    pub lines: usize,
}

/// Something wrong in a file that people edit; the line is counted from 1 and 0 where none is meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fault {
    /// The file's name.
    pub file: String,
    /// The line, or 0.
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
    fn of_toml(file: &str, fault: RulesFault) -> Self {
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

/// Everything that decides, compiled.
#[derive(Debug)]
pub struct Rulebook {
    /// Which one this is.
    pub version: RulebookVersion,
    /// Listed terms.
    pub lexicon: Lexicon,
    /// What tags are judged by.
    pub topics: Topics,
    /// Protected names.
    pub impersonation: Impersonation,
    /// The matrix.
    pub rules: Rules,
    /// Statements to members.
    pub notices: Notices,
    /// What it was made of.
    pub files: Vec<FileFacts>,
    /// What is doubtful in the lists, and no fault.
    pub warnings: Vec<Fault>,
}

impl Rulebook {
    /// Compiles all files, or tells every fault of all of them. The version's counter is given by who keeps it.
    pub fn compile(files: &RulebookFiles, counter: u32) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut warnings = Vec::new();
        let lexicon = keep(Lexicon::compile(&files.lists), &mut warnings, &mut faults);
        let topics = keep(Topics::compile(&files.lists), &mut warnings, &mut faults);
        let impersonation = keep(
            Impersonation::compile(&files.lists),
            &mut warnings,
            &mut faults,
        );
        let rules = toml_part(
            RULES_FILE,
            files.rules.as_deref(),
            Rules::shipped,
            Rules::parse,
            &mut faults,
        );
        let notices = toml_part(
            NOTICES_FILE,
            files.notices.as_deref(),
            Notices::shipped,
            Notices::parse,
            &mut faults,
        );
        let version = RulebookVersion {
            counter,
            hash: hash_of(files),
        };
        match (lexicon, topics, impersonation, rules, notices) {
            (Some(lexicon), Some(topics), Some(impersonation), Some(rules), Some(notices))
                if faults.is_empty() =>
            {
                Ok(Self {
                    version,
                    lexicon,
                    topics,
                    impersonation,
                    rules,
                    notices,
                    files: facts_of(files),
                    warnings,
                })
            }
            _ => {
                faults.sort();
                Err(faults)
            }
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
}

fn keep<T>(
    made: Result<(T, Vec<LineFault>), Vec<LineFault>>,
    warnings: &mut Vec<Fault>,
    faults: &mut Vec<Fault>,
) -> Option<T> {
    match made {
        Ok((value, doubts)) => {
            warnings.extend(doubts.into_iter().map(Fault::from));
            Some(value)
        }
        Err(found) => {
            faults.extend(found.into_iter().map(Fault::from));
            None
        }
    }
}

fn toml_part<T>(
    name: &str,
    file: Option<&str>,
    shipped: impl Fn() -> T,
    parse: impl Fn(&str) -> Result<T, Vec<RulesFault>>,
    faults: &mut Vec<Fault>,
) -> Option<T> {
    let Some(file) = file else {
        return Some(shipped());
    };
    match parse(file) {
        Ok(value) => Some(value),
        Err(found) => {
            faults.extend(found.into_iter().map(|fault| Fault::of_toml(name, fault)));
            None
        }
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
