//! What is known of one text, each part worked out at its first use and then held for all hits in it. So a text of nothing
//! but insults costs no more than its length.

use super::{
    company_notes::CompanyNotes, exception::PhraseNotes, ordinary::WordNotes,
    word_classes::WordClasses,
};
use crate::text::shown::ShownText;

/// The notes of a text. Reused from text to text, so that they stop allocating.
#[derive(Debug, Default)]
pub(super) struct TextNotes {
    /// Whether `shown` and `company` are of this text.
    has_shown: bool,
    has_company: bool,
    shown: ShownText,
    company: CompanyNotes,
    phrases: PhraseNotes,
    /// Dictionary words by their place among the visible characters.
    words: WordNotes,
    /// Dictionary words by their place among the units of the reading that is searched.
    pub unit_words: WordNotes,
}

impl TextNotes {
    /// Forgets the last text.
    pub(super) fn begin_text(&mut self) {
        (self.has_shown, self.has_company) = (false, false);
        self.phrases.forget();
        self.words.forget();
        self.begin_reading();
    }

    /// Forgets what is counted in units: another reading has others.
    pub(super) fn begin_reading(&mut self) {
        self.unit_words.forget();
    }

    /// The visible characters.
    pub(super) fn shown(&mut self, text: &str) -> &ShownText {
        if !std::mem::replace(&mut self.has_shown, true) {
            self.shown.set(text);
        }
        &self.shown
    }

    /// The visible characters, and the dictionary words that begin at them.
    pub(super) fn words(&mut self, text: &str) -> (&ShownText, &mut WordNotes) {
        self.shown(text);
        (&self.shown, &mut self.words)
    }

    /// The visible characters, and the innocent phrases among them.
    pub(super) fn phrases(&mut self, text: &str) -> (&ShownText, &mut PhraseNotes) {
        self.shown(text);
        (&self.shown, &mut self.phrases)
    }

    /// The visible characters, and what company is read from.
    pub(super) fn company(
        &mut self,
        text: &str,
        classes: &WordClasses,
    ) -> (&ShownText, &CompanyNotes) {
        self.shown(text);
        if !std::mem::replace(&mut self.has_company, true) {
            self.company.set(self.shown.chars(), classes);
        }
        (&self.shown, &self.company)
    }
}
