//! Records as they lie on disk: each carries its version, and what comes back is checked again.
//!
//! A record is the core's own value inside a versioned shell. Today's limits are not asked of what was stored under
//! others; what must always hold is. Shapes that are written no longer stay readable: they are frozen in [`v1`].

pub mod v1;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::StoreError;
use crate::{
    record::{
        AccountWrite, Appeal, Article, AuditEntry, Case, Comment, Delivery, Digest, Erasure, Event,
        FanOutProgress, Key, MemberRecord, Note, QaSample, Report, ReporterRecord, Revision,
        Ruling, Session, StoredAnswer, SubjectRecord, TallyRow, Token, User, Webhook,
    },
    time::Timestamp,
};

/// Something that is stored in a versioned shell.
pub trait Record: Sized {
    /// The shell.
    type Shell: Serialize + DeserializeOwned;

    /// Puts the newest version around it.
    fn shelled(self) -> Self::Shell;

    /// Takes any version out of its shell, brought up to date, and checks what must hold.
    fn from_record(shell: Self::Shell) -> Result<Self, &'static str>;

    /// The bytes of it.
    fn encode(self) -> Result<Vec<u8>, StoreError> {
        postcard::to_stdvec(&self.shelled())
            .map_err(|error| StoreError::Damaged(format!("a record cannot be written: {error}")))
    }

    /// What these bytes are.
    fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let shell = postcard::from_bytes(bytes)
            .map_err(|error| StoreError::Damaged(format!("a record cannot be read: {error}")))?;
        Self::from_record(shell).map_err(|what| StoreError::Damaged(what.to_owned()))
    }
}

/// `record!(StoredNote, Note, check)` has one version. Once the value's shape changes, the old shape is frozen in [`v1`] with a
/// `From` into today's, and the line becomes `record!(StoredNote, V1(v1::Note), V2(Note), check)`.
macro_rules! record {
    ($shell:ident, V1($old:ty), V2($value:ty), $check:expr) => {
        #[doc = concat!("All versions of a stored `", stringify!($value), "`.")]
        #[derive(Debug, Serialize, Deserialize)]
        #[expect(missing_docs, reason = "the versions are counted")]
        pub enum $shell {
            V1($old),
            V2($value),
        }

        impl Record for $value {
            type Shell = $shell;

            fn shelled(self) -> $shell {
                $shell::V2(self)
            }

            fn from_record(shell: $shell) -> Result<Self, &'static str> {
                let value: $value = match shell {
                    $shell::V1(old) => old.into(),
                    $shell::V2(value) => value,
                };
                let check: fn(&$value) -> Result<(), &'static str> = $check;
                check(&value).map(|()| value)
            }
        }
    };
    ($shell:ident, $value:ty, $check:expr) => {
        #[doc = concat!("All versions of a stored `", stringify!($value), "`.")]
        #[derive(Debug, Serialize, Deserialize)]
        #[expect(missing_docs, reason = "the versions are counted")]
        pub enum $shell {
            V1($value),
        }

        impl Record for $value {
            type Shell = $shell;

            fn shelled(self) -> $shell {
                $shell::V1(self)
            }

            fn from_record(shell: $shell) -> Result<Self, &'static str> {
                let $shell::V1(value) = shell;
                let check: fn(&$value) -> Result<(), &'static str> = $check;
                check(&value).map(|()| value)
            }
        }
    };
}

fn ensure(holds: bool, what: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(what) }
}

record!(StoredComment, V1(v1::Comment), V2(Comment), |comment| {
    ensure(comment.row_version > 0, "a comment without an edition")?;
    ensure(
        comment
            .rejudged
            .iter()
            .all(|later| (1..=comment.newest.number).contains(&later.revision)),
        "a later decision about a revision that there is not",
    )?;
    check_revision(&comment.newest)
});
record!(StoredRevision, Revision, check_revision);
record!(StoredArticle, Article, |article| ensure(
    article.content.hash() == article.hash,
    "an article whose hash is another's"
));
record!(StoredCase, Case, |case| {
    ensure(
        case.row_version > 0 && case.version > 0,
        "a case without edition or version",
    )?;
    ensure(case.severity <= 4, "a case of a severity that there is not")
});
record!(StoredSubject, SubjectRecord, |record| ensure(
    record.row_version > 0,
    "a nickname or tag without an edition"
));
record!(
    StoredMember,
    V1(v1::MemberRecord),
    V2(MemberRecord),
    |member| ensure(member.row_version > 0, "a member without an edition")
);
record!(StoredRuling, V1(v1::Ruling), V2(Ruling), |ruling| ensure(
    ruling.version > 0,
    "a ruling without a version"
));
record!(StoredReport, Report, |_| Ok(()));
record!(StoredReporter, ReporterRecord, |record| ensure(
    record.row_version > 0,
    "a reporter without an edition"
));
record!(StoredAppeal, Appeal, |_| Ok(()));
record!(StoredNote, Note, |_| Ok(()));
record!(StoredNews, Event, |news| ensure(
    news.number > 0,
    "news without a number"
));
record!(StoredSpreading, FanOutProgress, |_| Ok(()));
record!(StoredSample, QaSample, |_| Ok(()));
record!(StoredTally, TallyRow, |_| Ok(()));
record!(StoredWebhook, Webhook, |webhook| ensure(
    webhook.row_version > 0 && !webhook.secrets.is_empty(),
    "a webhook without edition or secret"
));
record!(StoredDelivery, Delivery, |_| Ok(()));
record!(StoredUser, User, |user| ensure(
    user.password.starts_with("$argon2id$"),
    "a user without a hashed password"
));
record!(StoredKey, Key, |_| Ok(()));
record!(StoredToken, Token, |_| Ok(()));
record!(StoredSession, V1(v1::Session), V2(Session), |_| Ok(()));
record!(StoredAnswers, StoredAnswer, |answer| ensure(
    (200..300).contains(&answer.status),
    "a kept answer that was no success"
));
record!(StoredAudit, AuditRow, |row| ensure(
    row.entry.number > 0,
    "an audit entry without a number"
));
record!(StoredErasure, Erasure, |erasure| ensure(
    erasure.row_version > 0,
    "an erasure without an edition"
));
record!(StoredState, StateRow, |_| Ok(()));
record!(StoredSum, SumRow, |_| Ok(()));

fn check_revision(revision: &Revision) -> Result<(), &'static str> {
    ensure(revision.number > 0, "a revision without a number")?;
    ensure(
        revision.decision.tags.len() == revision.tags.len(),
        "a revision whose tags and their verdicts differ in number",
    )?;
    ensure(
        revision.decision.body.is_some() == revision.body.is_some(),
        "a revision whose body and its verdict do not agree",
    )
}

/// An audit entry with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    /// The entry.
    pub entry: AuditEntry,
    /// The hash of the entry before.
    pub previous: Digest,
    /// The entry's own hash.
    pub hash: Digest,
}

/// What every group commit rewrites.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateRow {
    /// Group commits so far.
    pub commit: u64,
    /// The number of the next new comment.
    pub next_comment: u64,
    /// The number of the last audit entry.
    pub audit_head: u64,
    /// Its hash.
    pub audit_hash: Digest,
    /// The number of the last news.
    pub event_head: u64,
    /// The number of the last thing to spread.
    pub fan_out_head: u64,
    /// The number of the last sample.
    pub sample_head: u64,
    /// The edition of all accounts together.
    pub accounts: u64,
    /// The time of the last audit entry: stored times never run backwards.
    pub last_at: Timestamp,
    /// How many comments lost their text since the database was copied anew.
    pub purged: u64,
    /// Rows of each tree, in the order of the trees.
    pub rows: Vec<u64>,
}

/// The sum over all rows, which every group commit rewrites too: a row that is an older one, or missing, shows in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SumRow {
    /// The commit that it was made by.
    pub commit: u64,
    /// The sum of what the rows weigh, made from each row's checksum.
    pub sum: u64,
}

/// The bytes of an account, whatever its kind.
pub fn encode_account(account: AccountWrite) -> Result<Vec<u8>, StoreError> {
    match account {
        AccountWrite::User(user) => user.encode(),
        AccountWrite::Key(key) => key.encode(),
        AccountWrite::Token(token) => token.encode(),
        AccountWrite::Session(session) | AccountWrite::DeleteSession(session) => session.encode(),
    }
}
