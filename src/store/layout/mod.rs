//! From changes to rows, the same for every engine: what a batch of changes comes to over what was seen under the right to
//! write. Pure: it reads nothing and writes nothing.
//!
//! Row versions are compared here, comments, audit entries, events and samples get their numbers, the audit its chain. Two
//! changes of one batch see each other as if the first had been written.

mod moment;
mod prepared;
mod stage;

use std::collections::{BTreeMap, HashMap};

use self::stage::{Stage, Staged};
pub(in crate::store) use self::{
    moment::{Moment, Salts},
    prepared::Prepared,
};
use super::{
    Result,
    engine::{Batch, Happened, Head, Look, RowChange, Seen},
    tables::Table,
};
use crate::{
    record::{Actor, AuditAction, AuditDraft, AuditSubject, RevisionDigest, Tally, TallyOf},
    time::Timestamp,
};

/// How many kept answers are let go in one batch when their time is over.
const EXPIRED_PER_BATCH_MAX: usize = 64;

/// What a batch comes to.
pub(in crate::store) struct Laid {
    /// Its rows; none where nothing is to be written.
    pub rows: Vec<RowChange>,
    /// The head after it, and what happened.
    pub batch: Batch,
    /// Whether each change is in it, in their order.
    pub outcomes: Vec<Result<()>>,
}

/// All rows that must be looked at for these changes, each once.
pub(in crate::store) fn looks(changes: &[Prepared]) -> Vec<Look> {
    let mut looks: Vec<Look> = changes
        .iter()
        .flat_map(|change| change.looks.clone())
        .collect();
    looks.sort_unstable();
    looks.dedup();
    looks
}

/// What the changes come to; `seen` is what was found for each of `looks`.
pub(in crate::store) fn lay(
    changes: Vec<Prepared>,
    looks: Vec<Look>,
    seen: &[Option<Seen>],
    head: &Head,
    moment: &Moment<'_>,
) -> Result<Laid> {
    let mut layout = Layout {
        moment,
        head: head.clone(),
        seen: looks.into_iter().zip(seen.iter().cloned()).collect(),
        rows: Vec::new(),
        allowed: Vec::new(),
        happened: Vec::new(),
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
        happened,
        ..
    } = layout;
    Ok(Laid {
        rows,
        batch: Batch { head, happened },
        outcomes,
    })
}

/// A batch in the making.
struct Layout<'a> {
    moment: &'a Moment<'a>,
    head: Head,
    /// The rows that were looked at, as the batch leaves them so far.
    seen: HashMap<Look, Option<Seen>>,
    rows: Vec<RowChange>,
    /// Revisions that were merely allowed: one entry tells of all.
    allowed: Vec<RevisionDigest>,
    happened: Vec<Happened>,
    tallies: BTreeMap<(i32, TallyOf), Tally>,
}

impl Layout<'_> {
    /// Takes a change in whole, or leaves the batch as it was.
    fn take(&mut self, change: Prepared) -> Result<()> {
        let mut stage = Stage::over(&self.seen, self.moment, self.head.clone());
        for held in &change.preconditions {
            stage.check(held)?;
        }
        for write in change.writes {
            stage.write(write)?;
        }
        stage.move_counters(&change.counters);
        let told = stage.tell_all(change.audit)?;
        for of in change.events {
            stage.put_event(of)?;
        }
        for of in change.fan_outs {
            stage.put_fan_out(of)?;
        }
        let staged = stage.done(&told);
        self.merge(staged);
        self.count(change.tallies, change.posted_at);
        Ok(())
    }

    fn merge(&mut self, staged: Staged) {
        self.head = staged.head;
        self.rows.extend(staged.rows);
        self.seen.extend(staged.seen);
        self.allowed.extend(staged.revisions);
        self.happened.extend(staged.happened);
    }

    /// Closes the batch: what was merely allowed is told in one entry, sums are added, old answers go.
    fn finish(&mut self) -> Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        self.tell_allowed()?;
        let tallies = std::mem::take(&mut self.tallies).into_iter();
        self.rows
            .extend(tallies.map(|((day, of), tally)| RowChange::Add {
                day: u32::try_from(day).unwrap_or(0),
                kind: of.kind(),
                name: of.name().to_owned(),
                by: tally.sums(),
            }));
        if self.moment.may_drop {
            // First: one that this batch writes anew is not the one that is over.
            self.rows.insert(
                0,
                RowChange::DeleteThrough {
                    table: Table::Answers,
                    under: Vec::new(),
                    through: Some(self.moment.now.plus_ms(-1)),
                    limit: EXPIRED_PER_BATCH_MAX,
                },
            );
        }
        self.head.batch += 1;
        Ok(())
    }

    fn tell_allowed(&mut self) -> Result<()> {
        if self.allowed.is_empty() {
            return Ok(());
        }
        let entry = AuditDraft {
            to: Some("allow".to_owned()),
            ..AuditDraft::new(
                self.moment.now,
                &Actor::System,
                AuditAction::CommentsAllowed,
                AuditSubject::Comments,
            )
        };
        let allowed = std::mem::take(&mut self.allowed);
        let mut stage = Stage::over(&self.seen, self.moment, self.head.clone());
        stage.tell(entry, allowed)?;
        let staged = stage.done(&[]);
        self.merge(staged);
        Ok(())
    }

    /// Counts on the day of this batch, and notes what belongs to the day of posting instead.
    fn count(&mut self, tallies: Vec<(TallyOf, Tally)>, posted_at: Option<Timestamp>) {
        let today = (self.moment.day_of)(self.moment.now);
        let posted_on = posted_at.map(|at| (self.moment.day_of)(at).max(0));
        let mut add = |day, of, tally: &Tally, times| {
            self.tallies.entry((day, of)).or_default().add(tally, times);
        };
        for (of, tally) in tallies {
            if let Some(day) = posted_on.filter(|day| *day != today) {
                let posted = TallyOf::Posted(Box::new(of.clone()));
                add(today, posted.clone(), &tally, -1);
                add(day, posted, &tally, 1);
            }
            add(today, of, &tally, 1);
        }
    }
}
