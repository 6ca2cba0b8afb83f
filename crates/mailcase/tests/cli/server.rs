//! `serve` and what works beside it.

use crate::program::{Running, ask, authority, fixture, mailcase, request, run, stderr, stdout, wait_for};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

pub(crate) const PASSWORD: &str = "correct horse battery";

/// Starts `serve` in `folder` with `data` as data folder.
pub(crate) fn serve(folder: &Path, arguments: &[&str]) -> Running {
    Running::start(
        mailcase(folder).args(["serve", "--data", "data", "--listen", "127.0.0.1:0"]).args(arguments),
    )
}

/// Follows the printed link; returns the server's address.
pub(crate) fn set_up(server: &mut Running) -> String {
    let link = server.printed("(the link works once): ");
    let (url, token) = link.split_once("/setup?token=").unwrap();
    let address = authority(url);
    let body = json!({
        "token": token, "organization": "Example", "username": "admin", "display_name": "A", "password": PASSWORD
    });
    let (status, _, answer) = request(&address, "POST", "/setup", &[], &body);
    assert!((200..300).contains(&status), "{status} {answer}");
    let (again, _, _) = request(&address, "POST", "/setup", &[], &body);
    assert!(again >= 400, "the link works once");
    address
}

#[test]
fn metrics_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = serve(folder.path(), &[]);
    let address = set_up(&mut server);
    let (status, _, text) = ask(&address, "GET", "/metrics", &[], &Value::Null);
    assert_eq!(status, 200, "{text}");
    let names: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    assert!(names.contains(&"mailcase_http_requests_total"), "{text}");
    assert!(names.contains(&"mailcase_connectors_known"), "{text}");
    for name in names {
        assert!(text.contains(&format!("# HELP {name} ")), "{name} is not explained\n{text}");
    }
    assert!(server.stop(Signal::TERM).success());
}

#[test]
fn an_import_takes_each_message_once_and_the_doctor_is_content() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = serve(folder.path(), &[]);
    set_up(&mut server);
    assert!(server.stop(Signal::TERM).success());

    let mail = folder.path().join("mail");
    fs::create_dir_all(mail.join("deeper")).unwrap();
    fs::copy(fixture("lost-notebook.eml"), mail.join("a.eml")).unwrap();
    fs::copy(fixture("broken-mime.eml"), mail.join("deeper/b.eml")).unwrap();
    let single = fixture("invoice-pdf.eml");
    let mbox = folder.path().join("archive.mbox");
    fs::write(&mbox, "From x@example.org Mon Nov  2 08:00:00 2026\nSubject: one\n\nOne.\n\nFrom y@example.org Mon Nov  2 08:01:00 2026\nSubject: two\n\nTwo.\n").unwrap();
    let import = ["--data", "data", "import", "mail", single.to_str().unwrap(), "archive.mbox"];

    let first = run(folder.path(), &import);
    assert_eq!(stdout(&first), "5 new, 0 already known, 0 failed\n", "{}", stderr(&first));
    assert!(first.status.success());
    let second = run(folder.path(), &import);
    assert_eq!(stdout(&second), "0 new, 5 already known, 0 failed\n", "{}", stderr(&second));
    fs::copy(fixture("gift-card-request.eml"), mail.join("c.eml")).unwrap();
    let third = run(folder.path(), &import);
    assert_eq!(stdout(&third), "1 new, 5 already known, 0 failed\n", "{}", stderr(&third));

    // One message alone counts as one, whatever was imported by itself before; and no copy of it stays.
    let other = fixture("gift-card-request.eml");
    let alone = run(folder.path(), &["--data", "data", "import", other.to_str().unwrap()]);
    assert_eq!(stdout(&alone), "0 new, 1 already known, 0 failed\n", "{}", stderr(&alone));
    assert_eq!(fs::read_dir(folder.path().join("data/import")).unwrap().count(), 0);

    // What is no longer there is not counted.
    fs::remove_file(mail.join("a.eml")).unwrap();
    let fewer = run(folder.path(), &["--data", "data", "import", "mail"]);
    assert_eq!(stdout(&fewer), "0 new, 2 already known, 0 failed\n", "{}", stderr(&fewer));

    let outdated = run(folder.path(), &["--data", "data", "reexamine"]);
    assert_eq!(
        stdout(&outdated),
        "0 messages examined again, 0 of them read differently\n",
        "{}",
        stderr(&outdated)
    );
    let all = run(folder.path(), &["--data", "data", "reexamine", "--all"]);
    assert_eq!(stdout(&all), "6 messages examined again, 0 of them read differently\n", "{}", stderr(&all));
    assert!(all.status.success());
    let waiting = run(folder.path(), &["--data", "data", "reexamine", "--needs-key"]);
    assert_eq!(stdout(&waiting), stdout(&outdated), "{}", stderr(&waiting));

    // Copies are new files and known messages.
    let copies = folder.path().join("copies");
    fs::create_dir(&copies).unwrap();
    for (message, copy) in
        [("lost-notebook", "1"), ("out-of-office-alone", "2"), ("out-of-office-alone", "3")]
    {
        fs::copy(fixture(&format!("{message}.eml")), copies.join(format!("{copy}.eml"))).unwrap();
    }
    let copied = run(folder.path(), &["--data", "data", "import", "copies"]);
    assert_eq!(stdout(&copied), "1 new, 2 already known, 0 failed\n", "{}", stderr(&copied));

    let nothing = folder.path().join("nothing");
    fs::create_dir(&nothing).unwrap();
    let empty = run(folder.path(), &["--data", "data", "import", "nothing"]);
    assert_eq!(empty.status.code(), Some(3), "{}", stdout(&empty));

    for arguments in [&["--data", "data", "doctor"][..], &["--data", "data", "doctor", "--full"]] {
        let doctor = run(folder.path(), arguments);
        let printed = stdout(&doctor);
        assert!(printed.contains("messages: 7 "), "{printed}{}", stderr(&doctor));
        assert!(!printed.contains("FAILED"), "{printed}");
    }

    let list = stdout(&run(folder.path(), &["--data", "data", "connector", "list"]));
    assert!(list.contains("import-files"), "{list}");
}

#[test]
fn the_doctor_finds_a_damaged_message() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = serve(folder.path(), &[]);
    set_up(&mut server);
    assert!(server.stop(Signal::INT).success());
    let message = fixture("lost-notebook.eml");
    assert!(run(folder.path(), &["--data", "data", "import", message.to_str().unwrap()]).status.success());
    overwrite(&folder.path().join("data/blobs"), b"NB-2217", b"NB-2218");
    for arguments in [&["--data", "data", "doctor"][..], &["--data", "data", "doctor", "--full"]] {
        let doctor = run(folder.path(), arguments);
        assert_eq!(doctor.status.code(), Some(3));
        assert!(stdout(&doctor).contains("FAILED   messages: 1 "), "{}", stdout(&doctor));
    }
}

/// Replaces `old` by `new` in every file below `folder`.
fn overwrite(folder: &Path, old: &[u8], new: &[u8]) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            overwrite(&path, old, new);
            continue;
        }
        let mut bytes = fs::read(&path).unwrap();
        if let Some(at) = bytes.windows(old.len()).position(|window| window == old) {
            bytes[at..at + old.len()].copy_from_slice(new);
            fs::write(&path, bytes).unwrap();
        }
    }
}

#[test]
fn declared_connectors_follow_their_files() {
    let folder = tempfile::tempdir().unwrap();
    let connectors = folder.path().join("connectors");
    let mail = folder.path().join("mail");
    fs::create_dir(&connectors).unwrap();
    fs::create_dir(&mail).unwrap();
    let declare = |name: &str| {
        let connector = json!({
            "api_name": name, "name": name, "kind": "folder", "active": false, "connection": {"path": mail}
        });
        // JSON is YAML.
        fs::write(connectors.join("mail.yaml"), json!({ "connectors": [connector] }).to_string()).unwrap();
    };
    declare("first");
    let mut server = serve(folder.path(), &["--connectors-dir", "connectors"]);
    let address = set_up(&mut server);
    let session = SignedIn::new(&address, "admin", PASSWORD);
    let names = |session: &SignedIn| -> Vec<String> {
        let connectors = session.get("/connectors");
        let items = connectors["items"].as_array().unwrap();
        items.iter().map(|item| item["settings"]["api_name"].as_str().unwrap().to_owned()).collect()
    };
    wait_for("the declared connector", || (names(&session) == ["first"]).then_some(()));

    declare("second");
    server.signal(Signal::HUP);
    wait_for("the files to be read again", || (names(&session) == ["second"]).then_some(()));

    fs::write(connectors.join("mail.yaml"), "connectors: [{kind: folder}]").unwrap();
    server.signal(Signal::HUP);
    wait_for("the mistake to be logged", || server.log().contains("missing field").then_some(()));
    assert_eq!(names(&session), ["second"]);

    let list = stdout(&run(folder.path(), &["--data", "data", "connector", "list"]));
    assert!(list.contains("second") && list.contains("mail.yaml"), "{list}");
    assert!(server.stop(Signal::TERM).success());
}

#[test]
fn a_connector_is_tested_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("connectors")).unwrap();
    fs::create_dir(folder.path().join("mail")).unwrap();
    let connector = |name: &str, path: &str| {
        json!({
            "api_name": name, "name": name, "kind": "folder", "connection": {"path": folder.path().join(path)}
        })
    };
    let file = json!({ "connectors": [connector("good", "mail"), connector("bad", "nowhere")] });
    fs::write(folder.path().join("connectors/mail.yaml"), file.to_string()).unwrap();
    let mut server = serve(folder.path(), &["--connectors-dir", "connectors"]);
    set_up(&mut server);
    wait_for("the declared connectors", || {
        server.log().contains("declared connectors are in place").then_some(())
    });
    assert!(server.stop(Signal::TERM).success());

    let test = |name: &str| run(folder.path(), &["--data", "data", "connector", "test", name]);
    assert_eq!(test("good").status.code(), Some(0), "{}", stdout(&test("good")));
    assert_eq!(test("bad").status.code(), Some(3));
    assert!(stdout(&test("bad")).contains("FAILED"));
    let unknown = test("ugly");
    assert_eq!(unknown.status.code(), Some(1));
    assert!(stderr(&unknown).contains("known are: bad, good"), "{}", stderr(&unknown));

    let doctor = run(folder.path(), &["--data", "data", "doctor"]);
    assert_eq!(doctor.status.code(), Some(3));
    assert!(stdout(&doctor).contains("FAILED   connector bad: "), "{}", stdout(&doctor));
    let account = run(folder.path(), &["--data", "data", "account", "good"]);
    assert_eq!(stdout(&account), "good: 0 = 0\n", "{}", stderr(&account));
}

/// A browser's session.
pub(crate) struct SignedIn {
    address: String,
    cookie: String,
}

impl SignedIn {
    pub(crate) fn new(address: &str, username: &str, password: &str) -> Self {
        let body = json!({"username": username, "password": password});
        let (status, head, answer) = request(address, "POST", "/session", &[], &body);
        assert!((200..300).contains(&status), "{status} {answer}");
        let cookie = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("set-cookie")
                .then(|| value.trim().split(';').next().unwrap().to_owned())
        });
        Self { address: address.to_owned(), cookie: cookie.unwrap() }
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let (status, answer) = self.try_get(path);
        assert_eq!(status, 200, "{answer}");
        answer
    }

    pub(crate) fn try_get(&self, path: &str) -> (u16, Value) {
        let (status, _, answer) =
            request(&self.address, "GET", path, &[("Cookie", &self.cookie)], &Value::Null);
        (status, answer)
    }
}

#[test]
fn a_second_server_on_the_same_database_is_refused_until_the_first_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = serve(folder.path(), &[]);
    first.printed("(the link works once): ");
    let refused = run(folder.path(), &["serve", "--data", "data", "--listen", "127.0.0.1:0"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        stderr(&refused).contains("another `mailcase serve` works with this database"),
        "{}",
        stderr(&refused)
    );
    first.stop(Signal::KILL);
    let mut next = serve(folder.path(), &[]);
    next.printed("(the link works once): ");
    assert!(next.stop(Signal::TERM).success());
}
