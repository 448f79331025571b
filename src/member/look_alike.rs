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

/// Everything between these is shown from right to left (the bidirectional override of Unicode).
const TURN: char = '\u{202e}';
const TURN_END: char = '\u{202c}';

/// A character of a nickname, and which one it is there.
struct ShownChar {
    nth: u32,
    ch: char,
    undone: Option<Disguise>,
}

/// The characters in the order in which they are shown: U+202E and 員理管 is shown as 管理員.
fn shown(nickname: &str) -> Vec<ShownChar> {
    let mut shown = Vec::new();
    let mut turned_from = None;
    for (nth, ch) in (0..).zip(nickname.chars()) {
        if ch == TURN || ch == TURN_END {
            turn(&mut shown, turned_from.take());
        }
        if ch == TURN {
            turned_from = Some(shown.len());
        }
        let undone = turned_from.map(|_| Disguise::Reversed);
        shown.push(ShownChar { nth, ch, undone });
    }
    turn(&mut shown, turned_from);
    shown
}

fn turn(shown: &mut [ShownChar], from: Option<usize>) {
    if let Some(turned) = from.and_then(|from| shown.get_mut(from..)) {
        turned.reverse();
    }
}

/// Characters that are decoration in a nickname (☆彡, 〆), and no part of the name.
const DECORATION: &str = "彡〆灬乄丶ღ";

impl LookAlike {
    /// The nickname as shown, without decoration, split into words: with a blank before each capital that follows a small
    /// letter, and before the digits at the end. UdnAdmin01 becomes Udn Admin 01.
    pub fn split(nickname: &str) -> Self {
        let mut reading = Self::default();
        let shown = shown(nickname);
        let digits = shown.iter().rev().take_while(|ch| ch.ch.is_ascii_digit());
        let tail = shown.len() - digits.count();
        let mut last = ' ';
        let chars = shown.iter().enumerate();
        for (at, shown) in chars.filter(|(_, shown)| !DECORATION.contains(shown.ch)) {
            // only a capital after a small letter begins a word: IBM stays whole
            let capital = last.is_lowercase() && shown.ch.is_uppercase();
            if capital || (at == tail && last.is_alphabetic()) {
                reading.push(' ', shown.nth, None);
            }
            reading.push(shown.ch, shown.nth, shown.undone);
            last = shown.ch;
        }
        reading
    }

    /// The reading.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The span of the nickname that a span of the reading comes from.
    pub fn span(&self, span: Span) -> Span {
        let from = self.from.get(span.start as usize..span.end as usize);
        let from = || from.unwrap_or_default().iter().copied();
        // what is shown turned around comes from characters in the other order
        Span {
            start: from().min().unwrap_or_default(),
            end: from().max().map_or(0, |last| last + 1),
        }
    }

    /// The reading with every character replaced by the one that it looks like: υdn (Greek υ) becomes udn.
    pub(super) fn skeleton(&self) -> Self {
        let mut reading = Self::default();
        for (nth, ch) in self.text.chars().enumerate() {
            let from = self.from.get(nth).copied().unwrap_or_default();
            let shown = folded(ch.encode_utf8(&mut [0; 4]));
            let looks = looks_of(&shown);
            let turned = self.undone.get(nth).copied().flatten();
            let undone = match ch {
                _ if looks == shown => turned,
                _ if ch.is_ascii_digit() || ch.is_ascii_punctuation() => Some(Disguise::Leet),
                // i and l share a skeleton, but a plain letter is no disguise
                _ if ch.is_ascii() => turned,
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
    fn what_is_turned_around_is_read_as_shown() {
        let split = LookAlike::split("小\u{202e}01員理管\u{202c}明");
        assert_eq!(split.text, "小管理員10\u{202e}\u{202c}明");
        let span = split.span(Span { start: 1, end: 4 });
        assert_eq!((span.start, span.end), (4, 7));
        assert_eq!(LookAlike::split("\u{202e}").text, "\u{202e}");
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
