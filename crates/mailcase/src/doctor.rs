//! `mailcase doctor`: looks at everything an installation depends on, and says what to do about what is wrong.

use crate::config::{Blobs, Config, Database, MasterKeySource};
use crate::declared;
use crate::progress::Waiting;
use crate::terminal::{line, plain, watched};
use crate::wire::Sources;
use crate::{Outcome, master_key, state};
use indicatif::ProgressBar;
use mailcase_core::OrganizationId;
use mailcase_core::connector::Connector;
use mailcase_engine::{Engine, EngineHandle, Trial};
use mailcase_mail::StepStatus;
use mailcase_store::{BlobHash, MessageFilter, PageRequest, Store, StoreError};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// Stored messages read without `--full`: the newest, which changed last.
const SAMPLE: usize = 200;
/// Damaged messages named; the rest is counted.
const HASHES_SHOWN: usize = 3;
/// Below this the next large messages may not fit.
const SPACE_LOW_BYTES: u64 = 2 << 30;
/// Below this a database soon cannot write.
const SPACE_OUT_BYTES: u64 = 200 << 20;
/// 1 November 2026, when this was written: an earlier clock is wrong, and no certificate seems valid to it.
const WRITTEN_AT: Duration = Duration::from_secs(1_793_491_200);
/// A file system whose clock differs by more is on another machine with another idea of time.
const CLOCKS_DIFFER: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Good,
    Warning,
    Bad,
}

/// One thing looked at.
#[derive(Debug)]
struct Finding {
    subject: String,
    verdict: Verdict,
    detail: String,
    /// What to do; empty when nothing is.
    advice: String,
}

impl Finding {
    fn good(subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { subject: subject.into(), verdict: Verdict::Good, detail: detail.into(), advice: String::new() }
    }

    fn of(
        verdict: Verdict,
        subject: impl Into<String>,
        detail: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { subject: subject.into(), verdict, detail: detail.into(), advice: advice.into() }
    }
}

/// Prints findings as they come, and remembers the worst.
struct Report(Verdict);

impl Report {
    fn add(&mut self, finding: Finding) -> std::io::Result<()> {
        let Finding { subject, verdict, detail, advice } = finding;
        let mark = match verdict {
            Verdict::Good => "ok     ",
            Verdict::Warning => "warning",
            Verdict::Bad => "FAILED ",
        };
        line(format!("{mark}  {subject}: {}", plain(&detail)))?;
        if !advice.is_empty() {
            line(format!("         {}", plain(&advice)))?;
        }
        if verdict != Verdict::Good {
            self.0 = verdict;
        }
        Ok(())
    }
}

pub(crate) async fn run(config: Config, full: bool) -> anyhow::Result<Outcome> {
    let mut report = Report(Verdict::Good);
    let origin = config
        .file
        .as_deref()
        .map_or_else(|| "no file, defaults".to_owned(), |file| file.display().to_string());
    report.add(Finding::good("configuration", origin))?;
    report.add(clock())?;
    report.add(data_folder(&config.data))?;
    report.add(space("disk space", &config.data))?;
    if let Blobs::Disk(folder) = &config.blobs
        && !folder.starts_with(&config.data)
    {
        report.add(space("disk space of the messages", folder))?;
    }
    report.add(key(&config.master_key))?;
    let opened = Instant::now();
    match state::open_existing(&config).await {
        Ok((store, organization)) => {
            let name = match &config.database {
                Database::Sqlite(path) => path.display().to_string(),
                Database::Postgres(_) => "PostgreSQL".to_owned(),
            };
            report.add(Finding::good(
                "database",
                format!("{name}, opened in {} ms", opened.elapsed().as_millis()),
            ))?;
            stored(&mut report, &config, &store, organization, full).await?;
            store.close().await;
        }
        Err(error) => report.add(Finding::of(
            Verdict::Bad,
            "database",
            format!("{error:#}"),
            "Messages and connectors were not looked at.",
        ))?,
    }
    Ok(if report.0 == Verdict::Good { Outcome::Done } else { Outcome::NeedsAttention })
}

/// What needs the store.
async fn stored(
    report: &mut Report,
    config: &Config,
    store: &Store,
    organization: OrganizationId,
    full: bool,
) -> anyhow::Result<()> {
    report.add(messages(store, organization, full).await)?;
    let handle = Engine::handle_only(store.clone(), Arc::new(Sources));
    if let Some(folder) = &config.connectors_dir {
        report.add(declared_connectors(folder, &handle))?;
    }
    let connectors = store.list_connectors(organization).await?;
    for connector in connectors.iter().filter(|connector| connector.active) {
        let waiting = Waiting::new(format!("Trying {}", connector.settings.api_name));
        let finding = connector_works(store, &handle, connector).await;
        drop(waiting);
        report.add(finding)?;
    }
    Ok(())
}

/// Reads messages back: all of them, or the newest.
async fn messages(store: &Store, organization: OrganizationId, full: bool) -> Finding {
    const SUBJECT: &str = "messages";
    let verified = if full { verify_all(store).await } else { verify_newest(store, organization).await };
    match verified {
        Ok(Verified { read, damaged, .. }) if damaged.is_empty() => {
            let which = if full { "all" } else { "the newest" };
            Finding::good(SUBJECT, format!("{read} read back and intact ({which})"))
        }
        Ok(Verified { read, damaged, count }) => {
            let hashes: Vec<_> = damaged.iter().take(HASHES_SHOWN).map(ToString::to_string).collect();
            Finding::of(
                Verdict::Bad,
                SUBJECT,
                format!("{count} of {read} are damaged or missing: {}", hashes.join(", ")),
                "Bring the blobs back from your backup, and have the disk checked.",
            )
        }
        Err(error) => Finding::of(Verdict::Bad, SUBJECT, format!("could not be read back: {error}"), ""),
    }
}

struct Verified {
    read: u64,
    damaged: Vec<BlobHash>,
    /// How many are damaged; `damaged` may hold fewer.
    count: u64,
}

async fn verify_all(store: &Store) -> Result<Verified, StoreError> {
    let bar = if watched() { ProgressBar::new(0) } else { ProgressBar::hidden() };
    let report = store
        .verify_blobs(|progress| {
            bar.set_length(progress.total);
            bar.set_position(progress.done);
        })
        .await;
    bar.finish_and_clear();
    let report = report?;
    Ok(Verified { read: report.blobs, damaged: report.damaged_hashes, count: report.damaged })
}

async fn verify_newest(store: &Store, organization: OrganizationId) -> Result<Verified, StoreError> {
    let page = PageRequest { limit: SAMPLE, ..PageRequest::default() };
    let newest = store.list_messages(organization, &MessageFilter::default(), &page).await?;
    let mut damaged = Vec::new();
    for message in &newest.items {
        if !is_intact(store, message.hash).await? {
            damaged.push(message.hash);
        }
    }
    let count = |of: usize| u64::try_from(of).unwrap_or(u64::MAX);
    Ok(Verified { read: count(newest.items.len()), count: count(damaged.len()), damaged })
}

async fn is_intact(store: &Store, hash: BlobHash) -> Result<bool, StoreError> {
    let mut reader = match store.open_blob(hash).await {
        Ok(reader) => reader,
        Err(StoreError::Corrupt { .. }) => return Ok(false),
        Err(error) => return Err(error),
    };
    match tokio::io::copy(&mut reader, &mut tokio::io::sink()).await {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => Ok(false),
        Err(source) => Err(StoreError::Blob { doing: "reading a message back", source }),
    }
}

fn clock() -> Finding {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let now = jiff::Timestamp::now();
    if since < WRITTEN_AT {
        return Finding::of(
            Verdict::Bad,
            "clock",
            format!("{now:.0} lies before this program was written"),
            "Set the clock, by NTP: no certificate seems valid to a wrong one.",
        );
    }
    Finding::good("clock", format!("{now:.0}"))
}

fn data_folder(path: &Path) -> Finding {
    const SUBJECT: &str = "data folder";
    let facts = match std::fs::metadata(path) {
        Ok(facts) if facts.is_dir() => facts,
        Ok(_) => return Finding::of(Verdict::Bad, SUBJECT, format!("{} is no folder", path.display()), ""),
        Err(error) => {
            let advice = "Give it with --data, or run `mailcase serve`, which makes it.";
            return Finding::of(Verdict::Bad, SUBJECT, format!("{}: {error}", path.display()), advice);
        }
    };
    let mode = facts.permissions().mode() & 0o777;
    let written =
        match tempfile::NamedTempFile::new_in(path).and_then(|file| file.as_file().metadata()?.modified()) {
            Ok(written) => written,
            Err(error) => {
                let advice = "Give it to the user who runs Mailcase.";
                return Finding::of(
                    Verdict::Bad,
                    SUBJECT,
                    format!("{} cannot be written to: {error}", path.display()),
                    advice,
                );
            }
        };
    let now = SystemTime::now();
    let apart = now.duration_since(written).or_else(|_| written.duration_since(now)).unwrap_or_default();
    if apart > CLOCKS_DIFFER {
        let detail = format!("the clock of the file system differs by {} s", apart.as_secs());
        return Finding::of(Verdict::Warning, SUBJECT, detail, "Keep the data folder on a local disk.");
    }
    if mode & 0o077 != 0 {
        let detail = format!("{} may be read by others (mode {mode:03o})", path.display());
        return Finding::of(Verdict::Warning, SUBJECT, detail, format!("chmod 700 {}", path.display()));
    }
    Finding::good(SUBJECT, format!("{} (mode {mode:03o})", path.display()))
}

fn space(subject: &str, path: &Path) -> Finding {
    match rustix::fs::statvfs(path) {
        Ok(facts) => {
            let free = facts.f_bavail.saturating_mul(facts.f_frsize);
            let detail = format!("{} MiB free at {}", free >> 20, path.display());
            match free {
                _ if free < SPACE_OUT_BYTES => Finding::of(
                    Verdict::Bad,
                    subject,
                    detail,
                    "Make room now: writing to the database will fail.",
                ),
                _ if free < SPACE_LOW_BYTES => Finding::of(
                    Verdict::Warning,
                    subject,
                    detail,
                    "Make room, or move the messages with `blobs.folder`.",
                ),
                _ => Finding::good(subject, detail),
            }
        }
        Err(error) => Finding::of(Verdict::Warning, subject, format!("{}: {error}", path.display()), ""),
    }
}

fn key(source: &MasterKeySource) -> Finding {
    const SUBJECT: &str = "master key";
    let path = match source {
        MasterKeySource::Given(_) => return Finding::good(SUBJECT, "from the environment"),
        MasterKeySource::File(path) => path,
    };
    match master_key::read(path) {
        Ok(ring) if ring.previous.is_empty() => {}
        Ok(_) => {
            return Finding::of(
                Verdict::Warning,
                SUBJECT,
                format!("{} holds several keys: changing it was not finished", path.display()),
                "End the server and run `mailcase key rotate`.",
            );
        }
        Err(error) => {
            return Finding::of(
                Verdict::Bad,
                SUBJECT,
                format!("{error:#}"),
                "Bring it back from your backup.",
            );
        }
    }
    match master_key::is_exposed(path) {
        Ok(false) => Finding::good(SUBJECT, path.display().to_string()),
        Ok(true) => Finding::of(
            Verdict::Warning,
            SUBJECT,
            format!("{} may be read by others", path.display()),
            format!("chmod 600 {}", path.display()),
        ),
        Err(error) => Finding::of(Verdict::Warning, SUBJECT, format!("{}: {error}", path.display()), ""),
    }
}

fn declared_connectors(folder: &Path, handle: &EngineHandle) -> Finding {
    const SUBJECT: &str = "declared connectors";
    let read = declared::read(folder, &|name| std::env::var(name).ok(), &|settings, secrets| {
        handle.validate(settings, secrets)
    });
    match read {
        Ok(declarations) => Finding::good(SUBJECT, format!("{} in {}", declarations.len(), folder.display())),
        Err(error) => Finding::of(
            Verdict::Bad,
            SUBJECT,
            error.to_string(),
            "Correct the files; until then the old ones hold.",
        ),
    }
}

async fn connector_works(store: &Store, handle: &EngineHandle, connector: &Connector) -> Finding {
    let subject = format!("connector {}", connector.settings.api_name);
    let secrets = match store.connector_secrets(connector.id).await {
        Ok(secrets) => secrets,
        Err(error) => {
            return Finding::of(Verdict::Bad, subject, error.to_string(), "Enter its password again.");
        }
    };
    let granted_to = Some(connector.id);
    let report = handle.check(&Trial { settings: connector.settings.clone(), secrets, granted_to }).await;
    let worst = report
        .steps
        .iter()
        .find(|step| step.status == StepStatus::Failed)
        .or_else(|| report.steps.iter().find(|step| step.status == StepStatus::Warning));
    match worst {
        None => Finding::good(subject, format!("{} steps passed", report.steps.len())),
        Some(step) => {
            let verdict = if step.status == StepStatus::Failed { Verdict::Bad } else { Verdict::Warning };
            let advice = step.hint.clone().unwrap_or_default();
            Finding::of(verdict, subject, format!("{}: {}", step.title, step.detail), advice)
        }
    }
}
