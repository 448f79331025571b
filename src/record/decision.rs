//! What the filter decided about one revision of a comment, and why.

use std::fmt;

use serde::{Serialize, Serializer};

use super::code::{ReasonCode, Verdict};
use crate::{
    text::{Disguises, Span, Surface},
    topic::Evidence,
};

/// Which rulebook decided: a counter of this data folder and the beginning of the content's SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct RulebookVersion {
    /// Grows with each rulebook that this data folder used.
    pub counter: u32,
    /// First bytes of the SHA-256 over all files.
    pub hash: [u8; 8],
}

impl fmt::Display for RulebookVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "r-{}-{}",
            self.counter,
            data_encoding::HEXLOWER.encode(&self.hash)
        )
    }
}

/// Which model scored: a counter of this data folder, 0 for the weights that came with the rulebook, and the beginning of the
/// SHA-256 of its weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ModelVersion {
    /// Grows with each model that was learned in this data folder.
    pub counter: u32,
    /// First bytes of the SHA-256 over the weights.
    pub hash: [u8; 8],
}

impl fmt::Display for ModelVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "m-{}-{}",
            self.counter,
            data_encoding::HEXLOWER.encode(&self.hash)
        )
    }
}

/// How bad a comment looks, 0 to 1 in steps of a thousandth. It orders the queue, and flags by itself from the threshold on that
/// `rules.toml` or the model sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Score(u16);

impl Score {
    /// A score of `permille` thousandths, at most 1,000.
    pub const fn from_permille(permille: u16) -> Self {
        Self(if permille > 1_000 { 1_000 } else { permille })
    }

    /// A decimal of 0 to 1, as it is written in an address; `None` for anything else.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to 1,000"
    )]
    pub fn parse(raw: &str) -> Option<Self> {
        let share: f64 = raw.parse().ok()?;
        (0.0..=1.0)
            .contains(&share)
            .then(|| Self((share * 1_000.0).round() as u16))
    }

    /// Thousandths.
    pub const fn permille(self) -> u16 {
        self.0
    }

    /// 0 to 1.
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 1_000.0
    }
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(self.as_f64())
    }
}

/// A place in one of the member's own texts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct TextLocation {
    pub surface: Surface,
    /// The tag, where the surface is `tags`.
    pub tag: Option<String>,
    /// Code points of the text as written.
    pub span: Span,
}

/// Why something was noted, flagged or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The code; the posted rule follows from it.
    pub code: ReasonCode,
    /// `None` for what a member did, not wrote.
    pub surface: Option<Surface>,
    /// The tag, where the surface is `tags`.
    pub tag: Option<String>,
    /// The listed term.
    pub term: Option<String>,
    /// The member's own words, as found.
    pub matched: Option<String>,
    /// The span of `matched`, in code points of the text as written.
    pub span: Option<Span>,
    /// 1 to 4, 4 the gravest.
    pub severity: u8,
    /// The disguises that were undone to find it.
    pub how: Disguises,
    /// A disguise was inferred, not listed: no such reason removes by itself.
    pub guessed: bool,
    /// The earlier part of a hit across fields.
    pub other: Option<TextLocation>,
    /// The verdict that this reason brings to its surface by itself.
    pub verdict: Verdict,
}

impl Reason {
    /// The listed term and what is written of it, where that was guessed; a hit across fields has no one form.
    pub fn form(&self) -> Option<(&str, &str)> {
        let is_whole = self.guessed && self.other.is_none();
        let parts = self.term.as_deref().zip(self.matched.as_deref());
        parts.filter(|_| is_whole)
    }

    /// Whether the learned score alone gave it. In a nickname it has the code of abuse there, and no term.
    pub fn is_of_score(&self) -> bool {
        let is_nameless = self.code == ReasonCode::NicknameAbuse && self.term.is_none();
        self.code.is_likely() || is_nameless
    }
}

/// What was decided about one tag.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct TagDecision {
    /// The tag as written.
    pub tag: String,
    pub verdict: Verdict,
    /// How it belongs to the article.
    pub evidence: Evidence,
    /// The words of the article that say so.
    pub evidence_term: Option<String>,
    /// Nothing speaks against the tag but that no evidence ties it to the article.
    pub off_topic: bool,
}

/// The filter's decision about one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The harshest of body, nickname and `unattached`.
    pub verdict: Verdict,
    /// What `verdict` would be if codes that only observe counted; `None` if that changes nothing.
    pub would_be: Option<Verdict>,
    /// `None` where there is no body.
    pub body: Option<Verdict>,
    /// `None` where there is no nickname.
    pub nickname: Option<Verdict>,
    /// The verdict for what the member did: reasons without a surface.
    pub unattached: Verdict,
    /// One for each tag, in the order given.
    pub tags: Vec<TagDecision>,
    /// At most [`REASONS_MAX`], the most telling first.
    pub reasons: Vec<Reason>,
    /// Listed terms of severity 0 that were found: they are counted and decide nothing.
    pub shadow: Vec<String>,
    /// Orders the queue.
    pub score: Score,
    /// Which rulebook decided.
    pub rulebook: RulebookVersion,
    /// Which model scored; `None` where none did.
    pub model: Option<ModelVersion>,
    /// The part of the score that its texts brought, where what the member did counts, too.
    pub text_score: Option<Score>,
}

/// The most reasons that a decision names.
pub const REASONS_MAX: usize = 50;

/// The most places of one term among them.
pub const PLACES_PER_TERM_MAX: usize = 3;

impl Decision {
    /// Whether nothing at all was flagged or removed.
    pub fn is_plain_allow(&self) -> bool {
        self.verdict == Verdict::Allow && self.tags.iter().all(|tag| tag.verdict == Verdict::Allow)
    }

    /// Whether any of its reasons has this code.
    pub fn gives(&self, code: ReasonCode) -> bool {
        self.reasons.iter().any(|reason| reason.code == code)
    }

    /// Whether this says more against any surface than `other` does about the same text.
    pub fn is_harsher_than(&self, other: &Self) -> bool {
        let tags = self.tags.iter().zip(&other.tags);
        self.body > other.body
            || self.nickname > other.nickname
            || tags
                .into_iter()
                .any(|(ours, theirs)| ours.verdict > theirs.verdict)
    }

    /// The gravest reason of those that `wanted` picks.
    pub fn gravest(&self, wanted: impl Fn(&Reason) -> bool) -> Option<&Reason> {
        self.reasons
            .iter()
            .filter(|reason| wanted(reason))
            .max_by_key(|reason| (reason.verdict, reason.severity))
    }

    /// Whether a reason is one for which people look at the comment itself: in its body, without a place, or in a tag
    /// that is flagged for its words. A nickname and a tag off topic have cases of their own; a tag that the filter
    /// removed needs no person.
    pub fn is_of_comment(&self, reason: &Reason) -> bool {
        match reason.surface {
            Some(Surface::Body) | None => true,
            Some(Surface::Nickname) => false,
            Some(Surface::Tags) => self.tags.iter().any(|tag| {
                Some(&tag.tag) == reason.tag.as_ref()
                    && tag.verdict == Verdict::Flag
                    && !tag.off_topic
            }),
        }
    }

    /// The reasons for which people look at the comment itself.
    pub fn deciding_reasons(&self) -> impl Iterator<Item = &Reason> {
        self.reasons
            .iter()
            .filter(|reason| reason.verdict > Verdict::Allow && self.is_of_comment(reason))
    }

    /// The listed terms among them.
    pub fn deciding_terms(&self) -> impl Iterator<Item = &str> {
        self.deciding_reasons()
            .filter_map(|reason| reason.term.as_deref())
    }

    /// Whether the learned score is among them.
    pub fn rests_on_score(&self) -> bool {
        self.deciding_reasons().any(Reason::is_of_score)
    }
}
