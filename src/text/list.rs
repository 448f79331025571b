//! Lists that people edit: tables of tab-separated cells, and the faults found in them.
//!
//! Reading tells every fault at once, with file and line. What a cell means is its reader's business.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// A list as it was found: its name (`profanity.tsv`) and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListFile {
    /// The file's name, without folders.
    pub name: String,
    /// Its text.
    pub content: String,
}

impl ListFile {
    /// A list of this name and content.
    pub fn new(name: impl Into<String>, content: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            content: content.into(),
        }
    }
}

/// What is wrong, or doubtful, in a line of a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LineFault {
    /// The list's name.
    pub file: String,
    /// The line, from 1; 0 where the whole list is meant.
    pub line: u32,
    /// What is wrong, for people in Taiwan.
    pub zh_tw: String,
    /// The same in English.
    pub en: String,
}

impl LineFault {
    /// A fault at a line.
    pub fn new(file: &str, line: u32, zh_tw: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line,
            zh_tw: zh_tw.into(),
            en: en.into(),
        }
    }
}

/// One row of a list: its cells in the order that the reader asked for.
#[derive(Debug, Clone)]
pub struct Row<'f> {
    /// The line, from 1.
    pub line: u32,
    cells: Vec<&'f str>,
}

impl<'f> Row<'f> {
    /// The cell of the reader's `nth` column.
    pub fn cell(&self, nth: usize) -> &'f str {
        self.cells.get(nth).copied().unwrap_or_default()
    }
}

/// A list read: its good rows, and the faults of the others.
#[derive(Debug, Default)]
pub struct Table<'f> {
    /// The name of the file.
    pub file: &'f str,
    /// Rows with the right number of cells.
    pub rows: Vec<Row<'f>>,
    /// What is wrong with its form.
    pub faults: Vec<LineFault>,
}

impl<'f> Table<'f> {
    /// Reads a list that has exactly these columns. The first names the row, the last its source; both must be filled,
    /// and rows are sorted by the first, by code point.
    pub fn read(file: &'f ListFile, columns: &[&str]) -> Self {
        let mut table = Self {
            file: &file.name,
            ..Self::default()
        };
        let content = table.checked(&file.content);
        let lines = content
            .strip_suffix('\n')
            .unwrap_or(content)
            .split('\n')
            .map(|line| line.strip_suffix('\r').unwrap_or(line));
        let mut lines = (1..).zip(lines).filter(|(_, line)| !is_comment(line));
        match lines.next().filter(|(_, header)| !header.trim().is_empty()) {
            Some((line, header)) => {
                if let Some(order) = table.order(line, header, columns) {
                    lines.for_each(|(line, text)| table.row(line, text, &order));
                    table.check_order();
                }
            }
            None => table.fault(0, "檔案沒有欄名列", "the file has no header row"),
        }
        table
    }

    /// What editors of other systems add is named once, and not met again.
    fn checked(&mut self, content: &'f str) -> &'f str {
        let bare = content.strip_prefix('\u{feff}');
        if bare.is_some() {
            self.fault(
                1,
                "檔案開頭有位元組順序記號（BOM），請移除",
                "the file begins with a byte order mark (BOM): remove it",
            );
        }
        let mut lines = (1..).zip(content.split('\n'));
        if let Some((line, _)) = lines.find(|(_, line)| line.ends_with('\r')) {
            self.fault(
                line,
                "換行字元是 CRLF，應為 LF",
                "lines end with CRLF, not LF",
            );
        }
        bare.unwrap_or(content)
    }

    /// Notes a fault at a line.
    pub fn fault(&mut self, line: u32, zh_tw: impl Into<String>, en: impl Into<String>) {
        self.faults.push(LineFault::new(self.file, line, zh_tw, en));
    }

    /// Which cell of the file is which column of the reader.
    fn order(&mut self, line: u32, header: &str, columns: &[&str]) -> Option<Vec<usize>> {
        let found: Vec<&str> = header.trim_end().split('\t').collect();
        for name in found.iter().filter(|name| !columns.contains(name)) {
            self.fault(
                line,
                format!("無法辨識的欄位「{name}」"),
                format!("unknown column \"{name}\""),
            );
        }
        let mut order = Vec::new();
        for column in columns {
            match found.iter().position(|name| name == column) {
                Some(at) => order.push(at),
                None => self.fault(
                    line,
                    format!("缺少欄位「{column}」"),
                    format!("missing column \"{column}\""),
                ),
            }
        }
        (order.len() == columns.len() && found.len() == columns.len()).then_some(order)
    }

    fn row(&mut self, line: u32, text: &'f str, order: &[usize]) {
        let cells: Vec<&str> = text.split('\t').collect();
        if cells.len() != order.len() {
            let (found, wanted) = (cells.len(), order.len());
            return self.fault(
                line,
                format!("這一列有 {found} 個欄位，應為 {wanted} 個"),
                format!("this row has {found} cells, not {wanted}"),
            );
        }
        if cells.iter().any(|cell| cell.trim() != *cell) {
            self.fault(line, "欄位的頭尾有空白", "blanks at the edge of a cell");
        }
        let row = Row {
            line,
            cells: order
                .iter()
                .filter_map(|&at| cells.get(at))
                .map(|cell| cell.trim())
                .collect(),
        };
        if row.cell(0).is_empty() {
            self.fault(line, "第一個欄位是空的", "the first cell is empty");
        }
        if row.cell(order.len() - 1).is_empty() {
            self.fault(line, "未註明出處（source）", "the row names no source");
        }
        self.rows.push(row);
    }

    fn check_order(&mut self) {
        let names: Vec<NamedRow<'f>> = self
            .rows
            .iter()
            .map(|row| (row.line, row.cell(0)))
            .collect();
        for at in 1..names.len() {
            let (earlier, later) = names.split_at(at);
            let Some(((line, name), place)) = misplaced(earlier, later) else {
                continue;
            };
            let (zh_tw, en) = place.messages();
            self.fault(
                line,
                format!("「{name}」未依 Unicode 碼位順序排列，應移到{zh_tw}"),
                format!(
                    "\"{name}\" is out of order (rows are sorted by code point): it belongs {en}"
                ),
            );
        }
    }

    /// Notes rows whose key stands in an earlier row; the key is what the reader takes for the same.
    pub fn check_twice<K: std::hash::Hash + Eq>(&mut self, key: impl Fn(&Row<'f>) -> K) {
        let mut seen = HashMap::new();
        let mut twice = Vec::new();
        for row in &self.rows {
            match seen.entry(key(row)) {
                std::collections::hash_map::Entry::Occupied(first) => {
                    twice.push((row.line, row.cell(0), *first.get()))
                }
                std::collections::hash_map::Entry::Vacant(place) => {
                    place.insert(row.line);
                }
            }
        }
        for (line, name, first) in twice {
            self.fault(
                line,
                format!("「{name}」與第 {first} 行重複"),
                format!("\"{name}\" repeats line {first}"),
            );
        }
    }
}

/// A row's line and its first cell.
type NamedRow<'f> = (u32, &'f str);

/// Where a row belongs.
enum SortHint<'f> {
    Before(NamedRow<'f>),
    After(NamedRow<'f>),
}

impl SortHint<'_> {
    fn messages(&self) -> (String, String) {
        match self {
            Self::Before((line, name)) => (
                format!("第 {line} 行「{name}」之前"),
                format!("before line {line}, \"{name}\""),
            ),
            Self::After((line, name)) => (
                format!("第 {line} 行「{name}」之後"),
                format!("after line {line}, \"{name}\""),
            ),
        }
    }
}

/// Where the last of the earlier rows and the first of the later ones are in the wrong order: the one that is out of place.
/// That is the later one, unless all would be well without the earlier.
fn misplaced<'f>(
    earlier: &[NamedRow<'f>],
    later: &[NamedRow<'f>],
) -> Option<(NamedRow<'f>, SortHint<'f>)> {
    let (rest, last) = (earlier.split_last()?.1, *earlier.last()?);
    let (first, next) = (*later.first()?, later.get(1));
    if last.1 <= first.1 {
        return None;
    }
    let well_without_last = rest.last().is_none_or(|before| before.1 <= first.1);
    let well_without_first = next.is_none_or(|next| last.1 <= next.1);
    if well_without_last && !well_without_first {
        let lesser = later.iter().take_while(|(_, name)| *name < last.1).last();
        return lesser.map(|lesser| (last, SortHint::After(*lesser)));
    }
    let greater = earlier.iter().find(|(_, name)| *name > first.1);
    greater.map(|greater| (first, SortHint::Before(*greater)))
}

/// `#` opens a comment; a row has tabs.
fn is_comment(line: &str) -> bool {
    line.starts_with('#') && !line.contains('\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(content: &str) -> Vec<String> {
        let file = ListFile::new("a.tsv", content);
        let table = Table::read(&file, &["name", "source"]);
        let faults = table.faults.iter();
        faults
            .map(|fault| format!("{} {}", fault.line, fault.en))
            .collect()
    }

    #[test]
    fn what_other_systems_editors_add_is_named_once() {
        let rows = "# a comment\nname\tsource\na\tours\nb\tours\n";
        assert_eq!(told(rows), [""; 0]);
        let windows = format!("\u{feff}{}", rows.replace('\n', "\r\n"));
        assert_eq!(
            told(&windows),
            [
                "1 the file begins with a byte order mark (BOM): remove it",
                "1 lines end with CRLF, not LF"
            ]
        );
        let one = rows.replace("a\tours\n", "a\tours\r\n");
        assert_eq!(told(&one), ["3 lines end with CRLF, not LF"]);
    }

    #[test]
    fn a_row_out_of_order_is_told_where_it_belongs() {
        let of = |names: &str| {
            let rows: Vec<_> = names
                .chars()
                .map(|name| format!("{name}\tours\n"))
                .collect();
            let told = told(&format!("name\tsource\n{}", rows.concat()));
            let place = |told: &String| told.split(" is out").next().map(str::to_owned);
            let belongs = |told: &String| told.split("belongs ").nth(1).map(str::to_owned);
            let told = told.iter();
            told.map(|told| {
                (
                    place(told).unwrap_or_default(),
                    belongs(told).unwrap_or_default(),
                )
            })
            .collect::<Vec<_>>()
        };
        let is = |row: &str, place: &str| vec![(row.to_owned(), place.to_owned())];
        assert_eq!(of("abcd"), []);
        assert_eq!(of("bcda"), is("5 \"a\"", "before line 2, \"b\""));
        assert_eq!(of("acdb"), is("5 \"b\"", "before line 3, \"c\""));
        assert_eq!(of("dabc"), is("2 \"d\"", "after line 5, \"c\""));
        assert_eq!(of("adbce"), is("3 \"d\"", "after line 5, \"c\""));
        assert_eq!(of("ba"), is("3 \"a\"", "before line 2, \"b\""));
    }
}
