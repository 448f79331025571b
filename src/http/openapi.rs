//! The OpenAPI document, made from the registrations of the calls and from the types that their handlers read and write.

mod vocabulary;

use serde_json::Value;
use utoipa::openapi::{
    Components, ComponentsBuilder, ContactBuilder, HttpMethod, InfoBuilder, LicenseBuilder,
    OpenApi, OpenApiBuilder, RefOr, Required, Response, ResponseBuilder, Schema, ServerBuilder,
    Type,
    path::{OperationBuilder, ParameterBuilder, ParameterIn, Paths},
    request_body::RequestBodyBuilder,
    schema::{ArrayBuilder, ObjectBuilder},
    security::{
        ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
    },
    tag::TagBuilder,
};

use super::{
    auth::COOKIE,
    call::{Body, Call},
    calls::calls,
    error_codes::error_codes,
    idempotency, problem,
    shape::{self, Schemas, text},
};
use crate::{access::Requirement, record::Scope};

const BEARER: &str = "bearer";
const SESSION: &str = "session";

/// The groups of calls, by who makes them.
const TAGS: [(&str, &str); 5] = [
    ("board", "Calls of the board's own programs."),
    (
        "moderators",
        "The queue, rulings, and what they need to read.",
    ),
    ("admins", "Accounts, webhooks, members' data."),
    ("people", "Sign-ins and personal tokens."),
    ("operators", "Health, metrics, this document."),
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
    for call in calls() {
        paths.add_path_operation(call.path, vec![method(call)], operation(call));
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

fn method(call: &Call) -> HttpMethod {
    match call.method {
        "PUT" => HttpMethod::Put,
        "POST" => HttpMethod::Post,
        "PATCH" => HttpMethod::Patch,
        "DELETE" => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

fn operation(call: &Call) -> OperationBuilder {
    let mut operation = OperationBuilder::new()
        .summary(Some(call.summary))
        .description(Some(required_role(call.requirement)))
        .operation_id(Some(call.name))
        .tag(tag(call));
    for parameter in parameters(call) {
        operation = operation.parameter(parameter);
    }
    if let Some(Body {
        shape,
        is_required,
        example,
        ..
    }) = &call.body
    {
        let body = RequestBodyBuilder::new()
            .content(shape.media, shape.content(Some(example())))
            .required(Some(required(*is_required)));
        operation = operation.request_body(Some(body.build()));
    }
    for (status, response) in responses(call) {
        operation = operation.response(status, response);
    }
    // An open call says so by an empty list.
    let requirements = schemes(call.requirement)
        .iter()
        .map(|scheme| SecurityRequirement::new(*scheme, Vec::<String>::new()));
    operation.securities(Some(requirements))
}

const fn required(is_required: bool) -> Required {
    if is_required {
        Required::True
    } else {
        Required::False
    }
}

fn parameters(call: &Call) -> Vec<ParameterBuilder> {
    let parameter = |name: &str, place, schema, is_required| {
        ParameterBuilder::new()
            .name(name)
            .parameter_in(place)
            .required(required(is_required))
            .schema(Some(schema))
    };
    let path = variables(call.path).map(|name| parameter(name, ParameterIn::Path, text(), true));
    let query = call.parameters.iter().map(|name| {
        let is_required = call.required_parameter == Some(*name);
        parameter(name, ParameterIn::Query, query_schema(name), is_required)
    });
    let key = call.is_idempotent.then(|| {
        parameter(
            idempotency::HEADER,
            ParameterIn::Header,
            key_schema(),
            false,
        )
        .description(Some(
            "The same key and body get the first answer again, with `Idempotent-Replayed: true`.",
        ))
    });
    path.chain(query).chain(key).collect()
}

fn responses(call: &Call) -> Vec<(String, Response)> {
    let response = |when: &str, has_shape: bool| {
        let shapes = call.answer.iter().chain(call.files);
        shapes
            .filter(|_| has_shape)
            .fold(
                ResponseBuilder::new().description(when),
                |response, shape| response.content(shape.media, shape.content(None)),
            )
            .build()
    };
    let mut responses = vec![(call.status.to_string(), response(call.summary, true))];
    if let Some(other) = &call.other {
        responses.push((
            other.status.to_string(),
            response(other.when, other.has_shape),
        ));
    }
    for codes in error_codes(call).chunk_by(|code, next| code.row().status == next.row().status) {
        let names: Vec<String> = codes
            .iter()
            .map(|code| format!("`{}`", code.row().code))
            .collect();
        let content = shape::content_of("Problem");
        let response = ResponseBuilder::new()
            .description(names.join(", "))
            .content(problem::MEDIA_TYPE, content);
        responses.push((codes[0].row().status.to_string(), response.build()));
    }
    responses
}

/// How a caller may authenticate. The cookie of a sign-in is left out where no person may make the call.
const fn schemes(need: Requirement) -> &'static [&'static str] {
    match need {
        Requirement::Open => &[],
        Requirement::Either { role: None, .. } => &[BEARER],
        Requirement::Credentials
        | Requirement::Person
        | Requirement::Either { role: Some(_), .. } => &[BEARER, SESSION],
    }
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

/// The group of a call, by the rights that it needs: the board's programs come first, and calls that only read belong to
/// those who review.
fn tag(call: &Call) -> &'static str {
    match call.requirement {
        _ if !call.path.starts_with("/v1/") => "operators",
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

fn components() -> Components {
    let mut schemas: Schemas = vec![("Problem".to_owned(), problem_schema())];
    for call in calls() {
        let body = call.body.as_ref().map(|body| &body.shape);
        for shape in body.into_iter().chain(&call.answer).chain(call.files) {
            shape.add_to(&mut schemas);
        }
    }
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

fn problem_schema() -> RefOr<Schema> {
    let fault = ["pointer", "code", "detail"]
        .into_iter()
        .fold(ObjectBuilder::new(), |object, name| {
            object.property(name, text()).required(name)
        });
    let errors = ArrayBuilder::new().items(fault.build()).build();
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
        for call in calls() {
            let operation = &json["paths"][call.path][call.method.to_lowercase()];
            assert_eq!(operation["operationId"], call.name);
            assert!(
                !call.name.is_empty() && !call.summary.is_empty(),
                "{}",
                call.path
            );
        }
        let text = json.to_string();
        for named in text.split("\"#/components/schemas/").skip(1) {
            let name = named.split('"').next().unwrap();
            assert!(json["components"]["schemas"][name].is_object(), "{name}");
        }
    }

    #[test]
    fn every_example_is_a_body_of_its_shape() {
        for call in calls() {
            if let Some(body) = &call.body {
                let read = (body.read)((body.example)());
                assert!(read.is_ok(), "{}: {:?}", call.name, read.err());
            }
        }
    }
}
