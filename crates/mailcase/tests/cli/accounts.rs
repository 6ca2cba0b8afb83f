//! The books of a mailbox of which not every folder can be read.

use crate::program::{fixture, run, stderr, stdout, wait_for};
use crate::server::{PASSWORD, SignedIn, serve, set_up};
use mailcase_testbed::dovecot::{self, Dovecot, DovecotOptions};
use rustix::process::Signal;
use serde_json::json;
use std::fs;

const USER: &str = "ann@example.org";

#[test]
fn folders_that_cannot_be_read_are_named_and_the_others_are_taken_and_counted() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mail = runtime.block_on(Dovecot::start(DovecotOptions::default())).unwrap();
    let letters = ["lost-notebook.eml", "broken-mime.eml"].map(|name| fs::read(fixture(name)).unwrap());
    mail.inject(USER, "INBOX", &letters[..1]).unwrap();
    mail.inject(USER, "Shared", &letters[1..]).unwrap();
    mail.set_permitted(USER, "Shared", false).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("connectors")).unwrap();
    let connector = json!({
        "api_name": "box", "name": "Box", "kind": "imap", "folders": ["Shared", "Nowhere", "INBOX"],
        "connection": {
            "host": mail.host(), "port": mail.ports().imap, "security": "none", "username": USER,
        },
        "secrets": {"password": {"file": "password"}},
    });
    fs::write(folder.path().join("connectors/password"), dovecot::PASSWORD).unwrap();
    let file = json!({ "connectors": [connector] });
    fs::write(folder.path().join("connectors/mail.yaml"), file.to_string()).unwrap();
    let mut server = serve(folder.path(), &["--connectors-dir", "connectors"]);
    let address = set_up(&mut server);
    let session = SignedIn::new(&address, "admin", PASSWORD);
    wait_for("the case from INBOX", || {
        let cases = session.get("/cases");
        (cases["items"].as_array().unwrap().len() == 1).then_some(())
    });
    let told = wait_for("the folders that cannot be read", || {
        let connectors = session.get("/connectors");
        Some(connectors["items"][0]["status"]["last_error"]["message"].as_str()?.to_owned())
    });
    assert!(told.starts_with("the folder `Shared`: the server refused to open the folder"), "{told}");
    assert!(told.ends_with("; there is no folder `Nowhere`"), "{told}");
    assert!(server.stop(Signal::TERM).success());

    // A pass by hand says which folder it could not read, too.
    let pass = run(folder.path(), &["--data", "data", "connector", "run", "box"]);
    assert!(stderr(&pass).contains("the folder `Shared`: the server refused"), "{}", stderr(&pass));

    let account = || run(folder.path(), &["--data", "data", "account", "box"]);
    let counted = account();
    let text = stdout(&counted);
    assert_eq!(counted.status.code(), Some(3), "{text}{}", stderr(&counted));
    assert!(text.starts_with("box: 1 = 1, not counted: the folder `Shared`: the server refused"), "{text}");
    assert!(text.trim_end().ends_with("; there is no folder `Nowhere`"), "{text}");

    mail.set_permitted(USER, "Shared", true).unwrap();
    runtime.block_on(mail.create_folder(USER, "Nowhere")).unwrap();
    let counted = account();
    assert_eq!(stdout(&counted), "box: 2 ≠ 1, 1 arrived since the last poll\n", "{}", stderr(&counted));
    assert_eq!(counted.status.code(), Some(0));
}
