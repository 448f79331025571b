//! What a surface says. (Placeholder until the text engine lands.)
#![allow(missing_docs)]
use serde::{Deserialize, Serialize};
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Surface {
    Body,
    Nickname,
    Tags,
}
impl Surface {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Nickname => "nickname",
            Self::Tags => "tags",
        }
    }
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}
impl Span {
    pub fn slice(self, text: &str) -> &str {
        let at = |n: u32| {
            text.char_indices()
                .nth(n as usize)
                .map_or(text.len(), |(b, _)| b)
        };
        &text[at(self.start)..at(self.end)]
    }
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Disguises(u16);
pub fn is_visible(text: &str) -> bool {
    text.chars()
        .any(|c| !c.is_whitespace() && !c.is_control() && c != '\u{200b}')
}
pub mod fold {
    pub fn folded(text: &str) -> String {
        text.to_lowercase()
    }
}
