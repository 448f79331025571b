//! From findings to a decision.
//!
//! All hits count; the gravest become reasons. A hit inside a longer one of the same code that is at least as severe is
//! no reason of its own. A code that is only observed gives reasons, too, but counts in `would_be` alone.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap, HashSet},
};

use super::{
    findings::{AuthorSignals, Findings, TagFindings, TextScore},
    forms::FormStandings,
    rulebook::Rulebook,
    rules::{CodeRules, SeverityAction},
};
use crate::{
    lexicon::{CrossHit, Hit, Lexicon, TermId, is_guessed},
    record::{
        Decision, PLACES_PER_TERM_MAX, REASONS_MAX, Reason, ReasonCode, Score, TagDecision,
        TextLocation, Verdict,
    },
    text::{Disguises, Span, SpanSlicer, Surface, SurfaceTexts},
    topic::Evidence,
};

/// Decides about one comment.
pub fn decide(surfaces: SurfaceTexts<'_>, findings: &Findings, rulebook: &Rulebook) -> Decision {
    let decider = Decider {
        lexicon: &rulebook.lexicon,
        rulebook,
        forms: &findings.forms,
    };
    let body = surfaces.body.map(|text| {
        let mut body = decider.body(text, &findings.body);
        decider.across(&mut body, text, &findings.across);
        decider.scored(&mut body, Surface::Body, text, &findings.score.body);
        body
    });
    let nickname = surfaces.nickname.map(|text| {
        let mut nickname = decider.nickname(text, findings);
        let score = &findings.score.nickname;
        decider.scored(&mut nickname, Surface::Nickname, text, score);
        nickname
    });
    let tags: Vec<_> = surfaces
        .tags
        .iter()
        .zip(&findings.tags)
        .enumerate()
        .map(|(nth, (tag, found))| {
            decider.tag(
                tag,
                found,
                decider.across_tags(nth, surfaces.tags, findings),
            )
        })
        .collect();
    let unattached = decider.member(findings.author);

    let whole = |enforced: bool| {
        let of = |part: &Option<SurfaceVerdict>| {
            part.as_ref()
                .map_or(Verdict::Allow, |part| part.verdict(enforced))
        };
        // tags have verdicts of their own and do not decide about the comment
        let parts = of(&body).max(of(&nickname));
        parts.max(unattached.verdict(enforced))
    };
    let (verdict, would_be) = (whole(true), whole(false));
    let unattached_verdict = unattached.verdict(true);
    let tag_decisions = tags.iter().map(|(decision, _)| decision.clone()).collect();
    let (body_verdict, nickname_verdict) = (
        body.as_ref().map(|part| part.verdict(true)),
        nickname.as_ref().map(|part| part.verdict(true)),
    );
    let reasons: Vec<Reason> = body
        .into_iter()
        .chain(nickname)
        .chain(tags.into_iter().map(|(_, part)| part))
        .chain([unattached])
        .flat_map(|part| part.reasons)
        .collect();
    let (of_texts, of_member) = floors(&reasons);
    let of_texts = of_texts.max(findings.score.highest());
    Decision {
        verdict,
        would_be: (would_be != verdict).then_some(would_be),
        body: body_verdict,
        nickname: nickname_verdict,
        unattached: unattached_verdict,
        tags: tag_decisions,
        score: of_texts.max(of_member),
        reasons: top_reasons(reasons),
        shadow: decider.shadow(findings),
        rulebook: rulebook.version,
        model: findings.score.model,
        text_score: (of_member > Score::default()).then_some(of_texts),
    }
}

/// The decision with these author signals in place of the earlier ones; the comment itself is not evaluated again.
pub fn redecide(decision: &Decision, author: AuthorSignals, rulebook: &Rulebook) -> Decision {
    let decider = Decider {
        lexicon: &rulebook.lexicon,
        rulebook,
        forms: &FormStandings::default(),
    };
    let unattached = decider.member(author);
    let parts = [decision.body, decision.nickname].into_iter().flatten();
    let of_text = parts.max().unwrap_or_default();
    let (verdict, would_be) = [true, false]
        .map(|enforced| of_text.max(unattached.verdict(enforced)))
        .into();
    let kept = decision
        .reasons
        .iter()
        .filter(|reason| reason.surface.is_some());
    let reasons: Vec<Reason> = kept.cloned().chain(unattached.reasons).collect();
    let (_, of_member) = floors(&reasons);
    let of_texts = text_score(decision);
    Decision {
        verdict,
        would_be: (would_be != verdict).then_some(would_be),
        unattached: unattached.enforced,
        score: of_texts.max(of_member),
        text_score: (of_member > Score::default()).then_some(of_texts),
        reasons: top_reasons(reasons),
        ..decision.clone()
    }
}

/// The verdict on a surface, with its reasons.
#[derive(Default)]
struct SurfaceVerdict {
    /// By the codes that are enforced.
    enforced: Verdict,
    /// By those that are only observed.
    observed: Verdict,
    reasons: Vec<Reason>,
}

impl SurfaceVerdict {
    fn verdict(&self, enforced: bool) -> Verdict {
        if enforced {
            self.enforced
        } else {
            self.enforced.max(self.observed)
        }
    }

    fn add(&mut self, reason: Reason, row: &CodeRules, verdict: Verdict) {
        if row.enforce {
            self.enforced = self.enforced.max(verdict);
        } else {
            self.observed = self.observed.max(verdict);
        }
        self.reasons.push(reason);
    }
}

/// A hit whose cell is [`SeverityAction::Count`]: two of different terms flag the comment.
struct CountingHit {
    term: TermId,
    span: Span,
    enforce: bool,
}

struct Decider<'a> {
    lexicon: &'a Lexicon,
    rulebook: &'a Rulebook,
    forms: &'a FormStandings,
}

impl Decider<'_> {
    /// The shadow terms (severity 0) that were found: each once, as listed.
    fn shadow(&self, findings: &Findings) -> Vec<String> {
        let of_tags = findings.tags.iter().flat_map(|tag| &tag.hits);
        let hits = findings
            .body
            .iter()
            .chain(&findings.nickname)
            .chain(of_tags);
        let terms: BTreeSet<&str> = hits
            .filter(|hit| hit.severity == 0)
            .map(|hit| self.lexicon.term(hit.term).text.as_str())
            .filter(|text| !text.is_empty())
            .collect();
        terms.into_iter().map(str::to_owned).collect()
    }

    fn body(&self, text: &str, hits: &[Hit]) -> SurfaceVerdict {
        let mut judged = self.hits(Surface::Body, None, text, hits);
        let counted: Vec<CountingHit> = self.counting(text, hits);
        if two_apart(counted.iter().filter(|hit| hit.enforce)) {
            judged.enforced = judged.enforced.max(Verdict::Flag);
        }
        if two_apart(counted.iter()) {
            judged.observed = judged.observed.max(Verdict::Flag);
        }
        let counts = two_apart(counted.iter().filter(|hit| hit.enforce));
        for reason in &mut judged.reasons {
            let row = self.rulebook.rules.row(reason.code);
            let is_noted = reason
                .form()
                .is_some_and(|(term, matched)| self.forms.of(term, matched).only_notes());
            let is_counted = row.cell(reason.severity) == SeverityAction::Count && !is_noted;
            if counts && row.enforce && is_counted {
                reason.verdict = Verdict::Flag;
            }
        }
        judged
    }

    /// The verdict that follows from the author, whatever the comment says.
    fn member(&self, author: AuthorSignals) -> SurfaceVerdict {
        let mut judged = SurfaceVerdict::default();
        for code in author.codes() {
            let row = self.rulebook.rules.row(code);
            let verdict = row.cell(row.severity).verdict();
            let reason = bare(code, &row, verdict);
            judged.add(reason, &row, verdict);
        }
        judged
    }

    fn nickname(&self, text: &str, findings: &Findings) -> SurfaceVerdict {
        let mut judged = self.hits(Surface::Nickname, None, text, &findings.nickname);
        let row = self.rulebook.rules.row(ReasonCode::NicknameImpersonation);
        for hit in findings.names.iter().filter(|_| !findings.author.verified) {
            // It sounds like the name, or is spelled in digits or backwards.
            let (matched, guessed) = (hit.span.slice(text), is_guessed(hit.how));
            let verdict = row.cell(row.severity).verdict();
            let verdict = match guessed {
                true if self.forms.of(&hit.name, matched).only_notes() => Verdict::Allow,
                true => verdict.min(Verdict::Flag),
                false => verdict,
            };
            let reason = Reason {
                surface: Some(Surface::Nickname),
                term: Some(hit.name.clone()),
                matched: Some(matched.to_owned()),
                span: Some(hit.span),
                how: hit.how,
                guessed,
                ..bare(ReasonCode::NicknameImpersonation, &row, verdict)
            };
            judged.add(reason, &row, verdict);
        }
        judged
    }

    /// Adds terms across nickname and body to the body, which is flagged for them at most.
    fn across(&self, body: &mut SurfaceVerdict, text: &str, hits: &[CrossHit]) {
        for hit in hits {
            let other = TextLocation {
                surface: Surface::Nickname,
                tag: None,
                span: hit.first.1,
            };
            let (reason, row, verdict) = self.cross(hit, Surface::Body, None, text, other);
            body.add(reason, &row, verdict);
        }
    }

    /// The reasons of terms across tags that end in this one.
    fn across_tags(
        &self,
        nth: usize,
        tags: &[String],
        findings: &Findings,
    ) -> Vec<(Reason, CodeRules, Verdict)> {
        let ending = findings.across_tags.iter().filter(|hit| hit.last.0 == nth);
        let reasons = ending.filter_map(|hit| {
            let (tag, first) = (tags.get(nth)?, tags.get(hit.first.0)?);
            let other = TextLocation {
                surface: Surface::Tags,
                tag: Some(first.clone()),
                span: hit.first.1,
            };
            Some(self.cross(hit, Surface::Tags, Some(tag), tag, other))
        });
        reasons.collect()
    }

    fn cross(
        &self,
        hit: &CrossHit,
        surface: Surface,
        tag: Option<&str>,
        text: &str,
        other: TextLocation,
    ) -> (Reason, CodeRules, Verdict) {
        let term = self.lexicon.term(hit.term);
        let code = ReasonCode::of_hit(term.code, surface);
        let row = self.rulebook.rules.row(code);
        // two texts may spell a term by chance, so that a person has to look
        let verdict = row.cell(hit.severity).verdict().min(Verdict::Flag);
        let reason = Reason {
            surface: Some(surface),
            tag: tag.map(str::to_owned),
            term: Some(term.text.clone()),
            matched: Some(hit.last.1.slice(text).to_owned()),
            span: Some(hit.last.1),
            severity: hit.severity,
            how: hit.disguises,
            guessed: true,
            other: Some(other),
            ..bare(code, &row, verdict)
        };
        (reason, row, verdict)
    }

    fn tag(
        &self,
        tag: &str,
        found: &TagFindings,
        across: Vec<(Reason, CodeRules, Verdict)>,
    ) -> (TagDecision, SurfaceVerdict) {
        let mut judged = self.hits(Surface::Tags, Some(tag), tag, &found.hits);
        for (reason, row, verdict) in across {
            judged.add(reason, &row, verdict);
        }
        let mut off_topic = false;
        if let Some(hit) = &found.topic.meaningless {
            self.add_tag_reason(
                &mut judged,
                ReasonCode::TagMeaningless,
                tag,
                Some((hit.term.clone(), hit.span, hit.how)),
            );
        } else if found.topic.evidence == Evidence::None {
            // only if nothing else speaks against the tag: being off topic is then the sole cause
            off_topic = judged.enforced == Verdict::Allow;
            self.add_tag_reason(&mut judged, ReasonCode::TagOffTopic, tag, None);
        }
        let decision = TagDecision {
            tag: tag.to_owned(),
            verdict: judged.enforced,
            evidence: found.topic.evidence,
            evidence_term: found.topic.evidence_term.clone(),
            off_topic: off_topic && judged.enforced > Verdict::Allow,
        };
        (decision, judged)
    }

    fn add_tag_reason(
        &self,
        judged: &mut SurfaceVerdict,
        code: ReasonCode,
        tag: &str,
        place: Option<(String, Span, Disguises)>,
    ) {
        let row = self.rulebook.rules.row(code);
        let verdict = row.cell(row.severity).verdict();
        let (term, span, how) = match place {
            Some((term, span, how)) => (Some(term), Some(span), how),
            None => (None, None, Disguises::default()),
        };
        let reason = Reason {
            surface: Some(Surface::Tags),
            tag: Some(tag.to_owned()),
            term,
            matched: span.map(|span| span.slice(tag).to_owned()),
            span,
            how,
            ..bare(code, &row, verdict)
        };
        judged.add(reason, &row, verdict);
    }

    fn hits(
        &self,
        surface: Surface,
        tag: Option<&str>,
        text: &str,
        hits: &[Hit],
    ) -> SurfaceVerdict {
        let mut judged = SurfaceVerdict::default();
        let mut slices = SpanSlicer::of(text);
        for hit in self.outermost(surface, hits) {
            let term = self.lexicon.term(hit.term);
            let code = ReasonCode::of_hit(term.code, surface);
            let row = self.rulebook.rules.row(code);
            let verdict = row.cell(hit.severity).verdict();
            let verdict = match hit.guessed {
                true if self.only_notes(hit, &mut slices) => Verdict::Allow,
                // what is guessed may be an accident, so that a person has to look
                true => verdict.min(Verdict::Flag),
                false => verdict,
            };
            let reason = Reason {
                surface: Some(surface),
                tag: tag.map(str::to_owned),
                term: Some(term.text.clone()),
                matched: Some(slices.slice(hit.span).to_owned()),
                span: Some(hit.span),
                severity: hit.severity,
                how: hit.disguises,
                guessed: hit.guessed,
                ..bare(code, &row, verdict)
            };
            judged.add(reason, &row, verdict);
        }
        judged
    }

    /// Flags a text for its score, where no sure reason flags it already: one reason for each place that weighed most.
    fn scored(
        &self,
        judged: &mut SurfaceVerdict,
        surface: Surface,
        text: &str,
        scored: &Option<TextScore>,
    ) {
        let flags = |scored: &&TextScore| scored.score >= scored.flag_at;
        let Some(scored) = scored.as_ref().filter(flags) else {
            return;
        };
        let is_sure = |reason: &Reason| reason.verdict > Verdict::Allow && !reason.guessed;
        if judged.reasons.iter().any(is_sure) {
            return;
        }
        let row = self.score_row(scored.code, surface);
        let verdict = row.cell(row.severity).verdict();
        let code = match surface {
            Surface::Nickname => ReasonCode::NicknameAbuse,
            Surface::Body | Surface::Tags => scored.code,
        };
        // Where no place stands out, the text as a whole does.
        let whole = Span {
            start: 0,
            end: u32::try_from(text.chars().count()).unwrap_or(u32::MAX),
        };
        let spans = match scored.spans.as_slice() {
            [] => &[whole],
            spans => spans,
        };
        for span in spans {
            let reason = Reason {
                surface: Some(surface),
                matched: Some(span.slice(text).to_owned()),
                span: Some(*span),
                ..bare(code, &row, verdict)
            };
            judged.add(reason, &row, verdict);
        }
    }

    /// The row of a code that a score gives. A nickname takes the code of its own rule, and is only observed where either is.
    fn score_row(&self, code: ReasonCode, surface: Surface) -> CodeRules {
        let row = self.rulebook.rules.row(code);
        let own = self.rulebook.rules.row(ReasonCode::NicknameAbuse);
        CodeRules {
            enforce: row.enforce && (surface != Surface::Nickname || own.enforce),
            ..row
        }
    }

    /// Whether a hit is a guess of a form that moderators refused, or that everybody writes.
    fn only_notes(&self, hit: &Hit, slices: &mut SpanSlicer<'_>) -> bool {
        if !hit.guessed || self.forms.is_empty() {
            return false;
        }
        let term = &self.lexicon.term(hit.term).text;
        let standing = self.forms.of(term, slices.slice(hit.span));
        standing.only_notes()
    }

    /// The hits that are no shadow terms and are not inside another hit of their code that is at least as severe, nor a sure one
    /// inside a guessed one.
    fn outermost<'h>(&self, surface: Surface, hits: &'h [Hit]) -> Vec<&'h Hit> {
        let facts = |hit: &Hit| {
            let term = self.lexicon.term(hit.term);
            (ReasonCode::of_hit(term.code, surface), hit.severity)
        };
        let mut outermost: Vec<&Hit> = hits.iter().filter(|hit| hit.severity > 0).collect();
        // longer first, then graver: what covers a hit comes before it
        outermost.sort_by_key(|hit| (hit.span.start, Reverse(hit.span.end), Reverse(facts(hit).1)));
        // A hit that covers another begins no later, so hits sorted by start need only how far those of each code and
        // severity reach.
        let mut reached: Vec<((ReasonCode, u8, bool), u32)> = Vec::new();
        outermost.retain(|hit| {
            let (code, severity) = facts(hit);
            let covered = reached.iter().any(|((outer, most, guessed), end)| {
                *outer == code
                    && *most >= severity
                    && *end >= hit.span.end
                    && *guessed <= hit.guessed
            });
            if covered {
                return false;
            }
            match reached
                .iter_mut()
                .find(|(of, _)| *of == (code, severity, hit.guessed))
            {
                Some((_, end)) => *end = hit.span.end.max(*end),
                None => reached.push(((code, severity, hit.guessed), hit.span.end)),
            }
            true
        });
        outermost
    }

    fn counting(&self, text: &str, hits: &[Hit]) -> Vec<CountingHit> {
        let mut slices = SpanSlicer::of(text);
        self.outermost(Surface::Body, hits)
            .into_iter()
            .filter(|hit| !self.only_notes(hit, &mut slices))
            .filter_map(|hit| {
                let term = self.lexicon.term(hit.term);
                let row = self
                    .rulebook
                    .rules
                    .row(ReasonCode::of_hit(term.code, Surface::Body));
                let counts = row.cell(hit.severity) == SeverityAction::Count;
                counts.then_some(CountingHit {
                    term: hit.term,
                    span: hit.span,
                    enforce: row.enforce,
                })
            })
            .collect()
    }
}

/// Whether two hits of different terms do not overlap. Linear in the number of hits, since a crafted comment may have
/// thousands.
fn two_apart<'a>(counted: impl Iterator<Item = &'a CountingHit> + Clone) -> bool {
    let Some(first) = counted.clone().min_by_key(|hit| hit.span.end) else {
        return false;
    };
    let second = counted
        .clone()
        .filter(|hit| hit.term != first.term)
        .min_by_key(|hit| hit.span.end);
    // If any pair is apart, then so is one whose left hit is the first to end, or the first to end of all other terms.
    let apart = |left: &CountingHit| {
        counted
            .clone()
            .any(|right| right.term != left.term && right.span.start >= left.span.end)
    };
    apart(first) || second.is_some_and(apart)
}

/// The least score of a decision with these reasons, whatever the model says.
fn floor_of<'r>(reasons: impl IntoIterator<Item = &'r Reason>) -> Score {
    let floors = reasons.into_iter().map(floor);
    Score::from_permille(floors.max().unwrap_or_default())
}

/// A sure hit of severity 3 counts at least .6, of 4 at least .9; a guess, or what is flagged for less, .3.
fn floor(reason: &Reason) -> u16 {
    match reason.severity {
        // It counts as much as the score does.
        _ if reason.is_of_score() => 0,
        3 | 4 if reason.guessed => 300 * u16::from(reason.verdict > Verdict::Allow),
        4 => 900,
        3 => 600,
        2 if reason.verdict > Verdict::Allow => 300,
        1 if reason.verdict > Verdict::Allow => 50,
        _ => 0,
    }
}

/// The least scores for what stands in the texts, and for what the member did.
fn floors(reasons: &[Reason]) -> (Score, Score) {
    let of_texts = |reason: &&Reason| reason.surface.is_some();
    let (texts, member): (Vec<&Reason>, Vec<&Reason>) = reasons.iter().partition(of_texts);
    (floor_of(texts), floor_of(member))
}

/// The part of a decision's score that its texts brought. Where an older decision does not say, that is all of it, unless what
/// the member did was the most.
fn text_score(decision: &Decision) -> Score {
    let (of_texts, of_member) = floors(&decision.reasons);
    let is_of_texts = decision.score > of_member;
    let unsaid = if is_of_texts {
        decision.score
    } else {
        of_texts
    };
    decision.text_score.unwrap_or(unsaid)
}

/// The reasons to keep: at most three for each term and fifty in all, the gravest, in the order of the surfaces and of
/// the text.
fn top_reasons(mut reasons: Vec<Reason>) -> Vec<Reason> {
    let mut places: HashMap<(ReasonCode, Option<Surface>, Option<String>), usize> = HashMap::new();
    reasons.retain(|reason| {
        let Some(term) = &reason.term else {
            return true;
        };
        let seen = places
            .entry((reason.code, reason.surface, Some(term.clone())))
            .or_default();
        *seen += 1;
        *seen <= PLACES_PER_TERM_MAX
    });
    if reasons.len() > REASONS_MAX {
        // the gravest first, since the partition keeps the first of each surface and tag
        reasons.sort_by_key(|reason| (Reverse(reason.verdict), Reverse(reason.severity)));
        // The gravest of each surface and tag is kept whatever the others have: it names the case's code.
        let mut represented: HashSet<(Option<Surface>, Option<String>)> = HashSet::new();
        let (first, rest): (Vec<_>, Vec<_>) = reasons
            .into_iter()
            .partition(|reason| represented.insert((reason.surface, reason.tag.clone())));
        reasons = first.into_iter().chain(rest).take(REASONS_MAX).collect();
    }
    // Tags stay in their order: the sort is stable, and the reasons of a tag are together.
    let tag_order: HashMap<String, usize> = {
        let mut order = HashMap::new();
        for reason in &reasons {
            if let Some(tag) = &reason.tag {
                let next = order.len();
                order.entry(tag.clone()).or_insert(next);
            }
        }
        order
    };
    reasons.sort_by_key(|reason| {
        let tag = reason
            .tag
            .as_ref()
            .and_then(|tag| tag_order.get(tag))
            .copied();
        let (start, end) = reason.span.map_or((0, 0), |span| (span.start, span.end));
        (surface_order(reason.surface), tag, start, Reverse(end))
    });
    reasons
}

const fn surface_order(surface: Option<Surface>) -> u8 {
    match surface {
        Some(Surface::Body) => 0,
        Some(Surface::Nickname) => 1,
        Some(Surface::Tags) => 2,
        None => 3,
    }
}

/// A reason of this code and nothing else. A code that is only observed decides nothing.
fn bare(code: ReasonCode, row: &CodeRules, verdict: Verdict) -> Reason {
    Reason {
        code,
        surface: None,
        tag: None,
        term: None,
        matched: None,
        span: None,
        severity: row.severity,
        how: Disguises::default(),
        guessed: false,
        other: None,
        verdict: if row.enforce { verdict } else { Verdict::Allow },
    }
}
