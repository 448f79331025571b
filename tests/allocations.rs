//! A comment in which nothing is found costs no allocation once the work space has grown, its score included.
#![allow(clippy::unwrap_used)]

use std::{alloc::System, fs, path::Path};

use banzhu::{
    lexicon::{Lexicon, ListFile, Scratch},
    score::{FlagAt, NamedSet, ScoreScratch, Weights},
    sources,
    text::Surface,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Comments of every kind that hold nothing: plain, with Latin letters, digits, emoji, bopomofo, masks, marks and signs, an
/// innocent phrase around a listed word, a number that is none.
const INNOCENT: [&str; 14] = [
    "",
    "今天天氣很好，捷運也沒有誤點，大家辛苦了。",
    "這件事情真的是太麻煩了，大麻煩一個，路口交通也不好。",
    "OK, that is fine... really nice music video",
    "wo jin tian hen kai xin，ni hao ma",
    "2024 年 5 月漲了 3.5%，共 1,250 元",
    "早安🙂☀️ 謝謝🙏🏻 祝大家平安❤️",
    "ㄅㄆㄇ是注音符號，ㄋㄧˇ ㄏㄠˇ",
    "***重點*** ### ○○銀行 □ 是 ■ 否",
    "好好好好好好好好，哈哈哈哈哈哈",
    "c00l v1deo 4ever, l33t",
    "a\u{301}e\u{308} \u{200b}零寬\u{200b}字元 ㈱㎏",
    "一二三四五六七八九十，零九一二",
    "𠮷野家的牛丼很好吃 ①②③ ＡＢＣ",
];

fn shipped() -> Lexicon {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("wordlists");
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let lists = paths.filter(|path| path.extension().is_some_and(|ext| ext == "tsv"));
    let files: Vec<ListFile> = lists
        .map(|path| {
            ListFile::new(
                path.file_name().unwrap().to_string_lossy(),
                fs::read_to_string(&path).unwrap(),
            )
        })
        .collect();
    Lexicon::compile(&files).unwrap().0
}

/// One test alone in this program: others would allocate beside it.
#[test]
fn comments_without_a_hit_allocate_nothing_after_warm_up() {
    let lexicon = shipped();
    let weights = Weights::parse(sources::shipped_model()).unwrap();
    let (mut scratch, mut score_scratch) = (Scratch::default(), ScoreScratch::default());
    let mut allocations = |text: &str| {
        let region = Region::new(HEAP);
        let hits = lexicon.scan(Surface::Body, text, &mut scratch);
        let named = NamedSet::of(Surface::Body, text, hits, &lexicon);
        let hits = hits.len();
        // with its spans, as of a text that is flagged
        weights.score(text, &named, FlagAt::all(0), &mut score_scratch);
        let change = region.change();
        (hits, change.allocations + change.reallocations)
    };
    let longest = INNOCENT.concat().repeat(2);
    allocations(&longest);
    let found: Vec<_> = INNOCENT
        .iter()
        .map(|text| (*text, allocations(text)))
        .collect();
    for (text, (hits, allocated)) in found {
        assert_eq!((hits, allocated), (0, 0), "{text}");
    }
}
