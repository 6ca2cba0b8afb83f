//! Takes messages from a source as they come and lets each land while the next one is still on the line.

use crate::error::EngineError;
use crate::landing::{Body, Ground, Landing};
use mailcase_core::DeliveryId;
use mailcase_mail::{Fetched, RemoteHead, RemoteId};
use mailcase_store::FetchFailure;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

/// The answer to one delivery that was asked for.
#[derive(Debug)]
pub(crate) enum Answer {
    Message(Received),
    Failure(FetchFailure),
}

/// A message received whole.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) delivery: DeliveryId,
    pub(crate) received: Option<jiff::Timestamp>,
    pub(crate) landing: Landing,
}

/// The deliveries asked for and not answered yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Awaited(Arc<Mutex<HashMap<RemoteId, DeliveryId>>>);

impl Awaited {
    fn map(&self) -> std::sync::MutexGuard<'_, HashMap<RemoteId, DeliveryId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn ask(&self, deliveries: impl IntoIterator<Item = (RemoteId, DeliveryId)>) {
        self.map().extend(deliveries);
    }

    fn answered(&self, id: &RemoteId) -> Option<DeliveryId> {
        self.map().remove(id)
    }

    /// Whether nothing more is known to be coming.
    pub(crate) fn none(&self) -> bool {
        self.map().is_empty()
    }

    /// What was never answered; asked once a fetch has ended.
    pub(crate) fn left(&self) -> Vec<DeliveryId> {
        self.map().drain().map(|(_, delivery)| delivery).collect()
    }
}

struct Open {
    head: RemoteHead,
    body: Body,
}

pub(crate) struct Intake {
    pub(crate) ground: Ground,
    pub(crate) awaited: Awaited,
    pub(crate) answers: mpsc::Sender<Answer>,
}

impl Intake {
    /// Runs until the source's side of `fetched` is closed and everything received was handed on.
    pub(crate) async fn run(self, mut fetched: mpsc::Receiver<Fetched>) -> Result<(), EngineError> {
        let mut open: Option<Open> = None;
        while let Some(news) = fetched.recv().await {
            match news {
                Fetched::Begin(head) => open = Some(Open { head, body: Body::default() }),
                Fetched::Chunk(chunk) => {
                    if let Some(open) = &mut open {
                        self.ground.append(&mut open.body, chunk).await?;
                    }
                }
                Fetched::End => {
                    if let Some(open) = open.take() {
                        self.finish(open).await?;
                    }
                }
                Fetched::Unreadable { id, reason } => {
                    open = None;
                    self.fail(&id, Some(reason)).await?;
                }
                Fetched::Gone(id) => {
                    open = None;
                    self.fail(&id, None).await?;
                }
            }
        }
        Ok(())
    }

    async fn fail(&self, id: &RemoteId, reason: Option<String>) -> Result<(), EngineError> {
        let Some(delivery) = self.awaited.answered(id) else { return Ok(()) };
        let gone = reason.is_none();
        let reason = reason.unwrap_or_else(|| "no longer on the server".to_owned());
        self.answer(Answer::Failure(FetchFailure { delivery, reason, gone })).await
    }

    async fn finish(&self, open: Open) -> Result<(), EngineError> {
        let Open { head, body } = open;
        // A source that sends what nobody asked for is not believed.
        let Some(delivery) = self.awaited.answered(&head.id) else { return Ok(()) };
        let landing = self.ground.land(body).await?;
        self.answer(Answer::Message(Received { delivery, received: head.received, landing })).await
    }

    async fn answer(&self, answer: Answer) -> Result<(), EngineError> {
        self.answers.send(answer).await.map_err(|_| EngineError::Stopping)
    }
}
