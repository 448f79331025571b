//! A backup becomes a data folder again: every file is checked while it is copied, and the folder appears whole or not at all.

use std::{fs, io, path::Path};

use super::{
    checkpoint::Checkpoint,
    disk,
    manifest::{Manifest, ManifestEntry, copied},
    new_dir::{NewDir, cannot},
    open,
};
use crate::store::{BackupReport, CopyFailure, CopyProgress, CopyStep};

/// Makes a data folder of a backup. `data` must not exist, or be empty; the backup stays as it is.
pub fn restore(
    backup: &Path,
    data: &Path,
    on_progress: &dyn Fn(CopyProgress),
) -> Result<BackupReport, CopyFailure> {
    let manifest = manifest_of(backup)?;
    let new = NewDir::begin(data)?;
    match filled(backup, &manifest, &new, on_progress) {
        Ok(()) => new.place().map_err(|error| cannot(data, error))?,
        Err(error) => {
            new.remove();
            return Err(error);
        }
    }
    Ok(BackupReport {
        dir: data.display().to_string(),
        commit: manifest.commit,
        bytes: manifest.bytes(),
    })
}

fn manifest_of(backup: &Path) -> Result<Manifest, CopyFailure> {
    match Manifest::read(backup) {
        Ok(read) => read.map_err(|what| damaged(backup, what)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(CopyFailure::NoBackup {
            dir: backup.display().to_string(),
        }),
        Err(error) => Err(cannot(backup, error)),
    }
}

fn filled(
    backup: &Path,
    manifest: &Manifest,
    new: &NewDir,
    on_progress: &dyn Fn(CopyProgress),
) -> Result<(), CopyFailure> {
    let (dir, needed) = (new.path(), manifest.bytes());
    let free = disk::free_bytes(dir).map_err(|error| cannot(dir, error))?;
    if free < needed {
        let dir = new.parent().display().to_string();
        return Err(CopyFailure::NoRoom { dir, needed, free });
    }
    let mut done = 0;
    for listed in &manifest.files {
        copy_checked(backup, listed, dir, &mut |bytes| {
            done += bytes;
            on_progress(CopyProgress {
                step: CopyStep::Copying,
                done,
                total: needed,
            });
        })?;
    }
    check_checkpoint(backup, dir)
}

/// What is copied is what the manifest names, byte for byte.
fn copy_checked(
    backup: &Path,
    listed: &ManifestEntry,
    to: &Path,
    told: &mut dyn FnMut(u64),
) -> Result<(), CopyFailure> {
    let (Some(from), Some(to)) = (listed.within(backup), listed.within(to)) else {
        let what = "a file that it names lies outside of it".to_owned();
        return Err(damaged(backup, what));
    };
    let name = from.display().to_string();
    let failed = |error| cannot(&to, error);
    let mut source = match fs::File::open(&from) {
        Ok(source) => source,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(damaged(backup, format!("{name} is missing")));
        }
        Err(error) => return Err(cannot(&from, error)),
    };
    to.parent()
        .map_or(Ok(()), fs::create_dir_all)
        .map_err(failed)?;
    let mut target = fs::File::create(&to).map_err(failed)?;
    let (bytes, sha256) = copied(&mut source, &mut target, told).map_err(failed)?;
    if (bytes, sha256.as_str()) != (listed.bytes, listed.sha256.as_str()) {
        let what = format!("{name} is not the file that was backed up");
        return Err(damaged(backup, what));
    }
    Ok(())
}

/// A start will find the database as it was left.
fn check_checkpoint(backup: &Path, dir: &Path) -> Result<(), CopyFailure> {
    let mark = Checkpoint::read(dir).map_err(|error| cannot(dir, error))?;
    let Some(mark) = mark.filter(|mark| mark.clean) else {
        let what = "it has no mark of a clean end".to_owned();
        return Err(damaged(backup, what));
    };
    match open::changed_since(dir, mark).map_err(|error| cannot(dir, error))? {
        None => Ok(()),
        Some(what) => Err(damaged(backup, what)),
    }
}

fn damaged(backup: &Path, what: String) -> CopyFailure {
    CopyFailure::Damaged {
        dir: backup.display().to_string(),
        what,
    }
}
