//! The penalty schedule, `[ladder]` of `rules.toml`: the sanction that repeated violations bring.
//!
//! A ruling that finds a violation gives a strike, which counts for a number of days and is worth a number of points by
//! its rule and severity. The schedule proposes a sanction for the sum; a moderator confirms or changes it.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::member::{SANCTION_DAYS_MAX, SanctionKind};
use crate::record::Rule;

/// The sanction that the schedule proposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProposedSanction {
    /// The sanction.
    pub kind: SanctionKind,
    /// For how many days; `None` if it does not end.
    pub days: Option<u32>,
}

/// One step: the sanction from this number of points on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PenaltyStep {
    strikes: u32,
    proposal: ProposedSanction,
}

/// The whole schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PenaltySchedule {
    strike_days: u32,
    /// The points of a violation of each rule, by severity 1 to 4.
    worth: BTreeMap<Rule, [u32; 4]>,
    /// Sorted by strikes, fewest first.
    steps: Vec<PenaltyStep>,
}

/// `[ladder]` of the file; what is left out keeps the shipped value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PenaltyScheduleFile {
    strike_days: Option<u32>,
    #[serde(default)]
    worth: BTreeMap<Rule, [u32; 4]>,
    steps: Option<Vec<StepFile>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StepFile {
    strikes: u32,
    sanction: SanctionKind,
    days: Option<u32>,
}

/// A fault in Traditional Chinese and in English.
type Fault = (String, String);

impl PenaltySchedule {
    /// The shipped schedule: warn, suspend for 1, 7, 30 days, terminate. Violations of graver rules and severities are
    /// worth more points.
    pub fn shipped() -> Self {
        use SanctionKind::{Suspend, Terminate, Warn};
        let step = |strikes, kind, days| PenaltyStep {
            strikes,
            proposal: ProposedSanction { kind, days },
        };
        Self {
            strike_days: 365,
            worth: BTreeMap::from([
                (Rule::Unlawful, [1, 1, 2, 3]),
                (Rule::Abuse, [1, 1, 1, 2]),
                (Rule::Tag, [0, 1, 1, 1]),
                (Rule::Nickname, [1, 1, 1, 2]),
            ]),
            steps: vec![
                step(1, Warn, None),
                step(2, Suspend, Some(1)),
                step(3, Suspend, Some(7)),
                step(4, Suspend, Some(30)),
                step(6, Terminate, None),
            ],
        }
    }

    /// The shipped schedule with the settings of a file.
    pub(super) fn merged(mut self, file: PenaltyScheduleFile) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        if let Some(days) = file.strike_days {
            if !(1..=SANCTION_DAYS_MAX).contains(&days) {
                faults.push(days_fault("strike_days"));
            }
            self.strike_days = days;
        }
        self.worth.extend(file.worth);
        if let Some(steps) = file.steps {
            self.steps = steps
                .iter()
                .map(|step| {
                    faults.extend(step.fault());
                    PenaltyStep {
                        strikes: step.strikes,
                        proposal: ProposedSanction {
                            kind: step.sanction,
                            days: step.days,
                        },
                    }
                })
                .collect();
            self.steps.sort_by_key(|step| step.strikes);
        }
        if faults.is_empty() {
            Ok(self)
        } else {
            Err(faults)
        }
    }

    /// How long a strike counts, in days.
    pub const fn strike_days(&self) -> u32 {
        self.strike_days
    }

    /// How many points a violation is worth; 0 if no rule was broken.
    pub fn points(&self, rule: Option<Rule>, severity: u8) -> u32 {
        let row = rule.and_then(|rule| self.worth.get(&rule));
        row.map_or(0, |row| row[usize::from(severity.clamp(1, 4)) - 1])
    }

    /// The sanction for this number of points, if any, and from how many on it is proposed.
    pub fn proposal(&self, strikes: u32) -> Option<(ProposedSanction, u32)> {
        let reached = self.steps.iter().rev().find(|step| step.strikes <= strikes);
        let reached = reached.filter(|_| strikes > 0);
        reached.map(|step| (step.proposal, step.strikes))
    }
}

impl StepFile {
    fn fault(&self) -> Option<Fault> {
        let name = self.sanction.name();
        match (self.sanction.has_days(), self.days) {
            (true, Some(days)) if (1..=SANCTION_DAYS_MAX).contains(&days) => None,
            (true, _) => Some(days_fault(&format!("{name}: days"))),
            (false, Some(_)) => Some((
                format!("{name} 不得指定 days"),
                format!("{name} takes no days"),
            )),
            (false, None) => None,
        }
    }
}

fn days_fault(place: &str) -> Fault {
    (
        format!("{place} 必須是 1 到 {SANCTION_DAYS_MAX}"),
        format!("{place} must be 1 to {SANCTION_DAYS_MAX}"),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn proposed(schedule: &PenaltySchedule, strikes: u32) -> String {
        schedule
            .proposal(strikes)
            .map_or("nothing".to_owned(), |(proposal, _)| {
                let days = proposal
                    .days
                    .map_or(String::new(), |days| format!(" {days}"));
                format!("{}{days}", proposal.kind.name())
            })
    }

    #[test]
    fn the_shipped_schedule_climbs() {
        let ladder = PenaltySchedule::shipped();
        let steps: Vec<String> = (0..8).map(|strikes| proposed(&ladder, strikes)).collect();
        let wanted = [
            "nothing",
            "warn",
            "suspend 1",
            "suspend 7",
            "suspend 30",
            "suspend 30",
            "terminate",
            "terminate",
        ];
        assert_eq!(steps, wanted);
        assert_eq!(ladder.points(Some(Rule::Unlawful), 4), 3);
        assert_eq!(ladder.points(Some(Rule::Tag), 1), 0);
        assert_eq!(ladder.points(None, 4), 0);
    }

    #[test]
    fn a_file_changes_its_own_settings_only() {
        let file = "strike_days = 90\n[worth]\ntag = [0, 0, 0, 0]\n[[steps]]\nstrikes = 3\nsanction = \"watch\"\ndays = 14\n";
        let ladder = PenaltySchedule::shipped()
            .merged(toml::from_str(file).unwrap())
            .unwrap();
        assert_eq!(
            (proposed(&ladder, 2), proposed(&ladder, 3)),
            ("nothing".into(), "watch 14".into())
        );
        assert_eq!(
            (ladder.strike_days(), ladder.points(Some(Rule::Tag), 4)),
            (90, 0)
        );
        assert_eq!(ladder.points(Some(Rule::Abuse), 4), 2);
    }

    #[test]
    fn every_fault_is_reported() {
        let file = "strike_days = 0\n[[steps]]\nstrikes = 1\nsanction = \"suspend\"\n[[steps]]\nstrikes = 2\nsanction = \"warn\"\ndays = 3\n";
        let faults = PenaltySchedule::shipped()
            .merged(toml::from_str(file).unwrap())
            .unwrap_err();
        assert_eq!(faults.len(), 3);
    }
}
