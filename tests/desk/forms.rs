//! Written forms that were guessed at: counted with each comment and each ruling, and known to the next decision.

use std::sync::Arc;

use banzhu::{
    desk::{RulingDraft, StatsQuery, TryDraft, views::FormView},
    policy::Rulebook,
    record::{Verdict, written_form},
    time::DAY_MS,
};

use crate::world::{World, amy, ben, comment, files};

/// One character sounds like 幹: nobody has listed it.
const WRITTEN: &str = "淦你娘";
const TERM: &str = "幹你娘";

/// What the case of a comment shows of the form; the comment was flagged for it.
async fn form(world: &World, id: &str) -> FormView {
    let judged = world.post(comment(id, WRITTEN)).await;
    assert_eq!(judged.verdict, Verdict::Flag, "{:?}", judged.reasons);
    assert!(judged.reasons[0].guessed);
    let case = world.case(judged.case_id).await;
    let [form] = case.forms.as_slice() else {
        panic!("{:?}", case.forms);
    };
    form.clone()
}

async fn ruled(world: &World, id: &str, decision: &str) {
    let case = world.comment(id).await.case_id;
    let case = world.case(case).await;
    world.rule(&amy(), &case, decision).await.unwrap();
}

/// How often rulings upheld and dismissed the one form that was guessed at.
async fn counts(world: &World) -> (i64, i64) {
    let query = StatsQuery {
        by: Some("form".to_owned()),
        ..StatsQuery::default()
    };
    let stats = world.desk.figures.stats(query).await.unwrap();
    let [item] = stats.items.as_slice() else {
        panic!("{:?}", stats.items);
    };
    (item.upheld, item.dismissed)
}

#[tokio::test]
async fn a_ruling_on_a_comment_says_nothing_of_a_guess_in_its_nickname() {
    let world = World::new();
    let posted = comment("c-1", "你這個白痴").by("m-1", WRITTEN);
    let judged = world.post(posted).await;
    ruled(&world, "c-1", "remove").await;
    assert_eq!(counts(&world).await, (0, 0));
    let case = world.next(&amy()).await.expect("one about the nickname");
    assert_ne!(Some(case.item.id), judged.case_id);
    let removed = world.rule(&amy(), &case, "remove").await.unwrap();
    assert_eq!(counts(&world).await, (1, 0));
    world.undo(&amy(), &removed).await.unwrap();
    assert_eq!(counts(&world).await, (0, 0));
    let case = world.case(Some(case.item.id)).await;
    world.rule(&amy(), &case, "approve").await.unwrap();
    assert_eq!(counts(&world).await, (0, 1));
    let case = world.case(Some(case.item.id)).await;
    world.rule(&ben(), &case, "remove").await.unwrap();
    assert_eq!(counts(&world).await, (1, 0));
    world.end_moved().await;
}

#[tokio::test]
async fn what_is_removed_for_a_listed_word_upholds_no_guess_beside_it() {
    let world = World::new();
    let both = format!("你這個白痴,{WRITTEN}");
    world.post(comment("c-1", &both)).await;
    ruled(&world, "c-1", "remove").await;
    assert_eq!(counts(&world).await, (0, 0));
    world.post(comment("c-2", &both)).await;
    ruled(&world, "c-2", "approve").await;
    assert_eq!(counts(&world).await, (0, 1));
    world.end_moved().await;
}

#[tokio::test]
async fn what_a_ruling_counted_goes_with_it_though_the_text_is_another() {
    let world = World::new();
    form(&world, "c-1").await;
    ruled(&world, "c-1", "remove").await;
    assert_eq!(counts(&world).await, (1, 0));
    world.post(comment("c-1", "祝大家早安")).await;
    let case = world.comment("c-1").await.case_id;
    let case = world.case(case).await;
    let approved = world.rule(&ben(), &case, "approve").await.unwrap();
    assert_eq!(counts(&world).await, (0, 0));
    world.undo(&ben(), &approved).await.unwrap();
    assert_eq!(counts(&world).await, (1, 0));
    world.end_moved().await;
}

#[tokio::test]
async fn a_form_that_nobody_ruled_on_goes_with_the_texts_and_a_ruled_one_stays() {
    let world = World::new();
    let a_year_on = async || {
        world.clock.pass(400 * DAY_MS);
        while world.desk.privacy.purge_next_batch().await.unwrap() {}
    };
    form(&world, "c-1").await;
    a_year_on().await;
    assert_eq!(form(&world, "c-2").await.seen, 1);
    ruled(&world, "c-2", "approve").await;
    a_year_on().await;
    assert_eq!(form(&world, "c-3").await.seen, 2);
    world.end_moved().await;
}

#[tokio::test]
async fn trying_a_text_knows_what_moderators_said_of_its_forms() {
    let world = World::new();
    let tried = async || {
        let draft = TryDraft {
            body: Some(WRITTEN.to_owned()),
            ..TryDraft::default()
        };
        let tried = world.desk.comments.try_text(draft).await.unwrap();
        tried.moderation.verdict
    };
    assert_eq!(tried().await, Verdict::Flag);
    for id in ["c-1", "c-2", "c-3"] {
        form(&world, id).await;
        ruled(&world, id, "approve").await;
    }
    assert_eq!(tried().await, Verdict::Allow);
    world.end().await;
}

#[tokio::test]
async fn three_dismissals_and_a_form_only_takes_note_until_one_is_undone() {
    let world = World::new();
    for (nth, id) in ["c-1", "c-2", "c-3"].into_iter().enumerate() {
        let shown = form(&world, id).await;
        let nth = i64::try_from(nth).unwrap();
        let expected = FormView {
            written: written_form(WRITTEN),
            term: TERM.to_owned(),
            seen: nth + 1,
            members: shown.members,
            upheld: 0,
            dismissed: nth,
        };
        assert_eq!(shown, expected);
        ruled(&world, id, "approve").await;
    }
    let noted = world.post(comment("c-4", WRITTEN)).await;
    assert_eq!((noted.verdict, noted.reasons.len()), (Verdict::Allow, 1));
    let case = world.comment("c-3").await.case_id;
    let case = world.case(case).await;
    let ruling = case.rulings[0].id;
    world.desk.rulings.undo(&amy(), ruling, None).await.unwrap();
    assert_eq!(form(&world, "c-5").await.dismissed, 2);
    world.end_moved().await;
}

/// Letters that moderators let stand in one guess are a word of the board: beside another curse they only take note.
#[tokio::test]
async fn letters_that_were_let_stand_are_no_disguise_of_another_term() {
    let mut files = files();
    let mut lists = files.lists.iter_mut();
    let list = lists.find(|list| list.name == "profanity.tsv").unwrap();
    let header = list.content.lines().next().unwrap();
    let rows =
        ["幹你全家", "操你全家"].map(|term| format!("{term}\t4\t\t\t\t\t\t\town knowledge\n"));
    list.content = format!("{header}\n{}", rows.concat());
    let world = World::with(Arc::new(Rulebook::compile(&files, 1).unwrap()));
    let verdict = async |id: &str, body: &str| world.post(comment(id, body)).await.verdict;
    assert_eq!(verdict("c-0", "操nq家").await, Verdict::Flag);
    for id in ["c-1", "c-2", "c-3"] {
        assert_eq!(verdict(id, "幹nq家").await, Verdict::Flag);
        ruled(&world, id, "approve").await;
    }
    assert_eq!(verdict("c-4", "操nq家").await, Verdict::Allow);
    assert_eq!(verdict("c-5", "操你q家").await, Verdict::Flag);
    world.end_moved().await;
}

#[tokio::test]
async fn a_removal_upholds_a_form_and_a_later_ruling_takes_that_back() {
    let world = World::new();
    assert_eq!(form(&world, "c-1").await.upheld, 0);
    ruled(&world, "c-1", "remove").await;
    let shown = form(&world, "c-2").await;
    assert_eq!((shown.upheld, shown.dismissed), (1, 0));
    let case = world.comment("c-1").await.case_id;
    let case = world.case(case).await;
    world.rule(&ben(), &case, "approve").await.unwrap();
    let shown = form(&world, "c-3").await;
    assert_eq!((shown.upheld, shown.dismissed, shown.seen), (0, 1, 3));
    let query = StatsQuery {
        by: Some("form".to_owned()),
        ..StatsQuery::default()
    };
    let stats = world.desk.figures.stats(query).await.unwrap();
    let [item] = stats.items.as_slice() else {
        panic!("{:?}", stats.items);
    };
    let name = format!("{} → {TERM}", written_form(WRITTEN));
    assert_eq!(item.key.as_ref(), Some(&name));
    assert_eq!((item.hits, item.upheld, item.dismissed), (3, 0, 1));
    world.end_moved().await;
}

#[tokio::test]
async fn what_one_member_wrote_goes_sooner_than_what_several_did() {
    let world = World::new();
    let days_on = async |days: i64| {
        world.clock.pass(days * DAY_MS);
        while world.desk.privacy.purge_next_batch().await.unwrap() {}
    };
    let posted = async |id: &str, by: &str| {
        world.post(comment(id, WRITTEN).by(by, "南港阿明")).await;
        let case = world.comment(id).await.case_id;
        world.case(case).await.forms[0].seen
    };
    assert_eq!(posted("c-1", "m-1").await, 1);
    days_on(29).await;
    assert_eq!(posted("c-2", "m-1").await, 2);
    days_on(31).await;
    assert_eq!(posted("c-3", "m-1").await, 1);
    assert_eq!(posted("c-4", "m-2").await, 2);
    days_on(31).await;
    assert_eq!(posted("c-5", "m-2").await, 3);
    world.end_moved().await;
}

#[tokio::test]
async fn what_was_counted_of_a_form_names_nobodys_words_and_ends_with_the_texts() {
    let world = World::new();
    let by_form = || StatsQuery {
        by: Some("form".to_owned()),
        from: Some("2026-11-01".to_owned()),
        ..StatsQuery::default()
    };
    let items = async || world.desk.figures.stats(by_form()).await.unwrap().items;
    form(&world, "c-1").await;
    ruled(&world, "c-1", "remove").await;
    assert_eq!(items().await.len(), 1);
    world.clock.pass(364 * DAY_MS);
    while world.desk.privacy.purge_next_batch().await.unwrap() {}
    assert_eq!(items().await[0].upheld, 1);
    world.clock.pass(2 * DAY_MS);
    while world.desk.privacy.purge_next_batch().await.unwrap() {}
    assert_eq!(items().await, []);
    // what moderators said of the form itself holds on
    assert_eq!(form(&world, "c-2").await.upheld, 1);
    world.end_moved().await;
}

#[tokio::test]
async fn a_guess_in_a_tag_is_ruled_on_with_its_tag() {
    let world = World::new();
    let tagged = comment("c-1", "祝大家早安").tagged(&[WRITTEN]);
    let judged = world.post(tagged).await;
    let case = world.case(judged.case_id).await;
    world.rule(&amy(), &case, "approve").await.unwrap();
    assert_eq!(counts(&world).await, (0, 1));
    let case = world.case(judged.case_id).await;
    let tags_removed = RulingDraft {
        decision: Some("remove_tags".to_owned()),
        version: Some(case.item.version),
        tags: vec![WRITTEN.to_owned()],
        ..RulingDraft::default()
    };
    world
        .rule_with(&ben(), case.item.id, tags_removed)
        .await
        .unwrap();
    assert_eq!(counts(&world).await, (1, 0));
    world.end_moved().await;
}
