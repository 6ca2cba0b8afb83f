//! Whoever uses the same refresh token in this process takes turns.

use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use tokio::sync::OwnedMutexGuard;

/// By the digest: the token itself is kept nowhere else than it has to be.
type Turns = HashMap<[u8; 32], Weak<tokio::sync::Mutex<()>>>;

/// Waits until nobody else uses this token; until the result is dropped, nobody else will.
pub(crate) async fn take(token: &SecretString) -> OwnedMutexGuard<()> {
    turn_of(token).lock_owned().await
}

fn turn_of(token: &SecretString) -> Arc<tokio::sync::Mutex<()>> {
    static TURNS: OnceLock<Mutex<Turns>> = OnceLock::new();
    let digest: [u8; 32] = Sha256::digest(token.expose_secret().as_bytes()).into();
    let mut turns = TURNS.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(turn) = turns.get(&digest).and_then(Weak::upgrade) {
        return turn;
    }
    // Those nobody waits for any more. There are no more of the others than renewals under way.
    turns.retain(|_, turn| turn.strong_count() > 0);
    let turn = Arc::default();
    turns.insert(digest, Arc::downgrade(&turn));
    turn
}
