//! The texts of a comment as they are shown, where the board's markup is undone.

use super::findings::Findings;
use crate::text::{MarkupRules, Surface, SurfaceTexts, UndoneMarkup};

/// The texts of one comment without their markup.
pub(super) struct ShownTexts {
    body: Option<UndoneMarkup>,
    nickname: Option<UndoneMarkup>,
    tags: Vec<Option<UndoneMarkup>>,
    tag_texts: Vec<String>,
}

impl ShownTexts {
    /// `None` where no text has any markup, which allocates nothing for a board that has none.
    pub fn of(surfaces: SurfaceTexts<'_>, markup: MarkupRules) -> Option<Self> {
        if markup == MarkupRules::default() {
            return None;
        }
        let undone = |surface, text: &str| UndoneMarkup::of(text, markup.of(surface));
        let body = surfaces.body.and_then(|text| undone(Surface::Body, text));
        let nickname = surfaces.nickname;
        let nickname = nickname.and_then(|text| undone(Surface::Nickname, text));
        let tags = surfaces.tags.iter().map(|tag| undone(Surface::Tags, tag));
        let tags: Vec<_> = tags.collect();
        let has_any = body.is_some() || nickname.is_some() || tags.iter().any(Option::is_some);
        has_any.then(|| Self {
            tag_texts: surfaces
                .tags
                .iter()
                .zip(&tags)
                .map(|(own, undone)| text_of(undone, own).to_owned())
                .collect(),
            body,
            nickname,
            tags,
        })
    }

    /// What is looked into.
    pub fn texts<'t>(&'t self, written: SurfaceTexts<'t>) -> SurfaceTexts<'t> {
        SurfaceTexts {
            body: written.body.map(|own| text_of(&self.body, own)),
            nickname: written.nickname.map(|own| text_of(&self.nickname, own)),
            tags: &self.tag_texts,
        }
    }

    /// Puts what was found where it was written.
    pub fn place(&self, found: &mut Findings, written: SurfaceTexts<'_>) {
        let hits = |undone: &Option<UndoneMarkup>, hits: &mut [crate::lexicon::Hit]| {
            let Some(undone) = undone else { return };
            for hit in hits {
                hit.span = undone.original(hit.span);
            }
        };
        hits(&self.body, &mut found.body);
        hits(&self.nickname, &mut found.nickname);
        for (undone, tag) in self.tags.iter().zip(&mut found.tags) {
            hits(undone, &mut tag.hits);
        }
        if let Some(undone) = &self.nickname {
            for name in &mut found.names {
                name.span = undone.original(name.span);
            }
        }
        // the texts that are read across, in their order
        let nickname = written.nickname.map(|_| &self.nickname);
        let body = written.body.map(|_| &self.body);
        let signed: Vec<_> = nickname.into_iter().chain(body).collect();
        for hit in &mut found.across {
            for (text, span) in [&mut hit.first, &mut hit.last] {
                if let Some(Some(undone)) = signed.get(*text) {
                    *span = undone.original(*span);
                }
            }
        }
        for hit in &mut found.across_tags {
            for (tag, span) in [&mut hit.first, &mut hit.last] {
                if let Some(Some(undone)) = self.tags.get(*tag) {
                    *span = undone.original(*span);
                }
            }
        }
    }
}

fn text_of<'t>(undone: &'t Option<UndoneMarkup>, own: &'t str) -> &'t str {
    undone.as_ref().map_or(own, UndoneMarkup::text)
}
