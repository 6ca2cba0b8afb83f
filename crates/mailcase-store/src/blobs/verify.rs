//! Reads every blob back and checks it: for `doctor`, and after a disk gave cause for doubt.

use super::BlobHash;
use crate::Store;
use crate::error::{Result, StoreError};
use crate::sql::args;
use tokio::io::AsyncReadExt;

/// Blobs looked up at a time.
const PAGE: i64 = 500;
/// Damaged blobs listed in the report; the count goes on.
const LISTED_MAX: usize = 1_000;
const READ_BYTES: usize = 256 << 10;

/// How far a verification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyProgress {
    pub done: u64,
    pub total: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    pub blobs: u64,
    pub bytes: u64,
    pub damaged: u64,
    /// The first damaged or missing ones.
    pub damaged_hashes: Vec<BlobHash>,
}

impl Store {
    /// Reads every blob that a row names. Damage is in the report; trouble of another kind ends it.
    pub async fn verify_blobs(
        &self,
        mut progress: impl FnMut(VerifyProgress) + Send,
    ) -> Result<VerifyReport> {
        let total = self.pool().fetch_one("SELECT COUNT(*) AS n FROM blobs", vec![]).await?.count("n")?;
        let mut report = VerifyReport::default();
        let mut after = Vec::new();
        loop {
            let sql = "SELECT hash, size FROM blobs WHERE hash > $1 ORDER BY hash LIMIT $2";
            let rows = self.pool().fetch_all(sql, args![after.clone(), PAGE]).await?;
            let Some(last) = rows.last() else { return Ok(report) };
            after = last.bytes("hash")?;
            for row in &rows {
                let hash = BlobHash::from_column(&row.bytes("hash")?)?;
                report.blobs = report.blobs.saturating_add(1);
                report.bytes = report.bytes.saturating_add(row.count("size")?);
                if !self.is_intact(hash).await? {
                    report.damaged = report.damaged.saturating_add(1);
                    if report.damaged_hashes.len() < LISTED_MAX {
                        report.damaged_hashes.push(hash);
                    }
                }
                progress(VerifyProgress { done: report.blobs, total: total.max(report.blobs) });
            }
        }
    }

    async fn is_intact(&self, hash: BlobHash) -> Result<bool> {
        let mut reader = match self.open_blob(hash).await {
            Ok(reader) => reader,
            Err(StoreError::Corrupt { .. }) => return Ok(false),
            Err(error) => return Err(error),
        };
        let mut chunk = vec![0; READ_BYTES];
        loop {
            match reader.read(&mut chunk).await {
                Ok(0) => return Ok(true),
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::InvalidData => return Ok(false),
                Err(source) => return Err(StoreError::Blob { doing: "reading a blob", source }),
            }
        }
    }
}
