//! Raw messages: large ones, many at once, and those the server cannot give.

use crate::support::{ANN, Got, World, fetch, ids, inbox, list};
use mailcase_ews::EwsSource;
use mailcase_mail::testkit::letter;
use mailcase_mail::{CHUNK_MAX_BYTES, Fetched, MailSource, RemoteId, Scope, SourceError};
use mailcase_testbed::ews::{Event, EwsOptions, Fault};
use std::time::Duration;
use tokio::sync::mpsc;

/// Delivers so many letters and lists them.
async fn letters(world: &World, count: usize) -> (EwsSource, Vec<RemoteId>) {
    for n in 0..count {
        world.deliver(&format!("m{n}"));
    }
    let mut source = world.source();
    let (heads, _) = list(&mut source, Scope::NewFromAll, None, 1_000).await;
    assert_eq!(heads.len(), count);
    (source, ids(&heads))
}

fn served(world: &World) -> usize {
    world.server.ledger().into_iter().filter(|entry| matches!(entry.event, Event::Served { .. })).count()
}

#[tokio::test]
async fn small_messages_come_together_and_each_is_served_once() {
    let world = World::with(EwsOptions { concurrency: 6, ..EwsOptions::default() }).await;
    let (mut source, asked) = letters(&world, 200).await;
    let before = world.server.count("GetItem");
    let (result, got) = fetch(&mut source, &asked).await;
    result.unwrap();
    for (n, id) in asked.iter().enumerate() {
        assert_eq!(got[id], Got::Raw(letter(&format!("m{n}"))));
    }
    assert_eq!(served(&world), 200, "each was served once");
    assert_eq!(world.server.count("GetItem") - before, 8, "the sizes were known from the listing");
    assert!(world.server.asked().iter().all(|asked| asked.status == 200), "nobody had to be turned away");
    // A source that did not list them asks for the sizes first.
    let mut fresh = world.source();
    let (result, got) = fetch(&mut fresh, &asked).await;
    result.unwrap();
    assert_eq!(got.len(), 200);
    assert_eq!(world.server.count("GetItem") - before, 8 + 2 + 8);
}

#[tokio::test]
async fn a_message_of_150_megabytes_streams() {
    const SIZE: usize = 150 << 20;
    let world = World::encrypted(EwsOptions::default()).await;
    let large = [letter("large"), vec![b'x'; SIZE]].concat();
    world.deliver("before");
    world.deliver_raw(&large);
    world.deliver("after");
    let mut source = world.source();
    let (heads, _) = list(&mut source, Scope::NewFromAll, None, 10).await;
    let asked = ids(&heads);
    let (out, mut fetched) = mpsc::channel(2);
    let folder = inbox();
    let fetching = async {
        let result = source.fetch(&folder, &asked, &out).await;
        drop(out);
        result
    };
    let counting = async {
        let mut sizes = vec![0];
        while let Some(event) = fetched.recv().await {
            match event {
                Fetched::Chunk(bytes) => {
                    assert!(bytes.len() <= CHUNK_MAX_BYTES);
                    *sizes.last_mut().unwrap() += bytes.len();
                }
                Fetched::End => sizes.push(0),
                Fetched::Begin(_) => {}
                other => panic!("{other:?}"),
            }
        }
        sizes
    };
    let (result, mut sizes) = tokio::join!(fetching, counting);
    result.unwrap();
    // The order is that of the server.
    sizes.sort_unstable();
    assert_eq!(sizes, [0, letter("after").len(), letter("before").len(), large.len()]);
}

#[tokio::test]
async fn messages_the_server_cannot_give_do_not_hold_up_the_others() {
    let world = World::start().await;
    let (mut source, asked) = letters(&world, 30).await;
    for (n, code) in [
        (3, "ErrorItemCorrupt"),
        (4, "ErrorMessageSizeExceeded"),
        (5, "ErrorContentConversionFailed"),
        (6, "ErrorVirusDetected"),
    ] {
        world.server.break_message(&world.id_of("Inbox", &letter(&format!("m{n}"))), code);
    }
    world.server.purge(ANN, &world.id_of("Inbox", &letter("m7"))).unwrap();
    for some in [&asked[..], &asked[3..8]] {
        let (result, got) = fetch(&mut source, some).await;
        result.unwrap();
        for (n, code) in [(3, "ErrorItemCorrupt"), (4, "ErrorMessageSizeExceeded"), (6, "ErrorVirusDetected")]
        {
            assert!(matches!(&got[&asked[n]], Got::Unreadable(reason) if reason.contains(code)), "{got:?}");
        }
        assert_eq!(got[&asked[7]], Got::Gone);
        assert_eq!(got.values().filter(|got| matches!(got, Got::Raw(_))).count(), some.len() - 5);
    }
}

#[tokio::test]
async fn items_refused_for_a_while_are_asked_for_again() {
    let world = World::start().await;
    let (mut source, asked) = letters(&world, 30).await;
    let busy = |index| Fault::Item {
        index,
        code: "ErrorServerBusy".to_owned(),
        back_off: Some(Duration::from_millis(1)),
    };
    // One within a request about many, then the same one by itself.
    world.server.plan_fault("GetItem", 0, 1, busy(2));
    world.server.plan_fault("GetItem", 1, 1, busy(0));
    let (result, got) = fetch(&mut source, &asked).await;
    result.unwrap();
    assert!(got.values().all(|got| matches!(got, Got::Raw(_))) && got.len() == 30);
    // For long: it is for the caller to wait.
    let long =
        Fault::Item { index: 0, code: "ErrorServerBusy".to_owned(), back_off: Some(Duration::from_secs(90)) };
    world.server.plan_fault("GetItem", 0, 1, long);
    let (result, got) = fetch(&mut source, &asked[..1]).await;
    let expected = Some(Duration::from_secs(90));
    assert!(matches!(result, Err(SourceError::Throttled { retry_after, .. }) if retry_after == expected));
    assert!(got.is_empty());
}

#[tokio::test]
async fn a_fault_about_many_is_cleared_up_by_asking_for_each() {
    let world = World::start().await;
    let (mut source, asked) = letters(&world, 30).await;
    world.server.plan_fault("GetItem", 0, 1, Fault::soap("ErrorInternalServerError"));
    let (result, got) = fetch(&mut source, &asked).await;
    result.unwrap();
    assert!(got.values().all(|got| matches!(got, Got::Raw(_))) && got.len() == 30);
}

#[tokio::test]
async fn a_cut_before_anything_was_handed_on_is_mended_and_one_later_is_an_error() {
    let world = World::start().await;
    world.deliver("small");
    let large = [letter("large"), vec![b'x'; 3 << 20]].concat();
    world.deliver_raw(&large);
    let mut source = world.source();
    let (heads, _) = list(&mut source, Scope::NewFromAll, None, 10).await;
    let asked = ids(&heads);
    for cut in [0, 20, 700] {
        world.server.plan_fault("GetItem", 0, 1, Fault::CutAfter(cut));
        let (result, got) = fetch(&mut source, &asked[..1]).await;
        result.unwrap();
        assert_eq!(got[&asked[0]], Got::Raw(letter("small")), "cut after {cut} bytes");
    }
    world.server.plan_fault("GetItem", 0, 1, Fault::CutAfter(2 << 20));
    let (result, got) = fetch(&mut source, &asked[1..]).await;
    assert_eq!(result.unwrap_err().code(), "unreachable");
    assert!(got.is_empty(), "half a message is none");
    let (result, got) = fetch(&mut source, &asked[1..]).await;
    result.unwrap();
    assert!(got[&asked[1]] == Got::Raw(large));
}

#[tokio::test]
async fn a_message_moved_away_is_gone() {
    let world = World::start().await;
    let (mut source, asked) = letters(&world, 1).await;
    let id = world.id_of("Inbox", &letter("m0"));
    world.server.relocate(ANN, &id, "Archive").unwrap();
    let (result, got) = fetch(&mut source, &asked).await;
    result.unwrap();
    assert_eq!(got[&asked[0]], Got::Gone, "its identity ended with its place");
}

#[tokio::test]
async fn what_exchange_calls_something_else_is_mail_all_the_same() {
    let world = World::start().await;
    let of_kind = |name: &str, kind: &str, body: &str| {
        format!(
            "Message-ID: <{name}@suite.example>\r\nFrom: ada@example.org\r\nTo: desk@example.org\r\nSubject: {name}\r\n\
             MIME-Version: 1.0\r\nContent-Type: {kind}\r\n\r\n{body}\r\n"
        )
        .into_bytes()
    };
    let calendar = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR";
    let report = "--b\r\n\r\nIt did not arrive.\r\n--b--";
    let raws = [
        of_kind("request", "text/calendar; method=REQUEST", calendar),
        of_kind("cancel", "text/calendar; method=CANCEL", calendar),
        of_kind("reply", "text/calendar; method=REPLY", calendar),
        of_kind("undelivered", "multipart/report; report-type=delivery-status; boundary=b", report),
        of_kind("receipt", "multipart/report; report-type=disposition-notification; boundary=b", report),
        of_kind("encrypted", "application/pkcs7-mime; smime-type=enveloped-data", "MIAG"),
    ];
    for raw in &raws {
        world.deliver_raw(raw);
    }
    let mut source = world.source();
    for scope in [Scope::NewFromAll, Scope::Unseen] {
        assert_eq!(list(&mut source, scope, None, 10).await.0.len(), raws.len(), "{scope:?}");
    }
    let (heads, _) = list(&mut source, Scope::NewFromAll, None, 10).await;
    let asked = ids(&heads);
    let (result, got) = fetch(&mut source, &asked).await;
    result.unwrap();
    for (id, raw) in asked.iter().zip(raws) {
        assert_eq!(got[id], Got::Raw(raw));
    }
    let done = source.act(&inbox(), &asked, &mailcase_mail::RemoteAction::MarkRead).await.unwrap();
    assert_eq!(done, vec![mailcase_mail::ActOutcome::Done; 6]);
    let done = source.act(&inbox(), &asked, &mailcase_mail::RemoteAction::Delete).await.unwrap();
    assert_eq!(done, vec![mailcase_mail::ActOutcome::Done; 6]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_large_messages_on_one_connection_do_not_wait_for_each_other() {
    let world = World::encrypted(EwsOptions::default()).await;
    let raws: Vec<Vec<u8>> =
        (0..8).map(|n| [letter(&format!("large {n}")), vec![b'x'; 12 << 20]].concat()).collect();
    for raw in &raws {
        world.deliver_raw(raw);
    }
    let mut source = world.source();
    let (heads, _) = list(&mut source, Scope::NewFromAll, None, 10).await;
    let asked = ids(&heads);
    let (result, got) = fetch(&mut source, &asked).await;
    result.unwrap();
    assert!(asked.iter().zip(raws).all(|(id, raw)| got[id] == Got::Raw(raw)));
}
