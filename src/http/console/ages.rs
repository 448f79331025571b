//! Times as people read them: how long ago, and the time in the board's zone.

use jiff::tz::TimeZone;

use crate::{
    http::problem::Language,
    time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp},
};

/// A time for a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Age {
    /// For programs: RFC 3339.
    pub machine: String,
    /// The time in the board's zone.
    pub absolute: String,
    /// How long ago, or in how long.
    pub relative: String,
}

impl Age {
    /// A time as it looks at `now`.
    pub fn new(at: Timestamp, now: Timestamp, zone: &TimeZone, language: Language) -> Self {
        Self {
            machine: at.to_string(),
            absolute: absolute(at, zone),
            relative: relative(at, now, language),
        }
    }
}

/// `2026-11-30 17:35` in the board's zone.
pub fn absolute(at: Timestamp, zone: &TimeZone) -> String {
    match jiff::Timestamp::from_millisecond(at.as_ms()) {
        Ok(time) => zone
            .to_datetime(time)
            .strftime("%Y-%m-%d %H:%M")
            .to_string(),
        Err(_) => at.to_string(),
    }
}

/// A time of a filter as the API takes it: of a day of the board its beginning, or its last moment; anything else as it is.
pub fn bound(raw: &str, is_end: bool, zone: &TimeZone) -> String {
    let day: Option<jiff::civil::Date> = raw.parse().ok().filter(|_| raw.len() == DAY_CHARS);
    let day = day.and_then(|day| {
        if is_end {
            day.tomorrow().ok()
        } else {
            Some(day)
        }
    });
    let begins = day.and_then(|day| zone.to_timestamp(day.at(0, 0, 0, 0)).ok());
    match begins {
        Some(begins) => {
            let at = Timestamp::from_ms(begins.as_millisecond());
            at.plus_ms(-i64::from(is_end)).to_string()
        }
        None => raw.to_owned(),
    }
}

/// The length of `2026-11-30`.
pub const DAY_CHARS: usize = 10;

fn relative(at: Timestamp, now: Timestamp, language: Language) -> String {
    let past_ms = now.ms_since(at);
    let span = span(past_ms.saturating_abs(), language);
    match (language, span) {
        (Language::ZhTw, None) => "剛剛".to_owned(),
        (Language::En, None) => "just now".to_owned(),
        (Language::ZhTw, Some(span)) if past_ms >= 0 => format!("{span}前"),
        (Language::ZhTw, Some(span)) => format!("{span}後"),
        (Language::En, Some(span)) if past_ms >= 0 => format!("{span} ago"),
        (Language::En, Some(span)) => format!("in {span}"),
    }
}

/// A span in its largest unit; `None` if it is shorter than a minute.
fn span(ms: i64, language: Language) -> Option<String> {
    let units = [
        (365 * DAY_MS, "年", "y"),
        (DAY_MS, "天", "d"),
        (HOUR_MS, "小時", "h"),
        (MINUTE_MS, "分鐘", "min"),
    ];
    let (unit_ms, zh_tw, en) = units.into_iter().find(|(unit_ms, _, _)| ms >= *unit_ms)?;
    Some(format!("{} {}", ms / unit_ms, language.pick(zh_tw, en)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_in_the_largest_unit() {
        let now = Timestamp::from_ms(1_000 * DAY_MS);
        let told = |ms: i64, language| relative(now.plus_ms(-ms), now, language);
        assert_eq!(told(59_000, Language::ZhTw), "剛剛");
        assert_eq!(told(3 * MINUTE_MS, Language::ZhTw), "3 分鐘前");
        assert_eq!(told(25 * HOUR_MS, Language::En), "1 d ago");
        assert_eq!(told(-2 * HOUR_MS, Language::En), "in 2 h");
        assert_eq!(told(-2 * HOUR_MS, Language::ZhTw), "2 小時後");
    }

    #[test]
    fn times_are_those_of_the_board() {
        let zone = TimeZone::fixed(jiff::tz::offset(8));
        assert_eq!(absolute(Timestamp::from_ms(0), &zone), "1970-01-01 08:00");
    }

    #[test]
    fn a_day_of_a_filter_is_the_boards() {
        let zone = TimeZone::fixed(jiff::tz::offset(8));
        assert_eq!(
            bound("2026-11-30", false, &zone),
            "2026-11-29T16:00:00.000Z"
        );
        assert_eq!(bound("2026-11-30", true, &zone), "2026-11-30T15:59:59.999Z");
        for other in ["2026-11-30T08:00:00+08:00", "30.11.2026", ""] {
            assert_eq!(bound(other, true, &zone), other);
        }
    }
}
