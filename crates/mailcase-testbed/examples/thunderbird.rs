//! Lets a real Thunderbird use the EWS simulator, and looks at what it did. `make thunderbird` installs it and runs
//! this: it is too large to be asked for by the ordinary tests.
#![expect(clippy::print_stdout, reason = "a program for people")]

use anyhow::{Context as _, Result, ensure};
use mailcase_testbed::ews::{EwsOptions, EwsServer};
use mailcase_testbed::process::{OwnedProcess, POLL, find_program, free_port};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

const ANN: &str = "ann@example.org";
const PASSWORD: &str = "correct horse";
/// How long it may take until the server knows what Thunderbird did.
const DEADLINE: Duration = Duration::from_secs(60);

fn letter(subject: &str) -> Vec<u8> {
    format!(
        "Message-ID: <{subject}@suite.example>\r\nFrom: Ada <ada@example.org>\r\nTo: {ANN}\r\nSubject: {subject}\r\n\
         Date: Mon, 05 Jan 2026 10:00:00 +0000\r\n\r\nThis is letter {subject}.\r\n"
    )
    .into_bytes()
}

/// Starts Thunderbird without a window, to be driven at `port`.
fn thunderbird(home: &Path, port: u16) -> Result<OwnedProcess> {
    let profile = home.join("profile");
    std::fs::create_dir(&profile)?;
    let settings = [
        format!("user_pref(\"marionette.port\", {port});"),
        "user_pref(\"app.update.enabled\", false);".to_owned(),
        "user_pref(\"datareporting.policy.dataSubmissionEnabled\", false);".to_owned(),
        "user_pref(\"network.proxy.type\", 0);".to_owned(),
    ];
    std::fs::write(profile.join("user.js"), settings.join("\n"))?;
    let mut command = Command::new(find_program("thunderbird", "thunderbird")?);
    command
        .args(["--headless", "--marionette", "--remote-allow-system-access", "--no-remote", "--profile"])
        .arg(&profile)
        .env("HOME", home)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    OwnedProcess::spawn("Thunderbird", &mut command)
}

async fn until(what: &str, mut holds: impl FnMut() -> Result<bool>) -> Result<()> {
    let end = Instant::now() + DEADLINE;
    while !holds()? {
        ensure!(Instant::now() < end, "waited in vain until {what}");
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<()> {
    let server = EwsServer::start(EwsOptions::default()).await?;
    server.add_user(ANN, PASSWORD);
    server.add_folder(ANN, "Inbox/Processed")?;
    for subject in ["m1", "m2", "m3"] {
        server.deliver_now(ANN, &letter(subject))?;
    }
    let home = tempfile::tempdir()?;
    let port = free_port()?;
    let _bird = thunderbird(home.path(), port)?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/thunderbird.py");
    let mut driver = tokio::process::Command::new("python3")
        .arg(script)
        .env("MARIONETTE_PORT", port.to_string())
        .env("EWS_URL", server.url())
        .env("EWS_USER", ANN)
        .env("EWS_PASSWORD", PASSWORD)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("start python3")?;
    let mut said = String::new();
    let output = driver.stdout.take().context("the output of the driver")?;
    BufReader::new(output).read_line(&mut said).await?;
    ensure!(said == "ready\n", "the driver failed; the server was asked {:#?}", server.asked());
    until("m1 is read and alone", || {
        let held = server.messages(ANN, "Inbox")?;
        Ok(held.len() == 1 && held.iter().all(|message| message.read))
    })
    .await?;
    until("m2 is moved", || Ok(server.messages(ANN, "Inbox/Processed")?.len() == 1)).await?;
    until("m3 is deleted", || Ok(server.messages(ANN, "Deleted Items")?.len() == 1)).await?;
    server.deliver_now(ANN, &letter("m4"))?;
    driver.stdin.take().context("the input of the driver")?.write_all(b"\n").await?;
    ensure!(driver.wait().await?.success(), "the driver failed after it was ready");
    let problems = server.problems();
    ensure!(problems.is_empty(), "this does not fit Microsoft's schema: {problems:#?}");
    let judged = if server.is_judged() { "all fit the schema" } else { "the schema is not here" };
    println!("Thunderbird listed, read, marked, moved and deleted; {} documents, {judged}", server.judged());
    Ok(())
}
