//! Claims: how long they last, and giving them up.

use super::{base::Base, error::DeskError, retried::retried};
use crate::{
    access::Caller,
    id::CaseId,
    record::{Actor, Case, Claim},
    review::{ClaimRefused, release},
    time::Timestamp,
};

impl Base {
    /// Releases a claim. Does nothing if the caller had none.
    pub async fn release(
        &self,
        caller: &Caller,
        id: CaseId,
        take_over: bool,
    ) -> Result<(), DeskError> {
        // `review::release` takes `take_over` as permitted, so the right to it is checked here.
        if take_over && !caller.is_admin() {
            return Err(DeskError::Forbidden);
        }
        retried(|| async {
            let now = self.clock.now();
            let case = self.case(id).await?;
            match release(&case, &caller.actor(), take_over, now) {
                Err(refused) => Err(self.claim_error(refused, &case, caller).await),
                Ok(None) => Ok(()),
                Ok(Some(change)) => self.commit(change).await,
            }
        })
        .await
    }

    /// Releases all claims of the caller, so that signing out leaves no case locked.
    pub async fn release_all(&self, caller: &Caller) -> Result<(), DeskError> {
        let claimed = self
            .store
            .held_by(&caller.actor(), self.clock.now())
            .await?;
        for case in claimed {
            self.release(caller, case, false).await?;
        }
        Ok(())
    }

    /// The claim that an actor gets at `now`.
    pub fn claim_of(&self, actor: &Actor, now: Timestamp) -> Claim {
        Claim {
            by: actor.clone(),
            until: now.plus_ms(self.settings.claim_ms),
        }
    }

    /// The error for a claim that was refused.
    pub async fn claim_error(
        &self,
        refused: ClaimRefused,
        case: &Case,
        caller: &Caller,
    ) -> DeskError {
        match refused {
            ClaimRefused::Held(held) => DeskError::CaseClaimed(held),
            ClaimRefused::Escalated => DeskError::CaseEscalated,
            // The case goes along, so that the caller sees how it was resolved without another request.
            ClaimRefused::Resolved => match self.case_view(case, caller).await {
                Ok(view) => DeskError::CaseChanged(Box::new(view)),
                Err(error) => error,
            },
        }
    }
}
