//! The ends of a list, and the choices of a filter.

use super::form::Fields;

/// The links at the end of a list.
pub struct Ends {
    /// Back to the beginning; none on the first page.
    pub first: Option<String>,
    /// The next page; none on the last.
    pub next: Option<String>,
}

impl Ends {
    /// The ends of the list at `path` with the filters of an address.
    pub fn of(path: &str, fields: &Fields, next_cursor: Option<String>) -> Self {
        Self {
            first: fields
                .get("cursor")
                .map(|_| fields.address(path, &["cursor"], &[])),
            next: next_cursor.map(|cursor| fields.address(path, &[], &[("cursor", &cursor)])),
        }
    }
}

/// A value that a filter or a form offers.
pub struct Choice {
    /// Its name in the API.
    pub value: &'static str,
    /// What people read.
    pub label: String,
    /// Whether it is chosen.
    pub is_on: bool,
}

/// The values of a filter, those of `chosen` on; several are separated by commas.
pub fn choices(
    values: impl IntoIterator<Item = (&'static str, String)>,
    chosen: Option<&str>,
) -> Vec<Choice> {
    let chosen: Vec<&str> = chosen.unwrap_or("").split(',').collect();
    let choice = |(value, label)| Choice {
        value,
        label,
        is_on: chosen.contains(&value),
    };
    values.into_iter().map(choice).collect()
}

/// A link that shows another part of the same list.
pub struct Tab {
    /// What people read.
    pub label: &'static str,
    /// Where it leads.
    pub href: String,
    /// Whether it is shown.
    pub is_on: bool,
}
