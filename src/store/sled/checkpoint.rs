//! The checkpoint (the file `mark`): which folder holds the database, its last commit, and whether it was closed cleanly.
//!
//! It is written atomically and synced: at a start, at a stop, and when a copy replaces the database. A database that is behind
//! its checkpoint was rolled back, emptied or truncated, and is not served. While the service runs, the
//! [commit log](super::commit_log) records the last commit. A clean stop also records the checksum of the database's files, so
//! that one changed byte is found before anything opens them.
//!
//! The file `created` records that there once was a checkpoint. If it exists and the checkpoint does not, files are missing: no
//! new database is begun over what may still be restored.

use std::{
    ffi::OsStr,
    fs, io,
    io::{Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

/// The file's name in the data folder.
pub(super) const FILE: &str = "mark";

/// A checkpoint is written here, then renamed over the last.
const NEW_FILE: &str = "mark.new";
/// The file that records that there was a checkpoint.
const CREATED: &str = "created";
const CREATED_TEXT: &[u8] =
    b"This folder holds a Banzhu database. Without its other files it is not served.\n";

/// How checkpoints of version 2 begin; none of version 1 does.
const VERSION_2: &[u8] = b"BZMARK2\n";

/// How much of a file is read at once for its checksum.
const CHECKSUM_BUFFER_BYTES: usize = 1 << 20;

/// How the names of sled's snapshots begin, and how a half-written one's ends.
const SNAPSHOT: &str = "snap.";
const HALF_WRITTEN: &str = ".generating";

/// The database's folder within the data folder, and the file within that which holds everything.
const DATABASE: &str = "db";

/// The number of a copy of the database. A compaction or conversion fills the folder of the next generation, and the checkpoint
/// names the one in use; so renaming one file switches from `db` to the copy, or does not, and never half.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Generation(u32);

impl Generation {
    /// The one that a checkpoint names; the first if there is no checkpoint yet.
    pub fn marked(mark: Option<Checkpoint>) -> Self {
        mark.map(|mark| mark.generation).unwrap_or_default()
    }

    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }

    /// Its folder.
    pub fn dir(self, data: &Path) -> PathBuf {
        data.join(match self.0 {
            0 => DATABASE.to_owned(),
            number => format!("{DATABASE}-{number}"),
        })
    }

    /// The one file that holds everything.
    pub fn file(self, data: &Path) -> PathBuf {
        self.dir(data).join(DATABASE)
    }

    /// How long that file is.
    pub fn bytes(self, data: &Path) -> io::Result<u64> {
        Ok(fs::metadata(self.file(data))?.len())
    }

    /// The folders of other generations: incomplete, or left over.
    pub fn others(self, data: &Path) -> io::Result<Vec<PathBuf>> {
        let own = self.dir(data);
        let mut others = Vec::new();
        for entry in fs::read_dir(data)? {
            let (path, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
            if name.to_str().is_some_and(is_database) && path != own && path.is_dir() {
                others.push(path);
            }
        }
        Ok(others)
    }

    /// Removes them.
    pub fn remove_others(self, data: &Path) -> io::Result<()> {
        for other in self.others(data)? {
            match fs::remove_dir_all(other) {
                // Somebody was faster.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                done => done?,
            }
        }
        Ok(())
    }
}

fn is_database(name: &str) -> bool {
    name.strip_prefix(DATABASE).is_some_and(|rest| {
        rest.is_empty()
            || rest
                .strip_prefix('-')
                .is_some_and(|number| number.parse::<u32>().is_ok())
    })
}

/// How far the database had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    /// Group commits on disk when it was written.
    pub commit: u64,
    /// Length of the database file in bytes. It holds only after a clean stop: a running database moves it both ways.
    pub length: u64,
    /// [`checksum_of`] the database's folder; it holds only after a clean stop.
    pub checksum: u32,
    /// The service was stopped cleanly.
    pub clean: bool,
    /// The folder that holds the database.
    pub generation: Generation,
    /// The run whose entries in the commit log are valid; 0 if there was no log, as in earlier versions.
    pub run: u64,
}

/// Version 1, without a commit log.
#[derive(Debug, Serialize, Deserialize)]
struct CheckpointV1 {
    commit: u64,
    length: u64,
    checksum: u32,
    clean: bool,
    generation: Generation,
}

impl From<CheckpointV1> for Checkpoint {
    fn from(old: CheckpointV1) -> Self {
        let CheckpointV1 {
            commit,
            length,
            checksum,
            clean,
            generation,
        } = old;
        Self {
            commit,
            length,
            checksum,
            clean,
            generation,
            run: 0,
        }
    }
}

impl Checkpoint {
    /// The checkpoint of a database in use.
    pub const fn in_use(generation: Generation, commit: u64, run: u64) -> Self {
        Self {
            commit,
            length: 0,
            checksum: 0,
            clean: false,
            generation,
            run,
        }
    }

    /// The checkpoint of a folder, if there is one yet.
    pub fn read(dir: &Path) -> io::Result<Option<Self>> {
        let bytes = match fs::read(dir.join(FILE)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let sound = bytes
            .split_last_chunk::<4>()
            .filter(|(body, crc)| crc32c::crc32c(body) == u32::from_le_bytes(**crc));
        let mark = sound.and_then(|(body, _)| Self::decoded(body));
        mark.map(Some).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                "the mark's checksum does not hold",
            )
        })
    }

    fn decoded(body: &[u8]) -> Option<Self> {
        match body.strip_prefix(VERSION_2) {
            Some(body) => postcard::from_bytes(body).ok(),
            None => postcard::from_bytes::<CheckpointV1>(body)
                .ok()
                .map(Self::from),
        }
    }

    /// Writes it to a new file, syncs it, and puts it in the place of the old.
    pub fn write(self, dir: &Path) -> io::Result<()> {
        let mut bytes = VERSION_2.to_vec();
        bytes.extend(postcard::to_stdvec(&self).map_err(io::Error::other)?);
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
        put_synced(dir, NEW_FILE, FILE, &bytes).map(drop)
    }
}

/// Whether there ever was a checkpoint.
pub(super) fn was_created(dir: &Path) -> io::Result<bool> {
    dir.join(CREATED).try_exists()
}

/// Records that there is a checkpoint.
pub(super) fn set_created(dir: &Path) -> io::Result<()> {
    if was_created(dir)? {
        return Ok(());
    }
    put_synced(dir, CREATED, CREATED, CREATED_TEXT).map(drop)
}

/// Writes a file whole, syncs it, and gives it its name; open for reading and writing.
pub(super) fn put_synced(
    dir: &Path,
    new_name: &str,
    name: &str,
    bytes: &[u8],
) -> io::Result<fs::File> {
    let path = dir.join(new_name);
    let mut file = fs::File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&path)?;
    file.write_all(bytes)?;
    like_its_folder(&file, dir)?;
    // Before the rename: after a crash the name leads to the old file or to all of the new one.
    file.sync_all()?;
    if new_name != name {
        fs::rename(&path, dir.join(name))?;
    }
    // The new name itself is on disk only once the folder is.
    sync_dir(dir)?;
    Ok(file)
}

/// A command that root runs on the service's folder must leave it to the service.
pub(super) fn like_its_folder(file: &fs::File, dir: &Path) -> io::Result<()> {
    let (own, wanted) = (file.metadata()?, fs::metadata(dir)?);
    if (own.uid(), own.gid()) == (wanted.uid(), wanted.gid()) || own.uid() != 0 {
        return Ok(());
    }
    fchown(file, Some(wanted.uid()), Some(wanted.gid()))
}

/// Whether this is a snapshot that sled did not finish. It holds nothing valid, but sled would take it for its newest.
pub(super) fn is_half_written(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.starts_with(SNAPSHOT.as_bytes()) && name.ends_with(HALF_WRITTEN.as_bytes())
}

/// The files directly in a database's folder, without unfinished snapshots.
pub(super) fn files_of(dir: &Path) -> io::Result<Vec<fs::DirEntry>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_file() && !is_half_written(&entry.file_name()) {
            files.push(entry);
        }
    }
    Ok(files)
}

/// A checksum over names and contents of the files directly in a folder.
pub(super) fn checksum_of(dir: &Path) -> io::Result<u32> {
    let mut files = files_of(dir)?;
    files.sort_by_key(fs::DirEntry::file_name);
    let mut sum = 0;
    let mut buffer = vec![0; CHECKSUM_BUFFER_BYTES];
    for entry in files {
        sum = crc32c::crc32c_append(sum, entry.file_name().as_encoded_bytes());
        let mut file = fs::File::open(entry.path())?;
        loop {
            match file.read(&mut buffer)? {
                0 => break,
                read => sum = crc32c::crc32c_append(sum, &buffer[..read]),
            }
        }
    }
    Ok(sum)
}

/// Syncs a folder, so that names in it last.
pub(super) fn sync_dir(dir: &Path) -> io::Result<()> {
    fs::File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_mark_comes_back_and_a_damaged_one_does_not() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Checkpoint::read(dir.path()).unwrap(), None);
        let mark = Checkpoint {
            commit: 7,
            length: 1 << 40,
            checksum: u32::MAX,
            clean: true,
            generation: Generation::default().next(),
            run: 1 << 63,
        };
        mark.write(dir.path()).unwrap();
        assert_eq!(Checkpoint::read(dir.path()).unwrap(), Some(mark));
        let mut bytes = fs::read(dir.path().join(FILE)).unwrap();
        bytes[0] ^= 1;
        fs::write(dir.path().join(FILE), bytes).unwrap();
        assert!(Checkpoint::read(dir.path()).is_err());
    }

    #[test]
    fn a_mark_of_the_first_version_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let old = CheckpointV1 {
            commit: 66,
            length: 90,
            checksum: 77,
            clean: true,
            generation: Generation::default(),
        };
        let mut bytes = postcard::to_stdvec(&old).unwrap();
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
        fs::write(dir.path().join(FILE), bytes).unwrap();
        assert_eq!(
            Checkpoint::read(dir.path()).unwrap(),
            Some(Checkpoint::from(old))
        );
    }

    #[test]
    fn a_mark_belongs_to_whom_its_folder_belongs() {
        let dir = tempfile::tempdir().unwrap();
        let nobody = Some(65_534);
        if std::os::unix::fs::chown(dir.path(), nobody, nobody).is_err() {
            println!("skipped: only root can give a folder to somebody else");
            return;
        }
        Checkpoint::in_use(Generation::default(), 1, 7)
            .write(dir.path())
            .unwrap();
        let facts = fs::metadata(dir.path().join(FILE)).unwrap();
        assert_eq!((facts.uid(), facts.gid()), (65_534, 65_534));
    }

    #[test]
    fn a_checksum_sees_a_changed_byte_and_a_changed_name() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("blobs")).unwrap();
        fs::write(dir.path().join("b"), vec![7; 3 << 20]).unwrap();
        fs::write(dir.path().join("a"), b"1").unwrap();
        let whole = checksum_of(dir.path()).unwrap();
        assert_eq!(checksum_of(dir.path()).unwrap(), whole);
        let mut bytes = vec![7; 3 << 20];
        bytes[2 << 20] ^= 1;
        fs::write(dir.path().join("b"), bytes).unwrap();
        assert_ne!(checksum_of(dir.path()).unwrap(), whole);
        fs::write(dir.path().join("b"), vec![7; 3 << 20]).unwrap();
        assert_eq!(checksum_of(dir.path()).unwrap(), whole);
        fs::write(dir.path().join("snap.0000000000FFFFFF.generating"), b"1").unwrap();
        assert_eq!(checksum_of(dir.path()).unwrap(), whole);
        fs::rename(dir.path().join("a"), dir.path().join("c")).unwrap();
        assert_ne!(checksum_of(dir.path()).unwrap(), whole);
    }
}
