//! The audit: who did what, when, from what to what. Entries are numbered and hash-chained by the store.

use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use crate::{
    access::Actor,
    id::{ArticleId, CommentId, MemberId, ReporterId},
    review::Subject,
    time::Timestamp,
};

/// SHA-256.
pub type Digest = [u8; 32];

/// What an entry is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AuditSubject {
    /// A comment.
    Comment(CommentId),
    /// A member.
    Member(MemberId),
    /// A tag under an article.
    Tag(ArticleId, String),
    /// An article.
    Article(ArticleId),
    /// A user, by name.
    User(String),
    /// A key, by name.
    Key(String),
    /// A personal token, by id.
    Token(String),
    /// A rulebook, by version.
    Rulebook(String),
    /// Many comments at once.
    Comments,
    /// A reader who reports.
    Reporter(ReporterId),
    /// A webhook, by id.
    Webhook(String),
    /// The database itself.
    Database,
}

impl AuditSubject {
    /// The kind, as filters and answers name it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Comment(_) => "comment",
            Self::Member(_) => "member",
            Self::Tag(..) => "tag",
            Self::Article(_) => "article",
            Self::User(_) => "user",
            Self::Key(_) => "key",
            Self::Token(_) => "token",
            Self::Rulebook(_) => "rulebook",
            Self::Comments => "comments",
            Self::Reporter(_) => "reporter",
            Self::Webhook(_) => "webhook",
            Self::Database => "database",
        }
    }

    /// The id within its kind.
    pub fn id(&self) -> String {
        match self {
            Self::Comment(id) => id.to_string(),
            Self::Member(id) => id.to_string(),
            Self::Article(id) => id.to_string(),
            Self::Tag(article, tag) => format!("{article}#{tag}"),
            Self::User(id) | Self::Key(id) | Self::Token(id) | Self::Rulebook(id) => id.clone(),
            Self::Reporter(id) => id.to_string(),
            Self::Webhook(id) => id.clone(),
            Self::Comments | Self::Database => String::new(),
        }
    }

    /// `KIND:ID`, as `subject=` filters by and the index keeps it.
    pub fn key(&self) -> String {
        format!("{}:{}", self.kind(), self.id())
    }
}

/// All kinds, as [`AuditSubject::kind`] names them.
const KINDS: [&str; 12] = [
    "comment", "member", "tag", "article", "user", "key", "token", "rulebook", "comments",
    "reporter", "webhook", "database",
];

/// Whether this is written as `KIND:ID`; an id of the board may hold a colon, too.
pub fn is_subject_key(raw: &str) -> bool {
    raw.split_once(':')
        .is_some_and(|(kind, _)| KINDS.contains(&kind))
}

impl From<&Subject> for AuditSubject {
    fn from(subject: &Subject) -> Self {
        match subject {
            Subject::Comment(id) => Self::Comment(id.clone()),
            Subject::Member(id) => Self::Member(id.clone()),
            Subject::Tag { article, tag } => Self::Tag(article.clone(), tag.clone()),
        }
    }
}

/// The digest of one revision as stored: the comment's number, the revision's, and SHA-256 of its record, cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevisionDigest {
    /// The store's number of the comment.
    pub comment: u64,
    /// The revision.
    pub revision: u32,
    /// The first half of the SHA-256 over the stored revision.
    pub digest: [u8; 16],
}

/// An entry before it has its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditDraft {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What: `case.opened`, `ruling.made`, …
    pub action: String,
    /// About what.
    pub subject: AuditSubject,
    /// The state before.
    pub from: Option<String>,
    /// The state after.
    pub to: Option<String>,
    /// Why, as given.
    pub why: Option<String>,
}

/// An entry as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Counted from 1 without gaps.
    pub number: u64,
    /// What happened.
    pub what: AuditDraft,
    /// The revisions that this entry covers.
    pub revisions: Vec<RevisionDigest>,
}

impl AuditEntry {
    /// The entry's hash: SHA-256 over the hash of the entry before and this one as stored.
    pub fn chained(previous: &Digest, stored: &[u8]) -> Digest {
        let mut hash = sha2::Sha256::new();
        hash.update(previous);
        hash.update(stored);
        hash.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_known_by_name() {
        let ids = ["c", "m", "a"];
        assert!(ids.iter().all(|id| !is_subject_key(id)));
        for subject in [
            AuditSubject::User("amy".to_owned()),
            AuditSubject::Key("board".to_owned()),
            AuditSubject::Token("t".to_owned()),
            AuditSubject::Rulebook("r".to_owned()),
            AuditSubject::Comments,
            AuditSubject::Webhook("w".to_owned()),
        ] {
            assert!(is_subject_key(&subject.key()), "{}", subject.key());
        }
        assert!(!is_subject_key("board:7"));
    }
}
