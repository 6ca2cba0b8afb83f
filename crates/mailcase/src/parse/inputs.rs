//! Which files are meant: files, folders, patterns, standard input.

use anyhow::Context as _;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// Folders are followed so deep.
const DEPTH_MAX: usize = 32;

/// One file to read.
#[derive(Debug)]
pub(crate) struct Input {
    /// As a person knows it.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// A copy of standard input, removed afterwards: the examination goes back and forth, which a pipe cannot.
    _copy: Option<TempPath>,
}

impl Input {
    fn file(path: PathBuf) -> Self {
        Self { name: path.display().to_string(), path, _copy: None }
    }

    fn standard_input() -> anyhow::Result<Self> {
        let mut file = tempfile::NamedTempFile::new().context("a temporary file could not be made")?;
        io::copy(&mut io::stdin().lock(), &mut file).context("standard input could not be read")?;
        let copy = file.into_temp_path();
        Ok(Self { name: "standard input".to_owned(), path: copy.to_path_buf(), _copy: Some(copy) })
    }
}

/// Every file the arguments name, in their order, each folder sorted by name.
pub(crate) fn find(arguments: &[PathBuf]) -> anyhow::Result<Vec<Input>> {
    let mut found = Vec::new();
    for argument in arguments {
        let pattern = argument.to_str().filter(|text| text.contains(['*', '?', '[']));
        if argument == Path::new("-") {
            found.push(Input::standard_input()?);
        } else if argument.is_dir() {
            in_folder(argument, DEPTH_MAX, &mut found)?;
        } else if let Some(pattern) = pattern.filter(|_| !argument.exists()) {
            matching(pattern, &mut found)?;
        } else {
            found.push(Input::file(argument.clone()));
        }
    }
    anyhow::ensure!(!found.is_empty(), "there is no file in what was given");
    Ok(found)
}

fn in_folder(folder: &Path, depth: usize, found: &mut Vec<Input>) -> anyhow::Result<()> {
    let unreadable = || format!("{} cannot be listed", folder.display());
    let entries = std::fs::read_dir(folder).with_context(unreadable)?;
    let mut entries = entries.collect::<Result<Vec<_>, _>>().with_context(unreadable)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        // Links are not followed: they may lead around in a circle.
        let kind = entry.file_type().with_context(unreadable)?;
        if kind.is_dir() && depth > 0 {
            in_folder(&entry.path(), depth - 1, found)?;
        } else if kind.is_file() {
            found.push(Input::file(entry.path()));
        }
    }
    Ok(())
}

fn matching(pattern: &str, found: &mut Vec<Input>) -> anyhow::Result<()> {
    let paths = glob::glob(pattern).with_context(|| format!("{pattern} is no pattern"))?;
    let before = found.len();
    for path in paths {
        let path = path.with_context(|| format!("what {pattern} matches cannot be read"))?;
        if path.is_file() {
            found.push(Input::file(path));
        }
    }
    anyhow::ensure!(found.len() > before, "nothing matches {pattern}");
    Ok(())
}
