//! Pagination of short lists that are read whole: users, keys, tokens, codes.

use serde::Serialize;

use super::{error::DeskError, query::QueryCheck};

/// The page to return, as the caller wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct PageQuery {
    pub cursor: Option<String>,
    pub limit: Option<String>,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct List<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// The cursor of the next page; null at the end.
    pub next_cursor: Option<String>,
}

impl PageQuery {
    /// One page of `all`. `list` names the list and `name` each item. A cursor consists of both names and continues after the
    /// item, even if that has been deleted since.
    pub fn paginate<T>(
        &self,
        list: &str,
        all: Vec<T>,
        name: impl Fn(&T) -> String,
    ) -> Result<List<T>, DeskError> {
        let (limit, after) = self.parsed(list, |name| Some(name.to_owned()))?;
        let from = after.map_or(0, |after| index_after(&all, &after, &name));
        let rest = all.into_iter().skip(from).collect();
        let (items, next_cursor) = cut_page(list, rest, limit, name);
        Ok(List { items, next_cursor })
    }

    /// The page size, and the name after which the page begins.
    pub(super) fn parsed<N>(
        &self,
        list: &str,
        read: impl Fn(&str) -> Option<N>,
    ) -> Result<(usize, Option<N>), DeskError> {
        let mut check = QueryCheck::new();
        let limit = check.limit(&self.limit);
        let after = check.cursor(&self.cursor, |raw| {
            let bytes = data_encoding::BASE64URL_NOPAD.decode(raw.as_bytes()).ok()?;
            let text = String::from_utf8(bytes).ok()?;
            let (_, name) = text.split_once(':').filter(|(name, _)| *name == list)?;
            read(name)
        });
        check.finish()?;
        Ok((limit, after))
    }
}

/// The first `limit` of these records, and the cursor of the page after them if there are more. `name` names each record.
pub(super) fn cut_page<T>(
    list: &str,
    mut records: Vec<T>,
    limit: usize,
    name: impl Fn(&T) -> String,
) -> (Vec<T>, Option<String>) {
    let has_more = records.len() > limit;
    records.truncate(limit);
    let last = records.last().filter(|_| has_more);
    let next_cursor = last.map(|last| {
        let cursor = format!("{list}:{}", name(last));
        data_encoding::BASE64URL_NOPAD.encode(cursor.as_bytes())
    });
    (records, next_cursor)
}

/// The index after the item named `after`; if it has been deleted, that of the first item whose name sorts after it.
fn index_after<T>(all: &[T], after: &str, name: &impl Fn(&T) -> String) -> usize {
    let found = all.iter().position(|item| name(item) == after);
    let next_name = || {
        all.iter()
            .position(|item| name(item).as_str() > after)
            .unwrap_or(all.len())
    };
    found.map_or_else(next_name, |index| index + 1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn page(cursor: Option<String>, all: &[&str]) -> List<String> {
        let all = all.iter().map(|&name| name.to_owned()).collect();
        let limit = Some("2".to_owned());
        PageQuery { cursor, limit }
            .paginate("names", all, Clone::clone)
            .unwrap()
    }

    #[test]
    fn a_page_continues_after_an_item_that_was_deleted() {
        let first = page(None, &["a", "b", "c", "d"]);
        assert_eq!(first.items, ["a", "b"]);
        let rest = page(first.next_cursor.clone(), &["a", "c", "d"]);
        assert_eq!((rest.items.len(), &rest.next_cursor), (2, &None));
        assert_eq!(page(first.next_cursor, &["a", "b"]).items, [""; 0]);
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        let cursor = page(None, &["a", "b", "c"]).next_cursor;
        let limit = None;
        let query = PageQuery { cursor, limit };
        assert!(
            query
                .paginate("others", vec![1, 2, 3], i32::to_string)
                .is_err()
        );
    }
}
