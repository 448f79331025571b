//! A database that is written row by row and counted meanwhile: of an export, or where a folder is converted.

use std::{fs, io};

use super::{
    checkpoint::Generation,
    flush::flushed,
    keys,
    open::{self, OpenError},
    options::OpenOptions,
    rows::{Tree, Trees, broken, checksummed, weight},
};
use crate::store::{
    Result, StoreError,
    record::{Record as _, StateRow, SumRow},
};

/// After how many written bytes it is synced.
const SYNC_EVERY_BYTES: u64 = 8 << 20;

pub(super) struct NewDatabase {
    trees: Trees,
    file: fs::File,
    rows: Vec<u64>,
    /// Over all rows.
    sum: u64,
    unsynced_bytes: u64,
}

impl NewDatabase {
    pub fn begin(
        options: &OpenOptions,
        generation: Generation,
    ) -> std::result::Result<Self, OpenError> {
        let trees = open::open_database(options, generation)?;
        let file = fs::File::open(generation.file(&options.dir));
        Ok(Self {
            trees,
            file: file.map_err(|error| OpenError::io(&options.dir, error))?,
            rows: vec![0; Tree::ALL.len()],
            sum: 0,
            unsynced_bytes: 0,
        })
    }

    /// Puts a payload under a key. Whether none was there.
    pub fn put(&mut self, tree: Tree, key: &[u8], payload: &[u8]) -> Result<bool> {
        for (tree, key, value) in checksummed(tree, key, payload) {
            self.unsynced_bytes += (key.len() + value.len()) as u64;
            self.sum = self.sum.wrapping_add(weight(tree, &value));
            let before = self.trees.tree(tree).insert(key, value);
            if before.map_err(broken)?.is_some() {
                return Ok(false);
            }
            self.rows[tree as usize] += 1;
        }
        if self.unsynced_bytes > SYNC_EVERY_BYTES {
            self.sync()?;
        }
        Ok(true)
    }

    /// Writes the state, which counts all rows, and the sum over them.
    pub fn finish(mut self, state: StateRow) -> Result<()> {
        self.rows[Tree::State as usize] = 2;
        let (commit, sum, rows) = (state.commit, self.sum, self.rows.clone());
        let state = StateRow { rows, ..state }.encode()?;
        let sum = SumRow { commit, sum }.encode()?;
        self.put(Tree::State, keys::STATE, &state)?;
        self.put(Tree::State, keys::SUM, &sum)?;
        self.sync()
    }

    fn sync(&mut self) -> Result<()> {
        self.unsynced_bytes = 0;
        flushed(&self.trees.db).map_err(broken)?;
        let failed = |error: io::Error| {
            StoreError::Unavailable(format!("the new database could not be synced: {error}"))
        };
        self.file.sync_data().map_err(failed)
    }
}
