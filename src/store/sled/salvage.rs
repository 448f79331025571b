//! A database that was not left clean is read from a copy.
//!
//! After a sync that failed the system may hold in memory what is not on disk, and say nothing of it a second time. So whatever
//! was not stopped cleanly is copied into a new generation and synced before it is opened: what is read is on disk then, and
//! the files stay as they were found. Where there is no room for a copy each file is written over with what is read from it, and
//! synced; that holds as well, and keeps nothing as it was found.

use std::{
    fs, io,
    io::{Read as _, Write as _},
    os::unix::fs::FileExt as _,
    path::Path,
};

use super::{
    checkpoint::{Generation, files_of, like_its_folder, sync_dir},
    disk,
    options::OpenOptions,
};

/// How much is copied at once.
const BUFFER_BYTES: usize = 1 << 20;

/// The generation that holds on disk what is read from this one.
pub(super) fn secured(options: &OpenOptions, generation: Generation) -> io::Result<Generation> {
    let dir = &options.dir;
    let (from, copy) = (generation.dir(dir), generation.next());
    let to = copy.dir(dir);
    if has_room(options, &from)? {
        match copied(&from, &to).and_then(|()| sync_dir(dir)) {
            Ok(()) => return Ok(copy),
            Err(error) => {
                // Whatever has failed, no half-made copy stays.
                removed(&to)?;
                // Only a disk that has filled up meanwhile falls through to writing in place.
                if !is_full(&error) {
                    return Err(error);
                }
            }
        }
    }
    tracing::warn!(
        "there is no room for a copy of the database: it is written over with what is read from it"
    );
    written_over(&from)?;
    Ok(generation)
}

/// Whether there was no room.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

/// Removes a folder, if it is there.
pub(super) fn removed(dir: &Path) -> io::Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// Syncs everything that lies in a database's folder, and the folder.
pub(super) fn synced(dir: &Path) -> io::Result<()> {
    for entry in files_of(dir)? {
        fs::File::open(entry.path())?.sync_all()?;
    }
    sync_dir(dir)
}

fn has_room(options: &OpenOptions, from: &Path) -> io::Result<bool> {
    let mut bytes = 0_u64;
    for entry in files_of(from)? {
        bytes = bytes.saturating_add(entry.metadata()?.len());
    }
    let wanted = bytes.saturating_add(options.free_bytes_min);
    Ok(disk::free_bytes(&options.dir)? >= wanted)
}

fn copied(from: &Path, to: &Path) -> io::Result<()> {
    removed(to)?;
    fs::create_dir(to)?;
    like_its_folder(&fs::File::open(to)?, from)?;
    for entry in files_of(from)? {
        // Not by the system's own copy: it may share what lies on disk, and that is in doubt.
        let mut source = fs::File::open(entry.path())?;
        let mut target = fs::File::create_new(to.join(entry.file_name()))?;
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            match source.read(&mut buffer)? {
                0 => break,
                read => target.write_all(&buffer[..read])?,
            }
        }
        like_its_folder(&target, from)?;
        target.sync_all()?;
    }
    sync_dir(to)
}

fn written_over(dir: &Path) -> io::Result<()> {
    for entry in files_of(dir)? {
        let file = fs::File::options()
            .read(true)
            .write(true)
            .open(entry.path())?;
        let (mut buffer, mut at) = (vec![0; BUFFER_BYTES], 0);
        loop {
            match file.read_at(&mut buffer, at)? {
                0 => break,
                read => {
                    // The same bytes in the same place: once written again, the
                    // sync brings to disk what was read.
                    file.write_all_at(&buffer[..read], at)?;
                    at += read as u64;
                }
            }
        }
        file.sync_all()?;
    }
    sync_dir(dir)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn options(dir: &Path, free_bytes_min: u64) -> OpenOptions {
        OpenOptions {
            dir: dir.to_owned(),
            free_bytes_min,
            ..OpenOptions::default()
        }
    }

    #[test]
    fn a_copy_holds_the_same_and_leaves_out_what_was_not_finished() {
        let dir = tempfile::tempdir().unwrap();
        let first = Generation::default();
        let from = first.dir(dir.path());
        fs::create_dir_all(from.join("blobs")).unwrap();
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
        fs::write(from.join("db"), &bytes).unwrap();
        fs::write(from.join("snap.00.generating"), b"half").unwrap();
        let copy = secured(&options(dir.path(), 0), first).unwrap();
        assert_eq!(copy, first.next());
        assert_eq!(fs::read(copy.file(dir.path())).unwrap(), bytes);
        assert!(!copy.dir(dir.path()).join("snap.00.generating").exists());
        let here = secured(&options(dir.path(), u64::MAX), first).unwrap();
        assert_eq!(here, first);
        assert_eq!(fs::read(first.file(dir.path())).unwrap(), bytes);
    }
}
