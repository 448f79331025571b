//! What cases are about, and what is kept about a nickname or a tag that many comments share.

use super::{code::ReasonCode, reply::Words};
use crate::{
    id::{ArticleId, CaseId, CommentId, MemberId, RulingId},
    time::Timestamp,
};

/// What a case is about; at most one case is open about each.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A comment.
    Comment(CommentId),
    /// A member: their nickname.
    Nickname(MemberId),
    /// A tag under an article.
    Tag {
        /// The article.
        article: ArticleId,
        /// The tag as written.
        tag: String,
    },
}

impl Subject {
    /// `comment`, `member` or `tag`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Comment(_) => "comment",
            Self::Nickname(_) => "member",
            Self::Tag { .. } => "tag",
        }
    }

    /// The id for people: the board's id, for a tag `ARTICLE#TAG`.
    pub fn id(&self) -> String {
        match self {
            Self::Comment(id) => id.to_string(),
            Self::Nickname(id) => id.to_string(),
            Self::Tag { article, tag } => format!("{article}#{tag}"),
        }
    }
}

/// What was ruled about a subject that many comments share: a nickname's spelling, an article's tag.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct SubjectRuling {
    pub ruling: RulingId,
    /// The nickname's exact spelling or the tag.
    pub text: String,
    /// Whether it may stand.
    pub approved: bool,
    pub code: Option<ReasonCode>,
    /// It was ruled on an appeal.
    pub on_appeal: bool,
    pub at: Timestamp,
    /// What the moderator says to authors in the notice.
    pub reply: Option<Words>,
}

/// How many spellings of one member's nickname keep their ruling.
pub const SPELLINGS_MAX: usize = 64;

/// What is kept about a member's nickname or an article's tag: its open case, and the rulings that hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectRecord {
    /// The member or the tag.
    pub subject: Subject,
    /// The case about it, resolved or not.
    pub case: Option<CaseId>,
    /// One for each spelling ruled, newest last.
    pub rulings: Vec<SubjectRuling>,
    /// Grows by one with each write; a write says at which row version it read the record.
    pub row_version: u64,
}

impl SubjectRecord {
    /// A copy that names this case, with the next row version.
    #[must_use]
    pub fn naming(&self, case: CaseId) -> Self {
        Self {
            case: Some(case),
            row_version: self.row_version + 1,
            ..self.clone()
        }
    }

    /// The record of a subject about which nothing is stored yet.
    pub const fn new(subject: Subject) -> Self {
        Self {
            subject,
            case: None,
            rulings: Vec::new(),
            row_version: 0,
        }
    }

    /// The ruling that holds for this spelling.
    pub fn ruling(&self, text: &str) -> Option<&SubjectRuling> {
        self.rulings.iter().find(|ruling| ruling.text == text)
    }

    /// Puts a ruling in the place of an older one of the same spelling, or takes it away.
    pub fn set_ruling(&mut self, text: &str, ruling: Option<SubjectRuling>) {
        self.rulings.retain(|kept| kept.text != text);
        self.rulings.extend(ruling);
        let surplus = self.rulings.len().saturating_sub(SPELLINGS_MAX);
        self.rulings.drain(..surplus);
    }
}
