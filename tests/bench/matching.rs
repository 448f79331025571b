//! How fast texts are read, beside the usual automata: `cargo bench --bench matching`.
//!
//! One thread, its CPU time, all engines in turns, medians. Ratios are what to trust; the rest is the machine's.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod engines;
mod tags;
mod texts;
mod worst;

use std::{collections::BTreeSet, fs, hint::black_box, path::Path, time::Duration};

use banzhu::{
    lexicon::{Lexicon, ListFile},
    policy::rulebook::{Rulebook, RulebookFiles},
};
use engines::{Aho, Daachorse, Engine, Ours, Place};
use rustix::time::{ClockId, clock_gettime};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const ROUNDS: usize = 15;
const HEADER: &str =
    "term\tseverity\tsurfaces\tmatch\tvariants\tspellings\tcontext\tnote\tsource\n";
/// What plain terms are seen through: what the references fold away.
const PLAIN: &str = "width,case,marks,variant";

fn main() {
    let (comments, from) = texts::comments();
    let bytes: usize = comments.iter().map(String::len).sum();
    println!(
        "{} comments of {} bytes: {from}; medians of {ROUNDS} rounds, CPU time of one thread\n",
        comments.len(),
        bytes / comments.len()
    );
    let rulebook = shipped();
    let bench = Bench { comments, bytes };
    println!("| lists | engine | MB/s | µs a comment | ratio |\n| --- | --- | ---: | ---: | --- |");
    // `cargo bench --bench matching -- shipped worst` prints those parts alone
    let parts: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    let asked = |part: &str| parts.is_empty() || parts.iter().any(|asked| asked == part);
    asked("floors").then(|| bench.floors());
    asked("shipped").then(|| bench.shipped(&rulebook));
    asked("plain").then(|| {
        bench.plain(10_000, [6.0, 2.2]);
        bench.plain(60_000, [8.0, 2.5]);
    });
    asked("disguised").then(|| bench.disguised(10_000));
    asked("tags").then(|| tags::print(&rulebook));
    asked("worst").then(|| worst::print(&rulebook, &bench.comments));
}

/// CPU time of this thread.
pub fn cpu_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

struct Bench {
    comments: Vec<String>,
    bytes: usize,
}

impl Bench {
    /// The median time of each engine for all comments, in seconds; the engines take turns.
    fn measure<const N: usize>(&self, mut engines: [&mut dyn Engine; N]) -> [f64; N] {
        let mut rounds = [const { Vec::new() }; N];
        for round in 0..=ROUNDS {
            for (engine, times) in engines.iter_mut().zip(&mut rounds) {
                let before = cpu_time();
                let mut found = 0;
                for text in &self.comments {
                    found += engine.read(black_box(text));
                }
                black_box(found);
                // the first round warms up
                if round > 0 {
                    times.push((cpu_time() - before).as_secs_f64());
                }
            }
        }
        rounds.map(|mut times| {
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        })
    }

    fn row(&self, lists: &str, engine: &str, time: f64, ratio: &str) {
        let (speed, each) = (
            self.bytes as f64 / time / 1e6,
            time * 1e6 / self.comments.len() as f64,
        );
        println!("| {lists} | {engine} | {speed:.0} | {each:.2} | {ratio} |");
    }

    fn floors(&self) {
        let (mut utf8, mut units, mut lean) =
            (engines::utf8(), engines::units(), engines::lean_fold());
        let times = self.measure([&mut utf8, &mut units, &mut lean]);
        for (name, time) in [
            "UTF-8 checked, nothing else",
            "our fold alone",
            "the references' fold alone",
        ]
        .iter()
        .zip(times)
        {
            self.row("", name, time, "");
        }
    }

    fn shipped(&self, rulebook: &Rulebook) {
        let terms: BTreeSet<String> = rulebook
            .lexicon
            .terms()
            .map(|(_, term)| dense(&term.text))
            .filter(|term| !term.is_empty())
            .collect();
        let terms: Vec<String> = terms.into_iter().collect();
        let mut aho = Aho::new(&terms, false);
        let (mut scan, mut whole) = (Ours::new(&rulebook.lexicon, true), engines::whole(rulebook));
        let [reference, scan, whole] = self.measure([&mut aho, &mut scan, &mut whole]);
        let lists = format!("shipped, {}, all disguises", terms.len());
        self.row(&lists, "fold + aho-corasick, plain terms", reference, "1");
        self.row(
            &lists,
            "ours, hits that stand",
            scan,
            &ratio(reference, scan, None),
        );
        self.row(
            &lists,
            "ours, the whole analysis",
            whole,
            &ratio(reference, whole, Some(3.5)),
        );
    }

    fn plain(&self, count: usize, wanted: [f64; 2]) {
        let terms = texts::terms(count);
        let (lexicon, seconds, heap) = compiled(&terms, 1, PLAIN);
        let (mut aho, mut daachorse) = (Aho::new(&terms, true), Daachorse::new(&terms, true));
        let mut ours = Ours::new(&lexicon, false);
        let hits = same_hits(&self.comments, &terms, &mut ours, &mut aho, &mut daachorse);
        let times = self.measure([&mut aho, &mut daachorse, &mut ours]);
        let lists = format!("{count} plain");
        let mib = |bytes: usize| bytes as f64 / f64::from(1 << 20);
        self.row(
            &lists,
            &format!("fold + aho-corasick ({:.1} MiB)", mib(aho.memory())),
            times[0],
            "1",
        );
        self.row(
            &lists,
            &format!(
                "fold + daachorse charwise ({:.1} MiB)",
                mib(daachorse.memory())
            ),
            times[1],
            &ratio(times[0], times[1], None),
        );
        let told = format!(
            "ours ({:.1} MiB, compiled in {seconds:.2} s; {hits} hits, the same)",
            mib(heap)
        );
        let ratios = format!(
            "{}; daachorse {}",
            ratio(times[0], times[2], Some(wanted[0])),
            ratio(times[1], times[2], Some(wanted[1]))
        );
        self.row(&lists, &told, times[2], &ratios);
    }

    fn disguised(&self, count: usize) {
        let terms = texts::terms(count);
        let (lexicon, seconds, heap) = compiled(&terms, 3, "");
        let mut aho = Aho::new(&terms, false);
        let mut ours = Ours::new(&lexicon, true);
        let [reference, time] = self.measure([&mut aho, &mut ours]);
        let lists = format!("{count}, all disguises");
        self.row(&lists, "fold + aho-corasick, plain terms", reference, "1");
        let told = format!(
            "ours ({:.1} MiB, compiled in {seconds:.2} s)",
            heap as f64 / f64::from(1 << 20)
        );
        self.row(&lists, &told, time, &ratio(reference, time, Some(2.5)));
    }
}

fn ratio(reference: f64, time: f64, wanted: Option<f64>) -> String {
    let ratio = reference / time;
    match wanted {
        Some(wanted) => format!("**{ratio:.1}×** (to reach {wanted}×)"),
        None => format!("{ratio:.1}×"),
    }
}

fn dense(term: &str) -> String {
    let chars = term.chars().map(banzhu::text::fold::fold_char);
    let dense = chars.flat_map(|fold| {
        fold.chars()
            .filter(|ch| ch.kind.is_dense())
            .map(|ch| ch.ch)
            .collect::<Vec<_>>()
    });
    dense.collect()
}

/// A lexicon of these terms, the seconds that it took to compile, and the bytes that it keeps.
fn compiled(terms: &[String], severity: u8, variants: &str) -> (Lexicon, f64, usize) {
    let rows: String = terms
        .iter()
        .map(|term| format!("{term}\t{severity}\t\tanywhere\t{variants}\t\t\t\tours\n"))
        .collect();
    let files = [ListFile::new("profanity.tsv", format!("{HEADER}{rows}"))];
    let (region, before) = (Region::new(HEAP), cpu_time());
    let (lexicon, warnings) = Lexicon::compile(&files).expect("the terms are fine");
    drop(warnings);
    let (seconds, heap) = ((cpu_time() - before).as_secs_f64(), region.change());
    (
        lexicon,
        seconds,
        heap.bytes_allocated.saturating_sub(heap.bytes_deallocated),
    )
}

/// Asserts that three engines find the same terms at the same places; how many.
fn same_hits(
    comments: &[String],
    terms: &[String],
    ours: &mut Ours<'_>,
    aho: &mut Aho,
    daachorse: &mut Daachorse,
) -> usize {
    let mut count = 0;
    for text in comments {
        let (mut by_aho, mut by_daachorse) = (BTreeSet::<Place>::new(), BTreeSet::new());
        aho.places(text, |place| assert!(by_aho.insert(place)));
        daachorse.places(text, |place| assert!(by_daachorse.insert(place)));
        let lexicon = ours.lexicon;
        let number = |hit: &banzhu::lexicon::Hit| {
            terms.binary_search(&lexicon.term(hit.term).text).unwrap() as u32
        };
        let byte = |nth: u32| {
            text.char_indices()
                .nth(nth as usize)
                .map_or(text.len(), |(at, _)| at)
        };
        let hits = ours.hits(text);
        let by_us: BTreeSet<Place> = hits
            .iter()
            .map(|hit| (number(hit), byte(hit.span.start), byte(hit.span.end)))
            .collect();
        assert_eq!(by_us, by_aho, "{text}");
        assert_eq!(by_us, by_daachorse, "{text}");
        count += by_us.len();
    }
    count
}

fn shipped() -> Rulebook {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("wordlists");
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let lists = paths
        .filter(|path| path.extension().is_some_and(|ext| ext == "tsv"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            ListFile::new(name, fs::read_to_string(&path).unwrap())
        });
    let files = RulebookFiles {
        lists: lists.collect(),
        rules: None,
        notices: None,
        model: None,
    };
    Rulebook::compile(&files, 1).expect("the shipped lists are fine")
}
