//! Cases with everything needed to decide them.

use super::case_history::CaseHistories;
use crate::{
    desk::{
        base::Base,
        error::DeskError,
        views::{
            ArticleText, AuditView, CaseView, MemberView, NicknameView, NoteView, ParentView,
            PriorityView, ProposalView, QueueItem, RecentView, ReportedView, RulingView,
        },
    },
    id::{CommentId, RulingId},
    member::MemberStanding,
    record::{AuditAction, AuditSubject, Case, Change, Comment, MemberRecord},
    review::proposed_sanction,
    store::AuditFilter,
    time::Timestamp,
};

/// The most audit entries shown with a case.
const CASE_AUDIT_MAX: usize = 200;
/// The most notes, reports and other comments of the member shown with a case.
const CASE_NOTES_MAX: usize = 200;
const CASE_REPORTS_MAX: usize = 100;
const RECENT_MAX: usize = 10;

/// The comment as if the ruling `hidden` had not set its effect. A blind QA reviewer must not see the ruling under review.
fn without_effect_of(comment: Comment, hidden: Option<RulingId>) -> Comment {
    let effect = comment
        .effect
        .clone()
        .filter(|effect| Some(effect.ruling) != hidden);
    Comment { effect, ..comment }
}

impl Base {
    /// The case as it will be once `change` is stored.
    pub async fn written_case_view(&self, change: &Change) -> Result<CaseView, DeskError> {
        let case = change.case().ok_or(DeskError::NotFound)?;
        self.case_view(case).await
    }

    /// The case as shown to whoever decides it.
    pub async fn case_view(&self, case: &Case) -> Result<CaseView, DeskError> {
        let hidden = case.qa_review.as_ref().and_then(|review| review.ruling);
        let comment = match &case.comment {
            Some(id) => self
                .store
                .comment(id)
                .await?
                .map(|comment| without_effect_of(comment, hidden)),
            None => None,
        };
        let article = match &case.article {
            Some(article) => self.store.article(&article.id).await?,
            None => None,
        };
        let parent = match comment.as_ref().and_then(|comment| comment.parent.as_ref()) {
            Some(parent) => Some(self.parent(parent).await?),
            None => None,
        };
        let comment = match comment {
            Some(comment) => Some(
                self.comment_view(&comment, &self.background_of(&comment).await?)
                    .await?,
            ),
            None => None,
        };
        let mut rulings = Vec::with_capacity(case.rulings.len());
        for id in case.rulings.iter().filter(|id| Some(**id) != hidden) {
            rulings.extend(self.store.ruling(*id).await?.as_ref().map(RulingView::from));
        }
        let now = self.clock.now();
        let member = self
            .member_of(case)
            .await?
            .map(|member| member.without(hidden));
        let standing = member.as_ref().map(|member| member.standing(now));
        let rulebook = self.rules();
        let is_provisional = comment.as_ref().is_some_and(|comment| comment.provisional);
        // An appeal must not risk a harsher sanction, so none is proposed for it.
        let sanctionable = member
            .as_ref()
            .filter(|_| !is_provisional && case.appeal.is_none());
        let proposal = sanctionable.and_then(|member| {
            // A new ruling replaces the earlier ones of the case, and so do its strikes.
            let member = member.without_strikes_of(case.id);
            let post = case.comment.as_ref();
            proposed_sanction(
                &member,
                case.code,
                case.severity,
                post,
                rulebook.rules.penalty_schedule(),
                now,
            )
        });
        Ok(CaseView {
            item: QueueItem::of(case, standing.unwrap_or_default(), now),
            comment,
            article_text: article.map(|article| ArticleText {
                title: article.content.title,
                body: article.content.body,
                section: article.content.section,
                tags: article.content.tags,
                url: article.content.url,
            }),
            parent,
            rulings,
            audit: self.audit_of(case, hidden).await?,
            reported: self.reported_view(case).await?,
            appeal: match case.appeal {
                Some(id) => Some(self.appeal_by_id(id).await?),
                None => None,
            },
            notes: self
                .store
                .notes(case.id, CASE_NOTES_MAX)
                .await?
                .iter()
                .map(NoteView::from)
                .collect(),
            second_look: case.qa_review.is_some(),
            member_comments: self.recent_comments(case).await?,
            priority_parts: PriorityView::from(case),
            member_nicknames: member
                .iter()
                .flat_map(|member| member.nicknames.iter().rev().map(NicknameView::from))
                .collect(),
            member_record: member.map(|member| MemberView::of(&member, now)),
            proposed_sanction: proposal.map(ProposalView::from),
        })
    }

    async fn reported_view(&self, case: &Case) -> Result<ReportedView, DeskError> {
        let reports = self
            .store
            .reports_of_case(case.id, 0, CASE_REPORTS_MAX)
            .await?;
        let (mut items, mut histories) =
            (Vec::with_capacity(reports.len()), CaseHistories::default());
        for report in reports.iter().rev() {
            items.push(self.report_view(report, &mut histories).await?);
        }
        Ok(ReportedView {
            count: case.reported.count,
            weight: f64::from(case.reported.weight) / 100.0,
            together: case.reported.coordinated,
            items,
        })
    }

    /// The member's newest other comments, to show how they write.
    async fn recent_comments(&self, case: &Case) -> Result<Vec<RecentView>, DeskError> {
        let Some(member) = &case.member else {
            return Ok(Vec::new());
        };
        let found = self
            .store
            .comments_of(&member.id, None, RECENT_MAX + 1)
            .await?;
        let others = found
            .iter()
            .filter(|(_, comment)| Some(&comment.id) != case.comment.as_ref());
        Ok(others
            .take(RECENT_MAX)
            .map(|(_, comment)| RecentView::from(comment))
            .collect())
    }

    async fn parent(&self, id: &CommentId) -> Result<ParentView, DeskError> {
        let newest = self.store.comment(id).await?.map(|comment| comment.newest);
        let (body, nickname) = newest
            .map(|newest| (newest.body, newest.nickname))
            .unwrap_or_default();
        Ok(ParentView {
            comment_id: id.clone(),
            body,
            nickname,
        })
    }

    /// The case's audit entries without those of the ruling `hidden`. Their `why` begins with `ruling ID`.
    async fn audit_of(
        &self,
        case: &Case,
        hidden: Option<RulingId>,
    ) -> Result<Vec<AuditView>, DeskError> {
        let is_hidden = |action: &AuditAction| hidden.is_some() && action.named_ruling() == hidden;
        let subjects = vec![AuditSubject::from(&case.subject).key()];
        let page = self
            .store
            .audit(&AuditFilter {
                subjects,
                limit: CASE_AUDIT_MAX,
                ..AuditFilter::default()
            })
            .await?;
        Ok(page
            .entries
            .iter()
            .filter(|(entry, _, _)| !is_hidden(&entry.what.action))
            .map(|(entry, previous, hash)| AuditView::of(entry, previous, hash))
            .collect())
    }

    pub fn standing_of(&self, case: &Case, now: Timestamp) -> MemberStanding {
        let member = case.member.as_ref();
        member.map_or(MemberStanding::Good, |member| {
            self.store.standing(&member.id, now)
        })
    }

    /// The record of the member whom the case is about.
    pub async fn member_of(&self, case: &Case) -> Result<Option<MemberRecord>, DeskError> {
        match &case.member {
            Some(member) => Ok(Some(self.store.member(&member.id).await?)),
            None => Ok(None),
        }
    }
}
