//! What the shipped lists are held to as a whole: what nobody would leave standing is removed, and the lists stay lean.
#![allow(clippy::unwrap_used)]

use std::{collections::HashMap, fs, path::Path};

use banzhu::{
    lexicon::Scratch,
    policy::{Findings, Rulebook, decide},
    record::Verdict,
    sources,
    text::{Surface, SurfaceTexts},
};

/// Sentences that any reader of the board would take down unread, written for this test: curses on somebody's mother or
/// family, threats to kill a family or to rape, offers of children, slurs with a curse.
const TAKEN_DOWN: [&str; 60] = [
    "幹你娘咧，有種再說一次",
    "幹你娘機掰",
    "你他媽的臭婊子，去死啦",
    "操你媽的，滾回去",
    "肏你媽逼",
    "我幹你全家，聽懂沒",
    "幹你祖宗十八代",
    "幹你老母啦，講三小",
    "幹恁娘，閉嘴啦",
    "幹林娘老雞掰",
    "賽恁娘，恁爸等你",
    "駛你娘，出來單挑",
    "你全家死光光最好",
    "祝你全家死光",
    "死全家啦你",
    "幹你娘死好，全家陪葬啦",
    "操你媽去死吧垃圾",
    "我操你媽，快去死好嗎",
    "操你媽，你全家死光",
    "幹破你娘，王八蛋",
    "操你媽雞掰，看三小",
    "你這賤婊子欠人幹",
    "破麻，給人幹爛的臭雞掰",
    "死婊子，賤貨，滾",
    "我要殺了你全家，給我等著",
    "信不信我殺了你全家",
    "再囉嗦就殺你全家",
    "我會找到你家，砍死你們一家",
    "我一定殺光你全家，你等著",
    "幹你娘狗官，你媽是妓女",
    "記者幹你老母，你媽賣淫",
    "幹你娘，老子殺你全家",
    "放火燒死你全家",
    "我要強姦你女兒",
    "我要輪姦你老婆",
    "我要強姦你媽",
    "幹死你這臭婊子",
    "操死你個賤貨",
    "出售國中生援交影片，私訊",
    "出售幼女影片，有要的密我",
    "賣兒童色情影片，意者私",
    "蘿莉幼幼影片交換，加賴",
    "支那賤畜滾回去",
    "支那豬都該死",
    "死黑鬼滾出台灣",
    "死番仔，幹你娘滾回山上",
    "死gay幹你娘，都去死",
    "死人妖操你媽",
    "你這狗雜種，操你媽的",
    "狗娘養的畜生",
    "婊子養的，去死",
    "幹妳娘老機掰，婊子",
    "ㄍㄋㄋ 你全家去死",
    "操你妈逼的傻逼",
    "草你媽的，腦殘",
    "操你媽，看你全家怎麼死",
    "fuck your mother bitch",
    "臭婊子，幹死你",
    "幹拎娘咧臭俗辣",
    "幹你娘卡好，臭雞掰",
];

fn verdict(rulebook: &Rulebook, scratch: &mut Scratch, body: &str) -> Verdict {
    let surfaces = SurfaceTexts {
        body: Some(body),
        nickname: None,
        tags: &[],
    };
    let found = Findings::of(surfaces, None, rulebook, scratch);
    decide(surfaces, &found, rulebook).verdict
}

/// At least .95 of them, as far as two in sixty may be of another opinion.
#[test]
fn what_nobody_would_leave_standing_is_removed() {
    let rulebook = Rulebook::compile(&sources::shipped(), 1).unwrap();
    let mut scratch = Scratch::default();
    let left: Vec<&str> = TAKEN_DOWN
        .into_iter()
        .filter(|body| verdict(&rulebook, &mut scratch, body) != Verdict::Remove)
        .collect();
    assert!(left.len() <= TAKEN_DOWN.len() / 20, "{left:#?}");
}

/// A row of a list of terms: the term, its severity, surfaces and aim.
struct Row {
    list: &'static str,
    term: String,
    severity: u8,
    surfaces: String,
    match_rule: String,
    aim: String,
    context: String,
}

/// The lists of terms; those of names (impersonation, public figures) are no vocabulary.
const TERM_LISTS: [&str; 8] = [
    "insult",
    "personal-data",
    "profanity",
    "scam",
    "self-harm",
    "sexual",
    "slur",
    "threat",
];

/// How many rows they may have together: half of what they had (7,834) is the aim. Only to be lowered.
const ROWS_MAX: usize = 4_581;

fn rows() -> Vec<Row> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("wordlists");
    let rows_of = |list: &'static str| {
        let text = fs::read_to_string(folder.join(format!("{list}.tsv"))).unwrap();
        let rows = text.lines().filter(|line| !line.starts_with('#')).skip(1);
        rows.map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            Row {
                list,
                term: cells[0].to_owned(),
                severity: cells[1].parse().unwrap(),
                surfaces: cells[2].to_owned(),
                match_rule: cells[3].to_owned(),
                aim: cells[4].to_owned(),
                context: cells[7].to_owned(),
            }
        })
        .collect::<Vec<Row>>()
    };
    TERM_LISTS.into_iter().flat_map(rows_of).collect()
}

#[test]
fn the_lists_stay_lean() {
    let rows = rows();
    println!("{} rows", rows.len());
    assert!(rows.len() <= ROWS_MAX, "{} rows", rows.len());
}

/// What is said behind a word and adds nothing to it.
const SUFFIXES: [&str; 24] = [
    "仔",
    "黨",
    "嗎",
    "啦",
    "喔",
    "啊",
    "吧",
    "呢",
    "哦",
    "耶",
    "欸",
    "咧",
    "了",
    "的",
    "們",
    "人",
    "鬼",
    "狗",
    "男",
    "女",
    "一個",
    "至極",
    "到極點",
    "東西",
];

/// 垃圾仔 beside 垃圾: the shorter row finds both, unless another word lies across its edge or its context says no.
#[test]
fn no_row_is_another_one_and_a_suffix() {
    let (rows, rulebook) = (rows(), Rulebook::compile(&sources::shipped(), 1).unwrap());
    let by_term: HashMap<&str, Vec<&Row>> = rows.iter().fold(HashMap::new(), |mut all, row| {
        all.entry(&*row.term).or_default().push(row);
        all
    });
    let does_the_work = |row: &Row, other: &Row| {
        other.list == row.list
            && other.severity >= row.severity
            && (other.surfaces.is_empty() || other.surfaces == row.surfaces)
            && other.aim == row.aim
            && other.match_rule.is_empty()
            && other.context.is_empty()
            && finds(&rulebook, &row.term, &other.term)
    };
    let mut double = Vec::new();
    for row in rows.iter().filter(|row| row.context.is_empty()) {
        let stems = SUFFIXES
            .iter()
            .filter_map(|suffix| row.term.strip_suffix(suffix))
            .filter_map(|stem| by_term.get(stem));
        let shorter = stems.flatten().find(|other| does_the_work(row, other));
        double.extend(shorter.map(|other| format!("{} {} {}", row.list, row.term, other.term)));
    }
    assert!(double.is_empty(), "{double:#?}");
}

/// Whether this term is found in the text as it is written.
fn finds(rulebook: &Rulebook, text: &str, term: &str) -> bool {
    let candidates = rulebook.lexicon.explain(Surface::Body, text).candidates;
    candidates
        .iter()
        .any(|found| found.term == term && found.dropped.is_none() && found.how.is_empty())
}
