//! How good weights are, on rows that they were not fitted on; and from that, knots and thresholds.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    example::{Example, Label, digest_of},
    learn::{TrainingRow, fit_shipped},
    named::{Named, NamedSet},
    near::{Grams, NearIndex},
    weights::{FlagAt, Knot, Likely, ScoreScratch, Weights},
};
use crate::{
    lexicon::{FormKey, Lexicon, Scratch, UpheldForms, written_form},
    text::{SpanSlicer, Surface},
};

/// A row, judged by weights that never saw it.
#[derive(Debug, Clone, Copy)]
struct HeldOut<'e> {
    example: &'e Example,
    log_odds: f64,
    likely: Likely,
    permille: u16,
}

/// A share of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// How many have it.
    pub flagged: usize,
    /// How many there are.
    pub all: usize,
}

/// A bin of scores: what they say and what is so.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CalibrationBin {
    /// Rows in it.
    pub rows: usize,
    /// The mean of their scores.
    pub said: f64,
    /// The share of them that is abuse or a scam.
    pub found: f64,
}

/// What is known of weights from rows held out.
#[derive(Debug, Clone, PartialEq)]
pub struct Measures {
    /// Rows fitted on.
    pub rows: usize,
    /// Groups of rows, each judged by weights that were fitted on the others.
    pub folds: usize,
    /// The chance that an abusive row scores above a harmless one.
    pub auc: f64,
    /// False alarms in 1/1000 and the share of abuse that is found at that price.
    pub recall_at: Vec<(usize, f64)>,
    /// Ten bins of scores.
    pub calibration: Vec<CalibrationBin>,
    /// The score from which a body is flagged.
    pub flag_at: FlagAt,
    /// The score from which a nickname is.
    pub nickname_flag_at: u16,
    /// Of each kind (`harmless chat`, `abuse threat`), how many rows are flagged.
    pub by_kind: BTreeMap<String, Share>,
    /// Of each label and length.
    pub by_length: BTreeMap<String, Share>,
    /// Of each label and source.
    pub by_source: BTreeMap<String, Share>,
}

/// How many groups rows are held out in.
const FOLDS: usize = 5;
/// How many pools of equal mass knots are made of at first, and how many rows each has at least.
const POOLS: usize = 100;
const POOL_ROWS_MIN: usize = 40;
/// Neighbouring pools are joined whose shares differ by less than this in log odds: of .5 and .67, say. From one limit of
/// shares to the other there is room for fourteen.
const SAID_MIN: f64 = 0.8;
/// Shares beyond these are never claimed.
const SHARE_LIMITS: (u16, u16) = (5, 995);
/// The share of harmless rows, in the board's mix, that may be flagged in a body as abuse …
const FALSE_ALARMS: f64 = 0.002;
/// … as a scam …
const FALSE_ALARMS_SCAM: f64 = 0.0015;
/// … and in a nickname, which shows less.
const FALSE_ALARMS_SHORT: f64 = 0.001;
/// Lines of this length stand for nicknames where no example is one.
const NICKNAME_CHARS_MAX: usize = 12;
/// Of a hundred harmless comments on a board, how many are of each kind; nicknames, where they stand among short lines; any
/// other kind.
const BOARD_MIX: [(&str, f64); 8] = [
    ("chat", 40.0),
    ("opinion", 20.0),
    ("question", 12.0),
    ("criticism", 12.0),
    ("near-miss", 4.0),
    ("quoting", 4.0),
    ("numbers", 4.0),
    ("nickname", 40.0),
];
const OTHER_KIND: f64 = 4.0;
/// False alarms at which recall is told, in 1/1000.
const RECALL_AT: [usize; 3] = [5, 10, 20];

/// Fits weights on all examples, with knots and thresholds from examples held out in turn.
pub fn learn(examples: &[Example], rows: &[TrainingRow]) -> (Weights, Measures) {
    let folds = folds_of(examples);
    let held_out = held_out(examples, rows, &folds);
    let weights = fit_shipped(&rows.iter().collect::<Vec<_>>());
    let weights = calibrated(weights, &held_out);
    let weights = Weights {
        examples: digest_of(examples.iter()),
        ..weights
    };
    let measures = measures(&weights, held_out, FOLDS);
    (weights.sealed(), measures)
}

/// Fits weights on the examples of all other sources and measures them on those of this one.
pub fn measure_source(examples: &[Example], rows: &[TrainingRow], source: &str) -> Measures {
    let folds: Vec<usize> = examples
        .iter()
        .map(|example| usize::from(example.source != source))
        .collect();
    let pairs = || examples.iter().zip(rows).zip(&folds);
    let inside: Vec<&TrainingRow> = pairs()
        .filter(|(_, fold)| **fold == 1)
        .map(|((_, row), _)| row)
        .collect();
    let weights = fit_shipped(&inside);
    let outside = pairs().filter(|(_, fold)| **fold == 0);
    let judged: Vec<HeldOut<'_>> = outside
        .map(|((example, row), _)| HeldOut::new(example, row, &weights))
        .collect();
    let weights = calibrated(weights, &judged);
    measures(&weights, judged, 1)
}

/// Reads texts as the fit sees them, with the hits of these lists.
pub struct RowReader<'l> {
    lexicon: &'l Lexicon,
    search: Scratch,
    scratch: ScoreScratch,
}

impl<'l> RowReader<'l> {
    /// A reader with these lists.
    pub fn new(lexicon: &'l Lexicon) -> Self {
        Self {
            lexicon,
            search: Scratch::default(),
            scratch: ScoreScratch::default(),
        }
    }

    /// The same where moderators upheld these written forms.
    #[must_use]
    pub fn upholding(mut self, forms: &Arc<UpheldForms>) -> Self {
        self.search.uphold(forms);
        self
    }

    /// An example.
    pub fn example(&mut self, example: &Example) -> TrainingRow {
        self.row(surface_of(example), &example.text, example.label)
    }

    /// A text with its label.
    pub fn row(&mut self, surface: Surface, text: &str, label: Label) -> TrainingRow {
        self.row_with_history(surface, text, label, |_, _| None)
    }

    /// The same where something is known of the written forms in it: `history` says it of a listed term and what is written.
    pub fn row_with_history(
        &mut self,
        surface: Surface,
        text: &str,
        label: Label,
        history: impl Fn(&str, &str) -> Option<Named>,
    ) -> TrainingRow {
        let hits = self.lexicon.scan(surface, text, &mut self.search);
        let named = NamedSet::of(surface, text, hits, self.lexicon);
        let named = named.with_history(text, hits, self.lexicon, history);
        TrainingRow::new(text, &named, label, &mut self.scratch)
    }

    /// The written forms that are guessed at in a text, each once.
    pub fn guessed_forms(&mut self, surface: Surface, text: &str) -> Vec<FormKey> {
        let hits = self.lexicon.scan(surface, text, &mut self.search);
        let mut slices = SpanSlicer::of(text);
        let guessed = hits.iter().filter(|hit| hit.guessed);
        let mut keys: Vec<FormKey> = guessed
            .map(|hit| {
                let written = written_form(slices.slice(hit.span));
                FormKey::of(&self.lexicon.term(hit.term).text, &written)
            })
            .collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

/// Each example as the fit sees it.
pub fn training_rows(examples: &[Example], lexicon: &Lexicon) -> Vec<TrainingRow> {
    let mut reader = RowReader::new(lexicon);
    examples.iter().map(|of| reader.example(of)).collect()
}

/// Of each kind of example, how many hold a listed term that would flag them.
pub fn with_listed_terms(examples: &[Example], lexicon: &Lexicon) -> BTreeMap<String, Share> {
    let mut scratch = Scratch::default();
    let mut shares: BTreeMap<String, Share> = BTreeMap::new();
    for example in examples {
        let hits = lexicon.scan(surface_of(example), &example.text, &mut scratch);
        let is_flagged = hits.iter().any(|hit| hit.severity >= FLAGGED_SEVERITY_MIN);
        let name = format!("{} {}", example.label.name(), example.kind);
        shares.entry(name).or_default().add(is_flagged);
    }
    shares
}

/// The least severity that flags by the shipped rules.
const FLAGGED_SEVERITY_MIN: u8 = 2;

fn surface_of(example: &Example) -> Surface {
    if example.is_nickname() {
        Surface::Nickname
    } else {
        Surface::Body
    }
}

/// The group of each example: examples of one source are held out together, and so are near-duplicates, with the first of
/// them; of one or two sources alone, near-duplicates.
fn folds_of(examples: &[Example]) -> Vec<usize> {
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for example in examples {
        *sizes.entry(&example.source).or_default() += 1;
    }
    let mut sources: Vec<(&str, usize)> = sizes.into_iter().collect();
    sources.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    let mut fold_of: BTreeMap<&str, usize> = BTreeMap::new();
    let mut filled = [0; FOLDS];
    for (source, size) in &sources {
        let least = (0..FOLDS).min_by_key(|nth| filled.get(*nth).copied());
        let least = least.unwrap_or_default();
        fold_of.insert(source, least);
        if let Some(filled) = filled.get_mut(least) {
            *filled += size;
        }
    }
    let by_source = sources.len() >= 3;
    let mut index = NearIndex::default();
    let mut folds: Vec<usize> = Vec::new();
    for (nth, example) in examples.iter().enumerate() {
        let grams = Grams::of(&example.text);
        let near = index
            .nearest(&grams)
            .and_then(|line| folds.get(line as usize))
            .copied();
        let own = if by_source {
            fold_of.get(&*example.source).copied().unwrap_or_default()
        } else {
            nth % FOLDS
        };
        folds.push(near.unwrap_or(own));
        index.push(&grams);
    }
    folds
}

fn held_out<'e>(
    examples: &'e [Example],
    rows: &[TrainingRow],
    folds: &[usize],
) -> Vec<HeldOut<'e>> {
    let mut judged = Vec::new();
    for fold in 0..FOLDS {
        let pairs = || examples.iter().zip(rows).zip(folds);
        let inside: Vec<&TrainingRow> = pairs()
            .filter(|(_, of)| **of != fold)
            .map(|((_, row), _)| row)
            .collect();
        let mut outside = pairs().filter(|(_, of)| **of == fold).peekable();
        if outside.peek().is_some() {
            let weights = fit_shipped(&inside);
            judged.extend(outside.map(|((example, row), _)| HeldOut::new(example, row, &weights)));
        }
    }
    judged
}

impl<'e> HeldOut<'e> {
    fn new(example: &'e Example, row: &TrainingRow, weights: &Weights) -> Self {
        Self {
            example,
            log_odds: row.log_odds(weights),
            likely: row.likely(weights),
            permille: 0,
        }
    }

    fn is_positive(&self) -> bool {
        self.example.label.is_positive()
    }
}

/// The weights with knots and thresholds from rows held out.
fn calibrated(weights: Weights, held_out: &[HeldOut<'_>]) -> Weights {
    let scores: Vec<(f64, bool)> = held_out
        .iter()
        .map(|row| (row.log_odds, row.is_positive()))
        .collect();
    let mut weights = Weights {
        knots: knots(&weights, scores),
        ..weights
    };
    let of_kind = |wanted: &dyn Fn(&Example) -> bool| -> Vec<HeldOut<'_>> {
        let rows = held_out.iter().filter(|row| wanted(row.example));
        rows.copied().collect()
    };
    let bodies = of_kind(&|example| surface_of(example) == Surface::Body);
    let short = of_kind(&|example| {
        surface_of(example) == Surface::Nickname
            || example.text.chars().count() <= NICKNAME_CHARS_MAX
    });
    let of_abuse = threshold(&weights, &bodies, Some(Likely::Abuse), FALSE_ALARMS);
    let of_scam = threshold(&weights, &bodies, Some(Likely::Scam), FALSE_ALARMS_SCAM);
    let of_short = threshold(&weights, &short, None, FALSE_ALARMS_SHORT);
    weights.flag_at = [of_abuse, of_scam, of_short.max(of_abuse)];
    weights
}

/// Rows of neighbouring scores, taken together.
#[derive(Debug, Clone, Copy, Default)]
struct Pool {
    mass: f64,
    of_abuse: f64,
    log_odds: f64,
}

impl Pool {
    /// With so many more rows.
    fn with(self, other: Self) -> Self {
        Self {
            mass: self.mass + other.mass,
            of_abuse: self.of_abuse + other.of_abuse,
            log_odds: self.log_odds + other.log_odds,
        }
    }

    /// Its share of abuse, within what is ever claimed, in thousandths.
    fn permille(&self) -> u16 {
        let share = (self.of_abuse / self.mass * 1_000.0).round() as u16;
        share.clamp(SHARE_LIMITS.0, SHARE_LIMITS.1)
    }

    /// The log odds of that share.
    fn said(&self) -> f64 {
        let share = f64::from(self.permille());
        libm::log(share / (1_000.0 - share))
    }
}

/// Knots of rows (log odds, whether it is abuse): small pools, joined until the shares rise, then until
/// neighbours say different things.
fn knots(weights: &Weights, mut scores: Vec<(f64, bool)>) -> Vec<Knot> {
    scores.sort_by(|left, right| left.0.total_cmp(&right.0));
    let mut rising: Vec<Pool> = Vec::new();
    for chunk in scores.chunks(scores.len().div_ceil(POOLS).max(POOL_ROWS_MIN)) {
        let rows = chunk.iter().map(|(log_odds, is_positive)| Pool {
            mass: 1.0,
            of_abuse: f64::from(u8::from(*is_positive)),
            log_odds: *log_odds,
        });
        rising.push(rows.fold(Pool::default(), Pool::with));
        while let [.., left, right] = rising[..]
            && left.of_abuse * right.mass >= right.of_abuse * left.mass
        {
            rising.truncate(rising.len() - 2);
            rising.push(left.with(right));
        }
    }
    let mut pools: Vec<Pool> = Vec::new();
    for pool in rising {
        match pools.last_mut() {
            Some(last) if pool.said() - last.said() < SAID_MIN => *last = last.with(pool),
            _ => pools.push(pool),
        }
    }
    let mut knots: Vec<Knot> = Vec::new();
    for pool in &pools {
        let knot = Knot {
            raw: weights.abuse.raw_of(pool.log_odds / pool.mass),
            permille: pool.permille(),
        };
        if knots.last().is_none_or(|last| last.raw < knot.raw) {
            knots.push(knot);
        }
    }
    knots
}

/// The smallest score that no more than this share of harmless rows reaches, by the board's mix of kinds; only those that
/// would be flagged as this.
fn threshold(
    weights: &Weights,
    held_out: &[HeldOut<'_>],
    likely: Option<Likely>,
    most: f64,
) -> u16 {
    let harmless: Vec<&HeldOut<'_>> = held_out.iter().filter(|row| !row.is_positive()).collect();
    let mut counts: BTreeMap<&str, f64> = BTreeMap::new();
    for row in &harmless {
        *counts.entry(&row.example.kind).or_default() += 1.0;
    }
    let mass = |kind: &str| {
        let of = BOARD_MIX.iter().find(|(name, _)| *name == kind);
        of.map_or(OTHER_KIND, |(_, mass)| *mass)
    };
    let all: f64 = counts.keys().map(|kind| mass(kind)).sum();
    let mut scored: Vec<(u16, f64)> = harmless
        .iter()
        .filter(|row| likely.is_none_or(|likely| row.likely == likely))
        .map(|row| {
            let kind = &*row.example.kind;
            let share = mass(kind) / counts.get(kind).copied().unwrap_or(1.0) / all;
            (weights.permille(weights.abuse.raw_of(row.log_odds)), share)
        })
        .collect();
    scored.sort_by_key(|(permille, _)| std::cmp::Reverse(*permille));
    let mut passed = 0.0;
    for (permille, share) in scored {
        passed += share;
        if passed > most {
            return permille + 1;
        }
    }
    SHARE_LIMITS.0
}

fn measures(weights: &Weights, mut held_out: Vec<HeldOut<'_>>, folds: usize) -> Measures {
    for row in &mut held_out {
        row.permille = weights.permille(weights.abuse.raw_of(row.log_odds));
    }
    held_out.sort_by(|left, right| right.log_odds.total_cmp(&left.log_odds));
    let flag_at = weights.flag_at(Surface::Body);
    let mut measures = Measures {
        rows: weights.rows() as usize,
        folds,
        auc: auc(&held_out),
        recall_at: RECALL_AT
            .map(|alarms| (alarms, recall_at(&held_out, alarms)))
            .into(),
        calibration: calibration(&held_out),
        flag_at,
        nickname_flag_at: weights.flag_at(Surface::Nickname).abuse,
        by_kind: BTreeMap::new(),
        by_length: BTreeMap::new(),
        by_source: BTreeMap::new(),
    };
    for row in &held_out {
        let Example {
            label,
            kind,
            source,
            text,
            ..
        } = row.example;
        let length = match text.chars().count() {
            0..=8 => "1-8",
            9..=20 => "9-20",
            21..=39 => "21-39",
            _ => "40+",
        };
        let side = if label.is_positive() {
            "positive"
        } else {
            "harmless"
        };
        let is_flagged = row.permille >= flag_at.of(row.likely);
        measures
            .by_kind
            .entry(format!("{} {kind}", label.name()))
            .or_default()
            .add(is_flagged);
        measures
            .by_length
            .entry(format!("{side} {length}"))
            .or_default()
            .add(is_flagged);
        measures
            .by_source
            .entry(format!("{side} {source}"))
            .or_default()
            .add(is_flagged);
    }
    measures
}

impl Share {
    fn add(&mut self, is_flagged: bool) {
        self.flagged += usize::from(is_flagged);
        self.all += 1;
    }

    /// As a part of one.
    pub fn part(&self) -> f64 {
        self.flagged as f64 / self.all.max(1) as f64
    }
}

/// The share of pairs of an abusive and a harmless row that stand in the right order; rows by score, highest first.
fn auc(rows: &[HeldOut<'_>]) -> f64 {
    let (mut above, mut right, mut harmless) = (0.0, 0.0, 0.0);
    for row in rows {
        if row.is_positive() {
            above += 1.0;
        } else {
            harmless += 1.0;
            right += above;
        }
    }
    if above * harmless > 0.0 {
        right / (above * harmless)
    } else {
        0.0
    }
}

/// The share of abuse that scores above all harmless rows but so many in 1000.
fn recall_at(rows: &[HeldOut<'_>], alarms: usize) -> f64 {
    let harmless = rows.iter().filter(|row| !row.is_positive()).count();
    let (mut passed, mut found) = (0, 0);
    for row in rows {
        if row.is_positive() {
            found += 1;
        } else {
            passed += 1;
            if passed * 1_000 > harmless * alarms {
                break;
            }
        }
    }
    let positive = rows.len() - harmless;
    f64::from(found) / positive.max(1) as f64
}

fn calibration(rows: &[HeldOut<'_>]) -> Vec<CalibrationBin> {
    let mut bins = vec![CalibrationBin::default(); 10];
    for row in rows {
        if let Some(bin) = bins.get_mut(usize::from(row.permille / 100).min(9)) {
            bin.rows += 1;
            bin.said += f64::from(row.permille) / 1_000.0;
            bin.found += f64::from(u8::from(row.is_positive()));
        }
    }
    for bin in &mut bins {
        let rows = bin.rows.max(1) as f64;
        (bin.said, bin.found) = (bin.said / rows, bin.found / rows);
    }
    bins
}

impl Measures {
    /// The largest difference between what scores say and what is so, of bins with at least so many rows.
    pub fn calibration_error(&self, rows_min: usize) -> f64 {
        let bins = self.calibration.iter().filter(|bin| bin.rows >= rows_min);
        bins.map(|bin| (bin.said - bin.found).abs())
            .fold(0.0, f64::max)
    }
}
