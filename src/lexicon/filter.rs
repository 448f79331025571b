//! Where a pattern may stand: one pass over the units of a text, with a few bits for each place.
//!
//! A pattern that is looked for as it stands is filed under its rarest three codes in a row (or its two, or its one); one
//! that may be disguised, under its rarest two sounds with everything that may stand in for either. The pass only marks
//! places; the few that are marked are looked up. A place is never missed; what is looked up is compared code by code.

use std::sync::LazyLock;

use super::pattern::{Arena, Pattern, Position};
use crate::text::{
    Disguise, Disguises,
    sound::{SOUNDS_MAX, Sound},
    units::{Code, Unit},
};

const FREQUENT: &str = include_str!("../text/tables/frequency.txt");
/// Knuth's multiplicative hash, 64 bits.
const HASH: u64 = 0x9e37_79b9_7f4a_7c15;
/// Marks a key of two codes.
const PAIR: u64 = 1 << 48;
const TRIPLE_BITS: u64 = (1 << 48) - 1;
const SOUND_BITS: u32 = 9;

/// Something filed: a pattern, or a run of components to be put together.
pub(super) type Filed = u32;

/// A set of bits, as many as a power of two.
#[derive(Debug, Default)]
struct Bits {
    words: Box<[u64]>,
}

impl Bits {
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

    #[inline]
    fn get(&self, bit: usize) -> u64 {
        let word = self.words.get(bit / 64).copied().unwrap_or(0);
        (word >> (bit % 64)) & 1
    }
}

/// As many words as any hashed key may ask for, so that asking needs no bounds check; where fewer bits are in use, only the
/// first words are ever touched.
type Flat<const WORDS: usize> = Box<[u64; WORDS]>;
const HASHED_WORDS: usize = (1 << 21) / 64;
const PAIR_WORDS: usize = SOUNDS_MAX * SOUNDS_MAX / 64;
const CODE_WORDS: usize = (1 << 16) / 64;

fn flat<const WORDS: usize>(bits: &Bits) -> Flat<WORDS> {
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

/// One entry: a key, what is filed under it, and how far behind the pattern's start the key ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry<K> {
    key: K,
    filed: Filed,
    end: u8,
}

/// A pattern that may be disguised, filed under two sounds; with what can be asked of the codes around at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Heard {
    filed: Filed,
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
    entries: Box<[Entry<K>]>,
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
    fn new(mut entries: Vec<Entry<K>>, words: usize, bit: impl Fn(K) -> usize) -> Self {
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

    fn at(&self, bit: usize, key: K) -> impl Iterator<Item = &Entry<K>> {
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
    bits: Flat<HASHED_WORDS>,
    shift: u32,
    directory: Directory<u64>,
    /// Patterns of one code.
    singles: Vec<(Code, Filed)>,
    single_bits: Flat<CODE_WORDS>,
}

/// Patterns that may be disguised.
#[derive(Debug)]
struct BySounds {
    /// By two sounds side by side.
    pairs: Flat<PAIR_WORDS>,
    /// By two sounds and the one after, or before; or by two and the code of either.
    neighbours: Bits,
    shift: u32,
    /// How many pairs come before each word of `pairs`.
    ranks: Box<[u32]>,
    /// Where the entries of each pair start.
    starts: Box<[u32]>,
    entries: Box<[Heard]>,
}

/// Everything that is filed.
#[derive(Debug)]
pub(super) struct Filter {
    exact: ByCodes,
    heard: BySounds,
}

/// What is to be filed.
#[derive(Debug, Default)]
pub(super) struct Filing {
    exact: Vec<Entry<u64>>,
    singles: Vec<(Code, Filed)>,
    /// By the pair of sounds.
    heard: Vec<(u32, Heard)>,
    neighbours: Vec<u64>,
}

/// A marked place: the unit, and above it why it is marked.
pub(super) type Mark = u32;

const TRIPLE: Mark = 1 << 28;
const TWO: Mark = 1 << 29;
const SOUNDS: Mark = 1 << 30;
const ONE: Mark = 1 << 31;
const UNIT: Mark = TRIPLE - 1;

fn hashed(key: u64, shift: u32) -> usize {
    (key.wrapping_mul(HASH) >> shift) as usize
}

fn pair_of(before: Sound, after: Sound) -> u32 {
    (u32::from(before.0) << SOUND_BITS) | u32::from(after.0)
}

/// A neighbour's key: `side` 0 for the sound after the pair, 1 for the one before, 2 and 3 for the pair's own first and
/// second code.
fn neighbour(pair: u32, near: u16, side: u64) -> u64 {
    (u64::from(pair) << 18) | (u64::from(near) << 2) | side
}

fn sound_bit(sound: Sound) -> u32 {
    1 << (sound.0 & 31)
}

/// Whether a code is a Chinese character: not a letter, a symbol or what stands in for a character.
const fn is_han(code: Code) -> bool {
    code >= 0x2e80 && !matches!(code, 0x3105..=0x312f | 0xd800..=0xdfff)
}

impl Filing {
    /// Files a run of codes as it stands.
    pub(super) fn exact(&mut self, codes: &[Code], filed: Filed) {
        let wide = |codes: &[Code]| {
            codes
                .iter()
                .fold(0, |key, code| key << 16 | u64::from(*code))
        };
        match codes {
            [] => {}
            [one] => self.singles.push((*one, filed)),
            [_, _] => self.exact.push(Entry {
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
                self.exact.push(Entry {
                    key: wide(&codes[at..at + 3]),
                    filed,
                    end: (at + 2) as u8,
                });
            }
        }
    }

    /// Files a pattern under two of its sounds, whatever is written for them. It has two positions at least.
    pub(super) fn heard(
        &mut self,
        pattern: &Pattern,
        positions: &[Position],
        allowed: Disguises,
        filed: Filed,
    ) {
        // of two characters none is ever masked
        let long = usize::from(pattern.len.min(pattern.chars)) >= super::judge::LONG_CHARS_MIN;
        let masked = allowed.contains(Disguise::Mask) && (pattern.spaced || long);
        let (plain, free): (Vec<_>, Vec<_>) = positions
            .iter()
            .enumerate()
            .map(|(nth, position)| {
                // the first letter of a Latin word is never masked
                let masks = masked && !(pattern.spaced && nth == 0);
                (
                    position.heard(allowed, false, pattern.spaced),
                    position.heard(allowed, masks, pattern.spaced),
                )
            })
            .unzip();
        let cost = |at: usize| loudness(&free[at]) * loudness(&free[at + 1]);
        let cheapest =
            (0..positions.len() - 1).min_by(|left, right| cost(*left).total_cmp(&cost(*right)));
        // beside masks anything may stand: a Latin word is filed under its beginning, which is not masked
        let at = if pattern.spaced {
            0
        } else {
            cheapest.unwrap_or(0)
        };
        let beside = if at + 2 < positions.len() {
            Some((at + 2, 0))
        } else {
            at.checked_sub(1).map(|before| (before, 1))
        };
        let code = |at: usize| positions.get(at).map_or(0, |position| position.code);
        let said = !pattern.spaced && positions.len() <= super::judge::LONG_CHARS_MIN;
        for first in &free[at] {
            for second in &free[at + 1] {
                let masks = usize::from(!plain[at].contains(first))
                    + usize::from(!plain[at + 1].contains(second));
                if masks > 1 && !pattern.spaced {
                    continue;
                }
                let pair = pair_of(*first, *second);
                let sounds = beside.map(|(near, side)| {
                    let sounds = if masks > 0 && !pattern.spaced {
                        &plain[near]
                    } else {
                        &free[near]
                    };
                    (sounds, side)
                });
                let heard = Heard {
                    filed,
                    codes: [code(at), code(at + 1)],
                    beside: beside.map_or(0, |(near, _)| code(near)),
                    near: sounds.map_or(0, |(sounds, _)| {
                        sounds
                            .iter()
                            .fold(0, |bits, sound| bits | sound_bit(*sound))
                    }),
                    ahead: beside.is_some_and(|(_, side)| side == 1),
                    said,
                    end: (at + 1) as u8,
                };
                self.heard.push((pair, heard));
                match sounds {
                    Some((sounds, side)) => {
                        let keys = sounds.iter().map(|sound| neighbour(pair, sound.0, side));
                        self.neighbours.extend(keys);
                    }
                    None if said => self.neighbours.extend([
                        neighbour(pair, code(at), 2),
                        neighbour(pair, code(at + 1), 3),
                    ]),
                    None => self.neighbours.push(neighbour(pair, 0, 2)),
                }
            }
        }
    }

    /// Lays everything out.
    pub(super) fn finish(mut self) -> Filter {
        let mut bits = Bits::new((self.exact.len() * 48).clamp(1 << 12, HASHED_WORDS * 64));
        let shift = 64 - (bits.mask() + 1).trailing_zeros();
        let mut single_bits = Bits::new(CODE_WORDS * 64);
        for entry in &self.exact {
            bits.insert(hashed(entry.key, shift));
        }
        for (code, _) in &self.singles {
            single_bits.insert(usize::from(*code));
        }
        self.singles.sort_unstable();
        let exact = ByCodes {
            shift,
            single_bits: flat(&single_bits),
            directory: Directory::new(self.exact, bits.words.len(), |key| hashed(key, shift)),
            singles: self.singles,
            bits: flat(&bits),
        };
        Filter {
            exact,
            heard: BySounds::new(self.heard, self.neighbours),
        }
    }
}

impl BySounds {
    fn new(mut entries: Vec<(u32, Heard)>, mut near: Vec<u64>) -> Self {
        let mut pairs = Bits::new(PAIR_WORDS * 64);
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
        let mut neighbours = Bits::new((near.len() * 8).clamp(1 << 10, 1 << 25));
        let shift = 64 - (neighbours.mask() + 1).trailing_zeros();
        for key in near {
            neighbours.insert(hashed(key, shift));
        }
        let mut sum = 0;
        let ranks = pairs.words.iter().map(|word| {
            sum += word.count_ones();
            sum - word.count_ones()
        });
        Self {
            ranks: ranks.collect(),
            pairs: flat(&pairs),
            neighbours,
            shift,
            starts: starts.into(),
            entries: entries.into_iter().map(|(_, heard)| heard).collect(),
        }
    }

    /// What is filed under a pair that is known.
    fn at(&self, pair: u32) -> &[Heard] {
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

impl Heard {
    /// Whether the units around leave it a chance: each is compared later.
    fn may_stand(&self, two: [Code; 2], ahead: Unit, after: Unit) -> bool {
        let beside = if self.ahead { ahead } else { after };
        if self.near != 0
            && self.near & sound_bit(beside.sound()) == 0
            && self.beside != beside.code()
        {
            return false;
        }
        let near = self.near == 0 || is_han(beside.code());
        let exact = two[0] == self.codes[0]
            || two[1] == self.codes[1]
            || (self.near != 0 && beside.code() == self.beside);
        !self.said || exact || !(is_han(two[0]) && is_han(two[1]) && near)
    }
}

impl Filter {
    /// Writes the places at which something filed may end to the head of `places`; how many.
    pub(super) fn mark(&self, units: &[Unit], places: &mut Vec<Mark>) -> usize {
        if places.len() < units.len() + 1 {
            places.resize(units.len() + 64, 0);
        }
        let mut marked = 0_usize;
        let out = &mut places[..=units.len()];
        let (exact, pairs, singles) = (
            &*self.exact.bits,
            &*self.heard.pairs,
            &*self.exact.single_bits,
        );
        let shift = self.exact.shift;
        let (mut codes, mut before) = (0_u64, Sound::NONE);
        for (at, unit) in (0_u32..).zip(units) {
            codes = ((codes << 16) | u64::from(unit.code())) & TRIPLE_BITS;
            let triple = bit_of(exact, hashed(codes, shift)) as u32;
            let two = bit_of(exact, hashed(PAIR | (codes & 0xffff_ffff), shift)) as u32;
            let heard = bit_of(pairs, pair_of(before, unit.sound()) as usize) as u32;
            let one = bit_of(singles, usize::from(unit.code())) as u32;
            let why = triple | two << 1 | heard << 2 | one << 3;
            before = unit.sound();
            if let Some(place) = out.get_mut(marked) {
                *place = (at & UNIT) | why << 28;
            }
            marked += usize::from(why != 0);
        }
        marked
    }

    /// Calls `each` with what may stand there and the unit it would start at, for one marked place.
    #[inline]
    pub(super) fn at(&self, units: &[Unit], mark: Mark, mut each: impl FnMut(Filed, usize)) {
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
            self.exact_at(PAIR | (code(1) << 16) | code(0), place, &mut each);
        }
        if mark & TRIPLE != 0 {
            self.exact_at(
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
            self.heard_at(around, place, &mut each);
        }
    }

    fn exact_at(&self, key: u64, place: usize, each: &mut impl FnMut(Filed, usize)) {
        for entry in self.exact.directory.at(hashed(key, self.exact.shift), key) {
            if let Some(start) = place.checked_sub(usize::from(entry.end)) {
                each(entry.filed, start);
            }
        }
    }

    fn heard_at(&self, around: [Unit; 4], place: usize, each: &mut impl FnMut(Filed, usize)) {
        let [ahead, first, second, after] = around;
        let two = [first.code(), second.code()];
        let pair = pair_of(first.sound(), second.sound());
        let heard = &self.heard;
        let is = |near: u16, side: u64| {
            heard
                .neighbours
                .get(hashed(neighbour(pair, near, side), heard.shift))
                != 0
        };
        let known = is(after.sound().0, 0)
            || is(ahead.sound().0, 1)
            || is(two[0], 2)
            || is(two[1], 3)
            || is(0, 2)
            || !(is_han(two[0]) && is_han(two[1]));
        if !known {
            return;
        }
        for entry in heard.at(pair) {
            if entry.may_stand(two, ahead, after)
                && let Some(start) = place.checked_sub(usize::from(entry.end))
            {
                each(entry.filed, start);
            }
        }
    }
}

/// Files a pattern by what may be undone for it.
pub(super) fn file(
    filing: &mut Filing,
    arena: &Arena,
    pattern: &Pattern,
    allowed: Disguises,
    filed: Filed,
) {
    if pattern.flexible && pattern.len >= 2 {
        filing.heard(pattern, arena.positions(pattern), allowed, filed);
    } else {
        filing.exact(arena.codes(pattern), filed);
    }
}

struct Weights {
    codes: Vec<f32>,
    sounds: Vec<f64>,
}

/// How often a character stands in ordinary text, roughly: by its rank (Zipf).
static WEIGHTS: LazyLock<Weights> = LazyLock::new(|| {
    const RARE: f32 = 1.0 / 6_000.0;
    let mut weights = Weights {
        codes: vec![RARE; 0x1_0000],
        sounds: vec![0.000_2; SOUNDS_MAX],
    };
    let chars = FREQUENT
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::chars);
    for (rank, ch) in (0_u16..).zip(chars) {
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

fn loudness(sounds: &[Sound]) -> f64 {
    let one = |sound: &Sound| {
        WEIGHTS
            .sounds
            .get(usize::from(sound.0))
            .copied()
            .unwrap_or(1.0)
    };
    sounds.iter().map(one).sum()
}
