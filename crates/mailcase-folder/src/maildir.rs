//! The Maildir layout: unique names, flags in names, subfolders as `.Name` (Maildir++).
//!
//! See <https://cr.yp.to/proto/maildir.html> and <https://www.courier-mta.org/maildir.html>.

use crate::index::{Facts, Found, Index, Scan};
use crate::names::escape;
use crate::reading::{at, is_directory, is_missing};
use crate::source::INBOX;
use mailcase_mail::{Folder, FolderPath, utf7};
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// Stands between the levels of a Maildir++ folder.
pub(crate) const DELIMITER: &str = ".";
/// Directories of a Maildir that hold messages, in the order a message passes through them.
const MESSAGE_DIRECTORIES: [&str; 2] = ["new", "cur"];
/// Stands between the unique name and the flags.
const FLAGS: &[u8] = b":2,";
/// The flag of a message that was read.
const SEEN: u8 = b'S';
/// A directory that changes while it is read may hide a message that is renamed: how often it is read again.
const READ_TRIES: usize = 4;
/// Longest file name; the folder's name gets a dot before it.
const NAME_MAX_BYTES: usize = 255;

/// Whether the directory is a Maildir. A link in place of `new` or `cur` would lead elsewhere, and is none.
pub(crate) fn is_maildir(directory: &Path) -> io::Result<bool> {
    for name in MESSAGE_DIRECTORIES {
        if !is_directory(&directory.join(name))? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The directory of a folder, whether it exists or not; `None` when no folder can have the name. Most programs write
/// names in modified UTF-7 and some as they are: the one that is there counts, and a new folder gets the former.
pub(crate) fn directory(root: &Path, folder: &FolderPath) -> io::Result<Option<PathBuf>> {
    let name = folder.as_str();
    if name == INBOX {
        return Ok(Some(root.to_owned()));
    }
    if name.contains(['/', '\0']) || name.split(DELIMITER).any(str::is_empty) {
        return Ok(None);
    }
    let encoded = utf7::encode(name);
    let at = |name: &str| (name.len() < NAME_MAX_BYTES).then(|| root.join(format!(".{name}")));
    if encoded != name {
        for found in [at(&encoded), at(name)].into_iter().flatten() {
            if is_directory(&found)? {
                return Ok(Some(found));
            }
        }
    }
    Ok(at(&encoded))
}

/// The name people read for a directory, which leads back to it.
fn displayed(root: &Path, name: &str) -> io::Result<Option<String>> {
    let place = root.join(format!(".{name}"));
    let decoded = utf7::decode(name.as_bytes()).filter(|text| !text.chars().any(char::is_control));
    for text in decoded.into_iter().chain([name.to_owned()]) {
        if directory(root, &FolderPath::new(text.as_str()))?.as_ref() == Some(&place) {
            return Ok(Some(text));
        }
    }
    Ok(None)
}

/// Makes the directories of a folder that is not there.
pub(crate) fn create(directory: &Path) -> io::Result<()> {
    for name in ["tmp", "new", "cur"] {
        fs::create_dir_all(directory.join(name))?;
    }
    // Maildir++: marks the directory as a folder of the Maildir above it.
    fs::OpenOptions::new().create(true).append(true).open(directory.join("maildirfolder"))?;
    Ok(())
}

/// All folders. Names that are no UTF-8 are left out: nobody could choose them.
pub(crate) fn folders(root: &Path) -> io::Result<Vec<Folder>> {
    let mut names = vec![INBOX.to_owned()];
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str().and_then(|name| name.strip_prefix('.')) else { continue };
        match is_maildir(&entry.path()) {
            Ok(true) => names.extend(displayed(root, name)?),
            // One that nobody lets us enter cannot be chosen, and keeps nobody from choosing another.
            Ok(false) => {}
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            Err(error) => return Err(error),
        }
    }
    names.sort();
    Ok(names
        .into_iter()
        .map(|name| Folder {
            role: (name == INBOX).then(|| "inbox".to_owned()),
            path: FolderPath::new(name),
            delimiter: Some(DELIMITER.to_owned()),
            selectable: true,
        })
        .collect())
}

/// Looks at every message. Repeated while the directories change under the eyes, a few times.
pub(crate) fn scan(directory: &Path, known: &Index) -> io::Result<Scan> {
    let mut tries = READ_TRIES;
    loop {
        tries = tries.saturating_sub(1);
        let scan = scan_once(directory, known)?;
        let quiet = scan.directories.iter().all(|(path, modified)| {
            fs::metadata(path).is_ok_and(|metadata| Facts::of(&metadata).modified == *modified)
        });
        if quiet || tries == 0 {
            return Ok(scan);
        }
    }
}

fn scan_once(directory: &Path, known: &Index) -> io::Result<Scan> {
    use std::os::unix::fs::MetadataExt;
    let mut scan = Scan { inode: fs::metadata(directory)?.ino(), ..Scan::default() };
    let mut found: HashMap<String, Found> = HashMap::new();
    // `new` before `cur`: a message on its way is seen twice rather than not at all; the later sight counts.
    for name in MESSAGE_DIRECTORIES {
        let path = directory.join(name);
        let modified = Facts::of(&fs::metadata(&path).map_err(at(&path))?).modified;
        for entry in fs::read_dir(&path).map_err(at(&path))? {
            let entry = entry?;
            let file_name = entry.file_name();
            if file_name.as_bytes().starts_with(b".") || !entry.file_type()?.is_file() {
                continue;
            }
            let (unique, flags) = split_name(&file_name);
            let id = escape(unique);
            let file = Path::new(name).join(&file_name);
            let facts = match known.facts(&id, &file) {
                Some(facts) => facts,
                None => match entry.metadata() {
                    Ok(metadata) => Facts::of(&metadata),
                    // Gone or renamed since the directory was read.
                    Err(error) if is_missing(&error) => continue,
                    Err(error) => return Err(error),
                },
            };
            let seen = Some(flags.contains(&SEEN));
            found.insert(id.clone(), Found { id, file, facts, seen });
        }
        scan.directories.push((path, modified));
    }
    scan.found = found.into_values().collect();
    Ok(scan)
}

/// Where a message lies once it is marked read; `None` when it is already.
pub(crate) fn marked_read(file: &Path) -> Option<PathBuf> {
    let name = file.file_name()?;
    let (unique, flags) = split_name(name);
    if flags.contains(&SEEN) && file.starts_with("cur") {
        return None;
    }
    // Flags stand in ASCII order.
    let mut flags = flags.to_vec();
    flags.push(SEEN);
    flags.sort_unstable();
    flags.dedup();
    let name = [unique, FLAGS, &flags].concat();
    Some(Path::new("cur").join(OsString::from_vec(name)))
}

/// The unique name and the flags. A name with other information than flags (`:1,`) has none.
fn split_name(name: &OsStr) -> (&[u8], &[u8]) {
    let name = name.as_bytes();
    let colon = name.iter().rposition(|byte| *byte == b':');
    let Some((unique, info)) = colon.and_then(|at| name.split_at_checked(at)) else { return (name, &[]) };
    (unique, info.strip_prefix(FLAGS).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_from_their_flags() {
        let split = |name: &'static str| {
            let (unique, flags) = split_name(OsStr::new(name));
            (String::from_utf8_lossy(unique).into_owned(), String::from_utf8_lossy(flags).into_owned())
        };
        assert_eq!(split("1.M2P3.host"), ("1.M2P3.host".to_owned(), String::new()));
        assert_eq!(split("1.M2P3.host:2,"), ("1.M2P3.host".to_owned(), String::new()));
        assert_eq!(split("1.M2P3.host,S=5:2,FS"), ("1.M2P3.host,S=5".to_owned(), "FS".to_owned()));
        assert_eq!(split("1.host:1,x"), ("1.host".to_owned(), String::new()));
    }

    #[test]
    fn marking_read_keeps_the_other_flags_in_order() {
        let marked = |name: &str| marked_read(Path::new(name)).map(|path| path.display().to_string());
        assert_eq!(marked("new/1.host"), Some("cur/1.host:2,S".to_owned()));
        assert_eq!(marked("cur/1.host:2,TF"), Some("cur/1.host:2,FST".to_owned()));
        assert_eq!(marked("cur/1.host:2,FS"), None);
    }

    #[test]
    fn only_names_of_folders_lead_to_directories() {
        let root = Path::new("/mail");
        let at = |name: &str| directory(root, &FolderPath::new(name)).unwrap();
        assert_eq!(at("INBOX"), Some(root.to_owned()));
        assert_eq!(at("Archive.2026"), Some(root.join(".Archive.2026")));
        assert_eq!(at("Entwürfe.R&D"), Some(root.join(".Entw&APw-rfe.R&-D")));
        for name in ["", ".", "..", ".x", "a..b", "a/b", "../x", "/etc", "a\0b", &"x".repeat(255)] {
            assert_eq!(at(name), None, "{name:?}");
        }
        assert_eq!(at(&"ü".repeat(90)), Some(root.join(format!(".{}", utf7::encode(&"ü".repeat(90))))));
        assert_eq!(at(&"界".repeat(120)), None, "encoded it is too long");
    }
}
