//! Plans a batch: turns changes into rows, the same for every engine. Pure: it is handed the rows that were read under the right
//! to write, and neither reads nor writes.
//!
//! [`prepared`] encodes a change before the right to write is taken. [`stage`] checks its preconditions, gives comments, audit
//! entries, events and samples their numbers, and chains the audit; a change that fails leaves the batch as it was. Later
//! changes of a batch see the earlier ones as if they were stored.

mod context;
mod prepared;
mod stage;

use std::collections::{BTreeMap, HashMap};

use self::stage::{Stage, Staged};
pub(in crate::store) use self::{
    context::{BatchContext, Salts},
    prepared::Prepared,
};
use super::{
    Result,
    engine::{Batch, BatchUpdate, Head, Lookup, RowChange, Seen},
    tables::Table,
};
use crate::{
    record::{Actor, AuditAction, AuditDraft, AuditSubject, RevisionDigest, Tally, TallyOf},
    time::Timestamp,
};

/// How many expired idempotent answers one batch deletes.
const EXPIRED_PER_BATCH_MAX: usize = 64;

/// A batch, ready to be written.
pub(in crate::store) struct PlannedBatch {
    /// Its rows; empty if there is nothing to write.
    pub rows: Vec<RowChange>,
    /// The head after it, and its updates.
    pub batch: Batch,
    /// Whether each change is in it, in their order.
    pub outcomes: Vec<Result<()>>,
}

/// All rows that have to be read for these changes, each once.
pub(in crate::store) fn lookups(changes: &[Prepared]) -> Vec<Lookup> {
    let mut lookups: Vec<Lookup> = changes
        .iter()
        .flat_map(|change| change.lookups.clone())
        .collect();
    lookups.sort_unstable();
    lookups.dedup();
    lookups
}

/// Plans the changes as a batch; `seen` has the row found for each of `lookups`.
pub(in crate::store) fn plan(
    changes: Vec<Prepared>,
    lookups: Vec<Lookup>,
    seen: &[Option<Seen>],
    head: &Head,
    context: &BatchContext<'_>,
) -> Result<PlannedBatch> {
    let mut layout = Layout {
        context,
        head: head.clone(),
        seen: lookups.into_iter().zip(seen.iter().cloned()).collect(),
        rows: Vec::new(),
        allowed: Vec::new(),
        updates: Vec::new(),
        tallies: BTreeMap::new(),
    };
    let outcomes = changes
        .into_iter()
        .map(|change| layout.take(change))
        .collect();
    layout.finish()?;
    let Layout {
        head,
        rows,
        updates,
        ..
    } = layout;
    Ok(PlannedBatch {
        rows,
        batch: Batch { head, updates },
        outcomes,
    })
}

/// A batch in the making.
struct Layout<'a> {
    context: &'a BatchContext<'a>,
    head: Head,
    /// The rows that were looked up, as the batch leaves them so far.
    seen: HashMap<Lookup, Option<Seen>>,
    rows: Vec<RowChange>,
    /// Revisions that were merely allowed: one audit entry covers them all.
    allowed: Vec<RevisionDigest>,
    updates: Vec<BatchUpdate>,
    tallies: BTreeMap<(i32, TallyOf), Tally>,
}

impl Layout<'_> {
    /// Adds a change as a whole, or leaves the batch as it was.
    fn take(&mut self, change: Prepared) -> Result<()> {
        let mut stage = Stage::over(&self.seen, self.context, self.head.clone());
        for held in &change.preconditions {
            stage.check(held)?;
        }
        for write in change.writes {
            stage.write(write)?;
        }
        stage.move_counters(&change.counters);
        let audited = stage.append_audit_entries(change.audit)?;
        for of in change.events {
            stage.put_event(of)?;
        }
        for of in change.fan_outs {
            stage.put_fan_out(of)?;
        }
        let staged = stage.finish(&audited);
        self.merge(staged);
        self.count(change.tallies, change.posted_at);
        Ok(())
    }

    fn merge(&mut self, staged: Staged) {
        self.head = staged.head;
        self.rows.extend(staged.rows);
        self.seen.extend(staged.seen);
        self.allowed.extend(staged.revisions);
        self.updates.extend(staged.updates);
    }

    /// Completes the batch: the audit entry for all that was merely allowed, tallies, expired answers.
    fn finish(&mut self) -> Result<()> {
        // Nothing to write makes no batch: neither a number nor the clean-up of expired answers.
        if self.rows.is_empty() {
            return Ok(());
        }
        self.audit_allowed_comments()?;
        let tallies = std::mem::take(&mut self.tallies).into_iter();
        self.rows
            .extend(tallies.map(|((day, of), tally)| RowChange::Add {
                day: u32::try_from(day).unwrap_or(0),
                kind: of.kind(),
                name: of.name().to_owned(),
                by: tally.sums(),
            }));
        if self.context.may_drop {
            // First: one that this batch writes anew is not the one that is over.
            self.rows.insert(
                0,
                RowChange::DeleteThrough {
                    table: Table::Answers,
                    under: Vec::new(),
                    through: Some(self.context.now.plus_ms(-1)),
                    limit: EXPIRED_PER_BATCH_MAX,
                },
            );
        }
        self.head.batch += 1;
        Ok(())
    }

    fn audit_allowed_comments(&mut self) -> Result<()> {
        if self.allowed.is_empty() {
            return Ok(());
        }
        let entry = AuditDraft {
            to: Some("allow".to_owned()),
            ..AuditDraft::new(
                self.context.now,
                &Actor::System,
                AuditAction::CommentsAllowed,
                AuditSubject::Comments,
            )
        };
        let allowed = std::mem::take(&mut self.allowed);
        let mut stage = Stage::over(&self.seen, self.context, self.head.clone());
        stage.append_audit_entry(entry, allowed)?;
        let staged = stage.finish(&[]);
        self.merge(staged);
        Ok(())
    }

    /// Counts on the day of this batch, and notes what belongs to the day of posting instead.
    fn count(&mut self, tallies: Vec<(TallyOf, Tally)>, posted_at: Option<Timestamp>) {
        let today = (self.context.day_of)(self.context.now);
        let posted_on = posted_at.map(|at| (self.context.day_of)(at).max(0));
        let mut add = |day, of, tally: &Tally, times| {
            self.tallies.entry((day, of)).or_default().add(tally, times);
        };
        for (of, tally) in tallies {
            // As a correction beside the count: minus one today, plus one on the day of posting.
            if let Some(day) = posted_on.filter(|day| *day != today) {
                let posted = TallyOf::Posted(Box::new(of.clone()));
                add(today, posted.clone(), &tally, -1);
                add(day, posted, &tally, 1);
            }
            add(today, of, &tally, 1);
        }
    }
}
