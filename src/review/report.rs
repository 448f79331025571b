//! Reports, appeals and notes: what readers, authors and colleagues say about a decision, and what became of it.
//!
//! Neither a report nor an appeal carries its own end. Each names the case that hears it and that case's version by
//! then; what became of it follows from the rulings made since. So a ruling ends a thousand reports without
//! writing one, and an undo or a second ruling changes what became of them by itself.

use serde::{Deserialize, Serialize};

use super::{case::Case, ruling::Ruling};
use crate::{
    id::{
        AppealId, CaseId, CommentId, MemberId, NoteId, ReportId, ReporterId, RulingId, SanctionId,
    },
    record::{Actor, CaseState, ReasonCode, Resolution, RulingDecision},
    text::Surface,
    time::Timestamp,
};

/// What a report by somebody unknown weighs; all weights are in hundredths.
pub const WEIGHT_NEUTRAL: u32 = 100;
/// So many reports of one reporter must have ended before their share counts.
const ENDED_MIN: u32 = 5;
/// The upheld share, in hundredths, above which a report weighs more.
const SHARE_FAIR: u32 = 70;
/// What a report weighs at least where its reporter is not muted.
const WEIGHT_MIN: u32 = 10;
/// What a report from accounts that report together keeps of its weight: a tenth.
const COORDINATED_DIVISOR: u32 = 10;

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

/// A case with its rulings, oldest first: what hearings are decided by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseHistory {
    /// The case.
    pub case: Case,
    /// Its rulings that were not taken back.
    pub rulings: Vec<Ruling>,
}

impl CaseHistory {
    /// The newest ruling since `hearing` that ended the case.
    pub fn decisive(&self, hearing: DecisionPoint) -> Option<&Ruling> {
        let newest_first = self.rulings.iter().rev();
        newest_first
            .take_while(|ruling| ruling.version > hearing.version)
            .find(|ruling| ruling.decision != RulingDecision::Escalate)
    }

    fn is_withdrawn(&self) -> bool {
        self.case.state == CaseState::Resolved(Resolution::Withdrawn)
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

/// What became of an appeal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AppealOutcome {
    /// Somebody has to look.
    Open,
    /// The appeal changed nothing. The contract speaks of the decision, which was upheld.
    #[serde(rename = "upheld")]
    Denied,
    /// The appeal was right: the decision was overturned.
    Overturned,
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

impl Report {
    /// What became of it; the docket is that of its hearing.
    pub fn outcome(&self, history: Option<&CaseHistory>) -> ReportOutcome {
        let Some(hearing) = self.decision_point else {
            return ReportOutcome::Upheld;
        };
        if self.dismissal.is_some() {
            return ReportOutcome::Dismissed;
        }
        let Some(history) = history else {
            return ReportOutcome::Open;
        };
        match history.decisive(hearing) {
            Some(ruling) => self.outcome_of(ruling),
            None if history.is_withdrawn() => ReportOutcome::Dismissed,
            None => ReportOutcome::Open,
        }
    }

    /// Whether how it ended says something about its reporter: what a member took back does not.
    pub fn marks_reporter(&self, history: Option<&CaseHistory>) -> bool {
        let decided = match (self.decision_point, history) {
            (Some(hearing), Some(history)) => history.decisive(hearing).is_some(),
            (None, _) => true,
            (Some(_), None) => false,
        };
        let in_bad_faith = |said: &Dismissal| said.by != Actor::System;
        self.dismissal.as_ref().is_some_and(in_bad_faith) || decided
    }

    /// The ruling upholds what it removed: all of the comment, or the tags.
    fn outcome_of(&self, ruling: &Ruling) -> ReportOutcome {
        let upheld = match ruling.decision {
            RulingDecision::Remove => true,
            RulingDecision::RemoveTags => {
                let meant = |tag: &String| ruling.tags.contains(tag);
                self.surface == Some(Surface::Tags) && self.tag.as_ref().is_none_or(meant)
            }
            RulingDecision::Approve | RulingDecision::Escalate => false,
        };
        if upheld {
            ReportOutcome::Upheld
        } else {
            ReportOutcome::Dismissed
        }
    }
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

/// How a reporter's reports ended so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TrackRecord {
    /// Reports whose end says something.
    pub ended: u32,
    /// Those of them that were right.
    pub upheld: u32,
}

impl TrackRecord {
    /// Counts one report that has ended.
    pub fn count(&mut self, upheld: bool) {
        self.ended += 1;
        self.upheld += u32::from(upheld);
    }

    /// What a report weighs, in hundredths: 100 until five have ended; then up to 200 the larger the upheld share, and
    /// less than 100 below seventy in a hundred.
    pub const fn weight(self) -> u32 {
        if self.ended < ENDED_MIN {
            return WEIGHT_NEUTRAL;
        }
        let share = self.upheld * 100 / self.ended;
        let weight = if share >= SHARE_FAIR {
            WEIGHT_NEUTRAL + (share - SHARE_FAIR) * WEIGHT_NEUTRAL / (100 - SHARE_FAIR)
        } else {
            share * WEIGHT_NEUTRAL / SHARE_FAIR
        };
        if weight < WEIGHT_MIN {
            WEIGHT_MIN
        } else {
            weight
        }
    }

    /// Whether the reporter has shown to be right: then reporting beside others is no sign of a band.
    pub const fn is_proven(self) -> bool {
        self.ended >= ENDED_MIN && self.upheld * 100 >= self.ended * SHARE_FAIR
    }
}

/// What a report weighs, all told, in hundredths.
pub const fn weight_of(track: TrackRecord, muted: bool, together: bool) -> u32 {
    match (muted, together) {
        (true, _) => 0,
        (false, true) => track.weight() / COORDINATED_DIVISOR,
        (false, false) => track.weight(),
    }
}

/// What an appeal contests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AppealedDecision {
    /// A ruling.
    Ruling(RulingId),
    /// The filter's removal of this revision.
    Filter(u32),
    /// A sanction.
    Sanction(SanctionId),
}

/// An author's appeal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appeal {
    /// Its id.
    pub id: AppealId,
    /// Who contests it.
    pub member: MemberId,
    /// The comment, where one is meant.
    pub comment: Option<CommentId>,
    /// What is contested.
    pub contested: AppealedDecision,
    /// In the author's words, at most 2,000 code points.
    pub statement: String,
    /// When.
    pub at: Timestamp,
    /// Where it is heard.
    pub decision_point: DecisionPoint,
}

impl Appeal {
    /// What became of it; the docket is that of its hearing. What the author takes back is contested no more.
    pub fn outcome(&self, history: &CaseHistory) -> AppealOutcome {
        match history
            .decisive(self.decision_point)
            .map(|ruling| ruling.decision)
        {
            Some(RulingDecision::Approve | RulingDecision::RemoveTags) => AppealOutcome::Overturned,
            Some(RulingDecision::Remove | RulingDecision::Escalate) => AppealOutcome::Denied,
            None if history.is_withdrawn() => AppealOutcome::Denied,
            None => AppealOutcome::Open,
        }
    }
}

/// A note for colleagues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Its id.
    pub id: NoteId,
    /// The case.
    pub case: CaseId,
    /// Who wrote it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// At most 2,000 code points.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_weighs_by_how_its_reporters_others_ended() {
        let weight = |ended, upheld| TrackRecord { ended, upheld }.weight();
        assert_eq!((weight(0, 0), weight(4, 0)), (100, 100));
        assert_eq!((weight(5, 5), weight(10, 7)), (200, 100));
        assert!(weight(10, 8) > 100 && weight(10, 6) < 100);
        assert_eq!(weight(50, 0), WEIGHT_MIN);
    }

    #[test]
    fn muted_weighs_nothing_and_a_band_a_tenth() {
        let track = TrackRecord::default();
        assert_eq!(weight_of(track, true, false), 0);
        assert_eq!(weight_of(track, false, true), 10);
        assert_eq!(weight_of(track, false, false), 100);
    }
}
