//! Runs one connector for as long as its lease is ours: list, fetch, acknowledge, wait, again.

use crate::acknowledge::acknowledge_due;
use crate::backoff::Backoff;
use crate::calm::Calm;
use crate::caution::Caution;
use crate::closed::ClosedFolder;
use crate::error::EngineError;
use crate::fetch_blame::FetchBlame;
use crate::lease_keeper::KeptLease;
use crate::pipeline::Pipeline;
use crate::post::{Post, Standing};
use crate::remote::scope;
use crate::sieve::Sieve;
use mailcase_core::DeliveryId;
use mailcase_mail::{Cursor, FolderPath, MailSource, RemoteHead, RemoteId, Scope, SourceError, Wake};
use mailcase_store::{FetchFailure, LogLevel, NewDelivery};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Messages listed per page of a folder.
const LISTING: usize = 5_000;
/// Messages whose first bytes are looked at at once: a few megabytes of them.
const GLANCES: usize = 200;
/// A wait that lasted so long has done its work, however it ended: servers and firewalls cut idle connections.
const WAIT_ENOUGH: Duration = Duration::from_secs(60);

pub(crate) struct Runner<S> {
    post: Post,
    source: S,
    sieve: Arc<Sieve>,
    blame: FetchBlame,
    caution: Caution,
    calm: Calm,
    /// Whether a fetch went through since the last failure: a mailbox with a few messages that break the line is not
    /// one that is down.
    progressed: bool,
    /// Whether the last wait broke off early.
    wait_broke: bool,
    /// What is listed; known once the mailbox was entered.
    scope: Option<Scope>,
}

/// What one round did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Round {
    pub(crate) discovered: usize,
    pub(crate) fetched: usize,
    pub(crate) acknowledged: usize,
    /// Watched folders that cannot be read; never all of them.
    pub(crate) closed: Vec<ClosedFolder>,
}

impl<S: MailSource> Runner<S> {
    pub(crate) fn new(post: Post, source: S) -> Self {
        let caution = Caution::after(post.lease.interruptions);
        let sieve = Arc::new(Sieve::new(&post.connector.settings.prefilter));
        Self {
            post,
            source,
            sieve,
            blame: FetchBlame::default(),
            caution,
            calm: Calm::default(),
            progressed: false,
            wait_broke: false,
            scope: None,
        }
    }

    /// Runs until cancelled or fenced off. Never fails: trouble is recorded on the connector and tried again.
    pub(crate) async fn run(mut self, kept: &KeptLease) {
        let mut backoff = Backoff::default();
        let mut standing = Standing::Unknown;
        self.post.log(LogLevel::Info, "started", "watching the mailbox").await;
        self.tell_caution().await;
        while !self.post.cancel.is_cancelled() {
            match self.round_and_wait(kept, &mut standing, &mut backoff).await {
                Ok(()) => {}
                Err(error) if error.is_fenced() => return,
                Err(EngineError::Stopping) if self.post.cancel.is_cancelled() => return,
                Err(error) => {
                    kept.forget_told();
                    let throttled = matches!(error, EngineError::Source(SourceError::Throttled { .. }));
                    if std::mem::take(&mut self.progressed) && !throttled {
                        backoff.succeeded();
                    }
                    standing = self.post.back_off(&error, &mut backoff).await;
                }
            }
        }
    }

    async fn tell_caution(&mut self) {
        if self.caution.is_called_for() {
            let text =
                "earlier runs ended with the whole process: recording messages before looking into them";
            self.post.log(LogLevel::Warning, "caution", text).await;
        }
    }

    async fn round_and_wait(
        &mut self,
        kept: &KeptLease,
        standing: &mut Standing,
        backoff: &mut Backoff,
    ) -> Result<(), EngineError> {
        let started = Instant::now();
        let mut round = self.list_all().await?;
        self.post.working(standing, round.discovered).await?;
        self.take_all(&mut round).await?;
        self.caution.over();
        metrics::histogram!("mailcase_poll_seconds").record(started.elapsed());
        let pause = self.post.pause().await?;
        self.post.report(&round, standing, kept, pause).await?;
        backoff.succeeded();
        self.wait(&round.closed, pause).await
    }

    /// Lists every folder, fetches what is new and acknowledges what is decided, once.
    pub(crate) async fn round(&mut self) -> Result<Round, EngineError> {
        self.tell_caution().await;
        let mut round = self.list_all().await?;
        self.take_all(&mut round).await?;
        Ok(round)
    }

    /// Lists every folder. One that cannot be read does not hold up the others, unless all of them are.
    async fn list_all(&mut self) -> Result<Round, EngineError> {
        let mut round = Round::default();
        let scope = match self.scope {
            Some(scope) => scope,
            None => {
                let since = self.post.enter_mailbox().await?;
                *self.scope.insert(scope(&self.post.connector.settings, since))
            }
        };
        for folder in self.post.folders.clone() {
            match self.discover(&folder, scope).await {
                Ok(new) => round.discovered = round.discovered.saturating_add(new),
                Err(EngineError::Source(error)) => round.closed.push(ClosedFolder::because(&folder, error)?),
                Err(error) => return Err(error),
            }
        }
        self.some_folder_is_open(&round)?;
        Ok(round)
    }

    async fn take_all(&mut self, round: &mut Round) -> Result<(), EngineError> {
        for folder in self.post.folders.clone() {
            if is_closed(&round.closed, &folder) {
                continue;
            }
            match self.fetch_due(&folder, round).await {
                Ok(()) => {}
                // A refusal may be about one message: that is found out, and here it ends the round.
                Err(EngineError::Source(error @ SourceError::FolderNotFound { .. })) => {
                    round.closed.push(ClosedFolder { folder, error });
                }
                Err(error) => return Err(error),
            }
        }
        self.some_folder_is_open(round)?;
        round.acknowledged = round.acknowledged.saturating_add(self.acknowledge().await?);
        Ok(())
    }

    fn some_folder_is_open(&self, round: &Round) -> Result<(), EngineError> {
        match round.closed.first() {
            Some(first) if round.closed.len() >= self.post.folders.len() => Err(first.error.clone().into()),
            _ => Ok(()),
        }
    }

    async fn discover(&mut self, folder: &FolderPath, scope: Scope) -> Result<usize, EngineError> {
        let store = self.post.workshop.store.clone();
        let mut cursor = store.folder_cursor(self.post.connector.id, folder.as_str()).await?.map(Cursor::new);
        let mut new = 0_usize;
        loop {
            let listing = self.source.discover(folder, scope, cursor.as_ref(), LISTING);
            let page = tokio::select! {
                biased;
                () = self.post.cancel.cancelled() => return Err(EngineError::Stopping),
                page = listing => page?,
            };
            let mut heads = worth_recording(&self.post, folder, scope, &page.messages).await?;
            self.hold_back(folder, &mut heads).await?;
            let reset = page.reset.as_ref().map(|reset| reset.reason.as_str());
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

    /// Marks messages the pre-filter does not take for certain, so that they are not fetched.
    async fn hold_back(&mut self, folder: &FolderPath, heads: &mut [NewDelivery]) -> Result<(), EngineError> {
        if self.sieve.criteria().is_empty() {
            return Ok(());
        }
        for heads in heads.chunks_mut(GLANCES) {
            let ids: Vec<RemoteId> =
                heads.iter().map(|head| RemoteId::new(head.remote_id.as_str())).collect();
            let looking = self.source.glance(folder, &ids, self.sieve.criteria());
            let glances = tokio::select! {
                biased;
                () = self.post.cancel.cancelled() => return Err(EngineError::Stopping),
                glances = looking => glances,
            };
            let glances = match glances {
                Ok(glances) => glances,
                // It would only have saved fetching: what is wrong shows when they are fetched.
                Err(error) => {
                    let text = format!("messages could not be looked at before they are fetched: {error}");
                    self.post.log(LogLevel::Warning, "glance_failed", &text).await;
                    return Ok(());
                }
            };
            let unwanted = self.post.workshop.examiner.held_back(&self.sieve, glances).await?;
            for head in heads.iter_mut() {
                head.filtered_out = unwanted.contains(head.remote_id.as_str());
            }
        }
        Ok(())
    }

    /// Fetches everything that is due in a folder; acknowledges along the way.
    async fn fetch_due(&mut self, folder: &FolderPath, round: &mut Round) -> Result<(), EngineError> {
        loop {
            let store = &self.post.workshop.store;
            let due = store.due_deliveries(&self.post.lease, folder.as_str(), LISTING).await?;
            if due.is_empty() {
                return Ok(());
            }
            let mut due: Vec<(RemoteId, DeliveryId)> =
                due.into_iter().map(|due| (RemoteId::new(due.remote_id), due.delivery)).collect();
            due.sort_by_key(|(_, delivery)| self.blame.suspects(*delivery));
            due.truncate(self.caution.share_of(due.len()));
            let Post { workshop, connector, lease, .. } = &self.post;
            let pipeline =
                Pipeline::start(workshop, connector, &self.sieve, lease, self.caution.is_called_for());
            let outcome = self.fetch_all(folder, &due, &pipeline, round).await;
            let awaited = pipeline.awaited.clone();
            pipeline.finish().await?;
            self.caution.survived(due.len());
            self.blame_for(outcome, &awaited.left(), due.len() == 1).await?;
            round.fetched = round.fetched.saturating_add(due.len());
        }
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
            self.progressed = true;
            let asked: Vec<DeliveryId> = asked.iter().map(|(_, delivery)| *delivery).collect();
            let blamed = self.blame.succeeded(&asked);
            if !blamed.is_empty() {
                // They are among the rest: what is due then is another list.
                return self.put_back(&blamed).await.map_err(|error| FetchBroken { error, asked: 0 });
            }
            // What the pipeline has decided meanwhile is acknowledged while it works on the rest.
            let acknowledged = self.acknowledge().await.map_err(|error| FetchBroken { error, asked: 0 })?;
            round.acknowledged = round.acknowledged.saturating_add(acknowledged);
        }
        Ok(())
    }

    /// After a fetch: finds out whether one message is to blame if it broke. What a source left unanswered, against its
    /// contract, is put back too: it would be asked for again without an end.
    async fn blame_for(
        &mut self,
        outcome: Result<(), FetchBroken>,
        unanswered: &[DeliveryId],
        lone: bool,
    ) -> Result<(), EngineError> {
        match outcome {
            Ok(()) => {
                let reason = "the server did not answer for this message";
                let left_out = unanswered.iter().map(|delivery| FetchFailure {
                    delivery: *delivery,
                    reason: reason.to_owned(),
                    gone: false,
                });
                self.put_back(&left_out.collect::<Vec<_>>()).await
            }
            Err(FetchBroken { error: EngineError::Source(error), asked }) => {
                let blamed = self.blame.failed(&error, asked, unanswered, lone);
                self.put_back(&blamed).await?;
                Err(error.into())
            }
            Err(FetchBroken { error, .. }) => Err(error),
        }
    }

    /// Puts messages that were not given back into the ledger, with a count.
    async fn put_back(&mut self, failures: &[FetchFailure]) -> Result<(), EngineError> {
        let Some(first) = failures.first() else { return Ok(()) };
        self.post.workshop.store.record_fetch_failures(&self.post.lease, failures).await?;
        let reason = &first.reason;
        let text = match failures.len() {
            1 => format!("one message could not be fetched: {reason}"),
            count => format!("{count} messages could not be fetched: {reason}"),
        };
        self.post.log(LogLevel::Warning, "message_failed", &text).await;
        Ok(())
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

    async fn wait(&mut self, closed: &[ClosedFolder], pause: Duration) -> Result<(), EngineError> {
        let until = Instant::now().checked_add(pause).unwrap_or_else(Instant::now);
        let folders: Vec<FolderPath> =
            self.post.folders.iter().filter(|folder| !is_closed(closed, folder)).cloned().collect();
        let cancel = self.post.cancel.clone();
        let begun = Instant::now();
        let wake = tokio::select! {
            biased;
            () = cancel.cancelled() => return Ok(()),
            wake = self.source.wait(&folders, until, &self.post.interrupt) => wake,
        };
        let broke_before = std::mem::replace(&mut self.wait_broke, wake.is_err());
        match wake {
            Ok(Wake::Changed) => {
                metrics::counter!("mailcase_announcements_total").increment(1);
                self.calm_down().await;
            }
            // Somebody asked for a poll, or a server that calls us did.
            Ok(Wake::Interrupted) => self.calm_down().await,
            Ok(Wake::TimedOut) => {}
            // The next round connects anew, and says so if it cannot; only waits that break again and again are trouble.
            Err(error) if !broke_before || begun.elapsed() >= WAIT_ENOUGH => {
                tracing::debug!(connector = %self.post.connector.id, %error, "a wait broke off; polling at once");
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Answers a server that announces without a pause no faster than is good for both.
    async fn calm_down(&mut self) {
        let ready = self.calm.next(Instant::now());
        tokio::select! {
            biased;
            () = self.post.cancel.cancelled() => {}
            () = tokio::time::sleep_until(ready) => {}
        }
    }
}

/// What of a listing the ledger does not know yet. Listings of unread mail repeat what is known at every poll: a
/// look is cheaper than a transaction that changes nothing.
async fn worth_recording(
    post: &Post,
    folder: &FolderPath,
    scope: Scope,
    listed: &[RemoteHead],
) -> Result<Vec<NewDelivery>, EngineError> {
    let mut heads: Vec<NewDelivery> = listed
        .iter()
        .map(|head| NewDelivery {
            remote_id: head.id.as_str().to_owned(),
            size: head.size,
            received: head.received,
            filtered_out: false,
        })
        .collect();
    if scope == Scope::Unseen && !heads.is_empty() {
        let ids: Vec<&str> = heads.iter().map(|head| head.remote_id.as_str()).collect();
        let Post { workshop, connector, .. } = post;
        let known = workshop.store.listed_before(connector.id, folder.as_str(), &ids).await?;
        heads.retain(|head| !known.contains(&head.remote_id));
    }
    Ok(heads)
}

struct FetchBroken {
    error: EngineError,
    asked: usize,
}

fn is_closed(closed: &[ClosedFolder], folder: &FolderPath) -> bool {
    closed.iter().any(|one| one.folder == *folder)
}
