//! Health: whether comments can be decided and stored, the disk, the clock, what is behind, and the rulebook with its faults.

use actix_web::{HttpRequest, web};
use askama::Template;

use crate::{
    access::Requirement,
    desk::{
        Health, StoreStats,
        views::{FaultView, RulebookView},
    },
    http::{
        call::Call,
        console::{
            ages::{self, Age},
            layout::{Entry, Place, Shell},
            render,
            text::texts,
            visit::{Answer, State, Visit},
        },
        problem::Language,
    },
};

/// The pages of this file.
pub const PAGES: &[&Call] = &[&SHOW];
/// Its entry in the menu.
pub const MENU: &[Entry] = &[Entry {
    path: PATH,
    zh_tw: "系統狀態",
    en: "Health",
    place: Place::More,
    requirement: Requirement::READ,
}];

const PATH: &str = "/console/health";
/// How many files and faults of the rulebook are shown.
const FILES_MAX: usize = 100;
const FAULTS_MAX: usize = 100;
/// From which lag on the board is told late, in seconds.
const LAG_S_MAX: i64 = 60;

texts! {
    /// The labels of the page.
    pub struct HealthTexts {
        title: "系統狀態", "Health";
        good: "一切正常", "All is well";
        bad: "有狀況需要處理", "Something needs care";
        store: "儲存", "Storage";
        store_ready: "可以判定並儲存留言", "Comments are decided and stored";
        store_full: "磁碟快滿了，拒絕新留言；請清出空間", "The disk is nearly full and comments are refused: make room";
        store_log: "提交紀錄無法寫入，留言仍會儲存：", "The commit log cannot be written; comments are still stored: ";
        store_broken: "資料庫故障，請重新啟動並查看日誌：", "The database failed; restart and look at the log: ";
        clock: "時鐘", "Clock";
        clock_good: "正確", "Right";
        clock_jumped: "時鐘跳動了，暫停清除到期的資料。確認時間後請執行 banzhu clock accept", "The clock has jumped, and nothing that expired is purged. When the time is right, run banzhu clock accept";
        disk: "磁碟剩餘空間", "Free disk space";
        database: "資料庫大小", "Database";
        comments: "留言", "Comments";
        waiting: "待審案件", "Waiting cases";
        oldest: "最久的一件", "The oldest";
        mark: "最後的提交編號", "Last commit";
        newest: "最新紀錄的時間", "Newest record";
        audit: "稽核紀錄", "Audit entries";
        purged: "可回收的已清除留言", "Purged, room to win back";
        lag: "通知論壇的延遲", "News to the board is behind by";
        lag_none: "沒有延遲", "Nothing waits";
        seconds: "秒", "s";
        rulebook: "規則", "Rulebook";
        version: "版本", "Version";
        loaded: "載入", "Loaded";
        source: "來源", "From";
        counts: "數量", "Counts";
        files: "檔案", "Files";
        lines: "行", "lines";
        faults: "上次重新載入有錯，仍使用原本的規則：", "The last reload was refused, and the rulebook before stays in use:";
        warnings: "看來有誤的地方", "What looks like a mistake";
        more: "其餘略。", "The rest is left out.";
        json: "監控", "For monitoring";
    }
}

/// A figure, and whether it needs care.
struct Figure {
    label: &'static str,
    value: String,
    is_bad: bool,
    href: Option<&'static str>,
}

/// A fault of a file.
struct Fault {
    place: String,
    detail: String,
}

#[derive(Template)]
#[template(
    path = "health.html",
    config = "src/http/console/templates/askama.toml"
)]
struct HealthPage {
    shell: Shell,
    h: &'static HealthTexts,
    is_good: bool,
    store: String,
    is_store_good: bool,
    clock: &'static str,
    is_clock_good: bool,
    figures: Vec<Figure>,
    version: String,
    loaded: Age,
    source: String,
    counts: Vec<(String, usize)>,
    files: Vec<(String, usize)>,
    faults: Vec<Fault>,
    warnings: Vec<Fault>,
    has_more: bool,
}

static SHOW: Call = Call::get(PATH, Requirement::READ)
    .named("console.health", "Health")
    .any_query()
    .to(|| web::route().to(show));

async fn show(state: State, request: HttpRequest) -> Answer {
    let visit = Visit::open(&state, &request, &SHOW).await?;
    let desk = &state.desk;
    let stats = desk.figures.store_stats().await?;
    let lag = desk.outbox.webhooks_lag_seconds().await?;
    let rulebook = desk.operations.rulebook_view();
    let h = HealthTexts::of(visit.language);
    let (store, is_store_good) = store(&desk.operations.health(), h);
    let is_clock_good = desk.operations.clock_jump().is_none();
    let figures = figures(&visit, &stats, lag, is_store_good, h);
    let is_late = figures.iter().any(|figure| figure.is_bad);
    let page = HealthPage {
        shell: visit.shell(PATH),
        h,
        is_good: is_store_good && is_clock_good && !is_late && rulebook.faults.is_empty(),
        store,
        is_store_good,
        clock: if is_clock_good {
            h.clock_good
        } else {
            h.clock_jumped
        },
        is_clock_good,
        figures,
        loaded: Age::new(rulebook.loaded_at, visit.now, visit.zone(), visit.language),
        counts: counts(&rulebook),
        files: files(&rulebook),
        faults: faults(&rulebook.faults, visit.language),
        warnings: faults(&rulebook.warnings, visit.language),
        has_more: rulebook.warnings.len() > FAULTS_MAX || rulebook.faults.len() > FAULTS_MAX,
        version: rulebook.version,
        source: rulebook.source,
    };
    render::page(&visit, &page)
}

fn store(health: &Health, h: &HealthTexts) -> (String, bool) {
    match health {
        Health::Ready => (h.store_ready.to_owned(), true),
        Health::StorageFull => (h.store_full.to_owned(), false),
        Health::LogFailing(why) => (format!("{}{why}", h.store_log), false),
        Health::Broken(why) => (format!("{}{why}", h.store_broken), false),
    }
}

fn figures(
    visit: &Visit,
    stats: &StoreStats,
    lag_s: i64,
    has_room: bool,
    h: &'static HealthTexts,
) -> Vec<Figure> {
    let figure = |label, value: String| Figure {
        label,
        value,
        is_bad: false,
        href: None,
    };
    let oldest = stats.oldest_case.map_or_else(
        || "—".to_owned(),
        |at| Age::new(at, visit.now, visit.zone(), visit.language).relative,
    );
    let newest = visit.state.desk.operations.newest_at();
    vec![
        Figure {
            is_bad: !has_room,
            ..figure(h.disk, bytes(stats.free_bytes))
        },
        figure(h.database, bytes(stats.database_bytes)),
        Figure {
            is_bad: lag_s > LAG_S_MAX,
            ..figure(
                h.lag,
                match lag_s {
                    0 => h.lag_none.to_owned(),
                    lag_s => format!("{lag_s} {}", h.seconds),
                },
            )
        },
        figure(h.comments, stats.comments.to_string()),
        Figure {
            href: Some("/console/queue"),
            ..figure(h.waiting, stats.unresolved_cases.to_string())
        },
        figure(h.oldest, oldest),
        figure(h.mark, stats.commits.to_string()),
        figure(h.newest, ages::absolute(newest, visit.zone())),
        figure(h.audit, stats.audit_entries.to_string()),
        figure(h.purged, stats.purged.to_string()),
    ]
}

/// Bytes in the unit that makes a short number of them.
#[expect(clippy::cast_precision_loss, reason = "a number for people")]
fn bytes(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let unit = units.into_iter().find(|(shift, _)| bytes >> shift > 0);
    match unit {
        Some((shift, unit)) => format!("{:.1} {unit}", bytes as f64 / (1_u64 << shift) as f64),
        None => format!("{bytes} B"),
    }
}

fn counts(rulebook: &RulebookView) -> Vec<(String, usize)> {
    let counts = rulebook.counts.iter();
    counts.map(|(name, count)| (name.clone(), *count)).collect()
}

fn files(rulebook: &RulebookView) -> Vec<(String, usize)> {
    let files = rulebook.files.iter().take(FILES_MAX);
    files.map(|file| (file.name.clone(), file.lines)).collect()
}

fn faults(faults: &[FaultView], language: Language) -> Vec<Fault> {
    let first = faults.iter().take(FAULTS_MAX);
    first
        .map(|fault| Fault {
            place: match fault.line {
                0 => fault.file.clone(),
                line => format!("{}:{line}", fault.file),
            },
            detail: language.pick(&fault.zh_tw, &fault.en).to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_in_a_unit_that_fits() {
        assert_eq!(bytes(12), "12 B");
        assert_eq!(bytes(1_536), "1.5 KiB");
        assert_eq!(bytes(40 << 30), "40.0 GiB");
    }
}
