//! Rows by key, by unique index and by range.

use std::ops::Bound;

use banzhu::{
    store::{
        engine::{Along, Engine, Lookup, Range, Reads as _, RowChange},
        tables::{Columns, Index, Key, Table, Tabled as _, Value},
    },
    time::Timestamp,
};

use crate::{
    bed::{Bed, write},
    rows::{AT, answer, comment, entry, number, plain, put, put_under, report, text},
};

/// Keys of tables whose rows are bytes to an engine, in no order.
fn keys(table: Table) -> Vec<Key> {
    let (ids, numbers) = ([u128::MAX, 0, 7, 1 << 100], [3, 0, u64::MAX, 256, 255]);
    let two = |firsts: &[Value], seconds: &[Value]| {
        let pairs = firsts.iter().flat_map(|first| {
            let seconds = seconds.iter();
            seconds.map(move |second| vec![first.clone(), second.clone()])
        });
        pairs.collect()
    };
    let numbers = numbers.map(Value::Number);
    match table {
        Table::Events => numbers.map(|number| vec![number]).into(),
        Table::Revisions => two(
            &numbers,
            &[Value::Small(2), Value::Small(u32::MAX), Value::Small(1)],
        ),
        Table::Rulings => ids.map(|id| vec![Value::Id(id)]).into(),
        Table::Notes => two(&ids.map(Value::Id), &ids.map(Value::Id)),
        Table::QaSamples => {
            let times = [70_000, 0, 1_795_000_000_000].map(Timestamp::from_ms);
            two(&times.map(Value::Time), &numbers)
        }
        Table::Articles => ["b", "a", "ab", "文章", "文", "~"]
            .map(|id| vec![text(id)])
            .into(),
        Table::Deliveries => {
            let lanes: Vec<Key> = two(
                &[Value::Id(9), Value::Id(2)],
                &[Value::Byte(1), Value::Byte(0)],
            );
            let keys = lanes.iter().flat_map(|lane| {
                numbers
                    .iter()
                    .map(|number| [lane.as_slice(), std::slice::from_ref(number)].concat())
            });
            keys.collect()
        }
        _ => Vec::new(),
    }
}

/// All ends that the values of the columns behind `fixed` make.
fn ends(rows: &[Key], fixed: usize) -> Vec<Bound<Vec<Value>>> {
    let mut ends = vec![Bound::Unbounded];
    let widths = rows.first().map_or(0, Vec::len);
    for row in rows {
        for width in fixed + 1..=widths {
            ends.push(Bound::Included(row[fixed..width].to_vec()));
            ends.push(Bound::Excluded(row[fixed..width].to_vec()));
        }
    }
    ends.sort_by_key(|end| format!("{end:?}"));
    ends.dedup();
    ends
}

fn is_within(row: &[Value], range: &Range) -> bool {
    let Some(rest) = row.strip_prefix(range.under.as_slice()) else {
        return false;
    };
    let part = |end: &Vec<Value>| rest[..end.len()].to_vec();
    (match &range.from {
        Bound::Unbounded => true,
        Bound::Included(end) => part(end) >= *end,
        Bound::Excluded(end) => part(end) > *end,
    }) && (match &range.to {
        Bound::Unbounded => true,
        Bound::Included(end) => part(end) <= *end,
        Bound::Excluded(end) => part(end) < *end,
    })
}

/// Holds every range along `along` against a plain search; `places` are the values that each row lies at, and its key.
async fn check_ranges(engine: &impl Engine, along: Along, fixed: usize, places: &[(Key, Key)]) {
    let mut sorted = places.to_vec();
    sorted.sort();
    let firsts: Vec<Key> = sorted
        .iter()
        .map(|(place, _)| place[..fixed].to_vec())
        .collect();
    let mut firsts: Vec<Key> = firsts;
    firsts.dedup();
    for under in firsts {
        let of_these: Vec<Key> = sorted
            .iter()
            .map(|(place, _)| place.clone())
            .filter(|place| place.starts_with(&under))
            .collect();
        let ends = ends(&of_these, fixed);
        for (step, (from, to)) in ends
            .iter()
            .flat_map(|from| ends.iter().map(move |to| (from, to)))
            .enumerate()
        {
            let limit = [usize::MAX, 1, 2, usize::MAX][step % 4];
            let range = Range {
                under: under.clone(),
                from: from.clone(),
                to: to.clone(),
                is_backward: step % 3 == 0,
                limit,
                ..Range::along(along)
            };
            let within = sorted.iter().filter(|(place, _)| is_within(place, &range));
            let mut expected: Vec<&Key> = within.map(|(_, key)| key).collect();
            if range.is_backward {
                expected.reverse();
            }
            expected.truncate(limit);
            let found = engine.range(range.clone()).await.unwrap();
            let found: Vec<&Key> = found.iter().map(|row| &row.key).collect();
            assert_eq!(found, expected, "{range:?}");
            let count = engine.count(range.clone()).await.unwrap();
            assert_eq!(count, expected.len() as u64, "{range:?}");
        }
    }
}

pub async fn tables_read_by_ranges_in_the_order_of_their_values(bed: impl Bed) {
    let engine = bed.engine();
    for table in Table::ALL {
        let keys = keys(table);
        let Some(columns) = keys.first().map(Vec::len) else {
            continue;
        };
        assert_eq!(engine.range(Range::along(table)).await.unwrap(), []);
        let rows = keys
            .iter()
            .map(|key| plain(table, key.clone(), format!("{key:?}").as_bytes()));
        write(&**engine, rows.collect()).await;
        let places: Vec<(Key, Key)> = keys.iter().map(|key| (key.clone(), key.clone())).collect();
        for fixed in 0..columns {
            check_ranges(&**engine, table.into(), fixed, &places).await;
        }
        for row in engine.range(Range::along(table)).await.unwrap() {
            assert_eq!(row.record, format!("{:?}", row.key).as_bytes());
        }
    }
    // a text that others follow may lie by a digest of it: only rows of the same lie in their order
    let tagged = |tag: &str, of| {
        plain(
            Table::CommentTags,
            vec![text("a"), text(tag), number(of)],
            b"",
        )
    };
    write(
        &**engine,
        vec![
            tagged("政治", 2),
            tagged("政治", 1),
            tagged("政", 3),
            tagged("政治", 9),
        ],
    )
    .await;
    let under = Range::along(Table::CommentTags).under([text("a"), text("政治")]);
    let found = engine.range(under.from([number(2)])).await.unwrap();
    let found: Vec<Option<&Value>> = found.iter().map(|row| row.key.last()).collect();
    assert_eq!(found, [Some(&number(2)), Some(&number(9))]);
}

/// Rows of the tables that have indexes: key, columns, and the change that puts them.
fn indexed() -> Vec<(Table, Key, Columns, RowChange)> {
    let mut rows = Vec::new();
    let mut add = |change: RowChange| {
        if let RowChange::Put {
            table,
            key,
            columns,
            ..
        } = &change
        {
            rows.push((*table, key.clone(), columns.clone(), change.clone()));
        }
    };
    for (at, (id, member, provisional)) in [
        ("c1", Some("甲"), false),
        ("c2", Some("乙"), false),
        ("c3", Some("甲"), true),
        ("c4", None, false),
        ("c5", Some("甲"), false),
        ("留言", Some("甲"), false),
    ]
    .into_iter()
    .enumerate()
    {
        add(put_under(
            vec![number(at as u64)],
            &comment(id, member, provisional),
            None,
        ));
    }
    for (id, case, reporter) in [(5, 1, "r"), (1, 2, "r"), (u128::MAX, 1, "s"), (0, 1, "r")] {
        add(put(&report(id, case, reporter)));
    }
    for (slot, ms) in [(3, 5), (1, 5), (2, 300), (9, 0)] {
        add(put(&answer(slot, AT.plus_ms(ms))));
    }
    for (at, member) in [(1, "甲"), (2, "乙"), (3, "甲"), (400, "甲")] {
        add(put(&entry(at, member, AT, "理由")));
    }
    rows
}

pub async fn indexes_lead_to_rows_in_the_order_of_their_values(bed: impl Bed) {
    let engine = bed.engine();
    let rows = indexed();
    write(
        &**engine,
        rows.iter().map(|(.., change)| change.clone()).collect(),
    )
    .await;
    for index in Index::ALL.into_iter().filter(|index| !index.is_unique()) {
        let of_index = rows.iter().filter(|(table, ..)| *table == index.table());
        let places: Vec<(Key, Key)> = of_index
            .filter_map(|(_, key, columns, _)| {
                Some((
                    [index.values(columns)?.as_slice(), key.as_slice()].concat(),
                    key.clone(),
                ))
            })
            .collect();
        // times are in order among each other; members, cases and subjects are only told apart
        let is_ordered = matches!(index, Index::AnswersByExpiry | Index::ResolvedCases);
        let fixed = if is_ordered { 0 } else { index.columns().len() };
        check_ranges(&**engine, index.into(), fixed, &places).await;
    }
}

pub async fn what_is_meant_is_found_in_the_order_asked_for(bed: impl Bed) {
    let engine = bed.engine();
    assert_eq!(
        engine.get(Table::Comments, vec![number(0)]).await.unwrap(),
        None
    );
    write(
        &**engine,
        indexed().into_iter().map(|(.., change)| change).collect(),
    )
    .await;
    let by_id = |id: &str| Lookup::Unique(Index::CommentById, vec![text(id)]);
    let lookups = [
        by_id("留言"),
        Lookup::Key(Table::Reports, vec![Value::Id(0)]),
        by_id("留"),
        by_id("c2"),
        Lookup::Key(Table::Rulings, vec![Value::Id(0)]),
        by_id("留言"),
    ];
    let found = engine.get_all(&lookups).await.unwrap();
    let keys: Vec<Option<Key>> = found
        .iter()
        .map(|row| Some(row.as_ref()?.key.clone()))
        .collect();
    let five = Some(vec![number(5)]);
    assert_eq!(
        keys,
        [
            five.clone(),
            Some(vec![Value::Id(0)]),
            None,
            Some(vec![number(1)]),
            None,
            five
        ]
    );
    let whole = comment("留言", Some("甲"), false);
    let row = engine
        .find(Index::CommentById, vec![text("留言")])
        .await
        .unwrap();
    assert_eq!(row.unwrap().read(), Ok(whole.clone()));
    let row = engine.get(Table::Comments, vec![number(5)]).await.unwrap();
    assert_eq!(row.unwrap().read(), Ok(whole.clone()));
    assert!(whole.columns().has(banzhu::store::tables::Column::Posted));
}

pub async fn values_of_any_length_come_back_whole(bed: impl Bed) {
    let engine = bed.engine();
    let lengths = [0_usize, 1, 3_899, 3_900, 3_901, 7_800, 7_801, 1 << 20];
    let record = |length: usize| -> Vec<u8> { (0..length).map(|at| (at % 251) as u8).collect() };
    for (turn, order) in [lengths.to_vec(), lengths.iter().rev().copied().collect()]
        .into_iter()
        .enumerate()
    {
        let rows = (0..)
            .zip(&order)
            .map(|(at, length)| plain(Table::Events, vec![number(at)], &record(*length)));
        write(&**engine, rows.collect()).await;
        let found = engine.range(Range::along(Table::Events)).await.unwrap();
        let found: Vec<Vec<u8>> = found.into_iter().map(|row| row.record).collect();
        let expected: Vec<Vec<u8>> = order.iter().map(|length| record(*length)).collect();
        assert!(found == expected, "turn {turn}");
        for (at, expected) in (0..).zip(&expected) {
            let row = engine.get(Table::Events, vec![number(at)]).await.unwrap();
            assert!(row.unwrap().record == *expected, "turn {turn}, row {at}");
        }
    }
}
