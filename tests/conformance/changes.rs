//! What changes of rows come to.

use banzhu::{
    id::MemberId,
    record::{Actor, AuditRow, Form, Key as BoardKey, Segment, Webhook},
    store::{
        engine::{Engine, Range, Reads as _, RowChange},
        tables::{Column, Columns, Index, Key, Keyed as _, Table, Tabled as _, Value, form_key},
    },
};

use crate::{
    bed::{Bed, write},
    rows::{AT, answer, comment, entry, key, number, put, put_under, report, text, webhook},
};

async fn found(engine: &impl Engine, range: Range) -> Vec<Key> {
    let rows = engine.range(range).await.unwrap();
    rows.into_iter().map(|row| row.key).collect()
}

async fn posts(engine: &impl Engine, member: &str) -> Vec<Key> {
    let of_member = [Value::Flag, text(member)];
    found(engine, Range::along(Index::PostsOfMember).under(of_member)).await
}

async fn comments(engine: &impl Engine, member: &str) -> Vec<Key> {
    found(
        engine,
        Range::along(Index::CommentsOfMember).under([text(member)]),
    )
    .await
}

pub async fn entries_of_indexes_follow_their_rows(bed: impl Bed) {
    let engine = &**bed.engine();
    let (came_along, posted, moved) = (
        comment("c", Some("甲"), true),
        comment("c", Some("甲"), false),
        comment("c", Some("乙"), false),
    );
    let one: Key = vec![number(0)];
    write(engine, vec![put_under(one.clone(), &came_along, None)]).await;
    assert_eq!(
        (comments(engine, "甲").await, posts(engine, "甲").await),
        (vec![one.clone()], vec![])
    );
    write(
        engine,
        vec![put_under(one.clone(), &posted, Some(came_along.columns()))],
    )
    .await;
    assert_eq!(
        (comments(engine, "甲").await, posts(engine, "甲").await),
        (vec![one.clone()], vec![one.clone()])
    );
    write(
        engine,
        vec![put_under(one.clone(), &moved, Some(posted.columns()))],
    )
    .await;
    assert_eq!(
        (comments(engine, "甲").await, posts(engine, "甲").await),
        (vec![], vec![])
    );
    assert_eq!(posts(engine, "乙").await, vec![one]);
    let by_id = engine
        .find(Index::CommentById, vec![text("c")])
        .await
        .unwrap();
    assert_eq!(by_id.unwrap().read(), Ok(moved));

    // within one batch the second finds what the first left
    let (first, second) = (report(1, 7, "r"), report(1, 8, "r"));
    write(
        engine,
        vec![
            put(&first),
            put_under(first.key(), &second, Some(first.columns())),
        ],
    )
    .await;
    let of_case = |case| Range::along(Index::ReportsOfCase).under([Value::Id(case)]);
    assert_eq!(found(engine, of_case(7)).await, Vec::<Key>::new());
    assert_eq!(found(engine, of_case(8)).await, [first.key()]);
    let before = Some(second.columns());
    write(
        engine,
        vec![RowChange::Delete {
            table: Table::Reports,
            key: first.key(),
            before,
        }],
    )
    .await;
    assert_eq!(found(engine, of_case(8)).await, Vec::<Key>::new());
    let gone = RowChange::Delete {
        table: Table::Reports,
        key: first.key(),
        before: None,
    };
    write(engine, vec![gone]).await;
    assert_eq!(engine.count(Range::along(Table::Reports)).await, Ok(0));

    let of_board = key(1, 7, None);
    write(engine, vec![put(&of_board)]).await;
    let by_secret = vec![Value::Bytes(vec![7; 32])];
    let row = engine
        .find(Index::AccountBySecret, by_secret)
        .await
        .unwrap();
    assert_eq!(row.unwrap().key, of_board.key());
}

fn add(day: u32, kind: u8, name: &str, by: &[(u16, i64)]) -> RowChange {
    RowChange::Add {
        day,
        kind,
        name: name.to_owned(),
        by: by.to_vec(),
    }
}

/// What was counted, without sums of 0.
async fn counted(
    engine: &impl Engine,
    from: u32,
    to: u32,
    kind: u8,
) -> Vec<(u32, String, Vec<(u16, i64)>)> {
    let rows = engine.counters(from, to, kind).await.unwrap();
    let mut rows: Vec<_> = rows
        .into_iter()
        .map(|row| {
            (
                row.day,
                row.name,
                row.sums.into_iter().filter(|(_, sum)| *sum != 0).collect(),
            )
        })
        .collect();
    rows.sort();
    rows
}

pub async fn sums_add_up_from_nothing(bed: impl Bed) {
    let engine = &**bed.engine();
    write(
        engine,
        vec![
            add(20_000, 0, "", &[(0, 2), (1, -1)]),
            add(20_000, 0, "", &[(0, 3)]),
        ],
    )
    .await;
    write(
        engine,
        vec![
            add(20_000, 0, "", &[(1, -4), (120, 1)]),
            add(20_002, 4, "一詞", &[(15, 1)]),
        ],
    )
    .await;
    write(
        engine,
        vec![
            add(20_001, 4, "二詞", &[(15, 1)]),
            add(20_001, 0, "", &[(0, 9)]),
        ],
    )
    .await;
    write(engine, vec![add(20_001, 0, "", &[(0, -9)])]).await;
    let day = |day, sums: &[(u16, i64)]| (day, String::new(), sums.to_vec());
    let both = [day(20_000, &[(0, 5), (1, -5), (120, 1)]), day(20_001, &[])];
    assert_eq!(counted(engine, 19_999, 20_001, 0).await, both);
    assert_eq!(counted(engine, 20_001, 20_001, 0).await, both[1..]);
    let words = |day, word: &str| (day, word.to_owned(), vec![(15, 1)]);
    assert_eq!(
        counted(engine, 0, 20_002, 4).await,
        [words(20_001, "二詞"), words(20_002, "一詞")]
    );
    assert_eq!(counted(engine, 20_003, 30_000, 4).await, []);
    assert_eq!(counted(engine, 20_001, 20_000, 0).await, []);
}

pub async fn sums_go_by_their_names(bed: impl Bed) {
    let engine = &**bed.engine();
    let drop_sums = |day, kind, name: &str| RowChange::DropSums {
        day,
        kind,
        name: name.to_owned(),
    };
    let one = [(15, 1)];
    let counts = vec![
        add(20_000, 5, "一形", &one),
        add(20_000, 5, "二形", &one),
        add(20_000, 4, "一形", &one),
        add(20_500, 0x85, "一形", &one),
        add(20_900, 5, "一形", &one),
    ];
    write(engine, counts).await;
    let dropped = vec![
        drop_sums(20_000, 5, "一形"),
        drop_sums(20_001, 5, "一形"),
        drop_sums(20_000, 5, "三形"),
    ];
    write(engine, dropped).await;
    let left = |day, name: &str| (day, name.to_owned(), one.to_vec());
    let forms = [left(20_000, "二形"), left(20_900, "一形")];
    assert_eq!(counted(engine, 0, u32::MAX, 5).await, forms);
    assert_eq!(counted(engine, 0, 20_899, 5).await, forms[..1]);
    assert_eq!(counted(engine, 0, 30_000, 4).await, [left(20_000, "一形")]);
    // dropped and counted anew in one batch
    let anew = vec![
        drop_sums(20_900, 5, "一形"),
        add(20_900, 5, "一形", &[(15, 7)]),
    ];
    write(engine, anew).await;
    let found = counted(engine, 20_900, 20_900, 5).await;
    assert_eq!(found, [(20_900, "一形".to_owned(), vec![(15, 7)])]);
}

/// Two nodes that count at once lose nothing: what is written is what is added.
pub async fn records_of_sums_add_up(bed: impl Bed) {
    let engine = &**bed.engine();
    let form = || Form::new("大傻比", "大煞筆", AT);
    let member = |id: &str| MemberId::parse(id).unwrap();
    let seen = |id| RowChange::sum(form().seen_from(Some(&member(id)))).unwrap();
    let amy = Actor::Operator;
    let upheld = form().ruled(true, Some(&amy), 1);
    write(engine, vec![seen("甲"), seen("乙")]).await;
    write(
        engine,
        vec![seen("甲"), RowChange::sum(upheld.clone()).unwrap()],
    )
    .await;
    let key = form_key(form().key());
    let stored = async || {
        let row = engine.get(Table::Forms, key.clone()).await.unwrap();
        row.unwrap().read::<Form>().unwrap()
    };
    let found = stored().await;
    assert_eq!((found.seen, found.member_count(), found.upheld), (3, 2, 1));
    write(engine, vec![RowChange::sum(upheld.negated()).unwrap()]).await;
    let found = stored().await;
    assert_eq!((found.seen, found.upheld, found.moderators), (3, 0, vec![]));
    let keys = self::found(engine, Range::along(Table::Forms));
    assert_eq!(keys.await, [key]);
}

fn raise(table: Table, key: Key, to: u64) -> RowChange {
    RowChange::Raise {
        table,
        key,
        to,
        sane_max: u64::MAX,
    }
}

pub async fn what_was_raised_is_never_lowered(bed: impl Bed) {
    let engine = &**bed.engine();
    let hook = webhook(1, 5, 1);
    let cursor = async || {
        let row = engine.get(Table::Webhooks, hook.key()).await.unwrap();
        row.map(|row| row.read::<Webhook>().unwrap().cursor)
    };
    write(engine, vec![raise(Table::Webhooks, hook.key(), 9)]).await;
    assert_eq!(cursor().await, None, "there is no row");
    write(
        engine,
        vec![put(&hook), raise(Table::Webhooks, hook.key(), 9)],
    )
    .await;
    assert_eq!(cursor().await, Some(9));
    write(engine, vec![raise(Table::Webhooks, hook.key(), 8)]).await;
    assert_eq!(cursor().await, Some(9));
    write(
        engine,
        vec![put_under(
            hook.key(),
            &webhook(1, 5, 2),
            Some(hook.columns()),
        )],
    )
    .await;
    assert_eq!(cursor().await, Some(9), "another write forgets nothing");
    write(
        engine,
        vec![put_under(
            hook.key(),
            &webhook(1, 12, 3),
            Some(hook.columns()),
        )],
    )
    .await;
    assert_eq!(cursor().await, Some(12));

    let board = key(1, 7, None);
    let used = async || {
        let row = engine.get(Table::Accounts, board.key()).await.unwrap();
        row.unwrap().read::<BoardKey>().unwrap().last_used_at
    };
    let ms = |at: banzhu::time::Timestamp| u64::try_from(at.as_ms()).unwrap();
    let (soon, far) = (AT.plus_ms(10), AT.plus_ms(1_000_000));
    write(
        engine,
        vec![put(&board), raise(Table::Accounts, board.key(), ms(far))],
    )
    .await;
    assert_eq!(used().await, Some(far));
    let sane = RowChange::Raise {
        table: Table::Accounts,
        key: board.key(),
        to: ms(AT),
        sane_max: ms(soon),
    };
    write(engine, vec![sane]).await;
    assert_eq!(used().await, Some(AT), "the clock had been ahead");
    write(engine, vec![put(&board)]).await;
    assert_eq!(used().await, Some(AT));
}

pub async fn what_people_wrote_is_redacted_through_a_time(bed: impl Bed) {
    let engine = &**bed.engine();
    let later = AT.plus_ms(1);
    let entries = [
        entry(1, "甲", AT, "一"),
        entry(2, "乙", AT, "二"),
        entry(3, "甲", later, "三"),
        entry(4, "甲", AT, "四"),
    ];
    write(engine, entries.iter().map(put).collect()).await;
    let redact = |member: &str, through| RowChange::DeleteThrough {
        table: Table::AuditWords,
        under: vec![text(&format!("member:{member}"))],
        through,
        limit: usize::MAX,
    };
    let left = async || {
        let rows = engine.range(Range::along(Table::Audit)).await.unwrap();
        let rows = rows.iter().map(|row| row.read::<AuditRow>().unwrap());
        let words = rows.map(|row| row.text.map(|(text, _)| text));
        words
            .map(Option::unwrap_or_default)
            .collect::<Vec<String>>()
            .concat()
    };
    write(engine, vec![redact("甲", Some(AT))]).await;
    assert_eq!(left().await, "二三");
    write(engine, vec![redact("丙", None)]).await;
    assert_eq!(left().await, "二三");
    write(engine, vec![redact("甲", None), redact("乙", None)]).await;
    assert_eq!(left().await, "");
    assert_eq!(engine.count(Range::along(Table::Audit)).await, Ok(4));
    let about = Range::along(Index::AuditOfSubject).under([text("member:甲")]);
    assert_eq!(
        found(engine, about).await,
        [vec![number(1)], vec![number(3)], vec![number(4)]]
    );
}

pub async fn answers_go_by_their_time(bed: impl Bed) {
    let engine = &**bed.engine();
    let answers = [
        answer(1, AT),
        answer(2, AT.plus_ms(1)),
        answer(3, AT.plus_ms(-1)),
        answer(4, AT),
    ];
    write(engine, answers.iter().map(put).collect()).await;
    let through = |limit| RowChange::DeleteThrough {
        table: Table::Answers,
        under: Vec::new(),
        through: Some(AT),
        limit,
    };
    write(engine, vec![through(1)]).await;
    assert_eq!(engine.count(Range::along(Table::Answers)).await, Ok(3));
    assert_eq!(
        engine.get(Table::Answers, answers[2].key()).await,
        Ok(None),
        "the oldest goes first"
    );
    // one that a batch writes anew after it is not the one that is over
    let anew = put_under(
        answers[0].key(),
        &answer(1, AT.plus_ms(50)),
        Some(answers[0].columns()),
    );
    write(engine, vec![through(64), anew]).await;
    let left = found(engine, Range::along(Index::AnswersByExpiry)).await;
    assert_eq!(left, [answers[1].key(), answers[0].key()]);
    assert!(answers[0].columns().has(Column::ExpiresAt));
    assert_eq!(Columns::default().get(Column::ExpiresAt), None);
}

pub async fn a_row_goes_with_its_parts(bed: impl Bed) {
    let engine = &**bed.engine();
    let key = |segment: u64, nth: u32| vec![Value::Number(segment), Value::Small(nth)];
    let part =
        |segment, nth| RowChange::put_plain(Table::SegmentParts, key(segment, nth), vec![7; 5_000]);
    let head = |segment| put(&Segment::begun(segment, 1, 0));
    let drop = |segment: u64| RowChange::DeleteWithParts {
        table: Table::Segments,
        key: vec![Value::Number(segment)],
        parts: Table::SegmentParts,
    };
    let left = async || {
        let heads = engine.count(Range::along(Table::Segments)).await.unwrap();
        (
            heads,
            found(engine, Range::along(Table::SegmentParts)).await,
        )
    };
    let three = vec![head(1), part(1, 0), part(1, 1), head(2), part(2, 0)];
    write(engine, three).await;
    write(engine, vec![head(256), part(256, 3), drop(1), drop(9)]).await;
    assert_eq!(left().await, (2, vec![key(2, 0), key(256, 3)]));
    // what the batch itself put goes, and what it puts afterwards stays
    let anew = vec![
        part(2, 1),
        head(3),
        part(3, 0),
        drop(2),
        drop(3),
        head(3),
        part(3, 5),
    ];
    write(engine, anew).await;
    assert_eq!(left().await, (2, vec![key(3, 5), key(256, 3)]));
}
