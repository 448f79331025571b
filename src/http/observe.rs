//! Around every request: its id, its span, its figures, and problems in the client's language.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use actix_web::{
    Error, HttpMessage as _,
    body::{BodySize, BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{
            CACHE_CONTROL, HeaderName, HeaderValue, STRICT_TRANSPORT_SECURITY,
            X_CONTENT_TYPE_OPTIONS,
        },
    },
    middleware::Next,
    web::{self, Bytes},
};
use tracing::Instrument as _;

use super::{
    HttpState, auth,
    connections::Connection,
    console,
    problem::{Language, Problem},
    request_metrics,
    surrogates::Warnings,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// For a year, this host is asked by https only.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");
/// For how long a body is drawn from before others have their turn.
const TURN: Duration = Duration::from_millis(1);
/// The longest id of a request that is taken from a client.
const REQUEST_ID_CHARS_MAX: usize = 64;

/// The middleware.
pub(super) async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let begun = Instant::now();
    let connection = request.conn_data::<Arc<Connection>>().cloned();
    if let Some(connection) = &connection {
        connection.begin();
    }
    let id = request_id(&request);
    let language = Language::of(
        request
            .headers()
            .get("accept-language")
            .and_then(|value| value.to_str().ok()),
    );
    let method = known_method(request.method());
    let is_head = request.method() == Method::HEAD;
    let span = tracing::info_span!(
        "request", request.id = %id, http.method = method, http.route = tracing::field::Empty,
        trace_id = tracing::field::Empty, parent_id = tracing::field::Empty,
    );
    if let Some((trace, parent)) = trace_context(&request) {
        span.record("trace_id", trace).record("parent_id", parent);
    }
    request.extensions_mut().insert(language);
    let response = next.call(request).instrument(span.clone()).await?;
    let route = response
        .request()
        // The pattern, not the path: paths hold ids, and each would become a time series of its own.
        .match_pattern()
        .unwrap_or_else(|| "unmatched".to_owned());
    // Warnings change the body's length, which HEAD reports, so they come before `HeadOnly`.
    let mut response = with_warnings(in_language(response, language, &id));
    add_headers(&mut response, &id);
    if is_head {
        response = response.map_body(|_, body| BoxBody::new(HeadOnly(body.size())));
    }
    if let Some(connection) = connection {
        response = response.map_body(|_, body| {
            BoxBody::new(ObservedBody {
                body,
                turn_began: None,
                connection,
            })
        });
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
    request_metrics::record(method, route, status, took);
    Ok(response)
}

/// Trace and parent of a W3C `traceparent` header, `00-TRACE-PARENT-FLAGS` in lower-case hex: what is logged here joins the
/// caller's trace. A header that is not one is passed over, as the standard says.
fn trace_context(request: &ServiceRequest) -> Option<(&str, &str)> {
    let header = request.headers().get("traceparent")?.to_str().ok()?;
    let mut parts = header.trim().splitn(4, '-');
    let (version, trace, parent, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |part: &str, length: usize| {
        part.len() == length
            && part
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_set = |part: &str| part.bytes().any(|byte| byte != b'0');
    // A later version may add parts behind the flags; the first has none.
    let known = hex(version, 2)
        && version != "ff"
        && (flags.len() == 2 || (version != "00" && flags.as_bytes().get(2) == Some(&b'-')))
        && flags.get(..2).is_some_and(|flags| hex(flags, 2));
    (known && hex(trace, 32) && is_set(trace) && hex(parent, 16) && is_set(parent))
        .then_some((trace, parent))
}

/// What every answer carries. What the calls tell is kept by nobody on the way.
fn add_headers<B>(response: &mut ServiceResponse<B>, id: &str) {
    let path = response.request().path();
    let (is_call, is_page) = (path.starts_with("/v1/"), console::is_page(path));
    let state = response.request().app_data::<web::Data<HttpState>>();
    let by_tls = state.is_some_and(|state| state.settings.tls.is_some());
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if by_tls {
        headers.insert(STRICT_TRANSPORT_SECURITY, HSTS);
    }
    if is_page {
        console::add_headers(headers);
    }
    if is_call {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

fn in_language<B: MessageBody + 'static>(
    response: ServiceResponse<B>,
    language: Language,
    id: &str,
) -> ServiceResponse {
    let problem = response.response().extensions().get::<Problem>().cloned();
    match problem {
        Some(problem) => {
            // Calls leave their problem in the extensions; it becomes text here, in the client's language.
            auth::tell_forbidden(response.request(), &problem);
            let told = if console::is_page(response.request().path()) {
                console::error_page(response.request(), &problem, id)
            } else {
                problem.response(language)
            };
            response.into_response(told)
        }
        None => response.map_into_boxed_body(),
    }
}

/// A body on its way; when it has gone, the next request is waited for.
///
/// A stream that always has more, such as a file of the whole audit to a quick reader, would keep its worker for
/// itself: after a while the others on the worker have their turn.
struct ObservedBody {
    body: BoxBody,
    turn_began: Option<Instant>,
    connection: Arc<Connection>,
}

impl MessageBody for ObservedBody {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let began = *self.turn_began.get_or_insert_with(Instant::now);
        if began.elapsed() > TURN {
            self.turn_began = None;
            // Nothing else would wake this task: the body is ready, and only gives up its turn.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let polled = Pin::new(&mut self.body).poll_next(cx);
        if polled.is_pending() {
            self.turn_began = None;
        }
        polled
    }
}

impl Drop for ObservedBody {
    fn drop(&mut self) {
        self.connection.wait();
    }
}

/// What was replaced in the body is told in the answer.
fn with_warnings(response: ServiceResponse) -> ServiceResponse {
    let warnings = response.request().extensions().get::<Warnings>().cloned();
    let Some(warnings) = warnings.filter(|_| response.status().is_success()) else {
        return response;
    };
    response.map_body(|_, body| match body.try_into_bytes() {
        Ok(answer) => BoxBody::new(warnings.add_to(answer)),
        Err(streamed) => streamed,
    })
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
    // The id is logged and sent back, so it may hold nothing that could forge a line or a header.
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
        .map(|state| state.desk.operations.new_request_id())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_trace_is_taken_over_where_it_is_one() {
        let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        let taken = |header: &str| {
            let request = TestRequest::default()
                .insert_header(("traceparent", header))
                .to_srv_request();
            trace_context(&request).is_some_and(|found| found == (trace, parent))
        };
        let good = format!("00-{trace}-{parent}-01");
        assert!(taken(&good));
        assert!(taken(&format!(
            "cc-{trace}-{parent}-01-what-the-future-brings"
        )));
        for wrong in [
            "".to_owned(),
            "00".to_owned(),
            good.replace("00-4", "ff-4"),
            good.to_uppercase(),
            format!("{good}-more"),
            format!("00-{}-{parent}-01", "0".repeat(32)),
            format!("00-{trace}-{}-01", "0".repeat(16)),
            format!("00-{trace}-{parent}-0"),
            format!("00-{trace}-{parent}x-01"),
            format!("00-{trace}-{parent}-é1"),
        ] {
            assert!(!taken(&wrong), "{wrong}");
        }
    }
}
