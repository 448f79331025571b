//! From files to a lexicon: reads every list, tells everything that is wrong, then what is doubtful.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, LazyLock},
};

use super::{
    LineFault, ListFile, alternatives,
    context::{Context, Neighbours},
    doubts,
    exception::Exceptions,
    matcher::{Counts, Lexicon, Pattern, Patterns},
    pattern_terms::PatternTerms,
    term::{ListCode, TermId},
    wordlist::{self, Contexts, ListedTerm},
};
use crate::text::{FoldedText, Match, Needle, Table, fold::folded};

pub(super) const EXCEPTIONS: &str = "exceptions.tsv";
const NEIGHBOURS: &str = "neighbours.tsv";
/// Lists that other rooms read.
const ELSEWHERE: [&str; 3] = ["meaningless_tags.tsv", "impersonation.tsv", "topics.tsv"];

/// A lexicon and what is doubtful in its lists.
type Compiled = (Lexicon, Vec<LineFault>);

/// An innocent phrase of `exceptions.tsv`.
pub(super) struct Exception {
    pub phrase: String,
    pub folded: String,
    pub dense: String,
    pub line: u32,
}

pub(super) fn compile(files: &[ListFile]) -> Result<Compiled, Vec<LineFault>> {
    let mut faults = Vec::new();
    check_names(files, &mut faults);
    let neighbours = neighbours(files, &mut faults);
    let terms = terms(files, &neighbours, &mut faults);
    let exceptions = exceptions(files, &mut faults);
    check_never_found(&terms, &exceptions, &mut faults);
    if !faults.is_empty() {
        faults.sort();
        return Err(faults);
    }
    let mut warnings = doubts::lone_characters(&terms);
    warnings.extend(doubts::idle_exceptions(&terms, &exceptions));
    let places: Vec<(String, u32)> = terms
        .iter()
        .map(|listed| (listed.file.clone(), listed.line))
        .collect();
    let lexicon = build(terms, exceptions)?;
    warnings.extend(doubts::innocent_hits(&lexicon, &places));
    warnings.sort();
    Ok((lexicon, warnings))
}

fn check_names(files: &[ListFile], faults: &mut Vec<LineFault>) {
    let mut seen = HashSet::new();
    for file in files {
        let name = file.name.as_str();
        let known = ListCode::of_file(name).is_some() || [EXCEPTIONS, NEIGHBOURS].contains(&name);
        if name.ends_with(".tsv") && !known && !ELSEWHERE.contains(&name) {
            faults.push(LineFault::new(
                name,
                0,
                "不認得的詞表檔名",
                "no list has this name",
            ));
        }
        if !seen.insert(name) {
            faults.push(LineFault::new(
                name,
                0,
                "同名的詞表出現兩次",
                "two lists have this name",
            ));
        }
    }
}

fn neighbours(files: &[ListFile], faults: &mut Vec<LineFault>) -> Neighbours {
    let mut sets = Neighbours::new();
    for file in files.iter().filter(|file| file.name == NEIGHBOURS) {
        let mut table = Table::read(file, &["name", "words", "note", "source"]);
        table.check_twice(|row| row.cell(0));
        for row in std::mem::take(&mut table.rows) {
            let words: Vec<String> = row
                .cell(1)
                .split('|')
                .map(|word| word.trim().to_owned())
                .collect();
            for word in words.iter().filter(|word| Needle::of_any(word).is_none()) {
                let (zh, en) = (
                    format!("字詞「{word}」折疊後是空的"),
                    format!("the word \"{word}\" folds to nothing"),
                );
                table.fault(row.line, zh, en);
            }
            sets.insert(row.cell(0).to_owned(), words);
        }
        faults.append(&mut table.faults);
    }
    sets
}

fn terms(
    files: &[ListFile],
    neighbours: &Neighbours,
    faults: &mut Vec<LineFault>,
) -> Vec<ListedTerm> {
    let mut contexts = Contexts::new();
    let mut terms = Vec::new();
    for code in ListCode::ALL {
        for file in files.iter().filter(|file| file.name == code.file_name()) {
            terms.extend(wordlist::read(
                file,
                code,
                neighbours,
                &mut contexts,
                faults,
            ));
        }
    }
    terms
}

fn exceptions(files: &[ListFile], faults: &mut Vec<LineFault>) -> Vec<Exception> {
    let mut exceptions = Vec::new();
    for file in files.iter().filter(|file| file.name == EXCEPTIONS) {
        let mut table = Table::read(file, &["phrase", "note", "source"]);
        table.check_twice(|row| folded(row.cell(0)));
        for row in std::mem::take(&mut table.rows) {
            let text = FoldedText::new(row.cell(0));
            if text.full().is_empty() {
                table.fault(row.line, "折疊後是空的", "this folds to nothing");
                continue;
            }
            let (phrase, folded, dense) = (
                row.cell(0).to_owned(),
                text.full().to_owned(),
                text.dense().to_owned(),
            );
            exceptions.push(Exception {
                phrase,
                folded,
                dense,
                line: row.line,
            });
        }
        faults.append(&mut table.faults);
    }
    exceptions
}

/// A term, or a spelling, that is an innocent phrase itself can never be found.
fn check_never_found(terms: &[ListedTerm], exceptions: &[Exception], faults: &mut Vec<LineFault>) {
    let full: HashMap<&str, u32> = exceptions
        .iter()
        .map(|phrase| (phrase.folded.as_str(), phrase.line))
        .collect();
    let dense: HashMap<&str, u32> = exceptions
        .iter()
        .map(|phrase| (phrase.dense.as_str(), phrase.line))
        .collect();
    for listed in terms {
        let spellings = listed
            .spellings
            .iter()
            .map(|spelling| (&spelling.listed, &spelling.needle));
        for (name, needle) in std::iter::once((&listed.term.text, &listed.needle)).chain(spellings)
        {
            let same = if needle.is_literal() { &full } else { &dense };
            if let Some(line) = same.get(needle.text()) {
                faults.push(LineFault::new(
                    &listed.file,
                    listed.line,
                    format!("「{name}」就是 {EXCEPTIONS} 第 {line} 行的例外，永遠不會命中"),
                    format!("\"{name}\" is the exception in line {line} of {EXCEPTIONS} and can never be found"),
                ));
            }
        }
    }
}

fn build(terms: Vec<ListedTerm>, exceptions: Vec<Exception>) -> Result<Lexicon, Vec<LineFault>> {
    let mut counts = Counts {
        exceptions: exceptions.len(),
        ..Counts::default()
    };
    let (mut dense, mut literal, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    let mut pattern_terms = PatternTerms::default();
    for (id, listed) in (0..).map(TermId).zip(terms) {
        *counts.terms.entry(listed.term.code).or_default() += 1;
        counts.spellings += listed.spellings.len();
        if let Some(kind) = listed.pattern {
            pattern_terms.push(kind, id);
            kept.push(listed.term);
            continue;
        }
        for pattern in patterns(id, &listed) {
            if pattern.needle.is_literal() {
                literal.push(pattern)
            } else {
                dense.push(pattern)
            }
        }
        kept.push(listed.term);
    }
    let (phrases, folded): (Vec<_>, Vec<_>) = exceptions
        .into_iter()
        .map(|found| (found.phrase, found.folded))
        .unzip();
    let compiled = || {
        let exceptions = Exceptions::new(phrases, &folded)?;
        Ok(Lexicon {
            terms: kept,
            dense: Patterns::new(dense)?,
            literal: Patterns::new(literal)?,
            exceptions,
            pattern_terms,
            counts,
        })
    };
    compiled().map_err(|error: aho_corasick::BuildError| {
        vec![LineFault::new(
            "",
            0,
            format!("詞表太大，無法編譯：{error}"),
            format!("the lists are too large: {error}"),
        )]
    })
}

/// Words that show that somebody is aimed at, for what is too thin to count alone.
fn aimed_at() -> Arc<Context> {
    static AIMED: LazyLock<Option<Arc<Context>>> = LazyLock::new(|| {
        let words = "near:你|您|這|那|一群|們|個|樓上|樓主|根本|只是|滾+5";
        Context::parse(words, &Neighbours::new()).ok().map(Arc::new)
    });
    AIMED.clone().unwrap_or_else(|| Arc::new(Context::never()))
}

fn patterns(term: TermId, listed: &ListedTerm) -> Vec<Pattern> {
    let plain = Pattern {
        term,
        spelling: None,
        matching: listed.term.matching,
        needle: listed.needle.clone(),
        context: None,
    };
    let spelled = listed.spellings.iter().map(|spelling| Pattern {
        term,
        spelling: Some(spelling.kind),
        matching: spelling.matching,
        needle: spelling.needle.clone(),
        context: None,
    });
    let known: HashSet<&str> = listed
        .spellings
        .iter()
        .map(|spelling| spelling.needle.text())
        .collect();
    let worked_out = alternatives::of(&listed.term, &listed.needle)
        .into_iter()
        .filter_map(|other| Some((other.kind, other.aimed, Needle::of_any(&other.text)?)))
        .filter(|(_, _, needle)| !known.contains(needle.text()))
        .map(|(kind, aimed, needle)| Pattern {
            context: aimed.then(aimed_at),
            term,
            spelling: Some(kind),
            // Letters within it end where other letters begin.
            matching: match listed.term.matching {
                Match::Whole => Match::Whole,
                Match::Anywhere | Match::Word => Match::Word,
            },
            needle,
        });
    std::iter::once(plain)
        .chain(spelled)
        .chain(worked_out)
        .collect()
}
