//! Verifies a whole folder: here what is sled's own, and [`verify_records`] over that. The service must be stopped, or the folder
//! a copy.

use std::{
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use futures_util::FutureExt as _;

use super::{
    checkpoint::{self, Checkpoint, Generation},
    key_bytes::{of_row, table_of, tree_of, tree_of_index, values_after},
    keys,
    manifest::Manifest,
    open::{self, BLOBS, OpenError},
    options::OpenOptions,
    restore::restore,
    row_changes::entry_of,
    rows::{Tree, Trees, owner_of, pieces_of, weight},
    salvage,
    state::DbState,
};
use crate::{
    record::TallyRow,
    store::{
        CopyFailure, Finding, Result as Read, StoreError, VerifyReport,
        engine::{CounterRow, Epoch, Lookup, Range, Reads, StoredRow},
        record::{Record as _, StateRow, SumRow},
        tables::{Index, Table, Value, derived},
        verify::verify_records,
    },
};

/// Why a folder could not be verified.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says it in its message")]
pub enum VerifyError {
    #[error(
        "資料夾 {dir} 正由執行中的 Banzhu 使用；請先停止服務，或檢查複本 / {dir} is in use by a running Banzhu: stop it, or look at a copy"
    )]
    InUse { dir: String },
    #[error("{dir} 中沒有資料庫 / there is no database in {dir}")]
    Nothing { dir: String },
    #[error("無法讀取 {dir} / {dir} cannot be read: {error}")]
    Io { dir: String, error: io::Error },
}

/// Whether a folder holds a database, or what is left of one.
pub fn has_database(dir: &Path) -> bool {
    let first = Generation::default();
    let has_others = || first.others(dir).is_ok_and(|others| !others.is_empty());
    first.dir(dir).is_dir()
        || dir.join(checkpoint::FILE).exists()
        || checkpoint::was_created(dir).unwrap_or(false)
        || has_others()
}

/// Looks through the folder `dir`.
pub fn verify(dir: &Path) -> Result<VerifyReport, VerifyError> {
    if Manifest::is_in(dir) {
        return verify_backup(dir);
    }
    let name = dir.display().to_string();
    if !has_database(dir) {
        return Err(VerifyError::Nothing { dir: name });
    }
    let _lock = open::lock(dir).map_err(|error| match error {
        OpenError::Locked { dir } => VerifyError::InUse { dir },
        OpenError::Io { dir, error } => VerifyError::Io { dir, error },
        other => VerifyError::Io {
            dir: name.clone(),
            error: io::Error::other(other.to_string()),
        },
    })?;
    let options = OpenOptions {
        dir: dir.to_owned(),
        ..OpenOptions::default()
    };
    look(&options).map_err(|error| VerifyError::Io { dir: name, error })
}

/// Verifies a backup. Opening a database changes its files, so a copy beside the backup is verified.
fn verify_backup(dir: &Path) -> Result<VerifyReport, VerifyError> {
    let failed = |error: io::Error| VerifyError::Io {
        dir: dir.display().to_string(),
        error,
    };
    let absolute = std::path::absolute(dir).map_err(failed)?;
    let beside = absolute.parent().unwrap_or(&absolute);
    let scratch = tempfile::Builder::new()
        .prefix(".banzhu-verify-")
        .tempdir_in(beside)
        .map_err(failed)?;
    let copy = scratch.path().join("data");
    match restore(dir, &copy, &|_| {}) {
        Ok(_) => verify(&copy),
        Err(CopyFailure::Damaged { what, .. }) => Ok(VerifyReport {
            findings: vec![Finding {
                place: "backup".to_owned(),
                what,
            }],
            ..VerifyReport::default()
        }),
        Err(error) => Err(failed(io::Error::other(error.to_string()))),
    }
}

fn look(options: &OpenOptions) -> io::Result<VerifyReport> {
    let dir = &options.dir;
    let mut check = VerifyRun::new();
    let left_clean = check.mark(dir)?;
    let generation = Generation::marked(check.mark);
    if !generation.file(dir).exists() {
        if check.report.findings.is_empty() {
            check.found("db", "the database file is missing");
        }
        return Ok(check.report);
    }
    match (left_clean, check.mark) {
        (Some(commit), Some(mark)) => {
            // Opening changes the files, so until they are left clean again the checkpoint must not say so.
            Checkpoint::in_use(generation, commit, 0).write(dir)?;
            check.database_of(options, generation);
            if check.report.findings.is_empty() {
                open::leave_clean(options, generation, commit, mark.run)
                    .map_err(|error| io::Error::other(error.to_string()))?;
            }
        }
        // Opening changes the files, and could hide what happened: a copy is verified.
        _ => {
            let copy = salvage::secured(options, generation)?;
            check.database_of(options, copy);
            if copy != generation {
                salvage::removed(&copy.dir(dir))?;
            }
        }
    }
    Ok(check.report)
}

/// Everything that the walk over the trees gathers.
struct VerifyRun {
    report: VerifyReport,
    mark: Option<Checkpoint>,
    /// The last commit that was answered, by checkpoint and commit log.
    answered: Option<u64>,
    unmarked: bool,
    state: StateRow,
    /// The sum over all rows, as it is stored and as it is.
    stored_sum: Option<SumRow>,
    sum: u64,
    /// How many rows each tree has.
    rows: [u64; Tree::ALL.len()],
    /// How many of them rows of tables are found by.
    leading: [u64; Tree::ALL.len()],
}

impl VerifyRun {
    fn new() -> Self {
        Self {
            report: VerifyReport::default(),
            mark: None,
            answered: None,
            unmarked: false,
            state: StateRow::default(),
            stored_sum: None,
            sum: 0,
            rows: [0; Tree::ALL.len()],
            leading: [0; Tree::ALL.len()],
        }
    }

    fn found(&mut self, place: &str, what: &str) {
        self.report.found(place, what);
    }

    fn found_at(&mut self, tree: Tree, key: &[u8], what: &str) {
        self.report.found(place_of(tree, key), what);
    }

    /// The commit at which the folder was left clean, if it was and nothing has touched it since.
    fn mark(&mut self, dir: &Path) -> io::Result<Option<u64>> {
        let mark = match Checkpoint::read(dir) {
            Ok(mark) => {
                self.unmarked = mark.is_none();
                mark
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                self.found("mark", &error.to_string());
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        self.mark = mark;
        match mark.map(|mark| open::last_acknowledged(dir, mark)) {
            Some(Ok(commit)) => self.answered = Some(commit),
            Some(Err(error)) => self.found("commits", &error.to_string()),
            None => {}
        }
        let Some(mark) = mark.filter(|mark| mark.clean) else {
            return Ok(None);
        };
        Ok(match open::changed_since(dir, mark)? {
            None => Some(mark.commit),
            Some(what) => {
                self.found("db", &what);
                None
            }
        })
    }

    fn database_of(&mut self, options: &OpenOptions, generation: Generation) {
        let looked = catch_unwind(AssertUnwindSafe(|| self.database(options, generation)));
        if looked.is_err() {
            self.found("db", open::UNREADABLE);
        }
    }

    fn database(&mut self, options: &OpenOptions, generation: Generation) {
        match open::open_database(options, generation) {
            Err(OpenError::Damaged { what, .. }) => self.found("db", &what),
            Err(error) => self.found("db", &error.to_string()),
            Ok(trees) => self.all(&trees, &options.dir),
        }
    }

    fn all(&mut self, trees: &Trees, dir: &Path) {
        for tree in Tree::ALL {
            self.tree(trees, tree);
        }
        self.state.rows.resize(Tree::ALL.len(), 0);
        self.commits();
        self.counts();
        self.entries();
        let blobs = fs::read_dir(trees.generation.dir(dir).join(BLOBS))
            .map_or(0, |entries| entries.count());
        if blobs > 0 {
            self.found(
                "db/blobs",
                &format!("{blobs} values lie outside the one file that is synced"),
            );
        }
        self.records(trees);
    }

    /// What the records say, as far as they can be read.
    fn records(&mut self, trees: &Trees) {
        let head = DbState::of(self.state.clone(), 0, 0).head;
        let place = |table, key: &[Value]| match key {
            [] => tree_of(table).name().to_owned(),
            key => place_of(tree_of(table), &of_row(table, key)),
        };
        // reads from sled never wait
        let records = verify_records(&Readable(trees), &head, place).now_or_never();
        let mut records = records.unwrap_or_default();
        let of_records = std::mem::take(&mut records.findings);
        let layout = std::mem::take(&mut self.report);
        self.report = VerifyReport {
            rows: layout.rows,
            findings: layout.findings,
            ..records
        };
        for Finding { place, what } in of_records {
            self.report.found(place, what);
        }
    }

    /// Every row of a tree: whether it can be read, and what leads to it.
    fn tree(&mut self, trees: &Trees, tree: Tree) {
        let table = table_of(tree);
        for row in trees.tree(tree) {
            let (key, value) = match row {
                Ok(row) => row,
                // sled would say the same again for ever.
                Err(error) => return self.found(tree.name(), &error.to_string()),
            };
            self.rows[tree as usize] += 1;
            self.sum = self.sum.wrapping_add(weight(tree, &value));
            let looked =
                trees
                    .payload(tree, &key, &value)
                    .and_then(|payload| match (tree, table) {
                        (Tree::State, _) => self.state_row(&key, &payload),
                        (Tree::Overflow, _) => piece(trees, &key),
                        (Tree::Tallies, _) => tally(&key, &payload),
                        (_, Some(table)) => self.table_row(trees, table, &key, &payload),
                        (_, None) => Ok(()),
                    });
            match looked {
                Ok(()) => {}
                Err(StoreError::Damaged(what)) => self.found_at(tree, &key, &what),
                Err(error) => self.found_at(tree, &key, &error.to_string()),
            }
        }
    }

    fn state_row(&mut self, key: &[u8], payload: &[u8]) -> Read<()> {
        match key {
            keys::STATE => self.state = StateRow::decode(payload)?,
            keys::SUM => self.stored_sum = Some(SumRow::decode(payload)?),
            _ => return Err(StoreError::Damaged("a row that there is not".to_owned())),
        }
        Ok(())
    }

    /// Checks that a row's index entries match its columns. A record that cannot be read is reported with the records.
    fn table_row(&mut self, trees: &Trees, table: Table, key: &[u8], record: &[u8]) -> Read<()> {
        let values = values_after(table, &[], key)?;
        let Ok((_, columns)) = derived(table, &values, record) else {
            return Ok(());
        };
        for index in Index::of(table) {
            let Some((entry, held)) = entry_of(index, &columns, &values) else {
                continue;
            };
            let tree = tree_of_index(index);
            if trees.get(tree, &entry) == Ok(Some(held)) {
                self.leading[tree as usize] += 1;
            } else {
                let (what, _) = faults_of(index);
                self.found_at(tree_of(table), key, what);
            }
        }
        Ok(())
    }

    /// No entry of an index leads to anything else.
    fn entries(&mut self) {
        for index in Index::ALL {
            let tree = tree_of_index(index) as usize;
            // two indexes share a tree
            if self.rows[tree] != std::mem::replace(&mut self.leading[tree], self.rows[tree]) {
                let (_, what) = faults_of(index);
                self.found(tree_of_index(index).name(), what);
            }
        }
    }

    fn commits(&mut self) {
        let commit = self.state.commit;
        match self.answered {
            Some(answered) if commit < answered => {
                let what = format!(
                    "the database is at commit {commit}, its mark at {answered}: it was rolled back or emptied"
                );
                self.found("state", &what);
            }
            None if self.unmarked && commit > 0 => self.found("mark", "the mark file is missing"),
            Some(_) | None => {}
        }
    }

    fn counts(&mut self) {
        let rows: u64 = self.rows.iter().sum();
        self.report.rows = rows - u64::from(self.stored_sum.is_some());
        let is_as_left = |stored: SumRow| {
            stored
                == SumRow {
                    commit: self.state.commit,
                    sum: self.sum,
                }
        };
        // An earlier version kept none.
        if !self.stored_sum.is_none_or(is_as_left) {
            self.found(
                "state",
                "the rows are not those that the last commit left: some are older or missing",
            );
        }
        for tree in Tree::ALL {
            let (counted, found) = (self.state.rows[tree as usize], self.rows[tree as usize]);
            if counted != found {
                let what = format!("{counted} rows were counted, {found} are there");
                self.found(tree.name(), &what);
            }
        }
    }
}

fn place_of(tree: Tree, key: &[u8]) -> String {
    format!("{} {}", tree.name(), data_encoding::HEXLOWER.encode(key))
}

/// What is said of a row that an index does not lead to, and of an index that leads elsewhere.
const fn faults_of(index: Index) -> (&'static str, &'static str) {
    match index {
        Index::CommentById => (
            "its id does not lead to it",
            "there are ids without a comment",
        ),
        Index::CommentsOfMember | Index::PostsOfMember => (
            "its member does not lead to it",
            "a member leads to a comment that is not there",
        ),
        Index::UnresolvedCases => (
            "a case whose place in the queue is not its state's",
            "there are places in the queue without a case",
        ),
        Index::ResolvedCases => (
            "a case whose place among the resolved is not its state's",
            "there are places among the resolved without a case",
        ),
        Index::ReportsOfCase | Index::ReportsOfReporter => (
            "a way to the report does not lead there",
            "there are ways to reports that are not there",
        ),
        Index::AuditOfSubject => (
            "the entry is not found by its subject",
            "there are subjects without an entry",
        ),
        Index::AnswersByExpiry => (
            "a kept answer that would never expire",
            "there are expiries without an answer",
        ),
        Index::AccountBySecret => (
            "its secret does not lead to it",
            "there are secrets without an account",
        ),
    }
}

/// Checks that a piece belongs to a value with that many pieces.
fn piece(trees: &Trees, key: &[u8]) -> Read<()> {
    let pieces = owner_of(key).and_then(|(tree, owner, piece)| {
        let value = trees.tree(tree).get(owner).ok()??;
        Some(piece < pieces_of(tree, owner, &value).ok()?)
    });
    match pieces {
        Some(true) => Ok(()),
        Some(false) | None => Err(StoreError::Damaged("a piece of nothing".to_owned())),
    }
}

fn tally(key: &[u8], payload: &[u8]) -> Read<()> {
    let row = TallyRow::decode(payload)?;
    if keys::tally(row.day, &row.of) == key {
        Ok(())
    } else {
        Err(StoreError::Damaged("counts of something else".to_owned()))
    }
}

/// Reads that skip unreadable rows, which are reported already.
struct Readable<'t>(&'t Trees);

fn readable<T>(read: Read<T>) -> Option<Read<T>> {
    match read {
        Err(StoreError::Damaged(_)) => None,
        read => Some(read),
    }
}

impl Reads for Readable<'_> {
    async fn get_all(&self, lookups: &[Lookup]) -> Read<Vec<Option<StoredRow>>> {
        let found = lookups
            .iter()
            .map(|lookup| readable(self.0.look(lookup)).unwrap_or(Ok(None)));
        found.collect()
    }

    async fn range(&self, range: Range) -> Read<Vec<StoredRow>> {
        let rows = self.0.rows(&range)?;
        rows.filter_map(readable).take(range.limit).collect()
    }

    async fn count(&self, range: Range) -> Read<u64> {
        let entries = self.0.entries(&range)?.take(range.limit);
        entries.map(|entry| entry.map(|_| 1)).sum()
    }

    async fn counters(&self, from: u32, to: u32, kind: u8) -> Read<Vec<CounterRow>> {
        self.0.counted(from, to, kind)
    }

    fn epoch(&self) -> Epoch {
        Epoch(0)
    }

    async fn wait_durable(&self, _read_in: Epoch) -> Read<()> {
        Ok(())
    }
}
