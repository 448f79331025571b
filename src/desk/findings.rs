//! What the rulebook finds in a text.

use std::cell::RefCell;

use crate::{
    lexicon::Scratch,
    policy::{Findings, Rulebook},
    text::SurfaceTexts,
    topic::PreparedArticle,
};

thread_local! {
    /// Buffers that a worker thread reuses, so that judging a comment allocates little.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Finds everything the rulebook looks for in these surfaces.
pub(super) fn findings(
    surfaces: SurfaceTexts<'_>,
    article: Option<&PreparedArticle>,
    rulebook: &Rulebook,
) -> Findings {
    SCRATCH.with(|scratch| match scratch.try_borrow_mut() {
        Ok(mut scratch) => Findings::of(surfaces, article, rulebook, &mut scratch),
        Err(_) => Findings::of(surfaces, article, rulebook, &mut Scratch::default()),
    })
}
