//! The audit: page by page, or all of it as a file.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::header::CONTENT_DISPOSITION,
    web::{self, Bytes},
};
use futures_util::stream;

use super::{Answer, State};
use crate::{
    access::Requirement,
    desk::{
        AuditQuery, DeskError, PAGE_MAX,
        views::{AuditList, AuditView},
    },
    http::{HttpState, auth::LongLivedAuth, call::Call, csv, problem::Problem, shape::Shape},
    intake::FieldFault,
};

/// The columns of the audit as CSV.
const COLUMNS: [&str; 12] = [
    "number",
    "at",
    "actor",
    "action",
    "subject_kind",
    "subject_id",
    "from",
    "to",
    "reason",
    "revisions",
    "previous",
    "hash",
];

/// The calls of this file.
pub static CALLS: &[&Call] = &[&LIST];

static LIST: Call = Call::get("/v1/audit", Requirement::REVIEW)
    .named("ListAudit", "Search the audit log, newest first")
    .query(&[
        "actor", "subject", "action", "from", "to", "cursor", "limit", "format",
    ])
    .ok::<AuditList>()
    .files(&[Shape::lines::<AuditView>(), Shape::text("text/csv")])
    .to(|| web::route().to(list));

async fn list(state: State, request: HttpRequest) -> Answer {
    let identity = state.identity(&request, &LIST).await?;
    let mut query = LIST.read_query(&request)?;
    let filters = AuditQuery {
        actor: query.take("actor"),
        subject: query.take("subject"),
        action: query.take("action"),
        from: query.take("from"),
        to: query.take("to"),
        cursor: query.take("cursor"),
        limit: query.take("limit"),
    };
    match query.take("format").as_deref().map(Format::parse) {
        None => Ok(LIST.json(&state.desk.figures.audit(filters).await?)),
        Some(Some(format)) => {
            let standing = LongLivedAuth::new(state.clone(), identity, &LIST);
            export(state, standing, filters, format).await
        }
        Some(None) => Err(Problem::field(FieldFault::invalid(
            "?format",
            "須為 ndjson 或 csv",
            "ndjson or csv",
        ))),
    }
}

/// The format of the audit as a file.
#[derive(Debug, Clone, Copy)]
enum Format {
    Ndjson,
    Csv,
}

impl Format {
    fn parse(name: &str) -> Option<Self> {
        match name {
            "ndjson" => Some(Self::Ndjson),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }

    fn answer(self) -> HttpResponseBuilder {
        match self {
            Self::Ndjson => {
                let mut answer = HttpResponse::Ok();
                answer.content_type("application/x-ndjson").insert_header((
                    CONTENT_DISPOSITION,
                    "attachment; filename=\"banzhu-audit.ndjson\"",
                ));
                answer
            }
            Self::Csv => csv::answer("audit"),
        }
    }

    fn head(self, with_mark: bool) -> String {
        match self {
            Self::Ndjson => String::new(),
            Self::Csv => csv::head(&COLUMNS, with_mark),
        }
    }

    fn line(self, entry: &AuditView) -> String {
        match self {
            Self::Ndjson => serde_json::to_string(entry).unwrap_or_default() + "\n",
            Self::Csv => csv::line(cells(entry)),
        }
    }
}

/// A page as it is written to the file.
struct Part {
    lines: String,
    next_cursor: Option<String>,
}

impl Part {
    /// Reads and renders a page, on a thread beside the workers.
    async fn read(state: &HttpState, query: AuditQuery, format: Format) -> Result<Self, DeskError> {
        let render = move |page: AuditList| Self {
            lines: page.items.iter().map(|entry| format.line(entry)).collect(),
            next_cursor: page.next_cursor,
        };
        state.desk.figures.audit_with(query, render).await
    }
}

/// Everything that matches, newest first, streamed page by page; one page if a `limit` is given. Faults in the filters are
/// reported before the first byte. A caller who loses the right meanwhile gets no further page, and a broken file.
async fn export(
    state: State,
    standing: LongLivedAuth,
    query: AuditQuery,
    format: Format,
) -> Answer {
    let one_page = query.limit.is_some();
    let query = AuditQuery {
        limit: query.limit.or_else(|| Some(PAGE_MAX.to_string())),
        ..query
    };
    let first = Part::read(&state, query.clone(), format).await?;
    let head = Bytes::from(format.head(state.settings.csv_bom));
    let body = stream::unfold(Some((first, query, standing)), move |at| {
        let state = state.clone();
        async move {
            let (part, query, mut standing) = at?;
            let next = match part.next_cursor.filter(|_| !one_page) {
                Some(cursor) => match standing.holds().await {
                    Ok(()) => turned(&state, query, cursor, format).await,
                    Err(error) => Err(error),
                },
                None => Ok(None),
            };
            let next = next.map(|next| next.map(|(part, query)| (part, query, standing)));
            // An error on the way breaks the connection, so that half a file is not taken for the whole.
            Some(match next {
                Ok(next) => (Ok(Bytes::from(part.lines)), next),
                Err(error) => (Err(error), None),
            })
        }
    });
    let body = futures_util::StreamExt::chain(stream::iter([Ok(head)]), body);
    Ok(format.answer().streaming(body))
}

async fn turned(
    state: &HttpState,
    query: AuditQuery,
    cursor: String,
    format: Format,
) -> Result<Option<(Part, AuditQuery)>, DeskError> {
    let query = AuditQuery {
        cursor: Some(cursor),
        ..query
    };
    let part = Part::read(state, query.clone(), format).await?;
    Ok(Some((part, query)))
}

/// The cells of an entry, column by column.
fn cells(entry: &AuditView) -> [String; COLUMNS.len()] {
    let text = |field: &Option<String>| field.clone().unwrap_or_default();
    [
        entry.number.to_string(),
        entry.at.to_string(),
        entry.actor.to_string(),
        entry.action.clone(),
        entry.subject.kind.to_owned(),
        entry.subject.id.clone(),
        text(&entry.from),
        text(&entry.to),
        text(&entry.reason),
        entry.revisions.to_string(),
        entry.previous.clone(),
        entry.hash.clone(),
    ]
}

/// Whether a file is wanted, for calls whose only format is `csv`.
pub(super) fn is_csv(format: Option<String>) -> Result<bool, Problem> {
    match format.as_deref() {
        None => Ok(false),
        Some("csv") => Ok(true),
        Some(_) => Err(Problem::field(FieldFault::invalid(
            "?format",
            "須為 csv",
            "csv",
        ))),
    }
}
