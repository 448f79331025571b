//! The texts of one post side by side.

/// The surfaces of one comment, as the member wrote them.
#[derive(Debug, Clone, Copy)]
pub struct SurfaceTexts<'a> {
    /// The comment's text.
    pub body: Option<&'a str>,
    /// The nickname that stands beside it.
    pub nickname: Option<&'a str>,
    /// The tags, in order.
    pub tags: &'a [String],
}
