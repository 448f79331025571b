//! The answer to a submitted comment.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    id::{CaseId, CommentId, ReceiptId},
    lexicon::{Company, DropKind},
    member::MemberStanding,
    policy::{Notice, notice::NoticeOccasion},
    record::{Decision, Reason, ReasonCode, Rule, Score, TextLocation, Verdict},
    review::{DecidedBy, EffectiveDecision},
    text::{Disguises, Surface},
    topic::Evidence,
};

/// What was decided about a comment, and why.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ModerationView {
    /// The id of this answer; null in a dry run.
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
    /// What `verdict` would be if observed codes counted; null if it would be the same.
    #[schema(value_type = Option<String>)]
    pub would_be: Option<Verdict>,
    /// One verdict for each submitted surface.
    pub surfaces: SurfacesView,
    /// The reasons for the verdicts.
    pub reasons: Vec<ReasonView>,
    /// How likely the comment is abuse or a scam, 0 to 1; it orders the queue, and flags by itself from a threshold on.
    #[schema(value_type = Option<f64>)]
    pub score: Option<Score>,
    /// The version of the model that scored; null where none did.
    pub model: Option<String>,
    /// The case of the comment, else that of the member's nickname.
    #[schema(value_type = Option<String>)]
    pub case_id: Option<CaseId>,
    /// `good`, `watched`, `suspended` or `terminated`.
    pub member_standing: &'static str,
    /// The rulebook that decided.
    pub rulebook: String,
    /// The notice for the member; null if nothing was flagged or removed.
    pub notice: Option<NoticeView>,
}

impl ModerationView {
    /// A decision about texts that are not stored, or not yet: it has no ids, and no cases.
    pub fn of(
        decision: &Decision,
        effective: &EffectiveDecision,
        standing: MemberStanding,
        notice: Option<Notice>,
    ) -> Self {
        Self {
            id: None,
            comment_id: None,
            revision: None,
            verdict: effective.verdict,
            decided_by: effective.decided_by,
            would_be: decision.would_be,
            surfaces: SurfacesView::of(effective, &[]),
            reasons: decision.reasons.iter().map(ReasonView::from).collect(),
            score: Some(decision.score),
            model: decision.model.as_ref().map(ToString::to_string),
            case_id: None,
            member_standing: standing.name(),
            rulebook: decision.rulebook.to_string(),
            notice: notice.map(NoticeView::from),
        }
    }
}

/// One verdict for each surface; a surface that was not submitted is absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SurfacesView {
    /// The comment's text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<SurfaceView>,
    /// The nickname.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<SurfaceView>,
    /// The tags in the order submitted.
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
    /// How the tag relates to the article.
    #[schema(value_type = String)]
    pub evidence: Evidence,
    /// The words of the article that relate to it.
    pub evidence_term: Option<String>,
    /// The case about this tag.
    #[schema(value_type = Option<String>)]
    pub case_id: Option<CaseId>,
}

/// A place in the submitted text; positions count code points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlaceView {
    /// The surface.
    #[schema(value_type = String)]
    pub surface: Surface,
    /// The tag, if the surface is `tags`.
    pub tag: Option<String>,
    /// The first code point.
    pub start: u32,
    /// The code point after the last.
    pub end: u32,
}

/// Why something was noted, flagged or removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReasonView {
    /// The posted rule; null if no rule is broken.
    #[schema(value_type = Option<String>)]
    pub rule: Option<Rule>,
    /// The code.
    #[schema(value_type = String)]
    pub code: ReasonCode,
    /// `body`, `nickname`, `tags` or null.
    #[schema(value_type = Option<String>)]
    pub surface: Option<Surface>,
    /// The tag, if the surface is `tags`.
    pub tag: Option<String>,
    /// The wordlist term that matched.
    pub term: Option<String>,
    /// The member's own words that matched.
    pub matched: Option<String>,
    /// The first code point.
    pub start: Option<u32>,
    /// The code point after the last.
    pub end: Option<u32>,
    /// The severity, 1 to 4.
    pub severity: u8,
    /// The disguises seen through, such as full-width letters.
    #[schema(value_type = Vec<String>)]
    pub how: Disguises,
    /// A disguise was inferred, not listed nor a sure fold: such a reason flags at most.
    pub guessed: bool,
    /// The first part of a match that spans two fields.
    pub other: Option<PlaceView>,
}

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NoticeView {
    /// Traditional Chinese as used in Taiwan.
    #[serde(rename = "zh-TW")]
    pub zh_tw: String,
    /// English.
    pub en: String,
}

/// The answer of `POST /v1/try`: what would be decided, and how.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TryView {
    /// What would be decided.
    #[serde(flatten)]
    pub moderation: ModerationView,
    /// Each text as it was matched, after folding.
    pub folded: Vec<FoldedView>,
    /// Every match considered, with what discarded it.
    pub candidates: Vec<CandidateView>,
    /// The score of the body and of the nickname, and what weighed in it.
    pub scores: Vec<ScoreView>,
}

/// The score of a text, and what weighed in it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ScoreView {
    /// The surface.
    #[schema(value_type = String)]
    pub surface: Surface,
    /// How likely it is abuse or a scam, from 0 to 1.
    pub score: f64,
    /// From which score on it is flagged.
    pub flag_at: f64,
    /// The model that scored.
    pub model: String,
    /// What it would be flagged as.
    #[schema(value_type = String)]
    pub likely: ReasonCode,
    /// The places that weighed most, the heaviest first.
    pub spans: Vec<WeighedSpanView>,
    /// The named features that weighed, the heaviest first.
    pub features: Vec<WeighedFeatureView>,
}

/// A place that raised a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WeighedSpanView {
    /// The first code point.
    pub start: u32,
    /// The code point after the last.
    pub end: u32,
    /// The member's own words.
    pub text: String,
}

/// A named feature and what it added to the score.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WeighedFeatureView {
    /// Its name: `insult-3`, `aimed`, `url`.
    pub name: String,
    /// Its part of the log odds; below 0 it speaks for a harmless text.
    pub weight: f64,
}

/// A text as it was matched, after folding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FoldedView {
    /// The surface.
    #[schema(value_type = String)]
    pub surface: Surface,
    /// The tag, if the surface is `tags`.
    pub tag: Option<String>,
    /// The folded text.
    pub text: String,
}

/// A match of a wordlist term, accepted or discarded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CandidateView {
    /// The surface.
    #[schema(value_type = String)]
    pub surface: Surface,
    /// The tag, if the surface is `tags`.
    pub tag: Option<String>,
    /// The wordlist term.
    pub term: String,
    /// The code that it gives on this surface.
    #[schema(value_type = String)]
    pub code: ReasonCode,
    /// 0 (shadow) to 4.
    pub severity: u8,
    /// The member's own words that matched.
    pub matched: String,
    /// The first code point.
    pub start: u32,
    /// The code point after the last.
    pub end: u32,
    /// The disguises seen through, such as full-width letters.
    #[schema(value_type = Vec<String>)]
    pub how: Disguises,
    /// What stands around it, such as `aimed` or `quoted`; null if that does not matter for it.
    #[schema(value_type = Option<String>)]
    pub company: Option<Company>,
    /// The severity that is left in this company.
    pub counts: u8,
    /// What discarded it; null if it counts.
    pub dropped: Option<DroppedView>,
}

/// Why a match was discarded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DroppedView {
    /// The mechanism that discarded it.
    #[schema(value_type = String)]
    pub by: DropKind,
    /// The exception, neighbouring word or word edge responsible.
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
    fn from(location: &TextLocation) -> Self {
        Self {
            surface: location.surface,
            tag: location.tag.clone(),
            start: location.span.start,
            end: location.span.end,
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
            guessed: reason.guessed,
            other: reason.other.as_ref().map(PlaceView::from),
        }
    }
}

impl SurfacesView {
    /// The verdicts in effect, with the case of each tag.
    pub fn of(effective: &EffectiveDecision, tag_cases: &[Option<CaseId>]) -> Self {
        let surface = |verdict: Option<Verdict>| verdict.map(|verdict| SurfaceView { verdict });
        let tag = |(index, tag): (usize, &crate::review::EffectiveTag)| TagView {
            tag: tag.tag.clone(),
            verdict: tag.verdict,
            evidence: tag.evidence,
            evidence_term: tag.evidence_term.clone(),
            case_id: tag_cases.get(index).copied().flatten(),
        };
        let tags: Vec<TagView> = effective.tags.iter().enumerate().map(tag).collect();
        Self {
            body: surface(effective.body),
            nickname: surface(effective.nickname),
            tags: (!tags.is_empty()).then_some(tags),
        }
    }
}

/// What a notice to the member is about: first what was removed, then what was flagged. `moderator_code` is the code that a
/// gave for removing the comment.
pub fn occasions<'a>(
    effective: &'a EffectiveDecision,
    decision: &'a Decision,
    moderator_code: Option<ReasonCode>,
) -> [NoticeOccasion<'a>; 2] {
    [Verdict::Remove, Verdict::Flag]
        .map(|verdict| occasion(effective, decision, moderator_code, verdict))
}

fn occasion<'a>(
    effective: &'a EffectiveDecision,
    decision: &'a Decision,
    moderator_code: Option<ReasonCode>,
    verdict: Verdict,
) -> NoticeOccasion<'a> {
    let nickname = effective.nickname == Some(verdict);
    // A comment without a body can be removed or flagged as a whole as well.
    let body = effective.body == Some(verdict)
        || (effective.body.is_none() && !nickname && effective.verdict == verdict);
    let tags: Vec<&str> = effective
        .tags
        .iter()
        .filter(|tag| tag.verdict == verdict)
        .map(|tag| tag.tag.as_str())
        .collect();
    let is_concerned = |reason: &&Reason| match reason.surface {
        _ if reason.verdict == Verdict::Allow => false,
        Some(Surface::Body) | None => body,
        Some(Surface::Nickname) => nickname,
        Some(Surface::Tags) => reason.tag.as_deref().is_some_and(|tag| tags.contains(&tag)),
    };
    let reasons: Vec<&Reason> = decision.reasons.iter().filter(is_concerned).collect();
    // The moderator's code replaces the filter's for the comment; its tags keep their own.
    let moderator_code = moderator_code.filter(|_| body);
    let filter_reasons = reasons
        .iter()
        .filter(|reason| moderator_code.is_none() || reason.surface == Some(Surface::Tags));
    let codes: Vec<ReasonCode> = filter_reasons
        .map(|reason| reason.code)
        .chain(moderator_code)
        .collect();
    // A flood has the posted rule of abuse, but a text of its own.
    let flood = codes.contains(&ReasonCode::Flood);
    let other_codes = codes.iter().filter(|code| **code != ReasonCode::Flood);
    let mut rules: Vec<Rule> = other_codes.filter_map(|code| code.rule()).collect();
    if rules.is_empty() && !body {
        // A moderator removed what the filter had allowed: there is no code, so the surface tells the rule.
        rules.extend(nickname.then_some(Rule::Nickname));
        rules.extend((!tags.is_empty()).then_some(Rule::Tag));
    }
    rules.sort_unstable();
    rules.dedup();
    let self_harm = reasons
        .iter()
        .any(|reason| reason.code == ReasonCode::SelfHarm);
    let is_about_member = moderator_code.is_none()
        && !reasons.is_empty()
        && reasons.iter().all(|reason| reason.code.is_of_member());
    NoticeOccasion {
        verdict,
        body,
        nickname,
        tags,
        rules,
        flood,
        self_harm,
        member: is_about_member,
        sanction: None,
        replies: Vec::new(),
    }
}
