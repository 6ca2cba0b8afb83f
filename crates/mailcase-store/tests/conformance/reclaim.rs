//! Giving space back, and being killed while doing so.

use crate::blobs::{name, put_large};
use crate::fixture::Fixture;
use bytes::Bytes;
use mailcase_store::{BlobHash, ReclaimOptions, ReclaimStep};
use std::time::Duration;

/// Everything is old enough; only a segment that is whole is left alone.
const AT_ONCE: ReclaimOptions = ReclaimOptions { grace: Duration::ZERO, live_ratio: 0.9, stop_after: None };

/// Half of the blobs are named by rows, in segments no process writes to any more; returns the named ones.
async fn half_garbage(fx: &Fixture) -> Vec<Bytes> {
    let mut named = Vec::new();
    let mut receipts = Vec::new();
    for run in 0..3 {
        let process = fx.another_process().await;
        for n in 0..10 {
            let bytes = Bytes::from(format!("run {run} message {n}").repeat(50));
            let receipt = process.put_small(bytes.clone(), None).await.unwrap();
            let large = Bytes::from(format!("run {run} large {n}"));
            let large_receipt = put_large(&process, std::slice::from_ref(&large)).await;
            // Of the last run nothing is named at all.
            if n % 2 == 0 && run < 2 {
                named.extend([bytes, large]);
                receipts.extend([receipt, large_receipt]);
            }
        }
        process.close().await;
        drop(process);
    }
    name(fx, receipts).await;
    named
}

async fn assert_all_there(fx: &Fixture, named: &[Bytes]) {
    for bytes in named {
        assert_eq!(&fx.store.read_blob(BlobHash::of(bytes)).await.unwrap(), bytes);
    }
    let report = fx.store.verify_blobs(|_| {}).await.unwrap();
    assert_eq!((report.blobs, report.damaged), (named.len() as u64, 0));
}

/// Runs until nothing is left to give back: the thread of a closed process lets go of its segment when it ends,
/// which may be a moment later.
async fn reclaim_all(fx: &Fixture) -> (u64, u64) {
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    let (mut deleted, mut copied) = (0, 0);
    loop {
        let report = fx.store.reclaim(AT_ONCE).await.unwrap();
        deleted += report.deleted;
        copied += report.copied;
        let expected = if fx.is_disk() { 12 } else { 20 };
        if fx.blob_files().len() <= expected || std::time::Instant::now() > deadline {
            return (deleted, copied);
        }
        tokio::task::yield_now().await;
    }
}

pub(crate) async fn garbage_goes_and_named_blobs_stay(fx: &Fixture) {
    let named = half_garbage(fx).await;
    let before = fx.blob_files().len();
    let patient = fx.store.reclaim(ReclaimOptions::default()).await.unwrap();
    assert_eq!((patient.deleted, fx.blob_files().len()), (0, before), "too young to be garbage");
    assert_all_there(fx, &named).await;
    let (deleted, copied) = reclaim_all(fx).await;
    assert!(deleted > 0);
    assert_all_there(fx, &named).await;
    if fx.is_disk() {
        // 30 large files and 3 segments before; 10 large ones are named, and two segments were copied.
        assert_eq!(fx.blob_files().len(), 12);
        assert_eq!(copied, 10);
    } else {
        assert_eq!(fx.blob_files().len(), 20);
    }
    let again = fx.store.reclaim(AT_ONCE).await.unwrap();
    assert_eq!((again.deleted, again.copied), (0, 0));
    // What another process is writing now is not touched, however little of it is named.
    let other = fx.another_process().await;
    let receipt = other.put_small(Bytes::from_static(b"not named yet"), None).await.unwrap();
    if fx.is_disk() {
        fx.store.reclaim(AT_ONCE).await.unwrap();
        let hash = receipt.hash;
        name(fx, vec![receipt]).await;
        assert_eq!(fx.store.read_blob(hash).await.unwrap(), "not named yet");
    }
}

pub(crate) async fn a_crash_in_the_middle_loses_nothing(fx: &Fixture) {
    let named = half_garbage(fx).await;
    for step in [ReclaimStep::Copied, ReclaimStep::Repointed, ReclaimStep::Deleted] {
        let options = ReclaimOptions { stop_after: Some(step), ..AT_ONCE };
        let deadline = std::time::Instant::now() + Duration::from_secs(30);
        loop {
            let report = fx.store.reclaim(options).await.unwrap();
            assert_all_there(fx, &named).await;
            // Blobs in S3 are never copied: there is no middle.
            if report.stopped || !fx.is_disk() {
                break;
            }
            assert!(std::time::Instant::now() < deadline, "no segment could be compacted");
            tokio::task::yield_now().await;
        }
    }
    reclaim_all(fx).await;
    assert_all_there(fx, &named).await;
    if fx.is_disk() {
        assert_eq!(fx.blob_files().len(), 12, "what the crashes left behind is gone");
    }
}
