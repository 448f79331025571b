//! The states of a case and the events that move it, in one table.

use crate::record::{CaseState, Resolution};

/// What can happen to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseEvent {
    /// The member changed what the case is about; it `reopens` if a person has to look again.
    Edit {
        /// What was removed was changed, or what was approved now has a term that the ruling had not seen.
        reopens: bool,
    },
    /// A reader reported it; it `reopens` if that is reason enough to look again.
    Report {
        /// Enough reports since it was decided.
        reopens: bool,
    },
    /// What the filter removed was judged again, and is flagged now.
    Rejudge,
    /// The author appeals a removal or a sanction.
    Appeal,
    /// A moderator opens it although nobody flagged anything.
    OpenCase,
    /// The decision gets a QA review by another moderator.
    Sample,
    /// A moderator hands it to the admins.
    Escalate,
    /// A moderator ruled.
    Rule(Resolution),
    /// The member withdrew it.
    Withdraw,
    /// A ruling is undone; the state is the one that was stored with it.
    Undo(CaseState),
}

/// An event that the state does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a case that is {state:?} does not allow {event:?}")]
pub struct TransitionRefused {
    /// The state.
    pub state: CaseState,
    /// The event.
    pub event: CaseEvent,
}

/// The next state, or why there is none.
pub const fn step(state: CaseState, event: CaseEvent) -> Result<CaseState, TransitionRefused> {
    use CaseEvent::{
        Appeal, Edit, Escalate, OpenCase, Rejudge, Report, Rule, Sample, Undo, Withdraw,
    };
    use CaseState::{Escalated, Open, Resolved};
    match (state, event) {
        // The member withdrew it: nothing more happens.
        (Resolved(Resolution::Withdrawn), _) => Err(TransitionRefused { state, event }),
        // An unresolved case stays as it is.
        (Open | Escalated, Edit { .. } | Report { .. } | Rejudge | Appeal | OpenCase) => Ok(state),
        (
            Resolved(Resolution::Approved | Resolution::Removed | Resolution::TagsRemoved),
            Edit { reopens: true } | Report { reopens: true } | Rejudge | OpenCase | Sample,
        ) => Ok(Open),
        (
            Resolved(Resolution::Approved | Resolution::Removed | Resolution::TagsRemoved),
            Edit { reopens: false } | Report { reopens: false },
        ) => Ok(state),
        // Still removed until somebody rules. What was approved may have been edited into what the filter removes.
        (
            Resolved(Resolution::Approved | Resolution::Removed | Resolution::TagsRemoved),
            Appeal,
        ) => Ok(Open),
        // Somebody will look at it anyway.
        (Open | Escalated, Sample) => Err(TransitionRefused { state, event }),
        (
            Open | Resolved(Resolution::Approved | Resolution::Removed | Resolution::TagsRemoved),
            Escalate,
        ) => Ok(Escalated),
        (Escalated, Escalate) => Err(TransitionRefused { state, event }),
        // A member withdraws, not a moderator.
        (_, Rule(Resolution::Withdrawn)) => Err(TransitionRefused { state, event }),
        // An older ruling is superseded.
        (
            Open
            | Escalated
            | Resolved(Resolution::Approved | Resolution::Removed | Resolution::TagsRemoved),
            Rule(
                resolution @ (Resolution::Approved | Resolution::Removed | Resolution::TagsRemoved),
            ),
        ) => Ok(Resolved(resolution)),
        (
            Open
            | Escalated
            | Resolved(Resolution::Approved | Resolution::Removed | Resolution::TagsRemoved),
            Withdraw,
        ) => Ok(Resolved(Resolution::Withdrawn)),
        // Back to where the ruling found it, which may be resolved by an older ruling.
        (
            Escalated
            | Resolved(Resolution::Approved | Resolution::Removed | Resolution::TagsRemoved),
            Undo(before),
        ) => Ok(before),
        (Open, Undo(_)) => Err(TransitionRefused { state, event }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REMOVED: CaseState = CaseState::Resolved(Resolution::Removed);

    #[test]
    fn nothing_happens_to_what_was_withdrawn() {
        let state = CaseState::Resolved(Resolution::Withdrawn);
        for event in [
            CaseEvent::Edit { reopens: true },
            CaseEvent::Report { reopens: true },
            CaseEvent::Rejudge,
            CaseEvent::Appeal,
            CaseEvent::OpenCase,
            CaseEvent::Sample,
            CaseEvent::Escalate,
            CaseEvent::Rule(Resolution::Approved),
            CaseEvent::Withdraw,
            CaseEvent::Undo(CaseState::Open),
        ] {
            assert_eq!(step(state, event), Err(TransitionRefused { state, event }));
        }
    }

    #[test]
    fn a_removed_comment_that_is_edited_waits_again() {
        let edit = CaseEvent::Edit { reopens: true };
        assert_eq!(step(REMOVED, edit), Ok(CaseState::Open));
        assert_eq!(step(CaseState::Escalated, edit), Ok(CaseState::Escalated));
    }

    #[test]
    fn a_resolved_case_may_be_ruled_again() {
        let approval = CaseEvent::Rule(Resolution::Approved);
        let approved = CaseState::Resolved(Resolution::Approved);
        assert_eq!(step(REMOVED, approval), Ok(approved));
    }
}
