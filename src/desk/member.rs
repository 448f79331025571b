//! Members: a nickname judged alone, how they stand, what is laid on them.

use super::{
    Desk, DeskError, IdempotencyRequest, Idempotent, PageQuery, Posted,
    idempotency::{Completion, Once},
    page::written,
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
    intake::{Background, FieldFault, NicknameFiling, checked_nickname, judge_nickname},
    member::SanctionKind,
    policy::AuthorSignals,
    record::{MemberRecord, Verdict},
    review::{
        Authority, ImposedByAdmin, RevocationRequest, SanctionChange, SanctionRequest,
        effective_verdict, impose, revoke,
    },
    store::{BackgroundQuery, Commit},
    text::SurfaceTexts,
};

/// A nickname to be judged, unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct NicknameDraft {
    pub nickname: Option<String>,
    pub verified: Option<bool>,
}

/// A sanction as a moderator hands it in, unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct SanctionDraft {
    pub kind: Option<String>,
    pub days: Option<u32>,
    pub code: Option<String>,
    pub reason: Option<String>,
}

impl SanctionDraft {
    /// Kind and days, where they fit together; every fault is noted at its pointer below `at`.
    pub(super) fn request(
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

/// What is wrong with days that a sanction cannot have.
pub(super) fn days_fault(pointer: &str) -> FieldFault {
    FieldFault::invalid(
        pointer,
        "watch 與 suspend 須指定 1 到 3650 天；warn 與 terminate 不得指定天數",
        "watch and suspend take 1 to 3,650 days, warn and terminate none",
    )
}

/// Why, which has to be said.
pub(super) fn reason(raw: Option<String>, faults: &mut Vec<FieldFault>) -> Option<String> {
    let reason = checked_note(raw, "/reason", faults);
    if reason.is_none() && faults.is_empty() {
        faults.push(FieldFault::missing("/reason"));
    }
    reason
}

impl Desk {
    /// Judges a nickname without a comment.
    pub async fn put_member(
        &self,
        caller: &Caller,
        id: MemberId,
        draft: NicknameDraft,
    ) -> Result<Posted<ModerationView>, DeskError> {
        let nickname = checked_nickname(draft.nickname).map_err(DeskError::Fields)?;
        retried!(
            self.try_put_member(caller, &id, &nickname, draft.verified)
                .await
        )
    }

    async fn try_put_member(
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
        let mut found = findings(surfaces, None, &rulebook);
        found.author = AuthorSignals {
            verified: background.verified(verified),
            ..AuthorSignals::default()
        };
        let mut ids = self.id_source();
        let actor = caller.actor();
        let filing = judge_nickname(
            nickname,
            verified,
            &found,
            &background,
            &rulebook,
            &actor,
            &mut ids,
        );
        let created = background
            .member
            .as_ref()
            .is_none_or(|who| who.row_version == 0);
        let view = self.nickname_view(nickname, &filing, &background, ReceiptId(ids.id()));
        if filing.member.is_none() && filing.cases.is_empty() {
            // what was read may be on its way to disk; read by itself, it has arrived
            self.store.member(id).await?;
        } else {
            self.store.commit(Commit::Nickname(filing)).await?;
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
        let now = effective_verdict(decision, &standing);
        let record = filing
            .subjects
            .first()
            .or(background.nickname_record.as_ref());
        let looked_at = now.nickname == Some(Verdict::Flag) || standing.nickname.is_some();
        let statement = self
            .rules()
            .notices
            .statement(&occasions(&now, decision, None), &self.notice_context(None));
        ModerationView {
            id: Some(id),
            comment_id: None,
            revision: None,
            verdict: now.verdict,
            decided_by: now.decided_by,
            would_be: decision.would_be,
            surfaces: SurfacesView::of(&now, &[]),
            reasons: decision.reasons.iter().map(ReasonView::from).collect(),
            score: Some(decision.score),
            case_id: record.filter(|_| looked_at).and_then(|record| record.case),
            member_standing: background.member_standing(self.clock.now()).name(),
            rulebook: decision.rulebook.to_string(),
            notice: statement.map(NoticeView::from),
        }
    }

    /// How a member stands; one never seen stands well.
    pub async fn member(&self, id: &MemberId) -> Result<MemberView, DeskError> {
        let record = self.store.member(id).await?;
        let now = self.clock.now();
        let told = record
            .live_sanctions(now)
            .map(|one| self.sanction_view(one));
        Ok(MemberView {
            sanctions: told.collect(),
            ..MemberView::of(&record, now)
        })
    }

    /// What a member did, and what was done about it. The comments come page by page.
    pub async fn history(&self, id: &MemberId, page: PageQuery) -> Result<HistoryView, DeskError> {
        let list = "history";
        let (limit, before) = page.asked(list, |raw| raw.parse().ok())?;
        let record = self.store.member(id).await?;
        let mut found = self.store.comments_of(id, before, limit + 1).await?;
        let more = found.len() > limit;
        found.truncate(limit);
        let last = found.last().filter(|_| more);
        let next_cursor = last.map(|(number, _)| written(list, &number.to_string()));
        let mut comments = Vec::new();
        for (_, comment) in &found {
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

    /// Lays a sanction on a member outside a case.
    pub async fn sanction(
        &self,
        caller: &Caller,
        id: MemberId,
        draft: SanctionDraft,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<SanctionView>, DeskError> {
        let mut faults = Vec::new();
        let request = draft.request("", &mut faults);
        let given = draft.code.filter(|raw| !raw.is_empty());
        let code = given.and_then(|raw| known_code(&raw, "/code", &mut faults));
        let reason = reason(draft.reason, &mut faults);
        let (Some(request), Some(reason), true) = (request, reason, faults.is_empty()) else {
            return Err(DeskError::Fields(faults));
        };
        let request = SanctionRequest {
            reason: Some(reason),
            ..request
        };
        let actor = caller.actor();
        let who = Authority {
            by: &actor,
            is_admin: caller.is_admin(),
        };
        let imposed = |record: &MemberRecord| {
            let mut ids = self.id_source();
            Ok(Some(impose(record, request.clone(), code, who, &mut ids)))
        };
        self.once(idempotency, |once| async {
            let done = self.change_member(&id, &imposed, Completion::Created, once);
            done.await?.ok_or(DeskError::NotFound)
        })
        .await
    }

    /// Lifts a sanction; one that has ended already stays as it is. Where it is asked for, the comments that it blocked are
    /// judged again, those of one that has ended, too.
    pub async fn lift(
        &self,
        caller: &Caller,
        id: SanctionId,
        raw_reason: Option<String>,
        restore: bool,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<SanctionView>, DeskError> {
        let mut faults = Vec::new();
        let Some(reason) = reason(raw_reason, &mut faults) else {
            return Err(DeskError::Fields(faults));
        };
        let request = RevocationRequest {
            sanction: id,
            reason,
            restore,
        };
        let actor = caller.actor();
        let who = Authority {
            by: &actor,
            is_admin: caller.is_admin(),
        };
        let revoked =
            |record: &MemberRecord| revoke(record, request.clone(), who, self.clock.now());
        self.once(idempotency, |once| async {
            let member = self.store.sanctioned(id).await?;
            let member = member.ok_or(DeskError::NotFound)?;
            let done = self.change_member(&member, &revoked, Completion::Done, once);
            if let Some(view) = done.await? {
                return Ok(view);
            }
            let record = self.store.member(&member).await?;
            let ended = record.sanctions.iter().find(|sanction| sanction.id == id);
            let view = ended.map(|ended| self.sanction_view(ended));
            view.ok_or(DeskError::NotFound)
        })
        .await
    }

    /// Reads a member, changes them, and writes them with the answer; none where nothing changes.
    async fn change_member(
        &self,
        id: &MemberId,
        change: &(impl Fn(&MemberRecord) -> Result<Option<SanctionChange>, ImposedByAdmin> + Sync),
        completion: Completion,
        once: Once<'_>,
    ) -> Result<Option<SanctionView>, DeskError> {
        let record = self.store.member(id).await?;
        let Some(change) = change(&record).map_err(|ImposedByAdmin| DeskError::LaidByAdmin)? else {
            return Ok(None);
        };
        let view = self.sanction_view(&change.sanction);
        let kept = once.answer(completion, &view, self.clock.now())?;
        self.store.commit(Commit::Sanction(change, kept)).await?;
        Ok(Some(view))
    }
}
