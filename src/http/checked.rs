//! Reads and checks bodies, in the contract's order: media type, size, JSON, shape.

use std::{sync::Arc, time::Instant};

use actix_web::{
    HttpMessage as _, HttpRequest,
    http::header,
    rt::time::timeout,
    web::{Bytes, BytesMut, Data, Payload},
};
use futures_util::StreamExt as _;
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::Value;
use utoipa::{
    ToSchema,
    openapi::{RefOr, Schema},
};

use super::{
    ConnectionLimits, HttpState, auth,
    connections::{BodyBudget, BodyReadGuard, BodyShare},
    empty_as_none::Object,
    media::{JSON, check_media_type, has_body},
    problem::{Code, Problem},
    surrogates::{self, Warnings},
};
use crate::intake::{FaultCode, FieldFault};

/// A body that was read, and its bytes as they came.
pub(super) struct Checked<T> {
    pub value: T,
    pub bytes: Bytes,
}

/// Reads a JSON body of at most `bytes_max`.
pub(super) async fn json<T: DeserializeOwned + ToSchema>(
    request: &HttpRequest,
    payload: Payload,
    bytes_max: usize,
) -> Result<Checked<T>, Problem> {
    check_media_type(request, JSON)?;
    let bytes = read(request, payload, bytes_max).await?;
    Ok(Checked {
        value: mended(request, &bytes, parsed)?,
        bytes,
    })
}

/// As [`json`], for bodies whose fields `check` checks; faults in fields are returned inside, as they come after those of
/// the query.
pub(super) async fn json_by<T: DeserializeOwned, C>(
    request: &HttpRequest,
    payload: Payload,
    bytes_max: usize,
    check: impl FnOnce(T) -> Result<C, Vec<FieldFault>>,
) -> Result<Checked<Result<C, Problem>>, Problem> {
    check_media_type(request, JSON)?;
    let bytes = read(request, payload, bytes_max).await?;
    let value = match mended(request, &bytes, |whole| parsed_by(whole, 1, check)) {
        // malformed JSON is reported before a bad query, and that before bad fields
        Err(problem) if !problem.is_of_fields() => return Err(problem),
        value => value,
    };
    Ok(Checked { value, bytes })
}

/// Reads a JSON body that may be left out.
pub(super) async fn json_or_nothing<T: DeserializeOwned + ToSchema + Default>(
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
        mended(request, &bytes, parsed)?
    };
    Ok(Checked { value, bytes })
}

/// Replaces lone surrogates, then parses; the answer will carry a warning for each.
fn mended<C>(
    request: &HttpRequest,
    bytes: &[u8],
    parse: impl FnOnce(&[u8]) -> Result<C, Problem>,
) -> Result<C, Problem> {
    let (value, warnings) = mended_by(bytes, parse)?;
    if !warnings.is_empty() {
        request.extensions_mut().insert(warnings);
    }
    Ok(value)
}

/// As [`mended`], for a line of a batch, which has an answer of its own.
pub(super) fn mended_by<C>(
    bytes: &[u8],
    parse: impl FnOnce(&[u8]) -> Result<C, Problem>,
) -> Result<(C, Warnings), Problem> {
    let (whole, pointers) = surrogates::mended(bytes);
    let value = parse(&whole)?;
    Ok((value, surrogates::warnings(pointers)?))
}

/// The body of a call that takes none: absent, or an empty object.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NoBody {}

/// Reads a body of at most `bytes_max`, and no more whatever `Content-Length` says. It counts against the memory for
/// bodies until the request is answered.
pub(super) async fn read(
    request: &HttpRequest,
    payload: Payload,
    bytes_max: usize,
) -> Result<Bytes, Problem> {
    let length = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    // Spares the transfer. `collect` enforces the limit again, for chunked bodies have no length.
    if length.is_some_and(|length| length > bytes_max as u64) {
        return Err(too_large(bytes_max));
    }
    let begun = Instant::now();
    let state = request.app_data::<Data<HttpState>>();
    let limits = state.map_or_else(ConnectionLimits::default, |state| state.settings.limits);
    let mut share = share(request);
    // The guard lets a stalled upload make room, the timeout ends one that only trickles.
    let reading = BodyReadGuard::of(request.conn_data());
    let bytes = timeout(
        limits.body_timeout,
        collect(payload, bytes_max, share.as_mut(), &reading),
    )
    .await
    .unwrap_or_else(|_| Err(Problem::new(Code::RequestTimeout)))?;
    // The request keeps the share, so the bytes count until the request is dropped.
    if let Some(share) = share {
        request.extensions_mut().insert(share);
    }
    // A slow upload must not outlive the key or sign-in that began it.
    auth::holds_still(request, begun).await?;
    Ok(bytes)
}

/// A share of the memory for bodies, still empty.
pub(super) fn share(request: &HttpRequest) -> Option<BodyShare> {
    let bodies = request.app_data::<Data<Arc<BodyBudget>>>()?;
    Some(bodies.share())
}

async fn collect(
    mut payload: Payload,
    bytes_max: usize,
    mut share: Option<&mut BodyShare>,
    reading: &BodyReadGuard<'_>,
) -> Result<Bytes, Problem> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| broken_off())?;
        reading.came_on();
        if bytes.len() + chunk.len() > bytes_max {
            return Err(too_large(bytes_max));
        }
        // Counted as bytes arrive, not by `Content-Length`: a client that announces much reserves nothing.
        if share.as_mut().is_some_and(|share| !share.take(chunk.len())) {
            return Err(too_many_bodies());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

/// The memory for bodies is used up for now.
pub(super) fn too_many_bodies() -> Problem {
    Problem::new(Code::Overloaded).saying(
        "處理中的請求內容過多，請稍後重試。",
        "Too much is being sent at once; try again.",
    )
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

/// Parses JSON into a type; reports every fault of its shape at once, and missing fields beside them.
pub(super) fn parsed<T: DeserializeOwned + ToSchema>(bytes: &[u8]) -> Result<T, Problem> {
    let shaped = shaped::<T>(bytes, 1)?;
    match shaped.value {
        Some(value) if shaped.faults.is_empty() => Ok(value),
        _ => {
            let missing = missing::<T>(&shaped.rest);
            Err(shaped.refused(missing))
        }
    }
}

/// As [`parsed`], for bodies whose fields `check` checks: faults of the shape and of the fields are reported together.
/// `first_line` is the number of the body's first line.
pub(super) fn parsed_by<T: DeserializeOwned, C>(
    bytes: &[u8],
    first_line: usize,
    check: impl FnOnce(T) -> Result<C, Vec<FieldFault>>,
) -> Result<C, Problem> {
    let mut shaped = shaped::<T>(bytes, first_line)?;
    match shaped.value.take().map(check) {
        Some(Ok(checked)) if shaped.faults.is_empty() => Ok(checked),
        None | Some(Ok(_)) => Err(shaped.refused(Vec::new())),
        Some(Err(more)) => Err(shaped.refused(more)),
    }
}

/// What could be parsed of a body.
struct ParsedBody<T> {
    /// The value without the fields at fault; `None` if it cannot be built without them.
    value: Option<T>,
    /// The JSON without the fields at fault; null if there are none.
    rest: Value,
    faults: Vec<FieldFault>,
}

/// The most faults of its shape that are reported for a body.
const FAULTS_MAX: usize = 50;

/// Parses a type. Malformed JSON is reported before JSON of the wrong shape. serde stops at the first fault, so each is
/// noted and taken out, until the rest can be parsed: of `{"days": "x", "kind": 1}` first `days`, then `kind`.
fn shaped<T: DeserializeOwned>(bytes: &[u8], first_line: usize) -> Result<ParsedBody<T>, Problem> {
    // Where all is well, nobody asks for the places.
    if let Ok(Object(value)) = serde_json::from_slice(bytes) {
        return Ok(ParsedBody {
            value: Some(value),
            rest: Value::Null,
            faults: Vec::new(),
        });
    }
    // Once more, now tracking paths, to know which field is at fault.
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let mut error = match serde_path_to_error::deserialize(&mut deserializer) {
        Ok(Object(value)) => {
            deserializer
                .end()
                .map_err(|error| malformed(bytes, &error, first_line))?;
            return Ok(ParsedBody {
                value: Some(value),
                rest: Value::Null,
                faults: Vec::new(),
            });
        }
        Err(error) => error,
    };
    if let Err(cut) = std::str::from_utf8(bytes) {
        return Err(not_utf8(&bytes[..cut.valid_up_to()], first_line));
    }
    // `IgnoredAny` fits any JSON, so an error here is one of syntax, not of shape.
    if let Err(syntax) = serde_json::from_slice::<IgnoredAny>(bytes) {
        return Err(malformed(bytes, &syntax, first_line));
    }
    let mut shaped = ParsedBody {
        value: None,
        rest: serde_json::from_slice(bytes).unwrap_or_default(),
        faults: Vec::new(),
    };
    while shaped.faults.len() < FAULTS_MAX {
        let fault = fault_of(&pointer_of(error.path()), &said(error.inner()));
        // The same place again means that taking it out did not help: stop, or the loop would not end.
        let is_known = shaped
            .faults
            .iter()
            .any(|known| known.pointer == fault.pointer);
        if is_known || !take_out(&mut shaped.rest, error.path(), &fault) {
            shaped.faults.extend((!is_known).then_some(fault));
            break;
        }
        shaped.faults.push(fault);
        match serde_path_to_error::deserialize(&shaped.rest) {
            Ok(Object(value)) => {
                shaped.value = Some(value);
                break;
            }
            Err(next) => error = next,
        }
    }
    Ok(shaped)
}

impl<T> ParsedBody<T> {
    /// All faults together. A field that was taken out is not reported as missing as well.
    fn refused(self, more: Vec<FieldFault>) -> Problem {
        let is_of = |fault: &FieldFault, taken: &FieldFault| {
            // Related are the field, its parents and its children: without `/a/b`, `/a` may seem missing.
            // An unknown field hides no known one, so it excuses nothing.
            let below = taken.pointer.strip_prefix(&fault.pointer);
            taken.code != FaultCode::UnknownField
                && (below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                    || fault.pointer.starts_with(&format!("{}/", taken.pointer)))
        };
        let mut faults = self.faults;
        let more: Vec<_> = more
            .into_iter()
            .filter(|fault| !faults.iter().any(|taken| is_of(fault, taken)))
            .collect();
        faults.extend(more);
        Problem::fields(faults)
    }
}

/// Takes out the field at fault; false if that is not possible.
fn take_out(body: &mut Value, path: &serde_path_to_error::Path, fault: &FieldFault) -> bool {
    use serde_path_to_error::Segment;
    // of a field given twice, one is left already; a missing field cannot be taken out
    if fault.pointer != pointer_of(path) {
        return fault.code == FaultCode::InvalidField;
    }
    let mut segments = path.iter().peekable();
    let mut at = body;
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        let next = match (at, segment) {
            (Value::Object(fields), Segment::Map { key }) if is_last => {
                return fields.remove(key).is_some();
            }
            (Value::Object(fields), Segment::Map { key }) => fields.get_mut(key),
            (Value::Array(items), Segment::Seq { index }) => items.get_mut(*index),
            _ => None,
        };
        let Some(next) = next else { return false };
        at = next;
    }
    // an item keeps its place, so that those after it keep their numbers
    let is_item = matches!(path.iter().next_back(), Some(Segment::Seq { .. }));
    if is_item {
        *at = Value::String("-".to_owned());
    }
    is_item
}

/// The fields at the top level that are required by the documented schema and missing.
fn missing<T: ToSchema>(body: &Value) -> Vec<FieldFault> {
    let RefOr::T(Schema::Object(shape)) = T::schema() else {
        return Vec::new();
    };
    let Value::Object(fields) = body else {
        return Vec::new();
    };
    let is_given = |name: &str| {
        fields
            .get(name)
            .is_some_and(|value| !value.is_null() && value.as_str() != Some(""))
    };
    let names = shape.required.iter().filter(|name| !is_given(name));
    names
        .map(|name| FieldFault::missing(format!("/{name}")))
        .collect()
}

/// serde's message without the position.
fn said(error: &serde_json::Error) -> String {
    let said = error.to_string();
    match said.rsplit_once(" at line ") {
        Some((said, _)) => said.to_owned(),
        None => said,
    }
}

/// The position in characters, as an editor shows it; serde counts bytes.
fn malformed(bytes: &[u8], error: &serde_json::Error, first_line: usize) -> Problem {
    let line = bytes
        .split(|byte| *byte == b'\n')
        .nth(error.line().saturating_sub(1))
        .unwrap_or(b"");
    let before = &line[..error.column().min(line.len())];
    malformed_at(
        error.line().max(1) - 1 + first_line,
        chars_in(before).max(1),
    )
}

fn not_utf8(before: &[u8], first_line: usize) -> Problem {
    let mut lines = before.rsplit(|byte| *byte == b'\n');
    let last = lines.next().unwrap_or(b"");
    malformed_at(lines.count() + first_line, chars_in(last) + 1)
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

    #[derive(Debug, Deserialize, ToSchema)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[serde(
            default,
            deserialize_with = "crate::http::empty_as_none::empty_as_none"
        )]
        inner: Option<Inner>,
    }

    #[derive(Debug, Deserialize, ToSchema)]
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

    #[derive(Debug, Default, Deserialize, ToSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its shape is asked for")]
    struct Many {
        #[schema(required)]
        name: Option<String>,
        #[schema(required)]
        role: Option<String>,
        #[serde(
            default,
            deserialize_with = "crate::http::empty_as_none::empty_as_none"
        )]
        days: Option<u32>,
        #[serde(
            default,
            deserialize_with = "crate::http::empty_as_none::empty_as_none"
        )]
        tags: Option<Vec<String>>,
    }

    #[test]
    fn all_faults_of_a_body_are_told_together() {
        let case = |body: &str, faults: &[(&str, &str)]| {
            let told = parsed::<Many>(body.as_bytes()).unwrap_err();
            let json = told.json(Language::En);
            let told: std::collections::BTreeSet<_> = json["errors"]
                .as_array()
                .unwrap()
                .iter()
                .map(|fault| {
                    (
                        fault["pointer"].as_str().unwrap(),
                        fault["code"].as_str().unwrap(),
                    )
                })
                .collect();
            assert_eq!(told, faults.iter().copied().collect(), "{body}");
        };
        case(
            r#"{"x": 1, "y": 2, "days": "z", "name": "", "tags": ["a", 1, "b", 2]}"#,
            &[
                ("/x", "unknown-field"),
                ("/y", "unknown-field"),
                ("/days", "invalid-field"),
                ("/tags/1", "invalid-field"),
                ("/tags/3", "invalid-field"),
                ("/name", "missing-field"),
                ("/role", "missing-field"),
            ],
        );
        // what is of the wrong kind is not missing, too
        case(
            r#"{"name": 7, "days": true}"#,
            &[
                ("/name", "invalid-field"),
                ("/days", "invalid-field"),
                ("/role", "missing-field"),
            ],
        );
        case(
            r#"{"name": "a", "name": "b", "x": 1, "role": "r"}"#,
            &[("/name", "invalid-field"), ("/x", "unknown-field")],
        );
    }

    #[test]
    fn a_line_of_a_batch_has_its_own_number() {
        let told = |bytes: &[u8]| {
            let checked = parsed_by::<Many, Many>(bytes, 17, Ok).unwrap_err();
            checked.json(Language::En)
        };
        assert_eq!(told(b"{")["detail"], "not JSON at line 17, column 1");
        assert_eq!(told(b"{\"name\": \"\xff")["line"], 17);
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
