//! While running: changed files become a new rulebook, or are refused.

use std::{sync::Arc, time::Duration};

use notify::{RecursiveMode, Watcher as _};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval_at, sleep},
};

use super::{
    Keep, Places, Prepared,
    files::Fingerprint,
    keep_or_warn, tell_faults,
};
use crate::{
    desk::{Desk, LoadedRulebook},
    policy::{Fault, Rulebook, decision::RulebookVersion, rulebook::RulebookFiles},
};

/// Files are read when they have been still for this long: editors write more than once.
const STILL_FOR: Duration = Duration::from_millis(300);
/// How often files are looked at where nobody tells of changes.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How often they are looked at where somebody does, since a folder can be replaced under a watcher.
const LOOK_EVERY_WATCHED: Duration = Duration::from_secs(30);
/// Events waiting; more say nothing new.
const EVENTS_MAX: usize = 1;

/// Takes changed files into use.
pub struct Reloader {
    desk: Arc<Desk>,
    places: Places,
    keep: Keep,
    current: RulebookVersion,
    seen: Fingerprint,
}

/// What became of reading the files.
enum Read {
    Unchanged,
    New(Box<Rulebook>, RulebookFiles),
    Faulty(Vec<Fault>),
}

impl Reloader {
    /// A reloader for a desk that began with the rulebook `prepared`.
    pub fn new(desk: Arc<Desk>, places: Places, keep: Keep, prepared: &Prepared) -> Self {
        Self {
            desk,
            places,
            keep,
            current: prepared.rulebook.version,
            seen: prepared.seen.clone(),
        }
    }

    /// Reads the files and takes them into use, or says why not.
    pub async fn reload(&mut self) {
        match self.read().await {
            Read::Unchanged => {
                self.desk.confirm_rulebook();
                tracing::debug!("lists and rules are unchanged");
            }
            Read::New(rulebook, files) => self.swap(*rulebook, files).await,
            Read::Faulty(faults) => {
                let version = self.current;
                tracing::error!(faults = faults.len(), rulebook.version = %version, "changed lists or rules are faulty: rulebook {version} stays in use");
                tell_faults(&faults);
                self.desk.reject_rulebook(faults);
            }
        }
    }

    /// Builds aside, so that no request waits for it.
    async fn read(&self) -> Read {
        let (places, current) = (self.places.clone(), self.current);
        let built = tokio::task::spawn_blocking(move || read(&places, current)).await;
        built.unwrap_or_else(|error| Read::Faulty(vec![could_not_build(&error.to_string())]))
    }

    async fn swap(&mut self, rulebook: Rulebook, files: RulebookFiles) {
        let version = rulebook.version;
        let terms = rulebook.lexicon.counts().terms_total();
        let keep = self.keep.clone();
        let kept = tokio::task::spawn_blocking(move || keep_or_warn(&keep, version, &files)).await;
        if kept.is_err() {
            tracing::error!(rulebook.version = %version, "rulebook {version} could not be kept for the next start");
        }
        self.current = version;
        self.desk
            .swap_rulebook(LoadedRulebook {
                rulebook: Arc::new(rulebook),
                loaded_at: self.desk.now(),
                source: self.places.told(),
            })
            .await;
        tracing::info!(rulebook.version = %version, terms, "loaded rulebook {version} with {terms} terms");
    }

    async fn fingerprint(&self) -> Fingerprint {
        let places = self.places.clone();
        tokio::task::spawn_blocking(move || places.fingerprint())
            .await
            .unwrap_or_default()
    }

    /// Waits until the files have been still for a moment.
    async fn settled(&self) -> Fingerprint {
        let mut last = self.fingerprint().await;
        loop {
            sleep(STILL_FOR).await;
            let now = self.fingerprint().await;
            if now == last {
                return now;
            }
            last = now;
        }
    }
}

/// Reloads at each request of `asked` (a signal), and, where `watching`, at each change of the files. Never returns.
pub async fn watch(mut reloader: Reloader, watching: bool, mut asked: mpsc::Receiver<()>) {
    let (told, mut changes) = mpsc::channel(EVENTS_MAX);
    let watcher = watching.then(|| watcher(&reloader.places, told)).flatten();
    let every = match watcher {
        Some(_) => LOOK_EVERY_WATCHED,
        None => LOOK_EVERY,
    };
    let mut looks = interval_at(Instant::now() + every, every);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let forced = tokio::select! {
            Some(()) = asked.recv() => true,
            Some(()) = changes.recv() => false,
            _ = looks.tick(), if watching => false,
        };
        if forced {
            reloader.reload().await;
        } else if reloader.fingerprint().await != reloader.seen {
            reloader.seen = reloader.settled().await;
            reloader.reload().await;
        }
    }
}

/// Somebody who tells of changes in the folders; none where the system does not.
fn watcher(places: &Places, told: mpsc::Sender<()>) -> Option<notify::RecommendedWatcher> {
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // our own reading is no change; a full channel says the same already
        if !event.is_ok_and(|event| event.kind.is_access()) {
            let _ = told.try_send(());
        }
    });
    let watched = watcher.and_then(|mut watcher| {
        for dir in places.dirs() {
            watcher.watch(dir, RecursiveMode::NonRecursive)?;
        }
        Ok(watcher)
    });
    watched
        .map_err(|error| {
            let seconds = LOOK_EVERY.as_secs();
            tracing::warn!(%error, "changes of lists and rules are looked for every {seconds} s: {error}");
        })
        .ok()
}

fn read(places: &Places, current: RulebookVersion) -> Read {
    let files = match places.read() {
        Ok(files) => files,
        Err(faults) => return Read::Faulty(faults),
    };
    if files.hash() == current.hash {
        return Read::Unchanged;
    }
    match Rulebook::compile(&files, current.counter.saturating_add(1)) {
        Ok(rulebook) => Read::New(Box::new(rulebook), files),
        Err(faults) => Read::Faulty(faults),
    }
}

fn could_not_build(why: &str) -> Fault {
    Fault {
        file: "rulebook".to_owned(),
        line: 0,
        zh_tw: format!("無法編譯:{why}"),
        en: format!("could not be built: {why}"),
    }
}
