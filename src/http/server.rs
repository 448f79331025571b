//! The server below the application: connections are counted before a byte of them is read.
//!
//! As actix-web's `HttpServer` puts it together, which serves bare TCP streams only: it can neither count connections
//! by address nor keep a stream of ours.

use std::{
    future::poll_fn,
    io,
    net::{SocketAddr, TcpListener},
    rc::Rc,
    sync::Arc,
};

use actix_http::{HttpService, KeepAlive, error::DispatchError};
use actix_service::{Service, ServiceFactory as _, fn_factory, fn_service, map_config};
use actix_web::{
    App,
    dev::{AppConfig, Server},
    rt::net::TcpStream,
    web,
};

use super::{
    HttpState,
    connections::{BodyBudget, ConnectionRefused, Connections},
    document, observe,
    problem::{Code, Problem},
    routes,
    tls::Tls,
    transport::{Transport, Wire, raw, shake_hands},
};

/// How many connections wait to be accepted: the standard library's 128 are gone in a moment.
const BACKLOG: i32 = 4_096;
/// How long requests at work may take to end at a stop, in seconds.
const STOP_TIMEOUT_S: u64 = 20;

/// Starts to serve on a listener. Signals are the caller's: stop it by its handle.
pub fn bind(listener: TcpListener, state: HttpState) -> io::Result<Server> {
    // again, on the same socket: only its backlog changes
    rustix::net::listen(&listener, BACKLOG)?;
    let settings = &state.settings;
    let connections = Arc::new(Connections::new(
        settings.limits,
        settings.board_addresses.clone(),
        settings.trusted_proxies.networks().to_vec(),
    ));
    let server = Server::build()
        .shutdown_timeout(STOP_TIMEOUT_S)
        .disable_signals();
    let server = match settings.workers {
        Some(workers) => server.workers(workers),
        None => server,
    };
    let stopping = server.graceful_shutdown_signal();
    let tls = settings.tls.clone();
    let document = web::Data::new(document());
    // Made once, outside the closure that runs for each worker: the limit holds for all workers together.
    let bodies = web::Data::new(Arc::new(BodyBudget::new(settings.limits.bodies_bytes_max)));
    let serving = move || {
        let app = App::new()
            .app_data(web::Data::new(state.clone()))
            .app_data(document.clone())
            .app_data(bodies.clone())
            .wrap(actix_web::middleware::from_fn(observe::observe))
            .configure(routes::configure);
        let stopping = stopping.clone();
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            // how long heads take and connections lie idle, the transport knows
            .client_request_timeout(std::time::Duration::ZERO)
            .keep_alive(KeepAlive::Os)
            .on_connect_ext(|transport: &Transport, data| {
                data.insert(Arc::clone(transport.admitted().connection()));
            })
            .h1(map_config(app, |()| AppConfig::default()));
        let (connections, tls) = (Arc::clone(&connections), tls.clone());
        fn_factory(move || {
            let http = http.new_service(());
            let (connections, tls) = (Arc::clone(&connections), tls.clone());
            async move {
                let http = Rc::new(http.await?);
                Ok::<_, ()>(fn_service(move |stream| {
                    serve(
                        Rc::clone(&http),
                        Arc::clone(&connections),
                        tls.clone(),
                        stream,
                    )
                }))
            }
        })
    };
    Ok(server.listen("http", listener, serving)?.run())
}

/// Serves one connection to its end.
async fn serve<H>(
    http: Rc<H>,
    connections: Arc<Connections>,
    tls: Option<Tls>,
    stream: TcpStream,
) -> Result<(), DispatchError>
where
    H: Service<(Transport, Option<SocketAddr>), Response = (), Error = DispatchError>,
{
    // who is gone already has no address
    let Ok(peer) = stream.peer_addr() else {
        return Ok(());
    };
    // Before the handshake, so that handshakes count too.
    let admitted = match connections.admit(peer.ip()) {
        Ok(admitted) => admitted,
        Err(why) => {
            refuse(&stream, why, tls.is_some());
            return Ok(());
        }
    };
    let wire = match &tls {
        None => Wire::Plain(stream),
        Some(tls) => match shake_hands(&tls.acceptor(), stream, &admitted).await {
            Some(stream) => Wire::Tls(Box::new(stream)),
            None => return Ok(()),
        },
    };
    poll_fn(|cx| http.poll_ready(cx)).await?;
    http.call((Transport::new(wire, admitted), Some(peer)))
        .await
}

/// Tells why, as far as that goes without waiting.
fn refuse(stream: &TcpStream, why: ConnectionRefused, is_tls: bool) {
    let (name, problem) = match why {
        ConnectionRefused::Full => (
            "all",
            Problem::new(Code::Overloaded).saying(
                "連線數已達上限，請稍後重試。",
                "There are too many connections; try again.",
            ),
        ),
        ConnectionRefused::Address => (
            "address",
            Problem::new(Code::Overloaded).saying(
                "來自此位址的連線數已達上限，請稍後重試。",
                "There are too many connections from this address; try again.",
            ),
        ),
    };
    metrics::counter!("banzhu_http_connections_refused_total", "limit" => name).increment(1);
    tracing::warn!(
        limit = name,
        "a connection was refused: as many are open and at work as http.connections_max and http.connections_per_address_max allow"
    );
    // In plain text a TLS client could not read it.
    if !is_tls {
        let _ = stream.try_write(&raw(&problem));
    }
}
