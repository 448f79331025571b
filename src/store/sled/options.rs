//! How a folder is opened.

use std::{path::PathBuf, sync::Arc, time::Duration};

/// Called after each sync of a group commit: how long flush and sync took.
pub type FlushObserver = Arc<dyn Fn(Duration) + Send + Sync>;

/// Called now and then while a folder is converted: how many of how many rows are done.
pub type ConversionObserver = Arc<dyn Fn(u64, u64) + Send + Sync>;

/// How a store is opened.
#[derive(Clone)]
pub struct OpenOptions {
    /// The data folder.
    pub dir: PathBuf,
    /// sled's cache in bytes.
    pub cache_bytes: u64,
    /// Writes are refused while less is free on the disk, in bytes.
    pub free_bytes_min: u64,
    /// The size of the reserve file in bytes.
    pub reserve_bytes: u64,
    /// How many commits may wait.
    pub queue_max: usize,
    /// Whose days statistics go by.
    pub time_zone: jiff::tz::TimeZone,
    /// Is called after each flush.
    pub flush_observer: Option<FlushObserver>,
    /// Is called with the progress of converting an earlier version's folder.
    pub conversion_observer: Option<ConversionObserver>,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            dir: PathBuf::from("data"),
            cache_bytes: 64 << 20,
            free_bytes_min: 256 << 20,
            reserve_bytes: 16 << 20,
            queue_max: 4_096,
            time_zone: jiff::tz::TimeZone::UTC,
            flush_observer: None,
            conversion_observer: None,
        }
    }
}
