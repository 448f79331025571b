//! sled 0.34 as an engine: one database in one folder, one writer, one transaction a batch.
//!
//! What is written is on disk: transaction, flush, `sync_data`, then it counts. After any error of a write the
//! handle is not trusted again; it is dropped, and the database copied into new files and synced before it is opened
//! anew: what a failed sync left in memory need not be on disk. No value is larger than 4 KB, so that
//! nothing lies outside the one file that is synced.

mod backup;
mod checkpoint;
mod commit_log;
mod compaction;
mod convert;
mod disk;
mod engine;
mod export;
mod feed;
mod flush;
mod import;
mod key_bytes;
mod keys;
mod manifest;
mod new_database;
mod new_dir;
mod open;
mod options;
mod private;
mod reads;
mod restore;
mod row_changes;
mod rows;
mod salvage;
mod shared;
mod state;
mod transaction;
mod verify;
mod writer;

pub use engine::{SledEngine, SledStore};
pub use export::{ExportCopy, export_file, export_to};
pub use import::{import_file, import_from};
pub use open::OpenError;
pub use options::{ConversionObserver, FlushObserver, OpenOptions};
pub use restore::restore;
pub use verify::{VerifyError, has_database, verify};
