//! Judging stored comments again by today's rulebook: a preview is stored, an admin begins the work that it names, and each step of
//! that commits the comments with how far it has come.

use crate::{
    id::RejudgeId,
    record::{
        Actor, AuditAction, AuditDraft, AuditSubject, Change, ChangeBuilder, Precondition,
        RejudgeJob, RejudgeState, Write,
    },
    time::Timestamp,
};

/// Stores a preview; of the older ones these are kept no longer.
pub fn rejudge_previewed(job: RejudgeJob, dropped: Vec<RejudgeId>) -> Change {
    ChangeBuilder::new()
        .require([Precondition::RejudgeJob(job.id, 0)])
        .write([Write::RejudgeJob(job)])
        .write(dropped.into_iter().map(Write::DeleteRejudgeJob))
        .build()
}

/// Begins the work of a preview; `None` if it was begun before.
pub fn begin_rejudging(
    job: &RejudgeJob,
    by: &Actor,
    now: Timestamp,
) -> Option<(RejudgeJob, Change)> {
    if job.state != RejudgeState::Previewed {
        return None;
    }
    let begun = RejudgeJob {
        begun_at: Some(now),
        ..next(job, RejudgeState::Running)
    };
    let audit = audit(AuditAction::RejudgeBegun, by, now).to(format!(
        "{}, {} comments",
        job.id,
        job.comments.len()
    ));
    let change = written(job, &begun, ChangeBuilder::new()).audit([audit]);
    Some((begun.clone(), change.build()))
}

/// A step of the work: `looked_at` comments more, of which one was judged again at most.
pub fn rejudging_step(
    job: &RejudgeJob,
    looked_at: u32,
    rejudged: Option<Change>,
    now: Timestamp,
) -> Change {
    let done = job.done.saturating_add(looked_at);
    let is_last = done as usize >= job.comments.len();
    let state = if is_last {
        RejudgeState::Done
    } else {
        RejudgeState::Running
    };
    let after = RejudgeJob {
        done,
        changed: job.changed + u32::from(rejudged.is_some()),
        ended_at: is_last.then_some(now),
        ..next(job, state)
    };
    let ended = is_last.then(|| ended(&after, now));
    let change = ChangeBuilder::from_change(rejudged.unwrap_or_default());
    written(job, &after, change).audit(ended).build()
}

/// Ends the work early: another rulebook or model decides by now, and nobody has seen what that would change.
pub fn stop_rejudging(job: &RejudgeJob, now: Timestamp) -> Change {
    let after = RejudgeJob {
        ended_at: Some(now),
        ..next(job, RejudgeState::Stopped)
    };
    let audit = ended(&after, now);
    written(job, &after, ChangeBuilder::new())
        .audit([audit])
        .build()
}

fn next(job: &RejudgeJob, state: RejudgeState) -> RejudgeJob {
    RejudgeJob {
        state,
        row_version: job.row_version + 1,
        ..job.clone()
    }
}

fn written(before: &RejudgeJob, after: &RejudgeJob, change: ChangeBuilder) -> ChangeBuilder {
    change
        .require([Precondition::RejudgeJob(before.id, before.row_version)])
        .write([Write::RejudgeJob(after.clone())])
}

fn ended(job: &RejudgeJob, now: Timestamp) -> AuditDraft {
    let how = match job.state {
        RejudgeState::Stopped => "stopped",
        RejudgeState::Previewed | RejudgeState::Running | RejudgeState::Done => "done",
    };
    audit(AuditAction::RejudgeEnded, &Actor::System, now)
        .to(format!("{}, {how}, {} changed", job.id, job.changed))
}

fn audit(action: AuditAction, by: &Actor, now: Timestamp) -> AuditDraft {
    AuditDraft::new(now, by, action, AuditSubject::Comments)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::record::{RejudgeCounts, RulebookVersion, examples::NOW};

    fn job(comments: Vec<u64>) -> RejudgeJob {
        RejudgeJob {
            id: RejudgeId(ulid::Ulid(7)),
            state: RejudgeState::Previewed,
            by: Actor::System,
            at: NOW,
            rulebook: RulebookVersion::default(),
            model: None,
            counts: RejudgeCounts::default(),
            comments,
            done: 0,
            changed: 0,
            begun_at: None,
            ended_at: None,
            row_version: 1,
        }
    }

    fn written(change: Change) -> RejudgeJob {
        let mut writes = change.into_parts().writes.into_iter();
        let job = writes.find_map(|write| match write {
            Write::RejudgeJob(job) => Some(job),
            _ => None,
        });
        job.unwrap()
    }

    #[test]
    fn work_is_begun_once_and_ends_with_its_last_comment() {
        let (begun, _) = begin_rejudging(&job(vec![1, 2, 3]), &Actor::System, NOW).unwrap();
        assert!(begin_rejudging(&begun, &Actor::System, NOW).is_none());
        let once = written(rejudging_step(&begun, 2, Some(Change::default()), NOW));
        assert_eq!(
            (once.state, once.done, once.changed),
            (RejudgeState::Running, 2, 1)
        );
        let last = written(rejudging_step(&once, 1, None, NOW));
        assert_eq!(
            (last.state, last.done, last.changed),
            (RejudgeState::Done, 3, 1)
        );
        assert_eq!(last.row_version, 4);
        assert!(last.ended_at.is_some());
    }
}
