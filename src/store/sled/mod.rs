//! sled 0.34 as an engine: one database in one folder, one writer, one transaction a batch.
//!
//! A batch counts as written after transaction, flush and `sync_data`. After any write error the handle is not trusted again: it is
//! dropped, and the database is copied into new files and synced before it is reopened, because what a failed sync left in the
//! system's memory need not be on disk. No value is larger than 4 KB, so that sled stores everything in the one file that is
//! synced.
//!
//! | files | what they do |
//! | --- | --- |
//! | `engine`, `reads`, `writer/`, `shared` | the engine's two halves and what they share |
//! | `rows`, `key_bytes`, `row_changes`, `transaction` | rows as bytes in sled's trees; a batch as one transaction |
//! | `open`, `checkpoint`, `commit_log`, `salvage`, `convert` | a start: what the folder must hold, and how it gets there |
//! | `compaction`, `backup`, `feed`, `restore`, `manifest` | copies while the service runs, and back |
//! | `export`, `import`, `verify` | a folder that is not in use |

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
