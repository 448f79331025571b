//! Reports: what readers reported and waits, and the record of a reporter.

use actix_web::{
    HttpRequest,
    web::{self, Payload},
};
use askama::Template;

use crate::{
    access::Requirement,
    desk::{PageQuery, QueueQuery, views::ReporterView},
    http::{
        call::Call,
        console::{
            ages,
            case_row::CaseRow,
            confirm::{self, Question},
            flash::Told,
            form::Fields,
            layout::{Entry, Place, Shell},
            links,
            list::Ends,
            render,
            report_row::ReportRow,
            text::texts,
            typed::{Typed, done},
            visit::{Answer, State, Visit},
        },
        problem::{Code, Problem},
    },
    id::ReporterId,
};

/// The pages of this file.
pub const PAGES: &[&Call] = &[&SHOW, &MUTE, &UNMUTE, &DISMISS];
/// Its entry in the menu.
pub const MENU: &[Entry] = &[Entry {
    path: PATH,
    zh_tw: "檢舉",
    en: "Reports",
    place: Place::More,
    requirement: Requirement::READ,
}];

const PATH: &str = "/console/reports";
/// How many waiting cases are shown.
const CASES: &str = "20";

texts! {
    /// The labels of the reports.
    pub struct ReportsTexts {
        title: "檢舉", "Reports";
        find: "檢舉人編號", "Reporter id";
        find_lead: "查看一位讀者提出過的檢舉與其準確度。", "See what a reader reported, and how often it was right.";
        show: "查看", "Show";
        waiting: "讀者檢舉、待審的案件", "Waiting cases that readers reported";
        all_waiting: "在佇列中查看全部", "All of them in the queue";
        empty: "沒有待審的檢舉", "No report is waiting";
        empty_lead: "讀者提出檢舉後，案件會依檢舉權重排入佇列。", "What readers report joins the queue by the weight of the reports.";
        unknown: "這位讀者沒有提出過檢舉", "This reader has reported nothing";
        unknown_lead: "編號可能有誤。", "The id may be wrong.";
        reporter: "檢舉人", "Reporter";
        record: "準確度", "Record";
        of: "件成立，共裁決", "upheld of";
        of_end: "件", "decided";
        none_ended: "尚無裁決過的檢舉", "None decided yet";
        weight: "下一件檢舉的權重", "Weight of the next report";
        muted: "靜音至", "Muted until";
        mute: "靜音檢舉人", "Mute the reporter";
        mute_lead: "靜音期間的檢舉會保留，但不計權重。", "While muted, their reports are kept and weigh nothing.";
        days: "天數", "Days";
        reason: "原因", "Reason";
        unmute: "解除靜音", "End the mute";
        dismiss: "全部視為不實", "Dismiss all open reports";
        dismiss_lead: "用於惡意檢舉：這位讀者所有待審的檢舉都改為不成立。", "For bad faith: every open report of this reader is dismissed.";
        ask_dismiss: "確定要駁回這位讀者所有待審的檢舉？", "Dismiss every open report of this reader?";
        ask_dismiss_1: "只因這些檢舉而開立的案件仍會留在佇列中。", "Cases that only these reports opened stay in the queue.";
        ask_dismiss_2: "論壇會收到結果；這項動作無法復原。", "The board is told. This cannot be undone.";
        reports: "提出的檢舉", "Reports made";
        as_member: "以會員身分查看", "See as a member";
        case: "案件", "Case";
    }
}

/// A reporter's record.
struct Reporter {
    id: String,
    ended: u32,
    upheld: u32,
    weight: String,
    muted: Option<(String, String)>,
    member_href: String,
}

#[derive(Template)]
#[template(
    path = "reports.html",
    config = "src/http/console/templates/askama.toml"
)]
struct ReportsPage {
    shell: Shell,
    r: &'static ReportsTexts,
    asked: String,
    reporter: Option<Reporter>,
    reports: Vec<ReportRow>,
    cases: Vec<CaseRow>,
    ends: Ends,
    may_act: bool,
    typed: Typed,
}

static SHOW: Call = Call::get(PATH, Requirement::READ)
    .named("console.reports", "Reports")
    .any_query()
    .to(|| web::route().to(show));

async fn show(state: State, request: HttpRequest) -> Answer {
    let visit = Visit::open(&state, &request, &SHOW).await?;
    let asked = visit.query.typed("reporter_id").trim();
    match asked.is_empty() {
        true => waiting(&visit).await,
        false => of_reporter(&visit, asked, visit.query.page(), Typed::default()).await,
    }
}

/// The cases that readers reported and that wait.
async fn waiting(visit: &Visit) -> Answer {
    let query = QueueQuery {
        source: Some("report".to_owned()),
        cursor: visit.query.joined("cursor"),
        limit: Some(CASES.to_owned()),
        pointer: "?",
        ..QueueQuery::default()
    };
    let found = visit.state.desk.queue.queue(query).await?;
    let cases = found.items.into_iter();
    let page = ReportsPage {
        shell: visit.shell(PATH),
        r: ReportsTexts::of(visit.language),
        asked: String::new(),
        reporter: None,
        reports: Vec::new(),
        cases: cases.map(|item| CaseRow::new(item, visit)).collect(),
        ends: Ends::of(PATH, &visit.query, found.next_cursor),
        may_act: false,
        typed: Typed::default(),
    };
    render::page(visit, &page)
}

/// What a reader reported.
async fn of_reporter(visit: &Visit, asked: &str, page: PageQuery, typed: Typed) -> Answer {
    let reports = &visit.state.desk.reports;
    let view = match ReporterId::parse(asked) {
        Ok(id) => reports.reporter(&id).await.ok(),
        Err(_) => None,
    };
    let found = match &view {
        Some(view) => {
            let id = Some(view.reporter_id.to_string());
            reports.reports_of(id, page).await?
        }
        None => crate::desk::List {
            items: Vec::new(),
            next_cursor: None,
        },
    };
    let items = found.items.iter();
    let page = ReportsPage {
        shell: visit.shell(PATH),
        r: ReportsTexts::of(visit.language),
        asked: asked.to_owned(),
        reporter: view.map(|view| reporter(&view, visit)),
        reports: items.map(|one| ReportRow::new(one, visit)).collect(),
        cases: Vec::new(),
        ends: Ends::of(PATH, &visit.query, found.next_cursor),
        may_act: visit.may(Requirement::REVIEW),
        typed,
    };
    render::page_as(visit, page.typed.status(), &page)
}

fn reporter(view: &ReporterView, visit: &Visit) -> Reporter {
    let muted = view.muted_until.map(|until| {
        let until = ages::absolute(until, visit.zone());
        (until, view.mute_reason.clone().unwrap_or_default())
    });
    Reporter {
        id: view.reporter_id.to_string(),
        ended: view.ended,
        upheld: view.upheld,
        weight: format!("{:.2}", view.weight),
        muted,
        member_href: links::member(view.reporter_id.as_str()),
    }
}

static MUTE: Call = Call::post("/console/reports/mute", Requirement::REVIEW)
    .named("console.reporter.mute", "Mutes a reporter")
    .any_query()
    .to(|| web::route().to(mute));

async fn mute(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &MUTE).await?;
    let id = reporter_id(&form)?;
    let days = form.get("days").and_then(|raw| raw.trim().parse().ok());
    let reason = form.get("reason").map(str::to_owned);
    let reports = &state.desk.reports;
    let muted = reports.mute_reporter(visit.caller()?, id.clone(), days, reason, None);
    match muted.await {
        Ok(muted) => {
            done(muted)?;
            Ok(visit.done(&links::reporter(id.as_str()), Told::Saved))
        }
        Err(error) => {
            let typed = Typed::again(form, Problem::from(error), visit.language)?;
            of_reporter(&visit, id.as_str(), PageQuery::default(), typed).await
        }
    }
}

static UNMUTE: Call = Call::post("/console/reports/unmute", Requirement::REVIEW)
    .named("console.reporter.unmute", "Ends the mute of a reporter")
    .any_query()
    .to(|| web::route().to(unmute));

async fn unmute(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &UNMUTE).await?;
    let id = reporter_id(&form)?;
    let reports = &state.desk.reports;
    reports.unmute_reporter(visit.caller()?, id.clone()).await?;
    Ok(visit.done(&links::reporter(id.as_str()), Told::Saved))
}

static DISMISS: Call = Call::post("/console/reports/dismiss", Requirement::REVIEW)
    .named(
        "console.reporter.dismiss",
        "Dismisses all open reports of a reporter",
    )
    .any_query()
    .to(|| web::route().to(dismiss));

async fn dismiss(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, mut form) = Visit::posted(&state, &request, payload, &DISMISS).await?;
    let id = reporter_id(&form)?;
    if let Some(asked) = confirm::asked(&visit, PATH, &mut form, || question(&visit, &id)) {
        return asked;
    }
    let reason = form.get("dismiss_reason").map(str::to_owned);
    let reports = &state.desk.reports;
    let dismissed = reports.dismiss_reports(visit.caller()?, id.clone(), reason, None);
    done(dismissed.await?)?;
    Ok(visit.done(&links::reporter(id.as_str()), Told::Saved))
}

fn question(visit: &Visit, id: &ReporterId) -> Question {
    let r = ReportsTexts::of(visit.language);
    Question {
        title: r.ask_dismiss.to_owned(),
        points: vec![
            id.to_string(),
            r.ask_dismiss_1.to_owned(),
            r.ask_dismiss_2.to_owned(),
        ],
        action: r.dismiss,
        back: links::reporter(id.as_str()),
        typed: None,
    }
}

/// An id that could be none belongs to nobody.
fn reporter_id(form: &Fields) -> Result<ReporterId, Problem> {
    let raw = form.typed("reporter_id");
    ReporterId::parse(raw).map_err(|_| Problem::new(Code::NotFound))
}
