//! Cases with everything needed to decide them.

use std::collections::BTreeMap;

use super::{
    case_actions::ActionContext, hits::code_names, notice_previews::PreviewContext,
    ruling::RulingBasis,
};
use crate::{
    access::Caller,
    desk::{
        base::Base,
        error::DeskError,
        try_text::score_views,
        views::{
            ArticleText, AuditView, CaseView, FormView, MemberView, NicknameView, NoteView,
            ParentView, PriorityView, ProposalView, QueueItem, RecentView, RefusalView,
            ReportedView, RulingView, ScoreView,
        },
    },
    id::{MemberId, RulingId},
    member::MemberStanding,
    record::{
        AuditAction, AuditSubject, Case, Change, Comment, FormKey, MemberRecord, Reason, Ruling,
        RulingEffect, written_form,
    },
    review::{Background, NoProposal, SanctionProposal, proposed_sanction},
    store::{AuditFilter, AuditPage},
    time::Timestamp,
};

/// The most audit entries shown with a case.
const CASE_AUDIT_MAX: usize = 200;
/// The most notes, reports and other comments of the member shown with a case.
const CASE_NOTES_MAX: usize = 200;
const CASE_REPORTS_MAX: usize = 100;
const RECENT_MAX: usize = 20;
/// The most reporters whose records are shown with a case.
const CASE_REPORTERS_MAX: usize = 10;

impl Base {
    /// The case as it will be once `change` is stored.
    pub async fn written_case_view(
        &self,
        change: &Change,
        caller: &Caller,
    ) -> Result<CaseView, DeskError> {
        let case = change.case().ok_or(DeskError::NotFound)?;
        self.case_view(case, caller).await
    }

    /// The case as shown to whoever decides it. A reviewer of a QA sample decides blind: the ruling under review is left out
    /// everywhere.
    pub async fn case_view(&self, case: &Case, caller: &Caller) -> Result<CaseView, DeskError> {
        let now = self.clock.now();
        let records = self.case_records(case).await?;
        let (comment, member) = (records.comment.as_ref(), records.member.as_ref());
        let proposal = records.proposal(case, now);
        let (hits, folded) = self.hits_of(case, comment);
        let reported = self.reported_view(case).await?;
        let actions = ActionContext {
            case,
            basis: &records.basis,
            comment,
            latest: records.latest_ruling(case),
            member,
            has_reports: !reported.items.is_empty(),
            caller,
            now,
        };
        let mut view = CaseView {
            item: QueueItem::of(case, records.standing(now), now),
            actions: self.actions(actions).await?,
            notice_previews: self.notice_previews(PreviewContext {
                case,
                basis: &records.basis,
                comment: comment.zip(records.background.as_ref()),
                proposed: proposal.as_ref().ok().map(|proposal| proposal.sanction),
                caller,
            }),
            hits,
            folded,
            code_names: BTreeMap::new(),
            parent: self.parent_of(comment).await?,
            siblings: self.siblings_of(comment).await?,
            carried: self.carried_of(case, comment).await?,
            forms: self.forms_of(comment).await?,
            scores: self.scores_of(comment).await?,
            comment: match comment.zip(records.background.as_ref()) {
                Some((comment, background)) => Some(self.comment_view(comment, background).await?),
                None => None,
            },
            article_text: self.article_text_of(case).await?,
            rulings: records.rulings.iter().map(RulingView::from).collect(),
            undone_rulings: self.undone_rulings(case, &records.audit).await?,
            audit: audit_views(case, &records.audit),
            reported,
            appeal: match case.appeal {
                Some(id) => Some(self.appeal_by_id(id).await?),
                None => None,
            },
            notes: self.notes_of(case).await?,
            second_look: case.qa_review.is_some(),
            member_comments: self.recent_comments(case).await?,
            priority_parts: PriorityView::from(case),
            proposed_sanction: proposal.as_ref().ok().map(ProposalView::from),
            no_proposal: proposal.err().map(RefusalView::from),
            member_nicknames: member.map(NicknameView::newest_first).unwrap_or_default(),
            member_record: member.map(|member| MemberView::of(member, now)),
        };
        view.code_names = code_names(&view);
        Ok(view)
    }

    /// The records that a case is shown by.
    async fn case_records(&self, case: &Case) -> Result<CaseRecords, DeskError> {
        let hidden = hidden_ruling(case);
        let comment = self.comment_of(case).await?;
        let member = self.member_of(case).await?;
        let mut rulings = self.rulings_of(case).await?;
        rulings.retain(|ruling| Some(ruling.id) != hidden);
        let mut basis = self.ruling_basis(case).await?;
        basis.member = basis.member.map(|member| member.without(hidden));
        Ok(CaseRecords {
            background: match &comment {
                Some(comment) => Some(self.background_of(comment).await?),
                None => None,
            },
            member: member.map(|member| member.without(hidden)),
            audit: self.audit_of(case).await?,
            comment,
            rulings,
            basis,
        })
    }

    async fn notes_of(&self, case: &Case) -> Result<Vec<NoteView>, DeskError> {
        let notes = self.store.notes(case.id, CASE_NOTES_MAX).await?;
        Ok(notes.iter().map(NoteView::from).collect())
    }

    /// The rulings of the case that were undone, as far as the audit that is shown names them.
    async fn undone_rulings(
        &self,
        case: &Case,
        audit: &AuditPage,
    ) -> Result<Vec<RulingView>, DeskError> {
        let mut undone = Vec::new();
        for (entry, _, _) in audit.entries.iter().rev() {
            if let AuditAction::RulingUndone(id) = entry.what.action {
                let ruling = self.store.ruling(id).await?;
                let ruling = ruling.filter(|ruling| ruling.case == case.id);
                undone.extend(ruling.as_ref().map(RulingView::from));
            }
        }
        Ok(undone)
    }

    /// The comment that brought the case, without the effect of a hidden ruling.
    async fn comment_of(&self, case: &Case) -> Result<Option<Comment>, DeskError> {
        let Some(id) = &case.comment else {
            return Ok(None);
        };
        let is_hidden = |effect: &mut RulingEffect| Some(effect.ruling) == hidden_ruling(case);
        let mut comment = self.store.comment(id).await?;
        if let Some(comment) = &mut comment {
            comment.effect.take_if(is_hidden);
        }
        Ok(comment)
    }

    /// The comment that a comment answers.
    async fn parent_of(&self, comment: Option<&Comment>) -> Result<Option<ParentView>, DeskError> {
        let Some(id) = comment.and_then(|comment| comment.parent.as_ref()) else {
            return Ok(None);
        };
        let newest = self.store.comment(id).await?.map(|comment| comment.newest);
        let texts = newest.map(|newest| (newest.body.clone(), newest.nickname.clone()));
        let (body, nickname) = texts.unwrap_or_default();
        Ok(Some(ParentView {
            comment_id: id.clone(),
            body,
            nickname,
        }))
    }

    /// The written forms that the decision in force guessed at.
    async fn forms_of(&self, comment: Option<&Comment>) -> Result<Vec<FormView>, DeskError> {
        let reasons = comment
            .iter()
            .flat_map(|comment| &comment.decision().reasons);
        let forms = reasons.filter_map(Reason::form);
        let forms = forms.map(|(term, matched)| FormKey::of(term, &written_form(matched)));
        let mut keys: Vec<FormKey> = forms.collect();
        keys.sort_unstable();
        keys.dedup();
        let forms = self.store.forms(&keys).await?;
        Ok(forms.iter().map(FormView::from).collect())
    }

    /// The scores of the newest revision, with what weighed in them. They are worked out anew: a decision keeps none of that.
    async fn scores_of(&self, comment: Option<&Comment>) -> Result<Vec<ScoreView>, DeskError> {
        let Some(comment) = comment.filter(|comment| comment.purged_at.is_none()) else {
            return Ok(Vec::new());
        };
        let in_force = self.in_force();
        let (rulebook, model) = (in_force.rulebook(), &in_force.model);
        let surfaces = comment.newest.surfaces();
        let found = self.findings(surfaces, None, &in_force).await?;
        Ok(score_views(surfaces, &found, rulebook, model))
    }

    async fn article_text_of(&self, case: &Case) -> Result<Option<ArticleText>, DeskError> {
        let Some(article) = &case.article else {
            return Ok(None);
        };
        let stored = self.store.article(&article.id).await?;
        Ok(stored.map(|article| ArticleText {
            title: article.content.title,
            body: article.content.body,
            section: article.content.section,
            tags: article.content.tags,
            url: article.content.url,
        }))
    }

    async fn reported_view(&self, case: &Case) -> Result<ReportedView, DeskError> {
        let reports = self.store.reports_of_case(case.id, 0, CASE_REPORTS_MAX);
        let mut items = self.report_views(&reports.await?).await?;
        items.reverse();
        let reporters = self.reporters_of(&items, CASE_REPORTERS_MAX).await?;
        Ok(ReportedView {
            reporters,
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
        let newest = self.store.comments_of(&member.id, None, RECENT_MAX + 1);
        let newest = newest.await?;
        let comments = newest.iter().map(|(_, comment)| comment);
        let others = comments.filter(|comment| Some(&comment.id) != case.comment.as_ref());
        Ok(others.take(RECENT_MAX).map(RecentView::from).collect())
    }

    /// The newest audit entries about the case.
    async fn audit_of(&self, case: &Case) -> Result<AuditPage, DeskError> {
        let filter = AuditFilter {
            subjects: vec![AuditSubject::from(&case.subject).key()],
            limit: CASE_AUDIT_MAX,
            ..AuditFilter::default()
        };
        Ok(self.store.audit(&filter).await?)
    }

    /// Cases as shown in the queue.
    pub async fn queue_items(
        &self,
        cases: &[Case],
        now: Timestamp,
    ) -> Result<Vec<QueueItem>, DeskError> {
        let members = cases.iter().filter_map(|case| case.member.as_ref());
        let members: Vec<&MemberId> = members.map(|member| &member.id).collect();
        let mut standings = self.store.standings(&members, now).await?.into_iter();
        let mut standing = |case: &Case| case.member.as_ref().and_then(|_| standings.next());
        let items = cases.iter().map(|case| {
            let standing = standing(case).unwrap_or(MemberStanding::Good);
            QueueItem::of(case, standing, now)
        });
        Ok(items.collect())
    }

    /// The standing of the member whom the case is about.
    pub async fn standing_of(
        &self,
        case: &Case,
        now: Timestamp,
    ) -> Result<MemberStanding, DeskError> {
        let members: Vec<&MemberId> = case.member.iter().map(|member| &member.id).collect();
        let standings = self.store.standings(&members, now).await?;
        Ok(standings.first().copied().unwrap_or(MemberStanding::Good))
    }

    /// The record of the member whom the case is about.
    pub async fn member_of(&self, case: &Case) -> Result<Option<MemberRecord>, DeskError> {
        match &case.member {
            Some(member) => Ok(Some(self.store.member(&member.id).await?)),
            None => Ok(None),
        }
    }
}

/// What is stored about a case, without a ruling that is hidden from whoever decides it.
struct CaseRecords {
    comment: Option<Comment>,
    background: Option<Background>,
    member: Option<MemberRecord>,
    rulings: Vec<Ruling>,
    basis: RulingBasis,
    audit: AuditPage,
}

impl CaseRecords {
    fn standing(&self, now: Timestamp) -> MemberStanding {
        let member = self.member.as_ref();
        member.map_or_else(MemberStanding::default, |member| member.standing(now))
    }

    /// What the penalty schedule proposes for a removal.
    fn proposal(&self, case: &Case, now: Timestamp) -> Result<SanctionProposal, NoProposal> {
        let comment = self.comment.as_ref();
        let is_provisional = comment.is_some_and(|comment| comment.provisional);
        let schedule = self.basis.rulebook.rules.penalty_schedule();
        let member = self.member.as_ref();
        proposed_sanction(case, case.code, is_provisional, member, schedule, now)
    }

    /// The latest ruling of the case, unless it is hidden.
    fn latest_ruling(&self, case: &Case) -> Option<&Ruling> {
        let latest = self.rulings.last();
        latest.filter(|ruling| case.rulings.last() == Some(&ruling.id))
    }
}

/// Audit entries about a case, without those about a hidden ruling.
fn audit_views(case: &Case, audit: &AuditPage) -> Vec<AuditView> {
    let hidden = hidden_ruling(case);
    let is_hidden = |action: &AuditAction| hidden.is_some() && action.named_ruling() == hidden;
    let entries = audit.entries.iter();
    entries
        .filter(|(entry, _, _)| !is_hidden(&entry.what.action))
        .map(|(entry, previous, hash)| AuditView::of(entry, previous, hash))
        .collect()
}

/// The ruling that whoever decides the case must not see: the one under QA review.
fn hidden_ruling(case: &Case) -> Option<RulingId> {
    case.qa_review.as_ref().and_then(|review| review.ruling)
}
