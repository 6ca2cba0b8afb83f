//! A disk that is full for a while: nothing is lost, and it goes on by itself once there is room again.

use crate::program::{Running, fixture, mailcase, run, stderr, stdout, wait_for};
use crate::server::{PASSWORD, SignedIn, set_up};
use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};
use serde_json::json;
use std::fs::{self, File};
use std::process::Command;
use std::time::SystemTime;

const MESSAGES: usize = 300;
/// No file may grow beyond this: less than what the database writes for all of them in one transaction, and more than
/// their bytes.
const ROOM: u64 = 256 << 10;

/// Lets the files of a process grow to so many bytes.
fn limit(program: &Running, bytes: Option<u64>) {
    let pid = Pid::from_raw(i32::try_from(program.id()).unwrap()).unwrap();
    prlimit(Some(pid), Resource::Fsize, Rlimit { current: bytes, maximum: None }).unwrap();
}

#[test]
fn a_disk_that_was_full_loses_nothing_and_holds_nothing_up_for_good() {
    let folder = tempfile::tempdir().unwrap();
    let mail = folder.path().join("mail");
    fs::create_dir(&mail).unwrap();
    fs::create_dir(folder.path().join("connectors")).unwrap();
    let connector = json!({
        "api_name": "box", "name": "Box", "kind": "folder", "connection": {"path": mail, "layout": "files"},
        "backfill": {"take": "all"}, "poll_seconds": 10,
    });
    let file = json!({ "connectors": [connector] });
    fs::write(folder.path().join("connectors/mail.yaml"), file.to_string()).unwrap();
    // A file that may not grow: the signal of it would end the program, as it would any; what is left is an error.
    let program = mailcase(folder.path());
    let mut command = Command::new("sh");
    command.current_dir(folder.path()).args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]);
    command.arg(program.get_program());
    command.args(["serve", "--data", "data", "--listen", "127.0.0.1:0", "--connectors-dir", "connectors"]);
    let mut server = Running::start(&mut command);
    let address = set_up(&mut server);
    let session = SignedIn::new(&address, "admin", PASSWORD);
    wait_for("the connector", || {
        (session.get("/connectors")["items"][0]["status"]["state"] == "waiting").then_some(())
    });

    limit(&server, Some(ROOM));
    let letter = fs::read_to_string(fixture("lost-notebook.eml")).unwrap();
    for number in 0..MESSAGES {
        let path = mail.join(format!("{number:04}.eml"));
        fs::write(&path, format!("X-Number: {number}\r\n{letter}")).unwrap();
        // Files changed a moment ago are left alone: they may still be written.
        File::options().write(true).open(&path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    }
    wait_for("a write that failed", || server.log().contains("the database failed").then_some(()));
    limit(&server, None);
    wait_for("everything to be taken", || {
        let (status, connectors) = session.try_get("/connectors");
        let counts = &connectors["items"][0]["counts"];
        (status == 200
            && counts["total"] == MESSAGES
            && counts["stored"] == MESSAGES
            && counts["unacknowledged"] == 0)
            .then_some(())
    });
    assert!(server.stop(Signal::TERM).success());
    let account = run(folder.path(), &["--data", "data", "account", "box"]);
    assert_eq!(stdout(&account), format!("box: {MESSAGES} = {MESSAGES}\n"), "{}", stderr(&account));
}
