//! How much is asked of one mailbox at the same time: less when Exchange complains, more again when it has not for long.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Exchange lets an account have 27 requests under way unless its policy says otherwise (`EwsMaxConcurrency`), and other
/// programs want some of them.
pub(crate) const AT_ONCE: usize = 6;
/// So long without a complaint makes room for one more.
const QUIET: Duration = Duration::from_secs(120);

/// The places of one mailbox. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    free: Arc<Semaphore>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    /// How many there are, taken or free.
    open: usize,
    /// So many of those taken are not given back.
    owed: usize,
    complained: Option<Instant>,
}

/// One place, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    permit: Option<OwnedSemaphorePermit>,
    state: Arc<Mutex<State>>,
}

impl Default for Places {
    fn default() -> Self {
        let state = State { open: AT_ONCE, owed: 0, complained: None };
        Self { free: Arc::new(Semaphore::new(AT_ONCE)), state: Arc::new(Mutex::new(state)) }
    }
}

impl Places {
    pub(crate) async fn take(&self) -> Place {
        self.recover();
        // Nobody closes it.
        let permit = Arc::clone(&self.free).acquire_owned().await.ok();
        Place { permit, state: Arc::clone(&self.state) }
    }

    /// Half of the places are closed; one always stays.
    pub(crate) fn lower(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let close = state.open.div_euclid(2);
        state.open = state.open.saturating_sub(close);
        state.owed = state.owed.saturating_add(close.saturating_sub(self.free.forget_permits(close)));
        state.complained = Some(Instant::now());
    }

    fn recover(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.open >= AT_ONCE || state.complained.is_none_or(|moment| moment.elapsed() < QUIET) {
            return;
        }
        state.open = state.open.saturating_add(1);
        state.complained = Some(Instant::now());
        if state.owed > 0 {
            state.owed = state.owed.saturating_sub(1);
        } else {
            self.free.add_permits(1);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.owed > 0
            && let Some(permit) = self.permit.take()
        {
            state.owed = state.owed.saturating_sub(1);
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    /// How many can be taken now.
    fn room(places: &Places) -> usize {
        let mut taken = Vec::new();
        while let Some(place) = places.take().now_or_never() {
            taken.push(place);
        }
        taken.len()
    }

    #[tokio::test(start_paused = true)]
    async fn complaints_close_places_and_quiet_opens_them() {
        let places = Places::default();
        assert_eq!(room(&places), AT_ONCE);
        let taken = [places.take().await, places.take().await, places.take().await, places.take().await];
        places.lower();
        // Three are closed: the two free ones, and one of those taken.
        assert_eq!(room(&places), 0);
        drop(taken);
        assert_eq!(room(&places), AT_ONCE / 2);
        for _ in 0..5 {
            places.lower();
        }
        assert_eq!(room(&places), 1, "one stays");
        tokio::time::advance(QUIET).await;
        assert_eq!(room(&places), 2);
        for _ in 0..10 {
            tokio::time::advance(QUIET).await;
            drop(places.take().await);
        }
        assert_eq!(room(&places), AT_ONCE);
    }
}
