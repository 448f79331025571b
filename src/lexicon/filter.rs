//! Where a pattern may stand: one pass over the units of a text, with a few bits for each place.
//!
//! A pattern that is looked for as it stands is filed under its rarest three codes in a row (or its two, or its one); one
//! that may be disguised, under its rarest two sounds with everything that may stand in for either. The pass only marks
//! places; the few that are marked are looked up. A place is never missed; what is looked up is compared code by code.

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

/// Something filed: a pattern, or a run of components to be put together.
pub(super) type PatternRef = u32;

/// A set of bits, as many as a power of two.
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

/// One bit of a flat set, whose size is a power of two.
#[inline]
fn bit_of<const WORDS: usize>(words: &[u64; WORDS], bit: usize) -> u64 {
    (words[(bit / 64) & (WORDS - 1)] >> (bit & 63)) & 1
}

/// A blocked Bloom filter: all that is asked of one place lies in one word, so that it costs one look at the memory.
///
/// The word is found by one hash; each key is two bits of it. It never says no to a key that was put in.
#[derive(Debug)]
struct BlockedBloom {
    words: Box<[u64; BLOCKS_MAX]>,
    shift: u32,
}

/// As many words as there can be, so that asking needs no bounds check; where fewer are in use, only the first ones are
/// ever touched.
const BLOCKS_MAX: usize = 1 << 16;
const BLOCKS_MIN: usize = 1 << 9;

impl BlockedBloom {
    /// For about so many keys: a sixteenth of the bits is set.
    fn new(keys: usize) -> Self {
        let words = (keys / 2).next_power_of_two().clamp(BLOCKS_MIN, BLOCKS_MAX);
        Self {
            words: Box::new([0; BLOCKS_MAX]),
            shift: 64 - words.trailing_zeros(),
        }
    }

    #[inline]
    fn word(&self, hash: u64) -> usize {
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

/// One entry: a key, what is filed under it, and how far behind the pattern's start the key ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct KeyedEntry<K> {
    key: K,
    filed: PatternRef,
    end: u8,
}

/// A pattern that may be disguised, filed under two sounds; with what can be asked of the codes around at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct SoundEntry {
    filed: PatternRef,
    /// The codes that the pattern itself has there.
    codes: [Code; 2],
    /// The code beside them, and one bit for each sound that may stand for it, hashed; none where `near` is zero.
    beside: Code,
    near: u32,
    /// Whether the position beside comes before the pair.
    ahead: bool,
    /// Whether one of these positions at least must say the term itself, if all are Chinese.
    said: bool,
    end: u8,
}

/// Entries by key, found by the word of the bitmap that the key's bit is in.
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
        entries.sort_unstable_by_key(|entry| (bit(entry.key) / 64, *entry));
        entries.dedup();
        let mut first = vec![0_u32; words + 1];
        for entry in &entries {
            if let Some(count) = first.get_mut(bit(entry.key) / 64 + 1) {
                *count += 1;
            }
        }
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

/// Patterns that are looked for as they stand.
#[derive(Debug)]
struct ByCodes {
    /// By the hash of their last two codes; the one before them is another key.
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
    /// By two sounds side by side, whatever has them; asked where something is odd.
    pairs: Box<[u64; PAIR_WORDS]>,
    /// Of Chinese characters: by two sounds with the one before, or with the code of either.
    spoken: BlockedBloom,
    /// How many pairs come before each word of `pairs`.
    ranks: Box<[u32]>,
    /// Where the entries of each pair start.
    starts: Box<[u32]>,
    entries: Box<[SoundEntry]>,
}

/// Everything that is filed.
#[derive(Debug)]
pub(super) struct Filter {
    exact: ByCodes,
    heard: BySounds,
}

/// What is to be filed.
#[derive(Debug, Default)]
pub(super) struct FilterBuilder {
    exact: Vec<KeyedEntry<u64>>,
    singles: Vec<(Code, PatternRef)>,
    /// By the pair of sounds.
    heard: Vec<(u32, SoundEntry)>,
    /// By the pair of sounds, what stands with it.
    spoken: Vec<(u32, u64)>,
}

/// A marked place: the unit, and above it why it is marked.
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

/// What stands with a pair, as a key: the sound before it, the pair's own first or second code, the code before it, or
/// nothing. All are cut from few hashes, which go on from place to place.
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
    /// Files a run of codes as it stands.
    pub(super) fn add_by_codes(&mut self, codes: &[Code], filed: PatternRef) {
        let wide = |codes: &[Code]| {
            codes
                .iter()
                .fold(0, |key, code| key << 16 | u64::from(*code))
        };
        match codes {
            [] => {}
            [one] => self.singles.push((*one, filed)),
            [_, _] => self.exact.push(KeyedEntry {
                key: PAIR | wide(codes),
                filed,
                end: 1,
            }),
            _ => {
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

    /// Files a pattern under two of its sounds, whatever is written for them. It has two positions at least.
    pub(super) fn add_by_sound(
        &mut self,
        pattern: &Pattern,
        positions: &[Position],
        allowed: Disguises,
        filed: PatternRef,
    ) {
        // of two characters none is ever masked
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
        // the sound before the pair is asked, too: the pair is never the first two of three
        let first = usize::from(positions.len() > 2);
        let cost = |at: usize| {
            let before = at
                .checked_sub(1)
                .map_or(1.0, |before| sound_frequency(&free[before]));
            before * sound_frequency(&free[at]) * sound_frequency(&free[at + 1])
        };
        let cheapest =
            (first..positions.len() - 1).min_by(|left, right| cost(*left).total_cmp(&cost(*right)));
        // beside masks anything may stand: a Latin word is filed under its beginning, which is not masked
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
        let said = !pattern.spaced && positions.len() <= super::verify_match::LONG_CHARS_MIN;
        for first in &free[at] {
            for second in &free[at + 1] {
                let masks = usize::from(!plain[at].contains(first))
                    + usize::from(!plain[at + 1].contains(second));
                if masks > 1 && !pattern.spaced {
                    continue;
                }
                let pair = pair_of(*first, *second);
                let sounds = beside.map(|(near, _)| {
                    if masks > 0 && !pattern.spaced {
                        &plain[near]
                    } else {
                        &free[near]
                    }
                });
                let heard = SoundEntry {
                    filed,
                    codes: [code(at), code(at + 1)],
                    beside: beside.map_or(0, |(near, _)| code(near)),
                    near: sounds.map_or(0, |sounds| {
                        sounds
                            .iter()
                            .fold(0, |bits, sound| bits | sound_bit(*sound))
                    }),
                    ahead: beside.is_some_and(|(_, ahead)| ahead),
                    said,
                    end: (at + 1) as u8,
                };
                self.heard.push((pair, heard));
            }
        }
    }

    /// Files what Chinese characters alone may say.
    fn add_by_chinese_sound(&mut self, positions: &[Position], at: usize) {
        let spoken = |at: usize| {
            positions
                .get(at)
                .map(Position::chinese_sounds)
                .unwrap_or_default()
        };
        let own = |at: usize| {
            positions
                .get(at)
                .map_or(Sound::NONE, |position| spoken_as(position.code))
        };
        for first in spoken(at) {
            for second in spoken(at + 1) {
                let pair = pair_of(first, second);
                match at.checked_sub(1) {
                    Some(ahead) => self.spoken.extend(
                        spoken(ahead)
                            .into_iter()
                            .map(|sound| (pair, before(of_sound(sound)))),
                    ),
                    // of two characters one at least is said
                    None => {
                        let said = |at: usize, sound: Sound| {
                            (own(at) == sound)
                                .then(|| positions.get(at).map_or(0, |position| position.code))
                        };
                        self.spoken
                            .extend(said(at, first).map(|code| (pair, first_code(of_code(code)))));
                        self.spoken.extend(
                            said(at + 1, second).map(|code| (pair, second_code(of_code(code)))),
                        );
                    }
                }
            }
        }
    }

    /// Lays everything out.
    pub(super) fn finish(mut self) -> Filter {
        // a word of the directory for each entry or two
        let words = self.exact.len().next_power_of_two().clamp(1 << 6, 1 << 20);
        let shift = 64 - (words * 64).trailing_zeros();
        let mut blocks = BlockedBloom::new(self.exact.len());
        let mut single_bits = BitSet::new(CODE_WORDS * 64);
        for entry in &self.exact {
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
        let exact = ByCodes {
            blocks,
            shift,
            single_bits: flat(&single_bits),
            directory: Directory::new(self.exact, words, |key| hashed(key, shift)),
            singles: self.singles,
        };
        Filter {
            exact,
            heard: BySounds::new(self.heard, self.spoken),
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
        starts.push(entries.len() as u32);
        near.sort_unstable();
        near.dedup();
        let mut spoken = BlockedBloom::new(near.len());
        for (pair, key) in near {
            spoken.insert(hash(u64::from(pair)), key);
        }
        let mut sum = 0;
        let ranks = pairs.words.iter().map(|word| {
            sum += word.count_ones();
            sum - word.count_ones()
        });
        Self {
            ranks: ranks.collect(),
            pairs: flat(&pairs),
            spoken,
            starts: starts.into(),
            entries: entries.into_iter().map(|(_, heard)| heard).collect(),
        }
    }

    /// What is filed under a pair that is known.
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
    /// Whether the units around leave it a chance: each is compared later.
    fn may_stand(&self, [ahead, first, second, after]: [Unit; 4]) -> bool {
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
        !self.said || exact || first.is_odd() || second.is_odd() || (near && beside.is_odd())
    }
}

impl Filter {
    /// Writes the places at which something filed may end to the head of `places`; how many.
    pub(super) fn find_candidates(&self, units: &[Unit], places: &mut Vec<Candidate>) -> usize {
        if self.heard.entries.is_empty() {
            self.find_candidates_by::<false>(units, places)
        } else {
            self.find_candidates_by::<true>(units, places)
        }
    }

    /// The same, with the sounds or, where nothing is filed under any, without them.
    fn find_candidates_by<const HEARS: bool>(
        &self,
        units: &[Unit],
        places: &mut Vec<Candidate>,
    ) -> usize {
        if places.len() < units.len() + 1 {
            places.resize(units.len() + 64, 0);
        }
        let mut marked = 0_usize;
        let out = &mut places[..=units.len()];
        let (exact, spoken) = (&self.exact.blocks, &self.heard.spoken);
        let (pairs, singles) = (&*self.heard.pairs, &*self.exact.single_bits);
        let mut first = Unit::default();
        let (mut first_hash, mut ahead_hash) = (of_code(SKIP), of_code(SKIP));
        let (mut first_sound, mut ahead_sound) = (of_sound(Sound::NONE), of_sound(Sound::NONE));
        let mut odd = 0_u32;
        for (at, unit) in (0_u32..).zip(units) {
            let pair = hash((u64::from(first.code()) << 16) | u64::from(unit.code()));
            let word = exact.at(pair);
            let (triple, two) = (holds(word, ahead(ahead_hash)), holds(word, alone(pair)));
            let one = bit_of(singles, usize::from(unit.code())) as u32;
            let sounds = pair_of(first.sound(), unit.sound());
            let (code_hash, sound_hash) = (of_code(unit.code()), of_sound(unit.sound()));
            odd = (odd << 1 | u32::from(unit.is_odd())) & 7;
            let heard = if !HEARS {
                0
            } else if odd == 0 {
                let word = spoken.at(hash(u64::from(sounds)));
                holds(word, before(ahead_sound))
                    | holds(word, first_code(first_hash))
                    | holds(word, second_code(code_hash))
            } else {
                bit_of(pairs, sounds as usize) as u32
            };
            (first, ahead_hash, first_hash) = (*unit, first_hash, code_hash);
            (ahead_sound, first_sound) = (first_sound, sound_hash);
            let why = triple | two << 1 | heard << 2 | one << 3;
            if let Some(place) = out.get_mut(marked) {
                *place = (at & UNIT) | why << 28;
            }
            marked += usize::from(why != 0);
        }
        marked
    }

    /// Calls `each` with what may stand there and the unit it would start at, for one marked place.
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
                .exact
                .singles
                .partition_point(|(code, _)| *code < single);
            let same = self.exact.singles.get(from..).unwrap_or_default().iter();
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
        for entry in self.exact.directory.at(hashed(key, self.exact.shift), key) {
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
        if bit_of(&self.heard.pairs, pair as usize) == 0 {
            return;
        }
        for entry in self.heard.at(pair) {
            if entry.may_stand(around)
                && let Some(start) = place.checked_sub(usize::from(entry.end))
            {
                each(entry.filed, start);
            }
        }
    }
}

/// Files a pattern by what may be undone for it.
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

fn spoken_as(code: Code) -> Sound {
    char::from_u32(u32::from(code)).map_or(Sound::NONE, Sound::of)
}

struct CharFrequencies {
    codes: Vec<f32>,
    sounds: Vec<f64>,
}

/// How often a character stands in ordinary text, roughly: by its rank (Zipf).
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
    let one = |sound: &Sound| {
        WEIGHTS
            .sounds
            .get(usize::from(sound.0))
            .copied()
            .unwrap_or(1.0)
    };
    sounds.iter().map(one).sum()
}
