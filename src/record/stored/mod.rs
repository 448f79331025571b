//! Records as they lie on disk: forms of their own, in a format in which a field can be added and old rows still read.
//!
//! A row is one byte, the format, and the form of its record. Two formats are read:
//!
//! - **2**, which is written: CBOR (RFC 8949) by the crate `cbor4ii`. A struct is an array of its *places*, in the order in
//!   which its form lists them, without what is absent at the end; an enum is its *code*, in an array with its parts where
//!   it has any. So no row holds the names of its fields, and a comment takes about as many bytes as in format 1.
//! - **1**, which versions before wrote and this one only reads: postcard, whose structs cannot grow. Its byte is 0 or, where
//!   a shape had changed once, 1; the shapes that went lie frozen in `v1`. Of its writer the audit's first scheme is left.
//!
//! How a form grows: a new field is listed last, after a semicolon, and can be absent (`Option` or `Vec`):
//!
//! ```text
//! row!(NoteRow of Note { id: NoteId, case: CaseId, by: Actor, at: Timestamp, text: String; language: Option<String> }, …);
//! ```
//!
//! A place is never moved, taken away or given another meaning, and a code is never used again: `tests/upgrade/conversion.rs`
//! holds what the rows of a whole board come to. A row with places that nobody knows yet, as the next version may write it, is
//! read without them, so two adjacent versions can share a store: the older one drops such a place when it writes that row, so
//! a field is read in one version and first written in the next.
//!
//! Each row has a form of its own type, and `From` leads to its record and back; `row!` writes both where they are alike.
//! The values inside of rows list their places, too. All of them name the types of their fields: a type that changes, or a
//! field that is forgotten, does not compile.

mod hashed;
mod leaf;
mod rows;
mod v1;
mod values;

use std::convert::Infallible;

use cbor4ii::core::{
    dec::{self, Decode, IgnoredAny, Reference},
    enc::{self, Encode},
    types::{Array, Bytes},
};

use super::fault::RecordFault;

/// What the first byte of a row of format 2 is.
pub const FORMAT: u8 = 2;

type Result<T> = std::result::Result<T, RecordFault>;

/// A record that has rows of its own.
pub trait StoredRecord: Sized {
    /// What lies in its rows.
    type Row: Stored + From<Self> + Into<Self>;

    /// What lay in them under the byte 0.
    type First: Stored + Into<Self>;

    /// What must always hold. Today's limits are not asked of what was stored under others.
    fn check(&self) -> std::result::Result<(), &'static str>;

    /// What the form with one field more reads of that field in today's row, and the row that it writes with the field.
    #[cfg(test)]
    fn grown(row: &[u8]) -> (Option<String>, Vec<u8>);

    /// The bytes of its row.
    fn to_row(self) -> Vec<u8> {
        let mut to = Writer::new(Format::Second);
        to.bytes.push(FORMAT);
        Self::Row::from(self).put(&mut to);
        to.bytes
    }

    /// What a row of any format holds, if it is sound.
    fn from_row(bytes: &[u8]) -> Result<Self> {
        let (format, body) = bytes
            .split_first()
            .ok_or_else(|| RecordFault::new("it is empty"))?;
        let record: Self = match format {
            0 => Reader::whole::<Self::First>(Format::First, body)?.into(),
            // Byte 1 is postcard, too: of records whose shape had changed once, to the one they have today.
            1 => Reader::whole::<Self::Row>(Format::First, body)?.into(),
            &FORMAT => Reader::whole::<Self::Row>(Format::Second, body)?.into(),
            newer => return Err(RecordFault::Newer(*newer)),
        };
        record.check().map_err(RecordFault::Unsound)?;
        Ok(record)
    }
}

/// A value that has a stored form, in both formats.
pub trait Stored: Sized {
    /// Writes it.
    fn put(&self, to: &mut Writer);

    /// Reads it.
    fn take(from: &mut Reader<'_>) -> Result<Self>;

    /// Whether it need not be written where nothing follows it.
    fn is_absent(&self) -> bool {
        false
    }

    /// What it is where it was not written.
    fn absent() -> Option<Self> {
        None
    }

    /// Writes many of it.
    fn put_all(all: &[Self], to: &mut Writer) {
        to.list(all.len());
        all.iter().for_each(|one| one.put(to));
    }

    /// Reads many of it.
    fn take_all(from: &mut Reader<'_>) -> Result<Vec<Self>> {
        let count = from.list()?;
        (0..count).map(|_| Self::take(from)).collect()
    }
}

/// How bytes are made of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// postcard, frozen.
    First,
    /// CBOR.
    Second,
}

/// Where values are written to.
pub struct Writer {
    pub(crate) format: Format,
    /// Each struct and each variant gets a place more, as a later version might write it: tests read that.
    is_later: bool,
    bytes: Vec<u8>,
}

impl Writer {
    const fn new(format: Format) -> Self {
        Self {
            format,
            is_later: false,
            bytes: Vec::new(),
        }
    }

    /// As CBOR, which cannot fail where it is written to memory.
    fn cbor(&mut self, value: impl Encode) {
        let _ = value.encode(self);
    }

    /// By postcard, or as CBOR.
    fn plain(&mut self, first: impl serde::Serialize, second: impl Encode) {
        match self.format {
            Format::First => {
                // `to_extend` takes the buffer by value and returns it extended.
                let before = std::mem::take(&mut self.bytes);
                self.bytes = postcard::to_extend(&first, before).unwrap_or_default();
            }
            Format::Second => self.cbor(second),
        }
    }

    pub(crate) fn number(&mut self, number: u64) {
        self.plain(number, number);
    }

    fn text(&mut self, text: &str) {
        self.plain(text, text);
    }

    fn list(&mut self, length: usize) {
        match self.format {
            Format::First => self.number(length as u64),
            Format::Second => drop(Array::bounded(length, self)),
        }
    }

    /// Bytes of a length that is known.
    fn fixed(&mut self, bytes: &[u8]) {
        match self.format {
            Format::First => self.bytes.extend_from_slice(bytes),
            Format::Second => self.cbor(Bytes(bytes)),
        }
    }

    /// Begins a struct, of whose places `present` have to be written. Which are; format 1 does not tell how many.
    pub(crate) fn places(&mut self, present: usize, all: usize) -> std::ops::Range<usize> {
        let written = if self.is_later { all } else { present };
        if self.format == Format::Second {
            self.list(written + usize::from(self.is_later));
        }
        0..written
    }

    /// Ends a struct or a variant.
    pub(crate) fn end(&mut self) {
        if self.is_later {
            self.text("of a later version");
        }
    }

    /// Begins a variant of so many parts.
    pub(crate) fn variant(&mut self, code: u64, parts: usize) {
        self.places(1 + parts, 1 + parts);
        self.number(code);
    }
}

/// What the encoder of CBOR writes to.
impl enc::Write for Writer {
    type Error = Infallible;

    fn push(&mut self, input: &[u8]) -> std::result::Result<(), Infallible> {
        self.bytes.extend_from_slice(input);
        Ok(())
    }
}

/// What the decoder of CBOR reads from.
impl<'b> dec::Read<'b> for Reader<'b> {
    type Error = Infallible;

    fn fill<'short>(
        &'short mut self,
        want: usize,
    ) -> std::result::Result<Reference<'b, 'short>, Infallible> {
        // Returning fewer bytes than wanted tells the decoder that the input ends here.
        let there = want.min(self.rest.len());
        Ok(Reference::Long(self.rest.split_at(there).0))
    }

    fn advance(&mut self, n: usize) {
        self.rest = self.rest.split_at(n.min(self.rest.len())).1;
    }

    fn step_in(&mut self) -> bool {
        self.depth += 1;
        self.depth <= DEPTH_MAX
    }

    fn step_out(&mut self) {
        self.depth -= 1;
    }
}

/// How deep something may be nested that is passed over.
const DEPTH_MAX: u32 = 64;

/// What CBOR has for nothing.
const NULL: u8 = 0xf6;

/// Where values are read from.
pub struct Reader<'b> {
    pub(crate) format: Format,
    rest: &'b [u8],
    depth: u32,
}

impl<'b> Reader<'b> {
    /// The value that is all of these bytes.
    fn whole<T: Stored>(format: Format, bytes: &'b [u8]) -> Result<T> {
        let mut from = Self {
            format,
            rest: bytes,
            depth: 0,
        };
        let value = T::take(&mut from)?;
        match from.rest {
            [] => Ok(value),
            _ => Err(RecordFault::new("something follows it")),
        }
    }

    fn postcard<T: serde::Deserialize<'b>>(&mut self) -> Result<T> {
        let (value, rest) = postcard::take_from_bytes(self.rest)?;
        self.rest = rest;
        Ok(value)
    }

    fn cbor<T: Decode<'b>>(&mut self) -> Result<T> {
        T::decode(self).map_err(RecordFault::from)
    }

    /// By postcard, or as CBOR.
    fn plain<T: serde::Deserialize<'b> + Decode<'b>>(&mut self) -> Result<T> {
        match self.format {
            Format::First => self.postcard(),
            Format::Second => self.cbor(),
        }
    }

    pub(crate) fn number(&mut self) -> Result<u64> {
        self.plain()
    }

    fn list(&mut self) -> Result<u64> {
        match self.format {
            Format::First => self.postcard(),
            Format::Second => {
                let length = Array::len(self)?;
                // `None` is an array of indefinite length, which the writer never makes.
                let length = length.ok_or_else(|| RecordFault::new("a list without a length"))?;
                Ok(length as u64)
            }
        }
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N]> {
        let bytes = match self.format {
            Format::First => {
                let (bytes, rest) = self
                    .rest
                    .split_at_checked(N)
                    .ok_or_else(|| RecordFault::new("it is cut"))?;
                self.rest = rest;
                bytes
            }
            Format::Second => self.cbor::<Bytes<&[u8]>>()?.0,
        };
        let bytes = bytes.try_into();
        bytes.map_err(|_| RecordFault::new("bytes of another length"))
    }

    /// How many places of a struct there are; format 1 does not tell, and has all.
    pub(crate) fn places(&mut self) -> Result<u64> {
        match self.format {
            // With this count `place` never finds that no place is left.
            Format::First => Ok(u64::MAX),
            Format::Second => self.list(),
        }
    }

    /// The code of a variant, and how many parts follow it.
    pub(crate) fn variant(&mut self) -> Result<(u64, u64)> {
        // The code is itself one of the places.
        let left = self.places()?.saturating_sub(1);
        Ok((self.number()?, left))
    }

    /// The next of the places that are left.
    pub(crate) fn place<T: Stored>(&mut self, left: &mut u64) -> Result<T> {
        if *left == 0 {
            return T::absent().ok_or_else(|| RecordFault::new("a place is missing"));
        }
        *left -= 1;
        T::take(self)
    }

    /// Passes over the places of a later version.
    pub(crate) fn skip(&mut self, left: u64) -> Result<()> {
        match self.format {
            Format::First => Ok(()),
            Format::Second => (0..left).try_for_each(|_| self.cbor::<IgnoredAny>().map(drop)),
        }
    }

    /// Whether a value is there that may be none.
    fn is_some(&mut self) -> Result<bool> {
        match self.format {
            Format::First => self.postcard(),
            Format::Second => {
                // A null is consumed; anything else is the value itself and is left for its own `take`.
                let after = self.rest.strip_prefix(&[NULL]);
                self.rest = after.unwrap_or(self.rest);
                Ok(after.is_none())
            }
        }
    }
}

/// `places!(Note { id: NoteId, text: String; lang: Option<String> } in { text, id, lang })`: the fields of a struct in the
/// order of format 1; after a semicolon those that were added since, which format 1 does not have; then, where it is another,
/// the order of format 2. `urgent as Yes` in that order: a `bool` that is absent where it is false.
macro_rules! places {
    ($name:ident { $($field:ident: $ty:ty),* $(,)? $(; $($later:ident: $later_ty:ty),* $(,)?)? }) => {
        places!($name { $($field: $ty),* $(; $($later: $later_ty),*)? } in { $($field,)* $($($later,)*)? });
    };
    ($name:ident { $($field:ident: $ty:ty),* $(,)? $(; $($later:ident: $later_ty:ty),* $(,)?)? }
        in { $($place:ident $(as $absent:ident)?),* $(,)? }) => {
        impl $crate::record::stored::Stored for $name {
            fn put(&self, to: &mut $crate::record::stored::Writer) {
                if to.format == $crate::record::stored::Format::First {
                    $(self.$field.put(to);)*
                    return;
                }
                // Left out is only what is absent at the end: a gap before it would shift the others.
                let there = [$(!$crate::record::stored::placed!(self.$place $(, $absent)?).is_absent()),*];
                let present = there.iter().rposition(|is_there| *is_there).map_or(0, |last| last + 1);
                let mut places = to.places(present, there.len());
                // The range yields once for each place to write, and then stops the writing.
                $(if places.next().is_some() {
                    $crate::record::stored::placed!(self.$place $(, $absent)?).put(to);
                })*
                to.end();
            }

            fn take(
                from: &mut $crate::record::stored::Reader<'_>,
            ) -> std::result::Result<Self, $crate::record::RecordFault> {
                let mut left = from.places()?;
                if from.format == $crate::record::stored::Format::First {
                    $(let $field: $ty = from.place(&mut left)?;)*
                    // Format 1 never had the later fields: each is absent.
                    return Ok(Self { $($field,)* $($($later: <$later_ty>::default(),)*)? });
                }
                $(let $place = from.place(&mut left)?;)*
                from.skip(left)?;
                Ok(Self { $($place: $crate::record::stored::taken!($place $(, $absent)?)),* })
            }
        }
    };
}

/// A field as its place holds it.
macro_rules! placed {
    ($self:ident.$field:ident) => {
        $self.$field
    };
    ($self:ident.$field:ident, $absent:ident) => {
        $absent($self.$field)
    };
}

/// What was read from a place, as its field has it.
macro_rules! taken {
    ($place:ident) => {
        $place
    };
    ($place:ident, $absent:ident) => {{
        let $absent(value) = $place;
        value
    }};
}

/// `codes!(Verdict { 0 Allow, 1 Flag })`: the codes of an enum whose variants hold nothing.
macro_rules! codes {
    ($name:ident { $($code:literal $variant:ident),* $(,)? }) => {
        impl $crate::record::stored::Stored for $name {
            fn put(&self, to: &mut $crate::record::stored::Writer) {
                to.number(match self { $(Self::$variant => $code),* });
            }

            fn take(
                from: &mut $crate::record::stored::Reader<'_>,
            ) -> std::result::Result<Self, $crate::record::RecordFault> {
                match from.number()? {
                    $($code => Ok(Self::$variant),)*
                    _ => Err($crate::record::RecordFault::new(
                        concat!("no known ", stringify!($name)),
                    )),
                }
            }
        }
    };
}

/// `variants!(Subject { 0 Comment(id: CommentId), 2 Tag { article: ArticleId, tag: String } })`: the codes of an enum, and
/// what its variants hold.
macro_rules! variants {
    ($name:ident { $($code:literal $variant:ident
        $(($($part:ident: $part_ty:ty),*))? $({ $($field:ident: $field_ty:ty),* })?),* $(,)? }) => {
        impl $crate::record::stored::Stored for $name {
            fn put(&self, to: &mut $crate::record::stored::Writer) {
                match self {
                    $(Self::$variant $(($($part),*))? $({ $($field),* })? => {
                        // Only the length is used: this is how a macro counts its repetitions.
                        let parts: &[&str] = &[$($(stringify!($part)),*)? $($(stringify!($field)),*)?];
                        to.variant($code, parts.len());
                        $($($part.put(to);)*)?
                        $($($field.put(to);)*)?
                    })*
                }
                to.end();
            }

            fn take(
                from: &mut $crate::record::stored::Reader<'_>,
            ) -> std::result::Result<Self, $crate::record::RecordFault> {
                #[allow(unused_mut, reason = "some enums hold nothing")]
                let (code, mut left) = from.variant()?;
                let value = match code {
                    $($code => {
                        $($(let $part: $part_ty = from.place(&mut left)?;)*)?
                        $($(let $field: $field_ty = from.place(&mut left)?;)*)?
                        Self::$variant $(($($part),*))? $({ $($field),* })?
                    })*
                    _ => return Err($crate::record::RecordFault::new(
                        concat!("no known ", stringify!($name)),
                    )),
                };
                from.skip(left)?;
                Ok(value)
            }
        }
    };
}

/// `form!(/** … */ NoteRow { id: NoteId, text: String })`: a struct of these [`places!`].
macro_rules! form {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $ty:ty),* $(,)? $(; $($later:ident: $later_ty:ty),* $(,)?)? }
        $(in { $($place:ident),* $(,)? })?) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name { $($field: $ty,)* $($($later: $later_ty,)*)? }

        places!($name { $($field: $ty),* $(; $($later: $later_ty),*)? } $(in { $($place),* })?);
    };
}

/// `row!(NoteRow of Note { id: NoteId, text: String }, |note| …)`: the form of a record's rows, with what must always hold of
/// the record; `NoteRow of Note, once v1::Note` where rows under the byte 0 had another.
macro_rules! row {
    ($row:ident of $noun:ident $(, once $first:ty)?
        { $($field:ident: $ty:ty),* $(,)? $(; $($later:ident: $later_ty:ty),* $(,)?)? }
        $(in { $($place:ident),* $(,)? })?, $check:expr) => {
        form!(
            #[doc = concat!("The row of a `", stringify!($noun), "`.")]
            $row { $($field: $ty),* $(; $($later: $later_ty),*)? } $(in { $($place),* })?
        );

        impl From<$noun> for $row {
            fn from(record: $noun) -> Self {
                let $noun { $($field,)* $($($later,)*)? } = record;
                Self { $($field,)* $($($later,)*)? }
            }
        }

        impl From<$row> for $noun {
            fn from(row: $row) -> Self {
                let $row { $($field,)* $($($later,)*)? } = row;
                Self { $($field,)* $($($later,)*)? }
            }
        }

        impl $crate::record::stored::StoredRecord for $noun {
            type Row = $row;
            type First = first_of!($row $(, $first)?);

            fn check(&self) -> std::result::Result<(), &'static str> {
                let check: fn(&$noun) -> std::result::Result<(), &'static str> = $check;
                check(self)
            }

            #[cfg(test)]
            fn grown(row: &[u8]) -> (Option<String>, Vec<u8>) {
                form!(
                    /// The row of the next version, with a field more.
                    Next {
                        $($field: $ty),*; $($($later: $later_ty,)*)? added: Option<String>
                    } $(in { $($place,)* added })?
                );
                let read = $crate::record::stored::tests::read::<Next>(row);
                let absent = read.added.clone();
                let next = Next { added: Some("a field".to_owned()), ..read };
                (absent, $crate::record::stored::tests::written(&next))
            }
        }
    };
}

/// What lay under the byte 0: the row's form, unless another is named.
macro_rules! first_of {
    ($row:ty) => {
        $row
    };
    ($row:ty, $first:ty) => {
        $first
    };
}

use {codes, variants};
pub(crate) use {first_of, form, placed, places, row, taken};

/// Something that must hold, or what does not.
pub(crate) fn ensure(holds: bool, what: &'static str) -> std::result::Result<(), &'static str> {
    if holds { Ok(()) } else { Err(what) }
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fmt::Debug;

    use super::*;

    pub(crate) fn read<T: Stored>(row: &[u8]) -> T {
        Reader::whole(Format::Second, &row[1..]).unwrap()
    }

    pub(crate) fn written(form: &impl Stored) -> Vec<u8> {
        let mut to = Writer::new(Format::Second);
        to.bytes.push(FORMAT);
        form.put(&mut to);
        to.bytes
    }

    /// A field can be added: the next version reads today's row, and today's reads the next one's. The same holds for each
    /// value within: this version passes over what a later one may have added there.
    pub(crate) fn check_that_a_field_can_be_added<T: StoredRecord + Clone + Debug + PartialEq>(
        record: &T,
    ) {
        let row = record.clone().to_row();
        assert_eq!(T::from_row(&row).as_ref(), Ok(record));
        let (added, grown) = T::grown(&row);
        assert_eq!(added, None);
        assert_eq!(T::from_row(&grown).as_ref(), Ok(record));
        assert_eq!(T::grown(&grown).0.as_deref(), Some("a field"));
        let mut later = Writer::new(Format::Second);
        later.is_later = true;
        later.bytes.push(FORMAT);
        T::Row::from(record.clone()).put(&mut later);
        assert!(later.bytes.len() > row.len());
        assert_eq!(T::from_row(&later.bytes).as_ref(), Ok(record));
    }

    #[test]
    fn what_nobody_knows_yet_is_told_apart_from_damage() {
        let newer = RecordFault::Newer(FORMAT + 1);
        assert_eq!(
            crate::record::Note::from_row(&[FORMAT + 1, 0x80]),
            Err(newer)
        );
        let unreadable = |row: &[u8]| {
            let read = crate::record::Note::from_row(row);
            assert!(matches!(read, Err(RecordFault::Unreadable(_))), "{row:?}");
        };
        // Empty, cut, without its places, of other types, with something behind it.
        for row in [
            &[][..],
            &[FORMAT],
            &[FORMAT, 0x80],
            &[FORMAT, 0x81, 1],
            &[FORMAT, 0xff],
            &[0],
        ] {
            unreadable(row);
        }
    }
}
