//! A blob that arrives in pieces and never stands in memory as a whole.

use super::disk::{Disk, Folders};
use super::location::Place;
use super::s3::S3;
use super::segment::sync_dir;
use super::{BlobHash, BlobReceipt, Location, blocking};
use crate::error::{Result, StoreError};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use uuid::Uuid;

const WRITING: &str = "writing a large blob";

/// A blob on its way in. Dropped before it is [finished](Self::finish), it is gone without a trace.
#[derive(Debug)]
pub struct LargeBlob {
    /// Absent only while a write is under way, so that a write cancelled halfway leaves nothing usable.
    spool: Option<Spool>,
    target: Target,
}

#[derive(Debug)]
enum Target {
    Disk {
        folders: Folders,
        path: RemovedOnDrop,
    },
    /// The file on its way there has no name, so that nothing is left of it, not even by a crash.
    S3(S3),
}

#[derive(Debug)]
struct Spool {
    file: File,
    hasher: Sha256,
    size: u64,
}

impl Spool {
    async fn new(open: impl FnOnce() -> io::Result<File> + Send + 'static) -> Result<Self> {
        let file = blocking(WRITING, || open().map_err(StoreError::io(WRITING))).await?;
        Ok(Self { file, hasher: Sha256::new(), size: 0 })
    }
}

/// The name of an unfinished file.
#[derive(Debug)]
struct RemovedOnDrop(PathBuf);

impl Drop for RemovedOnDrop {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "an abandoned blob could not be removed; it is reclaimed later");
        }
    }
}

impl LargeBlob {
    pub(super) async fn on_disk(disk: &Disk) -> Result<Self> {
        let folders = disk.folders.clone();
        let path = folders.incoming.join(format!("mailcase-{}.part", Uuid::now_v7()));
        let named = path.clone();
        let spool = Spool::new(move || {
            let mut options = std::fs::OpenOptions::new();
            options.read(true).write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options.open(named)
        });
        let spool = Some(spool.await?);
        Ok(Self { spool, target: Target::Disk { folders, path: RemovedOnDrop(path) } })
    }

    pub(super) async fn to_s3(s3: &S3) -> Result<Self> {
        let spool = Some(Spool::new(tempfile::tempfile).await?);
        Ok(Self { spool, target: Target::S3(s3.clone()) })
    }

    /// Appends a piece.
    ///
    /// # Errors
    /// After a failure, or when a write was cancelled, the blob cannot be finished any more.
    pub async fn write(&mut self, piece: Bytes) -> Result<()> {
        let mut spool = self.take()?;
        let spool = blocking(WRITING, move || {
            spool.file.write_all(&piece).map_err(StoreError::io(WRITING))?;
            spool.hasher.update(&piece);
            spool.size = spool.size.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            Ok(spool)
        })
        .await?;
        self.spool = Some(spool);
        Ok(())
    }

    /// Makes the blob durable and returns the proof.
    pub async fn finish(mut self) -> Result<BlobReceipt> {
        let Spool { file, hasher, size } = self.take()?;
        let hash = BlobHash::new(hasher.finalize().into());
        let put = Uuid::now_v7();
        let place = match self.target {
            Target::Disk { folders, path } => {
                blocking(WRITING, move || {
                    file.sync_all()
                        .and_then(|()| move_in(&folders, &path.0, hash, put))
                        .map_err(StoreError::io(WRITING))
                })
                .await?;
                Place::Large { hash, put }
            }
            Target::S3(s3) => {
                s3.put_large(file, hash, put).await?;
                Place::Object { hash, put }
            }
        };
        Ok(BlobReceipt { hash, size, location: Location(place) })
    }

    fn take(&mut self) -> Result<Spool> {
        self.spool.take().ok_or_else(|| StoreError::Blob {
            doing: WRITING,
            source: io::Error::other("an earlier write failed or was cancelled"),
        })
    }
}

/// Gives a complete, flushed file its final name, durably.
fn move_in(folders: &Folders, from: &Path, hash: BlobHash, put: Uuid) -> io::Result<()> {
    let to = folders.large_path(hash, put);
    let shard = folders.large.join(hash.shard());
    match std::fs::create_dir(&shard) {
        Ok(()) => sync_dir(&folders.large)?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    std::fs::rename(from, to)?;
    sync_dir(&shard)
}
