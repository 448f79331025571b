//! The bytes that the audit covers, by each scheme, and the rows that hold them.

use super::{Format, Reader, Result, Stored, StoredRecord, Writer, rows};
use crate::record::{AuditEntry, Covered, Hashed, RecordFault, Rejudgement, Revision};

/// What format 1 wrote before a value where scheme 1 hashed it: a revision had a row of its own, which began with a byte.
trait First {
    const BEFORE: &'static [u8] = &[];
}

impl First for Revision {
    const BEFORE: &'static [u8] = &[0];
}

impl First for Rejudgement {}

impl First for AuditEntry {}

impl<T: Stored + First> Hashed for T {
    fn hashed(&self, scheme: u8) -> Vec<u8> {
        let mut to = Writer::new(Format::of_scheme(scheme));
        to.bytes.extend_from_slice(before::<T>(scheme));
        self.put(&mut to);
        to.bytes
    }

    fn from_hashed(scheme: u8, bytes: &[u8]) -> Result<Self> {
        let value = bytes.strip_prefix(before::<T>(scheme));
        let value = value.ok_or_else(|| RecordFault::new("it is cut"))?;
        Reader::whole(Format::of_scheme(scheme), value)
    }
}

const fn before<T: First>(scheme: u8) -> &'static [u8] {
    if scheme == 1 { T::BEFORE } else { &[] }
}

impl Format {
    const fn of_scheme(scheme: u8) -> Self {
        match scheme {
            1 => Self::First,
            _ => Self::Second,
        }
    }
}

impl<T: Stored + First> Stored for Covered<T> {
    /// Scheme and bytes; they are not taken apart.
    fn put(&self, to: &mut Writer) {
        to.places(2, 2);
        self.scheme().put(to);
        u8::put_all(self.bytes(), to);
        to.end();
    }

    /// In format 1 the value stands in its row, and what stands there was hashed.
    fn take(from: &mut Reader<'_>) -> Result<Self> {
        match from.format {
            Format::First => {
                let rest = from.rest;
                let value = T::take(from)?;
                let taken = rest.split_at(rest.len() - from.rest.len()).0;
                Ok(Self::of(value, 1, [T::BEFORE, taken].concat()))
            }
            Format::Second => {
                let mut left = from.places()?;
                let covered = Self::read(from.place(&mut left)?, from.place(&mut left)?)?;
                from.skip(left)?;
                Ok(covered)
            }
        }
    }
}

/// An older revision has a row of its own.
impl StoredRecord for Covered<Revision> {
    type Row = Self;
    type First = Self;

    fn check(&self) -> std::result::Result<(), &'static str> {
        rows::check_revision(self)
    }

    #[cfg(test)]
    fn grown(row: &[u8]) -> (Option<String>, Vec<u8>) {
        use super::{form, places};
        form!(
            /// The row of the next version, with a field more.
            Next { scheme: u8, bytes: Vec<u8>; added: Option<String> }
        );
        let read = super::tests::read::<Next>(row);
        let absent = read.added.clone();
        let next = Next {
            added: Some("a field".to_owned()),
            ..read
        };
        (absent, super::tests::written(&next))
    }
}
