//! Half a character: JSON can write one half of a surrogate pair, which no text has. A client that cuts a text in the middle
//! of an emoji sends such. In a text it becomes U+FFFD, and the answer says so; an id with one is no id.

use std::borrow::Cow;

use actix_web::web::Bytes;
use serde::Serialize;

use super::problem::Problem;
use crate::intake::{FieldFault, bad_id};

/// Deeper than any body that the parser takes.
const DEPTH_MAX: usize = 128;
/// What takes the place of half a character, as long as what it replaces: places in the body stay what they were.
const REPLACEMENT: &[u8; 6] = b"\\ufffd";

/// What the answer tells of a body that was taken otherwise than it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Warning {
    /// RFC 6901 pointer into the body.
    pub pointer: String,
    /// What.
    pub code: &'static str,
}

/// What was replaced in a body, for its answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Warnings(Vec<Warning>);

impl Warnings {
    /// Whether there is nothing to tell.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The answer with what there is to tell: an object gets one member more.
    pub fn add_to(&self, answer: Bytes) -> Bytes {
        let open = answer.strip_suffix(b"}");
        let Some(open) = open.filter(|_| !self.is_empty() && answer.starts_with(b"{")) else {
            return answer;
        };
        let Ok(warnings) = serde_json::to_vec(&self.0) else {
            return answer;
        };
        // `{}` becomes `{"warnings":[...]}`, without a leading comma.
        let comma: &[u8] = if open == b"{" { b"" } else { b"," };
        [open, comma, b"\"warnings\":", &warnings, b"}"]
            .concat()
            .into()
    }
}

/// The body without half characters, and where they stood.
pub(super) fn mended(body: &[u8]) -> (Cow<'_, [u8]>, Vec<String>) {
    if !may_hold_any(body) {
        return (Cow::Borrowed(body), Vec::new());
    }
    let mut walk = JsonScan {
        body: body.to_vec(),
        at: 0,
        frames: Vec::new(),
        found: Vec::new(),
    };
    walk.all();
    (Cow::Owned(walk.body), walk.found)
}

/// What is told of half characters at these places; refused where one stands in an id.
pub(super) fn warnings(pointers: Vec<String>) -> Result<Warnings, Problem> {
    let faults: Vec<FieldFault> = pointers
        .iter()
        .filter(|pointer| is_id(pointer))
        .map(|pointer| bad_id(pointer))
        .collect();
    if !faults.is_empty() {
        return Err(Problem::fields(faults));
    }
    let warning = |pointer| Warning {
        pointer,
        code: "lone-surrogate",
    };
    Ok(Warnings(pointers.into_iter().map(warning).collect()))
}

fn is_id(pointer: &str) -> bool {
    let name = pointer.rsplit('/').next().unwrap_or("");
    name == "id" || name.ends_with("_id")
}

/// Whether a surrogate is written anywhere, in a pair or alone.
fn may_hold_any(body: &[u8]) -> bool {
    // most bodies hold no escape at all, and that is quickly seen
    body.contains(&b'\\')
        // All surrogates, D800 to DFFF, begin with `\ud`. So does `\ud7ff`, for which the scan finds nothing.
        && body
            .windows(3)
            .any(|three| three[0] == b'\\' && three[1] == b'u' && matches!(three[2], b'd' | b'D'))
}

enum Frame {
    /// An object, and the name whose value comes next.
    Object(Option<String>),
    /// An array, and the place of the value that comes next.
    Array(usize),
}

/// A walk over the strings of a body. What is no JSON the parser tells afterwards.
struct JsonScan {
    body: Vec<u8>,
    at: usize,
    frames: Vec<Frame>,
    found: Vec<String>,
}

impl JsonScan {
    fn all(&mut self) {
        while let Some(byte) = self.body.get(self.at).copied() {
            self.at += 1;
            match byte {
                b'{' => self.frames.push(Frame::Object(None)),
                b'[' => self.frames.push(Frame::Array(0)),
                b'}' | b']' => {
                    self.frames.pop();
                }
                b',' => self.next_value(),
                b'"' => self.string(),
                _ => {}
            }
            if self.frames.len() > DEPTH_MAX {
                return;
            }
        }
    }

    fn next_value(&mut self) {
        match self.frames.last_mut() {
            Some(Frame::Object(name)) => *name = None,
            Some(Frame::Array(place)) => *place += 1,
            None => {}
        }
    }

    /// A string, from behind its opening quote to behind its closing one.
    fn string(&mut self) {
        let begin = self.at - 1;
        let mut is_mended = false;
        while let Some(byte) = self.body.get(self.at).copied() {
            match byte {
                b'"' => {
                    self.at += 1;
                    break;
                }
                b'\\' => is_mended |= self.escape(),
                _ => self.at += 1,
            }
        }
        // In an object that has no name yet, this string is the name of the next value.
        if let Some(Frame::Object(name @ None)) = self.frames.last_mut() {
            let written = self.body.get(begin..self.at).unwrap_or(b"");
            *name = Some(serde_json::from_slice(written).unwrap_or_default());
            return;
        }
        if is_mended {
            self.found.push(self.pointer());
        }
    }

    /// An escape; whether it was half a character, and is one no more.
    fn escape(&mut self) -> bool {
        let Some(unit) = unit_at(&self.body, self.at) else {
            // Both bytes at once: `\"` does not end the string, and `\\ud800` is a backslash and plain text.
            self.at += 2;
            return false;
        };
        let begin = self.at;
        // An escaped unit is as long as its replacement: `\ud800`, `\ufffd`.
        self.at += REPLACEMENT.len();
        match unit {
            0xD800..0xDC00 if unit_at(&self.body, self.at).is_some_and(is_second_half) => {
                self.at += REPLACEMENT.len();
                false
            }
            0xD800..0xE000 => {
                if let Some(half) = self.body.get_mut(begin..self.at) {
                    half.copy_from_slice(REPLACEMENT);
                }
                true
            }
            _ => false,
        }
    }

    fn pointer(&self) -> String {
        let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
        self.frames
            .iter()
            .map(|frame| match frame {
                Frame::Object(name) => format!("/{}", escaped(name.as_deref().unwrap_or(""))),
                Frame::Array(place) => format!("/{place}"),
            })
            .collect()
    }
}

const fn is_second_half(unit: u32) -> bool {
    matches!(unit, 0xDC00..0xE000)
}

/// The code unit of the escape at this place: `\ud83d` gives 0xD83D. `None` if no such escape begins here.
fn unit_at(body: &[u8], at: usize) -> Option<u32> {
    let digits = body.get(at..at + REPLACEMENT.len())?.strip_prefix(b"\\u")?;
    let digits = std::str::from_utf8(digits).ok()?;
    let all_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    all_hex.then(|| u32::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[track_caller]
    fn check(body: &str, wanted: &str, at: &[&str]) {
        let (mended, found) = mended(body.as_bytes());
        assert_eq!(std::str::from_utf8(&mended).unwrap(), wanted);
        assert_eq!(found, at);
        assert_eq!(mended.len(), body.len());
    }

    #[test]
    fn half_a_character_is_replaced_and_its_place_told() {
        check(
            r#"{"body":"早\ud83d"}"#,
            r#"{"body":"早\ufffd"}"#,
            &["/body"],
        );
        check(
            r#"{"body":"\uDE00早"}"#,
            r#"{"body":"\ufffd早"}"#,
            &["/body"],
        );
        check(
            r#"{"tags":["a","\ud83d\ud83d\ude00"],"member":{"nickname":"\udc00"}}"#,
            r#"{"tags":["a","\ufffd\ud83d\ude00"],"member":{"nickname":"\ufffd"}}"#,
            &["/tags/1", "/member/nickname"],
        );
    }

    #[test]
    fn whole_characters_and_what_only_looks_like_half_ones_stay() {
        for body in [
            r#"{"body":"\ud83d\ude00"}"#,
            r#"{"body":"\\ud83d"}"#,
            r#"{"body":"早安"}"#,
            r#"{"body":"\u65e9"}"#,
            r#"{"body":"\ud8"#,
            r#"{"body":"\ud8zz"}"#,
            "\\",
            "{\"a\":\"\\",
        ] {
            check(body, body, &[]);
        }
    }

    #[test]
    fn in_an_id_it_is_refused() {
        for (pointer, refused) in [
            ("/member/id", true),
            ("/comment_id", true),
            ("/body", false),
            ("/tags/0", false),
        ] {
            assert_eq!(
                warnings(vec![pointer.to_owned()]).is_err(),
                refused,
                "{pointer}"
            );
        }
    }

    #[test]
    fn an_answer_gets_one_member_more() {
        let told = |answer: &'static str| {
            let warnings = warnings(vec!["/body".to_owned()]).unwrap();
            let told = warnings.add_to(Bytes::from_static(answer.as_bytes()));
            String::from_utf8(told.to_vec()).unwrap()
        };
        let warned = r#""warnings":[{"pointer":"/body","code":"lone-surrogate"}]"#;
        assert_eq!(told("{}"), format!("{{{warned}}}"));
        assert_eq!(told(r#"{"a":1}"#), format!("{{\"a\":1,{warned}}}"));
        assert_eq!(told("[]"), "[]");
    }
}
