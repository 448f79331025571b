//! The audit log, page by page.

use std::sync::Arc;

use super::{
    error::DeskError,
    figures::Figures,
    off_workers::run_off_workers,
    query::QueryCheck,
    views::{AuditList, AuditView},
};
use crate::{
    store::{AuditFilter, AuditPage},
    time::Timestamp,
};

/// The audit's filters as the caller wrote them; several values are separated by commas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct AuditQuery {
    pub actor: Option<String>,
    pub subject: Option<String>,
    pub action: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<String>,
}

impl AuditQuery {
    /// Parses every filter and reports every fault. The board's ids may contain commas, so `subject` takes a single value.
    pub fn parse(&self) -> Result<AuditFilter, DeskError> {
        let mut check = QueryCheck::new();
        let time = |raw: &str| Timestamp::parse(raw).ok();
        let filter = AuditFilter {
            actors: check.multiple("actor", &self.actor, |raw| Some(raw.to_owned())),
            subjects: check
                .single("subject", &self.subject, |raw| Some(raw.to_owned()))
                .into_iter()
                .collect(),
            actions: check.multiple("action", &self.action, |raw| Some(raw.to_owned())),
            from: check.single("from", &self.from, time),
            to: check.single("to", &self.to, time),
            before: check.cursor(&self.cursor, |raw| {
                raw.strip_prefix("before-")?.parse().ok()
            }),
            limit: check.limit(&self.limit),
        };
        check.finish()?;
        Ok(filter)
    }
}

impl Figures {
    /// One page of the audit, newest first.
    pub async fn audit(&self, query: AuditQuery) -> Result<AuditList, DeskError> {
        self.audit_with(query, |page| page).await
    }

    /// The same, converted by `make` where it is read: off the worker threads.
    pub async fn audit_with<T: Send + 'static>(
        &self,
        query: AuditQuery,
        make: impl FnOnce(AuditList) -> T + Send + 'static,
    ) -> Result<T, DeskError> {
        let filter = query.parse()?;
        let store = Arc::clone(&self.base.store);
        let read = async move {
            let page = store.audit(&filter).await?;
            Ok(make(AuditList::of(&page)))
        };
        run_off_workers(read).await?
    }
}

impl AuditList {
    fn of(page: &AuditPage) -> Self {
        Self {
            items: page
                .entries
                .iter()
                .map(|(entry, previous, hash)| AuditView::of(entry, previous, hash))
                .collect(),
            next_cursor: page.next_before.map(|before| format!("before-{before}")),
        }
    }
}
