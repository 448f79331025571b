//! What people decided and no rule says: `*_choices.tsv`.

use std::collections::HashSet;

use crate::rows;

/// The lines that say `what`, each without it: `leave`, a tab, 余.
pub fn said<'a>(choices: &'a str, what: &'a str) -> impl Iterator<Item = &'a str> {
    rows(choices).filter_map(move |line| line.strip_prefix(what)?.strip_prefix('\t'))
}

/// Every line says one of these, and says it of a thing that no other line speaks of.
pub fn check(choices: &str, kinds: &[&str]) {
    let mut seen = HashSet::new();
    for line in rows(choices) {
        let mut cells = line.split('\t');
        let (kind, about) = (cells.next().unwrap(), cells.next().unwrap());
        assert!(kinds.contains(&kind), "{line}");
        assert!(seen.insert(about), "{about} is decided twice");
    }
}
