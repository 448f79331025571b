//! The model of the learned score.

use actix_web::{
    HttpRequest,
    web::{self, Payload},
};
use serde::{Deserialize, Deserializer};
use serde_json::json;
use utoipa::ToSchema;

use super::{Answer, State};
use crate::{
    access::Requirement,
    desk::{RollbackDraft, views::ModelView},
    http::{call::Call, input::Input, problem::Problem},
    intake::FieldFault,
};

/// The calls of this file.
pub static CALLS: &[&Call] = &[&GET, &ROLL_BACK];

/// Which version is to be in force.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostRollback {
    /// The version, as `GET /v1/model` shows it; null: what is learned may be in force again.
    #[serde(default, deserialize_with = "given")]
    #[schema(required, value_type = Option<String>)]
    pub version: Option<Option<String>>,
    /// Why.
    #[schema(required)]
    pub reason: Option<String>,
}

/// What was given, null too; the default is for what was not.
fn given<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(from).map(Some)
}

static GET: Call = Call::get("/v1/model", Requirement::READ)
    .named("GetModel", "Get the versions of the learned score")
    .ok::<ModelView>()
    .to(|| web::route().to(get));

async fn get(state: State, request: HttpRequest) -> Answer {
    state.read(&GET, &request).await?;
    Ok(GET.json(&state.desk.models.model_view().await?))
}

static ROLL_BACK: Call = Call::post("/v1/model/rollback", Requirement::ADMIN)
    .named(
        "PostModelRollback",
        "Put an earlier version of the score in force",
    )
    .body::<PostRollback>(
        || json!({"version": "m-0-0123456789abcdef", "reason": "flags too much since yesterday"}),
    )
    .ok::<ModelView>()
    .idempotent()
    .to(|| web::route().to(roll_back));

async fn roll_back(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let input = Input::<PostRollback>::read(&state, &ROLL_BACK, &request, payload).await?;
    let version = input.body.version;
    let draft = RollbackDraft {
        version: version.ok_or_else(|| Problem::field(FieldFault::missing("/version")))?,
        reason: input.body.reason,
    };
    let done = state.desk.models.roll_back(&input.caller, draft, input.key);
    Ok(ROLL_BACK.answer(done.await?))
}
