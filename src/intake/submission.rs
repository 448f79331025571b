//! One comment as the board hands it in, with every field checked once.

use super::{
    article::ArticleDraft,
    fields::{FaultCode, FieldFault, URL_CHARS_MAX, bad_id, checked_tags, checked_text, visible},
};
use crate::{
    id::{ArticleId, CommentId, MemberId},
    record::{Article, ArticleContent},
    text::{SurfaceTexts, is_visible},
    time::Timestamp,
};

/// The longest comment, in code points.
pub const BODY_CHARS_MAX: usize = 5_000;
/// The longest nickname, in code points.
pub const NICKNAME_CHARS_MAX: usize = 40;

/// The plain fields of a member, unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct MemberDraft {
    pub id: Option<String>,
    pub nickname: Option<String>,
    pub verified: Option<bool>,
}

/// The plain fields of a comment, unchecked. Absent, null and `""` mean the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct CommentDraft {
    pub comment_id: Option<String>,
    pub url: Option<String>,
    pub article_id: Option<String>,
    pub article: Option<ArticleDraft>,
    pub member: Option<MemberDraft>,
    pub body: Option<String>,
    pub tags: Vec<String>,
    pub parent_id: Option<String>,
    pub posted_at: Option<String>,
}

/// Who wrote a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentAuthor {
    /// The board's id for them.
    pub id: MemberId,
    /// The member's nickname at the time of the comment.
    pub nickname: Option<String>,
    /// Whether the board vouches for them; `None` where it does not say.
    pub verified: Option<bool>,
}

/// A comment whose every field was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The board's id.
    pub comment: CommentId,
    /// Its address on the board.
    pub url: Option<String>,
    /// The article it belongs to.
    pub article: Option<ArticleId>,
    /// That article's content, if it came along.
    pub article_content: Option<ArticleContent>,
    /// Who wrote it.
    pub author: Option<CommentAuthor>,
    /// Its text, as written.
    pub body: Option<String>,
    /// Its tags, as written.
    pub tags: Vec<String>,
    /// The comment it answers.
    pub parent: Option<CommentId>,
    /// When it was posted, as the board says.
    pub posted_at: Option<Timestamp>,
}

impl Submission {
    /// Checks every field and reports every fault.
    pub fn parse(draft: CommentDraft) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Vec::new();
        let comment = required_id(
            draft.comment_id,
            "/comment_id",
            CommentId::parse,
            &mut faults,
        );
        let article = id(
            draft.article_id,
            "/article_id",
            ArticleId::parse,
            &mut faults,
        );
        let parent = id(draft.parent_id, "/parent_id", CommentId::parse, &mut faults);
        let code = FaultCode::InvalidField;
        let url = checked_text(draft.url, URL_CHARS_MAX, code, "/url", &mut faults);
        let article_content = draft
            .article
            .and_then(|draft| article_content(draft, article.as_ref(), &mut faults));
        let author = draft.member.and_then(|member| author(member, &mut faults));
        let body = body(draft.body, &mut faults);
        let tags = checked_tags(draft.tags, "/tags", &mut faults);
        let posted_at = posted_at(draft.posted_at, &mut faults);
        let nickname = author.as_ref().and_then(|author| author.nickname.as_ref());
        if body.is_none() && tags.is_empty() && nickname.is_none() && faults.is_empty() {
            faults.push(no_surface());
        }
        match comment {
            Some(comment) if faults.is_empty() => Ok(Self {
                comment,
                url,
                article,
                article_content,
                author,
                body,
                tags,
                parent,
                posted_at,
            }),
            _ => Err(faults),
        }
    }

    /// The article, if it came along and is not what is stored.
    pub fn new_article(&self, stored: Option<&Article>, now: Timestamp) -> Option<Article> {
        let (id, content) = (self.article.as_ref()?, self.article_content.as_ref()?);
        let is_known = stored.is_some_and(|stored| stored.content == *content);
        (!is_known).then(|| Article::new(id.clone(), content.clone(), now))
    }

    /// The article by which tags are judged, with its hash: the one that came along, else the stored one. `None` without tags.
    pub fn judged_article<'a>(
        &'a self,
        stored: Option<&'a Article>,
    ) -> Option<([u8; 32], &'a ArticleContent)> {
        if self.tags.is_empty() {
            return None;
        }
        let submitted = self.article_content.as_ref();
        let is_new =
            |content: &&ArticleContent| stored.is_none_or(|stored| stored.content != **content);
        match submitted.filter(is_new) {
            Some(submitted) => Some((submitted.hash(), submitted)),
            None => stored.map(|stored| (stored.hash, &stored.content)),
        }
    }

    /// What is judged.
    pub fn surfaces(&self) -> SurfaceTexts<'_> {
        SurfaceTexts {
            body: self.body.as_deref(),
            nickname: self.nickname(),
            tags: &self.tags,
        }
    }

    /// The member's nickname at the time of the comment.
    pub fn nickname(&self) -> Option<&str> {
        self.author
            .as_ref()
            .and_then(|author| author.nickname.as_deref())
    }

    /// The member's id.
    pub fn member(&self) -> Option<&MemberId> {
        self.author.as_ref().map(|author| &author.id)
    }

    /// Whether the board vouches for the member, if it says.
    pub fn verified(&self) -> Option<bool> {
        self.author.as_ref().and_then(|author| author.verified)
    }
}

fn required_id<T>(
    raw: Option<String>,
    pointer: &str,
    parse: impl Fn(String) -> Result<T, crate::id::BadId>,
    faults: &mut Vec<FieldFault>,
) -> Option<T> {
    if raw.as_ref().is_none_or(String::is_empty) {
        faults.push(FieldFault::missing(pointer));
    }
    id(raw, pointer, parse, faults)
}

fn id<T>(
    raw: Option<String>,
    pointer: &str,
    parse: impl Fn(String) -> Result<T, crate::id::BadId>,
    faults: &mut Vec<FieldFault>,
) -> Option<T> {
    let parsed = parse(raw.filter(|raw| !raw.is_empty())?);
    parsed.map_err(|_| faults.push(bad_id(pointer))).ok()
}

/// An article comes along only with its id.
fn article_content(
    draft: ArticleDraft,
    id: Option<&ArticleId>,
    faults: &mut Vec<FieldFault>,
) -> Option<ArticleContent> {
    if id.is_none() {
        faults.push(FieldFault::missing("/article_id"));
    }
    let content = draft.checked("/article");
    content.map_err(|found| faults.extend(found)).ok()
}

fn author(member: MemberDraft, faults: &mut Vec<FieldFault>) -> Option<CommentAuthor> {
    let id = required_id(member.id, "/member/id", MemberId::parse, faults);
    let nickname = nickname(member.nickname, "/member/nickname", faults);
    Some(CommentAuthor {
        id: id?,
        nickname,
        verified: member.verified,
    })
}

fn nickname(raw: Option<String>, pointer: &str, faults: &mut Vec<FieldFault>) -> Option<String> {
    let code = FaultCode::NicknameTooLong;
    let nickname = checked_text(raw, NICKNAME_CHARS_MAX, code, pointer, faults);
    visible(nickname, pointer, faults)
}

/// A nickname that is judged alone: it has to be there.
pub fn checked_nickname(raw: Option<String>) -> Result<String, Vec<FieldFault>> {
    let mut faults = Vec::new();
    if raw.as_ref().is_none_or(String::is_empty) {
        faults.push(FieldFault::missing("/nickname"));
    }
    let nickname = nickname(raw, "/nickname", &mut faults);
    nickname.ok_or(faults)
}

fn body(raw: Option<String>, faults: &mut Vec<FieldFault>) -> Option<String> {
    let code = FaultCode::CommentTooLong;
    let body = checked_text(raw, BODY_CHARS_MAX, code, "/body", faults)?;
    if is_visible(&body) {
        return Some(body);
    }
    let (zh_tw, en) = ("留言沒有可見的文字", "the comment shows nothing");
    faults.push(FieldFault::new("/body", FaultCode::CommentEmpty, zh_tw, en));
    None
}

fn posted_at(raw: Option<String>, faults: &mut Vec<FieldFault>) -> Option<Timestamp> {
    let parsed = Timestamp::parse(&raw.filter(|raw| !raw.is_empty())?);
    let (zh_tw, en) = ("不是 RFC 3339 時間", "not an RFC 3339 time");
    let fault = |_| faults.push(FieldFault::invalid("/posted_at", zh_tw, en));
    parsed.map_err(fault).ok()
}

fn no_surface() -> FieldFault {
    let (zh_tw, en) = (
        "至少要有留言、暱稱或標籤之一",
        "a body, a nickname or a tag must be there",
    );
    FieldFault::new("", FaultCode::NoSurface, zh_tw, en)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn draft(body: &str) -> CommentDraft {
        CommentDraft {
            comment_id: Some("c-1".to_owned()),
            body: Some(body.to_owned()),
            ..CommentDraft::default()
        }
    }

    fn codes(draft: CommentDraft) -> Vec<(String, FaultCode)> {
        Submission::parse(draft)
            .unwrap_err()
            .into_iter()
            .map(|fault| (fault.pointer, fault.code))
            .collect()
    }

    #[test]
    fn the_longest_body_and_one_character_more() {
        assert!(Submission::parse(draft(&"字".repeat(BODY_CHARS_MAX))).is_ok());
        assert_eq!(
            codes(draft(&"字".repeat(BODY_CHARS_MAX + 1))),
            [("/body".to_owned(), FaultCode::CommentTooLong)]
        );
    }

    #[test]
    fn an_empty_body_is_absent_and_a_blank_one_is_a_fault() {
        assert_eq!(codes(draft("")), [(String::new(), FaultCode::NoSurface)]);
        assert_eq!(
            codes(draft(" \u{200b}\u{3000}")),
            [("/body".to_owned(), FaultCode::CommentEmpty)]
        );
    }

    #[test]
    fn every_fault_is_reported() {
        let bad = CommentDraft {
            member: Some(MemberDraft {
                id: None,
                nickname: Some("長".repeat(41)),
                verified: None,
            }),
            tags: vec!["好".to_owned(), " ".to_owned()],
            posted_at: Some("昨天".to_owned()),
            ..CommentDraft::default()
        };
        let pointers: Vec<String> = codes(bad).into_iter().map(|(pointer, _)| pointer).collect();
        assert_eq!(
            pointers,
            [
                "/comment_id",
                "/member/id",
                "/member/nickname",
                "/tags/1",
                "/posted_at"
            ]
        );
    }
}
