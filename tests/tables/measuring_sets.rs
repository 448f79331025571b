//! The sets that the program is measured by, read for two tables: which rows no model may be fitted on, and the counts that
//! may be drawn from COLD's training split.

use std::{collections::BTreeSet, env, fs, path::PathBuf};

use serde_json::Value;

/// A row of a set.
pub struct Row {
    /// The set: `abuse_cold`.
    pub set: String,
    fields: Value,
}

impl Row {
    /// A field of the row, if it has it as text.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.fields[field].as_str()
    }

    /// Whether its label says abuse.
    pub fn is_positive(&self) -> bool {
        self.fields["label"] == 1
    }

    /// The texts by which it measures.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let fields = ["text", "original", "nickname", "title", "body"];
        fields.into_iter().filter_map(|field| self.text(field))
    }
}

/// Every row, in the order of files and lines.
pub fn rows() -> Vec<Row> {
    let folder = env::var_os("BANZHU_MEASURING_SETS").map(PathBuf::from);
    let folder = folder.expect("BANZHU_MEASURING_SETS names the folder of the sets (*.jsonl)");
    let files: BTreeSet<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "jsonl"))
        .collect();
    let mut rows = Vec::new();
    for path in files {
        let set = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        rows.extend(text.lines().map(|line| Row {
            set: set.clone(),
            fields: serde_json::from_str(line).unwrap(),
        }));
    }
    rows
}
