//! Around every request: its id, its span, its figures, and problems in the client's language.

use std::time::Instant;

use actix_web::{
    Error, HttpMessage as _,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderName, HeaderValue},
    middleware::Next,
    web,
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
) -> Result<ServiceResponse<EitherBody<impl MessageBody>>, Error> {
    let begun = Instant::now();
    let id = request_id(&request);
    let language = Language::of(
        request
            .headers()
            .get("accept-language")
            .and_then(|value| value.to_str().ok()),
    );
    let method = request.method().to_string();
    let span = tracing::info_span!("request", request.id = %id, http.method = %method, http.route = tracing::field::Empty);
    request.extensions_mut().insert(language);
    let response = next.call(request).instrument(span.clone()).await?;
    let route = response
        .request()
        .match_pattern()
        .unwrap_or_else(|| "unmatched".to_owned());
    let mut response = in_language(response, language);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
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

fn in_language<B: MessageBody>(
    response: ServiceResponse<B>,
    language: Language,
) -> ServiceResponse<EitherBody<B>> {
    let problem = response.response().extensions().get::<Problem>().cloned();
    match problem {
        Some(problem) => response
            .into_response(problem.response(language))
            .map_into_right_body(),
        None => response.map_into_left_body(),
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
