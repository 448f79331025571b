//! Starting over: a use case whose records have changed since it read them reads them again.

use super::error::DeskError;

/// How often a use case reads again before it gives up.
pub(super) const ATTEMPTS_MAX: u32 = 3;

/// Runs `work` again while it fails with [`DeskError::Stale`], at most [`ATTEMPTS_MAX`] times in all.
pub(super) async fn retried<T, F>(mut work: impl FnMut() -> F) -> Result<T, DeskError>
where
    F: Future<Output = Result<T, DeskError>>,
{
    for _ in 1..ATTEMPTS_MAX {
        match work().await {
            Err(DeskError::Stale) => {
                metrics::counter!("banzhu_stale_retries_total").increment(1);
            }
            done => return done,
        }
    }
    match work().await {
        Err(DeskError::Stale) => Err(DeskError::Overloaded),
        done => done,
    }
}
