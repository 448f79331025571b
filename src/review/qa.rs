//! QA reviews: a sample of rulings and of the filter's removals is decided again by another moderator, blind.
//!
//! The first decision stays in effect until the second. Whether a decision is sampled is derived from its random id, so the
//! choice needs no random number of its own, and nobody can foresee it.

use super::{
    CaseEvent,
    case_opening::{CaseContext, continued},
};
use crate::{
    record::{
        Actor, AuditAction, AuditDraft, Case, CaseCause, Change, ChangeBuilder, Comment,
        DueQaSample, QaReview, QaSample, QaSampleOf, Ruling, RulingDecision, Source, Subject,
        Verdict, Write,
    },
    time::{IdSource, Timestamp},
};

/// Whether an id falls into a sample of `permille` out of a thousand.
fn is_sampled(id: ulid::Ulid, permille: u32) -> bool {
    // An id is a time and random bits. Ids of one millisecond count up in the last bits and share all others, so both halves
    // are mixed into a multiplicative hash (the constant is 2^64 / golden ratio) and its upper half decides.
    let mixed = (id.0 as u64 ^ (id.0 >> 64) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 32) % 1_000 < u64::from(permille)
}

/// The QA review that a ruling gets, if it is sampled. A ruling on an appeal or a QA review gets none.
pub(super) fn sample_of_ruling(ruling: &Ruling, permille: u32) -> Option<QaSample> {
    let is_eligible = ruling.qa_review.is_none()
        && ruling.appeal.is_none()
        && ruling.decision != RulingDecision::Escalate;
    (is_eligible && is_sampled(ruling.id.0, permille)).then(|| QaSample {
        // Not while its moderator can still undo it.
        due_at: ruling.undo_until.plus_ms(1),
        of: QaSampleOf::Ruling(ruling.case, ruling.id),
    })
}

/// The QA review that a removal by the filter gets, if it is sampled. A removal that opens a case gets none.
pub fn sample_of_removal(comment: &Comment, opens_case: bool, permille: u32) -> Option<QaSample> {
    let newest = &comment.newest;
    let removed = newest.decision.body.unwrap_or(newest.decision.unattached) == Verdict::Remove;
    let is_eligible = removed && !opens_case && comment.effect.is_none() && !newest.backfill;
    (is_eligible && is_sampled(newest.receipt.0, permille)).then(|| QaSample {
        due_at: newest.at,
        of: QaSampleOf::Removal(comment.id.clone(), newest.number),
    })
}

/// Opens a ruling's case again for its QA review, and drops the sample. It drops the sample alone if the ruling was undone,
/// is not the newest any more, or somebody looks at the case already.
pub fn review_ruling(due: DueQaSample, decided: Option<(Case, Ruling)>, now: Timestamp) -> Change {
    let reopened = decided.and_then(|(case, ruling)| reopened(&case, ruling, now));
    let (case, audit) = reopened.unzip();
    ChangeBuilder::new()
        .updated_case(case)
        .write([Write::DeleteQaSample(due)])
        .audit(audit)
        .build()
}

fn reopened(case: &Case, ruling: Ruling, now: Timestamp) -> Option<(Case, AuditDraft)> {
    if case.rulings.last() != Some(&ruling.id) || ruling.undone.is_some() {
        return None;
    }
    let after = Case {
        version: case.version + 1,
        qa_review: Some(QaReview {
            ruling: Some(ruling.id),
            decision: ruling.decision,
            tags: ruling.tags,
        }),
        conflicted_reviewer: Some(ruling.by),
        ..continued(case, CaseEvent::Sample, Source::Sample, now).ok()?
    };
    let before = Some(case.state);
    let audit = AuditDraft::of_state(&after, before, &Actor::System, AuditAction::CaseSampled);
    Some((after, audit))
}

/// Opens a case for the QA review of what the filter removed, and drops the sample. It drops the sample alone if `removed`
/// is not in force as sampled any more, or somebody looks at it already.
pub fn review_removal(
    due: DueQaSample,
    removed: Option<CaseContext<'_>>,
    ids: &mut IdSource,
) -> Change {
    let is_sampled = |context: &CaseContext<'_>| is_removed_as_sampled(context.comment, &due);
    let opened = removed.filter(is_sampled).and_then(|context| {
        let subject = Subject::Comment(context.comment.id.clone());
        let reason = context.removal_reason(&subject);
        let event = CaseEvent::Sample;
        context
            .transition(subject, event, reason, Source::Sample, ids)
            .ok()
    });
    let Some(mut transition) = opened else {
        return ChangeBuilder::new()
            .write([Write::DeleteQaSample(due)])
            .build();
    };
    transition.raise_version();
    transition.case.qa_review = Some(QaReview {
        ruling: None,
        decision: RulingDecision::Remove,
        tags: Vec::new(),
    });
    let audit = transition.audit(CaseCause::Sample, &Actor::System);
    transition
        .into_builder()
        .write([Write::DeleteQaSample(due)])
        .audit(audit)
        .build()
}

fn is_removed_as_sampled(comment: &Comment, due: &DueQaSample) -> bool {
    let sampled = QaSampleOf::Removal(comment.id.clone(), comment.newest.number);
    let decision = comment.decision();
    let verdict = decision.body.unwrap_or(decision.unattached);
    due.sample.of == sampled
        && verdict.max(decision.unattached) == Verdict::Remove
        && comment.effect.is_none()
        && comment.withdrawn_at.is_none()
        && comment.purged_at.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_the_expected_share() {
        let count = |permille| {
            (0..100_000u128)
                .filter(|n| is_sampled(ulid::Ulid((7 << 80) + n * 3), permille))
                .count()
        };
        assert!((1_800..2_200).contains(&count(20)), "{}", count(20));
        assert_eq!((count(0), count(1_000)), (0, 100_000));
    }
}
