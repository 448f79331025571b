//! The bytes of one connection, below HTTP: plain or by TLS.
//!
//! actix-web bounds the time of a connection's first head and of nothing else, answers a head that is none without a
//! body, and cannot let an idle connection go when there is need. So the stream itself keeps these: it ends when it
//! must make room, when it lies idle, when a head takes too long, when an answer is not read; and it gives the empty
//! answers that actix makes below the application the body of a problem.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_web::{
    rt::{
        net::TcpStream,
        time::{Instant, Sleep, sleep_until},
    },
    web::{Buf as _, BytesMut},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    connections::Admitted,
    problem::{Code, Language, Problem},
};

/// What the peer still sends after the last answer is taken until nothing came for this long, and no more than so much.
const LINGER_QUIET: Duration = Duration::from_millis(300);
const LINGER_BYTES_MAX: usize = 4 << 20;
/// How much of it is taken at once.
const LINGER_CHUNK_BYTES: usize = 16 << 10;

/// What carries the bytes.
pub(super) enum Wire {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::server::TlsStream<TcpStream>>),
}

/// A connection that is counted, and ends in time.
pub(super) struct Transport {
    wire: Wire,
    admitted: Admitted,
    /// When the head that is coming began, and after which request.
    head: Option<(u64, Instant)>,
    stalled: Option<Instant>,
    timer: Pin<Box<Sleep>>,
    /// Taken from the server, not yet on the wire.
    rest: BytesMut,
    /// Nothing more is read.
    closing: bool,
    /// Until when what still comes is taken and thrown away, and how much it was.
    lingers: Option<(Instant, usize)>,
}

impl Transport {
    pub fn new(wire: Wire, admitted: Admitted) -> Self {
        Self {
            wire,
            admitted,
            head: None,
            stalled: None,
            timer: Box::pin(sleep_until(Instant::now())),
            rest: BytesMut::new(),
            closing: false,
            lingers: None,
        }
    }

    pub const fn admitted(&self) -> &Admitted {
        &self.admitted
    }

    fn check(&self, cx: &Context<'_>) -> io::Result<()> {
        if self.admitted.connection().must_leave(cx.waker()) {
            Err(io::ErrorKind::ConnectionAborted.into())
        } else {
            Ok(())
        }
    }

    /// Whether it waits for a head for too long; `cx` is woken when it does.
    fn waits_too_long(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(idle_since) = self.admitted.connection().idle_since() else {
            return false;
        };
        let limits = self.admitted.limits();
        // A head counts only for the request it began after; with an older one, this wait is idle.
        let until = match self.head {
            Some((request, began)) if request == self.admitted.connection().requests() => {
                began + limits.head_timeout
            }
            _ => idle_since + limits.idle_timeout,
        };
        self.is_over(until, cx)
    }

    fn is_over(&mut self, until: Instant, cx: &mut Context<'_>) -> bool {
        // One timer serves all deadlines; the poll below also registers the waker for it.
        if self.timer.deadline() != until {
            self.timer.as_mut().reset(until);
        }
        self.timer.as_mut().poll(cx).is_ready()
    }

    /// Bytes came: those of a head, unless a request is at work.
    fn came(&mut self) {
        let connection = self.admitted.connection();
        let request = connection.requests();
        let begun = self.head.is_some_and(|(of, _)| of == request);
        // Only the first byte starts the clock: sending a head byte by byte gains no time.
        if connection.idle_since().is_some() && !begun {
            self.head = Some((request, Instant::now()));
        }
    }

    /// Ends a head that takes too long with an answer, an idle connection without.
    fn end_waiting(&mut self) -> Poll<io::Result<()>> {
        let request = self.admitted.connection().requests();
        if self.head.is_none_or(|(of, _)| of != request) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        // Nothing read looks like the end of the input to actix, which then shuts down; that writes `rest`.
        self.closing = true;
        count(Code::RequestTimeout);
        self.rest
            .extend_from_slice(&raw(&Problem::new(Code::RequestTimeout)));
        Poll::Ready(Ok(()))
    }

    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.rest.is_empty() {
            match Pin::new(&mut self.wire).poll_write(cx, &self.rest) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(written)) => {
                    self.rest.advance(written);
                    self.goes_on();
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return self.stalls(cx),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Takes what the peer still sends, for a while. A socket that is closed with bytes unread resets the connection, and with
    /// it goes the answer that the peer has not read yet: who sends 2 MiB and is refused at the head must hear why.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let (mut until, mut taken) = self
            .lingers
            .unwrap_or_else(|| (Instant::now() + LINGER_QUIET, 0));
        let mut space = [0; LINGER_CHUNK_BYTES];
        // Bounded in bytes as well, since each read extends the time.
        while taken < LINGER_BYTES_MAX {
            let mut buffer = ReadBuf::new(&mut space);
            match Pin::new(&mut self.wire).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    taken += buffer.filled().len();
                    until = Instant::now() + LINGER_QUIET;
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending if self.is_over(until, cx) => return Poll::Ready(()),
                Poll::Pending => {
                    self.lingers = Some((until, taken));
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(())
    }

    fn goes_on(&mut self) {
        if self.stalled.take().is_some() {
            self.admitted.connection().stalls(false);
        }
    }

    /// The peer reads nothing: for a while.
    fn stalls<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        let since = *self.stalled.get_or_insert_with(Instant::now);
        self.admitted.connection().stalls(true);
        let until = since + self.admitted.limits().answer_timeout;
        if self.is_over(until, cx) {
            Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
        } else {
            Poll::Pending
        }
    }
}

impl AsyncRead for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.check(cx)?;
        if this.closing {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        match Pin::new(&mut this.wire).poll_read(cx, buffer) {
            // While the peer reads nothing, its answer timeout counts, and the timer belongs to that.
            Poll::Pending if this.stalled.is_none() && this.waits_too_long(cx) => {
                this.end_waiting()
            }
            Poll::Ready(Ok(())) if buffer.filled().len() > before => {
                this.came();
                Poll::Ready(Ok(()))
            }
            other => other,
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.check(cx)?;
        ready!(this.poll_rest(cx))?;
        if let Some((before, code)) = bare_refusal(bytes) {
            count(code);
            // Answers to earlier pipelined requests in the same buffer are kept.
            this.rest.extend_from_slice(&bytes[..before]);
            this.rest.extend_from_slice(&raw(&Problem::new(code)));
            // All of actix's bytes count as written, whatever the wire takes now: the flush sends the rest.
            let _ = this.poll_rest(cx)?;
            return Poll::Ready(Ok(bytes.len()));
        }
        match Pin::new(&mut this.wire).poll_write(cx, bytes) {
            Poll::Pending => this.stalls(cx),
            done => {
                this.goes_on();
                done
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_rest(cx))?;
        match Pin::new(&mut this.wire).poll_flush(cx) {
            Poll::Pending => this.stalls(cx),
            done => {
                // an answer has gone: from now on it may wait for the next head, for so long
                let _ = this.waits_too_long(cx);
                done
            }
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.check(cx)?;
        ready!(this.poll_rest(cx))?;
        // Our half is closed first, so that the peer sees the end; once, though this is polled again.
        if this.lingers.is_none() {
            match Pin::new(&mut this.wire).poll_shutdown(cx) {
                Poll::Pending => return this.stalls(cx),
                done => ready!(done)?,
            }
        }
        ready!(this.poll_linger(cx));
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// What was never a request is counted as one.
fn count(code: Code) {
    let status = code.row().status.to_string();
    metrics::counter!("banzhu_http_requests_total", "method" => "OTHER", "route" => "unmatched", "status" => status)
        .increment(1);
}

/// A whole answer as bytes, for where no request was understood; the connection ends with it.
pub(super) fn raw(problem: &Problem) -> Vec<u8> {
    problem.raw(Language::ZhTw).into_bytes()
}

/// The longest head of an answer that actix makes by itself.
const BARE_HEAD_BYTES_MAX: usize = 256;

/// Where in what is written an answer begins that actix made by itself, and what it means. It is the last on its
/// connection, has no body, and nothing of what every answer of ours carries.
fn bare_refusal(bytes: &[u8]) -> Option<(usize, Code)> {
    if !bytes.ends_with(b"\r\n\r\n") {
        return None;
    }
    let tail_begins = bytes.len().saturating_sub(BARE_HEAD_BYTES_MAX);
    let tail = &bytes[tail_begins..];
    let begins = find_last(tail, b"HTTP/1.1 ")?;
    let head = &tail[begins..];
    // The status, behind the 9 bytes of `HTTP/1.1 `.
    let code = match head.get(9..12)? {
        b"400" => Code::MalformedRequest,
        b"431" => Code::HeadTooLarge,
        _ => return None,
    };
    let is_ours = find_last(head, b"x-content-type-options").is_some();
    (!is_ours).then_some((tail_begins + begins, code))
}

fn find_last(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .rposition(|window| window == wanted)
}

/// How long a handshake may take, and when a connection must go while it lasts.
pub(super) async fn shake_hands(
    acceptor: &tokio_rustls::TlsAcceptor,
    stream: TcpStream,
    admitted: &Admitted,
) -> Option<tokio_rustls::server::TlsStream<TcpStream>> {
    let must_leave = std::future::poll_fn(|cx| {
        if admitted.connection().must_leave(cx.waker()) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    });
    // The transport's timers start only after the handshake, so a silent peer must be ended here.
    let within: Duration = admitted.limits().head_timeout;
    tokio::select! {
        done = tokio::time::timeout(within, acceptor.accept(stream)) => done.ok()?.ok(),
        () = must_leave => None,
    }
}
