//! Clauses about `fetch`: exact bytes, every id once, nothing changed.

use super::super::bench::Bench;
use super::super::letters::letter;
use super::observing::{Answer, delivered, fetch, held, ids, list, raws};
use super::{left_out, within, yield_times};
use crate::error::SourceError;
use crate::fetched::{CHUNK_MAX_BYTES, Fetched};
use crate::glance::{Criterion, GLANCE_BYTES, Place};
use crate::remote::RemoteId;
use crate::source::{MailSource, Scope};
use std::fmt::Write;
use tokio::sync::mpsc;

/// Larger than several chunks, and no multiple of one.
const LARGE_BYTES: usize = 5 * CHUNK_MAX_BYTES + 12_345;

/// A message of about `size` bytes, every line of which differs.
pub(super) fn large_letter(name: &str, size: usize) -> Vec<u8> {
    let mut text = String::from_utf8(letter(name)).expect("letters are text");
    let mut line = 0;
    while text.len() < size {
        write!(text, "line {line:08} of a message that is too large to travel in one piece\r\n")
            .expect("writes");
        line += 1;
    }
    text.into_bytes()
}

/// The bytes are those the server holds: 8-bit and invalid text, dots, `From ` lines, long lines, blank edges.
pub async fn bytes_are_exact<B: Bench>(bench: &mut B) {
    let with_body = |name: &str, body: &[u8]| [letter(name), body.to_vec()].concat();
    let every_byte: Vec<u8> = (1..=255).filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let messages = [
        letter("plain"),
        with_body("every byte but NUL", &[every_byte.as_slice(), b"\r\n"].concat()),
        with_body("invalid UTF-8", b"\xC3\x28 \xFF\xFE \xE2\x82\r\n"),
        with_body("dots", b".\r\n..\r\n.leading\r\n"),
        with_body(
            "separators",
            b"\r\nFrom ada@example.org Mon Jan  5 10:00:00 2026\r\n>From x\r\n>>From y\r\n",
        ),
        with_body("blank edges", b"\r\n\r\n\r\n"),
        with_body("protocol words", b")\r\n* 1 FETCH (UID 1)\r\na1 OK done\r\n{3}\r\n"),
        with_body("long line", &[vec![b'x'; 70_000], b"\r\n".to_vec()].concat()),
        b"Subject: no body\r\n\r\n".to_vec(),
        b"Subject: headers of \xE4 kind\r\nX-Folded: a\r\n\tb\r\n\r\nbody\r\n".to_vec(),
        b"this is not a header\r\n\r\nbody without one\r\n".to_vec(),
    ];
    for message in &messages {
        bench.deliver(message).await;
    }
    let mut source = bench.source();
    let inbox = bench.inbox();
    let (heads, _) = list(&mut source, &inbox, Scope::NewFromAll, None, 100).await;
    let found = raws(&mut source, &inbox, &heads).await;
    assert_eq!(found.len(), messages.len());
    for (found, sent) in found.iter().zip(&messages) {
        assert!(
            found == sent,
            "fetched {:?}, not {:?}",
            String::from_utf8_lossy(found).chars().take(400).collect::<String>(),
            String::from_utf8_lossy(sent).chars().take(400).collect::<String>()
        );
    }
}

/// A server that keeps a bare LF is fetched with it.
pub async fn bare_line_feeds_are_kept<B: Bench>(bench: &mut B) {
    if !bench.abilities().keeps_bare_lf {
        return left_out("bare line feeds are kept", "the server does not keep them");
    }
    exact_one(bench, b"Subject: unix\nX-Mixed: yes\r\n\nbody\nlines\r\nof both kinds\n").await;
}

/// A server that keeps a message without a last line end is fetched without it.
pub async fn a_missing_line_end_is_kept<B: Bench>(bench: &mut B) {
    if !bench.abilities().keeps_missing_line_end {
        return left_out("a missing line end is kept", "the server does not keep it");
    }
    exact_one(bench, b"Subject: cut short\r\n\r\nno line end").await;
}

async fn exact_one<B: Bench>(bench: &mut B, message: &[u8]) {
    bench.deliver(message).await;
    let mut source = bench.source();
    let inbox = bench.inbox();
    let (heads, _) = list(&mut source, &inbox, Scope::NewFromAll, None, 100).await;
    assert_eq!(raws(&mut source, &inbox, &heads).await, [message]);
}

/// A message larger than a chunk comes in chunks of at most [`CHUNK_MAX_BYTES`], between small ones.
pub async fn a_large_message_comes_in_bounded_chunks<B: Bench>(bench: &mut B) {
    let messages = [letter("before"), large_letter("large", LARGE_BYTES), letter("after")];
    for message in &messages {
        bench.deliver(message).await;
    }
    let mut source = bench.source();
    let inbox = bench.inbox();
    let (heads, _) = list(&mut source, &inbox, Scope::NewFromAll, None, 100).await;
    // The collector refuses chunks that are too large.
    let found = raws(&mut source, &inbox, &heads).await;
    assert!(found == messages, "sizes {:?}", found.iter().map(Vec::len).collect::<Vec<_>>());
}

/// Asking for nothing is answered with nothing.
pub async fn fetching_nothing_says_nothing<B: Bench>(bench: &mut B) {
    bench.deliver(&letter("there")).await;
    let mut source = bench.source();
    assert!(fetch(&mut source, &bench.inbox(), &[]).await.is_empty());
}

/// Many ids, in no order: each is answered once.
pub async fn every_id_is_answered_once<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    let (ids, letters, _) = delivered(bench, &mut source, 25).await;
    let inbox = bench.inbox();
    let mixed: Vec<RemoteId> =
        ids.iter().step_by(2).rev().chain(ids.iter().skip(1).step_by(2)).cloned().collect();
    let answers = fetch(&mut source, &inbox, &mixed).await;
    for (id, letter) in ids.iter().zip(&letters) {
        assert_eq!(answers[id], Answer::Raw(letter.clone()));
    }
    // A fresh source that never listed the folder knows the identities too.
    let answers = fetch(&mut bench.source(), &inbox, &ids[3..5]).await;
    assert_eq!(answers[&ids[4]], Answer::Raw(letters[4].clone()));
}

/// A message can be fetched again.
pub async fn fetching_twice_gives_the_same<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    let (ids, letters, _) = delivered(bench, &mut source, 2).await;
    for _ in 0..2 {
        let answers = fetch(&mut source, &bench.inbox(), &ids[1..]).await;
        assert_eq!(answers[&ids[1]], Answer::Raw(letters[1].clone()));
    }
}

/// Nothing but `act` changes the mailbox.
pub async fn fetching_and_listing_mark_nothing_read<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    let inbox = bench.inbox();
    bench.deliver(&letter("unread")).await;
    bench.deliver(&large_letter("large and unread", 2 * CHUNK_MAX_BYTES)).await;
    let before = held(bench).await;
    for scope in [Scope::Unseen, Scope::NewFromUnread, Scope::NewFromAll] {
        let (heads, _) = list(&mut source, &inbox, scope, None, 1).await;
        assert_eq!(raws(&mut source, &inbox, &heads).await.len(), 2);
    }
    within("inventory", source.inventory(&inbox)).await.expect("inventory works");
    within("folders", source.folders()).await.expect("folders works");
    drop(source);
    assert!(held(bench).await == before, "the mailbox changed");
}

/// What a glance gives are first bytes of messages it was asked for; messages left out are no failure.
pub async fn a_glance_gives_the_first_bytes_and_changes_nothing<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    let inbox = bench.inbox();
    let letters = [letter("one"), large_letter("two", 3 * GLANCE_BYTES), letter("three"), letter("four")];
    for letter in &letters {
        bench.deliver(letter).await;
    }
    let before = held(bench).await;
    let (heads, _) = list(&mut source, &inbox, Scope::NewFromAll, None, 10).await;
    let ids = ids(&heads);
    let asked = ids.get(..3).expect("four were listed");
    let subject = |not, terms: &[&str]| Criterion {
        place: Place::Subject,
        not,
        terms: terms.iter().map(|&term| term.to_owned()).collect(),
    };
    for criteria in [
        vec![subject(false, &["nowhere to be found"])],
        vec![subject(true, &["o", "e"]), subject(false, &["ü, 发票"])],
        vec![Criterion { place: Place::Header("X-Not-There".to_owned()), not: false, terms: Vec::new() }],
        vec![Criterion {
            place: Place::Recipients,
            not: false,
            terms: vec!["a\"b\\c@example.org".to_owned()],
        }],
        Vec::new(),
    ] {
        let glances = within("glance", source.glance(&inbox, asked, &criteria)).await.expect("glance works");
        assert!(glances.len() <= asked.len());
        for glance in glances {
            let place = asked.iter().position(|id| *id == glance.id).expect("it was asked for");
            assert!(glance.bytes.len() <= GLANCE_BYTES && letters[place].starts_with(&glance.bytes));
        }
    }
    assert_eq!(raws(&mut source, &inbox, &heads).await.len(), letters.len(), "and then they are fetched");
    drop(source);
    assert!(held(bench).await == before, "the mailbox changed");
}

/// A message that vanished is `Gone`; those around it are not.
pub async fn vanished_messages_are_gone<B: Bench>(bench: &mut B) {
    if !bench.abilities().removes {
        return left_out("vanished messages are gone", "single messages cannot be removed");
    }
    let mut source = bench.source();
    let (ids, letters, _) = delivered(bench, &mut source, 4).await;
    bench.remove(&letters[0]).await;
    bench.remove(&letters[2]).await;
    let answers = fetch(&mut source, &bench.inbox(), &ids).await;
    let expected =
        [Answer::Gone, Answer::Raw(letters[1].clone()), Answer::Gone, Answer::Raw(letters[3].clone())];
    for (id, expected) in ids.iter().zip(expected) {
        assert_eq!(answers[id], expected);
    }
}

/// An identity nobody ever handed out names nothing; the others are answered as usual.
pub async fn an_unknown_identity_is_gone<B: Bench>(bench: &mut B) {
    let mut source = bench.source();
    let (ids, letters, _) = delivered(bench, &mut source, 1).await;
    let unknown = ["no such identity", "", "../../etc/passwd", "0", "4294967296.4294967296", "\u{e9}\0\n"];
    // An identity written in another way is another one: it would be answered by the name it was not asked by.
    let varied = ["0", "+", " "].map(|before| format!("{before}{}", ids[0]));
    let unknown = unknown.into_iter().map(str::to_owned).chain(varied).chain([format!("{} ", ids[0])]);
    let unknown: Vec<_> = unknown.map(RemoteId::new).collect();
    let asked = [unknown.clone(), ids.clone()].concat();
    let answers = fetch(&mut source, &bench.inbox(), &asked).await;
    for id in &unknown {
        assert_eq!(answers[id], Answer::Gone, "{id:?}");
    }
    assert_eq!(answers[&ids[0]], Answer::Raw(letters[0].clone()));
}

/// A receiver that takes its time gets everything; the source waits for it.
pub async fn a_slow_receiver_gets_everything<B: Bench>(bench: &mut B) {
    let messages = ["slow one", "slow two"].map(|name| large_letter(name, 2 * CHUNK_MAX_BYTES + 7));
    for message in &messages {
        bench.deliver(message).await;
    }
    let mut source = bench.source();
    let inbox = bench.inbox();
    let (heads, _) = list(&mut source, &inbox, Scope::NewFromAll, None, 100).await;
    let ids = ids(&heads);
    let (out, mut received) = mpsc::channel(1);
    let fetching = async {
        let result = source.fetch(&inbox, &ids, &out).await;
        drop(out);
        result
    };
    let collecting = async {
        let mut bytes = Vec::new();
        let mut ended = 0;
        while let Some(fetched) = received.recv().await {
            yield_times(50).await;
            match fetched {
                Fetched::Chunk(chunk) => bytes.extend_from_slice(&chunk),
                Fetched::End => ended += 1,
                _ => {}
            }
        }
        (bytes, ended)
    };
    let (result, (bytes, ended)) = within("fetch", async { tokio::join!(fetching, collecting) }).await;
    result.expect("fetch works");
    assert_eq!(ended, messages.len());
    assert_eq!(bytes.len(), messages.concat().len());
}

/// When nobody listens any more the fetch ends with `Abandoned`, and the source stays usable.
pub async fn a_dropped_receiver_abandons_the_fetch<B: Bench>(bench: &mut B) {
    let large = large_letter("unwanted", LARGE_BYTES);
    bench.deliver(&large).await;
    let mut source = bench.source();
    let inbox = bench.inbox();
    let (heads, _) = list(&mut source, &inbox, Scope::NewFromAll, None, 100).await;
    let (out, mut received) = mpsc::channel(1);
    let asked = ids(&heads);
    let fetching = source.fetch(&inbox, &asked, &out);
    let listening = async move {
        assert!(matches!(received.recv().await, Some(Fetched::Begin(_))));
        drop(received);
    };
    let (result, ()) = within("fetch", async { tokio::join!(fetching, listening) }).await;
    assert_eq!(result.expect_err("nobody listens"), SourceError::Abandoned);
    assert!(raws(&mut source, &inbox, &heads).await == [large], "the source is usable");
}
