//! One comment as the board hands it in, with every field checked once.

use serde::{Deserialize, Serialize};

use super::article::{ArticleContent, ArticleDraft};
use crate::{
    id::{ArticleId, CommentId, MemberId},
    policy::decide::SurfaceTexts,
    text::is_visible,
    time::Timestamp,
};

/// The longest comment, in code points.
pub const BODY_CHARS_MAX: usize = 5_000;
/// The longest nickname, in code points.
pub const NICKNAME_CHARS_MAX: usize = 40;
/// The most tags of one comment or article.
pub const TAGS_MAX: usize = 20;
/// The longest tag, in code points.
pub const TAG_CHARS_MAX: usize = 40;
/// The longest url, in code points.
pub const URL_CHARS_MAX: usize = 2_000;

/// What is wrong with a field; the names are the HTTP contract's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum FaultCode {
    MissingField,
    UnknownField,
    InvalidField,
    NoSurface,
    CommentEmpty,
    CommentTooLong,
    NicknameTooLong,
    TagTooLong,
    TooManyTags,
    ArticleTooLong,
    NoteTooLong,
    BadCursor,
}

impl FaultCode {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MissingField => "missing-field",
            Self::UnknownField => "unknown-field",
            Self::InvalidField => "invalid-field",
            Self::NoSurface => "no-surface",
            Self::CommentEmpty => "comment-empty",
            Self::CommentTooLong => "comment-too-long",
            Self::NicknameTooLong => "nickname-too-long",
            Self::TagTooLong => "tag-too-long",
            Self::TooManyTags => "too-many-tags",
            Self::ArticleTooLong => "article-too-long",
            Self::NoteTooLong => "note-too-long",
            Self::BadCursor => "bad-cursor",
        }
    }
}

/// One field at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// RFC 6901 pointer into the body; `?name` for a query parameter, `{name}` for a part of the path.
    pub pointer: String,
    /// What is wrong.
    pub code: FaultCode,
    /// For people, in Traditional Chinese.
    pub zh_tw: String,
    /// For people, in English.
    pub en: String,
}

impl FieldFault {
    /// A fault with its two texts.
    pub fn new(
        pointer: impl Into<String>,
        code: FaultCode,
        zh_tw: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Self {
            pointer: pointer.into(),
            code,
            zh_tw: zh_tw.into(),
            en: en.into(),
        }
    }

    /// A field that must be there is not.
    pub fn missing(pointer: impl Into<String>) -> Self {
        Self::new(
            pointer,
            FaultCode::MissingField,
            "缺少這個欄位",
            "this field is required",
        )
    }

    /// A field that cannot be what it is.
    pub fn invalid(
        pointer: impl Into<String>,
        zh_tw: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Self::new(pointer, FaultCode::InvalidField, zh_tw, en)
    }

    /// More tags than one comment or article may have.
    pub fn too_many_tags(pointer: impl Into<String>) -> Self {
        let (zh_tw, en) = (
            format!("最多 {TAGS_MAX} 個標籤"),
            format!("at most {TAGS_MAX} tags"),
        );
        Self::new(pointer, FaultCode::TooManyTags, zh_tw, en)
    }

    /// A text longer than `max` code points.
    pub fn too_long(pointer: impl Into<String>, code: FaultCode, max: usize, found: usize) -> Self {
        Self::new(
            pointer,
            code,
            format!("最多 {max} 個字，現有 {found} 個字"),
            format!("at most {max} characters, found {found}"),
        )
    }
}

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
    /// The board's id of them.
    pub id: MemberId,
    /// The nickname beside the comment.
    pub nickname: Option<String>,
    /// Whether the board vouches for them; none where it does not say.
    pub verified: Option<bool>,
}

/// A comment whose every field was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The board's id.
    pub comment: CommentId,
    /// Where it stands.
    pub url: Option<String>,
    /// The article it stands under.
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
    /// Checks every field and tells every fault.
    pub fn parse(draft: CommentDraft) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Vec::new();
        let comment = id(
            draft.comment_id,
            "/comment_id",
            true,
            CommentId::parse,
            &mut faults,
        );
        let article = id(
            draft.article_id,
            "/article_id",
            false,
            ArticleId::parse,
            &mut faults,
        );
        let parent = id(
            draft.parent_id,
            "/parent_id",
            false,
            CommentId::parse,
            &mut faults,
        );
        let url = checked_text(
            draft.url,
            URL_CHARS_MAX,
            FaultCode::InvalidField,
            "/url".to_owned(),
            &mut faults,
        );
        let article_content = draft.article.and_then(|draft| {
            if article.is_none() {
                faults.push(FieldFault::missing("/article_id"));
            }
            ArticleContent::parse(draft, "/article")
                .map_err(|found| faults.extend(found))
                .ok()
        });
        let author = draft.member.and_then(|member| author(member, &mut faults));
        let body = body(draft.body, &mut faults);
        let tags = checked_tags(draft.tags, "/tags", &mut faults);
        let posted_at = draft
            .posted_at
            .filter(|raw| !raw.is_empty())
            .and_then(|raw| {
                let read = Timestamp::parse(&raw);
                read.map_err(|_| {
                    faults.push(FieldFault::invalid(
                        "/posted_at",
                        "不是 RFC 3339 時間",
                        "not an RFC 3339 time",
                    ))
                })
                .ok()
            });
        let shows = body.is_some()
            || !tags.is_empty()
            || author
                .as_ref()
                .is_some_and(|author| author.nickname.is_some());
        if !shows && faults.is_empty() {
            faults.push(FieldFault::new(
                "",
                FaultCode::NoSurface,
                "至少要有留言、暱稱或標籤之一",
                "a body, a nickname or a tag must be there",
            ));
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

    /// What is judged.
    pub fn surfaces(&self) -> SurfaceTexts<'_> {
        SurfaceTexts {
            body: self.body.as_deref(),
            nickname: self.nickname(),
            tags: &self.tags,
        }
    }

    /// The nickname beside the comment.
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

fn id<T>(
    raw: Option<String>,
    pointer: &str,
    required: bool,
    parse: impl Fn(String) -> Result<T, crate::id::BadId>,
    faults: &mut Vec<FieldFault>,
) -> Option<T> {
    match raw.filter(|raw| !raw.is_empty()) {
        None if required => {
            faults.push(FieldFault::missing(pointer));
            None
        }
        None => None,
        Some(raw) => parse(raw).map_err(|_| faults.push(bad_id(pointer))).ok(),
    }
}

/// An id of the board that cannot be one.
pub fn bad_id(pointer: &str) -> FieldFault {
    FieldFault::invalid(
        pointer,
        "識別碼須為 1 到 128 位元組、不含控制字元的 UTF-8 文字",
        "an id is 1 to 128 bytes of UTF-8 without control characters",
    )
}

fn author(member: MemberDraft, faults: &mut Vec<FieldFault>) -> Option<CommentAuthor> {
    let member_id = id(member.id, "/member/id", true, MemberId::parse, faults);
    let nickname = checked_text(
        member.nickname,
        NICKNAME_CHARS_MAX,
        FaultCode::NicknameTooLong,
        "/member/nickname".to_owned(),
        faults,
    );
    let nickname = shown(nickname, "/member/nickname", faults);
    Some(CommentAuthor {
        id: member_id?,
        nickname,
        verified: member.verified,
    })
}

/// A nickname judged alone: one that shows something.
pub fn checked_nickname(raw: Option<String>) -> Result<String, Vec<FieldFault>> {
    let mut faults = Vec::new();
    let missing = raw.as_ref().is_none_or(String::is_empty);
    let nickname = checked_text(
        raw,
        NICKNAME_CHARS_MAX,
        FaultCode::NicknameTooLong,
        "/nickname".to_owned(),
        &mut faults,
    );
    let nickname = shown(nickname, "/nickname", &mut faults);
    if missing {
        faults.push(FieldFault::missing("/nickname"));
    }
    nickname.filter(|_| faults.is_empty()).ok_or(faults)
}

fn body(raw: Option<String>, faults: &mut Vec<FieldFault>) -> Option<String> {
    let body = checked_text(
        raw,
        BODY_CHARS_MAX,
        FaultCode::CommentTooLong,
        "/body".to_owned(),
        faults,
    )?;
    if is_visible(&body) {
        return Some(body);
    }
    faults.push(FieldFault::new(
        "/body",
        FaultCode::CommentEmpty,
        "留言沒有可見的文字",
        "the comment shows nothing",
    ));
    None
}

fn shown(text: Option<String>, pointer: &str, faults: &mut Vec<FieldFault>) -> Option<String> {
    let text = text?;
    if is_visible(&text) {
        return Some(text);
    }
    faults.push(FieldFault::invalid(
        pointer,
        "沒有可見的文字",
        "it shows nothing",
    ));
    None
}

pub(super) fn checked_text(
    raw: Option<String>,
    chars_max: usize,
    code: FaultCode,
    pointer: String,
    faults: &mut Vec<FieldFault>,
) -> Option<String> {
    let text = raw.filter(|raw| !raw.is_empty())?;
    let found = text.chars().count();
    if found <= chars_max {
        return Some(text);
    }
    faults.push(FieldFault::too_long(pointer, code, chars_max, found));
    None
}

pub(super) fn checked_tags(
    raw: Vec<String>,
    pointer: &str,
    faults: &mut Vec<FieldFault>,
) -> Vec<String> {
    if raw.len() > TAGS_MAX {
        faults.push(FieldFault::too_many_tags(pointer));
        return Vec::new();
    }
    let mut tags: Vec<String> = Vec::with_capacity(raw.len());
    for (place, tag) in raw.into_iter().enumerate() {
        let at = format!("{pointer}/{place}");
        if tag.is_empty() {
            faults.push(FieldFault::invalid(
                at,
                "標籤沒有可見的文字",
                "the tag shows nothing",
            ));
            continue;
        }
        let tag = checked_text(
            Some(tag),
            TAG_CHARS_MAX,
            FaultCode::TagTooLong,
            at.clone(),
            faults,
        );
        if let Some(tag) = shown(tag, &at, faults) {
            tags.push(tag);
        }
    }
    tags
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
    fn every_fault_is_told() {
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
