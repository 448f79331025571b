//! Telephone numbers of Taiwan (the numbering plan of the 國家通訊傳播委員會): mobiles are 09 and eight digits; a landline
//! number is an area code and a number whose length depends on the area.
//!
//! Public service numbers (0800, 0809, 1999, 110) have other lengths and are never matched.

use super::{
    digits::{DIGITS_MAX, GROUPS_MAX, NumberCandidate},
    kind::{PatternKind, RawHit},
};

const MOBILE_SHAPES: &[&[usize]] = &[
    &[4, 6],
    &[4, 3, 3],
    &[4, 2, 2, 2],
    &[2, 8],
    &[3, 7],
    &[3, 3, 4],
    &[2, 4, 4],
];
const COUNTRY: [u8; 3] = [8, 8, 6];
/// The international prefix before the country code: none, 00, 002.
const DIALLED: [&[u8]; 3] = [&[], &[0, 0], &[0, 0, 2]];
const MOBILE_DIGITS: usize = 10;
const VOIP_DIGITS: usize = 11;

/// A phone number, if it is one.
pub(super) fn recognise(number: &NumberCandidate<'_>) -> Option<RawHit> {
    abroad(number).or_else(|| at_home(number))
}

fn at_home(number: &NumberCandidate<'_>) -> Option<RawHit> {
    let digits = number.digits();
    if is_mobile(digits) {
        let usual = number.is_usual(MOBILE_SHAPES);
        let innocent = number.is_climbing_pairs() || number.has_year();
        let found = !innocent && (usual || number.is_pulled_apart());
        return found.then(|| seen(PatternKind::Mobile, number, usual));
    }
    let area = area_digits(digits)?;
    let usual = number.stands_free() && is_landline_shape(number, area);
    let apart = || number.is_pulled_apart() && number.shape().all(|len| len == 1);
    (usual || apart()).then(|| seen(PatternKind::Landline, number, usual))
}

/// A number with the country code, and with or without the zero of the area code: +886 912…, +886 (0)912….
fn abroad(number: &NumberCandidate<'_>) -> Option<RawHit> {
    let digits = number.digits();
    let rest = DIALLED.iter().find_map(|dialled| {
        digits
            .strip_prefix(*dialled)
            .and_then(|rest| rest.strip_prefix(&COUNTRY))
    })?;
    let rest = rest.strip_prefix(&[0]).unwrap_or(rest);
    let mut local = [0; DIGITS_MAX + 1];
    local.get_mut(1..=rest.len())?.copy_from_slice(rest);
    let local = local.get(..=rest.len())?;
    let kind = if is_mobile(local) {
        PatternKind::Mobile
    } else {
        area_digits(local).map(|_| PatternKind::Landline)?
    };
    let prefix = digits.len() - rest.len();
    let mut at = 0;
    let parted = number.shape().any(|len| {
        at += len;
        at == prefix
    });
    // 886912345678 in one piece is a mobile; a landline needs a plus or a gap, or it may be any code
    let is_distinct = number.plus || parted || kind == PatternKind::Mobile;
    let usual = number.shape().count() <= GROUPS_MAX && number.stands_free();
    let apart = || number.is_pulled_apart();
    (is_distinct && number.is_joined() && (usual || apart())).then(|| seen(kind, number, usual))
}

fn seen(kind: PatternKind, number: &NumberCandidate<'_>, usual: bool) -> RawHit {
    RawHit::new(kind, number.signs(), number.how(usual))
}

fn is_mobile(digits: &[u8]) -> bool {
    digits.len() == MOBILE_DIGITS && digits.starts_with(&[0, 9])
}

/// How many digits the area code has, if these are an area code and a number of the right length.
fn area_digits(digits: &[u8]) -> Option<usize> {
    let area = match digits {
        [0, 7, 0, ..] if digits.len() == VOIP_DIGITS => return Some(3),
        [0, 8, 2, 6, ..] | [0, 8, 3, 6, ..] if digits.len() == 9 => 4,
        [0, 3, 7, ..] | [0, 8, 2, ..] | [0, 8, 9, ..] if digits.len() == 9 => 3,
        [0, 4, 9, ..] if digits.len() == 10 => 3,
        [0, 2, ..] | [0, 4, 2 | 3, ..] if digits.len() == 10 => 2,
        [0, 3 | 5 | 6 | 7 | 8, ..] | [0, 4, 7 | 8, ..] if digits.len() == 9 => 2,
        _ => return None,
    };
    // no number begins with 0 or 1
    digits
        .get(area)
        .is_some_and(|first| *first >= 2)
        .then_some(area)
}

/// Whether it is in one piece, or has its area code apart and the rest in one or two pieces. The code may be of two or
/// three digits whatever the area, since some write 038 for 03-8.
fn is_landline_shape(number: &NumberCandidate<'_>, area: usize) -> bool {
    let mut shape = number.shape();
    let first = shape.next();
    let rest = shape.clone().count();
    let pieces = rest == 0 || (matches!(first, Some(2 | 3)) || first == Some(area)) && rest <= 2;
    let short = shape.any(|len| len < 3);
    pieces && !(short && rest > 1) && number.is_joined()
}
