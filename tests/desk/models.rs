//! Models that the board learned: taken, kept back, rolled back, and in force after a restart.

use std::sync::Arc;

use banzhu::{
    desk::{DeskError, FittedModel, Idempotent, RollbackDraft, RulingDraft, views::ModelView},
    policy::Rulebook,
    record::{ExampleCounts, LossPair, ReasonCode, Verdict},
    score::{FEATURE_VERSION, Weights},
};

use crate::world::{World, ada, amy, comment, files};

/// The file of weights that score every text the same: .1, or .9 where `bias` is 1,000. Bodies are flagged from .5 on.
fn file(bias: i32) -> Vec<u8> {
    let (buckets, scam_buckets) = (1 << 19, 1 << 18);
    let mut head = b"BZ1\0".to_vec();
    head.extend([1, 0]);
    head.extend(FEATURE_VERSION.to_le_bytes());
    head.extend(100_u32.to_le_bytes());
    head.extend([0; 32]);
    for bias in [bias, -1] {
        head.extend(bias.to_le_bytes());
        head.extend(1_u32.to_le_bytes());
    }
    head.extend([500_u16, 500, 1_001].into_iter().flat_map(u16::to_le_bytes));
    head.push(2);
    for (raw, permille) in [(0_i32, 100_u16), (1_000, 900)] {
        head.extend(raw.to_le_bytes());
        head.extend(permille.to_le_bytes());
    }
    let weights = vec![0; buckets + scam_buckets];
    let crc = crc32c::crc32c_append(crc32c::crc32c(&head), &weights);
    head.extend(crc.to_le_bytes());
    head.extend(weights);
    head
}

fn rulebook() -> Arc<Rulebook> {
    let mut files = files();
    files.model = Some(file(0).into());
    Arc::new(Rulebook::compile(&files, 1).unwrap())
}

fn world() -> World {
    World::with(rulebook())
}

/// A world whose learned model flags every text for its score alone.
pub async fn strict_world() -> World {
    let world = world();
    world.desk.models.store_fit(&better(1_000)).await.unwrap();
    world
}

/// A fit that measured so on rulings held out and on shipped examples.
fn fit(bias: i32, board: (f64, f64), shipped: (f64, f64)) -> FittedModel {
    FittedModel {
        weights: Arc::new(Weights::parse(&file(bias)).unwrap()),
        base: rulebook().weights.hash(),
        examples: ExampleCounts {
            harmless: 150,
            abuse: 40,
            scam: 10,
        },
        rulings: 200,
        board_loss: LossPair::of(board.0, board.1),
        shipped_loss: LossPair::of(shipped.0, shipped.1),
        is_one_sided: false,
    }
}

fn better(bias: i32) -> FittedModel {
    fit(bias, (0.3, 0.25), (0.1, 0.1))
}

async fn roll_back(world: &World, version: Option<&str>) -> Option<ModelView> {
    let draft = RollbackDraft {
        version: version.map(str::to_owned),
        reason: Some("太敏感".to_owned()),
    };
    match world.desk.models.roll_back(&ada(), draft, None).await {
        Ok(Idempotent::Fresh(view)) => Some(view),
        _ => None,
    }
}

async fn judged(world: &World, id: &str) -> (Verdict, String) {
    let view = world.post(comment(id, "今天天氣真好")).await;
    (view.verdict, view.model.unwrap())
}

#[tokio::test]
async fn a_better_model_is_taken_and_an_admin_goes_back() {
    let world = world();
    let shipped = world.desk.models.model_view().await.unwrap().shipped;
    assert!(shipped.starts_with("m-0-"), "{shipped}");
    assert_eq!(
        judged(&world, "c-1").await,
        (Verdict::Allow, shipped.clone())
    );
    let stored = world.desk.models.store_fit(&better(1_000)).await.unwrap();
    let learned = stored.version.to_string();
    assert!(learned.starts_with("m-1-"), "{learned}");
    let flagged = world.post(comment("c-2", "今天天氣真好")).await;
    assert_eq!(flagged.verdict, Verdict::Flag);
    assert_eq!(flagged.model.as_ref(), Some(&learned));
    assert_eq!(flagged.reasons[0].code, ReasonCode::LikelyAbuse);
    assert_eq!(flagged.reasons[0].term, None);
    assert_eq!(flagged.reasons[0].matched.as_deref(), Some("今天天氣真好"));
    assert_eq!(flagged.score.unwrap().permille(), 900);

    let view = roll_back(&world, Some(&shipped)).await.unwrap();
    assert!(view.pinned && view.in_force == shipped);
    assert_eq!(
        judged(&world, "c-3").await,
        (Verdict::Allow, shipped.clone())
    );
    assert!(
        roll_back(&world, Some("m-9-0000000000000000"))
            .await
            .is_none()
    );
    let view = roll_back(&world, Some(&learned)).await.unwrap();
    assert_eq!(view.in_force, learned);
    assert!(!roll_back(&world, None).await.unwrap().pinned);

    let world = world.reopened_with(rulebook(), World::settings()).await;
    assert_eq!(
        judged(&world, "c-4").await.1,
        shipped,
        "before it is loaded"
    );
    world.desk.models.follow().await.unwrap();
    assert_eq!(judged(&world, "c-5").await, (Verdict::Flag, learned));
    world.end_moved().await;
}

#[tokio::test]
async fn what_an_admin_chose_is_not_replaced_by_what_is_learned() {
    let world = world();
    let shipped = world.desk.models.model_view().await.unwrap().shipped;
    world.desk.models.store_fit(&better(1_000)).await.unwrap();
    roll_back(&world, Some(&shipped)).await.unwrap();
    world.desk.models.store_fit(&better(900)).await.unwrap();
    let view = world.desk.models.model_view().await.unwrap();
    assert_eq!((view.in_force, view.versions.len()), (shipped, 2));
    assert!(view.versions[0].taken && view.versions[0].kept);
    world.end_moved().await;
}

#[tokio::test]
async fn a_model_that_is_no_better_is_kept_back_and_says_why() {
    let world = world();
    let shipped = world.desk.models.model_view().await.unwrap().shipped;
    for (board, shipped_loss, is_one_sided, why) in [
        ((0.3, 0.3), (0.1, 0.1), false, "no-gain"),
        ((0.3, 0.2), (0.1, 0.2), false, "forgets"),
        ((0.3, 0.2), (0.1, 0.1), true, "one-sided"),
    ] {
        let fitted = FittedModel {
            is_one_sided,
            ..fit(1_000, board, shipped_loss)
        };
        world.desk.models.store_fit(&fitted).await.unwrap();
        let view = world.desk.models.model_view().await.unwrap();
        assert_eq!(
            (view.in_force.as_str(), view.pinned),
            (shipped.as_str(), false)
        );
        let newest = &view.versions[0];
        assert_eq!(
            (newest.taken, newest.kept, newest.why),
            (false, false, Some(why))
        );
    }
    world.end_moved().await;
}

#[tokio::test]
async fn the_weights_of_the_newest_five_are_kept() {
    let world = world();
    for bias in 1..=7 {
        world.desk.models.store_fit(&better(bias)).await.unwrap();
    }
    let view = world.desk.models.model_view().await.unwrap();
    let kept: Vec<bool> = view.versions.iter().map(|version| version.kept).collect();
    assert_eq!(kept, [true, true, true, true, true, false, false]);
    world.end_moved().await;
}

#[tokio::test]
async fn a_model_with_weights_is_found_however_many_fits_came_after() {
    let world = world();
    let learned = world.desk.models.store_fit(&better(1_000)).await.unwrap();
    let worse = fit(1_000, (0.3, 0.3), (0.1, 0.1));
    for _ in 0..52 {
        world.desk.models.store_fit(&worse).await.unwrap();
    }
    let view = world.desk.models.model_view().await.unwrap();
    let learned = learned.version.to_string();
    assert_eq!(view.versions.len(), 51);
    assert_eq!(view.versions[50].version, learned);
    let shipped = view.shipped;
    roll_back(&world, Some(&shipped)).await.unwrap();
    let view = roll_back(&world, Some(&learned)).await.unwrap();
    assert_eq!(view.in_force, learned);
    world.end_moved().await;
}

#[tokio::test]
async fn removing_what_the_score_alone_flagged_needs_a_code() {
    let world = strict_world().await;
    let flagged = world.post(comment("c-1", "今天天氣真好")).await;
    let case = world.case(flagged.case_id).await;
    assert_eq!(case.scores[0].score, 0.9, "of the body");
    let refused = world.rule(&amy(), &case, "remove").await;
    let Err(DeskError::Fields(faults)) = refused else {
        panic!("it was removed without a code");
    };
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].pointer, "/code");
    let coded = RulingDraft {
        decision: Some("remove".to_owned()),
        version: Some(case.item.version),
        code: Some("insult".to_owned()),
        ..RulingDraft::default()
    };
    world.rule_with(&amy(), case.item.id, coded).await.unwrap();
    assert_eq!(world.comment("c-1").await.verdict, Verdict::Remove);
    world.end().await;
}

#[tokio::test]
async fn an_approval_of_what_the_score_alone_flagged_holds_for_the_text_that_was_seen() {
    let world = strict_world().await;
    let flagged = world.post(comment("c-1", "今天天氣真好")).await;
    let case = world.case(flagged.case_id).await;
    world.rule(&amy(), &case, "approve").await.unwrap();
    let same = world.post(comment("c-1", "今天天氣真好")).await;
    assert_eq!(same.verdict, Verdict::Allow);
    let edited = world.post(comment("c-1", "明天天氣也好")).await;
    assert_eq!(edited.verdict, Verdict::Flag);
    let case = world.case(edited.case_id).await;
    assert_eq!(case.item.status.name(), "open");
    world.end().await;
}
