//! Saved replies: kept, checked, and told to the member by the ruling that names one.

use banzhu::{
    desk::{
        AppealDraft, AuditQuery, DeskError, Idempotent, ReplyDraft, RulingDraft, views::ReplyView,
    },
    id::{CommentId, ReplyId},
    intake::FaultCode,
    record::{REPLIES_MAX, REPLY_CHARS_MAX},
};

use crate::world::{World, amy, ben, board, comment};

fn draft(title: &str, zh_tw: &str) -> ReplyDraft {
    ReplyDraft {
        title: Some(title.to_owned()),
        zh_tw: Some(zh_tw.to_owned()),
        en: Some("Please argue the point. {rules}".to_owned()),
    }
}

impl World {
    async fn save(&self, draft: ReplyDraft) -> Result<ReplyView, DeskError> {
        match self.desk.replies.create_reply(&amy(), draft, None).await? {
            Idempotent::Fresh(view) => Ok(view),
            Idempotent::Replayed { .. } => panic!("nothing was asked twice"),
        }
    }

    async fn titles(&self) -> Vec<String> {
        let replies = self.desk.replies.replies().await.unwrap().into_iter();
        replies.map(|reply| reply.title).collect()
    }
}

fn pointers(error: DeskError) -> Vec<String> {
    let DeskError::Fields(faults) = error else {
        panic!("{error}")
    };
    faults.into_iter().map(|fault| fault.pointer).collect()
}

fn removal(version: u32, reply: ReplyId) -> RulingDraft {
    RulingDraft {
        decision: Some("remove".to_owned()),
        version: Some(version),
        reply: Some(reply.to_string()),
        ..RulingDraft::default()
    }
}

#[tokio::test]
async fn replies_are_saved_changed_deleted_and_audited() {
    let world = World::new();
    let one = world.save(draft("乙", "請就事論事。")).await.unwrap();
    world.save(draft("甲", "請理性討論。")).await.unwrap();
    assert_eq!(world.titles().await, ["乙", "甲"]);
    let taken = world.save(draft("甲", "別的話")).await;
    assert!(matches!(taken, Err(DeskError::NameTaken)));
    let replies = &world.desk.replies;
    let changed = replies
        .change_reply(&ben(), one.id, draft("丙", "請冷靜。"))
        .await;
    let changed = changed.unwrap();
    assert_eq!(
        (changed.title.as_str(), changed.by.to_string()),
        ("丙", "ben".into())
    );
    let same = replies
        .change_reply(&amy(), one.id, draft("丙", "請冷靜。"))
        .await;
    assert_eq!(same.unwrap(), changed, "equal content writes nothing");
    replies.delete_reply(&amy(), one.id).await.unwrap();
    replies.delete_reply(&amy(), one.id).await.unwrap();
    assert_eq!(world.titles().await, ["甲"]);
    let gone = replies
        .change_reply(&amy(), one.id, draft("丁", "晚了"))
        .await;
    assert!(matches!(gone, Err(DeskError::NotFound)));
    let audit = AuditQuery {
        subject: Some(format!("reply:{}", one.id)),
        ..AuditQuery::default()
    };
    let entries = world.desk.figures.audit(audit).await.unwrap().items;
    let told: Vec<_> = entries
        .iter()
        .map(|entry| {
            (
                entry.action.as_str(),
                entry.from.as_deref(),
                entry.to.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("reply.removed", Some("丙"), None),
            ("reply.changed", Some("乙"), Some("丙")),
            ("reply.created", None, Some("乙")),
        ]
    );
    world.end_moved().await;
}

#[tokio::test]
async fn every_fault_of_a_reply_is_told_and_there_are_not_too_many() {
    let world = World::new();
    let long = "長".repeat(REPLY_CHARS_MAX + 1);
    for (bad, wanted) in [
        (ReplyDraft::default(), vec!["/title", "/text/zh-TW"]),
        (draft(&"題".repeat(81), "好"), vec!["/title"]),
        (draft("題", &long), vec!["/text/zh-TW"]),
        (draft("題", "您的{nickname}"), vec!["/text/zh-TW"]),
        (draft("題", "您的{surfaces"), vec![]),
        (draft("題", "\u{200b} "), vec!["/text/zh-TW"]),
    ] {
        let saved = world.save(bad.clone()).await;
        match saved {
            Err(error) => assert_eq!(pointers(error), wanted, "{bad:?}"),
            Ok(_) => assert!(wanted.is_empty(), "{bad:?}"),
        }
    }
    for n in 1..REPLIES_MAX {
        world
            .save(draft(&format!("第 {n} 則"), "好"))
            .await
            .unwrap();
    }
    let DeskError::Fields(faults) = world.save(draft("又一則", "好")).await.unwrap_err() else {
        panic!("there are enough")
    };
    assert_eq!(faults[0].code, FaultCode::InvalidField);
    assert_eq!(world.titles().await.len(), REPLIES_MAX);
    world.end().await;
}

#[tokio::test]
async fn a_reply_stands_in_the_notice_of_what_it_removes_whatever_becomes_of_it() {
    let world = World::new();
    let text = "您的{surfaces}含有辱罵。{rules}";
    let reply = world.save(draft("請勿辱罵", text)).await.unwrap();
    let flagged = world.post(comment("c-1", "你這個白痴")).await;
    let case = world.case(flagged.case_id).await;
    let ruled = removal(case.item.version, reply.id);
    let ruled = world.rule_with(&amy(), case.item.id, ruled).await;
    let ruled = ruled.unwrap();
    let told = ruled.notice.unwrap();
    assert!(told.zh_tw.contains("含有辱罵。"), "{}", told.zh_tw);
    assert!(
        !told.zh_tw.contains('{') && !told.en.contains('{'),
        "{told:?}"
    );
    assert!(told.zh_tw.find("含有辱罵").unwrap() < told.zh_tw.find("申訴").unwrap());
    assert!(told.en.contains("Please argue the point."), "{}", told.en);
    world
        .desk
        .replies
        .delete_reply(&amy(), reply.id)
        .await
        .unwrap();
    assert_eq!(world.comment("c-1").await.notice.unwrap(), told);
    let sent = world.case(flagged.case_id).await.rulings[0].reply.clone();
    assert_eq!(sent.unwrap().id, reply.id);
    let world = world.reopened().await;
    assert_eq!(world.comment("c-1").await.notice.unwrap(), told);
    world.end_moved().await;
}

#[tokio::test]
async fn a_reply_about_a_tag_or_a_nickname_reaches_the_comments_that_have_it() {
    let world = World::new();
    let reply = world
        .save(draft("換一個", "請更換{surfaces}。"))
        .await
        .unwrap();
    let first = world.post(comment("c-1", "好").tagged(&["美食"])).await;
    let tag = world.case(first.surfaces.tags.unwrap()[0].case_id).await;
    let ruled = removal(tag.item.version, reply.id);
    let ruled = world.rule_with(&amy(), tag.item.id, ruled).await;
    ruled.unwrap();
    let named = world.post(comment("c-2", "早").by("m-9", "版主本人")).await;
    let nickname = world.case(named.case_id).await;
    let ruled = removal(nickname.item.version, reply.id);
    world
        .rule_with(&amy(), nickname.item.id, ruled)
        .await
        .unwrap();
    for (id, about) in [("c-1", "美食"), ("c-2", "暱稱")] {
        let told = world.comment(id).await.notice.unwrap().zh_tw;
        let asked = told
            .split('。')
            .find(|part| part.contains("請更換"))
            .unwrap();
        assert!(asked.contains(about), "{told}");
    }
    world.end_moved().await;
}

#[tokio::test]
async fn a_reply_goes_with_a_removal_only_and_has_to_be_there() {
    let world = World::new();
    let reply = world.save(draft("題", "好")).await.unwrap();
    let flagged = world.post(comment("c-1", "你這個白痴")).await;
    let case = world.case(flagged.case_id).await;
    let refused = async |decision: &str, reply: &str| {
        let draft = RulingDraft {
            decision: Some(decision.to_owned()),
            version: Some(case.item.version),
            note: Some("看過了".to_owned()),
            reply: Some(reply.to_owned()),
            ..RulingDraft::default()
        };
        let ruled = world.rule_with(&amy(), case.item.id, draft).await;
        pointers(ruled.unwrap_err())
    };
    for (decision, id) in [
        ("approve", reply.id.to_string()),
        ("escalate", reply.id.to_string()),
        ("remove", "no id".to_owned()),
        ("remove", case.item.id.to_string()),
    ] {
        assert_eq!(refused(decision, &id).await, ["/reply"], "{decision} {id}");
    }
    world
        .desk
        .replies
        .delete_reply(&amy(), reply.id)
        .await
        .unwrap();
    assert_eq!(refused("remove", &reply.id.to_string()).await, ["/reply"]);
    assert_eq!(
        world.case(flagged.case_id).await.item.version,
        case.item.version
    );
    world.end().await;
}

#[tokio::test]
async fn the_answer_to_an_appeal_says_what_its_reply_says() {
    let world = World::new();
    let reply = world
        .save(draft("說明", "您的{surfaces}仍不得刊登，請修改後再張貼。"))
        .await;
    let reply = reply.unwrap();
    for (id, decision) in [("c-1", "remove"), ("c-2", "approve")] {
        let flagged = world.post(comment(id, "你這個白痴")).await;
        let case = world.case(flagged.case_id).await;
        world.rule(&amy(), &case, "remove").await.unwrap();
        let contested = AppealDraft {
            member_id: Some("m-1".to_owned()),
            statement: Some("我沒有罵人".to_owned()),
        };
        let (board, comment) = (board(), CommentId::parse(id).unwrap());
        let appeal = world.desk.appeals.appeal(&board, comment, contested, None);
        let Idempotent::Fresh(appeal) = appeal.await.unwrap() else {
            panic!("nothing was asked twice")
        };
        let case = world.case(flagged.case_id).await;
        let answer = RulingDraft {
            decision: Some(decision.to_owned()),
            ..removal(case.item.version, reply.id)
        };
        world.rule_with(&ben(), case.item.id, answer).await.unwrap();
        let told = world
            .desk
            .appeals
            .appeal_by_id(appeal.id)
            .await
            .unwrap()
            .notice;
        assert!(
            told.zh_tw.ends_with("請修改後再張貼。"),
            "{decision}: {}",
            told.zh_tw
        );
        let now = world.comment(id).await.notice;
        assert_eq!(now.is_some(), decision == "remove");
        let says_it = now.is_some_and(|notice| notice.zh_tw.contains("請修改後再張貼"));
        assert!(!says_it, "it answers the appeal");
    }
    world.end_moved().await;
}
