//! The queue, claims, rulings.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::Payload,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Answer, State, members::SanctionBody};
use crate::{
    access::{Call, Caller},
    desk::{CaseDraft, Idempotent, QueueQuery, RulingDraft, views::RulingAnswer},
    http::{
        checked::{self, BODY_BYTES_MAX, LARGE_BYTES_MAX},
        empty_as_none::empty_as_none,
        idempotency::{answered, idempotency_key, json},
        media,
        problem::{Code, Language, Problem},
        query::{self, Query},
    },
    id::{CaseId, RulingId},
    intake::FieldFault,
};

/// How many rulings one request may hold.
const BULK_MAX: usize = 200;

/// The filters of the queue.
pub const FILTERS: [&str; 13] = [
    "status", "rule", "code", "surface", "source", "member", "article", "group", "assignee", "q",
    "sort", "cursor", "limit",
];

/// The filters of the queue as a body; several values by comma.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NextCase {
    pub status: Option<String>,
    pub rule: Option<String>,
    pub code: Option<String>,
    pub surface: Option<String>,
    pub source: Option<String>,
    pub member: Option<String>,
    pub article: Option<String>,
    pub group: Option<String>,
    pub q: Option<String>,
    pub sort: Option<String>,
}

/// A ruling as a moderator hands it in.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostRuling {
    /// `approve`, `remove`, `remove_tags` or `escalate`.
    #[schema(required)]
    pub decision: Option<String>,
    /// The case's version that the moderator saw.
    #[serde(default, deserialize_with = "empty_as_none")]
    #[schema(required)]
    pub version: Option<u32>,
    /// Where the filter gave none, or the moderator knows better.
    pub code: Option<String>,
    /// With `remove_tags`.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub tags: Option<Vec<String>>,
    /// At most 2,000 characters; needed to escalate.
    pub note: Option<String>,
    /// With a removal: what is laid on the member.
    pub sanction: Option<SanctionBody>,
}

/// What a moderator takes up: a comment or a member.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostCase {
    /// The comment.
    pub comment_id: Option<String>,
    /// The member, whose nickname is meant.
    pub member_id: Option<String>,
    /// What for.
    #[schema(required)]
    pub code: Option<String>,
    /// At most 2,000 characters.
    pub note: Option<String>,
}

/// A note for colleagues.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostNote {
    /// At most 2,000 characters.
    #[schema(required)]
    pub text: Option<String>,
}

/// One ruling of many.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkRuling {
    /// The case.
    #[schema(required)]
    pub case_id: Option<String>,
    /// `approve`, `remove`, `remove_tags` or `escalate`.
    #[schema(required)]
    pub decision: Option<String>,
    /// The case's version that the moderator saw.
    #[serde(default, deserialize_with = "empty_as_none")]
    #[schema(required)]
    pub version: Option<u32>,
    /// Where the filter gave none, or the moderator knows better.
    pub code: Option<String>,
    /// With `remove_tags`.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub tags: Option<Vec<String>>,
    /// At most 2,000 characters; needed to escalate.
    pub note: Option<String>,
    /// With a removal: what is laid on the member.
    pub sanction: Option<SanctionBody>,
}

/// Up to 200 rulings; the list alone is taken, too.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostRulings {
    /// The rulings.
    #[serde(default, deserialize_with = "empty_as_none")]
    #[schema(required)]
    pub items: Option<Vec<BulkRuling>>,
}

/// What became of one ruling of many.
#[derive(Serialize)]
struct RuledOne {
    case_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ruling: Option<RulingAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<serde_json::Value>,
}

#[derive(Serialize)]
struct RuledMany {
    items: Vec<RuledOne>,
}

pub async fn open(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let caller = state.caller(&request, Call::OpenCase).await?;
    let body = checked::json::<PostCase>(&request, payload, BODY_BYTES_MAX).await?;
    query::none(&request)?;
    let key = idempotency_key(&request, &caller, &body.bytes)?;
    let PostCase {
        comment_id,
        member_id,
        code,
        note,
    } = body.value;
    let draft = CaseDraft {
        comment_id,
        member_id,
        code,
        note,
    };
    let done = state.desk.open_case(&caller, draft, key).await?;
    Ok(answered(StatusCode::CREATED, done))
}

pub async fn skip(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let caller = state.caller(&request, Call::SkipCase).await?;
    let body = checked::nothing(&request, payload, BODY_BYTES_MAX).await?;
    query::none(&request)?;
    let key = idempotency_key(&request, &caller, &body)?;
    let done = state.desk.skip(&caller, case_id(&request)?, key).await?;
    Ok(answered(StatusCode::OK, done))
}

pub async fn note(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let caller = state.caller(&request, Call::NoteCase).await?;
    let body = checked::json::<PostNote>(&request, payload, BODY_BYTES_MAX).await?;
    query::none(&request)?;
    let key = idempotency_key(&request, &caller, &body.bytes)?;
    let done = state
        .desk
        .note(&caller, case_id(&request)?, body.value.text, key)
        .await?;
    Ok(answered(StatusCode::CREATED, done))
}

pub async fn rule_many(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let caller = state.caller(&request, Call::RuleMany).await?;
    media::check_media_type(&request, media::JSON)?;
    let bytes = checked::read(&request, payload, LARGE_BYTES_MAX).await?;
    let rulings = rulings_of(&bytes)?;
    query::none(&request)?;
    if rulings.is_empty() || rulings.len() > BULK_MAX {
        return Err(Problem::field(FieldFault::invalid(
            "/items",
            format!("須為 1 到 {BULK_MAX} 筆"),
            format!("1 to {BULK_MAX} rulings"),
        )));
    }
    let key = idempotency_key(&request, &caller, &bytes)?;
    let language = Language::of(
        request
            .headers()
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok()),
    );
    let work = rulings.into_iter().map(BulkRuling::split);
    let done = state
        .desk
        .rule_many(&caller, work.collect(), key, |ruled| RuledMany {
            items: ruled
                .into_iter()
                .map(|(case_id, done)| match done {
                    Ok(ruling) => RuledOne {
                        case_id,
                        ruling: Some(ruling),
                        problem: None,
                    },
                    Err(error) => RuledOne {
                        case_id,
                        ruling: None,
                        problem: Some(Problem::from(error).json(language)),
                    },
                })
                .collect(),
        })
        .await?;
    Ok(answered(StatusCode::OK, done))
}

/// The rulings of a body: an object that names them, or the list alone.
fn rulings_of(bytes: &[u8]) -> Result<Vec<BulkRuling>, Problem> {
    let is_list = bytes.trim_ascii_start().first() == Some(&b'[');
    let body = if is_list {
        checked::parsed::<PostRulings>(&[b"{\"items\":", bytes, b"}"].concat())
    } else {
        checked::parsed(bytes)
    };
    Ok(body?.items.unwrap_or_default())
}

impl BulkRuling {
    /// The case as it was named, and the ruling.
    fn split(self) -> (Option<String>, RulingDraft) {
        let ruling = PostRuling {
            decision: self.decision,
            version: self.version,
            code: self.code,
            tags: self.tags,
            note: self.note,
            sanction: self.sanction,
        };
        (self.case_id, ruling.into())
    }
}

impl From<PostRuling> for RulingDraft {
    fn from(post: PostRuling) -> Self {
        Self {
            decision: post.decision,
            version: post.version,
            code: post.code,
            tags: post.tags.unwrap_or_default(),
            note: post.note,
            sanction: post.sanction.map(Into::into),
        }
    }
}

pub async fn list(state: State, request: HttpRequest) -> Answer {
    let caller = state.caller(&request, Call::ListCases).await?;
    let mut query = Query::read(&request, &FILTERS)?;
    let filters = QueueQuery {
        status: query.take("status"),
        rule: query.take("rule"),
        code: query.take("code"),
        surface: query.take("surface"),
        source: query.take("source"),
        member: query.take("member"),
        article: query.take("article"),
        group: query.take("group"),
        assignee: query.take("assignee"),
        q: query.take("q"),
        sort: query.take("sort"),
        cursor: query.take("cursor"),
        limit: query.take("limit"),
        me: Some(caller.actor()),
        pointer: "?",
    };
    Ok(json(StatusCode::OK, &state.desk.queue(filters).await?))
}

pub async fn get(state: State, request: HttpRequest) -> Answer {
    state.caller(&request, Call::GetCase).await?;
    query::none(&request)?;
    Ok(json(
        StatusCode::OK,
        &state.desk.case(case_id(&request)?).await?,
    ))
}

pub async fn next(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let caller = state.caller(&request, Call::NextCase).await?;
    let body = checked::json_or_nothing::<NextCase>(&request, payload, BODY_BYTES_MAX).await?;
    query::none(&request)?;
    let key = idempotency_key(&request, &caller, &body.bytes)?;
    let done = state
        .desk
        .next_case(&caller, filters_of(body.value, &caller), key)
        .await?;
    Ok(match done {
        Idempotent::Fresh(None) => HttpResponse::NoContent().finish(),
        done => answered(StatusCode::OK, done),
    })
}

pub async fn claim(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let caller = state.caller(&request, Call::ClaimCase).await?;
    let body = checked::nothing(&request, payload, BODY_BYTES_MAX).await?;
    let take_over = take_over(&request, &caller)?;
    let key = idempotency_key(&request, &caller, &body)?;
    let done = state
        .desk
        .claim(&caller, case_id(&request)?, take_over, key)
        .await?;
    Ok(answered(StatusCode::OK, done))
}

pub async fn release(state: State, request: HttpRequest) -> Answer {
    let caller = state.caller(&request, Call::ReleaseCase).await?;
    let take_over = take_over(&request, &caller)?;
    state
        .desk
        .release(&caller, case_id(&request)?, take_over)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

pub async fn rule(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let caller = state.caller(&request, Call::RuleCase).await?;
    let body = checked::json::<PostRuling>(&request, payload, BODY_BYTES_MAX).await?;
    query::none(&request)?;
    let key = idempotency_key(&request, &caller, &body.bytes)?;
    let done = state
        .desk
        .rule(&caller, case_id(&request)?, body.value.into(), key)
        .await?;
    Ok(answered(StatusCode::CREATED, done))
}

pub async fn undo(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let caller = state.caller(&request, Call::UndoRuling).await?;
    let body = checked::nothing(&request, payload, BODY_BYTES_MAX).await?;
    query::none(&request)?;
    let id = query::parsed_part(&request, "id", RulingId::parse)?;
    let key = idempotency_key(&request, &caller, &body)?;
    Ok(answered(
        StatusCode::OK,
        state.desk.undo(&caller, id, key).await?,
    ))
}

/// Whether the caller, an admin, sets another's claim aside.
fn take_over(request: &HttpRequest, caller: &Caller) -> Result<bool, Problem> {
    let wanted = Query::read(request, &["take_over"])?.flag("take_over")?;
    if wanted && !caller.is_admin() {
        return Err(Problem::new(Code::Forbidden));
    }
    Ok(wanted)
}

fn case_id(request: &HttpRequest) -> Result<CaseId, Problem> {
    query::parsed_part(request, "id", CaseId::parse)
}

fn filters_of(body: NextCase, caller: &Caller) -> QueueQuery {
    QueueQuery {
        status: body.status,
        rule: body.rule,
        code: body.code,
        surface: body.surface,
        source: body.source,
        member: body.member,
        article: body.article,
        group: body.group,
        q: body.q,
        sort: body.sort,
        me: Some(caller.actor()),
        pointer: "/",
        ..QueueQuery::default()
    }
}
