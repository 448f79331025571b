//! What an article is about, and what a tag has to do with it.
//!
//! This room knows `text`, the form of lists, and of `lexicon` how common a word is. It tells what it found and judges nobody: no article, no verdict about
//! the topic; what is unsure stays [`Evidence::None`]. A word counts where it stands as a word: AI is not in SAID, and
//! 北約 not in 「向北，約三公里」.

mod article;
mod form;
mod names;
mod one_word;
mod rarity;
mod relevance;
mod tag;

pub use article::PreparedArticle;
pub use rarity::{LEARNED_MAX, Rarity};
pub use relevance::Evidence;
pub use tag::{MeaninglessHit, TagFinding, Topics};
