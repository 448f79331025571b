//! What an audit entry says was done.
//!
//! The API shows an action by two strings, `action` and `why`; they never change, since whoever reads the audit filters by
//! them and the first scheme of the hash chain covers them. [`AuditAction::name`] and [`AuditAction::why`] write them, and
//! [`AuditAction::read`] is the frozen table that reads those of stored entries.

use super::{code::ReasonCode, model::KeptBack, rejudgement::RejudgeCause};
use crate::{
    id::{AppealId, MemberId, NoteId, ReportId, ReporterId, RulingId, SanctionId},
    member::SanctionKind,
};

/// Declares [`AuditAction`]: the actions without particulars come with their names, the others follow.
macro_rules! actions {
    ($($plain:ident => $name:literal,)+ ; $($others:tt)+) => {
        /// What was done. An action that needs no particulars has no `why`.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each says by its name what was done")]
        pub enum AuditAction {
            $($plain,)+
            $($others)+
        }

        /// The actions without particulars, by their names.
        const PLAIN: &[(&str, AuditAction)] = &[$(($name, AuditAction::$plain),)+];
    };
}

actions! {
    ArticleStored => "article.stored",
    CaseClaimed => "case.claimed",
    CaseEscalated => "case.escalated",
    CaseReleased => "case.released",
    CaseSkipped => "case.skipped",
    CaseTakenOver => "case.taken-over",
    CaseWithdrawn => "case.withdrawn",
    ClockAccepted => "clock.accepted",
    CommentHeld => "comment.held",
    CommentReleased => "comment.let-go",
    CommentWithdrawn => "comment.withdrawn",
    CommentsAllowed => "comments.allowed",
    DatabaseBackedUp => "database.backed-up",
    DatabaseCompacted => "database.compacted",
    ErasureFinished => "erasure.finished",
    KeyCreated => "key.created",
    KeyRevoked => "key.revoked",
    MemberErased => "member.erased",
    ModelTaken => "model.taken",
    ModelRolledBack => "model.rolled-back",
    ModelReleased => "model.released",
    PasswordChanged => "user.password-changed",
    RejudgeBegun => "comments.rejudge-begun",
    RejudgeEnded => "comments.rejudge-ended",
    ReplyChanged => "reply.changed",
    ReplyCreated => "reply.created",
    ReplyRemoved => "reply.removed",
    ReporterDismissed => "reporter.dismissed",
    ReporterMuted => "reporter.muted",
    ReporterUnmuted => "reporter.unmuted",
    RulebookAccepted => "rulebook.accepted",
    RulebookLoaded => "rulebook.loaded",
    SessionBegan => "session.began",
    SessionEnded => "session.ended",
    SessionsEnded => "session.ended-everywhere",
    SettingsChanged => "user.settings-changed",
    StoreConverted => "store.converted",
    TokenCreated => "token.created",
    TokenRevoked => "token.revoked",
    UserChanged => "user.changed",
    UserCreated => "user.created",
    UserDeleted => "user.deleted",
    WebhookChanged => "webhook.changed",
    WebhookCreated => "webhook.created",
    WebhookRemoved => "webhook.removed",
    WebhookReplayed => "webhook.replayed",
    ;
    AppealMade { appeal: AppealId, member: MemberId },
    CaseNoted(NoteId),
    CaseOpened(CaseCause),
    CaseReopened(CaseCause),
    /// A resolved case is opened again for QA.
    CaseSampled,
    /// A first judgement; the codes of the reasons that count.
    CommentJudged(Vec<ReasonCode>),
    CommentEdited(Vec<ReasonCode>),
    /// A comment that came along with a report.
    CommentCameAlong(Vec<ReasonCode>),
    /// A later decision: `decision` is the first half of its SHA-256, in hexadecimal digits.
    CommentRejudged { cause: RejudgeCause, decision: String },
    CommentsPurged(PurgeCause),
    /// A model was fitted and the one before stays in force.
    ModelKept(KeptBack),
    ReportMade { report: ReportId, reporter: ReporterId },
    RulingMade { ruling: RulingId, code: Option<ReasonCode> },
    RulingUndone(RulingId),
    SanctionImposed(SanctionSummary),
    SanctionRevoked(SanctionSummary),
    /// What the sanction had blocked is restored, although it had ended before.
    SanctionRestored(SanctionSummary),
    /// Sign-ins that failed, as the security log sums them up.
    SignInRefused(String),
    /// A word of the board's own: what it is, and its id.
    WordAdded(String),
    WordChanged(String),
    WordRetired(String),
    /// The board's own words are those of an earlier version.
    WordsRolledBack(String),
    /// Two strings that the table does not know.
    Unknown { action: String, why: Option<String> },
}

/// What brought a case before a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseCause {
    /// A reason of the filter, of a reader, or of a moderator.
    Code(ReasonCode),
    /// An appeal.
    Appeal,
    /// QA drew it.
    Sample,
    /// The comment was edited.
    Edit,
    /// The comment was judged again.
    Rejudged,
}

impl CaseCause {
    const fn name(self) -> &'static str {
        match self {
            Self::Code(code) => code.name(),
            Self::Appeal => "appeal",
            Self::Sample => "sample",
            Self::Edit => "edit",
            Self::Rejudged => "judged again",
        }
    }

    fn read(why: &str) -> Option<Self> {
        let others = [Self::Appeal, Self::Sample, Self::Edit, Self::Rejudged];
        let other = others.into_iter().find(|cause| cause.name() == why);
        other.or_else(|| ReasonCode::parse(why).map(Self::Code))
    }
}

/// Why texts were removed from the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PurgeCause {
    /// They had reached the end of their retention.
    Retention,
    /// Their author asked for it.
    Erasure,
}

impl PurgeCause {
    const fn name(self) -> &'static str {
        match self {
            Self::Retention => "retention",
            Self::Erasure => "erasure",
        }
    }

    fn read(why: &str) -> Option<Self> {
        [Self::Retention, Self::Erasure]
            .into_iter()
            .find(|cause| cause.name() == why)
    }
}

/// Which sanction an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in `Sanction`")]
pub struct SanctionSummary {
    pub id: SanctionId,
    pub kind: SanctionKind,
    pub days: Option<u32>,
}

impl SanctionSummary {
    /// The kind and, where it ends by itself, the days: `suspend 7`.
    pub fn measure(&self) -> String {
        match self.days {
            Some(days) => format!("{} {days}", self.kind.name()),
            None => self.kind.name().to_owned(),
        }
    }

    fn why(&self) -> String {
        format!("sanction {}: {}", self.id, self.measure())
    }

    fn read(why: &str) -> Option<Self> {
        let (id, measure) = why.strip_prefix("sanction ")?.split_once(": ")?;
        let (kind, days) = match measure.split_once(' ') {
            Some((kind, days)) => (kind, Some(days.parse().ok()?)),
            None => (measure, None),
        };
        Some(Self {
            id: SanctionId::parse(id)?,
            kind: SanctionKind::parse(kind)?,
            days,
        })
    }
}

impl AuditAction {
    /// The name that the API shows and filters by.
    pub fn name(&self) -> &str {
        match self {
            Self::AppealMade { .. } => "appeal.made",
            Self::CaseNoted(_) => "case.noted",
            Self::CaseOpened(_) => "case.opened",
            Self::CaseReopened(_) => "case.reopened",
            Self::CaseSampled => "case.sampled",
            Self::CommentJudged(_) => "comment.judged",
            Self::CommentEdited(_) => "comment.edited",
            Self::CommentCameAlong(_) => "comment.came-along",
            Self::CommentRejudged { .. } => "comment.rejudged",
            Self::CommentsPurged(_) => "comments.purged",
            Self::ModelKept(_) => "model.kept",
            Self::ReportMade { .. } => "report.made",
            Self::RulingMade { .. } => "ruling.made",
            Self::RulingUndone(_) => "ruling.undone",
            Self::SanctionImposed(_) => "sanction.laid",
            Self::SanctionRevoked(_) => "sanction.lifted",
            Self::SanctionRestored(_) => "sanction.restored",
            Self::SignInRefused(_) => "session.refused",
            Self::WordAdded(_) => "word.added",
            Self::WordChanged(_) => "word.changed",
            Self::WordRetired(_) => "word.retired",
            Self::WordsRolledBack(_) => "words.rolled-back",
            Self::Unknown { action, .. } => action,
            plain => PLAIN
                .iter()
                .find(|(_, action)| action == plain)
                .map_or("", |(name, _)| name),
        }
    }

    /// The ids and codes that the API shows as the reason.
    pub fn why(&self) -> Option<String> {
        match self {
            Self::AppealMade { appeal, member } => Some(format!("appeal {appeal} by {member}")),
            Self::CaseNoted(note) => Some(format!("note {note}")),
            Self::CaseOpened(cause) | Self::CaseReopened(cause) => Some(cause.name().to_owned()),
            Self::CaseSampled => Some("sample".to_owned()),
            Self::CommentJudged(codes)
            | Self::CommentEdited(codes)
            | Self::CommentCameAlong(codes) => {
                let names: Vec<&str> = codes.iter().map(|code| code.name()).collect();
                (!names.is_empty()).then(|| names.join(","))
            }
            Self::CommentRejudged { cause, decision } => {
                Some(format!("{}; decision {decision}", cause.summary()))
            }
            Self::CommentsPurged(cause) => Some(cause.name().to_owned()),
            Self::ModelKept(why) => Some(why.name().to_owned()),
            Self::ReportMade { report, reporter } => Some(format!("report {report} by {reporter}")),
            Self::RulingMade { ruling, code: None } | Self::RulingUndone(ruling) => {
                Some(format!("ruling {ruling}"))
            }
            Self::RulingMade {
                ruling,
                code: Some(code),
            } => Some(format!("ruling {ruling}; {}", code.name())),
            Self::SanctionImposed(sanction)
            | Self::SanctionRevoked(sanction)
            | Self::SanctionRestored(sanction) => Some(sanction.why()),
            Self::SignInRefused(what)
            | Self::WordAdded(what)
            | Self::WordChanged(what)
            | Self::WordRetired(what)
            | Self::WordsRolledBack(what) => Some(what.clone()),
            Self::Unknown { why, .. } => why.clone(),
            _ => None,
        }
    }

    /// The action that these two strings were written for. What does not come out as it went in is [`AuditAction::Unknown`],
    /// so what is shown of an old entry cannot change.
    pub fn read(action: &str, why: Option<&str>) -> Self {
        let plain = || PLAIN.iter().find(|(name, _)| *name == action);
        let known = match why {
            Some(why) => Self::with_particulars(action, why),
            None => Self::without_codes(action).or_else(|| plain().map(|(_, plain)| plain.clone())),
        };
        known
            .filter(|known| known.name() == action && known.why().as_deref() == why)
            .unwrap_or_else(|| Self::Unknown {
                action: action.to_owned(),
                why: why.map(str::to_owned),
            })
    }

    /// Judgements have no `why` where nothing counts against the comment.
    fn without_codes(action: &str) -> Option<Self> {
        match action {
            "comment.judged" => Some(Self::CommentJudged(Vec::new())),
            "comment.edited" => Some(Self::CommentEdited(Vec::new())),
            "comment.came-along" => Some(Self::CommentCameAlong(Vec::new())),
            _ => None,
        }
    }

    fn with_particulars(action: &str, why: &str) -> Option<Self> {
        let codes = || {
            why.split(',')
                .map(ReasonCode::parse)
                .collect::<Option<Vec<_>>>()
        };
        Some(match action {
            "appeal.made" => {
                let (appeal, member) = why.strip_prefix("appeal ")?.split_once(" by ")?;
                Self::AppealMade {
                    appeal: AppealId::parse(appeal)?,
                    member: MemberId::parse(member).ok()?,
                }
            }
            "case.noted" => Self::CaseNoted(NoteId::parse(why.strip_prefix("note ")?)?),
            "case.opened" => Self::CaseOpened(CaseCause::read(why)?),
            "case.reopened" => Self::CaseReopened(CaseCause::read(why)?),
            "case.sampled" => Self::CaseSampled,
            "comment.judged" => Self::CommentJudged(codes()?),
            "comment.edited" => Self::CommentEdited(codes()?),
            "comment.came-along" => Self::CommentCameAlong(codes()?),
            "comment.rejudged" => {
                let (cause, decision) = why.split_once("; decision ")?;
                Self::CommentRejudged {
                    cause: RejudgeCause::read(cause)?,
                    decision: decision.to_owned(),
                }
            }
            "comments.purged" => Self::CommentsPurged(PurgeCause::read(why)?),
            "model.kept" => Self::ModelKept(KeptBack::read(why)?),
            "report.made" => {
                let (report, reporter) = why.strip_prefix("report ")?.split_once(" by ")?;
                Self::ReportMade {
                    report: ReportId::parse(report)?,
                    reporter: ReporterId::parse(reporter).ok()?,
                }
            }
            "ruling.made" => {
                let ruling = why.strip_prefix("ruling ")?;
                let (ruling, code) = match ruling.split_once("; ") {
                    Some((ruling, code)) => (ruling, Some(ReasonCode::parse(code)?)),
                    None => (ruling, None),
                };
                Self::RulingMade {
                    ruling: RulingId::parse(ruling)?,
                    code,
                }
            }
            "ruling.undone" => Self::RulingUndone(RulingId::parse(why.strip_prefix("ruling ")?)?),
            "sanction.laid" => Self::SanctionImposed(SanctionSummary::read(why)?),
            "sanction.lifted" => Self::SanctionRevoked(SanctionSummary::read(why)?),
            "sanction.restored" => Self::SanctionRestored(SanctionSummary::read(why)?),
            "session.refused" => Self::SignInRefused(why.to_owned()),
            "word.added" => Self::WordAdded(why.to_owned()),
            "word.changed" => Self::WordChanged(why.to_owned()),
            "word.retired" => Self::WordRetired(why.to_owned()),
            "words.rolled-back" => Self::WordsRolledBack(why.to_owned()),
            _ => return None,
        })
    }

    /// The ruling that the entry would give away to a reviewer who must not know it.
    pub const fn named_ruling(&self) -> Option<RulingId> {
        match self {
            Self::RulingMade { ruling, .. }
            | Self::RulingUndone(ruling)
            | Self::CommentRejudged {
                cause: RejudgeCause::Overturned(ruling),
                ..
            } => Some(*ruling),
            _ => None,
        }
    }

    /// Whether another rulebook decides from here on.
    pub const fn changes_rulebook(&self) -> bool {
        matches!(
            self,
            Self::RulebookLoaded
                | Self::RulebookAccepted
                | Self::WordAdded(_)
                | Self::WordChanged(_)
                | Self::WordRetired(_)
                | Self::WordsRolledBack(_)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01KBA8Z5YHX8F7V0Q2M3N4P5R6";

    /// One `why` of each action that has particulars, as the first scheme wrote it.
    fn with_particulars() -> Vec<(&'static str, String)> {
        vec![
            ("appeal.made", format!("appeal {ID} by m 1 by x")),
            ("case.noted", format!("note {ID}")),
            ("case.opened", "insult".to_owned()),
            ("case.opened", "appeal".to_owned()),
            ("case.opened", "sample".to_owned()),
            ("case.reopened", "edit".to_owned()),
            ("case.reopened", "judged again".to_owned()),
            ("case.sampled", "sample".to_owned()),
            ("comment.judged", "insult,threat".to_owned()),
            ("comment.edited", "insult".to_owned()),
            ("comment.came-along", "insult".to_owned()),
            (
                "comment.rejudged",
                format!("undo of ruling {ID}; decision 00ff"),
            ),
            ("comment.rejudged", format!("ruling {ID}; decision 00ff")),
            (
                "comment.rejudged",
                format!("sanction {ID} lifted; decision 00ff"),
            ),
            ("comment.rejudged", format!("rejudge {ID}; decision 00ff")),
            ("comments.purged", "retention".to_owned()),
            ("comments.purged", "erasure".to_owned()),
            ("report.made", format!("report {ID} by r-1")),
            ("ruling.made", format!("ruling {ID}")),
            ("ruling.made", format!("ruling {ID}; insult")),
            ("ruling.undone", format!("ruling {ID}")),
            ("sanction.laid", format!("sanction {ID}: suspend 7")),
            ("sanction.lifted", format!("sanction {ID}: terminate")),
            ("sanction.restored", format!("sanction {ID}: watch 30")),
            ("session.refused", "20 failed from 10.0.0.0, …".to_owned()),
        ]
    }

    #[test]
    fn every_action_is_shown_as_it_was_stored() {
        let plain = PLAIN.iter().map(|(name, _)| (*name, None));
        let particular = with_particulars();
        let particular = particular.iter().map(|(name, why)| (*name, Some(&**why)));
        let judged = ["comment.judged", "comment.edited", "comment.came-along"];
        for (name, why) in plain
            .chain(particular)
            .chain(judged.map(|name| (name, None)))
        {
            let action = AuditAction::read(name, why);
            let is_known = !matches!(action, AuditAction::Unknown { .. });
            assert!(is_known, "{name} {why:?}");
            assert_eq!((action.name(), action.why().as_deref()), (name, why));
        }
    }

    #[test]
    fn what_nobody_knows_is_shown_as_it_is() {
        let strange = [
            ("comment.praised", None),
            ("user.created", Some("because")),
            ("ruling.made", Some("ruling 1")),
            ("ruling.made", None),
            ("comment.judged", Some("")),
            (
                "sanction.laid",
                Some("sanction 01KBA8Z5YHX8F7V0Q2M3N4P5R6: suspend 07"),
            ),
        ];
        for (name, why) in strange {
            let action = AuditAction::read(name, why);
            assert!(
                matches!(action, AuditAction::Unknown { .. }),
                "{name} {why:?}"
            );
            assert_eq!((action.name(), action.why().as_deref()), (name, why));
        }
    }
}
