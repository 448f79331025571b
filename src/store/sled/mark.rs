//! The mark: a small file beside the database that says how far it had come.
//!
//! It is written whole or not at all and synced, at least every second of commits and at a clean stop. A database that
//! is behind its mark was rolled back, emptied or cut; it is not served. A clean stop also marks the checksum of every
//! file of the database, so that one changed byte is seen before anything opens it.

use std::{
    fs, io,
    io::{Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, fchown},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

/// The file's name in the data folder.
pub(super) const FILE: &str = "mark";

/// How much of a file is read at once for its checksum.
const CHECKSUM_BUFFER_BYTES: usize = 1 << 20;

/// The database's folder within the data folder, and the file within that which holds everything.
const DATABASE: &str = "db";

/// Which copy of the database it is: a compaction copies it into a new folder, and the mark tells which one counts. So one
/// rename passes from the old to the new.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Generation(u32);

impl Generation {
    /// The one that a mark names; the first where there is none yet.
    pub fn marked(mark: Option<Mark>) -> Self {
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

    /// The folders of other copies: half made, or left behind.
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
pub(super) struct Mark {
    /// Group commits on disk when it was written.
    pub commit: u64,
    /// Length of the database file in bytes. It holds only after a clean stop: a running database moves it both ways.
    pub length: u64,
    /// [`checksum_of`] the database's folder; it holds only after a clean stop.
    pub checksum: u32,
    /// The service was stopped cleanly.
    pub clean: bool,
    /// In which folder the database lies.
    pub generation: Generation,
}

impl Mark {
    /// The mark of a database that is in use.
    pub const fn in_use(generation: Generation, commit: u64) -> Self {
        Self {
            commit,
            length: 0,
            checksum: 0,
            clean: false,
            generation,
        }
    }

    /// The mark of a folder; none where there is none yet.
    pub fn read(dir: &Path) -> io::Result<Option<Self>> {
        let bytes = match fs::read(dir.join(FILE)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let sound = bytes
            .split_last_chunk::<4>()
            .filter(|(body, crc)| crc32c::crc32c(body) == u32::from_le_bytes(**crc));
        let mark = sound.and_then(|(body, _)| postcard::from_bytes(body).ok());
        mark.map(Some).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                "the mark's checksum does not hold",
            )
        })
    }

    /// Writes it to a new file, syncs it, and puts it in the place of the old.
    pub fn write(self, dir: &Path) -> io::Result<()> {
        let mut bytes = postcard::to_stdvec(&self).map_err(io::Error::other)?;
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        file.write_all(&bytes)?;
        like_its_folder(file.as_file(), dir)?;
        file.as_file().sync_all()?;
        file.persist(dir.join(FILE)).map_err(|error| error.error)?;
        sync_dir(dir)
    }
}

/// A command that root runs on the service's folder must leave it to the service.
fn like_its_folder(file: &fs::File, dir: &Path) -> io::Result<()> {
    let (own, wanted) = (file.metadata()?, fs::metadata(dir)?);
    if (own.uid(), own.gid()) == (wanted.uid(), wanted.gid()) || own.uid() != 0 {
        return Ok(());
    }
    fchown(file, Some(wanted.uid()), Some(wanted.gid()))
}

/// A checksum over names and contents of the files that lie in a folder itself.
pub(super) fn checksum_of(dir: &Path) -> io::Result<u32> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            files.push(entry);
        }
    }
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
        assert_eq!(Mark::read(dir.path()).unwrap(), None);
        let mark = Mark {
            commit: 7,
            length: 1 << 40,
            checksum: u32::MAX,
            clean: true,
            generation: Generation::default().next(),
        };
        mark.write(dir.path()).unwrap();
        assert_eq!(Mark::read(dir.path()).unwrap(), Some(mark));
        let mut bytes = fs::read(dir.path().join(FILE)).unwrap();
        bytes[0] ^= 1;
        fs::write(dir.path().join(FILE), bytes).unwrap();
        assert!(Mark::read(dir.path()).is_err());
    }

    #[test]
    fn a_mark_belongs_to_whom_its_folder_belongs() {
        let dir = tempfile::tempdir().unwrap();
        let nobody = Some(65_534);
        if std::os::unix::fs::chown(dir.path(), nobody, nobody).is_err() {
            println!("skipped: only root can give a folder to somebody else");
            return;
        }
        Mark::in_use(Generation::default(), 1)
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
        fs::rename(dir.path().join("a"), dir.path().join("c")).unwrap();
        assert_ne!(checksum_of(dir.path()).unwrap(), whole);
    }
}
