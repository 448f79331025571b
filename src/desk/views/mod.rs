//! Read models that the JSON API and the console both render. Field names are those of the HTTP contract, and the comments
//! on fields are its descriptions in the OpenAPI document.

mod access;
mod action;
mod case;
mod comment;
mod event;
mod history;
mod hit;
mod member;
mod model;
mod moderation;
mod preview;
mod privacy;
mod rejudge;
mod reply;
mod report;
mod rulebook;
mod ruling;
mod settings;
mod stats;
mod thread;
mod webhook;
mod word;

pub use access::{
    KeyView, NewKeyView, NewTokenView, NewUserView, SessionView, SignInView, TokenView, UserView,
    WhoView,
};
pub use action::{ActionView, CaseAction, NoticePreviewView, Refusal, RefusalView};
pub use case::{
    ArticleRef, ArticleText, AuditList, AuditSubjectView, AuditView, CaseView, ClaimView,
    CountsView, ExcerptView, FormView, MemberRef, ParentView, PriorityView, QueueItem, QueueView,
    RecentView, RulingAnswer, SubjectView,
};
pub use comment::{ArticleView, CommentList, CommentView, HoldView, RejudgementView, RevisionView};
pub use event::{EventData, EventList, EventView};
pub use history::HistoryView;
pub use hit::{HitView, PieceView};
pub use member::{
    LiftedView, MemberView, NicknameView, ProposalReasonView, ProposalView, SanctionChoice,
    SanctionView, StrikeView,
};
pub use model::{ExamplesView, LossView, ModelVersionView, ModelView};
pub use moderation::{
    CandidateView, DroppedView, FoldedView, ModerationView, NoticeView, PlaceView, ReasonView,
    ScoreView, SurfaceView, SurfacesView, TagView, TryView, WeighedFeatureView, WeighedSpanView,
    occasions,
};
pub use preview::{PreviewHitsView, PreviewRuledView, PreviewSampleView, PreviewView};
pub use privacy::{
    ErasedCounts, ErasedView, ErasureView, KeptView, MemberCaseView, ReceivedReportView,
    SpellingView,
};
pub use rejudge::{RejudgeCountsView, RejudgePreviewView, RejudgeSampleView, RejudgeView};
pub use reply::{ReplyView, SentReplyView};
pub use report::{AppealView, DismissedView, NoteView, ReportView, ReportedView, ReporterView};
pub use rulebook::{CodeNames, CodeView, FaultView, FileView, RulebookView};
pub use ruling::{RulingView, UndoneView};
pub use settings::{SettingsView, TodayView};
pub use stats::{BacklogView, RuledView, StatsItem, StatsView, VerdictsView, WaitView};
pub use thread::{CarriedView, SiblingView};
pub use webhook::{DeliveryView, NewWebhookView, WebhookLag, WebhookView};
pub use word::{
    ExampleView, ExceptionView, SuggestionView, TermView, WordFacts, WordStepView, WordView,
};
