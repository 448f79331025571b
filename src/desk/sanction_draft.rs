//! A sanction as a person asks for it, with a ruling or without one.

use super::fields::days_fault;
use crate::{intake::FieldFault, member::SanctionKind, review::SanctionRequest};

/// A sanction's fields, unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct SanctionDraft {
    pub kind: Option<String>,
    pub days: Option<u32>,
    pub code: Option<String>,
    pub reason: Option<String>,
}

impl SanctionDraft {
    /// Kind and days if they are valid together; faults are recorded at their pointer below `at`.
    pub(super) fn checked(
        &self,
        at: &str,
        faults: &mut Vec<FieldFault>,
    ) -> Option<SanctionRequest> {
        let Some(raw) = self.kind.as_deref().filter(|raw| !raw.is_empty()) else {
            faults.push(FieldFault::missing(format!("{at}/kind")));
            return None;
        };
        let Some(kind) = SanctionKind::parse(raw) else {
            faults.push(FieldFault::invalid(
                format!("{at}/kind"),
                "須為 warn、watch、suspend 或 terminate",
                "one of warn, watch, suspend, terminate",
            ));
            return None;
        };
        let request = SanctionRequest {
            kind,
            days: self.days,
            reason: None,
        };
        if request.is_sound() {
            return Some(request);
        }
        faults.push(days_fault(&format!("{at}/days")));
        None
    }
}
