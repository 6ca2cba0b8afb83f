//! What waiting costs: one server, many IMAP connectors in IDLE, nothing happening.
//!
//! `idle [--connectors 1000] [--tls none|platform|uploaded] [--seconds 120]`: with TLS, the authority is one the whole
//! machine trusts, or is uploaded for each connector. Prints the server's memory without connectors, with a tenth
//! and with all of them, how long it took until all were waiting, and the processor time of the quiet afterwards.
//! Every connector has an account of its own on a real Dovecot, which itself needs about 2 MiB for each.

use anyhow::{Context, Result, bail, ensure};
use mailcase_it::{Person, Server, ServerOptions, Usage, eventually, options};
use mailcase_testbed::dovecot::{Dovecot, DovecotOptions, PASSWORD};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// The server is not asked for the state of a thousand connectors more often than this.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long after the last connection memory is looked at: buffers of the beginning are given back by then.
const SETTLE: Duration = Duration::from_secs(10);

#[tokio::main]
#[expect(clippy::print_stdout, reason = "a command-line program")]
async fn main() -> Result<()> {
    let options = options()?;
    let number = |name: &str, default: usize| options.get(name).map_or(Ok(default), |value| value.parse());
    let (connectors, seconds) = (number("connectors", 1_000)?, number("seconds", 120)?);
    let trust = match options.get("tls").map_or("none", String::as_str) {
        "none" => None,
        "platform" => Some(Authority::Platform),
        "uploaded" => Some(Authority::Uploaded),
        other => bail!("--tls is none, platform or uploaded, not {other}"),
    };

    let dovecot =
        Dovecot::start(DovecotOptions { sessions: Some(connectors * 2), ..DovecotOptions::default() })
            .await?;
    let data = tempfile::tempdir()?;
    let mut server = Server::start(data.path(), &server_options(&dovecot, trust, data.path())?).await?;
    let person = Person::set_up(&mut server).await?;
    let process = server.process()?;

    tokio::time::sleep(SETTLE).await;
    let before = Usage::of(process)?;
    println!("0 connectors: {} KiB of its own, {} KiB resident", before.anonymous_kib, before.resident_kib);
    let mut made = 0;
    for goal in [connectors / 10, connectors] {
        let step = Instant::now();
        for number in made..goal {
            person.post("/connectors", &connector(&dovecot, number, trust)).await?;
        }
        let declared = step.elapsed();
        let waiting = until_waiting(&person, goal).await?;
        made = goal;
        println!(
            "{goal} connectors: made in {:.1} s, all waiting {:.1} s later",
            declared.as_secs_f64(),
            waiting.as_secs_f64()
        );
        tokio::time::sleep(SETTLE).await;
        let now = Usage::of(process)?;
        let each =
            |now: u64, before: u64| now.saturating_sub(before) / u64::try_from(goal).unwrap_or(1).max(1);
        println!(
            "{goal} connectors: {} KiB of its own, {} KiB resident: {} KiB per connector ({} KiB resident)",
            now.anonymous_kib,
            now.resident_kib,
            each(now.anonymous_kib, before.anonymous_kib),
            each(now.resident_kib, before.resident_kib),
        );
    }

    let before = Usage::of(process)?;
    let quiet = Duration::from_secs(seconds.try_into()?);
    tokio::time::sleep(quiet).await;
    let after = Usage::of(process)?;
    let used = after.processor.saturating_sub(before.processor).as_secs_f64();
    println!(
        "idle: {:.2} CPU seconds per minute, over {seconds} s; {} KiB of its own afterwards",
        used * 60.0 / quiet.as_secs_f64(),
        after.anonymous_kib
    );
    Ok(())
}

/// Where the server's certificate authority is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Authority {
    Platform,
    Uploaded,
}

fn server_options(dovecot: &Dovecot, trust: Option<Authority>, folder: &Path) -> Result<ServerOptions> {
    let mut options = ServerOptions::default();
    if trust == Some(Authority::Platform) {
        let file = folder.join("authority.pem");
        std::fs::write(&file, dovecot.authority().certificate_pem())?;
        options.environment.push(("SSL_CERT_FILE".to_owned(), file.display().to_string()));
    }
    Ok(options)
}

fn connector(dovecot: &Dovecot, number: usize, trust: Option<Authority>) -> Value {
    let ports = dovecot.ports();
    let (port, security) = if trust.is_some() { (ports.imaps, "tls") } else { (ports.imap, "none") };
    let uploaded = match trust {
        Some(Authority::Uploaded) => vec![dovecot.authority().certificate_pem()],
        _ => Vec::new(),
    };
    let connection = json!({
        "host": dovecot.host(), "port": port, "security": security, "username": format!("user{number}"),
        "trusted_certificates": uploaded,
    });
    json!({
        "active": true,
        "secrets": {"password": PASSWORD},
        "settings": {
            "name": format!("Mailbox {number}"), "api_name": format!("mailbox-{number}"), "kind": "imap",
            "connection": connection,
        },
    })
}

/// How long it took until so many connectors wait for news.
async fn until_waiting(person: &Person, goal: usize) -> Result<Duration> {
    let started = Instant::now();
    eventually("every connector waits", || async {
        let all = person.all("/connectors").await?;
        let state = |connector: &Value| Some(connector.get("status")?.get("state")?.as_str()? == "waiting");
        let waiting = all.iter().filter(|connector| state(connector) == Some(true)).count();
        if waiting < goal {
            tokio::time::sleep(LOOK_EVERY).await;
            return Ok(None);
        }
        ensure!(all.len() == goal, "there are {} connectors", all.len());
        Ok(Some(()))
    })
    .await
    .context("the connectors do not come to rest")?;
    Ok(started.elapsed())
}
