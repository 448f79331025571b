//! A case: something that a person has to look at, and everything the queue shows of it.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    actor::Actor,
    claim::Claim,
    code::ReasonCode,
    decision::Score,
    priority::Priority,
    state::{CaseState, RulingDecision},
    subject::Subject,
};
use crate::{
    id::{AppealId, ArticleId, CaseId, CommentId, MemberId, RulingId, SanctionId},
    text::{FoldedText, Span, Surface},
    time::Timestamp,
};

/// What brought a case before a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The filter.
    Filter,
    /// A reader's report.
    Report,
    /// The author's appeal.
    Appeal,
    /// The member's edit.
    Edit,
    /// A moderator.
    Moderator,
    /// Quality assurance: a decision drawn for a QA review.
    Sample,
}

impl Source {
    /// All sources.
    pub const ALL: [Self; 6] = [
        Self::Filter,
        Self::Report,
        Self::Appeal,
        Self::Edit,
        Self::Moderator,
        Self::Sample,
    ];

    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::Report => "report",
            Self::Appeal => "appeal",
            Self::Edit => "edit",
            Self::Moderator => "moderator",
            Self::Sample => "sample",
        }
    }
}

/// The gravest severity.
const SEVERITY_MAX: u8 = 4;

/// Shorter texts say nothing of a campaign: many people write the same few letters independently.
const GROUP_CHARS_MIN: usize = 8;

/// How much of a text an excerpt shows, in code points.
pub const EXCERPT_CHARS_MAX: usize = 120;

/// The words that the case is about, with some of the text around them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// Where the text comes from.
    pub surface: Surface,
    /// At most 120 code points.
    pub text: String,
    /// The words within `text`, in code points; both 0 if it is about no particular words.
    pub span: Span,
}

impl Excerpt {
    /// Cuts an excerpt out of `whole`: around `span`, or from its beginning.
    pub fn around(surface: Surface, whole: &str, span: Option<Span>) -> Self {
        let chars = whole.chars().count();
        let (start, end) = span.map_or((0, 0), |span| (span.start as usize, span.end as usize));
        let room = EXCERPT_CHARS_MAX.saturating_sub(end.saturating_sub(start)) / 2;
        let from = start
            .saturating_sub(room)
            .min(chars.saturating_sub(EXCERPT_CHARS_MAX));
        let text: String = whole.chars().skip(from).take(EXCERPT_CHARS_MAX).collect();
        let shown = text.chars().count();
        let place = |at: usize| u32::try_from(at.saturating_sub(from).min(shown)).unwrap_or(0);
        let span = if span.is_some() {
            Span {
                start: place(start),
                end: place(end),
            }
        } else {
            Span { start: 0, end: 0 }
        };
        Self {
            surface,
            text,
            span,
        }
    }
}

/// The article of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct CaseArticle {
    pub id: ArticleId,
    /// Its title, if the article is known.
    pub title: Option<String>,
}

/// The member of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct CaseMember {
    pub id: MemberId,
    /// The nickname that the case saw last.
    pub nickname: Option<String>,
}

/// What a case is opened for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct CaseReason {
    /// The gravest code found.
    pub code: ReasonCode,
    /// The surface that the code is about; `None` for what a member did.
    pub surface: Option<Surface>,
    /// 0 to 4, 4 the gravest.
    pub severity: u8,
    /// The listed term that was found, if it was one.
    pub term: Option<String>,
    pub excerpt: Excerpt,
}

/// A decision that another moderator reviews, blind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QaReview {
    /// The ruling under review; `None` where the filter had removed by itself.
    pub ruling: Option<RulingId>,
    /// What was decided.
    pub decision: RulingDecision,
    /// The tags that were removed.
    pub tags: Vec<String>,
}

/// Readers' reports that wait for a ruling.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct ReportTotals {
    pub count: u32,
    /// What they weigh together, in hundredths of one report by somebody unknown.
    pub weight: u32,
    /// How many of them come from accounts that report together (brigading); such a report weighs a tenth.
    pub coordinated: u32,
}

impl ReportTotals {
    /// The sum of both.
    #[must_use]
    pub const fn and(self, more: Self) -> Self {
        Self {
            count: self.count.saturating_add(more.count),
            weight: self.weight.saturating_add(more.weight),
            coordinated: self.coordinated.saturating_add(more.coordinated),
        }
    }

    /// What is left without `fewer`; never below zero.
    #[must_use]
    pub const fn without(self, fewer: Self) -> Self {
        Self {
            count: self.count.saturating_sub(fewer.count),
            weight: self.weight.saturating_sub(fewer.weight),
            coordinated: self.coordinated.saturating_sub(fewer.coordinated),
        }
    }
}

/// Something that a moderator has to review, or reviewed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Case {
    pub id: CaseId,
    pub subject: Subject,
    /// Grows with each edit, withdrawal, ruling and undo: who rules says which version they saw.
    pub version: u32,
    pub state: CaseState,
    /// Who holds it. The lease may be over: ask [`Case::live_claim`].
    pub claim: Option<Claim>,
    /// The gravest code found.
    pub code: ReasonCode,
    /// The surface of the gravest code.
    pub surface: Option<Surface>,
    /// 0 to 4, 4 the gravest.
    pub severity: u8,
    /// The listed term for which the filter opened it.
    pub term: Option<String>,
    /// What opened it last.
    pub source: Source,
    /// Everything that opened it, in order, each once.
    pub sources: Vec<Source>,
    pub score: Score,
    /// What is shown of it in the queue.
    pub excerpt: Excerpt,
    /// The comment with which it came; `None` where a nickname was judged without one.
    pub comment: Option<CommentId>,
    pub article: Option<CaseArticle>,
    /// Whose comment, nickname or tag it is about.
    pub member: Option<CaseMember>,
    /// Readers' reports since the last ruling.
    pub reported: ReportTotals,
    /// The appeal that waits for a ruling.
    pub appeal: Option<AppealId>,
    /// The appealed sanction, if nothing but a sanction is appealed.
    pub sanction: Option<SanctionId>,
    /// The decision that is drawn for a QA review.
    pub qa_review: Option<QaReview>,
    /// Who made the decision under appeal or QA review: another person should rule here.
    pub conflicted_reviewer: Option<Actor>,
    /// How often moderators skipped it since the last ruling.
    pub skips: u32,
    pub skipped_by: Vec<Actor>,
    pub opened_at: Timestamp,
    pub changed_at: Timestamp,
    /// Oldest first.
    pub rulings: Vec<RulingId>,
    /// Grows by one with each write; a write says at which row version it read the record.
    pub row_version: u64,
}

impl Case {
    /// A new case, open.
    pub fn opened(
        id: CaseId,
        subject: Subject,
        reason: CaseReason,
        source: Source,
        at: Timestamp,
    ) -> Self {
        Self {
            id,
            subject,
            version: 1,
            state: CaseState::Open,
            claim: None,
            code: reason.code,
            surface: reason.surface,
            severity: reason.severity,
            term: reason.term,
            source,
            sources: vec![source],
            score: Score::default(),
            excerpt: reason.excerpt,
            comment: None,
            article: None,
            member: None,
            reported: ReportTotals::default(),
            appeal: None,
            sanction: None,
            qa_review: None,
            conflicted_reviewer: None,
            skips: 0,
            skipped_by: Vec::new(),
            opened_at: at,
            changed_at: at,
            rulings: Vec::new(),
            row_version: 1,
        }
    }

    /// A copy with the next row version, changed at `now`: every write of a case begins with one.
    #[must_use]
    pub fn next(&self, now: Timestamp) -> Self {
        Self {
            row_version: self.row_version + 1,
            changed_at: now,
            ..self.clone()
        }
    }

    /// The case as it is once it is resolved: nothing waits for a decision any more.
    #[must_use]
    pub fn resolved(self) -> Self {
        Self {
            reported: ReportTotals::default(),
            appeal: None,
            sanction: None,
            qa_review: None,
            conflicted_reviewer: None,
            skips: 0,
            skipped_by: Vec::new(),
            ..self
        }
    }

    /// Replaces the reason for which it is open.
    pub fn set_reason(&mut self, reason: CaseReason) {
        (self.code, self.surface, self.severity) = (reason.code, reason.surface, reason.severity);
        (self.term, self.excerpt) = (reason.term, reason.excerpt);
    }

    /// How urgent it is.
    pub fn priority(&self) -> Priority {
        Priority::of(self.code, self.reported.weight, self.score)
    }

    /// What cases about the same words share, so that a copied campaign is one group: a hash of the folded excerpt. `None`
    /// for a short text, and where the case is not about the body of a comment.
    pub fn group(&self) -> Option<[u8; 8]> {
        let about_comment = matches!(self.subject, Subject::Comment(_));
        if !about_comment || self.excerpt.surface != Surface::Body {
            return None;
        }
        let text = FoldedText::new(&self.excerpt.text);
        (text.dense_len() >= GROUP_CHARS_MIN).then(|| {
            let mut group = [0; 8];
            group.copy_from_slice(&Sha256::digest(text.dense())[..8]);
            group
        })
    }

    /// Whether it is among the gravest, which some moderators want to see few of in a row. Whoever is in need is not made to
    /// wait: self-harm is not among them.
    pub fn is_gravest(&self) -> bool {
        self.severity >= SEVERITY_MAX && self.code != ReasonCode::SelfHarm
    }

    /// Who holds it at `now`.
    pub fn live_claim(&self, now: Timestamp) -> Option<&Claim> {
        self.claim.as_ref().filter(|claim| claim.is_live(now))
    }

    /// Adds readers' reports to what opened it, but not as the last.
    pub fn add_report_source(&mut self) {
        if !self.sources.contains(&Source::Report) {
            self.sources.push(Source::Report);
        }
    }

    /// Sets what opened it last.
    pub fn opened_by(&mut self, source: Source) {
        self.source = source;
        if !self.sources.contains(&source) {
            self.sources.push(source);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_keeps_its_words_in_sight() {
        let whole = "前".repeat(300) + "幹你娘" + &"後".repeat(300);
        let excerpt = Excerpt::around(
            Surface::Body,
            &whole,
            Some(Span {
                start: 300,
                end: 303,
            }),
        );
        assert_eq!(excerpt.text.chars().count(), EXCERPT_CHARS_MAX);
        assert_eq!(excerpt.span.slice(&excerpt.text), "幹你娘");
        let end = Excerpt::around(
            Surface::Body,
            &whole,
            Some(Span {
                start: 600,
                end: 603,
            }),
        );
        assert_eq!(end.span.slice(&end.text), "後後後");
    }

    #[test]
    fn a_short_text_is_shown_whole() {
        let excerpt = Excerpt::around(Surface::Tags, "頭香", None);
        assert_eq!(
            (excerpt.text.as_str(), excerpt.span),
            ("頭香", Span { start: 0, end: 0 })
        );
    }
}
