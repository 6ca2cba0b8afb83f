//! Decodes parts of stored messages: off the async threads, a bounded number at a time, never a large one in memory.

use crate::problem::Problem;
use axum::body::Bytes;
use futures::Stream;
use futures::future::Either;
use mailcase_evidence::ExtractError;
use mailcase_store::{BlobHash, Store};
use std::io::{self, Seek, SeekFrom};
use std::sync::Arc;
use tempfile::SpooledData;
use tokio::sync::Semaphore;
use tokio_util::io::ReaderStream;

/// Decodings under way at the same time: they compete with the engine for cores.
const AT_ONCE: usize = 4;
/// Parts up to this size stay in memory; larger ones wait in a nameless temporary file.
const IN_MEMORY_BYTES: usize = 1 << 20;
/// Size of the pieces handed to the connection.
const CHUNK_BYTES: usize = 64 << 10;

/// Takes turns at decoding.
#[derive(Debug, Clone)]
pub(crate) struct PartWorks(Arc<Semaphore>);

impl PartWorks {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }

    /// Runs `work` on a thread that may block, when it is its turn.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let turn = Arc::clone(&self.0).acquire_owned().await.map_err(Problem::internal)?;
        tokio::task::spawn_blocking(move || {
            let outcome = work();
            drop(turn);
            outcome
        })
        .await
        .map_err(Problem::internal)
    }

    /// The decoded content of the part at `path`: its size and its bytes. Complete before the first byte leaves,
    /// so that whatever goes wrong is an answer and no broken download.
    pub(crate) async fn content(
        &self,
        store: &Store,
        hash: BlobHash,
        path: String,
    ) -> Result<(u64, impl Stream<Item = io::Result<Bytes>> + Send + 'static), Problem> {
        let file = store.blob_file(hash).await?;
        let decoded = self.run(move || {
            let mut out = tempfile::spooled_tempfile(IN_MEMORY_BYTES);
            mailcase_evidence::extract(file, &path, &mut out)?;
            let size = out.stream_position()?;
            out.seek(SeekFrom::Start(0))?;
            Ok::<_, ExtractError>((size, out.into_inner()))
        });
        let (size, data) = decoded.await?.map_err(refused)?;
        let bytes = match data {
            SpooledData::InMemory(bytes) => {
                Either::Left(futures::stream::iter([Ok(Bytes::from(bytes.into_inner()))]))
            }
            SpooledData::OnDisk(file) => {
                let file = tokio::fs::File::from_std(file);
                Either::Right(ReaderStream::with_capacity(file, CHUNK_BYTES))
            }
        };
        Ok((size, bytes))
    }
}

fn refused(error: ExtractError) -> Problem {
    match error {
        ExtractError::NotFound(_) | ExtractError::Multipart(_) => Problem::not_found("part with content"),
        ExtractError::Io(error) => Problem::internal(error),
    }
}
