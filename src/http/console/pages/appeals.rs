//! Appeals: those that wait, with what their authors say; and the cases of those that were decided.

use actix_web::{HttpRequest, web};
use askama::Template;

use crate::{
    access::Requirement,
    desk::{PageQuery, QueueQuery, views::AppealView},
    http::{
        call::Call,
        console::{
            ages::Age,
            case_row::CaseRow,
            layout::{Entry, Place, Shell},
            links,
            list::{Ends, Tab},
            marks::{self, Piece},
            render,
            text::texts,
            visit::{Answer, State, Visit},
        },
        problem::Problem,
    },
};

/// The pages of this file.
pub const PAGES: &[&Call] = &[&LIST];
/// Its entry in the menu.
pub const MENU: &[Entry] = &[Entry {
    path: PATH,
    zh_tw: "申訴",
    en: "Appeals",
    place: Place::Bar,
    requirement: Requirement::READ,
}];

const PATH: &str = "/console/appeals";

texts! {
    /// The labels of the appeals.
    pub struct AppealsTexts {
        title: "申訴", "Appeals";
        lead: "由作出原決定者以外的版主審理。", "For another moderator than the one who decided.";
        views: "檢視", "Views";
        waiting: "待審", "Waiting";
        decided: "已裁決", "Decided";
        against_removal: "不服移除", "Against a removal";
        against_sanction: "不服處分", "Against a sanction";
        member: "會員", "Member";
        comment: "留言", "Comment";
        review: "審理", "Review";
        case: "查看案件", "See the case";
        empty: "沒有待審的申訴", "No appeal is waiting";
        empty_lead: "會員不服裁決時可在期限內申訴，屆時會出現在這裡。", "Members can contest a ruling for some time; appeals show up here.";
        empty_decided: "尚無已裁決的申訴", "No appeal was decided yet";
        held_by: "審理中：", "Held by ";
    }
}

/// An appeal that waits.
struct AppealLine {
    is_sanction: bool,
    statement: Vec<Piece>,
    member: String,
    member_href: String,
    comment: Option<(String, String)>,
    case_href: String,
    age: Age,
}

#[derive(Template)]
#[template(
    path = "appeals.html",
    config = "src/http/console/templates/askama.toml"
)]
struct AppealsPage {
    shell: Shell,
    a: &'static AppealsTexts,
    tabs: Vec<Tab>,
    is_waiting: bool,
    appeals: Vec<AppealLine>,
    cases: Vec<CaseRow>,
    ends: Ends,
}

static LIST: Call = Call::get(PATH, Requirement::READ)
    .named("console.appeals", "Appeals")
    .any_query()
    .to(|| web::route().to(list));

async fn list(state: State, request: HttpRequest) -> Answer {
    let visit = Visit::open(&state, &request, &LIST).await?;
    let is_waiting = visit.query.get("status") != Some("resolved");
    let (appeals, cases, next) = match is_waiting {
        true => waiting(&visit).await?,
        false => decided(&visit).await?,
    };
    let a = AppealsTexts::of(visit.language);
    let tab = |label, href: &str, is_on| Tab {
        label,
        href: href.to_owned(),
        is_on,
    };
    let page = AppealsPage {
        shell: visit.shell(PATH),
        a,
        tabs: vec![
            tab(a.waiting, PATH, is_waiting),
            tab(a.decided, "/console/appeals?status=resolved", !is_waiting),
        ],
        is_waiting,
        appeals,
        cases,
        ends: Ends::of(PATH, &visit.query, next),
    };
    render::page(&visit, &page)
}

type Found = (Vec<AppealLine>, Vec<CaseRow>, Option<String>);

async fn waiting(visit: &Visit) -> Result<Found, Problem> {
    let page: PageQuery = visit.query.page();
    let found = visit.state.desk.appeals.waiting(page).await?;
    let appeals = found.items.iter().map(|one| line(one, visit)).collect();
    Ok((appeals, Vec::new(), found.next_cursor))
}

async fn decided(visit: &Visit) -> Result<Found, Problem> {
    let query = QueueQuery {
        status: Some("resolved".to_owned()),
        source: Some("appeal".to_owned()),
        sort: Some("newest".to_owned()),
        cursor: visit.query.joined("cursor"),
        limit: visit.query.joined("limit"),
        pointer: "?",
        ..QueueQuery::default()
    };
    let found = visit.state.desk.queue.queue(query).await?;
    let cases = found.items.into_iter();
    let cases = cases.map(|item| CaseRow::new(item, visit)).collect();
    Ok((Vec::new(), cases, found.next_cursor))
}

fn line(appeal: &AppealView, visit: &Visit) -> AppealLine {
    AppealLine {
        is_sanction: appeal.sanction_id.is_some(),
        statement: marks::plain(&appeal.statement),
        member: appeal.member_id.to_string(),
        member_href: links::member(appeal.member_id.as_str()),
        comment: appeal
            .comment_id
            .as_ref()
            .map(|id| (id.to_string(), links::comment(id.as_str()))),
        case_href: links::case(&appeal.case_id),
        age: Age::new(appeal.at, visit.now, visit.zone(), visit.language),
    }
}
