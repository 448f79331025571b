//! Warnings about lists that have no fault: terms that will hit too much, phrases that have no effect.

use std::collections::HashSet;

use super::{
    LineFault,
    exception::{EXCEPTIONS, Exception},
    hit::Scratch,
    matcher::Lexicon,
    wordlist::ListedTerm,
};
use crate::text::{
    Surface,
    pattern::{self, PatternScratch},
};

/// Ordinary phrases that no list should hit.
const INNOCENT: &str = include_str!("tables/innocent.txt");

/// Single characters without a context: they are part of too many innocent words.
pub(super) fn lone_characters(terms: &[ListedTerm]) -> Vec<LineFault> {
    let lone = terms.iter().filter(|listed| {
        listed.needle.dense_chars() == 1
            && listed.term.context.is_none()
            && !listed.needle.is_literal()
    });
    lone.map(|listed| {
        let name = &listed.term.text;
        LineFault::new(
            &listed.file,
            listed.line,
            format!("單字「{name}」沒有 context，容易誤判"),
            format!("the single character \"{name}\" has no context and will hit too much"),
        )
    })
    .collect()
}

/// Exceptions that neither contain a listed word nor overlap the edge of one.
pub(super) fn idle_exceptions(terms: &[ListedTerm], exceptions: &[Exception]) -> Vec<LineFault> {
    let mut heads = HashSet::new();
    let mut tails = HashSet::new();
    for text in terms.iter().flat_map(texts) {
        for (at, _) in text.char_indices().skip(1) {
            heads.insert(&text[..at]);
            tails.insert(&text[at..]);
        }
        heads.insert(text);
    }
    let has_patterns = terms.iter().any(|listed| listed.pattern.is_some());
    let touches = |phrase: &str| {
        let starts = || {
            phrase
                .char_indices()
                .map(|(at, _)| at)
                .chain([phrase.len()])
        };
        starts().any(|at| heads.contains(&phrase[at..]) || tails.contains(&phrase[..at]))
            || starts().any(|from| {
                starts()
                    .filter(|to| *to > from)
                    .any(|to| heads.contains(&phrase[from..to]))
            })
    };
    let idle = exceptions
        .iter()
        .filter(|phrase| !touches(&phrase.dense) && !touches(&phrase.folded))
        .filter(|phrase| !(has_patterns && holds_pattern(&phrase.phrase)));
    idle.map(|exception| {
        let phrase = &exception.phrase;
        LineFault::new(
            EXCEPTIONS,
            exception.line,
            format!("例外「{phrase}」未涵蓋任何字詞"),
            format!("the exception \"{phrase}\" covers no listed term"),
        )
    })
    .collect()
}

/// Whether a phrase is a host, or contains a number, an id or an address.
fn holds_pattern(phrase: &str) -> bool {
    let mut found = false;
    pattern::find(phrase, &mut PatternScratch::default(), |_| found = true);
    found || pattern::is_host(phrase)
}

fn texts(listed: &ListedTerm) -> impl Iterator<Item = &str> {
    std::iter::once(listed.needle.text()).chain(
        listed
            .spellings
            .iter()
            .map(|spelling| spelling.needle.text()),
    )
}

/// Each term's first hit in an ordinary phrase.
pub(super) fn innocent_hits(lexicon: &Lexicon, places: &[(String, u32)]) -> Vec<LineFault> {
    let mut scratch = Scratch::default();
    let mut reported = HashSet::new();
    let mut warnings = Vec::new();
    let phrases = INNOCENT
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    for phrase in phrases {
        for hit in lexicon.scan(Surface::Body, phrase, &mut scratch) {
            let Some((file, line)) = places
                .get(hit.term.0 as usize)
                .filter(|_| reported.insert(hit.term))
            else {
                continue;
            };
            let name = &lexicon.term(hit.term).text;
            warnings.push(LineFault::new(
                file,
                *line,
                format!("「{name}」會誤中「{phrase}」"),
                format!("\"{name}\" hits the innocent phrase \"{phrase}\""),
            ));
        }
    }
    warnings
}
