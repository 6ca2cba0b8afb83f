//! Commands that need no store.

use crate::program::{fixture, mailcase, run, stderr, stdout};
use serde_json::Value;
use std::fs::File;
use std::path::Path;
use std::process::Stdio;

#[test]
fn parse_prints_the_evidence_of_a_file_and_of_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let message = fixture("advisory-northwall-vpn.eml");
    let from_file = run(folder.path(), &["parse", message.to_str().unwrap()]);
    assert!(from_file.status.success(), "{}", stderr(&from_file));
    let evidence: Value = serde_json::from_slice(&from_file.stdout).unwrap();
    let values: Vec<_> = evidence["indicators"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| found["value"].as_str().unwrap())
        .collect();
    for expected in ["CVE-2026-99101", "192.0.2.211", "telemetry.northwall-fix.test"] {
        assert!(values.iter().any(|value| value.eq_ignore_ascii_case(expected)), "{expected} in {values:?}");
    }

    let from_pipe =
        mailcase(folder.path()).args(["parse", "-"]).stdin(File::open(&message).unwrap()).output().unwrap();
    assert_eq!(stdout(&from_pipe), stdout(&from_file));
}

#[test]
fn every_sample_has_evidence() {
    let folder = tempfile::tempdir().unwrap();
    for entry in fixture("").read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "eml") {
            let output = run(folder.path(), &["parse", path.to_str().unwrap()]);
            assert!(output.status.success(), "{}: {}", path.display(), stderr(&output));
            let evidence: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(evidence["size"], path.metadata().unwrap().len(), "{}", path.display());
        }
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["parse", "no-such.eml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("no-such.eml cannot be opened"), "{}", stderr(&output));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let mut child =
        mailcase(folder.path()).arg("openapi").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
}

#[test]
fn completions_know_the_commands() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let output = run(folder.path(), &["completions", shell]);
        assert!(output.status.success());
        for word in ["serve", "doctor", "connectors-dir"] {
            assert!(stdout(&output).contains(word), "{word} for {shell}");
        }
    }
    assert_eq!(run(folder.path(), &["completions", "abacus"]).status.code(), Some(2));
}

#[test]
fn the_man_page_is_printed_or_written_per_command() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["man"]);
    assert!(stdout(&output).contains(".TH mailcase 1"), "{}", stdout(&output));
    assert!(run(folder.path(), &["man", "--out", "pages"]).status.success());
    for page in ["mailcase.1", "mailcase-serve.1", "mailcase-connector-test.1"] {
        assert!(folder.path().join("pages").join(page).is_file(), "{page}");
    }
    assert!(!folder.path().join("pages/mailcase-reference.1").exists());
}

#[test]
fn the_openapi_document_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let document: Value = serde_json::from_slice(&run(folder.path(), &["openapi"]).stdout).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(document["paths"]["/cases"].is_object());
}

#[test]
fn the_reference_pages_are_fresh() {
    let folder = tempfile::tempdir().unwrap();
    for page in ["configuration", "cli"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../docs/{page}.md"));
        let printed = stdout(&run(folder.path(), &["reference", page]));
        let kept = std::fs::read_to_string(&path).unwrap();
        assert!(printed == kept, "docs/{page}.md is out of date: run `make fix`");
    }
}

#[test]
fn commands_that_look_make_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["account"][..], &["connector", "list"], &["import", "."]] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(stderr(&output).contains("mailcase serve"), "{}", stderr(&output));
    }
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}
