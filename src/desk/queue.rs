//! The review queue: listing, case details, claims and their release.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
};

use super::{
    Desk, DeskError, IdempotencyRequest, Idempotent,
    idempotency::{Completion, Once},
    report::CaseHistories,
    retried,
    views::{
        ArticleText, AuditView, CaseView, CountsView, MemberView, NicknameView, NoteView,
        ParentView, PriorityView, ProposalView, QueueItem, QueueView, RecentView, ReportedView,
        RulingView,
    },
};
use crate::{
    access::Caller,
    id::{ArticleId, CaseId, CommentId, MemberId, RulingId},
    intake::{FaultCode, FieldFault},
    member::MemberStanding,
    record::{
        Actor, AuditAction, AuditDraft, AuditSubject, CODES, Case, Change, Comment, KeyName,
        ReasonCode, Rule, Source, UserName,
    },
    review::{ClaimRefused, claim, claim_changed, proposed_sanction, release},
    store::{AuditFilter, QueueCursor, QueueFilter, Sort, StatusFilter},
    text::{Surface, fold::folded},
    time::Timestamp,
};

/// The page size if the caller gives none.
pub const PAGE_DEFAULT: usize = 50;
/// The largest page size.
pub const PAGE_MAX: usize = 200;
/// The most audit entries shown with a case.
const CASE_AUDIT_MAX: usize = 200;
/// How many candidates are read when a case is handed out. More than one, so that concurrent callers who find the first
/// candidate taken go on to the next instead of reading again.
const HAND_OUT_PAGE: usize = 64;
/// The most notes, reports and other comments of the member shown with a case.
const CASE_NOTES_MAX: usize = 200;
const CASE_REPORTS_MAX: usize = 100;
const RECENT_MAX: usize = 10;

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
    pub q: Option<String>,
    pub sort: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<String>,
    /// The actor that `assignee=me` stands for.
    pub me: Option<Actor>,
    /// The prefix of a field's name in the pointer of a fault: `?` for a query, `/` for a body.
    pub pointer: &'static str,
}

/// Cases being handed out right now, and to whom. Between reading the queue and committing a claim a case is still
/// unclaimed on disk; this local table keeps two callers of this process from racing for it, and lets the claim limit
/// count claims that are not committed yet.
#[derive(Debug, Default)]
pub(super) struct HandOuts(Mutex<HashMap<CaseId, Actor>>);

impl HandOuts {
    /// Reserves a case until the guard is dropped; `None` if somebody is being handed it already.
    pub(super) fn reserve(&self, case: CaseId, actor: &Actor) -> Option<HandOut<'_>> {
        let mut cases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cases.contains_key(&case) {
            return None;
        }
        cases.insert(case, actor.clone());
        Some(HandOut {
            hand_outs: self,
            case,
        })
    }

    /// The cases being handed to this actor.
    fn reserved_for(&self, actor: &Actor) -> HashSet<CaseId> {
        let cases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = cases.iter().filter(|(_, holder)| *holder == actor);
        own.map(|(case, _)| *case).collect()
    }
}

/// The reservation of one case; ends when dropped.
pub(super) struct HandOut<'a> {
    hand_outs: &'a HandOuts,
    case: CaseId,
}

impl Drop for HandOut<'_> {
    fn drop(&mut self) {
        self.hand_outs
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.case);
    }
}

impl QueueQuery {
    /// Parses every filter and reports every fault.
    pub fn parse(&self) -> Result<QueueFilter, DeskError> {
        let mut check = QueryCheck {
            pointer: self.pointer,
            faults: Vec::new(),
        };
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
            text: check.single("q", &self.q, |raw| {
                (folded(raw).chars().count() >= 2).then(|| raw.to_owned())
            }),
            sort: check
                .single("sort", &self.sort, sort_of)
                .unwrap_or_default(),
            after: check.cursor(&self.cursor),
            limit: check.limit(&self.limit),
        };
        let sorts_agree = filter.after.is_none_or(|after| after.sort == filter.sort);
        if !sorts_agree {
            check.faults.push(check.bad_cursor());
        }
        if check.faults.is_empty() {
            Ok(filter)
        } else {
            Err(DeskError::Fields(check.faults))
        }
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

/// The accepted values of a filter that has a fixed set of them.
fn allowed_values(name: &str) -> Option<Vec<&'static str>> {
    match name {
        "status" => Some(vec!["open", "claimed", "escalated", "resolved"]),
        "rule" => Some(Rule::ALL.map(Rule::name).to_vec()),
        "code" => Some(CODES.iter().map(|row| row.name).collect()),
        "surface" => Some(vec!["body", "nickname", "tags"]),
        "source" => Some(Source::ALL.map(Source::name).to_vec()),
        "sort" => Some(vec!["priority", "oldest", "newest"]),
        _ => None,
    }
}

/// Parses query parameters and collects their faults.
pub(super) struct QueryCheck {
    pub(super) pointer: &'static str,
    pub(super) faults: Vec<FieldFault>,
}

impl QueryCheck {
    pub(super) fn multiple<T>(
        &mut self,
        name: &str,
        raw: &Option<String>,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        let Some(raw) = raw.as_deref().filter(|raw| !raw.is_empty()) else {
            return Vec::new();
        };
        raw.split(',')
            .filter_map(|part| self.parsed(name, part, &parse))
            .collect()
    }

    pub(super) fn single<T>(
        &mut self,
        name: &str,
        raw: &Option<String>,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let raw = raw.as_deref().filter(|raw| !raw.is_empty())?;
        self.parsed(name, raw, &parse)
    }

    pub(super) fn limit(&mut self, raw: &Option<String>) -> usize {
        let parse = |raw: &str| {
            raw.parse::<usize>()
                .ok()
                .filter(|limit| (1..=PAGE_MAX).contains(limit))
        };
        self.single("limit", raw, parse).unwrap_or(PAGE_DEFAULT)
    }

    fn cursor(&mut self, raw: &Option<String>) -> Option<QueueCursor> {
        let raw = raw.as_deref().filter(|raw| !raw.is_empty())?;
        let bytes = data_encoding::BASE64URL_NOPAD.decode(raw.as_bytes()).ok();
        let cursor = bytes.and_then(|bytes| postcard::from_bytes(&bytes).ok());
        if cursor.is_none() {
            self.faults.push(self.bad_cursor());
        }
        cursor
    }

    pub(super) fn bad_cursor(&self) -> FieldFault {
        let pointer = format!("{}cursor", self.pointer);
        FieldFault::new(
            pointer,
            FaultCode::BadCursor,
            "游標無效，請從第一頁開始",
            "not a cursor of this list; begin at the first page",
        )
    }

    fn parsed<T>(
        &mut self,
        name: &str,
        raw: &str,
        parse: &impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = parse(raw);
        if value.is_none() {
            let pointer = format!("{}{name}", self.pointer);
            let (zh_tw, en) = match allowed_values(name) {
                Some(values) => (
                    format!("，須為 {}", values.join("、")),
                    format!("; one of {}", values.join(", ")),
                ),
                None => Default::default(),
            };
            self.faults.push(FieldFault::invalid(
                pointer,
                format!("無效的值「{raw}」{zh_tw}"),
                format!("not a valid value: {raw}{en}"),
            ));
        }
        value
    }
}

/// The comment as if the ruling `hidden` had not set its effect. A blind QA reviewer must not see the ruling under review.
fn without_effect_of(comment: Comment, hidden: Option<RulingId>) -> Comment {
    let effect = comment
        .effect
        .clone()
        .filter(|effect| Some(effect.ruling) != hidden);
    Comment { effect, ..comment }
}

fn encode_cursor(cursor: &QueueCursor) -> Option<String> {
    postcard::to_stdvec(cursor)
        .ok()
        .map(|bytes| data_encoding::BASE64URL_NOPAD.encode(&bytes))
}

impl Desk {
    /// One page of the queue.
    pub async fn queue(&self, query: QueueQuery) -> Result<QueueView, DeskError> {
        let filter = query.parse()?;
        let now = self.clock.now();
        let page = self.store.queue(&filter, now).await?;
        let mut items = Vec::with_capacity(page.cases.len());
        for case in &page.cases {
            let standing = self.standing_of(case, now);
            items.push(QueueItem::of(case, standing, now));
        }
        Ok(QueueView {
            items,
            next_cursor: page.next.as_ref().and_then(encode_cursor),
            counts: page.counts.as_ref().map(CountsView::from),
        })
    }

    /// Everything needed to decide a case, for [`CaseView`].
    pub async fn case(&self, id: CaseId) -> Result<CaseView, DeskError> {
        let case = self.store.case(id).await?.ok_or(DeskError::NotFound)?;
        self.case_view(&case).await
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
        filter.assignee = vec![None];
        self.once(idempotency, |once| {
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
        loop {
            let now = self.clock.now();
            let page = self.store.queue(&filter, now).await?;
            for case in &page.cases {
                let Some(_reservation) = self.handed_out.reserve(case.id, &actor) else {
                    continue;
                };
                if self.is_excluded(case, &actor).await? {
                    continue;
                }
                self.check_claim_limit(&actor, case.id, now).await?;
                let Ok(claimed) = claim(
                    case,
                    &actor,
                    caller.is_admin(),
                    false,
                    now,
                    now.plus_ms(self.settings.claim_ms),
                ) else {
                    continue;
                };
                let view = self.case_view(&claimed).await?;
                let stored_answer = once.answer(Completion::Done, &view, now)?;
                match self
                    .commit_claim(
                        case,
                        claimed,
                        AuditAction::CaseClaimed,
                        &actor,
                        now,
                        stored_answer,
                    )
                    .await
                {
                    Ok(()) => return Ok(Some(view)),
                    Err(DeskError::Stale) => {}
                    Err(error) => return Err(error),
                }
            }
            match page.next {
                Some(next) => filter.after = Some(next),
                None => {
                    if let Some(answer) = once.bare_answer(Completion::Nothing, now) {
                        self.store.commit(Change::of_answer(answer)).await?;
                    }
                    return Ok(None);
                }
            }
        }
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
        self.once(idempotency, |once| async move {
            let now = self.clock.now();
            let case = self.store.case(id).await?.ok_or(DeskError::NotFound)?;
            let actor = caller.actor();
            let holder = case.live_claim(now).map(|claim| claim.by.clone());
            // Reserved so that the limit counts concurrent claims too. If the case is reserved already, the version check
            // at commit decides.
            let _reservation = self.handed_out.reserve(id, &actor);
            if holder.as_ref() != Some(&actor) {
                self.check_claim_limit(&actor, id, now).await?;
            }
            let until = now.plus_ms(self.settings.claim_ms);
            match claim(&case, &actor, caller.is_admin(), take_over, now, until) {
                Err(refused) => Err(self.claim_error(refused, &case).await),
                Ok(claimed) => {
                    let action = if holder.is_some_and(|holder| holder != actor) {
                        AuditAction::CaseTakenOver
                    } else {
                        AuditAction::CaseClaimed
                    };
                    let view = self.case_view(&claimed).await?;
                    let stored_answer = once.answer(Completion::Done, &view, now)?;
                    self.commit_claim(&case, claimed, action, &actor, now, stored_answer)
                        .await
                        .map(|()| view)
                }
            }
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
        if take_over && !caller.is_admin() {
            return Err(DeskError::Forbidden);
        }
        retried!({
            let now = self.clock.now();
            let case = self.store.case(id).await?.ok_or(DeskError::NotFound)?;
            match release(&case, &caller.actor(), take_over, now) {
                Err(refused) => Err(self.claim_error(refused, &case).await),
                Ok(None) => Ok(()),
                Ok(Some(released)) => {
                    self.commit_claim(
                        &case,
                        released,
                        AuditAction::CaseReleased,
                        &caller.actor(),
                        now,
                        None,
                    )
                    .await
                }
            }
        })
    }

    /// Releases all claims of the caller, so that signing out leaves no case locked.
    pub(super) async fn release_all(&self, caller: &Caller) -> Result<(), DeskError> {
        let claimed = self
            .store
            .held_by(&caller.actor(), self.clock.now())
            .await?;
        for case in claimed {
            self.release(caller, case, false).await?;
        }
        Ok(())
    }

    /// Whether another moderator has to decide this case: the actor skipped it, or made the ruling that is under appeal or QA
    /// review. The latter does not count where the actor is the only reviewer.
    async fn is_excluded(&self, case: &Case, actor: &Actor) -> Result<bool, DeskError> {
        let is_conflicted = case.conflicted_reviewer.as_ref() == Some(actor);
        Ok(case.skipped_by.contains(actor)
            || (is_conflicted && !self.has_single_reviewer().await?))
    }

    pub(super) fn standing_of(&self, case: &Case, now: Timestamp) -> MemberStanding {
        let member = case.member.as_ref();
        member.map_or(MemberStanding::Good, |member| {
            self.store.standing(&member.id, now)
        })
    }

    /// The case as shown to whoever decides it.
    pub(super) async fn case_view(&self, case: &Case) -> Result<CaseView, DeskError> {
        let hidden = case.qa_review.as_ref().and_then(|review| review.ruling);
        let comment = match &case.comment {
            Some(id) => self
                .store
                .comment(id)
                .await?
                .map(|comment| without_effect_of(comment, hidden)),
            None => None,
        };
        let article = match &case.article {
            Some(article) => self.store.article(&article.id).await?,
            None => None,
        };
        let parent = match comment.as_ref().and_then(|comment| comment.parent.as_ref()) {
            Some(parent) => Some(self.parent(parent).await?),
            None => None,
        };
        let comment = match comment {
            Some(comment) => Some(
                self.comment_view(&comment, &self.background_of(&comment).await?)
                    .await?,
            ),
            None => None,
        };
        let mut rulings = Vec::with_capacity(case.rulings.len());
        for id in case.rulings.iter().filter(|id| Some(**id) != hidden) {
            rulings.extend(self.store.ruling(*id).await?.as_ref().map(RulingView::from));
        }
        let now = self.clock.now();
        let member = self
            .member_of(case)
            .await?
            .map(|member| member.without(hidden));
        let standing = member.as_ref().map(|member| member.standing(now));
        let rulebook = self.rules();
        let is_provisional = comment.as_ref().is_some_and(|comment| comment.provisional);
        // An appeal must not risk a harsher sanction, so none is proposed for it.
        let sanctionable = member
            .as_ref()
            .filter(|_| !is_provisional && case.appeal.is_none());
        let proposal = sanctionable.and_then(|member| {
            // A new ruling replaces the earlier ones of the case, and so do its strikes.
            let member = member.without_strikes_of(case.id);
            let post = case.comment.as_ref();
            proposed_sanction(
                &member,
                case.code,
                case.severity,
                post,
                rulebook.rules.penalty_schedule(),
                now,
            )
        });
        Ok(CaseView {
            item: QueueItem::of(case, standing.unwrap_or_default(), now),
            comment,
            article_text: article.map(|article| ArticleText {
                title: article.content.title,
                body: article.content.body,
                section: article.content.section,
                tags: article.content.tags,
                url: article.content.url,
            }),
            parent,
            rulings,
            audit: self.audit_of(case, hidden).await?,
            reported: self.reported_view(case).await?,
            appeal: match case.appeal {
                Some(id) => Some(self.appeal_by_id(id).await?),
                None => None,
            },
            notes: self
                .store
                .notes(case.id, CASE_NOTES_MAX)
                .await?
                .iter()
                .map(NoteView::from)
                .collect(),
            second_look: case.qa_review.is_some(),
            member_comments: self.recent_comments(case).await?,
            priority_parts: PriorityView::from(case),
            member_nicknames: member
                .iter()
                .flat_map(|member| member.nicknames.iter().rev().map(NicknameView::from))
                .collect(),
            member_record: member.map(|member| MemberView::of(&member, now)),
            proposed_sanction: proposal.map(ProposalView::from),
        })
    }

    async fn reported_view(&self, case: &Case) -> Result<ReportedView, DeskError> {
        let reports = self
            .store
            .reports_of_case(case.id, 0, CASE_REPORTS_MAX)
            .await?;
        let (mut items, mut histories) =
            (Vec::with_capacity(reports.len()), CaseHistories::default());
        for report in reports.iter().rev() {
            items.push(self.report_view(report, &mut histories).await?);
        }
        Ok(ReportedView {
            count: case.reported.count,
            weight: f64::from(case.reported.weight) / 100.0,
            together: case.reported.coordinated,
            items,
        })
    }

    /// The member's newest other comments, to show how they write.
    async fn recent_comments(&self, case: &Case) -> Result<Vec<RecentView>, DeskError> {
        let Some(member) = &case.member else {
            return Ok(Vec::new());
        };
        let found = self
            .store
            .comments_of(&member.id, None, RECENT_MAX + 1)
            .await?;
        let others = found
            .iter()
            .filter(|(_, comment)| Some(&comment.id) != case.comment.as_ref());
        Ok(others
            .take(RECENT_MAX)
            .map(|(_, comment)| RecentView::from(comment))
            .collect())
    }

    /// The error for a claim that was refused.
    pub(super) async fn claim_error(&self, refused: ClaimRefused, case: &Case) -> DeskError {
        match refused {
            ClaimRefused::Held(held) => DeskError::CaseClaimed(held),
            ClaimRefused::Escalated => DeskError::CaseEscalated,
            ClaimRefused::Resolved => match self.case_view(case).await {
                Ok(view) => DeskError::CaseChanged(Box::new(view)),
                Err(error) => error,
            },
        }
    }

    async fn parent(&self, id: &CommentId) -> Result<ParentView, DeskError> {
        let newest = self.store.comment(id).await?.map(|comment| comment.newest);
        let (body, nickname) = newest
            .map(|newest| (newest.body, newest.nickname))
            .unwrap_or_default();
        Ok(ParentView {
            comment_id: id.clone(),
            body,
            nickname,
        })
    }

    /// The case's audit entries without those of the ruling `hidden`. Their `why` begins with `ruling ID`.
    async fn audit_of(
        &self,
        case: &Case,
        hidden: Option<RulingId>,
    ) -> Result<Vec<AuditView>, DeskError> {
        let is_hidden = |action: &AuditAction| hidden.is_some() && action.named_ruling() == hidden;
        let subjects = vec![AuditSubject::from(&case.subject).key()];
        let page = self
            .store
            .audit(&AuditFilter {
                subjects,
                limit: CASE_AUDIT_MAX,
                ..AuditFilter::default()
            })
            .await?;
        Ok(page
            .entries
            .iter()
            .filter(|(entry, _, _)| !is_hidden(&entry.what.action))
            .map(|(entry, previous, hash)| AuditView::of(entry, previous, hash))
            .collect())
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
        cases.extend(self.store.held_by(actor, now).await?);
        cases.remove(&wanted);
        if cases.len() >= self.settings.claims_max {
            Err(DeskError::TooManyClaims)
        } else {
            Ok(())
        }
    }

    async fn commit_claim(
        &self,
        before: &Case,
        case: Case,
        action: AuditAction,
        actor: &Actor,
        now: Timestamp,
        answer: Option<crate::record::StoredAnswer>,
    ) -> Result<(), DeskError> {
        let holder = |case: &Case| case.live_claim(now).map(|claim| claim.by.to_string());
        let (from, to) = (holder(before), holder(&case));
        // Renewing a claim changes no holder and needs no audit entry.
        let audit = (from != to).then(|| AuditDraft {
            from,
            to,
            ..AuditDraft::new(now, actor, action, AuditSubject::from(&case.subject))
        });
        self.store
            .commit(claim_changed(case, audit.into_iter().collect()).remembering(answer))
            .await?;
        Ok(())
    }
}
