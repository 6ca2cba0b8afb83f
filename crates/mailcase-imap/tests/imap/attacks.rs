//! A server in the hands of an attacker, once it is signed in to: floods, new identities, answers to nothing, hang-ups
//! at any byte. What it can spoil is its own mailbox, loudly.

use crate::quirks::{opened, selected, serve, signed_in, sized};
use crate::spoiled::{Folder, Spoils};
use crate::support::{Got, fetch, inbox, secrets, short, source_at};
use mailcase_mail::{ActOutcome, Deadlines, MailSource, RemoteAction, RemoteId, Scope, SourceError};
use mailcase_testbed::script::{Script, ScriptServer};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};

#[tokio::test]
async fn what_was_not_named_is_not_touched_whatever_the_search_finds() {
    let script = signed_in()
        .expect("SELECT")
        .reply("* 4 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n{tag} OK done\r\n")
        .expect("UID SEARCH UID 7:8")
        // A server that does not look at the criterion.
        .reply("* SEARCH 1 2 7 8 9\r\n{tag} OK\r\n")
        .expect("UID STORE 7:8 +FLAGS.SILENT (\\Deleted)")
        .reply("{tag} OK\r\n")
        .expect("UID EXPUNGE 7:8")
        .reply("{tag} OK\r\n")
        .hang();
    let (server, mut source) = serve(script).await;
    let ids = [RemoteId::new("1.8"), RemoteId::new("1.7")];
    let outcomes = source.act(&inbox(), &ids, &RemoteAction::Delete).await.unwrap();
    assert_eq!(outcomes, [ActOutcome::Done, ActOutcome::Done]);
    server.assert_followed().unwrap();
}

/// Under new identities an answer may be about another message than the one that was asked for.
#[tokio::test]
async fn new_identities_in_the_middle_of_a_fetch_end_it() {
    const ANEW: &str = "* OK [UIDVALIDITY 2] new life\r\n";
    let given = "* 1 FETCH (UID 7 BODY[]<0> {3}\r\nabc)\r\n{tag} OK done\r\n";
    for script in [
        selected().expect("RFC822.SIZE").reply(format!("{ANEW}{{tag}} OK done\r\n")).hang(),
        selected().then(sized(3)).expect("BODY.PEEK[]").reply(format!("{ANEW}{given}")).hang(),
        selected().then(sized(5 << 20)).expect("BODY.PEEK[]").reply(format!("{ANEW}{given}")).hang(),
    ] {
        let (_server, mut source) = serve(script).await;
        let (result, got) = fetch(&mut source, &inbox(), &[RemoteId::new("1.7")]).await;
        assert!(matches!(result, Err(SourceError::Protocol { .. })), "{result:?}");
        assert!(got.is_empty(), "{got:?}");
    }
    // The same once more is no news.
    let same =
        selected().then(sized(3)).expect("BODY.PEEK[]").reply(format!("* OK [UIDVALIDITY 1]\r\n{given}"));
    let (_server, mut source) = serve(same.hang()).await;
    let (result, got) = fetch(&mut source, &inbox(), &[RemoteId::new("1.7")]).await;
    result.unwrap();
    assert_eq!(got.len(), 1);
}

#[tokio::test]
async fn messages_that_vanish_and_numbers_that_shrink_during_a_fetch_change_nothing() {
    let script = selected()
        .expect("RFC822.SIZE")
        .reply("* 1 EXPUNGE\r\n* 0 EXISTS\r\n* 1 FETCH (UID 7 RFC822.SIZE 3)\r\n* 9 EXPUNGE\r\n{tag} OK\r\n")
        .expect("BODY.PEEK[]")
        .reply("* 5 EXPUNGE\r\n* VANISHED 7\r\n* 1 FETCH (UID 7 BODY[]<0> {3}\r\nabc)\r\n* 0 EXISTS\r\n{tag} OK\r\n")
        .hang();
    let (_server, mut source) = serve(script).await;
    let (result, got) = fetch(&mut source, &inbox(), &[RemoteId::new("1.7")]).await;
    result.unwrap();
    assert_eq!(got[&RemoteId::new("1.7")], Got::Raw(b"abc".to_vec()));
}

#[tokio::test]
async fn nothing_everywhere_is_no_message_and_no_loss() {
    let script = selected()
        .expect("RFC822.SIZE")
        .reply("* 1 FETCH (UID NIL FLAGS NIL INTERNALDATE NIL RFC822.SIZE NIL)\r\n* 1 FETCH NIL\r\n* NIL\r\n{tag} OK NIL\r\n")
        .expect("BODY.PEEK[]")
        .reply("* 1 FETCH (UID NIL BODY[]<0> NIL)\r\n* 1 FETCH (NIL NIL)\r\n* SEARCH NIL\r\n{tag} OK NIL\r\n")
        .expect("UID SEARCH UID 7")
        .reply("* SEARCH 7\r\n{tag} OK\r\n")
        .hang();
    let (_server, mut source) = serve(script).await;
    let (result, got) = fetch(&mut source, &inbox(), &[RemoteId::new("1.7")]).await;
    result.unwrap();
    assert!(matches!(&got[&RemoteId::new("1.7")], Got::Unreadable(_)), "{got:?}");
}

/// A server whose UIDNEXT does not move while messages arrive is asked what is new all the same.
#[tokio::test]
async fn a_uidnext_that_stands_still_hides_no_mail() {
    let again = |exists: u32, uidnext: u32| {
        Script::new()
            .expect("EXAMINE")
            .send(format!("* {exists} EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n* OK [UIDNEXT {uidnext}] ok\r\n"))
            .reply("{tag} OK done\r\n")
    };
    let found = |uid: u32| {
        Script::new()
            .expect("UID SEARCH UID 8:*")
            .reply(format!("* SEARCH {uid}\r\n{{tag}} OK\r\n"))
            .expect(format!("UID FETCH {uid} "))
            .reply(format!("* 2 FETCH (UID {uid} RFC822.SIZE 3)\r\n{{tag}} OK\r\n"))
    };
    for uidnext in [8, 3] {
        let script = signed_in()
            .then(opened())
            .expect("UID SEARCH UNSEEN")
            .reply("* SEARCH\r\n{tag} OK\r\n")
            .then(again(2, uidnext))
            .then(found(8))
            .hang();
        let (server, mut source) = serve(script).await;
        let first = source.discover(&inbox(), Scope::NewFromUnread, None, 10).await.unwrap();
        let second = source.discover(&inbox(), Scope::NewFromUnread, Some(&first.cursor), 10).await.unwrap();
        assert_eq!(second.messages.len(), 1, "UIDNEXT {uidnext}");
        server.assert_followed().unwrap();
    }
}

#[tokio::test]
async fn an_empty_folder_without_uidnext_is_not_asked_for_its_last_message() {
    let script = signed_in()
        .expect("EXAMINE")
        .reply("* 0 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n{tag} OK done\r\n")
        .expect("UID SEARCH UNSEEN")
        .reply("* SEARCH\r\n{tag} OK\r\n")
        .hang();
    let (server, mut source) = serve(script).await;
    let found = source.discover(&inbox(), Scope::NewFromUnread, None, 10).await.unwrap();
    assert!(found.messages.is_empty());
    server.assert_followed().unwrap();
}

/// Endless answers to one question: whatever is kept of them is bounded, and asked-for is all that is kept.
#[tokio::test]
async fn floods_end_with_an_error() {
    let numbers = " 7".repeat(1_000_000);
    let search = signed_in()
        .then(opened())
        .expect("UID SEARCH UNSEEN")
        .repeat(format!("* SEARCH{numbers}\r\n"), 50)
        .hang();
    let (_server, source) = serve(search).await;
    // It goes on for as long as it is listened to.
    let mut source = source.with_deadlines(Deadlines::default());
    let error = source.discover(&inbox(), Scope::NewFromUnread, None, 10).await.unwrap_err();
    assert!(error.to_string().contains("more than"), "{error}");

    let long_name = format!("* LIST () \"/\" {}\r\n", "x".repeat(1 << 20));
    let many_attributes = format!("* LIST ({}) \"/\" a\r\n", "\\A ".repeat(100_000));
    let list = signed_in()
        .expect("LIST")
        .send(long_name)
        .send(many_attributes)
        .reply("* LIST () \"/\" INBOX\r\n{tag} OK\r\n")
        .hang();
    let (_server, mut source) = serve(list).await;
    assert_eq!(source.folders().await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_answer_sent_ahead_is_not_taken_for_that_to_the_next_command() {
    let script = selected()
        .then(sized(3))
        .expect("BODY.PEEK[]")
        .reply("* 1 FETCH (UID 7 BODY[]<0> {3}\r\nabc)\r\n{tag} OK done\r\nA5 OK done\r\n")
        .hang();
    let second = signed_in().expect("LIST").reply("* LIST () \"/\" INBOX\r\n{tag} OK\r\n").hang();
    let server = ScriptServer::start(vec![script, second]).await.unwrap();
    let mut source = source_at(server.port(), json!({}), &secrets("password", "pw")).with_deadlines(short());
    let (result, _) = fetch(&mut source, &inbox(), &[RemoteId::new("1.7")]).await;
    result.unwrap();
    assert_eq!(source.folders().await.unwrap().len(), 1);
    assert_eq!(server.connections(), 2);
}

/// Lists and fetches everything; what was got, or the error.
async fn everything(source: &mut mailcase_imap::ImapSource) -> Result<usize, SourceError> {
    let page = source.discover(&inbox(), Scope::NewFromAll, None, 100).await?;
    let ids: Vec<_> = page.messages.into_iter().map(|head| head.id).collect();
    assert_eq!(ids.len(), 3, "a listing is complete or fails");
    let (result, got) = fetch(source, &inbox(), &ids).await;
    assert!(got.values().all(|got| *got == Got::Raw(b"abc".to_vec())), "{got:?}");
    result?;
    assert_eq!(got.len(), 3, "a fetch is complete or fails");
    Ok(source.inventory(&inbox()).await?.len())
}

#[tokio::test]
async fn a_line_cut_or_left_at_any_byte_never_looks_like_less_mail() {
    for with_a_word in [false, true] {
        for cut in (0..).step_by(11) {
            let budget = AtomicUsize::new(cut);
            let folder = Folder::new(3, &[], Spoils::No);
            let cut_off = signed_in().respond(move |line| {
                let reply = folder.answer(line)?;
                let left = budget.fetch_sub(reply.len().min(budget.load(Ordering::SeqCst)), Ordering::SeqCst);
                match reply.get(..left) {
                    Some(_) if left < reply.len() && with_a_word => Some("* BYE gone\r\n{close}".to_owned()),
                    Some(part) if left < reply.len() => Some(format!("{part}{{close}}")),
                    _ => Some(reply),
                }
            });
            let folder = Folder::new(3, &[], Spoils::No);
            let good = signed_in().respond(move |line| folder.answer(line));
            let server = ScriptServer::start(vec![cut_off, good]).await.unwrap();
            let mut source =
                source_at(server.port(), json!({}), &secrets("password", "pw")).with_deadlines(short());
            let first = everything(&mut source).await;
            assert!(matches!(first, Ok(3) | Err(SourceError::Unreachable { .. })), "cut at {cut}: {first:?}");
            if first.is_ok() && server.connections() == 1 {
                // All of it was said before the cut.
                break;
            }
            assert_eq!(everything(&mut source).await, Ok(3), "cut at {cut}: the source is usable again");
        }
    }
}
