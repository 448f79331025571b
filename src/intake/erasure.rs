//! What a member asks to be erased: what goes, what is kept, why and until when.
//!
//! An erasure is about what was there when it was asked for; what the member writes later stays. What is kept waits in
//! an [`Erasure`] until its reason is gone.

use super::privacy::{blank, blank_ruling};
use crate::{
    member::SanctionKind,
    record::{
        Actor, Appeal, AuditDraft, AuditSubject, Case, Change, ChangeBuilder, Erasure,
        MemberRecord, Note, Precondition, Report, ReporterRecord, Ruling, Sanction, Strike,
        Subject, SubjectRecord, Write,
    },
    time::Timestamp,
};

/// Until when strikes and sanctions of before `asked` matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelevanceWindow {
    /// They do not any more, or there are none.
    No,
    /// Until then; none where that is not known.
    Until(Option<Timestamp>),
}

/// Whether strikes still count or sanctions are in force that were there when erasure was asked for.
pub fn matters(member: &MemberRecord, asked: Timestamp, now: Timestamp) -> RelevanceWindow {
    let strikes = member.strikes.iter().filter(|strike| strike.at <= asked);
    let strikes = strikes.filter(|strike| counts(strike, now));
    let sanctions = member.sanctions.iter().filter(|one| one.at <= asked);
    let sanctions = sanctions.filter(|one| is_in_force(one, now));
    let ends: Vec<Option<Timestamp>> = strikes
        .map(|strike| Some(strike.expires_at))
        .chain(sanctions.map(|sanction| sanction.until))
        .collect();
    match ends.iter().copied().collect::<Option<Vec<Timestamp>>>() {
        None => RelevanceWindow::Until(None),
        Some(known) => known.into_iter().max().map_or(RelevanceWindow::No, |last| {
            RelevanceWindow::Until(Some(last))
        }),
    }
}

fn counts(strike: &Strike, now: Timestamp) -> bool {
    strike.superseded_by.is_none() && now < strike.expires_at
}

fn is_in_force(sanction: &Sanction, now: Timestamp) -> bool {
    sanction.is_live(now) && sanction.kind != SanctionKind::Warn
}

/// The member's record without what they and moderators wrote until `asked`; without strikes and sanctions too, where
/// these matter no more. None where nothing of that was there.
pub fn erased_member(
    member: &MemberRecord,
    asked: Timestamp,
    now: Timestamp,
) -> Option<MemberRecord> {
    let mut after = member.clone();
    after.nicknames.retain(|nickname| nickname.at > asked);
    for sanction in after.sanctions.iter_mut().filter(|one| one.at <= asked) {
        sanction.reason = None;
        if let Some(lifted) = &mut sanction.revoked
            && lifted.at <= asked
        {
            lifted.reason = String::new();
        }
    }
    if matters(member, asked, now) == RelevanceWindow::No {
        after.strikes.retain(|strike| strike.at > asked);
        after.sanctions.retain(|sanction| sanction.at > asked);
    }
    (after != *member).then(|| MemberRecord {
        row_version: member.row_version + 1,
        ..after
    })
}

/// The nickname's record without the spellings that were ruled until `asked`; none where there were none.
pub fn erased_subject(record: &SubjectRecord, asked: Timestamp) -> Option<SubjectRecord> {
    let mut after = record.clone();
    after.rulings.retain(|ruling| ruling.at > asked);
    (after.rulings.len() != record.rulings.len()).then(|| SubjectRecord {
        row_version: record.row_version + 1,
        ..after
    })
}

/// The report without what its reader wrote, and what was written of them; none where there was nothing.
pub fn erased_report(report: &Report) -> Option<Report> {
    let mut after = Report {
        note: None,
        ..report.clone()
    };
    if let Some(said) = &mut after.dismissal
        && said.by != Actor::System
    {
        said.reason = String::new();
    }
    (after != *report).then_some(after)
}

/// The reader's record without why they were muted; none where that was not said.
pub fn erased_reporter(record: &ReporterRecord, asked: Timestamp) -> Option<ReporterRecord> {
    let mut muted = record.muted.clone();
    let said = muted.as_mut().map(|mute| &mut mute.dismissal);
    let said = said.filter(|said| said.at <= asked && !said.reason.is_empty())?;
    said.reason = String::new();
    Some(record.with(muted))
}

/// A decided case about a member or a tag of theirs, with all that was written about it.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each names the records that lose their text")]
pub struct ErasedCase {
    pub case: Case,
    pub rulings: Vec<Ruling>,
    pub notes: Vec<Note>,
}

/// Takes the text out of a decided case; none where it holds none. A tag is the article's as much as the member's: its
/// case loses the name alone.
pub fn erased_case(case: &Case, rulings: Vec<Ruling>, notes: Vec<Note>) -> Option<ErasedCase> {
    let is_own = matches!(case.subject, Subject::Nickname(_));
    let mut after = if is_own { blank(case) } else { case.clone() };
    if let Some(member) = &mut after.member {
        member.nickname = None;
    }
    let nameless = |ruling: Ruling| match is_own {
        true => blank_ruling(ruling),
        false => without_name(ruling),
    };
    let gone: Vec<Ruling> = rulings.iter().cloned().map(nameless).collect();
    let silent: Vec<Note> = notes
        .iter()
        .filter(|_| is_own)
        .cloned()
        .map(blank_note)
        .collect();
    let is_same = after == *case && gone == rulings && notes_equal(&silent, &notes, is_own);
    (!is_same).then(|| ErasedCase {
        case: Case {
            // a ruling about what is gone is not taken back
            version: case.version + 1,
            row_version: case.row_version + 1,
            ..after
        },
        rulings: gone,
        notes: silent,
    })
}

fn notes_equal(silent: &[Note], notes: &[Note], is_own: bool) -> bool {
    !is_own || silent == notes
}

fn without_name(mut ruling: Ruling) -> Ruling {
    if let Some(member) = &mut ruling.undo_snapshot.case.member {
        member.nickname = None;
    }
    ruling
}

fn blank_note(note: Note) -> Note {
    Note {
        text: String::new(),
        ..note
    }
}

/// Records of a member that lose their words in one commit.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(missing_docs, reason = "each names the records that lose their text")]
pub struct Erased {
    pub member: Option<MemberRecord>,
    pub subject: Option<SubjectRecord>,
    pub reports: Vec<Report>,
    pub reporter: Option<ReporterRecord>,
    pub appeals: Vec<Appeal>,
    pub cases: Vec<ErasedCase>,
    /// In whose audit what people wrote goes, where it was written until `asked`.
    pub redacted: Vec<AuditSubject>,
    /// When erasure was asked for.
    pub asked: Timestamp,
    /// What must still hold beside the editions of the records.
    pub expects: Vec<Precondition>,
}

impl Erased {
    /// The change that stores it.
    pub fn into_change(self) -> Change {
        let asked = self.asked;
        let redacted = self.redacted.into_iter();
        let redacted = redacted.map(|subject| Write::Redact(subject, Some(asked)));
        let mut change = ChangeBuilder::new().require(self.expects).write(redacted);
        if let Some(member) = self.member {
            change = change.updated_member(member);
        }
        if let Some(subject) = self.subject {
            change = change.updated_subject(subject);
        }
        if let Some(reporter) = self.reporter {
            change = change.updated_reporter(reporter);
        }
        change = change
            .write(self.reports.into_iter().map(Write::Report))
            .write(self.appeals.into_iter().map(Write::Appeal));
        for erased in self.cases {
            change = change
                .updated_case(erased.case)
                .write(erased.rulings.into_iter().map(Write::Ruling))
                .write(erased.notes.into_iter().map(Write::Note));
        }
        change.build()
    }
}

/// How far an erasure has come.
pub fn erasure_progress(erasure: Erasure, audit: Option<AuditDraft>) -> Change {
    let before = Precondition::Erasure(erasure.member.clone(), erasure.row_version - 1);
    ChangeBuilder::new()
        .require([before])
        .write([Write::Erasure(erasure)])
        .audit(audit)
        .build()
}

/// An erasure of which nothing is left to do.
pub fn erasure_finished(erasure: Erasure, audit: AuditDraft) -> Change {
    let held = Precondition::Erasure(erasure.member.clone(), erasure.row_version);
    ChangeBuilder::new()
        .require([held])
        .write([Write::DeleteErasure(erasure.member)])
        .audit([audit])
        .build()
}

impl Erased {
    /// Whether nothing goes.
    pub const fn is_empty(&self) -> bool {
        self.member.is_none()
            && self.subject.is_none()
            && self.reports.is_empty()
            && self.reporter.is_none()
            && self.appeals.is_empty()
            && self.cases.is_empty()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{
        id::{CaseId, MemberId, RulingId, SanctionId},
        record::ReasonCode,
        time::DAY_MS,
    };

    const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

    fn member() -> MemberRecord {
        MemberRecord::new(MemberId::parse("m-1".to_owned()).unwrap())
    }

    fn suspended(days: i64) -> Sanction {
        Sanction {
            id: SanctionId(ulid::Ulid(1)),
            kind: SanctionKind::Suspend,
            days: Some(7),
            until: Some(NOW.plus_ms(days * DAY_MS)),
            code: None,
            reason: Some("屢勸不聽".to_owned()),
            ruling: None,
            imposed_by_admin: false,
            void: None,
            by: Actor::System,
            at: NOW,
            appeal: None,
            revoked: None,
        }
    }

    #[test]
    fn strikes_and_sanctions_stay_without_words_until_the_last_of_them_is_over() {
        let strike = Strike {
            ruling: RulingId(ulid::Ulid(1)),
            case: CaseId(ulid::Ulid(1)),
            post: None,
            code: ReasonCode::Insult,
            severity: 3,
            points: 1,
            at: NOW,
            expires_at: NOW.plus_ms(90 * DAY_MS),
            superseded_by: None,
        };
        let known = member().sanctioned(suspended(7)).struck(strike);
        let after = |days| NOW.plus_ms(days * DAY_MS);
        assert_eq!(
            matters(&known, NOW, after(1)),
            RelevanceWindow::Until(Some(after(90)))
        );
        let silent = erased_member(&known, NOW, after(1)).unwrap();
        assert_eq!((silent.sanctions.len(), silent.strikes.len()), (1, 1));
        assert_eq!(silent.sanctions[0].reason, None);
        assert_eq!(erased_member(&silent, NOW, after(1)), None);
        let gone = erased_member(&silent, NOW, after(90)).unwrap();
        assert!(gone.sanctions.is_empty() && gone.strikes.is_empty());
    }

    #[test]
    fn what_came_later_stays() {
        let later = NOW.plus_ms(1);
        let known = member().sanctioned(Sanction {
            at: later,
            ..suspended(7)
        });
        assert_eq!(matters(&known, NOW, later), RelevanceWindow::No);
        assert_eq!(erased_member(&known, NOW, later), None);
    }
}
