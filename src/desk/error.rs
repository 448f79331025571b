//! Why a use case failed: one type, so that HTTP translates it in one `match`.

use super::views::{CaseView, ProposalView, RefusalView};
use crate::{
    intake::FieldFault,
    record::{Actor, Claim},
    review::{AppealRefused, OpenRefused},
    store::StoreError,
    time::Timestamp,
};

/// Why a request was refused. Nothing has changed, except possibly for [`DeskError::OutcomeUnknown`].
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant says it in its message")]
pub enum DeskError {
    #[error("fields are at fault: {0:?}")]
    Fields(Vec<FieldFault>),
    #[error("there is no such thing")]
    NotFound,
    #[error("not for this caller")]
    Forbidden,
    /// An admin imposed the sanction: only admins may revoke it, or make a ruling that would replace it.
    #[error("an admin imposed the sanction")]
    ImposedByAdmin,
    #[error("the id belongs to a comment by another member or in another place")]
    CommentConflict,
    #[error("the member took the comment back")]
    CommentWithdrawn,
    #[error("{} holds the case until {}", .0.by, .0.until)]
    CaseClaimed(Claim),
    #[error("the case has changed since")]
    CaseChanged(Box<CaseView>),
    #[error("{by} took the ruling back at {at}")]
    UndoneBefore {
        by: Actor,
        at: Timestamp,
        case: Box<CaseView>,
    },
    /// What the penalty schedule proposes now, or why it proposes nothing.
    #[error("the penalty schedule proposes another sanction by now")]
    ProposalChanged(Result<ProposalView, RefusalView>),
    #[error("another rulebook or model decides since the preview")]
    PreviewOutdated,
    #[error("the case was escalated; admins decide it")]
    CaseEscalated,
    #[error("the case is held by too many claims of the caller")]
    TooManyClaims,
    #[error("another than the one who ruled decides about it")]
    OwnRuling,
    #[error("nothing is removed, and no sanction imposed, that could be appealed")]
    NothingToAppeal,
    #[error("it was appealed before")]
    AlreadyAppealed,
    #[error("the time to appeal is over")]
    AppealTooLate,
    #[error("the time to undo is over")]
    UndoExpired,
    #[error("the idempotency key was used with another body")]
    IdempotencyKeyReused,
    #[error("the first request with this idempotency key is still at work")]
    IdempotencyKeyInUse,
    #[error("the name is taken")]
    NameTaken,
    #[error("the last admin cannot be removed")]
    LastAdmin,
    #[error("it takes a sign-in of the last ten minutes")]
    SignInAgain,
    #[error("name or password do not hold")]
    BadCredentials,
    #[error("too many failures; try again in {retry_after_s} s")]
    RateLimited { retry_after_s: u64 },
    #[error("the clock has jumped, and nobody has accepted it")]
    ClockJumped,
    #[error("too much waits already")]
    Overloaded,
    #[error("the disk is nearly full")]
    StorageFull,
    #[error("it is not known whether it was done: ask again with the same key")]
    OutcomeUnknown,
    #[error("something moved since it was read")]
    Stale,
    #[error("{0}")]
    Internal(String),
}

impl DeskError {
    /// An error in a single field.
    pub fn field(fault: FieldFault) -> Self {
        Self::Fields(vec![fault])
    }
}

impl From<StoreError> for DeskError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale => Self::Stale,
            StoreError::Overloaded => Self::Overloaded,
            StoreError::StorageFull => Self::StorageFull,
            StoreError::OutcomeUnknown => Self::OutcomeUnknown,
            StoreError::Damaged(what) | StoreError::Unavailable(what) => Self::Internal(what),
        }
    }
}

impl From<AppealRefused> for DeskError {
    fn from(refused: AppealRefused) -> Self {
        match refused {
            AppealRefused::Nothing => Self::NothingToAppeal,
            AppealRefused::Already => Self::AlreadyAppealed,
            AppealRefused::TooLate => Self::AppealTooLate,
        }
    }
}

impl From<OpenRefused> for DeskError {
    fn from(refused: OpenRefused) -> Self {
        match refused {
            OpenRefused::Held(held) => Self::CaseClaimed(held),
            OpenRefused::Escalated => Self::CaseEscalated,
            OpenRefused::Withdrawn(_) => Self::CommentWithdrawn,
        }
    }
}
