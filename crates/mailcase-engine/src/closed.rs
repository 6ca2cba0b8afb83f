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

/// What is told when only one error can be: it names the folder too.
impl From<ClosedFolder> for SourceError {
    fn from(closed: ClosedFolder) -> Self {
        match &closed.error {
            Self::Refused { .. } => Self::Refused { message: closed.to_string() },
            _ => closed.error,
        }
    }
}

/// Folders named in one line for people; of the others it says how many they are.
const NAMED: usize = 5;

/// What is said of each, in one line.
pub(crate) fn in_one_line<T: fmt::Display>(told: &[T]) -> String {
    let mut line = told.iter().take(NAMED).map(T::to_string).collect::<Vec<_>>().join("; ");
    match told.len().saturating_sub(NAMED) {
        0 => {}
        1 => line.push_str("; and one more folder"),
        more => line.push_str(&format!("; and {more} more folders")),
    }
    line
}

impl fmt::Display for ClosedFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            SourceError::FolderNotFound { .. } => self.error.fmt(f),
            error => write!(f, "the folder `{}`: {error}", self.folder),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_closed_folders_are_one_bounded_line() {
        let closed = |count: usize| -> Vec<ClosedFolder> {
            let folder = |number| FolderPath::new(format!("F{number}"));
            let refused = || SourceError::Refused { message: "no".to_owned() };
            (1..=count).map(|number| ClosedFolder { folder: folder(number), error: refused() }).collect()
        };
        assert_eq!(in_one_line(&closed(0)), "");
        assert_eq!(in_one_line(&closed(2)), "the folder `F1`: no; the folder `F2`: no");
        assert!(in_one_line(&closed(6)).ends_with("`F5`: no; and one more folder"));
        assert!(in_one_line(&closed(1_000)).ends_with("`F5`: no; and 995 more folders"));
    }
}
