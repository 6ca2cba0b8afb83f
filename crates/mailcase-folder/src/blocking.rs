//! File system calls off the asynchronous threads: each under a deadline, and never many behind one that hangs.

use mailcase_mail::SourceError;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// How long one step on the file system may take. A network mount that hangs is the only thing as slow as this;
/// listing a million files is not.
const STEP_DEADLINE: Duration = Duration::from_secs(120);
/// Steps at once on one path, of all sources together: the connector at work, and a few visits of people who test it.
/// Each may come to hold a thread for as long as a mount hangs.
const SHARED_STEPS: usize = 4;

/// The steps on each path in use.
static SHARED: Mutex<BTreeMap<PathBuf, Weak<Semaphore>>> = Mutex::new(BTreeMap::new());

/// The way of one source to the file system: one step at a time. Clones are the same way.
#[derive(Debug, Clone)]
pub(crate) struct Lane {
    path: PathBuf,
    own: Arc<Semaphore>,
    shared: Arc<Semaphore>,
    deadline: Duration,
}

impl Lane {
    pub(crate) fn to(path: &Path) -> Self {
        let mut lanes = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.retain(|_, steps| steps.strong_count() > 0);
        let shared = lanes.get(path).and_then(Weak::upgrade).unwrap_or_else(|| {
            let steps = Arc::new(Semaphore::new(SHARED_STEPS));
            lanes.insert(path.to_owned(), Arc::downgrade(&steps));
            steps
        });
        Self { path: path.to_owned(), own: Arc::new(Semaphore::new(1)), shared, deadline: STEP_DEADLINE }
    }

    /// Runs `work` where it may block. When the deadline passes, the work is left behind and its result is lost, so
    /// `work` must leave everything in order whenever it ends. Until it ends, no other step of this source begins.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce() -> Result<T, SourceError> + Send + 'static,
    ) -> Result<T, SourceError> {
        let path = self.path.display();
        let Ok(permits) = timeout(self.deadline, self.permits()).await else {
            let what = format!("{what} behind an earlier step on `{path}` that does not come to its end");
            return Err(SourceError::TimedOut { what, after: self.deadline });
        };
        let step = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permits);
            result
        });
        match timeout(self.deadline, step).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(SourceError::Unreachable {
                message: format!("{what} at `{path}` was interrupted"),
                hint: Some("Try again; if it happens again, look into the log.".to_owned()),
            }),
            Err(_) => {
                tracing::warn!(%path, what, "the file system does not answer: check the disk or share");
                Err(SourceError::TimedOut { what: format!("{what} at `{path}`"), after: self.deadline })
            }
        }
    }

    /// The permits to take a step; neither semaphore is ever closed.
    async fn permits(&self) -> [Option<OwnedSemaphorePermit>; 2] {
        let own = Arc::clone(&self.own).acquire_owned().await.ok();
        let shared = Arc::clone(&self.shared).acquire_owned().await.ok();
        [own, shared]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    fn impatient(path: &str) -> Lane {
        Lane { deadline: Duration::from_millis(30), ..Lane::to(Path::new(path)) }
    }

    /// A step that hangs until the sender is dropped.
    async fn hang(lane: &Lane) -> mpsc::Sender<()> {
        let (release, held) = mpsc::channel::<()>();
        let stuck = lane.run("listing the folder", move || {
            // Ends with an error when the sender is dropped.
            let _released = held.recv();
            Ok(())
        });
        let error = stuck.await.unwrap_err();
        assert!(matches!(error, SourceError::TimedOut { .. }), "{error:?}");
        assert!(error.to_string().starts_with("listing the folder at `/"), "{error}");
        release
    }

    #[tokio::test]
    async fn nothing_piles_up_behind_a_step_that_hangs() {
        let lane = impatient("/one/source");
        let release = hang(&lane).await;
        let begun = Arc::new(AtomicUsize::new(0));
        for _ in 0..3 {
            let begun = Arc::clone(&begun);
            let error = lane
                .run("listing the folder", move || {
                    begun.fetch_add(1, Ordering::SeqCst);
                    Ok(())
                })
                .await
                .unwrap_err();
            assert!(error.to_string().contains("behind an earlier step on `/one/source`"), "{error}");
        }
        drop(release);
        let patient = Lane { deadline: STEP_DEADLINE, ..lane };
        assert_eq!(patient.run("listing the folder", || Ok(5)).await, Ok(5));
        assert_eq!(begun.load(Ordering::SeqCst), 0, "those given up never began");
    }

    #[tokio::test]
    async fn many_sources_of_one_path_hold_few_threads() {
        let mut stuck = Vec::new();
        for _ in 0..SHARED_STEPS {
            stuck.push(hang(&impatient("/many/sources")).await);
        }
        let error = impatient("/many/sources").run("listing the folder", || Ok(())).await.unwrap_err();
        assert!(error.to_string().contains("behind an earlier step"), "{error}");
        let elsewhere = Lane::to(Path::new("/another/path"));
        assert_eq!(elsewhere.run("listing the folder", || Ok(())).await, Ok(()));
        drop(stuck);
        assert_eq!(Lane::to(Path::new("/many/sources")).run("listing the folder", || Ok(())).await, Ok(()));
    }
}
