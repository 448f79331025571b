//! Any ruling, then its undo: every record is as before, but for the audit and the case's version, which go on.

use banzhu::{
    access::Caller,
    desk::{
        AppealDraft, Idempotent, PageQuery, QueueQuery, ReportDraft, RulingDraft, SanctionDraft,
        views::{CaseView, RulingAnswer},
    },
    id::{CommentId, MemberId},
    intake::Mode,
};
use serde_json::Value;

use super::world::{Chance, World, ada, amy, ben, board, comment};

const LIVES: u64 = 3;
const ROUNDS: u64 = 40;
const COMMENTS: u64 = 14;
const MEMBERS: u64 = 4;
const REPORTERS: u64 = 3;
/// How many comments are posted between a ruling and its undo, in one life.
const BETWEEN_MAX: u64 = 4;

struct Desk {
    world: World,
    chance: Chance,
    between: u64,
}

impl Desk {
    async fn post(&mut self, n: u64) {
        let (id, member) = (format!("c-{n}"), format!("m-{}", n % MEMBERS));
        let body = *self.chance.one(&["祝大家早安", "你這個白痴", "幹你娘"]);
        let nickname = *self.chance.one(&["阿明", "白痴阿明", "版主二"]);
        let tagged: [&[&str]; 3] = [&[], &["頭香"], &["白痴", "早餐"]];
        let tags = *self.chance.one(&tagged);
        let posted = comment(&id, body).by(&member, nickname).tagged(tags);
        self.world.post(posted).await;
    }

    /// What may be refused: somebody was first, it stands already, it is allowed.
    async fn hear(&mut self) {
        let n = self.chance.below(COMMENTS);
        let id = CommentId::parse(format!("c-{n}")).unwrap();
        let desk = &self.world.desk;
        if self.chance.below(3) > 0 {
            let report = ReportDraft {
                reporter_id: Some(format!("r-{}", self.chance.below(REPORTERS))),
                code: Some("insult".to_owned()),
                ..ReportDraft::default()
            };
            let _ = desk.reports.report(&board(), id, report, None, None).await;
        } else {
            let appeal = AppealDraft {
                member_id: Some(format!("m-{}", n % MEMBERS)),
                statement: Some("我沒有罵人".to_owned()),
            };
            let _ = desk.appeals.appeal(&board(), id, appeal, None).await;
        }
    }

    async fn cases(&self) -> Vec<CaseView> {
        let every = QueueQuery {
            status: Some("open,escalated,resolved".to_owned()),
            limit: Some("100".to_owned()),
            ..QueueQuery::default()
        };
        let list = self.world.desk.queue.queue(every).await.unwrap();
        let mut cases = Vec::new();
        for item in list.items {
            cases.push(
                self.world
                    .desk
                    .queue
                    .case(&Caller::Operator, item.id)
                    .await
                    .unwrap(),
            );
        }
        cases.sort_by_key(|case| case.item.id);
        cases
    }

    fn draft(&mut self, case: &CaseView) -> RulingDraft {
        let decision =
            *self
                .chance
                .one(&["approve", "remove", "remove", "remove_tags", "escalate"]);
        let removes = decision.starts_with("remove");
        let tags = case
            .comment
            .iter()
            .flat_map(|comment| comment.surfaces.tags.iter().flatten());
        let tags: Vec<String> = tags.map(|tag| tag.tag.clone()).take(1).collect();
        let sanction = (removes && self.chance.below(2) == 0).then(|| {
            let kind = *self.chance.one(&["warn", "watch", "suspend", "terminate"]);
            SanctionDraft {
                kind: Some(kind.to_owned()),
                days: (kind == "suspend").then_some(7),
                ..SanctionDraft::default()
            }
        });
        RulingDraft {
            decision: Some(decision.to_owned()),
            version: Some(case.item.version),
            code: removes.then(|| "insult".to_owned()),
            tags: if decision == "remove_tags" {
                tags
            } else {
                Vec::new()
            },
            note: Some("看過了".to_owned()),
            sanction,
            reply: None,
        }
    }

    /// Everything that anybody is shown, but what goes on.
    async fn shown(&self) -> Vec<Value> {
        let desk = &self.world.desk;
        let mut shown = Vec::new();
        for case in self.cases().await {
            shown.push(serde_json::to_value(case).unwrap());
        }
        for n in 0..COMMENTS {
            let view = self.world.comment(&format!("c-{n}")).await;
            shown.push(serde_json::to_value(view).unwrap());
        }
        for n in 0..MEMBERS {
            let id = MemberId::parse(format!("m-{n}")).unwrap();
            let data = desk.privacy.export_member(&id).await.unwrap();
            shown.push(serde_json::to_value(data).unwrap());
        }
        for n in 0..REPORTERS {
            let reporter = Some(format!("r-{n}"));
            let view = desk
                .reports
                .reports_of(reporter, PageQuery::default())
                .await;
            let view = view.unwrap();
            shown.push(serde_json::to_value(view).unwrap());
        }
        shown.iter_mut().for_each(settle);
        shown
    }

    /// What a sanction blocks is as it would be without it, once it is undone.
    async fn post_between(&mut self, ruling: &RulingAnswer) -> Option<(String, String)> {
        if ruling.sanction.is_none() || self.between == BETWEEN_MAX {
            return None;
        }
        self.between += 1;
        let case = self
            .world
            .desk
            .queue
            .case(&Caller::Operator, ruling.case_id)
            .await
            .unwrap();
        let member = case.item.member.unwrap().id.to_string();
        let id = format!("b-{}", self.between);
        self.world.post(comment(&id, "早").by(&member, "")).await;
        Some((id, member))
    }

    async fn there_and_back(&mut self, by: &Caller) {
        let cases = self.cases().await;
        let case = self.chance.one(&cases).clone();
        let draft = self.draft(&case);
        let before = self.shown().await;
        let Ok(ruling) = self.world.rule_with(by, case.item.id, draft.clone()).await else {
            assert_eq!(
                self.shown().await,
                before,
                "what is refused changes nothing"
            );
            return;
        };
        assert_ne!(self.shown().await, before, "{draft:?}");
        let blocked = self.post_between(&ruling).await;
        let undone = self.world.undo(by, &ruling).await;
        assert!(
            undone.is_ok(),
            "{draft:?} on {:?}: {ruling:?}",
            case.item.subject
        );
        while self.world.desk.background.fan_out_next().await.unwrap() {}
        if let Some((id, member)) = blocked {
            let now = self.world.comment(&id).await;
            let after = comment("b-0", "早").by(&member, "").submission();
            let dry_run = Mode {
                dry_run: true,
                ..Mode::default()
            };
            let after = self
                .world
                .desk
                .comments
                .post(&board(), after, dry_run, None)
                .await;
            let Ok(Idempotent::Fresh(after)) = after else {
                panic!("{after:?}")
            };
            assert_eq!((now.verdict, now.reasons), (after.verdict, after.reasons));
        }
        for (after, before) in self.shown().await.iter().zip(&before) {
            let difference = difference("", before, after);
            assert_eq!(difference, None, "{draft:?} on {:?}", case.item.subject);
        }
        let after = self
            .world
            .desk
            .queue
            .case(&Caller::Operator, case.item.id)
            .await
            .unwrap();
        assert_eq!(after.item.version, case.item.version + 2);
    }
}

/// The first place in which two values differ.
fn difference(at: &str, before: &Value, after: &Value) -> Option<String> {
    let missing = Value::Null;
    match (before, after) {
        (Value::Object(was), Value::Object(is)) => was.keys().chain(is.keys()).find_map(|name| {
            let of = |fields: &serde_json::Map<String, Value>| fields.get(name).cloned();
            let (was, is) = (of(was).unwrap_or_default(), of(is).unwrap_or_default());
            difference(&format!("{at}/{name}"), &was, &is)
        }),
        (Value::Array(was), Value::Array(is)) => (0..was.len().max(is.len())).find_map(|place| {
            let (was, is) = (was.get(place), is.get(place));
            let at = format!("{at}/{place}");
            difference(&at, was.unwrap_or(&missing), is.unwrap_or(&missing))
        }),
        _ => (before != after).then(|| format!("{at}: {before} became {after}")),
    }
}

/// Takes out what goes on: versions, claims, the audit.
fn settle(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            // What may be undone goes by the version, which only grows.
            for name in [
                "version",
                "claim",
                "audit",
                "undone_rulings",
                "code_names",
                "actions",
            ] {
                fields.remove(name);
            }
            fields.values_mut().for_each(settle);
        }
        Value::Array(items) => {
            // what was posted between a ruling and its undo is looked at by itself
            let between = |item: &Value| {
                let id = item.get("comment_id").and_then(Value::as_str);
                id.is_some_and(|id| id.starts_with("b-"))
            };
            items.retain(|item| !between(item));
            items.iter_mut().for_each(settle);
        }
        _ => {}
    }
}

#[tokio::test]
async fn any_ruling_and_its_undo_leave_every_record_as_it_was() {
    for seed in 1..=LIVES {
        println!("seed {seed}");
        let mut desk = Desk {
            world: World::new(),
            chance: Chance::new(seed),
            between: 0,
        };
        for n in 0..COMMENTS {
            desk.post(n).await;
        }
        for _ in 0..ROUNDS {
            let by = match desk.chance.below(4) {
                0 => ada(),
                1 => ben(),
                _ => amy(),
            };
            desk.hear().await;
            desk.there_and_back(&by).await;
            if desk.chance.below(2) == 0 {
                let cases = desk.cases().await;
                let case = desk.chance.one(&cases).clone();
                let draft = desk.draft(&case);
                let _ = desk.world.rule_with(&by, case.item.id, draft).await;
            }
        }
        desk.world.end().await;
    }
}
