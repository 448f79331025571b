//! The board's own words: no step is missing between two others.

use super::Walk;
use crate::{
    record::WordStep,
    store::{
        Result,
        engine::{Range, Reads},
        tables::Table,
    },
};

impl<E: Reads> Walk<'_, E> {
    pub(super) async fn words(&mut self) -> Result<()> {
        let steps = self.engine.range(Range::along(Table::Words)).await?;
        for (version, row) in (1..).zip(steps) {
            let Some(step) = self.read_keyed::<WordStep>(&row) else {
                continue;
            };
            if step.version != version {
                self.found_at(Table::Words, &row.key, "a step before it is missing");
                break;
            }
        }
        Ok(())
    }
}
