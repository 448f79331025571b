//! A member's erasure: what is deleted, what is retained, why and until when.
//!
//! An erasure covers what was there when it was requested; what the member writes later stays. What is retained waits in an
//! [`Erasure`] until its reason is gone.

use super::purge::{blank_appeal, blank_case, blank_note, blank_ruling, without_nickname};
use crate::{
    id::MemberId,
    member::SanctionKind,
    record::{
        Actor, Appeal, AuditAction, AuditDraft, AuditSubject, Case, Change, ChangeBuilder, Covered,
        Dismissal, Erasure, MemberRecord, Note, Precondition, Report, ReporterRecord, Retained,
        RetentionReason, Revision, Ruling, Sanction, Strike, Subject, SubjectRecord, Write,
    },
    time::Timestamp,
};

/// Why something is retained, and until when if that is known.
pub type RetentionCause = (RetentionReason, Option<Timestamp>);

/// Begins the erasure of what the member wrote until now; it replaces one that is under way.
pub fn begin_erasure(
    member: &MemberId,
    previous: Option<&Erasure>,
    by: &Actor,
    now: Timestamp,
) -> (Erasure, Change) {
    let erasure = Erasure {
        member: member.clone(),
        by: by.clone(),
        requested_at: now,
        first_pass_done: false,
        retained: Vec::new(),
        row_version: previous.map_or(0, |previous| previous.row_version) + 1,
    };
    let audit = AuditDraft::new(
        now,
        by,
        AuditAction::MemberErased,
        AuditSubject::Member(member.clone()),
    );
    let change = updated_erasure(erasure.clone()).audit([audit]).build();
    (erasure, change)
}

/// Ends a pass over the member's records: notes what it retained, and ends the erasure if that is nothing. `None` if the
/// same was noted before.
pub fn end_erasure_pass(
    erasure: Erasure,
    retained: Vec<Retained>,
    now: Timestamp,
) -> Option<Change> {
    if retained.is_empty() {
        return Some(finished(erasure, now));
    }
    let is_noted = erasure.first_pass_done && retained == erasure.retained;
    (!is_noted).then(|| {
        let erasure = Erasure {
            first_pass_done: true,
            retained,
            row_version: erasure.row_version + 1,
            ..erasure
        };
        updated_erasure(erasure).build()
    })
}

fn updated_erasure(erasure: Erasure) -> ChangeBuilder {
    let before = Precondition::Erasure(erasure.member.clone(), erasure.row_version - 1);
    ChangeBuilder::new()
        .require([before])
        .write([Write::Erasure(erasure)])
}

fn finished(erasure: Erasure, now: Timestamp) -> Change {
    let (member, by) = (erasure.member, &Actor::System);
    let subject = AuditSubject::Member(member.clone());
    let audit = AuditDraft::new(now, by, AuditAction::ErasureFinished, subject);
    ChangeBuilder::new()
        .require([Precondition::Erasure(member.clone(), erasure.row_version)])
        .write([Write::DeleteErasure(member)])
        .audit([audit])
        .build()
}

/// A case is retained while it waits for a ruling, and then until its newest ruling can no longer be undone.
pub fn case_retention(
    case: &Case,
    newest: Option<&Ruling>,
    now: Timestamp,
) -> Option<RetentionCause> {
    if case.state.is_unresolved() {
        return Some((RetentionReason::CaseOpen, None));
    }
    let can_be_undone = |ruling: &&Ruling| {
        ruling.undone.is_none() && ruling.version == case.version && now < ruling.undo_until
    };
    let newest = newest.filter(can_be_undone)?;
    Some((RetentionReason::UndoOpen, Some(newest.undo_until)))
}

/// Strikes and sanctions of before the request are retained while they count or are in force. Without an end where one of
/// these has none.
pub fn standing_retention(
    member: &MemberRecord,
    requested_at: Timestamp,
    now: Timestamp,
) -> Option<RetentionCause> {
    let counts = |strike: &&Strike| {
        strike.at <= requested_at && strike.superseded_by.is_none() && now < strike.expires_at
    };
    let is_in_force = |sanction: &&Sanction| {
        // A warning restricts nothing, so nothing is retained for it.
        sanction.at <= requested_at && sanction.is_live(now) && sanction.kind != SanctionKind::Warn
    };
    let strikes = member.strikes.iter().filter(counts);
    let sanctions = member.sanctions.iter().filter(is_in_force);
    let ends: Vec<Option<Timestamp>> = strikes
        .map(|strike| Some(strike.expires_at))
        .chain(sanctions.map(|sanction| sanction.until))
        .collect();
    // One without an end leaves the whole without; else the latest end counts. `?` is for none at all.
    let until = match ends.contains(&None) {
        true => None,
        false => Some(ends.into_iter().flatten().max()?),
    };
    Some((RetentionReason::InForce, until))
}

/// The number of the last revision that was there when erasure was requested, of a comment that was edited since.
pub fn last_covered_revision(older: &[Covered<Revision>], requested_at: Timestamp) -> Option<u32> {
    let covered = older.iter().rfind(|revision| revision.at <= requested_at);
    covered.map(|revision| revision.number)
}

/// Takes the text out of a decided case about a nickname or tag; `None` where it holds none. A tag is the article's as much
/// as the member's: its case loses the nickname alone.
pub fn erase_case(case: &Case, rulings: Vec<Ruling>, notes: Vec<Note>) -> Option<Change> {
    let is_own = matches!(case.subject, Subject::Nickname(_));
    let notes = if is_own { notes } else { Vec::new() };
    let (case_after, erase): (Case, fn(Ruling) -> Ruling) = if is_own {
        (blank_case(case), blank_ruling)
    } else {
        (without_nickname(case), ruling_without_nickname)
    };
    let rulings_after: Vec<Ruling> = rulings.iter().cloned().map(erase).collect();
    let notes_after: Vec<Note> = notes.iter().cloned().map(blank_note).collect();
    if case_after == *case && rulings_after == rulings && notes_after == notes {
        return None;
    }
    let case_after = Case {
        // A ruling about what is gone is not undone.
        version: case.version + 1,
        row_version: case.row_version + 1,
        ..case_after
    };
    let change = ChangeBuilder::new()
        .updated_case(case_after)
        .write(rulings_after.into_iter().map(Write::Ruling))
        .write(notes_after.into_iter().map(Write::Note));
    Some(change.build())
}

fn ruling_without_nickname(mut ruling: Ruling) -> Ruling {
    ruling.undo_snapshot.case = without_nickname(&ruling.undo_snapshot.case);
    ruling
}

/// Takes the text out of appeals.
pub fn erase_appeals(appeals: Vec<Appeal>) -> Change {
    let appeals = appeals.into_iter().map(blank_appeal);
    ChangeBuilder::new()
        .write(appeals.map(Write::Appeal))
        .build()
}

/// The report without what its reader wrote, and what was written about them; `None` where there is nothing, or it came after
/// the request.
pub fn erased_report(report: &Report, requested_at: Timestamp) -> Option<Report> {
    let mut after = Report {
        note: None,
        ..report.clone()
    };
    if let Some(dismissal) = &mut after.dismissal
        // The system's reasons are fixed words that nobody wrote.
        && dismissal.by != Actor::System
    {
        dismissal.reason = String::new();
    }
    (report.at <= requested_at && after != *report).then_some(after)
}

/// Takes the text out of reports of one reader, and out of the reader's own record; `None` where there is none.
pub fn erase_reports(
    reports: &[Report],
    reporter: &ReporterRecord,
    requested_at: Timestamp,
) -> Option<Change> {
    let reports = reports.iter();
    let reports: Vec<Report> = reports
        .filter_map(|report| erased_report(report, requested_at))
        .collect();
    let reporter_after = erased_reporter(reporter, requested_at);
    if reports.is_empty() && reporter_after.is_none() {
        return None;
    }
    let unchanged = Precondition::Reporter(reporter.id.clone(), reporter.row_version);
    let unchanged = reporter_after.is_none().then_some(unchanged);
    let audited = AuditSubject::Reporter(reporter.id.clone());
    let change = ChangeBuilder::new()
        .require(unchanged)
        .write([Write::Redact(audited, Some(requested_at))])
        .updated_reporter(reporter_after)
        .write(reports.into_iter().map(Write::Report));
    Some(change.build())
}

/// The reader's record without why they were muted; `None` where that was not said.
fn erased_reporter(record: &ReporterRecord, requested_at: Timestamp) -> Option<ReporterRecord> {
    let mut muted = record.muted.clone();
    let dismissal = muted.as_mut().map(|mute| &mut mute.dismissal);
    let is_covered = |given: &&mut Dismissal| given.at <= requested_at && !given.reason.is_empty();
    dismissal.filter(is_covered)?.reason = String::new();
    Some(record.with(muted))
}

/// Takes the text out of the member's record and the record of their nickname; `None` where there is none.
pub fn erase_member_records(
    member: &MemberRecord,
    nickname: &SubjectRecord,
    requested_at: Timestamp,
    now: Timestamp,
) -> Option<Change> {
    let member_after = erased_member(member, requested_at, now);
    let nickname_after = erased_nickname(nickname, requested_at);
    if member_after.is_none() && nickname_after.is_none() {
        return None;
    }
    let audited = AuditSubject::Member(member.id.clone());
    let change = ChangeBuilder::new()
        .write([Write::Redact(audited, Some(requested_at))])
        .updated_member(member_after)
        .updated_subject(nickname_after);
    Some(change.build())
}

/// The member's record without what they and moderators wrote until the request; without strikes and sanctions too, if these
/// are not retained. `None` where nothing of that was there.
fn erased_member(
    member: &MemberRecord,
    requested_at: Timestamp,
    now: Timestamp,
) -> Option<MemberRecord> {
    let mut after = member.clone();
    after
        .nicknames
        .retain(|nickname| nickname.at > requested_at);
    let sanctions = after.sanctions.iter_mut();
    for sanction in sanctions.filter(|sanction| sanction.at <= requested_at) {
        sanction.reason = None;
        if let Some(revoked) = &mut sanction.revoked
            && revoked.at <= requested_at
        {
            revoked.reason = String::new();
        }
    }
    if standing_retention(member, requested_at, now).is_none() {
        after.strikes.retain(|strike| strike.at > requested_at);
        after
            .sanctions
            .retain(|sanction| sanction.at > requested_at);
    }
    (after != *member).then(|| MemberRecord {
        row_version: member.row_version + 1,
        ..after
    })
}

/// The nickname's record without the spellings that were ruled on until the request; `None` where there were none.
fn erased_nickname(record: &SubjectRecord, requested_at: Timestamp) -> Option<SubjectRecord> {
    let mut after = record.clone();
    after.rulings.retain(|ruling| ruling.at > requested_at);
    (after.rulings.len() != record.rulings.len()).then(|| SubjectRecord {
        row_version: record.row_version + 1,
        ..after
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::record::examples::{NOW, later, member, sanction, strike};

    fn suspended(days: u32) -> Sanction {
        Sanction {
            reason: Some("屢勸不聽".to_owned()),
            ..sanction(1, SanctionKind::Suspend, Some(days))
        }
    }

    #[test]
    fn strikes_and_sanctions_stay_without_words_until_the_last_of_them_is_over() {
        let strike = Strike {
            expires_at: later(90),
            ..strike(1, 1)
        };
        let known = member().with_sanction(suspended(7)).with_strike(strike);
        let retention = (RetentionReason::InForce, Some(later(90)));
        assert_eq!(standing_retention(&known, NOW, later(1)), Some(retention));
        let silent = erased_member(&known, NOW, later(1)).unwrap();
        assert_eq!((silent.sanctions.len(), silent.strikes.len()), (1, 1));
        assert_eq!(silent.sanctions[0].reason, None);
        assert_eq!(erased_member(&silent, NOW, later(1)), None);
        let gone = erased_member(&silent, NOW, later(90)).unwrap();
        assert!(gone.sanctions.is_empty() && gone.strikes.is_empty());
    }

    #[test]
    fn what_came_later_stays() {
        let at = NOW.plus_ms(1);
        let known = member().with_sanction(Sanction { at, ..suspended(7) });
        assert_eq!(standing_retention(&known, NOW, at), None);
        assert_eq!(erased_member(&known, NOW, at), None);
    }
}
