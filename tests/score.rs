//! What ships for the learned score: the examples, and the weights that were fitted on them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

use banzhu::{
    lexicon::{ListFile, Scratch},
    policy::{Findings, Model, Rulebook, RulebookFiles},
    record::{Actor, Form, UserName},
    score::{
        Example, ExampleCounts, Label, MeasuredRows, Named, RowReader, ScoreScratch, Settings,
        TrainingRow, Weights, contradicted, fit_board,
    },
    sources,
    text::{Surface, SurfaceTexts},
    time::Timestamp,
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

/// What moderators said of a disguise weighs in the score of the next text that holds it, once a board's rulings have taught it.
#[test]
fn the_history_of_a_written_form_is_a_feature_that_rulings_teach() {
    let (term, text) = ("幹你娘", "淦你娘");
    let header = "term\tseverity\tsurfaces\tmatch\tvariants\tspellings\tcontext\tnote\tsource\n";
    let list = format!("{header}{term}\t4\t\t\t\t\t\t\tours\n");
    let files = RulebookFiles {
        lists: vec![ListFile::new("profanity.tsv", list)],
        model: Some(sources::shipped_model().into()),
        ..RulebookFiles::default()
    };
    let rulebook = Rulebook::compile(&files, 1).unwrap();
    let mut reader = RowReader::new(&rulebook.lexicon);
    assert!(!reader.guessed_forms(Surface::Body, text).is_empty());
    let mut row =
        |history, label| reader.row_with_history(Surface::Body, text, label, |_, _| Some(history));
    let rows: Vec<_> = (0..100)
        .flat_map(|_| {
            [
                row(Named::FORM_UPHELD, Label::Abuse),
                row(Named::FORM_REFUSED, Label::Harmless),
            ]
        })
        .collect();
    let rows: Vec<&TrainingRow> = rows.iter().collect();
    let learned = fit_board(&rulebook.weights, &rows, Settings::BOARD);
    let model = Model::learned(1, Arc::new(learned), &rulebook);
    let surfaces = SurfaceTexts {
        body: Some(text),
        nickname: None,
        tags: &[],
    };
    let mut findings = Findings::of(surfaces, None, &rulebook, &mut Scratch::default());
    let mut told = |rulings: &[(bool, &str)]| {
        let at = Timestamp::from_ms(0);
        let form = Form::new(term, text, at).seen_from(None);
        let form = rulings.iter().fold(form, |form, &(is_removed, by)| {
            let by = Actor::User(UserName::parse(by).unwrap());
            form.with(Form::new(term, text, at).ruled(is_removed, Some(&by), 1))
        });
        findings.forms = [form].into_iter().collect();
        let scores = model.scores(surfaces, &findings, &rulebook, &mut ScoreScratch::default());
        let found = (findings.body.as_slice(), &findings.forms);
        let explained = model.explain(Surface::Body, text, found, &rulebook);
        let features = explained.features.into_iter();
        let features = features.filter(|of| of.named.name().starts_with("form-"));
        let features: Vec<(String, bool)> =
            features.map(|of| (of.named.name(), of.milli > 0)).collect();
        (scores.body.unwrap().score, features)
    };
    let (unknown, features) = told(&[]);
    assert_eq!(features, []);
    let (refused, features) = told(&[(false, "amy"); 3]);
    assert_eq!(features, [("form-refused".to_owned(), false)]);
    let (upheld, features) = told(&[(true, "amy"), (true, "amy"), (true, "ben")]);
    assert_eq!(features, [("form-upheld".to_owned(), true)]);
    assert!(
        refused < unknown && unknown <= upheld,
        "{refused:?} {unknown:?} {upheld:?}"
    );
}
