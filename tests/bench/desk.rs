//! What the review desk takes as the board grows: `cargo bench --bench desk`.
//!
//! Pages of ten, each filter, counts, search and `next` with a thousand open cases, and with a hundred thousand beside a
//! million comments; medians of the same process. Then what open event streams cost, and how
//! long a purge and a compaction take and hold others up. `BANZHU_DESK_COMMENTS` sets another
//! size.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use banzhu::{
    access::Caller,
    app::SystemClock,
    desk::{Desk, DeskSettings, FeedMessage, Idempotent, LoadedRulebook, QueueQuery},
    id::{CommentId, KeyId},
    intake::{CommentDraft, MemberDraft, Mode, Submission},
    policy::Rulebook,
    record::{KeyName, Role, Scope, UserName},
    review::Retention,
    sources,
    store::{OpenOptions, SledStore},
    time::{Clock, Timestamp},
};

/// The binary's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 31;
const SMALL: u64 = 1_000;
const LARGE: u64 = 100_000;
const COMMENTS: u64 = 1_000_000;
const AT_ONCE: u64 = 256;
const STREAMS: usize = 500;

fn board() -> Caller {
    Caller::Program {
        id: KeyId::parse("01ARZ3NDEKTSV4RRFFQ69G5FAV").unwrap(),
        name: KeyName::parse("board").unwrap(),
        scopes: vec![Scope::Moderate],
    }
}

fn amy() -> Caller {
    Caller::Person {
        name: UserName::parse("amy").unwrap(),
        role: Role::Moderator,
    }
}

fn submission(n: u64, flagged: bool) -> Submission {
    let body = if flagged {
        format!("第{n}號文章的作者真是個白痴,看不下去了")
    } else {
        format!("第{n}則留言:今天天氣很好,祝大家平安順心")
    };
    let member = MemberDraft {
        id: Some(format!("m-{}", n % 50_000)),
        nickname: Some(format!("南港阿明{}", n % 50_000)),
        verified: None,
    };
    Submission::parse(CommentDraft {
        comment_id: Some(format!("c-{n}")),
        body: Some(body),
        member: Some(member),
        ..CommentDraft::default()
    })
    .unwrap()
}

/// Posts comments `from..to`; every one for which `flagged` holds opens a case.
async fn fill(desk: &Arc<Desk>, from: u64, to: u64, flagged: impl Fn(u64) -> bool) {
    for start in (from..to).step_by(usize::try_from(AT_ONCE).unwrap()) {
        let posts = (start..to.min(start + AT_ONCE)).map(|n| {
            let (desk, submission) = (Arc::clone(desk), submission(n, flagged(n)));
            // nothing floods: it is told as history would be, save that it opens its case
            async move {
                desk.comments
                    .post(&board(), submission, Mode::default(), None)
                    .await
                    .unwrap()
            }
        });
        futures_util::future::join_all(posts).await;
    }
}

async fn median(mut work: impl AsyncFnMut()) -> f64 {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        work().await;
        times.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    times[ROUNDS / 2]
}

fn ten() -> QueueQuery {
    QueueQuery {
        limit: Some("10".to_owned()),
        pointer: "?",
        ..QueueQuery::default()
    }
}

/// What is measured, by name, in µs.
async fn measure(desk: &Desk, hundredth: &str) -> Vec<(&'static str, f64)> {
    let some = |text: &str| Some(text.to_owned());
    let asked = [
        ("first page, with counts", ten()),
        (
            "hundredth page",
            QueueQuery {
                cursor: some(hundredth),
                ..ten()
            },
        ),
        (
            "status=open",
            QueueQuery {
                status: some("open"),
                ..ten()
            },
        ),
        (
            "status=resolved",
            QueueQuery {
                status: some("resolved"),
                ..ten()
            },
        ),
        (
            "rule=abuse",
            QueueQuery {
                rule: some("abuse"),
                ..ten()
            },
        ),
        (
            "code=insult",
            QueueQuery {
                code: some("insult"),
                ..ten()
            },
        ),
        (
            "code=threat (none)",
            QueueQuery {
                code: some("threat"),
                ..ten()
            },
        ),
        (
            "surface=body",
            QueueQuery {
                surface: some("body"),
                ..ten()
            },
        ),
        (
            "source=filter",
            QueueQuery {
                source: some("filter"),
                ..ten()
            },
        ),
        (
            "source=report (none)",
            QueueQuery {
                source: some("report"),
                ..ten()
            },
        ),
        (
            "member=m-7",
            QueueQuery {
                member: some("m-7"),
                ..ten()
            },
        ),
        (
            "article=story-1 (none)",
            QueueQuery {
                article: some("story-1"),
                ..ten()
            },
        ),
        (
            "assignee=none",
            QueueQuery {
                assignee: some("none"),
                ..ten()
            },
        ),
        (
            "assignee=amy (none)",
            QueueQuery {
                assignee: some("amy"),
                ..ten()
            },
        ),
        (
            "sort=newest",
            QueueQuery {
                sort: some("newest"),
                ..ten()
            },
        ),
        (
            "q=看不下去",
            QueueQuery {
                q: some("看不下去"),
                ..ten()
            },
        ),
        (
            "q=沒有人這樣說 (none)",
            QueueQuery {
                q: some("沒有人這樣說"),
                ..ten()
            },
        ),
    ];
    let mut told = Vec::new();
    for (name, query) in asked {
        let time = median(async || {
            desk.queue.queue(query.clone()).await.unwrap();
        });
        told.push((name, time.await));
    }
    let (caller, pointer) = (amy(), "/");
    let next = median(async || {
        let query = QueueQuery {
            pointer,
            ..QueueQuery::default()
        };
        let Idempotent::Fresh(Some(case)) =
            desk.queue.next_case(&caller, query, None).await.unwrap()
        else {
            panic!("a case waits")
        };
        desk.queue
            .release(&caller, case.item.id, false)
            .await
            .unwrap();
    });
    told.push(("next, and released", next.await));
    told
}

/// The cursor of the hundredth page of ten; of the last where there are fewer.
async fn hundredth(desk: &Desk) -> String {
    let mut cursor = None;
    for _ in 0..99 {
        let page = desk
            .queue
            .queue(QueueQuery {
                cursor: cursor.clone(),
                ..ten()
            })
            .await
            .unwrap();
        if page.next_cursor.is_none() {
            break;
        }
        cursor = page.next_cursor;
    }
    cursor.unwrap()
}

/// What a post costs with nobody and with many watching, in µs, and what a watcher keeps in memory.
async fn streams(desk: &Arc<Desk>, from: u64) {
    let feeding = Arc::clone(desk);
    tokio::spawn(async move { feeding.live.feed_events().await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let resident = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:").map(str::to_owned));
        line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok())
            .unwrap_or(0)
    };
    let mut n = from;
    let mut post = async || {
        n += 1;
        desk.comments
            .post(&board(), submission(n, true), Mode::default(), None)
            .await
            .unwrap();
    };
    let alone = median(&mut post).await;
    let before = resident();
    let watchers: Vec<_> = (0..STREAMS)
        .map(|_| {
            let mut next = desk.live.subscribe_events(None).next;
            tokio::spawn(async move {
                let mut heard = 0;
                while let Ok(FeedMessage::Event(_)) = next.recv().await {
                    heard += 1;
                }
                heard
            })
        })
        .collect();
    let watched = median(&mut post).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let after = resident();
    desk.live.end_subscriptions();
    let mut heard = 0;
    for watcher in watchers {
        heard += watcher.await.unwrap();
    }
    println!("\n| event streams | a flagged post, µs | resident memory |\n| --- | ---: | ---: |");
    println!("| none | {alone:.0} | |");
    println!(
        "| {STREAMS}, which heard {heard} events | {watched:.0} | +{} kB |",
        after.saturating_sub(before)
    );
}

/// What a post and a look at a comment take, in µs: the median, and the longest.
async fn pace(desk: &Desk, from: u64, mut goes_on: impl FnMut(u64) -> bool) -> [f64; 4] {
    let (mut posts, mut looks) = (Vec::new(), Vec::new());
    let mut n = from;
    while goes_on(n - from) {
        n += 1;
        let begun = Instant::now();
        desk.comments
            .post(&board(), submission(n, false), Mode::default(), None)
            .await
            .unwrap();
        posts.push(begun.elapsed().as_secs_f64() * 1e6);
        let begun = Instant::now();
        let id = CommentId::parse(format!("c-{}", n % 1_000)).unwrap();
        desk.comments.comment(&id).await.unwrap();
        looks.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    let told = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        (times[times.len() / 2], times[times.len() - 1])
    };
    let ((post, post_max), (look, look_max)) = (told(&mut posts), told(&mut looks));
    [post, post_max, look, look_max]
}

/// Purges what it may, and copies the database anew while comments are posted and looked at.
async fn room(desk: &Arc<Desk>, from: u64) {
    let begun = Instant::now();
    while desk.privacy.purge_next_batch().await.unwrap() {}
    let purged = desk.figures.store_stats().await.unwrap().purged;
    eprintln!("{purged} comments purged in {:.0?}", begun.elapsed());
    let alone = pace(desk, from, |done| done < 2_000).await;
    let begun = Instant::now();
    let copying = Arc::clone(desk);
    let copy = tokio::spawn(async move { copying.operations.compact(&board().actor()).await });
    let meanwhile = pace(desk, from + 10_000, |_| !copy.is_finished()).await;
    let done = copy.await.unwrap().unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    let megabytes = |bytes: u64| bytes / 1_000_000;
    println!(
        "\ncompaction after a purge of {purged}: {} MB → {} MB in {seconds:.0} s\n",
        megabytes(done.before_bytes),
        megabytes(done.after_bytes)
    );
    println!(
        "| one after the other, µs | a post | longest | a look | longest |\n| --- | ---: | ---: | ---: | ---: |"
    );
    for (name, [post, post_max, look, look_max]) in [("before", alone), ("meanwhile", meanwhile)] {
        println!("| {name} | {post:.0} | {post_max:.0} | {look:.0} | {look_max:.0} |");
    }
}

fn main() {
    let comments = std::env::var("BANZHU_DESK_COMMENTS")
        .ok()
        .and_then(|raw| raw.parse().ok())
        .unwrap_or(COMMENTS);
    let large = LARGE.min(comments / 10);
    let dir = tempfile::tempdir().unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let options = OpenOptions {
        dir: dir.path().to_owned(),
        ..OpenOptions::default()
    };
    let store = SledStore::open(options, Arc::clone(&clock)).unwrap();
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
    // everything that no open case needs is purged when that is asked for
    let retention = Retention {
        allowed_ms: 0,
        others_ms: 0,
        forms_ms: 0,
    };
    let settings = DeskSettings {
        retention,
        sample_removals_permille: 0,
        ..DeskSettings::default()
    };
    let desk = Arc::new(Desk::new(store, clock, loaded, settings));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        fill(&desk, 0, SMALL, |_| true).await;
        let cursor = hundredth(&desk).await;
        let small = measure(&desk, &cursor).await;
        let begun = Instant::now();
        fill(&desk, SMALL, comments, |n| n < large).await;
        eprintln!("{comments} comments, {large} open cases: filled in {:.0?}", begun.elapsed());
        let cursor = hundredth(&desk).await;
        let grown = measure(&desk, &cursor).await;
        println!("| pages of 10, µs | {SMALL} open cases | {large} open cases, {comments} comments | ratio (at most 3) |\n| --- | ---: | ---: | ---: |");
        for ((name, small), (_, grown)) in small.iter().zip(&grown) {
            println!("| {name} | {small:.0} | {grown:.0} | {:.1} |", grown / small);
        }
        streams(&desk, comments + 1).await;
        room(&desk, comments + 1_000).await;
        desk.close().await;
    });
}
