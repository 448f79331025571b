//! Latin letters and digits that no list holds are what they are: beside function words, nothing is read into them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{collections::BTreeSet, fs, path::Path};

use banzhu::{
    lexicon::{Lexicon, ListFile, Scratch},
    text::{Surface, fold::folded},
};

fn shipped() -> Vec<ListFile> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("wordlists");
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let lists = paths.filter(|path| path.extension().is_some_and(|kind| kind == "tsv"));
    lists
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            ListFile::new(name, fs::read_to_string(&path).unwrap())
        })
        .collect()
}

/// The runs of Latin letters and digits in the lists' terms and spellings.
fn held() -> BTreeSet<String> {
    let mut held = BTreeSet::new();
    for list in shipped() {
        for line in list.content.lines().filter(|line| !line.starts_with('#')) {
            let text = folded(line);
            let runs = text.split(|ch: char| !ch.is_ascii_alphanumeric());
            held.extend(runs.map(str::to_owned));
        }
    }
    held
}

/// Every pair of capitals, then digits, models, words and what is written with signs.
fn tokens() -> Vec<String> {
    let capitals = || 'A'..='Z';
    let pairs = capitals().flat_map(|left| capitals().map(move |right| format!("{left}{right}")));
    let single = capitals().map(String::from);
    let numbered =
        capitals().flat_map(|letter| [1, 3, 5, 8].map(|digit| format!("{letter}{digit}")));
    let numbers = (0..400).map(|nth| (nth * nth + 7).to_string());
    let others = "XDD QQ orz PO DPP KMT CS XS HG OS GPU BOSS NBA m*g C# C++ AT&T R&B Q&A P&G H&M Wi-Fi USB-C 7-11 \
        iPhone hugo boss Tesla LINE Google YouTube ETF0050 TSMC 3nm 5G 4K MLB T1 CTBC EMBA TOEIC OOXX XOXO SOP \
        lol omg haha XDDDD zzz RTX4090 M3 A17 GTA6 ps5 xbox Switch2 BTS IU TWICE NMB48 KTV VIP Ubike MRT HSR";
    let others = others.split_whitespace().map(str::to_owned);
    single
        .chain(pairs)
        .chain(numbered)
        .chain(numbers)
        .chain(others)
        .collect()
}

const BEFORE: [&str; 20] = [
    "",
    "你",
    "我",
    "他",
    "這件 ",
    "去 ",
    "是",
    "有",
    "在",
    "要",
    "很",
    "大",
    "小",
    "不",
    "的",
    "死",
    "操作 ",
    "邊看邊吃",
    "你玩過",
    "體操 ",
];
const BEHIND: [&str; 10] = [
    " 你說得對",
    "你好笑",
    " 吧",
    "的",
    "你走好",
    " 你穿剛好",
    "，你的分享",
    "了",
    "家",
    " 滾筒洗衣機",
];

#[test]
fn nothing_is_read_into_letters_that_no_list_holds() {
    let lexicon = Lexicon::compile(&shipped())
        .unwrap_or_else(|faults| panic!("{faults:#?}"))
        .0;
    let mut scratch = Scratch::default();
    let held = held();
    // who lists 他X的 has 他XX的 too
    let unheld = tokens().into_iter().filter(|token| {
        let mut once: Vec<char> = folded(token).chars().collect();
        once.dedup();
        !held.contains(&folded(token)) && !held.contains(&String::from_iter(once))
    });
    let tokens: BTreeSet<String> = unheld.collect();
    assert!(tokens.len() >= 1_000, "{}", tokens.len());
    let frames: Vec<(&str, &str)> = BEFORE
        .iter()
        .flat_map(|before| BEHIND.map(|behind| (*before, behind)))
        .collect();
    assert_eq!(frames.len(), 200);
    let mut hits = Vec::new();
    for token in &tokens {
        for (before, behind) in &frames {
            let text = format!("{before}{token}{behind}");
            if lexicon
                .scan(Surface::Body, &text, &mut scratch)
                .iter()
                .any(|hit| hit.severity > 0)
            {
                let told = lexicon.explain(Surface::Body, &text).candidates;
                let told = told.iter().find(|told| told.dropped.is_none());
                hits.push(format!(
                    "{text}: {:?}",
                    told.map(|told| (&told.term, told.how))
                ));
            }
        }
    }
    hits.truncate(60);
    assert!(hits.is_empty(), "{}", hits.join("\n"));
}
