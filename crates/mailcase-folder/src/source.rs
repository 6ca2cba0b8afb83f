//! [`FolderSource`]: finds out what lies at the path, and hands each call to it.

use crate::blocking::Lane;
use crate::check;
use crate::directory::{Directory, Tree};
use crate::maildir;
use crate::mbox::Mbox;
use crate::reading::unreachable;
use crate::settings::{FolderSettings, Layout};
use mailcase_mail::{
    ActOutcome, Capabilities, CheckReport, Cursor, Discovery, FetchedSender, Folder, FolderPath, Interrupt,
    MailSource, RemoteAction, RemoteHead, RemoteId, Scope, SourceError, Wake,
};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use tokio::time::Instant;

/// The folder at the path itself, in every layout.
pub(crate) const INBOX: &str = "INBOX";

/// What lies at the path.
#[derive(Debug)]
enum Mailbox {
    Directory(Directory),
    Mbox(Mbox),
}

/// Mail in the file system as a [`MailSource`].
#[derive(Debug)]
pub struct FolderSource {
    path: PathBuf,
    settings: FolderSettings,
    mailbox: Option<Mailbox>,
    lane: Lane,
}

impl FolderSource {
    /// A source for the `connection` settings of a connector. Touches nothing on disk yet.
    ///
    /// # Errors
    /// [`SourceError::Settings`] when the settings are wrong.
    pub fn open(connection: &Map<String, Value>) -> Result<Self, SourceError> {
        FolderSettings::read(connection).map(Self::new)
    }

    /// A source for settings that were read already.
    #[must_use]
    pub fn new(settings: FolderSettings) -> Self {
        let path = PathBuf::from(&settings.path);
        let lane = Lane::to(&path);
        Self { path, settings, mailbox: None, lane }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) const fn lane(&self) -> &Lane {
        &self.lane
    }

    /// The layout, once it is known.
    pub(crate) async fn layout(&mut self) -> Result<Layout, SourceError> {
        Ok(match self.mailbox().await? {
            Mailbox::Directory(directory) if directory.tree() == Tree::Maildir => Layout::Maildir,
            Mailbox::Directory(_) => Layout::Files,
            Mailbox::Mbox(_) => Layout::Mbox,
        })
    }

    async fn mailbox(&mut self) -> Result<&mut Mailbox, SourceError> {
        let layout = match (self.settings.layout, &self.mailbox) {
            (Layout::Auto, None) => {
                let path = self.path.clone();
                self.lane.run("opening the folder", move || find_out(&path)).await?
            }
            (layout, _) => layout,
        };
        let recursive = self.settings.recursive;
        let lane = self.lane.clone();
        Ok(self.mailbox.get_or_insert_with(|| match layout {
            Layout::Maildir => Mailbox::Directory(Directory::new(&self.path, Tree::Maildir, lane)),
            Layout::Mbox => Mailbox::Mbox(Mbox::new(&self.path, self.settings.quoting, lane)),
            Layout::Auto | Layout::Files => {
                Mailbox::Directory(Directory::new(&self.path, Tree::Files { recursive }, lane))
            }
        }))
    }
}

fn find_out(path: &Path) -> Result<Layout, SourceError> {
    let metadata = std::fs::metadata(path).map_err(|error| unreachable("open", path, &error))?;
    if metadata.is_file() {
        Ok(Layout::Mbox)
    } else if !metadata.is_dir() {
        Err(SourceError::Settings {
            message: format!("`{}` is neither a file nor a directory", path.display()),
        })
    } else if maildir::is_maildir(path).map_err(|error| unreachable("open", path, &error))? {
        Ok(Layout::Maildir)
    } else {
        Ok(Layout::Files)
    }
}

impl MailSource for FolderSource {
    fn capabilities(&self) -> Capabilities {
        Capabilities { announces: true }
    }

    async fn check(&mut self, folders: &[FolderPath]) -> CheckReport {
        check::report(self, folders).await
    }

    async fn folders(&mut self) -> Result<Vec<Folder>, SourceError> {
        match self.mailbox().await? {
            Mailbox::Directory(directory) => directory.folders().await,
            Mailbox::Mbox(_) => Ok(Mbox::folders()),
        }
    }

    async fn discover(
        &mut self,
        folder: &FolderPath,
        scope: Scope,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Discovery, SourceError> {
        match self.mailbox().await? {
            Mailbox::Directory(directory) => directory.discover(folder, scope, after, limit).await,
            Mailbox::Mbox(mbox) => mbox.discover(folder, scope, after, limit).await,
        }
    }

    async fn fetch(
        &mut self,
        folder: &FolderPath,
        ids: &[RemoteId],
        out: &FetchedSender,
    ) -> Result<(), SourceError> {
        match self.mailbox().await? {
            Mailbox::Directory(directory) => directory.fetch(folder, ids, out).await,
            Mailbox::Mbox(mbox) => mbox.fetch(folder, ids, out).await,
        }
    }

    async fn inventory(&mut self, folder: &FolderPath) -> Result<Vec<RemoteHead>, SourceError> {
        match self.mailbox().await? {
            Mailbox::Directory(directory) => directory.inventory(folder).await,
            Mailbox::Mbox(mbox) => mbox.inventory(folder).await,
        }
    }

    async fn act(
        &mut self,
        folder: &FolderPath,
        ids: &[RemoteId],
        action: &RemoteAction,
    ) -> Result<Vec<ActOutcome>, SourceError> {
        match self.mailbox().await? {
            Mailbox::Directory(directory) => directory.act(folder, ids, action).await,
            Mailbox::Mbox(mbox) => mbox.act(folder, ids, action).await,
        }
    }

    fn was_before_first_run(&self, cursor: &Cursor, id: &RemoteId) -> bool {
        match &self.mailbox {
            Some(Mailbox::Directory(directory)) => directory.was_before_first_run(cursor, id),
            // An mbox file keeps an order of arrival that the texts tell.
            Some(Mailbox::Mbox(_)) | None => Mbox::was_before_first_run(cursor, id),
        }
    }

    async fn wait(
        &mut self,
        folders: &[FolderPath],
        until: Instant,
        interrupt: &Interrupt,
    ) -> Result<Wake, SourceError> {
        let inbox = FolderPath::new(INBOX);
        let folder = folders.first().unwrap_or(&inbox);
        match self.mailbox().await? {
            Mailbox::Directory(directory) => directory.wait(folder, until, interrupt).await,
            Mailbox::Mbox(mbox) => mbox.wait(folder, until, interrupt).await,
        }
    }
}
