//! What the service is measured against: the least that any server does for the same requests.
//!
//! Both are bare actix servers that parse a comment and send it back. The durable one first writes the body as one row of
//! a sled tree: one thread takes whatever waits, writes it as one batch, flushes, syncs the file, then lets all of them
//! answer. That is the service's promise ("an answer means: on disk") and nothing else. Each runs in a process of its
//! own, so that its CPU time is told apart from the client's.

use std::{fs::File, net::TcpListener, path::Path, sync::mpsc, thread};

use actix_web::{
    App, HttpResponse, HttpServer,
    web::{self, Bytes, Data, ServiceConfig},
};
use serde_json::Value;
use tokio::sync::oneshot;

/// Rows in a batch at most, as in the service.
const BATCH_ROWS_MAX: usize = 256;
/// sled's cache, as in the service.
const CACHE_BYTES: u64 = 64 << 20;

/// A row, and where to say that it is on disk.
type Row = (Bytes, oneshot::Sender<()>);

/// Parses a comment and sends it back, until the process is ended.
pub fn bare() {
    serve(|config| {
        config.route("/echo", web::post().to(echo));
    });
}

/// The same, once the comment is on disk in `dir`.
pub fn durable(dir: &Path) {
    let (rows, waiting) = mpsc::sync_channel::<Row>(BATCH_ROWS_MAX * 4);
    let db = sled::Config::new()
        .path(dir)
        .cache_capacity(CACHE_BYTES)
        .flush_every_ms(None)
        .open()
        .unwrap();
    let file = File::open(dir.join("db")).unwrap();
    thread::spawn(move || write_all(&db, &file, &waiting));
    serve(move |config| {
        config
            .app_data(Data::new(rows.clone()))
            .route("/echo", web::post().to(durable_echo));
    });
}

async fn echo(comment: web::Json<Value>) -> HttpResponse {
    HttpResponse::Ok().json(comment.into_inner())
}

async fn durable_echo(rows: Data<mpsc::SyncSender<Row>>, body: Bytes) -> HttpResponse {
    let comment: Value = serde_json::from_slice(&body).unwrap();
    let (written, on_disk) = oneshot::channel();
    rows.try_send((body, written)).unwrap();
    on_disk.await.unwrap();
    HttpResponse::Ok().json(comment)
}

/// The group commit: one batch, one flush, one sync for all that wait.
fn write_all(db: &sled::Db, file: &File, waiting: &mpsc::Receiver<Row>) {
    let mut number = 0_u64;
    while let Ok(first) = waiting.recv() {
        let rows = std::iter::once(first).chain(waiting.try_iter());
        let mut batch = sled::Batch::default();
        let mut answers = Vec::new();
        for (body, written) in rows.take(BATCH_ROWS_MAX) {
            batch.insert(&number.to_be_bytes(), body.as_ref());
            number += 1;
            answers.push(written);
        }
        db.apply_batch(batch).unwrap();
        db.flush().unwrap();
        file.sync_data().unwrap();
        for written in answers {
            let _ = written.send(());
        }
    }
}

/// Serves on a free port, says which as the service does, and never returns.
fn serve(routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("listening on http://{}", listener.local_addr().unwrap());
    let server = move || {
        HttpServer::new(move || App::new().configure(routes.clone()))
            .disable_signals()
            .listen(listener)
            .unwrap()
            .run()
    };
    actix_web::rt::System::new()
        .block_on(async { server().await })
        .unwrap();
}
