//! How fast raw messages come from a private Dovecot, plain and encrypted.
//!
//! `cargo run --release -p mailcase-imap --example fetch_speed -- [messages] [bytes per message]`
#![expect(clippy::print_stdout, reason = "a measurement is printed")]

use mailcase_imap::{ImapSettings, ImapSource};
use mailcase_mail::{Fetched, FolderPath, MailSource, RemoteId, Scope};
use mailcase_testbed::dovecot::{Dovecot, DovecotOptions, PASSWORD};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::error::Error;
use std::time::Instant;
use tokio::sync::mpsc;

/// Ids given to one call of fetch, as a busy engine would.
const PAGE: usize = 1_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut numbers = std::env::args().skip(1);
    let count: usize = numbers.next().map_or(Ok(2_000), |text| text.parse())?;
    let size: usize = numbers.next().map_or(Ok(128 << 10), |text| text.parse())?;
    let server = Dovecot::start(DovecotOptions::default()).await?;
    let line = format!("{}\r\n", "x".repeat(76)).into_bytes();
    let message: Vec<u8> = line.iter().copied().cycle().take(size).collect();
    server.inject("ann", "INBOX", &vec![message; count])?;
    for (security, port) in [("none", server.ports().imap), ("tls", server.ports().imaps)] {
        let settings: ImapSettings = serde_json::from_value(serde_json::json!({
            "host": server.host(), "port": port, "security": security, "username": "ann",
            "trusted_certificates": [server.authority().certificate_pem()]
        }))?;
        let secrets = BTreeMap::from([("password".to_owned(), SecretString::from(PASSWORD))]);
        let mut source = ImapSource::new(&settings, &secrets)?;
        let started = Instant::now();
        let found = source.discover(&FolderPath::new("INBOX"), Scope::NewFromAll, None, count).await?;
        let listed = started.elapsed();
        let ids: Vec<RemoteId> = found.messages.into_iter().map(|head| head.id).collect();
        let started = Instant::now();
        let (messages, bytes) = fetch(&mut source, &ids).await?;
        let seconds = started.elapsed().as_secs_f64();
        println!(
            "{security}: listed {} in {:.2} s; fetched {messages} messages, {:.1} MB in {seconds:.2} s: {:.0} MB/s, {:.0} messages/s",
            ids.len(),
            listed.as_secs_f64(),
            bytes / 1e6,
            bytes / 1e6 / seconds,
            f64::from(messages) / seconds
        );
    }
    Ok(())
}

async fn fetch(source: &mut ImapSource, ids: &[RemoteId]) -> Result<(u32, f64), Box<dyn Error>> {
    let (out, mut fetched) = mpsc::channel(16);
    let folder = FolderPath::new("INBOX");
    let fetching = async {
        for page in ids.chunks(PAGE) {
            source.fetch(&folder, page, &out).await?;
        }
        drop(out);
        Ok::<_, mailcase_mail::SourceError>(())
    };
    let counting = async {
        let (mut messages, mut bytes) = (0, 0.0);
        while let Some(event) = fetched.recv().await {
            match event {
                Fetched::Chunk(chunk) => bytes += f64::from(u32::try_from(chunk.len()).unwrap_or(u32::MAX)),
                Fetched::End => messages += 1,
                _ => {}
            }
        }
        (messages, bytes)
    };
    let (result, counted) = tokio::join!(fetching, counting);
    result?;
    Ok(counted)
}
