//! What members are told: no more than is so, and all that they need to contest it.

use std::sync::Arc;

use banzhu::{
    access::Caller,
    desk::{
        AppealDraft, DeskSettings, Idempotent, NewUser, NicknameDraft, ReportDraft, RulingDraft,
        SanctionDraft,
        views::{AppealView, ReportView, RulingAnswer, SanctionView},
    },
    id::{CaseId, CommentId, MemberId, ReporterId},
    policy::Rulebook,
    record::Role,
    time::{DAY_MS, MINUTE_MS},
};

use crate::world::{World, ada, amy, ben, board, comment, files};

/// A desk in Taipei; its clock stands at 19:06:40 on 18 November 2026 there.
fn taipei() -> World {
    World::with_settings(DeskSettings {
        time_zone: jiff::tz::TimeZone::get("Asia/Taipei").unwrap(),
        ..World::settings()
    })
}

/// Thirty days later, to the minute.
const APPEAL: &str = "如有異議，您可於2026年12月18日19時06分前在討論區提出申訴。";

fn fresh<T>(answered: Idempotent<T>) -> T {
    match answered {
        Idempotent::Fresh(view) => view,
        Idempotent::Replayed { .. } => panic!("nothing was asked twice"),
    }
}

fn sanction(kind: &str, days: Option<u32>, reason: Option<&str>) -> SanctionDraft {
    SanctionDraft {
        kind: Some(kind.to_owned()),
        days,
        reason: reason.map(str::to_owned),
        code: None,
        ..SanctionDraft::default()
    }
}

impl World {
    async fn told(&self, id: &str) -> Option<String> {
        self.comment(id).await.notice.map(|notice| notice.zh_tw)
    }

    async fn ruled(
        &self,
        by: &Caller,
        case: Option<CaseId>,
        decision: &str,
        tags: &[&str],
        sanction: Option<SanctionDraft>,
    ) -> RulingAnswer {
        let case = self.case(case).await;
        let draft = RulingDraft {
            decision: Some(decision.to_owned()),
            version: Some(case.item.version),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            sanction,
            ..RulingDraft::default()
        };
        self.rule_with(by, case.item.id, draft).await.unwrap()
    }

    async fn laid(&self, draft: SanctionDraft) -> SanctionView {
        let member = MemberId::parse("m-1").unwrap();
        let laid = self
            .desk
            .members
            .impose_sanction(&amy(), member, draft, None)
            .await;
        fresh(laid.unwrap())
    }

    async fn contest(&self, id: &str) -> AppealView {
        let draft = AppealDraft {
            member_id: Some("m-1".to_owned()),
            statement: Some("我沒有罵人".to_owned()),
        };
        let id = CommentId::parse(id).unwrap();
        fresh(
            self.desk
                .appeals
                .appeal(&board(), id, draft, None)
                .await
                .unwrap(),
        )
    }

    async fn appeal_told(&self, appeal: &AppealView) -> String {
        let appeal = self.desk.appeals.appeal_by_id(appeal.id).await.unwrap();
        appeal.notice.zh_tw
    }

    async fn staff(&self, names: &[&str]) {
        for name in names {
            let new = NewUser {
                name: Some((*name).to_owned()),
                role: Some(Role::Moderator.name().to_owned()),
                password: Some("long enough for a test".to_owned()),
            };
            self.desk
                .accounts
                .create_user(&ada(), new, None)
                .await
                .unwrap();
        }
    }
}

#[tokio::test]
async fn what_waits_to_be_looked_at_is_accused_of_nothing() {
    let world = taipei();
    let insult = world
        .post(comment("c-1", "你這個白痴").tagged(&["美食"]))
        .await;
    assert_eq!(
        insult.notice.unwrap().zh_tw,
        "您的留言、標籤「美食」已送交版主檢視，請稍候。"
    );
    let said = "大家一起去連署，不要讓他們得逞";
    for nth in 0..4 {
        world.post(comment(&format!("c-a{nth}"), said)).await;
    }
    assert_eq!(
        world.told("c-a3").await.unwrap(),
        "您的留言已送交版主檢視，請稍候。"
    );
    world.end().await;
}

#[tokio::test]
async fn whatever_was_removed_says_how_to_appeal_as_long_as_that_can_be() {
    let world = taipei();
    let bad = world.post(comment("c-1", "幹你娘")).await;
    let told = bad.notice.unwrap();
    assert!(told.zh_tw.ends_with(APPEAL), "{}", told.zh_tw);
    assert!(
        told.en
            .contains("until 19:06 on 18 December 2026 (UTC+08:00)"),
        "{}",
        told.en
    );
    let tag = world.post(comment("c-2", "早安").tagged(&["頭香"])).await;
    assert!(tag.notice.unwrap().zh_tw.ends_with(APPEAL));
    let named = world.post(comment("c-3", "早安").by("m-3", "幹你娘")).await;
    assert!(named.notice.unwrap().zh_tw.ends_with(APPEAL));

    let appeal = world.contest("c-1").await;
    let told = world.told("c-1").await.unwrap();
    assert!(
        told.contains("規範二") && !told.contains("申訴"),
        "once: {told}"
    );
    world
        .ruled(&amy(), Some(appeal.case_id), "remove", &[], None)
        .await;
    assert!(!world.told("c-1").await.unwrap().contains("申訴"), "final");
    world.clock.pass(30 * DAY_MS + 1);
    assert!(
        !world.told("c-2").await.unwrap().contains("申訴"),
        "too late"
    );

    let nameless = NicknameDraft {
        nickname: Some("幹你娘".to_owned()),
        verified: None,
    };
    let id = MemberId::parse("m-9").unwrap();
    let alone = world
        .desk
        .members
        .judge_nickname(&board(), id, nameless)
        .await
        .unwrap();
    let told = alone.view.notice.unwrap().zh_tw;
    assert!(
        told.contains("規範四") && !told.contains("申訴"),
        "no comment, no appeal: {told}"
    );
    world.end().await;
}

#[tokio::test]
async fn a_ruling_tells_of_the_comment_and_of_the_sanction_and_once_of_the_appeal() {
    let world = taipei();
    let flagged = world.post(comment("c-1", "你這個白痴")).await;
    let week = sanction("suspend", Some(7), None);
    let ruled = world
        .ruled(&amy(), flagged.case_id, "remove", &[], Some(week))
        .await;
    let told = ruled.notice.unwrap().zh_tw;
    assert_eq!(told.matches("申訴").count(), 1, "{told}");
    assert!(
        told.starts_with("您的留言因違反討論區規範，不予刊登。規範二："),
        "{told}"
    );
    let suspended = "您的會員資格停權至2026年11月25日19時07分，期間不予刊登您的留言。";
    assert!(told.ends_with(suspended), "{told}");
    assert_eq!(told.matches("規範二").count(), 1, "{told}");
    let laid = ruled.sanction.unwrap().notice.unwrap().zh_tw;
    assert!(
        laid.starts_with(&format!("{suspended}規範二：")) && laid.ends_with(APPEAL),
        "{laid}"
    );
    let comment_now = ruled.comment.unwrap();
    assert!(comment_now.appealable && comment_now.appeal_until.is_some());

    // What the suspension blocks says which, until when and why; it stays so when the suspension is over.
    world.post(comment("c-2", "大家早安")).await;
    let blocked = "您的會員資格停權至2026年11月25日19時07分，期間不予刊登您的留言。規範二";
    assert!(world.told("c-2").await.unwrap().starts_with(blocked));
    world.clock.pass(8 * DAY_MS);
    assert!(world.told("c-2").await.unwrap().starts_with(blocked));
    world.end().await;
}

#[tokio::test]
async fn a_sanction_says_which_until_when_and_why() {
    let world = taipei();
    let laid = world
        .laid(sanction("watch", Some(30), Some("屢次洗版。")))
        .await;
    assert_eq!(
        laid.notice.unwrap().zh_tw,
        format!("您於2026年12月18日19時07分前張貼的留言，將由版主檢視。事由：屢次洗版。{APPEAL}")
    );
    let warned = world.laid(sanction("warn", None, Some("語氣過激"))).await;
    assert!(
        warned
            .notice
            .unwrap()
            .zh_tw
            .starts_with("本站依討論區規範對您提出警告。事由：語氣過激。")
    );
    let over = world
        .laid(sanction("terminate", None, Some("多次違規")))
        .await;
    let by = amy();
    let lifted =
        world
            .desk
            .members
            .revoke_sanction(&by, over.id, Some("看錯人".to_owned()), false, None);
    let lifted = fresh(lifted.await.unwrap()).notice.unwrap().zh_tw;
    assert_eq!(lifted, "您先前受到的「解除會員資格」處分已解除。");
    let news = world.desk.outbox.events_since(None, None).await.unwrap();
    let news = serde_json::to_value(&news).unwrap();
    assert_eq!(news["items"][0]["type"], "member.sanctioned");
    let told = &news["items"][0]["data"]["sanction"]["notice"]["zh-TW"];
    assert!(
        told.as_str().unwrap().contains("事由：屢次洗版。"),
        "{told}"
    );
    world.end().await;
}

#[tokio::test]
async fn another_moderator_is_named_only_where_another_looked() {
    let alone = taipei();
    let flagged = alone.post(comment("c-1", "你這個白痴")).await;
    alone
        .ruled(&amy(), flagged.case_id, "remove", &[], None)
        .await;
    alone.clock.pass(MINUTE_MS);
    let appeal = alone.contest("c-1").await;
    assert!(
        !appeal.notice.zh_tw.contains("另一位"),
        "{}",
        appeal.notice.zh_tw
    );
    alone
        .ruled(&amy(), flagged.case_id, "remove", &[], None)
        .await;
    let told = alone.appeal_told(&appeal).await;
    assert_eq!(told, "您的申訴已由版主檢視，原決定維持不變。");
    alone.end().await;

    let staffed = taipei();
    staffed.staff(&["amy", "ben", "cora"]).await;
    let flagged = staffed.post(comment("c-1", "你這個白痴")).await;
    staffed
        .ruled(&amy(), flagged.case_id, "remove", &[], None)
        .await;
    let appeal = staffed.contest("c-1").await;
    staffed
        .ruled(&ben(), flagged.case_id, "remove", &[], None)
        .await;
    assert!(staffed.appeal_told(&appeal).await.contains("另一位版主"));
    // Nobody had decided what the filter removed.
    staffed.post(comment("c-2", "幹你娘")).await;
    let appeal = staffed.contest("c-2").await;
    staffed
        .ruled(&ben(), Some(appeal.case_id), "remove", &[], None)
        .await;
    assert!(!staffed.appeal_told(&appeal).await.contains("另一位版主"));
    staffed.end().await;
}

#[tokio::test]
async fn an_appeal_that_is_right_in_part_or_taken_back_says_so() {
    let world = taipei();
    world
        .post(comment("c-1", "幹你娘").tagged(&["北約", "日本"]))
        .await;
    let appeal = world.contest("c-1").await;
    world
        .ruled(&amy(), Some(appeal.case_id), "remove_tags", &["日本"], None)
        .await;
    assert!(world.appeal_told(&appeal).await.contains("部分成立"));
    world.post(comment("c-2", "幹你娘")).await;
    let appeal = world.contest("c-2").await;
    world.withdraw("c-2").await.unwrap();
    assert_eq!(
        world.appeal_told(&appeal).await,
        "您已撤回留言，申訴就此結案。"
    );
    world.end().await;
}

#[tokio::test]
async fn nobody_is_said_to_have_looked_at_what_nobody_looked_at() {
    let world = taipei();
    let reported = async |id: &str, reporter: &str| -> ReportView {
        let draft = ReportDraft {
            reporter_id: Some(reporter.to_owned()),
            code: Some("insult".to_owned()),
            ..ReportDraft::default()
        };
        let id = CommentId::parse(id).unwrap();
        let made = world
            .desk
            .reports
            .report(&board(), id, draft, None, None)
            .await;
        fresh(made.unwrap()).view
    };
    let told = async |report: &ReportView| {
        let report = world.desk.reports.report_by_id(report.id).await.unwrap();
        report.notice.zh_tw
    };
    world.post(comment("c-1", "大家早安")).await;
    let gone = reported("c-1", "r-1").await;
    world.withdraw("c-1").await.unwrap();
    assert!(told(&gone).await.contains("已不在討論區"));
    world.post(comment("c-2", "大家早安")).await;
    let aside = reported("c-2", "r-2").await;
    let reader = ReporterId::parse("r-2").unwrap();
    let reason = Some("惡意檢舉".to_owned());
    world
        .desk
        .reports
        .dismiss_reports(&amy(), reader, reason, None)
        .await
        .unwrap();
    assert_eq!(told(&aside).await, "您的檢舉未予採計。");
    let looked_at = reported("c-2", "r-3").await;
    world
        .ruled(&amy(), looked_at.case_id, "approve", &[], None)
        .await;
    assert!(told(&looked_at).await.contains("經版主檢視"));
    world.end().await;
}

#[tokio::test]
async fn a_boards_own_wording_is_used_and_what_it_leaves_out_is_as_shipped() {
    let shipped = include_str!("../../config/notices.toml");
    let own = shipped.replace("因違反討論區規範，不予刊登。", "違反本版規範，已移除。");
    let (own, _) = own.split_once("[appeal.open]").unwrap();
    let files = banzhu::policy::RulebookFiles {
        notices: Some(own.to_owned()),
        ..files()
    };
    let rulebook = Rulebook::compile(&files, 1).unwrap_or_else(|faults| panic!("{faults:?}"));
    let world = World::with(Arc::new(rulebook));
    let bad = world.post(comment("c-1", "幹你娘")).await;
    assert!(bad.notice.unwrap().zh_tw.contains("違反本版規範，已移除。"));
    assert!(world.contest("c-1").await.notice.zh_tw.contains("重新檢視"));
    world.end().await;
}
