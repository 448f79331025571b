//! Background work under leases: of several nodes over one database, one does each kind.

use std::time::Duration;

use super::{base::Base, error::DeskError, fence::under};
use crate::{
    record::{Change, Lease, LeaseName},
    store::StoreError,
};

/// A third of the time for which a lease is taken.
const RENEWED_EVERY: Duration = Duration::from_secs(10);

impl Base {
    /// Does a step of background work, unless another node does this kind of work; then `None`. What the step commits is
    /// refused as stale once another node has taken the work over. Alone over its database a node needs no leases.
    pub async fn under_lease<T>(
        &self,
        name: LeaseName,
        step: impl Future<Output = Result<T, DeskError>>,
    ) -> Result<Option<T>, DeskError> {
        if !self.store.has_nodes() {
            return step.await.map(Some);
        }
        match self.lease(name).await? {
            Some(lease) => self.renewing(name, under(lease, step)).await.map(Some),
            None => Ok(None),
        }
    }

    /// A step that may take longer than a lease is taken for: it is renewed meanwhile. Where it cannot be, another node may take
    /// the work over, and what this step commits is refused.
    async fn renewing<T>(&self, name: LeaseName, step: impl Future<Output = T>) -> T {
        let mut step = std::pin::pin!(step);
        loop {
            tokio::select! {
                outcome = &mut step => return outcome,
                () = tokio::time::sleep(RENEWED_EVERY) => {
                    if let Err(error) = self.lease(name).await {
                        tracing::warn!(%error, "a lease cannot be renewed: {error}");
                    }
                }
            }
        }
    }

    /// The lease, taken or kept by this node; `None` while another node holds it.
    async fn lease(&self, name: LeaseName) -> Result<Option<Lease>, DeskError> {
        let before = self.store.lease(name).await?;
        let taken = Lease::taken(before.as_ref(), name, self.node, self.clock.now());
        let Some((lease, is_new)) = taken else {
            return Ok(None);
        };
        if is_new {
            // What the commit requires to be stored still: the fence that was read, or 0 for no lease yet.
            let fence = before.map_or(0, |before| before.fence);
            match self
                .store
                .commit(Change::of_lease(lease.clone(), fence))
                .await
            {
                // another node was quicker
                Err(StoreError::Stale) => return Ok(None),
                outcome => outcome?,
            };
        }
        Ok(Some(lease))
    }
}
