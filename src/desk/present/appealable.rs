//! What can be appealed, and until when.

use crate::{
    desk::{base::Base, error::DeskError},
    member::SanctionKind,
    record::{Comment, Sanction},
    review::{AppealTarget, Background, CaseContext, appeal_target},
    time::Timestamp,
};

impl Base {
    /// Checks that a decision can be appealed: once each, in time, and not while the case has another open appeal, whose ruling
    /// will answer both.
    pub fn check_appealable(
        &self,
        context: CaseContext<'_>,
        target: &AppealTarget,
        now: Timestamp,
    ) -> Result<(), DeskError> {
        let (comment, cases) = (context.comment, &context.background.cases);
        let is_pending = cases
            .iter()
            .any(|case| case.subject == target.subject && case.appeal.is_some());
        let was_appealed = comment
            .appeals
            .iter()
            .any(|(contested, _)| *contested == target.appealed);
        if was_appealed || is_pending || target.is_final {
            return Err(DeskError::AlreadyAppealed);
        }
        if now > target.removed_at.plus_ms(self.settings.appeal_ms) {
            return Err(DeskError::AppealTooLate);
        }
        Ok(())
    }

    /// Until when the author can appeal; `None` if they cannot, or no longer.
    pub fn appealable_until(
        &self,
        comment: &Comment,
        background: &Background,
    ) -> Option<Timestamp> {
        let context = CaseContext {
            comment,
            background,
        };
        let has_no_author = comment.withdrawn_at.is_some()
            || comment.purged_at.is_some()
            || comment.member.is_none();
        let target = appeal_target(context).filter(|_| !has_no_author)?;
        self.check_appealable(context, &target, self.clock.now())
            .ok()?;
        Some(target.removed_at.plus_ms(self.settings.appeal_ms))
    }

    /// Until when a sanction can be appealed. The case it belongs to may still have another appeal pending, which is
    /// checked when the appeal is filed.
    pub fn sanction_appealable_until(
        &self,
        sanction: &Sanction,
        now: Timestamp,
    ) -> Option<Timestamp> {
        self.check_sanction_appealable(sanction, now).ok()?;
        Some(sanction.at.plus_ms(self.settings.appeal_ms))
    }

    pub fn check_sanction_appealable(
        &self,
        sanction: &Sanction,
        now: Timestamp,
    ) -> Result<(), DeskError> {
        if sanction.appeal.is_some() {
            return Err(DeskError::AlreadyAppealed);
        }
        // A warning has no duration and is never live; it can be appealed all the same.
        if !sanction.is_live(now) && sanction.kind != SanctionKind::Warn
            || sanction.revoked.is_some()
        {
            return Err(DeskError::NothingToAppeal);
        }
        if now > sanction.at.plus_ms(self.settings.appeal_ms) {
            return Err(DeskError::AppealTooLate);
        }
        Ok(())
    }
}
