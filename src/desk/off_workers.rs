//! Long reads, run off the worker threads: a page of the audit may scan 10,000 entries, and a member may have written as
//! many comments. Other requests on the same worker must not wait for that.

use tokio::{runtime::Handle, sync::Semaphore, task::spawn_blocking};

use super::error::DeskError;

/// How many long reads run at the same time. One, so that several do not take the processor from the workers.
const READINGS_AT_ONCE_MAX: usize = 1;
static READINGS: Semaphore = Semaphore::const_new(READINGS_AT_ONCE_MAX);

/// Runs a read on a blocking thread when its turn comes. Each page of an export takes its own turn, so exports alternate.
pub(super) async fn run_off_workers<T: Send + 'static>(
    reading: impl Future<Output = T> + Send + 'static,
) -> Result<T, DeskError> {
    let failed = |error: &dyn std::error::Error| DeskError::Internal(error.to_string());
    let turn = READINGS.acquire().await.map_err(|error| failed(&error))?;
    let runtime = Handle::current();
    let read = move || {
        // Held until the read ends, even if the request that wanted it was cancelled.
        let _turn = turn;
        runtime.block_on(reading)
    };
    spawn_blocking(read).await.map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    static AT_ONCE: AtomicUsize = AtomicUsize::new(0);

    #[tokio::test]
    async fn readings_run_on_other_threads_one_at_a_time() {
        let worker = std::thread::current().id();
        let readings = (0..8).map(|number| {
            run_off_workers(async move {
                assert_eq!(AT_ONCE.fetch_add(1, Ordering::SeqCst), 0);
                tokio::task::yield_now().await;
                AT_ONCE.fetch_sub(1, Ordering::SeqCst);
                (number, std::thread::current().id())
            })
        });
        for (expected, answer) in futures_util::future::join_all(readings)
            .await
            .into_iter()
            .enumerate()
        {
            let (number, thread) = answer.unwrap();
            assert_eq!(number, expected);
            assert_ne!(thread, worker);
        }
    }
}
