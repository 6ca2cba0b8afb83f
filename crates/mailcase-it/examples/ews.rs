//! Takes a mailbox of the simulator of Exchange Web Services its whole way, and then the same messages as a plain program
//! does with exchangelib; says what each took. Every request is answered later by the same latency.
//!
//! `ews [--messages 2000] [--peer-messages 2000] [--latency-ms 30] [--bytes 8000]`

use anyhow::{Context, Result, ensure};
use mailcase_it::{EwsOnly, on_a_machine_of_its_own, options, report, take_mailbox};
use mailcase_testbed::certificates::Authority;
use mailcase_testbed::ews::{EwsOptions, EwsServer};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

const USER: &str = "soc@example.test";
const PASSWORD: &str = "pw";

/// With so many unread messages.
fn simulator(authority: &Authority, messages: usize, bytes: usize, latency: Duration) -> Result<EwsServer> {
    let options = EwsOptions { latency, tls: Some(authority.leaf()?), ..EwsOptions::default() };
    let server = on_a_machine_of_its_own(EwsServer::start(options))?;
    server.add_mailbox(USER);
    server.add_user(USER, PASSWORD);
    for number in 0..messages {
        server.deliver_now(USER, &report(number, bytes))?;
    }
    Ok(server)
}

async fn mailcase(server: &EwsServer, authority: &Authority, folder: &Path) -> Result<(usize, f64)> {
    let connection = json!({
        "mailbox": USER, "server": server.url(), "auth": "basic",
        "trusted_certificates": [authority.certificate_pem()],
    });
    let secrets = BTreeMap::from([("password".to_owned(), SecretString::from(PASSWORD))]);
    take_mailbox(&EwsOnly, "ews", connection, &secrets, folder).await
}

async fn exchangelib(server: &EwsServer, authority: &Authority, folder: &Path) -> Result<(usize, f64)> {
    let certificate = folder.join("authority.pem");
    std::fs::write(&certificate, authority.certificate_pem())?;
    let clients = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mailcase-testbed/tests/clients");
    let output = tokio::process::Command::new(clients.join(".venv/bin/python"))
        .arg(clients.join("sequential_ews.py"))
        .env("EWS_URL", server.url())
        .env("EWS_USER", USER)
        .env("EWS_PASSWORD", PASSWORD)
        .env("EWS_AUTHORITY", certificate)
        .env("OUT", folder.join("mail"))
        .output()
        .await
        .context("start python (see scripts/need clients)")?;
    ensure!(output.status.success(), "exchangelib failed: {}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout)?;
    let seconds = said.get("seconds").and_then(Value::as_f64).context("seconds")?;
    Ok((said.get("messages").and_then(Value::as_u64).context("messages")?.try_into()?, seconds))
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
    for (name, messages) in
        [("exchangelib", number("peer-messages", 2_000)?), ("mailcase", number("messages", 2_000)?)]
    {
        let server = simulator(&authority, messages, bytes, latency)?;
        let (done, seconds) = if name == "mailcase" {
            mailcase(&server, &authority, folder.path()).await?
        } else {
            exchangelib(&server, &authority, folder.path()).await?
        };
        ensure!(done == messages, "{name} took {done} of {messages} messages");
        let unread = server.messages(USER, "Inbox")?.iter().filter(|message| !message.read).count();
        ensure!(unread == 0, "{name} left {unread} unread");
        let rate = f64::from(u32::try_from(done)?) / seconds;
        println!(
            "{name}: {done} messages, {seconds:.2} s, {rate:.1} messages/s, {} requests",
            server.asked().iter().filter(|asked| !asked.operation.is_empty()).count()
        );
        rates.push(rate);
    }
    if let [peer, ours] = rates[..] {
        println!("mailcase is {:.1} times as fast, at {} ms per request", ours / peer, latency.as_millis());
    }
    Ok(())
}
