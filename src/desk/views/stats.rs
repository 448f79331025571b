//! Statistics.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{record::Tally, time::Timestamp};

/// The filter's verdicts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct VerdictsView {
    /// Published.
    pub allow: i64,
    /// Flagged.
    pub flag: i64,
    /// Removed.
    pub remove: i64,
}

/// Moderators' rulings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[expect(missing_docs, reason = "each names the decision that it counts")]
pub struct RuledView {
    pub approve: i64,
    pub remove: i64,
    pub remove_tags: i64,
    pub escalate: i64,
}

/// How long cases waited for a ruling, to within about ten percent.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WaitView {
    /// The median in seconds; null if there were no rulings.
    pub p50_seconds: Option<f64>,
    /// The 90th percentile in seconds.
    pub p90_seconds: Option<f64>,
}

/// The counts of one day, rule, code, moderator or term.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct StatsItem {
    /// Which one; null for the total.
    pub key: Option<String>,
    /// Its day, where each day is counted for itself; absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub day: Option<String>,
    /// Comments judged.
    pub received: i64,
    /// The filter's verdicts on them and their tags.
    pub verdicts: VerdictsView,
    /// Moderators' rulings.
    pub ruled: RuledView,
    /// Rulings undone.
    pub undone: i64,
    /// Reports filed.
    pub reports: i64,
    /// Appeals filed.
    pub appeals: i64,
    /// Appeals that overturned the decision; for a moderator: decisions of theirs.
    pub overturned: i64,
    /// Appeals that left the decision as it was.
    pub appeals_upheld: i64,
    /// QA reviews; for a moderator: those they made and those of their rulings.
    pub second_looks: i64,
    /// QA reviews that agreed with the first decision.
    pub agreed: i64,
    /// The share that agreed, 0 to 1.
    pub agreement: Option<f64>,
    /// How long cases waited.
    pub time_to_ruling: WaitView,
    /// For a term or a written form: comments in which it matched.
    pub hits: i64,
    /// For a term or a written form: how many of those moderators removed.
    pub upheld: i64,
    /// For a term or a written form: how many of those moderators approved.
    pub dismissed: i64,
}

impl StatsItem {
    /// A tally in the form of the API.
    pub fn of(key: Option<String>, tally: &Tally) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "counts of QA reviews")]
        let agreement =
            (tally.qa_reviews > 0).then(|| tally.qa_agreed as f64 / tally.qa_reviews as f64);
        Self {
            key,
            day: None,
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
            second_looks: tally.qa_reviews,
            agreed: tally.qa_agreed,
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

    /// The columns of the CSV, in order.
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

    /// The row of the CSV.
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

/// The cases that wait now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BacklogView {
    /// How many cases wait for a moderator.
    pub waiting: u64,
    /// When the oldest of them was opened.
    #[schema(value_type = Option<String>)]
    pub oldest_at: Option<Timestamp>,
    /// The age of that case in seconds.
    pub oldest_age_seconds: Option<i64>,
}

/// Statistics over a range of days.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct StatsView {
    /// The first day, in the board's time zone.
    pub from: String,
    /// The last day.
    pub to: String,
    /// What the items are grouped by.
    pub by: &'static str,
    /// On which day comments count: `received` or `posted`.
    pub day_of: &'static str,
    /// One item for each day, rule, code, moderator or term that occurred.
    pub items: Vec<StatsItem>,
    /// The sum over all days.
    pub total: StatsItem,
    /// The cases that wait now.
    pub backlog: BacklogView,
}
