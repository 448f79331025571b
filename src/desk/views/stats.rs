//! Statistics.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{record::Tally, time::Timestamp};

/// What the filter said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct VerdictsView {
    /// Published.
    pub allow: i64,
    /// Flagged.
    pub flag: i64,
    /// Removed.
    pub remove: i64,
}

/// What people ruled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[expect(missing_docs, reason = "each names the decision that it counts")]
pub struct RuledView {
    pub approve: i64,
    pub remove: i64,
    pub remove_tags: i64,
    pub escalate: i64,
}

/// How long cases waited for their ruling, within about a tenth.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WaitView {
    /// Half of them at most so long, in seconds; null where none was ruled.
    pub p50_seconds: Option<f64>,
    /// Nine in ten at most so long, in seconds.
    pub p90_seconds: Option<f64>,
}

/// One day, rule, code, moderator or term.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct StatsItem {
    /// Which; null for all together.
    pub key: Option<String>,
    /// Comments judged.
    pub received: i64,
    /// What the filter said of them, tags too.
    pub verdicts: VerdictsView,
    /// What people ruled.
    pub ruled: RuledView,
    /// Rulings taken back.
    pub undone: i64,
    /// Reports made.
    pub reports: i64,
    /// Appeals made.
    pub appeals: i64,
    /// Appeals that were right; of a moderator: against their rulings.
    pub overturned: i64,
    /// Appeals that changed nothing.
    pub appeals_upheld: i64,
    /// Second looks, and how many agreed; of a moderator: those they took and those at their rulings.
    pub second_looks: i64,
    /// Those that agreed.
    pub agreed: i64,
    /// The share of them that agreed, 0 to 1.
    pub agreement: Option<f64>,
    /// How long cases waited.
    pub time_to_ruling: WaitView,
    /// Of a term: comments in which it was met.
    pub hits: i64,
    /// Of a term: of these, how many were removed by people.
    pub upheld: i64,
    /// Of a term: how many were approved by people.
    pub dismissed: i64,
}

impl StatsItem {
    /// A sum, told.
    pub fn of(key: Option<String>, tally: &Tally) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "counts of second looks")]
        let agreement = (tally.looked_at > 0).then(|| tally.agreed as f64 / tally.looked_at as f64);
        Self {
            key,
            received: tally.received,
            verdicts: VerdictsView {
                allow: tally.allowed,
                flag: tally.flagged,
                remove: tally.removed,
            },
            ruled: RuledView {
                approve: tally.ruled_approve,
                remove: tally.ruled_remove,
                remove_tags: tally.ruled_remove_tags,
                escalate: tally.escalated,
            },
            undone: tally.undone,
            reports: tally.reports,
            appeals: tally.appeals,
            overturned: tally.overturned,
            appeals_upheld: tally.appeals_upheld,
            second_looks: tally.looked_at,
            agreed: tally.agreed,
            agreement,
            time_to_ruling: WaitView {
                p50_seconds: tally.wait_s(0.5),
                p90_seconds: tally.wait_s(0.9),
            },
            hits: tally.hits,
            upheld: tally.upheld,
            dismissed: tally.dismissed,
        }
    }

    /// The columns of the file, in order.
    pub const COLUMNS: [&'static str; 21] = [
        "key",
        "received",
        "allow",
        "flag",
        "remove",
        "ruled_approve",
        "ruled_remove",
        "ruled_remove_tags",
        "ruled_escalate",
        "undone",
        "reports",
        "appeals",
        "overturned",
        "appeals_upheld",
        "second_looks",
        "agreed",
        "p50_seconds",
        "p90_seconds",
        "hits",
        "upheld",
        "dismissed",
    ];

    /// The row of the file.
    pub fn row(&self) -> Vec<String> {
        let wait = |seconds: Option<f64>| seconds.map(|s| s.to_string()).unwrap_or_default();
        let counts = [
            self.received,
            self.verdicts.allow,
            self.verdicts.flag,
            self.verdicts.remove,
            self.ruled.approve,
            self.ruled.remove,
            self.ruled.remove_tags,
            self.ruled.escalate,
            self.undone,
            self.reports,
            self.appeals,
            self.overturned,
            self.appeals_upheld,
            self.second_looks,
            self.agreed,
        ];
        std::iter::once(self.key.clone().unwrap_or_default())
            .chain(counts.iter().map(i64::to_string))
            .chain([
                wait(self.time_to_ruling.p50_seconds),
                wait(self.time_to_ruling.p90_seconds),
            ])
            .chain(
                [self.hits, self.upheld, self.dismissed]
                    .iter()
                    .map(i64::to_string),
            )
            .collect()
    }
}

/// What waits now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BacklogView {
    /// How many cases wait for a person.
    pub waiting: u64,
    /// When the oldest of them was opened.
    #[schema(value_type = Option<String>)]
    pub oldest_at: Option<Timestamp>,
    /// How long that is ago, in seconds.
    pub oldest_age_seconds: Option<i64>,
}

/// Statistics over some days.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct StatsView {
    /// The first day, as the board counts days.
    pub from: String,
    /// The last day.
    pub to: String,
    /// What the items are.
    pub by: &'static str,
    /// On which day comments count: `received` or `posted`.
    pub day_of: &'static str,
    /// One for each day, rule, code, moderator or term that was met.
    pub items: Vec<StatsItem>,
    /// All together.
    pub total: StatsItem,
    /// What waits now.
    pub backlog: BacklogView,
}
