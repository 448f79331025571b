//! Reports and appeals: submitted by the board, read back with their outcome; reporters muted, their reports dismissed.

use actix_web::{
    HttpRequest,
    web::{self, Payload},
};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Answer, State, comments::PostComment};
use crate::{
    access::Requirement,
    desk::{
        AppealDraft, ReportDraft,
        views::{AppealView, DismissedView, HoldView, ReportView, ReporterView},
    },
    http::{
        call::{Call, LARGE_BYTES_MAX},
        empty_as_none::empty_as_none,
        input::Input,
        problem::{Code, Problem},
        query,
        shape::Shape,
    },
    id::{AppealId, CommentId, ReportId, ReporterId, SanctionId},
    intake::{CommentDraft, FieldFault, Submission},
};

/// A reader's report as the board hands it in.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostReport {
    /// The board's id of the reader.
    #[schema(required)]
    pub reporter_id: Option<String>,
    /// What for.
    #[schema(required)]
    pub code: Option<String>,
    /// In the reader's words: at most 2,000 characters.
    pub note: Option<String>,
    /// `body`, `nickname` or `tags`; absent: all of it.
    pub surface: Option<String>,
    /// Which tag.
    pub tag: Option<String>,
    /// The whole comment, for one that is not known yet. By a key without the scope `moderate` it is judged, and written nowhere
    /// as the board's: its own post of this id takes the place of what came along.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub comment: Option<PostComment>,
}

/// An author's appeal as the board hands it in.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostAppeal {
    /// The author; another than the author's is refused.
    #[schema(required)]
    pub member_id: Option<String>,
    /// In the author's words: at most 2,000 characters.
    #[schema(required)]
    pub statement: Option<String>,
}

/// For how long a reporter's reports weigh nothing, and why.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MuteReporter {
    /// 1 to 3,650.
    #[serde(default, deserialize_with = "empty_as_none")]
    #[schema(required)]
    pub days: Option<u32>,
    /// At most 2,000 characters.
    #[schema(required)]
    pub reason: Option<String>,
}

impl PostAppeal {
    fn example() -> Value {
        json!({"member_id": "m-9", "statement": "我是在引述別人的話。"})
    }
}

/// Why something is done.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonBody {
    /// At most 2,000 characters.
    #[schema(required)]
    pub reason: Option<String>,
}

impl ReasonBody {
    fn example() -> Value {
        json!({"reason": "警方來函"})
    }
}

/// The calls of this file.
pub static CALLS: &[&Call] = &[
    &POST,
    &GET,
    &LIST,
    &APPEAL,
    &APPEAL_SANCTION,
    &LIST_APPEALS,
    &GET_APPEAL,
    &GET_REPORTER,
    &MUTE,
    &UNMUTE,
    &DISMISS,
    &PLACE_HOLD,
    &RELEASE_HOLD,
];

static POST: Call = Call::post("/v1/comments/{id}/reports", Requirement::REPORT)
    .named("PostReport", "File a reader's report")
    .body::<PostReport>(
        || json!({"reporter_id": "m-12", "code": "insult", "note": "罵人", "surface": "body"}),
    )
    .bytes_max(LARGE_BYTES_MAX)
    .created::<ReportView>()
    .or(200, "The same reporter reported it before")
    .idempotent()
    .problems(&[
        Code::NotFound,
        Code::CommentWithdrawn,
        Code::CommentConflict,
    ])
    .to(|| web::route().to(post));

async fn post(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let input = Input::<PostReport>::read(&state, &POST, &request, payload).await?;
    let id = comment_id(&request)?;
    let body = input.body;
    let unknown = body
        .comment
        .map(|comment| submission(comment, &id))
        .transpose()?;
    let draft = ReportDraft {
        reporter_id: body.reporter_id,
        code: body.code,
        note: body.note,
        surface: body.surface,
        tag: body.tag,
    };
    let reports = &state.desk.reports;
    let done = reports.report(&input.caller, id, draft, unknown, input.key);
    Ok(POST.answer_with(done.await?, |posted| POST.posted(&posted)))
}

/// The comment that came with the report; the pointers of its faults begin with `/comment`.
fn submission(comment: PostComment, id: &CommentId) -> Result<Submission, Problem> {
    let named = comment
        .comment_id
        .as_deref()
        .is_none_or(|named| named.is_empty() || named == id.as_str());
    if !named {
        return Err(Problem::field(FieldFault::invalid(
            "/comment/comment_id",
            "與網址中的留言識別碼不同",
            "another comment than the one in the path",
        )));
    }
    let draft = CommentDraft {
        comment_id: Some(id.to_string()),
        ..CommentDraft::from(comment)
    };
    Submission::parse(draft).map_err(|faults| {
        let below = |fault: FieldFault| FieldFault {
            pointer: format!("/comment{}", fault.pointer),
            ..fault
        };
        Problem::fields(faults.into_iter().map(below).collect())
    })
}

static GET: Call = Call::get("/v1/reports/{id}", Requirement::READ_OR_REPORT)
    .named("GetReport", "Get the outcome of a report")
    .ok::<ReportView>()
    .problems(&[Code::NotFound])
    .to(|| web::route().to(get));

async fn get(state: State, request: HttpRequest) -> Answer {
    state.read(&GET, &request).await?;
    let id = query::parsed_part(&request, "id", ReportId::parse)?;
    Ok(GET.json(&state.desk.reports.report_by_id(id).await?))
}

static LIST: Call = Call::get("/v1/reports", Requirement::READ_OR_REPORT)
    .named("ListReports", "List a reporter's reports, newest first")
    .query(&["reporter_id", "cursor", "limit"])
    .requires("reporter_id")
    .ok_as(Shape::list::<ReportView>("ReportList"))
    .to(|| web::route().to(list));

async fn list(state: State, request: HttpRequest) -> Answer {
    let mut query = state.read(&LIST, &request).await?.query;
    let reporter = query.take("reporter_id");
    let page = query.page();
    Ok(LIST.json(&state.desk.reports.reports_of(reporter, page).await?))
}

static APPEAL: Call = Call::post("/v1/comments/{id}/appeals", Requirement::REPORT)
    .named("PostAppeal", "Appeal the removal of a comment")
    .body::<PostAppeal>(PostAppeal::example)
    .created::<AppealView>()
    .idempotent()
    .problems(&[
        Code::NotFound,
        Code::CommentWithdrawn,
        Code::NothingToAppeal,
        Code::AlreadyAppealed,
        Code::AppealTooLate,
    ])
    .to(|| web::route().to(appeal));

async fn appeal(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let input = Input::<PostAppeal>::read(&state, &APPEAL, &request, payload).await?;
    let id = comment_id(&request)?;
    let appeals = &state.desk.appeals;
    let done = appeals.appeal(&input.caller, id, input.body.into(), input.key);
    Ok(APPEAL.answer(done.await?))
}

static APPEAL_SANCTION: Call = Call::post("/v1/sanctions/{id}/appeals", Requirement::REPORT)
    .named("PostSanctionAppeal", "Appeal a sanction")
    .body::<PostAppeal>(PostAppeal::example)
    .created::<AppealView>()
    .idempotent()
    .problems(&[
        Code::NotFound,
        Code::NothingToAppeal,
        Code::AlreadyAppealed,
        Code::AppealTooLate,
    ])
    .to(|| web::route().to(appeal_sanction));

async fn appeal_sanction(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let input = Input::<PostAppeal>::read(&state, &APPEAL_SANCTION, &request, payload).await?;
    let id = query::parsed_part(&request, "id", SanctionId::parse)?;
    let appeals = &state.desk.appeals;
    let done = appeals.appeal_sanction(&input.caller, id, input.body.into(), input.key);
    Ok(APPEAL_SANCTION.answer(done.await?))
}

impl From<PostAppeal> for AppealDraft {
    fn from(post: PostAppeal) -> Self {
        Self {
            member_id: post.member_id,
            statement: post.statement,
        }
    }
}

static LIST_APPEALS: Call = Call::get("/v1/appeals", Requirement::READ)
    .named(
        "ListAppeals",
        "List the appeals that wait for a ruling, oldest case first",
    )
    .query(query::PAGE)
    .ok_as(Shape::list::<AppealView>("AppealList"))
    .to(|| web::route().to(list_appeals));

async fn list_appeals(state: State, request: HttpRequest) -> Answer {
    let page = state.read(&LIST_APPEALS, &request).await?.query.page();
    Ok(LIST_APPEALS.json(&state.desk.appeals.waiting(page).await?))
}

static GET_REPORTER: Call = Call::get("/v1/reporters/{id}", Requirement::READ)
    .named("GetReporter", "Get a reader's record as a reporter")
    .ok::<ReporterView>()
    .problems(&[Code::NotFound])
    .to(|| web::route().to(get_reporter));

async fn get_reporter(state: State, request: HttpRequest) -> Answer {
    state.read(&GET_REPORTER, &request).await?;
    let id = reporter_id(&request)?;
    Ok(GET_REPORTER.json(&state.desk.reports.reporter(&id).await?))
}

static GET_APPEAL: Call = Call::get("/v1/appeals/{id}", Requirement::READ_OR_REPORT)
    .named("GetAppeal", "Get the outcome of an appeal")
    .ok::<AppealView>()
    .problems(&[Code::NotFound])
    .to(|| web::route().to(get_appeal));

async fn get_appeal(state: State, request: HttpRequest) -> Answer {
    state.read(&GET_APPEAL, &request).await?;
    let id = query::parsed_part(&request, "id", AppealId::parse)?;
    Ok(GET_APPEAL.json(&state.desk.appeals.appeal_by_id(id).await?))
}

static MUTE: Call = Call::post("/v1/reporters/{id}/mute", Requirement::REVIEW)
    .named("MuteReporter", "Mute a reporter for some days")
    .body::<MuteReporter>(|| json!({"days": 30, "reason": "多次不實檢舉"}))
    .ok::<ReporterView>()
    .idempotent()
    .problems(&[Code::NotFound])
    .to(|| web::route().to(mute));

async fn mute(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let input = Input::<MuteReporter>::read(&state, &MUTE, &request, payload).await?;
    let id = reporter_id(&request)?;
    let MuteReporter { days, reason } = input.body;
    let reports = &state.desk.reports;
    let done = reports.mute_reporter(&input.caller, id, days, reason, input.key);
    Ok(MUTE.answer(done.await?))
}

static UNMUTE: Call = Call::delete("/v1/reporters/{id}/mute", Requirement::REVIEW)
    .named("UnmuteReporter", "Unmute a reporter")
    .problems(&[Code::NotFound])
    .to(|| web::route().to(unmute));

async fn unmute(state: State, request: HttpRequest) -> Answer {
    let caller = state.read(&UNMUTE, &request).await?.caller;
    state
        .desk
        .reports
        .unmute_reporter(&caller, reporter_id(&request)?)
        .await?;
    Ok(UNMUTE.nothing())
}

static DISMISS: Call = Call::post("/v1/reporters/{id}/dismiss", Requirement::REVIEW)
    .named(
        "DismissReporter",
        "Dismiss all open reports of a bad-faith reporter",
    )
    .body::<ReasonBody>(ReasonBody::example)
    .ok::<DismissedView>()
    .idempotent()
    .problems(&[Code::NotFound])
    .to(|| web::route().to(dismiss));

async fn dismiss(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let input = Input::<ReasonBody>::read(&state, &DISMISS, &request, payload).await?;
    let id = reporter_id(&request)?;
    let reports = &state.desk.reports;
    let done = reports.dismiss_reports(&input.caller, id, input.body.reason, input.key);
    Ok(DISMISS.answer(done.await?))
}

static PLACE_HOLD: Call = Call::post("/v1/comments/{id}/hold", Requirement::REVIEW)
    .named("HoldComment", "Put a legal hold on a comment")
    .body::<ReasonBody>(ReasonBody::example)
    .ok::<HoldView>()
    .idempotent()
    .problems(&[Code::NotFound])
    .to(|| web::route().to(place_hold));

async fn place_hold(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let input = Input::<ReasonBody>::read(&state, &PLACE_HOLD, &request, payload).await?;
    let id = comment_id(&request)?;
    let privacy = &state.desk.privacy;
    let done = privacy.place_hold(&input.caller, &id, input.body.reason, input.key);
    Ok(PLACE_HOLD.answer(done.await?))
}

static RELEASE_HOLD: Call = Call::delete("/v1/comments/{id}/hold", Requirement::REVIEW)
    .named("LetGoComment", "Release the legal hold on a comment")
    .problems(&[Code::NotFound])
    .to(|| web::route().to(release_hold));

async fn release_hold(state: State, request: HttpRequest) -> Answer {
    let caller = state.read(&RELEASE_HOLD, &request).await?.caller;
    state
        .desk
        .privacy
        .release_hold(&caller, &comment_id(&request)?)
        .await?;
    Ok(RELEASE_HOLD.nothing())
}

fn comment_id(request: &HttpRequest) -> Result<CommentId, Problem> {
    query::parsed_part(request, "id", |raw| CommentId::parse(raw).ok())
}

fn reporter_id(request: &HttpRequest) -> Result<ReporterId, Problem> {
    query::parsed_part(request, "id", |raw| ReporterId::parse(raw).ok())
}
