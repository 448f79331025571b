//! A comment in, a durable decision out.

use std::{cell::RefCell, sync::Arc};

use super::{
    Desk, DeskError, IdempotencyRequest, Idempotent,
    idempotency::{Completion, Once},
    views::ModerationView,
};
use crate::{
    access::Caller,
    intake::{Background, Filing, Mode, Submission, SubmissionKind, classify, moderate},
    lexicon::Scratch,
    member::PostEvent,
    policy::{AuthorSignals, Findings, Rulebook},
    record::{Article, Comment},
    store::{BackgroundQuery, Commit},
    text::SurfaceTexts,
    time::Timestamp,
    topic::PreparedArticle,
};

thread_local! {
    /// Each worker's own work space: a comment allocates little on its way through.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// A thing that was put, and whether it is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted<T> {
    /// The thing.
    pub view: T,
    /// It was not there before.
    pub created: bool,
}

/// Looks for everything in all surfaces.
pub(super) fn findings(
    surfaces: SurfaceTexts<'_>,
    article: Option<&PreparedArticle>,
    rulebook: &Rulebook,
) -> Findings {
    SCRATCH.with(|scratch| match scratch.try_borrow_mut() {
        Ok(mut scratch) => Findings::of(surfaces, article, rulebook, &mut scratch),
        Err(_) => Findings::of(surfaces, article, rulebook, &mut Scratch::default()),
    })
}

impl Desk {
    /// Judges a comment, files it, and answers when that is on disk.
    pub async fn post(
        &self,
        caller: &Caller,
        submission: Submission,
        mode: Mode,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<ModerationView>, DeskError> {
        if mode.dry_run {
            let view = self.dry_run(caller, submission, mode).await?;
            return Ok(Idempotent::Fresh(view));
        }
        let done = self
            .once(idempotency, |once| {
                self.try_post(caller, &submission, mode, once)
            })
            .await?;
        if let Idempotent::Fresh(view) = &done {
            metrics::counter!("banzhu_comments_total", "verdict" => view.verdict.name())
                .increment(1);
        }
        Ok(done)
    }

    async fn try_post(
        &self,
        caller: &Caller,
        submission: &Submission,
        mode: Mode,
        once: Once<'_>,
    ) -> Result<ModerationView, DeskError> {
        let background = self.background(submission).await?;
        match (
            classify(submission, background.comment.as_ref(), mode),
            &background.comment,
        ) {
            (SubmissionKind::Conflict, _) => Err(DeskError::CommentConflict),
            (SubmissionKind::Withdrawn, _) => Err(DeskError::CommentWithdrawn),
            (SubmissionKind::Repeat, Some(stored)) => {
                self.repeat(caller, submission, stored, &background, once)
                    .await
            }
            (SubmissionKind::Known, Some(stored)) => {
                let now = self.clock.now();
                let present = self.present(stored, &background, &self.rules(), now);
                Ok(present.answer(stored))
            }
            (
                SubmissionKind::Repeat
                | SubmissionKind::New
                | SubmissionKind::Edit
                | SubmissionKind::Replaces
                | SubmissionKind::Known,
                _,
            ) => {
                self.file(caller, submission, mode, background.clone(), once)
                    .await
            }
        }
    }

    async fn file(
        &self,
        caller: &Caller,
        submission: &Submission,
        mode: Mode,
        background: Background,
        once: Once<'_>,
    ) -> Result<ModerationView, DeskError> {
        let rulebook = self.rules();
        let article = self.article_for(submission, &background, &rulebook).await;
        let judged =
            self.judge_submission(caller, submission, &background, article, mode, &rulebook);
        let (filing, now) = judged;
        let view = self.answer(&filing, background, &rulebook);
        let kept = once.answer(Completion::Done, &view, now)?;
        let article = filing.article().cloned();
        let sample = self.sample_of_removal(filing.comment(), !filing.cases().is_empty());
        self.store
            .commit(Commit::File(filing, sample, kept))
            .await?;
        if let Some(article) = article {
            self.articles.learn(&article, &rulebook).await;
        }
        Ok(view)
    }

    /// The same again: what is stored, as it stands now. Only a changed article is written.
    async fn repeat(
        &self,
        caller: &Caller,
        submission: &Submission,
        stored: &Comment,
        background: &Background,
        once: Once<'_>,
    ) -> Result<ModerationView, DeskError> {
        if let (Some(id), Some(content)) = (&submission.article, &submission.article_content)
            && background
                .article
                .as_ref()
                .is_none_or(|article| article.content != *content)
        {
            self.store_article(
                caller,
                Article::new(id.clone(), content.clone(), self.clock.now()),
            )
            .await?;
        }
        // What was read may be on its way to disk; read by itself, it has arrived.
        let arrived = self.store.comment(&submission.comment).await?;
        if arrived.is_none_or(|arrived| arrived.row_version != stored.row_version) {
            return Err(DeskError::Stale);
        }
        let present = self.present(stored, background, &self.rules(), self.clock.now());
        let view = present.answer(stored);
        self.remember(&once, Completion::Done, &view).await?;
        Ok(view)
    }

    async fn dry_run(
        &self,
        caller: &Caller,
        submission: Submission,
        mode: Mode,
    ) -> Result<ModerationView, DeskError> {
        let background = self.background(&submission).await?;
        let rulebook = self.rules();
        let mut view = match (
            classify(&submission, background.comment.as_ref(), mode),
            &background.comment,
        ) {
            (SubmissionKind::Conflict, _) => return Err(DeskError::CommentConflict),
            (SubmissionKind::Withdrawn, _) => return Err(DeskError::CommentWithdrawn),
            (SubmissionKind::Repeat | SubmissionKind::Known, Some(stored)) => self
                .present(stored, &background, &rulebook, self.clock.now())
                .answer(stored),
            (
                SubmissionKind::Repeat
                | SubmissionKind::New
                | SubmissionKind::Edit
                | SubmissionKind::Replaces
                | SubmissionKind::Known,
                _,
            ) => {
                let article = self.article_for(&submission, &background, &rulebook).await;
                let judged = self.judge_submission(
                    caller,
                    &submission,
                    &background,
                    article,
                    mode,
                    &rulebook,
                );
                let (filing, _) = judged;
                self.answer(&filing, background, &rulebook)
            }
        };
        (view.id, view.case_id) = (None, None);
        view.surfaces
            .tags
            .iter_mut()
            .flatten()
            .for_each(|tag| tag.case_id = None);
        Ok(view)
    }

    #[tracing::instrument(level = "debug", skip_all)]
    fn judge_submission(
        &self,
        caller: &Caller,
        submission: &Submission,
        background: &Background,
        article: Option<Arc<PreparedArticle>>,
        mode: Mode,
        rulebook: &Rulebook,
    ) -> (Filing, Timestamp) {
        let mut found = findings(submission.surfaces(), article.as_deref(), rulebook);
        let mut ids = self.id_source();
        found.author = self.author_signals(submission, background, mode, rulebook, ids.now);
        let filing = moderate(
            submission.clone(),
            &found,
            background,
            rulebook,
            mode,
            &caller.actor(),
            &mut ids,
        );
        (filing, ids.now)
    }

    /// What is known of who wrote it. Of history only the board's word counts; a dry run leaves no trace, nor does what
    /// came along with a report, whose word for the member counts nothing.
    fn author_signals(
        &self,
        submission: &Submission,
        background: &Background,
        mode: Mode,
        rulebook: &Rulebook,
        now: Timestamp,
    ) -> AuthorSignals {
        let said = submission.verified().filter(|_| !mode.provisional);
        let verified = background.verified(said);
        let Some(member) = submission.member().filter(|_| !mode.backfill) else {
            return AuthorSignals {
                verified,
                ..AuthorSignals::default()
            };
        };
        let sighting = PostEvent {
            comment: submission.comment.as_str(),
            member: member.as_str(),
            body: submission.body.as_deref(),
            at: submission.posted_at.map_or(now, |posted| posted.min(now)),
        };
        let rules = rulebook.rules.flood();
        let flood = if mode.dry_run || mode.provisional {
            self.floods.look(&sighting, rules)
        } else {
            self.floods.see(&sighting, rules)
        };
        AuthorSignals {
            verified,
            standing: background.member_standing(now),
            is_new: background.posts < rulebook.rules.first_posts() as usize,
            floods: flood.any(),
        }
    }

    /// The article to judge tags by: the one that came along, else the stored one. Without tags none is needed.
    async fn article_for(
        &self,
        submission: &Submission,
        background: &Background,
        rulebook: &Arc<Rulebook>,
    ) -> Option<Arc<PreparedArticle>> {
        if submission.tags.is_empty() {
            return None;
        }
        let stored = background.article.as_ref();
        let (hash, content) = match (&submission.article_content, stored) {
            (Some(given), Some(stored)) if stored.content == *given => (stored.hash, given),
            (Some(given), _) => (given.hash(), given),
            (None, Some(stored)) => (stored.hash, &stored.content),
            (None, None) => return None,
        };
        Some(self.articles.prepared(hash, content, rulebook).await)
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn background(&self, submission: &Submission) -> Result<Background, DeskError> {
        let query = BackgroundQuery {
            comment: Some(&submission.comment),
            article: submission.article.as_ref(),
            member: submission.member(),
            tags: &submission.tags,
            posts_max: self.rules().rules.first_posts() as usize,
        };
        Ok(self.store.background(query).await?)
    }

    /// What is answered about a filing: the comment as it will stand once it is stored.
    fn answer(
        &self,
        filing: &Filing,
        mut background: Background,
        rulebook: &Rulebook,
    ) -> ModerationView {
        for changed in filing.subjects() {
            let known = background
                .nickname_record
                .iter_mut()
                .chain(&mut background.tags);
            known
                .filter(|record| record.subject == changed.subject)
                .for_each(|record| *record = changed.clone());
        }
        let comment = filing.comment();
        self.present(comment, &background, rulebook, comment.newest.at)
            .answer(comment)
    }
}
