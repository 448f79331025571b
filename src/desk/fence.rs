//! The fence of background work: what a step commits is refused once another node has taken its lease over.
//!
//! The lease goes along with the task, so that every commit of a step is under it, however deep in the calls.

use crate::record::{Change, Lease};

tokio::task_local! {
    static HELD: Lease;
}

/// Does something whose commits are under a lease.
pub(super) async fn under<T>(lease: Lease, step: impl Future<Output = T>) -> T {
    HELD.scope(lease, step).await
}

/// The change, under the lease of its task if that has one.
pub(super) fn fenced(change: Change) -> Change {
    match HELD.try_with(Clone::clone) {
        Ok(lease) => change.under(&lease),
        // No lease: a request, or background work of a node that is alone over its database.
        Err(_) => change,
    }
}
