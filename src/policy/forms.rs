//! What is known of the written forms in a comment: guesses that moderators refused, or that everybody writes, decide nothing.

use std::collections::HashMap;

use crate::{
    record::{Form, FormKey, FormStanding, TOKEN_TERM, token_in, written_form},
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
        let own = self.at(FormKey::of(term, &written_form(matched)));
        if own != FormStanding::Unknown {
            return own;
        }
        // letters that everybody writes beside anything are a word of this board, and no disguise
        let token = token_in(matched).map(|token| self.at(FormKey::of(TOKEN_TERM, &token)));
        token.filter(|token| token.only_notes()).unwrap_or_default()
    }

    fn at(&self, key: FormKey) -> FormStanding {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{id::MemberId, time::Timestamp};

    /// A form that so many members wrote in so many comments.
    fn seen(term: &str, written: &str, comments: u32) -> Form {
        let form = || Form::new(term, written, Timestamp::from_ms(0));
        (0..comments).fold(form(), |all, nth| {
            let member = MemberId::parse(format!("m-{nth}")).ok();
            all.with(form().seen_from(member.as_ref()))
        })
    }

    #[test]
    fn letters_that_everybody_writes_are_no_disguise_of_any_term() {
        let token = seen(TOKEN_TERM, "xq", 1_000);
        let known = FormStandings::from_iter([token.clone(), seen(TOKEN_TERM, "zz", 999)]);
        for (term, matched) in [
            ("王八蛋", "王XQ蛋"),
            ("幹你娘", "幹ｘｑ"),
            ("幹你娘", "xq娘"),
        ] {
            assert_eq!(known.of(term, matched), FormStanding::Everyday, "{matched}");
        }
        // too few, a longer run, one letter of it, and a Latin term, which is nothing else
        for (term, matched) in [
            ("王八蛋", "王zz蛋"),
            ("王八蛋", "王xqq蛋"),
            ("王八蛋", "王x蛋"),
            ("xq", "xq"),
        ] {
            assert_eq!(known.of(term, matched), FormStanding::Unknown, "{matched}");
        }
        let upheld =
            token.with(Form::new(TOKEN_TERM, "xq", Timestamp::from_ms(0)).ruled(true, None, 1));
        let known = FormStandings::from_iter([upheld]);
        assert_eq!(known.of("王八蛋", "王xq蛋"), FormStanding::Unknown);
    }
}
