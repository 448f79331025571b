//! Points in time, and the clock and dice as things that are handed in.
//!
//! Only `app` reads the system's clock and its source of chance. Everything else gets a [`Clock`] or a [`Stamp`],
//! so a test is one call and a simulation can jump.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use ulid::Ulid;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z. RFC 3339 in JSON, a number on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// Milliseconds in a minute, an hour, a day.
pub const MINUTE_MS: i64 = 60_000;
/// Milliseconds in an hour.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Milliseconds in a day.
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// What was given is no RFC 3339 time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 time such as 2026-11-23T03:00:00Z")]
pub struct NotATime;

impl Timestamp {
    /// The time `ms` milliseconds after the Unix epoch.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_ms(self) -> i64 {
        self.0
    }

    /// This time and `ms` milliseconds more.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this, negative where `earlier` is later.
    pub const fn ms_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Reads an RFC 3339 time with its offset.
    pub fn parse(raw: &str) -> Result<Self, NotATime> {
        let parsed: jiff::Timestamp = raw.parse().map_err(|_| NotATime)?;
        Ok(Self(parsed.as_millisecond()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(time) => write!(f, "{time:.3}"),
            Err(_) => write!(f, "{}ms", self.0),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() {
            to.collect_str(self)
        } else {
            to.serialize_i64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if from.is_human_readable() {
            Self::parse(&String::deserialize(from)?).map_err(D::Error::custom)
        } else {
            i64::deserialize(from).map(Self)
        }
    }
}

/// The clock and the dice. `app` has the real one; tests hand in their own.
pub trait Clock: Send + Sync + 'static {
    /// Now; never earlier than an answer given before.
    fn now(&self) -> Timestamp;

    /// Fills `bytes` with chance that nobody can guess.
    fn dice(&self, bytes: &mut [u8]);

    /// Now, and ids for what is made now. A clock that many ask at once lets the ids of later stamps be greater.
    fn stamp(&self) -> Stamp {
        let mut seed = [0; 16];
        self.dice(&mut seed);
        Stamp::new(self.now(), u128::from_le_bytes(seed))
    }
}

/// One moment of one request: its time, and as many ids as it needs.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// When this happens.
    pub now: Timestamp,
    seed: u128,
}

impl Stamp {
    /// A stamp whose ids follow from `seed` alone.
    pub const fn new(now: Timestamp, seed: u128) -> Self {
        Self { now, seed }
    }

    /// A new id; ids of one stamp grow.
    pub fn id(&mut self) -> Ulid {
        self.seed = self.seed.wrapping_add(1);
        Ulid::from_parts(u64::try_from(self.now.0).unwrap_or(0), self.seed)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_time_is_written_as_it_is_read() {
        let time = Timestamp::parse("2026-11-23T11:00:00.25+08:00").unwrap();
        assert_eq!(time.to_string(), "2026-11-23T03:00:00.250Z");
        assert_eq!(
            serde_json::to_string(&time).unwrap(),
            "\"2026-11-23T03:00:00.250Z\""
        );
        assert_eq!(Timestamp::parse("yesterday"), Err(NotATime));
    }

    #[test]
    fn ids_of_a_stamp_differ_and_grow() {
        let mut stamp = Stamp::new(Timestamp::from_ms(1_000), 7);
        assert!(stamp.id() < stamp.id());
    }
}
