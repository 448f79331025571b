//! Use cases without HTTP: most behaviour is told here.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod accounts;
mod comments;
mod members;
mod queue;
mod rules;
mod rulings;
mod world;
