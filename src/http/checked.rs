//! Bytes into a checked shape, in the contract's order: media type, size, JSON, shape.

use std::time::Duration;

use actix_web::{
    HttpRequest,
    http::header,
    rt::time::timeout,
    web::{Bytes, BytesMut, Payload},
};
use futures_util::StreamExt as _;
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};

use super::{
    given::Object,
    problem::{Code, Problem},
};
use crate::intake::{FaultCode, FieldFault};

/// The largest body of articles, moderations, tries, and of one line of a batch.
pub(super) const LARGE_BYTES_MAX: usize = 1 << 20;
/// The largest body elsewhere.
pub(super) const BODY_BYTES_MAX: usize = 256 << 10;
/// How long a body may take to come.
const BODY_TIMEOUT: Duration = Duration::from_secs(60);
/// The media type of every body but a batch.
pub(super) const JSON: &str = "application/json";

/// A body, and its bytes as they came.
pub(super) struct Checked<T> {
    pub value: T,
    pub bytes: Bytes,
}

/// Reads a JSON body of at most `bytes_max`.
pub(super) async fn json<T: DeserializeOwned>(
    request: &HttpRequest,
    payload: Payload,
    bytes_max: usize,
) -> Result<Checked<T>, Problem> {
    check_media_type(request, JSON)?;
    let bytes = read(request, payload, bytes_max).await?;
    Ok(Checked {
        value: parsed(&bytes)?,
        bytes,
    })
}

/// Reads a JSON body that may be left out.
pub(super) async fn json_or_nothing<T: DeserializeOwned + Default>(
    request: &HttpRequest,
    payload: Payload,
    bytes_max: usize,
) -> Result<Checked<T>, Problem> {
    if has_body(request) {
        check_media_type(request, JSON)?;
    }
    let bytes = read(request, payload, bytes_max).await?;
    let value = if bytes.is_empty() {
        T::default()
    } else {
        check_media_type(request, JSON)?;
        parsed(&bytes)?
    };
    Ok(Checked { value, bytes })
}

/// A body that says nothing: absent or an empty object.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// Refuses a body that says something, where a call takes none; its bytes as they came.
pub(super) async fn nothing(
    request: &HttpRequest,
    payload: Payload,
    bytes_max: usize,
) -> Result<Bytes, Problem> {
    let body = json_or_nothing::<Nothing>(request, payload, bytes_max).await?;
    let Nothing {} = body.value;
    Ok(body.bytes)
}

/// Whether the request says that a body follows.
pub(super) fn has_body(request: &HttpRequest) -> bool {
    let length = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    length.is_some_and(|length| length != "0")
        || request.headers().contains_key(header::TRANSFER_ENCODING)
}

/// Whether the body is of this media type.
pub(super) fn check_media_type(request: &HttpRequest, wanted: &str) -> Result<(), Problem> {
    let value = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let essence = value.split(';').next().unwrap_or("").trim();
    // Nothing is unpacked here: what is packed small and unpacks large is no way in.
    let packed = request
        .headers()
        .get(header::CONTENT_ENCODING)
        .is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    if essence.eq_ignore_ascii_case(wanted) && !packed {
        Ok(())
    } else {
        Err(Problem::new(Code::UnsupportedMediaType))
    }
}

/// Reads a body of at most `bytes_max`, and no more whatever `Content-Length` says.
pub(super) async fn read(
    request: &HttpRequest,
    payload: Payload,
    bytes_max: usize,
) -> Result<Bytes, Problem> {
    let length = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > bytes_max as u64) {
        return Err(too_large(bytes_max));
    }
    timeout(BODY_TIMEOUT, collect(payload, bytes_max))
        .await
        .unwrap_or_else(|_| Err(broken_off()))
}

async fn collect(mut payload: Payload, bytes_max: usize) -> Result<Bytes, Problem> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        bytes.extend_from_slice(&chunk.map_err(|_| broken_off())?);
        if bytes.len() > bytes_max {
            return Err(too_large(bytes_max));
        }
    }
    Ok(bytes.freeze())
}

fn too_large(bytes_max: usize) -> Problem {
    Problem::new(Code::TooLarge).saying(
        format!("請求內容超過 {bytes_max} 位元組"),
        format!("the body is above {bytes_max} bytes"),
    )
}

fn broken_off() -> Problem {
    Problem::new(Code::MalformedJson).saying("請求內容中斷", "the body broke off")
}

/// JSON into a shape. What is no JSON at all is told before what is the wrong JSON.
pub(super) fn parsed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let error = match serde_path_to_error::deserialize(&mut deserializer) {
        Ok(Object(value)) => {
            return deserializer
                .end()
                .map(|()| value)
                .map_err(|error| malformed(bytes, &error));
        }
        Err(error) => error,
    };
    if let Err(cut) = std::str::from_utf8(bytes) {
        return Err(not_utf8(&bytes[..cut.valid_up_to()]));
    }
    if let Err(syntax) = serde_json::from_slice::<IgnoredAny>(bytes) {
        return Err(malformed(bytes, &syntax));
    }
    let pointer = pointer_of(error.path());
    let said = error.inner().to_string();
    let said = said
        .rsplit_once(" at line ")
        .map_or(said.as_str(), |(said, _)| said);
    Err(Problem::field(fault_of(&pointer, said)))
}

/// serde counts bytes; people count what they see in their editor.
fn malformed(bytes: &[u8], error: &serde_json::Error) -> Problem {
    let line = bytes
        .split(|byte| *byte == b'\n')
        .nth(error.line().saturating_sub(1))
        .unwrap_or(b"");
    let before = &line[..error.column().min(line.len())];
    malformed_at(error.line(), chars_in(before).max(1))
}

fn not_utf8(before: &[u8]) -> Problem {
    let mut lines = before.rsplit(|byte| *byte == b'\n');
    let last = lines.next().unwrap_or(b"");
    malformed_at(lines.count() + 1, chars_in(last) + 1)
}

fn chars_in(bytes: &[u8]) -> usize {
    String::from_utf8_lossy(bytes).chars().count()
}

fn malformed_at(line: usize, column: usize) -> Problem {
    Problem::new(Code::MalformedJson)
        .saying(
            format!("第 {line} 行第 {column} 欄起不符合 JSON 格式"),
            format!("not JSON at line {line}, column {column}"),
        )
        .with("line", line)
        .with("column", column)
}

fn pointer_of(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", escaped(key)),
            Segment::Enum { variant } => format!("/{}", escaped(variant)),
            Segment::Unknown => String::new(),
        })
        .collect()
}

/// serde's words into a code. The path leads to an unknown field itself, but to the parent of one that is missing or
/// stands there twice; these two are names of ours, in backticks.
fn fault_of(pointer: &str, said: &str) -> FieldFault {
    let named = |prefix: &str| {
        said.strip_prefix(prefix)
            .and_then(|rest| rest.split('`').next())
            .map(|name| format!("{pointer}/{name}"))
    };
    if said.starts_with("unknown field `") {
        return FieldFault::new(
            pointer,
            FaultCode::UnknownField,
            "沒有這個欄位",
            "there is no such field",
        );
    }
    if let Some(missing) = named("missing field `") {
        return FieldFault::missing(missing);
    }
    if let Some(twice) = named("duplicate field `") {
        return FieldFault::invalid(twice, "欄位重複", "the field is given twice");
    }
    match expected(said) {
        Some((zh_tw, en)) => {
            FieldFault::invalid(pointer, format!("須為{zh_tw}"), format!("must be {en}"))
        }
        None => FieldFault::invalid(pointer, "無法讀取此值", "the value cannot be read"),
    }
}

/// What serde wanted, in words for people.
fn expected(said: &str) -> Option<(&'static str, &'static str)> {
    let (_, wanted) = said.rsplit_once(", expected ")?;
    Some(match wanted {
        "a string" => ("字串", "a string"),
        "a boolean" => (" true 或 false", "true or false"),
        "a sequence" => ("陣列", "an array"),
        "u32" => (" 0 以上的整數", "a whole number from 0"),
        _ if wanted == "an object" || wanted.starts_with("struct ") => ("物件", "an object"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde::Deserialize;

    use super::{super::problem::Language, *};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[serde(default, deserialize_with = "crate::http::given::given")]
        inner: Option<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code, reason = "only its shape is asked for")]
        tags: Vec<String>,
    }

    fn told(body: &str) -> (String, String, String) {
        let json = parsed::<Outer>(body.as_bytes())
            .unwrap_err()
            .json(Language::En);
        let text = |value: &serde_json::Value| value.as_str().unwrap_or("").to_owned();
        (
            text(&json["code"]),
            text(&json["errors"][0]["pointer"]),
            text(&json["errors"][0]["code"]),
        )
    }

    #[test]
    fn each_fault_names_its_field() {
        let case = |body: &str, pointer: &str, code: &str| {
            assert_eq!(
                told(body),
                (
                    "invalid-fields".to_owned(),
                    pointer.to_owned(),
                    code.to_owned()
                ),
                "{body}"
            );
        };
        case(r#"{"other": 1}"#, "/other", "unknown-field");
        case(r#"{"inner": {"x": 1}}"#, "/inner/x", "unknown-field");
        case(r#"{"inner": {}}"#, "/inner/tags", "missing-field");
        case(
            r#"{"inner": {"tags": ["a", 2]}}"#,
            "/inner/tags/1",
            "invalid-field",
        );
        case(
            r#"{"inner": null, "inner": null}"#,
            "/inner",
            "invalid-field",
        );
        case("[]", "", "invalid-field");
        case(r#"[{"tags": []}]"#, "", "invalid-field");
        case(r#"{"inner": [["a"]]}"#, "/inner", "invalid-field");
        case("null", "", "invalid-field");
        case(r#"{"a/b~c": 1}"#, "/a~1b~0c", "unknown-field");
        case(r#"{"a`b": 1}"#, "/a`b", "unknown-field");
    }

    #[test]
    fn a_wrong_type_is_told_in_words_for_people() {
        let json = parsed::<Outer>(br#"{"inner": {"tags": "secret"}}"#)
            .unwrap_err()
            .json(Language::En);
        assert_eq!(json["errors"][0]["detail"], "must be an array");
    }

    #[test]
    fn columns_count_what_people_see() {
        let place = |body: &[u8]| {
            let json = parsed::<Outer>(body).unwrap_err().json(Language::En);
            (json["line"].as_u64(), json["column"].as_u64())
        };
        assert_eq!(place("{\n\"版主\": 好}".as_bytes()), (Some(2), Some(7)));
        assert_eq!(place(b""), (Some(1), Some(1)));
        assert_eq!(place(b"{\n\"\xE7\x89\x88\xFF\": 1}"), (Some(2), Some(3)));
    }

    #[test]
    fn absent_null_and_empty_mean_the_same() {
        for body in ["{}", r#"{"inner": null}"#, r#"{"inner": ""}"#] {
            assert!(
                parsed::<Outer>(body.as_bytes()).unwrap().inner.is_none(),
                "{body}"
            );
        }
        for body in [r#"{"inner": "x"}"#, r#"{"inner": 0}"#, r#"{"inner": true}"#] {
            let wrong = (
                "invalid-fields".to_owned(),
                "/inner".to_owned(),
                "invalid-field".to_owned(),
            );
            assert_eq!(told(body), wrong, "{body}");
        }
    }

    #[test]
    fn what_is_no_json_is_told_first() {
        let json = parsed::<Outer>(b"{\"other\": 1,\n  oops}")
            .unwrap_err()
            .json(Language::En);
        assert_eq!(
            (json["code"].as_str(), json["line"].as_u64()),
            (Some("malformed-json"), Some(2))
        );
        assert_eq!(
            parsed::<Outer>(b"").unwrap_err().json(Language::En)["code"],
            "malformed-json"
        );
        assert_eq!(
            parsed::<Outer>(b"{} x").unwrap_err().json(Language::En)["code"],
            "malformed-json"
        );
        assert_eq!(
            parsed::<Outer>(b"{\"inner\": \"\xff\"}")
                .unwrap_err()
                .json(Language::En)["code"],
            "malformed-json"
        );
    }
}
