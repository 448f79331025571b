//! Who changes what is stored, checksums and all, is found out: the audit covers it.

use std::{path::Path, sync::Arc};

use banzhu::{
    desk::{RulingDraft, SanctionDraft},
    record::{AuditEntry, AuditRow, Comment, Covered, Rejudgement, Verdict},
    store::{OpenOptions, SledStore, Store as _, record::Record, verify},
    time::MINUTE_MS,
};

use crate::world::{Data, World, amy, comment};

/// A stopped folder in which a comment was judged again, after the suspension that had blocked it was undone.
async fn judged_again() -> tempfile::TempDir {
    let world = World::in_folder();
    let flagged = world.post(comment("c-0", "你這個白痴")).await;
    let draft = RulingDraft {
        decision: Some("remove".to_owned()),
        version: Some(world.case(flagged.case_id).await.item.version),
        sanction: Some(SanctionDraft {
            kind: Some("suspend".to_owned()),
            days: Some(7),
            ..SanctionDraft::default()
        }),
        ..RulingDraft::default()
    };
    let (by, case) = (amy(), flagged.case_id.unwrap());
    let ruled = world.rule_with(&by, case, draft).await.unwrap();
    world.clock.pass(MINUTE_MS);
    world.post(comment("c-1", "大家早安")).await;
    world.clock.pass(MINUTE_MS);
    world.undo(&by, &ruled).await.unwrap();
    world.desk.background.run_background().await.unwrap();
    assert_eq!(world.comment("c-1").await.verdict, Verdict::Allow);
    world.stopped().await
}

/// Changes the first record of a table that this changes, and closes the row with a checksum that holds.
fn change<T: Record>(data: &Path, table: &str, change: impl Fn(&mut T) -> bool) {
    let database = sled::Config::new().path(data.join("db"));
    let database = database.flush_every_ms(None).open().unwrap();
    let tree = database.open_tree(table).unwrap();
    for row in tree.iter() {
        let (key, value) = row.unwrap();
        let (kind, payload) = (value[0], &value[1..value.len() - 4]);
        let mut record = T::decode(payload).unwrap();
        if !change(&mut record) {
            continue;
        }
        let value = [&[kind][..], &record.encode().unwrap()].concat();
        tree.insert(&key, checksummed(table, &key, value)).unwrap();
        database.flush().unwrap();
        return;
    }
    panic!("nothing to change in {table}");
}

fn checksummed(table: &str, key: &[u8], mut value: Vec<u8>) -> Vec<u8> {
    let checksum = crc32c::crc32c_append(crc32c::crc32c(table.as_bytes()), key);
    let checksum = crc32c::crc32c_append(checksum, &value);
    value.extend(checksum.to_le_bytes());
    value
}

/// What a newer version has written is no damage, and nothing of it is touched.
#[tokio::test]
async fn a_folder_of_a_newer_format_is_refused_with_a_word() {
    let world = World::in_folder();
    world.post(comment("c-0", "大家早安")).await;
    let World { desk, clock, data } = world;
    drop(desk);
    let Data::Folder(dir) = data else {
        panic!("it stands on a folder");
    };
    let state = |format: u8| {
        let database = sled::Config::new().path(dir.path().join("db"));
        let database = database.flush_every_ms(None);
        // Who had it open lets go of it a moment later.
        let database = std::iter::repeat_with(|| database.open()).find_map(Result::ok);
        let database = database.unwrap();
        let tree = database.open_tree("state").unwrap();
        let (key, value) = tree.iter().map(Result::unwrap).next().unwrap();
        let mut payload = value[..value.len() - 4].to_vec();
        payload[1] = format;
        tree.insert(&key, checksummed("state", &key, payload))
            .unwrap();
        database.flush().unwrap();
    };
    let open = || {
        let options = OpenOptions {
            dir: dir.path().to_owned(),
            free_bytes_min: 0,
            reserve_bytes: 0,
            ..OpenOptions::default()
        };
        SledStore::open(options, Arc::clone(&clock) as _)
    };
    state(3);
    let told = open().err().unwrap().to_string();
    assert!(told.contains("newer Banzhu (format 3)"), "{told}");
    state(2);
    open().unwrap().close().await;
    assert_eq!(verify(dir.path()).unwrap().findings, []);
}

fn check_found(data: &Path, place: &str, what: &str) {
    let findings = verify(data).unwrap().findings;
    let is_it = |found: &banzhu::store::Finding| {
        found.place.starts_with(place) && found.what.contains(what)
    };
    assert!(findings.iter().any(is_it), "{what}: {findings:#?}");
}

#[tokio::test]
async fn a_later_decision_that_was_changed() {
    let dir = judged_again().await;
    assert_eq!(verify(dir.path()).unwrap().findings, []);
    change(dir.path(), "comments", |comment: &mut Comment| {
        let later = comment.rejudged.first_mut();
        later.is_some_and(|later| {
            let mut changed = Rejudgement::clone(later);
            changed.decision.verdict = Verdict::Remove;
            *later = Covered::new(changed);
            true
        })
    });
    check_found(
        dir.path(),
        "audit",
        "the later decision is not what the entry covers",
    );
}

#[tokio::test]
async fn a_later_decision_that_was_taken_away() {
    let dir = judged_again().await;
    change(dir.path(), "comments", |comment: &mut Comment| {
        !std::mem::take(&mut comment.rejudged).is_empty()
    });
    check_found(
        dir.path(),
        "audit",
        "the later decision is not what the entry covers",
    );
}

#[tokio::test]
async fn the_time_of_an_entry_that_was_changed() {
    let dir = judged_again().await;
    change(dir.path(), "audit", |row: &mut AuditRow| {
        let mut entry = AuditEntry::clone(&row.entry);
        entry.what.at = entry.what.at.plus_ms(1);
        row.entry = Covered::new(entry);
        row.entry.number == 2
    });
    check_found(dir.path(), "audit", "the chain of hashes does not hold");
}

/// Whoever chains that entry anew breaks the chain at the next.
#[tokio::test]
async fn the_time_of_an_entry_that_was_changed_with_its_hash() {
    let dir = judged_again().await;
    change(dir.path(), "audit", |row: &mut AuditRow| {
        let mut entry = row.with_text();
        entry.what.at = entry.what.at.plus_ms(MINUTE_MS * 60);
        *row = AuditRow::new(entry, row.previous);
        row.entry.number == 2
    });
    check_found(dir.path(), "audit", "the chain of hashes does not hold");
    check_found(
        dir.path(),
        "audit",
        "its time is before that of the entry before it",
    );
}
