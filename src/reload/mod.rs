//! Lists and rules come in here: at start, and whenever their files change.
//!
//! A rulebook is built aside and swapped whole; requests at work keep the one they began with. Faulty files never
//! become one: the last good rulebook stays in use, and log, API and `check` say why. What is in use is kept in the data
//! folder, too, for a start that finds faulty files. Unchanged content changes nothing, the version's counter least.

mod files;
mod kept;
mod watch;

use std::sync::Arc;

use files::Fingerprint;
pub use files::Places;
pub use kept::{Keep, KeptRulebook};
pub use watch::{Reloader, watch};

use crate::{
    desk::LoadedRulebook,
    policy::{Fault, Rulebook, decision::RulebookVersion, rulebook::RulebookFiles},
    time::Timestamp,
};

/// The rulebook for a start.
#[derive(Debug)]
pub struct Prepared {
    /// The rulebook.
    pub rulebook: Arc<Rulebook>,
    /// Where it came from.
    pub source: String,
    /// What it was made of, where it differs from what was kept.
    pub to_keep: Option<RulebookFiles>,
    /// Why the given files are not used; empty where they are.
    pub faults: Vec<Fault>,
    /// What the files looked like when they were read.
    seen: Fingerprint,
}

/// Builds the rulebook for a start: of the given files, or else the last good one; or tells what is wrong.
pub fn prepare(places: &Places, keep: &Keep) -> Result<Prepared, Vec<Fault>> {
    let (kept, seen) = (keep.read(), places.fingerprint());
    let made = places
        .read()
        .and_then(|files| Ok((compile(&files, kept.as_ref())?, files)));
    match (made, kept) {
        (Ok((rulebook, files)), kept) => Ok(Prepared {
            rulebook: Arc::new(rulebook),
            source: places.told(),
            to_keep: kept.is_none_or(|kept| kept.files != files).then_some(files),
            faults: Vec::new(),
            seen,
        }),
        (Err(faults), Some(kept)) => last_good(kept, faults, seen),
        (Err(faults), None) => Err(faults),
    }
}

impl Prepared {
    /// Keeps the rulebook for the next start; the data folder is ours by now.
    pub fn keep(&self, keep: &Keep) {
        if let Some(files) = &self.to_keep {
            keep_or_warn(keep, self.rulebook.version, files);
        }
    }

    /// The rulebook as the desk takes it.
    pub fn loaded(&self, at: Timestamp) -> LoadedRulebook {
        LoadedRulebook {
            rulebook: Arc::clone(&self.rulebook),
            loaded_at: at,
            source: self.source.clone(),
        }
    }

    /// Says in the log what is used and what is wrong.
    pub fn tell(&self) {
        let (version, source) = (self.rulebook.version, &self.source);
        let terms = self.rulebook.lexicon.counts().terms_total();
        tracing::info!(rulebook.version = %version, terms, source, "loaded rulebook {version} with {terms} terms");
        if !self.faults.is_empty() {
            tracing::error!(
                faults = self.faults.len(),
                "lists or rules are faulty: the last good rulebook, {version}, is used instead"
            );
            tell_faults(&self.faults);
        }
    }
}

/// Compiles files; the counter goes on from what was kept, and stays where nothing changed.
fn compile(files: &RulebookFiles, kept: Option<&KeptRulebook>) -> Result<Rulebook, Vec<Fault>> {
    let counter = match kept {
        Some(kept) if kept.files == *files => kept.counter,
        Some(kept) => kept.counter.saturating_add(1),
        None => 1,
    };
    Rulebook::compile(files, counter)
}

fn last_good(
    kept: KeptRulebook,
    faults: Vec<Fault>,
    seen: Fingerprint,
) -> Result<Prepared, Vec<Fault>> {
    match Rulebook::compile(&kept.files, kept.counter) {
        Ok(rulebook) => Ok(Prepared {
            rulebook: Arc::new(rulebook),
            source: "last good rulebook, kept in the data folder".to_owned(),
            to_keep: None,
            faults,
            seen,
        }),
        Err(_) => Err(faults),
    }
}

fn keep_or_warn(keep: &Keep, version: RulebookVersion, files: &RulebookFiles) {
    if let Err(error) = keep.write(version, files) {
        tracing::error!(%error, rulebook.version = %version, "rulebook {version} could not be kept for the next start: {error}");
    }
}

fn tell_faults(faults: &[Fault]) {
    for fault in faults {
        tracing::error!(fault.file = %fault.file, fault.line = fault.line, "{fault}");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::fs;

    const LIST: &str = "term\tseverity\tsurfaces\tmatch\tvariants\tspellings\tcontext\tnote\tsource\n";

    fn prepared(places: &Places, keep: &Keep) -> Prepared {
        let prepared = prepare(places, keep).unwrap();
        prepared.keep(keep);
        prepared
    }

    #[test]
    fn a_counter_moves_with_the_content_and_a_faulty_start_takes_the_last_good() {
        let (data, lists) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let keep = Keep::in_data(data.path());
        let places = Places {
            wordlists: Some(lists.path().to_owned()),
            config: None,
        };
        let list = lists.path().join("insult.tsv");
        let counter = |prepared: &Prepared| prepared.rulebook.version.counter;

        fs::write(&list, "nonsense\n").unwrap();
        assert!(prepare(&places, &keep).is_err());
        fs::write(&list, format!("{LIST}王八蛋\t3\t\t\t\t\t\t\tmine\n")).unwrap();
        assert_eq!(counter(&prepared(&places, &keep)), 1);
        assert_eq!(counter(&prepared(&places, &keep)), 1);
        fs::write(&list, format!("{LIST}王八蛋\t4\t\t\t\t\t\t\tmine\n")).unwrap();
        assert_eq!(counter(&prepared(&places, &keep)), 2);

        fs::write(&list, format!("{LIST}王八蛋\t9\t\t\t\t\t\t\tmine\n")).unwrap();
        let fallen_back = prepared(&places, &keep);
        assert_eq!((counter(&fallen_back), fallen_back.faults[0].line), (2, 2));
        assert_eq!(fallen_back.source, "last good rulebook, kept in the data folder");
    }
}
