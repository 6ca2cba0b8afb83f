//! Clients nobody here wrote: exchangelib (PyPI) by each way to sign in, DavMail (Debian) as a mail program would use
//! it, curl for NTLM alone. `scripts/need clients` installs them.

use crate::{ANN, Bench, PASSWORD};
use mailcase_testbed::certificates::Authority;
use mailcase_testbed::davmail::Davmail;
use mailcase_testbed::ews::{ChannelBinding, Event, EwsOptions, Fault, Scheme, Tokens};
use mailcase_testbed::oidc::{Oidc, OidcClient, OidcOptions, TENANT};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;
use tokio::process::Command;

const BOB: &str = "bob@example.org";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

/// A server over TLS with five messages, its certificate in a file.
async fn prepared(scheme: Scheme) -> (Bench, tempfile::TempDir) {
    let authority = Authority::new().unwrap();
    let options =
        EwsOptions { schemes: vec![scheme], tls: Some(authority.leaf().unwrap()), ..EwsOptions::default() };
    let bench = Bench::with(options).await;
    bench.server.add_user(BOB, "another one");
    bench.server.add_folder(ANN, "Inbox/Erledigt & geprüft").unwrap();
    for subject in ["m1", "m2", "m3", "m4", "m5"] {
        bench.deliver(subject);
    }
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("authority.pem"), authority.certificate_pem()).unwrap();
    (bench, directory)
}

async fn run(bench: &Bench, command: &mut Command) -> Output {
    for proxy in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        command.env_remove(proxy);
    }
    // These beat what a program is told to trust.
    for bundle in ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"] {
        command.env_remove(bundle);
    }
    let output = command.kill_on_drop(true).output().await;
    let output = output.unwrap_or_else(|error| panic!("{error}: run `scripts/need clients`"));
    assert!(
        output.status.success(),
        "{:?} failed:\n{}{}\nthe server was asked:\n{:#?}",
        command.as_std().get_program(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
        bench.server.asked()
    );
    output
}

/// exchangelib, and what the world looks like after it.
async fn exchangelib(name: &str, scheme: Scheme, user: &str, identity: Option<&Oidc>) {
    let (bench, directory) = prepared(scheme).await;
    let authority = directory.path().join("authority.pem");
    // Of what gives tokens.
    let issuer = directory.path().join("issuer.pem");
    let mut tokens = String::new();
    if let Some(identity) = identity {
        tokens = format!("{}/{TENANT}/oauth2/v2.0/token", identity.base());
        bench.server.set_tokens(Tokens::Signed {
            issuer: format!("{}/{TENANT}/v2.0", identity.base()),
            audience: "https://outlook.office365.com".to_owned(),
            keys: identity.keys().await.unwrap(),
        });
        std::fs::write(&issuer, identity.authority().certificate_pem()).unwrap();
    }
    bench.server.plan_fault("UpdateItem", 0, 1, Fault::busy(Duration::from_millis(20)));
    let mut command = Command::new(folder().join(".venv/bin/python"));
    command
        .arg(folder().join("ews.py"))
        .env("EWS_SCHEME", name)
        .env("EWS_URL", bench.server.url().replace("127.0.0.1", "localhost"))
        .env("EWS_USER", user)
        .env("EWS_PASSWORD", PASSWORD)
        .env("EWS_TOKENS", tokens)
        .env("EWS_AUTHORITY", &authority)
        .env("EWS_ISSUER", &issuer)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    run(&bench, &mut command).await;
    let read = |folder: &str| {
        let held = bench.server.messages(ANN, folder).unwrap();
        held.into_iter().map(|message| message.read).collect::<Vec<_>>()
    };
    assert_eq!(read("Inbox"), [true, false, false], "m1 was marked; m4 and m5 were not touched");
    assert_eq!(read("Inbox/Erledigt & geprüft"), [false]);
    assert_eq!(read("Deleted Items"), [false]);
    assert_eq!(bench.server.messages(BOB, "Inbox").unwrap().len(), 2);
    let sent = bench.server.messages(ANN, "Sent Items").unwrap();
    assert_eq!(sent.len(), 3);
    let reply = String::from_utf8_lossy(&sent[0].raw).into_owned();
    assert!(reply.contains("[CASE-7]") && reply.contains("In-Reply-To: <m4@suite.example>"), "{reply}");
    let served = Event::Served { complete: true };
    assert!(bench.server.ledger().iter().any(|entry| entry.event == served));
    let update: Vec<_> =
        bench.server.asked().into_iter().filter(|asked| asked.operation == "UpdateItem").collect();
    assert_eq!(
        update.iter().map(|asked| asked.code.as_str()).collect::<Vec<_>>(),
        ["ErrorServerBusy", "NoError"]
    );
}

#[tokio::test]
async fn exchangelib_lists_reads_marks_moves_and_sends_with_a_password() {
    exchangelib("basic", Scheme::Basic, ANN, None).await;
}

#[tokio::test]
async fn exchangelib_lists_reads_marks_moves_and_sends_with_ntlm() {
    exchangelib("ntlm", Scheme::Ntlm(ChannelBinding::Required), "TESTBED\\ann", None).await;
}

#[tokio::test]
async fn exchangelib_lists_reads_marks_moves_and_sends_with_a_token() {
    let client = OidcClient {
        id: "mail-robot".to_owned(),
        secret: Some(PASSWORD.to_owned()),
        ..OidcClient::default()
    };
    let identity =
        Oidc::start(OidcOptions { clients: vec![client], ..OidcOptions::default() }).await.unwrap();
    exchangelib("oauth", Scheme::Bearer, "mail-robot", Some(&identity)).await;
}

#[tokio::test]
async fn a_mail_program_behind_davmail_lists_reads_marks_moves_and_sends() {
    let bench = Bench::start().await;
    bench.server.add_user(BOB, "another one");
    bench.server.add_folder(ANN, "Inbox/Processed").unwrap();
    for subject in ["m1", "m2", "m3", "m4", "m5"] {
        bench.deliver(subject);
    }
    let davmail = Davmail::start(&bench.server.url()).await.unwrap();
    let mut command = Command::new("python3");
    command
        .arg(folder().join("davmail.py"))
        .env("DAVMAIL_IMAP", davmail.imap_port().to_string())
        .env("DAVMAIL_SMTP", davmail.smtp_port().to_string())
        .env("EWS_USER", ANN)
        .env("EWS_PASSWORD", PASSWORD);
    run(&bench, &mut command).await;
    let read = |folder: &str| {
        let held = bench.server.messages(ANN, folder).unwrap();
        held.into_iter().map(|message| message.read).collect::<Vec<_>>()
    };
    assert_eq!(read("Inbox"), [true, false, false], "m1 was marked; m4 and m5 were not touched");
    assert_eq!(read("Inbox/Processed"), [false, true], "moved, and put there");
    assert_eq!(bench.server.messages(BOB, "Inbox").unwrap().len(), 1);
    assert_eq!(bench.server.messages(ANN, "Sent Items").unwrap().len(), 1);
}
