//! What a judged comment and a ruling add to the written forms that were guessed at.

use crate::{
    id::MemberId,
    record::{Decision, Form, Reason, Resolution, Ruling, RulingDecision, RulingEffect},
    time::Timestamp,
};

/// The forms on which a decision's guesses rest, each seen once.
pub fn forms_of_decision(
    decision: &Decision,
    member: Option<&MemberId>,
    at: Timestamp,
) -> Vec<Form> {
    forms(decision, at, |_, form| Some(form.seen_from(member)))
}

/// Whether each form was right, by this ruling; what an older ruling on the comment had counted is taken away. The decision is
/// that of the comment, where one is ruled.
pub(super) fn forms_of_ruling(ruling: &Ruling, decision: Option<&Decision>) -> Vec<Form> {
    let ends = ruling.decision != RulingDecision::Escalate;
    let Some(decision) = decision.filter(|_| ends && !ruling.confirms) else {
        return Vec::new();
    };
    let older = ruling.undo_snapshot.effect.as_ref();
    forms(decision, ruling.at, |reason, form| {
        let removes = removes(ruling, reason);
        let removed = older.map(|older| removed(older, reason));
        // The older ruling said the same, and its count stands.
        if removed == Some(removes) {
            return None;
        }
        let ruled = form.clone().ruled(removes, Some(&ruling.by), 1);
        Some(match removed {
            // Who had ruled before is not known here: of the moderators none is taken away.
            Some(removed) => ruled.with(form.ruled(removed, None, -1)),
            None => ruled,
        })
    })
}

/// What `make` makes of each form that a decision guessed at; each form once.
fn forms(
    decision: &Decision,
    at: Timestamp,
    make: impl Fn(&Reason, Form) -> Option<Form>,
) -> Vec<Form> {
    let reasons = decision.reasons.iter();
    let mut forms: Vec<Form> = reasons
        .filter_map(|reason| {
            let (term, matched) = reason.form()?;
            make(reason, Form::new(term, matched, at))
        })
        // What is written may be folded away whole.
        .filter(|form| !form.written.is_empty())
        .collect();
    forms.sort_by_key(Form::key);
    forms.dedup_by_key(|form| form.key());
    forms
}

/// Whether the ruling takes down what the reason is about.
fn removes(ruling: &Ruling, reason: &Reason) -> bool {
    let has_tag = reason.tag.as_ref();
    ruling.decision == RulingDecision::Remove
        || has_tag.is_some_and(|tag| ruling.tags.contains(tag))
}

/// Whether an older ruling had.
fn removed(effect: &RulingEffect, reason: &Reason) -> bool {
    let has_tag = reason.tag.as_ref();
    effect.resolution == Resolution::Removed || has_tag.is_some_and(|tag| effect.tags.contains(tag))
}
