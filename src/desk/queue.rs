//! The review queue: listing, case details, claims and their release.

use std::sync::Arc;

use super::{
    base::Base,
    error::DeskError,
    idempotency::{Completion, IdempotencyRequest, Idempotent, Once},
    query::QueryCheck,
    state::{GravestRuns, HandOuts},
    views::{CaseView, CountsView, QueueItem, QueueView},
};
use crate::{
    access::Caller,
    id::{ArticleId, CaseId, MemberId},
    record::{Actor, Change, KeyName, ReasonCode, Rule, Score, Source, User, UserName},
    review::{claim, is_for_others},
    store::{QueueCursor, QueueFilter, Sort, StatusFilter},
    text::{Surface, fold::folded},
    time::Timestamp,
};

/// How many candidates are read when a case is handed out. More than one, so that concurrent callers who find the first
/// candidate taken go on to the next instead of reading again.
const HAND_OUT_PAGE: usize = 64;

/// The queue's filters as the caller wrote them; several values are separated by commas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct QueueQuery {
    pub status: Option<String>,
    pub rule: Option<String>,
    pub code: Option<String>,
    pub surface: Option<String>,
    pub source: Option<String>,
    pub member: Option<String>,
    pub article: Option<String>,
    pub group: Option<String>,
    pub assignee: Option<String>,
    pub score_min: Option<String>,
    pub waiting_minutes: Option<String>,
    pub q: Option<String>,
    pub sort: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<String>,
    /// The actor that `assignee=me` stands for.
    pub me: Option<Actor>,
    /// The prefix of a field's name in the pointer of a fault: `?` for a query, `/` for a body.
    pub pointer: &'static str,
}

impl QueueQuery {
    /// Parses every filter and reports every fault.
    pub fn parse(&self) -> Result<QueueFilter, DeskError> {
        let mut check = QueryCheck::at(self.pointer);
        let filter = QueueFilter {
            status: check.multiple("status", &self.status, StatusFilter::parse),
            rule: check.multiple("rule", &self.rule, |name| {
                Rule::ALL.into_iter().find(|rule| rule.name() == name)
            }),
            code: check.multiple("code", &self.code, ReasonCode::parse),
            surface: check.multiple("surface", &self.surface, Surface::parse),
            source: check.multiple("source", &self.source, |name| {
                Source::ALL.into_iter().find(|source| source.name() == name)
            }),
            member: check.single("member", &self.member, |raw| MemberId::parse(raw).ok()),
            article: check.single("article", &self.article, |raw| ArticleId::parse(raw).ok()),
            group: check.single("group", &self.group, |raw| {
                let bytes = data_encoding::HEXLOWER_PERMISSIVE
                    .decode(raw.as_bytes())
                    .ok()?;
                bytes.try_into().ok()
            }),
            assignee: check.multiple("assignee", &self.assignee, |name| self.assignee(name)),
            spares_gravest: false,
            score_min: check.single("score_min", &self.score_min, Score::parse),
            waiting_minutes: check.single("waiting_minutes", &self.waiting_minutes, |raw| {
                raw.parse().ok()
            }),
            text: check.single("q", &self.q, |raw| {
                (folded(raw).chars().count() >= 2).then(|| raw.to_owned())
            }),
            sort: check
                .single("sort", &self.sort, sort_of)
                .unwrap_or_default(),
            after: check.cursor(&self.cursor, |raw| {
                let bytes = data_encoding::BASE64URL_NOPAD.decode(raw.as_bytes()).ok()?;
                postcard::from_bytes(&bytes).ok()
            }),
            limit: check.limit(&self.limit),
        };
        // A cursor is a position in one order; in another it would skip or repeat cases.
        let sorts_agree = filter.after.is_none_or(|after| after.sort == filter.sort);
        if !sorts_agree {
            check.refuse_cursor();
        }
        check.finish()?;
        Ok(filter)
    }

    fn assignee(&self, name: &str) -> Option<Option<Actor>> {
        match name {
            "none" => Some(None),
            "me" => self.me.clone().map(Some),
            _ => match name.strip_prefix("key:") {
                Some(key) => KeyName::parse(key).ok().map(|key| Some(Actor::Key(key))),
                None => UserName::parse(name)
                    .ok()
                    .map(|user| Some(Actor::User(user))),
            },
        }
    }
}

fn sort_of(name: &str) -> Option<Sort> {
    match name {
        "priority" => Some(Sort::Priority),
        "oldest" => Some(Sort::Oldest),
        "newest" => Some(Sort::Newest),
        _ => None,
    }
}

pub(super) fn encode_cursor(cursor: &QueueCursor) -> Option<String> {
    postcard::to_stdvec(cursor)
        .ok()
        .map(|bytes| data_encoding::BASE64URL_NOPAD.encode(&bytes))
}

/// The review queue.
pub struct Queue {
    pub(super) base: Arc<Base>,
    pub(super) handed_out: HandOuts,
    pub(super) runs: Arc<GravestRuns>,
}

impl Queue {
    /// One page of the queue.
    pub async fn queue(&self, query: QueueQuery) -> Result<QueueView, DeskError> {
        let filter = query.parse()?;
        let now = self.base.clock.now();
        let page = self.base.store.queue(&filter, now).await?;
        Ok(QueueView {
            items: self.base.queue_items(&page.cases, now).await?,
            next_cursor: page.next.as_ref().and_then(encode_cursor),
            counts: page.counts.as_ref().map(CountsView::from),
        })
    }

    /// Everything needed to decide a case.
    pub async fn case(&self, caller: &Caller, id: CaseId) -> Result<CaseView, DeskError> {
        let case = self.base.case(id).await?;
        self.base.case_view(&case, caller).await
    }

    /// These cases as the queue lists them, in this order; those that there are not are left out.
    pub async fn listed(&self, ids: &[CaseId]) -> Result<Vec<QueueItem>, DeskError> {
        let mut cases = Vec::with_capacity(ids.len());
        for id in ids {
            match self.base.case(*id).await {
                Ok(case) => cases.push(case),
                Err(DeskError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        self.base.queue_items(&cases, self.base.clock.now()).await
    }

    /// Claims the most urgent case for the caller; `None` if no case waits.
    pub async fn next_case(
        &self,
        caller: &Caller,
        query: QueueQuery,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<Option<CaseView>>, DeskError> {
        let mut filter = query.parse()?;
        filter.limit = HAND_OUT_PAGE;
        if filter.status.is_empty() {
            filter.status.push(StatusFilter::Open);
            filter
                .status
                .extend(caller.is_admin().then_some(StatusFilter::Escalated));
        }
        // Only cases that nobody holds, whatever the caller asked for: `None` stands for "nobody".
        filter.assignee = vec![None];
        self.base
            .once(idempotency, |once| {
                self.try_next_case(caller, filter.clone(), once)
            })
            .await
    }

    async fn try_next_case(
        &self,
        caller: &Caller,
        mut filter: QueueFilter,
        once: Once<'_>,
    ) -> Result<Option<CaseView>, DeskError> {
        let actor = caller.actor();
        let users = self.base.store.users().await?;
        filter.spares_gravest = self.spares_gravest(&actor, &users);
        loop {
            let now = self.base.clock.now();
            let page = self.base.store.queue(&filter, now).await?;
            for case in &page.cases {
                // Held until this iteration ends, so that concurrent callers at this node skip the case.
                let Some(_reservation) = self.handed_out.reserve(case.id, &actor) else {
                    continue;
                };
                if is_for_others(case, &actor, &users) {
                    continue;
                }
                // Checked after reserving, so that parallel requests of one caller count each other.
                self.check_claim_limit(&actor, case.id, now).await?;
                let wanted = self.base.claim_of(&actor, now);
                let Ok(change) = claim(case, wanted, caller.is_admin(), false, now) else {
                    continue;
                };
                let view = self.base.written_case_view(&change, caller).await?;
                let answer = once.answer(Completion::Done, &view, now)?;
                match self.base.commit(change.remembering(answer)).await {
                    Ok(()) => {
                        self.runs.handed_out(&actor, case, now);
                        return Ok(Some(view));
                    }
                    // Somebody else was quicker: go on to the next candidate.
                    Err(DeskError::Stale) => {}
                    Err(error) => return Err(error),
                }
            }
            match page.next {
                Some(next) => filter.after = Some(next),
                None => {
                    // Stored, too: a repeated request must not claim a case that came later.
                    if let Some(answer) = once.bare_answer(Completion::Nothing, now) {
                        self.base.commit(Change::of_answer(answer)).await?;
                    }
                    return Ok(None);
                }
            }
        }
    }

    /// Whether the actor has been handed as many of the gravest cases in a row as they want to be.
    fn spares_gravest(&self, actor: &Actor, users: &[User]) -> bool {
        let is_own = |user: &&User| Actor::User(user.name.clone()) == *actor;
        let settings = users.iter().find(is_own).and_then(|user| user.settings);
        let limit = settings.and_then(|settings| settings.gravest_in_a_row);
        limit.is_some_and(|limit| self.runs.count(actor, self.base.clock.now()) >= limit)
    }

    /// Claims a case, or renews the caller's claim.
    pub async fn claim(
        &self,
        caller: &Caller,
        id: CaseId,
        take_over: bool,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<CaseView>, DeskError> {
        if take_over && !caller.is_admin() {
            return Err(DeskError::Forbidden);
        }
        self.base
            .once(idempotency, |once| async move {
                let now = self.base.clock.now();
                let case = self.base.case(id).await?;
                let actor = caller.actor();
                let holder = case.live_claim(now).map(|claim| claim.by.clone());
                // Reserved so that the limit counts concurrent claims too. If the case is reserved already, the version check
                // at commit decides.
                let _reservation = self.handed_out.reserve(id, &actor);
                // Renewing a claim adds none, so the limit does not matter.
                if holder.as_ref() != Some(&actor) {
                    self.check_claim_limit(&actor, id, now).await?;
                }
                let wanted = self.base.claim_of(&actor, now);
                let change = match claim(&case, wanted, caller.is_admin(), take_over, now) {
                    Err(refused) => {
                        return Err(self.base.claim_error(refused, &case, caller).await);
                    }
                    Ok(change) => change,
                };
                let view = self.base.written_case_view(&change, caller).await?;
                let answer = once.answer(Completion::Done, &view, now)?;
                self.base.commit(change.remembering(answer)).await?;
                Ok(view)
            })
            .await
    }

    /// Releases a claim. Does nothing if the caller had none.
    pub async fn release(
        &self,
        caller: &Caller,
        id: CaseId,
        take_over: bool,
    ) -> Result<(), DeskError> {
        self.base.release(caller, id, take_over).await
    }

    /// Refuses `wanted` if the caller has the most claims allowed. Reservations count as claims. They are read before the
    /// committed claims: one that is committed in between is then in both sets and counted once, and none is missed.
    pub(super) async fn check_claim_limit(
        &self,
        actor: &Actor,
        wanted: CaseId,
        now: Timestamp,
    ) -> Result<(), DeskError> {
        let mut cases = self.handed_out.reserved_for(actor);
        cases.extend(self.base.store.held_by(actor, now).await?);
        // The wanted case itself is counted by `>=`: with a limit of 3, two others leave room for it.
        cases.remove(&wanted);
        if cases.len() >= self.base.settings.claims_max {
            Err(DeskError::TooManyClaims)
        } else {
            Ok(())
        }
    }
}
