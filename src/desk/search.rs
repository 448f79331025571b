//! Which stored comments are looked for: what they say, what was decided about them, whose they are, when.

use super::{error::DeskError, query::QueryCheck};
use crate::{
    id::{ArticleId, MemberId},
    record::{Comment, IndexToken, Reason, ReasonCode, Segment, Verdict},
    review::DecidedBy,
    text::fold::folded,
    time::Timestamp,
};

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
pub(super) struct CommentFilter {
    /// A folded part of the body, the nickname or a tag.
    pub text: Option<String>,
    /// Verdicts in force.
    pub verdicts: Vec<Verdict>,
    /// Who brought them about.
    pub decided_by: Vec<DecidedBy>,
    pub codes: Vec<ReasonCode>,
    pub term: Option<String>,
    pub guessed: Option<bool>,
    pub member: Option<MemberId>,
    pub article: Option<ArticleId>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    pub rulebook: Option<String>,
    pub before: Option<u64>,
    pub limit: usize,
}

impl CommentQuery {
    pub(super) fn parse(&self) -> Result<CommentFilter, DeskError> {
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
    pub(super) fn wants(&self, comment: &Comment) -> bool {
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
                let mut all = texts.chain(&newest.tags);
                all.any(|of| folded(of).contains(text))
            })
    }

    /// Whether what is in force has a say.
    pub(super) const fn asks_what_is_in_force(&self) -> bool {
        !self.verdicts.is_empty() || !self.decided_by.is_empty()
    }

    /// Whether it is wanted, as it stands in force.
    pub(super) fn wants_in_force(&self, verdict: Verdict, decided_by: DecidedBy) -> bool {
        (self.verdicts.is_empty() || self.verdicts.contains(&verdict))
            && (self.decided_by.is_empty() || self.decided_by.contains(&decided_by))
    }

    /// Whether a segment may hold a comment of the time.
    pub(super) fn wants_time(&self, segment: &Segment) -> bool {
        self.from.is_none_or(|from| segment.to >= from)
            && self.to.is_none_or(|to| segment.from <= to)
    }

    /// The tokens that a wanted comment has: one of each list. What rulings decide has none.
    pub(super) fn tokens(&self) -> Vec<Vec<IndexToken>> {
        let text = self.text.as_deref().map(IndexToken::of_query);
        let of_text = text.into_iter().flatten().map(|pair| vec![pair]);
        let codes = self.codes.iter().map(|code| IndexToken::code(*code));
        let verdicts = self.verdicts.iter().map(|of| IndexToken::verdict(*of));
        // Where the filter decided, its verdict is the one in force.
        let by_filter = self.decided_by == [DecidedBy::Filter];
        let lists = [
            codes.collect(),
            verdicts.filter(|_| by_filter).collect(),
            self.term
                .iter()
                .map(|term| IndexToken::term(term))
                .collect(),
            self.guessed.into_iter().map(IndexToken::guessed).collect(),
            self.rulebook
                .iter()
                .map(|of| IndexToken::rulebook(of))
                .collect(),
            self.article
                .iter()
                .map(|of| IndexToken::article(of.as_str()))
                .collect(),
        ];
        let lists = lists.into_iter().filter(|list: &Vec<_>| !list.is_empty());
        of_text.chain(lists).collect()
    }
}
