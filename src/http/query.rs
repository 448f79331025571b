//! Parameters of a query and parts of a path.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use percent_encoding::percent_decode_str;

use super::problem::Problem;
use crate::{desk::PageQuery, intake::FieldFault};

/// The parameters of a query, each at most once.
pub(super) struct Query(BTreeMap<String, String>);

impl Query {
    /// Reads the query; a parameter that is not `known` is refused.
    pub fn read(request: &HttpRequest, known: &[&str]) -> Result<Self, Problem> {
        let mut parameters = BTreeMap::new();
        for pair in request
            .query_string()
            .split('&')
            .filter(|pair| !pair.is_empty())
        {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decoded(name, "?")?, decoded(value, &format!("?{name}"))?);
            if !known.contains(&name.as_str()) {
                return Err(Problem::unknown_parameter(&name));
            }
            if parameters.insert(name.clone(), value).is_some() {
                return Err(Problem::field(FieldFault::invalid(
                    format!("?{name}"),
                    "參數重複",
                    "the parameter is given twice",
                )));
            }
        }
        Ok(Self(parameters))
    }

    /// A parameter; absent and empty are the same.
    pub fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name).filter(|value| !value.is_empty())
    }

    /// A parameter that is `true` or `false`; absent is `false`.
    pub fn flag(&mut self, name: &str) -> Result<bool, Problem> {
        match self.take(name).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Problem::field(FieldFault::invalid(
                format!("?{name}"),
                "須為 true 或 false",
                "true or false",
            ))),
        }
    }

    /// Which page of a list is wanted.
    pub fn page(&mut self) -> PageQuery {
        PageQuery {
            cursor: self.take("cursor"),
            limit: self.take("limit"),
        }
    }
}

/// The parameters of a list without filters.
pub(super) const PAGE: &[&str] = &["cursor", "limit"];

/// The segment of the path at the variable `name`, percent-decoded. Read from the raw path, so that an encoded slash
/// stays part of an id.
pub(super) fn part(request: &HttpRequest, name: &str) -> Result<String, Problem> {
    let pattern = request.match_pattern().unwrap_or_default();
    let variable = format!("{{{name}}}");
    let place = pattern
        .split('/')
        .position(|part| part == variable)
        .unwrap_or(0);
    let raw = request.uri().path().split('/').nth(place).unwrap_or("");
    percent_decode_str(raw)
        .decode_utf8()
        .map(|text| text.into_owned())
        .map_err(|_| bad_part(name))
}

/// A segment of the path, parsed.
pub(super) fn parsed_part<T>(
    request: &HttpRequest,
    name: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, Problem> {
    parse(&part(request, name)?).ok_or_else(|| bad_part(name))
}

fn bad_part(name: &str) -> Problem {
    Problem::field(FieldFault::invalid(
        format!("{{{name}}}"),
        "網址中的識別碼無效",
        "not an id that could be one",
    ))
}

fn decoded(raw: &str, pointer: &str) -> Result<String, Problem> {
    let raw = raw.replace('+', " ");
    let text = percent_decode_str(&raw)
        .decode_utf8()
        .map(|text| text.into_owned());
    text.map_err(|_| Problem::field(FieldFault::invalid(pointer, "不是 UTF-8", "not UTF-8")))
}
