//! The rows of a term list: reads every cell of a row.

use std::{collections::HashMap, sync::Arc};

use super::{
    aim::Aim,
    context::{Context, Neighbours},
    exception::EXCEPTION_COLUMNS,
    pattern_terms,
    term::{ListCode, Surfaces, Term},
};
use crate::text::{
    BoundaryRule, Disguise, Disguises, LineFault, ListFile, Row, Surface, Table, TermMatcher,
    pattern::PatternKind,
};

/// The columns of a term list.
const COLUMNS: [&str; 9] = [
    "term",
    "severity",
    "surfaces",
    "match",
    "variants",
    "spellings",
    "context",
    "note",
    "source",
];
/// Columns that a list may lack; its rows then count in any company.
const OPTIONAL: [&str; 1] = ["aim"];
/// The cell of `aim`.
const AIM: usize = COLUMNS.len();
/// From this severity on, separators within a term are undone, unless its row says otherwise.
const SEPARATORS_SEVERITY_MIN: u8 = 2;
const SEVERITY_MAX: u8 = 4;

/// A row without a fault.
#[derive(Debug)]
pub(super) struct ListedTerm {
    pub term: Term,
    pub needle: TermMatcher,
    /// The pattern that it names; then its needle is that name and is not searched for.
    pub pattern: Option<PatternKind>,
    pub spellings: Vec<Spelling>,
    pub file: String,
    pub line: u32,
}

/// A listed disguise of a term.
#[derive(Debug)]
pub(super) struct Spelling {
    pub kind: Disguise,
    pub listed: String,
    pub matching: BoundaryRule,
    pub needle: TermMatcher,
}

/// The contexts read so far, by cell: rows with the same cell share one.
pub(super) type Contexts = HashMap<String, Arc<Context>>;

/// All columns of a term list, as people read them.
pub const TERM_COLUMNS: [&str; 10] = [
    "term",
    "severity",
    "surfaces",
    "match",
    "aim",
    "variants",
    "spellings",
    "context",
    "note",
    "source",
];

/// A row of a list with its cells as they stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRow {
    /// Its line, from 1.
    pub line: u32,
    /// Its cells, in the order of [`TERM_COLUMNS`] or [`EXCEPTION_COLUMNS`].
    pub cells: Vec<String>,
}

/// The rows of a term list or of innocent phrases, whatever is wrong in them.
pub fn rows_of(file: &ListFile) -> Vec<ListedRow> {
    let has_terms = ListCode::of_file(&file.name).is_some();
    let table = match has_terms {
        true => Table::read_with(file, &COLUMNS, &OPTIONAL),
        false => Table::read(file, &EXCEPTION_COLUMNS),
    };
    let place = |column: &str| COLUMNS.iter().position(|of| *of == column).unwrap_or(AIM);
    let cells = |row: &Row<'_>| -> Vec<String> {
        match has_terms {
            true => TERM_COLUMNS
                .iter()
                .map(|column| row.cell(place(column)).to_owned())
                .collect(),
            false => (0..EXCEPTION_COLUMNS.len())
                .map(|nth| row.cell(nth).to_owned())
                .collect(),
        }
    };
    let rows = table.rows.iter();
    rows.map(|row| ListedRow {
        line: row.line,
        cells: cells(row),
    })
    .collect()
}

/// See [`super::Lexicon::cell_faults`].
pub(super) fn cell_faults(
    list: &ListFile,
    code: ListCode,
    neighbours: &Neighbours,
) -> Vec<(&'static str, LineFault)> {
    type Check = fn(&mut RowReader<'_, '_>, &Row<'_>);
    let checks: [(&str, Check); 9] = [
        ("term", |of, row| drop(of.needle(row.line, row.cell(0)))),
        ("severity", |of, row| {
            let _ = of.severity(row.line, row.cell(1));
        }),
        ("surfaces", |of, row| {
            let _ = of.surfaces(row.line, row.cell(2));
        }),
        ("match", |of, row| {
            let _ = of.matching(row.line, row.cell(3));
        }),
        ("variants", |of, row| {
            let _ = of.variants(row.line, row.cell(4));
        }),
        ("spellings", |of, row| {
            drop(of.spellings(row.line, row.cell(5)))
        }),
        ("context", |of, row| drop(of.context(row.line, row.cell(6)))),
        ("aim", |of, row| {
            let _ = of.aim(row.line, row.cell(AIM));
        }),
        ("term", |of, row| {
            let _ = of.pattern(row);
        }),
    ];
    let mut table = Table::read_with(list, &COLUMNS, &OPTIONAL);
    let (rows, mut found) = (std::mem::take(&mut table.rows), Vec::new());
    table.faults.clear();
    let mut reader = RowReader {
        table: &mut table,
        code,
        neighbours,
        contexts: &mut Contexts::new(),
    };
    for row in &rows {
        for (column, check) in checks {
            check(&mut reader, row);
            found.extend(reader.table.faults.drain(..).map(|fault| (column, fault)));
        }
    }
    found
}

/// Reads one term list; its faults are added to `faults`, and a warning if it has no column `aim`.
pub(super) fn read(
    file: &ListFile,
    code: ListCode,
    neighbours: &Neighbours,
    contexts: &mut Contexts,
    faults: &mut Vec<LineFault>,
    warnings: &mut Vec<LineFault>,
) -> Vec<ListedTerm> {
    let mut table = Table::read_with(file, &COLUMNS, &OPTIONAL);
    if table.lacking.iter().any(|column| column == "aim") {
        warnings.push(LineFault::new(
            &file.name,
            table.header,
            "這份詞表沒有 aim 欄，每一列都視為 always",
            "this list has no column aim: every row is always",
        ));
    }
    let rows = std::mem::take(&mut table.rows);
    let mut reader = RowReader {
        table: &mut table,
        code,
        neighbours,
        contexts,
    };
    let terms: Vec<ListedTerm> = rows.iter().filter_map(|row| reader.term(row)).collect();
    check_twice(&mut table, &terms);
    faults.append(&mut table.faults);
    terms
}

struct RowReader<'r, 'f> {
    table: &'r mut Table<'f>,
    code: ListCode,
    neighbours: &'r Neighbours,
    contexts: &'r mut Contexts,
}

impl RowReader<'_, '_> {
    /// Reads every cell before it gives up, so that all faults of a row are reported.
    fn term(&mut self, row: &Row<'_>) -> Option<ListedTerm> {
        let needle = self.needle(row.line, row.cell(0));
        let severity = self.severity(row.line, row.cell(1));
        let surfaces = self.surfaces(row.line, row.cell(2));
        let boundary = self.matching(row.line, row.cell(3));
        let variants = self.variants(row.line, row.cell(4));
        let spellings = self.spellings(row.line, row.cell(5));
        let context = self.context(row.line, row.cell(6));
        let aim = self.aim(row.line, row.cell(AIM));
        let pattern = self.pattern(row);
        let (needle, severity, boundary) = (needle?, severity?, boundary?);
        // the scanners decide how a pattern may be written
        let usual = match pattern {
            Some(Some(_)) => Disguises::ALL,
            Some(None) | None => usual_variants(&needle, severity),
        };
        let term = Term {
            text: row.cell(0).to_owned(),
            code: self.code,
            severity,
            surfaces: surfaces?,
            matching: boundary.unwrap_or(needle.usual_match()),
            variants: variants?.unwrap_or(usual),
            aim: aim?,
            context: context?,
        };
        let spellings = spellings?.into_iter().map(|(kind, listed, needle)| {
            // a whole-surface term stays one however it is spelled; else the script of the spelling decides
            let matching = if term.matching == BoundaryRule::Whole {
                BoundaryRule::Whole
            } else {
                needle.usual_match()
            };
            Spelling {
                kind,
                listed,
                matching,
                needle,
            }
        });
        Some(ListedTerm {
            spellings: spellings.collect(),
            term,
            needle,
            pattern: pattern?,
            file: self.table.file.to_owned(),
            line: row.line,
        })
    }

    fn needle(&mut self, line: u32, listed: &str) -> Option<TermMatcher> {
        let needle = TermMatcher::new(listed);
        // an empty cell has been reported already
        if needle.is_none() && !listed.is_empty() {
            self.table.fault(
                line,
                format!("「{listed}」正規化後沒有內容，永遠不會命中"),
                format!("\"{listed}\" folds to nothing and can never be found"),
            );
        }
        needle
    }

    /// The pattern that a row names, if any; the outer `None` is a fault. A row with a pattern has no match, variants
    /// or spellings.
    fn pattern(&mut self, row: &Row<'_>) -> Option<Option<PatternKind>> {
        let kind = match pattern_terms::named(row.cell(0)) {
            None => return Some(None),
            Some(Ok(kind)) => Some(kind),
            Some(Err(name)) => {
                self.unknown(row.line, "term", name);
                None
            }
        };
        let words = [(3, "match"), (4, "variants"), (5, "spellings")];
        let filled = words.iter().filter(|(nth, _)| !row.cell(*nth).is_empty());
        let faulty: Vec<&str> = filled.map(|(_, name)| *name).collect();
        for name in &faulty {
            self.table.fault(
                row.line,
                format!("樣式「{}」不能有 {name}", row.cell(0)),
                format!("the pattern \"{}\" takes no {name}", row.cell(0)),
            );
        }
        kind.filter(|_| faulty.is_empty()).map(Some)
    }

    fn severity(&mut self, line: u32, cell: &str) -> Option<u8> {
        let severity = cell
            .parse()
            .ok()
            .filter(|severity| *severity <= SEVERITY_MAX && cell.len() == 1);
        if severity.is_none() {
            self.table.fault(
                line,
                format!("severity 應為 0 到 4，不是「{cell}」"),
                format!("severity is 0 to 4, not \"{cell}\""),
            );
        }
        severity
    }

    fn surfaces(&mut self, line: u32, cell: &str) -> Option<Surfaces> {
        if cell.is_empty() {
            return Some(Surfaces::ALL);
        }
        self.names(line, cell, "surfaces", Surface::parse)
    }

    fn matching(&mut self, line: u32, cell: &str) -> Option<Option<BoundaryRule>> {
        if cell.is_empty() {
            return Some(None);
        }
        let matching = BoundaryRule::parse(cell);
        if matching.is_none() {
            self.unknown(line, "match", cell);
        }
        matching.map(Some)
    }

    fn variants(&mut self, line: u32, cell: &str) -> Option<Option<Disguises>> {
        match cell {
            "" => Some(None),
            "all" => Some(Some(Disguises::ALL)),
            "none" => Some(Some(Disguises::default())),
            names => self
                .names(line, names, "variants", Disguise::parse)
                .map(Some),
        }
    }

    fn aim(&mut self, line: u32, cell: &str) -> Option<Aim> {
        if cell.is_empty() {
            return Some(Aim::Always);
        }
        let aim = Aim::parse(cell);
        if aim.is_none() {
            self.unknown(line, "aim", cell);
        }
        aim
    }

    /// The cell `spellings`: `homophone:靠杯|靠盃; initials:kb`.
    fn spellings(&mut self, line: u32, cell: &str) -> Option<Vec<(Disguise, String, TermMatcher)>> {
        let mut spellings = Some(Vec::new());
        for group in cell.split(';').map(str::trim).filter(|_| !cell.is_empty()) {
            let (name, words) = group.split_once(':').unwrap_or((group, ""));
            let kind = Disguise::parse(name);
            if kind.is_none() {
                self.unknown(line, "spellings", name);
            }
            for word in words.split('|').map(str::trim) {
                if word.is_empty() {
                    let (zh, en) = (
                        format!("「{group}」中有空白的寫法"),
                        format!("an empty spelling in \"{group}\""),
                    );
                    self.table.fault(line, zh, en);
                }
                spellings = match (spellings, kind, self.needle(line, word)) {
                    (Some(mut spellings), Some(kind), Some(needle)) => {
                        spellings.push((kind, word.to_owned(), needle));
                        Some(spellings)
                    }
                    _ => None,
                };
            }
        }
        spellings
    }

    fn context(&mut self, line: u32, cell: &str) -> Option<Option<Arc<Context>>> {
        if cell.is_empty() {
            return Some(None);
        }
        if let Some(known) = self.contexts.get(cell) {
            return Some(Some(Arc::clone(known)));
        }
        match Context::parse(cell, self.neighbours) {
            Ok(context) => {
                let context = Arc::new(context);
                self.contexts.insert(cell.to_owned(), Arc::clone(&context));
                Some(Some(context))
            }
            Err(faults) => {
                faults
                    .into_iter()
                    .for_each(|(zh, en)| self.table.fault(line, zh, en));
                None
            }
        }
    }

    fn names<T, C: FromIterator<T>>(
        &mut self,
        line: u32,
        cell: &str,
        column: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<C> {
        let (known, unknown): (Vec<_>, Vec<_>) = cell
            .split(',')
            .map(str::trim)
            .map(|name| (name, parse(name)))
            .partition(|(_, found)| found.is_some());
        for (name, _) in &unknown {
            self.unknown(line, column, name);
        }
        unknown
            .is_empty()
            .then(|| known.into_iter().filter_map(|(_, found)| found).collect())
    }

    fn unknown(&mut self, line: u32, column: &str, name: &str) {
        self.table.fault(
            line,
            format!("{column} 中有無法辨識的「{name}」"),
            format!("unknown name \"{name}\" in {column}"),
        );
    }
}

/// The disguises undone for a term whose row names none: width, case, marks and variants always; separators and repeats
/// from two characters and severity 2 on; replaced characters from two characters and severity 3 on, but masks only
/// from three characters on.
fn usual_variants(needle: &TermMatcher, severity: u8) -> Disguises {
    use Disguise::{
        Bopomofo, Case, Emoji, Homophone, Initials, Leet, Marks, Mask, Pinyin, Repeat, Reversed,
        Separators, Split, Variant, Width,
    };
    let chars = needle.dense_chars();
    let steps: [(bool, &[Disguise]); 4] = [
        (true, &[Width, Case, Marks, Variant]),
        (
            chars >= 2 && severity >= SEPARATORS_SEVERITY_MIN,
            &[Separators, Repeat],
        ),
        (
            chars >= 2 && severity >= 3,
            &[
                Bopomofo, Initials, Split, Emoji, Pinyin, Leet, Reversed, Homophone,
            ],
        ),
        (chars >= 3 && severity >= 3, &[Mask]),
    ];
    let allowed = steps.into_iter().filter(|(holds, _)| *holds);
    allowed
        .flat_map(|(_, disguises)| disguises.iter().copied())
        .collect()
}

/// Adds a fault for a term that is listed twice (folded) for one surface; a pattern may be listed once for each context.
fn check_twice(table: &mut Table<'_>, terms: &[ListedTerm]) {
    let mut seen: HashMap<(&str, &str, Surface), u32> = HashMap::new();
    for listed in terms {
        let text = listed.needle.text();
        let context = listed.pattern.map_or("", |_| listed.term.context());
        let earlier = listed
            .term
            .surfaces
            .iter()
            .filter_map(|surface| seen.insert((text, context, surface), listed.line));
        if let Some(first) = earlier.max() {
            let name = &listed.term.text;
            table.fault(
                listed.line,
                format!("「{name}」在同一種欄位與第 {first} 行重複"),
                format!("\"{name}\" repeats line {first} for the same surface"),
            );
        }
    }
}
