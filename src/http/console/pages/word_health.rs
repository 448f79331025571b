//! Word health: how often each term and each written form is found, and what moderators made of it.

use actix_web::{HttpRequest, web};
use askama::Template;

use crate::{
    access::Requirement,
    desk::{PageQuery, StatsQuery, views::StatsItem},
    http::{
        call::Call,
        console::{
            form::Fields,
            layout::{Entry, Place, Shell},
            list::{Ends, Tab},
            render,
            text::texts,
            visit::{Answer, State, Visit},
            word_rows::{self, WordRow, WordTexts},
        },
    },
    time::date_of_day,
};

/// The pages of this file.
pub const PAGES: &[&Call] = &[&SHOW];
/// Its entry in the menu.
pub const MENU: &[Entry] = &[Entry {
    path: PATH,
    zh_tw: "詞條健檢",
    en: "Word health",
    place: Place::More,
    requirement: Requirement::READ,
}];

const PATH: &str = "/console/word-health";
/// How many days are counted if nobody says otherwise.
const DAYS: i32 = 90;

texts! {
    /// The labels of the page.
    pub struct HealthTexts {
        title: "詞條健檢", "Word health";
        lead: "最近 90 天命中的詞條，以及版主如何裁決。保留比例高的詞條可能誤傷，值得檢查。", "What was found in the last 90 days, and how moderators ruled. A term that is mostly let stand may hit harmless people.";
        what: "看什麼", "What";
        terms: "詞條", "Terms";
        forms: "推測的寫法", "Written forms";
        sort: "排序", "Order";
        by_share: "保留比例", "Share let stand";
        by_hits: "命中次數", "Hits";
        search: "篩選詞條", "Filter";
        empty: "這段期間沒有命中任何詞條", "Nothing was found in this range";
        empty_lead: "收到留言後，命中的詞條會列在這裡。", "Terms show up here once comments hold them.";
        empty_forms: "還沒有推測的寫法", "No written form was guessed at yet";
        empty_forms_lead: "過濾器推測的諧音、拆字等寫法，會連同裁決結果列在這裡。", "Homophones, split characters and the like that the filter guessed at are listed here with how they were ruled.";
    }
}

#[derive(Template)]
#[template(
    path = "word_health.html",
    config = "src/http/console/templates/askama.toml"
)]
struct HealthPage {
    shell: Shell,
    h: &'static HealthTexts,
    w: &'static WordTexts,
    are_forms: bool,
    tabs: Vec<Tab>,
    sorts: Vec<Tab>,
    search: String,
    sort: String,
    rows: Vec<WordRow>,
    csv_href: String,
    ends: Ends,
}

static SHOW: Call = Call::get(PATH, Requirement::READ)
    .named("console.word-health", "Word health")
    .any_query()
    .to(|| web::route().to(show));

async fn show(state: State, request: HttpRequest) -> Answer {
    let visit = Visit::open(&state, &request, &SHOW).await?;
    let are_forms = visit.query.get("by") == Some("form");
    let by = if are_forms { "form" } else { "term" };
    let today = visit.now.day_in(visit.zone());
    let from = date_of_day(today - DAYS + 1);
    let query = StatsQuery {
        from: Some(from.clone()),
        by: Some(by.to_owned()),
        ..StatsQuery::default()
    };
    let view = state.desk.figures.stats(query).await?;
    let search = visit.query.typed("q").to_owned();
    let sort = visit.query.get("sort").unwrap_or("share");
    let page: PageQuery = visit.query.page();
    let list = page.paginate("words", sorted(&view.items, sort, &search), |item| {
        item.key.clone().unwrap_or_default()
    })?;
    let row = if are_forms {
        WordRow::of_form
    } else {
        WordRow::of_term
    };
    let csv = [("by", by), ("from", from.as_str()), ("format", "csv")];
    let h = HealthTexts::of(visit.language);
    let page = HealthPage {
        shell: visit.shell(PATH),
        h,
        w: WordTexts::of(visit.language),
        are_forms,
        tabs: tabs(&visit.query, are_forms, h),
        sorts: sorts(&visit.query, sort, h),
        rows: list.items.into_iter().map(row).collect(),
        csv_href: Fields::default().address("/v1/stats", &[], &csv),
        ends: Ends::of(PATH, &visit.query, list.next_cursor),
        sort: sort.to_owned(),
        search,
    };
    render::page(&visit, &page)
}

/// Those that hold what is searched for, in the order asked for.
fn sorted<'a>(items: &'a [StatsItem], sort: &str, search: &str) -> Vec<&'a StatsItem> {
    let holds = |item: &&StatsItem| item.key.as_deref().is_some_and(|key| key.contains(search));
    let mut items: Vec<&StatsItem> = items.iter().filter(holds).collect();
    match sort {
        "hits" => word_rows::by_hits(&mut items),
        _ => word_rows::by_dismissed_share(&mut items),
    }
    items
}

fn tabs(fields: &Fields, are_forms: bool, h: &'static HealthTexts) -> Vec<Tab> {
    let tab = |label, by: &str, is_on| Tab {
        label,
        href: fields.address(PATH, &["cursor"], &[("by", by)]),
        is_on,
    };
    vec![
        tab(h.terms, "term", !are_forms),
        tab(h.forms, "form", are_forms),
    ]
}

fn sorts(fields: &Fields, sort: &str, h: &'static HealthTexts) -> Vec<Tab> {
    [("share", h.by_share), ("hits", h.by_hits)]
        .map(|(name, label)| Tab {
            label,
            href: fields.address(PATH, &["cursor"], &[("sort", name)]),
            is_on: name == sort,
        })
        .into_iter()
        .collect()
}
