//! Live events of the caller's organization.

use crate::access::{Caller, Require, SignedIn};
use crate::dto::trail::EventData;
use crate::live::{LiveStreams, Place, Revocation, STREAMS_PER_USER};
use crate::problem::{Kind, Problem};
use crate::sessions::Sessions;
use axum::extract::State;
use axum::response::sse::{Event as Sent, KeepAlive, Sse};
use futures::Stream;
use mailcase_core::permission::Permission;
use mailcase_store::{Event, EventStream, Store};
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// A comment is sent this often, so that proxies keep the connection and dead ones are noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How often a stream looks whether its caller may still see it: sessions also end on other replicas, and by time.
const LOOK_AGAIN: Duration = Duration::from_secs(15);
/// When the browser comes back after a lost connection.
const RECONNECT: Duration = Duration::from_secs(2);

/// Live events of the organization (server-sent events).
///
/// Event names: `message_stored`, `message_decided`, `case_changed`, `connector_changed`, `connector_status`,
/// `alarm_changed`, `keys_changed`, `marks_changed`, `patterns_changed`, `reexamination_changed`; their data are ids. `ready` comes first: from there on nothing is missed. `lagged` says that
/// events were lost: fetch anew what is shown. The stream ends when the session or token does.
#[utoipa::path(get, path = "/events", tag = "events", security(("session" = []), ("token" = [])),
    responses((status = 200, description = "Events, without end", body = EventData, content_type = "text/event-stream")))]
pub(crate) async fn stream_events(
    State(store): State<Store>,
    State(sessions): State<Sessions>,
    State(streams): State<LiveStreams>,
    Require(caller, _): Require<SignedIn>,
) -> Result<Sse<impl Stream<Item = Result<Sent, Infallible>>>, Problem> {
    let place = streams.enter(caller.user).ok_or_else(|| {
        let detail = format!("close one of the {STREAMS_PER_USER} event streams that are open already");
        Problem::new(Kind::TooManyStreams, detail).retry_after(RECONNECT)
    })?;
    let mut look_again = interval(LOOK_AGAIN);
    look_again.set_missed_tick_behavior(MissedTickBehavior::Delay);
    look_again.reset();
    let watch = Watch {
        revocations: streams.revocations(),
        stopping: streams.stopping(),
        events: store.events(),
        sessions,
        caller,
        look_again,
        greeted: false,
        _place: place,
    };
    let stream = futures::stream::unfold(watch, |mut watch| async move {
        let sent = watch.next().await?;
        Some((Ok(sent), watch))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// One open stream and what can end it.
struct Watch {
    events: EventStream,
    revocations: broadcast::Receiver<Revocation>,
    stopping: CancellationToken,
    sessions: Sessions,
    caller: Caller,
    look_again: Interval,
    greeted: bool,
    _place: Place,
}

impl Watch {
    /// The next event the caller may see; `None` ends the stream.
    async fn next(&mut self) -> Option<Sent> {
        if !self.greeted {
            self.greeted = true;
            return Some(Sent::default().event("ready").retry(RECONNECT).data("{}"));
        }
        loop {
            tokio::select! {
                biased;
                () = self.stopping.cancelled() => return None,
                revoked = self.revocations.recv() => match revoked {
                    Ok(revocation) if !revocation.concerns(&self.caller) => {}
                    // Having missed some is reason enough to let the browser come back and prove itself.
                    _ => return None,
                },
                _ = self.look_again.tick() => {
                    match self.sessions.still_valid(&self.caller).await {
                        Ok(true) => {}
                        Ok(false) => return None,
                        Err(error) => {
                            tracing::warn!(%error, "an event stream ends: whether its session still holds is unknown");
                            return None;
                        }
                    }
                }
                event = self.events.next() => {
                    if let Some(sent) = shown(&event, &self.caller) {
                        return Some(sent);
                    }
                }
            }
        }
    }
}

/// The event as `caller` sees it, if they may.
fn shown(event: &Event, caller: &Caller) -> Option<Sent> {
    let mut data = EventData { message: None, case: None, connector: None, reexamination: None };
    let (name, org, needs) = match event {
        Event::MessageStored { org, message } => {
            data.message = Some(message.uuid());
            ("message_stored", org, Permission::ReadDesk)
        }
        Event::MessageDecided { org, message, case } => {
            data.message = Some(message.uuid());
            data.case = case.map(mailcase_core::CaseId::uuid);
            ("message_decided", org, Permission::ReadDesk)
        }
        Event::CaseChanged { org, case } => {
            data.case = Some(case.uuid());
            ("case_changed", org, Permission::ReadDesk)
        }
        Event::ConnectorChanged { org, connector } => {
            data.connector = Some(connector.uuid());
            ("connector_changed", org, Permission::ReadConnectors)
        }
        Event::ConnectorStatus { org, connector } => {
            data.connector = Some(connector.uuid());
            ("connector_status", org, Permission::ReadConnectors)
        }
        Event::AlarmChanged { org } => ("alarm_changed", org, Permission::ReadConnectors),
        Event::MarksChanged { org } => ("marks_changed", org, Permission::ReadDesk),
        Event::PatternsChanged { org } => ("patterns_changed", org, Permission::ReadDesk),
        Event::KeysChanged { org } => ("keys_changed", org, Permission::ReadConnectors),
        Event::ReexaminationChanged { org, reexamination } => {
            data.reexamination = Some(reexamination.uuid());
            ("reexamination_changed", org, Permission::ReadDesk)
        }
        Event::Lagged => return Some(Sent::default().event("lagged").data("{}")),
        Event::ConnectorWake { .. } | Event::OriginChanged { .. } => return None,
    };
    if *org != caller.organization || !caller.may(needs) {
        return None;
    }
    Sent::default().event(name).json_data(data).ok()
}
