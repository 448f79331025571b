//! Faults, planted one by one in a store that a board has lived in: the walk over its records finds each.

use std::sync::Arc;

use banzhu::{
    id::CaseId,
    record::{
        Appeal, AuditRow, Case, Comment, Covered, Event, Hashed, MemberRecord, Report, Revision,
        Ruling, SubjectRecord, Verdict,
    },
    store::{
        Finding,
        engine::{Batch, Engine as _, OpenBatch as _, Range, Reads as _, RowChange, StoredRow},
        ephemeral::Ephemeral,
        record::Record,
        tables::{Columns, Table, Value, derived},
        verify_records,
    },
    time::Timestamp,
};

/// How many rows of a table are tried.
const ROWS_MAX: usize = 3;

async fn found(node: &Ephemeral) -> Vec<Finding> {
    let head = node.head().await.unwrap();
    let place = |table: Table, key: &[Value]| format!("{table:?} {key:?}");
    verify_records(node, &head, place).await.findings
}

async fn write(node: &Ephemeral, rows: Vec<RowChange>) {
    let open = node.open_batch(&[]).await.unwrap();
    let (head, updates) = (open.head().clone(), Vec::new());
    open.write(rows, Arc::new(Batch { head, updates }))
        .await
        .unwrap();
}

/// Rows of a table from all over it.
async fn rows(node: &Ephemeral, table: Table) -> Vec<StoredRow> {
    let rows = node.range(Range::along(table)).await.unwrap();
    let step = (rows.len() / ROWS_MAX).max(1);
    rows.into_iter().step_by(step).collect()
}

fn columns(table: Table, row: &StoredRow) -> (u64, Columns) {
    derived(table, &row.key, &row.record).unwrap_or_default()
}

fn put(table: Table, row: &StoredRow, before: &StoredRow) -> RowChange {
    let (version, columns_now) = columns(table, row);
    RowChange::Put {
        table,
        key: row.key.clone(),
        version,
        columns: columns_now,
        before: Some(columns(table, before).1),
        record: row.record.clone(),
    }
}

fn delete(table: Table, row: &StoredRow) -> RowChange {
    RowChange::Delete {
        table,
        key: row.key.clone(),
        before: Some(columns(table, row).1),
    }
}

/// A row becomes another, or goes; that is found, and what was there comes back.
async fn check_found(
    node: &Ephemeral,
    table: Table,
    row: &StoredRow,
    after: Option<&StoredRow>,
    what: &str,
) {
    let change = match after {
        Some(after) if after.key == row.key => vec![put(table, after, row)],
        Some(after) => vec![delete(table, row), put(table, after, after)],
        None => vec![delete(table, row)],
    };
    write(node, change).await;
    assert!(
        !found(node).await.is_empty(),
        "{what}: {table:?} {:?}",
        row.key
    );
    let back = match after {
        Some(after) if after.key == row.key => vec![put(table, row, after)],
        Some(after) => vec![delete(table, after), put(table, row, row)],
        None => vec![put(table, row, row)],
    };
    write(node, back).await;
}

/// Tables of which a row may be missing, and nothing else says that it was there.
const fn may_miss_rows(table: Table) -> bool {
    matches!(
        table,
        Table::CommentTags
            | Table::Articles
            | Table::Subjects
            | Table::Members
            | Table::Appeals
            | Table::Reporters
            | Table::Notes
            | Table::Erasures
            | Table::AuditWords
            | Table::Answers
            | Table::Accounts
            | Table::FanOuts
            | Table::QaSamples
            | Table::Webhooks
            | Table::Replies
            | Table::RejudgeJobs
            | Table::Deliveries
            | Table::Leases
            | Table::Forms
            | Table::Models
            | Table::ModelParts
            | Table::Words
            | Table::Segments
            | Table::SegmentParts
    )
}

/// A ruling that was undone is named nowhere any more.
fn is_undone(table: Table, row: &StoredRow) -> bool {
    table == Table::Rulings
        && row
            .read()
            .is_ok_and(|ruling: Ruling| ruling.undone.is_some())
}

/// Tables whose rows hold records.
const fn has_records(table: Table) -> bool {
    !matches!(
        table,
        Table::CommentTags | Table::Sanctions | Table::CurrentReports | Table::AuditWords
    )
}

/// Changes the first record of its table that this changes.
async fn edit<T: Record>(
    node: &Ephemeral,
    table: Table,
    what: &str,
    edit: impl Fn(&mut T) -> bool,
) {
    for row in node.range(Range::along(table)).await.unwrap() {
        let mut record: T = row.read().unwrap();
        if edit(&mut record) {
            let record = record.encode().unwrap();
            let after = StoredRow {
                record,
                ..row.clone()
            };
            return check_found(node, table, &row, Some(&after), what).await;
        }
    }
    panic!("{what}: there is nothing to change in {table:?}");
}

/// Another value in the place of one that the audit covers.
fn changed<T: Hashed + Clone>(of: &mut Covered<T>, change: impl FnOnce(&mut T) -> bool) -> bool {
    let mut value = T::clone(of);
    let is_changed = change(&mut value);
    *of = Covered::new(value);
    is_changed
}

fn more_is_said(revision: &mut Revision) -> bool {
    let body = revision.body.as_mut();
    body.is_some_and(|body| {
        body.push('!');
        true
    })
}

/// Takes away what an option holds, if it holds something.
fn taken<T>(of: &mut Option<T>) -> bool {
    of.take().is_some()
}

pub async fn are_found(node: &Ephemeral) {
    assert_eq!(found(node).await, []);
    for table in Table::ALL {
        for (place, row) in rows(node, table).await.iter().enumerate() {
            // the oldest event goes once every webhook has it
            let is_oldest_event = table == Table::Events && place == 0;
            if !may_miss_rows(table) && !is_oldest_event && !is_undone(table, row) {
                check_found(node, table, row, None, "a row that is gone").await;
            }
            if !has_records(table) {
                continue;
            }
            let junk = StoredRow {
                key: row.key.clone(),
                record: b"\xff\xfe junk".to_vec(),
            };
            check_found(
                node,
                table,
                row,
                Some(&junk),
                "a record that cannot be read",
            )
            .await;
            let mut moved = row.clone();
            moved.key = moved.key.into_iter().map(other).collect();
            check_found(
                node,
                table,
                row,
                Some(&moved),
                "a record under another's key",
            )
            .await;
        }
    }
    comments(node).await;
    cases(node).await;
    others(node).await;
}

fn other(value: Value) -> Value {
    match value {
        Value::Number(_) => Value::Number(u64::MAX),
        Value::Small(_) => Value::Small(u32::MAX),
        Value::Id(_) => Value::Id(u128::MAX),
        Value::Text(text) => Value::Text(format!("{text}x")),
        Value::Bytes(bytes) => Value::Bytes([bytes.as_slice(), b"x"].concat()),
        Value::Time(at) => Value::Time(at.plus_ms(1)),
        kept @ (Value::Byte(_) | Value::Flag) => kept,
    }
}

async fn comments(node: &Ephemeral) {
    let table = Table::Comments;
    edit(
        node,
        table,
        "a body that was changed",
        |comment: &mut Comment| changed(&mut comment.newest, more_is_said),
    )
    .await;
    edit(
        node,
        table,
        "a decision that was changed",
        |comment: &mut Comment| {
            changed(&mut comment.newest, |newest| {
                newest.decision.unattached = Verdict::Remove;
                true
            }) && comment.purged_at.is_none()
        },
    )
    .await;
    edit(
        node,
        table,
        "a flagged comment whose case is gone",
        |comment: &mut Comment| {
            comment.newest.decision.body == Some(Verdict::Flag)
                && comment.effect.is_none()
                && comment.withdrawn_at.is_none()
                && taken(&mut comment.case)
        },
    )
    .await;
    edit(
        node,
        table,
        "a case that is not there",
        |comment: &mut Comment| {
            comment.case.as_mut().is_some_and(|case| {
                case.0.0 ^= 1;
                true
            })
        },
    )
    .await;
    edit(
        node,
        table,
        "a text that is said to be purged",
        |comment: &mut Comment| std::mem::take(&mut comment.purged_through) > 0,
    )
    .await;
    edit(node, table, "another's id", |comment: &mut Comment| {
        changed(&mut comment.newest, |newest| {
            newest.number += 1;
            true
        })
    })
    .await;
    edit(
        node,
        Table::Revisions,
        "an older body that was changed",
        |revision: &mut Covered<Revision>| changed(revision, more_is_said),
    )
    .await;
}

async fn cases(node: &Ephemeral) {
    let table = Table::Cases;
    edit(node, table, "a report too many", |case: &mut Case| {
        case.reported.count += 1;
        true
    })
    .await;
    edit(node, table, "reports that weigh more", |case: &mut Case| {
        case.reported.weight += 1;
        case.reported.count > 0
    })
    .await;
    edit(
        node,
        table,
        "an appeal that the case forgot",
        |case: &mut Case| taken(&mut case.appeal),
    )
    .await;
    edit(
        node,
        table,
        "a ruling that is not there",
        |case: &mut Case| {
            case.rulings.first_mut().is_some_and(|ruling| {
                ruling.0.0 ^= 1;
                true
            })
        },
    )
    .await;
    let waits = |case: &Case| case.reported.count > 0 && case.rulings.is_empty();
    let cases = node.range(Range::along(table)).await.unwrap();
    let cases = cases.iter().map(|row| row.read::<Case>().unwrap());
    let waiting: Vec<CaseId> = cases.filter(waits).map(|case| case.id).collect();
    edit(
        node,
        Table::Reports,
        "a report that weighs more",
        |report: &mut Report| {
            report.weight += 1;
            let point = report.decision_point;
            report.dismissal.is_none() && point.is_some_and(|point| waiting.contains(&point.case))
        },
    )
    .await;
    edit(
        node,
        Table::Reports,
        "a report heard elsewhere",
        |report: &mut Report| {
            report.decision_point.as_mut().is_some_and(|point| {
                point.case.0.0 ^= 1;
                true
            })
        },
    )
    .await;
    edit(
        node,
        Table::Appeals,
        "an appeal heard elsewhere",
        |appeal: &mut Appeal| {
            appeal.decision_point.case.0.0 ^= 1;
            true
        },
    )
    .await;
    edit(
        node,
        Table::Rulings,
        "a ruling in a case that is not there",
        |ruling: &mut Ruling| {
            ruling.case.0.0 ^= 1;
            true
        },
    )
    .await;
}

async fn others(node: &Ephemeral) {
    edit(
        node,
        Table::Subjects,
        "a subject in a case that is not there",
        |subject: &mut SubjectRecord| {
            subject.case.as_mut().is_some_and(|case| {
                case.0.0 ^= 1;
                true
            })
        },
    )
    .await;
    edit(
        node,
        Table::Members,
        "a sanction that leads nowhere",
        |member: &mut MemberRecord| {
            member.sanctions.first_mut().is_some_and(|sanction| {
                sanction.id.0.0 ^= 1;
                true
            })
        },
    )
    .await;
    edit(
        node,
        Table::Events,
        "an event under another's number",
        |event: &mut Event| {
            event.number += 1;
            true
        },
    )
    .await;
    let table = Table::Audit;
    edit(
        node,
        table,
        "a time that was changed",
        |row: &mut AuditRow| {
            changed(&mut row.entry, |entry| {
                entry.what.at = entry.what.at.plus_ms(1);
                true
            })
        },
    )
    .await;
    edit(
        node,
        table,
        "an entry's time before the last's",
        |row: &mut AuditRow| {
            changed(&mut row.entry, |entry| {
                entry.what.at = Timestamp::from_ms(0);
                entry.number > 1
            })
        },
    )
    .await;
    edit(
        node,
        table,
        "a hash that was changed",
        |row: &mut AuditRow| {
            row.hash[0] ^= 1;
            true
        },
    )
    .await;
    edit(
        node,
        table,
        "words that were changed",
        |row: &mut AuditRow| {
            row.text.as_mut().is_some_and(|(text, _)| {
                text.push('!');
                true
            })
        },
    )
    .await;
    edit(
        node,
        table,
        "a revision that no entry covers",
        |row: &mut AuditRow| changed(&mut row.entry, |entry| entry.revisions.pop().is_some()),
    )
    .await;
}
