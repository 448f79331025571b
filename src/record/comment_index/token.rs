//! What a comment is found by.

use sha2::{Digest as _, Sha256};

use crate::{
    record::{Comment, Decision, ReasonCode, Verdict},
    text::fold::{fingerprint, folded},
};

/// Moves when tokens come to mean something else.
const FORMAT: u8 = 1;
/// How many pairs of one text are looked up at most; the comment itself is compared with all of it.
const PAIRS_MAX: usize = 6;
/// The bits of a Unicode scalar value.
const CHAR_BITS: u32 = 21;
/// Set in the tokens of facts.
const FACT: u64 = 1 << (2 * CHAR_BITS);

/// A pair of folded characters that follow each other, or a fact. Facts are hashed: two may share a token, which costs a look at
/// a comment in vain.
///
/// The text `你好嗎` has the pairs 你好 and 好嗎.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub(super) u64);

impl Token {
    /// The most bits that a token has.
    pub(super) const BITS: u32 = 2 * CHAR_BITS + 1;

    /// Which tokens there are: first bytes of a SHA-256 that moves with the fold.
    pub fn version() -> [u8; 8] {
        let mut hash = Sha256::new();
        hash.update([FORMAT]);
        hash.update(fingerprint());
        first_of(&hash.finalize())
    }

    /// The pairs of a folded text by which it is looked up: all of a short one, some of a long one.
    pub fn of_query(folded: &str) -> Vec<Self> {
        let pairs: Vec<Self> = pairs(folded).collect();
        let step = pairs.len().div_ceil(PAIRS_MAX).max(1);
        let mut chosen: Vec<Self> = pairs.into_iter().step_by(step).collect();
        chosen.sort_unstable();
        chosen.dedup();
        chosen
    }

    /// A reason has this code.
    pub fn code(code: ReasonCode) -> Self {
        Self::fact("code", code.name())
    }

    /// A reason names this term.
    pub fn term(term: &str) -> Self {
        Self::fact("term", term)
    }

    /// A reason is a guess, or is none.
    pub fn guessed(is_guessed: bool) -> Self {
        Self::fact("guessed", if is_guessed { "yes" } else { "no" })
    }

    /// The filter's verdict, whatever rulings say.
    pub fn verdict(verdict: Verdict) -> Self {
        Self::fact("verdict", verdict.name())
    }

    /// The rulebook that decided.
    pub fn rulebook(version: &str) -> Self {
        Self::fact("rulebook", version)
    }

    /// The article.
    pub fn article(id: &str) -> Self {
        Self::fact("article", id)
    }

    fn fact(kind: &str, value: &str) -> Self {
        let digest = Sha256::digest(format!("{kind}:{value}"));
        let hash = u64::from_be_bytes(first_of(&digest));
        Self(FACT | (hash >> (u64::BITS - 2 * CHAR_BITS)))
    }

    /// All tokens of a comment, some of them more than once.
    pub(super) fn each_of(comment: &Comment, mut take: impl FnMut(Self)) {
        let (newest, decision) = (&comment.newest, comment.decision());
        let texts = [&newest.body, &newest.nickname].into_iter().flatten();
        for text in texts.chain(&newest.tags) {
            pairs(&folded(text)).for_each(&mut take);
        }
        for reason in &decision.reasons {
            take(Self::code(reason.code));
            take(Self::guessed(reason.guessed));
            reason.term.iter().for_each(|term| take(Self::term(term)));
        }
        take(Self::verdict(filter_verdict(decision)));
        take(Self::rulebook(&decision.rulebook.to_string()));
        if let Some(article) = &comment.article {
            take(Self::article(article.as_str()));
        }
    }
}

/// The filter's verdict on a comment, its tags apart.
fn filter_verdict(decision: &Decision) -> Verdict {
    let of_surfaces = [decision.body, decision.nickname].into_iter().flatten();
    of_surfaces.fold(decision.unattached, Verdict::max)
}

fn pairs(folded: &str) -> impl Iterator<Item = Token> {
    let next = folded.chars().skip(1);
    let pair = |(first, second)| Token((u64::from(first) << CHAR_BITS) | u64::from(second));
    folded
        .chars()
        .map(u32::from)
        .zip(next.map(u32::from))
        .map(pair)
}

fn first_of(digest: &[u8]) -> [u8; 8] {
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    first
}
