//! Members: nickname checks, standing, history, and sanctions.

use std::sync::Arc;

use super::{
    base::Base,
    error::DeskError,
    fields::{Faults, code_for_people, reason},
    idempotency::{Completion, IdempotencyRequest, Idempotent, Once, Posted},
    page::{PageQuery, cut_page},
    retried::retried,
    sanction_draft::SanctionDraft,
    views::{
        ErasureView, HistoryView, MemberView, ModerationView, NicknameView, RulingView,
        SanctionView, occasions,
    },
};
use crate::{
    access::Caller,
    id::{MemberId, ReceiptId, SanctionId},
    intake::{ModerationContext, checked_nickname, judge_nickname},
    policy::AuthorSignals,
    record::{Change, Comment, Decision, MemberRecord, Sanction, Verdict},
    review::{
        Background, ImposedByAdmin, RevocationRequest, SanctionRequest, effective_verdict, impose,
        revoke,
    },
    store::BackgroundQuery,
    text::SurfaceTexts,
};

/// The most of a reader's own reports shown in a member's history.
const REPORTS_MAX: usize = 200;
/// The most reports of one comment shown there.
const REPORTED_MAX: usize = 20;

/// A nickname to judge, unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct NicknameDraft {
    pub nickname: Option<String>,
    pub verified: Option<bool>,
}

/// Members, their nicknames and sanctions.
pub struct Members {
    pub(super) base: Arc<Base>,
}

impl Members {
    /// Judges a nickname without a comment, and stores it.
    pub async fn judge_nickname(
        &self,
        caller: &Caller,
        id: MemberId,
        draft: NicknameDraft,
    ) -> Result<Posted<ModerationView>, DeskError> {
        let nickname = checked_nickname(draft.nickname).map_err(DeskError::Fields)?;
        retried(|| self.try_judge_nickname(caller, &id, &nickname, draft.verified)).await
    }

    async fn try_judge_nickname(
        &self,
        caller: &Caller,
        id: &MemberId,
        nickname: &str,
        verified: Option<bool>,
    ) -> Result<Posted<ModerationView>, DeskError> {
        let background = self
            .base
            .store
            .background(BackgroundQuery::of_member(id))
            .await?;
        let in_force = self.base.in_force();
        let surfaces = SurfaceTexts {
            body: None,
            nickname: Some(nickname),
            tags: &[],
        };
        let mut findings = self.base.findings(surfaces, None, &in_force).await?;
        findings.author = AuthorSignals {
            verified: background.verified(verified),
            ..AuthorSignals::default()
        };
        let mut ids = self.base.id_source();
        let context = ModerationContext {
            findings: &findings,
            background: &background,
            rulebook: in_force.rulebook(),
            by: &caller.actor(),
        };
        let (decision, change) = judge_nickname(nickname, verified, context, &mut ids);
        let created = background
            .member
            .as_ref()
            .is_none_or(|member| member.row_version == 0);
        let receipt = ReceiptId(ids.id());
        let view = self.nickname_view(nickname, &decision, &change, background, receipt);
        if change.writes().is_empty() {
            // Nothing to commit. What was read may come from a batch that is not synced yet; a read by itself waits until it is.
            self.base.store.member(id).await?;
        } else {
            self.base.commit(change).await?;
        }
        Ok(Posted { view, created })
    }

    fn nickname_view(
        &self,
        nickname: &str,
        decision: &Decision,
        change: &Change,
        mut background: Background,
        id: ReceiptId,
    ) -> ModerationView {
        background.update(change);
        let rulings = background.rulings_on_nickname(nickname);
        let effective = effective_verdict(decision, &rulings);
        let record = background.nickname_record.as_ref();
        let is_reviewable = effective.nickname == Some(Verdict::Flag) || rulings.nickname.is_some();
        let occasions = occasions(&effective, decision, None);
        let context = self.base.notice_context(None);
        let notice = self.base.rules().notices.statement(&occasions, &context);
        let standing = background.member_standing(self.base.clock.now());
        ModerationView {
            id: Some(id),
            case_id: record
                .filter(|_| is_reviewable)
                .and_then(|record| record.case),
            ..ModerationView::of(decision, &effective, standing, notice)
        }
    }

    /// A member's standing and live sanctions. A member never seen is in good standing.
    pub async fn member(&self, id: &MemberId) -> Result<MemberView, DeskError> {
        let record = self.base.store.member(id).await?;
        let now = self.base.clock.now();
        let sanctions = record
            .live_sanctions(now)
            .map(|sanction| self.base.sanction_view(sanction));
        Ok(MemberView {
            sanctions: sanctions.collect(),
            ..MemberView::of(&record, now)
        })
    }

    /// A member's comments, page by page, with the rulings and sanctions against them.
    pub async fn history(&self, id: &MemberId, page: PageQuery) -> Result<HistoryView, DeskError> {
        let list = "history";
        let (limit, before) = page.parsed(list, |raw| raw.parse().ok())?;
        let record = self.base.store.member(id).await?;
        let stored = self.base.store.comments_of(id, before, limit + 1).await?;
        let name = |(number, _): &(u64, Comment)| number.to_string();
        let (stored, next_cursor) = cut_page(list, stored, limit, name);
        let (mut comments, mut reported) = (Vec::new(), Vec::new());
        for (_, comment) in &stored {
            let background = self.base.background_of(comment).await?;
            comments.push(self.base.comment_view(comment, &background).await?);
            let reports = self.base.store.reports_on(&comment.id, REPORTED_MAX);
            reported.extend(self.base.report_views(&reports.await?).await?);
        }
        reported.sort_by_key(|report| std::cmp::Reverse(report.id));
        let mut rulings = Vec::new();
        for strike in record.strikes.iter().rev() {
            let ruling = self.base.store.ruling(strike.ruling).await?;
            rulings.extend(ruling.as_ref().map(RulingView::from));
        }
        let erasure = self.base.store.erasure(id).await?;
        Ok(HistoryView {
            reports: self.base.reports_by(id, REPORTS_MAX).await?,
            member: MemberView::of(&record, self.base.clock.now()),
            nicknames: NicknameView::newest_first(&record),
            comments,
            next_cursor,
            rulings,
            sanctions: record.history().rev().map(SanctionView::from).collect(),
            reported,
            erasure: erasure
                .map(|erasure| ErasureView::of(erasure.requested_at, &erasure.retained)),
        })
    }

    /// Imposes a sanction on a member outside a case.
    pub async fn impose_sanction(
        &self,
        caller: &Caller,
        id: MemberId,
        draft: SanctionDraft,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<SanctionView>, DeskError> {
        let mut faults = Faults::default();
        let request = draft.checked("", &mut faults);
        let code = faults.optional(draft.code, |raw| code_for_people(&raw, "/code"));
        let reason = faults.required_note(draft.reason, "/reason");
        let request = request.map(|request| SanctionRequest { reason, ..request });
        let request = faults.finish(request)?;
        let authority = caller.authority();
        let impose_on = |record: &MemberRecord| {
            let mut ids = self.base.id_source();
            Ok(Some(impose(
                record,
                request.clone(),
                code,
                &authority,
                &mut ids,
            )))
        };
        self.base
            .once(idempotency, |once| async {
                let change = self.change_member(&id, &impose_on, Completion::Created, once);
                change.await?.ok_or(DeskError::NotFound)
            })
            .await
    }

    /// Revokes a sanction; one that has ended already stays as it is. With `restore`, the comments that the sanction blocked are
    /// judged again, even if it has ended.
    pub async fn revoke_sanction(
        &self,
        caller: &Caller,
        id: SanctionId,
        raw_reason: Option<String>,
        restore: bool,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<SanctionView>, DeskError> {
        let reason = reason(raw_reason)?;
        let request = RevocationRequest {
            sanction: id,
            reason,
            restore,
        };
        let authority = caller.authority();
        let revoke_on = |record: &MemberRecord| {
            revoke(record, request.clone(), &authority, self.base.clock.now())
        };
        self.base
            .once(idempotency, |once| async {
                let member = self.base.store.sanctioned(id).await?;
                let member = member.ok_or(DeskError::NotFound)?;
                let change = self.change_member(&member, &revoke_on, Completion::Done, once);
                if let Some(view) = change.await? {
                    return Ok(view);
                }
                let record = self.base.store.member(&member).await?;
                let sanction = record.sanctions.iter().find(|sanction| sanction.id == id);
                let view = sanction.map(|sanction| self.base.sanction_view(sanction));
                view.ok_or(DeskError::NotFound)
            })
            .await
    }

    /// Reads a member, changes their sanctions, and commits that with the answer; `None` if nothing changes.
    async fn change_member(
        &self,
        id: &MemberId,
        change: &(impl Fn(&MemberRecord) -> Result<Option<(Sanction, Change)>, ImposedByAdmin> + Sync),
        completion: Completion,
        once: Once<'_>,
    ) -> Result<Option<SanctionView>, DeskError> {
        let record = self.base.store.member(id).await?;
        let changed = change(&record).map_err(|ImposedByAdmin| DeskError::ImposedByAdmin)?;
        let Some((sanction, change)) = changed else {
            return Ok(None);
        };
        let view = self.base.sanction_view(&sanction);
        let stored_answer = once.answer(completion, &view, self.base.clock.now())?;
        self.base.commit(change.remembering(stored_answer)).await?;
        Ok(Some(view))
    }
}
