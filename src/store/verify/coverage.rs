//! Compares what two walks found, as multisets, in constant memory.

use sha2::{Digest as _, Sha256};

/// What is stored, and what the audit covers. Each item adds a hash of itself to its sum, so the sums are equal if and, short of a
/// collision, only if the items are.
#[derive(Default)]
pub(super) struct Coverage {
    there: Met,
    covered: Met,
}

#[derive(Default, PartialEq, Eq)]
struct Met {
    count: u64,
    sum: u128,
}

impl Met {
    fn add(&mut self, parts: &[&[u8]]) {
        let mut hash = Sha256::new();
        parts.iter().for_each(|part| hash.update(part));
        let hash: [u8; 32] = hash.finalize().into();
        let half = hash
            .first_chunk()
            .map_or(0, |half| u128::from_be_bytes(*half));
        self.count += 1;
        self.sum = self.sum.wrapping_add(half);
    }
}

impl Coverage {
    /// This is there.
    pub fn is_there(&mut self, parts: &[&[u8]]) {
        self.there.add(parts);
    }

    /// An entry covers this.
    pub fn is_covered(&mut self, parts: &[&[u8]]) {
        self.covered.add(parts);
    }

    /// What is wrong, if each thing is not covered by one entry.
    pub fn fault(&self, things: &str) -> Option<String> {
        let uncovered = self.there.count.saturating_sub(self.covered.count);
        if self.there == self.covered {
            None
        } else if uncovered > 0 {
            Some(format!("{uncovered} {things} are covered by no entry"))
        } else {
            Some(format!(
                "some {things} are covered by more than one entry, others by none"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_covered_twice_does_not_make_up_for_what_is_not() {
        let mut coverage = Coverage::default();
        for thing in [b"a", b"b"] {
            coverage.is_there(&[thing]);
        }
        coverage.is_covered(&[b"a"]);
        assert_eq!(
            coverage.fault("things").as_deref(),
            Some("1 things are covered by no entry")
        );
        coverage.is_covered(&[b"a"]);
        assert!(coverage.fault("things").is_some());
        coverage.covered = Met::default();
        coverage.is_covered(&[b"b"]);
        coverage.is_covered(&[b"a"]);
        assert_eq!(coverage.fault("things"), None);
    }
}
