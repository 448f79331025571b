//! A board's own weights: fitted from the shipped ones on its rulings, with shipped examples between them so that nothing
//! is unlearnt, and measured on rulings and examples held out.

use super::{
    calibrate::{Judged, knots_of},
    learn::{Settings, TrainingRow, fit_board, log_loss},
    weights::Weights,
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

/// A fit, and how it measures.
#[derive(Debug, Clone, PartialEq)]
pub struct BoardFit {
    /// The new weights.
    pub weights: Weights,
    /// On rulings held out, against the weights in force.
    pub board: Losses,
    /// On shipped examples that this fit has not seen, against the shipped weights, which have: a rise of more than
    /// [`RISE_MAX`] means that something was unlearnt.
    pub shipped: Losses,
    /// Whether the rulings held out are nearly all of one kind, so that they measure nothing.
    pub is_one_sided: bool,
}

/// How much the loss on shipped examples may rise: two standard errors of its mean over `MEASURED_MAX` lines, so that what
/// chance does is no reason to learn nothing.
pub const RISE_MAX: f64 = 0.005;
/// Fewer rulings held out than this, harmless or not, measure nothing.
const HELD_OUT_MIN: usize = 5;

/// One shipped example in so many is not fitted on again, so that it tells whether anything is unlearnt …
const MEASURED_EVERY: usize = 10;
/// … of those as many as this, at most.
const MEASURED_MAX: usize = 4_000;
/// Shipped examples that are fitted on again for each ruling, so that what they taught is not unlearnt …
const REPLAYED_PER_RULING: usize = 4;
/// … and at least so many.
const REPLAYED_MIN: usize = 8_000;

/// Of the shipped examples those that a fit takes.
#[derive(Debug, Clone, PartialEq)]
pub struct ShippedRows {
    measured: Vec<TrainingRow>,
    replayed: Vec<TrainingRow>,
}

impl ShippedRows {
    /// Those for a fit on so many rulings; `read` gives the example at a place, below `all`. No other is read.
    pub fn of(
        all: usize,
        rulings: usize,
        mut read: impl FnMut(usize) -> Option<TrainingRow>,
    ) -> Self {
        let (measured, others): (Vec<usize>, Vec<usize>) =
            (0..all).partition(|nth| nth.is_multiple_of(MEASURED_EVERY));
        let replayed = strided(&others, REPLAYED_MIN.max(rulings * REPLAYED_PER_RULING));
        let measured = strided(&measured, MEASURED_MAX);
        Self {
            measured: measured.into_iter().filter_map(&mut read).collect(),
            replayed: replayed.into_iter().filter_map(&mut read).collect(),
        }
    }
}

/// Fits a board's weights from the shipped ones. Rulings are sorted here, so that every node gets the same bits.
pub fn learn_board(
    shipped: &Weights,
    in_force: &Weights,
    mut rulings: Vec<BoardRow>,
    examples: &ShippedRows,
) -> BoardFit {
    rulings.sort_by_key(|ruling| ruling.id);
    let (held_out, fitted): (Vec<_>, Vec<_>) = rulings.iter().partition(|row| row.is_held_out());
    let fitted = fitted.iter().map(|ruling| &ruling.row);
    let rows: Vec<&TrainingRow> = fitted.chain(&examples.replayed).collect();
    let weights = fit_board(shipped, &rows, Settings::BOARD);
    let held_out: Vec<&TrainingRow> = held_out.iter().map(|ruling| &ruling.row).collect();
    // both by the shipped knots: a board's own are fitted on the very rulings that are held out
    let in_force = Weights {
        knots: shipped.knots_for(&in_force.abuse),
        ..in_force.clone()
    };
    let losses = |before: &Weights, rows: &[&TrainingRow]| Losses {
        before: log_loss(before, rows),
        after: log_loss(&weights, rows),
    };
    let measured: Vec<&TrainingRow> = examples.measured.iter().collect();
    BoardFit {
        board: losses(&in_force, &held_out),
        shipped: losses(shipped, &measured),
        is_one_sided: is_one_sided(&held_out),
        weights: calibrated(weights, &held_out).sealed(),
    }
}

fn is_one_sided(rows: &[&TrainingRow]) -> bool {
    let positive = rows.iter().filter(|row| row.label().is_positive()).count();
    positive.min(rows.len() - positive) < HELD_OUT_MIN
}

/// From so many rulings held out on they say what scores mean on this board.
const CALIBRATED_FROM: usize = 100;

/// The weights with knots that the rulings held out say. Thresholds move with them: what is flagged stays the same, but for
/// what a thousandth cannot tell apart.
fn calibrated(weights: Weights, held_out: &[&TrainingRow]) -> Weights {
    if held_out.len() < CALIBRATED_FROM || is_one_sided(held_out) {
        return weights;
    }
    let judged = |row: &&TrainingRow| Judged {
        raw: row.raw(&weights),
        is_positive: row.label().is_positive(),
        weight: row.weight(),
    };
    let of_board = Weights {
        knots: knots_of(&weights, held_out.iter().map(judged).collect()),
        ..weights.clone()
    };
    let moved = |permille: u16| match weights.raw_at(permille) {
        Some(raw) => of_board.permille(raw),
        None => permille,
    };
    Weights {
        flag_at: weights.flag_at.map(moved),
        ..of_board
    }
}

/// So many places at most, evenly from the first to the last.
fn strided(places: &[usize], count: usize) -> Vec<usize> {
    if places.len() <= count {
        return places.to_vec();
    }
    (0..count)
        .filter_map(|nth| places.get(nth * places.len() / count))
        .copied()
        .collect()
}

/// A limit that was just worked out is its share but for the last digits.
const ROUNDING: f64 = 1.000_000_001;

/// For each key the factor by which its weights shrink, so that no key has more than `most` of the whole. Where there are
/// too few keys for that, all come to weigh the same.
pub fn capped(weights: &[f64], most: f64) -> Vec<f64> {
    let mut sorted: Vec<f64> = weights.to_vec();
    sorted.sort_by(|left, right| right.total_cmp(left));
    // with the heaviest k cut to one limit, that limit is its share of itself k times and of the rest
    let mut rest: f64 = sorted.iter().sum();
    let mut limit = sorted.first().copied().unwrap_or(0.0);
    for (cut, weight) in (1..).zip(&sorted) {
        let share_max = most * (rest + limit * f64::from(cut - 1));
        if limit <= share_max * ROUNDING {
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
    use crate::score::{Label, NamedSet, ScoreScratch};

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
        // where the last digit of the limit is above its share
        let heavy = [39.207_920_792_079_18, 1.020_932_182_644_880_7];
        assert_eq!(shares(&[heavy[0], heavy[1], heavy[1]], 0.495), [50, 25, 25]);
    }

    fn row(label: Label) -> TrainingRow {
        let mut scratch = ScoreScratch::default();
        TrainingRow::new("早", &NamedSet::default(), label, &mut scratch)
    }

    #[test]
    fn an_example_is_fitted_on_again_or_measured_and_no_more_are_read_than_that() {
        let mut read = Vec::new();
        let rows = ShippedRows::of(50_000, 100, |nth| {
            read.push(nth);
            Some(row(Label::Harmless))
        });
        assert_eq!(
            (rows.measured.len(), rows.replayed.len()),
            (MEASURED_MAX, REPLAYED_MIN)
        );
        let (measured, replayed) = read.split_at(MEASURED_MAX);
        assert!(measured.iter().all(|nth| nth % MEASURED_EVERY == 0));
        assert!(replayed.iter().all(|nth| nth % MEASURED_EVERY != 0));
        assert_eq!(
            ShippedRows::of(9, 100, |_| Some(row(Label::Abuse)))
                .replayed
                .len(),
            8
        );
    }

    #[test]
    fn rulings_of_one_kind_measure_nothing() {
        let (harmless, abuse) = (row(Label::Harmless), row(Label::Abuse));
        let mut rows = vec![&harmless; 50];
        rows.extend([&abuse; HELD_OUT_MIN - 1]);
        assert!(is_one_sided(&rows));
        rows.push(&abuse);
        assert!(!is_one_sided(&rows));
    }

    #[test]
    fn a_fifth_is_held_out() {
        let row = row(Label::Harmless);
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
