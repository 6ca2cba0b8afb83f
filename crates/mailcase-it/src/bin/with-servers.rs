//! Starts a fresh Mailcase and a Dovecot with a certificate nobody trusts yet, runs a command that finds them through
//! its environment, and ends with its exit code. `scripts/e2e` runs the browser tests with it.
//!
//! The command sees `MAILCASE_URL`, `MAILCASE_SETUP_URL` (the one-time link of the first run), `IMAP_HOST`,
//! `IMAP_PORT_TLS`, `IMAP_USER`, `IMAP_PASSWORD` and `LMTP_PORT`.

use anyhow::{Context, Result};
use mailcase_it::{Server, ServerOptions, install_tls};
use mailcase_testbed::dovecot::{Dovecot, DovecotOptions, PASSWORD};
use std::process::ExitCode;
use tokio::process::Command;

const USER: &str = "soc";

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let command = arguments.next().context("usage: with-servers COMMAND [ARGUMENT…]")?;
    install_tls();
    let dovecot = Dovecot::start(DovecotOptions::default()).await?;
    let data = tempfile::tempdir()?;
    let mut server = Server::start(data.path(), &ServerOptions::default()).await?;
    let token = server.setup_token().await?;
    let setup = format!("{}/setup?token={token}", server.url());
    let ports = dovecot.ports();
    let status = Command::new(command)
        .args(arguments)
        .env("MAILCASE_URL", server.url())
        .env("MAILCASE_SETUP_URL", setup)
        .env("IMAP_HOST", "localhost")
        .env("IMAP_PORT_TLS", ports.imaps.to_string())
        .env("IMAP_USER", USER)
        .env("IMAP_PASSWORD", PASSWORD)
        .env("LMTP_PORT", ports.lmtp.to_string())
        .status()
        .await?;
    server.terminate().await?;
    Ok(ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)))
}
