//! What the bench reads: comments, and terms that stand in no list.

use std::{collections::BTreeSet, fs};

use fst::Streamer as _;

const WORDS: &[u8] = include_bytes!("../../src/lexicon/tables/words.fst");
/// Where the comments of COLD may lie: one JSON object with a `text` a line.
const COMMENTS: [&str; 2] = [
    "../shared/eval/dev/abuse_cold.jsonl",
    "../../shared/eval/dev/abuse_cold.jsonl",
];
/// Where else.
const COMMENTS_VARIABLE: &str = "BANZHU_BENCH_TEXTS";
/// Every second comment is read.
const STEP: usize = 2;
const MADE_COMMENTS: usize = 9_328;
const MADE_BYTES: usize = 140;

/// The comments, and where they come from.
pub fn comments() -> (Vec<String>, String) {
    let given = std::env::var(COMMENTS_VARIABLE).ok();
    let paths = given.iter().map(String::as_str).chain(COMMENTS);
    for path in paths {
        if let Ok(lines) = fs::read_to_string(path) {
            let texts = lines.lines().filter_map(|line| {
                let row: serde_json::Value = serde_json::from_str(line).ok()?;
                Some(row.get("text")?.as_str()?.to_owned())
            });
            let name = path.rsplit('/').next().unwrap_or(path);
            return (
                texts.step_by(STEP).collect(),
                format!("{name}, every second"),
            );
        }
    }
    (
        made_comments(),
        "made from the word table (set BANZHU_BENCH_TEXTS for others)".to_owned(),
    )
}

/// Numbers that are the same each time (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }
}

/// Words of four characters at most with the binary logarithm of how common they are, single characters among them.
fn words() -> Vec<(String, u32)> {
    let Ok(map) = fst::Map::new(WORDS) else {
        return Vec::new();
    };
    let (mut stream, mut words) = (map.stream(), Vec::new());
    while let Some((key, value)) = stream.next() {
        let codes: Vec<u16> = key
            .chunks(2)
            .map(|two| u16::from_be_bytes([two[0], two[1]]))
            .collect();
        // what is for reading only has 64 more: rare words and abuse
        if codes.len() <= 4 && value < 64 {
            words.push((String::from_utf16_lossy(&codes), value as u32 / 2));
        }
    }
    words
}

/// Of so many words drawn the commonest is taken, so that a term stands in a comment now and then.
const DRAWN: usize = 4;

/// Terms of two to five characters: words of the table in pairs.
pub fn terms(count: usize) -> Vec<String> {
    let words = words();
    let mut dice = Dice(11);
    let mut terms = BTreeSet::new();
    while terms.len() < count {
        let mut word = || {
            let drawn = (0..DRAWN).map(|_| &words[dice.below(words.len())]);
            drawn
                .max_by_key(|(_, level)| *level)
                .map_or("", |(word, _)| word)
        };
        let term = format!("{}{}", word(), word());
        let first = term.chars().next();
        if (2..=5).contains(&term.chars().count()) && term.chars().any(|ch| Some(ch) != first) {
            terms.insert(term);
        }
    }
    terms.into_iter().collect()
}

/// Comments of about 140 bytes: words as often as they are common, with commas, and now and then Latin letters, digits or
/// an emoji.
fn made_comments() -> Vec<String> {
    let words = words();
    let mut sum = 0_usize;
    let sums: Vec<usize> = words
        .iter()
        .map(|(_, level)| {
            sum += 1 << level;
            sum
        })
        .collect();
    let mut dice = Dice(140);
    let mut comment = || {
        let mut text = String::new();
        let end = MADE_BYTES / 2 + dice.below(MADE_BYTES);
        while text.len() < end {
            text.push_str(match dice.below(120) {
                0 => "OK ",
                1 => "2024",
                2 => "🙂",
                3..20 => "，",
                20..24 => "。",
                _ => {
                    let drawn = dice.below(sum);
                    &words[sums.partition_point(|sum| *sum <= drawn)].0
                }
            });
        }
        text
    };
    (0..MADE_COMMENTS).map(|_| comment()).collect()
}
