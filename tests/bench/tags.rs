//! Whether twenty tags cost at most twice one tag's article work: an article is read once for all of them.

use std::{fs, hint::black_box, path::Path, sync::Arc};

use banzhu::{policy::Rulebook, topic::Rarity};

use super::{ROUNDS, cpu_time};

const SYNOPSES: &str = "tests/cases/tag_synopses.txt";
const TAGS: usize = 20;
/// How many synopses one article is made of: about as long as a news story.
const PARAGRAPHS: usize = 5;

/// Prints what one and twenty tags cost, the article read anew, and the article kept.
pub fn print(rulebook: &Rulebook) {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(SYNOPSES)).unwrap();
    let of = |key: &str| -> Vec<&str> {
        let lines = text.lines();
        lines
            .filter_map(|line| line.strip_prefix(key)?.strip_prefix(": "))
            .collect()
    };
    let bodies: Vec<String> = of("body")
        .chunks(PARAGRAPHS)
        .map(|part| part.concat())
        .collect();
    let titles = of("title");
    let tags: Vec<&str> = of("on")
        .iter()
        .chain(&of("off"))
        .flat_map(|line| line.split(" | "))
        .collect();
    let rarity = Arc::<Rarity>::default();
    let prepared = |at: usize| {
        rulebook
            .topics
            .prepare(titles[at], &bodies[at], Some("要聞"), &[], &rarity)
    };
    let judge = |at: usize, count: usize, article: &banzhu::topic::PreparedArticle| {
        for tag in tags.iter().cycle().skip(at * TAGS).take(count) {
            black_box(rulebook.topics.evaluate(tag, Some(article)));
        }
    };
    let time = |work: &dyn Fn(usize)| {
        let mut times: Vec<f64> = (0..ROUNDS)
            .map(|_| {
                let before = cpu_time();
                (0..bodies.len()).for_each(work);
                (cpu_time() - before).as_secs_f64() * 1e6 / bodies.len() as f64
            })
            .collect();
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let one = time(&|at| judge(at, 1, &prepared(at)));
    let twenty = time(&|at| judge(at, TAGS, &prepared(at)));
    let kept: Vec<_> = (0..bodies.len()).map(prepared).collect();
    let twenty_kept = time(&|at| judge(at, TAGS, &kept[at]));
    let chars = bodies
        .iter()
        .map(|body| body.chars().count())
        .sum::<usize>()
        / bodies.len();
    println!(
        "\n| under an article of {chars} characters | µs | ratio (at most 2) |\n| --- | ---: | --- |"
    );
    println!("| article read, 1 tag | {one:.0} | 1.0 |");
    println!(
        "| article read, {TAGS} tags | {twenty:.0} | {:.2} |",
        twenty / one
    );
    println!(
        "| article kept, {TAGS} tags | {twenty_kept:.0} | {:.2} |",
        twenty_kept / one
    );
}
