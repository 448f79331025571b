//! Stored comments, judged again in the background: one at a time, each in a commit of its own with how far it has come.

use super::{Desk, DeskError, post::findings};
use crate::{
    intake::{Rejudged, decide_again, known_otherwise, rejudge},
    record::{Comment, Rejudge, RejudgeCause, RejudgeScope, Subject},
};

/// How many comments are looked at in one go.
const LOOKED_AT: usize = 100;
/// How many reports on one comment are heard.
const HEARD_MAX: usize = 1_000;

/// What became of the next comments to be judged again.
pub(super) struct Rejudging {
    /// The one that was.
    pub rejudged: Option<Box<Rejudged>>,
    /// Where to go on; none where that is all.
    pub next: Option<u64>,
}

impl Desk {
    /// Judges the next comment again that has to be, from the one of this number on.
    pub(super) async fn rejudge_next(
        &self,
        again: &Rejudge,
        from: u64,
    ) -> Result<Rejudging, DeskError> {
        let RejudgeScope::Member(id) = &again.scope;
        let member = self.store.member(id).await?;
        let subject = Subject::Nickname(id.clone());
        let found = self.store.comments_under(&subject, from, LOOKED_AT).await?;
        for (number, comment) in &found {
            let gone = comment.withdrawn_at.is_some() || comment.purged_at.is_some();
            if gone || known_otherwise(comment, &member, again.cause).is_none() {
                continue;
            }
            let next = Some(number + 1);
            let rejudged = self.rejudged(comment, again.cause).await?.map(Box::new);
            return Ok(Rejudging { rejudged, next });
        }
        let last = found.last().filter(|_| found.len() == LOOKED_AT);
        Ok(Rejudging {
            rejudged: None,
            next: last.map(|(number, _)| number + 1),
        })
    }

    async fn rejudged(
        &self,
        comment: &Comment,
        cause: RejudgeCause,
    ) -> Result<Option<Rejudged>, DeskError> {
        let background = self.background_of(comment).await?;
        let who = background.member.as_ref();
        let Some(whose) = who.and_then(|who| known_otherwise(comment, who, cause)) else {
            return Ok(None);
        };
        let rulebook = self.rules();
        let article = background.article.as_ref();
        let article = match article.filter(|_| !comment.newest.tags.is_empty()) {
            Some(article) => {
                let prepared = self
                    .articles
                    .prepared(article.hash, &article.content, &rulebook);
                Some(prepared.await)
            }
            None => None,
        };
        let mut found = findings(comment.newest.surfaces(), article.as_deref(), &rulebook);
        found.author = whose;
        let (decision, harsher) = decide_again(comment, &found, &rulebook);
        let result = if harsher { "harsher" } else { "applied" };
        metrics::counter!("banzhu_rejudged_total", "result" => result).increment(1);
        let reports = self.store.reports_on(&comment.id, HEARD_MAX).await?;
        let mut ids = self.id_source();
        let later = (decision, cause);
        let done = rejudge(comment, later, reports, &background, &rulebook, &mut ids);
        let done = done.map_err(|error| DeskError::Internal(error.to_string()))?;
        Ok(Some(done))
    }
}
