//! Readers' reports and those who make them.
//!
//! A report does not carry its own end. It names the case that decides it and that case's version by then; what became of
//! it follows from the rulings made since (`review::outcome_of_report`). So one ruling ends a thousand reports without
//! writing one of them, and an undo or a second ruling changes what became of them by itself.

use serde::{Deserialize, Serialize};

use super::{actor::Actor, case::Case, code::ReasonCode};
use crate::{
    id::{CaseId, CommentId, ReportId, ReporterId},
    text::Surface,
    time::Timestamp,
};

/// Where a thing is heard: the rulings of this case above this version decide it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionPoint {
    /// The case.
    pub case: CaseId,
    /// The case's version by then.
    pub version: u32,
}

impl DecisionPoint {
    /// From now on, in this case.
    pub const fn of(case: &Case) -> Self {
        Self {
            case: case.id,
            version: case.version,
        }
    }
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReportOutcome {
    /// Somebody has to look.
    Open,
    /// The report was right.
    Upheld,
    /// The report was wrong.
    Dismissed,
}

/// Why and by whom something of a reporter was set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dismissal {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// A reader's report of a comment (檢舉).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Its id.
    pub id: ReportId,
    /// The comment.
    pub comment: CommentId,
    /// Who reported; the board's id.
    pub reporter: ReporterId,
    /// What for.
    pub code: ReasonCode,
    /// In the reader's words, at most 2,000 code points.
    pub note: Option<String>,
    /// What of the comment is meant; none: all of it.
    pub surface: Option<Surface>,
    /// Which tag is meant.
    pub tag: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Where it is heard; none where the comment was removed already, and the report so was right.
    pub decision_point: Option<DecisionPoint>,
    /// It was set aside: made in bad faith.
    pub dismissal: Option<Dismissal>,
    /// Its reporter reports together with others who reported the same comment.
    pub coordinated: bool,
    /// What it weighed when it came, in hundredths.
    pub weight: u32,
}

/// For how long a reporter's reports weigh nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mute {
    /// Until when.
    pub until: Timestamp,
    /// Who, when and why.
    pub said: Dismissal,
}

/// What is kept about a reader who reports, beside their reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReporterRecord {
    /// The board's id.
    pub id: ReporterId,
    /// Whether their reports weigh nothing.
    pub muted: Option<Mute>,
    /// Counts the writes of this record; 0 before the first.
    pub row_version: u64,
}

impl ReporterRecord {
    /// A reporter about whom nothing is known.
    pub const fn new(id: ReporterId) -> Self {
        Self {
            id,
            muted: None,
            row_version: 0,
        }
    }

    /// Whether their reports weigh nothing at `now`.
    pub fn is_muted(&self, now: Timestamp) -> bool {
        self.muted.as_ref().is_some_and(|mute| now < mute.until)
    }

    /// The record with its reports muted, or heard again.
    #[must_use]
    pub fn with(&self, muted: Option<Mute>) -> Self {
        Self {
            muted,
            row_version: self.row_version + 1,
            ..self.clone()
        }
    }
}
