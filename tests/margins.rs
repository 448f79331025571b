//! The figures behind the margins of guesses (`lexicon::guess`): what harmless lines cost where they look like a term in
//! disguise, and what terms cost that were disguised as people do. Few of the first may stand, nearly all of the second.
//! `cargo test --test margins -- --nocapture` prints them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{collections::BTreeMap, fs, path::Path};

use banzhu::{
    lexicon::{DropKind, Lexicon, ListFile},
    text::{
        Disguise, Disguises, Surface, first_letters, first_symbols, fold::folded, parts::parts_of,
        sound::Sound,
    },
};

fn shipped() -> Lexicon {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("wordlists");
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let lists = paths.filter(|path| path.extension().is_some_and(|kind| kind == "tsv"));
    let files: Vec<ListFile> = lists
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            ListFile::new(name, fs::read_to_string(&path).unwrap())
        })
        .collect();
    Lexicon::compile(&files).unwrap().0
}

/// A guess: its kind and length, what it costs in half bits, the text and what is meant.
struct Guess {
    kind: &'static str,
    chars: usize,
    cost: u16,
    /// Whether it stands, or reading the text as ordinary words is cheaper.
    stands: bool,
    told: String,
}

fn kind_of(how: Disguises) -> &'static str {
    let order = [
        Disguise::Reversed,
        Disguise::Homophone,
        Disguise::Mask,
        Disguise::Pinyin,
        Disguise::Bopomofo,
        Disguise::Initials,
        Disguise::Split,
        Disguise::Emoji,
        Disguise::Leet,
    ];
    let kind = order.into_iter().find(|kind| how.contains(*kind));
    kind.map_or("sure", Disguise::name)
}

/// The guesses in a text, whatever they cost, of those terms.
fn guesses(lexicon: &Lexicon, text: &str, only: Option<&str>) -> Vec<Guess> {
    let candidates = lexicon.explain(Surface::Body, text).candidates.into_iter();
    let stands = candidates.filter(|told| {
        let dropped = told.dropped.as_ref();
        dropped
            .is_none_or(|dropped| dropped.by == DropKind::OrdinaryWords && !dropped.what.is_empty())
            && only.is_none_or(|only| only == told.term)
    });
    stands
        .filter_map(|told| {
            Some(Guess {
                kind: kind_of(told.how),
                chars: told.term.chars().count().min(4),
                cost: told.ordinary_half_bits?,
                stands: told.dropped.is_none(),
                told: format!("{} -> {} in {text}", told.matched, told.term),
            })
        })
        .collect()
}

fn print(title: &str, found: &[Guess], of: &BTreeMap<(&str, usize), usize>) {
    let mut costs: BTreeMap<(&str, usize), Vec<u16>> = BTreeMap::new();
    for guess in found {
        costs
            .entry((guess.kind, guess.chars))
            .or_default()
            .push(guess.cost / 2);
    }
    println!(
        "{title}: kind, characters, number, of; then how many cost 14, 16 ... 40 bits and more"
    );
    for ((kind, chars), costs) in costs {
        let at_least = |bits: u16| costs.iter().filter(|cost| **cost >= bits).count();
        let told: Vec<String> = (14..=40)
            .step_by(2)
            .map(|bits| at_least(bits).to_string())
            .collect();
        let of = of.get(&(kind, chars)).copied().unwrap_or(0);
        println!("{kind}\t{chars}\t{}\t{of}\t{}", costs.len(), told.join(" "));
    }
}

/// Ways to write a term so that it is guessed, as people do: one of its characters in another way.
fn disguised(term: &str, dice: &mut u64) -> Vec<(&'static str, String)> {
    let common: Vec<char> = include_str!("../src/text/tables/frequency.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::chars)
        .take(2_500)
        .collect();
    let mut roll = |below: usize| {
        *dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (*dice >> 33) as usize % below.max(1)
    };
    let chars: Vec<char> = term.chars().collect();
    let nth = roll(chars.len());
    let with = |nth: usize, written: String| -> String {
        let pieces = chars.iter().enumerate();
        pieces
            .map(|(at, ch)| {
                if at == nth {
                    written.clone()
                } else {
                    ch.to_string()
                }
            })
            .collect()
    };
    let mut ways = Vec::new();
    let alike: Vec<char> = common
        .iter()
        .copied()
        .filter(|ch| *ch != chars[nth] && Sound::of(*ch) == Sound::of(chars[nth]))
        .collect();
    if !alike.is_empty() {
        ways.push(("homophone", with(nth, alike[roll(alike.len())].to_string())));
    }
    if chars.len() > 2 {
        ways.push(("mask", with(1, "X".to_owned())));
    }
    ways.extend(
        first_letters(chars[nth])
            .first()
            .copied()
            .map(|letter| ("initials", with(nth, letter.to_string()))),
    );
    ways.extend(
        first_symbols(chars[nth])
            .first()
            .copied()
            .map(|symbol| ("bopomofo", with(nth, symbol.to_string()))),
    );
    ways.extend(
        parts_of(chars[nth])
            .next()
            .map(|parts| ("split", with(nth, parts.to_owned()))),
    );
    ways.push(("reversed", chars.iter().rev().collect()));
    ways
}

/// Of ten thousand harmless lines, how many may hold a guess that stands.
const ACCIDENTS_MAX: usize = 30;
/// Of a hundred disguises of three characters and more that are looked at, how many stand at least.
const STANDING_MIN: usize = 90;

#[test]
fn ordinary_words_are_left_alone_and_disguises_are_not() {
    let lexicon = shipped();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("wordlists/examples");
    let (mut lines, mut accidents) = (0, Vec::new());
    for path in fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        let table = fs::read_to_string(&path).unwrap_or_default();
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let cells: Vec<&str> = line.split('\t').collect();
            if cells.get(1) == Some(&"harmless") {
                lines += 1;
                accidents.extend(guesses(&lexicon, &cells[0].replace("\\n", "\n"), None));
            }
        }
    }
    accidents.sort_by_key(|guess| (guess.kind, guess.chars, guess.cost));
    println!("{lines} harmless lines");
    for guess in &accidents {
        println!(
            "  {} {} {} {}",
            guess.kind,
            guess.chars,
            guess.cost / 2,
            guess.told
        );
    }
    print("accidents", &accidents, &BTreeMap::new());
    let standing = accidents.iter().filter(|guess| guess.stands).count();
    assert!(lines > 10_000, "{lines}");
    assert!(
        standing * 10_000 <= lines * ACCIDENTS_MAX,
        "{standing} of {lines}"
    );

    let (mut dice, mut made, mut found) = (7, BTreeMap::new(), Vec::new());
    for (_, term) in lexicon.terms() {
        let chars = term.text.chars().count();
        let han = term
            .text
            .chars()
            .all(|ch| ('\u{3400}'..='\u{9fff}').contains(&ch));
        if term.severity < 3 || !(2..=6).contains(&chars) || !han || folded(&term.text) != term.text
        {
            continue;
        }
        for (kind, written) in disguised(&term.text, &mut dice) {
            for frame in ["你這個{}", "真的是{}欸", "{}啦，有夠扯", "看到樓上就想說{}"]
            {
                let text = frame.replace("{}", &written);
                *made.entry((kind, chars.min(4))).or_default() += 1;
                let mut guesses = guesses(&lexicon, &text, Some(&term.text));
                guesses.retain(|guess| guess.kind == kind);
                guesses.sort_by_key(|guess| std::cmp::Reverse(guess.cost));
                found.extend(guesses.into_iter().next());
            }
        }
    }
    print("disguises", &found, &made);
    for kind in ["homophone", "bopomofo", "initials", "reversed", "split"] {
        let of_kind = || {
            found
                .iter()
                .filter(|guess| guess.kind == kind && guess.chars > 2)
        };
        let (all, standing) = (
            of_kind().count(),
            of_kind().filter(|guess| guess.stands).count(),
        );
        assert!(
            all > 100 && standing * 100 >= all * STANDING_MIN,
            "{kind}: {standing} of {all}"
        );
    }
}
