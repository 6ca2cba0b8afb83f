//! `mailcase demo`: a whole Mailcase with sample mail that keeps arriving, gone without a trace afterwards.

use crate::config::{self, Config, Flags};
use crate::samples::{self, Sample};
use crate::serve::{self, Server, Signals};
use crate::terminal::line;
use crate::{Outcome, logging};
use anyhow::{Context as _, bail, ensure};
use axum::body::Body;
use axum::http::{Request, header};
use mailcase_core::OrganizationId;
use mailcase_core::connector::ConnectorSettings;
use mailcase_testbed::dovecot::{Dovecot, DovecotOptions, PASSWORD};
use rand::distr::{Alphanumeric, SampleString as _};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tower::ServiceExt as _;

const ORGANIZATION: &str = "Example Organization";
const USER_NAME: &str = "admin";
/// Long enough that nobody on the same machine guesses it while the demo runs.
const PASSWORD_CHARS: usize = 20;
/// The account on the demo's mail server.
const ACCOUNT: &str = "phishing@example.org";
/// Of the samples, so many are there from the beginning: of three, two.
const AT_ONCE: (usize, usize) = (2, 3);
/// Between two arrivals: long enough to look at one message, short enough to see the next come in.
const ARRIVAL_EVERY: Duration = Duration::from_secs(20);

pub(crate) async fn run(flags: Flags, no_mail_server: bool) -> anyhow::Result<Outcome> {
    let mut signals = Signals::new()?;
    let folder = Folder::new(flags.data.as_deref())?;
    let address_chosen = flags.listen.is_some();
    // The address and the password shall not drown in the log.
    let log_level = flags.log_level.or_else(|| Some("warn".to_owned()));
    let config = config::of_flags(Flags { data: Some(folder.path.clone()), log_level, ..flags })?;
    logging::start(&config.log)?;
    let listener = listener(&config, address_chosen).await?;
    let password = Alphanumeric.sample_string(&mut rand::rng(), PASSWORD_CHARS);
    let server = Server::start(&config, listener).await?;
    let organization = set_up(&server, &password).await?;
    let mut mail = Mail::start(folder.path.join("mailbox"), no_mail_server).await?;
    mail.connect(&server, organization).await?;
    mail.deliver_first().await?;
    welcome(&server, &password, &mail)?;
    let mut arrivals = tokio::time::interval(ARRIVAL_EVERY);
    arrivals.tick().await;
    loop {
        tokio::select! {
            () = signals.stop() => break,
            _ = arrivals.tick() => mail.deliver_next().await?,
        }
    }
    line("Ending the demo.")?;
    tokio::select! {
        stopped = server.stop() => stopped?,
        () = signals.stop() => {}
    }
    drop(mail);
    folder.remove()?;
    Ok(Outcome::Done)
}

/// The folder of the demo: one that goes away, or one that was asked for and is new.
struct Folder {
    path: PathBuf,
    temporary: Option<TempDir>,
}

impl Folder {
    fn new(chosen: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = chosen else {
            let temporary = tempfile::Builder::new().prefix("mailcase-demo-").tempdir()?;
            return Ok(Self { path: temporary.path().to_path_buf(), temporary: Some(temporary) });
        };
        if fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some()) {
            bail!(
                "the demo wants a new folder, and {} is not empty: run `mailcase serve` to go on with it",
                path.display()
            );
        }
        Ok(Self { path: path.to_path_buf(), temporary: None })
    }

    fn remove(self) -> anyhow::Result<()> {
        if let Some(temporary) = self.temporary {
            temporary.close().with_context(|| format!("{} could not be removed", self.path.display()))?;
        }
        Ok(())
    }
}

/// The address that was asked for; the usual one may be taken, and then any will do.
async fn listener(config: &Config, address_chosen: bool) -> anyhow::Result<TcpListener> {
    match serve::listen(&config.listen).await {
        Err(error) if !address_chosen => {
            tracing::debug!(%error, "another port is chosen");
            serve::listen("127.0.0.1:0").await
        }
        other => other,
    }
}

/// Creates the organization and its administrator the way a browser does.
async fn set_up(server: &Server, password: &str) -> anyhow::Result<OrganizationId> {
    let link = server.set_up_link().await?.context("the new store is set up already")?;
    let token = link.query_pairs().find(|(name, _)| name == "token").map(|(_, token)| token.into_owned());
    let body = json!({
        "token": token,
        "organization": ORGANIZATION,
        "username": USER_NAME,
        "display_name": "Demo administrator",
        "password": password,
    });
    let request = Request::post("/api/v1/setup")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))?;
    let answer = mailcase_api::router(server.api.clone()).oneshot(request).await?;
    ensure!(answer.status().is_success(), "the administrator could not be created: {}", answer.status());
    server.organization().await?.context("the organization is missing after it was created")
}

fn welcome(server: &Server, password: &str, mail: &Mail) -> anyhow::Result<()> {
    let mail_server = match &mail.server {
        MailServer::Running(_) => "A folder and a real IMAP account are watched".to_owned(),
        MailServer::LeftOut => "A folder is watched".to_owned(),
        MailServer::Failed(error) => format!("No IMAP account: {error:#}\n  A folder is watched"),
    };
    line(format!(
        "\n  Mailcase is running at {}\n\n  User name  {USER_NAME}\n  Password   {password}\n\n  \
         {mail_server}; a message arrives every {} seconds.\n  Ctrl-C ends the demo and removes what it made.\n",
        server.public_url,
        ARRIVAL_EVERY.as_secs(),
    ))?;
    Ok(())
}

/// The mail server of the demo.
enum MailServer {
    Running(Box<Dovecot>),
    /// Nobody wanted one.
    LeftOut,
    /// It is not installed, or did not start.
    Failed(anyhow::Error),
}

/// Where the sample mail goes, and what is still to come.
struct Mail {
    folder: PathBuf,
    server: MailServer,
    samples: Vec<Sample>,
    /// Samples delivered so far, counting on when they start anew.
    delivered: usize,
}

impl Mail {
    async fn start(folder: PathBuf, no_mail_server: bool) -> anyhow::Result<Self> {
        fs::create_dir_all(&folder)?;
        let server = if no_mail_server {
            MailServer::LeftOut
        } else {
            Dovecot::start(DovecotOptions::default())
                .await
                .map_or_else(MailServer::Failed, |dovecot| MailServer::Running(Box::new(dovecot)))
        };
        Ok(Self { folder, server, samples: samples::all(), delivered: 0 })
    }

    /// Makes the connectors that watch the mailboxes.
    async fn connect(&self, server: &Server, organization: OrganizationId) -> anyhow::Result<()> {
        let folder: ConnectorSettings = serde_json::from_value(json!({
            "name": "Security team",
            "api_name": "security-team",
            "description": "Sample mail in a folder of this machine.",
            "kind": mailcase_folder::KIND,
            "connection": {"path": self.folder, "layout": "files"},
            "backfill": {"take": "all"},
            "poll_seconds": 5,
            "case_defaults": {"tags": ["demo"]},
        }))?;
        server.store.create_connector(organization, &folder, &BTreeMap::new(), true).await?;
        if let MailServer::Running(dovecot) = &self.server {
            let settings: ConnectorSettings = serde_json::from_value(json!({
                "name": "Phishing reports",
                "api_name": "phishing-reports",
                "description": "What employees report, in an account of a real mail server.",
                "kind": mailcase_imap::KIND,
                "connection": imap_connection(dovecot),
                "case_defaults": {"severity": "high", "tags": ["phishing", "demo"]},
            }))?;
            let secrets = BTreeMap::from([("password".to_owned(), SecretString::from(PASSWORD))]);
            server.store.create_connector(organization, &settings, &secrets, true).await?;
        }
        Ok(())
    }

    async fn deliver_first(&mut self) -> anyhow::Result<()> {
        let (part, whole) = AT_ONCE;
        let count = self.samples.len().saturating_mul(part) / whole;
        while self.delivered < count {
            self.deliver_next().await?;
        }
        Ok(())
    }

    /// Delivers the next sample. After the last one, reports come in again as somebody else would send them.
    async fn deliver_next(&mut self) -> anyhow::Result<()> {
        let number = self.delivered;
        self.delivered = number.saturating_add(1);
        let (sample, raw) = match self.samples.get(number) {
            Some(sample) => (sample, sample.raw.clone()),
            None => {
                let reports: Vec<_> =
                    self.samples.iter().filter(|sample| sample.name.starts_with("phishing-report")).collect();
                let index = number.checked_rem(reports.len()).context("there are no sample reports")?;
                let sample = reports.get(index).copied().context("there are no sample reports")?;
                (sample, samples::again(sample, number))
            }
        };
        match &self.server {
            MailServer::Running(dovecot) if sample.reported => dovecot.deliver(ACCOUNT, &raw).await,
            _ => write_whole(&self.folder, &format!("{number:05}-{}.eml", sample.name), &raw),
        }
    }
}

fn imap_connection(dovecot: &Dovecot) -> Value {
    json!({
        "host": dovecot.host(),
        "port": dovecot.ports().imaps,
        "security": "tls",
        "username": ACCOUNT,
        "trusted_certificates": [dovecot.authority().certificate_pem()],
    })
}

/// A file appears in the watched folder as a whole: it is written elsewhere and renamed.
fn write_whole(folder: &Path, name: &str, raw: &[u8]) -> anyhow::Result<()> {
    let draft = folder.join(format!(".{name}.part"));
    fs::write(&draft, raw)?;
    fs::rename(draft, folder.join(name))?;
    Ok(())
}
