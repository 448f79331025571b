//! Banzhu

/// What a surface says: the original, and a folded copy to match on.
pub mod text;

/// Which words we look for, and where they stand in a text.
pub mod lexicon;
