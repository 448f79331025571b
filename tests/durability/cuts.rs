//! Every moment of a service's life, as a kill or a power cut would leave it; and syncs that fail. What was acknowledged before
//! that moment is there, or the folder is named as damaged; an intact one always opens.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use banzhu::{
    id::CommentId,
    store::{OpenOptions, SledStore, Store, verify},
    time::{Clock, Timestamp},
};

use super::{
    Dice, Service, client, comment, short_lists, start,
    trace::{self, Event, Folder, What, events, traced},
    try_started,
};

/// Set to a number, it says how many times as many moments are tried.
const MORE: &str = "BANZHU_TEST_CUTS";

pub fn times() -> u64 {
    std::env::var(MORE).map_or(1, |times| times.parse().unwrap())
}

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(1_795_000_000_000)
    }

    fn random_bytes(&self, bytes: &mut [u8]) {
        bytes.fill(9);
    }
}

/// A comment that was acknowledged, and when, in microseconds.
struct Acknowledged {
    id: String,
    at: u64,
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_micros()).unwrap()
}

/// One life of a data folder: several runs of the service, all traced.
pub struct Life {
    pub dir: tempfile::TempDir,
    logs: Vec<PathBuf>,
    pub key: Option<String>,
    acknowledged: Vec<Acknowledged>,
    next: u64,
}

impl Life {
    pub fn begun() -> Self {
        let dir = tempfile::tempdir().unwrap();
        short_lists(dir.path());
        Self {
            dir,
            logs: Vec::new(),
            key: None,
            acknowledged: Vec::new(),
            next: 0,
        }
    }

    pub fn data(&self) -> PathBuf {
        fs::canonicalize(self.dir.path()).unwrap().join("data")
    }

    pub fn serve(&mut self, faults: &[String]) -> Service {
        self.try_serve(faults).expect("the service starts")
    }

    /// The service under these faults; none where it does not start with them.
    fn try_serve(&mut self, faults: &[String]) -> Option<Service> {
        let log = self.dir.path().join(format!("trace-{}", self.logs.len()));
        let mut command = traced(&log, faults);
        self.logs.push(log);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(self.data());
        let mut service = try_started(command, &self.data())?;
        self.key = self.key.take().or(service.key.take());
        Some(service)
    }

    /// Posts comments one after another, each again until it is acknowledged, as a board would. How often that was needed.
    pub async fn post(&mut self, service: &Service, count: u64) -> u32 {
        let (client, mut again) = (client(), 0);
        for number in self.next..self.next + count {
            let begun = now();
            loop {
                let request = client
                    .post(format!("{}/v1/moderations", service.url))
                    .bearer_auth(self.key.as_ref().unwrap());
                let response = request.json(&comment(number)).send().await.unwrap();
                if response.status() == 200 {
                    break;
                }
                again += 1;
                assert!(
                    now() - begun < 40_000_000,
                    "it never came back: {}",
                    response.text().await.unwrap()
                );
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            self.acknowledged.push(Acknowledged {
                id: format!("c-{number}"),
                at: now(),
            });
        }
        self.next += count;
        again
    }

    fn compact(&self) {
        let mut compact = Command::new(env!("CARGO_BIN_EXE_banzhu"));
        compact
            .args(["compact", "--data"])
            .arg(self.data())
            .current_dir(self.dir.path());
        assert!(compact.output().unwrap().status.success());
    }

    fn events(&self) -> Vec<Event> {
        events(&self.logs, &self.data())
    }

    /// The same without a trace.
    pub fn serve_untraced(&mut self) -> Service {
        let mut service = start(&self.data());
        self.key = self.key.take().or(service.key.take());
        service
    }

    /// What was acknowledged before this moment is in the folder.
    async fn check(&self, found: &Path, at: u64, moment: &str) {
        assert!(
            self.is_served(found, at, moment).await,
            "{moment}: it is not served"
        );
    }

    /// Whether the folder is served; then what was acknowledged before this moment is in it.
    pub async fn is_served(&self, found: &Path, at: u64, moment: &str) -> bool {
        let options = OpenOptions {
            dir: found.to_owned(),
            free_bytes_min: 0,
            reserve_bytes: 4_096,
            ..OpenOptions::default()
        };
        let store = match SledStore::open(options, Arc::new(Still)) {
            Ok(store) => store,
            Err(error) => {
                println!("{moment}: {error}");
                return false;
            }
        };
        for known in self.acknowledged.iter().filter(|known| known.at < at) {
            let id = CommentId::parse(known.id.clone()).unwrap();
            let stored = store.comment(&id).await.unwrap();
            assert!(
                stored.is_some(),
                "{moment}: {} was acknowledged and is gone",
                known.id
            );
        }
        true
    }
}

pub fn stopped(mut service: Service) {
    let told = Command::new("kill")
        .arg(service.child.id().to_string())
        .status();
    assert!(told.unwrap().success());
    assert!(service.child.wait().unwrap().success());
}

pub fn killed(mut service: Service) {
    service.child.kill().unwrap();
    service.child.wait().unwrap();
}

pub fn dice() -> Dice {
    let seed = u64::from(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .subsec_nanos(),
    );
    let seed = std::env::var("BANZHU_TEST_SEED").map_or(seed, |seed| seed.parse().unwrap());
    println!("seed {seed}");
    Dice(seed)
}

/// A first start, a compaction, a kill, a start after it, a clean stop, a start after that.
async fn whole_life() -> Life {
    let mut life = Life::begun();
    let service = life.serve(&[]);
    life.post(&service, 12).await;
    life.compact();
    life.post(&service, 6).await;
    killed(service);
    let service = life.serve(&[]);
    life.post(&service, 6).await;
    stopped(service);
    let service = life.serve(&[]);
    life.post(&service, 4).await;
    stopped(service);
    life
}

#[tokio::test]
async fn a_kill_after_any_file_operation_loses_nothing() {
    if !trace::is_possible() {
        return;
    }
    let life = whole_life().await;
    let events = life.events();
    let (mut dice, mut folder, mut tried) = (dice(), Folder::default(), 0);
    let found = life.dir.path().join("found");
    // What is rare is where the danger lies.
    let (rare, common) = if times() > 1 { (1, 1) } else { (2, 16) };
    for (number, event) in events.iter().enumerate() {
        folder.apply(&event.what, &mut |end| dice.below(end));
        let one_of = if event.what.is_common() { common } else { rare };
        if dice.below(one_of) == 0 {
            folder.killed(&found);
            life.check(
                &found,
                event.at,
                &format!("killed after event {number}, {}", told(&event.what)),
            )
            .await;
            tried += 1;
        }
    }
    folder.killed(&found);
    let report = verify(&found).unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    println!(
        "{tried} kills after {} file operations lost nothing",
        events.len()
    );
}

#[tokio::test]
async fn a_power_cut_at_any_moment_loses_nothing() {
    if !trace::is_possible() {
        return;
    }
    let life = whole_life().await;
    let cuts = cut(&life, 0, 60 * times()).await;
    println!("{cuts} power cuts lost nothing");
}

/// Cuts the power that often, after the event of this number.
async fn cut(life: &Life, after: usize, cuts: u64) -> u64 {
    let (events, mut dice, mut folder) = (life.events(), dice(), Folder::default());
    let found = life.dir.path().join("found");
    let one_of = ((events.len() - after) as u64 / cuts).max(1);
    let mut tried = 0;
    for (number, event) in events.iter().enumerate() {
        folder.apply(&event.what, &mut |end| dice.below(end));
        if number >= after && dice.below(one_of) == 0 {
            folder.cut(&found, &mut |end| dice.below(end));
            let moment = format!("power cut after event {number}, {}", told(&event.what));
            life.check(&found, event.at, &moment).await;
            tried += 1;
        }
    }
    tried
}

fn told(what: &What) -> String {
    let mut told = format!("{what:?}");
    let end = told
        .char_indices()
        .nth(160)
        .map_or(told.len(), |(end, _)| end);
    told.truncate(end);
    told
}

/// A sync fails while commits are written. Of what it covered, the disk has a part, and the system's memory all.
#[tokio::test]
async fn after_a_failed_sync_nothing_is_acknowledged_that_a_power_cut_takes() {
    if !trace::is_possible() {
        return;
    }
    let (mut faults, mut cuts) = (0, 0);
    let all = ["fdatasync", "sync_file_range", "pwrite64"];
    for call in all
        .iter()
        .cycle()
        .take(all.len() * usize::try_from(times()).unwrap())
    {
        // Of the thread that syncs the tenth, of one of the eight that write the second or third.
        let when = if *call == "fdatasync" {
            7 + dice().below(6)
        } else {
            2 + dice().below(3)
        };
        let mut life = Life::begun();
        // A start that the fault hits is refused, and the next one goes on from there.
        let service = (when..)
            .find_map(|when| life.try_serve(&[format!("inject={call}:error=EIO:when={when}")]))
            .unwrap();
        if life.key.is_none() {
            // The start that was refused had made the key, and came no more to print it.
            killed(service);
            continue;
        }
        life.post(&service, 30).await;
        killed(service);
        let events = life.events();
        let failed = events
            .iter()
            .position(|event| matches!(event.what, What::SyncEnds { held: false, .. }));
        faults += 1;
        cuts += cut(&life, failed.unwrap_or(0), 24).await;
    }
    println!("{faults} faults, {cuts} power cuts after them: nothing is lost");
}
