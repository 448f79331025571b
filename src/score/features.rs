//! From a text to the numbers of its weights.

use std::collections::BTreeSet;

use super::named::{NAMED_MAX, NamedSet};
use crate::text::fold::fold_char;

/// How many weights there are, as a power of two.
pub(super) const BUCKET_BITS: u32 = 19;
/// How many weights there are.
pub(super) const BUCKETS: usize = 1 << BUCKET_BITS;
/// The longest n-gram.
pub(super) const NGRAM_MAX: usize = 3;
/// Characters that are read of a text; a body has no more.
const CHARS_MAX: usize = 5_000;
/// What stands before a text and behind it: characters that no text has.
const BORDERS: (char, char) = ('\u{2}', '\u{3}');

/// A character of the text as it is read for scoring, with the code point of the text that it comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReadChar {
    pub ch: char,
    pub nth: u32,
}

/// Reads a text: folded, blanks as one blank, a run of one character cut to two, with a border at either end.
pub(super) fn read(text: &str, mut each: impl FnMut(ReadChar)) {
    each(ReadChar {
        ch: BORDERS.0,
        nth: 0,
    });
    let (mut last, mut run, mut count) = (BORDERS.0, 0, 0);
    let mut end = 0;
    for (nth, original) in (0..).zip(text.chars()) {
        let fold = fold_char(original);
        let mut take = |ch: char| {
            let ch = if ch.is_whitespace() { ' ' } else { ch };
            run = if ch == last { run + 1 } else { 1 };
            last = ch;
            let most = if ch == ' ' { 1 } else { 2 };
            if run <= most && count < CHARS_MAX {
                count += 1;
                each(ReadChar { ch, nth });
            }
        };
        match fold.single() {
            Some(only) => take(only.ch),
            None => fold.chars().for_each(|folded| take(folded.ch)),
        }
        end = nth;
    }
    each(ReadChar {
        ch: BORDERS.1,
        nth: end,
    });
}

/// The n-grams that end at each character, as hashes: those of one character, two and three.
#[derive(Debug, Default)]
pub(super) struct Rolling {
    one: u64,
    two: u64,
    /// How many characters were added.
    count: usize,
}

impl Rolling {
    /// Adds a character; the buckets of the n-grams that end with it, shortest first.
    pub fn push(&mut self, ch: char) -> impl Iterator<Item = u32> + use<> {
        const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
        let code = u64::from(u32::from(ch)) + 0x51;
        let pair = self.one.wrapping_mul(SPREAD).wrapping_add(code);
        let three = self.two.wrapping_mul(SPREAD).wrapping_add(code);
        self.count += 1;
        (self.one, self.two) = (code, pair);
        [code, pair, three]
            .into_iter()
            .take(self.count.min(NGRAM_MAX))
            .map(bucket)
    }
}

/// How borders and blanks are written in tables of n-grams.
const WRITTEN: [(char, char); 3] = [(BORDERS.0, '␂'), (BORDERS.1, '␃'), (' ', '␠')];

/// Every n-gram of a text, as tables write it.
pub fn ngrams_of(text: &str) -> BTreeSet<String> {
    let written = |ch: char| {
        let pair = WRITTEN.into_iter().find(|(meant, _)| *meant == ch);
        pair.map_or(ch, |(_, written)| written)
    };
    let mut chars = Vec::new();
    read(text, |read| chars.push(written(read.ch)));
    (1..=NGRAM_MAX)
        .flat_map(|length| chars.windows(length))
        .map(|ngram| ngram.iter().collect())
        .collect()
}

/// The bucket of an n-gram as tables write it.
pub(super) fn bucket_of(ngram: &str) -> Option<u32> {
    let mut rolling = Rolling::default();
    let meant = |ch: char| {
        let pair = WRITTEN.into_iter().find(|(_, written)| *written == ch);
        pair.map_or(ch, |(meant, _)| meant)
    };
    ngram
        .chars()
        .filter_map(|ch| rolling.push(meant(ch)).last())
        .last()
}

/// The bucket of an n-gram, behind those of the named features.
fn bucket(hash: u64) -> u32 {
    let mixed = hash.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32;
    let free = (BUCKETS - NAMED_MAX) as u64;
    NAMED_MAX as u32 + ((mixed * free) >> 32) as u32
}

/// Each bucket of a text once. Reused from text to text, so that it stops allocating.
#[derive(Debug)]
pub(super) struct Buckets {
    /// A bit for each bucket, set while it is among `used`.
    seen: Vec<u64>,
    used: Vec<u32>,
}

impl Default for Buckets {
    fn default() -> Self {
        Self {
            seen: vec![0; BUCKETS / 64],
            used: Vec::new(),
        }
    }
}

impl Buckets {
    /// Collects the buckets of a text.
    pub fn set(&mut self, text: &str, named: &NamedSet) {
        self.clear();
        for named in named.iter() {
            self.insert(named.bucket());
        }
        let mut rolling = Rolling::default();
        read(text, |read| {
            for bucket in rolling.push(read.ch) {
                self.insert(bucket);
            }
        });
    }

    /// The buckets, in the order in which they were met.
    pub fn used(&self) -> &[u32] {
        &self.used
    }

    /// Empties it.
    pub fn clear(&mut self) {
        for bucket in self.used.drain(..) {
            if let Some(word) = self.seen.get_mut(bucket as usize / 64) {
                *word = 0;
            }
        }
    }

    /// Adds a bucket; whether it is new.
    pub fn insert(&mut self, bucket: u32) -> bool {
        let Some(word) = self.seen.get_mut(bucket as usize / 64) else {
            return false;
        };
        let bit = 1 << (bucket % 64);
        let is_new = *word & bit == 0;
        if is_new {
            *word |= bit;
            self.used.push(bucket);
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_of(text: &str) -> String {
        let mut out = String::new();
        read(text, |read| out.push(read.ch));
        out
    }

    #[test]
    fn a_text_is_read_folded_between_borders() {
        assert_eq!(
            read_of("ＧＯＯＤ  妈\n呀！！！！"),
            "\u{2}good 媽 呀!!\u{3}"
        );
        assert_eq!(read_of(""), "\u{2}\u{3}");
        assert_eq!(
            read_of(&"好壞".repeat(5_000)).chars().count(),
            CHARS_MAX + 2
        );
    }

    #[test]
    fn tables_name_the_same_buckets() {
        let mut buckets = Buckets::default();
        buckets.set("笑 死", &NamedSet::default());
        let named: BTreeSet<u32> = ngrams_of("笑 死")
            .iter()
            .filter_map(|of| bucket_of(of))
            .collect();
        assert_eq!(named, buckets.used().iter().copied().collect());
        assert!(ngrams_of("笑 死").contains("死␃"));
    }

    /// A model file is bound to these numbers: where they change, `FEATURE_VERSION` has to change.
    #[test]
    fn buckets_stay_where_they_are() {
        let mut buckets = Buckets::default();
        buckets.set("笑死", &NamedSet::default());
        assert_eq!(buckets.used().len(), 4 + 3 + 2);
        let first = buckets.used().to_vec();
        buckets.set("別的", &NamedSet::default());
        buckets.set("笑死", &NamedSet::default());
        assert_eq!(buckets.used(), first, "what was before leaves no trace");
        assert_eq!(
            first,
            [
                19951, 348476, 102082, 197179, 125472, 433533, 411634, 100324, 178469
            ]
        );
    }
}
