//! What is found in a comment, before anything is decided about it.

use std::{cmp::Reverse, sync::Arc};

use super::{
    forms::FormStandings, nickname_findings::NicknameFindings, rulebook::Rulebook,
    shown_texts::ShownTexts,
};
use crate::{
    lexicon::{CrossHit, Hit, Lexicon, Scratch, TOKEN_TERM, is_guessed, token_in},
    member::{LookAlike, MemberStanding, nickname::NameHit},
    record::{FormKey, ModelVersion, ReasonCode, Score, written_form},
    text::{Span, SpanSlicer, Surface, SurfaceTexts, UndoneMarkup},
    topic::{PreparedArticle, TagFinding},
};

/// The most written forms of one comment that are looked up.
const FORMS_MAX: usize = 64;

/// What the text engine found in one comment.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// Hits in the body.
    pub body: Vec<Hit>,
    /// Hits in the nickname.
    pub nickname: Vec<Hit>,
    /// Protected names in the nickname.
    pub names: Vec<NameHit>,
    /// The findings of each tag, in order.
    pub tags: Vec<TagFindings>,
    /// Listed terms across nickname and body.
    pub across: Vec<CrossHit>,
    /// Listed terms across tags.
    pub across_tags: Vec<CrossHit>,
    /// What is known about the author.
    pub author: AuthorSignals,
    /// What the model says of the texts as a whole.
    pub score: Scores,
    /// What is known of the written forms that were guessed at.
    pub forms: FormStandings,
}

/// The scores of the texts of one comment. A tag has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scores {
    /// The model that scored; `None` where none did.
    pub model: Option<ModelVersion>,
    /// Of the body.
    pub body: Option<TextScore>,
    /// Of the nickname.
    pub nickname: Option<TextScore>,
}

/// The score of one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextScore {
    /// How likely it is abuse or a scam.
    pub score: Score,
    /// From which score on it is flagged.
    pub flag_at: Score,
    /// Which of the two it is, if it is flagged.
    pub code: ReasonCode,
    /// What weighed most; empty where it is not flagged.
    pub spans: Vec<Span>,
}

impl Scores {
    /// The higher of the two.
    pub(super) fn highest(&self) -> Score {
        let scores = [&self.body, &self.nickname].into_iter().flatten();
        scores.map(|text| text.score).max().unwrap_or_default()
    }
}

/// What is known about the author of a comment, apart from what the comment says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AuthorSignals {
    /// The board vouches for them: they may have any nickname.
    pub verified: bool,
    /// Their standing.
    pub standing: MemberStanding,
    /// It is one of their first comments, which this board wants reviewed.
    pub is_new: bool,
    /// It is part of a flood.
    pub floods: bool,
}

impl AuthorSignals {
    /// The codes that follow from it, the gravest first.
    pub(super) fn codes(self) -> impl Iterator<Item = ReasonCode> {
        let standing = match self.standing {
            MemberStanding::Good => None,
            MemberStanding::Watched => Some(ReasonCode::MemberWatched),
            MemberStanding::Suspended(_) => Some(ReasonCode::MemberSuspended),
            MemberStanding::Terminated => Some(ReasonCode::MemberTerminated),
        };
        let flood = self.floods.then_some(ReasonCode::Flood);
        let new = self.is_new.then_some(ReasonCode::MemberNew);
        standing.into_iter().chain(flood).chain(new)
    }
}

/// What was found in one tag.
#[derive(Debug, Clone)]
pub struct TagFindings {
    /// Listed terms.
    pub hits: Vec<Hit>,
    /// Whether it means anything, and its tie to the article.
    pub topic: TagFinding,
}

impl Findings {
    /// Scans all surfaces, without the markup that the board allows there. All spans are those of what the member wrote.
    pub fn of(
        surfaces: SurfaceTexts<'_>,
        article: Option<&PreparedArticle>,
        rulebook: &Rulebook,
        scratch: &mut Scratch,
    ) -> Self {
        let Some(shown) = ShownTexts::of(surfaces, rulebook.rules.markup()) else {
            return Self::of_plain(surfaces, article, rulebook, scratch);
        };
        let mut found = Self::of_plain(shown.texts(surfaces), article, rulebook, scratch);
        found.place(&shown, surfaces);
        found
    }

    /// Puts what was found where it was written.
    fn place(&mut self, shown: &ShownTexts, written: SurfaceTexts<'_>) {
        let hits = |undone: &Option<UndoneMarkup>, hits: &mut [Hit]| {
            let Some(undone) = undone else { return };
            for hit in hits {
                hit.span = undone.original(hit.span);
            }
        };
        hits(&shown.body, &mut self.body);
        hits(&shown.nickname, &mut self.nickname);
        for (undone, tag) in shown.tags.iter().zip(&mut self.tags) {
            hits(undone, &mut tag.hits);
        }
        if let Some(undone) = &shown.nickname {
            for name in &mut self.names {
                name.span = undone.original(name.span);
            }
        }
        // the texts that are read across, in their order
        let nickname = written.nickname.map(|_| &shown.nickname);
        let body = written.body.map(|_| &shown.body);
        let signed: Vec<_> = nickname.into_iter().chain(body).collect();
        for hit in &mut self.across {
            for (text, span) in [&mut hit.first, &mut hit.last] {
                if let Some(Some(undone)) = signed.get(*text) {
                    *span = undone.original(*span);
                }
            }
        }
        for hit in &mut self.across_tags {
            for (tag, span) in [&mut hit.first, &mut hit.last] {
                if let Some(Some(undone)) = shown.tags.get(*tag) {
                    *span = undone.original(*span);
                }
            }
        }
    }

    fn of_plain(
        surfaces: SurfaceTexts<'_>,
        article: Option<&PreparedArticle>,
        rulebook: &Rulebook,
        scratch: &mut Scratch,
    ) -> Self {
        // the nickname first: a term across both begins in it and ends in the body
        let signed = [surfaces.nickname, surfaces.body];
        let signed: Vec<&str> = signed.into_iter().flatten().collect();
        let tags: Vec<&str> = surfaces.tags.iter().map(AsRef::as_ref).collect();
        let lexicon = &rulebook.lexicon;
        let across = lexicon.scan_across(Surface::Body, &signed, scratch);
        let across_tags = lexicon.scan_across(Surface::Tags, &tags, scratch);
        let upheld = Arc::clone(scratch.upheld());
        let mut hits = |surface, text: &str| lexicon.scan(surface, text, scratch).to_vec();
        let mut look = |name: &str| NicknameFindings {
            hits: in_nickname(name, &mut hits),
            names: rulebook.impersonation.find(name),
        };
        let name = surfaces.nickname;
        let known = &rulebook.nicknames;
        let name = name.map(|name| known.findings(name, &upheld, || look(name)));
        Self {
            author: AuthorSignals::default(),
            across,
            across_tags,
            body: surfaces
                .body
                .map(|body| hits(Surface::Body, body))
                .unwrap_or_default(),
            nickname: name
                .as_ref()
                .map_or_else(Vec::new, |name| name.hits.clone()),
            names: name.map_or_else(Vec::new, |name| name.names.clone()),
            score: Scores::default(),
            forms: FormStandings::default(),
            tags: surfaces
                .tags
                .iter()
                .map(|tag| TagFindings {
                    hits: hits(Surface::Tags, tag),
                    topic: rulebook.topics.evaluate(tag, article),
                })
                .collect(),
        }
    }
}

/// The hits in a nickname as written, and in the words that it joins: FuckBoy, fuck88.
fn in_nickname(name: &str, hits: &mut impl FnMut(Surface, &str) -> Vec<Hit>) -> Vec<Hit> {
    let mut found = hits(Surface::Nickname, name);
    let split = LookAlike::split(name);
    if split.text() == name {
        return found;
    }
    let in_words = hits(Surface::Nickname, split.text());
    for hit in in_words {
        let span = split.span(hit.span);
        // FuckBoy may be hit in both forms: where the hit as written overlaps, that one is enough
        let known = |hit: &Hit| hit.span.start < span.end && span.start < hit.span.end;
        if !found.iter().any(known) {
            found.push(Hit { span, ..hit });
        }
    }
    found.sort_by_key(|hit| (hit.span.start, Reverse(hit.span.end)));
    found
}

impl Findings {
    /// The forms on which the guesses among these findings rest, each once.
    pub fn guessed_forms(&self, surfaces: SurfaceTexts<'_>, lexicon: &Lexicon) -> Vec<FormKey> {
        let nickname = surfaces.nickname.unwrap_or_default();
        let names = self.names.iter().filter(|hit| is_guessed(hit.how));
        let mut keys: Vec<FormKey> = names
            .map(|hit| FormKey::of(&hit.name, &written_form(hit.span.slice(nickname))))
            .collect();
        let mut add = |text: &str, hits: &[Hit]| {
            if !hits.iter().any(|hit| hit.guessed) {
                return;
            }
            let mut slices = SpanSlicer::of(text);
            for hit in hits.iter().filter(|hit| hit.guessed) {
                let written = written_form(slices.slice(hit.span));
                keys.push(FormKey::of(&lexicon.term(hit.term).text, &written));
                keys.extend(token_in(&written).map(|token| FormKey::of(TOKEN_TERM, &token)));
            }
        };
        add(surfaces.body.unwrap_or_default(), &self.body);
        add(nickname, &self.nickname);
        for (tag, found) in surfaces.tags.iter().zip(&self.tags) {
            add(tag, &found.hits);
        }
        keys.sort_unstable();
        keys.dedup();
        keys.truncate(FORMS_MAX);
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{lexicon::ListFile, policy::RulebookFiles};

    #[test]
    fn words_are_found_through_markup_where_they_were_written() {
        let list = "term\tseverity\tsurfaces\tmatch\tvariants\tspellings\tcontext\tnote\tsource\n幹你娘\t4\t\t\t\t\t\t\tours\n";
        let files = |rules: &str| RulebookFiles {
            lists: vec![ListFile::new("insult.tsv", list.to_owned())],
            rules: Some(rules.to_owned()),
            ..RulebookFiles::default()
        };
        let body = "啊 <b>幹</b><i>&#20320;</i>娘!";
        let spans = |rules: &str| {
            let rulebook = Rulebook::compile(&files(rules), 1).ok()?;
            let texts = SurfaceTexts {
                body: Some(body),
                nickname: None,
                tags: &[],
            };
            let found = Findings::of(texts, None, &rulebook, &mut Scratch::default());
            let slices = found.body.iter().map(|hit| hit.span.slice(body).to_owned());
            Some(slices.collect::<Vec<_>>())
        };
        let whole = "幹</b><i>&#20320;</i>娘".to_owned();
        assert_eq!(spans("[text]\nmarkup = \"html\""), Some(vec![whole]));
        assert_eq!(spans(""), Some(Vec::new()));
        assert_eq!(spans("[text]\nmarkup = \"latex\""), None);
    }
}
