//! Many cases ruled as one: those that were selected in the queue, or a group of the same words. What would be done is shown
//! first; what was done can be undone as a whole.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Payload},
};
use askama::Template;

use super::ruling;
use crate::{
    access::Requirement,
    desk::{
        DeskError, Idempotent, QueueQuery, RulingDraft, SanctionDraft,
        views::{QueueItem, RulingAnswer},
    },
    http::{
        call::{Call, LARGE_BYTES_MAX},
        console::{
            case_row::CaseRow,
            error_page,
            flash::Told,
            form::Fields,
            layout::Shell,
            marks::Piece,
            names,
            queue_filter::{self, to_queue},
            render,
            text::texts,
            visit::{Answer, State, Visit},
        },
        problem::{Code, Problem},
        query,
    },
    id::{CaseId, RulingId},
    intake::FieldFault,
    member::SanctionKind,
    record::{ReasonCode, RulingDecision},
};

/// The pages of this file.
pub const PAGES: &[&Call] = &[&GROUP, &BULK, &UNDO];

/// The most cases ruled as one, as in the API.
const BULK_MAX: usize = 200;

texts! {
    /// The labels of ruling on many cases.
    pub struct BulkTexts {
        group_title: "相同內容的案件", "Cases with the same words";
        group_lead: "這些案件的字句相同，可以一併裁決。取消勾選即可排除。", "These cases have the same words and can be ruled as one. Untick what should stay out.";
        group_more: "僅列出前 200 件；裁決後會顯示其餘案件。", "The first 200 are shown; the rest comes once these are ruled.";
        preview_title: "確認批次裁決", "Rule on many: confirm";
        preview_lead: "以下案件將一併裁決。期限內可以全部復原。", "These cases will be ruled as one. All of it can be undone for a while.";
        result_title: "批次裁決完成", "Done";
        decision: "裁決", "Decision";
        cases: "件", "cases";
        code: "事由", "Reason";
        code_own: "依各案判定", "As found in each case";
        sanction: "處分", "Sanction";
        sanction_none: "不處分", "No sanction";
        days: "天數", "Days";
        note: "內部備註", "Internal note";
        note_needed: "呈報須填寫原因。", "Escalating needs a reason.";
        confirm: "確認", "Confirm";
        cancel: "取消", "Cancel";
        all: "全選", "All";
        done: "件已裁決", "ruled";
        failed: "件未裁決", "not ruled";
        undo_all: "全部復原", "Undo all";
        to_queue: "回到佇列", "To the queue";
        empty: "沒有待審的案件了", "None of them waits any more";
        approve: "全部保留…", "Approve all…";
        remove: "全部移除…", "Remove all…";
        escalate: "全部呈報…", "Escalate all…";
    }
}

#[derive(Template)]
#[template(path = "group.html", config = "src/http/console/templates/askama.toml")]
struct GroupPage {
    shell: Shell,
    b: &'static BulkTexts,
    words: Option<Vec<Piece>>,
    rows: Vec<CaseRow>,
    has_more: bool,
    may_rule: bool,
    queue: String,
}

static GROUP: Call = Call::get("/console/groups/{hash}", Requirement::READ)
    .named("console.group", "Cases with the same words")
    .any_query()
    .to(|| web::route().to(group));

async fn group(state: State, request: HttpRequest) -> Answer {
    let visit = Visit::open(&state, &request, &GROUP).await?;
    let filter = QueueQuery {
        group: Some(query::part(&request, "hash")?),
        limit: Some(BULK_MAX.to_string()),
        pointer: "?",
        ..QueueQuery::default()
    };
    let view = state.desk.queue.queue(filter).await?;
    let rows: Vec<CaseRow> = rows_of(view.items, &visit);
    let page = GroupPage {
        shell: visit.shell(queue_filter::PATH),
        b: BulkTexts::of(visit.language),
        words: rows.first().map(|row| row.pieces.clone()),
        rows,
        has_more: view.next_cursor.is_some(),
        may_rule: visit.may(Requirement::REVIEW),
        queue: to_queue(&visit),
    };
    render::page(&visit, &page)
}

fn rows_of(items: Vec<QueueItem>, visit: &Visit) -> Vec<CaseRow> {
    items
        .into_iter()
        .map(|item| CaseRow::new(item, visit))
        .collect()
}

#[derive(Template)]
#[template(path = "bulk.html", config = "src/http/console/templates/askama.toml")]
struct PreviewPage {
    shell: Shell,
    b: &'static BulkTexts,
    rows: Vec<CaseRow>,
    decision: &'static str,
    decision_name: &'static str,
    codes: Vec<(&'static str, &'static str)>,
    kinds: Vec<(&'static str, &'static str)>,
    queue: String,
    filters: String,
}

static BULK: Call = Call::post("/console/bulk", Requirement::REVIEW)
    .named("console.bulk", "Rules on many cases, after a preview")
    .any_query()
    .bytes_max(LARGE_BYTES_MAX)
    .to(|| web::route().to(bulk));

async fn bulk(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, fields) = Visit::posted(&state, &request, payload, &BULK).await?;
    let chosen = chosen(&fields)?;
    match fields.is_on("confirm") {
        true => rule_all(&visit, &fields, chosen).await,
        false => preview(&visit, &fields, &chosen).await,
    }
}

/// The chosen cases with the versions that were seen: `ID.VERSION`.
fn chosen(fields: &Fields) -> Result<Vec<(CaseId, u32)>, Problem> {
    let all = fields.all("case");
    let chosen: Option<Vec<_>> = all
        .iter()
        .map(|raw| {
            let (id, version) = raw.split_once('.')?;
            Some((CaseId::parse(id)?, version.parse().ok()?))
        })
        .collect();
    let chosen = chosen.filter(|chosen| (1..=BULK_MAX).contains(&chosen.len()));
    chosen.ok_or_else(|| {
        Problem::field(FieldFault::invalid(
            "case",
            format!("請選取 1 到 {BULK_MAX} 件"),
            format!("choose 1 to {BULK_MAX} cases"),
        ))
    })
}

async fn preview(visit: &Visit, fields: &Fields, chosen: &[(CaseId, u32)]) -> Answer {
    let decision = fields.get("decision").and_then(RulingDecision::parse);
    let decision = decision.ok_or_else(|| Problem::new(Code::InvalidFields))?;
    let language = visit.language;
    let ids: Vec<CaseId> = chosen.iter().map(|(id, _)| *id).collect();
    let items = visit.state.desk.queue.listed(&ids).await?;
    let codes = ReasonCode::for_people().map(|code| (code.name(), names::code(code, language)));
    let kinds = SanctionKind::ALL
        .into_iter()
        .map(|kind| (kind.name(), names::sanction(kind, language)));
    let page = PreviewPage {
        shell: visit.shell(queue_filter::PATH),
        b: BulkTexts::of(language),
        rows: rows_of(items, visit),
        decision: decision.name(),
        decision_name: names::decision(decision, language),
        codes: codes.collect(),
        kinds: kinds.collect(),
        queue: to_queue(visit),
        filters: visit.query.address("", &["cursor"], &[]),
    };
    render::page(visit, &page)
}

/// The result of one ruling of many that failed.
pub struct Failure {
    pub href: String,
    pub id: String,
    pub why: String,
}

#[derive(Template)]
#[template(
    path = "bulk_done.html",
    config = "src/http/console/templates/askama.toml"
)]
struct ResultPage {
    shell: Shell,
    b: &'static BulkTexts,
    done: usize,
    rulings: Vec<String>,
    failures: Vec<Failure>,
    queue: String,
}

async fn rule_all(visit: &Visit, fields: &Fields, chosen: Vec<(CaseId, u32)>) -> Answer {
    let drafts = chosen.into_iter().map(|(id, version)| {
        let draft = RulingDraft {
            version: Some(version),
            sanction: sanction_of(fields),
            ..ruling::draft_of(fields)
        };
        (Some(id.to_string()), draft)
    });
    let rulings = &visit.state.desk.rulings;
    let mut outcomes = Vec::new();
    for (id, draft) in drafts {
        let Some(case) = id.as_deref().and_then(CaseId::parse) else {
            continue;
        };
        let done = rulings.rule(visit.caller()?, case, draft, None).await;
        outcomes.push((case, done));
    }
    result(visit, outcomes)
}

/// One sanction for all of their members; none unless one is chosen.
fn sanction_of(fields: &Fields) -> Option<SanctionDraft> {
    let kind = fields.get("kind")?.to_owned();
    Some(SanctionDraft {
        kind: Some(kind),
        days: fields.get("days").and_then(|raw| raw.parse().ok()),
        ..SanctionDraft::default()
    })
}

type Outcome = (CaseId, Result<Idempotent<RulingAnswer>, DeskError>);

fn result(visit: &Visit, outcomes: Vec<Outcome>) -> Answer {
    let (mut answers, mut failures) = (Vec::new(), Vec::new());
    for (case, done) in outcomes {
        match done {
            Ok(Idempotent::Fresh(answer)) => answers.push(answer),
            // Cannot happen without a key.
            Ok(Idempotent::Replayed { .. }) => {}
            Err(error) => failures.push(Failure {
                href: queue_filter::to_case(visit, case),
                id: case.to_string(),
                why: error_page::plain(&Problem::from(error), visit.language),
            }),
        }
    }
    let page = ResultPage {
        shell: visit.shell(queue_filter::PATH),
        b: BulkTexts::of(visit.language),
        done: answers.len(),
        rulings: answers.iter().map(|answer| answer.id.to_string()).collect(),
        failures,
        queue: to_queue(visit),
    };
    let mut response: HttpResponse = render::page(visit, &page)?;
    ruling::remember(visit, &mut response, &answers);
    Ok(response)
}

static UNDO: Call = Call::post("/console/bulk/undo", Requirement::REVIEW)
    .named("console.bulk.undo", "Undoes the rulings of many cases")
    .any_query()
    .bytes_max(LARGE_BYTES_MAX)
    .to(|| web::route().to(undo));

async fn undo(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, fields) = Visit::posted(&state, &request, payload, &UNDO).await?;
    let ids: Vec<RulingId> = fields
        .all("ruling")
        .iter()
        .take(BULK_MAX)
        .filter_map(|raw| RulingId::parse(raw))
        .collect();
    let rulings = &state.desk.rulings;
    let mut told = Told::Undone;
    for id in &ids {
        if let Err(error) = rulings.undo(visit.caller()?, *id, None).await {
            tracing::debug!(%error, "a ruling of many was not undone: {error}");
            told = Told::NotUndone;
        }
    }
    let mut response = visit.done(&to_queue(&visit), told);
    let mut undoables = visit.undoables();
    undoables.retain(|undoable| !ids.contains(&undoable.ruling));
    visit.remember_undoables(&mut response, &undoables);
    Ok(response)
}
