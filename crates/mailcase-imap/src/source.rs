//! The [`MailSource`] over one connection at a time; while it waits, with ears on further folders.

use crate::ears::Ears;
use crate::listing::Described;
use crate::session::{Selected, Session};
use crate::settings::{Account, ImapSettings};
use crate::wait::RENEW_AFTER;
use crate::wire::response::Response;
use mailcase_mail::{
    ActOutcome, Capabilities, CheckReport, Criterion, Cursor, Deadlines, Discovery, FetchedSender, Folder,
    FolderPath, Glance, Interrupt, MailSource, RefreshTokens, RemoteAction, RemoteHead, RemoteId, Scope,
    SourceError, Wake,
};
use secrecy::SecretString;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// What a folder looked like when it was last listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Listed {
    uidvalidity: u32,
    uidnext: Option<u32>,
    exists: u32,
}

/// A mailbox on an IMAP server.
#[derive(Debug)]
pub struct ImapSource {
    pub(crate) account: Account,
    pub(crate) deadlines: Deadlines,
    pub(crate) renew_after: Duration,
    pub(crate) ears: Ears,
    /// Taken out during a call and put back only when the call ended well: a dropped or failed call leaves none.
    session: Option<Session>,
    listed: HashMap<FolderPath, Listed>,
    pub(crate) described: Described,
    capabilities: Capabilities,
}

impl ImapSource {
    /// Builds a source; connects to nothing yet.
    ///
    /// # Errors
    /// [`SourceError::Settings`] when settings and secrets do not fit together.
    pub fn new(
        settings: &ImapSettings,
        secrets: &BTreeMap<String, SecretString>,
    ) -> Result<Self, SourceError> {
        Account::new(settings, secrets, Deadlines::default(), None).map(Self::with_account)
    }

    /// As [`from_connection`](Self::from_connection), for a mailbox that may be opened by access a person granted.
    ///
    /// # Errors
    /// As [`from_connection`](Self::from_connection).
    pub fn from_granted(
        connection: &Map<String, Value>,
        secrets: &BTreeMap<String, SecretString>,
        granted: Arc<dyn RefreshTokens>,
    ) -> Result<Self, SourceError> {
        let settings = ImapSettings::read(connection)?;
        Account::new(&settings, secrets, Deadlines::default(), Some(granted)).map(Self::with_account)
    }

    fn with_account(account: Account) -> Self {
        Self {
            account,
            deadlines: Deadlines::default(),
            renew_after: RENEW_AFTER,
            ears: Ears::default(),
            session: None,
            listed: HashMap::new(),
            described: Described::default(),
            capabilities: Capabilities::default(),
        }
    }

    /// Builds a source from the `connection` settings of a connector.
    ///
    /// # Errors
    /// [`SourceError::Settings`] when they do not fit the schema or the secrets.
    pub fn from_connection(
        connection: &Map<String, Value>,
        secrets: &BTreeMap<String, SecretString>,
    ) -> Result<Self, SourceError> {
        let settings = ImapSettings::read(connection)?;
        Self::new(&settings, secrets)
    }

    /// Replaces the deadlines.
    #[must_use]
    pub fn with_deadlines(mut self, deadlines: Deadlines) -> Self {
        self.deadlines = deadlines;
        self
    }

    /// Shows signs of life this often during a wait, for firewalls that forget sooner than nine minutes.
    #[must_use]
    pub const fn renewing_idle_after(mut self, after: Duration) -> Self {
        self.renew_after = after;
        self
    }

    /// A session that is ready: the one of the last call if it still lives.
    pub(crate) async fn session(&mut self) -> Result<Session, SourceError> {
        if let Some(mut session) = self.session.take()
            && session.still_lives()
        {
            return Ok(session);
        }
        let session = Session::open(&self.account, &self.deadlines).await?;
        self.capabilities.announces = session.has("IDLE");
        Ok(session)
    }

    /// Keeps the session for the next call unless it may be in disorder.
    pub(crate) fn keep<T>(
        &mut self,
        session: Session,
        result: Result<T, SourceError>,
    ) -> Result<T, SourceError> {
        let orderly = match &result {
            Ok(_) => true,
            Err(error) => matches!(
                error,
                SourceError::FolderNotFound { .. }
                    | SourceError::Refused { .. }
                    | SourceError::Unsupported { .. }
                    | SourceError::Settings { .. }
            ),
        };
        if orderly && session.connection.is_idle() {
            self.session = Some(session);
        }
        result
    }

    pub(crate) fn held_when_listed(&self, folder: &FolderPath) -> Option<u32> {
        self.listed.get(folder).map(|listed| listed.exists)
    }

    pub(crate) fn remember_listing(&mut self, selected: &Selected) {
        let listed =
            Listed { uidvalidity: selected.uidvalidity, uidnext: selected.uidnext, exists: selected.exists };
        self.listed.insert(selected.folder.clone(), listed);
    }

    /// Selects the folder; whether something came between its last listing and now, which nobody announces.
    pub(crate) async fn moved_on(
        &mut self,
        session: &mut Session,
        folder: &FolderPath,
    ) -> Result<bool, SourceError> {
        let selected = session.ensure_selected(folder, false).await?;
        let Some(listed) = self.listed.get(folder) else { return Ok(false) };
        let came = match (listed.uidnext, selected.uidnext) {
            (Some(then), Some(now)) => now > then,
            _ => selected.exists > listed.exists,
        };
        let moved_on = came || listed.uidvalidity != selected.uidvalidity;
        if moved_on {
            self.listed.remove(folder);
        }
        Ok(moved_on)
    }
}

impl Session {
    /// Whether a session left alone for a while can be used: reads what came meanwhile without waiting.
    pub(crate) fn still_lives(&mut self) -> bool {
        while let Some(response) = self.connection.next_if_there() {
            match response {
                // An answer to nothing would be taken for that to the next command.
                Ok(Response::Tagged { .. }) | Err(_) => return false,
                Ok(response) if self.note(&response).is_err() => return false,
                Ok(_) => {}
            }
        }
        true
    }
}

impl MailSource for ImapSource {
    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    async fn check(&mut self, folders: &[FolderPath]) -> CheckReport {
        crate::check::check(&self.account, &self.deadlines, folders).await
    }

    async fn folders(&mut self) -> Result<Vec<Folder>, SourceError> {
        let mut session = self.session().await?;
        let result = session.folders().await;
        self.keep(session, result)
    }

    async fn discover(
        &mut self,
        folder: &FolderPath,
        scope: Scope,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Discovery, SourceError> {
        self.list(folder, scope, after, limit).await
    }

    async fn glance(
        &mut self,
        folder: &FolderPath,
        ids: &[RemoteId],
        criteria: &[Criterion],
    ) -> Result<Vec<Glance>, SourceError> {
        if ids.is_empty() || criteria.is_empty() {
            return Ok(Vec::new());
        }
        let mut session = self.session().await?;
        let result = session.glance(folder, ids, criteria).await;
        self.keep(session, result)
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
        let mut session = self.session().await?;
        let result = session.fetch(folder, ids, out).await;
        self.keep(session, result)
    }

    async fn inventory(&mut self, folder: &FolderPath) -> Result<Vec<RemoteHead>, SourceError> {
        self.hold(folder).await
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
        let mut session = self.session().await?;
        let result = session.act(folder, ids, action).await;
        self.keep(session, result)
    }

    fn was_before_first_run(&self, cursor: &Cursor, id: &RemoteId) -> bool {
        let Ok(position) = crate::cursor::Position::parse(cursor) else { return false };
        crate::cursor::parse_remote_id(id)
            .is_some_and(|(uidvalidity, uid)| uidvalidity == position.uidvalidity && uid < position.baseline)
    }

    async fn wait(
        &mut self,
        folders: &[FolderPath],
        until: Instant,
        interrupt: &Interrupt,
    ) -> Result<Wake, SourceError> {
        let inbox = FolderPath::new("INBOX");
        let folders = folders.split_first().unwrap_or((&inbox, &[]));
        let mut session = tokio::select! {
            session = self.session() => session?,
            () = interrupt.notified() => return Ok(Wake::Interrupted),
            () = tokio::time::sleep_until(until) => return Ok(Wake::TimedOut),
        };
        let result = self.wait_everywhere(&mut session, folders, until, interrupt).await;
        self.keep(session, result)
    }
}
