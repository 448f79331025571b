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
    /// With the kind `proposed`, in a ruling: the proposal that the moderator saw.
    pub expect: Option<ExpectDraft>,
}

/// The sanction that a moderator expects the penalty schedule to propose, unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct ExpectDraft {
    pub kind: Option<String>,
    pub days: Option<u32>,
}

/// The kind that stands for what the penalty schedule proposes.
const PROPOSED: &str = "proposed";

impl SanctionDraft {
    /// The sanction of a ruling, and whether it is meant to be the proposed one.
    pub(super) fn of_ruling(
        &self,
        at: &str,
        faults: &mut Faults,
    ) -> Option<(SanctionRequest, bool)> {
        if self.kind.as_deref() != Some(PROPOSED) {
            if self.expect.is_some() {
                let (zh_tw, en) = ("僅與 proposed 併用", "goes with the kind proposed");
                faults.push(FieldFault::invalid(format!("{at}/expect"), zh_tw, en));
            }
            return self.checked(at, faults).map(|request| (request, false));
        }
        if self.days.is_some() {
            let (zh_tw, en) = ("天數請寫在 expect", "the days go into expect");
            faults.push(FieldFault::invalid(format!("{at}/days"), zh_tw, en));
        }
        let at = format!("{at}/expect");
        let missing = FieldFault::missing(&at);
        let expected = faults.checked(self.expect.clone().ok_or(missing))?;
        let expected = Self {
            kind: expected.kind,
            days: expected.days,
            ..Self::default()
        };
        expected.checked(&at, faults).map(|request| (request, true))
    }

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
