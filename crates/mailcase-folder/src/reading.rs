//! Reading one file without being led elsewhere, in bounded pieces, noticing when it changes meanwhile.

use crate::index::Facts;
use bytes::Bytes;
use mailcase_mail::{CHUNK_MAX_BYTES, SourceError};
use rustix::fs::OFlags;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

const NANOSECONDS_PER_SECOND: i64 = 1_000_000_000;

impl Facts {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        let nanoseconds =
            |seconds: i64, rest: i64| seconds.saturating_mul(NANOSECONDS_PER_SECOND).saturating_add(rest);
        Self {
            size: metadata.len(),
            modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// Opens a regular file for reading; `None` when there is none, or a link or something else is in its place. Never
/// waits, as opening a pipe would.
pub(crate) fn open(path: &Path) -> io::Result<Option<(File, Facts)>> {
    let file = match open_with(path, OFlags::NOFOLLOW | OFlags::NONBLOCK) {
        Ok(file) => file,
        Err(error) if is_missing(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let metadata = file.metadata()?;
    Ok(metadata.is_file().then(|| (file, Facts::of(&metadata))))
}

/// Opens the file a person named, also by a link. Never waits, as opening a pipe would.
pub(crate) fn open_followed(path: &Path) -> io::Result<File> {
    open_with(path, OFlags::NONBLOCK)
}

fn open_with(path: &Path, flags: OFlags) -> io::Result<File> {
    // The flags fit an int on every system: that is their type in C.
    OpenOptions::new().read(true).custom_flags(i32::try_from(flags.bits()).unwrap_or_default()).open(path)
}

/// Whether the error says that there is no such file: also a directory that went away, or a link.
pub(crate) fn is_missing(error: &io::Error) -> bool {
    use rustix::io::Errno;
    error.kind() == io::ErrorKind::NotFound
        || matches!(Errno::from_io_error(error), Some(Errno::LOOP | Errno::NOTDIR | Errno::NAMETOOLONG))
}

/// Whether the error is of the whole file system or process, not of one message.
pub(crate) fn concerns_everything(error: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(
        Errno::from_io_error(error),
        Some(
            Errno::MFILE
                | Errno::NFILE
                | Errno::NOMEM
                // A share whose server went away, was restarted or does not answer.
                | Errno::STALE
                | Errno::TIMEDOUT
                | Errno::NOTCONN
                | Errno::CONNREFUSED
                | Errno::CONNRESET
                | Errno::CONNABORTED
                | Errno::SHUTDOWN
                | Errno::HOSTDOWN
                | Errno::HOSTUNREACH
                | Errno::NETDOWN
                | Errno::NETUNREACH
                // A disk that was pulled out.
                | Errno::NODEV
                | Errno::NXIO
        )
    )
}

/// What lies at the path, without following a link; `None` when nothing does. Only an error that says so means that
/// there is nothing: a disk that cannot be asked has not lost its messages.
pub(crate) fn look_at(path: &Path) -> io::Result<Option<Metadata>> {
    found(fs::symlink_metadata(path))
}

fn found(looked: io::Result<Metadata>) -> io::Result<Option<Metadata>> {
    match looked {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Says where below the folder it happened.
pub(crate) fn at(path: &Path) -> impl Fn(io::Error) -> io::Error + use<'_> {
    move |error| io::Error::new(error.kind(), format!("`{}`: {error}", path.display()))
}

/// Whether the path is a directory and no link to one.
pub(crate) fn is_directory(path: &Path) -> io::Result<bool> {
    Ok(look_at(path)?.is_some_and(|metadata| metadata.is_dir()))
}

/// A failure of the file system as the caller of a source sees it.
pub(crate) fn unreachable(what: &str, path: &Path, error: &io::Error) -> SourceError {
    let hint = match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "Give the user Mailcase runs as permission to read and enter the folder, and try again."
        }
        io::ErrorKind::NotFound => "Check the path, and whether the disk or share is mounted.",
        _ => "Check the disk or share, and try again.",
    };
    SourceError::Unreachable {
        message: format!("cannot {what} `{}`: {error}", path.display()),
        hint: Some(hint.to_owned()),
    }
}

/// A file being read, piece by piece.
#[derive(Debug)]
pub(crate) struct Reading {
    file: File,
    at_start: Facts,
    left: u64,
}

impl Reading {
    pub(crate) const fn new(file: File, facts: Facts) -> Self {
        Self { file, at_start: facts, left: facts.size }
    }

    /// The next piece, at most [`CHUNK_MAX_BYTES`]; `None` at the end, once it is certain that the file is still the
    /// one that was begun.
    pub(crate) fn next(&mut self) -> io::Result<Option<Bytes>> {
        if self.left == 0 {
            let now = Facts::of(&self.file.metadata()?);
            if (now.size, now.modified) == (self.at_start.size, self.at_start.modified) {
                return Ok(None);
            }
            return Err(io::Error::other("the file changed while it was read"));
        }
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(CHUNK_MAX_BYTES);
        let mut piece = vec![0; wanted];
        self.file.read_exact(&mut piece).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => io::Error::other("the file became shorter while it was read"),
            _ => error,
        })?;
        self.left = self.left.saturating_sub(piece.len() as u64);
        Ok(Some(Bytes::from(piece)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::io::Errno;

    #[test]
    fn only_what_says_so_means_that_nothing_is_there() {
        for gone in [Errno::NOENT, Errno::NOTDIR, Errno::LOOP, Errno::NAMETOOLONG] {
            assert!(found(Err(gone.into())).unwrap().is_none(), "{gone:?}");
        }
        for trouble in [
            Errno::ACCESS,
            Errno::PERM,
            Errno::IO,
            Errno::STALE,
            Errno::TIMEDOUT,
            Errno::NOTCONN,
            Errno::HOSTDOWN,
            Errno::NOMEM,
            Errno::NODEV,
        ] {
            let error = found(Err(trouble.into())).unwrap_err();
            assert_eq!(Errno::from_io_error(&error), Some(trouble));
        }
    }

    #[test]
    fn a_share_that_went_away_is_no_messages_fault() {
        for all in [Errno::STALE, Errno::TIMEDOUT, Errno::HOSTUNREACH, Errno::NODEV, Errno::MFILE] {
            assert!(concerns_everything(&all.into()), "{all:?}");
        }
        for one in [Errno::IO, Errno::ACCESS, Errno::NOENT] {
            assert!(!concerns_everything(&one.into()), "{one:?}");
        }
    }
}
