//! What a proposed change of the words would have found in stored comments.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    record::{Comment, Reason, Resolution, Verdict},
    text::{Span, Surface},
};

/// A proposed change, tried on the newest stored comments.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct PreviewView {
    /// How many comments were tried.
    pub tried: u32,
    /// Whether that is as many as were asked for, or all there are; false where the time for it was over.
    pub complete: bool,
    /// Comments in which something more is found.
    pub newly_hit: PreviewHitsView,
    /// Comments in which something is found no longer.
    pub no_longer_hit: PreviewHitsView,
    /// How many of the tried comments the lists alone would judge harsher than now, and how many milder.
    pub harsher: u32,
    /// The same, milder.
    pub milder: u32,
}

/// Comments that a change concerns.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct PreviewHitsView {
    /// How many.
    pub comments: u32,
    /// How many in a thousand of those tried.
    pub per_thousand: f64,
    /// What moderators had ruled on them.
    pub ruled: PreviewRuledView,
    /// The newest of them.
    pub samples: Vec<PreviewSampleView>,
}

/// Rulings in force.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[expect(missing_docs, reason = "named as rulings are")]
pub struct PreviewRuledView {
    pub approve: u32,
    pub remove: u32,
    pub remove_tags: u32,
    /// Nobody ruled.
    pub none: u32,
}

/// A comment that a change concerns, with the place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PreviewSampleView {
    /// The comment.
    pub comment_id: String,
    /// Where it is.
    #[schema(value_type = Option<String>)]
    pub surface: Option<Surface>,
    /// The text of that surface.
    pub text: Option<String>,
    /// The term.
    pub term: Option<String>,
    /// What stands there, in code points of the text.
    pub matched: Option<String>,
    /// Where it begins.
    pub start: Option<u32>,
    /// Where it ends.
    pub end: Option<u32>,
    /// What the lists alone say now.
    #[schema(value_type = String)]
    pub before: Verdict,
    /// What they would say.
    #[schema(value_type = String)]
    pub after: Verdict,
    /// The ruling in force.
    pub ruled: Option<&'static str>,
}

impl PreviewHitsView {
    /// The most samples.
    pub const SAMPLES_MAX: usize = 10;

    /// Counts a comment.
    pub fn count(&mut self, comment: &Comment, reason: &Reason, verdicts: (Verdict, Verdict)) {
        let effect = comment.effect.as_ref().map(|effect| effect.resolution);
        let (count, ruled) = match effect {
            Some(Resolution::Approved) => (&mut self.ruled.approve, Some("approve")),
            Some(Resolution::Removed) => (&mut self.ruled.remove, Some("remove")),
            Some(Resolution::TagsRemoved) => (&mut self.ruled.remove_tags, Some("remove-tags")),
            Some(Resolution::Withdrawn) | None => (&mut self.ruled.none, None),
        };
        *count += 1;
        self.comments += 1;
        if self.samples.len() < Self::SAMPLES_MAX {
            self.samples.push(sample(comment, reason, verdicts, ruled));
        }
    }

    /// Works out the rate.
    pub fn rated(&mut self, tried: u32) {
        self.per_thousand = f64::from(self.comments) * 1_000.0 / f64::from(tried.max(1));
    }
}

fn sample(
    comment: &Comment,
    reason: &Reason,
    (before, after): (Verdict, Verdict),
    ruled: Option<&'static str>,
) -> PreviewSampleView {
    let newest = &comment.newest;
    let text = match reason.surface {
        Some(Surface::Body) => newest.body.clone(),
        Some(Surface::Nickname) => newest.nickname.clone(),
        Some(Surface::Tags) => reason.tag.clone(),
        None => None,
    };
    let place = |of: fn(&Span) -> u32| reason.span.as_ref().map(of);
    PreviewSampleView {
        comment_id: comment.id.to_string(),
        surface: reason.surface,
        text,
        term: reason.term.clone(),
        matched: reason.matched.clone(),
        start: place(|span| span.start),
        end: place(|span| span.end),
        before,
        after,
        ruled,
    }
}
