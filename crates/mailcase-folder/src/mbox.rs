//! An mbox file as a mailbox with one folder that is only read.

mod entries;
mod scanning;
mod splitting;

pub use entries::MboxEntry;

use crate::blocking::Lane;
use crate::files::SETTLE;
use crate::index::Facts;
use crate::reading::{self, concerns_everything, unreachable};
use crate::sending;
use crate::settings::Quoting;
use crate::source::INBOX;
use crate::watching::{self, Look};
use mailcase_mail::{
    ActOutcome, Cursor, Discovery, FetchedSender, Folder, FolderPath, Interrupt, RemoteAction, RemoteHead,
    RemoteId, Reset, Scope, SourceError, Wake,
};
use scanning::{Frame, Page, Slice};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use tokio::time::Instant;

/// Version of the cursor.
const VERSION: u32 = 1;

/// How far the file was listed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Position {
    #[serde(rename = "mbox")]
    version: u32,
    /// Where the next message begins.
    at: u64,
    /// The last message before `at`: while it is there unchanged, `at` means the same.
    last: Option<Frame>,
    unseen: bool,
    /// Messages before this place were there at the first run and subject to its scope.
    floor: u64,
}

/// The file when it was last listed to its end.
#[derive(Debug, Default)]
struct Looked {
    state: Option<(u64, i64)>,
    /// When the last message, which may still be written, can be looked at again.
    settles_at: Option<SystemTime>,
}

/// A mailbox that is one file. Clones share what was looked at.
#[derive(Debug, Clone)]
pub(crate) struct Mbox {
    path: PathBuf,
    quoting: Quoting,
    looked: Arc<Mutex<Looked>>,
    lane: Lane,
}

impl Mbox {
    pub(crate) fn new(path: &Path, quoting: Quoting, lane: Lane) -> Self {
        Self { path: path.to_owned(), quoting, looked: Arc::default(), lane }
    }

    pub(crate) fn folders() -> Vec<Folder> {
        vec![Folder {
            path: FolderPath::new(INBOX),
            delimiter: None,
            selectable: true,
            role: Some("inbox".to_owned()),
        }]
    }

    pub(crate) async fn discover(
        &self,
        folder: &FolderPath,
        scope: Scope,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Discovery, SourceError> {
        is_inbox(folder)?;
        let (mbox, after) = (self.clone(), after.cloned());
        self.lane.run("listing the mbox file", move || mbox.page(scope, after.as_ref(), limit)).await
    }

    /// Everything, in slices: each is a step of its own, so that a file of any size can be dropped midway.
    pub(crate) async fn inventory(&self, folder: &FolderPath) -> Result<Vec<RemoteHead>, SourceError> {
        is_inbox(folder)?;
        let mut heads = Vec::new();
        let mut at = 0;
        loop {
            let mbox = self.clone();
            let page = self
                .lane
                .run("listing the mbox file", move || {
                    let (file, _) = mbox.open()?;
                    scanning::page(file, mbox.quoting, at, usize::MAX, |_, _| true)
                        .map_err(|error| mbox.wrong(&error))
                })
                .await?;
            heads.extend(page.messages);
            if !page.more {
                return Ok(heads);
            }
            at = page.end;
        }
    }

    pub(crate) async fn fetch(
        &self,
        folder: &FolderPath,
        ids: &[RemoteId],
        out: &FetchedSender,
    ) -> Result<(), SourceError> {
        is_inbox(folder)?;
        let opened = self.clone();
        self.lane.run("opening the mbox file", move || opened.open().map(|_| ())).await?;
        for id in ids {
            let (mbox, wanted) = (self.clone(), id.clone());
            sending::send(&self.lane, id, out, move || {
                let (file, _) = mbox.open()?;
                Ok(match Slice::open(file, mbox.quoting, &wanted) {
                    Ok(Some((head, slice))) => sending::Opened::Message(head, slice),
                    Ok(None) => sending::Opened::Gone,
                    Err(error) if concerns_everything(&error) => {
                        return Err(unreachable("read", &mbox.path, &error));
                    }
                    Err(error) => {
                        sending::Opened::Unreadable(format!("the mbox file cannot be read: {error}"))
                    }
                })
            })
            .await?;
        }
        Ok(())
    }

    /// There are no read marks, so marking read is done by saying so; nothing else is possible.
    pub(crate) async fn act(
        &self,
        folder: &FolderPath,
        ids: &[RemoteId],
        action: &RemoteAction,
    ) -> Result<Vec<ActOutcome>, SourceError> {
        is_inbox(folder)?;
        if *action != RemoteAction::MarkRead {
            return Err(SourceError::Unsupported {
                message: "an mbox file is only read: messages in it cannot be moved or deleted".to_owned(),
                hint: Some("Choose to keep the messages or to mark them read.".to_owned()),
            });
        }
        let mut outcomes = Vec::with_capacity(ids.len());
        for id in ids {
            let (mbox, id) = (self.clone(), id.clone());
            let there = self.lane.run("reading a message", move || {
                let (file, _) = mbox.open()?;
                let found = Slice::open(file, mbox.quoting, &id);
                found.map(|found| found.is_some()).map_err(|error| unreachable("read", &mbox.path, &error))
            });
            outcomes.push(if there.await? { ActOutcome::Done } else { ActOutcome::Gone });
        }
        Ok(outcomes)
    }

    pub(crate) async fn wait(
        &self,
        folder: &FolderPath,
        until: Instant,
        interrupt: &Interrupt,
    ) -> Result<Wake, SourceError> {
        is_inbox(folder)?;
        watching::wait(&self.lane, until, interrupt, |_| {
            let mbox = self.clone();
            self.lane.run("looking at the mbox file", move || mbox.look())
        })
        .await
    }

    /// Whether a message lies before what the first run with `cursor` left out.
    pub(crate) fn was_before_first_run(cursor: &Cursor, id: &RemoteId) -> bool {
        let (Some(position), Some(frame)) = (Position::read(cursor), Frame::read(id)) else { return false };
        frame.offset < position.floor
    }

    fn open(&self) -> Result<(File, Facts), SourceError> {
        let opened = reading::open_followed(&self.path)
            .and_then(|file| file.metadata().map(|metadata| (file, metadata)));
        let (file, metadata) = opened.map_err(|error| unreachable("open", &self.path, &error))?;
        if !metadata.is_file() {
            return Err(SourceError::Settings {
                message: format!("`{}` is not a file; an mbox is one", self.path.display()),
            });
        }
        Ok((file, Facts::of(&metadata)))
    }

    fn wrong(&self, error: &io::Error) -> SourceError {
        if error.kind() == io::ErrorKind::InvalidData {
            return SourceError::Settings {
                message: format!(
                    "`{}` is not an mbox file: it does not begin with a `From ` line that has a date",
                    self.path.display()
                ),
            };
        }
        unreachable("read", &self.path, error)
    }

    fn page(&self, scope: Scope, after: Option<&Cursor>, limit: usize) -> Result<Discovery, SourceError> {
        let (file, facts) = self.open()?;
        let stored = after.and_then(Position::read);
        let unseen = scope == Scope::Unseen;
        let at_first_run = if matches!(scope, Scope::NewSince(_)) { facts.size } else { 0 };
        let (at, floor) = match &stored {
            None => (0, at_first_run),
            Some(position) if position.unseen != unseen => (0, position.floor.max(at_first_run)),
            Some(position) => (position.at, position.floor),
        };
        let is_wanted = |floor: u64, offset: u64, received: Option<jiff::Timestamp>| match (scope, received) {
            (Scope::NewSince(day), Some(received)) if offset < floor => {
                received.to_zoned(jiff::tz::TimeZone::UTC).date() >= day
            }
            _ => true,
        };
        let scan = |file: File, at: u64, floor: u64| {
            scanning::page(file, self.quoting, at, limit.max(1), |offset, received| {
                is_wanted(floor, offset, received)
            })
        };
        // A cursor of something else than an mbox file names no place in it.
        let foreign = after.is_some() && stored.is_none();
        let rewritten = match stored.as_ref().and_then(|position| position.last.as_ref()) {
            Some(last) => !last.is_there(&file, self.quoting).map_err(|error| self.wrong(&error))?,
            None => false,
        };
        let (page, floor, reset) = if rewritten || foreign {
            (scan(file, 0, 0), 0, true)
        } else {
            let again = file.try_clone().map_err(|error| unreachable("read", &self.path, &error))?;
            match scan(file, at, floor) {
                // The last message grew: what was its end lies inside it now.
                Err(error) if error.kind() == io::ErrorKind::InvalidData && at > 0 => {
                    (scan(again, 0, 0), 0, true)
                }
                page => (page, floor, false),
            }
        };
        let page = page.map_err(|error| self.wrong(&error))?;
        self.remember(&page, facts);
        let last = page.last.clone().or_else(|| stored.filter(|_| !reset).and_then(|position| position.last));
        let at = if page.more || !unseen { page.end } else { 0 };
        let position = Position { version: VERSION, at, last, unseen, floor };
        let reset = reset.then(|| Reset {
            reason: "the mbox file was rewritten, so its messages have new identities and are listed anew"
                .to_owned(),
        });
        Ok(Discovery { messages: page.messages, cursor: position.write(), more: page.more, reset })
    }

    fn remember(&self, page: &Page, facts: Facts) {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        looked.state = Some((facts.size, facts.modified));
        looked.settles_at = page.unsettled.then(|| SystemTime::now().checked_add(SETTLE)).flatten();
    }

    fn look(&self) -> Result<Look, SourceError> {
        let metadata = fs::metadata(&self.path).map_err(|error| unreachable("open", &self.path, &error))?;
        let facts = Facts::of(&metadata);
        let now = SystemTime::now();
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let state = *looked.state.get_or_insert((facts.size, facts.modified));
        let settled = looked.settles_at.is_some_and(|at| at <= now);
        Ok(Look {
            news: settled || state != (facts.size, facts.modified),
            watched: vec![self.path.clone()],
            again_in: looked.settles_at.map(|at| at.duration_since(now).unwrap_or_default()),
        })
    }
}

impl Position {
    fn read(cursor: &Cursor) -> Option<Self> {
        serde_json::from_str(cursor.as_str()).ok().filter(|position: &Self| position.version == VERSION)
    }

    fn write(&self) -> Cursor {
        // Numbers and texts always serialise; an empty cursor would only make the next listing start over.
        Cursor::new(serde_json::to_string(self).unwrap_or_default())
    }
}

fn is_inbox(folder: &FolderPath) -> Result<(), SourceError> {
    if folder.as_str() == INBOX {
        return Ok(());
    }
    Err(SourceError::FolderNotFound { folder: folder.clone() })
}
