//! Records as they lie on disk: forms of their own, in a format in which a field can be added and old rows still read.
//!
//! A row is one byte, the format, and the form of its record. Two formats are read:
//!
//! - **2**: CBOR (RFC 8949) by the crate `minicbor`. A struct is an array of its *places*, in the order in
//!   which its form lists them, without what is absent at the end; an enum is its *code*, with its parts in an array. So a
//!   comment takes about as many bytes as in format 1, and none for the names of its fields.
//! - **1**, which is written until folders are converted: postcard, whose structs cannot grow. Its byte is 0 or, where the shape had
//!   changed once, 1; the shapes that went lie frozen in [`v1`].
//!
//! How a form grows: a new field is listed last and can be absent (`Option` or `Vec`), and nothing else happens to what is
//! there. A place is never moved, taken away or given another meaning, and a code is never used again: `pins.rs` holds the
//! bytes of each form. A row with places that nobody knows yet, as the next version may write, is read without them, so two
//! adjacent versions can share a store: the older one drops such a place when it writes the row, so a field is read in one
//! version and first written in the next.
//!
//! Each row has a form of its own type, and `From` leads to its record and back. Where the two are alike the macro `row!`
//! writes both; a record that is changed has to be told apart from its form by hand. The values inside of rows list their
//! places, too, with the types of their fields, so that a changed type does not compile.

mod leaf;
mod rows;
mod v1;
mod values;

use minicbor::{Decoder, Encoder, data::Type};

/// What the first byte of a row of format 2 is.
pub const FORMAT: u8 = 2;

/// Why a row cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordFault {
    /// Its format is not known yet.
    #[error("a record is of format {0}, which a newer version wrote")]
    Newer(u8),
    /// Its bytes are no record of its kind.
    #[error("a record cannot be read: {0}")]
    Unreadable(String),
    /// What must hold does not.
    #[error("{0}")]
    Unsound(&'static str),
}

impl RecordFault {
    pub(crate) fn new(what: &str) -> Self {
        Self::Unreadable(what.to_owned())
    }
}

impl From<minicbor::decode::Error> for RecordFault {
    fn from(error: minicbor::decode::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}

impl From<postcard::Error> for RecordFault {
    fn from(error: postcard::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}

type Result<T> = std::result::Result<T, RecordFault>;

/// A record that has rows of its own.
pub trait StoredRecord: Sized {
    /// What lies in its rows.
    type Row: Stored + From<Self> + Into<Self>;

    /// What lay in them under the byte 0.
    type First: Stored + Into<Self>;

    /// The byte before what is written.
    const BYTE: u8;

    /// What must always hold. Today's limits are not asked of what was stored under others.
    fn check(&self) -> std::result::Result<(), &'static str>;

    /// The bytes of its row.
    fn to_row(self) -> Vec<u8> {
        let mut to = Writer::new(Format::First);
        to.bytes.push(Self::BYTE);
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
    bytes: Vec<u8>,
}

impl Writer {
    const fn new(format: Format) -> Self {
        let bytes = Vec::new();
        Self { format, bytes }
    }

    /// By postcard, or as CBOR; neither can fail where it writes a plain value to memory.
    fn plain<T: serde::Serialize>(
        &mut self,
        first: T,
        second: impl FnOnce(&mut Encoder<&mut Vec<u8>>),
    ) {
        match self.format {
            Format::First => {
                let before = std::mem::take(&mut self.bytes);
                self.bytes = postcard::to_extend(&first, before).unwrap_or_default();
            }
            Format::Second => second(&mut Encoder::new(&mut self.bytes)),
        }
    }

    pub(crate) fn number(&mut self, number: u64) {
        self.plain(number, |to| drop(to.u64(number)));
    }

    fn text(&mut self, text: &str) {
        self.plain(text, |to| drop(to.str(text)));
    }

    fn list(&mut self, length: usize) {
        self.plain(length, |to| drop(to.array(length as u64)));
    }

    /// Bytes of a length that is known.
    fn fixed(&mut self, bytes: &[u8]) {
        match self.format {
            Format::First => self.bytes.extend_from_slice(bytes),
            Format::Second => drop(Encoder::new(&mut self.bytes).bytes(bytes)),
        }
    }

    /// Begins the `count` places of a struct; format 1 does not tell how many there are.
    pub(crate) fn places(&mut self, count: usize) {
        if self.format == Format::Second {
            self.list(count);
        }
    }

    /// Begins a variant of so many parts.
    pub(crate) fn variant(&mut self, code: u64, parts: usize) {
        self.places(1 + parts);
        self.number(code);
    }
}

/// Where values are read from.
pub struct Reader<'b> {
    pub(crate) format: Format,
    rest: &'b [u8],
}

impl<'b> Reader<'b> {
    /// The value that is all of these bytes.
    fn whole<T: Stored>(format: Format, bytes: &'b [u8]) -> Result<T> {
        let mut from = Self {
            format,
            rest: bytes,
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

    fn cbor<T>(
        &mut self,
        read: impl FnOnce(&mut Decoder<'b>) -> std::result::Result<T, minicbor::decode::Error>,
    ) -> Result<T> {
        let mut decoder = Decoder::new(self.rest);
        let value = read(&mut decoder)?;
        self.rest = self.rest.get(decoder.position()..).unwrap_or_default();
        Ok(value)
    }

    /// By postcard, or as CBOR.
    fn plain<T: serde::Deserialize<'b>>(
        &mut self,
        second: impl FnOnce(&mut Decoder<'b>) -> std::result::Result<T, minicbor::decode::Error>,
    ) -> Result<T> {
        match self.format {
            Format::First => self.postcard(),
            Format::Second => self.cbor(second),
        }
    }

    pub(crate) fn number(&mut self) -> Result<u64> {
        self.plain(|from| from.u64())
    }

    fn list(&mut self) -> Result<u64> {
        self.plain(|from| {
            let length = from.array()?;
            length.ok_or_else(|| minicbor::decode::Error::message("a list without a length"))
        })
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
            Format::Second => self.cbor(|from| from.bytes())?,
        };
        let bytes = bytes.try_into();
        bytes.map_err(|_| RecordFault::new("bytes of another length"))
    }

    /// How many places of a struct there are; format 1 does not tell, and has all.
    pub(crate) fn places(&mut self) -> Result<u64> {
        match self.format {
            Format::First => Ok(u64::MAX),
            Format::Second => self.list(),
        }
    }

    /// The code of a variant, and how many parts follow it.
    pub(crate) fn variant(&mut self) -> Result<(u64, u64)> {
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
            Format::Second => (0..left).try_for_each(|_| self.cbor(|from| from.skip())),
        }
    }

    /// Whether a value is there that may be none.
    fn is_some(&mut self) -> Result<bool> {
        match self.format {
            Format::First => self.plain(|from| from.bool()),
            Format::Second => {
                let is_null = self.cbor(|from| {
                    let is_null = from.datatype()? == Type::Null;
                    if is_null {
                        from.skip()?;
                    }
                    Ok(is_null)
                })?;
                Ok(!is_null)
            }
        }
    }
}

/// `places!(Note { id: NoteId, text: String; lang: Option<String> } in { text, id, lang })`: the fields of a struct in the
/// order of format 1; after a semicolon those that were added since, which format 1 does not have; then, where it is another,
/// the order of format 2.
macro_rules! places {
    ($name:ident { $($field:ident: $ty:ty),* $(,)? $(; $($later:ident: $later_ty:ty),* $(,)?)? }) => {
        places!($name { $($field: $ty),* $(; $($later: $later_ty),*)? } in { $($field,)* $($($later,)*)? });
    };
    ($name:ident { $($field:ident: $ty:ty),* $(,)? $(; $($later:ident: $later_ty:ty),* $(,)?)? }
        in { $($place:ident),* $(,)? }) => {
        impl $crate::record::stored::Stored for $name {
            fn put(&self, to: &mut $crate::record::stored::Writer) {
                if to.format == $crate::record::stored::Format::First {
                    $(self.$field.put(to);)*
                    return;
                }
                let there = [$(!self.$place.is_absent()),*];
                let count = there.iter().rposition(|is_there| *is_there).map_or(0, |last| last + 1);
                to.places(count);
                let mut places = 0..count;
                $(if places.next().is_some() {
                    self.$place.put(to);
                })*
            }

            fn take(
                from: &mut $crate::record::stored::Reader<'_>,
            ) -> std::result::Result<Self, $crate::record::stored::RecordFault> {
                let mut left = from.places()?;
                if from.format == $crate::record::stored::Format::First {
                    $(let $field: $ty = from.place(&mut left)?;)*
                    $(left = 0; $(let $later: $later_ty = from.place(&mut left)?;)*)?
                    return Ok(Self { $($field,)* $($($later,)*)? });
                }
                $(let $place = from.place(&mut left)?;)*
                from.skip(left)?;
                Ok(Self { $($place),* })
            }
        }
    };
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
            ) -> std::result::Result<Self, $crate::record::stored::RecordFault> {
                match from.number()? {
                    $($code => Ok(Self::$variant),)*
                    _ => Err($crate::record::stored::RecordFault::new(
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
                        let parts: &[&str] = &[$($(stringify!($part)),*)? $($(stringify!($field)),*)?];
                        to.variant($code, parts.len());
                        $($($part.put(to);)*)?
                        $($($field.put(to);)*)?
                    })*
                }
            }

            fn take(
                from: &mut $crate::record::stored::Reader<'_>,
            ) -> std::result::Result<Self, $crate::record::stored::RecordFault> {
                #[allow(unused_mut, reason = "some enums hold nothing")]
                let (code, mut left) = from.variant()?;
                let value = match code {
                    $($code => {
                        $($(let $part: $part_ty = from.place(&mut left)?;)*)?
                        $($(let $field: $field_ty = from.place(&mut left)?;)*)?
                        Self::$variant $(($($part),*))? $({ $($field),* })?
                    })*
                    _ => return Err($crate::record::stored::RecordFault::new(
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
            const BYTE: u8 = 0 $(+ { let _ = stringify!($first); 1 })?;

            fn check(&self) -> std::result::Result<(), &'static str> {
                let check: fn(&$noun) -> std::result::Result<(), &'static str> = $check;
                check(self)
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
pub(crate) use {first_of, form, places, row};

/// Something that must hold, or what does not.
pub(crate) fn ensure(holds: bool, what: &'static str) -> std::result::Result<(), &'static str> {
    if holds { Ok(()) } else { Err(what) }
}
