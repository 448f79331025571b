//! The texts of the surfaces of one comment.

/// The surfaces of one comment, as the member wrote them.
#[derive(Debug, Clone, Copy)]
pub struct SurfaceTexts<'a> {
    /// The comment's text.
    pub body: Option<&'a str>,
    /// The nickname beside it.
    pub nickname: Option<&'a str>,
    /// The tags, in order.
    pub tags: &'a [String],
}
