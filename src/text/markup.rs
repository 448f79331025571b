//! Markup undone: entities read, tags taken out, and every character's place in what the member wrote kept.

use serde::Deserialize;

use super::{Span, Surface};

/// The markup that a board's comments are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Markup {
    /// Texts are plain.
    #[default]
    None,
    /// Tags and entities.
    Html,
    /// Tags in brackets, and entities.
    Bbcode,
    /// Doubled asterisks, HTML's tags, and entities.
    Markdown,
}

/// The markup of each surface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MarkupRules {
    /// Of comments.
    pub body: Markup,
    /// Of nicknames.
    pub nickname: Markup,
    /// Of tags.
    pub tags: Markup,
}

impl MarkupRules {
    /// That of one surface.
    pub const fn of(self, surface: Surface) -> Markup {
        match surface {
            Surface::Body => self.body,
            Surface::Nickname => self.nickname,
            Surface::Tags => self.tags,
        }
    }
}

/// A text without its markup.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UndoneMarkup {
    text: String,
    /// For each character, the code points of the original that it comes from.
    origins: Vec<Span>,
}

/// No tag and no entity is longer, in bytes.
const TAG_BYTES_MAX: usize = 300;
const ENTITY_BYTES_MAX: usize = 10;
/// Tags that end a line; others stand within words (幹<b>你</b>娘).
const BREAKS: [&str; 20] = [
    "br",
    "p",
    "div",
    "li",
    "ul",
    "ol",
    "hr",
    "tr",
    "td",
    "th",
    "table",
    "img",
    "h1",
    "h2",
    "h3",
    "h4",
    "blockquote",
    "pre",
    "quote",
    "list",
];
const BBCODE: [&str; 16] = [
    "b", "i", "u", "s", "color", "size", "font", "center", "left", "right", "url", "img", "quote",
    "code", "list", "spoiler",
];
const ENTITIES: [(&str, char); 6] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", '\u{a0}'),
];

impl UndoneMarkup {
    /// The text without markup; `None` if it has none, which allocates nothing.
    pub fn of(original: &str, markup: Markup) -> Option<Self> {
        let has = |sign: &[u8]| original.bytes().any(|byte| sign.contains(&byte));
        let marked = match markup {
            Markup::None => false,
            Markup::Html => has(b"<&"),
            Markup::Bbcode => has(b"[&"),
            Markup::Markdown => has(b"<&*"),
        };
        marked.then(|| Self::read(original, markup))
    }

    fn read(original: &str, markup: Markup) -> Self {
        let mut undone = Self::default();
        let bold = markup == Markup::Markdown && original.matches("**").nth(1).is_some();
        let (mut rest, mut at) = (original, 0);
        while let Some(first) = rest.chars().next() {
            let found = match first {
                '&' => entity(rest),
                '<' if markup != Markup::Bbcode => tag(rest, '>', None),
                '[' if markup == Markup::Bbcode => tag(rest, ']', Some(&BBCODE)),
                '*' if bold && rest.starts_with("**") => Some((2, None)),
                _ => None,
            };
            let (bytes, shown) = found.unwrap_or((first.len_utf8(), Some(first)));
            let (taken, after) = rest.split_at_checked(bytes).unwrap_or((rest, ""));
            let end = at + taken.chars().count() as u32;
            if let Some(shown) = shown {
                undone.text.push(shown);
                undone.origins.push(Span { start: at, end });
            }
            (rest, at) = (after, end);
        }
        undone
    }

    /// The text to look into.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A span of the original as one of this text.
    pub fn shown(&self, original: Span) -> Span {
        let start = |from: &Span| from.end <= original.start;
        let end = |from: &Span| from.start < original.end;
        Span {
            start: self.origins.partition_point(start) as u32,
            end: self.origins.partition_point(end) as u32,
        }
    }

    /// A span of it as one of the original.
    pub fn original(&self, span: Span) -> Span {
        let origins = self.origins.get(span.start as usize..span.end as usize);
        match origins.unwrap_or_default() {
            [first, .., last] => Span {
                start: first.start,
                end: last.end,
            },
            [only] => *only,
            [] => Span { start: 0, end: 0 },
        }
    }
}

/// The entity that the text begins with: its bytes, and the character.
fn entity(rest: &str) -> Option<(usize, Option<char>)> {
    let end = rest
        .bytes()
        .take(ENTITY_BYTES_MAX)
        .position(|byte| byte == b';')?;
    let name = rest.get(1..end)?;
    let code = match name.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => number.parse().ok(),
        },
        None => None,
    };
    let named = || ENTITIES.iter().find(|(known, _)| *known == name);
    let shown = code
        .and_then(char::from_u32)
        .or_else(|| named().map(|(_, shown)| *shown))
        .filter(|shown| *shown != '\0')?;
    Some((end + 1, Some(shown)))
}

/// The tag that the text begins with: its bytes, and a line end if it breaks one. A tag with an address stays.
fn tag(rest: &str, close: char, known: Option<&[&str]>) -> Option<(usize, Option<char>)> {
    let inner = rest.get(1..)?;
    let open = rest.as_bytes().first()?;
    let end = inner
        .bytes()
        .take(TAG_BYTES_MAX)
        .take_while(|byte| byte != open)
        .position(|byte| byte == close as u8)?;
    let inner = inner.get(..end)?;
    let named = inner.strip_prefix('/').unwrap_or(inner);
    let letters = named.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let name = named.get(..letters)?.to_ascii_lowercase();
    let is_comment = inner.starts_with("!--");
    let is_name = name.starts_with(|ch: char| ch.is_ascii_alphabetic())
        && known.is_none_or(|known| known.contains(&&*name));
    if !(is_name || (is_comment && known.is_none())) || inner.contains("://") {
        return None;
    }
    let breaks = BREAKS.contains(&&*name);
    Some((end + 2, breaks.then_some('\n')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is(markup: Markup, original: &str, shown: &str) {
        let undone = UndoneMarkup::of(original, markup);
        assert_eq!(undone.as_ref().map(UndoneMarkup::text), Some(shown));
    }

    #[test]
    fn tags_and_entities_are_undone() {
        is(Markup::Html, "幹<b>你</b>娘", "幹你娘");
        is(Markup::Html, "白痴&#24066;&#x9577; &amp;", "白痴市長 &");
        is(Markup::Html, "幹<br/>你<!-- x -->", "幹\n你");
        is(Markup::Bbcode, "幹[b]你[/b][x]", "幹你[x]");
        is(Markup::Markdown, "幹**你**娘 2*3", "幹你娘 2*3");
    }

    #[test]
    fn what_is_no_markup_stays() {
        for text in [
            "1 < 2 > 0",
            "<3",
            "&",
            "&#0;",
            "&#99999999;",
            "<a href='https://a.tw'>",
            "<b",
            "<",
            "&;",
        ] {
            is(Markup::Html, text, text);
        }
        assert_eq!(UndoneMarkup::of("早安 [b]", Markup::Html), None);
        assert_eq!(UndoneMarkup::of("<b>&amp;", Markup::None), None);
    }

    #[test]
    fn spans_are_those_of_the_original() {
        let original = "啊幹<b>你</b>&#23064;!";
        let undone = UndoneMarkup::of(original, Markup::Html).unwrap_or_default();
        let span = undone.original(Span { start: 1, end: 4 });
        assert_eq!(span.slice(original), "幹<b>你</b>&#23064;");
        assert_eq!(undone.original(Span { start: 9, end: 12 }).len(), 0);
        assert_eq!(undone.shown(span), Span { start: 1, end: 4 });
    }
}
