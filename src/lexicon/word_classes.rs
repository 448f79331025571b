//! Words that tell something about a hit beside them, by class: `company.tsv`.
//!
//! 記者 is an office and a speaker, 颱風 a thing, 判刑 a punishment. A text is read leftmost and longest first, so that 狗官
//! is an office and no dog. The lists' public figures are added as people.

use std::collections::BTreeMap;

use crate::text::{FoldedText, LineFault, ListFile, Table, fold::folded, shown::Shown};

/// The file of classes.
pub const WORD_CLASSES_FILE: &str = "company.tsv";
/// The shipped file: used by lists that have none of their own.
const SHIPPED: &str = include_str!("../../wordlists/company.tsv");
/// The file whose names are people.
const FIGURES: &str = "public_figures.tsv";

/// A class of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Class {
    /// 你, 妳: somebody is spoken to.
    You,
    /// 樓上, 版主.
    Vocative,
    /// 這種, 一群.
    Demonstrative,
    /// 是, 根本.
    Copula,
    /// 很, 老, 死: may stand between a person and a hit.
    Degree,
    /// 啊, 笑死: says nothing by itself.
    Particle,
    /// 去死, 閉嘴: goes with abuse.
    Imperative,
    /// 市長, 記者.
    Office,
    /// 柯粉, 房東, 女人.
    Group,
    /// 傢伙, 他.
    Person,
    /// A public figure by name.
    Figure,
    /// 民進黨, 政策, 說法: may be criticized.
    Public,
    /// 我, 自己.
    Own,
    /// 覺得, 看: what follows is not about oneself.
    Opinion,
    /// 不是, 別.
    Deny,
    /// 颱風, 回收.
    Thing,
    /// 柴犬, 飼料.
    Animal,
    /// 劇情, 台詞.
    Fiction,
    /// 特教, 手冊.
    Care,
    /// 早日康復.
    Help,
    /// 罵, 嗆: a verb of saying.
    Say,
    /// 被罵, 罵我: one with its object.
    Passive,
    /// 判刑, 提告.
    Punish,
    /// 一詞, 字眼.
    WordTalk,
    /// 社團, 節目.
    Title,
    /// 有人, 阿伯: who may have said it.
    Speaker,
    /// 垃圾, 米蟲: abuse, and also an ordinary thing or an animal.
    Ordinary,
}

impl Class {
    const ALL: [(&'static str, Self); 27] = [
        ("you", Self::You),
        ("vocative", Self::Vocative),
        ("demonstrative", Self::Demonstrative),
        ("copula", Self::Copula),
        ("degree", Self::Degree),
        ("particle", Self::Particle),
        ("imperative", Self::Imperative),
        ("office", Self::Office),
        ("group", Self::Group),
        ("person", Self::Person),
        ("figure", Self::Figure),
        ("public", Self::Public),
        ("self", Self::Own),
        ("opinion", Self::Opinion),
        ("deny", Self::Deny),
        ("thing", Self::Thing),
        ("animal", Self::Animal),
        ("fiction", Self::Fiction),
        ("care", Self::Care),
        ("help", Self::Help),
        ("say", Self::Say),
        ("passive", Self::Passive),
        ("punish", Self::Punish),
        ("word-talk", Self::WordTalk),
        ("title", Self::Title),
        ("speaker", Self::Speaker),
        ("ordinary", Self::Ordinary),
    ];

    fn parse(name: &str) -> Option<Self> {
        let known = Self::ALL.iter().find(|(known, _)| *known == name);
        known.map(|(_, class)| *class)
    }
}

/// A set of classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Classes(u32);

impl Classes {
    /// These classes.
    pub(super) const fn of(classes: &[Class]) -> Self {
        let mut bits = 0;
        let mut nth = 0;
        while nth < classes.len() {
            bits |= 1 << classes[nth] as u32;
            nth += 1;
        }
        Self(bits)
    }

    /// Whether any of those is among these.
    pub(super) const fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether this class is among these.
    pub(super) const fn has(self, class: Class) -> bool {
        self.0 & (1 << class as u32) != 0
    }

    /// These classes and those.
    pub(super) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// All words with their classes.
#[derive(Debug)]
pub(super) struct WordClasses {
    /// Folded, sorted.
    words: Vec<(Box<[char]>, Classes)>,
    /// A set of hashed bits, one for the first two characters of each word: it rules out most places at once.
    heads: Box<[u64; HEAD_WORDS]>,
    /// Each character that a word begins with, and the first word that does; sorted.
    firsts: Vec<(char, usize)>,
}

const HEAD_WORDS: usize = 512;

impl WordClasses {
    /// The classes of these lists, or the shipped ones if they have none.
    pub(super) fn read(files: &[ListFile], faults: &mut Vec<LineFault>) -> Self {
        let mut words = BTreeMap::new();
        match files.iter().find(|file| file.name == WORD_CLASSES_FILE) {
            Some(file) => read(file, &mut words, faults),
            // the shipped file has no faults: a test reads it as a list of its own
            None => read(
                &ListFile::new(WORD_CLASSES_FILE, SHIPPED),
                &mut words,
                faults,
            ),
        }
        for name in files
            .iter()
            .filter(|file| file.name == FIGURES)
            .flat_map(names)
        {
            add(&mut words, &folded(name), Classes::of(&[Class::Figure]));
        }
        Self::new(words)
    }

    fn new(words: BTreeMap<Box<[char]>, Classes>) -> Self {
        let mut classes = Self {
            words: words.into_iter().collect(),
            heads: Box::new([0; HEAD_WORDS]),
            firsts: Vec::new(),
        };
        for (nth, (word, _)) in classes.words.iter().enumerate() {
            let (at, bit) = head(word.first().copied(), word.get(1).copied());
            classes.heads[at] |= bit;
            let known = classes.firsts.last().map(|(ch, _)| *ch);
            let first = word.first().filter(|first| Some(**first) != known);
            classes.firsts.extend(first.map(|first| (*first, nth)));
        }
        classes
    }

    /// Calls `each` for every word that begins here, the shortest first, with its length and its classes. A Latin word is
    /// not found within another.
    pub(super) fn each_at(&self, chars: &[Shown], at: usize, mut each: impl FnMut(usize, Classes)) {
        let char = |at: usize| chars.get(at).map(|shown| shown.ch);
        let holds = |second: Option<char>| {
            let (word, bit) = head(char(at), second);
            self.heads.get(word).copied().unwrap_or(0) & bit != 0
        };
        if !(holds(char(at + 1)) || holds(None)) || cuts_latin(chars, at) {
            return;
        }
        let mut same = self.beginning(char(at));
        for len in 1.. {
            match same.first() {
                Some((word, classes)) if word.len() == len => {
                    if !cuts_latin(chars, at + len) {
                        each(len, *classes);
                    }
                }
                Some(_) => {}
                None => return,
            }
            // those that go on as the text does: they are sorted, and a word stands before what is longer
            let Some(next) = chars.get(at + len).map(|shown| shown.ch) else {
                return;
            };
            let from = same.partition_point(|(word, _)| word.get(len).is_none_or(|ch| *ch < next));
            let to = same.partition_point(|(word, _)| word.get(len).is_none_or(|ch| *ch <= next));
            same = same.get(from..to).unwrap_or_default();
        }
    }

    /// The words that begin with this character.
    fn beginning(&self, first: Option<char>) -> &[(Box<[char]>, Classes)] {
        let found = first.map(|first| self.firsts.binary_search_by_key(&first, |(ch, _)| *ch));
        let Some(Ok(nth)) = found else { return &[] };
        let start = |nth: usize| {
            self.firsts
                .get(nth)
                .map_or(self.words.len(), |(_, start)| *start)
        };
        self.words
            .get(start(nth)..start(nth + 1))
            .unwrap_or_default()
    }
}

/// Whether a border here would cut a Latin word or a number in two.
fn cuts_latin(chars: &[Shown], at: usize) -> bool {
    let latin = |at: usize| {
        chars
            .get(at)
            .is_some_and(|shown| shown.ch.is_ascii_alphanumeric())
    };
    at.checked_sub(1).is_some_and(latin) && latin(at)
}

fn head(first: Option<char>, second: Option<char>) -> (usize, u64) {
    let code = |ch: Option<char>| ch.map_or(0, u64::from);
    let hash = ((code(first) << 32) | code(second)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 49;
    ((hash >> 6) as usize, 1 << (hash & 63))
}

fn read(file: &ListFile, words: &mut BTreeMap<Box<[char]>, Classes>, faults: &mut Vec<LineFault>) {
    let mut table = Table::read(file, &["word", "classes", "note", "source"]);
    table.check_twice(|row| folded(row.cell(0)));
    for row in std::mem::take(&mut table.rows) {
        let word = folded(row.cell(0));
        if FoldedText::new(row.cell(0)).dense().is_empty() && !row.cell(0).is_empty() {
            let (zh, en) = (
                format!("字詞「{}」正規化後沒有內容", row.cell(0)),
                format!("the word \"{}\" folds to nothing", row.cell(0)),
            );
            table.fault(row.line, zh, en);
        }
        for name in row.cell(1).split(',').map(str::trim) {
            match Class::parse(name) {
                Some(class) => add(words, &word, Classes::of(&[class])),
                None => table.fault(
                    row.line,
                    format!("classes 中有無法辨識的「{name}」"),
                    format!("unknown name \"{name}\" in classes"),
                ),
            }
        }
    }
    faults.append(&mut table.faults);
}

fn add(words: &mut BTreeMap<Box<[char]>, Classes>, word: &str, classes: Classes) {
    let known = words.entry(word.chars().collect()).or_default();
    *known = known.with(classes);
}

/// The names of a list, whatever else is in it: the room that it belongs to reports its faults.
fn names(file: &ListFile) -> impl Iterator<Item = &str> {
    let rows = file.content.lines().filter(|line| !line.starts_with('#'));
    rows.skip(1).filter_map(|row| row.split('\t').next())
}
