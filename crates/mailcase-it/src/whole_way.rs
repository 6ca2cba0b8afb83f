//! A mailbox taken its whole way, for measurements.

use anyhow::{Context, Result, anyhow, ensure};
use mailcase_core::connector::ConnectorSettings;
use mailcase_engine::{EngineConfig, run_once};
use mailcase_mail::SourceFactory;
use mailcase_store::{BlobConfig, DatabaseConfig, MasterKey, Store, StoreConfig};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc;
use std::time::Instant;
use tokio::runtime::Builder;

/// A report as people send them, of about this size.
#[must_use]
pub fn report(number: usize, bytes: usize) -> Vec<u8> {
    let mut raw = format!(
        "From: Reporter <reporter{number}@example.org>\r\nTo: soc@example.test\r\nSubject: Report {number}\r\n\
         Message-ID: <{number}@example.org>\r\nDate: Sat, 21 Nov 2026 07:00:00 +0000\r\n\r\n\
         Seen at http://bad{number}.example.com/login\r\n"
    );
    while raw.len() < bytes {
        raw.push_str("Please look at this, somebody wants my password once more and I did not click.\r\n");
    }
    raw.into_bytes()
}

/// Starts a server on threads of its own, as it would run on a machine of its own; it goes on until the program ends.
///
/// # Errors
/// When the server does not start.
pub fn on_a_machine_of_its_own<S, F>(start: F) -> Result<S>
where
    S: Send + 'static,
    F: Future<Output = Result<S>> + Send + 'static,
{
    let (out, started) = mpsc::channel();
    std::thread::spawn(move || -> Result<()> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        runtime.block_on(async {
            out.send(start.await).map_err(|_| anyhow!("nobody waits for the server"))?;
            std::future::pending::<()>().await;
            Ok(())
        })
    });
    started.recv().context("the server ended")?
}

/// Takes everything in a mailbox into a fresh store below `folder` and marks it read; how many messages, and in how many
/// seconds.
///
/// # Errors
/// When a message could not be taken.
pub async fn take_mailbox<F: SourceFactory>(
    factory: &F,
    kind: &str,
    connection: Value,
    secrets: &BTreeMap<String, SecretString>,
    folder: &Path,
) -> Result<(usize, f64)> {
    let database = DatabaseConfig::Sqlite { path: folder.join("mailcase.db") };
    let blobs = BlobConfig::Disk { dir: folder.join("blobs") };
    let store = Store::open(StoreConfig { database, blobs, master_key: MasterKey::new([1; 32]) }).await?;
    let organization = store.create_organization("Bench").await?;
    let settings: ConnectorSettings = serde_json::from_value(json!({
        "name": "Bench", "api_name": "bench", "kind": kind, "backfill": {"take": "all"}, "connection": connection,
    }))?;
    let connector = store.create_connector(organization, &settings, secrets, false).await?;
    let started = Instant::now();
    let summary = run_once(&store, factory, &connector, &EngineConfig::default(), |_| {}).await?;
    let seconds = started.elapsed().as_secs_f64();
    ensure!(summary.needs_attention == 0, "{} messages need attention", summary.needs_attention);
    ensure!(
        summary.acknowledged == summary.fetched,
        "{} of {} are marked",
        summary.acknowledged,
        summary.fetched
    );
    store.close().await;
    Ok((summary.fetched, seconds))
}
