//! Banzhu

/// What a surface says: the original, and a folded copy to match on.
pub mod text;

/// Which words we look for, and where they stand in a text.
pub mod lexicon;

/// What an article is about, and what a tag has to do with it.
pub mod topic;

/// Who writes, and under which name.
pub mod member;
