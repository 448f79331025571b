//! Named features: what is known about a text beside its characters.

use crate::{
    lexicon::{Company, Hit, Lexicon, ListCode},
    text::{SpanSlicer, Surface},
};

/// A named feature. Its number is its place among the weights, so numbers never change: new ones go to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Named(u8);

/// How many places among the weights are kept for named features.
pub(super) const NAMED_MAX: usize = 256;

/// Severities of hits that are features of their own: 1 to 4.
const SEVERITIES: u8 = 4;
/// The first feature after those of hits by code, severity and whether they are guessed.
const AFTER_HITS: u8 = ListCode::ALL.len() as u8 * SEVERITIES * 2;

/// The features after those of hits, by their numbers.
const OTHERS: [&str; 25] = [
    "url",
    "contact",
    "long-number",
    "nickname",
    "length-0",
    "length-1",
    "length-2",
    "length-3",
    "length-4",
    "length-5",
    "length-6",
    "question",
    "alone",
    "aimed",
    "unaimed",
    "quoted",
    "of-oneself",
    "denied",
    "thing",
    "fiction",
    "care",
    "help",
    "form-upheld",
    "form-refused",
    "form-everyday",
];

impl Named {
    /// A listed term of this code and severity (1 to 4); a guessed one is read out of a disguise.
    pub const fn hit(code: ListCode, severity: u8, guessed: bool) -> Self {
        let severity = if severity > SEVERITIES {
            SEVERITIES
        } else {
            severity
        };
        let nth = code as u8 * SEVERITIES + severity.saturating_sub(1);
        Self(nth * 2 + guessed as u8)
    }

    /// A listed term in this company.
    pub const fn company(company: Company) -> Self {
        Self::other(12 + company as u8)
    }

    const fn other(nth: u8) -> Self {
        Self(AFTER_HITS + nth)
    }

    /// A web address.
    pub const URL: Self = Self::other(0);
    /// A number of seven digits or more, an e-mail address, or an id with letters and digits.
    pub const CONTACT: Self = Self::other(1);
    /// A number of four to six digits.
    pub const LONG_NUMBER: Self = Self::other(2);
    /// The text is a nickname.
    pub const NICKNAME: Self = Self::other(3);
    /// A question mark.
    pub const QUESTION: Self = Self::other(11);

    /// A guess of a written form that moderators upheld. No shipped example has any history, so that the shipped weights of
    /// these three are 0, and a board's rulings alone move them.
    pub const FORM_UPHELD: Self = Self::other(22);
    /// One of a form that they let stand.
    pub const FORM_REFUSED: Self = Self::other(23);
    /// One of a form that everybody writes.
    pub const FORM_EVERYDAY: Self = Self::other(24);

    /// The class of a text of so many characters.
    pub const fn length(chars: usize) -> Self {
        let class = match chars {
            0..=4 => 0,
            5..=8 => 1,
            9..=14 => 2,
            15..=20 => 3,
            21..=39 => 4,
            40..=80 => 5,
            _ => 6,
        };
        Self::other(4 + class)
    }

    /// The name as people see it: `insult-3`, `insult-3-guessed`, `url`.
    pub fn name(self) -> String {
        match self.0.checked_sub(AFTER_HITS) {
            Some(nth) => OTHERS
                .get(usize::from(nth))
                .map_or_else(|| format!("feature-{}", self.0), |name| (*name).to_owned()),
            None => {
                let (nth, guessed) = (self.0 / 2, self.0 % 2 == 1);
                let code = ListCode::ALL
                    .into_iter()
                    .find(|code| *code as u8 == nth / SEVERITIES);
                let code = code.map_or("", ListCode::name);
                let end = if guessed { "-guessed" } else { "" };
                format!("{code}-{}{end}", nth % SEVERITIES + 1)
            }
        }
    }

    pub(super) const fn bucket(self) -> u32 {
        self.0 as u32
    }
}

/// Which named features a text has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NamedSet([u64; NAMED_MAX / 64]);

impl NamedSet {
    /// Those of a text on a surface with these hits. Shadow terms (severity 0) are none: they decide nothing.
    pub fn of(surface: Surface, text: &str, hits: &[Hit], lexicon: &Lexicon) -> Self {
        let mut set = Self::of_text(surface, text);
        for hit in hits.iter().filter(|hit| hit.severity > 0) {
            set.insert(Named::hit(
                lexicon.term(hit.term).code,
                hit.severity,
                hit.guessed,
            ));
            if hit.company != Company::None {
                set.insert(Named::company(hit.company));
            }
        }
        set
    }

    /// With the history of the written forms that were guessed at: `history` says it of a listed term and what is written.
    #[must_use]
    pub fn with_history(
        mut self,
        text: &str,
        hits: &[Hit],
        lexicon: &Lexicon,
        history: impl Fn(&str, &str) -> Option<Named>,
    ) -> Self {
        let mut slices = SpanSlicer::of(text);
        for hit in hits.iter().filter(|hit| hit.guessed && hit.severity > 0) {
            let written = slices.slice(hit.span);
            if let Some(named) = history(&lexicon.term(hit.term).text, written) {
                self.insert(named);
            }
        }
        self
    }

    /// Those that the text alone gives.
    pub fn of_text(surface: Surface, text: &str) -> Self {
        let mut set = Self::default();
        let shape = Shape::of(text);
        set.insert(Named::length(shape.chars));
        let given = [
            (surface == Surface::Nickname, Named::NICKNAME),
            (shape.url, Named::URL),
            (shape.contact, Named::CONTACT),
            (shape.long_number, Named::LONG_NUMBER),
            (shape.question, Named::QUESTION),
        ];
        for (_, named) in given.into_iter().filter(|(is_given, _)| *is_given) {
            set.insert(named);
        }
        set
    }

    /// Adds one.
    pub fn insert(&mut self, named: Named) {
        let (word, bit) = (usize::from(named.0 / 64), named.0 % 64);
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << bit;
        }
    }

    /// All of them, by number.
    pub fn iter(&self) -> impl Iterator<Item = Named> {
        (0..=u8::MAX).map(Named).filter(|named| {
            let word = self.0.get(usize::from(named.0 / 64)).copied();
            word.unwrap_or_default() & (1 << (named.0 % 64)) != 0
        })
    }
}

/// What a text looks like, in one pass.
#[derive(Debug, Default)]
struct Shape {
    chars: usize,
    url: bool,
    contact: bool,
    long_number: bool,
    question: bool,
}

/// Digits of a number that may be a telephone's or an account's.
const CONTACT_DIGITS_MIN: usize = 7;
/// Digits of a number that is no year of one's age or a price of lunch.
const LONG_DIGITS_MIN: usize = 4;
/// The shortest id of Latin letters and digits together.
const ID_CHARS_MIN: usize = 5;

/// A run of Latin letters, digits and what joins them in ids.
#[derive(Debug, Default, Clone, Copy)]
struct Run {
    letters: usize,
    digits: usize,
}

impl Shape {
    fn of(text: &str) -> Self {
        let mut shape = Self {
            url: text.contains("://") || text.contains("www."),
            ..Self::default()
        };
        let mut run = Run::default();
        for ch in text.chars() {
            shape.chars += 1;
            match ch {
                '0'..='9' | '０'..='９' => run.digits += 1,
                'a'..='z' | 'A'..='Z' => run.letters += 1,
                '-' | '_' | '.' | ' ' if run.digits > 0 => {}
                _ => shape.end(&mut run),
            }
            shape.contact |= ch == '@';
            shape.question |= matches!(ch, '?' | '？');
        }
        shape.end(&mut run);
        shape
    }

    fn end(&mut self, run: &mut Run) {
        let Run { letters, digits } = std::mem::take(run);
        let is_id = letters > 0 && digits > 1 && letters + digits >= ID_CHARS_MIN;
        self.contact |= is_id || digits >= CONTACT_DIGITS_MIN;
        self.long_number |= (LONG_DIGITS_MIN..CONTACT_DIGITS_MIN).contains(&digits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let set = NamedSet::of_text(Surface::Body, text);
        set.iter().map(Named::name).collect()
    }

    #[test]
    fn a_text_has_the_features_of_its_shape() {
        assert_eq!(names("早安"), ["length-0"]);
        assert_eq!(
            names("加賴 abc888 看看？"),
            ["contact", "length-2", "question"]
        );
        assert_eq!(names("2024 年"), ["long-number", "length-1"]);
        assert_eq!(names("0912-345-678"), ["contact", "length-2"]);
        assert_eq!(names("https://udn.com"), ["url", "length-3"]);
    }

    #[test]
    fn every_feature_has_a_name_of_its_own() {
        let mut set = NamedSet::default();
        for code in ListCode::ALL {
            for severity in 1..=SEVERITIES {
                set.insert(Named::hit(code, severity, false));
                set.insert(Named::hit(code, severity, true));
            }
        }
        let names: std::collections::BTreeSet<String> = set.iter().map(Named::name).collect();
        assert_eq!(names.len(), usize::from(AFTER_HITS));
        assert!(names.contains("insult-3-guessed") && names.contains("scam-1"));
        assert_eq!(Named::hit(ListCode::Slur, 4, true).0 + 1, AFTER_HITS);
        assert_eq!(Named::company(Company::Aimed).name(), "aimed");
        assert_eq!(Named::company(Company::Help).name(), "help");
        assert_eq!(Named::FORM_UPHELD.name(), "form-upheld");
        assert_eq!(Named::FORM_EVERYDAY.name(), "form-everyday");
    }
}
