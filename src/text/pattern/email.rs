//! E-mail addresses; the at sign and the dots may be spelled out.

use super::{
    host::{DottedLabels, FoldedWord},
    kind::{PatternKind, RawHit, only},
    signs::Signs,
};
use crate::text::{Disguise, Disguises};

const LOCAL_CHARS_MAX: usize = 64;
const AT_WORDS: [&str; 7] = ["(at)", "[at]", "{at}", "(a)", "[a]", "(@)", "[@]"];
/// Providers that are recognised without their domain: somebody@gmail.
const PROVIDERS: [&str; 8] = [
    "gmail",
    "hinet",
    "hotmail",
    "icloud",
    "outlook",
    "pchome",
    "protonmail",
    "yahoo",
];

/// How an at sign is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum AtSign {
    /// The sign itself.
    Plain,
    /// `(at)`, 小老鼠.
    Spelled,
    /// The bare word, or the sign between blanks: the dot must be spelled out as well, or the provider be known.
    Bare,
}

/// Calls `each` for every e-mail address, in the order of their starts.
pub(super) fn find(signs: &Signs, mut each: impl FnMut(RawHit)) {
    let mut at = 0;
    while at < signs.len() {
        let seen = at_sign(signs, at).and_then(|(end, spelled)| recognise(signs, at, end, spelled));
        at = seen.as_ref().map_or(at + 1, |seen| seen.signs.end);
        seen.into_iter().for_each(&mut each);
    }
}

/// The at sign that starts here, and where it ends.
fn at_sign(signs: &Signs, at: usize) -> Option<(usize, AtSign)> {
    match signs.ch(at) {
        '@' => Some((at + 1, AtSign::Plain)),
        '小' if signs.starts_with(at, "小老鼠") => Some((at + 3, AtSign::Spelled)),
        '(' | '[' | '{' => {
            let word = AT_WORDS.iter().find(|word| signs.starts_with(at, word))?;
            Some((at + word.len(), AtSign::Spelled))
        }
        'a' if signs.starts_with(at, "at") => {
            let alone = at
                .checked_sub(1)
                .is_some_and(|before| signs.is_blank(before))
                && signs.is_blank(at + 2);
            alone.then_some((at + 2, AtSign::Bare))
        }
        _ => None,
    }
}

fn recognise(signs: &Signs, at: usize, end: usize, sign: AtSign) -> Option<RawHit> {
    let before = at.checked_sub(1).filter(|&before| signs.is_blank(before));
    let local_end = before.unwrap_or(at);
    let host_start = end + usize::from(signs.is_blank(end));
    let spaced = before.is_some() || host_start > end;
    // "see you @ udn.com" is no address
    let sign = if spaced && sign == AtSign::Plain {
        AtSign::Bare
    } else {
        sign
    };
    let local = local_start(signs, local_end)?;
    let host = host(signs, host_start, sign)?;
    let spelled = sign != AtSign::Plain || host.is_spelled();
    let how = if spelled {
        only(Disguise::Variant)
    } else {
        Disguises::default()
    };
    let how = if signs.is_wide(at) {
        how.with(Disguise::Width)
    } else {
        how
    };
    Some(RawHit {
        kind: PatternKind::Email,
        signs: local..host.end(),
        host: host_start..host.end(),
        how,
    })
}

fn local_start(signs: &Signs, end: usize) -> Option<usize> {
    let inner =
        |at: &usize| signs.is_alnum(*at) || matches!(signs.ch(*at), '.' | '_' | '+' | '-' | '%');
    let most = end.saturating_sub(LOCAL_CHARS_MAX);
    let first = (most..end).rev().take_while(inner).last()?;
    let start = (first..end).find(|&at| signs.is_alnum(at))?;
    Some(start)
}

/// The longest host that starts here: a domain, or a provider without one.
fn host(signs: &Signs, start: usize, sign: AtSign) -> Option<DottedLabels> {
    let mut chain = DottedLabels::read(signs, start)?;
    loop {
        let provided = is_provider(signs, &chain);
        let enough = sign != AtSign::Bare || chain.is_spelled() || (provided && chain.len() > 1);
        if enough && chain.has_domain(signs) && chain.label(0).len() >= 2 {
            return Some(chain);
        }
        if chain.len() == 1 {
            return (provided && sign != AtSign::Bare).then_some(chain);
        }
        chain = chain.shorter()?;
    }
}

fn is_provider(signs: &Signs, chain: &DottedLabels) -> bool {
    let label = chain.label(0);
    (5..=10).contains(&label.len()) && FoldedWord::of(signs, label).stands_in(&PROVIDERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(PROVIDERS.is_sorted());
        assert!(PROVIDERS.iter().all(|name| (5..=10).contains(&name.len())));
    }
}
