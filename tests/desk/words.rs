//! The board's own words: in force at once, over the files, rolled back, followed by other nodes, and sound on disk.

use std::sync::Arc;

use banzhu::{
    desk::{
        AuditQuery, DeskError, Idempotent, PageQuery, PreviewDraft, ProposedChange,
        SuggestionDraft, WordDraft, WordQuery,
        views::{PreviewView, WordView},
    },
    id::MemberId,
    lexicon::ListFile,
    policy::Rulebook,
    record::{Verdict, WordKind},
};

use crate::world::{Comment, Data, World, ada, amy, comment, files, rulebook};

fn term(text: &str, severity: &str) -> WordDraft {
    term_with(text, severity, &[])
}

/// A term of the insults with these further cells.
fn term_with(text: &str, severity: &str, more: &[(usize, &str)]) -> WordDraft {
    let mut cells = vec![None; 9];
    cells[0] = Some(text.to_owned());
    cells[1] = Some(severity.to_owned());
    for (nth, cell) in more {
        cells[*nth] = Some((*cell).to_owned());
    }
    WordDraft {
        kind: WordKind::Term,
        code: Some("insult".to_owned()),
        cells,
    }
}

fn phrase(text: &str) -> WordDraft {
    WordDraft {
        kind: WordKind::Exception,
        code: None,
        cells: vec![Some(text.to_owned()), None],
    }
}

fn example(text: &str, label: &str) -> WordDraft {
    WordDraft {
        kind: WordKind::Example,
        code: None,
        cells: vec![Some(text.to_owned()), Some(label.to_owned()), None],
    }
}

fn why() -> Option<String> {
    Some("版友一直用".to_owned())
}

async fn add(world: &World, draft: WordDraft) -> Result<WordView, DeskError> {
    match world.desk.words.add(&ada(), draft, why(), None).await? {
        Idempotent::Fresh(view) => Ok(view),
        Idempotent::Replayed { .. } => panic!("nothing was asked twice"),
    }
}

async fn retire(world: &World, kind: WordKind, id: &str) -> Result<WordView, DeskError> {
    let words = &world.desk.words;
    words.retire(&ada(), kind, id, why(), None).await
}

async fn roll_back(world: &World, version: u32) -> Result<(), DeskError> {
    let words = &world.desk.words;
    let done = words.roll_back(&ada(), Some(version), why(), None).await;
    done.map(drop)
}

fn id_of(view: &WordView) -> String {
    view.facts().id.clone()
}

async fn verdict(world: &World, id: &str, body: &str) -> Verdict {
    world.post(comment(id, body)).await.verdict
}

/// Pointers of the fields at fault.
fn pointers<T: std::fmt::Debug>(done: Result<T, DeskError>) -> Vec<String> {
    match done {
        Err(DeskError::Fields(faults)) => faults.into_iter().map(|fault| fault.pointer).collect(),
        other => panic!("{other:?}"),
    }
}

/// The words of a kind with this text in them.
fn found(world: &World, kind: WordKind, text: &str) -> Vec<WordView> {
    let query = WordQuery {
        q: Some(text.to_owned()),
        ..WordQuery::default()
    };
    world.desk.words.list(kind, &query).unwrap().items
}

#[tokio::test]
async fn a_word_is_in_force_when_it_is_answered_and_out_when_it_is_retired() {
    let world = World::new();
    let before = world.desk.operations.rulebook_version();
    assert_eq!(verdict(&world, "c-1", "你這個臭芋泥").await, Verdict::Allow);
    let view = add(&world, term("臭芋泥", "3")).await.unwrap();
    let judged = world.post(comment("c-2", "你這個臭芋泥")).await;
    assert_eq!(judged.verdict, Verdict::Flag);
    assert_eq!(judged.reasons[0].term.as_deref(), Some("臭芋泥"));
    let after = world.desk.operations.rulebook_version();
    assert_eq!(after.counter, before.counter + 1);
    assert_eq!(judged.rulebook, after.to_string());
    let facts = view.facts();
    assert_eq!((facts.origin, facts.version), ("added", Some(1)));
    assert_eq!(
        facts.author.as_ref().map(ToString::to_string).as_deref(),
        Some("ada")
    );

    let exception = add(&world, phrase("臭芋泥蛋糕")).await.unwrap();
    assert_eq!(
        verdict(&world, "c-3", "臭芋泥蛋糕好吃").await,
        Verdict::Allow
    );
    retire(&world, WordKind::Exception, &id_of(&exception))
        .await
        .unwrap();
    assert_eq!(
        verdict(&world, "c-4", "臭芋泥蛋糕好吃").await,
        Verdict::Flag
    );
    retire(&world, WordKind::Term, &id_of(&view)).await.unwrap();
    assert_eq!(verdict(&world, "c-5", "你這個臭芋泥").await, Verdict::Allow);

    let query = AuditQuery {
        action: Some("word.added,word.retired".to_owned()),
        ..AuditQuery::default()
    };
    let audit = world.desk.figures.audit(query).await.unwrap().items;
    assert_eq!(audit.len(), 4);
    let first = &audit[3];
    assert_eq!(first.to, Some(after.to_string()));
    let reasons: Vec<_> = audit
        .iter()
        .filter_map(|entry| entry.reason.clone())
        .collect();
    assert!(
        reasons.iter().all(|why| why.contains("版友一直用")),
        "{reasons:?}"
    );
    world.end_moved().await;
}

#[tokio::test]
async fn words_stay_over_a_restart_and_over_other_files() {
    let world = World::new();
    add(&world, term("臭芋泥", "3")).await.unwrap();
    let near = term_with("爛布丁", "3", &[(7, "near:@you+4")]);
    add(&world, near).await.unwrap();
    let version = world.desk.operations.rulebook_version();
    let world = world.reopened().await;
    world.desk.words.follow().await.unwrap();
    assert_eq!(world.desk.operations.rulebook_version(), version);
    assert_eq!(verdict(&world, "c-1", "你爛布丁").await, Verdict::Flag);

    // Files without the set of words that one row names: that row is left out and told, the other stays.
    let mut others = files();
    others.lists.retain(|list| list.name != "neighbours.tsv");
    others.lists.push(ListFile::new(
        "neighbours.tsv",
        "name\twords\tnote\tsource\nthey\t他|她\t\town knowledge\n",
    ));
    let others = Arc::new(Rulebook::compile(&others, 2).unwrap());
    let world = world.reopened_with(others, World::settings()).await;
    world.desk.words.follow().await.unwrap();
    assert_eq!(verdict(&world, "c-2", "你爛布丁").await, Verdict::Allow);
    assert_eq!(verdict(&world, "c-3", "臭芋泥").await, Verdict::Flag);
    let view = world.desk.operations.rulebook_view();
    assert!(
        view.warnings
            .iter()
            .any(|fault| fault.file == "board/insult.tsv"),
        "{view:?}"
    );
    assert_eq!(view.words, 2);
    // what was left out keeps nobody from other changes
    add(&world, term("臭豆沙", "3")).await.unwrap();
    assert_eq!(verdict(&world, "c-4", "臭豆沙").await, Verdict::Flag);
    world.end().await;
}

#[tokio::test]
async fn a_row_of_the_files_gives_way_and_comes_back() {
    let world = World::new();
    let listed = found(&world, WordKind::Term, "豬頭");
    let [row] = &listed[..] else {
        panic!("{listed:?}")
    };
    assert_eq!((row.facts().origin, row.facts().version), ("files", None));
    let id = id_of(row);
    let words = &world.desk.words;
    let milder = words
        .change(&ada(), &id, term("豬頭", "1"), why(), Some(0))
        .await
        .unwrap();
    assert_eq!(milder.facts().origin, "changed");
    assert_eq!(verdict(&world, "c-1", "你這豬頭").await, Verdict::Allow);
    assert_eq!(found(&world, WordKind::Term, "豬頭").len(), 1);
    let stale = words
        .change(&ada(), &id, term("豬頭", "2"), why(), Some(0))
        .await;
    assert_eq!(pointers(stale), ["/expect"]);
    retire(&world, WordKind::Term, &id).await.unwrap();
    assert!(found(&world, WordKind::Term, "豬頭")[0].facts().retired);
    roll_back(&world, 0).await.unwrap();
    assert_eq!(
        found(&world, WordKind::Term, "豬頭")[0].facts().origin,
        "files"
    );
    assert_eq!(verdict(&world, "c-2", "你這豬頭").await, Verdict::Flag);
    // the rows of the rulebook are those of before, its version is a new one
    let (first, now) = (rulebook().version, world.desk.operations.rulebook_version());
    assert_eq!((now.counter, now.hash), (first.counter + 3, first.hash));
    roll_back(&world, 1).await.unwrap();
    assert_eq!(verdict(&world, "c-3", "你這豬頭").await, Verdict::Allow);
    let steps = words.steps(&PageQuery::default()).await.unwrap();
    let back: Vec<_> = steps.items.iter().map(|step| step.rolled_back_to).collect();
    assert_eq!(back, [Some(1), Some(0), None, None]);
    world.end_moved().await;
}

#[tokio::test]
async fn what_is_at_fault_is_told_at_its_cell_and_changes_nothing() {
    let world = World::new();
    let before = world.desk.operations.rulebook_version();
    let faulty = [
        (term("臭芋泥", "7"), "/severity"),
        (term("。。", "3"), "/term"),
        (term("臭\t芋泥", "3"), "/term"),
        (term_with("臭芋泥", "3", &[(2, "title")]), "/surfaces"),
        (term_with("臭芋泥", "3", &[(3, "often")]), "/match"),
        (term_with("臭芋泥", "3", &[(4, "at-him")]), "/aim"),
        (term_with("臭芋泥", "3", &[(5, "rot13")]), "/variants"),
        (term_with("臭芋泥", "3", &[(6, "homophone:")]), "/spellings"),
        (
            term_with("臭芋泥", "3", &[(7, "near:@nobody+2")]),
            "/context",
        ),
        (term("白痴", "2"), "/term"),
        (term("白痴造句法", "2"), "/term"),
        (phrase("白痴"), "/phrase"),
        (phrase("白痴造句法"), "/phrase"),
        (example("天氣真好", "fine"), "/label"),
        (
            WordDraft {
                code: Some("flood".to_owned()),
                ..term("臭芋泥", "3")
            },
            "/code",
        ),
    ];
    for (draft, pointer) in faulty {
        let text = format!("{draft:?}");
        assert_eq!(
            pointers(add(&world, draft).await)
                .first()
                .map(String::as_str),
            Some(pointer),
            "{text}"
        );
    }
    let unsaid = world
        .desk
        .words
        .add(&ada(), term("臭芋泥", "3"), None, None)
        .await;
    assert_eq!(pointers(unsaid), ["/reason"]);
    // the one term against self-harm
    let only = found(&world, WordKind::Term, "寧願死掉");
    assert_eq!(
        pointers(retire(&world, WordKind::Term, &id_of(&only[0])).await),
        [""]
    );
    assert_eq!(pointers(roll_back(&world, 0).await), ["/version"]);
    let unknown = retire(&world, WordKind::Term, "01ARZ3NDEKTSV4RRFFQ69G5FAV").await;
    assert!(matches!(unknown, Err(DeskError::NotFound)));
    assert_eq!(world.desk.operations.rulebook_version(), before);
    assert_eq!(
        world
            .desk
            .words
            .steps(&PageQuery::default())
            .await
            .unwrap()
            .items,
        []
    );
    world.end().await;
}

#[tokio::test]
async fn admins_on_two_nodes_do_not_cross() {
    let Data::Memory(database) = Data::memory() else {
        unreachable!()
    };
    let node = || World::over(Data::Memory(database.node()), rulebook(), World::settings());
    let (one, two) = (node(), node());
    let (first, second) = tokio::join!(
        add(&one, term("臭芋泥", "3")),
        add(&two, term("臭豆沙", "3"))
    );
    let versions = [first.unwrap(), second.unwrap()].map(|view| view.facts().version);
    assert!(
        [[Some(1), Some(2)], [Some(2), Some(1)]].contains(&versions),
        "{versions:?}"
    );
    one.desk.words.follow().await.unwrap();
    two.desk.words.follow().await.unwrap();
    for (nth, world) in [&one, &two].into_iter().enumerate() {
        assert_eq!(
            verdict(world, &format!("c-1-{nth}"), "臭芋泥").await,
            Verdict::Flag
        );
        assert_eq!(
            verdict(world, &format!("c-2-{nth}"), "臭豆沙").await,
            Verdict::Flag
        );
    }
    let twice = add(&one, term("臭豆沙", "3")).await;
    assert_eq!(pointers(twice), ["/term"]);
    assert_eq!(
        one.desk.operations.rulebook_version(),
        two.desk.operations.rulebook_version()
    );
    one.end().await;
    two.desk.close().await;
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let world = World::new();
    add(&world, term("臭芋泥", "3")).await.unwrap();
    add(&world, example("這家店真的要加油", "harmless"))
        .await
        .unwrap();
    let list = |query: WordQuery| {
        let page = world.desk.words.list(WordKind::Term, &query).unwrap();
        let texts: Vec<String> = page
            .items
            .iter()
            .map(|view| view.text().to_owned())
            .collect();
        (texts, page.next_cursor)
    };
    let of = |text: &str| Some(text.to_owned());
    let added = list(WordQuery {
        origin: of("added"),
        ..WordQuery::default()
    });
    assert_eq!(added.0, ["臭芋泥"]);
    let profane = list(WordQuery {
        code: of("profanity"),
        ..WordQuery::default()
    });
    assert_eq!(profane.0, ["幹你娘", "放屁啦"]);
    let mine = list(WordQuery {
        author: of("ada"),
        retired: of("true"),
        ..WordQuery::default()
    });
    assert_eq!(mine.0, [""; 0]);
    let page = |cursor| PageQuery {
        cursor,
        limit: of("5"),
    };
    let (first, next) = list(WordQuery {
        page: page(None),
        ..WordQuery::default()
    });
    let (rest, end) = list(WordQuery {
        page: page(next),
        ..WordQuery::default()
    });
    assert_eq!((first.len(), rest.len(), end), (5, 3, None));
    assert_eq!(found(&world, WordKind::Example, "加油").len(), 1);
    world.end().await;
}

async fn preview(world: &World, change: ProposedChange, newest: u32) -> PreviewView {
    let draft = PreviewDraft {
        change: Some(change),
        newest: Some(newest),
    };
    world.desk.words.preview(draft).await.unwrap()
}

#[tokio::test]
async fn a_preview_tells_what_a_change_would_find_and_changes_nothing() {
    let world = World::new();
    for nth in 0..6 {
        world
            .post(comment(&format!("c-{nth}"), "臭芋泥真好吃"))
            .await;
    }
    let flagged = world.post(comment("c-6", "你是豬頭")).await;
    let case = world.case(flagged.case_id).await;
    world.rule(&amy(), &case, "approve").await.unwrap();
    world.post(comment("c-7", "白痴，臭芋泥")).await;
    let version = world.desk.operations.rulebook_version();

    let put = ProposedChange::Put(term("臭芋泥", "3"), None, "/term");
    let view = preview(&world, put.clone(), 100).await;
    assert_eq!((view.tried, view.complete), (8, true));
    let hits = &view.newly_hit;
    assert_eq!((hits.comments, hits.ruled.none), (7, 7));
    assert_eq!(
        (view.no_longer_hit.comments, view.harsher, view.milder),
        (0, 6, 0)
    );
    assert!((hits.per_thousand - 875.0).abs() < 1e-9, "{hits:?}");
    let newest = &hits.samples[0];
    assert_eq!(
        (newest.comment_id.as_str(), newest.start, newest.end),
        ("c-7", Some(3), Some(6))
    );
    assert_eq!(newest.text.as_deref(), Some("白痴，臭芋泥"));
    assert_eq!(preview(&world, put, 3).await.newly_hit.comments, 2);

    let listed = id_of(&found(&world, WordKind::Term, "豬頭")[0]);
    let view = preview(&world, ProposedChange::Retire(listed), 100).await;
    assert_eq!((view.no_longer_hit.comments, view.milder), (1, 1));
    assert_eq!(view.no_longer_hit.ruled.approve, 1);
    assert_eq!(view.no_longer_hit.samples[0].ruled, Some("approve"));

    assert_eq!(world.desk.operations.rulebook_version(), version);
    let faulty = PreviewDraft {
        change: Some(ProposedChange::Put(term("臭芋泥", "9"), None, "/term")),
        newest: None,
    };
    assert_eq!(
        pointers(world.desk.words.preview(faulty).await),
        ["/term/severity"]
    );
    let none = PreviewDraft {
        change: None,
        newest: Some(0),
    };
    assert_eq!(
        pointers(world.desk.words.preview(none).await),
        ["/newest", ""]
    );
    world.end().await;
}

/// A comment by a member of its own, ruled on.
async fn ruled(world: &World, nth: usize, body: &str, decision: &str) {
    let (id, member) = (format!("s-{nth}"), format!("m-s-{nth}"));
    let posted = Comment {
        member: &member,
        ..comment(&id, body)
    };
    let flagged = world.post(posted).await;
    let case = world.case(flagged.case_id).await;
    world.rule(&amy(), &case, decision).await.unwrap();
}

async fn suggested(world: &World) -> Vec<(&'static str, String)> {
    let words = &world.desk.words;
    let page = words.suggestions(&PageQuery::default()).await.unwrap();
    page.items
        .into_iter()
        .map(|view| (view.kind, view.text))
        .collect()
}

async fn decide(world: &World, text: &str, decision: &str) -> WordView {
    let words = &world.desk.words;
    let page = words.suggestions(&PageQuery::default()).await.unwrap();
    let found = page.items.iter().find(|view| view.text == text).unwrap();
    let draft = SuggestionDraft {
        decision: Some(decision.to_owned()),
        severity: Some(3),
        reason: why(),
    };
    match words
        .decide_suggestion(&ada(), &found.id, draft, None)
        .await
        .unwrap()
    {
        Idempotent::Fresh(view) => view,
        Idempotent::Replayed { .. } => panic!("nothing was asked twice"),
    }
}

#[tokio::test]
async fn rulings_suggest_words_that_are_taken_or_refused_once() {
    let world = World::new();
    let removed = ["白痴，你這破麻糬", "破麻糬你白痴", "又是破麻糬，白痴"];
    let approved = ["這家白痴果好吃", "想吃白痴果", "白痴果多少錢"];
    let stood = [
        "天氣真好",
        "今天放假",
        "下雨了",
        "記得帶傘",
        "明天見",
        "晚安",
    ];
    for (nth, body) in removed.into_iter().enumerate() {
        ruled(&world, nth, body, "remove").await;
    }
    for (nth, body) in approved.into_iter().enumerate() {
        ruled(&world, 10 + nth, body, "approve").await;
    }
    for (nth, body) in stood.into_iter().enumerate() {
        world.post(comment(&format!("c-{nth}"), body)).await;
    }
    let both = [
        ("term", "破麻糬".to_owned()),
        ("exception", "白痴果".to_owned()),
    ];
    assert_eq!(suggested(&world).await, both);

    decide(&world, "破麻糬", "take").await;
    assert_eq!(verdict(&world, "c-10", "你破麻糬").await, Verdict::Flag);
    let refused = decide(&world, "白痴果", "refuse").await;
    assert!(refused.facts().retired);
    assert_eq!(verdict(&world, "c-11", "白痴果").await, Verdict::Flag);
    world.clock.pass(3_600_000);
    assert_eq!(suggested(&world).await, []);
    world.end_moved().await;
}

#[tokio::test]
async fn a_suggestion_goes_with_the_texts_that_speak_for_it() {
    let world = World::new();
    for (nth, body) in ["這家白痴果好吃", "想吃白痴果", "白痴果多少錢"]
        .into_iter()
        .enumerate()
    {
        ruled(&world, nth, body, "approve").await;
    }
    assert_eq!(suggested(&world).await.len(), 1);
    let member = MemberId::parse("m-s-1").unwrap();
    world
        .desk
        .privacy
        .erase_member(&ada(), &member)
        .await
        .unwrap();
    world.desk.privacy.erase_pending().await.unwrap();
    assert_eq!(
        suggested(&world).await,
        [],
        "at once, although worked out before"
    );
    world.end().await;
}
