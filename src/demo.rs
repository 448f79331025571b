//! `demo`: an afternoon and an evening of traffic in a fresh folder, so that the queue has content, and a link that opens it.

mod evening;
mod page;

use std::sync::Arc;

use serde::Deserialize;

use page::{PageArticle, PageComment, article, submission};

use crate::{
    access::Caller,
    app::AppError,
    config::Config,
    desk::{Desk, DeskError, Idempotent, NewKey, NewToken, NewUser, QueueQuery, RulingDraft},
    id::KeyId,
    intake::Mode,
    record::{Role, Scope, UserName},
    store::{VerifyError, verify},
    time::MINUTE_MS,
};

/// The demo's page: an article with a summary of our own, and comments of every kind.
const PAGE: &str = include_str!("../tests/cases/udn_page.json");

#[derive(Deserialize)]
struct Page {
    article_id: String,
    article: PageArticle,
    comments: Vec<PageComment>,
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

/// Posts the demo's comments, and returns commands that show the result, with a link to the console that signs in once.
pub async fn post_afternoon(desk: &Arc<Desk>, url: &str) -> Result<Vec<String>, AppError> {
    let page: Page = serde_json::from_str(PAGE).map_err(std::io::Error::other)?;
    let board = board();
    let id = page.article_id.clone();
    let of_page = PageArticle { id, ..page.article };
    article(desk, &board, of_page).await?;
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
    let (name, role) = user(desk, DEMO_MODERATOR, Role::Moderator).await?;
    let moderator = Caller::Person { name, role };
    rule_some(desk, &moderator).await?;
    evening::fill(desk, &board, &moderator).await?;
    tokio::task::spawn(evening::go_on(Arc::clone(desk), board));
    let read = key(desk, "demo-read", Scope::Read).await?;
    let token = desk
        .accounts
        .create_token_for(&Caller::Operator, DEMO_MODERATOR, NewToken::default())
        .await?;
    let mut lines = curl_lines(url, &read, token.token.as_deref().unwrap_or(""));
    let (admin, _) = user(desk, DEMO_ADMIN, Role::Admin).await?;
    let secret = desk.sign_ins.offer_link(admin);
    lines.push(format!("console {url}/console/link/{secret}"));
    Ok(lines)
}

const DEMO_MODERATOR: &str = "demo-moderator";
const DEMO_ADMIN: &str = "demo-admin";

fn board() -> Caller {
    let name = crate::record::KeyName::parse("demo-board");
    match name {
        Ok(name) => Caller::Program {
            id: KeyId(ulid::Ulid(0)),
            name,
            scopes: vec![Scope::Moderate, Scope::Report],
        },
        Err(_) => Caller::Operator,
    }
}

async fn user(desk: &Desk, name: &str, role: Role) -> Result<(UserName, Role), AppError> {
    let new = NewUser {
        name: Some(name.to_owned()),
        role: Some(role.name().to_owned()),
        password: None,
    };
    desk.accounts
        .create_user(&Caller::Operator, new, None)
        .await?;
    let name = UserName::parse(name).map_err(std::io::Error::other)?;
    Ok((name, role))
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
