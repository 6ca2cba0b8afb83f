//! The rules of the house as a test: which crate may know which, and how files are made.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lines of a file without its tests. A longer one has more than one reason to change.
const FILE_LINES_MAX: usize = 500;

/// Every arrow there may be between our crates, tests and build scripts left out. Nothing points upwards.
const ARROWS: &[(&str, &[&str])] = &[
    (
        "mailcase",
        &[
            "api",
            "core",
            "engine",
            "evidence",
            "ews",
            "folder",
            "graph",
            "imap",
            "mail",
            "store",
            "testbed",
            "transport",
        ],
    ),
    ("mailcase-api", &["core", "engine", "evidence", "export", "indicators", "mail", "patterns", "store"]),
    ("mailcase-core", &[]),
    ("mailcase-engine", &["core", "evidence", "mail", "patterns", "store"]),
    ("mailcase-evidence", &["indicators", "patterns", "sums"]),
    ("mailcase-ews", &["mail", "transport"]),
    ("mailcase-export", &["indicators"]),
    ("mailcase-folder", &["mail"]),
    ("mailcase-graph", &["mail", "transport"]),
    ("mailcase-imap", &["mail", "transport"]),
    ("mailcase-indicators", &[]),
    ("mailcase-it", &["core", "engine", "ews", "graph", "imap", "mail", "store", "testbed", "transport"]),
    ("mailcase-mail", &[]),
    ("mailcase-patterns", &["indicators"]),
    ("mailcase-store", &["core", "evidence", "indicators", "patterns"]),
    ("mailcase-sums", &[]),
    ("mailcase-testbed", &[]),
    ("mailcase-transport", &["mail"]),
];

/// Libraries that belong to one room.
const ROOMS: &[(&str, &[&str])] = &[
    ("sqlx", &["mailcase-store"]),
    ("object_store", &["mailcase-store"]),
    ("axum", &["mailcase-api", "mailcase"]),
    ("mail-parser", &["mailcase-evidence", "mailcase-testbed"]),
    ("ammonia", &["mailcase-evidence"]),
    ("tokio-rustls", &["mailcase-transport", "mailcase-testbed"]),
    ("clap", &["mailcase"]),
];

const FORBIDDEN_NAMES: &[&str] = &["mod", "utils", "util", "helpers", "helper", "common", "misc", "manager"];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(workspace())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn dependencies(package: &Value) -> BTreeSet<String> {
    let normal =
        package["dependencies"].as_array().unwrap().iter().filter(|dependency| dependency["kind"].is_null());
    normal.map(|dependency| dependency["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn no_arrow_points_upwards() {
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let mut wrong = Vec::new();
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        let Some(may_know) = allowed.get(name) else {
            wrong.push(format!("{name} is not on the map"));
            continue;
        };
        for dependency in dependencies(&package) {
            if let Some(room) = dependency.strip_prefix("mailcase-")
                && !may_know.contains(&room)
            {
                wrong.push(format!("{name} -> {dependency}"));
            }
        }
    }
    assert!(wrong.is_empty(), "new arrows between crates (see ARCHITECTURE.md, The house): {wrong:#?}");
}

#[test]
fn libraries_stay_in_their_rooms() {
    let rooms: BTreeMap<&str, &[&str]> = ROOMS.iter().copied().collect();
    let mut wrong = Vec::new();
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        for dependency in dependencies(&package) {
            if let Some(room) = rooms.get(dependency.as_str())
                && !room.contains(&name)
            {
                wrong.push(format!("{name} uses {dependency}, which belongs in {room:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn files_say_what_they_own_and_stay_small() {
    let mut files = Vec::new();
    rust_files(&workspace().join("crates"), &mut files);
    assert!(files.len() > 50, "the crates were not found");
    let mut wrong = Vec::new();
    for file in files {
        let shown = file.strip_prefix(workspace()).unwrap().display().to_string();
        let text = fs::read_to_string(&file).unwrap();
        let is_test = shown.contains("/tests/") || shown.ends_with("/tests.rs") || shown.contains("testkit");
        if !is_test && !text.trim_start().starts_with("//!") {
            wrong.push(format!("{shown}: no `//!` header that says what the file owns"));
        }
        let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
        if FORBIDDEN_NAMES.contains(&stem.as_str()) {
            wrong.push(format!("{shown}: a name that says nothing"));
        }
        let production = text.split("#[cfg(test)]\nmod tests {").next().unwrap().lines().count();
        if production > FILE_LINES_MAX && !is_test {
            wrong.push(format!("{shown}: {production} lines, {FILE_LINES_MAX} at most"));
        }
        if text.contains(concat!("#[", "ignore")) {
            wrong.push(format!("{shown}: an ignored test hides what goes wrong"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Calls that write a line to the log.
const LOGGING: [&str; 5] = ["trace!(", "debug!(", "info!(", "warn!(", "error!("];

#[test]
fn lines_of_the_log_say_their_text_and_no_field_takes_its_name() {
    let mut files = Vec::new();
    rust_files(&workspace().join("crates"), &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for name in LOGGING {
            for call in text.split(&format!("tracing::{name}")).skip(1) {
                let arguments = call.split(';').next().unwrap();
                let mut fields =
                    arguments.split(',').map(|field| field.trim().trim_start_matches(['%', '?']));
                if fields.any(|field| field == "message" || field.starts_with("message =")) {
                    wrong.push(format!("{}: {arguments}", file.strip_prefix(workspace()).unwrap().display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "as JSON, a field `message` takes the place of the text: {wrong:#?}");
}

#[test]
fn every_migration_exists_for_both_databases() {
    let names = |engine: &str| -> BTreeSet<String> {
        let folder = workspace().join("crates/mailcase-store/migrations").join(engine);
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    let sqlite = names("sqlite");
    assert!(!sqlite.is_empty());
    assert_eq!(sqlite, names("postgres"));
}
