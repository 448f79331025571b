//! The queue of unresolved cases, in memory: every filter, order and count without touching the disk.
//!
//! [`super::memory`] builds it at start and updates it after each commit. Its answers are exact; resolved cases are not in it.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
};

use crate::{
    id::{ArticleId, CaseId, MemberId},
    member::MemberStanding,
    record::{
        Actor, Case, CaseState, MemberRecord, Priority, ReasonCode, Rule, Sanction, Score, Source,
        gravest,
    },
    text::{Surface, fold::folded},
    time::{MINUTE_MS, Timestamp},
};

/// The order in which cases are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sort {
    /// The most pressing first.
    #[default]
    Priority,
    /// The one that waits longest first.
    Oldest,
    /// The newest first.
    Newest,
}

/// The states that a filter can name; they exclude each other.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum StatusFilter {
    /// Open and held by nobody.
    Open,
    /// Open with a live claim.
    Claimed,
    /// Escalated, held or not.
    Escalated,
    /// Decided.
    Resolved,
}

impl StatusFilter {
    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Claimed => "claimed",
            Self::Escalated => "escalated",
            Self::Resolved => "resolved",
        }
    }

    /// The state of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Open, Self::Claimed, Self::Escalated, Self::Resolved]
            .into_iter()
            .find(|status| status.name() == name)
    }

    /// The state of a case at `now`.
    pub fn of(case: &Case, now: Timestamp) -> Self {
        match case.state {
            CaseState::Escalated => Self::Escalated,
            CaseState::Resolved(_) => Self::Resolved,
            CaseState::Open if case.live_claim(now).is_some() => Self::Claimed,
            CaseState::Open => Self::Open,
        }
    }
}

/// Where a page ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct QueueCursor {
    /// The order that the page was in.
    pub sort: Sort,
    /// The last case's priority.
    pub priority: Priority,
    /// When it was opened; for resolved cases, when it changed last.
    pub at: Timestamp,
    /// Its id.
    pub id: CaseId,
    /// It ended among the resolved cases.
    pub resolved: bool,
}

impl QueueCursor {
    /// Where the resolved cases begin, after all unresolved ones.
    pub const fn to_resolved(sort: Sort) -> Self {
        let (at, id) = match sort {
            Sort::Oldest => (i64::MIN, u128::MIN),
            Sort::Priority | Sort::Newest => (i64::MAX, u128::MAX),
        };
        Self {
            sort,
            priority: Priority {
                urgent: false,
                step: 0,
                reports: 0,
            },
            at: Timestamp::from_ms(at),
            id: CaseId(ulid::Ulid(id)),
            resolved: true,
        }
    }
}

/// Which cases are wanted. An empty list means any; different filters are "and".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueFilter {
    /// States; empty: all but resolved.
    pub status: Vec<StatusFilter>,
    /// Posted rules.
    pub rule: Vec<Rule>,
    /// Codes.
    pub code: Vec<ReasonCode>,
    /// Surfaces.
    pub surface: Vec<Surface>,
    /// What opened them.
    pub source: Vec<Source>,
    /// Whose they are.
    pub member: Option<MemberId>,
    /// The article they stand under.
    pub article: Option<ArticleId>,
    /// What cases about the same words share.
    pub group: Option<[u8; 8]>,
    /// Who holds them; `None` in the list: nobody.
    pub assignee: Vec<Option<Actor>>,
    /// A folded substring of excerpt, nickname or article title.
    pub text: Option<String>,
    /// The least score.
    pub score_min: Option<Score>,
    /// How many minutes they have waited at the least.
    pub waiting_minutes: Option<u32>,
    /// Without the gravest cases.
    pub spares_gravest: bool,
    /// The order.
    pub sort: Sort,
    /// Where to go on.
    pub after: Option<QueueCursor>,
    /// How many at most.
    pub limit: usize,
}

impl QueueFilter {
    /// Whether a case is wanted at `now`. `text` must be folded already.
    pub fn wants(&self, case: &Case, now: Timestamp) -> bool {
        let status = StatusFilter::of(case, now);
        let status_wanted = if self.status.is_empty() {
            status != StatusFilter::Resolved
        } else {
            self.status.contains(&status)
        };
        let holder = case.live_claim(now).map(|claim| &claim.by);
        status_wanted
            && !(self.spares_gravest && case.is_gravest())
            && self.score_min.is_none_or(|least| case.score >= least)
            && self
                .waiting_minutes
                .is_none_or(|least| now.ms_since(case.opened_at) >= i64::from(least) * MINUTE_MS)
            && (self.rule.is_empty()
                || case
                    .code
                    .rule()
                    .is_some_and(|rule| self.rule.contains(&rule)))
            && (self.code.is_empty() || self.code.contains(&case.code))
            && (self.surface.is_empty()
                || case
                    .surface
                    .is_some_and(|surface| self.surface.contains(&surface)))
            && (self.source.is_empty()
                || case
                    .sources
                    .iter()
                    .any(|source| self.source.contains(source)))
            && self.group.is_none_or(|group| case.group() == Some(group))
            && self
                .member
                .as_ref()
                .is_none_or(|id| case.member.as_ref().is_some_and(|member| member.id == *id))
            && self.article.as_ref().is_none_or(|id| {
                case.article
                    .as_ref()
                    .is_some_and(|article| article.id == *id)
            })
            && (self.assignee.is_empty()
                || self.assignee.iter().any(|wanted| wanted.as_ref() == holder))
            && self
                .text
                .as_ref()
                .is_none_or(|text| searched(case).contains(text.as_str()))
    }
}

fn searched(case: &Case) -> String {
    let nickname = case
        .member
        .as_ref()
        .and_then(|member| member.nickname.as_deref())
        .unwrap_or("");
    let title = case
        .article
        .as_ref()
        .and_then(|article| article.title.as_deref())
        .unwrap_or("");
    folded(&format!("{}\n{nickname}\n{title}", case.excerpt.text))
}

/// How many cases there are, by several of their properties.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueCounts {
    /// By state.
    pub status: BTreeMap<StatusFilter, u64>,
    /// By posted rule; those that break none are not in it.
    pub rule: BTreeMap<Rule, u64>,
    /// By code.
    pub code: BTreeMap<ReasonCode, u64>,
    /// By surface.
    pub surface: BTreeMap<Surface, u64>,
    /// By what opened it last.
    pub source: BTreeMap<Source, u64>,
}

/// One page of the queue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueuePage {
    /// The cases in order.
    pub cases: Vec<Case>,
    /// Where to continue; `None` at the end.
    pub next: Option<QueueCursor>,
    /// Counts of all unresolved cases, whatever the filters, and by state how many are resolved; on the first page only.
    pub counts: Option<QueueCounts>,
}

/// A case's rank in an order; the smallest comes first in each.
type OrderKey = (Reverse<Priority>, i64, u128);

/// The place of a case, or of where a page ended.
fn place(sort: Sort, priority: Priority, at: Timestamp, id: CaseId) -> OrderKey {
    let (at, id) = (at.as_ms(), id.0.0);
    // Orders by age have the same priority everywhere, so that the time decides.
    let no_priority = Reverse(QueueCursor::to_resolved(sort).priority);
    match sort {
        Sort::Priority => (Reverse(priority), at, id),
        Sort::Oldest => (no_priority, at, id),
        // Mirrored, so that the newest is the smallest: times 3 and 5 become -3 and -5. The id likewise.
        Sort::Newest => (no_priority, at.saturating_neg(), !id),
    }
}

fn place_of(sort: Sort, case: &Case) -> OrderKey {
    place(sort, case.priority(), case.opened_at, case.id)
}

/// Cases in both orders.
#[derive(Debug, Default)]
struct Orders {
    pressing: BTreeSet<OrderKey>,
    by_age: BTreeSet<OrderKey>,
}

impl Orders {
    fn insert(&mut self, case: &Case) {
        self.pressing.insert(place_of(Sort::Priority, case));
        self.by_age.insert(place_of(Sort::Oldest, case));
    }

    fn remove(&mut self, case: &Case) {
        self.pressing.remove(&place_of(Sort::Priority, case));
        self.by_age.remove(&place_of(Sort::Oldest, case));
    }

    fn len(&self) -> usize {
        self.by_age.len()
    }

    /// The places behind `after`, in the order of `sort`.
    fn behind(
        &self,
        sort: Sort,
        after: Option<QueueCursor>,
    ) -> Box<dyn Iterator<Item = OrderKey> + '_> {
        use std::ops::Bound::{Excluded, Unbounded};
        let cut = |sort| after.map(|at| place(sort, at.priority, at.at, at.id));
        match sort {
            Sort::Priority => {
                let from = cut(Sort::Priority).map_or(Unbounded, Excluded);
                Box::new(self.pressing.range((from, Unbounded)).copied())
            }
            Sort::Oldest => {
                let from = cut(Sort::Oldest).map_or(Unbounded, Excluded);
                Box::new(self.by_age.range((from, Unbounded)).copied())
            }
            // the same order read from its end
            Sort::Newest => {
                let to = cut(Sort::Oldest).map_or(Unbounded, Excluded);
                // Into the places of `Sort::Newest`: `Merged` takes the smallest of several orders.
                let turned = |(priority, at, id): OrderKey| (priority, at.saturating_neg(), !id);
                Box::new(
                    self.by_age
                        .range((Unbounded, to))
                        .rev()
                        .copied()
                        .map(turned),
                )
            }
        }
    }
}

/// What many cases share, and filters name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum SharedTrait {
    Code(ReasonCode),
    Rule(Rule),
    Surface(Surface),
    Source(Source),
    Escalated(bool),
}

/// What few cases share.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum CaseTrait {
    Member(MemberId),
    Article(ArticleId),
    Group([u8; 8]),
}

fn shared_of(case: &Case) -> Vec<SharedTrait> {
    let mut shared = vec![
        SharedTrait::Code(case.code),
        SharedTrait::Escalated(case.state == CaseState::Escalated),
    ];
    shared.extend(case.code.rule().map(SharedTrait::Rule));
    shared.extend(case.surface.map(SharedTrait::Surface));
    shared.extend(
        case.sources
            .iter()
            .map(|source| SharedTrait::Source(*source)),
    );
    shared
}

fn own_of(case: &Case) -> impl Iterator<Item = CaseTrait> {
    let member = case
        .member
        .as_ref()
        .map(|member| CaseTrait::Member(member.id.clone()));
    let article = case
        .article
        .as_ref()
        .map(|article| CaseTrait::Article(article.id.clone()));
    [member, article, case.group().map(CaseTrait::Group)]
        .into_iter()
        .flatten()
}

/// A case, and what is searched of it, folded once.
#[derive(Debug)]
struct IndexedCase {
    case: Case,
    searched: String,
}

/// All unresolved cases, indexed by what filters select. A page reads the smallest set that one of its filters names and checks the
/// other filters on its cases: with 5,000 open cases, 40 of them of rule 3, the filter `status=open, rule=3` reads at most 40.
#[derive(Debug, Default)]
pub struct QueueIndex {
    cases: HashMap<CaseId, IndexedCase>,
    all: Orders,
    shared: HashMap<SharedTrait, Orders>,
    own: HashMap<CaseTrait, HashSet<CaseId>>,
    claimed: BTreeSet<CaseId>,
    counts: QueueCounts,
    /// Sanctions that may be in force, by member: a page shows its members' standings.
    sanctions: HashMap<MemberId, Vec<Sanction>>,
}

/// The cases that a page is selected from.
enum CandidateSet<'a> {
    /// Cases that are in order already; those of several values are merged.
    Ordered(Vec<&'a Orders>),
    /// A few, to be put in order.
    Few(Vec<CaseId>),
}

impl CandidateSet<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Ordered(orders) => orders.iter().map(|orders| orders.len()).sum(),
            Self::Few(ids) => ids.len(),
        }
    }
}

impl QueueIndex {
    /// Takes a case in, changes it, or lets it go where it is resolved.
    pub fn put(&mut self, case: &Case) {
        // First, by the values of the case as it was: they say where its old entries are.
        self.remove(case.id);
        if !case.state.is_unresolved() {
            return;
        }
        self.all.insert(case);
        for shared in shared_of(case) {
            self.shared.entry(shared).or_default().insert(case);
        }
        for own in own_of(case) {
            self.own.entry(own).or_default().insert(case.id);
        }
        // Whether it has run out or not: time passes without a change, so readers check that.
        if case.claim.is_some() {
            self.claimed.insert(case.id);
        }
        self.count(case, true);
        let waiting = IndexedCase {
            searched: searched(case),
            case: case.clone(),
        };
        self.cases.insert(case.id, waiting);
    }

    /// Updates a member's standing.
    pub fn put_member(&mut self, record: &MemberRecord) {
        let standing = record.sanctions.iter();
        let standing: Vec<Sanction> = standing
            .filter(|sanction| sanction.revoked.is_none())
            .map(Sanction::without_words)
            .collect();
        if standing.is_empty() {
            self.sanctions.remove(&record.id);
        } else {
            self.sanctions.insert(record.id.clone(), standing);
        }
    }

    /// A member's standing at `now`.
    pub fn standing(&self, member: &MemberId, now: Timestamp) -> MemberStanding {
        let sanctions = self.sanctions.get(member);
        sanctions.map_or(MemberStanding::Good, |sanctions| gravest(sanctions, now))
    }

    /// How many cases wait.
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    /// Whether there are no cases.
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }

    /// When the one that waits longest was opened.
    pub fn oldest(&self) -> Option<Timestamp> {
        let first = self.all.by_age.first();
        first.map(|(_, at, _)| Timestamp::from_ms(*at))
    }

    /// The cases that `actor` holds at `now`.
    pub fn held_by(&self, actor: &Actor, now: Timestamp) -> Vec<CaseId> {
        self.live_claims(now)
            .filter(|case| case.claim.as_ref().is_some_and(|claim| claim.by == *actor))
            .map(|case| case.id)
            .collect()
    }

    /// One page; resolved cases are not in it.
    pub fn page(&self, filter: &QueueFilter, now: Timestamp) -> QueuePage {
        // `wants` would fold every case again; here the text is looked for in what was folded once.
        let text = filter.text.as_deref().map(folded);
        let filter = QueueFilter {
            text: None,
            ..filter.clone()
        };
        let says = |waiting: &IndexedCase| {
            text.as_ref()
                .is_none_or(|text| waiting.searched.contains(text.as_str()))
        };
        let wanted = |id: &CaseId| {
            let waiting = self.cases.get(id)?;
            (filter.wants(&waiting.case, now) && says(waiting)).then_some(&waiting.case)
        };
        let mut found = self.ordered(&filter);
        let mut wanted = std::iter::from_fn(|| found.find_map(|id| wanted(&id)));
        let cases: Vec<Case> = wanted.by_ref().take(filter.limit).cloned().collect();
        // A full page has a next one only if at least one more case is wanted.
        let more = cases.len() == filter.limit && wanted.next().is_some();
        let next = cases.last().filter(|_| more).map(|last| QueueCursor {
            sort: filter.sort,
            priority: last.priority(),
            at: last.opened_at,
            id: last.id,
            resolved: false,
        });
        QueuePage {
            cases,
            next,
            counts: None,
        }
    }

    /// Counts of all unresolved cases at `now`.
    pub fn counts_at(&self, now: Timestamp) -> QueueCounts {
        let mut counts = self.counts.clone();
        let claimed = self
            .live_claims(now)
            .filter(|case| case.state == CaseState::Open)
            .count() as u64;
        // The stored counts have claimed cases among the open ones, because claims run out without a change.
        if let Some(open) = counts.status.get_mut(&StatusFilter::Open) {
            *open = open.saturating_sub(claimed);
        }
        counts.status.insert(StatusFilter::Claimed, claimed);
        counts
    }

    fn live_claims(&self, now: Timestamp) -> impl Iterator<Item = &Case> {
        self.claimed
            .iter()
            .filter_map(|id| self.cases.get(id))
            .map(|waiting| &waiting.case)
            .filter(move |case| case.live_claim(now).is_some())
    }

    /// The ids behind the cursor, in order, among the fewest that any one filter names.
    fn ordered(&self, filter: &QueueFilter) -> Box<dyn Iterator<Item = CaseId> + '_> {
        let (sort, after) = (filter.sort, filter.after);
        match self.fewest(filter) {
            CandidateSet::Ordered(orders) => {
                let merged = Merged(
                    orders
                        .iter()
                        .map(|orders| orders.behind(sort, after).peekable())
                        .collect(),
                );
                Box::new(merged.map(move |place| id_at(sort, place)))
            }
            CandidateSet::Few(ids) => {
                let cut = after.map(|at| place(sort, at.priority, at.at, at.id));
                let known = ids.iter().filter_map(|id| self.cases.get(id));
                let mut places: Vec<OrderKey> = known
                    .map(|waiting| place_of(sort, &waiting.case))
                    .filter(|place| cut.is_none_or(|cut| *place > cut))
                    .collect();
                places.sort_unstable();
                Box::new(places.into_iter().map(move |place| id_at(sort, place)))
            }
        }
    }

    fn fewest(&self, filter: &QueueFilter) -> CandidateSet<'_> {
        let several = |shared: Vec<SharedTrait>| {
            let named = !shared.is_empty();
            let orders = shared
                .iter()
                // A value that no case has adds nothing. Where only such values are named, the set is empty.
                .filter_map(|one| self.shared.get(one))
                .collect();
            named.then_some(CandidateSet::Ordered(orders))
        };
        let one = |own: Option<CaseTrait>| {
            let ids = self.own.get(&own?).map(|ids| ids.iter().copied().collect());
            // Named, but no case has it: that is an empty set, not the lack of a filter.
            Some(CandidateSet::Few(ids.unwrap_or_default()))
        };
        let states = || {
            let of = |status: &StatusFilter| match status {
                StatusFilter::Open => Some(SharedTrait::Escalated(false)),
                StatusFilter::Escalated => Some(SharedTrait::Escalated(true)),
                StatusFilter::Claimed | StatusFilter::Resolved => None,
            };
            // One state that has no set of its own, and the whole list is `None`: states narrow nothing then.
            let named: Option<Vec<SharedTrait>> = filter.status.iter().map(of).collect();
            several(named.unwrap_or_default())
        };
        let only_claimed = !filter.status.is_empty()
            && filter
                .status
                .iter()
                .all(|status| *status == StatusFilter::Claimed);
        // `None` in the list asks for cases that nobody holds, and those are not among the claims.
        let held = !filter.assignee.is_empty() && filter.assignee.iter().all(Option::is_some);
        let claims = || CandidateSet::Few(self.claimed.iter().copied().collect());
        [
            several(
                filter
                    .code
                    .iter()
                    .map(|code| SharedTrait::Code(*code))
                    .collect(),
            ),
            several(
                filter
                    .rule
                    .iter()
                    .map(|rule| SharedTrait::Rule(*rule))
                    .collect(),
            ),
            several(
                filter
                    .surface
                    .iter()
                    .map(|surface| SharedTrait::Surface(*surface))
                    .collect(),
            ),
            several(
                filter
                    .source
                    .iter()
                    .map(|source| SharedTrait::Source(*source))
                    .collect(),
            ),
            states(),
            one(filter.member.clone().map(CaseTrait::Member)),
            one(filter.article.clone().map(CaseTrait::Article)),
            one(filter.group.map(CaseTrait::Group)),
            (only_claimed || held).then(claims),
        ]
        .into_iter()
        .flatten()
        .min_by_key(CandidateSet::len)
        .unwrap_or_else(|| CandidateSet::Ordered(vec![&self.all]))
    }

    fn remove(&mut self, id: CaseId) {
        let Some(IndexedCase { case, .. }) = self.cases.remove(&id) else {
            return;
        };
        self.all.remove(&case);
        for shared in shared_of(&case) {
            if let Some(orders) = self.shared.get_mut(&shared) {
                orders.remove(&case);
            }
        }
        for own in own_of(&case) {
            if let Some(ids) = self.own.get_mut(&own) {
                ids.remove(&id);
                if ids.is_empty() {
                    self.own.remove(&own);
                }
            }
        }
        self.claimed.remove(&id);
        self.count(&case, false);
    }

    fn count(&mut self, case: &Case, joins: bool) {
        let status = if case.state == CaseState::Escalated {
            StatusFilter::Escalated
        } else {
            StatusFilter::Open
        };
        tally(&mut self.counts.status, status, joins);
        tally(&mut self.counts.code, case.code, joins);
        tally(&mut self.counts.source, case.source, joins);
        if let Some(rule) = case.code.rule() {
            tally(&mut self.counts.rule, rule, joins);
        }
        if let Some(surface) = case.surface {
            tally(&mut self.counts.surface, surface, joins);
        }
    }
}

/// The case at a rank.
fn id_at(sort: Sort, (_, _, id): OrderKey) -> CaseId {
    let id = if sort == Sort::Newest { !id } else { id };
    CaseId(ulid::Ulid(id))
}

/// Merges several orders; a case in two of them appears once.
struct Merged<I: Iterator<Item = OrderKey>>(Vec<std::iter::Peekable<I>>);

impl<I: Iterator<Item = OrderKey>> Iterator for Merged<I> {
    type Item = OrderKey;

    fn next(&mut self) -> Option<OrderKey> {
        let first = self
            .0
            .iter_mut()
            .filter_map(|places| places.peek().copied())
            .min()?;
        // A case in several orders is first in each of them now: all step past it.
        for places in &mut self.0 {
            places.next_if_eq(&first);
        }
        Some(first)
    }
}

fn tally<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K, joins: bool) {
    let known = counts.remove(&key).unwrap_or_default();
    let count = if joins {
        known + 1
    } else {
        known.saturating_sub(1)
    };
    // what nobody waits for is not named, as after a start
    if count > 0 {
        counts.insert(key, count);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{
        id::CommentId,
        record::{
            CaseArticle, CaseMember, CaseReason, Claim, Excerpt, ReportTotals, Score, Subject,
            UserName,
        },
    };

    const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

    fn below(seed: &mut u64, end: u64) -> u64 {
        *seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 33) % end
    }

    fn amy() -> Actor {
        Actor::User(UserName::parse("amy").unwrap())
    }

    fn case(nth: u64, seed: &mut u64) -> Case {
        let codes = [
            ReasonCode::Insult,
            ReasonCode::Threat,
            ReasonCode::SelfHarm,
            ReasonCode::TagOffTopic,
        ];
        let surfaces = [Some(Surface::Body), Some(Surface::Tags), None];
        let pick = |seed: &mut u64, end: usize| usize::try_from(below(seed, end as u64)).unwrap();
        let surface = surfaces[pick(seed, 3)];
        let words = format!("第{}號文章的作者真是奇怪", below(seed, 9));
        let ground = CaseReason {
            code: codes[pick(seed, 4)],
            surface,
            severity: u8::try_from(below(seed, 5)).unwrap(),
            term: None,
            excerpt: Excerpt::around(Surface::Body, &words, None),
        };
        let at = NOW.plus_ms(i64::try_from(below(seed, 50)).unwrap());
        let subject = Subject::Comment(CommentId::parse(format!("c-{nth}")).unwrap());
        let mut case = Case::opened(
            CaseId(ulid::Ulid(u128::from(nth))),
            subject,
            ground,
            Source::Filter,
            at,
        );
        if below(seed, 3) == 0 {
            case.opened_by(Source::Report);
        }
        case.state = [CaseState::Open, CaseState::Open, CaseState::Escalated][pick(seed, 3)];
        case.score = Score::from_permille(u16::try_from(below(seed, 4)).unwrap());
        case.reported = ReportTotals {
            weight: u32::try_from(below(seed, 300)).unwrap(),
            ..ReportTotals::default()
        };
        let id = MemberId::parse(format!("m-{}", below(seed, 7))).unwrap();
        case.member = Some(CaseMember {
            id,
            nickname: Some("阿明".to_owned()),
        });
        let id = ArticleId::parse(format!("s-{}", below(seed, 3))).unwrap();
        case.article = (below(seed, 2) == 0).then_some(CaseArticle { id, title: None });
        let until = NOW.plus_ms(if below(seed, 2) == 0 { 1_000 } else { -1_000 });
        case.claim = (below(seed, 4) == 0).then(|| Claim { by: amy(), until });
        case
    }

    fn filter(seed: &mut u64) -> QueueFilter {
        let mut filter = QueueFilter {
            sort: [Sort::Priority, Sort::Oldest, Sort::Newest]
                [usize::try_from(below(seed, 3)).unwrap()],
            limit: 1 + usize::try_from(below(seed, 9)).unwrap(),
            ..QueueFilter::default()
        };
        let mut some = || below(seed, 4) == 0;
        if some() {
            filter.code = vec![ReasonCode::Insult, ReasonCode::Threat];
        }
        if some() {
            filter.rule = vec![Rule::Unlawful, Rule::Tag];
        }
        if some() {
            filter.surface = vec![Surface::Tags];
        }
        if some() {
            filter.source = vec![Source::Report, Source::Filter];
        }
        if some() {
            filter.member = MemberId::parse("m-3").ok();
        }
        if some() {
            filter.article = ArticleId::parse("s-1").ok();
        }
        if some() {
            filter.assignee = vec![Some(amy())];
        }
        if some() {
            filter.assignee.push(None);
        }
        if some() {
            filter.text = Some("第3號".to_owned());
        }
        if some() {
            filter.status = vec![StatusFilter::Open, StatusFilter::Claimed];
        }
        if some() {
            filter.status = vec![StatusFilter::Escalated];
        }
        filter.score_min = some().then(|| Score::from_permille(2));
        filter.waiting_minutes = some().then_some(0);
        filter.spares_gravest = some();
        filter
    }

    /// Every page of every filter, against a plain sort of all cases.
    #[test]
    fn pages_are_those_of_a_plain_sort() {
        let (mut seed, mut index, mut all) = (7, QueueIndex::default(), Vec::new());
        for nth in 0..400 {
            let case = case(nth, &mut seed);
            index.put(&case);
            all.push(case);
        }
        // some change, some go
        for nth in 0..200 {
            let again = case(nth * 2, &mut seed);
            index.put(&again);
            all[usize::try_from(nth * 2).unwrap()] = again;
        }
        for gone in all.split_off(350) {
            index.put(&Case {
                state: CaseState::Resolved(crate::record::Resolution::Approved),
                ..gone
            });
        }
        for _ in 0..500 {
            let mut filter = filter(&mut seed);
            let mut wanted: Vec<&Case> = all
                .iter()
                .filter(|case| {
                    QueueFilter {
                        text: filter.text.as_deref().map(folded),
                        ..filter.clone()
                    }
                    .wants(case, NOW)
                })
                .collect();
            wanted.sort_by_key(|case| place_of(filter.sort, case));
            let wanted: Vec<CaseId> = wanted.iter().map(|case| case.id).collect();
            let mut found = Vec::new();
            loop {
                let page = index.page(&filter, NOW);
                assert!(page.cases.len() <= filter.limit);
                found.extend(page.cases.iter().map(|case| case.id));
                match page.next {
                    Some(next) => filter.after = Some(next),
                    None => break,
                }
            }
            assert_eq!(found, wanted, "{filter:?}");
        }
    }
}
