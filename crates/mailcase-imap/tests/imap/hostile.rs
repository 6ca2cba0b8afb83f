//! Servers and people on the way that mean harm, and everything that goes wrong before a folder is open.

use crate::quirks::{opened, serve, signed_in};
use crate::support::{inbox, secrets, short, source_at};
use mailcase_mail::{
    ActOutcome, Interrupt, MailSource, RemoteAction, RemoteId, Scope, SourceError, StepStatus, Wake,
};
use mailcase_testbed::certificates::Authority;
use mailcase_testbed::process::free_port;
use mailcase_testbed::script::{Script, ScriptServer};
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

fn far() -> Instant {
    Instant::now() + Duration::from_secs(600)
}

#[tokio::test]
async fn starttls_is_not_stripped() {
    let refused = |greeting: &'static str, capabilities: &'static str, reply: &'static str| {
        Script::new()
            .send(greeting)
            .expect("CAPABILITY")
            .reply(capabilities)
            .expect("STARTTLS")
            .reply(reply)
            .hang()
    };
    for script in [
        // Not offered, refused, or made impossible.
        Script::new()
            .send("* OK ready\r\n")
            .expect("CAPABILITY")
            .reply("* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n{tag} OK done\r\n")
            .hang(),
        refused(
            "* OK hi\r\n",
            "* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN\r\n{tag} OK\r\n",
            "{tag} NO not now\r\n",
        ),
        Script::new().send("* PREAUTH welcome\r\n").hang(),
    ] {
        let server = ScriptServer::start(vec![script]).await.unwrap();
        let more = json!({"security": "starttls"});
        let mut source =
            source_at(server.port(), more, &secrets("password", "secret-pw")).with_deadlines(short());
        let error = source.folders().await.unwrap_err();
        assert!(matches!(error, SourceError::Tls { untrusted: false, .. }), "{error:?}");
        assert!(error.hint().is_some());
        no_credentials(&server);
    }
}

#[tokio::test]
async fn what_is_said_in_the_clear_before_tls_is_not_believed() {
    // Data slipped in behind the agreement to STARTTLS ends the connection.
    let injected = Script::new()
        .send("* OK ready\r\n")
        .expect("CAPABILITY")
        .reply("* CAPABILITY IMAP4rev1 STARTTLS\r\n{tag} OK done\r\n")
        .expect("STARTTLS")
        .reply("{tag} OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n")
        .hang();
    let server = ScriptServer::start(vec![injected]).await.unwrap();
    let more = json!({"security": "starttls"});
    let mut source =
        source_at(server.port(), more, &secrets("password", "secret-pw")).with_deadlines(short());
    let error = source.folders().await.unwrap_err();
    assert!(matches!(error, SourceError::Protocol { .. }), "{error:?}");
    no_credentials(&server);

    // Capabilities of before TLS are forgotten: LOGINDISABLED went away, AUTH=PLAIN too.
    let authority = Authority::new().unwrap();
    let honest = Script::new()
        .send("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED AUTH=PLAIN SASL-IR] ready\r\n")
        .expect("CAPABILITY")
        .reply("* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED AUTH=PLAIN SASL-IR\r\n{tag} OK done\r\n")
        .expect("STARTTLS")
        .reply("{tag} OK go\r\n")
        .start_tls(&authority.leaf().unwrap())
        .unwrap()
        .expect("CAPABILITY")
        .reply("* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n")
        .expect("LOGIN \"ann@example.org\" \"secret-pw\"")
        .reply("{tag} OK [CAPABILITY IMAP4rev1] in\r\n")
        .expect("LIST \"\" \"*\"")
        .reply("* LIST () \"/\" INBOX\r\n{tag} OK done\r\n")
        .hang();
    let server = ScriptServer::start(vec![honest]).await.unwrap();
    let more = json!({"security": "starttls", "trusted_certificates": [authority.certificate_pem()]});
    let mut source = source_at(server.port(), more, &secrets("password", "secret-pw"));
    assert_eq!(source.folders().await.unwrap().len(), 1);
    server.assert_followed().unwrap();
}

fn no_credentials(server: &ScriptServer) {
    let transcript = server.transcript().join("\n");
    assert!(!transcript.contains("LOGIN") && !transcript.contains("AUTHENTICATE"), "{transcript}");
    assert!(!transcript.contains("secret-pw"));
}

#[tokio::test]
async fn every_bad_beginning_is_named() {
    for (script, code, word) in [
        (Script::new().send("* BYE too many connections\r\n").close(), "unreachable", "too many connections"),
        (Script::new().send("* NO go away\r\n").hang(), "refused", "go away"),
        (Script::new().send("220 smtp.example.org ESMTP\r\n").hang(), "protocol", "does not speak IMAP"),
        (Script::new().send("HTTP/1.1 400 Bad Request\r\n\r\n").close(), "protocol", "does not speak IMAP"),
        (Script::new().hang(), "timed_out", "SSL/TLS"),
        (Script::new().close(), "unreachable", "hung up"),
        (Script::new().repeat(vec![b'x'; 1 << 20], 17).hang(), "protocol", "without end"),
        (
            Script::new().send("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=PLAIN] hi\r\n").hang(),
            "sign_in",
            "LOGINDISABLED",
        ),
        (
            Script::new()
                .send("* OK [CAPABILITY IMAP4rev1] hi\r\n")
                .expect("LOGIN")
                .reply("{tag} NO [AUTHENTICATIONFAILED] no\r\n")
                .hang(),
            "sign_in",
            "AUTHENTICATIONFAILED",
        ),
        (
            Script::new()
                .send("* OK [CAPABILITY IMAP4rev1] hi\r\n")
                .expect("LOGIN")
                .reply("{tag} NO [UNAVAILABLE] later\r\n")
                .hang(),
            "throttled",
            "later",
        ),
        (
            Script::new()
                .send("* OK [CAPABILITY IMAP4rev1] hi\r\n")
                .expect("LOGIN")
                .reply("{tag} BAD eh\r\n")
                .hang(),
            "protocol",
            "eh",
        ),
    ] {
        let (_server, mut source) = serve(script).await;
        let error = source.folders().await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[tokio::test]
async fn tls_towards_a_server_without_it_and_the_other_way_round() {
    let server = ScriptServer::start(vec![Script::new().send("* OK hello\r\n").hang()]).await.unwrap();
    let mut source = source_at(server.port(), json!({"security": "tls"}), &secrets("password", "pw"));
    let error = source.folders().await.unwrap_err();
    assert!(error.to_string().contains("does not speak TLS") && error.hint().is_some(), "{error}");
}

#[tokio::test]
async fn a_check_names_the_step_that_failed_and_skips_the_rest() {
    let status = |report: &mailcase_mail::CheckReport| -> Vec<(String, StepStatus)> {
        report.steps.iter().map(|step| (step.name.clone(), step.status)).collect()
    };
    let all = ["dns", "tcp", "tls", "sign_in", "capabilities", "folder", "unread", "newest"];
    let unknown = source_at(993, json!({"host": "does-not-exist.invalid"}), &secrets("password", "pw"))
        .check(&[])
        .await;
    assert_eq!(unknown.steps[0].status, StepStatus::Failed);
    assert!(unknown.steps[0].hint.is_some());
    assert_eq!(status(&unknown).iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), all);
    let closed = source_at(free_port().unwrap(), json!({}), &secrets("password", "pw")).check(&[]).await;
    assert_eq!(closed.steps[1].status, StepStatus::Failed);
    assert!(closed.steps[1].detail.contains("nothing listens"), "{:?}", closed.steps[1]);

    let missing = signed_in()
        .expect("EXAMINE \"Nirgends\"")
        .reply("{tag} NO no such mailbox\r\n")
        .expect("LIST \"\" \"Nirgends\"")
        .reply("{tag} OK done\r\n")
        .expect("LOGOUT")
        .reply("* BYE bye\r\n{tag} OK done\r\n");
    let (server, mut source) = serve(missing).await;
    let report = source.check(&[mailcase_mail::FolderPath::new("Nirgends")]).await;
    assert_eq!(status(&report).iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), all);
    assert_eq!(report.steps[5].status, StepStatus::Failed);
    assert!(report.steps[5].detail.contains("Nirgends"));
    server.assert_followed().unwrap();
}

#[tokio::test]
async fn a_refusal_is_no_empty_answer() {
    for (script, code) in [
        (signed_in().expect("LIST").reply("{tag} NO no\r\n").hang(), "refused"),
        (signed_in().expect("LIST").reply("* LIST () \"/\" INBOX\r\n").close(), "unreachable"),
    ] {
        let (_server, mut source) = serve(script).await;
        assert_eq!(source.folders().await.unwrap_err().code(), code);
    }
    for (script, code) in [
        (opened().expect("UID SEARCH UNSEEN").reply("{tag} NO no\r\n").hang(), "refused"),
        (opened().expect("UID SEARCH UNSEEN").reply("* SEARCH 1 x 3\r\n{tag} OK\r\n").hang(), "protocol"),
        (opened().expect("UID SEARCH UNSEEN").close(), "unreachable"),
        (
            opened()
                .expect("UID SEARCH UNSEEN")
                .reply("* SEARCH 7\r\n{tag} OK\r\n")
                .expect("UID FETCH 7")
                .reply("{tag} NO no\r\n")
                .expect("FETCH 1 ")
                .reply("{tag} NO no\r\n")
                .expect("UID FETCH 7 (UID)")
                .reply("{tag} NO no\r\n")
                .hang(),
            "refused",
        ),
        (Script::new().expect("EXAMINE").reply("* 3 EXISTS\r\n{tag} OK done\r\n").hang(), "unsupported"),
    ] {
        let (_server, mut source) = serve(signed_in().then(script)).await;
        let error = source.discover(&inbox(), Scope::NewFromUnread, None, 10).await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
    }
}

#[tokio::test]
async fn a_message_the_server_says_nothing_of_is_listed_all_the_same() {
    let script = signed_in()
        .then(opened())
        .expect("UID SEARCH UNSEEN")
        .reply("* SEARCH 5 7\r\n{tag} OK\r\n")
        .expect("UID FETCH 5,7")
        .reply("* 1 FETCH (UID 7 RFC822.SIZE 3)\r\n* 2 FETCH (UID 5 FLAGS\r\n* 9 FETCH (UID 9 RFC822.SIZE 1)\r\n{tag} OK\r\n")
        .hang();
    let (_server, mut source) = serve(script).await;
    let found = source.discover(&inbox(), Scope::NewFromUnread, None, 10).await.unwrap();
    let ids: Vec<_> = found.messages.iter().map(|head| (head.id.as_str(), head.size)).collect();
    assert_eq!(ids, [("1.5", None), ("1.7", Some(3))]);
}

#[tokio::test]
async fn the_last_message_named_again_is_not_new() {
    let script = signed_in()
        .then(opened())
        .expect("UID SEARCH UNSEEN")
        .reply("* SEARCH\r\n{tag} OK\r\n")
        .expect("EXAMINE")
        .reply("* 1 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n{tag} OK done\r\n")
        // A server without UIDNEXT, which answers n:* with the last message.
        .expect("UID SEARCH UID 8:*")
        .reply("* SEARCH 7\r\n{tag} OK done\r\n")
        .hang();
    let (server, mut source) = serve(script).await;
    let first = source.discover(&inbox(), Scope::NewFromUnread, None, 10).await.unwrap();
    let second = source.discover(&inbox(), Scope::NewFromUnread, Some(&first.cursor), 10).await.unwrap();
    assert!(second.messages.is_empty() && !second.more);
    server.assert_followed().unwrap();
}

#[tokio::test]
async fn a_date_bounds_the_first_listing_and_never_what_came_since() {
    let script = signed_in()
        .then(opened())
        .expect("UID SEARCH SINCE 31-Dec-2025")
        .reply("* SEARCH 5 6\r\n{tag} OK\r\n")
        .expect("UID FETCH 5 ")
        .send("* 1 FETCH (UID 5 INTERNALDATE \"31-Dec-2025 23:00:00 +0000\")\r\n")
        .reply("{tag} OK\r\n")
        .expect("EXAMINE")
        .reply("* 3 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n* OK [UIDNEXT 9] ok\r\n{tag} OK done\r\n")
        // Moved in meanwhile, older than the date.
        .expect("UID SEARCH UID 8:*")
        .reply("* SEARCH 8\r\n{tag} OK\r\n")
        .expect("UID FETCH 6,8 ")
        .send("* 2 FETCH (UID 6 INTERNALDATE \"31-Dec-2025 23:00:00 -0200\")\r\n")
        .send("* 3 FETCH (UID 8 INTERNALDATE \"01-Jan-2020 00:00:00 +0000\")\r\n")
        .reply("{tag} OK\r\n")
        .hang();
    let (server, mut source) = serve(script).await;
    let scope = Scope::NewSince("2026-01-01".parse().unwrap());
    let first = source.discover(&inbox(), scope, None, 1).await.unwrap();
    assert!(first.messages.is_empty() && first.more);
    let second = source.discover(&inbox(), scope, Some(&first.cursor), 10).await.unwrap();
    server.assert_followed().unwrap();
    let ids: Vec<_> = second.messages.iter().map(|head| head.id.as_str()).collect();
    assert_eq!(ids, ["1.6", "1.8"]);
    assert!(!second.more);
}

#[tokio::test]
async fn an_identity_of_another_life_is_never_touched() {
    let script = signed_in()
        .expect("SELECT \"INBOX\"")
        .reply("* 1 EXISTS\r\n* OK [UIDVALIDITY 2] ok\r\n{tag} OK [READ-WRITE] done\r\n")
        .hang();
    let (server, mut source) = serve(script).await;
    let ids = [RemoteId::new("1.7"), RemoteId::new("nonsense")];
    let outcomes = source.act(&inbox(), &ids, &RemoteAction::Delete).await.unwrap();
    assert_eq!(outcomes, [ActOutcome::Gone, ActOutcome::Gone]);
    assert!(!server.transcript().iter().any(|line| line.contains("UID STORE")), "{:?}", server.transcript());
}

#[tokio::test]
async fn nothing_but_the_named_is_expunged() {
    let bare = Script::new()
        .send("* OK [CAPABILITY IMAP4rev1] ready\r\n")
        .expect("LOGIN")
        .reply("{tag} OK [CAPABILITY IMAP4rev1] in\r\n")
        .expect("SELECT")
        .reply("* 2 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n{tag} OK [READ-WRITE] done\r\n")
        .expect("UID SEARCH UID 7:8 UNDELETED")
        .reply("* SEARCH 7\r\n{tag} OK\r\n")
        .expect("UID STORE 7 +FLAGS.SILENT (\\Deleted)")
        .reply("{tag} OK\r\n")
        .hang();
    let (server, mut source) = serve(bare).await;
    let ids = [RemoteId::new("1.7"), RemoteId::new("1.8")];
    let outcomes = source.act(&inbox(), &ids, &RemoteAction::Delete).await.unwrap();
    assert_eq!(outcomes, [ActOutcome::Done, ActOutcome::Gone]);
    server.assert_followed().unwrap();
    assert!(!server.transcript().iter().any(|line| line.contains("EXPUNGE")));
}

#[tokio::test]
async fn one_message_that_cannot_be_changed_does_not_hold_up_the_others() {
    let script = signed_in()
        .expect("SELECT")
        .reply("* 2 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n{tag} OK done\r\n")
        .expect("UID SEARCH UID 7:8")
        .reply("* SEARCH 7 8\r\n{tag} OK\r\n")
        .expect("UID STORE 7:8")
        .reply("{tag} NO one is locked\r\n")
        .expect("UID STORE 7 ")
        .reply("{tag} NO locked\r\n")
        .expect("UID STORE 8 ")
        .reply("{tag} OK\r\n")
        .hang();
    let (_server, mut source) = serve(script).await;
    let ids = [RemoteId::new("1.7"), RemoteId::new("1.8")];
    let outcomes = source.act(&inbox(), &ids, &RemoteAction::MarkRead).await.unwrap();
    assert!(
        matches!(&outcomes[0], ActOutcome::Refused { reason } if reason.contains("locked")),
        "{outcomes:?}"
    );
    assert_eq!(outcomes[1], ActOutcome::Done);
}

fn idling() -> Script {
    Script::new()
        .send("* OK [CAPABILITY IMAP4rev1] ready\r\n")
        .expect("LOGIN")
        .reply("{tag} OK [CAPABILITY IMAP4rev1 IDLE] in\r\n")
        .then(opened())
        .expect("IDLE")
        .send("+ idling\r\n")
}

#[tokio::test]
async fn a_lost_line_ends_the_wait_with_an_error() {
    for script in
        [idling().close(), idling().send("* BYE maintenance\r\n").hang(), idling().send("* 2 EX").close()]
    {
        let (_server, mut source) = serve(script).await;
        let error = source.wait(&[inbox()], far(), &Interrupt::default()).await.unwrap_err();
        assert!(matches!(error, SourceError::Unreachable { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_let_go_of_idle_is_left() {
    let (_server, mut source) = serve(idling().send("* 2 EXISTS\r\n").expect("DONE").hang()).await;
    let error = source.wait(&[inbox()], far(), &Interrupt::default()).await.unwrap_err();
    assert!(matches!(error, SourceError::TimedOut { .. }), "{error:?}");
}

#[tokio::test]
async fn news_at_every_moment_of_idle_wake_the_source() {
    for script in [
        idling().send("* OK Still here\r\n* 2 EXISTS\r\n").expect("DONE").reply("A3 OK done\r\n").hang(),
        idling().send("* 1 FETCH (FLAGS ())\r\n").expect("DONE").reply("A3 OK done\r\n").hang(),
        idling().send("* 1 EXPUNGE\r\n").expect("DONE").reply("A3 OK done\r\n").hang(),
    ] {
        let (server, mut source) = serve(script).await;
        assert_eq!(source.wait(&[inbox()], far(), &Interrupt::default()).await, Ok(Wake::Changed));
        server.assert_followed().unwrap();
    }
    // While the wait is being ended by somebody else.
    let script = idling().expect("DONE").reply("* 2 EXISTS\r\nA3 OK done\r\n").hang();
    let (_server, mut source) = serve(script).await;
    let soon = Instant::now() + Duration::from_secs(1);
    assert_eq!(source.wait(&[inbox()], soon, &Interrupt::default()).await, Ok(Wake::Changed));
}

#[tokio::test]
async fn idle_is_renewed_in_time() {
    let script = idling()
        .expect("DONE")
        .send("A3 OK done\r\n")
        .expect("A4 IDLE")
        .send("+ idling\r\n")
        .expect("DONE")
        .send("A4 OK done\r\n")
        .expect("A5 IDLE")
        .send("+ idling\r\n* 2 EXISTS\r\n")
        .expect("DONE")
        .send("A5 OK done\r\n")
        .hang();
    let (server, source) = serve(script).await;
    let mut source = source.renewing_idle_after(Duration::from_millis(5));
    assert_eq!(source.wait(&[inbox()], far(), &Interrupt::default()).await, Ok(Wake::Changed));
    server.assert_followed().unwrap();
}

#[tokio::test]
async fn endless_chatter_is_not_progress() {
    let script = signed_in().expect("LIST").repeat("* OK Still here\r\n".repeat(1000), 1_000_000).hang();
    let (_server, mut source) = serve(script).await;
    let error = source.folders().await.unwrap_err();
    assert!(matches!(error, SourceError::Protocol { .. }), "{error:?}");
}
