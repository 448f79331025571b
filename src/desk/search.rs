//! Finding stored comments, the newest first; also those that the filter removed.

use std::sync::Arc;

use super::{
    base::Base,
    comments::Comments,
    error::DeskError,
    off_workers::run_off_workers,
    query::QueryCheck,
    views::{CommentList, CommentView},
};
use crate::{
    id::{ArticleId, MemberId},
    record::{Comment, Reason, ReasonCode, Verdict},
    review::DecidedBy,
    text::fold::folded,
    time::Timestamp,
};

/// How many comments are read at a time.
const PAGE: usize = 200;
/// How many comments one request looks at; its cursor leads on from there.
const LOOKED_AT_MAX: usize = 2_000;
/// The least characters that are searched for.
const TEXT_CHARS_MIN: usize = 2;

/// The filters as the caller wrote them; several verdicts, codes and deciders are separated by commas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct CommentQuery {
    pub q: Option<String>,
    pub verdict: Option<String>,
    pub decided_by: Option<String>,
    pub code: Option<String>,
    pub term: Option<String>,
    pub guessed: Option<String>,
    pub member: Option<String>,
    pub article: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub rulebook: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<String>,
}

/// Which comments are wanted. An empty list means any; different filters are "and".
#[derive(Debug, Clone, Default)]
struct CommentFilter {
    /// A folded part of the body or the nickname.
    text: Option<String>,
    /// Verdicts in force.
    verdicts: Vec<Verdict>,
    /// Who brought them about.
    decided_by: Vec<DecidedBy>,
    codes: Vec<ReasonCode>,
    term: Option<String>,
    guessed: Option<bool>,
    member: Option<MemberId>,
    article: Option<ArticleId>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    rulebook: Option<String>,
    before: Option<u64>,
    limit: usize,
}

impl CommentQuery {
    fn parse(&self) -> Result<CommentFilter, DeskError> {
        let mut check = QueryCheck::new();
        let time = |raw: &str| Timestamp::parse(raw).ok();
        let filter = CommentFilter {
            text: check.single("q", &self.q, |raw| {
                let text = folded(raw);
                (text.chars().count() >= TEXT_CHARS_MIN).then_some(text)
            }),
            verdicts: check.multiple("verdict", &self.verdict, |raw| {
                let all = [Verdict::Allow, Verdict::Flag, Verdict::Remove];
                all.into_iter().find(|verdict| verdict.name() == raw)
            }),
            decided_by: check.multiple("decided_by", &self.decided_by, |raw| {
                DecidedBy::ALL.into_iter().find(|by| by.name() == raw)
            }),
            codes: check.multiple("code", &self.code, ReasonCode::parse),
            term: check.single("term", &self.term, |raw| Some(raw.to_owned())),
            guessed: check.single("guessed", &self.guessed, |raw| raw.parse().ok()),
            member: check.single("member", &self.member, |raw| MemberId::parse(raw).ok()),
            article: check.single("article", &self.article, |raw| ArticleId::parse(raw).ok()),
            from: check.single("from", &self.from, time),
            to: check.single("to", &self.to, time),
            rulebook: check.single("rulebook", &self.rulebook, |raw| Some(raw.to_owned())),
            before: check.cursor(&self.cursor, |raw| {
                raw.strip_prefix("before-")?.parse().ok()
            }),
            limit: check.limit(&self.limit),
        };
        check.finish()?;
        Ok(filter)
    }
}

impl CommentFilter {
    /// Whether a comment is wanted, as far as its own record tells.
    fn wants(&self, comment: &Comment) -> bool {
        let (newest, decision) = (&comment.newest, comment.decision());
        let is_of = |reason: &Reason| {
            (self.codes.is_empty() || self.codes.contains(&reason.code))
                && (self.term.is_none() || self.term == reason.term)
                && self.guessed.is_none_or(|guessed| guessed == reason.guessed)
        };
        let needs_reason = !self.codes.is_empty() || self.term.is_some() || self.guessed.is_some();
        (!needs_reason || decision.reasons.iter().any(is_of))
            && (self.member.is_none() || self.member == comment.member)
            && (self.article.is_none() || self.article == comment.article)
            && self.from.is_none_or(|from| newest.at >= from)
            && self.to.is_none_or(|to| newest.at <= to)
            && self
                .rulebook
                .as_ref()
                .is_none_or(|version| *version == decision.rulebook.to_string())
            && self.text.as_ref().is_none_or(|text| {
                let texts = [&newest.body, &newest.nickname].into_iter().flatten();
                texts.map(|of| folded(of)).any(|of| of.contains(text))
            })
    }

    /// Whether it is, as it stands in force.
    fn wants_view(&self, view: &CommentView) -> bool {
        (self.verdicts.is_empty() || self.verdicts.contains(&view.verdict))
            && (self.decided_by.is_empty() || self.decided_by.contains(&view.decided_by))
    }
}

impl Comments {
    /// Stored comments, the newest first.
    pub async fn find(&self, query: CommentQuery) -> Result<CommentList, DeskError> {
        let filter = query.parse()?;
        let base = Arc::clone(&self.base);
        run_off_workers(async move { found(&base, &filter).await }).await?
    }
}

async fn found(base: &Base, filter: &CommentFilter) -> Result<CommentList, DeskError> {
    let (mut items, mut before, mut looked_at) = (Vec::new(), filter.before, 0);
    loop {
        let page = match &filter.member {
            Some(member) => base.store.comments_of(member, before, PAGE).await?,
            None => base.store.comments_before(before, PAGE).await?,
        };
        for (number, comment) in &page {
            before = Some(*number);
            if filter.wants(comment) {
                let background = base.background_of(comment).await?;
                let view = base.comment_view(comment, &background).await?;
                items.extend(Some(view).filter(|view| filter.wants_view(view)));
            }
            if items.len() == filter.limit {
                break;
            }
        }
        looked_at += page.len();
        let is_last = page.len() < PAGE && items.len() < filter.limit;
        if is_last || items.len() == filter.limit || looked_at >= LOOKED_AT_MAX {
            let next = before.filter(|_| !is_last);
            return Ok(CommentList {
                items,
                next_cursor: next.map(|before| format!("before-{before}")),
            });
        }
    }
}
