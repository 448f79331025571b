//! Reloading: changed lists and rules are picked up while the service runs; if they have faults the last good rulebook stays
//! in use.
//!
//! The new rulebook is built beside the workers and swapped as a whole. Faults are logged with file and line.

use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
    sync::Arc,
    time::Duration,
};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

use crate::{
    desk::{Desk, LoadedRulebook},
    policy::{Fault, Origin, Rulebook, RulebookFiles},
    record::{Actor, RulebookVersion},
    sources,
    sources::{LastGoodFiles, Sources},
    time::Timestamp,
};

/// How long files must be unchanged before they are read: editors save in several steps.
const QUIET: Duration = Duration::from_millis(300);
/// How often files are read if they cannot be watched.
const POLL_EVERY: Duration = Duration::from_secs(5);
/// How often they are read even if they are watched: a replaced folder is no longer seen by the watcher.
const POLL_WATCHED_EVERY: Duration = Duration::from_secs(60);

/// A reload may lose at most one in this many terms without somebody accepting it.
const LOSS_SHARE: usize = 10;
/// The file named in a fault that concerns the lists as a whole.
const LISTS: &str = "wordlists";

/// Why files are read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// They may have changed. The result is logged only if it differs from the last one.
    Watch,
    /// An operator asked for it. The result is logged in any case.
    Signal,
}

/// Why files that somebody accepted were not put into use.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says it in its message")]
pub enum NotAccepted {
    #[error(
        "目前的檔案是 {found}，不是 {asked}；請先以 banzhu check 確認 / the files are {found}, not {asked}: look at them with `banzhu check` first"
    )]
    Others { found: String, asked: String },
    #[error("{}", lines(.0))]
    Faults(Vec<Fault>),
    #[error("{0}")]
    BrokeOff(String),
}

/// Why a start has no rulebook.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says it in its message")]
pub enum LoadError {
    #[error(
        "詞庫或規則有誤，且沒有先前可用的版本 / the lists or rules are at fault, and no last good ones are kept"
    )]
    Faults(Vec<Fault>),
}

/// The rulebook at start.
pub struct Loaded {
    /// The rulebook.
    pub rulebook: LoadedRulebook,
    /// Faults of the configured files, if the last good ones are used instead.
    pub faults: Vec<Fault>,
    /// The files and their counter, if they are newer than the last good ones.
    changed: Option<(RulebookFiles, u32)>,
}

/// Reads, compiles and keeps rulebooks.
#[derive(Debug, Clone)]
pub struct Reloader {
    sources: Sources,
    last_good: LastGoodFiles,
}

impl Reloader {
    /// A reloader for these folders.
    pub const fn new(sources: Sources, last_good: LastGoodFiles) -> Self {
        Self { sources, last_good }
    }

    /// The rulebook for a start: from the configured files, or from the last good ones if those have faults. Writes nothing.
    pub fn load(&self, now: Timestamp) -> Result<Loaded, LoadError> {
        let last_good = self.last_good.read();
        let compiled = self.sources.read().and_then(|files| {
            // The same files keep their counter, so that a restart is no new version.
            let (counter, has_changed) = match &last_good {
                Some((last, counter)) if last.hash() == files.hash() => (*counter, false),
                Some((_, counter)) => (counter.saturating_add(1), true),
                None => (1, true),
            };
            let rulebook = sources::compile(&files, counter)?;
            match self.loss(last_good.as_ref().filter(|_| has_changed), &rulebook) {
                Some(fault) => Err(vec![fault]),
                None => Ok((rulebook, has_changed.then_some((files, counter)))),
            }
        });
        let faults = match compiled {
            Ok((rulebook, changed)) => {
                return Ok(Loaded {
                    rulebook: loaded(rulebook, now, self.sources.description()),
                    faults: Vec::new(),
                    changed,
                });
            }
            Err(faults) => faults,
        };
        let Some((last, counter)) = last_good else {
            return Err(LoadError::Faults(faults));
        };
        let rulebook = match sources::compile(&last, counter) {
            Ok(rulebook) => rulebook,
            // This version's faults are logged only: what the operator can mend are the configured files.
            Err(version_faults) => {
                tracing::error!("the last good rulebook is at fault for this version of Banzhu:");
                log_faults(&version_faults);
                return Err(LoadError::Faults(faults));
            }
        };
        log_faults(&faults);
        tracing::error!(rulebook.version = %rulebook.version, "the files are at fault; the last good rulebook {} stays in use", rulebook.version);
        Ok(Loaded {
            rulebook: loaded(rulebook, now, "last good".to_owned()),
            faults,
            changed: None,
        })
    }

    /// Stores the files of a start as the last good ones. Call it once the data folder is locked.
    pub fn keep_loaded(&self, loaded: &Loaded) {
        // `load` runs before the data folder is locked, and another process may be using it until then.
        if let Some((files, counter)) = &loaded.changed {
            self.keep(files, *counter);
        }
    }

    /// Reads the files again and puts them into use if they have changed and have no faults.
    pub async fn reload(&self, desk: &Desk, cause: Cause) {
        let _turn = desk.words.turn().await;
        let current = desk.operations.rulebook_version();
        let before = desk.operations.reload_state().faults;
        match self.build_beside(desk, None).await {
            Ok(BuildResult::Same) => {
                if cause == Cause::Signal || !before.is_empty() {
                    tracing::info!(rulebook.version = %current, "the files are good, and are what is in use: rulebook {current}");
                }
                desk.operations
                    .confirm_rulebook(&self.sources.description());
            }
            Ok(BuildResult::New(rulebook)) => {
                desk.operations
                    .swap_rulebook(loaded(
                        *rulebook,
                        desk.operations.now(),
                        self.sources.description(),
                    ))
                    .await;
            }
            Ok(BuildResult::Faulty(faults)) => {
                if cause == Cause::Signal || before != faults {
                    log_faults(&faults);
                    tracing::error!(rulebook.version = %current, "the files are at fault; rulebook {current} stays in use");
                }
                desk.operations.reject_rulebook(faults);
            }
            Ok(BuildResult::Others(_)) => {}
            Err(error) => tracing::error!(%error, "a reload broke off: {error}"),
        }
    }

    /// Puts files into use that somebody accepted by their `hash`, however many terms are lost.
    pub async fn accept(
        &self,
        desk: &Desk,
        hash: &str,
        by: &Actor,
    ) -> Result<RulebookVersion, NotAccepted> {
        let _turn = desk.words.turn().await;
        match self.build_beside(desk, Some(hash.to_owned())).await {
            Ok(BuildResult::Same) => desk
                .operations
                .confirm_rulebook(&self.sources.description()),
            Ok(BuildResult::New(rulebook)) => {
                let loaded = loaded(*rulebook, desk.operations.now(), self.sources.description());
                desk.operations.accept_rulebook(loaded, by).await;
            }
            Ok(BuildResult::Faulty(faults)) => return Err(NotAccepted::Faults(faults)),
            Ok(BuildResult::Others(current)) => {
                let asked = hash.to_owned();
                return Err(NotAccepted::Others {
                    found: current,
                    asked,
                });
            }
            Err(error) => return Err(NotAccepted::BrokeOff(error.to_string())),
        }
        Ok(desk.operations.rulebook_version())
    }

    async fn build_beside(
        &self,
        desk: &Desk,
        accepted: Option<String>,
    ) -> Result<BuildResult, tokio::task::JoinError> {
        let (this, in_use) = (self.clone(), desk.operations.rulebook());
        tokio::task::spawn_blocking(move || this.build(&in_use, accepted.as_deref())).await
    }

    fn build(&self, in_use: &Rulebook, accepted: Option<&str>) -> BuildResult {
        let files = match self.sources.read() {
            Ok(files) => files,
            Err(faults) => return BuildResult::Faulty(faults),
        };
        let current = hash_of(&files);
        // The files may have been edited since the operator looked at them.
        if accepted.is_some_and(|hash| hash != current) {
            return BuildResult::Others(current);
        }
        let is_same = files.hash() == in_use.origin.files.hash();
        if is_same && files.has_weights_of(in_use) {
            return BuildResult::Same;
        }
        // The weights have a version of their own.
        let counter = in_use.origin.counter.saturating_add(u32::from(!is_same));
        let files = Arc::new(files);
        let origin = Origin {
            files: Arc::clone(&files),
            counter,
            words: Arc::clone(&in_use.origin.words),
        };
        let rulebook = match sources::compile_fitting(&origin) {
            Ok((rulebook, unfit)) => {
                log_faults(&unfit);
                rulebook
            }
            Err(faults) => return BuildResult::Faulty(faults),
        };
        // Whoever accepts these files knows what is lost. The binary's own lists need no acceptance.
        if accepted.is_none()
            && self.sources.has_own_lists()
            && let Some(fault) = loss_between(in_use, &rulebook)
        {
            return BuildResult::Faulty(vec![fault]);
        }
        self.keep(&files, counter);
        BuildResult::New(Box::new(rulebook))
    }

    /// The fault of a change at start that loses too many of the terms kept last.
    fn loss(&self, last_good: Option<&(RulebookFiles, u32)>, rulebook: &Rulebook) -> Option<Fault> {
        let (last, counter) = last_good.filter(|_| self.sources.has_own_lists())?;
        // Files that this version cannot compile give nothing to compare with.
        let last = Rulebook::compile(last, *counter).ok()?;
        loss_between(&last, rulebook)
    }

    /// The loss for which a service over this data folder would refuse a rulebook that has no other fault.
    pub fn loss_of(&self, rulebook: &Rulebook) -> Option<Fault> {
        let last_good = self.last_good.read();
        let has_changed = |last: &&(RulebookFiles, u32)| last.0.hash() != rulebook.version.hash;
        self.loss(last_good.as_ref().filter(has_changed), rulebook)
    }

    fn keep(&self, files: &RulebookFiles, counter: u32) {
        if let Err(error) = self.last_good.keep(files, counter) {
            tracing::error!(%error, "the rulebook could not be kept in the data folder: {error}");
        }
    }
}

/// The result of reading the files again.
enum BuildResult {
    Same,
    New(Box<Rulebook>),
    Faulty(Vec<Fault>),
    /// The files are not the accepted ones; their hash is this.
    Others(String),
}

/// The hash by which an operator accepts files.
fn hash_of(files: &RulebookFiles) -> String {
    hex(&files.hash())
}

fn hex(hash: &[u8; 8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The fault of a change that loses too much: more than a tenth of the terms, or all terms of a list. A list that the board
/// has disabled by name does not count as lost.
fn loss_between(before: &Rulebook, after: &Rulebook) -> Option<Fault> {
    let terms = |rulebook: &Rulebook| -> HashSet<(&'static str, String)> {
        let terms = rulebook.lexicon.terms();
        terms
            .map(|(_, term)| (term.code.file_name(), term.text.clone()))
            .collect()
    };
    let disabled = after.rules.disabled();
    let is_on = |file: &str| !disabled.iter().any(|name| name == file);
    let (old_terms, new_terms) = (terms(before), terms(after));
    let old_terms: HashSet<_> = old_terms
        .into_iter()
        .filter(|(file, _)| is_on(file))
        .collect();
    let lost = old_terms.difference(&new_terms).count();
    let mut remaining: BTreeMap<&str, usize> =
        old_terms.iter().map(|(file, _)| (*file, 0)).collect();
    for (file, _) in &new_terms {
        *remaining.entry(*file).or_default() += 1;
    }
    let emptied = remaining.values().any(|count| *count == 0);
    // `lost / total > 1 / 10` without fractions.
    let is_much = lost.saturating_mul(LOSS_SHARE) > old_terms.len();
    let (total, hash) = (old_terms.len(), hash_of(&after.origin.files));
    (is_much || emptied).then(|| Fault {
        file: LISTS.to_owned(),
        line: 0,
        zh_tw: format!(
            "將失去 {total} 個字詞中的 {lost} 個，超過一成或整份詞表，因此不採用；若屬刻意，請執行 banzhu check --accept {hash}"
        ),
        en: format!(
            "{lost} of {total} terms would be lost, more than a tenth or a whole list, and so they are not taken; if it is meant: banzhu check --accept {hash}"
        ),
    })
}

fn lines(faults: &[Fault]) -> String {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn loaded(rulebook: Rulebook, loaded_at: Timestamp, source: String) -> LoadedRulebook {
    let (version, terms) = (rulebook.version, rulebook.lexicon.counts().terms_total());
    tracing::info!(rulebook.version = %version, terms, source, "loaded rulebook {version} with {terms} terms");
    LoadedRulebook {
        rulebook: Arc::new(rulebook),
        loaded_at,
        source,
    }
}

fn log_faults(faults: &[Fault]) {
    for fault in faults {
        tracing::error!(fault.file = %fault.file, fault.line = fault.line, "{fault}");
    }
}

/// Reloads whenever files have changed and then stayed unchanged for a moment; runs as long as the process.
pub async fn watch(reloader: Reloader, desk: Arc<Desk>) {
    let (changed, mut changes) = mpsc::channel(1);
    let watcher = watcher(&reloader.sources, changed);
    loop {
        match &watcher {
            // A watcher can miss changes (on network file systems, for one), so files are also polled.
            Some(_) => match tokio::time::timeout(POLL_WATCHED_EVERY, changes.recv()).await {
                Ok(None) => return,
                // More may follow: editors write, rename and set permissions.
                Ok(Some(())) => while tokio::time::timeout(QUIET, changes.recv()).await.is_ok() {},
                Err(_) => {}
            },
            None => tokio::time::sleep(POLL_EVERY).await,
        }
        reloader.reload(&desk, Cause::Watch).await;
    }
}

fn watcher(sources: &Sources, changed: mpsc::Sender<()>) -> Option<RecommendedWatcher> {
    let on_event = move |event: notify::Result<notify::Event>| {
        // Our own reading is an access: taken for a change, it would cause the next reload, and so on.
        if event.is_ok_and(|event| !event.kind.is_access()) {
            // One pending message is enough.
            let _ = changed.try_send(());
        }
    };
    let watching = notify::recommended_watcher(on_event).and_then(|mut watcher| {
        sources
            .folders()
            .try_for_each(|dir: &Path| watcher.watch(dir, RecursiveMode::NonRecursive))?;
        Ok(watcher)
    });
    match watching {
        Ok(watcher) => Some(watcher),
        Err(error) => {
            tracing::warn!(%error, "folders cannot be watched and are read every few seconds instead: {error}");
            None
        }
    }
}
