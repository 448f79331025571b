//! Saved replies.

use actix_web::{
    HttpRequest,
    web::{self, Payload},
};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Answer, State};
use crate::{
    access::Requirement,
    desk::{ReplyDraft, views::ReplyView},
    http::{
        call::Call,
        input::Input,
        problem::{Code, Problem},
        query,
        shape::Shape,
    },
    id::ReplyId,
};

/// Words to a member in both languages.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplyWords {
    /// Traditional Chinese, at most 2,000 characters.
    #[serde(rename = "zh-TW")]
    #[schema(required)]
    pub zh_tw: Option<String>,
    /// English. Absent: the Chinese words stand for both.
    pub en: Option<String>,
}

/// A saved reply.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostReply {
    /// What moderators find it by: at most 80 characters, and no other's.
    #[schema(required)]
    pub title: Option<String>,
    /// What the member is told. `{surfaces}` becomes what the ruling is about, `{rules}` the posted rule.
    #[schema(required)]
    pub text: Option<ReplyWords>,
}

/// The calls of this file.
pub static CALLS: &[&Call] = &[&LIST, &CREATE, &CHANGE, &DELETE];

fn example() -> serde_json::Value {
    json!({
        "title": "請勿人身攻擊",
        "text": {"zh-TW": "請就事論事，勿攻擊他人。{rules}", "en": "Please argue the point, not the person. {rules}"}
    })
}

static LIST: Call = Call::get("/v1/replies", Requirement::READ)
    .named("ListReplies", "List saved replies")
    .query(query::PAGE)
    .ok_as(Shape::list::<ReplyView>("ReplyList"))
    .to(|| web::route().to(list));

async fn list(state: State, request: HttpRequest) -> Answer {
    let page = state.read(&LIST, &request).await?.query.page();
    let replies = state.desk.replies.replies().await?;
    let page = page.paginate("replies", replies, |reply| {
        format!("{}#{}", reply.title, reply.id)
    })?;
    Ok(LIST.json(&page))
}

static CREATE: Call = Call::post("/v1/replies", Requirement::REVIEW)
    .named("CreateReply", "Save a reply")
    .body::<PostReply>(example)
    .created::<ReplyView>()
    .idempotent()
    .problems(&[Code::NameTaken])
    .to(|| web::route().to(create));

async fn create(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let input = Input::<PostReply>::read(&state, &CREATE, &request, payload).await?;
    let replies = &state.desk.replies;
    let done = replies.create_reply(&input.caller, input.body.into(), input.key);
    Ok(CREATE.answer(done.await?))
}

static CHANGE: Call = Call::put("/v1/replies/{id}", Requirement::REVIEW)
    .named("PutReply", "Replace a saved reply")
    .body::<PostReply>(example)
    .ok::<ReplyView>()
    .problems(&[Code::NotFound, Code::NameTaken])
    .to(|| web::route().to(change));

async fn change(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let input = Input::<PostReply>::read(&state, &CHANGE, &request, payload).await?;
    let (id, replies) = (reply_id(&request)?, &state.desk.replies);
    let view = replies.change_reply(&input.caller, id, input.body.into());
    Ok(CHANGE.json(&view.await?))
}

static DELETE: Call = Call::delete("/v1/replies/{id}", Requirement::REVIEW)
    .named("DeleteReply", "Delete a saved reply")
    .problems(&[Code::NotFound])
    .to(|| web::route().to(delete));

async fn delete(state: State, request: HttpRequest) -> Answer {
    let caller = state.read(&DELETE, &request).await?.caller;
    let (id, replies) = (reply_id(&request)?, &state.desk.replies);
    replies.delete_reply(&caller, id).await?;
    Ok(DELETE.nothing())
}

impl From<PostReply> for ReplyDraft {
    fn from(post: PostReply) -> Self {
        let text = post.text.unwrap_or_default();
        Self {
            title: post.title,
            zh_tw: text.zh_tw,
            en: text.en,
        }
    }
}

fn reply_id(request: &HttpRequest) -> Result<ReplyId, Problem> {
    query::parsed_part(request, "id", ReplyId::parse)
}
