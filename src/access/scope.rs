//! The one table of calls, and what each needs of its caller.

use super::Requirement;

/// A call of the HTTP contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is described by its row of `CALLS`")]
pub enum Call {
    PutArticle,
    GetArticle,
    PostModeration,
    PostBatch,
    GetComment,
    DeleteComment,
    PutMember,
    GetMember,
    GetHistory,
    PostSanction,
    LiftSanction,
    PostReport,
    GetReport,
    ListReports,
    PostAppeal,
    PostSanctionAppeal,
    GetAppeal,
    GetChanges,
    OpenCase,
    SkipCase,
    NoteCase,
    RuleMany,
    MuteReporter,
    UnmuteReporter,
    DismissReporter,
    HoldComment,
    LetGoComment,
    GetEvents,
    GetStats,
    ListWebhooks,
    CreateWebhook,
    UpdateWebhook,
    DeleteWebhook,
    ListDeliveries,
    ReplayDelivery,
    GetMemberData,
    DeleteMemberData,
    PostTry,
    GetCodes,
    ListCases,
    GetCase,
    NextCase,
    ClaimCase,
    ReleaseCase,
    RuleCase,
    UndoRuling,
    ListAudit,
    GetRulebook,
    ListUsers,
    CreateUser,
    UpdateUser,
    DeleteUser,
    ListKeys,
    CreateKey,
    RevokeKey,
    SignIn,
    SignOut,
    ChangePassword,
    ListTokens,
    CreateToken,
    RevokeToken,
    Metrics,
    Healthz,
    Readyz,
    OpenApi,
    Docs,
    Problem,
    GetSession,
    ListSessions,
    EndSession,
}

/// One call: its place and what it needs.
#[derive(Debug, Clone, Copy)]
pub struct CallRow {
    /// The call.
    pub call: Call,
    /// The HTTP method.
    pub method: &'static str,
    /// The path, with its variables in braces.
    pub path: &'static str,
    /// What it needs.
    pub need: Requirement,
}

const fn row(call: Call, method: &'static str, path: &'static str, need: Requirement) -> CallRow {
    CallRow {
        call,
        method,
        path,
        need,
    }
}

/// Part 2 of the HTTP contract: every call that this version has, in the order of [`Call`].
pub const CALLS: [CallRow; 70] = [
    row(
        Call::PutArticle,
        "PUT",
        "/v1/articles/{id}",
        Requirement::MODERATE,
    ),
    row(
        Call::GetArticle,
        "GET",
        "/v1/articles/{id}",
        Requirement::READ_OR_BOARD,
    ),
    row(
        Call::PostModeration,
        "POST",
        "/v1/moderations",
        Requirement::MODERATE,
    ),
    row(
        Call::PostBatch,
        "POST",
        "/v1/moderations/batch",
        Requirement::MODERATE,
    ),
    row(
        Call::GetComment,
        "GET",
        "/v1/comments/{id}",
        Requirement::READ_OR_BOARD,
    ),
    row(
        Call::DeleteComment,
        "DELETE",
        "/v1/comments/{id}",
        Requirement::MODERATE,
    ),
    row(
        Call::PutMember,
        "PUT",
        "/v1/members/{id}",
        Requirement::MODERATE,
    ),
    row(
        Call::GetMember,
        "GET",
        "/v1/members/{id}",
        Requirement::READ_OR_BOARD,
    ),
    row(
        Call::GetHistory,
        "GET",
        "/v1/members/{id}/history",
        Requirement::READ,
    ),
    row(
        Call::PostSanction,
        "POST",
        "/v1/members/{id}/sanctions",
        Requirement::REVIEW,
    ),
    row(
        Call::LiftSanction,
        "POST",
        "/v1/sanctions/{id}/lift",
        Requirement::REVIEW,
    ),
    row(
        Call::PostReport,
        "POST",
        "/v1/comments/{id}/reports",
        Requirement::REPORT,
    ),
    row(
        Call::GetReport,
        "GET",
        "/v1/reports/{id}",
        Requirement::READ_OR_REPORT,
    ),
    row(
        Call::ListReports,
        "GET",
        "/v1/reports",
        Requirement::READ_OR_REPORT,
    ),
    row(
        Call::PostAppeal,
        "POST",
        "/v1/comments/{id}/appeals",
        Requirement::REPORT,
    ),
    row(
        Call::PostSanctionAppeal,
        "POST",
        "/v1/sanctions/{id}/appeals",
        Requirement::REPORT,
    ),
    row(
        Call::GetAppeal,
        "GET",
        "/v1/appeals/{id}",
        Requirement::READ_OR_REPORT,
    ),
    row(
        Call::GetChanges,
        "GET",
        "/v1/changes",
        Requirement::MODERATE,
    ),
    row(Call::OpenCase, "POST", "/v1/cases", Requirement::REVIEW),
    row(
        Call::SkipCase,
        "POST",
        "/v1/cases/{id}/skip",
        Requirement::REVIEW,
    ),
    row(
        Call::NoteCase,
        "POST",
        "/v1/cases/{id}/notes",
        Requirement::REVIEW,
    ),
    row(
        Call::RuleMany,
        "POST",
        "/v1/rulings/bulk",
        Requirement::REVIEW,
    ),
    row(
        Call::MuteReporter,
        "POST",
        "/v1/reporters/{id}/mute",
        Requirement::REVIEW,
    ),
    row(
        Call::UnmuteReporter,
        "DELETE",
        "/v1/reporters/{id}/mute",
        Requirement::REVIEW,
    ),
    row(
        Call::DismissReporter,
        "POST",
        "/v1/reporters/{id}/dismiss",
        Requirement::REVIEW,
    ),
    row(
        Call::HoldComment,
        "POST",
        "/v1/comments/{id}/hold",
        Requirement::REVIEW,
    ),
    row(
        Call::LetGoComment,
        "DELETE",
        "/v1/comments/{id}/hold",
        Requirement::REVIEW,
    ),
    row(Call::GetEvents, "GET", "/v1/events", Requirement::READ),
    row(Call::GetStats, "GET", "/v1/stats", Requirement::READ),
    row(
        Call::ListWebhooks,
        "GET",
        "/v1/webhooks",
        Requirement::ADMIN,
    ),
    row(
        Call::CreateWebhook,
        "POST",
        "/v1/webhooks",
        Requirement::ADMIN,
    ),
    row(
        Call::UpdateWebhook,
        "PATCH",
        "/v1/webhooks/{id}",
        Requirement::ADMIN,
    ),
    row(
        Call::DeleteWebhook,
        "DELETE",
        "/v1/webhooks/{id}",
        Requirement::ADMIN,
    ),
    row(
        Call::ListDeliveries,
        "GET",
        "/v1/webhooks/{id}/deliveries",
        Requirement::ADMIN,
    ),
    row(
        Call::ReplayDelivery,
        "POST",
        "/v1/webhooks/{id}/deliveries/{delivery}/replay",
        Requirement::ADMIN,
    ),
    row(
        Call::GetMemberData,
        "GET",
        "/v1/members/{id}/data",
        Requirement::ADMIN,
    ),
    row(
        Call::DeleteMemberData,
        "DELETE",
        "/v1/members/{id}/data",
        Requirement::ADMIN,
    ),
    row(Call::PostTry, "POST", "/v1/try", Requirement::READ),
    row(
        Call::GetCodes,
        "GET",
        "/v1/codes",
        Requirement::READ_OR_BOARD,
    ),
    row(Call::ListCases, "GET", "/v1/cases", Requirement::READ),
    row(Call::GetCase, "GET", "/v1/cases/{id}", Requirement::READ),
    row(
        Call::NextCase,
        "POST",
        "/v1/cases/next",
        Requirement::REVIEW,
    ),
    row(
        Call::ClaimCase,
        "POST",
        "/v1/cases/{id}/claim",
        Requirement::REVIEW,
    ),
    row(
        Call::ReleaseCase,
        "DELETE",
        "/v1/cases/{id}/claim",
        Requirement::REVIEW,
    ),
    row(
        Call::RuleCase,
        "POST",
        "/v1/cases/{id}/rulings",
        Requirement::REVIEW,
    ),
    row(
        Call::UndoRuling,
        "POST",
        "/v1/rulings/{id}/undo",
        Requirement::REVIEW,
    ),
    row(Call::ListAudit, "GET", "/v1/audit", Requirement::REVIEW),
    row(Call::GetRulebook, "GET", "/v1/rulebook", Requirement::READ),
    row(Call::ListUsers, "GET", "/v1/users", Requirement::ADMIN),
    row(Call::CreateUser, "POST", "/v1/users", Requirement::ADMIN),
    row(
        Call::UpdateUser,
        "PATCH",
        "/v1/users/{name}",
        Requirement::ADMIN,
    ),
    row(
        Call::DeleteUser,
        "DELETE",
        "/v1/users/{name}",
        Requirement::ADMIN,
    ),
    row(Call::ListKeys, "GET", "/v1/keys", Requirement::ADMIN),
    row(Call::CreateKey, "POST", "/v1/keys", Requirement::ADMIN),
    row(
        Call::RevokeKey,
        "DELETE",
        "/v1/keys/{id}",
        Requirement::ADMIN,
    ),
    row(Call::SignIn, "POST", "/v1/session", Requirement::Open),
    row(Call::SignOut, "DELETE", "/v1/session", Requirement::Person),
    row(
        Call::ChangePassword,
        "PUT",
        "/v1/session/password",
        Requirement::Person,
    ),
    row(Call::ListTokens, "GET", "/v1/tokens", Requirement::Person),
    row(Call::CreateToken, "POST", "/v1/tokens", Requirement::Person),
    row(
        Call::RevokeToken,
        "DELETE",
        "/v1/tokens/{id}",
        Requirement::Person,
    ),
    row(Call::Metrics, "GET", "/metrics", Requirement::READ),
    row(Call::Healthz, "GET", "/healthz", Requirement::Open),
    row(Call::Readyz, "GET", "/readyz", Requirement::Open),
    row(Call::OpenApi, "GET", "/openapi.json", Requirement::Open),
    row(Call::Docs, "GET", "/docs", Requirement::Open),
    row(Call::Problem, "GET", "/problems/{code}", Requirement::Open),
    row(
        Call::GetSession,
        "GET",
        "/v1/session",
        Requirement::Credentials,
    ),
    row(
        Call::ListSessions,
        "GET",
        "/v1/sessions",
        Requirement::Person,
    ),
    row(
        Call::EndSession,
        "DELETE",
        "/v1/sessions/{id}",
        Requirement::Person,
    ),
];

/// What `call` needs.
pub const fn need_of(call: Call) -> Requirement {
    CALLS[call as usize].need
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Scope;

    #[test]
    fn every_call_stands_in_its_own_row() {
        for (place, row) in CALLS.iter().enumerate() {
            assert_eq!(row.call as usize, place, "{} {}", row.method, row.path);
        }
    }

    #[test]
    fn admin_includes_every_scope_and_review_reads() {
        assert!(
            Scope::ALL
                .into_iter()
                .all(|scope| Scope::Admin.includes(scope))
        );
        assert!(Scope::Review.includes(Scope::Read));
        assert!(!Scope::Review.includes(Scope::Moderate));
        assert!(!Scope::Moderate.includes(Scope::Read));
    }
}
