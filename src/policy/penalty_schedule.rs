//! The ladder of `rules.toml`: what a member who was ruled against again and again is to expect.
//!
//! It only proposes; a moderator confirms or changes it.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::member::{SANCTION_DAYS_MAX, SanctionKind};
use crate::record::Rule;

/// What the ladder proposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProposedSanction {
    /// The sanction.
    pub kind: SanctionKind,
    /// For how many days; none where it does not end.
    pub days: Option<u32>,
}

/// One rung: what is proposed from so many strikes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PenaltyStep {
    strikes: u32,
    proposal: ProposedSanction,
}

/// The whole ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PenaltySchedule {
    strike_days: u32,
    worth: BTreeMap<Rule, [u32; 4]>,
    /// By strikes, fewest first.
    steps: Vec<PenaltyStep>,
}

/// `[ladder]` as it is written; what is left out keeps the shipped value.
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

/// What is wrong, in Traditional Chinese and in English.
type Fault = (String, String);

impl PenaltySchedule {
    /// Warn, suspend for 1, 7, 30 days, terminate; the graver rules and severities climb faster.
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

    /// Lays what a file says over the shipped ladder.
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

    /// How many strikes a ruling is worth; none where no rule was broken.
    pub fn points(&self, rule: Option<Rule>, severity: u8) -> u32 {
        let row = rule.and_then(|rule| self.worth.get(&rule));
        row.map_or(0, |row| row[usize::from(severity.clamp(1, 4)) - 1])
    }

    /// What so many strikes bring.
    pub fn proposal(&self, strikes: u32) -> Option<ProposedSanction> {
        let reached = self.steps.iter().rev().find(|step| step.strikes <= strikes);
        reached.filter(|_| strikes > 0).map(|step| step.proposal)
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

    fn told(ladder: &PenaltySchedule, strikes: u32) -> String {
        ladder
            .proposal(strikes)
            .map_or("nothing".to_owned(), |one| {
                let days = one.days.map_or(String::new(), |days| format!(" {days}"));
                format!("{}{days}", one.kind.name())
            })
    }

    #[test]
    fn the_shipped_ladder_climbs() {
        let ladder = PenaltySchedule::shipped();
        let steps: Vec<String> = (0..8).map(|strikes| told(&ladder, strikes)).collect();
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
    fn a_file_moves_what_it_says_and_no_more() {
        let file = "strike_days = 90\n[worth]\ntag = [0, 0, 0, 0]\n[[steps]]\nstrikes = 3\nsanction = \"watch\"\ndays = 14\n";
        let ladder = PenaltySchedule::shipped()
            .merged(toml::from_str(file).unwrap())
            .unwrap();
        assert_eq!(
            (told(&ladder, 2), told(&ladder, 3)),
            ("nothing".into(), "watch 14".into())
        );
        assert_eq!(
            (ladder.strike_days(), ladder.points(Some(Rule::Tag), 4)),
            (90, 0)
        );
        assert_eq!(ladder.points(Some(Rule::Abuse), 4), 2);
    }

    #[test]
    fn every_fault_is_told() {
        let file = "strike_days = 0\n[[steps]]\nstrikes = 1\nsanction = \"suspend\"\n[[steps]]\nstrikes = 2\nsanction = \"warn\"\ndays = 3\n";
        let faults = PenaltySchedule::shipped()
            .merged(toml::from_str(file).unwrap())
            .unwrap_err();
        assert_eq!(faults.len(), 3);
    }
}
