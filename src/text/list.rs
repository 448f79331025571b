//! Lists that people edit: tables of tab-separated cells, and the faults found in them.
//!
//! Reading reports every fault at once, with file and line. What a cell means is left to the caller.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// A list file: its name (`profanity.tsv`) and its text.
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

/// A fault in a line of a list, or a warning about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LineFault {
    /// The list's name.
    pub file: String,
    /// The line, from 1; 0 for a fault of the whole list.
    pub line: u32,
    /// The message in Traditional Chinese.
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

/// One row of a list: its cells in the order of the columns that were passed to [`Table::read`].
#[derive(Debug, Clone)]
pub struct Row<'f> {
    /// The line, from 1.
    pub line: u32,
    cells: Vec<&'f str>,
}

impl<'f> Row<'f> {
    /// The cell of the `nth` of those columns.
    pub fn cell(&self, nth: usize) -> &'f str {
        self.cells.get(nth).copied().unwrap_or_default()
    }
}

/// Where the columns of a list are.
struct ColumnOrder {
    /// For each wanted column its position; `None` for an optional one that is not there.
    cells: Vec<Option<usize>>,
    /// Which of the wanted columns is the source.
    source: usize,
    /// The number of columns in the file.
    found: usize,
}

/// A list read: its good rows, and the faults of the others.
#[derive(Debug, Default)]
pub struct Table<'f> {
    /// The name of the file.
    pub file: &'f str,
    /// The line of its header; 0 if it has none.
    pub header: u32,
    /// The optional columns that it has not.
    pub lacking: Vec<String>,
    /// Rows with the right number of cells.
    pub rows: Vec<Row<'f>>,
    /// The faults found so far; callers add theirs with [`Table::fault`].
    pub faults: Vec<LineFault>,
}

impl<'f> Table<'f> {
    /// Reads a list that has exactly these columns, in any order. The first is the row's name, the last its source;
    /// both must be filled, and rows must be sorted by the first, by code point.
    pub fn read(file: &'f ListFile, columns: &[&str]) -> Self {
        Self::read_with(file, columns, &[])
    }

    /// As [`Table::read`], and the list may have these columns besides. A row's cells of them come behind the others, and
    /// are empty if the list has no such column.
    pub fn read_with(file: &'f ListFile, columns: &[&str], optional: &[&str]) -> Self {
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
                table.header = line;
                if let Some(order) = table.order(line, header, columns, optional) {
                    lines.for_each(|(line, text)| table.row(line, text, &order));
                    table.check_order();
                }
            }
            None => table.fault(0, "檔案沒有欄名列", "the file has no header row"),
        }
        table
    }

    /// Removes a byte order mark and reports it, and reports CRLF line ends, each once; they cause no further fault.
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

    /// Adds a fault at a line.
    pub fn fault(&mut self, line: u32, zh_tw: impl Into<String>, en: impl Into<String>) {
        self.faults.push(LineFault::new(self.file, line, zh_tw, en));
    }

    /// Where in the file the wanted columns are.
    fn order(
        &mut self,
        line: u32,
        header: &str,
        columns: &[&str],
        optional: &[&str],
    ) -> Option<ColumnOrder> {
        let found: Vec<&str> = header.trim_end().split('\t').collect();
        let known = |name: &&str| columns.contains(name) || optional.contains(name);
        for name in found.iter().filter(|name| !known(name)) {
            self.fault(
                line,
                format!("無法辨識的欄位「{name}」"),
                format!("unknown column \"{name}\""),
            );
        }
        let position = |column: &&str| found.iter().position(|name| name == column);
        let mut cells = Vec::new();
        for column in columns {
            match position(column) {
                Some(at) => cells.push(Some(at)),
                None => self.fault(
                    line,
                    format!("缺少欄位「{column}」"),
                    format!("missing column \"{column}\""),
                ),
            }
        }
        let required = cells.len();
        cells.extend(optional.iter().map(position));
        let lacking = optional.iter().filter(|column| position(column).is_none());
        self.lacking = lacking.map(|column| (*column).to_owned()).collect();
        let order = ColumnOrder {
            cells,
            source: columns.len() - 1,
            found: found.len(),
        };
        let whole =
            required == columns.len() && order.cells.iter().flatten().count() == found.len();
        whole.then_some(order)
    }

    fn row(&mut self, line: u32, text: &'f str, order: &ColumnOrder) {
        let cells: Vec<&str> = text.split('\t').collect();
        if cells.len() != order.found {
            let (found, wanted) = (cells.len(), order.found);
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
                .cells
                .iter()
                .map(|at| {
                    at.and_then(|at| cells.get(at))
                        .map_or("", |cell| cell.trim())
                })
                .collect(),
        };
        if row.cell(0).is_empty() {
            self.fault(line, "第一個欄位是空的", "the first cell is empty");
        }
        if row.cell(order.source).is_empty() {
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

    /// Adds a fault for each row whose key an earlier row has; the caller says what makes two rows the same.
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

/// Where a misplaced row belongs.
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

/// If the last of the earlier rows and the first of the later ones are in the wrong order: which of the two is out of
/// place, and where it belongs. It is the later one (a c d **b**), unless moving the earlier one alone puts things
/// right (a **d** b c).
fn misplaced<'f>(
    earlier: &[NamedRow<'f>],
    later: &[NamedRow<'f>],
) -> Option<(NamedRow<'f>, SortHint<'f>)> {
    let (rest, last) = (earlier.split_last()?.1, *earlier.last()?);
    let (first, next) = (*later.first()?, later.get(1));
    if last.1 <= first.1 {
        return None;
    }
    let sorted_without_last = rest.last().is_none_or(|before| before.1 <= first.1);
    let sorted_without_first = next.is_none_or(|next| last.1 <= next.1);
    if sorted_without_last && !sorted_without_first {
        let lesser = later.iter().take_while(|(_, name)| *name < last.1).last();
        return lesser.map(|lesser| (last, SortHint::After(*lesser)));
    }
    let greater = earlier.iter().find(|(_, name)| *name > first.1);
    greater.map(|greater| (first, SortHint::Before(*greater)))
}

/// A line that begins with `#` is a comment, unless it has a tab: a term may begin with `#`.
fn is_comment(line: &str) -> bool {
    line.starts_with('#') && !line.contains('\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(content: &str) -> Vec<String> {
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
        assert_eq!(faults_of(rows), [""; 0]);
        let windows = format!("\u{feff}{}", rows.replace('\n', "\r\n"));
        assert_eq!(
            faults_of(&windows),
            [
                "1 the file begins with a byte order mark (BOM): remove it",
                "1 lines end with CRLF, not LF"
            ]
        );
        let mixed = rows.replace("a\tours\n", "a\tours\r\n");
        assert_eq!(faults_of(&mixed), ["3 lines end with CRLF, not LF"]);
    }

    #[test]
    fn a_row_out_of_order_is_told_where_it_belongs() {
        let of = |names: &str| {
            let rows: Vec<_> = names
                .chars()
                .map(|name| format!("{name}\tours\n"))
                .collect();
            let faults = faults_of(&format!("name\tsource\n{}", rows.concat()));
            let place = |fault: &String| fault.split(" is out").next().map(str::to_owned);
            let belongs = |fault: &String| fault.split("belongs ").nth(1).map(str::to_owned);
            let faults = faults.iter();
            faults
                .map(|fault| {
                    (
                        place(fault).unwrap_or_default(),
                        belongs(fault).unwrap_or_default(),
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
