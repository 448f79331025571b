//! Records that unit tests begin with.
#![allow(clippy::unwrap_used)]

use super::{Actor, MemberRecord, ReasonCode, Sanction, Strike};
use crate::{
    id::{CaseId, MemberId, RulingId, SanctionId},
    member::SanctionKind,
    time::{DAY_MS, Timestamp},
};

pub const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

pub fn later(days: i64) -> Timestamp {
    NOW.plus_ms(days * DAY_MS)
}

pub fn ulid(nth: u128) -> ulid::Ulid {
    ulid::Ulid(nth)
}

pub fn member() -> MemberRecord {
    MemberRecord::new(MemberId::parse("m").unwrap())
}

/// A strike that expires after ten days.
pub fn strike(nth: u128, points: u32) -> Strike {
    Strike {
        ruling: RulingId(ulid(nth)),
        case: CaseId(ulid(nth)),
        post: None,
        code: ReasonCode::Insult,
        severity: 3,
        points,
        at: NOW,
        expires_at: later(10),
        superseded_by: None,
    }
}

pub fn sanction(nth: u128, kind: SanctionKind, days: Option<u32>) -> Sanction {
    Sanction {
        id: SanctionId(ulid(nth)),
        kind,
        days,
        until: days.map(|days| later(days.into())),
        code: None,
        reason: None,
        ruling: None,
        by: Actor::System,
        imposed_by_admin: false,
        at: NOW,
        appeal: None,
        revoked: None,
        void: None,
    }
}

/// The member with one more sanction.
pub fn imposed(
    record: &MemberRecord,
    kind: SanctionKind,
    days: Option<u32>,
    ruling: Option<u128>,
) -> MemberRecord {
    record.with_sanction(Sanction {
        ruling: ruling.map(|nth| RulingId(ulid(nth))),
        ..sanction(record.row_version.into(), kind, days)
    })
}
