//! `demo`, as a newcomer meets it.

use crate::program::{Running, authority, mailcase, wait_for};
use crate::server::SignedIn;
use rustix::process::Signal;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

/// Runs the demo until `expected` connectors brought cases; then it must end and leave nothing behind.
fn shows_cases(arguments: &[&str], expected: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let mut demo = Running::start(
        mailcase(folder.path())
            .args(["demo", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .env("TMPDIR", folder.path()),
    );
    let address = authority(&demo.printed("Mailcase is running at "));
    let username = demo.printed("User name");
    let password = demo.printed("Password");
    let session = SignedIn::new(&address, &username, &password);
    wait_for("cases of every connector", || {
        let messages = session.get("/messages?limit=200&has_case=true");
        let found = |name: &&str| {
            messages["items"].as_array().unwrap().iter().any(|message| message["connector"]["name"] == **name)
        };
        expected.iter().all(found).then_some(())
    });
    let cases = session.get("/cases");
    assert!(cases["items"].as_array().unwrap().iter().all(|case| case["title"] != Value::Null));
    assert!(demo.stop(Signal::INT).success());
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "the demo left something behind");
}

#[test]
fn a_newcomer_sees_cases_of_both_mailboxes() {
    // Without Dovecot the demo makes do with the folder, and so does this test, visibly.
    let dovecot = ["/usr/sbin/dovecot", "/usr/local/sbin/dovecot"]
        .iter()
        .any(|path| std::path::Path::new(path).exists());
    if dovecot {
        shows_cases(&[], &["Security team", "Phishing reports"]);
    } else {
        eprintln!("Dovecot is not installed: only the folder mailbox is tested");
        shows_cases(&[], &["Security team"]);
    }
}

#[test]
fn the_demo_works_without_a_mail_server() {
    shows_cases(&["--no-mail-server"], &["Security team"]);
}

#[test]
fn the_demo_says_why_it_has_no_mail_server() {
    let programs = tempfile::tempdir().unwrap();
    for (name, text) in [("dovecot", "#!/bin/sh\necho 2.2.36\n"), ("doveadm", "#!/bin/sh\n")] {
        let program = programs.path().join(name);
        fs::write(&program, text).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = std::env::join_paths(
        std::iter::once(programs.path().to_owned())
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let folder = tempfile::tempdir().unwrap();
    let mut demo = Running::start(
        mailcase(folder.path())
            .args(["demo", "--listen", "127.0.0.1:0"])
            .env("TMPDIR", folder.path())
            .env("PATH", path.unwrap()),
    );
    assert_eq!(demo.printed("No IMAP account: "), "Dovecot 2.2.36 is not known here: 2.3 and 2.4 are");
    assert!(demo.stop(Signal::INT).success());
}

#[test]
fn the_demo_touches_no_folder_in_use() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine"), "").unwrap();
    let output = mailcase(folder.path()).args(["demo", "--data", "."]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(folder.path().read_dir().unwrap().count(), 1);
}
