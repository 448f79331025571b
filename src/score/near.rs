//! Lines that say nearly the same, by the share of 3-grams that they have in common; and the rows of measuring sets, which
//! no model may be fitted on.
//!
//! The measuring sets are known by digests and sketches alone (`tests/tables/measured.bin`): of each row the digest of its
//! folded text, and the 24 smallest hashes of its 3-grams, by which the share that a line has in common with it is told
//! nearly.

use std::collections::{BTreeSet, HashMap};

use sha2::{Digest as _, Sha256};

use super::features::{NGRAM_MAX, read};

/// A line that shares so much of its 3-grams with another is nearly the same; in hundredths.
pub const NEAR_SHARE: usize = 60;

/// The 3-grams of a text with its borders, as hashes, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grams {
    hashes: BTreeSet<u32>,
    digest: u64,
}

impl Grams {
    /// Those of a text.
    pub fn of(text: &str) -> Self {
        let mut codes: Vec<u32> = Vec::new();
        read(text, |read| codes.push(read.ch as u32));
        let hash = |gram: &[u32]| {
            let mixed = gram.iter().fold(0_u64, |hash, code| {
                (hash ^ u64::from(*code))
                    .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                    .rotate_left(29)
            });
            (mixed.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32) as u32
        };
        let bytes: Vec<u8> = codes.iter().flat_map(|code| code.to_le_bytes()).collect();
        let digest = Sha256::digest(bytes);
        Self {
            hashes: codes.windows(NGRAM_MAX).map(hash).collect(),
            digest: digest
                .iter()
                .take(8)
                .fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
        }
    }
}

impl Grams {
    /// The hashes as sketches keep them.
    fn shortened(&self) -> BTreeSet<u32> {
        self.hashes.iter().map(|hash| hash >> 8).collect()
    }
}

/// Whether `shared` of `all` is [`NEAR_SHARE`] or more.
const fn is_near(shared: usize, all: usize) -> bool {
    all > 0 && shared * 100 >= all * NEAR_SHARE
}

/// Lines by their 3-grams.
#[derive(Debug, Default)]
pub struct NearIndex {
    lines_of: HashMap<u32, Vec<u32>>,
    shared: Vec<u16>,
}

impl NearIndex {
    /// Adds a line; lines are numbered from 0.
    pub fn push(&mut self, grams: &Grams) {
        let line = self.shared.len() as u32;
        self.shared.push(0);
        for hash in &grams.hashes {
            self.lines_of.entry(*hash).or_default().push(line);
        }
    }

    /// The first line that has [`NEAR_SHARE`] of these 3-grams.
    pub fn nearest(&mut self, grams: &Grams) -> Option<u32> {
        let mut touched: Vec<u32> = Vec::new();
        for hash in &grams.hashes {
            for line in self.lines_of.get(hash).into_iter().flatten() {
                if let Some(shared) = self.shared.get_mut(*line as usize) {
                    if *shared == 0 {
                        touched.push(*line);
                    }
                    *shared = shared.saturating_add(1);
                }
            }
        }
        let mut first: Option<u32> = None;
        for line in touched {
            let shared = self.shared.get_mut(line as usize).map_or(0, std::mem::take);
            if is_near(usize::from(shared), grams.hashes.len()) {
                first = Some(first.map_or(line, |first| first.min(line)));
            }
        }
        first
    }
}

/// How many hashes are kept of a row.
const SKETCH: usize = 24;
/// Of a row that has more, a line must have so many 3-grams in the part that is kept, or the share is chance.
const COVERED_MIN: usize = 6;
/// Bytes of a hash in the file.
const HASH_BYTES: usize = 3;
const MAGIC: [u8; 4] = *b"BZR1";

/// The rows of the measuring sets.
#[derive(Debug, Default)]
pub struct MeasuredRows {
    digests: BTreeSet<u64>,
    sketches: Vec<Sketch>,
    rows_of: HashMap<u32, Vec<u32>>,
}

/// The smallest hashes of a row's 3-grams, by their upper 24 bits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Sketch {
    /// Sorted.
    hashes: Vec<u32>,
    /// Whether these are all that the row has.
    is_whole: bool,
}

impl Sketch {
    fn of(grams: &Grams) -> Self {
        let known = grams.shortened();
        Self {
            is_whole: known.len() <= SKETCH,
            hashes: known.into_iter().take(SKETCH).collect(),
        }
    }

    /// The largest hash of which it is known whether the row has it.
    fn known_to(&self) -> u32 {
        match self.hashes.last() {
            Some(last) if !self.is_whole => *last,
            _ => u32::MAX,
        }
    }
}

impl MeasuredRows {
    /// Those of these texts.
    pub fn of<'t>(texts: impl Iterator<Item = &'t str>) -> Self {
        let (mut digests, mut sketches) = (BTreeSet::new(), BTreeSet::new());
        for text in texts {
            let grams = Grams::of(text);
            digests.insert(grams.digest);
            sketches.insert(Sketch::of(&grams));
        }
        Self::new(digests, sketches.into_iter().collect())
    }

    fn new(digests: BTreeSet<u64>, sketches: Vec<Sketch>) -> Self {
        let mut rows_of: HashMap<u32, Vec<u32>> = HashMap::new();
        for (row, sketch) in (0..).zip(&sketches) {
            for hash in &sketch.hashes {
                rows_of.entry(*hash).or_default().push(row);
            }
        }
        Self {
            digests,
            sketches,
            rows_of,
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.sketches.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.sketches.is_empty()
    }

    /// Whether this text is one of them, or nearly.
    pub fn hold(&self, text: &str) -> bool {
        let grams = Grams::of(text);
        self.digests.contains(&grams.digest) || self.hold_nearly(&grams)
    }

    fn hold_nearly(&self, grams: &Grams) -> bool {
        let known = grams.shortened();
        // of one 3-gram the digest tells more
        if known.len() < 2 {
            return false;
        }
        let mut shared: HashMap<u32, usize> = HashMap::new();
        for hash in &known {
            for row in self.rows_of.get(hash).into_iter().flatten() {
                *shared.entry(*row).or_default() += 1;
            }
        }
        shared.into_iter().any(|(row, shared)| {
            self.sketches.get(row as usize).is_some_and(|sketch| {
                let covered = known.range(..=sketch.known_to()).count();
                let is_enough = sketch.is_whole || covered >= COVERED_MIN;
                is_enough && is_near(shared, covered)
            })
        })
    }

    /// The file that [`MeasuredRows::parse`] reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend((self.digests.len() as u32).to_le_bytes());
        bytes.extend((self.sketches.len() as u32).to_le_bytes());
        bytes.extend(self.digests.iter().flat_map(|digest| digest.to_le_bytes()));
        for sketch in &self.sketches {
            bytes.push(sketch.hashes.len() as u8 | u8::from(sketch.is_whole) << 7);
            for hash in &sketch.hashes {
                bytes.extend(hash.to_le_bytes().into_iter().take(HASH_BYTES));
            }
        }
        bytes
    }

    /// Reads a file; `None` if it is none.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let mut take = |count: usize| {
            let (taken, after) = rest.split_at_checked(count)?;
            rest = after;
            Some(taken)
        };
        if take(4)? != MAGIC {
            return None;
        }
        let digests = u32::from_le_bytes(take(4)?.try_into().ok()?);
        let sketches = u32::from_le_bytes(take(4)?.try_into().ok()?);
        let mut known = BTreeSet::new();
        for _ in 0..digests {
            known.insert(u64::from_le_bytes(take(8)?.try_into().ok()?));
        }
        let mut rows = Vec::new();
        for _ in 0..sketches {
            let head = *take(1)?.first()?;
            let hashes = take(usize::from(head & 0x7f) * HASH_BYTES)?;
            let hash = |bytes: &[u8]| {
                bytes
                    .iter()
                    .rev()
                    .fold(0, |hash, byte| hash << 8 | u32::from(*byte))
            };
            rows.push(Sketch {
                hashes: hashes.chunks(HASH_BYTES).map(hash).collect(),
                is_whole: head & 0x80 != 0,
            });
        }
        Some(Self::new(known, rows))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn measured_rows_are_known_again_and_others_are_not() {
        let long = "這家店的牛肉麵真的很好吃，湯頭濃郁而且老闆人也很親切，下次還要帶全家人一起來吃，順便買滷味";
        let rows = MeasuredRows::of(["推", "樓上說得很有道理", long].into_iter());
        let rows = MeasuredRows::parse(&rows.to_bytes()).unwrap();
        assert_eq!(rows.len(), 3);
        for held in [
            "推",
            "樓上說得很有道理",
            "樓上說得很有道理啊",
            long,
            &long.replace("滷味", "豆干"),
        ] {
            assert!(rows.hold(held), "{held}");
        }
        for other in [
            "推推",
            "樓上",
            "說得很好",
            "這家店不好吃",
            "今天下雨了，記得帶傘出門",
        ] {
            assert!(!rows.hold(other), "{other}");
        }
        assert!(MeasuredRows::parse(b"BZR1").is_none());
    }

    #[test]
    fn a_line_is_near_an_earlier_one() {
        let mut index = NearIndex::default();
        for line in ["今天天氣很好", "我家的貓很可愛喔"] {
            index.push(&Grams::of(line));
        }
        assert_eq!(index.nearest(&Grams::of("我家的貓很可愛")), Some(1));
        assert_eq!(index.nearest(&Grams::of("今天股票跌很多")), None);
        assert_eq!(
            index.nearest(&Grams::of("今天天氣很好")),
            Some(0),
            "counts start anew"
        );
    }
}
