//! What the demo adds to its first page: other articles, a campaign, edits during review, reports, appeals, sanctions, and
//! comments that go on coming while somebody looks.

use std::{sync::Arc, time::Duration};

use serde::Deserialize;

use super::page::{PageArticle, PageComment, article, submission};
use crate::{
    access::Caller,
    app::AppError,
    desk::{AppealDraft, Desk, DeskError, ExpectDraft, ReportDraft, RulingDraft, SanctionDraft},
    id::CommentId,
    intake::Mode,
    time::{MINUTE_MS, Timestamp},
};

const EVENING: &str = include_str!("evening.json");
/// How often a comment comes while the demo runs.
const COMES_EVERY: Duration = Duration::from_secs(20);

#[derive(Deserialize)]
struct Evening {
    articles: Vec<PageArticle>,
    comments: Vec<Comment>,
    edits: Vec<Edit>,
    reports: Vec<Report>,
    rulings: Vec<Ruling>,
    appeals: Vec<Appeal>,
    later: Vec<Comment>,
}

#[derive(Clone, Deserialize)]
struct Comment {
    article: String,
    #[serde(default)]
    minutes_ago: i64,
    #[serde(flatten)]
    comment: PageComment,
}

#[derive(Deserialize)]
struct Edit {
    id: String,
    body: String,
}

#[derive(Deserialize)]
struct Report {
    comment: String,
    reporter: String,
    code: String,
    note: Option<String>,
}

#[derive(Deserialize)]
struct Ruling {
    comment: String,
    decision: String,
    note: String,
}

#[derive(Deserialize)]
struct Appeal {
    comment: String,
    member: String,
    statement: String,
}

fn read() -> Result<Evening, AppError> {
    Ok(serde_json::from_str(EVENING).map_err(std::io::Error::other)?)
}

/// Fills the folder.
pub async fn fill(desk: &Desk, board: &Caller, moderator: &Caller) -> Result<(), AppError> {
    let evening = read()?;
    for page in evening.articles {
        article(desk, board, page).await?;
    }
    let now = desk.operations.now();
    for comment in &evening.comments {
        post(desk, board, comment.clone(), now).await?;
    }
    for ruling in evening.rulings {
        rule(desk, moderator, ruling).await?;
    }
    for edit in evening.edits {
        let posted = evening
            .comments
            .iter()
            .find(|posted| posted.comment.id == edit.id);
        if let Some(posted) = posted {
            let mut edited = posted.clone();
            edited.comment.body = edit.body;
            post(desk, board, edited, now).await?;
        }
    }
    for report in evening.reports {
        file(desk, board, report).await?;
    }
    for draft in evening.appeals {
        appeal(desk, board, draft).await?;
    }
    Ok(())
}

/// Posts the comments that come while the demo runs, until they are all there or the desk is closed.
pub async fn go_on(desk: Arc<Desk>, board: Caller) {
    let later = match read() {
        Ok(evening) => evening.later,
        Err(error) => return tracing::error!(%error, "the demo's comments cannot be read"),
    };
    for comment in later {
        tokio::time::sleep(COMES_EVERY).await;
        let now = desk.operations.now();
        if let Err(error) = post(&desk, &board, comment, now).await {
            return tracing::debug!(%error, "the demo ends: {error}");
        }
    }
}

async fn post(
    desk: &Desk,
    board: &Caller,
    Comment {
        article,
        minutes_ago,
        comment,
    }: Comment,
    now: Timestamp,
) -> Result<(), AppError> {
    let at = now.plus_ms(-minutes_ago * MINUTE_MS);
    let submission = submission(&article, comment, at).map_err(DeskError::Fields)?;
    let comments = &desk.comments;
    comments
        .post(board, submission, Mode::default(), None)
        .await?;
    Ok(())
}

fn id(raw: String) -> Result<CommentId, AppError> {
    Ok(CommentId::parse(raw).map_err(std::io::Error::other)?)
}

/// Rules on the comment's case, with the sanction that the penalty schedule proposes.
async fn rule(desk: &Desk, moderator: &Caller, ruling: Ruling) -> Result<(), AppError> {
    let comment = desk.comments.comment(&id(ruling.comment)?).await?;
    let Some(case) = comment.case_id else {
        return Ok(());
    };
    let queue = &desk.queue;
    let case = queue.case(moderator, case).await?;
    let proposed = case.proposed_sanction.map(|proposal| SanctionDraft {
        kind: Some("proposed".to_owned()),
        expect: Some(ExpectDraft {
            kind: Some(proposal.sanction.kind.name().to_owned()),
            days: proposal.sanction.days,
        }),
        ..SanctionDraft::default()
    });
    let draft = RulingDraft {
        decision: Some(ruling.decision),
        version: Some(case.item.version),
        note: Some(ruling.note),
        sanction: proposed,
        ..RulingDraft::default()
    };
    let rulings = &desk.rulings;
    rulings.rule(moderator, case.item.id, draft, None).await?;
    Ok(())
}

async fn file(desk: &Desk, board: &Caller, report: Report) -> Result<(), AppError> {
    let draft = ReportDraft {
        reporter_id: Some(report.reporter),
        code: Some(report.code),
        note: report.note,
        ..ReportDraft::default()
    };
    let reports = &desk.reports;
    reports
        .report(board, id(report.comment)?, draft, None, None)
        .await?;
    Ok(())
}

async fn appeal(desk: &Desk, board: &Caller, appeal: Appeal) -> Result<(), AppError> {
    let draft = AppealDraft {
        member_id: Some(appeal.member),
        statement: Some(appeal.statement),
    };
    let appeals = &desk.appeals;
    appeals
        .appeal(board, id(appeal.comment)?, draft, None)
        .await?;
    Ok(())
}
