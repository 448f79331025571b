//! Runs the data in `tests/cases`, and checks the shipped word lists.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{fs, path::Path};

use banzhu::lexicon::{Lexicon, ListFile};

fn shipped() -> Vec<ListFile> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("wordlists");
    let mut files: Vec<ListFile> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "tsv"))
        .map(|path| {
            ListFile::new(
                path.file_name().unwrap().to_str().unwrap(),
                fs::read_to_string(&path).unwrap(),
            )
        })
        .collect();
    files.sort_by(|left, right| left.name.cmp(&right.name));
    files
}

#[test]
fn shipped_lists_compile_without_a_fault() {
    match Lexicon::compile(&shipped()) {
        Ok((lexicon, warnings)) => {
            println!("{:?}", lexicon.counts());
            for fault in warnings {
                println!(
                    "{}:{} {} | {}",
                    fault.file, fault.line, fault.zh_tw, fault.en
                );
            }
        }
        Err(faults) => {
            for fault in &faults {
                println!(
                    "{}:{} {} | {}",
                    fault.file, fault.line, fault.zh_tw, fault.en
                );
            }
            panic!("{} faults", faults.len());
        }
    }
}
