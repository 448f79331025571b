//! Comments are found by what they say and by what was decided about them; with an index and without one the same.

use std::{collections::BTreeMap, time::Duration};

use banzhu::{
    desk::{CommentQuery, DeskSettings},
    intake::Mode,
    record::{IndexToken, SEGMENT_SPAN, Segment, SegmentPart},
    store::{
        engine::{Batch, Engine as _, OpenBatch as _, Range, Reads as _, RowChange},
        ephemeral::Ephemeral,
        export_to, import_from,
        tables::{Keyed as _, Table, Tabled as _, Value},
        verify_records,
    },
    text::fold::folded,
    time::{DAY_MS, HOUR_MS},
};
use futures_util::future::join_all;

use super::world::{Chance, Comment, Data, World, ada, comment, rulebook};

/// Comments that nobody looks for, each by somebody else and in words of its own.
async fn fill(world: &World, from: u64, to: u64) {
    for start in (from..to).step_by(256) {
        let posts = (start..to.min(start + 256)).map(async |n| {
            let (id, by) = (format!("fill-{n}"), format!("f-{n}"));
            let body = format!("第{n}則，祝大家平安");
            world.post(comment(&id, &body).by(&by, "路人")).await;
        });
        join_all(posts).await;
    }
}

fn in_memory() -> World {
    World::over(Data::memory(), rulebook(), World::settings())
}

fn engine(world: &World) -> &Ephemeral {
    match &world.data {
        Data::Memory(node) => node,
        Data::Folder(_) => panic!("it is in a folder"),
    }
}

/// Builds all that there is to build. How many segments that were.
async fn build(world: &World) -> usize {
    let mut built = 0;
    while world.desk.index.build_next().await.unwrap() {
        built += 1;
    }
    built
}

async fn headers(world: &World) -> Vec<Segment> {
    let rows = engine(world).range(Range::along(Table::Segments)).await;
    let rows = rows.unwrap();
    rows.iter().map(|row| row.read().unwrap()).collect()
}

/// Whether any part of the index has a pair of this text.
async fn is_in_index(world: &World, text: &str) -> bool {
    let rows = engine(world).range(Range::along(Table::SegmentParts)).await;
    let parts: Vec<SegmentPart> = rows
        .unwrap()
        .iter()
        .map(|row| row.read().unwrap())
        .collect();
    for header in headers(world).await {
        for token in IndexToken::of_query(&folded(text)) {
            let nth = header.part_of(token);
            let part = parts
                .iter()
                .find(|part| part.segment == header.number && Some(part.nth) == nth);
            let found = part.map(|part| header.comments_with(token, part).unwrap());
            if found.is_some_and(|found| !found.is_empty()) {
                return true;
            }
        }
    }
    false
}

fn query(q: &str) -> CommentQuery {
    CommentQuery {
        q: Some(q.to_owned()),
        ..CommentQuery::default()
    }
}

/// All that is found, page by page.
async fn found(world: &World, query: &CommentQuery, limit: usize) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), None);
    loop {
        let page = CommentQuery {
            cursor,
            limit: Some(limit.to_string()),
            ..query.clone()
        };
        let page = world.desk.comments.find(page).await.unwrap();
        assert!(page.items.len() <= limit);
        ids.extend(page.items.iter().map(|item| item.comment_id.to_string()));
        cursor = page.next_cursor;
        if cursor.is_none() {
            return ids;
        }
    }
}

async fn find(world: &World, q: &str) -> Vec<String> {
    found(world, &query(q), 50).await
}

#[tokio::test]
async fn body_nickname_and_tag_are_found_folded_over_the_border_of_the_index() {
    let world = World::in_folder();
    let places = [
        0,
        700,
        1_500,
        SEGMENT_SPAN - 1,
        SEGMENT_SPAN,
        SEGMENT_SPAN + 9,
    ];
    let mut next = 0;
    for place in places {
        fill(&world, next, place).await;
        let id = |what: &str| format!("{what}-{place}");
        let by = id("m");
        world
            .post(comment(&id("body"), "今天的鷄排好吃").by(&by, "甲"))
            .await;
        world
            .post(comment(&id("name"), "早安").by(&by, "ＡＢＣ小明"))
            .await;
        world
            .post(
                comment(&id("tag"), "晚安")
                    .by(&by, "乙")
                    .tagged(&["訪問日本"]),
            )
            .await;
        next = place;
    }
    fill(&world, next, SEGMENT_SPAN + 100).await;
    let looks = ["雞排", "abc小", "訪問日", "平安", "查無此字"];
    let mut scanned = Vec::new();
    for q in looks {
        scanned.push(find(&world, q).await);
    }
    let newest_first = |what: &str| {
        let places = places.iter().rev();
        places
            .map(|place| format!("{what}-{place}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(scanned[..3], ["body", "name", "tag"].map(newest_first));
    assert_eq!(scanned[3].len() as u64, SEGMENT_SPAN + 100);
    assert!(scanned[4].is_empty());

    assert_eq!(build(&world).await, 1);
    for (q, expected) in looks.iter().zip(&scanned) {
        for limit in [1, 2, 200] {
            // one page after the other costs a look each: not for the text of all
            if limit == 200 || expected.len() < 20 {
                assert_eq!(
                    &found(&world, &query(q), limit).await,
                    expected,
                    "{q} by {limit}"
                );
            }
        }
    }
    let under = CommentQuery {
        article: Some("story-1".to_owned()),
        ..CommentQuery::default()
    };
    assert_eq!(found(&world, &under, 2).await, newest_first("tag"));

    // what is moved to elsewhere leaves the index behind, and it is built there
    let here = world.stopped().await;
    let (mut lines, there) = (Vec::new(), tempfile::tempdir().unwrap());
    export_to(here.path(), &mut lines, &|_| {}).unwrap();
    import_from(&mut lines.as_slice(), there.path(), &|_| {}).unwrap();
    let world = World::over(Data::Folder(there), rulebook(), World::settings());
    assert_eq!(find(&world, looks[0]).await, scanned[0]);
    assert_eq!(build(&world).await, 1);
    assert_eq!(find(&world, looks[0]).await, scanned[0]);
    world.end().await;
}

#[tokio::test]
async fn what_was_edited_purged_or_erased_is_in_no_row_when_that_is_answered() {
    let world = World::over(
        Data::memory(),
        rulebook(),
        DeskSettings {
            retention: banzhu::desk::Retention {
                allowed_ms: 30 * DAY_MS,
                others_ms: 30 * DAY_MS,
                forms_ms: 30 * DAY_MS,
            },
            ..World::settings()
        },
    );
    world
        .post(comment("edited", "鱷魚在水裡").by("m-1", "甲"))
        .await;
    world
        .post(comment("erased", "蝸牛在葉上").by("m-2", "乙"))
        .await;
    world
        .post(comment("kept", "螢火蟲在飛").by("m-3", "丙"))
        .await;
    fill(&world, 0, SEGMENT_SPAN).await;
    assert_eq!(build(&world).await, 1);
    for text in ["鱷魚", "蝸牛", "螢火"] {
        assert!(is_in_index(&world, text).await);
    }

    world
        .post(comment("edited", "河馬在水裡").by("m-1", "甲"))
        .await;
    assert!(!is_in_index(&world, "鱷魚").await);
    assert_eq!(find(&world, "鱷魚").await, Vec::<String>::new());
    assert_eq!(find(&world, "河馬").await, ["edited"]);
    assert_eq!(
        build(&world).await,
        0,
        "a segment that was just built waits"
    );
    world.clock.pass(HOUR_MS);
    assert_eq!(build(&world).await, 1);
    assert!(is_in_index(&world, "河馬").await && is_in_index(&world, "蝸牛").await);
    assert!(!is_in_index(&world, "鱷魚").await);

    let member = banzhu::id::MemberId::parse("m-2").unwrap();
    world
        .desk
        .privacy
        .erase_member(&ada(), &member)
        .await
        .unwrap();
    assert!(!is_in_index(&world, "蝸牛").await);
    assert_eq!(find(&world, "蝸牛").await, Vec::<String>::new());
    assert_eq!(find(&world, "螢火").await, ["kept"]);
    world.clock.pass(HOUR_MS);
    assert_eq!(build(&world).await, 1);
    assert!(is_in_index(&world, "螢火").await && !is_in_index(&world, "蝸牛").await);

    world.clock.pass(31 * DAY_MS);
    while world.desk.privacy.purge_next_batch().await.unwrap() {}
    assert!(!is_in_index(&world, "螢火").await && !is_in_index(&world, "平安").await);
    world.clock.pass(HOUR_MS);
    assert_eq!(build(&world).await, 1);
    assert_eq!(find(&world, "平安").await, Vec::<String>::new());
    world.end().await;
}

/// A ruling or a report changes nothing that a comment is found by.
#[tokio::test]
async fn what_moves_nothing_leaves_the_index_alone() {
    let world = in_memory();
    world.post(comment("flagged", "你這個白痴")).await;
    fill(&world, 0, SEGMENT_SPAN).await;
    build(&world).await;
    let before = headers(&world).await;
    let case = world.comment("flagged").await.case_id;
    let case = world.case(case).await;
    world
        .rule(&super::world::amy(), &case, "remove")
        .await
        .unwrap();
    assert_eq!(headers(&world).await, before);
    let removed = CommentQuery {
        verdict: Some("remove".to_owned()),
        decided_by: Some("moderator".to_owned()),
        ..query("白痴")
    };
    assert_eq!(found(&world, &removed, 9).await, ["flagged"]);
    let by_filter = CommentQuery {
        decided_by: Some("filter".to_owned()),
        verdict: None,
        ..removed
    };
    assert_eq!(found(&world, &by_filter, 9).await, Vec::<String>::new());
    world.end().await;
}

async fn write(world: &World, rows: Vec<RowChange>) {
    let open = engine(world).open_batch(&[]).await.unwrap();
    let mut head = open.head().clone();
    head.batch += 1;
    let batch = Batch {
        head,
        updates: Vec::new(),
    };
    open.write(rows, batch.into()).await.unwrap();
}

fn put(segment: &Segment) -> RowChange {
    RowChange::Put {
        table: Table::Segments,
        key: segment.key(),
        version: segment.version(),
        columns: segment.columns(),
        before: None,
        record: banzhu::store::record::Record::encode(segment.clone()).unwrap(),
    }
}

#[tokio::test]
async fn a_segment_of_another_fold_or_damaged_is_scanned_and_built_anew() {
    let world = in_memory();
    world.post(comment("one", "鱷魚在水裡")).await;
    fill(&world, 0, SEGMENT_SPAN).await;
    build(&world).await;
    let [built] = headers(&world).await.try_into().unwrap();
    let older = Segment {
        tokens: [7; 8],
        row_version: built.row_version + 1,
        ..built.clone()
    };
    write(&world, vec![put(&older)]).await;
    // a service that starts with another fold, once the lease of the one before is over
    let world = world.reopened().await;
    world.clock.pass(HOUR_MS);
    assert_eq!(find(&world, "鱷魚").await, ["one"]);
    assert_eq!(build(&world).await, 1);
    let [anew] = headers(&world).await.try_into().unwrap();
    assert!(anew.is_usable() && anew.parts == built.parts && anew.build != built.build);

    let gone = RowChange::Delete {
        table: Table::SegmentParts,
        key: vec![
            Value::Number(0),
            Value::Small(
                anew.part_of(IndexToken::of_query(&folded("鱷魚"))[0])
                    .unwrap(),
            ),
        ],
        before: None,
    };
    write(&world, vec![gone]).await;
    assert_eq!(find(&world, "鱷魚").await, ["one"]);
    assert_eq!(build(&world).await, 1, "the search has told of it");

    let garbage = RowChange::put_plain(
        Table::SegmentParts,
        vec![Value::Number(0), Value::Small(0)],
        vec![9; 40],
    );
    write(&world, vec![garbage]).await;
    let in_first = CommentQuery {
        q: None,
        ..query("")
    };
    assert_eq!(
        found(&world, &in_first, 200).await.len() as u64,
        SEGMENT_SPAN + 1
    );
    assert_eq!(find(&world, "00").await.len(), bodies_with("00"));
    assert!(build(&world).await <= 1);
    assert_eq!(find(&world, "00").await.len(), bodies_with("00"));

    let unreadable = RowChange::put_plain(Table::Segments, vec![Value::Number(0)], vec![9; 40]);
    write(&world, vec![unreadable]).await;
    world.clock.pass(HOUR_MS);
    let world = World {
        // what is unreadable is told by `verify`; the service goes on
        desk: World::with_clock(
            world.clock.clone(),
            Data::Memory(engine(&world).node()),
            rulebook(),
            World::settings(),
        )
        .desk,
        ..world
    };
    assert_eq!(find(&world, "鱷魚").await, ["one"]);
    assert_eq!(build(&world).await, 1);
    assert_eq!(find(&world, "鱷魚").await, ["one"]);
    world.end().await;
}

#[tokio::test]
async fn verify_tells_of_an_index_that_is_not_what_its_comments_come_to() {
    let world = in_memory();
    fill(&world, 0, SEGMENT_SPAN).await;
    build(&world).await;
    let findings = async || {
        let head = engine(&world).head().await.unwrap();
        let place = |table: Table, _: &[Value]| format!("{table:?}");
        let report = verify_records(engine(&world), &head, place).await;
        let findings = report.findings.into_iter();
        findings.map(|found| found.place).collect::<Vec<_>>()
    };
    assert_eq!(findings().await, Vec::<String>::new());
    let rows = engine(&world)
        .range(Range::along(Table::SegmentParts))
        .await;
    let first = rows.unwrap().swap_remove(0);
    let part: SegmentPart = first.read().unwrap();
    let mut bytes = part.bytes.clone();
    // one comment is named in the place of another
    *bytes.last_mut().unwrap() ^= 1;
    let other = SegmentPart {
        bytes,
        ..part.clone()
    };
    let put = |part: SegmentPart| RowChange::put(part).unwrap();
    write(&world, vec![put(other)]).await;
    assert_eq!(findings().await, ["Segments"]);
    let stray = SegmentPart {
        segment: 9,
        ..part.clone()
    };
    write(&world, vec![put(part), put(stray)]).await;
    assert_eq!(findings().await, ["SegmentParts"]);
    world.desk.close().await;
}

/// How many bodies of [`fill`] have this in them.
fn bodies_with(text: &str) -> usize {
    let bodies = (0..SEGMENT_SPAN).map(|n| format!("第{n}則"));
    bodies.filter(|body| body.contains(text)).count()
}

/// A build that ends in the middle leaves nothing that is trusted, and the next one replaces it.
#[tokio::test]
async fn a_build_that_was_cut_off_is_begun_anew() {
    for data in [Data::folder(), Data::memory()] {
        let mut world = World::over(data, rulebook(), World::settings());
        world.post(comment("one", "鱷魚在水裡")).await;
        fill(&world, 0, SEGMENT_SPAN).await;
        for pause_ms in [0, 1, 4, 9, 20, 45, 90] {
            let desk = world.desk.clone();
            let building = tokio::spawn(async move { desk.index.build_next().await.map(drop) });
            tokio::time::sleep(Duration::from_millis(pause_ms)).await;
            building.abort();
            let _ = building.await;
            assert_eq!(find(&world, "鱷魚").await, ["one"]);
            world = world.reopened().await;
            assert_eq!(find(&world, "鱷魚").await, ["one"]);
        }
        world.clock.pass(HOUR_MS);
        build(&world).await;
        assert!(!world.desk.index.build_next().await.unwrap());
        assert_eq!(find(&world, "鱷魚").await, ["one"]);
        world.end().await;
    }
}

/// What a comment says, as the test keeps it.
struct Said {
    body: String,
    nickname: String,
    tag: Option<&'static str>,
}

const LETTERS: [&str; 12] = [
    "甲", "乙", "丙", "丁", "戊", "Ａ", "b", " ", "己", "鷄", "雞", "㈱",
];

fn text(chance: &mut Chance, most: u64) -> String {
    let chars = 2 + chance.below(most);
    let mut text: String = (0..chars).map(|_| *chance.one(&LETTERS)).collect();
    text.push('字');
    text
}

/// Random comments, edits and withdrawals against a plain look at all of them, while segments come and go.
#[tokio::test]
async fn a_search_finds_what_a_plain_look_at_all_comments_finds() {
    let world = in_memory();
    let (mut chance, mut said) = (Chance::new(24), BTreeMap::<u64, Said>::new());
    let all = SEGMENT_SPAN * 2 + 300;
    let submitted = async |n: u64, said: &Said| {
        let (id, by) = (format!("c-{n}"), format!("m-{n}"));
        let tags: Vec<&str> = said.tag.into_iter().collect();
        let posted = Comment {
            tags: &tags,
            article: true,
            ..comment(&id, &said.body).by(&by, &said.nickname)
        };
        world.try_post(posted, Mode::default()).await.unwrap();
    };
    let made = |chance: &mut Chance| Said {
        body: text(chance, 12),
        nickname: text(chance, 3),
        tag: (chance.below(9) == 0).then_some("丙丁戊己"),
    };
    for n in 0..all {
        said.insert(n, made(&mut chance));
    }
    // in their order, so that a number is a place in time
    for (n, said) in &said {
        submitted(*n, said).await;
    }
    for round in 0..40 {
        if round % 3 == 1 {
            build(&world).await;
        }
        if round % 4 == 3 {
            let n = chance.below(all);
            let anew = made(&mut chance);
            submitted(n, &anew).await;
            said.insert(n, anew);
            world.clock.pass(HOUR_MS);
        }
        let q: String = (0..2 + chance.below(2))
            .map(|_| *chance.one(&LETTERS))
            .collect();
        let wanted = folded(&q);
        let is_in = |text: &str| folded(text).contains(&wanted);
        let expected: Vec<String> = said
            .iter()
            .rev()
            .filter(|(_, said)| {
                is_in(&said.body) || is_in(&said.nickname) || said.tag.is_some_and(is_in)
            })
            .map(|(n, _)| format!("c-{n}"))
            .collect();
        let limit = usize::try_from(20 + chance.below(180)).unwrap();
        assert_eq!(
            found(&world, &query(&q), limit).await,
            expected,
            "round {round}: {q}"
        );
    }
    world.end().await;
}
