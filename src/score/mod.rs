//! The learned score: how much the sentence as a whole reads like what moderators take down.
//!
//! This room knows texts and hits: no member, no rule, no ruling. A text is folded and cut into n-grams of one to three
//! characters; each n-gram, and each [`Named`] feature of the hits in it, has a weight of eight bits in a file that
//! `banzhu learn` makes ([`Weights`]). Their sum becomes a share in thousandths by a few knots that were fitted on lines
//! held out ([`Scored`]): of all texts that get 700, some seven in ten are abuse or a scam.
//!
//! What is always true: scoring takes integers alone and allocates nothing once its [`ScoreScratch`] has grown, so that a
//! text gets the same score on any machine; a file that is damaged or of another format never becomes weights.

//!
//! The weights are fitted on [`Example`]s, lines of board writing with a label ([`learn`](learn())); what they are worth is
//! measured on lines held out ([`Measures`]). Lines of the sets that the whole program is measured by are refused
//! ([`MeasuredRows`]). A board's own weights start from the shipped ones and learn from its rulings ([`learn_board`]).

mod board;
mod calibrate;
mod example;
mod features;
mod learn;
mod measure;
mod named;
mod near;
mod spans;
mod weights;

pub use board::{BoardFit, BoardRow, Losses, RISE_MAX, ShippedRows, capped, learn_board};
pub use example::{Example, ExampleCounts, Label, contradicted};
pub use features::ngrams_of;
pub use learn::{Settings, TrainingRow, fit_board, log_loss};
pub use measure::{
    CalibrationBin, Measures, RowReader, Share, learn, measure_source, training_rows,
    with_listed_terms,
};
pub use named::{Named, NamedSet};
pub use near::{Grams, MeasuredRows, NEAR_SHARE, NearIndex};
pub use spans::{SPANS_MAX, ScoreSpans};
pub use weights::{
    FEATURE_VERSION, FlagAt, Likely, NEVER, ScoreScratch, Scored, Weighed, Weights, WeightsError,
    hash_of,
};
