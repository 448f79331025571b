//! The order of the queue: self-harm and threat first, then severity, weighted reports, score, then age.

use serde::{Deserialize, Serialize};

use super::{code::ReasonCode, decision::Score};

/// How urgent a case is; compared field by field, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Priority {
    /// Somebody may be in danger: self-harm or threat.
    pub urgent: bool,
    /// 0 to 4.
    pub severity: u8,
    /// The weight of the reports, logarithmic; 10 for each doubling.
    pub reports: u8,
    /// The filter's score, 0 to 1,000.
    pub score: u16,
}

impl Priority {
    /// The priority of a case with these facts; `weight` of its reports in hundredths.
    pub fn of(code: ReasonCode, severity: u8, weight: u32, score: Score) -> Self {
        Self {
            urgent: matches!(code, ReasonCode::SelfHarm | ReasonCode::Threat),
            severity,
            reports: pressure(weight),
            score: score.permille(),
        }
    }

    /// One number that sorts as the fields do: urgent, severity, reports, score as decimal digits.
    pub const fn number(self) -> u32 {
        (self.urgent as u32) * 10_000_000
            + (self.severity as u32) * 1_000_000
            + (if self.reports > 99 {
                99
            } else {
                self.reports as u32
            }) * 10_000
            + self.score as u32
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
    fn danger_comes_before_severity_and_severity_before_score() {
        let of = |code, severity, reports, score| {
            Priority::of(code, severity, reports, Score::from_permille(score)).number()
        };
        assert!(of(ReasonCode::SelfHarm, 1, 0, 10) > of(ReasonCode::Profanity, 4, 50_000, 1_000));
        assert!(of(ReasonCode::Insult, 3, 0, 0) > of(ReasonCode::Insult, 2, 50_000, 1_000));
        assert!(of(ReasonCode::Insult, 3, 100, 0) > of(ReasonCode::Insult, 3, 0, 1_000));
        assert!(of(ReasonCode::Insult, 3, 400, 0) > of(ReasonCode::Insult, 3, 100, 0));
    }
}
