//! What the member wrote, with every hit marked, and what each hit is.

use super::diff::{self, Change};
use crate::{
    desk::views::{
        CarriedView, CaseView, FormView, HitView, PieceView, RevisionView, ScoreView, TagView,
    },
    http::{
        console::{
            ages::Age,
            marks::{self, Mark, Piece},
            names,
            visit::Visit,
        },
        problem::Language,
    },
    record::Verdict,
    text::{Disguises, Surface},
};

/// How many edits are shown.
const EDITS_MAX: usize = 4;

/// The texts of a case.
pub struct Words {
    pub body: Option<Vec<Piece>>,
    pub nickname: Option<Vec<Piece>>,
    pub tags: Vec<Tag>,
    pub edits: Vec<Edit>,
    pub posted: Option<Age>,
    pub url: Option<String>,
    pub verdict: Option<&'static str>,
    pub verdict_name: &'static str,
    pub decided_by: &'static str,
    pub is_purged: bool,
    pub is_withdrawn: bool,
    pub is_provisional: bool,
    pub hold: Option<String>,
}

/// A tag and how it stands.
pub struct Tag {
    pub text: String,
    pub pieces: Vec<Piece>,
    pub verdict: &'static str,
    pub verdict_name: &'static str,
    pub evidence: &'static str,
    pub evidence_term: Option<String>,
    pub carried: Option<String>,
    pub case: Option<String>,
    /// Whether it goes with a removal of tags unless somebody says otherwise.
    pub is_suggested: bool,
}

/// From one revision to the next.
pub struct Edit {
    pub revision: u32,
    pub at: Age,
    pub changes: Vec<Change>,
}

/// A hit as the list beside the text shows it.
pub struct Hit {
    pub index: usize,
    pub written: Vec<Piece>,
    pub term: Option<String>,
    pub rule: Option<&'static str>,
    pub code: &'static str,
    pub surface: Option<&'static str>,
    pub severity: u8,
    pub severity_name: &'static str,
    pub is_guess: bool,
    /// Whether the model alone says so.
    pub is_by_score: bool,
    matched: String,
    pub how: String,
    /// Each character beside what it was read as; empty where nothing was disguised.
    pub cells: Vec<Cell>,
    pub form: Option<FormView>,
    /// The hit in one line, for a mark that is hovered or focused.
    pub tip: String,
    pub other: Option<&'static str>,
}

/// A part of a hit: as written, and as read.
pub struct Cell {
    pub written: Vec<Piece>,
    pub read: String,
    pub is_dropped: bool,
}

/// The model's score of a surface.
pub struct Score {
    pub surface: &'static str,
    pub score: String,
    pub percent: u32,
    pub flag_percent: u32,
    pub flag_at: String,
    pub model: String,
    pub leans: Vec<Vec<Piece>>,
    pub features: Vec<(String, String, bool)>,
}

impl Words {
    /// The texts of a case with its hits.
    pub fn new(case: &CaseView, hits: &[Hit], visit: &Visit) -> Self {
        let language = visit.language;
        let comment = case.comment.as_ref();
        let newest = comment.and_then(|comment| comment.revisions.last());
        let body = newest.and_then(|newest| newest.body.as_deref());
        let nickname = newest
            .and_then(|newest| newest.nickname.as_deref())
            .or_else(|| nickname_of(case));
        let lean = case
            .scores
            .iter()
            .filter(|score| score.surface == Surface::Body)
            .flat_map(|score| &score.spans)
            .map(|span| lean_mark(span.start, span.end));
        let body_marks = marks_of(case, hits, Surface::Body, None).chain(lean);
        Self {
            body: body.map(|body| marks::pieces(body, &body_marks.collect::<Vec<_>>())),
            nickname: nickname.map(|nickname| {
                let marks = marks_of(case, hits, Surface::Nickname, None);
                marks::pieces(nickname, &marks.collect::<Vec<_>>())
            }),
            tags: tags(case, hits, language),
            edits: comment.map_or_else(Vec::new, |comment| edits(&comment.revisions, visit)),
            posted: newest.map(|newest| {
                let at = newest.posted_at.unwrap_or(newest.at);
                Age::new(at, visit.now, visit.zone(), language)
            }),
            url: comment.and_then(|comment| comment.url.clone().filter(|url| is_web(url))),
            verdict: comment.map(|comment| comment.verdict.name()),
            verdict_name: comment.map_or("", |comment| names::verdict(comment.verdict, language)),
            decided_by: comment.map_or("", |comment| {
                names::decided_by(comment.decided_by, language)
            }),
            is_purged: comment.is_some_and(|comment| comment.purged_at.is_some()),
            is_withdrawn: comment.is_some_and(|comment| comment.withdrawn_at.is_some()),
            is_provisional: comment.is_some_and(|comment| comment.provisional),
            hold: comment
                .and_then(|comment| comment.hold.as_ref())
                .map(|hold| hold.reason.clone()),
        }
    }

    /// Whether a tag is to be decided about.
    pub fn has_tags(&self) -> bool {
        !self.tags.is_empty()
    }
}

/// Whether an address leads to the web: no other is made a link.
pub fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// The nickname of a case about one, where no comment came with it.
fn nickname_of(case: &CaseView) -> Option<&str> {
    (case.item.excerpt.surface == Surface::Nickname).then_some(case.item.excerpt.text.as_str())
}

fn marks_of<'a>(
    case: &'a CaseView,
    hits: &'a [Hit],
    surface: Surface,
    tag: Option<&'a str>,
) -> impl Iterator<Item = Mark> + 'a {
    let here = case.hits.iter().zip(hits).filter(move |(view, _)| {
        view.reason.surface == Some(surface) && view.reason.tag.as_deref() == tag
    });
    here.filter_map(|(view, hit)| {
        Some(Mark {
            start: view.reason.start? as usize,
            end: view.reason.end? as usize,
            severity: hit.severity.max(1),
            guessed: hit.is_guess,
            hit: hit.index,
        })
    })
}

/// A place that only raised the score: the faintest of marks, and no hit.
const fn lean_mark(start: u32, end: u32) -> Mark {
    Mark {
        start: start as usize,
        end: end as usize,
        severity: 0,
        guessed: false,
        hit: usize::MAX,
    }
}

fn tags(case: &CaseView, hits: &[Hit], language: Language) -> Vec<Tag> {
    let surfaces = case.comment.as_ref().map(|comment| &comment.surfaces);
    let tags = surfaces.and_then(|surfaces| surfaces.tags.as_deref());
    let tags = tags.unwrap_or_default();
    let is_any_flagged = tags.iter().any(|tag| tag.verdict > Verdict::Allow);
    let shown = |tag: &TagView| {
        let marks: Vec<Mark> =
            marks_of(case, hits, Surface::Tags, Some(tag.tag.as_str())).collect();
        let carried = case.carried.iter().find(|carried| carried.tag == tag.tag);
        Tag {
            text: tag.tag.clone(),
            pieces: marks::pieces(&tag.tag, &marks),
            verdict: tag.verdict.name(),
            verdict_name: names::verdict(tag.verdict, language),
            evidence: names::evidence(tag.evidence, language),
            evidence_term: tag.evidence_term.clone(),
            carried: carried.map(counted),
            case: tag
                .case_id
                .filter(|id| *id != case.item.id)
                .map(|id| id.to_string()),
            is_suggested: tag.verdict > Verdict::Allow || !is_any_flagged,
        }
    };
    tags.iter().map(shown).collect()
}

fn counted(carried: &CarriedView) -> String {
    let more = if carried.more { "+" } else { "" };
    format!("{}{more}", carried.comments)
}

/// The newest edits, the newest first.
fn edits(revisions: &[RevisionView], visit: &Visit) -> Vec<Edit> {
    let pairs = revisions.windows(2).rev().take(EDITS_MAX);
    pairs
        .filter_map(|pair| match pair {
            [older, newer] => Some(Edit {
                revision: newer.revision,
                at: Age::new(newer.at, visit.now, visit.zone(), visit.language),
                changes: diff::changes(&text_of(older), &text_of(newer)),
            }),
            _ => None,
        })
        .collect()
}

/// Body and tags as one text, so that a changed tag is seen as well.
fn text_of(revision: &RevisionView) -> String {
    let body = revision.body.as_deref().unwrap_or("");
    let tags = revision.tags.iter().map(|tag| format!("\n#{tag}"));
    std::iter::once(body.to_owned()).chain(tags).collect()
}

impl Hit {
    /// The listed term, where it is not what is written.
    pub fn read_as(&self) -> Option<&str> {
        let term = self.term.as_deref();
        term.filter(|term| *term != self.matched)
    }

    /// Every hit of a case, in the order of its view.
    pub fn all(case: &CaseView, language: Language) -> Vec<Self> {
        case.hits
            .iter()
            .enumerate()
            .map(|(index, hit)| Self::new(index, hit, &case.forms, language))
            .collect()
    }

    fn new(index: usize, hit: &HitView, forms: &[FormView], language: Language) -> Self {
        let reason = &hit.reason;
        let how = names::disguises(reason.how, language);
        let is_disguised = reason.how != Disguises::default();
        let form = reason
            .term
            .as_deref()
            .and_then(|term| forms.iter().find(|form| form.term == term));
        let term = reason.term.clone();
        let code = names::code(reason.code, language);
        let is_guess = reason.guessed;
        let sure = match is_guess {
            _ if reason.code.is_likely() => language.pick("模型判斷", "by the model"),
            true => language.pick("推測", "guessed"),
            false => language.pick("確定", "sure"),
        };
        let parts = [term.as_deref().unwrap_or(""), code, &how, sure];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        Self {
            index,
            written: marks::plain(reason.matched.as_deref().unwrap_or("")),
            rule: reason.rule.map(|rule| names::rule(rule, language)),
            code,
            surface: reason
                .surface
                .map(|surface| names::surface(surface, language)),
            severity: reason.severity,
            severity_name: names::severity(reason.severity, language),
            is_guess,
            is_by_score: reason.code.is_likely(),
            matched: reason.matched.clone().unwrap_or_default(),
            cells: match is_disguised {
                true => hit.pieces.iter().map(Cell::new).collect(),
                false => Vec::new(),
            },
            form: form.filter(|_| is_guess).cloned(),
            tip: parts.join(" · "),
            other: reason
                .other
                .as_ref()
                .map(|other| names::surface(other.surface, language)),
            how,
            term,
        }
    }
}

impl Cell {
    fn new(piece: &PieceView) -> Self {
        let read = piece.term.as_deref().unwrap_or(&piece.folded);
        Self {
            written: marks::plain(&piece.written),
            is_dropped: read.is_empty(),
            read: read.to_owned(),
        }
    }
}

impl Score {
    /// The scores of a case's texts.
    pub fn all(case: &CaseView, language: Language) -> Vec<Self> {
        case.scores
            .iter()
            .map(|score| Self::new(score, language))
            .collect()
    }

    fn new(score: &ScoreView, language: Language) -> Self {
        let features = score.features.iter().map(|feature| {
            let weight = format!("{:+.2}", feature.weight);
            (feature.name.clone(), weight, feature.weight > 0.0)
        });
        Self {
            surface: names::surface(score.surface, language),
            score: format!("{:.2}", score.score),
            percent: percent(score.score),
            flag_percent: percent(score.flag_at).saturating_sub(1),
            flag_at: format!("{:.2}", score.flag_at),
            model: score.model.clone(),
            leans: score
                .spans
                .iter()
                .map(|span| marks::plain(&span.text))
                .collect(),
            features: features.collect(),
        }
    }
}

/// A score from 0 to 1 in percent.
fn percent(score: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is clamped"
    )]
    let percent = (score * 100.0).round().clamp(0.0, 100.0) as u32;
    percent
}
