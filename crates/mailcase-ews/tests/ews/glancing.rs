//! What a pre-filter does not want is looked at before it is fetched.

use crate::support::{ANN, PASSWORD, World, basic, fetch, ids, inbox, list};
use jiff::Timestamp;
use mailcase_ews::{EwsAccess, EwsSource};
use mailcase_mail::{
    Criterion, Deadlines, GLANCE_BYTES, Glance, MailSource, Place, RemoteId, Scope, SourceError,
};
use mailcase_testbed::ews::{EwsOptions, Fault};
use mailcase_transport::http::HttpClient;
use mailcase_transport::{Route, Trust};
use std::time::Duration;

const LARGE: usize = 100 << 10;

fn letter(from: &str, subject: &str, size: usize) -> Vec<u8> {
    let mut raw = format!(
        "From: {from}\r\nTo: Desk <soc@example.org>\r\nSubject: {subject}\r\nX-Spam-Level: 5\r\n\r\n"
    )
    .into_bytes();
    raw.resize(raw.len() + size, b'x');
    raw
}

fn criterion(place: Place, not: bool, terms: &[&str]) -> Criterion {
    Criterion { place, not, terms: terms.iter().map(ToString::to_string).collect() }
}

fn from_ann() -> Vec<Criterion> {
    vec![criterion(Place::From, false, &["ann@example.org"])]
}

/// Delivers these now, and lists them: their identities in this order.
async fn delivered(world: &World, letters: &[Vec<u8>]) -> (EwsSource, Vec<RemoteId>) {
    let start = Timestamp::now();
    for (count, raw) in (0_i64..).zip(letters) {
        let received = start - jiff::SignedDuration::from_secs(3_600 - count);
        world.server.deliver(ANN, "Inbox", raw, received).unwrap();
    }
    let mut source = world.source();
    let (heads, _) = list(&mut source, Scope::NewFromAll, None, 1_000).await;
    assert_eq!(heads.len(), letters.len());
    (source, ids(&heads))
}

async fn seen(source: &mut EwsSource, asked: &[RemoteId], criteria: &[Criterion]) -> Vec<Glance> {
    source.glance(&inbox(), asked, criteria).await.unwrap()
}

#[tokio::test]
async fn the_beginning_of_what_a_search_finds_unwanted_is_read() {
    let world = World::start().await;
    let unwanted = letter("Scanner <scanner@example.net>", "weekly", 3 << 20);
    let letters = [
        letter("Ann <ann@example.org>", "Annual report", LARGE),
        unwanted.clone(),
        letter("small@example.net", "small", 10),
        letter("else@example.net", "not asked about", LARGE),
    ];
    let (mut source, all) = delivered(&world, &letters).await;
    let asked = &all[..3];
    let glances = seen(&mut source, asked, &from_ann()).await;
    let [glance] = glances.as_slice() else { panic!("{glances:?}") };
    assert_eq!(glance.id, all[1]);
    assert_eq!(Some(&glance.bytes[..]), unwanted.get(..GLANCE_BYTES));
    let spam = || Place::Header("x-spam-level".to_owned());
    for (criteria, expected) in [
        (criterion(Place::Subject, true, &["REPORT", "nothing"]), vec![&all[0]]),
        (criterion(Place::Subject, true, &["nothing"]), vec![]),
        (criterion(Place::Recipients, false, &["soc@example.org"]), vec![]),
        (criterion(Place::Recipients, true, &["SOC@example.org"]), vec![&all[0], &all[1]]),
        (criterion(spam(), true, &["5"]), vec![&all[0], &all[1]]),
        (criterion(spam(), false, &[]), vec![]),
        (criterion(Place::Header("X-Other".to_owned()), false, &[]), vec![&all[0], &all[1]]),
    ] {
        let glances = seen(&mut source, asked, std::slice::from_ref(&criteria)).await;
        let mut found: Vec<&RemoteId> = glances.iter().map(|glance| &glance.id).collect();
        found.sort_by_key(|id| all.iter().position(|other| other == *id));
        assert_eq!(found, expected, "{criteria:?}");
    }
    // Nothing was changed, and everything can be fetched as before.
    let (result, got) = fetch(&mut source, &all).await;
    result.unwrap();
    assert_eq!(got.len(), 4);
    assert_eq!(list(&mut source, Scope::Unseen, None, 10).await.0.len(), 4);
}

#[tokio::test]
async fn nobody_is_asked_when_a_look_spares_nothing() {
    let world = World::start().await;
    let (mut source, all) = delivered(&world, &[letter("a@example.net", "small", 10)]).await;
    world.deliver_raw(&letter("b@example.net", "of January", LARGE));
    let (heads, _) = list(&mut source, Scope::NewFromAll, None, 10).await;
    assert_eq!(heads.len(), all.len() + 1);
    let before = world.server.asked().len();
    assert_eq!(seen(&mut source, &ids(&heads), &from_ann()).await, []);
    assert_eq!(seen(&mut source, &[], &from_ann()).await, []);
    assert_eq!(world.server.asked().len(), before, "small, long ago, or nothing at all");
    // One that was not listed by this source may be of any size.
    assert_eq!(seen(&mut world.source(), &all, &from_ann()).await, []);
    assert_eq!(world.server.count("FindItem"), 0);
}

#[tokio::test]
async fn a_server_that_does_not_search_is_left_alone() {
    for refusal in [
        Fault::soap("ErrorUnsupportedPathForQuery"),
        Fault::item(0, "ErrorUnsupportedQueryFilter"),
        Fault::status(400),
    ] {
        let world = World::start().await;
        let (mut source, all) = delivered(&world, &[letter("a@example.net", "x", LARGE)]).await;
        world.server.plan_fault("FindItem", 0, 1, refusal);
        for _ in 0..3 {
            assert_eq!(seen(&mut source, &all, &from_ann()).await, []);
        }
        assert_eq!(world.server.count("FindItem"), 1);
    }
}

#[tokio::test]
async fn a_search_that_takes_too_long_is_not_waited_for_again() {
    let world = World::start().await;
    let (_, all) = delivered(&world, &[letter("a@example.net", "x", LARGE)]).await;
    let deadlines = Deadlines { connect: Duration::from_secs(1), silence: Duration::from_secs(1) };
    let http = HttpClient::new(Route::direct(), Trust::default(), deadlines);
    let access = EwsAccess { http, ..world.access(ANN, basic(ANN, PASSWORD)) };
    let mut source = EwsSource::new(access).unwrap();
    list(&mut source, Scope::NewFromAll, None, 10).await;
    world.server.plan_fault("FindItem", 0, usize::MAX, Fault::Stall);
    assert_eq!(seen(&mut source, &all, &from_ann()).await, []);
    world.server.clear_faults();
    let before = world.server.asked().len();
    assert_eq!(seen(&mut source, &all, &from_ann()).await, []);
    assert_eq!(world.server.asked().len(), before, "it is left alone for a while");
    assert!(fetch(&mut source, &all).await.0.is_ok());
}

#[tokio::test]
async fn trouble_that_passes_is_borne_or_told() {
    let world = World::start().await;
    let (mut source, all) = delivered(&world, &[letter("a@example.net", "x", LARGE)]).await;
    let moment = Fault::busy(Duration::from_millis(1));
    for operation in ["FindItem", "GetItem"] {
        world.server.plan_fault(operation, 0, 2, moment.clone());
    }
    assert_eq!(seen(&mut source, &all, &from_ann()).await.len(), 1);
    for operation in ["FindItem", "GetItem"] {
        world.server.plan_fault(operation, 0, 1, Fault::busy(Duration::from_secs(600)));
        let error = source.glance(&inbox(), &all, &from_ann()).await.unwrap_err();
        let SourceError::Throttled { retry_after, .. } = error else { panic!("{error:?}") };
        assert_eq!(retry_after, Some(Duration::from_secs(600)), "{operation}");
    }
    assert_eq!(seen(&mut source, &all, &from_ann()).await.len(), 1, "it is asked again");
}

#[tokio::test]
async fn a_message_that_is_not_given_is_left_to_its_fetch() {
    let world = World::start().await;
    let letters: Vec<Vec<u8>> =
        (0..4).map(|n| letter("a@example.net", &format!("m{n}"), LARGE + n)).collect();
    let (mut source, all) = delivered(&world, &letters).await;
    world.server.break_message(&world.id_of("Inbox", &letters[0]), "ErrorItemCorrupt");
    world.server.break_message(&world.id_of("Inbox", &letters[1]), "ErrorItemNotFound");
    world.server.plan_fault("GetItem", 0, 1, Fault::status(400));
    let glances = seen(&mut source, &all, &from_ann()).await;
    assert!(matches!(glances.len(), 1 | 2), "one or two of those that are there: {}", glances.len());
    for glance in glances {
        assert!(glance.id != all[0] && glance.id != all[1] && glance.bytes.len() == GLANCE_BYTES);
    }
}

#[tokio::test]
async fn a_search_goes_from_page_to_page() {
    let world = World::with(EwsOptions { find_page: 3, ..EwsOptions::default() }).await;
    let letters: Vec<Vec<u8>> =
        (0..10).map(|n| letter("a@example.net", &format!("m{n}"), LARGE + n)).collect();
    let (mut source, all) = delivered(&world, &letters).await;
    // The newest are found first, and the search ends with the oldest that was asked about.
    assert_eq!(seen(&mut source, &all[8..], &from_ann()).await.len(), 2);
    assert_eq!(world.server.count("FindItem"), 1);
    // A page holds three, and no more than four are read.
    assert_eq!(seen(&mut source, &all[1..], &from_ann()).await.len(), 9);
    assert_eq!(world.server.count("FindItem"), 1 + 4);
}
