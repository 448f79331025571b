//! Notices to members about their comments and sanctions.

use crate::{
    desk::{
        base::Base,
        views::{NoticeView, SanctionView},
    },
    policy::notice::{Notice, NoticeContext, SanctionNotice},
    record::Sanction,
    review::sanction_appealable_until,
    time::Timestamp,
};

/// A sanction in the form that notices take.
pub fn sanction_notice(sanction: &Sanction) -> SanctionNotice<'_> {
    SanctionNotice {
        kind: sanction.kind,
        until: sanction.until,
        code: sanction.code,
        reason: sanction.reason.as_deref(),
        revoked: sanction.revoked.is_some(),
    }
}

impl Base {
    /// What a statement needs to say until when one can appeal.
    pub fn notice_context(&self, appeal_until: Option<Timestamp>) -> NoticeContext<'_> {
        NoticeContext {
            appeal_until,
            time_zone: &self.settings.time_zone,
        }
    }

    /// Until when a sanction can be appealed.
    pub fn sanction_appealable_until(&self, sanction: &Sanction) -> Option<Timestamp> {
        sanction_appealable_until(sanction, self.settings.appeal_ms, self.clock.now())
    }

    /// A sanction with its notice to the member.
    pub fn sanction_view(&self, sanction: &Sanction) -> SanctionView {
        let until = self.sanction_appealable_until(sanction);
        SanctionView {
            notice: Some(self.sanction_notice(sanction, until, &Notice::default())),
            ..SanctionView::from(sanction)
        }
    }

    /// The notice of a sanction. It leaves out what `before` has already said.
    pub fn sanction_notice(
        &self,
        sanction: &Sanction,
        appeal_until: Option<Timestamp>,
        before: &Notice,
    ) -> NoticeView {
        let context = self.notice_context(appeal_until);
        let notices = &self.rules().notices;
        NoticeView::from(notices.of_sanction_after(before, &sanction_notice(sanction), &context))
    }
}
