//! Nicknames as they look: parted at capitals and digits, and as skeletons (UTS #39) in which look-alikes are one.

use unicode_security::confusable_detection::skeleton;

use crate::text::{
    BoundaryRule, Disguise, FoldedText, Span, TermMatch, TermMatcher, TermMatchers, fold::folded,
};

/// A nickname written in another way, each of its characters with the place of the one that it stands for.
#[derive(Debug, Default)]
pub struct LookAlike {
    text: String,
    /// For each character of `text`: which character of the nickname.
    from: Vec<u32>,
    /// For each character of `text`: what was undone there.
    undone: Vec<Option<Disguise>>,
}

/// Characters that nicknames wear as decoration (☆彡, 〆): no part of a name there.
const DECORATION: &str = "彡〆灬乄丶ღ";

impl LookAlike {
    /// Without decoration, and with a blank wherever a capital follows a small letter, and before the digits at the end: UdnAdmin01 is three words.
    pub fn parted(nickname: &str) -> Self {
        let mut reading = Self::default();
        let tail = nickname
            .trim_end_matches(|ch: char| ch.is_ascii_digit())
            .len();
        let mut last = ' ';
        let chars = (0..).zip(nickname.char_indices());
        for (nth, (byte, ch)) in chars.filter(|(_, (_, ch))| !DECORATION.contains(*ch)) {
            let capital = last.is_lowercase() && ch.is_uppercase();
            if capital || (byte == tail && last.is_alphabetic()) {
                reading.push(' ', nth, None);
            }
            reading.push(ch, nth, None);
            last = ch;
        }
        reading
    }

    /// The nickname as it is read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The place in the nickname itself of a place in what is read.
    pub fn span(&self, read: Span) -> Span {
        let at = |nth: u32| self.from.get(nth as usize).copied().unwrap_or_default();
        Span {
            start: at(read.start),
            end: at(read.end.saturating_sub(1)) + 1,
        }
    }

    /// Every character as the one that it looks like.
    pub(super) fn skeleton(&self) -> Self {
        let mut reading = Self::default();
        for (nth, ch) in self.text.chars().enumerate() {
            let from = self.from.get(nth).copied().unwrap_or_default();
            let shown = folded(ch.encode_utf8(&mut [0; 4]));
            let looks = looks_of(&shown);
            let undone = match ch {
                _ if looks == shown => None,
                _ if ch.is_ascii_digit() || ch.is_ascii_punctuation() => Some(Disguise::Leet),
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

    /// Every word that stands in it, with its place in the nickname itself.
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

/// The names that are looked for as skeletons, and which each is; those that look like nothing else are left out.
pub(super) fn alike(
    needles: &[(TermMatcher, BoundaryRule)],
) -> Vec<(usize, (TermMatcher, BoundaryRule))> {
    let words = needles.iter().enumerate();
    words
        .filter(|(_, (needle, _))| !needle.is_literal() && needle.dense_chars() > 1)
        .filter_map(|(nth, (needle, asks))| {
            let looks: String = needle
                .text()
                .chars()
                .map(|ch| looks_of(&ch.to_string()))
                .collect();
            Some((nth, (TermMatcher::new(&looks)?, *asks)))
        })
        .collect()
}

/// What a folded character looks like: its skeleton, and one letter for i, l and 1, and for o and 0.
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
    fn a_nickname_is_parted_where_a_word_begins() {
        assert_eq!(LookAlike::parted("UdnAdmin01").text, "Udn Admin 01");
        assert_eq!(LookAlike::parted("阿明 01").text, "阿明 01");
        assert_eq!(LookAlike::parted("IBM").text, "IBM");
        assert_eq!(LookAlike::parted("☆彡阿明〆").text, "☆阿明");
    }

    #[test]
    fn look_alikes_have_one_skeleton() {
        let looks = |text: &str| LookAlike::parted(text).skeleton().text;
        for (one, other) in [
            ("аdmin", "admin"),
            ("adm1n", "admin"),
            ("0fficial", "official"),
            ("rnod", "mod"),
            ("υdn", "udn"),
        ] {
            assert_eq!(looks(one), looks(other), "{one}");
        }
        assert_ne!(looks("udn"), looks("udm"));
    }
}
