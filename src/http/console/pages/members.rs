//! Members: found by id; a member's standing, strikes, sanctions, nicknames, comments, reports and cases.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{self, Payload},
};
use askama::Template;

use super::{comment::people_codes, comments, comments::CommentsTexts};
use crate::{
    access::Requirement,
    desk::{
        PageQuery, QueueQuery, SanctionDraft,
        views::{ErasedView, ErasureView, HistoryView, SanctionView, StrikeView},
    },
    http::{
        call::Call,
        console::{
            ages::{self, Age},
            case_row::CaseRow,
            comment_row::{CommentRow, VerdictBadge},
            confirm::{self, Question},
            flash::Told,
            form::{self, Fields},
            layout::{Entry, Place, Shell},
            links,
            list::{Choice, Ends, choices},
            marks::{self, Piece},
            names, render,
            report_row::ReportRow,
            text::texts,
            typed::{Typed, done},
            visit::{Answer, State, Visit, id_of},
        },
        problem::{Code, Problem},
    },
    id::{MemberId, SanctionId},
    member::SanctionKind,
};

/// The pages of this file.
pub const PAGES: &[&Call] = &[&FIND, &SHOW, &IMPOSE, &LIFT, &ERASE];
/// Its entry in the menu.
pub const MENU: &[Entry] = &[Entry {
    path: PATH,
    zh_tw: "會員",
    en: "Members",
    place: Place::Bar,
    requirement: Requirement::READ,
}];

/// Where members are found.
const PATH: &str = "/console/members";
/// How many comments a page shows.
const COMMENTS: &str = "20";
/// How many reports and cases it shows of each kind.
const LINES_MAX: usize = 10;

texts! {
    /// The labels of members' pages.
    pub struct MembersTexts {
        title: "會員", "Members";
        find: "會員編號", "Member id";
        find_lead: "輸入論壇的會員編號，查看處分、違規紀錄與留言。", "Enter the board's member id to see standing, strikes and comments.";
        find_nickname: "只知道暱稱？以暱稱搜尋留言", "Only the nickname? Search comments by it";
        nickname: "暱稱", "Nickname";
        show: "查看", "Show";
        nickname_cases: "暱稱待審的案件", "Cases about nicknames";
        verified: "論壇已確認身分", "Verified by the board";
        until: "至", "until";
        standing: "狀態", "Standing";
        unknown: "尚無這位會員的紀錄", "Nothing is stored about this member";
        unknown_lead: "編號可能有誤；會員發表第一則留言後就會有紀錄。", "The id may be wrong; there will be a record with the first comment.";
        strikes: "有效違規點數", "Strikes that count";
        no_strikes: "目前沒有計點。", "No strike counts now.";
        points: "點", "points";
        expires: "失效", "Expires";
        sanctions: "處分", "Sanctions";
        no_sanctions: "沒有處分紀錄。", "No sanctions.";
        in_force: "生效中", "In force";
        ended: "已結束", "Ended";
        lifted: "已解除", "Lifted";
        by: "處分者", "By";
        lift: "解除處分", "Lift";
        lift_reason: "解除的原因", "Why it is lifted";
        restore: "一併恢復這項處分擋下的留言", "Judge again the comments that it blocked";
        impose: "處分會員", "Impose a sanction";
        impose_lead: "若與某則留言有關，請在案件中裁決並一併處分。", "If it is about a comment, rule on its case and sanction there.";
        kind: "處分", "Sanction";
        days: "天數", "Days";
        days_hint: "觀察與停權須填 1 到 3650", "1 to 3,650, for watch and suspension";
        code: "事由（可不填）", "Reason code (optional)";
        reason: "會員會看到的理由", "The reason that the member may read";
        choose: "請選擇", "Choose";
        ask_impose: "確定要處分這位會員？", "Impose this sanction?";
        ask_suspend: "停權期間，這位會員的新留言一律移除。", "While it lasts, everything new from this member is removed.";
        ask_terminate: "此後這位會員的新留言一律移除，沒有期限。", "From now on everything new from this member is removed, without end.";
        ask_told: "論壇會收到通知；會員可以申訴。", "The board is told; the member can appeal.";
        nicknames: "用過的暱稱", "Nicknames";
        since: "始於", "Since";
        comments: "留言", "Comments";
        no_comments: "沒有留言。", "No comments.";
        cases: "相關案件", "Cases";
        no_cases: "沒有案件。", "No cases.";
        received: "收到的檢舉", "Reports received";
        received_lead: "本頁留言收到的檢舉", "Reports of the comments on this page";
        no_received: "沒有人檢舉這些留言。", "Nobody reported these comments.";
        made: "提出的檢舉", "Reports made";
        no_made: "沒有提出過檢舉。", "No reports made.";
        all_made: "檢舉人紀錄", "Record as a reporter";
        search: "搜尋這位會員的留言", "Search this member’s comments";
        audit: "稽核紀錄", "Audit";
        data: "個人資料", "Personal data";
        data_export: "匯出全部資料", "Export all data";
        data_erase: "刪除會員寫的內容", "Erase what the member wrote";
        erasing: "刪除進行中，仍保留：", "Erasure is under way; still kept:";
        ask_erase: "確定要刪除這位會員寫的所有內容？", "Erase everything this member wrote?";
        ask_erase_1: "留言、舊版本、暱稱、檢舉與申訴的文字都會刪除，無法復原。", "The texts of comments, older revisions, nicknames, reports and appeals go. This cannot be undone.";
        ask_erase_2: "審理中、保全中的內容，以及生效中的處分，會保留到原因消失後自動刪除。", "What waits for a ruling or is on hold, and sanctions in force, stay until their reason ends, and then go by themselves.";
        ask_erase_3: "會員提出申請時才使用；一般的違規請用處分。", "For a member who asked for it; for misconduct use a sanction.";
        erased: "已刪除", "Erased";
        erased_kept: "仍保留", "Still kept";
        erased_all: "沒有保留任何內容。", "Nothing was kept.";
        erased_comments: "留言", "Comments";
        erased_revisions: "舊版本", "Older revisions";
        erased_nicknames: "暱稱", "Nicknames";
        erased_cases: "案件", "Cases";
        erased_reports: "檢舉", "Reports";
        erased_appeals: "申訴", "Appeals";
        back: "回到會員", "Back to the member";
        case: "案件", "Case";
        restored: "已恢復擋下的留言", "Blocked comments were restored";
    }
}

#[derive(Template)]
#[template(
    path = "members.html",
    config = "src/http/console/templates/askama.toml"
)]
struct FindPage {
    shell: Shell,
    m_: &'static MembersTexts,
    typed: String,
    fault: Option<&'static str>,
}

static FIND: Call = Call::get(PATH, Requirement::READ)
    .named("console.members", "Finds a member")
    .any_query()
    .to(|| web::route().to(find));

async fn find(state: State, request: HttpRequest) -> Answer {
    let visit = Visit::open(&state, &request, &FIND).await?;
    let typed = visit.query.typed("id").trim().to_owned();
    let found = MemberId::parse(typed.clone());
    if let Ok(id) = &found {
        return Ok(form::see_other(&links::member(id.as_str())));
    }
    let fault = (!typed.is_empty()).then(|| {
        let fault = visit.language;
        fault.pick("這不是有效的會員編號", "This is no member id")
    });
    let page = FindPage {
        shell: visit.shell(PATH),
        m_: MembersTexts::of(visit.language),
        typed,
        fault,
    };
    render::page(&visit, &page)
}

/// A strike in a line.
struct StrikeLine {
    code: &'static str,
    rule: Option<&'static str>,
    severity: u8,
    severity_name: &'static str,
    points: u32,
    age: Age,
    expires: Age,
    case_href: String,
}

/// A sanction, in force or over.
struct SanctionLine {
    id: String,
    what: String,
    is_live: bool,
    state: &'static str,
    until: Option<String>,
    reason: Option<String>,
    by: String,
    age: Age,
    lifted: Option<(String, Age, String)>,
    restored: bool,
    is_again: bool,
}

/// A nickname that was used.
struct NicknameLine {
    pieces: Vec<Piece>,
    since: Age,
    verdict: VerdictBadge,
}

#[derive(Template)]
#[template(
    path = "member.html",
    config = "src/http/console/templates/askama.toml"
)]
struct MemberPage {
    shell: Shell,
    m_: &'static MembersTexts,
    c: &'static CommentsTexts,
    id: String,
    path: String,
    nickname: Option<Vec<Piece>>,
    standing: &'static str,
    standing_class: &'static str,
    until: Option<String>,
    verified: bool,
    is_known: bool,
    strike_count: u32,
    strikes: Vec<StrikeLine>,
    sanctions: Vec<SanctionLine>,
    nicknames: Vec<NicknameLine>,
    comments: Vec<CommentRow>,
    ends: Ends,
    cases: Vec<CaseRow>,
    received: Vec<ReportRow>,
    made: Vec<ReportRow>,
    reporter_href: String,
    search_href: String,
    audit_href: String,
    data_href: String,
    kept: Option<Vec<KeptLine>>,
    may_sanction: bool,
    may_erase: bool,
    kinds: Vec<Choice>,
    codes: Vec<Choice>,
    typed: Typed,
}

static SHOW: Call = Call::get("/console/members/{id}", Requirement::READ)
    .named("console.member", "A member")
    .any_query()
    .to(|| web::route().to(show));

async fn show(state: State, request: HttpRequest) -> Answer {
    let visit = Visit::open(&state, &request, &SHOW).await?;
    answer(&visit, Typed::default()).await
}

async fn answer(visit: &Visit, typed: Typed) -> Answer {
    let id = member_id(&visit.request)?;
    let desk = &visit.state.desk;
    let wanted = PageQuery {
        limit: visit.query.joined("limit").or(Some(COMMENTS.to_owned())),
        ..visit.query.page()
    };
    let history = desk.members.history(&id, wanted).await?;
    let cases = desk.queue.queue(cases_of(&id)).await?;
    let cases = cases.items.into_iter();
    let cases = cases.map(|item| CaseRow::new(item, visit)).collect();
    let page = page(visit, &id, &history, cases, typed);
    render::page_as(visit, page.typed.status(), &page)
}

/// All cases that name the member, the newest first.
fn cases_of(id: &MemberId) -> QueueQuery {
    QueueQuery {
        status: Some("open,claimed,escalated,resolved".to_owned()),
        member: Some(id.to_string()),
        sort: Some("newest".to_owned()),
        limit: Some(LINES_MAX.to_string()),
        pointer: "?",
        ..QueueQuery::default()
    }
}

fn page(
    visit: &Visit,
    id: &MemberId,
    history: &HistoryView,
    cases: Vec<CaseRow>,
    typed: Typed,
) -> MemberPage {
    let language = visit.language;
    let member = &history.member;
    let reports = |of: &[crate::desk::views::ReportView]| {
        let newest = of.iter().take(LINES_MAX);
        newest.map(|one| ReportRow::new(one, visit)).collect()
    };
    MemberPage {
        shell: visit.shell(PATH),
        m_: MembersTexts::of(language),
        c: CommentsTexts::of(language),
        path: links::member(id.as_str()),
        nickname: member.nickname.as_deref().map(marks::plain),
        standing: names::standing(member.standing, language),
        standing_class: match member.standing {
            "good" => "good",
            "watched" => "warn",
            _ => "bad",
        },
        until: member.until.map(|at| ages::absolute(at, visit.zone())),
        verified: member.verified,
        is_known: is_known(history) || !cases.is_empty(),
        strike_count: member.strike_count,
        strikes: lines(&member.strikes, |one| strike(one, visit)),
        sanctions: lines(&history.sanctions, |one| sanction(one, visit, &typed)),
        nicknames: lines(&history.nicknames, |one| NicknameLine {
            pieces: marks::plain(&one.nickname),
            since: Age::new(one.since, visit.now, visit.zone(), language),
            verdict: VerdictBadge::of(one.verdict, language),
        }),
        comments: lines(&history.comments, |one| CommentRow::new(one, visit)),
        ends: Ends::of(
            &links::member(id.as_str()),
            &visit.query,
            history.next_cursor.clone(),
        ),
        cases,
        received: reports(&history.reported),
        made: reports(&history.reports),
        reporter_href: links::reporter(id.as_str()),
        search_href: Fields::default().address(comments::PATH, &[], &[("member", id.as_str())]),
        audit_href: links::audit(&format!("member:{id}")),
        data_href: format!("{}/data", links::below("/v1/members", id.as_str())),
        kept: history.erasure.as_ref().map(|erasure| kept(erasure, visit)),
        may_sanction: visit.may(Requirement::REVIEW),
        may_erase: visit.may(Requirement::ADMIN),
        kinds: choices(kinds(visit), Some(typed.get("kind"))),
        codes: choices(people_codes(language), Some(typed.get("code"))),
        id: id.to_string(),
        typed,
    }
}

fn lines<T, L>(of: &[T], line: impl Fn(&T) -> L) -> Vec<L> {
    of.iter().map(line).collect()
}

/// Whether anything is stored about a member.
fn is_known(history: &HistoryView) -> bool {
    !history.nicknames.is_empty()
        || !history.comments.is_empty()
        || !history.sanctions.is_empty()
        || !history.reports.is_empty()
        || history.erasure.is_some()
}

fn strike(strike: &StrikeView, visit: &Visit) -> StrikeLine {
    let language = visit.language;
    let age = |at| Age::new(at, visit.now, visit.zone(), language);
    StrikeLine {
        code: names::code(strike.code, language),
        rule: strike.rule.map(|rule| names::rule(rule, language)),
        severity: strike.severity,
        severity_name: names::severity(strike.severity, language),
        points: strike.worth,
        age: age(strike.at),
        expires: age(strike.expires_at),
        case_href: links::case(&strike.case_id),
    }
}

fn sanction(sanction: &SanctionView, visit: &Visit, typed: &Typed) -> SanctionLine {
    let m_ = MembersTexts::of(visit.language);
    let age = |at| Age::new(at, visit.now, visit.zone(), visit.language);
    let is_over = sanction.until.is_some_and(|until| until <= visit.now);
    let is_live = sanction.lifted.is_none() && !is_over;
    SanctionLine {
        id: sanction.id.to_string(),
        what: names::sanction_for(sanction.kind, sanction.days, visit.language),
        is_live,
        state: match (&sanction.lifted, is_live) {
            (Some(_), _) => m_.lifted,
            (None, true) => m_.in_force,
            (None, false) => m_.ended,
        },
        until: sanction.until.map(|at| ages::absolute(at, visit.zone())),
        reason: sanction.reason.clone(),
        by: names::actor(&sanction.by, visit.language),
        age: age(sanction.at),
        lifted: sanction.lifted.as_ref().map(|lifted| {
            let by = names::actor(&lifted.done.by, visit.language);
            (by, age(lifted.done.at), lifted.reason.clone())
        }),
        restored: sanction.restored,
        is_again: typed.get("sanction") == sanction.id.to_string(),
    }
}

fn kinds(visit: &Visit) -> Vec<(&'static str, String)> {
    let all = [
        SanctionKind::Warn,
        SanctionKind::Watch,
        SanctionKind::Suspend,
        SanctionKind::Terminate,
    ];
    all.map(|kind| {
        (
            kind.name(),
            names::sanction(kind, visit.language).to_owned(),
        )
    })
    .to_vec()
}

static IMPOSE: Call = Call::post("/console/members/{id}/sanctions", Requirement::REVIEW)
    .named("console.member.sanction", "Imposes a sanction")
    .any_query()
    .to(|| web::route().to(impose));

async fn impose(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, mut form) = Visit::posted(&state, &request, payload, &IMPOSE).await?;
    let id = member_id(&request)?;
    let kind = form.get("kind").and_then(SanctionKind::parse);
    let question = || impose_question(&visit, &id, kind, form_days(&form));
    let blocks = matches!(kind, Some(SanctionKind::Suspend | SanctionKind::Terminate));
    if blocks {
        let question = question();
        if let Some(asked) = confirm::asked(&visit, PATH, &mut form, || question) {
            return asked;
        }
    }
    let draft = SanctionDraft {
        kind: form.get("kind").map(str::to_owned),
        days: form_days(&form),
        code: form.get("code").map(str::to_owned),
        reason: form.get("reason").map(str::to_owned),
        ..SanctionDraft::default()
    };
    let members = &state.desk.members;
    let imposed = members.impose_sanction(visit.caller()?, id.clone(), draft, None);
    match imposed.await {
        Ok(imposed) => {
            done(imposed)?;
            Ok(visit.done(&links::member(id.as_str()), Told::Saved))
        }
        Err(error) => again(&visit, form, error.into()).await,
    }
}

/// The days of a form; what is no number is like none, and the desk says what it has to be.
fn form_days(form: &Fields) -> Option<u32> {
    form.get("days").and_then(|raw| raw.trim().parse().ok())
}

fn impose_question(
    visit: &Visit,
    id: &MemberId,
    kind: Option<SanctionKind>,
    days: Option<u32>,
) -> Question {
    let m_ = MembersTexts::of(visit.language);
    let what = kind.map_or_else(String::new, |kind| {
        names::sanction_for(kind, days, visit.language)
    });
    let effect = match kind {
        Some(SanctionKind::Terminate) => m_.ask_terminate,
        _ => m_.ask_suspend,
    };
    Question {
        title: m_.ask_impose.to_owned(),
        points: vec![
            format!("{id}{}{what}", visit.language.pick("：", ": ")),
            effect.to_owned(),
            m_.ask_told.to_owned(),
        ],
        action: m_.impose,
        back: links::member(id.as_str()),
        typed: None,
    }
}

async fn again(visit: &Visit, form: Fields, problem: Problem) -> Answer {
    let typed = Typed::again(form, problem, visit.language)?;
    answer(visit, typed).await
}

static LIFT: Call = Call::post("/console/members/{id}/lift", Requirement::REVIEW)
    .named("console.member.lift", "Lifts a sanction")
    .any_query()
    .to(|| web::route().to(lift));

async fn lift(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, form) = Visit::posted(&state, &request, payload, &LIFT).await?;
    let id = member_id(&request)?;
    let sanction = form.get("sanction").and_then(SanctionId::parse);
    let sanction = sanction.ok_or_else(|| Problem::new(Code::NotFound))?;
    let reason = form.get("lift_reason").map(str::to_owned);
    let restore = form.is_on("restore");
    let members = &state.desk.members;
    let lifted = members.revoke_sanction(visit.caller()?, sanction, reason, restore, None);
    match lifted.await {
        Ok(lifted) => {
            done(lifted)?;
            Ok(visit.done(&links::member(id.as_str()), Told::Saved))
        }
        Err(error) => again(&visit, form, error.into()).await,
    }
}

/// What an erasure still keeps.
struct KeptLine {
    what: String,
    why: &'static str,
    until: Option<String>,
}

fn kept(erasure: &ErasureView, visit: &Visit) -> Vec<KeptLine> {
    lines(&erasure.kept, |one| KeptLine {
        what: one.what.clone(),
        why: names::kept(one.why, visit.language),
        until: one.until.map(|at| ages::absolute(at, visit.zone())),
    })
}

#[derive(Template)]
#[template(
    path = "erased.html",
    config = "src/http/console/templates/askama.toml"
)]
struct ErasedPage {
    shell: Shell,
    m_: &'static MembersTexts,
    id: String,
    path: String,
    counts: Vec<(&'static str, u64)>,
    kept: Vec<KeptLine>,
}

static ERASE: Call = Call::post("/console/members/{id}/erase", Requirement::ADMIN)
    .named("console.member.erase", "Erases what a member wrote")
    .any_query()
    .to(|| web::route().to(erase));

async fn erase(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, mut form) = Visit::posted(&state, &request, payload, &ERASE).await?;
    let id = member_id(&request)?;
    let question = || erase_question(&visit, &id);
    if let Some(asked) = confirm::asked(&visit, PATH, &mut form, question) {
        return asked;
    }
    let privacy = &state.desk.privacy;
    let erased = privacy.erase_member(visit.caller()?, &id).await?;
    erased_page(&visit, &erased)
}

fn erase_question(visit: &Visit, id: &MemberId) -> Question {
    let m_ = MembersTexts::of(visit.language);
    Question {
        title: m_.ask_erase.to_owned(),
        points: [m_.ask_erase_1, m_.ask_erase_2, m_.ask_erase_3]
            .map(str::to_owned)
            .to_vec(),
        action: m_.data_erase,
        back: links::member(id.as_str()),
        typed: Some(id.to_string()),
    }
}

fn erased_page(visit: &Visit, erased: &ErasedView) -> Result<HttpResponse, Problem> {
    let m_ = MembersTexts::of(visit.language);
    let counts = &erased.erased;
    let page = ErasedPage {
        shell: visit.shell(PATH),
        m_,
        id: erased.member_id.to_string(),
        path: links::member(erased.member_id.as_str()),
        counts: vec![
            (m_.erased_comments, counts.comments),
            (m_.erased_revisions, counts.revisions),
            (m_.erased_nicknames, counts.nicknames),
            (m_.erased_cases, counts.cases),
            (m_.erased_reports, counts.reports),
            (m_.erased_appeals, counts.appeals),
        ],
        kept: kept(&erased.erasure, visit),
    };
    render::page_as(visit, StatusCode::OK, &page)
}

/// An id that could be none belongs to nobody.
fn member_id(request: &HttpRequest) -> Result<MemberId, Problem> {
    id_of(request, |raw| MemberId::parse(raw).ok())
}
