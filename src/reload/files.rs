//! Lists and rules as files: in the folders that were given or found, else the shipped ones inside the binary.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use include_dir::{Dir, include_dir};

use crate::{
    lexicon::ListFile,
    policy::{
        Fault,
        rulebook::{NOTICES_FILE, RULES_FILE, RulebookFiles},
    },
};

static SHIPPED_LISTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/wordlists");
static SHIPPED_RULES: &str = include_str!("../../config/rules.toml");
static SHIPPED_NOTICES: &str = include_str!("../../config/notices.toml");

/// The largest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 32 << 20;
/// What a list's name ends with.
const LIST_EXTENSION: &str = "tsv";

/// Where lists and rules are; none: the shipped ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// The folder of the lists.
    pub wordlists: Option<PathBuf>,
    /// The folder of `rules.toml` and `notices.toml`.
    pub config: Option<PathBuf>,
}

/// What files look like from outside; it changes when one of them does.
pub(super) type Fingerprint = Vec<(PathBuf, Option<SystemTime>, u64)>;

impl Places {
    /// Reads everything, or tells every file that cannot be read.
    pub fn read(&self) -> Result<RulebookFiles, Vec<Fault>> {
        let mut faults = Vec::new();
        let lists = match &self.wordlists {
            Some(dir) => lists_in(dir, &mut faults),
            None => shipped_lists(),
        };
        let rules = self.rules_file(RULES_FILE, SHIPPED_RULES, &mut faults);
        let notices = self.rules_file(NOTICES_FILE, SHIPPED_NOTICES, &mut faults);
        if faults.is_empty() {
            Ok(RulebookFiles {
                lists,
                rules,
                notices,
            })
        } else {
            Err(faults)
        }
    }

    /// Where things come from, for people.
    pub fn told(&self) -> String {
        let told = |dir: &Option<PathBuf>| match dir {
            Some(dir) => dir.display().to_string(),
            None => "binary".to_owned(),
        };
        match (&self.wordlists, &self.config) {
            (None, None) => "binary".to_owned(),
            _ => format!(
                "wordlists: {}, config: {}",
                told(&self.wordlists),
                told(&self.config)
            ),
        }
    }

    /// The folders that were given or found.
    pub(super) fn dirs(&self) -> Vec<&Path> {
        [&self.wordlists, &self.config]
            .into_iter()
            .filter_map(Option::as_deref)
            .collect()
    }

    /// What the files look like from outside.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        let lists = self.wordlists.iter().flat_map(|dir| list_paths(dir).unwrap_or_default());
        let rules = self.config.iter().flat_map(|dir| {
            [RULES_FILE, NOTICES_FILE].map(|name| dir.join(name))
        });
        lists
            .chain(rules)
            .map(|path| {
                let facts = fs::metadata(&path).ok();
                let len = facts.as_ref().map_or(0, fs::Metadata::len);
                let changed = facts.and_then(|facts| facts.modified().ok());
                (path, changed, len)
            })
            .collect()
    }

    fn rules_file(&self, name: &str, shipped: &str, faults: &mut Vec<Fault>) -> Option<String> {
        let path = self.config.as_ref().map(|dir| dir.join(name));
        match path.filter(|path| path.exists()) {
            Some(path) => text_of(&path, name).map_err(|fault| faults.push(fault)).ok(),
            None => Some(shipped.to_owned()),
        }
    }
}

/// The text of one file of `dir`, checked as all of them are.
pub(super) fn text_in(dir: &Path, name: &str) -> Result<String, Fault> {
    text_of(&dir.join(name), name)
}

fn lists_in(dir: &Path, faults: &mut Vec<Fault>) -> Vec<ListFile> {
    let paths = match list_paths(dir) {
        Ok(paths) => paths,
        Err(error) => {
            let place = dir.display().to_string();
            faults.push(fault(&place, 0, &format!("無法讀取資料夾:{error}"), &error.to_string()));
            return Vec::new();
        }
    };
    if paths.is_empty() {
        let (zh_tw, en) = ("資料夾中沒有任何 .tsv 詞表", "the folder holds no .tsv list");
        faults.push(fault(&dir.display().to_string(), 0, zh_tw, en));
    }
    let mut lists = Vec::new();
    for path in paths {
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        match text_of(&path, &name) {
            Ok(content) => lists.push(ListFile { name, content }),
            Err(fault) => faults.push(fault),
        }
    }
    lists
}

/// The lists of a folder by name; editors' own files are passed over.
fn list_paths(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(['.', '#']));
        if path.extension() == Some(OsStr::new(LIST_EXTENSION)) && !hidden && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn text_of(path: &Path, name: &str) -> Result<String, Fault> {
    let unreadable = |error: std::io::Error| {
        fault(name, 0, &format!("無法讀取:{error}"), &format!("cannot be read: {error}"))
    };
    let len = fs::metadata(path).map_err(unreadable)?.len();
    if len > FILE_BYTES_MAX {
        let (zh_tw, en) = (
            format!("檔案最大 {FILE_BYTES_MAX} 位元組,現有 {len}"),
            format!("a file has at most {FILE_BYTES_MAX} bytes, found {len}"),
        );
        return Err(fault(name, 0, &zh_tw, &en));
    }
    String::from_utf8(fs::read(path).map_err(unreadable)?).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let lines = error.as_bytes()[..good].iter().filter(|byte| **byte == b'\n').count();
        let line = u32::try_from(lines).unwrap_or(u32::MAX).saturating_add(1);
        fault(name, line, "不是 UTF-8", "not UTF-8")
    })
}

fn shipped_lists() -> Vec<ListFile> {
    let lists = SHIPPED_LISTS.files().filter_map(|file| {
        let name = file.path().file_name()?.to_str()?;
        let is_list = file.path().extension() == Some(OsStr::new(LIST_EXTENSION));
        is_list.then(|| ListFile::new(name, file.contents_utf8().unwrap_or_default()))
    });
    let mut lists: Vec<_> = lists.collect();
    lists.sort_by(|left, right| left.name.cmp(&right.name));
    lists
}

fn fault(file: &str, line: u32, zh_tw: &str, en: &str) -> Fault {
    Fault {
        file: file.to_owned(),
        line,
        zh_tw: zh_tw.to_owned(),
        en: en.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn editors_files_are_passed_over_and_broken_ones_told_with_their_line() {
        let dir = tempfile::tempdir().unwrap();
        for name in [".#threat.tsv", "threat.tsv~", ".threat.tsv.swp", "notes.txt"] {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        let places = Places {
            wordlists: Some(dir.path().to_owned()),
            config: None,
        };
        assert_eq!(places.read().unwrap_err()[0].en, "the folder holds no .tsv list");
        fs::write(dir.path().join("a.tsv"), b"term\n\xff\n").unwrap();
        let told: Vec<_> = places.read().unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(told, ["a.tsv:2: 不是 UTF-8 / not UTF-8"]);
    }

    #[test]
    fn the_shipped_files_are_those_of_the_folders() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let places = Places {
            wordlists: Some(root.join("wordlists")),
            config: Some(root.join("config")),
        };
        assert_eq!(places.read().unwrap(), Places::default().read().unwrap());
    }
}
