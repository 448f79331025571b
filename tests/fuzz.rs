//! Texts that nobody would write, many of them, against the shipped lists and lists that nobody would keep.
//!
//! `BANZHU_FUZZ_CASES=10000000 cargo test --release --test fuzz -- --nocapture` is the long form; `BANZHU_FUZZ_SEED`
//! repeats a run. Every failure prints the seed and the number of its case.
#![allow(clippy::unwrap_used)]

mod oracle;

use std::{collections::BTreeSet, fs, path::Path, time::Instant};

use banzhu::{
    lexicon::{Hit, Lexicon, ListFile, Scratch},
    text::{Span, Surface},
};
use oracle::{RARE, SlowText, overlaps_itself};

const CASES: u64 = 20_000;
const SEED: u64 = 0x5eed_0011;
/// How many texts one set of made-up lists is kept for.
const TEXTS_PER_LISTS: u64 = 500;
const HEADER: &str =
    "term\tseverity\tsurfaces\tmatch\tvariants\tspellings\tcontext\tnote\tsource\n";

/// SplitMix64 (Steele, Lea, Flood 2014): a case is repeated by its number alone.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.roll() % end as u64) as usize
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

/// What texts are made of.
struct Pieces {
    /// The terms and spellings of the shipped lists.
    terms: Vec<String>,
    /// Lines of ordinary comments, innocent phrases.
    ordinary: Vec<String>,
}

const GAPS: &[&str] = &[
    " ",
    ".",
    "。",
    "\n",
    "🙂",
    "\u{200b}",
    "\u{301}",
    "\u{fe0f}",
    "...",
    "....",
    "，",
    "*",
    "\u{3000}",
    "\u{ad}",
    "\u{e0100}",
    "\u{20e3}",
];
const SIGNS: &[&str] = &[
    "🐔",
    "🐴",
    "💩",
    "🖕",
    "👨‍👩‍👧",
    "🇹🇼",
    "✈\u{fe0f}",
    "○",
    "●",
    "×",
    "□",
    "㈱",
    "㎏",
    "ﬁ",
    "ﷺ",
    "½",
    "①",
    "＊",
    "𝒻",
    "⼥",
    "\u{f900}",
    "\u{2f800}",
];
const LATIN: &[&str] = &[
    "fuck",
    "gnn",
    "ni",
    "niang",
    "gan",
    "ma",
    "sh1t",
    "LINE",
    "ID",
    "0912345678",
    "a",
    "X",
    "o",
    "87",
    "www.",
    ".com",
    "@",
    "http://",
];
const SYMBOLS: &[&str] = &[
    "ㄅ", "ㄆ", "ㄇ", "ㄍ", "ㄋ", "ㄢ", "ㄧ", "ㄤ", "ㄎ", "ㄟ", "ˊ", "ˋ", "ˇ", "˙",
];

impl Pieces {
    fn text(&self, dice: &mut Dice) -> String {
        let mut text = String::new();
        for _ in 0..dice.below(14) {
            self.add(dice, &mut text);
        }
        text
    }

    fn add(&self, dice: &mut Dice, text: &mut String) {
        match dice.below(14) {
            0 => {
                let bytes: Vec<u8> = (0..dice.below(12)).map(|_| dice.roll() as u8).collect();
                text.push_str(&String::from_utf8_lossy(&bytes));
            }
            1 => text.extend(
                (0..dice.below(6)).filter_map(|_| char::from_u32(dice.below(0x11_0000) as u32)),
            ),
            2 => text.extend(
                (0..dice.below(8))
                    .filter_map(|_| char::from_u32(0x4e00 + dice.below(0x5200) as u32)),
            ),
            3 => text.push_str(&piece_of(
                &self.ordinary[dice.below(self.ordinary.len())],
                dice,
            )),
            4 | 5 => text.push_str(&self.terms[dice.below(self.terms.len())]),
            6 | 7 => text.push_str(&disguised(&self.terms[dice.below(self.terms.len())], dice)),
            8 => text.push_str(dice.one(SIGNS)),
            9 => text.push_str(dice.one(SYMBOLS)),
            10 => text.push_str(dice.one(LATIN)),
            11 => text.push_str(dice.one(GAPS)),
            12 => text.extend((0..1 + dice.below(8)).map(|_| dice.one(&RARE))),
            _ => stretch(dice, text),
        }
    }
}

fn piece_of(text: &str, dice: &mut Dice) -> String {
    let chars: Vec<char> = text.chars().collect();
    let from = dice.below(chars.len());
    chars[from..].iter().take(1 + dice.below(12)).collect()
}

/// The last character, or a piece, again and again.
fn stretch(dice: &mut Dice, text: &mut String) {
    let again = match dice.below(4) {
        0 => text
            .chars()
            .next_back()
            .map(String::from)
            .unwrap_or_default(),
        1 => dice.one(GAPS).to_owned(),
        2 => dice.one(SIGNS).to_owned(),
        _ => dice.one(&RARE).to_string(),
    };
    let times = if dice.below(40) == 0 {
        300
    } else {
        1 + dice.below(8)
    };
    text.push_str(&again.repeat(times));
}

/// A term with something done to some of its characters.
fn disguised(term: &str, dice: &mut Dice) -> String {
    let mut chars: Vec<char> = term.chars().collect();
    if dice.below(12) == 0 {
        chars.reverse();
    }
    let mut text = String::new();
    for ch in chars {
        match dice.below(12) {
            0 => text.push_str(dice.one(&["x", "○", "*", "X", "口"])),
            1 => text.extend(std::iter::repeat_n(ch, 1 + dice.below(5))),
            2 => text.push_str(banzhu::text::parts::parts_of(ch).next().unwrap_or("")),
            3 => text.extend(banzhu::text::first_letters(ch).into_iter().take(1)),
            4 => text.extend(banzhu::text::first_symbols(ch).into_iter().take(1)),
            5 => text.extend(ch.to_uppercase()),
            _ => text.push(ch),
        }
        if dice.below(4) == 0 {
            text.push_str(dice.one(GAPS));
        }
    }
    text
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn shipped() -> Vec<ListFile> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("wordlists");
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|ext| ext == "tsv"))
        .collect();
    paths.sort();
    let list = |path: &Path| {
        ListFile::new(
            path.file_name().unwrap().to_str().unwrap(),
            fs::read_to_string(path).unwrap(),
        )
    };
    paths.iter().map(|path| list(path)).collect()
}

fn pieces(lexicon: &Lexicon, files: &[ListFile]) -> Pieces {
    let rows = |name: &str| {
        let file = files.iter().find(|file| file.name == name);
        let content = file.map_or("", |file| file.content.as_str());
        content
            .lines()
            .filter(|line| !line.starts_with('#'))
            .skip(1)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let phrases = rows("exceptions.tsv")
        .into_iter()
        .filter_map(|row| row.split('\t').next().map(str::to_owned));
    let innocent = read("tests/cases/innocent.txt");
    let comments = innocent
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(str::to_owned);
    let spellings = rows("profanity.tsv")
        .into_iter()
        .filter_map(|row| row.split('\t').nth(5).map(str::to_owned));
    let spellings: Vec<String> = spellings
        .flat_map(|cell| {
            cell.split([':', '|', ';', ' '])
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .filter(|spelling| !spelling.is_empty())
        .collect();
    let terms = lexicon.terms().map(|(_, term)| term.text.clone());
    Pieces {
        terms: terms.chain(spellings).collect(),
        ordinary: phrases
            .chain(comments)
            .filter(|line| !line.is_empty())
            .collect(),
    }
}

/// Lists of a few terms and phrases, every column filled somehow.
fn made_up(pieces: &Pieces, dice: &mut Dice) -> Option<Lexicon> {
    let mut rows = BTreeSet::new();
    for _ in 0..1 + dice.below(24) {
        let term = match dice.below(4) {
            0 => (0..1 + dice.below(4)).map(|_| dice.one(&RARE)).collect(),
            1 => piece_of(&pieces.ordinary[dice.below(pieces.ordinary.len())], dice),
            2 => pieces.text(dice),
            _ => pieces.terms[dice.below(pieces.terms.len())].clone(),
        };
        let term = term
            .replace(['\t', '\n', '\r', '#'], "")
            .trim()
            .chars()
            .take(12)
            .collect::<String>();
        let asked = dice.one(&["", "anywhere", "word", "whole"]);
        let variants = dice.one(&[
            "",
            "all",
            "none",
            "separators,mask,repeat",
            "homophone,pinyin,bopomofo,split",
        ]);
        let context = dice.one(&[
            "",
            "",
            "",
            "near:你|這|靐+6",
            "not_near:他|*+3; not_before:a b+100",
            "after:龘+1",
        ]);
        rows.insert(format!(
            "{term}\t{}\t\t{asked}\t{variants}\t\t{context}\t\tours",
            dice.below(5)
        ));
    }
    let mut known = BTreeSet::new();
    let rows: Vec<&String> = rows
        .iter()
        .filter(|row| known.insert(banzhu::text::fold::folded(row.split('\t').next().unwrap())))
        .collect();
    let phrases: BTreeSet<String> = (0..dice.below(6))
        .map(|_| piece_of(&pieces.ordinary[dice.below(pieces.ordinary.len())], dice))
        .collect();
    let list = |rows: &mut dyn Iterator<Item = String>| {
        rows.fold(String::new(), |list, row| list + &row + "\n")
    };
    let files = [
        ListFile::new(
            "profanity.tsv",
            format!(
                "{HEADER}{}",
                list(&mut rows.iter().map(|row| (*row).clone()))
            ),
        ),
        ListFile::new(
            "exceptions.tsv",
            format!(
                "phrase\tnote\tsource\n{}",
                list(&mut phrases.iter().map(|phrase| format!("{phrase}\t\tours")))
            ),
        ),
    ];
    Lexicon::compile(&files).ok().map(|(lexicon, _)| lexicon)
}

/// Terms of characters that are in no word, half of them seen through separators.
struct Plain {
    terms: BTreeSet<String>,
    parted: bool,
    lexicon: Lexicon,
}

fn plain(dice: &mut Dice) -> Plain {
    let terms: BTreeSet<String> = (0..1 + dice.below(8))
        .map(|_| (0..1 + dice.below(5)).map(|_| dice.one(&RARE)).collect())
        .collect();
    let parted = dice.below(2) == 0;
    let variants = if parted {
        "width,case,marks,variant,separators"
    } else {
        "width,case,marks,variant"
    };
    let rows: String = terms
        .iter()
        .map(|term| format!("{term}\t3\t\tanywhere\t{variants}\t\t\t\tours\n"))
        .collect();
    let files = [ListFile::new("profanity.tsv", format!("{HEADER}{rows}"))];
    let lexicon = Lexicon::compile(&files)
        .unwrap_or_else(|faults| panic!("{faults:#?}"))
        .0;
    Plain {
        terms,
        parted,
        lexicon,
    }
}

impl Plain {
    fn check(&self, text: &str, scratch: &mut Scratch) -> Result<(), String> {
        let hits = scanned(&self.lexicon, Surface::Body, text, scratch)?;
        let slow = SlowText::new(text);
        for term in &self.terms {
            let of_term = hits
                .iter()
                .filter(|hit| self.lexicon.term(hit.term).text == *term);
            let found: BTreeSet<Span> = of_term.map(|hit| hit.span).collect();
            let wanted = slow.find(term, self.parted);
            let exact = !overlaps_itself(term);
            let covered = |place: &Span| found.iter().any(|hit| hit.overlaps(place));
            if exact && found != wanted || !exact && !wanted.iter().all(covered) {
                return Err(format!(
                    "{term} (parted {}): found {found:?}, the slow way {wanted:?}",
                    self.parted
                ));
            }
        }
        Ok(())
    }
}

/// Scans with a scratch that has seen other texts and with a fresh one; looks at every span.
fn scanned(
    lexicon: &Lexicon,
    surface: Surface,
    text: &str,
    scratch: &mut Scratch,
) -> Result<Vec<Hit>, String> {
    let hits = lexicon.scan(surface, text, scratch).to_vec();
    // a fresh one is dear: it is asked where something was found, and of some texts where nothing was
    let asked = !hits.is_empty() || text.len().is_multiple_of(4);
    if asked && lexicon.scan(surface, text, &mut Scratch::default()) != hits {
        return Err("a scratch that was used finds something else than a fresh one".to_owned());
    }
    if hits.is_empty() {
        return Ok(hits);
    }
    let length = text.chars().count() as u32;
    for hit in &hits {
        let matched = hit.span.slice(text);
        if hit.span.start >= hit.span.end
            || hit.span.end > length
            || matched.chars().count() as u32 != hit.span.len()
        {
            return Err(format!("{:?} of {length}", hit.span));
        }
        if lexicon.term(hit.term).text.is_empty() {
            return Err("a hit of no term".to_owned());
        }
    }
    if !hits.is_sorted_by_key(|hit| (hit.span.start, std::cmp::Reverse(hit.span.end))) {
        return Err("hits out of order".to_owned());
    }
    Ok(hits)
}

/// What `explain` says stands is what a scan finds, or more where one hit gave way to another.
fn explained(lexicon: &Lexicon, text: &str, hits: &[Hit]) -> Result<(), String> {
    let explanation = lexicon.explain(Surface::Body, text);
    for hit in hits {
        let matched = hit.span.slice(text);
        let same = |span: Span, term: &str| span == hit.span && lexicon.term(hit.term).text == term;
        let told = explanation
            .candidates
            .iter()
            .find(|told| told.dropped.is_none() && same(told.span, &told.term));
        if told.is_none_or(|told| told.matched != matched) {
            return Err(format!("{matched} is a hit and is not explained"));
        }
    }
    Ok(())
}

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |value| value.parse().unwrap())
}

#[test]
fn no_text_confuses_the_engine() {
    let (cases, seed) = (
        number("BANZHU_FUZZ_CASES", CASES),
        number("BANZHU_FUZZ_SEED", SEED),
    );
    let files = shipped();
    let lexicon = Lexicon::compile(&files)
        .unwrap_or_else(|faults| panic!("{faults:#?}"))
        .0;
    let pieces = pieces(&lexicon, &files);
    let (mut scratch, mut lists, mut terms) = (Scratch::default(), None, None);
    let (mut hits, mut compiled, started) = (0, 0, Instant::now());
    for case in 0..cases {
        if case % TEXTS_PER_LISTS == 0 {
            // the lists of a case depend on its number alone, so that a failure is repeated by starting there
            let dice =
                &mut Dice(seed ^ (case / TEXTS_PER_LISTS).wrapping_mul(0xd134_2543_de82_ef95));
            lists = made_up(&pieces, dice);
            terms = Some(plain(dice));
            compiled += usize::from(lists.is_some());
        }
        let dice = &mut Dice(seed.wrapping_add(case.wrapping_mul(0x2545_f491_4f6c_dd1d)));
        let text = pieces.text(dice);
        let surface = dice.one(&Surface::ALL);
        let mut look = || -> Result<usize, String> {
            let found = scanned(&lexicon, surface, &text, &mut scratch)?;
            if case % 64 == 0 {
                let found = lexicon.scan(Surface::Body, &text, &mut scratch).to_vec();
                explained(&lexicon, &text, &found)?;
            }
            if let Some(lists) = &lists {
                scanned(lists, surface, &text, &mut scratch)?;
            }
            terms
                .iter()
                .try_for_each(|plain| plain.check(&text, &mut scratch))?;
            Ok(found.len())
        };
        hits += look().unwrap_or_else(|why| panic!("seed {seed}, case {case}: {text:?}\n{why}"));
    }
    println!(
        "{cases} texts, seed {seed}: {hits} hits of the shipped lists, {compiled} made-up lists, {:?}",
        started.elapsed()
    );
    assert!(hits > 0 && compiled > 0, "the texts hold nothing to find");
}
