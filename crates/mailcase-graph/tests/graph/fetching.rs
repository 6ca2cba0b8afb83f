//! Raw messages: large ones, many at once, and those the server cannot give.

use crate::support::{Got, World, fetch, inbox};
use mailcase_mail::testkit::letter;
use mailcase_mail::{CHUNK_MAX_BYTES, Fetched, MailSource, RemoteId};
use mailcase_testbed::graph::{Event, Fault, GraphOptions};
use tokio::sync::mpsc;

#[tokio::test]
async fn a_mailbox_is_never_asked_for_more_at_once_than_it_allows() {
    let world = World::start().await;
    let ids: Vec<RemoteId> = (0..60).map(|n| world.deliver(&format!("m{n}"))).collect();
    let (result, got) = fetch(&mut world.source(), &ids).await;
    result.unwrap();
    assert_eq!(got.len(), 60);
    assert_eq!(world.statuses("/$value"), [200; 60], "nobody had to be turned away");
    // Where there are no batches, as well.
    let world = World::with(GraphOptions { batch: false, ..GraphOptions::default() }).await;
    let ids: Vec<RemoteId> = (0..60).map(|n| world.deliver(&format!("m{n}"))).collect();
    let (result, got) = fetch(&mut world.source(), &ids).await;
    result.unwrap();
    assert_eq!(got.len(), 60);
    assert_eq!(world.statuses("/$value"), [200; 60], "nobody had to be turned away");
    let served =
        world.server.ledger().into_iter().filter(|entry| matches!(entry.event, Event::Served { .. }));
    assert_eq!(served.count(), 60, "each was served once");
}

#[tokio::test]
async fn a_message_of_150_megabytes_streams() {
    const SIZE: usize = 150 << 20;
    let world = World::encrypted().await;
    let large = [letter("large"), vec![b'x'; SIZE]].concat();
    let ids = [world.deliver("before"), world.deliver_raw(&large), world.deliver("after")];
    let (out, mut fetched) = mpsc::channel(2);
    let mut source = world.source();
    let folder = inbox();
    let fetching = async {
        let result = source.fetch(&folder, &ids, &out).await;
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
    let (result, sizes) = tokio::join!(fetching, counting);
    result.unwrap();
    assert_eq!(sizes, [letter("before").len(), large.len(), letter("after").len(), 0]);
}

#[tokio::test]
async fn one_message_the_server_cannot_give_does_not_hold_up_the_others() {
    let world = World::start().await;
    let ids = ["a", "b", "c"].map(|name| world.deliver(name));
    let part = format!("{}/$value", ids[1]);
    world.server.plan_fault(&part, 0, usize::MAX, Fault::error(400, "ErrorMimeContentConversionFailed"));
    let (result, got) = fetch(&mut world.source(), &ids).await;
    result.unwrap();
    assert!(
        matches!(&got[&ids[1]], Got::Unreadable(reason) if reason.contains("ErrorMimeContentConversionFailed"))
    );
    assert_eq!(got[&ids[2]], Got::Raw(letter("c")));
}

#[tokio::test]
async fn a_cut_before_anything_was_handed_on_is_mended_and_one_later_is_an_error() {
    let world = World::start().await;
    let small = world.deliver("small");
    world.server.plan_fault("/$value", 0, 1, Fault::CutAfter(20));
    let mut source = world.source();
    let (result, got) = fetch(&mut source, std::slice::from_ref(&small)).await;
    result.unwrap();
    assert_eq!(got[&small], Got::Raw(letter("small")));
    let large = [letter("large"), vec![b'x'; 3 << 20]].concat();
    let id = world.deliver_raw(&large);
    world.server.plan_fault("/$value", 0, 1, Fault::CutAfter(2 << 20));
    let (result, got) = fetch(&mut source, std::slice::from_ref(&id)).await;
    assert_eq!(result.unwrap_err().code(), "unreachable");
    assert!(got.is_empty(), "half a message is none");
    let (result, got) = fetch(&mut source, std::slice::from_ref(&id)).await;
    result.unwrap();
    assert!(got[&id] == Got::Raw(large));
}

#[tokio::test]
async fn a_message_moved_away_after_it_was_listed_is_not_lost() {
    let world = World::start().await;
    let id = world.deliver("quickly tidied away");
    world.server.relocate(crate::support::ANN, id.as_str(), "Archive").unwrap();
    let (result, got) = fetch(&mut world.source(), std::slice::from_ref(&id)).await;
    result.unwrap();
    assert_eq!(got[&id], Got::Raw(letter("quickly tidied away")));
}

#[tokio::test]
async fn many_small_messages_come_in_few_requests_and_each_is_what_it_is() {
    let world = World::start().await;
    let mut ids: Vec<RemoteId> = (0..60).map(|n| world.deliver(&format!("m{n}"))).collect();
    let large = [letter("large"), vec![b'x'; 3 << 20]].concat();
    ids.insert(7, world.deliver_raw(&large));
    world.server.purge(crate::support::ANN, ids[11].as_str()).unwrap();
    // Refused in the batch and then by itself, refused in the batch alone, refused for a while.
    for (at, times, fault) in [
        (20, usize::MAX, Fault::error(400, "ErrorMimeContentConversionFailed")),
        (21, 1, Fault::error(400, "BadRequest")),
        (22, 1, Fault::throttled(429, "0")),
    ] {
        world.server.plan_fault(&format!("{}/$value", ids[at]), 0, times, fault);
    }
    let (result, mut got) = fetch(&mut world.source(), &ids).await;
    result.unwrap();
    assert_eq!(got.len(), 61);
    assert!(got.remove(&ids[7]) == Some(Got::Raw(large)));
    assert_eq!(got.remove(&ids[11]), Some(Got::Gone));
    assert!(matches!(got.remove(&ids[20]), Some(Got::Unreadable(_))));
    for (id, what) in got {
        let at = ids.iter().position(|known| *known == id).unwrap();
        let number = if at > 7 { at - 1 } else { at };
        assert_eq!(what, Got::Raw(letter(&format!("m{number}"))));
    }
    let asked = world.server.asked();
    let alone = asked.iter().filter(|asked| !asked.line.starts_with("$batch "));
    assert!(alone.count() < 20, "{asked:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_large_messages_on_one_connection_do_not_wait_for_each_other() {
    let world = World::encrypted().await;
    let raws: Vec<Vec<u8>> =
        (0..8).map(|n| [letter(&format!("large {n}")), vec![b'x'; 12 << 20]].concat()).collect();
    let ids: Vec<RemoteId> = raws.iter().map(|raw| world.deliver_raw(raw)).collect();
    let (result, got) = fetch(&mut world.source(), &ids).await;
    result.unwrap();
    assert!(ids.iter().zip(raws).all(|(id, raw)| got[id] == Got::Raw(raw)));
}
