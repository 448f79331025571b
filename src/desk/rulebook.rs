//! The rulebook in use, and the result of the last reload.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    base::{InForce, LoadedRulebook},
    operations::Operations,
    state::ReloadState,
    views::{FaultView, FileView, RulebookView},
};
use crate::{
    lexicon::ListCode,
    policy::{Fault, Rulebook},
    record::{Actor, AuditAction, AuditDraft, AuditSubject, RulebookVersion},
    review::audited,
};

impl Operations {
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
        let old = self.base.rules().version;
        let (new, at) = (loaded.rulebook.version, loaded.loaded_at);
        self.base
            .in_force
            .rcu(|in_force| in_force.with_rulebook(loaded.clone()));
        self.files_are_good();
        let subject = AuditSubject::Rulebook(new.to_string());
        let audit = AuditDraft::new(at, by, action, subject).changed(old, new);
        if let Err(error) = self.base.store.commit(audited(audit)).await {
            tracing::error!(%error, rulebook.version = %new, "rulebook {new} is in use, but not in the audit: {error}");
        }
    }

    /// The files read are those already in use: records that they are good, and that they are the source from now on.
    pub fn confirm_rulebook(&self, source: &str) {
        if self.base.in_force.load().loaded.source != source {
            self.base.in_force.rcu(|in_force| {
                let mut in_force = InForce::clone(in_force);
                in_force.loaded.source = source.to_owned();
                in_force
            });
        }
        self.files_are_good();
    }

    fn files_are_good(&self) {
        *self.last_reload.state() = ReloadState {
            good_at: self.base.clock.now(),
            rejected_at: None,
            faults: Vec::new(),
        };
    }

    /// The files read were rejected: the rulebook in use stays.
    pub fn reject_rulebook(&self, faults: Vec<Fault>) {
        let mut state = self.last_reload.state();
        state.rejected_at = Some(self.base.clock.now());
        state.faults = faults;
    }

    /// The result of the last reload.
    pub fn reload_state(&self) -> ReloadState {
        self.last_reload.state().clone()
    }

    /// The rulebook in use.
    pub fn rulebook(&self) -> Arc<Rulebook> {
        self.base.rules()
    }

    /// The version of the rulebook in use.
    pub fn rulebook_version(&self) -> RulebookVersion {
        self.base.rules().version
    }

    /// The rulebook in use, with its files, counts and faults.
    pub fn rulebook_view(&self) -> RulebookView {
        let in_force = self.base.in_force.load();
        let loaded = &in_force.loaded;
        let reload = self.reload_state();
        RulebookView {
            version: loaded.rulebook.version.to_string(),
            words: loaded.rulebook.origin.words.version,
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
