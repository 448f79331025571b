//! Erasure: what a member wrote goes, with what was written of it; what is kept is told, and goes by itself. The export
//! holds all that there is before.

use banzhu::{
    desk::{
        AppealDraft, CaseDraft, Idempotent, NicknameDraft, ReportDraft, RulingDraft, SanctionDraft,
        views::{CaseView, ErasedView},
    },
    id::{CaseId, CommentId, MemberId, ReporterId},
    time::{DAY_MS, HOUR_MS, MINUTE_MS},
};

use crate::world::{Comment, World, ada, amy, ben, board, comment};

fn member(id: &str) -> MemberId {
    MemberId::parse(id).unwrap()
}

fn id(comment: &str) -> CommentId {
    CommentId::parse(comment).unwrap()
}

fn fresh<T>(answered: Idempotent<T>) -> T {
    match answered {
        Idempotent::Fresh(view) => view,
        Idempotent::Replayed { .. } => panic!("nothing was asked twice"),
    }
}

impl World {
    async fn erase(&self, of: &str) -> ErasedView {
        self.desk
            .privacy
            .erase_member(&ada(), &member(of))
            .await
            .unwrap()
    }

    /// What is kept, and why.
    async fn kept(&self, of: &str) -> Option<Vec<(String, &'static str)>> {
        let data = self.desk.privacy.export_member(&member(of)).await.unwrap();
        let kept = data.erasure?.kept.into_iter();
        Some(kept.map(|one| (one.what, one.why)).collect())
    }

    async fn exported(&self, of: &str) -> String {
        let data = self.desk.privacy.export_member(&member(of)).await.unwrap();
        serde_json::to_string(&data).unwrap()
    }

    async fn is_gone(&self, comment: &str) -> bool {
        self.comment(comment).await.purged_at.is_some()
    }

    async fn hold_it(&self, comment: &str, reason: &str) {
        let reason = Some(reason.to_owned());
        self.desk
            .privacy
            .place_hold(&amy(), &id(comment), reason, None)
            .await
            .unwrap();
    }

    async fn reported(&self, on: &str, by: &str, note: &str) {
        let draft = ReportDraft {
            reporter_id: Some(by.to_owned()),
            code: Some("insult".to_owned()),
            note: Some(note.to_owned()),
            ..ReportDraft::default()
        };
        self.desk
            .reports
            .report(&board(), id(on), draft, None, None)
            .await
            .unwrap();
    }

    async fn case_about(&self, comment: &str) -> CaseView {
        self.case(self.comment(comment).await.case_id).await
    }

    async fn ruled_saying(&self, case: CaseId, decision: &str, note: &str) {
        let version = self.case(Some(case)).await.item.version;
        let draft = RulingDraft {
            decision: Some(decision.to_owned()),
            version: Some(version),
            code: (decision == "remove").then(|| "insult".to_owned()),
            note: Some(note.to_owned()),
            ..RulingDraft::default()
        };
        self.rule_with(&amy(), case, draft).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_kept_is_told_and_goes_when_its_reason_is_gone() {
    let world = World::new();
    world.post(comment("plain", "祝大家早安")).await;
    world.post(comment("held", "祝大家晚安")).await;
    world.post(comment("flagged", "你這個白痴")).await;
    world.hold_it("held", "警方調閱").await;

    let told = world.erase("m-1").await;
    assert_eq!(told.erased.comments, 1);
    let kept = [
        ("comment:flagged".to_owned(), "case-open"),
        ("comment:held".to_owned(), "hold"),
        ("answers".to_owned(), "retry"),
    ];
    assert_eq!(world.kept("m-1").await.unwrap(), kept);
    let answers = told.erasure.kept.last().unwrap();
    assert_eq!(
        answers.until,
        Some(told.erasure.requested_at.plus_ms(48 * HOUR_MS))
    );
    assert!(world.is_gone("plain").await && !world.is_gone("held").await);

    // what comes later is not meant, and the wish outlives a restart
    world.clock.pass(MINUTE_MS);
    world.post(comment("later", "今天天氣很好")).await;
    let world = world.reopened().await;
    world.desk.privacy.erase_pending().await.unwrap();
    assert_eq!(world.kept("m-1").await.unwrap(), kept);

    // the ruling can be taken back for a while
    let case = world.case_about("flagged").await;
    world.rule(&amy(), &case, "approve").await.unwrap();
    world.desk.privacy.erase_pending().await.unwrap();
    assert_eq!(world.kept("m-1").await.unwrap()[0].1, "undo-open");
    world.clock.pass(16 * MINUTE_MS);
    world.desk.privacy.erase_pending().await.unwrap();
    assert!(world.is_gone("flagged").await && !world.is_gone("held").await);

    world
        .desk
        .privacy
        .release_hold(&amy(), &id("held"))
        .await
        .unwrap();
    world.desk.privacy.erase_pending().await.unwrap();
    assert!(world.is_gone("held").await);
    assert_eq!(
        world.kept("m-1").await.unwrap(),
        [("answers".to_owned(), "retry")]
    );
    world.clock.pass(48 * HOUR_MS);
    world.desk.privacy.erase_pending().await.unwrap();
    assert_eq!(world.kept("m-1").await, None);
    assert!(!world.is_gone("later").await);

    // asked again it covers what came since
    assert_eq!(world.erase("m-1").await.erased.comments, 1);
    assert!(world.is_gone("later").await);
    world.end().await;
}

#[tokio::test]
async fn what_was_edited_since_loses_what_it_said_before() {
    let world = World::new();
    world.post(comment("c-1", "小灰熊住海邊")).await;
    world.hold_it("c-1", "警方調閱").await;
    world.erase("m-1").await;
    world.clock.pass(MINUTE_MS);
    world.post(comment("c-1", "祝大家晚安")).await;
    world.desk.privacy.erase_pending().await.unwrap();
    assert_eq!(world.kept("m-1").await.unwrap()[0].1, "hold");
    assert_eq!(world.comment("c-1").await.revisions.len(), 2);
    world
        .desk
        .privacy
        .release_hold(&amy(), &id("c-1"))
        .await
        .unwrap();
    world.desk.privacy.erase_pending().await.unwrap();
    let now = world.comment("c-1").await;
    assert_eq!((now.revisions.len(), now.purged_at), (1, None));
    assert_eq!(now.revisions[0].body.as_deref(), Some("祝大家晚安"));
    let world = world.reopened().await;
    world.end().await;
}

#[tokio::test]
async fn strikes_and_sanctions_stay_without_words_while_they_count() {
    let world = World::new();
    let laid = SanctionDraft {
        kind: Some("suspend".to_owned()),
        days: Some(7),
        reason: Some("屢勸不聽".to_owned()),
        code: None,
        ..SanctionDraft::default()
    };
    world
        .desk
        .members
        .impose_sanction(&amy(), member("m-1"), laid, None)
        .await
        .unwrap();
    let told = world.erase("m-1").await;
    let standing = &told.erasure.kept[0];
    assert_eq!(
        (standing.what.as_str(), standing.why),
        ("standing", "in-force")
    );
    assert_eq!(
        standing.until,
        Some(told.erasure.requested_at.plus_ms(7 * DAY_MS))
    );
    assert!(!world.exported("m-1").await.contains("屢勸不聽"));
    let now = world.desk.members.member(&member("m-1")).await.unwrap();
    assert_eq!(now.standing, "suspended");
    world.clock.pass(8 * DAY_MS);
    world.desk.privacy.erase_pending().await.unwrap();
    assert_eq!(world.kept("m-1").await, None);
    let data = world
        .desk
        .privacy
        .export_member(&member("m-1"))
        .await
        .unwrap();
    assert!(data.sanctions.is_empty());
    let world = world.reopened().await;
    world.end().await;
}

/// Words of every kind that can name a member: theirs, and those written of them.
const WORDS: [&str; 18] = [
    "小灰熊住海邊",
    "小紅狐寫過的",
    "小藍鯨改過名",
    "小白兔的標籤",
    "小黑貓檢舉他",
    "小黃狗被檢舉",
    "小綠龜不服氣",
    "小紫燕再申訴",
    "小銀魚裁決書",
    "小金雞的便條",
    "小青蛙被處分",
    "小棕馬被解除",
    "小花豹不能說",
    "小斑馬很煩人",
    "小企鵝要保留",
    "小海豹看暱稱",
    "小刺蝟准暱稱",
    "小浣熊新暱稱",
];

/// Posts, edits, reports, appeals, rulings, notes, sanctions, mutes and holds, by and about m-1.
async fn a_life(world: &World) {
    let [
        body,
        older,
        name,
        tag,
        reports,
        reported,
        appeal,
        plea,
        ruling,
        note,
        sanction,
        lift,
        mute,
        aside,
        hold,
        on_name,
        approved,
        renamed,
    ] = WORDS;
    let own = |id, body| comment(id, body).by("m-1", name);
    world.post(own("c-1", older)).await;
    let flagged = format!("你這個白痴,{body}");
    let tags = [tag];
    world.post(own("c-1", &flagged)).await;
    // without an article: a tag that was ruled under one is the article's, too
    let tagged = Comment {
        tags: &tags,
        ..own("c-2", "祝大家早安")
    };
    world.post(tagged).await;
    world.reported("c-1", "r-9", reported).await;
    let case = world.case_about("c-1").await.item.id;
    world
        .desk
        .queue
        .add_note(&amy(), case, Some(note.to_owned()), None)
        .await
        .unwrap();
    world.ruled_saying(case, "remove", ruling).await;
    let draft = AppealDraft {
        member_id: Some("m-1".to_owned()),
        statement: Some(appeal.to_owned()),
    };
    world
        .desk
        .appeals
        .appeal(&board(), id("c-1"), draft, None)
        .await
        .unwrap();
    let case = world.case(Some(case)).await;
    world.rule(&ben(), &case, "remove").await.unwrap();

    // as a reader
    world
        .post(comment("other", "祝大家早安").by("m-2", "阿華"))
        .await;
    world.reported("other", "m-1", reports).await;
    let reader = ReporterId::parse("m-1").unwrap();
    let said = |text: &str| Some(text.to_owned());
    world
        .desk
        .reports
        .dismiss_reports(&amy(), reader.clone(), said(aside), None)
        .await
        .unwrap();
    world
        .desk
        .reports
        .mute_reporter(&amy(), reader, Some(3), said(mute), None)
        .await
        .unwrap();
    let case = world.case_about("other").await;
    world.rule(&amy(), &case, "approve").await.unwrap();

    // what was laid on them, contested, lifted
    let laid = SanctionDraft {
        kind: Some("suspend".to_owned()),
        days: Some(7),
        reason: said(sanction),
        code: None,
        ..SanctionDraft::default()
    };
    let laid = world
        .desk
        .members
        .impose_sanction(&amy(), member("m-1"), laid, None)
        .await
        .unwrap();
    let laid = fresh(laid).id;
    let draft = AppealDraft {
        member_id: Some("m-1".to_owned()),
        statement: said(plea),
    };
    let made = world
        .desk
        .appeals
        .appeal_sanction(&board(), laid, draft, None)
        .await
        .unwrap();
    let case = world.case(Some(fresh(made).case_id)).await;
    world.rule(&ben(), &case, "remove").await.unwrap();
    world
        .desk
        .members
        .revoke_sanction(&ben(), laid, said(lift), false, None)
        .await
        .unwrap();

    // the nickname: taken up, noted, approved, changed
    let draft = CaseDraft {
        member_id: Some("m-1".to_owned()),
        code: Some("nickname-abuse".to_owned()),
        note: said(on_name),
        ..CaseDraft::default()
    };
    let case = fresh(
        world
            .desk
            .queue
            .open_case(&amy(), draft, None)
            .await
            .unwrap(),
    );
    world.ruled_saying(case.item.id, "approve", approved).await;
    let draft = NicknameDraft {
        nickname: said(renamed),
        verified: None,
    };
    world
        .desk
        .members
        .judge_nickname(&board(), member("m-1"), draft)
        .await
        .unwrap();
    world.hold_it("c-1", hold).await;
}

#[tokio::test]
async fn every_word_of_and_about_a_member_is_exported_and_after_erasure_nowhere_on_the_disk() {
    let world = World::new();
    a_life(&world).await;
    let exported = world.exported("m-1").await;
    for words in WORDS {
        assert!(world.is_on_disk(words).await, "{words} was written nowhere");
        assert!(
            exported.contains(words),
            "{words} is not in the export: {exported}"
        );
    }
    assert!(
        !exported.contains("r-9"),
        "who reported is nobody's business"
    );

    world.erase("m-1").await;
    world
        .desk
        .privacy
        .release_hold(&amy(), &id("c-1"))
        .await
        .unwrap();
    world.clock.pass(16 * MINUTE_MS);
    world.desk.privacy.erase_pending().await.unwrap();
    world.clock.pass(400 * DAY_MS);
    world.desk.privacy.erase_pending().await.unwrap();
    assert_eq!(world.kept("m-1").await, None);
    // news of rulings about nicknames goes out and is forgotten
    world.desk.background.run_background().await.unwrap();
    world.compact().await;
    let exported = world.exported("m-1").await;
    for words in WORDS {
        assert!(
            !world.is_on_disk(words).await,
            "{words} is still on the disk"
        );
        assert!(!exported.contains(words), "{words} is still exported");
    }
    world.end().await;
}

#[tokio::test]
async fn a_reader_who_never_wrote_a_comment_is_exported_and_erased_too() {
    let world = World::new();
    world.post(comment("c-1", "祝大家早安")).await;
    world.reported("c-1", "m-7", "小黑貓檢舉他").await;
    assert!(world.exported("m-7").await.contains("小黑貓檢舉他"));
    world.erase("m-7").await;
    let kept = world.kept("m-7").await.unwrap();
    assert_eq!(
        kept[0].1, "case-open",
        "who decides has to see it: {kept:?}"
    );
    let case = world.case_about("c-1").await;
    world.rule(&amy(), &case, "approve").await.unwrap();
    world.desk.privacy.erase_pending().await.unwrap();
    assert!(!world.exported("m-7").await.contains("小黑貓檢舉他"));
    world.end().await;
}

/// One character sounds like 幹: nobody has listed it.
const DISGUISED: &str = "淦你娘";

#[tokio::test]
async fn a_disguise_that_no_other_wrote_goes_with_its_text_whatever_was_ruled() {
    let world = World::new();
    let written = banzhu::record::written_form(DISGUISED);
    for (nth, by) in [amy(), ben(), amy()].iter().enumerate() {
        let posted = world
            .post(comment(&format!("c-{nth}"), DISGUISED).by("m-1", "南港阿明"))
            .await;
        let case = world.case(posted.case_id).await;
        world.rule(by, &case, "remove").await.unwrap();
    }
    world.clock.pass(16 * MINUTE_MS);
    let case = world.case_about("c-2").await;
    assert_eq!((case.forms[0].upheld, case.forms[0].members), (3, 1));
    world.erase("m-1").await;
    let posted = world
        .post(comment("c-9", DISGUISED).by("m-2", "阿華"))
        .await;
    let shown = world.case(posted.case_id).await.forms;
    assert_eq!((shown[0].seen, shown[0].upheld), (1, 0));
    // and what another member wrote too stays, with what was counted of it
    world
        .post(comment("c-10", DISGUISED).by("m-3", "小美"))
        .await;
    let case = world.case_about("c-10").await;
    world.rule(&amy(), &case, "approve").await.unwrap();
    let case = world.case_about("c-9").await;
    world.rule(&amy(), &case, "approve").await.unwrap();
    world.clock.pass(16 * MINUTE_MS);
    world.erase("m-2").await;
    let case = world.case_about("c-10").await;
    assert_eq!((case.forms[0].seen, case.forms[0].dismissed), (2, 2));
    world.erase("m-3").await;
    world.compact().await;
    assert!(world.is_on_disk(&written).await, "two members wrote it");
    world.end().await;
}

#[tokio::test]
async fn a_disguise_is_on_disk_no_longer_than_its_text() {
    let world = World::new();
    let written = banzhu::record::written_form(DISGUISED);
    let posted = world.post(comment("c-1", DISGUISED)).await;
    let case = world.case(posted.case_id).await;
    world.rule(&amy(), &case, "remove").await.unwrap();
    world.clock.pass(16 * MINUTE_MS);
    world.erase("m-1").await;
    // the first answer that was kept for retries
    world.clock.pass(49 * HOUR_MS);
    world
        .post(comment("c-2", "祝大家早安").by("m-2", "阿華"))
        .await;
    world.desk.privacy.erase_pending().await.unwrap();
    let world = world.reopened().await;
    world.compact().await;
    let world = world.reopened().await;
    assert!(!world.is_on_disk(&written).await);
    world.end().await;
}
