//! Checks of query parameters: lists of values, single values, the page size.

use super::{error::DeskError, fields::Faults};
use crate::{
    intake::{FaultCode, FieldFault},
    record::{CODES, Rule, Source},
};

/// The page size if the caller gives none.
pub const PAGE_DEFAULT: usize = 50;
/// The largest page size.
pub const PAGE_MAX: usize = 200;

/// Parses query parameters and collects their faults.
pub(super) struct QueryCheck {
    pointer: &'static str,
    faults: Faults,
}

impl QueryCheck {
    /// The parameters of a query.
    pub fn new() -> Self {
        Self::at("?")
    }

    /// The same checks for fields elsewhere: `pointer` is what their pointers begin with.
    pub fn at(pointer: &'static str) -> Self {
        Self {
            pointer,
            faults: Faults::default(),
        }
    }

    /// The faults found, if any.
    pub fn finish(self) -> Result<(), DeskError> {
        self.faults.finish(Some(()))
    }

    /// The values of a list separated by commas.
    pub fn multiple<T>(
        &mut self,
        name: &str,
        raw: &Option<String>,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        let Some(raw) = raw.as_deref().filter(|raw| !raw.is_empty()) else {
            return Vec::new();
        };
        raw.split(',')
            .filter_map(|part| self.parsed(name, part, &parse))
            .collect()
    }

    /// A single value.
    pub fn single<T>(
        &mut self,
        name: &str,
        raw: &Option<String>,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let raw = raw.as_deref().filter(|raw| !raw.is_empty())?;
        self.parsed(name, raw, &parse)
    }

    /// The page size.
    pub fn limit(&mut self, raw: &Option<String>) -> usize {
        let parse = |raw: &str| {
            raw.parse::<usize>()
                .ok()
                .filter(|limit| (1..=PAGE_MAX).contains(limit))
        };
        self.single("limit", raw, parse).unwrap_or(PAGE_DEFAULT)
    }

    /// The place where a list goes on, as `parse` reads it from the cursor; the first page without a cursor.
    pub fn cursor<T>(
        &mut self,
        raw: &Option<String>,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let raw = raw.as_deref().filter(|raw| !raw.is_empty())?;
        let cursor = parse(raw);
        if cursor.is_none() {
            self.refuse_cursor();
        }
        cursor
    }

    /// Notes that the cursor is not one of this list.
    pub fn refuse_cursor(&mut self) {
        self.faults.push(FieldFault::new(
            format!("{}cursor", self.pointer),
            FaultCode::BadCursor,
            "游標無效，請從第一頁開始",
            "not a cursor of this list; begin at the first page",
        ));
    }

    fn parsed<T>(
        &mut self,
        name: &str,
        raw: &str,
        parse: &impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = parse(raw);
        if value.is_none() {
            let pointer = format!("{}{name}", self.pointer);
            let (zh_tw, en) = match allowed_values(name) {
                Some(values) => (
                    format!("，須為 {}", values.join("、")),
                    format!("; one of {}", values.join(", ")),
                ),
                None => Default::default(),
            };
            self.faults.push(FieldFault::invalid(
                pointer,
                format!("無效的值「{raw}」{zh_tw}"),
                format!("not a valid value: {raw}{en}"),
            ));
        }
        value
    }
}

/// The accepted values of a filter that has a fixed set of them.
fn allowed_values(name: &str) -> Option<Vec<&'static str>> {
    match name {
        "status" => Some(vec!["open", "claimed", "escalated", "resolved"]),
        "rule" => Some(Rule::ALL.map(Rule::name).to_vec()),
        "code" => Some(CODES.iter().map(|row| row.name).collect()),
        "guessed" => Some(vec!["true", "false"]),
        "verdict" => Some(vec!["allow", "flag", "remove"]),
        "decided_by" => Some(vec!["filter", "moderator", "appeal"]),
        "surface" => Some(vec!["body", "nickname", "tags"]),
        "source" => Some(Source::ALL.map(Source::name).to_vec()),
        "each" => Some(vec!["day"]),
        "sort" => Some(vec!["priority", "oldest", "newest"]),
        _ => None,
    }
}
