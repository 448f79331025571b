//! A backup's manifest: the commit of which it is a snapshot, and every file with its length and SHA-256.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::time::Timestamp;

/// The file's name in a backup. A folder that has it is a backup, and not served.
const FILE: &str = "backup.json";
/// The newest shape.
const VERSION: u32 = 1;
/// How much of a file is read at once.
const BUFFER_BYTES: usize = 1 << 20;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// The version of this shape.
    v: u32,
    /// Always `backup`.
    kind: String,
    /// Who made it.
    program: String,
    /// The commit of which it is a snapshot.
    pub commit: u64,
    /// When it was made.
    pub made_at: Timestamp,
    /// Its files, by path.
    pub files: Vec<ManifestEntry>,
}

/// One file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ManifestEntry {
    /// From the backup's folder on, with slashes.
    path: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

impl ManifestEntry {
    /// The file's path within a folder; `None` if it leads out of the folder.
    pub fn within(&self, dir: &Path) -> Option<PathBuf> {
        within(dir, &self.path)
    }
}

/// A path within a folder; `None` if it leads out of the folder.
pub(super) fn within(dir: &Path, path: &str) -> Option<PathBuf> {
    let path = Path::new(path);
    let is_inside = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    is_inside.then(|| dir.join(path))
}

impl Manifest {
    /// Whether a folder is a backup.
    pub fn is_in(dir: &Path) -> bool {
        dir.join(FILE).exists()
    }

    /// The manifest of a folder's files. `told` is called with the bytes read so far and in all.
    pub fn of(
        dir: &Path,
        commit: u64,
        made_at: Timestamp,
        told: &dyn Fn(u64, u64),
    ) -> io::Result<Self> {
        let paths = listed(dir, "")?;
        let lengths = paths
            .iter()
            .map(|path| fs::metadata(dir.join(path)).map(|facts| facts.len()));
        let total = lengths.sum::<io::Result<u64>>()?;
        let (mut done, mut files) = (0, Vec::new());
        for path in paths {
            let mut file = fs::File::open(dir.join(&path))?;
            let (bytes, sha256) = copied(&mut file, &mut io::sink(), &mut |read| {
                done += read;
                told(done, total);
            })?;
            files.push(ManifestEntry {
                path,
                bytes,
                sha256,
            });
        }
        Ok(Self {
            v: VERSION,
            kind: "backup".to_owned(),
            program: concat!("banzhu ", env!("CARGO_PKG_VERSION")).to_owned(),
            commit,
            made_at,
            files,
        })
    }

    /// All files together, in bytes.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    pub fn write(&self, dir: &Path) -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        fs::write(dir.join(FILE), text)
    }

    /// Makes a backup a folder like any other.
    pub fn remove(dir: &Path) -> io::Result<()> {
        fs::remove_file(dir.join(FILE))
    }

    /// The manifest of a backup; what is wrong with it where it cannot be read.
    pub fn read(dir: &Path) -> io::Result<Result<Self, String>> {
        let text = fs::read(dir.join(FILE))?;
        Ok(match serde_json::from_slice::<Self>(&text) {
            Err(error) => Err(format!("{FILE}: {error}")),
            Ok(manifest) if manifest.v > VERSION || manifest.kind != "backup" => Err(format!(
                "{FILE} is a {} of version {}, which this version cannot read",
                manifest.kind, manifest.v
            )),
            Ok(manifest) => Ok(manifest),
        })
    }
}

/// Copies, and gives back length and SHA-256 of what was copied.
pub(super) fn copied(
    from: &mut dyn io::Read,
    to: &mut dyn io::Write,
    told: &mut dyn FnMut(u64),
) -> io::Result<(u64, String)> {
    let mut buffer = vec![0; BUFFER_BYTES];
    let (mut bytes, mut hash) = (0, Sha256::new());
    loop {
        let read = match from.read(&mut buffer)? {
            0 => break,
            read => &buffer[..read],
        };
        hash.update(read);
        to.write_all(read)?;
        bytes += read.len() as u64;
        told(read.len() as u64);
    }
    Ok((bytes, data_encoding::HEXLOWER.encode(&hash.finalize())))
}

/// The files below a folder's part of this name, by their paths from the folder on; in order.
pub(super) fn listed(dir: &Path, part: &str) -> io::Result<Vec<String>> {
    let mut paths = Vec::new();
    list(dir, part, &mut paths)?;
    paths.sort();
    Ok(paths)
}

fn list(dir: &Path, prefix: &str, paths: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(dir.join(prefix))? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_str().ok_or_else(|| {
            io::Error::other(format!("{} has no readable name", entry.path().display()))
        })?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            list(dir, &format!("{prefix}{name}/"), paths)?;
        } else if kind.is_file() && !(prefix.is_empty() && name == FILE) {
            paths.push(format!("{prefix}{name}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_manifest_names_every_file_and_no_path_leads_out_of_its_folder() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("db")).unwrap();
        fs::write(dir.path().join("db/db"), "abc").unwrap();
        fs::write(dir.path().join(FILE), "").unwrap();
        fs::write(dir.path().join("mark"), "").unwrap();
        let made = Manifest::of(dir.path(), 7, Timestamp::from_ms(0), &|_, _| {}).unwrap();
        let paths: Vec<_> = made.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["db/db", "mark"]);
        assert_eq!((made.bytes(), made.commit), (3, 7));
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(made.files[0].sha256, abc);
        made.write(dir.path()).unwrap();
        assert_eq!(Manifest::read(dir.path()).unwrap(), Ok(made.clone()));
        for path in ["../x", "/etc/passwd", "db/../../x"] {
            let listed = ManifestEntry {
                path: path.to_owned(),
                ..made.files[0].clone()
            };
            assert_eq!(listed.within(dir.path()), None, "{path}");
        }
    }
}
