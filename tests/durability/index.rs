//! Killed while the index of comments is built: no part of it is trusted that was cut off, and it is built in the end.

use std::{
    path::Path,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use banzhu::{
    app::SystemClock,
    record::{SEGMENT_SPAN, Segment},
    store::{OpenOptions, SledStore, Store as _, verify},
};
use serde_json::json;

use super::{Dice, Service, client, short_lists, start};

const ROUNDS: u64 = 8;
/// How long a build takes at most, in the slowest of builds.
const BUILT_WITHIN: Duration = Duration::from_secs(60);

/// Enough to complete a segment, each by somebody else.
async fn fill(service: &Service, key: &str) {
    let line = |n: u64| {
        let member = json!({"id": format!("m-{n}"), "nickname": "路人"});
        json!({"comment_id": format!("c-{n}"), "body": format!("第{n}則，祝大家平安"), "member": member}).to_string()
    };
    let lines: Vec<String> = (0..SEGMENT_SPAN + 5).map(line).collect();
    for lines in lines.chunks(500) {
        let batch = client()
            .post(format!(
                "{}/v1/moderations/batch?backfill=true",
                service.url
            ))
            .bearer_auth(key)
            .header("content-type", "application/x-ndjson")
            .body(lines.join("\n"));
        let told = batch.send().await.unwrap();
        assert_eq!(told.status(), 200);
        assert_eq!(told.text().await.unwrap().lines().count(), lines.len());
    }
}

/// The one segment, as the folder has it.
async fn segment(data: &Path) -> Option<Segment> {
    let options = OpenOptions {
        dir: data.to_owned(),
        free_bytes_min: 0,
        ..OpenOptions::default()
    };
    let store = SledStore::open(options, Arc::new(SystemClock::default())).unwrap();
    let segment = store.segments(0, 9).await.unwrap().pop();
    store.close().await;
    segment
}

fn kill(mut service: Service) {
    service.child.kill().unwrap();
    service.child.wait().unwrap();
}

#[tokio::test]
async fn an_index_that_was_cut_off_while_it_was_built_is_built_in_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    short_lists(dir.path());
    let mut service = start(&data);
    let key = service.key.take().unwrap();
    fill(&service, &key).await;
    kill(service);
    let (mut dice, mut cut_off) = (Dice(24), 0);
    for round in 0..ROUNDS {
        let service = start(&data);
        // What it may have built goes, and waits for longer than this service lives.
        let edited = json!({
            "comment_id": "c-7", "body": format!("改了{round}次"), "member": {"id": "m-7", "nickname": "路人"}
        });
        let post = client().post(format!("{}/v1/moderations", service.url));
        let told = post.bearer_auth(&key).json(&edited).send().await.unwrap();
        assert_eq!(told.status(), 200);
        kill(service);
        // The next one builds it at once.
        let service = start(&data);
        tokio::time::sleep(Duration::from_millis(dice.below(300))).await;
        kill(service);
        let report = verify(&data).unwrap();
        assert_eq!(report.findings, []);
        let left = segment(&data).await;
        cut_off += u32::from(left.is_some_and(|segment| !segment.is_built));
    }
    println!("{cut_off} of {ROUNDS} kills came in the middle of a build");
    let until = Instant::now() + BUILT_WITHIN;
    while !segment(&data).await.is_some_and(|built| built.is_usable()) {
        assert!(Instant::now() < until, "it was never built");
        let mut service = start(&data);
        tokio::time::sleep(Duration::from_secs(3)).await;
        let id = service.child.id().to_string();
        Command::new("kill").arg(id).status().unwrap();
        service.child.wait().unwrap();
    }
    let report = verify(&data).unwrap();
    assert_eq!(report.findings, []);
    assert_eq!(report.comments, SEGMENT_SPAN + 5);
}
