//! Saved replies: what moderators tell members again and again.

use actix_web::{
    HttpRequest,
    web::{self, Payload},
};
use askama::Template;

use crate::{
    access::Requirement,
    desk::{ReplyDraft, views::ReplyView},
    http::{
        call::Call,
        console::{
            ages::Age,
            confirm::{self, Question},
            flash::Told,
            form::Fields,
            layout::{Entry, Place, Shell},
            list::Ends,
            names, render,
            text::texts,
            typed::{Typed, done},
            visit::{Answer, State, Visit},
        },
        problem::{Code, Problem},
    },
    id::ReplyId,
};

/// The pages of this file.
pub const PAGES: &[&Call] = &[&LIST, &CREATE, &CHANGE, &DELETE];
/// Its entry in the menu.
pub const MENU: &[Entry] = &[Entry {
    path: PATH,
    zh_tw: "罐頭回覆",
    en: "Saved replies",
    place: Place::More,
    requirement: Requirement::READ,
}];

const PATH: &str = "/console/replies";
/// How many replies a page shows; each may be long.
const ROWS: &str = "15";

texts! {
    /// The labels of the page.
    pub struct RepliesTexts {
        title: "罐頭回覆", "Saved replies";
        lead: "裁決時可附上的話，會成為給會員通知的一部分。", "Words that can go with a ruling; they become part of the notice to the member.";
        name: "名稱", "Title";
        zh_tw: "中文", "Chinese";
        en: "英文（可不填）", "English (optional)";
        hint: "{surfaces} 會換成裁決的對象，{rules} 會換成板規。", "{surfaces} becomes what the ruling is about, {rules} the posted rule.";
        add: "新增回覆", "Add a reply";
        change: "變更", "Change";
        save: "儲存變更", "Save";
        delete: "刪除", "Delete";
        ask_delete: "確定要刪除這則回覆？", "Delete this reply?";
        ask_delete_1: "已經送出的通知不受影響。", "Notices that were sent stay as they are.";
        empty: "還沒有罐頭回覆", "There is no saved reply yet";
        empty_lead: "常說的話存起來，裁決時選用即可。", "Save what you say often, and choose it with a ruling.";
    }
}

/// A reply.
struct Line {
    id: String,
    title: String,
    zh_tw: String,
    en: String,
    by: String,
    age: Age,
    is_again: bool,
}

#[derive(Template)]
#[template(
    path = "replies.html",
    config = "src/http/console/templates/askama.toml"
)]
struct RepliesPage {
    shell: Shell,
    r: &'static RepliesTexts,
    lines: Vec<Line>,
    ends: Ends,
    may_write: bool,
    typed: Typed,
}

static LIST: Call = Call::get(PATH, Requirement::READ)
    .named("console.replies", "Saved replies")
    .any_query()
    .to(|| web::route().to(list));

async fn list(state: State, request: HttpRequest) -> Answer {
    let visit = Visit::open(&state, &request, &LIST).await?;
    answer(&visit, Typed::default()).await
}

async fn answer(visit: &Visit, typed: Typed) -> Answer {
    let all = visit.state.desk.replies.replies().await?;
    let mut page = visit.query.page();
    page.limit = page.limit.or_else(|| Some(ROWS.to_owned()));
    let list = page.paginate("replies", all, |reply| {
        format!("{}#{}", reply.title, reply.id)
    })?;
    let items = list.items.iter();
    let page = RepliesPage {
        shell: visit.shell(PATH),
        r: RepliesTexts::of(visit.language),
        lines: items.map(|reply| line(reply, visit, &typed)).collect(),
        ends: Ends::of(PATH, &visit.query, list.next_cursor),
        may_write: visit.may(Requirement::REVIEW),
        typed,
    };
    render::page_as(visit, page.typed.status(), &page)
}

fn line(reply: &ReplyView, visit: &Visit, typed: &Typed) -> Line {
    let id = reply.id.to_string();
    Line {
        is_again: typed.is_refused() && typed.get("id") == id,
        id,
        title: reply.title.clone(),
        zh_tw: reply.text.zh_tw.clone(),
        en: reply.text.en.clone(),
        by: names::actor(&reply.by, visit.language),
        age: Age::new(reply.at, visit.now, visit.zone(), visit.language),
    }
}

fn draft_of(form: &Fields) -> ReplyDraft {
    let text = |name| form.get(name).map(|text: &str| text.replace("\r\n", "\n"));
    ReplyDraft {
        title: text("title"),
        zh_tw: text("zh_tw"),
        en: text("en"),
    }
}

/// The form again; the desk names its texts by their languages.
async fn again(visit: &Visit, form: Fields, problem: Problem) -> Answer {
    let typed = Typed::again(form, problem, visit.language)?;
    answer(visit, typed).await
}

static CREATE: Call = Call::post(PATH, Requirement::REVIEW)
    .named("console.replies.create", "Saves a reply")
    .any_query()
    .to(|| web::route().to(create));

async fn create(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &CREATE).await?;
    let replies = &state.desk.replies;
    match replies
        .create_reply(visit.caller()?, draft_of(&form), None)
        .await
    {
        Ok(created) => {
            done(created)?;
            Ok(visit.done(PATH, Told::Saved))
        }
        Err(error) => again(&visit, form, error.into()).await,
    }
}

static CHANGE: Call = Call::post("/console/replies/change", Requirement::REVIEW)
    .named("console.replies.change", "Changes a reply")
    .any_query()
    .to(|| web::route().to(change));

async fn change(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &CHANGE).await?;
    let (id, replies) = (reply_id(&form)?, &state.desk.replies);
    match replies
        .change_reply(visit.caller()?, id, draft_of(&form))
        .await
    {
        Ok(_) => Ok(visit.done(PATH, Told::Saved)),
        Err(error) => again(&visit, form, error.into()).await,
    }
}

static DELETE: Call = Call::post("/console/replies/delete", Requirement::REVIEW)
    .named("console.replies.delete", "Deletes a reply")
    .any_query()
    .to(|| web::route().to(delete));

async fn delete(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, mut form) = Visit::posted(&state, &request, payload, &DELETE).await?;
    let id = reply_id(&form)?;
    let r = RepliesTexts::of(visit.language);
    let title = form.typed("title").to_owned();
    let question = || Question {
        title: r.ask_delete.to_owned(),
        points: vec![title, r.ask_delete_1.to_owned()],
        action: r.delete,
        back: PATH.to_owned(),
        typed: None,
    };
    if let Some(asked) = confirm::asked(&visit, PATH, &mut form, question) {
        return asked;
    }
    state.desk.replies.delete_reply(visit.caller()?, id).await?;
    Ok(visit.done(PATH, Told::Saved))
}

fn reply_id(form: &Fields) -> Result<ReplyId, Problem> {
    let id = form.get("id").and_then(ReplyId::parse);
    id.ok_or_else(|| Problem::new(Code::NotFound))
}
