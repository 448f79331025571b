//! What was refused for who asked: failed sign-ins, credentials that do not hold, calls beyond a caller's right.
//!
//! Each is a line of the log under [`TARGET`], with name, address and reason: the only lines that hold such. A flood is not
//! written out: so many lines of a kind in ten seconds, and how many were left out. Failed sign-ins of people that there are
//! come into the audit as well, one entry a person in ten minutes at most, written apart from the answer: it takes no longer
//! for a name that there is.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use super::Desk;
use crate::{
    record::{Actor, AuditAction, AuditDraft, AuditSubject, UserName},
    store::Commit,
    time::{MINUTE_MS, Timestamp},
};

/// The target of the lines.
pub const TARGET: &str = "banzhu::security";
/// Lines of one kind in a window.
const LINES_MAX: u64 = 20;
/// The window, in milliseconds.
const WINDOW_MS: i64 = 10_000;
/// The longest name that is written out, in code points.
const NAME_CHARS_MAX: usize = 64;
/// How long a person's failed sign-ins are gathered before the next entry, in milliseconds.
const ENTRY_EVERY_MS: i64 = 10 * MINUTE_MS;
/// How many addresses an entry names.
const ADDRESSES_MAX: usize = 8;

/// What was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// A sign-in.
    SignIn,
    /// A change of password by who did not know the one until now.
    PasswordChange,
    /// A key, a token or a cookie that does not hold.
    Credential,
    /// A call beyond the caller's right.
    Call,
}

impl RefusalKind {
    /// All kinds.
    const ALL: [Self; 4] = [
        Self::SignIn,
        Self::PasswordChange,
        Self::Credential,
        Self::Call,
    ];

    /// The name in the log and in the metric.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in-failed",
            Self::PasswordChange => "password-change-failed",
            Self::Credential => "credential-refused",
            Self::Call => "call-refused",
        }
    }
}

/// One refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusalEvent<'a> {
    /// What.
    pub what: RefusalKind,
    /// The name that was given, or whose the credential is.
    pub name: Option<&'a str>,
    /// Where it came from.
    pub address: Option<IpAddr>,
    /// Why: a word, and the call where it is about one.
    pub reason: &'a str,
}

/// How many lines of a kind were written in the window that began then.
#[derive(Debug, Clone, Copy, Default)]
struct RateWindow {
    began: Timestamp,
    written: u64,
    left_out: u64,
}

impl RateWindow {
    /// Whether one more line is written, and how many were left out before it.
    fn passes(&mut self, now: Timestamp) -> Option<u64> {
        if now.ms_since(self.began).abs() >= WINDOW_MS {
            self.began = now;
            self.written = 0;
        }
        if self.written >= LINES_MAX {
            self.left_out += 1;
            return None;
        }
        self.written += 1;
        Some(std::mem::take(&mut self.left_out))
    }

    /// How many were left out, once the window is over.
    fn suppressed_before(&mut self, now: Timestamp) -> u64 {
        if now.ms_since(self.began).abs() >= WINDOW_MS {
            std::mem::take(&mut self.left_out)
        } else {
            0
        }
    }
}

/// One person's failed sign-ins since the last entry.
#[derive(Debug, Default)]
struct FailedSignIns {
    count: u64,
    addresses: BTreeSet<IpAddr>,
    more_addresses: bool,
    last_entry: Option<Timestamp>,
}

impl FailedSignIns {
    fn is_due(&self, now: Timestamp) -> bool {
        let rested = self
            .last_entry
            .is_none_or(|last| now.ms_since(last).abs() >= ENTRY_EVERY_MS);
        self.count > 0 && rested
    }

    fn summary(&self) -> String {
        let addresses: Vec<String> = self.addresses.iter().map(ToString::to_string).collect();
        let more = if self.more_addresses { ", …" } else { "" };
        let from = if addresses.is_empty() {
            String::new()
        } else {
            format!(" from {}{more}", addresses.join(", "))
        };
        format!("{} failed{from}", self.count)
    }
}

/// What is refused, told at a bounded rate.
#[derive(Debug, Default)]
pub(super) struct SecurityLog {
    gates: Mutex<[RateWindow; 4]>,
    gathered: Mutex<BTreeMap<UserName, FailedSignIns>>,
}

impl SecurityLog {
    fn tell(&self, refusal: RefusalEvent<'_>, now: Timestamp) {
        let what = refusal.what.name();
        metrics::counter!("banzhu_refused_total", "what" => what).increment(1);
        let passes = {
            let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
            gates[refusal.what as usize].passes(now)
        };
        let Some(left_out) = passes else { return };
        let name = refusal.name.map(shortened).unwrap_or_default();
        let address = refusal.address.map(|address| address.to_string());
        let address = address.unwrap_or_default();
        let reason = refusal.reason;
        // Names are written as Rust writes strings: what a stranger sent begins no line of its own.
        tracing::warn!(
            target: TARGET,
            what, ?name, address, reason, left_out,
            "security: {what} ({reason})"
        );
    }

    /// Tells what was left out where nothing followed it.
    fn report_suppressed(&self, now: Timestamp) {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        for kind in RefusalKind::ALL {
            let left_out = gates[kind as usize].suppressed_before(now);
            if left_out > 0 {
                let what = kind.name();
                tracing::warn!(target: TARGET, what, left_out, "security: {left_out} more of {what}");
            }
        }
    }

    fn gather(&self, user: &UserName, address: Option<IpAddr>) {
        let mut all = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        let gathered = all.entry(user.clone()).or_default();
        gathered.count += 1;
        let Some(address) = address else { return };
        if gathered.addresses.len() < ADDRESSES_MAX {
            gathered.addresses.insert(address);
        } else if !gathered.addresses.contains(&address) {
            gathered.more_addresses = true;
        }
    }

    /// What is due for the audit at `now`; at the end everything is.
    fn due(&self, now: Timestamp, at_the_end: bool) -> Vec<(UserName, String)> {
        let mut all = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        let mut due = Vec::new();
        for (user, gathered) in all.iter_mut() {
            if gathered.is_due(now) || (at_the_end && gathered.count > 0) {
                due.push((user.clone(), gathered.summary()));
                *gathered = FailedSignIns {
                    last_entry: Some(now),
                    ..FailedSignIns::default()
                };
            }
        }
        due
    }
}

fn shortened(name: &str) -> String {
    name.chars().take(NAME_CHARS_MAX).collect()
}

impl Desk {
    /// Tells of a refusal.
    pub fn tell_refusal(&self, refusal: RefusalEvent<'_>) {
        self.security.tell(refusal, self.clock.now());
    }

    /// Notes that a sign-in of somebody that there is failed.
    pub(super) fn gather_failed_sign_in(&self, user: &UserName, address: Option<IpAddr>) {
        self.security.gather(user, address);
    }

    /// Brings what was gathered into the audit; to be called every minute.
    pub async fn flush_security(&self) {
        self.flush_security_at(false).await;
    }

    pub(super) async fn flush_security_at(&self, the_end: bool) {
        let now = self.clock.now();
        self.security.report_suppressed(now);
        for (user, why) in self.security.due(now, the_end) {
            let entry = AuditDraft::new(
                now,
                &Actor::System,
                AuditAction::SignInRefused(why),
                AuditSubject::User(user.to_string()),
            );
            if let Err(error) = self.store.commit(Commit::Tell(entry)).await {
                tracing::warn!(%error, "failed sign-ins could not be audited: {error}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_flood_is_counted_and_not_written_out() {
        let at = Timestamp::from_ms;
        let mut gate = RateWindow::default();
        let written = (0..1_000).filter(|_| gate.passes(at(20_000)).is_some());
        assert_eq!(written.count(), 20);
        assert_eq!(gate.suppressed_before(at(20_001)), 0, "the flood goes on");
        assert_eq!(gate.passes(at(30_000)), Some(980));
        assert_eq!(gate.passes(at(30_001)), Some(0));
    }

    #[test]
    fn one_entry_a_person_in_ten_minutes() {
        let log = SecurityLog::default();
        let amy = UserName::parse("amy").unwrap();
        let at = Timestamp::from_ms;
        for n in 0..20 {
            log.gather(&amy, format!("10.0.0.{n}").parse().ok());
        }
        let due = log.due(at(1), false);
        let told = &due[0].1;
        assert!(told.starts_with("20 failed from 10.0.0.0, ") && told.ends_with(", …"));
        log.gather(&amy, None);
        assert_eq!(log.due(at(2), false), []);
        assert_eq!(log.due(at(2), true).len(), 1, "nothing is lost at the end");
        log.gather(&amy, None);
        assert_eq!(log.due(at(ENTRY_EVERY_MS + 2), false).len(), 1);
    }
}
