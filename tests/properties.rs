//! What holds for every text and every list.
#![allow(clippy::unwrap_used)]

use std::{collections::BTreeSet, sync::Arc};

use banzhu::{
    lexicon::{DropKind, Hit, Lexicon, ListFile, Scratch},
    member::nickname::Impersonation,
    text::{FoldedText, Markup, Span, Surface, UndoneMarkup, fold::folded, is_visible},
    topic::Topics,
};
use proptest::prelude::*;

const HEADER: &str =
    "term\tseverity\tsurfaces\tmatch\tvariants\tspellings\tcontext\tnote\tsource\n";

/// A lexicon of these terms (word, severity) and innocent phrases; none where an innocent phrase is a term itself.
fn lexicon(terms: &BTreeSet<String>, severity: u8, innocent: &BTreeSet<String>) -> Option<Lexicon> {
    // What the slow way below undoes, and no more.
    let variants = if severity >= 2 {
        "width,case,marks,variant,separators"
    } else {
        "width,case,marks,variant"
    };
    let rows: String = terms
        .iter()
        .map(|term| format!("{term}\t{severity}\t\tanywhere\t{variants}\t\t\t\tours\n"))
        .collect();
    let phrases: String = innocent
        .iter()
        .map(|phrase| format!("{phrase}\t\tours\n"))
        .collect();
    let files = [
        ListFile::new("profanity.tsv", format!("{HEADER}{rows}")),
        ListFile::new("exceptions.tsv", format!("phrase\tnote\tsource\n{phrases}")),
    ];
    Lexicon::compile(&files).ok().map(|(lexicon, _)| lexicon)
}

/// Where terms stand, whatever words of the dictionary lie across their edges.
fn standing(lexicon: &Lexicon, text: &str) -> BTreeSet<(Span, String)> {
    let candidates = lexicon.explain(Surface::Body, text).candidates.into_iter();
    let stands = |by: Option<DropKind>| by.is_none_or(|by| by == DropKind::WordEdge);
    candidates
        .filter(|one| stands(one.dropped.as_ref().map(|dropped| dropped.by)))
        .map(|one| (one.span, one.term))
        .collect()
}

/// Whether it says one character again and again: it is told once a run.
fn is_one_character(term: &str) -> bool {
    term.chars().all(|ch| term.starts_with(ch))
}

/// A lexicon of terms that are seen through these disguises.
fn seen_through(
    terms: &BTreeSet<String>,
    severity: u8,
    variants: &BTreeSet<&'static str>,
) -> Lexicon {
    let variants: Vec<&str> = variants.iter().copied().collect();
    let variants = if variants.is_empty() {
        "none".to_owned()
    } else {
        variants.join(",")
    };
    let row = |term: &String| format!("{term}\t{severity}\t\tanywhere\t{variants}\t\t\t\tours\n");
    let rows: String = terms.iter().map(row).collect();
    let files = [ListFile::new("profanity.tsv", format!("{HEADER}{rows}"))];
    Lexicon::compile(&files).unwrap().0
}

fn variants() -> impl Strategy<Value = BTreeSet<&'static str>> {
    let names = [
        "width",
        "case",
        "marks",
        "separators",
        "variant",
        "homophone",
        "bopomofo",
        "initials",
        "leet",
        "split",
        "repeat",
        "mask",
        "emoji",
        "reversed",
        "pinyin",
    ];
    prop::collection::btree_set(prop::sample::select(names.to_vec()), 0..names.len())
}

fn scan(lexicon: &Lexicon, text: &str) -> Vec<Hit> {
    lexicon
        .scan(Surface::Body, text, &mut Scratch::default())
        .to_vec()
}

/// Few characters, so that they meet often; separators, marks, ends of sentences and characters that unfold among them.
fn small_text() -> impl Strategy<Value = String> {
    let letters = prop::sample::select(
        "甲乙丙丁鸡雞aABb1㈱ａ"
            .chars()
            .map(String::from)
            .collect::<Vec<_>>(),
    );
    let pieces = prop_oneof![3 => letters, 2 => between()];
    prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat())
}

/// Whether nothing but one character and what separates stands from one place to the other.
fn run_reaches(text: &str, left: &Span, right: &Span) -> bool {
    let between = Span {
        start: left.start.min(right.start),
        end: left.end.max(right.end),
    };
    let folded = FoldedText::new(between.slice(text));
    is_one_character(folded.dense())
}

/// What may stand between the characters of a term, and a little more than may.
fn between() -> impl Strategy<Value = String> {
    let pieces = [
        " ",
        ".",
        "。",
        "\n",
        "🙂",
        "\u{200b}",
        "\u{301}",
        "\u{fe0f}",
        ", ",
        "...",
        "....",
        "。\u{200b}..",
        " . . ",
    ];
    prop::sample::select(pieces.to_vec()).prop_map(String::from)
}

fn chinese_word(chars: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = String> {
    let alphabet = prop::sample::select(vec!['甲', '乙', '丙', '丁', '雞']);
    prop::collection::vec(alphabet, chars).prop_map(|chars| chars.into_iter().collect())
}

fn words(most: usize) -> impl Strategy<Value = BTreeSet<String>> {
    prop::collection::btree_set(chinese_word(1..=4), 1..=most)
}

/// The slow and obvious way: every term, every start, character by character.
fn oracle(terms: &BTreeSet<String>, severity: u8, text: &str) -> BTreeSet<(Span, String)> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = BTreeSet::new();
    for term in terms {
        let term_chars: Vec<char> = term.chars().collect();
        for start in 0..chars.len() {
            if let Some(end) = stands_at(&term_chars, severity >= 2, &chars, start) {
                found.insert((
                    Span {
                        start: start as u32,
                        end: end as u32,
                    },
                    term.clone(),
                ));
            }
        }
    }
    found
}

fn has_doubled(term: &str) -> bool {
    term.chars()
        .zip(term.chars().skip(1))
        .any(|(left, right)| left == right)
}

/// Whether the term starts at exactly this character; where it ends, marks on its last character included.
fn stands_at(term: &[char], separators: bool, chars: &[char], start: usize) -> Option<usize> {
    let mut at = start;
    // the end of a sentence is a wall, unless there is something after every character; a doubled one counts as one
    let (mut ended, mut scattered) = (false, true);
    for (nth, wanted) in term.iter().enumerate() {
        let (mut skips, mut hidden, mut stop, mut sign) = (0, false, false, None);
        while nth > 0 && at < chars.len() && is_between(chars[at]) {
            match chars[at] {
                '\u{301}' => {}
                '\u{200b}' | '\u{fe0f}' => hidden = true,
                ch => {
                    // one sign again and again is one
                    skips += usize::from(sign != Some(ch));
                    sign = Some(ch);
                    stop |= "。!\n".contains(ch);
                }
            }
            at += 1;
        }
        let parted = skips > 0 || hidden;
        ended |= stop;
        scattered &= nth == 0 || skips > 0 || term[nth - 1] == *wanted;
        if skips > 3 || (parted && !separators) || (stop && term.len() < 3) {
            return None;
        }
        let folds_to: String = chars
            .get(at)
            .map(|ch| folded(&ch.to_string()))
            .unwrap_or_default();
        if folds_to != wanted.to_string() {
            return None;
        }
        at += 1;
    }
    while chars.get(at) == Some(&'\u{301}') {
        at += 1;
    }
    (!ended || scattered).then_some(at)
}

fn is_between(ch: char) -> bool {
    " .,。!\n🙂\u{200b}\u{301}\u{fe0f}".contains(ch)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn folding_twice_is_folding_once(text in any::<String>()) {
        let once = folded(&text);
        prop_assert_eq!(folded(&once), once.clone());
        prop_assert_eq!(FoldedText::new(&text).full().to_owned(), once);
    }

    #[test]
    fn what_folds_to_letters_is_visible(text in any::<String>()) {
        if FoldedText::new(&text).dense_len() > 0 {
            prop_assert!(is_visible(&text));
        }
    }

    #[test]
    fn spans_of_undone_markup_fall_inside_the_original(pieces in prop::collection::vec(prop::sample::select(vec!["<b>", "</b>", "<", ">", "&", "&#24185;", "&amp;", ";", "[b]", "[/b]", "[", "**", "*", "幹", "娘", "a", "<br>", "\u{301}", "🙂"]), 0..20), start in 0_u32..20, len in 0_u32..20) {
        let original = pieces.concat();
        for markup in [Markup::Html, Markup::Bbcode, Markup::Markdown] {
            let Some(undone) = UndoneMarkup::of(&original, markup) else { continue };
            let span = undone.original(Span { start, end: start + len });
            prop_assert!(span.start <= span.end && span.end <= original.chars().count() as u32);
            let all = undone.text().chars().count() as u32;
            prop_assert!(len == 0 || start + len > all || span.len() >= len);
        }
    }

    #[test]
    fn spans_fall_inside_the_original(terms in words(4), text in small_text()) {
        let lexicon = lexicon(&terms, 3, &BTreeSet::new()).unwrap();
        let length = text.chars().count() as u32;
        let hits = scan(&lexicon, &text);
        for hit in &hits {
            prop_assert!(hit.span.start < hit.span.end && hit.span.end <= length);
            prop_assert_eq!(hit.span.slice(&text).chars().count() as u32, hit.span.len());
            let dense = FoldedText::new(hit.span.slice(&text)).dense().to_owned();
            prop_assert_eq!(dense, lexicon.term(hit.term).text.clone());
            prop_assert_eq!(hit.disguises.is_empty(), hit.span.slice(&text) == lexicon.term(hit.term).text);
        }
        prop_assert!(hits.is_sorted_by_key(|hit| (hit.span.start, std::cmp::Reverse(hit.span.end))));
    }

    #[test]
    fn a_term_is_found_between_any_two_chinese_characters(
        term in chinese_word(1..=4), left in "[\u{4e00}-\u{9fff}]", right in "[\u{4e00}-\u{9fff}]",
    ) {
        let lexicon = lexicon(&BTreeSet::from([term.clone()]), 3, &BTreeSet::new()).unwrap();
        let wanted = Span { start: 1, end: 1 + term.chars().count() as u32 };
        prop_assume!(!left.starts_with(|ch| term.starts_with(ch)) && !right.starts_with(|ch| term.ends_with(ch)));
        let found = standing(&lexicon, &format!("{left}{term}{right}"));
        prop_assert!(found.contains(&(wanted, term.clone())));
    }

    #[test]
    fn an_added_innocent_phrase_never_adds_a_hit(
        terms in words(4), phrases in words(4), added in chinese_word(1..=5), text in small_text(),
    ) {
        let more: BTreeSet<String> = phrases.iter().cloned().chain([added]).collect();
        if let (Some(before), Some(after)) = (lexicon(&terms, 3, &phrases), lexicon(&terms, 3, &more)) {
            let before: Vec<Span> = scan(&before, &text).iter().map(|hit| hit.span).collect();
            prop_assert!(scan(&after, &text).iter().all(|hit| before.contains(&hit.span)));
        }
    }

    #[test]
    fn a_scan_finds_what_the_slow_way_finds(terms in words(5), severity in 1_u8..=4, text in small_text(), gaps in prop::collection::vec(between(), 4)) {
        let woven: String = terms.iter().flat_map(|term| term.chars().zip(&gaps)).map(|(ch, gap)| format!("{ch}{gap}")).collect();
        let text = text + &woven;
        let lexicon = lexicon(&terms, severity, &BTreeSet::new()).unwrap();
        let found = standing(&lexicon, &text);
        let wanted = oracle(&terms, severity, &text);
        let exact = |places: &BTreeSet<(Span, String)>| -> BTreeSet<(Span, String)> {
            // a doubled character is one unit of the engine, so where a sentence ends in it is not told apart
            let ended = text.contains(['。', '!', '\n']);
            let clear = |term: &str| !(is_one_character(term) || ended && has_doubled(term));
            places.iter().filter(|(_, term)| clear(term)).cloned().collect()
        };
        prop_assert_eq!(exact(&found), exact(&wanted));
        // a term that says one character again and again is told at the head of a run, or not at all
        for (span, term) in wanted.iter().filter(|(_, term)| !is_one_character(term)) {
            let touched = found.iter().any(|(other, same)| same == term && (other.overlaps(span) || run_reaches(&text, other, span)));
            prop_assert!(touched, "{term} at {span:?}");
        }
        for hit in scan(&lexicon, &text) {
            prop_assert!(found.contains(&(hit.span, lexicon.term(hit.term).text.clone())));
        }
    }

    #[test]
    fn more_variants_never_lose_what_stands_as_listed(
        terms in words(4), fewer in variants(), more in variants(), text in small_text(), severity in 1_u8..=4,
    ) {
        let both: BTreeSet<&str> = fewer.iter().chain(&more).copied().collect();
        let (before, after) = (seen_through(&terms, severity, &fewer), seen_through(&terms, severity, &both));
        let places = |lexicon: &Lexicon| -> BTreeSet<(Span, String)> {
            let plain = scan(lexicon, &text).into_iter().filter(|hit| hit.disguises.is_empty());
            plain.map(|hit| (hit.span, lexicon.term(hit.term).text.clone())).collect()
        };
        let (before, after) = (places(&before), places(&after));
        prop_assert!(before.is_subset(&after), "{before:?} {after:?}");
    }

    #[test]
    fn no_bytes_make_the_core_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), rows in "[a-c甲乙雞ㄅ*+ .]{1,8}\t[0-4]\t(|body|tags)\t(|word|whole|anywhere)\t(|all|none|mask,split)") {
        let text = String::from_utf8_lossy(&bytes);
        let files = [ListFile::new("insult.tsv", format!("{HEADER}{rows}\t\t\t\tours\n"))];
        if let Ok((lexicon, _)) = Lexicon::compile(&files) {
            let mut scratch = Scratch::default();
            for surface in Surface::ALL {
                let length = text.chars().count() as u32;
                for hit in lexicon.scan(surface, &text, &mut scratch) {
                    prop_assert!(hit.span.start < hit.span.end && hit.span.end <= length);
                }
                lexicon.explain(surface, &text);
            }
        }
    }

    /// Counted in comparisons, not in seconds: a text said twice costs twice as much, whatever it says.
    #[test]
    fn what_a_text_costs_grows_with_its_length(terms in words(6), piece in prop::collection::vec(small_text(), 1..3)) {
        let piece = piece.concat();
        prop_assume!(!piece.is_empty());
        let lexicon = seen_through(&terms, 4, &BTreeSet::from(["all"]));
        let mut scratch = Scratch::default();
        let mut cost = |times: usize| {
            lexicon.scan(Surface::Body, &piece.repeat(times), &mut scratch);
            scratch.looked_up()
        };
        let (once, twice, often) = (cost(8), cost(16), cost(64));
        // what lies across the seams of the pieces is counted, too
        prop_assert!(twice <= 2 * once + 64 && often <= 8 * once + 512, "{once} {twice} {often}");
        prop_assert!(often <= 64 * piece.chars().count() * 12 * terms.len());
    }

    #[test]
    fn no_text_makes_the_core_panic(text in any::<String>(), small in small_text()) {
        let list = format!(
            "{HEADER}+line\t3\t\t\t\temoji:加✈|🖕\tnear:甲|!+4; not_near:乙|a b+100\t\tours\nab\t3\t\t\tall\t\t\t\tours\n甲乙\t4\t\twhole\t\t\t\t\tours\n",
        );
        let tags = "tag\tmatch\tnote\tsource\n+1\trepeat\t\tours\n甲\trepeat\t\tours\n";
        let names = "name\tmatch\tnote\tsource\nab\tword\t\tours\n甲\twhole\t\tours\n";
        let files = [
            ListFile::new("profanity.tsv", list),
            ListFile::new("meaningless_tags.tsv", tags),
            ListFile::new("impersonation.tsv", names),
        ];
        let lexicon = Lexicon::compile(&files).unwrap().0;
        let topics = Topics::compile(&files).unwrap().0;
        let names = Impersonation::compile(&files).unwrap().0;
        for text in [&text, &small] {
            let standing = lexicon.explain(Surface::Tags, text).candidates.iter().filter(|one| one.dropped.is_none()).count();
            let hits = lexicon.scan(Surface::Tags, text, &mut Scratch::default()).len();
            prop_assert!(hits <= standing);
            let article = topics.prepare(&small, text, Some(text), std::slice::from_ref(text), &Arc::default());
            topics.evaluate(text, Some(&article));
            topics.evaluate(&small, Some(&article));
            names.find(text);
        }
    }

    #[test]
    fn no_list_makes_the_compiler_panic(content in "[a甲!+:;|@ \t\n#]{0,60}", rows in any::<String>()) {
        for content in [content, format!("{HEADER}{rows}"), rows] {
            let _ = Lexicon::compile(&[ListFile::new("insult.tsv", content.clone()), ListFile::new("neighbours.tsv", content)]);
        }
    }
}
