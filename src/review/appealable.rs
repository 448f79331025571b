//! What an author can appeal, and until when.

use super::{EffectiveTag, TransitionRefused, case_opening::CaseContext};
use crate::{
    member::SanctionKind,
    record::{
        AppealedDecision, RulingEffect, Sanction, Subject, SubjectRecord, SubjectRuling, Verdict,
    },
    time::Timestamp,
};

/// A removal that its author can appeal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppealTarget {
    /// The decision that removed it.
    pub appealed: AppealedDecision,
    /// What the case that decides the appeal is about.
    pub subject: Subject,
    /// When it was removed.
    pub removed_at: Timestamp,
    /// An appeal decided it: that is final.
    pub is_final: bool,
}

impl AppealTarget {
    fn by_filter(context: CaseContext<'_>, subject: Subject) -> Self {
        Self {
            appealed: AppealedDecision::Filter(context.comment.newest.number),
            subject,
            removed_at: context.comment.judged_at(),
            is_final: false,
        }
    }

    fn by_ruling(effect: &RulingEffect, subject: Subject) -> Self {
        Self {
            appealed: AppealedDecision::Ruling(effect.ruling),
            subject,
            removed_at: effect.at,
            is_final: effect.on_appeal,
        }
    }

    fn by_subject_ruling(ruling: &SubjectRuling, record: &SubjectRecord) -> Self {
        Self {
            appealed: AppealedDecision::Ruling(ruling.ruling),
            subject: record.subject.clone(),
            removed_at: ruling.at,
            is_final: ruling.on_appeal,
        }
    }
}

/// Why an author cannot appeal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AppealRefused {
    /// Nothing is removed, or the sanction is not in force.
    #[error("nothing to appeal")]
    Nothing,
    /// It was appealed before, or another appeal is open in the same case.
    #[error("appealed already")]
    Already,
    /// The time for it is over.
    #[error("too late to appeal")]
    TooLate,
}

impl From<TransitionRefused> for AppealRefused {
    fn from(_: TransitionRefused) -> Self {
        Self::Nothing
    }
}

/// The removal that can be appealed: once each, in time, and not while the case has another open appeal, whose ruling will
/// answer both.
pub fn appeal_target(
    context: CaseContext<'_>,
    appeal_ms: i64,
    now: Timestamp,
) -> Result<AppealTarget, AppealRefused> {
    let target = removal(context).ok_or(AppealRefused::Nothing)?;
    let mut cases = context.background.cases.iter();
    let is_pending = cases.any(|case| case.subject == target.subject && case.appeal.is_some());
    let mut appeals = context.comment.appeals.iter();
    let was_appealed = appeals.any(|(appealed, _)| *appealed == target.appealed);
    if was_appealed || is_pending || target.is_final {
        return Err(AppealRefused::Already);
    }
    if now > target.removed_at.plus_ms(appeal_ms) {
        return Err(AppealRefused::TooLate);
    }
    Ok(target)
}

/// Until when the author can appeal; `None` if they cannot, or no longer.
pub fn appealable_until(
    context: CaseContext<'_>,
    appeal_ms: i64,
    now: Timestamp,
) -> Option<Timestamp> {
    let comment = context.comment;
    let has_author =
        comment.withdrawn_at.is_none() && comment.purged_at.is_none() && comment.member.is_some();
    let target = has_author.then(|| appeal_target(context, appeal_ms, now))?;
    Some(target.ok()?.removed_at.plus_ms(appeal_ms))
}

/// Until when a sanction can be appealed; `None` if it cannot, or no longer. The case it belongs to may still have another
/// appeal pending, which is checked when the appeal is filed.
pub fn sanction_appealable_until(
    sanction: &Sanction,
    appeal_ms: i64,
    now: Timestamp,
) -> Option<Timestamp> {
    check_sanction_appealable(sanction, appeal_ms, now).ok()?;
    Some(sanction.at.plus_ms(appeal_ms))
}

pub(super) fn check_sanction_appealable(
    sanction: &Sanction,
    appeal_ms: i64,
    now: Timestamp,
) -> Result<(), AppealRefused> {
    if sanction.appeal.is_some() {
        return Err(AppealRefused::Already);
    }
    // A warning has no duration and is never live; it can be appealed all the same.
    let is_in_force = sanction.is_live(now) || sanction.kind == SanctionKind::Warn;
    if !is_in_force || sanction.revoked.is_some() {
        return Err(AppealRefused::Nothing);
    }
    if now > sanction.at.plus_ms(appeal_ms) {
        return Err(AppealRefused::TooLate);
    }
    Ok(())
}

/// The removal in force: of the comment, else of its nickname, else of a tag; `None` where nothing is removed.
fn removal(context: CaseContext<'_>) -> Option<AppealTarget> {
    let (decision, effective) = (context.comment.decision(), context.effective());
    let is_nickname_removed = effective.nickname == Some(Verdict::Remove);
    // `effective.body` says nothing of a comment without a body, which a ruling can remove all the same.
    let is_ruled_removed = context.comment.effect_in_force().is_some()
        && effective.verdict == Verdict::Remove
        && !is_nickname_removed;
    if is_ruled_removed || effective.body.unwrap_or(decision.unattached) == Verdict::Remove {
        return Some(removal_of_comment(context));
    }
    if is_nickname_removed {
        return removal_of_nickname(context);
    }
    let is_removed = |tag: &EffectiveTag| tag.verdict == Verdict::Remove;
    let place = effective.tags.iter().position(is_removed)?;
    Some(removal_of_tag(context, place, &effective.tags[place].tag))
}

fn removal_of_comment(context: CaseContext<'_>) -> AppealTarget {
    let subject = Subject::Comment(context.comment.id.clone());
    match context.comment.effect_in_force() {
        Some(effect) => AppealTarget::by_ruling(effect, subject),
        None => AppealTarget::by_filter(context, subject),
    }
}

fn removal_of_nickname(context: CaseContext<'_>) -> Option<AppealTarget> {
    let comment = context.comment;
    let record = context.background.nickname_record.as_ref()?;
    let subject = if comment.provisional {
        Subject::Comment(comment.id.clone())
    } else {
        record.subject.clone()
    };
    Some(match record.ruling(comment.newest.nickname.as_deref()?) {
        Some(ruling) => AppealTarget::by_subject_ruling(ruling, record),
        None => AppealTarget::by_filter(context, subject),
    })
}

fn removal_of_tag(context: CaseContext<'_>, place: usize, tag: &String) -> AppealTarget {
    let comment = context.comment;
    let about_comment = Subject::Comment(comment.id.clone());
    if let Some(effect) = context
        .comment
        .effect_in_force()
        .filter(|effect| effect.tags.contains(tag))
    {
        return AppealTarget::by_ruling(effect, about_comment);
    }
    let record = context.background.tag(tag);
    if let Some((record, ruling)) = record.and_then(|record| Some((record, record.ruling(tag)?))) {
        return AppealTarget::by_subject_ruling(ruling, record);
    }
    let filter = comment.decision().tags.get(place);
    let is_shared = filter.is_some_and(|tag| tag.off_topic) && !comment.provisional;
    let shared = record.filter(|_| is_shared);
    let subject = shared.map_or(about_comment, |record| record.subject.clone());
    AppealTarget::by_filter(context, subject)
}
