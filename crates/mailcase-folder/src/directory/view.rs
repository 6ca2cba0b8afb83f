//! One folder of the tree, as a step that may block sees it.

use super::Tree;
use crate::index::{Facts, Index, timestamp};
use crate::reading::{self, Reading, concerns_everything, is_missing, look_at, unreachable};
use crate::sending::Opened;
use crate::source::INBOX;
use crate::watching::Look;
use crate::{files, maildir};
use mailcase_mail::{
    ActOutcome, Cursor, Discovery, FolderPath, RemoteAction, RemoteHead, RemoteId, Scope, SourceError,
};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// A message is gone when this many looks in a row do not find it: one look may miss a message that is renamed at
/// that moment.
pub(super) const SCANS_FOR_GONE: u32 = 2;
/// How often a message that is renamed all the time is looked for.
const LOCATE_TRIES: u32 = 5;
/// How many names are tried for a message moved to where its name is taken.
const NAMES_MAX: u32 = 1_000;
/// Times of directories are this coarse at worst where it matters: what changed so shortly before a scan may have
/// changed again without a trace.
const TIME_GRAIN: Duration = Duration::from_millis(100);

/// Looks left before what is not found counts as gone; shared by all messages of a call.
pub(super) type Patience = Arc<Mutex<u32>>;

#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) root: PathBuf,
    pub(super) tree: Tree,
    pub(super) folder: FolderPath,
    pub(super) index: Arc<Mutex<Index>>,
}

impl View {
    /// The directory of the folder, which exists.
    pub(super) fn place(&self) -> Result<PathBuf, SourceError> {
        let root = fs::metadata(&self.root).map_err(|error| unreachable("open", &self.root, &error))?;
        if !root.is_dir() {
            return Err(SourceError::Settings {
                message: format!(
                    "`{}` is not a directory; choose the layout `mbox` or `auto`",
                    self.root.display()
                ),
            });
        }
        let missing = || SourceError::FolderNotFound { folder: self.folder.clone() };
        let is_root = self.folder.as_str() == INBOX;
        let open = |place: &Path, looked: io::Result<bool>| {
            looked.map_err(|error| unreachable("open", place, &error))
        };
        match self.tree {
            Tree::Maildir => {
                let place = maildir::directory(&self.root, &self.folder)
                    .map_err(|error| unreachable("open", &self.root, &error))?
                    .ok_or_else(missing)?;
                let is_maildir = open(&place, maildir::is_maildir(&place))?;
                if is_maildir && (is_root || open(&place, files::is_within(&self.root, &place))?) {
                    Ok(place)
                } else if is_root {
                    Err(SourceError::Unreachable {
                        message: format!(
                            "`{}` is not a Maildir: `new` or `cur` is missing",
                            self.root.display()
                        ),
                        hint: Some("Check the path, and whether the disk or share is mounted.".to_owned()),
                    })
                } else {
                    Err(missing())
                }
            }
            Tree::Files { recursive } => {
                let place = files::directory(&self.root, &self.folder).ok_or_else(missing)?;
                let exists = is_root || (!recursive && open(&place, files::is_within(&self.root, &place))?);
                if exists { Ok(place) } else { Err(missing()) }
            }
        }
    }

    pub(super) fn discover(
        &self,
        scope: Scope,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Discovery, SourceError> {
        let place = self.place()?;
        let mut index = self.index();
        if !index.knows_page(after, scope, limit) {
            self.scan(&place, &mut index)?;
        }
        Ok(index.discover(scope, after, limit))
    }

    pub(super) fn inventory(&self) -> Result<Vec<RemoteHead>, SourceError> {
        let place = self.place()?;
        let mut index = self.index();
        self.scan(&place, &mut index)?;
        Ok(index.heads())
    }

    /// Looks whether there is something no listing has seen.
    pub(super) fn look(&self, thorough: bool) -> Result<Look, SourceError> {
        let place = self.place()?;
        let mut index = self.index();
        let first = !index.is_scanned();
        if thorough || first || has_moved(&index) {
            self.scan(&place, &mut index)?;
        }
        if first {
            index.nothing_is_news();
        }
        let (watched, again_in) = match index.last_scan() {
            Some(scan) => {
                let again_in =
                    scan.settles_at.map(|at| at.duration_since(SystemTime::now()).unwrap_or_default());
                (scan.directories.iter().map(|(path, _)| path.clone()).collect(), again_in)
            }
            None => (Vec::new(), None),
        };
        Ok(Look { news: index.has_news(), watched, again_in })
    }

    pub(super) fn open(&self, id: &RemoteId, patience: &Patience) -> Result<Opened<Reading>, SourceError> {
        let place = self.place()?;
        let mut index = self.index();
        for _ in 0..LOCATE_TRIES {
            let Some(path) = self.locate(&place, &mut index, id, patience)? else { return Ok(Opened::Gone) };
            match reading::open(&path) {
                Ok(Some((file, facts))) if self.fits(id, facts) => {
                    let head = RemoteHead {
                        id: id.clone(),
                        size: Some(facts.size),
                        received: timestamp(facts.modified),
                        seen: index.seen(id.as_str()),
                    };
                    return Ok(Opened::Message(head, Reading::new(file, facts)));
                }
                // Renamed, removed or written over since it was located.
                Ok(_) => {}
                Err(error) if concerns_everything(&error) => return Err(unreachable("read", &place, &error)),
                Err(error) => return Ok(Opened::Unreadable(format!("the file cannot be read: {error}"))),
            }
        }
        Ok(Opened::Unreadable("the file changes its name all the time".to_owned()))
    }

    /// Whether the mailbox can do it at all.
    pub(super) fn check_action(&self, action: &RemoteAction) -> Result<(), SourceError> {
        let RemoteAction::Move(to) = action else { return Ok(()) };
        if self.tree == (Tree::Files { recursive: true }) {
            return Err(SourceError::Unsupported {
                message:
                    "messages cannot be moved when subdirectories are included: they would stay in the folder"
                        .to_owned(),
                hint: Some("Choose to keep the messages, or do not include subdirectories.".to_owned()),
            });
        }
        self.destination(to).map(|_| ())
    }

    pub(super) fn act(
        &self,
        id: &RemoteId,
        action: &RemoteAction,
        patience: &Patience,
    ) -> Result<ActOutcome, SourceError> {
        let place = self.place()?;
        let mut index = self.index();
        for _ in 0..LOCATE_TRIES {
            let Some(path) = self.locate(&place, &mut index, id, patience)? else {
                return Ok(ActOutcome::Gone);
            };
            let done = match action {
                RemoteAction::MarkRead => self.mark_read(&place, &path, &mut index, id),
                RemoteAction::Move(to) if *to == self.folder => Ok(()),
                RemoteAction::Move(to) => {
                    let moved = self.carry(&path, &self.destination(to)?);
                    moved.inspect(|()| index.removed(id.as_str()))
                }
                RemoteAction::Delete => fs::remove_file(&path).inspect(|()| index.removed(id.as_str())),
            };
            match done {
                Ok(()) => return Ok(ActOutcome::Done),
                // Renamed or removed since it was located.
                Err(error) if is_missing(&error) => {}
                Err(error) if error.kind() == io::ErrorKind::ReadOnlyFilesystem => {
                    return Err(SourceError::Unsupported {
                        message: format!(
                            "`{}` lies on a file system that cannot be written",
                            place.display()
                        ),
                        hint: Some("Choose to keep the messages as they are.".to_owned()),
                    });
                }
                Err(error) if concerns_everything(&error) => {
                    return Err(unreachable("change", &place, &error));
                }
                Err(error) => {
                    return Ok(ActOutcome::Refused {
                        reason: format!("the file cannot be changed: {error}"),
                    });
                }
            }
        }
        Ok(ActOutcome::Refused { reason: "the file changes its name all the time".to_owned() })
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        // A scan that panicked left the index as it was before, or partly newer: both are true of the directory.
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn scan(&self, place: &Path, index: &mut Index) -> Result<(), SourceError> {
        let began = SystemTime::now();
        let scanned = match self.tree {
            Tree::Maildir => maildir::scan(place, index),
            Tree::Files { recursive } => files::scan(place, recursive, began),
        };
        index.absorb(scanned.map_err(|error| unreachable("list", place, &error))?, began);
        Ok(())
    }

    /// Where the message lies now; `None` when it is gone for sure.
    fn locate(
        &self,
        place: &Path,
        index: &mut Index,
        id: &RemoteId,
        patience: &Patience,
    ) -> Result<Option<PathBuf>, SourceError> {
        // Only a look that finds nothing means that the message is gone.
        let there = |path: &Path| match look_at(path) {
            Ok(found) => {
                Ok(found.is_some_and(|metadata| metadata.is_file() && self.fits(id, Facts::of(&metadata))))
            }
            Err(error) => Err(unreachable("look for a message in", place, &error)),
        };
        if let Tree::Files { recursive } = self.tree {
            let Some(named) = files::Named::read(id) else { return Ok(None) };
            if let Some(file) = named.file {
                let path = place.join(&file);
                let level = recursive || file.components().count() == 1;
                let within = match path.parent().filter(|_| level) {
                    Some(parent) => files::is_within(place, parent)
                        .map_err(|error| unreachable("look for a message in", parent, &error))?,
                    None => false,
                };
                return Ok((within && there(&path)?).then_some(path));
            }
        }
        let mut patience = patience.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..LOCATE_TRIES {
            match index.file(id.as_str()).map(|file| place.join(file)) {
                Some(path) if there(&path)? => return Ok(Some(path)),
                None if *patience == 0 => return Ok(None),
                _ => {
                    *patience = patience.saturating_sub(1);
                    self.scan(place, index)?;
                }
            }
        }
        Ok(None)
    }

    /// Whether a file is the one the identity names.
    fn fits(&self, id: &RemoteId, facts: Facts) -> bool {
        match self.tree {
            Tree::Maildir => true,
            Tree::Files { .. } => files::Named::read(id).is_some_and(|named| named.fits(facts)),
        }
    }

    fn mark_read(&self, place: &Path, path: &Path, index: &mut Index, id: &RemoteId) -> io::Result<()> {
        // Files have no read marks: what the caller recorded is the mark, and evidence is not touched.
        let Tree::Maildir = self.tree else { return Ok(()) };
        let Some(marked) = path.strip_prefix(place).ok().and_then(maildir::marked_read) else {
            return Ok(());
        };
        fs::rename(path, place.join(&marked))?;
        index.renamed(id.as_str(), marked, Some(true));
        Ok(())
    }

    /// The directory of a folder to move to, whether it exists or not.
    fn destination(&self, to: &FolderPath) -> Result<PathBuf, SourceError> {
        let (directory, delimiter) = match self.tree {
            Tree::Maildir => {
                let directory = maildir::directory(&self.root, to)
                    .map_err(|error| unreachable("open", &self.root, &error))?;
                (directory, maildir::DELIMITER)
            }
            Tree::Files { .. } => (files::directory(&self.root, to), files::DELIMITER),
        };
        directory.ok_or_else(|| SourceError::Unsupported {
            message: format!("no folder can be named `{to}` here"),
            hint: Some(format!(
                "Choose a name without special characters; `{delimiter}` stands between levels."
            )),
        })
    }

    /// Moves a file into the directory of another folder, never over another file.
    fn carry(&self, path: &Path, directory: &Path) -> io::Result<()> {
        let name = path.file_name().unwrap_or_default();
        let into = match self.tree {
            Tree::Maildir => {
                maildir::create(directory)?;
                let part = path.parent().and_then(Path::file_name).unwrap_or_default();
                directory.join(part)
            }
            Tree::Files { .. } => {
                fs::create_dir_all(directory)?;
                directory.to_owned()
            }
        };
        if !files::is_within(&self.root, &into)? {
            return Err(io::Error::other("the folder to move to is a symbolic link"));
        }
        for number in 0..NAMES_MAX {
            let mut target = into.join(name);
            if number > 0 {
                target = numbered(&target, number);
            }
            match renameat_with(CWD, path, CWD, &target, RenameFlags::NOREPLACE) {
                Ok(()) => return Ok(()),
                Err(Errno::EXIST) => {}
                // The file system cannot do it in one step.
                Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
                    if look_at(&target)?.is_none() {
                        return fs::rename(path, &target);
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(io::Error::other("the folder to move to has too many files of that name"))
    }
}

/// `path` with a number before its extension, as in `letter-2.eml`.
fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{}", number.saturating_add(1)));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

/// Whether a directory changed since the scan, or may have.
fn has_moved(index: &Index) -> bool {
    let Some(scan) = index.last_scan() else { return true };
    if scan.settles_at.is_some_and(|at| at <= SystemTime::now()) {
        return true;
    }
    let began = scan.began.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let sure_before = i64::try_from(began.saturating_sub(TIME_GRAIN).as_nanos()).unwrap_or(i64::MAX);
    scan.directories.iter().any(|(path, modified)| {
        fs::metadata(path).map_or(true, |metadata| {
            let now = Facts::of(&metadata).modified;
            now != *modified || now >= sure_before
        })
    })
}
