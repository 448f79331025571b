//! A data folder is its owner's alone: it holds secrets, and what members wrote.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
};

/// What everybody but the owner may do, as bits of a mode.
const OTHERS: u32 = 0o077;
/// What a data folder holds. `.tmp…` are files on their way to their name.
const OURS: [&str; 13] = [
    ".tmp",
    "clock",
    "commits",
    "control.sock",
    "created",
    "db",
    "evidence",
    "export-copy",
    "lock",
    "mark",
    "reserve",
    "rulebook",
    "salvage",
];

/// Takes from everybody else what they may do with the folder and with all that is in it.
///
/// # Errors
///
/// Where the folder is open to others and holds what is not ours: `--data /tmp` must not shut `/tmp`. Where it belongs to
/// somebody else.
pub(super) fn keep_private(dir: &Path) -> io::Result<()> {
    if fs::metadata(dir)?.mode() & OTHERS != 0 {
        for entry in fs::read_dir(dir)? {
            let name = entry?.file_name();
            let is_ours = |ours: &&str| name.as_encoded_bytes().starts_with(ours.as_bytes());
            if !OURS.iter().any(is_ours) {
                return Err(io::Error::new(
                    io::ErrorKind::PermissionDenied,
                    format!(
                        "others may enter it, and it holds {}; give Banzhu a folder of its own",
                        name.display()
                    ),
                ));
            }
        }
        tracing::warn!("the data folder was open to others; it is its owner's alone now");
    }
    narrow(dir)
}

fn narrow(path: &Path) -> io::Result<()> {
    let facts = fs::symlink_metadata(path)?;
    if facts.is_symlink() {
        return Ok(());
    }
    if facts.mode() & OTHERS != 0 {
        let own = facts.mode() & 0o7777 & !OTHERS;
        fs::set_permissions(path, fs::Permissions::from_mode(own))?;
    }
    if facts.is_dir() {
        for entry in fs::read_dir(path)? {
            narrow(&entry?.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    fn set(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_folder_of_ours_is_narrowed_and_another_is_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let (db, mark) = (dir.path().join("db"), dir.path().join("mark"));
        fs::create_dir(&db).unwrap();
        fs::write(db.join("db"), b"rows").unwrap();
        fs::write(&mark, b"7").unwrap();
        for (path, wide) in [
            (db.join("db"), 0o644),
            (mark.clone(), 0o640),
            (db.clone(), 0o755),
        ] {
            set(&path, wide);
        }
        set(dir.path(), 0o755);
        keep_private(dir.path()).unwrap();
        assert_eq!((mode(dir.path()), mode(&db)), (0o700, 0o700));
        assert_eq!((mode(&db.join("db")), mode(&mark)), (0o600, 0o600));

        fs::write(dir.path().join("letter.txt"), b"mine").unwrap();
        set(dir.path(), 0o755);
        set(&mark, 0o644);
        let refused = keep_private(dir.path()).unwrap_err();
        assert!(refused.to_string().contains("letter.txt"), "{refused}");
        assert_eq!((mode(dir.path()), mode(&mark)), (0o755, 0o644));
    }
}
