//! How many files and sockets the system lets this process hold.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What the process needs beside its connections: the database, lists, webhooks, the control socket, and those that are
/// just being refused.
const BESIDE_CONNECTIONS: u64 = 256;
/// More than anybody needs.
const DESCRIPTORS_MAX: u64 = 1 << 20;
/// The fewest connections that are worth serving with.
const CONNECTIONS_MIN: usize = 16;

/// How many connections there can be of those that are wanted. First raises what the system allows to what it would
/// allow; where that does not reach, it is logged and there are fewer.
pub fn connections_that_fit(wanted: usize) -> usize {
    let needed = wanted as u64 + BESIDE_CONNECTIONS;
    let allowed = raised();
    let fit = fitting(wanted, allowed);
    if let Some(allowed) = allowed
        && fit < wanted
    {
        tracing::warn!(
            descriptors = allowed,
            wanted,
            connections = fit,
            "the system allows {allowed} open files: {fit} connections instead of http.connections_max = {wanted}; raise LimitNOFILE (ulimit -n) to {needed}"
        );
    }
    fit
}

fn fitting(wanted: usize, allowed: Option<u64>) -> usize {
    let Some(allowed) = allowed else {
        return wanted;
    };
    let beside = BESIDE_CONNECTIONS.min(allowed / 2);
    let room = usize::try_from(allowed - beside).unwrap_or(usize::MAX);
    wanted.min(room.max(CONNECTIONS_MIN))
}

/// The soft limit, raised as far as the hard one goes; none: no limit. Connections that wait for a worker to count or
/// refuse them need some, too, so more than what is needed is good.
fn raised() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    let soft = limit.current?;
    let wanted = limit
        .maximum
        .unwrap_or(DESCRIPTORS_MAX)
        .min(DESCRIPTORS_MAX);
    if soft >= wanted {
        return Some(soft);
    }
    let raised = Rlimit {
        current: Some(wanted),
        maximum: limit.maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => Some(wanted),
        Err(_) => Some(soft),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_allows_is_shared_out() {
        assert_eq!(fitting(2_048, None), 2_048);
        assert_eq!(fitting(2_048, Some(1 << 20)), 2_048);
        assert_eq!(fitting(2_048, Some(1_024)), 768);
        assert_eq!(fitting(2_048, Some(256)), 128);
        assert_eq!(fitting(2_048, Some(8)), CONNECTIONS_MIN);
    }
}
