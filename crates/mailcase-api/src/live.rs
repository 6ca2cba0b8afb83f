//! Live events: how many streams a user may have open, and when a stream has to end.

use crate::access::{Caller, Credential};
use mailcase_core::{SessionId, TokenId, UserId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// Streams one user may have open: one per tab, generously. Each costs a connection and a place in the event queue.
pub(crate) const STREAMS_PER_USER: usize = 20;
/// Revocations a stream may fall behind before it ends to be safe.
const REVOCATIONS_BEHIND: usize = 64;

/// The open streams of this process.
#[derive(Debug, Clone)]
pub(crate) struct LiveStreams {
    open: Arc<Mutex<HashMap<UserId, usize>>>,
    revoked: broadcast::Sender<Revocation>,
    stopping: CancellationToken,
}

/// Whose streams have to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Revocation {
    Session(SessionId),
    Token(TokenId),
    /// Everything of this user: disabled, or with another role or password.
    User(UserId),
}

impl Revocation {
    pub(crate) fn concerns(self, caller: &Caller) -> bool {
        match self {
            Self::User(user) => user == caller.user,
            Self::Session(revoked) => {
                matches!(&caller.credential, Credential::Session { id, .. } if *id == revoked)
            }
            Self::Token(revoked) => {
                matches!(&caller.credential, Credential::Token { id } if *id == revoked)
            }
        }
    }
}

impl LiveStreams {
    pub(crate) fn new() -> Self {
        Self {
            open: Arc::default(),
            revoked: broadcast::channel(REVOCATIONS_BEHIND).0,
            stopping: CancellationToken::new(),
        }
    }

    /// A place for one more stream of `user`, given back when dropped; `None` when there is none left.
    pub(crate) fn enter(&self, user: UserId) -> Option<Place> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(user).or_insert(0);
        if *count >= STREAMS_PER_USER {
            return None;
        }
        *count = count.saturating_add(1);
        Some(Place { user, open: Arc::clone(&self.open) })
    }

    /// Ends streams at once in this process; other replicas notice at their next look at the session.
    pub(crate) fn revoke(&self, revocation: Revocation) {
        if self.revoked.send(revocation).is_err() {
            tracing::trace!("no stream is open");
        }
    }

    /// Cancelled when the server stops: streams never end by themselves.
    pub(crate) fn stopping(&self) -> CancellationToken {
        self.stopping.clone()
    }

    /// Ends every stream, now and later.
    pub(crate) fn stop(&self) {
        self.stopping.cancel();
    }

    pub(crate) fn revocations(&self) -> broadcast::Receiver<Revocation> {
        self.revoked.subscribe()
    }
}

/// One open stream.
#[derive(Debug)]
pub(crate) struct Place {
    user: UserId,
    open: Arc<Mutex<HashMap<UserId, usize>>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.user) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_per_user_and_given_back() {
        let streams = LiveStreams::new();
        let (alice, bob) = (UserId::new(), UserId::new());
        let places: Vec<_> = std::iter::from_fn(|| streams.enter(alice)).collect();
        assert_eq!(places.len(), STREAMS_PER_USER);
        assert!(streams.enter(bob).is_some());
        drop(places);
        assert!(streams.enter(alice).is_some());
        assert!(streams.open.lock().unwrap().is_empty());
    }
}
