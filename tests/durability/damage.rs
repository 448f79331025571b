//! Damage that comes with a kill, and what the service does about what it cannot write.

use std::{fs, os::unix::fs::FileExt as _, path::Path, process::Command, time::Duration};

use serde_json::{Value, json};

use super::{
    Dice, Service, client,
    cuts::{Life, dice, killed, stopped, times},
    started, trace,
};

fn database(data: &Path) -> std::path::PathBuf {
    data.join("db/db")
}

fn copied(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to.join("db")).unwrap();
    for file in ["mark", "created", "commits", "db/db", "db/conf"] {
        fs::copy(from.join(file), to.join(file)).unwrap();
    }
}

/// One bit, a page's sector, or the end of the file.
fn damage(file: &Path, dice: &mut Dice) -> String {
    let file = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(file)
        .unwrap();
    let length = file.metadata().unwrap().len();
    let at = dice.below(length);
    match dice.below(3) {
        0 => {
            let mut byte = [0];
            file.read_exact_at(&mut byte, at).unwrap();
            byte[0] ^= 1 << dice.below(8);
            file.write_all_at(&byte, at).unwrap();
            format!("a bit at {at} of {length}")
        }
        1 => {
            file.write_all_at(&[0; 512], at.min(length - 512)).unwrap();
            format!("512 zeros at {at} of {length}")
        }
        _ => {
            file.set_len(length - 1 - dice.below(8_192).min(length - 1))
                .unwrap();
            format!("the end of {length}")
        }
    }
}

/// A kill right after the last answer, and damage to what was just written: it is all there, or the folder is refused as it is.
#[tokio::test]
async fn damage_to_the_newest_commits_is_never_served() {
    let mut life = Life::begun();
    let service = life.serve_untraced();
    life.post(&service, 40).await;
    killed(service);
    let (mut dice, found) = (dice(), life.dir.path().join("found"));
    let (mut refused, mut whole) = (0, 0);
    for _ in 0..60 * times() {
        copied(&life.data(), &found);
        let how = damage(&database(&found), &mut dice);
        let bytes = fs::read(database(&found)).unwrap();
        if life.is_served(&found, u64::MAX, &how).await {
            whole += 1;
        } else {
            refused += 1;
            assert_eq!(
                fs::read(database(&found)).unwrap(),
                bytes,
                "{how}: it stays as it was found"
            );
        }
    }
    println!("{refused} damages were refused, {whole} had hit nothing that counts");
    assert!(refused > 0);
}

/// What sled did not finish writing is no damage, whether the service was killed or stopped.
#[tokio::test]
async fn a_half_written_snapshot_is_no_damage() {
    let mut life = Life::begun();
    let service = life.serve_untraced();
    life.post(&service, 3).await;
    killed(service);
    let half = "snap.0000000000FFFFFF.generating";
    let newest = || {
        let data = life.data();
        let dirs = fs::read_dir(&data)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        dirs.filter(|path| path.join("db").is_file()).max().unwrap()
    };
    for is_stopped in [false, true] {
        fs::write(newest().join(half), "half").unwrap();
        let verified = Command::new(env!("CARGO_BIN_EXE_banzhu"))
            .args(["verify", "--data"])
            .arg(life.data())
            .output();
        assert!(verified.unwrap().status.success());
        fs::write(newest().join(half), "half").unwrap();
        let service = super::start(&life.data());
        if is_stopped {
            killed(service);
        } else {
            stopped(service);
        }
    }
}

async fn readiness(service: &Service) -> (u16, Value) {
    let response = client()
        .get(format!("{}/readyz", service.url))
        .send()
        .await
        .unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// The commit log cannot be written for a while: commits go on, `/readyz` says so, it is logged once, and so is its end.
#[tokio::test]
async fn a_commit_log_that_cannot_be_written_is_told_once() {
    if !trace::is_possible() {
        return;
    }
    let mut life = Life::begun();
    let (data, log) = (life.data(), life.dir.path().join("log"));
    let mut command = Command::new("strace");
    command
        .args([
            "-D",
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            "trace=pwrite64",
            "-P",
        ])
        .arg(data.join("commits"))
        .args(["-e", "inject=pwrite64:error=EIO:when=6..12"])
        .arg(env!("CARGO_BIN_EXE_banzhu"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(&data)
        .stderr(fs::File::create(&log).unwrap());
    command.env("BANZHU_LOG_LEVEL", "info");
    let service = started(command, &data);
    life.key = service.key.clone();
    life.post(&service, 8).await;
    let (status, ready) = readiness(&service).await;
    assert_eq!(
        (status, &ready["checks"]["store"]),
        (503, &json!("log-failing"))
    );
    let mut tries = 0;
    while readiness(&service).await.0 != 200 {
        tries += 1;
        assert!(tries < 200, "nobody tried again");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    stopped(service);
    let told = fs::read_to_string(log).unwrap();
    let count = |what: &str| told.lines().filter(|line| line.contains(what)).count();
    assert_eq!(
        (
            count("commit log cannot be written"),
            count("commit log is written again")
        ),
        (1, 1),
        "{told}"
    );
}

/// A database that turns out damaged while it is served ends the process; a start refuses it with a code of its own.
#[tokio::test]
async fn a_database_that_broke_ends_the_process() {
    if !trace::is_possible() {
        return;
    }
    let mut life = Life::begun();
    let mut service = life.serve(&["inject=fdatasync:error=EIO:when=12".to_owned()]);
    life.post(&service, 6).await;
    let file = fs::OpenOptions::new()
        .write(true)
        .open(database(&life.data()))
        .unwrap();
    file.write_all_at(&[7; 6_000], 2_000).unwrap();
    let url = service.url.clone();
    let key = life.key.clone().unwrap();
    for number in 0..40 {
        let request = client()
            .post(format!("{url}/v1/moderations"))
            .bearer_auth(&key);
        if request
            .json(&super::comment(100 + number))
            .send()
            .await
            .is_err()
        {
            break;
        }
    }
    assert_eq!(service.child.wait().unwrap().code(), Some(3));
    let again = Command::new(env!("CARGO_BIN_EXE_banzhu"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(life.data())
        .current_dir(life.dir.path())
        .output()
        .unwrap();
    assert_eq!(
        again.status.code(),
        Some(4),
        "{}",
        String::from_utf8_lossy(&again.stderr)
    );
}
