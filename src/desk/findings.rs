//! What the rulebook and the model find in a text.

use std::{cell::RefCell, sync::Arc};

use super::{
    base::{Base, InForce},
    error::DeskError,
};
use crate::{
    lexicon::{Scratch, UpheldForms},
    policy::{Findings, Model, Rulebook, Scores},
    score::ScoreScratch,
    text::SurfaceTexts,
    topic::PreparedArticle,
};

thread_local! {
    /// Buffers that a worker thread reuses, so that judging a comment allocates little.
    static SCRATCH: RefCell<(Scratch, ScoreScratch)> = RefCell::default();
}

/// Finds everything the rulebook looks for in these surfaces, and scores them. Of written forms nothing is known here.
pub(super) fn findings(
    surfaces: SurfaceTexts<'_>,
    article: Option<&PreparedArticle>,
    rulebook: &Rulebook,
    model: &Model,
    forms: &Arc<UpheldForms>,
) -> Findings {
    let found = |(lexicon, score): &mut (Scratch, ScoreScratch)| {
        lexicon.uphold(forms);
        let mut findings = Findings::of(surfaces, article, rulebook, lexicon);
        findings.score = model.scores(surfaces, &findings, rulebook, score);
        findings
    };
    SCRATCH.with(|scratch| match scratch.try_borrow_mut() {
        Ok(mut scratch) => found(&mut scratch),
        Err(_) => found(&mut Default::default()),
    })
}

/// The scores anew, once something is known of the written forms.
fn rescored(
    surfaces: SurfaceTexts<'_>,
    findings: &Findings,
    rulebook: &Rulebook,
    model: &Model,
) -> Scores {
    SCRATCH.with(|scratch| match scratch.try_borrow_mut() {
        Ok(mut scratch) => model.scores(surfaces, findings, rulebook, &mut scratch.1),
        Err(_) => model.scores(surfaces, findings, rulebook, &mut ScoreScratch::default()),
    })
}

impl Base {
    /// The same, with what moderators said of the written forms that were guessed at. Their counts are advisory: a ruling that
    /// is committed meanwhile counts from the next comment on.
    pub(super) async fn findings(
        &self,
        surfaces: SurfaceTexts<'_>,
        article: Option<&PreparedArticle>,
        in_force: &InForce,
    ) -> Result<Findings, DeskError> {
        let (rulebook, model) = (in_force.rulebook(), &in_force.model);
        let mut findings = findings(surfaces, article, rulebook, model, &in_force.forms);
        let forms = findings.guessed_forms(surfaces, &rulebook.lexicon);
        if !forms.is_empty() {
            findings.forms = self.store.forms(&forms).await?.into_iter().collect();
        }
        if !findings.forms.is_empty() {
            findings.score = rescored(surfaces, &findings, rulebook, model);
        }
        Ok(findings)
    }
}
