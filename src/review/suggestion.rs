//! Suggestions for the board's words: what was removed again and again and is not listed, and where listed terms were
//! dismissed again and again.
//!
//! A suggestion holds no more of what members wrote than a few characters that several of them wrote alike.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    id::CommentId,
    lexicon::ListCode,
    record::{Comment, ReasonCode, Resolution, WordList},
    text::{Span, Surface},
};

/// So many comments of so many members must have it.
pub const COMMENTS_MIN: usize = 3;
/// The most suggestions of one kind.
const SUGGESTIONS_MAX: usize = 20;
/// The most comments that one suggestion names.
const EVIDENCE_MAX: usize = 20;
/// The lengths of what is suggested, in characters.
const GRAM_CHARS: std::ops::RangeInclusive<usize> = 2..=6;
/// How much of a text is looked at, in characters.
const TEXT_CHARS_MAX: usize = 200;
/// How many words of several members are looked at more closely, the most frequent.
const CANDIDATES_MAX: usize = 500;
/// How far an innocent phrase reaches beyond the hit, on each side.
const REACH_CHARS: usize = 3;
/// How much more frequent a term has to be in what was removed than in what stood.
const LIFT_MIN: f64 = 8.0;

/// A body and what became of it.
#[derive(Debug, Clone)]
pub struct RuledText {
    /// The comment.
    pub comment: CommentId,
    /// Whose it is; the comment's own id where that is not known.
    pub author: String,
    /// Its characters, in lower case.
    chars: Vec<char>,
    /// What the lists found.
    hits: Vec<Span>,
    /// Whether it was removed.
    pub is_removed: bool,
    /// Whether a person said so.
    is_ruled: bool,
    /// The list that the ruling's code belongs to.
    list: Option<WordList>,
}

/// A word that an admin may take or refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// Where it would stand.
    pub list: WordList,
    /// The term or the phrase.
    pub text: String,
    /// How many removed comments have it.
    pub removed: u32,
    /// How many comments that stood have it.
    pub stood: u32,
    /// Comments that speak for it.
    pub comments: Vec<CommentId>,
}

impl RuledText {
    /// The body of a comment, if it has one: as moderators ruled, or else as it stands.
    pub fn of(comment: &Comment) -> Option<Self> {
        let (newest, decision) = (&comment.newest, comment.decision());
        let effect = comment.effect.as_ref();
        let is_removed = match effect.map(|effect| effect.resolution) {
            Some(Resolution::Removed) => true,
            Some(Resolution::Approved | Resolution::TagsRemoved) => false,
            Some(Resolution::Withdrawn) => return None,
            None if decision.reasons.is_empty() => false,
            None => return None,
        };
        let in_body = decision
            .reasons
            .iter()
            .filter(|reason| reason.surface == Some(Surface::Body) && reason.term.is_some());
        let author = comment.member.as_ref().map(ToString::to_string);
        Some(Self {
            author: author.unwrap_or_else(|| comment.id.to_string()),
            comment: comment.id.clone(),
            chars: lowered(newest.body.as_deref()?),
            hits: in_body.filter_map(|reason| reason.span).collect(),
            is_removed,
            is_ruled: effect.is_some(),
            list: effect.and_then(|effect| effect.code).and_then(list_of),
        })
    }

    /// Whether it has these words.
    pub fn has(&self, words: &str) -> bool {
        let words: Vec<char> = words.chars().collect();
        self.chars.windows(words.len().max(1)).any(|at| at == words)
    }

    /// Each run of letters that no hit touches.
    fn unlisted_runs(&self) -> Vec<&[char]> {
        let is_hit = |at: usize| {
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            self.hits
                .iter()
                .any(|hit| (hit.start..hit.end).contains(&at))
        };
        let mut runs = Vec::new();
        let mut begin = 0;
        for (at, ch) in self.chars.iter().enumerate() {
            if !ch.is_alphanumeric() || is_hit(at) {
                runs.push(&self.chars[begin..at]);
                begin = at + 1;
            }
        }
        runs.push(&self.chars[begin..]);
        runs
    }

    /// What might be a term: parts of runs of Chinese, and whole words of other letters.
    fn terms(&self) -> BTreeSet<String> {
        let runs = self.unlisted_runs();
        let grams = runs.iter().flat_map(|run| {
            GRAM_CHARS
                .flat_map(|length| run.windows(length))
                .filter(|gram| {
                    let is_plain = gram.iter().any(char::is_ascii);
                    !is_plain || gram.len() == run.len()
                })
        });
        grams.map(|gram| gram.iter().collect()).collect()
    }

    /// What might be an innocent phrase: the hits with what stands around them.
    fn phrases(&self) -> BTreeSet<String> {
        let mut phrases = BTreeSet::new();
        for hit in &self.hits {
            let (start, end) = (hit.start as usize, hit.end as usize);
            let before = self.letters(self.chars.get(..start).unwrap_or(&[]).iter().rev());
            let after = self.letters(self.chars.get(end..).unwrap_or(&[]).iter());
            for (left, right) in
                (0..=before).flat_map(|left| (0..=after).map(move |right| (left, right)))
            {
                if left + right > 0
                    && let Some(phrase) = self.chars.get(start - left..end + right)
                {
                    phrases.insert(phrase.iter().collect());
                }
            }
        }
        phrases
    }

    fn letters<'c>(&self, chars: impl Iterator<Item = &'c char>) -> usize {
        let letters = chars.take(REACH_CHARS);
        letters.take_while(|ch| ch.is_alphanumeric()).count()
    }
}

/// The first characters in lower case, one for each, so that places stay.
fn lowered(text: &str) -> Vec<char> {
    let lower = |ch: char| ch.to_lowercase().next().unwrap_or(ch);
    text.chars().take(TEXT_CHARS_MAX).map(lower).collect()
}

fn list_of(code: ReasonCode) -> Option<WordList> {
    let mut codes = ListCode::ALL.into_iter();
    let code = codes.find(|list| ReasonCode::of_hit(*list, Surface::Body) == code);
    code.map(WordList::of_code)
}

/// What these texts suggest, the most frequent first.
pub fn suggestions(texts: &[RuledText]) -> Vec<Suggestion> {
    let (removed, stood): (Vec<&RuledText>, Vec<&RuledText>) =
        texts.iter().partition(|text| text.is_removed);
    let dismissed = stood.iter().copied().filter(|text| text.is_ruled);
    let terms = by_words(removed.iter().copied(), RuledText::terms);
    let terms = terms.into_iter().filter_map(|(term, having)| {
        let list = most_frequent(having.iter().filter_map(|text| text.list))?;
        let stood_with = stood.iter().filter(|text| text.has(&term)).count();
        let lift = rate(having.len(), removed.len()) / rate(stood_with, stood.len());
        (lift >= LIFT_MIN && stood_with * 10 <= having.len())
            .then(|| suggestion(list, term, &having, (having.len(), stood_with)))
    });
    let phrases = by_words(dismissed, RuledText::phrases);
    let phrases = phrases.into_iter().filter_map(|(phrase, having)| {
        let is_removed_too = removed.iter().any(|text| text.has(&phrase));
        (!is_removed_too)
            .then(|| suggestion(WordList::Exceptions, phrase, &having, (0, having.len())))
    });
    let (terms, phrases): (Vec<_>, Vec<_>) = (terms.collect(), phrases.collect());
    [longest(terms), longest(phrases)].concat()
}

/// Words with the texts that have them, where there are enough of enough members.
fn by_words<'t>(
    texts: impl Iterator<Item = &'t RuledText>,
    words: fn(&RuledText) -> BTreeSet<String>,
) -> Vec<(String, Vec<&'t RuledText>)> {
    let mut having: BTreeMap<String, Vec<&RuledText>> = BTreeMap::new();
    for text in texts {
        for word in words(text) {
            having.entry(word).or_default().push(text);
        }
    }
    having.retain(|_, texts| is_enough(texts.iter().map(|text| text.author.as_str())));
    let mut having: Vec<(String, Vec<&RuledText>)> = having.into_iter().collect();
    having.sort_by_key(|(_, texts)| std::cmp::Reverse(texts.len()));
    having.truncate(CANDIDATES_MAX);
    having
}

/// Whether comments of these authors are enough to speak for a suggestion.
pub fn is_enough<'a>(authors: impl Iterator<Item = &'a str>) -> bool {
    authors.collect::<BTreeSet<_>>().len() >= COMMENTS_MIN
}

fn suggestion(
    list: WordList,
    text: String,
    having: &[&RuledText],
    (removed, stood): (usize, usize),
) -> Suggestion {
    let count = |of: usize| u32::try_from(of).unwrap_or(u32::MAX);
    let comments = having.iter().take(EVIDENCE_MAX);
    Suggestion {
        list,
        text,
        removed: count(removed),
        stood: count(stood),
        comments: comments.map(|text| text.comment.clone()).collect(),
    }
}

/// A share that is never 0.
#[expect(clippy::cast_precision_loss, reason = "a few thousand")]
fn rate(part: usize, all: usize) -> f64 {
    (part as f64 + 0.5) / (all as f64 + 1.0)
}

fn most_frequent(lists: impl Iterator<Item = WordList>) -> Option<WordList> {
    let mut counts: BTreeMap<WordList, usize> = BTreeMap::new();
    for list in lists {
        *counts.entry(list).or_default() += 1;
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    most.map(|(list, _)| list)
}

/// Of those that are parts of each other and as frequent the longest; and of all the most frequent.
fn longest(mut all: Vec<Suggestion>) -> Vec<Suggestion> {
    let frequency = |of: &Suggestion| of.removed + of.stood;
    all.sort_by_key(|of| {
        (
            std::cmp::Reverse(frequency(of)),
            std::cmp::Reverse(of.text.chars().count()),
        )
    });
    let mut kept: Vec<Suggestion> = Vec::new();
    for of in all {
        let is_part = kept
            .iter()
            .any(|other| other.text.contains(&of.text) || of.text.contains(&other.text));
        if !is_part {
            kept.push(of);
        }
        if kept.len() == SUGGESTIONS_MAX {
            break;
        }
    }
    kept
}
