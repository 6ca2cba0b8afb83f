//! Reads and decodes parts of stored messages: off the async threads, a bounded number at a time, never a large one in
//! memory.

use crate::problem::Problem;
use axum::body::Bytes;
use futures::Stream;
use futures::future::Either;
use mailcase_core::OrganizationId;
use mailcase_engine::MeansOf;
use mailcase_evidence::{Evidence, ExtractError, Form, Limits, Means, PartText, PatternValue};
use mailcase_patterns::PatternSet;
use mailcase_store::{Store, StoredMessage};
use std::io::{self, Seek, SeekFrom};
use std::sync::Arc;
use tempfile::SpooledData;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::io::ReaderStream;

/// Readings and decodings under way at the same time: they compete with the engine for cores, disk and memory.
const AT_ONCE: usize = 4;
/// Parts up to this size stay in memory; larger ones wait in a nameless temporary file.
const IN_MEMORY_BYTES: usize = 1 << 20;
/// Size of the pieces handed to the connection.
const CHUNK_BYTES: usize = 64 << 10;

/// Takes turns, and has what mail is examined with.
#[derive(Debug, Clone)]
pub(crate) struct PartWorks {
    turns: Arc<Semaphore>,
    means: MeansOf,
}

/// The right to read and decode one message. Taken before the message is touched: its bytes are hashed, and from S3
/// also copied to disk, before the first part is looked at.
#[derive(Debug)]
pub(crate) struct Turn {
    _permit: OwnedSemaphorePermit,
}

impl PartWorks {
    pub(crate) fn new(means: MeansOf) -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), means }
    }

    /// What the contents of a message are read with.
    pub(crate) async fn means(&self, message: &StoredMessage) -> Result<Means, Problem> {
        let keys = self.means.keyrings().of(message.organization, &message.connectors).await?.ring;
        Ok(Means { keys, ..Means::default() })
    }

    /// Waits for a turn.
    pub(crate) async fn turn(&self) -> Result<Turn, Problem> {
        Arc::clone(&self.turns)
            .acquire_owned()
            .await
            .map(|_permit| Turn { _permit })
            .map_err(Problem::internal)
    }

    /// The part at `path` in that form: its size and its bytes. Complete before the first byte leaves,
    /// so that whatever goes wrong is an answer and no broken download.
    pub(crate) async fn content(
        &self,
        store: &Store,
        message: &StoredMessage,
        path: String,
        form: Form,
    ) -> Result<(u64, impl Stream<Item = io::Result<Bytes>> + Send + 'static), Problem> {
        let turn = self.turn().await?;
        let means = self.means(message).await?;
        let file = store.blob_file(message.hash).await?;
        let decoded = turn.run(move || {
            let mut out = tempfile::spooled_tempfile(IN_MEMORY_BYTES);
            mailcase_evidence::extract(file, &path, form, &mut out, &means)?;
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

impl PartWorks {
    /// The text of the part at `path`, read in `charset` when one is named.
    pub(crate) async fn text(
        &self,
        store: &Store,
        message: &StoredMessage,
        path: String,
        charset: Option<String>,
    ) -> Result<PartText, Problem> {
        let turn = self.turn().await?;
        let mut means = self.means(message).await?;
        let file = store.blob_file(message.hash).await?;
        means.charsets.extend(charset.map(|charset| (path.clone(), charset)));
        turn.run(move || mailcase_evidence::part_text(file, &path, &means)).await?.map_err(refused)
    }

    /// The evidence in the part at `path` when it is looked at by itself, as if it had come.
    pub(crate) async fn evidence(
        &self,
        store: &Store,
        message: &StoredMessage,
        path: String,
    ) -> Result<Evidence, Problem> {
        let turn = self.turn().await?;
        let with = self.means.of(message.organization, &message.connectors).await?;
        let means = with.means(Limits::default());
        let file = store.blob_file(message.hash).await?;
        let found = turn.run(move || {
            let mut content = tempfile::spooled_tempfile(IN_MEMORY_BYTES);
            mailcase_evidence::extract(file, &path, Form::Content, &mut content, &means)?;
            let size = content.stream_position()?;
            Ok::<_, ExtractError>(mailcase_evidence::examine_reader(content, size, &means)?)
        });
        let mut evidence = found.await?.map_err(refused)?;
        with.verify(&mut evidence).await;
        Ok(evidence)
    }

    /// What patterns find in a stored message.
    pub(crate) async fn tried(
        &self,
        store: &Store,
        message: &StoredMessage,
        size: u64,
        patterns: PatternSet,
    ) -> Result<Vec<PatternValue>, Problem> {
        let turn = self.turn().await?;
        let means = Means { patterns, ..self.means(message).await? };
        let file = store.blob_file(message.hash).await?;
        let found = turn.run(move || mailcase_evidence::examine_reader(file, size, &means));
        Ok(found.await?.map_err(Problem::internal)?.pattern_values)
    }

    /// The evidence in bytes that are kept nowhere, as if they had come.
    pub(crate) async fn analyse(
        &self,
        org: OrganizationId,
        file: std::fs::File,
        size: u64,
    ) -> Result<Evidence, Problem> {
        let turn = self.turn().await?;
        let with = self.means.of(org, &[]).await?;
        let means = with.means(Limits::default());
        let found = turn.run(move || mailcase_evidence::examine_reader(file, size, &means));
        let mut evidence = found.await?.map_err(Problem::internal)?;
        with.verify(&mut evidence).await;
        Ok(evidence)
    }
}

impl Turn {
    /// Runs `work` on a thread that may block; the turn ends with it, also when nobody waits for it any more.
    pub(crate) async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        tokio::task::spawn_blocking(move || {
            let outcome = work();
            drop(self);
            outcome
        })
        .await
        .map_err(Problem::internal)
    }
}

fn refused(error: ExtractError) -> Problem {
    match error {
        ExtractError::NotFound(_) | ExtractError::NoContent(_) => Problem::not_found("part with content"),
        ExtractError::Io(error) => Problem::internal(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailcase_engine::Engine;
    use mailcase_mail::testkit::{FakeFactory, FakeMailbox};
    use mailcase_store::{BlobConfig, BlobHash, DatabaseConfig, MasterKey, StoreConfig};

    #[tokio::test]
    async fn the_store_is_not_asked_before_it_is_our_turn() {
        let folder = tempfile::tempdir().unwrap();
        let config = StoreConfig {
            database: DatabaseConfig::Sqlite { path: folder.path().join("mailcase.db") },
            blobs: BlobConfig::Disk { dir: folder.path().join("blobs") },
            master_key: MasterKey::new([7; 32]),
        };
        let store = Store::open(config).await.unwrap();
        let engine = Engine::handle_only(store.clone(), Arc::new(FakeFactory::of(&FakeMailbox::new())));
        let works = PartWorks::new(engine.means().clone());
        let missing = StoredMessage {
            organization: store.create_organization("Example").await.unwrap(),
            hash: BlobHash::of(b"nobody put this here"),
            connectors: Vec::new(),
        };
        let asked = async || match works.content(&store, &missing, "/".to_owned(), Form::Content).await {
            Ok(_) => panic!("there is no such blob"),
            Err(problem) => problem.code(),
        };
        assert_eq!(asked().await, "not_found");
        works.turns.close();
        assert_eq!(asked().await, "internal", "no turn was to be had");
    }
}
