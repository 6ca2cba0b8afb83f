//! Every metric says what it means: `/metrics` explains what its readers did not write.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The names that are the first argument of one of these macros.
fn named(text: &str, macros: [&str; 3]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for name in macros {
        for call in text.split(name).skip(1) {
            let Some(rest) = call.trim_start().strip_prefix('"') else { continue };
            names.extend(rest.split('"').next().map(str::to_owned));
        }
    }
    names
}

#[test]
fn every_metric_is_explained() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    for entry in fs::read_dir(crates).unwrap() {
        sources(&entry.unwrap().path().join("src"), &mut files);
    }
    let text: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let explained = named(&text, ["describe_counter!(", "describe_gauge!(", "describe_histogram!("]);
    // Explanations are found by these as well.
    let all = named(&text, ["counter!(", "gauge!(", "histogram!("]);
    assert!(all.len() > 20, "{all:?}");
    assert_eq!(all, explained);
}
