//! Nicknames as people read them: split into words at capitals and digits, and as skeletons (UTS #39), in which
//! characters that look alike are the same.

use unicode_security::confusable_detection::skeleton;

use crate::text::{
    BoundaryRule, Disguise, FoldedText, Span, TermMatch, TermMatcher, TermMatchers, fold::folded,
};

/// A nickname in another reading. Each of its characters knows which character of the nickname it comes from.
#[derive(Debug, Default)]
pub struct LookAlike {
    text: String,
    /// For each character of `text`: the index of the nickname's character that it comes from.
    from: Vec<u32>,
    /// For each character of `text`: the disguise that was undone there.
    undone: Vec<Option<Disguise>>,
}

/// Characters that are decoration in a nickname (☆彡, 〆), and no part of the name.
const DECORATION: &str = "彡〆灬乄丶ღ";

impl LookAlike {
    /// The nickname without decoration, split into words: with a blank before each capital that follows a small letter,
    /// and before the digits at the end. UdnAdmin01 becomes Udn Admin 01.
    pub fn split(nickname: &str) -> Self {
        let mut reading = Self::default();
        let tail = nickname
            .trim_end_matches(|ch: char| ch.is_ascii_digit())
            .len();
        let mut last = ' ';
        let chars = (0..).zip(nickname.char_indices());
        for (nth, (byte, ch)) in chars.filter(|(_, (_, ch))| !DECORATION.contains(*ch)) {
            // only a capital after a small letter begins a word: IBM stays whole
            let capital = last.is_lowercase() && ch.is_uppercase();
            if capital || (byte == tail && last.is_alphabetic()) {
                reading.push(' ', nth, None);
            }
            reading.push(ch, nth, None);
            last = ch;
        }
        reading
    }

    /// The reading.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The span of the nickname that a span of the reading comes from.
    pub fn span(&self, span: Span) -> Span {
        let at = |nth: u32| self.from.get(nth as usize).copied().unwrap_or_default();
        Span {
            start: at(span.start),
            end: at(span.end.saturating_sub(1)) + 1,
        }
    }

    /// The reading with every character replaced by the one that it looks like: υdn (Greek υ) becomes udn.
    pub(super) fn skeleton(&self) -> Self {
        let mut reading = Self::default();
        for (nth, ch) in self.text.chars().enumerate() {
            let from = self.from.get(nth).copied().unwrap_or_default();
            let shown = folded(ch.encode_utf8(&mut [0; 4]));
            let looks = looks_of(&shown);
            let undone = match ch {
                _ if looks == shown => None,
                _ if ch.is_ascii_digit() || ch.is_ascii_punctuation() => Some(Disguise::Leet),
                // i and l share a skeleton, but a plain letter is no disguise
                _ if ch.is_ascii() => None,
                _ => Some(Disguise::Variant),
            };
            looks.chars().for_each(|ch| reading.push(ch, from, undone));
        }
        reading
    }

    fn push(&mut self, ch: char, from: u32, undone: Option<Disguise>) {
        self.text.push(ch);
        self.from.push(from);
        self.undone.push(undone);
    }

    /// Every match in the reading, with its span of the nickname.
    pub(super) fn find(&self, needles: &TermMatchers) -> impl Iterator<Item = (usize, TermMatch)> {
        let text = FoldedText::new(&self.text);
        let found: Vec<(usize, TermMatch)> = needles.find_in(&text).collect();
        found
            .into_iter()
            .map(|(nth, found)| (nth, self.in_nickname(found)))
    }

    fn in_nickname(&self, found: TermMatch) -> TermMatch {
        let (start, last) = (found.span.start, found.span.end.saturating_sub(1));
        let undone = self.undone.get(start as usize..=last as usize);
        let how = undone.unwrap_or_default().iter().flatten();
        TermMatch {
            span: self.span(found.span),
            how: how.fold(found.how, |how, kind| how.with(*kind)),
            ..found
        }
    }
}

/// The names as skeletons, each with the index of its name; literals and single characters are left out.
pub(super) fn alike(
    needles: &[(TermMatcher, BoundaryRule)],
) -> Vec<(usize, (TermMatcher, BoundaryRule))> {
    let words = needles.iter().enumerate();
    words
        .filter(|(_, (needle, _))| !needle.is_literal() && needle.dense_chars() > 1)
        .filter_map(|(nth, (needle, boundary))| {
            let looks: String = needle
                .text()
                .chars()
                .map(|ch| looks_of(&ch.to_string()))
                .collect();
            Some((nth, (TermMatcher::new(&looks)?, *boundary)))
        })
        .collect()
}

/// What a folded character looks like: its skeleton, with one letter for i, l and 1, one for o and 0, and so on.
fn looks_of(shown: &str) -> String {
    let skeleton: String = skeleton(shown).collect();
    folded(&skeleton).chars().map(merged).collect()
}

const fn merged(ch: char) -> char {
    match ch {
        'i' | '1' | '|' | '!' => 'l',
        '0' => 'o',
        '3' => 'e',
        '@' | '4' => 'a',
        '$' | '5' => 's',
        ch => ch,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nickname_is_split_where_a_word_begins() {
        assert_eq!(LookAlike::split("UdnAdmin01").text, "Udn Admin 01");
        assert_eq!(LookAlike::split("阿明 01").text, "阿明 01");
        assert_eq!(LookAlike::split("IBM").text, "IBM");
        assert_eq!(LookAlike::split("☆彡阿明〆").text, "☆阿明");
    }

    #[test]
    fn look_alikes_have_one_skeleton() {
        let looks = |text: &str| LookAlike::split(text).skeleton().text;
        for (left, right) in [
            ("аdmin", "admin"),
            ("adm1n", "admin"),
            ("0fficial", "official"),
            ("rnod", "mod"),
            ("υdn", "udn"),
        ] {
            assert_eq!(looks(left), looks(right), "{left}");
        }
        assert_ne!(looks("udn"), looks("udm"));
    }
}
