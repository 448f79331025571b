//! Why a stored record cannot be read.

use std::convert::Infallible;

use cbor4ii::core::error::DecodeError;

/// Why a row cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordFault {
    /// Its format is not known yet.
    #[error("a record is of format {0}, which a newer version wrote")]
    Newer(u8),
    /// Its bytes are no record of its kind.
    #[error("a record cannot be read: {0}")]
    Unreadable(String),
    /// What must hold does not.
    #[error("{0}")]
    Unsound(&'static str),
}

impl RecordFault {
    pub(crate) fn new(what: &str) -> Self {
        Self::Unreadable(what.to_owned())
    }
}

impl From<DecodeError<Infallible>> for RecordFault {
    fn from(error: DecodeError<Infallible>) -> Self {
        Self::Unreadable(error.to_string())
    }
}

impl From<postcard::Error> for RecordFault {
    fn from(error: postcard::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}
