//! From files to a lexicon: reads every list, and reports all faults, or else builds the lexicon and adds warnings.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{
    LineFault, ListFile,
    assess::Surroundings,
    context::Neighbours,
    exception::{EXCEPTION_COLUMNS, EXCEPTIONS, Exception, Exceptions},
    filter::{self, FilterBuilder},
    lint,
    literal::{Literal, Literals},
    matcher::{COMPOSITIONS, LITERALS, Lexicon, LexiconCounts},
    pattern::{Arena, Pattern, PatternDraft, PatternOrigin},
    pattern_terms::PatternTerms,
    term::{ListCode, Term, TermId, without_prefix},
    word_classes::{WORD_CLASSES_FILE, WordClasses},
    wordlist::{self, Contexts, ListedTerm},
};
use crate::text::{
    BoundaryRule, Disguise, Disguises, FoldedText, Table, TermMatcher,
    alt_reading::Compositions,
    fold::{folded, kind},
    units::{Code, RunPolicy, code_of, collapses},
};

const NEIGHBOURS: &str = "neighbours.tsv";
/// Lists that other rooms read; here they are passed over.
const ELSEWHERE: [&str; 4] = [
    "meaningless_tags.tsv",
    "impersonation.tsv",
    "public_figures.tsv",
    "topics.tsv",
];

/// A lexicon, and warnings about its lists.
type Compiled = (Lexicon, Vec<LineFault>);

impl Lexicon {
    /// Compiles the lists: the lexicon and warnings about its lists, or every fault that keeps them from being used.
    /// Lists of other rooms are passed over.
    pub fn compile(files: &[ListFile]) -> Result<Compiled, Vec<LineFault>> {
        compile(files)
    }

    /// The faults within the cells of a term list's rows, each with the name of its column. `files` are those that its
    /// contexts may name words of.
    pub fn cell_faults(
        list: &ListFile,
        code: ListCode,
        files: &[ListFile],
    ) -> Vec<(&'static str, LineFault)> {
        let neighbours = neighbours(files, &mut Vec::new());
        wordlist::cell_faults(list, code, &neighbours)
    }
}

fn compile(files: &[ListFile]) -> Result<Compiled, Vec<LineFault>> {
    let mut faults = Vec::new();
    check_names(files, &mut faults);
    let neighbours = neighbours(files, &mut faults);
    let classes = WordClasses::read(files, &mut faults);
    let mut warnings = Vec::new();
    let terms = terms(files, &neighbours, &mut faults, &mut warnings);
    let exceptions = exceptions(files, &mut faults);
    check_never_found(&terms, &exceptions, &mut faults);
    if !faults.is_empty() {
        faults.sort();
        return Err(faults);
    }
    warnings.extend(lint::lone_characters(&terms));
    warnings.extend(lint::idle_exceptions(&terms, &exceptions));
    // `build` consumes the terms, but warnings about term n still have to name its line
    let places: Vec<(String, u32)> = terms
        .iter()
        .map(|listed| (listed.file.clone(), listed.line))
        .collect();
    let lexicon = build(terms, exceptions, classes)?;
    warnings.extend(lint::innocent_hits(&lexicon, &places));
    warnings.sort();
    Ok((lexicon, warnings))
}

fn check_names(files: &[ListFile], faults: &mut Vec<LineFault>) {
    let mut seen = HashSet::new();
    for file in files {
        let name = file.name.as_str();
        let known = ListCode::of_file(name).is_some()
            || without_prefix(name) == EXCEPTIONS
            || [NEIGHBOURS, WORD_CLASSES_FILE].contains(&name);
        if name.ends_with(".tsv") && !known && !ELSEWHERE.contains(&name) {
            faults.push(LineFault::new(
                name,
                0,
                "無法辨識的詞表檔名",
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
            for word in words
                .iter()
                .filter(|word| TermMatcher::of_any(word).is_none())
            {
                let (zh, en) = (
                    format!("字詞「{word}」正規化後沒有內容"),
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
    warnings: &mut Vec<LineFault>,
) -> Vec<ListedTerm> {
    let mut contexts = Contexts::new();
    let mut terms = Vec::new();
    // ids follow the order of the codes, whatever order the files come in
    for code in ListCode::ALL {
        let is_of = |file: &&ListFile| ListCode::of_file(&file.name) == Some(code);
        for file in files.iter().filter(is_of) {
            terms.extend(wordlist::read(
                file,
                code,
                neighbours,
                &mut contexts,
                faults,
                warnings,
            ));
        }
    }
    terms
}

fn exceptions(files: &[ListFile], faults: &mut Vec<LineFault>) -> Vec<Exception> {
    let mut exceptions = Vec::new();
    let is_of = |file: &&ListFile| without_prefix(&file.name) == EXCEPTIONS;
    for file in files.iter().filter(is_of) {
        let mut table = Table::read(file, &EXCEPTION_COLUMNS);
        table.check_twice(|row| folded(row.cell(0)));
        for row in std::mem::take(&mut table.rows) {
            let text = FoldedText::new(row.cell(0));
            if text.full().is_empty() {
                table.fault(row.line, "正規化後沒有內容", "this folds to nothing");
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

/// A term or a spelling that is also listed as an innocent phrase could never be found.
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

fn build(
    terms: Vec<ListedTerm>,
    exceptions: Vec<Exception>,
    classes: WordClasses,
) -> Result<Lexicon, Vec<LineFault>> {
    let mut counts = LexiconCounts {
        exceptions: exceptions.len(),
        ..LexiconCounts::default()
    };
    let mut builder = PatternBuilder::default();
    let mut pattern_terms = PatternTerms::default();
    let mut kept = Vec::new();
    for (id, listed) in (0..).map(TermId).zip(terms) {
        *counts.terms.entry(listed.term.code).or_default() += 1;
        counts.spellings += listed.spellings.len();
        match listed.pattern {
            Some(kind) => pattern_terms.push(kind, id),
            None => builder.add(id, &listed),
        }
        kept.push(listed.term);
    }
    let compositions = builder.compositions();
    let phrases = exceptions
        .into_iter()
        .map(|found| (found.phrase, found.folded));
    let literals = Literals::new(builder.literals, builder.signed).map_err(|error| {
        vec![LineFault::new(
            "",
            0,
            "詞表太大，無法編譯",
            format!("the lists are too large: {error}"),
        )]
    })?;
    Ok(Lexicon {
        terms: kept,
        has_flexible: builder.patterns.iter().any(|pattern| pattern.flexible),
        has_letters: builder.arena.has_letters(),
        patterns: builder.patterns,
        arena: builder.arena,
        filter: builder.filing.finish(),
        literals,
        compositions,
        surroundings: Surroundings {
            classes,
            exceptions: Exceptions::new(phrases),
        },
        pattern_terms,
        counts,
    })
}

/// Collects the patterns, and adds them to the filter under construction.
#[derive(Default)]
struct PatternBuilder {
    patterns: Vec<Pattern>,
    arena: Arena,
    filing: FilterBuilder,
    literals: Vec<Literal>,
    /// Whether a literal has a sign, so that texts with signs must be searched for literals.
    signed: bool,
    /// Characters that may be written as their components.
    splittable: BTreeSet<char>,
}

impl PatternBuilder {
    fn add(&mut self, id: TermId, listed: &ListedTerm) {
        let term = &listed.term;
        self.pattern(id, term, &listed.needle, PatternOrigin::Term, term.matching);
        let mut known = HashSet::from([listed.needle.text()]);
        for spelling in &listed.spellings {
            // a spelling that folds to the term or to another spelling is found already
            if !known.insert(spelling.needle.text()) {
                continue;
            }
            let origin = PatternOrigin::Spelling(spelling.kind);
            self.pattern(id, term, &spelling.needle, origin, spelling.matching);
        }
        let reversed =
            is_disguised(term, &listed.needle) && term.variants.contains(Disguise::Reversed);
        // a palindrome reversed is the term itself and would be found twice
        if reversed && !listed.needle.is_spaced() && !is_palindrome(&listed.needle) {
            self.pattern(
                id,
                term,
                &listed.needle,
                PatternOrigin::Reversed,
                term.matching,
            );
        }
        if is_disguised(term, &listed.needle) && term.variants.contains(Disguise::Split) {
            self.splittable.extend(listed.needle.text().chars());
        }
    }

    fn pattern(
        &mut self,
        term: TermId,
        row: &Term,
        needle: &TermMatcher,
        origin: PatternOrigin,
        matching: BoundaryRule,
    ) {
        if needle.is_literal() {
            let spelling = match origin {
                PatternOrigin::Spelling(kind) => Some(kind),
                PatternOrigin::Term | PatternOrigin::Reversed => None,
            };
            let codes = codes_of(needle.text().chars().filter(|ch| kind(*ch).is_dense()));
            // 加✈ has a sign that is searched for; otherwise the filter notices the letters and
            // calls for the search
            if codes.is_empty() || Literal::is_signed(needle) {
                self.signed = true;
            } else {
                self.filing.add_by_codes(&codes, LITERALS);
            }
            self.literals.push(Literal {
                term,
                spelling,
                matching,
                needle: needle.clone(),
            });
            return;
        }
        // listed spellings and reversed terms are themselves disguises: no replacements are undone on top
        let flexible = origin == PatternOrigin::Term
            && is_disguised(row, needle)
            && changes_characters(row.variants, needle);
        let draft = PatternDraft {
            term,
            origin,
            matching,
            needle,
            flexible,
            surfaces: row.surfaces,
            variants: row.variants,
        };
        // A doubled character is one unit of a text, but two units if one of the two is disguised: such a term has both
        // patterns.
        let doubled = flexible && has_doubled(needle);
        for runs in [RunPolicy::Collapsed, RunPolicy::Kept] {
            if runs == RunPolicy::Kept && !doubled {
                continue;
            }
            let filed = self.patterns.len() as u32;
            if let Some(pattern) = self.arena.add(&draft, runs) {
                filter::file(&mut self.filing, &self.arena, &pattern, row.variants, filed);
                self.patterns.push(pattern);
            }
        }
    }

    /// The component sequences of all characters that may be split. They are added to the filter, so that a text which
    /// holds one is noticed and read once more with components joined.
    fn compositions(&mut self) -> Compositions {
        let rows = self.splittable.iter().flat_map(|ch| {
            let sequences = crate::text::parts::parts_of(*ch);
            sequences.map(|parts| (parts.chars().collect::<Vec<char>>(), *ch))
        });
        let compositions = Compositions::new(rows);
        for (nth, parts) in (0..).zip(compositions.iter()) {
            self.filing
                .add_by_codes(&codes_of(parts.iter().copied()), COMPOSITIONS + nth);
        }
        compositions
    }
}

/// The codes of characters; a run of one character gives one code.
fn codes_of(chars: impl Iterator<Item = char>) -> Vec<Code> {
    let mut codes = Vec::new();
    for ch in chars {
        if codes.last() != Some(&code_of(ch)) || !collapses(ch) {
            codes.push(code_of(ch));
        }
    }
    codes
}

/// From this severity on, disguises that replace characters are undone.
const DISGUISED_SEVERITY_MIN: u8 = 3;

/// Whether people would take the trouble to disguise it: a grave word of two characters or more that is used against
/// somebody.
fn is_disguised(term: &Term, needle: &TermMatcher) -> bool {
    let is_abuse = match term.code {
        ListCode::Profanity
        | ListCode::Insult
        | ListCode::Slur
        | ListCode::Threat
        | ListCode::Sexual => true,
        ListCode::SelfHarm | ListCode::PersonalData | ListCode::Scam => false,
    };
    is_abuse
        && term.severity >= DISGUISED_SEVERITY_MIN
        && !needle.is_literal()
        && needle.dense_chars() >= 2
}

/// Whether any of these disguises replaces a character with something else.
fn changes_characters(variants: Disguises, needle: &TermMatcher) -> bool {
    use Disguise::{Bopomofo, Emoji, Homophone, Initials, Mask, Pinyin};
    let kinds: &[Disguise] = if needle.is_spaced() {
        &[Mask]
    } else {
        &[Bopomofo, Emoji, Homophone, Initials, Mask, Pinyin]
    };
    !needle.is_digits() && kinds.iter().any(|kind| variants.contains(*kind))
}

fn has_doubled(needle: &TermMatcher) -> bool {
    let chars = needle.text().chars();
    chars
        .clone()
        .zip(chars.skip(1))
        .any(|(left, right)| left == right)
}

fn is_palindrome(needle: &TermMatcher) -> bool {
    needle.text().chars().eq(needle.text().chars().rev())
}
