//! Backup, restore: a copy that stands at one commit, made while the service works, and a folder made of it, whole or not
//! at all.
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

use banzhu::store::{VerifyReport, verify};

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
    let packed =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/folders/review-desk-stopped.tar.gz");
    let data = to.join("data");
    let packed = flate2::read::GzDecoder::new(fs::File::open(packed).unwrap());
    tar::Archive::new(packed).unpack(&data).unwrap();
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
