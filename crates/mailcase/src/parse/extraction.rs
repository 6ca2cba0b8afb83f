//! Writes the parts of messages into folders, under names that are safe wherever the folder is copied to.

use super::inputs::Input;
use anyhow::Context as _;
use mailcase_evidence::{Evidence, Sink, safe_file_name};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Attachments are for looking at: the owner reads and writes them, nobody executes them.
const MODE: u32 = 0o600;

/// The folder a person named.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    taken: HashSet<String>,
}

impl Folder {
    pub(crate) fn new(path: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(path).with_context(|| format!("the folder {} cannot be made", path.display()))?;
        Ok(Self { path: path.to_path_buf(), taken: HashSet::new() })
    }

    /// Where the parts of `input` go: a folder of its own when there are several messages.
    pub(crate) fn place(&mut self, input: &Input, several: bool) -> PathBuf {
        let name = input.path.file_name().unwrap_or(input.path.as_os_str()).to_string_lossy();
        self.place_for(&name, several)
    }

    pub(crate) fn place_for(&mut self, name: &str, several: bool) -> PathBuf {
        if !several {
            return self.path.clone();
        }
        let name = safe_file_name(name);
        let mut unique = name.clone();
        let mut number = 2;
        while !self.taken.insert(unique.to_lowercase()) {
            unique = format!("{name} ({number})");
            number += 1;
        }
        self.path.join(unique)
    }
}

/// The parts of one message. They get their names once the whole message is known.
#[derive(Debug)]
pub(crate) struct Parts {
    folder: PathBuf,
    open: HashMap<String, File>,
    written: BTreeSet<String>,
}

impl Parts {
    pub(crate) fn new(folder: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)
            .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
        Ok(Self { folder: folder.to_path_buf(), open: HashMap::new(), written: BTreeSet::new() })
    }

    /// The name of a part until its own is known: its path, `2-1`; `0` for the message itself.
    fn provisional(&self, path: &str) -> PathBuf {
        let number = path.trim_matches('/').replace('/', "-");
        self.folder.join(format!(".{}.part", if number.is_empty() { "0" } else { &number }))
    }

    fn file(&mut self, path: &str) -> io::Result<&mut File> {
        if !self.open.contains_key(path) {
            let new = self.written.insert(path.to_owned());
            let mut options = OpenOptions::new();
            options.append(true).mode(MODE);
            let options = if new { options.create_new(true) } else { &mut options };
            let file = options.open(self.provisional(path))?;
            self.open.insert(path.to_owned(), file);
        }
        self.open.get_mut(path).ok_or_else(|| io::Error::other("a part lost its file"))
    }

    /// Gives every part its name: its path and what it is called.
    ///
    /// # Errors
    /// When a file of that name is there already; nothing is overwritten.
    pub(crate) fn name(self, evidence: &Evidence) -> anyhow::Result<()> {
        for part in evidence.root.walk().filter(|part| self.written.contains(&part.path)) {
            let number = part.path.trim_matches('/').replace('/', "-");
            let name = part.safe_name.as_deref().unwrap_or("part");
            let name = if number.is_empty() { name.to_owned() } else { format!("{number} {name}") };
            let to = self.folder.join(name);
            anyhow::ensure!(!to.exists(), "{} is there already; nothing was overwritten", to.display());
            fs::rename(self.provisional(&part.path), &to)
                .with_context(|| format!("{} cannot be written", to.display()))?;
        }
        Ok(())
    }
}

impl Sink for Parts {
    fn write(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.file(path)?.write_all(bytes)
    }

    fn end(&mut self, path: &str) -> io::Result<()> {
        self.file(path)?;
        self.open.remove(path);
        Ok(())
    }

    fn withdraw(&mut self, path: &str) -> io::Result<()> {
        self.open.remove(path);
        if self.written.remove(path) {
            fs::remove_file(self.provisional(path))?;
        }
        Ok(())
    }
}

impl Drop for Parts {
    /// What has no name yet belongs to a message that was not read to its end.
    fn drop(&mut self) {
        for path in &self.written {
            fs::remove_file(self.provisional(path)).ok();
        }
    }
}
