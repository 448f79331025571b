//! `demo`: an afternoon of traffic in a fresh folder, so that the queue has content.

use serde::Deserialize;

use crate::{
    access::Caller,
    app::AppError,
    config::Config,
    desk::{Desk, DeskError, Idempotent, NewKey, NewToken, NewUser, QueueQuery, RulingDraft},
    id::KeyId,
    intake::{CommentDraft, MemberDraft, Mode, Submission},
    record::{ArticleContent, Role, Scope, UserName},
    store::{VerifyError, verify},
    time::{MINUTE_MS, Timestamp},
};

/// The demo's page: an article with a summary of our own, and comments of every kind.
const PAGE: &str = include_str!("../tests/cases/udn_page.json");

#[derive(Deserialize)]
struct Page {
    article_id: String,
    article: PageArticle,
    comments: Vec<PageComment>,
}

#[derive(Deserialize)]
struct PageArticle {
    title: String,
    body: String,
    section: String,
    tags: Vec<String>,
    url: String,
}

#[derive(Deserialize)]
struct PageComment {
    id: String,
    /// Minutes after the article.
    minute: i64,
    #[serde(default)]
    parent: Option<String>,
    member: String,
    nickname: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    tags: Vec<String>,
}

/// Refuses a folder that contains comments already.
pub fn check(config: &Config) -> Result<(), AppError> {
    match verify(&config.data) {
        Ok(report) if report.comments > 0 => Err(AppError::Io(std::io::Error::other(format!(
            "{} 已有留言；示範須使用全新的資料夾，例如 --data demo-data / {} holds comments already; the demo needs a fresh folder, such as --data demo-data",
            config.data.display(),
            config.data.display()
        )))),
        Err(VerifyError::InUse { dir }) => Err(AppError::Io(std::io::Error::other(
            VerifyError::InUse { dir }.to_string(),
        ))),
        Ok(_) | Err(VerifyError::Nothing { .. } | VerifyError::Io { .. }) => Ok(()),
    }
}

/// Posts the demo's comments, and returns commands that show the result.
pub async fn post_afternoon(desk: &Desk, url: &str) -> Result<Vec<String>, AppError> {
    let page: Page = serde_json::from_str(PAGE).map_err(std::io::Error::other)?;
    let board = board();
    let article = page.article;
    let content = ArticleContent {
        title: article.title,
        body: article.body,
        section: Some(article.section),
        tags: article.tags,
        url: Some(article.url),
    };
    let id = crate::id::ArticleId::parse(page.article_id.clone()).map_err(std::io::Error::other)?;
    desk.comments.put_article(&board, id, content).await?;
    let last = page.comments.iter().map(|comment| comment.minute).max();
    // The afternoon ends now.
    let begin = desk
        .operations
        .now()
        .plus_ms(-last.unwrap_or(0) * MINUTE_MS);
    for comment in page.comments {
        let at = begin.plus_ms(comment.minute * MINUTE_MS);
        let submission = submission(&page.article_id, comment, at).map_err(DeskError::Fields)?;
        desk.comments
            .post(&board, submission, Mode::default(), None)
            .await?;
    }
    let moderator = moderator(desk).await?;
    rule_some(desk, &moderator).await?;
    let read = key(desk, "demo-read", Scope::Read).await?;
    let token = desk
        .accounts
        .create_token_for(&Caller::Operator, DEMO_MODERATOR, NewToken::default())
        .await?;
    Ok(curl_lines(url, &read, token.token.as_deref().unwrap_or("")))
}

const DEMO_MODERATOR: &str = "demo-moderator";

fn board() -> Caller {
    let name = crate::record::KeyName::parse("demo-board");
    match name {
        Ok(name) => Caller::Program {
            id: KeyId(ulid::Ulid(0)),
            name,
            scopes: vec![Scope::Moderate],
        },
        Err(_) => Caller::Operator,
    }
}

fn submission(
    article: &str,
    comment: PageComment,
    posted_at: Timestamp,
) -> Result<Submission, Vec<crate::intake::FieldFault>> {
    Submission::parse(CommentDraft {
        comment_id: Some(comment.id),
        article_id: Some(article.to_owned()),
        member: Some(MemberDraft {
            id: Some(comment.member),
            nickname: Some(comment.nickname),
            verified: None,
        }),
        body: Some(comment.body),
        tags: comment.tags,
        parent_id: comment.parent,
        posted_at: Some(posted_at.to_string()),
        ..CommentDraft::default()
    })
}

async fn moderator(desk: &Desk) -> Result<Caller, AppError> {
    let new = NewUser {
        name: Some(DEMO_MODERATOR.to_owned()),
        role: Some(Role::Moderator.name().to_owned()),
        password: None,
    };
    desk.accounts
        .create_user(&Caller::Operator, new, None)
        .await?;
    let name = UserName::parse(DEMO_MODERATOR).map_err(std::io::Error::other)?;
    Ok(Caller::Person {
        name,
        role: Role::Moderator,
    })
}

/// Some work of a moderator: the first two cases are ruled, one each way.
async fn rule_some(desk: &Desk, moderator: &Caller) -> Result<(), AppError> {
    for decision in ["approve", "remove"] {
        let filters = QueueQuery {
            code: Some("insult".to_owned()),
            me: Some(moderator.actor()),
            pointer: "/",
            ..QueueQuery::default()
        };
        let Idempotent::Fresh(Some(case)) = desk.queue.next_case(moderator, filters, None).await?
        else {
            return Ok(());
        };
        let draft = RulingDraft {
            decision: Some(decision.to_owned()),
            version: Some(case.item.version),
            ..RulingDraft::default()
        };
        desk.rulings
            .rule(moderator, case.item.id, draft, None)
            .await?;
    }
    Ok(())
}

async fn key(desk: &Desk, name: &str, scope: Scope) -> Result<String, AppError> {
    let new = NewKey {
        name: Some(name.to_owned()),
        scopes: vec![scope.name().to_owned()],
        expires_at: None,
    };
    match desk
        .accounts
        .create_key(&Caller::Operator, new, None)
        .await?
    {
        Idempotent::Fresh(created) => Ok(created.key.unwrap_or_default()),
        Idempotent::Replayed { .. } => Ok(String::new()),
    }
}

fn curl_lines(url: &str, read: &str, token: &str) -> Vec<String> {
    let get = |path: &str, secret: &str| {
        format!("curl -s '{url}{path}' -H 'Authorization: Bearer {secret}'")
    };
    vec![
        get("/v1/cases", read),
        get("/v1/cases?code=tag-off-topic", read),
        get("/v1/comments/demo-2", read),
        format!("curl -s -X POST '{url}/v1/cases/next' -H 'Authorization: Bearer {token}'"),
        get("/v1/audit", token),
    ]
}
