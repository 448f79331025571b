//! What was found in nicknames, kept: a member writes many comments under one name.
//!
//! What is found in a name depends on the name and the lists alone, so it is kept beside the lists, in their rulebook, and
//! goes with them: the next rulebook looks at every name anew.

use std::{fmt, sync::Arc};

use quick_cache::sync::Cache;

use crate::{lexicon::Hit, member::nickname::NameHit};

/// How many nicknames are kept; in memory, some 4 MB at most.
const NICKNAMES_MAX: usize = 16_384;

/// What was found in one nickname.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct NicknameFindings {
    /// Listed terms.
    pub hits: Vec<Hit>,
    /// Protected names.
    pub names: Vec<NameHit>,
}

/// The findings of the nicknames that were met lately; those met least go first.
pub(super) struct KnownNicknames(Cache<Box<str>, Arc<NicknameFindings>>);

impl Default for KnownNicknames {
    fn default() -> Self {
        Self(Cache::new(NICKNAMES_MAX))
    }
}

impl fmt::Debug for KnownNicknames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KnownNicknames")
            .field(&self.0.len())
            .finish()
    }
}

impl KnownNicknames {
    /// What stands in a nickname; it is looked for once.
    pub fn findings(
        &self,
        nickname: &str,
        look: impl FnOnce() -> NicknameFindings,
    ) -> Arc<NicknameFindings> {
        if let Some(known) = self.0.get(nickname) {
            return known;
        }
        let found = Arc::new(look());
        self.0.insert(nickname.into(), Arc::clone(&found));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Disguises, Span};

    #[test]
    fn a_name_is_looked_at_once() {
        let (known, mut looked) = (KnownNicknames::default(), 0);
        let mut findings = |nickname: &str| {
            known.findings(nickname, || {
                looked += 1;
                let span = Span { start: 0, end: 3 };
                let how = Disguises::default();
                let name = nickname.to_owned();
                NicknameFindings {
                    hits: Vec::new(),
                    names: vec![NameHit { name, span, how }],
                }
            })
        };
        let first = findings("管理員");
        assert_eq!(findings("管理員"), first);
        assert_ne!(
            findings("管理员"),
            first,
            "another spelling is another name"
        );
        assert_eq!(looked, 2);
    }
}
