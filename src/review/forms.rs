//! What a judged comment and a ruling add to the written forms that were guessed at.

use super::{Retention, effect::spelling_of};
use crate::{
    id::MemberId,
    record::{
        Case, Change, ChangeBuilder, CountedForm, Decision, Form, FormStanding, Reason, Ruling,
        RulingDecision, Subject, TOKEN_TERM, TallyRow, Verdict, Write, token_in, written_form,
    },
    time::Timestamp,
};

/// The forms on which a decision's guesses rest, each seen once, and the letters in them that may be a word.
pub fn forms_of_decision(
    decision: &Decision,
    member: Option<&MemberId>,
    at: Timestamp,
) -> Vec<Form> {
    let forms = decision.reasons.iter().filter_map(Reason::form);
    let forms = forms.flat_map(|(term, matched)| {
        let token = token_in(matched).map(|token| Form::new(TOKEN_TERM, &token, at));
        [Some(Form::new(term, matched, at)), token]
    });
    summed(forms.flatten().map(|form| form.seen_from(member)))
}

/// The forms to drop by now: nobody ruled on them, and they were seen last long ago. Written by somebody and never looked at,
/// they are kept no longer than the texts that they stood in; what one member alone wrote, less long.
pub fn forms_dropped(forms: &[Form], retention: Retention, now: Timestamp) -> Option<Change> {
    let is_over = |form: &Form| {
        let decides = form.is_ruled() || form.standing() != FormStanding::Unknown;
        let kept_ms = match form.member_count() {
            ..=1 => retention.forms_ms.min(retention.others_ms),
            _ => retention.others_ms,
        };
        !decides && now.ms_since(form.last_at) > kept_ms
    };
    deleted(forms.iter().filter(|form| is_over(form)))
}

/// The forms that go with what a member wrote: those that no other wrote, whatever became of them.
pub fn forms_erased(forms: &[Form], member: &MemberId) -> Option<Change> {
    deleted(forms.iter().filter(|form| form.is_of_only(member)))
}

fn deleted<'f>(forms: impl Iterator<Item = &'f Form>) -> Option<Change> {
    let deleted: Vec<Write> = forms.map(|form| Write::DeleteForm(form.key())).collect();
    (!deleted.is_empty()).then(|| ChangeBuilder::new().write(deleted).build())
}

/// What was counted of forms on days that are over.
pub fn form_tallies_dropped(tallies: Vec<TallyRow>) -> Option<Change> {
    let dropped = tallies.into_iter();
    let dropped: Vec<Write> = dropped
        .map(|row| Write::DropTally(row.day, row.of))
        .collect();
    (!dropped.is_empty()).then(|| ChangeBuilder::new().write(dropped).build())
}

/// Whether each form for which people looked at a comment was right, by a ruling on it. A guess in its nickname is about another
/// case, and one that only took note about none. Where something sure stands in the same text, a removal says nothing of a guess.
pub(super) fn forms_of_comment(
    decision: &Decision,
    ruled: RulingDecision,
    tags: &[String],
) -> Vec<CountedForm> {
    let forms = decision.deciding_reasons().filter_map(|reason| {
        let (term, matched) = reason.form()?;
        let has_tag = reason.tag.as_ref();
        let is_upheld =
            ruled == RulingDecision::Remove || has_tag.is_some_and(|tag| tags.contains(tag));
        let is_sure = |other: &Reason| {
            let is_there = other.surface == reason.surface && other.tag == reason.tag;
            is_there && other.verdict > Verdict::Allow && !other.guessed && other.term.is_some()
        };
        if is_upheld && decision.reasons.iter().any(is_sure) {
            return None;
        }
        let token = token_in(matched);
        let token = token.and_then(|token| counted(TOKEN_TERM, &token, is_upheld));
        Some([counted(term, matched, is_upheld), token])
    });
    let mut forms: Vec<CountedForm> = forms.flatten().flatten().collect();
    forms.sort_unstable();
    forms.dedup();
    forms
}

/// The form for which a case about a nickname opened, if it was a guess: a case does not say.
pub fn form_of_nickname(case: &Case) -> Option<CountedForm> {
    let is_about_words = matches!(case.subject, Subject::Nickname(_)) && case.sanction.is_none();
    let term = case.term.as_deref().filter(|_| is_about_words)?;
    let excerpt = &case.excerpt;
    let is_whole = !spelling_of(case).is_empty();
    let matched = is_whole.then(|| excerpt.span.slice(&excerpt.text))?;
    counted(term, matched, false)
}

/// What is written may be folded away whole.
fn counted(term: &str, matched: &str, is_upheld: bool) -> Option<CountedForm> {
    let written = written_form(matched);
    (!written.is_empty()).then(|| CountedForm {
        term: term.to_owned(),
        written,
        is_upheld,
    })
}

/// What a ruling adds to the forms: what it counted, without what the ruling had counted that it supersedes.
pub(super) fn forms_of_ruling(ruling: &Ruling, superseded: Option<&Ruling>) -> Vec<Form> {
    let decides = ruling.decision != RulingDecision::Escalate && !ruling.confirms;
    let older = superseded.filter(|_| decides).into_iter().flat_map(added);
    summed(added(ruling).chain(older.map(Form::negated)))
}

fn added(ruling: &Ruling) -> impl Iterator<Item = Form> {
    let case = &ruling.undo_snapshot.case;
    let member = case.member.as_ref().map(|member| &member.id);
    ruling.forms.iter().map(move |form| {
        let added = Form {
            written: form.written.clone(),
            ..Form::new(&form.term, "", ruling.at).written_by(member)
        };
        added.ruled(form.is_upheld, Some(&ruling.by), 1)
    })
}

/// Each form once.
fn summed(forms: impl Iterator<Item = Form>) -> Vec<Form> {
    let mut summed: Vec<Form> = Vec::new();
    for form in forms {
        match summed.iter().position(|known| known.key() == form.key()) {
            // The same place twice in one comment is seen once.
            Some(place) if form.seen == 0 => {
                let known = summed.swap_remove(place);
                summed.push(known.with(form));
            }
            Some(_) => {}
            None => summed.push(form),
        }
    }
    summed.retain(|form| form.seen != 0 || form.is_ruled());
    summed.sort_by_key(Form::key);
    summed
}
