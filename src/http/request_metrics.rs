//! The metrics of requests: how many were answered, by method, route and status, and how long they took, by route.
//!
//! Each worker keeps the metrics that it has used: to name one anew for every request would allocate and hash its labels
//! every time. There are no more of them than routes, methods and statuses that we answer.

use std::{cell::RefCell, collections::HashMap, time::Duration};

use metrics::{Counter, Histogram, counter, histogram};

thread_local! {
    static OF_ROUTE: RefCell<HashMap<String, RouteMetrics>> = RefCell::default();
}

/// Counts a request that was answered.
pub(super) fn record(method: &'static str, route: String, status: u16, took: Duration) {
    OF_ROUTE.with_borrow_mut(|known| {
        let route = known
            .entry(route)
            .or_insert_with_key(|route| RouteMetrics::new(route.clone()));
        route.duration.record(took.as_secs_f64());
        route.requests(method, status).increment(1);
    });
}

/// The metrics of one route.
struct RouteMetrics {
    route: String,
    duration: Histogram,
    /// By method and status. A route has a handful, so a list is searched faster than a map.
    requests: Vec<((&'static str, u16), Counter)>,
}

impl RouteMetrics {
    fn new(route: String) -> Self {
        Self {
            duration: histogram!("banzhu_http_request_duration_seconds", "route" => route.clone()),
            route,
            requests: Vec::new(),
        }
    }

    fn requests(&mut self, method: &'static str, status: u16) -> &Counter {
        let asked = (method, status);
        let known = self
            .requests
            .iter()
            .position(|(labels, _)| *labels == asked);
        let place = known.unwrap_or_else(|| {
            let counter = counter!(
                "banzhu_http_requests_total",
                "method" => method, "route" => self.route.clone(), "status" => status.to_string()
            );
            self.requests.push((asked, counter));
            self.requests.len() - 1
        });
        &self.requests[place].1
    }
}

#[cfg(test)]
mod tests {
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    #[test]
    fn each_route_method_and_status_is_counted_by_itself() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let took = Duration::from_millis(1);
        metrics::with_local_recorder(&recorder, || {
            for (method, route, status) in [
                ("POST", "/v1/moderations", 200),
                ("POST", "/v1/moderations", 422),
                ("POST", "/v1/moderations", 200),
                ("GET", "unmatched", 404),
            ] {
                record(method, route.to_owned(), status, took);
            }
        });
        let shown = recorder.handle().render();
        for line in [
            r#"banzhu_http_requests_total{method="POST",route="/v1/moderations",status="200"} 2"#,
            r#"banzhu_http_requests_total{method="POST",route="/v1/moderations",status="422"} 1"#,
            r#"banzhu_http_requests_total{method="GET",route="unmatched",status="404"} 1"#,
            r#"banzhu_http_request_duration_seconds_count{route="/v1/moderations"} 3"#,
        ] {
            assert!(shown.contains(line), "{line}\n{shown}");
        }
    }
}
