//! Around every request: its id, its span, its figures, and problems in the client's language.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use actix_web::{
    Error, HttpMessage as _,
    body::{BodySize, BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{CACHE_CONTROL, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS},
    },
    middleware::Next,
    web::{self, Bytes},
};
use tracing::Instrument as _;

use super::{
    HttpState,
    problem::{Language, Problem},
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id of a request that is taken from a client.
const REQUEST_ID_CHARS_MAX: usize = 64;

/// The middleware.
pub(super) async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let begun = Instant::now();
    let id = request_id(&request);
    let language = Language::of(
        request
            .headers()
            .get("accept-language")
            .and_then(|value| value.to_str().ok()),
    );
    let method = known_method(request.method()).to_owned();
    let is_head = request.method() == Method::HEAD;
    let span = tracing::info_span!("request", request.id = %id, http.method = %method, http.route = tracing::field::Empty);
    request.extensions_mut().insert(language);
    let response = next.call(request).instrument(span.clone()).await?;
    let route = response
        .request()
        .match_pattern()
        .unwrap_or_else(|| "unmatched".to_owned());
    let mut response = in_language(response, language);
    add_headers(&mut response, &id);
    if is_head {
        response = response.map_body(|_, body| BoxBody::new(HeadOnly(body.size())));
    }
    let (status, took) = (response.status().as_u16(), begun.elapsed());
    span.record("http.route", &route);
    span.in_scope(|| {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "no request takes half a million years"
        )]
        let duration_us = took.as_micros() as u64;
        if status >= 500 {
            tracing::warn!(http.status = status, duration_us, "answered {status}");
        } else {
            tracing::debug!(http.status = status, duration_us, "answered {status}");
        }
    });
    let labels = [
        ("method", method),
        ("route", route),
        ("status", status.to_string()),
    ];
    metrics::counter!("banzhu_http_requests_total", &labels).increment(1);
    metrics::histogram!("banzhu_http_request_duration_seconds", "route" => labels[1].1.clone())
        .record(took.as_secs_f64());
    Ok(response)
}

/// What every answer carries. What the calls tell is kept by nobody on the way.
fn add_headers<B>(response: &mut ServiceResponse<B>, id: &str) {
    let is_call = response.request().path().starts_with("/v1/");
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if is_call {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

fn in_language<B: MessageBody + 'static>(
    response: ServiceResponse<B>,
    language: Language,
) -> ServiceResponse {
    let problem = response.response().extensions().get::<Problem>().cloned();
    match problem {
        Some(problem) => response.into_response(problem.response(language)),
        None => response.map_into_boxed_body(),
    }
}

/// What HEAD is answered: it is told how long the body would be, and there is none. What would have made the body, a
/// stream that never ends among them, is let go at once.
struct HeadOnly(BodySize);

impl MessageBody for HeadOnly {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        self.0
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(None)
    }
}

/// The methods that calls have; whatever else clients invent is one.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "OTHER",
    }
}

fn request_id(request: &ServiceRequest) -> String {
    let given = request
        .headers()
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok());
    let sane = |id: &&str| {
        (1..=REQUEST_ID_CHARS_MAX).contains(&id.len())
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    if let Some(id) = given.filter(sane) {
        return id.to_owned();
    }
    let state = request.app_data::<web::Data<HttpState>>();
    state
        .map(|state| state.desk.new_request_id())
        .unwrap_or_default()
}
