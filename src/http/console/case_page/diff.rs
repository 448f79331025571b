//! What an edit changed.

use std::time::Duration;

use similar::{ChangeTag, TextDiff};

use crate::http::console::marks::{self, Piece};

/// Longer texts are shown whole: their difference takes long and tells little.
const CHARS_MAX: usize = 6_000;
/// How long the search for the smallest difference may take; what is found by then is shown.
const PATIENCE: Duration = Duration::from_millis(10);

/// A stretch that stayed, went or came.
pub struct Change {
    /// `same`, `gone` or `new`.
    pub kind: &'static str,
    /// Its text.
    pub pieces: Vec<Piece>,
}

/// From the older text to the newer one, by characters: Chinese has no blanks between words.
pub fn changes(older: &str, newer: &str) -> Vec<Change> {
    if older.chars().count() + newer.chars().count() > CHARS_MAX {
        return vec![whole("gone", older), whole("new", newer)];
    }
    let diff = TextDiff::configure()
        .timeout(PATIENCE)
        .diff_chars(older, newer);
    let mut stretches: Vec<(&'static str, String)> = Vec::new();
    for change in diff.iter_all_changes() {
        let kind = match change.tag() {
            ChangeTag::Equal => "same",
            ChangeTag::Delete => "gone",
            ChangeTag::Insert => "new",
        };
        match stretches.last_mut() {
            Some((last, text)) if *last == kind => text.push_str(change.value()),
            _ => stretches.push((kind, change.value().to_owned())),
        }
    }
    stretches
        .into_iter()
        .map(|(kind, text)| whole(kind, &text))
        .collect()
}

fn whole(kind: &'static str, text: &str) -> Change {
    Change {
        kind,
        pieces: marks::plain(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::console::marks::Run;

    fn told(older: &str, newer: &str) -> String {
        let text = |change: &Change| -> String {
            let runs = change.pieces.iter().flat_map(|piece| &piece.runs);
            runs.filter_map(Run::text).collect()
        };
        changes(older, newer)
            .iter()
            .map(|change| format!("{}({})", change.kind, text(change)))
            .collect()
    }

    #[test]
    fn changed_characters_are_told_from_those_that_stayed() {
        assert_eq!(
            told("你是笨蛋", "你是天才"),
            "same(你是)gone(笨蛋)new(天才)"
        );
        assert_eq!(told("同", "同"), "same(同)");
        assert_eq!(told("", "新"), "new(新)");
    }

    #[test]
    fn long_texts_are_shown_whole() {
        let long = "長".repeat(CHARS_MAX);
        assert_eq!(changes(&long, "短").len(), 2);
    }
}
