//! Walls: what no guess lies across. A blank or a sign may part the characters of a disguised term; the end of a sentence
//! or a line, a regional flag, an emoji made of several and a doubled bopomofo symbol (ㄅㄅ, ㄒㄒ: bye, thanks) say that its
//! characters belong to different things. And no guess touches an address: the words of a page or of a mailbox
//! (`sh1t@mail.example`, `…/gan-ni`) are not said by anybody.

use std::ops::Range;

use super::verify_match::VerifiedMatch;
use crate::text::{
    fold::{CharKind, fold_char},
    pattern,
    units::keeps_run,
};

/// Regional indicators: two of them are a flag.
const REGIONAL: std::ops::RangeInclusive<char> = '\u{1f1e6}'..='\u{1f1ff}';
/// Joins emoji to one (👩‍⚕️); between letters it is merely invisible.
const JOINER: char = '\u{200d}';
/// How far on each side an address is read, in bytes.
const ADDRESS_BYTES_MAX: usize = 200;

/// Whether a guess lies across a wall, or on an address.
pub(super) fn holds_wall(text: &str, found: &VerifiedMatch) -> bool {
    let own = text.get(found.bytes.clone()).unwrap_or_default();
    found.sentence_end || is_parted(own) || touches_address(text, &found.bytes)
}

/// Whether a flag, an emoji made of several or a doubled symbol is among these characters.
fn is_parted(own: &str) -> bool {
    let (mut last, mut joined) = (None, false);
    own.chars().any(|ch| {
        let emoji = joined && fold_char(ch).kind() == CharKind::Skip;
        let doubled = keeps_run(ch) && last == Some(ch);
        joined = ch == JOINER;
        last = Some(ch);
        emoji || doubled || REGIONAL.contains(&ch)
    })
}

/// Whether any of the runs of plain signs that these bytes are in is an address.
fn touches_address(text: &str, bytes: &Range<usize>) -> bool {
    let all = text.as_bytes();
    let plain = |byte: &&u8| byte.is_ascii_graphic();
    let before = all.get(..bytes.start).unwrap_or_default();
    let before = before.iter().rev().take(ADDRESS_BYTES_MAX);
    let behind = all.get(bytes.end..).unwrap_or_default();
    let behind = behind.iter().take(ADDRESS_BYTES_MAX);
    // only the run at either edge goes on outside
    let from = bytes.start - before.take_while(plain).count();
    let to = bytes.end + behind.take_while(plain).count();
    let Some(around) = text.get(from..to) else {
        return false;
    };
    let mut at = from;
    around.split(|ch: char| !ch.is_ascii_graphic()).any(|run| {
        let start = text.get(at..).and_then(|rest| rest.find(run)).unwrap_or(0) + at;
        at = start + run.len();
        start < bytes.end && at > bytes.start && is_address(run)
    })
}

/// Whether a run of plain signs is an address: of a page, of a host, or of a mailbox.
fn is_address(run: &str) -> bool {
    if !run.contains('.') {
        return run.contains("://");
    }
    let run = run.trim_matches(|ch: char| !ch.is_ascii_alphanumeric());
    let host = run.split(['/', '?', ':']).next().unwrap_or_default();
    let domain = host.rsplit('@').next().unwrap_or_default();
    run.contains("://") || pattern::is_host(domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touches(marked: &str) -> bool {
        let (before, rest) = marked.split_once('[').unwrap_or((marked, ""));
        let (own, behind) = rest.split_once(']').unwrap_or((rest, ""));
        let text = format!("{before}{own}{behind}");
        touches_address(&text, &(before.len()..before.len() + own.len()))
    }

    #[test]
    fn walls_stand_within_a_guess() {
        for own in ["淦🇹🇼你🇹🇼娘", "淦👩‍⚕️你👩‍⚕️娘", "白ㄅㄅ癡", "幹ㄋㄋ"]
        {
            assert!(is_parted(own), "{own}");
        }
        for own in [
            "淦 你 娘",
            "淦🙂你🙂娘",
            "淦\u{200d}你\u{200d}娘",
            "ㄍㄋㄌ",
            "ㄍㄢˋㄋㄧˇ",
            "sh!t",
        ] {
            assert!(!is_parted(own), "{own}");
        }
    }

    #[test]
    fn an_address_is_nobodys_word() {
        for text in [
            "[sh1t]@gmail.com",
            "寫信給 king.[sh1t]@mail.example.com 就好",
            "a@[sh1t].com.tw",
            "https://example.com/[sh1t]?a=1",
            "看這裡https://a.tw/x/[gan-ni-niang].html。",
            "www.[sh1t].com",
            "[sh1t].tw/about",
            "[幹n@gmail.com]",
            "xxx://[sh1t]",
            "([f-ck].org)",
        ] {
            assert!(touches(text), "{text}");
        }
        for text in [
            "[sh1t].",
            "what.the.[f-ck]!",
            "@[sh1t]",
            "[f.v.c.k] you",
            "[sh1t] https://a.tw/x",
            "https://a.tw/x [sh1t]",
            "https://a.tw/x你[sh1t]",
            "a@b.com,你[sh1t]",
            "[gan]你娘 a.com",
        ] {
            assert!(!touches(text), "{text}");
        }
    }
}
