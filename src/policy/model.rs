//! The model in force: weights, and the version by which decisions name them.

use std::sync::Arc;

use super::{
    findings::{Findings, Scores, TextScore},
    forms::FormStandings,
    rulebook::Rulebook,
};
use crate::{
    lexicon::Hit,
    record::{ModelVersion, ReasonCode, Score},
    score::{FlagAt, Likely, NamedSet, ScoreScratch, Weighed, Weights},
    text::{Span, Surface, SurfaceTexts, UndoneMarkup},
};

/// The weights that score, and what they are called.
#[derive(Debug, Clone)]
pub struct Model {
    /// Counter 0 for those that came with the rulebook.
    pub version: ModelVersion,
    /// The hash of the rulebook's weights that these were learned from.
    pub base: [u8; 8],
    /// The weights.
    pub weights: Arc<Weights>,
}

/// What weighed in a score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreExplanation {
    /// What the text would be, if it is flagged.
    pub likely: ReasonCode,
    /// The places that speak most for it, the heaviest first.
    pub spans: Vec<Span>,
    /// The named features, the heaviest first.
    pub features: Vec<Weighed>,
}

impl Model {
    /// The weights that a rulebook comes with.
    pub fn shipped(rulebook: &Rulebook) -> Self {
        Self::learned(0, Arc::clone(&rulebook.weights), rulebook)
    }

    /// Weights that this board learned from those of a rulebook.
    pub fn learned(counter: u32, weights: Arc<Weights>, rulebook: &Rulebook) -> Self {
        Self {
            version: ModelVersion {
                counter,
                hash: weights.hash(),
            },
            base: rulebook.weights.hash(),
            weights,
        }
    }

    /// Whether it knows anything: a rulebook may come without weights.
    pub fn knows_anything(&self) -> bool {
        self.weights.rows() > 0
    }

    /// The scores of the texts of a comment, in which these findings are.
    pub fn scores(
        &self,
        surfaces: SurfaceTexts<'_>,
        findings: &Findings,
        rulebook: &Rulebook,
        scratch: &mut ScoreScratch,
    ) -> Scores {
        if !self.knows_anything() {
            return Scores::default();
        }
        let forms = &findings.forms;
        let mut of = |surface, text: Option<&str>, hits: &[Hit]| {
            text.map(|text| self.score(surface, text, (hits, forms), rulebook, scratch))
        };
        Scores {
            body: of(Surface::Body, surfaces.body, &findings.body),
            nickname: of(Surface::Nickname, surfaces.nickname, &findings.nickname),
            model: Some(self.version),
        }
    }

    fn score(
        &self,
        surface: Surface,
        text: &str,
        found: (&[Hit], &FormStandings),
        rulebook: &Rulebook,
        scratch: &mut ScoreScratch,
    ) -> TextScore {
        let Some(undone) = UndoneMarkup::of(text, rulebook.rules.markup().of(surface)) else {
            return self.score_plain(surface, text, found, rulebook, scratch);
        };
        let found = (&*shown_hits(&undone, found.0), found.1);
        let mut scored = self.score_plain(surface, undone.text(), found, rulebook, scratch);
        place(&undone, &mut scored.spans);
        scored
    }

    fn score_plain(
        &self,
        surface: Surface,
        text: &str,
        found: (&[Hit], &FormStandings),
        rulebook: &Rulebook,
        scratch: &mut ScoreScratch,
    ) -> TextScore {
        let flag_at = self.flag_at(surface, rulebook);
        let named = features(surface, text, found, rulebook);
        let scored = self.weights.score(text, &named, flag_at, scratch);
        TextScore {
            score: Score::from_permille(scored.permille),
            flag_at: Score::from_permille(flag_at.of(scored.likely)),
            code: match scored.likely {
                Likely::Abuse => ReasonCode::LikelyAbuse,
                Likely::Scam => ReasonCode::LikelyScam,
            },
            spans: scored.spans.iter().collect(),
        }
    }

    /// What weighed in the score of a text with these hits, of whose written forms this is known, whether it is flagged or not.
    pub fn explain(
        &self,
        surface: Surface,
        text: &str,
        found: (&[Hit], &FormStandings),
        rulebook: &Rulebook,
    ) -> ScoreExplanation {
        let Some(undone) = UndoneMarkup::of(text, rulebook.rules.markup().of(surface)) else {
            return self.explain_plain(surface, text, found, rulebook);
        };
        let found = (&*shown_hits(&undone, found.0), found.1);
        let mut explained = self.explain_plain(surface, undone.text(), found, rulebook);
        place(&undone, &mut explained.spans);
        explained
    }

    fn explain_plain(
        &self,
        surface: Surface,
        text: &str,
        found: (&[Hit], &FormStandings),
        rulebook: &Rulebook,
    ) -> ScoreExplanation {
        let mut scratch = ScoreScratch::default();
        let named = features(surface, text, found, rulebook);
        let scored = self
            .weights
            .score(text, &named, FlagAt::all(0), &mut scratch);
        ScoreExplanation {
            likely: match scored.likely {
                Likely::Abuse => ReasonCode::LikelyAbuse,
                Likely::Scam => ReasonCode::LikelyScam,
            },
            spans: scored.spans.iter().collect(),
            features: self.weights.weighed(text, &named, &mut scratch),
        }
    }

    /// From which score on a surface is flagged: as the board says, else as it was fitted.
    pub fn flag_at(&self, surface: Surface, rulebook: &Rulebook) -> FlagAt {
        let rules = rulebook.rules.score();
        let given = match surface {
            Surface::Body => rules.body,
            Surface::Nickname => rules.nickname,
            Surface::Tags => None,
        };
        given.map_or_else(
            || self.weights.flag_at(surface),
            |score| FlagAt::all(score.permille()),
        )
    }
}

/// The named features of a text with these hits, and with what is known of their written forms.
fn features(
    surface: Surface,
    text: &str,
    (hits, forms): (&[Hit], &FormStandings),
    rulebook: &Rulebook,
) -> NamedSet {
    let lexicon = &rulebook.lexicon;
    let named = NamedSet::of(surface, text, hits, lexicon);
    // nearly always: then nothing is cut out of the text
    if forms.is_empty() {
        return named;
    }
    named.with_history(text, hits, lexicon, |term, matched| {
        forms.feature(term, matched)
    })
}

/// The hits of a text where they stand without its markup.
fn shown_hits(undone: &UndoneMarkup, hits: &[Hit]) -> Vec<Hit> {
    let shown = hits.iter().map(|hit| Hit {
        span: undone.shown(hit.span),
        ..*hit
    });
    shown.collect()
}

fn place(undone: &UndoneMarkup, spans: &mut [Span]) {
    for span in spans {
        *span = undone.original(*span);
    }
}
