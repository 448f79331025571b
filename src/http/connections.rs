//! Who may be connected, and how many: in all, from one address, and what is kept for the board.
//!
//! A connection waits for its peer (for a head, for a body, for an answer to be read) or the peer waits for us. Where
//! there is no room for one more, the connection that has waited longest for its peer goes; what we are at work on
//! stays. So idle and half-sent connections lock nobody out, however many there are. Of the whole a tenth is kept for
//! the board, and the board goes before strangers. Nothing here reads or writes a socket.
//!
//! Local to the node, because it protects the sockets and the memory of one process. Over several nodes each limit holds at each
//! of them, so one address may have as many times more.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    task::Waker,
    time::Duration,
};

use actix_web::rt::time::Instant;
use futures_util::task::AtomicWaker;
use ipnet::IpNet;

/// Of how many connections one is kept for the board.
const OF_WHICH_ONE_IS_KEPT: usize = 10;
/// How many connections may be on their way out while others take their place.
const LEAVING_MAX: usize = 64;

/// What a server holds at most, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Connections in all.
    pub connections_max: usize,
    /// Connections from one address, or from one network of IPv6 (/64).
    pub connections_per_address_max: usize,
    /// Bytes of bodies under way in all.
    pub bodies_bytes_max: usize,
    /// How long a head may take from its first byte.
    pub head_timeout: Duration,
    /// How long a body may take.
    pub body_timeout: Duration,
    /// How long a client may read nothing of its answer.
    pub answer_timeout: Duration,
    /// How long a connection may lie idle.
    pub idle_timeout: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            connections_max: 2_048,
            connections_per_address_max: 256,
            bodies_bytes_max: 64 << 20,
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            answer_timeout: Duration::from_secs(60),
            idle_timeout: Duration::from_secs(60),
        }
    }
}

/// Why a connection is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConnectionRefused {
    /// There are as many as there may be, and all are at work.
    Full,
    /// There are as many from this address, and all are at work.
    Address,
}

/// All connections of a server.
pub(super) struct Connections {
    pub limits: ConnectionLimits,
    board: Vec<IpNet>,
    proxies: Vec<IpNet>,
    began: Instant,
    open: Mutex<OpenConnections>,
}

#[derive(Default)]
struct OpenConnections {
    next: u64,
    all: HashMap<u64, Arc<Connection>>,
    of_board: usize,
    of_address: HashMap<IpAddr, usize>,
    /// Told to go, and not gone yet.
    leaving: usize,
}

/// One connection, as those who serve it and those who count it see it.
pub(super) struct Connection {
    is_board: bool,
    /// None where no limit holds.
    counted_as: Option<IpAddr>,
    began: Instant,
    /// Since when, in milliseconds, the peer is waited for; [`AT_WORK`] where it is not.
    waits_since: AtomicU64,
    /// Since when the peer reads nothing of what is written.
    stalls_since: AtomicU64,
    /// It is a body that is waited for: how long that may take, who reads it knows.
    in_body: AtomicBool,
    requests: AtomicU64,
    must_leave: AtomicBool,
    waker: AtomicWaker,
}

const AT_WORK: u64 = u64::MAX;

impl Connections {
    pub fn new(limits: ConnectionLimits, board: Vec<IpNet>, proxies: Vec<IpNet>) -> Self {
        Self {
            limits,
            board,
            proxies,
            began: Instant::now(),
            open: Mutex::default(),
        }
    }

    /// Takes one more, or says why not. It counts until what is given back is dropped.
    pub fn admit(self: &Arc<Self>, address: IpAddr) -> Result<Admitted, ConnectionRefused> {
        // `::ffff:203.0.113.1` is 203.0.113.1. As IPv6, all such clients would share one /64.
        let address = address.to_canonical();
        let is_in = |nets: &[IpNet]| nets.iter().any(|net| net.contains(&address));
        let is_board = is_in(&self.board);
        let exempt = is_board || is_in(&self.proxies);
        let connection = Arc::new(Connection {
            is_board,
            counted_as: (!exempt).then(|| network_of(address)),
            began: self.began,
            waits_since: AtomicU64::new(ms_since(self.began)),
            stalls_since: AtomicU64::new(AT_WORK),
            in_body: AtomicBool::new(false),
            requests: AtomicU64::new(0),
            must_leave: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        });
        let mut open = self.open();
        self.make_room(&mut open, &connection)?;
        let id = open.add(Arc::clone(&connection));
        Ok(Admitted {
            id,
            connection,
            all: Arc::clone(self),
        })
    }

    fn make_room(
        &self,
        open: &mut OpenConnections,
        newcomer: &Connection,
    ) -> Result<(), ConnectionRefused> {
        let limits = &self.limits;
        if let Some(address) = newcomer.counted_as
            && open.of_address.get(&address) >= Some(&limits.connections_per_address_max)
            && !open.send_away(|other| other.counted_as == Some(address))
        {
            return Err(ConnectionRefused::Address);
        }
        if !newcomer.is_board
            && open.all.len() - open.of_board >= limits.connections_max - self.kept_for_board()
            && !open.send_away(|other| !other.is_board)
        {
            return Err(ConnectionRefused::Full);
        }
        if open.all.len() >= limits.connections_max
            && !open.send_away(|other| !other.is_board)
            && !(newcomer.is_board && open.send_away(|_| true))
        {
            return Err(ConnectionRefused::Full);
        }
        Ok(())
    }

    fn kept_for_board(&self) -> usize {
        if self.board.is_empty() {
            0
        } else {
            self.limits.connections_max.div_ceil(OF_WHICH_ONE_IS_KEPT)
        }
    }

    fn open(&self) -> MutexGuard<'_, OpenConnections> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenConnections {
    fn add(&mut self, connection: Arc<Connection>) -> u64 {
        self.next += 1;
        self.of_board += usize::from(connection.is_board);
        if let Some(address) = connection.counted_as {
            *self.of_address.entry(address).or_default() += 1;
        }
        self.all.insert(self.next, connection);
        self.show();
        self.next
    }

    fn take(&mut self, id: u64) -> Option<Arc<Connection>> {
        let connection = self.all.remove(&id)?;
        self.of_board -= usize::from(connection.is_board);
        if let Some(address) = connection.counted_as
            && let Some(count) = self.of_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                self.of_address.remove(&address);
            }
        }
        self.show();
        Some(connection)
    }

    /// Lets the one go that has waited longest for its peer; false where none waits.
    fn send_away(&mut self, may_go: impl Fn(&Connection) -> bool) -> bool {
        // A place is freed before its socket closes, so bound how many sockets are in that state.
        if self.leaving >= LEAVING_MAX {
            return false;
        }
        let waiting = self.all.iter().filter(|(_, other)| may_go(other));
        let waiting = waiting.filter_map(|(id, other)| Some((other.waits_since()?, *id)));
        let Some((_, longest)) = waiting.min() else {
            return false;
        };
        if let Some(connection) = self.take(longest) {
            self.leaving += 1;
            connection.leave();
            metrics::counter!("banzhu_http_connections_dropped_total").increment(1);
        }
        true
    }

    #[expect(clippy::cast_precision_loss, reason = "metrics are floats")]
    fn show(&self) {
        metrics::gauge!("banzhu_http_connections").set(self.all.len() as f64);
    }
}

/// A connection that counts.
pub(super) struct Admitted {
    id: u64,
    connection: Arc<Connection>,
    all: Arc<Connections>,
}

impl Admitted {
    pub const fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    pub fn limits(&self) -> &ConnectionLimits {
        &self.all.limits
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut open = self.all.open();
        // `send_away` took it from the counts already, and counted it as leaving.
        if open.take(self.id).is_none() {
            open.leaving -= 1;
        }
    }
}

impl Connection {
    /// A request's head is there: the peer waits for us.
    pub fn begin(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.work();
    }

    /// What was waited for is there.
    pub fn work(&self) {
        self.waits_since.store(AT_WORK, Ordering::Relaxed);
    }

    /// From now on the peer is waited for.
    pub fn wait(&self) {
        self.waits_since
            .store(ms_since(self.began), Ordering::Relaxed);
    }

    /// Whether the peer takes what is written.
    pub fn stalls(&self, stalls: bool) {
        let since = if stalls {
            ms_since(self.began)
        } else {
            AT_WORK
        };
        self.stalls_since.store(since, Ordering::Relaxed);
    }

    /// How many requests have begun.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Since when the peer is waited for, while none of its requests is at work.
    pub fn idle_since(&self) -> Option<Instant> {
        let since = self.waits_since.load(Ordering::Relaxed);
        let is_idle = since != AT_WORK && !self.in_body.load(Ordering::Relaxed);
        is_idle.then(|| self.began + Duration::from_millis(since))
    }

    /// Whether it has to make room; if not yet, who serves it is woken when it has to.
    pub fn must_leave(&self, waker: &Waker) -> bool {
        // Register before the check: the other way round, a `leave` in between would wake nobody.
        self.waker.register(waker);
        self.must_leave.load(Ordering::Acquire)
    }

    fn leave(&self) {
        self.must_leave.store(true, Ordering::Release);
        self.waker.wake();
    }

    fn waits_since(&self) -> Option<u64> {
        let waits = self.waits_since.load(Ordering::Relaxed);
        let since = waits.min(self.stalls_since.load(Ordering::Relaxed));
        (since != AT_WORK).then_some(since)
    }
}

/// While a body is read, the peer is waited for.
pub(super) struct BodyReadGuard<'c>(Option<&'c Connection>);

impl<'c> BodyReadGuard<'c> {
    pub fn of(connection: Option<&'c Arc<Connection>>) -> Self {
        if let Some(connection) = connection {
            // Set before `wait`: waiting without `in_body` would look idle, and be timed out as such.
            connection.in_body.store(true, Ordering::Relaxed);
            connection.wait();
        }
        Self(connection.map(Arc::as_ref))
    }

    /// A piece of it came.
    pub fn came_on(&self) {
        if let Some(connection) = self.0 {
            connection.wait();
        }
    }
}

impl Drop for BodyReadGuard<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.0 {
            // The reverse order of `of`, so that it does not look idle in between either.
            connection.work();
            connection.in_body.store(false, Ordering::Relaxed);
        }
    }
}

/// The bytes of all bodies under way.
pub(super) struct BodyBudget {
    held: AtomicUsize,
    max: usize,
}

impl BodyBudget {
    pub const fn new(max: usize) -> Self {
        Self {
            held: AtomicUsize::new(0),
            max,
        }
    }

    /// A share of nothing.
    pub fn share(self: &Arc<Self>) -> BodyShare {
        BodyShare {
            bytes: 0,
            of: Arc::clone(self),
        }
    }
}

/// What one request holds of them.
pub(super) struct BodyShare {
    bytes: usize,
    of: Arc<BodyBudget>,
}

impl BodyShare {
    /// Takes more, if there is any.
    pub fn take(&mut self, bytes: usize) -> bool {
        let held = self.of.held.fetch_add(bytes, Ordering::Relaxed);
        // Counted even when it is refused: the caller gives up, and `Drop` returns every byte that was taken.
        self.bytes += bytes;
        held + bytes <= self.of.max
    }
}

impl Drop for BodyShare {
    fn drop(&mut self) {
        self.of.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Whoever has one address of IPv6 has a whole network of them.
fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

fn ms_since(began: Instant) -> u64 {
    // Never `AT_WORK` itself, which means that nobody waits.
    u64::try_from(began.elapsed().as_millis()).unwrap_or(AT_WORK - 1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn connections(max: usize, per_address: usize, board: &[&str]) -> Arc<Connections> {
        let limits = ConnectionLimits {
            connections_max: max,
            connections_per_address_max: per_address,
            ..ConnectionLimits::default()
        };
        let board = board.iter().map(|net| net.parse().unwrap()).collect();
        let proxies = vec!["10.0.0.0/8".parse().unwrap()];
        Arc::new(Connections::new(limits, board, proxies))
    }

    fn at_work(all: &Arc<Connections>, address: &str) -> Result<Admitted, ConnectionRefused> {
        let admitted = all.admit(address.parse().unwrap())?;
        admitted.connection().begin();
        Ok(admitted)
    }

    fn left(admitted: &Admitted) -> bool {
        admitted.connection().must_leave(Waker::noop())
    }

    #[test]
    fn an_address_has_so_many_and_its_own_idle_ones_make_room() {
        let all = connections(100, 2, &[]);
        let idle = all.admit("203.0.113.1".parse().unwrap()).unwrap();
        let busy = at_work(&all, "203.0.113.1").unwrap();
        let third = at_work(&all, "203.0.113.1").unwrap();
        assert!(left(&idle) && !left(&busy) && !left(&third));
        assert_eq!(
            at_work(&all, "::ffff:203.0.113.1").err(),
            Some(ConnectionRefused::Address)
        );
        assert!(at_work(&all, "203.0.113.2").is_ok());
        drop((idle, busy));
        assert!(at_work(&all, "203.0.113.1").is_ok());
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let all = connections(100, 1, &[]);
        let _first = at_work(&all, "2001:db8:1:1::1").unwrap();
        assert_eq!(
            at_work(&all, "2001:db8:1:1:ffff::2").err(),
            Some(ConnectionRefused::Address)
        );
        assert!(at_work(&all, "2001:db8:1:2::1").is_ok());
    }

    #[test]
    fn a_tenth_is_the_boards_and_no_address_limit_holds_for_it_or_a_proxy() {
        let all = connections(20, 3, &["192.0.2.0/24"]);
        let mut held: Vec<_> = (0..18)
            .map(|n| at_work(&all, if n < 9 { "10.0.0.1" } else { "10.0.0.2" }).unwrap())
            .collect();
        assert_eq!(
            at_work(&all, "10.0.0.3").err(),
            Some(ConnectionRefused::Full)
        );
        held.push(at_work(&all, "192.0.2.1").unwrap());
        held.push(at_work(&all, "192.0.2.1").unwrap());
        assert_eq!(
            at_work(&all, "192.0.2.1").err(),
            Some(ConnectionRefused::Full)
        );
    }

    #[test]
    fn who_has_waited_longest_makes_room_strangers_first() {
        let all = connections(10, 100, &["192.0.2.1/32"]);
        let at = |n: u8| all.admit(IpAddr::from([203, 0, 113, n])).unwrap();
        let board = all.admit("192.0.2.1".parse().unwrap()).unwrap();
        board.connection().waits_since.store(0, Ordering::Relaxed);
        let strangers: Vec<_> = (0..9).map(at).collect();
        for (n, stranger) in strangers.iter().enumerate() {
            let since = 100 - u64::try_from(n).unwrap();
            stranger
                .connection()
                .waits_since
                .store(since, Ordering::Relaxed);
        }
        strangers[8].connection().begin();
        let newcomer = at(99);
        assert!(left(&strangers[7]) && !left(&strangers[8]) && !left(&board));
        strangers[8].connection().stalls(true);
        strangers[8]
            .connection()
            .stalls_since
            .store(0, Ordering::Relaxed);
        let next = at(100);
        assert!(left(&strangers[8]) && !left(&newcomer) && !left(&next));
    }

    #[test]
    fn bodies_share_what_there_is() {
        let bodies = Arc::new(BodyBudget::new(100));
        let (mut one, mut other) = (bodies.share(), bodies.share());
        assert!(one.take(60) && other.take(40) && !other.take(1));
        drop(other);
        assert!(one.take(40) && !one.take(1));
        drop(one);
        assert_eq!(bodies.held.load(Ordering::Relaxed), 0);
    }
}
