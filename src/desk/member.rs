//! Members: nickname checks, standing, history, and sanctions.

use super::{
    Desk, DeskError, IdempotencyRequest, Idempotent, PageQuery, Posted,
    idempotency::{Completion, Once},
    page::encode_cursor,
    post::findings,
    report::known_code,
    retried,
    rule::checked_note,
    views::{
        HistoryView, MemberView, ModerationView, NicknameView, NoticeView, ReasonView, RulingView,
        SanctionView, SurfacesView, occasions,
    },
};
use crate::{
    access::Caller,
    id::{MemberId, ReceiptId, SanctionId},
    intake::{FieldFault, NicknameFiling, checked_nickname, judge_nickname},
    member::SanctionKind,
    policy::AuthorSignals,
    record::{MemberRecord, Verdict},
    review::{
        Authority, Background, ImposedByAdmin, RevocationRequest, SanctionChange, SanctionRequest,
        effective_verdict, impose, revoke,
    },
    store::BackgroundQuery,
    text::SurfaceTexts,
};

/// A nickname to judge, unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct NicknameDraft {
    pub nickname: Option<String>,
    pub verified: Option<bool>,
}

/// A sanction's fields, unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct SanctionDraft {
    pub kind: Option<String>,
    pub days: Option<u32>,
    pub code: Option<String>,
    pub reason: Option<String>,
}

impl SanctionDraft {
    /// Kind and days if they are valid together; faults are recorded at their pointer below `at`.
    pub(super) fn checked(
        &self,
        at: &str,
        faults: &mut Vec<FieldFault>,
    ) -> Option<SanctionRequest> {
        let Some(raw) = self.kind.as_deref().filter(|raw| !raw.is_empty()) else {
            faults.push(FieldFault::missing(format!("{at}/kind")));
            return None;
        };
        let Some(kind) = SanctionKind::parse(raw) else {
            faults.push(FieldFault::invalid(
                format!("{at}/kind"),
                "須為 warn、watch、suspend 或 terminate",
                "one of warn, watch, suspend, terminate",
            ));
            return None;
        };
        let request = SanctionRequest {
            kind,
            days: self.days,
            reason: None,
        };
        if request.is_sound() {
            return Some(request);
        }
        faults.push(days_fault(&format!("{at}/days")));
        None
    }
}

/// The fault of a sanction's number of days.
pub(super) fn days_fault(pointer: &str) -> FieldFault {
    FieldFault::invalid(
        pointer,
        "watch 與 suspend 須指定 1 到 3650 天；warn 與 terminate 不得指定天數",
        "watch and suspend take 1 to 3,650 days, warn and terminate none",
    )
}

/// A required reason.
pub(super) fn required_reason(raw: Option<String>, faults: &mut Vec<FieldFault>) -> Option<String> {
    let reason = checked_note(raw, "/reason", faults);
    if reason.is_none() && faults.is_empty() {
        faults.push(FieldFault::missing("/reason"));
    }
    reason
}

impl Desk {
    /// Judges a nickname without a comment, and stores it.
    pub async fn judge_nickname(
        &self,
        caller: &Caller,
        id: MemberId,
        draft: NicknameDraft,
    ) -> Result<Posted<ModerationView>, DeskError> {
        let nickname = checked_nickname(draft.nickname).map_err(DeskError::Fields)?;
        retried!(
            self.try_judge_nickname(caller, &id, &nickname, draft.verified)
                .await
        )
    }

    async fn try_judge_nickname(
        &self,
        caller: &Caller,
        id: &MemberId,
        nickname: &str,
        verified: Option<bool>,
    ) -> Result<Posted<ModerationView>, DeskError> {
        let background = self
            .store
            .background(BackgroundQuery::of_member(id))
            .await?;
        let rulebook = self.rules();
        let surfaces = SurfaceTexts {
            body: None,
            nickname: Some(nickname),
            tags: &[],
        };
        let mut findings = findings(surfaces, None, &rulebook);
        findings.author = AuthorSignals {
            verified: background.verified(verified),
            ..AuthorSignals::default()
        };
        let mut ids = self.id_source();
        let actor = caller.actor();
        let filing = judge_nickname(
            nickname,
            verified,
            &findings,
            &background,
            &rulebook,
            &actor,
            &mut ids,
        );
        let created = background
            .member
            .as_ref()
            .is_none_or(|member| member.row_version == 0);
        let view = self.nickname_view(nickname, &filing, &background, ReceiptId(ids.id()));
        if filing.member.is_none() && filing.cases.is_empty() {
            // Nothing to commit. What was read may come from a batch that is not synced yet; a read by itself waits until it is.
            self.store.member(id).await?;
        } else {
            self.store.commit(filing.into_change()).await?;
        }
        Ok(Posted { view, created })
    }

    fn nickname_view(
        &self,
        nickname: &str,
        filing: &NicknameFiling,
        background: &Background,
        id: ReceiptId,
    ) -> ModerationView {
        let decision = &filing.decision;
        let standing = background.standing(Some(nickname), &[]);
        let effective = effective_verdict(decision, &standing);
        let record = filing
            .subjects
            .first()
            .or(background.nickname_record.as_ref());
        let is_reviewable =
            effective.nickname == Some(Verdict::Flag) || standing.nickname.is_some();
        let statement = self.rules().notices.statement(
            &occasions(&effective, decision, None),
            &self.notice_context(None),
        );
        ModerationView {
            id: Some(id),
            comment_id: None,
            revision: None,
            verdict: effective.verdict,
            decided_by: effective.decided_by,
            would_be: decision.would_be,
            surfaces: SurfacesView::of(&effective, &[]),
            reasons: decision.reasons.iter().map(ReasonView::from).collect(),
            score: Some(decision.score),
            case_id: record
                .filter(|_| is_reviewable)
                .and_then(|record| record.case),
            member_standing: background.member_standing(self.clock.now()).name(),
            rulebook: decision.rulebook.to_string(),
            notice: statement.map(NoticeView::from),
        }
    }

    /// A member's standing and live sanctions. A member never seen is in good standing.
    pub async fn member(&self, id: &MemberId) -> Result<MemberView, DeskError> {
        let record = self.store.member(id).await?;
        let now = self.clock.now();
        let sanctions = record
            .live_sanctions(now)
            .map(|sanction| self.sanction_view(sanction));
        Ok(MemberView {
            sanctions: sanctions.collect(),
            ..MemberView::of(&record, now)
        })
    }

    /// A member's comments, page by page, with the rulings and sanctions against them.
    pub async fn history(&self, id: &MemberId, page: PageQuery) -> Result<HistoryView, DeskError> {
        let list = "history";
        let (limit, before) = page.parsed(list, |raw| raw.parse().ok())?;
        let record = self.store.member(id).await?;
        let mut stored = self.store.comments_of(id, before, limit + 1).await?;
        let more = stored.len() > limit;
        stored.truncate(limit);
        let last = stored.last().filter(|_| more);
        let next_cursor = last.map(|(number, _)| encode_cursor(list, &number.to_string()));
        let mut comments = Vec::new();
        for (_, comment) in &stored {
            let background = self.background_of(comment).await?;
            comments.push(self.comment_view(comment, &background).await?);
        }
        let mut rulings = Vec::new();
        for strike in record.strikes.iter().rev() {
            let ruling = self.store.ruling(strike.ruling).await?;
            rulings.extend(ruling.as_ref().map(RulingView::from));
        }
        Ok(HistoryView {
            reports: self.reports_by(id).await?,
            member: MemberView::of(&record, self.clock.now()),
            nicknames: record
                .nicknames
                .iter()
                .rev()
                .map(NicknameView::from)
                .collect(),
            comments,
            next_cursor,
            rulings,
            sanctions: record.history().rev().map(SanctionView::from).collect(),
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
        let mut faults = Vec::new();
        let request = draft.checked("", &mut faults);
        let raw_code = draft.code.filter(|raw| !raw.is_empty());
        let code = raw_code.and_then(|raw| known_code(&raw, "/code", &mut faults));
        let reason = required_reason(draft.reason, &mut faults);
        let (Some(request), Some(reason), true) = (request, reason, faults.is_empty()) else {
            return Err(DeskError::Fields(faults));
        };
        let request = SanctionRequest {
            reason: Some(reason),
            ..request
        };
        let actor = caller.actor();
        let authority = Authority {
            by: &actor,
            is_admin: caller.is_admin(),
        };
        let impose_on = |record: &MemberRecord| {
            let mut ids = self.id_source();
            Ok(Some(impose(
                record,
                request.clone(),
                code,
                authority,
                &mut ids,
            )))
        };
        self.once(idempotency, |once| async {
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
        let mut faults = Vec::new();
        let Some(reason) = required_reason(raw_reason, &mut faults) else {
            return Err(DeskError::Fields(faults));
        };
        let request = RevocationRequest {
            sanction: id,
            reason,
            restore,
        };
        let actor = caller.actor();
        let authority = Authority {
            by: &actor,
            is_admin: caller.is_admin(),
        };
        let revoke_on =
            |record: &MemberRecord| revoke(record, request.clone(), authority, self.clock.now());
        self.once(idempotency, |once| async {
            let member = self.store.sanctioned(id).await?;
            let member = member.ok_or(DeskError::NotFound)?;
            let change = self.change_member(&member, &revoke_on, Completion::Done, once);
            if let Some(view) = change.await? {
                return Ok(view);
            }
            let record = self.store.member(&member).await?;
            let sanction = record.sanctions.iter().find(|sanction| sanction.id == id);
            let view = sanction.map(|sanction| self.sanction_view(sanction));
            view.ok_or(DeskError::NotFound)
        })
        .await
    }

    /// Reads a member, changes their sanctions, and commits that with the answer; `None` if nothing changes.
    async fn change_member(
        &self,
        id: &MemberId,
        change: &(impl Fn(&MemberRecord) -> Result<Option<SanctionChange>, ImposedByAdmin> + Sync),
        completion: Completion,
        once: Once<'_>,
    ) -> Result<Option<SanctionView>, DeskError> {
        let record = self.store.member(id).await?;
        let Some(change) = change(&record).map_err(|ImposedByAdmin| DeskError::ImposedByAdmin)?
        else {
            return Ok(None);
        };
        let view = self.sanction_view(&change.sanction);
        let stored_answer = once.answer(completion, &view, self.clock.now())?;
        self.store
            .commit(change.into_change().remembering(stored_answer))
            .await?;
        Ok(Some(view))
    }
}
