//! Leases: where several nodes share a database, one of them does each kind of background work.

use crate::time::{SECOND_MS, Timestamp};

/// For how long a lease is taken. Work whose steps take longer goes on under its fence.
const LEASE_MS: i64 = 30 * SECOND_MS;

/// The kinds of work that one node does at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeaseName {
    /// Fan-outs, re-judging, QA reviews that are due.
    FanOut,
    /// Deliveries to webhooks.
    Webhooks,
    /// What members asked to be erased.
    Erasure,
    /// Texts past their retention.
    Purge,
    /// Fitting the score to the board's rulings.
    Learning,
    /// Building the index by which comments are searched.
    CommentIndex,
}

/// Who does one kind of work, and until when.
///
/// Whoever takes it over raises the fence. A holder that slept past its time writes with the old one, and is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The work.
    pub name: LeaseName,
    /// The node that does it.
    pub holder: u64,
    /// When others may take it.
    pub until: Timestamp,
    /// How often it changed hands; the row version.
    pub fence: u64,
}

impl Lease {
    /// The lease as `node` has it by now, and whether that is to be stored; `None` while another node holds it.
    pub fn taken(
        before: Option<&Self>,
        name: LeaseName,
        node: u64,
        now: Timestamp,
    ) -> Option<(Self, bool)> {
        let until = now.plus_ms(LEASE_MS);
        match before {
            Some(held) if held.holder == node => {
                // Renewed only in its second half, so that short steps do not write the lease each time.
                let is_long = held.until.ms_since(now) > LEASE_MS / 2;
                let until = if is_long { held.until } else { until };
                Some((
                    Self {
                        until,
                        ..held.clone()
                    },
                    !is_long,
                ))
            }
            Some(held) if now < held.until => None,
            before => {
                let fence = before.map_or(0, |held| held.fence) + 1;
                let taken = Self {
                    name,
                    holder: node,
                    until,
                    fence,
                };
                Some((taken, true))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_node_holds_it_until_it_sleeps_past_its_time() {
        let at = Timestamp::from_ms;
        let taken = |before, node, now| Lease::taken(before, LeaseName::Purge, node, at(now));
        let (first, is_new) = taken(None, 1, 0).unwrap();
        assert_eq!((first.fence, first.until, is_new), (1, at(LEASE_MS), true));
        assert_eq!(taken(Some(&first), 2, LEASE_MS - 1), None);
        assert_eq!(taken(Some(&first), 1, 1), Some((first.clone(), false)));
        let (longer, is_new) = taken(Some(&first), 1, LEASE_MS - 1).unwrap();
        assert_eq!((longer.fence, is_new), (1, true), "its own fence holds on");
        let (second, _) = taken(Some(&longer), 2, 2 * LEASE_MS).unwrap();
        assert_eq!((second.fence, second.holder), (2, 2));
    }
}
