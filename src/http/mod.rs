//! actix-web and nothing else: turns requests into calls of the desk, and its results into answers.
//!
//! Every call has a registration and a handler, side by side in a file of `api`; [`calls`] lists them all. A handler
//! reads from the top: who calls and whether they may, what they sent, the desk, the answer. Nothing of a body is read
//! before the caller's rights are checked. Errors become `application/problem+json` in one place.

mod api;
mod auth;
mod call;
mod calls;
mod checked;
mod connections;
mod console;
mod csv;
mod descriptors;
mod empty_as_none;
mod error_codes;
mod idempotency;
mod input;
mod key_rate;
mod media;
mod observe;
mod openapi;
mod origin;
mod problem;
mod query;
mod request_metrics;
mod routes;
mod server;
mod shape;
mod signing_in;
mod surrogates;
mod tls;
mod transport;

use std::sync::Arc;

use ipnet::IpNet;

pub use call::Call;
pub use calls::calls;
pub use connections::ConnectionLimits;
pub use descriptors::connections_that_fit;
pub use key_rate::KeyRate;
pub use openapi::document;
pub use origin::TrustedProxies;
pub use problem::{Code, PROBLEMS, ProblemRow};
pub use server::bind;
pub use tls::{Tls, TlsError, TlsFiles};

use crate::desk::Desk;

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
    /// Where the board's own programs run: a part of the connections is kept for them.
    pub board_addresses: Vec<IpNet>,
    /// Connections, bodies and times.
    pub limits: ConnectionLimits,
    /// TLS of our own; none: plain HTTP.
    pub tls: Option<Tls>,
    /// How often a key may ask.
    pub key_rate: KeyRate,
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
