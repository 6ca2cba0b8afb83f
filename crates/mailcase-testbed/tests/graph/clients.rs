//! Clients nobody here wrote: Microsoft's official SDK (npm) and O365 (PyPI), which has nothing to do with it. Both
//! list, read, mark, move, delete and send over TLS. `scripts/need clients` installs them.

use crate::{ANN, Bench};
use mailcase_testbed::certificates::Authority;
use mailcase_testbed::graph::{Event, Fault, GraphOptions, TOKEN};
use std::path::{Path, PathBuf};
use tokio::process::Command;

const BOB: &str = "bob@example.org";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

/// Five messages, and a client let loose on them.
async fn drive(program: &Path, script: &str) -> Bench {
    let authority = Authority::new().unwrap();
    let bench =
        Bench::with(GraphOptions { tls: Some(authority.leaf().unwrap()), ..GraphOptions::default() }).await;
    bench.server.add_mailbox(BOB);
    for subject in ["m1", "m2", "m3", "m4", "m5"] {
        bench.deliver(subject);
    }
    bench.server.plan_fault("mailFolders/archive", 0, 1, Fault::throttled(429, "1"));
    let directory = tempfile::tempdir().unwrap();
    let certificate = directory.path().join("authority.pem");
    std::fs::write(&certificate, authority.certificate_pem()).unwrap();
    let mut command = Command::new(program);
    command
        .arg(folder().join(script))
        .env("GRAPH_ORIGIN", bench.server.origin())
        .env("GRAPH_TOKEN", TOKEN)
        .env("GRAPH_AUTHORITY", &certificate)
        .env("NODE_EXTRA_CA_CERTS", &certificate)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    for proxy in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        command.env_remove(proxy);
    }
    let output = command.kill_on_drop(true).output().await;
    let output = output.unwrap_or_else(|error| {
        panic!("{} cannot be started ({error}): run `scripts/need clients`", program.display())
    });
    assert!(
        output.status.success(),
        "{script} failed:\n{}{}\nthe server was asked:\n{:#?}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
        bench.server.asked()
    );
    bench
}

/// What the world looks like after either client.
fn was_done(bench: &Bench, sent: usize) {
    let read = |folder: &str| {
        let held = bench.server.messages(ANN, folder).unwrap();
        held.into_iter().map(|message| message.read).collect::<Vec<_>>()
    };
    assert_eq!(read("Inbox"), [true, false, false], "m1 was marked; m4 and m5 were not touched");
    assert_eq!(read("Inbox/Erledigt & geprüft"), [false]);
    assert_eq!(read("Deleted Items"), [false]);
    assert_eq!(bench.server.messages(ANN, "Sent Items").unwrap().len(), sent);
    let reply = &bench.server.messages(ANN, "Sent Items").unwrap()[0];
    let reply = String::from_utf8_lossy(&reply.raw);
    assert!(reply.contains("[CASE-7]") && reply.contains("In-Reply-To: <m4@suite.example>"), "{reply}");
    assert_eq!(bench.server.messages(BOB, "Inbox").unwrap().len(), sent - 1);
    let served = Event::Served { complete: true };
    assert_eq!(bench.server.ledger().iter().filter(|entry| entry.event == served).count(), 1);
}

#[tokio::test]
async fn microsofts_own_sdk_lists_reads_marks_moves_and_sends() {
    let bench = drive(Path::new("node"), "graph.mjs").await;
    was_done(&bench, 3);
    let asked = bench.server.asked();
    let patient = asked.iter().filter(|asked| asked.line.contains("mailFolders/archive"));
    assert_eq!(patient.map(|asked| asked.status).collect::<Vec<_>>(), [429, 200]);
}

#[tokio::test]
async fn an_independent_client_lists_reads_marks_moves_and_sends() {
    let bench = drive(&folder().join(".venv/bin/python"), "graph.py").await;
    was_done(&bench, 2);
}
