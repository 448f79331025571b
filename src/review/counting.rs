//! What a judged comment and a ruling add to the statistics.

use crate::record::{
    Actor, Decision, Reason, ReasonCode, Resolution, Ruling, RulingDecision, Tally, TallyOf,
    Verdict, bucket,
};

/// What is counted of a judged revision.
pub fn tallies_of_decision(decision: &Decision) -> Vec<(TallyOf, Tally)> {
    let worst = decision.tags.iter().map(|tag| tag.verdict).max();
    let worst = worst.unwrap_or_default().max(decision.verdict);
    let verdict = |received: i64| Tally {
        received,
        allowed: i64::from(worst == Verdict::Allow),
        flagged: i64::from(worst == Verdict::Flag),
        removed: i64::from(worst == Verdict::Remove),
        ..Tally::default()
    };
    let mut tallies = vec![(TallyOf::Day, verdict(1))];
    let decides = |reason: &Reason| reason.verdict > Verdict::Allow;
    if let Some(gravest) = decision.gravest(decides) {
        // Received is 0 here: the comment is counted as received once, under its day.
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

/// The terms that were found, those of severity 0 (observed only) too; each once.
fn terms(decision: &Decision) -> impl Iterator<Item = &str> {
    let reasons = decision.reasons.iter();
    let terms = reasons.filter_map(|reason| reason.term.as_deref());
    let observed = decision.shadow.iter().map(String::as_str);
    let mut terms: Vec<&str> = terms.chain(observed).collect();
    terms.sort_unstable();
    terms.dedup();
    terms.into_iter()
}

/// What a ruling counts. The decision is that of the comment, where one is ruled.
pub fn tallies_of_ruling(ruling: &Ruling, decision: Option<&Decision>) -> Vec<(TallyOf, Tally)> {
    let case = &ruling.undo_snapshot.case;
    let mut counted = Tally::default();
    match ruling.decision {
        RulingDecision::Approve => counted.ruled_approve = 1,
        RulingDecision::Remove => counted.ruled_remove = 1,
        RulingDecision::RemoveTags => counted.ruled_remove_tags = 1,
        RulingDecision::Escalate => counted.escalated = 1,
    }
    let ends = ruling.decision != RulingDecision::Escalate;
    if ends {
        let waited_ms = ruling.at.ms_since(case.opened_at);
        counted.waits.insert(bucket(waited_ms), 1);
    }
    let mut tallies: Vec<(TallyOf, Tally)> = std::iter::once(TallyOf::Day)
        .chain(of_code(ruling.code.unwrap_or(case.code)))
        .chain([TallyOf::Moderator(ruling.by.to_string())])
        .map(|of| (of, counted.clone()))
        .collect();
    tallies.extend(of_review(ruling, case.conflicted_reviewer.as_ref()));
    if ends && !ruling.confirms {
        tallies.extend(match (decision, &case.term) {
            (Some(decision), _) => of_terms(ruling, decision),
            (None, Some(term)) => {
                let is_removed = ruling.decision == RulingDecision::Remove;
                vec![(TallyOf::Term(term.clone()), term_tally(is_removed))]
            }
            (None, None) => Vec::new(),
        });
    }
    tallies
}

/// The same with each number negative: it is subtracted from what was counted.
pub(super) fn negated(tallies: Vec<(TallyOf, Tally)>) -> impl Iterator<Item = (TallyOf, Tally)> {
    tallies.into_iter().map(|(of, counted)| {
        let mut back = Tally::default();
        back.add(&counted, -1);
        (of, back)
    })
}

/// A ruling on an appeal or a QA review also counts for whoever decided `before`.
fn of_review(ruling: &Ruling, before: Option<&Actor>) -> Vec<(TallyOf, Tally)> {
    let mut counted = Tally::default();
    if ruling.appeal.is_some() {
        let granted = ruling.decision != RulingDecision::Remove;
        (counted.overturned, counted.appeals_upheld) = (i64::from(granted), i64::from(!granted));
    }
    if ruling.qa_review.is_some() {
        (counted.qa_reviews, counted.qa_agreed) = (1, i64::from(ruling.confirms));
    }
    if counted == Tally::default() {
        return Vec::new();
    }
    let reviewer = ruling.qa_review.as_ref().map(|_| &ruling.by);
    let moderators = before.into_iter().chain(reviewer);
    let moderators = moderators.map(|actor| TallyOf::Moderator(actor.to_string()));
    std::iter::once(TallyOf::Day)
        .chain(moderators)
        .map(|of| (of, counted.clone()))
        .collect()
}

/// Whether each term was right, by this ruling; what an older ruling had counted is subtracted.
fn of_terms(ruling: &Ruling, decision: &Decision) -> Vec<(TallyOf, Tally)> {
    let is_removed = ruling.decision == RulingDecision::Remove;
    let older = ruling.undo_snapshot.effect.as_ref();
    let was_removed = older.map(|effect| effect.resolution == Resolution::Removed);
    // The older ruling said the same, and its count stands.
    if was_removed == Some(is_removed) {
        return Vec::new();
    }
    let mut counted = term_tally(is_removed);
    if let Some(was_removed) = was_removed {
        counted.add(&term_tally(was_removed), -1);
    }
    let terms = terms(decision);
    let tallies = terms.map(|term| (TallyOf::Term(term.to_owned()), counted.clone()));
    tallies.collect()
}

fn term_tally(is_removed: bool) -> Tally {
    Tally {
        upheld: i64::from(is_removed),
        dismissed: i64::from(!is_removed),
        ..Tally::default()
    }
}
