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
    keys,
    manifest::within,
    new_database::NewDatabase,
    new_dir::{NewDir, cannot},
    options::OpenOptions,
    rows::Tree,
    verify::verify,
};
use crate::{
    record::{AccountWrite, AuditRow, CaseState, Covered, Report},
    store::{
        CopyFailure, CopyProgress, CopyStep, StoreError,
        export::{
            AuditLine, CommentLine, Exported, FileLine, ImportLineFault, ReadError, RecordRefusal,
            ReportLine, RevisionLine, SampleLine, StateLine, TaggedLine, Totals, read_lines,
        },
        record::{Record, StateRow, encode_account},
    },
};

/// A row to be: its tree, its key, its payload.
type NewRow = (Tree, Vec<u8>, Vec<u8>);

/// After so many records somebody hears how far it has come.
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
        let rows = rows_of(record).map_err(|error| match error {
            StoreError::Damaged(what) => RecordRefusal::Fault(what),
            other => RecordRefusal::Stop(other.into()),
        })?;
        for (tree, key, payload) in rows {
            let put = self.database.put(tree, &key, &payload);
            if !put.map_err(|error| RecordRefusal::Stop(error.into()))? {
                return Err(RecordRefusal::Fault("stands there twice".to_owned()));
            }
        }
        Ok(())
    }

    /// A file beside the database: only in the places where files are kept.
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

    /// Writes the state. The commit at which it stands.
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

/// The rows of a record: its own, and the ways to it.
fn rows_of(record: Exported) -> Result<Vec<NewRow>, StoreError> {
    let one = |tree, key: Vec<u8>, payload| vec![(tree, key, payload)];
    Ok(match record {
        // It is written at the end, when all rows are counted.
        Exported::State(_) => Vec::new(),
        // It lies beside the database.
        Exported::File(_) => Vec::new(),
        Exported::Comment(line) => comment_rows(line)?,
        Exported::Revision(line) => revision_rows(line)?,
        Exported::Article(article) => {
            let key = article.id.as_str().as_bytes().to_vec();
            one(Tree::Articles, key, checked(article)?)
        }
        Exported::Case(case) => {
            let key = keys::case(case.id).to_vec();
            let way = match case.state {
                CaseState::Open | CaseState::Escalated => {
                    (Tree::Unresolved, key.clone(), Vec::new())
                }
                CaseState::Resolved(_) => {
                    let key = keys::closed(case.changed_at, case.id);
                    (Tree::Closed, key, Vec::new())
                }
            };
            vec![way, (Tree::Cases, key, checked(case)?)]
        }
        Exported::Subject(record) => {
            let key = keys::subject(&record.subject);
            one(Tree::Subjects, key, checked(record)?)
        }
        Exported::Ruling(ruling) => {
            let key = ruling.id.0.0.to_be_bytes().to_vec();
            one(Tree::Rulings, key, checked(ruling)?)
        }
        Exported::AuditEntry(line) => audit_rows(line)?,
        Exported::Answer(answer) => {
            let expiry = keys::answer_expiry(answer.expires_at, answer.slot);
            let key = answer.slot.to_vec();
            vec![
                (Tree::AnswerExpiry, expiry, Vec::new()),
                (Tree::Answers, key, checked(answer)?),
            ]
        }
        Exported::User(user) => account_rows(AccountWrite::User(user))?,
        Exported::Key(key) => account_rows(AccountWrite::Key(key))?,
        Exported::Token(token) => account_rows(AccountWrite::Token(token))?,
        Exported::Session(session) => account_rows(AccountWrite::Session(session))?,
        Exported::Member(record) => {
            let key = record.id.as_str().as_bytes().to_vec();
            let ways = record.sanctions.iter().map(|sanction| {
                let id = sanction.id.0.0.to_be_bytes().to_vec();
                (Tree::Sanctions, id, key.clone())
            });
            let mut rows: Vec<NewRow> = ways.collect();
            rows.push((Tree::Members, key, checked(record)?));
            rows
        }
        Exported::Report(line) => report_rows(line)?,
        Exported::Reporter(record) => {
            let key = record.id.as_str().as_bytes().to_vec();
            one(Tree::Reporters, key, checked(record)?)
        }
        Exported::Appeal(appeal) => {
            let key = appeal.id.0.0.to_be_bytes().to_vec();
            one(Tree::Appeals, key, checked(appeal)?)
        }
        Exported::Note(note) => {
            let key = keys::of_case(note.case, note.id.0);
            one(Tree::Notes, key, checked(note)?)
        }
        Exported::Event(news) => {
            let key = news.number.to_be_bytes().to_vec();
            one(Tree::News, key, checked(news)?)
        }
        Exported::FanOut(spreading) => {
            let key = spreading.number.to_be_bytes().to_vec();
            one(Tree::Spreads, key, checked(spreading)?)
        }
        Exported::Sample(SampleLine { number, sample }) => {
            let key = keys::sample(sample.due_at, number);
            one(Tree::Samples, key, checked(sample)?)
        }
        Exported::Tagged(TaggedLine {
            tag_digest,
            comment_number,
        }) => {
            let number = comment_number.to_be_bytes();
            let key = [tag_digest.as_slice(), number.as_slice()].concat();
            one(Tree::TagComments, key, Vec::new())
        }
        Exported::DailyCount(row) => {
            let key = keys::tally(row.day, &row.of);
            one(Tree::Tallies, key, checked(row)?)
        }
        Exported::Webhook(webhook) => {
            let key = webhook.id.0.0.to_be_bytes().to_vec();
            one(Tree::Webhooks, key, checked(webhook)?)
        }
        Exported::Delivery(delivery) => {
            let key = keys::delivery(delivery.webhook, delivery.is_dead(), delivery.event);
            one(Tree::Deliveries, key, checked(delivery)?)
        }
        Exported::Erasure(erasure) => {
            let key = erasure.member.as_str().as_bytes().to_vec();
            one(Tree::Erasures, key, checked(erasure)?)
        }
    })
}

/// The bytes of a record that can be read again: what must always hold, holds.
fn checked<T: Record>(record: T) -> Result<Vec<u8>, StoreError> {
    let bytes = record.encode()?;
    T::decode(&bytes).map(|_| bytes)
}

fn ensure(holds: bool, what: &str) -> Result<(), StoreError> {
    if holds {
        Ok(())
    } else {
        Err(StoreError::Damaged(what.to_owned()))
    }
}

const ANOTHER_DIGEST: &str = "the revision is not the one that the digest was taken of";

fn comment_rows(line: CommentLine) -> Result<Vec<NewRow>, StoreError> {
    let CommentLine {
        number,
        digest,
        comment,
    } = line;
    if let Some(digest) = digest {
        ensure(comment.newest.digest() == digest, ANOTHER_DIGEST)?;
    }
    let key = number.to_be_bytes().to_vec();
    let id = comment.id.as_str().as_bytes().to_vec();
    let way = keys::member_entry(&comment, number);
    let mut rows = vec![(Tree::CommentIds, id, key.clone())];
    rows.extend(way.map(|(way, counts)| (Tree::MemberComments, way, counts)));
    rows.push((Tree::Comments, key, checked(comment)?));
    Ok(rows)
}

fn revision_rows(line: RevisionLine) -> Result<Vec<NewRow>, StoreError> {
    let RevisionLine {
        comment_number,
        digest,
        revision,
    } = line;
    ensure(revision.digest() == digest, ANOTHER_DIGEST)?;
    let key = keys::revision(comment_number, revision.number);
    Ok(vec![(Tree::Revisions, key, checked(revision)?)])
}

fn audit_rows(line: AuditLine) -> Result<Vec<NewRow>, StoreError> {
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
    let mut rows = Vec::new();
    if keys::is_indexed(&entry.what.subject) {
        let way = keys::audit_subject(&entry.what.subject.key(), entry.number);
        rows.push((Tree::AuditSubjects, way, Vec::new()));
    }
    let key = entry.number.to_be_bytes().to_vec();
    rows.push((Tree::Audit, key, checked(row)?));
    Ok(rows)
}

fn account_rows(account: AccountWrite) -> Result<Vec<NewRow>, StoreError> {
    let (key, secret) = keys::account(&account);
    let way = secret.map(|secret| (Tree::Secrets, secret.0.to_vec(), key.clone()));
    let payload = encode_account(account)?;
    Ok(way
        .into_iter()
        .chain([(Tree::Accounts, key, payload)])
        .collect())
}

fn report_rows(line: ReportLine) -> Result<Vec<NewRow>, StoreError> {
    let ReportLine { current, report } = line;
    let id = report.id.0.0.to_be_bytes().to_vec();
    let mut rows = vec![(
        Tree::ReporterReports,
        keys::reporter_report(&report.reporter, report.id),
        Vec::new(),
    )];
    rows.extend(way_by_comment(&report, current, &id));
    if let Some(hearing) = report.decision_point {
        let way = keys::of_case(hearing.case, report.id.0);
        rows.push((Tree::CaseReports, way, Vec::new()));
    }
    rows.push((Tree::Reports, id, checked(report)?));
    Ok(rows)
}

fn way_by_comment(report: &Report, current: bool, id: &[u8]) -> Option<NewRow> {
    current.then(|| {
        let way = keys::report_of(&report.comment, &report.reporter);
        (Tree::ReportOf, way, id.to_vec())
    })
}
