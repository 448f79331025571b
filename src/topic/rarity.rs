//! How much a piece of a text says about its subject: a rare piece much, one that every article has nothing.
//!
//! A piece is two Chinese characters side by side, or a word of letters and digits: 果膠酶 has the pieces 果膠 and 膠酶. Its
//! weight is an inverse document frequency. It comes from how common characters and words are in general (tables of
//! `text` and `lexicon`) and from the board's own newest articles, each counted once by when its newest content was
//! stored. So it depends only on what is stored, and not on when the service was started.
//!
//! Local to the node: it learns the articles that it stores, and at its start the newest of all. Another node's would have to be
//! read whole and taken apart, while the frequencies of a share of the articles are about those of all. No limit rests on it: at
//! most, a tag near the threshold fits at one node and is reviewed at another.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use super::one_word::is_one_word;
use crate::{
    lexicon::how_common,
    text::{FoldedText, fold::CharKind, frequency},
};

/// How many of the newest articles are counted.
pub const LEARNED_MAX: usize = 2_000;
/// From this number of counted articles on, they have a say in how common a piece is.
const ARTICLES_MIN: u32 = 100;
/// A piece that more than one article in this many has loses weight.
const COMMON: f32 = 20.0;
/// The number of counters. Pieces are hashed to them; two pieces with the same counter are taken to be as common as
/// both together.
const COUNTERS: usize = 1 << 18;
/// The weight of a word of letters and digits: about that of two rather rare characters.
const WORD_WEIGHT: f32 = 6.0;
/// The weight of a Chinese word for each step (a factor of two) that it is rarer than the commonest words, which are of
/// the level below.
const WORD_STEP: f32 = 0.45;
const WORD_LEVEL_MAX: u8 = 20;
/// The factor for two characters that are no everyday word: they may be the end of one word and the beginning of the
/// next.
const ACROSS_WORDS: f32 = 0.5;
/// The weight of a single letter or digit: next to nothing.
const LETTER_WEIGHT: f32 = 0.5;

/// A piece of a text, hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Gram(u64);

/// A piece, its weight by its characters alone, and its range of dense characters.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlacedGram {
    pub piece: Gram,
    pub weight: f32,
    pub dense: (usize, usize),
}

/// How many of the board's newest articles have each piece.
#[derive(Debug)]
pub struct Rarity {
    counts: Box<[AtomicU32]>,
    articles: AtomicU32,
    learned: Mutex<CountedArticles>,
}

/// The articles that are counted, by name and by age.
#[derive(Debug)]
struct CountedArticles {
    max: usize,
    by_name: HashMap<Arc<str>, CountedArticle>,
    by_age: BTreeSet<(i64, Arc<str>)>,
}

/// When an article was stored, and the counters of its pieces.
#[derive(Debug)]
struct CountedArticle {
    at_ms: i64,
    places: Box<[u32]>,
}

impl Default for Rarity {
    /// No article is counted yet.
    fn default() -> Self {
        Self::of_newest(LEARNED_MAX)
    }
}

impl Rarity {
    fn of_newest(max: usize) -> Self {
        Self {
            counts: (0..COUNTERS).map(|_| AtomicU32::new(0)).collect(),
            articles: AtomicU32::new(0),
            learned: Mutex::new(CountedArticles {
                max,
                by_name: HashMap::new(),
                by_age: BTreeSet::new(),
            }),
        }
    }

    /// Counts an article, each piece once, in place of its earlier content; the oldest article is dropped if there are
    /// too many.
    pub(super) fn learn(&self, name: &str, at_ms: i64, pieces: &HashSet<Gram>) {
        let mut learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        let known = learned.by_name.get(name);
        // an older version may arrive late: the result must not depend on the order of arrival
        if known.is_some_and(|known| known.at_ms > at_ms) {
            return;
        }
        self.forget(learned.take(name));
        let places: Box<[u32]> = pieces.iter().map(|piece| place_of(*piece)).collect();
        for place in &places {
            self.counts[*place as usize].fetch_add(1, Relaxed);
        }
        self.articles.fetch_add(1, Relaxed);
        let name: Arc<str> = name.into();
        learned.by_age.insert((at_ms, Arc::clone(&name)));
        learned
            .by_name
            .insert(name, CountedArticle { at_ms, places });
        self.forget(learned.take_surplus());
    }

    /// The same from the texts of an article.
    pub fn learn_text<'t>(&self, name: &str, at_ms: i64, parts: impl Iterator<Item = &'t str>) {
        let placed = parts.flat_map(|part| pieces(&FoldedText::new(part)));
        self.learn(name, at_ms, &placed.map(|placed| placed.piece).collect());
    }

    fn forget(&self, counted: Option<CountedArticle>) {
        let Some(counted) = counted else { return };
        for place in &counted.places {
            self.counts[*place as usize].fetch_sub(1, Relaxed);
        }
        self.articles.fetch_sub(1, Relaxed);
    }

    /// How many articles are counted.
    pub fn articles(&self) -> u32 {
        self.articles.load(Relaxed)
    }

    /// The weight of a piece: by its characters, and less the more articles have it. If no more than one article in
    /// twenty has it, it keeps its whole weight; if every article has it, it has none.
    pub(super) fn weight(&self, placed: &PlacedGram) -> f32 {
        let articles = self.articles();
        if articles < ARTICLES_MIN {
            return placed.weight;
        }
        let count = &self.counts[place_of(placed.piece) as usize];
        // one is added to both numbers, so that a piece that no counted article has does not divide by zero
        let holding = count.load(Relaxed) as f32 + 1.0;
        let rare = ((articles as f32 + 1.0) / holding).max(1.0).ln() / COMMON.ln();
        placed.weight * rare.min(1.0)
    }
}

impl CountedArticles {
    fn take(&mut self, name: &str) -> Option<CountedArticle> {
        let (name, counted) = self.by_name.remove_entry(name)?;
        self.by_age.remove(&(counted.at_ms, name));
        Some(counted)
    }

    /// The oldest, where there are too many.
    fn take_surplus(&mut self) -> Option<CountedArticle> {
        if self.by_age.len() <= self.max {
            return None;
        }
        let (_, name) = self.by_age.pop_first()?;
        self.by_name.remove(&name)
    }
}

/// The counter of a piece.
const fn place_of(piece: Gram) -> u32 {
    (piece.0 as usize & (COUNTERS - 1)) as u32
}

/// The pieces of a text, in order.
pub(super) fn pieces(text: &FoldedText) -> Vec<PlacedGram> {
    let chars: Vec<char> = text.dense().chars().collect();
    let kind = |dense: usize| {
        let place = text.places().get(text.place_of(dense));
        place.map_or(CharKind::Skip, |place| place.kind)
    };
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if kind(at) == CharKind::Word {
            // a word also ends at a blank, which the dense text lacks: Boeing 737 is two words
            let end = (at + 1..chars.len())
                .find(|next| {
                    kind(*next) != CharKind::Word
                        || text.place_of(*next) != text.place_of(next - 1) + 1
                })
                .unwrap_or(chars.len());
            pieces.push(word(&chars[at..end], (at, end)));
            at = end;
            continue;
        }
        // in 向北，約三 a comma parts 北 and 約: no piece 北約
        if let Some(next) = chars.get(at + 1)
            && kind(at + 1) != CharKind::Word
            && is_one_word(text, &(at..at + 2))
        {
            pieces.push(pair(chars[at], *next, (at, at + 2)));
        }
        at += 1;
    }
    pieces
}

fn pair(first: char, second: char, dense: (usize, usize)) -> PlacedGram {
    // about the negative logarithm of a character's frequency, which is as one over its rank (Zipf's law)
    let rarity = |ch: char| ((f32::from(frequency::rank(ch)) + 20.0) / 20.0).ln() + 0.3;
    let by_chars = rarity(first) + rarity(second);
    let weight = match how_common(&[first, second]) {
        Some(level) => {
            by_chars.min((f32::from(WORD_LEVEL_MAX.saturating_sub(level)) * WORD_STEP).max(0.3))
        }
        None => by_chars * ACROSS_WORDS,
    };
    PlacedGram {
        piece: Gram(mixed(
            (u64::from(first as u32) << 32) | u64::from(second as u32),
        )),
        weight,
        dense,
    }
}

fn word(chars: &[char], dense: (usize, usize)) -> PlacedGram {
    let hash = |hash: u64, ch: &char| mixed(hash ^ u64::from(*ch as u32));
    PlacedGram {
        piece: Gram(chars.iter().fold(1, hash)),
        weight: if chars.len() > 1 {
            WORD_WEIGHT
        } else {
            LETTER_WEIGHT
        },
        dense,
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014): every bit of the key moves every bit of the hash.
const fn mixed(key: u64) -> u64 {
    let mut hash = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(text: &str) -> usize {
        pieces(&FoldedText::new(text)).len()
    }

    #[test]
    fn pieces_are_pairs_of_characters_and_whole_words() {
        assert_eq!(count("果膠酶"), 2);
        assert_eq!(count("Boeing 737 客機"), 3);
        assert_eq!(count("向北，約三"), 2);
        assert_eq!(count("車"), 0);
    }

    #[test]
    fn what_many_articles_have_weighs_little() {
        let rarity = Rarity::default();
        let of = |text: &str| pieces(&FoldedText::new(text));
        let before = rarity.weight(&of("台灣")[0]);
        for nth in 0..ARTICLES_MIN {
            rarity.learn_text(&format!("a-{nth}"), nth.into(), ["台灣"].into_iter());
        }
        assert!(rarity.weight(&of("台灣")[0]) < before / 10.0);
        assert!(rarity.weight(&of("鋼琴")[0]) > before / 2.0);
        assert_eq!(rarity.articles(), ARTICLES_MIN);
    }

    #[test]
    fn the_newest_count_each_once_in_whatever_order_they_come() {
        let counts = |rarity: &Rarity| -> Vec<u32> {
            rarity
                .counts
                .iter()
                .map(|count| count.load(Relaxed))
                .collect()
        };
        let texts = ["台灣鋼琴", "果膠酶", "客機降落", "今天天氣", "選舉結果"];
        // An article is stored again and again; ids fall while times grow.
        let stored: Vec<(String, i64, &str)> = (0..60)
            .map(|at| (format!("a-{}", (60 - at) / 3), at, texts[at as usize % 5]))
            .collect();
        let running = Rarity::of_newest(7);
        for (name, at_ms, text) in &stored {
            running.learn_text(name, *at_ms, [*text].into_iter());
        }
        let last: HashMap<&str, (i64, &str)> = stored
            .iter()
            .map(|(name, at_ms, text)| (name.as_str(), (*at_ms, *text)))
            .collect();
        let started = Rarity::of_newest(7);
        for (name, (at_ms, text)) in last {
            started.learn_text(name, at_ms, [text].into_iter());
        }
        assert_eq!((running.articles(), started.articles()), (7, 7));
        assert_eq!(counts(&running), counts(&started));
        let newest: HashSet<Gram> = pieces(&FoldedText::new(texts[4]))
            .iter()
            .map(|placed| placed.piece)
            .collect();
        assert!(
            newest
                .iter()
                .any(|piece| counts(&running)[place_of(*piece) as usize] > 0)
        );
    }
}
