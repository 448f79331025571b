//! The audit.

use actix_web::{HttpRequest, http::StatusCode};

use super::{Answer, State};
use crate::{
    access::Call,
    desk::AuditQuery,
    http::{query::Query, retry::json},
};

/// The filters of the audit.
pub const FILTERS: [&str; 7] = [
    "actor", "subject", "action", "from", "to", "cursor", "limit",
];

pub async fn list(state: State, request: HttpRequest) -> Answer {
    state.caller(&request, Call::ListAudit).await?;
    let mut query = Query::read(&request, &FILTERS)?;
    let filters = AuditQuery {
        actor: query.take("actor"),
        subject: query.take("subject"),
        action: query.take("action"),
        from: query.take("from"),
        to: query.take("to"),
        cursor: query.take("cursor"),
        limit: query.take("limit"),
    };
    Ok(json(StatusCode::OK, &state.desk.audit(filters).await?))
}
