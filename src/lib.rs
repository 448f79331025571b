//! Banzhu (版主): comment moderation for Chinese-language boards. One binary, one folder of data.
//!
//! A comment comes in, a decision that is on disk goes out, and what people should look at waits in a queue.
//!
//! # The map
//!
//! The library is a row of rooms; each uses only the rooms listed beside it. A test (`tests/architecture.rs`) holds
//! the code to this table.
//!
//! | room | what it is for | may use |
//! | --- | --- | --- |
//! | [`time`], [`id`] | points in time, ids; clock and dice as things handed in | nothing of ours |
//! | [`text`] | what a surface says: folding, spans, the skip class | nothing of ours |
//! | [`lexicon`] | which words we look for, and where they stand | `text` |
//! | [`topic`] | what an article is about, and what a tag has to do with it | `text`, `lexicon` |
//! | [`member`] | who writes: nicknames | `text`, `time`, `id` |
//! | [`policy`] | what the rules say: matrix, rulebook, decisions, notices | all of the above |
//! | [`access`] | who may what: one table of calls | `time`, `id` |
//! | [`review`] | what moderators do: cases, claims, rulings, audit | all of the above |
//! | [`intake`] | one comment, start to end | all of the above |
//! | [`store`] | where decisions are kept; engines below one trait | all of the above |
//! | [`desk`] | the use cases, and the views that are shown | all of the above |
//! | [`http`] | actix-web and nothing else: requests into calls of the desk | all of the above but what the store keeps |
//! | [`config`] | raw settings into a checked `Config`, once, at start | nothing of ours |
//! | [`telemetry`] | logs, and the numbers behind `/metrics` | `config` |
//! | [`reload`] | reads lists and rules, keeps the last good ones, swaps them while running | `policy`, `desk` and what they show |
//! | [`control`] | the socket by which `key` and `user` reach a running service | `desk` and what it shows |
//! | [`demo`] | an afternoon of traffic | `desk` and what it shows |
//! | [`app`] | builds everything from a `Config` and runs it | everything |
//! | [`cli`] | the commands | everything |
//!
//! From `text` to `access` and `intake` is the core: data in, data out; it touches no file, socket, clock or dice. The
//! system's clock and dice are read in `app` alone.
//!
//! # The path of a comment
//!
//! `http` checks the caller, then the shape. `intake` checks every field ([`intake::Submission`]). `text` and `lexicon`
//! find what is in it, the store is read once for its background, `policy` decides, `intake` makes the one commit out of
//! it, and the store answers when that is on disk. If anything the decision was made from has moved meanwhile, the desk
//! begins again from the reading.
//!
//! # What always holds
//!
//! - No answer of success leaves before its effect is on disk.
//! - No record is stored that the core has not made: comments are moderated, cases step by step.
//! - A request keeps one rulebook to its end, and every decision names it.
//! - A faulty list never stops a running service: the last good rulebook stays, and log, API and `check` say why.

pub mod time;

pub mod id;

pub mod text;

pub mod lexicon;

pub mod topic;

pub mod member;

pub mod policy;

pub mod access;

pub mod review;

pub mod intake;

pub mod store;

pub mod desk;

pub mod http;

pub mod config;

pub mod telemetry;

pub mod reload;

pub mod control;

pub mod demo;

pub mod app;

pub mod cli;
