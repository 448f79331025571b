//! Members and what is laid on them.

use actix_web::{HttpRequest, http::StatusCode, web::Payload};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Answer, State};
use crate::{
    access::Call,
    desk::{NicknameDraft, PageQuery, SanctionDraft},
    http::{
        checked::{self, BODY_BYTES_MAX},
        empty_as_none::empty_as_none,
        idempotency::{answered, idempotency_key, json, written},
        problem::Problem,
        query::{self, Query},
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
    /// `warn`, `watch`, `suspend` or `terminate`.
    #[schema(required)]
    pub kind: Option<String>,
    /// 1 to 3,650, with `watch` and `suspend`.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub days: Option<u32>,
    /// What the member may read of why: at most 2,000 characters. Absent: the posted rule.
    pub reason: Option<String>,
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
            reason: sanction.reason,
            ..Self::default()
        }
    }
}

pub async fn put(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let caller = state.caller(&request, Call::PutMember).await?;
    let body = checked::json::<PutMember>(&request, payload, BODY_BYTES_MAX).await?;
    query::none(&request)?;
    let draft = NicknameDraft {
        nickname: body.value.nickname,
        verified: body.value.verified,
    };
    let posted = state
        .desk
        .put_member(&caller, member_id(&request)?, draft)
        .await?;
    let status = if posted.created {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok(json(status, &posted.view))
}

pub async fn get(state: State, request: HttpRequest) -> Answer {
    state.caller(&request, Call::GetMember).await?;
    query::none(&request)?;
    let view = state.desk.member(&member_id(&request)?).await?;
    Ok(json(StatusCode::OK, &view))
}

pub async fn history(state: State, request: HttpRequest) -> Answer {
    state.caller(&request, Call::GetHistory).await?;
    let mut query = Query::read(&request, &query::PAGE)?;
    let page = PageQuery {
        cursor: query.take("cursor"),
        limit: query.take("limit"),
    };
    let view = state.desk.history(&member_id(&request)?, page).await?;
    Ok(json(StatusCode::OK, &view))
}

pub async fn sanction(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let caller = state.caller(&request, Call::PostSanction).await?;
    let body = checked::json::<PostSanction>(&request, payload, BODY_BYTES_MAX).await?;
    query::none(&request)?;
    let key = idempotency_key(&request, &caller, &body.bytes)?;
    let draft = SanctionDraft {
        kind: body.value.kind,
        days: body.value.days,
        code: body.value.code,
        reason: body.value.reason,
    };
    let done = state
        .desk
        .sanction(&caller, member_id(&request)?, draft, key)
        .await?;
    Ok(answered(StatusCode::CREATED, done))
}

pub async fn revoke_sanction(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let caller = state.caller(&request, Call::LiftSanction).await?;
    let body = checked::json::<RevokeSanction>(&request, payload, BODY_BYTES_MAX).await?;
    query::none(&request)?;
    let key = idempotency_key(&request, &caller, &body.bytes)?;
    let id = query::parsed_part(&request, "id", SanctionId::parse)?;
    let restore = body.value.restore.unwrap_or(false);
    let done = state
        .desk
        .lift(&caller, id, body.value.reason, restore, key)
        .await?;
    Ok(answered(StatusCode::OK, done))
}

pub async fn export(state: State, request: HttpRequest) -> Answer {
    state.caller(&request, Call::GetMemberData).await?;
    query::none(&request)?;
    let id = member_id(&request)?;
    let write = |data| serde_json::to_vec(&data);
    let body = state.desk.export_member_as(&id, write).await?;
    Ok(written(StatusCode::OK, body))
}

pub async fn erase(state: State, request: HttpRequest) -> Answer {
    let caller = state.caller(&request, Call::DeleteMemberData).await?;
    query::none(&request)?;
    let erased = state
        .desk
        .erase_member(&caller, &member_id(&request)?)
        .await?;
    Ok(json(StatusCode::OK, &erased))
}

fn member_id(request: &HttpRequest) -> Result<MemberId, Problem> {
    query::parsed_part(request, "id", |raw| MemberId::parse(raw).ok())
}
