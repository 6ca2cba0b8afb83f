//! What large messages take of memory on their whole way: received, stored, examined, decided, acknowledged. Alone in its
//! process, whose memory it measures.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and says what it measured")]

use mailcase_core::connector::{Backfill, ConnectorSettings};
use mailcase_engine::{EngineConfig, run_once};
use mailcase_mail::testkit::{FakeFactory, FakeMailbox};
use mailcase_store::{BlobConfig, DatabaseConfig, MasterKey, Store, StoreConfig};
use serde_json::json;
use std::collections::BTreeMap;

const INBOX: &str = "INBOX";
const MESSAGE_BYTES: usize = 100_000_000;
/// What the whole process may have at most while such a message is on its way.
const PEAK_MAX_KIB: usize = 150_000_000 / 1024;
/// Base64 makes four bytes of three, and breaks lines of 76 with two more.
const LINE: usize = 76;

/// A figure of `/proc/self/status` in KiB; machines without it skip this.
fn status(name: &str) -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

/// Bytes that do not compress, `length` of them.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 7_u32;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let some: Vec<u8> = (0..1 << 20).map(next).collect();
    some.into_iter().cycle().take(length).collect()
}

/// A ZIP archive of one member that is only stored.
fn zip(name: &str, content: &[u8]) -> Vec<u8> {
    let size = u32::try_from(content.len()).unwrap().to_le_bytes();
    let length = u16::try_from(name.len()).unwrap().to_le_bytes();
    let common = [&[0; 10][..], &[0; 4], &size, &size, &length, &[0, 0]].concat();
    let local = [b"PK\x03\x04", &common[..], name.as_bytes()].concat();
    let at = u32::try_from(local.len() + content.len()).unwrap().to_le_bytes();
    let entry = [b"PK\x01\x02", &[0; 2][..], &common[..], &[0; 14], name.as_bytes()].concat();
    let entry_size = u32::try_from(entry.len()).unwrap().to_le_bytes();
    let end = [b"PK\x05\x06", &[0; 4][..], &[1, 0, 1, 0], &entry_size, &at, &[0, 0]].concat();
    [local, content.to_vec(), entry, end].concat()
}

/// A message with these files attached.
fn letter(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut raw = Vec::with_capacity(MESSAGE_BYTES + MESSAGE_BYTES / 8);
    raw.extend_from_slice(
        b"From: a@example.org\r\nTo: b@example.org\r\nSubject: large\r\nMIME-Version: 1.0\r\n\
          Content-Type: multipart/mixed; boundary=cut\r\n\r\n--cut\r\n\r\nThe password is secret99.\r\n",
    );
    for (name, content) in files {
        raw.extend_from_slice(
            format!(
                "--cut\r\nContent-Type: application/octet-stream; name={name}\r\n\
                 Content-Transfer-Encoding: base64\r\n\r\n"
            )
            .as_bytes(),
        );
        for line in content.chunks(LINE / 4 * 3) {
            raw.extend_from_slice(base64_simd::STANDARD.encode_to_string(line).as_bytes());
            raw.extend_from_slice(b"\r\n");
        }
    }
    raw.extend_from_slice(b"--cut--\r\n");
    raw
}

/// Takes the message its whole way and returns the most memory the process had meanwhile, without the mailbox's.
async fn peak_kib(raw: Vec<u8>) -> Option<usize> {
    let size = raw.len();
    let mailbox = FakeMailbox::new();
    mailbox.deliver(INBOX, raw);
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(StoreConfig {
        database: DatabaseConfig::Sqlite { path: folder.path().join("mailcase.db") },
        blobs: BlobConfig::Disk { dir: folder.path().join("blobs") },
        master_key: MasterKey::new([7; 32]),
    })
    .await
    .unwrap();
    let organization = store.create_organization("Example SOC").await.unwrap();
    let mut settings: ConnectorSettings =
        serde_json::from_value(json!({"name": "Fake", "api_name": "fake", "kind": "fake"})).unwrap();
    settings.backfill = Backfill::All;
    let connector = store.create_connector(organization, &settings, &BTreeMap::new(), false).await.unwrap();
    // The peak so far is forgotten (proc(5)).
    std::fs::write("/proc/self/clear_refs", "5").ok()?;
    let factory = FakeFactory::of(&mailbox);
    let summary = run_once(&store, &factory, &connector, &EngineConfig::default(), |_| {}).await.unwrap();
    let peak = status("VmHWM:")?;
    assert_eq!((summary.fetched, summary.acknowledged, summary.needs_attention), (1, 1, 0));
    store.close().await;
    Some(peak.saturating_sub(size / 1024))
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_100_megabytes_take_less_than_150() {
    let content = MESSAGE_BYTES / (LINE + 2) * (LINE / 4 * 3);
    // Three below what is opened, the third beyond what all may become.
    let third = content / 3;
    let nested = || zip("inner.zip", &zip("innermost.zip", &zip("file.bin", &noise(third - 1_000))));
    let makers: [(&str, &dyn Fn() -> Vec<u8>); 4] = [
        ("a file", &|| letter(&[("file.bin", noise(content))])),
        ("an archive", &|| letter(&[("large.zip", zip("file.bin", &noise(content - 1_000)))])),
        ("archives within archives", &|| {
            letter(&[("one.zip", nested()), ("two.zip", nested()), ("three.zip", nested())])
        }),
        ("text", &|| {
            let head = b"Subject: long\r\nContent-Type: text/plain\r\n\r\n".iter();
            head.chain(b"https://example.org/ and other words\r\n".iter().cycle())
                .copied()
                .take(MESSAGE_BYTES)
                .collect()
        }),
    ];
    for (name, make) in makers {
        let Some(peak) = peak_kib(make()).await else {
            println!("SKIPPED: this system does not tell the peak of memory");
            return;
        };
        println!("{name}: {} MB", peak * 1024 / 1_000_000);
        assert!(peak < PEAK_MAX_KIB, "{name}: {peak} KiB");
    }
}
