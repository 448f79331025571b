//! The rulebook in use, and what became of the last change of files.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    Desk,
    views::{FaultView, FileView, RulebookView},
};
use crate::{
    lexicon::ListCode,
    policy::{Fault, Rulebook},
    record::{Actor, AuditAction, AuditDraft, AuditSubject, RulebookVersion},
    store::Commit,
    time::Timestamp,
};

/// A rulebook, since when it is in use, and where it came from.
#[derive(Debug, Clone)]
pub struct LoadedRulebook {
    /// The rulebook.
    pub rulebook: Arc<Rulebook>,
    /// Since when.
    pub loaded_at: Timestamp,
    /// The given folders, the binary, or the last good one kept in the data folder.
    pub source: String,
}

/// What became of the last change of files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReloadState {
    /// When files were last read and found good.
    pub good_at: Timestamp,
    /// When files were last refused; none where they were good.
    pub rejected_at: Option<Timestamp>,
    /// Why.
    pub faults: Vec<Fault>,
}

/// The last reload, shared.
#[derive(Debug)]
pub(super) struct LastReload(Mutex<ReloadState>);

impl LastReload {
    /// Nothing was refused since this rulebook was read.
    pub(super) fn good_at(good_at: Timestamp) -> Self {
        Self(Mutex::new(ReloadState {
            good_at,
            ..ReloadState::default()
        }))
    }

    fn state(&self) -> std::sync::MutexGuard<'_, ReloadState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desk {
    /// Takes a new rulebook into use; whoever is at work keeps the old one to the end.
    pub async fn swap_rulebook(&self, loaded: LoadedRulebook) {
        self.swap(loaded, &Actor::System, AuditAction::RulebookLoaded)
            .await;
    }

    /// The same, because somebody accepted it.
    pub async fn accept_rulebook(&self, loaded: LoadedRulebook, by: &Actor) {
        self.swap(loaded, by, AuditAction::RulebookAccepted).await;
    }

    async fn swap(&self, loaded: LoadedRulebook, by: &Actor, action: AuditAction) {
        let old = self.rules().version;
        let (new, at) = (loaded.rulebook.version, loaded.loaded_at);
        self.rulebook.store(Arc::new(loaded));
        self.files_are_good();
        let audit = AuditDraft {
            from: Some(old.to_string()),
            to: Some(new.to_string()),
            ..AuditDraft::new(at, by, action, AuditSubject::Rulebook(new.to_string()))
        };
        if let Err(error) = self.store.commit(Commit::Tell(audit)).await {
            tracing::error!(%error, rulebook.version = %new, "rulebook {new} is in use, but the audit could not be told: {error}");
        }
    }

    /// Files were read, and they are what is in use already; from now on they are its source.
    pub fn confirm_rulebook(&self, source: &str) {
        let loaded = self.rulebook.load_full();
        if loaded.source != source {
            self.rulebook.store(Arc::new(LoadedRulebook {
                source: source.to_owned(),
                ..LoadedRulebook::clone(&loaded)
            }));
        }
        self.files_are_good();
    }

    fn files_are_good(&self) {
        *self.last_reload.state() = ReloadState {
            good_at: self.clock.now(),
            rejected_at: None,
            faults: Vec::new(),
        };
    }

    /// Files were read and refused: the rulebook in use stays.
    pub fn reject_rulebook(&self, faults: Vec<Fault>) {
        let mut state = self.last_reload.state();
        state.rejected_at = Some(self.clock.now());
        state.faults = faults;
    }

    /// What became of the last change of files.
    pub fn reload_state(&self) -> ReloadState {
        self.last_reload.state().clone()
    }

    /// The rulebook in use.
    pub fn rulebook(&self) -> Arc<Rulebook> {
        self.rules()
    }

    /// Which rulebook is in use.
    pub fn rulebook_version(&self) -> RulebookVersion {
        self.rules().version
    }

    /// The rulebook in use, for people.
    pub fn rulebook_view(&self) -> RulebookView {
        let loaded = self.rulebook.load();
        let reload = self.reload_state();
        RulebookView {
            version: loaded.rulebook.version.to_string(),
            loaded_at: loaded.loaded_at,
            source: loaded.source.clone(),
            files: loaded.rulebook.files.iter().map(FileView::from).collect(),
            counts: counts(&loaded.rulebook),
            warnings: loaded
                .rulebook
                .warnings
                .iter()
                .map(FaultView::from)
                .collect(),
            rejected_at: reload.rejected_at,
            faults: reload.faults.iter().map(FaultView::from).collect(),
        }
    }
}

/// How many terms of each code, spellings, exceptions, tags and names a rulebook has.
pub fn counts(rulebook: &Rulebook) -> BTreeMap<String, usize> {
    let lexicon = rulebook.lexicon.counts();
    let mut counts: BTreeMap<String, usize> = ListCode::ALL
        .into_iter()
        .map(|code| {
            (
                code.name().to_owned(),
                lexicon.terms.get(&code).copied().unwrap_or(0),
            )
        })
        .collect();
    counts.insert("spellings".to_owned(), lexicon.spellings);
    counts.insert("exceptions".to_owned(), lexicon.exceptions);
    let (meaningless, topics) = rulebook.topics.counts();
    counts.insert("meaningless-tags".to_owned(), meaningless);
    counts.insert("topics".to_owned(), topics);
    counts.insert("impersonation".to_owned(), rulebook.impersonation.count());
    counts
}
