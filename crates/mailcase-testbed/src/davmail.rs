//! A private DavMail: a server of IMAP and SMTP made by others that knows mail only from Exchange Web Services.

use crate::process::{OwnedProcess, START_DEADLINE, find_program, free_port, log_tail, wait_for_port};
use anyhow::{Context as _, Result};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const PACKAGES: &str = "davmail-server";
const START_TRIES: usize = 5;

/// A running DavMail. Dropped: stopped, and its folder removed.
#[derive(Debug)]
pub struct Davmail {
    // Before the folder: fields drop in order.
    _process: OwnedProcess,
    folder: TempDir,
    imap: u16,
    smtp: u16,
}

impl Davmail {
    /// Starts a gateway to the service at this address, which answers without TLS, and waits until it listens.
    ///
    /// # Errors
    /// When DavMail is not installed or does not come up; the end of its log is in the message.
    pub async fn start(url: &str) -> Result<Self> {
        let program = find_program("davmail-server", PACKAGES)?;
        let folder =
            tempfile::Builder::new().prefix("davmail-").tempdir().context("make a temporary folder")?;
        let log = folder.path().join("davmail.log");
        for attempt in 1.. {
            let (imap, smtp) = (free_port()?, free_port()?);
            let settings = folder.path().join("davmail.properties");
            std::fs::write(&settings, properties(url, imap, smtp, &log.to_string_lossy()))?;
            let mut command = Command::new(&program);
            command.arg(&settings).current_dir(folder.path()).env("HOME", folder.path());
            command.stdout(Stdio::null()).stderr(Stdio::null());
            let mut process = OwnedProcess::spawn("DavMail", &mut command)?;
            let address = (Ipv4Addr::LOCALHOST, imap);
            match wait_for_port(&mut process, address, START_DEADLINE).await {
                Ok(()) => return Ok(Self { _process: process, folder, imap, smtp }),
                Err(error) if attempt == START_TRIES => {
                    return Err(error.context(log_tail(&log)));
                }
                Err(_) => {}
            }
        }
        anyhow::bail!("DavMail did not come up")
    }

    /// Where it speaks IMAP, in the clear.
    #[must_use]
    pub const fn imap_port(&self) -> u16 {
        self.imap
    }

    /// Where it takes mail, in the clear.
    #[must_use]
    pub const fn smtp_port(&self) -> u16 {
        self.smtp
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("davmail.log")
    }

    /// The last lines of its log.
    #[must_use]
    pub fn log_tail(&self) -> String {
        log_tail(&self.log())
    }
}

fn properties(url: &str, imap: u16, smtp: u16, log: &str) -> String {
    format!(
        "davmail.server=true\ndavmail.mode=EWS\ndavmail.url={url}\ndavmail.imapPort={imap}\n\
         davmail.smtpPort={smtp}\ndavmail.caldavPort=\ndavmail.ldapPort=\ndavmail.popPort=\n\
         davmail.bindAddress=127.0.0.1\ndavmail.allowRemote=false\ndavmail.disableUpdateCheck=true\n\
         davmail.enableProxy=false\ndavmail.useSystemProxies=false\ndavmail.imapIdleDelay=1\n\
         davmail.logFilePath={log}\nlog4j.rootLogger=WARN\nlog4j.logger.davmail=DEBUG\n"
    )
}
