//! Failed sign-ins: 10 a name or 50 an address in 10 minutes, then nobody tries until the window is over.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use sha2::{Digest as _, Sha256};

use crate::time::{MINUTE_MS, Timestamp};

/// How long a failure counts, in milliseconds.
const WINDOW_MS: i64 = 10 * MINUTE_MS;
/// Failures of one name in a window.
const PER_NAME_MAX: usize = 10;
/// Failures of one address in a window.
const PER_ADDRESS_MAX: usize = 50;
/// How many names and addresses are remembered; beyond it the ones that failed least lately are forgotten.
const REMEMBERED_MAX: usize = 10_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Who {
    /// SHA-256 of it: a guess's name may be as long as a body.
    Name([u8; 32]),
    Address(IpAddr),
}

impl Who {
    fn named(name: &str) -> Self {
        Self::Name(Sha256::digest(name).into())
    }
}

/// Recent failures, by name and by address.
#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<HashMap<Who, Vec<Timestamp>>>);

impl Throttle {
    /// Whether this name and address may try at `now`; if not, in how many seconds.
    pub fn check(&self, name: &str, address: Option<IpAddr>, now: Timestamp) -> Result<(), u64> {
        let failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (who, max) in sides(name, address) {
            let recent: Vec<Timestamp> = recent(failures.get(&who), now);
            if recent.len() >= max {
                let oldest = recent[recent.len() - max];
                let wait_ms = WINDOW_MS - now.ms_since(oldest);
                return Err(u64::try_from(wait_ms / 1_000 + 1).unwrap_or(1));
            }
        }
        Ok(())
    }

    /// Notes a failure.
    pub fn failed(&self, name: &str, address: Option<IpAddr>, now: Timestamp) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= REMEMBERED_MAX {
            forget(&mut failures, now);
        }
        for (who, _) in sides(name, address) {
            let mut times = recent(failures.get(&who), now);
            times.push(now);
            failures.insert(who, times);
        }
    }

    /// Forgets the failures of a name that signed in, and the address's attempt at `at`.
    pub fn succeeded(&self, name: &str, address: Option<IpAddr>, at: Timestamp) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failures.remove(&Who::named(name));
        let Some(times) = address.and_then(|address| failures.get_mut(&Who::Address(address)))
        else {
            return;
        };
        if let Some(place) = times.iter().rposition(|time| *time == at) {
            times.remove(place);
        }
    }
}

/// Makes room: what counts no longer goes, then the half that failed least lately.
fn forget(failures: &mut HashMap<Who, Vec<Timestamp>>, now: Timestamp) {
    failures.retain(|_, times| !recent(Some(times), now).is_empty());
    if failures.len() < REMEMBERED_MAX {
        return;
    }
    let mut last: Vec<(Timestamp, Who)> = failures
        .iter()
        .map(|(who, times)| (times.last().copied().unwrap_or_default(), *who))
        .collect();
    last.sort_unstable_by_key(|(at, _)| *at);
    for (_, who) in last.iter().take(REMEMBERED_MAX / 2) {
        failures.remove(who);
    }
}

fn sides(name: &str, address: Option<IpAddr>) -> impl Iterator<Item = (Who, usize)> {
    let by_name = (Who::named(name), PER_NAME_MAX);
    std::iter::once(by_name).chain(address.map(|address| (Who::Address(address), PER_ADDRESS_MAX)))
}

fn recent(times: Option<&Vec<Timestamp>>, now: Timestamp) -> Vec<Timestamp> {
    times
        .into_iter()
        .flatten()
        .copied()
        .filter(|at| now.ms_since(*at).abs() < WINDOW_MS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tenth_failure_closes_and_the_window_opens_again() {
        let throttle = Throttle::default();
        let at = |ms| Timestamp::from_ms(ms);
        for n in 0..9 {
            throttle.failed("amy", None, at(n));
        }
        assert_eq!(throttle.check("amy", None, at(9)), Ok(()));
        throttle.failed("amy", None, at(9));
        assert!(throttle.check("amy", None, at(10)).is_err());
        assert_eq!(throttle.check("ben", None, at(10)), Ok(()));
        assert_eq!(throttle.check("amy", None, at(WINDOW_MS + 1)), Ok(()));
    }

    #[test]
    fn a_flood_of_names_makes_nobody_forgotten_who_fails_still() {
        let throttle = Throttle::default();
        let at = |ms| Timestamp::from_ms(ms);
        let flood = |from: usize| {
            for n in from..from + REMEMBERED_MAX - 1 {
                throttle.failed(&format!("nobody-{n}"), None, at(1));
            }
        };
        flood(0);
        for _ in 0..PER_NAME_MAX {
            throttle.failed("amy", None, at(2));
        }
        flood(REMEMBERED_MAX);
        assert!(throttle.check("amy", None, at(3)).is_err());
        assert!(
            throttle
                .0
                .lock()
                .is_ok_and(|all| all.len() <= REMEMBERED_MAX)
        );
    }
}
