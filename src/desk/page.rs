//! Short lists, read whole and turned page by page: users, keys, tokens, codes.

use serde::Serialize;

use super::{DeskError, queue::QueryCheck};

/// Which page is wanted, as the caller wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct PageQuery {
    pub cursor: Option<String>,
    pub limit: Option<String>,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct List<T> {
    /// The things.
    pub items: Vec<T>,
    /// Where to go on; null at the end.
    pub next_cursor: Option<String>,
}

impl PageQuery {
    /// The wanted page of `all`. `list` names the list and `name` each of its things: a cursor holds both, and goes on
    /// behind the thing even where that has gone since.
    pub fn turn<T>(
        &self,
        list: &str,
        all: Vec<T>,
        name: impl Fn(&T) -> String,
    ) -> Result<List<T>, DeskError> {
        let (limit, after) = self.asked(list, |name| Some(name.to_owned()))?;
        let from = after.map_or(0, |after| place_behind(&all, &after, &name));
        let more = all.len().saturating_sub(from) > limit;
        let items: Vec<T> = all.into_iter().skip(from).take(limit).collect();
        let next_cursor = items
            .last()
            .filter(|_| more)
            .map(|last| written(list, &name(last)));
        Ok(List { items, next_cursor })
    }

    /// How many things are wanted, and behind which, as its name is read.
    pub(super) fn asked<N>(
        &self,
        list: &str,
        read: impl Fn(&str) -> Option<N>,
    ) -> Result<(usize, Option<N>), DeskError> {
        let mut check = QueryCheck {
            pointer: "?",
            faults: Vec::new(),
        };
        let limit = check.limit(&self.limit);
        let after = self.after(list, &mut check, read);
        if check.faults.is_empty() {
            Ok((limit, after))
        } else {
            Err(DeskError::Fields(check.faults))
        }
    }

    fn after<N>(
        &self,
        list: &str,
        check: &mut QueryCheck,
        read: impl Fn(&str) -> Option<N>,
    ) -> Option<N> {
        let raw = self.cursor.as_deref().filter(|raw| !raw.is_empty())?;
        let bytes = data_encoding::BASE64URL_NOPAD.decode(raw.as_bytes()).ok();
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        let name = text.as_deref().and_then(|text| text.split_once(':'));
        let name = name.filter(|(of, _)| *of == list);
        let after = name.and_then(|(_, name)| read(name));
        if after.is_none() {
            check.faults.push(check.bad_cursor());
        }
        after
    }
}

/// Behind the thing of this name; where it has gone, before the first that sorts behind it.
fn place_behind<T>(all: &[T], after: &str, name: &impl Fn(&T) -> String) -> usize {
    let there = all.iter().position(|thing| name(thing) == after);
    let behind = || {
        all.iter()
            .position(|thing| name(thing).as_str() > after)
            .unwrap_or(all.len())
    };
    there.map_or_else(behind, |place| place + 1)
}

/// The cursor that goes on behind the thing of this name.
pub(super) fn written(list: &str, name: &str) -> String {
    data_encoding::BASE64URL_NOPAD.encode(format!("{list}:{name}").as_bytes())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn turn(cursor: Option<String>, all: &[&str]) -> List<String> {
        let all = all.iter().map(|&name| name.to_owned()).collect();
        let limit = Some("2".to_owned());
        PageQuery { cursor, limit }
            .turn("names", all, Clone::clone)
            .unwrap()
    }

    #[test]
    fn a_page_goes_on_behind_a_thing_that_has_gone() {
        let first = turn(None, &["a", "b", "c", "d"]);
        assert_eq!(first.items, ["a", "b"]);
        let rest = turn(first.next_cursor.clone(), &["a", "c", "d"]);
        assert_eq!((rest.items.len(), &rest.next_cursor), (2, &None));
        assert_eq!(turn(first.next_cursor, &["a", "b"]).items, [""; 0]);
    }

    #[test]
    fn a_cursor_of_another_list_is_none_of_this() {
        let cursor = turn(None, &["a", "b", "c"]).next_cursor;
        let limit = None;
        let query = PageQuery { cursor, limit };
        assert!(query.turn("others", vec![1, 2, 3], i32::to_string).is_err());
    }
}
