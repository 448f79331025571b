//! Readers' reports and those who make them.
//!
//! A report does not carry its own end. It names the case that decides it and that case's version by then; what became of
//! it follows from the rulings made since (`review::outcome_of_report`). So one ruling ends a thousand reports without
//! writing one of them, and an undo or a second ruling changes what became of them by itself.

use serde::{Deserialize, Serialize};

use super::{
    actor::Actor,
    case::{Case, ReportTotals},
    code::ReasonCode,
};
use crate::{
    id::{CaseId, CommentId, ReportId, ReporterId},
    text::Surface,
    time::Timestamp,
};

/// Which rulings decide a report or an appeal: those made in this case after this version of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct DecisionPoint {
    pub case: CaseId,
    /// The case's version when the report or appeal came.
    pub version: u32,
}

impl DecisionPoint {
    /// Rulings in `case` from now on.
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
    /// No ruling has decided it yet.
    Open,
    /// The report was right.
    Upheld,
    /// The report was wrong.
    Dismissed,
}

/// Who dismissed a report or muted a reporter, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Dismissal {
    pub by: Actor,
    pub at: Timestamp,
    pub reason: String,
}

/// A reader's report of a comment (檢舉).
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Report {
    pub id: ReportId,
    pub comment: CommentId,
    pub reporter: ReporterId,
    pub code: ReasonCode,
    /// The reader's own words, at most 2,000 code points.
    pub note: Option<String>,
    /// The reported part of the comment; `None`: all of it.
    pub surface: Option<Surface>,
    pub tag: Option<String>,
    pub at: Timestamp,
    /// Which rulings decide it; `None` if the comment had been removed already: then the report was right.
    pub decision_point: Option<DecisionPoint>,
    /// Set where it ended without a ruling: a moderator found it made in bad faith, or its comment was purged first.
    pub dismissal: Option<Dismissal>,
    /// Its reporter reports together with others who reported the same comment.
    pub coordinated: bool,
    /// What it weighed when it came, in hundredths.
    pub weight: u32,
}

impl Report {
    /// What it adds to the reports that wait in its case: nothing once it was dismissed.
    pub fn totals(&self) -> ReportTotals {
        if self.dismissal.is_some() {
            return ReportTotals::default();
        }
        ReportTotals {
            count: 1,
            weight: self.weight,
            coordinated: u32::from(self.coordinated),
        }
    }
}

/// For how long a reporter's reports weigh nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Mute {
    pub until: Timestamp,
    /// Who, when and why.
    pub dismissal: Dismissal,
}

/// A reader who reports: what is stored besides their reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReporterRecord {
    /// The id that the board uses.
    pub id: ReporterId,
    /// Set while their reports weigh nothing.
    pub muted: Option<Mute>,
    /// Grows by one with each write; 0 before the first.
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

    /// The record with the reporter muted, or not any more.
    #[must_use]
    pub fn with(&self, muted: Option<Mute>) -> Self {
        Self {
            muted,
            row_version: self.row_version + 1,
            ..self.clone()
        }
    }
}
