//! Use cases without HTTP: most behaviour is told here.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod accounts;
mod appeals;
mod backup;
mod case_view;
mod clock;
mod comments;
mod erasure;
mod forms;
mod learning;
mod members;
mod models;
mod news;
mod notices;
mod privacy;
mod queue;
mod rejudge;
mod reports;
mod restart;
mod rules;
mod rulings;
mod said;
mod search;
mod tampered;
mod undo;
mod world;
