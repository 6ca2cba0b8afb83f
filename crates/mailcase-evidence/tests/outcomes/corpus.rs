//! The folder of real mail.

use std::path::{Path, PathBuf};

/// A source within the corpus, such as `stalwartlabs+mail-parser`; nothing when there is no corpus.
pub(crate) fn source(name: &str) -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let corpus = std::env::var_os("MAILCASE_CORPUS").map_or(default, PathBuf::from);
    let folder = corpus.join(name);
    if !folder.is_dir() {
        println!("SKIPPED: there is no {}", folder.display());
    }
    folder.is_dir().then_some(folder)
}

/// All files below a folder of which the name ends like this, in order.
pub(crate) fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let mut found = Vec::new();
    for path in entries {
        if path.is_dir() {
            found.extend(files(&path, end));
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    found
}

/// How a file is called in what a test says.
pub(crate) fn short(path: &Path, folder: &Path) -> String {
    path.strip_prefix(folder).unwrap_or(path).display().to_string()
}
