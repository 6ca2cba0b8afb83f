//! Short visits to a mailbox on behalf of a person: test, list folders, take inventory, try a filter out.
//!
//! Hides which factory the engine was started with, so that the API needs no type parameter.

use crate::closed::ClosedFolder;
use crate::error::EngineError;
use crate::filter_preview::{self, FilterPreview, Looking};
use crate::grants;
use crate::migration::{self, FolderComparison, Pair, Sources, compare_folder, plan_folder};
use crate::newest;
use crate::opening;
use crate::sieve::Sieve;
use futures::future::BoxFuture;
use jiff::civil::Date;
use mailcase_core::ConnectorId;
use mailcase_core::connector::{Backfill, ConnectorSettings, FetchMode};
use mailcase_evidence::Keyring;
use mailcase_mail::{
    Announced, Announcement, BegunGrant, CheckReport, CheckStep, Cursor, Expiry, Folder, FolderPath,
    GrantAnswer, GrantRequest, Granted, MailSource, NothingGranted, RemoteHead, RemoteId, Scope, SourceError,
    SourceFactory, SourceKind, StepStatus,
};
use mailcase_store::{PassedFolder, Store};
use secrecy::SecretString;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

pub(crate) type Secrets = BTreeMap<String, SecretString>;

/// A test or a folder list takes no longer: somebody sits and waits.
const VISIT_LONGEST: Duration = Duration::from_secs(120);
/// An inventory of a mailbox with a million messages takes a while.
const INVENTORY_LONGEST: Duration = Duration::from_secs(900);

/// What one folder holds, and what of it a poll would list.
#[derive(Debug)]
pub(crate) struct FolderInventory {
    pub(crate) folder: FolderPath,
    pub(crate) messages: Vec<RemoteHead>,
    /// There before the connector's first run and left out by it.
    pub(crate) before_first_run: HashSet<RemoteId>,
    /// What the next poll would list.
    pub(crate) to_be_listed: HashSet<RemoteId>,
    /// Whether the folder was ever listed.
    pub(crate) listed: bool,
}

/// What the watched folders hold: at least one of them could be read.
#[derive(Debug)]
pub(crate) struct Inventory {
    pub(crate) folders: Vec<FolderInventory>,
    pub(crate) closed: Vec<ClosedFolder>,
}

/// Messages listed per page of a folder.
const LISTING: usize = 5_000;

/// Settings of a connector to reach a mailbox by, saved or not.
#[derive(Debug, Clone)]
pub struct Trial {
    pub settings: ConnectorSettings,
    pub secrets: Secrets,
    /// The saved connector whose granted access may be used.
    pub granted_to: Option<ConnectorId>,
}

pub(crate) trait Remote: Send + Sync {
    fn kinds(&self) -> &[SourceKind];
    fn check(&self, trial: Trial) -> BoxFuture<'_, CheckReport>;
    fn folders(&self, trial: Trial) -> BoxFuture<'_, Result<Vec<Folder>, SourceError>>;
    fn inventory(
        &self,
        trial: Trial,
        folders: Vec<(FolderPath, Option<Cursor>)>,
    ) -> BoxFuture<'_, Result<Inventory, SourceError>>;
    /// What the pre-filter would have taken on the last `days` days.
    fn preview_filter(
        &self,
        trial: Trial,
        days: u16,
        keys: Keyring,
    ) -> BoxFuture<'_, Result<FilterPreview, SourceError>>;
    /// What both sources of a connector see.
    fn compare(&self, pair: Pair) -> BoxFuture<'_, Result<Vec<FolderComparison>, EngineError>>;
    /// How the folders of a connector pass from one source to the other.
    fn plan_passing(&self, pair: Pair) -> BoxFuture<'_, Result<Vec<PassedFolder>, EngineError>>;
    fn announced(&self, kind: &str, announcement: &Announcement, secret: &SecretString) -> Announced;
    /// What of the settings and secrets ends by itself; looked for away from the event loop.
    fn expiries(&self, trial: Trial) -> BoxFuture<'_, Vec<Expiry>>;
    fn notice(&self, settings: &ConnectorSettings) -> Option<String>;
    fn needs_grant(&self, settings: &ConnectorSettings) -> bool;
    fn begin_grant(&self, trial: &Trial, request: &GrantRequest) -> Result<BegunGrant, SourceError>;
    fn complete_grant(
        &self,
        trial: Trial,
        answer: GrantAnswer,
    ) -> BoxFuture<'_, Result<Granted, SourceError>>;
}

pub(crate) struct Visits<F> {
    store: Store,
    factory: Arc<F>,
    kinds: Vec<SourceKind>,
}

impl<F: SourceFactory> Visits<F> {
    pub(crate) fn new(store: Store, factory: Arc<F>) -> Self {
        let kinds = factory.kinds();
        Self { store, factory, kinds }
    }

    async fn open(&self, trial: &Trial) -> Result<F::Source, SourceError> {
        let Trial { settings, secrets, granted_to } = trial;
        let tokens = match granted_to {
            Some(connector) => grants::kept(&self.store, *connector),
            None => Arc::new(NothingGranted),
        };
        opening::open(&self.factory, settings, secrets.clone(), tokens).await
    }

    async fn both(&self, pair: &Pair) -> Result<Sources<F::Source>, SourceError> {
        let (here, there) = (self.open(&pair.here).await?, self.open(&pair.there).await?);
        Sources::new(here, there, pair, &self.kinds)
    }
}

/// The folders a connector watches: the chosen ones, or its source's default.
pub(crate) fn watched_folders(settings: &ConnectorSettings, kinds: &[SourceKind]) -> Vec<FolderPath> {
    if settings.folders.is_empty() {
        let default =
            kinds.iter().find(|kind| kind.kind == settings.kind).map_or("INBOX", |kind| kind.default_folder);
        return vec![FolderPath::new(default)];
    }
    let mut folders: Vec<FolderPath> = Vec::new();
    for folder in settings.folders.iter().map(|folder| FolderPath::new(folder.trim())) {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders
}

/// Which messages of a folder a connector takes; on a first run also those received `since` then, if that is said.
pub(crate) fn scope(settings: &ConnectorSettings, since: Option<Date>) -> Scope {
    match (settings.fetch, settings.backfill, since) {
        (FetchMode::Unseen, ..) => Scope::Unseen,
        (FetchMode::Everything, Backfill::Unread, None) => Scope::NewFromUnread,
        (FetchMode::Everything, Backfill::Unread, Some(since)) => Scope::NewFromUnreadOrSince(since),
        (FetchMode::Everything, Backfill::All, _) => Scope::NewFromAll,
        (FetchMode::Everything, Backfill::Since { date }, since) => {
            Scope::NewSince(since.map_or(date, |since| since.min(date)))
        }
    }
}

/// The mailbox that settings name, in a text that differs when the mailbox does.
pub(crate) fn mailbox(settings: &ConnectorSettings, kinds: &[SourceKind]) -> String {
    let named = kinds.iter().find(|kind| kind.kind == settings.kind).map_or(&[][..], |kind| kind.mailbox);
    let values = named.iter().filter_map(|property| {
        let value = match settings.connection.get(*property)? {
            Value::String(text) if text.trim().is_empty() => return None,
            Value::String(text) => Value::from(text.trim()),
            Value::Null => return None,
            value => value.clone(),
        };
        Some(((*property).to_owned(), value))
    });
    Value::Object(std::iter::once(("kind".to_owned(), settings.kind.clone().into())).chain(values).collect())
        .to_string()
}

fn failed_step(name: &str, title: &str, error: &SourceError) -> CheckReport {
    let step = CheckStep {
        name: name.to_owned(),
        title: title.to_owned(),
        status: StepStatus::Failed,
        detail: error.to_string(),
        hint: error.hint().map(str::to_owned),
        millis: 0,
        beginning: None,
    };
    CheckReport { steps: vec![step], ..CheckReport::default() }
}

async fn within<T, E: From<SourceError>>(
    longest: Duration,
    what: &str,
    visit: impl Future<Output = Result<T, E>> + Send,
) -> Result<T, E> {
    match tokio::time::timeout(longest, visit).await {
        Ok(result) => result,
        Err(_) => Err(SourceError::TimedOut { what: what.to_owned(), after: longest }.into()),
    }
}

impl<F: SourceFactory> Remote for Visits<F> {
    fn kinds(&self) -> &[SourceKind] {
        &self.kinds
    }

    fn check(&self, trial: Trial) -> BoxFuture<'_, CheckReport> {
        Box::pin(async move {
            let mut source = match self.open(&trial).await {
                Ok(source) => source,
                Err(error) => return failed_step("settings", "Settings", &error),
            };
            let folders = watched_folders(&trial.settings, &self.kinds);
            let visit = async { Ok(source.check(&folders).await) };
            match within(VISIT_LONGEST, "the connection test", visit).await {
                Ok(report) => newest::named(report),
                Err(error) => failed_step("deadline", "Deadline", &error),
            }
        })
    }

    fn folders(&self, trial: Trial) -> BoxFuture<'_, Result<Vec<Folder>, SourceError>> {
        Box::pin(async move {
            let mut source = self.open(&trial).await?;
            within(VISIT_LONGEST, "listing the folders", source.folders()).await
        })
    }

    fn inventory(
        &self,
        trial: Trial,
        folders: Vec<(FolderPath, Option<Cursor>)>,
    ) -> BoxFuture<'_, Result<Inventory, SourceError>> {
        Box::pin(async move {
            let mut source = self.open(&trial).await?;
            let scope = scope(&trial.settings, None);
            let (mut counted, mut closed) = (Vec::with_capacity(folders.len()), Vec::new());
            for (folder, cursor) in folders {
                match folder_inventory(&mut source, &folder, scope, cursor).await {
                    Ok(inventory) => counted.push(inventory),
                    Err(error) => closed.push(ClosedFolder::because(&folder, error)?),
                }
            }
            match closed.first() {
                Some(first) if counted.is_empty() => Err(first.error.clone()),
                _ => Ok(Inventory { folders: counted, closed }),
            }
        })
    }

    fn preview_filter(
        &self,
        trial: Trial,
        days: u16,
        keys: Keyring,
    ) -> BoxFuture<'_, Result<FilterPreview, SourceError>> {
        Box::pin(async move {
            let mut source = self.open(&trial).await?;
            let folders = watched_folders(&trial.settings, &self.kinds);
            let sieve = Sieve::new(&trial.settings.prefilter);
            let looking =
                filter_preview::preview(&mut source, &folders, Looking { sieve: &sieve, keys }, days);
            within(VISIT_LONGEST, "looking at the mail of these days", looking).await
        })
    }

    fn compare(&self, pair: Pair) -> BoxFuture<'_, Result<Vec<FolderComparison>, EngineError>> {
        Box::pin(async move {
            let mut sources = self.both(&pair).await?;
            let mut compared = Vec::with_capacity(pair.folders.len());
            for folder in &pair.folders {
                let comparing = compare_folder(&mut sources, folder, &self.store, pair.connector.id);
                compared.push(within(INVENTORY_LONGEST, "comparing the sources", comparing).await?);
            }
            Ok(compared)
        })
    }

    fn plan_passing(&self, pair: Pair) -> BoxFuture<'_, Result<Vec<PassedFolder>, EngineError>> {
        Box::pin(async move {
            let mut sources = self.both(&pair).await?;
            let mut passed = Vec::with_capacity(pair.folders.len());
            for folder in &pair.folders {
                let known = migration::known(&self.store, pair.connector.id, folder.here.as_str()).await?;
                let planning = plan_folder(&mut sources, folder, pair.here.settings.fetch, &known);
                passed.push(within(INVENTORY_LONGEST, "listing the folder anew", planning).await?);
            }
            Ok(passed)
        })
    }

    fn announced(&self, kind: &str, announcement: &Announcement, secret: &SecretString) -> Announced {
        self.factory.announced(kind, announcement, secret)
    }

    fn expiries(&self, trial: Trial) -> BoxFuture<'_, Vec<Expiry>> {
        let factory = Arc::clone(&self.factory);
        let look = tokio::task::spawn_blocking(move || {
            let Trial { settings, secrets, .. } = trial;
            factory.expiries(&settings.kind, &settings.connection, &secrets)
        });
        Box::pin(async move { look.await.unwrap_or_default() })
    }

    fn notice(&self, settings: &ConnectorSettings) -> Option<String> {
        self.factory.notice(&settings.kind, &settings.connection)
    }

    fn needs_grant(&self, settings: &ConnectorSettings) -> bool {
        self.factory.needs_grant(&settings.kind, &settings.connection)
    }

    fn begin_grant(&self, trial: &Trial, request: &GrantRequest) -> Result<BegunGrant, SourceError> {
        let Trial { settings, secrets, .. } = trial;
        self.factory.begin_grant(&settings.kind, &settings.connection, secrets, request)
    }

    fn complete_grant(
        &self,
        trial: Trial,
        answer: GrantAnswer,
    ) -> BoxFuture<'_, Result<Granted, SourceError>> {
        Box::pin(async move {
            let Trial { settings, secrets, .. } = &trial;
            let visit = self.factory.complete_grant(&settings.kind, &settings.connection, secrets, answer);
            within(VISIT_LONGEST, "asking the provider for access", visit).await
        })
    }
}

async fn folder_inventory<S: MailSource>(
    source: &mut S,
    folder: &FolderPath,
    scope: Scope,
    cursor: Option<Cursor>,
) -> Result<FolderInventory, SourceError> {
    let messages = within(INVENTORY_LONGEST, "the inventory", source.inventory(folder)).await?;
    // After the inventory: what came later is in neither, what came before is in one of them.
    let listing = to_be_listed(source, folder, scope, cursor.clone());
    let to_be_listed = within(INVENTORY_LONGEST, "listing what is new", listing).await?;
    let listed = cursor.is_some();
    let before_first_run = cursor.map_or_else(Default::default, |cursor| {
        let left_out = messages.iter().filter(|head| source.was_before_first_run(&cursor, &head.id));
        left_out.map(|head| head.id.clone()).collect()
    });
    Ok(FolderInventory { folder: folder.clone(), messages, before_first_run, to_be_listed, listed })
}

/// What a poll from `cursor` would list now. Records nothing, so that the poll itself lists it too.
async fn to_be_listed<S: MailSource>(
    source: &mut S,
    folder: &FolderPath,
    scope: Scope,
    mut cursor: Option<Cursor>,
) -> Result<HashSet<RemoteId>, SourceError> {
    let mut listed = HashSet::new();
    loop {
        let page = source.discover(folder, scope, cursor.as_ref(), LISTING).await?;
        listed.extend(page.messages.into_iter().map(|head| head.id));
        cursor = Some(page.cursor);
        if !page.more {
            return Ok(listed);
        }
    }
}
