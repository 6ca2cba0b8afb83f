//! Segment files: small blobs one after the other, many made durable by one flush.
//!
//! A record is magic, length, SHA-256, bytes. A writer never appends to a file it did not make in this run, and
//! holds a lock on it while it does: names carry a UUIDv7, so several processes share a folder. After a crash the
//! tail of a segment that no row names is garbage.

use super::{BlobHash, Location, location::Place};
use bytes::Bytes;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

const MAGIC: [u8; 4] = *b"MCB1";
/// Magic, length (u32, little-endian), SHA-256.
pub(super) const HEADER_BYTES: u64 = 40;
/// A segment is closed once it is this large: large enough to be few, small enough to be copied in a second.
const SEGMENT_MAX_BYTES: u64 = 256 << 20;
/// Bytes flushed together at most, so that the first of a group does not wait for ever.
const GROUP_MAX_BYTES: usize = 16 << 20;
/// Puts waiting for the writer; beyond it they wait outside, holding back their sources.
const QUEUE_MAX: usize = 256;
/// Small records are gathered before they go to the file.
const BUFFER_BYTES: usize = 256 << 10;

pub(super) type Answer = Result<Location, io::Error>;

/// A blob waiting to be made durable.
pub(super) struct Put {
    pub(super) hash: BlobHash,
    pub(super) bytes: Bytes,
    pub(super) done: oneshot::Sender<Answer>,
}

pub(super) fn path_of(dir: &Path, segment: Uuid) -> PathBuf {
    dir.join(format!("{segment}.seg"))
}

/// An open segment.
#[derive(Debug)]
pub(super) struct Segment {
    id: Uuid,
    file: BufWriter<File>,
    end: u64,
}

impl Segment {
    /// Makes a new segment, locked as long as it is open.
    pub(super) fn create(dir: &Path) -> io::Result<Self> {
        let id = Uuid::now_v7();
        let file = OpenOptions::new().write(true).create_new(true).open(path_of(dir, id))?;
        file.lock()?;
        sync_dir(dir)?;
        Ok(Self { id, file: BufWriter::with_capacity(BUFFER_BYTES, file), end: 0 })
    }

    /// Appends a record; durable only after [`flush`](Self::flush).
    pub(super) fn append(&mut self, hash: BlobHash, bytes: &[u8]) -> io::Result<Location> {
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        let place = Place::Segment { segment: self.id, offset: self.end };
        self.file.write_all(&MAGIC)?;
        self.file.write_all(&length.to_le_bytes())?;
        self.file.write_all(hash.bytes())?;
        self.file.write_all(bytes)?;
        self.end = self.end.saturating_add(HEADER_BYTES).saturating_add(length.into());
        Ok(Location(place))
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_data()
    }

    pub(super) const fn is_full(&self) -> bool {
        self.end >= SEGMENT_MAX_BYTES
    }
}

/// Starts the thread that writes segments in `dir`; it ends when all senders are gone.
pub(super) fn start_writer(dir: PathBuf) -> io::Result<mpsc::Sender<Put>> {
    let (sender, waiting) = mpsc::channel(QUEUE_MAX);
    std::thread::Builder::new().name("blob-writer".to_owned()).spawn(move || write_all(&dir, waiting))?;
    Ok(sender)
}

fn write_all(dir: &Path, mut waiting: mpsc::Receiver<Put>) {
    let mut open = None;
    while let Some(first) = waiting.blocking_recv() {
        let mut bytes = first.bytes.len();
        let mut group = vec![first];
        while bytes < GROUP_MAX_BYTES
            && let Ok(next) = waiting.try_recv()
        {
            bytes = bytes.saturating_add(next.bytes.len());
            group.push(next);
        }
        match write_group(dir, &mut open, &group) {
            Ok(locations) => {
                for (put, location) in group.into_iter().zip(locations) {
                    answer(put.done, Ok(location));
                }
            }
            Err(error) => {
                // What was written of this segment is unknown: it is never written to again.
                open = None;
                for put in group {
                    answer(put.done, Err(io::Error::new(error.kind(), error.to_string())));
                }
            }
        }
        if open.as_ref().is_some_and(Segment::is_full) {
            open = None;
        }
    }
}

fn write_group(dir: &Path, open: &mut Option<Segment>, group: &[Put]) -> io::Result<Vec<Location>> {
    let segment = match open {
        Some(segment) => segment,
        None => open.insert(Segment::create(dir)?),
    };
    let locations =
        group.iter().map(|put| segment.append(put.hash, &put.bytes)).collect::<io::Result<_>>()?;
    segment.flush()?;
    Ok(locations)
}

fn answer(done: oneshot::Sender<Answer>, answer: Answer) {
    if done.send(answer).is_err() {
        tracing::trace!("a blob was put by somebody who no longer waits");
    }
}

/// Opens the record at `offset`, checks that its header is that of `hash` and returns the file at its bytes.
///
/// # Errors
/// `InvalidData` when another record, or none, is there.
pub(super) fn open_record(
    dir: &Path,
    segment: Uuid,
    offset: u64,
    hash: BlobHash,
    size: u64,
) -> io::Result<File> {
    let mut file = File::open(path_of(dir, segment))?;
    file.seek(SeekFrom::Start(offset))?;
    let mut magic = [0; 4];
    let mut length = [0; 4];
    let mut found = [0; 32];
    file.read_exact(&mut magic)?;
    file.read_exact(&mut length)?;
    file.read_exact(&mut found)?;
    if magic != MAGIC || u64::from(u32::from_le_bytes(length)) != size || found != *hash.bytes() {
        return Err(io::Error::from(io::ErrorKind::InvalidData));
    }
    Ok(file)
}

/// Makes the names in a folder durable.
pub(super) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
