//! Appeals: an author contests a removal or a sanction, and another moderator than the one who decided reviews it.

use std::sync::Arc;

use super::{
    base::Base,
    error::DeskError,
    fields::Faults,
    idempotency::{Completion, IdempotencyRequest, Idempotent, Once},
    page::{List, PageQuery},
    queue::{QueueQuery, encode_cursor},
    views::AppealView,
};
use crate::{
    access::Caller,
    id::{AppealId, CommentId, MemberId, SanctionId},
    intake::{FieldFault, bad_id},
    policy::notice::AppealText,
    record::{Actor, AppealOutcome, AppealedDecision, Change, Source, Subject},
    review::{
        AppealRequest, CaseContext, MemberCaseContext, appeal, appeal_sanction, appeal_target,
    },
    time::Timestamp,
};

/// An appeal's fields as the board sent them, unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct AppealDraft {
    pub member_id: Option<String>,
    pub statement: Option<String>,
}

impl AppealDraft {
    fn checked(self) -> Result<(MemberId, String), DeskError> {
        let mut faults = Faults::default();
        let member = faults.required(self.member_id, "/member_id", |raw| {
            MemberId::parse(raw).map_err(|_| bad_id("/member_id"))
        });
        let statement = faults.required_note(self.statement, "/statement");
        faults.finish(member.zip(statement))
    }
}

fn not_the_author() -> DeskError {
    DeskError::field(FieldFault::invalid(
        "/member_id",
        "只有作者本人可以申訴",
        "only the author can appeal",
    ))
}

/// Appeals against removals and sanctions.
pub struct Appeals {
    pub(super) base: Arc<Base>,
}

impl Appeals {
    /// Files an appeal against the removal of a comment or a part of it.
    pub async fn appeal(
        &self,
        caller: &Caller,
        comment: CommentId,
        draft: AppealDraft,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<AppealView>, DeskError> {
        let (member, statement) = draft.checked()?;
        self.base
            .once(idempotency, |once| {
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
        let comment = self.base.comment(id).await?;
        if comment.purged_at.is_some() {
            return Err(DeskError::NotFound);
        }
        if comment.member.as_ref() != Some(member) {
            return Err(not_the_author());
        }
        if comment.withdrawn_at.is_some() {
            return Err(DeskError::CommentWithdrawn);
        }
        let background = self.base.background_of(&comment).await?;
        let context = CaseContext {
            comment: &comment,
            background: &background,
        };
        let mut ids = self.base.id_source();
        let target = appeal_target(context, self.base.settings.appeal_ms, ids.now)?;
        let request = AppealRequest {
            member: member.clone(),
            statement: statement.to_owned(),
            conflicted_reviewer: self.ruled_by(target.appealed).await?,
        };
        let change = appeal(context, &target, request, &caller.actor(), &mut ids)?;
        self.commit_appeal(change, once, ids.now).await
    }

    async fn ruled_by(&self, appealed: AppealedDecision) -> Result<Option<Actor>, DeskError> {
        match appealed {
            AppealedDecision::Ruling(id) => {
                Ok(self.base.store.ruling(id).await?.map(|ruling| ruling.by))
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
        self.base
            .once(idempotency, |once| {
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
        let sanctioned = self.base.store.sanctioned(id).await?;
        let sanctioned = sanctioned.ok_or(DeskError::NotFound)?;
        if sanctioned != *member {
            return Err(not_the_author());
        }
        let member_record = self.base.store.member(&sanctioned).await?;
        let sanction = member_record
            .sanctions
            .iter()
            .find(|sanction| sanction.id == id)
            .ok_or(DeskError::NotFound)?;
        let mut ids = self.base.id_source();
        let nickname = Subject::Nickname(sanctioned.clone());
        let record = self.base.store.subject(&nickname).await?;
        let case = match sanction.ruling {
            Some(ruling) => self
                .base
                .store
                .ruling(ruling)
                .await?
                .map(|ruling| ruling.case),
            None => record.case,
        };
        let case = self.base.case_if(case).await?;
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
        let rulebook = self.base.rules();
        let change = appeal_sanction(
            context,
            sanction,
            request,
            &rulebook.rules,
            self.base.settings.appeal_ms,
            &caller.actor(),
            &mut ids,
        )?;
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
            self.base.appeal_notice(AppealText::Open),
        );
        let stored_answer = once.answer(Completion::Created, &view, now)?;
        self.base.commit(change.remembering(stored_answer)).await?;
        Ok(view)
    }

    /// The appeals that wait for a ruling, in the order in which their cases were opened.
    pub async fn waiting(&self, page: PageQuery) -> Result<List<AppealView>, DeskError> {
        let query = QueueQuery {
            source: Some(Source::Appeal.name().to_owned()),
            sort: Some("oldest".to_owned()),
            cursor: page.cursor,
            limit: page.limit,
            pointer: "?",
            ..QueueQuery::default()
        };
        let (filter, now) = (query.parse()?, self.base.clock.now());
        let found = self.base.store.queue(&filter, now).await?;
        let mut items = Vec::new();
        // A case that an appeal once opened may wait for another reason by now.
        for id in found.cases.iter().filter_map(|case| case.appeal) {
            items.push(self.base.appeal_by_id(id).await?);
        }
        Ok(List {
            items,
            next_cursor: found.next.as_ref().and_then(encode_cursor),
        })
    }

    /// An appeal with its outcome.
    pub async fn appeal_by_id(&self, id: AppealId) -> Result<AppealView, DeskError> {
        self.base.appeal_by_id(id).await
    }
}
