//! The OpenAPI document, and the same as a page: Swagger UI, from files inside the binary.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, ContentEncoding},
    web,
};
use serde_json::Value;
use utoipa_swagger_ui::{Config, SwaggerFile, serve};

use super::Answer;
use crate::{
    access::Requirement,
    http::{
        call::Call,
        problem::{Code, Problem},
        shape::Shape,
    },
};

/// The path of the page's files.
pub const FILES: &str = "/docs/{file:.*}";

/// The page runs its own scripts and loads nothing from elsewhere. It has inline styles, and icons as `data:`.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

/// The page's settings: the path of the document, and no validator on another site.
pub fn config() -> web::Data<Config<'static>> {
    let config = Config::from("/openapi.json")
        .validator_url("none")
        .persist_authorization(true);
    web::Data::new(config)
}

/// The calls of this file.
pub static CALLS: &[&Call] = &[&DOCUMENT, &PAGE];

static DOCUMENT: Call = Call::get("/openapi.json", Requirement::Open)
    .named("OpenApi", "Get this document")
    .ok_as(Shape::any_json())
    .to(|| web::route().to(document));

async fn document(request: HttpRequest, document: web::Data<Value>) -> Answer {
    DOCUMENT.read_query(&request)?;
    Ok(DOCUMENT.json(document.get_ref()))
}

pub static PAGE: Call = Call::get("/docs", Requirement::Open)
    .named("Docs", "Read this document in a browser")
    .ok_as(Shape::text("text/html"))
    .any_query()
    .problems(&[Code::NotFound])
    .to(|| web::route().to(page));

async fn page(request: HttpRequest, config: web::Data<Config<'static>>) -> Answer {
    let Some(name) = request.match_info().get("file") else {
        return Ok(to_folder());
    };
    match serve(name, config.into_inner()) {
        Ok(Some(file)) => Ok(answer(file)),
        Ok(None) => Err(Problem::new(Code::NotFound)),
        Err(error) => {
            tracing::error!(%error, "a file of the documents could not be served: {error}");
            Err(Problem::new(Code::Overloaded))
        }
    }
}

/// The page is served as a folder, so that its relative links find its files.
fn to_folder() -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header((header::LOCATION, "/docs/"))
        .finish()
}

fn answer(file: SwaggerFile<'_>) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    if file.gzpipped {
        response.insert_header((header::CONTENT_ENCODING, ContentEncoding::Gzip));
    }
    response
        .content_type(file.content_type)
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .body(file.bytes.into_owned())
}
