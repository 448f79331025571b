//! Folders that earlier versions saved: each opens, verifies, and answers as it did then. Exports that they wrote: each is
//! imported, and what it makes is what the folder holds.
//!
//! `folders/` holds, packed, the data folder of a board's whole life as each version left it: every kind of record is in it. A
//! folder comes stopped and killed; the answers that the version gave about the stopped one lie beside it, and its export.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use banzhu::store::{export_to, verify};
use flate2::read::GzDecoder;
use serde::Deserialize;
use serde_json::Value;

/// What an earlier version answered.
#[derive(Deserialize)]
struct Then {
    secrets: Secrets,
    /// By path.
    answers: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Secrets {
    admin_token: String,
}

/// What moves with the time that has passed since, or is wording; everything else is as it was.
const MAY_DIFFER: [&str; 17] = [
    "appeal_until",
    "appealable",
    "claim",
    "last_used_at",
    "live",
    "member_record",
    "member_standing",
    "name",
    "notice",
    "priority",
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

fn unpacked(name: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let packed = fs::File::open(folder(&format!("{name}.tar.gz"))).unwrap();
    tar::Archive::new(GzDecoder::new(packed))
        .unpack(dir.path())
        .unwrap();
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
        (Value::Array(then), Value::Array(now)) if then.len() == now.len() => {
            for (index, (then, now)) in then.iter().zip(now).enumerate() {
                differences(&format!("{at}/{index}"), then, now, found);
            }
        }
        _ if then == now => {}
        _ => found.push(format!("{at}: {then} has become {now}")),
    }
}

struct Service {
    child: Child,
    url: String,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves a folder, with nothing running beside it that would change it by itself.
fn serve(data: &Path) -> Service {
    let mut child = Command::new(env!("CARGO_BIN_EXE_banzhu"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .env("BANZHU_LOG_LEVEL", "error")
        .env("BANZHU_WATCH", "false")
        .env("BANZHU_RETENTION_PURGE", "false")
        .env("BANZHU_WEBHOOKS_ALLOW_HOSTS", "127.0.0.1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = lines
        .map(Result::unwrap)
        .find_map(|line| line.strip_prefix("listening on ").map(str::to_owned));
    let url = url.unwrap_or_else(|| panic!("the service did not start: {:?}", child.wait()));
    Service { child, url }
}

/// What the version answered about its folder is answered about this one.
async fn check_answers(name: &str, data: &Path) {
    let packed = fs::File::open(folder(&format!("{name}.answers.json.gz"))).unwrap();
    let then: Then = serde_json::from_reader(GzDecoder::new(packed)).unwrap();
    let service = serve(data);
    banzhu::notify::choose_tls();
    let client = reqwest::Client::new();
    let mut found = Vec::new();
    for (path, answer) in &then.answers {
        let response = client
            .get(format!("{}{path}", service.url))
            .bearer_auth(&then.secrets.admin_token)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200, "{path}");
        let now: Value = response.json().await.unwrap();
        differences(path, answer, &now, &mut found);
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(then.answers.len() > 100);
}

fn check_sound(name: &str) {
    let dir = unpacked(name);
    let report = verify(dir.path()).unwrap();
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    assert_eq!((report.comments, report.audit_entries > 200), (84, true));
    // Opened, upgraded where it has to be, stopped: sound again.
    let mut service = serve(dir.path());
    let stopped = Command::new("kill")
        .arg(service.child.id().to_string())
        .status();
    assert!(stopped.unwrap().success());
    assert!(service.child.wait().unwrap().success());
    let report = verify(dir.path()).unwrap();
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    assert_eq!(report.comments, 84);
}

#[test]
fn a_folder_that_was_stopped_is_sound() {
    check_sound("review-desk-stopped");
}

#[test]
fn a_folder_that_was_killed_is_sound() {
    check_sound("review-desk-killed");
}

#[tokio::test]
async fn a_folder_answers_as_it_did() {
    let name = "review-desk-stopped";
    check_answers(name, unpacked(name).path()).await;
}

/// All records of a folder, one a line.
fn records(data: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    export_to(data, &mut lines, &|_| {}).unwrap();
    let lines = String::from_utf8(lines).unwrap();
    lines.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn an_export_is_imported_and_makes_what_the_folder_holds() {
    let name = "review-desk-stopped";
    let dir = tempfile::tempdir().unwrap();
    let (file, there) = (dir.path().join("all.ndjson"), dir.path().join("there"));
    let packed = fs::File::open(folder(&format!("{name}.export.ndjson.gz"))).unwrap();
    let mut lines = String::new();
    GzDecoder::new(packed).read_to_string(&mut lines).unwrap();
    fs::write(&file, &lines).unwrap();
    let imported = Command::new(env!("CARGO_BIN_EXE_banzhu"))
        .args(["import", "--data"])
        .args([&there, &file])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&imported.stderr);
    assert!(imported.status.success(), "{told}");

    let kept = unpacked(name);
    let report = verify(&there).unwrap();
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    assert_eq!(report, verify(kept.path()).unwrap());
    let (moved, kept) = (records(&there), records(kept.path()));
    for (moved, kept) in moved.iter().zip(&kept) {
        assert_eq!(moved, kept);
    }
    assert_eq!(
        (moved.len(), kept.len()),
        (lines.lines().count(), moved.len())
    );
    check_answers(name, &there).await;
}
