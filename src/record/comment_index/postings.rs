//! Packs the tokens of a segment's comments into parts, and looks tokens up in them.
//!
//! A part is its entries one after the other. An entry is the distance of its token to the one before (of the first: to the
//! part's first token, so 0), then the comments that have it, by their places within the segment:
//!
//! ```text
//! 2n, place, gap - 1, gap - 1, …   n comments, their distances to each other
//! 1, 256 bytes                     so many that a bit for each comment of the segment is shorter
//! ```
//!
//! Numbers are LEB128: seven bits a byte, the lowest first.

use super::{
    segment::{SEGMENT_SPAN, Segment, SegmentPart},
    token::Token,
};
use crate::{
    record::{Comment, RecordFault},
    time::Timestamp,
};

/// How many bytes a part has at most, so that its row is one value of any engine.
const PART_BYTES: usize = 3_800;
/// The bits of a place within a segment.
const PLACE_BITS: u32 = SEGMENT_SPAN.trailing_zeros();
const BITMAP_BYTES: usize = SEGMENT_SPAN as usize / 8;
const IS_BITMAP: u64 = 1;

/// A token and a place fit into one number, so that sorting numbers sorts both.
const _: () = assert!(SEGMENT_SPAN.is_power_of_two() && Token::BITS + PLACE_BITS <= u64::BITS);

type Read<T> = Result<T, RecordFault>;

/// Gathers the tokens of a segment's comments.
#[derive(Debug, Clone, Default)]
pub struct SegmentBuilder {
    /// Token and place of each.
    occurrences: Vec<u64>,
    times: Option<(Timestamp, Timestamp)>,
}

impl SegmentBuilder {
    /// Takes in a comment by its number.
    pub fn add(&mut self, number: u64, comment: &Comment) {
        let place = number % SEGMENT_SPAN;
        let begin = self.occurrences.len();
        Token::each_of(comment, |token| {
            self.occurrences.push((token.0 << PLACE_BITS) | place);
        });
        // One by one, so that a comment that says the same again and again takes no room.
        let mut own = self.occurrences.split_off(begin);
        own.sort_unstable();
        own.dedup();
        self.occurrences.extend(own);
        let at = comment.newest.at;
        let (from, to) = self.times.unwrap_or((at, at));
        self.times = Some((from.min(at), to.max(at)));
    }

    /// The header of the segment as it is once all its parts are there, and the parts.
    pub fn finish(mut self, begun: Segment) -> (Segment, Vec<SegmentPart>) {
        self.occurrences.sort_unstable();
        let mut parts = Parts::default();
        let token = |occurrence: &u64| occurrence >> PLACE_BITS;
        for same in self
            .occurrences
            .chunk_by(|one, next| token(one) == token(next))
        {
            let places: Vec<u64> = same.iter().map(|one| one % SEGMENT_SPAN).collect();
            parts.push(token(&same[0]), &places);
        }
        let (from, to) = self.times.unwrap_or_default();
        let part = |(nth, bytes)| SegmentPart {
            segment: begun.number,
            nth,
            build: begun.build,
            bytes,
        };
        let bytes = (0..).zip(parts.bytes).map(part).collect();
        let built = Segment {
            is_built: true,
            from,
            to,
            parts: parts.firsts,
            row_version: begun.row_version + 1,
            ..begun
        };
        (built, bytes)
    }
}

/// Parts in the making.
#[derive(Default)]
struct Parts {
    /// The first token of each.
    firsts: Vec<u64>,
    bytes: Vec<Vec<u8>>,
    last: u64,
}

impl Parts {
    fn push(&mut self, token: u64, places: &[u64]) {
        let postings = packed(places);
        let mut distance = Vec::new();
        write_number(&mut distance, token - self.last);
        match self.bytes.last_mut() {
            Some(part) if part.len() + distance.len() + postings.len() <= PART_BYTES => {
                part.extend(distance);
                part.extend(postings);
            }
            _ => {
                let mut part = vec![0];
                part.extend(postings);
                self.firsts.push(token);
                self.bytes.push(part);
            }
        }
        self.last = token;
    }
}

/// The postings of a token.
fn packed(places: &[u64]) -> Vec<u8> {
    let mut list = Vec::new();
    write_number(&mut list, (places.len() as u64) << 1);
    let mut next = 0;
    for place in places {
        write_number(&mut list, place - next);
        next = place + 1;
    }
    if list.len() <= BITMAP_BYTES {
        return list;
    }
    let mut bits = vec![0; BITMAP_BYTES];
    for place in places {
        if let Some(byte) = usize::try_from(place / 8)
            .ok()
            .and_then(|at| bits.get_mut(at))
        {
            *byte |= 1 << (place % 8);
        }
    }
    let mut bitmap = Vec::new();
    write_number(&mut bitmap, IS_BITMAP);
    bitmap.extend(bits);
    bitmap
}

fn write_number(to: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        to.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

impl Segment {
    /// The numbers of the comments that have a token, in order; `part` is the one that it would be in.
    ///
    /// # Errors
    /// If the part is of another build of the segment, or is damaged.
    pub fn comments_with(&self, token: Token, part: &SegmentPart) -> Read<Vec<u64>> {
        let first = usize::try_from(part.nth)
            .ok()
            .and_then(|nth| self.parts.get(nth));
        let first = first.filter(|_| part.segment == self.number && part.build == self.build);
        let first = first.ok_or_else(|| RecordFault::new("a part of another segment"))?;
        let (mut rest, mut at) = (part.bytes.as_slice(), *first);
        while !rest.is_empty() {
            at = at.saturating_add(read_number(&mut rest)?);
            match at.cmp(&token.0) {
                std::cmp::Ordering::Less => skip_places(&mut rest)?,
                std::cmp::Ordering::Equal => {
                    let places = read_places(&mut rest)?.into_iter();
                    let number = |place| Self::first_of(self.number) + place;
                    return Ok(places.map(number).collect());
                }
                std::cmp::Ordering::Greater => break,
            }
        }
        Ok(Vec::new())
    }
}

fn cut() -> RecordFault {
    RecordFault::new("a part of the index is cut")
}

fn read_number(rest: &mut &[u8]) -> Read<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let (byte, behind) = rest.split_first().ok_or_else(cut)?;
        *rest = behind;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(RecordFault::new("a number of the index is too long"))
}

fn skip_places(rest: &mut &[u8]) -> Read<()> {
    let head = read_number(rest)?;
    if head == IS_BITMAP {
        *rest = rest.get(BITMAP_BYTES..).ok_or_else(cut)?;
        return Ok(());
    }
    (0..head >> 1).try_for_each(|_| read_number(rest).map(drop))
}

fn read_places(rest: &mut &[u8]) -> Read<Vec<u64>> {
    let head = read_number(rest)?;
    if head == IS_BITMAP {
        let bits = rest.get(..BITMAP_BYTES).ok_or_else(cut)?;
        let is_set = |place: &u64| {
            let byte = usize::try_from(place / 8).ok().and_then(|at| bits.get(at));
            byte.is_some_and(|byte| byte >> (place % 8) & 1 == 1)
        };
        return Ok((0..SEGMENT_SPAN).filter(is_set).collect());
    }
    let mut next = 0;
    let mut places = Vec::new();
    for _ in 0..head >> 1 {
        let place = read_number(rest)?.saturating_add(next);
        if place >= SEGMENT_SPAN {
            return Err(RecordFault::new("a comment beyond its segment"));
        }
        places.push(place);
        next = place + 1;
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::record::stored::{StoredRecord as _, tests::check_that_a_field_can_be_added};

    fn built(postings: &BTreeMap<u64, Vec<u64>>) -> (Segment, Vec<SegmentPart>) {
        let occurrences = postings
            .iter()
            .flat_map(|(token, places)| places.iter().map(move |at| token << PLACE_BITS | at));
        let builder = SegmentBuilder {
            occurrences: occurrences.rev().collect(),
            times: None,
        };
        builder.finish(Segment::begun(3, 77, 0))
    }

    fn found(segment: &Segment, parts: &[SegmentPart], token: u64) -> Vec<u64> {
        let Some(nth) = segment.part_of(Token(token)) else {
            return Vec::new();
        };
        let part = &parts[nth as usize];
        let part = SegmentPart::from_row(&part.clone().to_row()).unwrap();
        segment.comments_with(Token(token), &part).unwrap()
    }

    proptest! {
        #[test]
        fn what_is_packed_is_found_and_nothing_else(
            sparse in proptest::collection::btree_map(0_u64..1 << Token::BITS, proptest::collection::btree_set(0..SEGMENT_SPAN, 1..9), 0..900),
            dense in proptest::collection::btree_map(0_u64..5_000, proptest::collection::btree_set(0..SEGMENT_SPAN, 200..400), 0..9),
        ) {
            let mut postings: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
            for (token, places) in sparse.into_iter().chain(dense) {
                postings.insert(token, places.into_iter().collect());
            }
            let (segment, parts) = built(&postings);
            prop_assert!(parts.iter().all(|part| part.bytes.len() <= PART_BYTES));
            let first = Segment::first_of(segment.number);
            for (token, places) in &postings {
                let numbers: Vec<u64> = places.iter().map(|place| first + place).collect();
                prop_assert_eq!(found(&segment, &parts, *token), numbers);
                if !postings.contains_key(&(token + 1)) {
                    prop_assert_eq!(found(&segment, &parts, token + 1), Vec::<u64>::new());
                }
            }
        }

        /// Whatever the bytes, it is an answer or a fault.
        #[test]
        fn bytes_of_any_kind_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..400), token in 0_u64..1 << 20) {
            let segment = Segment { parts: vec![0], ..Segment::begun(0, 1, 0) };
            let part = SegmentPart { segment: 0, nth: 0, build: 1, bytes };
            let _ = segment.comments_with(Token(token), &part);
        }
    }

    #[test]
    fn a_field_can_be_added_to_its_rows() {
        let (segment, parts) = built(&BTreeMap::from([(5, vec![1, 2]), (9, vec![0])]));
        check_that_a_field_can_be_added(&segment);
        check_that_a_field_can_be_added(&parts[0]);
    }

    #[test]
    fn a_part_of_another_build_is_refused() {
        let (segment, parts) = built(&BTreeMap::from([(5, vec![1, 2])]));
        let other = SegmentPart {
            build: 78,
            ..parts[0].clone()
        };
        assert!(segment.comments_with(Token(5), &other).is_err());
        let cut = SegmentPart {
            bytes: parts[0].bytes[..2].to_vec(),
            ..parts[0].clone()
        };
        assert!(segment.comments_with(Token(5), &cut).is_err());
    }
}
