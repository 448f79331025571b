//! Judging stored comments again by today's rulebook.

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
    desk::{
        CommentQuery,
        views::{RejudgePreviewView, RejudgeView},
    },
    http::{
        call::Call,
        input::Input,
        problem::{Code, Problem},
        query,
        shape::Shape,
    },
    id::RejudgeId,
    intake::FieldFault,
};

/// Which comments are judged again: with `dry_run=true` the filters of `GET /v1/comments`, else the preview that a dry run made.
#[derive(Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostRejudge {
    /// Without `dry_run`: the id that the dry run answered.
    pub preview: Option<String>,
    /// Two characters or more of body, nickname or tag.
    pub q: Option<String>,
    /// Absent: `remove,flag`.
    pub verdict: Option<String>,
    /// `filter`, `moderator`, `appeal`; several by comma.
    pub decided_by: Option<String>,
    /// Codes, by comma.
    pub code: Option<String>,
    /// A listed term.
    pub term: Option<String>,
    /// `true` or `false`.
    pub guessed: Option<String>,
    /// The author.
    pub member: Option<String>,
    /// The article.
    pub article: Option<String>,
    /// Judged from then on.
    pub from: Option<String>,
    /// Judged until then.
    pub to: Option<String>,
    /// The version of the rulebook that decided.
    pub rulebook: Option<String>,
    /// Where the last dry run ended.
    pub cursor: Option<String>,
}

/// The calls of this file.
pub static CALLS: &[&Call] = &[&REJUDGE, &LIST, &GET];

static REJUDGE: Call = Call::post("/v1/comments/rejudge", Requirement::ADMIN)
    .named(
        "RejudgeComments",
        "Judge comments again by today's rulebook: dry run first",
    )
    .query(&["dry_run"])
    .body::<PostRejudge>(|| json!({"term": "白痴", "verdict": "remove,flag"}))
    .ok::<RejudgePreviewView>()
    .idempotent()
    .problems(&[Code::NotFound, Code::PreviewOutdated])
    .to(|| web::route().to(rejudge));

async fn rejudge(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let mut input = Input::<PostRejudge>::read(&state, &REJUDGE, &request, payload).await?;
    let rejudging = &state.desk.rejudging;
    if input.query.flag("dry_run")? {
        let query = query_of(input.body)?;
        let view = rejudging.preview(&input.caller, query).await?;
        return Ok(REJUDGE.json(&view));
    }
    let id = preview_of(input.body)?;
    let done = rejudging.begin(&input.caller, id, input.key);
    Ok(REJUDGE.answer(done.await?))
}

static LIST: Call = Call::get("/v1/rejudgements", Requirement::ADMIN)
    .named(
        "ListRejudgements",
        "List previews of judging again, and how far their work has come",
    )
    .query(query::PAGE)
    .ok_as(Shape::list::<RejudgeView>("RejudgeList"))
    .to(|| web::route().to(list));

async fn list(state: State, request: HttpRequest) -> Answer {
    let page = state.read(&LIST, &request).await?.query.page();
    let all = state.desk.rejudging.all().await?;
    let page = page.paginate("rejudgements", all, |job| job.id.to_string())?;
    Ok(LIST.json(&page))
}

static GET: Call = Call::get("/v1/rejudgements/{id}", Requirement::ADMIN)
    .named("GetRejudgement", "Get how far judging again has come")
    .ok::<RejudgeView>()
    .problems(&[Code::NotFound])
    .to(|| web::route().to(get));

async fn get(state: State, request: HttpRequest) -> Answer {
    state.read(&GET, &request).await?;
    let id = query::parsed_part(&request, "id", RejudgeId::parse)?;
    Ok(GET.json(&state.desk.rejudging.progress(id).await?))
}

/// The filters of a dry run.
fn query_of(body: PostRejudge) -> Result<CommentQuery, Problem> {
    if body.preview.is_some() {
        let (zh_tw, en) = (
            "試跑時不得指定 preview",
            "a dry run makes a preview and names none",
        );
        return Err(Problem::field(FieldFault::invalid("/preview", zh_tw, en)));
    }
    Ok(CommentQuery {
        q: body.q,
        verdict: body.verdict,
        decided_by: body.decided_by,
        code: body.code,
        term: body.term,
        guessed: body.guessed,
        member: body.member,
        article: body.article,
        from: body.from,
        to: body.to,
        rulebook: body.rulebook,
        cursor: body.cursor,
        limit: None,
    })
}

/// The preview whose work is to begin; the filters are the preview's.
fn preview_of(mut body: PostRejudge) -> Result<RejudgeId, Problem> {
    let preview = body.preview.take().filter(|raw| !raw.is_empty());
    let preview = preview.ok_or_else(|| Problem::field(FieldFault::missing("/preview")))?;
    if body != PostRejudge::default() {
        let (zh_tw, en) = (
            "請只指定 preview，篩選條件以試跑時為準",
            "name the preview alone: the filters are those of its dry run",
        );
        return Err(Problem::field(FieldFault::invalid("/preview", zh_tw, en)));
    }
    RejudgeId::parse(&preview).ok_or_else(|| Problem::new(Code::NotFound))
}
