//! What can be decided: the actions with their keys, and the forms behind them.

use super::texts::CaseTexts;
use crate::{
    desk::views::{
        ActionView, CaseAction, CaseView, NoticePreviewView, ProposalView, ReplyView,
        SanctionChoice,
    },
    http::{
        console::{
            ages,
            form::Fields,
            marks::{self, Piece},
            names,
            visit::Visit,
        },
        problem::Language,
    },
    member::SanctionKind,
    record::{ReasonCode, RulingDecision},
};

/// An action: whether it can be taken, and why not.
pub struct Act {
    pub is_allowed: bool,
    pub refusal: Option<String>,
    pub needs: Vec<&'static str>,
}

/// The actions of a case's page.
pub struct Acts {
    pub claim: Act,
    pub take_over: Act,
    pub release: Act,
    pub skip: Act,
    pub note: Act,
    pub approve: Act,
    pub remove: Act,
    pub remove_tags: Act,
    pub escalate: Act,
    pub sanction: Act,
}

impl Acts {
    /// What the visitor may do.
    pub fn of(case: &CaseView, language: Language) -> Self {
        let act = |action| Act::of(&case.actions, action, language);
        Self {
            claim: act(CaseAction::Claim),
            take_over: act(CaseAction::TakeOver),
            release: act(CaseAction::Release),
            skip: act(CaseAction::Skip),
            note: act(CaseAction::Note),
            approve: act(CaseAction::Approve),
            remove: act(CaseAction::Remove),
            remove_tags: act(CaseAction::RemoveTags),
            escalate: act(CaseAction::Escalate),
            sanction: act(CaseAction::Sanction),
        }
    }

    /// Why nothing can be decided, where nothing can.
    pub fn blocked(&self) -> Option<&str> {
        let rulings = [
            &self.approve,
            &self.remove,
            &self.remove_tags,
            &self.escalate,
        ];
        match rulings.iter().any(|act| act.is_allowed) {
            true => None,
            false => self.approve.refusal.as_deref(),
        }
    }
}

impl Act {
    fn of(actions: &[ActionView], action: CaseAction, language: Language) -> Self {
        let found = actions.iter().find(|view| view.action == action);
        let refusal = found.and_then(|view| view.refusal.as_ref());
        Self {
            is_allowed: found.is_some_and(|view| view.allowed),
            refusal: refusal.map(|refusal| language.pick(refusal.zh_tw, refusal.en).to_owned()),
            needs: found.map_or_else(Vec::new, |view| view.needs.clone()),
        }
    }
}

/// What a moderator has typed, kept when a page is shown again.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// The panel that was open: `remove`, `tags`, `escalate`, `note`.
    pub panel: String,
    pub note: String,
    pub code: String,
    /// `proposed`, `none` or `other`.
    pub sanction: Option<String>,
    pub kind: String,
    pub days: String,
    pub reason: String,
    pub reply: String,
    pub tags: Option<Vec<String>>,
}

impl Typed {
    /// What a form holds.
    pub fn of(fields: &Fields) -> Self {
        let text = |name| fields.typed(name).to_owned();
        let panel = match fields.get("decision") {
            Some("remove") => "remove",
            Some("remove_tags") => "tags",
            Some("escalate") => "escalate",
            _ => "",
        };
        Self {
            panel: panel.to_owned(),
            note: text("note"),
            code: text("code"),
            sanction: fields.get("sanction").map(str::to_owned),
            kind: text("kind"),
            days: text("days"),
            reason: text("reason"),
            reply: text("reply"),
            tags: Some(fields.all("tags")).filter(|tags| !tags.is_empty()),
        }
    }
}

/// The forms behind the actions.
pub struct Panels {
    pub codes: Vec<(&'static str, &'static str, bool)>,
    /// Whether a removal has to name a code.
    pub needs_code: bool,
    pub found_code: &'static str,
    pub proposal: Option<Proposal>,
    pub no_proposal: Option<&'static str>,
    pub sanction: String,
    pub kinds: Vec<(&'static str, &'static str, bool)>,
    /// The notices, by the panel and the choice that they belong to.
    pub previews: Vec<Preview>,
    /// Saved replies: id, title, what the member would read, whether it is chosen.
    pub replies: Vec<(String, String, String, bool)>,
    pub typed: Typed,
}

/// The sanction that the penalty schedule proposes.
pub struct Proposal {
    pub kind: &'static str,
    pub days: Option<u32>,
    pub name: String,
    pub because: String,
}

/// What the member would be told.
pub struct Preview {
    /// `approve`, `remove`, `remove_tags`, `escalate`, or `proposed` for a removal with the proposed sanction.
    pub of: &'static str,
    /// It may quote the member.
    pub text: Option<Vec<Piece>>,
}

impl Panels {
    /// The forms of a case.
    pub fn new(
        case: &CaseView,
        acts: &Acts,
        typed: Typed,
        replies: Vec<ReplyView>,
        visit: &Visit,
    ) -> Self {
        let language = visit.language;
        let proposal = case
            .proposed_sanction
            .as_ref()
            .filter(|_| acts.sanction.is_allowed)
            .map(|proposal| Proposal::new(proposal, visit));
        let default = match &proposal {
            Some(_) => "proposed",
            None => "none",
        };
        let chosen = |code: ReasonCode| code.name() == typed.code;
        let codes = ReasonCode::for_people()
            .map(|code| (code.name(), names::code(code, language), chosen(code)));
        let kinds = SanctionKind::ALL.into_iter().map(|kind| {
            (
                kind.name(),
                names::sanction(kind, language),
                kind.name() == typed.kind,
            )
        });
        Self {
            codes: codes.collect(),
            needs_code: acts.remove.needs.contains(&"code"),
            found_code: names::code(case.item.code, language),
            no_proposal: case
                .no_proposal
                .as_ref()
                .map(|why| language.pick(why.zh_tw, why.en)),
            sanction: typed.sanction.clone().unwrap_or_else(|| default.to_owned()),
            proposal,
            kinds: kinds.collect(),
            previews: previews(case, language),
            replies: replies
                .into_iter()
                .map(|reply| {
                    let text = language.pick(&reply.text.zh_tw, &reply.text.en).to_owned();
                    let id = reply.id.to_string();
                    let is_chosen = id == typed.reply;
                    (id, reply.title, text, is_chosen)
                })
                .collect(),
            typed,
        }
    }

    /// The notice of a choice.
    pub fn preview(&self, of: &str) -> Option<&Preview> {
        self.previews.iter().find(|preview| preview.of == of)
    }

    /// Whether a tag is ticked.
    pub fn ticks(&self, tag: &super::words::Tag) -> bool {
        match &self.typed.tags {
            Some(tags) => tags.contains(&tag.text),
            None => tag.is_suggested,
        }
    }
}

impl Proposal {
    fn new(proposal: &ProposalView, visit: &Visit) -> Self {
        let SanctionChoice { kind, days } = proposal.sanction;
        Self {
            kind: kind.name(),
            days,
            name: names::sanction_for(kind, days, visit.language),
            because: because(proposal, visit),
        }
    }
}

/// Why the schedule proposes it: `此次 1 點＋計點中 2 點＝3 點，達門檻 3 點；此次計點失效於 2026-12-30 18:00`.
fn because(proposal: &ProposalView, visit: &Visit) -> String {
    let reason = &proposal.because;
    let t = CaseTexts::of(visit.language);
    let (worth, before, from) = (reason.worth, reason.strike_count, reason.reached);
    let expires = ages::absolute(reason.expires_at, visit.zone());
    let sum = worth + before;
    match visit.language {
        Language::ZhTw => format!(
            "{} {worth} 點＋{} {before} 點＝{sum} 點，{} {from} 點；{} {expires}",
            t.because_worth, t.because_before, t.because_reached, t.because_expires
        ),
        Language::En => format!(
            "{} {worth} + {before} {} = {sum} points, {} {from}; {} {expires}",
            t.because_worth, t.because_before, t.because_reached, t.because_expires
        ),
    }
}

fn previews(case: &CaseView, language: Language) -> Vec<Preview> {
    let shown = |preview: &NoticePreviewView| Preview {
        of: match (preview.decision, &preview.sanction) {
            (RulingDecision::Remove, Some(_)) => "proposed",
            (decision, _) => decision.name(),
        },
        text: preview
            .notice
            .as_ref()
            .map(|notice| marks::plain(language.pick(&notice.zh_tw, &notice.en))),
    };
    case.notice_previews.iter().map(shown).collect()
}
