//! Does re-examinations: looks at stored messages again with the parser and the keys of today, in the background of a
//! server or in the foreground of the command line.
//!
//! What was decided stays decided: new evidence makes no case and joins none. A message that cannot be examined keeps the
//! evidence it has. Progress is committed together with the evidence; a job goes on where its last holder left it.

use crate::config::EngineConfig;
use crate::dns::verified_again;
use crate::error::EngineError;
use crate::keyrings::Keyrings;
use crate::means::MeansOf;
use futures::{Stream, StreamExt as _, stream};
use mailcase_core::{OrganizationId, ReexaminationId};
use mailcase_evidence::{Limits, examine_reader};
use mailcase_store::{
    Actor, Event, EventStream, ExaminedAgain, MeantMessage, NewAudit, PackedEvidence, Reexamination,
    ReexaminationLease, ReexaminationScope, Reexamined, Store, StoreError,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// Messages looked up together.
const PAGE: usize = 200;
/// Messages whose new evidence is written together: few enough that the one writer of SQLite is soon free again.
const GROUP: usize = 32;
/// Packed evidence written together, in bytes, about.
const GROUP_BYTES: usize = 8 << 20;
/// What is examined is written after this at the latest, so that progress is seen.
const GROUP_WAITS: Duration = Duration::from_secs(1);
/// How long a job stays ours without a sign of life.
const LEASE: Duration = Duration::from_secs(30);
/// After this a job is given back, so that those of other organizations have their turn.
const TURN: Duration = Duration::from_secs(60);
/// Progress of a job is told at most this often.
const TOLD_EVERY: Duration = Duration::from_secs(1);
/// Jobs whose holder died are looked for this often; new ones are heard of.
const LOOK: Duration = Duration::from_secs(5);
/// After so many holders in a row that ended without a message done, messages are taken one by one: one of them seems to
/// end the process.
const CAUTION_AFTER: i64 = 2;
/// After so many the message that is next is passed over.
const PASSED_OVER_AFTER: i64 = 5;
/// How often the command line looks how far jobs are: another process may do them.
const WATCH: Duration = Duration::from_millis(500);

/// How far re-examinations are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReexaminationProgress {
    pub examined: u64,
    pub total: u64,
}

/// Examines stored messages of all organizations again, in this process or together with a server that is at it; first
/// what was begun before. Returns what came of each organization's.
///
/// # Errors
/// Those of the store.
pub async fn reexamine(
    store: &Store,
    config: &EngineConfig,
    scope: ReexaminationScope,
    mut tell: impl FnMut(ReexaminationProgress),
) -> Result<Vec<Reexamination>, EngineError> {
    let owner = format!("once:{}/{}", config.replica, uuid::Uuid::now_v7());
    let means = MeansOf::new(store, Keyrings::new(store.clone()));
    let reexaminer = Reexaminer::new(store.clone(), means, owner, config);
    let organizations: Vec<OrganizationId> =
        store.list_organizations().await?.into_iter().map(|organization| organization.id).collect();
    let mut begun = Vec::new();
    for org in &organizations {
        let unfinished = store.reexaminations(*org).await?.into_iter().filter(|one| one.ended_at.is_none());
        begun.extend(unfinished.map(|one| (*org, one.id)));
    }
    reexaminer.finish(&begun, &mut tell).await?;
    let mut asked = Vec::new();
    for org in organizations {
        let entry = NewAudit {
            organization: Some(org),
            actor: Actor::System,
            action: "reexamination.requested",
            target: None,
            detail: serde_json::json!({}),
        };
        asked.push((org, store.recorded(entry).request_reexamination(org, scope).await?.id));
    }
    reexaminer.finish(&asked, &mut tell).await
}

/// Does the jobs that are there, one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Reexaminer {
    store: Store,
    means: MeansOf,
    owner: String,
    /// Messages examined at the same time: mail that comes in has the rest of the processors.
    at_once: usize,
    limits: Limits,
}

/// Why a turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// There is nothing to do.
    Idle,
    /// A job was done, or given back for its next turn.
    Worked,
}

impl Reexaminer {
    pub(crate) fn new(store: Store, means: MeansOf, owner: String, config: &EngineConfig) -> Self {
        let at_once = (config.examiners / 2).max(1);
        Self { store, means, owner, at_once, limits: config.limits }
    }

    /// Runs until cancelled.
    pub(crate) async fn run(self, cancel: CancellationToken) {
        let mut events = self.store.events();
        while !cancel.is_cancelled() {
            match self.turn(&cancel).await {
                Ok(Turn::Worked) => {}
                Ok(Turn::Idle) => tokio::select! {
                    () = cancel.cancelled() => {}
                    () = asked_for(&mut events) => {}
                    () = tokio::time::sleep(LOOK) => {}
                },
                Err(error) => {
                    tracing::warn!(%error, "messages could not be examined again; going on later");
                    tokio::select! {
                        () = cancel.cancelled() => {}
                        () = tokio::time::sleep(LOOK) => {}
                    }
                }
            }
        }
    }

    /// Works until these jobs have ended, whoever does them.
    async fn finish(
        &self,
        jobs: &[(OrganizationId, ReexaminationId)],
        tell: &mut impl FnMut(ReexaminationProgress),
    ) -> Result<Vec<Reexamination>, EngineError> {
        let cancel = CancellationToken::new();
        let _working = AbortOnDropHandle::new(tokio::spawn(self.clone().run(cancel.child_token())));
        loop {
            let standing = self.standing(jobs).await?;
            tell(standing.iter().fold(ReexaminationProgress::default(), |sum, one| ReexaminationProgress {
                examined: sum.examined.saturating_add(one.examined),
                total: sum.total.saturating_add(one.total),
            }));
            if standing.iter().all(|one| one.ended_at.is_some()) {
                return Ok(standing);
            }
            tokio::time::sleep(WATCH).await;
        }
    }

    async fn standing(
        &self,
        jobs: &[(OrganizationId, ReexaminationId)],
    ) -> Result<Vec<Reexamination>, EngineError> {
        let mut standing = Vec::with_capacity(jobs.len());
        for (org, id) in jobs {
            standing.push(self.store.reexamination(*org, *id).await?);
        }
        Ok(standing)
    }

    /// Takes one job and works at it for a while.
    async fn turn(&self, cancel: &CancellationToken) -> Result<Turn, EngineError> {
        let Some(lease) = self.store.claim_reexamination(&self.owner, LEASE).await? else {
            return Ok(Turn::Idle);
        };
        let outcome = tokio::select! {
            outcome = Box::pin(self.work(&lease, cancel)) => outcome,
            lost = self.keep(&lease) => Err(lost),
        };
        let ended = match outcome {
            Ok(true) => self.store.end_reexamination(&lease, None).await,
            Ok(false) => self.store.release_reexamination(&lease).await,
            Err(error) if error.is_fenced() => {
                tracing::info!(reexamination = %lease.id, "a re-examination was cancelled or passed on");
                Ok(())
            }
            Err(error) if error.is_outage() => {
                // Given back if that can be told: what is away is no message's fault, and counts for no interruption.
                if let Err(later) = self.store.release_reexamination(&lease).await {
                    tracing::debug!(error = %later, "a re-examination passes on when its lease ends");
                }
                return Err(error);
            }
            Err(error) => {
                tracing::error!(reexamination = %lease.id, %error, "a re-examination cannot go on");
                self.store.end_reexamination(&lease, Some(&error.to_string())).await
            }
        };
        match ended {
            Ok(()) | Err(StoreError::Fenced) => Ok(Turn::Worked),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps the lease; ends only when it is lost.
    async fn keep(&self, lease: &ReexaminationLease) -> EngineError {
        let mut kept = Instant::now();
        loop {
            tokio::time::sleep(LEASE / 4).await;
            match self.store.renew_reexamination(lease, LEASE).await {
                Ok(()) => kept = Instant::now(),
                Err(error @ StoreError::Fenced) => return error.into(),
                Err(error) if kept.elapsed() >= LEASE => return error.into(),
                Err(error) => tracing::warn!(%error, "a re-examination could not be renewed; trying again"),
            }
        }
    }

    /// Whether the job is done; otherwise it is to be given back.
    async fn work(
        &self,
        lease: &ReexaminationLease,
        cancel: &CancellationToken,
    ) -> Result<bool, EngineError> {
        let began = Instant::now();
        let cautious = lease.interruptions >= CAUTION_AFTER;
        let mut done = lease.done_seq;
        let mut pass_over = lease.interruptions >= PASSED_OVER_AFTER;
        let mut telling = Telling { last: began };
        loop {
            // A key that came before this page was looked up is used on all of it.
            self.means.keyrings.refresh(lease.organization).await?;
            let page = self.store.meant_by(lease, done, if cautious { 1 } else { PAGE }).await?;
            if page.is_empty() {
                return Ok(true);
            }
            let examined = if std::mem::take(&mut pass_over) {
                stream::iter(page.into_iter().map(|message| Ok(passed_over(&message)))).left_stream()
            } else {
                let at_once = if cautious { 1 } else { self.at_once };
                let org = lease.organization;
                stream::iter(page)
                    .map(move |message| self.examined(org, message))
                    .buffered(at_once)
                    .right_stream()
            };
            let stopped = self.record(lease, examined, &mut done, &mut telling, cancel).await?;
            if stopped || began.elapsed() >= TURN {
                return Ok(false);
            }
        }
    }

    /// Writes what is examined, in groups; whether it was told to stop.
    async fn record(
        &self,
        lease: &ReexaminationLease,
        examined: impl Stream<Item = Result<Reexamined, EngineError>>,
        done: &mut i64,
        telling: &mut Telling,
        cancel: &CancellationToken,
    ) -> Result<bool, EngineError> {
        let mut examined = std::pin::pin!(examined);
        let mut group = Vec::new();
        let mut bytes = 0_usize;
        let mut written = Instant::now();
        while let Some(one) = examined.next().await {
            let one = one?;
            bytes = bytes.saturating_add(one.outcome.as_ref().map_or(0, |new| new.packed.size()));
            group.push(one);
            let stop = cancel.is_cancelled();
            if group.len() >= GROUP || bytes >= GROUP_BYTES || written.elapsed() >= GROUP_WAITS || stop {
                self.write(lease, std::mem::take(&mut group), done).await?;
                telling.tell(&self.store, lease);
                (bytes, written) = (0, Instant::now());
            }
            if stop {
                return Ok(true);
            }
        }
        self.write(lease, group, done).await?;
        telling.tell(&self.store, lease);
        Ok(cancel.is_cancelled())
    }

    /// A message that makes the transaction fail does not hold up the others.
    async fn write(
        &self,
        lease: &ReexaminationLease,
        group: Vec<Reexamined>,
        done: &mut i64,
    ) -> Result<(), EngineError> {
        let Some(last) = group.last().map(|one| one.seq) else { return Ok(()) };
        match self.store.record_reexamined(lease, &group).await {
            Ok(()) => {}
            Err(error) if matches!(error, StoreError::Fenced) || error.is_outage() => {
                return Err(error.into());
            }
            Err(error) => {
                tracing::warn!(%error, messages = group.len(), "new evidence was not taken; trying one by one");
                for one in group {
                    self.write_alone(lease, one).await?;
                }
            }
        }
        *done = last;
        Ok(())
    }

    async fn write_alone(&self, lease: &ReexaminationLease, one: Reexamined) -> Result<(), EngineError> {
        let seq = one.seq;
        match self.store.record_reexamined(lease, &[one]).await {
            Err(error) if !matches!(error, StoreError::Fenced) && !error.is_outage() => {
                tracing::warn!(%error, "the new evidence of a message was not taken");
                let outcome = Err("the new evidence could not be stored".to_owned());
                Ok(self.store.record_reexamined(lease, &[Reexamined { seq, outcome }]).await?)
            }
            done => Ok(done?),
        }
    }

    async fn examined(&self, org: OrganizationId, message: MeantMessage) -> Result<Reexamined, EngineError> {
        let seq = message.seq;
        let with = self.means.of(org, &message.connectors).await?;
        let file = match self.store.blob_file(message.hash).await {
            Ok(file) => file,
            Err(error) if error.is_outage() => return Err(error.into()),
            Err(error) => return Ok(Reexamined { seq, outcome: Err(error.to_string()) }),
        };
        let before = self.store.message_evidence(org, message.id).await?.and_then(|old| old.verdicts.own);
        let means = with.means(self.limits);
        let work = tokio::task::spawn_blocking(move || {
            catch_unwind(AssertUnwindSafe(|| examine_reader(file, message.size, &means)))
                .map_err(|_| GAVE_UP.to_owned())?
                .map_err(|error| format!("the stored bytes could not be read: {error}"))
        });
        let mut evidence = match work.await.map_err(|_| EngineError::Task)? {
            Ok(evidence) => evidence,
            Err(error) => return Ok(Reexamined { seq, outcome: Err(error) }),
        };
        if let Some(own) = verified_again(with.origin.dns.as_ref(), &evidence.origin, before).await {
            evidence.verified(own);
        }
        let work = tokio::task::spawn_blocking(move || {
            let packed = PackedEvidence::new(org, &evidence).map_err(|error| error.to_string())?;
            Ok(Box::new(ExaminedAgain { evidence, packed: packed.made_with(with.keys.generation) }))
        });
        Ok(Reexamined { seq, outcome: work.await.map_err(|_| EngineError::Task)? })
    }
}

const GAVE_UP: &str = "the parser gave up on this message; it keeps the evidence it has";

fn passed_over(message: &MeantMessage) -> Reexamined {
    tracing::error!(id = %message.id, "examining a message again seems to end the process; it is passed over");
    let text = "examining this message again was begun several times and never ended; the process may have been stopped by it";
    Reexamined { seq: message.seq, outcome: Err(text.to_owned()) }
}

/// Tells of progress now and then.
struct Telling {
    last: Instant,
}

impl Telling {
    fn tell(&mut self, store: &Store, lease: &ReexaminationLease) {
        if self.last.elapsed() >= TOLD_EVERY {
            self.last = Instant::now();
            store.tell_reexamination(lease);
        }
    }
}

/// Until somebody asked for a re-examination, or may have.
async fn asked_for(events: &mut EventStream) {
    while !matches!(events.next().await, Event::ReexaminationChanged { .. } | Event::Lagged) {}
}
