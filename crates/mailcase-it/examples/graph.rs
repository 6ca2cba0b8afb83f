//! Takes a mailbox of the Graph simulator its whole way, and then the same messages by a sequential program with
//! Microsoft's SDK; says what each took. Every request on the wire is answered later by the same latency.
//!
//! `graph [--messages 2000] [--peer-messages 300] [--latency-ms 30] [--bytes 8000]`

use anyhow::{Context, Result, ensure};
use mailcase_it::{Simulated, on_a_machine_of_its_own, options, report, take_mailbox};
use mailcase_testbed::certificates::Authority;
use mailcase_testbed::graph::{GraphOptions, GraphServer, TOKEN};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

const USER: &str = "soc@example.test";

/// With so many unread messages.
fn simulator(authority: &Authority, messages: usize, bytes: usize, latency: Duration) -> Result<GraphServer> {
    // Microsoft's SDK sends its token over TLS alone.
    let options = GraphOptions { latency, tls: Some(authority.leaf()?), ..GraphOptions::default() };
    let server = on_a_machine_of_its_own(GraphServer::start(options))?;
    server.add_mailbox(USER);
    for number in 0..messages {
        server.deliver_now(USER, &report(number, bytes))?;
    }
    Ok(server)
}

async fn mailcase(server: &GraphServer, authority: &Authority, folder: &Path) -> Result<(usize, f64)> {
    let authority = Some(authority.certificate_pem().to_owned());
    let factory = Simulated { origin: server.origin(), mailbox: USER.to_owned(), authority };
    take_mailbox(&factory, "graph", json!({"mailbox": USER}), &BTreeMap::new(), folder).await
}

async fn sequential(server: &GraphServer, authority: &Authority, folder: &Path) -> Result<(usize, f64)> {
    let certificate = folder.join("authority.pem");
    std::fs::write(&certificate, authority.certificate_pem())?;
    let script =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../mailcase-testbed/tests/clients/sequential.mjs");
    let output = tokio::process::Command::new("node")
        .arg(script)
        .env("GRAPH_ORIGIN", server.origin())
        .env("GRAPH_TOKEN", TOKEN)
        .env("GRAPH_USER", USER)
        .env("OUT", folder.join("mail"))
        .env("NODE_EXTRA_CA_CERTS", certificate)
        .output()
        .await
        .context("start node (see scripts/need clients)")?;
    ensure!(output.status.success(), "the SDK failed: {}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout)?;
    let number = |name: &str| said.get(name).and_then(Value::as_f64).context("what the SDK says");
    Ok((said.get("messages").and_then(Value::as_u64).context("messages")?.try_into()?, number("seconds")?))
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "a command-line program")]
async fn main() -> Result<()> {
    let options = options()?;
    let number = |name: &str, default: usize| options.get(name).map_or(Ok(default), |text| text.parse());
    let latency = Duration::from_millis(u64::try_from(number("latency-ms", 30)?)?);
    let bytes = number("bytes", 8_000)?;
    let folder = tempfile::tempdir()?;
    let authority = Authority::new()?;
    let mut rates = Vec::new();
    for (name, messages) in [
        ("Microsoft's SDK, one by one", number("peer-messages", 300)?),
        ("mailcase", number("messages", 2_000)?),
    ] {
        let server = simulator(&authority, messages, bytes, latency)?;
        let (done, seconds) = if name == "mailcase" {
            mailcase(&server, &authority, folder.path()).await?
        } else {
            sequential(&server, &authority, folder.path()).await?
        };
        ensure!(done == messages, "{name} took {done} of {messages} messages");
        let unread = server.messages(USER, "Inbox")?.iter().filter(|message| !message.read).count();
        ensure!(unread == 0, "{name} left {unread} unread");
        let rate = f64::from(u32::try_from(done)?) / seconds;
        println!(
            "{name}: {done} messages, {seconds:.2} s, {rate:.1} messages/s, {} requests",
            server.asked().iter().filter(|asked| !asked.line.starts_with("$batch ")).count()
        );
        rates.push(rate);
    }
    if let [peer, ours] = rates[..] {
        println!("mailcase is {:.1} times as fast, at {} ms per request", ours / peer, latency.as_millis());
    }
    Ok(())
}
