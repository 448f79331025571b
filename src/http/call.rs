//! A call of the HTTP contract, registered once, beside its handler: where it is found, who may make it, what it reads
//! and what it answers. Routes, rights, the OpenAPI document, and the list of what a caller may do all come from here.

use actix_web::{HttpRequest, HttpResponse, Route, http::StatusCode, web};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    idempotency,
    problem::{Code, Problem},
    query::Query,
    shape::Shape,
};
use crate::{
    access::{Caller, Requirement},
    desk::{IdempotencyRequest, Idempotent, Posted},
};

/// The largest body of articles, moderations, reports, tries, and of one line of a batch.
pub(super) const LARGE_BYTES_MAX: usize = 1 << 20;
/// The largest body elsewhere.
const BODY_BYTES_MAX: usize = 256 << 10;
/// The largest body where nobody is signed in yet.
pub(super) const UNSIGNED_BYTES_MAX: usize = 4 << 10;

/// The registration of a call. Handlers hold it as a `static`, made by the `const` builders below.
pub struct Call {
    /// The `operationId` in the OpenAPI document, and the name in logs and in `may` of `GET /v1/session`.
    pub name: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// The path, with its variables in braces.
    pub path: &'static str,
    /// The rights that the caller must have.
    pub requirement: Requirement,
    pub(super) route: fn() -> Route,
    /// What it does, in one line.
    pub(super) summary: &'static str,
    /// The parameters that its query may have.
    pub(super) parameters: &'static [&'static str],
    /// The one parameter that must be there.
    pub(super) required_parameter: Option<&'static str>,
    pub(super) body: Option<Body>,
    /// The largest body; of a batch, the largest line.
    pub(super) bytes_max: usize,
    /// The status of the ordinary answer; 204 unless a builder says otherwise.
    pub(super) status: u16,
    pub(super) answer: Option<Shape>,
    /// The same answer as a file, for calls that have a parameter `format`.
    pub(super) files: &'static [Shape],
    pub(super) other: Option<OtherAnswer>,
    /// Problems of its own. Those that follow from its rights, body and method are added by `error_codes`.
    pub(super) problems: &'static [Code],
    /// Whether `Idempotency-Key` is honoured.
    pub(super) is_idempotent: bool,
    /// Whether it changes what is stored.
    pub(super) is_write: bool,
    /// Whether it keeps a sign-in from ending for lack of use.
    pub(super) counts_as_use: bool,
    /// Whether a query is refused for what it holds.
    pub(super) checks_query: bool,
}

/// What a call reads from the body.
pub(super) struct Body {
    pub shape: Shape,
    pub is_required: bool,
    /// A body as a board or a moderator would send it, for the document.
    pub example: fn() -> Value,
    /// Reads a body of this shape.
    #[cfg_attr(not(test), expect(dead_code, reason = "for the test of the examples"))]
    pub read: fn(Value) -> serde_json::Result<()>,
}

/// A second answer that is no problem.
pub(super) struct OtherAnswer {
    pub status: u16,
    pub when: &'static str,
    /// Whether it has the shape of the ordinary answer; else it has no content.
    pub has_shape: bool,
}

/// The calls of all files, for the handler that lists them.
pub(super) struct AllCalls(pub Vec<&'static Call>);

/// A call whose handler is not named yet.
pub(super) struct Registration(Call);

impl Call {
    pub(super) const fn get(path: &'static str, requirement: Requirement) -> Registration {
        Registration::new("GET", path, requirement).stores_nothing()
    }

    pub(super) const fn post(path: &'static str, requirement: Requirement) -> Registration {
        Registration::new("POST", path, requirement)
    }

    pub(super) const fn put(path: &'static str, requirement: Requirement) -> Registration {
        Registration::new("PUT", path, requirement)
    }

    pub(super) const fn patch(path: &'static str, requirement: Requirement) -> Registration {
        Registration::new("PATCH", path, requirement)
    }

    pub(super) const fn delete(path: &'static str, requirement: Requirement) -> Registration {
        Registration::new("DELETE", path, requirement)
    }
}

impl Registration {
    const fn new(method: &'static str, path: &'static str, requirement: Requirement) -> Self {
        Self(Call {
            name: "",
            method,
            path,
            requirement,
            route: web::route,
            summary: "",
            parameters: &[],
            required_parameter: None,
            body: None,
            bytes_max: BODY_BYTES_MAX,
            status: 204,
            answer: None,
            files: &[],
            other: None,
            problems: &[],
            is_idempotent: false,
            is_write: true,
            counts_as_use: true,
            checks_query: true,
        })
    }

    /// Names the handler; the call is complete.
    pub const fn to(mut self, route: fn() -> Route) -> Call {
        self.0.route = route;
        self.0
    }

    /// Its name, and what it does in one line.
    pub const fn named(mut self, name: &'static str, summary: &'static str) -> Self {
        self.0.name = name;
        self.0.summary = summary;
        self
    }

    pub const fn query(mut self, parameters: &'static [&'static str]) -> Self {
        self.0.parameters = parameters;
        self
    }

    pub const fn requires(mut self, parameter: &'static str) -> Self {
        self.0.required_parameter = Some(parameter);
        self
    }

    pub const fn body<T: DeserializeOwned + ToSchema>(self, example: fn() -> Value) -> Self {
        self.body_of::<T>(Shape::json::<T>(), true, example)
    }

    /// A body that may be left out.
    pub const fn optional_body<T: DeserializeOwned + ToSchema>(
        self,
        example: fn() -> Value,
    ) -> Self {
        self.body_of::<T>(Shape::json::<T>(), false, example)
    }

    /// A body of many lines.
    pub const fn body_lines<T: DeserializeOwned + ToSchema>(self, example: fn() -> Value) -> Self {
        self.body_of::<T>(Shape::lines::<T>(), true, example)
    }

    const fn body_of<T: DeserializeOwned>(
        mut self,
        shape: Shape,
        is_required: bool,
        example: fn() -> Value,
    ) -> Self {
        self.0.body = Some(Body {
            shape,
            is_required,
            example,
            read: |body| serde_json::from_value::<T>(body).map(drop),
        });
        self
    }

    /// Another limit than [`BODY_BYTES_MAX`].
    pub const fn bytes_max(mut self, bytes_max: usize) -> Self {
        self.0.bytes_max = bytes_max;
        self
    }

    /// Answers 201 with what was made.
    pub const fn created<T: ToSchema>(mut self) -> Self {
        self.0.status = 201;
        self.0.answer = Some(Shape::json::<T>());
        self
    }

    /// Answers 200.
    pub const fn ok<T: ToSchema>(self) -> Self {
        self.ok_as(Shape::json::<T>())
    }

    pub const fn ok_as(mut self, shape: Shape) -> Self {
        self.0.status = 200;
        self.0.answer = Some(shape);
        self
    }

    pub const fn files(mut self, files: &'static [Shape]) -> Self {
        self.0.files = files;
        self
    }

    /// Another status with the same shape.
    pub const fn or(self, status: u16, when: &'static str) -> Self {
        self.or_as(status, when, true)
    }

    /// 204 as well.
    pub const fn or_nothing(self, when: &'static str) -> Self {
        self.or_as(204, when, false)
    }

    const fn or_as(mut self, status: u16, when: &'static str, has_shape: bool) -> Self {
        self.0.other = Some(OtherAnswer {
            status,
            when,
            has_shape,
        });
        self
    }

    pub const fn problems(mut self, problems: &'static [Code]) -> Self {
        self.0.problems = problems;
        self
    }

    pub const fn idempotent(mut self) -> Self {
        self.0.is_idempotent = true;
        self
    }

    /// Stores nothing, whatever its method says.
    pub const fn stores_nothing(mut self) -> Self {
        self.0.is_write = false;
        self
    }

    /// Is made by a page on its own: nobody has to be there.
    pub const fn not_a_use(mut self) -> Self {
        self.0.counts_as_use = false;
        self
    }

    pub const fn any_query(mut self) -> Self {
        self.0.checks_query = false;
        self
    }
}

/// What a handler does with its registration.
impl Call {
    /// Reads the query; a parameter that the call does not have is refused.
    pub(super) fn read_query(&self, request: &HttpRequest) -> Result<Query, Problem> {
        self.check_place(request);
        Query::read(request, self.parameters)
    }

    /// The request's `Idempotency-Key`, with what it stands for; `None` if none was sent.
    pub(super) fn key(
        &self,
        request: &HttpRequest,
        caller: &Caller,
        body: &[u8],
    ) -> Result<Option<IdempotencyRequest>, Problem> {
        debug_assert!(self.is_idempotent, "{}", self.name);
        idempotency::idempotency_key(request, caller, body)
    }

    /// The ordinary answer.
    pub(super) fn json(&self, view: &impl Serialize) -> HttpResponse {
        self.json_bytes(serde_json::to_vec(view))
    }

    /// The ordinary answer, as JSON that was serialized elsewhere.
    pub(super) fn json_bytes(&self, body: serde_json::Result<Vec<u8>>) -> HttpResponse {
        self.json_bytes_as(self.status, body)
    }

    /// An answer with the other status.
    pub(super) fn json_as(&self, status: u16, view: &impl Serialize) -> HttpResponse {
        self.json_bytes_as(status, serde_json::to_vec(view))
    }

    fn json_bytes_as(&self, status: u16, body: serde_json::Result<Vec<u8>>) -> HttpResponse {
        self.check_status(status);
        match body {
            Ok(body) => HttpResponse::build(status_code(status))
                .content_type("application/json")
                .body(body),
            Err(error) => {
                tracing::error!(%error, "an answer could not be written: {error}");
                HttpResponse::InternalServerError().finish()
            }
        }
    }

    /// The thing that was put or sent: 201 if it is new.
    pub(super) fn posted<T: Serialize>(&self, posted: &Posted<T>) -> HttpResponse {
        let status = if posted.created { 201 } else { 200 };
        self.json_as(status, &posted.view)
    }

    /// No content.
    pub(super) fn nothing(&self) -> HttpResponse {
        self.check_status(204);
        HttpResponse::NoContent().finish()
    }

    /// A fresh answer, or the first answer again.
    pub(super) fn answer<T: Serialize>(&self, done: Idempotent<T>) -> HttpResponse {
        self.answer_with(done, |view| self.json(&view))
    }

    /// As [`Call::answer`], where a fresh answer may have either status.
    pub(super) fn answer_with<T>(
        &self,
        done: Idempotent<T>,
        fresh: impl FnOnce(T) -> HttpResponse,
    ) -> HttpResponse {
        match done {
            Idempotent::Fresh(view) => fresh(view),
            Idempotent::Replayed { status, body } => {
                self.check_status(status);
                let mut response = HttpResponse::build(status_code(status));
                response.insert_header(("Idempotent-Replayed", "true"));
                if body.is_empty() {
                    response.finish()
                } else {
                    response.content_type("application/json").body(body)
                }
            }
        }
    }

    /// Finds an answer, fresh or kept by the desk, whose status is not registered, wherever it is tested.
    fn check_status(&self, status: u16) {
        let other = self.other.as_ref().map(|other| other.status);
        debug_assert!(
            status == self.status || Some(status) == other,
            "{} answers {status}",
            self.name
        );
    }

    /// Finds the handler that names another's registration, wherever it is tested.
    pub(super) fn check_place(&self, request: &HttpRequest) {
        debug_assert!(
            [self.method, "HEAD"].contains(&request.method().as_str())
                && request.match_pattern().as_deref() == Some(self.path),
            "the handler of {} {:?} names {}",
            request.method(),
            request.match_pattern(),
            self.name,
        );
    }
}

fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::OK)
}
