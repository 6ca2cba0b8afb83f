//! A bounded number of blocking threads that go on with the next piece of work as long as there is one: waking a thread
//! for every small message costs as much as a good part of the work.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Work = Box<dyn FnOnce() + Send>;

/// A queue of work and how many threads are at it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Workbench {
    state: Arc<Mutex<State>>,
    places: usize,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Work>,
    at_work: usize,
}

impl std::fmt::Debug for Workbench {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Workbench").field("places", &self.places).finish_non_exhaustive()
    }
}

impl Workbench {
    pub(crate) fn new(places: usize) -> Self {
        Self { state: Arc::default(), places: places.max(1) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has `work` done, in turn. Whoever waits for what it sends learns from the closed channel that it panicked.
    pub(crate) fn work(&self, work: impl FnOnce() + Send + 'static) {
        let mut state = self.state();
        state.waiting.push_back(Box::new(work));
        if state.at_work < self.places {
            state.at_work = state.at_work.saturating_add(1);
            drop(state);
            let workbench = self.clone();
            tokio::task::spawn_blocking(move || workbench.run());
        }
    }

    fn run(&self) {
        while let Some(work) = self.next() {
            if catch_unwind(AssertUnwindSafe(work)).is_err() {
                tracing::error!("a piece of work ended abnormally");
            }
        }
    }

    /// The next piece of work; without one, the place is given up in the same breath.
    fn next(&self) -> Option<Work> {
        let mut state = self.state();
        let work = state.waiting.pop_front();
        if work.is_none() {
            state.at_work = state.at_work.saturating_sub(1);
        }
        work
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[tokio::test]
    async fn all_is_done_in_turn_also_after_a_panic() {
        let workbench = Workbench::new(1);
        let (done, said) = mpsc::channel();
        for n in 0..100 {
            let done = done.clone();
            workbench.work(move || {
                assert!(n != 50, "a bug");
                done.send(n).unwrap();
            });
        }
        drop(done);
        let all = tokio::task::spawn_blocking(move || said.iter().collect::<Vec<i32>>()).await.unwrap();
        assert_eq!(all, (0..100).filter(|n| *n != 50).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn no_more_threads_than_places_are_at_work() {
        let workbench = Workbench::new(2);
        let (done, said) = mpsc::channel();
        for _ in 0..50 {
            let (at_work, done) = (workbench.clone(), done.clone());
            workbench.work(move || done.send(at_work.state().at_work).unwrap());
        }
        drop(done);
        let all = tokio::task::spawn_blocking(move || said.iter().collect::<Vec<usize>>()).await.unwrap();
        assert!(all.len() == 50 && all.iter().all(|at_work| (1..=2).contains(at_work)));
    }
}
