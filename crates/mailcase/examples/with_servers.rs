//! Runs a command beside a fresh `mailcase serve`, a real mail server, a real proxy and a real OpenID provider, and ends
//! with its exit code.
//!
//! Tells the command where they are: `MAILCASE_URL`, `MAILCASE_SETUP_URL` (the one-time link), `IMAP_HOST`,
//! `IMAP_PORT` (STARTTLS), `IMAP_PORT_TLS`, `IMAP_USER`, `IMAP_PASSWORD`, `LMTP_PORT`;
//! `PROXY_HOST`, `PROXY_PORT_TLS`, `PROXY_USER`, `PROXY_PASSWORD`; `OIDC_URL` (what stands before
//! `/authorize` and `/token`), `OIDC_CLIENT_ID`, `OIDC_CLIENT_SECRET`, `OIDC_AUTHORITY` (PEM), `OIDC_REVOKE` (a POST to it takes
//! back every grant). The
//! certificates of all are signed by nobody the machine trusts; the mail server takes the provider's tokens. Used by
//! `scripts/e2e`.

use anyhow::{Context as _, ensure};
use mailcase_testbed::dovecot::{Dovecot, DovecotOptions, PASSWORD};
use mailcase_testbed::oidc::{Oidc, OidcClient, OidcOptions, TENANT};
use mailcase_testbed::squid::{self, Squid, SquidOptions};
use std::path::PathBuf;
use std::process::{ExitCode, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{ChildStdout, Command};

const USER: &str = "phishing@example.org";
/// The application that asks the provider for access.
const CLIENT_ID: &str = "mailcase";
const CLIENT_SECRET: &str = "secret of the application";
/// What `mailcase serve` prints before the link, when nobody set it up yet.
const LINK_MARK: &str = "(the link works once): ";
/// A machine under load starts slowly; longer is a hang.
const START_WITHIN: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let mut command = std::env::args_os().skip(1);
    let program = command.next().context("give the command to run")?;
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
    // These have to know where the provider sends browsers back to.
    let client = OidcClient {
        id: CLIENT_ID.to_owned(),
        secret: Some(CLIENT_SECRET.to_owned()),
        redirects: vec![format!("{url}/email-oauth")],
        ..OidcClient::default()
    };
    let oidc = Oidc::start(OidcOptions { clients: vec![client], ..OidcOptions::default() }).await?;
    let issuer = Some(oidc.issuer("upn").await?);
    let dovecot =
        Dovecot::start(DovecotOptions { token_issuer: issuer, ..DovecotOptions::default() }).await?;
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
        .env("OIDC_URL", format!("{}/{TENANT}/oauth2/v2.0", oidc.base()))
        .env("OIDC_CLIENT_ID", CLIENT_ID)
        .env("OIDC_CLIENT_SECRET", CLIENT_SECRET)
        .env("OIDC_AUTHORITY", oidc.authority().certificate_pem())
        .env("OIDC_REVOKE", oidc.revoke_url())
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
