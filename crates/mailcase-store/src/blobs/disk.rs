//! Blobs in a folder: `segments/` for small ones, `large/` for the others.

use super::location::Place;
use super::reader::{BlobFile, BlobReader};
use super::segment::{self, HEADER_BYTES, Put};
use super::{BlobHash, Location, Named, blocking};
use crate::error::{Result, StoreError};
use bytes::Bytes;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use tokio::sync::{mpsc, oneshot};

/// A folder of blobs, opened for writing by this process and perhaps by others.
#[derive(Debug)]
pub(crate) struct Disk {
    pub(super) folders: Folders,
    writer: mpsc::Sender<Put>,
}

/// The layout below the blob folder.
#[derive(Debug, Clone)]
pub(super) struct Folders {
    pub(super) segments: PathBuf,
    pub(super) large: PathBuf,
    /// Large blobs that are still arriving.
    pub(super) incoming: PathBuf,
}

impl Folders {
    fn new(dir: &Path) -> Self {
        Self {
            segments: dir.join("segments"),
            large: dir.join("large"),
            incoming: dir.join("large").join("incoming"),
        }
    }

    pub(super) fn large_path(&self, hash: BlobHash, put: uuid::Uuid) -> PathBuf {
        self.large.join(hash.shard()).join(format!("{hash}.{put}"))
    }

    /// Opens a blob's bytes: the file they are in, where they begin.
    pub(super) fn open(&self, hash: BlobHash, named: &Named) -> Result<(File, u64)> {
        let opened = match named.location.0 {
            Place::Segment { segment, offset } => {
                segment::open_record(&self.segments, segment, offset, hash, named.size)
                    .map(|file| (file, offset.saturating_add(HEADER_BYTES)))
            }
            Place::Large { hash, put } => File::open(self.large_path(hash, put)).map(|file| (file, 0)),
            Place::Object { .. } => {
                return Err(StoreError::Settings(
                    "this message is kept in S3, but the configuration names a folder for blobs".to_owned(),
                ));
            }
        };
        opened.map_err(|error| {
            const DOING: &str = "opening a blob";
            if error.kind() == io::ErrorKind::NotFound && !self.segments.is_dir() {
                return StoreError::Blob { doing: DOING, source: io::Error::other(GONE) };
            }
            missing_or(error, hash, DOING)
        })
    }
}

/// The layout is made once and stays: without it, a blob that is not found says nothing about the blob.
const GONE: &str = "the blob folder is empty or gone; is its volume mounted?";

/// What is not there, too short or something else is damage; anything else is trouble with the disk.
pub(super) fn missing_or(error: io::Error, hash: BlobHash, doing: &'static str) -> StoreError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData => {
            StoreError::Corrupt { hash }
        }
        _ => StoreError::Blob { doing, source: error },
    }
}

impl Disk {
    /// `expected`: the database names blobs in this folder, so it must have been used before.
    pub(super) async fn open(dir: PathBuf, expected: bool) -> Result<Self> {
        const DOING: &str = "opening the blob folder";
        blocking(DOING, move || {
            let folders = Folders::new(&dir);
            if expected && !folders.segments.try_exists().map_err(StoreError::io(DOING))? {
                return Err(StoreError::Settings(format!(
                    "the database names messages kept in {}, but there are none: is the volume mounted, is the path right? \
                     To go on without them, create the folder {}",
                    dir.display(),
                    folders.segments.display()
                )));
            }
            for folder in [&folders.segments, &folders.incoming] {
                std::fs::create_dir_all(folder).map_err(StoreError::io(DOING))?;
            }
            for folder in [&folders.incoming, &folders.large, &dir] {
                segment::sync_dir(folder).map_err(StoreError::io(DOING))?;
            }
            tempfile::tempfile_in(&folders.incoming).map_err(StoreError::io("writing to the blob folder"))?;
            let writer = segment::start_writer(folders.segments.clone()).map_err(StoreError::io(DOING))?;
            Ok(Self { folders, writer })
        })
        .await
    }

    /// Writes a small file without a name where blobs arrive, which needs the disk, room and the right to write.
    pub(super) async fn probe(&self) -> Result<()> {
        const DOING: &str = "trying out the blob folder";
        if self.writer.is_closed() {
            let source = io::Error::other("the blob writer has ended");
            return Err(StoreError::Blob { doing: DOING, source });
        }
        let folders = self.folders.clone();
        blocking(DOING, move || {
            let mut file = tempfile::tempfile_in(&folders.incoming).map_err(StoreError::io(DOING))?;
            file.write_all(b"mailcase").map_err(StoreError::io(DOING))?;
            std::fs::metadata(&folders.segments).map_err(StoreError::io(DOING))?;
            Ok(())
        })
        .await
    }

    pub(super) async fn put_small(&self, bytes: Bytes, hash: BlobHash) -> Result<Location> {
        const DOING: &str = "writing a segment";
        let (done, answer) = oneshot::channel();
        let gone =
            || StoreError::Blob { doing: DOING, source: io::Error::other("the blob writer has ended") };
        self.writer.send(Put { hash, bytes, done }).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?.map_err(StoreError::io(DOING))
    }

    pub(super) async fn read(&self, hash: BlobHash, named: &Named) -> Result<Bytes> {
        let (folders, named) = (self.folders.clone(), named.clone());
        blocking("reading a blob", move || {
            let (file, _) = folders.open(hash, &named)?;
            let capacity = usize::try_from(named.size).map_err(|_| StoreError::Corrupt { hash })?;
            let mut bytes = Vec::with_capacity(capacity);
            file.take(named.size).read_to_end(&mut bytes).map_err(StoreError::io("reading a blob"))?;
            if bytes.len() != capacity || BlobHash::of(&bytes) != hash {
                return Err(StoreError::Corrupt { hash });
            }
            Ok(bytes.into())
        })
        .await
    }

    pub(super) async fn stream(&self, hash: BlobHash, named: &Named) -> Result<BlobReader> {
        let (folders, named) = (self.folders.clone(), named.clone());
        let size = named.size;
        let (file, _) = blocking("opening a blob", move || folders.open(hash, &named)).await?;
        let bytes = tokio::io::AsyncReadExt::take(tokio::fs::File::from_std(file), size);
        Ok(BlobReader::new(Box::pin(bytes), hash, size))
    }

    pub(super) async fn file(&self, hash: BlobHash, named: &Named) -> Result<BlobFile> {
        let (folders, named) = (self.folders.clone(), named.clone());
        blocking("reading a blob", move || {
            let (file, start) = folders.open(hash, &named)?;
            BlobFile::verified(file, start, named.size, hash)
        })
        .await
    }
}
