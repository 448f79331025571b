//! Judging stored comments again by today's rulebook: what a preview found, and how far the work that it leads to has come.

use super::{
    actor::Actor,
    decision::{ModelVersion, RulebookVersion},
};
use crate::{id::RejudgeId, time::Timestamp};

/// How many previews and finished works are kept.
pub const REJUDGE_JOBS_MAX: usize = 50;

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RejudgeState {
    /// Nothing has been changed yet.
    Previewed,
    /// Comments are being judged again.
    Running,
    /// All of them were.
    Done,
    /// It ended early: another rulebook or model decides by now.
    Stopped,
}

/// What a preview found of which the effect in force would change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RejudgeCounts {
    /// How many comments matched and were judged.
    pub judged: u32,
    /// Removed now, and allowed then.
    pub restored: u32,
    /// Removed now, and flagged then.
    pub flagged: u32,
    /// Flagged now, and allowed then.
    pub cleared: u32,
    /// Of which only a tag changes.
    pub tags: u32,
    /// Against which the rulebook says more today: they are left alone.
    pub harsher: u32,
}

/// A preview, and the work that it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct RejudgeJob {
    pub id: RejudgeId,
    pub state: RejudgeState,
    /// Who asked for the preview, and when.
    pub by: Actor,
    pub at: Timestamp,
    /// What judged; the work stops where another does.
    pub rulebook: RulebookVersion,
    pub model: Option<ModelVersion>,
    pub counts: RejudgeCounts,
    /// The numbers of the comments that change, in the order in which they are judged again.
    pub comments: Vec<u64>,
    /// How many of them were.
    pub done: u32,
    /// Of how many the decision did change.
    pub changed: u32,
    pub begun_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub row_version: u64,
}
