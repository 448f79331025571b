//! Appeals: an author contests a removal or a sanction, and another moderator than the one who ruled looks at it.

use super::{
    Desk, DeskError, IdempotencyRequest, Idempotent,
    idempotency::{Completion, Once},
    rule::checked_note,
    views::{AppealView, NoticeView},
};
use crate::{
    access::Caller,
    id::{AppealId, CommentId, MemberId, SanctionId},
    intake::{
        AppealRequest, AppealTarget, Background, CaseChange, CaseContext, FieldFault,
        MemberCaseContext, appeal, appeal_sanction, bad_id, contestable,
    },
    member::SanctionKind,
    policy::notice::AppealText,
    record::{
        Actor, Appeal, AppealOutcome, AppealedDecision, Comment, Role, RulingDecision, Sanction,
        Subject,
    },
    review::{CaseHistory, outcome_of_appeal},
    store::Commit,
    time::Timestamp,
};

/// So many may rule at most where who ruled rules an appeal against it, too.
const SMALL_DESK: usize = 2;

/// An appeal as the board hands it in, unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct AppealDraft {
    pub member_id: Option<String>,
    pub statement: Option<String>,
}

impl AppealDraft {
    fn parse(self) -> Result<(MemberId, String), DeskError> {
        let mut faults = Vec::new();
        let given = |raw: Option<String>| raw.filter(|raw| !raw.is_empty());
        let member = match given(self.member_id) {
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

fn another_member() -> DeskError {
    DeskError::field(FieldFault::invalid(
        "/member_id",
        "只有作者本人可以申訴",
        "only the author can appeal",
    ))
}

/// How an appeal stands, for its author. Another moderator is named only where another looked.
fn text_of(appeal: &Appeal, history: &CaseHistory) -> AppealText {
    let by_filter = matches!(appeal.contested, AppealedDecision::Filter(_));
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
    /// Hands in an appeal against what is removed of a comment.
    pub async fn appeal(
        &self,
        caller: &Caller,
        comment: CommentId,
        draft: AppealDraft,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<AppealView>, DeskError> {
        let (member, statement) = draft.parse()?;
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
            return Err(another_member());
        }
        if comment.withdrawn_at.is_some() {
            return Err(DeskError::CommentWithdrawn);
        }
        let background = self.background_of(&comment).await?;
        let context = CaseContext {
            comment: &comment,
            background: &background,
        };
        let what = contestable(context).ok_or(DeskError::NothingToAppeal)?;
        let mut ids = self.id_source();
        self.may_appeal(context, &what, ids.now)?;
        let request = AppealRequest {
            member: member.clone(),
            statement: statement.to_owned(),
            conflicted_reviewer: self.who_ruled(what.contested).await?,
        };
        let change = appeal(context, &what, request, &caller.actor(), &mut ids)
            .map_err(|_| DeskError::NothingToAppeal)?;
        self.commit_appeal(change, once, ids.now).await
    }

    /// Once per decision; and while one waits in the case, its ruling answers for all.
    fn may_appeal(
        &self,
        context: CaseContext<'_>,
        what: &AppealTarget,
        now: Timestamp,
    ) -> Result<(), DeskError> {
        let (comment, cases) = (context.comment, &context.background.cases);
        let waits = cases
            .iter()
            .any(|case| case.subject == what.subject && case.appeal.is_some());
        let before = comment
            .appeals
            .iter()
            .any(|(contested, _)| *contested == what.contested);
        if before || waits || what.is_final {
            return Err(DeskError::AlreadyAppealed);
        }
        if now > what.removed_at.plus_ms(self.settings.appeal_ms) {
            return Err(DeskError::AppealTooLate);
        }
        Ok(())
    }

    /// Until when the author can appeal; none where they cannot, or no longer.
    pub(super) fn appealable_until(
        &self,
        comment: &Comment,
        background: &Background,
    ) -> Option<Timestamp> {
        let context = CaseContext {
            comment,
            background,
        };
        let gone = comment.withdrawn_at.is_some()
            || comment.purged_at.is_some()
            || comment.member.is_none();
        let what = contestable(context).filter(|_| !gone)?;
        self.may_appeal(context, &what, self.clock.now()).ok()?;
        Some(what.removed_at.plus_ms(self.settings.appeal_ms))
    }

    /// Until when the member can contest a sanction, as far as that hangs on the sanction alone.
    pub(super) fn sanction_appealable_until(
        &self,
        sanction: &Sanction,
        now: Timestamp,
    ) -> Option<Timestamp> {
        self.may_appeal_sanction(sanction, now).ok()?;
        Some(sanction.at.plus_ms(self.settings.appeal_ms))
    }

    fn may_appeal_sanction(&self, sanction: &Sanction, now: Timestamp) -> Result<(), DeskError> {
        if sanction.appeal.is_some() {
            return Err(DeskError::AlreadyAppealed);
        }
        // A warning ends with its saying, and can be contested all the same.
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

    async fn who_ruled(&self, contested: AppealedDecision) -> Result<Option<Actor>, DeskError> {
        match contested {
            AppealedDecision::Ruling(id) => {
                Ok(self.store.ruling(id).await?.map(|ruling| ruling.by))
            }
            AppealedDecision::Filter(_) | AppealedDecision::Sanction(_) => Ok(None),
        }
    }

    /// Hands in an appeal against a sanction.
    pub async fn appeal_sanction(
        &self,
        caller: &Caller,
        sanction: SanctionId,
        draft: AppealDraft,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<AppealView>, DeskError> {
        let (member, statement) = draft.parse()?;
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
        let whose = self
            .store
            .sanctioned(id)
            .await?
            .ok_or(DeskError::NotFound)?;
        if whose != *member {
            return Err(another_member());
        }
        let known = self.store.member(&whose).await?;
        let sanction = known
            .sanctions
            .iter()
            .find(|one| one.id == id)
            .ok_or(DeskError::NotFound)?;
        let mut ids = self.id_source();
        self.may_appeal_sanction(sanction, ids.now)?;
        let record = self
            .store
            .subject(&Subject::Nickname(whose.clone()))
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
            member: whose,
            statement: statement.to_owned(),
            conflicted_reviewer: Some(sanction.by.clone()),
        };
        let context = MemberCaseContext {
            member: &known,
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
        change: CaseChange,
        once: Once<'_>,
        now: Timestamp,
    ) -> Result<AppealView, DeskError> {
        let made = change.appeal.clone().ok_or(DeskError::NotFound)?;
        let view = AppealView::of(
            &made,
            AppealOutcome::Open,
            None,
            self.appeal_notice(AppealText::Open),
        );
        let kept = once.answer(Completion::Created, &view, now)?;
        self.store
            .commit(Commit::Hear(Box::new(change), kept))
            .await?;
        Ok(view)
    }

    /// What became of an appeal.
    pub async fn appeal_by_id(&self, id: AppealId) -> Result<AppealView, DeskError> {
        let appeal = self.store.appeal(id).await?.ok_or(DeskError::NotFound)?;
        self.appeal_view(&appeal).await
    }

    /// An appeal with what became of it.
    pub(super) async fn appeal_view(&self, appeal: &Appeal) -> Result<AppealView, DeskError> {
        let history = self
            .case_history(appeal.decision_point.case)
            .await?
            .ok_or(DeskError::NotFound)?;
        let status = outcome_of_appeal(appeal, &history);
        let decided = history
            .decisive(appeal.decision_point)
            .map(|ruling| ruling.at);
        let ended_at = decided
            .or(Some(history.case.changed_at))
            .filter(|_| status != AppealOutcome::Open);
        Ok(AppealView::of(
            appeal,
            status,
            ended_at,
            self.appeal_notice(text_of(appeal, &history)),
        ))
    }

    fn appeal_notice(&self, text: AppealText) -> NoticeView {
        NoticeView::from(self.rules().notices.of_appeal(text))
    }

    /// Whether at most two people may rule: then nobody else can look at an appeal.
    pub(super) async fn has_single_reviewer(&self) -> Result<bool, DeskError> {
        let users = self.store.users().await?;
        let rules = users
            .iter()
            .filter(|user| user.is_active() && user.role >= Role::Moderator);
        Ok(rules.count() <= SMALL_DESK)
    }
}
