//! Fitting weights: logistic regression by AdaGrad, from given weights and pulled towards them.
//!
//! The same rows give the same bits on any machine: one thread, a fixed order, and of floating-point arithmetic only what
//! IEEE 754 fixes to the last digit (+ − × ÷ and the square root); the exponential and the logarithm are `libm`'s own code.

use super::{
    example::Label,
    features::BUCKETS,
    named::NamedSet,
    weights::{Head, Likely, SCAM_BUCKETS, SMOOTH, ScoreScratch, Weights},
};

/// A text as the fit sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingRow {
    buckets: Box<[u32]>,
    label: Label,
    weight: f64,
}

impl TrainingRow {
    /// A text with this label.
    pub fn new(text: &str, named: &NamedSet, label: Label, scratch: &mut ScoreScratch) -> Self {
        Self {
            buckets: scratch.buckets_of(text, named).into(),
            label,
            weight: 1.0,
        }
    }

    /// Counts so many times as much as another row.
    pub fn weighted(self, weight: f64) -> Self {
        Self { weight, ..self }
    }

    /// What it is.
    pub const fn label(&self) -> Label {
        self.label
    }

    /// How much it counts.
    pub const fn weight(&self) -> f64 {
        self.weight
    }

    /// Its raw score.
    pub(super) fn raw(&self, weights: &Weights) -> i32 {
        weights.abuse.raw(self.buckets.iter().copied())
    }

    /// Its raw score, in log odds.
    pub(super) fn log_odds(&self, weights: &Weights) -> f64 {
        weights.abuse.log_odds(&self.buckets)
    }

    /// What it most likely is, if its score is high.
    pub(super) fn likely(&self, weights: &Weights) -> Likely {
        match weights
            .scam
            .raw(self.buckets.iter().map(|bucket| bucket / 2))
        {
            1.. => Likely::Scam,
            _ => Likely::Abuse,
        }
    }

    /// The share that its score says.
    pub fn probability(&self, weights: &Weights) -> f64 {
        weights.probability(self.raw(weights))
    }
}

/// How a fit goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Passes over all rows.
    pub epochs: u32,
    /// The size of a step.
    pub rate: f64,
    /// How strongly weights are pulled to where they started.
    pub pull: f64,
}

impl Settings {
    /// For the weights that are shipped.
    pub const SHIPPED: Self = Self {
        epochs: 8,
        rate: 0.3,
        pull: 0.001,
    };
    /// For a board's own, which start from the shipped ones.
    pub const BOARD: Self = Self {
        epochs: 5,
        rate: 0.1,
        pull: 0.001,
    };
}

/// Weights while they are fitted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Linear {
    pub weights: Vec<f64>,
    pub bias: f64,
}

/// A row for one of the two models: whether it is what the model looks for.
struct Case<'r> {
    buckets: &'r [u32],
    wanted: f64,
    weight: f64,
    scale: f64,
}

/// Where AdaGrad's sums of squares begin: of a weight, of the bias.
const SQUARES: (f64, f64) = (1e-3, 1.0);
/// Steps on either side of zero.
const LEVELS: f64 = 127.0;
/// One in so many of the largest weights is cut, so that the steps of all others are finer.
const CUT: usize = 20_000;
/// The bias of a model that knows nothing: most texts are harmless.
const BIAS: f64 = -1.0;

impl Linear {
    /// Weights that know nothing.
    pub fn zero(buckets: usize) -> Self {
        Self {
            weights: vec![0.0; buckets],
            bias: BIAS,
        }
    }

    /// The weights of a file.
    pub fn of(head: &Head) -> Self {
        let step = head.step_size();
        Self {
            weights: head.weights.iter().map(|w| f64::from(*w) * step).collect(),
            bias: f64::from(head.bias) * step / 256.0,
        }
    }

    /// Fits the cases in a fixed order; `shift` makes two buckets share one weight.
    fn fitted(&self, cases: &[Case<'_>], shift: u32, settings: Settings) -> Self {
        let mut fit = self.clone();
        let mut squares = vec![SQUARES.0; fit.weights.len()];
        let mut bias_square = SQUARES.1;
        let mut order = Shuffled::new(cases.len());
        for _ in 0..settings.epochs {
            for nth in order.next_epoch() {
                let Some(case) = cases.get(*nth) else {
                    continue;
                };
                let error = (sigmoid(fit.log_odds(case, shift)) - case.wanted) * case.weight;
                let slope_of_data = error * case.scale;
                for bucket in case.buckets {
                    let at = (*bucket >> shift) as usize;
                    if let (Some(weight), Some(square), Some(start)) = (
                        fit.weights.get_mut(at),
                        squares.get_mut(at),
                        self.weights.get(at),
                    ) {
                        let slope = slope_of_data + settings.pull * (*weight - start);
                        *square += slope * slope;
                        *weight -= settings.rate * slope / square.sqrt();
                    }
                }
                bias_square += error * error;
                fit.bias -= settings.rate * error / bias_square.sqrt();
            }
        }
        fit
    }

    fn log_odds(&self, case: &Case<'_>, shift: u32) -> f64 {
        let mut sum = 0.0;
        for bucket in case.buckets {
            sum += self
                .weights
                .get((*bucket >> shift) as usize)
                .copied()
                .unwrap_or(0.0);
        }
        self.bias + case.scale * sum
    }

    /// In eight bits.
    pub fn quantised(&self) -> Head {
        let sizes = self.weights.iter().map(|weight| weight.abs());
        let mut sizes: Vec<f64> = sizes.filter(|size| *size > 0.0).collect();
        sizes.sort_by(f64::total_cmp);
        let top = sizes.len().checked_sub(1 + sizes.len() / CUT);
        let top = top.and_then(|nth| sizes.get(nth)).copied().unwrap_or(1.0);
        let step = ((top / LEVELS * STEP_UNIT) as u32).max(1);
        let size = f64::from(step) / STEP_UNIT;
        let level = |weight: &f64| (weight / size).round().clamp(-LEVELS, LEVELS) as i8;
        Head {
            bias: (self.bias / size * 256.0).round() as i32,
            step,
            weights: self.weights.iter().map(level).collect(),
        }
    }
}

/// A step's size is written in this part of one.
const STEP_UNIT: f64 = 16_777_216.0;

impl Head {
    fn step_size(&self) -> f64 {
        f64::from(self.step) / STEP_UNIT
    }

    fn log_odds(&self, buckets: &[u32]) -> f64 {
        f64::from(self.raw(buckets.iter().copied())) * self.step_size() / 256.0
    }

    /// The raw score of these log odds.
    pub fn raw_of(&self, log_odds: f64) -> i32 {
        (log_odds * 256.0 / self.step_size()).round() as i32
    }
}

/// Orders of rows, one an epoch, the same in every run (Fisher and Yates by xorshift).
struct Shuffled {
    order: Vec<usize>,
    seed: u64,
}

impl Shuffled {
    fn new(count: usize) -> Self {
        Self {
            order: (0..count).collect(),
            seed: 0x2545_f491_4f6c_dd1d,
        }
    }

    fn next_epoch(&mut self) -> &[usize] {
        for at in (1..self.order.len()).rev() {
            self.seed ^= self.seed << 13;
            self.seed ^= self.seed >> 7;
            self.seed ^= self.seed << 17;
            self.order.swap(at, (self.seed % (at as u64 + 1)) as usize);
        }
        &self.order
    }
}

fn sigmoid(log_odds: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-log_odds))
}

/// The log odds of n-grams in a corpus, as a place from which the fit starts: `harmless`, `abuse` and the n-gram, by tabs.
fn prior() -> Linear {
    let mut linear = Linear::zero(BUCKETS);
    let lines = COLD_COUNTS.lines().filter(|line| !line.starts_with("# "));
    for line in lines {
        let mut cells = line.splitn(3, '\t');
        let mut count = || cells.next().and_then(|cell| cell.parse::<u32>().ok());
        let (Some(harmless), Some(abuse)) = (count(), count()) else {
            continue;
        };
        let Some(bucket) = cells.next().and_then(super::features::bucket_of) else {
            continue;
        };
        if let Some(weight) = linear.weights.get_mut(bucket as usize) {
            let smoothed = |count: u32| f64::from(count) + PRIOR_SMOOTH;
            let odds = libm::log(smoothed(abuse) / smoothed(harmless));
            *weight += PRIOR_SHARE * (odds - PRIOR_BASE);
        }
    }
    linear
}

/// Counts of n-grams by label, drawn from COLD's training split; the table names source and licence.
const COLD_COUNTS: &str = include_str!("tables/cold.tsv");
/// How much of those log odds is taken: comments on groups from another country's boards say something about ours, and not
/// everything.
const PRIOR_SHARE: f64 = 0.7;
/// Taken off first: half of that corpus is abuse, of a board's comments one in some tens, so a character that is as frequent
/// in both of its halves speaks for harmless here.
const PRIOR_BASE: f64 = 0.7;
/// Added to every count.
const PRIOR_SMOOTH: f64 = 2.0;

/// Fits both models on these rows; knots and thresholds are left to `measure`.
pub(super) fn fit_shipped(rows: &[&TrainingRow]) -> Weights {
    let abuse = fit_abuse(&prior(), rows, Settings::SHIPPED);
    let scam = fit_scam(&Linear::zero(SCAM_BUCKETS), rows, Settings::SHIPPED);
    Weights {
        abuse,
        scam,
        rows: rows.len() as u32,
        ..Weights::none()
    }
}

/// Fits a board's weights from the shipped ones; knots and thresholds stay the shipped ones', in the steps of the new weights.
pub fn fit_board(shipped: &Weights, rows: &[&TrainingRow], settings: Settings) -> Weights {
    let abuse = fit_abuse(&Linear::of(&shipped.abuse), rows, settings);
    Weights {
        knots: shipped.knots_for(&abuse),
        abuse,
        scam: fit_scam(&Linear::of(&shipped.scam), rows, settings),
        rows: rows.len() as u32,
        ..shipped.clone()
    }
    .sealed()
}

fn fit_abuse(from: &Linear, rows: &[&TrainingRow], settings: Settings) -> Head {
    let cases: Vec<Case<'_>> = rows
        .iter()
        .map(|row| Case::new(row, row.label.is_positive()))
        .collect();
    from.fitted(&cases, 0, settings).quantised()
}

/// A scam is told from abuse alone: the question is asked of flagged texts only.
fn fit_scam(from: &Linear, rows: &[&TrainingRow], settings: Settings) -> Head {
    let cases: Vec<Case<'_>> = rows
        .iter()
        .filter(|row| row.label.is_positive())
        .map(|row| Case::new(row, row.label == Label::Scam))
        .collect();
    from.fitted(&cases, 1, settings).quantised()
}

impl<'r> Case<'r> {
    fn new(row: &'r TrainingRow, is_wanted: bool) -> Self {
        Self {
            buckets: &row.buckets,
            wanted: f64::from(u8::from(is_wanted)),
            weight: row.weight,
            scale: 1.0 / (row.buckets.len() as f64 + SMOOTH as f64).sqrt(),
        }
    }
}

/// The mean log loss of these rows: how surprised the weights are by their labels.
pub fn log_loss(weights: &Weights, rows: &[&TrainingRow]) -> f64 {
    let (mut sum, mut all) = (0.0, 0.0);
    for row in rows {
        let share = row.probability(weights).clamp(0.001, 0.999);
        let share = if row.label.is_positive() {
            share
        } else {
            1.0 - share
        };
        sum -= row.weight * libm::log(share);
        all += row.weight;
    }
    if all > 0.0 { sum / all } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{score::weights::Knot, text::Surface};

    /// Five hundred lines that a rule makes.
    fn rows() -> Vec<TrainingRow> {
        let mut scratch = ScoreScratch::default();
        let words = [
            "早安", "天氣", "吃飯", "笨豬", "賺錢", "廢話", "捷運", "下雨", "股票", "謝謝",
        ];
        (0..500_usize)
            .map(|nth| {
                let word = |at: usize| words[(nth * (at + 3) + nth / 7 + at) % words.len()];
                let text = format!("{}{}，{}", word(0), word(1), word(2));
                let label = match () {
                    () if text.contains("笨豬") => Label::Abuse,
                    () if text.contains("賺錢") => Label::Scam,
                    () => Label::Harmless,
                };
                let named = NamedSet::of_text(Surface::Body, &text);
                TrainingRow::new(&text, &named, label, &mut scratch)
            })
            .collect()
    }

    /// The bits of a fit are part of what is promised: an expected value that changes must change on every machine.
    #[test]
    fn a_fit_has_the_same_bits_on_any_machine() {
        let rows = rows();
        let rows: Vec<&TrainingRow> = rows.iter().collect();
        let shipped = fit_shipped(&rows).sealed();
        let board = fit_board(&shipped, &rows[..200], Settings::BOARD);
        let hex = |weights: &Weights| data_encoding::HEXLOWER.encode(&weights.hash());
        assert_eq!(
            [hex(&shipped), hex(&board)],
            ["5963c5b700a965cb", "3d1499b285a40f81"]
        );
    }

    /// The size of a step changes with each fit; what log odds say does not.
    #[test]
    fn a_board_fit_says_of_log_odds_what_the_shipped_weights_say() {
        let rows = rows();
        let rows: Vec<&TrainingRow> = rows.iter().collect();
        let shipped = fit_shipped(&rows);
        let knot = |log_odds: f64, permille| Knot {
            raw: shipped.abuse.raw_of(log_odds),
            permille,
        };
        let shipped = Weights {
            knots: vec![knot(-3.0, 50), knot(0.0, 500), knot(3.0, 950)],
            ..shipped
        };
        let hasty = Settings {
            rate: 1.0,
            ..Settings::BOARD
        };
        let board = fit_board(&shipped, &rows[..200], hasty);
        let (from, to) = (shipped.abuse.step, board.abuse.step);
        assert!(to > from * 5 / 4, "{from} {to}");
        for row in rows {
            let raw = shipped.abuse.raw_of(row.log_odds(&board));
            let (said, same) = (row.probability(&board), shipped.probability(raw));
            assert!((said - same).abs() < 0.001, "{said} {same}");
        }
    }

    #[test]
    fn a_fit_learns_what_its_rows_say() {
        let rows = rows();
        let rows: Vec<&TrainingRow> = rows.iter().collect();
        let fit = fit_shipped(&rows);
        let right = rows
            .iter()
            .filter(|row| (row.log_odds(&fit) > 0.0) == row.label.is_positive());
        assert!(right.count() > 490);
    }
}
