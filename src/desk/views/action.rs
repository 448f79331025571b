//! What a caller may do with a case, and why not; and what the member would be told of each decision.

use serde::Serialize;
use utoipa::ToSchema;

use super::{member::SanctionChoice, moderation::NoticeView};
use crate::{
    record::{Actor, Claim, ReasonCode, RulingDecision},
    review::NoProposal,
    time::Timestamp,
};

/// What can be done with a case and what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub enum CaseAction {
    Claim,
    TakeOver,
    Release,
    Skip,
    Note,
    Approve,
    Remove,
    RemoveTags,
    Escalate,
    Sanction,
    Undo,
    Hold,
    ReleaseHold,
    LiftSanction,
    MuteReporter,
    DismissReporter,
}

/// Something that can be done with a case, and whether the caller may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ActionView {
    /// What: `claim`, `take_over`, `release`, `skip`, `note`; `approve`, `remove`, `remove_tags`, `escalate`, `sanction` (with a
    /// removal), `undo` (of the latest ruling); `hold`, `release_hold`, `lift_sanction`, `mute_reporter`, `dismiss_reporter`.
    #[schema(value_type = String)]
    pub action: CaseAction,
    /// Whether the caller may, as things stand.
    pub allowed: bool,
    /// Why not; null if the caller may.
    pub refusal: Option<RefusalView>,
    /// The fields that the request has to name here, such as `note`.
    pub needs: Vec<&'static str>,
}

/// Why something cannot be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RefusalView {
    /// A stable name; that of the problem which the call would answer, where it is one.
    pub code: &'static str,
    /// In Traditional Chinese.
    #[serde(rename = "zh-TW")]
    pub zh_tw: &'static str,
    /// In English.
    pub en: &'static str,
    /// Who holds the case, if that is why.
    #[schema(value_type = Option<String>)]
    pub by: Option<Actor>,
    /// Until when.
    #[schema(value_type = Option<String>)]
    pub until: Option<Timestamp>,
}

/// What the member would be told if the case were ruled so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NoticePreviewView {
    /// The decision.
    #[schema(value_type = String)]
    pub decision: RulingDecision,
    /// The code that the ruling would give.
    #[schema(value_type = Option<String>)]
    pub code: Option<ReasonCode>,
    /// The tags that it would remove: those that the filter flags, else all.
    pub tags: Vec<String>,
    /// The sanction that goes with it: the proposed one. Null for the notice without a sanction.
    pub sanction: Option<SanctionChoice>,
    /// The notice; null if the member would be told nothing.
    pub notice: Option<NoticeView>,
}

/// Why something cannot be done with a case.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each says it in its text")]
pub enum Refusal {
    ForModerators,
    ForAdmins,
    Claimed(Claim),
    Escalated,
    Resolved,
    Changed,
    Withdrawn,
    OwnRuling,
    ImposedByAdmin,
    NotHeld,
    HeldByNobodyElse,
    TooManyClaims,
    NoTags,
    NoMember,
    NoComment,
    NoHold,
    NoReports,
    NoSanction,
    NoRuling,
    NotYours,
    UndoExpired,
}

impl ActionView {
    /// An action that the caller may take, or why not.
    pub fn of(action: CaseAction, allowed: Result<(), Refusal>) -> Self {
        let refusal = allowed.err().map(RefusalView::from);
        Self {
            action,
            allowed: refusal.is_none(),
            refusal,
            needs: Vec::new(),
        }
    }

    /// The same where the request has to name these fields.
    #[must_use]
    pub fn needing(self, needs: &[&'static str]) -> Self {
        Self {
            needs: needs.to_vec(),
            ..self
        }
    }
}

impl From<Refusal> for RefusalView {
    fn from(refusal: Refusal) -> Self {
        use Refusal as R;
        let (code, zh_tw, en) = match refusal {
            R::ForModerators => ("forbidden", "須由版主操作", "for moderators"),
            R::ForAdmins => ("forbidden", "須由管理員操作", "for admins"),
            R::Claimed(_) => (
                "case-claimed",
                "案件已由他人認領",
                "somebody else has claimed the case",
            ),
            R::Escalated => (
                "case-escalated",
                "案件已呈報管理員",
                "the case was escalated to the admins",
            ),
            R::Resolved => ("case-changed", "案件已裁決", "the case is resolved"),
            R::Changed => (
                "case-changed",
                "案件已有後續變動",
                "something has happened since",
            ),
            R::Withdrawn => (
                "comment-withdrawn",
                "會員已撤回留言",
                "the member withdrew the comment",
            ),
            R::OwnRuling => (
                "own-ruling",
                "申訴與複查須由另一位版主審理",
                "an appeal or a QA review is for another moderator",
            ),
            R::ImposedByAdmin => (
                "forbidden",
                "處分由管理員作出，只有管理員能解除或取代",
                "an admin imposed the sanction: only admins lift or replace it",
            ),
            R::NotHeld => (
                "not-claimed",
                "您未認領此案件",
                "you have not claimed the case",
            ),
            R::HeldByNobodyElse => (
                "not-claimed",
                "無人認領此案件",
                "nobody else has claimed the case",
            ),
            R::TooManyClaims => (
                "too-many-claims",
                "您認領的案件已達上限",
                "you have claimed as many cases as you may",
            ),
            R::NoTags => ("no-tags", "沒有可移除的標籤", "there are no tags to remove"),
            R::NoMember => ("no-member", "不知道會員身分", "the member is not known"),
            R::NoComment => ("no-comment", "案件沒有留言", "the case has no comment"),
            R::NoHold => ("no-hold", "留言未被保留", "the comment is not held"),
            R::NoReports => ("no-reports", "沒有檢舉", "nobody reported it"),
            R::NoSanction => ("no-sanction", "沒有生效中的處分", "no sanction is in force"),
            R::NoRuling => (
                "no-ruling",
                "沒有可復原的裁決",
                "there is no ruling to undo",
            ),
            R::NotYours => (
                "forbidden",
                "只有裁決者或管理員能復原",
                "only whoever ruled, or an admin, undoes it",
            ),
            R::UndoExpired => ("undo-expired", "復原期限已過", "the time to undo is over"),
        };
        let claim = match refusal {
            R::Claimed(claim) => Some(claim),
            _ => None,
        };
        Self {
            code,
            zh_tw,
            en,
            until: claim.as_ref().map(|claim| claim.until),
            by: claim.map(|claim| claim.by),
        }
    }
}

impl From<NoProposal> for RefusalView {
    fn from(why: NoProposal) -> Self {
        let (code, zh_tw, en) = match why {
            NoProposal::NoMember => ("no-member", "不知道會員身分", "the member is not known"),
            NoProposal::Provisional => (
                "provisional",
                "僅檢舉人提供會員身分，論壇尚未確認",
                "only a reporter named the member, and the board has not confirmed it",
            ),
            NoProposal::Appeal => (
                "appeal",
                "申訴不會帶來更重的處分",
                "an appeal never brings a harsher sanction",
            ),
            NoProposal::NoPoints => (
                "no-points",
                "此代碼與嚴重度不計點",
                "this code and severity count no points",
            ),
            NoProposal::Counted => (
                "counted",
                "同一則留言已計點",
                "the same comment has been counted already",
            ),
            NoProposal::BelowSteps => (
                "below-steps",
                "累計點數未達處分門檻",
                "the points do not reach the first step",
            ),
        };
        Self {
            code,
            zh_tw,
            en,
            by: None,
            until: None,
        }
    }
}
