//! Banzhu (版主): comment moderation for Chinese-language boards. One binary, one folder of data.
//!
//! # The map
//!
//! A board POSTs each comment; the posted rules are applied to body, nickname and tags; the answer is `allow`, `flag` or
//! `remove`, with the rule, the words and the place. What was flagged waits in a queue for moderators. Every decision is on
//! disk before it is answered.
//!
//! The library is a row of rooms; each uses only the rooms above it.
//!
//! | room | what it is for | may use |
//! | --- | --- | --- |
//! | [`time`], [`id`] | time, the clock and the dice as values; ids as types | nothing of ours |
//! | [`text`] | the text of a surface: folding, units, other readings, patterns (numbers, addresses), spans | |
//! | [`lexicon`] | the word lists, compiled, and the search for their terms | `text` |
//! | [`topic`] | what ties a tag to its article, and which tags are meaningless | `text`, `lexicon` |
//! | [`member`] | members: protected nicknames, look-alikes, standing, floods | `time`, `text` |
//! | [`record`] | the nouns as they are kept: comments, decisions, cases, rulings, reports, members, events, accounts | all above |
//! | [`access`] | who may what: callers and what is required of them | `time`, `id`, `record` |
//! | [`policy`] | the rules of the board: findings into a decision, notices, the penalty schedule | all above but `access` |
//! | [`review`] | what moderators and readers do: reports, appeals, cases, claims, rulings and their undo, sanctions, judging again, purge and erasure; what is in force | all above but `access` |
//! | [`intake`] | one comment on its way in: checked, judged, stored, withdrawn | all above but `access` |
//! | [`store`] | the trait, which takes changes; what stands over any engine (reads, layout, committer, memory, verify); sled and an engine in memory below | all above but `access` |
//! | [`desk`] | the use cases by what they serve (comments, queue, rulings, reports …), and what is shown of them | all above |
//! | [`notify`] | the way out of events: webhooks | `time`, `id`, `record`, `desk` |
//! | [`http`] | actix-web and nothing else | all above but `notify` and `store`'s engine |
//! | [`config`], [`telemetry`] | settings checked once; logs and metrics | values of the core |
//! | [`sources`], [`reload`], [`control`], [`demo`], [`app`], [`cli`] | set up and run all of it | what they set up and call |
//!
//! The rooms from `text` to `intake` are the core: data in, data out; no file, no socket, no clock, no dice.
//!
//! # The path of a comment
//!
//! ```text
//! http::auth        request            -> Caller               401, 403
//! http::checked     bytes              -> PostComment          415, 413, 400, 422
//! intake            CommentDraft       -> Submission           422, every fault at once
//! store             Submission         -> Background           what is known, and the row versions it was read at
//! policy, topic     Findings           -> Decision             pure
//! intake::moderate  Decision           -> Change               comment, cases, audit entries; preconditions
//! Store::commit     Change             -> on disk              stale: read again, three times at most
//! desk::views       Comment + rulings  -> ModerationView       the verdict in force
//! ```
//!
//! # The promises
//!
//! - An answer means: on disk. One thread writes; it commits in groups, flushes, syncs, then answers.
//! - The filter's decision never changes. What people ruled lies over it, and what is in force is worked out from both
//!   whenever a comment is read.
//! - One [`record::Change`] is all that a use case commits, whole or not at all; only the core builds one.
//! - Whoever commits second is told: every change names the row versions that it was made from.
//! - Spans count code points of the member's own text, always.
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
pub mod sources;
pub mod store;
pub mod telemetry;
pub mod text;
pub mod time;
pub mod topic;
