//! Raw bytes, addressed by what they are: SHA-256. Durable before any row names them, verified whenever read.
//!
//! A put always writes, even if the same bytes are here already: what no row names is garbage and is reclaimed.
//! Every put has a location of its own, so that reclaiming old garbage can never hit a new put.

use crate::Store;
use crate::config::BlobConfig;
use crate::error::{Result, StoreError};
use crate::sql::{Pool, args};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

mod disk;
mod large;
mod location;
mod reader;
mod reclaim;
mod s3;
mod segment;
mod verify;

pub use large::LargeBlob;
pub use location::Location;
pub use reader::{BlobFile, BlobReader};
pub use reclaim::{RECLAIM_GRACE, ReclaimOptions, ReclaimReport, ReclaimStep};
pub use verify::{VerifyProgress, VerifyReport};

/// Largest blob [`Store::put_small`] takes, in bytes; larger ones are streamed. A source's chunks are at most as
/// large, so that a message of one chunk is always small.
pub const SMALL_BLOB_MAX: usize = 1 << 20;

/// SHA-256 of a blob's bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobHash([u8; 32]);

impl BlobHash {
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    #[must_use]
    pub const fn new(sha256: [u8; 32]) -> Self {
        Self(sha256)
    }

    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn from_column(bytes: &[u8]) -> Result<Self> {
        bytes.try_into().map(Self).map_err(StoreError::decode)
    }

    /// The first two hexadecimal digits: blobs are spread over 256 folders.
    pub(crate) fn shard(&self) -> String {
        let [first, ..] = self.0;
        format!("{first:02x}")
    }
}

impl fmt::Display for BlobHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for BlobHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobHash({self})")
    }
}

/// A text that is no SHA-256 in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 hash of 64 hexadecimal digits")]
pub struct NoHash;

impl FromStr for BlobHash {
    type Err = NoHash;

    fn from_str(text: &str) -> std::result::Result<Self, NoHash> {
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| NoHash)?;
        bytes.as_slice().try_into().map(Self).map_err(|_| NoHash)
    }
}

/// Proof that bytes are durable. Only with it can a row name them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobReceipt {
    pub hash: BlobHash,
    pub size: u64,
    pub(crate) location: Location,
}

/// Where blobs are kept.
#[derive(Debug)]
pub(crate) enum Blobs {
    Disk(disk::Disk),
    S3(s3::S3),
}

impl Blobs {
    /// Opens the blob store and proves that it can be written to and read from.
    pub(crate) async fn open(config: BlobConfig, pool: &Pool) -> Result<Self> {
        Ok(match config {
            BlobConfig::Disk { dir } => {
                let sql = "SELECT 1 AS one FROM blobs WHERE location LIKE 'segment/%' OR location LIKE 'large/%' LIMIT 1";
                let expected = pool.fetch_optional(sql, args![]).await?.is_some();
                Self::Disk(disk::Disk::open(dir, expected).await?)
            }
            BlobConfig::S3(config) => Self::S3(s3::S3::open(config).await?),
        })
    }
}

/// What a row says of a blob.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub(crate) location: Location,
    pub(crate) size: u64,
}

/// How often a read looks for a blob that moved away meanwhile.
const READ_TRIES: u32 = 3;

/// Reads through an expression that is given where the blob is; again when compaction moved it meanwhile.
macro_rules! located {
    ($store:expr, $hash:expr, |$named:ident| $read:expr) => {{
        let mut tries = 1_u32;
        let mut $named = $store.named_blob($hash).await?;
        loop {
            match $read.await {
                Err(StoreError::Corrupt { .. }) if tries < READ_TRIES => {
                    tries = tries.saturating_add(1);
                    let now = $store.named_blob($hash).await?;
                    if now.location == $named.location {
                        break Err(StoreError::Corrupt { hash: $hash });
                    }
                    $named = now;
                }
                done => break done,
            }
        }
    }};
}

impl Store {
    /// Keeps up to [`SMALL_BLOB_MAX`] bytes. Returns only when they are durable; puts that wait at the same time
    /// share one flush. `hash` is trusted when given.
    ///
    /// # Errors
    /// [`StoreError::Settings`] when there are more bytes; [`StoreError::Blob`] when they could not be made durable.
    pub async fn put_small(&self, bytes: Bytes, hash: Option<BlobHash>) -> Result<BlobReceipt> {
        if bytes.len() > SMALL_BLOB_MAX {
            return Err(StoreError::Settings(format!("a small blob has at most {SMALL_BLOB_MAX} bytes")));
        }
        let hash = match hash {
            Some(hash) => hash,
            None => {
                let bytes = bytes.clone();
                blocking("hashing", move || Ok(BlobHash::of(&bytes))).await?
            }
        };
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let location = match &self.inner.blobs {
            Blobs::Disk(disk) => disk.put_small(bytes, hash).await?,
            Blobs::S3(s3) => s3.put_small(bytes, hash).await?,
        };
        Ok(BlobReceipt { hash, size, location })
    }

    /// Begins to keep a blob of any size that arrives in pieces.
    pub async fn begin_large(&self) -> Result<LargeBlob> {
        match &self.inner.blobs {
            Blobs::Disk(disk) => LargeBlob::on_disk(disk).await,
            Blobs::S3(s3) => LargeBlob::to_s3(s3).await,
        }
    }

    /// Reads a whole blob into memory. For blobs known to be small; others are [streamed](Self::open_blob).
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the bytes are damaged or gone, [`StoreError::NotFound`] when no row names them.
    pub async fn read_blob(&self, hash: BlobHash) -> Result<Bytes> {
        located!(self, hash, |named| self.inner.blobs.read(hash, &named))
    }

    /// Streams a blob. The last read fails when the bytes were not what they should be.
    pub async fn open_blob(&self, hash: BlobHash) -> Result<BlobReader> {
        located!(self, hash, |named| self.inner.blobs.stream(hash, &named))
    }

    /// A handle to read and seek in a blob of any size, in bounded memory. Verified before it is handed out.
    pub async fn blob_file(&self, hash: BlobHash) -> Result<BlobFile> {
        located!(self, hash, |named| self.inner.blobs.file(hash, &named))
    }

    /// Whether the blob store can be worked with: for readiness. Cheap, and keeps nothing.
    ///
    /// # Errors
    /// [`StoreError::Blob`] when the folder cannot be written to, or the bucket cannot be listed.
    pub async fn blobs_ready(&self) -> Result<()> {
        match &self.inner.blobs {
            Blobs::Disk(disk) => disk.probe().await,
            Blobs::S3(s3) => s3.probe().await,
        }
    }

    async fn named_blob(&self, hash: BlobHash) -> Result<Named> {
        let sql = "SELECT location, size FROM blobs WHERE hash = $1";
        let row = self.pool().fetch_optional(sql, args![hash]).await?.ok_or(StoreError::missing("blob"))?;
        Ok(Named { location: row.named("location")?, size: row.count("size")? })
    }
}

impl Blobs {
    async fn read(&self, hash: BlobHash, named: &Named) -> Result<Bytes> {
        match self {
            Self::Disk(disk) => disk.read(hash, named).await,
            Self::S3(s3) => s3.read(hash, named).await,
        }
    }

    async fn stream(&self, hash: BlobHash, named: &Named) -> Result<BlobReader> {
        match self {
            Self::Disk(disk) => disk.stream(hash, named).await,
            Self::S3(s3) => s3.stream(hash, named).await,
        }
    }

    async fn file(&self, hash: BlobHash, named: &Named) -> Result<BlobFile> {
        match self {
            Self::Disk(disk) => disk.file(hash, named).await,
            Self::S3(s3) => s3.file(hash, named).await,
        }
    }
}

/// Runs file work on a thread that may block.
pub(crate) async fn blocking<T: Send + 'static>(
    doing: &'static str,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(StoreError::Blob { doing, source: std::io::Error::other(error) }),
    }
}
