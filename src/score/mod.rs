//! The learned score: how much the sentence as a whole reads like what moderators take down.
//!
//! This room knows texts and hits: no member, no rule, no ruling. A text is folded and cut into n-grams of one to three
//! characters; each n-gram, and each [`Named`] feature of the hits in it, has a weight of eight bits in a file that
//! `banzhu learn` makes ([`Weights`]). Their sum becomes a share in thousandths by a few knots that were fitted on lines
//! held out ([`Scored`]): of all texts that get 700, some seven in ten are abuse or a scam.
//!
//! What is always true: scoring takes integers alone and allocates nothing once its [`ScoreScratch`] has grown, so that a
//! text gets the same score on any machine; a file that is damaged or of another format never becomes weights.

mod features;
mod named;
mod spans;
mod weights;

pub use named::{Named, NamedSet};
pub use spans::{SPANS_MAX, ScoreSpans};
pub use weights::{FEATURE_VERSION, Likely, ScoreScratch, Scored, Weighed, Weights, WeightsError};
