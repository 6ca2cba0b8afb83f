//! `mailcase import`: Maildirs, mbox files, folders of message files and single messages, once.
//!
//! Each path becomes a paused folder connector, so that an import shows where its messages came from, and importing
//! the same path again takes only what is new.

use crate::config::Config;
use crate::progress::Bar;
use crate::terminal::plain;
use crate::wire::Sources;
use crate::{Outcome, state};
use anyhow::{Context as _, bail};
use mailcase_core::OrganizationId;
use mailcase_core::connector::{Backfill, Connector, ConnectorSettings, Disposition, FetchMode};
use mailcase_engine::{Engine, PassSummary, Trial, run_once};
use mailcase_store::{ConnectorPatch, Store};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use total::Total;

mod total;

/// Hexadecimal digits of the path's hash in an API name: enough that two paths never share one.
const NAME_DIGITS: usize = 16;
/// Longest name of a connector, in characters.
const NAME_CHARS_MAX: usize = 100;
/// The folder source takes a file for complete when it was left alone for so long.
const SETTLE: Duration = Duration::from_secs(2);
/// Directories are followed so deep, like the folder source does.
const DEPTH_MAX: usize = 32;
/// Where copies of single messages stand during an import, in the data folder.
const STAGE: &str = "import";
/// The time copies of single messages carry: the same in every import, because time is part of their identity.
const STAGED_AT: Duration = Duration::from_secs(946_684_800);
/// How an mbox file begins; any other file is a single message.
const MBOX_START: &[u8] = b"From ";

pub(crate) async fn run(config: Config, paths: &[PathBuf]) -> anyhow::Result<Outcome> {
    let (store, organization) = state::open_existing(&config).await?;
    let sources = sources(paths, &config.data)?;
    let mut total = Total::default();
    for source in &sources {
        let connector = connector(&store, organization, source).await?;
        let summary = pass(&store, &config, &connector, source).await?;
        let given = source.staged.as_ref().map(|staged| staged.files);
        total.add(&store, &connector, given, summary.new_messages).await?;
    }
    store.close().await;
    total.print()
}

/// What one connector imports.
#[derive(Debug)]
struct ImportSource {
    api_name: String,
    name: String,
    /// What the folder source reads.
    path: PathBuf,
    layout: &'static str,
    /// Copies of single messages, removed afterwards.
    staged: Option<Staged>,
}

/// Sorts the paths into sources; nothing is imported when one of them cannot be read.
fn sources(paths: &[PathBuf], data: &Path) -> anyhow::Result<Vec<ImportSource>> {
    let mut sources = Vec::new();
    let mut single = Vec::new();
    for path in paths {
        let path = path.canonicalize().with_context(|| format!("{} cannot be read", path.display()))?;
        let layout = if path.is_dir() {
            "auto"
        } else if is_mbox(&path).with_context(|| format!("{} cannot be read", path.display()))? {
            "mbox"
        } else {
            single.push(path);
            continue;
        };
        let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(path.as_os_str().as_encoded_bytes()));
        let digits: String = digest.chars().take(NAME_DIGITS).collect();
        let shown = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let name = format!("Import of {}", plain(&shown)).chars().take(NAME_CHARS_MAX).collect();
        sources.push(ImportSource { api_name: format!("import-{digits}"), name, path, layout, staged: None });
    }
    if !single.is_empty() {
        let staged = Staged::new(data, &single)?;
        sources.push(ImportSource {
            api_name: "import-files".to_owned(),
            name: "Imported files".to_owned(),
            path: staged.folder.canonicalize()?,
            layout: "files",
            staged: Some(staged),
        });
    }
    Ok(sources)
}

fn is_mbox(path: &Path) -> std::io::Result<bool> {
    let mut start = [0; MBOX_START.len()];
    let read = File::open(path)?.take(start.len() as u64).read(&mut start)?;
    Ok(read == start.len() && start == MBOX_START)
}

/// Copies of single messages in one folder, the same in every import: it is the mailbox whose messages are known. Their
/// names and times stay the same too, so that the same file is known again. Emptied when it goes.
#[derive(Debug)]
struct Staged {
    folder: PathBuf,
    /// How many files were given, copies of each other included.
    files: u64,
    /// The folder itself: two imports would take each other's files away.
    _locked: File,
}

impl Staged {
    fn new(data: &Path, files: &[PathBuf]) -> anyhow::Result<Self> {
        let folder = data.join(STAGE);
        state::make_folder(&folder)?;
        let context = || format!("the folder {} could not be locked", folder.display());
        let locked = File::open(&folder).with_context(context)?;
        match locked.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!(
                "another `mailcase import` of single messages works with {}: wait until it ends",
                folder.display()
            ),
            Err(TryLockError::Error(error)) => return Err(error).with_context(context),
        }
        empty(&folder).with_context(|| format!("{} could not be emptied", folder.display()))?;
        let staged = Self { folder, files: files.len() as u64, _locked: locked };
        for path in files {
            staged.copy(path).with_context(|| format!("{} cannot be copied", path.display()))?;
        }
        Ok(staged)
    }

    fn copy(&self, path: &Path) -> anyhow::Result<()> {
        let is_msg = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("msg"));
        let mut hash = Sha256::new();
        std::io::copy(&mut File::open(path)?, &mut HashWriter(&mut hash))?;
        let digest = data_encoding::HEXLOWER.encode(&hash.finalize());
        let to = self.folder.join(format!("{digest}.{}", if is_msg { "msg" } else { "eml" }));
        // The bytes only: a file nobody may write to, copied with its permissions, could not get its time below.
        let mut copy = File::create(&to)?;
        std::io::copy(&mut File::open(path)?, &mut copy)?;
        // The folder source leaves files alone that were changed a moment ago: they may still be written.
        let long_ago = SystemTime::UNIX_EPOCH.checked_add(STAGED_AT).unwrap_or(SystemTime::UNIX_EPOCH);
        Ok(copy.set_modified(long_ago)?)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if let Err(error) = empty(&self.folder) {
            tracing::warn!(folder = %self.folder.display(), %error, "copies of imported files are left behind");
        }
    }
}

fn empty(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        fs::remove_file(entry?.path())?;
    }
    Ok(())
}

struct HashWriter<'a>(&'a mut Sha256);

impl std::io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The paused connector of a source: the one of an earlier import, or a new one.
async fn connector(
    store: &Store,
    organization: OrganizationId,
    source: &ImportSource,
) -> anyhow::Result<Connector> {
    let mut settings = settings(source)?;
    let handle = Engine::handle_only(store.clone(), Arc::new(Sources));
    settings.folders = handle
        .folders(&Trial { settings: settings.clone(), secrets: BTreeMap::new(), granted_to: None })
        .await
        .with_context(|| format!("{} cannot be listed", source.path.display()))?
        .into_iter()
        .filter(|folder| folder.selectable)
        .map(|folder| folder.path.as_str().to_owned())
        .collect();
    match store.connector_by_api_name(organization, &source.api_name).await? {
        Some(known) if known.settings == settings => Ok(known),
        Some(known) => {
            let patch = ConnectorPatch { settings: Some(settings), ..ConnectorPatch::default() };
            Ok(store.update_connector(organization, known.id, &patch).await?)
        }
        None => Ok(store.create_connector(organization, &settings, &BTreeMap::new(), false).await?),
    }
}

fn settings(source: &ImportSource) -> anyhow::Result<ConnectorSettings> {
    let path =
        source.path.to_str().with_context(|| format!("{} has no readable name", source.path.display()))?;
    let mut connection = json!({"path": path, "layout": source.layout});
    if source.layout == "auto" && !is_maildir(&source.path) {
        connection = json!({"path": path, "layout": "files", "recursive": true});
    }
    Ok(serde_json::from_value(json!({
        "name": source.name,
        "api_name": source.api_name,
        "description": "Made by `mailcase import`.",
        "kind": mailcase_folder::KIND,
        "connection": connection,
        "fetch": FetchMode::Everything,
        "backfill": Backfill::All,
        "disposition": Disposition::Keep,
    }))?)
}

fn is_maildir(path: &Path) -> bool {
    path.join("cur").is_dir() && path.join("new").is_dir()
}

/// One pass, and another when files were too young for the first.
async fn pass(
    store: &Store,
    config: &Config,
    connector: &Connector,
    source: &ImportSource,
) -> anyhow::Result<PassSummary> {
    let engine = state::engine_config(config);
    let bar = Bar::new(&source.name);
    let mut summary = PassSummary::default();
    loop {
        let path = source.path.clone();
        let young = tokio::task::spawn_blocking(move || youngest(&path, 0)).await?;
        let one = run_once(store, &Sources, connector, &engine, |progress| bar.show(progress))
            .await
            .with_context(|| format!("{} could not be imported", source.path.display()))?;
        summary.discovered = summary.discovered.saturating_add(one.discovered);
        summary.fetched = summary.fetched.saturating_add(one.fetched);
        summary.new_messages = summary.new_messages.saturating_add(one.new_messages);
        summary.needs_attention = one.needs_attention;
        match young.and_then(|age| SETTLE.checked_sub(age)) {
            Some(rest) => tokio::time::sleep(rest).await,
            None => break,
        }
    }
    bar.finish();
    Ok(summary)
}

/// Age of the file below `path` that was changed last. Unreadable ones are the folder source's to report.
fn youngest(path: &Path, depth: usize) -> Option<Duration> {
    let facts = fs::symlink_metadata(path).ok()?;
    if facts.is_file() {
        // A time in the future counts as now.
        return Some(facts.modified().ok()?.elapsed().unwrap_or_default());
    }
    if !facts.is_dir() || depth >= DEPTH_MAX {
        return None;
    }
    let entries = fs::read_dir(path).ok()?;
    entries.filter_map(|entry| youngest(&entry.ok()?.path(), depth.saturating_add(1))).min()
}
