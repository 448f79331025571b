//! Engines to try, each over data of its own.

use std::{fs, path::Path, sync::Arc};

use banzhu::{
    store::{
        OpenOptions, SledEngine,
        engine::{Batch, Engine, Head, OpenBatch as _, RowChange, WriteError},
        ephemeral::Ephemeral,
        tables::{Column, Table, Value},
    },
    time::{Clock, Timestamp},
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

    /// What a cut at this moment would leave, opened.
    fn cut(&self) -> Self;
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

    fn cut(&self) -> Self {
        Self(Arc::new(self.0.node()))
    }
}

/// A data folder.
pub struct Folder {
    dir: tempfile::TempDir,
    engine: Arc<SledEngine>,
}

/// A clock that stands still.
pub struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(1_795_000_000_000)
    }

    fn random_bytes(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

impl Folder {
    fn over(dir: tempfile::TempDir) -> Self {
        let options = OpenOptions {
            dir: dir.path().to_owned(),
            free_bytes_min: 0,
            ..OpenOptions::default()
        };
        let engine = Arc::new(SledEngine::open(options, &Still).unwrap());
        Self { dir, engine }
    }
}

impl Bed for Folder {
    type Engine = SledEngine;

    fn new() -> Self {
        Self::over(tempfile::tempdir().unwrap())
    }

    fn engine(&self) -> &Arc<SledEngine> {
        &self.engine
    }

    async fn reopened(self) -> Self {
        self.engine.close().await;
        Self::over(self.dir)
    }

    fn cut(&self) -> Self {
        let dir = tempfile::tempdir().unwrap();
        copy(self.dir.path(), dir.path());
        Self::over(dir)
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            fs::create_dir(&to).unwrap();
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).unwrap();
        }
    }
}

/// The head counts the rows that it tells of.
fn count(head: &mut Head, row: &RowChange) {
    match row {
        RowChange::Put {
            table: Table::Comments,
            key,
            ..
        } => {
            if let [Value::Number(number)] = key.as_slice() {
                head.next_comment = head.next_comment.max(number + 1);
            }
        }
        RowChange::Put {
            table: Table::Webhooks,
            columns,
            before: None,
            ..
        } => head.webhooks += u64::from(columns.has(Column::Live)),
        _ => {}
    }
}

/// Writes the next batch.
pub async fn tried(engine: &impl Engine, rows: Vec<RowChange>) -> Result<(), WriteError> {
    let open = engine.open_batch(&[]).await.unwrap();
    let mut head = open.head().clone();
    head.batch += 1;
    rows.iter().for_each(|row| count(&mut head, row));
    let updates = Vec::new();
    open.write(rows, Arc::new(Batch { head, updates })).await
}

/// Writes the next batch, which goes well.
pub async fn write(engine: &impl Engine, rows: Vec<RowChange>) {
    tried(engine, rows).await.unwrap();
}
