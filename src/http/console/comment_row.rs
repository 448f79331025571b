//! A comment as a row of a list: what it says, what was decided and why.

use super::{
    ages::Age,
    links,
    marks::{self, Mark, Piece},
    names,
    visit::Visit,
};
use crate::{
    desk::views::{CommentView, ReasonView, RevisionView},
    http::problem::Language,
    record::Verdict,
    text::Surface,
};

/// How much of a text a row shows, in characters.
const EXCERPT_CHARS: usize = 150;
/// How much of it stands before the first hit.
const BEFORE_CHARS: usize = 30;
/// How many codes a row names.
const REASONS_MAX: usize = 3;

/// A row.
pub struct CommentRow {
    pub href: String,
    pub pieces: Vec<Piece>,
    pub tags: Vec<Vec<Piece>>,
    pub nickname: Option<Vec<Piece>>,
    pub member_href: Option<String>,
    pub verdict: VerdictBadge,
    pub by: &'static str,
    pub reasons: Vec<ReasonCell>,
    /// How many codes are not named.
    pub more_reasons: usize,
    pub score: Option<String>,
    pub age: Age,
    pub case_href: Option<String>,
    /// What is special about it: withdrawn, purged, kept.
    pub states: Vec<&'static str>,
}

/// A verdict, with the class that colours its badge.
pub struct VerdictBadge {
    pub name: &'static str,
    pub class: &'static str,
}

impl VerdictBadge {
    /// The badge of a verdict.
    pub const fn of(verdict: Verdict, language: Language) -> Self {
        Self {
            name: names::verdict(verdict, language),
            class: match verdict {
                Verdict::Allow => "good",
                Verdict::Flag => "warn",
                Verdict::Remove => "bad",
            },
        }
    }
}

/// A reason in a few words.
pub struct ReasonCell {
    pub rule: Option<&'static str>,
    pub code: &'static str,
    pub severity: u8,
    pub severity_name: &'static str,
    pub surface: Option<&'static str>,
    pub term: Option<String>,
    /// The member's own words.
    pub matched: Option<Vec<Piece>>,
    pub how: String,
    pub guessed: bool,
    /// More comments with this term.
    pub term_href: Option<String>,
}

impl ReasonCell {
    /// A reason.
    pub fn of(reason: &ReasonView, language: Language) -> Self {
        Self {
            rule: reason.rule.map(|rule| names::rule(rule, language)),
            code: names::code(reason.code, language),
            severity: reason.severity,
            severity_name: names::severity(reason.severity, language),
            surface: reason.surface.map(|one| names::surface(one, language)),
            term: reason.term.clone(),
            matched: reason.matched.as_deref().map(marks::plain),
            how: names::disguises(reason.how, language),
            guessed: reason.guessed,
            term_href: reason.term.as_deref().map(|term| {
                let term = [("term", term)];
                super::form::Fields::default().address("/console/comments", &[], &term)
            }),
        }
    }
}

impl CommentRow {
    /// The row of a comment.
    pub fn new(comment: &CommentView, visit: &Visit) -> Self {
        let language = visit.language;
        let newest = comment.revisions.last();
        let text = newest.and_then(|revision| revision.body.as_deref());
        let nickname = newest.and_then(|revision| revision.nickname.as_deref());
        let reasons = by_code(&comment.reasons);
        Self {
            href: links::comment(comment.comment_id.as_str()),
            pieces: excerpt(text.unwrap_or(""), &body_marks(&comment.reasons)),
            tags: newest.map_or_else(Vec::new, tags),
            nickname: nickname.map(marks::plain),
            member_href: comment
                .member_id
                .as_ref()
                .map(|id| links::member(id.as_str())),
            verdict: VerdictBadge::of(comment.verdict, language),
            by: names::decided_by(comment.decided_by, language),
            more_reasons: reasons.len().saturating_sub(REASONS_MAX),
            reasons: reasons
                .into_iter()
                .take(REASONS_MAX)
                .map(|one| ReasonCell::of(one, language))
                .collect(),
            score: score(comment),
            age: Age::new(
                newest.map_or(visit.now, |revision| revision.at),
                visit.now,
                visit.zone(),
                language,
            ),
            case_href: comment.case_id.as_ref().map(links::case),
            states: states(comment, language),
        }
    }
}

/// The gravest reason of each code, in the order of the codes.
fn by_code(reasons: &[ReasonView]) -> Vec<&ReasonView> {
    let mut gravest: Vec<&ReasonView> = Vec::new();
    for reason in reasons {
        match gravest.iter_mut().find(|one| one.code == reason.code) {
            Some(one) if one.severity < reason.severity => *one = reason,
            Some(_) => {}
            None => gravest.push(reason),
        }
    }
    gravest
}

/// A comment's score to two places.
pub fn score(comment: &CommentView) -> Option<String> {
    let score = comment.score.map(crate::record::Score::as_f64);
    score
        .filter(|score| *score > 0.0)
        .map(|score| format!("{score:.2}"))
}

/// What is special about a comment.
pub fn states(comment: &CommentView, language: Language) -> Vec<&'static str> {
    [
        comment
            .withdrawn_at
            .map(|_| language.pick("會員已撤回", "Withdrawn")),
        comment
            .purged_at
            .map(|_| language.pick("內文已清除", "Text purged")),
        comment
            .hold
            .as_ref()
            .map(|_| language.pick("保全中", "On hold")),
        comment
            .provisional
            .then(|| language.pick("論壇尚未確認", "Not confirmed by the board")),
        comment
            .appealable
            .then(|| language.pick("可申訴", "Appealable")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn tags(revision: &RevisionView) -> Vec<Vec<Piece>> {
    let tags = revision.tags.iter();
    tags.map(|tag| marks::plain(tag)).collect()
}

/// The marks of the body's reasons.
pub fn body_marks(reasons: &[ReasonView]) -> Vec<Mark> {
    marks_on(reasons, |reason| reason.surface == Some(Surface::Body))
}

/// The marks of those reasons that are `wanted`.
pub fn marks_on(reasons: &[ReasonView], wanted: impl Fn(&ReasonView) -> bool) -> Vec<Mark> {
    let places = reasons.iter().enumerate().filter(|(_, one)| wanted(one));
    let mark = |(hit, reason): (usize, &ReasonView)| {
        Some(Mark {
            start: reason.start? as usize,
            end: reason.end? as usize,
            severity: reason.severity,
            guessed: reason.guessed,
            hit,
        })
    };
    places.filter_map(mark).collect()
}

/// Some of a text around its first hit.
pub fn excerpt(text: &str, marks: &[Mark]) -> Vec<Piece> {
    let length = text.chars().count();
    let first = marks.iter().map(|mark| mark.start).min().unwrap_or(0);
    let start = match first {
        _ if length <= EXCERPT_CHARS => 0,
        first => first
            .saturating_sub(BEFORE_CHARS)
            .min(length.saturating_sub(EXCERPT_CHARS)),
    };
    let end = length.min(start + EXCERPT_CHARS);
    let (before, after) = (start > 0, end < length);
    let lead = usize::from(before);
    let shown: String = before
        .then_some('…')
        .into_iter()
        .chain(text.chars().skip(start).take(end - start))
        .chain(after.then_some('…'))
        .collect();
    let moved = marks
        .iter()
        .filter(|mark| mark.start < end && start < mark.end);
    let moved = moved.map(|mark| Mark {
        start: mark.start.max(start) - start + lead,
        end: mark.end.min(end) - start + lead,
        ..*mark
    });
    marks::pieces(&shown, &moved.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, start: usize, end: usize) -> (String, String) {
        let mark = Mark {
            start,
            end,
            severity: 2,
            guessed: false,
            hit: 0,
        };
        let pieces = excerpt(text, &[mark]);
        let text =
            |piece: &Piece| -> String { piece.runs.iter().filter_map(|run| run.text()).collect() };
        (
            pieces.iter().map(text).collect(),
            pieces
                .iter()
                .filter(|piece| piece.mark.is_some())
                .map(text)
                .collect(),
        )
    }

    #[test]
    fn a_short_text_is_whole() {
        assert_eq!(shown("這個白痴", 2, 4), ("這個白痴".into(), "白痴".into()));
    }

    #[test]
    fn a_long_text_is_shown_around_its_first_hit() {
        let text = format!("{}白痴{}", "長".repeat(400), "短".repeat(400));
        let (all, marked) = shown(&text, 400, 402);
        assert_eq!(marked, "白痴");
        assert_eq!(all.chars().count(), EXCERPT_CHARS + 2);
        assert!(all.starts_with("…長") && all.ends_with("短…"));
        let (all, marked) = shown(&text, 790, 802);
        assert_eq!(marked.chars().count(), 12);
        assert!(!all.ends_with('…'));
    }
}
