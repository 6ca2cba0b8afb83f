//! The bytes of a message: small ones in memory, large ones in a file without a name, so that none of any size fills
//! the memory of whoever tests with it.

use bytes::Bytes;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

/// What is larger lies in a file.
const MEMORY_BYTES_MAX: usize = 8 << 20;

/// The bytes of a message, or what is left of them.
#[derive(Debug, Clone)]
pub(crate) enum Raw {
    Memory(Bytes),
    File { file: Arc<File>, from: u64, left: usize },
}

impl Raw {
    /// The whole content of a file.
    pub(crate) fn file(file: File) -> io::Result<Self> {
        let left = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
        Ok(Self::File { file: Arc::new(file), from: 0, left })
    }

    pub(crate) const fn len(&self) -> usize {
        match self {
            Self::Memory(bytes) => bytes.len(),
            Self::File { left, .. } => *left,
        }
    }

    /// Takes no more than this many bytes from the front.
    pub(crate) fn take(&mut self, size: usize) -> io::Result<Bytes> {
        match self {
            Self::Memory(bytes) => Ok(bytes.split_to(size.min(bytes.len()))),
            Self::File { file, from, left } => {
                let mut piece = vec![0; size.min(*left)];
                file.read_exact_at(&mut piece, *from)?;
                *from = from.saturating_add(piece.len() as u64);
                *left = left.saturating_sub(piece.len());
                Ok(Bytes::from(piece))
            }
        }
    }

    /// No more than this many bytes from the front.
    pub(crate) fn head(&self, size: usize) -> Bytes {
        self.clone().take(size).unwrap_or_else(|error| {
            tracing::warn!(%error, "a large message cannot be read");
            Bytes::new()
        })
    }

    /// All of them in memory.
    pub(crate) fn bytes(&self) -> Bytes {
        self.head(self.len())
    }
}

impl From<Bytes> for Raw {
    /// Keeps large ones in a file; in memory when there is no place for one.
    fn from(bytes: Bytes) -> Self {
        if bytes.len() <= MEMORY_BYTES_MAX {
            return Self::Memory(bytes);
        }
        let kept = tempfile::tempfile().and_then(|mut file| {
            file.write_all(&bytes)?;
            Self::file(file)
        });
        kept.unwrap_or(Self::Memory(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_large_ones_are_taken_piece_by_piece() {
        for size in [0, 1, 100_000, MEMORY_BYTES_MAX + 12_345] {
            let whole: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
            let mut raw = Raw::from(Bytes::from(whole.clone()));
            assert_eq!(matches!(raw, Raw::File { .. }), size > MEMORY_BYTES_MAX);
            assert_eq!(raw.bytes(), whole);
            assert_eq!(raw.head(7), whole.get(..7.min(size)).unwrap());
            let mut taken = Vec::new();
            while raw.len() > 0 {
                taken.extend_from_slice(&raw.take(65_537).unwrap());
            }
            assert_eq!(taken, whole);
            assert!(raw.take(1).unwrap().is_empty());
        }
    }
}
