//! Rows that name a pattern (`<mobile>`, `<url>`) in place of a word.
//!
//! Such a row gives the pattern a severity, a context or a shadow, as any row does for its word. One pattern may have
//! several rows in a list, each with its own context: `<url>` at severity 1, and at 3 near the promises of investment
//! groups. An exception that contains the match drops it; one that is a host (`udn.com`, `gov.tw`) drops every address
//! there.

use std::ops::Range;

use super::{term::TermId, unit_window::UnitWindow, verify_match::VerifiedMatch};
use crate::text::pattern::{self, PatternHit, PatternKind, PatternScratch};

/// The brackets around the name of a pattern.
const BRACKETS: (char, char) = ('<', '>');

/// The rows that name each pattern.
#[derive(Debug, Default)]
pub(super) struct PatternTerms {
    rows: Vec<(PatternKind, TermId)>,
}

/// The pattern that a cell names, or an unknown name; `None` if the cell holds a word.
pub(super) fn named(cell: &str) -> Option<Result<PatternKind, &str>> {
    let name = cell.strip_prefix(BRACKETS.0)?.strip_suffix(BRACKETS.1)?;
    Some(PatternKind::parse(name).ok_or(name))
}

impl PatternTerms {
    /// Adds a row.
    pub(super) fn push(&mut self, kind: PatternKind, term: TermId) {
        self.rows.push((kind, term));
    }

    /// Calls `each` for every row whose pattern is in the text, with the match, and with its host if it is an address.
    pub(super) fn find_in(
        &self,
        view: &UnitWindow<'_>,
        scratch: &mut PatternScratch,
        mut each: impl FnMut(TermId, VerifiedMatch, &Range<usize>),
    ) {
        if self.rows.is_empty() || !pattern::may_hold(view.text) {
            return;
        }
        pattern::find(view.text, scratch, |hit| {
            let rows = self.rows.iter().filter(|(kind, _)| *kind == hit.kind);
            for (_, term) in rows {
                each(*term, found(view, &hit), &hit.host);
            }
        });
    }
}

fn found(view: &UnitWindow<'_>, hit: &PatternHit) -> VerifiedMatch {
    let bytes = hit.bytes.clone();
    VerifiedMatch {
        units: view.unit_at(bytes.start)..view.unit_at(bytes.end),
        how: hit.how,
        open_gaps: 0,
        sentence_end: false,
        first_run: bytes.clone(),
        last_run: bytes.clone(),
        bytes,
        sounded: 0,
        thin: false,
        latin: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_angle_brackets() {
        assert_eq!(named("<mobile>"), Some(Ok(PatternKind::Mobile)));
        assert_eq!(named("<phone>"), Some(Err("phone")));
        assert_eq!(named("mobile"), None);
        assert_eq!(named("<3"), None);
    }
}
