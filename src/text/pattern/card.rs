//! Payment cards (ISO/IEC 7812): a known issuer's prefix, its length, and Luhn's check digit.

use super::{
    digits::NumberCandidate,
    kind::{PatternKind, RawHit},
};

const SHAPES: &[&[usize]] = &[
    &[4, 4, 4, 4],
    &[4, 4, 4, 4, 3],
    &[4, 6, 5],
    &[4, 6, 4],
    &[4, 4, 4, 3],
    &[4, 4, 4, 2],
    &[8, 8],
    &[6, 10],
    &[6, 13],
];
/// A card's number, if it is one.
pub(super) fn recognise(number: &NumberCandidate<'_>) -> Option<RawHit> {
    let digits = number.digits();
    if !is_issued(digits) || !passes_luhn(digits) {
        return None;
    }
    let usual = number.is_usual(SHAPES);
    let even = || number.is_pulled_apart() && (number.is_evenly_cut() || number.changes_script());
    (usual || even()).then(|| RawHit::new(PatternKind::Card, number.signs(), number.how(usual)))
}

/// Whether an issuer has numbers of this length and prefix.
fn is_issued(digits: &[u8]) -> bool {
    let leading = |count: usize| {
        let first = digits.get(..count).unwrap_or_default();
        first
            .iter()
            .fold(0, |number, &digit| number * 10 + u32::from(digit))
    };
    match (digits.len(), leading(4)) {
        // Visa
        (16 | 19, 4000..=4999) => true,
        // Mastercard
        (16, 5100..=5599 | 2221..=2720) => true,
        // JCB
        (16..=19, 3528..=3589) => true,
        // American Express
        (15, 3400..=3499 | 3700..=3799) => true,
        // Diners Club
        (14, 3000..=3059 | 3095 | 3600..=3699 | 3800..=3999) => true,
        // UnionPay, Discover
        (16..=19, 6200..=6299 | 6011 | 6440..=6499 | 6500..=6599) => true,
        _ => false,
    }
}

/// Luhn's check: from the right, every second digit is doubled (and 9 taken off from 10 on); the sum is a multiple of
/// 10.
fn passes_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(nth, &digit)| match (nth % 2, u32::from(digit) * 2) {
            (0, _) => u32::from(digit),
            (_, doubled) if doubled > 9 => doubled - 9,
            (_, doubled) => doubled,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Vec<u8> {
        text.bytes().map(|byte| byte - b'0').collect()
    }

    #[test]
    fn the_check_digit_is_checked() {
        for known in ["4111111111111111", "378282246310005", "30569309025904"] {
            assert!(passes_luhn(&digits(known)) && is_issued(&digits(known)));
        }
        assert!(!passes_luhn(&digits("4111111111111112")));
    }

    #[test]
    fn issuers_have_their_lengths() {
        assert!(!is_issued(&digits("411111111111111")));
        assert!(!is_issued(&digits("9111111111111111")));
        assert!(is_issued(&digits("2221000000000009")));
        assert!(!is_issued(&digits("2220000000000000")));
        assert!(!is_issued(&digits("3782822463100051")));
    }
}
