//! Lines of JSON become a data folder: every line is checked, and the folder appears whole or not at all.

use std::{
    fs, io,
    io::BufRead,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use super::{
    backup::{BESIDE, check_and_leave},
    checkpoint::Generation,
    manifest::within,
    new_database::NewDatabase,
    new_dir::{NewDir, cannot},
    options::OpenOptions,
    row_changes::new_rows,
    verify::verify,
};
use crate::{
    record::{AuditRow, Covered, MemberRecord, TallyRow},
    store::{
        CopyFailure, CopyProgress, CopyStep, StoreError,
        engine::RowChange,
        export::{
            AuditLine, CommentLine, Exported, FileLine, ImportLineFault, ReadError, RecordRefusal,
            ReportLine, RevisionLine, SampleLine, StateLine, TaggedLine, Totals, read_lines,
        },
        record::StateRow,
        tables::{Key, Keyed, Table, Tabled, Value},
    },
};

/// Progress is reported every this many records.
const TELL_EVERY_RECORDS: u64 = 256;

/// Makes a data folder of an export. `data` must not exist, or be empty.
pub fn import_from(
    from: &mut dyn BufRead,
    data: &Path,
    on_progress: &dyn Fn(CopyProgress),
) -> Result<Totals, CopyFailure> {
    let new = NewDir::begin(data)?;
    // sled panics where it cannot write.
    let filled = catch_unwind(AssertUnwindSafe(|| filled(from, new.path(), on_progress)));
    let filled = filled.unwrap_or_else(|_| {
        let what = "the new database cannot be written".to_owned();
        Err(StoreError::Unavailable(what).into())
    });
    match filled {
        Ok(totals) => {
            new.place().map_err(|error| cannot(data, error))?;
            Ok(totals)
        }
        Err(error) => {
            new.remove();
            Err(error)
        }
    }
}

/// As [`import_from`], from a file.
pub fn import_file(
    file: &Path,
    data: &Path,
    on_progress: &dyn Fn(CopyProgress),
) -> Result<Totals, CopyFailure> {
    let opened = fs::File::open(file).map_err(|error| cannot(file, error))?;
    import_from(&mut io::BufReader::new(opened), data, on_progress)
}

fn filled(
    from: &mut dyn BufRead,
    dir: &Path,
    on_progress: &dyn Fn(CopyProgress),
) -> Result<Totals, CopyFailure> {
    let options = OpenOptions {
        dir: dir.to_owned(),
        ..OpenOptions::default()
    };
    let mut import = Import::begin(&options)?;
    let mut done = 0;
    let read = read_lines(from, &mut |record| {
        done += 1;
        if done % TELL_EVERY_RECORDS == 0 {
            let (step, total) = (CopyStep::Copying, 0);
            on_progress(CopyProgress { step, done, total });
        }
        import.take(record)
    });
    let totals = read.map_err(|error| match error {
        ReadError::Stop(error) => error,
        ReadError::Faults(faults) => at_fault(&faults),
    })?;
    let commit = import.finish()?;
    on_progress(CopyProgress {
        step: CopyStep::Checking,
        done: 0,
        total: 0,
    });
    check_and_leave(&options, commit)?;
    check_sound(dir)?;
    Ok(totals)
}

fn at_fault(faults: &[ImportLineFault]) -> CopyFailure {
    let told = |fault: &ImportLineFault| format!("{}: {}", fault.line, fault.what);
    CopyFailure::Lines {
        faults: faults.iter().map(told).collect::<Vec<_>>().join("\n"),
    }
}

/// The new folder is sound as a whole: every record has what it leads to, and the audit's chain holds.
fn check_sound(dir: &Path) -> Result<(), CopyFailure> {
    let failed = |error: super::VerifyError| cannot(dir, io::Error::other(error.to_string()));
    let findings = verify(dir).map_err(failed)?.findings;
    if findings.is_empty() {
        return Ok(());
    }
    let told = findings
        .iter()
        .map(|found| format!("{}: {}", found.place, found.what));
    Err(CopyFailure::Lines {
        faults: told.collect::<Vec<_>>().join("\n"),
    })
}

struct Import {
    dir: PathBuf,
    database: NewDatabase,
    state: Option<StateLine>,
}

impl Import {
    fn begin(options: &OpenOptions) -> Result<Self, CopyFailure> {
        let dir = &options.dir;
        let database = NewDatabase::begin(options, Generation::default())
            .map_err(|error| cannot(dir, io::Error::other(error.to_string())))?;
        Ok(Self {
            dir: dir.clone(),
            database,
            state: None,
        })
    }

    fn take(&mut self, record: Exported) -> Result<(), RecordRefusal> {
        if let Exported::State(state) = record {
            return match self.state.replace(state) {
                None => Ok(()),
                Some(_) => Err(RecordRefusal::Fault("there is a state already".to_owned())),
            };
        }
        if let Exported::File(file) = record {
            return self.put_file(file);
        }
        let refused = |error| match error {
            StoreError::Damaged(what) => RecordRefusal::Fault(what),
            other => RecordRefusal::Stop(other.into()),
        };
        for change in rows_of(record).map_err(refused)? {
            if !self.put(change).map_err(refused)? {
                return Err(RecordRefusal::Fault("stands there twice".to_owned()));
            }
        }
        Ok(())
    }

    /// Puts the rows of a record. Returns whether they are all new.
    fn put(&mut self, change: RowChange) -> Result<bool, StoreError> {
        for (tree, key, payload) in new_rows(change)? {
            if !self.database.put(tree, &key, &payload)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A file beside the database; only at known paths.
    fn put_file(&self, file: FileLine) -> Result<(), RecordRefusal> {
        let FileLine { path, content } = file;
        let is_kept = BESIDE
            .iter()
            .any(|part| path.starts_with(&format!("{part}/")));
        let Some(to) = within(&self.dir, &path).filter(|_| is_kept) else {
            return Err(RecordRefusal::Fault(format!("no file is kept at {path}")));
        };
        if to.exists() {
            return Err(RecordRefusal::Fault("stands there twice".to_owned()));
        }
        let written = to.parent().map_or(Ok(()), fs::create_dir_all);
        written
            .and_then(|()| fs::write(&to, content.0))
            .map_err(|error| RecordRefusal::Stop(cannot(&to, error)))
    }

    /// Writes the state. Returns its commit.
    fn finish(mut self) -> Result<u64, CopyFailure> {
        let state = self.state.take().ok_or_else(|| CopyFailure::Lines {
            faults: "there is no line of the kind state".to_owned(),
        })?;
        let state = state_row(state);
        let commit = state.commit;
        self.database.finish(state)?;
        Ok(commit)
    }
}

/// The state; its rows are counted by the database.
fn state_row(state: StateLine) -> StateRow {
    let StateLine {
        commit,
        next_comment,
        last_audit_entry,
        last_audit_hash,
        last_at,
        last_event,
        last_fan_out,
        last_sample,
        accounts_edition,
        purged_since_compaction,
    } = state;
    StateRow {
        commit,
        next_comment,
        audit_head: last_audit_entry,
        audit_hash: last_audit_hash,
        event_head: last_event,
        fan_out_head: last_fan_out,
        sample_head: last_sample,
        accounts: accounts_edition,
        last_at,
        purged: purged_since_compaction,
        rows: Vec::new(),
    }
}

/// The rows of a record; empty for what is stored elsewhere.
fn rows_of(record: Exported) -> Result<Vec<RowChange>, StoreError> {
    let row = match record {
        // The state is written at the end, when all rows are counted; a file lies beside the database.
        Exported::State(_) | Exported::File(_) => return Ok(Vec::new()),
        Exported::Comment(line) => comment_row(line),
        Exported::Revision(line) => revision_row(line),
        Exported::AuditEntry(line) => audit_row(line),
        Exported::Member(record) => return member_rows(record),
        Exported::Report(line) => return report_rows(line),
        Exported::Sample(SampleLine { number, sample }) => {
            let key = vec![Value::Time(sample.due_at), Value::Number(number)];
            checked(key, sample)
        }
        Exported::Tagged(line) => Ok(tag_row(line)),
        Exported::DailyCount(row) => Ok(count_of(row)),
        Exported::Article(record) => keyed(record),
        Exported::Case(record) => keyed(record),
        Exported::Subject(record) => keyed(record),
        Exported::Ruling(record) => keyed(record),
        Exported::Answer(record) => keyed(record),
        Exported::User(record) => keyed(record),
        Exported::Key(record) => keyed(record),
        Exported::Token(record) => keyed(record),
        Exported::Session(record) => keyed(record),
        Exported::Reporter(record) => keyed(record),
        Exported::Appeal(record) => keyed(record),
        Exported::Note(record) => keyed(record),
        Exported::Event(record) => keyed(record),
        Exported::FanOut(record) => keyed(record),
        Exported::Webhook(record) => keyed(record),
        Exported::Delivery(record) => keyed(record),
        Exported::Erasure(record) => keyed(record),
        Exported::Reply(record) => keyed(record),
        Exported::RejudgeJob(record) => keyed(record),
        Exported::Form(record) => keyed(record),
        Exported::Model(record) => keyed(record),
        Exported::ModelState(record) => keyed(record),
        Exported::ModelPart(record) => keyed(record),
        Exported::WordStep(record) => keyed(record),
    };
    row.map(|row| vec![row])
}

fn keyed<T: Keyed>(record: T) -> Result<RowChange, StoreError> {
    checked(record.key(), record)
}

/// A row whose bytes can be read again: what must always hold, holds.
fn checked<T: Tabled>(key: Key, record: T) -> Result<RowChange, StoreError> {
    let row = RowChange::put_at(key, record)?;
    if let RowChange::Put { record, .. } = &row {
        T::decode(record)?;
    }
    Ok(row)
}

fn ensure(holds: bool, what: &str) -> Result<(), StoreError> {
    if holds {
        Ok(())
    } else {
        Err(StoreError::Damaged(what.to_owned()))
    }
}

const ANOTHER_DIGEST: &str = "the revision is not the one that the digest was taken of";

fn comment_row(line: CommentLine) -> Result<RowChange, StoreError> {
    let CommentLine {
        number,
        digest,
        comment,
    } = line;
    if let Some(digest) = digest {
        ensure(comment.newest.digest() == digest, ANOTHER_DIGEST)?;
    }
    checked(vec![Value::Number(number)], comment)
}

fn revision_row(line: RevisionLine) -> Result<RowChange, StoreError> {
    let RevisionLine {
        comment_number,
        digest,
        revision,
    } = line;
    ensure(revision.digest() == digest, ANOTHER_DIGEST)?;
    let key = vec![Value::Number(comment_number), Value::Small(revision.number)];
    checked(key, revision)
}

fn audit_row(line: AuditLine) -> Result<RowChange, StoreError> {
    let AuditLine {
        mut entry,
        scheme,
        hashed,
        previous_hash,
        hash,
    } = line;
    let row = AuditRow {
        text: entry.words.as_mut().and_then(|words| words.text.take()),
        entry: Covered::read(scheme.unwrap_or(1), hashed.0)
            .map_err(|fault| StoreError::Damaged(fault.to_string()))?,
        previous: previous_hash,
        hash,
    };
    ensure(
        *row.entry == entry,
        "the entry is not the one whose bytes were hashed",
    )?;
    ensure(
        row.holds(),
        "the hash is not that of the hash before and the bytes",
    )?;
    keyed(row)
}

fn member_rows(record: MemberRecord) -> Result<Vec<RowChange>, StoreError> {
    let owner = record.id.as_str().as_bytes().to_vec();
    let sanctions = record.sanctions.iter().map(|sanction| {
        let key = vec![Value::Id(sanction.id.0.0)];
        RowChange::put_plain(Table::Sanctions, key, owner.clone())
    });
    let mut rows: Vec<RowChange> = sanctions.collect();
    rows.push(keyed(record)?);
    Ok(rows)
}

fn report_rows(line: ReportLine) -> Result<Vec<RowChange>, StoreError> {
    let ReportLine { current, report } = line;
    let current = current.then(|| {
        let key = vec![Value::from(&report.comment), Value::from(&report.reporter)];
        let id = report.id.0.0.to_be_bytes().to_vec();
        RowChange::put_plain(Table::CurrentReports, key, id)
    });
    let mut rows: Vec<RowChange> = current.into_iter().collect();
    rows.push(keyed(report)?);
    Ok(rows)
}

/// A tag's digest stands for article and tag together.
fn tag_row(line: TaggedLine) -> RowChange {
    let TaggedLine {
        tag_digest,
        comment_number,
    } = line;
    let key = vec![
        Value::Bytes(tag_digest.to_vec()),
        Value::Number(comment_number),
    ];
    RowChange::put_plain(Table::CommentTags, key, Vec::new())
}

fn count_of(row: TallyRow) -> RowChange {
    RowChange::Add {
        day: u32::try_from(row.day).unwrap_or(0),
        kind: row.of.kind(),
        name: row.of.name().to_owned(),
        by: row.tally.sums(),
    }
}
