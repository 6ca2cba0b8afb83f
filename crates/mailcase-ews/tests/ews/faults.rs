//! Throttling, silence, cuts; every call ends, and says what is wrong.

use crate::support::{ANN, Got, PASSWORD, World, basic, fetch, ids, inbox, list};
use mailcase_ews::{EwsAccess, EwsSource};
use mailcase_mail::testkit::letter;
use mailcase_mail::{ActOutcome, Deadlines, MailSource, RemoteAction, Scope, SourceError};
use mailcase_testbed::ews::{EwsOptions, Fault};
use mailcase_transport::http::HttpClient;
use mailcase_transport::{Route, Trust};
use std::time::Duration;

const OPERATIONS: [&str; 6] =
    ["GetFolder", "FindFolder", "SyncFolderItems", "FindItem", "GetItem", "UpdateItem"];

/// A source whose deadlines a test can wait out, and a busy machine can keep.
fn impatient(world: &World) -> EwsSource {
    let deadlines = Deadlines { connect: Duration::from_secs(1), silence: Duration::from_secs(1) };
    let http = HttpClient::new(Route::direct(), Trust::default(), deadlines);
    EwsSource::new(EwsAccess { http, ..world.access(ANN, basic(ANN, PASSWORD)) }).unwrap()
}

#[tokio::test]
async fn storms_pass_over_every_call() {
    let world = World::start().await;
    world.deliver("a");
    let storms = [
        Fault::busy(Duration::from_millis(1)),
        Fault::Soap {
            code: "ErrorExceededConnectionCount".to_owned(),
            back_off: Some(Duration::from_millis(1)),
        },
        Fault::Status { status: 503, retry_after: Some("0".to_owned()) },
        Fault::Status { status: 429, retry_after: Some("0".to_owned()) },
        Fault::Item {
            index: 0,
            code: "ErrorMailboxStoreUnavailable".to_owned(),
            back_off: Some(Duration::from_millis(1)),
        },
    ];
    for storm in storms {
        for part in OPERATIONS {
            world.server.plan_fault(part, 0, 3, storm.clone());
        }
        let mut source = world.source();
        let (heads, _) = list(&mut source, Scope::NewFromAll, None, 10).await;
        let asked = ids(&heads);
        assert_eq!(list(&mut source, Scope::Unseen, None, 10).await.0.len(), asked.len());
        let (result, got) = fetch(&mut source, &asked).await;
        result.unwrap();
        assert_eq!(got[&asked[0]], Got::Raw(letter("a")));
        assert_eq!(source.inventory(&inbox()).await.unwrap().len(), 1);
        // Still unread for the next storm.
        let unknown = [mailcase_mail::RemoteId::new("AAMkAG=")];
        let outcomes = source.act(&inbox(), &unknown, &RemoteAction::MarkRead).await.unwrap();
        assert_eq!(outcomes, [ActOutcome::Gone], "{storm:?}");
        world.server.clear_faults();
    }
}

#[tokio::test]
async fn long_patience_is_for_the_caller() {
    let world = World::start().await;
    world.deliver("a");
    let mut source = world.source();
    source.inventory(&inbox()).await.unwrap();
    world.server.plan_fault("SyncFolderItems", 0, 1, Fault::busy(Duration::from_secs(120)));
    let error = source.discover(&inbox(), Scope::NewFromAll, None, 10).await.unwrap_err();
    let SourceError::Throttled { retry_after, .. } = error else { panic!("{error:?}") };
    assert_eq!(retry_after, Some(Duration::from_secs(120)));
    // It was not waited for, and the next call finds a working source.
    assert_eq!(list(&mut source, Scope::NewFromAll, None, 10).await.0.len(), 1);
}

#[tokio::test]
async fn a_mailbox_that_allows_little_at_once_gives_everything_in_the_end() {
    let world = World::start().await;
    for n in 0..12 {
        world.deliver_raw(&[letter(&format!("m{n}")), vec![b'x'; 300 << 10]].concat());
    }
    let mut source = world.source();
    let (heads, _) = list(&mut source, Scope::NewFromAll, None, 100).await;
    let too_many = Fault::Soap {
        code: "ErrorExceededConnectionCount".to_owned(),
        back_off: Some(Duration::from_millis(1)),
    };
    world.server.plan_fault("GetItem", 1, 7, too_many);
    let (result, got) = fetch(&mut source, &ids(&heads)).await;
    result.unwrap();
    assert!(got.len() == 12 && got.values().all(|got| matches!(got, Got::Raw(_))));
    let complaints =
        world.server.asked().into_iter().filter(|asked| asked.code == "ErrorExceededConnectionCount");
    assert_eq!(complaints.count(), 7);
}

#[tokio::test]
async fn silence_ends_by_the_deadline_and_leaves_a_usable_source() {
    let world = World::start().await;
    world.deliver("a");
    let mut source = impatient(&world);
    let (heads, _) = list(&mut source, Scope::NewFromAll, None, 10).await;
    let asked = ids(&heads);
    for part in ["SyncFolderItems", "FindItem", "GetItem", "UpdateItem"] {
        world.server.plan_fault(part, 0, 1, Fault::Stall);
    }
    let timed_out = |error: SourceError| assert!(matches!(error, SourceError::TimedOut { .. }), "{error:?}");
    timed_out(source.discover(&inbox(), Scope::NewFromAll, None, 10).await.unwrap_err());
    timed_out(source.discover(&inbox(), Scope::Unseen, None, 10).await.unwrap_err());
    timed_out(fetch(&mut source, &asked).await.0.unwrap_err());
    timed_out(source.act(&inbox(), &asked, &RemoteAction::MarkRead).await.unwrap_err());
    assert_eq!(list(&mut source, Scope::NewFromAll, None, 10).await.0.len(), 1);
}

#[tokio::test]
async fn a_cut_in_the_middle_of_a_listing_is_an_error_and_no_short_list() {
    let world = World::start().await;
    for n in 0..20 {
        world.deliver(&format!("m{n}"));
    }
    let mut source = world.source();
    source.folders().await.unwrap();
    for part in ["SyncFolderItems", "FindItem"] {
        for cut in [0, 100, 900, 2_000] {
            world.server.plan_fault(part, 0, usize::MAX, Fault::CutAfter(cut));
            let scope = if part == "FindItem" { Scope::Unseen } else { Scope::NewFromAll };
            let error = source.discover(&inbox(), scope, None, 100).await.unwrap_err();
            assert_eq!(error.code(), "unreachable", "{part} cut after {cut} bytes: {error}");
            world.server.clear_faults();
        }
    }
    assert_eq!(list(&mut source, Scope::NewFromAll, None, 100).await.0.len(), 20);
}

#[tokio::test]
async fn what_people_read_names_no_address() {
    let world = World::start().await;
    let mut source = EwsSource::new(world.access("nobody@example.org", basic(ANN, PASSWORD))).unwrap();
    let error = source.folders().await.unwrap_err();
    assert_eq!(error.code(), "unsupported", "{error:?}");
    assert!(!format!("{error} {error:?} {source:?}").contains("nobody"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_of_one_at_once_is_learned() {
    let world = World::with(EwsOptions { concurrency: 1, ..EwsOptions::default() }).await;
    for n in 0..24 {
        world.deliver_raw(&[letter(&format!("m{n}")), vec![b'x'; 2 << 20]].concat());
    }
    let mut source = world.source();
    let (heads, _) = list(&mut source, Scope::NewFromAll, None, 100).await;
    let asked = ids(&heads);
    let (result, got) = fetch(&mut source, &asked).await;
    result.unwrap();
    assert!(got.len() == 24 && got.values().all(|got| matches!(got, Got::Raw(_))));
    let complaints = || {
        let asked = world.server.asked();
        asked.iter().filter(|asked| asked.code == "ErrorExceededConnectionCount").count()
    };
    // Six at once become three, two and one: after three complaints there is nothing left to learn. How many the first
    // time brings depends on what happened to meet.
    let mut counted = vec![complaints()];
    while counted.len() <= 4 && counted.last_chunk().is_none_or(|[before, last]| before != last) {
        fetch(&mut source, &asked).await.0.unwrap();
        counted.push(complaints());
    }
    assert!(counted.last_chunk().is_some_and(|[before, last]| before == last), "not learned: {counted:?}");
}
