//! What the filter found, beside the folded texts, and the names of its codes.

use std::collections::BTreeMap;

use crate::{
    desk::{
        base::Base,
        findings::findings,
        views::{CaseView, CodeNames, FoldedView, HitView},
    },
    policy::decide,
    record::{Case, Comment, Reason, ReasonCode, Subject},
    review::spelling_of,
    text::{FoldedText, Surface, SurfaceTexts},
};

/// A text with its folded form.
struct Folded<'a> {
    surface: Surface,
    tag: Option<&'a str>,
    text: &'a str,
    folded: FoldedText,
}

impl Base {
    /// The reasons of a case that have a place, and the folded texts.
    pub fn hits_of(
        &self,
        case: &Case,
        comment: Option<&Comment>,
    ) -> (Vec<HitView>, Vec<FoldedView>) {
        match (comment, &case.subject) {
            (Some(comment), _) => {
                let newest = &comment.newest;
                let texts = folded_texts(newest.surfaces());
                shown(&comment.decision().reasons, &texts)
            }
            // A nickname that was judged without a comment: it is judged again, since no decision is kept.
            (None, Subject::Nickname(_)) => {
                let nickname = Some(spelling_of(case)).filter(|nickname| !nickname.is_empty());
                let surfaces = SurfaceTexts {
                    body: None,
                    nickname,
                    tags: &[],
                };
                let in_force = self.in_force();
                let rulebook = in_force.rulebook();
                let found = findings(surfaces, None, rulebook, &in_force.model, &in_force.forms);
                let decision = decide(surfaces, &found, rulebook);
                shown(&decision.reasons, &folded_texts(surfaces))
            }
            (None, Subject::Comment(_) | Subject::Tag { .. }) => (Vec::new(), Vec::new()),
        }
    }
}

fn folded_texts<'a>(surfaces: SurfaceTexts<'a>) -> Vec<Folded<'a>> {
    let body = surfaces.body.map(|text| (Surface::Body, None, text));
    let nickname = surfaces
        .nickname
        .map(|text| (Surface::Nickname, None, text));
    let tags = surfaces.tags.iter();
    let tags = tags.map(|tag| (Surface::Tags, Some(tag.as_str()), tag.as_str()));
    let all = body.into_iter().chain(nickname).chain(tags);
    all.map(|(surface, tag, text)| Folded {
        surface,
        tag,
        text,
        folded: FoldedText::new(text),
    })
    .collect()
}

fn shown(reasons: &[Reason], texts: &[Folded<'_>]) -> (Vec<HitView>, Vec<FoldedView>) {
    let hit = |reason: &Reason| {
        let is_here = |text: &&Folded<'_>| {
            Some(text.surface) == reason.surface && text.tag == reason.tag.as_deref()
        };
        let text = texts.iter().find(is_here)?;
        HitView::of(reason, text.text, &text.folded)
    };
    let folded = |text: &Folded<'_>| FoldedView {
        surface: text.surface,
        tag: text.tag.map(str::to_owned),
        text: text.folded.full().to_owned(),
    };
    (
        reasons.iter().filter_map(hit).collect(),
        texts.iter().map(folded).collect(),
    )
}

/// The names of every code that a case mentions.
pub fn code_names(view: &CaseView) -> BTreeMap<&'static str, CodeNames> {
    let comment = view.comment.iter();
    let reasons = comment.flat_map(|comment| {
        let older = comment
            .revisions
            .iter()
            .flat_map(|revision| &revision.reasons);
        comment.reasons.iter().chain(older)
    });
    let reasons = reasons.chain(view.hits.iter().map(|hit| &hit.reason));
    let rulings = view.rulings.iter().chain(&view.undone_rulings);
    let reports = view.reported.items.iter().map(|report| report.code);
    let member = view.member_record.iter();
    let strikes = member.clone().flat_map(|member| &member.strikes);
    let sanctions = member.flat_map(|member| &member.sanctions);
    let proposed = view.proposed_sanction.iter();
    let codes = std::iter::once(view.item.code)
        .chain(reasons.map(|reason| reason.code))
        .chain(rulings.filter_map(|ruling| ruling.code))
        .chain(reports)
        .chain(strikes.map(|strike| strike.code))
        .chain(sanctions.filter_map(|sanction| sanction.code))
        .chain(proposed.map(|proposal| proposal.because.code))
        .chain(
            view.notice_previews
                .iter()
                .filter_map(|preview| preview.code),
        )
        .chain(view.scores.iter().map(|score| score.likely));
    codes
        .map(|code: ReasonCode| (code.name(), CodeNames::of(code)))
        .collect()
}
