//! The rows of a range, a few at a time.

use super::{
    Result,
    engine::{Along, Range, Reads, StoredRow},
};

/// How many rows are read at once.
const ROWS_AT_ONCE: usize = 256;

/// The rows of a range that are not read yet.
pub(super) struct Rows(Option<Range>);

impl Rows {
    /// All rows of a table.
    pub fn of(table: impl Into<Along>) -> Self {
        Self::along(Range::along(table))
    }

    /// The rows of a range whose order is that of their keys.
    pub fn along(range: Range) -> Self {
        Self(Some(range.limit(ROWS_AT_ONCE)))
    }

    /// The next ones; `None` at the end.
    pub async fn next(&mut self, engine: &impl Reads) -> Result<Option<Vec<StoredRow>>> {
        let Some(range) = self.0.take() else {
            return Ok(None);
        };
        let rows = engine.range(range.clone()).await?;
        let Some(last) = rows.last() else {
            return Ok(None);
        };
        let fixed = match range.along {
            Along::Table(_) => range.under.len(),
            Along::Index(_) => 0,
        };
        let place = last.key.get(fixed..).unwrap_or_default().to_vec();
        self.0 = Some(range.above(place));
        Ok(Some(rows))
    }
}
