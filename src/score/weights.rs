//! The weights, their file, and the score of a text by them.
//!
//! | part of the file | |
//! | --- | --- |
//! | `BZ1` and a zero byte, format, [`FEATURE_VERSION`] | 4 + 2 + 2 bytes |
//! | lines that it was fitted on, SHA-256 of them | 4 + 32 |
//! | for abuse or scam, then for scam alone: bias, size of a step in 2^-24 | 2 × (4 + 4) |
//! | scores from which a body is flagged as abuse, a body as a scam, and a nickname, in thousandths | 3 × 2 |
//! | number of knots, then each: raw score, share in thousandths | 1, then (4 + 2) each |
//! | CRC32C of all else | 4 |
//! | weights for abuse or scam, then for scam alone | 2^19, 2^18 |
//!
//! Numbers are little-endian.

use super::{
    example::{Example, digest_of},
    features::{BUCKETS, Buckets, NGRAM_MAX, Rolling, read},
    named::{Named, NamedSet},
    spans::{CharWeights, ScoreSpans},
};
use crate::text::Surface;

/// The version of what texts are cut into. A file of another version is refused: its weights stand for other things.
pub const FEATURE_VERSION: u16 = 1;

const MAGIC: [u8; 4] = *b"BZ1\0";
const FORMAT: u16 = 1;
/// Weights that name scams; two buckets share one.
pub(super) const SCAM_BUCKETS: usize = BUCKETS / 2;
/// The most knots of a file.
pub(super) const KNOTS_MAX: usize = 32;
/// The largest share that a text may get.
const PERMILLE_MAX: u16 = 999;
/// A share that no text gets: never flagged.
pub const NEVER: u16 = 1_001;
/// The most buckets of a text: three for each of its 5,000 characters and the two borders, and the named features.
const COUNT_MAX: usize = 15_300;
/// Added to the number of buckets before its root is taken, so that short texts do not count for too much.
pub(super) const SMOOTH: u64 = 40;
/// Bits that the sum is shifted by, so that a raw score counts in 1/256 of a step.
const ROOT_SHIFT: u32 = 14;

/// 2^22 / sqrt(n + 40), for every number of buckets.
static ROOTS: [u32; COUNT_MAX + 1] = {
    let mut roots = [0; COUNT_MAX + 1];
    let mut count = 0;
    while count <= COUNT_MAX {
        roots[count] = ((1_u64 << 44) / (count as u64 + SMOOTH)).isqrt() as u32;
        count += 1;
    }
    roots
};

/// Why bytes are no weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeightsError {
    /// It is no file of weights, or cut off.
    #[error("it is no model, or cut off")]
    NoModel,
    /// Its checksum does not fit.
    #[error("its checksum does not fit: it is damaged")]
    Damaged,
    /// Another version of this program made it.
    #[error("it was made for other features: run `banzhu learn`")]
    OtherFeatures,
    /// Its knots are out of order, or claim certainty: a threshold of 1 has to mean that nothing is flagged.
    #[error("its knots do not rise, or one of them claims certainty")]
    Knots,
}

impl WeightsError {
    /// The message in Traditional Chinese.
    pub const fn zh_tw(self) -> &'static str {
        match self {
            Self::NoModel => "不是模型檔，或檔案不完整",
            Self::Damaged => "檢查碼不符，檔案已損壞",
            Self::OtherFeatures => "模型與這個版本的特徵不符，請執行 `banzhu learn`",
            Self::Knots => "校準節點未遞增，或有節點宣稱百分之百確定",
        }
    }
}

/// What a text most likely is, if its score is high.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Likely {
    /// Abuse.
    #[default]
    Abuse,
    /// A scam.
    Scam,
}

/// From which score on a text is flagged, by what it most likely is: a scam gives itself away by other words than abuse
/// does, and fewer harmless texts have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct FlagAt {
    pub abuse: u16,
    pub scam: u16,
}

impl FlagAt {
    /// The same for either.
    pub const fn all(permille: u16) -> Self {
        Self {
            abuse: permille,
            scam: permille,
        }
    }

    /// For one of them.
    pub const fn of(self, likely: Likely) -> u16 {
        match likely {
            Likely::Abuse => self.abuse,
            Likely::Scam => self.scam,
        }
    }
}

/// The score of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scored {
    /// The share of such texts that are abuse or a scam, in thousandths.
    pub permille: u16,
    /// Which of the two.
    pub likely: Likely,
    /// Where it says so; only of a text that is flagged.
    pub spans: ScoreSpans,
}

/// A named feature of a text, and what it added to the score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weighed {
    /// The feature.
    pub named: Named,
    /// Its part of the log odds, in thousandths.
    pub milli: i32,
}

/// One of the two linear models of a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Head {
    /// Added to every sum; in 1/256 of a step.
    pub bias: i32,
    /// The size of a step, in 2^-24.
    pub step: u32,
    pub weights: Box<[i8]>,
}

/// A raw score and the share of texts with it that are abuse, in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Knot {
    pub raw: i32,
    pub permille: u16,
}

/// The weights of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    pub(super) abuse: Head,
    pub(super) scam: Head,
    pub(super) knots: Vec<Knot>,
    pub(super) flag_at: [u16; 3],
    pub(super) rows: u32,
    pub(super) examples: [u8; 32],
    pub(super) hash: [u8; 8],
}

/// Work space for scoring, one for each worker.
#[derive(Debug, Default)]
pub struct ScoreScratch {
    buckets: Buckets,
    chars: CharWeights,
}

impl ScoreScratch {
    /// The numbers of a text's weights, each once.
    pub(super) fn buckets_of(&mut self, text: &str, named: &NamedSet) -> &[u32] {
        self.buckets.set(text, named);
        self.buckets.used()
    }
}

impl Weights {
    /// Weights that know nothing: every score is 0 and nothing is flagged.
    pub fn none() -> Self {
        let head = |buckets: usize| Head {
            bias: 0,
            step: 0,
            weights: vec![0; buckets].into(),
        };
        Self {
            abuse: head(BUCKETS),
            scam: head(SCAM_BUCKETS),
            knots: Vec::new(),
            flag_at: [NEVER; 3],
            rows: 0,
            examples: [0; 32],
            hash: [0; 8],
        }
    }

    /// The score of a text; its spans if it is flagged.
    pub fn score(
        &self,
        text: &str,
        named: &NamedSet,
        flag_at: FlagAt,
        scratch: &mut ScoreScratch,
    ) -> Scored {
        scratch.buckets.set(text, named);
        let used = scratch.buckets.used();
        let permille = self.permille(self.abuse.raw(used.iter().copied()));
        let mut scored = Scored {
            permille,
            ..Scored::default()
        };
        // most texts end here
        if permille < flag_at.abuse.min(flag_at.scam) {
            return scored;
        }
        if self.scam.raw(used.iter().map(|bucket| bucket / 2)) > 0 {
            scored.likely = Likely::Scam;
        }
        if permille >= flag_at.of(scored.likely) {
            scored.spans = self.spans(text, scratch);
        }
        scored
    }

    /// What the named features of a text added to its score, the heaviest first.
    pub fn weighed(
        &self,
        text: &str,
        named: &NamedSet,
        scratch: &mut ScoreScratch,
    ) -> Vec<Weighed> {
        scratch.buckets.set(text, named);
        let root = i64::from(root(scratch.buckets.used().len()));
        let of = |named: Named| {
            let weight = i64::from(self.abuse.weight(named.bucket()));
            // steps of 2^-24, roots of 2^22
            let milli =
                (weight * i64::from(self.abuse.step) * 1_000 / (1 << 24)) * root / (1 << 22);
            Weighed {
                named,
                milli: milli as i32,
            }
        };
        let mut weighed: Vec<Weighed> = named.iter().map(of).filter(|of| of.milli != 0).collect();
        weighed.sort_by_key(|of| std::cmp::Reverse(of.milli.abs()));
        weighed
    }

    /// The scores from which a surface is flagged, as fitted; tags never are.
    pub const fn flag_at(&self, surface: Surface) -> FlagAt {
        let [abuse, scam, nickname] = self.flag_at;
        match surface {
            Surface::Body => FlagAt { abuse, scam },
            Surface::Nickname => FlagAt::all(nickname),
            Surface::Tags => FlagAt::all(NEVER),
        }
    }

    /// Whether it was fitted on just these examples.
    pub fn is_fitted_on(&self, examples: &[Example]) -> bool {
        self.examples == digest_of(examples.iter())
    }

    /// How many lines it was fitted on.
    pub const fn rows(&self) -> u32 {
        self.rows
    }

    /// The first bytes of the SHA-256 of its file.
    pub const fn hash(&self) -> [u8; 8] {
        self.hash
    }

    pub(super) fn permille(&self, raw: i32) -> u16 {
        let at = self.knots.partition_point(|knot| knot.raw <= raw);
        let below = at.checked_sub(1).and_then(|nth| self.knots.get(nth));
        match (below, self.knots.get(at)) {
            (Some(below), Some(above)) => between(*below, *above, raw),
            (Some(only), None) | (None, Some(only)) => only.permille,
            (None, None) => 0,
        }
    }

    /// The knots for another head: a raw score counts in its steps, and what it says in log odds stays.
    pub(super) fn knots_for(&self, head: &Head) -> Vec<Knot> {
        let (from, to) = (i64::from(self.abuse.step), i64::from(head.step.max(1)));
        let scaled = |knot: &Knot| {
            let raw = (i64::from(knot.raw) * from * 2 + to).div_euclid(to * 2);
            Knot {
                raw: raw.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32,
                ..*knot
            }
        };
        let mut knots: Vec<Knot> = self.knots.iter().map(scaled).collect();
        knots.dedup_by_key(|knot| knot.raw);
        knots
    }

    /// The least raw score with this share; `None` if no text gets it.
    pub(super) fn raw_at(&self, permille: u16) -> Option<i32> {
        let (first, last) = (self.knots.first()?.raw, self.knots.last()?.raw);
        if self.permille(last) < permille {
            return None;
        }
        // shares rise with raw scores, so that halving finds it
        let (mut below, mut at) = (i64::from(first) - 1, i64::from(last));
        while at - below > 1 {
            let middle = (below + at) / 2;
            if self.permille(middle as i32) >= permille {
                at = middle;
            } else {
                below = middle;
            }
        }
        Some(at as i32)
    }

    /// As [`Weights::permille`], as a part of one and unrounded, for measures.
    pub(super) fn probability(&self, raw: i32) -> f64 {
        let at = self.knots.partition_point(|knot| knot.raw <= raw);
        let part = |knot: &Knot| f64::from(knot.permille) / 1_000.0;
        let below = at.checked_sub(1).and_then(|nth| self.knots.get(nth));
        match (below, self.knots.get(at)) {
            (Some(below), Some(above)) => {
                let way = f64::from(raw) - f64::from(below.raw);
                let whole = f64::from(above.raw) - f64::from(below.raw);
                part(below) + (part(above) - part(below)) * way / whole
            }
            (Some(only), None) | (None, Some(only)) => part(only),
            (None, None) => 0.0,
        }
    }

    fn spans(&self, text: &str, scratch: &mut ScoreScratch) -> ScoreSpans {
        let ScoreScratch { buckets, chars } = scratch;
        // each bucket counts once, where it is first met
        buckets.clear();
        chars.clear();
        let mut rolling = Rolling::default();
        read(text, |read| {
            chars.push(read);
            for (length, bucket) in (1..=NGRAM_MAX).zip(rolling.push(read.ch)) {
                if buckets.insert(bucket) {
                    chars.share(length, self.abuse.weight(bucket));
                }
            }
        });
        chars.spans()
    }
}

impl Head {
    /// The sum of these buckets' weights over the root of their number, in 1/256 of a step.
    pub fn raw(&self, buckets: impl ExactSizeIterator<Item = u32>) -> i32 {
        let root = i64::from(root(buckets.len()));
        let sum: i64 = buckets.map(|bucket| i64::from(self.weight(bucket))).sum();
        self.bias
            .saturating_add(((sum * root) >> ROOT_SHIFT) as i32)
    }

    fn weight(&self, bucket: u32) -> i8 {
        self.weights.get(bucket as usize).copied().unwrap_or(0)
    }
}

fn root(count: usize) -> u32 {
    ROOTS.get(count.min(COUNT_MAX)).copied().unwrap_or(0)
}

/// The share at a raw score between two knots.
fn between(below: Knot, above: Knot, raw: i32) -> u16 {
    let (from, to) = (i64::from(below.permille), i64::from(above.permille));
    let (part, whole) = (
        i64::from(raw) - i64::from(below.raw),
        i64::from(above.raw) - i64::from(below.raw),
    );
    (from + (to - from) * part / whole.max(1)) as u16
}

/// The file.
impl Weights {
    /// Reads a file.
    pub fn parse(bytes: &[u8]) -> Result<Self, WeightsError> {
        let mut from = Reader(bytes);
        if from.array()? != MAGIC || from.u16()? != FORMAT {
            return Err(WeightsError::NoModel);
        }
        if from.u16()? != FEATURE_VERSION {
            return Err(WeightsError::OtherFeatures);
        }
        let (rows, examples) = (from.u32()?, from.array()?);
        let heads = [from.head()?, from.head()?];
        let flag_at = [from.u16()?, from.u16()?, from.u16()?];
        let knots = (0..from.u8()?)
            .map(|_| from.knot())
            .collect::<Result<Vec<_>, _>>()?;
        let head_len = bytes.len() - from.0.len();
        let crc = from.u32()?;
        let weights = [from.weights(BUCKETS)?, from.weights(SCAM_BUCKETS)?];
        let head = bytes.get(..head_len).unwrap_or_default();
        if !from.0.is_empty() {
            return Err(WeightsError::NoModel);
        }
        if crc != checksum(head, &weights) {
            return Err(WeightsError::Damaged);
        }
        let rise =
            |pair: &[Knot]| matches!(pair, [a, b] if a.raw < b.raw && a.permille <= b.permille);
        let is_certain = |knot: &Knot| knot.permille > PERMILLE_MAX;
        if knots.len() > KNOTS_MAX || !knots.windows(2).all(rise) || knots.iter().any(is_certain) {
            return Err(WeightsError::Knots);
        }
        let [abuse, scam] = heads;
        let [of_abuse, of_scam] = weights;
        let head = |(bias, step), weights: &[u8]| Head {
            bias,
            step,
            weights: weights.iter().map(|byte| byte.cast_signed()).collect(),
        };
        Ok(Self {
            abuse: head(abuse, of_abuse),
            scam: head(scam, of_scam),
            knots,
            flag_at,
            rows,
            examples,
            hash: hash_of(bytes),
        })
    }

    /// The file that [`Weights::parse`] reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(FORMAT.to_le_bytes());
        bytes.extend(FEATURE_VERSION.to_le_bytes());
        bytes.extend(self.rows.to_le_bytes());
        bytes.extend(self.examples);
        for head in [&self.abuse, &self.scam] {
            bytes.extend(head.bias.to_le_bytes());
            bytes.extend(head.step.to_le_bytes());
        }
        bytes.extend(self.flag_at.into_iter().flat_map(u16::to_le_bytes));
        bytes.push(self.knots.len() as u8);
        for knot in &self.knots {
            bytes.extend(knot.raw.to_le_bytes());
            bytes.extend(knot.permille.to_le_bytes());
        }
        let of =
            |head: &Head| -> Vec<u8> { head.weights.iter().map(|w| w.cast_unsigned()).collect() };
        let weights = [of(&self.abuse), of(&self.scam)];
        let crc = checksum(&bytes, &[&weights[0], &weights[1]]);
        bytes.extend(crc.to_le_bytes());
        weights.into_iter().for_each(|of| bytes.extend(of));
        bytes
    }

    /// Fixes the hash after the parts were set.
    pub(super) fn sealed(mut self) -> Self {
        self.hash = hash_of(&self.to_bytes());
        self
    }
}

fn checksum(head: &[u8], weights: &[&[u8]; 2]) -> u32 {
    let crc = crc32c::crc32c(head);
    weights
        .iter()
        .fold(crc, |crc, part| crc32c::crc32c_append(crc, part))
}

/// The first bytes of the SHA-256 of a file.
pub fn hash_of(bytes: &[u8]) -> [u8; 8] {
    use sha2::{Digest as _, Sha256};
    let mut hash = [0; 8];
    for (to, from) in hash.iter_mut().zip(Sha256::digest(bytes)) {
        *to = from;
    }
    hash
}

/// What is left of a file.
struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn take(&mut self, count: usize) -> Result<&'b [u8], WeightsError> {
        let (taken, rest) = self
            .0
            .split_at_checked(count)
            .ok_or(WeightsError::NoModel)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WeightsError> {
        let taken = self.take(N)?;
        taken.try_into().map_err(|_| WeightsError::NoModel)
    }

    fn u8(&mut self) -> Result<u8, WeightsError> {
        self.array().map(u8::from_le_bytes)
    }

    fn u16(&mut self) -> Result<u16, WeightsError> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, WeightsError> {
        self.array().map(u32::from_le_bytes)
    }

    fn head(&mut self) -> Result<(i32, u32), WeightsError> {
        Ok((i32::from_le_bytes(self.array()?), self.u32()?))
    }

    fn knot(&mut self) -> Result<Knot, WeightsError> {
        Ok(Knot {
            raw: i32::from_le_bytes(self.array()?),
            permille: self.u16()?,
        })
    }

    fn weights(&mut self, count: usize) -> Result<&'b [u8], WeightsError> {
        self.take(count)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A tiny model: the characters 笨 and 豬 and both together speak for abuse, 賺 for a scam.
    fn tiny() -> Weights {
        let mut weights = Weights::none();
        let mut buckets = Buckets::default();
        for (text, weight, is_scam) in [("笨", 100, false), ("豬", 100, false), ("賺", 120, true)]
        {
            let mut rolling = Rolling::default();
            buckets.clear();
            let bucket = rolling.push(text.chars().next().unwrap()).next().unwrap();
            weights.abuse.weights[bucket as usize] = weight;
            if is_scam {
                weights.scam.weights[bucket as usize / 2] = weight;
            }
        }
        weights.abuse.step = 1 << 18;
        weights.knots = vec![
            Knot {
                raw: 0,
                permille: 5,
            },
            Knot {
                raw: 8_000,
                permille: 995,
            },
        ];
        weights.flag_at = [600, 500, 800];
        weights.sealed()
    }

    fn score(text: &str) -> Scored {
        let named = NamedSet::of_text(Surface::Body, text);
        tiny().score(text, &named, FlagAt::all(500), &mut ScoreScratch::default())
    }

    #[test]
    fn a_text_is_scored_and_its_heaviest_places_are_shown() {
        assert_eq!(
            score("早安"),
            Scored {
                permille: 5,
                ..Scored::default()
            }
        );
        let scored = score("早安，笨豬一隻");
        assert!(scored.permille > 700, "{scored:?}");
        let spans: Vec<_> = scored.spans.iter().collect();
        assert_eq!(spans, [crate::text::Span { start: 3, end: 5 }]);
        assert_eq!(scored.likely, Likely::Abuse);
        let scored = score("豬，賺");
        assert_eq!(scored.likely, Likely::Scam);
        assert_eq!(scored.spans.iter().count(), 2);
    }

    #[test]
    fn a_bucket_counts_once_and_long_texts_are_divided() {
        let once = score("笨豬");
        assert!(score(&format!("笨豬{}", "早安大家好".repeat(3))).permille < once.permille);
        let mut scratch = ScoreScratch::default();
        let longest = "笨豬一二三".repeat(2_000);
        let named = NamedSet::of_text(Surface::Body, &longest);
        tiny().score(&longest, &named, FlagAt::all(0), &mut scratch);
        // five thousand characters with hardly an n-gram twice
        let varied: String = (0..5_000)
            .filter_map(|nth| char::from_u32(0x4e00 + nth))
            .collect();
        let named = NamedSet::of_text(Surface::Body, &varied);
        let count = scratch.buckets_of(&varied, &named).len();
        assert!((14_000..=COUNT_MAX).contains(&count), "{count}");
    }

    #[test]
    fn a_file_is_read_back_and_a_damaged_one_is_refused() {
        let weights = tiny();
        let bytes = weights.to_bytes();
        assert!(bytes.len() <= 1 << 20);
        assert_eq!(Weights::parse(&bytes).unwrap(), weights);
        let mut other = bytes.clone();
        other[bytes.len() - 5] ^= 1;
        assert_eq!(Weights::parse(&other), Err(WeightsError::Damaged));
        other = bytes.clone();
        other[6] ^= 1;
        assert_eq!(Weights::parse(&other), Err(WeightsError::OtherFeatures));
        for cut in [0, 3, 60, bytes.len() - 1] {
            assert_eq!(Weights::parse(&bytes[..cut]), Err(WeightsError::NoModel));
        }
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(Weights::parse(&longer), Err(WeightsError::NoModel));
        let mut certain = weights;
        certain.knots[1].permille = 1_000;
        let certain = Weights::parse(&certain.to_bytes());
        assert_eq!(certain, Err(WeightsError::Knots));
    }

    #[test]
    fn weights_that_know_nothing_flag_nothing() {
        let none = Weights::none();
        let named = NamedSet::default();
        let scored = none.score(
            "笨豬",
            &named,
            none.flag_at(Surface::Body),
            &mut ScoreScratch::default(),
        );
        assert_eq!(scored, Scored::default());
    }
}
