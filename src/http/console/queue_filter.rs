//! The queue's filters in the address bar: they have the API's names, so that a view is a bookmark, and go along from a case
//! to the next.

use super::visit::Visit;
use crate::{
    desk::{DeskError, Idempotent, QueueQuery},
    http::{
        console::{flash::Told, visit::Answer},
        problem::Problem,
    },
    id::CaseId,
};

/// The queue's address.
pub const PATH: &str = "/console/queue";
/// The filters, by their names in the API.
pub const FILTERS: &[&str] = &[
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
];

/// How many cases are looked at for the one that comes next.
const AHEAD: &str = "5";

/// The queue's filters of an address.
pub fn query_of(visit: &Visit) -> Result<QueueQuery, Problem> {
    let fields = &visit.query;
    Ok(QueueQuery {
        status: fields.joined("status"),
        rule: fields.joined("rule"),
        code: fields.joined("code"),
        surface: fields.joined("surface"),
        source: fields.joined("source"),
        member: fields.joined("member"),
        article: fields.joined("article"),
        group: fields.joined("group"),
        assignee: fields.joined("assignee"),
        score_min: fields.joined("score_min"),
        waiting_minutes: fields.joined("waiting_minutes"),
        q: fields.joined("q"),
        sort: fields.joined("sort"),
        cursor: fields.joined("cursor"),
        limit: fields.joined("limit"),
        me: Some(visit.caller()?.actor()),
        pointer: "?",
    })
}

/// The queue with the filters of an address.
pub fn to_queue(visit: &Visit) -> String {
    visit.query.address(PATH, &["cursor"], &[])
}

/// The address of a case with the filters of the queue that it was opened from.
pub fn to_case(visit: &Visit, id: impl std::fmt::Display) -> String {
    let path = format!("/console/cases/{id}");
    visit.query.address(&path, &["cursor"], &[])
}

/// The case that would come next: the first of the filtered queue that nobody holds.
pub async fn next_after(visit: &Visit, current: CaseId) -> Result<Option<CaseId>, Problem> {
    let filtered = query_of(visit)?;
    let status = filtered.status.clone().or_else(|| {
        let is_admin = visit.caller().is_ok_and(|caller| caller.is_admin());
        Some(if is_admin { "open,escalated" } else { "open" }.to_owned())
    });
    let ahead = QueueQuery {
        status,
        assignee: Some("none".to_owned()),
        cursor: None,
        limit: Some(AHEAD.to_owned()),
        ..filtered
    };
    let page = visit.state.desk.queue.queue(ahead).await?;
    let mut others = page.items.into_iter().map(|next| next.id);
    Ok(others.find(|id| *id != current))
}

/// Claims the next case of the filtered queue and goes there; to the queue where none waits.
pub async fn go_on(visit: &Visit, told: Option<Told>) -> Answer {
    let mut filtered = query_of(visit)?;
    (filtered.cursor, filtered.limit, filtered.assignee) = (None, None, None);
    // A view of resolved or claimed cases has no next one that waits.
    if filtered.status.as_deref() == Some("resolved") {
        filtered.status = None;
    }
    let queue = &visit.state.desk.queue;
    let (to, told) = match queue.next_case(visit.caller()?, filtered, None).await {
        Ok(Idempotent::Fresh(Some(case))) => (to_case(visit, case.item.id), told),
        Ok(_) => (to_queue(visit), told.or(Some(Told::NothingWaits))),
        Err(DeskError::TooManyClaims) => (to_queue(visit), Some(Told::TooManyClaims)),
        Err(error) => return Err(error.into()),
    };
    Ok(match told {
        Some(told) => visit.done(&to, told),
        None => visit.see_other(&to),
    })
}
