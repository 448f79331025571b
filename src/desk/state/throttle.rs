//! Throttling of failed sign-ins and password changes: after 10 failures of a name from an address, or 50 from an address,
//! within 10 minutes, no further attempt is accepted until the window is over. The address limit does not apply to a name
//! that has signed in from that address before, so others at a shared address cannot lock it out.
//!
//! Local to the node: attempts are counted where they arrive, without a write to the store that an attacker could cause at will.
//! Over several nodes the limits multiply by their number. Which names have signed in from where is read from the stored sign-ins.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
};

use sha2::{Digest as _, Sha256};

use crate::{
    record::folded_name,
    time::{MINUTE_MS, Timestamp},
};

/// How long a failure counts, in milliseconds.
const WINDOW_MS: i64 = 10 * MINUTE_MS;
/// The most failures of one name from one address in a window.
const PER_PAIR_MAX: usize = 10;
/// The most failures of one address in a window.
const PER_ADDRESS_MAX: usize = 50;
/// The most pairs and addresses remembered; beyond it those whose last failure is oldest are evicted.
const REMEMBERED_MAX: usize = 10_000;
/// The most pairs remembered as having signed in.
const SIGNED_IN_MAX: usize = 10_000;

/// What failures are counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum ThrottleKey {
    /// SHA-256 of name and address: hashed, because a guessed name can be as long as a request body.
    Pair([u8; 32]),
    Address(IpAddr),
}

/// An attempt by a name from an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    pair: [u8; 32],
    address: Option<IpAddr>,
}

impl Attempt {
    /// Names are folded, so all spellings of a name share a limit; IPv6 addresses are cut to their /64, which one subscriber
    /// holds as a whole.
    pub fn new(name: &str, address: Option<IpAddr>) -> Self {
        let address = address.map(network);
        let mut hash = Sha256::new();
        hash.update(folded_name(name));
        // A separator that no UTF-8 name contains.
        hash.update([0xFF]);
        hash.update(
            address
                .map(|address| address.to_string())
                .unwrap_or_default(),
        );
        Self {
            pair: hash.finalize().into(),
            address,
        }
    }

    fn limits(self, has_signed_in: bool) -> impl Iterator<Item = (ThrottleKey, usize)> {
        let by_pair = (ThrottleKey::Pair(self.pair), PER_PAIR_MAX);
        let by_address = self.address.filter(|_| !has_signed_in);
        std::iter::once(by_pair)
            .chain(by_address.map(|address| (ThrottleKey::Address(address), PER_ADDRESS_MAX)))
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// Recent failures, and which names have signed in from where.
#[derive(Debug, Default)]
pub struct Throttle {
    failures: Mutex<HashMap<ThrottleKey, Vec<Timestamp>>>,
    signed_in: Mutex<HashMap<[u8; 32], Timestamp>>,
}

impl Throttle {
    /// Begins an attempt at `now`; an error says in how many seconds it may be repeated. It counts as a failure until it has
    /// succeeded, so that guesses sent in parallel are all counted.
    pub fn begin(&self, attempt: Attempt, now: Timestamp) -> Result<(), u64> {
        let has_signed_in = self.has_signed_in(attempt);
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, max) in attempt.limits(has_signed_in) {
            let recent: Vec<Timestamp> = recent(failures.get(&key), now);
            if recent.len() >= max {
                // Room for one more once fewer than `max` are left in the window: with 12 failures and a limit of 10, when the
                // third (index 2) leaves it.
                let oldest = recent[recent.len() - max];
                let wait_ms = WINDOW_MS - now.ms_since(oldest);
                return Err(u64::try_from(wait_ms / 1_000 + 1).unwrap_or(1));
            }
        }
        if failures.len() >= REMEMBERED_MAX {
            evict(&mut failures, now);
        }
        // Only after both limits have let it pass: refused attempts do not count or prolong the wait.
        for (key, _) in attempt.limits(has_signed_in) {
            let mut times = recent(failures.get(&key), now);
            times.push(now);
            failures.insert(key, times);
        }
        Ok(())
    }

    /// Forgets the failures of a pair that signed in, and the attempt at `at` of its address.
    pub fn succeeded(&self, attempt: Attempt, at: Timestamp) {
        self.remember_sign_in(attempt, at);
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.remove(&ThrottleKey::Pair(attempt.pair));
        let Some(times) = attempt
            .address
            .and_then(|address| failures.get_mut(&ThrottleKey::Address(address)))
        else {
            return;
        };
        // Only this attempt: the other failures from the address still count.
        if let Some(index) = times.iter().rposition(|time| *time == at) {
            times.remove(index);
        }
    }

    /// Remembers that this pair has signed in.
    pub fn remember_sign_in(&self, attempt: Attempt, at: Timestamp) {
        let mut signed_in = self
            .signed_in
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if signed_in.len() >= SIGNED_IN_MAX && !signed_in.contains_key(&attempt.pair) {
            let oldest = signed_in.iter().min_by_key(|(_, at)| **at);
            let oldest = oldest.map(|(pair, _)| *pair);
            oldest.and_then(|pair| signed_in.remove(&pair));
        }
        let last = signed_in.entry(attempt.pair).or_default();
        *last = at.max(*last);
    }

    fn has_signed_in(&self, attempt: Attempt) -> bool {
        let signed_in = self
            .signed_in
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        signed_in.contains_key(&attempt.pair)
    }
}

/// Makes room: drops what is outside the window, then the half whose last failure is oldest.
fn evict(failures: &mut HashMap<ThrottleKey, Vec<Timestamp>>, now: Timestamp) {
    failures.retain(|_, times| !recent(Some(times), now).is_empty());
    if failures.len() < REMEMBERED_MAX {
        return;
    }
    let mut last: Vec<(Timestamp, ThrottleKey)> = failures
        .iter()
        .map(|(key, times)| (times.last().copied().unwrap_or_default(), *key))
        .collect();
    last.sort_unstable_by_key(|(at, _)| *at);
    for (_, key) in last.iter().take(REMEMBERED_MAX / 2) {
        failures.remove(key);
    }
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
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn by(name: &str, address: &str) -> Attempt {
        Attempt::new(name, Some(address.parse().unwrap()))
    }

    const fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    #[test]
    fn ten_failures_block_a_pair_until_the_window_ends() {
        let throttle = Throttle::default();
        for n in 0..10 {
            assert_eq!(throttle.begin(by("amy", "10.0.0.1"), at(n)), Ok(()));
        }
        assert!(throttle.begin(by("amy", "10.0.0.1"), at(10)).is_err());
        assert!(throttle.begin(by("ＡＭＹ", "10.0.0.1"), at(10)).is_err());
        assert_eq!(throttle.begin(by("ben", "10.0.0.1"), at(10)), Ok(()));
        assert_eq!(throttle.begin(by("amy", "10.0.0.2"), at(10)), Ok(()));
        let after = at(WINDOW_MS + 1);
        assert_eq!(throttle.begin(by("amy", "10.0.0.1"), after), Ok(()));
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_together() {
        let throttle = Throttle::default();
        for n in 0..10 {
            let guess = by("amy", &format!("2001:db8::{n}"));
            assert_eq!(throttle.begin(guess, at(1)), Ok(()));
        }
        assert!(throttle.begin(by("amy", "2001:db8::ffff"), at(2)).is_err());
        assert_eq!(throttle.begin(by("amy", "2001:db8:1::1"), at(2)), Ok(()));
        assert_eq!(by("amy", "::ffff:10.0.0.1"), by("amy", "10.0.0.1"));
    }

    #[test]
    fn fifty_failures_block_an_address_except_for_names_that_signed_in_from_it() {
        let throttle = Throttle::default();
        throttle.begin(by("amy", "10.0.0.1"), at(0)).unwrap();
        throttle.succeeded(by("amy", "10.0.0.1"), at(0));
        for n in 0..50 {
            let guess = by(&format!("nobody-{n}"), "10.0.0.1");
            assert_eq!(throttle.begin(guess, at(1)), Ok(()));
        }
        assert!(throttle.begin(by("ben", "10.0.0.1"), at(2)).is_err());
        assert_eq!(throttle.begin(by("amy", "10.0.0.1"), at(2)), Ok(()));
        for _ in 1..10 {
            assert_eq!(throttle.begin(by("amy", "10.0.0.1"), at(3)), Ok(()));
        }
        let eleventh = throttle.begin(by("amy", "10.0.0.1"), at(3));
        assert!(eleventh.is_err(), "the limit of the pair still applies");
    }

    #[test]
    fn a_flood_of_names_does_not_evict_a_name_with_recent_failures() {
        let throttle = Throttle::default();
        let flood = |from: usize| {
            for n in from..from + REMEMBERED_MAX - 1 {
                let guess = Attempt::new(&format!("nobody-{n}"), None);
                let _ = throttle.begin(guess, at(1));
            }
        };
        flood(0);
        for _ in 0..PER_PAIR_MAX {
            throttle.begin(Attempt::new("amy", None), at(2)).unwrap();
        }
        flood(REMEMBERED_MAX);
        assert!(throttle.begin(Attempt::new("amy", None), at(3)).is_err());
        let all = throttle.failures.lock().unwrap();
        assert!(all.len() <= REMEMBERED_MAX);
    }
}
