//! Re-judging stored comments in the background: one per commit, which also stores how far it has come.

use super::{
    base::{Base, InForce},
    error::DeskError,
};
use crate::{
    policy::Findings,
    record::{Change, Comment, Decision, Rejudge, RejudgeCause, RejudgeScope, Subject},
    review::{
        Background, Reassessment, changed_signals, decide_again, effective_verdict, known_signals,
        reassess, rejudge,
    },
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
        let mut findings = self.findings_in(comment, &background, &in_force).await?;
        findings.author = signals;
        let (decision, harsher) = decide_again(comment, &findings, rulebook);
        let result = if harsher { "harsher" } else { "applied" };
        metrics::counter!("banzhu_rejudged_total", "result" => result).increment(1);
        let rejudged = self.rejudgement(comment, (decision, cause), &background, &in_force);
        Ok(Some(rejudged.await?))
    }

    /// What is found in a comment now. Of its author nothing is known yet.
    async fn findings_in(
        &self,
        comment: &Comment,
        background: &Background,
        in_force: &InForce,
    ) -> Result<Findings, DeskError> {
        let article = background.article.as_ref();
        let article = match article.filter(|_| !comment.newest.tags.is_empty()) {
            Some(article) => {
                let rulebook = in_force.rulebook();
                let prepared = self
                    .articles
                    .prepared(article.hash, &article.content, rulebook);
                Some(prepared.await)
            }
            None => None,
        };
        let surfaces = comment.newest.surfaces();
        self.findings(surfaces, article.as_deref(), in_force).await
    }

    /// The change by which a comment gets a later decision.
    async fn rejudgement(
        &self,
        comment: &Comment,
        decision: (Decision, RejudgeCause),
        background: &Background,
        in_force: &InForce,
    ) -> Result<Change, DeskError> {
        let reports = self.store.reports_on(&comment.id, REPORTS_MAX).await?;
        let (rulebook, mut ids) = (in_force.rulebook(), self.id_source());
        let rejudged = rejudge(comment, decision, reports, background, rulebook, &mut ids);
        Ok(rejudged)
    }

    /// What is in force now says of a comment beside the decision that stands; `None` where nothing is left to judge.
    pub(super) async fn reassessed(
        &self,
        comment: &Comment,
        background: &Background,
        in_force: &InForce,
    ) -> Result<Option<Reassessment>, DeskError> {
        if comment.withdrawn_at.is_some() || comment.purged_at.is_some() {
            return Ok(None);
        }
        let mut findings = self.findings_in(comment, background, in_force).await?;
        findings.author = known_signals(comment);
        Ok(Some(reassess(comment, &findings, in_force.rulebook())))
    }

    /// The change by which a comment gets a milder decision that changes what is in force on it; `None` if there is none.
    pub(super) async fn restored(
        &self,
        comment: &Comment,
        cause: RejudgeCause,
        in_force: &InForce,
    ) -> Result<Option<Change>, DeskError> {
        let background = self.background_of(comment).await?;
        let reassessed = self.reassessed(comment, &background, in_force).await?;
        let Some(Reassessment::Milder(decision)) = reassessed else {
            return Ok(None);
        };
        let after = effective_verdict(&decision, &background.rulings_on(comment));
        if after == background.effective(comment) {
            return Ok(None);
        }
        metrics::counter!("banzhu_rejudged_total", "result" => "restored").increment(1);
        let decision = (*decision, cause);
        let rejudged = self.rejudgement(comment, decision, &background, in_force);
        rejudged.await.map(Some)
    }
}
