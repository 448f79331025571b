//! Claims: committing them, and giving them up.

use super::{base::Base, error::DeskError, retried::retried};
use crate::{
    access::Caller,
    id::CaseId,
    record::{Actor, AuditAction, AuditDraft, AuditSubject, Case},
    review::{ClaimRefused, claim_changed, release},
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
        if take_over && !caller.is_admin() {
            return Err(DeskError::Forbidden);
        }
        retried(|| async {
            let now = self.clock.now();
            let case = self.store.case(id).await?.ok_or(DeskError::NotFound)?;
            match release(&case, &caller.actor(), take_over, now) {
                Err(refused) => Err(self.claim_error(refused, &case).await),
                Ok(None) => Ok(()),
                Ok(Some(released)) => {
                    self.commit_claim(
                        &case,
                        released,
                        AuditAction::CaseReleased,
                        &caller.actor(),
                        now,
                        None,
                    )
                    .await
                }
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

    pub async fn commit_claim(
        &self,
        before: &Case,
        case: Case,
        action: AuditAction,
        actor: &Actor,
        now: Timestamp,
        answer: Option<crate::record::StoredAnswer>,
    ) -> Result<(), DeskError> {
        let holder = |case: &Case| case.live_claim(now).map(|claim| claim.by.to_string());
        let (from, to) = (holder(before), holder(&case));
        // Renewing a claim changes no holder and needs no audit entry.
        let audit = (from != to).then(|| AuditDraft {
            from,
            to,
            ..AuditDraft::new(now, actor, action, AuditSubject::from(&case.subject))
        });
        self.store
            .commit(claim_changed(case, audit.into_iter().collect()).remembering(answer))
            .await?;
        Ok(())
    }

    /// The error for a claim that was refused.
    pub async fn claim_error(&self, refused: ClaimRefused, case: &Case) -> DeskError {
        match refused {
            ClaimRefused::Held(held) => DeskError::CaseClaimed(held),
            ClaimRefused::Escalated => DeskError::CaseEscalated,
            ClaimRefused::Resolved => match self.case_view(case).await {
                Ok(view) => DeskError::CaseChanged(Box::new(view)),
                Err(error) => error,
            },
        }
    }
}
