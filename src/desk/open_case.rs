//! What moderators do with a case besides ruling: open one for content nobody flagged, skip it, and add notes.

use super::{
    error::DeskError,
    fields::{Faults, code_for_people, non_empty},
    idempotency::{Completion, IdempotencyRequest, Idempotent, Once},
    queue::Queue,
    views::{CaseView, NoteView},
};
use crate::{
    access::Caller,
    id::{CaseId, CommentId, MemberId},
    intake::{FieldFault, bad_id},
    record::{Change, ReasonCode, Subject},
    review::{
        CaseContext, MemberCaseContext, ModeratorCase, add_note, open_case, open_member_case, skip,
    },
    time::IdSource,
};

/// The fields of a case that a moderator opens, unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct CaseDraft {
    pub comment_id: Option<String>,
    pub member_id: Option<String>,
    pub code: Option<String>,
    pub note: Option<String>,
}

/// What the case is about.
#[derive(Debug, Clone)]
enum CaseTarget {
    Comment(CommentId),
    Member(MemberId),
}

impl CaseDraft {
    fn checked(self) -> Result<(CaseTarget, ReasonCode, Option<String>), DeskError> {
        let mut faults = Faults::default();
        let target = match (non_empty(self.comment_id), non_empty(self.member_id)) {
            (None, None) => Err(FieldFault::missing("/comment_id")),
            (Some(_), Some(_)) => Err(FieldFault::invalid(
                "/member_id",
                "comment_id 與 member_id 只能擇一",
                "either comment_id or member_id, not both",
            )),
            (Some(raw), None) => CommentId::parse(raw)
                .map(CaseTarget::Comment)
                .map_err(|_| bad_id("/comment_id")),
            (None, Some(raw)) => MemberId::parse(raw)
                .map(CaseTarget::Member)
                .map_err(|_| bad_id("/member_id")),
        };
        let target = faults.checked(target);
        let code = faults.required(self.code, "/code", |raw| code_for_people(&raw, "/code"));
        let note = faults.note(self.note, "/note");
        let (target, code) = faults.finish(target.zip(code))?;
        Ok((target, code, note))
    }
}

impl Queue {
    /// Opens a case about a comment or member that nobody flagged, claimed by the caller. If a case is open already it is
    /// claimed instead.
    pub async fn open_case(
        &self,
        caller: &Caller,
        draft: CaseDraft,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<CaseView>, DeskError> {
        let (target, code, note) = draft.checked()?;
        self.base
            .once(idempotency, |once| {
                self.try_open(caller, &target, code, note.clone(), once)
            })
            .await
    }

    async fn try_open(
        &self,
        caller: &Caller,
        target: &CaseTarget,
        code: ReasonCode,
        note: Option<String>,
        once: Once<'_>,
    ) -> Result<CaseView, DeskError> {
        let mut ids = self.base.id_source();
        let (now, actor) = (ids.now, caller.actor());
        let claim = self.base.claim_of(&actor, now);
        let opened = ModeratorCase { code, note, claim };
        let change = match target {
            CaseTarget::Comment(id) => {
                self.case_about_comment(caller, id, opened, &mut ids)
                    .await?
            }
            CaseTarget::Member(id) => self.case_about_member(caller, id, opened, &mut ids).await?,
        };
        let case = change.case().cloned().ok_or(DeskError::NotFound)?;
        let _reservation = self.handed_out.reserve(case.id, &actor);
        self.check_claim_limit(&actor, case.id, now).await?;
        let mut view = self.base.case_view(&case, caller).await?;
        // The view is made before the commit; add what the commit is about to write.
        view.notes.extend(change.note().map(NoteView::from));
        if let Some(comment) = &mut view.comment {
            comment.case_id = comment.case_id.or(Some(case.id));
        }
        let stored_answer = once.answer(Completion::Created, &view, now)?;
        self.base.commit(change.remembering(stored_answer)).await?;
        Ok(view)
    }

    async fn case_about_comment(
        &self,
        caller: &Caller,
        id: &CommentId,
        opened: ModeratorCase,
        ids: &mut IdSource,
    ) -> Result<Change, DeskError> {
        let comment = self.base.comment(id).await?;
        if comment.purged_at.is_some() {
            return Err(DeskError::NotFound);
        }
        if comment.withdrawn_at.is_some() {
            return Err(DeskError::CommentWithdrawn);
        }
        let background = self.base.background_of(&comment).await?;
        let context = CaseContext {
            comment: &comment,
            background: &background,
        };
        let authority = caller.authority();
        let rulebook = self.base.rules();
        Ok(open_case(
            context,
            opened,
            &rulebook.rules,
            &authority,
            ids,
        )?)
    }

    async fn case_about_member(
        &self,
        caller: &Caller,
        id: &MemberId,
        opened: ModeratorCase,
        ids: &mut IdSource,
    ) -> Result<Change, DeskError> {
        let member = self.base.store.member(id).await?;
        let subject = Subject::Nickname(id.clone());
        let record = self.base.store.subject(&subject).await?;
        let is_known = member.row_version > 0 || record.row_version > 0;
        if !is_known && self.base.store.comments_of(id, None, 1).await?.is_empty() {
            return Err(DeskError::NotFound);
        }
        let case = self.base.case_if(record.case).await?;
        let context = MemberCaseContext {
            member: &member,
            record: &record,
            case: case.as_ref(),
        };
        let authority = caller.authority();
        let rulebook = self.base.rules();
        Ok(open_member_case(
            context,
            opened,
            &rulebook.rules,
            &authority,
            ids,
        )?)
    }

    /// Skips a case: the actor does not get it again, and a case that all moderators skipped is escalated to the admins.
    pub async fn skip(
        &self,
        caller: &Caller,
        id: CaseId,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<CaseView>, DeskError> {
        self.base
            .once(idempotency, |once| self.try_skip(caller, id, once))
            .await
    }

    async fn try_skip(
        &self,
        caller: &Caller,
        id: CaseId,
        once: Once<'_>,
    ) -> Result<CaseView, DeskError> {
        let (now, actor) = (self.base.clock.now(), caller.actor());
        let case = self.base.case(id).await?;
        let users = self.base.store.users().await?;
        let change = match skip(&case, &actor, &users, now) {
            Err(refused) => return Err(self.base.claim_error(refused, &case, caller).await),
            Ok(change) => change,
        };
        let view = self.base.written_case_view(&change, caller).await?;
        let answer = once.answer(Completion::Done, &view, now)?;
        self.base.commit(change.remembering(answer)).await?;
        Ok(view)
    }

    /// Adds a note for colleagues. It renews the author's claim, and leaves the case's version: a ruling made meanwhile is not
    /// refused because of a note.
    pub async fn add_note(
        &self,
        caller: &Caller,
        id: CaseId,
        text: Option<String>,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<NoteView>, DeskError> {
        let mut faults = Faults::default();
        let text = faults.required_note(text, "/text");
        let text = faults.finish(text)?;
        self.base
            .once(idempotency, |once| self.try_note(caller, id, &text, once))
            .await
    }

    async fn try_note(
        &self,
        caller: &Caller,
        id: CaseId,
        text: &str,
        once: Once<'_>,
    ) -> Result<NoteView, DeskError> {
        let case = self.base.case(id).await?;
        let mut ids = self.base.id_source();
        let author = self.base.claim_of(&caller.actor(), ids.now);
        let change = add_note(&case, text.to_owned(), author, &mut ids);
        let view = change.note().map(NoteView::from);
        let view = view.ok_or(DeskError::NotFound)?;
        let answer = once.answer(Completion::Created, &view, ids.now)?;
        self.base.commit(change.remembering(answer)).await?;
        Ok(view)
    }
}
