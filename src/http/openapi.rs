//! The OpenAPI document, made from the table of calls and from the shapes that the handlers read and write.

mod examples;
mod vocabulary;

use actix_web::{HttpRequest, http::StatusCode, web};
use serde_json::{Value, json as value};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Components, ComponentsBuilder, ContactBuilder, Content, ContentBuilder, HttpMethod,
        InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required, Response,
        ResponseBuilder, Schema, ServerBuilder, Type,
        path::{OperationBuilder, ParameterBuilder, ParameterIn, Paths},
        request_body::RequestBodyBuilder,
        schema::{ObjectBuilder, SchemaType},
        security::{
            ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
        },
        tag::TagBuilder,
    },
};

use super::{
    api::{
        Answer,
        accounts::{PatchUser, PostKey, PostUser},
        articles::PutArticle,
        audit,
        cases::{self, NextCase, PostCase, PostNote, PostRuling, PostRulings},
        comments::{PostComment, PostTry},
        feeds,
        health::{Alive, Ready},
        members::{PostSanction, PutMember, RevokeSanction},
        reports::{self, MuteReporter, PostAppeal, PostReport, ReasonBody},
        session::{PostSession, PostToken, PutPassword},
        webhooks::{PatchWebhook, PostWebhook},
    },
    auth::COOKIE,
    error_codes,
    idempotency::{self, json},
    problem, query,
};
use crate::{
    access::{CALLS, Call, CallRow, Requirement},
    desk::{
        MemberData,
        views::{
            AppealView, ArticleView, AuditList, CaseView, CodeView, CommentView, DeliveryView,
            DismissedView, ErasedView, EventList, HistoryView, HoldView, KeyView, MemberView,
            ModerationView, NewKeyView, NewTokenView, NewUserView, NewWebhookView, NoteView,
            QueueView, ReportView, ReporterView, RulebookView, RulingAnswer, SanctionView,
            SessionView, SignInView, StatsView, TokenView, TryView, UserView, WebhookView, WhoView,
        },
    },
    record::Scope,
};

/// Serves the document, which is made once.
pub(super) async fn get(request: HttpRequest, document: web::Data<Value>) -> Answer {
    query::none(&request)?;
    Ok(json(StatusCode::OK, document.get_ref()))
}

/// What a call reads and writes.
struct Shape {
    summary: &'static str,
    query: &'static [&'static str],
    body: Option<(&'static str, &'static str)>,
    body_required: bool,
    status: &'static str,
    answer: Option<(&'static str, &'static str)>,
    /// The same as a file, where a parameter asks for one.
    files: &'static [(&'static str, &'static str)],
    other: Option<Other>,
}

/// A second answer that is no problem: its status, when it comes, and whether it has the first one's shape.
struct Other {
    status: &'static str,
    when: &'static str,
    same_shape: bool,
}

const JSON: &str = "application/json";
const BEARER: &str = "bearer";
const SESSION: &str = "session";
const NDJSON: &str = "application/x-ndjson";

const fn shape(summary: &'static str, status: &'static str) -> Shape {
    Shape {
        summary,
        query: &[],
        body: None,
        body_required: false,
        status,
        answer: None,
        files: &[],
        other: None,
    }
}

impl Shape {
    const fn query(self, query: &'static [&'static str]) -> Self {
        Self { query, ..self }
    }

    const fn body(self, schema: &'static str) -> Self {
        Self {
            body: Some((JSON, schema)),
            body_required: true,
            ..self
        }
    }

    /// A body that may be left out.
    const fn maybe_body(self, schema: &'static str) -> Self {
        Self {
            body: Some((JSON, schema)),
            ..self
        }
    }

    const fn or(self, status: &'static str, when: &'static str, same_shape: bool) -> Self {
        Self {
            other: Some(Other {
                status,
                when,
                same_shape,
            }),
            ..self
        }
    }

    const fn answer(self, schema: &'static str) -> Self {
        Self {
            answer: Some((JSON, schema)),
            ..self
        }
    }
}

const fn shape_of(call: Call) -> Shape {
    match call {
        Call::PutArticle => shape("Hand in an article", "200")
            .body("PutArticle")
            .answer("ArticleView")
            .or("201", "The article is new", true),
        Call::GetArticle => shape("An article as stored", "200").answer("ArticleView"),
        Call::PostModeration => shape("Judge a comment", "200")
            .query(&["dry_run"])
            .body("PostComment")
            .answer("ModerationView"),
        Call::PostBatch => Shape {
            summary: "Judge many comments, one a line, streamed both ways",
            query: &["dry_run", "backfill"],
            body: Some((NDJSON, "PostComment")),
            body_required: true,
            status: "200",
            answer: Some((NDJSON, "ModerationView")),
            files: &[],
            other: None,
        },
        Call::GetComment => shape("Where a comment stands now", "200").answer("CommentView"),
        Call::DeleteComment => shape("The member took a comment back", "204"),
        Call::PutMember => shape("Judge a nickname without a comment", "200")
            .body("PutMember")
            .answer("ModerationView")
            .or("201", "The member is new", true),
        Call::GetMember => shape("How a member stands", "200").answer("MemberView"),
        Call::GetHistory => shape("What a member did, and what was done about it", "200")
            .query(&query::PAGE)
            .answer("HistoryView"),
        Call::PostSanction => shape("Lay a sanction on a member outside a case", "201")
            .body("PostSanction")
            .answer("SanctionView"),
        Call::LiftSanction => shape("Lift a sanction", "200")
            .body("RevokeSanction")
            .answer("SanctionView"),
        Call::PostReport => shape("Hand in a reader's report", "201")
            .body("PostReport")
            .answer("ReportView")
            .or("200", "The same reporter reported it before", true),
        Call::GetReport => shape("What became of a report", "200").answer("ReportView"),
        Call::ListReports => shape("A reporter's reports, newest first", "200")
            .query(&reports::FILTERS)
            .answer("ReportList"),
        Call::PostAppeal => shape("The author contests a removal", "201")
            .body("PostAppeal")
            .answer("AppealView"),
        Call::PostSanctionAppeal => shape("The member contests a sanction", "201")
            .body("PostAppeal")
            .answer("AppealView"),
        Call::GetAppeal => shape("What became of an appeal", "200").answer("AppealView"),
        Call::GetChanges => shape("News for the board, in order", "200")
            .query(&feeds::CHANGES)
            .answer("EventList"),
        Call::OpenCase => shape("Take up what nobody flagged", "201")
            .body("PostCase")
            .answer("CaseView"),
        Call::SkipCase => shape("Hand a case back, counted", "200").answer("CaseView"),
        Call::NoteCase => shape("A note for colleagues", "201")
            .body("PostNote")
            .answer("NoteView"),
        Call::RuleMany => shape("Rule many cases, each for itself", "200")
            .body("PostRulings")
            .answer("Anything"),
        Call::MuteReporter => shape("A reporter's reports weigh nothing for some days", "200")
            .body("MuteReporter")
            .answer("ReporterView"),
        Call::UnmuteReporter => shape("A reporter's reports count again", "204"),
        Call::DismissReporter => shape("Set all open reports of one in bad faith aside", "200")
            .body("ReasonBody")
            .answer("DismissedView"),
        Call::HoldComment => shape("Keep a comment from purge and erasure", "200")
            .body("ReasonBody")
            .answer("HoldView"),
        Call::LetGoComment => shape("Let a comment age as others do", "204"),
        Call::GetEvents => Shape {
            answer: Some(("text/event-stream", "Text")),
            ..shape("Live events of the queue", "200")
        },
        Call::GetStats => Shape {
            files: &[("text/csv", "Text")],
            ..shape("Statistics by the board's days", "200")
                .query(&feeds::STATS)
                .answer("StatsView")
        },
        Call::ListWebhooks => shape("Where news goes", "200")
            .query(&query::PAGE)
            .answer("WebhookList"),
        Call::CreateWebhook => shape("Send news somewhere; the secret is shown once", "201")
            .body("PostWebhook")
            .answer("NewWebhookView"),
        Call::UpdateWebhook => shape("Change a webhook", "200")
            .body("PatchWebhook")
            .answer("NewWebhookView"),
        Call::DeleteWebhook => shape("Remove a webhook", "204"),
        Call::ListDeliveries => shape("What did not arrive at once", "200")
            .query(&query::PAGE)
            .answer("DeliveryList"),
        Call::ReplayDelivery => shape("Try a delivery again", "200").answer("DeliveryView"),
        Call::GetMemberData => shape("All that is held on a member", "200").answer("MemberData"),
        Call::DeleteMemberData => shape("Erase what a member wrote", "200").answer("ErasedView"),
        Call::PostTry => shape("What would be decided, and why; nothing is stored", "200")
            .body("PostTry")
            .answer("TryView"),
        Call::GetCodes => shape("Every code with its rule and names", "200")
            .query(&query::PAGE)
            .answer("CodeList"),
        Call::ListCases => shape("The queue", "200")
            .query(&cases::FILTERS)
            .answer("QueueView"),
        Call::GetCase => shape("Everything needed to decide a case", "200").answer("CaseView"),
        Call::NextCase => shape("Claim the most pressing case", "200")
            .maybe_body("NextCase")
            .answer("CaseView")
            .or("204", "None waits", false),
        Call::ClaimCase => shape("Claim a case, or renew the claim", "200")
            .query(&["take_over"])
            .answer("CaseView"),
        Call::ReleaseCase => shape("Give a case back", "204").query(&["take_over"]),
        Call::RuleCase => shape("Rule a case", "201")
            .body("PostRuling")
            .answer("RulingAnswer"),
        Call::UndoRuling => shape("Take a ruling back", "200").answer("RulingAnswer"),
        Call::ListAudit => Shape {
            files: &[(NDJSON, "AuditView"), ("text/csv", "Text")],
            ..shape("Who did what, newest first", "200")
                .query(&audit::FILTERS)
                .answer("AuditList")
        },
        Call::GetRulebook => shape("The rulebook in use", "200").answer("RulebookView"),
        Call::ListUsers => shape("All users", "200")
            .query(&query::PAGE)
            .answer("UserList"),
        Call::CreateUser => shape("Make a user", "201")
            .body("PostUser")
            .answer("NewUserView"),
        Call::UpdateUser => shape("Change a user", "200")
            .body("PatchUser")
            .answer("UserView"),
        Call::DeleteUser => shape("Remove a user", "204"),
        Call::ListKeys => shape("All keys", "200")
            .query(&query::PAGE)
            .answer("KeyList"),
        Call::CreateKey => shape("Make a key", "201")
            .body("PostKey")
            .answer("NewKeyView"),
        Call::RevokeKey => shape("Revoke a key", "204"),
        Call::SignIn => shape("Sign in; sets the cookie", "200")
            .body("PostSession")
            .answer("SessionView"),
        Call::SignOut => shape("Sign out", "204").query(&["everywhere"]),
        Call::GetSession => shape("Who am I, and what may I", "200").answer("WhoView"),
        Call::ListSessions => shape("One's own sign-ins that hold", "200")
            .query(&query::PAGE)
            .answer("SignInList"),
        Call::EndSession => shape("End one of one's own sign-ins", "204"),
        Call::ChangePassword => shape("Change one's own password", "200")
            .body("PutPassword")
            .answer("UserView"),
        Call::ListTokens => shape("One's own tokens", "200")
            .query(&query::PAGE)
            .answer("TokenList"),
        Call::CreateToken => shape("Make a personal token", "201")
            .maybe_body("PostToken")
            .answer("NewTokenView"),
        Call::RevokeToken => shape("Revoke a personal token", "204"),
        Call::Metrics => Shape {
            answer: Some(("text/plain", "Text")),
            ..shape("Figures for Prometheus", "200")
        },
        Call::Healthz => shape("Alive", "200").answer("Alive"),
        Call::Readyz => shape("Can decide and store", "200").answer("Ready").or(
            "503",
            "Something cannot; `checks` says what",
            true,
        ),
        Call::OpenApi => Shape {
            answer: Some((JSON, "Anything")),
            ..shape("This document", "200")
        },
        Call::Docs => Shape {
            answer: Some(("text/html", "Text")),
            ..shape("This document, rendered", "200")
        },
        Call::Problem => Shape {
            answer: Some(("text/html", "Text")),
            ..shape("What a problem means", "200")
        },
    }
}

/// Whose calls they are.
const TAGS: [(&str, &str); 5] = [
    ("board", "What the board's programs call."),
    (
        "moderators",
        "The queue, rulings, and what is read for them.",
    ),
    ("admins", "Accounts, webhooks, the data of members."),
    ("people", "Whoever signs in."),
    ("operators", "Health, figures, this document."),
];

/// The whole document.
pub fn document() -> Value {
    let mut document = serde_json::to_value(built()).unwrap_or_default();
    vocabulary::apply(&mut document);
    document
}

fn built() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Banzhu")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Comment moderation for Chinese-language boards. 中文討論區的留言審核服務。\n\nHalf a surrogate pair in a text of the body \
             becomes U+FFFD, and the answer has `warnings: [{pointer, code: \"lone-surrogate\"}]`; in an id it is refused.",
        ))
        .contact(Some(
            ContactBuilder::new()
                .name(Some("The Banzhu developers"))
                .build(),
        ))
        .license(Some(
            LicenseBuilder::new()
                .name("MIT")
                .identifier(Some("MIT"))
                .build(),
        ))
        .build();
    let mut paths = Paths::new();
    for row in &CALLS {
        paths.add_path_operation(row.path, vec![method(row)], operation(row));
    }
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([ServerBuilder::new().url("/").build()]))
        .tags(Some(TAGS.map(|(name, about)| {
            TagBuilder::new()
                .name(name)
                .description(Some(about))
                .build()
        })))
        .paths(paths)
        .components(Some(components()))
        .build()
}

fn method(row: &CallRow) -> HttpMethod {
    match row.method {
        "PUT" => HttpMethod::Put,
        "POST" => HttpMethod::Post,
        "PATCH" => HttpMethod::Patch,
        "DELETE" => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

fn operation(row: &CallRow) -> OperationBuilder {
    let shape = shape_of(row.call);
    let mut operation = OperationBuilder::new()
        .summary(Some(shape.summary))
        .description(Some(required_role(row.need)))
        .operation_id(Some(format!("{:?}", row.call)))
        .tag(tag(row));
    for parameter in parameters(row, &shape) {
        operation = operation.parameter(parameter);
    }
    if let Some((media, schema)) = shape.body {
        let required = if shape.body_required {
            Required::True
        } else {
            Required::False
        };
        let body = RequestBodyBuilder::new()
            .content(media, example_content(media, schema))
            .required(Some(required));
        operation = operation.request_body(Some(body.build()));
    }
    for (status, response) in responses(row, &shape) {
        operation = operation.response(status, response);
    }
    // An open call says so by an empty list.
    let requirements = schemes(row.need)
        .iter()
        .map(|scheme| SecurityRequirement::new(*scheme, Vec::<String>::new()));
    operation.securities(Some(requirements))
}

fn parameters(row: &CallRow, shape: &Shape) -> Vec<ParameterBuilder> {
    let parameter = |name: &str, place, schema| {
        ParameterBuilder::new()
            .name(name)
            .parameter_in(place)
            .required(Required::False)
            .schema(Some(schema))
    };
    let path = variables(row.path)
        .map(|name| parameter(name, ParameterIn::Path, text()).required(Required::True));
    let query = shape.query.iter().map(|name| {
        let is_needed = (row.call, *name) == (Call::ListReports, "reporter_id");
        let required = if is_needed {
            Required::True
        } else {
            Required::False
        };
        parameter(name, ParameterIn::Query, query_schema(name)).required(required)
    });
    let key = error_codes::is_keyed(row.call).then(|| {
        parameter(idempotency::HEADER, ParameterIn::Header, key_schema()).description(Some(
            "The same key and body get the first answer again, with `Idempotent-Replayed: true`.",
        ))
    });
    path.chain(query).chain(key).collect()
}

fn responses(row: &CallRow, shape: &Shape) -> Vec<(String, Response)> {
    let answer = |when: &str, has_shape: bool| {
        let response = ResponseBuilder::new().description(when);
        let contents = shape.answer.iter().chain(shape.files);
        contents
            .filter(|_| has_shape)
            .fold(response, |response, (media, schema)| {
                let content = match *media {
                    NDJSON => lines_of(schema, None),
                    _ => content(schema),
                };
                response.content(*media, content)
            })
            .build()
    };
    let mut responses = vec![(shape.status.to_owned(), answer(shape.summary, true))];
    if let Some(other) = &shape.other {
        responses.push((
            other.status.to_owned(),
            answer(other.when, other.same_shape),
        ));
    }
    let codes_by_status = error_codes::error_codes(row, shape.body.is_some());
    for codes in codes_by_status.chunk_by(|one, next| one.row().status == next.row().status) {
        let names: Vec<String> = codes
            .iter()
            .map(|code| format!("`{}`", code.row().code))
            .collect();
        let response = ResponseBuilder::new()
            .description(names.join(", "))
            .content(problem::MEDIA_TYPE, content("Problem"));
        responses.push((codes[0].row().status.to_string(), response.build()));
    }
    responses
}

/// How a caller may show who they are. A sign-in is a person's, and so is no use where no person may.
const fn schemes(need: Requirement) -> &'static [&'static str] {
    match need {
        Requirement::Open => &[],
        Requirement::Either { role: None, .. } => &[BEARER],
        Requirement::Credentials
        | Requirement::Person
        | Requirement::Either { role: Some(_), .. } => &[BEARER, SESSION],
    }
}

fn content(schema: &str) -> Content {
    ContentBuilder::new().schema(Some(named(schema))).build()
}

/// The content of a body, with an example; of many lines each has the shape.
fn example_content(media: &str, schema: &str) -> Content {
    let example = examples::of(schema);
    if media == NDJSON {
        return lines_of(schema, example);
    }
    ContentBuilder::new()
        .schema(Some(named(schema)))
        .example(example)
        .build()
}

fn lines_of(schema: &str, example: Option<Value>) -> Content {
    let lines = ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(format!("One `{schema}` a line.")))
        .build();
    let example = example.map(|example| value!(format!("{example}\n")));
    ContentBuilder::new()
        .schema(Some(RefOr::<Schema>::from(lines)))
        .example(example)
        .build()
}

fn query_schema(name: &str) -> RefOr<Schema> {
    match name {
        "dry_run" | "backfill" | "take_over" | "everywhere" => {
            ObjectBuilder::new().schema_type(Type::Boolean).into()
        }
        "limit" => ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(Some(200))
            .into(),
        "format" => ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(["ndjson", "csv"]))
            .into(),
        _ => text(),
    }
}

fn key_schema() -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(idempotency::KEY_CHARS_MAX))
        .into()
}

/// Who may make a call, in words.
fn required_role(need: Requirement) -> String {
    match need {
        Requirement::Open => "Open to all.".to_owned(),
        Requirement::Credentials => "For every key and everybody who signed in.".to_owned(),
        Requirement::Person => "For whoever signed in.".to_owned(),
        Requirement::Either { scopes, role } => {
            let scopes = scopes
                .iter()
                .map(|scope| scope.name())
                .collect::<Vec<_>>()
                .join(" or ");
            let role = role.map_or("no person".to_owned(), |role| {
                format!("role {role} or higher")
            });
            format!("Key scope {scopes}; {role}.")
        }
    }
}

/// Whose call it is, by what it needs: what the board may is the board's, what only reads is for those who review.
fn tag(row: &CallRow) -> &'static str {
    match row.need {
        _ if !row.path.starts_with("/v1/") => "operators",
        Requirement::Open | Requirement::Credentials | Requirement::Person => "people",
        Requirement::Either { scopes, .. } => {
            let any = |wanted: &[Scope]| scopes.iter().any(|scope| wanted.contains(scope));
            if any(&[Scope::Moderate, Scope::Report]) {
                "board"
            } else if any(&[Scope::Admin]) {
                "admins"
            } else {
                "moderators"
            }
        }
    }
}

fn variables(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn named(schema: &str) -> RefOr<Schema> {
    match schema {
        "Text" => text(),
        "Anything" => ObjectBuilder::new().build().into(),
        _ => Ref::from_schema_name(schema).into(),
    }
}

fn text() -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .build()
        .into()
}

fn components() -> Components {
    let mut schemas: Vec<(String, RefOr<Schema>)> = Vec::new();
    add::<PutArticle>(&mut schemas);
    add::<PutMember>(&mut schemas);
    add::<PostSanction>(&mut schemas);
    add::<RevokeSanction>(&mut schemas);
    add::<MemberView>(&mut schemas);
    add::<HistoryView>(&mut schemas);
    add::<MemberData>(&mut schemas);
    add::<ErasedView>(&mut schemas);
    add::<SanctionView>(&mut schemas);
    add::<PostComment>(&mut schemas);
    add::<PostTry>(&mut schemas);
    add::<NextCase>(&mut schemas);
    add::<PostRuling>(&mut schemas);
    add::<PostUser>(&mut schemas);
    add::<PatchUser>(&mut schemas);
    add::<PostKey>(&mut schemas);
    add::<PostSession>(&mut schemas);
    add::<PutPassword>(&mut schemas);
    add::<PostToken>(&mut schemas);
    add::<ArticleView>(&mut schemas);
    add::<ModerationView>(&mut schemas);
    add::<CommentView>(&mut schemas);
    add::<TryView>(&mut schemas);
    add::<CodeView>(&mut schemas);
    add::<QueueView>(&mut schemas);
    add::<CaseView>(&mut schemas);
    add::<RulingAnswer>(&mut schemas);
    add::<AuditList>(&mut schemas);
    add::<RulebookView>(&mut schemas);
    add::<UserView>(&mut schemas);
    add::<NewUserView>(&mut schemas);
    add::<KeyView>(&mut schemas);
    add::<NewKeyView>(&mut schemas);
    add::<TokenView>(&mut schemas);
    add::<NewTokenView>(&mut schemas);
    add::<SessionView>(&mut schemas);
    add::<WhoView>(&mut schemas);
    add::<SignInView>(&mut schemas);
    add::<PostReport>(&mut schemas);
    add::<PostAppeal>(&mut schemas);
    add::<MuteReporter>(&mut schemas);
    add::<ReasonBody>(&mut schemas);
    add::<PostCase>(&mut schemas);
    add::<PostNote>(&mut schemas);
    add::<PostRulings>(&mut schemas);
    add::<PostWebhook>(&mut schemas);
    add::<PatchWebhook>(&mut schemas);
    add::<ReportView>(&mut schemas);
    add::<AppealView>(&mut schemas);
    add::<EventList>(&mut schemas);
    add::<NoteView>(&mut schemas);
    add::<ReporterView>(&mut schemas);
    add::<DismissedView>(&mut schemas);
    add::<HoldView>(&mut schemas);
    add::<StatsView>(&mut schemas);
    add::<WebhookView>(&mut schemas);
    add::<NewWebhookView>(&mut schemas);
    add::<DeliveryView>(&mut schemas);
    add::<Alive>(&mut schemas);
    add::<Ready>(&mut schemas);
    schemas.push(("CodeList".to_owned(), list_of("CodeView")));
    schemas.push(("UserList".to_owned(), list_of("UserView")));
    schemas.push(("KeyList".to_owned(), list_of("KeyView")));
    schemas.push(("TokenList".to_owned(), list_of("TokenView")));
    schemas.push(("SignInList".to_owned(), list_of("SignInView")));
    schemas.push(("ReportList".to_owned(), list_of("ReportView")));
    schemas.push(("WebhookList".to_owned(), list_of("WebhookView")));
    schemas.push(("DeliveryList".to_owned(), list_of("DeliveryView")));
    schemas.push(("Problem".to_owned(), problem_schema()));
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A board key or a personal token"))
        .build();
    ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .security_scheme(BEARER, SecurityScheme::Http(bearer))
        .security_scheme(
            SESSION,
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(COOKIE))),
        )
        .build()
}

fn add<T: ToSchema + PartialSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

fn list_of(item: &str) -> RefOr<Schema> {
    let cursor = ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .description(Some("Where to go on; null at the end."));
    let items = utoipa::openapi::schema::ArrayBuilder::new()
        .items(Ref::from_schema_name(item))
        .build();
    ObjectBuilder::new()
        .property("items", items)
        .required("items")
        .property("next_cursor", cursor)
        .required("next_cursor")
        .build()
        .into()
}

fn problem_schema() -> RefOr<Schema> {
    let fault = ["pointer", "code", "detail"]
        .into_iter()
        .fold(ObjectBuilder::new(), |object, name| {
            object.property(name, text()).required(name)
        });
    let errors = utoipa::openapi::schema::ArrayBuilder::new()
        .items(fault.build())
        .build();
    let texts = ["type", "code", "title", "detail"];
    let object = texts
        .into_iter()
        .fold(ObjectBuilder::new(), |object, name| {
            object.property(name, text()).required(name)
        });
    let status = ObjectBuilder::new().schema_type(Type::Integer).build();
    object
        .property("status", status)
        .required("status")
        .property("errors", errors)
        .build()
        .into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_call_is_described_and_every_name_leads_somewhere() {
        let json = document();
        for row in &CALLS {
            let operation = &json["paths"][row.path][row.method.to_lowercase()];
            assert!(operation.is_object(), "{} {}", row.method, row.path);
        }
        let request_examples = json.to_string().matches("\"example\":").count();
        assert!(request_examples > 20, "{request_examples}");
        let text = json.to_string();
        for named in text.split("\"#/components/schemas/").skip(1) {
            let name = named.split('"').next().unwrap();
            assert!(json["components"]["schemas"][name].is_object(), "{name}");
        }
    }

    fn check_example<T: serde::de::DeserializeOwned + ToSchema>() {
        let name = T::name();
        let example = examples::of(&name).unwrap_or_else(|| panic!("{name} has an example"));
        let read = serde_json::from_value::<T>(example);
        assert!(read.is_ok(), "{name}: {:?}", read.err());
    }

    #[test]
    fn every_example_is_a_body_of_its_shape() {
        check_example::<PutArticle>();
        check_example::<PostComment>();
        check_example::<PutMember>();
        check_example::<PostSanction>();
        check_example::<RevokeSanction>();
        check_example::<PostReport>();
        check_example::<PostAppeal>();
        check_example::<PostCase>();
        check_example::<PostNote>();
        check_example::<PostRuling>();
        check_example::<PostRulings>();
        check_example::<NextCase>();
        check_example::<MuteReporter>();
        check_example::<ReasonBody>();
        check_example::<PostTry>();
        check_example::<PostUser>();
        check_example::<PatchUser>();
        check_example::<PostKey>();
        check_example::<PostSession>();
        check_example::<PutPassword>();
        check_example::<PostToken>();
        check_example::<PostWebhook>();
        check_example::<PatchWebhook>();
        let json = document();
        for (path, operations) in json["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                let bodies = operation["requestBody"]["content"].as_object();
                for (media, content) in bodies.into_iter().flatten() {
                    assert!(content.get("example").is_some(), "{method} {path} {media}");
                }
            }
        }
    }
}
