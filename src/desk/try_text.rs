//! Trying a text: what would be decided about it, and why. Nothing is stored.

use std::sync::Arc;

use super::{
    base::Base,
    error::DeskError,
    findings::findings,
    views::{
        CandidateView, DroppedView, FoldedView, ModerationView, ScoreView, TryView,
        WeighedFeatureView, WeighedSpanView, occasions,
    },
};
use crate::{
    intake::{ArticleDraft, CommentDraft, MemberDraft, Submission},
    lexicon::{Company, Explanation, Hit},
    member::MemberStanding,
    policy::{Findings, Model, Rulebook, TextScore, decide, notice::NoticeContext},
    record::ReasonCode,
    review::{SubjectRulings, effective_verdict},
    score::Weighed,
    text::{Span, Surface, SurfaceTexts, UndoneMarkup},
    topic::PreparedArticle,
};

/// The texts to try, unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct TryDraft {
    pub body: Option<String>,
    pub nickname: Option<String>,
    pub tags: Vec<String>,
    pub article: Option<ArticleDraft>,
}

/// What is not stored cannot be appealed.
const NOT_STORED: NoticeContext<'static> = NoticeContext {
    appeal_until: None,
    time_zone: &jiff::tz::TimeZone::UTC,
};

/// Judges a text with the given rulebook and its own weights, and explains the decision. Needs no store, and knows of no forms.
pub fn try_with(rulebook: &Rulebook, draft: TryDraft) -> Result<TryView, DeskError> {
    let (submission, model) = (checked(draft)?, Model::shipped(rulebook));
    let article = article_of(&submission, rulebook);
    let surfaces = submission.surfaces();
    let forms = Arc::default();
    let findings = findings(surfaces, article.as_ref(), rulebook, &model, &forms);
    Ok(tried(&submission, &findings, rulebook, &model))
}

impl Base {
    /// The same with what is in force, as a comment would be judged.
    pub(super) async fn try_text(&self, draft: TryDraft) -> Result<TryView, DeskError> {
        let (submission, in_force) = (checked(draft)?, self.in_force());
        let rulebook = in_force.rulebook();
        let article = article_of(&submission, rulebook);
        let findings = self.findings(submission.surfaces(), article.as_ref(), &in_force);
        Ok(tried(
            &submission,
            &findings.await?,
            rulebook,
            &in_force.model,
        ))
    }
}

fn article_of(submission: &Submission, rulebook: &Rulebook) -> Option<PreparedArticle> {
    let content = submission.article_content.as_ref();
    content.map(|content| content.prepared(&rulebook.topics, &Arc::default()))
}

fn tried(
    submission: &Submission,
    findings: &Findings,
    rulebook: &Rulebook,
    model: &Model,
) -> TryView {
    let surfaces = submission.surfaces();
    let decision = decide(surfaces, findings, rulebook);
    let effective = effective_verdict(&decision, &SubjectRulings::default());
    let occasions = occasions(&effective, &decision, None);
    let notice = rulebook.notices.statement(&occasions, &NOT_STORED);
    let moderation = ModerationView::of(&decision, &effective, MemberStanding::Good, notice);
    let (mut folded, mut candidates) = (Vec::new(), Vec::new());
    for (surface, tag, text) in texts(submission) {
        let undone = UndoneMarkup::of(text, rulebook.rules.markup().of(surface));
        let shown = undone.as_ref().map_or(text, UndoneMarkup::text);
        let mut explanation = rulebook.lexicon.explain(surface, shown);
        for candidate in &mut explanation.candidates {
            let Some(undone) = &undone else { break };
            candidate.span = undone.original(candidate.span);
            candidate.matched = candidate.span.slice(text).to_owned();
        }
        folded.push(FoldedView {
            surface,
            tag: tag.map(str::to_owned),
            text: explanation.folded.clone(),
        });
        candidates.extend(explanation_view(surface, tag, explanation));
    }
    TryView {
        moderation,
        folded,
        candidates,
        scores: score_views(surfaces, findings, rulebook, model),
    }
}

/// The scores of body and nickname, with what weighed in them.
pub(super) fn score_views(
    surfaces: SurfaceTexts<'_>,
    findings: &Findings,
    rulebook: &Rulebook,
    model: &Model,
) -> Vec<ScoreView> {
    let of = |surface, text: Option<&str>, scored: &Option<TextScore>, hits: &[Hit]| {
        let (text, scored) = (text?, scored.as_ref()?);
        let explained = model.explain(surface, text, (hits, &findings.forms), rulebook);
        let span = |span: &Span| WeighedSpanView {
            start: span.start,
            end: span.end,
            text: span.slice(text).to_owned(),
        };
        let feature = |weighed: &Weighed| WeighedFeatureView {
            name: weighed.named.name(),
            weight: f64::from(weighed.milli) / 1_000.0,
        };
        Some(ScoreView {
            surface,
            score: scored.score.as_f64(),
            flag_at: scored.flag_at.as_f64(),
            model: model.version.to_string(),
            likely: explained.likely,
            spans: explained.spans.iter().map(span).collect(),
            features: explained.features.iter().map(feature).collect(),
        })
    };
    let (body, nickname) = (&findings.score.body, &findings.score.nickname);
    let views = [
        of(Surface::Body, surfaces.body, body, &findings.body),
        of(
            Surface::Nickname,
            surfaces.nickname,
            nickname,
            &findings.nickname,
        ),
    ];
    views.into_iter().flatten().collect()
}

/// Checks the fields as those of a comment; only the pointers of faults differ.
fn checked(draft: TryDraft) -> Result<Submission, DeskError> {
    let placeholder = Some("try".to_owned());
    let member = draft.nickname.map(|nickname| MemberDraft {
        id: placeholder.clone(),
        nickname: Some(nickname),
        verified: None,
    });
    let draft = CommentDraft {
        comment_id: placeholder.clone(),
        article_id: draft.article.as_ref().and(placeholder),
        article: draft.article,
        member,
        body: draft.body,
        tags: draft.tags,
        ..CommentDraft::default()
    };
    Submission::parse(draft).map_err(|mut faults| {
        faults.iter_mut().for_each(|fault| {
            fault.pointer = fault.pointer.replace("/member/nickname", "/nickname")
        });
        DeskError::Fields(faults)
    })
}

fn texts(submission: &Submission) -> Vec<(Surface, Option<&str>, &str)> {
    let body = submission
        .body
        .as_deref()
        .map(|text| (Surface::Body, None, text));
    let nickname = submission
        .nickname()
        .map(|text| (Surface::Nickname, None, text));
    let tags = submission
        .tags
        .iter()
        .map(|tag| (Surface::Tags, Some(tag.as_str()), tag.as_str()));
    body.into_iter().chain(nickname).chain(tags).collect()
}

fn explanation_view(
    surface: Surface,
    tag: Option<&str>,
    explanation: Explanation,
) -> impl Iterator<Item = CandidateView> {
    let tag = tag.map(str::to_owned);
    explanation
        .candidates
        .into_iter()
        .map(move |candidate| CandidateView {
            surface,
            tag: tag.clone(),
            term: candidate.term,
            code: ReasonCode::of_hit(candidate.code, surface),
            severity: candidate.severity,
            matched: candidate.matched,
            start: candidate.span.start,
            end: candidate.span.end,
            how: candidate.how,
            company: (candidate.company != Company::None).then_some(candidate.company),
            counts: candidate.counts,
            dropped: candidate.dropped.map(|dropped| DroppedView {
                by: dropped.by,
                what: dropped.what,
            }),
        })
}
