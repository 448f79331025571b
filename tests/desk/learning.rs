//! A board's rulings teach the score: fits are made when they are due, from what holds by then.

use std::sync::Arc;

use banzhu::{
    access::Caller,
    desk::{
        DeskSettings, ExampleSource, LearningSettings, RulingDraft, TryDraft, views::RulingAnswer,
    },
    policy::{Rulebook, RulebookFiles},
    score::Example,
    sources,
    time::DAY_MS,
};

use crate::world::{World, amy, ben, comment, files};

/// Some of the shipped examples: enough to see whether anything is unlearnt.
struct SomeExamples;

impl ExampleSource for SomeExamples {
    fn examples(&self) -> Vec<Example> {
        let all = sources::examples_of(&sources::shipped_examples()).unwrap();
        all.into_iter().step_by(4).collect()
    }
}

fn board() -> World {
    board_with(60, Arc::new(SomeExamples))
}

fn board_with(first: u32, examples: Arc<dyn ExampleSource>) -> World {
    let files = RulebookFiles {
        model: Some(sources::shipped_model().into()),
        ..files()
    };
    let rulebook = Arc::new(Rulebook::compile(&files, 1).unwrap());
    let settings = DeskSettings {
        learning: LearningSettings { first, every: 20 },
        examples,
        ..World::settings()
    };
    World::made(rulebook, settings)
}

/// Examples that cannot be read.
struct NoExamples;

impl ExampleSource for NoExamples {
    fn examples(&self) -> Vec<Example> {
        Vec::new()
    }
}

const THINGS: [&str; 7] = ["捷運", "早餐店", "房價", "夜市", "球賽", "高鐵票", "補習班"];

/// Posts what a list flags, and rules: here 豬頭 is a toy, and 咕咚仔 is an insult.
async fn ruled(world: &World, nth: usize, by: &Caller) -> RulingAnswer {
    let thing = THINGS[nth % THINGS.len()];
    let (text, decision) = match nth % 2 {
        0 => (format!("{thing}旁邊有賣豬頭{}號", nth), "approve"),
        _ => (format!("{thing}那隻咕咚仔{}，豬頭", nth), "remove"),
    };
    let (id, member) = (format!("c-{nth}"), format!("m-{nth}"));
    let posted = world
        .post(comment(&id, &text).by(&member, "南港阿明"))
        .await;
    world.clock.pass(60_000);
    let case = world.case(posted.case_id).await;
    world.rule(by, &case, decision).await.unwrap()
}

async fn score_of(world: &World, text: &str) -> f64 {
    let draft = TryDraft {
        body: Some(text.to_owned()),
        ..TryDraft::default()
    };
    let tried = world.desk.comments.try_text(draft).await.unwrap();
    tried.scores[0].score
}

#[tokio::test]
async fn rulings_teach_the_score_and_undone_ones_do_not() {
    let world = board();
    let slang = "公園那隻咕咚仔";
    for nth in 0..59 {
        ruled(&world, nth, &amy()).await;
    }
    assert_eq!(world.desk.models.learn().await.unwrap(), None, "too few");
    let last = ruled(&world, 59, &ben()).await;
    let before = score_of(&world, slang).await;
    let model = world.desk.models.learn().await.unwrap().unwrap();
    assert_eq!(model.kept_back, None, "{model:?}");
    assert_eq!((model.examples.harmless, model.examples.abuse), (30, 30));
    let after = score_of(&world, slang).await;
    assert!(after > before + 0.1, "{before} {after}");
    assert_eq!(
        world.desk.models.learn().await.unwrap(),
        None,
        "no new ones"
    );

    world.undo(&ben(), &last).await.unwrap();
    for nth in 60..81 {
        ruled(&world, nth, &amy()).await;
    }
    let next = world.desk.models.learn().await.unwrap().unwrap();
    assert_eq!((next.examples.harmless, next.examples.abuse), (41, 39));
    world.end().await;
}

#[tokio::test]
async fn without_the_shipped_examples_nothing_is_learned() {
    let world = board_with(2, Arc::new(NoExamples));
    ruled(&world, 0, &amy()).await;
    ruled(&world, 1, &amy()).await;
    assert!(world.desk.models.learn().await.is_err());
    let view = world.desk.models.model_view().await.unwrap();
    assert_eq!((view.next_fit_after, view.versions.len()), (Some(0), 0));
    world.end().await;
}

#[tokio::test]
async fn a_board_that_does_not_learn_waits_for_no_fit() {
    let world = board_with(0, Arc::new(NoExamples));
    let view = world.desk.models.model_view().await.unwrap();
    assert_eq!(view.next_fit_after, None);
    assert_eq!(world.desk.models.learn().await.unwrap(), None);
    world.end().await;
}

#[tokio::test]
async fn rulings_on_nicknames_teach_and_the_last_word_on_a_spelling_counts() {
    let world = board_with(20, Arc::new(SomeExamples));
    let decide = async |nth: usize, name: &str, decision: &str, code: Option<&str>| {
        let (id, member) = (format!("c-{nth}"), format!("m-{nth}"));
        let posted = comment(&id, "大家早安").by(&member, name);
        let judged = world.post(posted).await;
        world.clock.pass(60_000);
        let case = world.next(&amy()).await;
        let case = case.unwrap_or_else(|| panic!("{name}: {:?}", judged.reasons));
        let draft = RulingDraft {
            decision: Some(decision.to_owned()),
            version: Some(case.item.version),
            code: code.map(str::to_owned),
            ..RulingDraft::default()
        };
        world.rule_with(&amy(), case.item.id, draft).await.unwrap();
        case.item.id
    };
    for nth in 0..10 {
        decide(nth, &format!("大叔豬頭{nth}"), "approve", None).await;
    }
    for nth in 10..20 {
        let code = Some("nickname-abuse");
        decide(nth, &format!("咕咚仔豬頭{nth}"), "remove", code).await;
    }
    // approved at first, then taken down for what does not lie in its words: no example at all
    let again = decide(20, "阿姨豬頭", "approve", None).await;
    let case = world.case(Some(again)).await;
    let draft = RulingDraft {
        decision: Some("remove".to_owned()),
        version: Some(case.item.version),
        code: Some("nickname-impersonation".to_owned()),
        ..RulingDraft::default()
    };
    world.rule_with(&ben(), again, draft).await.unwrap();
    let model = world.desk.models.learn().await.unwrap().unwrap();
    assert_eq!((model.examples.harmless, model.examples.abuse), (10, 10));
    world.end().await;
}

#[tokio::test]
async fn rulings_of_days_that_are_over_count_on() {
    let world = board_with(60, Arc::new(NoExamples));
    let missing = async || {
        let view = world.desk.models.model_view().await.unwrap();
        view.next_fit_after.unwrap()
    };
    assert_eq!(missing().await, 60);
    ruled(&world, 0, &amy()).await;
    assert_eq!(missing().await, 59);
    for day in 1..=4_usize {
        world.clock.pass(DAY_MS);
        ruled(&world, 2 * day, &amy()).await;
        let last = ruled(&world, 2 * day + 1, &amy()).await;
        let so_far = u32::try_from(day).unwrap();
        assert_eq!(missing().await, 59 - so_far - 1);
        world.undo(&amy(), &last).await.unwrap();
        assert_eq!(missing().await, 59 - so_far);
    }
    // one clock that was ahead, and was set right
    world.clock.set_on(-3 * DAY_MS);
    assert!(missing().await >= 55);
    world.clock.set_on(3 * DAY_MS);
    assert_eq!(missing().await, 55);
    world.end().await;
}
