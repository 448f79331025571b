//! The rulebook in use, and the result of the last reload.

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
    review::audited,
    time::Timestamp,
};

/// A rulebook, when it was loaded, and from where.
#[derive(Debug, Clone)]
pub struct LoadedRulebook {
    /// The rulebook.
    pub rulebook: Arc<Rulebook>,
    /// When it was loaded.
    pub loaded_at: Timestamp,
    /// The configured folders, the binary, or the last good copy in the data folder.
    pub source: String,
}

/// The result of the last reload.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReloadState {
    /// When files were last read and accepted.
    pub good_at: Timestamp,
    /// When files were last rejected; `None` if the last ones were accepted.
    pub rejected_at: Option<Timestamp>,
    /// Why they were rejected.
    pub faults: Vec<Fault>,
}

/// The last reload, shared.
#[derive(Debug)]
pub(super) struct LastReload(Mutex<ReloadState>);

impl LastReload {
    /// Nothing has been rejected since this time.
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
    /// Puts a new rulebook into use. Requests in progress finish with the old one.
    pub async fn swap_rulebook(&self, loaded: LoadedRulebook) {
        self.swap(loaded, &Actor::System, AuditAction::RulebookLoaded)
            .await;
    }

    /// The same, on behalf of an actor who accepted it.
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
        if let Err(error) = self.store.commit(audited(audit)).await {
            tracing::error!(%error, rulebook.version = %new, "rulebook {new} is in use, but the audit could not be told: {error}");
        }
    }

    /// The files read are those already in use: records that they are good, and that they are the source from now on.
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

    /// The files read were rejected: the rulebook in use stays.
    pub fn reject_rulebook(&self, faults: Vec<Fault>) {
        let mut state = self.last_reload.state();
        state.rejected_at = Some(self.clock.now());
        state.faults = faults;
    }

    /// The result of the last reload.
    pub fn reload_state(&self) -> ReloadState {
        self.last_reload.state().clone()
    }

    /// The rulebook in use.
    pub fn rulebook(&self) -> Arc<Rulebook> {
        self.rules()
    }

    /// The version of the rulebook in use.
    pub fn rulebook_version(&self) -> RulebookVersion {
        self.rules().version
    }

    /// The rulebook in use, with its files, counts and faults.
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
