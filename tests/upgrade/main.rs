//! Folders that earlier versions saved: each opens, verifies, and answers as it did then. Exports that they wrote: each is
//! imported, and what it makes is what the folder holds. Lives lived anew: the audit tells of them in the same bytes.
//!
//! `folders/` holds, packed, the data folder of a board's whole life as each version left it: every kind of record is in it. A
//! folder comes stopped and killed; the answers that the version gave about the stopped one lie beside it, and its export.
//! `before-21` was saved by commit d1a4c5e, `after-21` by 3911f97, `after-22` by 905921c. The next one is saved by
//!
//! `BANZHU_BIN=target/debug/banzhu BANZHU_FOLDER=after-23 cargo test --test upgrade -- --ignored save_a_folder`
//!
//! with the binary of the commit in question: it is driven by HTTP and by commands alone.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod board;
mod conversion;
mod life;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use banzhu::store::{export_to, verify};
use board::{Board, Service};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use life::Lived;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The folders, with how many comments the stopped and the killed one hold.
const SAVED: [(&str, u64, u64); 3] = [
    ("before-21", 84, 84),
    ("after-21", 76, 96),
    ("after-22", 76, 96),
];
/// The folders in which the audit tells of every action, and its actions.
const WHOLE: [&str; 2] = ["after-21", "after-22"];
const ACTIONS: [&str; 53] = [
    "appeal.made",
    "article.stored",
    "case.claimed",
    "case.escalated",
    "case.noted",
    "case.opened",
    "case.released",
    "case.reopened",
    "case.sampled",
    "case.skipped",
    "case.taken-over",
    "case.withdrawn",
    "clock.accepted",
    "comment.came-along",
    "comment.edited",
    "comment.held",
    "comment.judged",
    "comment.let-go",
    "comment.rejudged",
    "comment.withdrawn",
    "comments.allowed",
    "comments.purged",
    "database.backed-up",
    "database.compacted",
    "erasure.finished",
    "key.created",
    "key.revoked",
    "member.erased",
    "report.made",
    "reporter.dismissed",
    "reporter.muted",
    "reporter.unmuted",
    "rulebook.accepted",
    "rulebook.loaded",
    "ruling.made",
    "ruling.undone",
    "sanction.laid",
    "sanction.lifted",
    "sanction.restored",
    "session.began",
    "session.ended",
    "session.ended-everywhere",
    "session.refused",
    "token.created",
    "token.revoked",
    "user.changed",
    "user.created",
    "user.deleted",
    "user.password-changed",
    "webhook.changed",
    "webhook.created",
    "webhook.removed",
    "webhook.replayed",
];
/// The kinds of lines in an export, all of which a saved folder fills.
const KINDS: [&str; 29] = [
    "export",
    "state",
    "comment",
    "revision",
    "article",
    "case",
    "subject",
    "ruling",
    "audit_entry",
    "idempotent_answer",
    "user",
    "api_key",
    "token",
    "session",
    "member",
    "report",
    "reporter",
    "appeal",
    "note",
    "event",
    "fan_out",
    "sample",
    "tagged_comment",
    "daily_count",
    "webhook",
    "webhook_delivery",
    "erasure",
    "kept_file",
    "end",
];

/// What an earlier version answered.
#[derive(Serialize, Deserialize)]
struct Then {
    secrets: Secrets,
    /// By path.
    answers: BTreeMap<String, Value>,
}

#[derive(Serialize, Deserialize)]
struct Secrets {
    admin_token: String,
}

/// What moves with the time that has passed since, or is wording; everything else is as it was.
const MAY_DIFFER: [&str; 19] = [
    "appeal_until",
    "appealable",
    "claim",
    "last_used_at",
    "lag_seconds",
    "live",
    "member_record",
    "member_standing",
    "name",
    "notice",
    "priority",
    "priority_parts",
    "proposed_sanction",
    "sanctions",
    "standing",
    "status",
    "strike_count",
    "strikes",
    "until",
];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/folders")
        .join(name)
}

/// What one of the files holds.
fn unpacked_file(name: &str) -> Vec<u8> {
    let packed = fs::File::open(folder(&format!("{name}.gz"))).unwrap();
    let mut bytes = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
    bytes
}

fn unpacked(name: &str) -> tempfile::TempDir {
    let (dir, packed) = (
        tempfile::tempdir().unwrap(),
        unpacked_file(&format!("{name}.tar")),
    );
    tar::Archive::new(&*packed).unpack(dir.path()).unwrap();
    dir
}

/// All that was answered is answered still; more may be said now.
fn differences(at: &str, then: &Value, now: &Value, found: &mut Vec<String>) {
    match (then, now) {
        (Value::Object(then), Value::Object(now)) => {
            for (name, then) in then {
                if !MAY_DIFFER.contains(&name.as_str()) {
                    let now = now.get(name).unwrap_or(&Value::Null);
                    differences(&format!("{at}/{name}"), then, now, found);
                }
            }
        }
        // Codes are never taken away, and new ones come last; of a member's comments more are shown.
        (Value::Array(then), Value::Array(now))
            if then.len() == now.len() || (may_grow(at) && then.len() < now.len()) =>
        {
            for (index, (then, now)) in then.iter().zip(now).enumerate() {
                differences(&format!("{at}/{index}"), then, now, found);
            }
        }
        _ if then == now => {}
        _ => found.push(format!("{at}: {then} has become {now}")),
    }
}

/// Whether a list may have become longer at its end.
fn may_grow(at: &str) -> bool {
    at == "/v1/codes/items" || at.ends_with("/member_comments")
}

/// Serves a folder, with nothing running beside it that would change what it answers.
fn serve(data: &Path) -> Service {
    let mut command = Command::new(env!("CARGO_BIN_EXE_banzhu"));
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .env("BANZHU_LOG_LEVEL", "error")
        .env("BANZHU_WATCH", "false")
        .env("BANZHU_RETENTION_PURGE", "false")
        .env("BANZHU_WEBHOOKS_ALLOW_HOSTS", "127.0.0.1");
    Service::started(command)
}

/// How long what the folder left to be told may take.
const SETTLED_MAX: Duration = Duration::from_secs(20);

/// What the version answered about its folder is answered about this one, once what was under way is done.
async fn check_answers(name: &str, data: &Path) {
    let then: Then =
        serde_json::from_slice(&unpacked_file(&format!("{name}-stopped.answers.json"))).unwrap();
    assert!(then.answers.len() > 100);
    let service = serve(data);
    banzhu::notify::choose_tls();
    let begun = Instant::now();
    loop {
        let found = changed_answers(&service, &then).await;
        if found.is_empty() {
            return;
        }
        assert!(begun.elapsed() < SETTLED_MAX, "{}", found.join("\n"));
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// A page of the audit that begins with the folder's conversion ends one entry earlier than then.
fn without_conversion(then: &mut Value, now: &mut Value) {
    let Some(items) = now["items"].as_array_mut() else {
        return;
    };
    let before = items.len();
    items.retain(|entry| entry["action"] != "store.converted");
    if let Some(then_items) = then["items"].as_array_mut()
        && items.len() < before
    {
        then_items.truncate(items.len());
        then["next_cursor"] = now["next_cursor"].clone();
    }
}

async fn changed_answers(service: &Service, then: &Then) -> Vec<String> {
    let client = reqwest::Client::new();
    let mut found = Vec::new();
    for (path, answer) in &then.answers {
        let asked = client
            .get(format!("{}{path}", service.url))
            .bearer_auth(&then.secrets.admin_token);
        let response = asked.send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        let (mut then, mut now) = (answer.clone(), response.json().await.unwrap());
        without_conversion(&mut then, &mut now);
        differences(path, &then, &now, &mut found);
    }
    found
}

fn check_sound(name: &str, comments: u64) {
    let dir = unpacked(name);
    let is_sound = || {
        let report = verify(dir.path()).unwrap();
        assert!(report.findings.is_empty(), "{name}: {:#?}", report.findings);
        assert_eq!(
            (report.comments, report.audit_entries > 200),
            (comments, true),
            "{name}"
        );
    };
    is_sound();
    // Opened, upgraded where it has to be, stopped: sound again.
    serve(dir.path()).stop();
    is_sound();
}

#[test]
fn a_folder_that_was_stopped_is_sound() {
    for (name, comments, _) in SAVED {
        check_sound(&format!("{name}-stopped"), comments);
    }
}

#[test]
fn a_folder_that_was_killed_is_sound() {
    for (name, _, comments) in SAVED {
        check_sound(&format!("{name}-killed"), comments);
    }
}

#[tokio::test]
async fn a_folder_answers_as_it_did() {
    for (name, ..) in SAVED {
        check_answers(name, unpacked(&format!("{name}-stopped")).path()).await;
    }
}

/// All records of a folder, one a line.
fn records(data: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    export_to(data, &mut lines, &|_| {}).unwrap();
    let lines = String::from_utf8(lines).unwrap();
    lines.lines().map(str::to_owned).collect()
}

/// The export that a version wrote of its folder.
fn saved_export(name: &str) -> String {
    String::from_utf8(unpacked_file(&format!("{name}-stopped.export.ndjson"))).unwrap()
}

/// A folder made of a stored export.
fn imported(name: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("all.ndjson");
    fs::write(&file, saved_export(name)).unwrap();
    let imported = Command::new(env!("CARGO_BIN_EXE_banzhu"))
        .args(["import", "--data"])
        .args([&dir.path().join("data"), &file])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&imported.stderr);
    assert!(imported.status.success(), "{name}: {told}");
    dir
}

#[tokio::test]
async fn an_export_is_imported_and_makes_what_the_folder_holds() {
    for (name, ..) in SAVED {
        let (dir, kept) = (imported(name), unpacked(&format!("{name}-stopped")));
        let there = dir.path().join("data");
        let report = verify(&there).unwrap();
        assert!(report.findings.is_empty(), "{:#?}", report.findings);
        assert_eq!(report, verify(kept.path()).unwrap());
        let (moved, kept) = (records(&there), records(kept.path()));
        for (moved, kept) in moved.iter().zip(&kept) {
            assert_eq!(moved, kept);
        }
        let lines = saved_export(name).lines().count();
        assert_eq!((moved.len(), kept.len()), (lines, lines));
        check_answers(name, &there).await;
    }
}

/// The entries of the audit in an export, each with its hash and the bytes that were hashed.
fn audit_of<'l>(lines: impl IntoIterator<Item = &'l str>) -> Vec<Value> {
    let lines = lines.into_iter();
    lines
        .filter(|line| line.contains(r#""kind":"audit_entry""#))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn action(entry: &Value) -> &str {
    entry["entry"]["event"]["action"].as_str().unwrap()
}

/// What the audit covers is bytes: an entry of each action, the digests of revisions and of later decisions among them. The
/// entries that are read from the folder give the bytes that were hashed when they were written, and so the same hash.
#[test]
fn every_action_keeps_the_bytes_that_were_hashed() {
    for name in WHOLE {
        let export = saved_export(name);
        let then = audit_of(export.lines());
        let lines = records(unpacked(&format!("{name}-stopped")).path());
        let now = audit_of(lines.iter().map(String::as_str));
        for (then, now) in then.iter().zip(&now) {
            for field in ["entry", "hashed", "hash", "previous_hash"] {
                assert_eq!(now[field], then[field], "{name}: {}", action(then));
            }
        }
        assert_eq!(now.len(), then.len());
        let actions: BTreeSet<&str> = then.iter().map(action).collect();
        assert_eq!(actions, BTreeSet::from(ACTIONS));
        let kinds = kinds_of(&export);
        assert_eq!(kinds, BTreeSet::from(KINDS.map(str::to_owned)));
    }
}

/// The rows of a folder's database by tree.
fn rows(data: &Path) -> BTreeMap<String, BTreeMap<Vec<u8>, Vec<u8>>> {
    let entries = fs::read_dir(data).unwrap().map(|entry| entry.unwrap());
    let is_database = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with("db");
    let database = entries.filter(is_database).last().unwrap().path();
    let db = sled::open(database).unwrap();
    let trees = db.tree_names().into_iter();
    trees
        .map(|name| {
            let tree = db.open_tree(&name).unwrap();
            let rows = tree.iter().map(|row| row.unwrap());
            let rows = rows.map(|(key, value)| (key.to_vec(), value.to_vec()));
            (String::from_utf8_lossy(&name).into_owned(), rows.collect())
        })
        .collect()
}

/// Actions of which the audit tells a time or a size.
const CHANCE: [&str; 4] = [
    "clock.accepted",
    "database.backed-up",
    "database.compacted",
    "reporter.muted",
];

/// An entry of the audit without what differs from life to life: times, ids, digests, sizes.
fn steady(entry: &Value) -> String {
    let mut event = entry["entry"]["event"].clone();
    event.as_object_mut().unwrap().remove("at");
    if CHANCE.contains(&action(entry)) {
        let fields = event.as_object_mut().unwrap();
        fields.retain(|field, _| !["from", "to"].contains(&&**field));
    }
    let words = &entry["entry"]["words"]["text"]["said"];
    let told = format!("{event} {words}");
    let is_chance =
        |word: &&str| word.len() >= 16 && word.chars().all(|c| c.is_ascii_alphanumeric());
    let mut words: Vec<&str> = told
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(is_chance)
        .collect();
    words.sort_unstable();
    words.dedup();
    words
        .iter()
        .fold(told.clone(), |told, word| told.replace(word, "#"))
}

/// How often each entry stands in an audit.
type Counts = BTreeMap<String, usize>;

fn counted(entries: &[Value]) -> Counts {
    let mut counts = BTreeMap::new();
    for entry in entries {
        *counts.entry(steady(entry)).or_default() += 1;
    }
    counts
}

/// The same life, lived by this version, stands in the audit in the same words as then: what the hashes cover is what it was.
#[tokio::test]
async fn a_life_lived_today_is_told_as_it_was() {
    let Some(Lived { board, .. }) = life::live(Path::new(env!("CARGO_BIN_EXE_banzhu"))).await
    else {
        println!("faketime is not there: no life is lived");
        return;
    };
    assert!(verify(&board.data()).unwrap().findings.is_empty());
    let lines = records(&board.data());
    let now = counted(&audit_of(lines.iter().map(String::as_str)));
    for name in WHOLE {
        let export = saved_export(name);
        let then = counted(&audit_of(export.lines()));
        let differs = |these: &Counts, those: &Counts| -> Vec<String> {
            let other = these
                .iter()
                // Which case is the most pressing: the order of the queue is another since.
                .filter(|(words, _)| !words.contains(r#""action":"case.claimed""#))
                .filter(|(words, times)| those.get(*words) != Some(times));
            other.map(|(words, _)| words.clone()).collect()
        };
        let (gone, new) = (differs(&then, &now), differs(&now, &then));
        assert!(
            gone.is_empty() && new.is_empty(),
            "{name}: {gone:#?} {new:#?}"
        );
    }
}

/// The paths of all that a folder's records can be asked for.
fn paths_of(export: &str) -> BTreeSet<String> {
    let mut paths: BTreeSet<String> = ["/v1/users", "/v1/keys", "/v1/tokens", "/v1/webhooks"]
        .map(str::to_owned)
        .into();
    for line in export.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let kind = record["kind"].as_str().unwrap();
        let record = record.get(kind).unwrap_or(&record);
        let Some(id) = record["id"].as_str() else {
            continue;
        };
        match kind {
            "comment" | "article" | "case" | "report" | "appeal" => {
                paths.insert(format!("/v1/{kind}s/{id}"));
            }
            "member" => {
                paths.insert(format!("/v1/members/{id}"));
                paths.insert(format!("/v1/members/{id}/history"));
            }
            _ => {}
        }
        if kind == "report" {
            let reporter = record["reporter_id"].as_str().unwrap();
            paths.insert(format!("/v1/reports?reporter_id={reporter}"));
        }
    }
    paths
}

/// Which kinds of records an export holds.
fn kinds_of(export: &str) -> BTreeSet<String> {
    let kind = |line: &str| {
        let record: Value = serde_json::from_str(line).unwrap();
        record["kind"].as_str().unwrap().to_owned()
    };
    export.lines().map(kind).collect()
}

/// What is answered about a folder, once what was under way is done.
async fn answers_of(board: &mut Board, export: &str) -> Then {
    board.start(0, &[]);
    board.until_quiet().await;
    let mut answers = BTreeMap::new();
    for path in paths_of(export) {
        let answer = board.get(&path).await;
        answers.insert(path, answer);
    }
    board.stop();
    let admin_token = board.secrets.admin.clone();
    Then {
        secrets: Secrets { admin_token },
        answers,
    }
}

fn save(name: &str, bytes: &[u8]) {
    let file = fs::File::create(folder(&format!("{name}.gz"))).unwrap();
    let mut packed = GzEncoder::new(file, Compression::best());
    packed.write_all(bytes).unwrap();
    println!(
        "{name}: {} bytes",
        packed.finish().unwrap().metadata().unwrap().len()
    );
}

fn packed(data: &Path) -> Vec<u8> {
    let clean = tempfile::tempdir().unwrap();
    life::copy(data, clean.path());
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_dir_all("", clean.path()).unwrap();
    archive.into_inner().unwrap()
}

#[tokio::test]
#[ignore = "saves a folder; the binary and the folder's name come from the environment"]
async fn save_a_folder() {
    let binary = fs::canonicalize(env::var("BANZHU_BIN").unwrap()).unwrap();
    let name = env::var("BANZHU_FOLDER").unwrap();
    let lived = life::live(&binary).await.expect("faketime is there");
    let Lived { mut board, killed } = lived;
    save(&format!("{name}-stopped.tar"), &packed(&board.data()));
    save(&format!("{name}-killed.tar"), &packed(killed.path()));
    board.run(&["export", "all.ndjson"]);
    let export = fs::read_to_string(board.path().join("all.ndjson")).unwrap();
    save(&format!("{name}-stopped.export.ndjson"), export.as_bytes());
    assert_eq!(kinds_of(&export), BTreeSet::from(KINDS.map(str::to_owned)));
    let answers = answers_of(&mut board, &export).await;
    save(
        &format!("{name}-stopped.answers.json"),
        &serde_json::to_vec_pretty(&json!(answers)).unwrap(),
    );
}
