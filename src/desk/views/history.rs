//! What a member did, and what was done about it.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    comment::CommentView,
    member::{MemberView, NicknameView, SanctionView},
    report::ReportView,
    ruling::RulingView,
};

/// What a member did, and what was done about it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct HistoryView {
    /// How they stand.
    pub member: MemberView,
    /// Nicknames, the newest first.
    pub nicknames: Vec<NicknameView>,
    /// Comments, the newest first: one page.
    pub comments: Vec<CommentView>,
    /// Where to go on with the comments; null at the end.
    pub next_cursor: Option<String>,
    /// Rulings that count or counted against them, the newest first.
    pub rulings: Vec<RulingView>,
    /// The newest reports they made, where the board names readers as it names members.
    pub reports: Vec<ReportView>,
    /// Sanctions, the newest first, ended ones too.
    pub sanctions: Vec<SanctionView>,
}
