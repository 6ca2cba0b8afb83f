//! Watched folders that cannot be read while others can.

use mailcase_mail::{FolderPath, SourceError};
use std::fmt;

/// A folder that is missing, or that the server will not open, and why. What is written names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClosedFolder {
    pub(crate) folder: FolderPath,
    pub(crate) error: SourceError,
}

impl ClosedFolder {
    /// Of an error that came when `folder` was asked for; the error itself when it is about more than the folder.
    pub(crate) fn because(folder: &FolderPath, error: SourceError) -> Result<Self, SourceError> {
        if error.is_about_folder() { Ok(Self { folder: folder.clone(), error }) } else { Err(error) }
    }
}

impl fmt::Display for ClosedFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            SourceError::FolderNotFound { .. } => self.error.fmt(f),
            error => write!(f, "the folder `{}`: {error}", self.folder),
        }
    }
}
