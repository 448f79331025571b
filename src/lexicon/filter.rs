//! The filter: one pass over the units of a text that marks the places at which a pattern may match.
//!
//! A pattern that is searched for as listed is indexed by its rarest three neighbouring codes (or by its two, or its
//! one): 台灣獨立 by 灣獨立 if that is the rarest. A pattern that may be disguised is indexed by its rarest two neighbouring
//! sounds, with every combination of sounds that may be written there: 幹你娘 (gan, ni, niang) is found by ni + niang, by
//! ㄋ + niang, by mask + niang….
//!
//! The pass only tests hashed bits, a few for each place, and marks where one is set; [`Filter::at`] then looks the
//! marked places up in sorted tables. A hash collision costs one look-up and a comparison in vain, and no place is ever
//! missed. Only two positions of a term are expanded to what may be written for them; an automaton would have to hold
//! every spelling of the whole term.

use std::sync::LazyLock;

use super::pattern::{Arena, Pattern, Position};
use crate::text::{
    Disguise, Disguises, frequency,
    sound::{SOUNDS_MAX, Sound},
    units::{Code, SKIP, Unit},
};

/// Knuth's multiplicative hash, 64 bits.
const HASH: u64 = 0x9e37_79b9_7f4a_7c15;
/// Marks a key of two codes.
const PAIR: u64 = 1 << 48;
const SOUND_BITS: u32 = 9;

/// What an entry of the filter refers to: the index of a pattern, a component sequence or the mark of the literals.
pub(super) type PatternRef = u32;

/// A set of bits; their number is a power of two.
#[derive(Debug, Default)]
struct BitSet {
    words: Box<[u64]>,
}

impl BitSet {
    fn new(bits: usize) -> Self {
        let words = bits.next_power_of_two().max(64) / 64;
        Self {
            words: vec![0; words].into(),
        }
    }

    fn mask(&self) -> usize {
        self.words.len() * 64 - 1
    }

    fn insert(&mut self, bit: usize) {
        let bit = bit & self.mask();
        if let Some(word) = self.words.get_mut(bit / 64) {
            *word |= 1 << (bit % 64);
        }
    }
}

const PAIR_WORDS: usize = SOUNDS_MAX * SOUNDS_MAX / 64;
const CODE_WORDS: usize = (1 << 16) / 64;

fn flat<const WORDS: usize>(bits: &BitSet) -> Box<[u64; WORDS]> {
    let mut words = Box::new([0; WORDS]);
    for (word, bits) in words.iter_mut().zip(&bits.words) {
        *word = *bits;
    }
    words
}

/// One bit of a flat set. The mask, whose size is a power of two, spares the bounds check.
#[inline]
fn bit_of<const WORDS: usize>(words: &[u64; WORDS], bit: usize) -> u64 {
    (words[(bit / 64) & (WORDS - 1)] >> (bit & 63)) & 1
}

/// A blocked Bloom filter: all bits that concern one place are in one word of 64 bits, so that a place costs one access
/// to memory.
///
/// A hash selects the word; each key sets two bits of it. A key that was inserted is always found; others are found
/// sometimes.
#[derive(Debug)]
struct BlockedBloom {
    words: Box<[u64; BLOCKS_MAX]>,
    shift: u32,
}

/// The number of words is fixed, so that access needs no bounds check; if fewer are in use, only the first ones are
/// ever touched.
const BLOCKS_MAX: usize = 1 << 16;
const BLOCKS_MIN: usize = 1 << 9;

impl BlockedBloom {
    /// A filter for about this many keys: about a sixteenth of its bits will be set.
    fn new(keys: usize) -> Self {
        // two keys a word set four of its 64 bits at most: an absent key passes about once in 256 times
        let words = (keys / 2).next_power_of_two().clamp(BLOCKS_MIN, BLOCKS_MAX);
        Self {
            words: Box::new([0; BLOCKS_MAX]),
            shift: 64 - words.trailing_zeros(),
        }
    }

    #[inline]
    fn word(&self, hash: u64) -> usize {
        // the shift alone keeps it in range; the mask shows that to the compiler, which drops the
        // bounds check
        (hash >> self.shift) as usize & (BLOCKS_MAX - 1)
    }

    fn insert(&mut self, hash: u64, key: u64) {
        let word = self.word(hash);
        self.words[word] |= two_bits(key);
    }

    /// The word in which the keys of this hash are.
    #[inline]
    fn at(&self, hash: u64) -> u64 {
        self.words[self.word(hash)]
    }
}

/// The two bits of a hashed key.
#[inline]
const fn two_bits(key: u64) -> u64 {
    (1 << (key >> 58)) | (1 << ((key >> 52) & 63))
}

/// Whether a key's bits are all set.
#[inline]
fn holds(word: u64, key: u64) -> u32 {
    u32::from(word & two_bits(key) == two_bits(key))
}

#[inline]
const fn hash(key: u64) -> u64 {
    key.wrapping_mul(HASH)
}

/// An entry: a key, the pattern that it refers to, and how far behind the pattern's start the key ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct KeyedEntry<K> {
    key: K,
    filed: PatternRef,
    end: u8,
}

/// The entry of a pattern that may be disguised, under two sounds, with what can be tested at once on the units around
/// them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct SoundEntry {
    filed: PatternRef,
    /// The codes that the pattern itself has there.
    codes: [Code; 2],
    /// The code next to them, and a hashed bit for each sound that may be written for it; there is none if `near` is
    /// zero.
    beside: Code,
    near: u32,
    /// Whether that one comes before the pair, not after it.
    ahead: bool,
    /// Whether at least one of these positions must be the term's own character, if all are Chinese.
    needs_own: bool,
    end: u8,
}

/// Entries by key, grouped by a part of the key's hash.
#[derive(Debug)]
struct Directory<K> {
    first: Box<[u32]>,
    entries: Box<[KeyedEntry<K>]>,
}

impl<K> Default for Directory<K> {
    fn default() -> Self {
        Self {
            first: Box::default(),
            entries: Box::default(),
        }
    }
}

impl<K: Copy + Ord> Directory<K> {
    fn new(mut entries: Vec<KeyedEntry<K>>, words: usize, bit: impl Fn(K) -> usize) -> Self {
        // by block first: `at` selects a block and compares only the few keys in it
        entries.sort_unstable_by_key(|entry| (bit(entry.key) / 64, *entry));
        entries.dedup();
        let mut first = vec![0_u32; words + 1];
        for entry in &entries {
            if let Some(count) = first.get_mut(bit(entry.key) / 64 + 1) {
                *count += 1;
            }
        }
        // counts become prefix sums: the entries of block n are first[n]..first[n + 1]
        let mut sum = 0;
        for count in &mut first {
            sum += *count;
            *count = sum;
        }
        Self {
            first: first.into(),
            entries: entries.into(),
        }
    }

    fn at(&self, bit: usize, key: K) -> impl Iterator<Item = &KeyedEntry<K>> {
        let word = bit / 64;
        let bound = |at: usize| self.first.get(at).copied().unwrap_or(0) as usize;
        let same = self.entries.get(bound(word)..bound(word + 1));
        same.unwrap_or_default()
            .iter()
            .filter(move |entry| entry.key == key)
    }
}

/// Patterns that are searched for as listed.
#[derive(Debug)]
struct ByCodes {
    /// The hash of the last two codes selects the word; the code before them, or their being alone, is the key.
    blocks: BlockedBloom,
    shift: u32,
    directory: Directory<u64>,
    /// Patterns of one code.
    singles: Vec<(Code, PatternRef)>,
    single_bits: Box<[u64; CODE_WORDS]>,
}

/// Patterns that may be disguised.
#[derive(Debug)]
struct BySounds {
    /// A bit for each pair of sounds that has entries; used where one of the last three units is odd (no plain Chinese
    /// character).
    pairs: Box<[u64; PAIR_WORDS]>,
    /// Where all are plain Chinese characters: the pair of sounds together with the sound before it, or with the code
    /// of either. Pairs of sounds alone are too common in ordinary text.
    chinese: BlockedBloom,
    /// The number of pairs before each word of `pairs`: with the bits below it in its word, the rank of a pair.
    ranks: Box<[u32]>,
    /// The first entry of each pair, by its rank.
    starts: Box<[u32]>,
    entries: Box<[SoundEntry]>,
}

/// The filter.
#[derive(Debug)]
pub(super) struct Filter {
    by_codes: ByCodes,
    by_sounds: BySounds,
}

/// A filter under construction.
#[derive(Debug, Default)]
pub(super) struct FilterBuilder {
    exact: Vec<KeyedEntry<u64>>,
    singles: Vec<(Code, PatternRef)>,
    /// Entries with their pair of sounds.
    by_sounds: Vec<(u32, SoundEntry)>,
    /// Keys of [`BySounds::chinese`] with their pair of sounds.
    chinese: Vec<(u32, u64)>,
}

/// A marked place: the index of the unit, and in the high bits why it is marked.
pub(super) type Candidate = u32;

const TRIPLE: Candidate = 1 << 28;
const TWO: Candidate = 1 << 29;
const SOUNDS: Candidate = 1 << 30;
const ONE: Candidate = 1 << 31;
const UNIT: Candidate = TRIPLE - 1;

fn hashed(key: u64, shift: u32) -> usize {
    (key.wrapping_mul(HASH) >> shift) as usize
}

fn pair_of(before: Sound, after: Sound) -> u32 {
    (u32::from(before.0) << SOUND_BITS) | u32::from(after.0)
}

/// Keys that go with a pair: the sound before it, its own first or second code, the code before it, or nothing. A key
/// uses the high bits of a hash that the pass has anyway; shifted by different amounts one hash serves several keys.
const fn before(sound: u64) -> u64 {
    sound
}

const fn first_code(code: u64) -> u64 {
    code
}

const fn second_code(code: u64) -> u64 {
    code << 12
}

const fn ahead(code: u64) -> u64 {
    code << 24
}

const fn alone(pair: u64) -> u64 {
    pair << 20
}

const fn of_code(code: Code) -> u64 {
    hash(code as u64 | 0x1_0000)
}

const fn of_sound(sound: Sound) -> u64 {
    hash(sound.0 as u64 | 0x2_0000)
}

fn sound_bit(sound: Sound) -> u32 {
    1 << (sound.0 & 31)
}

impl FilterBuilder {
    /// Adds a sequence of codes to be found as it is.
    pub(super) fn add_by_codes(&mut self, codes: &[Code], filed: PatternRef) {
        let wide = |codes: &[Code]| {
            codes
                .iter()
                .fold(0, |key, code| key << 16 | u64::from(*code))
        };
        match codes {
            [] => {}
            [code] => self.singles.push((*code, filed)),
            [_, _] => self.exact.push(KeyedEntry {
                key: PAIR | wide(codes),
                filed,
                end: 1,
            }),
            _ => {
                // 台灣獨立 has the windows 台灣獨 and 灣獨立: only the rarer one is indexed, and `end` leads
                // back to the start
                let rare = |codes: &[Code]| codes.iter().map(|code| weight(*code)).product::<f64>();
                let rarest = (0..codes.len() - 2).min_by(|left, right| {
                    rare(&codes[*left..left + 3]).total_cmp(&rare(&codes[*right..right + 3]))
                });
                let at = rarest.unwrap_or(0);
                self.exact.push(KeyedEntry {
                    key: wide(&codes[at..at + 3]),
                    filed,
                    end: (at + 2) as u8,
                });
            }
        }
    }

    /// Adds a pattern by two of its sounds, whatever may be written for them. It has at least two positions.
    pub(super) fn add_by_sound(
        &mut self,
        pattern: &Pattern,
        positions: &[Position],
        allowed: Disguises,
        filed: PatternRef,
    ) {
        // a term of two characters is never masked
        let long =
            usize::from(pattern.len.min(pattern.chars)) >= super::verify_match::LONG_CHARS_MIN;
        let masked = allowed.contains(Disguise::Mask) && (pattern.spaced || long);
        let (plain, free): (Vec<_>, Vec<_>) = positions
            .iter()
            .enumerate()
            .map(|(nth, position)| {
                // the first letter of a Latin word is never masked
                let masks = masked && !(pattern.spaced && nth == 0);
                (
                    position.sounds(allowed, false, pattern.spaced),
                    position.sounds(allowed, masks, pattern.spaced),
                )
            })
            .unzip();
        // the sound before the pair is tested too, so of three or more the first two are never the pair
        let first = usize::from(positions.len() > 2);
        let cost = |at: usize| {
            let before = at
                .checked_sub(1)
                .map_or(1.0, |before| sound_frequency(&free[before]));
            before * sound_frequency(&free[at]) * sound_frequency(&free[at + 1])
        };
        let cheapest =
            (first..positions.len() - 1).min_by(|left, right| cost(*left).total_cmp(&cost(*right)));
        // next to a mask there may be another: a Latin word is indexed by its beginning, which is not masked
        let at = if pattern.spaced {
            0
        } else {
            cheapest.unwrap_or(0)
        };
        let beside = match at.checked_sub(1) {
            Some(before) => Some((before, true)),
            None => (positions.len() > 2).then_some((2, false)),
        };
        if !pattern.spaced {
            self.add_by_chinese_sound(positions, at);
        }
        let code = |at: usize| positions.get(at).map_or(0, |position| position.code);
        // `verify_match` rejects two or three characters that all only sound like the term: not
        // looked up
        let needs_own = !pattern.spaced && positions.len() <= super::verify_match::LONG_CHARS_MIN;
        for first in &free[at] {
            for second in &free[at + 1] {
                // a mask is what only `free` has; 幹*娘 can be a match, 幹** never, so a pair of two
                // masks has no entry
                let masks = usize::from(!plain[at].contains(first))
                    + usize::from(!plain[at + 1].contains(second));
                if masks > 1 && !pattern.spaced {
                    continue;
                }
                let pair = pair_of(*first, *second);
                // with a mask in the pair its neighbour cannot be a second one
                let sounds = beside.map(|(near, _)| {
                    if masks > 0 && !pattern.spaced {
                        &plain[near]
                    } else {
                        &free[near]
                    }
                });
                let entry = SoundEntry {
                    filed,
                    codes: [code(at), code(at + 1)],
                    beside: beside.map_or(0, |(near, _)| code(near)),
                    near: sounds.map_or(0, |sounds| {
                        sounds
                            .iter()
                            .fold(0, |bits, sound| bits | sound_bit(*sound))
                    }),
                    ahead: beside.is_some_and(|(_, ahead)| ahead),
                    needs_own,
                    end: (at + 1) as u8,
                };
                self.by_sounds.push((pair, entry));
            }
        }
    }

    /// Adds the keys by which the pattern is found where all is written in plain Chinese characters.
    fn add_by_chinese_sound(&mut self, positions: &[Position], at: usize) {
        let sounds = |at: usize| {
            positions
                .get(at)
                .map(Position::chinese_sounds)
                .unwrap_or_default()
        };
        let own = |at: usize| {
            positions
                .get(at)
                .map_or(Sound::NONE, |position| sound_of(position.code))
        };
        for first in sounds(at) {
            for second in sounds(at + 1) {
                let pair = pair_of(first, second);
                match at.checked_sub(1) {
                    Some(ahead) => self.chinese.extend(
                        sounds(ahead)
                            .into_iter()
                            .map(|sound| (pair, before(of_sound(sound)))),
                    ),
                    // of two characters at least one is the term's own
                    None => {
                        let own_code = |at: usize, sound: Sound| {
                            (own(at) == sound)
                                .then(|| positions.get(at).map_or(0, |position| position.code))
                        };
                        let first_key = |code| (pair, first_code(of_code(code)));
                        let second_key = |code| (pair, second_code(of_code(code)));
                        self.chinese.extend(own_code(at, first).map(first_key));
                        self.chinese
                            .extend(own_code(at + 1, second).map(second_key));
                    }
                }
            }
        }
    }

    /// Builds the tables.
    pub(super) fn finish(mut self) -> Filter {
        // a word of the directory for each entry or two
        let words = self.exact.len().next_power_of_two().clamp(1 << 6, 1 << 20);
        let shift = 64 - (words * 64).trailing_zeros();
        let mut blocks = BlockedBloom::new(self.exact.len());
        let mut single_bits = BitSet::new(CODE_WORDS * 64);
        for entry in &self.exact {
            // word and key must be computed exactly as `find_candidates_by` does for the last two
            // units of a place
            let pair = entry.key & 0xffff_ffff;
            let key = if entry.key & PAIR != 0 {
                alone(hash(pair))
            } else {
                ahead(of_code((entry.key >> 32) as Code))
            };
            blocks.insert(hash(pair), key);
        }
        for (code, _) in &self.singles {
            single_bits.insert(usize::from(*code));
        }
        self.singles.sort_unstable();
        let by_codes = ByCodes {
            blocks,
            shift,
            single_bits: flat(&single_bits),
            directory: Directory::new(self.exact, words, |key| hashed(key, shift)),
            singles: self.singles,
        };
        Filter {
            by_codes,
            by_sounds: BySounds::new(self.by_sounds, self.chinese),
        }
    }
}

impl BySounds {
    fn new(mut entries: Vec<(u32, SoundEntry)>, mut near: Vec<(u32, u64)>) -> Self {
        let mut pairs = BitSet::new(PAIR_WORDS * 64);
        entries.sort_unstable();
        entries.dedup();
        let mut starts = Vec::new();
        let mut last = None;
        for (place, (pair, _)) in (0..).zip(&entries) {
            if last.replace(*pair) != Some(*pair) {
                starts.push(place);
            }
            pairs.insert(*pair as usize);
        }
        // one more, so that the last pair has an end, too
        starts.push(entries.len() as u32);
        near.sort_unstable();
        near.dedup();
        let mut chinese = BlockedBloom::new(near.len());
        for (pair, key) in near {
            chinese.insert(hash(u64::from(pair)), key);
        }
        let mut sum = 0;
        let ranks = pairs.words.iter().map(|word| {
            sum += word.count_ones();
            sum - word.count_ones()
        });
        Self {
            ranks: ranks.collect(),
            pairs: flat(&pairs),
            chinese,
            starts: starts.into(),
            entries: entries.into_iter().map(|(_, entry)| entry).collect(),
        }
    }

    /// The entries of a pair whose bit is set. The pairs are numbered in the order of their bits: the rank is the
    /// number of bits before the word and below the bit in it, so that there is no table of all 2^18 pairs.
    fn at(&self, pair: u32) -> &[SoundEntry] {
        let (word, bit) = (pair as usize / 64, pair & 63);
        let below = self
            .pairs
            .get(word)
            .map_or(0, |bits| (bits & ((1 << bit) - 1)).count_ones());
        let rank = self
            .ranks
            .get(word)
            .map_or(0, |rank| (rank + below) as usize);
        let bound = |at: usize| self.starts.get(at).map_or(0, |start| *start as usize);
        self.entries
            .get(bound(rank)..bound(rank + 1))
            .unwrap_or_default()
    }
}

impl SoundEntry {
    /// A quick test on the units around; the whole pattern is compared later.
    fn may_match(&self, [ahead, first, second, after]: [Unit; 4]) -> bool {
        // the bits are hashed: a wrong sound may pass and fails later, a right one always passes
        let beside = if self.ahead { ahead } else { after };
        if self.near != 0
            && self.near & sound_bit(beside.sound()) == 0
            && self.beside != beside.code()
        {
            return false;
        }
        let near = self.near != 0;
        let exact = first.code() == self.codes[0]
            || second.code() == self.codes[1]
            || (near && beside.code() == self.beside);
        !self.needs_own || exact || first.is_odd() || second.is_odd() || (near && beside.is_odd())
    }
}

impl Filter {
    /// Marks the places at which an entry may end: writes them to the beginning of `places` and returns their number.
    pub(super) fn find_candidates(&self, units: &[Unit], places: &mut Vec<Candidate>) -> usize {
        if self.by_sounds.entries.is_empty() {
            self.find_candidates_by::<false>(units, places)
        } else {
            self.find_candidates_by::<true>(units, places)
        }
    }

    /// The same, with the sounds or, if no pattern is indexed by sounds, without them. Like the reading of units this
    /// loop has no branch on what it finds: each place is written to `places`, and the next one overwrites it unless it
    /// is marked.
    fn find_candidates_by<const BY_SOUNDS: bool>(
        &self,
        units: &[Unit],
        places: &mut Vec<Candidate>,
    ) -> usize {
        // one more than the units: after the last mark an unmarked place is still written behind it
        if places.len() < units.len() + 1 {
            places.resize(units.len() + 64, 0);
        }
        let mut marked = 0_usize;
        let out = &mut places[..=units.len()];
        let (blocks, chinese) = (&self.by_codes.blocks, &self.by_sounds.chinese);
        let (pairs, singles) = (&*self.by_sounds.pairs, &*self.by_codes.single_bits);
        let mut first = Unit::default();
        let (mut first_hash, mut ahead_hash) = (of_code(SKIP), of_code(SKIP));
        let (mut first_sound, mut ahead_sound) = (of_sound(Sound::NONE), of_sound(Sound::NONE));
        // bit n is set if the unit n places back is odd
        let mut odd = 0_u32;
        for (at, unit) in (0_u32..).zip(units) {
            let pair = hash((u64::from(first.code()) << 16) | u64::from(unit.code()));
            let word = blocks.at(pair);
            let (triple, two) = (holds(word, ahead(ahead_hash)), holds(word, alone(pair)));
            let single = bit_of(singles, usize::from(unit.code())) as u32;
            let sounds = pair_of(first.sound(), unit.sound());
            let (code_hash, sound_hash) = (of_code(unit.code()), of_sound(unit.sound()));
            odd = (odd << 1 | u32::from(unit.is_odd())) & 7;
            let sounding = if !BY_SOUNDS {
                0
            } else if odd == 0 {
                let word = chinese.at(hash(u64::from(sounds)));
                holds(word, before(ahead_sound))
                    | holds(word, first_code(first_hash))
                    | holds(word, second_code(code_hash))
            } else {
                bit_of(pairs, sounds as usize) as u32
            };
            (first, ahead_hash, first_hash) = (*unit, first_hash, code_hash);
            (ahead_sound, first_sound) = (first_sound, sound_hash);
            // bits 28 to 31 in the order of TRIPLE, TWO, SOUNDS and ONE
            let why = triple | two << 1 | sounding << 2 | single << 3;
            if let Some(place) = out.get_mut(marked) {
                *place = (at & UNIT) | why << 28;
            }
            marked += usize::from(why != 0);
        }
        marked
    }

    /// Calls `each` for every entry that may match at a marked place, with the unit at which its pattern would start.
    #[inline]
    pub(super) fn at(
        &self,
        units: &[Unit],
        mark: Candidate,
        mut each: impl FnMut(PatternRef, usize),
    ) {
        let place = (mark & UNIT) as usize;
        let unit = |back: usize| {
            place
                .checked_sub(back)
                .and_then(|at| units.get(at))
                .copied()
                .unwrap_or_default()
        };
        let code = |back: usize| u64::from(unit(back).code());
        if mark & ONE != 0 {
            let single = unit(0).code();
            let from = self
                .by_codes
                .singles
                .partition_point(|(code, _)| *code < single);
            let same = self.by_codes.singles.get(from..).unwrap_or_default().iter();
            same.take_while(|(code, _)| *code == single)
                .for_each(|(_, filed)| each(*filed, place));
        }
        if mark & TWO != 0 {
            self.each_by_codes(PAIR | (code(1) << 16) | code(0), place, &mut each);
        }
        if mark & TRIPLE != 0 {
            self.each_by_codes(
                (code(2) << 32) | (code(1) << 16) | code(0),
                place,
                &mut each,
            );
        }
        if mark & SOUNDS != 0 {
            let around = [
                unit(2),
                unit(1),
                unit(0),
                units.get(place + 1).copied().unwrap_or_default(),
            ];
            self.each_by_sound(around, place, &mut each);
        }
    }

    fn each_by_codes(&self, key: u64, place: usize, each: &mut impl FnMut(PatternRef, usize)) {
        for entry in self
            .by_codes
            .directory
            .at(hashed(key, self.by_codes.shift), key)
        {
            if let Some(start) = place.checked_sub(usize::from(entry.end)) {
                each(entry.filed, start);
            }
        }
    }

    fn each_by_sound(
        &self,
        around: [Unit; 4],
        place: usize,
        each: &mut impl FnMut(PatternRef, usize),
    ) {
        let [_, first, second, _] = around;
        let pair = pair_of(first.sound(), second.sound());
        // the mark may be a false positive of `chinese`, and a pair without a bit would get the
        // rank of another pair
        if bit_of(&self.by_sounds.pairs, pair as usize) == 0 {
            return;
        }
        for entry in self.by_sounds.at(pair) {
            if entry.may_match(around)
                && let Some(start) = place.checked_sub(usize::from(entry.end))
            {
                each(entry.filed, start);
            }
        }
    }
}

/// Adds a pattern to the filter: by its sounds if it may be disguised, else by its codes.
pub(super) fn file(
    filing: &mut FilterBuilder,
    arena: &Arena,
    pattern: &Pattern,
    allowed: Disguises,
    filed: PatternRef,
) {
    if pattern.flexible && pattern.len >= 2 {
        filing.add_by_sound(pattern, arena.positions(pattern), allowed, filed);
    } else {
        filing.add_by_codes(arena.codes(pattern), filed);
    }
}

fn sound_of(code: Code) -> Sound {
    char::from_u32(u32::from(code)).map_or(Sound::NONE, Sound::of)
}

/// How often codes and sounds occur in ordinary text, to choose the rarest keys.
struct CharFrequencies {
    codes: Vec<f32>,
    sounds: Vec<f64>,
}

/// Rough frequencies, from the ranks of the characters (Zipf's law).
static WEIGHTS: LazyLock<CharFrequencies> = LazyLock::new(|| {
    const RARE: f32 = 1.0 / 6_000.0;
    let mut weights = CharFrequencies {
        codes: vec![RARE; 0x1_0000],
        sounds: vec![0.000_2; SOUNDS_MAX],
    };
    for (rank, ch) in frequency::ranked() {
        let weight = 1.0 / (f32::from(rank) + 10.0);
        if let Some(place) = weights.codes.get_mut(ch as usize) {
            *place = weight;
        }
        if let Some(place) = weights.sounds.get_mut(usize::from(Sound::of(ch).0)) {
            *place += f64::from(weight);
        }
    }
    for ch in ('a'..='z').chain('0'..='9') {
        weights.codes[ch as usize] = 1.0 / 500.0;
        weights.sounds[usize::from(Sound::of(ch).0)] += 1.0 / 500.0;
    }
    weights
});

fn weight(code: Code) -> f64 {
    WEIGHTS
        .codes
        .get(usize::from(code))
        .copied()
        .map_or(1.0, f64::from)
}

fn sound_frequency(sounds: &[Sound]) -> f64 {
    let frequency = |sound: &Sound| {
        WEIGHTS
            .sounds
            .get(usize::from(sound.0))
            .copied()
            .unwrap_or(1.0)
    };
    sounds.iter().map(frequency).sum()
}
