//! The queue, claims, rulings.

use actix_web::{
    HttpRequest,
    web::{self, Payload},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{Answer, State, members::SanctionBody};
use crate::{
    access::{Caller, Requirement},
    desk::{
        CaseDraft, Idempotent, QueueQuery, RulingDraft,
        views::{CaseView, NoteView, QueueView, RulingAnswer},
    },
    http::{
        call::{Call, LARGE_BYTES_MAX},
        checked::{self, NoBody},
        empty_as_none::empty_as_none,
        input::Input,
        media,
        problem::{Code, Language, Problem},
        query::{self, Query},
        shape::Shape,
    },
    id::{CaseId, RulingId},
    intake::FieldFault,
};

/// How many rulings one request may hold.
const BULK_MAX: usize = 200;

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
    /// With a removal or the answer to an appeal: the id of a saved reply, whose words go to the member.
    pub reply: Option<String>,
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
    /// With a removal or the answer to an appeal: the id of a saved reply, whose words go to the member.
    pub reply: Option<String>,
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

/// The result of one ruling of many.
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

/// The calls of this file.
pub static CALLS: &[&Call] = &[
    &OPEN, &SKIP, &NOTE, &RULE_MANY, &LIST, &GET, &NEXT, &CLAIM, &RELEASE, &RULE, &UNDO,
];

static OPEN: Call = Call::post("/v1/cases", Requirement::REVIEW)
    .named("OpenCase", "Open a case about something nobody flagged")
    .body::<PostCase>(|| json!({"comment_id": "c-1001", "code": "scam", "note": "看來是廣告"}))
    .created::<CaseView>()
    .idempotent()
    .problems(&[
        Code::NotFound,
        Code::CommentWithdrawn,
        Code::CaseClaimed,
        Code::CaseEscalated,
        Code::TooManyClaims,
    ])
    .to(|| web::route().to(open));

async fn open(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let input = Input::<PostCase>::read(&state, &OPEN, &request, payload).await?;
    let draft = CaseDraft {
        comment_id: input.body.comment_id,
        member_id: input.body.member_id,
        code: input.body.code,
        note: input.body.note,
    };
    let queue = &state.desk.queue;
    let done = queue.open_case(&input.caller, draft, input.key);
    Ok(OPEN.answer(done.await?))
}

static SKIP: Call = Call::post("/v1/cases/{id}/skip", Requirement::REVIEW)
    .named("SkipCase", "Skip a case; skips are counted")
    .ok::<CaseView>()
    .idempotent()
    .problems(&[Code::NotFound, Code::CaseClaimed, Code::CaseChanged])
    .to(|| web::route().to(skip));

async fn skip(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let input = Input::<NoBody>::read(&state, &SKIP, &request, payload).await?;
    let queue = &state.desk.queue;
    let done = queue.skip(&input.caller, case_id(&request)?, input.key);
    Ok(SKIP.answer(done.await?))
}

static NOTE: Call = Call::post("/v1/cases/{id}/notes", Requirement::REVIEW)
    .named("NoteCase", "Add a note for other moderators")
    .body::<PostNote>(|| json!({"text": "同一人上週也貼過"}))
    .created::<NoteView>()
    .idempotent()
    .problems(&[Code::NotFound])
    .to(|| web::route().to(note));

async fn note(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let input = Input::<PostNote>::read(&state, &NOTE, &request, payload).await?;
    let queue = &state.desk.queue;
    let done = queue.add_note(
        &input.caller,
        case_id(&request)?,
        input.body.text,
        input.key,
    );
    Ok(NOTE.answer(done.await?))
}

static RULE_MANY: Call = Call::post("/v1/rulings/bulk", Requirement::REVIEW)
    .named("RuleMany", "Rule on many cases, each independently")
    .body::<PostRulings>(|| {
        let ruling =
            json!({"case_id": "01J8ZQ4V7Q3M2K5T9XWB6C1D0E", "decision": "approve", "version": 1});
        json!({"items": [ruling]})
    })
    .bytes_max(LARGE_BYTES_MAX)
    .ok_as(Shape::any_json())
    .idempotent()
    .to(|| web::route().to(rule_many));

async fn rule_many(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let caller = state.caller(&request, &RULE_MANY).await?;
    media::check_media_type(&request, media::JSON)?;
    let bytes = checked::read(&request, payload, RULE_MANY.bytes_max).await?;
    let rulings = rulings_of(&bytes)?;
    RULE_MANY.read_query(&request)?;
    if rulings.is_empty() || rulings.len() > BULK_MAX {
        return Err(Problem::field(FieldFault::invalid(
            "/items",
            format!("須為 1 到 {BULK_MAX} 筆"),
            format!("1 to {BULK_MAX} rulings"),
        )));
    }
    let key = RULE_MANY.key(&request, &caller, &bytes)?;
    let language = Language::of_headers(request.headers());
    let work = rulings.into_iter().map(BulkRuling::split);
    let rulings = &state.desk.rulings;
    let done = rulings.rule_many(&caller, work.collect(), key, |ruled| RuledMany {
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
    });
    Ok(RULE_MANY.answer(done.await?))
}

/// The rulings of a body: an object with `items`, or the list alone.
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
    /// The case's id as it was sent, and the ruling.
    fn split(self) -> (Option<String>, RulingDraft) {
        let ruling = PostRuling {
            decision: self.decision,
            version: self.version,
            code: self.code,
            tags: self.tags,
            note: self.note,
            sanction: self.sanction,
            reply: self.reply,
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
            reply: post.reply,
        }
    }
}

static LIST: Call = Call::get("/v1/cases", Requirement::READ)
    .named("ListCases", "List the queue")
    .query(&[
        "status",
        "rule",
        "code",
        "surface",
        "source",
        "member",
        "article",
        "group",
        "assignee",
        "score_min",
        "waiting_minutes",
        "q",
        "sort",
        "cursor",
        "limit",
    ])
    .ok::<QueueView>()
    .to(|| web::route().to(list));

async fn list(state: State, request: HttpRequest) -> Answer {
    let Input {
        caller, mut query, ..
    } = state.read(&LIST, &request).await?;
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
        score_min: query.take("score_min"),
        waiting_minutes: query.take("waiting_minutes"),
        q: query.take("q"),
        sort: query.take("sort"),
        cursor: query.take("cursor"),
        limit: query.take("limit"),
        me: Some(caller.actor()),
        pointer: "?",
    };
    Ok(LIST.json(&state.desk.queue.queue(filters).await?))
}

static GET: Call = Call::get("/v1/cases/{id}", Requirement::READ)
    .named("GetCase", "Get everything needed to decide a case")
    .ok::<CaseView>()
    .problems(&[Code::NotFound])
    .to(|| web::route().to(get));

async fn get(state: State, request: HttpRequest) -> Answer {
    let caller = state.read(&GET, &request).await?.caller;
    let case = state.desk.queue.case(&caller, case_id(&request)?);
    Ok(GET.json(&case.await?))
}

static NEXT: Call = Call::post("/v1/cases/next", Requirement::REVIEW)
    .named("NextCase", "Claim the most urgent case")
    .optional_body::<NextCase>(|| json!({"code": "insult", "sort": "priority"}))
    .ok::<CaseView>()
    .or_nothing("None waits")
    .idempotent()
    .problems(&[Code::TooManyClaims])
    .to(|| web::route().to(next));

async fn next(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let input = Input::<NextCase>::read(&state, &NEXT, &request, payload).await?;
    let queue = &state.desk.queue;
    let done = queue
        .next_case(
            &input.caller,
            filters_of(input.body, &input.caller),
            input.key,
        )
        .await?;
    Ok(match done {
        Idempotent::Fresh(None) => NEXT.nothing(),
        done => NEXT.answer(done),
    })
}

static CLAIM: Call = Call::post("/v1/cases/{id}/claim", Requirement::REVIEW)
    .named("ClaimCase", "Claim a case, or renew the claim")
    .query(&["take_over"])
    .ok::<CaseView>()
    .idempotent()
    .problems(&[
        Code::NotFound,
        Code::CaseClaimed,
        Code::CaseChanged,
        Code::CaseEscalated,
        Code::TooManyClaims,
    ])
    .to(|| web::route().to(claim));

async fn claim(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let input = Input::<NoBody>::read(&state, &CLAIM, &request, payload).await?;
    let take_over = take_over(input.query, &input.caller)?;
    let queue = &state.desk.queue;
    let done = queue.claim(&input.caller, case_id(&request)?, take_over, input.key);
    Ok(CLAIM.answer(done.await?))
}

static RELEASE: Call = Call::delete("/v1/cases/{id}/claim", Requirement::REVIEW)
    .named("ReleaseCase", "Release a claimed case")
    .query(&["take_over"])
    .problems(&[Code::NotFound, Code::CaseClaimed])
    .to(|| web::route().to(release));

async fn release(state: State, request: HttpRequest) -> Answer {
    let Input { caller, query, .. } = state.read(&RELEASE, &request).await?;
    let take_over = take_over(query, &caller)?;
    state
        .desk
        .queue
        .release(&caller, case_id(&request)?, take_over)
        .await?;
    Ok(RELEASE.nothing())
}

static RULE: Call = Call::post("/v1/cases/{id}/rulings", Requirement::REVIEW)
    .named("RuleCase", "Rule on a case")
    .body::<PostRuling>(|| {
        json!({
            "decision": "remove", "version": 1, "code": "insult", "note": "人身攻擊",
            "sanction": {"kind": "suspend", "days": 7}
        })
    })
    .created::<RulingAnswer>()
    .idempotent()
    .problems(&[
        Code::NotFound,
        Code::CaseClaimed,
        Code::CaseChanged,
        Code::CaseEscalated,
        Code::CommentWithdrawn,
        Code::OwnRuling,
        Code::ProposalChanged,
    ])
    .to(|| web::route().to(rule));

async fn rule(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let input = Input::<PostRuling>::read(&state, &RULE, &request, payload).await?;
    let rulings = &state.desk.rulings;
    let done = rulings.rule(
        &input.caller,
        case_id(&request)?,
        input.body.into(),
        input.key,
    );
    Ok(RULE.answer(done.await?))
}

static UNDO: Call = Call::post("/v1/rulings/{id}/undo", Requirement::REVIEW)
    .named("UndoRuling", "Undo a ruling")
    .ok::<RulingAnswer>()
    .idempotent()
    .problems(&[
        Code::NotFound,
        Code::CaseClaimed,
        Code::CaseChanged,
        Code::CaseEscalated,
        Code::CommentWithdrawn,
        Code::UndoExpired,
    ])
    .to(|| web::route().to(undo));

async fn undo(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let input = Input::<NoBody>::read(&state, &UNDO, &request, payload).await?;
    let id = query::parsed_part(&request, "id", RulingId::parse)?;
    Ok(UNDO.answer(
        state
            .desk
            .rulings
            .undo(&input.caller, id, input.key)
            .await?,
    ))
}

/// Whether the caller takes over another's claim, which only admins may.
fn take_over(mut query: Query, caller: &Caller) -> Result<bool, Problem> {
    let wanted = query.flag("take_over")?;
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
