//! Learned models: the one in force is there, and the weights of each that keeps them are whole.

use sha2::{Digest as _, Sha256};

use super::Walk;
use crate::{
    record::{ModelPart, ModelRecord, ModelState},
    store::{
        Result,
        engine::{Range, Reads},
        tables::{Keyed as _, Table, Value, model_state_key},
    },
};

impl<E: Reads> Walk<'_, E> {
    pub(super) async fn models(&mut self) -> Result<()> {
        let state = self.engine.get(Table::Models, model_state_key()).await?;
        let state: Option<ModelState> = state.and_then(|row| self.read_keyed(&row));
        let learned = Range::along(Table::Models).above(model_state_key());
        let (mut parts, mut has_in_force) = (0, false);
        for row in self.engine.range(learned).await? {
            let Some(model) = self.read_keyed::<ModelRecord>(&row) else {
                continue;
            };
            parts += u64::from(model.parts);
            let counter = model.version.counter;
            if state.as_ref().is_none_or(|state| counter > state.newest) {
                self.found_at(Table::Models, &row.key, "a model after the newest");
            }
            if model.parts == 0 {
                continue;
            }
            has_in_force |= state
                .as_ref()
                .is_some_and(|state| state.in_force == counter);
            if !self.has_whole_weights(&model).await? {
                self.found_at(Table::Models, &row.key, "weights that are not whole");
            }
        }
        if state.is_some_and(|state| state.in_force > 0) && !has_in_force {
            self.found_in(Table::Models, "the model in force is not there");
        }
        if self.engine.count(Range::along(Table::ModelParts)).await? != parts {
            self.found_in(Table::ModelParts, "weights of no model");
        }
        Ok(())
    }

    /// The hash in a model's version is that of its weights.
    async fn has_whole_weights(&mut self, model: &ModelRecord) -> Result<bool> {
        let counter = model.version.counter;
        let of_model = Range::along(Table::ModelParts).under([Value::Small(counter)]);
        let (mut hash, mut nth) = (Sha256::new(), 0);
        for row in self.engine.range(of_model).await? {
            let part = row.read::<ModelPart>();
            let Some(part) = part
                .ok()
                .filter(|part| part.key() == row.key && part.nth == nth)
            else {
                return Ok(false);
            };
            hash.update(&part.bytes);
            nth += 1;
        }
        let is_same = hash.finalize()[..8] == model.version.hash;
        Ok(nth == model.parts && is_same)
    }
}
