//! A case as a row of a list: the queue, a group, a member's cases.

use super::{
    ages::Age,
    marks::{self, Mark, Piece},
    names,
    visit::Visit,
};
use crate::{desk::views::QueueItem, http::problem::Language, record::Source};

/// A row.
pub struct CaseRow {
    pub id: String,
    pub version: u32,
    /// The case's page, with the filters of the list, so that the next case is one of them, too.
    pub href: String,
    pub pieces: Vec<Piece>,
    pub surface: Option<&'static str>,
    pub kind: &'static str,
    /// Whether it is about a nickname or a tag rather than a comment.
    pub is_part: bool,
    pub rule: Option<&'static str>,
    pub code: &'static str,
    pub severity: u8,
    pub severity_name: &'static str,
    pub status: &'static str,
    pub status_name: &'static str,
    pub is_urgent: bool,
    /// What opened it, where that is not the filter.
    pub source: Option<&'static str>,
    pub reports: Option<String>,
    pub nickname: Option<Vec<Piece>>,
    pub standing: Option<&'static str>,
    pub article: Option<String>,
    pub age: Age,
    /// Who holds it, where it is not the visitor.
    pub held_by: Option<String>,
    pub is_mine: bool,
    pub skips: u32,
    pub group: Option<String>,
}

impl CaseRow {
    /// The row of a case.
    pub fn new(item: QueueItem, visit: &Visit) -> Self {
        let language = visit.language;
        let me = visit.caller().ok().map(|caller| caller.actor());
        let holder = item.claim.as_ref().map(|claim| &claim.by);
        let is_mine = holder.is_some() && holder == me.as_ref();
        let from_others = (item.source != Source::Filter).then_some(item.source);
        let standing = item.member.as_ref().map(|member| member.standing);
        Self {
            href: visit
                .query
                .address(&format!("/console/cases/{}", item.id), &["cursor"], &[]),
            pieces: pieces(&item),
            surface: item
                .surface
                .map(|surface| names::surface(surface, language)),
            kind: names::subject(&item.subject, language),
            is_part: item.subject.kind != "comment",
            rule: item.rule.map(|rule| names::rule(rule, language)),
            code: names::code(item.code, language),
            severity: item.severity,
            severity_name: names::severity(item.severity, language),
            status: item.status.name(),
            status_name: names::status(item.status.name(), language),
            is_urgent: is_urgent(&item),
            source: from_others.map(|source| names::source(source, language)),
            reports: reports(item.reports, language),
            nickname: item
                .member
                .as_ref()
                .and_then(|member| member.nickname.as_deref())
                .map(marks::plain),
            standing: standing
                .filter(|standing| *standing != "good")
                .map(|standing| names::standing(standing, language)),
            article: item
                .article
                .as_ref()
                .and_then(|article| article.title.clone()),
            age: Age::new(item.opened_at, visit.now, visit.zone(), language),
            held_by: holder
                .filter(|_| !is_mine)
                .map(|holder| names::actor(holder, language)),
            is_mine,
            skips: item.skips,
            group: item.group.clone(),
            id: item.id.to_string(),
            version: item.version,
        }
    }
}

/// Threats and self-harm come first; the queue's order knows them by their code.
fn is_urgent(item: &QueueItem) -> bool {
    matches!(
        item.code,
        crate::record::ReasonCode::Threat | crate::record::ReasonCode::SelfHarm
    )
}

fn pieces(item: &QueueItem) -> Vec<Piece> {
    let excerpt = &item.excerpt;
    let mark = Mark {
        start: excerpt.start as usize,
        end: excerpt.end as usize,
        severity: item.severity,
        guessed: false,
        hit: 0,
    };
    marks::pieces(&excerpt.text, &[mark])
}

fn reports(count: u32, language: Language) -> Option<String> {
    match (count, language) {
        (0, _) => None,
        (count, Language::ZhTw) => Some(format!("{count} 人檢舉")),
        (1, Language::En) => Some("1 report".to_owned()),
        (count, Language::En) => Some(format!("{count} reports")),
    }
}
