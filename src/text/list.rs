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
        let lines = file
            .content
            .strip_suffix('\n')
            .unwrap_or(&file.content)
            .split('\n');
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

    /// Notes a fault at a line.
    pub fn fault(&mut self, line: u32, zh_tw: impl Into<String>, en: impl Into<String>) {
        self.faults.push(LineFault::new(self.file, line, zh_tw, en));
    }

    /// Which cell of the file is which column of the reader.
    fn order(&mut self, line: u32, header: &str, columns: &[&str]) -> Option<Vec<usize>> {
        let found: Vec<&str> = header
            .trim_start_matches('\u{feff}')
            .trim_end()
            .split('\t')
            .collect();
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
        let unsorted: Vec<(u32, &str)> = self
            .rows
            .windows(2)
            .filter_map(|pair| match pair {
                [before, after] if before.cell(0) > after.cell(0) => {
                    Some((after.line, after.cell(0)))
                }
                _ => None,
            })
            .collect();
        for (line, name) in unsorted {
            self.fault(
                line,
                format!("「{name}」未依 Unicode 碼位順序排列"),
                format!("\"{name}\" is out of order (rows are sorted by code point)"),
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

/// `#` opens a comment; a row has tabs.
fn is_comment(line: &str) -> bool {
    line.starts_with('#') && !line.contains('\t')
}
