//! sled 0.34 below the store's trait: one database, one thread that writes, one transaction for all that waits.
//!
//! What is answered is on disk: transaction, flush, `sync_data`, then the answers. After any error of a commit the
//! handle is not trusted again; it is dropped, and the database copied into new files and synced before it is opened
//! anew: what a failed sync left in memory need not be on disk. No value is larger than 4 KB, so that
//! nothing lies outside the one file that is synced.

mod backup;
mod checkpoint;
mod commit_log;
mod committer;
mod compaction;
mod disk;
mod export;
mod feed;
mod flush;
mod import;
mod key_bytes;
mod keys;
mod manifest;
mod new_dir;
mod node;
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

pub use export::{ExportCopy, export_file, export_to};
pub use import::{import_file, import_from};
pub use node::SledStore;
pub use open::OpenError;
pub use options::{FlushObserver, OpenOptions};
pub use restore::restore;
pub use verify::{VerifyError, has_database, verify};
