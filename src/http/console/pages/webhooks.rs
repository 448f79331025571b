//! Webhooks, for admins: where news goes, and what did not arrive. A signing secret is shown once, in the answer itself.

use actix_web::{
    HttpRequest,
    web::{self, Payload},
};
use askama::Template;

use crate::{
    access::Requirement,
    desk::{
        WebhookDraft,
        views::{DeliveryView, NewWebhookView, WebhookView},
    },
    http::{
        call::Call,
        console::{
            ages::Age,
            confirm::{self, Question},
            flash::Told,
            form::Fields,
            layout::{Entry, Place, Shell},
            links,
            list::{Choice, Ends, choices},
            render,
            text::texts,
            typed::{Typed, done},
            visit::{Answer, State, Visit, id_of},
        },
        problem::{Code, Problem},
    },
    id::WebhookId,
    record::EventKind,
};

/// The pages of this file.
pub const PAGES: &[&Call] = &[&LIST, &CREATE, &SHOW, &CHANGE, &ROTATE, &DELETE, &REPLAY];
/// Its entry in the menu.
pub const MENU: &[Entry] = &[Entry {
    path: PATH,
    zh_tw: "Webhook",
    en: "Webhooks",
    place: Place::More,
    requirement: Requirement::ADMIN,
}];

const PATH: &str = "/console/webhooks";

texts! {
    /// The labels of the pages.
    pub struct WebhooksTexts {
        title: "Webhook", "Webhooks";
        lead: "裁決、處分、檢舉與申訴的結果會送到這些網址。", "Where news of rulings, sanctions, reports and appeals is sent.";
        url: "網址", "URL";
        url_hint: "https 網址；內部主機須先列入設定 webhooks.allow_hosts", "An https address; private hosts have to stand in webhooks.allow_hosts";
        events: "事件", "Events";
        events_hint: "都不勾選代表全部", "None ticked means all";
        all_events: "全部", "All";
        state: "狀態", "State";
        active: "啟用", "Active";
        paused: "暫停", "Paused";
        is_active: "送出事件（暫停期間的事件會在恢復後補送）", "Send events (what happens while paused is sent later)";
        waiting: "未送達", "Waiting";
        lag: "延遲", "Behind by";
        seconds: "秒", "s";
        create: "新增 webhook", "Add a webhook";
        change: "變更", "Change";
        save: "儲存變更", "Save";
        show: "查看", "Show";
        back: "所有 webhook", "All webhooks";
        empty: "還沒有 webhook", "There is no webhook yet";
        empty_lead: "新增論壇的網址，或由論壇以 GET /v1/changes 自行取得事件。", "Add the board’s address, or have the board read GET /v1/changes.";
        made: "簽章密鑰（只顯示這一次）：", "The signing secret (shown this once):";
        rotate: "更換密鑰", "New secret";
        rotate_lead: "舊密鑰在一天內仍會一併簽章。", "The old one signs for a day more.";
        delete: "刪除", "Delete";
        ask_delete: "確定要刪除這個 webhook？", "Delete this webhook?";
        ask_delete_1: "未送達的事件不會再送到這個網址。", "What was not delivered is not sent there any more.";
        deliveries: "尚未送達的事件", "Deliveries that did not succeed";
        no_deliveries: "所有事件都已送達。", "Everything has arrived.";
        event: "事件", "Event";
        attempts: "次數", "Attempts";
        last: "最近一次的結果", "Latest result";
        next: "下次重試", "Next try";
        dead: "已放棄", "Given up";
        retry: "立即重送", "Retry now";
    }
}

/// A webhook in the list.
struct HookLine {
    path: String,
    url: String,
    events: String,
    active: bool,
    waiting: usize,
    lag_s: i64,
}

#[derive(Template)]
#[template(
    path = "webhooks.html",
    config = "src/http/console/templates/askama.toml"
)]
struct ListPage {
    shell: Shell,
    k: &'static WebhooksTexts,
    hooks: Vec<HookLine>,
    events: Vec<Choice>,
    ends: Ends,
    typed: Typed,
}

static LIST: Call = Call::get(PATH, Requirement::ADMIN)
    .named("console.webhooks", "Webhooks")
    .any_query()
    .to(|| web::route().to(list));

async fn list(state: State, request: HttpRequest) -> Answer {
    let visit = Visit::open(&state, &request, &LIST).await?;
    list_page(&visit, Typed::default()).await
}

async fn list_page(visit: &Visit, typed: Typed) -> Answer {
    let all = visit.state.desk.outbox.webhooks().await?;
    let page = visit.query.page();
    let page = page.paginate("webhooks", all, |hook| hook.id.to_string())?;
    let k = WebhooksTexts::of(visit.language);
    let hooks = page.items.iter();
    let page = ListPage {
        shell: visit.shell(PATH),
        k,
        hooks: hooks.map(|hook| hook_line(hook, k)).collect(),
        events: events(|name| typed.chose("events", name)),
        ends: Ends::of(PATH, &visit.query, page.next_cursor),
        typed,
    };
    render::page_as(visit, page.typed.status(), &page)
}

fn hook_line(hook: &WebhookView, k: &WebhooksTexts) -> HookLine {
    HookLine {
        path: links::below(PATH, &hook.id.to_string()),
        url: hook.url.clone(),
        events: match hook.events.is_empty() {
            true => k.all_events.to_owned(),
            false => hook.events.join(", "),
        },
        active: hook.active,
        waiting: hook.waiting,
        lag_s: hook.lag_seconds,
    }
}

fn events(is_on: impl Fn(&str) -> bool) -> Vec<Choice> {
    let on: Vec<&str> = EventKind::NAMES
        .into_iter()
        .filter(|name| is_on(name))
        .collect();
    let all = EventKind::NAMES.map(|name| (name, name.to_owned()));
    choices(all, Some(&on.join(",")))
}

static CREATE: Call = Call::post(PATH, Requirement::ADMIN)
    .named("console.webhooks.create", "Creates a webhook")
    .any_query()
    .to(|| web::route().to(create));

async fn create(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &CREATE).await?;
    let draft = WebhookDraft {
        url: form.get("url").map(str::to_owned),
        events: Some(form.all("events")),
        active: None,
        rotate_secret: false,
    };
    let outbox = &state.desk.outbox;
    match outbox.create_webhook(visit.caller()?, draft, None).await {
        Ok(made) => {
            let made: NewWebhookView = done(made)?;
            hook_page(&visit, made.webhook.id, Typed::default(), made.secret).await
        }
        Err(error) => {
            let typed = Typed::again(form, Problem::from(error), visit.language)?;
            list_page(&visit, typed).await
        }
    }
}

/// A delivery that did not succeed.
struct DeliveryLine {
    id: u64,
    kind: &'static str,
    is_dead: bool,
    attempts: u32,
    last: String,
    last_at: Age,
    next_at: Option<Age>,
}

#[derive(Template)]
#[template(
    path = "webhook.html",
    config = "src/http/console/templates/askama.toml"
)]
struct HookPage {
    shell: Shell,
    k: &'static WebhooksTexts,
    path: String,
    url: String,
    active: bool,
    waiting: usize,
    lag_s: i64,
    events: Vec<Choice>,
    secret: Option<String>,
    deliveries: Vec<DeliveryLine>,
    ends: Ends,
    typed: Typed,
}

static SHOW: Call = Call::get("/console/webhooks/{id}", Requirement::ADMIN)
    .named("console.webhook", "A webhook")
    .any_query()
    .to(|| web::route().to(show));

async fn show(state: State, request: HttpRequest) -> Answer {
    let visit = Visit::open(&state, &request, &SHOW).await?;
    hook_page(&visit, hook_id(&request)?, Typed::default(), None).await
}

async fn hook_page(visit: &Visit, id: WebhookId, typed: Typed, secret: Option<String>) -> Answer {
    let outbox = &visit.state.desk.outbox;
    let all = outbox.webhooks().await?;
    let hook = all.into_iter().find(|hook| hook.id == id);
    let hook = hook.ok_or_else(|| Problem::new(Code::NotFound))?;
    let deliveries = outbox.deliveries(id, visit.query.page()).await?;
    let path = links::below(PATH, &id.to_string());
    let items = deliveries.items.iter();
    let page = HookPage {
        shell: visit.shell(PATH),
        k: WebhooksTexts::of(visit.language),
        url: hook.url.clone(),
        active: hook.active,
        waiting: hook.waiting,
        lag_s: hook.lag_seconds,
        events: events(|name| hook.events.iter().any(|event| event == name)),
        secret,
        deliveries: items.map(|one| delivery(one, visit)).collect(),
        ends: Ends::of(&path, &visit.query, deliveries.next_cursor),
        path,
        typed,
    };
    render::page_as(visit, page.typed.status(), &page)
}

fn delivery(delivery: &DeliveryView, visit: &Visit) -> DeliveryLine {
    let age = |at| Age::new(at, visit.now, visit.zone(), visit.language);
    DeliveryLine {
        id: delivery.id,
        kind: delivery.kind.unwrap_or(""),
        is_dead: delivery.status == "dead",
        attempts: delivery.attempts,
        last: delivery.last.clone(),
        last_at: age(delivery.last_at),
        next_at: delivery.next_at.map(age),
    }
}

static CHANGE: Call = Call::post("/console/webhooks/{id}", Requirement::ADMIN)
    .named("console.webhook.change", "Changes a webhook")
    .any_query()
    .to(|| web::route().to(change));

async fn change(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &CHANGE).await?;
    let draft = WebhookDraft {
        url: form.get("url").map(str::to_owned),
        events: Some(form.all("events")),
        active: Some(form.is_on("active")),
        rotate_secret: false,
    };
    update(&visit, form, draft).await
}

static ROTATE: Call = Call::post("/console/webhooks/{id}/rotate", Requirement::ADMIN)
    .named("console.webhook.rotate", "Makes a new signing secret")
    .any_query()
    .to(|| web::route().to(rotate));

async fn rotate(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &ROTATE).await?;
    let draft = WebhookDraft {
        rotate_secret: true,
        ..WebhookDraft::default()
    };
    update(&visit, form, draft).await
}

async fn update(visit: &Visit, form: Fields, draft: WebhookDraft) -> Answer {
    let id = hook_id(&visit.request)?;
    let outbox = &visit.state.desk.outbox;
    match outbox.update_webhook(visit.caller()?, id, draft).await {
        Ok(changed) if changed.secret.is_some() => {
            hook_page(visit, id, Typed::default(), changed.secret).await
        }
        Ok(_) => Ok(visit.done(&links::below(PATH, &id.to_string()), Told::Saved)),
        Err(error) => {
            let typed = Typed::again(form, Problem::from(error), visit.language)?;
            hook_page(visit, id, typed, None).await
        }
    }
}

static DELETE: Call = Call::post("/console/webhooks/{id}/delete", Requirement::ADMIN)
    .named("console.webhook.delete", "Deletes a webhook")
    .any_query()
    .to(|| web::route().to(delete));

async fn delete(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, mut form) = Visit::posted(&state, &request, payload, &DELETE).await?;
    let id = hook_id(&request)?;
    let k = WebhooksTexts::of(visit.language);
    let url = form.typed("url").to_owned();
    let question = || Question {
        title: k.ask_delete.to_owned(),
        points: vec![url, k.ask_delete_1.to_owned()],
        action: k.delete,
        back: links::below(PATH, &id.to_string()),
        typed: None,
    };
    if let Some(asked) = confirm::asked(&visit, PATH, &mut form, question) {
        return asked;
    }
    state
        .desk
        .outbox
        .delete_webhook(visit.caller()?, id)
        .await?;
    Ok(visit.done(PATH, Told::Saved))
}

static REPLAY: Call = Call::post("/console/webhooks/{id}/replay", Requirement::ADMIN)
    .named("console.webhook.replay", "Retries a delivery")
    .any_query()
    .to(|| web::route().to(replay));

async fn replay(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &REPLAY).await?;
    let id = hook_id(&request)?;
    let event = form.get("delivery").and_then(|raw| raw.parse().ok());
    let event = event.ok_or_else(|| Problem::new(Code::NotFound))?;
    let outbox = &state.desk.outbox;
    done(
        outbox
            .replay_delivery(visit.caller()?, id, event, None)
            .await?,
    )?;
    Ok(visit.done(&links::below(PATH, &id.to_string()), Told::Saved))
}

fn hook_id(request: &HttpRequest) -> Result<WebhookId, Problem> {
    id_of(request, WebhookId::parse)
}
