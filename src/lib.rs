//! Banzhu (版主): comment moderation for Chinese-language boards. One binary, one folder of data.
//!
//! # The map
//!
//! A board POSTs each comment; the posted rules are applied to body, nickname and tags; the answer is `allow`, `flag` or
//! `remove`, with the rule, the words and where they are. Flagged comments wait in a queue for moderators. Every decision is
//! on disk before it is answered.
//!
//! The library is a row of rooms; each uses only the rooms above it.
//!
//! | room | what it is for | may use |
//! | --- | --- | --- |
//! | [`time`], [`id`] | timestamps, the clock and randomness as interfaces; ids as types | nothing of ours |
//! | [`text`] | the text of a surface: markup, folding, units, other readings, patterns (numbers, addresses), spans | |
//! | [`lexicon`] | the word lists, compiled; the search for their terms, what is only guessed, and whom a hit is aimed at | `text` |
//! | [`topic`] | whether a tag is relevant to its article, and which tags are meaningless | `text`, `lexicon` |
//! | [`member`] | members: protected nicknames, look-alikes, standing, floods | `time`, `text` |
//! | [`score`] | the learned score: how much a text reads like what moderators take down; its features, weights and fitting | `text`, `lexicon` |
//! | [`record`] | what is stored: comments, decisions, cases, rulings, reports, members, events, accounts; their stored forms; the [`record::Change`] that a commit is made of | all above |
//! | [`access`] | callers, and what each call requires of them | `time`, `id`, `record` |
//! | [`policy`] | the board's rules: from findings to a decision; notices; the penalty schedule | all above but `access` |
//! | [`review`] | moderators and readers: reports, appeals, cases, claims, rulings and their undo, sanctions, saved replies, QA, rejudging, purge and erasure; the effective verdict | all above but `access` |
//! | [`intake`] | one submission: validated, classified, judged, withdrawn | all above but `access` |
//! | [`store`] | the [`store::Store`] trait, its implementation over any engine, and two engines: sled and memory | all above but `access` |
//! | [`desk`] | the use cases by what they serve (comments, queue, rulings, reports …), and the views they answer with | all above |
//! | [`notify`] | delivers events to webhooks | `time`, `id`, `record`, `desk` |
//! | [`http`] | actix-web and nothing else: the JSON API in `http/api`, the moderators' pages in `http/console` | all above but `notify` and `store`'s engine |
//! | [`config`], [`telemetry`] | settings checked once; logs and metrics | values of the core |
//! | [`sources`], [`reload`], [`control`], [`demo`], [`app`], [`cli`] | files of the rulebook, the control socket, the demo; [`app`] builds and runs everything | what they set up and call |
//!
//! The rooms from `text` to `intake` are the core: data in, data out; no file, no socket, no clock, no randomness of its own.
//!
//! # The path of a comment
//!
//! ```text
//! http::auth           request            -> Caller            401, 403
//! http::checked        bytes              -> PostComment       415, 413, 400, 422
//! intake::submission   CommentDraft       -> Submission        422, every fault at once
//! desk::comments       looks up the idempotency key, then runs the steps below, three times at most
//! Store::background    Submission         -> Background        what is stored around it, with the row versions that were read
//! intake::classify     Submission         -> SubmissionKind    new, edit, or repeated: that is answered with what is stored
//! desk::findings       Submission         -> Findings          hits and scores of body and nickname, tags (text, lexicon, score, topic)
//! policy::decide       Findings           -> Decision          verdict and reasons; pure
//! intake::moderate     Decision           -> Change            comment, cases, audit entries; preconditions
//! Store::commit        Change             -> on disk           a precondition fails: Stale, and desk::comments starts over
//! desk::present        Comment + rulings  -> ModerationView    the effective verdict
//! ```
//!
//! # From a change to the disk
//!
//! ```text
//! store::engine_store  queues the change for the committer and waits for its answer
//! store::committer     one thread: drains the queue into a batch (group commit)
//! store::layout        checks preconditions, gives numbers, chains the audit; changes become rows of store::tables
//! store::engine        the trait that an engine implements: rows by key and range, a batch written atomically
//! store::sled          one transaction, flush, sync; then the commit log, then the answer
//! store::memory        applies the batch to the queue and the standings, and publishes live updates
//! ```
//!
//! # The promises
//!
//! - What was answered is on disk. One thread writes; it commits in groups, flushes, syncs, then answers.
//! - The filter's decision never changes. Rulings are stored beside it, and the effective verdict is computed from both
//!   whenever a comment is read.
//! - A use case commits one [`record::Change`], as a whole or not at all; only the core builds one.
//! - Of two concurrent changes of one record the second is refused: a change names the row versions that it was made from.
//! - Spans count code points of the member's own text.
//! - A bad input gets a clear error and changes nothing. Nothing from outside makes it panic.

pub mod access;
pub mod app;
pub mod cli;
pub mod config;
pub mod control;
pub mod demo;
pub mod desk;
pub mod http;
pub mod id;
pub mod intake;
pub mod lexicon;
pub mod member;
pub mod notify;
pub mod policy;
pub mod record;
pub mod reload;
pub mod review;
pub mod score;
pub mod sources;
pub mod store;
pub mod telemetry;
pub mod text;
pub mod time;
pub mod topic;
