//! Events between replicas, through PostgreSQL's LISTEN and NOTIFY.

use super::{Event, RECONNECT};
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgListener, PgPool};
use tokio::sync::{broadcast, mpsc};
use uuid::Uuid;

const CHANNEL: &str = "mailcase_events";
/// Events in one notification: an event is at most about 200 bytes of JSON, a notification less than 8,000.
const EVENTS_PER_NOTIFICATION: usize = 32;

#[derive(Debug, Serialize, Deserialize)]
struct Notification {
    /// The process that tells; it does not listen to itself.
    origin: Uuid,
    events: Vec<Event>,
}

/// Tells other replicas what is sent to `waiting`, many events at once; ends when the sender is gone.
///
/// Outside the transactions that caused the events: NOTIFY makes every commit wait for the one before it.
pub(super) async fn notify(pool: PgPool, origin: Uuid, mut waiting: mpsc::Receiver<Event>) {
    let mut events = Vec::with_capacity(EVENTS_PER_NOTIFICATION);
    while waiting.recv_many(&mut events, EVENTS_PER_NOTIFICATION).await > 0 {
        let notification = Notification { origin, events: std::mem::take(&mut events) };
        let Ok(payload) = serde_json::to_string(&notification) else { continue };
        let told = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(payload).execute(&pool).await;
        if let Err(error) = told {
            tracing::warn!(%error, "other replicas could not be told of events");
        }
    }
}

/// Passes on what other replicas tell. Whatever is missed while the connection is gone becomes [`Event::Lagged`].
pub(super) async fn listen(pool: PgPool, first: PgListener, origin: Uuid, local: broadcast::Sender<Event>) {
    let mut listening = Some(first);
    loop {
        if let Some(mut listener) = listening.take() {
            pass_on(&mut listener, origin, &local).await;
            send(&local, Event::Lagged);
        }
        if pool.is_closed() {
            return;
        }
        match listener(&pool).await {
            Ok(again) => listening = Some(again),
            Err(error) => {
                tracing::warn!(%error, "events of other replicas are not heard; connecting again");
                tokio::time::sleep(RECONNECT).await;
            }
        }
    }
}

/// Until the connection fails for good.
async fn pass_on(listener: &mut PgListener, origin: Uuid, local: &broadcast::Sender<Event>) {
    loop {
        match listener.try_recv().await {
            Ok(Some(message)) => match serde_json::from_str::<Notification>(message.payload()) {
                Ok(told) if told.origin == origin => {}
                Ok(told) => told.events.into_iter().for_each(|event| send(local, event)),
                // A newer replica tells of something unknown here.
                Err(_) => send(local, Event::Lagged),
            },
            // The connection was lost and made again; what was told meanwhile is gone.
            Ok(None) => send(local, Event::Lagged),
            // The store was closed.
            Err(sqlx::Error::PoolClosed) => return,
            Err(error) => {
                tracing::warn!(%error, "events of other replicas are not heard; connecting again");
                return;
            }
        }
    }
}

fn send(local: &broadcast::Sender<Event>, event: Event) {
    if local.send(event).is_err() {
        tracing::trace!("an event nobody watches");
    }
}

pub(super) async fn listener(pool: &PgPool) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    Ok(listener)
}
