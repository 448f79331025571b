//! What a judged comment and a ruling count.

use crate::{
    record::{
        Actor, Case, Decision, Reason, ReasonCode, Resolution, Ruling, RulingDecision,
        RulingEffect, Tally, TallyOf, Verdict, bucket,
    },
    time::Timestamp,
};

/// What is counted of a judged revision.
pub fn tallies_of_decision(decision: &Decision) -> Vec<(TallyOf, Tally)> {
    let worst = decision.tags.iter().map(|tag| tag.verdict).max();
    let worst = worst.unwrap_or_default().max(decision.verdict);
    let verdict = |all: i64| Tally {
        received: all,
        allowed: i64::from(worst == Verdict::Allow),
        flagged: i64::from(worst == Verdict::Flag),
        removed: i64::from(worst == Verdict::Remove),
        ..Tally::default()
    };
    let mut tallies = vec![(TallyOf::Day, verdict(1))];
    let decides = |reason: &Reason| reason.verdict > Verdict::Allow;
    if let Some(gravest) = decision.gravest(decides) {
        tallies.extend(of_code(gravest.code).map(|of| (of, verdict(0))));
    }
    let hit = Tally {
        hits: 1,
        ..Tally::default()
    };
    tallies.extend(terms(decision).map(|term| (TallyOf::Term(term.to_owned()), hit.clone())));
    tallies
}

fn of_code(code: ReasonCode) -> impl Iterator<Item = TallyOf> {
    let rule = code.rule().map(TallyOf::Rule);
    rule.into_iter().chain([TallyOf::Code(code)])
}

/// The terms that were met, those that only observe (severity 0) too; each once.
fn terms(decision: &Decision) -> impl Iterator<Item = &str> {
    let told = decision
        .reasons
        .iter()
        .filter_map(|reason| reason.term.as_deref());
    let mut terms: Vec<&str> = told
        .chain(decision.shadow.iter().map(String::as_str))
        .collect();
    terms.sort_unstable();
    terms.dedup();
    terms.into_iter()
}

/// What a ruling counts; `case` is as it was before it. The decision is that of the comment, where one is ruled.
pub fn tallies_of_ruling(
    ruling: &Ruling,
    case: &Case,
    decision: Option<&Decision>,
    older: Option<&RulingEffect>,
    contested_of: Option<&Actor>,
) -> Vec<(TallyOf, Tally)> {
    let mut mine = Tally::default();
    match ruling.decision {
        RulingDecision::Approve => mine.ruled_approve = 1,
        RulingDecision::Remove => mine.ruled_remove = 1,
        RulingDecision::RemoveTags => mine.ruled_remove_tags = 1,
        RulingDecision::Escalate => mine.escalated = 1,
    }
    let ends = ruling.decision != RulingDecision::Escalate;
    if ends {
        mine.waits.insert(bucket(waited(case, ruling.at)), 1);
    }
    let mut tallies: Vec<(TallyOf, Tally)> = std::iter::once(TallyOf::Day)
        .chain(of_code(ruling.code.unwrap_or(case.code)))
        .chain([TallyOf::Moderator(ruling.by.to_string())])
        .map(|of| (of, mine.clone()))
        .collect();
    tallies.extend(of_second_opinion(ruling, contested_of));
    if let Some(decision) = decision.filter(|_| ends && !ruling.confirms) {
        tallies.extend(of_terms(ruling, decision, older));
    } else if let Some(term) = case.term.as_ref().filter(|_| ends && !ruling.confirms) {
        tallies.push((
            TallyOf::Term(term.clone()),
            term_end(ruling.decision == RulingDecision::Remove, 1),
        ));
    }
    tallies
}

fn waited(case: &Case, until: Timestamp) -> i64 {
    until.ms_since(case.opened_at)
}

/// An appeal or a second look says something of whoever decided before.
fn of_second_opinion(ruling: &Ruling, before: Option<&Actor>) -> Vec<(TallyOf, Tally)> {
    let mut said = Tally::default();
    if ruling.appeal.is_some() {
        let right = ruling.decision != RulingDecision::Remove;
        (said.overturned, said.appeals_upheld) = (i64::from(right), i64::from(!right));
    }
    if ruling.qa_review.is_some() {
        (said.looked_at, said.agreed) = (1, i64::from(ruling.confirms));
    }
    if said == Tally::default() {
        return Vec::new();
    }
    let before = before.map(|actor| TallyOf::Moderator(actor.to_string()));
    let both = ruling
        .qa_review
        .is_some()
        .then(|| TallyOf::Moderator(ruling.by.to_string()));
    std::iter::once(TallyOf::Day)
        .chain(before)
        .chain(both)
        .map(|of| (of, said.clone()))
        .collect()
}

/// How it went for each term; what an older ruling said of them is taken back.
fn of_terms(
    ruling: &Ruling,
    decision: &Decision,
    older: Option<&RulingEffect>,
) -> Vec<(TallyOf, Tally)> {
    let now = ruling.decision == RulingDecision::Remove;
    let then = older.map(|mark| mark.resolution == Resolution::Removed);
    if then == Some(now) {
        return Vec::new();
    }
    let mut end = term_end(now, 1);
    if let Some(then) = then {
        end.add(&term_end(then, 1), -1);
    }
    let counts = terms(decision).map(|term| (TallyOf::Term(term.to_owned()), end.clone()));
    counts.collect()
}

fn term_end(removed: bool, count: i64) -> Tally {
    Tally {
        upheld: if removed { count } else { 0 },
        dismissed: if removed { 0 } else { count },
        ..Tally::default()
    }
}
