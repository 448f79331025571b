//! A member: standing, strikes, sanctions and nicknames.

use serde::Serialize;
use utoipa::ToSchema;

use super::{moderation::NoticeView, ruling::UndoneView};
use crate::{
    id::{CaseId, MemberId, RulingId, SanctionId},
    member::{MemberStanding, SanctionKind},
    policy::ProposedSanction,
    record::{Actor, MemberRecord, NicknameUse, ReasonCode, Rule, Sanction, Strike, Verdict},
    review::SanctionProposal,
    time::Timestamp,
};

/// A member's standing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MemberView {
    /// The board's id.
    #[schema(value_type = String)]
    pub id: MemberId,
    /// The nickname used last.
    pub nickname: Option<String>,
    /// Whether the board vouches for their identity.
    pub verified: bool,
    /// `good`, `watched`, `suspended` or `terminated`.
    pub standing: &'static str,
    /// When a suspension ends.
    #[schema(value_type = Option<String>)]
    pub until: Option<Timestamp>,
    /// The sum of `worth` of the strikes that count now.
    pub strike_count: u32,
    /// The strikes that count now.
    pub strikes: Vec<StrikeView>,
    /// The sanctions in effect.
    pub sanctions: Vec<SanctionView>,
}

/// A strike: a confirmed violation that counts towards the penalty schedule for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StrikeView {
    /// The ruling that caused it.
    #[schema(value_type = String)]
    pub ruling_id: RulingId,
    /// The case of that ruling.
    #[schema(value_type = String)]
    pub case_id: CaseId,
    /// The posted rule.
    #[schema(value_type = Option<String>)]
    pub rule: Option<Rule>,
    /// The code given.
    #[schema(value_type = String)]
    pub code: ReasonCode,
    /// The severity of the violation, 1 to 4.
    pub severity: u8,
    /// How many points it counts for.
    pub worth: u32,
    /// When the ruling was made.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// When it stops counting.
    #[schema(value_type = String)]
    pub expires_at: Timestamp,
}

/// A sanction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SanctionView {
    /// The id for revoking or appealing it.
    #[schema(value_type = String)]
    pub id: SanctionId,
    /// `warn`, `watch`, `suspend` or `terminate`.
    #[schema(value_type = String)]
    pub kind: SanctionKind,
    /// Its duration; null if it has no end.
    pub days: Option<u32>,
    /// When it ends; null if it has no end.
    #[schema(value_type = Option<String>)]
    pub until: Option<Timestamp>,
    /// The code that it was imposed for.
    #[schema(value_type = Option<String>)]
    pub code: Option<ReasonCode>,
    /// The reason in words for the member; null: the text of the posted rule applies.
    pub reason: Option<String>,
    /// The ruling that imposed it; null if it was imposed outside a case.
    #[schema(value_type = Option<String>)]
    pub ruling_id: Option<RulingId>,
    /// Who imposed it.
    #[schema(value_type = String)]
    pub by: Actor,
    /// When it was imposed.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// How it was revoked.
    pub lifted: Option<LiftedView>,
    /// The notice for the member; absent in lists of past sanctions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<NoticeView>,
    /// Whether the comments that it blocked are judged again as if it had never existed.
    pub restored: bool,
}

/// How a sanction was revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LiftedView {
    /// Who revoked it, and when.
    #[serde(flatten)]
    pub done: UndoneView,
    /// The reason given.
    pub reason: String,
}

/// A sanction by its measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct SanctionChoice {
    /// `warn`, `watch`, `suspend` or `terminate`.
    #[schema(value_type = String)]
    pub kind: SanctionKind,
    /// Its duration; null if it has no end.
    pub days: Option<u32>,
}

/// The sanction that the penalty schedule proposes, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProposalView {
    /// The sanction.
    #[serde(flatten)]
    pub sanction: SanctionChoice,
    /// What it rests on.
    pub because: ProposalReasonView,
}

/// What a proposed sanction rests on: the points of this violation, and of the strikes that count already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProposalReasonView {
    /// The posted rule that a removal would find broken.
    #[schema(value_type = Option<String>)]
    pub rule: Option<Rule>,
    /// The code of the violation.
    #[schema(value_type = String)]
    pub code: ReasonCode,
    /// Its severity, 1 to 4.
    pub severity: u8,
    /// How many points a removal would add.
    pub worth: u32,
    /// How many the strikes that count already have together.
    pub strike_count: u32,
    /// Those strikes, each with the time at which it expires.
    pub strikes: Vec<StrikeView>,
    /// From how many points on the schedule proposes this sanction.
    pub reached: u32,
    /// When the strike of this removal would expire.
    #[schema(value_type = String)]
    pub expires_at: Timestamp,
}

/// A nickname that a member has used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NicknameView {
    /// As the member wrote it.
    pub nickname: String,
    /// When it was first used.
    #[schema(value_type = String)]
    pub since: Timestamp,
    /// The filter's verdict on it.
    #[schema(value_type = String)]
    pub verdict: Verdict,
}

impl MemberView {
    /// A member's standing at `now`.
    pub fn of(record: &MemberRecord, now: Timestamp) -> Self {
        let standing: MemberStanding = record.standing(now);
        Self {
            id: record.id.clone(),
            nickname: record.nickname().map(|nickname| nickname.text.clone()),
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
            lifted: sanction.revoked.as_ref().map(|revocation| LiftedView {
                done: UndoneView {
                    by: revocation.by.clone(),
                    at: revocation.at,
                },
                reason: revocation.reason.clone(),
            }),
            notice: None,
            restored: sanction.void.is_some(),
        }
    }
}

impl From<ProposedSanction> for SanctionChoice {
    fn from(proposed: ProposedSanction) -> Self {
        Self {
            kind: proposed.kind,
            days: proposed.days,
        }
    }
}

impl From<&SanctionProposal> for ProposalView {
    fn from(proposal: &SanctionProposal) -> Self {
        Self {
            sanction: SanctionChoice::from(proposal.sanction),
            because: ProposalReasonView {
                rule: proposal.code.rule(),
                code: proposal.code,
                severity: proposal.severity,
                worth: proposal.points,
                strike_count: proposal.strikes.iter().map(|strike| strike.points).sum(),
                strikes: proposal.strikes.iter().map(StrikeView::from).collect(),
                reached: proposal.from,
                expires_at: proposal.expires_at,
            },
        }
    }
}

impl NicknameView {
    /// All nicknames of a member, the newest first.
    pub fn newest_first(member: &MemberRecord) -> Vec<Self> {
        let view = |nickname: &NicknameUse| Self {
            nickname: nickname.text.clone(),
            since: nickname.at,
            verdict: nickname.verdict,
        };
        member.nicknames.iter().rev().map(view).collect()
    }
}
