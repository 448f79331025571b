//! Ids as values: those that the board makes, and those that we make.
//!
//! An id of the board is any 1-128 bytes of UTF-8 without control characters; an id of ours is a ULID. Each kind has a
//! type of its own, so that a comment's id is never handed in where a member's is wanted.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use ulid::Ulid;

/// The longest id of the board, in bytes of UTF-8.
pub const BOARD_ID_BYTES_MAX: usize = 128;

/// An id of the board that cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id is 1 to 128 bytes of UTF-8 without control characters")]
pub struct BadId;

fn checked_board_id(raw: String) -> Result<String, BadId> {
    let fits = (1..=BOARD_ID_BYTES_MAX).contains(&raw.len());
    if fits && !raw.chars().any(char::is_control) {
        Ok(raw)
    } else {
        Err(BadId)
    }
}

macro_rules! board_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Checks and keeps an id as the board wrote it.
            pub fn parse(raw: impl Into<String>) -> Result<Self, BadId> {
                checked_board_id(raw.into()).map(Self)
            }

            /// An id that was stored; it was checked when it came.
            pub(crate) const fn from_record(raw: String) -> Self {
                Self(raw)
            }

            /// The id as the board wrote it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

board_id!(
    /// The board's id of a comment.
    CommentId
);
board_id!(
    /// The board's id of an article.
    ArticleId
);
board_id!(
    /// The board's id of a member.
    MemberId
);

board_id!(
    /// The board's id of a reader who reports.
    ReporterId
);

macro_rules! ulid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Ulid);

        impl $name {
            /// Reads the 26 characters of a ULID.
            pub fn parse(raw: &str) -> Option<Self> {
                Ulid::from_string(raw).ok().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                if to.is_human_readable() { to.collect_str(&self.0) } else { self.0.0.serialize(to) }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                if from.is_human_readable() {
                    Self::parse(&String::deserialize(from)?).ok_or_else(|| D::Error::custom("not a ULID"))
                } else {
                    u128::deserialize(from).map(|id| Self(Ulid(id)))
                }
            }
        }
    };
}

ulid_id!(
    /// The id of one answer about one revision of a comment.
    ReceiptId
);
ulid_id!(
    /// The id of a case.
    CaseId
);
ulid_id!(
    /// The id of a ruling.
    RulingId
);
ulid_id!(
    /// The id of a sanction.
    SanctionId
);
ulid_id!(
    /// The id of a reader's report.
    ReportId
);
ulid_id!(
    /// The id of an appeal.
    AppealId
);
ulid_id!(
    /// The id of a note for colleagues.
    NoteId
);
ulid_id!(
    /// The id of a webhook.
    WebhookId
);
ulid_id!(
    /// The id of a board key.
    KeyId
);
ulid_id!(
    /// The id of a personal token.
    TokenId
);
ulid_id!(
    /// The id of a sign-in by cookie.
    SessionId
);
ulid_id!(
    /// The id of a saved reply.
    ReplyId
);
ulid_id!(
    /// The id of a preview of judging again, and of the work that it leads to.
    RejudgeId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_the_board_has_both_borders() {
        assert!(CommentId::parse("c").is_ok());
        assert!(CommentId::parse("文".repeat(42) + "ab").is_ok()); // 128 bytes
        assert_eq!(CommentId::parse("文".repeat(43)), Err(BadId));
        assert_eq!(CommentId::parse(""), Err(BadId));
        assert_eq!(CommentId::parse("a\nb"), Err(BadId));
    }
}
