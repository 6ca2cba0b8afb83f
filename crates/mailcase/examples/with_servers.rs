//! Runs a command beside a fresh `mailcase serve`, a real mail server, a real proxy, a real OpenID provider and Microsoft's
//! cloud as far as it is simulated, and ends with its exit code.
//!
//! Tells the command where they are: `MAILCASE_URL`, `MAILCASE_SETUP_URL` (the one-time link), `IMAP_HOST`,
//! `IMAP_PORT` (STARTTLS), `IMAP_PORT_TLS`, `IMAP_USER`, `IMAP_PASSWORD`, `LMTP_PORT`;
//! `PROXY_HOST`, `PROXY_PORT_TLS`, `PROXY_USER`, `PROXY_PASSWORD`; `OIDC_URL` (what stands before
//! `/authorize` and `/token`), `OIDC_CLIENT_ID`, `OIDC_CLIENT_SECRET`, `OIDC_AUTHORITY` (PEM), `OIDC_REVOKE` (a POST to it takes
//! back every grant); and for Microsoft's cloud, which lies behind a proxy of its own, `MICROSOFT_PROXY_PORT`,
//! `MICROSOFT_TENANT`, `MICROSOFT_CLIENT_ID`, `MICROSOFT_CLIENT_SECRET`, `MICROSOFT_POWERLESS_ID` (an application that may
//! do nothing), `MICROSOFT_MAILBOX`, `MICROSOFT_MOVING_MAILBOX` (one to migrate), `MICROSOFT_DELIVERY_PORT` (what is written
//! there is the address of a mailbox in a line, and a message for it). The
//! certificates of all are signed by nobody the machine trusts; the mail server takes the provider's tokens. Used by
//! `scripts/e2e`.

use anyhow::{Context as _, ensure};
use mailcase_testbed::dovecot::{Dovecot, DovecotOptions, PASSWORD};
use mailcase_testbed::microsoft::Microsoft;
use mailcase_testbed::oidc::{Oidc, OidcClient, OidcOptions, TENANT};
use mailcase_testbed::squid::{self, Squid, SquidOptions};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::{ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines};
use tokio::net::TcpListener;
use tokio::process::{ChildStdout, Command};

const USER: &str = "phishing@example.org";
/// A mailbox in Exchange Online that goes from EWS to Graph.
const MOVING: &str = "abuse@example.org";
/// The application that asks the provider for access.
const CLIENT_ID: &str = "mailcase";
const CLIENT_SECRET: &str = "secret of the application";
/// One that is registered at Microsoft as well, and was granted nothing.
const POWERLESS_ID: &str = "powerless";
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
    let mut serve = Command::new(mailcase()?);
    // What configures this machine, or the tests, is no configuration of this server.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("MAILCASE_")) {
        serve.env_remove(name);
    }
    let mut serve = serve
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
    let microsoft = Arc::new(microsoft().await?);
    let deliveries = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let delivery_port = deliveries.local_addr()?.port();
    tokio::spawn(deliver(Arc::clone(&microsoft), deliveries));
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
        .env("MICROSOFT_PROXY_PORT", microsoft.proxy_port().to_string())
        .env("MICROSOFT_TENANT", TENANT)
        .env("MICROSOFT_CLIENT_ID", CLIENT_ID)
        .env("MICROSOFT_CLIENT_SECRET", CLIENT_SECRET)
        .env("MICROSOFT_POWERLESS_ID", POWERLESS_ID)
        .env("MICROSOFT_MAILBOX", USER)
        .env("MICROSOFT_MOVING_MAILBOX", MOVING)
        .env("MICROSOFT_DELIVERY_PORT", delivery_port.to_string())
        .status()
        .await
        .context("the command could not be run")?;
    serve.kill().await?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// With two mailboxes, and two applications that know the secret.
async fn microsoft() -> anyhow::Result<Microsoft> {
    let able = OidcClient {
        id: CLIENT_ID.to_owned(),
        secret: Some(CLIENT_SECRET.to_owned()),
        ..OidcClient::default()
    };
    let powerless = OidcClient { id: POWERLESS_ID.to_owned(), powerless: true, ..able.clone() };
    let microsoft = Microsoft::start(vec![able, powerless]).await?;
    microsoft.graph.add_mailbox(USER);
    microsoft.graph.add_mailbox(MOVING);
    Ok(microsoft)
}

/// Puts into a mailbox what comes over each connection, and then hangs up.
async fn deliver(microsoft: Arc<Microsoft>, connections: TcpListener) -> anyhow::Result<()> {
    loop {
        let (mut connection, _) = connections.accept().await?;
        let mut message = Vec::new();
        connection.read_to_end(&mut message).await?;
        let end =
            message.windows(2).position(|two| two == b"\r\n").context("the address of a mailbox first")?;
        let (address, rest) = message.split_at(end);
        let letter = rest.get(2..).unwrap_or_default();
        microsoft.graph.deliver_now(std::str::from_utf8(address)?, letter)?;
    }
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
