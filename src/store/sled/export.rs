//! Exports every record of a folder that is not in use, as lines of JSON.

use std::{
    fs,
    io::{self, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use super::{
    backup::BESIDE,
    checkpoint::Checkpoint,
    key_bytes::of_row,
    keys,
    manifest::{Manifest, listed},
    new_dir::cannot,
    open::{self, OpenError, Opened},
    options::OpenOptions,
    restore::restore,
    rows::{Tree, Trees, broken},
};
use crate::{
    record::{AuditRow, Comment, Covered, Key, QaSample, Report, Revision, Session, Token, User},
    store::{
        CopyFailure, CopyProgress, CopyStep, Result as Stored, StoreError,
        export::{
            AuditLine, Base64, CommentLine, Exported, FileLine, LineWriter, ReportLine,
            RevisionLine, SampleLine, StateLine, TaggedLine, Totals,
        },
        record::{Record, StateRow},
        tables::{Table, Value},
    },
};

type Result<T> = std::result::Result<T, CopyFailure>;

/// Progress is reported every this many records.
const TELL_EVERY_RECORDS: u64 = 256;

/// The copy's name in the data folder.
const COPY: &str = "export-copy";
/// The run of which an export makes no commit.
const EXPORT_RUN: u64 = 1;

/// A place in the data folder where a running service puts a copy that is exported and then thrown away.
#[derive(Debug)]
pub struct ExportCopy {
    dir: PathBuf,
}

impl ExportCopy {
    /// The place, free: what an export that was killed left there is removed.
    pub fn within(data: &Path) -> Result<Self> {
        let dir = std::path::absolute(data.join(COPY)).map_err(|error| cannot(data, error))?;
        if dir.exists() {
            let _unused = open::lock(&dir).map_err(|error| refused(&dir, error))?;
            fs::remove_dir_all(&dir).map_err(|error| cannot(&dir, error))?;
        }
        Ok(Self { dir })
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A copy made for the export alone: it may be read in place.
    pub fn taken(&self) -> Result<()> {
        Manifest::remove(&self.dir).map_err(|error| cannot(&self.dir, error))
    }
}

impl Drop for ExportCopy {
    fn drop(&mut self) {
        match fs::remove_dir_all(&self.dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                let dir = self.dir.display();
                tracing::warn!(%error, "{dir} cannot be removed: {error}");
            }
            _ => {}
        }
    }
}

/// Writes all that a folder or a backup holds. Nobody may use the folder meanwhile.
pub fn export_to(
    dir: &Path,
    to: &mut dyn Write,
    on_progress: &dyn Fn(CopyProgress),
) -> Result<Totals> {
    if !Manifest::is_in(dir) {
        return export_folder(dir, to, on_progress);
    }
    // Opening a database changes its files: a copy of the backup is read, beside it.
    let failed = |error| cannot(dir, error);
    let absolute = std::path::absolute(dir).map_err(failed)?;
    let beside = absolute.parent().unwrap_or(&absolute);
    let scratch = tempfile::Builder::new()
        .prefix(".banzhu-export-")
        .tempdir_in(beside)
        .map_err(failed)?;
    let copy = scratch.path().join("data");
    restore(dir, &copy, on_progress)?;
    export_folder(&copy, to, on_progress)
}

/// As [`export_to`], into a new file that only its owner may read; it appears when it is whole.
pub fn export_file(dir: &Path, file: &Path, on_progress: &dyn Fn(CopyProgress)) -> Result<Totals> {
    let failed = |error| cannot(file, error);
    if file.exists() {
        return Err(CopyFailure::FileExists {
            file: file.display().to_string(),
        });
    }
    let absolute = std::path::absolute(file).map_err(failed)?;
    let folder = absolute.parent().unwrap_or(&absolute);
    // Such a file is its owner's alone from the beginning.
    let made = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    let mut buffered = io::BufWriter::new(made);
    let totals = export_to(dir, &mut buffered, on_progress)?;
    let made = buffered
        .into_inner()
        .map_err(|error| failed(error.into_error()))?;
    made.as_file().sync_all().map_err(failed)?;
    made.persist_noclobber(&absolute)
        .map_err(|error| failed(error.error))?;
    super::checkpoint::sync_dir(folder).map_err(failed)?;
    Ok(totals)
}

fn export_folder(
    dir: &Path,
    to: &mut dyn Write,
    on_progress: &dyn Fn(CopyProgress),
) -> Result<Totals> {
    if Checkpoint::read(dir)
        .map_err(|error| cannot(dir, error))?
        .is_none()
    {
        return Err(CopyFailure::Nothing {
            dir: dir.display().to_string(),
        });
    }
    let _lock = open::lock(dir).map_err(|error| refused(dir, error))?;
    let options = OpenOptions {
        dir: dir.to_owned(),
        ..OpenOptions::default()
    };
    let opened = open::open(&options, EXPORT_RUN).map_err(|error| refused(dir, error))?;
    let (opened, log) = opened;
    drop(log);
    let (generation, commit) = (opened.trees.generation, opened.state.head.batch);
    // sled panics about damage.
    let written = catch_unwind(AssertUnwindSafe(|| {
        write_all(dir, &opened, to, on_progress)
    }));
    drop(opened);
    open::leave_clean(&options, generation, commit, EXPORT_RUN)
        .map_err(|error| refused(dir, error))?;
    written.unwrap_or_else(|_| Err(StoreError::Damaged(open::UNREADABLE.to_owned()).into()))
}

fn refused(dir: &Path, error: OpenError) -> CopyFailure {
    match error {
        OpenError::Locked { dir } => CopyFailure::Busy { dir },
        other => cannot(dir, io::Error::other(other.to_string())),
    }
}

fn write_all(
    dir: &Path,
    opened: &Opened,
    to: &mut dyn Write,
    on_progress: &dyn Fn(CopyProgress),
) -> Result<Totals> {
    let unwritable = |error: io::Error| CopyFailure::Io {
        path: "export".to_owned(),
        error: error.to_string(),
    };
    let trees = &opened.trees;
    let total = Tree::ALL.into_iter().filter(|tree| !is_derived(*tree));
    let total = total.map(|tree| opened.state.rows[tree as usize]).sum();
    let mut lines = LineWriter::begin(to).map_err(unwritable)?;
    let mut done = 0;
    for tree in Tree::ALL.into_iter().filter(|tree| !is_derived(*tree)) {
        for row in trees.tree(tree) {
            let (key, value) = row.map_err(broken)?;
            let payload = trees.payload(tree, &key, &value)?;
            if let Some(record) = exported(trees, tree, &key, &payload)? {
                lines.write(&record).map_err(unwritable)?;
            }
            done += 1;
            if done % TELL_EVERY_RECORDS == 0 {
                let step = CopyStep::Copying;
                on_progress(CopyProgress { step, done, total });
            }
        }
    }
    for file in kept_files(dir)? {
        lines.write(&Exported::File(file)).map_err(unwritable)?;
    }
    lines.end().map_err(unwritable)
}

fn kept_files(dir: &Path) -> Result<Vec<FileLine>> {
    let mut files = Vec::new();
    for part in BESIDE.into_iter().filter(|part| dir.join(part).is_dir()) {
        let failed = |error| cannot(&dir.join(part), error);
        for path in listed(dir, &format!("{part}/")).map_err(failed)? {
            let content = Base64(fs::read(dir.join(&path)).map_err(failed)?);
            files.push(FileLine { path, content });
        }
    }
    Ok(files)
}

/// Whether the rows of a tree are made again from the records of others, or, as leases, mean nothing elsewhere. Whoever adds a
/// tree is asked by [`exported`] what becomes of its rows.
const fn is_derived(tree: Tree) -> bool {
    matches!(
        tree,
        Tree::CommentIds
            | Tree::UnresolvedCases
            | Tree::ResolvedCases
            | Tree::AuditSubjects
            | Tree::AnswerExpiry
            | Tree::Secrets
            | Tree::Overflow
            | Tree::MemberComments
            | Tree::Sanctions
            | Tree::CurrentReports
            | Tree::CaseReports
            | Tree::ReporterReports
            | Tree::Leases
            | Tree::Segments
            | Tree::SegmentParts
    )
}

/// The record of a row; `None` for an index entry, which is rebuilt from records.
fn exported(trees: &Trees, tree: Tree, key: &[u8], payload: &[u8]) -> Stored<Option<Exported>> {
    Ok(Some(match tree {
        // The sum follows from the rows.
        Tree::State if key == keys::SUM => return Ok(None),
        Tree::State => Exported::State(state_line(StateRow::decode(payload)?)),
        Tree::Comments => Exported::Comment(comment_line(key, Comment::decode(payload)?)?),
        Tree::Revisions => Exported::Revision(revision_line(key, Covered::decode(payload)?)?),
        Tree::Articles => Exported::Article(Record::decode(payload)?),
        Tree::Cases => Exported::Case(Record::decode(payload)?),
        Tree::Subjects => Exported::Subject(Record::decode(payload)?),
        Tree::Rulings => Exported::Ruling(Record::decode(payload)?),
        Tree::Audit => Exported::AuditEntry(audit_line(AuditRow::decode(payload)?)),
        Tree::Answers => Exported::Answer(Record::decode(payload)?),
        Tree::Accounts => account(key, payload)?,
        Tree::Members => Exported::Member(Record::decode(payload)?),
        Tree::Reports => Exported::Report(report_line(trees, key, Report::decode(payload)?)?),
        Tree::Reporters => Exported::Reporter(Record::decode(payload)?),
        Tree::Appeals => Exported::Appeal(Record::decode(payload)?),
        Tree::Notes => Exported::Note(Record::decode(payload)?),
        Tree::Events => Exported::Event(Record::decode(payload)?),
        Tree::FanOuts => Exported::FanOut(Record::decode(payload)?),
        Tree::QaSamples => Exported::Sample(SampleLine {
            number: numbered(keys::number_at_end(key))?,
            sample: QaSample::decode(payload)?,
        }),
        Tree::CommentTags => Exported::Tagged(tagged_line(key)?),
        Tree::Tallies => Exported::DailyCount(Record::decode(payload)?),
        Tree::Webhooks => Exported::Webhook(Record::decode(payload)?),
        Tree::Deliveries => Exported::Delivery(Record::decode(payload)?),
        Tree::Erasures => Exported::Erasure(Record::decode(payload)?),
        Tree::Replies => Exported::Reply(Record::decode(payload)?),
        Tree::RejudgeJobs => Exported::RejudgeJob(Record::decode(payload)?),
        Tree::Forms => Exported::Form(Record::decode(payload)?),
        Tree::Models if key == keys::MODEL_STATE => Exported::ModelState(Record::decode(payload)?),
        Tree::Models => Exported::Model(Record::decode(payload)?),
        Tree::ModelParts => Exported::ModelPart(Record::decode(payload)?),
        Tree::Words => Exported::WordStep(Record::decode(payload)?),
        Tree::CommentIds
        | Tree::UnresolvedCases
        | Tree::ResolvedCases
        | Tree::AuditSubjects
        | Tree::AnswerExpiry
        | Tree::Secrets
        | Tree::Overflow
        | Tree::MemberComments
        | Tree::Sanctions
        | Tree::CurrentReports
        | Tree::CaseReports
        | Tree::ReporterReports
        | Tree::Leases
        | Tree::Segments
        | Tree::SegmentParts => return Ok(None),
    }))
}

fn numbered(number: Option<u64>) -> Stored<u64> {
    number.ok_or_else(|| StoreError::Damaged("a number is cut".to_owned()))
}

fn state_line(state: StateRow) -> StateLine {
    let StateRow {
        commit,
        next_comment,
        audit_head,
        audit_hash,
        event_head: news_head,
        fan_out_head: spread_head,
        sample_head,
        accounts,
        last_at,
        purged,
        rows: _,
    } = state;
    StateLine {
        commit,
        next_comment,
        last_audit_entry: audit_head,
        last_audit_hash: audit_hash,
        last_at,
        last_event: news_head,
        last_fan_out: spread_head,
        last_sample: sample_head,
        accounts_edition: accounts,
        purged_since_compaction: purged,
    }
}

fn comment_line(key: &[u8], comment: Comment) -> Stored<CommentLine> {
    let number = numbered(keys::number(key))?;
    let has_text = comment.purged_at.is_none();
    Ok(CommentLine {
        number,
        digest: has_text.then(|| comment.newest.digest()),
        comment,
    })
}

fn revision_line(key: &[u8], revision: Covered<Revision>) -> Stored<RevisionLine> {
    Ok(RevisionLine {
        comment_number: numbered(keys::number(key))?,
        digest: revision.digest(),
        revision,
    })
}

fn audit_line(row: AuditRow) -> AuditLine {
    AuditLine {
        entry: row.with_text(),
        scheme: Some(row.entry.scheme()),
        hashed: Base64(row.entry.bytes().to_vec()),
        previous_hash: row.previous,
        hash: row.hash,
    }
}

fn report_line(trees: &Trees, key: &[u8], report: Report) -> Stored<ReportLine> {
    let key_of_current = [Value::from(&report.comment), Value::from(&report.reporter)];
    let current = of_row(Table::CurrentReports, &key_of_current);
    let current = trees.get(Tree::CurrentReports, &current)?;
    Ok(ReportLine {
        current: current.as_deref() == Some(key),
        report,
    })
}

fn tagged_line(key: &[u8]) -> Stored<TaggedLine> {
    let digest: Option<&[u8; 16]> = key.first_chunk();
    let cut = || StoreError::Damaged("a tag's digest is cut".to_owned());
    Ok(TaggedLine {
        tag_digest: *digest.ok_or_else(cut)?,
        comment_number: numbered(keys::number_at_end(key))?,
    })
}

fn account(key: &[u8], payload: &[u8]) -> Stored<Exported> {
    Ok(match key.first() {
        Some(&keys::USERS) => Exported::User(User::decode(payload)?),
        Some(&keys::KEYS) => Exported::Key(Key::decode(payload)?),
        Some(&keys::TOKENS) => Exported::Token(Token::decode(payload)?),
        _ => Exported::Session(Session::decode(payload)?),
    })
}
