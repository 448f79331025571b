//! Innocent phrases (`exceptions.tsv`): a hit inside one is dropped.
//!
//! A phrase that covers the whole hit drops it: 幹部 drops 幹. A hit with gaps is also dropped if one phrase covers its
//! first run of characters and goes on before it, and another covers its last run and goes on behind it; one of the two
//! is enough if a sentence ends in a gap. Phrases are searched for only up to what would be a hit, and at each place once
//! ([`PhraseNotes`]).

use std::ops::Range;

use super::verify_match::VerifiedMatch;
use crate::text::shown::{Shown, ShownText};

/// The file of innocent phrases.
pub const EXCEPTIONS: &str = "exceptions.tsv";
/// The columns of that list.
pub const EXCEPTION_COLUMNS: [&str; 3] = ["phrase", "note", "source"];

/// An innocent phrase of `exceptions.tsv`.
pub(super) struct Exception {
    /// As listed.
    pub phrase: String,
    /// Folded, and folded without blanks and signs.
    pub folded: String,
    pub dense: String,
    pub line: u32,
}

/// All innocent phrases, by their first two characters.
#[derive(Debug, Default)]
pub(super) struct Exceptions {
    /// Those of two characters or more, folded and as listed; sorted.
    phrases: Vec<(Box<[char]>, String)>,
    /// Those of one character.
    single: Vec<(char, String)>,
    /// A set of hashed bits, one for the first two characters of each phrase: it rules out most places at once.
    heads: Vec<u64>,
    /// The number of characters of the longest phrase.
    longest: usize,
}

const HEAD_WORDS: usize = 1_024;

/// The innocent phrases of a text, noted from its beginning on as far as they were asked for.
#[derive(Debug, Default)]
pub(super) struct PhraseNotes {
    /// The visible characters at which phrases were looked for.
    places: usize,
    /// By where they begin.
    phrases: Vec<PhraseHere>,
}

/// A phrase in a text.
#[derive(Debug, Clone, Copy)]
struct PhraseHere {
    start: usize,
    end: usize,
    /// Its number among all phrases.
    nth: usize,
}

impl PhraseNotes {
    /// Forgets the last text.
    pub(super) fn forget(&mut self) {
        self.places = 0;
        self.phrases.clear();
    }

    /// Notes the phrases that begin before this place.
    fn note(&mut self, exceptions: &Exceptions, chars: &[Shown], end: usize) {
        for start in self.places..end.min(chars.len()) {
            let found = exceptions.at(chars.get(start..).unwrap_or_default());
            self.phrases.extend(found.map(|(nth, len)| PhraseHere {
                start,
                end: start + len,
                nth,
            }));
            self.places = start + 1;
        }
    }

    /// Those that begin in this range.
    fn beginning_in(&self, range: Range<usize>) -> impl Iterator<Item = &PhraseHere> {
        let from = self.phrases.partition_point(|it| it.start < range.start);
        let rest = self.phrases.get(from..).unwrap_or_default().iter();
        rest.take_while(move |it| it.start < range.end)
    }
}

impl Exceptions {
    /// From phrases, each as listed and folded.
    pub(super) fn new(phrases: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut exceptions = Self {
            heads: vec![0; HEAD_WORDS],
            ..Self::default()
        };
        for (listed, folded) in phrases {
            let folded: Box<[char]> = folded.chars().collect();
            let [first, second, ..] = folded[..] else {
                exceptions
                    .single
                    .extend(folded.first().map(|only| (*only, listed)));
                continue;
            };
            let (word, bit) = head([first, second]);
            exceptions.heads[word] |= bit;
            exceptions.longest = exceptions.longest.max(folded.len());
            exceptions.phrases.push((folded, listed));
        }
        exceptions.phrases.sort_unstable();
        exceptions
    }

    /// The phrase that drops this hit.
    pub(super) fn covering(
        &self,
        (shown, notes): (&ShownText, &mut PhraseNotes),
        found: &VerifiedMatch,
    ) -> Option<&str> {
        let places = |bytes: &Range<usize>| shown.at_byte(bytes.start)..shown.at_byte(bytes.end);
        let (hit, first, last) = (
            places(&found.bytes),
            places(&found.first_run),
            places(&found.last_run),
        );
        // a phrase of one character drops only a hit of exactly that character
        if let [only] = shown.chars().get(hit.clone()).unwrap_or_default()
            && let Some((_, listed)) = self.single.iter().find(|(ch, _)| *ch == only.ch)
        {
            return Some(listed);
        }
        let (mut before, mut after) = (None, None);
        notes.note(self, shown.chars(), hit.end);
        // a phrase that begins even earlier cannot reach the hit
        let reach = hit.start.saturating_sub(self.longest)..hit.end;
        for phrase in notes.beginning_in(reach) {
            let cover = phrase.start..phrase.end;
            if covers(&cover, &hit) {
                return self.listed(phrase.nth);
            }
            if covers(&cover, &first) && cover.start < first.start {
                before = before.or(Some(phrase.nth));
            }
            if covers(&cover, &last) && cover.end > last.end {
                after = after.or(Some(phrase.nth));
            }
        }
        // with a gap inside, a hit may be the end of one phrase and the beginning of another; if a
        // sentence ends inside, one of them is enough
        match (before, after) {
            _ if found.open_gaps == 0 => None,
            (Some(phrase), Some(_)) => self.listed(phrase),
            (Some(phrase), None) | (None, Some(phrase)) if found.sentence_end => {
                self.listed(phrase)
            }
            _ => None,
        }
    }

    /// The phrase that is this host or a parent domain of it: `udn.com` for `www.udn.com`, but not for `xudn.com`.
    pub(super) fn naming(&self, shown: &ShownText, host: &Range<usize>) -> Option<&str> {
        let places = shown.at_byte(host.start)..shown.at_byte(host.end);
        let chars = shown.chars().get(places).unwrap_or_default();
        let starts = |at: &usize| {
            let before = at.checked_sub(1).and_then(|before| chars.get(before));
            before.is_none_or(|before| before.ch == '.')
        };
        (0..chars.len()).filter(starts).find_map(|at| {
            let label = chars.get(at..).unwrap_or_default();
            let mut whole = self.at(label).filter(|(_, len)| *len == label.len());
            whole.next().and_then(|(nth, _)| self.listed(nth))
        })
    }

    /// A phrase as listed.
    fn listed(&self, nth: usize) -> Option<&str> {
        self.phrases.get(nth).map(|(_, listed)| listed.as_str())
    }

    /// The phrases that these characters begin with: the number of each and of its characters.
    fn at<'l, 's>(
        &'l self,
        shown: &'s [Shown],
    ) -> impl Iterator<Item = (usize, usize)> + use<'l, 's> {
        let two = match shown {
            [first, second, ..] => [first.ch, second.ch],
            _ => ['\0'; 2],
        };
        let (word, bit) = head(two);
        let known = self.heads.get(word).copied().unwrap_or(0) & bit != 0;
        let from = if known {
            self.phrases
                .partition_point(|(phrase, _)| phrase[..2] < two[..])
        } else {
            self.phrases.len()
        };
        let same = self.phrases.get(from..).unwrap_or_default().iter();
        (from..)
            .zip(same)
            .take_while(move |(_, (phrase, _))| phrase[..2] == two[..])
            .filter(move |(_, (phrase, _))| {
                shown.len() >= phrase.len()
                    && phrase
                        .iter()
                        .zip(shown)
                        .all(|(listed, shown)| *listed == shown.ch)
            })
            .map(|(nth, (phrase, _))| (nth, phrase.len()))
    }
}

fn head(two: [char; 2]) -> (usize, u64) {
    let key = (u64::from(two[0] as u32) << 32) | u64::from(two[1] as u32);
    let hash = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48;
    ((hash >> 6) as usize, 1 << (hash & 63))
}

const fn covers(cover: &Range<usize>, places: &Range<usize>) -> bool {
    cover.start <= places.start && places.end <= cover.end
}
