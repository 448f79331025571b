//! Appeals: an author contests a removal or a sanction, and another moderator than the one who decided reviews it.

use super::{
    Desk, DeskError, IdempotencyRequest, Idempotent,
    idempotency::{Completion, Once},
    rule::checked_note,
    views::{AppealView, NoticeView},
};
use crate::{
    access::Caller,
    id::{AppealId, CommentId, MemberId, SanctionId},
    intake::{FieldFault, bad_id},
    member::SanctionKind,
    policy::notice::AppealText,
    record::{
        Actor, Appeal, AppealOutcome, AppealedDecision, Change, Comment, Role, RulingDecision,
        Sanction, Subject,
    },
    review::{
        AppealRequest, AppealTarget, Background, CaseContext, CaseHistory, MemberCaseContext,
        appeal, appeal_sanction, appeal_target, outcome_of_appeal,
    },
    time::Timestamp,
};

/// With at most this many reviewers, the moderator who ruled may also decide the appeal: nobody else is left.
const SINGLE_REVIEW_MAX: usize = 2;

/// An appeal's fields as the board sent them, unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct AppealDraft {
    pub member_id: Option<String>,
    pub statement: Option<String>,
}

impl AppealDraft {
    fn checked(self) -> Result<(MemberId, String), DeskError> {
        let mut faults = Vec::new();
        let non_empty = |raw: Option<String>| raw.filter(|raw| !raw.is_empty());
        let member = match non_empty(self.member_id) {
            None => {
                faults.push(FieldFault::missing("/member_id"));
                None
            }
            Some(raw) => {
                let id = MemberId::parse(raw).ok();
                if id.is_none() {
                    faults.push(bad_id("/member_id"));
                }
                id
            }
        };
        let statement = checked_note(self.statement, "/statement", &mut faults);
        if statement.is_none() && !faults.iter().any(|fault| fault.pointer == "/statement") {
            faults.push(FieldFault::missing("/statement"));
        }
        match (member, statement, faults.is_empty()) {
            (Some(member), Some(statement), true) => Ok((member, statement)),
            _ => Err(DeskError::Fields(faults)),
        }
    }
}

fn not_the_author() -> DeskError {
    DeskError::field(FieldFault::invalid(
        "/member_id",
        "只有作者本人可以申訴",
        "only the author can appeal",
    ))
}

/// What the author is told about their appeal. The text mentions another moderator only if another one did decide.
fn text_of(appeal: &Appeal, history: &CaseHistory) -> AppealText {
    let by_filter = matches!(appeal.appealed, AppealedDecision::Filter(_));
    match (
        outcome_of_appeal(appeal, history),
        history.decisive(appeal.decision_point),
    ) {
        (AppealOutcome::Open, _) => AppealText::Open,
        (AppealOutcome::Overturned, Some(ruling))
            if ruling.decision == RulingDecision::RemoveTags =>
        {
            AppealText::OverturnedPartly
        }
        (AppealOutcome::Overturned, _) => AppealText::Overturned,
        (AppealOutcome::Denied, None) => AppealText::Withdrawn,
        (_, Some(ruling)) if ruling.reviewed_own || by_filter => AppealText::UpheldSame,
        (AppealOutcome::Denied, Some(_)) => AppealText::Upheld,
    }
}

impl Desk {
    /// Files an appeal against the removal of a comment or a part of it.
    pub async fn appeal(
        &self,
        caller: &Caller,
        comment: CommentId,
        draft: AppealDraft,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<AppealView>, DeskError> {
        let (member, statement) = draft.checked()?;
        self.once(idempotency, |once| {
            self.try_appeal(caller, &comment, &member, &statement, once)
        })
        .await
    }

    async fn try_appeal(
        &self,
        caller: &Caller,
        id: &CommentId,
        member: &MemberId,
        statement: &str,
        once: Once<'_>,
    ) -> Result<AppealView, DeskError> {
        let comment = self.store.comment(id).await?.ok_or(DeskError::NotFound)?;
        if comment.purged_at.is_some() {
            return Err(DeskError::NotFound);
        }
        if comment.member.as_ref() != Some(member) {
            return Err(not_the_author());
        }
        if comment.withdrawn_at.is_some() {
            return Err(DeskError::CommentWithdrawn);
        }
        let background = self.background_of(&comment).await?;
        let context = CaseContext {
            comment: &comment,
            background: &background,
        };
        let target = appeal_target(context).ok_or(DeskError::NothingToAppeal)?;
        let mut ids = self.id_source();
        self.check_appealable(context, &target, ids.now)?;
        let request = AppealRequest {
            member: member.clone(),
            statement: statement.to_owned(),
            conflicted_reviewer: self.ruled_by(target.appealed).await?,
        };
        let change = appeal(context, &target, request, &caller.actor(), &mut ids)
            .map_err(|_| DeskError::NothingToAppeal)?;
        self.commit_appeal(change, once, ids.now).await
    }

    /// Checks that a decision can be appealed: once each, in time, and not while the case has another open appeal, whose ruling
    /// will answer both.
    fn check_appealable(
        &self,
        context: CaseContext<'_>,
        target: &AppealTarget,
        now: Timestamp,
    ) -> Result<(), DeskError> {
        let (comment, cases) = (context.comment, &context.background.cases);
        let is_pending = cases
            .iter()
            .any(|case| case.subject == target.subject && case.appeal.is_some());
        let was_appealed = comment
            .appeals
            .iter()
            .any(|(contested, _)| *contested == target.appealed);
        if was_appealed || is_pending || target.is_final {
            return Err(DeskError::AlreadyAppealed);
        }
        if now > target.removed_at.plus_ms(self.settings.appeal_ms) {
            return Err(DeskError::AppealTooLate);
        }
        Ok(())
    }

    /// Until when the author can appeal; `None` if they cannot, or no longer.
    pub(super) fn appealable_until(
        &self,
        comment: &Comment,
        background: &Background,
    ) -> Option<Timestamp> {
        let context = CaseContext {
            comment,
            background,
        };
        let has_no_author = comment.withdrawn_at.is_some()
            || comment.purged_at.is_some()
            || comment.member.is_none();
        let target = appeal_target(context).filter(|_| !has_no_author)?;
        self.check_appealable(context, &target, self.clock.now())
            .ok()?;
        Some(target.removed_at.plus_ms(self.settings.appeal_ms))
    }

    /// Until when a sanction can be appealed. The case it belongs to may still have another appeal pending, which only
    /// [`Desk::appeal_sanction`] checks.
    pub(super) fn sanction_appealable_until(
        &self,
        sanction: &Sanction,
        now: Timestamp,
    ) -> Option<Timestamp> {
        self.check_sanction_appealable(sanction, now).ok()?;
        Some(sanction.at.plus_ms(self.settings.appeal_ms))
    }

    fn check_sanction_appealable(
        &self,
        sanction: &Sanction,
        now: Timestamp,
    ) -> Result<(), DeskError> {
        if sanction.appeal.is_some() {
            return Err(DeskError::AlreadyAppealed);
        }
        // A warning has no duration and is never live; it can be appealed all the same.
        if !sanction.is_live(now) && sanction.kind != SanctionKind::Warn
            || sanction.revoked.is_some()
        {
            return Err(DeskError::NothingToAppeal);
        }
        if now > sanction.at.plus_ms(self.settings.appeal_ms) {
            return Err(DeskError::AppealTooLate);
        }
        Ok(())
    }

    async fn ruled_by(&self, contested: AppealedDecision) -> Result<Option<Actor>, DeskError> {
        match contested {
            AppealedDecision::Ruling(id) => {
                Ok(self.store.ruling(id).await?.map(|ruling| ruling.by))
            }
            AppealedDecision::Filter(_) | AppealedDecision::Sanction(_) => Ok(None),
        }
    }

    /// Files an appeal against a sanction.
    pub async fn appeal_sanction(
        &self,
        caller: &Caller,
        sanction: SanctionId,
        draft: AppealDraft,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<AppealView>, DeskError> {
        let (member, statement) = draft.checked()?;
        self.once(idempotency, |once| {
            self.try_appeal_sanction(caller, sanction, &member, &statement, once)
        })
        .await
    }

    async fn try_appeal_sanction(
        &self,
        caller: &Caller,
        id: SanctionId,
        member: &MemberId,
        statement: &str,
        once: Once<'_>,
    ) -> Result<AppealView, DeskError> {
        let sanctioned = self
            .store
            .sanctioned(id)
            .await?
            .ok_or(DeskError::NotFound)?;
        if sanctioned != *member {
            return Err(not_the_author());
        }
        let member_record = self.store.member(&sanctioned).await?;
        let sanction = member_record
            .sanctions
            .iter()
            .find(|sanction| sanction.id == id)
            .ok_or(DeskError::NotFound)?;
        let mut ids = self.id_source();
        self.check_sanction_appealable(sanction, ids.now)?;
        let record = self
            .store
            .subject(&Subject::Nickname(sanctioned.clone()))
            .await?;
        let case = match sanction.ruling {
            Some(ruling) => self.store.ruling(ruling).await?.map(|ruling| ruling.case),
            None => record.case,
        };
        let case = match case {
            Some(case) => self.store.case(case).await?,
            None => None,
        };
        if case.as_ref().is_some_and(|case| case.appeal.is_some()) {
            return Err(DeskError::AlreadyAppealed);
        }
        let request = AppealRequest {
            member: sanctioned,
            statement: statement.to_owned(),
            conflicted_reviewer: Some(sanction.by.clone()),
        };
        let context = MemberCaseContext {
            member: &member_record,
            record: &record,
            case: case.as_ref(),
        };
        let rulebook = self.rules();
        let change = appeal_sanction(
            context,
            sanction,
            request,
            &rulebook.rules,
            &caller.actor(),
            &mut ids,
        )
        .map_err(|_| DeskError::NothingToAppeal)?;
        self.commit_appeal(change, once, ids.now).await
    }

    async fn commit_appeal(
        &self,
        change: Change,
        once: Once<'_>,
        now: Timestamp,
    ) -> Result<AppealView, DeskError> {
        let filed = change.appeal().cloned().ok_or(DeskError::NotFound)?;
        let view = AppealView::of(
            &filed,
            AppealOutcome::Open,
            None,
            self.appeal_notice(AppealText::Open),
        );
        let stored_answer = once.answer(Completion::Created, &view, now)?;
        self.store.commit(change.remembering(stored_answer)).await?;
        Ok(view)
    }

    /// An appeal with its outcome.
    pub async fn appeal_by_id(&self, id: AppealId) -> Result<AppealView, DeskError> {
        let appeal = self.store.appeal(id).await?.ok_or(DeskError::NotFound)?;
        self.appeal_view(&appeal).await
    }

    /// An appeal with its outcome.
    pub(super) async fn appeal_view(&self, appeal: &Appeal) -> Result<AppealView, DeskError> {
        let history = self
            .case_history(appeal.decision_point.case)
            .await?
            .ok_or(DeskError::NotFound)?;
        let outcome = outcome_of_appeal(appeal, &history);
        let decided_at = history
            .decisive(appeal.decision_point)
            .map(|ruling| ruling.at);
        let ended_at = decided_at
            .or(Some(history.case.changed_at))
            .filter(|_| outcome != AppealOutcome::Open);
        Ok(AppealView::of(
            appeal,
            outcome,
            ended_at,
            self.appeal_notice(text_of(appeal, &history)),
        ))
    }

    fn appeal_notice(&self, text: AppealText) -> NoticeView {
        NoticeView::from(self.rules().notices.of_appeal(text))
    }

    /// Whether so few people may rule that the one who decided first also has to decide again.
    pub(super) async fn has_single_reviewer(&self) -> Result<bool, DeskError> {
        let users = self.store.users().await?;
        let reviewers = users
            .iter()
            .filter(|user| user.is_active() && user.role >= Role::Moderator);
        Ok(reviewers.count() <= SINGLE_REVIEW_MAX)
    }
}
