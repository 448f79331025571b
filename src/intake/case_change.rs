//! What is said about a comment once it stands: reports, appeals, and moderators who take it up unasked.
//!
//! Each finds the case that hears it, or opens one, and gives back a [`CaseChange`]: everything that is written for it.

use crate::{
    id::{AppealId, CaseId, MemberId, NoteId, ReportId, ReporterId, RulingId},
    policy::Rules,
    record::{
        Actor, Appeal, AppealedDecision, AuditAction, AuditDraft, AuditSubject, Case, CaseCause,
        CaseMember, CaseReason, Change, ChangeBuilder, Claim, Comment, Decision, DecisionPoint,
        DueQaSample, EventKind, Excerpt, MemberRecord, Note, Precondition, QaReview, Reason,
        ReasonCode, Report, ReportTotals, Resolution, Ruling, RulingDecision, Sanction, Source,
        Subject, SubjectRecord, Tally, TallyOf, Verdict, Write, state_name,
    },
    review::{
        Background, CaseEvent, EffectiveDecision, TransitionRefused, case_article, case_reason,
        effective_verdict, step,
    },
    text::Surface,
    time::{IdSource, Timestamp},
};

/// What is written for a report, an appeal or a case that a moderator takes up. Only this room makes one.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(missing_docs, reason = "each names the record that is written")]
pub struct CaseChange {
    pub case: Option<Case>,
    pub comment: Option<Comment>,
    pub subject: Option<SubjectRecord>,
    pub member: Option<MemberRecord>,
    pub report: Option<Report>,
    pub appeal: Option<Appeal>,
    pub note: Option<Note>,
    /// The ruling that removed what is reported late.
    pub ruling: Option<Ruling>,
    pub audit: Vec<AuditDraft>,
    /// What must still hold.
    pub expects: Vec<Precondition>,
}

impl CaseChange {
    /// The change that stores it.
    pub fn into_change(self) -> Change {
        self.into_builder().build()
    }

    fn into_builder(self) -> ChangeBuilder {
        let tally = match (&self.report, &self.appeal) {
            (Some(_), _) => Some(Tally {
                reports: 1,
                ..Tally::default()
            }),
            (None, Some(_)) => Some(Tally {
                appeals: 1,
                ..Tally::default()
            }),
            (None, None) => None,
        };
        // A report on what was removed before is decided as it is made.
        let is_late = self.ruling.is_some();
        let report = self.report.as_ref();
        let decided = report.filter(|report| report.decision_point.is_none() || is_late);
        ChangeBuilder::new()
            .events(decided.map(|report| EventKind::Report(report.id)))
            .require(self.expects)
            .write(self.case.map(Write::Case))
            .write(self.comment.map(Write::altered))
            .write(self.subject.map(Write::Subject))
            .write(self.member.map(Write::Member))
            .write(self.report.map(Write::Report))
            .write(self.appeal.map(Write::Appeal))
            .write(self.note.map(Write::Note))
            .write(self.ruling.map(Write::Ruling))
            .audit(self.audit)
            .count(tally.map(|tally| (TallyOf::Day, tally)), None)
    }
}

/// A QA review that is due no more, with the case that it opened, where it opened one.
pub fn sample_handled(due: DueQaSample, opened: Option<CaseChange>) -> Change {
    opened
        .map_or_else(ChangeBuilder::new, CaseChange::into_builder)
        .write([Write::DeleteQaSample(due)])
        .build()
}

/// A report with its fields checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRequest {
    /// Who reports; the board's id.
    pub reporter: ReporterId,
    /// What for; a code that people may give.
    pub code: ReasonCode,
    /// In the reader's words.
    pub note: Option<String>,
    /// What of the comment is meant.
    pub surface: Option<Surface>,
    /// Which tag.
    pub tag: Option<String>,
}

/// What is known of a report's worth before it is filed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportWeight {
    /// In hundredths.
    pub weight: u32,
    /// Its reporter reports together with others.
    pub coordinated: bool,
    /// Enough reports since the last approval to look again, this one counted.
    pub reopens: bool,
}

impl ReportWeight {
    const fn counted(self) -> ReportTotals {
        ReportTotals {
            count: 1,
            weight: self.weight,
            coordinated: self.coordinated as u32,
        }
    }
}

/// A comment as it stands, and what a moderator or a reader may want of it.
#[derive(Debug, Clone, Copy)]
pub struct CaseContext<'a> {
    /// The comment.
    pub comment: &'a Comment,
    /// What is known around it.
    pub background: &'a Background,
}

impl CaseContext<'_> {
    /// What is in force on it.
    pub fn effective(&self) -> EffectiveDecision {
        let newest = &self.comment.newest;
        let mut standing = self
            .background
            .standing(newest.nickname.as_deref(), &newest.tags);
        standing.effect = self.comment.effect.as_ref();
        effective_verdict(self.comment.decision(), &standing)
    }

    /// Whether what is reported is removed already.
    pub fn is_removed(&self, surface: Option<Surface>, tag: Option<&str>) -> bool {
        let now = self.effective();
        let tags_removed = || {
            let mut meant = now
                .tags
                .iter()
                .filter(|one| tag.is_none_or(|tag| one.tag == tag));
            meant.clone().next().is_some() && meant.all(|one| one.verdict == Verdict::Remove)
        };
        now.verdict == Verdict::Remove
            || match surface {
                Some(Surface::Nickname) => now.nickname == Some(Verdict::Remove),
                Some(Surface::Tags) => tags_removed(),
                Some(Surface::Body) | None => false,
            }
    }

    /// The ruling without which what is reported would not be removed; none where the filter removes it by itself.
    pub fn removed_by(&self, surface: Option<Surface>, tag: Option<&str>) -> Option<RulingId> {
        let (comment, decision) = (self.comment, self.comment.decision());
        let newest = &comment.newest;
        let standing = self
            .background
            .standing(newest.nickname.as_deref(), &newest.tags);
        let mark = comment
            .effect
            .as_ref()
            .filter(|mark| mark.holds_for(decision));
        if decision.verdict == Verdict::Remove {
            return None;
        }
        let whole = mark.filter(|mark| mark.resolution == Resolution::Removed);
        let nickname = standing.nickname.filter(|ruling| !ruling.approved);
        let of_tag = || {
            let wanted = tag.filter(|_| surface == Some(Surface::Tags))?;
            let place = newest.tags.iter().position(|tag| tag == wanted)?;
            let shared = standing.tags.get(place).copied().flatten();
            let by_mark = mark.filter(|mark| mark.tags.iter().any(|tag| tag == wanted));
            let filter = decision.tags.get(place)?.verdict;
            by_mark
                .map(|mark| mark.ruling)
                .or(shared.filter(|one| !one.approved).map(|one| one.ruling))
                .filter(|_| filter < Verdict::Remove)
        };
        whole
            .map(|mark| mark.ruling)
            .or(nickname.map(|ruling| ruling.ruling))
            .or_else(of_tag)
    }

    /// What a report of this surface, or a moderator, is about: a nickname is its member's.
    fn subject(&self, surface: Option<Surface>) -> Subject {
        match (&self.comment.member, surface) {
            // Whether the member bears it only the board can say.
            _ if self.comment.provisional => Subject::Comment(self.comment.id.clone()),
            (Some(member), Some(Surface::Nickname)) => Subject::Nickname(member.clone()),
            _ => Subject::Comment(self.comment.id.clone()),
        }
    }

    fn record(&self, subject: &Subject) -> Option<&SubjectRecord> {
        match subject {
            Subject::Comment(_) => None,
            Subject::Nickname(_) => self.background.nickname_record.as_ref(),
            Subject::Tag { tag, .. } => self.background.tag(tag),
        }
    }

    /// The case about a subject of this comment: of a nickname or tag, only one that waits, since the next is a new one.
    fn case(&self, subject: &Subject) -> Option<&Case> {
        match self.record(subject) {
            None => self.background.case(self.comment.case),
            Some(record) => self
                .background
                .case(record.case)
                .filter(|case| case.state.is_unresolved()),
        }
    }

    fn excerpt(&self, surface: Option<Surface>, tag: Option<&str>) -> Excerpt {
        let newest = &self.comment.newest;
        let first_tag = || newest.tags.first().map(String::as_str);
        match surface {
            Some(Surface::Nickname) => {
                let nickname = newest.nickname.as_deref().unwrap_or("");
                Excerpt::around(Surface::Nickname, nickname, None)
            }
            Some(Surface::Tags) => {
                Excerpt::around(Surface::Tags, tag.or_else(first_tag).unwrap_or(""), None)
            }
            Some(Surface::Body) | None => {
                Excerpt::around(Surface::Body, newest.body.as_deref().unwrap_or(""), None)
            }
        }
    }

    fn ground(
        &self,
        code: ReasonCode,
        surface: Option<Surface>,
        tag: Option<&str>,
        rules: &Rules,
    ) -> CaseReason {
        CaseReason {
            code,
            surface,
            severity: rules.row(code).severity,
            term: None,
            excerpt: self.excerpt(surface, tag),
        }
    }

    /// The case as it is written next: what there is after `event`, or a new one.
    fn transition(
        &self,
        subject: Subject,
        event: CaseEvent,
        new: CaseReason,
        source: Source,
        ids: &mut IdSource,
    ) -> Result<CaseTransition, TransitionRefused> {
        let now = ids.now;
        if let Some(known) = self.case(&subject) {
            let state = step(known.state, event)?;
            let reopened = state != known.state;
            let mut case = Case {
                state,
                ..known.next(now)
            };
            if reopened {
                case.opened_at = now;
                case.grounded(new);
            }
            if reopened || known.state.is_unresolved() {
                case.opened_by(source);
            }
            return Ok(CaseTransition {
                before: Some(known.clone()),
                case,
            });
        }
        let newest = &self.comment.newest;
        let case = Case {
            score: self.comment.decision().score,
            comment: Some(self.comment.id.clone()),
            article: case_article(self.comment, self.background.article.as_ref()),
            member: self.comment.member.as_ref().map(|id| CaseMember {
                id: id.clone(),
                nickname: newest.nickname.clone(),
            }),
            ..Case::opened(CaseId(ids.id()), subject, new, source, now)
        };
        Ok(CaseTransition { before: None, case })
    }

    /// The comment or the record that has to name a case which was opened for it.
    fn change_for(&self, transition: &CaseTransition) -> CaseChange {
        let mut change = CaseChange {
            expects: vec![match &transition.before {
                Some(before) => Precondition::Case(before.id, before.row_version),
                None => Precondition::Case(transition.case.id, 0),
            }],
            ..CaseChange::default()
        };
        if transition.before.is_some() {
            return change;
        }
        match self.record(&transition.case.subject) {
            None => {
                let comment = self.comment;
                change.expects.push(Precondition::Comment(
                    comment.id.clone(),
                    comment.row_version,
                ));
                change.comment = Some(Comment {
                    case: Some(transition.case.id),
                    row_version: comment.row_version + 1,
                    ..comment.clone()
                });
            }
            Some(record) => {
                change.expects.push(Precondition::Subject(
                    record.subject.clone(),
                    record.row_version,
                ));
                change.subject = Some(SubjectRecord {
                    case: Some(transition.case.id),
                    row_version: record.row_version + 1,
                    ..record.clone()
                });
            }
        }
        change
    }
}

/// A case before and after.
struct CaseTransition {
    before: Option<Case>,
    case: Case,
}

impl CaseTransition {
    /// The story, where the case was opened or opened again.
    fn audit(&self, cause: CaseCause, by: &Actor) -> Option<AuditDraft> {
        let from = self.before.as_ref().map(|before| before.state);
        let action = match from {
            None => AuditAction::CaseOpened(cause),
            Some(before) if before != self.case.state => AuditAction::CaseReopened(cause),
            Some(_) => return None,
        };
        Some(AuditDraft {
            from: from.map(state_name),
            to: Some(state_name(self.case.state)),
            ..AuditDraft::new(
                self.case.changed_at,
                by,
                action,
                AuditSubject::from(&self.case.subject),
            )
        })
    }
}

/// Files a reader's report. On what is removed already it is right at once: where a ruling removed it, `under`, as long as that
/// stands.
pub fn report(
    context: CaseContext<'_>,
    reporting: ReportRequest,
    weight: ReportWeight,
    under: Option<(Ruling, Case)>,
    rules: &Rules,
    by: &Actor,
    ids: &mut IdSource,
) -> Result<CaseChange, TransitionRefused> {
    let (surface, tag) = (reporting.surface, reporting.tag.clone());
    let mut report = Report {
        id: ReportId(ids.id()),
        comment: context.comment.id.clone(),
        reporter: reporting.reporter,
        code: reporting.code,
        note: reporting.note,
        surface,
        tag: tag.clone(),
        at: ids.now,
        decision_point: None,
        dismissal: None,
        coordinated: weight.coordinated,
        weight: weight.weight,
    };
    let told = AuditDraft {
        to: Some(report.code.name().to_owned()),
        ..AuditDraft::new(
            ids.now,
            by,
            AuditAction::ReportMade {
                report: report.id,
                reporter: report.reporter.clone(),
            },
            AuditSubject::Comment(context.comment.id.clone()),
        )
    };
    // Each reader counts once, however often it is sent at the same moment.
    let once = Precondition::Unreported(report.comment.clone(), report.reporter.clone());
    if context.is_removed(surface, tag.as_deref()) {
        let mut change = CaseChange {
            audit: vec![told],
            expects: vec![
                Precondition::Comment(context.comment.id.clone(), context.comment.row_version),
                once,
            ],
            ..CaseChange::default()
        };
        if let Some((ruling, case)) = under {
            report.decision_point = Some(join_late(&mut change, ruling, case, weight));
        }
        change.report = Some(report);
        return Ok(change);
    }
    let ground = context.ground(report.code, surface, tag.as_deref(), rules);
    let event = CaseEvent::Report {
        reopens: weight.reopens,
    };
    let mut transition =
        context.transition(context.subject(surface), event, ground, Source::Report, ids)?;
    transition.case.reported = transition.case.reported.and(weight.counted());
    report.decision_point = Some(DecisionPoint::of(&transition.case));
    let mut change = context.change_for(&transition);
    change.expects.push(once);
    change.audit = std::iter::once(told)
        .chain(transition.audit(CaseCause::Code(report.code), by))
        .collect();
    (change.report, change.case) = (Some(report), Some(transition.case));
    Ok(change)
}

/// A report on what a ruling removed is heard as though it had come before it, and so is right with it; an undo lets it
/// wait with the others.
fn join_late(
    change: &mut CaseChange,
    ruling: Ruling,
    case: Case,
    weight: ReportWeight,
) -> DecisionPoint {
    let hearing = DecisionPoint {
        case: case.id,
        version: ruling.version.saturating_sub(1),
    };
    change
        .expects
        .push(Precondition::Case(case.id, case.row_version));
    let mut case = Case {
        row_version: case.row_version + 1,
        ..case
    };
    case.is_reported();
    change.case = Some(case);
    change.ruling = Some(Ruling {
        late_reports: ruling.late_reports.and(weight.counted()),
        ..ruling
    });
    hearing
}

/// What an author can contest of a comment as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppealTarget {
    /// The removal.
    pub contested: AppealedDecision,
    /// What the case is about that hears it.
    pub subject: Subject,
    /// When it was removed.
    pub removed_at: Timestamp,
    /// An appeal decided it: that is final.
    pub is_final: bool,
}

/// The removal in force: of the comment, else of its nickname, else of a tag; none where nothing is removed.
pub fn contestable(context: CaseContext<'_>) -> Option<AppealTarget> {
    let CaseContext {
        comment,
        background,
    } = context;
    let (newest, now) = (&comment.newest, context.effective());
    let decision = comment.decision();
    let by_filter = |subject: Subject| AppealTarget {
        contested: AppealedDecision::Filter(newest.number),
        subject,
        removed_at: comment.judged_at(),
        is_final: false,
    };
    let about_comment = || Subject::Comment(comment.id.clone());
    let mark = comment
        .effect
        .as_ref()
        .filter(|mark| mark.holds_for(decision));
    let by_mark = || {
        let mark = mark?;
        Some(AppealTarget {
            contested: AppealedDecision::Ruling(mark.ruling),
            subject: about_comment(),
            removed_at: mark.at,
            is_final: mark.on_appeal,
        })
    };
    let own = now.body.unwrap_or(decision.unattached) == Verdict::Remove
        || (mark.is_some()
            && now.verdict == Verdict::Remove
            && now.nickname != Some(Verdict::Remove));
    if own {
        return by_mark().or_else(|| Some(by_filter(about_comment())));
    }
    let ruled = |record: &SubjectRecord, text: &str| {
        let ruling = record.ruling(text)?;
        Some(AppealTarget {
            contested: AppealedDecision::Ruling(ruling.ruling),
            subject: record.subject.clone(),
            removed_at: ruling.at,
            is_final: ruling.on_appeal,
        })
    };
    if now.nickname == Some(Verdict::Remove) {
        let record = background.nickname_record.as_ref()?;
        let own = if comment.provisional {
            about_comment()
        } else {
            record.subject.clone()
        };
        return ruled(record, newest.nickname.as_deref()?).or_else(|| Some(by_filter(own)));
    }
    let place = now
        .tags
        .iter()
        .position(|tag| tag.verdict == Verdict::Remove)?;
    let tag = &now.tags[place].tag;
    if mark.is_some_and(|mark| mark.tags.contains(tag)) {
        return by_mark();
    }
    let record = background.tag(tag);
    if let Some(ruling) = record.and_then(|record| ruled(record, tag)) {
        return Some(ruling);
    }
    let off_topic = decision.tags.get(place).is_some_and(|tag| tag.off_topic);
    let shared = record
        .filter(|_| off_topic && !comment.provisional)
        .map(|record| record.subject.clone());
    Some(by_filter(shared.unwrap_or_else(about_comment)))
}

/// An author's word against a removal or a sanction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppealRequest {
    /// Who.
    pub member: MemberId,
    /// Why.
    pub statement: String,
    /// Who ruled what is contested.
    pub conflicted_reviewer: Option<Actor>,
}

/// Files an appeal against what is removed of a comment.
pub fn appeal(
    context: CaseContext<'_>,
    what: &AppealTarget,
    request: AppealRequest,
    by: &Actor,
    ids: &mut IdSource,
) -> Result<CaseChange, TransitionRefused> {
    let id = AppealId(ids.id());
    let new = contested_ground(context, &what.subject);
    let mut transition = context.transition(
        what.subject.clone(),
        CaseEvent::Appeal,
        new,
        Source::Appeal,
        ids,
    )?;
    // An appeal moves the version: nobody rules past it.
    transition.case.version += u32::from(transition.before.is_some());
    transition.case.appeal = Some(id);
    transition.case.conflicted_reviewer = request.conflicted_reviewer.clone();
    transition.case.claim = transition
        .case
        .claim
        .filter(|claim| Some(&claim.by) != request.conflicted_reviewer.as_ref());
    let mut change = context.change_for(&transition);
    let comment = change.comment.take().unwrap_or_else(|| {
        let comment = context.comment;
        change.expects.push(Precondition::Comment(
            comment.id.clone(),
            comment.row_version,
        ));
        Comment {
            row_version: comment.row_version + 1,
            ..comment.clone()
        }
    });
    let mut comment = comment;
    comment.appeals.push((what.contested, id));
    let appeal = Appeal {
        id,
        member: request.member,
        comment: Some(comment.id.clone()),
        appealed: what.contested,
        statement: request.statement,
        at: ids.now,
        decision_point: DecisionPoint::of(&transition.case),
    };
    change.audit = appeal_audit(&appeal, &transition, by);
    change.comment = Some(comment);
    (change.appeal, change.case) = (Some(appeal), Some(transition.case));
    Ok(change)
}

fn appeal_audit(appeal: &Appeal, transition: &CaseTransition, by: &Actor) -> Vec<AuditDraft> {
    let subject = AuditSubject::from(&transition.case.subject);
    let action = AuditAction::AppealMade {
        appeal: appeal.id,
        member: appeal.member.clone(),
    };
    let made = AuditDraft::new(appeal.at, by, action, subject);
    std::iter::once(made)
        .chain(transition.audit(CaseCause::Appeal, by))
        .collect()
}

/// What the case shows of what is contested: the gravest reason that the filter gave for it.
fn contested_ground(context: CaseContext<'_>, subject: &Subject) -> CaseReason {
    let revision = &context.comment.newest;
    let decision: &Decision = context.comment.decision();
    let meant = |reason: &Reason| match subject {
        Subject::Comment(_) => reason.surface != Some(Surface::Nickname),
        Subject::Nickname(_) => reason.surface == Some(Surface::Nickname),
        Subject::Tag { tag, .. } => reason.tag.as_ref() == Some(tag),
    };
    let counts = |reason: &Reason| reason.verdict > Verdict::Allow && meant(reason);
    let (surface, tag) = match subject {
        Subject::Comment(_) => (Some(Surface::Body), None),
        Subject::Nickname(_) => (Some(Surface::Nickname), None),
        Subject::Tag { tag, .. } => (Some(Surface::Tags), Some(tag.as_str())),
    };
    let unknown = || CaseReason {
        code: ReasonCode::Other,
        surface,
        severity: 1,
        term: None,
        excerpt: context.excerpt(surface, tag),
    };
    let known = decision.gravest(counts);
    known.map_or_else(unknown, |reason| case_reason(reason, revision))
}

/// A member, and the case that hears what is said of them.
#[derive(Debug, Clone, Copy)]
pub struct MemberCaseContext<'a> {
    /// The member.
    pub member: &'a MemberRecord,
    /// What is kept about their nickname.
    pub record: &'a SubjectRecord,
    /// The case, open or resolved: the one in which a sanction was ruled, else the one about the member.
    pub case: Option<&'a Case>,
}

impl MemberCaseContext<'_> {
    fn transition(
        &self,
        event: CaseEvent,
        new: CaseReason,
        source: Source,
        ids: &mut IdSource,
    ) -> Result<CaseTransition, TransitionRefused> {
        let now = ids.now;
        let about_member = |case: &&Case| matches!(case.subject, Subject::Nickname(_));
        let joins = self
            .case
            .filter(|case| !about_member(case) || case.state.is_unresolved());
        if let Some(known) = joins {
            let state = step(known.state, event)?;
            let mut case = Case {
                state,
                ..known.next(now)
            };
            if state != known.state {
                case.opened_at = now;
            }
            case.opened_by(source);
            return Ok(CaseTransition {
                before: Some(known.clone()),
                case,
            });
        }
        let subject = Subject::Nickname(self.member.id.clone());
        let case = Case {
            member: Some(CaseMember {
                id: self.member.id.clone(),
                nickname: self.member.nickname().map(|nickname| nickname.text.clone()),
            }),
            ..Case::opened(CaseId(ids.id()), subject, new, source, now)
        };
        Ok(CaseTransition { before: None, case })
    }

    fn named(&self, transition: &CaseTransition) -> CaseChange {
        let (subject, expects) = match &transition.before {
            Some(before) => (
                None,
                vec![Precondition::Case(before.id, before.row_version)],
            ),
            None => {
                let record = SubjectRecord {
                    case: Some(transition.case.id),
                    row_version: self.record.row_version + 1,
                    ..self.record.clone()
                };
                let expects =
                    Precondition::Subject(record.subject.clone(), self.record.row_version);
                (Some(record), vec![expects])
            }
        };
        CaseChange {
            subject,
            expects,
            ..CaseChange::default()
        }
    }

    fn ground(&self, code: ReasonCode, severity: u8) -> CaseReason {
        let nickname = self.member.nickname().map_or("", |nickname| &nickname.text);
        CaseReason {
            code,
            surface: Some(Surface::Nickname),
            severity,
            term: None,
            excerpt: Excerpt::around(Surface::Nickname, nickname, None),
        }
    }
}

/// Files an appeal against a sanction.
pub fn appeal_sanction(
    context: MemberCaseContext<'_>,
    sanction: &Sanction,
    request: AppealRequest,
    rules: &Rules,
    by: &Actor,
    ids: &mut IdSource,
) -> Result<CaseChange, TransitionRefused> {
    let id = AppealId(ids.id());
    let code = sanction.code.unwrap_or(ReasonCode::Other);
    let new = context.ground(code, rules.row(code).severity);
    let mut transition = context.transition(CaseEvent::Appeal, new, Source::Appeal, ids)?;
    transition.case.version += u32::from(transition.before.is_some());
    transition.case.appeal = Some(id);
    transition.case.conflicted_reviewer = request.conflicted_reviewer.clone();
    transition.case.sanction = sanction.ruling.is_none().then_some(sanction.id);
    transition.case.claim = transition
        .case
        .claim
        .filter(|claim| Some(&claim.by) != request.conflicted_reviewer.as_ref());
    let mut member = context.member.clone();
    member.row_version += 1;
    for one in member
        .sanctions
        .iter_mut()
        .filter(|one| one.id == sanction.id)
    {
        one.appeal = Some(id);
    }
    let appeal = Appeal {
        id,
        member: request.member,
        comment: None,
        appealed: AppealedDecision::Sanction(sanction.id),
        statement: request.statement,
        at: ids.now,
        decision_point: DecisionPoint::of(&transition.case),
    };
    let mut change = context.named(&transition);
    change.expects.push(Precondition::Member(
        member.id.clone(),
        context.member.row_version,
    ));
    change.audit = appeal_audit(&appeal, &transition, by);
    change.member = Some(member);
    (change.appeal, change.case) = (Some(appeal), Some(transition.case));
    Ok(change)
}

/// A case that a moderator takes up unasked, and holds from then on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModeratorCase {
    /// For what.
    pub code: ReasonCode,
    /// A note for colleagues.
    pub note: Option<String>,
    /// The moderator's lease.
    pub claim: Claim,
}

/// Takes up a comment that nobody flagged.
pub fn open_case(
    context: CaseContext<'_>,
    taken: ModeratorCase,
    rules: &Rules,
    by: &Actor,
    ids: &mut IdSource,
) -> Result<CaseChange, TransitionRefused> {
    let ground = context.ground(taken.code, Some(Surface::Body), None, rules);
    let subject = Subject::Comment(context.comment.id.clone());
    let transition =
        context.transition(subject, CaseEvent::TakeUp, ground, Source::Moderator, ids)?;
    Ok(taken_up(
        context.change_for(&transition),
        transition,
        taken,
        by,
        ids,
    ))
}

/// Takes up a member: their nickname.
pub fn open_member_case(
    context: MemberCaseContext<'_>,
    taken: ModeratorCase,
    rules: &Rules,
    by: &Actor,
    ids: &mut IdSource,
) -> Result<CaseChange, TransitionRefused> {
    let new = context.ground(taken.code, rules.row(taken.code).severity);
    let transition = context.transition(CaseEvent::TakeUp, new, Source::Moderator, ids)?;
    Ok(taken_up(
        context.named(&transition),
        transition,
        taken,
        by,
        ids,
    ))
}

fn taken_up(
    mut change: CaseChange,
    mut transition: CaseTransition,
    taken: ModeratorCase,
    by: &Actor,
    ids: &mut IdSource,
) -> CaseChange {
    let story = transition.audit(CaseCause::Code(taken.code), by);
    transition.case.claim = Some(taken.claim);
    let claimed = AuditDraft {
        to: Some(by.to_string()),
        ..AuditDraft::new(
            ids.now,
            by,
            AuditAction::CaseClaimed,
            AuditSubject::from(&transition.case.subject),
        )
    };
    change.note = taken.note.map(|text| Note {
        id: NoteId(ids.id()),
        case: transition.case.id,
        by: by.clone(),
        at: ids.now,
        text,
    });
    change.audit = story.into_iter().chain([claimed]).collect();
    change.case = Some(transition.case);
    change
}

/// Opens a resolved case again for a second look; none where it has moved since.
pub fn sample(
    case: &Case,
    look: QaReview,
    barred: Option<Actor>,
    now: Timestamp,
) -> Option<CaseChange> {
    let state = step(case.state, CaseEvent::Sample).ok()?;
    let mut after = Case {
        state,
        version: case.version + 1,
        qa_review: Some(look),
        conflicted_reviewer: barred,
        opened_at: now,
        ..case.next(now)
    };
    after.opened_by(Source::Sample);
    let audit = AuditDraft {
        from: Some(state_name(case.state)),
        to: Some(state_name(state)),
        ..AuditDraft::new(
            now,
            &Actor::System,
            AuditAction::CaseSampled,
            AuditSubject::from(&case.subject),
        )
    };
    Some(CaseChange {
        expects: vec![Precondition::Case(case.id, case.row_version)],
        case: Some(after),
        audit: vec![audit],
        ..CaseChange::default()
    })
}

/// Opens a case on what the filter removed, for a second look; none where somebody looks already.
pub fn qa_review_of_removal(context: CaseContext<'_>, ids: &mut IdSource) -> Option<CaseChange> {
    let subject = Subject::Comment(context.comment.id.clone());
    let ground = contested_ground(context, &subject);
    let mut transition = context
        .transition(subject, CaseEvent::Sample, ground, Source::Sample, ids)
        .ok()?;
    transition.case.version += u32::from(transition.before.is_some());
    transition.case.qa_review = Some(QaReview {
        ruling: None,
        decision: RulingDecision::Remove,
        tags: Vec::new(),
    });
    let mut change = context.change_for(&transition);
    change.audit = transition
        .audit(CaseCause::Sample, &Actor::System)
        .into_iter()
        .collect();
    change.case = Some(transition.case);
    Some(change)
}
