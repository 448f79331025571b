//! Creates a folder atomically: it is filled under a name that ends in `partial`, synced, and renamed.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, chown},
    path::{Path, PathBuf},
};

use super::checkpoint::sync_dir;
use crate::store::CopyFailure;

/// What the name of a folder ends with that is not whole yet.
const PARTIAL: &str = "partial";
/// The suffix of the lock file of a folder in the making. It is created first and removed last, and only a folder that has one is
/// ever deleted.
const LOCK: &str = "lock";

/// A folder on its way.
pub(super) struct NewDir {
    target: PathBuf,
    partial: PathBuf,
    parent: PathBuf,
    lock: PathBuf,
    _locked: fs::File,
}

impl NewDir {
    /// Begins one. Its place must be free or an empty folder; what an interrupted attempt left is taken away.
    pub fn begin(target: &Path) -> Result<Self, CopyFailure> {
        let target = std::path::absolute(target).map_err(|error| cannot(target, error))?;
        let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
            return Err(occupied(&target));
        };
        if is_occupied(&target).map_err(|error| cannot(&target, error))? {
            return Err(occupied(&target));
        }
        let partial = parent.join(extended(name, PARTIAL));
        let lock = parent.join(extended(&extended(name, PARTIAL), LOCK));
        let locked = made(&partial, &lock)?;
        Ok(Self {
            parent: parent.to_owned(),
            target,
            partial,
            lock,
            _locked: locked,
        })
    }

    /// Where it is made.
    pub fn path(&self) -> &Path {
        &self.partial
    }

    /// The folder that holds its place.
    pub fn parent(&self) -> &Path {
        &self.parent
    }

    /// Puts it in its place, synced, for its owner alone. Who runs this as root leaves it to whom its place belongs.
    pub fn place(self) -> io::Result<()> {
        let like = if self.target.is_dir() {
            &self.target
        } else {
            &self.parent
        };
        let owner = fs::metadata(like)?;
        settle(&self.partial, (owner.uid(), owner.gid()))?;
        fs::rename(&self.partial, &self.target)?;
        sync_dir(&self.parent)?;
        fs::remove_file(&self.lock)
    }

    /// Gives it up.
    pub fn remove(self) {
        let removed = fs::remove_dir_all(&self.partial);
        if let Err(error) = removed.and_then(|()| fs::remove_file(&self.lock)) {
            let partial = self.partial.display();
            tracing::warn!(%error, "{partial} cannot be removed: {error}");
        }
    }
}

fn extended(name: &OsStr, by: &str) -> OsString {
    let mut name = name.to_owned();
    name.push(".");
    name.push(by);
    name
}

fn occupied(dir: &Path) -> CopyFailure {
    CopyFailure::Occupied {
        dir: dir.display().to_string(),
    }
}

/// Whether something lies there that is not an empty folder.
fn is_occupied(target: &Path) -> io::Result<bool> {
    match fs::read_dir(target) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(true),
        Err(error) => Err(error),
    }
}

/// The new folder, and the lock that says that it is being made.
fn made(partial: &Path, lock: &Path) -> Result<fs::File, CopyFailure> {
    let failed = |error| cannot(partial, error);
    if partial.exists() && !lock.exists() {
        return Err(occupied(partial));
    }
    let locked = locked(partial, lock)?;
    if partial.exists() {
        fs::remove_dir_all(partial).map_err(failed)?;
    }
    fs::DirBuilder::new()
        .mode(0o700)
        .create(partial)
        .map_err(failed)?;
    Ok(locked)
}

fn locked(partial: &Path, lock: &Path) -> Result<fs::File, CopyFailure> {
    let failed = |error| cannot(lock, error);
    let busy = || CopyFailure::Busy {
        dir: partial.display().to_string(),
    };
    let file = fs::File::create(lock).map_err(failed)?;
    file.try_lock().map_err(|_| busy())?;
    // Whoever held it may have removed it in between: then it says nothing any more.
    let own = file.metadata().map_err(failed)?.ino();
    let there = fs::metadata(lock).map(|facts| facts.ino());
    if there.is_ok_and(|there| there == own) {
        Ok(file)
    } else {
        Err(busy())
    }
}

/// Everything in a folder is its owner's alone, and on disk.
fn settle(dir: &Path, owner: (u32, u32)) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            settle(&entry.path(), owner)?;
        } else {
            own(&entry.path(), 0o600, owner)?;
            fs::File::open(entry.path())?.sync_all()?;
        }
    }
    own(dir, 0o700, owner)?;
    sync_dir(dir)
}

fn own(path: &Path, mode: u32, (uid, gid): (u32, u32)) -> io::Result<()> {
    let facts = fs::metadata(path)?;
    if facts.uid() == 0 && (facts.uid(), facts.gid()) != (uid, gid) {
        chown(path, Some(uid), Some(gid))?;
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

/// A file or folder that cannot be used.
pub(super) fn cannot(path: &Path, error: io::Error) -> CopyFailure {
    CopyFailure::Io {
        path: path.display().to_string(),
        error: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_folder_appears_whole_in_a_free_place_and_in_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("new");
        let new = NewDir::begin(&target).unwrap();
        fs::write(new.path().join("a"), "1").unwrap();
        assert!(!target.exists());
        let busy = NewDir::begin(&target).err();
        assert!(matches!(busy, Some(CopyFailure::Busy { .. })), "{busy:?}");
        new.place().unwrap();
        let facts = fs::metadata(target.join("a")).unwrap();
        assert_eq!(facts.permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(&target).unwrap().count(), 1);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        let occupied = NewDir::begin(&target).err();
        assert!(matches!(occupied, Some(CopyFailure::Occupied { .. })));

        fs::create_dir(dir.path().join("empty")).unwrap();
        let new = NewDir::begin(&dir.path().join("empty")).unwrap();
        new.place().unwrap();
        assert!(dir.path().join("empty").is_dir());
    }

    #[test]
    fn what_an_interrupted_attempt_left_is_taken_away_and_nothing_else_is() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("new");
        let left = NewDir::begin(&target).unwrap();
        fs::write(left.path().join("half"), "1").unwrap();
        drop(left);
        // A kill may come between any two steps: before the folder is there, and after it was taken away.
        fs::remove_dir_all(dir.path().join("new.partial")).unwrap();
        drop(NewDir::begin(&target).unwrap());
        let again = NewDir::begin(&target).unwrap();
        assert!(!again.path().join("half").exists());
        again.remove();
        let own = dir.path().join("new.partial");
        fs::create_dir(&own).unwrap();
        fs::write(own.join("letters"), "1").unwrap();
        assert!(NewDir::begin(&target).is_err());
        assert!(own.join("letters").exists());
    }
}
