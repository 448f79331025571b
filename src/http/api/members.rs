//! Members: nicknames, history, sanctions, and their data.

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
        ExpectDraft, MemberData, NicknameDraft, SanctionDraft,
        views::{ErasedView, HistoryView, MemberView, ModerationView, SanctionView},
    },
    http::{
        call::Call,
        empty_as_none::empty_as_none,
        input::Input,
        problem::{Code, Problem},
        query,
    },
    id::{MemberId, SanctionId},
};

/// A nickname to be judged without a comment.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutMember {
    /// At most 40 characters.
    #[schema(required)]
    pub nickname: Option<String>,
    /// Whether the board vouches for the member; absent keeps what it said last.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub verified: Option<bool>,
}

/// A sanction, in a ruling.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SanctionBody {
    /// `warn`, `watch`, `suspend` or `terminate`; or `proposed`: what the penalty schedule proposes, if that is what `expect` says.
    #[schema(required)]
    pub kind: Option<String>,
    /// 1 to 3,650, with `watch` and `suspend`.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub days: Option<u32>,
    /// What the member may read of why: at most 2,000 characters. Absent: the posted rule.
    pub reason: Option<String>,
    /// With `proposed`: the proposal that the moderator saw. If there is another by now, the ruling is refused.
    pub expect: Option<ExpectedSanction>,
}

/// The sanction that a moderator saw proposed.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedSanction {
    /// `warn`, `watch`, `suspend` or `terminate`.
    #[schema(required)]
    pub kind: Option<String>,
    /// 1 to 3,650, with `watch` and `suspend`.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub days: Option<u32>,
}

/// A sanction outside a case.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostSanction {
    /// `warn`, `watch`, `suspend` or `terminate`.
    #[schema(required)]
    pub kind: Option<String>,
    /// 1 to 3,650, with `watch` and `suspend`.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub days: Option<u32>,
    /// The code for which.
    pub code: Option<String>,
    /// Why, in words that the member may read: at most 2,000 characters.
    #[schema(required)]
    pub reason: Option<String>,
}

/// Why a sanction ends before its time.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeSanction {
    /// At most 2,000 characters.
    #[schema(required)]
    pub reason: Option<String>,
    /// Whether the comments that it blocked are judged again, as though it had never been; else they stay blocked.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub restore: Option<bool>,
}

impl From<SanctionBody> for SanctionDraft {
    fn from(sanction: SanctionBody) -> Self {
        Self {
            kind: sanction.kind,
            days: sanction.days,
            code: None,
            reason: sanction.reason,
            expect: sanction.expect.map(|expected| ExpectDraft {
                kind: expected.kind,
                days: expected.days,
            }),
        }
    }
}

/// The calls of this file.
pub static CALLS: &[&Call] = &[
    &PUT,
    &GET,
    &HISTORY,
    &SANCTION,
    &REVOKE_SANCTION,
    &EXPORT,
    &ERASE,
];

static PUT: Call = Call::put("/v1/members/{id}", Requirement::MODERATE)
    .named("PutMember", "Moderate a nickname without a comment")
    .body::<PutMember>(|| json!({"nickname": "南港阿明", "verified": false}))
    .ok::<ModerationView>()
    .or(201, "The member is new")
    .to(|| web::route().to(put));

async fn put(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let input = Input::<PutMember>::read(&state, &PUT, &request, payload).await?;
    let draft = NicknameDraft {
        nickname: input.body.nickname,
        verified: input.body.verified,
    };
    let members = &state.desk.members;
    let posted = members
        .judge_nickname(&input.caller, member_id(&request)?, draft)
        .await?;
    Ok(PUT.posted(&posted))
}

static GET: Call = Call::get("/v1/members/{id}", Requirement::READ_OR_BOARD)
    .named("GetMember", "Get a member's standing")
    .ok::<MemberView>()
    .to(|| web::route().to(get));

async fn get(state: State, request: HttpRequest) -> Answer {
    state.read(&GET, &request).await?;
    let view = state.desk.members.member(&member_id(&request)?).await?;
    Ok(GET.json(&view))
}

static HISTORY: Call = Call::get("/v1/members/{id}/history", Requirement::READ)
    .named(
        "GetHistory",
        "Get a member's comments, strikes and sanctions",
    )
    .query(query::PAGE)
    .ok::<HistoryView>()
    .to(|| web::route().to(history));

async fn history(state: State, request: HttpRequest) -> Answer {
    let page = state.read(&HISTORY, &request).await?.query.page();
    let id = member_id(&request)?;
    let view = state.desk.members.history(&id, page).await?;
    Ok(HISTORY.json(&view))
}

static SANCTION: Call = Call::post("/v1/members/{id}/sanctions", Requirement::REVIEW)
    .named("PostSanction", "Impose a sanction outside a case")
    .body::<PostSanction>(|| json!({"kind": "suspend", "days": 7, "reason": "連續洗版"}))
    .created::<SanctionView>()
    .idempotent()
    .to(|| web::route().to(sanction));

async fn sanction(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let input = Input::<PostSanction>::read(&state, &SANCTION, &request, payload).await?;
    let draft = SanctionDraft {
        kind: input.body.kind,
        days: input.body.days,
        code: input.body.code,
        reason: input.body.reason,
        expect: None,
    };
    let members = &state.desk.members;
    let done = members.impose_sanction(&input.caller, member_id(&request)?, draft, input.key);
    Ok(SANCTION.answer(done.await?))
}

static REVOKE_SANCTION: Call = Call::post("/v1/sanctions/{id}/lift", Requirement::REVIEW)
    .named("LiftSanction", "Revoke a sanction")
    .body::<RevokeSanction>(|| json!({"reason": "已道歉"}))
    .ok::<SanctionView>()
    .idempotent()
    .problems(&[Code::NotFound])
    .to(|| web::route().to(revoke_sanction));

async fn revoke_sanction(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let input = Input::<RevokeSanction>::read(&state, &REVOKE_SANCTION, &request, payload).await?;
    let id = query::parsed_part(&request, "id", SanctionId::parse)?;
    let restore = input.body.restore.unwrap_or(false);
    let members = &state.desk.members;
    let done = members.revoke_sanction(&input.caller, id, input.body.reason, restore, input.key);
    Ok(REVOKE_SANCTION.answer(done.await?))
}

static EXPORT: Call = Call::get("/v1/members/{id}/data", Requirement::ADMIN)
    .named("GetMemberData", "Export all data about a member")
    .ok::<MemberData>()
    .problems(&[Code::NotFound])
    .to(|| web::route().to(export));

async fn export(state: State, request: HttpRequest) -> Answer {
    state.read(&EXPORT, &request).await?;
    let id = member_id(&request)?;
    let write = |data| serde_json::to_vec(&data);
    let body = state.desk.privacy.export_member_as(&id, write).await?;
    Ok(EXPORT.json_bytes(body))
}

static ERASE: Call = Call::delete("/v1/members/{id}/data", Requirement::ADMIN)
    .named("DeleteMemberData", "Erase what a member wrote")
    .ok::<ErasedView>()
    .problems(&[Code::NotFound])
    .to(|| web::route().to(erase));

async fn erase(state: State, request: HttpRequest) -> Answer {
    let caller = state.read(&ERASE, &request).await?.caller;
    let id = member_id(&request)?;
    let erased = state.desk.privacy.erase_member(&caller, &id).await?;
    Ok(ERASE.json(&erased))
}

fn member_id(request: &HttpRequest) -> Result<MemberId, Problem> {
    query::parsed_part(request, "id", |raw| MemberId::parse(raw).ok())
}
