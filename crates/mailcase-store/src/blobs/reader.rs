//! Reading blobs as streams, with the proof that they are what they should be.

use super::{BlobHash, disk::missing_or};
use crate::error::{Result, StoreError};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, ReadBuf};

/// Bytes hashed per read when a blob is verified.
const VERIFY_CHUNK_BYTES: usize = 128 << 10;

/// Streams a blob. When the bytes were not what they should be, the last read fails with `InvalidData`.
pub struct BlobReader {
    bytes: Pin<Box<dyn AsyncRead + Send>>,
    hasher: Option<Sha256>,
    hash: BlobHash,
    size: u64,
}

impl BlobReader {
    pub(super) fn new(bytes: Pin<Box<dyn AsyncRead + Send>>, hash: BlobHash, size: u64) -> Self {
        Self { bytes, hasher: Some(Sha256::new()), hash, size }
    }

    /// Size of the blob in bytes.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }
}

impl std::fmt::Debug for BlobReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlobReader")
            .field("hash", &self.hash)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl AsyncRead for BlobReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = out.filled().len();
        if out.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        ready!(self.bytes.as_mut().poll_read(context, out))?;
        let new = out.filled().get(before..).unwrap_or_default();
        if !new.is_empty() {
            if let Some(hasher) = &mut self.hasher {
                hasher.update(new);
            }
        } else if let Some(hasher) = self.hasher.take()
            && <[u8; 32]>::from(hasher.finalize()) != *self.hash.bytes()
        {
            return Poll::Ready(Err(damaged(self.hash)));
        }
        Poll::Ready(Ok(()))
    }
}

fn damaged(hash: BlobHash) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, StoreError::Corrupt { hash })
}

/// A blob's bytes within a file, to be read and sought in. Was verified when it was opened.
#[derive(Debug)]
pub struct BlobFile {
    file: File,
    start: u64,
    size: u64,
    at: u64,
}

impl BlobFile {
    /// Reads everything once, to be sure; what follows comes from the page cache.
    pub(super) fn verified(mut file: File, start: u64, size: u64, hash: BlobHash) -> Result<Self> {
        let doing = "reading a blob";
        file.seek(SeekFrom::Start(start)).map_err(StoreError::io(doing))?;
        let mut hasher = Sha256::new();
        let mut rest = size;
        let mut chunk = vec![0; VERIFY_CHUNK_BYTES];
        while rest > 0 {
            let wanted = usize::try_from(rest).unwrap_or(usize::MAX).min(VERIFY_CHUNK_BYTES);
            let Some(window) = chunk.get_mut(..wanted) else { break };
            file.read_exact(window).map_err(|error| missing_or(error, hash, doing))?;
            hasher.update(&*window);
            rest = rest.saturating_sub(u64::try_from(wanted).unwrap_or(rest));
        }
        if <[u8; 32]>::from(hasher.finalize()) != *hash.bytes() {
            return Err(StoreError::Corrupt { hash });
        }
        Ok(Self { file, start, size, at: 0 })
    }

    /// Size of the blob in bytes.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }
}

impl Read for BlobFile {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let rest = self.size.saturating_sub(self.at);
        let wanted = usize::try_from(rest).unwrap_or(usize::MAX).min(out.len());
        let Some(window) = out.get_mut(..wanted) else { return Ok(0) };
        if window.is_empty() {
            return Ok(0);
        }
        self.file.seek(SeekFrom::Start(self.start.saturating_add(self.at)))?;
        let read = self.file.read(window)?;
        self.at = self.at.saturating_add(u64::try_from(read).unwrap_or(0));
        Ok(read)
    }
}

impl Seek for BlobFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
