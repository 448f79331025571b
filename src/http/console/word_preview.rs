//! What a change of the board's words would have found, as the pages about them show it.

use super::{
    chart::number,
    comment_row::{self, VerdictBadge},
    links,
    marks::{Mark, Piece},
    visit::Visit,
    words_texts::WordsTexts,
};
use crate::desk::views::{PreviewHitsView, PreviewSampleView, PreviewView};

/// What a change would have found in stored comments.
pub struct Preview {
    pub tried: u32,
    pub complete: bool,
    pub harsher: u32,
    pub milder: u32,
    pub hits: Vec<PreviewHits>,
}

/// Comments that a change concerns.
pub struct PreviewHits {
    pub title: &'static str,
    pub comments: u32,
    pub per_thousand: String,
    pub approved: u32,
    pub removed: u32,
    pub samples: Vec<Sample>,
}

/// One of them.
pub struct Sample {
    pub href: String,
    pub pieces: Vec<Piece>,
    pub before: VerdictBadge,
    pub after: VerdictBadge,
}

impl Preview {
    /// As the page shows it.
    pub fn of(view: &PreviewView, visit: &Visit) -> Self {
        let w = WordsTexts::of(visit.language);
        Self {
            tried: view.tried,
            complete: view.complete,
            harsher: view.harsher,
            milder: view.milder,
            hits: vec![
                hits(w.newly_hit, &view.newly_hit, visit),
                hits(w.no_longer_hit, &view.no_longer_hit, visit),
            ],
        }
    }
}

fn hits(title: &'static str, view: &PreviewHitsView, visit: &Visit) -> PreviewHits {
    PreviewHits {
        title,
        comments: view.comments,
        per_thousand: number(view.per_thousand),
        approved: view.ruled.approve,
        removed: view.ruled.remove + view.ruled.remove_tags,
        samples: view.samples.iter().map(|one| sample(one, visit)).collect(),
    }
}

fn sample(one: &PreviewSampleView, visit: &Visit) -> Sample {
    let place = one.start.zip(one.end).map(|(start, end)| Mark {
        start: start as usize,
        end: end as usize,
        severity: 2,
        guessed: false,
        hit: 0,
    });
    Sample {
        href: links::comment(&one.comment_id),
        pieces: comment_row::excerpt(one.text.as_deref().unwrap_or(""), place.as_slice()),
        before: VerdictBadge::of(one.before, visit.language),
        after: VerdictBadge::of(one.after, visit.language),
    }
}
