//! Banzhu

pub mod lexicon;
pub mod member;
pub mod text;
pub mod topic;
