//! Articles.

use actix_web::{HttpRequest, http::StatusCode, web::Payload};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Answer, State};
use crate::{
    access::Call,
    http::{
        checked, checked::LARGE_BYTES_MAX, empty_as_none::empty_as_none, idempotency::json,
        problem::Problem, query,
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

pub async fn put(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let caller = state.caller(&request, Call::PutArticle).await?;
    let check = |put: PutArticle| ArticleDraft::from(put).checked("");
    let body = checked::json_by(&request, payload, LARGE_BYTES_MAX, check).await?;
    query::none(&request)?;
    let id = article_id(&request)?;
    let posted = state.desk.put_article(&caller, id, body.value?).await?;
    Ok(json(
        if posted.created {
            StatusCode::CREATED
        } else {
            StatusCode::OK
        },
        &posted.view,
    ))
}

pub async fn get(state: State, request: HttpRequest) -> Answer {
    state.caller(&request, Call::GetArticle).await?;
    query::none(&request)?;
    let view = state.desk.article(&article_id(&request)?).await?;
    Ok(json(StatusCode::OK, &view))
}

fn article_id(request: &HttpRequest) -> Result<ArticleId, Problem> {
    query::parsed_part(request, "id", |raw| ArticleId::parse(raw).ok())
}
