//! Bytes into a checked shape, in the contract's order: media type, size, JSON, shape.

use actix_web::{
    HttpRequest,
    http::header,
    web::{Bytes, BytesMut, Payload},
};
use futures_util::StreamExt as _;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::problem::{Code, Problem};
use crate::intake::{FaultCode, FieldFault};

/// The largest body of articles, moderations, tries, and of one line of a batch.
pub(super) const LARGE_BYTES_MAX: usize = 1 << 20;
/// The largest body elsewhere.
pub(super) const BODY_BYTES_MAX: usize = 256 << 10;

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
    check_media_type(request, "application/json")?;
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
    if !has_body(request) {
        return Ok(Checked {
            value: T::default(),
            bytes: Bytes::new(),
        });
    }
    json(request, payload, bytes_max).await
}

/// Whether the request says that a body follows.
fn has_body(request: &HttpRequest) -> bool {
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
    if essence.eq_ignore_ascii_case(wanted) {
        Ok(())
    } else {
        Err(Problem::new(Code::UnsupportedMediaType))
    }
}

/// Reads a body of at most `bytes_max`, and no more whatever `Content-Length` says.
pub(super) async fn read(
    request: &HttpRequest,
    mut payload: Payload,
    bytes_max: usize,
) -> Result<Bytes, Problem> {
    let too_large = || {
        Problem::new(Code::TooLarge).saying(
            format!("請求內容超過 {bytes_max} 位元組"),
            format!("the body is above {bytes_max} bytes"),
        )
    };
    let length = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > bytes_max as u64) {
        return Err(too_large());
    }
    let mut bytes = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let cut =
            |_| Problem::new(Code::MalformedJson).saying("請求內容中斷", "the body broke off");
        bytes.extend_from_slice(&chunk.map_err(cut)?);
        if bytes.len() > bytes_max {
            return Err(too_large());
        }
    }
    Ok(bytes.freeze())
}

/// JSON into a shape. What is no JSON at all is told before what is the wrong JSON.
pub(super) fn parsed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let error = match serde_path_to_error::deserialize(&mut deserializer) {
        Ok(value) => {
            return deserializer
                .end()
                .map(|()| value)
                .map_err(|error| malformed(&error));
        }
        Err(error) => error,
    };
    if let Err(cut) = std::str::from_utf8(bytes) {
        return Err(not_utf8(&bytes[..cut.valid_up_to()]));
    }
    if let Err(syntax) = serde_json::from_slice::<IgnoredAny>(bytes) {
        return Err(malformed(&syntax));
    }
    let pointer = pointer_of(error.path());
    let said = error.inner().to_string();
    let said = said
        .rsplit_once(" at line ")
        .map_or(said.as_str(), |(said, _)| said);
    Err(Problem::field(fault_of(&pointer, said)))
}

fn malformed(error: &serde_json::Error) -> Problem {
    malformed_at(error.line(), error.column())
}

fn not_utf8(before: &[u8]) -> Problem {
    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
    let column = 1 + before
        .iter()
        .rev()
        .take_while(|byte| **byte != b'\n')
        .count();
    malformed_at(line, column)
}

fn malformed_at(line: usize, column: usize) -> Problem {
    Problem::new(Code::MalformedJson)
        .saying(
            format!("第 {line} 行第 {column} 欄起不是正確的 JSON"),
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

/// serde's words into a code; the field that it names in backticks belongs to the pointer.
fn fault_of(pointer: &str, said: &str) -> FieldFault {
    let named = |prefix: &str| {
        said.strip_prefix(prefix)
            .and_then(|rest| rest.split('`').next())
            .map(|name| format!("{pointer}/{name}"))
    };
    if let Some(unknown) = named("unknown field `") {
        // The path leads to the unknown field itself already.
        let name = unknown.rsplit('/').next().unwrap_or("");
        let pointer = if pointer.ends_with(&format!("/{name}")) {
            pointer.to_owned()
        } else {
            unknown.clone()
        };
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
    FieldFault::invalid(pointer, format!("型別或內容不符:{said}"), said.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde::Deserialize;

    use super::{super::problem::Language, *};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[expect(dead_code, reason = "only its shape is asked for")]
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
