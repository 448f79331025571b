//! The rulebook: all lists, the rules and the notices, compiled once, immutable, and replaced as a whole.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    nickname_findings::KnownNicknames,
    notice::Notices,
    rules::{Rules, RulesFault},
};
use crate::{
    lexicon::{Lexicon, LineFault, ListFile},
    member::nickname::Impersonation,
    record::RulebookVersion,
    score::Weights,
    topic::Topics,
};

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

/// All that decisions are made by, compiled.
#[derive(Debug)]
pub struct Rulebook {
    /// Its version, which every decision names.
    pub version: RulebookVersion,
    /// Listed terms.
    pub lexicon: Lexicon,
    /// The lists about tags.
    pub topics: Topics,
    /// Protected names.
    pub impersonation: Impersonation,
    /// What each code and severity does.
    pub rules: Rules,
    /// The wording of notices to members.
    pub notices: Notices,
    /// The files that it was compiled from.
    pub files: Vec<FileFacts>,
    /// Warnings about the lists.
    pub warnings: Vec<Fault>,
    /// The weights that it comes with; a board learns from there.
    pub weights: Arc<Weights>,
    /// What these lists found in nicknames.
    pub(super) nicknames: KnownNicknames,
}

impl Rulebook {
    /// Compiles all files, or reports every fault of all of them. The caller keeps the counter of versions.
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
        let weights = weights_of(files.model.as_deref(), &mut faults);
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
                    weights,
                    nicknames: KnownNicknames::default(),
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

    /// Whether the weights are those that this rulebook came with.
    pub fn has_weights_of(&self, rulebook: &Rulebook) -> bool {
        let hash = self.model.as_deref().map(crate::score::hash_of);
        hash.unwrap_or_default() == rulebook.weights.hash()
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

/// The weights of a file; those that know nothing where there is none, or where it is a fault.
fn weights_of(file: Option<&[u8]>, faults: &mut Vec<Fault>) -> Arc<Weights> {
    let Some(file) = file else {
        return Arc::new(Weights::none());
    };
    let weights = Weights::parse(file).unwrap_or_else(|error| {
        faults.push(Fault {
            file: MODEL_FILE.to_owned(),
            line: 0,
            zh_tw: error.zh_tw().to_owned(),
            en: error.to_string(),
        });
        Weights::none()
    });
    Arc::new(weights)
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
