//! The engines that are compared: ours, and two automata behind a fold that is as lean as it can be.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use banzhu::{
    lexicon::{Hit, Lexicon, Scratch},
    policy::{Findings, decide, rulebook::Rulebook},
    text::{
        Surface, SurfaceTexts,
        fold::{CharKind, fold_char},
        units::{RunPolicy, Units},
    },
};
use daachorse::CharwiseDoubleArrayAhoCorasick;

/// A term's number, and where it starts and ends in bytes of the comment.
pub type Place = (u32, usize, usize);

/// Reads a comment; how much it found.
pub trait Engine {
    fn read(&mut self, text: &str) -> usize;
}

impl<F: FnMut(&str) -> usize> Engine for F {
    fn read(&mut self, text: &str) -> usize {
        self(text)
    }
}

/// Folds into one string, skip characters dropped or kept, and knows where each character comes from.
pub struct Fold {
    /// For each character of the first plane: what it folds to; 0 nothing, 1 more than one character.
    table: Box<[u32]>,
    skips: bool,
    text: String,
    starts: Vec<u32>,
}

impl Fold {
    pub fn new(skips: bool) -> Self {
        let entry = |code: u32| match char::from_u32(code) {
            Some(ch) if matches!(fold_char(ch).kind(), CharKind::Mark) => 0,
            // nothing that is listed has it
            Some(ch) if fold_char(ch).kind() == CharKind::Hidden => 2 * u32::from(skips),
            Some(ch) => match fold_char(ch).single() {
                Some(only) if skips || only.kind.is_dense() => only.ch as u32,
                Some(_) => 0,
                None => 1,
            },
            None => 0,
        };
        Self {
            table: (0..0x1_0000).map(entry).collect(),
            skips,
            text: String::new(),
            starts: Vec::new(),
        }
    }

    pub fn set(&mut self, text: &str) {
        self.text.clear();
        self.starts.clear();
        for (at, ch) in text.char_indices() {
            match self.table.get(ch as usize).copied().unwrap_or(1) {
                0 => {}
                1 => {
                    for folded in fold_char(ch)
                        .chars()
                        .filter(|folded| self.skips || folded.kind.is_dense())
                    {
                        self.text.push(folded.ch);
                        self.starts.push(at as u32);
                    }
                }
                code => {
                    self.text.push(char::from_u32(code).unwrap_or(' '));
                    self.starts.push(at as u32);
                }
            }
        }
    }

    /// Bytes of the folded text as bytes of the comment.
    fn place(&self, original: &str, start: usize, end: usize) -> (usize, usize) {
        let before = self.text[..start].chars().count();
        let last = before + self.text[start..end].chars().count() - 1;
        let last = self.starts[last] as usize;
        let width = original[last..].chars().next().map_or(0, char::len_utf8);
        (self.starts[before] as usize, last + width)
    }
}

/// Fold, then aho-corasick's contiguous NFA.
pub struct Aho {
    fold: Fold,
    automaton: AhoCorasick,
}

impl Aho {
    pub fn new(terms: &[String], skips: bool) -> Self {
        let mut builder = AhoCorasick::builder();
        let builder = builder
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA));
        Self {
            fold: Fold::new(skips),
            automaton: builder.build(terms).expect("the terms fit"),
        }
    }

    pub fn memory(&self) -> usize {
        self.automaton.memory_usage()
    }

    pub fn places(&mut self, text: &str, mut each: impl FnMut(Place)) {
        self.fold.set(text);
        for hit in self.automaton.find_overlapping_iter(&self.fold.text) {
            let (start, end) = self.fold.place(text, hit.start(), hit.end());
            each((hit.pattern().as_u32(), start, end));
        }
    }
}

impl Engine for Aho {
    fn read(&mut self, text: &str) -> usize {
        let mut count = 0;
        self.places(text, |_| count += 1);
        count
    }
}

/// Fold, then daachorse's double array over characters.
pub struct Daachorse {
    fold: Fold,
    automaton: CharwiseDoubleArrayAhoCorasick<u32>,
}

impl Daachorse {
    pub fn new(terms: &[String], skips: bool) -> Self {
        Self {
            fold: Fold::new(skips),
            automaton: CharwiseDoubleArrayAhoCorasick::new(terms).expect("the terms fit"),
        }
    }

    pub fn memory(&self) -> usize {
        self.automaton.heap_bytes()
    }

    pub fn places(&mut self, text: &str, mut each: impl FnMut(Place)) {
        self.fold.set(text);
        for hit in self.automaton.find_overlapping_iter(&self.fold.text) {
            let (start, end) = self.fold.place(text, hit.start(), hit.end());
            each((hit.value(), start, end));
        }
    }
}

impl Engine for Daachorse {
    fn read(&mut self, text: &str) -> usize {
        let mut count = 0;
        self.places(text, |_| count += 1);
        count
    }
}

/// Our own, by what is asked of it.
pub struct Ours<'l> {
    pub lexicon: &'l Lexicon,
    pub scratch: Scratch,
    /// Whether company, innocent phrases and word edges are asked, too.
    pub judged: bool,
}

impl<'l> Ours<'l> {
    pub fn new(lexicon: &'l Lexicon, judged: bool) -> Self {
        Self {
            lexicon,
            scratch: Scratch::default(),
            judged,
        }
    }

    pub fn hits(&mut self, text: &str) -> &[Hit] {
        if self.judged {
            self.lexicon.scan(Surface::Body, text, &mut self.scratch)
        } else {
            self.lexicon
                .find_all(Surface::Body, text, &mut self.scratch)
        }
    }
}

impl Engine for Ours<'_> {
    fn read(&mut self, text: &str) -> usize {
        self.hits(text).len()
    }
}

/// From a comment to its decision with every reason.
pub fn whole(rulebook: &Rulebook) -> impl Engine + '_ {
    let mut scratch = Scratch::default();
    move |text: &str| {
        let surfaces = SurfaceTexts {
            body: Some(text),
            nickname: None,
            tags: &[],
        };
        let findings = Findings::of(surfaces, None, rulebook, &mut scratch);
        decide(surfaces, &findings, rulebook).reasons.len()
    }
}

/// Folding alone, as our engine does it.
pub fn units() -> impl Engine {
    let mut units = Units::default();
    move |text: &str| {
        units.set(text, RunPolicy::Collapsed);
        units.units().len()
    }
}

/// Folding alone, as the references do it.
pub fn lean_fold() -> impl Engine {
    let mut fold = Fold::new(false);
    move |text: &str| {
        fold.set(text);
        fold.starts.len()
    }
}

/// Checking UTF-8 alone.
pub fn utf8() -> impl Engine {
    |text: &str| std::str::from_utf8(std::hint::black_box(text.as_bytes())).map_or(0, str::len)
}
