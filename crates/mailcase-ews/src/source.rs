//! The [`MailSource`] over EWS.

use crate::act::{Change, act};
use crate::client::EwsClient;
use crate::discover::Rest;
use crate::fetch::fetch;
use crate::folders::{DELETED_ITEMS, Folders};
use crate::glance::{Searches, glance, worth_a_look};
use crate::mailbox::MailboxName;
use crate::refusal::Trouble;
use crate::scan::Scan;
use crate::server::Server;
use crate::settings::KIND;
use crate::sign_in::{Credential, SignIn};
use crate::sizes::Sizes;
use crate::watch::Watch;
use crate::wire::Envelope;
use http::Uri;
use jiff::Timestamp;
use mailcase_mail::{
    ActOutcome, Capabilities, CheckReport, Criterion, Cursor, Discovery, FetchedSender, Folder, FolderPath,
    Glance, Interrupt, MailSource, Position, RemoteAction, RemoteHead, RemoteId, Scope, SourceError, Wake,
};
use mailcase_transport::http::HttpClient;
use std::collections::HashMap;
use tokio::time::{Instant, sleep_until};

/// The folder watched when none is chosen: Exchange knows it by this name in every language.
pub(crate) const DEFAULT_FOLDER: &str = "inbox";

/// Where EWS is.
#[derive(Debug, Clone)]
pub enum ServerAddress {
    /// The whole URL, such as `https://mail.example.org/EWS/Exchange.asmx`.
    Url(Uri),
    /// As Autodiscover says; these are scheme and host of those who are asked, in this order.
    Autodiscover(Vec<String>),
}

/// What a source needs to reach its mailbox.
#[derive(Debug, Clone)]
pub struct EwsAccess {
    pub server: ServerAddress,
    pub mailbox: MailboxName,
    /// Acts as the owner of the mailbox (MS-OXWSCDATA 2.2.4.26) instead of as somebody who was given access to it.
    pub impersonate: bool,
    pub http: HttpClient,
    pub credential: Credential,
}

/// A mailbox of Exchange.
#[derive(Debug)]
pub struct EwsSource {
    pub(crate) client: EwsClient,
    mailbox: MailboxName,
    /// Identities of folders by path, as long as they are found there.
    folders: HashMap<FolderPath, String>,
    /// Of folders that messages are moved to.
    targets: HashMap<FolderPath, String>,
    deleted_items: Option<String>,
    pub(crate) rest: Option<Rest>,
    pub(crate) sizes: Sizes,
    searches: Searches,
    /// Where the last listing ended.
    pub(crate) listed: Option<(FolderPath, Cursor)>,
    pub(crate) watch: Watch,
}

impl EwsSource {
    /// Builds a source; connects to nothing yet.
    ///
    /// # Errors
    /// [`SourceError::Settings`] when the credential cannot be sent.
    pub fn new(access: EwsAccess) -> Result<Self, SourceError> {
        let EwsAccess { server, mailbox, impersonate, http, credential } = access;
        let server = match server {
            ServerAddress::Url(url) => Server::At(url),
            ServerAddress::Autodiscover(bases) => {
                let account = if impersonate { mailbox.address() } else { mailbox.primary_or_own() };
                Server::discovered(account, bases)
            }
        };
        let envelope = Envelope::new(impersonate.then(|| mailbox.address().to_owned()));
        let sign_in = SignIn::new(credential)?;
        let client = EwsClient::new(http, server, sign_in, envelope, mailbox.address());
        Ok(Self {
            client,
            mailbox,
            folders: HashMap::new(),
            targets: HashMap::new(),
            deleted_items: None,
            rest: None,
            sizes: Sizes::default(),
            searches: Searches::default(),
            listed: None,
            watch: Watch::default(),
        })
    }

    /// The folder a path stands for: the one named with the mailbox takes the place of the one watched by default.
    pub(crate) fn resolved(&self, folder: &FolderPath) -> FolderPath {
        match self.mailbox.folder() {
            Some(named) if folder.as_str() == DEFAULT_FOLDER => FolderPath::new(named),
            _ => folder.clone(),
        }
    }

    pub(crate) async fn folder_id(&mut self, folder: &FolderPath) -> Result<String, SourceError> {
        if let Some(id) = self.folders.get(folder) {
            return Ok(id.clone());
        }
        let found = Folders::new(&self.client).find(&self.resolved(folder)).await;
        let found = found.map_err(|error| match error {
            SourceError::FolderNotFound { .. } => SourceError::FolderNotFound { folder: folder.clone() },
            other => other,
        })?;
        self.folders.insert(folder.clone(), found.id.clone());
        Ok(found.id)
    }

    pub(crate) fn forget_folder(&mut self, folder: &FolderPath) {
        self.folders.remove(folder);
    }

    async fn change(&mut self, folder: &str, action: &RemoteAction) -> Result<Change, SourceError> {
        match action {
            RemoteAction::MarkRead => Ok(Change::Read),
            RemoteAction::Move(to) => {
                if let Some(target) = self.targets.get(to) {
                    return Ok(Change::To(target.clone()));
                }
                let target = Folders::new(&self.client).find_or_make(to).await?.id;
                self.targets.insert(to.clone(), target.clone());
                Ok(Change::To(target))
            }
            RemoteAction::Delete => {
                let trash = match &self.deleted_items {
                    Some(trash) => trash.clone(),
                    None => {
                        let found = Folders::new(&self.client).well_known(DELETED_ITEMS).await;
                        found.map_err(|trouble| trouble.into_error("find the deleted items"))?.id
                    }
                };
                let change = if trash == folder { Change::Destroy } else { Change::Delete };
                self.deleted_items = Some(trash);
                Ok(change)
            }
        }
    }
}

impl MailSource for EwsSource {
    fn capabilities(&self) -> Capabilities {
        Capabilities { announces: true }
    }

    async fn check(&mut self, folders: &[FolderPath]) -> CheckReport {
        Box::pin(crate::check::check(self, folders)).await
    }

    async fn folders(&mut self) -> Result<Vec<Folder>, SourceError> {
        Box::pin(Folders::new(&self.client).all()).await
    }

    async fn discover(
        &mut self,
        folder: &FolderPath,
        scope: Scope,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Discovery, SourceError> {
        Box::pin(self.list(folder, scope, after, limit)).await
    }

    async fn glance(
        &mut self,
        folder: &FolderPath,
        ids: &[RemoteId],
        criteria: &[Criterion],
    ) -> Result<Vec<Glance>, SourceError> {
        let large = worth_a_look(ids, &self.sizes, Timestamp::now());
        if large.is_empty() || self.searches.rest() {
            return Ok(Vec::new());
        }
        let folder = Box::pin(self.folder_id(folder)).await?;
        Box::pin(glance(&self.client, &mut self.searches, &folder, &large, criteria)).await
    }

    async fn fetch(
        &mut self,
        folder: &FolderPath,
        ids: &[RemoteId],
        out: &FetchedSender,
    ) -> Result<(), SourceError> {
        if ids.is_empty() {
            return Ok(());
        }
        Box::pin(self.folder_id(folder)).await?;
        Box::pin(fetch(&self.client, &mut self.sizes, ids, out)).await
    }

    async fn inventory(&mut self, folder: &FolderPath) -> Result<Vec<RemoteHead>, SourceError> {
        let id = Box::pin(self.folder_id(folder)).await?;
        let found = Box::pin(Scan::new(&self.client, &id).everything()).await;
        let found = found.map_err(|trouble: Trouble| trouble.of_folder(folder, "list the folder"));
        if matches!(found, Err(SourceError::FolderNotFound { .. })) {
            self.forget_folder(folder);
        }
        Ok(found?.items.into_iter().map(|item| item.head).collect())
    }

    async fn act(
        &mut self,
        folder: &FolderPath,
        ids: &[RemoteId],
        action: &RemoteAction,
    ) -> Result<Vec<ActOutcome>, SourceError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let id = Box::pin(self.folder_id(folder)).await?;
        let change = Box::pin(self.change(&id, action)).await?;
        if let Some(outcomes) = Box::pin(act(&self.client, ids, &change)).await? {
            return Ok(outcomes);
        }
        // The folder was taken away since it was found.
        self.targets.clear();
        let change = Box::pin(self.change(&id, action)).await?;
        let outcomes = Box::pin(act(&self.client, ids, &change)).await?;
        outcomes.ok_or_else(|| SourceError::Refused {
            message: "the folder that messages were to move to is taken away again and again".to_owned(),
        })
    }

    fn was_before_first_run(&self, cursor: &Cursor, id: &RemoteId) -> bool {
        Position::parse(KIND, cursor).is_ok_and(|position| position.leaves_out(id, None))
    }

    fn leaving_out(&self, cursor: &Cursor, ids: &[RemoteId]) -> Cursor {
        let Ok(mut position) = Position::parse(KIND, cursor) else { return cursor.clone() };
        position.leave_out(ids, Timestamp::now());
        position.to_cursor()
    }

    async fn wait(
        &mut self,
        folders: &[FolderPath],
        until: Instant,
        interrupt: &Interrupt,
    ) -> Result<Wake, SourceError> {
        tokio::select! {
            biased;
            () = interrupt.notified() => Ok(Wake::Interrupted),
            () = sleep_until(until) => Ok(Wake::TimedOut),
            () = Box::pin(self.until_changed(folders)) => Ok(Wake::Changed),
        }
    }
}
