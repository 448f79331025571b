//! Host names: labels joined by dots, the last one an existing top-level domain. Dots may be spelled out (點, dot).

use std::ops::Range;

use super::signs::Signs;

pub(super) const LABELS_MAX: usize = 8;
pub(super) const LABEL_CHARS_MAX: usize = 63;
/// Dots in brackets.
const DOT_WORDS: [&str; 8] = [
    "(dot)", "[dot]", "{dot}", "(點)", "[點]", "(.)", "[.]", "{.}",
];

/// Top-level domains of ordinary sites: a bare name with one of these is an address. Others are words, units or file
/// extensions as well: a bare name needs a path or a third label to be an address.
const COMMON: [&str; 27] = [
    "app", "asia", "biz", "cc", "cn", "com", "edu", "gg", "gov", "hk", "icu", "info", "jp", "mobi",
    "net", "online", "org", "shop", "site", "store", "tk", "tv", "tw", "vip", "website", "wiki",
    "xyz",
];
/// Short names of well-known sites: an address wherever they occur.
const KNOWN: [&str; 22] = [
    "bit.ly",
    "cutt.ly",
    "discord.gg",
    "g.co",
    "goo.gl",
    "is.gd",
    "lihi.cc",
    "lihi1.com",
    "lin.ee",
    "line.me",
    "ow.ly",
    "pse.is",
    "rb.gy",
    "reurl.cc",
    "shorturl.at",
    "t.co",
    "t.ly",
    "t.me",
    "tinyurl.com",
    "wa.me",
    "x.com",
    "youtu.be",
];
/// Hosts whose paths lead to accounts of the messenger LINE.
const LINE_HOSTS: [&str; 4] = ["lin.ee", "line.me", "line.naver.jp", "liff.line.me"];
/// Second-level domains that are no sites: com.tw.
const SECOND: [&str; 7] = ["com", "edu", "gov", "idv", "mil", "net", "org"];
/// Top-level domains that are stock exchanges, too: 2330.TW is a share.
const EXCHANGES: [&str; 7] = ["cn", "hk", "jp", "kr", "tw", "two", "us"];

/// Labels joined by dots.
#[derive(Debug, Clone)]
pub(super) struct DottedLabels {
    labels: [(u32, u32); LABELS_MAX],
    len: usize,
    /// Whether the dot after each label is spelled out, spaced, or a Chinese one.
    spelled: [bool; LABELS_MAX],
    /// Whether there are more labels than a host has.
    pub(super) endless: bool,
}

/// A short run of signs as text, to look up in a table.
pub(super) struct FoldedWord {
    bytes: [u8; Self::CHARS_MAX],
    /// `None` if it is too long for any table.
    len: Option<usize>,
}

impl FoldedWord {
    const CHARS_MAX: usize = 24;

    /// The word that these signs spell.
    pub(super) fn of(signs: &Signs, range: Range<usize>) -> Self {
        let len = range.len();
        let mut bytes = [0; Self::CHARS_MAX];
        for (byte, at) in bytes.iter_mut().zip(range) {
            *byte = u8::try_from(signs.ch(at)).unwrap_or_default();
        }
        Self {
            bytes,
            len: (len <= Self::CHARS_MAX).then_some(len),
        }
    }

    /// Whether a sorted table holds it.
    pub(super) fn stands_in(&self, table: &[&str]) -> bool {
        let word = self.len.and_then(|len| self.bytes.get(..len));
        word.is_some_and(|word| {
            table
                .binary_search_by(|known| known.as_bytes().cmp(word))
                .is_ok()
        })
    }
}

/// A dot between labels.
struct Dot {
    end: usize,
    spelled: bool,
}

impl DottedLabels {
    /// Reads all labels from a sign on.
    pub(super) fn read(signs: &Signs, at: usize) -> Option<Self> {
        let mut chain = Self {
            labels: [(0, 0); LABELS_MAX],
            len: 0,
            spelled: [false; LABELS_MAX],
            endless: false,
        };
        let mut start = at;
        while let Some(end) = label_end(signs, start) {
            let Some(label) = chain.labels.get_mut(chain.len) else {
                chain.endless = true;
                break;
            };
            *label = (start as u32, end as u32);
            chain.len += 1;
            let Some(dot) = dot(signs, end) else { break };
            if let Some(place) = chain.spelled.get_mut(chain.len - 1) {
                *place = dot.spelled;
            }
            start = dot.end;
        }
        (chain.len > 0).then_some(chain)
    }

    /// Where it ends.
    pub(super) fn end(&self) -> usize {
        self.label(self.len.saturating_sub(1)).end
    }

    /// How many labels it has.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// The signs of a label; empty beyond the last one.
    pub(super) fn label(&self, nth: usize) -> Range<usize> {
        let (start, end) = self.labels.get(nth).copied().unwrap_or_default();
        start as usize..end as usize
    }

    /// Without its last label.
    pub(super) fn shorter(&self) -> Option<Self> {
        let len = self.len.checked_sub(1).filter(|len| *len > 0)?;
        Some(Self {
            len,
            ..self.clone()
        })
    }

    /// Whether a dot between its labels is spelled out.
    pub(super) fn is_spelled(&self) -> bool {
        let dots = self.len.saturating_sub(1);
        self.spelled.iter().take(dots).any(|spelled| *spelled)
    }

    /// Whether the dot after its last label is spelled out.
    pub(super) fn is_spelled_after(&self) -> bool {
        let last = self.len.saturating_sub(1);
        self.spelled.get(last).copied().unwrap_or(false)
    }

    fn is(&self, signs: &Signs, nth: usize, word: &str) -> bool {
        let label = self.label(nth);
        label.len() == word.len() && signs.starts_with(label.start, word)
    }

    fn ends_with(&self, signs: &Signs, words: &[&str]) -> bool {
        self.len > 0 && words.iter().any(|word| self.is(signs, self.len - 1, word))
    }

    /// Whether it is, or ends in, this site (`reurl.cc`).
    fn is_site(&self, signs: &Signs, site: &str) -> bool {
        let parts = site.split('.').count();
        let Some(from) = self.len.checked_sub(parts) else {
            return false;
        };
        site.split('.')
            .enumerate()
            .all(|(nth, part)| self.is(signs, from + nth, part))
    }

    /// Whether its last two labels, with a plain dot between, are a known site.
    fn is_known(&self, signs: &Signs) -> bool {
        let second = self.len.saturating_sub(2);
        let (second, last) = (self.label(second), self.label(self.len.saturating_sub(1)));
        second.len() + last.len() < FoldedWord::CHARS_MAX
            && !self.is_spelled()
            && FoldedWord::of(signs, second.start..last.end).stands_in(&KNOWN)
    }

    /// Whether a path on this host leads to an account of LINE.
    pub(super) fn is_line(&self, signs: &Signs) -> bool {
        LINE_HOSTS.iter().any(|site| self.is_site(signs, site))
    }

    /// Whether the first label is `www`.
    pub(super) fn is_www(&self, signs: &Signs) -> bool {
        self.len >= 3 && self.is(signs, 0, "www")
    }

    /// Whether the last label is letters, or a domain in another script as it is sent (xn--kpry57d); after a scheme or an
    /// at sign any top-level domain is accepted.
    pub(super) fn has_domain(&self, signs: &Signs) -> bool {
        let last = self.label(self.len.saturating_sub(1));
        let letters = last.clone().all(|at| signs.ch(at).is_ascii_alphabetic());
        self.len >= 2 && last.len() >= 2 && (letters || self.is_sent_domain(signs))
    }

    /// Whether the last label is a known domain in another script, as it is sent.
    fn is_sent_domain(&self, signs: &Signs) -> bool {
        let last = self.label(self.len.saturating_sub(1));
        signs.starts_with(last.start, "xn--") && is_public(signs, last)
    }

    /// With the last label cut before two hyphens, which are a dash there: udn.com--see.
    pub(super) fn without_dash(&self, signs: &Signs) -> Option<Self> {
        let last = self.label(self.len.saturating_sub(1));
        let dash = last.clone().find(|&at| signs.starts_with(at, "--"))?;
        let mut cut = self.clone();
        let label = cut.labels.get_mut(self.len.saturating_sub(1))?;
        *label = (last.start as u32, dash as u32);
        Some(cut)
    }

    /// Whether it is an IPv4 address: 192.0.2.1.
    pub(super) fn is_numeric_host(&self, signs: &Signs) -> bool {
        self.len == 4
            && (0..self.len).all(|nth| {
                let label = self.label(nth);
                label.len() <= 3 && self.is_digits(signs, nth)
            })
    }

    fn is_digits(&self, signs: &Signs, nth: usize) -> bool {
        self.label(nth).all(|at| signs.ch(at).is_ascii_digit())
    }

    /// Whether it is an address without a scheme: by its top-level domain, or as a known site.
    pub(super) fn is_address(&self, signs: &Signs, path: bool) -> bool {
        let Some(second) = self.len.checked_sub(2) else {
            return false;
        };
        if self.is_known(signs) {
            return true;
        }
        let both_domains = self.len == 2 && FoldedWord::of(signs, self.label(0)).stands_in(&SECOND);
        let share = self.len == 2 && self.is_digits(signs, 0) && self.ends_with(signs, &EXCHANGES);
        if both_domains || (share && !path) || self.label(second).len() < 2 {
            return false;
        }
        let last = self.label(self.len - 1);
        let common = is_common(signs, last.clone()) || self.is_sent_domain(signs);
        // a spelled-out dot is weaker evidence: only common domains count, and a number before 點 is a time (3點)
        let doubtful = !self.is_spelled() && (path || self.len >= 3) && is_public(signs, last);
        let timed = self.is_spelled() && self.is_digits(signs, second);
        (common || doubtful) && !timed
    }
}

/// Whether a label is a top-level domain of ordinary sites.
pub(super) fn is_common(signs: &Signs, label: Range<usize>) -> bool {
    FoldedWord::of(signs, label).stands_in(&COMMON)
}

/// Whether a label of ASCII is a top-level domain, by Mozilla's list of public suffixes.
pub(super) fn is_public(signs: &Signs, label: Range<usize>) -> bool {
    let word = FoldedWord::of(signs, label);
    let word = word.len.and_then(|len| word.bytes.get(..len));
    word.and_then(psl::suffix)
        .is_some_and(|suffix| suffix.is_known())
}

/// Whether two labels with a dot between them start here: a quick check before all labels are read.
pub(super) fn may_start(signs: &Signs, at: usize) -> bool {
    label_end(signs, at).is_some_and(|end| dot(signs, end).is_some())
}

fn label_end(signs: &Signs, start: usize) -> Option<usize> {
    let most = start + LABEL_CHARS_MAX + 1;
    let mut at = start;
    while at < most {
        if signs.is_alnum(at) {
            at += 1;
            continue;
        }
        let hyphens = |at: &usize| is_hyphen(signs.ch(*at));
        let after = at + (at..most).take_while(hyphens).count();
        if at == start || after == at || !signs.is_alnum(after) {
            break;
        }
        at = after;
    }
    (at > start && at < most).then_some(at)
}

/// Whether it may stand within a label.
pub(super) const fn is_hyphen(ch: char) -> bool {
    matches!(ch, '-' | '_')
}

/// The dot that starts here, if another label follows it.
fn dot(signs: &Signs, at: usize) -> Option<Dot> {
    let found = plain_dot(signs, at).or_else(|| spelled_dot(signs, at))?;
    signs.is_alnum(found.end).then_some(found)
}

fn plain_dot(signs: &Signs, at: usize) -> Option<Dot> {
    let found = Dot {
        end: at + 1,
        spelled: signs.ch(at) != '.',
    };
    let joins =
        matches!(signs.ch(at), '.' | '。' | '‧' | '·' | '・' | '•') && signs.is_alnum(at + 1);
    joins.then_some(found)
}

/// `點`, `(dot)`, ` . `, ` dot `: blanks on both sides or before it, not after it alone, which ends a sentence.
fn spelled_dot(signs: &Signs, at: usize) -> Option<Dot> {
    let blank = signs.is_blank(at);
    let start = at + usize::from(blank);
    let bracketed = DOT_WORDS.iter().find(|word| signs.starts_with(start, word));
    let after = match signs.ch(start) {
        '點' => start + 1,
        '.' if blank => start + 1,
        'd' if blank && signs.starts_with(start, "dot") && signs.is_blank(start + 3) => start + 3,
        _ => start + bracketed?.chars().count(),
    };
    let wide_gap = signs.is_blank(after) && (blank || bracketed.is_some());
    Some(Dot {
        end: after + usize::from(wide_gap),
        spelled: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_hold_nothing_twice() {
        for table in [&COMMON[..], &KNOWN, &SECOND, &EXCHANGES] {
            assert!(table.is_sorted_by(|left, right| left < right), "{table:?}");
        }
    }

    /// The suffix of `host` in Mozilla's list of public suffixes, if that has it, and the domain below it.
    fn by_the_public_list(host: &str) -> (Option<&str>, Option<&str>) {
        let suffix = psl::suffix(host.as_bytes()).filter(psl::Suffix::is_known);
        let domain = psl::domain(host.as_bytes());
        (
            suffix.and_then(|suffix| host.get(host.len() - suffix.as_bytes().len()..)),
            domain.and_then(|domain| host.get(host.len() - domain.as_bytes().len()..)),
        )
    }

    #[test]
    fn the_tables_agree_with_the_list_of_public_suffixes() {
        for domain in COMMON {
            let site = format!("site.{domain}");
            let (suffix, below) = by_the_public_list(&site);
            assert_eq!((suffix, below), (Some(domain), Some(&*site)));
        }
        for site in KNOWN {
            assert_eq!(by_the_public_list(site).1, Some(site), "{site} is a site");
        }
        for host in LINE_HOSTS {
            assert!(by_the_public_list(host).1.is_some(), "{host} is one");
        }
        for second in SECOND.into_iter().filter(|second| *second != "mil") {
            let suffix = format!("{second}.tw");
            let site = format!("site.{suffix}");
            assert_eq!(by_the_public_list(&site).0, Some(&*suffix));
        }
    }
}
