//! Backup and restore: a copy that stands at one commit, made while the service works, and a folder made of it, whole or not
//! at all. Export and import: every record as a line of JSON, and back.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use banzhu::store::{CopyFailure, VerifyReport, export_to, import_from, verify};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

fn banzhu(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_banzhu"));
    command
        .current_dir(dir)
        .env("BANZHU_PASSWORD_MEMORY_KIB", "64")
        .env("BANZHU_RETENTION_PURGE", "false")
        .env("BANZHU_LOG_LEVEL", "warn");
    command
}

fn run(dir: &Path, arguments: &[&str]) -> Output {
    banzhu(dir).args(arguments).output().unwrap()
}

fn done(dir: &Path, arguments: &[&str]) -> String {
    let output = run(dir, arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {told}");
    String::from_utf8(output.stdout).unwrap()
}

/// The command is refused with exit code 1, and says this.
fn check_refused(dir: &Path, arguments: &[&str], says: &str) {
    let output = run(dir, arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {told}");
    assert!(told.contains(says), "{arguments:?}: {told}");
}

/// The folder of a board's whole life, stopped: every kind of record is in it.
fn board_life(to: &Path) -> PathBuf {
    unpacked("before-21-stopped", to)
}

fn unpacked(name: &str, to: &Path) -> PathBuf {
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/folders/{name}.tar.gz"));
    let data = to.join("data");
    let packed = flate2::read::GzDecoder::new(fs::File::open(packed).unwrap());
    tar::Archive::new(packed).unpack(&data).unwrap();
    // It was saved long ago, and that is no jump of the clock.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = i64::try_from(now.unwrap().as_millis()).unwrap();
    let now = banzhu::time::Timestamp::from_ms(now);
    fs::write(data.join("clock"), now.to_string()).unwrap();
    data
}

fn sound(dir: &Path) -> VerifyReport {
    let report = verify(dir).unwrap();
    assert_eq!(report.findings, [], "{}", dir.display());
    report
}

struct Service {
    child: Child,
    url: String,
    key: String,
}

impl Service {
    fn start(dir: &Path) -> Self {
        let key = done(dir, &["key", "new", "--scopes", "moderate,read"]);
        let mut child = banzhu(dir)
            .args(["serve", "--listen", ":0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines.find_map(|line| {
            let line = line.unwrap();
            line.strip_prefix("listening on ").map(str::to_owned)
        });
        Self {
            child,
            url: url.unwrap(),
            key: key.trim().to_owned(),
        }
    }

    fn stop(mut self) {
        let pid = self.child.id().to_string();
        Command::new("kill").arg(pid).status().unwrap();
        assert!(self.child.wait().unwrap().success());
    }

    /// Posts until it is told to stop; counts what was acknowledged.
    fn keep_posting(
        &self,
        name: &'static str,
        posted: Arc<AtomicU32>,
        over: Arc<AtomicBool>,
    ) -> tokio::task::JoinHandle<()> {
        let (url, key) = (format!("{}/v1/moderations", self.url), self.key.clone());
        tokio::spawn(async move {
            let client = reqwest::Client::new();
            while !over.load(Ordering::Relaxed) {
                let number = posted.load(Ordering::Relaxed);
                let comment = serde_json::json!({
                    "comment_id": format!("{name}-{number}"),
                    "member": {"id": format!("m-{}", number % 7), "nickname": "阿明"},
                    "body": format!("第{number}篇，{}", "祝大家早安".repeat(number as usize % 400)),
                });
                let sent = client
                    .post(&url)
                    .bearer_auth(&key)
                    .json(&comment)
                    .send()
                    .await;
                if sent.is_ok_and(|answer| answer.status() == 200) {
                    posted.fetch_add(1, Ordering::Relaxed);
                } else {
                    return;
                }
            }
        })
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Every file below a folder, by its path from there on.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn install_crypto() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

#[test]
fn a_stopped_folder_is_backed_up_and_restored() {
    let dir = tempfile::tempdir().unwrap();
    let data = board_life(dir.path());
    // The first command that opens this folder converts it.
    done(dir.path(), &["user", "list"]);
    let before = sound(&data);
    let told = done(dir.path(), &["backup", "saved"]);
    assert!(told.contains("commit"), "{told}");
    let saved = dir.path().join("saved");
    let kept = files(&saved);
    for file in &kept {
        let mode = fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
    // Looking at a backup changes nothing of it.
    let report = sound(&saved);
    assert_eq!(report, before);
    assert_eq!(files(&saved), kept);
    assert!(saved.join("rulebook/counter").is_file());
    check_refused(
        dir.path(),
        &["serve", "--listen", ":0", "--data", "saved"],
        "is a backup",
    );
    check_refused(dir.path(), &["restore", "saved"], "holds something already");
    done(dir.path(), &["restore", "saved", "--data", "again"]);
    let again = dir.path().join("again");
    assert!(!again.join("backup.json").exists());
    assert!(again.join("rulebook/counter").is_file());
    assert_eq!(sound(&again), before);
    // The audit of the folder that was backed up tells of it.
    assert_eq!(sound(&data).audit_entries, before.audit_entries + 1);
    assert!(!dir.path().join("saved.partial").exists());
    assert!(!dir.path().join("again.partial").exists());
}

#[test]
fn a_backup_goes_to_a_free_place_only() {
    let dir = tempfile::tempdir().unwrap();
    board_life(dir.path());
    fs::create_dir(dir.path().join("letters")).unwrap();
    fs::write(dir.path().join("letters/one"), "dear").unwrap();
    check_refused(
        dir.path(),
        &["backup", "letters"],
        "holds something already",
    );
    check_refused(
        dir.path(),
        &["backup", "letters/one"],
        "holds something already",
    );
    check_refused(
        dir.path(),
        &["backup", "data/saved"],
        "within the data folder",
    );
    check_refused(dir.path(), &["backup", "nowhere/saved"], "nowhere");
    check_refused(
        dir.path(),
        &["backup", "new", "--data", "missing"],
        "no database",
    );
    assert!(!dir.path().join("missing").exists());
    check_refused(
        dir.path(),
        &["restore", "letters", "--data", "new"],
        "is no backup",
    );
    assert!(!dir.path().join("new").exists());
    fs::create_dir(dir.path().join("empty")).unwrap();
    done(dir.path(), &["backup", "empty"]);
    sound(&dir.path().join("empty"));
}

#[test]
fn a_damaged_backup_is_named_and_never_placed() {
    let dir = tempfile::tempdir().unwrap();
    board_life(dir.path());
    done(dir.path(), &["backup", "saved"]);
    let saved = dir.path().join("saved");
    let target = dir.path().join("again");
    let check = |what: &str| {
        check_refused(
            dir.path(),
            &["restore", "saved", "--data", "again"],
            "is damaged",
        );
        assert!(
            !target.exists() && !dir.path().join("again.partial").exists(),
            "{what}"
        );
        assert_eq!(
            run(dir.path(), &["verify", "--data", "saved"])
                .status
                .code(),
            Some(1),
            "{what}"
        );
    };
    for file in files(&saved) {
        let whole = fs::read(&file).unwrap();
        if whole.is_empty() {
            continue;
        }
        let name = file.display().to_string();
        if !name.ends_with("backup.json") {
            let mut flipped = whole.clone();
            flipped[whole.len() / 2] ^= 0x41;
            fs::write(&file, flipped).unwrap();
            check(&name);
        }
        fs::write(&file, &whole[..whole.len() / 2]).unwrap();
        check(&name);
        fs::write(&file, whole).unwrap();
    }
    done(dir.path(), &["restore", "saved", "--data", "again"]);
}

#[tokio::test]
async fn a_backup_made_while_comments_come_in_stands_at_one_commit() {
    install_crypto();
    let dir = tempfile::tempdir().unwrap();
    board_life(dir.path());
    let service = Service::start(dir.path());
    let (posted, over) = (
        Arc::new(AtomicU32::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let posting = service.keep_posting("new", Arc::clone(&posted), Arc::clone(&over));
    for round in 0..4 {
        let until = posted.load(Ordering::Relaxed) + 20;
        while posted.load(Ordering::Relaxed) < until {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let (name, path) = (format!("saved-{round}"), dir.path().to_owned());
        let backup = tokio::task::spawn_blocking(move || {
            if round == 2 {
                // and while the database is copied in its own folder
                let mut compact = banzhu(&path).arg("compact").spawn().unwrap();
                done(&path, &["backup", &name]);
                assert!(compact.wait().unwrap().success());
            } else {
                done(&path, &["backup", &name]);
            }
        });
        backup.await.unwrap();
        let saved = dir.path().join(format!("saved-{round}"));
        assert!(sound(&saved).comments >= u64::from(until), "round {round}");
    }
    over.store(true, Ordering::Relaxed);
    posting.await.unwrap();
    service.stop();
    sound(&dir.path().join("data"));
    // What was acknowledged before the backup began is in it, and the restored folder is served.
    done(dir.path(), &["restore", "saved-3", "--data", "again"]);
    fs::rename(dir.path().join("data"), dir.path().join("left")).unwrap();
    fs::rename(dir.path().join("again"), dir.path().join("data")).unwrap();
    let service = Service::start(dir.path());
    let first = format!("{}/v1/comments/new-0", service.url);
    let answer = reqwest::Client::new()
        .get(first)
        .bearer_auth(&service.key)
        .send();
    assert_eq!(answer.await.unwrap().status(), 200);
    service.stop();
}

#[tokio::test]
async fn a_backup_that_was_interrupted_is_named_so_and_made_anew() {
    install_crypto();
    let dir = tempfile::tempdir().unwrap();
    board_life(dir.path());
    let mut service = Service::start(dir.path());
    let partial = dir.path().join("saved.partial");
    let mut backup = banzhu(dir.path())
        .args(["backup", "saved"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while !partial.join("db").exists() && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_micros(200));
    }
    service.child.kill().unwrap();
    service.child.wait().unwrap();
    assert!(!backup.wait().unwrap().success());
    assert!(partial.exists() && !dir.path().join("saved").exists());
    check_refused(
        dir.path(),
        &["restore", "saved.partial", "--data", "again"],
        "is no backup",
    );
    done(dir.path(), &["backup", "saved"]);
    assert!(!partial.exists());
    sound(&dir.path().join("saved"));
}

/// Whoever asked has gone away: nothing is left of it.
#[tokio::test]
async fn a_backup_that_nobody_waits_for_is_given_up() {
    install_crypto();
    let dir = tempfile::tempdir().unwrap();
    board_life(dir.path());
    let service = Service::start(dir.path());
    let (partial, whole) = (dir.path().join("saved.partial"), dir.path().join("saved"));
    let mut socket =
        std::os::unix::net::UnixStream::connect(dir.path().join("data/control.sock")).unwrap();
    let ask = serde_json::json!({"ask": "backup", "to": whole});
    writeln!(socket, "{ask}").unwrap();
    while !partial.exists() && !whole.exists() {
        std::thread::sleep(Duration::from_micros(200));
    }
    drop(socket);
    let begun = Instant::now();
    while partial.exists() && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(!partial.exists());
    // The next one goes well, whether this one was given up or had ended already.
    done(dir.path(), &["backup", "next"]);
    service.stop();
    sound(&dir.path().join("next"));
}

fn exported(dir: &Path) -> String {
    let mut lines = Vec::new();
    export_to(dir, &mut lines, &|_| {}).unwrap();
    String::from_utf8(lines).unwrap()
}

/// The last line, written anew for what stands before it.
fn resealed(lines: &[String]) -> String {
    let (mut text, mut counts) = (String::new(), serde_json::Map::new());
    for (at, line) in lines.iter().enumerate() {
        let record: Value = serde_json::from_str(line).unwrap_or_default();
        if let Some(kind) = record["kind"].as_str().filter(|_| at > 0) {
            let count = counts.get(kind).and_then(Value::as_u64).unwrap_or(0);
            counts.insert(kind.to_owned(), Value::from(count + 1));
        }
        text.push_str(line);
        text.push('\n');
    }
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(&text));
    let end = serde_json::json!({"v": 1, "kind": "end", "counts": counts, "sha256": hash});
    format!("{text}{end}\n")
}

#[test]
fn every_record_comes_out_and_goes_in() {
    for name in [
        "before-21-stopped",
        "before-21-killed",
        "after-21-stopped",
        "after-21-killed",
        "after-22-stopped",
        "after-22-killed",
    ] {
        let dir = tempfile::tempdir().unwrap();
        let data = unpacked(name, dir.path());
        let first = exported(&data);
        let there = dir.path().join("there");
        let totals = import_from(&mut first.as_bytes(), &there, &|_| {}).unwrap();
        assert_eq!(sound(&there), sound(&data), "{name}");
        assert_eq!(exported(&there), first, "{name}: byte for byte");
        assert_eq!(totals.records(), first.lines().count() as u64 - 2);
        let counts: Value = serde_json::from_str(first.lines().last().unwrap()).unwrap();
        for kind in totals.counts.keys() {
            assert_eq!(counts["counts"][kind], totals.counts[kind], "{kind}");
        }
        // The older ones hold no erasure, nothing to be told to many, no second look to come.
        let later = ["erasure", "fan_out", "sample"];
        let missing: Vec<&str> = [
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
            "tagged_comment",
            "daily_count",
            "webhook",
            "webhook_delivery",
            "kept_file",
        ]
        .into_iter()
        .chain(later.into_iter().filter(|_| name.starts_with("after")))
        .filter(|kind| !totals.counts.contains_key(*kind))
        .collect();
        assert_eq!(
            missing, [""; 0],
            "{name}: a folder with every kind of record"
        );
    }
}

/// What was exported once is exported still, by the same names; more may be said now. So who reads exports need not look again.
#[test]
fn the_format_stays_as_it_is() {
    fn differences(at: &str, then: &Value, now: &Value, found: &mut Vec<String>) {
        match (then, now) {
            (Value::Object(then), Value::Object(now)) => {
                // the version only says that there may be more
                for (name, then) in then.iter().filter(|(name, _)| *name != "v") {
                    let now = now.get(name).unwrap_or(&Value::Null);
                    differences(&format!("{at}/{name}"), then, now, found);
                }
            }
            (Value::Array(then), Value::Array(now)) if then.len() == now.len() => {
                for (index, (then, now)) in then.iter().zip(now).enumerate() {
                    differences(&format!("{at}/{index}"), then, now, found);
                }
            }
            _ if then == now => {}
            _ => found.push(format!("{at}: {then} has become {now}")),
        }
    }
    let mut found = Vec::new();
    for name in ["before-21-stopped", "after-21-stopped", "after-22-stopped"] {
        let packed = format!("tests/folders/{name}.export.ndjson.gz");
        let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join(packed);
        let packed = flate2::read::GzDecoder::new(fs::File::open(packed).unwrap());
        let then: Vec<String> = BufReader::new(packed).lines().map(Result::unwrap).collect();
        let dir = tempfile::tempdir().unwrap();
        let now = exported(&unpacked(name, dir.path()));
        let now: Vec<&str> = now.lines().collect();
        assert_eq!(then.len(), now.len(), "{name}");
        // The last line's hash is over what may have become more; the first names the program.
        let records = 1..then.len() - 1;
        for (then, now) in then[records.clone()].iter().zip(&now[records]) {
            let (then, now): (Value, Value) = (
                serde_json::from_str(then).unwrap(),
                serde_json::from_str(now).unwrap(),
            );
            differences(then["kind"].as_str().unwrap(), &then, &now, &mut found);
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// However a command ends, its folder is there whole or it is not there; and the next one goes well.
#[test]
fn a_command_that_is_killed_leaves_nothing_half() {
    let dir = tempfile::tempdir().unwrap();
    board_life(dir.path());
    done(dir.path(), &["backup", "saved"]);
    done(dir.path(), &["export", "all.ndjson"]);
    let commands: [(&[&str], &str); 4] = [
        (&["backup", "again"], "again"),
        (&["restore", "saved", "--data", "restored"], "restored"),
        (&["import", "all.ndjson", "--data", "moved"], "moved"),
        (&["export", "next.ndjson"], "next.ndjson"),
    ];
    for (command, made) in commands {
        let made = dir.path().join(made);
        let begun = Instant::now();
        done(dir.path(), command);
        let whole = begun.elapsed();
        let check = |place: &str| {
            if made.is_dir() {
                sound(&made);
                fs::remove_dir_all(&made).unwrap();
            } else if made.exists() {
                let text = fs::read_to_string(&made).unwrap();
                assert!(
                    text.lines().last().unwrap().contains("\"kind\":\"end\""),
                    "{place}"
                );
                fs::remove_file(&made).unwrap();
            }
        };
        check("whole");
        for part in 1..4 {
            let mut killed = banzhu(dir.path())
                .args(command)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(whole * part / 4);
            killed.kill().unwrap();
            killed.wait().unwrap();
            check(&format!("{command:?}, killed at {part} of 4"));
        }
        done(dir.path(), command);
        check("again");
    }
    sound(&dir.path().join("data"));
    sound(&dir.path().join("saved"));
}

/// Names in an export are those of the records; the engine below is nobody's business.
#[test]
fn an_export_speaks_of_no_engine() {
    fn names(value: &Value, found: &mut std::collections::BTreeSet<String>) {
        match value {
            Value::Object(fields) => fields.iter().for_each(|(name, value)| {
                found.insert(name.clone());
                names(value, found);
            }),
            Value::Array(items) => items.iter().for_each(|item| names(item, found)),
            _ => {}
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let mut found = std::collections::BTreeSet::new();
    for line in exported(&board_life(dir.path())).lines() {
        names(&serde_json::from_str(line).unwrap(), &mut found);
    }
    assert!(found.len() > 100);
    for name in found.iter().filter(|name| name.parse::<u16>().is_err()) {
        let is_snake = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '_';
        assert!(name.chars().all(is_snake), "{name}");
        for word in ["sled", "tree", "row", "postcard", "key_bytes"] {
            assert!(!name.split('_').any(|part| part == word), "{name}");
        }
    }
}

/// A line that was changed, with a last line that fits it: what must hold is looked at record by record.
#[test]
fn what_was_tampered_with_is_not_imported() {
    let dir = tempfile::tempdir().unwrap();
    let text = exported(&board_life(dir.path()));
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let lines = &lines[..lines.len() - 1];
    let target = dir.path().join("there");
    let of_kind = |kind: &str| {
        let wanted = format!("\"kind\":\"{kind}\"");
        lines
            .iter()
            .position(|line| line.contains(&wanted))
            .unwrap()
    };
    let check = |lines: &[String], says: &str| {
        let refused = import_from(&mut resealed(lines).as_bytes(), &target, &|_| {});
        let told = match refused {
            Err(CopyFailure::Lines { faults }) => faults,
            other => panic!("{says}: {other:?}"),
        };
        assert!(told.contains(says), "{says}: {told}");
        assert!(!target.exists() && !dir.path().join("there.partial").exists());
    };
    let changed = |kind: &str, change: &dyn Fn(&mut Value)| {
        let mut lines = lines.to_vec();
        let at = of_kind(kind);
        let mut record: Value = serde_json::from_str(&lines[at]).unwrap();
        change(&mut record);
        lines[at] = record.to_string();
        (at + 1, lines)
    };
    let (at, other) = changed("audit_entry", &|line| {
        line["entry"]["event"]["action"] = "key.revoked".into()
    });
    check(&other, &format!("{at}: the entry is not the one"));
    let (at, other) = changed("audit_entry", &|line| line["hash"] = "0".repeat(64).into());
    check(&other, &format!("{at}: the hash is not"));
    let (at, other) = changed("comment", &|line| {
        line["comment"]["newest_revision"]["verified"] = true.into()
    });
    check(
        &other,
        &format!("{at}: comment /comment/newest_revision/hashed: is not what was hashed"),
    );
    let (at, other) = changed("case", &|line| line["severity"] = 9.into());
    check(&other, &format!("{at}: a case of a severity"));
    let (at, other) = changed("ruling", &|line| line["colour"] = "blue".into());
    check(&other, &format!("{at}: ruling /colour"));
    for path in ["rulebook/../mark", "/etc/passwd", "mark", "rulebook"] {
        let (at, other) = changed("kept_file", &|line| line["path"] = path.into());
        check(&other, &format!("{at}: no file is kept at {path}"));
    }
    let without = |kind: &str| {
        let mut lines = lines.to_vec();
        lines.remove(of_kind(kind));
        lines
    };
    check(&without("ruling"), "cases");
    check(&without("audit_entry"), "audit");
    check(&without("state"), "there is no line of the kind state");
    let mut twice = lines.to_vec();
    twice.push(lines[of_kind("note")].clone());
    check(&twice, "stands there twice");
    import_from(&mut resealed(lines).as_bytes(), &target, &|_| {}).unwrap();
}

#[tokio::test]
async fn a_running_service_is_exported_and_moves() {
    install_crypto();
    let dir = tempfile::tempdir().unwrap();
    board_life(dir.path());
    let service = Service::start(dir.path());
    let (posted, over) = (
        Arc::new(AtomicU32::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let posting = service.keep_posting("new", Arc::clone(&posted), Arc::clone(&over));
    while posted.load(Ordering::Relaxed) < 20 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let path = dir.path().to_owned();
    let made = tokio::task::spawn_blocking(move || done(&path, &["export", "all.ndjson"]));
    assert_eq!(made.await.unwrap(), "");
    over.store(true, Ordering::Relaxed);
    posting.await.unwrap();
    service.stop();
    let file = dir.path().join("all.ndjson");
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!dir.path().join("data/export-copy").exists());
    check_refused(dir.path(), &["export", "all.ndjson"], "exists already");
    check_refused(
        dir.path(),
        &["import", "all.ndjson"],
        "holds something already",
    );
    done(dir.path(), &["import", "all.ndjson", "--data", "there"]);
    let there = dir.path().join("there");
    assert!(sound(&there).comments >= sound(&dir.path().join("data")).comments.min(84 + 20));
    // A stopped folder and a backup of it are exported as they stand, through a pipe too.
    done(dir.path(), &["backup", "saved", "--data", "there"]);
    done(dir.path(), &["export", "saved.ndjson", "--data", "saved"]);
    let saved = fs::read_to_string(dir.path().join("saved.ndjson")).unwrap();
    assert_eq!(saved, fs::read_to_string(&file).unwrap());
    assert_eq!(done(dir.path(), &["export", "-", "--data", "saved"]), saved);
    let mut import = banzhu(dir.path())
        .args(["import", "-", "--data", "piped"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    import
        .stdin
        .take()
        .unwrap()
        .write_all(saved.as_bytes())
        .unwrap();
    assert!(import.wait().unwrap().success());
    sound(&dir.path().join("piped"));
    check_refused(
        dir.path(),
        &["export", "none.ndjson", "--data", "nowhere"],
        "no database",
    );
    assert!(!dir.path().join("nowhere").exists() && !dir.path().join("none.ndjson").exists());
}
