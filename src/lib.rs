//! Banzhu (版主): comment moderation for Chinese-language boards.

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
pub mod policy;
pub mod reload;
pub mod review;
pub mod sources;
pub mod store;
pub mod telemetry;
pub mod text;
pub mod time;
pub mod topic;
