//! A fake source with habits no fake server has: its fault is on our side of the line.

use mailcase_core::connector::ConnectorSettings;
use mailcase_mail::testkit::{FakeFactory, FakeSource};
use mailcase_mail::{
    ActOutcome, Capabilities, CheckReport, Cursor, Discovery, FetchedSender, Folder, FolderPath, Interrupt,
    MailSource, RemoteAction, RemoteHead, RemoteId, Scope, SourceError, SourceFactory, SourceKind, Wake,
};
use secrecy::SecretString;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::time::Instant;

/// What every source of one factory does; changed while they run.
#[derive(Debug, Default)]
pub(crate) struct Mood {
    /// A fetch never ends, not even when it is dropped: a thread that hangs in a dead network drive.
    pub(crate) stuck: AtomicBool,
    /// Fetches that stand still.
    pub(crate) standing: AtomicUsize,
    /// The first message of a fetch is left unanswered, and all is said to be well.
    pub(crate) forgetful: AtomicBool,
    /// Asked for one of these, the server hangs up; what was asked for before it is given.
    pub(crate) poison: Mutex<HashSet<RemoteId>>,
}

#[derive(Debug, Clone)]
pub(crate) struct MoodyFactory {
    pub(crate) fakes: FakeFactory,
    pub(crate) mood: Arc<Mood>,
}

#[derive(Debug)]
pub(crate) struct MoodySource {
    fake: FakeSource,
    mood: Arc<Mood>,
}

/// Lets a connector open the fake mailbox of this name.
pub(crate) fn on(name: &str) -> impl FnOnce(&mut ConnectorSettings) {
    let name = name.to_owned();
    move |settings| {
        settings.api_name.clone_from(&name);
        settings.connection = Map::from_iter([("mailbox".to_owned(), Value::from(name))]);
        settings.poll_seconds = 86_400;
    }
}

impl SourceFactory for MoodyFactory {
    type Source = MoodySource;

    fn kinds(&self) -> Vec<SourceKind> {
        self.fakes.kinds()
    }

    fn open(
        &self,
        kind: &str,
        connection: &Map<String, Value>,
        secrets: &BTreeMap<String, SecretString>,
    ) -> Result<MoodySource, SourceError> {
        let fake = self.fakes.open(kind, connection, secrets)?;
        Ok(MoodySource { fake, mood: Arc::clone(&self.mood) })
    }
}

impl MailSource for MoodySource {
    fn capabilities(&self) -> Capabilities {
        self.fake.capabilities()
    }

    async fn check(&mut self, folders: &[FolderPath]) -> CheckReport {
        self.fake.check(folders).await
    }

    async fn folders(&mut self) -> Result<Vec<Folder>, SourceError> {
        self.fake.folders().await
    }

    async fn discover(
        &mut self,
        folder: &FolderPath,
        scope: Scope,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Discovery, SourceError> {
        self.fake.discover(folder, scope, after, limit).await
    }

    async fn fetch(
        &mut self,
        folder: &FolderPath,
        ids: &[RemoteId],
        out: &FetchedSender,
    ) -> Result<(), SourceError> {
        if self.mood.stuck.load(Ordering::SeqCst) {
            let held = out.clone();
            tokio::spawn(async move {
                let _held = held;
                std::future::pending::<()>().await;
            });
            self.mood.standing.fetch_add(1, Ordering::SeqCst);
            return std::future::pending().await;
        }
        let poisoned = ids.iter().position(|id| self.mood.poison.lock().unwrap().contains(id));
        if let Some(place) = poisoned {
            self.fake.fetch(folder, ids.get(..place).unwrap_or_default(), out).await?;
            return Err(SourceError::Protocol { message: "the server hung up".to_owned() });
        }
        let skipped = usize::from(self.mood.forgetful.load(Ordering::SeqCst));
        self.fake.fetch(folder, ids.get(skipped..).unwrap_or_default(), out).await
    }

    async fn inventory(&mut self, folder: &FolderPath) -> Result<Vec<RemoteHead>, SourceError> {
        self.fake.inventory(folder).await
    }

    async fn act(
        &mut self,
        folder: &FolderPath,
        ids: &[RemoteId],
        action: &RemoteAction,
    ) -> Result<Vec<ActOutcome>, SourceError> {
        self.fake.act(folder, ids, action).await
    }

    async fn wait(
        &mut self,
        folders: &[FolderPath],
        until: Instant,
        interrupt: &Interrupt,
    ) -> Result<Wake, SourceError> {
        self.fake.wait(folders, until, interrupt).await
    }
}
