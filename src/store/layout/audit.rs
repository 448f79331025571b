//! What the audit covers, and by which bytes.

use sha2::{Digest as _, Sha256};

use crate::{
    record::{AuditEntry, Revision, RevisionDigest},
    store::{Result, StoreError, record::Record as _},
};

/// The digest of a revision as the audit covers it.
pub(in crate::store) fn digest_of(comment: u64, revision: &Revision) -> Result<RevisionDigest> {
    let bytes = revision.clone().encode()?;
    let mut digest = [0; 16];
    digest.copy_from_slice(&Sha256::digest(&bytes)[..16]);
    Ok(RevisionDigest {
        comment,
        revision: revision.number,
        digest,
    })
}

/// The bytes of an entry over which its hash goes.
pub(in crate::store) fn chained_bytes(entry: &AuditEntry) -> Result<Vec<u8>> {
    postcard::to_stdvec(&entry.redacted()).map_err(|error| StoreError::Damaged(error.to_string()))
}
