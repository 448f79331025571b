//! The queue, a case, and the audit.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    action::{ActionView, NoticePreviewView, RefusalView},
    comment::CommentView,
    hit::HitView,
    member::{MemberView, NicknameView, ProposalView, SanctionView},
    moderation::{FoldedView, NoticeView, ScoreView},
    report::{AppealView, NoteView, ReportedView},
    rulebook::CodeNames,
    ruling::RulingView,
    thread::{CarriedView, SiblingView},
};
use crate::{
    id::{ArticleId, CaseId, CommentId, MemberId, RulingId},
    member::MemberStanding,
    record::{
        Actor, AuditEntry, Case, Claim, Comment, Digest, EXCERPT_CHARS_MAX, Form, ReasonCode, Rule,
        RulingDecision, Source, Subject, Verdict,
    },
    store::{QueueCounts, StatusFilter},
    text::Surface,
    time::Timestamp,
};

/// What a case is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SubjectView {
    /// `comment`, `member` or `tag`.
    pub kind: &'static str,
    /// The comment's or member's id; for a tag the tag itself, whose article is in `article`.
    pub id: String,
}

/// The matched words of a case with some text around them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExcerptView {
    /// The surface they were found on.
    #[schema(value_type = String)]
    pub surface: Surface,
    /// Some of the surface's text.
    pub text: String,
    /// The first code point of the match within `text`.
    pub start: u32,
    /// The code point after the last of the match.
    pub end: u32,
}

/// The article of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ArticleRef {
    /// The board's id.
    #[schema(value_type = String)]
    pub id: ArticleId,
    /// Its title, if the article is known.
    pub title: Option<String>,
}

/// The member of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MemberRef {
    /// The board's id.
    #[schema(value_type = String)]
    pub id: MemberId,
    /// The nickname at the latest event of the case.
    pub nickname: Option<String>,
    /// `good`, `watched`, `suspended` or `terminated`.
    pub standing: &'static str,
}

/// Who has claimed a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClaimView {
    /// The moderator or key with the claim.
    #[schema(value_type = String)]
    pub by: Actor,
    /// When the claim expires.
    #[schema(value_type = String)]
    pub until: Timestamp,
}

/// A case as listed in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct QueueItem {
    /// The id for requests about the case.
    #[schema(value_type = String)]
    pub id: CaseId,
    /// Counts the case's changes; a ruling must name the version that it was made from.
    pub version: u32,
    /// `open`, `claimed`, `escalated` or `resolved`.
    #[schema(value_type = String)]
    pub status: StatusFilter,
    /// What the case is about.
    pub subject: SubjectView,
    /// The posted rule of `code`.
    #[schema(value_type = Option<String>)]
    pub rule: Option<Rule>,
    /// The most severe code found or reported.
    #[schema(value_type = String)]
    pub code: ReasonCode,
    /// The surface of that code.
    #[schema(value_type = Option<String>)]
    pub surface: Option<Surface>,
    /// The severity of that code, 1 to 4.
    pub severity: u8,
    /// What opened or reopened it last.
    #[schema(value_type = String)]
    pub source: Source,
    /// Everything that has opened it.
    #[schema(value_type = Vec<String>)]
    pub sources: Vec<Source>,
    /// Its place in the queue: the greatest comes first.
    pub priority: u32,
    /// The matched words in their context.
    pub excerpt: ExcerptView,
    /// The hash shared by cases about the same words, for the filter `group=`; null if there are too few words.
    pub group: Option<String>,
    /// The comment that opened the case.
    #[schema(value_type = Option<String>)]
    pub comment_id: Option<CommentId>,
    /// The article under which it was written.
    pub article: Option<ArticleRef>,
    /// Its author.
    pub member: Option<MemberRef>,
    /// How many readers reported it.
    pub reports: u32,
    /// Who has claimed it.
    pub claim: Option<ClaimView>,
    /// How often it was skipped.
    pub skips: u32,
    /// When it was opened.
    #[schema(value_type = String)]
    pub opened_at: Timestamp,
    /// When it last changed.
    #[schema(value_type = String)]
    pub changed_at: Timestamp,
}

/// Counts of the whole queue, regardless of filters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CountsView {
    /// By status.
    pub status: BTreeMap<&'static str, u64>,
    /// By posted rule.
    pub rule: BTreeMap<&'static str, u64>,
    /// By code.
    pub code: BTreeMap<&'static str, u64>,
    /// By surface.
    pub surface: BTreeMap<&'static str, u64>,
    /// By what opened the cases last.
    pub source: BTreeMap<&'static str, u64>,
}

/// One page of the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct QueueView {
    /// The cases in order.
    pub items: Vec<QueueItem>,
    /// The cursor of the next page; null at the end.
    pub next_cursor: Option<String>,
    /// Only on the first page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<CountsView>,
}

/// The parts of a case's priority, the most significant first.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PriorityView {
    /// Self-harm and threats come first.
    pub urgent: bool,
    /// Then the score, in steps of .05.
    pub score: f64,
    /// Then the weight of the reports.
    pub reports: u8,
    /// How severe the gravest reason is; it does not order.
    pub severity: u8,
    /// The priority as one number.
    pub number: u32,
}

/// The article's text beside a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ArticleText {
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
}

/// The comment that a comment replies to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ParentView {
    /// The board's id.
    #[schema(value_type = String)]
    pub comment_id: CommentId,
    /// Its newest text; null if it is unknown or has no text.
    pub body: Option<String>,
    /// The nickname used with it.
    pub nickname: Option<String>,
}

/// What is known of a written form that was guessed at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FormView {
    /// What is written, folded.
    pub written: String,
    /// The listed term that it was taken for.
    pub term: String,
    /// In how many comments.
    pub seen: i64,
    /// About how many members wrote them.
    pub members: u32,
    /// How many of the comments moderators removed.
    pub upheld: i64,
    /// How many they approved.
    pub dismissed: i64,
}

impl From<&Form> for FormView {
    fn from(form: &Form) -> Self {
        Self {
            written: form.written.clone(),
            term: form.term.clone(),
            seen: form.seen,
            members: form.member_count(),
            upheld: form.upheld,
            dismissed: form.dismissed,
        }
    }
}

/// Everything needed to decide a case.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CaseView {
    /// The case as listed in the queue.
    #[serde(flatten)]
    pub item: QueueItem,
    /// The comment with all revisions and reasons; null for a nickname checked without a comment.
    pub comment: Option<CommentView>,
    /// Its reasons with a place, each beside the folded text; without a comment, those of the nickname.
    pub hits: Vec<HitView>,
    /// Each text of it as it was matched, after folding.
    pub folded: Vec<FoldedView>,
    /// The names of every code that this answer mentions.
    pub code_names: BTreeMap<&'static str, CodeNames>,
    /// The written forms that its reasons guessed at, with their record.
    pub forms: Vec<FormView>,
    /// The score of the comment by the model in force now, and what weighed in it; empty without a comment or a model.
    pub scores: Vec<ScoreView>,
    /// The article's text.
    pub article_text: Option<ArticleText>,
    /// The comment that it replies to.
    pub parent: Option<ParentView>,
    /// Other comments of the thread, oldest first: at most five from before it and five from after it, replies to the same comment
    /// before others under the article. They are looked for among the sixty comments stored next on either side.
    pub siblings: Vec<SiblingView>,
    /// How many comments under the article carry its tags; a tag that was never flagged or ruled there is left out.
    pub carried: Vec<CarriedView>,
    /// The rulings so far, oldest first.
    pub rulings: Vec<RulingView>,
    /// Rulings that were undone, oldest first.
    pub undone_rulings: Vec<RulingView>,
    /// Audit entries, newest first.
    pub audit: Vec<AuditView>,
    /// Readers' reports and their weight.
    pub reported: ReportedView,
    /// The appeal that waits for a ruling.
    pub appeal: Option<AppealView>,
    /// Colleagues' notes, oldest first.
    pub notes: Vec<NoteView>,
    /// Whether this is a blind QA review: the earlier ruling is hidden.
    pub second_look: bool,
    /// The member's newest other comments, at most twenty.
    pub member_comments: Vec<RecentView>,
    /// The parts of `priority`.
    pub priority_parts: PriorityView,
    /// The member's standing, strikes and sanctions; null if the board named no member.
    pub member_record: Option<MemberView>,
    /// The nicknames that they have used, newest first.
    pub member_nicknames: Vec<NicknameView>,
    /// What the penalty schedule proposes for a removal, and why.
    pub proposed_sanction: Option<ProposalView>,
    /// Why it proposes nothing; null if it does.
    pub no_proposal: Option<RefusalView>,
    /// What the member would be told, for each decision that can be made; a removal with the proposed sanction stands for itself.
    pub notice_previews: Vec<NoticePreviewView>,
    /// Everything that can be done with the case, and whether the caller may.
    pub actions: Vec<ActionView>,
}

/// Another comment of the member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RecentView {
    /// The board's id.
    #[schema(value_type = String)]
    pub comment_id: CommentId,
    /// When it was judged.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// The filter's verdict.
    #[schema(value_type = String)]
    pub verdict: Verdict,
    /// The beginning of its text.
    pub text: String,
}

impl From<&Comment> for RecentView {
    fn from(comment: &Comment) -> Self {
        let body = comment.newest.body.as_deref().unwrap_or("");
        Self {
            comment_id: comment.id.clone(),
            at: comment.newest.at,
            verdict: comment.decision().verdict,
            text: body.chars().take(EXCERPT_CHARS_MAX).collect(),
        }
    }
}

/// The answer to a ruling or an undo.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RulingAnswer {
    /// The ruling.
    #[schema(value_type = String)]
    pub id: RulingId,
    /// The case.
    #[schema(value_type = String)]
    pub case_id: CaseId,
    /// The case's version now.
    pub version: u32,
    /// The decision.
    #[schema(value_type = String)]
    pub decision: RulingDecision,
    /// The comment in its current state.
    pub comment: Option<CommentView>,
    /// The sanction imposed with it.
    pub sanction: Option<SanctionView>,
    /// The notice for the member.
    pub notice: Option<NoticeView>,
    /// Until when it can be undone; null for an undo.
    #[schema(value_type = Option<String>)]
    pub undo_until: Option<Timestamp>,
}

/// What an audit entry is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AuditSubjectView {
    /// `comment`, `member`, `tag`, `article`, `user`, `key`, `database` and so on.
    pub kind: &'static str,
    /// The id within its kind.
    pub id: String,
}

/// An entry of the audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AuditView {
    /// Counted from 1 without gaps.
    pub number: u64,
    /// When it happened.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// The user, key or system that did it.
    #[schema(value_type = String)]
    pub actor: Actor,
    /// What was done, such as `case.claimed`.
    pub action: String,
    /// What it was done to.
    pub subject: AuditSubjectView,
    /// The state before.
    pub from: Option<String>,
    /// The state after.
    pub to: Option<String>,
    /// Details, such as the id of a ruling, or the reason that somebody gave.
    pub reason: Option<String>,
    /// How many revisions the entry covers with their decisions.
    pub revisions: usize,
    /// The hash of the previous entry, in hex.
    pub previous: String,
    /// The entry's own hash, in hex.
    pub hash: String,
}

/// One page of the audit, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AuditList {
    /// The entries.
    pub items: Vec<AuditView>,
    /// The cursor of the next page; null at the end.
    pub next_cursor: Option<String>,
}

impl From<&Claim> for ClaimView {
    fn from(claim: &Claim) -> Self {
        Self {
            by: claim.by.clone(),
            until: claim.until,
        }
    }
}

impl QueueItem {
    /// A case and its status at `now`.
    pub fn of(case: &Case, standing: MemberStanding, now: Timestamp) -> Self {
        let id = match &case.subject {
            Subject::Tag { tag, .. } => tag.clone(),
            subject => subject.id(),
        };
        let excerpt = &case.excerpt;
        Self {
            id: case.id,
            version: case.version,
            status: StatusFilter::of(case, now),
            subject: SubjectView {
                kind: case.subject.kind(),
                id,
            },
            rule: case.code.rule(),
            code: case.code,
            surface: case.surface,
            severity: case.severity,
            source: case.source,
            sources: case.sources.clone(),
            priority: case.priority().number(),
            excerpt: ExcerptView {
                surface: excerpt.surface,
                text: excerpt.text.clone(),
                start: excerpt.span.start,
                end: excerpt.span.end,
            },
            group: case
                .group()
                .map(|group| data_encoding::HEXLOWER.encode(&group)),
            comment_id: case.comment.clone(),
            article: case.article.as_ref().map(|article| ArticleRef {
                id: article.id.clone(),
                title: article.title.clone(),
            }),
            member: case.member.as_ref().map(|member| MemberRef {
                id: member.id.clone(),
                nickname: member.nickname.clone(),
                standing: standing.name(),
            }),
            reports: case.reported.count,
            claim: case.live_claim(now).map(ClaimView::from),
            skips: case.skips,
            opened_at: case.opened_at,
            changed_at: case.changed_at,
        }
    }
}

impl From<&QueueCounts> for CountsView {
    fn from(counts: &QueueCounts) -> Self {
        Self {
            status: counts
                .status
                .iter()
                .map(|(status, count)| (status.name(), *count))
                .collect(),
            rule: counts
                .rule
                .iter()
                .map(|(rule, count)| (rule.name(), *count))
                .collect(),
            code: counts
                .code
                .iter()
                .map(|(code, count)| (code.name(), *count))
                .collect(),
            surface: counts
                .surface
                .iter()
                .map(|(surface, count)| (surface.name(), *count))
                .collect(),
            source: counts
                .source
                .iter()
                .map(|(source, count)| (source.name(), *count))
                .collect(),
        }
    }
}

impl From<&Case> for PriorityView {
    fn from(case: &Case) -> Self {
        let parts = case.priority();
        Self {
            urgent: parts.urgent,
            severity: case.severity,
            reports: parts.reports,
            score: case.score.as_f64(),
            number: parts.number(),
        }
    }
}

impl AuditView {
    /// An entry with the hash of the previous entry, and its own.
    pub fn of(entry: &AuditEntry, previous: &Digest, hash: &Digest) -> Self {
        let what = &entry.what;
        let hex = |digest: &Digest| data_encoding::HEXLOWER.encode(digest);
        Self {
            number: entry.number,
            at: what.at,
            actor: what.actor.clone(),
            action: what.action.name().to_owned(),
            subject: AuditSubjectView {
                kind: what.subject.kind(),
                id: what.subject.id(),
            },
            from: what.from.clone(),
            to: what.to.clone(),
            reason: entry.reason(),
            revisions: entry.revisions.len(),
            previous: hex(previous),
            hash: hex(hash),
        }
    }
}
