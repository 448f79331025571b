//! A comment in its current state, and an article.

use serde::Serialize;
use utoipa::ToSchema;

use super::moderation::{NoticeView, ReasonView, SurfacesView};
use crate::{
    id::{ArticleId, CaseId, CommentId, MemberId, ReceiptId, RulingId},
    record::{Actor, Article, Covered, LegalHold, Rejudgement, Revision, Score, Verdict},
    review::DecidedBy,
    time::Timestamp,
};

/// Comments that were found, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CommentList {
    /// The comments; fewer than asked for where much had to be looked at.
    pub items: Vec<CommentView>,
    /// The cursor of the next page; null at the end.
    pub next_cursor: Option<String>,
}

/// A comment in its current state.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CommentView {
    /// The board's id.
    #[schema(value_type = String)]
    pub comment_id: CommentId,
    /// The id of the answer about the newest revision.
    #[schema(value_type = String)]
    pub id: ReceiptId,
    /// The article under which it was written.
    #[schema(value_type = Option<String>)]
    pub article_id: Option<ArticleId>,
    /// Its author.
    #[schema(value_type = Option<String>)]
    pub member_id: Option<MemberId>,
    /// The comment that it replies to.
    #[schema(value_type = Option<String>)]
    pub parent_id: Option<CommentId>,
    /// Where it is published.
    pub url: Option<String>,
    /// The newest revision.
    pub revision: u32,
    /// The verdict in effect.
    #[schema(value_type = String)]
    pub verdict: Verdict,
    /// Who made that verdict.
    #[schema(value_type = String)]
    pub decided_by: DecidedBy,
    /// What the filter's verdict would be if observed codes counted.
    #[schema(value_type = Option<String>)]
    pub would_be: Option<Verdict>,
    /// One verdict for each surface.
    pub surfaces: SurfacesView,
    /// Why, as the filter saw the newest revision.
    pub reasons: Vec<ReasonView>,
    /// How bad it looks, 0 to 1.
    #[schema(value_type = Option<f64>)]
    pub score: Option<Score>,
    /// The version of the model that scored; null where none did.
    pub model: Option<String>,
    /// The open or latest case of the comment, else that of the member's nickname.
    #[schema(value_type = Option<String>)]
    pub case_id: Option<CaseId>,
    /// The ruling in effect.
    #[schema(value_type = Option<String>)]
    pub ruling_id: Option<RulingId>,
    /// The notice for the member.
    pub notice: Option<NoticeView>,
    /// Whether the author can appeal now.
    pub appealable: bool,
    /// Until when the author can appeal.
    #[schema(value_type = Option<String>)]
    pub appeal_until: Option<Timestamp>,
    /// All revisions, oldest first.
    pub revisions: Vec<RevisionView>,
    /// The member's standing.
    pub member_standing: &'static str,
    /// The rulebook that decided.
    pub rulebook: String,
    /// When the member withdrew it.
    #[schema(value_type = Option<String>)]
    pub withdrawn_at: Option<Timestamp>,
    /// The legal hold that keeps it from purge and erasure.
    pub hold: Option<HoldView>,
    /// When its text was purged.
    #[schema(value_type = Option<String>)]
    pub purged_at: Option<Timestamp>,
    /// True if only a reporter's key has sent this comment and the board has not confirmed it; absent otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub provisional: bool,
}

/// One revision of a comment.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RevisionView {
    /// Counted from 1.
    pub revision: u32,
    /// The id of the answer to its submission.
    #[schema(value_type = String)]
    pub id: ReceiptId,
    /// When it was judged.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// When it was posted, according to the board.
    #[schema(value_type = Option<String>)]
    pub posted_at: Option<Timestamp>,
    /// Its text.
    pub body: Option<String>,
    /// The nickname used with it.
    pub nickname: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// The filter's verdict.
    #[schema(value_type = String)]
    pub verdict: Verdict,
    /// The reasons for that verdict.
    pub reasons: Vec<ReasonView>,
    /// The rulebook that decided.
    pub rulebook: String,
    /// Later decisions, oldest first; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rejudged: Vec<RejudgementView>,
}

/// A later decision of the filter on the same revision.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RejudgementView {
    /// When it was re-judged.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// What caused it, such as a revoked sanction.
    pub why: String,
    /// The filter's verdict.
    #[schema(value_type = String)]
    pub verdict: Verdict,
    /// The reasons for that verdict.
    pub reasons: Vec<ReasonView>,
    /// The rulebook that decided.
    pub rulebook: String,
}

/// A legal hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HoldView {
    /// Who placed it.
    #[schema(value_type = String)]
    pub by: Actor,
    /// When it was placed.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// The reason given.
    pub reason: String,
}

/// An article as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ArticleView {
    /// The board's id.
    #[schema(value_type = String)]
    pub id: ArticleId,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// The section of the paper.
    pub section: Option<String>,
    /// The board's own tags.
    pub tags: Vec<String>,
    /// Where it is published.
    pub url: Option<String>,
    /// When this content was stored.
    #[schema(value_type = String)]
    pub stored_at: Timestamp,
}

impl RevisionView {
    /// A revision with its later decisions, picked from those of the whole comment.
    pub fn of(revision: &Revision, rejudged: &[Covered<Rejudgement>]) -> Self {
        let of_revision = rejudged
            .iter()
            .filter(|later| later.revision == revision.number);
        Self {
            revision: revision.number,
            id: revision.receipt,
            at: revision.at,
            posted_at: revision.posted_at,
            body: revision.body.clone(),
            nickname: revision.nickname.clone(),
            tags: revision.tags.clone(),
            verdict: revision.decision.verdict,
            reasons: revision
                .decision
                .reasons
                .iter()
                .map(ReasonView::from)
                .collect(),
            rulebook: revision.decision.rulebook.to_string(),
            rejudged: of_revision
                .map(|later| RejudgementView::from(&**later))
                .collect(),
        }
    }
}

impl From<&Rejudgement> for RejudgementView {
    fn from(later: &Rejudgement) -> Self {
        let decision = &later.decision;
        Self {
            at: later.at,
            why: later.cause.summary(),
            verdict: decision.verdict,
            reasons: decision.reasons.iter().map(ReasonView::from).collect(),
            rulebook: decision.rulebook.to_string(),
        }
    }
}

impl From<Article> for ArticleView {
    fn from(article: Article) -> Self {
        let content = article.content;
        Self {
            id: article.id,
            title: content.title,
            body: content.body,
            section: content.section,
            tags: content.tags,
            url: content.url,
            stored_at: article.stored_at,
        }
    }
}

impl From<&LegalHold> for HoldView {
    fn from(hold: &LegalHold) -> Self {
        Self {
            by: hold.by.clone(),
            at: hold.at,
            reason: hold.reason.clone(),
        }
    }
}
