//! Which problems a call can answer with, for the OpenAPI document.

use super::problem::Code;
use crate::access::{Call, CallRow, Requirement};

/// Every code that a call can have on top, by status and in the order in which they are looked for.
pub(super) fn error_codes(row: &CallRow, has_body: bool) -> Vec<Code> {
    let mut codes = Vec::new();
    if row.need != Requirement::Open {
        codes.extend([
            Code::NoCredentials,
            Code::BadCredentials,
            Code::Forbidden,
            Code::RateLimited,
        ]);
    }
    // What takes no body says so to one that says something.
    if has_body || is_keyed(row.call) {
        codes.extend([
            Code::UnsupportedMediaType,
            Code::TooLarge,
            Code::RequestTimeout,
            Code::MalformedJson,
        ]);
    }
    if row.call != Call::Docs {
        codes.push(Code::InvalidFields);
    }
    if is_keyed(row.call) {
        codes.extend([Code::IdempotencyKeyReused, Code::IdempotencyKeyInUse]);
    }
    codes.extend(specific_errors(row.call));
    if row.need != Requirement::Open || row.call == Call::SignIn {
        codes.push(Code::Overloaded);
    }
    if is_write(row) {
        codes.extend([Code::StorageFull, Code::OutcomeUnknown]);
    }
    codes.sort_by_key(|code| code.row().status);
    codes.dedup();
    codes
}

/// Whether `Idempotency-Key` is honoured.
pub(super) const fn is_keyed(call: Call) -> bool {
    match call {
        Call::PostModeration
        | Call::NextCase
        | Call::ClaimCase
        | Call::RuleCase
        | Call::UndoRuling
        | Call::PostSanction
        | Call::LiftSanction
        | Call::CreateUser
        | Call::CreateKey
        | Call::PostReport
        | Call::PostAppeal
        | Call::PostSanctionAppeal
        | Call::OpenCase
        | Call::SkipCase
        | Call::NoteCase
        | Call::RuleMany
        | Call::MuteReporter
        | Call::DismissReporter
        | Call::HoldComment
        | Call::CreateWebhook
        | Call::ReplayDelivery
        | Call::CreateToken => true,
        Call::PutArticle
        | Call::GetArticle
        | Call::PostBatch
        | Call::GetComment
        | Call::DeleteComment
        | Call::PutMember
        | Call::GetMember
        | Call::GetHistory
        | Call::GetReport
        | Call::ListReports
        | Call::GetAppeal
        | Call::GetChanges
        | Call::UnmuteReporter
        | Call::LetGoComment
        | Call::GetEvents
        | Call::GetStats
        | Call::ListWebhooks
        | Call::UpdateWebhook
        | Call::DeleteWebhook
        | Call::ListDeliveries
        | Call::GetMemberData
        | Call::DeleteMemberData
        | Call::PostTry
        | Call::GetCodes
        | Call::ListCases
        | Call::GetCase
        | Call::ReleaseCase
        | Call::ListAudit
        | Call::GetRulebook
        | Call::ListUsers
        | Call::UpdateUser
        | Call::DeleteUser
        | Call::ListKeys
        | Call::RevokeKey
        | Call::SignIn
        | Call::SignOut
        | Call::ChangePassword
        | Call::ListTokens
        | Call::RevokeToken
        | Call::Metrics
        | Call::Healthz
        | Call::Readyz
        | Call::OpenApi
        | Call::Docs
        | Call::Problem
        | Call::GetSession
        | Call::ListSessions
        | Call::EndSession => false,
    }
}

fn is_write(row: &CallRow) -> bool {
    // A batch tells of its lines one by one.
    row.method != "GET" && !matches!(row.call, Call::PostTry | Call::PostBatch)
}

/// What is about the thing itself and its state.
const fn specific_errors(call: Call) -> &'static [Code] {
    match call {
        Call::PostModeration => &[Code::CommentConflict, Code::CommentWithdrawn],
        Call::GetArticle
        | Call::GetComment
        | Call::DeleteComment
        | Call::GetCase
        | Call::LiftSanction
        | Call::RevokeKey
        | Call::RevokeToken
        | Call::EndSession
        | Call::Problem => &[Code::NotFound],
        Call::PostReport => &[
            Code::NotFound,
            Code::CommentWithdrawn,
            Code::CommentConflict,
        ],
        Call::GetReport => &[Code::NotFound],
        Call::ListReports => &[],
        Call::PostAppeal => &[
            Code::NotFound,
            Code::CommentWithdrawn,
            Code::NothingToAppeal,
            Code::AlreadyAppealed,
            Code::AppealTooLate,
        ],
        Call::PostSanctionAppeal => &[
            Code::NotFound,
            Code::NothingToAppeal,
            Code::AlreadyAppealed,
            Code::AppealTooLate,
        ],
        Call::GetAppeal => &[Code::NotFound],
        Call::GetChanges => &[],
        Call::OpenCase => &[
            Code::NotFound,
            Code::CommentWithdrawn,
            Code::CaseClaimed,
            Code::CaseEscalated,
            Code::TooManyClaims,
        ],
        Call::SkipCase => &[Code::NotFound, Code::CaseClaimed, Code::CaseChanged],
        Call::NoteCase => &[Code::NotFound],
        Call::RuleMany => &[],
        Call::MuteReporter => &[Code::NotFound],
        Call::UnmuteReporter => &[Code::NotFound],
        Call::DismissReporter => &[Code::NotFound],
        Call::HoldComment => &[Code::NotFound],
        Call::LetGoComment => &[Code::NotFound],
        Call::GetEvents => &[],
        Call::GetStats => &[],
        Call::ListWebhooks => &[],
        Call::CreateWebhook => &[],
        Call::UpdateWebhook => &[Code::NotFound],
        Call::DeleteWebhook => &[Code::NotFound],
        Call::ListDeliveries => &[Code::NotFound],
        Call::ReplayDelivery => &[Code::NotFound],
        Call::GetMemberData | Call::DeleteMemberData => &[Code::NotFound],
        Call::NextCase => &[Code::TooManyClaims],
        Call::ClaimCase => &[
            Code::NotFound,
            Code::CaseClaimed,
            Code::CaseChanged,
            Code::CaseEscalated,
            Code::TooManyClaims,
        ],
        Call::ReleaseCase => &[Code::NotFound, Code::CaseClaimed],
        Call::RuleCase => &[
            Code::NotFound,
            Code::CaseClaimed,
            Code::CaseChanged,
            Code::CaseEscalated,
            Code::CommentWithdrawn,
            Code::OwnRuling,
        ],
        Call::UndoRuling => &[
            Code::NotFound,
            Code::CaseClaimed,
            Code::CaseChanged,
            Code::CaseEscalated,
            Code::CommentWithdrawn,
            Code::UndoExpired,
        ],
        Call::CreateUser | Call::CreateKey => &[Code::SignInAgain, Code::NameTaken],
        Call::UpdateUser => &[Code::SignInAgain, Code::NotFound, Code::LastAdmin],
        Call::DeleteUser => &[Code::NotFound, Code::LastAdmin],
        Call::CreateToken => &[Code::SignInAgain],
        Call::SignIn => &[Code::BadCredentials, Code::Forbidden, Code::RateLimited],
        Call::PutArticle
        | Call::PostBatch
        | Call::PutMember
        | Call::GetMember
        | Call::GetHistory
        | Call::PostSanction
        | Call::PostTry
        | Call::GetCodes
        | Call::ListCases
        | Call::ListAudit
        | Call::GetRulebook
        | Call::ListUsers
        | Call::ListKeys
        | Call::SignOut
        | Call::ListTokens
        | Call::GetSession
        | Call::ListSessions
        | Call::Metrics
        | Call::Healthz
        | Call::Readyz
        | Call::OpenApi => &[],
        Call::Docs => &[Code::NotFound],
        Call::ChangePassword => &[Code::RateLimited],
    }
}
