//! Whether a hit is quoted or reported.
//!
//! That takes structure: two different pieces of it, one of which touches the hit. The pieces are quotation marks; a
//! speaker with a verb of saying; a verb of saying with its object (被罵, 罵我); a punishment; talk about the word (一詞,
//! 字眼); what bears a title (社團). A word is one piece at most, so that one more word never makes a quotation: 記者 behind
//! an insult is nothing. And whoever says 你 to somebody outside of the marks quotes nobody.

use std::ops::Range;

use super::{
    clause::{Clause, Words},
    company_notes::{Signs, Word, closes, opens},
    word_classes::{Class, Classes},
};

/// How far the sentence is read around a hit, and how far marks may be from it, in visible characters.
const SENTENCE_CHARS_MAX: usize = 40;
const MARKS_CHARS_MAX: usize = 24;
/// How far before a verb its speaker may be, and a verb from what it quotes, in letters.
const SPEAKER_REACH: usize = 8;
const VERB_REACH: usize = 4;
/// The same if the object stands between: 罵[人家是]「…」.
const OBJECT_REACH: usize = 6;
/// How far talk about a word may be from it; with quotation marks, talk about it and what bears a title.
const TALK_REACH: usize = 2;
const TALK_REACH_MARKED: usize = 10;
const TITLE_REACH: usize = 5;
/// How far a verb of saying without a speaker may be from the quotation marks.
const SAYS_REACH: usize = 1;

/// A piece of structure, as a bit.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Piece {
    Marks = 1,
    Speaker = 2,
    Passive = 4,
    WordTalk = 8,
    Title = 16,
    Punish = 32,
    Story = 64,
}

/// The pieces that touch a hit.
const TOUCHING: u8 = Piece::Marks as u8
    | Piece::Speaker as u8
    | Piece::Passive as u8
    | Piece::WordTalk as u8
    | Piece::Title as u8;

/// Words that may be a piece.
const PIECES: Classes = Classes::of(&[
    Class::Say,
    Class::Passive,
    Class::WordTalk,
    Class::Title,
    Class::Punish,
    Class::Fiction,
]);

/// Whether the hit is quoted or reported: 女子罵「哭爸」被罰, 臉書社團「靠北老師」, 被罵白痴而提告.
pub(super) fn is_quoted(clause: &Clause<'_>) -> bool {
    Sentence::around(clause).is_quoted()
}

/// Whom a verb of saying may have as its object.
const OBJECTS: Classes = Classes::of(&[Class::Speaker, Class::Own]);
const TOLD: Classes = Classes::of(&[
    Class::Speaker,
    Class::Own,
    Class::Office,
    Class::Group,
    Class::Person,
    Class::Figure,
    Class::You,
]);

/// The sentence around a hit, or as much of it as counts.
pub(super) struct Sentence<'c, 't> {
    pub(super) clause: &'c Clause<'t>,
    before: Words<'t>,
    behind: Words<'t>,
    marks: Option<Range<usize>>,
    /// What is quoted: the marks and those that follow each other with them, or else the hit.
    quote: Range<usize>,
}

impl<'c, 't> Sentence<'c, 't> {
    pub(super) fn around(clause: &'c Clause<'t>) -> Self {
        let hit = &clause.hit;
        let first = hit.start.saturating_sub(SENTENCE_CHARS_MAX);
        let last = (hit.end + SENTENCE_CHARS_MAX).min(clause.chars.len());
        let notes = clause.notes;
        let start = notes.last_sign(first..hit.start, Signs::SENTENCE_BEFORE);
        let end = notes.first_sign(hit.end..last, Signs::SENTENCE_BEHIND);
        let start = start.map_or(first, |at| at + 1);
        let end = end.unwrap_or(last);
        let before = clause.words(start..hit.start);
        let marks = marks_around(clause).filter(|marks| is_filled(clause, marks, &before));
        let quote = marks
            .clone()
            .map_or(hit.clone(), |marks| chain(clause, marks, start..end));
        Self {
            behind: clause.words(hit.end..end),
            before,
            clause,
            marks,
            quote,
        }
    }

    /// See [`is_quoted`].
    pub(super) fn is_quoted(&self) -> bool {
        let pieces = self.pieces();
        pieces.count_ones() >= 2 && pieces & TOUCHING != 0 && !self.speaks_to_somebody()
    }

    /// Whether a verb of saying with its speaker or its object stands directly before the hit: 被罵白痴. That alone is no
    /// quotation, but nobody is meant by it.
    pub(super) fn is_reported(&self) -> bool {
        let clause = self.clause;
        let touches = |word: &&Word| {
            word.start >= clause.bounds.start && clause.gap(word.end, clause.hit.start) == 0
        };
        let mut says = self.before.of(Class::Say).filter(touches);
        self.before.of(Class::Passive).any(|word| touches(&word))
            || says.any(|word| self.has_speaker(word))
    }

    fn pieces(&self) -> u8 {
        let marks = self.marks.as_ref().map_or(0, |_| Piece::Marks as u8);
        let words = self.before.of_any(PIECES).chain(self.behind.of_any(PIECES));
        words
            .filter_map(|word| self.piece(word))
            .fold(marks, |pieces, piece| pieces | piece as u8)
    }

    /// The piece that a word is, if any.
    fn piece(&self, word: &Word) -> Option<Piece> {
        let (quote, of) = (&self.quote, |class| word.classes.has(class));
        let (distance, is_before) = if word.end <= quote.start {
            (self.clause.gap(word.end, quote.start), true)
        } else if word.start >= quote.end {
            (self.clause.gap(quote.end, word.start), false)
        } else {
            return None;
        };
        let talk_reach = if self.marks.is_some() {
            TALK_REACH_MARKED
        } else {
            TALK_REACH
        };
        if of(Class::Say) && is_before && self.is_said(word, distance) {
            Some(Piece::Speaker)
        } else if of(Class::Passive) && distance <= VERB_REACH {
            Some(Piece::Passive)
        } else if of(Class::WordTalk) && distance <= talk_reach {
            Some(Piece::WordTalk)
        } else if of(Class::Title) && self.marks.is_some() && distance <= TITLE_REACH {
            Some(Piece::Title)
        } else if of(Class::Punish) {
            Some(Piece::Punish)
        } else if of(Class::Fiction) {
            Some(Piece::Story)
        } else {
            None
        }
    }

    /// Whether this verb, so far before the quotation, has a speaker or an object: [網友]罵「…」, 說[人家]是「…」.
    fn is_said(&self, verb: &Word, distance: usize) -> bool {
        // with marks it is told of whoever it is said to: 罵編輯「…」, 罵你「…」
        let object = if self.marks.is_some() { TOLD } else { OBJECTS };
        let has_object = || {
            let mut objects = self.before.of_any(object);
            objects.any(|word| word.start >= verb.end && word.end <= self.quote.start)
        };
        (self.marks.is_some() && distance <= SAYS_REACH)
            || (distance <= VERB_REACH && self.has_speaker(verb))
            || (distance <= OBJECT_REACH && has_object())
    }

    fn has_speaker(&self, verb: &Word) -> bool {
        self.before.of(Class::Speaker).any(|word| {
            word.end <= verb.start && self.clause.gap(word.end, verb.start) <= SPEAKER_REACH
        })
    }

    /// Whether somebody is spoken to in the clause, outside of the marks: [你]這個「白痴」. Who is only told of is not:
    /// 你罵他「白痴」, 老公罵你「白痴」.
    fn speaks_to_somebody(&self) -> bool {
        let clause = self.clause;
        let spoken_to = Classes::of(&[Class::You, Class::Vocative]);
        let inside = |word: &Word| {
            self.marks
                .as_ref()
                .is_some_and(|marks| marks.contains(&word.start))
        };
        let told = |word: &Word| (self.marks.is_some() && self.says(word)) || self.is_told(word);
        let before = clause.before.of_any(spoken_to);
        let mut words = before.chain(clause.behind.of_any(spoken_to));
        words.any(|word| !inside(word) && !told(word))
    }

    /// Whether a verb of saying follows this word.
    fn says(&self, word: &Word) -> bool {
        let verbs = Classes::of(&[Class::Say, Class::Passive]);
        self.before.of_any(verbs).any(|verb| {
            verb.start >= word.end && self.clause.gap(word.end, verb.start) <= TALK_REACH
        })
    }

    /// Whether a verb of saying with its speaker stands before this word.
    fn is_told(&self, word: &Word) -> bool {
        self.before
            .of(Class::Say)
            .any(|verb| verb.end == word.start && (self.marks.is_some() || self.has_speaker(verb)))
    }
}

/// The nearest quotation marks, if one opens before the hit and one closes behind it.
fn marks_around(clause: &Clause<'_>) -> Option<Range<usize>> {
    let hit = &clause.hit;
    let char = |at: usize| clause.chars.get(at).map_or(' ', |shown| shown.ch);
    let before = hit.start.saturating_sub(MARKS_CHARS_MAX)..hit.start;
    let behind = hit.end..(hit.end + MARKS_CHARS_MAX).min(clause.chars.len());
    let open = clause.notes.last_sign(before, Signs::MARK)?;
    let close = clause.notes.first_sign(behind, Signs::MARK)?;
    (opens(char(open)) && closes(char(close))).then_some(open..close + 1)
}

/// Whether the hit is a good part of what is in these marks, or words that introduce a quotation stand before them: a
/// long quotation that merely holds the hit needs them.
fn is_filled(clause: &Clause<'_>, marks: &Range<usize>, before: &Words<'_>) -> bool {
    const INTRODUCES: Classes = Classes::of(&[
        Class::Say,
        Class::Passive,
        Class::WordTalk,
        Class::Title,
        Class::Fiction,
    ]);
    let introduced = || {
        before.of_any(INTRODUCES).any(|word| {
            word.end <= marks.start && clause.gap(word.end, marks.start) <= OBJECT_REACH
        })
    };
    let letters = |range: &Range<usize>| clause.letters(range.start, range.end);
    letters(&clause.hit) * 3 >= letters(marks) || introduced()
}

/// These marks with those next to them: what is said of 「白痴」、「智障」 is said of both.
fn chain(clause: &Clause<'_>, marks: Range<usize>, within: Range<usize>) -> Range<usize> {
    let char = |at: usize| clause.chars.get(at).map_or(' ', |shown| shown.ch);
    let joins = |ch: char| matches!(ch, '、' | '和' | '與' | '跟' | '或' | '及');
    let (mut start, mut end) = (marks.start, marks.end);
    while start > within.start {
        let before = if joins(char(start - 1)) {
            start.saturating_sub(2)
        } else {
            start - 1
        };
        let Some(open) = (within.start..before).rev().find(|at| opens(char(*at))) else {
            break;
        };
        if !closes(char(before)) {
            break;
        }
        start = open;
    }
    while end < within.end {
        let behind = if joins(char(end)) { end + 1 } else { end };
        let Some(close) = (behind + 1..within.end).find(|at| closes(char(*at))) else {
            break;
        };
        if !opens(char(behind)) {
            break;
        }
        end = close + 1;
    }
    start..end
}
