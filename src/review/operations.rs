//! What operators do that changes no record: an audit entry alone.

use crate::record::{AuditDraft, Change, ChangeBuilder};

/// A rulebook in use, a clock accepted, a backup made, sign-ins refused.
pub fn audited(entry: AuditDraft) -> Change {
    ChangeBuilder::new().audit([entry]).build()
}

/// A compaction: nothing in the new copy was purged since.
pub fn compacted(entry: AuditDraft) -> Change {
    ChangeBuilder::new().audit([entry]).compaction().build()
}
