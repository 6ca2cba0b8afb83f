//! What the conformance suite does not ask: encryption, sign-in, folders, resets, large and many messages.

use crate::support::{Got, fetch, inbox, plain, secrets, source_at};
use mailcase_imap::ImapSource;
use mailcase_mail::{
    ActOutcome, CheckReport, Fetched, FolderPath, Interrupt, MailSource, RemoteAction, Scope, SourceError,
    StepStatus, Wake,
};
use mailcase_testbed::dovecot::{
    Dovecot, DovecotOptions, MASTER_USER, PASSWORD, Placement, ServerCertificate,
};
use serde_json::json;
use std::time::{Duration, SystemTime};
use tokio::sync::mpsc;
use tokio::time::Instant;

const USER: &str = "ann@example.org";

async fn start(options: DovecotOptions) -> Dovecot {
    Dovecot::start(options).await.unwrap()
}

fn letter(subject: &str) -> Vec<u8> {
    format!("From: a@example.org\r\nSubject: {subject}\r\n\r\nbody of {subject}\r\n").into_bytes()
}

#[track_caller]
fn step<'a>(report: &'a CheckReport, name: &str) -> &'a mailcase_mail::CheckStep {
    report.steps.iter().find(|step| step.name == name).unwrap_or_else(|| panic!("no {name} in {report:#?}"))
}

#[tokio::test]
async fn an_untrusted_certificate_is_shown_and_passes_once_it_is_trusted() {
    for certificate in [ServerCertificate::Good, ServerCertificate::SelfSigned] {
        let server = start(DovecotOptions { certificate, ..DovecotOptions::default() }).await;
        server.inject(USER, "INBOX", &[letter("one")]).unwrap();
        for (security, port) in [("tls", server.ports().imaps), ("starttls", server.ports().imap)] {
            let secrets = secrets("password", PASSWORD);
            let report = source_at(port, json!({"security": security}), &secrets).check(&[inbox()]).await;
            assert!(report.untrusted && !report.passed(), "{security}: {report:#?}");
            assert_eq!(step(&report, "tls").status, StepStatus::Failed);
            assert!(step(&report, "tls").hint.is_some());
            assert_eq!(step(&report, "sign_in").status, StepStatus::Skipped);
            let pem = report.chain[0].pem.clone();

            let trusting = json!({"security": security, "pinned_certificates": [pem]});
            let report = source_at(port, trusting, &secrets).check(&[inbox()]).await;
            assert!(report.passed(), "{security}: {report:#?}");
            assert!(step(&report, "tls").detail.contains(&report.chain[0].sha256));
            assert_eq!(step(&report, "unread").detail, "1 unread");
            assert!(step(&report, "newest").detail.starts_with("received "));
            assert_eq!(step(&report, "newest").beginning.as_deref(), Some(&letter("one")[..]));
            assert!(step(&report, "capabilities").detail.contains("IMAP4REV1"), "{report:#?}");
        }
    }
}

#[tokio::test]
async fn an_expired_or_foreign_certificate_is_named_and_trusting_it_is_not_offered() {
    for (certificate, word) in
        [(ServerCertificate::Expired, "2021-01-01"), (ServerCertificate::WrongName, "mail.example.org")]
    {
        let server = start(DovecotOptions { certificate, ..DovecotOptions::default() }).await;
        let report =
            source_at(server.ports().imaps, json!({"security": "tls"}), &secrets("password", PASSWORD))
                .check(&[])
                .await;
        assert!(!report.untrusted && !report.chain.is_empty());
        assert!(step(&report, "tls").detail.contains(word), "{report:#?}");
    }
}

#[tokio::test]
async fn skipping_the_host_name_is_a_choice_of_its_own() {
    let server =
        start(DovecotOptions { certificate: ServerCertificate::WrongName, ..DovecotOptions::default() })
            .await;
    let more = json!({
        "security": "tls", "skip_hostname_verification": true,
        "trusted_certificates": [server.authority().certificate_pem()]
    });
    let report =
        source_at(server.ports().imaps, more.clone(), &secrets("password", PASSWORD)).check(&[]).await;
    assert!(report.passed(), "{report:#?}");
    let tls = step(&report, "tls");
    assert_eq!(tls.status, StepStatus::Warning, "{tls:?}");
    assert!(tls.detail.contains("for another host") && tls.hint.is_some(), "{tls:?}");

    // Also where the name fits: the next certificate may be anybody's.
    let server = start(DovecotOptions::default()).await;
    let mut more = more;
    more["trusted_certificates"] = json!([server.authority().certificate_pem()]);
    for (skip, status) in [(true, StepStatus::Warning), (false, StepStatus::Passed)] {
        more["skip_hostname_verification"] = json!(skip);
        let mut source = source_at(server.ports().imaps, more.clone(), &secrets("password", PASSWORD));
        let report = source.check(&[]).await;
        assert_eq!(step(&report, "tls").status, status, "{report:#?}");
    }
}

#[tokio::test]
async fn an_unencrypted_connection_is_a_warning() {
    let server = start(DovecotOptions::default()).await;
    let report = plain(&server).check(&[]).await;
    assert!(report.passed());
    assert_eq!(step(&report, "tls").status, StepStatus::Warning);
}

#[tokio::test]
async fn passwords_with_every_kind_of_character_arrive_and_wrong_ones_are_refused() {
    let server = start(DovecotOptions::default()).await;
    plain(&server).folders().await.unwrap();
    for wrong in ["a\"b\\c{3}", "pässwörd", "'; --"] {
        let error = source_at(server.ports().imap, json!({}), &secrets("password", wrong))
            .folders()
            .await
            .unwrap_err();
        assert!(matches!(error, SourceError::SignIn { .. }), "{error:?}");
        assert!(!error.to_string().contains(wrong) && !error.to_string().contains(USER), "{error}");
        assert!(error.hint().is_some());
    }
}

#[tokio::test]
async fn another_mailbox_is_read_with_the_authorization_identity() {
    let server = start(DovecotOptions::default()).await;
    server.inject("shared", "INBOX", &[letter("for the team")]).unwrap();
    let more = json!({"username": MASTER_USER, "mailbox": "shared"});
    let mut source = source_at(server.ports().imap, more, &secrets("password", PASSWORD));
    let found = source.discover(&inbox(), Scope::NewFromAll, None, 10).await.unwrap();
    assert_eq!(found.messages.len(), 1);
}

#[tokio::test]
async fn access_tokens_are_accepted_by_both_mechanisms_and_refused_with_a_hint() {
    for hidden in [vec![], vec!["SASL-IR".to_owned()]] {
        access_tokens(hidden).await;
    }
}

async fn access_tokens(hidden_capabilities: Vec<String>) {
    let token = "ya29.a-literal_token";
    let server = start(DovecotOptions {
        tokens: vec![(USER.to_owned(), token.to_owned())],
        hidden_capabilities,
        ..DovecotOptions::default()
    })
    .await;
    server.inject(USER, "INBOX", &[letter("one")]).unwrap();
    for auth in ["xoauth2", "oauthbearer"] {
        let more = |username: &str| json!({"auth": auth, "username": username});
        let mut good = source_at(server.ports().imap, more(USER), &secrets("access_token", token));
        assert_eq!(good.inventory(&inbox()).await.unwrap().len(), 1, "{auth}");
        for (username, token) in [(USER, "expired"), ("bob", token)] {
            let mut bad = source_at(server.ports().imap, more(username), &secrets("access_token", token));
            let error = bad.inventory(&inbox()).await.unwrap_err();
            assert!(matches!(error, SourceError::SignIn { .. }), "{auth}: {error:?}");
            assert!(!error.to_string().contains(token) && error.hint().is_some());
        }
        // A delegate's token opens the mailbox it is for.
        let delegate = json!({"auth": auth, "username": "bob", "mailbox": USER});
        source_at(server.ports().imap, delegate, &secrets("access_token", token)).folders().await.unwrap();
    }
}

#[tokio::test]
async fn no_password_leaves_where_the_server_forbids_it() {
    let server = start(DovecotOptions::default()).await;
    let strict = json!({"host": server.strict_host()});
    let mut source = source_at(server.ports().imap, strict, &secrets("password", PASSWORD));
    let error = source.folders().await.unwrap_err();
    assert!(
        matches!(&error, SourceError::SignIn { message, .. } if message.contains("LOGINDISABLED")),
        "{error:?}"
    );
}

#[tokio::test]
async fn folders_with_any_name_are_listed_watched_and_moved_to() {
    let sent = ("Gesendet & fort".to_owned(), Some("\\Sent".to_owned()));
    let server = start(DovecotOptions { folders: vec![sent], ..DovecotOptions::default() }).await;
    let name = "Entwürfe & mehr/\u{53f0}\u{5317} \"quoted\" {5}";
    server.inject(USER, name, &[letter("one")]).unwrap();
    let mut source = plain(&server);
    let folders = source.folders().await.unwrap();
    assert_eq!(folders[0].role.as_deref(), Some("inbox"));
    let found = folders.iter().find(|folder| folder.path.as_str() == name).expect("the folder is listed");
    assert!(found.selectable && found.delimiter.as_deref() == Some("/"));
    let sent = folders.iter().find(|folder| folder.path.as_str() == "Gesendet & fort").unwrap();
    assert_eq!(sent.role.as_deref(), Some("sent"));

    let folder = FolderPath::new(name);
    let listed = source.discover(&folder, Scope::NewFromUnread, None, 10).await.unwrap();
    let ids = [listed.messages[0].id.clone()];
    let target = FolderPath::new("Fertig*/Prüfung %1");
    source.act(&folder, &ids, &RemoteAction::Move(target.clone())).await.unwrap();
    assert_eq!(server.inventory(USER, target.as_str()).await.unwrap().len(), 1);
    let hostile = FolderPath::new("a\r\nA9 DELETE INBOX");
    assert!(matches!(source.inventory(&hostile).await, Err(SourceError::Settings { .. })));
}

/// Without MOVE a message is copied, then removed. What a move that was cut off in between left in the target is found by
/// its repetition, and another message that looks alike is not taken for it.
#[tokio::test]
async fn a_move_cut_off_after_its_copy_makes_no_second_one() {
    for hidden in [vec!["MOVE"], vec!["MOVE", "UIDPLUS"]] {
        let hidden_capabilities = hidden.iter().map(ToString::to_string).collect();
        let server = start(DovecotOptions { hidden_capabilities, ..DovecotOptions::default() }).await;
        let done = FolderPath::new("Done");
        server.create_folder(USER, "Done").await.unwrap();
        let received = SystemTime::UNIX_EPOCH + Duration::from_secs(1_771_000_000);
        let placement = Placement { seen: false, received: Some(received) };
        let letters = [letter("one"), letter("two"), letter("six")];
        server.inject_with(USER, "INBOX", &letters, placement).unwrap();
        // As the first and the second, but for the words and the moment.
        server.inject_with(USER, "Done", &[letter("ten")], placement).unwrap();
        let later = Placement { received: Some(received + Duration::from_secs(1)), ..placement };
        server.inject_with(USER, "Done", &[letter("two")], later).unwrap();
        server.doveadm(&["copy", "-u", USER, "Done", "mailbox", "INBOX", "uid", "1"]).await.unwrap();

        let mut source = plain(&server);
        let listed = source.discover(&inbox(), Scope::NewFromAll, None, 10).await.unwrap();
        let ids: Vec<_> = listed.messages.into_iter().map(|head| head.id).collect();
        let outcomes = source.act(&inbox(), &ids, &RemoteAction::Move(done.clone())).await.unwrap();
        assert_eq!(outcomes, [ActOutcome::Done, ActOutcome::Done, ActOutcome::Done]);

        let held = |folder: &'static str| async { server.messages(USER, folder).await.unwrap() };
        let mut moved: Vec<_> = held("Done").await.into_iter().map(|(_, raw)| raw).collect();
        moved.sort();
        let mut wanted = vec![letter("one"), letter("six"), letter("ten"), letter("two"), letter("two")];
        wanted.sort();
        assert_eq!(moved, wanted, "{hidden:?}");
        let left = held("INBOX").await;
        assert!(left.iter().all(|(held, _)| held.flags.iter().any(|flag| flag == "\\Deleted")), "{hidden:?}");
        assert_eq!(left.is_empty(), hidden.len() == 1);
    }
}

#[tokio::test]
async fn a_large_message_streams_without_being_held() {
    const SIZE: usize = 150 << 20;
    let server = start(DovecotOptions::default()).await;
    let line = [vec![b'x'; 76], b"\r\n".to_vec()].concat();
    let mut message = b"Subject: large\r\n\r\n".to_vec();
    message.extend(line.iter().copied().cycle().take(SIZE));
    server.inject(USER, "INBOX", &[&message]).unwrap();
    let mut source = plain(&server);
    let listed = source.discover(&inbox(), Scope::NewFromAll, None, 10).await.unwrap();
    let ids = [listed.messages[0].id.clone()];
    let (out, mut fetched) = mpsc::channel(2);
    let folder = inbox();
    let fetching = async {
        let result = source.fetch(&folder, &ids, &out).await;
        drop(out);
        result
    };
    let collecting = async {
        let (mut offset, mut most_waiting, mut ends) = (0, 0, 0);
        while let Some(event) = fetched.recv().await {
            most_waiting = most_waiting.max(fetched.len());
            match event {
                Fetched::Chunk(bytes) => {
                    assert!(message[offset..].starts_with(&bytes), "other bytes at {offset}");
                    offset += bytes.len();
                }
                Fetched::End => ends += 1,
                Fetched::Begin(_) => {}
                other => panic!("{other:?}"),
            }
        }
        (offset, most_waiting, ends)
    };
    let (result, (bytes, most_waiting, ends)) = tokio::join!(fetching, collecting);
    result.unwrap();
    assert_eq!((bytes, ends), (message.len(), 1));
    // Chunks are bounded by contract and never more than the channel holds wait: two MiB, not 150.
    assert!(most_waiting <= 2);
}

#[tokio::test]
async fn a_folder_of_ten_thousand_messages_is_listed_once() {
    const MESSAGES: usize = 10_000;
    let server = start(DovecotOptions::default()).await;
    let messages: Vec<Vec<u8>> = (0..MESSAGES).map(|n| letter(&format!("number {n}"))).collect();
    server.inject(USER, "INBOX", &messages).unwrap();
    let mut source = plain(&server);
    let (mut listed, mut cursor) = (Vec::new(), None);
    loop {
        let page = source.discover(&inbox(), Scope::NewFromAll, cursor.as_ref(), 1_000).await.unwrap();
        listed.extend(page.messages.into_iter().map(|head| head.id));
        cursor = Some(page.cursor);
        if !page.more {
            break;
        }
    }
    assert_eq!(listed.len(), MESSAGES);
    assert_eq!(listed.iter().collect::<std::collections::HashSet<_>>().len(), MESSAGES);
    assert_eq!(source.inventory(&inbox()).await.unwrap().len(), MESSAGES);
    server.inject(USER, "INBOX", &[letter("one more")]).unwrap();
    let next = source.discover(&inbox(), Scope::NewFromAll, cursor.as_ref(), 1_000).await.unwrap();
    assert_eq!(next.messages.len(), 1);
}

#[tokio::test]
async fn two_thousand_messages_arrive_byte_for_byte() {
    let server = start(DovecotOptions::default()).await;
    let messages: Vec<Vec<u8>> = (0..2_000)
        .map(|n: usize| [letter(&format!("number {n}")), vec![b'a' + (n % 26) as u8; n * 7 % 9_000]].concat())
        .collect();
    server.inject(USER, "INBOX", &messages).unwrap();
    let mut source = plain(&server);
    let mut ids = Vec::new();
    let mut cursor = None;
    loop {
        let page = source.discover(&inbox(), Scope::NewFromAll, cursor.as_ref(), 300).await.unwrap();
        ids.extend(page.messages.iter().map(|head| head.id.clone()));
        cursor = Some(page.cursor);
        if !page.more {
            break;
        }
    }
    assert_eq!(ids.len(), messages.len());
    let (result, got) = fetch(&mut source, &inbox(), &ids).await;
    result.unwrap();
    for (id, message) in ids.iter().zip(messages) {
        assert!(got[id] == Got::Raw(message), "{id} differs");
    }
    let held = source.inventory(&inbox()).await.unwrap();
    assert_eq!(held.len(), 2_000);
    assert!(held.iter().all(|head| head.size.is_some() && head.seen == Some(false)));
    let outcomes = source.act(&inbox(), &ids, &RemoteAction::MarkRead).await.unwrap();
    assert!(outcomes.iter().all(|outcome| *outcome == mailcase_mail::ActOutcome::Done));
    assert!(server.inventory(USER, "INBOX").await.unwrap().iter().all(|held| held.seen()));
}

#[tokio::test]
async fn after_a_reset_only_what_may_be_new_is_listed_again() {
    let server = start(DovecotOptions::default()).await;
    let long_ago = SystemTime::now() - Duration::from_secs(30 * 86_400);
    let place = |seen| Placement { seen, received: Some(long_ago) };
    server.inject_with(USER, "INBOX", &[letter("old and read")], place(true)).unwrap();
    let mut source = plain(&server);
    let first = source.discover(&inbox(), Scope::NewFromUnread, None, 10).await.unwrap();
    assert!(first.messages.is_empty());
    let old = source.inventory(&inbox()).await.unwrap().remove(0).id;
    assert!(source.was_before_first_run(&first.cursor, &old));
    server.inject_with(USER, "INBOX", &[letter("old and unread")], place(false)).unwrap();
    server
        .inject_with(USER, "INBOX", &[letter("new and read")], Placement { seen: true, received: None })
        .unwrap();
    server.reset_uidvalidity(USER, "INBOX").await.unwrap();
    let again = source.discover(&inbox(), Scope::NewFromUnread, Some(&first.cursor), 10).await.unwrap();
    assert!(again.reset.unwrap().reason.contains("UIDVALIDITY"));
    let ids: Vec<_> = again.messages.iter().map(|head| head.id.clone()).collect();
    let (result, got) = fetch(&mut source, &inbox(), &ids).await;
    result.unwrap();
    let mut raws: Vec<_> = got.into_values().collect();
    raws.sort_by_key(|got| format!("{got:?}"));
    let mut expected = [Got::Raw(letter("new and read")), Got::Raw(letter("old and unread"))];
    expected.sort_by_key(|got| format!("{got:?}"));
    assert_eq!(raws, expected);
}

#[tokio::test]
async fn a_restarted_server_is_found_again() {
    let mut server = start(DovecotOptions::default()).await;
    server.inject(USER, "INBOX", &[letter("one")]).unwrap();
    let mut source: ImapSource = plain(&server);
    assert_eq!(source.inventory(&inbox()).await.unwrap().len(), 1);
    server.stop();
    let error = source.inventory(&inbox()).await.unwrap_err();
    assert!(matches!(error, SourceError::Unreachable { .. }), "{error:?}");
    server.restart().await.unwrap();
    assert_eq!(source.inventory(&inbox()).await.unwrap().len(), 1);
}

/// IDLE tells of one folder; mail in the others wakes the source all the same, again and again, and when the connections
/// that listen there are cut.
#[tokio::test]
async fn new_mail_is_heard_in_every_watched_folder() {
    let server = start(DovecotOptions::default()).await;
    let folders = ["INBOX", "Reports", "Reports/Spam"].map(FolderPath::new);
    for folder in &folders[1..] {
        server.create_folder(USER, folder.as_str()).await.unwrap();
    }
    let mut source = plain(&server);
    let connections = async || {
        let who = server.doveadm(&["who", "-1", USER]).await.unwrap();
        who.lines().filter(|line| line.contains("imap")).count()
    };
    for (round, folder) in [1, 2, 0, 2, 1].into_iter().enumerate() {
        for folder in &folders {
            source.discover(folder, Scope::NewFromAll, None, 100).await.unwrap();
        }
        let interrupt = Interrupt::default();
        let until = Instant::now() + Duration::from_secs(600);
        let waiting = source.wait(&folders, until, &interrupt);
        let arriving = async {
            while connections().await < 3 {
                tokio::task::yield_now().await;
            }
            let new = letter(&format!("round {round}"));
            server.inject(USER, folders[folder].as_str(), &[new]).unwrap();
        };
        let both = async { tokio::join!(waiting, arriving) };
        let (wake, ()) =
            tokio::time::timeout(Duration::from_secs(60), both).await.expect("nothing was heard");
        assert_eq!(wake.unwrap(), Wake::Changed, "{}", folders[folder]);
        if round == 2 {
            server.kick(USER).await.unwrap();
        }
    }
    let interrupt = Interrupt::default();
    interrupt.notify();
    let until = Instant::now() + Duration::from_secs(600);
    for folder in &folders {
        source.discover(folder, Scope::NewFromAll, None, 100).await.unwrap();
    }
    assert_eq!(source.wait(&folders, until, &interrupt).await.unwrap(), Wake::Interrupted);
}
