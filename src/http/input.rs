//! What a handler reads of its request, in the contract's order: the caller and their rights, the body, the query, the key.

use actix_web::{HttpRequest, web::Payload};
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use super::{
    HttpState,
    call::{Body, Call},
    checked,
    problem::Problem,
    query::Query,
};
use crate::{access::Caller, desk::IdempotencyRequest};

/// What came with a request, checked.
pub(super) struct Input<T> {
    pub caller: Caller,
    pub body: T,
    pub query: Query,
    /// The `Idempotency-Key`, where the call honours it and one was sent.
    pub key: Option<IdempotencyRequest>,
}

impl HttpState {
    /// Reads a request whose body, if there is one, is ignored.
    pub(super) async fn read(
        &self,
        call: &'static Call,
        request: &HttpRequest,
    ) -> Result<Input<()>, Problem> {
        Ok(Input {
            caller: self.caller(request, call).await?,
            body: (),
            query: call.read_query(request)?,
            key: None,
        })
    }
}

impl<T: DeserializeOwned + ToSchema + Default> Input<T> {
    /// Reads a request whose body has the type that the call is registered with, or is [`checked::NoBody`].
    pub async fn read(
        state: &HttpState,
        call: &'static Call,
        request: &HttpRequest,
        payload: Payload,
    ) -> Result<Self, Problem> {
        let caller = state.caller(request, call).await?;
        Self::of(caller, call, request, payload).await
    }

    /// Reads the rest of a request whose caller's rights have been checked.
    pub async fn of(
        caller: Caller,
        call: &Call,
        request: &HttpRequest,
        payload: Payload,
    ) -> Result<Self, Problem> {
        let body = match call.body {
            Some(Body {
                is_required: true, ..
            }) => checked::json(request, payload, call.bytes_max).await?,
            _ => checked::json_or_nothing(request, payload, call.bytes_max).await?,
        };
        let query = call.read_query(request)?;
        let key = if call.is_idempotent {
            call.key(request, &caller, &body.bytes)?
        } else {
            None
        };
        Ok(Self {
            caller,
            body: body.value,
            query,
            key,
        })
    }
}
