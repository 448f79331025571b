//! What was found in nicknames, kept: a member writes many comments under one name.
//!
//! What is found in a name depends on the name, the lists and the forms that moderators upheld. So it is kept beside the lists,
//! in their rulebook, and goes with them; and it counts only where the same forms are upheld.

use std::{fmt, sync::Arc};

use quick_cache::sync::Cache;

use crate::{
    lexicon::{Hit, UpheldForms},
    member::nickname::NameHit,
};

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
pub(super) struct KnownNicknames(Cache<Box<str>, Known>);

/// The findings of a nickname, and the forms that were upheld when it was looked at.
type Known = (Arc<UpheldForms>, Arc<NicknameFindings>);

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
    /// What stands in a nickname while these forms are upheld; it is looked for once.
    pub fn findings(
        &self,
        nickname: &str,
        upheld: &Arc<UpheldForms>,
        look: impl FnOnce() -> NicknameFindings,
    ) -> Arc<NicknameFindings> {
        if let Some((known_upheld, known)) = self.0.get(nickname)
            && (Arc::ptr_eq(&known_upheld, upheld) || known_upheld == *upheld)
        {
            return known;
        }
        let found = Arc::new(look());
        let known = (Arc::clone(upheld), Arc::clone(&found));
        self.0.insert(nickname.into(), known);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        lexicon::FormKey,
        text::{Disguises, Span},
    };

    #[test]
    fn a_name_is_looked_at_once() {
        let (known, mut looked) = (KnownNicknames::default(), 0);
        let none = Arc::new(UpheldForms::default());
        let some = Arc::new(none.with([(FormKey([0; 16]), true)]));
        let mut findings = |nickname: &str, upheld| {
            known.findings(nickname, upheld, || {
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
        let first = findings("管理員", &none);
        assert_eq!(findings("管理員", &none), first);
        assert_ne!(
            findings("管理员", &none),
            first,
            "another spelling is another name"
        );
        findings("管理員", &some);
        findings("管理員", &some);
        assert_eq!(looked, 3, "other forms may stand in it by now");
    }
}
