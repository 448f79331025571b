//! `banzhu learn`: fits the weights of the score on examples, and says what they are worth. `banzhu check --examples`: what
//! the examples are, and what the lists say to them.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use crate::{
    config::Config,
    policy::Rulebook,
    score::{
        Example, ExampleCounts, MeasuredRows, Measures, Share, contradicted, learn, measure_source,
        training_rows, with_listed_terms,
    },
    sources::{self, Sources},
};

/// What to learn from and where to put it.
#[derive(Debug, clap::Args)]
pub(super) struct LearnArgs {
    /// 模型檔，預設為詞庫資料夾的 model.bin / the model's file; model.bin in the folder of word lists by default
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// 略過與這些評測列相同或相近的例句 / leave out examples that are, or nearly are, one of these measuring rows
    #[arg(long, value_name = "FILE")]
    refuse: Option<PathBuf>,
    /// 並從例句檔刪除略過的列；同一句標記不同的，各列都刪 / and delete them from the files of examples; of a text with two labels both lines go
    #[arg(long)]
    prune: bool,
    /// 只評估：以其他來源訓練，以此來源衡量 / measure only: fit on all other sources, judge this one
    #[arg(long, value_name = "SOURCE")]
    held: Option<String>,
}

/// Runs the command; the lines that say why it could not.
pub(super) fn run(
    config: &Config,
    rulebook: &Rulebook,
    args: &LearnArgs,
) -> Result<(), Vec<String>> {
    let examples = usable(config, args, examples(config)?).map_err(|why| vec![why])?;
    let rows = training_rows(&examples, &rulebook.lexicon);
    if let Some(source) = &args.held {
        print_measures(&measure_source(&examples, &rows, source));
        return Ok(());
    }
    let (weights, measures) = learn(&examples, &rows);
    print_measures(&measures);
    let out = args
        .out
        .clone()
        .or_else(|| Sources::of(config).model_path());
    let out = out.ok_or_else(|| vec!["請以 --out 指定檔案 / name the file by --out".to_owned()])?;
    let bytes = weights.to_bytes();
    let written = sources::write_whole(&out, &bytes);
    written.map_err(|error| vec![format!("{}: {error}", out.display())])?;
    let hash = data_encoding::HEXLOWER.encode(&weights.hash());
    println!("{}\t{} bytes\t{hash}", out.display(), bytes.len());
    Ok(())
}

/// All examples, or their faults.
fn examples(config: &Config) -> Result<Vec<Example>, Vec<String>> {
    let files = Sources::of(config).examples();
    let read = files.and_then(|files| sources::examples_of(&files));
    read.map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

/// The examples but those that are measuring rows, and those whose text has two labels.
fn usable(
    config: &Config,
    args: &LearnArgs,
    examples: Vec<Example>,
) -> Result<Vec<Example>, String> {
    let measured = args.refuse.as_deref().map(measured_rows).transpose()?;
    let doubtful = contradicted(&examples);
    let is_refused = |example: &Example| {
        measured
            .as_ref()
            .is_some_and(|rows| rows.hold(&example.text))
            || doubtful.contains(&(example.is_nickname(), example.text.clone()))
    };
    let (refused, kept): (Vec<_>, Vec<_>) = examples.into_iter().partition(is_refused);
    if !refused.is_empty() {
        println!(
            "略過 {} 列：屬於評測資料，或同一文字有兩種標記 / {} rows left out: they are measuring rows, or their text has two labels",
            refused.len(),
            refused.len()
        );
    }
    for example in &refused {
        println!("  {}:{}", example.file, example.line);
    }
    if args.prune {
        let deleted = Sources::of(config).delete_examples(&refused);
        deleted.map_err(|error| error.to_string())?;
    }
    Ok(kept)
}

fn measured_rows(file: &Path) -> Result<MeasuredRows, String> {
    let named = |what: &dyn std::fmt::Display| format!("{}: {what}", file.display());
    let bytes = sources::read_bytes(file).map_err(|error| named(&error))?;
    MeasuredRows::parse(&bytes).ok_or_else(|| named(&"不是評測列檔 / no file of measuring rows"))
}

fn print_measures(measures: &Measures) {
    println!(
        "例句 / rows {}, folds {}, AUC {:.4}",
        measures.rows, measures.folds, measures.auc
    );
    for (alarms, recall) in &measures.recall_at {
        let alarms = *alarms as f64 / 10.0;
        println!("  召回率 / recall at {alarms} % false alarms: {recall:.3}");
    }
    println!(
        "  flag_at: abuse {}, scam {}, nickname {}; calibration error {:.3} (bins of 200 rows or more)",
        measures.flag_at.abuse,
        measures.flag_at.scam,
        measures.nickname_flag_at,
        measures.calibration_error(200)
    );
    for (nth, bin) in measures.calibration.iter().enumerate() {
        println!(
            "    .{nth}-: rows {}, said {:.3}, found {:.3}",
            bin.rows, bin.said, bin.found
        );
    }
    let tables = [&measures.by_kind, &measures.by_length, &measures.by_source];
    for table in tables {
        for (name, share) in table {
            print_share(name, share);
        }
    }
}

fn print_share(name: &str, share: &Share) {
    println!(
        "  {name}: {} of {} ({:.4})",
        share.flagged,
        share.all,
        share.part()
    );
}

/// Counts the examples, and, if asked, what the lists alone say to those that are harmless.
pub(super) fn check(
    config: &Config,
    rulebook: &Rulebook,
    closely: bool,
) -> Result<(), Vec<String>> {
    let examples = examples(config)?;
    if !closely {
        println!("examples {}", examples.len());
        return Ok(());
    }
    let counts = ExampleCounts::of(&examples);
    for ((label, kind), lines) in &counts.by_kind {
        println!("  {label} {kind}: {lines}");
    }
    for (source, lines) in &counts.by_source {
        println!("  {source}: {lines}");
    }
    println!(
        "範例 {}，近似而不計 / nearly as an earlier one: {}",
        counts.lines, counts.near
    );
    println!("含嚴重度 2 以上的字詞 / with a listed term of severity 2 or more:");
    for (name, share) in with_listed_terms(&examples, &rulebook.lexicon) {
        print_share(&name, &share);
    }
    Ok(())
}
