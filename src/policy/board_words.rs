//! The board's own words over the files: the one place in which lists come of both.
//!
//! The files are never written. A row of theirs that the board changed or retired gives way, and what the board has in its
//! place or added stands in lists of the board's own beside theirs.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use super::files::{Fault, RulebookFiles};
use crate::{
    lexicon::{
        BOARD_PREFIX, EXCEPTION_COLUMNS, EXCEPTIONS, ListFile, ListedRow, TERM_COLUMNS, rows_of,
    },
    record::{BoardWords, Word, WordKind, WordList},
};

/// The columns of a file of examples.
pub const EXAMPLE_COLUMNS: [&str; 4] = ["text", "label", "kind", "source"];
/// How many rows of the files the board may retire in any case.
const RETIRED_FREE: usize = 20;
/// Of more rows it may retire one in so many.
const RETIRED_SHARE: usize = 10;
/// How many bytes of its digest name a row of the files.
const ROW_ID_BYTES: usize = 12;

/// A row of the files that the board may change or retire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRow {
    /// The digest by which it is known, whatever else its row says: list, text, surfaces, and of a pattern the context.
    pub id: String,
    /// Where it stands.
    pub list: WordList,
    /// Its cells.
    pub cells: Vec<String>,
}

/// A list of the board's own, and whose line is whose.
#[derive(Debug, Clone)]
pub(super) struct BoardList {
    pub file: ListFile,
    /// The words of its lines, from the second on.
    pub ids: Vec<String>,
}

/// The names of a word's cells, in order.
pub const fn columns_of(kind: WordKind) -> &'static [&'static str] {
    match kind {
        WordKind::Term => &TERM_COLUMNS,
        WordKind::Exception => &EXCEPTION_COLUMNS,
        WordKind::Example => &EXAMPLE_COLUMNS,
    }
}

/// The name of a list's file; of the examples, which are no part of a rulebook, a name of its own.
pub fn file_name_of(list: WordList) -> &'static str {
    match (list, list.code()) {
        (_, Some(code)) => code.file_name(),
        (WordList::Exceptions, None) => EXCEPTIONS,
        (_, None) => "examples.tsv",
    }
}

/// The name of the board's own list beside it.
pub fn board_file_name(list: WordList) -> String {
    format!("{BOARD_PREFIX}{}", file_name_of(list))
}

/// The lists whose rows the board may change, of these files.
fn lists_of(files: &RulebookFiles) -> impl Iterator<Item = (WordList, &ListFile)> {
    WordList::ALL.into_iter().filter_map(|list| {
        let name = file_name_of(list);
        let found = files.lists.iter().find(|file| file.name == name);
        found.map(|file| (list, file))
    })
}

/// Every row of the files that the board may change or retire.
pub fn file_rows(files: &RulebookFiles) -> Vec<FileRow> {
    let rows = lists_of(files).flat_map(|(list, file)| {
        let rows = rows_of(file).into_iter();
        rows.map(move |row| FileRow {
            id: row_id(list, &row),
            list,
            cells: row.cells,
        })
    });
    rows.collect()
}

/// The same row in another version of the files has the same id.
fn row_id(list: WordList, row: &ListedRow) -> String {
    let cell = |nth: usize| row.cells.get(nth).map_or("", String::as_str);
    let is_pattern = cell(0).starts_with('<');
    let parts = match list.kind() {
        WordKind::Term if is_pattern => vec![cell(0), cell(2), cell(7)],
        WordKind::Term => vec![cell(0), cell(2)],
        WordKind::Exception | WordKind::Example => vec![cell(0)],
    };
    let mut hash = Sha256::new();
    for part in std::iter::once(file_name_of(list)).chain(parts) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    data_encoding::HEXLOWER.encode(&hash.finalize()[..ROW_ID_BYTES])
}

/// The files as the words leave them. Words that are left out have no effect, nor have the rows of the files that they
/// replace.
pub(super) fn overlay(
    files: &RulebookFiles,
    words: &BoardWords,
    left_out: &BTreeSet<String>,
) -> RulebookFiles {
    if words.leaves_lists() {
        return files.clone();
    }
    let lists = files.lists.iter().map(|file| {
        let list = lists_of(files).find(|(_, of)| of.name == file.name);
        match list {
            Some((list, _)) => without_replaced(list, file, words),
            None => file.clone(),
        }
    });
    let mut lists: Vec<ListFile> = lists.collect();
    let own = board_lists(files, words, left_out).into_iter();
    lists.extend(own.map(|list| list.file));
    RulebookFiles {
        lists,
        ..files.clone()
    }
}

/// A list without the rows that give way. A remark keeps the place of each, so that faults of the others name their lines.
fn without_replaced(list: WordList, file: &ListFile, words: &BoardWords) -> ListFile {
    if !words.iter().any(|of| of.word.of_files) {
        return file.clone();
    }
    let gone: BTreeSet<u32> = rows_of(file)
        .iter()
        .filter(|row| words.replaces(&row_id(list, row)))
        .map(|row| row.line)
        .collect();
    if gone.is_empty() {
        return file.clone();
    }
    let lines = (1..).zip(file.content.split('\n'));
    let kept: Vec<&str> = lines
        .map(|(line, text)| if gone.contains(&line) { "#" } else { text })
        .collect();
    ListFile::new(&file.name, kept.join("\n"))
}

/// The board's own lists beside those of the files; a list that the board does without has none.
pub(super) fn board_lists(
    files: &RulebookFiles,
    words: &BoardWords,
    left_out: &BTreeSet<String>,
) -> Vec<BoardList> {
    let lists = lists_of(files).filter_map(|(list, _)| {
        let rows: Vec<&Word> = words
            .in_effect(list)
            .filter(|word| !left_out.contains(&word.id))
            .collect();
        (!rows.is_empty()).then(|| board_list(list, rows))
    });
    lists.collect()
}

/// These words as a list.
pub(super) fn board_list(list: WordList, mut rows: Vec<&Word>) -> BoardList {
    rows.sort_by(|left, right| left.cells.first().cmp(&right.cells.first()));
    let mut lines = vec![columns_of(list.kind()).join("\t")];
    lines.extend(rows.iter().map(|word| word.cells.join("\t")));
    BoardList {
        file: ListFile::new(board_file_name(list), lines.join("\n") + "\n"),
        ids: rows.iter().map(|word| word.id.clone()).collect(),
    }
}

/// The board's own examples, as a file of examples.
pub fn board_examples(words: &BoardWords) -> ListFile {
    board_list(
        WordList::Examples,
        words.in_effect(WordList::Examples).collect(),
    )
    .file
}

/// A list of this word alone.
pub fn board_file_of(word: &Word) -> ListFile {
    board_list(word.list, vec![word]).file
}

/// Whether these files have the list: a board may do without some.
pub fn has_list(files: &RulebookFiles, list: WordList) -> bool {
    list == WordList::Examples || lists_of(files).any(|(of, _)| of == list)
}

/// The fault of words that retire too much of the files, by mistake: more than a tenth of their terms, or every term of a
/// list.
pub fn loss_of(files: &RulebookFiles, words: &BoardWords) -> Option<Fault> {
    let (mut retired, mut total, mut emptied) = (0, 0, None);
    for (list, file) in lists_of(files).filter(|(list, _)| list.code().is_some()) {
        let rows = rows_of(file);
        let gone = rows.iter().filter(|row| {
            let of = words.get(&row_id(list, row));
            of.is_some_and(|of| of.word.retired)
        });
        let gone = gone.count();
        let is_emptied = gone > 0 && gone == rows.len() && words.in_effect(list).next().is_none();
        emptied = emptied.or(is_emptied.then_some(&file.name));
        retired += gone;
        total += rows.len();
    }
    let is_much = retired > (total / RETIRED_SHARE).max(RETIRED_FREE);
    (is_much || emptied.is_some()).then(|| Fault {
        file: emptied.map_or_else(|| "wordlists".to_owned(), Clone::clone),
        line: 0,
        zh_tw: format!("{total} 個字詞中將有 {retired} 個停用，超過一成或整份詞表，因此不採用"),
        en: format!(
            "{retired} of {total} terms would be retired, more than a tenth or a whole list, and so it is not taken"
        ),
    })
}
