//! The batch: a line in, a line out, in the same order, streamed both ways.
//!
//! Up to [`AT_ONCE_MAX`] lines are processed at once; a line about a comment that is being processed waits for it, so
//! that lines about one comment take effect in order. Answers are sent while lines still come in; memory holds a few
//! lines, however long the batch is. The caller's rights are checked again every second: once they are gone, the lines
//! that were begun are answered, a problem without a `line` follows, and the batch ends.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    rt::time::{sleep, sleep_until},
    web::{self, Bytes, BytesMut, Payload},
};
use futures_util::{
    StreamExt as _,
    future::{FutureExt as _, LocalBoxFuture},
    stream::FuturesOrdered,
};
use tokio::sync::mpsc;
use tracing::Instrument as _;

use super::{Answer, State, comments::PostComment};
use crate::{
    access::{Caller, Requirement},
    desk::{DeskError, Idempotent, views::ModerationView},
    http::{
        auth::LongLivedAuth,
        call::{Call, LARGE_BYTES_MAX},
        checked::{self, too_many_bodies},
        connections::{BodyBudget, BodyShare},
        media,
        problem::{Code, Language, Problem},
        shape::Shape,
        surrogates::Warnings,
    },
    id::CommentId,
    intake::{Mode, Submission},
};

/// How many lines are processed at once.
const AT_ONCE_MAX: usize = 64;
/// How many answers wait for a client that reads slowly: as many as the contract lets a client send before it reads.
const ANSWERS_WAITING_MAX: usize = 1_000;

/// The calls of this file.
pub static CALLS: &[&Call] = &[&POST];

static POST: Call = Call::post("/v1/moderations/batch", Requirement::MODERATE)
    .named(
        "PostBatch",
        "Moderate many comments, one per line, streamed both ways",
    )
    .query(&["dry_run", "backfill"])
    .body_lines::<PostComment>(PostComment::example)
    .bytes_max(LARGE_BYTES_MAX)
    .ok_as(Shape::lines::<ModerationView>())
    .stores_nothing()
    .to(|| web::route().to(post));

async fn post(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let identity = state.identity(&request, &POST).await?;
    media::check_media_type(&request, media::NDJSON)?;
    let mut query = POST.read_query(&request)?;
    let mode = Mode {
        dry_run: query.flag("dry_run")?,
        backfill: query.flag("backfill")?,
        provisional: false,
    };
    let language = Language::of_headers(request.headers());
    let bodies = request.app_data::<web::Data<Arc<BodyBudget>>>();
    let (answers, waiting) = mpsc::channel(ANSWERS_WAITING_MAX);
    let batch = Batch {
        state: state.clone(),
        caller: identity.caller.clone(),
        mode,
        language,
        answers,
        bodies: bodies.map(|bodies| Arc::clone(bodies.get_ref())),
    };
    let standing = LongLivedAuth::new(state, identity, &POST);
    // A task of its own, because the answer has to begin while the body is still being read.
    actix_web::rt::spawn(batch.run(payload, standing).in_current_span());
    let stream =
        futures_util::stream::unfold(waiting, |mut waiting: mpsc::Receiver<Bytes>| async {
            waiting
                .recv()
                .await
                .map(|line| (Ok::<_, actix_web::Error>(line), waiting))
        });
    Ok(HttpResponse::Ok()
        .content_type(media::NDJSON)
        .streaming(stream))
}

struct Batch {
    state: State,
    caller: Caller,
    mode: Mode,
    language: Language,
    answers: mpsc::Sender<Bytes>,
    bodies: Option<Arc<BodyBudget>>,
}

/// How often a line is tried while the desk is overloaded: lines that compete for one record succeed one by one.
const TRIES_MAX: usize = AT_ONCE_MAX;
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(5);

/// The client has stopped reading.
struct ClientGone;

/// Why no more lines are read.
enum BatchEnd {
    /// The client has stopped reading.
    Client,
    /// The caller may no longer submit comments.
    Caller(Problem),
}

impl From<ClientGone> for BatchEnd {
    fn from(_: ClientGone) -> Self {
        Self::Client
    }
}

impl From<DeskError> for BatchEnd {
    fn from(error: DeskError) -> Self {
        Self::Caller(error.into())
    }
}

impl Batch {
    async fn run(self, payload: Payload, mut standing: LongLivedAuth) {
        let mut work = LinesInFlight::default();
        let ended = match self.take(payload, &mut standing, &mut work).await {
            Ok(()) => None,
            Err(BatchEnd::Caller(problem)) => Some(problem),
            Err(BatchEnd::Client) => return,
        };
        while let Some(answer) = work.next().await {
            if self.send(answer).await.is_err() {
                return;
            }
        }
        if let Some(problem) = ended {
            let _ = self.send(self.problem_line(&problem)).await;
        }
    }

    /// Reads lines for as long as some come and the caller may submit them.
    async fn take<'b>(
        &'b self,
        mut payload: Payload,
        standing: &mut LongLivedAuth,
        work: &mut LinesInFlight<'b>,
    ) -> Result<(), BatchEnd> {
        let mut lines = LineSplitter::default();
        loop {
            tokio::select! {
                // Answers first: finished lines free their memory before more are read.
                biased;
                Some(answer) = work.next(), if !work.is_empty() => self.send(answer).await?,
                () = sleep_until(standing.next_look().into()) => standing.holds().await?,
                chunk = payload.next() => {
                    let Some(Ok(chunk)) = chunk else { break };
                    for line in lines.push(&chunk) {
                        standing.holds().await?;
                        self.begin(line, work).await?;
                    }
                }
            }
        }
        if let Some(line) = lines.finish() {
            standing.holds().await?;
            self.begin(line, work).await?;
        }
        Ok(())
    }

    /// Begins to process a line, once there is room and no earlier line about the same comment is being processed.
    async fn begin<'b>(
        &'b self,
        line: Line,
        work: &mut LinesInFlight<'b>,
    ) -> Result<(), ClientGone> {
        let number = line.number;
        self.keep_to_rate(work).await?;
        let mut share = self.bodies.as_ref().map(BodyBudget::share);
        let read = line.bytes.and_then(|bytes| {
            if share.as_mut().is_some_and(|share| !share.take(bytes.len())) {
                return Err(too_many_bodies());
            }
            let line = usize::try_from(number).unwrap_or(usize::MAX);
            checked::mended_by(&bytes, |whole| {
                checked::parsed_by(whole, line, |post: PostComment| {
                    Submission::parse(post.into())
                })
            })
        });
        let comment = read
            .as_ref()
            .ok()
            .map(|(submission, _)| submission.comment.clone());
        // Two lines about one comment run one after the other, in the order they were sent.
        while work.len() >= AT_ONCE_MAX || work.holds(comment.as_ref()) {
            let Some(answer) = work.next().await else {
                break;
            };
            self.send(answer).await?;
        }
        work.push(comment, self.answer(number, read, share).boxed_local());
        Ok(())
    }

    /// If the key has a rate, lines wait for it; answers do not.
    async fn keep_to_rate(&self, work: &mut LinesInFlight<'_>) -> Result<(), ClientGone> {
        let Caller::Program { id, .. } = &self.caller else {
            return Ok(());
        };
        while let Err(wait) = self.state.settings.key_rate.check(*id) {
            tokio::select! {
                Some(answer) = work.next(), if !work.is_empty() => self.send(answer).await?,
                () = sleep(wait) => {}
            }
        }
        Ok(())
    }

    async fn answer(
        &self,
        number: u64,
        read: Result<(Submission, Warnings), Problem>,
        _held_until_answered: Option<BodyShare>,
    ) -> Bytes {
        let (done, warnings) = match read {
            Err(problem) => (Err(problem), Warnings::default()),
            Ok((submission, warnings)) => {
                let done = self.post(submission).await.map_err(Problem::from);
                (done, warnings)
            }
        };
        let line = match done {
            Ok(Idempotent::Fresh(view)) => match serde_json::to_vec(&view) {
                Ok(line) => Ok(warnings.add_to(line.into()).to_vec()),
                Err(_) => Err(Problem::new(Code::OutcomeUnknown)),
            },
            Ok(Idempotent::Replayed { body, .. }) => Ok(body),
            Err(problem) => Err(problem),
        };
        match line {
            Ok(mut line) => {
                line.push(b'\n');
                line.into()
            }
            Err(problem) => self.problem_line(&problem.with("line", number)),
        }
    }

    /// A problem as a line; one without a `line` is about the batch itself.
    fn problem_line(&self, problem: &Problem) -> Bytes {
        let mut line = problem.json(self.language).to_string().into_bytes();
        line.push(b'\n');
        line.into()
    }

    /// Tries a line again that lost against other lines of the batch, as with many comments of one member who changes
    /// their nickname.
    async fn post(&self, submission: Submission) -> Result<Idempotent<ModerationView>, DeskError> {
        let desk = &self.state.desk;
        let mut tries = 1;
        loop {
            let done = desk
                .comments
                .post(&self.caller, submission.clone(), self.mode, None);
            match done.await {
                Err(DeskError::Overloaded) if tries < TRIES_MAX => sleep(TRY_AGAIN_AFTER).await,
                done => return done,
            }
            tries += 1;
        }
    }

    async fn send(&self, answer: Bytes) -> Result<(), ClientGone> {
        self.answers.send(answer).await.map_err(|_| ClientGone)
    }
}

/// The lines that are being processed, in their order.
#[derive(Default)]
struct LinesInFlight<'b> {
    answers: FuturesOrdered<LocalBoxFuture<'b, Bytes>>,
    comments: VecDeque<Option<CommentId>>,
}

impl<'b> LinesInFlight<'b> {
    fn push(&mut self, comment: Option<CommentId>, answer: LocalBoxFuture<'b, Bytes>) {
        self.comments.push_back(comment);
        self.answers.push_back(answer);
    }

    async fn next(&mut self) -> Option<Bytes> {
        let answer = self.answers.next().await;
        if answer.is_some() {
            self.comments.pop_front();
        }
        answer
    }

    fn holds(&self, comment: Option<&CommentId>) -> bool {
        comment.is_some()
            && self
                .comments
                .iter()
                .any(|at_work| at_work.as_ref() == comment)
    }

    fn len(&self) -> usize {
        self.answers.len()
    }

    fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }
}

/// A line with its number, counted from 1, or the reason why it cannot be read.
struct Line {
    number: u64,
    bytes: Result<Bytes, Problem>,
}

/// Cuts chunks into lines. A line that is too long is dropped and reported; blank lines are only counted.
#[derive(Default)]
struct LineSplitter {
    rest: BytesMut,
    number: u64,
    too_long: bool,
}

impl LineSplitter {
    fn push(&mut self, chunk: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut parts = chunk.split(|byte| *byte == b'\n').peekable();
        while let Some(part) = parts.next() {
            self.take(part);
            if parts.peek().is_some() {
                lines.extend(self.end_of_line());
            }
        }
        lines
    }

    fn finish(&mut self) -> Option<Line> {
        if self.rest.is_empty() && !self.too_long {
            None
        } else {
            self.end_of_line()
        }
    }

    fn take(&mut self, part: &[u8]) {
        if self.too_long || self.rest.len() + part.len() > LARGE_BYTES_MAX {
            self.too_long = true;
            self.rest.clear();
        } else {
            self.rest.extend_from_slice(part);
        }
    }

    fn end_of_line(&mut self) -> Option<Line> {
        self.number += 1;
        let bytes = self.rest.split().freeze();
        if std::mem::take(&mut self.too_long) {
            return Some(Line {
                number: self.number,
                bytes: Err(Problem::new(Code::TooLarge)),
            });
        }
        let blank = bytes.iter().all(u8::is_ascii_whitespace);
        (!blank).then_some(Line {
            number: self.number,
            bytes: Ok(bytes),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn texts(lines: Vec<Line>) -> Vec<(u64, Option<String>)> {
        lines
            .into_iter()
            .map(|line| {
                (
                    line.number,
                    line.bytes
                        .ok()
                        .map(|bytes| String::from_utf8(bytes.to_vec()).unwrap()),
                )
            })
            .collect()
    }

    #[test]
    fn lines_are_cut_wherever_chunks_end() {
        let mut lines = LineSplitter::default();
        assert_eq!(texts(lines.push(b"{\"a\"")), []);
        assert_eq!(
            texts(lines.push(b":1}\n\n{}\n[")),
            [
                (1, Some("{\"a\":1}".to_owned())),
                (3, Some("{}".to_owned()))
            ]
        );
        assert_eq!(
            texts(lines.finish().into_iter().collect()),
            [(4, Some("[".to_owned()))]
        );
        assert!(lines.finish().is_none());
    }

    #[test]
    fn a_line_too_long_is_reported_and_the_next_goes_on() {
        let mut lines = LineSplitter::default();
        let long = vec![b'x'; LARGE_BYTES_MAX + 1];
        assert_eq!(texts(lines.push(&long)), []);
        assert_eq!(
            texts(lines.push(b"x\n{}\n")),
            [(1, None), (2, Some("{}".to_owned()))]
        );
    }
}
