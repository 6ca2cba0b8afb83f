//! Which messages are meant: files, folders, patterns, standard input, the messages of mbox files.

use anyhow::Context as _;
use mailcase_folder::{MboxEntry, Quoting};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempPath;

/// Folders are followed so deep.
const DEPTH_MAX: usize = 32;

/// How an mbox file begins, and a single message that was taken out of one.
const MBOX_START: &[u8] = b"From ";
/// A message of an mbox file up to this size is kept in memory while it is read; a larger one in a temporary file.
const SPOOLED_BYTES: usize = 8 << 20;

/// One message to read.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    /// As a person knows it.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// Where in the file it lies, when the file is an mbox with several.
    entry: Option<MboxEntry>,
    /// A copy of standard input, removed afterwards: the examination goes back and forth, which a pipe cannot.
    _copy: Option<Arc<TempPath>>,
}

/// A message that can be read back and forth.
pub(crate) trait Message: Read + Seek {}
impl<T: Read + Seek> Message for T {}

impl Input {
    fn file(path: PathBuf) -> Self {
        Self { name: path.display().to_string(), path, entry: None, _copy: None }
    }

    fn standard_input() -> anyhow::Result<Self> {
        let mut file = tempfile::NamedTempFile::new().context("a temporary file could not be made")?;
        io::copy(&mut io::stdin().lock(), &mut file).context("standard input could not be read")?;
        let copy = file.into_temp_path();
        let path = copy.to_path_buf();
        Ok(Self { name: "standard input".to_owned(), path, entry: None, _copy: Some(Arc::new(copy)) })
    }

    /// The message and its size in bytes.
    pub(crate) fn open(&self) -> io::Result<(Box<dyn Message>, u64)> {
        let file = File::open(&self.path)?;
        let Some(entry) = self.entry else {
            let size = file.metadata()?.len();
            return Ok((Box::new(BufReader::new(file)), size));
        };
        let mut message = tempfile::spooled_tempfile(SPOOLED_BYTES);
        let size = entry.write(file, Quoting::default(), &mut message)?;
        message.rewind()?;
        Ok((Box::new(message), size))
    }

    /// The messages of the file when it is an mbox with several, else the file itself. A file that cannot be read says
    /// so when its turn comes.
    fn messages(self) -> Vec<Self> {
        let entries = mbox_entries(&self.path).unwrap_or_default();
        if entries.len() < 2 {
            return vec![self];
        }
        let numbered = entries.into_iter().zip(1..);
        let name = &self.name;
        let one = |(entry, number): (MboxEntry, usize)| Self {
            name: format!("{name}, message {number}"),
            entry: Some(entry),
            ..self.clone()
        };
        numbered.map(one).collect()
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
    Ok(found.into_iter().flat_map(Input::messages).collect())
}

fn mbox_entries(path: &Path) -> io::Result<Vec<MboxEntry>> {
    let mut file = File::open(path)?;
    let mut start = [0; MBOX_START.len()];
    file.read_exact(&mut start)?;
    if start == MBOX_START { MboxEntry::all(file) } else { Ok(Vec::new()) }
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
