//! The real service, killed by strace at one file operation after another: while it starts, commits, copies its database, stops.
//! Each kill is followed by a start, which must find what was acknowledged.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::Mutex,
};

use serde_json::Value;

use super::{Service, check, client, comment, cuts::times, environment, short_lists, start, trace};

/// The calls at which it is killed.
const CALLS: [&str; 11] = [
    "openat",
    "mkdir",
    "write",
    "pwrite64",
    "rename",
    "renameat",
    "unlink",
    "unlinkat",
    "fsync",
    "fdatasync",
    "sync_file_range",
];

/// From where on it is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    /// A first start.
    Nothing,
    /// A start after a kill.
    Killed,
    /// While it serves: commits, a copy of the database, a stop.
    Serving,
    /// A start that converts a folder of the format before, left by a kill.
    Earlier,
}

/// A folder, the key to it, and what was acknowledged in it.
struct Template {
    dir: tempfile::TempDir,
    key: Option<String>,
    acknowledged: Vec<Value>,
}

/// A folder as the version before was killed in it.
fn earlier() -> Template {
    let saved = &include_bytes!("../folders/after-21-killed.tar.gz")[..];
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    tar::Archive::new(flate2::read::GzDecoder::new(saved))
        .unpack(data)
        .unwrap();
    Template {
        dir,
        key: None,
        acknowledged: Vec::new(),
    }
}

async fn template() -> Template {
    let dir = tempfile::tempdir().unwrap();
    short_lists(dir.path());
    let mut service = start(&dir.path().join("data"));
    let (key, mut acknowledged) = (service.key.take().unwrap(), Vec::new());
    for number in 0..5 {
        acknowledged.extend(post(&service.url, &key, number).await);
    }
    service.child.kill().unwrap();
    service.child.wait().unwrap();
    Template {
        dir,
        key: Some(key),
        acknowledged,
    }
}

async fn post(url: &str, key: &str, number: u64) -> Option<Value> {
    let request = client()
        .post(format!("{url}/v1/moderations"))
        .bearer_auth(key);
    let response = request.json(&comment(number)).send().await.ok()?;
    if response.status() != 200 {
        return None;
    }
    response.json().await.ok()
}

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copied(&entry.path(), &target);
        } else if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn serve(mut command: Command, data: &Path) -> (Child, Option<String>, Option<String>) {
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data);
    let mut child = environment(&mut command, data)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut url, mut key) = (None, None);
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let Ok(line) = line else { break };
        key = key.or(line.strip_prefix("key ").map(str::to_owned));
        url = line.strip_prefix("listening on ").map(str::to_owned);
        if url.is_some() {
            break;
        }
    }
    (child, url, key)
}

fn kill_at(call: &str, when: u64) -> Vec<String> {
    let inject = format!("inject={call}:signal=KILL:when={when}");
    [
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        &format!("trace={call}"),
        "-e",
        &inject,
    ]
    .map(str::to_owned)
    .to_vec()
}

/// Watches a process that runs already; comes back once it is watched.
fn watched(child: &Child, call: &str, when: u64) -> Child {
    let mut command = Command::new("strace");
    let with_words = kill_at(call, when).into_iter().filter(|word| word != "-qq");
    command
        .args(with_words)
        .args(["-p", &child.id().to_string()]);
    let mut strace = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let mut words = BufReader::new(strace.stderr.take().unwrap());
    words.read_line(&mut line).unwrap();
    assert!(line.contains("attached"), "{line}");
    std::thread::spawn(move || words.lines().for_each(drop));
    strace
}

/// One life with one kill in it. Whether it came to that.
async fn killed_at(template: &Template, from: From, call: &str, when: u64) -> bool {
    let dir = tempfile::tempdir().unwrap();
    short_lists(dir.path());
    let data = dir.path().join("data");
    let (mut key, mut acknowledged) = (None, Vec::new());
    if from != From::Nothing {
        copied(&template.dir.path().join("data"), &data);
        (key, acknowledged) = (template.key.clone(), template.acknowledged.clone());
    }
    let command = if from == From::Serving {
        Command::new(env!("CARGO_BIN_EXE_banzhu"))
    } else {
        let mut command = Command::new("strace");
        command
            .arg("-D")
            .args(kill_at(call, when))
            .arg(env!("CARGO_BIN_EXE_banzhu"));
        command
    };
    let (mut child, url, made) = serve(command, &data);
    key = key.or(made);
    let strace = (from == From::Serving).then(|| watched(&child, call, when));
    if let Some((url, key)) = url.as_ref().zip(key.as_ref()) {
        for number in 10..13 {
            acknowledged.extend(post(url, key, number).await);
        }
        if from == From::Serving {
            let mut compact = Command::new(env!("CARGO_BIN_EXE_banzhu"));
            compact
                .args(["compact", "--data"])
                .arg(&data)
                .current_dir(dir.path());
            compact.stdout(Stdio::null()).stderr(Stdio::null());
            // Where the kill comes first, the command opens the folder itself.
            compact.status().unwrap();
            acknowledged.extend(post(url, key, 13).await);
        }
    }
    let _ = Command::new("kill")
        .arg(child.id().to_string())
        .stderr(Stdio::null())
        .status();
    let ended: ExitStatus = child.wait().unwrap();
    if let Some(mut strace) = strace {
        strace.wait().unwrap();
    }
    let again = start(&data);
    let moment = format!("{from:?}, killed at {call} {when}");
    let key = key.or(again.key.clone());
    match key {
        Some(key) => check(&again.url, &key, &Mutex::new(acknowledged), usize::MAX).await,
        None => assert!(acknowledged.is_empty(), "{moment}"),
    }
    stop(again, &moment);
    if from == From::Earlier {
        check_converted(&data, &moment);
    }
    ended.signal() == Some(9)
}

/// Whatever the kill left was converted in the end, once, and nothing is missing.
fn check_converted(data: &Path, moment: &str) {
    let report = banzhu::store::verify(data).unwrap();
    assert_eq!(
        (report.findings, report.comments),
        (Vec::new(), 96),
        "{moment}"
    );
    let mut lines = Vec::new();
    banzhu::store::export_to(data, &mut lines, &|_| {}).unwrap();
    let lines = String::from_utf8(lines).unwrap();
    let conversions = lines.matches(r#""action":"store.converted""#).count();
    assert_eq!(conversions, 1, "{moment}");
}

fn stop(mut service: Service, moment: &str) {
    Command::new("kill")
        .arg(service.child.id().to_string())
        .status()
        .unwrap();
    assert!(service.child.wait().unwrap().success(), "{moment}");
}

/// By default a few of these kills are tried; all of them where `BANZHU_TEST_CUTS` is set.
#[tokio::test]
async fn a_kill_at_one_call_after_another_loses_nothing() {
    if !trace::is_possible() {
        return;
    }
    let (template, earlier) = (template().await, earlier());
    let of = |from| match from {
        From::Earlier => &earlier,
        From::Nothing | From::Killed | From::Serving => &template,
    };
    let mut kills = 0;
    if times() == 1 {
        for (from, call, when) in [
            (From::Nothing, "mkdir", 2),
            (From::Nothing, "write", 2),
            (From::Nothing, "fsync", 4),
            (From::Killed, "write", 6),
            (From::Killed, "fsync", 5),
            (From::Serving, "rename", 1),
            (From::Serving, "write", 5),
            (From::Serving, "fdatasync", 2),
            (From::Earlier, "mkdir", 2),
            (From::Earlier, "pwrite64", 12),
            (From::Earlier, "rename", 3),
            (From::Earlier, "unlinkat", 2),
        ] {
            kills += u32::from(killed_at(of(from), from, call, when).await);
        }
    } else {
        for from in [From::Earlier, From::Nothing, From::Killed, From::Serving] {
            for call in CALLS {
                let mut when = 1;
                while killed_at(of(from), from, call, when).await {
                    when += 1;
                }
                println!("{from:?}: {} kills at {call}", when - 1);
                kills += u32::try_from(when - 1).unwrap();
            }
        }
    }
    println!("{kills} kills lost nothing");
    assert!(kills > 3);
}
