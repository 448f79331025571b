//! Folders of the format before: each is converted once, when it is first opened to be written, and says the same afterwards.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Output},
};

use banzhu::{
    record::{AuditEntry, AuditRow, Comment, Covered, Rejudgement, Revision},
    store::{record::Record, verify},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{action, audit_of, imported, records, rows, serve, unpacked};

/// The folders of the format before.
const FOLDERS: [&str; 2] = ["before-21", "after-21"];

fn command(data: &Path, args: &[&str], settings: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_banzhu"));
    command.args(args).arg("--data").arg(data);
    command.envs(settings.iter().copied());
    command.output().unwrap()
}

/// A command that opens the folder to write in it, and leaves it as a stop does.
fn opened(data: &Path) {
    let output = command(data, &["user", "list"], &[]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
}

/// How often the audit of these lines records a conversion.
fn conversions(lines: &[String]) -> usize {
    let entries = audit_of(lines.iter().map(String::as_str));
    let is_one = |entry: &&Value| action(entry) == "store.converted";
    entries.iter().filter(is_one).count()
}

/// The lines but the first and the last, and the state.
fn told(lines: &[String]) -> Vec<&String> {
    let own = |line: &&String| {
        let kinds = ["export", "state", "end"];
        !kinds
            .iter()
            .any(|kind| line.contains(&format!(r#""kind":"{kind}","#)))
    };
    lines.iter().filter(own).collect()
}

/// Every record is exported as before, with the bytes that were hashed and their scheme; one entry of the audit is new, and a
/// second start adds none.
#[test]
fn a_folder_is_converted_once_and_no_hash_changes() {
    for name in FOLDERS
        .iter()
        .flat_map(|name| [format!("{name}-stopped"), format!("{name}-killed")])
    {
        let dir = unpacked(&name);
        let before = records(dir.path());
        opened(dir.path());
        let after = records(dir.path());
        let entries = audit_of(after.iter().map(String::as_str));
        let last = entries.last().unwrap();
        assert_eq!(action(last), "store.converted", "{name}");
        assert_eq!(last["entry"]["event"]["subject"]["type"], "database");
        assert_eq!(
            (
                &last["entry"]["event"]["from"],
                &last["entry"]["event"]["to"]
            ),
            (&json!("1"), &json!("2"))
        );
        let mut now = told(&after);
        now.retain(|line| !line.contains(r#""action":"store.converted""#));
        assert_eq!(now.len() + 1, told(&after).len());
        for (then, now) in told(&before).iter().zip(&now) {
            assert_eq!(then, now, "{name}");
        }
        assert_eq!(told(&before).len(), now.len(), "{name}");
        let report = verify(dir.path()).unwrap();
        assert!(report.findings.is_empty(), "{name}: {:#?}", report.findings);
        serve(dir.path()).stop();
        opened(dir.path());
        assert_eq!(conversions(&records(dir.path())), 1, "{name}");
    }
}

/// The rows of a converted folder are those that an import of its export writes, byte for byte; and what is written in today's
/// format never changes: for each tree how many rows there are, and SHA-256 over them.
#[test]
fn a_converted_folder_has_the_rows_of_today() {
    let kept = unpacked("after-21-stopped");
    opened(kept.path());
    let made = imported("after-21");
    let (mut kept, mut made) = (rows(kept.path()), rows(&made.path().join("data")));
    // The converted one has an entry more.
    let (number, _) = kept.get_mut("audit").unwrap().pop_last().unwrap();
    let ways = kept.get_mut("audit_subjects").unwrap();
    ways.retain(|way, _| !way.ends_with(&number));
    for rows in [&mut kept, &mut made] {
        rows.remove("state");
    }
    let differ: Vec<&String> = kept
        .keys()
        .filter(|tree| kept.get(*tree) != made.get(*tree))
        .collect();
    assert!(differ.is_empty(), "{differ:?}");
    let hashed = |rows: &BTreeMap<Vec<u8>, Vec<u8>>| {
        let mut hash = Sha256::new();
        rows.iter()
            .for_each(|(key, value)| hash.update([key.as_slice(), value].concat()));
        format!(
            "{} {}",
            rows.len(),
            data_encoding::HEXLOWER.encode(&hash.finalize()[..8])
        )
    };
    let pins: BTreeMap<&String, String> = kept
        .iter()
        .map(|(tree, rows)| (tree, hashed(rows)))
        .collect();
    insta::assert_json_snapshot!(pins);
}

/// The records of a tree that lie in one row.
fn decoded<T: Record>(rows: &BTreeMap<String, BTreeMap<Vec<u8>, Vec<u8>>>, tree: &str) -> Vec<T> {
    let whole = rows[tree].values().filter(|value| value[0] == 0);
    whole
        .map(|value| T::decode(&value[1..value.len() - 4]).unwrap())
        .collect()
}

/// What today's scheme hashes of the folder's values never changes either; and a comment takes about as many bytes as in the
/// format before.
#[test]
fn what_is_hashed_today_stays_and_is_no_longer_than_before() {
    let kept = rows(unpacked("after-21-stopped").path());
    let comments: Vec<Comment> = decoded(&kept, "comments");
    let entries: Vec<AuditRow> = decoded(&kept, "audit");
    let (mut hash, mut before, mut converted, mut new) = (Sha256::new(), 0, 0, 0);
    before += kept["comments"]
        .values()
        .filter(|value| value[0] == 0)
        .map(|value| value.len() - 5)
        .sum::<usize>();
    for comment in &comments {
        let today = Comment {
            newest: Covered::new(Revision::clone(&comment.newest)),
            rejudged: comment
                .rejudged
                .iter()
                .map(|later| Covered::new(Rejudgement::clone(later)))
                .collect(),
            ..comment.clone()
        };
        hash.update(today.newest.bytes());
        today
            .rejudged
            .iter()
            .for_each(|later| hash.update(later.bytes()));
        converted += comment.clone().encode().unwrap().len();
        new += today.encode().unwrap().len();
    }
    println!(
        "{} comments: {before} bytes before, {converted} converted, {new} new",
        comments.len()
    );
    assert!(converted * 100 <= before * 110 && new * 100 <= before * 110);
    for row in &entries {
        hash.update(Covered::new(AuditEntry::clone(&row.entry)).bytes());
    }
    let pin = data_encoding::HEXLOWER.encode(&hash.finalize()[..8]);
    insta::assert_snapshot!(pin, @"d6aa84d94ee26e7e");
}

#[test]
fn without_room_nothing_is_converted_and_a_word_says_so() {
    let dir = unpacked("after-21-stopped");
    let before = records(dir.path());
    let refused = command(
        dir.path(),
        &["user", "list"],
        &[("BANZHU_STORE_FREE_MB_MIN", "1048576")],
    );
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && told.contains("too little room to convert"),
        "{told}"
    );
    assert_eq!(records(dir.path()), before);
    opened(dir.path());
    assert_eq!(conversions(&records(dir.path())), 1);
}

/// A backup that the version before made is the folder with a list of its files.
#[test]
fn a_backup_of_the_format_before_is_restored_and_converted() {
    let (dir, backup) = (tempfile::tempdir().unwrap(), unpacked("after-21-stopped"));
    let report = verify(backup.path()).unwrap();
    let _ = fs::remove_file(backup.path().join("lock"));
    let file = |path: &Path| {
        let bytes = fs::read(path).unwrap();
        let within = path.strip_prefix(backup.path()).unwrap().to_str().unwrap();
        json!({"path": within, "bytes": bytes.len(), "sha256": data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes))})
    };
    let files: Vec<Value> = files(backup.path()).iter().map(|path| file(path)).collect();
    let manifest = json!({
        "v": 1, "kind": "backup", "program": "banzhu 0.1.0", "commit": report.commits, "made_at": "2026-11-30T00:00:00.000Z",
        "files": files,
    });
    fs::write(backup.path().join("backup.json"), manifest.to_string()).unwrap();
    assert_eq!(verify(backup.path()).unwrap(), report);
    let data = dir.path().join("data");
    let restored = command(&data, &["restore", backup.path().to_str().unwrap()], &[]);
    assert!(
        restored.status.success(),
        "{}",
        String::from_utf8_lossy(&restored.stderr)
    );
    assert_eq!(verify(&data).unwrap(), report);
    opened(&data);
    assert_eq!(conversions(&records(&data)), 1);
    assert!(verify(&data).unwrap().findings.is_empty());
}

fn files(dir: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut all: Vec<_> = entries
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect();
    all.sort();
    all
}
