//! What a ruling leaves in force on its subject, and what undo puts back there.

use crate::id::{MemberId, RulingId};
use crate::record::{
    Case, CaseState, Comment, Decision, Resolution, Ruling, RulingEffect, Subject, SubjectRecord,
    SubjectRuling, TagDecision, UndoSnapshot, Verdict, Words,
};

/// What a case is about, as stored.
#[derive(Debug, Clone)]
pub enum RulingSubject {
    /// A comment.
    Comment(Box<Comment>),
    /// A nickname or an article's tag, whose ruling applies to all comments that have it.
    Shared(SubjectRecord),
}

/// The comment, or the nickname's or tag's record, as it is written with a ruling; neither where nothing changes on it.
pub(super) type UpdatedSubject = (Option<Comment>, Option<SubjectRecord>);

impl RulingSubject {
    /// What the latest ruling leaves in force on the comment.
    fn effect(&self) -> Option<&RulingEffect> {
        match self {
            Self::Comment(comment) => comment.effect.as_ref(),
            Self::Shared(_) => None,
        }
    }

    /// What the filter decided about the comment.
    pub(super) fn decision(&self) -> Option<&Decision> {
        match self {
            Self::Comment(comment) => Some(comment.decision()),
            Self::Shared(_) => None,
        }
    }

    /// What the filter decided about the comment's tags; empty where the case is not about a comment.
    pub fn tags(&self) -> &[TagDecision] {
        self.decision().map_or(&[], |decision| &decision.tags)
    }

    /// The ruling in force on the subject, which the next one supersedes.
    pub fn ruling_in_force(&self, case: &Case) -> Option<RulingId> {
        self.undo_snapshot(case).ruling()
    }

    /// The member whose record a ruling changes. `None` where only a reporter named the author, not the board.
    pub fn member<'c>(&self, case: &'c Case) -> Option<&'c MemberId> {
        let is_provisional = match self {
            Self::Comment(comment) => comment.provisional,
            Self::Shared(_) => false,
        };
        let member = case.member.as_ref().filter(|_| !is_provisional);
        member.map(|member| &member.id)
    }

    /// Whether no other case was opened about the same nickname or tag since: at most one is open about each.
    pub(super) fn is_newest_case(&self, case: &Case) -> bool {
        match self {
            Self::Comment(_) => true,
            Self::Shared(record) => record.case == Some(case.id),
        }
    }

    /// What undo restores.
    pub(super) fn undo_snapshot(&self, case: &Case) -> UndoSnapshot {
        UndoSnapshot {
            case: case.clone(),
            effect: self.effect().cloned(),
            subject: match self {
                Self::Comment(_) => None,
                Self::Shared(record) => record.ruling(spelling_of(case)).cloned(),
            },
        }
    }

    /// Whether the subject is removed as it stands: by a ruling that holds for its newest text, else by the filter. `None`
    /// where no decision about it holds any more.
    pub(super) fn is_removed(&self, case: &Case) -> Option<bool> {
        let comment = match self {
            Self::Comment(comment) => comment,
            Self::Shared(record) => {
                return record
                    .ruling(spelling_of(case))
                    .map(|ruling| !ruling.approved);
            }
        };
        let effect = comment.effect_in_force();
        match effect.map(|effect| effect.resolution) {
            Some(Resolution::Removed | Resolution::Withdrawn) => Some(true),
            Some(Resolution::Approved | Resolution::TagsRemoved) => Some(false),
            None => is_removed_by_filter(comment.decision()).then_some(true),
        }
    }
}

/// By its own words, or by a tag where its own words are allowed: a comment that is flagged waits for a first decision.
fn is_removed_by_filter(decision: &Decision) -> bool {
    // Without a body, the reasons without a surface stand in for its verdict.
    let own = decision.body.unwrap_or(decision.unattached);
    match own.max(decision.unattached) {
        Verdict::Remove => true,
        Verdict::Allow => {
            let mut tags = decision.tags.iter();
            tags.any(|tag| tag.verdict == Verdict::Remove)
        }
        Verdict::Flag => false,
    }
}

/// The nickname's spelling or the tag that a case is about; empty for a comment.
pub fn spelling_of(case: &Case) -> &str {
    match &case.subject {
        Subject::Comment(_) => "",
        Subject::Nickname(_) => {
            let member = case.member.as_ref();
            let nickname = member.and_then(|member| member.nickname.as_deref());
            nickname.unwrap_or("")
        }
        Subject::Tag { tag, .. } => tag,
    }
}

/// The subject after a new ruling. Escalating leaves on it what was there.
pub(super) fn effect_of(
    ruling: &Ruling,
    state: CaseState,
    subject: &RulingSubject,
) -> UpdatedSubject {
    let CaseState::Resolved(resolution) = state else {
        return (None, None);
    };
    match subject {
        RulingSubject::Comment(comment) => {
            let effect = comment_effect(ruling, resolution, comment);
            (Some(with_effect(comment, Some(effect))), None)
        }
        RulingSubject::Shared(record) => (None, ruled_record(ruling, resolution, record)),
    }
}

fn comment_effect(ruling: &Ruling, resolution: Resolution, comment: &Comment) -> RulingEffect {
    let seen_terms = comment.decision().deciding_terms();
    RulingEffect {
        ruling: ruling.id,
        resolution,
        tags: ruling.tags.clone(),
        code: ruling.code,
        seen_terms: seen_terms.map(str::to_owned).collect(),
        on_appeal: ruling.appeal.is_some(),
        at: ruling.at,
        revision: Some(comment.newest.number),
        reply: reply_of(ruling),
    }
}

/// What the ruling says to the author in the notice of what it removes.
fn reply_of(ruling: &Ruling) -> Option<Words> {
    let reply = ruling.reply.as_ref();
    let removes = reply.filter(|_| ruling.decision.removes());
    removes.map(|reply| reply.text.clone())
}

/// `None` where only a sanction is appealed: nothing is decided about the nickname then.
fn ruled_record(
    ruling: &Ruling,
    resolution: Resolution,
    record: &SubjectRecord,
) -> Option<SubjectRecord> {
    let case = &ruling.undo_snapshot.case;
    let spelling = spelling_of(case);
    let is_about_spelling = case.sanction.is_none() && !spelling.is_empty();
    let subject_ruling = is_about_spelling.then(|| SubjectRuling {
        ruling: ruling.id,
        text: spelling.to_owned(),
        approved: resolution == Resolution::Approved,
        code: ruling.code,
        on_appeal: ruling.appeal.is_some(),
        at: ruling.at,
        reply: reply_of(ruling),
    })?;
    Some(with_ruling(record, spelling, Some(subject_ruling)))
}

/// The subject after a ruling that confirms what was in force: only an appeal is recorded in it.
pub(super) fn retained_effect(ruling: &Ruling, subject: &RulingSubject) -> UpdatedSubject {
    let on_appeal = ruling.appeal.is_some();
    match subject {
        RulingSubject::Comment(comment) => {
            let effect = comment.effect.as_ref();
            let effect = effect.filter(|effect| on_appeal && !effect.on_appeal);
            let noted = effect.map(|effect| RulingEffect {
                on_appeal,
                ..effect.clone()
            });
            (noted.map(|effect| with_effect(comment, Some(effect))), None)
        }
        RulingSubject::Shared(_) => (None, None),
    }
}

/// The subject after a ruling in this case was undone.
pub(super) fn restored_effect(
    ruling: &Ruling,
    case: &Case,
    subject: &RulingSubject,
) -> UpdatedSubject {
    let before = &ruling.undo_snapshot;
    match subject {
        RulingSubject::Comment(comment) => {
            let changes = comment.effect != before.effect;
            let restored = changes.then(|| with_effect(comment, before.effect.clone()));
            (restored, None)
        }
        RulingSubject::Shared(record) => {
            let changes = record.ruling(spelling_of(case)) != before.subject.as_ref();
            let restored =
                || with_ruling(record, spelling_of(&before.case), before.subject.clone());
            (None, changes.then(restored))
        }
    }
}

fn with_effect(comment: &Comment, effect: Option<RulingEffect>) -> Comment {
    Comment {
        effect,
        ..comment.next()
    }
}

fn with_ruling(
    record: &SubjectRecord,
    spelling: &str,
    ruling: Option<SubjectRuling>,
) -> SubjectRecord {
    let mut after = SubjectRecord {
        row_version: record.row_version + 1,
        ..record.clone()
    };
    after.set_ruling(spelling, ruling);
    after
}
