//! The last good rulebook, kept as files in the data folder for the next start.
//!
//! `rulebook/current` names the folder beside it that holds the files; it is replaced in one rename, after the files are
//! on disk. So there is always one whole rulebook, or none.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::files::text_in;
use crate::{
    lexicon::ListFile,
    policy::{
        decision::RulebookVersion,
        rulebook::{NOTICES_FILE, RULES_FILE, RulebookFiles},
    },
};

/// The folder in the data folder.
const DIR: &str = "rulebook";
/// The file that names the folder in force.
const CURRENT: &str = "current";

/// A rulebook that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRulebook {
    /// Its counter in this data folder.
    pub counter: u32,
    /// Its files.
    pub files: RulebookFiles,
}

/// Where the last good rulebook is kept.
#[derive(Debug, Clone)]
pub struct Keep {
    dir: PathBuf,
}

impl Keep {
    /// The keep in a data folder.
    pub fn in_data(data: &Path) -> Self {
        Self {
            dir: data.join(DIR),
        }
    }

    /// The rulebook that was kept last; none where none was, or where it is not whole.
    pub fn read(&self) -> Option<KeptRulebook> {
        let name = fs::read_to_string(self.dir.join(CURRENT)).ok()?;
        let kept = self.read_named(name.trim());
        if kept.is_none() {
            tracing::warn!("the rulebook kept in the data folder is not whole and is not used");
        }
        kept
    }

    /// Keeps a rulebook in place of the last.
    pub fn write(&self, version: RulebookVersion, files: &RulebookFiles) -> io::Result<()> {
        fs::create_dir_all(&self.dir)?;
        let name = version.to_string();
        let target = self.dir.join(&name);
        if !target.is_dir() {
            let making = tempfile::tempdir_in(&self.dir)?;
            for (name, content) in files.named() {
                let mut file = File::create(making.path().join(name))?;
                file.write_all(content.as_bytes())?;
                file.sync_all()?;
            }
            File::open(making.path())?.sync_all()?;
            fs::rename(making.path(), &target)?;
            let _ = making.keep();
        }
        let mut current = tempfile::NamedTempFile::new_in(&self.dir)?;
        writeln!(current, "{name}")?;
        current.as_file().sync_all()?;
        current.persist(self.dir.join(CURRENT)).map_err(|error| error.error)?;
        File::open(&self.dir)?.sync_all()?;
        self.forget_all_but(&name)
    }

    fn read_named(&self, name: &str) -> Option<KeptRulebook> {
        let counter = counter_of(name)?;
        let dir = self.dir.join(name);
        let mut files = RulebookFiles::default();
        for entry in fs::read_dir(&dir).ok()? {
            let name = entry.ok()?.file_name().into_string().ok()?;
            let content = text_in(&dir, &name).ok()?;
            match name.as_str() {
                RULES_FILE => files.rules = Some(content),
                NOTICES_FILE => files.notices = Some(content),
                _ => files.lists.push(ListFile { name, content }),
            }
        }
        files.lists.sort_by(|left, right| left.name.cmp(&right.name));
        let version = RulebookVersion {
            counter,
            hash: files.hash(),
        };
        (version.to_string() == name).then_some(KeptRulebook { counter, files })
    }

    fn forget_all_but(&self, name: &str) -> io::Result<()> {
        for entry in fs::read_dir(&self.dir)? {
            let path = entry?.path();
            if path.is_dir() && !path.ends_with(name) {
                fs::remove_dir_all(path)?;
            }
        }
        Ok(())
    }
}

/// The counter in a name such as `r-42-9f3c…`.
fn counter_of(name: &str) -> Option<u32> {
    name.strip_prefix("r-")?.split('-').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn files(rules: &str) -> RulebookFiles {
        RulebookFiles {
            lists: vec![ListFile::new("b.tsv", "2"), ListFile::new("a.tsv", "1")],
            rules: Some(rules.to_owned()),
            notices: None,
        }
    }

    fn keep(place: &Keep, counter: u32, files: &RulebookFiles) {
        let version = RulebookVersion {
            counter,
            hash: files.hash(),
        };
        place.write(version, files).unwrap();
    }

    #[test]
    fn the_last_one_is_kept_whole_or_not_at_all() {
        let data = tempfile::tempdir().unwrap();
        let place = Keep::in_data(data.path());
        assert_eq!(place.read(), None);
        keep(&place, 1, &files("# one"));
        keep(&place, 2, &files("# two"));
        let kept = place.read().unwrap();
        assert_eq!((kept.counter, kept.files.rules.as_deref()), (2, Some("# two")));
        assert_eq!(fs::read_dir(data.path().join(DIR)).unwrap().count(), 2);

        let version = fs::read_to_string(data.path().join(DIR).join(CURRENT)).unwrap();
        fs::write(data.path().join(DIR).join(version.trim()).join("a.tsv"), "3").unwrap();
        assert_eq!(place.read(), None);
    }
}
