//! A sanction as a person asks for it, with a ruling or without one.

use super::fields::{Faults, days_fault};
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
    pub(super) fn checked(&self, at: &str, faults: &mut Faults) -> Option<SanctionRequest> {
        let pointer = format!("{at}/kind");
        let kind = faults.required(self.kind.clone(), &pointer, |raw| {
            let zh_tw = "須為 warn、watch、suspend 或 terminate";
            let en = "one of warn, watch, suspend, terminate";
            SanctionKind::parse(&raw).ok_or_else(|| FieldFault::invalid(&pointer, zh_tw, en))
        })?;
        let request = SanctionRequest {
            kind,
            days: self.days,
            reason: None,
        };
        let days = days_fault(&format!("{at}/days"));
        faults.checked(request.is_sound().then_some(request).ok_or(days))
    }
}
