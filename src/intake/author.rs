//! What is known about who wrote a submission, in the form that the rules take.

use super::{Mode, Submission};
use crate::{
    member::{FloodWatch, PostEvent},
    policy::{AuthorSignals, Rules},
    review::Background,
    time::Timestamp,
};

/// The signals about the author. Imported history says nothing about how somebody posts now. Dry runs, and comments that came
/// along with a report, leave no trace in the flood counts; nor does a reporter's word verify a member.
pub fn author_signals(
    submission: &Submission,
    background: &Background,
    mode: Mode,
    floods: &FloodWatch,
    rules: &Rules,
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
    let flood = if mode.dry_run || mode.provisional {
        floods.look(&event, rules.flood())
    } else {
        floods.see(&event, rules.flood())
    };
    AuthorSignals {
        verified,
        standing: background.member_standing(now),
        is_new: background.posts < rules.first_posts() as usize,
        floods: flood.any(),
    }
}
