//! What a pre-filter does not want is looked at before it is fetched.

use crate::support::{World, inbox};
use mailcase_mail::{Criterion, GLANCE_BYTES, MailSource, Place, RemoteId};
use mailcase_testbed::graph::Fault;

fn letter(from: &str, subject: &str, size: usize) -> Vec<u8> {
    let mut raw = format!("From: {from}\r\nTo: soc@example.org\r\nSubject: {subject}\r\n\r\n").into_bytes();
    raw.resize(raw.len() + size, b'x');
    raw
}

fn criterion(place: Place, not: bool, terms: &[&str]) -> Criterion {
    Criterion { place, not, terms: terms.iter().map(ToString::to_string).collect() }
}

fn from_ann() -> Vec<Criterion> {
    vec![criterion(Place::From, false, &["ann@example.org"])]
}

#[tokio::test]
async fn the_beginning_of_what_a_search_finds_unwanted_is_read() {
    let world = World::start().await;
    let wanted = world.deliver_raw(&letter("ann@example.org", "report", 10));
    let unwanted = letter("scanner@example.net", "weekly", 3 << 20);
    let unwanted_id = world.deliver_raw(&unwanted);
    // Not asked about, whatever a search finds.
    world.deliver_raw(&letter("else@example.net", "other", 10));
    let mut source = world.source();
    let ids = [wanted.clone(), unwanted_id.clone()];
    let glances = source.glance(&inbox(), &ids, &from_ann()).await.unwrap();
    let [glance] = glances.as_slice() else { panic!("{glances:?}") };
    assert_eq!(glance.id, unwanted_id);
    assert_eq!(Some(&glance.bytes[..]), unwanted.get(..GLANCE_BYTES));
    for (criteria, expected) in [
        (criterion(Place::Subject, true, &["report", "nothing"]), vec![wanted.clone()]),
        (criterion(Place::Subject, true, &["nothing"]), vec![]),
        (criterion(Place::Recipients, false, &["soc@example.org"]), vec![]),
        (criterion(Place::Header("X-Spam".to_owned()), true, &["yes"]), vec![]),
    ] {
        let glances = source.glance(&inbox(), &ids, &[criteria]).await.unwrap();
        let seen: Vec<RemoteId> = glances.into_iter().map(|glance| glance.id).collect();
        assert_eq!(seen, expected);
    }
    assert!(source.glance(&inbox(), &[], &from_ann()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_server_that_does_not_search_is_not_asked_again() {
    let world = World::start().await;
    let id = world.deliver_raw(&letter("scanner@example.net", "weekly", 10));
    world.server.plan_fault("$search", 0, 1, Fault::error(400, "SearchNotSupported"));
    let mut source = world.source();
    for _ in 0..3 {
        assert!(source.glance(&inbox(), std::slice::from_ref(&id), &from_ann()).await.unwrap().is_empty());
    }
    assert_eq!(world.statuses("$search"), [400]);
    // Trouble that passes is told, and it is asked again.
    let mut source = world.source();
    world.server.plan_fault("$search", 0, 4, Fault::error(500, "generalException"));
    assert!(source.glance(&inbox(), std::slice::from_ref(&id), &from_ann()).await.is_err());
    assert_eq!(source.glance(&inbox(), &[id], &from_ann()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_message_that_is_not_given_is_left_to_its_fetch() {
    let world = World::start().await;
    let ids: Vec<RemoteId> =
        (0..2).map(|n| world.deliver_raw(&letter("scanner@example.net", &format!("m{n}"), 10))).collect();
    world.server.plan_fault("$value", 0, 1, Fault::error(500, "ErrorItemCorrupt"));
    let glances = world.source().glance(&inbox(), &ids, &from_ann()).await.unwrap();
    assert_eq!(glances.len(), 2, "asked twice, the stumble is over");
    world.server.plan_fault("$value", 0, 1, Fault::error(403, "ErrorAccessDenied"));
    let glances = world.source().glance(&inbox(), &ids, &from_ann()).await.unwrap();
    assert_eq!(glances.len(), 1);
}
