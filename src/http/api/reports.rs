//! Reports and appeals: handed in by the board, read back with what became of them; reporters muted and set aside.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Payload};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Answer, State, comments::PostComment};
use crate::{
    access::Call,
    desk::{AppealDraft, Idempotent, PageQuery, ReportDraft},
    http::{
        checked::{self, BODY_BYTES_MAX, LARGE_BYTES_MAX},
        empty_as_none::empty_as_none,
        idempotency::{answered, idempotency_key, json},
        problem::Problem,
        query::{self, Query},
    },
    id::{AppealId, CommentId, ReportId, ReporterId, SanctionId},
    intake::{CommentDraft, FieldFault, Submission},
};

/// The filters of reports.
pub const FILTERS: [&str; 3] = ["reporter_id", "cursor", "limit"];

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

/// Why something is done.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonBody {
    /// At most 2,000 characters.
    #[schema(required)]
    pub reason: Option<String>,
}

pub async fn post(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let caller = state.caller(&request, Call::PostReport).await?;
    let body = checked::json::<PostReport>(&request, payload, LARGE_BYTES_MAX).await?;
    query::none(&request)?;
    let id = comment_id(&request)?;
    let key = idempotency_key(&request, &caller, &body.bytes)?;
    let PostReport {
        reporter_id,
        code,
        note,
        surface,
        tag,
        comment,
    } = body.value;
    let unknown = comment
        .map(|comment| submission(comment, &id))
        .transpose()?;
    let draft = ReportDraft {
        reporter_id,
        code,
        note,
        surface,
        tag,
    };
    let done = state.desk.report(&caller, id, draft, unknown, key).await?;
    Ok(match done {
        Idempotent::Fresh(posted) if posted.created => json(StatusCode::CREATED, &posted.view),
        Idempotent::Fresh(posted) => json(StatusCode::OK, &posted.view),
        Idempotent::Replayed { status, body } => {
            answered(StatusCode::OK, Idempotent::<()>::Replayed { status, body })
        }
    })
}

/// The comment that came along, whose faults stand below `/comment`.
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

pub async fn get(state: State, request: HttpRequest) -> Answer {
    state.caller(&request, Call::GetReport).await?;
    query::none(&request)?;
    let id = query::parsed_part(&request, "id", ReportId::parse)?;
    Ok(json(StatusCode::OK, &state.desk.report_by_id(id).await?))
}

pub async fn list(state: State, request: HttpRequest) -> Answer {
    state.caller(&request, Call::ListReports).await?;
    let mut query = Query::read(&request, &FILTERS)?;
    let reporter = query.take("reporter_id");
    let page = PageQuery {
        cursor: query.take("cursor"),
        limit: query.take("limit"),
    };
    Ok(json(
        StatusCode::OK,
        &state.desk.reports_of(reporter, page).await?,
    ))
}

pub async fn appeal(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let caller = state.caller(&request, Call::PostAppeal).await?;
    let body = checked::json::<PostAppeal>(&request, payload, BODY_BYTES_MAX).await?;
    query::none(&request)?;
    let id = comment_id(&request)?;
    let key = idempotency_key(&request, &caller, &body.bytes)?;
    let done = state
        .desk
        .appeal(&caller, id, body.value.into(), key)
        .await?;
    Ok(answered(StatusCode::CREATED, done))
}

pub async fn appeal_sanction(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let caller = state.caller(&request, Call::PostSanctionAppeal).await?;
    let body = checked::json::<PostAppeal>(&request, payload, BODY_BYTES_MAX).await?;
    query::none(&request)?;
    let id = query::parsed_part(&request, "id", SanctionId::parse)?;
    let key = idempotency_key(&request, &caller, &body.bytes)?;
    let done = state
        .desk
        .appeal_sanction(&caller, id, body.value.into(), key)
        .await?;
    Ok(answered(StatusCode::CREATED, done))
}

impl From<PostAppeal> for AppealDraft {
    fn from(post: PostAppeal) -> Self {
        Self {
            member_id: post.member_id,
            statement: post.statement,
        }
    }
}

pub async fn get_appeal(state: State, request: HttpRequest) -> Answer {
    state.caller(&request, Call::GetAppeal).await?;
    query::none(&request)?;
    let id = query::parsed_part(&request, "id", AppealId::parse)?;
    Ok(json(StatusCode::OK, &state.desk.appeal_by_id(id).await?))
}

pub async fn mute(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let caller = state.caller(&request, Call::MuteReporter).await?;
    let body = checked::json::<MuteReporter>(&request, payload, BODY_BYTES_MAX).await?;
    query::none(&request)?;
    let id = reporter_id(&request)?;
    let key = idempotency_key(&request, &caller, &body.bytes)?;
    let MuteReporter { days, reason } = body.value;
    let done = state.desk.mute(&caller, id, days, reason, key).await?;
    Ok(answered(StatusCode::OK, done))
}

pub async fn unmute(state: State, request: HttpRequest) -> Answer {
    let caller = state.caller(&request, Call::UnmuteReporter).await?;
    query::none(&request)?;
    state.desk.unmute(&caller, reporter_id(&request)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub async fn dismiss(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let caller = state.caller(&request, Call::DismissReporter).await?;
    let body = checked::json::<ReasonBody>(&request, payload, BODY_BYTES_MAX).await?;
    query::none(&request)?;
    let id = reporter_id(&request)?;
    let key = idempotency_key(&request, &caller, &body.bytes)?;
    let done = state
        .desk
        .dismiss_reports(&caller, id, body.value.reason, key)
        .await?;
    Ok(answered(StatusCode::OK, done))
}

pub async fn place_hold(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let caller = state.caller(&request, Call::HoldComment).await?;
    let body = checked::json::<ReasonBody>(&request, payload, BODY_BYTES_MAX).await?;
    query::none(&request)?;
    let id = comment_id(&request)?;
    let key = idempotency_key(&request, &caller, &body.bytes)?;
    let done = state
        .desk
        .place_hold(&caller, &id, body.value.reason, key)
        .await?;
    Ok(answered(StatusCode::OK, done))
}

pub async fn release_hold(state: State, request: HttpRequest) -> Answer {
    let caller = state.caller(&request, Call::LetGoComment).await?;
    query::none(&request)?;
    state
        .desk
        .release_hold(&caller, &comment_id(&request)?)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

fn comment_id(request: &HttpRequest) -> Result<CommentId, Problem> {
    query::parsed_part(request, "id", |raw| CommentId::parse(raw).ok())
}

fn reporter_id(request: &HttpRequest) -> Result<ReporterId, Problem> {
    query::parsed_part(request, "id", |raw| ReporterId::parse(raw).ok())
}
