//! Host names with letters beyond ASCII (飆股.台灣), read as browsers read them: by IDNA, below a public suffix.

use std::ops::Range;

use super::{
    host::{DottedLabels, LABEL_CHARS_MAX, LABELS_MAX, is_common, is_public},
    signs::Signs,
};

/// No top-level domain is longer, in characters.
const SUFFIX_CHARS_MAX: usize = 24;
/// Before a bare domain without a path, more letters than these are a clause that ends in a sloppy full stop.
const BARE_CHARS_MAX: usize = 6;
/// Top-level domains in other scripts that a bare name of two labels may have; others are words (公司, 网站, みんな).
const COUNTRIES: [&str; 8] = ["中国", "中國", "台湾", "台灣", "臺灣", "香港", "рф", "한국"];
/// Places that are no top-level domains: 日本.台灣 is a list of places.
const PLACES: [&str; 9] = [
    "日本", "韓國", "南韓", "美國", "大陸", "亞洲", "歐洲", "全球", "世界",
];

/// The dots between the labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dots {
    Plain,
    /// The Chinese full stop as well, as IDNA reads it.
    Any,
}

/// The host with letters beyond ASCII that starts here and ends where its letters end. A bare one has `path` say whether
/// a path follows its end.
pub(super) fn read(
    signs: &Signs,
    text: &str,
    at: usize,
    scheme: bool,
    path: impl Fn(usize) -> bool,
) -> Option<Range<usize>> {
    let labels = WideLabels::read(signs, at, Dots::Plain)?;
    if labels.endless || labels.is_ascii(signs) || !is_suffix(signs, text, labels.last()) {
        return None;
    }
    let host = at..labels.last().end;
    let is_address = scheme || labels.is_address(signs, text, path(host.end));
    (is_address && is_valid(signs, host.clone())).then_some(host)
}

/// The host after a scheme that ends within its last run of letters: <https://飆股.台灣快來>.
pub(super) fn read_cut(signs: &Signs, text: &str, at: usize) -> Option<Range<usize>> {
    let labels = WideLabels::read(signs, at, Dots::Any)?;
    let last = labels.last();
    let most = last.len().min(SUFFIX_CHARS_MAX);
    let ends = (2..=most).rev().map(|len| last.start + len);
    let mut cuts = ends.filter(|&end| !(signs.is_alnum(end - 1) && signs.is_alnum(end)));
    let end = cuts.find(|&end| is_suffix(signs, text, last.start..end))?;
    is_valid(signs, at..end).then_some(at..end)
}

/// Whether a bare host may start here: at a letter beyond ASCII with no letter or digit before it.
pub(super) fn opens(signs: &Signs, at: usize) -> bool {
    let ch = signs.ch(at);
    let inside = matches!(signs.before(at), '-' | '_') || signs.before(at).is_alphanumeric();
    !ch.is_ascii() && ch.is_alphanumeric() && !inside
}

/// Whether a text is a host name and nothing else, as `udn.com`, `gov.tw` and `網址.台灣` are.
pub fn is_host(words: &str) -> bool {
    let mut signs = Signs::default();
    signs.read(words);
    let plain = DottedLabels::read(&signs, 0).is_some_and(|chain| {
        let known = is_public(&signs, chain.label(chain.len().saturating_sub(1)));
        chain.len() >= 2 && chain.end() == signs.len() && known && !chain.is_spelled()
    });
    let wide = || read(&signs, words, 0, true, |_| false);
    plain || wide().is_some_and(|host| host.end == signs.len())
}

/// Labels of letters of any script.
struct WideLabels {
    labels: [(u32, u32); LABELS_MAX],
    len: usize,
    /// Whether a label, or the whole, is longer than that of a host; the last label ends at the limit.
    endless: bool,
    /// Whether a dot is not a plain full stop.
    wide_dots: bool,
}

impl WideLabels {
    /// Reads two labels or more.
    fn read(signs: &Signs, at: usize, dots: Dots) -> Option<Self> {
        let mut read = Self {
            labels: [(0, 0); LABELS_MAX],
            len: 0,
            endless: false,
            wide_dots: false,
        };
        let mut start = at;
        while is_letter(signs, start) {
            let Some(label) = read.labels.get_mut(read.len) else {
                read.endless = true;
                break;
            };
            let end = label_end(signs, start);
            *label = (start as u32, end as u32);
            read.len += 1;
            if is_letter(signs, end) {
                read.endless = true;
                break;
            }
            let dot = signs.ch(end) == '.' || (dots == Dots::Any && signs.ch(end) == '。');
            if !dot {
                break;
            }
            read.wide_dots |= is_letter(signs, end + 1) && signs.is_wide(end);
            start = end + 1;
        }
        (read.len >= 2).then_some(read)
    }

    fn all(&self) -> impl Iterator<Item = Range<usize>> + Clone {
        let labels = self.labels.iter().take(self.len);
        labels.map(|(start, end)| *start as usize..*end as usize)
    }

    fn last(&self) -> Range<usize> {
        self.all().last().unwrap_or_default()
    }

    fn is_ascii(&self, signs: &Signs) -> bool {
        self.all().flatten().all(|at| signs.ch(at).is_ascii())
    }

    /// Whether it is an address without a scheme. People write full stops for commas; then what stands before is a
    /// clause, or both are names of places.
    fn is_address(&self, signs: &Signs, text: &str, path: bool) -> bool {
        let last = self.last();
        let common = if signs.ch(last.start).is_ascii() {
            is_common(signs, last.clone())
        } else {
            folded_is(signs, text, last.clone(), &COUNTRIES)
        };
        let names = self.all().take(self.len - 1);
        let plain = names.clone().all(|label| {
            let ascii = label.clone().filter(|&at| signs.ch(at).is_ascii()).count();
            let place = ascii == 0
                && (is_suffix(signs, text, label.clone())
                    || folded_is(signs, text, label.clone(), &PLACES));
            let fits = ascii == label.len() || label.len() <= BARE_CHARS_MAX;
            label.len() >= 2 && fits && !place && (ascii == 0 || ascii == label.len())
        });
        let numbers = names
            .flatten()
            .all(|at| signs.get(at).is_some_and(|sign| sign.digit.is_some()));
        !self.wide_dots && !numbers && (path || (plain && (common || self.len >= 3)))
    }
}

fn is_letter(signs: &Signs, at: usize) -> bool {
    signs.ch(at).is_alphanumeric()
}

/// The end of the label that starts here, at the limit if it goes on.
fn label_end(signs: &Signs, start: usize) -> usize {
    let most = start + LABEL_CHARS_MAX;
    let mut at = start;
    while at < most {
        if is_letter(signs, at) {
            at += 1;
            continue;
        }
        let hyphens = |at: &usize| matches!(signs.ch(*at), '-' | '_');
        let after = at + (at..most).take_while(hyphens).count();
        if after == at || !is_letter(signs, after) {
            return at;
        }
        at = after;
    }
    at
}

/// Whether a label is a top-level domain, as it is written or folded.
fn is_suffix(signs: &Signs, text: &str, label: Range<usize>) -> bool {
    label.len() <= SUFFIX_CHARS_MAX
        && (is_known(text.get(signs.bytes(label.clone())).unwrap_or_default())
            || is_known(&FoldedLabel::of(signs, label)))
}

fn is_known(label: &str) -> bool {
    psl::suffix(label.as_bytes()).is_some_and(|suffix| suffix.is_known())
}

fn folded_is(signs: &Signs, text: &str, label: Range<usize>, words: &[&str]) -> bool {
    let written = text.get(signs.bytes(label.clone())).unwrap_or_default();
    words.contains(&written) || words.contains(&&*FoldedLabel::of(signs, label))
}

/// A label of a few characters as folded, without allocation.
struct FoldedLabel {
    bytes: [u8; 4 * SUFFIX_CHARS_MAX],
    len: usize,
}

impl FoldedLabel {
    fn of(signs: &Signs, label: Range<usize>) -> Self {
        let mut word = Self {
            bytes: [0; 4 * SUFFIX_CHARS_MAX],
            len: 0,
        };
        for at in label.take(SUFFIX_CHARS_MAX) {
            let ch = signs.ch(at);
            if let Some(place) = word.bytes.get_mut(word.len..word.len + ch.len_utf8()) {
                word.len += ch.encode_utf8(place).len();
            }
        }
        word
    }
}

impl std::ops::Deref for FoldedLabel {
    type Target = str;

    fn deref(&self) -> &str {
        let bytes = self.bytes.get(..self.len).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

/// Whether IDNA has a name for these labels.
fn is_valid(signs: &Signs, host: Range<usize>) -> bool {
    let host: String = host.map(|at| signs.ch(at)).collect();
    idna::domain_to_ascii(&host).is_ok()
}

#[cfg(test)]
mod tests {
    use super::super::{PatternKind, PatternScratch, find, is_host, may_hold};

    /// Each address in a text with its host.
    fn addresses(text: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        find(text, &mut PatternScratch::default(), |hit| {
            if hit.kind == PatternKind::Url {
                found.push((text[hit.bytes].to_owned(), text[hit.host].to_owned()));
            }
        });
        assert!(found.is_empty() || may_hold(text), "the gate holds {text}");
        found
    }

    #[track_caller]
    fn is(text: &str, address: &str, host: &str) {
        assert_eq!(
            addresses(text),
            [(address.to_owned(), host.to_owned())],
            "{text}"
        );
    }

    #[test]
    fn hosts_in_other_scripts_are_addresses() {
        is("飆股 https://飆股.台灣/", "https://飆股.台灣/", "飆股.台灣");
        is("看 飆股.台灣 就懂", "飆股.台灣", "飆股.台灣");
        is("飆股.台灣", "飆股.台灣", "飆股.台灣");
        is("飆股.台灣/x?id=1", "飆股.台灣/x?id=1", "飆股.台灣");
        is("上 飆股.com", "飆股.com", "飆股.com");
        is("上 飆股.com.tw", "飆股.com.tw", "飆股.com.tw");
        is("請看vip.台灣", "vip.台灣", "vip.台灣");
        is("https://飆股.网站", "https://飆股.网站", "飆股.网站");
        is("пример.рф", "пример.рф", "пример.рф");
        is("https://飆股。台灣/", "https://飆股。台灣/", "飆股。台灣");
        is("https://飆股.台灣快來領", "https://飆股.台灣", "飆股.台灣");
        is("https://飆股.com看這裡", "https://飆股.com", "飆股.com");
        is(
            "https://xn--g10al80c.xn--kpry57d/",
            "https://xn--g10al80c.xn--kpry57d/",
            "xn--g10al80c.xn--kpry57d",
        );
    }

    #[test]
    fn a_host_is_not_cut_to_one_that_is_trusted() {
        is(
            "https://udn.com.飆股.台灣/a",
            "https://udn.com.飆股.台灣/a",
            "udn.com.飆股.台灣",
        );
        is("https://看udn.com/a", "https://看udn.com/a", "看udn.com");
        is("scam--udn.com", "scam--udn.com", "scam--udn.com");
        is(
            "https://a---udn.com/x",
            "https://a---udn.com/x",
            "a---udn.com",
        );
        is("udn.com.evil.io", "udn.com.evil.io", "udn.com.evil.io");
        is(
            "udn.com.evil.monster",
            "udn.com.evil.monster",
            "udn.com.evil.monster",
        );
        // a dash after the host is one, and Chinese beside a bare host is no part of it
        is("udn.com--see there", "udn.com", "udn.com");
        is("請看udn.com的新聞", "udn.com", "udn.com");
        is("來源--udn.com", "udn.com", "udn.com");
    }

    #[test]
    fn full_stops_between_words_make_no_hosts() {
        for text in [
            "中國.香港.台灣",
            "日本.台灣",
            "最愛的國家就是.台灣",
            "第一名是日本 2.台灣 3.韓國",
            "好.台灣",
            "真的很好.謝謝",
            "加油。台灣",
            "我們.公司",
            "我的天......台灣",
            "天佑．台灣",
            "https://",
            "https://.台灣",
            "https://-.台灣",
        ] {
            assert_eq!(addresses(text), [], "{text}");
        }
    }

    #[test]
    fn odd_and_endless_labels_are_let_go() {
        for text in [
            "飆.".repeat(5_000),
            "飆".repeat(5_000) + ".台灣",
            "https://".to_owned() + &"飆".repeat(5_000),
            "https://飆股".to_owned() + &"-".repeat(5_000) + ".台灣",
            "https://飆股.".repeat(2_000),
            "a--".repeat(5_000) + "udn.com",
            "https://\u{200d}\u{301}.\u{200b}台\u{301}灣".to_owned(),
            "https://xn--\u{1f600}.xn--zzzzzzzzz.台灣".to_owned(),
        ] {
            addresses(&text);
        }
    }

    #[test]
    fn hosts_are_told_from_other_words() {
        for host in ["udn.com", "gov.tw", "www.edu.tw", "UDN.COM", "網址.台灣"] {
            assert!(is_host(host), "{host}");
        }
        for other in ["udn", "udn.com/news", "a.b", "幹部", "udn點com", "9.30", ""] {
            assert!(!is_host(other), "{other}");
        }
    }
}
