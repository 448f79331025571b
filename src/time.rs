//! Points in time, and the clock and dice as things that are handed in.
//!
//! Only `app` reads the system's clock and its source of chance. Everything else gets a [`Clock`] or an [`IdSource`],
//! so a test is one call and a simulation can jump.

use std::fmt;

use jiff::{SignedDuration, civil::DateTime};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use ulid::Ulid;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z. RFC 3339 in JSON, a number on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// Milliseconds in a second.
pub const SECOND_MS: i64 = 1_000;
/// Milliseconds in a minute.
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
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

    /// Reads an RFC 3339 time with its offset: years 0 to 9999, to the millisecond, what is finer is cut off.
    pub fn parse(raw: &str) -> Result<Self, NotATime> {
        let time = rfc_3339(raw).ok_or(NotATime)?;
        time.civil().map(|_| time).ok_or(NotATime)
    }

    /// The day in a time zone, counted from 1970-01-01.
    pub fn day_in(self, zone: &jiff::tz::TimeZone) -> i32 {
        let Ok(at) = jiff::Timestamp::from_millisecond(self.0) else {
            return 0;
        };
        let since = zone.to_datetime(at).date().duration_since(EPOCH.date());
        i32::try_from(since.as_hours() / 24).unwrap_or(0)
    }

    /// Date and time in UTC; `None` outside of the years 0 to 9999.
    fn civil(self) -> Option<DateTime> {
        let since = SignedDuration::from_millis(self.0);
        let civil = EPOCH.checked_add(since).ok()?;
        (civil.year() >= 0).then_some(civil)
    }
}

/// A day counted from 1970-01-01, as a date: 2026-11-23.
pub fn date_of_day(day: i32) -> String {
    let span = jiff::Span::new().days(i64::from(day));
    let date = EPOCH.date().checked_add(span).unwrap_or(EPOCH.date());
    date.to_string()
}

/// The day of a date such as 2026-11-23, counted from 1970-01-01.
pub fn day_of_date(raw: &str) -> Option<i32> {
    let in_shape = raw.len() == 10 && raw.bytes().filter(|byte| *byte == b'-').count() == 2;
    let date: jiff::civil::Date = raw.parse().ok().filter(|_| in_shape)?;
    i32::try_from(date.duration_since(EPOCH.date()).as_hours() / 24).ok()
}

/// 1970-01-01T00:00:00Z.
const EPOCH: DateTime = jiff::civil::datetime(1970, 1, 1, 0, 0, 0, 0);

/// `date "T" time ["." fraction] offset`, as the standard writes it and no wider.
fn rfc_3339(raw: &str) -> Option<Timestamp> {
    let (moment, rest) = raw.split_at_checked("2026-11-23T03:00:00".len())?;
    let written = moment.bytes().zip("0000-00-00T00:00:00".bytes());
    let in_shape = |(byte, wanted): (u8, u8)| match wanted {
        b'0' => byte.is_ascii_digit(),
        b'T' => b"Tt ".contains(&byte),
        sign => byte == sign,
    };
    let moment: DateTime = if written.into_iter().all(in_shape) {
        moment.parse().ok()?
    } else {
        return None;
    };
    let (fraction_ms, offset) = fraction(rest)?;
    let since_ms = moment.duration_since(EPOCH).as_millis();
    let ms = i64::try_from(since_ms).ok()? + fraction_ms - offset_ms(offset)?;
    Some(Timestamp(ms))
}

/// The milliseconds of a fraction, if there is one, and what follows it.
fn fraction(rest: &str) -> Option<(i64, &str)> {
    let Some(rest) = rest.strip_prefix('.') else {
        return Some((0, rest));
    };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, offset) = rest.split_at_checked(digits)?;
    let ms = digits.bytes().chain(*b"000").take(3);
    let ms = ms.fold(0, |ms, digit| ms * 10 + i64::from(digit - b'0'));
    (!digits.is_empty()).then_some((ms, offset))
}

/// How far local time is ahead of UTC, in milliseconds.
fn offset_ms(offset: &str) -> Option<i64> {
    if matches!(offset, "Z" | "z") {
        return Some(0);
    }
    let sign = match offset.bytes().next()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let two = |digits: &str, max: i64| {
        let whole = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_digit());
        let number: Option<i64> = digits.parse().ok().filter(|_| whole);
        number.filter(|number| *number <= max)
    };
    Some(sign * (two(hours, 23)? * HOUR_MS + two(minutes, 59)? * MINUTE_MS))
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.civil() {
            Some(time) => write!(f, "{time:.3}Z"),
            None => write!(f, "{}ms", self.0),
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

/// The longest that a claim or the time to undo may be set to. What seems to have longer to go was made under a clock that
/// was ahead, and is over.
pub const LEASE_MS_MAX: i64 = DAY_MS;

/// How far the clock is off, until an operator accepts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockJump {
    /// By how many milliseconds it is ahead; negative if it is behind.
    pub ahead_ms: i64,
}

/// Tells a clock that jumped from time that passed: how far the clock went, against what a steady counter says.
#[derive(Debug, Clone, Copy)]
pub struct JumpWatch {
    ms_max: i64,
    /// The last time that was right, and the steady counter at that moment.
    right: (Timestamp, i64),
}

impl JumpWatch {
    /// Begins at a start. `last` is the last time known to be right before it; a clock that differs from it by up to `ms_max` is
    /// believed.
    pub fn new(ms_max: i64, last: Option<Timestamp>, now: Timestamp, steady_ms: i64) -> Self {
        let doubted = last.filter(|last| now.ms_since(*last).abs() > ms_max);
        Self {
            ms_max,
            right: (doubted.unwrap_or(now), steady_ms),
        }
    }

    /// The jump, if there is one: against the counter, or behind the newest time that was stored.
    pub fn jump(&self, newest: Timestamp, now: Timestamp, steady_ms: i64) -> Option<ClockJump> {
        let (right, began_ms) = self.right;
        let against_counter = now.ms_since(right) - (steady_ms - began_ms);
        let against_stored = now.ms_since(newest).min(0);
        [against_counter, against_stored]
            .into_iter()
            .find(|ahead_ms| ahead_ms.abs() > self.ms_max)
            .map(|ahead_ms| ClockJump { ahead_ms })
    }

    /// From now on the clock counts as right.
    pub const fn accept(&mut self, now: Timestamp, steady_ms: i64) {
        self.right = (now, steady_ms);
    }
}

/// The clock and the dice. `app` has the real one; tests hand in their own.
///
/// [`Clock::now`] decides what has ended: credentials, claims, the time to undo. It is not held by what was stored; what must
/// never run backwards, the store holds at its newest.
pub trait Clock: Send + Sync + 'static {
    /// Now, as the system says. Small steps back are waited out, larger ones are followed.
    fn now(&self) -> Timestamp;

    /// How far the clock has jumped, against itself or against the newest time that was stored, unless somebody accepted it.
    /// While it has, nothing is dropped because its time is over. To be asked after [`Clock::now`].
    fn jump(&self, newest: Timestamp) -> Option<ClockJump> {
        let _ = newest;
        None
    }

    /// Accepts its current time as right.
    fn accept(&self) {}

    /// Fills `bytes` with unpredictable random bytes.
    fn random_bytes(&self, bytes: &mut [u8]);

    /// Now, and ids for what is made now. A clock that many ask at once lets the ids of later stamps be greater.
    fn id_source(&self) -> IdSource {
        let mut seed = [0; 16];
        self.random_bytes(&mut seed);
        IdSource::new(self.now(), u128::from_le_bytes(seed))
    }
}

/// One moment of one request: its time, and as many ids as it needs.
#[derive(Debug, Clone)]
pub struct IdSource {
    /// When this happens.
    pub now: Timestamp,
    seed: u128,
}

impl IdSource {
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
    fn the_standard_is_read_whole_and_nothing_wider() {
        let same = |raw: &str, utc: &str| {
            assert_eq!(Timestamp::parse(raw).unwrap().to_string(), utc, "{raw}");
        };
        same("2026-11-23t03:00:00z", "2026-11-23T03:00:00.000Z");
        same("2026-11-23 03:00:00-00:00", "2026-11-23T03:00:00.000Z");
        same("2026-12-31T23:59:60Z", "2026-12-31T23:59:59.000Z");
        same(
            "2026-11-23T03:00:00.1234567890123Z",
            "2026-11-23T03:00:00.123Z",
        );
        same("1969-12-31T23:59:59.9Z", "1969-12-31T23:59:59.900Z");
        same("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z");
        same("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z");
        for raw in [
            "2026-11-23T03:00:00",
            "2026-11-23T03:00Z",
            "2026-11-23T03Z",
            "20261123T030000Z",
            "2026-11-23",
            "2026-11-23T03:00:00+08",
            "2026-11-23T03:00:00+0800",
            "2026-11-23T03:00:00+24:00",
            "2026-11-23T03:00:00.Z",
            "2026-11-23T03:00:00+8:00",
            "2026-11-23T03:00:00+08:60",
            "2026-11-23T03:00:00Z[Asia/Taipei]",
            "2026-02-30T00:00:00Z",
            "2026-11-23T24:00:00Z",
            "9999-12-31T23:59:59-01:00",
            "0000-01-01T00:00:00+01:00",
            " 2026-11-23T03:00:00Z",
            "2026-11-23T03:00:00Z ",
            "２０26-11-23T03:00:00Z",
            "-002026-11-23T03:00:00Z",
            "",
        ] {
            assert_eq!(Timestamp::parse(raw), Err(NotATime), "{raw}");
        }
    }

    #[test]
    fn a_day_is_the_boards() {
        let taipei = jiff::tz::TimeZone::get("Asia/Taipei").unwrap();
        let late = Timestamp::parse("2026-11-23T16:00:00Z").unwrap();
        assert_eq!(date_of_day(late.day_in(&taipei)), "2026-11-24");
        assert_eq!(date_of_day(late.plus_ms(-1).day_in(&taipei)), "2026-11-23");
        assert_eq!(day_of_date("1970-01-02"), Some(1));
        assert_eq!(
            (day_of_date("2026-2-3"), day_of_date("2026-02-30")),
            (None, None)
        );
    }

    #[test]
    fn a_jump_is_what_the_counter_does_not_explain() {
        let day = |days: i64| Timestamp::from_ms(days * DAY_MS);
        let max = 3 * DAY_MS;
        let ahead = |jump: Option<ClockJump>| jump.map(|jump| jump.ahead_ms / DAY_MS);
        let watch = JumpWatch::new(max, Some(day(100)), day(100), 0);
        for passed in [0, 3, 400] {
            let now = day(100 + passed);
            assert_eq!(watch.jump(day(100), now, passed * DAY_MS), None);
            let jumped = watch.jump(day(100), now.plus_ms(max + DAY_MS), passed * DAY_MS);
            assert_eq!(ahead(jumped), Some(4), "while {passed} days passed");
            let behind = watch.jump(day(90), now.plus_ms(-max - DAY_MS), passed * DAY_MS);
            assert_eq!(ahead(behind), Some(-4));
        }
    }

    #[test]
    fn a_start_believes_a_weekend_and_asks_about_a_week() {
        let day = |days: i64| Timestamp::from_ms(days * DAY_MS);
        let max = 3 * DAY_MS;
        let weekend = JumpWatch::new(max, Some(day(100)), day(103), 0);
        assert_eq!(weekend.jump(day(100), day(103), 0), None);
        let mut week = JumpWatch::new(max, Some(day(100)), day(107), 0);
        let later = |ms: i64| (day(107).plus_ms(ms), ms);
        let (now, steady_ms) = later(MINUTE_MS);
        assert!(week.jump(day(100), now, steady_ms).is_some());
        // Set right again, it is over by itself; taken as right, too.
        assert_eq!(week.jump(day(100), day(100), MINUTE_MS), None);
        week.accept(now, steady_ms);
        assert_eq!(week.jump(day(100), now, steady_ms), None);
        // What was stored ahead of the clock has to be accepted, whatever the counter says.
        assert!(week.jump(day(900), now, steady_ms).is_some());
    }

    #[test]
    fn ids_of_a_stamp_differ_and_grow() {
        let mut ids = IdSource::new(Timestamp::from_ms(1_000), 7);
        assert!(ids.id() < ids.id());
    }
}
