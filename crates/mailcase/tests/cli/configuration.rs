//! Mistakes in what the program is given.

use crate::program::{mailcase, run, stderr};
use std::net::TcpListener;

#[test]
fn all_mistakes_are_named_and_nothing_is_started() {
    let folder = tempfile::tempdir().unwrap();
    let toml = "lisen = \"127.0.0.1:0\"\n[log]\nformat = \"xml\"\n";
    std::fs::write(folder.path().join("mailcase.toml"), toml).unwrap();
    let output = mailcase(folder.path()).arg("serve").env("MAILCASE_REPLICAS", "3").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let complaint = stderr(&output);
    for expected in [
        "the configuration has 3 mistakes",
        "mailcase.toml: unknown key `lisen`; did you mean `listen`?",
        "mailcase.toml: `log.format`: `xml` is no log format",
        "variable MAILCASE_REPLICAS: is no setting of Mailcase; did you mean `MAILCASE_REPLICA`?",
    ] {
        assert!(complaint.contains(expected), "{expected}\nis missing in\n{complaint}");
    }
    assert!(!folder.path().join("mailcase-data").exists());
}

#[test]
fn a_configuration_file_that_was_asked_for_must_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["doctor", "--config", "other.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("other.toml: cannot be read"), "{}", stderr(&output));
}

#[test]
fn a_taken_address_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = run(folder.path(), &["serve", "--listen", &address]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains(&format!("cannot listen on {address}")), "{}", stderr(&output));
}

#[test]
fn a_new_key_is_never_made_for_an_old_database() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("mailcase.db"), "").unwrap();
    let output = run(folder.path(), &["serve", "--data", "data", "--listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("bring the key back from your backup"), "{}", stderr(&output));
}

#[test]
fn declared_connectors_with_mistakes_are_refused_with_file_and_field() {
    let folder = tempfile::tempdir().unwrap();
    let connectors = folder.path().join("connectors");
    std::fs::create_dir(&connectors).unwrap();
    let yaml = "connectors:\n  - {api_name: a, name: A, kind: imap, connection: {hots: mail.example.org}}\n  - {api_name: b, name: B, kind: pop3}\n";
    std::fs::write(connectors.join("mail.yaml"), yaml).unwrap();
    let output = run(folder.path(), &["serve", "--listen", "127.0.0.1:0", "--connectors-dir", "connectors"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    for expected in ["mail.yaml: connectors[0].connection", "hots", "mail.yaml: connectors[1].kind: `pop3`"] {
        assert!(stderr(&output).contains(expected), "{expected}\nis missing in\n{}", stderr(&output));
    }
}
