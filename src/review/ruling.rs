//! Rulings: a moderator's decision about a case, and how it is taken back.

use super::{
    counting::tallies_of_ruling,
    sanction::{Authority, SanctionRequest, sanction, sanction_audit},
    transition::{CaseEvent, TransitionRefused, step},
};
use crate::{
    id::{RulingId, SanctionId},
    policy::PenaltySchedule,
    record::{
        Actor, AuditAction, AuditDraft, AuditSubject, Case, CaseState, Change, ChangeBuilder,
        Claim, Comment, Decision, EventKind, FanOut, MemberRecord, QaSample, Reason, ReasonCode,
        RejudgeCause, ReportTotals, Resolution, Reversal, Revocation, Ruling, RulingDecision,
        RulingEffect, Sanction, Source, Strike, Subject, SubjectRecord, SubjectRuling, Tally,
        TallyOf, UndoSnapshot, Verdict, Write, state_name,
    },
    time::{DAY_MS, IdSource, LEASE_MS_MAX, Timestamp},
};

/// What a moderator asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulingRequest {
    /// The decision.
    pub decision: RulingDecision,
    /// The case's version that the moderator saw.
    pub version: u32,
    /// The code, where the filter gave none or the moderator knows better.
    pub code: Option<ReasonCode>,
    /// The tags to remove.
    pub tags: Vec<String>,
    /// A note for colleagues.
    pub note: Option<String>,
    /// A sanction that is imposed on the member with it.
    pub sanction: Option<SanctionRequest>,
}

impl RulingRequest {
    /// What is wrong with it whatever the case is about.
    pub fn faults(&self) -> Vec<RuleFault> {
        let code = self.code.is_some_and(|code| !code.is_for_people());
        let tags = match (self.decision, self.tags.is_empty()) {
            (RulingDecision::RemoveTags, true) => Some(RuleFault::MissingTags),
            (
                RulingDecision::Approve | RulingDecision::Remove | RulingDecision::Escalate,
                false,
            ) => Some(RuleFault::TagsNotHere),
            (RulingDecision::RemoveTags, false)
            | (RulingDecision::Approve | RulingDecision::Remove | RulingDecision::Escalate, true) => {
                None
            }
        };
        let note = self.decision == RulingDecision::Escalate && self.note.is_none();
        let removes = matches!(
            self.decision,
            RulingDecision::Remove | RulingDecision::RemoveTags
        );
        let sanction = self
            .sanction
            .as_ref()
            .and_then(|sanction| match sanction.is_sound() {
                true if removes => None,
                true => Some(RuleFault::SanctionNotHere),
                false => Some(RuleFault::BadDays),
            });
        code.then_some(RuleFault::CodeNotForPeople)
            .into_iter()
            .chain(tags)
            .chain(note.then_some(RuleFault::MissingNote))
            .chain(sanction)
            .collect()
    }
}

/// What the case is about, as stored.
#[derive(Debug, Clone, Copy)]
pub enum RulingSubject<'a> {
    /// A comment: what lies on it, and its newest decision.
    Comment {
        /// What lies on it.
        mark: Option<&'a RulingEffect>,
        /// The filter's decision about its newest revision.
        decision: &'a Decision,
    },
    /// A nickname's spelling or an article's tag.
    Shared(&'a SubjectRecord),
}

/// Who rules, and how long undo is open.
#[derive(Debug, Clone, Copy)]
pub struct RulingAuthority<'a> {
    /// Who.
    pub by: &'a Actor,
    /// Whether they may do what is for admins.
    pub is_admin: bool,
    /// How long a ruling can be taken back, in milliseconds.
    pub undo_ms: i64,
    /// Whether at most two may rule: then nobody else can look.
    pub has_single_reviewer: bool,
}

/// The member that a case is about.
#[derive(Debug, Clone, Copy)]
pub struct MemberContext<'a> {
    /// `None` if the board named no member.
    pub member: Option<&'a MemberRecord>,
    /// What repeated rulings bring.
    pub schedule: &'a PenaltySchedule,
}

/// Why a ruling cannot be made or taken back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each says it in its message")]
pub enum RuleFault {
    #[error("the case has changed since")]
    Changed,
    #[error("{} holds the case until {}", .0.by, .0.until)]
    Claimed(Claim),
    #[error("the case was escalated; admins rule it")]
    Escalated,
    #[error(transparent)]
    NotAllowed(#[from] TransitionRefused),
    #[error("the filter gave no reason: a code is needed")]
    MissingCode,
    #[error("only the filter gives this code")]
    CodeNotForPeople,
    #[error("escalating needs a note")]
    MissingNote,
    #[error("remove_tags needs tags")]
    MissingTags,
    #[error("tags go with remove_tags, in a case about a comment")]
    TagsNotHere,
    #[error("a sanction goes with remove or remove_tags, and a member that the board named")]
    SanctionNotHere,
    #[error("watch and suspend take 1 to 3,650 days, warn and terminate none")]
    BadDays,
    #[error("the comment has no such tag: {0}")]
    UnknownTag(String),
    #[error("the time to undo is over")]
    UndoExpired,
    #[error("{} took the ruling back at {}", .0.by, .0.at)]
    UndoneBefore(Reversal),
    #[error("another than the one who ruled decides about it")]
    OwnRuling,
    #[error("only who ruled, or an admin, takes a ruling back")]
    NotYours,
    #[error("it would lift what an admin laid")]
    ImposedByAdmin,
}

/// What a ruling or its undo changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulingChange {
    /// The case after it.
    pub case: Case,
    /// The ruling, new or marked as taken back.
    pub ruling: Ruling,
    /// What is in force on the comment after it. The outer `None`: nothing changes, or the case is not about a comment.
    pub effect: Option<Option<RulingEffect>>,
    /// The nickname's or tag's record after it, if it changes.
    pub shared: Option<SubjectRecord>,
    /// The member's record after it, where strikes or sanctions change.
    pub member: Option<MemberRecord>,
    /// The audit's entries about it.
    pub audit: Vec<AuditDraft>,
    /// Events for the board.
    pub events: Vec<EventKind>,
    /// Changes that concern many comments or reports, worked through in the background.
    pub fan_outs: Vec<FanOut>,
    /// What is counted.
    pub tallies: Vec<(TallyOf, Tally)>,
}

impl RulingChange {
    /// The change that stores it: `comment` is the one that it is about, with the ruling's effect; `sample` the QA review
    /// that it was drawn for.
    pub fn into_change(self, comment: Option<Comment>, sample: Option<QaSample>) -> Change {
        let mut change = ChangeBuilder::new()
            .updated_case(self.case)
            .write([Write::Ruling(self.ruling)]);
        if let Some(comment) = comment {
            change = change.updated_comment(comment);
        }
        if let Some(record) = self.shared {
            change = change.updated_subject(record);
        }
        if let Some(member) = self.member {
            change = change.updated_member(member);
        }
        change
            .write(sample.map(Write::QaSample))
            .audit(self.audit)
            .events(self.events)
            .fan_outs(self.fan_outs)
            .count(self.tallies, None)
            .build()
    }

    /// The sanction that the ruling imposed.
    pub fn sanction(&self) -> Option<&Sanction> {
        let sanctions = &self.member.as_ref()?.sanctions;
        let mut imposed = sanctions.iter().rev();
        imposed.find(|one| one.ruling == Some(self.ruling.id) && one.revoked.is_none())
    }
}

/// Rules a case.
pub fn rule(
    case: &Case,
    target: RulingSubject<'_>,
    request: RulingRequest,
    context: MemberContext<'_>,
    authority: RulingAuthority<'_>,
    ids: &mut IdSource,
) -> Result<RulingChange, RuleFault> {
    let now = ids.now;
    may_touch(case, authority, now)?;
    let own = case.conflicted_reviewer.as_ref() == Some(authority.by)
        && request.decision != RulingDecision::Escalate;
    if own && !authority.has_single_reviewer {
        return Err(RuleFault::OwnRuling);
    }
    let state = step(case.state, event_of(request.decision))?;
    let reopens = state.is_unresolved() && !case.state.is_unresolved();
    if request.version != case.version || (reopens && !is_newest(case, target)) {
        return Err(RuleFault::Changed);
    }
    check(&request, target)?;
    if request.sanction.is_some() && context.member.is_none() {
        return Err(RuleFault::SanctionNotHere);
    }
    let ends = matches!(state, CaseState::Resolved(_));
    let confirms = ends && confirms(case, &request, target);
    if ends
        && !confirms
        && !authority.is_admin
        && revokes_admin_sanction(case, &request, context, now)
    {
        return Err(RuleFault::ImposedByAdmin);
    }
    let sanction_asked = request.sanction.clone();
    let id = RulingId(ids.id());
    let code = request
        .code
        .or_else(|| code_of_filter(&request, target, case));
    let spelling = spelling_of(case);
    let before = UndoSnapshot {
        case: case.clone(),
        effect: mark_of(target).cloned(),
        subject: shared_of(target)
            .and_then(|record| record.ruling(spelling))
            .cloned(),
    };
    let mut after = Case {
        state,
        version: case.version + 1,
        claim: None,
        ..case.next(now)
    };
    after.rulings.push(id);
    let upholds = denies_appeal(case, request.decision, target);
    if ends {
        after = after.answered();
    }
    let ruling = Ruling {
        id,
        case: case.id,
        decision: request.decision,
        code,
        tags: request.tags,
        note: request.note,
        by: authority.by.clone(),
        at: now,
        version: after.version,
        undo_until: now.plus_ms(authority.undo_ms),
        appeal: case.appeal.filter(|_| ends),
        qa_review: case.qa_review.clone().filter(|_| ends),
        confirms,
        reviewed_own: own,
        late_reports: ReportTotals::default(),
        undone: None,
        undo_snapshot: before,
    };
    let (mark, shared) = if confirms {
        retained_effect(&ruling, target)
    } else {
        effect_of(&ruling, state, target, spelling)
    };
    let audit = AuditDraft {
        from: Some(state_name(case.state)),
        to: Some(state_name(after.state)),
        words: ruling.note.clone(),
        ..AuditDraft::new(
            now,
            authority.by,
            AuditAction::RulingMade {
                ruling: ruling.id,
                code: ruling.code,
            },
            AuditSubject::from(&case.subject),
        )
    };
    let mut change = RulingChange {
        case: after,
        ruling,
        effect: mark,
        shared,
        member: None,
        audit: vec![audit],
        events: Vec::new(),
        fan_outs: Vec::new(),
        tallies: Vec::new(),
    };
    if ends && !confirms {
        let before = change.ruling.undo_snapshot.case.clone();
        let contested = before
            .sanction
            .map(|id| (id, request_overturns(&change.ruling)));
        let older = SupersededRulings {
            // what was contested in vain counts on, from when it was ruled
            strikes: if upholds { &[] } else { &before.rulings },
            sanctions: &before.rulings,
        };
        apply_sanctions(&mut change, older, context, sanction_asked, authority, ids);
        revoke_appealed_sanction(&mut change, contested, context.member, authority, now);
    }
    let cause = RejudgeCause::Overturned(id);
    tell(&mut change, case, context.member, cause);
    change.tallies = tallies(&change.ruling, target, mark_of(target));
    Ok(change)
}

/// Whether a sanction in force that an admin laid would go with the ruling: with an older one of the case, or since it is
/// contested and right to be.
fn revokes_admin_sanction(
    case: &Case,
    request: &RulingRequest,
    context: MemberContext<'_>,
    now: Timestamp,
) -> bool {
    let contested = case
        .sanction
        .filter(|_| request.decision == RulingDecision::Approve);
    let goes = |sanction: &&Sanction| {
        let of_case = sanction.ruling.is_some_and(|id| case.rulings.contains(&id));
        of_case || Some(sanction.id) == contested
    };
    let live = context
        .member
        .into_iter()
        .flat_map(|one| one.live_sanctions(now));
    live.filter(goes).any(|sanction| sanction.imposed_by_admin)
}

/// Whether the ruling leaves in force what was: then nothing is superseded, nothing counted anew.
fn confirms(case: &Case, request: &RulingRequest, target: RulingSubject<'_>) -> bool {
    if request.sanction.is_some() {
        return false;
    }
    let looked_at = case.qa_review.as_ref();
    let agrees = looked_at
        .is_some_and(|look| look.decision == request.decision && look.tags == request.tags);
    let stands = stands_removed(case, target);
    let same = agrees && (request.decision == RulingDecision::Remove) == stands.unwrap_or(false);
    (same && stands.is_some()) || denies_appeal(case, request.decision, target)
}

/// Whether the ruling leaves an appeal without success: what was contested stays removed.
fn denies_appeal(case: &Case, decision: RulingDecision, target: RulingSubject<'_>) -> bool {
    let stands = stands_removed(case, target);
    case.appeal.is_some() && decision == RulingDecision::Remove && stands == Some(true)
}

/// The rulings of which a new one takes the place.
#[derive(Clone, Copy)]
struct SupersededRulings<'a> {
    /// Their strikes count no more.
    strikes: &'a [RulingId],
    /// Their sanctions are revoked.
    sanctions: &'a [RulingId],
}

/// Whether what the case is about is removed as it stands: by a ruling that holds for its newest text, else by the filter.
/// None where nothing that was decided holds for it any more.
fn stands_removed(case: &Case, target: RulingSubject<'_>) -> Option<bool> {
    match target {
        RulingSubject::Comment { mark, decision } => {
            match mark
                .filter(|mark| mark.holds_for(decision))
                .map(|mark| mark.resolution)
            {
                Some(Resolution::Removed | Resolution::Withdrawn) => Some(true),
                Some(Resolution::Approved | Resolution::TagsRemoved) => Some(false),
                None => {
                    let own = decision
                        .body
                        .unwrap_or(decision.unattached)
                        .max(decision.unattached);
                    let tag = decision
                        .tags
                        .iter()
                        .any(|tag| tag.verdict == Verdict::Remove);
                    (own == Verdict::Remove || (tag && own == Verdict::Allow)).then_some(true)
                }
            }
        }
        RulingSubject::Shared(record) => {
            let ruling = record.ruling(spelling_of(case));
            ruling.map(|ruling| !ruling.approved)
        }
    }
}

const fn request_overturns(ruling: &Ruling) -> bool {
    matches!(ruling.decision, RulingDecision::Approve)
}

/// What a confirming ruling leaves: what was, and whether an appeal was behind it.
fn retained_effect(
    ruling: &Ruling,
    target: RulingSubject<'_>,
) -> (Option<Option<RulingEffect>>, Option<SubjectRecord>) {
    let on_appeal = ruling.appeal.is_some();
    match target {
        RulingSubject::Comment {
            mark: Some(mark), ..
        } if on_appeal && !mark.on_appeal => {
            let mark = RulingEffect {
                on_appeal,
                ..mark.clone()
            };
            (Some(Some(mark)), None)
        }
        RulingSubject::Comment { .. } | RulingSubject::Shared(_) => (None, None),
    }
}

/// A sanction that was contested by itself goes with the appeal that was right.
fn revoke_appealed_sanction(
    change: &mut RulingChange,
    contested: Option<(SanctionId, bool)>,
    known: Option<&MemberRecord>,
    authority: RulingAuthority<'_>,
    now: Timestamp,
) {
    let (Some((sanction, true)), Some(known)) = (contested, known) else {
        return;
    };
    let record = change.member.as_ref().unwrap_or(known);
    let revoked = Revocation {
        by: authority.by.clone(),
        at: now,
        reason: format!("appeal, ruling {}", change.ruling.id),
        ruling: Some(change.ruling.id),
        undone: false,
    };
    let was_live = record.live_sanctions(now).any(|one| one.id == sanction);
    if let Some(mut after) = record.overturned(sanction, revoked, change.ruling.id) {
        after.row_version = known.row_version + 1;
        let mut imposed = after.sanctions.iter();
        let imposed = imposed.find(|one| one.id == sanction && was_live);
        change.audit.extend(imposed.map(|imposed| {
            sanction_audit(
                known,
                imposed,
                AuditAction::SanctionRevoked,
                authority.by,
                now,
            )
        }));
        change.member = Some(after);
    }
}

/// What the board has to hear of a change.
fn tell(
    change: &mut RulingChange,
    before: &Case,
    known: Option<&MemberRecord>,
    cause: RejudgeCause,
) {
    let mut events = Vec::new();
    if let (Some(_), Subject::Comment(id)) = (&change.effect, &before.subject) {
        events.push(EventKind::Comment(id.clone()));
    }
    change
        .fan_outs
        .extend(change.shared.as_ref().and_then(|_| fan_out_of(before)));
    if before.sources.contains(&Source::Report) || change.ruling.late_reports.count > 0 {
        change.fan_outs.push(FanOut::Reports(before.id));
    }
    let appeal = change.ruling.appeal;
    events.extend(appeal.map(EventKind::Appeal));
    if let (Some(known), Some(after)) = (known, &change.member) {
        events.extend(sanction_events(known, after));
        change.fan_outs.extend(after.rejudges(known, cause));
    }
    change.events.extend(events);
}

/// The comments that a shared ruling reaches.
fn fan_out_of(case: &Case) -> Option<FanOut> {
    match &case.subject {
        Subject::Comment(_) => None,
        Subject::Nickname(id) => Some(FanOut::Nickname(id.clone(), spelling_of(case).to_owned())),
        Subject::Tag { article, tag } => Some(FanOut::Tag(article.clone(), tag.clone())),
    }
}

/// Sanctions that came or went between two records.
fn sanction_events<'a>(
    before: &'a MemberRecord,
    after: &'a MemberRecord,
) -> impl Iterator<Item = EventKind> + 'a {
    after.sanctions.iter().filter_map(|now| {
        let then = before.sanctions.iter().find(|one| one.id == now.id);
        let was_lifted = then.map(|one| one.revoked.is_some());
        let (member, sanction) = (after.id.clone(), now.id);
        match (was_lifted, now.revoked.is_some()) {
            (None | Some(true), false) => Some(EventKind::SanctionImposed(member, sanction)),
            (Some(false), true) => Some(EventKind::SanctionRevoked(member, sanction)),
            (None | Some(true), true) | (Some(false), false) => None,
        }
    })
}

/// What a ruling does to the member: it replaces older ones in the case, a removal is a strike, and the sanction is
/// imposed.
fn apply_sanctions(
    change: &mut RulingChange,
    older: SupersededRulings<'_>,
    context: MemberContext<'_>,
    asked: Option<SanctionRequest>,
    authority: RulingAuthority<'_>,
    ids: &mut IdSource,
) {
    let Some(known) = context.member else { return };
    let ruling = &change.ruling;
    let mut member = known
        .strikes_superseded(older.strikes, ruling.id)
        .sanctions_superseded(
            older.sanctions,
            ruling.id,
            asked.as_ref().map(|request| request.kind),
            authority.by,
            ids.now,
        );
    if let Some(strike) = strike_of(ruling, &change.case, context.schedule) {
        member = member.struck(strike);
    }
    let who = Authority {
        by: authority.by,
        is_admin: authority.is_admin,
    };
    let imposed = asked.map(|request| sanction(request, ruling.code, Some(ruling.id), who, ids));
    if let Some(imposed) = imposed {
        change.audit.push(sanction_audit(
            &member,
            &imposed,
            AuditAction::SanctionImposed,
            authority.by,
            ids.now,
        ));
        member = member.sanctioned(imposed);
    }
    member.row_version = known.row_version;
    if member != *known {
        member.row_version += 1;
        change.member = Some(member);
    }
}

/// What the ruling counts against the member.
fn strike_of(ruling: &Ruling, case: &Case, ladder: &PenaltySchedule) -> Option<Strike> {
    let (code, severity) = (ruling.code?, case.severity);
    let removes = matches!(
        ruling.decision,
        RulingDecision::Remove | RulingDecision::RemoveTags
    );
    let worth = ladder.points(code.rule(), severity);
    // Nobody gets a strike for contesting something.
    (removes && worth > 0 && ruling.appeal.is_none()).then(|| Strike {
        ruling: ruling.id,
        case: ruling.case,
        post: case.comment.clone(),
        code,
        severity,
        points: worth,
        at: ruling.at,
        expires_at: ruling.at.plus_ms(i64::from(ladder.strike_days()) * DAY_MS),
        superseded_by: None,
    })
}

/// Takes a ruling back: everything is as it was, but for the audit and the case's version, which goes on.
pub fn undo(
    case: &Case,
    target: RulingSubject<'_>,
    ruling: &Ruling,
    member: Option<&MemberRecord>,
    authority: RulingAuthority<'_>,
    now: Timestamp,
) -> Result<RulingChange, RuleFault> {
    if ruling.by != *authority.by && !authority.is_admin {
        return Err(RuleFault::NotYours);
    }
    let reopens = ruling.undo_snapshot.case.state.is_unresolved();
    if let Some(undone) = &ruling.undone {
        return Err(RuleFault::UndoneBefore(undone.clone()));
    }
    if (reopens && !is_newest(case, target))
        || case.version != ruling.version
        || case.rulings.last() != Some(&ruling.id)
    {
        return Err(RuleFault::Changed);
    }
    if !(0..=LEASE_MS_MAX).contains(&ruling.undo_until.ms_since(now)) {
        return Err(RuleFault::UndoExpired);
    }
    if let Some(held) = case.live_claim(now).filter(|held| held.by != *authority.by) {
        return Err(RuleFault::Claimed(held.clone()));
    }
    if case.state == CaseState::Open {
        return Err(RuleFault::Changed);
    }
    let state = step(case.state, CaseEvent::Undo(ruling.undo_snapshot.case.state))?;
    let before = &ruling.undo_snapshot.case;
    let mut after = Case {
        state,
        version: case.version + 1,
        row_version: case.row_version + 1,
        // what was reported since waits with the rest; handing it up had ended nothing
        reported: match ruling.decision {
            RulingDecision::Escalate => case.reported,
            RulingDecision::Approve | RulingDecision::Remove | RulingDecision::RemoveTags => {
                before.reported.and(case.reported).and(ruling.late_reports)
            }
        },
        ..before.clone()
    };
    if ruling.late_reports.count > 0 {
        after.is_reported();
    }
    let (mark, shared) = match target {
        RulingSubject::Comment { mark, .. } => {
            let moves = mark != ruling.undo_snapshot.effect.as_ref();
            (moves.then(|| ruling.undo_snapshot.effect.clone()), None)
        }
        RulingSubject::Shared(record)
            if record.ruling(spelling_of(case)) == ruling.undo_snapshot.subject.as_ref() =>
        {
            (None, None)
        }
        RulingSubject::Shared(record) => {
            let mut record = record.clone();
            record.row_version += 1;
            record.set_ruling(
                spelling_of(&ruling.undo_snapshot.case),
                ruling.undo_snapshot.subject.clone(),
            );
            (None, Some(record))
        }
    };
    let audit = AuditDraft {
        from: Some(state_name(case.state)),
        to: Some(state_name(after.state)),
        ..AuditDraft::new(
            now,
            authority.by,
            AuditAction::RulingUndone(ruling.id),
            AuditSubject::from(&case.subject),
        )
    };
    let after_member = member.and_then(|known| {
        let after = known.undone(ruling.id, authority.by, now);
        let same = MemberRecord {
            row_version: after.row_version,
            ..known.clone()
        };
        (after != same).then_some(after)
    });
    let undone = Some(Reversal {
        by: authority.by.clone(),
        at: now,
    });
    let mut change = RulingChange {
        case: after,
        ruling: Ruling {
            undone,
            ..ruling.clone()
        },
        effect: mark,
        shared,
        member: after_member,
        audit: vec![audit],
        events: Vec::new(),
        fan_outs: Vec::new(),
        tallies: Vec::new(),
    };
    let cause = RejudgeCause::Undone(ruling.id);
    tell(&mut change, before, member, cause);
    let counted = tallies(ruling, target, ruling.undo_snapshot.effect.as_ref());
    change.tallies = counted.into_iter().map(taken_back).collect();
    change.tallies.push((
        TallyOf::Day,
        Tally {
            undone: 1,
            ..Tally::default()
        },
    ));
    Ok(change)
}

fn tallies(
    ruling: &Ruling,
    target: RulingSubject<'_>,
    older: Option<&RulingEffect>,
) -> Vec<(TallyOf, Tally)> {
    let decision = match target {
        RulingSubject::Comment { decision, .. } => Some(decision),
        RulingSubject::Shared(_) => None,
    };
    let case = &ruling.undo_snapshot.case;
    tallies_of_ruling(
        ruling,
        case,
        decision,
        older,
        case.conflicted_reviewer.as_ref(),
    )
}

fn taken_back((of, counted): (TallyOf, Tally)) -> (TallyOf, Tally) {
    let mut back = Tally::default();
    back.add(&counted, -1);
    (of, back)
}

/// Whether no other case was opened about the same nickname or tag since: at most one is open about each.
fn is_newest(case: &Case, target: RulingSubject<'_>) -> bool {
    shared_of(target).is_none_or(|record| record.case == Some(case.id))
}

const fn event_of(decision: RulingDecision) -> CaseEvent {
    match decision {
        RulingDecision::Approve => CaseEvent::Rule(Resolution::Approved),
        RulingDecision::Remove => CaseEvent::Rule(Resolution::Removed),
        RulingDecision::RemoveTags => CaseEvent::Rule(Resolution::TagsRemoved),
        RulingDecision::Escalate => CaseEvent::Escalate,
    }
}

fn may_touch(case: &Case, authority: RulingAuthority<'_>, now: Timestamp) -> Result<(), RuleFault> {
    if case.state == CaseState::Escalated && !authority.is_admin {
        return Err(RuleFault::Escalated);
    }
    match case.live_claim(now) {
        Some(held) if held.by != *authority.by => Err(RuleFault::Claimed(held.clone())),
        _ => Ok(()),
    }
}

fn check(request: &RulingRequest, target: RulingSubject<'_>) -> Result<(), RuleFault> {
    if let Some(fault) = request.faults().into_iter().next() {
        return Err(fault);
    }
    match (request.decision, target) {
        (RulingDecision::RemoveTags, RulingSubject::Shared(_)) => Err(RuleFault::TagsNotHere),
        (RulingDecision::RemoveTags, RulingSubject::Comment { decision, .. }) => {
            let unknown = request
                .tags
                .iter()
                .find(|tag| !decision.tags.iter().any(|known| known.tag == **tag));
            unknown.map_or(Ok(()), |tag| Err(RuleFault::UnknownTag(tag.clone())))
        }
        (RulingDecision::Remove, _) if lacks_code(request, target) => Err(RuleFault::MissingCode),
        (RulingDecision::Approve | RulingDecision::Remove | RulingDecision::Escalate, _) => Ok(()),
    }
}

/// Whether somebody has to say what for: the request removes a comment of which the filter has nothing to say.
pub fn lacks_code(request: &RulingRequest, target: RulingSubject<'_>) -> bool {
    match target {
        RulingSubject::Comment { decision, .. } => {
            request.decision == RulingDecision::Remove
                && request.code.is_none()
                && reason_of(decision).is_none()
        }
        RulingSubject::Shared(_) => false,
    }
}

/// The code that the filter would give for removing the comment.
fn reason_of(decision: &Decision) -> Option<ReasonCode> {
    let counts = |reason: &Reason| {
        reason.code.is_for_people()
            && reason.verdict > Verdict::Allow
            && decision.is_of_comment(reason)
    };
    decision.gravest(counts).map(|reason| reason.code)
}

fn code_of_filter(
    request: &RulingRequest,
    target: RulingSubject<'_>,
    case: &Case,
) -> Option<ReasonCode> {
    match (request.decision, target) {
        (RulingDecision::Approve | RulingDecision::Escalate, _) => None,
        (
            RulingDecision::Remove | RulingDecision::RemoveTags,
            RulingSubject::Comment { decision, .. },
        ) => reason_of(decision),
        (RulingDecision::Remove | RulingDecision::RemoveTags, RulingSubject::Shared(_)) => {
            Some(case.code)
        }
    }
}

/// The mark or the shared ruling that a ruling leaves behind; escalating leaves what was there.
fn effect_of(
    ruling: &Ruling,
    state: CaseState,
    target: RulingSubject<'_>,
    spelling: &str,
) -> (Option<Option<RulingEffect>>, Option<SubjectRecord>) {
    let CaseState::Resolved(resolution) = state else {
        return (None, None);
    };
    match target {
        RulingSubject::Comment { decision, .. } => {
            let mark = RulingEffect {
                ruling: ruling.id,
                resolution,
                tags: ruling.tags.clone(),
                code: ruling.code,
                seen_terms: decision.deciding_terms().map(str::to_owned).collect(),
                on_appeal: ruling.appeal.is_some(),
                at: ruling.at,
            };
            (Some(Some(mark)), None)
        }
        // Where only a sanction is contested, nothing is said of the nickname.
        RulingSubject::Shared(_)
            if ruling.undo_snapshot.case.sanction.is_some() || spelling.is_empty() =>
        {
            (None, None)
        }
        RulingSubject::Shared(record) => {
            let mut record = SubjectRecord {
                row_version: record.row_version + 1,
                ..record.clone()
            };
            let approved = resolution == Resolution::Approved;
            let text = spelling.to_owned();
            record.set_ruling(
                spelling,
                Some(SubjectRuling {
                    ruling: ruling.id,
                    text,
                    approved,
                    code: ruling.code,
                    on_appeal: ruling.appeal.is_some(),
                    at: ruling.at,
                }),
            );
            (None, Some(record))
        }
    }
}

/// The nickname's spelling or the tag that a case is about; empty for a comment.
pub fn spelling_of(case: &Case) -> &str {
    match &case.subject {
        Subject::Comment(_) => "",
        Subject::Nickname(_) => case
            .member
            .as_ref()
            .and_then(|member| member.nickname.as_deref())
            .unwrap_or(""),
        Subject::Tag { tag, .. } => tag,
    }
}

const fn mark_of(target: RulingSubject<'_>) -> Option<&RulingEffect> {
    match target {
        RulingSubject::Comment { mark, .. } => mark,
        RulingSubject::Shared(_) => None,
    }
}

const fn shared_of(target: RulingSubject<'_>) -> Option<&SubjectRecord> {
    match target {
        RulingSubject::Comment { .. } => None,
        RulingSubject::Shared(record) => Some(record),
    }
}
