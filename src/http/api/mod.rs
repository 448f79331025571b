//! The calls: each with its registration and its handler, a file for each kind of resource.

pub mod accounts;
pub mod articles;
pub mod audit;
pub mod batch;
pub mod cases;
pub mod comments;
pub mod docs;
pub mod feeds;
pub mod health;
pub mod members;
pub mod model;
pub mod rejudge;
pub mod replies;
pub mod reports;
pub mod rulebook;
pub mod session;
pub mod webhooks;
pub mod words;

use actix_web::{HttpResponse, web};

use super::{HttpState, problem::Problem};

/// What every handler gets beside the request.
pub type State = web::Data<HttpState>;

/// What every handler returns.
pub type Answer = Result<HttpResponse, Problem>;
