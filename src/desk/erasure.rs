//! Erasure on request: deletes what a member wrote, and what was written about it. Whatever an open case, a legal hold or a
//! sanction in force still needs is retained, listed in the answer, and erased by a later pass once the reason has ended.

use super::{
    error::DeskError,
    present::{ATTACHED_MAX, CaseHistories},
    privacy::{PURGED_MAX, Privacy},
    retried::retried,
    views::{ErasedCounts, ErasedView, ErasureView},
};
use crate::{
    access::Caller,
    id::{CaseId, CommentId, MemberId, ReportId, ReporterId},
    record::{
        Appeal, AuditSubject, Case, Change, Comment, Erasure, LeaseName, PurgeCause, Retained,
        RetainedItem, RetentionReason, Subject,
    },
    review::{
        RetentionCause, begin_erasure, end_erasure_pass, erase_appeals, erase_case,
        erase_member_records, erase_reports, erased_report, forms_erased, is_purgeable,
        last_covered_revision, purge_older_revisions, standing_retention,
    },
};

/// How many records are read at a time, and how many cases or reports are rewritten in one commit.
const PAGE: usize = 200;
const COMMITTED_MAX: usize = 50;
/// How many pending erasures are read at a time.
const PENDING_PAGE: usize = 50;

/// The result of one pass over a member's records.
#[derive(Default)]
struct ErasurePass {
    erased: ErasedCounts,
    retained: Vec<Retained>,
}

impl ErasurePass {
    /// Notes that a record is retained, why, and until when if that is known.
    fn retain(&mut self, what: RetainedItem, (why, until): RetentionCause) {
        self.retained.push(Retained { what, why, until });
    }
}

impl Privacy {
    /// Erases what a member wrote, and reports what is retained, why and until when. A repeated request also covers what was
    /// written since.
    pub async fn erase_member(
        &self,
        caller: &Caller,
        id: &MemberId,
    ) -> Result<ErasedView, DeskError> {
        self.base.check_known_member(id).await?;
        let erasure = retried(|| self.try_begin_erasure(caller, id)).await?;
        let pass = self.erase(&erasure).await?;
        let view = ErasedView {
            member_id: id.clone(),
            erased: pass.erased,
            erasure: ErasureView::of(erasure.requested_at, &pass.retained),
        };
        self.end_pass(erasure, pass.retained).await?;
        Ok(view)
    }

    async fn try_begin_erasure(
        &self,
        caller: &Caller,
        id: &MemberId,
    ) -> Result<Erasure, DeskError> {
        let previous = self.base.store.erasure(id).await?;
        let (by, now) = (caller.actor(), self.base.clock.now());
        let (erasure, change) = begin_erasure(id, previous.as_ref(), &by, now);
        self.base.commit(change).await?;
        Ok(erasure)
    }

    /// Continues erasures that were interrupted, or whose reasons for retaining something have changed. Does nothing if the clock
    /// has jumped, because deletion cannot be undone.
    pub async fn erase_pending(&self) -> Result<(), DeskError> {
        if self.base.clock_jump().is_some() {
            return Ok(());
        }
        let mut after: Option<MemberId> = None;
        loop {
            let page = self
                .base
                .store
                .erasures(after.as_ref(), PENDING_PAGE)
                .await?;
            for erasure in &page {
                let pass = self.pass(erasure);
                self.base.under_lease(LeaseName::Erasure, pass).await?;
            }
            // A short page is the last; after a full one the next read may find nothing and end the loop.
            match page.last().filter(|_| page.len() == PENDING_PAGE) {
                Some(last) => after = Some(last.member.clone()),
                None => return Ok(()),
            }
        }
    }

    /// A pass over what is kept of a member, if one is due.
    async fn pass(&self, erasure: &Erasure) -> Result<(), DeskError> {
        if self.base.is_erasure_due(erasure).await? {
            let pass = self.erase(erasure).await?;
            // If the member's erasure was requested again meanwhile, the commit is stale and the next round starts anew.
            self.end_pass(erasure.clone(), pass.retained).await?;
        }
        Ok(())
    }

    /// Stores what a pass retained, or ends the erasure if that is nothing. If the erasure was requested again meanwhile, the
    /// newer request's own pass does this.
    async fn end_pass(&self, erasure: Erasure, retained: Vec<Retained>) -> Result<(), DeskError> {
        let Some(change) = end_erasure_pass(erasure, retained, self.base.clock.now()) else {
            return Ok(());
        };
        match self.base.commit(change).await {
            Ok(()) | Err(DeskError::Stale) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Goes through everything that names the member: erases what nobody needs any more, and notes what is retained.
    async fn erase(&self, erasure: &Erasure) -> Result<ErasurePass, DeskError> {
        let mut pass = ErasurePass::default();
        self.erase_comments(erasure, &mut pass).await?;
        self.erase_cases(erasure, &mut pass).await?;
        self.erase_appeals(erasure, &mut pass).await?;
        self.erase_reports(erasure, &mut pass).await?;
        self.erase_forms(erasure, &pass).await?;
        let (nicknames, standing) = retried(|| self.try_erase_record(erasure)).await?;
        pass.erased.nicknames += nicknames;
        if let Some(retention) = standing {
            pass.retain(RetainedItem::Standing, retention);
        }
        let (now, until) = (self.base.clock.now(), self.base.answers_kept_until(erasure));
        if now < until {
            pass.retain(RetainedItem::Answers, (RetentionReason::Retry, Some(until)));
        }
        Ok(pass)
    }

    async fn erase_comments(
        &self,
        erasure: &Erasure,
        pass: &mut ErasurePass,
    ) -> Result<(), DeskError> {
        let (requested_at, mut before) = (erasure.requested_at, None);
        loop {
            let page = self
                .base
                .store
                .comments_of(&erasure.member, before, PAGE)
                .await?;
            let comments = page.iter().map(|(_, comment)| comment);
            let (covered, edited_later): (Vec<&Comment>, Vec<&Comment>) = comments
                .filter(|comment| comment.purged_at.is_none())
                .partition(|comment| comment.newest.at <= requested_at);
            for comment in edited_later {
                self.erase_older_revisions(&comment.id, erasure, pass)
                    .await?;
            }
            self.erase_whole_comments(&covered, erasure, pass).await?;
            match page.last().filter(|_| page.len() == PAGE) {
                Some((number, _)) => before = Some(*number),
                None => return Ok(()),
            }
        }
    }

    async fn erase_whole_comments(
        &self,
        comments: &[&Comment],
        erasure: &Erasure,
        pass: &mut ErasurePass,
    ) -> Result<(), DeskError> {
        let (requested_at, now) = (erasure.requested_at, self.base.clock.now());
        let mut due = Vec::new();
        for comment in comments {
            match self
                .base
                .comment_retention(&comment.id, requested_at, now)
                .await?
            {
                Some(retention) => {
                    pass.retain(RetainedItem::Comment(comment.id.clone()), retention)
                }
                None => due.push((*comment).clone()),
            }
        }
        for batch in due.chunks(PURGED_MAX) {
            let (by, subject) = (&erasure.by, member_subject(erasure));
            let purged = self.purge(batch, by, subject, PurgeCause::Erasure).await?;
            pass.erased.comments += purged as u64;
            if purged == batch.len() {
                continue;
            }
            // The purge skips a comment that an open case or a hold has just come to need. Note why it stays.
            for comment in batch {
                let retention = self
                    .base
                    .comment_retention(&comment.id, requested_at, now)
                    .await?;
                pass.retained.extend(retention.map(|(why, until)| Retained {
                    what: RetainedItem::Comment(comment.id.clone()),
                    why,
                    until,
                }));
            }
        }
        Ok(())
    }

    /// Erases the older revisions of a comment that was edited after the request; the newest one is not covered by it.
    async fn erase_older_revisions(
        &self,
        id: &CommentId,
        erasure: &Erasure,
        pass: &mut ErasurePass,
    ) -> Result<(), DeskError> {
        let now = self.base.clock.now();
        match self
            .base
            .comment_retention(id, erasure.requested_at, now)
            .await?
        {
            Some(retention) => pass.retain(RetainedItem::Comment(id.clone()), retention),
            None => {
                pass.erased.revisions +=
                    retried(|| self.try_erase_older_revisions(id, erasure)).await?
            }
        }
        Ok(())
    }

    /// Erases the revisions of a comment that existed when erasure was requested, and returns how many.
    async fn try_erase_older_revisions(
        &self,
        id: &CommentId,
        erasure: &Erasure,
    ) -> Result<u64, DeskError> {
        let Some(comment) = self.base.store.comment(id).await? else {
            return Ok(0);
        };
        if !is_purgeable(&comment) {
            return Ok(0);
        }
        let older = self.base.store.older_revisions(id).await?;
        let Some(last) = last_covered_revision(&older, erasure.requested_at) else {
            return Ok(0);
        };
        let erased = u64::from(last - comment.purged_through);
        let (subject, now) = (member_subject(erasure), self.base.clock.now());
        let change = purge_older_revisions(&comment, last, subject, &erasure.by, now);
        self.base.commit(change).await?;
        Ok(erased)
    }

    async fn erase_cases(
        &self,
        erasure: &Erasure,
        pass: &mut ErasurePass,
    ) -> Result<(), DeskError> {
        let (now, mut after) = (self.base.clock.now(), None);
        loop {
            let (cases, next) = self
                .base
                .store
                .cases_naming(&erasure.member, after, PAGE)
                .await?;
            // A case about a comment is erased with the comment.
            let own_cases = cases.into_iter().filter(|case| {
                !matches!(case.subject, Subject::Comment(_))
                    && case.opened_at <= erasure.requested_at
            });
            let mut due = Vec::new();
            for case in own_cases {
                match self.base.case_retention(&case, now).await? {
                    Some(retention) => pass.retain(RetainedItem::Case(case.id), retention),
                    None => due.extend(self.case_erased(&case).await?),
                }
            }
            for batch in due.chunks(COMMITTED_MAX) {
                self.write_cases(batch, pass).await?;
            }
            match next {
                Some(last) => after = Some(last),
                None => return Ok(()),
            }
            // Lets other tasks run between two pages.
            tokio::task::yield_now().await;
        }
    }

    /// Commits cases without their texts. If any of them has changed meanwhile, the whole batch waits for the next pass.
    async fn write_cases(
        &self,
        cases: &[(CaseId, Change)],
        pass: &mut ErasurePass,
    ) -> Result<(), DeskError> {
        let change = cases.iter().map(|(_, change)| change.clone()).collect();
        match self.base.commit(change).await {
            Ok(()) => pass.erased.cases += cases.len() as u64,
            Err(DeskError::Stale) => {
                for (id, _) in cases {
                    pass.retain(RetainedItem::Case(*id), (RetentionReason::CaseOpen, None));
                }
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// The change that takes the text out of a case; `None` where it holds none.
    async fn case_erased(&self, case: &Case) -> Result<Option<(CaseId, Change)>, DeskError> {
        let rulings = self.base.rulings_of(case).await?;
        let notes = self.base.store.notes(case.id, ATTACHED_MAX).await?;
        Ok(erase_case(case, rulings, notes).map(|change| (case.id, change)))
    }

    /// Erases the texts of appeals against sanctions. An appeal against a removal is erased with its comment.
    async fn erase_appeals(
        &self,
        erasure: &Erasure,
        pass: &mut ErasurePass,
    ) -> Result<(), DeskError> {
        let (requested_at, now) = (erasure.requested_at, self.base.clock.now());
        let mut after = None;
        loop {
            let (appeals, next) = self
                .base
                .store
                .appeals_by(&erasure.member, after, PAGE)
                .await?;
            let has_covered_text =
                |appeal: &Appeal| appeal.at <= requested_at && !appeal.statement.is_empty();
            let mut due = Vec::new();
            for appeal in appeals.into_iter().filter(has_covered_text) {
                match self
                    .base
                    .appeal_retention(&appeal, requested_at, now)
                    .await?
                {
                    // It is listed with its comment.
                    Some(_) if appeal.comment.is_some() => {}
                    Some(retention) => pass.retain(RetainedItem::Appeal(appeal.id), retention),
                    None => due.push(appeal),
                }
            }
            if !due.is_empty() {
                pass.erased.appeals += due.len() as u64;
                self.base.commit(erase_appeals(due)).await?;
            }
            match next {
                Some(last) => after = Some(last),
                None => return Ok(()),
            }
            tokio::task::yield_now().await;
        }
    }

    /// Erases the texts of the reports made by the reader with the member's id: boards use one id for both.
    async fn erase_reports(
        &self,
        erasure: &Erasure,
        pass: &mut ErasurePass,
    ) -> Result<(), DeskError> {
        // An id that no reporter can have made no reports.
        let Ok(reporter) = ReporterId::parse(erasure.member.as_str()) else {
            return Ok(());
        };
        let (mut before, mut histories) = (None, CaseHistories::default());
        loop {
            let page = self.base.store.reports_of(&reporter, before, PAGE).await?;
            let last = page.last().map(|report| report.id);
            let is_last = page.len() < PAGE;
            let mut due = Vec::new();
            for report in page {
                if erased_report(&report, erasure.requested_at).is_none() {
                    continue;
                }
                match self.base.report_retention(&report, &mut histories).await? {
                    Some(retention) => pass.retain(RetainedItem::Report(report.id), retention),
                    None => due.push(report.id),
                }
            }
            pass.erased.reports += due.len() as u64;
            for batch in due.chunks(COMMITTED_MAX) {
                retried(|| self.try_erase_reports(&reporter, batch, erasure)).await?;
            }
            // Once more without reports: the reporter's own record may hold a text though no report was due.
            if is_last {
                return retried(|| self.try_erase_reports(&reporter, &[], erasure)).await;
            }
            before = last;
        }
    }

    /// Commits these reports without their texts, together with the reporter's own record.
    async fn try_erase_reports(
        &self,
        id: &ReporterId,
        due: &[ReportId],
        erasure: &Erasure,
    ) -> Result<(), DeskError> {
        let record = self.base.store.reporter(id).await?;
        let mut reports = Vec::new();
        for report in due {
            // Read anew: it may have been dismissed or re-weighed meanwhile.
            reports.extend(self.base.store.report(*report).await?);
        }
        if let Some(change) = erase_reports(&reports, &record, erasure.requested_at) {
            self.base.commit(change).await?;
        }
        Ok(())
    }

    /// Erases the written forms that no other member wrote. While a text of theirs is retained, so are these: a ruling on it would
    /// write them anew.
    async fn erase_forms(&self, erasure: &Erasure, pass: &ErasurePass) -> Result<(), DeskError> {
        let is_text =
            |what: &RetainedItem| matches!(what, RetainedItem::Comment(_) | RetainedItem::Case(_));
        if pass.retained.iter().any(|item| is_text(&item.what)) {
            return Ok(());
        }
        self.drop_forms(|page| forms_erased(page, &erasure.member))
            .await
    }

    /// Erases the member's own record. Returns how many nicknames went, and why strikes and sanctions are retained.
    async fn try_erase_record(
        &self,
        erasure: &Erasure,
    ) -> Result<(u64, Option<RetentionCause>), DeskError> {
        let (requested_at, now, id) =
            (erasure.requested_at, self.base.clock.now(), &erasure.member);
        let member = self.base.store.member(id).await?;
        let nickname = Subject::Nickname(id.clone());
        let nickname = self.base.store.subject(&nickname).await?;
        let case = self.base.case_if(nickname.case).await?;
        // Nicknames stay while a case about them is open. That the case is retained has been noted already.
        let is_needed =
            case.is_some_and(|case| case.state.is_unresolved() && case.opened_at <= requested_at);
        let change = erase_member_records(&member, &nickname, requested_at, now);
        let mut erased = 0;
        if let Some(change) = change.filter(|_| !is_needed) {
            let left = change.member().unwrap_or(&member).nicknames.len();
            erased = (member.nicknames.len() - left) as u64;
            self.base.commit(change).await?;
        }
        Ok((erased, standing_retention(&member, requested_at, now)))
    }
}

fn member_subject(erasure: &Erasure) -> AuditSubject {
    AuditSubject::Member(erasure.member.clone())
}
