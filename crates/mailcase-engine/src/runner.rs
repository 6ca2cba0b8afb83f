//! Runs one connector for as long as its lease is ours: list, fetch, acknowledge, wait, again.

use crate::acknowledge::acknowledge_due;
use crate::alarms;
use crate::backoff::Backoff;
use crate::error::EngineError;
use crate::fetch_blame::FetchBlame;
use crate::pipeline::{Pipeline, Workshop};
use jiff::Timestamp;
use mailcase_core::DeliveryId;
use mailcase_core::connector::{Backfill, Connector, FetchMode};
use mailcase_mail::{Cursor, FolderPath, Interrupt, MailSource, RemoteId, Scope, SourceError, Wake};
use mailcase_store::{
    ConnectorState, ConnectorStatusUpdate, ErrorFacts, FetchFailure, Lease, LogLevel, NewDelivery,
};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Messages listed per page of a folder.
const LISTING: usize = 5_000;
/// While something waits for another try, the pause between two polls is no longer than this.
const RETRY_POLL: Duration = Duration::from_secs(15);

pub(crate) struct Runner<S> {
    pub(crate) post: Post,
    pub(crate) source: S,
    pub(crate) blame: FetchBlame,
}

/// What a runner has been entrusted with, and how it reports.
pub(crate) struct Post {
    pub(crate) workshop: Workshop,
    pub(crate) connector: Connector,
    pub(crate) lease: Lease,
    pub(crate) folders: Vec<FolderPath>,
    pub(crate) interrupt: Interrupt,
    /// Cancelled on shutdown and when the lease is lost.
    pub(crate) cancel: CancellationToken,
}

/// What one round did.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Round {
    pub(crate) discovered: usize,
    pub(crate) fetched: usize,
    pub(crate) acknowledged: usize,
}

impl<S: MailSource> Runner<S> {
    /// Runs until cancelled or fenced off. Never fails: trouble is recorded on the connector and tried again.
    pub(crate) async fn run(mut self) {
        let mut backoff = Backoff::default();
        self.post.log(LogLevel::Info, "started", "watching the mailbox").await;
        while !self.post.cancel.is_cancelled() {
            let started = Instant::now();
            let outcome = match self.round().await {
                Ok(round) => self.post.succeeded(round, started).await,
                Err(error) => Err(error),
            };
            let outcome = match outcome {
                Ok(()) => {
                    backoff.succeeded();
                    self.wait().await
                }
                Err(error) => Err(error),
            };
            match outcome {
                Ok(()) => {}
                Err(error) if error.is_fenced() => return,
                Err(EngineError::Stopping) if self.post.cancel.is_cancelled() => return,
                Err(error) => self.post.back_off(&error, &mut backoff).await,
            }
        }
    }

    /// Lists every folder, fetches what is new and acknowledges what is decided.
    pub(crate) async fn round(&mut self) -> Result<Round, EngineError> {
        let mut round = Round::default();
        let mut missing = None;
        for folder in self.post.folders.clone() {
            match self.discover(&folder).await {
                Ok(new) => round.discovered = round.discovered.saturating_add(new),
                // The other folders go on; the error is shown once they are done.
                Err(EngineError::Source(error @ SourceError::FolderNotFound { .. })) => missing = Some(error),
                Err(error) => return Err(error),
            }
        }
        round.fetched = self.fetch_due(&mut round, &mut missing).await?;
        round.acknowledged = round.acknowledged.saturating_add(self.acknowledge().await?);
        match missing {
            Some(error) => Err(error.into()),
            None => Ok(round),
        }
    }

    async fn discover(&mut self, folder: &FolderPath) -> Result<usize, EngineError> {
        let store = self.post.workshop.store.clone();
        let mut cursor = store.folder_cursor(self.post.connector.id, folder.as_str()).await?.map(Cursor::new);
        let mut new = 0_usize;
        loop {
            let scope = self.post.scope();
            let listing = self.source.discover(folder, scope, cursor.as_ref(), LISTING);
            let page = tokio::select! {
                biased;
                () = self.post.cancel.cancelled() => return Err(EngineError::Stopping),
                page = listing => page?,
            };
            let heads: Vec<NewDelivery> = page
                .messages
                .iter()
                .map(|head| NewDelivery {
                    remote_id: head.id.as_str().to_owned(),
                    size: head.size,
                    received: head.received,
                })
                .collect();
            let reset = page.reset.as_ref().map(|reset| reset.reason.as_str());
            // Unseen-only listings repeat what is known; a transaction is only worth it when something is different.
            if !heads.is_empty() || reset.is_some() || cursor.as_ref() != Some(&page.cursor) {
                let known = store
                    .record_discovery(
                        &self.post.lease,
                        self.post.connector.organization,
                        folder.as_str(),
                        &heads,
                        page.cursor.as_str(),
                        reset,
                    )
                    .await?;
                new = new.saturating_add(known);
            }
            cursor = Some(page.cursor);
            if !page.more {
                return Ok(new);
            }
        }
    }

    /// Fetches everything that is due, folder by folder; acknowledges along the way.
    async fn fetch_due(
        &mut self,
        round: &mut Round,
        missing: &mut Option<SourceError>,
    ) -> Result<usize, EngineError> {
        let mut fetched = 0_usize;
        for folder in self.post.folders.clone() {
            loop {
                let store = &self.post.workshop.store;
                let due = store.due_deliveries(&self.post.lease, folder.as_str(), LISTING).await?;
                if due.is_empty() {
                    break;
                }
                let due: Vec<(RemoteId, DeliveryId)> =
                    due.into_iter().map(|due| (RemoteId::new(due.remote_id), due.delivery)).collect();
                let pipeline = Pipeline::start(&self.post.workshop, &self.post.connector, &self.post.lease);
                let outcome = self.fetch_all(&folder, &due, &pipeline, round).await;
                let awaited = pipeline.awaited.clone();
                pipeline.finish().await?;
                match self.blame_for(outcome, &awaited.left()).await {
                    Err(EngineError::Source(error @ SourceError::FolderNotFound { .. })) => {
                        *missing = Some(error);
                        break;
                    }
                    outcome => outcome?,
                }
                fetched = fetched.saturating_add(due.len());
            }
        }
        Ok(fetched)
    }

    /// Returns the source's error together with how many messages had been asked for in the fetch that broke.
    async fn fetch_all(
        &mut self,
        folder: &FolderPath,
        due: &[(RemoteId, DeliveryId)],
        pipeline: &Pipeline,
        round: &mut Round,
    ) -> Result<(), FetchBroken> {
        let mut rest = due;
        while !rest.is_empty() {
            let (asked, later) = rest.split_at(self.blame.round().min(rest.len()));
            rest = later;
            pipeline.awaited.ask(asked.iter().cloned());
            let ids: Vec<RemoteId> = asked.iter().map(|(id, _)| id.clone()).collect();
            let broken = |error| FetchBroken { error, asked: ids.len() };
            let fetch = self.source.fetch(folder, &ids, &pipeline.fetched);
            let cancelled = self.post.cancel.clone();
            tokio::select! {
                biased;
                () = cancelled.cancelled() => return Err(broken(EngineError::Stopping)),
                result = fetch => result.map_err(|error| broken(error.into()))?,
            }
            self.blame.succeeded();
            // What the pipeline has decided meanwhile is acknowledged while it works on the rest.
            let acknowledged = self.acknowledge().await.map_err(|error| FetchBroken { error, asked: 0 })?;
            round.acknowledged = round.acknowledged.saturating_add(acknowledged);
        }
        Ok(())
    }

    /// After a broken fetch: finds out whether one message is to blame, and puts it back with a count.
    async fn blame_for(
        &mut self,
        outcome: Result<(), FetchBroken>,
        unanswered: &[DeliveryId],
    ) -> Result<(), EngineError> {
        let Err(FetchBroken { error, asked }) = outcome else { return Ok(()) };
        if let EngineError::Source(source_error) = &error
            && self.blame.failed(source_error, asked)
        {
            let failures: Vec<FetchFailure> = unanswered
                .iter()
                .map(|delivery| FetchFailure {
                    delivery: *delivery,
                    reason: source_error.to_string(),
                    gone: false,
                })
                .collect();
            self.post.workshop.store.record_fetch_failures(&self.post.lease, &failures).await?;
            self.post
                .log(
                    LogLevel::Warning,
                    "message_failed",
                    &format!("one message could not be fetched: {source_error}"),
                )
                .await;
        }
        Err(error)
    }

    /// Carries out what is due. May be cut off: what was done and not recorded is done again, which changes nothing.
    async fn acknowledge(&mut self) -> Result<usize, EngineError> {
        let Post { workshop, lease, connector, cancel, .. } = &self.post;
        let work = acknowledge_due(&mut self.source, &workshop.store, lease, &connector.settings.disposition);
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(EngineError::Stopping),
            acknowledged = work => acknowledged,
        }
    }

    async fn wait(&mut self) -> Result<(), EngineError> {
        let pause = self.post.pause().await?;
        let until = Instant::now().checked_add(pause).unwrap_or_else(Instant::now);
        let cancel = self.post.cancel.clone();
        tokio::select! {
            biased;
            () = cancel.cancelled() => Ok(()),
            wake = self.source.wait(&self.post.folders, until, &self.post.interrupt) => {
                if wake? == Wake::Changed {
                    metrics::counter!("mailcase_announcements_total").increment(1);
                }
                Ok(())
            }
        }
    }
}

impl Post {
    fn scope(&self) -> Scope {
        match (self.connector.settings.fetch, self.connector.settings.backfill) {
            (FetchMode::Unseen, _) => Scope::Unseen,
            (FetchMode::Everything, Backfill::Unread) => Scope::NewFromUnread,
            (FetchMode::Everything, Backfill::All) => Scope::NewFromAll,
            (FetchMode::Everything, Backfill::Since { date }) => Scope::NewSince(date),
        }
    }

    async fn succeeded(&self, round: Round, started: Instant) -> Result<(), EngineError> {
        metrics::histogram!("mailcase_poll_seconds").record(started.elapsed());
        if round != Round::default() {
            let Round { discovered, fetched, acknowledged } = round;
            let text = format!("{discovered} new, {fetched} fetched, {acknowledged} acknowledged");
            self.log(LogLevel::Info, "round", &text).await;
        }
        alarms::clear_connection(&self.workshop.store, &self.connector).await?;
        let pause = self.pause().await?;
        let next_poll = Timestamp::now().checked_add(pause).ok();
        self.set_status(ConnectorState::Waiting, Some(Timestamp::now()), None, next_poll).await
    }

    /// How long to wait at most when nothing is announced.
    async fn pause(&self) -> Result<Duration, EngineError> {
        let poll = Duration::from_secs(self.connector.settings.poll_seconds.into());
        let work = self.workshop.store.pending_work(self.connector.id).await?;
        let waiting = work.discovered > 0 || work.unacknowledged > 0;
        Ok(if waiting { poll.min(RETRY_POLL) } else { poll })
    }

    async fn back_off(&self, error: &EngineError, backoff: &mut Backoff) {
        let (code, hint, asked) = match error {
            EngineError::Source(SourceError::Throttled { retry_after, .. }) => {
                ("throttled", None, *retry_after)
            }
            EngineError::Source(error) => (error.code(), error.hint().map(str::to_owned), None),
            EngineError::Store(_) | EngineError::Read(_) => {
                ("storage", Some("Look at the server's log.".to_owned()), None)
            }
            EngineError::Stopping | EngineError::Task => ("internal", None, None),
        };
        metrics::counter!("mailcase_poll_failures_total", "code" => code).increment(1);
        let message = error.to_string();
        tracing::warn!(connector = %self.connector.id, code, %message, "a mailbox could not be polled");
        let pause = backoff.failed(asked);
        let facts =
            ErrorFacts { code: code.to_owned(), message: message.clone(), hint, at: Timestamp::now() };
        let next = Timestamp::now().checked_add(pause).ok();
        if let Err(error) = self.set_status(ConnectorState::BackingOff, None, Some(facts), next).await {
            if error.is_fenced() {
                return self.cancel.cancel();
            }
            tracing::error!(%error, "the state of a connector could not be recorded");
        }
        self.log(LogLevel::Error, code, &message).await;
        if let EngineError::Source(error @ SourceError::SignIn { .. }) = error
            && let Err(error) = alarms::raise_sign_in(&self.workshop.store, &self.connector, error).await
        {
            tracing::error!(%error, "an alarm could not be raised");
        }
        tokio::select! {
            () = self.cancel.cancelled() => {}
            () = self.interrupt.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
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

    async fn log(&self, level: LogLevel, event: &str, text: &str) {
        if let Err(error) =
            self.workshop.store.append_connector_log(self.connector.id, level, event, text).await
        {
            tracing::warn!(%error, "the log of a connector could not be written");
        }
    }
}

struct FetchBroken {
    error: EngineError,
    asked: usize,
}
