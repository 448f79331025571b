//! Why the store refuses, or cannot say.

/// Why the store did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Something that the plan was made from has moved; nothing was written. Read again.
    #[error("something has changed since it was read")]
    Stale,
    /// Too much waits already; nothing was written.
    #[error("too many writes are waiting")]
    Overloaded,
    /// The disk is nearly full; nothing was written.
    #[error("the disk is nearly full")]
    StorageFull,
    /// It is unknown whether it was written: retry with the same idempotency key.
    #[error("it is not known whether the write took place")]
    OutcomeUnknown,
    /// A record cannot be read.
    #[error("stored data is damaged: {0}")]
    Damaged(String),
    /// The store is closed or broken.
    #[error("the store is not available: {0}")]
    Unavailable(String),
}

/// What the store answers.
pub type Result<T> = std::result::Result<T, StoreError>;
