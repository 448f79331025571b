//! The audit: who did what, when, from what to what. Entries are numbered and hash-chained by the store.

use sha2::Digest as _;

use super::{
    actor::Actor,
    audit_action::AuditAction,
    case::Case,
    covered::Covered,
    state::{CaseState, state_name},
    subject::Subject,
};
use crate::{
    id::{ArticleId, CommentId, MemberId, ReporterId},
    time::Timestamp,
};

/// A SHA-256 digest.
pub type Digest = [u8; 32];

/// What an entry is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// A model, by version.
    Model(String),
    /// A saved reply, by id.
    Reply(String),
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
            Self::Model(_) => "model",
            Self::Reply(_) => "reply",
        }
    }

    /// The id within its kind.
    pub fn id(&self) -> String {
        match self {
            Self::Comment(id) => id.to_string(),
            Self::Member(id) => id.to_string(),
            Self::Article(id) => id.to_string(),
            Self::Tag(article, tag) => format!("{article}#{tag}"),
            Self::User(id)
            | Self::Key(id)
            | Self::Token(id)
            | Self::Rulebook(id)
            | Self::Reply(id)
            | Self::Model(id) => id.clone(),
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
const KINDS: [&str; 14] = [
    "comment", "member", "tag", "article", "user", "key", "token", "rulebook", "comments",
    "reporter", "webhook", "database", "model", "reply",
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
            Subject::Nickname(id) => Self::Member(id.clone()),
            Subject::Tag { article, tag } => Self::Tag(article.clone(), tag.clone()),
        }
    }
}

/// The digest of one revision as stored: the comment's number, the revision's, and SHA-256 of its record, cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevisionDigest {
    /// The store's number of the comment.
    pub comment: u64,
    /// The revision's number.
    pub revision: u32,
    /// The first half of the SHA-256 over the stored revision.
    pub digest: [u8; 16],
}

/// An entry before it has its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditDraft {
    /// When it was done; the store moves it forward to the entry before, so that times never run backwards.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// What was done.
    pub action: AuditAction,
    /// To what.
    pub subject: AuditSubject,
    /// The state before, where one changes.
    pub from: Option<String>,
    /// The state after, where one changes.
    pub to: Option<String>,
    /// What a person wrote about it. It is kept apart from what the chain covers, so that it can be erased.
    pub words: Option<String>,
}

impl AuditDraft {
    /// An entry about a case's subject: from the state `before` to the state that the case has now.
    pub fn of_state(
        case: &Case,
        before: Option<CaseState>,
        by: &Actor,
        action: AuditAction,
    ) -> Self {
        let subject = AuditSubject::from(&case.subject);
        Self {
            from: before.map(state_name),
            to: Some(state_name(case.state)),
            ..Self::new(case.changed_at, by, action, subject)
        }
    }

    /// An entry without states and words; those follow by `..AuditDraft::new(…)`.
    pub fn new(at: Timestamp, actor: &Actor, action: AuditAction, subject: AuditSubject) -> Self {
        Self {
            at,
            actor: actor.clone(),
            action,
            subject,
            from: None,
            to: None,
            words: None,
        }
    }

    /// The entry with the state after.
    pub fn to(self, to: impl ToString) -> Self {
        let to = Some(to.to_string());
        Self { to, ..self }
    }

    /// The entry with the states before and after.
    pub fn changed(self, from: impl ToString, to: impl ToString) -> Self {
        let from = Some(from.to_string());
        Self {
            from,
            ..self.to(to)
        }
    }
}

/// An entry as the first scheme of the hash chain covers it, and as exports write it. Frozen: the hash of every stored entry
/// is over these fields in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "named as in `AuditDraft`; `why` is `AuditAction::why`"
)]
pub struct AuditDraftV1 {
    pub at: Timestamp,
    pub actor: Actor,
    pub action: String,
    pub subject: AuditSubject,
    pub from: Option<String>,
    pub to: Option<String>,
    pub why: Option<String>,
    pub words: Option<String>,
}

impl From<AuditDraft> for AuditDraftV1 {
    fn from(draft: AuditDraft) -> Self {
        Self {
            at: draft.at,
            actor: draft.actor,
            action: draft.action.name().to_owned(),
            subject: draft.subject,
            from: draft.from,
            to: draft.to,
            why: draft.action.why(),
            words: draft.words,
        }
    }
}

impl From<AuditDraftV1> for AuditDraft {
    fn from(stored: AuditDraftV1) -> Self {
        Self {
            at: stored.at,
            actor: stored.actor,
            action: AuditAction::read(&stored.action, stored.why.as_deref()),
            subject: stored.subject,
            from: stored.from,
            to: stored.to,
            words: stored.words,
        }
    }
}

/// What a person wrote about what happened. The chain covers its digest alone: the text can go, and the chain holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedactableText {
    /// The text and a random salt, without which a short text could be guessed from its digest. `None` once it was
    /// erased.
    pub text: Option<(String, [u8; 16])>,
    /// SHA-256 over salt and text.
    pub digest: Digest,
}

impl RedactableText {
    /// A text that the audit is to cover.
    pub fn new(text: String, salt: [u8; 16]) -> Self {
        let digest = Self::digest_of(&text, &salt);
        Self {
            text: Some((text, salt)),
            digest,
        }
    }

    fn digest_of(text: &str, salt: &[u8; 16]) -> Digest {
        let mut hash = sha2::Sha256::new();
        hash.update(salt);
        hash.update(text);
        hash.finalize().into()
    }

    /// Whether the text is the one that was covered; an erased text is beyond doubt.
    pub fn holds(&self) -> bool {
        let text = self.text.as_ref();
        text.is_none_or(|(text, salt)| Self::digest_of(text, salt) == self.digest)
    }
}

/// An entry as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Counted from 1 without gaps.
    pub number: u64,
    /// What happened; what a person wrote about it has moved to `words`, beside it.
    pub what: AuditDraft,
    /// What a person wrote about it. It is kept apart from what the chain covers, so that it can be erased.
    pub words: Option<RedactableText>,
    /// The revisions that this entry covers.
    pub revisions: Vec<RevisionDigest>,
}

impl AuditEntry {
    /// Why it happened, then what a person wrote about it, if that was not erased.
    pub fn reason(&self) -> Option<String> {
        let words = self.words.as_ref().and_then(|words| words.text.as_ref());
        let why = self.what.action.why();
        let parts: Vec<&str> = [why.as_deref(), words.map(|(text, _)| &**text)]
            .into_iter()
            .flatten()
            .collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

/// An entry with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// The entry as the chain covers it: without the text that a person wrote.
    pub entry: Covered<AuditEntry>,
    /// That text with its salt, until it is erased.
    pub text: Option<(String, [u8; 16])>,
    /// The hash of the entry before.
    pub previous: Digest,
    /// The entry's own hash.
    pub hash: Digest,
}

impl AuditRow {
    /// The entry that follows the one with this hash.
    pub fn new(mut entry: AuditEntry, previous: Digest) -> Self {
        let text = entry.words.as_mut().and_then(|words| words.text.take());
        let entry = Covered::new(entry);
        let hash = entry.hash_after(&previous);
        Self {
            entry,
            text,
            previous,
            hash,
        }
    }

    /// Whether its hash is that of the hash before and what was hashed.
    pub fn holds(&self) -> bool {
        self.entry.hash_after(&self.previous) == self.hash
    }

    /// The entry with the text.
    pub fn with_text(&self) -> AuditEntry {
        let mut entry = AuditEntry::clone(&self.entry);
        if let Some(words) = &mut entry.words {
            words.text.clone_from(&self.text);
        }
        entry
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
            AuditSubject::Model("m-1".to_owned()),
            AuditSubject::Reply("r".to_owned()),
            AuditSubject::Database,
        ] {
            assert!(is_subject_key(&subject.key()), "{}", subject.key());
        }
        assert!(!is_subject_key("board:7"));
    }

    #[test]
    fn words_go_and_what_covers_them_stays() {
        let words = RedactableText::new("罵得太兇".to_owned(), [7; 16]);
        assert!(words.holds());
        let gone = RedactableText {
            text: None,
            ..words.clone()
        };
        assert!(gone.holds());
        let altered = RedactableText {
            text: Some(("罵得不兇".to_owned(), [7; 16])),
            ..words.clone()
        };
        assert!(!altered.holds());
        let salted = RedactableText::new("罵得太兇".to_owned(), [8; 16]);
        assert_ne!(
            salted.digest, words.digest,
            "nobody guesses a text from its digest"
        );
    }
}
