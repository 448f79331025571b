//! Export of everything stored about a member, for requests of access to personal data.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    desk::{
        base::Base,
        error::DeskError,
        views::{
            AppealView, AuditView, CommentView, ErasureView, MemberCaseView, MemberView,
            NicknameView, NoteView, ReceivedReportView, ReportView, ReporterView, RulingView,
            SanctionView, SpellingView, StrikeView,
        },
    },
    id::{MemberId, ReporterId},
    record::{AuditAction, AuditSubject, Case, Comment, Subject},
    store::AuditFilter,
};

/// The most reports on a comment, and notes on a case, that are exported, and purged or erased with it.
pub const ATTACHED_MAX: usize = 1_000;
/// How many records an export reads at a time.
const EXPORT_PAGE: usize = 200;

/// Everything stored about a member.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MemberData {
    /// Their standing.
    pub member: MemberView,
    /// Their pending erasure, if something is still retained.
    pub erasure: Option<ErasureView>,
    /// The nicknames they used, newest first.
    pub nicknames: Vec<NicknameView>,
    /// Rulings on spellings of their nicknames.
    pub spellings: Vec<SpellingView>,
    /// Their strikes, expired ones included.
    pub strikes: Vec<StrikeView>,
    /// Their sanctions, ended ones included.
    pub sanctions: Vec<SanctionView>,
    /// Their comments, newest first, with all revisions and reasons.
    pub comments: Vec<CommentView>,
    /// Reports of these comments, without the reporters.
    pub reported: Vec<ReceivedReportView>,
    /// Their appeals.
    pub appeals: Vec<AppealView>,
    /// The cases that name them, with rulings and notes.
    pub cases: Vec<MemberCaseView>,
    /// Their record as a reporter, if they have one and the board uses the same ids for readers and members.
    pub reporter: Option<ReporterView>,
    /// The reports they made.
    pub reports: Vec<ReportView>,
    /// Audit entries about them, newest first.
    pub audit: Vec<AuditView>,
}

impl Base {
    /// Everything stored about a member.
    pub async fn export_member(&self, id: &MemberId) -> Result<MemberData, DeskError> {
        self.check_known_member(id).await?;
        let now = self.clock.now();
        let record = self.store.member(id).await?;
        let subject = self.store.subject(&Subject::Nickname(id.clone())).await?;
        let stored = self.all_comments(id).await?;
        let (mut comments, mut reported) = (Vec::new(), Vec::new());
        let about = AuditSubject::Member(id.clone());
        let mut audit = self.exported_audit(&about, false).await?;
        for comment in &stored {
            let background = self.background_of(comment).await?;
            comments.push(self.comment_view(comment, &background).await?);
            let reports = self.store.reports_on(&comment.id, ATTACHED_MAX).await?;
            reported.extend(self.report_views(&reports).await?);
            let subject = AuditSubject::Comment(comment.id.clone());
            audit.extend(self.exported_audit(&subject, true).await?);
        }
        let reader = ReporterId::parse(id.as_str()).ok();
        if let Some(reader) = &reader {
            let subject = AuditSubject::Reporter(reader.clone());
            audit.extend(self.exported_audit(&subject, false).await?);
        }
        audit.sort_by_key(|entry| std::cmp::Reverse(entry.number));
        let erasure = self.store.erasure(id).await?;
        Ok(MemberData {
            member: MemberView::of(&record, now),
            erasure: erasure
                .map(|erasure| ErasureView::of(erasure.requested_at, &erasure.retained)),
            nicknames: NicknameView::newest_first(&record),
            spellings: subject.rulings.iter().map(SpellingView::from).collect(),
            strikes: record.strikes.iter().rev().map(StrikeView::from).collect(),
            sanctions: record.history().rev().map(SanctionView::from).collect(),
            comments,
            // Who reported stays confidential.
            reported: reported.into_iter().map(ReceivedReportView::from).collect(),
            appeals: self.all_appeals(id).await?,
            cases: self.all_cases(id).await?,
            reporter: match &reader {
                Some(reader) => self.reporter_view(reader).await?,
                None => None,
            },
            reports: self.reports_by(id, usize::MAX).await?,
            audit,
        })
    }

    /// An error if nothing is stored about a member.
    pub async fn check_known_member(&self, id: &MemberId) -> Result<(), DeskError> {
        let nickname = Subject::Nickname(id.clone());
        let is_known = self.store.member(id).await?.row_version > 0
            || self.store.erasure(id).await?.is_some()
            || !self.store.comments_of(id, None, 1).await?.is_empty()
            || !self.reports_by(id, 1).await?.is_empty()
            || self.is_reporter(id).await?
            || self.store.subject(&nickname).await?.row_version > 0;
        is_known.then_some(()).ok_or(DeskError::NotFound)
    }

    async fn is_reporter(&self, id: &MemberId) -> Result<bool, DeskError> {
        match ReporterId::parse(id.as_str()) {
            Ok(reporter) => Ok(self.store.reporter(&reporter).await?.row_version > 0),
            Err(_) => Ok(false),
        }
    }

    async fn all_comments(&self, id: &MemberId) -> Result<Vec<Comment>, DeskError> {
        let (mut comments, mut before) = (Vec::new(), None);
        loop {
            let page = self.store.comments_of(id, before, EXPORT_PAGE).await?;
            before = page.last().map(|(number, _)| *number);
            let is_last = page.len() < EXPORT_PAGE;
            comments.extend(page.into_iter().map(|(_, comment)| comment));
            if is_last {
                return Ok(comments);
            }
        }
    }

    async fn all_appeals(&self, id: &MemberId) -> Result<Vec<AppealView>, DeskError> {
        let (mut views, mut after) = (Vec::new(), None);
        loop {
            let (appeals, next) = self.store.appeals_by(id, after, EXPORT_PAGE).await?;
            for appeal in &appeals {
                views.push(self.appeal_view(appeal).await?);
            }
            match next {
                Some(last) => after = Some(last),
                None => return Ok(views),
            }
            tokio::task::yield_now().await;
        }
    }

    async fn all_cases(&self, id: &MemberId) -> Result<Vec<MemberCaseView>, DeskError> {
        let (mut views, mut after) = (Vec::new(), None);
        loop {
            let (cases, next) = self.store.cases_naming(id, after, EXPORT_PAGE).await?;
            for case in &cases {
                views.push(self.member_case(case).await?);
            }
            match next {
                Some(last) => after = Some(last),
                None => return Ok(views),
            }
            tokio::task::yield_now().await;
        }
    }

    async fn member_case(&self, case: &Case) -> Result<MemberCaseView, DeskError> {
        let rulings = self.rulings_of(case).await?;
        let rulings = rulings.iter().map(RulingView::from).collect();
        let notes = self.store.notes(case.id, ATTACHED_MAX).await?;
        let notes = notes.iter().map(NoteView::from).collect();
        let now = self.clock.now();
        let standing = self.standing_of(case, now).await?;
        Ok(MemberCaseView::of(case, standing, rulings, notes, now))
    }

    /// All audit entries about a subject. For a comment, who reported it is left out.
    async fn exported_audit(
        &self,
        subject: &AuditSubject,
        is_comment: bool,
    ) -> Result<Vec<AuditView>, DeskError> {
        let mut entries = Vec::new();
        let mut filter = AuditFilter {
            subjects: vec![subject.key()],
            limit: EXPORT_PAGE,
            ..AuditFilter::default()
        };
        loop {
            let page = self.store.audit(&filter).await?;
            for (entry, previous, hash) in &page.entries {
                let mut view = AuditView::of(entry, previous, hash);
                if is_comment && matches!(entry.what.action, AuditAction::ReportMade { .. }) {
                    view.reason = None;
                }
                entries.push(view);
            }
            match page.next_before {
                Some(next) => filter.before = Some(next),
                None => return Ok(entries),
            }
        }
    }
}
