//! What a report weighs: by how its reporter's earlier ones ended, and whether they report in a brigade.

use super::{CaseHistory, case_history::outcome_of_report};
use crate::{
    id::CommentId,
    record::{Actor, Case, CaseState, Dismissal, Report, ReportOutcome, Resolution},
};

/// What a report by an unknown reporter weighs; all weights are in hundredths.
pub const WEIGHT_NEUTRAL: u32 = 100;
/// A reporter's upheld share counts once this many of their reports have ended.
const ENDED_MIN: u32 = 5;
/// The upheld share, in hundredths, above which a report weighs more.
const SHARE_FAIR: u32 = 70;
/// What a report weighs at least if its reporter is not muted.
const WEIGHT_MIN: u32 = 10;
/// What a report from a brigade keeps of its weight: a tenth.
const COORDINATED_DIVISOR: u32 = 10;

/// How many of a reporter's newest reports are compared when looking for a brigade.
const COMPARED_MAX: usize = 12;
/// Two reporters who share this many other reported comments count as a brigade.
const SHARED_MIN: usize = 3;

/// The comments by which a reporter is compared with the others who reported the same comment: those of their newest other
/// reports. `None` if there are too few to show a brigade.
pub fn compared_comments(others: &[Report]) -> Option<Vec<&CommentId>> {
    let newest = others.iter().take(COMPARED_MAX);
    let comments: Vec<_> = newest.map(|report| &report.comment).collect();
    (comments.len() >= SHARED_MIN).then_some(comments)
}

/// Whether two reporters who both reported a comment belong to a brigade, if they share this many of the
/// [`compared_comments`].
pub const fn is_brigade(shared: usize) -> bool {
    shared >= SHARED_MIN
}

/// The outcomes of a reporter's reports so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TrackRecord {
    /// Reports whose outcome says something.
    pub ended: u32,
    /// Those of them that were right.
    pub upheld: u32,
}

impl TrackRecord {
    /// Counts a report, if its outcome says something about its reporter.
    pub fn count(&mut self, report: &Report, history: Option<&CaseHistory>) {
        if says_something(report, history) {
            let is_upheld = outcome_of_report(report, history) == ReportOutcome::Upheld;
            self.ended += 1;
            self.upheld += u32::from(is_upheld);
        }
    }

    /// What a report weighs, in hundredths: 100 until five have ended. Then it grows with the upheld share from 100 at
    /// 70 % to 200 at 100 % (at 80 %: 133), and shrinks below that (at 35 %: 50), but never under 10.
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

    /// Whether the reporter has shown to be right: then reporting the same comments as others is no sign of a brigade.
    pub const fn is_proven(self) -> bool {
        // Multiplied out, because an integer division would round the share.
        self.ended >= ENDED_MIN && self.upheld * 100 >= self.ended * SHARE_FAIR
    }
}

/// Whether a report's outcome says something about its reporter: that the author withdrew the comment does not.
fn says_something(report: &Report, history: Option<&CaseHistory>) -> bool {
    let is_decided = match (report.decision_point, history) {
        (Some(point), Some(history)) => history.decisive(point).is_some(),
        (None, _) => true,
        (Some(_), None) => false,
    };
    // The system closes undecided reports when a text is purged; that says nothing about the reporter.
    let in_bad_faith = |dismissal: &Dismissal| dismissal.by != Actor::System;
    is_decided || report.dismissal.as_ref().is_some_and(in_bad_faith)
}

/// The weight of a report in hundredths: nothing from a muted reporter, a tenth from a brigade.
pub const fn weight_of(track: TrackRecord, muted: bool, coordinated: bool) -> u32 {
    match (muted, coordinated) {
        (true, _) => 0,
        (false, true) => track.weight() / COORDINATED_DIVISOR,
        (false, false) => track.weight(),
    }
}

/// What a report weighs, worked out before it is filed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportWeight {
    /// In hundredths.
    pub weight: u32,
    /// Its reporter belongs to a brigade.
    pub coordinated: bool,
    /// It makes enough reports since the last approval for somebody to look again.
    pub reopens: bool,
}

impl ReportWeight {
    /// What a report weighs in `case`, the one that would decide it; `reopen_min` reports since an approval open it again.
    pub fn new(
        track: TrackRecord,
        is_muted: bool,
        coordinated: bool,
        case: Option<&Case>,
        reopen_min: u32,
    ) -> Self {
        let weight = weight_of(track, is_muted, coordinated);
        Self {
            weight,
            coordinated,
            reopens: case.is_none_or(|case| reopens(case, weight, reopen_min)),
        }
    }
}

/// Whether a report with this weight reopens an approved case: it does once it brings the reports since the approval,
/// coordinated ones left out, to `reopen_min`. With a minimum of 3 and four coordinated reports out of five, one counts; this
/// report makes two and reopens nothing.
fn reopens(case: &Case, weight: u32, reopen_min: u32) -> bool {
    let counted = case
        .reported
        .count
        .saturating_sub(case.reported.coordinated);
    match case.state {
        CaseState::Resolved(Resolution::Approved | Resolution::TagsRemoved) => {
            weight > 0 && counted + 1 >= reopen_min
        }
        CaseState::Resolved(Resolution::Removed | Resolution::Withdrawn)
        | CaseState::Open
        | CaseState::Escalated => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{record::ReportTotals, review::examples::case};

    #[test]
    fn a_report_weighs_by_how_its_reporters_others_ended() {
        let weight = |ended, upheld| TrackRecord { ended, upheld }.weight();
        assert_eq!((weight(0, 0), weight(4, 0)), (100, 100));
        assert_eq!((weight(5, 5), weight(10, 7)), (200, 100));
        assert!(weight(10, 8) > 100 && weight(10, 6) < 100);
        assert_eq!(weight(50, 0), WEIGHT_MIN);
    }

    #[test]
    fn muted_weighs_nothing_and_a_brigade_a_tenth() {
        let track = TrackRecord::default();
        assert_eq!(weight_of(track, true, false), 0);
        assert_eq!(weight_of(track, false, true), 10);
        assert_eq!(weight_of(track, false, false), 100);
    }

    #[test]
    fn enough_reports_that_are_not_coordinated_reopen_an_approved_case() {
        let approved = |count, coordinated| Case {
            state: CaseState::Resolved(Resolution::Approved),
            reported: ReportTotals {
                count,
                weight: 0,
                coordinated,
            },
            ..case()
        };
        let track = TrackRecord::default();
        let reopens = |case: &Case, is_muted| {
            ReportWeight::new(track, is_muted, false, Some(case), 3).reopens
        };
        assert!(reopens(&approved(2, 0), false) && !reopens(&approved(1, 0), false));
        assert!(!reopens(&approved(5, 4), false) && reopens(&approved(6, 4), false));
        assert!(
            !reopens(&approved(2, 0), true),
            "a muted reporter brings nothing"
        );
        assert!(!reopens(&case(), false), "an open case is open already");
    }
}
