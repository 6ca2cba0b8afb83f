//! Access that people grant: the refresh tokens of a connector, from the store to its source and back.

use futures::future::BoxFuture;
use mailcase_core::ConnectorId;
use mailcase_mail::{REFRESH_TURN_MAX, RefreshTokens, RefreshTurn, SourceError};
use mailcase_store::{Store, StoreError, TakenTurn};
use secrecy::SecretString;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// A turn that was not ended, because its process was, passes on after this. The minute is for clocks of replicas that
/// disagree.
const TURN_LASTS: Duration = REFRESH_TURN_MAX.saturating_add(Duration::from_secs(60));
/// How long to wait for others: several renewals. A connector tries again later, and a person sees why.
const TURN_AWAITED: Duration = Duration::from_secs(30);
/// How often a turn of others is looked at: a renewal takes about as long.
const TURN_LOOK: Duration = Duration::from_millis(100);

/// The refresh token of one connector, in the store.
#[derive(Debug)]
struct Kept {
    store: Store,
    connector: ConnectorId,
}

/// Where the source of a connector keeps the access it was granted.
pub(crate) fn kept(store: &Store, connector: ConnectorId) -> Arc<dyn RefreshTokens> {
    Arc::new(Kept { store: store.clone(), connector })
}

impl RefreshTokens for Kept {
    fn turn(&self) -> BoxFuture<'_, Result<Option<Box<dyn RefreshTurn>>, SourceError>> {
        Box::pin(async move {
            let awaited = Instant::now() + TURN_AWAITED;
            loop {
                match self.store.take_refresh_turn(self.connector, TURN_LASTS).await.map_err(told)? {
                    TakenTurn::Mine(turn) => {
                        let turn: Box<dyn RefreshTurn> = Box::new(Turn { store: self.store.clone(), turn });
                        return Ok(Some(turn));
                    }
                    TakenTurn::NothingGranted => return Ok(None),
                    TakenTurn::Others if Instant::now() < awaited => sleep(TURN_LOOK).await,
                    TakenTurn::Others => return Err(taken_for_long()),
                }
            }
        })
    }
}

#[derive(Debug)]
struct Turn {
    store: Store,
    turn: mailcase_store::RefreshTurn,
}

impl RefreshTurn for Turn {
    fn token(&self) -> &SecretString {
        self.turn.token()
    }

    fn end(self: Box<Self>, new: Option<SecretString>) -> BoxFuture<'static, Result<(), SourceError>> {
        Box::pin(async move {
            let ended = self.store.end_refresh_turn(&self.turn, new.as_ref()).await;
            ended.map_err(|error| match error {
                StoreError::NotFound { .. } => SourceError::SignIn {
                    message: "the granted access was withdrawn or given anew".to_owned(),
                    hint: Some("Open the connector: if nobody has access, choose Grant access.".to_owned()),
                },
                error => told(error),
            })
        })
    }
}

fn taken_for_long() -> SourceError {
    SourceError::Unreachable {
        message: "the granted access is being renewed by somebody else, for long".to_owned(),
        hint: Some(format!(
            "Another test or replica is at it, or was ended in the middle of it. It is tried again; after {} minutes \
             at most nobody holds it any more.",
            TURN_LASTS.as_secs().div_euclid(60)
        )),
    }
}

/// Our own storage failed: trying again may help, whoever signs in.
fn told(error: StoreError) -> SourceError {
    SourceError::Unreachable {
        message: format!("the granted access could not be read or kept: {error}"),
        hint: Some("Look at the server's log.".to_owned()),
    }
}
