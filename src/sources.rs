//! Where a rulebook's files come from: the configured folders, the binary, or the last good copy in the data folder.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use include_dir::{Dir, include_dir};

use crate::{
    config::Config,
    lexicon::{ListFile, WORD_CLASSES_FILE},
    policy::{
        Fault, Origin, Rulebook, RulebookFiles, disabled_lists,
        rulebook::{MODEL_FILE, NOTICES_FILE, RULES_FILE},
    },
    score::Example,
};

/// The lists in the binary.
static SHIPPED_LISTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/wordlists");
/// The rules in the binary.
const SHIPPED_RULES: &str = include_str!("../config/rules.toml");
/// The notices in the binary.
const SHIPPED_NOTICES: &str = include_str!("../config/notices.toml");

/// The folder of examples in it.
const EXAMPLES_DIR: &str = "examples";

/// The folder within the data folder with the last good rulebook.
const LAST_GOOD_DIR: &str = "rulebook";
/// The file in it with the rulebook's counter.
const COUNTER: &str = "counter";

/// The folders that a rulebook is read from; for a folder not configured, the files in the binary are used.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    wordlists: Option<PathBuf>,
    config: Option<PathBuf>,
}

impl Sources {
    /// The folders of a configuration.
    pub fn of(config: &Config) -> Self {
        Self {
            wordlists: config.wordlists.clone(),
            config: config.config.clone(),
        }
    }

    /// The folders, for watching them.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        self.wordlists
            .iter()
            .chain(&self.config)
            .map(PathBuf::as_path)
    }

    /// Where the files come from, for people.
    pub fn description(&self) -> String {
        let place = |dir: &Option<PathBuf>| {
            dir.as_ref()
                .map_or("binary".to_owned(), |dir| dir.display().to_string())
        };
        format!(
            "wordlists: {}, config: {}",
            place(&self.wordlists),
            place(&self.config)
        )
    }

    /// Whether the lists come from a folder of the board.
    pub const fn has_own_lists(&self) -> bool {
        self.wordlists.is_some()
    }

    /// Reads all files, except disabled lists. It is a fault if a shipped list is missing or a file is unreadable; then faults
    /// inside the other files are reported along with it.
    pub fn read(&self) -> Result<RulebookFiles, Vec<Fault>> {
        let mut faults = Vec::new();
        let model = self.model(&mut faults);
        self.read_with(model, faults)
    }

    /// The same without the model, as if there were none.
    pub fn read_without_model(&self) -> Result<RulebookFiles, Vec<Fault>> {
        self.read_with(None, Vec::new())
    }

    fn read_with(
        &self,
        model: Option<Arc<[u8]>>,
        mut faults: Vec<Fault>,
    ) -> Result<RulebookFiles, Vec<Fault>> {
        let mut lists = match &self.wordlists {
            Some(dir) => read_lists(dir, &mut faults),
            None => shipped_lists(),
        };
        let mut file = |name: &str, shipped: &str| match &self.config {
            Some(dir) => read_if_there(&dir.join(name), &mut faults),
            None => Some(shipped.to_owned()),
        };
        let rules = file(RULES_FILE, SHIPPED_RULES);
        let notices = file(NOTICES_FILE, SHIPPED_NOTICES);
        let disabled = rules.as_deref().map(disabled_lists).unwrap_or_default();
        lists.retain(|list| !disabled.contains(&list.name));
        faults.extend(disabled.iter().filter_map(|name| unknown_list(name)));
        // Of an unreadable folder one fault is enough; it would seem to lack every list.
        if let Some(dir) = self.wordlists.as_ref().filter(|dir| dir.read_dir().is_ok()) {
            faults.extend(missing_lists(dir, &disabled));
        }
        let files = RulebookFiles {
            lists,
            rules,
            notices,
            model,
        };
        if faults.is_empty() {
            return Ok(files);
        }
        // Only for its faults: the counter does not matter. It may find some again, hence `dedup`.
        faults.extend(Rulebook::compile(&files, 0).err().into_iter().flatten());
        faults.sort();
        faults.dedup();
        Err(faults)
    }
}

/// The learned score: its file and its examples, which are no part of the rulebook and have versions of their own.
impl Sources {
    /// The bytes of the board's own model, else of the one in the binary.
    fn model(&self, faults: &mut Vec<Fault>) -> Option<Arc<[u8]>> {
        let own = self.model_path().filter(|path| path.exists());
        let Some(path) = own else {
            return Some(shipped_model().into());
        };
        let read = fs::read(&path);
        read.map_err(|error| faults.push(unreadable(&path, &error)))
            .ok()
            .map(Arc::from)
    }

    /// Where a model of the board's own lies.
    pub fn model_path(&self) -> Option<PathBuf> {
        self.wordlists.as_ref().map(|dir| dir.join(MODEL_FILE))
    }

    /// The files of examples: the board's own, else those in the binary.
    pub fn examples(&self) -> Result<Vec<ListFile>, Vec<Fault>> {
        let own = self.wordlists.as_ref().map(|dir| dir.join(EXAMPLES_DIR));
        let Some(dir) = own.filter(|dir| dir.is_dir()) else {
            return Ok(shipped_examples());
        };
        let mut faults = Vec::new();
        let files = read_lists(&dir, &mut faults);
        if faults.is_empty() {
            Ok(files)
        } else {
            Err(faults)
        }
    }

    /// Deletes the lines of these examples from the board's own files, of which each is written whole or not at all.
    pub fn delete_examples(&self, examples: &[Example]) -> io::Result<()> {
        let Some(dir) = self.wordlists.as_ref().map(|dir| dir.join(EXAMPLES_DIR)) else {
            return Ok(());
        };
        let files: HashSet<&str> = examples.iter().map(|example| &*example.file).collect();
        for file in files {
            let lines: HashSet<u32> = examples
                .iter()
                .filter(|example| example.file == file)
                .map(|example| example.line)
                .collect();
            let content = fs::read_to_string(dir.join(file))?;
            let kept = (1..)
                .zip(content.split_inclusive('\n'))
                .filter(|(line, _)| !lines.contains(line));
            let kept: String = kept.map(|(_, text)| text).collect();
            write_whole(&dir.join(file), kept.as_bytes())?;
        }
        Ok(())
    }
}

/// The examples of these files, or all their faults.
pub fn examples_of(files: &[ListFile]) -> Result<Vec<Example>, Vec<Fault>> {
    let (mut examples, mut faults) = (Vec::new(), Vec::new());
    for file in files {
        let (read, wrong) = Example::read(file);
        examples.extend(read);
        faults.extend(wrong.into_iter().map(Fault::from));
    }
    if faults.is_empty() {
        Ok(examples)
    } else {
        Err(faults)
    }
}

/// Writes a file whole or not at all; the service reads it, whoever made it.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::{io::Write as _, os::unix::fs::PermissionsExt as _};
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    let mut file = tempfile::NamedTempFile::new_in(dir.unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    file.as_file()
        .set_permissions(fs::Permissions::from_mode(0o644))?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// A file's bytes.
pub fn read_bytes(path: &Path) -> io::Result<Vec<u8>> {
    fs::read(path)
}

/// The model in the binary.
pub fn shipped_model() -> &'static [u8] {
    let file = SHIPPED_LISTS.get_file(MODEL_FILE);
    file.map_or(&[], include_dir::File::contents)
}

/// The examples in the binary.
pub fn shipped_examples() -> Vec<ListFile> {
    let dir = SHIPPED_LISTS.get_dir(EXAMPLES_DIR);
    dir.map_or_else(Vec::new, lists_in)
}

/// Compiles files. Warnings about rows of the shipped lists are dropped, because those rows have been reviewed.
pub fn compile(files: &RulebookFiles, counter: u32) -> Result<Rulebook, Vec<Fault>> {
    let rulebook = Rulebook::compile(files, counter)?;
    Ok(without_reviewed(rulebook))
}

/// The same with the board's own words over the files. Returns the faults of words that do not fit them, too.
pub fn compile_fitting(origin: &Origin) -> Result<(Rulebook, Vec<Fault>), Vec<Fault>> {
    let (rulebook, unfit) = Rulebook::compile_fitting(origin)?;
    Ok((without_reviewed(rulebook), unfit))
}

fn without_reviewed(mut rulebook: Rulebook) -> Rulebook {
    if rulebook.warnings.is_empty() {
        return rulebook;
    }
    let files = Arc::clone(&rulebook.origin.files);
    let shipped = shipped_lists();
    let rows: HashSet<(&str, &str)> = shipped
        .iter()
        .flat_map(|list| list.content.lines().map(|row| (list.name.as_str(), row)))
        .collect();
    // Rows are compared by text, not by line: the board may have moved or added some.
    let row = |fault: &Fault| {
        let list = files.lists.iter().find(|list| list.name == fault.file)?;
        let index = (fault.line as usize).checked_sub(1)?;
        list.content.lines().nth(index)
    };
    rulebook
        .warnings
        .retain(|fault| row(fault).is_none_or(|row| !rows.contains(&(fault.file.as_str(), row))));
    rulebook
}

fn missing_lists(dir: &Path, disabled: &[String]) -> Vec<Fault> {
    let missing = shipped_names().filter(|name| {
        let is_disabled = disabled.iter().any(|other| other == name);
        // a list that came later; lists without it use the one in the binary
        let is_optional = name == WORD_CLASSES_FILE;
        !is_disabled && !is_optional && !dir.join(name).exists()
    });
    let fault = |name: String| Fault {
        zh_tw: format!("缺少這份詞表；若刻意不用，請在 {RULES_FILE} 的 disabled 列出 {name}"),
        en: format!(
            "this list is missing; if the board does without it, say so in {RULES_FILE}: disabled = [\"{name}\"]"
        ),
        file: name,
        line: 0,
    };
    missing.map(fault).collect()
}

fn unknown_list(name: &str) -> Option<Fault> {
    let is_known = shipped_names().any(|shipped| shipped == name);
    (!is_known).then(|| Fault {
        file: RULES_FILE.to_owned(),
        line: 0,
        zh_tw: format!("disabled 列出的「{name}」不是詞表檔名"),
        en: format!("disabled names \"{name}\", and no list has this name"),
    })
}

fn shipped_names() -> impl Iterator<Item = String> {
    shipped_lists().into_iter().map(|list| list.name)
}

/// The files in the binary.
pub fn shipped() -> RulebookFiles {
    let (rules, notices) = (
        Some(SHIPPED_RULES.to_owned()),
        Some(SHIPPED_NOTICES.to_owned()),
    );
    RulebookFiles {
        lists: shipped_lists(),
        rules,
        notices,
        model: Some(shipped_model().into()),
    }
}

/// The last good rulebook, stored as files in the data folder.
#[derive(Debug, Clone)]
pub struct LastGoodFiles {
    dir: PathBuf,
}

impl LastGoodFiles {
    /// That of a data folder.
    pub fn within(data: &Path) -> Self {
        Self {
            dir: data.join(LAST_GOOD_DIR),
        }
    }

    /// The files and their counter; `None` if there are none or they are incomplete.
    pub fn read(&self) -> Option<(RulebookFiles, u32)> {
        // A crash between the two renames of `keep` leaves the older folder intact.
        let dir = [self.dir.clone(), self.beside("old")]
            .into_iter()
            .find(|dir| dir.join(COUNTER).is_file())?;
        let files = Self::read_from(&dir);
        if files.is_none() {
            tracing::error!(
                "the last good rulebook in the data folder cannot be read and is not used"
            );
        }
        files
    }

    fn read_from(dir: &Path) -> Option<(RulebookFiles, u32)> {
        let mut faults = Vec::new();
        let counter = fs::read_to_string(dir.join(COUNTER)).ok()?;
        let files = RulebookFiles {
            lists: read_lists(dir, &mut faults),
            rules: read_if_there(&dir.join(RULES_FILE), &mut faults),
            notices: read_if_there(&dir.join(NOTICES_FILE), &mut faults),
            model: Some(Self::model_in(dir, &mut faults)),
        };
        let counter = counter.trim().parse().ok()?;
        faults.is_empty().then_some((files, counter))
    }

    /// The board's own weights; where it has none, those of this version go with any lists.
    fn model_in(dir: &Path, faults: &mut Vec<Fault>) -> Arc<[u8]> {
        let path = dir.join(MODEL_FILE);
        if !path.exists() {
            return shipped_model().into();
        }
        let read = fs::read(&path);
        read.unwrap_or_else(|error| {
            faults.push(unreadable(&path, &error));
            Vec::new()
        })
        .into()
    }

    /// Replaces the stored files by these, atomically: the new folder is written and synced, the old one is renamed away, the new
    /// one renamed to its place.
    pub fn keep(&self, files: &RulebookFiles, counter: u32) -> io::Result<()> {
        let (new, old) = (self.beside("new"), self.beside("old"));
        if !self.dir.exists() && old.exists() {
            // The last call crashed between its renames.
            fs::rename(&old, &self.dir)?;
        }
        for dir in [&new, &old] {
            if dir.exists() {
                fs::remove_dir_all(dir)?;
            }
        }
        fs::create_dir_all(&new)?;
        for (name, content) in files.named() {
            write_synced(&new.join(name), content.as_bytes())?;
        }
        let own = files.model.as_deref();
        if let Some(model) = own.filter(|model| *model != shipped_model()) {
            write_synced(&new.join(MODEL_FILE), model)?;
        }
        // Last, because `read` takes a folder with a counter for complete.
        write_synced(&new.join(COUNTER), counter.to_string().as_bytes())?;
        fs::File::open(&new)?.sync_all()?;
        if self.dir.exists() {
            fs::rename(&self.dir, &old)?;
        }
        fs::rename(&new, &self.dir)?;
        // Renames survive a power cut only once the folder that holds both names is synced.
        if let Some(parent) = self.dir.parent() {
            fs::File::open(parent)?.sync_all()?;
        }
        if old.exists() {
            fs::remove_dir_all(&old)
        } else {
            Ok(())
        }
    }

    fn beside(&self, what: &str) -> PathBuf {
        self.dir.with_extension(what)
    }
}

fn write_synced(path: &Path, content: &[u8]) -> io::Result<()> {
    use io::Write as _;
    let mut file = fs::File::create(path)?;
    file.write_all(content)?;
    file.sync_all()
}

fn read_if_there(path: &Path, faults: &mut Vec<Fault>) -> Option<String> {
    if !path.exists() {
        return None;
    }
    text_of(path).map_err(|fault| faults.push(fault)).ok()
}

fn read_lists(dir: &Path, faults: &mut Vec<Fault>) -> Vec<ListFile> {
    let paths = list_paths(dir).unwrap_or_else(|error| {
        faults.push(unreadable(dir, &error));
        Vec::new()
    });
    let mut lists = Vec::new();
    for path in paths {
        match text_of(&path) {
            Ok(content) => lists.push(ListFile {
                name: name_of(&path),
                content,
            }),
            Err(fault) => faults.push(fault),
        }
    }
    lists
}

/// The lists of a folder by name.
fn list_paths(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = name_of(&path);
        // Editors' backup copies begin with a dot.
        if name.ends_with(".tsv") && !name.starts_with('.') {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn text_of(path: &Path) -> Result<String, Fault> {
    let bytes = fs::read(path).map_err(|error| unreadable(path, &error))?;
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let lines = good.iter().filter(|byte| **byte == b'\n').count();
        Fault {
            file: name_of(path),
            line: u32::try_from(lines).unwrap_or(u32::MAX).saturating_add(1),
            zh_tw: "不是 UTF-8 編碼".to_owned(),
            en: "not UTF-8".to_owned(),
        }
    })
}

fn unreadable(path: &Path, error: &io::Error) -> Fault {
    let place = path.display();
    Fault {
        file: name_of(path),
        line: 0,
        zh_tw: format!("無法讀取 {place}"),
        en: format!("{place} cannot be read: {error}"),
    }
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn shipped_lists() -> Vec<ListFile> {
    lists_in(&SHIPPED_LISTS)
}

/// The lists right inside a folder of the binary, by name.
fn lists_in(dir: &Dir<'_>) -> Vec<ListFile> {
    let text = |file: &include_dir::File<'_>| {
        let name = file.path().file_name()?.to_str()?.to_owned();
        Some(ListFile {
            name,
            content: file.contents_utf8()?.to_owned(),
        })
    };
    let is_list =
        |file: &&include_dir::File<'_>| file.path().extension().is_some_and(|kind| kind == "tsv");
    let mut lists: Vec<ListFile> = dir.files().filter(is_list).filter_map(text).collect();
    lists.sort_by(|left, right| left.name.cmp(&right.name));
    lists
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn kept_files_are_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let last_good = LastGoodFiles::within(dir.path());
        assert_eq!(last_good.read(), None);
        last_good.keep(&shipped(), 1).unwrap();
        let mut changed = shipped();
        changed.rules = None;
        changed.model = Some(vec![1, 2, 3].into());
        last_good.keep(&changed, 2).unwrap();
        assert_eq!(last_good.read(), Some((changed, 2)));
    }

    #[test]
    fn a_crash_between_the_renames_loses_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let last_good = LastGoodFiles::within(dir.path());
        last_good.keep(&shipped(), 7).unwrap();
        fs::rename(dir.path().join(LAST_GOOD_DIR), last_good.beside("old")).unwrap();
        assert_eq!(last_good.read(), Some((shipped(), 7)));
    }

    #[test]
    fn a_list_that_is_not_utf8_is_reported_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.tsv"), b"term\n\xff\n").unwrap();
        fs::write(dir.path().join(".#a.tsv"), b"\xff").unwrap();
        let sources = Sources {
            wordlists: Some(dir.path().to_owned()),
            config: None,
        };
        let faults = sources.read().unwrap_err();
        let list_faults: Vec<_> = faults
            .iter()
            .filter(|fault| fault.file == "a.tsv")
            .collect();
        assert_eq!(list_faults.len(), 1, "{faults:?}");
        assert_eq!(
            list_faults[0].to_string(),
            "a.tsv:2: 不是 UTF-8 編碼 / not UTF-8"
        );
    }

    #[test]
    fn examples_are_deleted_by_their_lines() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(EXAMPLES_DIR).join("own.tsv");
        fs::create_dir(dir.path().join(EXAMPLES_DIR)).unwrap();
        fs::write(&file, "一\tharmless\tchat\ta\n二\tharmless\tchat\ta\n").unwrap();
        let sources = Sources {
            wordlists: Some(dir.path().to_owned()),
            config: None,
        };
        let examples = examples_of(&sources.examples().unwrap()).unwrap();
        sources.delete_examples(&examples[..1]).unwrap();
        assert_eq!(
            fs::read_to_string(&file).unwrap(),
            "二\tharmless\tchat\ta\n"
        );
        let files = fs::read_dir(dir.path().join(EXAMPLES_DIR)).unwrap();
        assert_eq!(files.count(), 1, "nothing is left behind");
    }

    /// A folder with all shipped lists, and rules that disable some.
    fn folders(disabled: &[&str]) -> (tempfile::TempDir, Sources) {
        let dir = tempfile::tempdir().unwrap();
        let (lists, config) = (dir.path().join("wordlists"), dir.path().join("config"));
        fs::create_dir(&lists).unwrap();
        fs::create_dir(&config).unwrap();
        for list in shipped_lists() {
            fs::write(lists.join(list.name), list.content).unwrap();
        }
        fs::write(
            config.join(RULES_FILE),
            format!("disabled = {disabled:?}\n"),
        )
        .unwrap();
        let sources = Sources {
            wordlists: Some(lists),
            config: Some(config),
        };
        (dir, sources)
    }

    #[test]
    fn a_missing_shipped_list_is_a_fault_unless_it_is_disabled() {
        let (dir, sources) = folders(&[]);
        assert_eq!(sources.read().unwrap().lists, shipped_lists());
        let lists = dir.path().join("wordlists");
        fs::remove_file(lists.join("insult.tsv")).unwrap();
        fs::remove_file(lists.join("meaningless_tags.tsv")).unwrap();
        fs::write(lists.join("topics.tsv"), "broken\n").unwrap();
        let faults = sources.read().unwrap_err();
        let files: Vec<_> = faults.iter().map(|fault| fault.file.as_str()).collect();
        assert!(files.starts_with(&["insult.tsv", "meaningless_tags.tsv", "topics.tsv"]));

        let disabled = ["insult.tsv", "meaningless_tags.tsv", "slur.tsv"];
        let (dir, sources) = folders(&disabled);
        fs::remove_file(dir.path().join("wordlists/insult.tsv")).unwrap();
        let files = sources.read().unwrap();
        assert!(
            files
                .lists
                .iter()
                .all(|list| !disabled.contains(&&*list.name))
        );
        let rulebook = compile(&files, 1).unwrap();
        assert_eq!(rulebook.rules.disabled(), disabled);
        let (_dir, sources) = folders(&["insults"]);
        let faults = sources.read().unwrap_err();
        assert!(faults[0].en.contains("\"insults\""), "{faults:?}");
    }

    #[test]
    fn shipped_rows_give_no_warnings_and_rows_of_the_board_do() {
        let shipped = compile(&shipped(), 1).unwrap();
        assert_eq!(shipped.warnings, []);
        let (dir, sources) = folders(&[]);
        let path = dir.path().join("wordlists/sexual.tsv");
        let mut rows = fs::read_to_string(&path).unwrap();
        rows.push_str("\u{9fa5}\t3\t\t\t\t\t\t\t\town knowledge\n");
        fs::write(&path, rows).unwrap();
        let rulebook = compile(&sources.read().unwrap(), 1).unwrap();
        let files_with_warnings: Vec<_> =
            rulebook.warnings.iter().map(|fault| &*fault.file).collect();
        assert_eq!(files_with_warnings, ["sexual.tsv"]);
    }
}
