//! A text in one of its readings, for patterns to be compared with.

use crate::text::{
    alt_reading::{AltReading, UnitOrigin},
    fold::fold_char,
    units::{Unit, Units},
};

/// A text and its units.
#[derive(Clone, Copy)]
pub(super) struct UnitWindow<'t> {
    pub text: &'t str,
    pub units: &'t [Unit],
    starts: &'t [u32],
    alt_reading: Option<(&'t [u32], &'t [UnitOrigin])>,
}

impl<'t> UnitWindow<'t> {
    /// The text as written.
    pub(super) fn written(text: &'t str, units: &'t Units) -> Self {
        Self {
            text,
            units: units.units(),
            starts: units.starts(),
            alt_reading: None,
        }
    }

    /// The text in another reading.
    pub(super) fn alt_reading(text: &'t str, alt_reading: &'t AltReading) -> Self {
        Self {
            text,
            units: alt_reading.units(),
            starts: alt_reading.starts(),
            alt_reading: Some((alt_reading.ends(), alt_reading.origins())),
        }
    }

    /// The first byte of a unit; beyond the last unit, the end of the text.
    pub(super) fn start(&self, unit: usize) -> usize {
        self.starts
            .get(unit)
            .map_or(self.text.len(), |start| *start as usize)
    }

    /// The end of a unit's own characters, in bytes.
    pub(super) fn end(&self, unit: usize) -> usize {
        match self.alt_reading {
            Some((ends, _)) => ends.get(unit).map_or(self.text.len(), |end| *end as usize),
            None => {
                // one character, even if it is repeated: repeats and marks are read later, with the
                // gap behind it
                let start = self.start(unit);
                let width = self.text.get(start..).and_then(|rest| rest.chars().next());
                start + width.map_or(0, char::len_utf8)
            }
        }
    }

    pub(super) fn origin(&self, unit: usize) -> UnitOrigin {
        self.alt_reading
            .and_then(|(_, origins)| origins.get(unit).copied())
            .unwrap_or_default()
    }

    /// Whether a unit is this folded character, if it is one of the text.
    pub(super) fn may_be(&self, unit: usize, ch: char) -> bool {
        let rest = self.text.get(self.start(unit)..).unwrap_or_default();
        let own = rest.chars().next().map(fold_char);
        self.origin(unit) != UnitOrigin::Own
            || own.is_some_and(|own| own.into_chars().any(|own| own == ch))
    }

    /// Whether the reading differs from the text within these units; if not, a match was found in the text as written
    /// already. Always true for the text as written.
    pub(super) fn differs(&self, start: usize, len: usize) -> bool {
        self.alt_reading.is_none_or(|(_, origins)| {
            let window = origins.get(start..start + len).unwrap_or_default();
            window.iter().any(|origin| *origin != UnitOrigin::Own)
        })
    }

    /// The first unit that starts at this byte or after it.
    pub(super) fn unit_at(&self, byte: usize) -> usize {
        self.starts
            .partition_point(|start| (*start as usize) < byte)
    }
}
