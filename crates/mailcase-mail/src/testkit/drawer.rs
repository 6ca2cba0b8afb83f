//! A drawer for one refresh token: tells what was put into it, and can be stuck.

use crate::error::SourceError;
use crate::grant::{RefreshTokens, RefreshTurn};
use futures::future::BoxFuture;
use secrecy::{ExposeSecret as _, SecretString};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OwnedMutexGuard;

/// Keeps one refresh token in memory. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Drawer(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    current: Arc<tokio::sync::Mutex<Option<SecretString>>>,
    replaced: Mutex<Vec<String>>,
    stuck: AtomicBool,
}

impl Drawer {
    /// With what a person granted in it.
    #[must_use]
    pub fn holding(token: SecretString) -> Self {
        let current = Arc::new(tokio::sync::Mutex::new(Some(token)));
        Self(Arc::new(Inner { current, ..Inner::default() }))
    }

    /// Nothing can be put into it any more.
    pub fn jam(&self) {
        self.0.stuck.store(true, Ordering::SeqCst);
    }

    /// Every token that was put into it, in order.
    #[must_use]
    pub fn replaced(&self) -> Vec<String> {
        self.0.replaced.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl RefreshTokens for Drawer {
    fn turn(&self) -> BoxFuture<'_, Result<Option<Box<dyn RefreshTurn>>, SourceError>> {
        Box::pin(async {
            let current = Arc::clone(&self.0.current).lock_owned().await;
            let Some(token) = current.clone() else { return Ok(None) };
            Ok(Some(Box::new(Turn { drawer: self.clone(), token, current }) as Box<dyn RefreshTurn>))
        })
    }
}

#[derive(Debug)]
struct Turn {
    drawer: Drawer,
    token: SecretString,
    current: OwnedMutexGuard<Option<SecretString>>,
}

impl RefreshTurn for Turn {
    fn token(&self) -> &SecretString {
        &self.token
    }

    fn end(mut self: Box<Self>, new: Option<SecretString>) -> BoxFuture<'static, Result<(), SourceError>> {
        Box::pin(async move {
            let Some(new) = new else { return Ok(()) };
            if self.drawer.0.stuck.load(Ordering::SeqCst) {
                return Err(SourceError::Unreachable { message: "the store is down".to_owned(), hint: None });
            }
            let mut replaced = self.drawer.0.replaced.lock().unwrap_or_else(PoisonError::into_inner);
            replaced.push(new.expose_secret().to_owned());
            drop(replaced);
            *self.current = Some(new);
            Ok(())
        })
    }
}
