//! The rulebook: all lists, the rules and the notices, compiled once, immutable, and replaced as a whole.

use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
};

pub use super::files::{Fault, FileFacts, MODEL_FILE, NOTICES_FILE, RULES_FILE, RulebookFiles};
use super::{
    board_words::{FileRow, board_lists, file_rows, overlay},
    nickname_findings::KnownNicknames,
    notice::Notices,
    rules::{Rules, RulesFault},
};
use crate::{
    lexicon::{Lexicon, LineFault},
    member::nickname::Impersonation,
    record::{BoardWords, RulebookVersion},
    score::Weights,
    topic::Topics,
};

/// What a rulebook is made of: files, and the board's own words over them.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The files as they were read.
    pub files: Arc<RulebookFiles>,
    /// Their counter. The rulebook's own is the sum of it and of the words' version: both only grow, so each change of either
    /// has a counter of its own, and a restart comes to the same.
    pub counter: u32,
    /// The words.
    pub words: Arc<BoardWords>,
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
    /// The files that it was compiled from; those of the board's own words are among them, and a file of which they replace
    /// rows is told as they leave it.
    pub files: Vec<FileFacts>,
    /// What it was made of.
    pub origin: Origin,
    /// Warnings about the lists.
    pub warnings: Vec<Fault>,
    /// The weights that it comes with; a board learns from there.
    pub weights: Arc<Weights>,
    /// The rows of the files, once somebody asks for them.
    rows: OnceLock<Vec<FileRow>>,
    /// What these lists found in nicknames.
    pub(super) nicknames: KnownNicknames,
}

impl Rulebook {
    /// Compiles all files, or reports every fault of all of them. The caller keeps the counter of versions.
    pub fn compile(files: &RulebookFiles, counter: u32) -> Result<Self, Vec<Fault>> {
        Self::compile_with(&Origin {
            files: Arc::new(files.clone()),
            counter,
            words: Arc::default(),
        })
    }

    /// Compiles files with the board's own words over them, or reports every fault of all of them.
    pub fn compile_with(origin: &Origin) -> Result<Self, Vec<Fault>> {
        Self::compile_without(origin, &BTreeSet::new())
    }

    /// The same, where words that no longer fit the files are left out. Returns their faults too; it fails for those of the
    /// files alone.
    pub fn compile_fitting(origin: &Origin) -> Result<(Self, Vec<Fault>), Vec<Fault>> {
        let (mut left_out, mut told) = (BTreeSet::new(), Vec::new());
        loop {
            let faults = match Self::compile_without(origin, &left_out) {
                Ok(mut rulebook) => {
                    rulebook.warnings.extend(told.iter().cloned());
                    return Ok((rulebook, told));
                }
                Err(faults) => faults,
            };
            let unfit = unfit_words(origin, &left_out, &faults);
            if unfit.is_empty() {
                return Err(faults);
            }
            left_out.extend(unfit);
            told.extend(faults);
        }
    }

    /// The rows of the files that the board may change or retire.
    pub fn file_rows(&self) -> &[FileRow] {
        self.rows.get_or_init(|| file_rows(&self.origin.files))
    }

    fn compile_without(origin: &Origin, left_out: &BTreeSet<String>) -> Result<Self, Vec<Fault>> {
        let files = &overlay(&origin.files, &origin.words, left_out);
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
            counter: origin.counter.saturating_add(origin.words.version),
            hash: files.hash(),
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
                    files: files.facts(),
                    origin: origin.clone(),
                    rows: OnceLock::new(),
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

/// The words to leave out for these faults: those of the faulty lines, else all that are left.
fn unfit_words(origin: &Origin, left_out: &BTreeSet<String>, faults: &[Fault]) -> BTreeSet<String> {
    let lists = board_lists(&origin.files, &origin.words, left_out);
    let of_fault = |fault: &Fault| {
        let list = lists.iter().find(|list| list.file.name == fault.file)?;
        list.ids.get((fault.line as usize).checked_sub(2)?).cloned()
    };
    let unfit: BTreeSet<String> = faults.iter().filter_map(of_fault).collect();
    match unfit.is_empty() {
        true => lists.into_iter().flat_map(|list| list.ids).collect(),
        false => unfit,
    }
}

impl RulebookFiles {
    /// Whether the weights are those that this rulebook came with.
    pub fn has_weights_of(&self, rulebook: &Rulebook) -> bool {
        let hash = self.model.as_deref().map(crate::score::hash_of);
        hash.unwrap_or_default() == rulebook.weights.hash()
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
