//! Makes `words.fst`, the words of ordinary Chinese with how common each is, and `joins.bin`, which characters stand side
//! by side in them; holds both against `own_words.txt` and the lists.
//!
//! Each word of jieba's dictionary is written as in Taiwan in two ways, character by character and with Taiwan's own word
//! for the thing, and folded. Where several of its rows come out as one word, the commonest one speaks for it. OpenCC's
//! phrases that it lacks come in as rare words, and then our own.
//!
//! Made after the lists: what they give as a spelling of a listed term is no ordinary word (煞筆, 草泥馬).

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fs,
    path::Path,
};

use banzhu::text::fold::folded;
use fst::{Map, MapBuilder, Streamer as _};

use crate::{
    check_made_bytes,
    choices::{self, said},
    committed, committed_bytes,
    inputs::{
        DICTIONARY, Input, JIEBA, OPENCC, Package, ST_PHRASES, ST_REGIONAL_PHRASES, TW_PHRASES,
    },
    opencc::{self, Conversion},
    rows,
};

pub const PATH: &str = "lexicon/tables/words.fst";
pub const JOINS_PATH: &str = "lexicon/tables/joins.bin";
pub const PACKAGES: &[Package] = &[JIEBA, OPENCC];

const OWN: &str = "lexicon/tables/own_words.txt";
const CHOICES: &str = include_str!("words_choices.tsv");
/// The longest word.
const WORD_CHARS: usize = 6;
/// The smallest count that is taken.
const COUNT_MIN: u32 = 3;
/// The longest word that may lie across a term's edge, and the smallest count of one, by its length less one.
const EDGE_COUNTS_MIN: [u32; 4] = [4, 5, 6, 6];
/// How common an OpenCC phrase is taken to be that jieba lacks, in half bits: counted eight times.
const PHRASE_LEVEL: u64 = 6;
/// Added to the level of a word that never lies across a term's edge.
const READ_ONLY: u64 = 64;
/// How jieba tags names of persons: nr, nrt, nrfg.
const PERSON: &str = "nr";
/// The binary logarithm of the number of bits of `joins.bin`.
const JOIN_BITS: u32 = 20;

/// What the dictionary says of a word.
#[derive(Default)]
struct Entry {
    count: u32,
    is_person: bool,
}

/// The spellings of the lists that are no term of their own; folded.
fn listed_spellings() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("wordlists");
    let (mut spellings, mut terms) = (BTreeSet::new(), HashSet::new());
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|kind| kind != "tsv") {
            continue;
        }
        let table = fs::read_to_string(&path).unwrap();
        let mut lines = rows(&table);
        let header = lines.next().unwrap_or_default();
        let Some(nth) = header.split('\t').position(|name| name == "spellings") else {
            continue;
        };
        for line in lines {
            let cells: Vec<&str> = line.split('\t').collect();
            terms.insert(folded(cells[0]));
            let kinds = cells[nth]
                .split(';')
                .filter_map(|kind| kind.split_once(':'));
            let listed = kinds.flat_map(|(_, list)| list.split('|'));
            spellings.extend(listed.map(|spelling| folded(spelling.trim())));
        }
    }
    spellings.retain(|spelling| !terms.contains(spelling));
    spellings
}

/// The dictionary's words as written in Taiwan.
fn dictionary() -> HashMap<String, Entry> {
    let mut entries = HashMap::<String, Entry>::new();
    let conversions = [Conversion::s2tw(), Conversion::s2twp()];
    for line in rows(&DICTIONARY.read()) {
        let cells: Vec<&str> = line.split(' ').collect();
        let [word, count, tag] = cells[..] else {
            panic!("{line}")
        };
        let (count, is_person) = (count.parse().unwrap(), tag.starts_with(PERSON));
        if count < COUNT_MIN {
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
    entries
}

/// OpenCC's phrases, as written in Taiwan.
fn phrases() -> BTreeSet<String> {
    let to_taiwan = Conversion::s2tw();
    let simplified = |input: &Input| -> Vec<String> {
        let text = input.read();
        opencc::entries(&text)
            .map(|(key, _)| folded(&to_taiwan.convert(key)))
            .collect()
    };
    let mut phrases: BTreeSet<String> = [ST_PHRASES, ST_REGIONAL_PHRASES]
        .iter()
        .flat_map(simplified)
        .collect();
    let text = TW_PHRASES.read();
    phrases.extend(
        opencc::entries(&text)
            .flat_map(|(_, values)| values)
            .map(folded),
    );
    phrases
}

/// Every word with its value: how common it is in half bits, and whether it is for reading only.
fn words() -> BTreeMap<String, u64> {
    let (entries, spellings) = (dictionary(), listed_spellings());
    let kept: HashSet<&str> = said(CHOICES, "keep").collect();
    let left: HashSet<&str> = said(CHOICES, "leave").collect();
    let is_word = |word: &str| {
        (1..=WORD_CHARS).contains(&word.chars().count())
            && word
                .chars()
                .all(|ch| ('\u{3400}'..='\u{9fff}').contains(&ch))
            && !spellings.contains(word)
    };
    let is_edge = |word: &str, count: u32| {
        let count_min = EDGE_COUNTS_MIN.get(word.chars().count() - 1);
        count_min.is_some_and(|min| count >= *min) && !left.contains(word)
    };
    let mut words = BTreeMap::new();
    for (word, entry) in &entries {
        let is_name = entry.is_person && word.chars().count() > 1 && !kept.contains(word.as_str());
        if is_word(word) && !is_name {
            let read_only = if is_edge(word, entry.count) {
                0
            } else {
                READ_ONLY
            };
            words.insert(word.clone(), level(entry.count) + read_only);
        }
    }
    for phrase in phrases().into_iter().filter(|phrase| is_word(phrase)) {
        words.entry(phrase).or_insert(PHRASE_LEVEL + READ_ONLY);
    }
    let own = committed(OWN);
    words.extend(own_rows(&own).map(|(word, value)| (word.to_owned(), value)));
    words
}

/// The nearest half of the binary logarithm of a count.
fn level(count: u32) -> u64 {
    (f64::from(count).log2() * 2.0).round().clamp(2.0, 40.0) as u64
}

/// Our own words with their values.
fn own_rows(table: &str) -> impl Iterator<Item = (&str, u64)> {
    rows(table).map(|row| {
        let cells: Vec<&str> = row.split('\t').collect();
        let (word, letter, read_only) = match cells[..] {
            [word, letter] => (word, letter, 0),
            [word, letter, "read"] => (word, letter, READ_ONLY),
            _ => panic!("{row}"),
        };
        let letter: char = letter.parse().unwrap();
        assert!(('a'..='t').contains(&letter), "{row}");
        (word, 2 * u64::from(letter as u8 - b'a' + 1) + read_only)
    })
}

/// A word as a key: its characters as UTF-16, the high byte first, so that keys sort as characters do.
fn key(word: &str) -> Vec<u8> {
    word.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

fn made(words: &BTreeMap<String, u64>) -> Vec<u8> {
    let rows: BTreeMap<Vec<u8>, u64> = words
        .iter()
        .map(|(word, value)| (key(word), *value))
        .collect();
    let mut builder = MapBuilder::memory();
    for (key, value) in rows {
        builder.insert(key, value).unwrap();
    }
    builder.into_inner().unwrap()
}

/// A bit for every two characters that are side by side in a word that may lie across an edge.
fn joins(words: &BTreeMap<String, u64>) -> Vec<u8> {
    let mut bits = vec![0_u8; 1 << (JOIN_BITS - 3)];
    for (word, _) in words.iter().filter(|(_, value)| **value < READ_ONLY) {
        let codes: Vec<u16> = word.encode_utf16().collect();
        for pair in codes.windows(2) {
            let both = (u32::from(pair[0]) << 16) | u32::from(pair[1]);
            let hash = both.wrapping_mul(0x9e37_79b9) >> (32 - JOIN_BITS);
            bits[hash as usize >> 3] |= 1 << (hash & 7);
        }
    }
    bits
}

/// The words of the committed table.
fn committed_words() -> BTreeMap<String, u64> {
    let map = Map::new(committed_bytes(PATH)).unwrap();
    let (mut stream, mut words) = (map.stream(), BTreeMap::new());
    while let Some((key, value)) = stream.next() {
        let codes: Vec<u16> = key
            .chunks(2)
            .map(|two| u16::from_be_bytes([two[0], two[1]]))
            .collect();
        words.insert(String::from_utf16(&codes).unwrap(), value);
    }
    words
}

#[test]
#[ignore = "needs inputs from package registries: see the head of tests/tables/main.rs"]
fn words_fst_and_joins_bin_come_out_as_committed() {
    let words = words();
    // for people who want to read it
    let lines = words
        .iter()
        .map(|(word, value)| format!("{word}\t{value}\n"));
    let aside = crate::inputs::folder().join("made/words.tsv");
    fs::create_dir_all(aside.parent().unwrap()).unwrap();
    fs::write(aside, lines.collect::<String>()).unwrap();
    let told = [
        check_made_bytes(PATH, &made(&words)),
        check_made_bytes(JOINS_PATH, &joins(&words)),
    ];
    assert_eq!(told.concat(), [""; 0]);
}

#[test]
fn the_table_is_small_enough_to_lie_in_the_binary() {
    let words = committed_words();
    assert!((200_000..500_000).contains(&words.len()), "{}", words.len());
    assert!(committed_bytes(PATH).len() <= 6 << 20);
    assert!(
        words
            .values()
            .all(|value| (2..=40).contains(&(value % READ_ONLY)) && value / READ_ONLY < 2)
    );
    for word in words.keys() {
        assert_eq!(&folded(word), word);
    }
    // the one is made from the other
    assert_eq!(committed_bytes(JOINS_PATH), joins(&words));
}

/// After a change to the lists the table is made again, if this fails.
#[test]
fn what_the_lists_spell_lies_across_no_edge() {
    let words = committed_words();
    let edges: Vec<String> = listed_spellings()
        .into_iter()
        .filter(|spelling| words.get(spelling).is_some_and(|value| *value < READ_ONLY))
        .collect();
    assert_eq!(edges, [""; 0]);
}

#[test]
fn the_choices_stand_in_the_table() {
    choices::check(CHOICES, &["keep", "leave"]);
    let words = committed_words();
    for kept in said(CHOICES, "keep") {
        assert!(words.contains_key(kept), "{kept}");
    }
    for left in said(CHOICES, "leave") {
        assert!(
            words.get(left).is_none_or(|value| *value >= READ_ONLY),
            "{left}"
        );
    }
}

#[test]
fn our_own_words_are_sorted_folded_and_stand_in_the_table() {
    let (words, table) = (committed_words(), committed(OWN));
    let own: Vec<(&str, u64)> = own_rows(&table).collect();
    assert!(own.windows(2).all(|pair| pair[0].0 < pair[1].0));
    for (word, value) in own {
        assert_eq!(folded(word), word);
        assert!((1..=WORD_CHARS).contains(&word.chars().count()), "{word}");
        assert_eq!(words.get(word), Some(&value), "{word}");
    }
}
