//! What can be written: a variant for each use case, each made by the core alone, and the plan it comes down to.

use serde::{Deserialize, Serialize};

use crate::{
    access::{Key, Session, Token, User},
    intake::{Article, Comment, Filing, NicknameFiling, Revision, Withdrawal},
    review::{AuditDraft, Case, MemberRecord, Ruling, RulingChange, SanctionChange, SubjectRecord},
    time::Timestamp,
};

pub use crate::intake::Expect as Expectation;

/// One use case's write.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "one lives for the length of one request"
)]
pub enum Commit {
    /// A judged comment.
    File(Filing, Option<StoredAnswer>),
    /// An article; the story of it.
    PutArticle(Article, AuditDraft),
    /// A comment taken back.
    Withdraw(Withdrawal),
    /// A claim taken, renewed or given back.
    Claim {
        /// The case with its new claim.
        case: Case,
        /// The story; none where a claim was merely renewed.
        audit: Option<AuditDraft>,
        /// The first answer, where the request asked to be remembered.
        answer: Option<StoredAnswer>,
    },
    /// A ruling, or its undo.
    Rule {
        /// What it changes.
        change: RulingChange,
        /// The comment that it is about, with the change's mark on it.
        comment: Option<Comment>,
        /// The first answer, where the request asked to be remembered.
        answer: Option<StoredAnswer>,
    },
    /// A nickname judged without a comment.
    Nickname(NicknameFiling),
    /// A sanction laid or lifted outside a case.
    Sanction(SanctionChange, Option<StoredAnswer>),
    /// Users, keys, tokens, sessions.
    Accounts {
        /// What is written.
        writes: Vec<AccountWrite>,
        /// The story.
        audit: Vec<AuditDraft>,
        /// The edition of all accounts that this was made from.
        edition: u64,
        /// The first answer, where the request asked to be remembered.
        answer: Option<StoredAnswer>,
    },
    /// Something that happened beside any record: a rulebook that was loaded.
    Tell(AuditDraft),
    /// Only the first answer to a request that changed nothing.
    Remember(StoredAnswer),
    /// Keys that were used, and when; it moves no edition.
    Used(Vec<Key>),
}

/// One account record.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the records describe themselves")]
pub enum AccountWrite {
    User(User),
    Key(Key),
    Token(Token),
    Session(Session),
}

/// The first answer to a request with an `Idempotency-Key`, kept for as long as it may be asked again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredAnswer {
    /// The first half of SHA-256 over caller, method, path and key.
    pub slot: [u8; 16],
    /// SHA-256 of the request's body.
    pub request: [u8; 32],
    /// Until when it is kept.
    pub expires_at: Timestamp,
    /// The HTTP status.
    pub status: u16,
    /// The answer's JSON, secrets nulled; empty where the answer had no body.
    pub body: Vec<u8>,
}

/// One record to write. Records carry their new edition already.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// A comment, and the revision that is newest no longer.
    Comment {
        /// The comment.
        comment: Comment,
        /// What its newest revision was.
        archived: Option<Revision>,
        /// The newest revision is new in this commit: the audit covers its digest.
        judged: bool,
    },
    /// An article.
    Article(Article),
    /// A case.
    Case(Case),
    /// A nickname's or a tag's record.
    Subject(SubjectRecord),
    /// A member's record.
    Member(MemberRecord),
    /// A ruling.
    Ruling(Ruling),
    /// An account; it moves the edition of all accounts.
    Account(AccountWrite),
    /// A key's last use; it moves no edition.
    KeyUsed(Key),
    /// The first answer to a request.
    Answer(StoredAnswer),
}

/// A commit, laid out: what must hold, what is written, what is told.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// Editions that must still be as they were read.
    pub expects: Vec<Expectation>,
    /// Records.
    pub writes: Vec<Write>,
    /// Audit entries, in order. A judged revision without any entry is told with all others of its batch.
    pub audit: Vec<AuditDraft>,
}

impl Commit {
    /// Lays the commit out. Pure; every engine works on plans alone.
    pub fn plan(self) -> Plan {
        match self {
            Self::File(filing, answer) => plan_filing(filing, answer),
            Self::PutArticle(article, audit) => Plan {
                writes: vec![Write::Article(article)],
                audit: vec![audit],
                ..Plan::default()
            },
            Self::Withdraw(withdrawal) => {
                let (comment, case, audit, expects) = withdrawal.into_parts();
                let comment = Write::Comment {
                    comment,
                    archived: None,
                    judged: false,
                };
                Plan {
                    expects,
                    writes: std::iter::once(comment)
                        .chain(case.map(Write::Case))
                        .collect(),
                    audit,
                }
            }
            Self::Claim {
                case,
                audit,
                answer,
            } => Plan {
                expects: vec![Expectation::Case(case.id, case.edition - 1)],
                writes: std::iter::once(Write::Case(case))
                    .chain(answer.map(Write::Answer))
                    .collect(),
                audit: audit.into_iter().collect(),
            },
            Self::Rule {
                change,
                comment,
                answer,
            } => plan_ruling(change, comment, answer),
            Self::Nickname(filing) => plan_nickname(filing),
            Self::Sanction(SanctionChange { member, audit, .. }, answer) => Plan {
                expects: vec![Expectation::Member(member.id.clone(), member.edition - 1)],
                writes: std::iter::once(Write::Member(member))
                    .chain(answer.map(Write::Answer))
                    .collect(),
                audit: vec![audit],
            },
            Self::Accounts {
                writes,
                audit,
                edition,
                answer,
            } => Plan {
                expects: vec![Expectation::Accounts(edition)],
                writes: writes
                    .into_iter()
                    .map(Write::Account)
                    .chain(answer.map(Write::Answer))
                    .collect(),
                audit,
            },
            Self::Tell(audit) => Plan {
                audit: vec![audit],
                ..Plan::default()
            },
            Self::Remember(answer) => Plan {
                writes: vec![Write::Answer(answer)],
                ..Plan::default()
            },
            Self::Used(keys) => Plan {
                writes: keys.into_iter().map(Write::KeyUsed).collect(),
                ..Plan::default()
            },
        }
    }
}

fn plan_filing(filing: Filing, answer: Option<StoredAnswer>) -> Plan {
    let parts = filing.into_parts();
    let comment = Write::Comment {
        comment: parts.comment,
        archived: parts.archived,
        judged: true,
    };
    let writes = std::iter::once(comment)
        .chain(parts.article.map(Write::Article))
        .chain(parts.cases.into_iter().map(Write::Case))
        .chain(parts.subjects.into_iter().map(Write::Subject))
        .chain(parts.member.map(Write::Member))
        .chain(answer.map(Write::Answer))
        .collect();
    Plan {
        expects: parts.expects,
        writes,
        audit: parts.audit,
    }
}

fn plan_nickname(filing: NicknameFiling) -> Plan {
    let NicknameFiling {
        member,
        cases,
        subjects,
        audit,
        expects,
        ..
    } = filing;
    let writes = member
        .map(Write::Member)
        .into_iter()
        .chain(cases.into_iter().map(Write::Case))
        .chain(subjects.into_iter().map(Write::Subject))
        .collect();
    Plan {
        expects,
        writes,
        audit,
    }
}

fn plan_ruling(
    change: RulingChange,
    comment: Option<Comment>,
    answer: Option<StoredAnswer>,
) -> Plan {
    let RulingChange {
        case,
        ruling,
        mark: _,
        shared,
        member,
        audit,
    } = change;
    let expects = std::iter::once(Expectation::Case(case.id, case.edition - 1))
        .chain(
            comment
                .as_ref()
                .map(|comment| Expectation::Comment(comment.id.clone(), comment.edition - 1)),
        )
        .chain(
            shared
                .as_ref()
                .map(|record| Expectation::Subject(record.subject.clone(), record.edition - 1)),
        )
        .chain(
            member
                .as_ref()
                .map(|record| Expectation::Member(record.id.clone(), record.edition - 1)),
        )
        .collect();
    let writes = [Write::Case(case), Write::Ruling(ruling)]
        .into_iter()
        .chain(comment.map(|comment| Write::Comment {
            comment,
            archived: None,
            judged: false,
        }))
        .chain(shared.map(Write::Subject))
        .chain(member.map(Write::Member))
        .chain(answer.map(Write::Answer))
        .collect();
    Plan {
        expects,
        writes,
        audit,
    }
}
