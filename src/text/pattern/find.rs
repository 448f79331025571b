//! The search: every scanner in turn over one reading of the text.

use std::ops::Range;

use super::{
    card, contact,
    digits::DigitGroups,
    email, identity,
    kind::{PatternHit, RawHit},
    phone,
    signs::Signs,
    url,
};

/// Work space for [`find`], reused from text to text so that it stops allocating.
#[derive(Debug, Default)]
pub struct PatternScratch {
    signs: Signs,
    groups: DigitGroups,
    /// The signs of each address found, by start: digits inside an address are no phone numbers.
    addresses: Vec<Range<usize>>,
    hits: Vec<RawHit>,
}

/// Calls `each` for every match in `text`, in the order of their starts.
///
/// ```
/// # use banzhu::text::pattern::{PatternKind, PatternScratch, find};
/// let mut found = Vec::new();
/// let text = "打給他 ０９１２-三四五-678";
/// find(text, &mut PatternScratch::default(), |hit| found.push((hit.kind, &text[hit.bytes])));
/// assert_eq!(found, [(PatternKind::Mobile, "０９１２-三四五-678")]);
/// ```
pub fn find(text: &str, scratch: &mut PatternScratch, mut each: impl FnMut(PatternHit)) {
    let PatternScratch {
        signs,
        groups,
        addresses,
        hits,
    } = scratch;
    addresses.clear();
    hits.clear();
    signs.read(text);
    email::find(signs, |seen| {
        addresses.push(seen.signs.clone());
        hits.push(seen);
    });
    url::find(signs, text, addresses, hits);
    addresses.sort_unstable_by_key(|range| range.start);
    contact::find(signs, addresses, hits);
    identity::find(signs, addresses, hits);
    groups.read(signs, addresses);
    groups.numbers(signs, |number| {
        let seen = phone::recognise(number).or_else(|| card::recognise(number))?;
        hits.push(seen);
        Some(())
    });
    hits.sort_unstable_by_key(|seen| (seen.signs.start, seen.kind));
    for seen in hits.drain(..) {
        let how = seen.how.union(signs.written(seen.signs.clone()));
        each(PatternHit {
            kind: seen.kind,
            bytes: signs.bytes(seen.signs.clone()),
            host: signs.bytes(seen.host),
            how,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<&'static str> {
        let mut found = Vec::new();
        find(text, &mut PatternScratch::default(), |hit| {
            found.push(hit.kind.name())
        });
        found
    }

    #[test]
    fn hits_come_in_the_order_of_the_text_and_forget_the_text_before() {
        let text = "https://udn.com/a 0912345678 a@bc.tw A123456789";
        assert_eq!(kinds(text), ["url", "mobile", "email", "national-id"]);
        let mut scratch = PatternScratch::default();
        let mut count = 0;
        find(text, &mut scratch, |_| count += 1);
        find("早安", &mut scratch, |_| count += 1);
        assert_eq!(count, 4);
    }

    #[test]
    fn digits_of_an_address_are_no_numbers() {
        assert_eq!(kinds("https://udn.com/news/0912345678"), ["url"]);
        assert_eq!(kinds("0912345678@gmail.com"), ["email"]);
        assert_eq!(kinds("https://udn.com/?id=A123456789"), ["url"]);
    }
}
