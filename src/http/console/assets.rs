//! Stylesheet, script and icon, inside the binary. Their names hold a hash of their content, so browsers keep them for ever.

use std::sync::LazyLock;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    web,
};
use sha2::{Digest as _, Sha256};

use crate::{
    access::Requirement,
    http::{
        call::Call,
        problem::{Code, Problem},
        query,
    },
};

/// The registration.
pub static GET: Call = Call::get("/console/assets/{file}", Requirement::Open)
    .named("console.asset", "A file that pages need")
    .any_query()
    .to(|| web::route().to(get));

/// A file that pages need.
pub struct Asset {
    /// Its path, with the hash.
    pub path: String,
    media_type: &'static str,
    content: &'static str,
}

impl Asset {
    fn new(stem: &str, ending: &str, media_type: &'static str, content: &'static str) -> Self {
        let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(content.as_bytes())[..8]);
        Self {
            path: format!("/console/assets/{stem}.{hash}.{ending}"),
            media_type,
            content,
        }
    }
}

/// The stylesheet.
pub static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    let content = include_str!("assets/console.css");
    Asset::new("console", "css", "text/css; charset=utf-8", content)
});
/// The script.
pub static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    let content = include_str!("assets/console.js");
    Asset::new("console", "js", "text/javascript; charset=utf-8", content)
});
/// The icon.
pub static ICON: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "icon",
        "svg",
        "image/svg+xml",
        include_str!("assets/icon.svg"),
    )
});

async fn get(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let name = query::part(&request, "file")?;
    let asset = [&STYLE, &SCRIPT, &ICON]
        .into_iter()
        .find(|asset| asset.path.rsplit('/').next() == Some(&name))
        .ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, asset.media_type))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(asset.content))
}
