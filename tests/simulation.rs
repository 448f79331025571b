//! Seeded lives of a board against a simple model: posts, edits, withdrawals, reports, claims, rulings, undo, appeals,
//! second looks, sanctions, purge, compaction, backups, restarts, clock jumps. After each step what was touched is as the model says; at each
//! end the whole store is sound. A failure prints its seed.
//!
//! `BANZHU_SIM_STEPS=1000000 cargo test --release --test simulation -- --nocapture` is the long form;
//! `BANZHU_SIM_SEED` repeats one life; `BANZHU_TEST_ENGINE=ephemeral` stands it on the engine in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, dead_code)]

#[path = "simulation/faults.rs"]
mod faults;
#[path = "desk/world.rs"]
mod world;

use std::{collections::BTreeMap, sync::Arc};

use banzhu::{
    access::Caller,
    desk::{
        AppealDraft, CaseDraft, DeskError, DeskSettings, Idempotent, QueueQuery, ReportDraft,
        RulingDraft, SanctionDraft,
        views::{CaseView, RulingAnswer},
    },
    id::{AppealId, CommentId, MemberId, ReportId, ReporterId, RulingId, SanctionId},
    policy::{Rulebook, RulebookFiles},
    record::{AppealOutcome, ReportOutcome, Verdict},
    store::{CompactionReport, verify},
    time::{DAY_MS, MINUTE_MS, Timestamp},
};
use tokio::task::JoinHandle;
use world::{Chance, Data, World, ada, amy, ben, board, comment, files};

/// Steps of one life, and of all lives of the short form.
const LIFE: u64 = 4_000;
const SHORT: u64 = 6_000;
const SHORT_IN_MEMORY: u64 = 3_000;
/// Steps of the life in whose store faults are planted.
const BEFORE_FAULTS: u64 = 400;
const MEMBERS: u64 = 12;
const REPORTERS: u64 = 15;
const COMMENTS: u64 = 150;
/// What is written, and the terms that are flagged or removed in it.
const BODIES: [(&str, Verdict, &[&str]); 5] = [
    ("祝大家早安,今天天氣很好", Verdict::Allow, &[]),
    ("這篇報導寫得不錯", Verdict::Allow, &[]),
    ("你這個白痴", Verdict::Flag, &["白痴"]),
    ("你這個白痴豬頭", Verdict::Flag, &["白痴", "豬頭"]),
    ("幹你娘", Verdict::Remove, &["幹你娘"]),
];

#[derive(Debug, Clone, PartialEq, Eq)]
enum Ruled {
    Approved(Vec<&'static str>),
    Removed,
}

/// A comment as the model knows it.
#[derive(Debug, Clone)]
struct Known {
    member: u64,
    body: usize,
    filter: Verdict,
    /// When its newest revision was judged, how its member stood then, and how that is seen now.
    judged: Timestamp,
    stood: Verdict,
    standing: Verdict,
    ruled: Option<Ruled>,
    /// By which ruling.
    ruling: Option<RulingId>,
    strike: Option<Timestamp>,
    appeal_open: bool,
    withdrawn: bool,
    purged: bool,
}

impl Known {
    fn verdict(&self) -> Verdict {
        match &self.ruled {
            Some(Ruled::Removed) => Verdict::Remove,
            Some(Ruled::Approved(_)) if self.is_ruled() => Verdict::Allow,
            Some(Ruled::Approved(_)) | None => self.filter,
        }
    }

    /// Whether a ruling holds for it as it stands.
    fn is_ruled(&self) -> bool {
        let terms = BODIES[self.body].2;
        match &self.ruled {
            Some(Ruled::Approved(seen)) => terms.iter().all(|term| seen.contains(term)),
            Some(Ruled::Removed) => true,
            None => false,
        }
    }
}

#[derive(Debug, Clone)]
struct Filed<S> {
    on: String,
    status: S,
    /// Rulings decide it; not so what was upheld at once or set aside.
    decided_by_rulings: bool,
    /// The ruling that had removed by then what is reported.
    late: Option<RulingId>,
    by: String,
}

/// What a ruling found, so that its undo can be foretold.
struct Before {
    ruling: RulingAnswer,
    by: Caller,
    on: String,
    known: Known,
    reports: BTreeMap<ReportId, ReportOutcome>,
    appeals: BTreeMap<AppealId, AppealOutcome>,
    sanctions: Vec<Laid>,
}

#[derive(Debug, Clone)]
struct Laid {
    id: SanctionId,
    member: u64,
    kind: &'static str,
    at: Timestamp,
    until: Timestamp,
    lifted: Option<Timestamp>,
    /// What it blocked is judged as though it had never been.
    void: bool,
    /// The comment that was ruled with it.
    ruled_on: Option<String>,
}

impl Laid {
    fn effect(&self) -> Verdict {
        match self.kind {
            "suspend" => Verdict::Remove,
            _ => Verdict::Flag,
        }
    }

    fn is_live(&self, now: Timestamp) -> bool {
        self.lifted.is_none() && now < self.until
    }

    fn was_live(&self, then: Timestamp) -> bool {
        self.at <= then && then < self.until && self.lifted.is_none_or(|at| then <= at)
    }
}

struct Life {
    world: World,
    chance: Chance,
    comments: BTreeMap<String, Known>,
    reports: BTreeMap<ReportId, Filed<ReportOutcome>>,
    appeals: BTreeMap<AppealId, Filed<AppealOutcome>>,
    sanctions: Vec<Laid>,
    last: Option<Before>,
    compaction: Option<JoinHandle<Result<CompactionReport, DeskError>>>,
    backup: Option<JoinHandle<tempfile::TempDir>>,
    rulebook: Arc<Rulebook>,
    /// Another node over the same data; then each step is taken on the other one.
    beside: Option<World>,
}

fn settings() -> DeskSettings {
    DeskSettings {
        sample_rulings_permille: 100,
        sample_removals_permille: 50,
        ..World::settings()
    }
}

fn rulebook() -> Arc<Rulebook> {
    let off = "{ count = 0, minutes = 10 }";
    let rules = format!("[flood]\nrepeats = {off}\ncopies = {off}\npace = {off}\n");
    let files = RulebookFiles {
        rules: Some(rules),
        ..files()
    };
    Arc::new(Rulebook::compile(&files, 1).unwrap())
}

/// What may be refused because somebody was first or the time is over; anything else is a fault of ours.
fn is_no(error: &DeskError) -> bool {
    matches!(
        error,
        DeskError::CaseChanged(_)
            | DeskError::CaseClaimed(_)
            | DeskError::CaseEscalated
            | DeskError::CommentWithdrawn
            | DeskError::OwnRuling
            | DeskError::UndoExpired
            | DeskError::Forbidden
            | DeskError::ImposedByAdmin
            | DeskError::TooManyClaims
            | DeskError::NotFound
    )
}

fn fresh<T>(answered: Idempotent<T>) -> T {
    match answered {
        Idempotent::Fresh(view) => view,
        Idempotent::Replayed { .. } => panic!("nothing was asked twice"),
    }
}

fn member_id(n: u64) -> MemberId {
    MemberId::parse(format!("m-{n}")).unwrap()
}

impl Life {
    fn over(data: Data, seed: u64, rulebook: Arc<Rulebook>) -> Self {
        Self {
            world: World::over(data, Arc::clone(&rulebook), settings()),
            chance: Chance::new(seed),
            comments: BTreeMap::new(),
            reports: BTreeMap::new(),
            appeals: BTreeMap::new(),
            sanctions: Vec::new(),
            last: None,
            compaction: None,
            backup: None,
            rulebook,
            beside: None,
        }
    }

    /// The same with two nodes.
    fn of_two_nodes(data: Data, seed: u64, rulebook: Arc<Rulebook>) -> Self {
        let life = Self::over(data, seed, rulebook);
        let beside = Some(beside(&life.world, &life.rulebook));
        Self { beside, ..life }
    }

    /// The next step is taken on the other node, which knows by then what this one did.
    async fn change_nodes(&mut self) {
        let Some(other) = &mut self.beside else {
            return;
        };
        let done = self.world.desk.figures.store_stats().await.unwrap().commits;
        let begun = std::time::Instant::now();
        while other.desk.figures.store_stats().await.unwrap().commits < done {
            assert!(begun.elapsed().as_secs() < 10, "a node does not follow");
            tokio::time::sleep(std::time::Duration::from_micros(50)).await;
        }
        std::mem::swap(&mut self.world, other);
    }

    fn now(&self) -> Timestamp {
        self.world.desk.operations.now()
    }

    fn any_comment(&mut self) -> Option<String> {
        let ids: Vec<String> = self.comments.keys().cloned().collect();
        (!ids.is_empty()).then(|| self.chance.one(&ids).clone())
    }

    fn anybody(&mut self) -> Caller {
        match self.chance.below(5) {
            0 | 1 => amy(),
            2 | 3 => ben(),
            _ => ada(),
        }
    }

    async fn step(&mut self) {
        // No two steps share a millisecond: else nobody could tell whether a comment or a sanction came first.
        self.world.clock.pass(1);
        match self.chance.below(1_000) {
            0..220 => self.post().await,
            220..320 => self.edit().await,
            320..345 => self.withdraw().await,
            345..480 => self.report().await,
            480..550 => self.claim().await,
            550..780 => self.rule().await,
            780..840 => self.undo().await,
            840..900 => self.appeal().await,
            900..925 => self.sanction().await,
            925..940 => self.take_up().await,
            940..960 => self.world.clock.pass(MINUTE_MS * 7),
            960..975 => self.world.desk.background.run_background().await.unwrap(),
            975..985 => self.reporter().await,
            985..990 => self.hold().await,
            990..994 => self.world.clock.pass(DAY_MS * 9),
            994..997 => self.purge().await,
            997..998 => self.world.clock.pass(DAY_MS * 120),
            998..999 => self.compact().await,
            _ => {}
        }
    }

    fn standing(&self, member: u64) -> Verdict {
        let now = self.now();
        let live = |laid: &&Laid| laid.member == member && laid.is_live(now);
        let effects = self.sanctions.iter().filter(live).map(Laid::effect);
        effects.max().unwrap_or_default()
    }

    /// A comment of these words as it is judged now.
    fn judged(&self, member: u64, body: usize) -> Known {
        let standing = self.standing(member);
        Known {
            member,
            body,
            filter: standing.max(BODIES[body].1),
            judged: self.now(),
            stood: standing,
            standing,
            ruled: None,
            ruling: None,
            strike: None,
            appeal_open: false,
            withdrawn: false,
            purged: false,
        }
    }

    /// Sanctions of a member have become void, or hold again: what they blocked is judged again.
    async fn rejudge(&mut self, member: u64, undone: bool) {
        while self.world.desk.background.fan_out_next().await.unwrap() {}
        let laid: Vec<Laid> = self
            .sanctions
            .iter()
            .filter(|laid| laid.member == member)
            .cloned()
            .collect();
        let mut changed = Vec::new();
        for (id, known) in &mut self.comments {
            if known.member != member || known.withdrawn || known.purged {
                continue;
            }
            let live = || laid.iter().filter(|laid| laid.was_live(known.judged));
            let held = live().filter(|laid| !laid.void).map(Laid::effect).max();
            let rightly = held.unwrap_or_default().min(known.stood);
            let wronged = live().any(|laid| laid.void);
            if (rightly < known.standing && wronged) || (rightly > known.standing && undone) {
                known.standing = rightly;
                known.filter = rightly.max(BODIES[known.body].1);
                changed.push(id.clone());
            }
        }
        for id in changed {
            // what was right at once waits for a person, where it is removed no longer
            let known = &self.comments[&id];
            let at_once = |filed: &Filed<ReportOutcome>| {
                filed.on == id && filed.status == ReportOutcome::Upheld && !filed.decided_by_rulings
            };
            if known.filter != Verdict::Remove && !known.is_ruled() {
                let reports = self.reports.iter_mut();
                for (report, filed) in reports.filter(|(_, filed)| at_once(filed)) {
                    (filed.status, filed.decided_by_rulings) = (ReportOutcome::Open, true);
                    self.last.iter_mut().for_each(|last| {
                        last.reports.remove(report);
                    });
                }
            }
            self.check(&id).await;
        }
    }

    async fn post(&mut self) {
        let id = format!("c-{}", self.chance.below(COMMENTS));
        if self.comments.get(&id).is_some_and(|known| !known.purged) {
            return;
        }
        let member = self.chance.below(MEMBERS);
        let body = usize::try_from(self.chance.below(5)).unwrap();
        let known = self.judged(member, body);
        let name = format!("m-{member}");
        let view = self
            .world
            .post(comment(&id, BODIES[body].0).by(&name, "南港阿明"))
            .await;
        let filter = known.filter;
        assert_eq!(view.verdict, filter, "{id} {name} {}", BODIES[body].0);
        self.comments.insert(id.clone(), known);
        self.check(&id).await;
    }

    async fn edit(&mut self) {
        let Some(id) = self.any_comment() else { return };
        let known = self.comments[&id].clone();
        if known.purged {
            return;
        }
        let body = usize::try_from(self.chance.below(5)).unwrap();
        let name = format!("m-{}", known.member);
        let edited = comment(&id, BODIES[body].0).by(&name, "南港阿明");
        let done = self.world.try_post(edited, Default::default()).await;
        if known.withdrawn {
            assert!(matches!(done, Err(DeskError::CommentWithdrawn)));
            return;
        }
        let after = if body == known.body {
            known
        } else {
            let judged = self.judged(known.member, body);
            Known {
                ruled: known.ruled,
                ruling: known.ruling,
                strike: known.strike,
                appeal_open: known.appeal_open,
                ..judged
            }
        };
        assert_eq!(
            done.unwrap().verdict,
            after.verdict(),
            "{id} edited to {}",
            BODIES[body].0
        );
        self.comments.insert(id.clone(), after);
        self.check(&id).await;
    }

    async fn withdraw(&mut self) {
        let Some(id) = self.any_comment() else { return };
        if self.comments[&id].purged {
            return;
        }
        self.world.withdraw(&id).await.unwrap();
        let known = self.comments.get_mut(&id).unwrap();
        if known.withdrawn {
            return;
        }
        (known.withdrawn, known.appeal_open) = (true, false);
        for filed in self
            .reports
            .values_mut()
            .filter(|filed| filed.on == id && filed.status == ReportOutcome::Open)
        {
            filed.status = ReportOutcome::Dismissed;
        }
        for filed in self
            .appeals
            .values_mut()
            .filter(|filed| filed.on == id && filed.status == AppealOutcome::Open)
        {
            filed.status = AppealOutcome::Denied;
        }
    }

    async fn report(&mut self) {
        let Some(id) = self.any_comment() else { return };
        let by = format!("r-{}", self.chance.below(REPORTERS));
        let draft = ReportDraft {
            reporter_id: Some(by.clone()),
            code: Some((*self.chance.one(&["insult", "knowingly-false", "threat"])).to_owned()),
            ..ReportDraft::default()
        };
        let known = self.comments[&id].clone();
        let done = self
            .world
            .desk
            .reports
            .report(
                &board(),
                CommentId::parse(id.as_str()).unwrap(),
                draft,
                None,
                None,
            )
            .await;
        let posted = match done {
            Ok(answered) => fresh(answered),
            Err(DeskError::NotFound) if known.purged => return,
            Err(DeskError::CommentWithdrawn) if known.withdrawn => return,
            Err(error) => panic!("{id}: {error}"),
        };
        if !posted.created {
            let filed = self.reports.get(&posted.view.id);
            let filed = filed
                .unwrap_or_else(|| panic!("{id} was reported before: {:?} {known:?}", posted.view));
            assert_eq!(posted.view.status, filed.status);
            return;
        }
        let at_once = known.verdict() == Verdict::Remove;
        let status = if at_once {
            ReportOutcome::Upheld
        } else {
            ReportOutcome::Open
        };
        assert_eq!(posted.view.status, status, "{id} {known:?}");
        let removed = known.ruled == Some(Ruled::Removed) && known.filter != Verdict::Remove;
        let late = known.ruling.filter(|_| removed);
        let filed = Filed {
            on: id,
            status,
            decided_by_rulings: !at_once || late.is_some(),
            late,
            by,
        };
        self.reports.insert(posted.view.id, filed);
    }

    async fn claim(&mut self) {
        let by = self.anybody();
        let query = QueueQuery {
            pointer: "/",
            ..QueueQuery::default()
        };
        let got = match self.world.desk.queue.next_case(&by, query, None).await {
            Ok(answered) => fresh(answered),
            Err(error) if is_no(&error) => return,
            Err(error) => panic!("{error}"),
        };
        let Some(case) = got else { return };
        assert_eq!(case.item.claim.as_ref().unwrap().by, by.actor());
        let done = match self.chance.below(4) {
            0 => self
                .world
                .desk
                .queue
                .skip(&by, case.item.id, None)
                .await
                .map(drop),
            1 => {
                self.world
                    .desk
                    .queue
                    .release(&by, case.item.id, false)
                    .await
            }
            2 => self
                .world
                .desk
                .queue
                .add_note(&by, case.item.id, Some("看過了".to_owned()), None)
                .await
                .map(drop),
            _ => Ok(()),
        };
        done.unwrap();
    }

    /// The case of a comment, if there is one.
    async fn case_of(&mut self) -> Option<(String, CaseView)> {
        let id = self.any_comment()?;
        let known = &self.comments[&id];
        if known.purged {
            return None;
        }
        let case = self.world.comment(&id).await.case_id?;
        let case = self
            .world
            .desk
            .queue
            .case(&Caller::Operator, case)
            .await
            .unwrap();
        (case.item.subject.kind == "comment").then_some((id, case))
    }

    fn laid_on<'a>(&'a self, comment: &'a str) -> impl Iterator<Item = &'a Laid> {
        let laid = self.sanctions.iter();
        laid.filter(move |laid| laid.ruled_on.as_deref() == Some(comment))
    }

    async fn rule(&mut self) {
        let Some((id, case)) = self.case_of().await else {
            return;
        };
        let by = self.anybody();
        let decision = *self
            .chance
            .one(&["approve", "remove", "remove", "escalate"]);
        let stale = self.chance.below(20) == 0;
        let suspends = decision == "remove" && self.chance.below(8) == 0;
        let draft = RulingDraft {
            decision: Some(decision.to_owned()),
            version: Some(case.item.version - u32::from(stale && case.item.version > 1)),
            code: (decision == "remove").then(|| "insult".to_owned()),
            note: Some("看過了".to_owned()),
            sanction: suspends.then(|| SanctionDraft {
                kind: Some("suspend".to_owned()),
                days: Some(3),
                ..SanctionDraft::default()
            }),
            ..RulingDraft::default()
        };
        let done = self.world.rule_with(&by, case.item.id, draft).await;
        let answer = match done {
            Ok(answer) => answer,
            Err(error) => {
                assert!(is_no(&error), "{id} {decision}: {error}");
                return;
            }
        };
        let known = self.comments[&id].clone();
        assert!(!known.withdrawn);
        let of = |filed: &BTreeMap<ReportId, Filed<ReportOutcome>>| {
            filed
                .iter()
                .filter(|(_, filed)| filed.on == id)
                .map(|(id, filed)| (*id, filed.status))
                .collect()
        };
        let appeals = self
            .appeals
            .iter()
            .filter(|(_, filed)| filed.on == id)
            .map(|(id, filed)| (*id, filed.status));
        self.last = Some(Before {
            ruling: answer.clone(),
            by,
            on: id.clone(),
            known: known.clone(),
            reports: of(&self.reports),
            appeals: appeals.collect(),
            sanctions: self.laid_on(&id).cloned().collect(),
        });
        if decision == "escalate" {
            return;
        }
        let told = self
            .world
            .desk
            .queue
            .case(&Caller::Operator, case.item.id)
            .await
            .unwrap();
        let agreed = told.rulings.last().unwrap().second_look_agreed == Some(true);
        let removes = decision == "remove";
        let upholds = known.appeal_open && removes && known.verdict() == Verdict::Remove;
        let now = self.now();
        let after = self.comments.get_mut(&id).unwrap();
        after.appeal_open = false;
        let confirms = (agreed || upholds) && answer.sanction.is_none();
        if !confirms {
            let seen = BODIES[known.body].2.to_vec();
            after.ruling = Some(answer.id);
            after.ruled = Some(if removes {
                Ruled::Removed
            } else {
                Ruled::Approved(seen)
            });
            if !upholds {
                after.strike = (removes && !known.appeal_open).then_some(now);
            }
            let older = self.sanctions.iter_mut();
            for laid in older.filter(|laid| laid.ruled_on.as_ref() == Some(&id)) {
                laid.void |= !suspends;
                if laid.is_live(now) {
                    laid.lifted = Some(now);
                }
            }
        }
        self.sanctions.extend(answer.sanction.map(|laid| Laid {
            id: laid.id,
            member: known.member,
            kind: "suspend",
            at: now,
            until: now.plus_ms(3 * DAY_MS),
            lifted: None,
            void: false,
            ruled_on: Some(id.clone()),
        }));
        for filed in self
            .reports
            .values_mut()
            .filter(|filed| filed.on == id && filed.decided_by_rulings)
        {
            filed.status = if removes {
                ReportOutcome::Upheld
            } else {
                ReportOutcome::Dismissed
            };
        }
        for filed in self
            .appeals
            .values_mut()
            .filter(|filed| filed.on == id && filed.decided_by_rulings)
        {
            filed.status = if removes {
                AppealOutcome::Denied
            } else {
                AppealOutcome::Overturned
            };
        }
        self.rejudge(known.member, false).await;
        self.check(&id).await;
    }

    async fn undo(&mut self) {
        let Some(before) = self.last.take() else {
            return;
        };
        match self.world.undo(&before.by, &before.ruling).await {
            Err(error) => assert!(is_no(&error), "{}: {error}", before.on),
            Ok(_) => {
                let (now, member) = (self.now(), before.known.member);
                let known = self.comments.get_mut(&before.on).unwrap();
                *known = Known {
                    filter: known.filter,
                    standing: known.standing,
                    ..before.known
                };
                let of_case = self.sanctions.iter_mut();
                for laid in of_case.filter(|laid| laid.ruled_on.as_ref() == Some(&before.on)) {
                    match before.sanctions.iter().find(|then| then.id == laid.id) {
                        Some(then) => laid.clone_from(then),
                        None => {
                            laid.void = true;
                            laid.lifted = laid.lifted.or(Some(now));
                        }
                    }
                }
                for (id, filed) in self
                    .reports
                    .iter_mut()
                    .filter(|(_, filed)| filed.on == before.on && filed.decided_by_rulings)
                {
                    // what was late under an older ruling is as right as that
                    let older = filed.late.filter(|late| *late != before.ruling.id);
                    let since = older.map_or(ReportOutcome::Open, |_| ReportOutcome::Upheld);
                    filed.status = before.reports.get(id).copied().unwrap_or(since);
                }
                for (id, filed) in self
                    .appeals
                    .iter_mut()
                    .filter(|(_, filed)| filed.on == before.on)
                {
                    filed.status = before.appeals.get(id).copied().unwrap_or(filed.status);
                }
                self.rejudge(member, true).await;
                self.check(&before.on).await;
            }
        }
    }

    async fn appeal(&mut self) {
        let Some(id) = self.any_comment() else { return };
        let known = self.comments[&id].clone();
        if known.purged {
            return;
        }
        let view = self.world.comment(&id).await;
        let draft = AppealDraft {
            member_id: Some(format!("m-{}", known.member)),
            statement: Some("請再看一次".to_owned()),
        };
        let done = self
            .world
            .desk
            .appeals
            .appeal(
                &board(),
                CommentId::parse(id.as_str()).unwrap(),
                draft,
                None,
            )
            .await;
        let removed = known.verdict() == Verdict::Remove && !known.withdrawn;
        match done {
            Ok(answered) => {
                assert!(view.appealable && removed, "{id} {known:?}");
                let filed = Filed {
                    on: id.clone(),
                    status: AppealOutcome::Open,
                    decided_by_rulings: true,
                    late: None,
                    by: String::new(),
                };
                self.appeals.insert(fresh(answered).id, filed);
                self.comments.get_mut(&id).unwrap().appeal_open = true;
            }
            Err(DeskError::NothingToAppeal) => assert!(!removed, "{id} {known:?}"),
            Err(DeskError::CommentWithdrawn) => assert!(known.withdrawn),
            Err(DeskError::AlreadyAppealed | DeskError::AppealTooLate) => {
                assert!(!view.appealable && removed)
            }
            Err(error) => panic!("{id}: {error}"),
        }
    }

    async fn sanction(&mut self) {
        let member = self.chance.below(MEMBERS);
        let live: Vec<Laid> = self
            .sanctions
            .iter()
            .filter(|laid| laid.lifted.is_none())
            .cloned()
            .collect();
        if self.chance.below(2) == 0 && !live.is_empty() {
            let laid = self.chance.one(&live).clone();
            let now = self.now();
            let restore = laid.is_live(now) && self.chance.below(2) == 0;
            let done = self
                .world
                .desk
                .members
                .revoke_sanction(&ada(), laid.id, Some("查明無誤".to_owned()), restore, None)
                .await;
            fresh(done.unwrap());
            let known = self
                .sanctions
                .iter_mut()
                .find(|known| known.id == laid.id)
                .unwrap();
            let remembered = self.last.iter_mut().flat_map(|last| &mut last.sanctions);
            let remembered = remembered.filter(|known| known.id == laid.id);
            for known in remembered.chain([known]) {
                known.void |= restore;
                if known.is_live(now) {
                    known.lifted = Some(now);
                }
            }
            self.rejudge(laid.member, false).await;
            return;
        }
        let kind = *self.chance.one(&["suspend", "watch"]);
        let draft = SanctionDraft {
            kind: Some(kind.to_owned()),
            days: Some(3),
            reason: Some("屢勸不聽".to_owned()),
            code: None,
            ..SanctionDraft::default()
        };
        let done = self
            .world
            .desk
            .members
            .impose_sanction(&amy(), member_id(member), draft, None)
            .await;
        let view = fresh(done.unwrap());
        let until = self.now().plus_ms(3 * DAY_MS);
        self.sanctions.push(Laid {
            id: view.id,
            member,
            kind,
            at: self.now(),
            until,
            lifted: None,
            void: false,
            ruled_on: None,
        });
    }

    async fn take_up(&mut self) {
        let Some(id) = self.any_comment() else { return };
        let by = self.anybody();
        let draft = CaseDraft {
            comment_id: Some(id.clone()),
            code: Some("knowingly-false".to_owned()),
            ..CaseDraft::default()
        };
        if self.comments[&id].purged {
            return;
        }
        match self.world.desk.queue.open_case(&by, draft, None).await {
            Ok(case) => assert_eq!(fresh(case).item.claim.unwrap().by, by.actor()),
            Err(error) => assert!(is_no(&error), "{id}: {error}"),
        }
    }

    async fn reporter(&mut self) {
        let by = format!("r-{}", self.chance.below(REPORTERS));
        let id = ReporterId::parse(by.as_str()).unwrap();
        let why = || Some("測試".to_owned());
        let done = match self.chance.below(3) {
            0 => self
                .world
                .desk
                .reports
                .mute_reporter(&amy(), id, Some(2), why(), None)
                .await
                .map(drop),
            1 => self.world.desk.reports.unmute_reporter(&amy(), id).await,
            _ => match self
                .world
                .desk
                .reports
                .dismiss_reports(&amy(), id, why(), None)
                .await
            {
                Ok(_) => {
                    let open = |filed: &&mut Filed<ReportOutcome>| {
                        filed.by == by && filed.status == ReportOutcome::Open
                    };
                    for filed in self.reports.values_mut().filter(open) {
                        (filed.status, filed.decided_by_rulings) =
                            (ReportOutcome::Dismissed, false);
                    }
                    Ok(())
                }
                Err(error) => Err(error),
            },
        };
        assert!(
            matches!(done, Ok(()) | Err(DeskError::NotFound)),
            "{done:?}"
        );
    }

    async fn hold(&mut self) {
        let Some(id) = self.any_comment() else { return };
        let id = CommentId::parse(id).unwrap();
        if self.chance.below(2) == 0 {
            self.world
                .desk
                .privacy
                .place_hold(&amy(), &id, Some("調閱".to_owned()), None)
                .await
                .unwrap();
        } else {
            self.world
                .desk
                .privacy
                .release_hold(&amy(), &id)
                .await
                .unwrap();
        }
    }

    async fn purge(&mut self) {
        while self.world.desk.privacy.purge_next_batch().await.unwrap() {}
        let ids: Vec<String> = self.comments.keys().cloned().collect();
        for id in ids {
            let view = self.world.comment(&id).await;
            let known = self.comments.get_mut(&id).unwrap();
            if view.purged_at.is_some() && !known.purged {
                assert!(view.hold.is_none() && !known.appeal_open, "{id}");
                (known.purged, known.strike) = (true, None);
                // what comes under this id again is filed anew
                self.reports.retain(|_, filed| filed.on != id);
                self.appeals.retain(|_, filed| filed.on != id);
                // and ruled anew: what was laid for the old text stays as it is
                let laid = self.sanctions.iter_mut();
                laid.filter(|laid| laid.ruled_on.as_ref() == Some(&id))
                    .for_each(|laid| laid.ruled_on = None);
                if self.last.as_ref().is_some_and(|last| last.on == id) {
                    self.last = None;
                }
            }
        }
    }

    /// Begins to copy the database anew; life goes on meanwhile.
    async fn compact(&mut self) {
        if !self.world.has_folder() {
            return;
        }
        self.compacted().await;
        let desk = Arc::clone(&self.world.desk);
        let compact = async move { desk.operations.compact(&board().actor()).await };
        self.compaction = Some(tokio::spawn(compact));
        // begun before the next step
        tokio::task::yield_now().await;
    }

    async fn compacted(&mut self) {
        if let Some(compaction) = self.compaction.take() {
            let done = compaction.await.unwrap().unwrap();
            assert!(done.before_bytes > 0 && done.after_bytes > 0, "{done:?}");
        }
    }

    /// Begins a backup; life goes on meanwhile.
    async fn back_up(&mut self) {
        if !self.world.has_folder() {
            return;
        }
        self.backed_up().await;
        let desk = Arc::clone(&self.world.desk);
        let back_up = async move {
            let dir = tempfile::tempdir().unwrap();
            let (by, to) = (board().actor(), dir.path().join("backup"));
            desk.operations
                .back_up(&by, &to, Arc::new(|_| {}))
                .await
                .unwrap();
            dir
        };
        self.backup = Some(tokio::spawn(back_up));
        tokio::task::yield_now().await;
    }

    async fn backed_up(&mut self) {
        if let Some(backup) = self.backup.take() {
            let dir = backup.await.unwrap();
            let report = verify(&dir.path().join("backup")).unwrap();
            assert!(report.findings.is_empty(), "{:#?}", report.findings);
        }
    }

    /// What is said of one comment, its reports and its appeals.
    async fn check(&self, id: &str) {
        let known = &self.comments[id];
        let view = self.world.comment(id).await;
        assert_eq!(view.withdrawn_at.is_some(), known.withdrawn, "{id}");
        if known.purged {
            return;
        }
        assert_eq!(view.verdict, known.verdict(), "{id} {known:?}");
        if view.verdict == Verdict::Flag && !known.withdrawn {
            assert!(view.case_id.is_some(), "{id} {known:?} {view:#?}");
            let case = self.world.case(view.case_id).await;
            assert_ne!(case.item.status.name(), "resolved", "{id} {known:?}");
        }
        for (report, filed) in self.reports.iter().filter(|(_, filed)| filed.on == id) {
            let told = self.world.desk.reports.report_by_id(*report).await.unwrap();
            assert_eq!(
                told.status, filed.status,
                "report {report} on {id} {known:?}"
            );
        }
        for (appeal, filed) in self.appeals.iter().filter(|(_, filed)| filed.on == id) {
            let told = self.world.desk.appeals.appeal_by_id(*appeal).await.unwrap();
            assert_eq!(
                told.status, filed.status,
                "appeal {appeal} on {id} {known:?}"
            );
        }
    }

    async fn check_all(&self) {
        for id in self.comments.keys() {
            self.check(id).await;
        }
        let now = self.now();
        let counts = |at: Timestamp| now < at.plus_ms(365 * DAY_MS);
        for member in 0..MEMBERS {
            let view = self
                .world
                .desk
                .members
                .member(&member_id(member))
                .await
                .unwrap();
            let comments = self
                .comments
                .values()
                .filter(|known| known.member == member && !known.purged);
            let strikes = comments
                .filter(|known| known.strike.is_some_and(counts))
                .count();
            // strikes outlive the text that they are for
            assert!(
                view.strikes.len() >= strikes,
                "m-{member}: {} of {strikes}",
                view.strikes.len()
            );
            let live = |laid: &&Laid| laid.member == member && laid.is_live(now);
            let suspended = self
                .sanctions
                .iter()
                .filter(live)
                .any(|laid| laid.kind == "suspend");
            assert_eq!(view.standing == "suspended", suspended, "m-{member}");
        }
    }

    /// The queue shows how its members stand.
    async fn check_queue(&self) {
        let list = self
            .world
            .desk
            .queue
            .queue(QueueQuery::default())
            .await
            .unwrap();
        for item in list.items {
            let Some(shown) = item.member else { continue };
            let member = self.world.desk.members.member(&shown.id).await.unwrap();
            assert_eq!(shown.standing, member.standing, "{:?}", shown.id);
        }
    }

    async fn run(mut self, steps: u64) {
        for step in 1..=steps {
            self.step().await;
            self.change_nodes().await;
            if step % 400 == 0 {
                self.check_all().await;
                self.check_queue().await;
            }
            if step % 1_000 == 700 {
                self.back_up().await;
            }
            if step % 1_500 == 0 {
                self.compacted().await;
                self.backed_up().await;
                let Self {
                    world, rulebook, ..
                } = self;
                let had_two = close(self.beside).await;
                let world = world.reopened_with(Arc::clone(&rulebook), settings()).await;
                let beside = had_two.then(|| beside(&world, &rulebook));
                self = Self {
                    world,
                    rulebook,
                    beside,
                    ..self
                };
            }
        }
        self.compacted().await;
        self.backed_up().await;
        self.check_all().await;
        self.check_queue().await;
        self.world.desk.background.run_background().await.unwrap();
        close(self.beside).await;
        self.world.end_moved().await;
    }
}

/// Another node over the same data.
fn beside(world: &World, rulebook: &Arc<Rulebook>) -> World {
    let Data::Memory(node) = &world.data else {
        panic!("a folder has one node");
    };
    let (clock, data) = (Arc::clone(&world.clock), Data::Memory(node.node()));
    World::with_clock(clock, data, Arc::clone(rulebook), settings())
}

/// Whether there was one to close.
async fn close(world: Option<World>) -> bool {
    if let Some(world) = &world {
        world.desk.close().await;
    }
    world.is_some()
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name)
        .ok()
        .map(|raw| raw.replace('_', "").parse().expect("a number"))
}

#[test]
fn a_board_lives_as_the_model_says() {
    let steps = number("BANZHU_SIM_STEPS").unwrap_or(SHORT);
    lives(steps, |seed, rulebook| {
        Life::over(Data::chosen(), seed, rulebook)
    });
}

#[test]
fn a_board_in_memory_lives_as_the_model_says() {
    lives(SHORT_IN_MEMORY, |seed, rulebook| {
        Life::over(Data::memory(), seed, rulebook)
    });
}

#[test]
fn a_board_of_two_nodes_lives_as_the_model_says() {
    lives(SHORT_IN_MEMORY, |seed, rulebook| {
        Life::of_two_nodes(Data::memory(), seed, rulebook)
    });
}

#[tokio::test]
async fn whatever_is_wrong_in_a_store_is_found() {
    let mut life = Life::over(Data::memory(), 7, rulebook());
    for _ in 0..BEFORE_FAULTS {
        life.step().await;
    }
    let named = comment("named", "大家早安").by("m-90", "大白痴");
    life.world.post(named).await;
    life.world.desk.close().await;
    let Data::Memory(node) = &life.world.data else {
        panic!("it is in memory");
    };
    faults::are_found(&node.node()).await;
}

/// So many steps, in lives that each begin on new data.
fn lives(steps: u64, begin: fn(u64, Arc<Rulebook>) -> Life) {
    let first = number("BANZHU_SIM_SEED");
    let lives = if first.is_some() {
        1
    } else {
        steps.div_ceil(LIFE)
    };
    let rulebook = rulebook();
    let next = std::sync::atomic::AtomicU64::new(0);
    let workers = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(4);
    let begun = std::time::Instant::now();
    std::thread::scope(|scope| {
        let handles: Vec<_> = (0..workers)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let life = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        if life >= lives {
                            return;
                        }
                        let seed =
                            first.unwrap_or_else(|| (life + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
                        println!("life {life} of {lives}, seed {seed}");
                        let of_life = LIFE.min(steps - life.min(steps / LIFE) * LIFE).max(1);
                        let rulebook = Arc::clone(&rulebook);
                        let runtime = tokio::runtime::Builder::new_current_thread()
                            .enable_all()
                            .build()
                            .unwrap();
                        let lived = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                            runtime.block_on(async { begin(seed, rulebook).run(of_life).await });
                        }));
                        assert!(lived.is_ok(), "BANZHU_SIM_SEED={seed} repeats it");
                    }
                })
            })
            .collect();
        handles
            .into_iter()
            .for_each(|handle| handle.join().unwrap());
    });
    println!("{steps} steps in {lives} lives, {:.0?}", begun.elapsed());
}
