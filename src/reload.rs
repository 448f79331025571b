//! Changed lists and rules are picked up while running; a faulty change keeps the last good rulebook.
//!
//! The next rulebook is built aside, off the workers, and swapped whole. The log says which file and line.

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
    policy::{Fault, Rulebook, RulebookFiles},
    record::{Actor, RulebookVersion},
    sources,
    sources::{LastGoodFiles, Sources},
    time::Timestamp,
};

/// How long files must be quiet before they are read.
const QUIET: Duration = Duration::from_millis(300);
/// How often files are read where they cannot be watched.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How often they are read where they can: a folder may be replaced under its watcher.
const LOOK_ANYWAY_EVERY: Duration = Duration::from_secs(60);

/// One in so many terms may go unasked.
const LOSS_SHARE: usize = 10;
/// What is named where the lists as a whole are at fault.
const LISTS: &str = "wordlists";

/// Why files are read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// They may have changed.
    Watch,
    /// Somebody asked for it, and hears in any case what came of it.
    Signal,
}

/// Why files that somebody accepted are not in use.
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

/// What a start begins with.
pub struct Loaded {
    /// The rulebook.
    pub rulebook: LoadedRulebook,
    /// Faults of the given files, where the last good ones stand in for them.
    pub faults: Vec<Fault>,
    /// The files and their counter, where they are not the kept ones.
    news: Option<(RulebookFiles, u32)>,
}

/// Reads, compiles and keeps rulebooks.
#[derive(Debug, Clone)]
pub struct Reloader {
    sources: Sources,
    kept: LastGoodFiles,
}

impl Reloader {
    /// One for these folders.
    pub const fn new(sources: Sources, kept: LastGoodFiles) -> Self {
        Self { sources, kept }
    }

    /// The rulebook of a start: the given files, or the last good ones where those are at fault. Only reads.
    pub fn load(&self, now: Timestamp) -> Result<Loaded, LoadError> {
        let kept = self.kept.read();
        let made = self.sources.read().and_then(|files| {
            let (counter, is_news) = match &kept {
                Some((last, counter)) if last.hash() == files.hash() => (*counter, false),
                Some((_, counter)) => (counter.saturating_add(1), true),
                None => (1, true),
            };
            let rulebook = sources::compile(&files, counter)?;
            match self.loss(kept.as_ref().filter(|_| is_news), &rulebook) {
                Some(fault) => Err(vec![fault]),
                None => Ok((rulebook, is_news.then_some((files, counter)))),
            }
        });
        let faults = match made {
            Ok((rulebook, news)) => {
                return Ok(Loaded {
                    rulebook: loaded(rulebook, now, self.sources.described()),
                    faults: Vec::new(),
                    news,
                });
            }
            Err(faults) => faults,
        };
        let Some((last, counter)) = kept else {
            return Err(LoadError::Faults(faults));
        };
        let rulebook = match sources::compile(&last, counter) {
            Ok(rulebook) => rulebook,
            Err(outdated) => {
                tracing::error!("the last good rulebook is at fault for this version of Banzhu:");
                tell(&outdated);
                return Err(LoadError::Faults(faults));
            }
        };
        tell(&faults);
        tracing::error!(rulebook.version = %rulebook.version, "the files are at fault; the last good rulebook {} stays in use", rulebook.version);
        Ok(Loaded {
            rulebook: loaded(rulebook, now, "last good".to_owned()),
            faults,
            news: None,
        })
    }

    /// Keeps the files that a start has loaded. The data folder is ours by now.
    pub fn record_outcome(&self, loaded: &Loaded) {
        if let Some((files, counter)) = &loaded.news {
            self.keep(files, *counter);
        }
    }

    /// Reads the files again and takes them into use where they changed and are good.
    pub async fn reload(&self, desk: &Desk, cause: Cause) {
        let current = desk.rulebook_version();
        let before = desk.reload_state().faults;
        match self.built(desk, None).await {
            Ok(Built::Same) => {
                if cause == Cause::Signal || !before.is_empty() {
                    tracing::info!(rulebook.version = %current, "the files are good, and are what is in use: rulebook {current}");
                }
                desk.confirm_rulebook(&self.sources.described());
            }
            Ok(Built::New(rulebook)) => {
                desk.swap_rulebook(loaded(*rulebook, desk.now(), self.sources.described()))
                    .await;
            }
            Ok(Built::Faulty(faults)) => {
                if cause == Cause::Signal || before != faults {
                    tell(&faults);
                    tracing::error!(rulebook.version = %current, "the files are at fault; rulebook {current} stays in use");
                }
                desk.reject_rulebook(faults);
            }
            Ok(Built::Others(_)) => {}
            Err(error) => tracing::error!(%error, "a reload broke off: {error}"),
        }
    }

    /// Takes files into use that somebody has looked at, whatever terms are lost; `hash` names them.
    pub async fn accept(
        &self,
        desk: &Desk,
        hash: &str,
        by: &Actor,
    ) -> Result<RulebookVersion, NotAccepted> {
        match self.built(desk, Some(hash.to_owned())).await {
            Ok(Built::Same) => desk.confirm_rulebook(&self.sources.described()),
            Ok(Built::New(rulebook)) => {
                let loaded = loaded(*rulebook, desk.now(), self.sources.described());
                desk.accept_rulebook(loaded, by).await;
            }
            Ok(Built::Faulty(faults)) => return Err(NotAccepted::Faults(faults)),
            Ok(Built::Others(found)) => {
                let asked = hash.to_owned();
                return Err(NotAccepted::Others { found, asked });
            }
            Err(error) => return Err(NotAccepted::BrokeOff(error.to_string())),
        }
        Ok(desk.rulebook_version())
    }

    async fn built(
        &self,
        desk: &Desk,
        accepted: Option<String>,
    ) -> Result<Built, tokio::task::JoinError> {
        let (this, in_use) = (self.clone(), desk.rulebook());
        tokio::task::spawn_blocking(move || this.build(&in_use, accepted.as_deref())).await
    }

    fn build(&self, in_use: &Rulebook, accepted: Option<&str>) -> Built {
        let files = match self.sources.read() {
            Ok(files) => files,
            Err(faults) => return Built::Faulty(faults),
        };
        let found = hash_of(&files);
        if accepted.is_some_and(|hash| hash != found) {
            return Built::Others(found);
        }
        if files.hash() == in_use.version.hash {
            return Built::Same;
        }
        let counter = in_use.version.counter.saturating_add(1);
        let rulebook = match sources::compile(&files, counter) {
            Ok(rulebook) => rulebook,
            Err(faults) => return Built::Faulty(faults),
        };
        // Whoever accepts these files has been told; the binary's own lists need no word.
        if accepted.is_none()
            && self.sources.has_own_lists()
            && let Some(fault) = loss(in_use, &rulebook)
        {
            return Built::Faulty(vec![fault]);
        }
        self.keep(&files, counter);
        Built::New(Box::new(rulebook))
    }

    /// What stands against these lists of the board, beside what was kept last: too much of it is lost.
    fn loss(&self, kept: Option<&(RulebookFiles, u32)>, rulebook: &Rulebook) -> Option<Fault> {
        let (last, counter) = kept.filter(|_| self.sources.has_own_lists())?;
        // What this version cannot read is nothing to compare with.
        let last = Rulebook::compile(last, *counter).ok()?;
        loss(&last, rulebook)
    }

    /// What a service over this data folder would have against a rulebook that has no fault.
    pub fn loss_of(&self, rulebook: &Rulebook) -> Option<Fault> {
        let kept = self.kept.read();
        let is_news = |kept: &&(RulebookFiles, u32)| kept.0.hash() != rulebook.version.hash;
        self.loss(kept.as_ref().filter(is_news), rulebook)
    }

    fn keep(&self, files: &RulebookFiles, counter: u32) {
        if let Err(error) = self.kept.keep(files, counter) {
            tracing::error!(%error, "the rulebook could not be kept in the data folder: {error}");
        }
    }
}

enum Built {
    Same,
    New(Box<Rulebook>),
    Faulty(Vec<Fault>),
    /// They are not what was accepted, but what is named so.
    Others(String),
}

/// What names files to whoever accepts them.
fn hash_of(files: &RulebookFiles) -> String {
    hex(&files.hash())
}

fn hex(hash: &[u8; 8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Why lists are not taken unasked: more than a tenth of the terms would go, or all of a list. A list that the board switched
/// off by name is no loss.
fn loss(before: &Rulebook, after: &Rulebook) -> Option<Fault> {
    let terms = |rulebook: &Rulebook| -> HashSet<(&'static str, String)> {
        let terms = rulebook.lexicon.terms();
        terms
            .map(|(_, term)| (term.code.file_name(), term.text.clone()))
            .collect()
    };
    let disabled = after.rules.disabled();
    let is_on = |file: &str| !disabled.iter().any(|name| name == file);
    let (had, has) = (terms(before), terms(after));
    let had: HashSet<_> = had.into_iter().filter(|(file, _)| is_on(file)).collect();
    let lost = had.difference(&has).count();
    let mut left: BTreeMap<&str, usize> = had.iter().map(|(file, _)| (*file, 0)).collect();
    for (file, _) in &has {
        *left.entry(*file).or_default() += 1;
    }
    let emptied = left.values().any(|count| *count == 0);
    let is_much = lost.saturating_mul(LOSS_SHARE) > had.len();
    let (total, hash) = (had.len(), hex(&after.version.hash));
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
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    told.join("\n")
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

fn tell(faults: &[Fault]) {
    for fault in faults {
        tracing::error!(fault.file = %fault.file, fault.line = fault.line, "{fault}");
    }
}

/// Reloads whenever files changed and were quiet for a moment, for as long as the process runs.
pub async fn watch(reloader: Reloader, desk: Arc<Desk>) {
    let (changed, mut changes) = mpsc::channel(1);
    let watcher = watcher(&reloader.sources, changed);
    loop {
        match &watcher {
            Some(_) => match tokio::time::timeout(LOOK_ANYWAY_EVERY, changes.recv()).await {
                Ok(None) => return,
                // More may follow: an editor writes, renames, sets rights.
                Ok(Some(())) => while tokio::time::timeout(QUIET, changes.recv()).await.is_ok() {},
                Err(_) => {}
            },
            None => tokio::time::sleep(LOOK_EVERY).await,
        }
        reloader.reload(&desk, Cause::Watch).await;
    }
}

fn watcher(sources: &Sources, changed: mpsc::Sender<()>) -> Option<RecommendedWatcher> {
    let tell = move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| !event.kind.is_access()) {
            // One waiting word is enough.
            let _ = changed.try_send(());
        }
    };
    let watching = notify::recommended_watcher(tell).and_then(|mut watcher| {
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
