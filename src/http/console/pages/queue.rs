//! The queue: cases with filters and their counts, search and order.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, web};
use askama::Template;

use crate::{
    access::Requirement,
    desk::views::CountsView,
    http::{
        call::Call,
        console::{
            case_row::CaseRow,
            form::Fields,
            layout::{Entry, Place, Shell},
            names,
            queue_filter::{FILTERS, PATH, query_of},
            render,
            text::texts,
            visit::{Answer, State, Visit},
        },
        problem::{Language, Problem},
    },
    record::{CODES, Rule, Source},
    text::Surface,
};

/// The pages of this file.
pub const PAGES: &[&Call] = &[&QUEUE];
/// Its entry in the menu.
pub const MENU: &[Entry] = &[Entry {
    path: PATH,
    zh_tw: "佇列",
    en: "Queue",
    place: Place::Bar,
    requirement: Requirement::READ,
}];

texts! {
    /// The labels of the queue.
    pub struct QueueTexts {
        title: "佇列", "Queue";
        search: "搜尋案件", "Search cases";
        search_hint: "摘錄、暱稱或文章標題，至少兩個字", "Excerpt, nickname or article; two characters or more";
        filters: "篩選", "Filters";
        clear: "清除篩選", "Clear filters";
        views: "檢視", "Views";
        view_all: "全部待審", "All that wait";
        view_mine: "我認領的", "Mine";
        view_free: "無人認領", "Held by nobody";
        view_appeals: "申訴", "Appeals";
        view_reported: "讀者檢舉", "Reported";
        view_escalated: "已呈報", "Escalated";
        view_resolved: "已結案", "Resolved";
        rule: "規範", "Rule";
        code: "事由", "Reason";
        surface: "位置", "Where";
        source: "來源", "Source";
        score: "評分", "Score";
        score_least: "分以上", "or more";
        waiting: "等候", "Waiting";
        waiting_hour: "一小時以上", "An hour or more";
        waiting_day: "一天以上", "A day or more";
        sort: "排序", "Sort";
        sort_priority: "最要緊的在前", "Most pressing first";
        sort_oldest: "最久的在前", "Oldest first";
        sort_newest: "最新的在前", "Newest first";
        next: "審下一件", "Next case";
        empty: "沒有待審的案件", "No case is waiting";
        empty_lead: "新的案件一到，這裡就會顯示。", "New cases show up here as they come.";
        first: "歡迎使用版主", "Welcome to Banzhu";
        first_lead: "還沒有任何留言。接上論壇後，這裡就是您的工作檯：", "No comment has come yet. Once the board is connected, this is your desk:";
        first_board: "讓論壇程式送出第一則留言：POST /v1/moderations，金鑰由 banzhu key new 產生。", "Have the board's program send its first comment: POST /v1/moderations, with a key made by banzhu key new.";
        first_docs: "API 說明", "The API's documents";
        first_people: "為每位版主開帳號：banzhu user add 名稱 --role moderator", "Give each moderator an account: banzhu user add NAME --role moderator";
        first_demo: "想先看看審核的樣子：banzhu demo --data demo-data 會印出一個已登入的連結。", "To see it at work first: banzhu demo --data demo-data prints a link that signs you in.";
        empty_filtered: "沒有符合篩選條件的案件", "No case matches these filters";
        urgent: "優先處理", "Urgent";
        held_by: "審理中：", "Held by ";
        mine: "我認領的", "Mine";
        group: "相同內容", "Same words";
        skipped: "次略過", "skips";
        pick: "選取這個案件", "Select this case";
        bulk: "批次裁決所選案件", "Rule on the selected";
        bulk_approve: "全部保留…", "Approve all…";
        bulk_remove: "全部移除…", "Remove all…";
        bulk_escalate: "全部呈報…", "Escalate all…";
        new_cases: "則新案件，按此或按句點鍵顯示", "new; click or press “.” to show";
    }
}

#[derive(Template)]
#[template(path = "queue.html", config = "src/http/console/templates/askama.toml")]
struct QueuePage {
    shell: Shell,
    q: &'static QueueTexts,
    rows: Vec<CaseRow>,
    views: Vec<Choice>,
    groups: Vec<FilterGroup>,
    sorts: Vec<Choice>,
    search: String,
    /// The filters that a search keeps.
    kept: Vec<(String, String)>,
    is_filtered: bool,
    /// Whether no comment has ever come.
    is_first_run: bool,
    may_rule: bool,
    /// The filters, to go with every form's address.
    filters: String,
    next_page: Option<String>,
    first_page: Option<String>,
}

/// A filter with its values.
pub struct FilterGroup {
    pub title: &'static str,
    pub choices: Vec<Choice>,
}

/// A link that chooses something.
pub struct Choice {
    pub label: String,
    pub count: Option<u64>,
    pub href: String,
    pub is_on: bool,
}

static QUEUE: Call = Call::get(PATH, Requirement::READ)
    .named("console.queue", "The queue")
    .any_query()
    .to(|| web::route().to(queue));

async fn queue(state: State, request: HttpRequest) -> Answer {
    let visit = Visit::open(&state, &request, &QUEUE).await?;
    let view = state.desk.queue.queue(query_of(&visit)?).await?;
    let filters = &visit.query;
    let t = QueueTexts::of(visit.language);
    let next_page = view
        .next_cursor
        .map(|cursor| filters.address(PATH, &[], &[("cursor", &cursor)]));
    let first_page = filters
        .get("cursor")
        .map(|_| filters.address(PATH, &["cursor"], &[]));
    let is_first_run = view.items.is_empty() && is_empty(&state).await?;
    let page = QueuePage {
        is_first_run,
        shell: visit.shell(PATH),
        q: t,
        views: views(&visit, t, view.counts.as_ref()),
        groups: view.counts.map_or_else(Vec::new, |counts| {
            groups(filters, t, &counts, visit.language)
        }),
        sorts: sorts(filters, t),
        search: filters.typed("q").to_owned(),
        kept: kept(filters),
        is_filtered: FILTERS
            .iter()
            .any(|name| *name != "sort" && filters.get(name).is_some()),
        may_rule: visit.may(Requirement::REVIEW),
        filters: filters.address("", &["cursor"], &[]),
        rows: view
            .items
            .into_iter()
            .map(|item| CaseRow::new(item, &visit))
            .collect(),
        next_page,
        first_page,
    };
    render::page(&visit, &page)
}

/// Whether the store has no comment at all.
async fn is_empty(state: &State) -> Result<bool, Problem> {
    Ok(state.desk.figures.store_stats().await?.comments == 0)
}

fn kept(filters: &Fields) -> Vec<(String, String)> {
    FILTERS
        .iter()
        .filter(|name| **name != "q")
        .filter_map(|name| Some(((*name).to_owned(), filters.joined(name)?)))
        .collect()
}

/// The views that moderators open all day, each an address.
fn views(visit: &Visit, t: &QueueTexts, counts: Option<&CountsView>) -> Vec<Choice> {
    let status = |name: &str| counts.and_then(|counts| counts.status.get(name).copied());
    let source = |name: &str| counts.and_then(|counts| counts.source.get(name).copied());
    // The queue leaves out what is resolved unless it is asked for.
    let waiting = counts.map(|counts| {
        let of_status = counts.status.iter();
        of_status
            .filter(|(name, _)| **name != "resolved")
            .map(|(_, count)| count)
            .sum()
    });
    let here = visit.query.address("", &["cursor", "limit", "sort"], &[]);
    let view = |label: &str, filter: Option<(&str, &str)>, count: Option<u64>| {
        let href = Fields::default().address(PATH, &[], filter.as_slice());
        Choice {
            label: label.to_owned(),
            count,
            is_on: href.strip_prefix(PATH) == Some(&here),
            href,
        }
    };
    let (escalated, resolved) = (("status", "escalated"), ("status", "resolved"));
    vec![
        view(t.view_all, None, waiting),
        view(t.view_mine, Some(("assignee", "me")), None),
        view(t.view_free, Some(("status", "open")), status("open")),
        view(t.view_appeals, Some(("source", "appeal")), source("appeal")),
        view(
            t.view_reported,
            Some(("source", "report")),
            source("report"),
        ),
        view(t.view_escalated, Some(escalated), status("escalated")),
        view(t.view_resolved, Some(resolved), None),
    ]
}

/// The filters, with how many cases of the whole queue each value has.
fn groups(
    filters: &Fields,
    t: &'static QueueTexts,
    counts: &CountsView,
    language: Language,
) -> Vec<FilterGroup> {
    let codes = CODES
        .iter()
        .map(|row| (row.name, language.pick(row.zh_tw, row.en).to_owned()));
    let rules = Rule::ALL.into_iter().map(|rule| {
        let (name, about) = (
            names::rule(rule, language),
            names::rule_about(rule, language),
        );
        let between = language.pick("：", ": ");
        (rule.name(), format!("{name}{between}{about}"))
    });
    let surfaces = Surface::ALL
        .into_iter()
        .map(|surface| (surface.name(), names::surface(surface, language).to_owned()));
    let sources = Source::ALL
        .into_iter()
        .map(|source| (source.name(), names::source(source, language).to_owned()));
    vec![
        group("rule", t.rule, rules.collect(), &counts.rule, filters),
        group("code", t.code, codes.collect(), &counts.code, filters),
        group(
            "surface",
            t.surface,
            surfaces.collect(),
            &counts.surface,
            filters,
        ),
        group(
            "source",
            t.source,
            sources.collect(),
            &counts.source,
            filters,
        ),
        thresholds("score_min", t.score, scores(t), filters),
        thresholds("waiting_minutes", t.waiting, waits(t), filters),
    ]
}

fn scores(t: &QueueTexts) -> [(&'static str, String); 2] {
    ["0.9", "0.6"].map(|least| (least, format!("{least} {}", t.score_least)))
}

fn waits(t: &QueueTexts) -> [(&'static str, String); 2] {
    let (hour, day) = (t.waiting_hour.to_owned(), t.waiting_day.to_owned());
    [("60", hour), ("1440", day)]
}

/// A filter of which one value holds at a time; choosing it again lifts it.
fn thresholds(
    name: &str,
    title: &'static str,
    values: [(&'static str, String); 2],
    filters: &Fields,
) -> FilterGroup {
    let choices = values.into_iter().map(|(value, label)| {
        let is_on = filters.get(name) == Some(value);
        let chosen = if is_on { "" } else { value };
        Choice {
            label,
            count: None,
            href: filters.address(PATH, &["cursor"], &[(name, chosen)]),
            is_on,
        }
    });
    FilterGroup {
        title,
        choices: choices.collect(),
    }
}

fn group(
    name: &str,
    title: &'static str,
    values: Vec<(&'static str, String)>,
    counts: &BTreeMap<&'static str, u64>,
    filters: &Fields,
) -> FilterGroup {
    let chosen = filters.joined(name).unwrap_or_default();
    let chosen: Vec<&str> = chosen
        .split(',')
        .filter(|value| !value.is_empty())
        .collect();
    let choices = values.into_iter().filter_map(|(value, label)| {
        let is_on = chosen.contains(&value);
        let count = counts.get(value).copied().unwrap_or(0);
        (is_on || count > 0).then(|| Choice {
            label,
            count: Some(count),
            href: toggled(filters, name, &chosen, value),
            is_on,
        })
    });
    FilterGroup {
        title,
        choices: choices.collect(),
    }
}

/// The address with a value of a filter chosen, or no longer.
fn toggled(filters: &Fields, name: &str, chosen: &[&str], value: &str) -> String {
    let mut values: Vec<&str> = chosen.iter().copied().filter(|one| *one != value).collect();
    if values.len() == chosen.len() {
        values.push(value);
    }
    filters.address(PATH, &["cursor"], &[(name, &values.join(","))])
}

fn sorts(filters: &Fields, t: &'static QueueTexts) -> Vec<Choice> {
    let chosen = filters.get("sort").unwrap_or("priority");
    [
        ("priority", t.sort_priority),
        ("oldest", t.sort_oldest),
        ("newest", t.sort_newest),
    ]
    .into_iter()
    .map(|(name, label)| Choice {
        label: label.to_owned(),
        count: None,
        href: filters.address(PATH, &["cursor"], &[("sort", name)]),
        is_on: name == chosen,
    })
    .collect()
}
