//! Giving space back: only what no row names, and only what has been there for longer than any put can take.
//!
//! A segment with little that is alive is copied (verified, flushed), then its rows are pointed at the copy in one
//! transaction, then it is deleted. After a crash between any two of these steps every row names a whole record,
//! and what is left over is found the next time.

use super::disk::{Disk, Folders};
use super::location::Place;
use super::s3::S3;
use super::segment::{HEADER_BYTES, Segment, sync_dir};
use super::{BlobHash, Blobs, Location, Named, blocking};
use crate::Store;
use crate::error::{Result, StoreError};
use crate::sql::{args, retrying};
use futures::TryStreamExt;
use jiff::Timestamp;
use object_store::{ObjectStore, ObjectStoreExt};
use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;
use uuid::Uuid;

/// How old garbage must be: far longer than the time between a put and the transaction that names it.
pub const RECLAIM_GRACE: Duration = Duration::from_hours(24);
/// Rows looked at at a time.
const PAGE: i64 = 10_000;

/// How to reclaim.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReclaimOptions {
    /// Nothing younger than this is touched.
    pub grace: Duration,
    /// Segments of which less than this share is alive are copied and deleted.
    pub live_ratio: f64,
    /// Stop, as a crash would, once this step was done for the first time: for tests of what a crash leaves behind.
    pub stop_after: Option<ReclaimStep>,
}

impl Default for ReclaimOptions {
    fn default() -> Self {
        Self { grace: RECLAIM_GRACE, live_ratio: 0.5, stop_after: None }
    }
}

/// The steps of compacting a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReclaimStep {
    Copied,
    Repointed,
    Deleted,
}

/// What was given back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReclaimReport {
    /// Segments, large files, unfinished files and objects deleted.
    pub deleted: u64,
    pub deleted_bytes: u64,
    /// Blobs copied out of segments that were mostly dead.
    pub copied: u64,
    pub copied_bytes: u64,
    /// Segments left alone because something in them is damaged; `doctor` says what.
    pub damaged_segments: u64,
    /// Whether [`ReclaimOptions::stop_after`] ended it.
    pub stopped: bool,
}

impl ReclaimReport {
    fn deleted(&mut self, bytes: u64) {
        self.deleted = self.deleted.saturating_add(1);
        self.deleted_bytes = self.deleted_bytes.saturating_add(bytes);
    }
}

struct Stopped;

/// A run of reclaiming.
struct Reclaim<'a> {
    store: &'a Store,
    options: ReclaimOptions,
    /// What is younger than this stays.
    before: Timestamp,
    report: ReclaimReport,
}

impl Store {
    /// Gives space back that no row names. Safe beside writers, readers and other reclaimers.
    pub async fn reclaim(&self, options: ReclaimOptions) -> Result<ReclaimReport> {
        // Real time, not the injected clock: it is compared with the times of files.
        let before = Timestamp::now().checked_sub(options.grace).unwrap_or(Timestamp::MIN);
        let mut run = Reclaim { store: self, options, before, report: ReclaimReport::default() };
        match &self.inner.blobs {
            Blobs::Disk(disk) => run.disk(disk).await?,
            Blobs::S3(s3) => run.s3(s3).await?,
        }
        Ok(run.report)
    }

    async fn is_named(&self, hash: BlobHash, location: &Location) -> Result<bool> {
        let sql = "SELECT size FROM blobs WHERE hash = $1 AND location = $2";
        Ok(self.pool().fetch_optional(sql, args![hash, location.to_string()]).await?.is_some())
    }

    /// Living bytes per segment.
    async fn live_bytes(&self) -> Result<HashMap<Uuid, u64>> {
        let mut live: HashMap<Uuid, u64> = HashMap::new();
        let mut after = Vec::new();
        loop {
            let sql = "SELECT hash, size, location FROM blobs WHERE hash > $1 ORDER BY hash LIMIT $2";
            let rows = self.pool().fetch_all(sql, args![after.clone(), PAGE]).await?;
            let Some(last) = rows.last() else { return Ok(live) };
            after = last.bytes("hash")?;
            for row in &rows {
                if let Place::Segment { segment, .. } = row.named::<Location>("location")?.0 {
                    let bytes = live.entry(segment).or_default();
                    *bytes = bytes.saturating_add(row.count("size")?).saturating_add(HEADER_BYTES);
                }
            }
        }
    }

    async fn records_of(&self, segment: Uuid) -> Result<Vec<(BlobHash, Named)>> {
        let sql = "SELECT hash, size, location FROM blobs WHERE location LIKE $1";
        let rows = self.pool().fetch_all(sql, args![format!("segment/{segment}/%")]).await?;
        rows.iter()
            .map(|row| {
                let named = Named { location: row.named("location")?, size: row.count("size")? };
                Ok((BlobHash::from_column(&row.bytes("hash")?)?, named))
            })
            .collect()
    }

    async fn repoint(&self, moves: &[(BlobHash, Location, Location)]) -> Result<()> {
        let mut tx = self.pool().begin().await?;
        for (hash, from, to) in moves {
            let sql = "UPDATE blobs SET location = $1 WHERE hash = $2 AND location = $3";
            tx.execute(sql, args![to.to_string(), *hash, from.to_string()]).await?;
        }
        tx.commit().await
    }
}

/// A file of the blob folder that is old enough.
struct Candidate {
    path: PathBuf,
    name: String,
    bytes: u64,
}

impl Reclaim<'_> {
    async fn disk(&mut self, disk: &Disk) -> Result<()> {
        let live = self.store.live_bytes().await?;
        for candidate in old_files(disk.folders.segments.clone(), self.before).await? {
            let Some(segment) = candidate.name.strip_suffix(".seg").and_then(|name| name.parse().ok()) else {
                continue;
            };
            let living = live.get(&segment).copied().unwrap_or(0);
            #[expect(clippy::cast_precision_loss, reason = "a ratio needs no more than 52 bits")]
            let dead = living == 0 || (living as f64) < self.options.live_ratio * candidate.bytes as f64;
            if dead && let Some(Stopped) = self.segment(&disk.folders, segment, candidate).await? {
                self.report.stopped = true;
                return Ok(());
            }
        }
        for folder in folders_in(disk.folders.large.clone()).await? {
            for candidate in old_files(folder, self.before).await? {
                self.large_file(candidate).await?;
            }
        }
        Ok(())
    }

    fn stop_after(&self, step: ReclaimStep) -> bool {
        self.options.stop_after == Some(step)
    }

    async fn segment(
        &mut self,
        folders: &Folders,
        id: Uuid,
        candidate: Candidate,
    ) -> Result<Option<Stopped>> {
        // Locked by a writer, or by another reclaimer: theirs.
        let path = candidate.path.clone();
        let Some(lock) = blocking("locking a segment", move || try_lock(&path)).await? else {
            return Ok(None);
        };
        let living = self.store.records_of(id).await?;
        if !living.is_empty() {
            let (count, bytes) = (living.len(), living.iter().map(|(_, named)| named.size).sum::<u64>());
            let copy_folders = folders.clone();
            let copied = blocking("copying a segment", move || copy(&copy_folders, living)).await;
            let moves = match copied {
                Ok(moves) => moves,
                Err(StoreError::Corrupt { hash }) => {
                    tracing::error!(%hash, segment = %id, "a segment is damaged and is left alone");
                    self.report.damaged_segments = self.report.damaged_segments.saturating_add(1);
                    return Ok(None);
                }
                Err(error) => return Err(error),
            };
            if self.stop_after(ReclaimStep::Copied) {
                return Ok(Some(Stopped));
            }
            retrying!(self.store.repoint(&moves))?;
            self.report.copied = self.report.copied.saturating_add(u64::try_from(count).unwrap_or(0));
            self.report.copied_bytes = self.report.copied_bytes.saturating_add(bytes);
            if self.stop_after(ReclaimStep::Repointed) {
                return Ok(Some(Stopped));
            }
        }
        let bytes = candidate.bytes;
        delete(candidate.path).await?;
        drop(lock);
        self.report.deleted(bytes);
        Ok(self.stop_after(ReclaimStep::Deleted).then_some(Stopped))
    }

    async fn large_file(&mut self, candidate: Candidate) -> Result<()> {
        let named = candidate.name.split_once('.').and_then(|(hash, put)| {
            let place = Place::Large { hash: hash.parse().ok()?, put: put.parse().ok()? };
            Some((hash.parse().ok()?, Location(place)))
        });
        let garbage = match named {
            Some((hash, location)) => !self.store.is_named(hash, &location).await?,
            // What is left of a put that never ended; everything else is not ours.
            None => Path::new(&candidate.name).extension().is_some_and(|extension| extension == "part"),
        };
        if garbage {
            let bytes = candidate.bytes;
            delete(candidate.path).await?;
            self.report.deleted(bytes);
        }
        Ok(())
    }

    async fn s3(&mut self, s3: &S3) -> Result<()> {
        const DOING: &str = "listing objects in S3";
        let trouble = |error| StoreError::Blob { doing: DOING, source: std::io::Error::other(error) };
        let root = object_store::path::Path::from(format!("{}blobs", s3.prefix));
        let mut listing = s3.objects.list(Some(&root));
        while let Some(object) = listing.try_next().await.map_err(trouble)? {
            if object.last_modified.timestamp_micros() > self.before.as_microsecond() {
                continue;
            }
            let key = object.location.to_string();
            let prefix = object_store::path::Path::from(s3.prefix.as_str()).to_string();
            let relative = key.strip_prefix(prefix.as_str()).unwrap_or(&key).trim_start_matches('/');
            let Ok(location) = relative.parse::<Location>() else { continue };
            let Place::Object { hash, .. } = location.0 else { continue };
            if !self.store.is_named(hash, &location).await? {
                s3.objects.delete(&object.location).await.map_err(trouble)?;
                self.report.deleted(object.size);
            }
        }
        Ok(())
    }
}

/// Copies records to a new segment and makes it durable.
fn copy(folders: &Folders, records: Vec<(BlobHash, Named)>) -> Result<Vec<(BlobHash, Location, Location)>> {
    const DOING: &str = "copying a segment";
    let mut target = Segment::create(&folders.segments).map_err(StoreError::io(DOING))?;
    let mut moves = Vec::with_capacity(records.len());
    for (hash, named) in records {
        let (file, _) = folders.open(hash, &named)?;
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::Read::take(file, named.size), &mut bytes)
            .map_err(StoreError::io(DOING))?;
        if BlobHash::of(&bytes) != hash {
            return Err(StoreError::Corrupt { hash });
        }
        let to = target.append(hash, &bytes).map_err(StoreError::io(DOING))?;
        moves.push((hash, named.location, to));
    }
    target.flush().map_err(StoreError::io(DOING))?;
    Ok(moves)
}

fn try_lock(path: &Path) -> Result<Option<File>> {
    const DOING: &str = "locking a segment";
    let file = match File::options().write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::io(DOING)(error)),
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(StoreError::io(DOING)(error)),
    }
}

async fn delete(path: PathBuf) -> Result<()> {
    const DOING: &str = "deleting what no row names";
    blocking(DOING, move || {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::io(DOING)(error));
            }
            _ => {}
        }
        path.parent().map_or(Ok(()), sync_dir).map_err(StoreError::io(DOING))
    })
    .await
}

async fn folders_in(dir: PathBuf) -> Result<Vec<PathBuf>> {
    const DOING: &str = "listing the blob folder";
    blocking(DOING, move || {
        let mut folders = Vec::new();
        for entry in std::fs::read_dir(&dir).map_err(StoreError::io(DOING))? {
            let entry = entry.map_err(StoreError::io(DOING))?;
            if entry.file_type().map_err(StoreError::io(DOING))?.is_dir() {
                folders.push(entry.path());
            }
        }
        Ok(folders)
    })
    .await
}

/// The files in a folder last written before `before`.
async fn old_files(dir: PathBuf, before: Timestamp) -> Result<Vec<Candidate>> {
    const DOING: &str = "listing the blob folder";
    blocking(DOING, move || {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&dir).map_err(StoreError::io(DOING))? {
            let entry = entry.map_err(StoreError::io(DOING))?;
            let facts = match entry.metadata() {
                Ok(facts) => facts,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(StoreError::io(DOING)(error)),
            };
            let written = facts.modified().ok().and_then(|time| Timestamp::try_from(time).ok());
            if facts.is_file() && written.is_some_and(|written| written <= before) {
                let name = entry.file_name().to_string_lossy().into_owned();
                files.push(Candidate { path: entry.path(), name, bytes: facts.len() });
            }
        }
        Ok(files)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_segment_is_never_a_candidate() {
        let dir = tempfile::tempdir().unwrap();
        let open = Segment::create(dir.path()).unwrap();
        let file = std::fs::read_dir(dir.path()).unwrap().next().unwrap().unwrap();
        assert!(try_lock(&file.path()).unwrap().is_none());
        drop(open);
        assert!(try_lock(&file.path()).unwrap().is_some());
    }
}
