//! What an article is about, and what a tag has to do with it.
//!
//! This room knows `text`, the form of lists, and from `lexicon` how common a word is. It reports what ties a tag to
//! its article ([`Evidence`]) and decides nothing: without an article there is no opinion about the topic, and what is
//! unsure is [`Evidence::None`]. A tag counts as written in an article only where it is a word: AI is not in SAID, and
//! 北約 not in 「向北，約三公里」.

mod article;
mod form;
mod names;
mod one_word;
mod rarity;
mod relevance;
mod short_form;
mod tag;

pub use article::PreparedArticle;
pub use rarity::{LEARNED_MAX, Rarity};
pub use relevance::Evidence;
pub use tag::{MeaninglessHit, TagFinding, Topics};
