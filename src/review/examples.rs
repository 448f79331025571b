//! Records that this room's unit tests begin with.
#![allow(clippy::unwrap_used)]

use crate::{
    id::{CaseId, CommentId, ReportId, ReporterId},
    record::{
        Actor, Case, CaseReason, DecisionPoint, Excerpt, ReasonCode, Report, Role, Source, Subject,
        User, UserName,
    },
    text::Surface,
};

pub use crate::record::examples::NOW;

/// An open case about a comment that a reader reported.
pub fn case() -> Case {
    let reason = CaseReason {
        code: ReasonCode::Other,
        surface: Some(Surface::Body),
        severity: 2,
        term: None,
        excerpt: Excerpt::around(Surface::Body, "頭香", None),
    };
    let subject = Subject::Comment(CommentId::parse("c1").unwrap());
    Case::opened(CaseId(ulid::Ulid(1)), subject, reason, Source::Report, NOW)
}

/// An open report that [`case`] decides.
pub fn report(nth: u128, weight: u32) -> Report {
    Report {
        id: ReportId(ulid::Ulid(nth)),
        comment: CommentId::parse("c1").unwrap(),
        reporter: ReporterId::parse("r1").unwrap(),
        code: ReasonCode::Other,
        note: None,
        surface: None,
        tag: None,
        at: NOW,
        decision_point: Some(DecisionPoint::of(&case())),
        dismissal: None,
        coordinated: false,
        weight,
    }
}

pub fn user(name: &str, role: Role) -> User {
    User {
        name: UserName::parse(name).unwrap(),
        role,
        password: String::new(),
        disabled: false,
        deleted_at: None,
        created_at: NOW,
        sessions_from: NOW,
        tokens_from: NOW,
        settings: None,
    }
}

pub fn actor(name: &str) -> Actor {
    Actor::User(UserName::parse(name).unwrap())
}
