//! Every call of this version. Each file of the API registers its own; a call that stands in none of these lists has no
//! route, and its handler is dead code.

use super::{
    api::{
        accounts, articles, audit, batch, cases, comments, docs, feeds, health, members, model,
        rejudge, replies, reports, rulebook, session, webhooks, words,
    },
    call::Call,
};

/// All calls.
pub fn calls() -> impl Iterator<Item = &'static Call> {
    let files: [&[&Call]; 18] = [
        articles::CALLS,
        comments::CALLS,
        batch::CALLS,
        members::CALLS,
        rejudge::CALLS,
        replies::CALLS,
        reports::CALLS,
        cases::CALLS,
        feeds::CALLS,
        webhooks::CALLS,
        audit::CALLS,
        rulebook::CALLS,
        words::CALLS,
        model::CALLS,
        accounts::CALLS,
        session::CALLS,
        health::CALLS,
        docs::CALLS,
    ];
    files.into_iter().flatten().copied()
}
