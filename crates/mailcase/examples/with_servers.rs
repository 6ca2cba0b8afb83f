//! Runs a command beside a fresh `mailcase serve`, a real mail server and a real proxy, and ends with its exit code.
//!
//! Tells the command where they are: `MAILCASE_URL`, `MAILCASE_SETUP_URL` (the one-time link), `IMAP_HOST`,
//! `IMAP_PORT` (STARTTLS), `IMAP_PORT_TLS`, `IMAP_USER`, `IMAP_PASSWORD`, `LMTP_PORT`;
//! `PROXY_HOST`, `PROXY_PORT_TLS`, `PROXY_USER`, `PROXY_PASSWORD`. The certificates of both are signed by nobody the
//! machine trusts. Used by `scripts/e2e`.

use anyhow::{Context as _, ensure};
use mailcase_testbed::dovecot::{Dovecot, DovecotOptions, PASSWORD};
use mailcase_testbed::squid::{self, Squid, SquidOptions};
use std::path::PathBuf;
use std::process::{ExitCode, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{ChildStdout, Command};

const USER: &str = "phishing@example.org";
/// What `mailcase serve` prints before the link, when nobody set it up yet.
const LINK_MARK: &str = "(the link works once): ";
/// A machine under load starts slowly; longer is a hang.
const START_WITHIN: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let mut command = std::env::args_os().skip(1);
    let program = command.next().context("give the command to run")?;
    let dovecot = Dovecot::start(DovecotOptions::default()).await?;
    let squid = Squid::start(SquidOptions { sign_in: true }).await?;
    let folder = tempfile::tempdir()?;
    let mut serve = Command::new(mailcase()?)
        .current_dir(folder.path())
        .args(["serve", "--listen", "127.0.0.1:0", "--log-level", "warn"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("mailcase could not be started")?;
    let mut lines = BufReader::new(serve.stdout.take().context("mailcase prints nothing")?).lines();
    let link = tokio::time::timeout(START_WITHIN, set_up_link(&mut lines))
        .await
        .context("mailcase did not start in time")??;
    let url = link.split("/setup").next().context("the link is no link")?;
    let status = Command::new(program)
        .args(command)
        .env("MAILCASE_URL", url)
        .env("MAILCASE_SETUP_URL", &link)
        .env("IMAP_HOST", dovecot.host())
        .env("IMAP_PORT", dovecot.ports().imap.to_string())
        .env("IMAP_PORT_TLS", dovecot.ports().imaps.to_string())
        .env("IMAP_USER", USER)
        .env("IMAP_PASSWORD", PASSWORD)
        .env("LMTP_PORT", dovecot.ports().lmtp.to_string())
        .env("PROXY_HOST", squid.host())
        .env("PROXY_PORT_TLS", squid.https_port().to_string())
        .env("PROXY_USER", squid::USER)
        .env("PROXY_PASSWORD", squid::PASSWORD)
        .status()
        .await
        .context("the command could not be run")?;
    serve.kill().await?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// The program that was built beside this one.
fn mailcase() -> anyhow::Result<PathBuf> {
    let here = std::env::current_exe()?;
    let folder = here.parent().and_then(|examples| examples.parent()).context("this program lies nowhere")?;
    let path = folder.join("mailcase");
    ensure!(path.is_file(), "{} is missing: run `cargo build -p mailcase`", path.display());
    Ok(path)
}

async fn set_up_link(lines: &mut Lines<BufReader<ChildStdout>>) -> anyhow::Result<String> {
    while let Some(line) = lines.next_line().await? {
        if let Some((_, link)) = line.split_once(LINK_MARK) {
            return Ok(link.trim().to_owned());
        }
    }
    anyhow::bail!("mailcase ended before it printed its link")
}
