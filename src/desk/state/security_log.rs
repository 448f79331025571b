//! The security log: failed sign-ins, invalid credentials, and calls beyond a caller's rights.
//!
//! Each is a log line under [`TARGET`] with name, address and reason; no other lines contain those. The lines are rate
//! limited per kind, and suppressed ones are counted. Failed sign-ins of existing users also go to the audit, at most one
//! entry per user in ten minutes. They are written apart from the response, so that its timing does not show whether a
//! name exists.
//!
//! Local to the node: each node limits its own lines, and writes the failures that it saw to the audit. So there are at most as
//! many times the lines and entries as there are nodes.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use crate::{
    record::UserName,
    time::{MINUTE_MS, Timestamp},
};

/// The target of these log lines.
pub const TARGET: &str = "banzhu::security";
/// The most lines of one kind in a window.
const LINES_MAX: u64 = 20;
/// The window, in milliseconds.
const WINDOW_MS: i64 = 10_000;
/// The longest name that is logged, in code points.
const NAME_CHARS_MAX: usize = 64;
/// How long a user's failed sign-ins are collected before the next audit entry, in milliseconds.
const AUDIT_INTERVAL_MS: i64 = 10 * MINUTE_MS;
/// The most addresses that an audit entry names.
const ADDRESSES_MAX: usize = 8;

/// What was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// A sign-in.
    SignIn,
    /// A password change with a wrong current password.
    PasswordChange,
    /// An invalid key, token or cookie.
    Credential,
    /// A call beyond the caller's rights.
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
    /// Its kind.
    pub what: RefusalKind,
    /// The name that was given, or the owner of the credential.
    pub name: Option<&'a str>,
    /// The client's address.
    pub address: Option<IpAddr>,
    /// One word for why; for a call, with its name.
    pub reason: &'a str,
}

/// The rate limit of one kind of line.
#[derive(Debug, Clone, Copy, Default)]
struct RateWindow {
    began: Timestamp,
    logged: u64,
    left_out: u64,
}

impl RateWindow {
    /// Whether one more line is logged; if so, how many were suppressed before it.
    fn admit(&mut self, now: Timestamp) -> Option<u64> {
        if now.ms_since(self.began).abs() >= WINDOW_MS {
            self.began = now;
            self.logged = 0;
        }
        if self.logged >= LINES_MAX {
            self.left_out += 1;
            return None;
        }
        self.logged += 1;
        Some(std::mem::take(&mut self.left_out))
    }

    /// How many were suppressed, once the window is over.
    fn suppressed_before(&mut self, now: Timestamp) -> u64 {
        if now.ms_since(self.began).abs() >= WINDOW_MS {
            std::mem::take(&mut self.left_out)
        } else {
            0
        }
    }
}

/// One user's failed sign-ins since the last audit entry.
#[derive(Debug, Default)]
struct FailedSignIns {
    count: u64,
    addresses: BTreeSet<IpAddr>,
    more_addresses: bool,
    last_entry: Option<Timestamp>,
}

impl FailedSignIns {
    fn is_due(&self, now: Timestamp) -> bool {
        let interval_is_over = self
            .last_entry
            .is_none_or(|last| now.ms_since(last).abs() >= AUDIT_INTERVAL_MS);
        self.count > 0 && interval_is_over
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

/// The rate-limited log and the failed sign-ins collected for the audit.
#[derive(Debug, Default)]
pub struct SecurityLog {
    windows: Mutex<[RateWindow; 4]>,
    failed_sign_ins: Mutex<BTreeMap<UserName, FailedSignIns>>,
}

impl SecurityLog {
    /// Counts a refusal, and logs it if its kind is within its limit.
    pub fn log(&self, refusal: RefusalEvent<'_>, now: Timestamp) {
        let what = refusal.what.name();
        metrics::counter!("banzhu_refused_total", "what" => what).increment(1);
        let admitted = {
            let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
            windows[refusal.what as usize].admit(now)
        };
        let Some(left_out) = admitted else { return };
        let name = refusal.name.map(shortened).unwrap_or_default();
        let address = refusal.address.map(|address| address.to_string());
        let address = address.unwrap_or_default();
        let reason = refusal.reason;
        // `?name` escapes line breaks: a name chosen by an attacker cannot forge a log line.
        tracing::warn!(
            target: TARGET,
            what, ?name, address, reason, left_out,
            "security: {what} ({reason})"
        );
    }

    /// Logs how many lines were suppressed if no other line has followed to say so.
    pub fn report_suppressed(&self, now: Timestamp) {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        for kind in RefusalKind::ALL {
            let left_out = windows[kind as usize].suppressed_before(now);
            if left_out > 0 {
                let what = kind.name();
                tracing::warn!(target: TARGET, what, left_out, "security: {left_out} more of {what}");
            }
        }
    }

    /// Counts a failed sign-in of an existing user.
    pub fn count_failed_sign_in(&self, user: &UserName, address: Option<IpAddr>) {
        let mut all = self
            .failed_sign_ins
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let failed = all.entry(user.clone()).or_default();
        failed.count += 1;
        let Some(address) = address else { return };
        if failed.addresses.len() < ADDRESSES_MAX {
            failed.addresses.insert(address);
        } else if !failed.addresses.contains(&address) {
            failed.more_addresses = true;
        }
    }

    /// The users and summaries due for the audit at `now`; at the end of the process all of them.
    pub fn due(&self, now: Timestamp, at_the_end: bool) -> Vec<(UserName, String)> {
        let mut all = self
            .failed_sign_ins
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut due = Vec::new();
        for (user, failed) in all.iter_mut() {
            if failed.is_due(now) || (at_the_end && failed.count > 0) {
                due.push((user.clone(), failed.summary()));
                *failed = FailedSignIns {
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn suppressed_lines_are_counted() {
        let at = Timestamp::from_ms;
        let mut window = RateWindow::default();
        let admitted = (0..1_000).filter(|_| window.admit(at(20_000)).is_some());
        assert_eq!(admitted.count(), 20);
        assert_eq!(window.suppressed_before(at(20_001)), 0, "the flood goes on");
        assert_eq!(window.admit(at(30_000)), Some(980));
        assert_eq!(window.admit(at(30_001)), Some(0));
    }

    #[test]
    fn at_most_one_audit_entry_per_user_and_interval() {
        let log = SecurityLog::default();
        let amy = UserName::parse("amy").unwrap();
        let at = Timestamp::from_ms;
        for n in 0..20 {
            log.count_failed_sign_in(&amy, format!("10.0.0.{n}").parse().ok());
        }
        let due = log.due(at(1), false);
        let summary = &due[0].1;
        assert!(summary.starts_with("20 failed from 10.0.0.0, ") && summary.ends_with(", …"));
        log.count_failed_sign_in(&amy, None);
        assert_eq!(log.due(at(2), false), []);
        assert_eq!(log.due(at(2), true).len(), 1, "nothing is lost at the end");
        log.count_failed_sign_in(&amy, None);
        assert_eq!(log.due(at(AUDIT_INTERVAL_MS + 2), false).len(), 1);
    }
}
