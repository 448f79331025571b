//! What a call asks of its caller's rights.

use crate::record::{Role, Scope};

/// The rights that a caller must have to make a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requirement {
    /// None: the call is open to all.
    Open,
    /// Any key, or any person who signed in.
    Credentials,
    /// Any person who signed in; no key.
    Person,
    /// A key that has one of these scopes, or a person of this role or a higher one.
    Either {
        /// Any one of these is enough.
        scopes: &'static [Scope],
        /// The lowest role; `None` if no person may make the call.
        role: Option<Role>,
    },
}

impl Requirement {
    /// For the board's programs that submit comments, articles and nicknames.
    pub const MODERATE: Self = Self::either(&[Scope::Moderate], None);
    /// For the board's programs that submit reports and appeals.
    pub const REPORT: Self = Self::either(&[Scope::Report], None);
    /// For everybody who reads.
    pub const READ: Self = Self::either(&[Scope::Read], Some(Role::Viewer));
    /// For everybody who reads, and for the board's programs that read back what they submitted.
    pub const READ_OR_BOARD: Self = Self::either(
        &[Scope::Read, Scope::Moderate, Scope::Report],
        Some(Role::Viewer),
    );
    /// For everybody who reads, and for the board's programs that read back reports and appeals.
    pub const READ_OR_REPORT: Self =
        Self::either(&[Scope::Read, Scope::Report], Some(Role::Viewer));
    /// For whoever works the queue.
    pub const REVIEW: Self = Self::either(&[Scope::Review], Some(Role::Moderator));
    /// For admins.
    pub const ADMIN: Self = Self::either(&[Scope::Admin], Some(Role::Admin));

    const fn either(scopes: &'static [Scope], role: Option<Role>) -> Self {
        Self::Either { scopes, role }
    }
}
