//! Written forms of listed terms, and those that moderators upheld: a guess of such a form needs no ordinary reading.

use sha2::{Digest as _, Sha256};

use super::term::Term;
use crate::text::fold::folded;

/// The most characters of a form that are kept.
pub const FORM_CHARS_MAX: usize = 24;

/// Names a form: a digest of the listed term and of what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FormKey(pub [u8; 16]);

impl FormKey {
    /// The form of a listed term that is written so.
    pub fn of(term: &str, written: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update((term.len() as u64).to_be_bytes());
        hash.update(term);
        hash.update(written);
        let mut key = [0; 16];
        for (to, from) in key.iter_mut().zip(hash.finalize()) {
            *to = from;
        }
        Self(key)
    }
}

impl FormKey {
    /// As counts name it.
    pub fn to_hex(self) -> String {
        data_encoding::HEXLOWER.encode(&self.0)
    }

    /// What counts name so.
    pub fn from_hex(hex: &str) -> Option<Self> {
        let bytes = data_encoding::HEXLOWER.decode(hex.as_bytes()).ok()?;
        bytes.try_into().ok().map(Self)
    }
}

/// What is written in place of a listed term, as forms have it.
pub fn written_form(matched: &str) -> String {
    folded(matched).chars().take(FORM_CHARS_MAX).collect()
}

/// In place of a listed term: under this are counted the letters and digits that guesses of any term rest on.
pub const TOKEN_TERM: &str = "<token>";
/// One letter is written for too many things.
const TOKEN_CHARS_MIN: usize = 2;

/// The Latin letters and digits of a guess that may be a word of the board's own (the xq of 王xq蛋), folded. Of a Latin term
/// nothing else is left to be a word.
pub fn token_in(matched: &str) -> Option<String> {
    let written = written_form(matched);
    let mut runs = written.split(|ch: char| !ch.is_ascii_alphanumeric());
    let token = runs.find(|run| run.len() >= TOKEN_CHARS_MIN)?;
    (!written.is_ascii()).then(|| token.to_owned())
}

/// The forms that moderators upheld.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpheldForms(Vec<FormKey>);

impl UpheldForms {
    /// Whether this term was upheld where it is written so.
    pub(super) fn holds(&self, term: &Term, matched: &str) -> bool {
        // nearly always: then nothing is folded and hashed
        if self.0.is_empty() {
            return false;
        }
        let key = FormKey::of(&term.text, &written_form(matched));
        self.0.binary_search(&key).is_ok()
    }

    /// The same with these forms upheld or no longer so.
    #[must_use]
    pub fn with(&self, changed: impl IntoIterator<Item = (FormKey, bool)>) -> Self {
        let mut keys = self.0.clone();
        for (key, is_upheld) in changed {
            match (keys.binary_search(&key), is_upheld) {
                (Ok(place), false) => drop(keys.remove(place)),
                (Err(place), true) => keys.insert(place, key),
                (Ok(_), true) | (Err(_), false) => {}
            }
        }
        Self(keys)
    }
}

impl FromIterator<FormKey> for UpheldForms {
    fn from_iter<I: IntoIterator<Item = FormKey>>(keys: I) -> Self {
        let mut keys: Vec<FormKey> = keys.into_iter().collect();
        keys.sort_unstable();
        keys.dedup();
        Self(keys)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use super::*;
    use crate::{
        lexicon::{Lexicon, ListFile, Scratch},
        text::Surface,
    };

    #[test]
    fn an_upheld_form_needs_no_ordinary_reading_and_is_still_a_guess() {
        let header =
            "term\tseverity\tsurfaces\tmatch\tvariants\tspellings\tcontext\tnote\tsource\n";
        let list = ListFile {
            name: "slur.tsv".to_owned(),
            content: format!("{header}大陸雞\t3\t\t\t\t\t\t\town\n"),
        };
        let (lexicon, _) = Lexicon::compile(&[list]).unwrap();
        let text = "大陸籍的配偶";
        let mut scratch = Scratch::default();
        assert!(lexicon.scan(Surface::Body, text, &mut scratch).is_empty());
        let key = FormKey::of("大陸雞", &written_form("大陸籍"));
        let upheld = UpheldForms::default().with([(key, true)]);
        scratch.uphold(&Arc::new(upheld.clone()));
        let hits = lexicon.scan(Surface::Body, text, &mut scratch);
        assert_eq!(hits.len(), 1);
        assert!(hits[0].guessed);
        scratch.uphold(&Arc::new(upheld.with([(key, false)])));
        assert!(lexicon.scan(Surface::Body, text, &mut scratch).is_empty());
    }
}
