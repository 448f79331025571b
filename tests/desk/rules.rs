//! What a board moves in `rules.toml`, seen from outside.

use std::sync::Arc;

use banzhu::{
    policy::{Rulebook, RulebookFiles},
    record::Verdict,
};

use crate::world::{World, amy, comment, files};

fn with_rules(rules: &str) -> World {
    let files = RulebookFiles {
        rules: Some(rules.to_owned()),
        ..files()
    };
    World::with(Arc::new(Rulebook::compile(&files, 1).unwrap()))
}

#[tokio::test]
async fn a_code_that_only_observes_is_told_and_decides_nothing() {
    let world = with_rules("[codes.insult]\nenforce = false\n");
    let answer = world.post(comment("c-1", "你這個白痴")).await;
    assert_eq!(
        (answer.verdict, answer.would_be, answer.case_id),
        (Verdict::Allow, Some(Verdict::Flag), None)
    );
    assert_eq!(answer.reasons[0].term.as_deref(), Some("白痴"));
    assert_eq!(answer.notice, None);
    let both = world.post(comment("c-2", "白痴,幹你娘")).await;
    assert_eq!((both.verdict, both.would_be), (Verdict::Remove, None));
    world.end().await;
}

#[tokio::test]
async fn a_removal_opens_a_case_where_the_board_asks_for_one() {
    let world = with_rules("[codes.profanity]\ncase_on_remove = true\n");
    let answer = world.post(comment("c-1", "幹你娘")).await;
    assert_eq!(answer.verdict, Verdict::Remove);
    let case = world.case(answer.case_id).await;
    let ruled = world.rule(&amy(), &case, "approve").await.unwrap();
    assert_eq!(ruled.comment.unwrap().verdict, Verdict::Allow);
    world.end().await;
}

#[tokio::test]
async fn a_tag_off_topic_may_only_be_noted() {
    let world = with_rules("[codes.tag-off-topic]\nverdict = \"note\"\n");
    let answer = world.post(comment("c-1", "好").tagged(&["美食"])).await;
    let tag = &answer.surfaces.tags.unwrap()[0];
    assert_eq!((tag.verdict, tag.case_id), (Verdict::Allow, None));
    assert_eq!(answer.reasons[0].code.name(), "tag-off-topic");
    world.end().await;
}

#[tokio::test]
async fn one_cell_moved_leaves_the_others() {
    let world =
        with_rules("[codes.insult]\nby_severity = [\"note\", \"count\", \"remove\", \"remove\"]\n");
    assert_eq!(
        world.post(comment("c-1", "你這個白痴")).await.verdict,
        Verdict::Remove
    );
    assert_eq!(
        world.post(comment("c-2", "爛咖王講垃圾話")).await.verdict,
        Verdict::Flag
    );
    world.end().await;
}

#[tokio::test]
async fn a_shadow_term_is_nowhere_in_the_answer() {
    let mut files = files();
    for list in &mut files.lists {
        list.content = list
            .content
            .replace("白痴\t3", "白痴\t0")
            .replace("豬頭\t3", "豬頭\t0");
    }
    let world = World::with(Arc::new(Rulebook::compile(&files, 1).unwrap()));
    let answer = world.post(comment("c-1", "你這個白痴豬頭")).await;
    assert_eq!((answer.verdict, answer.reasons.len()), (Verdict::Allow, 0));
    world.end().await;
}
