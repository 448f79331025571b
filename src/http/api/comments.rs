//! Comments: moderated, looked up, withdrawn, tried.

use actix_web::{
    HttpRequest,
    web::{self, Payload},
};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Answer, State, articles::PutArticle};
use crate::{
    access::Requirement,
    desk::{
        CommentQuery, TryDraft,
        views::{CommentList, CommentView, ModerationView, TryView},
    },
    http::{
        call::{Call, LARGE_BYTES_MAX},
        checked::{self},
        empty_as_none::empty_as_none,
        input::Input,
        problem::{Code, Problem},
        query,
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

impl PostComment {
    pub fn example() -> Value {
        json!({
            "comment_id": "c-1001", "url": "https://board.example/c-1001", "article_id": "story-7990000",
            "member": {"id": "m-9", "nickname": "南港阿明", "verified": false},
            "body": "寫得好，謝謝記者。", "tags": ["北約"], "posted_at": "2026-11-23T03:00:00Z"
        })
    }
}

/// The calls of this file.
pub static CALLS: &[&Call] = &[&POST, &LIST, &GET, &DELETE, &TRY_TEXT];

static POST: Call = Call::post("/v1/moderations", Requirement::MODERATE)
    .named("PostModeration", "Moderate a comment")
    .query(&["dry_run"])
    .body::<PostComment>(PostComment::example)
    .bytes_max(LARGE_BYTES_MAX)
    .ok::<ModerationView>()
    .idempotent()
    .problems(&[Code::CommentConflict, Code::CommentWithdrawn])
    .to(|| web::route().to(post));

async fn post(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let caller = state.caller(&request, &POST).await?;
    let check = |post: PostComment| Submission::parse(post.into());
    let body = checked::json_by(&request, payload, POST.bytes_max, check).await?;
    let dry_run = POST.read_query(&request)?.flag("dry_run")?;
    let submission = body.value?;
    let key = if dry_run {
        None
    } else {
        POST.key(&request, &caller, &body.bytes)?
    };
    let comments = &state.desk.comments;
    let done = comments.post(
        &caller,
        submission,
        Mode {
            dry_run,
            ..Mode::default()
        },
        key,
    );
    Ok(POST.answer(done.await?))
}

static LIST: Call = Call::get("/v1/comments", Requirement::READ)
    .named("ListComments", "Search stored comments, newest first")
    .query(&[
        "q",
        "verdict",
        "decided_by",
        "code",
        "term",
        "guessed",
        "member",
        "article",
        "from",
        "to",
        "rulebook",
        "cursor",
        "limit",
    ])
    .ok::<CommentList>()
    .to(|| web::route().to(list));

async fn list(state: State, request: HttpRequest) -> Answer {
    let mut query = state.read(&LIST, &request).await?.query;
    let filters = CommentQuery {
        q: query.take("q"),
        verdict: query.take("verdict"),
        decided_by: query.take("decided_by"),
        code: query.take("code"),
        term: query.take("term"),
        guessed: query.take("guessed"),
        member: query.take("member"),
        article: query.take("article"),
        from: query.take("from"),
        to: query.take("to"),
        rulebook: query.take("rulebook"),
        cursor: query.take("cursor"),
        limit: query.take("limit"),
    };
    Ok(LIST.json(&state.desk.comments.find(filters).await?))
}

static GET: Call = Call::get("/v1/comments/{id}", Requirement::READ_OR_BOARD)
    .named("GetComment", "Get a comment and its current verdict")
    .ok::<CommentView>()
    .problems(&[Code::NotFound])
    .to(|| web::route().to(get));

async fn get(state: State, request: HttpRequest) -> Answer {
    state.read(&GET, &request).await?;
    let view = state.desk.comments.comment(&comment_id(&request)?).await?;
    Ok(GET.json(&view))
}

static DELETE: Call = Call::delete("/v1/comments/{id}", Requirement::MODERATE)
    .named("DeleteComment", "Withdraw a comment for its author")
    .problems(&[Code::NotFound])
    .to(|| web::route().to(delete));

async fn delete(state: State, request: HttpRequest) -> Answer {
    let caller = state.read(&DELETE, &request).await?.caller;
    state
        .desk
        .comments
        .withdraw(&caller, &comment_id(&request)?)
        .await?;
    Ok(DELETE.nothing())
}

static TRY_TEXT: Call = Call::post("/v1/try", Requirement::READ)
    .named(
        "PostTry",
        "Explain what would be decided; nothing is stored",
    )
    .body::<PostTry>(
        || json!({"body": "說真的，幹 你 娘", "nickname": "南港阿明", "tags": ["頭香"]}),
    )
    .bytes_max(LARGE_BYTES_MAX)
    .ok::<TryView>()
    .stores_nothing()
    .to(|| web::route().to(try_text));

async fn try_text(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let input = Input::<PostTry>::read(&state, &TRY_TEXT, &request, payload).await?;
    let draft = TryDraft {
        body: input.body.body,
        nickname: input.body.nickname,
        tags: input.body.tags.unwrap_or_default(),
        article: input.body.article.map(ArticleDraft::from),
    };
    Ok(TRY_TEXT.json(&state.desk.comments.try_text(draft).await?))
}

fn comment_id(request: &HttpRequest) -> Result<CommentId, Problem> {
    query::parsed_part(request, "id", |raw| CommentId::parse(raw).ok())
}
