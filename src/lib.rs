//! Banzhu (版主): comment moderation for Chinese-language boards.

pub mod access;
pub mod desk;
pub mod http;
pub mod id;
pub mod intake;
pub mod lexicon;
pub mod member;
pub mod policy;
pub mod review;
pub mod store;
pub mod text;
pub mod time;
pub mod topic;
