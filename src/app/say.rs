//! Lines for people and scripts.

use std::io::Write as _;

/// Writes one line to standard output, at once. Whoever no longer listens is no reason to stop.
pub fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
