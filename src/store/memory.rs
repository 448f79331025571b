//! What a node holds in memory: the queue, the members' standings, the written forms that are upheld, the head. It applies all batches in order, so every node over
//! one database holds the same.

use std::{
    borrow::Cow,
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    LiveSubscription, LiveUpdate, LiveUpdateKind, QueueIndex, Result, StoreError,
    engine::{Batch, BatchUpdate, Batches, Engine, Epoch, Head, Lookup, Range},
    live::LivePublisher,
    rows::Rows,
    tables::{Index, Table, Value, form_key},
};
use crate::{
    lexicon::UpheldForms,
    record::{Case, Form, FormKey, MemberRecord},
};

/// How many rows are read at once where the memory is built.
const ROWS_AT_ONCE: usize = 1_000;
/// How many batches are followed at once.
const BATCHES_AT_ONCE: usize = 256;

/// A node's memory of the store.
#[derive(Debug)]
pub(super) struct Memory {
    /// The last batch that was applied; locked while batches are.
    place: tokio::sync::Mutex<Place>,
    head: Mutex<Head>,
    /// The version of all accounts, as the head has it.
    accounts: AtomicU64,
    queue: RwLock<QueueIndex>,
    forms: RwLock<Arc<UpheldForms>>,
    live: LivePublisher,
}

/// The last batch that was applied, and the epoch it was read in.
#[derive(Debug, Clone, Copy)]
struct Place {
    epoch: Epoch,
    batch: u64,
}

impl Memory {
    /// Builds it from the stored rows.
    pub async fn build<E: Engine>(engine: &E) -> Result<Self> {
        // The head before the rows: what is written in between is applied once more, and ends the same.
        let (epoch, head) = (engine.epoch(), engine.head().await?);
        let queue = queue_of(engine).await?;
        let forms = upheld_forms_of(engine).await?;
        Ok(Self {
            place: tokio::sync::Mutex::new(Place {
                epoch,
                batch: head.batch,
            }),
            accounts: AtomicU64::new(head.accounts),
            head: Mutex::new(head),
            queue: RwLock::new(queue),
            forms: RwLock::new(Arc::new(forms)),
            live: LivePublisher::default(),
        })
    }

    /// The head after the last batch that was applied.
    pub fn head(&self) -> Head {
        let head = self.head.lock();
        head.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The version of all accounts: what is read from now on is at least as new.
    pub fn accounts(&self) -> u64 {
        self.accounts.load(Ordering::SeqCst)
    }

    /// The cases that wait.
    pub fn queue(&self) -> RwLockReadGuard<'_, QueueIndex> {
        self.queue.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The written forms that moderators upheld: the same value until one more is, or no longer.
    pub fn upheld_forms(&self) -> Arc<UpheldForms> {
        Arc::clone(&self.forms.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn set_forms(&self, forms: Arc<UpheldForms>) {
        *self.forms.write().unwrap_or_else(PoisonError::into_inner) = forms;
    }

    /// Subscribes to updates from now on.
    pub fn watch(&self) -> LiveSubscription {
        self.live.watch()
    }

    /// Applies the batch that this node has written, after those of other nodes that precede it.
    pub async fn wrote<E: Engine>(&self, engine: &E, batch: &Batch) -> Result<()> {
        let mut place = self.place.lock().await;
        // The usual case: the next batch in order, which need not be read back.
        if place.epoch == engine.epoch() && place.batch + 1 == batch.head.batch {
            return self.apply(engine, batch, &mut place).await;
        }
        self.catch_up(engine, &mut place).await
    }

    /// Applies what other nodes have written, or rebuilds everything if batches are gone or the epoch has changed.
    pub async fn follow<E: Engine>(&self, engine: &E) -> Result<()> {
        self.catch_up(engine, &mut *self.place.lock().await).await
    }

    async fn catch_up<E: Engine>(&self, engine: &E, place: &mut Place) -> Result<()> {
        if place.epoch != engine.epoch() {
            return self.rebuild(engine, place).await;
        }
        while place.batch < *engine.newest().borrow() {
            match engine.batches(place.batch, BATCHES_AT_ONCE).await? {
                Batches::Gone => return self.rebuild(engine, place).await,
                Batches::Next(batches) if batches.is_empty() => break,
                Batches::Next(batches) => {
                    for batch in batches {
                        self.apply(engine, &batch, place).await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn rebuild<E: Engine>(&self, engine: &E, place: &mut Place) -> Result<()> {
        let anew = Self::build(engine).await?;
        self.set_forms(anew.upheld_forms());
        let queue = anew.queue.into_inner();
        *self.queue.write().unwrap_or_else(PoisonError::into_inner) =
            queue.unwrap_or_else(PoisonError::into_inner);
        let head = anew.head.into_inner();
        self.set_head(head.unwrap_or_else(PoisonError::into_inner));
        *place = anew.place.into_inner();
        self.live.skip();
        Ok(())
    }

    async fn apply<E: Engine>(&self, engine: &E, batch: &Batch, place: &mut Place) -> Result<()> {
        // Whatever has to be read is read first: an error leaves memory as it was.
        let mut known = Vec::with_capacity(batch.updates.len());
        for update in &batch.updates {
            known.push(at_hand(engine, update).await?);
        }
        let forms = upheld_in(engine, &batch.updates).await?;
        self.set_head(batch.head.clone());
        let mut updates = Vec::new();
        {
            let mut queue = self.queue.write().unwrap_or_else(PoisonError::into_inner);
            for update in &known {
                updates.extend(applied(&mut queue, update));
            }
        }
        let before = self.upheld_forms();
        let after = before.with(forms);
        if after != *before {
            self.set_forms(Arc::new(after));
        }
        place.batch = batch.head.batch;
        // Published once applied: whoever is told of a case finds it in the queue.
        self.live.publish(updates);
        Ok(())
    }

    fn set_head(&self, head: Head) {
        self.accounts.store(head.accounts, Ordering::SeqCst);
        *self.head.lock().unwrap_or_else(PoisonError::into_inner) = head;
    }
}

/// An update with its record, which is read if another node wrote it.
async fn at_hand<E: Engine>(engine: &E, update: &BatchUpdate) -> Result<BatchUpdate> {
    let mut update = update.clone();
    match &mut update {
        BatchUpdate::Case {
            id,
            case: case @ None,
            ..
        } => {
            let row = engine.get(Table::Cases, vec![Value::Id(id.0.0)]).await?;
            *case = row.map(|row| row.read()).transpose()?.map(Arc::new);
        }
        BatchUpdate::Member(id, record @ None) => {
            let row = engine.get(Table::Members, vec![Value::from(&*id)]).await?;
            *record = row.map(|row| row.read()).transpose()?.map(Arc::new);
        }
        BatchUpdate::Case { .. }
        | BatchUpdate::Member(..)
        | BatchUpdate::Form(_)
        | BatchUpdate::Rulebook { .. } => {}
    }
    Ok(update)
}

/// Applies an update to the queue. Returns what to publish; nothing for a claim that was merely renewed.
fn applied(queue: &mut QueueIndex, update: &BatchUpdate) -> Option<LiveUpdate> {
    match update {
        BatchUpdate::Case {
            kind,
            audit,
            at,
            case,
            ..
        } => {
            let case = case.as_deref()?;
            queue.put(case);
            (*audit > 0).then(|| LiveUpdate {
                number: *audit,
                at: *at,
                kind: *kind,
                case: Some(case.clone()),
            })
        }
        // by `upheld_in`
        BatchUpdate::Form(_) => None,
        BatchUpdate::Member(_, record) => {
            record.iter().for_each(|record| queue.put_member(record));
            None
        }
        BatchUpdate::Rulebook { audit, at } => Some(LiveUpdate {
            number: *audit,
            at: *at,
            kind: LiveUpdateKind::Rulebook,
            case: None,
        }),
    }
}

/// Which of the forms that a batch changed are upheld. Their records are sums, so that whoever wrote them reads them too.
async fn upheld_in<E: Engine>(engine: &E, updates: &[BatchUpdate]) -> Result<Vec<(FormKey, bool)>> {
    let keys = updates.iter().filter_map(|update| match update {
        BatchUpdate::Form(key) => Some(*key),
        _ => None,
    });
    let keys: Vec<FormKey> = keys.collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let lookups: Vec<Lookup> = keys
        .iter()
        .map(|key| Lookup::Key(Table::Forms, form_key(*key)))
        .collect();
    let rows = engine.get_all(&lookups).await?;
    let upheld = keys.into_iter().zip(rows).map(|(key, row)| {
        let form = row.map(|row| row.read::<Form>()).transpose()?;
        Ok((key, form.is_some_and(|form| form.is_upheld())))
    });
    upheld.collect()
}

/// The written forms that are upheld.
async fn upheld_forms_of<E: Engine>(engine: &E) -> Result<UpheldForms> {
    let (mut forms, mut upheld) = (Rows::of(Table::Forms), Vec::new());
    while let Some(rows) = forms.next(engine).await? {
        for row in &rows {
            let form = row.read::<Form>()?;
            upheld.extend(form.is_upheld().then(|| form.key()));
        }
    }
    Ok(upheld.into_iter().collect())
}

/// The unresolved cases, and the standings of all members who were ever sanctioned.
async fn queue_of<E: Engine>(engine: &E) -> Result<QueueIndex> {
    let mut queue = QueueIndex::default();
    for member in members_sanctioned(engine).await?.chunks(ROWS_AT_ONCE) {
        let lookups: Vec<Lookup> = member
            .iter()
            .map(|member| Lookup::Key(Table::Members, vec![Value::Text(member.clone())]))
            .collect();
        for row in engine.get_all(&lookups).await?.iter().flatten() {
            queue.put_member(&row.read::<MemberRecord>()?);
        }
    }
    let waiting = Range::along(Index::UnresolvedCases).under([Value::Flag]);
    let (mut waiting, mut found) = (Rows::along(waiting), 0);
    while let Some(rows) = waiting.next(engine).await? {
        for row in &rows {
            queue.put(&row.read::<Case>()?);
        }
        found += rows.len() as u64;
    }
    let counted = engine.count(Range::along(Index::UnresolvedCases)).await?;
    // Other nodes may have written between the two reads; only a lone node can compare them.
    if counted != found && !engine.capabilities().has_nodes {
        return Err(StoreError::Damaged(
            "an unresolved case is not there".to_owned(),
        ));
    }
    Ok(queue)
}

async fn members_sanctioned<E: Engine>(engine: &E) -> Result<Vec<String>> {
    let (mut sanctions, mut members) = (Rows::of(Table::Sanctions), BTreeSet::new());
    while let Some(rows) = sanctions.next(engine).await? {
        let names = rows.iter().map(|row| String::from_utf8_lossy(&row.record));
        members.extend(names.map(Cow::into_owned));
    }
    Ok(members.into_iter().collect())
}
