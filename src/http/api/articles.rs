//! Articles.

use actix_web::{
    HttpRequest,
    web::{self, Payload},
};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Answer, State};
use crate::{
    access::Requirement,
    desk::views::ArticleView,
    http::{
        call::{Call, LARGE_BYTES_MAX},
        checked::{self},
        empty_as_none::empty_as_none,
        problem::{Code, Problem},
        query,
    },
    id::ArticleId,
    intake::ArticleDraft,
};

/// An article as the board hands it in.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutArticle {
    /// At most 300 characters.
    #[schema(required)]
    pub title: Option<String>,
    /// At most 50,000 characters; absent where there is a title alone.
    pub body: Option<String>,
    /// At most 40 characters.
    pub section: Option<String>,
    /// The board's own tags: at most 20 of 40 characters.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub tags: Option<Vec<String>>,
    /// At most 2,000 characters.
    pub url: Option<String>,
}

impl From<PutArticle> for ArticleDraft {
    fn from(put: PutArticle) -> Self {
        Self {
            title: put.title,
            body: put.body,
            section: put.section,
            tags: put.tags.unwrap_or_default(),
            url: put.url,
        }
    }
}

/// The calls of this file.
pub static CALLS: &[&Call] = &[&PUT, &GET];

static PUT: Call = Call::put("/v1/articles/{id}", Requirement::MODERATE)
    .named("PutArticle", "Store an article")
    .body::<PutArticle>(|| {
        json!({
            "title": "北約最高統帥首度訪日", "body": "雙方同意在十六個領域加強合作。",
            "section": "國際", "tags": ["北約"], "url": "https://board.example/story/7990000"
        })
    })
    .bytes_max(LARGE_BYTES_MAX)
    .ok::<ArticleView>()
    .or(201, "The article is new")
    .to(|| web::route().to(put));

async fn put(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let caller = state.caller(&request, &PUT).await?;
    let check = |put: PutArticle| ArticleDraft::from(put).checked("");
    let body = checked::json_by(&request, payload, PUT.bytes_max, check).await?;
    PUT.read_query(&request)?;
    let id = article_id(&request)?;
    let comments = &state.desk.comments;
    let posted = comments.put_article(&caller, id, body.value?).await?;
    Ok(PUT.posted(&posted))
}

static GET: Call = Call::get("/v1/articles/{id}", Requirement::READ_OR_BOARD)
    .named("GetArticle", "Get an article")
    .ok::<ArticleView>()
    .problems(&[Code::NotFound])
    .to(|| web::route().to(get));

async fn get(state: State, request: HttpRequest) -> Answer {
    state.read(&GET, &request).await?;
    let view = state.desk.comments.article(&article_id(&request)?).await?;
    Ok(GET.json(&view))
}

fn article_id(request: &HttpRequest) -> Result<ArticleId, Problem> {
    query::parsed_part(request, "id", |raw| ArticleId::parse(raw).ok())
}
