//! Engines to try, each over data of its own.

use std::sync::Arc;

use banzhu::store::{
    engine::{Batch, Engine, OpenBatch as _, RowChange, WriteError},
    ephemeral::Ephemeral,
};

/// An engine over data of its own.
pub trait Bed {
    /// What is tried.
    type Engine: Engine;

    /// Nothing is stored.
    fn new() -> Self;

    fn engine(&self) -> &Arc<Self::Engine>;

    /// The engine is closed, and one is opened over the same data.
    async fn reopened(self) -> Self;
}

/// The engine in memory.
pub struct InMemory(pub Arc<Ephemeral>);

impl Bed for InMemory {
    type Engine = Ephemeral;

    fn new() -> Self {
        Self(Arc::default())
    }

    fn engine(&self) -> &Arc<Ephemeral> {
        &self.0
    }

    async fn reopened(self) -> Self {
        self.0.close().await;
        Self(Arc::new(self.0.node()))
    }
}

/// Writes the next batch.
pub async fn tried(engine: &impl Engine, rows: Vec<RowChange>) -> Result<(), WriteError> {
    let open = engine.open_batch(&[]).await.unwrap();
    let mut head = open.head().clone();
    head.batch += 1;
    let happened = Vec::new();
    open.write(rows, Arc::new(Batch { head, happened })).await
}

/// Writes the next batch, which goes well.
pub async fn write(engine: &impl Engine, rows: Vec<RowChange>) {
    tried(engine, rows).await.unwrap();
}
