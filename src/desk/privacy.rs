//! Privacy: texts go when their time is over or a member asks; what is held, or waits for a ruling, stays.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use super::{
    Answered, Desk, DeskError, Retry,
    report::Dockets,
    retried,
    retry::Begun,
    views::{CommentView, HoldView, MemberView, NicknameView, ReportView, SanctionView},
};
use crate::{
    access::{Actor, Caller},
    id::{CommentId, MemberId, ReporterId},
    intake::{Comment, Hold, Purge},
    review::{
        AuditDraft, AuditSubject, Case, MemberRecord, Outcome, Report, Subject, SubjectRecord,
    },
    store::{Commit, StoredAnswer},
    time::Timestamp,
};

/// How many comments are looked at in one go, and how many lose their text in one commit.
const LOOKED_AT: usize = 500;
const PURGED_MAX: usize = 50;
/// How many reports and appeals go with a comment.
const HEARD_MAX: usize = 1_000;
/// How many of a reader's own reports are told.
const REPORTS_MAX: usize = 200;
/// How many comments an export reads at a time.
const EXPORT_PAGE: usize = 200;

/// Up to which comment the purge has looked.
#[derive(Debug, Default)]
pub(super) struct PurgedUpTo(AtomicU64);

/// All that is held on a member.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MemberData {
    /// How they stand, strikes and sanctions.
    pub member: MemberView,
    /// The nicknames they came with, newest first.
    pub nicknames: Vec<NicknameView>,
    /// Sanctions, those that ended too.
    pub sanctions: Vec<SanctionView>,
    /// Their comments, newest first, with all revisions and reasons.
    pub comments: Vec<CommentView>,
    /// The reports they made, where the board names readers as it names members.
    pub reports: Vec<ReportView>,
}

impl Desk {
    /// Looks at some comments, oldest first, and takes the text of those whose time is over. Whether any are left to look
    /// at in this round; the next round begins anew.
    pub async fn purge_some(&self) -> Result<bool, DeskError> {
        let from = self.purged_up_to.0.load(Ordering::Relaxed);
        let found = self.store.comments_from(from, LOOKED_AT).await?;
        let now = self.clock.now();
        let due: Vec<Comment> = found
            .iter()
            .map(|(_, comment)| comment)
            .filter(|comment| self.settings.retention.is_over(comment, now))
            .cloned()
            .collect();
        for comments in due.chunks(PURGED_MAX) {
            self.purge(
                comments,
                &Actor::System,
                AuditSubject::Comments,
                "retention",
            )
            .await?;
        }
        let next = found.last().map_or(0, |(number, _)| number + 1);
        self.purged_up_to.0.store(next, Ordering::Relaxed);
        if next == 0 {
            self.purge_news(now).await?;
        }
        Ok(next > 0)
    }

    async fn purge_news(&self, now: Timestamp) -> Result<(), DeskError> {
        let before = now.plus_ms(-self.settings.news_ms);
        loop {
            let old: Vec<u64> = self
                .store
                .news(0, LOOKED_AT)
                .await?
                .iter()
                .take_while(|news| news.at < before)
                .map(|news| news.number)
                .collect();
            let (Some(last), full) = (old.last(), old.len() == LOOKED_AT) else {
                return Ok(());
            };
            self.store
                .commit(Commit::DropNews {
                    first: old[0],
                    last: *last,
                })
                .await?;
            if !full {
                return Ok(());
            }
        }
    }

    /// Takes the text of these, but for what waits for a ruling. How many lost it.
    async fn purge(
        &self,
        comments: &[Comment],
        by: &Actor,
        subject: AuditSubject,
        why: &str,
    ) -> Result<usize, DeskError> {
        retried!(self.try_purge(comments, by, &subject, why).await)
    }

    async fn try_purge(
        &self,
        comments: &[Comment],
        by: &Actor,
        subject: &AuditSubject,
        why: &str,
    ) -> Result<usize, DeskError> {
        let now = self.clock.now();
        let mut purges = Vec::new();
        for comment in comments {
            // It may have been edited, held, reported meanwhile.
            let Some(newest) = self.store.comment(&comment.id).await? else {
                continue;
            };
            if newest.hold.is_some()
                || newest.purged_at.is_some()
                || newest.newest.number != comment.newest.number
            {
                continue;
            }
            purges.extend(self.purge_of(&newest, now).await?);
        }
        if purges.is_empty() {
            return Ok(0);
        }
        let count = purges.len();
        let audit = AuditDraft {
            at: now,
            actor: by.clone(),
            action: "comments.purged".to_owned(),
            subject: subject.clone(),
            from: None,
            to: Some(count.to_string()),
            why: Some(why.to_owned()),
            words: None,
        };
        self.store.commit(Commit::Purge(purges, audit)).await?;
        Ok(count)
    }

    /// What goes with a comment's text; none where somebody has to look at it first.
    async fn purge_of(
        &self,
        comment: &Comment,
        now: Timestamp,
    ) -> Result<Option<Purge>, DeskError> {
        let case = match comment.case {
            Some(id) => self.store.case(id).await?,
            None => None,
        };
        if case.as_ref().is_some_and(|case| case.state.is_unresolved())
            || self.is_needed(comment).await?
        {
            return Ok(None);
        }
        let mut rulings = Vec::new();
        for id in case.iter().flat_map(|case| &case.rulings) {
            rulings.extend(self.store.ruling(*id).await?);
        }
        let reports = self.store.reports_on(&comment.id, HEARD_MAX).await?;
        let mut appeals = Vec::new();
        for (_, id) in &comment.appeals {
            appeals.extend(self.store.appeal(*id).await?);
        }
        let notes = match &case {
            Some(case) => self.store.notes(case.id, HEARD_MAX).await?,
            None => Vec::new(),
        };
        Ok(Some(Purge::of(
            comment,
            case.as_ref(),
            rulings,
            reports,
            appeals,
            notes,
            now,
        )))
    }

    /// Whether a case about its nickname or a tag, which it brought, waits.
    async fn is_needed(&self, comment: &Comment) -> Result<bool, DeskError> {
        let background = self.background_of(comment).await?;
        let waits =
            |case: &Case| case.state.is_unresolved() && case.comment.as_ref() == Some(&comment.id);
        Ok(background.cases.iter().any(waits))
    }

    /// All that is held on a member.
    pub async fn export_member(&self, id: &MemberId) -> Result<MemberData, DeskError> {
        let record = self.known_member(id).await?;
        let (mut comments, mut before) = (Vec::new(), None);
        loop {
            let page = self.store.comments_of(id, before, EXPORT_PAGE).await?;
            for (_, comment) in &page {
                let background = self.background_of(comment).await?;
                comments.push(self.comment_view(comment, &background).await?);
            }
            match page.last().filter(|_| page.len() == EXPORT_PAGE) {
                Some((number, _)) => before = Some(*number),
                None => break,
            }
        }
        let reports = self.reports_by(id).await?;
        Ok(MemberData {
            member: MemberView::of(&record, self.clock.now()),
            nicknames: record
                .nicknames
                .iter()
                .rev()
                .map(NicknameView::from)
                .collect(),
            sanctions: record.history().rev().map(SanctionView::from).collect(),
            comments,
            reports,
        })
    }

    /// The newest reports of the reader who has a member's id.
    pub(super) async fn reports_by(&self, id: &MemberId) -> Result<Vec<ReportView>, DeskError> {
        let (mut reports, mut dockets) = (Vec::new(), Dockets::default());
        if let Ok(reporter) = ReporterId::parse(id.as_str()) {
            for report in self.store.reports_of(&reporter, None, REPORTS_MAX).await? {
                reports.push(self.report_view(&report, &mut dockets).await?);
            }
        }
        Ok(reports)
    }

    async fn known_member(&self, id: &MemberId) -> Result<MemberRecord, DeskError> {
        let record = self.store.member(id).await?;
        if record.edition == 0 && self.store.comments_of(id, None, 1).await?.is_empty() {
            return Err(DeskError::NotFound);
        }
        Ok(record)
    }

    /// Erases what a member wrote. What is held, or what a case that waits needs, stays; strikes and sanctions stay without
    /// words. Again finds nothing more, unless that has ended since.
    pub async fn erase_member(&self, caller: &Caller, id: &MemberId) -> Result<(), DeskError> {
        self.known_member(id).await?;
        let subject = || AuditSubject::Member(id.clone());
        let mut before = None;
        loop {
            let page = self.store.comments_of(id, before, EXPORT_PAGE).await?;
            let comments: Vec<Comment> = page
                .iter()
                .filter(|(_, comment)| comment.purged_at.is_none())
                .map(|(_, comment)| comment.clone())
                .collect();
            for some in comments.chunks(PURGED_MAX) {
                self.purge(some, &caller.actor(), subject(), "erasure")
                    .await?;
            }
            match page.last().filter(|_| page.len() == EXPORT_PAGE) {
                Some((number, _)) => before = Some(*number),
                None => break,
            }
        }
        retried!(self.try_erase_record(caller, id).await)
    }

    async fn try_erase_record(&self, caller: &Caller, id: &MemberId) -> Result<(), DeskError> {
        let record = self.store.member(id).await?;
        let subject = self.store.subject(&Subject::Member(id.clone())).await?;
        let case = match subject.case {
            Some(case) => self.store.case(case).await?,
            None => None,
        };
        if case.is_some_and(|case| case.state.is_unresolved()) {
            return Ok(());
        }
        let mut member = record.clone();
        member.nicknames.clear();
        for sanction in &mut member.sanctions {
            sanction.reason = None;
        }
        let (reports, reporter) = self.words_of_reporter(id).await?;
        if member == record && subject.rulings.is_empty() && reports.is_empty() {
            return Ok(());
        }
        member.edition += 1;
        let subject = (subject.edition > 0).then(|| SubjectRecord {
            rulings: Vec::new(),
            edition: subject.edition + 1,
            ..subject
        });
        let audit = AuditDraft {
            at: self.clock.now(),
            actor: caller.actor(),
            action: "member.erased".to_owned(),
            subject: AuditSubject::Member(id.clone()),
            from: None,
            to: None,
            why: None,
            words: None,
        };
        self.store
            .commit(Commit::EraseMember {
                member,
                subject,
                reports,
                reporter,
                audit,
            })
            .await?;
        Ok(())
    }

    /// The reports with words that the reader who has a member's id made, without those; and the reader's edition. What still
    /// waits for a ruling keeps them.
    async fn words_of_reporter(&self, id: &MemberId) -> Result<(Vec<Report>, u64), DeskError> {
        let Ok(reporter) = ReporterId::parse(id.as_str()) else {
            return Ok((Vec::new(), 0));
        };
        let edition = self.store.reporter(&reporter).await?.edition;
        let (mut wordless, mut before) = (Vec::new(), None);
        let mut dockets = Dockets::default();
        loop {
            let page = self
                .store
                .reports_of(&reporter, before, REPORTS_MAX)
                .await?;
            before = page.last().map(|report| report.id);
            let is_last = page.len() < REPORTS_MAX;
            for report in page.into_iter().filter(|report| report.note.is_some()) {
                let docket = self.docket_of(&report, &mut dockets).await?;
                if report.outcome(docket) != Outcome::Open {
                    wordless.push(Report {
                        note: None,
                        ..report
                    });
                }
            }
            if is_last {
                return Ok((wordless, edition));
            }
        }
    }

    /// Keeps a comment from purge and erasure.
    pub async fn hold(
        &self,
        caller: &Caller,
        id: &CommentId,
        raw_reason: Option<String>,
        retry: Option<Retry>,
    ) -> Result<Answered<HoldView>, DeskError> {
        let mut faults = Vec::new();
        let Some(reason) = super::member::reason(raw_reason, &mut faults) else {
            return Err(DeskError::Fields(faults));
        };
        let pending = match self.begin(retry).await? {
            Begun::Replay(answer) => return Ok(answer.into()),
            Begun::Go(pending) => pending,
        };
        let now = self.clock.now();
        let hold = Hold {
            by: caller.actor(),
            at: now,
            reason,
        };
        let view = HoldView::from(&hold);
        let kept = pending.answer(200, &view, now)?;
        retried!(
            self.try_hold(caller, id, Some(hold.clone()), kept.clone())
                .await
        )?;
        Ok(Answered::Fresh(view))
    }

    /// Lets a comment age as others do.
    pub async fn let_go(&self, caller: &Caller, id: &CommentId) -> Result<(), DeskError> {
        retried!(self.try_hold(caller, id, None, None).await)
    }

    async fn try_hold(
        &self,
        caller: &Caller,
        id: &CommentId,
        hold: Option<Hold>,
        answer: Option<StoredAnswer>,
    ) -> Result<(), DeskError> {
        let comment = self.store.comment(id).await?.ok_or(DeskError::NotFound)?;
        if hold.is_none() && comment.hold.is_none() {
            return Ok(());
        }
        let audit = AuditDraft {
            at: self.clock.now(),
            actor: caller.actor(),
            action: if hold.is_some() {
                "comment.held"
            } else {
                "comment.let-go"
            }
            .to_owned(),
            subject: AuditSubject::Comment(id.clone()),
            from: None,
            to: None,
            why: None,
            words: hold.as_ref().map(|hold| hold.reason.clone()),
        };
        let after = Comment {
            hold,
            edition: comment.edition + 1,
            ..comment
        };
        self.store
            .commit(Commit::Hold(after, audit, answer))
            .await?;
        Ok(())
    }
}
