//! Statistics: sums of tallies counted when things happened, by days in the board's time zone.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    base::Base,
    error::DeskError,
    query::QueryCheck,
    views::{BacklogView, StatsItem, StatsView},
};
use crate::{
    record::{FormKey, ReasonCode, Rule, Tally, TallyOf, TallyRow},
    store::StoreStats,
    time::{Timestamp, date_of_day, day_of_date},
};

/// The most days in one query.
const DAYS_MAX: i32 = 3_700;
/// The number of days if the caller gives none.
const DAYS_DEFAULT: i32 = 30;
/// How many written forms are read at a time.
const FORMS_AT_ONCE: usize = 1_000;
/// What statistics can be grouped by.
const BY: [&str; 6] = ["day", "rule", "code", "moderator", "term", "form"];
/// The day on which a comment counts: when it was received, or when it was posted as the board says. Rulings, reports and
/// appeals count on the day they happened in either case.
const DAY_OF: [&str; 2] = ["received", "posted"];

/// The query as the caller wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct StatsQuery {
    pub from: Option<String>,
    pub to: Option<String>,
    pub by: Option<String>,
    pub day_of: Option<String>,
    pub each: Option<String>,
}

/// Statistics, metrics and the audit.
pub struct Figures {
    pub(super) base: Arc<Base>,
}

impl Figures {
    /// What was received, decided and ruled in a range of days, both ends included.
    pub async fn stats(&self, query: StatsQuery) -> Result<StatsView, DeskError> {
        let now = self.base.clock.now();
        let today = self.day_of(now);
        let mut check = QueryCheck::new();
        let day = |raw: &str| {
            let of_time = || Timestamp::parse(raw).ok().map(|at| self.day_of(at));
            day_of_date(raw).or_else(of_time)
        };
        let to = check.single("to", &query.to, day).unwrap_or(today);
        let from = check.single("from", &query.from, |raw| {
            day(raw).filter(|from| (0..DAYS_MAX).contains(&(to - from)))
        });
        let by = check
            .single("by", &query.by, |raw| BY.into_iter().find(|by| *by == raw))
            .unwrap_or("day");
        let day_of = check
            .single("day_of", &query.day_of, |raw| {
                DAY_OF.into_iter().find(|day_of| *day_of == raw)
            })
            .unwrap_or("received");
        let each_day = check.single("each", &query.each, |raw| {
            // Written forms are named in the end, when their days are summed up.
            (raw == "day" && by != "form").then_some(())
        });
        check.finish()?;
        let from = from.unwrap_or(to - DAYS_DEFAULT + 1);
        let days = self.tallies_between(from, to, TallyOf::Day, day_of).await?;
        let rows = match tally_kind(by) {
            TallyOf::Day => days.clone(),
            of => self.tallies_between(from, to, of, day_of).await?,
        };
        let total = days.iter().fold(Tally::default(), |mut sum, row| {
            sum.add(&row.tally, 1);
            sum
        });
        let items = match each_day {
            Some(()) => sum_by_name_and_day(&rows),
            None => self.sums(by, &rows).await?,
        };
        let stats = self.base.store.stats().await?;
        Ok(StatsView {
            from: date_of_day(from),
            to: date_of_day(to),
            by,
            day_of,
            items,
            total: StatsItem::of(None, &total),
            backlog: BacklogView {
                waiting: stats.unresolved_cases,
                oldest_at: stats.oldest_case,
                oldest_age_seconds: stats.oldest_case.map(|at| now.ms_since(at).max(0) / 1_000),
            },
        })
    }

    /// Tallies are kept by the day of receipt, plus corrections that move late comments to the day of posting; the sum of both
    /// is the count by posting.
    async fn tallies_between(
        &self,
        from: i32,
        to: i32,
        of: TallyOf,
        day_of: &str,
    ) -> Result<Vec<TallyRow>, DeskError> {
        let mut rows = self.base.store.tallies(from, to, &of).await?;
        if day_of == "posted" {
            let corrections = TallyOf::Posted(Box::new(of));
            rows.extend(self.base.store.tallies(from, to, &corrections).await?);
        }
        Ok(rows)
    }

    /// The sums over all days.
    async fn sums(&self, by: &str, rows: &[TallyRow]) -> Result<Vec<StatsItem>, DeskError> {
        let sums = match by {
            "form" => self.form_sums(rows).await?,
            _ => sum_by_name(rows),
        };
        let sums = sums.into_iter();
        Ok(sums
            .map(|(key, tally)| StatsItem::of(Some(key), &tally))
            .collect())
    }

    /// The sum for each written form that is still kept, by what is written: counts name forms by their keys alone.
    async fn form_sums(&self, rows: &[TallyRow]) -> Result<BTreeMap<String, Tally>, DeskError> {
        let sums = sum_by_name(rows);
        let keys = sums.keys().filter_map(|name| FormKey::from_hex(name));
        let keys: Vec<FormKey> = keys.collect();
        let mut named = BTreeMap::new();
        for some in keys.chunks(FORMS_AT_ONCE) {
            for form in self.base.store.forms(some).await? {
                let sum = sums.get(&form.key().to_hex()).cloned();
                named.extend(sum.map(|sum| (form.name(), sum)));
            }
        }
        Ok(named)
    }

    fn day_of(&self, at: Timestamp) -> i32 {
        at.day_in(&self.base.settings.time_zone)
    }

    /// The store's statistics, for metrics.
    pub async fn store_stats(&self) -> Result<StoreStats, DeskError> {
        Ok(self.base.store.stats().await?)
    }
}

/// A tally kind for each grouping. The names inside are placeholders: the store reads all rows of the kind.
fn tally_kind(by: &str) -> TallyOf {
    match by {
        "rule" => TallyOf::Rule(Rule::Abuse),
        "code" => TallyOf::Code(ReasonCode::Other),
        "moderator" => TallyOf::Moderator(String::new()),
        "term" => TallyOf::Term(String::new()),
        "form" => TallyOf::Form(String::new()),
        _ => TallyOf::Day,
    }
}

/// The sum for each name, in the order of names.
fn sum_by_name(rows: &[TallyRow]) -> BTreeMap<String, Tally> {
    let mut sums: BTreeMap<String, Tally> = BTreeMap::new();
    for row in rows {
        sums.entry(name_of(&row.of, row.day))
            .or_default()
            .add(&row.tally, 1);
    }
    sums
}

/// The sum for each name on each day, in the order of names, then of days.
fn sum_by_name_and_day(rows: &[TallyRow]) -> Vec<StatsItem> {
    let mut sums: BTreeMap<(String, i32), Tally> = BTreeMap::new();
    for row in rows {
        let name = (name_of(&row.of, row.day), row.day);
        sums.entry(name).or_default().add(&row.tally, 1);
    }
    let item = |((key, day), tally): ((String, i32), Tally)| StatsItem {
        day: Some(date_of_day(day)),
        ..StatsItem::of(Some(key), &tally)
    };
    sums.into_iter().map(item).collect()
}

fn name_of(of: &TallyOf, day: i32) -> String {
    match of {
        TallyOf::Day => date_of_day(day),
        TallyOf::Rule(rule) => rule.name().to_owned(),
        TallyOf::Code(code) => code.name().to_owned(),
        TallyOf::Moderator(name) | TallyOf::Term(name) | TallyOf::Form(name) => name.clone(),
        TallyOf::Posted(of) => name_of(of, day),
    }
}
