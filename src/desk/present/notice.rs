//! Notices to members about their comments and sanctions.

use crate::{
    desk::{
        base::Base,
        views::{NoticeView, SanctionView},
    },
    member::SanctionKind,
    policy::notice::{Notice, NoticeContext, SanctionNotice},
    record::{MemberRecord, Sanction},
    review::sanction_appealable_until,
    time::Timestamp,
};

/// A sanction in the form that notices take.
fn sanction_notice(sanction: &Sanction) -> SanctionNotice<'_> {
    SanctionNotice {
        kind: sanction.kind,
        until: sanction.until,
        code: sanction.code,
        reason: sanction.reason.as_deref(),
        revoked: sanction.revoked.is_some(),
    }
}

/// The gravest sanction that blocked the member's comments at `then`; it may have ended since.
pub fn blocking_sanction(member: &MemberRecord, then: Timestamp) -> Option<SanctionNotice<'_>> {
    let blocks = |sanction: &&Sanction| {
        let revoked = sanction.revoked.as_ref();
        matches!(
            sanction.kind,
            SanctionKind::Suspend | SanctionKind::Terminate
        ) && sanction.void.is_none()
            && sanction.at <= then
            && sanction.until.is_none_or(|until| then < until)
            && revoked.is_none_or(|revoked| then <= revoked.at)
    };
    let blocking = member.sanctions.iter().filter(blocks);
    blocking
        .max_by_key(|sanction| (sanction.kind, sanction.until))
        .map(sanction_notice)
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
