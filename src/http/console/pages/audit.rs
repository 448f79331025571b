//! The audit: who did what, when, from what to what; and whether its entries hold together.

use actix_web::{HttpRequest, web};
use askama::Template;

use crate::{
    access::Requirement,
    desk::{
        AuditQuery,
        views::{AuditSubjectView, AuditView},
    },
    http::{
        call::Call,
        console::{
            ages::{self, Age},
            audited,
            form::Fields,
            layout::{Entry, Place, Shell},
            links,
            list::{Ends, Tab},
            marks::{self, Piece},
            names, render,
            text::texts,
            visit::{Answer, State, Visit},
        },
        problem::Problem,
    },
};

/// The pages of this file.
pub const PAGES: &[&Call] = &[&LIST];
/// Its entry in the menu.
pub const MENU: &[Entry] = &[Entry {
    path: PATH,
    zh_tw: "稽核紀錄",
    en: "Audit",
    place: Place::More,
    requirement: Requirement::REVIEW,
}];

const PATH: &str = "/console/audit";
const FILTERS: &[&str] = &["actor", "subject", "action", "from", "to"];

texts! {
    /// The labels of the audit.
    pub struct AuditTexts {
        title: "稽核紀錄", "Audit";
        actor: "操作者", "Who";
        actor_hint: "帳號、system，或金鑰 key:NAME", "A name, key:NAME, or system";
        subject: "對象", "About";
        subject_hint: "如 comment:ID、member:ID", "Such as comment:ID or member:ID";
        action: "動作", "What";
        action_hint: "如 ruling.made", "Such as ruling.made";
        from: "起", "From";
        to: "迄", "To";
        time: "時間", "When";
        change: "變更", "Change";
        reason: "說明", "Details";
        apply: "套用", "Apply";
        clear: "清除", "Clear";
        csv: "下載 CSV", "CSV";
        ndjson: "下載 NDJSON", "NDJSON";
        empty: "沒有符合的紀錄", "No entry matches";
        empty_lead: "可放寬條件後再試。", "Try fewer filters.";
        holds: "這一頁相鄰的紀錄雜湊相符", "The hashes of neighbouring entries on this page match";
        broken: "這一頁有紀錄的雜湊不相符，請停機並執行 banzhu verify", "A hash on this page does not match: stop the service and run banzhu verify";
        verify: "每一筆紀錄都含前一筆的雜湊。完整檢查請執行 banzhu verify。", "Each entry holds the hash of the one before. For all of them run banzhu verify.";
        views: "常用檢視", "Presets";
        all: "全部", "All";
        mine: "我的操作", "Mine";
        rulings: "裁決", "Rulings";
        undone: "復原", "Undone rulings";
        sanctions: "處分", "Sanctions";
        access: "帳號與登入", "Accounts and sign-ins";
        words: "規則", "Rules";
    }
}

/// An entry.
struct Line {
    number: u64,
    age: Age,
    actor: String,
    actor_href: String,
    action: String,
    action_name: &'static str,
    kind: &'static str,
    subject: Vec<Piece>,
    subject_href: String,
    from: Option<String>,
    to: Option<String>,
    reason: Option<Vec<Piece>>,
}

#[derive(Template)]
#[template(path = "audit.html", config = "src/http/console/templates/askama.toml")]
struct AuditPage {
    shell: Shell,
    a: &'static AuditTexts,
    lines: Vec<Line>,
    tabs: Vec<Tab>,
    filters: Fields,
    is_filtered: bool,
    holds: bool,
    csv_href: String,
    ndjson_href: String,
    ends: Ends,
}

static LIST: Call = Call::get(PATH, Requirement::REVIEW)
    .named("console.audit", "The audit")
    .any_query()
    .to(|| web::route().to(list));

async fn list(state: State, request: HttpRequest) -> Answer {
    let visit = Visit::open(&state, &request, &LIST).await?;
    let query = query_of(&visit);
    let files = |format| file(&query, format);
    let (csv_href, ndjson_href) = (files("csv"), files("ndjson"));
    let found = state.desk.figures.audit(query).await?;
    let a = AuditTexts::of(visit.language);
    let items = found.items.iter();
    let tabs = tabs(&visit, a)?;
    let is_preset = tabs.iter().any(|tab| tab.is_on);
    let page = AuditPage {
        shell: visit.shell(PATH),
        a,
        lines: items.map(|one| line(one, &visit)).collect(),
        tabs,
        is_filtered: !is_preset && FILTERS.iter().any(|name| visit.query.get(name).is_some()),
        holds: holds(&found.items),
        csv_href,
        ndjson_href,
        ends: Ends::of(PATH, &visit.query, found.next_cursor),
        filters: visit.query.clone(),
    };
    render::page(&visit, &page)
}

fn query_of(visit: &Visit) -> AuditQuery {
    let fields = &visit.query;
    let time = |name, is_end| {
        let raw = fields.get(name)?;
        Some(ages::bound(raw, is_end, visit.zone()))
    };
    AuditQuery {
        actor: fields.joined("actor"),
        subject: fields.get("subject").map(str::to_owned),
        action: fields.joined("action"),
        from: time("from", false),
        to: time("to", true),
        cursor: fields.joined("cursor"),
        limit: fields.joined("limit"),
    }
}

/// The same entries as a file, all pages of them.
fn file(query: &AuditQuery, format: &str) -> String {
    let given = |field: &Option<String>| field.clone().unwrap_or_default();
    let filters = [
        ("actor", given(&query.actor)),
        ("subject", given(&query.subject)),
        ("action", given(&query.action)),
        ("from", given(&query.from)),
        ("to", given(&query.to)),
        ("format", format.to_owned()),
    ];
    let filters: Vec<_> = filters
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    Fields::default().address("/v1/audit", &[], &filters)
}

/// Whether entries that follow each other name each other's hash; the newest comes first.
fn holds(entries: &[AuditView]) -> bool {
    entries.windows(2).all(|pair| match pair {
        [newer, older] => {
            older.number.checked_add(1) != Some(newer.number) || newer.previous == older.hash
        }
        _ => true,
    })
}

fn tabs(visit: &Visit, a: &'static AuditTexts) -> Result<Vec<Tab>, Problem> {
    let here = visit.query.address("", &["cursor", "limit"], &[]);
    let me = visit.caller()?.actor().to_string();
    let tab = |label, and: &[(&str, &str)]| {
        let href = Fields::default().address(PATH, &[], and);
        Tab {
            label,
            is_on: href.strip_prefix(PATH) == Some(&here),
            href,
        }
    };
    let access = "session.began,session.ended,session.ended-everywhere,session.refused,user.created,user.changed,\
                  user.deleted,user.password-changed,key.created,key.revoked,token.created,token.revoked";
    let words = "rulebook.loaded,rulebook.accepted,word.added,word.changed,word.retired,words.rolled-back,model.taken,model.kept,model.rolled-back,model.released";
    Ok(vec![
        tab(a.all, &[]),
        tab(a.mine, &[("actor", &me)]),
        tab(a.rulings, &[("action", "ruling.made")]),
        tab(a.undone, &[("action", "ruling.undone")]),
        tab(
            a.sanctions,
            &[("action", "sanction.laid,sanction.lifted,sanction.restored")],
        ),
        tab(a.access, &[("action", access)]),
        tab(a.words, &[("action", words)]),
    ])
}

fn line(entry: &AuditView, visit: &Visit) -> Line {
    let actor = entry.actor.to_string();
    Line {
        number: entry.number,
        age: Age::new(entry.at, visit.now, visit.zone(), visit.language),
        actor_href: visit.query.address(PATH, &["cursor"], &[("actor", &actor)]),
        actor: names::actor(&entry.actor, visit.language),
        action_name: audited::action(&entry.action, visit.language),
        action: entry.action.clone(),
        kind: audited::kind(entry.subject.kind, visit.language),
        subject: marks::plain(&entry.subject.id),
        subject_href: subject_href(&entry.subject),
        from: entry.from.clone(),
        to: entry.to.clone(),
        reason: entry.reason.as_deref().map(marks::plain),
    }
}

/// The page of what an entry is about, else what the audit says of it.
fn subject_href(subject: &AuditSubjectView) -> String {
    match subject.kind {
        "comment" => links::comment(&subject.id),
        "member" => links::member(&subject.id),
        "reporter" => links::reporter(&subject.id),
        kind => links::audit(&format!("{kind}:{}", subject.id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{record::Actor, time::Timestamp};

    fn entry(number: u64, previous: &str, hash: &str) -> AuditView {
        AuditView {
            number,
            at: Timestamp::from_ms(0),
            actor: Actor::System,
            action: "case.opened".to_owned(),
            subject: AuditSubjectView {
                kind: "database",
                id: String::new(),
            },
            from: None,
            to: None,
            reason: None,
            revisions: 0,
            previous: previous.to_owned(),
            hash: hash.to_owned(),
        }
    }

    #[test]
    fn entries_hold_together_where_they_are_neighbours() {
        assert!(holds(&[entry(3, "b", "c"), entry(2, "a", "b")]));
        assert!(!holds(&[entry(3, "x", "c"), entry(2, "a", "b")]));
        assert!(holds(&[entry(9, "x", "c"), entry(2, "a", "b")]));
        assert!(holds(&[]));
    }
}
