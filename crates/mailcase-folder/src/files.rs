//! The layout of plain files: every `.eml` and `.msg` file of a directory is a message.
//!
//! An identity is `<name>|<size>|<modification time>`: what is written over is another message. Names too long for
//! an identity are replaced by `#` and their digest.

use crate::index::{Facts, Found, Scan};
use crate::names::{SEPARATOR, escape, unescape};
use crate::reading::{at, is_directory, is_missing, look_at};
use crate::source::INBOX;
use mailcase_mail::{Folder, FolderPath, RemoteId};
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Stands between the levels of a folder.
pub(crate) const DELIMITER: &str = "/";
/// A file whose content changed this recently may still be written.
pub(crate) const SETTLE: Duration = Duration::from_secs(2);
/// Deepest directory looked into: deeper trees are mistakes or attacks.
const DEPTH_MAX: usize = 32;
/// Most folders listed for people to choose from.
const FOLDERS_MAX: usize = 10_000;
/// Before a digest in place of a name; no escaped name of a message file begins with it and is a digest.
const DIGEST_MARK: &str = "#sha256:";
/// Room for size, time and separators beside the name in an identity.
const IDENTITY_REST_BYTES: usize = 64;

/// Whether a file of this name is a message.
pub(crate) fn is_message(name: &Path) -> bool {
    let visible = name.file_name().is_some_and(|name| !name.as_bytes().starts_with(b"."));
    let extension = name.extension().unwrap_or_default();
    visible && (extension.eq_ignore_ascii_case("eml") || extension.eq_ignore_ascii_case("msg"))
}

/// The directory of a folder, whether it exists or not; `None` when no folder can have the name.
pub(crate) fn directory(root: &Path, folder: &FolderPath) -> Option<PathBuf> {
    let name = folder.as_str();
    if name == INBOX {
        return Some(root.to_owned());
    }
    let levels = || name.split(DELIMITER);
    let fits = levels().count() <= DEPTH_MAX && !name.contains('\0');
    (fits && levels().all(|level| !level.is_empty() && !level.starts_with('.'))).then(|| root.join(name))
}

/// Whether `directory` can be reached from `root` without following a link.
pub(crate) fn is_within(root: &Path, directory: &Path) -> io::Result<bool> {
    for ancestor in directory.ancestors().take_while(|ancestor| *ancestor != root) {
        if !is_directory(ancestor)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// All folders: the root, and below it every directory that can be chosen, unless all belong to the root.
pub(crate) fn folders(root: &Path, recursive: bool) -> io::Result<Vec<Folder>> {
    let mut names = Vec::new();
    if !recursive {
        let mut open = vec![(root.to_owned(), 0_usize)];
        while let Some((directory, depth)) = open.pop() {
            let entries = match fs::read_dir(&directory) {
                Ok(entries) => entries,
                // It can be named, and what is below it cannot; `lost+found` is one.
                Err(error) if depth > 0 && error.kind() == io::ErrorKind::PermissionDenied => continue,
                Err(error) if depth > 0 && is_missing(&error) => continue,
                Err(error) => return Err(error),
            };
            for entry in entries {
                let entry = entry?;
                let path = entry.path();
                let name = path.strip_prefix(root).ok().and_then(Path::to_str).map(str::to_owned);
                let Some(name) = name.filter(|_| entry.file_type().is_ok_and(|kind| kind.is_dir())) else {
                    continue;
                };
                if self::directory(root, &FolderPath::new(name.as_str())).is_none()
                    || names.len() >= FOLDERS_MAX
                {
                    continue;
                }
                names.push(name);
                if depth < DEPTH_MAX {
                    open.push((path, depth.saturating_add(1)));
                }
            }
        }
        names.sort();
    }
    names.insert(0, INBOX.to_owned());
    Ok(names
        .into_iter()
        .map(|name| Folder {
            role: (name == INBOX).then(|| "inbox".to_owned()),
            path: FolderPath::new(name),
            delimiter: (!recursive).then(|| DELIMITER.to_owned()),
            selectable: true,
        })
        .collect())
}

/// Looks at every message file that is no longer being written.
pub(crate) fn scan(directory: &Path, recursive: bool, now: SystemTime) -> io::Result<Scan> {
    let metadata = fs::metadata(directory)?;
    let mut scan = Scan { inode: metadata.ino(), ..Scan::default() };
    // The status change of a directory counts for what lies in it: a directory moved in brings old files along.
    let mut open = vec![(directory.to_owned(), 0_usize, i64::MIN)];
    while let Some((path, depth, inherited)) = open.pop() {
        let modified = match fs::symlink_metadata(&path) {
            Ok(metadata) => Facts::of(&metadata).modified,
            Err(error) if depth > 0 && is_missing(&error) => continue,
            Err(error) => return Err(at(&path)(error)),
        };
        // A directory that cannot be read is an error: what lies in it would be missed without a word.
        for entry in fs::read_dir(&path).map_err(at(&path))? {
            let entry = entry?;
            let kind = entry.file_type()?;
            let wanted = if kind.is_dir() {
                recursive && depth < DEPTH_MAX
            } else {
                kind.is_file() && is_message(Path::new(&entry.file_name()))
            };
            if !wanted {
                continue;
            }
            let mut facts = match entry.metadata() {
                Ok(metadata) => Facts::of(&metadata),
                Err(error) if is_missing(&error) => continue,
                Err(error) => return Err(error),
            };
            facts.changed = facts.changed.max(inherited);
            if kind.is_dir() {
                open.push((entry.path(), depth.saturating_add(1), facts.changed));
                continue;
            }
            let Some(latest) = look_at(&entry.path())? else { continue };
            if let Some(settles_at) = settles_at(&latest, facts, now) {
                scan.settles_at = Some(scan.settles_at.map_or(settles_at, |earlier| earlier.min(settles_at)));
                continue;
            }
            let Ok(file) = entry.path().strip_prefix(directory).map(Path::to_owned) else { continue };
            scan.found.push(Found { id: identity(&file, facts), file, facts, seen: None });
        }
        scan.directories.push((path, modified));
    }
    Ok(scan)
}

/// When the file may be looked at again, if it may still be written now: as `latest` and `facts` of just before say.
fn settles_at(latest: &Metadata, facts: Facts, now: SystemTime) -> Option<SystemTime> {
    let age = match now.duration_since(latest.modified().ok()?) {
        Ok(age) => age,
        // A little in the future is a clock that differs; far in the future is a wrong date, not a writer.
        Err(ahead) => ahead.duration(),
    };
    // A file that grew between the two looks is written at this moment, whatever its time says.
    let grew = latest.len() != facts.size;
    (age < SETTLE || grew).then(|| now.checked_add(SETTLE)).flatten()
}

/// The identity of a file below the directory of its folder.
fn identity(file: &Path, facts: Facts) -> String {
    let mut name = escape(file.as_os_str().as_bytes());
    if name.len() > RemoteId::MAX_BYTES.saturating_sub(IDENTITY_REST_BYTES) {
        let digest = Sha256::digest(file.as_os_str().as_bytes());
        name = format!("{DIGEST_MARK}{}", data_encoding::HEXLOWER.encode(&digest));
    }
    written(&name, facts.size, facts.modified)
}

fn written(name: &str, size: u64, modified: i64) -> String {
    format!("{name}{SEPARATOR}{size}{SEPARATOR}{modified}")
}

/// What an identity says without looking at the directory.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// The file below the directory of the folder; `None` when only the directory knows its name.
    pub(crate) file: Option<PathBuf>,
    size: u64,
    modified: i64,
}

impl Named {
    /// Reads an identity; `None` for what no file of a folder has.
    pub(crate) fn read(id: &RemoteId) -> Option<Self> {
        let name = id.as_str().split(SEPARATOR).next()?;
        let mut numbers = id.as_str().split(SEPARATOR).skip(1);
        let (size, modified) = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
        // One way to write it: `+5` is no size.
        if id.as_str() != written(name, size, modified) {
            return None;
        }
        if name.starts_with(DIGEST_MARK) {
            return Some(Self { file: None, size, modified });
        }
        let file = PathBuf::from(OsString::from_vec(unescape(name)?));
        let mut levels = file.as_os_str().as_bytes().split(|byte| *byte == b'/');
        let plain = levels.all(|level| !matches!(level, b"" | b"." | b".."));
        (plain && is_message(&file)).then_some(Self { file: Some(file), size, modified })
    }

    /// Whether the file is the one the identity was given to: unchanged since.
    pub(crate) const fn fits(&self, facts: Facts) -> bool {
        facts.size == self.size && facts.modified == self.modified
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FACTS: Facts = Facts { size: 5, modified: -7, changed: 9 };

    #[test]
    fn only_message_files_count() {
        for name in ["a.eml", "A.EML", "b.msg", "c.MsG", "two.dots.eml", "new\nline.eml"] {
            assert!(is_message(Path::new(name)), "{name:?}");
        }
        for name in ["a.txt", ".hidden.eml", "eml", ".eml", "a.eml.part", ""] {
            assert!(!is_message(Path::new(name)), "{name:?}");
        }
    }

    #[test]
    fn an_identity_never_leads_outside() {
        for id in [
            "../a.eml|1|1",
            "/etc/a.eml|1|1",
            "x/../../a.eml|1|1",
            "a.txt|1|1",
            "a.eml",
            "a.eml|1",
            "./a.eml|1|1",
            "a.eml|+1|1",
            "a.eml|1|01",
            "a.eml|1|1|",
        ] {
            assert_eq!(Named::read(&RemoteId::new(id)), None, "{id}");
        }
    }

    #[test]
    fn only_names_of_folders_lead_to_directories() {
        let root = Path::new("/mail");
        let at = |name: &str| directory(root, &FolderPath::new(name));
        assert_eq!(at("done/2026"), Some(root.join("done/2026")));
        for name in ["", ".", "..", "a/..", "../a", "/etc", "a//b", "a/", ".git", "a\0b"] {
            assert_eq!(at(name), None, "{name:?}");
        }
    }

    #[test]
    fn a_name_that_is_too_long_becomes_its_digest() {
        let file = PathBuf::from(format!("{}/x.eml", "d".repeat(RemoteId::MAX_BYTES)));
        let id = RemoteId::new(identity(&file, FACTS));
        assert!(id.as_str().len() <= RemoteId::MAX_BYTES);
        assert_eq!(Named::read(&id), Some(Named { file: None, size: 5, modified: -7 }));
    }

    proptest! {
        #[test]
        fn identities_name_their_file(bytes in proptest::collection::vec(1_u8.., 1..100)) {
            let bytes: Vec<u8> = bytes.into_iter().filter(|byte| *byte != b'/').collect();
            let file = PathBuf::from(OsString::from_vec([b"x", bytes.as_slice(), b".eml"].concat()));
            let id = RemoteId::new(identity(&file, FACTS));
            prop_assert!(id.as_str().len() <= RemoteId::MAX_BYTES);
            prop_assert_eq!(Named::read(&id), Some(Named { file: Some(file), size: 5, modified: -7 }));
        }
    }
}
