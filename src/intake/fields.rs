//! What is wrong with a field of a request, and the checks that comments and articles share.

use serde::{Deserialize, Serialize};

use crate::text::is_visible;

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

    /// A required field is missing.
    pub fn missing(pointer: impl Into<String>) -> Self {
        Self::new(
            pointer,
            FaultCode::MissingField,
            "缺少這個欄位",
            "this field is required",
        )
    }

    /// A field whose value cannot be accepted.
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

/// An id that is too long, empty, or has control characters.
pub fn bad_id(pointer: &str) -> FieldFault {
    FieldFault::invalid(
        pointer,
        "識別碼須為 1 到 128 位元組、不含控制字元的 UTF-8 文字",
        "an id is 1 to 128 bytes of UTF-8 without control characters",
    )
}

/// A text in which something is visible; one of blanks and invisible characters alone is a fault.
pub(super) fn visible(
    text: Option<String>,
    pointer: &str,
    faults: &mut Vec<FieldFault>,
) -> Option<String> {
    let text = text?;
    if is_visible(&text) {
        return Some(text);
    }
    let (zh_tw, en) = ("沒有可見的文字", "it shows nothing");
    faults.push(FieldFault::invalid(pointer, zh_tw, en));
    None
}

/// A text of at most `chars_max` code points; an empty one counts as absent.
pub(super) fn checked_text(
    raw: Option<String>,
    chars_max: usize,
    code: FaultCode,
    pointer: &str,
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

/// Tags as written, each with its own fault; more than [`TAGS_MAX`] are refused together.
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
            let (zh_tw, en) = ("標籤沒有可見的文字", "the tag shows nothing");
            faults.push(FieldFault::invalid(at, zh_tw, en));
            continue;
        }
        let tag = checked_text(Some(tag), TAG_CHARS_MAX, FaultCode::TagTooLong, &at, faults);
        tags.extend(visible(tag, &at, faults));
    }
    tags
}
