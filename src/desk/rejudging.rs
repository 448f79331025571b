//! Judging stored comments again by today's rulebook, at an admin's word: a dry run says what would change and keeps that as a
//! preview, and the work that names the preview does just this. What passes now is restored, audited, told to the board.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    base::{Base, InForce},
    error::DeskError,
    idempotency::{Completion, IdempotencyRequest, Idempotent},
    off_workers::run_off_workers,
    search::CommentQuery,
    views::{CommentView, RejudgePreviewView, RejudgeSampleView, RejudgeView},
};
use crate::{
    access::Caller,
    id::RejudgeId,
    record::{
        Comment, Decision, EXCERPT_CHARS_MAX, REJUDGE_JOBS_MAX, ReasonCode, RejudgeCause,
        RejudgeCounts, RejudgeJob, RejudgeState, Subject, Verdict,
    },
    review::{
        EffectiveDecision, Reassessment, begin_rejudging, effective_verdict, rejudge_previewed,
        rejudging_step, stop_rejudging,
    },
};

/// How many comments one dry run judges, and for how long.
const JUDGED_MAX: usize = 2_000;
const TIME_MAX: Duration = Duration::from_secs(8);
/// How many comments are searched for at a time.
const PAGE: usize = 200;
/// How many of the comments that would change are shown.
const SAMPLES_MAX: usize = 20;
/// How many comments a step of the work looks at before it commits how far it has come.
const STEP_MAX: usize = 100;

/// Judging again.
pub struct Rejudging {
    pub(super) base: Arc<Base>,
}

/// What a dry run has found so far.
#[derive(Default)]
struct Found {
    counts: RejudgeCounts,
    comments: Vec<u64>,
    samples: Vec<RejudgeSampleView>,
    next_cursor: Option<String>,
}

impl Rejudging {
    /// Judges the comments that are searched for by what is in force now, and keeps what that would change. Without a filter by
    /// verdict these are comments that are removed or flagged.
    pub async fn preview(
        &self,
        caller: &Caller,
        query: CommentQuery,
    ) -> Result<RejudgePreviewView, DeskError> {
        let verdict = query.verdict.clone().filter(|raw| !raw.is_empty());
        let query = CommentQuery {
            verdict: verdict.or_else(|| Some("remove,flag".to_owned())),
            limit: Some(PAGE.to_string()),
            ..query
        };
        query.parse()?;
        let (base, in_force) = (Arc::clone(&self.base), self.base.in_force());
        let judged_by = Arc::clone(&in_force);
        let mut found =
            run_off_workers(async move { found(&base, query, &judged_by).await }).await??;
        found.comments.sort_unstable();
        let mut ids = self.base.id_source();
        let job = RejudgeJob {
            id: RejudgeId(ids.id()),
            state: RejudgeState::Previewed,
            by: caller.actor(),
            at: ids.now,
            rulebook: in_force.rulebook().version,
            model: in_force.scoring_model(),
            counts: found.counts,
            comments: found.comments,
            done: 0,
            changed: 0,
            begun_at: None,
            ended_at: None,
            row_version: 1,
        };
        let view = RejudgeView::from(&job);
        let dropped = self.dropped().await?;
        self.base.commit(rejudge_previewed(job, dropped)).await?;
        Ok(RejudgePreviewView {
            job: view,
            samples: found.samples,
            next_cursor: found.next_cursor,
        })
    }

    /// Those that are kept no longer once there is one more. Work that goes on is kept.
    async fn dropped(&self) -> Result<Vec<RejudgeId>, DeskError> {
        let jobs = self.base.store.rejudge_jobs().await?;
        let too_many = (jobs.len() + 1).saturating_sub(REJUDGE_JOBS_MAX);
        let idle = jobs.iter().filter(|job| job.state != RejudgeState::Running);
        Ok(idle.take(too_many).map(|job| job.id).collect())
    }

    /// Begins the work of a preview. One that was begun before is answered as it is.
    pub async fn begin(
        &self,
        caller: &Caller,
        id: RejudgeId,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<RejudgePreviewView>, DeskError> {
        self.base
            .once(idempotency, |once| async move {
                let job = self.job(id).await?;
                let now = self.base.clock.now();
                let begun = begin_rejudging(&job, &caller.actor(), now);
                let Some((begun, change)) = begun else {
                    let view = RejudgePreviewView::from(&job);
                    self.base.remember(&once, Completion::Done, &view).await?;
                    return Ok(view);
                };
                if !is_judged_by(&job, &self.base.in_force()) {
                    return Err(DeskError::PreviewOutdated);
                }
                let view = RejudgePreviewView::from(&begun);
                let answer = once.answer(Completion::Done, &view, now)?;
                self.base.commit(change.remembering(answer)).await?;
                Ok(view)
            })
            .await
    }

    /// How far a work has come.
    pub async fn progress(&self, id: RejudgeId) -> Result<RejudgeView, DeskError> {
        Ok(RejudgeView::from(&self.job(id).await?))
    }

    /// Previews and works, the newest first.
    pub async fn all(&self) -> Result<Vec<RejudgeView>, DeskError> {
        let jobs = self.base.store.rejudge_jobs().await?;
        Ok(jobs.iter().rev().map(RejudgeView::from).collect())
    }

    async fn job(&self, id: RejudgeId) -> Result<RejudgeJob, DeskError> {
        let job = self.base.store.rejudge_job(id).await?;
        job.ok_or(DeskError::NotFound)
    }
}

/// Whether what is in force is what judged the preview.
fn is_judged_by(job: &RejudgeJob, in_force: &InForce) -> bool {
    (job.rulebook, job.model) == (in_force.rulebook().version, in_force.scoring_model())
}

/// What judging the comments that are searched for would change.
async fn found(
    base: &Arc<Base>,
    query: CommentQuery,
    in_force: &InForce,
) -> Result<Found, DeskError> {
    let (mut found, until) = (Found::default(), Instant::now() + TIME_MAX);
    let mut query = query;
    loop {
        let page = base.search_comments(&query).await?;
        for view in &page.items {
            found.judge(base, view, in_force).await?;
        }
        query.cursor = page.next_cursor;
        let is_over = found.counts.judged as usize >= JUDGED_MAX || Instant::now() >= until;
        if query.cursor.is_none() || is_over {
            found.next_cursor = query.cursor;
            return Ok(found);
        }
    }
}

impl Found {
    async fn judge(
        &mut self,
        base: &Base,
        view: &CommentView,
        in_force: &InForce,
    ) -> Result<(), DeskError> {
        let subject = Subject::Comment(view.comment_id.clone());
        let found = base.store.comments_under(&subject, 0, 1).await?;
        let Some((number, comment)) = found.into_iter().next() else {
            return Ok(());
        };
        self.counts.judged += 1;
        let background = base.background_of(&comment).await?;
        match base.reassessed(&comment, &background, in_force).await? {
            Some(Reassessment::Milder(decision)) => {
                let before = background.effective(&comment);
                let after = effective_verdict(&decision, &background.rulings_on(&comment));
                if before != after {
                    self.comments.push(number);
                    self.count(before.verdict, after.verdict);
                    self.show(&comment, &decision, &before, &after);
                }
            }
            Some(Reassessment::Harsher) => self.counts.harsher += 1,
            Some(Reassessment::Same) | None => {}
        }
        Ok(())
    }

    const fn count(&mut self, before: Verdict, after: Verdict) {
        let counts = &mut self.counts;
        match (before, after) {
            (Verdict::Remove, Verdict::Allow) => counts.restored += 1,
            (Verdict::Remove, Verdict::Flag) => counts.flagged += 1,
            (Verdict::Flag, Verdict::Allow) => counts.cleared += 1,
            _ => counts.tags += 1,
        }
    }

    fn show(
        &mut self,
        comment: &Comment,
        decision: &Decision,
        before: &EffectiveDecision,
        after: &EffectiveDecision,
    ) {
        if self.samples.len() == SAMPLES_MAX {
            return;
        }
        let counts = |decision: &Decision| -> Vec<ReasonCode> {
            let reasons = decision.reasons.iter();
            let counting = reasons.filter(|reason| reason.verdict > Verdict::Allow);
            counting.map(|reason| reason.code).collect()
        };
        let (mut codes, now) = (counts(comment.decision()), counts(decision));
        codes.retain(|code| !now.contains(code));
        codes.sort_unstable();
        codes.dedup();
        let body = comment.newest.body.as_deref().unwrap_or("");
        self.samples.push(RejudgeSampleView {
            comment_id: comment.id.clone(),
            member_id: comment.member.clone(),
            text: body.chars().take(EXCERPT_CHARS_MAX).collect(),
            from: before.verdict,
            to: after.verdict,
            codes,
        });
    }
}

impl Base {
    /// Does one step of the oldest work that was begun. Returns whether there may be more.
    pub(super) async fn rejudging_next(&self) -> Result<bool, DeskError> {
        let jobs = self.store.rejudge_jobs().await?;
        let running = jobs.iter().find(|job| job.state == RejudgeState::Running);
        let Some(job) = running else {
            return Ok(false);
        };
        let (in_force, now) = (self.in_force(), self.clock.now());
        if !is_judged_by(job, &in_force) {
            self.commit(stop_rejudging(job, now)).await?;
            return Ok(true);
        }
        let left = job.comments.iter().skip(job.done as usize);
        let next: Vec<u64> = left.take(STEP_MAX).copied().collect();
        let mut looked_at = 0;
        for number in next {
            looked_at += 1;
            let found = self.store.comments_numbered(&[number]).await?;
            let Some((_, comment)) = found.into_iter().next() else {
                continue;
            };
            let cause = RejudgeCause::Rulebook(job.id);
            if let Some(change) = self.restored(&comment, cause, &in_force).await? {
                let step = rejudging_step(job, looked_at, Some(change), now);
                self.commit(step).await?;
                return Ok(true);
            }
        }
        self.commit(rejudging_step(job, looked_at, None, now))
            .await?;
        Ok(true)
    }
}
