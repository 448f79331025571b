//! Rows that name a pattern (`<mobile>`, `<url>`) where others have words.
//!
//! Such a row moves the severity of what has a form, asks for company near it, or shadows it, as any row does. One pattern
//! may have several rows in a list, each with its own context: `<url>` at 1, and at 3 near what investment groups promise.
//! What an exception holds is dropped; one that names a host (`udn.com`, `gov.tw`) drops every address there.

use std::ops::Range;

use super::{
    term::TermId,
    unit_window::UnitWindow,
    verify_match::{Strength, VerifiedMatch},
};
use crate::text::pattern::{self, PatternHit, PatternKind, PatternScratch};

/// What stands about the name of a pattern.
const BRACKETS: (char, char) = ('<', '>');

/// The rows that name each pattern.
#[derive(Debug, Default)]
pub(super) struct PatternTerms {
    rows: Vec<(PatternKind, TermId)>,
}

/// What a cell says that names a pattern; none where it holds words.
pub(super) fn named(cell: &str) -> Option<Result<PatternKind, &str>> {
    let name = cell.strip_prefix(BRACKETS.0)?.strip_suffix(BRACKETS.1)?;
    Some(PatternKind::parse(name).ok_or(name))
}

impl PatternTerms {
    /// Adds a row.
    pub(super) fn push(&mut self, kind: PatternKind, term: TermId) {
        self.rows.push((kind, term));
    }

    /// Calls `each` for every row whose pattern stands in the text, with what was found, and its host where it is an address.
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
        strength: Strength::Enough,
        open_gaps: 0,
        sentence_end: false,
        first_run: bytes.clone(),
        last_run: bytes.clone(),
        bytes,
        sounded: 0,
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
