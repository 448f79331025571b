//! What ships for the learned score: the examples, and the weights that were fitted on them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{collections::BTreeSet, fs, path::Path};

use banzhu::{
    score::{Example, ExampleCounts, Label, MeasuredRows, Weights, contradicted},
    sources,
    text::Surface,
};

fn examples() -> Vec<Example> {
    sources::examples_of(&sources::shipped_examples()).expect("the shipped examples have no fault")
}

#[test]
fn the_model_was_fitted_on_the_examples_that_ship() {
    let weights = Weights::parse(sources::shipped_model()).unwrap();
    let examples = examples();
    assert!(
        weights.is_fitted_on(&examples),
        "make it again: banzhu --wordlists wordlists learn --refuse tests/tables/measured.bin"
    );
    assert_eq!(weights.rows() as usize, examples.len());
    assert!(sources::shipped_model().len() <= 1 << 20);
    for surface in [Surface::Body, Surface::Nickname] {
        let flag_at = weights.flag_at(surface);
        for permille in [flag_at.abuse, flag_at.scam] {
            assert!((500..1_000).contains(&permille), "{surface:?} {permille}");
        }
    }
}

#[test]
fn there_are_many_examples_by_several_hands() {
    let examples = examples();
    let counts = ExampleCounts::of(&examples);
    assert!(
        counts.lines - counts.near >= 30_000,
        "{} {}",
        counts.lines,
        counts.near
    );
    assert!(counts.by_source.len() >= 5);
    let labels: BTreeSet<Label> = examples.iter().map(|example| example.label).collect();
    assert_eq!(labels.len(), Label::ALL.len());
}

/// A text with two labels teaches nothing.
#[test]
fn no_text_has_two_labels() {
    assert_eq!(contradicted(&examples()), BTreeSet::new());
}

#[test]
fn no_example_is_a_measuring_row_or_nearly_one() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tables/measured.bin");
    let measured = MeasuredRows::parse(&fs::read(file).unwrap()).unwrap();
    assert!(measured.len() > 25_000);
    let held: Vec<String> = examples()
        .iter()
        .filter(|example| measured.hold(&example.text))
        .map(|example| format!("{}:{}", example.file, example.line))
        .collect();
    assert!(
        held.is_empty(),
        "banzhu learn --refuse … --prune deletes them: {held:?}"
    );
}
