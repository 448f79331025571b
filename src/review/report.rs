//! What a report weighs, by how its reporter's earlier ones ended.

use crate::record::{
    AuditDraft, Case, Change, ChangeBuilder, EventKind, Report, ReporterRecord, Write,
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

/// The weight of a report in hundredths: nothing from a muted reporter, a tenth from accounts that report together.
pub const fn weight_of(track: TrackRecord, muted: bool, together: bool) -> u32 {
    match (muted, together) {
        (true, _) => 0,
        (false, true) => track.weight() / COORDINATED_DIVISOR,
        (false, false) => track.weight(),
    }
}

/// A reporter who was muted or unmuted, or whose reports were dismissed: their reports that change, and the cases with their
/// new weights.
pub fn reporter_changed(
    record: ReporterRecord,
    reports: Vec<Report>,
    cases: Vec<Case>,
    audit: AuditDraft,
) -> Change {
    let dismissed = reports.iter().filter(|report| report.dismissal.is_some());
    let events: Vec<EventKind> = dismissed
        .map(|report| EventKind::Report(report.id))
        .collect();
    let change = ChangeBuilder::new()
        .updated_reporter(record)
        .write(reports.into_iter().map(Write::Report));
    cases
        .into_iter()
        .fold(change, ChangeBuilder::updated_case)
        .events(events)
        .audit([audit])
        .build()
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
