//! Erasure: what a member wrote goes when they ask, with what was written about it. What waits for a ruling, is held or is
//! in force is kept, told, and goes by itself once that ends.

use super::{
    Desk, DeskError,
    privacy::{HEARD_MAX, PURGED_MAX},
    report::CaseHistories,
    retried,
    views::{ErasedCounts, ErasedView, ErasureView},
};
use crate::{
    access::Caller,
    id::{CommentId, MemberId, ReporterId},
    intake::{
        Erased, ErasedCase, Purge, RelevanceWindow, erased_case, erased_member, erased_report,
        erased_reporter, erased_subject, matters,
    },
    record::{
        Actor, Appeal, AppealOutcome, AuditAction, AuditDraft, AuditSubject, Case, Comment,
        Erasure, Precondition, PurgeCause, Report, ReportOutcome, ReporterRecord, Retained,
        RetainedItem, RetentionReason, Ruling, Subject,
    },
    review::outcome_of_appeal,
    review::outcome_of_report,
    store::{Commit, StoreError},
    time::Timestamp,
};

/// How many records are read at a time, and how many cases or reports lose their words in one commit.
const PAGE: usize = 200;
const WRITTEN_MAX: usize = 50;
/// How many pending erasures are looked at in one go.
const PENDING_PAGE: usize = 50;

/// What one pass over a member's records did.
#[derive(Default)]
struct ErasurePass {
    gone: ErasedCounts,
    kept: Vec<Retained>,
}

impl ErasurePass {
    fn keep(&mut self, what: RetainedItem, (why, until): (RetentionReason, Option<Timestamp>)) {
        self.kept.push(Retained { what, why, until });
    }
}

impl Desk {
    /// Erases what a member wrote, and tells what is kept, why and until when. Asked again it covers what came since.
    pub async fn erase_member(
        &self,
        caller: &Caller,
        id: &MemberId,
    ) -> Result<ErasedView, DeskError> {
        self.known_member(id).await?;
        let begun = retried!(self.try_begin_erasure(caller, id).await)?;
        let pass = self.erase(&begun).await?;
        let view = ErasedView {
            member_id: id.clone(),
            erased: pass.gone,
            erasure: ErasureView::of(begun.requested_at, &pass.kept),
        };
        self.end_pass(begun, pass.kept).await?;
        Ok(view)
    }

    async fn try_begin_erasure(
        &self,
        caller: &Caller,
        id: &MemberId,
    ) -> Result<Erasure, DeskError> {
        let known = self.store.erasure(id).await?;
        let now = self.clock.now();
        let erasure = Erasure {
            member: id.clone(),
            by: caller.actor(),
            requested_at: now,
            looked: false,
            kept: Vec::new(),
            row_version: known.map_or(0, |known| known.row_version) + 1,
        };
        let audit = erasure_audit(&caller.actor(), now, AuditAction::MemberErased, id);
        self.store
            .commit(Commit::Erasure(erasure.clone(), Some(audit)))
            .await?;
        Ok(erasure)
    }

    /// Goes on with erasures of which something was kept whose reason is gone, or that a stop broke off.
    /// Where the clock has jumped nothing is looked at.
    pub async fn erase_pending(&self) -> Result<(), DeskError> {
        if self.clock_jump().is_some() {
            return Ok(());
        }
        let mut after: Option<MemberId> = None;
        loop {
            let page = self.store.erasures(after.as_ref(), PENDING_PAGE).await?;
            for erasure in &page {
                if self.is_due(erasure).await? {
                    let pass = self.erase(erasure).await?;
                    // Asked again meanwhile, it begins anew by itself.
                    self.end_pass(erasure.clone(), pass.kept).await?;
                }
            }
            match page.last().filter(|_| page.len() == PENDING_PAGE) {
                Some(last) => after = Some(last.member.clone()),
                None => return Ok(()),
            }
        }
    }

    /// Writes how far an erasure has come. Where it was asked for again meanwhile, that one tells.
    async fn end_pass(&self, erasure: Erasure, kept: Vec<Retained>) -> Result<(), DeskError> {
        let commit = if kept.is_empty() {
            let now = self.clock.now();
            let audit = erasure_audit(
                &Actor::System,
                now,
                AuditAction::ErasureFinished,
                &erasure.member,
            );
            Commit::ErasureDone(erasure, audit)
        } else if erasure.looked && kept == erasure.kept {
            return Ok(());
        } else {
            let after = Erasure {
                looked: true,
                kept,
                row_version: erasure.row_version + 1,
                ..erasure
            };
            Commit::Erasure(after, None)
        };
        match self.store.commit(commit).await {
            Ok(_) | Err(StoreError::Stale) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether something has changed for what is kept.
    async fn is_due(&self, erasure: &Erasure) -> Result<bool, DeskError> {
        if !erasure.looked {
            return Ok(true);
        }
        let now = self.clock.now();
        for kept in &erasure.kept {
            if kept.until.is_some_and(|until| now >= until)
                || self.why_still(erasure, &kept.what, now).await? != Some((kept.why, kept.until))
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn why_still(
        &self,
        erasure: &Erasure,
        what: &RetainedItem,
        now: Timestamp,
    ) -> Result<Option<(RetentionReason, Option<Timestamp>)>, DeskError> {
        match what {
            RetainedItem::Comment(id) => self.why_comment(id, erasure.requested_at, now).await,
            RetainedItem::Case(id) => match self.store.case(*id).await? {
                Some(case) => self.why_case(&case, now).await,
                None => Ok(None),
            },
            RetainedItem::Report(id) => match self.store.report(*id).await? {
                Some(report) => {
                    self.why_report(&report, &mut CaseHistories::default())
                        .await
                }
                None => Ok(None),
            },
            RetainedItem::Appeal(id) => match self.store.appeal(*id).await? {
                Some(appeal) => self.why_appeal(&appeal, erasure.requested_at, now).await,
                None => Ok(None),
            },
            RetainedItem::Standing => {
                let member = self.store.member(&erasure.member).await?;
                Ok(why_standing(matters(&member, erasure.requested_at, now)))
            }
            RetainedItem::Answers => {
                let until = self.answers_until(erasure);
                Ok((now < until).then_some((RetentionReason::Retry, Some(until))))
            }
        }
    }

    /// Goes through everything that names the member: takes what is nobody's business any more, notes what is kept.
    async fn erase(&self, erasure: &Erasure) -> Result<ErasurePass, DeskError> {
        let mut pass = ErasurePass::default();
        self.erase_comments(erasure, &mut pass).await?;
        self.erase_cases(erasure, &mut pass).await?;
        self.erase_appeals(erasure, &mut pass).await?;
        self.erase_reports(erasure, &mut pass).await?;
        retried!(self.try_erase_record(erasure, &mut pass).await)?;
        let (now, until) = (self.clock.now(), self.answers_until(erasure));
        if now < until {
            pass.keep(RetainedItem::Answers, (RetentionReason::Retry, Some(until)));
        }
        Ok(pass)
    }

    fn answers_until(&self, erasure: &Erasure) -> Timestamp {
        erasure.requested_at.plus_ms(self.settings.answers_ms)
    }

    async fn erase_comments(
        &self,
        erasure: &Erasure,
        pass: &mut ErasurePass,
    ) -> Result<(), DeskError> {
        let (asked, mut before) = (erasure.requested_at, None);
        loop {
            let page = self
                .store
                .comments_of(&erasure.member, before, PAGE)
                .await?;
            let written = page.iter().map(|(_, comment)| comment);
            let (meant, later): (Vec<&Comment>, Vec<&Comment>) = written
                .filter(|comment| comment.purged_at.is_none())
                .partition(|comment| comment.newest.at <= asked);
            for comment in later {
                self.erase_older(&comment.id, erasure, pass).await?;
            }
            self.erase_page(&meant, erasure, pass).await?;
            match page.last().filter(|_| page.len() == PAGE) {
                Some((number, _)) => before = Some(*number),
                None => return Ok(()),
            }
        }
    }

    async fn erase_page(
        &self,
        meant: &[&Comment],
        erasure: &Erasure,
        pass: &mut ErasurePass,
    ) -> Result<(), DeskError> {
        let (asked, now) = (erasure.requested_at, self.clock.now());
        let mut free = Vec::new();
        for comment in meant {
            match self.why_comment(&comment.id, asked, now).await? {
                Some(why) => pass.keep(RetainedItem::Comment(comment.id.clone()), why),
                None => free.push((*comment).clone()),
            }
        }
        let subject = || AuditSubject::Member(erasure.member.clone());
        for some in free.chunks(PURGED_MAX) {
            let gone = self
                .purge(some, &erasure.by, subject(), PurgeCause::Erasure)
                .await?;
            pass.gone.comments += gone as u64;
            if gone == some.len() {
                continue;
            }
            // Something happened to one of them at this very moment.
            for comment in some {
                let why = self.why_comment(&comment.id, asked, now).await?;
                pass.kept.extend(why.map(|(why, until)| Retained {
                    what: RetainedItem::Comment(comment.id.clone()),
                    why,
                    until,
                }));
            }
        }
        Ok(())
    }

    /// A comment that was edited since: what it said before is meant.
    async fn erase_older(
        &self,
        id: &CommentId,
        erasure: &Erasure,
        pass: &mut ErasurePass,
    ) -> Result<(), DeskError> {
        let now = self.clock.now();
        match self.why_comment(id, erasure.requested_at, now).await? {
            Some(why) => pass.keep(RetainedItem::Comment(id.clone()), why),
            None => pass.gone.revisions += retried!(self.try_erase_older(id, erasure).await)?,
        }
        Ok(())
    }

    /// Takes those older revisions of a comment that were there when erasure was asked for. How many went.
    async fn try_erase_older(&self, id: &CommentId, erasure: &Erasure) -> Result<u64, DeskError> {
        let Some(comment) = self.store.comment(id).await? else {
            return Ok(0);
        };
        if comment.purged_at.is_some() || comment.legal_hold.is_some() {
            return Ok(0);
        }
        let older = self.store.older_revisions(id).await?;
        let meant = older.iter().rfind(|one| one.at <= erasure.requested_at);
        let Some(last) = meant else {
            return Ok(0);
        };
        let now = self.clock.now();
        let audit = AuditDraft {
            to: Some("1".to_owned()),
            ..erasure_audit(
                &erasure.by,
                now,
                AuditAction::CommentsPurged(PurgeCause::Erasure),
                &erasure.member,
            )
        };
        let gone = u64::from(last.number - comment.purged_through);
        let purge = Purge::older(&comment, last.number);
        self.store.commit(Commit::Purge(vec![purge], audit)).await?;
        Ok(gone)
    }

    /// Why a comment is kept; none where nothing keeps it, or it is not what was meant.
    async fn why_comment(
        &self,
        id: &CommentId,
        asked: Timestamp,
        now: Timestamp,
    ) -> Result<Option<(RetentionReason, Option<Timestamp>)>, DeskError> {
        let comment = self.store.comment(id).await?;
        let Some(comment) = comment.filter(|one| one.purged_at.is_none()) else {
            return Ok(None);
        };
        if comment.newest.at > asked && !self.has_older(&comment, asked).await? {
            return Ok(None);
        }
        if comment.legal_hold.is_some() {
            return Ok(Some((RetentionReason::Hold, None)));
        }
        let case = match comment.case {
            Some(id) => self.store.case(id).await?,
            None => None,
        };
        let why = match &case {
            Some(case) => self.why_case(case, now).await?,
            None => None,
        };
        if why.is_none() && self.is_needed(&comment).await? {
            return Ok(Some((RetentionReason::CaseOpen, None)));
        }
        Ok(why)
    }

    /// Whether a comment that was edited since still has what it said when erasure was asked for.
    async fn has_older(&self, comment: &Comment, asked: Timestamp) -> Result<bool, DeskError> {
        if comment.newest.number <= comment.purged_through + 1 {
            return Ok(false);
        }
        let older = self.store.older_revisions(&comment.id).await?;
        Ok(older.iter().any(|revision| revision.at <= asked))
    }

    async fn why_case(
        &self,
        case: &Case,
        now: Timestamp,
    ) -> Result<Option<(RetentionReason, Option<Timestamp>)>, DeskError> {
        if case.state.is_unresolved() {
            return Ok(Some((RetentionReason::CaseOpen, None)));
        }
        let newest = match case.rulings.last() {
            Some(id) => self.store.ruling(*id).await?,
            None => None,
        };
        let can_be_undone = |ruling: &Ruling| {
            ruling.undone.is_none() && ruling.version == case.version && now < ruling.undo_until
        };
        let newest = newest.filter(can_be_undone);
        Ok(newest.map(|ruling| (RetentionReason::UndoOpen, Some(ruling.undo_until))))
    }

    async fn erase_cases(
        &self,
        erasure: &Erasure,
        pass: &mut ErasurePass,
    ) -> Result<(), DeskError> {
        let (now, mut after) = (self.clock.now(), None);
        loop {
            let (cases, next) = self
                .store
                .cases_naming(&erasure.member, after, PAGE)
                .await?;
            // A comment's case goes with the comment.
            let apart = cases.into_iter().filter(|case| {
                !matches!(case.subject, Subject::Comment(_))
                    && case.opened_at <= erasure.requested_at
            });
            let mut meant = Vec::new();
            for case in apart {
                match self.why_case(&case, now).await? {
                    Some(why) => pass.keep(RetainedItem::Case(case.id), why),
                    None => meant.extend(self.without_words(&case).await?),
                }
            }
            for some in meant.chunks(WRITTEN_MAX) {
                self.write_cases(some, erasure, pass).await?;
            }
            match next {
                Some(last) => after = Some(last),
                None => return Ok(()),
            }
            tokio::task::yield_now().await;
        }
    }

    /// Writes cases without words. Where one has moved at this very moment, all of them wait for the next pass.
    async fn write_cases(
        &self,
        cases: &[ErasedCase],
        erasure: &Erasure,
        pass: &mut ErasurePass,
    ) -> Result<(), DeskError> {
        let erased = Erased {
            cases: cases.to_vec(),
            asked: erasure.requested_at,
            ..Erased::default()
        };
        match self.store.commit(Commit::Erase(erased)).await {
            Ok(_) => pass.gone.cases += cases.len() as u64,
            Err(StoreError::Stale) => {
                for one in cases {
                    pass.keep(
                        RetainedItem::Case(one.case.id),
                        (RetentionReason::CaseOpen, None),
                    );
                }
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    async fn without_words(&self, case: &Case) -> Result<Option<ErasedCase>, DeskError> {
        let mut rulings = Vec::new();
        for id in &case.rulings {
            rulings.extend(self.store.ruling(*id).await?);
        }
        let notes = self.store.notes(case.id, HEARD_MAX).await?;
        Ok(erased_case(case, rulings, notes))
    }

    /// Appeals against sanctions; one against a removal goes with its comment.
    async fn erase_appeals(
        &self,
        erasure: &Erasure,
        pass: &mut ErasurePass,
    ) -> Result<(), DeskError> {
        let (asked, now) = (erasure.requested_at, self.clock.now());
        let mut after = None;
        loop {
            let (appeals, next) = self.store.appeals_by(&erasure.member, after, PAGE).await?;
            let written = |one: &Appeal| one.at <= asked && !one.statement.is_empty();
            let mut silent = Vec::new();
            for appeal in appeals.into_iter().filter(written) {
                match self.why_appeal(&appeal, asked, now).await? {
                    // it is told with its comment
                    Some(_) if appeal.comment.is_some() => {}
                    Some(why) => pass.keep(RetainedItem::Appeal(appeal.id), why),
                    None => silent.push(Appeal {
                        statement: String::new(),
                        ..appeal
                    }),
                }
            }
            if !silent.is_empty() {
                pass.gone.appeals += silent.len() as u64;
                let erased = Erased {
                    appeals: silent,
                    asked,
                    ..Erased::default()
                };
                self.store.commit(Commit::Erase(erased)).await?;
            }
            match next {
                Some(last) => after = Some(last),
                None => return Ok(()),
            }
            tokio::task::yield_now().await;
        }
    }

    async fn why_appeal(
        &self,
        appeal: &Appeal,
        asked: Timestamp,
        now: Timestamp,
    ) -> Result<Option<(RetentionReason, Option<Timestamp>)>, DeskError> {
        if let Some(comment) = &appeal.comment {
            return self.why_comment(comment, asked, now).await;
        }
        let history = self.case_history(appeal.decision_point.case).await?;
        let waits = history
            .is_some_and(|history| outcome_of_appeal(appeal, &history) == AppealOutcome::Open);
        Ok(waits.then_some((RetentionReason::CaseOpen, None)))
    }

    /// The reports of the reader who has the member's id.
    async fn erase_reports(
        &self,
        erasure: &Erasure,
        pass: &mut ErasurePass,
    ) -> Result<(), DeskError> {
        let Ok(reporter) = ReporterId::parse(erasure.member.as_str()) else {
            return Ok(());
        };
        let (mut before, mut histories) = (None, CaseHistories::default());
        loop {
            let page = self.store.reports_of(&reporter, before, PAGE).await?;
            let last = page.last().map(|report| report.id);
            let is_last = page.len() < PAGE;
            let mut silent = Vec::new();
            for report in page {
                if report.at > erasure.requested_at || erased_report(&report).is_none() {
                    continue;
                }
                match self.why_report(&report, &mut histories).await? {
                    Some(why) => pass.keep(RetainedItem::Report(report.id), why),
                    None => silent.extend(erased_report(&report)),
                }
            }
            pass.gone.reports += silent.len() as u64;
            for some in silent.chunks(WRITTEN_MAX) {
                retried!(self.try_erase_reports(&reporter, some, erasure).await)?;
            }
            if is_last {
                return retried!(self.try_erase_reports(&reporter, &[], erasure).await);
            }
            before = last;
        }
    }

    async fn why_report(
        &self,
        report: &Report,
        histories: &mut CaseHistories,
    ) -> Result<Option<(RetentionReason, Option<Timestamp>)>, DeskError> {
        let history = self.history_of(report, histories).await?;
        let waits = outcome_of_report(report, history) == ReportOutcome::Open;
        Ok(waits.then_some((RetentionReason::CaseOpen, None)))
    }

    /// Writes these reports of a reader, with the reader's own record.
    async fn try_erase_reports(
        &self,
        id: &ReporterId,
        silent: &[Report],
        erasure: &Erasure,
    ) -> Result<(), DeskError> {
        let asked = erasure.requested_at;
        let record: ReporterRecord = self.store.reporter(id).await?;
        let mut reports = Vec::new();
        for report in silent {
            // It may have been set aside, or weighed otherwise, meanwhile.
            let newest = self.store.report(report.id).await?;
            reports.extend(newest.as_ref().and_then(erased_report));
        }
        let reporter = erased_reporter(&record, asked);
        let expects = match reporter {
            Some(_) => Vec::new(),
            None => vec![Precondition::Reporter(id.clone(), record.row_version)],
        };
        let erased = Erased {
            reports,
            reporter,
            redacted: vec![AuditSubject::Reporter(id.clone())],
            asked,
            expects,
            ..Erased::default()
        };
        if !erased.is_empty() {
            self.store.commit(Commit::Erase(erased)).await?;
        }
        Ok(())
    }

    async fn try_erase_record(
        &self,
        erasure: &Erasure,
        pass: &mut ErasurePass,
    ) -> Result<(), DeskError> {
        let (asked, now, id) = (erasure.requested_at, self.clock.now(), &erasure.member);
        let member = self.store.member(id).await?;
        let why = why_standing(matters(&member, asked, now));
        let subject = self.store.subject(&Subject::Nickname(id.clone())).await?;
        let case = match subject.case {
            Some(case) => self.store.case(case).await?,
            None => None,
        };
        // Who decides about a nickname has to see it; that the case is kept is told already.
        let waits = case.is_some_and(|case| case.state.is_unresolved() && case.opened_at <= asked);
        let silent = erased_member(&member, asked, now).filter(|_| !waits);
        let rulings = erased_subject(&subject, asked).filter(|_| !waits);
        let left = silent.as_ref().unwrap_or(&member).nicknames.len();
        let erased = Erased {
            member: silent,
            subject: rulings,
            redacted: vec![AuditSubject::Member(id.clone())],
            asked,
            ..Erased::default()
        };
        if !erased.is_empty() {
            self.store.commit(Commit::Erase(erased)).await?;
        }
        pass.gone.nicknames += (member.nicknames.len() - left) as u64;
        if let Some(why) = why {
            pass.keep(RetainedItem::Standing, why);
        }
        Ok(())
    }
}

const fn why_standing(matters: RelevanceWindow) -> Option<(RetentionReason, Option<Timestamp>)> {
    match matters {
        RelevanceWindow::No => None,
        RelevanceWindow::Until(until) => Some((RetentionReason::InForce, until)),
    }
}

fn erasure_audit(
    actor: &Actor,
    at: Timestamp,
    action: AuditAction,
    member: &MemberId,
) -> AuditDraft {
    AuditDraft::new(at, actor, action, AuditSubject::Member(member.clone()))
}
