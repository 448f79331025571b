//! What an article is about. (Placeholder until the text engine lands.)
#![allow(missing_docs)]
use crate::{
    lexicon::{LineFault, ListFile},
    text::{Disguises, Span},
};
use serde::{Deserialize, Serialize};
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    InTitle,
    InBody,
    InSection,
    InBoardTags,
    SameTopic,
    NarrowerTopic,
    Overlap,
    Ruled,
    None,
    NoArticle,
}
#[derive(Debug, Clone)]
pub struct PreparedArticle;
impl PreparedArticle {
    pub fn new(_: &str, _: &str, _: Option<&str>, _: &[String]) -> Self {
        Self
    }
}
#[derive(Debug, Clone)]
pub struct MeaninglessHit {
    pub term: String,
    pub span: Span,
    pub how: Disguises,
}
#[derive(Debug, Clone)]
pub struct TagFinding {
    pub evidence: Evidence,
    pub evidence_term: Option<String>,
    pub meaningless: Option<MeaninglessHit>,
}
#[derive(Debug)]
pub struct Topics;
impl Topics {
    pub fn compile(_: &[ListFile]) -> Result<(Self, Vec<LineFault>), Vec<LineFault>> {
        Ok((Self, Vec::new()))
    }
    pub fn judge(&self, _: &str, _: Option<&PreparedArticle>) -> TagFinding {
        TagFinding {
            evidence: Evidence::NoArticle,
            evidence_term: None,
            meaningless: None,
        }
    }
    pub fn count(&self) -> usize {
        0
    }
}
