//! Who writes. (Placeholder until the text engine lands.)
#![allow(missing_docs)]
pub mod nickname {
    use crate::{
        lexicon::{LineFault, ListFile},
        text::{Disguises, Span},
    };
    #[derive(Debug, Clone)]
    pub struct NameHit {
        pub name: String,
        pub span: Span,
        pub how: Disguises,
    }
    #[derive(Debug)]
    pub struct Impersonation;
    impl Impersonation {
        pub fn compile(_: &[ListFile]) -> Result<(Self, Vec<LineFault>), Vec<LineFault>> {
            Ok((Self, Vec::new()))
        }
        pub fn find(&self, _: &str) -> Vec<NameHit> {
            Vec::new()
        }
        pub fn count(&self) -> usize {
            0
        }
    }
}
