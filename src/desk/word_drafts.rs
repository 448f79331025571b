//! What admins send of words, and its checks.

use super::{
    error::DeskError,
    fields::{Faults, non_empty},
};
use crate::{
    intake::{FaultCode, FieldFault},
    lexicon::{Lexicon, LineFault, ListCode},
    policy::{
        Fault, RulebookFiles,
        board_words::{board_file_of, columns_of, has_list},
    },
    record::{Word, WordKind, WordList},
    score::{Example, Label},
    text::fold::folded,
};

/// The longest cell, in code points; of an example as of a body.
const CELL_CHARS_MAX: usize = 1_000;
const EXAMPLE_CHARS_MAX: usize = 5_000;
/// Where a row of the board's own is from.
const SOURCE: &str = "board";
/// What kind of example it is where nobody says.
const EXAMPLE_KIND: &str = "board";

/// A word as an admin sent it, unchecked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordDraft {
    /// What it is.
    pub kind: WordKind,
    /// The code of its list; for terms.
    pub code: Option<String>,
    /// Its cells but the source, in the order of the columns of its kind.
    pub cells: Vec<Option<String>>,
}

/// A word whose cells can stand in a list file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CheckedWord {
    pub list: WordList,
    pub cells: Vec<String>,
}

impl CheckedWord {
    pub fn with_id(self, id: String, of_files: bool) -> Word {
        Word {
            id,
            list: self.list,
            cells: self.cells,
            of_files,
            retired: false,
        }
    }
}

impl WordDraft {
    /// Checks what can be checked without the rulebook.
    pub(super) fn checked(&self, faults: &mut Faults) -> Option<CheckedWord> {
        let list = self.list(faults);
        let columns = columns_of(self.kind);
        let given = self.cells.iter().cloned();
        let given = given.chain(std::iter::repeat(None));
        let own = columns.len() - 1;
        let cells: Vec<Option<String>> = columns[..own]
            .iter()
            .zip(given)
            .map(|(column, raw)| self.cell(column, raw, faults))
            .collect();
        let mut cells: Vec<String> = cells.into_iter().collect::<Option<_>>()?;
        cells.push(SOURCE.to_owned());
        Some(CheckedWord { list: list?, cells })
    }

    fn list(&self, faults: &mut Faults) -> Option<WordList> {
        match self.kind {
            WordKind::Exception => Some(WordList::Exceptions),
            WordKind::Example => Some(WordList::Examples),
            WordKind::Term => faults.required(self.code.clone(), "/code", |raw| {
                let mut codes = ListCode::ALL.into_iter();
                let code = codes.find(|code| code.name() == raw);
                code.map(WordList::of_code).ok_or_else(invalid_list)
            }),
        }
    }

    fn cell(&self, column: &str, raw: Option<String>, faults: &mut Faults) -> Option<String> {
        let pointer = format!("/{column}");
        let is_required = matches!(column, "term" | "phrase" | "text" | "severity" | "label");
        let raw = match (non_empty(raw), self.kind) {
            (None, _) if is_required => {
                faults.push(FieldFault::missing(&pointer));
                return None;
            }
            (None, WordKind::Example) => EXAMPLE_KIND.to_owned(),
            (raw, _) => raw.unwrap_or_default(),
        };
        let raw = match self.kind {
            WordKind::Example => raw.replace('\n', "\\n"),
            WordKind::Term | WordKind::Exception => raw,
        };
        faults.checked(cell_of(raw, self.kind, pointer))
    }
}

/// A cell that stands in a list file as it is.
fn cell_of(raw: String, kind: WordKind, pointer: String) -> Result<String, FieldFault> {
    let max = match kind {
        WordKind::Example => EXAMPLE_CHARS_MAX,
        WordKind::Term | WordKind::Exception => CELL_CHARS_MAX,
    };
    let chars = raw.chars().count();
    if chars > max {
        return Err(FieldFault::too_long(
            pointer,
            FaultCode::InvalidField,
            max,
            chars,
        ));
    }
    if raw.trim() != raw || raw.chars().any(char::is_control) {
        return Err(FieldFault::invalid(
            pointer,
            "頭尾不得有空白，也不得有定位字元或換行",
            "no blanks at the edges, no tabs and no line breaks",
        ));
    }
    Ok(raw)
}

fn invalid_list() -> FieldFault {
    let codes = ListCode::ALL.map(ListCode::name);
    FieldFault::invalid(
        "/code",
        format!("沒有這份詞表；須為 {}", codes.join("、")),
        format!("no such list; one of {}", codes.join(", ")),
    )
}

/// The faults of a word by itself over these files, at its cells.
pub(super) fn faults_of(word: &Word, files: &RulebookFiles) -> Vec<FieldFault> {
    let of = |column: &str, fault: LineFault| {
        FieldFault::invalid(format!("/{column}"), fault.zh_tw, fault.en)
    };
    let file = board_file_of(word);
    if let WordList::Examples = word.list {
        let has_label = Label::parse(word.cells.get(1).map_or("", String::as_str)).is_some();
        let column = if has_label { "text" } else { "label" };
        let faults = Example::read(&file).1.into_iter();
        return faults.map(|fault| of(column, fault)).collect();
    }
    if !has_list(files, word.list) {
        return vec![FieldFault::invalid(
            "/code",
            "版方停用了這份詞表（rules.toml 的 disabled）",
            "the board does without this list (disabled in rules.toml)",
        )];
    }
    let Some(code) = word.list.code() else {
        return Vec::new();
    };
    let faults = Lexicon::cell_faults(&file, code, &files.lists).into_iter();
    faults.map(|(column, fault)| of(column, fault)).collect()
}

/// The faults of a rulebook with a word in it, at the word's first cell.
pub(super) fn at_first_cell(kind: WordKind, faults: Vec<Fault>) -> Vec<FieldFault> {
    let pointer = format!("/{}", columns_of(kind)[0]);
    let faults = faults.into_iter();
    faults
        .map(|fault| FieldFault::invalid(pointer.clone(), fault.zh_tw, fault.en))
        .collect()
}

/// Whether two rows of one list say the same: the same text, where any surface is that of both, and of a pattern the same
/// context.
pub(super) fn is_same_row(list: WordList, left: &[String], right: &[String]) -> bool {
    let cell = |cells: &[String], nth: usize| cells.get(nth).cloned().unwrap_or_default();
    let is_same_text = match list.kind() {
        WordKind::Example => left.first() == right.first(),
        WordKind::Term | WordKind::Exception => folded(&cell(left, 0)) == folded(&cell(right, 0)),
    };
    if list.kind() != WordKind::Term || !is_same_text {
        return is_same_text;
    }
    let (left_on, right_on) = (cell(left, 2), cell(right, 2));
    let mut names = left_on.split(',').map(str::trim);
    let meet = left_on.is_empty()
        || right_on.is_empty()
        || names.any(|name| right_on.split(',').any(|other| other.trim() == name));
    let is_pattern = cell(left, 0).starts_with('<');
    meet && (!is_pattern || cell(left, 7) == cell(right, 7))
}

/// The fault of a word that is listed already.
pub(super) fn listed_already(kind: WordKind, text: &str, id: &str) -> DeskError {
    DeskError::field(FieldFault::invalid(
        format!("/{}", columns_of(kind)[0]),
        format!("「{text}」已經在清單中（{id}）；要更改請修改那一列"),
        format!("\"{text}\" is listed already ({id}): change that row"),
    ))
}
