//! Reports (檢舉): filing and weighing them, and what moderators do about reporters.

use std::sync::Arc;

use super::{
    base::Base,
    comments::Comments,
    error::DeskError,
    fields::{Faults, code_for_people, reason},
    idempotency::{Completion, IdempotencyRequest, Idempotent, Once, Posted},
    page::{List, PageQuery, cut_page},
    present::CaseHistories,
    retried::retried,
    views::{DismissedView, ReportView, ReporterView},
};
use crate::{
    access::{Caller, Requirement},
    id::{CommentId, ReportId, ReporterId, RulingId},
    intake::{FieldFault, Mode, Submission, TAG_CHARS_MAX, bad_id},
    record::{Case, Change, Dismissal, Mute, Report, ReportOutcome, Ruling},
    review::{
        CaseContext, CaseHistory, OpenReports, ReportRequest, ReportWeight, compared_comments,
        dismiss, is_brigade, mute, outcome_of_report, report,
    },
    text::Surface,
    time::DAY_MS,
};

/// How many other reporters of the same comment they are compared with.
const COMPANIONS_MAX: usize = 50;
/// The most reports that a mute or a dismissal changes; the newest.
const TOUCHED_MAX: usize = 1_000;
/// The longest mute, in days.
pub const MUTE_DAYS_MAX: u32 = 3_650;

/// A report's fields as the board sent them, unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct ReportDraft {
    pub reporter_id: Option<String>,
    pub code: Option<String>,
    pub note: Option<String>,
    pub surface: Option<String>,
    pub tag: Option<String>,
}

impl ReportDraft {
    fn checked(self) -> Result<ReportRequest, DeskError> {
        let mut faults = Faults::default();
        let reporter = faults.required(self.reporter_id, "/reporter_id", |raw| {
            ReporterId::parse(raw).map_err(|_| bad_id("/reporter_id"))
        });
        let code = faults.required(self.code, "/code", |raw| code_for_people(&raw, "/code"));
        let note = faults.note(self.note, "/note");
        let surface = faults.optional(self.surface, |raw| {
            let (zh_tw, en) = ("須為 body、nickname 或 tags", "one of body, nickname, tags");
            Surface::parse(&raw).ok_or_else(|| FieldFault::invalid("/surface", zh_tw, en))
        });
        let tag = faults.optional(self.tag, |tag| {
            let is_short = tag.chars().count() <= TAG_CHARS_MAX;
            let fits = is_short && surface.is_none_or(|surface| surface == Surface::Tags);
            let fault = FieldFault::invalid(
                "/tag",
                "標籤只能與 surface=tags 一起指定，且不得超過 40 字",
                "a tag goes with surface tags and has at most 40 characters",
            );
            fits.then_some(tag).ok_or(fault)
        });
        let request = reporter.zip(code).map(|(reporter, code)| ReportRequest {
            reporter,
            code,
            note,
            surface: surface.or(tag.as_ref().map(|_| Surface::Tags)),
            tag,
        });
        faults.finish(request)
    }
}

/// Reports and reporters.
pub struct Reports {
    pub(super) base: Arc<Base>,
    /// Files the comment that comes with a report.
    pub(super) comments: Arc<Comments>,
}

impl Reports {
    /// Files a report. If the reporter has reported the comment before, the existing report is returned and
    /// [`Posted::created`] is false.
    pub async fn report(
        &self,
        caller: &Caller,
        comment: CommentId,
        draft: ReportDraft,
        unknown: Option<Submission>,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<Posted<ReportView>>, DeskError> {
        let request = draft.checked()?;
        self.base
            .once(idempotency, |once| async {
                self.file_accompanying(caller, &comment, unknown.clone())
                    .await?;
                self.try_report(caller, &comment, &request, once).await
            })
            .await
    }

    /// Files the comment that was sent with a report of a comment we do not know. A caller who may post comments makes it
    /// authoritative; anybody else's version is provisional: it is judged, and the board's own replaces it.
    async fn file_accompanying(
        &self,
        caller: &Caller,
        comment: &CommentId,
        accompanying: Option<Submission>,
    ) -> Result<(), DeskError> {
        let provisional = !caller.meets(Requirement::MODERATE);
        let is_known = match self.base.store.comment(comment).await? {
            None => false,
            // Of a purged comment no text is left to judge, so the one that was sent is filed.
            Some(known) if known.purged_at.is_some() => false,
            // A reporter's version does not replace another's; the board's own does.
            Some(known) => !known.provisional || provisional || accompanying.is_none(),
        };
        if is_known {
            return Ok(());
        }
        let submission = accompanying.ok_or(DeskError::NotFound)?;
        let mode = Mode {
            provisional,
            ..Mode::default()
        };
        self.comments.post(caller, submission, mode, None).await?;
        Ok(())
    }

    async fn try_report(
        &self,
        caller: &Caller,
        id: &CommentId,
        request: &ReportRequest,
        once: Once<'_>,
    ) -> Result<Posted<ReportView>, DeskError> {
        if let Some(known) = self.base.store.report_by(id, &request.reporter).await? {
            let view = self.base.report_view(&known).await?;
            self.base.remember(&once, Completion::Done, &view).await?;
            return Ok(Posted {
                view,
                created: false,
            });
        }
        let comment = self.base.comment(id).await?;
        if comment.withdrawn_at.is_some() {
            return Err(DeskError::CommentWithdrawn);
        }
        if let Some(tag) = request
            .tag
            .as_ref()
            .filter(|tag| !comment.newest.tags.contains(tag))
        {
            return Err(DeskError::field(FieldFault::invalid(
                "/tag",
                format!("這則留言沒有標籤「{tag}」"),
                format!("the comment has no such tag: {tag}"),
            )));
        }
        let background = self.base.background_of(&comment).await?;
        let weight = self
            .report_weight(id, request, background.case(comment.case))
            .await?;
        let mut ids = self.base.id_source();
        let context = CaseContext {
            comment: &comment,
            background: &background,
        };
        let rulebook = self.base.rules();
        let removal = match context.removed_by(request.surface, request.tag.as_deref()) {
            Some(ruling) => self.removal(ruling).await?,
            None => None,
        };
        let change = report(
            context,
            request.clone(),
            weight,
            removal,
            &rulebook.rules,
            &caller.actor(),
            &mut ids,
        )
        .map_err(|_| DeskError::CommentWithdrawn)?;
        let filed = change.report().cloned().ok_or(DeskError::NotFound)?;
        // A ruling has removed it already: that decides the report, too.
        let decided = change.case().cloned().zip(change.ruling().cloned());
        let history = decided.map(|(case, ruling)| CaseHistory {
            case,
            rulings: vec![ruling],
        });
        let view = self.base.report_view_of(&filed, history.as_ref());
        let stored_answer = once.answer(Completion::Created, &view, ids.now)?;
        self.base.commit(change.remembering(stored_answer)).await?;
        Ok(Posted {
            view,
            created: true,
        })
    }

    /// A ruling that removed something, with its case.
    async fn removal(&self, id: RulingId) -> Result<Option<(Ruling, Case)>, DeskError> {
        let Some(ruling) = self.base.store.ruling(id).await? else {
            return Ok(None);
        };
        let case = self.base.store.case(ruling.case).await?;
        Ok(case.map(|case| (ruling, case)))
    }

    /// The weight of a report, worked out before it is filed.
    async fn report_weight(
        &self,
        comment: &CommentId,
        request: &ReportRequest,
        case: Option<&Case>,
    ) -> Result<ReportWeight, DeskError> {
        let record = self.base.store.reporter(&request.reporter).await?;
        let (track, others) = self.base.track_record(&request.reporter).await?;
        // The track record is asked first: a comparison can take 50 × 12 reads.
        let coordinated = !track.is_proven() && self.is_brigade(comment, &others).await?;
        let is_muted = record.is_muted(self.base.clock.now());
        let reopen_min = self.base.settings.reports_reopen_min;
        Ok(ReportWeight::new(
            track,
            is_muted,
            coordinated,
            case,
            reopen_min,
        ))
    }

    /// Whether somebody else who reported this comment also reported several others of the reporter's.
    async fn is_brigade(&self, comment: &CommentId, own: &[Report]) -> Result<bool, DeskError> {
        let Some(compared) = compared_comments(own) else {
            return Ok(false);
        };
        // This report is not filed yet, so the reporter is not their own companion.
        for companion in self.base.store.reports_on(comment, COMPANIONS_MAX).await? {
            let mut shared = 0;
            for other in &compared {
                let shared_report = self
                    .base
                    .store
                    .report_by(other, &companion.reporter)
                    .await?;
                shared += usize::from(shared_report.is_some());
                if is_brigade(shared) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// A report with its outcome.
    pub async fn report_by_id(&self, id: ReportId) -> Result<ReportView, DeskError> {
        let report = self.base.report(id).await?;
        self.base.report_view(&report).await
    }

    /// A reporter's reports, the newest first.
    pub async fn reports_of(
        &self,
        reporter: Option<String>,
        page: PageQuery,
    ) -> Result<List<ReportView>, DeskError> {
        let list = "reports";
        let (limit, before) = page.parsed(list, ReportId::parse)?;
        let Some(raw) = reporter.filter(|raw| !raw.is_empty()) else {
            return Err(DeskError::field(FieldFault::missing("?reporter_id")));
        };
        let reporter = ReporterId::parse(raw).map_err(|_| {
            DeskError::field(FieldFault::invalid(
                "?reporter_id",
                "識別碼無效",
                "not an id",
            ))
        })?;
        let reports = self.base.store.reports_of(&reporter, before, limit + 1);
        let name = |report: &Report| report.id.to_string();
        let (reports, next_cursor) = cut_page(list, reports.await?, limit, name);
        let items = self.base.report_views(&reports).await?;
        Ok(List { items, next_cursor })
    }

    /// A reader's record as a reporter.
    pub async fn reporter(&self, id: &ReporterId) -> Result<ReporterView, DeskError> {
        let view = self.base.reporter_view(id).await?;
        view.ok_or(DeskError::NotFound)
    }

    /// Mutes a reporter for some days: their reports, open ones too, have no weight.
    pub async fn mute_reporter(
        &self,
        caller: &Caller,
        id: ReporterId,
        days: Option<u32>,
        raw_reason: Option<String>,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<ReporterView>, DeskError> {
        let mut faults = Faults::default();
        let days = days.ok_or_else(|| FieldFault::missing("/days"));
        let days = faults.checked(days.and_then(|days| {
            let fault = FieldFault::invalid("/days", "須為 1 到 3650", "1 to 3,650");
            let is_allowed = (1..=MUTE_DAYS_MAX).contains(&days);
            is_allowed.then_some(days).ok_or(fault)
        }));
        let reason = faults.required_note(raw_reason, "/reason");
        let (days, reason) = faults.finish(days.zip(reason))?;
        let now = self.base.clock.now();
        let mute = Mute {
            until: now.plus_ms(i64::from(days) * DAY_MS),
            dismissal: Dismissal {
                by: caller.actor(),
                at: now,
                reason,
            },
        };
        self.base
            .once(idempotency, |once| {
                self.try_mute(caller, &id, Some(mute.clone()), once)
            })
            .await
    }

    /// Ends a reporter's mute.
    pub async fn unmute_reporter(&self, caller: &Caller, id: ReporterId) -> Result<(), DeskError> {
        retried(|| self.try_mute(caller, &id, None, self.base.unkeyed())).await?;
        Ok(())
    }

    async fn try_mute(
        &self,
        caller: &Caller,
        id: &ReporterId,
        muted: Option<Mute>,
        once: Once<'_>,
    ) -> Result<ReporterView, DeskError> {
        let now = self.base.clock.now();
        let record = self.base.store.reporter(id).await?;
        // A reporter nobody has seen yet can be muted: the board may know them from elsewhere.
        let is_known =
            record.row_version > 0 || !self.base.store.reports_of(id, None, 1).await?.is_empty();
        if muted.is_none() && !is_known {
            return Err(DeskError::NotFound);
        }
        let (track, _) = self.base.track_record(id).await?;
        let open = self.open_reports(id).await?;
        let change = mute(&record, muted, track, open, &caller.actor(), now);
        let updated = change.as_ref().and_then(Change::reporter);
        let view = ReporterView::of(updated.unwrap_or(&record), track, now);
        if let Some(change) = change {
            let answer = once.answer(Completion::Done, &view, now)?;
            self.base.commit(change.remembering(answer)).await?;
        }
        Ok(view)
    }

    /// Dismisses all open reports of one reporter as made in bad faith.
    pub async fn dismiss_reports(
        &self,
        caller: &Caller,
        id: ReporterId,
        raw_reason: Option<String>,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<DismissedView>, DeskError> {
        let reason = reason(raw_reason)?;
        self.base
            .once(idempotency, |once| {
                self.try_dismiss(caller, &id, &reason, once)
            })
            .await
    }

    async fn try_dismiss(
        &self,
        caller: &Caller,
        id: &ReporterId,
        reason: &str,
        once: Once<'_>,
    ) -> Result<DismissedView, DeskError> {
        let now = self.base.clock.now();
        let record = self.base.store.reporter(id).await?;
        if record.row_version == 0 && self.base.store.reports_of(id, None, 1).await?.is_empty() {
            return Err(DeskError::NotFound);
        }
        let dismissal = Dismissal {
            by: caller.actor(),
            at: now,
            reason: reason.to_owned(),
        };
        let open = self.open_reports(id).await?;
        let view = DismissedView {
            dismissed: open.reports.len() as u64,
        };
        let answer = once.answer(Completion::Done, &view, now)?;
        let change = dismiss(&record, &dismissal, open);
        self.base.commit(change.remembering(answer)).await?;
        Ok(view)
    }

    async fn open_reports(&self, id: &ReporterId) -> Result<OpenReports, DeskError> {
        let (mut reports, mut histories) = (Vec::new(), CaseHistories::default());
        for report in self.base.store.reports_of(id, None, TOUCHED_MAX).await? {
            let history = self.base.history_of(&report, &mut histories).await?;
            if outcome_of_report(&report, history) == ReportOutcome::Open {
                reports.push(report);
            }
        }
        let cases = histories.into_cases();
        Ok(OpenReports { reports, cases })
    }
}
