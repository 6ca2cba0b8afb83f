//! Replies of odd servers to a fetch, one by one: the message arrives, or its loss is loud. Never silence.

use crate::support::{Got, fetch, inbox, secrets, short, source_at};
use mailcase_imap::ImapSource;
use mailcase_mail::{RemoteId, SourceError};
use mailcase_testbed::script::{Script, ScriptServer};
use serde_json::json;
use std::collections::BTreeMap;

/// A server up to the selected folder with UIDVALIDITY 1 and one message.
pub(crate) fn selected() -> Script {
    signed_in().then(opened())
}

pub(crate) fn signed_in() -> Script {
    Script::new()
        .send("* OK [CAPABILITY IMAP4rev1] ready\r\n")
        .expect("LOGIN \"ann@example.org\" \"pw\"")
        .reply("{tag} OK [CAPABILITY IMAP4rev1 UIDPLUS MOVE] welcome\r\n")
}

pub(crate) fn opened() -> Script {
    Script::new()
        .expect("EXAMINE \"INBOX\"")
        .send("* 1 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n* OK [UIDNEXT 8] ok\r\n")
        .reply("{tag} OK [READ-ONLY] done\r\n")
}

/// The answer that message 7 has `size` bytes.
pub(crate) fn sized(size: u64) -> Script {
    Script::new()
        .expect("UID FETCH 7 (UID FLAGS INTERNALDATE RFC822.SIZE)")
        .send(format!("* 1 FETCH (UID 7 FLAGS () RFC822.SIZE {size})\r\n"))
        .reply("{tag} OK done\r\n")
}

pub(crate) async fn serve(script: Script) -> (ScriptServer, ImapSource) {
    let server = ScriptServer::start(vec![script]).await.unwrap();
    let source = source_at(server.port(), json!({}), &secrets("password", "pw")).with_deadlines(short());
    (server, source)
}

type Fetches = (Result<(), SourceError>, BTreeMap<RemoteId, Got>);

async fn fetch_seven(script: Script) -> (ScriptServer, Fetches) {
    let (server, mut source) = serve(script).await;
    let fetches = fetch(&mut source, &inbox(), &[RemoteId::new("1.7")]).await;
    (server, fetches)
}

/// What the source makes of `reply` to its FETCH of a message announced with three bytes.
async fn fetched(reply: &str) -> Result<Got, SourceError> {
    let script = selected().then(sized(3)).expect("BODY.PEEK[]<0.1048576>").reply(reply).then(settled());
    let (_server, (result, mut got)) = fetch_seven(script).await;
    result.map(|()| got.remove(&RemoteId::new("1.7")).expect("every message is answered"))
}

/// Asked again alone, the server has nothing to give, but has the message.
fn settled() -> Script {
    Script::new()
        .expect("BODY.PEEK[]<0.1048576>")
        .reply("{tag} OK done\r\n")
        .expect("UID SEARCH UID 7")
        .reply("* SEARCH 7\r\n{tag} OK done\r\n")
        .hang()
}

#[tokio::test]
async fn odd_replies_deliver_the_message() {
    for reply in [
        "* 1 FETCH (UID 7 BODY[]<0> {3}\r\nabc)\r\n{tag} OK done\r\n",
        "* 1 FETCH (UID 7 BODY[] \"abc\")\r\n{tag} OK done\r\n",
        "* 1 FETCH (BODY[] {3}\r\nabc UID 7)\r\n{tag} OK done\r\n",
        "* 1 FETCH (UID 7 X-NEW (a \"b\" {1}\r\n)) MODSEQ (0) BODY[] {3}\r\nabc)\r\n{tag} OK done\r\n",
        "* 1 FETCH (UID 7 FLAGS ([odd] \\Seen) BODY[] {3}\r\nabc)\r\n{tag} OK done\r\n",
        "* 1 FETCH (UID 7 BODY[] {3}\r\nabc) \r\n{tag} OK done\r\n",
        "* 1 FETCH (UID 7 BODY[] ~{3}\r\nabc)\r\n{tag} OK done\r\n",
        "* 1 FETCH (UID 7 BODY[] {3}\nabc)\n{tag} OK done\n",
        "* garbage (((\r\n\r\n)))\r\n* 1 FETCH (UID 7 BODY[] {3}\r\nabc)\r\n{tag} OK done\r\n",
        "* OK Gr\u{fc}\u{df}e {3}\r\n* 1 FETCH (UID 7 BODY[] {3}\r\nabc)\r\n{tag} OK done\r\n",
        "* 1 FETCH (FLAGS (\\Seen))\r\n* 2 EXISTS\r\n* 1 FETCH (UID 7 BODY[] {3}\r\nabc)\r\n{tag} OK done\r\n",
        "* 9 FETCH (UID 99 BODY[] {3}\r\nxyz)\r\n* 1 FETCH (UID 7 BODY[] {3}\r\nabc)\r\n{tag} OK done\r\n",
    ] {
        assert_eq!(fetched(reply).await, Ok(Got::Raw(b"abc".to_vec())), "{reply:?}");
    }
    assert_eq!(
        fetched("* 1 FETCH (UID 7 BODY[] {3}\r\na\0c)\r\n{tag} OK done\r\n").await,
        Ok(Got::Raw(b"a\0c".to_vec()))
    );
}

#[tokio::test]
async fn a_message_the_server_does_not_give_is_unreadable_and_loud() {
    for reply in [
        "{tag} OK done\r\n",
        "{tag} NO not today\r\n",
        "* 1 FETCH (UID 7 FLAGS ())\r\n{tag} OK done\r\n",
        "* 2 FETCH (UID 8 BODY[] {3}\r\nabc)\r\n{tag} OK done\r\n",
        "* 1 FETCH (UID 7 BODY[]<512> {3}\r\nabc)\r\n{tag} OK done\r\n",
        "* 1 FETCH (UID 7 BODY[] NIL)\r\n{tag} OK done\r\n",
        "* 1 FETCH (UID 7 BODY[] \"\")\r\n{tag} OK done\r\n",
    ] {
        let got = fetched(reply).await;
        assert!(matches!(got, Ok(Got::Unreadable(_))), "{reply:?}: {got:?}");
    }
}

#[tokio::test]
async fn a_body_without_its_uid_is_taken_when_only_one_was_asked_for() {
    let script = selected()
        .then(sized(3))
        .expect("BODY.PEEK[]<0.1048576>")
        .reply("* 1 FETCH (BODY[]<0> {3}\r\nabc)\r\n{tag} OK done\r\n")
        .expect("BODY.PEEK[]<0.1048576>")
        .reply("* 1 FETCH (BODY[]<0> {3}\r\nabc)\r\n{tag} OK done\r\n")
        .hang();
    let (server, (result, got)) = fetch_seven(script).await;
    result.unwrap();
    assert_eq!(got[&RemoteId::new("1.7")], Got::Raw(b"abc".to_vec()));
    server.assert_followed().unwrap();
}

#[tokio::test]
async fn an_empty_message_is_an_empty_message() {
    let script = selected()
        .then(sized(0))
        .expect("BODY.PEEK[]<0.1048576>")
        .reply("* 1 FETCH (UID 7 BODY[]<0> \"\")\r\n{tag} OK done\r\n")
        .hang();
    let (_server, (result, got)) = fetch_seven(script).await;
    result.unwrap();
    assert_eq!(got[&RemoteId::new("1.7")], Got::Raw(Vec::new()));
}

#[tokio::test]
async fn a_message_that_vanished_is_gone_and_not_unreadable() {
    let script = selected()
        .expect("RFC822.SIZE")
        .reply("{tag} NO [EXPUNGEISSUED] some are gone\r\n")
        .expect("BODY.PEEK[]")
        .reply("{tag} OK done\r\n")
        .expect("UID SEARCH UID 7")
        .reply("* SEARCH\r\n{tag} OK done\r\n")
        .hang();
    let (_server, (result, got)) = fetch_seven(script).await;
    result.unwrap();
    assert_eq!(got[&RemoteId::new("1.7")], Got::Gone);
}

#[tokio::test]
async fn a_failing_command_fails_the_call() {
    for (reply, code) in [
        ("{tag} BAD what\r\n", "protocol"),
        ("{tag} NO [UNAVAILABLE] later\r\n", "throttled"),
        ("* BYE [UNAVAILABLE] later\r\n", "throttled"),
        ("* BYE shutting down\r\n", "unreachable"),
        ("A999 OK done\r\n", "protocol"),
        ("* 1 FETCH (UID 7 BODY[]<0> {4294967295}\r\nabc", "protocol"),
        ("* 1 FETCH (UID 7 BODY[]<0> {99999999999999999999}\r\nabc", "protocol"),
        ("* 1 FETCH (UID 7 BODY[]<0> {2097152}\r\nabc", "protocol"),
        // Says nothing more, while more is due.
        ("* 1 FETCH (UID 7 BODY[]<0> {9}\r\nabc", "timed_out"),
        ("", "timed_out"),
    ] {
        let error = fetched_or_hang(reply).await.unwrap_err();
        assert_eq!(error.code(), code, "{reply:?}: {error}");
    }
}

async fn fetched_or_hang(reply: &str) -> Result<(), SourceError> {
    let script = selected().then(sized(3)).expect("BODY.PEEK[]<0.1048576>").reply(reply).hang();
    let (_server, (result, got)) = fetch_seven(script).await;
    assert_eq!(got, BTreeMap::new());
    result
}

#[tokio::test]
async fn a_line_cut_anywhere_is_an_error_and_the_next_call_starts_anew() {
    for reply in
        ["", "* 1 FETCH (UID 7 BODY[]<0> {9}\r\nabc", "* 1 FETCH (UID 7 BODY[]<0> {3}\r\nabc)\r\n", "* 1 FET"]
    {
        let cut = selected().then(sized(3)).expect("BODY.PEEK[]").reply(reply).close();
        let whole = selected()
            .then(sized(3))
            .expect("BODY.PEEK[]")
            .reply("* 1 FETCH (UID 7 BODY[]<0> {3}\r\nabc)\r\n{tag} OK done\r\n")
            .hang();
        let server = ScriptServer::start(vec![cut, whole]).await.unwrap();
        let mut source = source_at(server.port(), json!({}), &secrets("password", "pw"));
        let ids = [RemoteId::new("1.7")];
        let (result, _) = fetch(&mut source, &inbox(), &ids).await;
        assert!(matches!(result, Err(SourceError::Unreachable { .. })), "{reply:?}: {result:?}");
        let (result, got) = fetch(&mut source, &inbox(), &ids).await;
        result.unwrap();
        assert_eq!(got[&ids[0]], Got::Raw(b"abc".to_vec()));
        assert_eq!(server.connections(), 2);
    }
}

#[tokio::test]
async fn announced_sizes_are_claims() {
    // Announced too large: one more part is asked for, and is empty.
    let script = selected()
        .then(sized(500))
        .expect("BODY.PEEK[]<0.1048576>")
        .reply("* 1 FETCH (UID 7 BODY[]<0> {3}\r\nabc)\r\n{tag} OK done\r\n")
        .expect("BODY.PEEK[]<0.1048576>")
        .reply("* 1 FETCH (UID 7 BODY[]<0> {3}\r\nabc)\r\n{tag} OK done\r\n")
        .expect("BODY.PEEK[]<3.1048576>")
        .reply("* 1 FETCH (UID 7 BODY[]<3> \"\")\r\n{tag} OK done\r\n")
        .hang();
    let (server, (result, got)) = fetch_seven(script).await;
    result.unwrap();
    assert_eq!(got[&RemoteId::new("1.7")], Got::Raw(b"abc".to_vec()));
    server.assert_followed().unwrap();

    // Announced small, and cut by the server: what is behind the first part is not lost.
    let script = selected()
        .then(sized(500))
        .expect("BODY.PEEK[]<0.1048576>")
        .reply("* 1 FETCH (UID 7 BODY[]<0> {3}\r\nabc)\r\n{tag} OK done\r\n")
        .expect("BODY.PEEK[]<0.1048576>")
        .reply("* 1 FETCH (UID 7 BODY[]<0> {3}\r\nabc)\r\n{tag} OK done\r\n")
        .expect("BODY.PEEK[]<3.1048576>")
        .reply("* 1 FETCH (UID 7 BODY[]<3> {3}\r\ndef)\r\n{tag} OK done\r\n")
        .expect("BODY.PEEK[]<6.1048576>")
        .reply("* 1 FETCH (UID 7 BODY[]<6> NIL)\r\n{tag} OK done\r\n")
        .hang();
    let (server, (result, got)) = fetch_seven(script).await;
    result.unwrap();
    assert_eq!(got[&RemoteId::new("1.7")], Got::Raw(b"abcdef".to_vec()));
    server.assert_followed().unwrap();
}
