//! What a search among stored comments takes: `cargo bench --bench search`.
//!
//! Comments are made of lines of the shipped examples, one or two together, a comment each second; one in twelve is abuse. With a
//! hundred thousand of them and with a million, the index is built, and each filter's first page of fifty is asked for: its median
//! and its longest of eleven. `BANZHU_SEARCH_COMMENTS` sets other sizes: `20000,200000`.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use banzhu::{
    access::Caller,
    app::SystemClock,
    desk::{CommentQuery, Desk, DeskSettings, Idempotent, LoadedRulebook},
    id::KeyId,
    intake::{ArticleDraft, CommentDraft, MemberDraft, Mode, Submission},
    policy::Rulebook,
    record::{KeyName, SEGMENT_SPAN, Scope},
    score::Label,
    sources,
    store::{OpenOptions, SledStore, Store},
    time::{Clock, HOUR_MS, SECOND_MS, Timestamp},
};

/// The binary's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SIZES: [u64; 2] = [100_000, 1_000_000];
const ROUNDS: usize = 11;
const AT_ONCE: u64 = 256;
/// One comment of so many is made of abuse.
const ABUSE_EVERY: u64 = 12;
/// How many edits of each kind are measured.
const EDITS: u64 = 200;
const BEGAN: i64 = 1_790_000_000_000;
/// A word that one comment alone has, among the first.
const PLANTED: &str = "鱷魚吃鯡魚";

/// A second for each comment.
struct Steady {
    now: AtomicI64,
    system: SystemClock,
}

impl Clock for Steady {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.now.load(Ordering::Relaxed))
    }

    fn random_bytes(&self, bytes: &mut [u8]) {
        self.system.random_bytes(bytes);
    }
}

fn board() -> Caller {
    Caller::Program {
        id: KeyId::parse("01ARZ3NDEKTSV4RRFFQ69G5FAV").unwrap(),
        name: KeyName::parse("board").unwrap(),
        scopes: vec![Scope::Moderate],
    }
}

/// Numbers that are the same each time (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }
}

/// Lines to make comments of.
struct Lines {
    harmless: Vec<String>,
    abuse: Vec<String>,
}

impl Lines {
    fn shipped() -> Self {
        let examples = sources::examples_of(&sources::shipped_examples()).unwrap();
        let (mut harmless, mut abuse) = (Vec::new(), Vec::new());
        for example in examples {
            match example.label {
                Label::Harmless => harmless.push(example.text),
                Label::Abuse | Label::Scam => abuse.push(example.text),
            }
        }
        Self { harmless, abuse }
    }

    fn body(&self, n: u64) -> String {
        let mut dice = Dice(n);
        let first = match n % ABUSE_EVERY {
            0 => &self.abuse,
            _ => &self.harmless,
        };
        let one = &first[dice.below(first.len())];
        match dice.below(2) {
            0 => one.clone(),
            _ => format!("{one}，{}", self.harmless[dice.below(self.harmless.len())]),
        }
    }

    fn submission(&self, n: u64, body: Option<String>) -> Submission {
        let body = match n {
            77 => PLANTED.to_owned(),
            n => body.unwrap_or_else(|| self.body(n)),
        };
        let member = MemberDraft {
            id: Some(format!("m-{}", n % 50_000)),
            nickname: Some(format!("南港阿明{}", n % 50_000)),
            verified: None,
        };
        let article = ArticleDraft {
            title: Some("北約統帥訪問日本".to_owned()),
            body: Some("雙方談了合作。".to_owned()),
            ..ArticleDraft::default()
        };
        Submission::parse(CommentDraft {
            comment_id: Some(format!("c-{n}")),
            body: Some(body),
            member: Some(member),
            article_id: Some(format!("story-{}", n / 300)),
            article: n.is_multiple_of(300).then_some(article),
            ..CommentDraft::default()
        })
        .unwrap()
    }
}

struct Bench {
    desk: Desk,
    store: Arc<SledStore>,
    clock: Arc<Steady>,
    lines: Lines,
}

impl Bench {
    fn new(dir: &std::path::Path) -> Self {
        let clock = Arc::new(Steady {
            now: AtomicI64::new(BEGAN),
            system: SystemClock::default(),
        });
        let options = OpenOptions {
            dir: dir.to_owned(),
            ..OpenOptions::default()
        };
        let store = SledStore::open(options, clock.clone()).unwrap();
        let mut files = sources::shipped();
        let off = "{ count = 0, minutes = 10 }";
        files.rules = Some(format!(
            "[flood]\nrepeats = {off}\ncopies = {off}\npace = {off}\n"
        ));
        let loaded = LoadedRulebook {
            rulebook: Arc::new(Rulebook::compile(&files, 1).unwrap()),
            loaded_at: Timestamp::from_ms(0),
            source: "bench".to_owned(),
        };
        let settings = DeskSettings {
            sample_removals_permille: 0,
            ..DeskSettings::default()
        };
        Self {
            desk: Desk::new(store.clone(), clock.clone(), loaded, settings),
            store,
            clock,
            lines: Lines::shipped(),
        }
    }

    async fn post(&self, n: u64, body: Option<String>) {
        let mode = Mode {
            // no cases: this is about comments
            backfill: true,
            ..Mode::default()
        };
        let submission = self.lines.submission(n, body);
        let posted = self
            .desk
            .comments
            .post(&board(), submission, mode, None)
            .await;
        assert!(matches!(posted, Ok(Idempotent::Fresh(_))));
    }

    /// Comments a second.
    async fn fill(&self, from: u64, to: u64) -> f64 {
        let begun = Instant::now();
        for start in (from..to).step_by(usize::try_from(AT_ONCE).unwrap()) {
            let end = to.min(start + AT_ONCE);
            let now = BEGAN + i64::try_from(end).unwrap() * SECOND_MS;
            self.clock.now.store(now, Ordering::Relaxed);
            let posts = (start..end).map(|n| self.post(n, None));
            futures_util::future::join_all(posts).await;
        }
        (to - from) as f64 / begun.elapsed().as_secs_f64()
    }

    /// Builds what is missing; how many segments, and in what time.
    async fn build(&self) -> (u64, Duration) {
        let (begun, mut built) = (Instant::now(), 0);
        while self.desk.index.build_next().await.unwrap() {
            built += 1;
        }
        (built, begun.elapsed())
    }

    /// Bytes of the index's headers and parts.
    async fn index_bytes(&self, comments: u64) -> u64 {
        let mut bytes = 0;
        for number in 0..comments / SEGMENT_SPAN {
            for header in self.store.segments(number, number).await.unwrap() {
                let parts: Vec<u32> = (0..u32::try_from(header.parts.len()).unwrap()).collect();
                let parts = self.store.segment_parts(number, &parts).await.unwrap();
                let size = |part: Option<banzhu::record::SegmentPart>| {
                    banzhu::store::record::Record::encode(part.unwrap())
                        .unwrap()
                        .len()
                };
                bytes += parts.into_iter().map(size).sum::<usize>() as u64;
                bytes += banzhu::store::record::Record::encode(header).unwrap().len() as u64;
            }
        }
        bytes
    }

    async fn database_bytes(&self) -> u64 {
        self.desk
            .figures
            .store_stats()
            .await
            .unwrap()
            .database_bytes
    }

    /// The first page: median and longest, in ms; how many comments are on it, and whether it is short.
    async fn ask(&self, query: &CommentQuery) -> (f64, f64, usize, bool) {
        let (mut times, mut page) = (Vec::new(), (0, false));
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            let list = self.desk.comments.find(query.clone()).await.unwrap();
            times.push(begun.elapsed().as_secs_f64() * 1e3);
            page = (
                list.items.len(),
                list.items.len() < 50 && list.next_cursor.is_some(),
            );
        }
        times.sort_by(f64::total_cmp);
        (times[ROUNDS / 2], times[ROUNDS - 1], page.0, page.1)
    }
}

fn queries(comments: u64) -> Vec<(&'static str, CommentQuery)> {
    let some = |text: &str| Some(text.to_owned());
    let q = |text: &str| CommentQuery {
        q: some(text),
        ..CommentQuery::default()
    };
    let none = CommentQuery::default;
    let hour = |from: i64| {
        let at = |ms: i64| Timestamp::from_ms(BEGAN + ms).to_string();
        (Some(at(from)), Some(at(from + HOUR_MS)))
    };
    let (from, to) = hour(i64::try_from(comments / 3).unwrap() * SECOND_MS);
    vec![
        ("(no filter)", none()),
        ("q=謝謝", q("謝謝")),
        ("q=記者", q("記者")),
        ("q=量子力學", q("量子力學")),
        ("q=鱷魚吃鯡魚 (one, the 78th)", q(PLANTED)),
        ("q=鱷魚 (one)", q("鱷魚吃")),
        ("q=龘靐 (none)", q("龘靐")),
        ("q=阿明4321 (a nickname)", q("阿明4321")),
        (
            "q=的, in common pairs (今天的天氣真的很好啊)",
            q("今天的天氣真的很好啊"),
        ),
        (
            "verdict=remove&decided_by=filter",
            CommentQuery {
                verdict: some("remove"),
                decided_by: some("filter"),
                ..none()
            },
        ),
        (
            "verdict=remove",
            CommentQuery {
                verdict: some("remove"),
                ..none()
            },
        ),
        (
            "verdict=allow",
            CommentQuery {
                verdict: some("allow"),
                ..none()
            },
        ),
        (
            "decided_by=moderator (none)",
            CommentQuery {
                decided_by: some("moderator"),
                ..none()
            },
        ),
        (
            "code=threat",
            CommentQuery {
                code: some("threat"),
                ..none()
            },
        ),
        (
            "code=nickname-impersonation (none)",
            CommentQuery {
                code: some("nickname-impersonation"),
                ..none()
            },
        ),
        (
            "term=白痴",
            CommentQuery {
                term: some("白痴"),
                ..none()
            },
        ),
        (
            "guessed=true",
            CommentQuery {
                guessed: some("true"),
                ..none()
            },
        ),
        (
            "member=m-77",
            CommentQuery {
                member: some("m-77"),
                ..none()
            },
        ),
        (
            "article=story-3",
            CommentQuery {
                article: some("story-3"),
                ..none()
            },
        ),
        (
            "rulebook=r-9-0000000000000000 (none)",
            CommentQuery {
                rulebook: some("r-9-0000000000000000"),
                ..none()
            },
        ),
        (
            "an hour a third of the way",
            CommentQuery {
                from: from.clone(),
                to: to.clone(),
                ..none()
            },
        ),
        (
            "that hour, q=謝謝",
            CommentQuery {
                from,
                to,
                ..q("謝謝")
            },
        ),
    ]
}

/// `is_first`: the file is copied without holes before and after, which says what the index takes of it.
async fn measure(bench: &Bench, from: u64, to: u64, is_first: bool) {
    let pace = bench.fill(from, to).await;
    let compacted = async || {
        let by = board().actor();
        match is_first {
            true => {
                bench
                    .desk
                    .operations
                    .compact(&by)
                    .await
                    .unwrap()
                    .after_bytes
            }
            false => 0,
        }
    };
    let without = compacted().await;
    let before = bench.database_bytes().await;
    let (built, took) = bench.build().await;
    let after = bench.database_bytes().await;
    let indexed = to / SEGMENT_SPAN * SEGMENT_SPAN;
    let bytes = bench.index_bytes(to).await as f64 / indexed as f64;
    println!(
        "\n{to} comments: filled at {pace:.0} a second, {:.0} B a comment on disk",
        before as f64 / to as f64
    );
    println!(
        "{built} segments built in {:.1} s, {:.0} ms each; the index holds {bytes:.0} B a comment, the file grew by {:.0} B a comment built",
        took.as_secs_f64(),
        took.as_secs_f64() * 1e3 / built as f64,
        after.saturating_sub(before) as f64 / (built * SEGMENT_SPAN) as f64,
    );
    let with = compacted().await;
    if is_first {
        let of_index = with.saturating_sub(without) as f64 / indexed as f64;
        println!(
            "copied without holes, the file has {of_index:.0} B more a comment than without the index"
        );
    }
    println!(
        "| first page of 50, {to} comments | median, ms | longest | found | |\n| --- | ---: | ---: | ---: | --- |"
    );
    for (name, query) in queries(to) {
        let (median, longest, found, is_short) = bench.ask(&query).await;
        let short = if is_short { "short, with a cursor" } else { "" };
        println!("| {name} | {median:.1} | {longest:.1} | {found} | {short} |");
    }
}

/// What a commit costs with the index built and without it, each kind in turn with the others: a new comment, an edit of one that is
/// not indexed yet, one that drops a segment, one in a segment that is dropped already.
async fn commits(bench: &Bench, from: u64) {
    let segments = from / SEGMENT_SPAN;
    let mut times: [Vec<f64>; 4] = Default::default();
    for nth in 0..EDITS.min(segments) {
        let dropped = nth * SEGMENT_SPAN;
        let numbers = [from + nth, from + nth, dropped + 1, dropped + 2];
        for (kind, n) in numbers.into_iter().enumerate() {
            let body = (kind > 0).then(|| format!("改過的第{n}則留言"));
            let begun = Instant::now();
            bench.post(n, body).await;
            times[kind].push(begun.elapsed().as_secs_f64() * 1e6);
        }
    }
    println!("\n| one commit after the other, µs | median |\n| --- | ---: |");
    let kinds = [
        "a new comment",
        "an edit, not indexed yet",
        "an edit that drops a segment",
        "an edit in a segment that is dropped",
    ];
    for (kind, mut times) in kinds.into_iter().zip(times) {
        times.sort_by(f64::total_cmp);
        println!("| {kind} | {:.0} |", times[times.len() / 2]);
    }
}

fn main() {
    let sizes: Vec<u64> = match std::env::var("BANZHU_SEARCH_COMMENTS") {
        Ok(given) => given
            .split(',')
            .filter_map(|raw| raw.parse().ok())
            .collect(),
        Err(_) => SIZES.to_vec(),
    };
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::new(dir.path());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut from = 0;
        for to in sizes {
            measure(&bench, from, to, from == 0).await;
            from = to;
        }
        commits(&bench, from).await;
        bench.desk.close().await;
    });
}
