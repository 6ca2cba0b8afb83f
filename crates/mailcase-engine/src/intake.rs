//! Takes messages from a source, hands their bytes to the blob store, and groups them into batches.
//!
//! Small messages are hashed, written and examined while the next one is still on the line; large ones are
//! streamed into the blob store and examined from there.

use crate::batch::{Batch, Received};
use crate::error::EngineError;
use crate::examine::Examiner;
use bytes::{Bytes, BytesMut};
use mailcase_core::{DeliveryId, OrganizationId};
use mailcase_mail::{Fetched, RemoteHead, RemoteId};
use mailcase_store::{FetchFailure, LargeBlob, SMALL_BLOB_MAX, Store};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// While more is known to be coming, a small batch waits this long for company. The last message of a fetch never waits.
const LINGER: Duration = Duration::from_millis(20);

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

    fn none(&self) -> bool {
        self.map().is_empty()
    }

    /// What was never answered; asked once a fetch has ended.
    pub(crate) fn left(&self) -> Vec<DeliveryId> {
        self.map().drain().map(|(_, delivery)| delivery).collect()
    }
}

/// The bytes of the message being received.
enum Body {
    Small(Vec<Bytes>, usize),
    Large(Box<LargeBlob>, u64),
}

struct Open {
    head: RemoteHead,
    body: Body,
}

pub(crate) struct Intake {
    pub(crate) organization: OrganizationId,
    pub(crate) store: Store,
    pub(crate) examiner: Examiner,
    pub(crate) awaited: Awaited,
    pub(crate) batches: mpsc::Sender<Batch>,
}

impl Intake {
    /// Runs until the source's side of `fetched` is closed and everything received was handed on.
    pub(crate) async fn run(self, mut fetched: mpsc::Receiver<Fetched>) -> Result<(), EngineError> {
        let mut batch = Batch::default();
        let mut open: Option<Open> = None;
        let mut linger = Instant::now();
        loop {
            let ready = !batch.is_empty() && (self.awaited.none() || batch.is_worthwhile());
            let news = if batch.is_full() {
                None
            } else {
                tokio::select! {
                    biased;
                    news = fetched.recv() => match news {
                        Some(news) => Some(news),
                        None => break,
                    },
                    permit = self.batches.reserve(), if ready => {
                        permit.map_err(|_| EngineError::Stopping)?.send(std::mem::take(&mut batch));
                        continue;
                    },
                    () = tokio::time::sleep_until(linger), if !ready && !batch.is_empty() => None,
                }
            };
            let Some(news) = news else {
                self.batches.send(std::mem::take(&mut batch)).await.map_err(|_| EngineError::Stopping)?;
                continue;
            };
            if batch.is_empty() {
                linger = Instant::now().checked_add(LINGER).unwrap_or(linger);
            }
            self.take(news, &mut open, &mut batch).await?;
        }
        if !batch.is_empty() {
            self.batches.send(batch).await.map_err(|_| EngineError::Stopping)?;
        }
        Ok(())
    }

    async fn take(
        &self,
        news: Fetched,
        open: &mut Option<Open>,
        batch: &mut Batch,
    ) -> Result<(), EngineError> {
        match news {
            Fetched::Begin(head) => *open = Some(Open { head, body: Body::Small(Vec::new(), 0) }),
            Fetched::Chunk(chunk) => {
                if let Some(open) = open {
                    open.body.append(&self.store, chunk).await?;
                }
            }
            Fetched::End => {
                if let Some(open) = open.take() {
                    self.finish(open, batch).await?;
                }
            }
            Fetched::Unreadable { id, reason } => {
                *open = None;
                self.fail(&id, Some(reason), batch);
            }
            Fetched::Gone(id) => {
                *open = None;
                self.fail(&id, None, batch);
            }
        }
        Ok(())
    }

    fn fail(&self, id: &RemoteId, reason: Option<String>, batch: &mut Batch) {
        if let Some(delivery) = self.awaited.answered(id) {
            let gone = reason.is_none();
            let reason = reason.unwrap_or_else(|| "no longer on the server".to_owned());
            batch.failures.push(FetchFailure { delivery, reason, gone });
        }
    }

    async fn finish(&self, open: Open, batch: &mut Batch) -> Result<(), EngineError> {
        let Open { head, body } = open;
        // A source that sends what nobody asked for is not believed.
        let Some(delivery) = self.awaited.answered(&head.id) else { return Ok(()) };
        let received = head.received;
        let message = match body {
            Body::Small(chunks, size) => {
                let raw = join(chunks, size);
                let (hash, examination) = self.examiner.examine(self.organization, raw.clone());
                let store = self.store.clone();
                // Without a hash the examination was lost; the blob store makes its own.
                let receipt = tokio::spawn(async move { store.put_small(raw, hash.await.ok()).await });
                let message = Received { delivery, received, receipt, examination: Some(examination) };
                (message, u64::try_from(size).unwrap_or(u64::MAX))
            }
            Body::Large(blob, _) => {
                let receipt = blob.finish().await?;
                (
                    Received {
                        delivery,
                        received,
                        receipt: tokio::spawn(async move { Ok(receipt) }),
                        examination: None,
                    },
                    0,
                )
            }
        };
        batch.push(message.0, message.1);
        Ok(())
    }
}

impl Body {
    async fn append(&mut self, store: &Store, chunk: Bytes) -> Result<(), EngineError> {
        match self {
            Self::Small(chunks, size) => {
                *size = size.saturating_add(chunk.len());
                chunks.push(chunk);
                if *size > SMALL_BLOB_MAX {
                    let mut blob = Box::new(store.begin_large().await?);
                    for chunk in chunks.drain(..) {
                        blob.write(chunk).await?;
                    }
                    *self = Self::Large(blob, 0);
                }
            }
            Self::Large(blob, size) => {
                *size = size.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
                blob.write(chunk).await?;
            }
        }
        Ok(())
    }
}

fn join(mut chunks: Vec<Bytes>, size: usize) -> Bytes {
    if chunks.len() == 1
        && let Some(only) = chunks.pop()
    {
        return only;
    }
    let mut whole = BytesMut::with_capacity(size);
    for chunk in chunks {
        whole.extend_from_slice(&chunk);
    }
    whole.freeze()
}
