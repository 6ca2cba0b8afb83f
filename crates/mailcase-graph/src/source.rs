//! The [`MailSource`] over Graph.

use crate::act::act;
use crate::client::GraphClient;
use crate::discover::Rest;
use crate::fetch::fetch;
use crate::folders::Folders;
use crate::glance::{Looked, glance};
use crate::mailbox::MailboxName;
use crate::refusal::Trouble;
use crate::scan::{Scan, Which};
use crate::settings::{EWS, KIND};
use crate::subscription::Subscriptions;
use crate::translate::{Form, translate};
use crate::wire::segment;
use jiff::Timestamp;
use mailcase_mail::{
    ActOutcome, AnnounceTo, Capabilities, CheckReport, Criterion, Cursor, Discovery, FetchedSender, Folder,
    FolderPath, Glance, Interrupt, MailSource, Position, RemoteAction, RemoteHead, RemoteId, Scope,
    SourceError, Translation, Wake,
};
use mailcase_transport::http::HttpClient;
use mailcase_transport::oauth::TokenSource;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::time::{Instant, sleep_until};

/// The folder watched when none is chosen: Graph knows it by this name in every language.
pub(crate) const DEFAULT_FOLDER: &str = "inbox";
/// The version asked of Graph.
const VERSION: &str = "v1.0";

/// What a source needs to reach its mailbox.
#[derive(Debug, Clone)]
pub struct GraphAccess {
    /// Scheme and host of the cloud's Graph: `https://graph.microsoft.com`.
    pub origin: String,
    pub mailbox: MailboxName,
    pub http: HttpClient,
    pub tokens: Arc<dyn TokenSource>,
}

/// A mailbox of Exchange Online.
#[derive(Debug)]
pub struct GraphSource {
    pub(crate) client: GraphClient,
    /// `/users/…`.
    pub(crate) root: String,
    mailbox: MailboxName,
    /// Identities of folders by path, as long as they are found there.
    folders: HashMap<FolderPath, String>,
    pub(crate) rest: Option<Rest>,
    pub(crate) no_delta_until: Option<Instant>,
    /// The server refused to search as pre-filters ask.
    no_search: bool,
    subscriptions: Option<Subscriptions>,
    /// The last wait was ended from outside, perhaps because Graph called.
    called: bool,
}

impl GraphSource {
    /// Builds a source; connects to nothing yet.
    #[must_use]
    pub fn new(access: GraphAccess) -> Self {
        let GraphAccess { origin, mailbox, http, tokens } = access;
        let base = format!("{}/{VERSION}", origin.trim_end_matches('/'));
        Self {
            client: GraphClient::new(http, base, tokens),
            root: format!("/users/{}", segment(mailbox.user())),
            mailbox,
            folders: HashMap::new(),
            rest: None,
            no_delta_until: None,
            no_search: false,
            subscriptions: None,
            called: false,
        }
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
        let found = Folders::new(&self.client, &self.root).find(&self.resolved(folder)).await;
        let found = found.map_err(|error| match error {
            SourceError::FolderNotFound { .. } => SourceError::FolderNotFound { folder: folder.clone() },
            other => other,
        })?;
        self.folders.insert(folder.clone(), found.id.clone());
        Ok(found.id)
    }

    /// Keeps the subscriptions to these folders, for ever.
    async fn stay_subscribed(&mut self, folders: &[FolderPath], mut called: bool) {
        let mut ids = Vec::with_capacity(folders.len());
        if self.subscriptions.is_some() {
            for folder in folders {
                // One that is not there is told of by the next listing.
                ids.extend(self.folder_id(folder).await.ok());
            }
        }
        let Some(subscriptions) = &mut self.subscriptions else { return std::future::pending().await };
        loop {
            let next = subscriptions.keep(&self.client, &self.root, &ids, std::mem::take(&mut called)).await;
            sleep_until(next).await;
        }
    }

    pub(crate) fn forget_folder(&mut self, folder: &FolderPath) {
        self.folders.remove(folder);
    }
}

impl MailSource for GraphSource {
    /// Change notifications, where they reach us, end a wait by its interrupt.
    fn capabilities(&self) -> Capabilities {
        Capabilities { announces: false }
    }

    async fn check(&mut self, folders: &[FolderPath]) -> CheckReport {
        crate::check::check(self, folders).await
    }

    async fn folders(&mut self) -> Result<Vec<Folder>, SourceError> {
        Folders::new(&self.client, &self.root).all().await
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
        if ids.is_empty() || self.no_search {
            return Ok(Vec::new());
        }
        let folder = self.folder_id(folder).await?;
        match glance(&self.client, &self.root, &folder, ids, criteria).await? {
            Looked::Seen(glances) => Ok(glances),
            Looked::NoSearch => {
                self.no_search = true;
                Ok(Vec::new())
            }
        }
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
        self.folder_id(folder).await?;
        fetch(&self.client, &self.root, ids, out).await
    }

    async fn inventory(&mut self, folder: &FolderPath) -> Result<Vec<RemoteHead>, SourceError> {
        let id = self.folder_id(folder).await?;
        let listed = Scan::new(&self.client, &self.root, &id).list(Which::default()).await;
        let listed = listed.map_err(|trouble: Trouble| trouble.of_folder(folder, "list the folder"));
        if matches!(listed, Err(SourceError::FolderNotFound { .. })) {
            self.forget_folder(folder);
        }
        listed
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
        let id = self.folder_id(folder).await?;
        act(&self.client, &self.root, &id, ids, action).await
    }

    fn was_before_first_run(&self, cursor: &Cursor, id: &RemoteId) -> bool {
        Position::parse(KIND, cursor).is_ok_and(|position| position.leaves_out(id, None))
    }

    fn leaving_out(&self, cursor: &Cursor, ids: &[RemoteId]) -> Cursor {
        let Ok(mut position) = Position::parse(KIND, cursor) else { return cursor.clone() };
        position.leave_out(ids, Timestamp::now());
        position.to_cursor()
    }

    async fn translate(
        &mut self,
        ids: &[RemoteId],
        way: Translation,
    ) -> Result<Vec<Option<RemoteId>>, SourceError> {
        let form = match way {
            Translation::Into(EWS) => Form::Ews,
            Translation::From(EWS) => Form::Immutable,
            Translation::Into(kind) | Translation::From(kind) => {
                let message = format!("Graph knows nothing of the identities of `{kind}`");
                return Err(SourceError::Unsupported { message, hint: None });
            }
        };
        translate(&self.client, &self.root, ids, form).await
    }

    fn announce_to(&mut self, target: AnnounceTo) {
        self.subscriptions = Some(Subscriptions::new(target));
    }

    async fn wait(
        &mut self,
        folders: &[FolderPath],
        until: Instant,
        interrupt: &Interrupt,
    ) -> Result<Wake, SourceError> {
        let called = std::mem::take(&mut self.called);
        let wake = tokio::select! {
            biased;
            () = interrupt.notified() => Wake::Interrupted,
            () = sleep_until(until) => Wake::TimedOut,
            () = self.stay_subscribed(folders, called) => Wake::TimedOut,
        };
        self.called = wake == Wake::Interrupted;
        Ok(wake)
    }
}
