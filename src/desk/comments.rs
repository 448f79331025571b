//! Comments and articles: submitting, reading and withdrawing them. A comment is answered once its decision is durable.

use std::sync::{Arc, atomic::AtomicU64};

use super::{
    base::{Base, InForce},
    error::DeskError,
    idempotency::{Completion, IdempotencyRequest, Idempotent, Once, Posted},
    retried::retried,
    try_text::TryDraft,
    views::{ArticleView, CommentView, ModerationView, TryView},
};
use crate::{
    access::Caller,
    id::{ArticleId, CommentId},
    intake::{
        Mode, ModerationContext, Submission, SubmissionKind, author_signals, classify, moderate,
        store_article, withdraw,
    },
    member::FloodWatch,
    policy::Rulebook,
    record::{Article, ArticleContent, Change, Comment},
    review::Background,
    store::BackgroundQuery,
    time::Timestamp,
    topic::PreparedArticle,
};

/// Comments and articles, and trying out texts.
pub struct Comments {
    pub(super) base: Arc<Base>,
    pub(super) floods: FloodWatch,
    /// The number behind the last stored comment whose post the flood watch knows.
    pub(super) followed: AtomicU64,
}

impl Comments {
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
            .base
            .once(idempotency, |once| {
                self.try_post(caller, &submission, mode, once)
            })
            .await?;
        if let Idempotent::Fresh(view) = &result {
            metrics::counter!("banzhu_comments_total", "verdict" => view.verdict.name())
                .increment(1);
            if let Some(score) = view.score {
                metrics::histogram!("banzhu_score").record(score.as_f64());
            }
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
        match stored_comment(submission, &background, mode)? {
            Some((SubmissionKind::Repeat, stored)) => {
                self.answer_repeated(caller, submission, stored, &background, once)
                    .await
            }
            Some((_, stored)) => {
                let (rules, now) = (self.base.rules(), self.base.clock.now());
                Ok(self.base.moderation_view(stored, &background, &rules, now))
            }
            None => self.file(caller, submission, mode, background, once).await,
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
        let in_force = self.base.in_force();
        let rulebook = in_force.rulebook();
        let article = self.article_for(submission, &background, rulebook).await;
        let judged =
            self.judge_submission(caller, submission, &background, article, mode, &in_force);
        let (change, now) = judged.await?;
        let view = self.answer(&change, background, rulebook)?;
        let stored_answer = once.answer(Completion::Done, &view, now)?;
        let article = change.article().cloned();
        self.base.commit(change.remembering(stored_answer)).await?;
        // Only after the commit: an article that was not stored must not count in the statistics.
        if let Some(article) = article {
            self.base.articles.learn(&article, rulebook).await;
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
        let now = self.base.clock.now();
        if let Some(article) = submission.new_article(background.article.as_ref(), now) {
            self.store_article(caller, article).await?;
        }
        // What was read may come from a batch that is not synced yet; a read by itself waits until it is.
        let durable = self.base.store.comment(&submission.comment).await?;
        if durable.is_none_or(|durable| durable.row_version != stored.row_version) {
            return Err(DeskError::Stale);
        }
        let (rules, now) = (self.base.rules(), self.base.clock.now());
        let view = self.base.moderation_view(stored, background, &rules, now);
        self.base.remember(&once, Completion::Done, &view).await?;
        Ok(view)
    }

    async fn dry_run(
        &self,
        caller: &Caller,
        submission: Submission,
        mode: Mode,
    ) -> Result<ModerationView, DeskError> {
        let background = self.background(&submission).await?;
        let in_force = self.base.in_force();
        let rulebook = in_force.rulebook();
        let mut view = match stored_comment(&submission, &background, mode)? {
            Some((_, stored)) => {
                let now = self.base.clock.now();
                self.base
                    .moderation_view(stored, &background, rulebook, now)
            }
            None => {
                let article = self.article_for(&submission, &background, rulebook).await;
                let judged = self.judge_submission(
                    caller,
                    &submission,
                    &background,
                    article,
                    mode,
                    &in_force,
                );
                let (change, _) = judged.await?;
                self.answer(&change, background, rulebook)?
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
    async fn judge_submission(
        &self,
        caller: &Caller,
        submission: &Submission,
        background: &Background,
        article: Option<Arc<PreparedArticle>>,
        mode: Mode,
        in_force: &InForce,
    ) -> Result<(Change, Timestamp), DeskError> {
        let rulebook = in_force.rulebook();
        let findings = self
            .base
            .findings(submission.surfaces(), article.as_deref(), in_force);
        let mut findings = findings.await?;
        let mut ids = self.base.id_source();
        let rules = &rulebook.rules;
        findings.author =
            author_signals(submission, background, mode, &self.floods, rules, ids.now);
        let context = ModerationContext {
            findings: &findings,
            background,
            rulebook,
            by: &caller.actor(),
        };
        let sample_permille = self.base.settings.sample_removals_permille;
        let change = moderate(submission, context, mode, sample_permille, &mut ids);
        Ok((change, ids.now))
    }

    async fn article_for(
        &self,
        submission: &Submission,
        background: &Background,
        rulebook: &Arc<Rulebook>,
    ) -> Option<Arc<PreparedArticle>> {
        let (hash, content) = submission.judged_article(background.article.as_ref())?;
        Some(self.base.articles.prepared(hash, content, rulebook).await)
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn background(&self, submission: &Submission) -> Result<Background, DeskError> {
        let query = BackgroundQuery {
            comment: Some(&submission.comment),
            article: submission.article.as_ref(),
            member: submission.member(),
            tags: &submission.tags,
            posts_max: self.base.rules().rules.first_posts() as usize,
        };
        Ok(self.base.store.background(query).await?)
    }

    /// The answer to a submission: the comment as it will be once it is stored.
    fn answer(
        &self,
        change: &Change,
        mut background: Background,
        rulebook: &Rulebook,
    ) -> Result<ModerationView, DeskError> {
        background.update(change);
        let comment = change.comment();
        let comment = comment.ok_or_else(|| DeskError::Internal("no comment was judged".into()))?;
        let at = comment.newest.at;
        Ok(self
            .base
            .moderation_view(comment, &background, rulebook, at))
    }

    /// A comment in its current state.
    pub async fn comment(&self, id: &CommentId) -> Result<CommentView, DeskError> {
        self.base.comment_by_id(id).await
    }

    /// Withdraws a comment on behalf of its member. Idempotent.
    pub async fn withdraw(&self, caller: &Caller, id: &CommentId) -> Result<(), DeskError> {
        retried(|| self.try_withdraw(caller, id)).await
    }

    async fn try_withdraw(&self, caller: &Caller, id: &CommentId) -> Result<(), DeskError> {
        let comment = self.base.comment(id).await?;
        let case = self.base.case_if(comment.case).await?;
        let (by, now) = (caller.actor(), self.base.clock.now());
        let withdrawn = withdraw(&comment, case.as_ref(), &by, now);
        let change = withdrawn.map_err(|refused| DeskError::Internal(refused.to_string()))?;
        if let Some(change) = change {
            self.base.commit(change).await?;
        }
        Ok(())
    }

    /// Stores an article; unchanged content writes nothing.
    pub async fn put_article(
        &self,
        caller: &Caller,
        id: ArticleId,
        content: ArticleContent,
    ) -> Result<Posted<ArticleView>, DeskError> {
        let stored = self.base.store.article(&id).await?;
        let created = stored.is_none();
        if let Some(unchanged) = stored.filter(|stored| stored.content == content) {
            return Ok(Posted {
                view: unchanged.into(),
                created,
            });
        }
        let article = Article::new(id, content, self.base.clock.now());
        self.store_article(caller, article.clone()).await?;
        Ok(Posted {
            view: article.into(),
            created,
        })
    }

    /// An article as stored.
    pub async fn article(&self, id: &ArticleId) -> Result<ArticleView, DeskError> {
        self.base
            .store
            .article(id)
            .await?
            .map(ArticleView::from)
            .ok_or(DeskError::NotFound)
    }

    /// Commits an article with its audit entry. The last content received wins.
    pub(super) async fn store_article(
        &self,
        caller: &Caller,
        article: Article,
    ) -> Result<(), DeskError> {
        let change = store_article(article.clone(), &caller.actor());
        self.base.commit(change).await?;
        self.base.articles.learn(&article, &self.base.rules()).await;
        Ok(())
    }

    /// Judges a text with what is in force and explains the decision. Nothing is stored.
    pub async fn try_text(&self, draft: TryDraft) -> Result<TryView, DeskError> {
        self.base.try_text(draft).await
    }
}

/// The stored comment that answers a submission: a repeated one, or one that adds nothing to what is known. `None` if the
/// submission has to be judged.
fn stored_comment<'b>(
    submission: &Submission,
    background: &'b Background,
    mode: Mode,
) -> Result<Option<(SubmissionKind, &'b Comment)>, DeskError> {
    let stored = background.comment.as_ref();
    match classify(submission, stored, mode) {
        SubmissionKind::Conflict => Err(DeskError::CommentConflict),
        SubmissionKind::Withdrawn => Err(DeskError::CommentWithdrawn),
        kind @ (SubmissionKind::Repeat | SubmissionKind::Known) => {
            Ok(stored.map(|stored| (kind, stored)))
        }
        SubmissionKind::New | SubmissionKind::Edit | SubmissionKind::Replaces => Ok(None),
    }
}
