//! Submitting a comment: it is judged, and answered once the decision is durable.

use std::{cell::RefCell, sync::Arc};

use super::{
    Desk, DeskError, IdempotencyRequest, Idempotent,
    idempotency::{Completion, Once},
    views::ModerationView,
};
use crate::{
    access::Caller,
    intake::{Filing, Mode, Submission, SubmissionKind, classify, moderate},
    lexicon::Scratch,
    member::PostEvent,
    policy::{AuthorSignals, Findings, Rulebook},
    record::{Article, Comment},
    review::{Background, sample_of_removal},
    store::BackgroundQuery,
    text::SurfaceTexts,
    time::Timestamp,
    topic::PreparedArticle,
};

thread_local! {
    /// Buffers that a worker thread reuses, so that judging a comment allocates little.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// What was stored, and whether it is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted<T> {
    /// The view of what is stored now.
    pub view: T,
    /// Whether this request created it.
    pub created: bool,
}

/// Finds everything the rulebook looks for in these surfaces.
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
    /// Judges a comment, stores it, and answers once it is on disk.
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
        let result = self
            .once(idempotency, |once| {
                self.try_post(caller, &submission, mode, once)
            })
            .await?;
        if let Idempotent::Fresh(view) = &result {
            metrics::counter!("banzhu_comments_total", "verdict" => view.verdict.name())
                .increment(1);
        }
        Ok(result)
    }

    async fn try_post(
        &self,
        caller: &Caller,
        submission: &Submission,
        mode: Mode,
        once: Once<'_>,
    ) -> Result<ModerationView, DeskError> {
        let background = self.background(submission).await?;
        let kind = classify(submission, background.comment.as_ref(), mode);
        match (kind, &background.comment) {
            (SubmissionKind::Conflict, _) => Err(DeskError::CommentConflict),
            (SubmissionKind::Withdrawn, _) => Err(DeskError::CommentWithdrawn),
            (SubmissionKind::Repeat, Some(stored)) => {
                self.answer_repeated(caller, submission, stored, &background, once)
                    .await
            }
            (SubmissionKind::Known, Some(stored)) => {
                let now = self.clock.now();
                let state = self.comment_state(stored, &background, &self.rules(), now);
                Ok(state.moderation_view(stored))
            }
            (
                SubmissionKind::Repeat
                | SubmissionKind::New
                | SubmissionKind::Edit
                | SubmissionKind::Replaces
                | SubmissionKind::Known,
                _,
            ) => self.file(caller, submission, mode, background, once).await,
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
        let (filing, now) =
            self.judge_submission(caller, submission, &background, article, mode, &rulebook);
        let view = self.answer(&filing, background, &rulebook);
        let stored_answer = once.answer(Completion::Done, &view, now)?;
        let article = filing.article().cloned();
        let sample = sample_of_removal(
            filing.comment(),
            !filing.cases().is_empty(),
            self.settings.sample_removals_permille,
        );
        self.store
            .commit(filing.into_change(sample).remembering(stored_answer))
            .await?;
        if let Some(article) = article {
            self.articles.learn(&article, &rulebook).await;
        }
        Ok(view)
    }

    /// A repeated submission: answered with the stored comment in its current state. Only a changed article is written.
    async fn answer_repeated(
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
        // What was read may come from a batch that is not synced yet; a read by itself waits until it is.
        let durable = self.store.comment(&submission.comment).await?;
        if durable.is_none_or(|durable| durable.row_version != stored.row_version) {
            return Err(DeskError::Stale);
        }
        let state = self.comment_state(stored, background, &self.rules(), self.clock.now());
        let view = state.moderation_view(stored);
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
                .comment_state(stored, &background, &rulebook, self.clock.now())
                .moderation_view(stored),
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
        let mut findings = findings(submission.surfaces(), article.as_deref(), rulebook);
        let mut ids = self.id_source();
        findings.author = self.author_signals(submission, background, mode, rulebook, ids.now);
        let filing = moderate(
            submission,
            &findings,
            background,
            rulebook,
            mode,
            &caller.actor(),
            &mut ids,
        );
        (filing, ids.now)
    }

    /// The signals about the author. Imported old comments (backfill) say nothing about how somebody posts now. Dry runs and
    /// provisional comments, which a reporter sent, leave no trace in the flood counts; nor does a reporter's word verify a
    /// member.
    fn author_signals(
        &self,
        submission: &Submission,
        background: &Background,
        mode: Mode,
        rulebook: &Rulebook,
        now: Timestamp,
    ) -> AuthorSignals {
        let claimed = submission.verified().filter(|_| !mode.provisional);
        let verified = background.verified(claimed);
        let Some(member) = submission.member().filter(|_| !mode.backfill) else {
            return AuthorSignals {
                verified,
                ..AuthorSignals::default()
            };
        };
        let event = PostEvent {
            comment: submission.comment.as_str(),
            member: member.as_str(),
            body: submission.body.as_deref(),
            at: submission.posted_at.map_or(now, |posted| posted.min(now)),
        };
        let rules = rulebook.rules.flood();
        let flood = if mode.dry_run || mode.provisional {
            self.floods.look(&event, rules)
        } else {
            self.floods.see(&event, rules)
        };
        AuthorSignals {
            verified,
            standing: background.member_standing(now),
            is_new: background.posts < rulebook.rules.first_posts() as usize,
            floods: flood.any(),
        }
    }

    /// The article against which tags are judged: the submitted one, else the stored one. Without tags none is needed.
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
            (Some(submitted), Some(stored)) if stored.content == *submitted => {
                (stored.hash, submitted)
            }
            (Some(submitted), _) => (submitted.hash(), submitted),
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

    /// The answer to a filing: the comment as it will be once it is stored.
    fn answer(
        &self,
        filing: &Filing,
        mut background: Background,
        rulebook: &Rulebook,
    ) -> ModerationView {
        for changed in filing.subjects() {
            let records = background
                .nickname_record
                .iter_mut()
                .chain(&mut background.tags);
            records
                .filter(|record| record.subject == changed.subject)
                .for_each(|record| *record = changed.clone());
        }
        let comment = filing.comment();
        self.comment_state(comment, &background, rulebook, comment.newest.at)
            .moderation_view(comment)
    }
}
