//! Comments: judged, looked up, taken back, tried.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Payload};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Answer, State, articles::PutArticle};
use crate::{
    access::Call,
    desk::TryDraft,
    http::{
        checked::{self, LARGE_BYTES_MAX},
        empty_as_none::empty_as_none,
        idempotency::{answered, idempotency_key, json},
        problem::Problem,
        query::{self, Query},
    },
    id::CommentId,
    intake::{ArticleDraft, CommentDraft, MemberDraft, Mode, Submission},
};

/// Who wrote a comment.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostMember {
    /// The board's id.
    #[schema(required)]
    pub id: Option<String>,
    /// At most 40 characters.
    pub nickname: Option<String>,
    /// The board vouches for the name.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub verified: Option<bool>,
}

/// A comment as the board hands it in.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostComment {
    /// The board's id.
    #[schema(required)]
    pub comment_id: Option<String>,
    /// Where it stands.
    pub url: Option<String>,
    /// The article it stands under.
    pub article_id: Option<String>,
    /// That article's content; stored like a PUT.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub article: Option<PutArticle>,
    /// Who wrote it.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub member: Option<PostMember>,
    /// At most 5,000 characters.
    pub body: Option<String>,
    /// At most 20 of 40 characters.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub tags: Option<Vec<String>>,
    /// The comment it answers.
    pub parent_id: Option<String>,
    /// RFC 3339.
    pub posted_at: Option<String>,
}

/// What to try.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostTry {
    /// At most 5,000 characters.
    pub body: Option<String>,
    /// At most 40 characters.
    pub nickname: Option<String>,
    /// At most 20 of 40 characters.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub tags: Option<Vec<String>>,
    /// What the tags are judged against.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub article: Option<PutArticle>,
}

impl From<PostComment> for CommentDraft {
    fn from(post: PostComment) -> Self {
        Self {
            comment_id: post.comment_id,
            url: post.url,
            article_id: post.article_id,
            article: post.article.map(ArticleDraft::from),
            member: post.member.map(|member| MemberDraft {
                id: member.id,
                nickname: member.nickname,
                verified: member.verified,
            }),
            body: post.body,
            tags: post.tags.unwrap_or_default(),
            parent_id: post.parent_id,
            posted_at: post.posted_at,
        }
    }
}

pub async fn post(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let caller = state.caller(&request, Call::PostModeration).await?;
    let check = |post: PostComment| Submission::parse(post.into());
    let body = checked::json_by(&request, payload, LARGE_BYTES_MAX, check).await?;
    let dry_run = Query::read(&request, &["dry_run"])?.flag("dry_run")?;
    let submission = body.value?;
    let key = if dry_run {
        None
    } else {
        idempotency_key(&request, &caller, &body.bytes)?
    };
    let done = state
        .desk
        .post(
            &caller,
            submission,
            Mode {
                dry_run,
                ..Mode::default()
            },
            key,
        )
        .await?;
    Ok(answered(StatusCode::OK, done))
}

pub async fn get(state: State, request: HttpRequest) -> Answer {
    state.caller(&request, Call::GetComment).await?;
    query::none(&request)?;
    let view = state.desk.comment(&comment_id(&request)?).await?;
    Ok(json(StatusCode::OK, &view))
}

pub async fn delete(state: State, request: HttpRequest) -> Answer {
    let caller = state.caller(&request, Call::DeleteComment).await?;
    query::none(&request)?;
    state.desk.withdraw(&caller, &comment_id(&request)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub async fn try_text(state: State, request: HttpRequest, payload: Payload) -> Answer {
    state.caller(&request, Call::PostTry).await?;
    let body = checked::json::<PostTry>(&request, payload, LARGE_BYTES_MAX).await?;
    query::none(&request)?;
    let PostTry {
        body,
        nickname,
        tags,
        article,
    } = body.value;
    let draft = TryDraft {
        body,
        nickname,
        tags: tags.unwrap_or_default(),
        article: article.map(ArticleDraft::from),
    };
    Ok(json(StatusCode::OK, &state.desk.try_text(draft)?))
}

fn comment_id(request: &HttpRequest) -> Result<CommentId, Problem> {
    query::parsed_part(request, "id", |raw| CommentId::parse(raw).ok())
}
