//! What a runner has been entrusted with, and what it reports of it. An uneventful poll is told with the renewal of
//! the lease; only a change is written at once.

use crate::alarms;
use crate::backoff::{Backoff, Failure};
use crate::closed::{ClosedFolder, in_one_line};
use crate::error::EngineError;
use crate::lease_keeper::KeptLease;
use crate::pipeline::Workshop;
use crate::runner::Round;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use mailcase_core::connector::Connector;
use mailcase_mail::{FolderPath, Interrupt, SourceError};
use mailcase_store::{ConnectorState, ConnectorStatusUpdate, ErrorFacts, Lease, LogLevel};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// While something waits for another try, the pause between two polls is no longer than this.
const RETRY_POLL: Duration = Duration::from_secs(15);

/// What to do when a disk is full.
const FULL: &str = "The disk is full: make room, and it goes on by itself. Nothing is lost; mail stays on the server meanwhile.";

pub(crate) struct Post {
    pub(crate) workshop: Workshop,
    pub(crate) connector: Connector,
    pub(crate) lease: Lease,
    pub(crate) folders: Vec<FolderPath>,
    /// Which mailbox the settings name.
    pub(crate) mailbox: String,
    pub(crate) interrupt: Interrupt,
    /// Cancelled on shutdown and when the lease is lost.
    pub(crate) cancel: CancellationToken,
}

/// What was last reported of the mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nothing yet by this runner.
    Unknown,
    Well,
    /// It works, but for these folders.
    Closed(Vec<ClosedFolder>),
    Trouble(ErrorFacts),
}

impl Post {
    /// Says which mailbox is read from now on; returns from which day on mail is wanted there, read or not.
    pub(crate) async fn enter_mailbox(&self) -> Result<Option<Date>, EngineError> {
        let store = &self.workshop.store;
        let since = store.enter_mailbox(&self.lease, self.connector.organization, &self.mailbox).await?;
        Ok(since.map(|since| since.to_zoned(TimeZone::UTC).date()))
    }

    /// Reports that the mailbox can be listed, if it was not known: what is taken from now on is progress.
    pub(crate) async fn working(&self, standing: &Standing, discovered: usize) -> Result<(), EngineError> {
        let error = match standing {
            Standing::Trouble(facts) => Some(facts.clone()),
            Standing::Unknown if discovered > 0 => None,
            _ => return Ok(()),
        };
        self.set_status(ConnectorState::Polling, None, error, None).await
    }

    /// Reports a round that went through; the next one is begun after `pause` at the latest.
    pub(crate) async fn report(
        &self,
        round: &Round,
        standing: &mut Standing,
        kept: &KeptLease,
        pause: Duration,
    ) -> Result<(), EngineError> {
        if (round.discovered, round.fetched, round.acknowledged) != (0, 0, 0) {
            let Round { discovered, fetched, acknowledged, .. } = round;
            let text = format!("{discovered} new, {fetched} fetched, {acknowledged} acknowledged");
            self.log(LogLevel::Info, "round", &text).await;
        }
        let at = Timestamp::now();
        let next_poll = at.checked_add(pause).ok();
        let closed = round.closed.first();
        let now = closed.map_or(Standing::Well, |_| Standing::Closed(round.closed.clone()));
        if *standing == now {
            kept.tell(closed.is_none().then_some(at), next_poll);
            return Ok(());
        }
        kept.forget_told();
        match closed {
            None => {
                alarms::clear_connection(&self.workshop.store, &self.connector).await?;
                self.set_status(ConnectorState::Waiting, Some(at), None, next_poll).await?;
            }
            Some(first) => {
                alarms::clear_sign_in(&self.workshop.store, &self.connector).await?;
                let (code, hint) = (first.error.code(), first.error.hint().map(str::to_owned));
                let facts = facts(code, in_one_line(&round.closed), hint);
                self.log(LogLevel::Error, code, &facts.message).await;
                self.set_status(ConnectorState::BackingOff, None, Some(facts), next_poll).await?;
            }
        }
        *standing = now;
        Ok(())
    }

    /// How long to wait at most when nothing is announced.
    pub(crate) async fn pause(&self) -> Result<Duration, EngineError> {
        let poll = Duration::from_secs(self.connector.settings.poll_seconds.into());
        let work = self.workshop.store.pending_work(self.connector.id).await?;
        // What is undecided is somebody else's to decide and, once it is, ours to acknowledge: nobody may tell us.
        let waiting = work.discovered > 0 || work.unacknowledged > 0 || work.stored_undecided > 0;
        Ok(if waiting { poll.min(RETRY_POLL) } else { poll })
    }

    /// Reports a failed round and waits before the next one. Returns what was reported.
    pub(crate) async fn back_off(&self, error: &EngineError, backoff: &mut Backoff) -> Standing {
        let (code, hint) = match error {
            EngineError::Source(error) => (error.code(), error.hint().map(str::to_owned)),
            EngineError::Store(error) if error.is_full() => ("storage", Some(FULL.to_owned())),
            EngineError::Store(_) | EngineError::Read(_) => {
                ("storage", Some("Look at the server's log.".to_owned()))
            }
            EngineError::Stopping | EngineError::Task => ("internal", None),
        };
        let failure = match error {
            EngineError::Source(SourceError::Throttled { retry_after, .. }) => {
                Failure::Passing { asked: *retry_after }
            }
            EngineError::Source(SourceError::SignIn { .. }) => Failure::SignIn,
            _ => Failure::Passing { asked: None },
        };
        metrics::counter!("mailcase_poll_failures_total", "code" => code).increment(1);
        let pause = backoff.failed(failure);
        let hint = if pause.open { Some(with_circuit_open(hint)) } else { hint };
        let facts = facts(code, error.to_string(), hint);
        tracing::warn!(connector = %self.connector.id, code, reason = %facts.message, "a mailbox could not be polled");
        let standing = Standing::Trouble(facts.clone());
        let next = Timestamp::now().checked_add(pause.length).ok();
        self.log(LogLevel::Error, code, &facts.message).await;
        if pause.opened {
            let text = "refused again and again: signing in is tried rarely from now on, before the account is locked";
            self.log(LogLevel::Warning, "circuit_open", text).await;
        }
        if let Err(error) = self.set_status(ConnectorState::BackingOff, None, Some(facts), next).await {
            if error.is_fenced() {
                self.cancel.cancel();
                return standing;
            }
            tracing::error!(%error, "the state of a connector could not be recorded");
        }
        if let EngineError::Source(error @ SourceError::SignIn { .. }) = error
            && let Err(error) = alarms::raise_sign_in(&self.workshop.store, &self.connector, error).await
        {
            tracing::error!(%error, "an alarm could not be raised");
        }
        tokio::select! {
            () = self.cancel.cancelled() => {}
            () = self.interrupt.notified() => {}
            () = tokio::time::sleep(pause.length) => {}
        }
        standing
    }

    async fn set_status(
        &self,
        state: ConnectorState,
        last_success: Option<Timestamp>,
        last_error: Option<ErrorFacts>,
        next_poll: Option<Timestamp>,
    ) -> Result<(), EngineError> {
        let update = ConnectorStatusUpdate { state, last_success, last_error, next_poll };
        Ok(self.workshop.store.set_connector_status(&self.lease, update).await?)
    }

    pub(crate) async fn log(&self, level: LogLevel, event: &str, text: &str) {
        if let Err(error) =
            self.workshop.store.append_connector_log(self.connector.id, level, event, text).await
        {
            tracing::warn!(%error, "the log of a connector could not be written");
        }
    }
}

/// What to do next when signing in is tried rarely.
fn with_circuit_open(hint: Option<String>) -> String {
    let rarely = "It is tried rarely from now on, so that the account is not locked. Once it is mended, Poll now tries at once.";
    hint.map_or_else(|| rarely.to_owned(), |hint| format!("{hint} {rarely}"))
}

fn facts(code: &str, message: String, hint: Option<String>) -> ErrorFacts {
    ErrorFacts { code: code.to_owned(), message, hint, at: Timestamp::now() }
}
