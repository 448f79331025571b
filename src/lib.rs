//! Banzhu

/// What a surface says: the original, and a folded copy to match on.
pub mod text;
