//! A desk over a fresh store, a clock that a test moves, and small lists whose every line a test can see.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use banzhu::{
    access::Caller,
    desk::{
        CompletionCodes, Desk, DeskError, DeskSettings, IdempotencyRequest, Idempotent,
        LoadedRulebook, PasswordCost, QueueQuery, RulingDraft,
        views::{CaseView, CommentView, ModerationView, RulingAnswer},
    },
    id::{CaseId, CommentId, KeyId},
    intake::{ArticleDraft, CommentDraft, MemberDraft, Mode, Submission},
    lexicon::{ListCode, ListFile},
    policy::{Rulebook, RulebookFiles},
    record::{Actor, KeyName, Role, Scope, UserName},
    store::{
        EngineStore, OpenOptions, SledStore, Store,
        engine::{Engine as _, Range, Reads as _},
        ephemeral::Ephemeral,
        export_to, import_from,
        tables::{Table, Value},
        verify, verify_records,
    },
    time::{Clock, ClockJump, DAY_MS, JumpWatch, Timestamp},
};

/// A clock that stands still until it is moved, with dice that fall the same way every time.
pub struct TestClock {
    now: AtomicI64,
    passed: AtomicI64,
    thrown: AtomicU64,
    watch: Mutex<Option<JumpWatch>>,
}

impl TestClock {
    fn new() -> Self {
        Self {
            now: AtomicI64::new(1_795_000_000_000),
            passed: AtomicI64::new(0),
            thrown: AtomicU64::new(1),
            watch: Mutex::new(None),
        }
    }

    /// Lets time pass.
    pub fn pass(&self, ms: i64) {
        self.now.fetch_add(ms, Ordering::SeqCst);
        self.passed.fetch_add(ms, Ordering::SeqCst);
    }

    /// Sets the clock, while no time passes.
    pub fn set_on(&self, ms: i64) {
        self.now.fetch_add(ms, Ordering::SeqCst);
    }

    /// From now on jumps of more than three days are told.
    pub fn watch(&self) {
        let watch = JumpWatch::new(3 * DAY_MS, None, self.now(), self.passed_ms());
        *self.watch.lock().unwrap() = Some(watch);
    }

    fn passed_ms(&self) -> i64 {
        self.passed.load(Ordering::SeqCst)
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.now.load(Ordering::SeqCst))
    }

    fn jump(&self, newest: Timestamp) -> Option<ClockJump> {
        let watch = *self.watch.lock().unwrap();
        watch.and_then(|watch| watch.jump(newest, self.now(), self.passed_ms()))
    }

    fn accept(&self) {
        if let Some(watch) = self.watch.lock().unwrap().as_mut() {
            watch.accept(self.now(), self.passed_ms());
        }
    }

    fn random_bytes(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let thrown = self
                .thrown
                .fetch_add(1, Ordering::SeqCst)
                .wrapping_mul(0x9E37_79B9_7F4A_7C15);
            chunk.copy_from_slice(&thrown.to_le_bytes()[..chunk.len()]);
        }
    }
}

const TERMS: &str = "term\tseverity\tsurfaces\tmatch\tvariants\tspellings\tcontext\tnote\tsource\n";

fn list(name: &str, rows: &str) -> ListFile {
    ListFile {
        name: name.to_owned(),
        content: rows.to_owned(),
    }
}

/// Small lists: 幹你娘 is removed, 白痴 flagged, 爛咖 and 垃圾話 count, 屁 is noted, 寧願死 asks for help.
pub fn files() -> RulebookFiles {
    let mut lists: Vec<ListFile> = ListCode::ALL
        .into_iter()
        .map(|code| {
            let rows = match code {
                ListCode::Profanity => "幹你娘\t4\t\t\t\t\t\t\town knowledge\n放屁啦\t1\t\t\t\t\t\t\town knowledge\n",
                ListCode::Insult => {
                    "垃圾話\t2\t\t\t\t\t\t\town knowledge\n爛咖王\t2\t\t\t\t\t\t\town knowledge\n白痴\t3\t\t\t\t\t\t\town knowledge\n豬頭\t3\t\t\t\t\t\t\town knowledge\n"
                }
                ListCode::SelfHarm => "寧願死掉\t4\t\t\t\t\t\t\town knowledge\n",
                _ => "",
            };
            list(code.file_name(), &format!("{TERMS}{rows}"))
        })
        .collect();
    lists.push(list(
        "exceptions.tsv",
        "phrase\tnote\tsource\n白痴造句法\ta book\town knowledge\n",
    ));
    lists.push(list(
        "neighbours.tsv",
        "name\twords\tnote\tsource\nyou\t你|妳\t\town knowledge\n",
    ));
    lists.push(list(
        "meaningless_tags.tsv",
        "tag\tmatch\tnote\tsource\n頭香\twhole\t\town knowledge\n",
    ));
    lists.push(list(
        "impersonation.tsv",
        "name\tmatch\tnote\tsource\n版主\tanywhere\t\town knowledge\n",
    ));
    RulebookFiles {
        lists,
        rules: None,
        notices: None,
        model: None,
    }
}

pub fn rulebook() -> Arc<Rulebook> {
    static RULEBOOK: OnceLock<Arc<Rulebook>> = OnceLock::new();
    let made = RULEBOOK.get_or_init(|| {
        Arc::new(Rulebook::compile(&files(), 1).unwrap_or_else(|faults| panic!("{faults:?}")))
    });
    Arc::clone(made)
}

/// What a world stands on.
pub enum Data {
    Folder(tempfile::TempDir),
    Memory(Ephemeral),
}

/// One desk with its store, alone on its data.
pub struct World {
    pub desk: Arc<Desk>,
    pub clock: Arc<TestClock>,
    pub data: Data,
}

impl World {
    pub fn new() -> Self {
        Self::with(rulebook())
    }

    pub fn with(rulebook: Arc<Rulebook>) -> Self {
        Self::made(rulebook, Self::settings())
    }

    pub fn with_settings(settings: DeskSettings) -> Self {
        Self::made(rulebook(), settings)
    }

    pub fn made(rulebook: Arc<Rulebook>, settings: DeskSettings) -> Self {
        Self::over(Data::chosen(), rulebook, settings)
    }

    /// A world in a folder, whatever engine the others stand on.
    pub fn in_folder() -> Self {
        Self::over(Data::folder(), rulebook(), Self::settings())
    }

    pub fn over(data: Data, rulebook: Arc<Rulebook>, settings: DeskSettings) -> Self {
        Self::with_clock(Arc::new(TestClock::new()), data, rulebook, settings)
    }

    pub fn with_clock(
        clock: Arc<TestClock>,
        data: Data,
        rulebook: Arc<Rulebook>,
        settings: DeskSettings,
    ) -> Self {
        let desk = Arc::new(open(&data, &clock, rulebook, settings));
        Self { desk, clock, data }
    }

    /// Whether its database is a folder, with all that only a folder has.
    pub const fn has_folder(&self) -> bool {
        matches!(self.data, Data::Folder(_))
    }

    /// Cheap passwords, and no second looks: those that fall by chance would be in every test's way.
    pub fn settings() -> DeskSettings {
        DeskSettings {
            password_cost: PasswordCost {
                memory_kib: 8,
                rounds: 1,
            },
            sample_rulings_permille: 0,
            sample_removals_permille: 0,
            ..DeskSettings::default()
        }
    }

    /// Closes the store, looks through all of it, and opens it again.
    pub async fn reopened(self) -> Self {
        self.reopened_with(rulebook(), Self::settings()).await
    }

    pub async fn reopened_with(self, rulebook: Arc<Rulebook>, settings: DeskSettings) -> Self {
        self.desk.close().await;
        let Self { desk, clock, data } = self;
        drop(desk);
        data.check().await;
        Self::with_clock(clock, data, rulebook, settings)
    }

    /// Whether any file or row of the database holds these words.
    pub async fn is_on_disk(&self, words: &str) -> bool {
        let bytes = self.data.bytes().await;
        let mut all = bytes.iter();
        all.any(|bytes| {
            bytes
                .windows(words.len())
                .any(|found| found == words.as_bytes())
        })
    }

    /// Gives the room of what was deleted back, where the engine has to.
    pub async fn compact(&self) {
        if self.has_folder() {
            self.desk.operations.compact(&Actor::System).await.unwrap();
        }
    }

    /// Every test ends with it.
    pub async fn end(self) {
        self.desk.close().await;
        let Self { desk, data, .. } = self;
        drop(desk);
        data.check().await;
    }

    /// Ends, and leaves the folder to somebody.
    pub async fn stopped(self) -> tempfile::TempDir {
        self.desk.close().await;
        match self.data {
            Data::Folder(dir) => dir,
            Data::Memory(_) => panic!("there is no folder"),
        }
    }

    /// As [`World::end`]; and all that is stored can be moved, and is the same there.
    pub async fn end_moved(self) {
        self.desk.close().await;
        let Self { desk, data, .. } = self;
        drop(desk);
        data.check().await;
        if let Data::Folder(dir) = data {
            moved(dir.path());
        }
    }

    pub async fn post(&self, comment: Comment<'_>) -> ModerationView {
        self.try_post(comment, Mode::default()).await.unwrap()
    }

    pub async fn try_post(
        &self,
        comment: Comment<'_>,
        mode: Mode,
    ) -> Result<ModerationView, DeskError> {
        match self
            .desk
            .comments
            .post(&board(), comment.submission(), mode, None)
            .await?
        {
            Idempotent::Fresh(view) => Ok(view),
            Idempotent::Replayed { .. } => panic!("nothing was asked twice"),
        }
    }

    pub async fn comment(&self, id: &str) -> CommentView {
        self.desk
            .comments
            .comment(&CommentId::parse(id).unwrap())
            .await
            .unwrap()
    }

    pub async fn withdraw(&self, id: &str) -> Result<(), DeskError> {
        self.desk
            .comments
            .withdraw(&board(), &CommentId::parse(id).unwrap())
            .await
    }

    pub async fn case(&self, id: Option<CaseId>) -> CaseView {
        self.desk
            .queue
            .case(&Caller::Operator, id.expect("a case is open"))
            .await
            .unwrap()
    }

    pub async fn rule(
        &self,
        by: &Caller,
        case: &CaseView,
        decision: &str,
    ) -> Result<RulingAnswer, DeskError> {
        let draft = RulingDraft {
            decision: Some(decision.to_owned()),
            version: Some(case.item.version),
            ..RulingDraft::default()
        };
        self.rule_with(by, case.item.id, draft).await
    }

    pub async fn rule_with(
        &self,
        by: &Caller,
        case: CaseId,
        draft: RulingDraft,
    ) -> Result<RulingAnswer, DeskError> {
        match self.desk.rulings.rule(by, case, draft, None).await? {
            Idempotent::Fresh(answer) => Ok(answer),
            Idempotent::Replayed { .. } => panic!("nothing was asked twice"),
        }
    }

    pub async fn undo(
        &self,
        by: &Caller,
        ruling: &RulingAnswer,
    ) -> Result<RulingAnswer, DeskError> {
        match self.desk.rulings.undo(by, ruling.id, None).await? {
            Idempotent::Fresh(answer) => Ok(answer),
            Idempotent::Replayed { .. } => panic!("nothing was asked twice"),
        }
    }

    pub async fn next(&self, by: &Caller) -> Option<CaseView> {
        match self
            .desk
            .queue
            .next_case(
                by,
                QueueQuery {
                    pointer: "/",
                    ..QueueQuery::default()
                },
                None,
            )
            .await
            .unwrap()
        {
            Idempotent::Fresh(case) => case,
            Idempotent::Replayed { .. } => panic!("nothing was asked twice"),
        }
    }
}

impl Data {
    pub fn folder() -> Self {
        Self::Folder(tempfile::tempdir().unwrap())
    }

    pub fn memory() -> Self {
        Self::Memory(Ephemeral::default())
    }

    /// The engine that `BANZHU_TEST_ENGINE` names; sled where it names none.
    pub fn chosen() -> Self {
        match std::env::var("BANZHU_TEST_ENGINE").as_deref() {
            Ok("ephemeral") => Self::memory(),
            Ok("sled") | Err(_) => Self::folder(),
            Ok(other) => panic!("there is no engine {other}"),
        }
    }

    /// The store over it is closed: all of it is sound.
    async fn check(&self) {
        let report = match self {
            Self::Folder(dir) => verify(dir.path()).unwrap(),
            Self::Memory(node) => {
                let head = node.head().await.unwrap();
                let place = |table: Table, key: &[Value]| format!("{table:?} {key:?}");
                verify_records(node, &head, place).await
            }
        };
        assert!(report.findings.is_empty(), "{:#?}", report.findings);
    }

    /// All that is stored.
    async fn bytes(&self) -> Vec<Vec<u8>> {
        match self {
            Self::Folder(dir) => {
                let folders = std::fs::read_dir(dir.path()).unwrap();
                let files = folders.map(|entry| entry.unwrap().path().join("db"));
                files.filter_map(|file| std::fs::read(file).ok()).collect()
            }
            Self::Memory(node) => {
                let mut records = Vec::new();
                for table in Table::ALL {
                    let rows = node.range(Range::along(table)).await.unwrap();
                    records.extend(rows.into_iter().map(|row| row.record));
                }
                records
            }
        }
    }
}

fn open(
    data: &Data,
    clock: &Arc<TestClock>,
    rulebook: Arc<Rulebook>,
    settings: DeskSettings,
) -> Desk {
    let clock: Arc<dyn Clock> = clock.clone();
    let options = OpenOptions::default();
    let store: Arc<dyn Store> = match data {
        Data::Folder(dir) => {
            let dir = dir.path().to_owned();
            let options = OpenOptions { dir, ..options };
            SledStore::open(options, Arc::clone(&clock)).unwrap()
        }
        Data::Memory(node) => {
            let (engine, clock) = (Arc::new(node.node()), Arc::clone(&clock));
            EngineStore::start(engine, clock, options.queue_max, options.time_zone).unwrap()
        }
    };
    let loaded = LoadedRulebook {
        rulebook,
        loaded_at: clock.now(),
        source: "test".to_owned(),
    };
    Desk::new(store, clock, loaded, settings)
}

/// An export and the export of what is made of it are the same, byte for byte.
fn moved(dir: &Path) {
    let export = |dir: &Path| {
        let mut lines = Vec::new();
        export_to(dir, &mut lines, &|_| {}).unwrap();
        lines
    };
    let (scratch, first) = (tempfile::tempdir().unwrap(), export(dir));
    let there = scratch.path().join("there");
    import_from(&mut first.as_slice(), &there, &|_| {}).unwrap();
    assert!(export(&there) == first, "what was moved is not the same");
    assert_eq!(verify(&there).unwrap(), verify(dir).unwrap());
}

/// xorshift64*: small, seeded, the same everywhere.
pub struct Chance(u64);

impl Chance {
    /// One seed, one course.
    pub const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % end
    }

    pub fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
}

/// A comment as a test writes it.
#[derive(Clone, Copy)]
pub struct Comment<'a> {
    pub id: &'a str,
    pub body: &'a str,
    pub member: &'a str,
    pub nickname: &'a str,
    pub tags: &'a [&'a str],
    pub article: bool,
}

/// A comment by m-1, 南港阿明, without tags or article.
pub const fn comment<'a>(id: &'a str, body: &'a str) -> Comment<'a> {
    Comment {
        id,
        body,
        member: "m-1",
        nickname: "南港阿明",
        tags: &[],
        article: false,
    }
}

impl<'a> Comment<'a> {
    pub const fn by(self, member: &'a str, nickname: &'a str) -> Self {
        Self {
            member,
            nickname,
            ..self
        }
    }

    /// Under the one article of these tests, which is about 北約 and 日本.
    pub const fn tagged(self, tags: &'a [&'a str]) -> Self {
        Self {
            tags,
            article: true,
            ..self
        }
    }

    pub fn submission(self) -> Submission {
        let article = ArticleDraft {
            title: Some("北約統帥訪問日本".to_owned()),
            body: Some("雙方談了合作。".to_owned()),
            ..ArticleDraft::default()
        };
        let member = MemberDraft {
            id: Some(self.member.to_owned()),
            nickname: Some(self.nickname.to_owned()),
            verified: None,
        };
        let draft = CommentDraft {
            comment_id: Some(self.id.to_owned()),
            body: Some(self.body.to_owned()),
            member: Some(member),
            tags: self.tags.iter().map(|tag| (*tag).to_owned()).collect(),
            article_id: self.article.then(|| "story-1".to_owned()),
            article: self.article.then_some(article),
            ..CommentDraft::default()
        };
        Submission::parse(draft).unwrap()
    }
}

/// A request that is known by its slot and the digest of its body.
pub const fn idempotency_key(slot: [u8; 16], request: [u8; 32]) -> IdempotencyRequest {
    IdempotencyRequest {
        slot,
        request,
        codes: CompletionCodes {
            created: 201,
            done: 200,
            nothing: 204,
        },
    }
}

pub fn board() -> Caller {
    Caller::Program {
        id: KeyId::parse("01ARZ3NDEKTSV4RRFFQ69G5FAV").unwrap(),
        name: KeyName::parse("board").unwrap(),
        scopes: vec![Scope::Moderate, Scope::Report],
    }
}

fn person(name: &str, role: Role) -> Caller {
    Caller::Person {
        name: UserName::parse(name).unwrap(),
        role,
    }
}

pub fn amy() -> Caller {
    person("amy", Role::Moderator)
}

pub fn ben() -> Caller {
    person("ben", Role::Moderator)
}

pub fn ada() -> Caller {
    person("ada", Role::Admin)
}
