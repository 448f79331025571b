//! The mark: a small file beside the database that says how far it had come.
//!
//! It is written whole or not at all and synced, at least every second of commits and at a clean stop. A database that
//! is behind its mark was rolled back, emptied or cut; it is not served.

use std::{fs, io, io::Write as _, path::Path};

use serde::{Deserialize, Serialize};

/// The file's name in the data folder.
pub(super) const FILE: &str = "mark";

/// How far the database had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    /// Group commits on disk when it was written.
    pub commit: u64,
    /// Length of the database file in bytes. It holds only after a clean stop: a running database moves it both ways.
    pub length: u64,
    /// The service was stopped cleanly.
    pub clean: bool,
}

impl Mark {
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
        file.as_file().sync_all()?;
        file.persist(dir.join(FILE)).map_err(|error| error.error)?;
        sync_dir(dir)
    }
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
            clean: true,
        };
        mark.write(dir.path()).unwrap();
        assert_eq!(Mark::read(dir.path()).unwrap(), Some(mark));
        let mut bytes = fs::read(dir.path().join(FILE)).unwrap();
        bytes[0] ^= 1;
        fs::write(dir.path().join(FILE), bytes).unwrap();
        assert!(Mark::read(dir.path()).is_err());
    }
}
