//! A reader's report as a row of a list.

use super::{
    ages::Age,
    links,
    marks::{self, Piece},
    names,
    visit::Visit,
};
use crate::desk::views::ReportView;

/// A row.
pub struct ReportRow {
    pub age: Age,
    /// What became of it, and the class of its badge.
    pub status: (&'static str, &'static str),
    pub code: &'static str,
    pub surface: Option<&'static str>,
    pub tag: Option<Vec<Piece>>,
    pub note: Option<Vec<Piece>>,
    pub comment: String,
    pub comment_href: String,
    pub case_href: Option<String>,
    pub reporter: String,
    pub reporter_href: String,
    /// What it is called if its reporter often reports together with others.
    pub together: Option<&'static str>,
}

impl ReportRow {
    /// The row of a report.
    pub fn new(report: &ReportView, visit: &Visit) -> Self {
        let language = visit.language;
        Self {
            age: Age::new(report.at, visit.now, visit.zone(), language),
            status: names::report(report.status, language),
            code: names::code(report.code, language),
            surface: report.surface.map(|one| names::surface(one, language)),
            tag: report.tag.as_deref().map(marks::plain),
            note: report.note.as_deref().map(marks::plain),
            comment: report.comment_id.to_string(),
            comment_href: links::comment(report.comment_id.as_str()),
            case_href: report.case_id.as_ref().map(links::case),
            reporter: report.reporter_id.to_string(),
            reporter_href: links::reporter(report.reporter_id.as_str()),
            together: report
                .together
                .then(|| language.pick("結夥檢舉", "Coordinated")),
        }
    }
}
