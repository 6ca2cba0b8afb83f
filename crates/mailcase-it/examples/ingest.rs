//! Takes a whole IMAP mailbox its whole way, once, and says what it cost: the program `make bench` times beside its
//! peers.
//!
//! `ingest --port 10143 --user bench --data FOLDER [--host 127.0.0.1] [--password pw] [--database URL]`

use anyhow::{Context, Result, ensure};
use mailcase_core::connector::ConnectorSettings;
use mailcase_engine::{EngineConfig, run_once};
use mailcase_it::{ImapOnly, options};
use mailcase_store::{BlobConfig, DatabaseConfig, MasterKey, Store, StoreConfig};
use secrecy::SecretString;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

/// The largest memory this process had, in MiB.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? / 1024)
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "a command-line program")]
async fn main() -> Result<()> {
    let options = options()?;
    let option = |name: &str, default: &str| options.get(name).cloned().unwrap_or_else(|| default.to_owned());
    let data = PathBuf::from(options.get("data").context("--data FOLDER is missing")?);
    let database = match options.get("database") {
        Some(url) => DatabaseConfig::Postgres { url: url.clone().into() },
        None => DatabaseConfig::Sqlite { path: data.join("mailcase.db") },
    };
    let blobs = BlobConfig::Disk { dir: data.join("blobs") };
    let store = Store::open(StoreConfig { database, blobs, master_key: MasterKey::new([1; 32]) }).await?;
    let organization = store.create_organization("Bench").await?;
    let port: u16 = option("port", "143").parse()?;
    let settings: ConnectorSettings = serde_json::from_value(json!({
        "name": "Bench", "api_name": "bench", "kind": "imap", "backfill": {"take": "all"},
        "connection": {
            "host": option("host", "127.0.0.1"), "port": port, "security": "none", "username": option("user", "bench"),
        },
    }))?;
    let secrets = BTreeMap::from([("password".to_owned(), SecretString::from(option("password", "pw")))]);
    let connector = store.create_connector(organization, &settings, &secrets, false).await?;

    let started = Instant::now();
    let summary = run_once(&store, &ImapOnly, &connector, &EngineConfig::default(), |_| {}).await?;
    let seconds = started.elapsed().as_secs_f64();
    ensure!(summary.needs_attention == 0, "{} messages need attention", summary.needs_attention);
    store.close().await;
    println!(
        "{} messages, {} acknowledged, {seconds:.3} s, {:.0} messages/s, peak {} MiB",
        summary.fetched,
        summary.acknowledged,
        f64::from(u32::try_from(summary.fetched)?) / seconds,
        peak_memory().unwrap_or(0),
    );
    Ok(())
}
