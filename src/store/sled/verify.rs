//! Looks through a whole folder and names what is wrong. The service must be stopped, or the folder a copy.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use super::{
    checkpoint::{self, Checkpoint, Generation},
    keys,
    manifest::Manifest,
    open::{self, BLOBS, OpenError},
    options::OpenOptions,
    restore::restore,
    rows::{Tree, Trees, owner_of, piece_key, weight},
    salvage,
};
use crate::{
    id::{AppealId, CaseId, CommentId, RulingId},
    record::{
        Appeal, AppealOutcome, Article, AuditAction, AuditEntry, AuditSubject, Case, Comment,
        Delivery, Digest, Erasure, Event, FanOutProgress, Key, MemberRecord, Note, QaSample,
        Rejudgement, Report, ReportOutcome, ReportTotals, ReporterRecord, RetainedItem, Revision,
        Ruling, Session, StoredAnswer, Subject, SubjectRecord, TallyRow, Token, User, Verdict,
        Webhook,
    },
    review::{
        CaseHistory, SubjectRulings, effective_verdict, outcome_of_appeal, outcome_of_report,
        spelling_of,
    },
    store::{
        CopyFailure, StoreError,
        layout::{chained_bytes, digest_of},
        record::{AuditRow, Record, StateRow, SumRow},
    },
    time::Timestamp,
};

/// How many findings are told at most; the last says that there is more.
const FINDINGS_MAX: usize = 500;
const LAST_FINDING: usize = FINDINGS_MAX - 1;

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where: a tree and a key, or a file.
    pub place: String,
    /// What.
    pub what: String,
}

/// What was looked through, and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Group commits.
    pub commits: u64,
    /// Comments.
    pub comments: u64,
    /// Revisions, newest and older.
    pub revisions: u64,
    /// Cases.
    pub cases: u64,
    /// Cases that wait for a person.
    pub unresolved: u64,
    /// Entries of the audit.
    pub audit_entries: u64,
    /// All rows; the sum over them is not counted among them.
    pub rows: u64,
    /// What is wrong; empty where all is sound.
    pub findings: Vec<Finding>,
}

/// Why nobody could look.
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

/// Looks through a backup. Opening a database changes its files, so a copy is looked at, beside the backup.
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
    let mut check = VerifyRun::default();
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
            Checkpoint::in_use(generation, commit, 0).write(dir)?;
            check.database_of(options, generation);
            if check.report.findings.is_empty() {
                open::leave_clean(options, generation, commit, mark.run)
                    .map_err(|error| io::Error::other(error.to_string()))?;
            }
        }
        // Opening changes the files, and could hide what happened: a copy is looked at.
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

/// Everything that one walk gathers for the next.
#[derive(Default)]
struct VerifyRun {
    report: VerifyReport,
    mark: Option<Checkpoint>,
    /// The last commit that was answered, as far as mark and log know.
    answered: Option<u64>,
    unmarked: bool,
    state: StateRow,
    /// The sum over all rows, as it is stored and as it is.
    stored_sum: Option<SumRow>,
    sum: u64,
    rows: BTreeMap<Tree, u64>,
    /// Each comment's id, its newest revision, and up to which revision the text is gone.
    comments: HashMap<u64, (CommentId, u32, u32)>,
    rulings: HashMap<RulingId, Ruling>,
    /// Comments that do not lead to some of their reports, as only those do whose text is gone.
    reported_apart: HashSet<CommentId>,
    histories: HashMap<CaseId, CaseHistory>,
    digests: HashMap<(u64, u32), [u8; 16]>,
    /// The digests of the later decisions about each comment, in order, and whether older ones went with its text.
    rejudged: HashMap<String, (Vec<String>, bool)>,
    unresolved: HashSet<CaseId>,
    cases: HashSet<CaseId>,
    /// What cases about a nickname are about.
    nicknames: HashMap<CaseId, String>,
    subjects: HashMap<Vec<u8>, SubjectRecord>,
    pieces: HashMap<(Tree, Vec<u8>), u32>,
}

impl VerifyRun {
    fn found(&mut self, place: &str, what: &str) {
        match self.report.findings.len() {
            FINDINGS_MAX => {}
            LAST_FINDING => self.report.findings.push(Finding {
                place: "…".to_owned(),
                what: "there is more; these are the first".to_owned(),
            }),
            _ => self.report.findings.push(Finding {
                place: place.to_owned(),
                what: what.to_owned(),
            }),
        }
    }

    fn found_at(&mut self, tree: Tree, key: &[u8], what: &str) {
        let place = format!("{} {}", tree.name(), data_encoding::HEXLOWER.encode(key));
        self.found(&place, what);
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
        self.state(trees);
        self.records(trees);
        self.subjects(trees);
        self.cases(trees);
        self.members(trees);
        self.decision_points(trees);
        self.news(trees);
        self.webhooks(trees);
        self.comments(trees);
        self.revisions(trees);
        self.tags(trees);
        self.audit(trees);
        self.answers(trees);
        self.erasures(trees);
        self.accounts(trees);
        self.overflow(trees);
        self.counts();
        let blobs = fs::read_dir(trees.generation.dir(dir).join(BLOBS))
            .map_or(0, |entries| entries.count());
        if blobs > 0 {
            self.found(
                "db/blobs",
                &format!("{blobs} values lie outside the one file that is synced"),
            );
        }
    }

    /// Every row of a tree that can be read.
    fn walk(&mut self, trees: &Trees, tree: Tree) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut rows = Vec::new();
        for row in trees.tree(tree) {
            match row {
                // sled would say the same again for ever.
                Err(error) => {
                    self.found(tree.name(), &error.to_string());
                    break;
                }
                Ok((key, value)) => {
                    *self.rows.entry(tree).or_default() += 1;
                    self.sum = self.sum.wrapping_add(weight(tree, &value));
                    match trees.payload(tree, &key, &value) {
                        Ok(payload) => {
                            let pieces = super::rows::pieces_of(tree, &key, &value).unwrap_or(0);
                            if pieces > 0 {
                                self.pieces.insert((tree, key.to_vec()), pieces);
                            }
                            rows.push((key.to_vec(), payload));
                        }
                        Err(error) => self.found_at(tree, &key, &error.to_string()),
                    }
                }
            }
        }
        rows
    }

    fn walk_records<T: Record>(&mut self, trees: &Trees, tree: Tree) -> Vec<(Vec<u8>, T)> {
        let mut records = Vec::new();
        for (key, payload) in self.walk(trees, tree) {
            match T::decode(&payload) {
                Ok(record) => records.push((key, record)),
                Err(error) => self.found_at(tree, &key, &error.to_string()),
            }
        }
        records
    }

    fn state(&mut self, trees: &Trees) {
        for (key, payload) in self.walk(trees, Tree::State) {
            let read = match key.as_slice() {
                keys::STATE => StateRow::decode(&payload).map(|state| self.state = state),
                keys::SUM => SumRow::decode(&payload).map(|sum| self.stored_sum = Some(sum)),
                _ => Err(StoreError::Damaged("a row that there is not".to_owned())),
            };
            if let Err(error) = read {
                self.found_at(Tree::State, &key, &error.to_string());
            }
        }
        self.state.rows.resize(Tree::ALL.len(), 0);
        self.report.commits = self.state.commit;
        match self.answered {
            Some(answered) if self.state.commit < answered => {
                let what = format!(
                    "the database is at commit {}, its mark at {answered}: it was rolled back or emptied",
                    self.state.commit
                );
                self.found("state", &what);
            }
            None if self.unmarked && self.state.commit > 0 => {
                self.found("mark", "the mark file is missing")
            }
            Some(_) | None => {}
        }
    }

    fn records(&mut self, trees: &Trees) {
        for (key, article) in self.walk_records::<Article>(trees, Tree::Articles) {
            if article.id.as_str().as_bytes() != key {
                self.found_at(Tree::Articles, &key, "an article under another's id");
            }
        }
        for (key, ruling) in self.walk_records::<Ruling>(trees, Tree::Rulings) {
            self.rulings.insert(ruling.id, ruling.clone());
            if ruling.id.0.0.to_be_bytes().as_slice() != key {
                self.found_at(Tree::Rulings, &key, "a ruling under another's id");
            }
            if !matches!(
                trees
                    .tree(Tree::Cases)
                    .contains_key(keys::case(ruling.case)),
                Ok(true)
            ) {
                self.found_at(
                    Tree::Rulings,
                    &key,
                    "a ruling about a case that is not there",
                );
            }
        }
    }

    fn subjects(&mut self, trees: &Trees) {
        for (key, record) in self.walk_records::<SubjectRecord>(trees, Tree::Subjects) {
            if keys::subject(&record.subject) != key {
                self.found_at(
                    Tree::Subjects,
                    &key,
                    "a nickname or tag under another's key",
                );
            }
            self.subjects.insert(key, record);
        }
    }

    fn cases(&mut self, trees: &Trees) {
        let waiting: HashSet<Vec<u8>> = self
            .walk(trees, Tree::Unresolved)
            .into_iter()
            .map(|(key, _)| key)
            .collect();
        let closed: HashSet<Vec<u8>> = self
            .walk(trees, Tree::Closed)
            .into_iter()
            .map(|(key, _)| key)
            .collect();
        let cases: Vec<(Vec<u8>, Case)> = self.walk_records(trees, Tree::Cases);
        for (key, case) in &cases {
            if keys::case(case.id).as_slice() != key.as_slice() {
                self.found_at(Tree::Cases, key, "a case under another's id");
            }
            let unresolved = case.state.is_unresolved();
            if waiting.contains(key) != unresolved {
                self.found_at(
                    Tree::Cases,
                    key,
                    "a case whose place in the queue is not its state's",
                );
            }
            if closed.contains(&keys::closed(case.changed_at, case.id)) == unresolved {
                self.found_at(
                    Tree::Cases,
                    key,
                    "a case whose place among the resolved is not its state's",
                );
            }
            for ruling in &case.rulings {
                if !matches!(
                    trees
                        .tree(Tree::Rulings)
                        .contains_key(ruling.0.0.to_be_bytes()),
                    Ok(true)
                ) {
                    self.found_at(Tree::Cases, key, "a case with a ruling that is not there");
                }
            }
            self.cases.insert(case.id);
            let rulings = case
                .rulings
                .iter()
                .filter_map(|id| self.rulings.get(id).cloned());
            let history = CaseHistory {
                case: case.clone(),
                rulings: rulings.collect(),
            };
            self.histories.insert(case.id, history);
            if matches!(case.subject, Subject::Nickname(_)) {
                self.nicknames.insert(case.id, spelling_of(case).to_owned());
            }
            if unresolved {
                self.unresolved.insert(case.id);
            }
        }
        if waiting.len() != self.unresolved.len()
            || closed.len() != cases.len() - self.unresolved.len()
        {
            self.found("cases", "there are places in the queue without a case");
        }
        self.report.cases = cases.len() as u64;
        self.report.unresolved = self.unresolved.len() as u64;
        for record in self.subjects.values().cloned().collect::<Vec<_>>() {
            if record.case.is_some_and(|case| !self.cases.contains(&case)) {
                self.found_at(
                    Tree::Subjects,
                    &keys::subject(&record.subject),
                    "names a case that is not there",
                );
            }
        }
    }

    fn members(&mut self, trees: &Trees) {
        let sanctions: HashMap<Vec<u8>, Vec<u8>> =
            self.walk(trees, Tree::Sanctions).into_iter().collect();
        for (key, member) in self.walk_records::<MemberRecord>(trees, Tree::Members) {
            if member.id.as_str().as_bytes() != key {
                self.found_at(Tree::Members, &key, "a member under another's id");
            }
            for sanction in &member.sanctions {
                if sanctions.get(sanction.id.0.0.to_be_bytes().as_slice()) != Some(&key) {
                    self.found_at(Tree::Members, &key, "a sanction's id does not lead to it");
                }
            }
        }
    }

    /// Reports, appeals, notes: each leads to its case, and each way to it leads there. What a case says of its reports
    /// is what its reports say.
    fn decision_points(&mut self, trees: &Trees) {
        let ways = |check: &mut Self, tree| -> HashMap<Vec<u8>, Vec<u8>> {
            check.walk(trees, tree).into_iter().collect()
        };
        let mut by_comment = ways(self, Tree::ReportOf);
        let mut by_case = ways(self, Tree::CaseReports);
        let mut by_reporter = ways(self, Tree::ReporterReports);
        let mut apart: HashSet<CommentId> = HashSet::new();
        let mut open: HashMap<CaseId, ReportTotals> = HashMap::new();
        for (key, report) in self.walk_records::<Report>(trees, Tree::Reports) {
            // A comment whose text is gone is reported anew: that way leads to the newer report.
            let way = keys::report_of(&report.comment, &report.reporter);
            if by_comment.get(&way) == Some(&key) {
                by_comment.remove(&way);
            } else {
                apart.insert(report.comment.clone());
            }
            let there = by_reporter
                .remove(&keys::reporter_report(&report.reporter, report.id))
                .is_some()
                && report.decision_point.is_none_or(|hearing| {
                    by_case
                        .remove(&keys::of_case(hearing.case, report.id.0))
                        .is_some()
                });
            if !there || report.id.0.0.to_be_bytes().as_slice() != key {
                self.found_at(
                    Tree::Reports,
                    &key,
                    "a way to the report does not lead there",
                );
            }
            let Some(hearing) = report.decision_point else {
                continue;
            };
            let history = self.histories.get(&hearing.case);
            if history.is_none() {
                self.found_at(Tree::Reports, &key, "is heard in a case that is not there");
            } else if outcome_of_report(&report, history) == ReportOutcome::Open {
                let sum = open.entry(hearing.case).or_default();
                *sum = sum.and(ReportTotals {
                    count: 1,
                    weight: report.weight,
                    coordinated: u32::from(report.coordinated),
                });
            }
        }
        if !by_comment.is_empty() || !by_case.is_empty() || !by_reporter.is_empty() {
            self.found("reports", "there are ways to reports that are not there");
        }
        let unlike: Vec<CaseId> = self
            .histories
            .values()
            .filter(|history| {
                history.case.reported != open.get(&history.case.id).copied().unwrap_or_default()
            })
            .map(|history| history.case.id)
            .collect();
        for case in unlike {
            self.found_at(
                Tree::Cases,
                &keys::case(case),
                "its reports are others than it says",
            );
        }
        self.reported_apart = apart;
        self.appeals(trees);
        for (key, note) in self.walk_records::<Note>(trees, Tree::Notes) {
            if keys::of_case(note.case, note.id.0) != key || !self.cases.contains(&note.case) {
                self.found_at(Tree::Notes, &key, "a note about a case that is not there");
            }
        }
        for (key, reporter) in self.walk_records::<ReporterRecord>(trees, Tree::Reporters) {
            if reporter.id.as_str().as_bytes() != key {
                self.found_at(Tree::Reporters, &key, "a reporter under another's id");
            }
        }
    }

    fn appeals(&mut self, trees: &Trees) {
        let mut open: HashMap<CaseId, AppealId> = HashMap::new();
        for (key, appeal) in self.walk_records::<Appeal>(trees, Tree::Appeals) {
            match self.histories.get(&appeal.decision_point.case) {
                None => self.found_at(Tree::Appeals, &key, "is heard in a case that is not there"),
                Some(history) if outcome_of_appeal(&appeal, history) == AppealOutcome::Open => {
                    if open.insert(appeal.decision_point.case, appeal.id).is_some() {
                        self.found_at(Tree::Appeals, &key, "two appeals wait in one case");
                    }
                }
                Some(_) => {}
            }
        }
        let unlike: Vec<CaseId> = self
            .histories
            .values()
            .filter(|history| history.case.appeal != open.get(&history.case.id).copied())
            .map(|history| history.case.id)
            .collect();
        for case in unlike {
            self.found_at(
                Tree::Cases,
                &keys::case(case),
                "its appeal is another than it says",
            );
        }
    }

    /// News has no gaps behind what was dropped from its old end; what is to be spread or sampled has its number.
    fn news(&mut self, trees: &Trees) {
        let mut last = None;
        for (key, news) in self.walk_records::<Event>(trees, Tree::News) {
            let follows = last.is_none_or(|last| news.number == last + 1);
            if !follows || keys::number(&key) != Some(news.number) {
                self.found_at(Tree::News, &key, "news is missing");
            }
            last = Some(news.number);
        }
        if last.is_some_and(|last| last != self.state.event_head) {
            self.found("news", "the last news is not the one that the state names");
        }
        for (key, spreading) in self.walk_records::<FanOutProgress>(trees, Tree::Spreads) {
            if keys::number(&key) != Some(spreading.number)
                || spreading.number > self.state.fan_out_head
            {
                self.found_at(
                    Tree::Spreads,
                    &key,
                    "something to spread under another's number",
                );
            }
        }
        for (key, sample) in self.walk_records::<QaSample>(trees, Tree::Samples) {
            let number = keys::number_at_end(&key).unwrap_or_default();
            if keys::sample(sample.due_at, number) != key || number > self.state.sample_head {
                self.found_at(Tree::Samples, &key, "a sample under another's number");
            }
        }
        for (key, row) in self.walk_records::<TallyRow>(trees, Tree::Tallies) {
            if keys::tally(row.day, &row.of) != key {
                self.found_at(Tree::Tallies, &key, "counts of something else");
            }
        }
    }

    fn webhooks(&mut self, trees: &Trees) {
        let mut known = HashSet::new();
        for (key, webhook) in self.walk_records::<Webhook>(trees, Tree::Webhooks) {
            if webhook.id.0.0.to_be_bytes().as_slice() != key
                || webhook.cursor > self.state.event_head
            {
                self.found_at(
                    Tree::Webhooks,
                    &key,
                    "a webhook under another's id, or ahead of the news",
                );
            }
            known.insert(webhook.id);
        }
        for (key, delivery) in self.walk_records::<Delivery>(trees, Tree::Deliveries) {
            if keys::delivery(delivery.webhook, delivery.is_dead(), delivery.event) != key
                || !known.contains(&delivery.webhook)
            {
                self.found_at(
                    Tree::Deliveries,
                    &key,
                    "a delivery to a webhook that is not there",
                );
            }
        }
    }

    /// The ways from tags lead to comments that are there.
    fn tags(&mut self, trees: &Trees) {
        for (key, _) in self.walk(trees, Tree::TagComments) {
            let number = keys::number_at_end(&key).unwrap_or(u64::MAX);
            if !self.comments.contains_key(&number) {
                self.found_at(
                    Tree::TagComments,
                    &key,
                    "leads to a comment that is not there",
                );
            }
        }
    }

    fn comments(&mut self, trees: &Trees) {
        let mut of_members: HashMap<Vec<u8>, Vec<u8>> =
            self.walk(trees, Tree::MemberComments).into_iter().collect();
        let ids: HashMap<Vec<u8>, Vec<u8>> =
            self.walk(trees, Tree::CommentIds).into_iter().collect();
        for (key, comment) in self.walk_records::<Comment>(trees, Tree::Comments) {
            self.report.comments += 1;
            let Some(number) = keys::number(&key) else {
                continue;
            };
            if ids.get(comment.id.as_str().as_bytes()) != Some(&key) {
                self.found_at(Tree::Comments, &key, "its id does not lead to it");
            }
            if comment.case.is_some_and(|case| !self.cases.contains(&case)) {
                self.found_at(Tree::Comments, &key, "names a case that is not there");
            }
            if let Some((way, counts)) = keys::member_entry(&comment, number)
                && of_members.remove(&way) != Some(counts)
            {
                self.found_at(Tree::Comments, &key, "its member does not lead to it");
            }
            if comment.purged_through == 0 && self.reported_apart.contains(&comment.id) {
                self.found_at(Tree::Comments, &key, "does not lead to a report about it");
            }
            if comment.purged_at.is_none() {
                self.revision(number, &comment.newest);
                self.flagged_has_a_case(&key, &comment);
            }
            self.later_decisions(&key, &comment);
            let (newest, gone) = (comment.newest.number, comment.purged_through);
            self.comments.insert(number, (comment.id, newest, gone));
        }
        if !of_members.is_empty() {
            self.found(
                "member_comments",
                "a member leads to a comment that is not there",
            );
        }
        if ids.len() as u64 != self.report.comments {
            self.found("comment_ids", "there are ids without a comment");
        }
        if self.state.next_comment != self.report.comments {
            let what = format!(
                "{} comments were numbered, {} are there",
                self.state.next_comment, self.report.comments
            );
            self.found("comments", &what);
        }
    }

    /// Notes the later decisions about a comment for the walk over the audit, which covers each.
    fn later_decisions(&mut self, key: &[u8], comment: &Comment) {
        let kept = comment
            .rejudged
            .iter()
            .filter(|later| later.revision > comment.purged_through);
        match kept.map(Rejudgement::digest).collect() {
            Ok(digests) => {
                let subject = AuditSubject::Comment(comment.id.clone()).key();
                let some_gone = comment.purged_through > 0;
                self.rejudged.insert(subject, (digests, some_gone));
            }
            Err(error) => self.found_at(Tree::Comments, key, &error.to_string()),
        }
    }

    fn revisions(&mut self, trees: &Trees) {
        let mut older: HashMap<u64, u32> = HashMap::new();
        for (key, revision) in self.walk_records::<Revision>(trees, Tree::Revisions) {
            let Some(number) = keys::number(&key) else {
                continue;
            };
            if keys::revision(number, revision.number) != key {
                self.found_at(Tree::Revisions, &key, "a revision under another's number");
            }
            *older.entry(number).or_default() += 1;
            self.revision(number, &revision);
        }
        for (number, (id, newest, gone)) in self.comments.clone() {
            let kept = newest.saturating_sub(gone + 1);
            if older.remove(&number).unwrap_or(0) != kept {
                self.found(
                    "revisions",
                    &format!("comment {id} has {newest} revisions, and not all are there"),
                );
            }
        }
        if !older.is_empty() {
            self.found("revisions", "there are revisions without a comment");
        }
    }

    fn revision(&mut self, comment: u64, revision: &Revision) {
        self.report.revisions += 1;
        match digest_of(comment, revision) {
            Ok(digest) => {
                self.digests
                    .insert((comment, revision.number), digest.digest);
            }
            Err(error) => self.found("comments", &error.to_string()),
        }
    }

    /// What is flagged in force, history and what was withdrawn apart, names a case that waits.
    fn flagged_has_a_case(&mut self, key: &[u8], comment: &Comment) {
        let newest = &comment.newest;
        if newest.backfill || comment.withdrawn_at.is_some() {
            return;
        }
        let member = comment.member.clone().and_then(|id| {
            self.subjects
                .get(&keys::subject(&Subject::Nickname(id)))
                .cloned()
        });
        let tags: Vec<Option<SubjectRecord>> = newest
            .tags
            .iter()
            .map(|tag| {
                let subject = Subject::Tag {
                    article: comment.article.clone()?,
                    tag: tag.clone(),
                };
                self.subjects.get(&keys::subject(&subject)).cloned()
            })
            .collect();
        let standing = SubjectRulings {
            effect: comment.effect.as_ref(),
            nickname: newest
                .nickname
                .as_deref()
                .and_then(|name| member.as_ref()?.ruling(name)),
            tags: newest
                .tags
                .iter()
                .zip(&tags)
                .map(|(tag, record)| record.as_ref().and_then(|record| record.ruling(tag)))
                .collect(),
        };
        let now = effective_verdict(comment.decision(), &standing);
        let waits = |case: Option<CaseId>| case.is_some_and(|case| self.unresolved.contains(&case));
        let mut missing = Vec::new();
        if now.body == Some(Verdict::Flag) && !waits(comment.case) {
            missing.push("the body is flagged, and no case about it waits".to_owned());
        }
        let nickname = newest.nickname.as_deref().unwrap_or("");
        // What came along with a report has no say in the cases that others share.
        let shares = !comment.provisional;
        if shares
            && now.nickname == Some(Verdict::Flag)
            && !self.has_nickname_case(nickname, member)
        {
            missing.push("the nickname is flagged, and no case about it waits".to_owned());
        }
        for (place, (tag, filter)) in now.tags.iter().zip(&comment.decision().tags).enumerate() {
            let of_tag = tags.get(place).and_then(|record| record.as_ref()?.case);
            let case = if filter.off_topic {
                of_tag
            } else {
                comment.case
            };
            if tag.verdict == Verdict::Flag && !waits(case) && (shares || !filter.off_topic) {
                missing.push(format!(
                    "tag {} is flagged, and no case about it waits",
                    tag.tag
                ));
            }
        }
        for what in missing {
            self.found_at(Tree::Comments, key, &what);
        }
    }

    /// Whether a case about the member waits; or was decided about another spelling, by which this one had come to it.
    fn has_nickname_case(&self, nickname: &str, member: Option<SubjectRecord>) -> bool {
        let case = member.and_then(|record| record.case);
        case.is_some_and(|case| {
            self.unresolved.contains(&case)
                || self.nicknames.get(&case).is_some_and(|of| of != nickname)
        })
    }

    fn audit(&mut self, trees: &Trees) {
        let mut indexed: HashSet<Vec<u8>> = self
            .walk(trees, Tree::AuditSubjects)
            .into_iter()
            .map(|(key, _)| key)
            .collect();
        let mut previous: Digest = [0; 32];
        let mut last = 0;
        let mut last_at = Timestamp::from_ms(i64::MIN);
        for (key, row) in self.walk_records::<AuditRow>(trees, Tree::Audit) {
            let entry = &row.entry;
            if entry.number != last + 1 || keys::number(&key) != Some(entry.number) {
                self.found_at(
                    Tree::Audit,
                    &key,
                    &format!(
                        "entry {} follows entry {last}: there is a gap",
                        entry.number
                    ),
                );
            }
            let hash = chained_bytes(entry).map(|bytes| AuditEntry::chained(&row.previous, &bytes));
            if row.previous != previous || hash != Ok(row.hash) {
                self.found_at(Tree::Audit, &key, "the chain of hashes does not hold");
            }
            if entry.what.at < last_at && entry.what.action != AuditAction::ClockAccepted {
                self.found_at(
                    Tree::Audit,
                    &key,
                    "its time is before that of the entry before it, and nobody accepted the clock",
                );
            }
            if entry.words.as_ref().is_some_and(|words| !words.holds()) {
                self.found_at(Tree::Audit, &key, "the words are not those that were said");
            }
            if keys::is_indexed(&entry.what.subject)
                && !indexed.remove(&keys::audit_subject(
                    &entry.what.subject.key(),
                    entry.number,
                ))
            {
                self.found_at(Tree::Audit, &key, "the entry is not found by its subject");
            }
            for covered in &entry.revisions {
                let purged = self
                    .comments
                    .get(&covered.comment)
                    .is_some_and(|(_, _, gone)| covered.revision <= *gone);
                if purged {
                    continue;
                }
                let stored = self.digests.remove(&(covered.comment, covered.revision));
                if stored != Some(covered.digest) {
                    let what = format!(
                        "revision {} of comment number {} is not what the entry covers",
                        covered.revision, covered.comment
                    );
                    self.found_at(Tree::Audit, &key, &what);
                }
            }
            self.later_decision(&key, entry);
            (previous, last, last_at) = (row.hash, entry.number, entry.what.at);
            self.report.audit_entries += 1;
        }
        if !indexed.is_empty() {
            self.found("audit_subjects", "there are subjects without an entry");
        }
        if last != self.state.audit_head || previous != self.state.audit_hash {
            self.found(
                "audit",
                "the last entry is not the one that the state names",
            );
        }
        let uncovered = self.digests.len();
        if uncovered > 0 {
            self.found(
                "audit",
                &format!("{uncovered} revisions are covered by no entry"),
            );
        }
        let later = self.rejudged.values().map(|(digests, _)| digests.len());
        let uncovered: usize = later.sum();
        if uncovered > 0 {
            self.found(
                "audit",
                &format!("{uncovered} later decisions are covered by no entry"),
            );
        }
    }

    /// An entry about a later decision names its digest; that of one whose text is gone covers nothing any more.
    fn later_decision(&mut self, key: &[u8], entry: &AuditEntry) {
        let what = &entry.what;
        let AuditAction::CommentRejudged { decision, .. } = &what.action else {
            return;
        };
        let covered = |digest: &String| digest.as_str() == decision.as_str();
        let known = self.rejudged.get_mut(&what.subject.key());
        let holds =
            known.is_some_and(
                |(digests, some_gone)| match digests.iter().position(covered) {
                    Some(place) => {
                        digests.remove(place);
                        true
                    }
                    None => *some_gone,
                },
            );
        if !holds {
            self.found_at(
                Tree::Audit,
                key,
                "the later decision is not what the entry covers",
            );
        }
    }

    fn erasures(&mut self, trees: &Trees) {
        for (key, erasure) in self.walk_records::<Erasure>(trees, Tree::Erasures) {
            if erasure.member.as_str().as_bytes() != key {
                self.found_at(Tree::Erasures, &key, "an erasure under another's id");
            }
            let known = |id: &CommentId| {
                let found = trees.tree(Tree::CommentIds).contains_key(id.as_str());
                matches!(found, Ok(true))
            };
            for kept in &erasure.kept {
                let is_there = match &kept.what {
                    RetainedItem::Comment(id) => known(id),
                    RetainedItem::Case(id) => self.cases.contains(id),
                    RetainedItem::Report(_)
                    | RetainedItem::Appeal(_)
                    | RetainedItem::Standing
                    | RetainedItem::Answers => true,
                };
                if !is_there {
                    let what = format!("keeps {}, which is not there", kept.what.key());
                    self.found_at(Tree::Erasures, &key, &what);
                }
            }
        }
    }

    fn answers(&mut self, trees: &Trees) {
        let mut expiries: HashSet<Vec<u8>> = self
            .walk(trees, Tree::AnswerExpiry)
            .into_iter()
            .map(|(key, _)| key)
            .collect();
        for (key, answer) in self.walk_records::<StoredAnswer>(trees, Tree::Answers) {
            if answer.slot.as_slice() != key
                || !expiries.remove(&keys::answer_expiry(answer.expires_at, answer.slot))
            {
                self.found_at(Tree::Answers, &key, "a kept answer that would never expire");
            }
        }
        if !expiries.is_empty() {
            self.found("answer_expiry", "there are expiries without an answer");
        }
    }

    fn accounts(&mut self, trees: &Trees) {
        let secrets: HashMap<Vec<u8>, Vec<u8>> =
            self.walk(trees, Tree::Secrets).into_iter().collect();
        let mut with_secret = 0;
        for (key, payload) in self.walk(trees, Tree::Accounts) {
            let secret: Result<Option<[u8; 32]>, StoreError> = match key.first() {
                Some(&keys::USERS) => User::decode(&payload).map(|_| None),
                Some(&keys::KEYS) => Key::decode(&payload).map(|key| Some(key.secret.0)),
                Some(&keys::TOKENS) => Token::decode(&payload).map(|token| Some(token.secret.0)),
                _ => Session::decode(&payload).map(|session| Some(session.secret.0)),
            };
            match secret {
                Ok(None) => {}
                Ok(Some(secret)) => {
                    with_secret += 1;
                    if secrets.get(secret.as_slice()) != Some(&key) {
                        self.found_at(Tree::Accounts, &key, "its secret does not lead to it");
                    }
                }
                Err(error) => self.found_at(Tree::Accounts, &key, &error.to_string()),
            }
        }
        if secrets.len() != with_secret {
            self.found("secrets", "there are secrets without an account");
        }
    }

    fn overflow(&mut self, trees: &Trees) {
        let mut expected: HashSet<Vec<u8>> = HashSet::new();
        for ((tree, key), pieces) in &self.pieces {
            expected.extend((0..*pieces).map(|piece| piece_key(*tree, key, piece)));
        }
        for (key, _) in self.walk(trees, Tree::Overflow) {
            if owner_of(&key).is_none() || !expected.remove(&key) {
                self.found_at(Tree::Overflow, &key, "a piece of nothing");
            }
        }
    }

    fn counts(&mut self) {
        let rows: u64 = self.rows.values().sum();
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
            let (counted, found) = (
                self.state.rows[tree as usize],
                self.rows.get(&tree).copied().unwrap_or(0),
            );
            if counted != found {
                self.found(
                    tree.name(),
                    &format!("{counted} rows were counted, {found} are there"),
                );
            }
        }
    }
}
