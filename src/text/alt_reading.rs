//! Other readings of a text: components joined to a character, syllables read for their sound, emoji and digits read
//! out, signs taken for letters. `女馬的` is read as `媽的`, `gan你娘` as a syllable gan before 你娘, `sh1t` as `shit`.
//!
//! Made only for texts that hold something of the kind. Every unit knows where it starts and ends in the member's text
//! and where it came from.

use super::{
    fold::{CharKind, fold_char},
    shown::{Shown, ShownText},
    sound::Sound,
    units::{CharKinds, MASK, PINYIN, SYLLABLE, Unit, collapses, keeps_run},
};

/// Where a unit of a reading came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum UnitOrigin {
    /// It is a character of the text.
    #[default]
    Own,
    /// Components, joined: 女馬 for 媽.
    Split,
    /// An emoji, read as a character: 🐔 for 雞.
    Emoji,
    /// A syllable in Latin letters.
    Pinyin,
    /// A syllable in bopomofo.
    Bopomofo,
    /// A digit, read as its Mandarin name: 5 for wu.
    Digit,
    /// A sign or digit that looks like a letter.
    Leet,
    /// A sign that replaces a character: 幹*娘.
    Mask,
}

/// One of the ways to read a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadingKind {
    /// Sounds and components.
    Sounds {
        /// Which of an emoji's readings is taken, from 0.
        emoji: usize,
        /// Whether signs replace characters, rather than separate them.
        masks: bool,
    },
    /// Digits and signs as letters.
    Letters {
        /// Takes `1` and `v` for l and u, rather than for i and v.
        other: bool,
    },
}

/// A text read in another way. Reused from text to text, so that it stops allocating.
#[derive(Debug, Default)]
pub struct AltReading {
    units: Vec<Unit>,
    starts: Vec<u32>,
    ends: Vec<u32>,
    origins: Vec<UnitOrigin>,
    letters: String,
    emoji_readings: usize,
}

/// What was noticed while reading: whether further readings are worth trying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadingStats {
    /// Whether the reading differs from the text as written.
    pub more: bool,
    /// The greatest number of readings of any of its emoji.
    pub emoji_readings: usize,
    /// Whether it has signs that can replace a character.
    pub masks: bool,
    /// Whether it has a letter that [`ReadingKind::Letters`] reads differently with `other`.
    pub other_letters: bool,
}

/// Component sequences that make one character.
#[derive(Debug, Default)]
pub struct Compositions {
    /// Components and the character they make; sorted, so that those with the same first two are neighbours.
    rows: Vec<(Vec<char>, char)>,
}

/// The longest run of Latin letters that is read as syllables.
const SPELLED_MAX: usize = 24;
/// The most readings of one emoji that are tried.
pub const EMOJI_READINGS_MAX: usize = 3;

impl Compositions {
    /// From components and the character they make.
    pub fn new(rows: impl IntoIterator<Item = (Vec<char>, char)>) -> Self {
        let mut rows: Vec<_> = rows
            .into_iter()
            .filter(|(parts, _)| parts.len() >= 2)
            .collect();
        rows.sort_unstable();
        rows.dedup_by(|next, first| next.0 == first.0);
        Self { rows }
    }

    /// Whether the nth sequence begins within the first `reach` bytes of a text.
    pub fn begins_in(&self, nth: usize, text: &str, reach: usize) -> bool {
        let Some((parts, _)) = self.rows.get(nth) else {
            return false;
        };
        let heads = text.char_indices().take_while(|(at, _)| *at < reach.max(1));
        heads
            .map(|(at, _)| text.get(at..).unwrap_or_default())
            .any(|head| {
                let shown = head.chars().flat_map(|ch| fold_char(ch).into_chars());
                shown.take(parts.len()).eq(parts.iter().copied())
            })
    }

    /// Every component sequence.
    pub fn iter(&self) -> impl Iterator<Item = &[char]> {
        self.rows.iter().map(|(parts, _)| parts.as_slice())
    }

    /// The longest sequence that these characters begin with: its length, and the character that it makes.
    fn at(&self, shown: &[Shown]) -> Option<(usize, char)> {
        let [first, second, ..] = shown else {
            return None;
        };
        let head = [first.ch, second.ch];
        let from = self
            .rows
            .partition_point(|(parts, _)| parts[..2] < head[..]);
        let same = self.rows.get(from..).unwrap_or_default().iter();
        same.take_while(|(parts, _)| parts[..2] == head[..])
            .filter(|(parts, _)| {
                shown.len() >= parts.len()
                    && parts
                        .iter()
                        .zip(shown)
                        .all(|(part, shown)| *part == shown.ch)
            })
            .map(|(parts, whole)| (parts.len(), *whole))
            .max_by_key(|(len, _)| *len)
    }
}

impl AltReading {
    /// Reads the text in one way.
    ///
    /// `seen` are the kinds of characters that the text holds; what it has none of is not tried. Components are joined
    /// if compositions are given.
    pub fn read(
        &mut self,
        text: &ShownText,
        reading: ReadingKind,
        seen: CharKinds,
        compositions: Option<&Compositions>,
    ) -> ReadingStats {
        self.emoji_readings = 0;
        self.units.clear();
        self.starts.clear();
        self.ends.clear();
        self.origins.clear();
        let shown = text.chars();
        let [symbols, letters, digits, signs] = [
            CharKinds::SYMBOLS,
            CharKinds::LETTERS,
            CharKinds::DIGITS,
            CharKinds::SIGNS,
        ]
        .map(|kind| seen.any(kind));
        let mut at = 0;
        while let Some(first) = shown.get(at) {
            let rest = &shown[at..];
            let width = match reading {
                // in a text with masks letters belong to a masked word (fu*k) and are no syllables
                ReadingKind::Sounds { emoji, masks } => compositions
                    .and_then(|compositions| self.composition(rest, compositions))
                    .or_else(|| if symbols { self.bopomofo(rest) } else { None })
                    .or_else(|| {
                        if letters && !masks {
                            self.spelled(shown, at)
                        } else {
                            None
                        }
                    })
                    .or_else(|| if digits { self.digit(shown, at) } else { None })
                    .or_else(|| {
                        if signs {
                            emoji_sequence(rest).or_else(|| self.emoji(first, emoji))
                        } else {
                            None
                        }
                    })
                    .or_else(|| if masks { self.mask(first) } else { None }),
                ReadingKind::Letters { other } => self.leet(shown, at, other),
            };
            at += width.unwrap_or_else(|| {
                if first.kind.is_dense() {
                    self.push(
                        Unit::of(first.ch),
                        first.start,
                        first.end,
                        UnitOrigin::Own,
                        collapses(first.ch),
                    );
                }
                1
            });
        }
        ReadingStats {
            more: self.origins.iter().any(|origin| *origin != UnitOrigin::Own),
            emoji_readings: self.emoji_readings,
            masks: signs && shown.iter().any(is_mask),
            other_letters: shown.iter().any(|shown| shown.ch == 'v' || is_tall(shown)),
        }
    }

    /// The units.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// Where each starts, in bytes of the text.
    pub fn starts(&self) -> &[u32] {
        &self.starts
    }

    /// Where each ends.
    pub fn ends(&self) -> &[u32] {
        &self.ends
    }

    /// Where each came from.
    pub fn origins(&self) -> &[UnitOrigin] {
        &self.origins
    }

    fn push(&mut self, unit: Unit, start: u32, end: u32, origin: UnitOrigin, collapses: bool) {
        // 4 4 collapses as 死死 does; 媽女馬 stays two units, since only one of them was joined
        if collapses && self.units.last() == Some(&unit) && self.origins.last() == Some(&origin) {
            return;
        }
        self.units.push(unit);
        self.starts.push(start);
        self.ends.push(end);
        self.origins.push(origin);
    }

    fn composition(&mut self, rest: &[Shown], compositions: &Compositions) -> Option<usize> {
        let (width, whole) = compositions.at(rest)?;
        let (start, end) = (rest.first()?.start, rest.get(width - 1)?.end);
        self.push(Unit::of(whole), start, end, UnitOrigin::Split, true);
        Some(width)
    }

    /// The longest syllable that begins here, of two symbols or more, or of one with a tone mark. (A single symbol
    /// without a tone is an initial: ㄇ for 媽.)
    fn bopomofo(&mut self, rest: &[Shown]) -> Option<usize> {
        // a syllable has three symbols at most (ㄋㄧㄤ), besides its tone mark
        let symbols = rest
            .iter()
            .take(3)
            .take_while(|shown| keeps_run(shown.ch))
            .count();
        let (width, sound) = (1..=symbols).rev().find_map(|width| {
            self.letters.clear();
            self.letters
                .extend(rest[..width].iter().map(|shown| shown.ch));
            Some((width, Sound::of_bopomofo(&self.letters)?))
        })?;
        let toned = rest
            .get(width)
            .is_some_and(|next| matches!(next.ch, 'ˇ' | 'ˊ' | 'ˋ' | '˙'));
        if width == 1 && !toned {
            return None;
        }
        let width = width + usize::from(toned);
        let unit = Unit::new(SYLLABLE, sound);
        self.push(
            unit,
            rest.first()?.start,
            rest.get(width - 1)?.end,
            UnitOrigin::Bopomofo,
            false,
        );
        Some(width)
    }

    /// A whole run of Latin letters that can be cut into syllables with nothing left over: `ganni` is gan and ni.
    fn spelled(&mut self, shown: &[Shown], at: usize) -> Option<usize> {
        let is_letter = |shown: &Shown| shown.ch.is_ascii_lowercase();
        let before = at.checked_sub(1).and_then(|before| shown.get(before));
        // the run must be whole: the ni of "Uni" is no syllable
        if before.is_some_and(|before| before.kind == CharKind::Word) {
            return None;
        }
        let rest = shown.get(at..)?;
        if !rest.first().is_some_and(is_letter) {
            return None;
        }
        // one letter more than allowed is counted, so that a longer run is noticed and not cut short
        let width = rest
            .iter()
            .take(SPELLED_MAX + 1)
            .take_while(|shown| is_letter(shown))
            .count();
        let next_is_word = rest
            .get(width)
            .is_some_and(|next| next.kind == CharKind::Word);
        if !(2..=SPELLED_MAX).contains(&width) || next_is_word {
            return None;
        }
        self.letters.clear();
        self.letters
            .extend(rest[..width].iter().map(|shown| shown.ch));
        let syllables = syllables(&self.letters)?;
        let mut from = 0;
        for (len, sound) in syllables.into_iter().flatten() {
            let (start, end) = (rest.get(from)?.start, rest.get(from + len - 1)?.end);
            self.push(
                Unit::new(PINYIN, sound),
                start,
                end,
                UnitOrigin::Pinyin,
                false,
            );
            from += len;
        }
        Some(width)
    }

    /// A digit without a letter or digit next to it.
    fn digit(&mut self, shown: &[Shown], at: usize) -> Option<usize> {
        const READ: [&str; 10] = [
            "ling", "yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu",
        ];
        let digit = shown.get(at)?;
        let sound = Sound::of_letters(READ.get(digit.ch.to_digit(10)? as usize)?.as_bytes())?;
        let word = |place: Option<usize>| {
            place
                .and_then(|place| shown.get(place))
                .is_some_and(|near| near.kind == CharKind::Word)
        };
        // 4肥 is read si fei, but 404 and A4 are what they are
        if word(at.checked_sub(1)) || word(Some(at + 1)) {
            return None;
        }
        self.push(
            Unit::new(PINYIN, sound),
            digit.start,
            digit.end,
            UnitOrigin::Digit,
            true,
        );
        Some(1)
    }

    fn emoji(&mut self, shown: &Shown, nth: usize) -> Option<usize> {
        if shown.kind.is_dense() {
            return None;
        }
        let mut readings = super::emoji::readings_of(shown.ch);
        let last = readings.clone().last()?;
        self.emoji_readings = self.emoji_readings.max(readings.clone().count());
        // an emoji with fewer readings than others in the text keeps its last one
        let read = readings.nth(nth).unwrap_or(last);
        self.push(
            Unit::of(read),
            shown.start,
            shown.end,
            UnitOrigin::Emoji,
            true,
        );
        Some(1)
    }

    fn mask(&mut self, shown: &Shown) -> Option<usize> {
        if !is_mask(shown) {
            return None;
        }
        self.push(
            Unit::new(MASK, Sound::MASK),
            shown.start,
            shown.end,
            UnitOrigin::Mask,
            false,
        );
        Some(1)
    }

    /// A whole run of letters and of digits and signs that look like letters, with at least one of each: `sh1t`. Signs
    /// that end a sentence or open a bracket are not part of its end.
    fn leet(&mut self, shown: &[Shown], at: usize, other: bool) -> Option<usize> {
        let looks = |shown: &Shown| {
            (shown.ch.is_ascii_lowercase() || is_mask(shown) || looks_like(shown, other).is_some())
                .then_some(())
        };
        // a run is read whole, from its first character
        if at
            .checked_sub(1)
            .and_then(|before| shown.get(before))
            .and_then(looks)
            .is_some()
        {
            return None;
        }
        let rest = shown.get(at..)?;
        let mut width = rest.iter().map_while(looks).count();
        while width > 0 && matches!(rest[width - 1].ch, '!' | '+' | '|' | '<' | '(' | '[') {
            width -= 1;
        }
        let run = rest.get(..width)?;
        let letters = run.iter().filter(|shown| shown.ch.is_alphabetic()).count();
        let odd = run
            .iter()
            .filter(|shown| {
                is_mask(shown) || looks_like(shown, other).is_some_and(|to| to != shown.ch)
            })
            .count();
        // shit has nothing to undo, and 2024 is a number
        if width < 2 || letters == 0 || odd == 0 {
            return None;
        }
        for shown in run {
            match looks_like(shown, other).filter(|to| *to != shown.ch) {
                Some(letter) => self.push(
                    Unit::of(letter),
                    shown.start,
                    shown.end,
                    UnitOrigin::Leet,
                    true,
                ),
                None if is_mask(shown) => {
                    self.mask(shown);
                }
                None => self.push(
                    Unit::of(shown.ch),
                    shown.start,
                    shown.end,
                    UnitOrigin::Own,
                    true,
                ),
            }
        }
        Some(width)
    }
}

/// The length of an emoji that is made of several (👩‍⚕️, 👩🏽‍⚕️): it is read as nothing.
fn emoji_sequence(rest: &[Shown]) -> Option<usize> {
    let is_skin = |shown: &Shown| matches!(shown.ch, '\u{1f3fb}'..='\u{1f3ff}');
    let more = rest.iter().skip(1);
    let more = more.take_while(|shown| shown.joined || is_skin(shown));
    let signs = rest.first().is_some_and(|first| !first.kind.is_dense());
    let is_joined = more.clone().any(|shown| shown.joined);
    (signs && is_joined).then(|| more.count() + 1)
}

/// The letter that a character looks like, as it is written or as it is folded.
fn looks_like(shown: &Shown, other: bool) -> Option<char> {
    let written = shown.latin.filter(|_| other || !is_tall(shown));
    written.or_else(|| look_alike(shown.ch, other))
}

/// Whether it is a capital I that may be a small l.
const fn is_tall(shown: &Shown) -> bool {
    shown.ch == 'i' && matches!(shown.latin, Some('l'))
}

/// The letter that a digit, a sign or a letter of another script looks like (own knowledge; Unicode's confusables for
/// Cyrillic and Greek).
fn look_alike(ch: char, other: bool) -> Option<char> {
    Some(match ch {
        '0' | 'о' | 'ο' => 'o',
        '1' | '|' | '!' => {
            if other {
                'l'
            } else {
                'i'
            }
        }
        'v' if other => 'u',
        '2' => 'z',
        '3' | 'е' | 'ε' | '€' => 'e',
        '4' | '@' | 'а' | 'α' => 'a',
        '5' | '$' | 'ѕ' => 's',
        '6' | '8' | 'в' | 'β' => 'b',
        '7' | '+' | 'т' | 'τ' => 't',
        '9' => 'g',
        '(' | '<' | '[' | '¢' | 'с' => 'c',
        '£' => 'l',
        'и' => 'n',
        'і' | 'ι' => 'i',
        'к' | 'κ' => 'k',
        'м' => 'm',
        'н' => 'h',
        'р' | 'ρ' => 'p',
        'υ' | 'µ' | 'μ' => 'u',
        'ν' => 'v',
        'х' | 'χ' => 'x',
        'у' => 'y',
        _ => return None,
    })
}

/// The most syllables that one run of letters is cut into.
const SYLLABLES_MAX: usize = 8;

/// Cuts letters into syllables; `None` if something is always left over. Longer syllables are tried first, and shorter
/// ones if the rest then cannot be cut: `danguo` is dan and guo, since dang leaves uo.
fn syllables(letters: &str) -> Option<[Option<(usize, Sound)>; SYLLABLES_MAX]> {
    let mut cut = [None; SYLLABLES_MAX];
    cut_from(letters, &mut cut).then_some(cut)
}

fn cut_from(letters: &str, cut: &mut [Option<(usize, Sound)>]) -> bool {
    if letters.is_empty() {
        return true;
    }
    let Some((first, rest)) = cut.split_first_mut() else {
        return false;
    };
    for len in (1..=letters.len().min(6)).rev() {
        if let Some(sound) = syllable(&letters[..len]) {
            *first = Some((len, sound));
            if cut_from(&letters[len..], rest) {
                return true;
            }
        }
    }
    // the last attempt wrote a syllable here that led nowhere
    *first = None;
    false
}

/// Syllables as they are typed, by their letters.
fn syllable(letters: &str) -> Option<Sound> {
    // what is a word of one letter in English, or an interjection, spells nothing
    if letters.len() < 2 && letters != "e" && letters != "a" {
        return None;
    }
    Sound::of_letters(letters.as_bytes())
}

/// Signs that people write for a character that they do not spell out.
const fn is_mask(shown: &Shown) -> bool {
    matches!(
        shown.ch,
        '*' | '#' | '○' | '●' | '◯' | '□' | '■' | '◎' | '×'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, reading: ReadingKind) -> Vec<(String, UnitOrigin)> {
        let compositions = Compositions::new([
            ("女馬".chars().collect(), '媽'),
            ("手分手".chars().collect(), '掰'),
        ]);
        let mut alt_reading = AltReading::default();
        let mut shown = ShownText::default();
        shown.set(text);
        let mut units = crate::text::units::Units::default();
        units.set(text, crate::text::units::RunPolicy::Collapsed);
        alt_reading.read(&shown, reading, units.seen(), Some(&compositions));
        let places = alt_reading.starts().iter().zip(alt_reading.ends());
        let texts = places.map(|(start, end)| text[*start as usize..*end as usize].to_owned());
        texts.zip(alt_reading.origins().iter().copied()).collect()
    }

    #[test]
    fn a_text_is_read_in_other_ways() {
        let sounds = |emoji, masks| ReadingKind::Sounds { emoji, masks };
        let own = |text: &str| (text.to_owned(), UnitOrigin::Own);
        let origin = |text: &str, origin| (text.to_owned(), origin);
        assert_eq!(
            read("幹你女馬", sounds(0, false)),
            [own("幹"), own("你"), origin("女馬", UnitOrigin::Split)]
        );
        assert_eq!(
            read("ㄍㄢˋ你", sounds(0, false)),
            [origin("ㄍㄢˋ", UnitOrigin::Bopomofo), own("你")]
        );
        assert_eq!(read("ㄍㄋ", sounds(0, false)), [own("ㄍ"), own("ㄋ")]);
        assert_eq!(
            read("ganNi niang", sounds(0, false)),
            [
                origin("gan", UnitOrigin::Pinyin),
                origin("Ni", UnitOrigin::Pinyin),
                origin("niang", UnitOrigin::Pinyin)
            ]
        );
        assert_eq!(read("幹x娘", sounds(0, false)).len(), 3);
        assert_eq!(
            read("死**", sounds(0, true)),
            [
                own("死"),
                origin("*", UnitOrigin::Mask),
                origin("*", UnitOrigin::Mask)
            ]
        );
        assert_eq!(
            read("4肥", sounds(0, false)),
            [origin("4", UnitOrigin::Digit), own("肥")]
        );
        let letters = ReadingKind::Letters { other: false };
        assert_eq!(read("sh1t!", letters)[2], origin("1", UnitOrigin::Leet));
        assert_eq!(
            read("2024", letters)
                .iter()
                .filter(|(_, origin)| *origin == UnitOrigin::Leet)
                .count(),
            0
        );
    }
}
