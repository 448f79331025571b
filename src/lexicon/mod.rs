//! Which words we look for. (Placeholder until the text engine lands.)
#![allow(missing_docs)]
use crate::text::{Disguises, Span, Surface};
use serde::{Deserialize, Serialize};
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ListCode {
    Threat,
    SelfHarm,
    PersonalData,
    Scam,
    Sexual,
    Profanity,
    Insult,
    Slur,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TermId(pub u32);
#[derive(Debug)]
pub struct Term {
    pub text: String,
    pub code: ListCode,
    pub severity: u8,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    pub term: TermId,
    pub span: Span,
    pub disguises: Disguises,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListFile {
    pub name: String,
    pub content: String,
}
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineFault {
    pub file: String,
    pub line: u32,
    pub zh_tw: String,
    pub en: String,
}
#[derive(Debug, Default)]
pub struct Scratch(Vec<Hit>);
#[derive(Debug)]
pub struct Lexicon(Vec<Term>);
impl Lexicon {
    pub fn compile(_: &[ListFile]) -> Result<(Self, Vec<LineFault>), Vec<LineFault>> {
        Ok((Self(Vec::new()), Vec::new()))
    }
    pub fn scan<'s>(&self, _: Surface, _: &str, s: &'s mut Scratch) -> &'s [Hit] {
        &s.0
    }
    pub fn term(&self, id: TermId) -> &Term {
        &self.0[id.0 as usize]
    }
}
