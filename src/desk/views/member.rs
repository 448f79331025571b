//! A member: how they stand, what was ruled, what lies on them.

use serde::Serialize;
use utoipa::ToSchema;

use super::{moderation::NoticeView, ruling::UndoneView};
use crate::{
    id::{CaseId, MemberId, RulingId, SanctionId},
    member::{MemberStanding, SanctionKind},
    policy::ProposedSanction,
    record::{Actor, MemberRecord, NicknameUse, ReasonCode, Rule, Sanction, Strike, Verdict},
    time::Timestamp,
};

/// How a member stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MemberView {
    /// The board's id.
    #[schema(value_type = String)]
    pub id: MemberId,
    /// The nickname they came with last.
    pub nickname: Option<String>,
    /// Whether the board vouches for them.
    pub verified: bool,
    /// `good`, `watched`, `suspended` or `terminated`.
    pub standing: &'static str,
    /// Until when they are suspended.
    #[schema(value_type = Option<String>)]
    pub until: Option<Timestamp>,
    /// How many strikes count now, by what each is worth.
    pub strike_count: u32,
    /// Strikes that count.
    pub strikes: Vec<StrikeView>,
    /// Sanctions in force.
    pub sanctions: Vec<SanctionView>,
}

/// A strike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StrikeView {
    /// The ruling it follows from.
    #[schema(value_type = String)]
    pub ruling_id: RulingId,
    /// The ruling's case.
    #[schema(value_type = String)]
    pub case_id: CaseId,
    /// The posted rule.
    #[schema(value_type = Option<String>)]
    pub rule: Option<Rule>,
    /// The code given.
    #[schema(value_type = String)]
    pub code: ReasonCode,
    /// 1 to 4.
    pub severity: u8,
    /// How many strikes it is worth.
    pub worth: u32,
    /// When.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// Until when it counts.
    #[schema(value_type = String)]
    pub expires_at: Timestamp,
}

/// A sanction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SanctionView {
    /// Its id.
    #[schema(value_type = String)]
    pub id: SanctionId,
    /// `warn`, `watch`, `suspend` or `terminate`.
    #[schema(value_type = String)]
    pub kind: SanctionKind,
    /// For how many days; null where it does not end.
    pub days: Option<u32>,
    /// Until when.
    #[schema(value_type = Option<String>)]
    pub until: Option<Timestamp>,
    /// The code for which.
    #[schema(value_type = Option<String>)]
    pub code: Option<ReasonCode>,
    /// Why, in words that the member may read; null: the posted rule of the code.
    pub reason: Option<String>,
    /// The ruling that laid it; null outside a case.
    #[schema(value_type = Option<String>)]
    pub ruling_id: Option<RulingId>,
    /// Who laid it.
    #[schema(value_type = String)]
    pub by: Actor,
    /// When.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// How it ended before its time.
    pub lifted: Option<LiftedView>,
    /// What the member may be shown; absent in lists of what has been.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<NoticeView>,
    /// What it blocked is judged again as though it had never been.
    pub restored: bool,
}

/// How a sanction ended before its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LiftedView {
    /// Who lifted it, and when.
    #[serde(flatten)]
    pub done: UndoneView,
    /// Why.
    pub reason: String,
}

/// What the ladder proposes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProposalView {
    /// `warn`, `watch`, `suspend` or `terminate`.
    #[schema(value_type = String)]
    pub kind: SanctionKind,
    /// For how many days; null where it does not end.
    pub days: Option<u32>,
}

/// A nickname that a member came with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NicknameView {
    /// As it was written.
    pub nickname: String,
    /// Since when.
    #[schema(value_type = String)]
    pub since: Timestamp,
    /// What the filter said.
    #[schema(value_type = String)]
    pub verdict: Verdict,
}

impl MemberView {
    /// A member as they stand at `now`.
    pub fn of(record: &MemberRecord, now: Timestamp) -> Self {
        let standing: MemberStanding = record.standing(now);
        Self {
            id: record.id.clone(),
            nickname: record.nickname().map(|known| known.text.clone()),
            verified: record.verified,
            standing: standing.name(),
            until: standing.until(),
            strike_count: record.live_strikes(now).map(|strike| strike.points).sum(),
            strikes: record.live_strikes(now).map(StrikeView::from).collect(),
            sanctions: record.live_sanctions(now).map(SanctionView::from).collect(),
        }
    }
}

impl From<&Strike> for StrikeView {
    fn from(strike: &Strike) -> Self {
        Self {
            ruling_id: strike.ruling,
            case_id: strike.case,
            rule: strike.code.rule(),
            code: strike.code,
            severity: strike.severity,
            worth: strike.points,
            at: strike.at,
            expires_at: strike.expires_at,
        }
    }
}

impl From<&Sanction> for SanctionView {
    fn from(sanction: &Sanction) -> Self {
        Self {
            id: sanction.id,
            kind: sanction.kind,
            days: sanction.days,
            until: sanction.until,
            code: sanction.code,
            reason: sanction.reason.clone(),
            ruling_id: sanction.ruling,
            by: sanction.by.clone(),
            at: sanction.at,
            lifted: sanction.revoked.as_ref().map(|lifted| LiftedView {
                done: UndoneView {
                    by: lifted.by.clone(),
                    at: lifted.at,
                },
                reason: lifted.reason.clone(),
            }),
            notice: None,
            restored: sanction.void.is_some(),
        }
    }
}

impl From<ProposedSanction> for ProposalView {
    fn from(proposal: ProposedSanction) -> Self {
        Self {
            kind: proposal.kind,
            days: proposal.days,
        }
    }
}

impl From<&NicknameUse> for NicknameView {
    fn from(nickname: &NicknameUse) -> Self {
        Self {
            nickname: nickname.text.clone(),
            since: nickname.at,
            verdict: nickname.verdict,
        }
    }
}
