//! The leaves of forms: numbers, texts, ids, times, and what holds others.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use cbor4ii::core::types::{Bytes, Null};
use ulid::Ulid;

use super::{Format, Reader, Result, Stored, Writer, variants};
use crate::{
    id::{
        AppealId, ArticleId, CaseId, CommentId, KeyId, MemberId, NoteId, ReceiptId, RejudgeId,
        ReplyId, ReportId, ReporterId, RulingId, SanctionId, SessionId, TokenId, WebhookId,
    },
    record::{KeyName, RecordFault, Score, SecretHash, UserName},
    text::Disguises,
    time::Timestamp,
};

macro_rules! plain {
    ($($ty:ty),*) => {
        $(impl Stored for $ty {
            fn put(&self, to: &mut Writer) {
                to.plain(*self, *self);
            }

            fn take(from: &mut Reader<'_>) -> Result<Self> {
                from.plain()
            }
        })*
    };
}
plain!(bool, u16, u32, u64, i32, i64);

/// What is so, or is absent: a `bool` that was added to a form.
pub(super) struct Yes(pub bool);

impl Stored for Yes {
    fn put(&self, to: &mut Writer) {
        self.0.put(to);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self> {
        bool::take(from).map(Self)
    }

    fn is_absent(&self) -> bool {
        !self.0
    }

    fn absent() -> Option<Self> {
        Some(Self(false))
    }
}

impl Stored for u8 {
    fn put(&self, to: &mut Writer) {
        to.plain(*self, *self);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self> {
        from.plain()
    }

    fn put_all(all: &[Self], to: &mut Writer) {
        to.plain(all, Bytes(all));
    }

    fn take_all(from: &mut Reader<'_>) -> Result<Vec<Self>> {
        let bytes: &[u8] = match from.format {
            Format::First => from.postcard()?,
            Format::Second => from.cbor::<Bytes<&[u8]>>()?.0,
        };
        Ok(bytes.to_vec())
    }
}

impl Stored for String {
    fn put(&self, to: &mut Writer) {
        to.text(self);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self> {
        Ok(from.plain::<&str>()?.to_owned())
    }
}

impl<const N: usize> Stored for [u8; N] {
    fn put(&self, to: &mut Writer) {
        to.fixed(self);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self> {
        from.fixed()
    }
}

/// Sixteen bytes.
impl Stored for u128 {
    fn put(&self, to: &mut Writer) {
        to.plain(*self, Bytes(self.to_be_bytes().as_slice()));
    }

    fn take(from: &mut Reader<'_>) -> Result<Self> {
        match from.format {
            Format::First => from.postcard(),
            Format::Second => from.fixed().map(Self::from_be_bytes),
        }
    }
}

impl<T: Stored> Stored for Option<T> {
    fn put(&self, to: &mut Writer) {
        match (self, to.format) {
            (None, Format::Second) => to.cbor(Null),
            (None, Format::First) => to.bytes.push(0),
            (Some(value), format) => {
                if format == Format::First {
                    to.bytes.push(1);
                }
                value.put(to);
            }
        }
    }

    fn take(from: &mut Reader<'_>) -> Result<Self> {
        from.is_some()?.then(|| T::take(from)).transpose()
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Stored> Stored for Vec<T> {
    fn put(&self, to: &mut Writer) {
        T::put_all(self, to);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self> {
        T::take_all(from)
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }
}

impl<T: Stored> Stored for Box<T> {
    fn put(&self, to: &mut Writer) {
        T::put(self, to);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self> {
        T::take(from).map(Self::new)
    }
}

impl<A: Stored, B: Stored> Stored for (A, B) {
    fn put(&self, to: &mut Writer) {
        to.places(2, 2);
        self.0.put(to);
        self.1.put(to);
        to.end();
    }

    fn take(from: &mut Reader<'_>) -> Result<Self> {
        let mut left = from.places()?;
        let pair = (from.place(&mut left)?, from.place(&mut left)?);
        from.skip(left)?;
        Ok(pair)
    }
}

impl Stored for BTreeMap<u16, i64> {
    fn put(&self, to: &mut Writer) {
        let entries: Vec<(u16, i64)> = self.iter().map(|(key, count)| (*key, *count)).collect();
        entries.put(to);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self> {
        Ok(Vec::take(from)?.into_iter().collect())
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }
}

/// `like!(CaseId as u128, |id| id.0.0, |raw| Some(CaseId(Ulid(raw))))`: what is stored as something simpler.
macro_rules! like {
    ($($name:ident),* as $ty:ty, $put:expr, $take:expr) => {
        $(impl Stored for $name {
            fn put(&self, to: &mut Writer) {
                let put: fn(&$name) -> $ty = $put;
                put(self).put(to);
            }

            fn take(from: &mut Reader<'_>) -> Result<Self> {
                let take: fn($ty) -> Option<$name> = $take;
                let read = take(<$ty>::take(from)?);
                read.ok_or_else(|| RecordFault::new(concat!("no ", stringify!($name))))
            }
        })*
    };
}

macro_rules! ids {
    ($($name:ident),*) => { $(like!($name as u128, |id| id.0.0, |raw| Some($name(Ulid(raw))));)* };
}
ids!(
    AppealId, CaseId, KeyId, NoteId, ReceiptId, ReportId, RulingId, SanctionId, SessionId, TokenId,
    WebhookId, ReplyId, RejudgeId
);

macro_rules! texts {
    ($($name:ident),*) => {
        $(impl Stored for $name {
            fn put(&self, to: &mut Writer) {
                to.text(self.as_str());
            }

            fn take(from: &mut Reader<'_>) -> Result<Self> {
                String::take(from).map(Self::from_record)
            }
        })*
    };
}
texts!(
    ArticleId, CommentId, KeyName, MemberId, ReporterId, UserName
);

like!(Timestamp as i64, |at| at.as_ms(), |ms| Some(
    Timestamp::from_ms(ms)
));
like!(Score as u16, |score| score.permille(), |permille| Some(
    Score::from_permille(permille)
));
like!(Disguises as u16, |set| set.bits(), |bits| Some(
    Disguises::from_bits(bits)
));
like!(SecretHash as [u8; 32], |hash| hash.0, |hash| Some(
    SecretHash(hash)
));
like!(Ipv4Addr as [u8; 4], |address| address.octets(), |octets| {
    Some(octets.into())
});
like!(Ipv6Addr as [u8; 16], |address| address.octets(), |octets| {
    Some(octets.into())
});
variants!(IpAddr { 0 V4(address: Ipv4Addr), 1 V6(address: Ipv6Addr) });
