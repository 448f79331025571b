//! The dearest texts there are, beside an ordinary one of the same length.

use std::hint::black_box;

use banzhu::policy::rulebook::Rulebook;

use crate::{cpu_time, engines};

const CHARS: usize = 5_000;
/// What a worst text may cost, in ordinary ones.
const TIMES_MAX: f64 = 8.0;
/// Of the listed terms said again and again, the dearest so many are told.
const TOLD: usize = 3;
const ROUNDS: usize = 15;
/// All listed terms are tried in texts of this many characters.
const SHORT: usize = 250;

/// Bits of texts that ask for the most work, each said again and again.
const PIECES: [&str; 42] = [
    " ",
    "。",
    "\u{200b}",
    "\u{308}",
    "幹",
    "媽",
    "你媽",
    "幹.",
    "幹 你 娘 ",
    "*",
    "x口",
    "你*",
    "死*",
    "口",
    "🐔",
    "🐴",
    "🐔掰",
    "a1",
    "1a2b",
    "s1",
    "0",
    "0912 ",
    "09-",
    "nimasile",
    "ni ma ",
    "ㄍㄢ",
    "ㄍㄋ",
    "ㄍ",
    "女馬",
    "line 1 ",
    "a.b@c.",
    "http://",
    "加賴 ",
    "㈱㎏",
    "你這個白痴",
    "真是白痴",
    "我說他是白痴",
    "網友罵「白痴」",
    "是是他的白痴",
    "賤女真賤賤種",
    "被罵白痴，",
    "我不是白痴的垃圾",
];

/// Prints what they cost.
pub fn print(rulebook: &Rulebook, comments: &[String]) {
    let mut engine = engines::whole(rulebook);
    let mut time = |text: &str, rounds: usize| {
        let mut times: Vec<f64> = (0..=rounds)
            .map(|_| {
                let before = cpu_time();
                black_box(engines::Engine::read(&mut engine, black_box(text)));
                (cpu_time() - before).as_secs_f64()
            })
            .collect();
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let ordinary: String = comments.concat().chars().take(CHARS).collect();
    let usual = time(&ordinary, ROUNDS);
    println!(
        "\n| {CHARS} characters | µs | in ordinary ones (at most {TIMES_MAX}) |\n| --- | ---: | ---: |"
    );
    println!("| ordinary comments | {:.0} | 1 |", usual * 1e6);
    let told =
        |name: &str, time: f64| println!("| {name} | {:.0} | {:.1} |", time * 1e6, time / usual);
    let mut worst: Vec<(f64, String)> = PIECES
        .iter()
        .map(|piece| (time(&again(piece, CHARS), ROUNDS), format!("{piece:?}")))
        .collect();
    let listed = rulebook.lexicon.terms().map(|(_, term)| &term.text);
    let mut terms: Vec<(f64, String)> = listed
        .map(|term| (time(&again(term, SHORT), 1), format!("the term {term:?}")))
        .collect();
    terms.sort_by(|left, right| right.0.total_cmp(&left.0));
    for (_, name) in terms.into_iter().take(TOLD) {
        let term = name.split('"').nth(1).unwrap_or_default();
        worst.push((time(&again(term, CHARS), ROUNDS), name));
    }
    worst.sort_by(|left, right| right.0.total_cmp(&left.0));
    for (time, name) in worst {
        told(&name, time);
    }
}

fn again(piece: &str, chars: usize) -> String {
    piece.chars().cycle().take(chars).collect()
}
