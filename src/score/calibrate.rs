//! What scores mean on a board: the share of abuse among its rulings held out, as a curve over raw scores.
//!
//! Two curves are fitted. One moves and stretches the shipped curve (Platt scaling of its log odds): two numbers, steady with
//! few rulings. The other is an isotonic regression with small blocks pooled: it follows any rising shape, a step as well, and
//! needs more of them. Cross-validation within the same rulings says how much is taken of either. Rulings count by their
//! weights, by which samples stand for what they were drawn from.

use super::weights::{KNOTS_MAX, Knot, Weights};

/// A ruling held out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Judged {
    pub raw: i32,
    pub is_positive: bool,
    pub weight: f64,
}

/// Shares beyond these are never claimed.
const LIMITS: (f64, f64) = (0.005, 0.995);
/// Parts of the whole that are left out in turn, to see which curve says more of them.
const FOLDS: usize = 5;
/// How much of the moved curve may be taken.
const MIXES: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];
/// Knots are added until no ruling's share is off by more.
const KNOT_ERROR_MAX: f64 = 0.003;

/// The knots that rulings give these weights, from the knots that they have.
pub(super) fn knots_of(weights: &Weights, rows: Vec<Judged>) -> Vec<Knot> {
    let rows = counted(rows);
    let curve = Curve {
        mix: best_mix(weights, &rows),
        ..Curve::of(weights, &rows)
    };
    let mut raws: Vec<i32> = rows.iter().map(|row| row.raw).collect();
    raws.extend(ends(weights));
    raws.sort_unstable();
    raws.dedup();
    let shares: Vec<(i32, f64)> = raws
        .into_iter()
        .map(|raw| (raw, curve.share(weights, raw)))
        .collect();
    knots_along(&shares)
}

/// By raw score, with weights that add up to as many rulings as they are worth: a heavy one among light ones counts for more,
/// and the whole for less.
fn counted(mut rows: Vec<Judged>) -> Vec<Judged> {
    rows.sort_by_key(|row| row.raw);
    let sum: f64 = rows.iter().map(|row| row.weight).sum();
    let squares: f64 = rows.iter().map(|row| row.weight * row.weight).sum();
    let scale = if squares > 0.0 { sum / squares } else { 1.0 };
    rows.iter_mut().for_each(|row| row.weight *= scale);
    rows
}

/// The raw scores from which on, and up to which, the shipped knots tell scores apart.
fn ends(weights: &Weights) -> impl Iterator<Item = i32> {
    let ends = [weights.knots.first(), weights.knots.last()];
    ends.into_iter().flatten().map(|knot| knot.raw)
}

fn limited(share: f64) -> f64 {
    share.clamp(LIMITS.0, LIMITS.1)
}

fn log_odds(share: f64) -> f64 {
    let share = limited(share);
    libm::log(share / (1.0 - share))
}

/// Both curves, and how much of the moved one is taken.
struct Curve {
    steps: Steps,
    moved: Moved,
    mix: f64,
}

impl Curve {
    fn of(weights: &Weights, rows: &[Judged]) -> Self {
        Self {
            steps: Steps::of(rows, ends(weights)),
            moved: Moved::of(weights, rows),
            mix: 0.0,
        }
    }

    fn share(&self, weights: &Weights, raw: i32) -> f64 {
        self.mixed(weights, raw, self.mix)
    }

    fn mixed(&self, weights: &Weights, raw: i32, mix: f64) -> f64 {
        // One block would give all texts one score, for want of rulings: the order of scores is never given up for that.
        let mix = if self.steps.0.len() > 1 { mix } else { 1.0 };
        limited((1.0 - mix) * self.steps.share(raw) + mix * self.moved.share(weights, raw))
    }
}

/// The mix that says most of rulings which its curves have not seen.
fn best_mix(weights: &Weights, rows: &[Judged]) -> f64 {
    let mut losses = MIXES.map(|mix| (mix, 0.0));
    for fold in 0..FOLDS {
        let of_fold = |is_in: bool| -> Vec<Judged> {
            let rows = rows.iter().enumerate();
            let rows = rows.filter(|(nth, _)| (nth % FOLDS == fold) == is_in);
            rows.map(|(_, row)| *row).collect()
        };
        let curve = Curve::of(weights, &of_fold(false));
        for row in of_fold(true) {
            for (mix, loss) in &mut losses {
                let share = curve.mixed(weights, row.raw, *mix);
                let right = if row.is_positive { share } else { 1.0 - share };
                *loss -= row.weight * libm::log(right);
            }
        }
    }
    let best = losses.iter().min_by(|one, other| one.1.total_cmp(&other.1));
    best.map_or(1.0, |(mix, _)| *mix)
}

/// The shipped curve, moved and stretched in log odds.
struct Moved {
    by: f64,
    stretch: f64,
}

/// How strongly the move is pulled to none, and the stretch to one: as so many rulings would.
const MOVE_PULL: f64 = 2.0;
const STRETCH_PULL: f64 = 4.0;
/// Steps of Newton's method, which needs fewer.
const STEPS_MAX: usize = 25;
const SETTLED: f64 = 1e-7;

impl Moved {
    fn of(weights: &Weights, rows: &[Judged]) -> Self {
        let rows: Vec<(f64, &Judged)> = rows
            .iter()
            .map(|row| (log_odds(weights.probability(row.raw)), row))
            .collect();
        let mut fit = Self {
            by: 0.0,
            stretch: 1.0,
        };
        for _ in 0..STEPS_MAX {
            let (by, stretch) = fit.step(&rows);
            (fit.by, fit.stretch) = (fit.by - by, fit.stretch - stretch);
            if by.abs() + stretch.abs() < SETTLED {
                break;
            }
        }
        // a curve that falls says nothing
        fit.stretch = fit.stretch.max(0.0);
        fit
    }

    /// A step of Newton's method. The pulls keep its matrix from being singular.
    fn step(&self, rows: &[(f64, &Judged)]) -> (f64, f64) {
        let mut slope = (MOVE_PULL * self.by, STRETCH_PULL * (self.stretch - 1.0));
        let mut curve = (MOVE_PULL, 0.0, STRETCH_PULL);
        for (at, row) in rows {
            let share = self.sigmoid(*at);
            let error = row.weight * (share - f64::from(u8::from(row.is_positive)));
            slope = (slope.0 + error, slope.1 + error * at);
            let bend = row.weight * share * (1.0 - share);
            curve = (
                curve.0 + bend,
                curve.1 + bend * at,
                curve.2 + bend * at * at,
            );
        }
        let size = curve.0 * curve.2 - curve.1 * curve.1;
        (
            (curve.2 * slope.0 - curve.1 * slope.1) / size,
            (curve.0 * slope.1 - curve.1 * slope.0) / size,
        )
    }

    fn sigmoid(&self, at: f64) -> f64 {
        let odds = (self.by + self.stretch * at).clamp(-30.0, 30.0);
        1.0 / (1.0 + libm::exp(-odds))
    }

    fn share(&self, weights: &Weights, raw: i32) -> f64 {
        self.sigmoid(log_odds(weights.probability(raw)))
    }
}

/// Rulings of neighbouring scores with one share.
#[derive(Debug, Clone, Copy)]
struct Block {
    from: i32,
    to: i32,
    mass: f64,
    of_abuse: f64,
}

/// A block is worth so many rulings at least.
const BLOCK_MIN: f64 = 40.0;
/// Neighbours whose shares differ by fewer standard errors are one block: the regression looks for differences, and finds some
/// where chance made them.
const APART_MIN: f64 = 3.0;
const BLOCKS_MAX: usize = 8;
/// Within a block shares rise by this much to either side of its own, so that scores stay in order.
const RISE: f64 = 0.01;

impl Block {
    fn share(&self) -> f64 {
        self.of_abuse / self.mass
    }

    fn with(self, next: Self) -> Self {
        Self {
            from: self.from,
            to: next.to,
            mass: self.mass + next.mass,
            of_abuse: self.of_abuse + next.of_abuse,
        }
    }

    /// How far the shares are apart, in standard errors.
    fn apart(&self, next: &Self) -> f64 {
        let both = self.with(*next).share().clamp(0.01, 0.99);
        let variance = both * (1.0 - both) * (1.0 / self.mass + 1.0 / next.mass);
        (next.share() - self.share()) / variance.sqrt()
    }
}

/// An isotonic regression: blocks whose shares rise.
struct Steps(Vec<Block>);

impl Steps {
    /// Of rulings by their scores; the outermost blocks reach to these ends.
    fn of(rows: &[Judged], ends: impl Iterator<Item = i32>) -> Self {
        let mut steps = Self(rising(rows));
        steps.join_small();
        steps.join_alike();
        for end in ends {
            if let Some(first) = steps.0.first_mut() {
                first.from = first.from.min(end);
            }
            if let Some(last) = steps.0.last_mut() {
                last.to = last.to.max(end);
            }
        }
        steps
    }

    fn join(&mut self, nth: usize) {
        if nth + 1 < self.0.len() {
            let next = self.0.remove(nth + 1);
            if let Some(block) = self.0.get_mut(nth) {
                *block = block.with(next);
            }
        }
    }

    /// Of each pair of neighbours how far it is apart, and the place of its first.
    fn gaps(&self, between: impl Fn(&Block, &Block) -> f64) -> Vec<(f64, usize)> {
        let pairs = self.0.windows(2).enumerate();
        let gaps = pairs.filter_map(|(nth, pair)| match pair {
            [left, right] => Some((between(left, right), nth)),
            _ => None,
        });
        gaps.collect()
    }

    /// A block of too few rulings joins the neighbour whose share is nearer.
    fn join_small(&mut self) {
        loop {
            let blocks = self.0.iter().enumerate();
            let small = blocks.filter(|(_, block)| block.mass < BLOCK_MIN);
            let least = small.min_by(|one, other| one.1.mass.total_cmp(&other.1.mass));
            let Some((least, _)) = least else { return };
            let odds =
                |left: &Block, right: &Block| log_odds(right.share()) - log_odds(left.share());
            let gaps = self.gaps(odds).into_iter();
            let beside = gaps.filter(|(_, nth)| *nth == least || *nth + 1 == least);
            let nearer = beside.min_by(|one, other| one.0.total_cmp(&other.0));
            let Some((_, nth)) = nearer else { return };
            self.join(nth);
        }
    }

    fn join_alike(&mut self) {
        loop {
            let gaps = self.gaps(Block::apart).into_iter();
            let nearest = gaps.min_by(|one, other| one.0.total_cmp(&other.0));
            match nearest {
                Some((apart, nth)) if apart < APART_MIN || self.0.len() > BLOCKS_MAX => {
                    self.join(nth)
                }
                Some(_) | None => return,
            }
        }
    }

    fn share(&self, raw: i32) -> f64 {
        let at = self.0.partition_point(|block| block.from <= raw);
        let below = at.checked_sub(1).and_then(|nth| self.0.get(nth));
        match (below, self.0.get(at)) {
            (Some(block), _) if raw <= block.to => {
                let low = limited(block.share() - RISE);
                let high = limited(block.share() + RISE);
                along((block.from, low), (block.to, high), raw)
            }
            (Some(below), Some(above)) => along(
                (below.to, limited(below.share() + RISE)),
                (above.from, limited(above.share() - RISE)),
                raw,
            ),
            (Some(block), None) => limited(block.share() + RISE),
            (None, Some(block)) => limited(block.share() - RISE),
            (None, None) => 0.5,
        }
    }
}

/// Blocks of equal scores, joined until their shares rise.
fn rising(rows: &[Judged]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for of_one_score in rows.chunk_by(|left, right| left.raw == right.raw) {
        let of = |row: &Judged| Block {
            from: row.raw,
            to: row.raw,
            mass: row.weight,
            of_abuse: if row.is_positive { row.weight } else { 0.0 },
        };
        blocks.extend(of_one_score.iter().map(of).reduce(Block::with));
        while let [.., left, right] = blocks[..]
            && left.of_abuse * right.mass >= right.of_abuse * left.mass
        {
            blocks.truncate(blocks.len() - 2);
            blocks.push(left.with(right));
        }
    }
    blocks
}

/// The share at a raw score between two.
fn along(from: (i32, f64), to: (i32, f64), raw: i32) -> f64 {
    let whole = f64::from(to.0) - f64::from(from.0);
    if whole <= 0.0 {
        return (from.1 + to.1) / 2.0;
    }
    from.1 + (to.1 - from.1) * (f64::from(raw) - f64::from(from.0)) / whole
}

/// A few knots along shares that rise: the ends, then the place that is worst off, and so on.
fn knots_along(shares: &[(i32, f64)]) -> Vec<Knot> {
    let mut chosen: Vec<usize> = vec![0, shares.len().saturating_sub(1)];
    chosen.dedup();
    while chosen.len() < KNOTS_MAX {
        let Some(worst) = worst_off(shares, &chosen) else {
            break;
        };
        let at = chosen.partition_point(|nth| *nth < worst);
        chosen.insert(at, worst);
    }
    let mut least = 0;
    let knots = chosen.iter().filter_map(|nth| shares.get(*nth));
    knots
        .map(|(raw, share)| {
            least = ((share * 1_000.0).round() as u16).max(least);
            Knot {
                raw: *raw,
                permille: least,
            }
        })
        .collect()
}

/// The place whose share is furthest from the line between the knots beside it; `None` where all are near.
fn worst_off(shares: &[(i32, f64)], chosen: &[usize]) -> Option<usize> {
    let mut worst = (KNOT_ERROR_MAX, None);
    for pair in chosen.windows(2) {
        let [first, last] = *pair else { continue };
        let (Some(from), Some(to)) = (shares.get(first), shares.get(last)) else {
            continue;
        };
        for (nth, (raw, share)) in shares.iter().enumerate().take(last).skip(first + 1) {
            let off = (along(*from, *to, *raw) - share).abs();
            if off > worst.0 {
                worst = (off, Some(nth));
            }
        }
    }
    worst.1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Weights that know nothing but a curve: .005 at -8,000, .995 at 8,000.
    fn weights() -> Weights {
        let knot = |nth: i32| {
            let odds = f64::from(nth) * 5.3 / 8.0;
            Knot {
                raw: nth * 1_000,
                permille: (1_000.0 / (1.0 + libm::exp(-odds))).round() as u16,
            }
        };
        Weights {
            knots: (-8..=8).map(knot).collect(),
            ..Weights::none()
        }
    }

    /// xorshift.
    struct Dice(u64);

    impl Dice {
        fn part(&mut self) -> f64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 20) as f64 / (1_u64 << 44) as f64
        }

        /// Rulings on scores from -6,000 to 6,000 whose share of abuse is this.
        fn rulings(&mut self, count: usize, share: impl Fn(i32) -> f64) -> Vec<Judged> {
            let mut rows = Vec::new();
            for _ in 0..count {
                let raw = (self.part() * 12_000.0) as i32 - 6_000;
                rows.push(Judged {
                    raw,
                    is_positive: self.part() < share(raw),
                    weight: 1.0,
                });
            }
            rows
        }
    }

    fn calibrated(rows: Vec<Judged>) -> Weights {
        let weights = weights();
        Weights {
            knots: knots_of(&weights, rows),
            ..weights
        }
    }

    /// How far it is off on average.
    fn error(weights: &Weights, share: impl Fn(i32) -> f64) -> f64 {
        let raws = (-60..60).map(|nth| nth * 100 + 50);
        let errors = raws.map(|raw| (weights.probability(raw) - share(raw)).abs());
        errors.sum::<f64>() / 120.0
    }

    fn step(raw: i32) -> f64 {
        if raw < 1_000 { 0.05 } else { 0.95 }
    }

    fn smooth(raw: i32) -> f64 {
        1.0 / (1.0 + libm::exp(1.0 - f64::from(raw) / 2_500.0))
    }

    #[test]
    fn a_step_is_found_and_so_is_a_slope_from_few_rulings() {
        let mut dice = Dice(7);
        let stepped = calibrated(dice.rulings(2_000, step));
        assert!(error(&stepped, step) < 0.03, "{:?}", stepped.knots);
        for (count, most) in [(150, 0.07), (2_000, 0.03)] {
            let sloped = calibrated(dice.rulings(count, smooth));
            let off = error(&sloped, smooth);
            assert!(off < most, "{count}: {off} {:?}", sloped.knots);
            assert!(off < error(&weights(), smooth) / 2.0);
        }
    }

    #[test]
    fn rulings_count_by_their_weights() {
        let mut dice = Dice(9);
        // of harmless comments one in five is ruled on, and stands for five
        let mut rows = dice.rulings(4_000, smooth);
        let mut harmless = 0;
        rows.retain_mut(|row| {
            harmless += u32::from(!row.is_positive);
            row.weight = if row.is_positive { 1.0 } else { 5.0 };
            row.is_positive || harmless.is_multiple_of(5)
        });
        let off = error(&calibrated(rows), smooth);
        assert!(off < 0.05, "{off}");
    }

    #[test]
    fn knots_rise_and_a_file_takes_them() {
        let mut dice = Dice(11);
        for count in [0, 1, 2, 39, 100, 500] {
            for share in [step, smooth, |_| 0.0, |_| 1.0] {
                let knots = knots_of(&weights(), dice.rulings(count, share));
                assert!((1..=KNOTS_MAX).contains(&knots.len()), "{count}");
                let sealed = Weights { knots, ..weights() };
                assert_eq!(Weights::parse(&sealed.to_bytes()), Ok(sealed.sealed()));
            }
        }
    }
}
