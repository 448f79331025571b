//! The use cases: everything the rest of the program can do with Banzhu.
//!
//! Each reads records, calls the pure core, commits, and answers with a view. Nothing here knows HTTP or the storage engine.
//! If a record has changed since it was read, the use case starts over, three times at most.
//!
//! | layer | what it is |
//! | --- | --- |
//! | `error`, `settings`, `fields`, `query`, `page` … | checks and values |
//! | [`views`] | what is shown |
//! | `state` | what one node keeps in memory |
//! | `base` | the store, the clock, the rulebook and the settings, which every use case works with |
//! | `present` | reading, and building views |
//! | the fields of [`Desk`] | the use cases, by what they serve |

mod account_change;
mod account_drafts;
mod accounts;
mod appeals;
mod audit;
mod background;
mod base;
mod claims;
mod comment_index;
mod comments;
mod credentials;
mod erasure;
mod error;
mod fence;
mod fields;
mod figures;
mod findings;
mod idempotency;
mod identities;
mod learning;
mod leases;
mod live;
mod lookup;
mod members;
mod models;
mod off_workers;
mod open_case;
mod operations;
mod outbox;
mod page;
mod password;
mod personal;
mod present;
mod preview;
mod privacy;
mod qa;
mod query;
mod queue;
mod rejudge;
mod rejudging;
mod replies;
mod reports;
mod retried;
mod rulebook;
mod rulings;
mod sanction_draft;
mod search;
mod search_walk;
mod secret;
mod settings;
mod sign_ins;
mod state;
mod suggestions;
mod try_text;
pub mod views;
mod warm_up;
mod webhooks;
mod word_drafts;
mod word_list;
mod words;

pub use crate::{
    review::Retention,
    store::{CopyFailure, CopyProgress, Health, OnProgress, StoreStats},
};
pub use account_drafts::{ChangeUser, NewKey, NewToken, NewUser};
pub use accounts::{Accounts, InitialAccess};
pub use appeals::{AppealDraft, Appeals};
pub use audit::AuditQuery;
pub use background::BackgroundWork;
pub use base::{InForce, LoadedRulebook};
pub use comment_index::CommentIndex;
pub use comments::Comments;
pub use credentials::Identity;
pub use error::DeskError;
pub use figures::{Figures, StatsQuery};
pub use idempotency::{Completion, CompletionCodes, IdempotencyRequest, Idempotent, Posted};
pub use identities::Identities;
pub use live::Live;
pub use members::{Members, NicknameDraft};
pub use models::{FittedModel, ModelFigures, Models, RollbackDraft};
pub use open_case::CaseDraft;
pub use operations::{ClockAccepted, Operations};
pub use outbox::Outbox;
pub use page::{List, PageQuery};
pub use personal::{Personal, SettingsDraft};
pub use present::MemberData;
pub use preview::{PreviewDraft, ProposedChange};
pub use privacy::Privacy;
pub use query::PAGE_MAX;
pub use queue::{Queue, QueueQuery};
pub use rejudging::Rejudging;
pub use replies::{Replies, ReplyDraft};
pub use reports::{ReportDraft, Reports};
pub use rulebook::counts;
pub use rulings::{RulingDraft, Rulings};
pub use sanction_draft::{ExpectDraft, SanctionDraft};
pub use search::CommentQuery;
pub use settings::{DeskSettings, EgressPolicy, ExampleSource, LearningSettings, PasswordCost};
pub use sign_ins::{SignIns, SignedIn};
pub use state::{
    FeedMessage, LiveEvent, RefusalEvent, RefusalKind, ReloadState, Subscription,
    TARGET as SECURITY_TARGET,
};
pub use suggestions::SuggestionDraft;
pub use try_text::{TryDraft, try_with};
pub use webhooks::WebhookDraft;
pub use word_drafts::WordDraft;
pub use word_list::WordQuery;
pub use words::Words;

use std::sync::{Arc, atomic::AtomicU64};

use tokio::sync::OnceCell;

use crate::{member::FloodWatch, store::Store, time::Clock};
use base::Base;
use state::{
    GravestRuns, HandOuts, LastReload, LastUses, LiveFeed, PurgedUpTo, SecurityLog, SignInLink,
    Throttle,
};

/// The use cases over one store. One per process, shared by reference.
#[expect(missing_docs, reason = "each type says it")]
pub struct Desk {
    pub comments: Arc<Comments>,
    pub queue: Queue,
    pub rulings: Rulings,
    pub reports: Reports,
    pub appeals: Appeals,
    pub members: Members,
    pub privacy: Privacy,
    pub accounts: Accounts,
    pub identities: Arc<Identities>,
    pub sign_ins: SignIns,
    pub personal: Personal,
    pub replies: Replies,
    pub rejudging: Rejudging,
    pub outbox: Outbox,
    pub background: BackgroundWork,
    pub live: Live,
    pub figures: Figures,
    pub models: Models,
    pub words: Words,
    pub index: CommentIndex,
    pub operations: Operations,
}

impl Desk {
    /// A desk over a store, with its first rulebook.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        rulebook: LoadedRulebook,
        settings: DeskSettings,
    ) -> Self {
        let last_reload = LastReload::good_at(rulebook.loaded_at);
        let base = Arc::new(Base::new(store, clock, rulebook, settings));
        let base = || Arc::clone(&base);
        let last_uses = Arc::new(LastUses::default());
        let runs = Arc::new(GravestRuns::default());
        let comments = Arc::new(Comments {
            base: base(),
            floods: FloodWatch::default(),
            followed: AtomicU64::new(0),
        });
        let identities = Arc::new(Identities {
            base: base(),
            last_uses: Arc::clone(&last_uses),
            security: SecurityLog::default(),
        });
        Self {
            comments: Arc::clone(&comments),
            queue: Queue {
                base: base(),
                handed_out: HandOuts::default(),
                runs: Arc::clone(&runs),
            },
            rulings: Rulings { base: base() },
            reports: Reports {
                base: base(),
                comments,
            },
            appeals: Appeals { base: base() },
            members: Members { base: base() },
            privacy: Privacy {
                base: base(),
                purged_up_to: PurgedUpTo::default(),
            },
            accounts: Accounts {
                base: base(),
                last_uses,
            },
            identities: Arc::clone(&identities),
            sign_ins: SignIns {
                base: base(),
                identities,
                throttle: Throttle::default(),
                link: SignInLink::default(),
                known_addresses: OnceCell::new(),
            },
            personal: Personal { base: base(), runs },
            replies: Replies { base: base() },
            rejudging: Rejudging { base: base() },
            outbox: Outbox { base: base() },
            background: BackgroundWork { base: base() },
            live: Live {
                base: base(),
                feed: LiveFeed::default(),
            },
            figures: Figures { base: base() },
            models: Models { base: base() },
            words: Words { base: base() },
            index: CommentIndex { base: base() },
            operations: Operations {
                base: base(),
                last_reload,
            },
        }
    }

    /// Closes the store. Everything accepted is on disk when it returns.
    pub async fn close(&self) {
        self.identities.flush_last_uses().await;
        self.identities.flush_security_at(true).await;
        self.operations.base.store.close().await;
    }
}
