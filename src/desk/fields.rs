//! Checks of fields that several requests share.

use super::error::DeskError;
use crate::{
    intake::{FaultCode, FieldFault},
    record::{CODES, ReasonCode},
};

/// The longest note, in code points.
pub const NOTE_CHARS_MAX: usize = 2_000;

/// The faults of a request's fields. They are collected, so that a refusal names them all.
#[derive(Default)]
pub(super) struct Faults(Vec<FieldFault>);

impl Faults {
    /// Notes a fault.
    pub fn push(&mut self, fault: FieldFault) {
        self.0.push(fault);
    }

    /// The value of a field that was parsed, or `None` with its fault noted.
    pub fn checked<T>(&mut self, parsed: Result<T, FieldFault>) -> Option<T> {
        parsed.map_err(|fault| self.push(fault)).ok()
    }

    /// A field that may be absent or empty.
    pub fn optional<T>(
        &mut self,
        raw: Option<String>,
        parse: impl FnOnce(String) -> Result<T, FieldFault>,
    ) -> Option<T> {
        let raw = non_empty(raw)?;
        self.checked(parse(raw))
    }

    /// A field that is required.
    pub fn required<T>(
        &mut self,
        raw: Option<String>,
        pointer: &str,
        parse: impl FnOnce(String) -> Result<T, FieldFault>,
    ) -> Option<T> {
        let raw = non_empty(raw).ok_or_else(|| FieldFault::missing(pointer));
        self.checked(raw.and_then(parse))
    }

    /// A note of allowed length; `None` if it is absent or blank.
    pub fn note(&mut self, raw: Option<String>, pointer: &str) -> Option<String> {
        let note = raw.filter(|note| !note.trim().is_empty())?;
        let (chars, code) = (note.chars().count(), FaultCode::NoteTooLong);
        if chars > NOTE_CHARS_MAX {
            self.push(FieldFault::too_long(pointer, code, NOTE_CHARS_MAX, chars));
        }
        Some(note)
    }

    /// A note that is required.
    pub fn required_note(&mut self, raw: Option<String>, pointer: &str) -> Option<String> {
        let note = self.note(raw, pointer);
        self.checked(note.ok_or_else(|| FieldFault::missing(pointer)))
    }

    /// The request once all its fields were checked: refused if any is at fault.
    pub fn finish<T>(self, request: Option<T>) -> Result<T, DeskError> {
        match request {
            Some(request) if self.0.is_empty() => Ok(request),
            _ => Err(DeskError::Fields(self.0)),
        }
    }
}

/// The reason that a request consists of.
pub(super) fn reason(raw: Option<String>) -> Result<String, DeskError> {
    let mut faults = Faults::default();
    let reason = faults.required_note(raw, "/reason");
    faults.finish(reason)
}

/// A field's text; `None` if it is absent or empty.
pub(super) fn non_empty(raw: Option<String>) -> Option<String> {
    raw.filter(|raw| !raw.is_empty())
}

/// The fault of a sanction's number of days.
pub(super) fn days_fault(pointer: &str) -> FieldFault {
    FieldFault::invalid(
        pointer,
        "watch 與 suspend 須指定 1 到 3650 天；warn 與 terminate 不得指定天數",
        "watch and suspend take 1 to 3,650 days, warn and terminate none",
    )
}

/// A reason code that people may give.
pub(super) fn code_for_people(raw: &str, pointer: &str) -> Result<ReasonCode, FieldFault> {
    let known = ReasonCode::parse(raw).filter(|code| code.is_for_people());
    known.ok_or_else(|| invalid_code(pointer))
}

/// The fault of a code that people cannot give; it lists those they can.
pub(super) fn invalid_code(pointer: &str) -> FieldFault {
    let codes: Vec<_> = CODES
        .iter()
        .filter(|row| row.code.is_for_people())
        .map(|row| row.name)
        .collect();
    FieldFault::invalid(
        pointer,
        format!(
            "沒有這個代碼，或此代碼僅供系統使用；須為 {}",
            codes.join("、")
        ),
        format!(
            "no such code, or one that only the filter gives; one of {}",
            codes.join(", ")
        ),
    )
}
