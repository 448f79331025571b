//! Banzhu (版主): comment moderation for Chinese-language boards. One binary, one folder of data.
//!
//! A comment comes in, a decision that is on disk goes out, and what people should look at waits in a queue.
//!
//! # The map
//!
//! The library is a row of rooms; each uses only the rooms named beside it. `tests/architecture.rs` holds the code to
//! this table.
//!
//! | room | what it is for | may use |
//! | --- | --- | --- |
//! | [`time`], [`id`] | points in time and ids as values; clock and dice are handed in | nothing of ours |
//! | [`text`] | what a surface says: folding, spans, the form of lists | nothing of ours |
//! | [`lexicon`] | which words we look for, and where they stand | `text` |
//! | [`topic`] | what an article is about, and what a tag has to do with it | `text`, `lexicon` |
//! | [`member`] | who writes: what a nickname claims | `time`, `id`, `text`, `lexicon` |
//! | [`policy`] | what the rules say: matrix, rulebook, decisions, statements | all of the above |
//! | [`access`] | who may what: one table of calls | `time`, `id` |
//! | [`review`] | what moderators do: cases, claims, rulings, audit | all of the above |
//! | [`intake`] | one comment, start to end | all of the above |
//! | [`store`] | where decisions are kept: one trait, the engines below it | all of the above |
//! | [`desk`] | the use cases, and the views of what is shown | all of the above |
//! | [`http`] | actix-web: requests into calls of the desk and back | all of the above except `store` |
//! | [`config`] | raw settings into a checked `Config`, once, at start | nothing of ours |
//! | [`telemetry`] | logs, and the numbers behind `/metrics` | `config` |
//! | [`sources`] | lists and rules as files: given, shipped, or the last good ones | `config`, `lexicon`, `policy` |
//! | [`reload`] | changed files become a new rulebook while running | `sources`, `policy`, `desk` |
//! | [`control`] | the Unix socket by which `key` and `user` reach a running service | `desk` |
//! | [`demo`] | an afternoon of traffic | `desk`, `store`, `app` and what they speak in |
//! | [`app`] | builds everything from a `Config` and runs it | what it sets up |
//! | [`cli`] | the commands | what it calls |
//!
//! The rooms from `text` to `intake` are the core: data in, data out. They touch no file, socket, clock or dice; the
//! system's clock and dice are read in `app` alone. `desk` is the border that the rest of the world talks to: `http`,
//! `cli` and `control` translate to and from it, and `desk::views` is what they show.
//!
//! # The path of a comment
//!
//! Each step takes the last step's value and gives a new type; nothing flows back.
//!
//! 1. `http` finds out who calls ([`access::Caller`]), then reads the plain fields ([`intake::Draft`]).
//! 2. [`intake::Submission`] has every field checked.
//! 3. `text`, `lexicon`, `topic` and `member` find what is in it ([`policy::Findings`]).
//! 4. [`store::Store::background`] is the one read: what is stored about it, with the editions that were read.
//! 5. [`policy::decide()`] makes a [`policy::Decision`], [`intake::moderate()`] an [`intake::Filing`].
//! 6. [`store::Store::commit`] is the one write. It answers when everything is on disk; if anything that the plan was
//!    made from has moved, it writes nothing and the desk begins again at 4.
//!
//! # What always holds
//!
//! - No answer of success leaves before its effect is on disk.
//! - The store takes only what the core has made: no comment that was not moderated, no case that skipped a step.
//! - A request keeps one rulebook to its end, and every decision names it.
//! - A faulty list never stops a running service: the last good rulebook stays, and log, API and `check` say why.

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
pub mod policy;
pub mod reload;
pub mod review;
pub mod sources;
pub mod store;
pub mod telemetry;
pub mod text;
pub mod time;
pub mod topic;
