//! What happened, for whoever watches: browsers and runners, in this process and on other replicas.
//!
//! Events are hints. Losing one costs freshness, never data: every reader can look the truth up.

use crate::Store;
use crate::error::Result;
use crate::sql::Pool;
use futures::Stream;
use mailcase_core::{CaseId, ConnectorId, MessageId, OrganizationId, ReexaminationId};
use serde::{Deserialize, Serialize};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::{broadcast, mpsc};
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

mod postgres;

/// Events a slow watcher may fall behind before it is told that it lost some.
const BEHIND_MAX: usize = 4096;
/// Events waiting to be told to other replicas; beyond it they are dropped, and the others are told so.
const OUTGOING_MAX: usize = 8192;

/// Something changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    MessageStored {
        org: OrganizationId,
        message: MessageId,
    },
    MessageDecided {
        org: OrganizationId,
        message: MessageId,
        case: Option<CaseId>,
    },
    CaseChanged {
        org: OrganizationId,
        case: CaseId,
    },
    /// Its settings or activity changed, or it came or went.
    ConnectorChanged {
        org: OrganizationId,
        connector: ConnectorId,
    },
    ConnectorStatus {
        org: OrganizationId,
        connector: ConnectorId,
    },
    /// Poll now, or look for work to acknowledge.
    ConnectorWake {
        connector: ConnectorId,
    },
    AlarmChanged {
        org: OrganizationId,
    },
    /// A decryption key came or went.
    KeysChanged {
        org: OrganizationId,
    },
    /// What the organization thinks of an indicator.
    MarksChanged {
        org: OrganizationId,
    },
    /// What an organization says of its own mail changed.
    OriginChanged {
        org: OrganizationId,
    },
    /// A pattern came, changed or went.
    PatternsChanged {
        org: OrganizationId,
    },
    /// It was asked for, got on, or ended.
    ReexaminationChanged {
        org: OrganizationId,
        reexamination: ReexaminationId,
    },
    /// Events were lost: look everything up again.
    Lagged,
}

/// Every event from the moment of asking on. Never ends while the store is open.
#[derive(Debug)]
pub struct EventStream(BroadcastStream<Event>);

impl EventStream {
    /// The next event. Cancel-safe. When the store is gone, waits for ever.
    pub async fn next(&mut self) -> Event {
        match tokio_stream::StreamExt::next(self).await {
            Some(event) => event,
            None => std::future::pending().await,
        }
    }
}

impl Stream for EventStream {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        Poll::Ready(match ready!(Pin::new(&mut self.0).poll_next(context)) {
            Some(Ok(event)) => Some(event),
            Some(Err(BroadcastStreamRecvError::Lagged(_))) => Some(Event::Lagged),
            None => None,
        })
    }
}

/// The sending side; closes its background tasks when dropped.
#[derive(Debug)]
pub(crate) struct Events {
    local: broadcast::Sender<Event>,
    outgoing: Option<mpsc::Sender<Event>>,
    listener: Option<tokio::task::AbortHandle>,
}

impl Events {
    /// Starts telling and, on PostgreSQL, listening: what other replicas tell from now on is heard.
    pub(crate) async fn start(pool: &Pool) -> Result<Self> {
        let (local, _) = broadcast::channel(BEHIND_MAX);
        Ok(match pool {
            Pool::Sqlite { .. } => Self { local, outgoing: None, listener: None },
            Pool::Postgres(pool) => {
                let (outgoing, waiting) = mpsc::channel(OUTGOING_MAX);
                let origin = uuid::Uuid::now_v7();
                tokio::spawn(postgres::notify(pool.clone(), origin, waiting));
                let first = postgres::listener(pool).await?;
                let listening = postgres::listen(pool.clone(), first, origin, local.clone());
                let listener = tokio::spawn(listening).abort_handle();
                Self { local, outgoing: Some(outgoing), listener: Some(listener) }
            }
        })
    }

    pub(crate) fn publish(&self, event: Event) {
        // Nobody watching is no failure; a full queue to other replicas only costs them freshness.
        if let Some(outgoing) = &self.outgoing
            && outgoing.try_send(event.clone()).is_err()
        {
            tracing::warn!("too many events wait for other replicas; some are dropped");
        }
        if self.local.send(event).is_err() {
            tracing::trace!("an event nobody watches");
        }
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        if let Some(listener) = &self.listener {
            listener.abort();
        }
    }
}

impl Store {
    /// Every event from now on, of this process and, on PostgreSQL, of all replicas.
    #[must_use]
    pub fn events(&self) -> EventStream {
        EventStream(BroadcastStream::new(self.inner.events.local.subscribe()))
    }

    /// Tells all watchers. Writers in this crate do so by themselves; this is for wake-ups.
    #[expect(clippy::unused_async, reason = "publishing may have to wait one day; callers are async anyway")]
    pub async fn publish(&self, event: Event) {
        self.inner.events.publish(event);
    }

    pub(crate) fn tell(&self, event: Event) {
        self.inner.events.publish(event);
    }
}

/// How long to wait before connecting again to be told of events.
const RECONNECT: Duration = Duration::from_secs(1);
