//! The slow and obvious way to find plain terms: every term at every character, one after the other.
//!
//! It knows the fold, what may stand between two characters of a term, and nothing else of the engine.

use std::collections::BTreeSet;

use banzhu::text::{
    Span,
    fold::{CharKind, fold_char},
};

/// Characters that fold to themselves and stand in no everyday word, so that no word edge speaks against a term of them.
pub const RARE: [char; 8] = ['龘', '靐', '齾', '爩', '灪', '麷', '鸙', '驫'];
const SKIPS_MAX: usize = 3;
const DROPPED_MAX: usize = 64;
const SENTENCE_CHARS_MIN: usize = 3;

/// A character that counts, with what lies between it and the one before it.
struct Dense {
    ch: char,
    start: u32,
    /// Marks on it included.
    end: u32,
    skips: usize,
    dropped: usize,
    hidden: bool,
    stop: bool,
}

/// A text for the slow way.
pub struct SlowText {
    dense: Vec<Dense>,
}

impl SlowText {
    /// Takes a text apart.
    pub fn new(text: &str) -> Self {
        let mut dense: Vec<Dense> = Vec::new();
        let (mut skips, mut dropped, mut hidden, mut stop) = (0, 0, false, false);
        let mut sign = None;
        for (at, ch) in (0..).zip(text.chars()) {
            let fold = fold_char(ch);
            match fold.kind() {
                CharKind::Hidden => (hidden, dropped) = (true, dropped + 1),
                CharKind::Mark => {
                    dropped += 1;
                    if let Some(last) = dense.last_mut().filter(|_| skips == 0 && !hidden) {
                        last.end = at + 1;
                    }
                }
                kind => {
                    let counting = fold.chars().filter(|folded| folded.kind.is_dense());
                    let chars: Vec<char> = counting.map(|folded| folded.ch).collect();
                    if chars.is_empty() {
                        // one sign again and again is one
                        skips += usize::from(sign != Some(ch));
                        sign = Some(ch);
                        stop |= kind == CharKind::Stop;
                    }
                    for ch in chars {
                        dense.push(Dense {
                            ch,
                            start: at,
                            end: at + 1,
                            skips,
                            dropped,
                            hidden,
                            stop,
                        });
                        (skips, dropped, hidden, stop) = (0, 0, false, false);
                        sign = None;
                    }
                }
            }
        }
        Self { dense }
    }

    /// Where a term stands that has no sign of its own; `parted` where separators may be undone for it. Of one character
    /// said again and again, what stands at the head of the run counts.
    pub fn find(&self, term: &str, parted: bool) -> BTreeSet<Span> {
        let term: Vec<char> = term.chars().collect();
        let uniform = term.windows(2).all(|pair| pair[0] == pair[1]);
        let starts = (0..self.dense.len()).filter(|at| !uniform || !self.is_again(*at));
        starts
            .filter_map(|start| self.at(&term, parted, start))
            .collect()
    }

    fn is_again(&self, at: usize) -> bool {
        at.checked_sub(1)
            .is_some_and(|before| self.dense[before].ch == self.dense[at].ch)
    }

    fn at(&self, term: &[char], parted: bool, start: usize) -> Option<Span> {
        let window = self.dense.get(start..start + term.len())?;
        let (first, last) = (window.first()?, window.last()?);
        let same = window
            .iter()
            .zip(term)
            .all(|(found, wanted)| found.ch == *wanted);
        // a doubled character counts as one
        let mut pairs = window.windows(2);
        let scattered = pairs.all(|pair| pair[1].skips > 0 || pair[0].ch == pair[1].ch);
        let joined = window[1..].iter().all(|next| {
            let apart = next.skips > 0 || next.hidden;
            let wide = next.skips > SKIPS_MAX || next.dropped > DROPPED_MAX;
            let ended = next.stop && (!scattered || term.len() < SENTENCE_CHARS_MIN);
            !wide && !ended && (parted || !apart)
        });
        (same && joined).then_some(Span {
            start: first.start,
            end: last.end,
        })
    }
}

/// Whether two places where this term stands can overlap: then the engine tells the plainer of them alone.
pub fn overlaps_itself(term: &str) -> bool {
    let chars: Vec<char> = term.chars().collect();
    (1..chars.len()).any(|len| chars[..len] == chars[chars.len() - len..])
}
