//! Statistics as charts: volume, rules, rulings and what waits, time to ruling, appeals, terms, and how right the score is.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, web};
use askama::Template;

use crate::{
    access::Requirement,
    desk::{
        StatsQuery,
        views::{StatsItem, StatsView},
    },
    http::{
        call::Call,
        console::{
            ages::Age,
            chart::{Chart, Kind, Plot, Series},
            form::Fields,
            layout::{Entry, Place, Shell},
            list::Tab,
            names, render,
            text::texts,
            visit::{Answer, State, Visit},
            word_rows::{self, WordRow},
        },
        problem::{Language, Problem},
    },
    record::Rule,
    time::{date_of_day, day_of_date},
};

/// The pages of this file.
pub const PAGES: &[&Call] = &[&SHOW];
/// Its entry in the menu.
pub const MENU: &[Entry] = &[Entry {
    path: PATH,
    zh_tw: "統計",
    en: "Statistics",
    place: Place::More,
    requirement: Requirement::READ,
}];

const PATH: &str = "/console/statistics";
/// The ranges that are offered, in days.
const RANGES: [i32; 3] = [7, 30, 60];
/// Over how many days the score's rulings are taken together: on one day there are few.
const ROLLING_DAYS: usize = 7;
/// How many terms are shown.
const TERMS_MAX: usize = 10;
/// From how many rulings on a share says something.
const RULED_MIN: i64 = 3;
/// The codes that the score alone gives.
const SCORE_CODES: [&str; 2] = ["likely-abuse", "likely-scam"];
const SECONDS_AN_HOUR: f64 = 3_600.0;
const SECONDS_A_MINUTE: f64 = 60.0;

texts! {
    /// The labels of the statistics.
    pub struct StatisticsTexts {
        title: "統計", "Statistics";
        range: "期間", "Range";
        days_7: "最近 7 天", "Last 7 days";
        days_30: "最近 30 天", "Last 30 days";
        days_60: "最近 60 天", "Last 60 days";
        received: "收到的留言", "Comments received";
        ruled: "裁決", "Rulings";
        waiting: "現在待審", "Waiting now";
        oldest: "最久的一件", "The oldest";
        overturned_share: "申訴撤銷率", "Appeals that overturned";
        agreement: "複查一致率", "QA agreement";
        volume: "留言與過濾器的判定", "Comments by the filter’s verdict";
        by_rule: "各規範送審或移除的留言", "Flagged or removed, by rule";
        flow: "進案與裁決", "Coming in and ruled";
        coming: "送審、檢舉與申訴", "Flagged, reported, appealed";
        ruled_line: "裁決", "Ruled";
        wait: "等候裁決的時間", "Time to ruling";
        p50: "中位數", "Median";
        p90: "第 90 百分位", "90th percentile";
        appeals: "申訴結果", "Appeals decided";
        overturned: "撤銷原決定", "Overturned";
        upheld: "維持原決定", "Upheld";
        terms: "最常被駁回的詞條", "Terms dismissed most";
        terms_lead: "版主保留比例最高的詞條（裁決三次以上）。", "Terms whose comments moderators let stand most often, of those ruled three times or more.";
        terms_all: "所有詞條", "All terms";
        score: "評分的準確度", "The score’s precision";
        score_lead: "僅憑評分送審、並以該事由裁決的案件中，移除所占的比例（七日合計）。", "Of the rulings given under the score’s own codes, the share that removed, over seven days.";
        unit_comments: "每日則數", "Comments a day";
        unit_cases: "每日件數", "Cases a day";
        unit_hours: "小時", "Hours";
        unit_minutes: "分鐘", "Minutes";
        unit_share: "比例", "Share";
        nothing: "這段期間沒有資料。", "Nothing in this range.";
        numbers: "看數字", "The numbers";
        day: "日期", "Day";
        ruled_terms_none: "這段期間沒有裁決夠多的詞條。", "No term was ruled often enough in this range.";
        csv_all: "下載每日 CSV", "CSV by day";
    }
}

/// A figure of the whole range.
struct Figure {
    label: &'static str,
    value: String,
    href: Option<&'static str>,
}

#[derive(Template)]
#[template(
    path = "statistics.html",
    config = "src/http/console/templates/askama.toml"
)]
struct StatisticsPage {
    shell: Shell,
    s: &'static StatisticsTexts,
    w: &'static word_rows::WordTexts,
    tabs: Vec<Tab>,
    from: String,
    to: String,
    figures: Vec<Figure>,
    charts: Vec<Chart>,
    terms: Vec<WordRow>,
    terms_csv: String,
}

static SHOW: Call = Call::get(PATH, Requirement::READ)
    .named("console.statistics", "Statistics")
    .any_query()
    .to(|| web::route().to(show));

async fn show(state: State, request: HttpRequest) -> Answer {
    let visit = Visit::open(&state, &request, &SHOW).await?;
    let days = stats(&visit, "day").await?;
    let rules = stats(&visit, "rule").await?;
    let codes = stats(&visit, "code").await?;
    let terms = stats(&visit, "term").await?;
    let s = StatisticsTexts::of(visit.language);
    let range = Range::of(&days);
    let page = StatisticsPage {
        shell: visit.shell(PATH),
        s,
        w: word_rows::WordTexts::of(visit.language),
        tabs: tabs(&visit, s),
        figures: figures(&visit, &days, s),
        charts: vec![
            volume(&range, &days.items, s, visit.language),
            by_rule(&range, &rules.items, s, visit.language),
            flow(&range, &days.items, s),
            wait(&range, &days.items, s),
            appeals(&range, &days.items, s),
            score(&range, &codes.items, s, visit.language),
        ],
        terms: dismissed_most(&terms.items),
        terms_csv: range.csv("term", false),
        from: days.from,
        to: days.to,
    };
    render::page(&visit, &page)
}

/// The counts of the range of the address by what they are grouped by, each day for itself.
async fn stats(visit: &Visit, by: &str) -> Result<StatsView, Problem> {
    let days = visit.query.get("days").and_then(|raw| raw.parse().ok());
    let days = days
        .filter(|days| RANGES.contains(days))
        .unwrap_or(RANGES[1]);
    let today = visit.now.day_in(visit.zone());
    let query = StatsQuery {
        from: Some(date_of_day(today - days + 1)),
        to: Some(date_of_day(today)),
        by: Some(by.to_owned()),
        day_of: None,
        each: matches!(by, "rule" | "code").then(|| "day".to_owned()),
    };
    Ok(visit.state.desk.figures.stats(query).await?)
}

fn tabs(visit: &Visit, s: &'static StatisticsTexts) -> Vec<Tab> {
    let chosen = visit.query.get("days").unwrap_or("30");
    [("7", s.days_7), ("30", s.days_30), ("60", s.days_60)]
        .map(|(days, label)| Tab {
            label,
            href: Fields::default().address(PATH, &[], &[("days", days)]),
            is_on: chosen == days,
        })
        .into_iter()
        .collect()
}

fn figures(visit: &Visit, days: &StatsView, s: &'static StatisticsTexts) -> Vec<Figure> {
    let total = &days.total;
    let oldest = days.backlog.oldest_at;
    let appeals = total.overturned + total.appeals_upheld;
    let share = |part: i64, all: i64| (all > 0).then(|| percent(ratio(part, all)));
    let figure = |label, value: Option<String>, href| Figure {
        label,
        value: value.unwrap_or_else(|| "—".to_owned()),
        href,
    };
    vec![
        figure(s.received, Some(total.received.to_string()), None),
        figure(s.ruled, Some(ruled(total).to_string()), None),
        figure(
            s.waiting,
            Some(days.backlog.waiting.to_string()),
            Some("/console/queue"),
        ),
        figure(
            s.oldest,
            oldest.map(|at| Age::new(at, visit.now, visit.zone(), visit.language).relative),
            Some("/console/queue?sort=oldest"),
        ),
        figure(s.overturned_share, share(total.overturned, appeals), None),
        figure(s.agreement, share(total.agreed, total.second_looks), None),
    ]
}

const fn ruled(item: &StatsItem) -> i64 {
    let ruled = &item.ruled;
    ruled.approve + ruled.remove + ruled.remove_tags
}

#[expect(clippy::cast_precision_loss, reason = "counts of a page")]
fn ratio(part: i64, all: i64) -> f64 {
    part as f64 / all as f64
}

fn percent(ratio: f64) -> String {
    format!("{:.0} %", ratio * 100.0)
}

#[expect(clippy::cast_precision_loss, reason = "counts of a chart")]
const fn count(number: i64) -> Option<f64> {
    Some(number as f64)
}

/// The days of a chart.
struct Range {
    days: Vec<String>,
}

impl Range {
    fn of(view: &StatsView) -> Self {
        let ends = day_of_date(&view.from).zip(day_of_date(&view.to));
        let days = ends.map_or_else(Vec::new, |(from, to)| {
            (from..=to).map(date_of_day).collect()
        });
        Self { days }
    }

    /// The value of each day; `None` where nothing was counted.
    fn values<'a>(&self, items: impl Iterator<Item = (&'a str, Option<f64>)>) -> Vec<Option<f64>> {
        let by_day: BTreeMap<&str, Option<f64>> = items.collect();
        let value = |day: &String| by_day.get(day.as_str()).copied().flatten();
        self.days.iter().map(value).collect()
    }

    /// Of items by day.
    fn of_days(
        &self,
        items: &[StatsItem],
        value: impl Fn(&StatsItem) -> Option<f64>,
    ) -> Vec<Option<f64>> {
        let named = items.iter();
        self.values(named.filter_map(|item| Some((item.key.as_deref()?, value(item)))))
    }

    /// Of items by name and day.
    fn of_named(
        &self,
        items: &[StatsItem],
        name: &str,
        value: impl Fn(&StatsItem) -> Option<f64>,
    ) -> Vec<Option<f64>> {
        let named = items
            .iter()
            .filter(|item| item.key.as_deref() == Some(name));
        self.values(named.filter_map(|item| Some((item.day.as_deref()?, value(item)))))
    }

    /// The same counts as a file of the API.
    fn csv(&self, by: &str, each: bool) -> String {
        let end = |day: Option<&String>| day.cloned().unwrap_or_default();
        let (from, to) = (end(self.days.first()), end(self.days.last()));
        let query = [
            ("from", from.as_str()),
            ("to", to.as_str()),
            ("by", by),
            ("each", if each { "day" } else { "" }),
            ("format", "csv"),
        ];
        Fields::default().address("/v1/stats", &[], &query)
    }

    fn plot(
        &self,
        id: &'static str,
        title: &str,
        unit: &str,
        kind: Kind,
        csv_href: String,
    ) -> Plot {
        Plot {
            id,
            title: title.to_owned(),
            unit: unit.to_owned(),
            kind,
            days: self.days.clone(),
            series: Vec::new(),
            csv_href,
        }
    }
}

fn series(label: &str, values: Vec<Option<f64>>) -> Series {
    Series {
        label: label.to_owned(),
        values,
    }
}

fn volume(range: &Range, days: &[StatsItem], s: &StatisticsTexts, language: Language) -> Chart {
    use crate::record::Verdict;
    let of = |verdict: Verdict| {
        let values = range.of_days(days, |item| {
            count(match verdict {
                Verdict::Allow => item.verdicts.allow,
                Verdict::Flag => item.verdicts.flag,
                Verdict::Remove => item.verdicts.remove,
            })
        });
        series(names::verdict(verdict, language), values)
    };
    Chart::new(Plot {
        series: [Verdict::Allow, Verdict::Flag, Verdict::Remove]
            .map(of)
            .into(),
        ..range.plot(
            "volume",
            s.volume,
            s.unit_comments,
            Kind::Bars,
            range.csv("day", false),
        )
    })
}

fn by_rule(range: &Range, rules: &[StatsItem], s: &StatisticsTexts, language: Language) -> Chart {
    let of = |rule: Rule| {
        let caught = |item: &StatsItem| count(item.verdicts.flag + item.verdicts.remove);
        let between = language.pick("：", ": ");
        let (name, about) = (
            names::rule(rule, language),
            names::rule_about(rule, language),
        );
        let values = range.of_named(rules, rule.name(), caught);
        // A day without any has none, and is no gap in a line.
        let values = values
            .into_iter()
            .map(|value| value.or(Some(0.0)))
            .collect();
        series(&format!("{name}{between}{about}"), values)
    };
    Chart::new(Plot {
        series: Rule::ALL.map(of).into(),
        ..range.plot(
            "by-rule",
            s.by_rule,
            s.unit_comments,
            Kind::Lines,
            range.csv("rule", true),
        )
    })
}

fn flow(range: &Range, days: &[StatsItem], s: &StatisticsTexts) -> Chart {
    let coming = |item: &StatsItem| count(item.verdicts.flag + item.reports + item.appeals);
    Chart::new(Plot {
        series: vec![
            series(s.coming, range.of_days(days, coming)),
            series(s.ruled_line, range.of_days(days, |item| count(ruled(item)))),
        ],
        ..range.plot(
            "flow",
            s.flow,
            s.unit_cases,
            Kind::Lines,
            range.csv("day", false),
        )
    })
}

/// In hours, or in minutes where nothing waited for long.
fn wait(range: &Range, days: &[StatsItem], s: &StatisticsTexts) -> Chart {
    let slowest = days
        .iter()
        .filter_map(|item| item.time_to_ruling.p90_seconds);
    let is_quick = slowest.fold(0.0, f64::max) < SECONDS_AN_HOUR;
    let (unit, unit_s) = match is_quick {
        true => (s.unit_minutes, SECONDS_A_MINUTE),
        false => (s.unit_hours, SECONDS_AN_HOUR),
    };
    let told = |seconds: Option<f64>| seconds.map(|seconds| seconds / unit_s);
    let p50 = range.of_days(days, |item| told(item.time_to_ruling.p50_seconds));
    let p90 = range.of_days(days, |item| told(item.time_to_ruling.p90_seconds));
    Chart::new(Plot {
        series: vec![series(s.p50, p50), series(s.p90, p90)],
        ..range.plot("wait", s.wait, unit, Kind::Lines, range.csv("day", false))
    })
}

fn appeals(range: &Range, days: &[StatsItem], s: &StatisticsTexts) -> Chart {
    let upheld = range.of_days(days, |item| count(item.appeals_upheld));
    let overturned = range.of_days(days, |item| count(item.overturned));
    Chart::new(Plot {
        series: vec![series(s.upheld, upheld), series(s.overturned, overturned)],
        ..range.plot(
            "appeals",
            s.appeals,
            s.unit_cases,
            Kind::Bars,
            range.csv("day", false),
        )
    })
}

/// Of what was ruled under the codes of the score, how much was removed: over some days, for a day alone has few.
fn score(range: &Range, codes: &[StatsItem], s: &StatisticsTexts, language: Language) -> Chart {
    let of = |name: &str| {
        let removed = range.of_named(codes, name, |item| count(item.ruled.remove));
        let approved = range.of_named(codes, name, |item| count(item.ruled.approve));
        let code = crate::record::ReasonCode::parse(name);
        let label = code.map_or(name, |code| names::code(code, language));
        series(label, rolling_share(&removed, &approved))
    };
    Chart::new(Plot {
        series: SCORE_CODES.map(of).into(),
        ..range.plot(
            "score",
            s.score,
            s.unit_share,
            Kind::Lines,
            range.csv("code", true),
        )
    })
}

fn rolling_share(part: &[Option<f64>], rest: &[Option<f64>]) -> Vec<Option<f64>> {
    let sum = |values: &[Option<f64>], day: usize| -> f64 {
        let first = day.saturating_sub(ROLLING_DAYS - 1);
        values
            .get(first..=day)
            .unwrap_or(&[])
            .iter()
            .flatten()
            .sum()
    };
    (0..part.len())
        .map(|day| {
            let (part, rest) = (sum(part, day), sum(rest, day));
            (part + rest > 0.0).then(|| part / (part + rest))
        })
        .collect()
}

/// The terms whose comments were let stand most often.
fn dismissed_most(terms: &[StatsItem]) -> Vec<WordRow> {
    let mut ruled: Vec<&StatsItem> = terms
        .iter()
        .filter(|item| item.dismissed > 0 && item.upheld + item.dismissed >= RULED_MIN)
        .collect();
    word_rows::by_dismissed_share(&mut ruled);
    let first = ruled.into_iter().take(TERMS_MAX);
    first.map(WordRow::of_term).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_of_the_last_days_together() {
        let removed = [Some(1.0), None, Some(1.0)];
        let approved = [None, None, Some(2.0)];
        assert_eq!(
            rolling_share(&removed, &approved),
            [Some(1.0), Some(1.0), Some(0.5)]
        );
        assert_eq!(rolling_share(&[None], &[None]), [None]);
        let mut long = vec![Some(1.0)];
        long.resize(ROLLING_DAYS + 1, None);
        assert_eq!(rolling_share(&long, &long.clone()).last(), Some(&None));
    }
}
