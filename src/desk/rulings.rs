//! Rulings and their undo. If two moderators rule the same case, the second is refused and shown the newer state.

use std::sync::Arc;

use super::{
    base::Base,
    error::DeskError,
    fields::{Faults, days_fault, invalid_code},
    idempotency::{Completion, IdempotencyRequest, Idempotent, Once},
    present::RulingBasis,
    sanction_draft::SanctionDraft,
    views::{CommentView, ProposalView, RefusalView, RulingAnswer},
};
use crate::{
    access::Caller,
    id::{CaseId, ReplyId, RulingId},
    intake::{FaultCode, FieldFault, TAGS_MAX},
    policy::notice::NoticeOccasion,
    record::{
        Case, CaseState, Change, ReasonCode, Resolution, Ruling, RulingDecision, SentReply,
        Subject, Words,
    },
    review::{RuleFault, RulingRequest, SanctionRequest, rule, undo},
    time::Timestamp,
};

/// A ruling's fields, unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct RulingDraft {
    pub decision: Option<String>,
    pub version: Option<u32>,
    pub code: Option<String>,
    pub tags: Vec<String>,
    pub note: Option<String>,
    /// Kind and days, and the reason shown to the member.
    pub sanction: Option<SanctionDraft>,
    /// The id of a saved reply, whose words go to the member.
    pub reply: Option<String>,
}

impl RulingDraft {
    /// Checks every field and reports every fault. The words of the reply are still to come.
    pub fn parse(self) -> Result<RulingRequest, DeskError> {
        let mut faults = Faults::default();
        let decision = faults.required(self.decision, "/decision", |raw| parsed_decision(&raw));
        let version = self.version.ok_or_else(|| FieldFault::missing("/version"));
        let version = faults.checked(version);
        let code = faults.optional(self.code, |raw| {
            ReasonCode::parse(&raw).ok_or_else(|| invalid_code("/code"))
        });
        let note = faults.note(self.note, "/note");
        let sanction = self.sanction.and_then(|draft| {
            let request = draft.of_ruling("/sanction", &mut faults);
            let reason = faults.note(draft.reason, "/sanction/reason");
            request.map(|(request, expected)| (SanctionRequest { reason, ..request }, expected))
        });
        let expects_proposal = sanction.as_ref().is_some_and(|(_, expected)| *expected);
        let reply = faults.optional(self.reply, |raw| {
            let id = ReplyId::parse(&raw).ok_or_else(no_such_reply)?;
            let text = Words::default();
            Ok(SentReply { id, text })
        });
        let tags = distinct_tags(self.tags, &mut faults);
        let request = decision
            .zip(version)
            .map(|(decision, version)| RulingRequest {
                decision,
                version,
                code,
                tags,
                note,
                sanction: sanction.map(|(request, _)| request),
                expects_proposal,
                reply,
            });
        let together = request.iter().flat_map(RulingRequest::faults);
        together
            .filter_map(|fault| field_fault(&fault))
            .for_each(|fault| faults.push(fault));
        faults.finish(request)
    }
}

/// The tags without duplicates; a fault if there are more than a comment can have.
fn distinct_tags(raw: Vec<String>, faults: &mut Faults) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in raw {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
        if tags.len() > TAGS_MAX {
            faults.push(FieldFault::too_many_tags("/tags"));
            break;
        }
    }
    tags
}

fn no_such_reply() -> FieldFault {
    FieldFault::invalid("/reply", "沒有這則常用回覆", "there is no such saved reply")
}

fn parsed_decision(raw: &str) -> Result<RulingDecision, FieldFault> {
    RulingDecision::parse(raw).ok_or_else(|| {
        let zh_tw = "須為 approve、remove、remove_tags 或 escalate";
        let en = "one of approve, remove, remove_tags, escalate";
        FieldFault::invalid("/decision", zh_tw, en)
    })
}

/// The case id as the caller gave it, and the result of its ruling.
pub type BulkRulingOutcome = (Option<String>, Result<RulingAnswer, DeskError>);

/// Rulings and their undo.
pub struct Rulings {
    pub(super) base: Arc<Base>,
}

impl Rulings {
    /// Rules on a case.
    pub async fn rule(
        &self,
        caller: &Caller,
        id: CaseId,
        draft: RulingDraft,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<RulingAnswer>, DeskError> {
        let request = draft.parse()?;
        let result = self
            .base
            .once(idempotency, |once| {
                self.try_rule(caller, id, request.clone(), once)
            })
            .await?;
        // A replayed answer ruled on nothing new, so it is not counted again.
        if let Idempotent::Fresh(answer) = &result {
            metrics::counter!("banzhu_rulings_total", "decision" => answer.decision.name())
                .increment(1);
        }
        Ok(result)
    }

    /// Rules on many cases. Each is independent: one that fails does not stop the others. `answer` builds the response.
    pub async fn rule_many<T: serde::Serialize>(
        &self,
        caller: &Caller,
        requests: Vec<(Option<String>, RulingDraft)>,
        idempotency: Option<IdempotencyRequest>,
        answer: impl Fn(Vec<BulkRulingOutcome>) -> T,
    ) -> Result<Idempotent<T>, DeskError> {
        let (requests, answer) = (&requests, &answer);
        self.base
            .once(idempotency, |once| async move {
                // Each ruling is a commit of its own, so the answer to all of them is stored after the last.
                let mut outcomes = Vec::with_capacity(requests.len());
                for (id, draft) in requests {
                    outcomes.push((
                        id.clone(),
                        self.rule_one(caller, id.as_deref(), draft).await,
                    ));
                }
                let view = answer(outcomes);
                self.base.remember(&once, Completion::Done, &view).await?;
                Ok(view)
            })
            .await
    }

    /// Rules on one case of many.
    async fn rule_one(
        &self,
        caller: &Caller,
        case: Option<&str>,
        draft: &RulingDraft,
    ) -> Result<RulingAnswer, DeskError> {
        let id = case.filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| DeskError::field(FieldFault::missing("/case_id")))?;
        let id = CaseId::parse(id).ok_or(DeskError::NotFound)?;
        match self.rule(caller, id, draft.clone(), None).await? {
            Idempotent::Fresh(answer) => Ok(answer),
            // Cannot happen without a key.
            Idempotent::Replayed { .. } => Err(DeskError::IdempotencyKeyReused),
        }
    }

    /// Undoes a ruling.
    pub async fn undo(
        &self,
        caller: &Caller,
        id: RulingId,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<RulingAnswer>, DeskError> {
        self.base
            .once(idempotency, |once| self.try_undo(caller, id, once))
            .await
    }

    async fn try_rule(
        &self,
        caller: &Caller,
        id: CaseId,
        request: RulingRequest,
        once: Once<'_>,
    ) -> Result<RulingAnswer, DeskError> {
        let case = self.base.case(id).await?;
        let basis = self.base.ruling_basis(&case).await?;
        let subject = &basis.subject;
        let request = match request.lacks_code(subject) {
            true => request.with_reported_code(self.base.reported_codes(&case).await?),
            false => Ok(request),
        };
        let request = match request {
            Ok(request) => Ok(self.with_reply(request, &case, &basis).await?),
            refused => refused,
        };
        let mut ids = self.base.id_source();
        let authority = caller.authority();
        let context = self.base.ruling_context(&basis);
        let ruled = request
            .and_then(|request| rule(&case, subject, request, context, &authority, &mut ids));
        match ruled {
            Err(fault) => Err(self.ruling_error(fault, &case, caller).await),
            Ok((ruling, change)) => {
                let until = Some(ruling.undo_until);
                self.commit_ruling(&ruling, change, until, Completion::Created, once, ids.now)
                    .await
            }
        }
    }

    /// The request with the words of its reply, for what is ruled on.
    async fn with_reply(
        &self,
        request: RulingRequest,
        case: &Case,
        basis: &RulingBasis,
    ) -> Result<RulingRequest, DeskError> {
        let Some(reply) = &request.reply else {
            return Ok(request);
        };
        let saved = self.base.store.reply(reply.id).await?;
        let saved = saved.filter(|saved| saved.deleted_at.is_none());
        let saved = saved.ok_or_else(|| DeskError::field(no_such_reply()))?;
        let code = request.code_in(&basis.subject, case);
        let removes_tags = request.decision == RulingDecision::RemoveTags;
        let tag = match &case.subject {
            Subject::Tag { tag, .. } => Some(tag),
            Subject::Comment(_) | Subject::Nickname(_) => None,
        };
        let occasion = NoticeOccasion {
            body: matches!(case.subject, Subject::Comment(_)) && !removes_tags,
            nickname: matches!(case.subject, Subject::Nickname(_)),
            tags: request.tags.iter().chain(tag).map(String::as_str).collect(),
            ..NoticeOccasion::default()
        };
        let notices = &basis.rulebook.notices;
        let text = notices.filled_reply(&saved.text, &occasion, code);
        let reply = Some(SentReply { id: saved.id, text });
        Ok(RulingRequest { reply, ..request })
    }

    async fn try_undo(
        &self,
        caller: &Caller,
        id: RulingId,
        once: Once<'_>,
    ) -> Result<RulingAnswer, DeskError> {
        let ruling = self.base.ruling(id).await?;
        let case = self.base.case(ruling.case).await?;
        let subject = self.base.subject_of(&case).await?;
        let now = self.base.clock.now();
        let authority = caller.authority();
        let member = self.base.member_ruled(&case, &subject).await?;
        let superseded = self.base.ruling_if(ruling.undo_snapshot.ruling()).await?;
        let undone = undo(
            &case,
            &subject,
            &ruling,
            superseded.as_ref(),
            member.as_ref(),
            &authority,
            now,
        );
        match undone {
            Err(fault) => Err(self.ruling_error(fault, &case, caller).await),
            Ok(change) => {
                self.commit_ruling(&ruling, change, None, Completion::Done, once, now)
                    .await
            }
        }
    }

    async fn commit_ruling(
        &self,
        ruling: &Ruling,
        change: Change,
        undo_until: Option<Timestamp>,
        completion: Completion,
        once: Once<'_>,
        now: Timestamp,
    ) -> Result<RulingAnswer, DeskError> {
        let comment = self.base.comment_after(ruling, &change).await?;
        let answer = self.answer_to_ruling(ruling, &change, comment, undo_until);
        let stored_answer = once.answer(completion, &answer, now)?;
        self.base.commit(change.remembering(stored_answer)).await?;
        Ok(answer)
    }

    fn answer_to_ruling(
        &self,
        ruling: &Ruling,
        change: &Change,
        comment: Option<CommentView>,
        undo_until: Option<Timestamp>,
    ) -> RulingAnswer {
        let member = change.member();
        let sanction = member.and_then(|member| member.sanction_by(ruling.id));
        RulingAnswer {
            id: ruling.id,
            case_id: ruling.case,
            version: change.case().map_or(ruling.version, |case| case.version),
            decision: ruling.decision,
            notice: self.base.notice_of_ruling(
                sanction,
                comment.as_ref().and_then(|comment| comment.notice.clone()),
                comment.as_ref().is_some_and(|comment| comment.appealable),
            ),
            comment,
            sanction: sanction.map(|sanction| self.base.sanction_view(sanction)),
            undo_until,
        }
    }

    async fn ruling_error(&self, fault: RuleFault, case: &Case, caller: &Caller) -> DeskError {
        match fault {
            RuleFault::Changed => match self.base.case_view(case, caller).await {
                Ok(view) => DeskError::CaseChanged(Box::new(view)),
                Err(error) => error,
            },
            RuleFault::UndoneBefore(undone) => match self.base.case_view(case, caller).await {
                Ok(view) => DeskError::UndoneBefore {
                    by: undone.by,
                    at: undone.at,
                    case: Box::new(view),
                },
                Err(error) => error,
            },
            RuleFault::Claimed(claim) => DeskError::CaseClaimed(claim),
            RuleFault::NotAllowed(refused)
                if refused.state == CaseState::Resolved(Resolution::Withdrawn) =>
            {
                DeskError::CommentWithdrawn
            }
            RuleFault::Escalated | RuleFault::NotAllowed(_) => DeskError::CaseEscalated,
            RuleFault::OwnRuling => DeskError::OwnRuling,
            RuleFault::UndoExpired => DeskError::UndoExpired,
            RuleFault::NotYours => DeskError::Forbidden,
            RuleFault::ImposedByAdmin => DeskError::ImposedByAdmin,
            RuleFault::ProposalMoved(proposed) => match *proposed {
                Ok(proposal) => DeskError::ProposalChanged(Ok(ProposalView::from(&proposal))),
                Err(why) => DeskError::ProposalChanged(Err(RefusalView::from(why))),
            },
            field_error => DeskError::Fields(field_fault(&field_error).into_iter().collect()),
        }
    }
}

/// The fault of a missing code, with the codes to choose from.
fn missing_code(codes: &[ReasonCode]) -> FieldFault {
    let names: Vec<&str> = codes.iter().map(|code| code.name()).collect();
    FieldFault::new(
        "/code",
        FaultCode::MissingField,
        format!("請指定代碼，可用：{}", names.join("、")),
        format!("say what for, one of: {}", names.join(", ")),
    )
}

/// The fault for the field concerned; `None` if the ruling is refused for another reason than a field.
fn field_fault(fault: &RuleFault) -> Option<FieldFault> {
    let invalid =
        |pointer: &str, zh_tw: &str, en: &str| Some(FieldFault::invalid(pointer, zh_tw, en));
    match fault {
        RuleFault::MissingCode(codes) => Some(missing_code(codes)),
        RuleFault::MissingNote => Some(FieldFault::missing("/note")),
        RuleFault::MissingTags => Some(FieldFault::missing("/tags")),
        RuleFault::CodeNotForPeople => invalid(
            "/code",
            "此代碼僅供系統使用",
            "only the filter gives this code",
        ),
        RuleFault::TagsNotHere => invalid(
            "/tags",
            "僅在留言案件以 remove_tags 裁決時，才能指定標籤",
            "tags go with remove_tags, in a case about a comment",
        ),
        RuleFault::SanctionNotHere => invalid(
            "/sanction",
            "僅在移除（remove、remove_tags）且已知會員身分時，才能處分",
            "a sanction goes with remove or remove_tags, and a member that the board named",
        ),
        RuleFault::BadDays => Some(days_fault("/sanction/days")),
        RuleFault::ReplyNotHere => invalid(
            "/reply",
            "僅在移除（remove、remove_tags）或答覆申訴時，才能附上常用回覆",
            "a reply goes with a removal, or with the answer to an appeal",
        ),
        RuleFault::UnknownTag(tag) => invalid(
            "/tags",
            &format!("這則留言沒有標籤「{tag}」"),
            &format!("the comment has no such tag: {tag}"),
        ),
        RuleFault::Changed
        | RuleFault::Claimed(_)
        | RuleFault::Escalated
        | RuleFault::NotAllowed(_)
        | RuleFault::OwnRuling
        | RuleFault::UndoExpired
        | RuleFault::UndoneBefore(_)
        | RuleFault::NotYours
        | RuleFault::ImposedByAdmin
        | RuleFault::ProposalMoved(_) => None,
    }
}
