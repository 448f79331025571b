//! Comments: found by what they say, what was decided, whose they are and when; above all what the filter removed.

use actix_web::{HttpRequest, web};
use askama::Template;

use crate::{
    access::Requirement,
    desk::CommentQuery,
    http::{
        call::Call,
        console::{
            ages,
            comment_row::CommentRow,
            form::Fields,
            layout::{Entry, Place, Shell},
            list::{Choice, Ends, Tab, choices},
            names, render,
            text::texts,
            visit::{Answer, State, Visit},
        },
        problem::Language,
    },
    record::{CODES, GivenBy, Verdict},
    review::DecidedBy,
};

/// The pages of this file.
pub const PAGES: &[&Call] = &[&LIST];
/// Its entry in the menu.
pub const MENU: &[Entry] = &[Entry {
    path: PATH,
    zh_tw: "留言",
    en: "Comments",
    place: Place::Bar,
    requirement: Requirement::READ,
}];

/// The search's address.
pub const PATH: &str = "/console/comments";
/// How many comments a page shows.
const ROWS: &str = "30";
/// The filters, by their names in the API.
const FILTERS: &[&str] = &[
    "q",
    "verdict",
    "decided_by",
    "code",
    "term",
    "guessed",
    "member",
    "article",
    "from",
    "to",
    "rulebook",
];

texts! {
    /// The labels of the search.
    pub struct CommentsTexts {
        title: "留言", "Comments";
        search: "搜尋內文、暱稱或標籤", "Search text, nickname or tag";
        search_hint: "至少兩個字；全形、大小寫與異體字視為相同", "Two characters or more; width, letter case and variants count as the same";
        presets: "常用檢視", "Presets";
        preset_all: "最新留言", "Newest";
        preset_removed: "過濾器移除的", "What the filter removed";
        preset_flagged: "過濾器送審的", "What the filter flagged";
        preset_guessed: "推測而來的", "What was guessed at";
        preset_score: "僅憑評分的", "By the score alone";
        preset_people: "版主裁決的", "What moderators decided";
        filters: "更多篩選", "More filters";
        verdict: "判定", "Verdict";
        decided_by: "判定者", "Decided by";
        code: "事由", "Reason";
        term: "詞條", "Term";
        guessed: "推測", "Guessed";
        guessed_true: "只看推測", "Only guesses";
        guessed_false: "不含推測", "No guesses";
        member: "會員編號", "Member id";
        article: "文章編號", "Article id";
        from: "起", "From";
        to: "迄", "To";
        rulebook: "規則版本", "Rulebook";
        any: "不限", "Any";
        apply: "套用", "Apply";
        clear: "清除", "Clear";
        empty: "沒有符合的留言", "No comment matches";
        empty_lead: "可放寬條件，或改用其他字詞搜尋。", "Try fewer filters or other words.";
        empty_page: "這一段沒有符合的留言，較早的還沒找過", "None matches so far; earlier ones have not been looked at";
        empty_all: "尚未收到任何留言", "No comment has arrived yet";
        empty_all_lead: "論壇以 POST /v1/moderations 送來留言後，這裡就會顯示。", "Comments show up here once the board posts them to /v1/moderations.";
        go_on: "繼續往前找", "Look further back";
        by: "由", "by";
        case: "案件", "Case";
        edited: "次修改", "edits";
        more_reasons: "其他事由", "more reasons";
        guess: "推測", "Guess";
        score: "評分", "Score";
        rejudge: "以現行規則重新判定", "Judge again by today's rules";
    }
}

#[derive(Template)]
#[template(
    path = "comments.html",
    config = "src/http/console/templates/askama.toml"
)]
struct CommentsPage {
    shell: Shell,
    c: &'static CommentsTexts,
    rows: Vec<CommentRow>,
    presets: Vec<Tab>,
    filters: Fields,
    verdicts: Vec<Choice>,
    deciders: Vec<Choice>,
    codes: Vec<Choice>,
    guesses: Vec<Choice>,
    /// Whether a filter of the second row is set, so that it is shown.
    is_narrowed: bool,
    is_filtered: bool,
    ends: Ends,
    /// Judging these again, for those who may.
    rejudge_href: Option<String>,
}

static LIST: Call = Call::get(PATH, Requirement::READ)
    .named("console.comments", "Comments")
    .any_query()
    .to(|| web::route().to(list));

async fn list(state: State, request: HttpRequest) -> Answer {
    let visit = Visit::open(&state, &request, &LIST).await?;
    let filters = &visit.query;
    let found = state.desk.comments.find(query_of(&visit)).await?;
    let language = visit.language;
    let c = CommentsTexts::of(language);
    let is_set = |names: &[&str]| names.iter().any(|name| filters.get(name).is_some());
    let rows = found.items.iter();
    let presets = presets(filters, c);
    let is_preset = presets.iter().any(|preset| preset.is_on);
    let page = CommentsPage {
        shell: visit.shell(PATH),
        c,
        rows: rows.map(|one| CommentRow::new(one, &visit)).collect(),
        presets,
        verdicts: choices(verdicts(language), filters.get("verdict")),
        deciders: choices(deciders(language), filters.get("decided_by")),
        codes: choices(codes(language), filters.get("code")),
        guesses: choices(
            [
                ("true", c.guessed_true.to_owned()),
                ("false", c.guessed_false.to_owned()),
            ],
            filters.get("guessed"),
        ),
        is_narrowed: !is_preset && is_set(&FILTERS[1..]),
        is_filtered: is_set(FILTERS),
        ends: Ends::of(PATH, filters, found.next_cursor),
        rejudge_href: visit
            .may(Requirement::ADMIN)
            .then(|| filters.address("/console/comments/rejudge", &["cursor", "limit"], &[])),
        filters: filters.clone(),
    };
    render::page(&visit, &page)
}

/// The filters of an address.
fn query_of(visit: &Visit) -> CommentQuery {
    let fields = &visit.query;
    let time = |name, is_end| {
        let raw = fields.get(name)?;
        Some(ages::bound(raw, is_end, visit.zone()))
    };
    CommentQuery {
        q: fields.get("q").map(str::to_owned),
        verdict: fields.joined("verdict"),
        decided_by: fields.joined("decided_by"),
        code: fields.joined("code"),
        term: fields.get("term").map(str::to_owned),
        guessed: fields.joined("guessed"),
        member: fields.get("member").map(str::to_owned),
        article: fields.get("article").map(str::to_owned),
        from: time("from", false),
        to: time("to", true),
        rulebook: fields.joined("rulebook"),
        cursor: fields.joined("cursor"),
        limit: fields.joined("limit").or_else(|| Some(ROWS.to_owned())),
    }
}

/// Searches that moderators make every day, each an address.
fn presets(filters: &Fields, c: &'static CommentsTexts) -> Vec<Tab> {
    let here = filters.address("", &["cursor", "limit"], &[]);
    let tab = |label, and: &[(&str, &str)]| {
        let href = Fields::default().address(PATH, &[], and);
        Tab {
            label,
            is_on: href.strip_prefix(PATH) == Some(&here),
            href,
        }
    };
    let filter = ("decided_by", "filter");
    vec![
        tab(c.preset_all, &[]),
        tab(c.preset_removed, &[filter, ("verdict", "remove")]),
        tab(c.preset_flagged, &[filter, ("verdict", "flag")]),
        tab(c.preset_guessed, &[("guessed", "true")]),
        tab(c.preset_score, &[("code", "likely-abuse,likely-scam")]),
        tab(c.preset_people, &[("decided_by", "moderator,appeal")]),
    ]
}

fn verdicts(language: Language) -> Vec<(&'static str, String)> {
    let all = [Verdict::Allow, Verdict::Flag, Verdict::Remove];
    all.map(|one| (one.name(), names::verdict(one, language).to_owned()))
        .to_vec()
}

fn deciders(language: Language) -> Vec<(&'static str, String)> {
    DecidedBy::ALL
        .map(|one| (one.name(), names::decided_by(one, language).to_owned()))
        .to_vec()
}

/// The codes that the filter gives: comments are found by the filter's reasons.
fn codes(language: Language) -> Vec<(&'static str, String)> {
    let given = CODES.iter().filter(|row| row.given_by != GivenBy::People);
    given
        .map(|row| (row.name, language.pick(row.zh_tw, row.en).to_owned()))
        .collect()
}
