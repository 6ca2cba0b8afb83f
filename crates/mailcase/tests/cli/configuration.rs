//! Mistakes in what the program is given.

use crate::program::{mailcase, run, stderr, wait_for};
use crate::server::{serve, set_up};
use rustix::process::Signal;
use serde_json::{Value, json};
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

#[test]
fn each_line_of_a_log_as_json_is_an_object_whatever_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let connectors = folder.path().join("connectors");
    std::fs::create_dir(&connectors).unwrap();
    // What is logged holds text of others, line ends included.
    let connector = json!({
        "api_name": "a", "name": "A", "kind": "folder", "connection": {"path": "/nowhere/\"two\nlines\""},
    });
    let file = json!({ "connectors": [connector] });
    std::fs::write(connectors.join("mail.yaml"), file.to_string()).unwrap();
    let mut server = serve(folder.path(), &["--log-format", "json", "--connectors-dir", "connectors"]);
    set_up(&mut server);
    let log = wait_for("the trouble with the folder", || {
        let log = server.log();
        (log.ends_with('\n') && log.contains("could not be polled")).then_some(log)
    });
    assert!(server.stop(Signal::TERM).success());
    for line in log.lines() {
        let entry: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"));
        for field in ["timestamp", "level", "target"] {
            assert!(entry[field].is_string(), "{field} is missing in {line}");
        }
        entry["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    }
    let trouble = log.lines().find(|line| line.contains("could not be polled")).unwrap();
    let trouble: Value = serde_json::from_str(trouble).unwrap();
    assert_eq!(
        (&trouble["level"], &trouble["message"]),
        (&json!("WARN"), &json!("a mailbox could not be polled"))
    );
    assert!(trouble["reason"].as_str().unwrap().contains("\"two\nlines\""), "{trouble}");
}
