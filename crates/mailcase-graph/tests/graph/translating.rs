//! The same messages by their names in Exchange Web Services.

use crate::support::{ANN, Tokens, World, inbox};
use mailcase_mail::{Deadlines, MailSource, RemoteId, Scope, SourceError, Translation};
use mailcase_testbed::graph::{self, Caller, GraphOptions, TOKEN};

const PERSON: &str = "ann's token";

/// Enough for a second request of either way.
const MANY: usize = 1_003;

async fn there_and_back(token: &str) -> World {
    let person = (PERSON.to_owned(), Caller::user(ANN));
    let tokens = graph::Tokens::Fixed(vec![(TOKEN.to_owned(), Caller::application()), person]);
    let world = World::with(GraphOptions { tokens, ..GraphOptions::default() }).await;
    let ids: Vec<RemoteId> = (0..MANY).map(|n| world.deliver(&format!("m{n}"))).collect();
    let mut source = world.source_of(ANN, Tokens::of(&[token]), Deadlines::default());
    let ews = source.translate(&ids, Translation::Into("ews")).await.unwrap();
    let ews: Vec<RemoteId> = ews.into_iter().map(Option::unwrap).collect();
    assert!(ews.iter().all(|id| !id.as_str().contains(['-', '_'])), "the alphabet of EWS");
    assert!(ews.iter().any(|id| id.as_str().contains('/')) && ews.iter().any(|id| id.as_str().contains('+')));
    let back = source.translate(&ews, Translation::From("ews")).await.unwrap();
    assert_eq!(back, ids.iter().cloned().map(Some).collect::<Vec<_>>());

    // What is no longer there has no other name, and does not disturb the rest.
    let (ids, ews) = (ids.first_chunk::<3>().unwrap(), ews.first_chunk::<3>().unwrap());
    let without_second = |[first, _, third]: &[RemoteId; 3]| [Some(first.clone()), None, Some(third.clone())];
    let [_, gone, _] = ids;
    world.server.purge(ANN, gone.as_str()).unwrap();
    let some = source.translate(ids, Translation::Into("ews")).await.unwrap();
    assert_eq!(some, without_second(ews));
    let some = source.translate(ews, Translation::From("ews")).await.unwrap();
    assert_eq!(some, without_second(ids));
    world
}

#[tokio::test]
async fn a_person_translates_by_the_thousand() {
    let world = there_and_back(PERSON).await;
    assert_eq!(world.statuses("translateExchangeIds"), [200; 6]);
}

#[tokio::test]
async fn an_application_asks_for_each_message_in_the_other_form() {
    let world = there_and_back(TOKEN).await;
    assert_eq!(world.statuses("translateExchangeIds"), [403; 4], "asked once per call");
}

#[tokio::test]
async fn names_of_other_kinds_mean_nothing() {
    let world = World::start().await;
    let refused = world.source().translate(&[RemoteId::new("1.7")], Translation::From("imap")).await;
    assert!(matches!(refused, Err(SourceError::Unsupported { .. })), "{refused:?}");
}

#[tokio::test]
async fn what_another_source_left_out_stays_out() {
    let world = World::start().await;
    let (old, new) = (world.deliver("old"), world.deliver("new"));
    let mut source = world.source();
    let listed = source.discover(&inbox(), Scope::NewFromAll, None, 10).await.unwrap();
    assert!(!source.was_before_first_run(&listed.cursor, &old));
    let cursor = source.leaving_out(&listed.cursor, std::slice::from_ref(&old));
    assert!(source.was_before_first_run(&cursor, &old) && !source.was_before_first_run(&cursor, &new));
    // A change brings it back into the server's answer, and it is still not new.
    world.server.mark_read(ANN, old.as_str()).unwrap();
    let newest = world.deliver("newest");
    let next = source.discover(&inbox(), Scope::NewFromUnread, Some(&cursor), 10).await.unwrap();
    let ids: Vec<_> = next.messages.into_iter().map(|head| head.id).collect();
    assert_eq!(ids, [newest]);
    assert!(source.was_before_first_run(&next.cursor, &old));
}
