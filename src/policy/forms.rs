//! What is known of the written forms in a comment: guesses that moderators refused, or that everybody writes, decide nothing.

use std::collections::HashMap;

use crate::{
    record::{Form, FormKey, FormStanding, written_form},
    score::Named,
};

/// The standing of each written form in a comment of which something is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormStandings(HashMap<FormKey, FormStanding>);

impl FormStandings {
    /// Whether nothing is known of any.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same as a feature of the score.
    pub fn feature(&self, term: &str, matched: &str) -> Option<Named> {
        match self.of(term, matched) {
            FormStanding::Unknown => None,
            FormStanding::Upheld => Some(Named::FORM_UPHELD),
            FormStanding::Refused => Some(Named::FORM_REFUSED),
            FormStanding::Everyday => Some(Named::FORM_EVERYDAY),
        }
    }

    /// What is known of a listed term that is written so.
    pub fn of(&self, term: &str, matched: &str) -> FormStanding {
        if self.is_empty() {
            return FormStanding::Unknown;
        }
        let key = FormKey::of(term, &written_form(matched));
        self.0.get(&key).copied().unwrap_or_default()
    }
}

impl FromIterator<Form> for FormStandings {
    fn from_iter<I: IntoIterator<Item = Form>>(forms: I) -> Self {
        let standings = forms.into_iter().map(|form| (form.key(), form.standing()));
        let known = standings.filter(|(_, standing)| *standing != FormStanding::Unknown);
        Self(known.collect())
    }
}
