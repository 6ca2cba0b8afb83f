//! One message between the line and the database: its bytes are made durable and examined at the same time.

use crate::budget::{Budget, Share};
use crate::error::EngineError;
use crate::examine::{Examined, Examiner, Finding, LiveExamination, MailOf};
use crate::sieve::Sieve;
use bytes::{Bytes, BytesMut};
use mailcase_store::{BlobReceipt, LargeBlob, SMALL_BLOB_MAX, Store, StoreError};
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// What a large message is counted for once it is received: buffers of the blob store, not its bytes.
const LARGE_BYTES: usize = 4 << 20;

/// What became of a message that was received.
#[derive(Debug)]
pub(crate) enum Landed {
    /// It is durable, and examined unless that could not be done while it came.
    Kept {
        receipt: BlobReceipt,
        examined: Option<Box<Examined>>,
        /// Held until the message is in the database.
        share: Share,
    },
    /// The connector's pre-filter does not take it: nothing of it is kept.
    Unwanted,
}

/// A message on its way to being durable and examined.
pub(crate) type Landing = JoinHandle<Result<Landed, StoreError>>;

/// Where messages land.
#[derive(Clone)]
pub(crate) struct Ground {
    pub(crate) mail_of: MailOf,
    pub(crate) store: Store,
    /// Without one, what lands is examined only once the database knows it.
    pub(crate) examiner: Option<Examiner>,
    pub(crate) sieve: Arc<Sieve>,
    pub(crate) budget: Budget,
}

/// The bytes of a message being received.
pub(crate) enum Body {
    /// In memory, at most [`SMALL_BLOB_MAX`] bytes.
    Small { chunks: Vec<Bytes>, size: usize },
    /// Streamed into the blob store, and past the examiner when one is free.
    Large { blob: Box<LargeBlob>, live: Option<Box<LiveExamination>> },
}

impl Default for Body {
    fn default() -> Self {
        Self::Small { chunks: Vec::new(), size: 0 }
    }
}

impl Ground {
    pub(crate) async fn append(&self, body: &mut Body, chunk: Bytes) -> Result<(), EngineError> {
        match body {
            Body::Small { chunks, size } => {
                *size = size.saturating_add(chunk.len());
                chunks.push(chunk);
                if *size > SMALL_BLOB_MAX {
                    let begun = std::mem::take(chunks);
                    let blob = Box::new(self.store.begin_large().await?);
                    *body = Body::Large { blob, live: self.examine_live().await };
                    for chunk in begun {
                        Self::write(body, chunk).await?;
                    }
                }
                Ok(())
            }
            Body::Large { .. } => Self::write(body, chunk).await,
        }
    }

    async fn examine_live(&self) -> Option<Box<LiveExamination>> {
        self.examiner.as_ref()?.examine_live(&self.mail_of, &self.sieve).await.map(Box::new)
    }

    async fn write(body: &mut Body, chunk: Bytes) -> Result<(), EngineError> {
        if let Body::Large { blob, live } = body {
            if let Some(examination) = live
                && !examination.feed(chunk.clone()).await
            {
                *live = None;
            }
            blob.write(chunk).await?;
        }
        Ok(())
    }

    /// Lets a message that was received whole land. Waits until there is memory for it.
    pub(crate) async fn land(&self, body: Body) -> Result<Landing, EngineError> {
        let bytes = match &body {
            Body::Small { size, .. } => *size,
            Body::Large { .. } => LARGE_BYTES,
        };
        let mut share = self.budget.take(bytes).await.ok_or(EngineError::Stopping)?;
        let ground = self.clone();
        Ok(tokio::spawn(async move {
            let landed = match body {
                Body::Small { chunks, size } => ground.land_small(join(chunks, size)).await?,
                Body::Large { blob, live } => ground.land_large(*blob, live).await?,
            };
            let Some((receipt, examined)) = landed else { return Ok(Landed::Unwanted) };
            share.shrink(examined.as_deref().map_or(0, Examined::size));
            Ok(Landed::Kept { receipt, examined, share })
        }))
    }

    async fn land_small(&self, raw: Bytes) -> Result<Option<Durable>, StoreError> {
        let Some(examiner) = &self.examiner else {
            return Ok(Some((self.store.put_small(raw, None).await?, None)));
        };
        let (tell_hash, hash) = oneshot::channel();
        let bytes = raw.clone();
        let examining = examiner.examine(&self.mail_of, &self.sieve, raw, tell_hash);
        if self.sieve.is_open() {
            // Without a hash the examination was lost; the blob store makes its own.
            let put = async { self.store.put_small(bytes, hash.await.ok()).await };
            let (receipt, finding) = tokio::join!(put, examining);
            return Ok(wanted(receipt?, finding));
        }
        // Only what passes the filter is written.
        match examining.await {
            Some(Finding::Unwanted) => Ok(None),
            finding => Ok(wanted(self.store.put_small(bytes, hash.await.ok()).await?, finding)),
        }
    }

    async fn land_large(
        &self,
        blob: LargeBlob,
        live: Option<Box<LiveExamination>>,
    ) -> Result<Option<Durable>, StoreError> {
        let finding = async {
            match live {
                Some(live) => live.finish().await,
                None => None,
            }
        };
        if self.sieve.is_open() {
            let (receipt, finding) = tokio::join!(blob.finish(), finding);
            return Ok(wanted(receipt?, finding));
        }
        match finding.await {
            Some(Finding::Unwanted) => Ok(None),
            finding => Ok(wanted(blob.finish().await?, finding)),
        }
    }
}

/// A durable message, and what was found in it.
type Durable = (BlobReceipt, Option<Box<Examined>>);

fn wanted(receipt: BlobReceipt, finding: Option<Finding>) -> Option<Durable> {
    match finding {
        Some(Finding::Unwanted) => None,
        Some(Finding::Wanted(examined)) => Some((receipt, Some(examined))),
        None => Some((receipt, None)),
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
