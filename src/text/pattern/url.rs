//! Web addresses: with a scheme, with www, or bare if the top-level domain or the site is known.

use std::ops::Range;

use super::{
    host::{DottedLabels, LABEL_CHARS_MAX, is_hyphen, may_start},
    kind::{PatternKind, RawHit, lies_in, only},
    signs::Signs,
    wide_host,
};
use crate::text::{Disguise, Disguises, fold::CharKind};

const SCHEMES: [&str; 4] = ["https", "http", "hxxps", "hxxp"];
const PORT_DIGITS_MAX: usize = 5;

/// Adds every address to `hits`, and its signs to `addresses`, which holds those of the e-mail addresses, by start.
pub(super) fn find(
    signs: &Signs,
    text: &str,
    addresses: &mut Vec<Range<usize>>,
    hits: &mut Vec<RawHit>,
) {
    let mails = addresses.len();
    let mut at = 0;
    while at < signs.len() {
        let mail = lies_in(addresses.get(..mails).unwrap_or_default(), at);
        let opens = opens(signs, at) || wide_host::opens(signs, at);
        if !opens || mail {
            at += 1;
            continue;
        }
        match recognise(signs, text, at) {
            Ok(found) => {
                at = found.signs.end;
                addresses.push(found.signs.clone());
                hits.extend(
                    found
                        .line
                        .then(|| RawHit::new(PatternKind::LineId, found.signs.clone(), found.how)),
                );
                hits.push(RawHit {
                    kind: PatternKind::Url,
                    signs: found.signs,
                    host: found.host,
                    how: found.how,
                });
            }
            Err(end) => at = end.max(at + 1),
        }
    }
}

/// Whether a host may start here: at a letter or digit with none before it, not even one joined by hyphens.
fn opens(signs: &Signs, at: usize) -> bool {
    let mut before = (at.saturating_sub(LABEL_CHARS_MAX)..at).rev();
    let mut joined = || {
        before
            .find(|&at| !is_hyphen(signs.ch(at)))
            .is_some_and(|at| signs.is_alnum(at))
    };
    signs.is_alnum(at) && !signs.before(at).is_ascii_alphanumeric() && !joined()
}

struct Address {
    signs: Range<usize>,
    host: Range<usize>,
    how: Disguises,
    /// Whether it leads to an account of LINE.
    line: bool,
}

/// The address that starts here, or the sign to go on with.
fn recognise(signs: &Signs, text: &str, at: usize) -> Result<Address, usize> {
    let scheme = scheme_end(signs, at);
    let start = scheme.unwrap_or(at);
    // first in all scripts: what goes on with other letters (udn.com.飆股.台灣) is another host than its beginning
    let path = |end: usize| has_path(signs, end);
    if let Some(host) = wide_host::read(signs, text, start, scheme.is_some(), path) {
        return Ok(wide(signs, at, host));
    }
    recognise_ascii(signs, at, scheme).or_else(|end| {
        let cut = scheme.and_then(|start| wide_host::read_cut(signs, text, start));
        cut.map(|host| wide(signs, at, host)).ok_or(end)
    })
}

/// An address whose host has letters beyond ASCII.
fn wide(signs: &Signs, at: usize, host: Range<usize>) -> Address {
    Address {
        signs: at..path_end(signs, host.end),
        host,
        how: Disguises::default(),
        line: false,
    }
}

fn recognise_ascii(signs: &Signs, at: usize, scheme: Option<usize>) -> Result<Address, usize> {
    let start = scheme.unwrap_or(at);
    let token = signs.token_end(at);
    if !may_start(signs, start) {
        return Err(token);
    }
    let mut chain = DottedLabels::read(signs, start).ok_or(token)?;
    let end = chain.end();
    loop {
        let accepted = accept(signs, at, scheme.is_some(), &chain);
        if let Some(found) = accepted.filter(|_| !chain.endless) {
            return Ok(found);
        }
        let cut = chain.without_dash(signs).filter(|_| !chain.endless);
        if let Some(found) = cut.and_then(|cut| accept(signs, at, scheme.is_some(), &cut)) {
            return Ok(found);
        }
        chain.endless = false;
        // what follows a spelled-out dot or a full stop may be the next word: udn.com。line
        chain = match chain.shorter() {
            Some(shorter) if shorter.is_spelled_after() => shorter,
            Some(_) | None => return Err(end),
        };
    }
}

fn scheme_end(signs: &Signs, at: usize) -> Option<usize> {
    let word = SCHEMES
        .iter()
        .find(|scheme| signs.starts_with(at, scheme) && !signs.is_alnum(at + scheme.len()))?;
    let colon = at + word.len();
    signs.starts_with(colon, "://").then_some(colon + 3)
}

fn accept(signs: &Signs, at: usize, scheme: bool, chain: &DottedLabels) -> Option<Address> {
    let host = chain.label(0).start..chain.end();
    let is_explicit = scheme || chain.is_www(signs);
    let is_address = if is_explicit {
        chain.has_domain(signs) || (scheme && chain.is_numeric_host(signs))
    } else {
        chain.is_address(signs, has_path(signs, host.end))
    };
    // the path is read last: it may be as long as the text
    let end = if is_address {
        path_end(signs, host.end)
    } else {
        host.end
    };
    let how = if chain.is_spelled() {
        only(Disguise::Variant)
    } else {
        Disguises::default()
    };
    is_address.then(|| Address {
        signs: at..end,
        line: chain.is_line(signs) && end > host.end + 1,
        host,
        how,
    })
}

/// Whether a path, query or fragment follows the host.
fn has_path(signs: &Signs, host_end: usize) -> bool {
    let port = port_end(signs, host_end);
    match signs.ch(port) {
        '/' => true,
        '?' | '#' => signs.is_alnum(port + 1),
        _ => false,
    }
}

/// The end of port, path, query and fragment, without the signs at their end that close a sentence or a bracket.
fn path_end(signs: &Signs, host_end: usize) -> usize {
    let port = port_end(signs, host_end);
    if !has_path(signs, host_end) {
        return port;
    }
    let end = (port..signs.len())
        .find(|&at| !is_path(signs, at))
        .unwrap_or(signs.len());
    let closes = |at: &usize| {
        matches!(
            signs.ch(*at),
            '.' | ',' | ':' | ';' | '!' | '?' | ')' | ']' | '}' | '\'' | '"' | '>' | '*' | '~'
        )
    };
    let closing = (port + 1..end).rev().take_while(closes).count();
    end - closing
}

fn port_end(signs: &Signs, at: usize) -> usize {
    if signs.ch(at) != ':' {
        return at;
    }
    let digits = (at + 1..at + 2 + PORT_DIGITS_MAX)
        .take_while(|&at| signs.ch(at).is_ascii_digit())
        .count();
    if (1..=PORT_DIGITS_MAX).contains(&digits) {
        at + 1 + digits
    } else {
        at
    }
}

/// Whether a sign may be part of a path. Chinese punctuation, which folds to ASCII, may not; a wide slash may.
fn is_path(signs: &Signs, at: usize) -> bool {
    let ch = signs.ch(at);
    let punctuation = matches!(signs.kind(at), CharKind::Skip | CharKind::Stop) && ch != '/';
    ch.is_ascii_graphic() && !(punctuation && signs.is_wide(at))
}
