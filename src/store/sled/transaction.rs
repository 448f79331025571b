//! A batch as one transaction over its trees, and the totals over all rows as it leaves them.
//!
//! sled's insert returns the row it replaces, so the totals are computed there and no row is read twice. The transaction's closure may run again, so each run starts from the totals as they were.

use sled::transaction::{
    ConflictableTransactionError, TransactionError, Transactional as _, TransactionalTree,
};

use super::{
    keys,
    row_changes::Row,
    rows::{Tree, Trees, checksummed, piece_key, pieces_of, weight},
    state::DbState,
};
use crate::store::{
    Result, StoreError,
    record::{Record as _, SumRow},
};

/// A batch, ready to be written.
pub(super) struct Rows {
    /// In the order of trees and keys; the transaction adds what follows from what was there.
    pub rows: Vec<Row>,
    /// The state after it, but that the transaction counts the rows and adds up the sum.
    pub state: DbState,
}

/// Writes the rows, and adds to them what follows from what was there: pieces that are left over, the state, the sum. After an
/// [`TransactionError::Abort`] nothing was written.
pub(super) fn transact(
    trees: &Trees,
    batch: &mut Rows,
) -> std::result::Result<(), TransactionError<StoreError>> {
    let used = Used::by(&batch.rows);
    let involved: Vec<&sled::Tree> = used.trees.iter().map(|tree| trees.tree(*tree)).collect();
    let written = involved.as_slice().transaction(|writers| {
        // sled may run this closure again after a conflict: each run starts from its own copy of the totals.
        let mut writing = Writing {
            used: &used,
            writers,
            totals: Totals(batch.state.clone()),
            more: Vec::new(),
        };
        for (tree, key, value) in &batch.rows {
            writing.write(*tree, key, value.as_deref())?;
        }
        writing.write_totals()?;
        Ok((writing.more, writing.totals))
    });
    let (more, totals) = written?;
    batch.rows.extend(more);
    batch.state = totals.0;
    Ok(())
}

/// The trees of a batch, and where each is among them.
struct Used {
    trees: Vec<Tree>,
    places: [usize; Tree::ALL.len()],
}

impl Used {
    fn by(rows: &[Row]) -> Self {
        // Every batch writes the state and the sum, and may have to delete left-over pieces.
        let of_all = [Tree::State, Tree::Overflow];
        let mut trees: Vec<Tree> = rows.iter().map(|(tree, ..)| *tree).chain(of_all).collect();
        trees.sort_unstable();
        trees.dedup();
        let mut places = [0; Tree::ALL.len()];
        for (place, tree) in trees.iter().enumerate() {
            places[*tree as usize] = place;
        }
        Self { trees, places }
    }
}

/// How many rows each tree has, and the sum over all of them.
struct Totals(DbState);

impl Totals {
    fn count(&mut self, tree: Tree, before: u64, after: u64) {
        let rows = &mut self.0.rows[tree as usize];
        *rows = (*rows + after).saturating_sub(before);
    }

    /// Counts a row that replaces another; either may be missing. Returns how many pieces of the old value are left over.
    fn replaced(
        &mut self,
        (tree, key): (Tree, &[u8]),
        before: Option<&[u8]>,
        after: Option<&[u8]>,
    ) -> Result<std::ops::Range<u32>> {
        let pieces =
            |value: Option<&[u8]>| value.map_or(Ok(0), |value| pieces_of(tree, key, value));
        let (old_pieces, new_pieces) = (pieces(before)?, pieces(after)?);
        let one = |value: Option<&[u8]>| u64::from(value.is_some());
        self.count(tree, one(before), one(after));
        self.count(Tree::Overflow, old_pieces.into(), new_pieces.into());
        let weight = |value: Option<&[u8]>| value.map_or(0, |value| weight(tree, value));
        // Wrapping on purpose: arithmetic modulo 2^64 is exact, in whatever order rows come and go.
        self.0.sum = self
            .0
            .sum
            .wrapping_sub(weight(before))
            .wrapping_add(weight(after));
        // A value of 2 pieces replaces one of 4: the batch overwrites pieces 0 and 1; 2 and 3 are left over.
        Ok(new_pieces..old_pieces)
    }
}

/// One run of the transaction's closure.
struct Writing<'t> {
    used: &'t Used,
    writers: &'t [TransactionalTree],
    totals: Totals,
    /// Rows beside those of the batch.
    more: Vec<Row>,
}

type Conflictable<T> = std::result::Result<T, ConflictableTransactionError<StoreError>>;

impl Writing<'_> {
    fn write(&mut self, tree: Tree, key: &[u8], value: Option<&[u8]>) -> Conflictable<()> {
        let before = self.put(tree, key, value)?;
        // pieces are counted with the value that they belong to
        if tree == Tree::Overflow {
            return Ok(());
        }
        let left_over = self
            .totals
            .replaced((tree, key), before.as_deref(), value)
            .map_err(ConflictableTransactionError::Abort)?;
        for piece in left_over {
            let piece = piece_key(tree, key, piece);
            self.put(Tree::Overflow, &piece, None)?;
            self.more.push((Tree::Overflow, piece, None));
        }
        Ok(())
    }

    /// The state and the sum; they count themselves too.
    fn write_totals(&mut self) -> Conflictable<()> {
        self.totals.0.rows[Tree::State as usize] = 2;
        let sum = SumRow {
            commit: self.totals.0.head.batch,
            sum: self.totals.0.sum,
        };
        let state = self.totals.0.to_row().encode();
        let encoded = state.and_then(|state| Ok((state, sum.encode()?)));
        let (state, sum) = encoded.map_err(ConflictableTransactionError::Abort)?;
        let rows = checksummed(Tree::State, keys::STATE, &state)
            .into_iter()
            .chain(checksummed(Tree::State, keys::SUM, &sum));
        for (tree, key, value) in rows {
            self.put(tree, &key, Some(&value))?;
            self.more.push((tree, key, Some(value)));
        }
        Ok(())
    }

    /// What was there before.
    fn put(
        &self,
        tree: Tree,
        key: &[u8],
        value: Option<&[u8]>,
    ) -> Conflictable<Option<sled::IVec>> {
        let writer = &self.writers[self.used.places[tree as usize]];
        Ok(match value {
            Some(value) => writer.insert(key, value)?,
            None => writer.remove(key)?,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{
        super::{checkpoint::Generation, rows::PIECE_BYTES_MAX},
        *,
    };

    fn memory() -> Trees {
        let db = sled::Config::new().temporary(true).flush_every_ms(None);
        Trees::open(Generation::default(), db.open().unwrap()).unwrap()
    }

    fn batch(state: DbState, payload: Option<&[u8]>) -> Rows {
        let rows = match payload {
            None => vec![(Tree::Articles, b"a".to_vec(), None)],
            Some(payload) => checksummed(Tree::Articles, b"a", payload)
                .into_iter()
                .map(|(tree, key, value)| (tree, key, Some(value)))
                .collect(),
        };
        Rows { rows, state }
    }

    #[test]
    fn totals_are_those_of_the_rows_that_are_there() {
        let trees = memory();
        let mut state = DbState::default();
        state.rows.resize(Tree::ALL.len(), 0);
        let long = vec![7; 3 * PIECE_BYTES_MAX];
        let shorter = vec![8; PIECE_BYTES_MAX + 1];
        let texts: [Option<&[u8]>; 6] = [
            None,
            Some(b"x"),
            Some(&long),
            Some(&shorter),
            Some(b"y"),
            None,
        ];
        for text in texts {
            let mut batch = batch(state, text);
            transact(&trees, &mut batch).unwrap();
            assert_eq!(trees.get(Tree::Articles, b"a").unwrap().as_deref(), text);
            for tree in Tree::ALL {
                let there = trees.tree(tree).len() as u64;
                assert_eq!(batch.state.rows[tree as usize], there, "{tree:?}");
            }
            let kept: SumRow = trees.read(Tree::State, keys::SUM).unwrap().unwrap();
            assert_eq!(kept.sum, batch.state.sum);
            state = batch.state;
        }
        assert_eq!(state.sum, 0, "nothing is left");
    }

    #[test]
    fn nothing_is_written_over_a_damaged_row() {
        let trees = memory();
        trees.tree(Tree::Articles).insert(b"a", b"damaged").unwrap();
        let mut state = DbState::default();
        state.rows.resize(Tree::ALL.len(), 0);
        let refused = transact(&trees, &mut batch(state, Some(b"x")));
        assert!(matches!(
            refused,
            Err(TransactionError::Abort(StoreError::Damaged(_)))
        ));
        assert_eq!(
            trees.tree(Tree::Articles).get(b"a").unwrap().unwrap(),
            b"damaged"
        );
        assert!(trees.tree(Tree::State).is_empty());
    }
}
