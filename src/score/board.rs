//! A board's own weights: fitted from the shipped ones on its rulings, with shipped examples between them so that nothing
//! is unlearnt, and measured on rulings and examples held out.

use super::{
    learn::{Settings, TrainingRow, fit_board, log_loss},
    measure::knots,
    weights::{Knot, Weights},
};

/// A ruling as the fit sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct BoardRow {
    /// What tells this ruling from others, the same on every node: it decides whether the row is held out.
    pub id: u128,
    /// The text, its label and how much it counts.
    pub row: TrainingRow,
}

impl BoardRow {
    /// Whether it is held out: a fifth of all rulings is, the same ones in every fit.
    fn is_held_out(&self) -> bool {
        let id = (self.id as u64) ^ (self.id >> 64) as u64;
        let mixed = id.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        mixed.is_multiple_of(5)
    }
}

/// The loss of other weights, and of the new ones.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Losses {
    pub before: f64,
    pub after: f64,
}

impl BoardFit {
    /// Whether it is better than what is in force: it says more of rulings that it has not seen, and forgets nothing.
    pub fn is_better(&self) -> bool {
        self.board.after < self.board.before && self.shipped.after <= self.shipped.before
    }
}

/// A fit, and how it measures.
#[derive(Debug, Clone, PartialEq)]
pub struct BoardFit {
    /// The new weights.
    pub weights: Weights,
    /// On rulings held out, against the weights in force.
    pub board: Losses,
    /// On shipped examples, against the shipped weights: both were fitted on them, so that a rise means that something was
    /// unlearnt.
    pub shipped: Losses,
}

/// Shipped examples that every fit is measured on, at most.
const MEASURED_MAX: usize = 4_000;
/// Shipped examples that are fitted on again for each ruling, so that what they taught is not unlearnt …
const REPLAYED_PER_RULING: usize = 4;
/// … and at least so many.
const REPLAYED_MIN: usize = 8_000;

/// Fits a board's weights from the shipped ones. `examples` are the shipped ones, in their order; rulings are sorted here, so
/// that every node gets the same bits.
pub fn learn_board(
    shipped: &Weights,
    in_force: &Weights,
    mut rulings: Vec<BoardRow>,
    examples: &[TrainingRow],
) -> BoardFit {
    rulings.sort_by_key(|ruling| ruling.id);
    let (held_out, fitted): (Vec<_>, Vec<_>) = rulings.iter().partition(|row| row.is_held_out());
    let examples: Vec<&TrainingRow> = examples.iter().collect();
    let replayed = strided(
        &examples,
        REPLAYED_MIN.max(fitted.len() * REPLAYED_PER_RULING),
    );
    let rows: Vec<&TrainingRow> = fitted
        .iter()
        .map(|ruling| &ruling.row)
        .chain(replayed)
        .collect();
    let weights = fit_board(shipped, &rows, Settings::BOARD);
    let held_out: Vec<&TrainingRow> = held_out.iter().map(|ruling| &ruling.row).collect();
    // both by the shipped knots: a board's own are fitted on the very rulings that are held out
    let in_force = Weights {
        knots: shipped.knots.clone(),
        ..in_force.clone()
    };
    let losses = |before: &Weights, rows: &[&TrainingRow]| Losses {
        before: log_loss(before, rows),
        after: log_loss(&weights, rows),
    };
    BoardFit {
        board: losses(&in_force, &held_out),
        shipped: losses(shipped, &strided(&examples, MEASURED_MAX)),
        weights: calibrated(weights, &held_out).sealed(),
    }
}

/// From so many rulings held out on they say what scores mean on this board; with as many, half.
const CALIBRATED_FROM: usize = 500;

/// The weights with knots between the shipped ones and those of the rulings held out. Thresholds move with them: what is
/// flagged stays the same.
fn calibrated(weights: Weights, held_out: &[&TrainingRow]) -> Weights {
    if held_out.len() < CALIBRATED_FROM {
        return weights;
    }
    let scores = held_out
        .iter()
        .map(|row| {
            let is_positive = row.label().is_positive();
            (row.log_odds(&weights), is_positive, row.weight())
        })
        .collect();
    let of_board = Weights {
        knots: knots(&weights, scores),
        ..weights.clone()
    };
    let count = held_out.len() as u64;
    let mixed = |raw: i32| {
        let (board, shipped) = (of_board.permille(raw), weights.permille(raw));
        let sum = u64::from(board) * count + u64::from(shipped) * CALIBRATED_FROM as u64;
        (sum / (count + CALIBRATED_FROM as u64)) as u16
    };
    let ends = [weights.knots.first(), weights.knots.last()];
    let mut raws: Vec<i32> = of_board.knots.iter().map(|knot| knot.raw).collect();
    raws.extend(ends.into_iter().flatten().map(|knot| knot.raw));
    raws.sort_unstable();
    raws.dedup();
    let knot = |raw: i32| Knot {
        raw,
        permille: mixed(raw),
    };
    Weights {
        knots: raws.into_iter().map(knot).collect(),
        flag_at: weights
            .flag_at
            .map(|permille| match weights.raw_at(permille) {
                Some(raw) => mixed(raw),
                None => permille,
            }),
        ..weights
    }
}

/// So many rows at most, evenly from the first to the last.
fn strided<'r>(rows: &[&'r TrainingRow], count: usize) -> Vec<&'r TrainingRow> {
    if rows.len() <= count {
        return rows.to_vec();
    }
    (0..count)
        .filter_map(|nth| rows.get(nth * rows.len() / count))
        .copied()
        .collect()
}

/// For each key the factor by which its weights shrink, so that no key has more than `most` of the whole. Where there are
/// too few keys for that, all come to weigh the same.
pub fn capped(weights: &[f64], most: f64) -> Vec<f64> {
    let mut sorted: Vec<f64> = weights.to_vec();
    sorted.sort_by(|left, right| right.total_cmp(left));
    // with the heaviest k cut to one limit, that limit is its share of itself k times and of the rest
    let mut rest: f64 = sorted.iter().sum();
    let mut limit = sorted.first().copied().unwrap_or(0.0);
    for (cut, weight) in (1..).zip(&sorted) {
        if limit <= most * (rest + limit * f64::from(cut - 1)) {
            break;
        }
        rest -= weight;
        let next = sorted.get(cut as usize).copied().unwrap_or(*weight);
        let share = 1.0 - most * f64::from(cut);
        limit = if share > 0.0 {
            (most * rest / share).max(next)
        } else {
            next
        };
    }
    weights
        .iter()
        .map(|weight| if *weight > limit { limit / weight } else { 1.0 })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(weights: &[f64], most: f64) -> Vec<u32> {
        let factors = capped(weights, most);
        let cut: Vec<f64> = weights.iter().zip(factors).map(|(w, f)| w * f).collect();
        let all: f64 = cut.iter().sum();
        cut.iter()
            .map(|weight| (weight / all * 100.0).round() as u32)
            .collect()
    }

    #[test]
    fn nobody_weighs_more_than_their_share() {
        assert_eq!(shares(&[90.0, 5.0, 5.0], 0.5), [50, 25, 25]);
        assert_eq!(shares(&[5.0, 1.0, 1.0, 5.0], 0.5), [42, 8, 8, 42]);
        assert_eq!(shares(&[1.0, 1.0, 1.0], 0.5), [33, 33, 33]);
        assert_eq!(
            shares(&[8.0, 4.0, 2.0, 1.0, 1.0], 0.25),
            [25, 25, 25, 13, 13]
        );
        assert_eq!(shares(&[5.0, 1.0], 0.05), [50, 50], "too few for the share");
        assert_eq!(capped(&[], 0.5), [0.0; 0]);
    }

    #[test]
    fn a_fifth_is_held_out() {
        let row = TrainingRow::new(
            "早",
            &super::super::NamedSet::default(),
            super::super::Label::Harmless,
            &mut super::super::ScoreScratch::default(),
        );
        let ids = (0..1_000_u128).map(|nth| (nth << 64) | (nth * 7));
        let held = ids.filter(|id| {
            BoardRow {
                id: *id,
                row: row.clone(),
            }
            .is_held_out()
        });
        assert!((150..250).contains(&held.count()));
    }
}
