//! Where a comment stands now; an article.

use serde::Serialize;
use utoipa::ToSchema;

use super::moderation::{NoticeView, ReasonView, SurfacesView};
use crate::{
    id::{ArticleId, CaseId, CommentId, MemberId, ReceiptId, RulingId},
    record::{Actor, Article, LegalHold, Rejudgement, Revision, Score, Verdict},
    review::DecidedBy,
    time::Timestamp,
};

/// Where a comment stands now.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CommentView {
    /// The board's id.
    #[schema(value_type = String)]
    pub comment_id: CommentId,
    /// The id of the answer about the newest revision.
    #[schema(value_type = String)]
    pub id: ReceiptId,
    /// The article it stands under.
    #[schema(value_type = Option<String>)]
    pub article_id: Option<ArticleId>,
    /// Who wrote it.
    #[schema(value_type = Option<String>)]
    pub member_id: Option<MemberId>,
    /// The comment it answers.
    #[schema(value_type = Option<String>)]
    pub parent_id: Option<CommentId>,
    /// Where it stands.
    pub url: Option<String>,
    /// The newest revision.
    pub revision: u32,
    /// The verdict in force.
    #[schema(value_type = String)]
    pub verdict: Verdict,
    /// Who is behind it.
    #[schema(value_type = String)]
    pub decided_by: DecidedBy,
    /// What the filter's verdict would be if observed codes counted.
    #[schema(value_type = Option<String>)]
    pub would_be: Option<Verdict>,
    /// One verdict for each surface.
    pub surfaces: SurfacesView,
    /// Why, as the filter saw the newest revision.
    pub reasons: Vec<ReasonView>,
    /// 0 to 1.
    #[schema(value_type = Option<f64>)]
    pub score: Option<Score>,
    /// The comment's case, else the member's.
    #[schema(value_type = Option<String>)]
    pub case_id: Option<CaseId>,
    /// The ruling that is in force on the comment.
    #[schema(value_type = Option<String>)]
    pub ruling_id: Option<RulingId>,
    /// What the member may be shown.
    pub notice: Option<NoticeView>,
    /// Whether the author can appeal now.
    pub appealable: bool,
    /// Until when.
    #[schema(value_type = Option<String>)]
    pub appeal_until: Option<Timestamp>,
    /// All revisions, oldest first.
    pub revisions: Vec<RevisionView>,
    /// The member's standing.
    pub member_standing: &'static str,
    /// Which rulebook decided.
    pub rulebook: String,
    /// When the member took it back.
    #[schema(value_type = Option<String>)]
    pub withdrawn_at: Option<Timestamp>,
    /// Why it is kept from purge and erasure.
    pub hold: Option<HoldView>,
    /// When its text was purged.
    #[schema(value_type = Option<String>)]
    pub purged_at: Option<Timestamp>,
    /// True where it only came along with a report, by a key that may hand in reports alone, and the board has not sent it
    /// itself; absent otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub provisional: bool,
}

/// One version of a comment.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RevisionView {
    /// Counted from 1.
    pub revision: u32,
    /// The id of the answer about it.
    #[schema(value_type = String)]
    pub id: ReceiptId,
    /// When it was judged.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// When it was posted, as the board says.
    #[schema(value_type = Option<String>)]
    pub posted_at: Option<Timestamp>,
    /// Its text.
    pub body: Option<String>,
    /// The nickname beside it.
    pub nickname: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// What the filter said.
    #[schema(value_type = String)]
    pub verdict: Verdict,
    /// Why.
    pub reasons: Vec<ReasonView>,
    /// Which rulebook decided.
    pub rulebook: String,
    /// When it was judged again, oldest first; absent where it never was.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rejudged: Vec<RejudgementView>,
}

/// A later decision of the filter about a revision.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RejudgementView {
    /// When.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// Why it was judged again.
    pub why: String,
    /// What the filter said.
    #[schema(value_type = String)]
    pub verdict: Verdict,
    /// Why.
    pub reasons: Vec<ReasonView>,
    /// Which rulebook decided.
    pub rulebook: String,
}

/// Why a comment is kept whatever its age.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HoldView {
    /// Who asked for it.
    #[schema(value_type = String)]
    pub by: Actor,
    /// When.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// Why.
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
    /// Where it stands.
    pub url: Option<String>,
    /// When this content was stored.
    #[schema(value_type = String)]
    pub stored_at: Timestamp,
}

impl RevisionView {
    /// A revision with those of the comment's later decisions that are about it.
    pub fn of(revision: &Revision, rejudged: &[Rejudgement]) -> Self {
        let of_it = |later: &&Rejudgement| later.revision == revision.number;
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
            rejudged: rejudged
                .iter()
                .filter(of_it)
                .map(RejudgementView::from)
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
