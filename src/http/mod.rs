//! actix-web and nothing else: requests into calls of the desk, what the desk says into answers.
//!
//! Every call of [`crate::access::CALLS`] has one handler; each reads from the top: who calls and whether they may,
//! what they sent, the desk, the answer. Nothing of a body is read before the caller's right is known. What goes wrong
//! becomes `application/problem+json` in one place.

mod api;
mod auth;
mod checked;
mod csv;
mod given;
mod observe;
mod openapi;
mod origin;
mod problem;
mod query;
mod refusals;
mod retry;
mod routes;

use std::{net::TcpListener, sync::Arc, time::Duration};

use actix_web::{App, HttpServer, dev::Server, web};

pub use openapi::document;
pub use origin::TrustedProxies;
pub use problem::{Code, PROBLEMS, ProblemRow};

use crate::desk::Desk;

/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long requests at work may take to end at a stop, in seconds.
const STOP_TIMEOUT_S: u64 = 20;

/// How the server stands in its network.
#[derive(Debug, Clone, Default)]
pub struct HttpSettings {
    /// Proxies whose word about the client's address and scheme is taken.
    pub trusted_proxies: TrustedProxies,
    /// Worker threads; none: one for each core.
    pub workers: Option<usize>,
    /// Whether files for spreadsheets begin with a byte order mark, by which Excel knows that they are UTF-8.
    pub csv_bom: bool,
    /// The service's address as people type it, `https://mod.example.com`; none: as the request says.
    pub public_url: Option<String>,
}

/// What every handler is handed.
#[derive(Clone)]
pub struct HttpState {
    /// The use cases.
    pub desk: Arc<Desk>,
    /// Writes `/metrics` in the text format of Prometheus.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// How the server stands in its network.
    pub settings: HttpSettings,
}

/// Starts to serve on a listener. Signals are the caller's: stop it by its handle.
pub fn bind(listener: TcpListener, state: HttpState) -> std::io::Result<Server> {
    let workers = state.settings.workers;
    let document = web::Data::new(document());
    let app = move || {
        App::new()
            .app_data(web::Data::new(state.clone()))
            .app_data(document.clone())
            .wrap(actix_web::middleware::from_fn(observe::observe))
            .configure(routes::configure)
    };
    let server = HttpServer::new(app)
        .client_request_timeout(HEAD_TIMEOUT)
        .shutdown_timeout(STOP_TIMEOUT_S)
        .disable_signals();
    let server = match workers {
        Some(workers) => server.workers(workers),
        None => server,
    };
    Ok(server.listen(listener)?.run())
}
