//! What whoever runs the machine does from its command line: a pass by hand, lost passwords, another master key.

use crate::program::{fixture, mailcase, request, run, stderr, stdout, wait_for};
use crate::server::{PASSWORD, SignedIn, serve, set_up};
use rustix::process::Signal;
use serde_json::json;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::SystemTime;

/// Declares folder connectors of the given names, each with a folder of its name.
fn declare(folder: &Path, connectors: &[(&str, bool)]) {
    let connector = |(name, active): &(&str, bool)| {
        let path = folder.join(name);
        fs::create_dir_all(&path).unwrap();
        json!({
            "api_name": name, "name": name, "kind": "folder", "active": active,
            "connection": {"path": path, "layout": "files"}, "backfill": {"take": "all"},
        })
    };
    let file = json!({ "connectors": connectors.iter().map(connector).collect::<Vec<_>>() });
    fs::create_dir_all(folder.join("connectors")).unwrap();
    // JSON is YAML.
    fs::write(folder.join("connectors/mail.yaml"), file.to_string()).unwrap();
}

#[test]
fn a_pass_is_made_by_hand_unless_a_server_makes_it() {
    let folder = tempfile::tempdir().unwrap();
    declare(folder.path(), &[("paused", false), ("watched", true)]);
    for copy in ["a.eml", "b.eml"] {
        let to = folder.path().join("paused").join(copy);
        fs::copy(fixture("lost-notebook.eml"), &to).unwrap();
        // Files changed a moment ago are left alone: they may still be written.
        File::options().write(true).open(&to).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    }
    let mut server = serve(folder.path(), &["--connectors-dir", "connectors"]);
    set_up(&mut server);
    wait_for("the declared connectors", || {
        server.log().contains("declared connectors are in place").then_some(())
    });
    let pass = |name: &str| run(folder.path(), &["--data", "data", "connector", "run", name]);
    let first = pass("paused");
    assert_eq!(
        stdout(&first),
        "2 newly listed, 2 fetched, 1 of them new messages, 2 acknowledged, 0 need attention\n",
        "{}",
        stderr(&first)
    );
    assert_eq!(first.status.code(), Some(0));
    let again = stdout(&pass("paused"));
    assert!(again.starts_with("0 newly listed, 0 fetched, 0 of them new messages"), "{again}");
    let refused = wait_for("the server to hold the connector", || {
        let output = pass("watched");
        (!output.status.success()).then_some(output)
    });
    assert_eq!(refused.status.code(), Some(1));
    let told = stderr(&refused);
    assert!(told.contains("`watched` is being run by server:") && told.contains("Poll now"), "{told}");
    assert!(stderr(&pass("unknown")).contains("known are: paused, watched"));
    assert!(server.stop(Signal::TERM).success());

    // What cannot be reached is a failure, and said.
    fs::remove_dir_all(folder.path().join("paused")).unwrap();
    let failed = pass("paused");
    assert_eq!(failed.status.code(), Some(1));
    assert!(stderr(&failed).contains("`paused` could not be run: "), "{}", stderr(&failed));
}

/// Sets the password of `name` to the first line of `typed`.
fn reset(folder: &Path, name: &str, typed: &str) -> Output {
    let file = folder.join("typed");
    fs::write(&file, typed).unwrap();
    let output = mailcase(folder)
        .args(["--data", "data", "user", "reset-password", name])
        .stdin(File::open(&file).unwrap())
        .output();
    fs::remove_file(file).unwrap();
    output.unwrap()
}

#[test]
fn a_lost_password_is_replaced_and_what_it_opened_is_closed() {
    const NEW: &str = "another horse battery";
    let folder = tempfile::tempdir().unwrap();
    let mut server = serve(folder.path(), &[]);
    let address = set_up(&mut server);
    let session = SignedIn::new(&address, "admin", PASSWORD);
    let list = stdout(&run(folder.path(), &["--data", "data", "user", "list"]));
    assert!(list.contains("admin") && list.contains("administrator"), "{list}");

    for (typed, why) in [("short\n", "choose at least 12 characters"), ("", "choose at least 12 characters")]
    {
        let refused = reset(folder.path(), "admin", typed);
        assert_eq!(refused.status.code(), Some(1));
        assert!(stderr(&refused).contains(why), "{}", stderr(&refused));
    }
    let unknown = reset(folder.path(), "nobody", NEW);
    assert!(stderr(&unknown).contains("known are: admin"), "{}", stderr(&unknown));
    assert_eq!(session.try_get("/session").0, 200, "nothing was changed so far");

    let done = reset(folder.path(), "Admin", &format!("{NEW}\r\nmore\n"));
    assert!(done.status.success(), "{}", stderr(&done));
    assert!(!stdout(&done).contains(NEW) && !stderr(&done).contains(NEW));
    assert_eq!(session.try_get("/session").0, 401);
    let old = json!({"username": "admin", "password": PASSWORD});
    assert_eq!(request(&address, "POST", "/session", &[], &old).0, 401);
    let audit = SignedIn::new(&address, "admin", NEW).get("/audit").to_string();
    assert!(audit.contains("mailcase user reset-password"), "{audit}");
    assert!(server.stop(Signal::TERM).success());
}

fn rotate(folder: &Path) -> Output {
    run(folder, &["--data", "data", "key", "rotate"])
}

/// Whether the store opens.
fn opens(folder: &Path) -> bool {
    run(folder, &["--data", "data", "user", "list"]).status.success()
}

#[test]
fn the_master_key_is_changed_and_what_was_interrupted_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data/master.key");
    let mut server = serve(folder.path(), &[]);
    set_up(&mut server);
    let first = fs::read_to_string(&path).unwrap();
    let refused = rotate(folder.path());
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("another `mailcase serve`"), "{}", stderr(&refused));
    assert_eq!(fs::read_to_string(&path).unwrap(), first);
    assert!(server.stop(Signal::TERM).success());

    let done = rotate(folder.path());
    assert!(done.status.success(), "{}", stderr(&done));
    let second = fs::read_to_string(&path).unwrap();
    assert_eq!((second.lines().count(), second.len()), (1, first.len()));
    assert_ne!(second, first);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(opens(folder.path()));
    fs::write(&path, &first).unwrap();
    assert!(!opens(folder.path()), "the old key is no key any more");

    // It was killed after it wrote the file, and before and after it sealed everything anew.
    let third = "3".repeat(64);
    for behind in [&second, &second] {
        fs::write(&path, format!("{third}\n{behind}")).unwrap();
        assert!(opens(folder.path()));
        let doctor = run(folder.path(), &["--data", "data", "doctor"]);
        assert!(stdout(&doctor).contains("several keys"), "{}", stdout(&doctor));
        let finished = rotate(folder.path());
        assert!(finished.status.success(), "{}", stderr(&finished));
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{third}\n"));
        assert!(opens(folder.path()));
    }
    let mut server = serve(folder.path(), &[]);
    server.printed("Mailcase: ");
    assert!(server.stop(Signal::TERM).success());
}

#[test]
fn a_key_of_the_environment_is_changed_there() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = ("a1".repeat(32), "b2".repeat(32));
    let with = |key: &str, arguments: &[&str]| {
        let arguments = [&["--data", "data"], arguments].concat();
        mailcase(folder.path()).env("MAILCASE_MASTER_KEY", key).args(arguments).output().unwrap()
    };
    let mut server = crate::program::Running::start(
        mailcase(folder.path())
            .env("MAILCASE_MASTER_KEY", &old)
            .args(["serve", "--data", "data", "--listen", "127.0.0.1:0"])
            .stdin(Stdio::null()),
    );
    set_up(&mut server);
    assert!(server.stop(Signal::TERM).success());
    let alone = with(&old, &["key", "rotate"]);
    assert!(stderr(&alone).contains("NEW,OLD"), "{}", stderr(&alone));
    assert_eq!(alone.status.code(), Some(1));
    assert!(!with(&new, &["user", "list"]).status.success());
    let done = with(&format!("{new},{old}"), &["key", "rotate"]);
    assert!(done.status.success(), "{}", stderr(&done));
    assert!(with(&new, &["user", "list"]).status.success());
    assert!(!with(&old, &["user", "list"]).status.success());
}
