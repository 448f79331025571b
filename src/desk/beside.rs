//! Reading that takes long, done beside the workers: a page of the audit may look at 10,000 entries, a member may have written
//! as many comments, and no comment of others should wait for that.

use tokio::{runtime::Handle, sync::Semaphore, task::spawn_blocking};

use super::DeskError;

/// How many such readings are done at once. One, so that several together leave the processor to the workers.
const READINGS_AT_ONCE_MAX: usize = 1;
static READINGS: Semaphore = Semaphore::const_new(READINGS_AT_ONCE_MAX);

/// Does this on a thread of its own, when its turn comes. Each page of an export takes a turn, so exports alternate.
pub(super) async fn beside<T: Send + 'static>(
    reading: impl Future<Output = T> + Send + 'static,
) -> Result<T, DeskError> {
    let failed = |error: &dyn std::error::Error| DeskError::Internal(error.to_string());
    let turn = READINGS.acquire().await.map_err(|error| failed(&error))?;
    let runtime = Handle::current();
    let read = move || {
        // held to the end of the reading, even where whoever asked has gone
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
    async fn readings_are_done_elsewhere_and_one_at_a_time() {
        let worker = std::thread::current().id();
        let readings = (0..8).map(|number| {
            beside(async move {
                assert_eq!(AT_ONCE.fetch_add(1, Ordering::SeqCst), 0);
                tokio::task::yield_now().await;
                AT_ONCE.fetch_sub(1, Ordering::SeqCst);
                (number, std::thread::current().id())
            })
        });
        for (asked, answer) in futures_util::future::join_all(readings)
            .await
            .into_iter()
            .enumerate()
        {
            let (number, thread) = answer.unwrap();
            assert_eq!(number, asked);
            assert_ne!(thread, worker);
        }
    }
}
