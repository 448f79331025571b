//! The answer about a comment.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    id::{CaseId, CommentId, ReceiptId},
    lexicon::DropKind,
    policy::{Notice, notice::NoticeOccasion},
    record::{Decision, Reason, ReasonCode, Rule, Score, TextLocation, Verdict},
    review::{DecidedBy, EffectiveDecision},
    text::{Disguises, Surface},
    topic::Evidence,
};

/// What was decided about a comment, and why.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ModerationView {
    /// The answer's id; null in a dry run.
    #[schema(value_type = Option<String>)]
    pub id: Option<ReceiptId>,
    /// The board's id of the comment.
    #[schema(value_type = Option<String>)]
    pub comment_id: Option<CommentId>,
    /// Counted from 1 with each edit.
    pub revision: Option<u32>,
    /// `allow`, `flag` or `remove`: the harshest of body, nickname and the reasons without a surface.
    #[schema(value_type = String)]
    pub verdict: Verdict,
    /// `filter`, `moderator` or `appeal`.
    #[schema(value_type = String)]
    pub decided_by: DecidedBy,
    /// What `verdict` would be if observed codes counted; null where it would be the same.
    #[schema(value_type = Option<String>)]
    pub would_be: Option<Verdict>,
    /// One verdict for each surface that was handed in.
    pub surfaces: SurfacesView,
    /// Why.
    pub reasons: Vec<ReasonView>,
    /// 0 to 1; it orders the queue and decides nothing.
    #[schema(value_type = Option<f64>)]
    pub score: Option<Score>,
    /// The comment's case, else the member's.
    #[schema(value_type = Option<String>)]
    pub case_id: Option<CaseId>,
    /// `good`, `watched`, `suspended` or `terminated`.
    pub member_standing: &'static str,
    /// Which rulebook decided.
    pub rulebook: String,
    /// What the member may be shown; null where nothing was flagged or removed.
    pub notice: Option<NoticeView>,
}

/// One verdict for each surface; an absent surface is absent here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SurfacesView {
    /// The comment's text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<SurfaceView>,
    /// The nickname.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<SurfaceView>,
    /// The tags in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<TagView>>,
}

/// A surface's verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SurfaceView {
    /// `allow`, `flag` or `remove`.
    #[schema(value_type = String)]
    pub verdict: Verdict,
}

/// A tag's verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TagView {
    /// The tag as written.
    pub tag: String,
    /// `allow`, `flag` or `remove`.
    #[schema(value_type = String)]
    pub verdict: Verdict,
    /// How it belongs to the article.
    #[schema(value_type = String)]
    pub evidence: Evidence,
    /// The words of the article that say so.
    pub evidence_term: Option<String>,
    /// The case about this tag.
    #[schema(value_type = Option<String>)]
    pub case_id: Option<CaseId>,
}

/// A place in the member's own text; positions count code points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlaceView {
    /// The surface.
    #[schema(value_type = String)]
    pub surface: Surface,
    /// The tag, where the surface is `tags`.
    pub tag: Option<String>,
    /// The first code point.
    pub start: u32,
    /// The code point after the last.
    pub end: u32,
}

/// Why something was noted, flagged or removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReasonView {
    /// The posted rule; null where none is broken.
    #[schema(value_type = Option<String>)]
    pub rule: Option<Rule>,
    /// The code.
    #[schema(value_type = String)]
    pub code: ReasonCode,
    /// `body`, `nickname`, `tags` or null.
    #[schema(value_type = Option<String>)]
    pub surface: Option<Surface>,
    /// The tag, where the surface is `tags`.
    pub tag: Option<String>,
    /// The listed term.
    pub term: Option<String>,
    /// The member's own words.
    pub matched: Option<String>,
    /// The first code point.
    pub start: Option<u32>,
    /// The code point after the last.
    pub end: Option<u32>,
    /// 1 to 4.
    pub severity: u8,
    /// The disguises undone.
    #[schema(value_type = Vec<String>)]
    pub how: Disguises,
    /// The earlier part of a hit across fields.
    pub other: Option<PlaceView>,
}

/// A statement in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NoticeView {
    /// Traditional Chinese as used in Taiwan.
    #[serde(rename = "zh-TW")]
    pub zh_tw: String,
    /// English.
    pub en: String,
}

/// The answer of `POST /v1/try`: the moderation answer, and how it came about.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TryView {
    /// The moderation answer.
    #[serde(flatten)]
    pub moderation: ModerationView,
    /// Each text as it was matched.
    pub folded: Vec<FoldedView>,
    /// Every candidate, with what dropped it.
    pub candidates: Vec<CandidateView>,
}

/// A text as it was matched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FoldedView {
    /// The surface.
    #[schema(value_type = String)]
    pub surface: Surface,
    /// The tag, where the surface is `tags`.
    pub tag: Option<String>,
    /// The folded text.
    pub text: String,
}

/// A place where a listed term was found, standing or dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CandidateView {
    /// The surface.
    #[schema(value_type = String)]
    pub surface: Surface,
    /// The tag, where the surface is `tags`.
    pub tag: Option<String>,
    /// The listed term.
    pub term: String,
    /// The code it brings on this surface.
    #[schema(value_type = String)]
    pub code: ReasonCode,
    /// 0 (shadow) to 4.
    pub severity: u8,
    /// The member's own words.
    pub matched: String,
    /// The first code point.
    pub start: u32,
    /// The code point after the last.
    pub end: u32,
    /// The disguises undone.
    #[schema(value_type = Vec<String>)]
    pub how: Disguises,
    /// What dropped it, and by which words; null where it stands.
    pub dropped: Option<DroppedView>,
}

/// What dropped a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DroppedView {
    /// The mechanism.
    #[schema(value_type = String)]
    pub by: DropKind,
    /// The exception, the neighbour, the edge.
    pub what: String,
}

impl From<Notice> for NoticeView {
    fn from(notice: Notice) -> Self {
        Self {
            zh_tw: notice.zh_tw,
            en: notice.en,
        }
    }
}

impl From<NoticeView> for Notice {
    fn from(notice: NoticeView) -> Self {
        Self {
            zh_tw: notice.zh_tw,
            en: notice.en,
        }
    }
}

impl From<&TextLocation> for PlaceView {
    fn from(place: &TextLocation) -> Self {
        Self {
            surface: place.surface,
            tag: place.tag.clone(),
            start: place.span.start,
            end: place.span.end,
        }
    }
}

impl From<&Reason> for ReasonView {
    fn from(reason: &Reason) -> Self {
        Self {
            rule: reason.code.rule(),
            code: reason.code,
            surface: reason.surface,
            tag: reason.tag.clone(),
            term: reason.term.clone(),
            matched: reason.matched.clone(),
            start: reason.span.map(|span| span.start),
            end: reason.span.map(|span| span.end),
            severity: reason.severity,
            how: reason.how,
            other: reason.other.as_ref().map(PlaceView::from),
        }
    }
}

impl SurfacesView {
    /// What is in force, with the case of each tag.
    pub fn of(now: &EffectiveDecision, tag_cases: &[Option<CaseId>]) -> Self {
        let surface = |verdict: Option<Verdict>| verdict.map(|verdict| SurfaceView { verdict });
        let tag = |(place, tag): (usize, &crate::review::EffectiveTag)| TagView {
            tag: tag.tag.clone(),
            verdict: tag.verdict,
            evidence: tag.evidence,
            evidence_term: tag.evidence_term.clone(),
            case_id: tag_cases.get(place).copied().flatten(),
        };
        let tags: Vec<TagView> = now.tags.iter().enumerate().map(tag).collect();
        Self {
            body: surface(now.body),
            nickname: surface(now.nickname),
            tags: (!tags.is_empty()).then_some(tags),
        }
    }
}

/// What a statement to the member is about: what was removed, then what was flagged. `given` is the code that a
/// moderator gave for removing the comment.
pub fn occasions<'a>(
    now: &'a EffectiveDecision,
    decision: &'a Decision,
    given: Option<ReasonCode>,
) -> [NoticeOccasion<'a>; 2] {
    [Verdict::Remove, Verdict::Flag].map(|verdict| occasion(now, decision, given, verdict))
}

fn occasion<'a>(
    now: &'a EffectiveDecision,
    decision: &'a Decision,
    given: Option<ReasonCode>,
    verdict: Verdict,
) -> NoticeOccasion<'a> {
    let nickname = now.nickname == Some(verdict);
    // A comment without a body can be removed or flagged as a whole, too.
    let body =
        now.body == Some(verdict) || (now.body.is_none() && !nickname && now.verdict == verdict);
    let tags: Vec<&str> = now
        .tags
        .iter()
        .filter(|tag| tag.verdict == verdict)
        .map(|tag| tag.tag.as_str())
        .collect();
    let told = |reason: &&Reason| match reason.surface {
        _ if reason.verdict == Verdict::Allow => false,
        Some(Surface::Body) | None => body,
        Some(Surface::Nickname) => nickname,
        Some(Surface::Tags) => reason.tag.as_deref().is_some_and(|tag| tags.contains(&tag)),
    };
    let told: Vec<&Reason> = decision.reasons.iter().filter(told).collect();
    // What a moderator gave stands for what the filter saw in the comment; its tags keep their own rule.
    let given = given.filter(|_| body);
    let of_filter = told
        .iter()
        .filter(|reason| given.is_none() || reason.surface == Some(Surface::Tags));
    let codes: Vec<ReasonCode> = of_filter.map(|reason| reason.code).chain(given).collect();
    // A flood is no abuse, though the posted rule is the same: it is told in words of its own.
    let flood = codes.contains(&ReasonCode::Flood);
    let said = codes.iter().filter(|code| **code != ReasonCode::Flood);
    let mut rules: Vec<Rule> = said.filter_map(|code| code.rule()).collect();
    if rules.is_empty() && !body {
        // A moderator removed what the filter had let pass.
        rules.extend(nickname.then_some(Rule::Nickname));
        rules.extend((!tags.is_empty()).then_some(Rule::Tag));
    }
    rules.sort_unstable();
    rules.dedup();
    let self_harm = told
        .iter()
        .any(|reason| reason.code == ReasonCode::SelfHarm);
    let member =
        given.is_none() && !told.is_empty() && told.iter().all(|reason| reason.code.is_of_member());
    NoticeOccasion {
        verdict,
        body,
        nickname,
        tags,
        rules,
        flood,
        self_harm,
        member,
        sanction: None,
    }
}
