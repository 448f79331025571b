//! Ids of the messenger LINE: its name or its nickname 賴, a word that asks to add it, and an id: 加我的賴 abc123. Where it is
//! the whole text, as in a nickname, it needs no such word, and may be of another messenger.

use std::ops::Range;

use super::{
    contact_words::{
        FILLER_SIGNS_MAX, MESSENGER_CHARS_MAX, is_filler, messenger_len, sounds_like_name,
    },
    host::FoldedWord,
    kind::{PatternKind, RawHit, lies_in, only},
    numeral::{Digit, Script},
    signs::Signs,
};
use crate::text::{Disguise, Disguises, fold::CharKind};

/// How many signs before the name the word that asks to add it may be: 加我的賴.
const ASK_SIGNS: usize = 4;
const ID_CHARS: std::ops::RangeInclusive<usize> = 4..=20;
/// An id of digits alone is longer than a year or a number of votes.
const ID_DIGITS_MIN: usize = 5;
/// Names of the company's own services (LINE Pay), which are no ids.
const SERVICES: [&str; 30] = [
    "account",
    "bank",
    "chat",
    "friend",
    "friends",
    "group",
    "hotel",
    "keep",
    "login",
    "messenger",
    "mobile",
    "music",
    "notify",
    "official",
    "openchat",
    "pay",
    "points",
    "premium",
    "qrcode",
    "shopping",
    "spot",
    "sticker",
    "stickers",
    "taxi",
    "today",
    "travel",
    "version",
    "voom",
    "webtoon",
    "works",
];

/// The messenger's name as it was found.
struct Name {
    end: usize,
    /// It is 賴, which is a surname as well.
    surname: bool,
    how: Disguises,
}

/// What is between the name and an id.
#[derive(Default)]
struct Separator {
    end: usize,
    /// "id" or an at sign: what follows is an id.
    id: bool,
    colon: bool,
}

/// Adds every id to `hits`.
pub(super) fn find(signs: &Signs, addresses: &[Range<usize>], hits: &mut Vec<RawHit>) {
    if let Some(found) = whole(signs, addresses) {
        hits.push(found);
        return;
    }
    let mut at = 0;
    while at < signs.len() {
        let found = name(signs, at).and_then(|name| recognise(signs, at, &name, addresses));
        at = found.as_ref().map_or(at + 1, |seen| seen.signs.end);
        hits.extend(found);
    }
}

/// A text that is nothing but the name of a messenger and an id: nobody else is called so.
fn whole(signs: &Signs, addresses: &[Range<usize>]) -> Option<RawHit> {
    let len = messenger_len((0..MESSENGER_CHARS_MAX).map(|at| signs.ch(at)))?;
    let filler = filler(signs, len);
    // wxabc may be any word
    let latin = signs.ch(len - 1).is_ascii_alphanumeric();
    if latin && filler.end == len {
        return None;
    }
    let id = id(signs, filler.end)?;
    let rest = (id.end..signs.len()).all(|at| signs.kind(at) == CharKind::Skip);
    let is_id = rest
        && !lies_in(addresses, id.start)
        && (is_mixed(signs, &id) || (filler.id && is_likely(signs, &id, true)));
    is_id.then(|| RawHit::new(PatternKind::LineId, 0..id.end, Disguises::default()))
}

fn recognise(signs: &Signs, at: usize, name: &Name, addresses: &[Range<usize>]) -> Option<RawHit> {
    let filler = filler(signs, name.end);
    let id = id(signs, filler.end)?;
    let inside = [at, id.start].iter().any(|&sign| lies_in(addresses, sign));
    // 賴: abc123 may be a surname before a quotation, line: abc123 is not
    let announced = is_asked(signs, at)
            || filler.id
            // 我的賴 abc123
            || ((filler.colon && !name.surname || signs.before(at) == '的') && is_mixed(signs, &id));
    let is_id = announced && !inside && is_likely(signs, &id, filler.id);
    is_id.then(|| RawHit::new(PatternKind::LineId, at..id.end, name.how))
}

/// The name that starts here.
fn name(signs: &Signs, at: usize) -> Option<Name> {
    let chinese = |how: Disguises| Name {
        end: at + 1,
        surname: true,
        how,
    };
    match signs.ch(at) {
        '賴' => Some(chinese(Disguises::default())),
        // sounds like 賴, and only directly after a word that asks to add it: 加瀨
        ch if sounds_like_name(ch) && is_asking(signs.before(at)) => {
            Some(chinese(only(Disguise::Homophone)))
        }
        'l' | '1' | 'i' if signs.is_word_edge(at) => latin_name(signs, at),
        _ => None,
    }
}

/// `line`, perhaps with 1, l or ! for the i (`l1ne`), or with the same sign between all letters (`l.i.n.e`).
fn latin_name(signs: &Signs, at: usize) -> Option<Name> {
    let step = if signs.kind(at + 1) == CharKind::Skip && signs.ch(at + 1) != '!' {
        2
    } else {
        1
    };
    let joint = signs.ch(at + 1);
    let even = step == 1 || [3, 5].iter().all(|&nth| signs.ch(at + nth) == joint);
    let letter = |nth: usize| signs.ch(at + nth * step);
    let first = matches!(letter(0), 'l' | '1' | 'i');
    let second = matches!(letter(1), 'i' | '1' | 'l' | '!');
    let spelled = even && first && second && letter(2) == 'n' && letter(3) == 'e';
    if !spelled {
        return None;
    }
    let plain = letter(0) == 'l' && letter(1) == 'i';
    let how = [
        (!plain).then_some(Disguise::Leet),
        (step > 1).then_some(Disguise::Separators),
    ];
    Some(Name {
        end: at + 3 * step + 1,
        surname: false,
        how: how.into_iter().flatten().collect(),
    })
}

const fn is_asking(ch: char) -> bool {
    matches!(
        ch,
        '加' | '+' | '➕' | '私' | '敲' | '密' | '洽' | '找' | '搜' | '掃'
    )
}

/// Characters written in place of 加 directly before the name.
const fn sounds_like_add(ch: char) -> bool {
    matches!(ch, '枷' | '茄' | '咖' | '佳' | '家')
}

fn is_asked(signs: &Signs, at: usize) -> bool {
    let near = at.saturating_sub(ASK_SIGNS)..at;
    let asking = near.clone().any(|before| is_asking(signs.ch(before)));
    asking
        || sounds_like_add(signs.before(at))
        || near.clone().any(|before| signs.starts_with(before, "官方"))
}

fn filler(signs: &Signs, start: usize) -> Separator {
    let mut filler = Separator {
        end: start,
        ..Separator::default()
    };
    while filler.end < start + FILLER_SIGNS_MAX {
        let at = filler.end;
        let step = match signs.ch(at) {
            'i' if signs.starts_with(at, "id") && !is_id_char(signs, at + 2) => {
                filler.id = true;
                2
            }
            '@' => {
                filler.id = true;
                1
            }
            ':' | '=' | '→' | '➡' | '>' => {
                filler.colon = true;
                1
            }
            // line.me is a host, no id
            '.' if at == start => break,
            ch if is_filler(ch) || signs.kind(at) == CharKind::Skip => 1,
            _ => break,
        };
        filler.end += step;
    }
    filler
}

fn is_id_char(signs: &Signs, at: usize) -> bool {
    signs.is_alnum(at) || matches!(signs.ch(at), '.' | '_' | '-')
}

/// The id that starts here: letters, digits, dots, hyphens and underscores.
fn id(signs: &Signs, start: usize) -> Option<Range<usize>> {
    if !signs.is_alnum(start) || signs.is_alnum(start.wrapping_sub(1)) {
        return None;
    }
    let most = start + ID_CHARS.end() + 1;
    let end = (start..most).find(|&at| !is_id_char(signs, at))?;
    let trailing = (start..end)
        .rev()
        .take_while(|&at| !signs.is_alnum(at))
        .count();
    Some(start..end - trailing).filter(|id| ID_CHARS.contains(&id.len()))
}

fn is_mixed(signs: &Signs, id: &Range<usize>) -> bool {
    let letters = id.clone().any(|at| signs.ch(at).is_ascii_alphabetic());
    letters && digits(signs, id) > 0
}

fn digits(signs: &Signs, id: &Range<usize>) -> usize {
    let arabic = |at: &usize| {
        let digit = signs.get(*at).and_then(|sign| sign.digit);
        digit.is_some_and(|Digit { script, .. }| script == Script::Arabic)
    };
    id.clone().filter(arabic).count()
}

/// Whether it is neither the name of a service nor a short figure; after the word "id" a short figure is an id, too.
fn is_likely(signs: &Signs, id: &Range<usize>, called_id: bool) -> bool {
    let figure = digits(signs, id) == id.len();
    let service = FoldedWord::of(signs, id.clone()).stands_in(&SERVICES);
    !service && (!figure || called_id || id.len() >= ID_DIGITS_MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(SERVICES.is_sorted());
    }
}
