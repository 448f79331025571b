//! The OpenAPI document, made from the table of calls and from the shapes that the handlers read and write.

use actix_web::{HttpResponse, web};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Components, ComponentsBuilder, ContentBuilder, HttpMethod, InfoBuilder, LicenseBuilder,
        OpenApi, OpenApiBuilder, Ref, RefOr, Required, ResponseBuilder, Schema, Type,
        path::{OperationBuilder, ParameterBuilder, ParameterIn, Paths},
        request_body::RequestBodyBuilder,
        schema::ObjectBuilder,
        security::{
            ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
        },
    },
};

use super::{
    api::{
        accounts::{PatchUser, PostKey, PostUser},
        articles::PutArticle,
        audit,
        cases::{self, NextCase, PostRuling},
        comments::{PostComment, PostTry},
        health::{Alive, Ready},
        session::{PostSession, PostToken, PutPassword},
    },
    auth::COOKIE,
    problem,
};
use crate::{
    access::{CALLS, Call, CallRow, Need},
    desk::views::{
        ArticleView, AuditList, CaseView, CodesView, CommentView, KeyView, ModerationView,
        NewKeyView, NewTokenView, NewUserView, QueueView, RulebookView, RulingAnswer, SessionView,
        TokenView, TryView, UserView,
    },
};

/// Serves the document, which is made once.
pub(super) async fn get(document: web::Data<OpenApi>) -> HttpResponse {
    HttpResponse::Ok().json(document.get_ref())
}

/// What a call reads and writes.
struct Shape {
    summary: &'static str,
    query: &'static [&'static str],
    body: Option<(&'static str, &'static str)>,
    status: &'static str,
    answer: Option<(&'static str, &'static str)>,
}

const JSON: &str = "application/json";
const NDJSON: &str = "application/x-ndjson";

const fn shape(summary: &'static str, status: &'static str) -> Shape {
    Shape {
        summary,
        query: &[],
        body: None,
        status,
        answer: None,
    }
}

impl Shape {
    const fn query(self, query: &'static [&'static str]) -> Self {
        Self { query, ..self }
    }

    const fn body(self, schema: &'static str) -> Self {
        Self {
            body: Some((JSON, schema)),
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
            .answer("ArticleView"),
        Call::GetArticle => shape("An article as stored", "200").answer("ArticleView"),
        Call::PostModeration => shape("Judge a comment", "200")
            .query(&["dry_run"])
            .body("PostComment")
            .answer("ModerationView"),
        Call::PostBatch => Shape {
            summary: "Judge many comments, one a line, streamed both ways",
            query: &["dry_run", "backfill"],
            body: Some((NDJSON, "PostComment")),
            status: "200",
            answer: Some((NDJSON, "ModerationView")),
        },
        Call::GetComment => shape("Where a comment stands now", "200").answer("CommentView"),
        Call::DeleteComment => shape("The member took a comment back", "204"),
        Call::PostTry => shape("What would be decided, and why; nothing is stored", "200")
            .body("PostTry")
            .answer("TryView"),
        Call::GetCodes => shape("Every code with its rule and names", "200").answer("CodesView"),
        Call::ListCases => shape("The queue", "200")
            .query(&cases::FILTERS)
            .answer("QueueView"),
        Call::GetCase => shape("Everything needed to decide a case", "200").answer("CaseView"),
        Call::NextCase => shape("Claim the most pressing case; 204 where none waits", "200")
            .body("NextCase")
            .answer("CaseView"),
        Call::ClaimCase => shape("Claim a case, or renew the claim", "200")
            .query(&["take_over"])
            .answer("CaseView"),
        Call::ReleaseCase => shape("Give a case back", "204").query(&["take_over"]),
        Call::RuleCase => shape("Rule a case", "201")
            .body("PostRuling")
            .answer("RulingAnswer"),
        Call::UndoRuling => shape("Take a ruling back", "200").answer("RulingAnswer"),
        Call::ListAudit => shape("Who did what, newest first", "200")
            .query(&audit::FILTERS)
            .answer("AuditList"),
        Call::GetRulebook => shape("The rulebook in use", "200").answer("RulebookView"),
        Call::ListUsers => shape("All users", "200").answer("UserList"),
        Call::CreateUser => shape("Make a user", "201")
            .body("PostUser")
            .answer("NewUserView"),
        Call::UpdateUser => shape("Change a user", "200")
            .body("PatchUser")
            .answer("UserView"),
        Call::DeleteUser => shape("Remove a user", "204"),
        Call::ListKeys => shape("All keys", "200").answer("KeyList"),
        Call::CreateKey => shape("Make a key", "201")
            .body("PostKey")
            .answer("NewKeyView"),
        Call::RevokeKey => shape("Revoke a key", "204"),
        Call::SignIn => shape("Sign in; sets the cookie", "200")
            .body("PostSession")
            .answer("SessionView"),
        Call::SignOut => shape("Sign out", "204").query(&["everywhere"]),
        Call::ChangePassword => shape("Change one's own password", "204").body("PutPassword"),
        Call::ListTokens => shape("One's own tokens", "200").answer("TokenList"),
        Call::CreateToken => shape("Make a personal token", "201")
            .body("PostToken")
            .answer("NewTokenView"),
        Call::RevokeToken => shape("Revoke a personal token", "204"),
        Call::Metrics => Shape {
            answer: Some(("text/plain", "Text")),
            ..shape("Figures for Prometheus", "200")
        },
        Call::Healthz => shape("Alive", "200").answer("Alive"),
        Call::Readyz => shape("Can decide and store", "200").answer("Ready"),
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

/// The whole document.
pub fn document() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Banzhu 版主")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Comment moderation for Chinese-language boards. 中文討論區的留言審核服務。",
        ))
        .license(Some(LicenseBuilder::new().name("MIT").build()))
        .build();
    let mut paths = Paths::new();
    for row in &CALLS {
        paths.add_path_operation(row.path, vec![method(row)], operation(row));
    }
    OpenApiBuilder::new()
        .info(info)
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
        .description(Some(who(row.need)))
        .operation_id(Some(format!("{:?}", row.call)))
        .tag(tag(row.path));
    for name in variables(row.path) {
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True);
        operation = operation.parameter(parameter.schema(Some(text())));
    }
    for name in shape.query {
        let parameter = ParameterBuilder::new()
            .name(*name)
            .parameter_in(ParameterIn::Query)
            .required(Required::False);
        operation = operation.parameter(parameter.schema(Some(text())));
    }
    if let Some((media, schema)) = shape.body {
        let content = ContentBuilder::new().schema(Some(named(schema))).build();
        operation = operation.request_body(Some(
            RequestBodyBuilder::new().content(media, content).build(),
        ));
    }
    let mut response = ResponseBuilder::new().description(shape.summary);
    if let Some((media, schema)) = shape.answer {
        response = response.content(
            media,
            ContentBuilder::new().schema(Some(named(schema))).build(),
        );
    }
    let wrong = ContentBuilder::new().schema(Some(named("Problem"))).build();
    let wrong = ResponseBuilder::new()
        .description("A problem (RFC 9457)")
        .content(problem::MEDIA_TYPE, wrong);
    operation = operation
        .response(shape.status, response.build())
        .response("default", wrong.build());
    match row.need {
        Need::Open => operation,
        Need::Person | Need::Either { .. } => operation
            .security(SecurityRequirement::new("bearer", Vec::<String>::new()))
            .security(SecurityRequirement::new("session", Vec::<String>::new())),
    }
}

/// Who may make a call, in words.
fn who(need: Need) -> String {
    match need {
        Need::Open => "Open to all.".to_owned(),
        Need::Person => "For whoever signed in.".to_owned(),
        Need::Either { scopes, role } => {
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

fn tag(path: &str) -> &'static str {
    match path.split('/').nth(2) {
        Some("articles" | "moderations" | "comments" | "codes") => "board",
        Some("cases" | "rulings" | "audit" | "try") => "moderators",
        Some("rulebook" | "users" | "keys") => "admins",
        Some("session" | "tokens") => "people",
        _ => "operators",
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
    add::<CodesView>(&mut schemas);
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
    add::<Alive>(&mut schemas);
    add::<Ready>(&mut schemas);
    schemas.push(("UserList".to_owned(), list_of("UserView")));
    schemas.push(("KeyList".to_owned(), list_of("KeyView")));
    schemas.push(("TokenList".to_owned(), list_of("TokenView")));
    schemas.push(("Problem".to_owned(), problem_schema()));
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A board key or a personal token"))
        .build();
    ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .security_scheme("bearer", SecurityScheme::Http(bearer))
        .security_scheme(
            "session",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(COOKIE))),
        )
        .build()
}

fn add<T: ToSchema + PartialSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

fn list_of(item: &str) -> RefOr<Schema> {
    let items = utoipa::openapi::schema::ArrayBuilder::new()
        .items(Ref::from_schema_name(item))
        .build();
    ObjectBuilder::new()
        .property("items", items)
        .required("items")
        .property("next_cursor", text())
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
        let json = serde_json::to_value(document()).unwrap();
        for row in &CALLS {
            let operation = &json["paths"][row.path][row.method.to_lowercase()];
            assert!(operation.is_object(), "{} {}", row.method, row.path);
        }
        let text = json.to_string();
        for named in text.split("\"#/components/schemas/").skip(1) {
            let name = named.split('"').next().unwrap();
            assert!(json["components"]["schemas"][name].is_object(), "{name}");
        }
    }
}
