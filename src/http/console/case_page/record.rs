//! What is on record: the member, reports with their reporters, rulings, notes, the audit trail.

use super::around::{Other, comment_path};
use crate::{
    desk::views::{
        AuditView, CaseView, MemberView, NicknameView, NoteView, RecentView, ReportView,
        ReporterView, RulingView, SanctionView,
    },
    http::{
        console::{
            ages::{self, Age},
            form,
            marks::{self, Piece},
            names,
            visit::Visit,
        },
        problem::Language,
    },
    record::ReportOutcome,
};

/// How many entries of the audit are shown.
const AUDIT_MAX: usize = 30;
/// How many reports are shown.
const REPORTS_MAX: usize = 20;
/// How many nicknames are shown.
const NICKNAMES_MAX: usize = 12;

/// A line of a list: who, what, when.
pub struct Line {
    pub who: String,
    pub what: String,
    pub at: Age,
    pub detail: Option<Vec<Piece>>,
    pub is_undone: bool,
}

/// The member.
pub struct Member {
    pub href: String,
    pub standing: &'static str,
    pub standing_name: &'static str,
    pub until: Option<String>,
    pub is_verified: bool,
    pub strike_count: u32,
    pub strikes: Vec<(String, String)>,
    pub sanctions: Vec<(String, String)>,
    pub nicknames: Vec<(Vec<Piece>, Age)>,
}

impl Member {
    /// The member of a case.
    pub fn of(case: &CaseView, visit: &Visit) -> Option<Self> {
        let member = case.member_record.as_ref()?;
        let language = visit.language;
        let nicknames = case.member_nicknames.iter().take(NICKNAMES_MAX);
        Some(Self {
            href: member_path(member.id.as_str()),
            standing: member.standing,
            standing_name: names::standing(member.standing, language),
            until: member.until.map(|at| ages::absolute(at, visit.zone())),
            is_verified: member.verified,
            strike_count: member.strike_count,
            strikes: strikes(member, visit),
            sanctions: member
                .sanctions
                .iter()
                .map(|sanction| sanction_line(sanction, visit))
                .collect(),
            nicknames: nicknames
                .map(|nickname| nickname_line(nickname, visit))
                .collect(),
        })
    }
}

/// A member's page.
pub fn member_path(id: &str) -> String {
    format!("/console/members/{}", form::path_part(id))
}

fn strikes(member: &MemberView, visit: &Visit) -> Vec<(String, String)> {
    let line = |strike: &crate::desk::views::StrikeView| {
        let code = names::code(strike.code, visit.language);
        let expires = ages::absolute(strike.expires_at, visit.zone());
        (format!("{code} +{}", strike.worth), expires)
    };
    member.strikes.iter().map(line).collect()
}

fn sanction_line(sanction: &SanctionView, visit: &Visit) -> (String, String) {
    let name = names::sanction_for(sanction.kind, sanction.days, visit.language);
    let by = names::actor(&sanction.by, visit.language);
    let at = ages::absolute(sanction.at, visit.zone());
    (name, format!("{by} {at}"))
}

fn nickname_line(nickname: &NicknameView, visit: &Visit) -> (Vec<Piece>, Age) {
    let since = Age::new(nickname.since, visit.now, visit.zone(), visit.language);
    (marks::plain(&nickname.nickname), since)
}

/// The member's latest comments.
pub fn recents(case: &CaseView, visit: &Visit) -> Vec<Other> {
    let shown = |recent: &RecentView| Other {
        href: comment_path(recent.comment_id.as_str()),
        nickname: None,
        text: marks::plain(&recent.text),
        verdict: recent.verdict.name(),
        verdict_name: names::verdict(recent.verdict, visit.language),
        at: Age::new(recent.at, visit.now, visit.zone(), visit.language),
        is_same_parent: false,
    };
    case.member_comments.iter().map(shown).collect()
}

/// Readers' reports.
pub struct Reports {
    pub count: u32,
    pub weight: String,
    pub together: u32,
    pub items: Vec<ReportLine>,
}

/// A report and what its reporter's reports were worth.
pub struct ReportLine {
    pub reporter: String,
    pub code: &'static str,
    pub note: Option<Vec<Piece>>,
    pub at: Age,
    pub weight: String,
    pub is_together: bool,
    pub status: &'static str,
    pub record: Option<(u32, u32)>,
    pub is_muted: bool,
}

impl Reports {
    /// The reports of a case.
    pub fn of(case: &CaseView, visit: &Visit) -> Self {
        let reported = &case.reported;
        let items = reported.items.iter().take(REPORTS_MAX);
        Self {
            count: reported.count,
            weight: format!("{:.1}", reported.weight),
            together: reported.together,
            items: items
                .map(|report| report_line(report, &reported.reporters, visit))
                .collect(),
        }
    }
}

fn report_line(report: &ReportView, reporters: &[ReporterView], visit: &Visit) -> ReportLine {
    let language = visit.language;
    let reporter = reporters
        .iter()
        .find(|reporter| reporter.reporter_id == report.reporter_id);
    ReportLine {
        reporter: report.reporter_id.to_string(),
        code: names::code(report.code, language),
        note: report.note.as_deref().map(marks::plain),
        at: Age::new(report.at, visit.now, visit.zone(), language),
        weight: format!("{:.1}", report.weight),
        is_together: report.together,
        status: match report.status {
            ReportOutcome::Open => "",
            ReportOutcome::Upheld => language.pick("成立", "upheld"),
            ReportOutcome::Dismissed => language.pick("不成立", "dismissed"),
        },
        record: reporter.map(|reporter| (reporter.upheld, reporter.ended)),
        is_muted: reporter.is_some_and(|reporter| reporter.muted_until.is_some()),
    }
}

/// Rulings, in force and undone.
pub struct Rulings;

impl Rulings {
    /// The rulings of a case, the newest first; undone ones among them.
    pub fn of(case: &CaseView, visit: &Visit) -> Vec<Line> {
        let mut all: Vec<&RulingView> = case.rulings.iter().chain(&case.undone_rulings).collect();
        all.sort_by_key(|ruling| std::cmp::Reverse((ruling.at, ruling.id)));
        all.dedup_by_key(|ruling| ruling.id);
        all.into_iter()
            .map(|ruling| Self::line(ruling, visit))
            .collect()
    }

    /// A ruling in one line.
    pub fn line(ruling: &RulingView, visit: &Visit) -> Line {
        let language = visit.language;
        let mut what = names::done(ruling.decision, language).to_owned();
        if let Some(code) = ruling.code {
            what = format!("{what}{}{}", colon(language), names::code(code, language));
        }
        if !ruling.tags.is_empty() {
            what = format!("{what} #{}", ruling.tags.join(" #"));
        }
        if ruling.on_appeal {
            what += language.pick("（申訴裁決）", " (on appeal)");
        }
        if let Some(undone) = &ruling.undone {
            let by = names::actor(&undone.by, language);
            what += &match language {
                Language::ZhTw => format!("（{by} 已復原）"),
                Language::En => format!(" (undone by {by})"),
            };
        }
        Line {
            who: names::actor(&ruling.by, language),
            what,
            at: Age::new(ruling.at, visit.now, visit.zone(), language),
            detail: ruling.note.as_deref().map(marks::plain),
            is_undone: ruling.undone.is_some(),
        }
    }
}

const fn colon(language: Language) -> &'static str {
    language.pick("：", ": ")
}

/// The appeal that waits, in its author's words.
pub fn appeal(case: &CaseView, visit: &Visit) -> Option<Line> {
    let appeal = case.appeal.as_ref()?;
    Some(Line {
        who: appeal.member_id.to_string(),
        what: String::new(),
        at: Age::new(appeal.at, visit.now, visit.zone(), visit.language),
        detail: Some(marks::plain(&appeal.statement)),
        is_undone: false,
    })
}

/// Colleagues' notes.
pub fn notes(case: &CaseView, visit: &Visit) -> Vec<Line> {
    let line = |note: &NoteView| Line {
        who: names::actor(&note.by, visit.language),
        what: String::new(),
        at: Age::new(note.at, visit.now, visit.zone(), visit.language),
        detail: Some(marks::plain(&note.text)),
        is_undone: false,
    };
    case.notes.iter().map(line).collect()
}

/// The newest entries of the audit.
pub fn lines_of_audit(case: &CaseView, visit: &Visit) -> Vec<Line> {
    let line = |entry: &AuditView| Line {
        who: names::actor(&entry.actor, visit.language),
        what: match (&entry.from, &entry.to) {
            (Some(from), Some(to)) => format!("{} {from} → {to}", entry.action),
            (None, Some(to)) => format!("{} {to}", entry.action),
            _ => entry.action.clone(),
        },
        at: Age::new(entry.at, visit.now, visit.zone(), visit.language),
        detail: None,
        is_undone: false,
    };
    case.audit.iter().take(AUDIT_MAX).map(line).collect()
}
