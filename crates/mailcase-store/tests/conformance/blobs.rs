//! Bytes in, the same bytes out, or an error.

use crate::fixture::{Fixture, TTL, head};
use bytes::Bytes;
use mailcase_store::{
    BlobHash, BlobReceipt, SMALL_BLOB_MAX, Store, StoreError, StoredDelivery, VerifyProgress,
};
use std::collections::BTreeSet;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use tokio::io::AsyncReadExt;

/// Names blobs by rows, as storing messages does.
pub(crate) async fn name(fx: &Fixture, receipts: Vec<BlobReceipt>) {
    let prefix = mailcase_core::MessageId::new().to_string();
    let heads: Vec<_> = (0..receipts.len()).map(|n| head(&format!("{prefix} {n:06}"))).collect();
    fx.store.record_discovery(&fx.lease, fx.org, &prefix, &heads, "c", None).await.unwrap();
    let due = fx.store.due_deliveries(&fx.lease, &prefix, receipts.len()).await.unwrap();
    let batch: Vec<_> = due
        .iter()
        .zip(receipts)
        .map(|(due, receipt)| StoredDelivery { delivery: due.delivery, receipt, received: None })
        .collect();
    fx.store.record_stored(&fx.lease, fx.org, &batch, "p", TTL).await.unwrap();
}

pub(crate) async fn put_large(store: &Store, pieces: &[Bytes]) -> BlobReceipt {
    let mut blob = store.begin_large().await.unwrap();
    for piece in pieces {
        blob.write(piece.clone()).await.unwrap();
    }
    blob.finish().await.unwrap()
}

fn pieces(seed: u8, count: usize) -> Vec<Bytes> {
    (0..count).map(|n| Bytes::from(vec![seed.wrapping_add(n as u8); 700_001])).collect()
}

pub(crate) async fn what_is_put_is_read_back(fx: &Fixture) {
    let small = Bytes::from_static(b"From: a\r\n\r\nhello \0 world");
    let empty = Bytes::new();
    let limit = Bytes::from(vec![7; SMALL_BLOB_MAX]);
    // More than one part of a multipart upload.
    let large = pieces(3, 20);
    let mut receipts = Vec::new();
    for bytes in [&small, &empty, &limit] {
        receipts.push(fx.store.put_small(bytes.clone(), None).await.unwrap());
    }
    receipts.push(put_large(&fx.store, &large).await);
    let hashes: Vec<BlobHash> = receipts.iter().map(|receipt| receipt.hash).collect();
    assert_eq!(hashes[0], BlobHash::of(&small));
    assert_eq!(receipts[3].size, 20 * 700_001);
    assert!(
        matches!(fx.store.read_blob(hashes[0]).await, Err(StoreError::NotFound { .. })),
        "no row names it yet"
    );
    name(fx, receipts).await;
    let whole: Bytes = large.concat().into();
    for (hash, bytes) in hashes.iter().zip([&small, &empty, &limit, &whole]) {
        assert_eq!(&fx.store.read_blob(*hash).await.unwrap(), bytes);
        let mut streamed = Vec::new();
        let mut reader = fx.store.open_blob(*hash).await.unwrap();
        assert_eq!(reader.size(), bytes.len() as u64);
        reader.read_to_end(&mut streamed).await.unwrap();
        assert!(streamed == **bytes);
        let mut file = fx.store.blob_file(*hash).await.unwrap();
        let mut sought = Vec::new();
        file.seek(SeekFrom::End(0)).unwrap();
        assert_eq!(file.stream_position().unwrap(), bytes.len() as u64);
        file.seek(SeekFrom::Start(bytes.len() as u64 / 2)).unwrap();
        file.read_to_end(&mut sought).unwrap();
        assert!(sought == bytes[bytes.len() / 2..]);
        assert!(file.seek(SeekFrom::Current(-1_000_000_000)).is_err());
    }
    let too_much = Bytes::from(vec![0; SMALL_BLOB_MAX + 1]);
    assert!(matches!(fx.store.put_small(too_much, None).await, Err(StoreError::Settings(_))));
    let mut last = VerifyProgress { done: 0, total: 0 };
    let report = fx.store.verify_blobs(|progress| last = progress).await.unwrap();
    assert_eq!((report.blobs, report.damaged), (4, 0));
    assert_eq!(last, VerifyProgress { done: 4, total: 4 });
}

pub(crate) async fn many_puts_at_once_are_all_kept(fx: &Fixture) {
    let tasks: Vec<_> = (0..200_u32)
        .map(|n| {
            let store = fx.store.clone();
            tokio::spawn(async move {
                store.put_small(Bytes::from(format!("{n}").repeat(500)), None).await.unwrap()
            })
        })
        .collect();
    let mut receipts = Vec::new();
    for task in tasks {
        receipts.push(task.await.unwrap());
    }
    name(fx, receipts).await;
    for n in 0..200_u32 {
        let bytes = format!("{n}").repeat(500);
        assert_eq!(fx.store.read_blob(BlobHash::of(bytes.as_bytes())).await.unwrap(), bytes);
    }
    if fx.is_disk() {
        assert_eq!(fx.blob_files().len(), 1, "one segment holds them all");
    }
}

pub(crate) async fn damage_is_noticed(fx: &Fixture) {
    let small = fx.store.put_small(Bytes::from(vec![b'a'; 5000]), None).await.unwrap();
    let large = put_large(&fx.store, &pieces(1, 3)).await;
    let hashes = [small.hash, large.hash];
    name(fx, vec![small, large]).await;
    for path in fx.blob_files() {
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&path, bytes).unwrap();
    }
    for hash in hashes {
        assert!(matches!(fx.store.read_blob(hash).await, Err(StoreError::Corrupt { hash: h }) if h == hash));
        assert!(matches!(fx.store.blob_file(hash).await, Err(StoreError::Corrupt { .. })));
        let mut reader = fx.store.open_blob(hash).await.unwrap();
        let error = reader.read_to_end(&mut Vec::new()).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
    }
    let report = fx.store.verify_blobs(|_| {}).await.unwrap();
    assert_eq!((report.blobs, report.damaged), (2, 2));
    for path in fx.blob_files() {
        std::fs::remove_file(path).unwrap();
    }
    for hash in hashes {
        assert!(matches!(fx.store.read_blob(hash).await, Err(StoreError::Corrupt { .. })));
    }
    assert_eq!(fx.store.verify_blobs(|_| {}).await.unwrap().damaged, 2);
}

pub(crate) async fn an_abandoned_large_blob_leaves_nothing(fx: &Fixture) {
    let (before, beside) = (fx.blob_files(), unfinished_beside_the_store());
    let mut blob = fx.store.begin_large().await.unwrap();
    blob.write(Bytes::from_static(b"half")).await.unwrap();
    let new: Vec<_> = unfinished_beside_the_store().difference(&beside).cloned().collect();
    assert!(new.is_empty(), "a crash would leave {new:?}");
    drop(blob);
    assert_eq!(fx.blob_files(), before);
}

/// Files with a name that a store made where everybody's temporary files are.
fn unfinished_beside_the_store() -> BTreeSet<PathBuf> {
    let entries = std::fs::read_dir(std::env::temp_dir()).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "part")).collect()
}

pub(crate) async fn an_upload_that_breaks_off_leaves_nothing(fx: &Fixture) {
    // A folder knows no parts of an upload.
    let Some(s3) = &fx.s3 else { return };
    let before = fx.blob_files();
    s3.refuse_parts();
    let mut blob = fx.store.begin_large().await.unwrap();
    // More parts than are under way at once.
    for piece in pieces(9, 60) {
        blob.write(piece).await.unwrap();
    }
    let error = blob.finish().await.unwrap_err();
    assert!(error.is_outage(), "{error}");
    assert_eq!(s3.unfinished_uploads().unwrap(), 0);
    assert_eq!(fx.blob_files(), before);
}

pub(crate) async fn two_processes_share_a_blob_store(fx: &Fixture) {
    let other = fx.another_process().await;
    let mut receipts = Vec::new();
    for n in 0..20 {
        let store = if n % 2 == 0 { &fx.store } else { &other };
        receipts.push(store.put_small(Bytes::from(format!("message {n}")), None).await.unwrap());
        // The same bytes again, by the other one.
        let twin = if n % 2 == 0 { &other } else { &fx.store };
        twin.put_small(Bytes::from(format!("message {n}")), None).await.unwrap();
        put_large(twin, &[Bytes::from(format!("large {n}"))]).await;
        receipts.push(put_large(store, &[Bytes::from(format!("large {n}"))]).await);
    }
    name(fx, receipts).await;
    for store in [&fx.store, &other] {
        assert_eq!(store.verify_blobs(|_| {}).await.unwrap().damaged, 0);
        assert_eq!(store.read_blob(BlobHash::of(b"message 7")).await.unwrap(), "message 7");
        assert_eq!(store.read_blob(BlobHash::of(b"large 7")).await.unwrap(), "large 7");
    }
}

pub(crate) async fn a_blob_store_that_went_away_is_noticed(fx: &Fixture) {
    fx.store.blobs_ready().await.unwrap();
    fx.store.blobs_ready().await.unwrap();
    assert_eq!(fx.blob_files(), Vec::<std::path::PathBuf>::new(), "trying it out leaves nothing");
    let (folder, aside) = match &fx.s3 {
        Some(s3) => (s3.objects(), s3.objects().with_extension("aside")),
        None => (fx.folder.path().join("blobs"), fx.folder.path().join("aside")),
    };
    std::fs::rename(&folder, &aside).unwrap();
    let error = fx.store.blobs_ready().await.unwrap_err();
    assert!(matches!(error, StoreError::Blob { .. }), "{error}");
    std::fs::rename(&aside, &folder).unwrap();
    fx.store.blobs_ready().await.unwrap();
}
