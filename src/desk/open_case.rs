//! What moderators do to a case beside ruling it: take up what nobody flagged, hand it back, note something.

use super::{
    Desk, DeskError, IdempotencyRequest, Idempotent,
    idempotency::{Completion, Once},
    report::required_code,
    rule::checked_note,
    views::{CaseView, NoteView},
};
use crate::{
    access::Caller,
    id::{CaseId, CommentId, MemberId, NoteId},
    intake::{
        CaseContext, FieldFault, MemberCaseContext, ModeratorCase, bad_id, open_case,
        open_member_case,
    },
    record::{
        Actor, AuditAction, AuditDraft, AuditSubject, Case, CaseState, Claim, Note, ReasonCode,
        Role, Subject, state_name,
    },
    review::{CaseEvent, step},
    store::Commit,
};

/// How many hand-backs a case remembers by name.
const SKIPPERS_MAX: usize = 64;

/// A case that a moderator opens, unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct CaseDraft {
    pub comment_id: Option<String>,
    pub member_id: Option<String>,
    pub code: Option<String>,
    pub note: Option<String>,
}

/// What a moderator takes up.
#[derive(Debug, Clone)]
enum CaseTarget {
    Comment(CommentId),
    Member(MemberId),
}

impl CaseDraft {
    fn parse(self) -> Result<(CaseTarget, ReasonCode, Option<String>), DeskError> {
        let mut faults = Vec::new();
        let given = |raw: Option<String>| raw.filter(|raw| !raw.is_empty());
        let wanted = match (given(self.comment_id), given(self.member_id)) {
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
        let wanted = wanted.map_err(|fault| faults.push(fault)).ok();
        let code = required_code(self.code, "/code", &mut faults);
        let note = checked_note(self.note, "/note", &mut faults);
        match (wanted, code, faults.is_empty()) {
            (Some(wanted), Some(code), true) => Ok((wanted, code, note)),
            _ => Err(DeskError::Fields(faults)),
        }
    }
}

impl Desk {
    /// Takes up a comment or a member that nobody flagged: a case, opened and claimed.
    pub async fn open_case(
        &self,
        caller: &Caller,
        draft: CaseDraft,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<CaseView>, DeskError> {
        let (wanted, code, note) = draft.parse()?;
        self.once(idempotency, |once| {
            self.try_open(caller, &wanted, code, note.clone(), once)
        })
        .await
    }

    async fn try_open(
        &self,
        caller: &Caller,
        wanted: &CaseTarget,
        code: ReasonCode,
        note: Option<String>,
        once: Once<'_>,
    ) -> Result<CaseView, DeskError> {
        let mut ids = self.id_source();
        let (now, actor) = (ids.now, caller.actor());
        let claim = Claim {
            by: actor.clone(),
            until: now.plus_ms(self.settings.claim_ms),
        };
        let taken = ModeratorCase { code, note, claim };
        let rulebook = self.rules();
        let change = match wanted {
            CaseTarget::Comment(id) => {
                let comment = self.store.comment(id).await?.ok_or(DeskError::NotFound)?;
                if comment.purged_at.is_some() {
                    return Err(DeskError::NotFound);
                }
                if comment.withdrawn_at.is_some() {
                    return Err(DeskError::CommentWithdrawn);
                }
                let background = self.background_of(&comment).await?;
                self.may_take(caller, background.case(comment.case)).await?;
                let context = CaseContext {
                    comment: &comment,
                    background: &background,
                };
                open_case(context, taken, &rulebook.rules, &actor, &mut ids)
            }
            CaseTarget::Member(id) => {
                let member = self.store.member(id).await?;
                let record = self.store.subject(&Subject::Nickname(id.clone())).await?;
                let unknown = member.row_version == 0 && record.row_version == 0;
                if unknown && self.store.comments_of(id, None, 1).await?.is_empty() {
                    return Err(DeskError::NotFound);
                }
                let case = match record.case {
                    Some(case) => self.store.case(case).await?,
                    None => None,
                };
                self.may_take(caller, case.as_ref()).await?;
                let context = MemberCaseContext {
                    member: &member,
                    record: &record,
                    case: case.as_ref(),
                };
                open_member_case(context, taken, &rulebook.rules, &actor, &mut ids)
            }
        };
        let change = change.map_err(|_| DeskError::CommentWithdrawn)?;
        let case = change.case.clone().ok_or(DeskError::NotFound)?;
        let _handing = self.handed_out.reserve(case.id, &actor);
        self.check_claim_limit(&actor, case.id, now).await?;
        let mut view = self.case_view(&case).await?;
        // what is read here is written with it
        view.notes.extend(change.note.as_ref().map(NoteView::from));
        if let Some(comment) = &mut view.comment {
            comment.case_id = comment.case_id.or(Some(case.id));
        }
        let kept = once.answer(Completion::Created, &view, now)?;
        self.store
            .commit(Commit::Hear(Box::new(change), kept))
            .await?;
        Ok(view)
    }

    /// Whether the caller may take the case that is there already.
    async fn may_take(&self, caller: &Caller, case: Option<&Case>) -> Result<(), DeskError> {
        let Some(case) = case.filter(|case| case.state.is_unresolved()) else {
            return Ok(());
        };
        let held = case.live_claim(self.clock.now());
        match held.filter(|held| held.by != caller.actor()) {
            Some(held) => Err(DeskError::CaseClaimed(held.clone())),
            None if case.state == CaseState::Escalated && !caller.is_admin() => {
                Err(DeskError::CaseEscalated)
            }
            None => Ok(()),
        }
    }

    /// Hands a case back, counted: who skipped it does not get it again, and what all moderators skip goes to the admins.
    pub async fn skip(
        &self,
        caller: &Caller,
        id: CaseId,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<CaseView>, DeskError> {
        self.once(idempotency, |once| self.try_skip(caller, id, once))
            .await
    }

    async fn try_skip(
        &self,
        caller: &Caller,
        id: CaseId,
        once: Once<'_>,
    ) -> Result<CaseView, DeskError> {
        let (now, actor) = (self.clock.now(), caller.actor());
        let case = self.store.case(id).await?.ok_or(DeskError::NotFound)?;
        if !case.state.is_unresolved() {
            return Err(DeskError::CaseChanged(Box::new(
                self.case_view(&case).await?,
            )));
        }
        if let Some(held) = case.live_claim(now).filter(|held| held.by != actor) {
            return Err(DeskError::CaseClaimed(held.clone()));
        }
        let mut after = case.next(now);
        after.claim = None;
        after.skips += 1;
        if !after.skipped_by.contains(&actor) && after.skipped_by.len() < SKIPPERS_MAX {
            after.skipped_by.push(actor.clone());
        }
        let entry = |action: AuditAction, actor: &Actor, to: Option<String>| AuditDraft {
            from: Some(state_name(case.state)),
            to,
            ..AuditDraft::new(now, actor, action, AuditSubject::from(&case.subject))
        };
        let mut audit = vec![entry(
            AuditAction::CaseSkipped,
            &actor,
            Some(after.skips.to_string()),
        )];
        if case.state == CaseState::Open
            && self.all_skipped(&after).await?
            && let Ok(state) = step(case.state, CaseEvent::Escalate)
        {
            after.state = state;
            after.version += 1;
            audit.push(entry(
                AuditAction::CaseEscalated,
                &Actor::System,
                Some(state_name(state)),
            ));
        }
        let view = self.case_view(&after).await?;
        let answer = once.answer(Completion::Done, &view, now)?;
        self.store
            .commit(Commit::Claim {
                case: after,
                audit,
                answer,
            })
            .await?;
        Ok(view)
    }

    /// Whether every moderator handed it back; where all are admins, every admin.
    async fn all_skipped(&self, case: &Case) -> Result<bool, DeskError> {
        let users = self.store.users().await?;
        let of_role = |role: Role| -> Vec<Actor> {
            let active = users
                .iter()
                .filter(|user| user.is_active() && user.role == role);
            active.map(|user| Actor::User(user.name.clone())).collect()
        };
        let mut asked = of_role(Role::Moderator);
        if asked.is_empty() {
            asked = of_role(Role::Admin);
        }
        Ok(!asked.is_empty() && asked.iter().all(|one| case.skipped_by.contains(one)))
    }

    /// Notes something for colleagues. It renews the holder's claim and moves no version.
    pub async fn note(
        &self,
        caller: &Caller,
        id: CaseId,
        text: Option<String>,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<NoteView>, DeskError> {
        let mut faults = Vec::new();
        let text = checked_note(text, "/text", &mut faults);
        let Some(text) = text.filter(|_| faults.is_empty()) else {
            if faults.is_empty() {
                faults.push(FieldFault::missing("/text"));
            }
            return Err(DeskError::Fields(faults));
        };
        self.once(idempotency, |once| self.try_note(caller, id, &text, once))
            .await
    }

    async fn try_note(
        &self,
        caller: &Caller,
        id: CaseId,
        text: &str,
        once: Once<'_>,
    ) -> Result<NoteView, DeskError> {
        let case = self.store.case(id).await?.ok_or(DeskError::NotFound)?;
        let (mut ids, actor) = (self.id_source(), caller.actor());
        let note = Note {
            id: NoteId(ids.id()),
            case: id,
            by: actor.clone(),
            at: ids.now,
            text: text.to_owned(),
        };
        let renewed = case
            .live_claim(ids.now)
            .filter(|held| held.by == actor)
            .map(|held| Case {
                claim: Some(Claim {
                    until: ids.now.plus_ms(self.settings.claim_ms),
                    ..held.clone()
                }),
                row_version: case.row_version + 1,
                ..case.clone()
            });
        let view = NoteView::from(&note);
        let audit = AuditDraft::new(
            ids.now,
            &actor,
            AuditAction::CaseNoted(note.id),
            AuditSubject::from(&case.subject),
        );
        let kept = once.answer(Completion::Created, &view, ids.now)?;
        self.store
            .commit(Commit::Note(note, renewed, audit, kept))
            .await?;
        Ok(view)
    }
}
