//! Free space: looked at every second, so that writes are refused while there is still room to be orderly.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

/// The file that is given up so that a full disk has room for a reopen.
const RESERVE_FILE: &str = "reserve";
/// How often the disk is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Bytes free for us on the disk of `dir`.
pub(super) fn free_bytes(dir: &Path) -> io::Result<u64> {
    let facts = rustix::fs::statvfs(dir)?;
    Ok(facts.f_bavail.saturating_mul(facts.f_frsize))
}

/// Makes the reserve where there is none and room for it.
pub(super) fn keep_reserve(dir: &Path, bytes: u64) -> io::Result<()> {
    let path = dir.join(RESERVE_FILE);
    if fs::metadata(&path).is_ok_and(|found| found.len() == bytes)
        || free_bytes(dir)? < bytes.saturating_mul(4)
    {
        return Ok(());
    }
    let file = fs::File::create(&path)?;
    // A sparse file would reserve nothing.
    rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, bytes)?;
    file.sync_all()
}

/// Gives the reserve up.
pub(super) fn give_up_reserve(dir: &Path) {
    if fs::remove_file(dir.join(RESERVE_FILE)).is_ok() {
        tracing::warn!("the reserve file was given up to make room for a reopen");
    }
}

/// What is known of the disk.
#[derive(Debug)]
pub(super) struct Disk {
    dir: PathBuf,
    free_bytes_min: u64,
    free: AtomicU64,
    full: AtomicBool,
    over: AtomicBool,
}

impl Disk {
    /// Looks now, and then every second on a thread of its own until [`Disk::end`].
    pub fn watched(dir: &Path, free_bytes_min: u64) -> Arc<Self> {
        let (free, full, over) = (
            AtomicU64::new(0),
            AtomicBool::new(false),
            AtomicBool::new(false),
        );
        let disk = Arc::new(Self {
            dir: dir.to_owned(),
            free_bytes_min,
            free,
            full,
            over,
        });
        disk.look();
        let watching = Arc::downgrade(&disk);
        thread::spawn(move || {
            while let Some(disk) = watching
                .upgrade()
                .filter(|disk| !disk.over.load(Ordering::Relaxed))
            {
                disk.look();
                drop(disk);
                thread::sleep(LOOK_EVERY);
            }
        });
        disk
    }

    pub fn free(&self) -> u64 {
        self.free.load(Ordering::Relaxed)
    }

    pub fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    pub fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    fn look(&self) {
        match free_bytes(&self.dir) {
            Ok(free) => {
                self.free.store(free, Ordering::Relaxed);
                let full = free < self.free_bytes_min;
                if self.full.swap(full, Ordering::Relaxed) != full {
                    tracing::warn!(
                        disk.free_bytes = free,
                        disk.full = full,
                        "free disk space is {free} bytes; writes refused: {full}"
                    );
                }
            }
            Err(error) => tracing::warn!(%error, "free disk space cannot be told: {error}"),
        }
    }
}
