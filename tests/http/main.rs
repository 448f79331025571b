//! Black box: the real server on a free port, a fresh store, real requests.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod access;
mod along;
mod app;
mod batch;
mod cases;
mod comments;
mod connections;
mod console;
mod console_pages;
mod docs;
mod halves;
mod idempotency;
mod members;
mod news;
mod problems;
mod replies;
mod reports;
mod session;
mod tls;
mod words;
