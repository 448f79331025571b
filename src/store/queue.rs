//! The queue of unresolved cases, in memory: every filter, order and count without touching the disk.
//!
//! An engine that keeps it rebuilds it at start and tells it of each case after its commit. What it answers is exact;
//! resolved cases are not in it.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use crate::{
    access::Actor,
    id::{ArticleId, CaseId, MemberId},
    policy::{ReasonCode, Rule},
    review::{Case, Priority, Source, State},
    text::{Surface, fold::folded},
    time::Timestamp,
};

/// The order in which cases are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sort {
    /// The most pressing first.
    #[default]
    Priority,
    /// The one that waits longest first.
    Oldest,
    /// The newest first.
    Newest,
}

/// The states that a filter can name; they exclude each other.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum StatusFilter {
    /// Open and held by nobody.
    Open,
    /// Open with a live claim.
    Claimed,
    /// Escalated, held or not.
    Escalated,
    /// Decided.
    Resolved,
}

impl StatusFilter {
    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Claimed => "claimed",
            Self::Escalated => "escalated",
            Self::Resolved => "resolved",
        }
    }

    /// The state of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Open, Self::Claimed, Self::Escalated, Self::Resolved]
            .into_iter()
            .find(|status| status.name() == name)
    }

    /// The state of a case at `now`.
    pub fn of(case: &Case, now: Timestamp) -> Self {
        match case.state {
            State::Escalated => Self::Escalated,
            State::Resolved(_) => Self::Resolved,
            State::Open if case.live_claim(now).is_some() => Self::Claimed,
            State::Open => Self::Open,
        }
    }
}

/// Where a page ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct QueueCursor {
    /// The order that the page was in.
    pub sort: Sort,
    /// The last case's priority.
    pub priority: Priority,
    /// When it was opened; for resolved cases, when it changed last.
    pub at: Timestamp,
    /// Its id.
    pub id: CaseId,
    /// It ended among the resolved cases.
    pub resolved: bool,
}

impl QueueCursor {
    /// Where the resolved cases begin, behind all that wait.
    pub const fn to_resolved(sort: Sort) -> Self {
        let (at, id) = match sort {
            Sort::Oldest => (i64::MIN, u128::MIN),
            Sort::Priority | Sort::Newest => (i64::MAX, u128::MAX),
        };
        Self {
            sort,
            priority: Priority {
                urgent: false,
                severity: 0,
                reports: 0,
                score: 0,
            },
            at: Timestamp::from_ms(at),
            id: CaseId(ulid::Ulid(id)),
            resolved: true,
        }
    }
}

/// Which cases are wanted. An empty list means any; different filters are "and".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueFilter {
    /// States; empty: all but resolved.
    pub status: Vec<StatusFilter>,
    /// Posted rules.
    pub rule: Vec<Rule>,
    /// Codes.
    pub code: Vec<ReasonCode>,
    /// Surfaces.
    pub surface: Vec<Surface>,
    /// What opened them.
    pub source: Vec<Source>,
    /// Whose they are.
    pub member: Option<MemberId>,
    /// The article they stand under.
    pub article: Option<ArticleId>,
    /// What cases about the same words share.
    pub group: Option<[u8; 8]>,
    /// Who holds them; `None` in the list: nobody.
    pub assignee: Vec<Option<Actor>>,
    /// A folded substring of excerpt, nickname or article title.
    pub text: Option<String>,
    /// The order.
    pub sort: Sort,
    /// Where to go on.
    pub after: Option<QueueCursor>,
    /// How many at most.
    pub limit: usize,
}

impl QueueFilter {
    /// Whether a case is wanted at `now`. `text` must be folded already.
    pub fn wants(&self, case: &Case, now: Timestamp) -> bool {
        let status = StatusFilter::of(case, now);
        let status_wanted = if self.status.is_empty() {
            status != StatusFilter::Resolved
        } else {
            self.status.contains(&status)
        };
        let holder = case.live_claim(now).map(|claim| &claim.by);
        status_wanted
            && (self.rule.is_empty()
                || case
                    .code
                    .rule()
                    .is_some_and(|rule| self.rule.contains(&rule)))
            && (self.code.is_empty() || self.code.contains(&case.code))
            && (self.surface.is_empty()
                || case
                    .surface
                    .is_some_and(|surface| self.surface.contains(&surface)))
            && (self.source.is_empty()
                || case
                    .sources
                    .iter()
                    .any(|source| self.source.contains(source)))
            && self.group.is_none_or(|group| case.group() == Some(group))
            && self
                .member
                .as_ref()
                .is_none_or(|id| case.member.as_ref().is_some_and(|member| member.id == *id))
            && self.article.as_ref().is_none_or(|id| {
                case.article
                    .as_ref()
                    .is_some_and(|article| article.id == *id)
            })
            && (self.assignee.is_empty()
                || self.assignee.iter().any(|wanted| wanted.as_ref() == holder))
            && self
                .text
                .as_ref()
                .is_none_or(|text| searched(case).contains(text.as_str()))
    }
}

fn searched(case: &Case) -> String {
    let nickname = case
        .member
        .as_ref()
        .and_then(|member| member.nickname.as_deref())
        .unwrap_or("");
    let title = case
        .article
        .as_ref()
        .and_then(|article| article.title.as_deref())
        .unwrap_or("");
    folded(&format!("{}\n{nickname}\n{title}", case.excerpt.text))
}

/// How many cases there are, by several of their facts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// By state.
    pub status: BTreeMap<StatusFilter, u64>,
    /// By posted rule; those that break none are not in it.
    pub rule: BTreeMap<Rule, u64>,
    /// By code.
    pub code: BTreeMap<ReasonCode, u64>,
    /// By surface.
    pub surface: BTreeMap<Surface, u64>,
    /// By what opened it last.
    pub source: BTreeMap<Source, u64>,
}

/// One page of the queue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueuePage {
    /// The cases in order.
    pub cases: Vec<Case>,
    /// Where to go on; none at the end.
    pub next: Option<QueueCursor>,
    /// Counts of all unresolved cases, whatever the filters; on the first page only.
    pub counts: Option<Counts>,
}

type ByPriority = (Reverse<Priority>, Timestamp, CaseId);
type ByAge = (Timestamp, CaseId);

/// All unresolved cases with the orders and counts that the queue needs.
#[derive(Debug, Default)]
pub struct QueueIndex {
    cases: HashMap<CaseId, Case>,
    pressing: BTreeSet<ByPriority>,
    by_age: BTreeSet<ByAge>,
    claimed: BTreeSet<CaseId>,
    counts: Counts,
}

impl QueueIndex {
    /// Takes a case in, changes it, or lets it go where it is resolved.
    pub fn put(&mut self, case: &Case) {
        self.remove(case.id);
        if !case.state.is_unresolved() {
            return;
        }
        self.pressing
            .insert((Reverse(case.priority()), case.opened_at, case.id));
        self.by_age.insert((case.opened_at, case.id));
        if case.claim.is_some() {
            self.claimed.insert(case.id);
        }
        self.count(case, true);
        self.cases.insert(case.id, case.clone());
    }

    /// How many cases wait.
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }

    /// When the one that waits longest was opened.
    pub fn oldest(&self) -> Option<Timestamp> {
        self.by_age.first().map(|(at, _)| *at)
    }

    /// The cases that `actor` holds at `now`.
    pub fn held_by(&self, actor: &Actor, now: Timestamp) -> Vec<CaseId> {
        self.live_claims(now)
            .filter(|case| case.claim.as_ref().is_some_and(|claim| claim.by == *actor))
            .map(|case| case.id)
            .collect()
    }

    /// One page; resolved cases are not in it.
    pub fn page(&self, filter: &QueueFilter, now: Timestamp) -> QueuePage {
        let filter = QueueFilter {
            text: filter.text.as_deref().map(folded),
            ..filter.clone()
        };
        let mut cases: Vec<Case> = Vec::new();
        let mut more = false;
        for id in self.ordered(filter.sort, filter.after) {
            let Some(case) = self.cases.get(&id).filter(|case| filter.wants(case, now)) else {
                continue;
            };
            if cases.len() == filter.limit {
                more = true;
                break;
            }
            cases.push(case.clone());
        }
        let next = cases.last().filter(|_| more).map(|last| QueueCursor {
            sort: filter.sort,
            priority: last.priority(),
            at: last.opened_at,
            id: last.id,
            resolved: false,
        });
        QueuePage {
            cases,
            next,
            counts: filter.after.is_none().then(|| self.counts_at(now)),
        }
    }

    /// Counts of all unresolved cases at `now`.
    pub fn counts_at(&self, now: Timestamp) -> Counts {
        let mut counts = self.counts.clone();
        let claimed = self
            .live_claims(now)
            .filter(|case| case.state == State::Open)
            .count() as u64;
        if let Some(open) = counts.status.get_mut(&StatusFilter::Open) {
            *open = open.saturating_sub(claimed);
        }
        counts.status.insert(StatusFilter::Claimed, claimed);
        counts
    }

    fn live_claims(&self, now: Timestamp) -> impl Iterator<Item = &Case> {
        self.claimed
            .iter()
            .filter_map(|id| self.cases.get(id))
            .filter(move |case| case.live_claim(now).is_some())
    }

    fn ordered(
        &self,
        sort: Sort,
        after: Option<QueueCursor>,
    ) -> Box<dyn Iterator<Item = CaseId> + '_> {
        use std::ops::Bound::{Excluded, Unbounded};
        match sort {
            Sort::Priority => {
                let from = after.map_or(Unbounded, |at| {
                    Excluded((Reverse(at.priority), at.at, at.id))
                });
                Box::new(self.pressing.range((from, Unbounded)).map(|(_, _, id)| *id))
            }
            Sort::Oldest => {
                let from = after.map_or(Unbounded, |at| Excluded((at.at, at.id)));
                Box::new(self.by_age.range((from, Unbounded)).map(|(_, id)| *id))
            }
            Sort::Newest => {
                let to = after.map_or(Unbounded, |at| Excluded((at.at, at.id)));
                Box::new(self.by_age.range((Unbounded, to)).rev().map(|(_, id)| *id))
            }
        }
    }

    fn remove(&mut self, id: CaseId) {
        let Some(case) = self.cases.remove(&id) else {
            return;
        };
        self.pressing
            .remove(&(Reverse(case.priority()), case.opened_at, id));
        self.by_age.remove(&(case.opened_at, id));
        self.claimed.remove(&id);
        self.count(&case, false);
    }

    fn count(&mut self, case: &Case, joins: bool) {
        let status = if case.state == State::Escalated {
            StatusFilter::Escalated
        } else {
            StatusFilter::Open
        };
        tally(&mut self.counts.status, status, joins);
        tally(&mut self.counts.code, case.code, joins);
        tally(&mut self.counts.source, case.source, joins);
        if let Some(rule) = case.code.rule() {
            tally(&mut self.counts.rule, rule, joins);
        }
        if let Some(surface) = case.surface {
            tally(&mut self.counts.surface, surface, joins);
        }
    }
}

fn tally<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K, joins: bool) {
    let count = counts.entry(key).or_default();
    *count = if joins {
        *count + 1
    } else {
        count.saturating_sub(1)
    };
}
