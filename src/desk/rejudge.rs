//! Re-judging stored comments in the background: one per commit, which also stores how far it has come.

use super::{base::Base, error::DeskError};
use crate::{
    record::{Change, Comment, Rejudge, RejudgeCause, RejudgeScope, Subject},
    review::{changed_signals, decide_again, rejudge},
};

/// How many comments are read at a time.
const READ_MAX: usize = 100;
/// The most reports on one comment that re-judging updates.
const REPORTS_MAX: usize = 1_000;

/// The result of one step of re-judging.
pub(super) struct Rejudging {
    /// The change of the comment that was re-judged, if one was.
    pub rejudged: Option<Change>,
    /// The number of the comment to continue from; `None` at the end.
    pub next: Option<u64>,
}

impl Base {
    /// Re-judges the next comment that needs it, from this number on.
    pub async fn rejudge_next(&self, request: &Rejudge, from: u64) -> Result<Rejudging, DeskError> {
        let RejudgeScope::Member(id) = &request.scope;
        let member = self.store.member(id).await?;
        let subject = Subject::Nickname(id.clone());
        let comments = self.store.comments_under(&subject, from, READ_MAX).await?;
        for (number, comment) in &comments {
            if changed_signals(comment, &member, request.cause).is_some() {
                // One comment per step: its change and the position to continue from go into one commit.
                return Ok(Rejudging {
                    rejudged: self.rejudged(comment, request.cause).await?,
                    next: Some(number + 1),
                });
            }
        }
        let last = comments.last().filter(|_| comments.len() == READ_MAX);
        Ok(Rejudging {
            rejudged: None,
            next: last.map(|(number, _)| number + 1),
        })
    }

    async fn rejudged(
        &self,
        comment: &Comment,
        cause: RejudgeCause,
    ) -> Result<Option<Change>, DeskError> {
        let background = self.background_of(comment).await?;
        let member = background.member.as_ref();
        // Asked again: the member's record was read anew with the background and may have changed.
        let Some(signals) = member.and_then(|member| changed_signals(comment, member, cause))
        else {
            return Ok(None);
        };
        let in_force = self.in_force();
        let rulebook = in_force.rulebook();
        let article = background.article.as_ref();
        let article = match article.filter(|_| !comment.newest.tags.is_empty()) {
            Some(article) => {
                let prepared = self
                    .articles
                    .prepared(article.hash, &article.content, rulebook);
                Some(prepared.await)
            }
            None => None,
        };
        let surfaces = comment.newest.surfaces();
        let findings = self.findings(surfaces, article.as_deref(), &in_force);
        let mut findings = findings.await?;
        findings.author = signals;
        let (decision, harsher) = decide_again(comment, &findings, rulebook);
        let result = if harsher { "harsher" } else { "applied" };
        metrics::counter!("banzhu_rejudged_total", "result" => result).increment(1);
        let reports = self.store.reports_on(&comment.id, REPORTS_MAX).await?;
        let mut ids = self.id_source();
        let new_decision = (decision, cause);
        let rejudged = rejudge(
            comment,
            new_decision,
            reports,
            &background,
            rulebook,
            &mut ids,
        );
        Ok(Some(rejudged))
    }
}
