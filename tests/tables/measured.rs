//! `measured.bin`, beside this file: the rows of the measuring sets as digests and sketches, by which `banzhu learn --refuse`
//! keeps them out of the examples. It is no part of the program.

use std::{env, fs, path::Path};

use banzhu::score::MeasuredRows;

use super::measuring_sets;

fn path() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tables/measured.bin")
}

#[test]
#[ignore = "needs the measuring sets: BANZHU_MEASURING_SETS names their folder"]
fn measured_bin_comes_out_as_committed() {
    let rows = measuring_sets::rows();
    let made = MeasuredRows::of(rows.iter().flat_map(measuring_sets::Row::texts)).to_bytes();
    if env::var("BANZHU_TABLES").is_ok_and(|value| value == "write") {
        fs::write(path(), &made).unwrap();
    }
    assert!(
        fs::read(path()).unwrap() == made,
        "measured.bin is made differently now"
    );
}
