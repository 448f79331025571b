//! The texts of a comment as they are shown, where the board's markup is undone.

use crate::text::{MarkupRules, Surface, SurfaceTexts, UndoneMarkup};

/// The texts of one comment without their markup.
pub(super) struct ShownTexts {
    pub body: Option<UndoneMarkup>,
    pub nickname: Option<UndoneMarkup>,
    pub tags: Vec<Option<UndoneMarkup>>,
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
}

fn text_of<'t>(undone: &'t Option<UndoneMarkup>, own: &'t str) -> &'t str {
    undone.as_ref().map_or(own, UndoneMarkup::text)
}
