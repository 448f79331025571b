//! Everyday phrases (祝福語): condolences, congratulations, thanks, cheers. Many people write the same at the same time
//! and mean it, so repeating them is no flood, just as repeating 推 is none.

use std::fmt;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::text::FoldedText;

/// The least number of letters and digits of a phrase: a single one is part of too many words.
pub const PHRASE_CHARS_MIN: usize = 2;

/// The phrases of `flood.everyday` in `rules.toml`.
#[derive(Clone, Default)]
pub struct Everyday {
    phrases: Vec<String>,
    matcher: Option<AhoCorasick>,
}

/// A phrase that is too short, folded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" has fewer than two letters or digits")]
pub struct TooShort(pub String);

impl Everyday {
    /// Compiles the phrases; the error is the first that is too short.
    pub fn new(phrases: &[String]) -> Result<Self, TooShort> {
        let mut folded = Vec::with_capacity(phrases.len());
        for phrase in phrases {
            let text = FoldedText::new(phrase);
            if text.dense_len() < PHRASE_CHARS_MIN {
                return Err(TooShort(phrase.clone()));
            }
            folded.push(text.dense().to_owned());
        }
        let matcher = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&folded);
        Ok(Self {
            phrases: folded,
            matcher: matcher.ok(),
        })
    }

    /// How many letters and digits of a text are left when its everyday phrases are taken out.
    pub fn left_of(&self, text: &FoldedText) -> usize {
        let dense = text.dense();
        let everyday = self.matcher.iter().flat_map(|words| words.find_iter(dense));
        let chars = everyday.map(|found| dense[found.range()].chars().count());
        text.dense_len() - chars.sum::<usize>()
    }
}

impl fmt::Debug for Everyday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Everyday").field(&self.phrases).finish()
    }
}

impl PartialEq for Everyday {
    fn eq(&self, other: &Self) -> bool {
        self.phrases == other.phrases
    }
}

impl Eq for Everyday {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_left_is_what_is_no_everyday_word() {
        let phrases = ["安息", "願逝者安息", "一路好走", "R.I.P."].map(str::to_owned);
        let everyday = Everyday::new(&phrases).unwrap();
        let left = |text: &str| everyday.left_of(&FoldedText::new(text));
        assert_eq!(left("願逝者安息，一路好走🙏 RIP"), 0);
        assert_eq!(left("願王先生一路好走"), 4);
        assert_eq!(left("這個投資群組真的賺錢"), 10);
        assert_eq!(left(""), 0);
        let short = Everyday::new(&["推".to_owned()]).unwrap_err();
        assert_eq!(short, TooShort("推".to_owned()));
    }
}
