//! Checks of fields that several requests share.

use super::error::DeskError;
use crate::{
    intake::{FaultCode, FieldFault},
    record::{CODES, ReasonCode},
};

/// The longest note, in code points.
pub const NOTE_CHARS_MAX: usize = 2_000;

/// Refuses a request with faults: all of them at once.
pub(super) fn no_faults(faults: Vec<FieldFault>) -> Result<(), DeskError> {
    if faults.is_empty() {
        Ok(())
    } else {
        Err(DeskError::Fields(faults))
    }
}

/// A note of allowed length; `None` if it is empty.
pub(super) fn checked_note(
    raw: Option<String>,
    pointer: &str,
    faults: &mut Vec<FieldFault>,
) -> Option<String> {
    let note = raw.filter(|note| !note.trim().is_empty())?;
    let chars = note.chars().count();
    if chars > NOTE_CHARS_MAX {
        let code = FaultCode::NoteTooLong;
        faults.push(FieldFault::too_long(pointer, code, NOTE_CHARS_MAX, chars));
    }
    Some(note)
}

/// A required reason.
pub(super) fn required_reason(raw: Option<String>, faults: &mut Vec<FieldFault>) -> Option<String> {
    let reason = checked_note(raw, "/reason", faults);
    if reason.is_none() && faults.is_empty() {
        faults.push(FieldFault::missing("/reason"));
    }
    reason
}

/// The fault of a sanction's number of days.
pub(super) fn days_fault(pointer: &str) -> FieldFault {
    FieldFault::invalid(
        pointer,
        "watch 與 suspend 須指定 1 到 3650 天；warn 與 terminate 不得指定天數",
        "watch and suspend take 1 to 3,650 days, warn and terminate none",
    )
}

/// A required reason code that people may give.
pub(super) fn required_code(
    raw: Option<String>,
    pointer: &str,
    faults: &mut Vec<FieldFault>,
) -> Option<ReasonCode> {
    let Some(raw) = raw.filter(|raw| !raw.is_empty()) else {
        faults.push(FieldFault::missing(pointer));
        return None;
    };
    known_code(&raw, pointer, faults)
}

/// A reason code that people may give.
pub(super) fn known_code(
    raw: &str,
    pointer: &str,
    faults: &mut Vec<FieldFault>,
) -> Option<ReasonCode> {
    let known = ReasonCode::parse(raw).filter(|code| code.is_for_people());
    if known.is_none() {
        faults.push(invalid_code(pointer));
    }
    known
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
