//! Changed lists and rules are picked up while running; a faulty change keeps the last good rulebook.
//!
//! The next rulebook is built aside, off the workers, and swapped whole. The log says which file and line.

use std::{path::Path, sync::Arc, time::Duration};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

use crate::{
    desk::{Desk, LoadedRulebook},
    policy::{Fault, Rulebook, RulebookFiles},
    sources::{Kept, Sources},
    time::Timestamp,
};

/// How long files must be quiet before they are read.
const QUIET: Duration = Duration::from_millis(300);
/// How often files are read where they cannot be watched.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How often they are read where they can: a folder may be replaced under its watcher.
const LOOK_ANYWAY_EVERY: Duration = Duration::from_secs(60);

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
    kept: Kept,
}

impl Reloader {
    /// One for these folders.
    pub const fn new(sources: Sources, kept: Kept) -> Self {
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
            let rulebook = Rulebook::compile(&files, counter)?;
            Ok((rulebook, is_news.then_some((files, counter))))
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
        let rulebook = match Rulebook::compile(&last, counter) {
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
    pub fn keep_news(&self, loaded: &Loaded) {
        if let Some((files, counter)) = &loaded.news {
            self.keep(files, *counter);
        }
    }

    /// Reads the files again and takes them into use where they changed and are good.
    pub async fn reload(&self, desk: &Desk) {
        let this = self.clone();
        let current = desk.rulebook_version();
        let built =
            tokio::task::spawn_blocking(move || this.build(current.counter, current.hash)).await;
        match built {
            Ok(Built::Same) => desk.confirm_rulebook(&self.sources.described()),
            Ok(Built::New(rulebook)) => {
                desk.swap_rulebook(loaded(*rulebook, desk.now(), self.sources.described()))
                    .await;
            }
            Ok(Built::Faulty(faults)) => {
                if desk.reload_state().faults != faults {
                    tell(&faults);
                    tracing::error!(rulebook.version = %current, "the files are at fault; rulebook {current} stays in use");
                }
                desk.reject_rulebook(faults);
            }
            Err(error) => tracing::error!(%error, "a reload broke off: {error}"),
        }
    }

    fn build(&self, counter: u32, hash: [u8; 8]) -> Built {
        let files = match self.sources.read() {
            Ok(files) => files,
            Err(faults) => return Built::Faulty(faults),
        };
        if files.hash() == hash {
            return Built::Same;
        }
        let counter = counter.saturating_add(1);
        match Rulebook::compile(&files, counter) {
            Ok(rulebook) => {
                self.keep(&files, counter);
                Built::New(Box::new(rulebook))
            }
            Err(faults) => Built::Faulty(faults),
        }
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
        reloader.reload(&desk).await;
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
