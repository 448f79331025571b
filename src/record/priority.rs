//! The order of the queue: self-harm and threat first, then the score in steps of .05, weighted reports, then age.

use serde::{Deserialize, Serialize};

use super::{code::ReasonCode, decision::Score};

/// How urgent a case is; compared field by field, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Priority {
    /// Somebody may be in danger: self-harm or threat.
    pub urgent: bool,
    /// The score in steps of .05, 0 to 20: a difference that the score cannot tell does not order.
    pub step: u8,
    /// The weight of the reports, logarithmic; 10 for each doubling.
    pub reports: u8,
}

/// A step of the score, in thousandths.
const STEP_PERMILLE: u16 = 50;

impl Priority {
    /// The priority of a case with these facts; `weight` of its reports in hundredths.
    #[expect(clippy::cast_possible_truncation, reason = "at most 20")]
    pub fn of(code: ReasonCode, weight: u32, score: Score) -> Self {
        Self {
            urgent: matches!(code, ReasonCode::SelfHarm | ReasonCode::Threat),
            step: (score.permille() / STEP_PERMILLE) as u8,
            reports: pressure(weight),
        }
    }

    /// One number that sorts as the fields do: urgent, step, reports as decimal digits.
    pub const fn number(self) -> u32 {
        (self.urgent as u32) * 1_000_000 + (self.step as u32) * 10_000 + (self.reports as u32) * 10
    }
}

/// Ten times the binary logarithm of one more than the reports' weight: a few more always count, a thousand do not bury
/// everything else.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most 10 × log2(2^32 / 100), about 253"
)]
fn pressure(weight: u32) -> u8 {
    ((1.0 + f64::from(weight) / 100.0).log2() * 10.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn danger_comes_before_the_score_and_a_step_of_the_score_before_reports() {
        let of = |code, reports, score| {
            Priority::of(code, reports, Score::from_permille(score)).number()
        };
        assert!(of(ReasonCode::SelfHarm, 0, 10) > of(ReasonCode::Profanity, u32::MAX, 1_000));
        assert!(of(ReasonCode::Insult, 0, 650) > of(ReasonCode::Insult, u32::MAX, 649));
        assert_eq!(
            of(ReasonCode::Insult, 0, 650),
            of(ReasonCode::Insult, 0, 699)
        );
        assert!(of(ReasonCode::Insult, 400, 650) > of(ReasonCode::Insult, 100, 699));
    }
}
