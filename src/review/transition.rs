//! The one table by which the state of a case moves.

use crate::record::{CaseState, Resolution};

/// What can happen to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseEvent {
    /// The member changed what the case is about; `reopens` where a person has to look again.
    Edit {
        /// What was removed was changed, or what was approved now has a term that the ruling had not seen.
        reopens: bool,
    },
    /// A reader reported it; `reopens` where that brings grounds enough to look again.
    Report {
        /// What was decided is looked at again.
        reopens: bool,
    },
    /// What the filter removed was judged again, and is flagged now.
    Rejudge,
    /// The author contests what was removed or laid on them.
    Appeal,
    /// A moderator takes it up unasked.
    TakeUp,
    /// What was decided comes to another moderator for a second look.
    Sample,
    /// A moderator hands it to the admins.
    Escalate,
    /// A moderator decided.
    Rule(Resolution),
    /// The member took it back.
    Withdraw,
    /// A ruling is taken back; the state is the one kept with it.
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
        Appeal, Edit, Escalate, Rejudge, Report, Rule, Sample, TakeUp, Undo, Withdraw,
    };
    use CaseState::{Escalated, Open, Resolved};
    match (state, event) {
        // The member took it back: nothing more happens.
        (Resolved(Resolution::Withdrawn), _) => Err(TransitionRefused { state, event }),
        // What waits already goes on waiting.
        (Open | Escalated, Edit { .. } | Report { .. } | Rejudge | Appeal | TakeUp) => Ok(state),
        (
            Resolved(Resolution::Approved | Resolution::Removed | Resolution::TagsRemoved),
            Edit { reopens: true } | Report { reopens: true } | Rejudge | TakeUp | Sample,
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
        // Somebody looks already.
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

    #[test]
    fn nothing_happens_to_what_was_withdrawn() {
        let withdrawn = CaseState::Resolved(Resolution::Withdrawn);
        for event in [
            CaseEvent::Edit { reopens: true },
            CaseEvent::Report { reopens: true },
            CaseEvent::Rejudge,
            CaseEvent::Appeal,
            CaseEvent::TakeUp,
            CaseEvent::Sample,
            CaseEvent::Escalate,
            CaseEvent::Rule(Resolution::Approved),
            CaseEvent::Withdraw,
            CaseEvent::Undo(CaseState::Open),
        ] {
            assert_eq!(
                step(withdrawn, event),
                Err(TransitionRefused {
                    state: withdrawn,
                    event
                })
            );
        }
    }

    #[test]
    fn a_removed_comment_that_is_edited_waits_again() {
        assert_eq!(
            step(
                CaseState::Resolved(Resolution::Removed),
                CaseEvent::Edit { reopens: true }
            ),
            Ok(CaseState::Open)
        );
        assert_eq!(
            step(CaseState::Escalated, CaseEvent::Edit { reopens: true }),
            Ok(CaseState::Escalated)
        );
    }

    #[test]
    fn a_resolved_case_may_be_ruled_again() {
        assert_eq!(
            step(
                CaseState::Resolved(Resolution::Removed),
                CaseEvent::Rule(Resolution::Approved)
            ),
            Ok(CaseState::Resolved(Resolution::Approved))
        );
    }
}
