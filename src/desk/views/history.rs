//! A member's history.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    comment::CommentView,
    member::{MemberView, NicknameView, SanctionView},
    privacy::ErasureView,
    report::ReportView,
    ruling::RulingView,
};

/// A member's history.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct HistoryView {
    /// Their standing.
    pub member: MemberView,
    /// Nicknames, newest first.
    pub nicknames: Vec<NicknameView>,
    /// One page of comments, newest first.
    pub comments: Vec<CommentView>,
    /// The cursor of the next page of comments; null at the end.
    pub next_cursor: Option<String>,
    /// Rulings that gave them strikes, newest first.
    pub rulings: Vec<RulingView>,
    /// The newest reports they made, if the board uses the same ids for readers and members.
    pub reports: Vec<ReportView>,
    /// Sanctions, newest first, ended ones included.
    pub sanctions: Vec<SanctionView>,
    /// Readers' reports of the comments on this page, newest first.
    pub reported: Vec<ReportView>,
    /// Their pending erasure, if something is still retained.
    pub erasure: Option<ErasureView>,
}
