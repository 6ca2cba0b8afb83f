//! Throttling, expiry, silence, cuts.

use crate::support::{ANN, Got, Tokens, World, fetch, ids, inbox, list, short};
use mailcase_mail::testkit::letter;
use mailcase_mail::{Deadlines, MailSource, Scope, SourceError};
use mailcase_testbed::graph::{Caller, Fault, GraphOptions, TOKEN};
use std::time::Duration;

#[tokio::test]
async fn storms_of_429_and_503_pass_over_every_call() {
    let world = World::start().await;
    let id = world.deliver("a");
    let mut source = world.source();
    for status in [429, 503] {
        for part in ["/mailFolders?", "/messages/delta", "/$value", "/$batch", "$orderby"] {
            world.server.plan_fault(part, 0, 3, Fault::throttled(status, "0"));
        }
        let mut fresh = world.source();
        let (heads, _) = list(&mut fresh, Scope::NewFromAll, None, 10).await;
        assert_eq!(ids(&heads), std::slice::from_ref(&id));
        let (result, got) = fetch(&mut fresh, std::slice::from_ref(&id)).await;
        result.unwrap();
        assert_eq!(got[&id], Got::Raw(letter("a")));
        assert_eq!(fresh.inventory(&inbox()).await.unwrap().len(), 1);
        let read = mailcase_mail::RemoteAction::MarkRead;
        assert_eq!(
            fresh.act(&inbox(), std::slice::from_ref(&id), &read).await.unwrap(),
            [mailcase_mail::ActOutcome::Done]
        );
        assert!(world.statuses("").contains(&status));
    }
    source.inventory(&inbox()).await.unwrap();
}

#[tokio::test]
async fn parts_of_a_batch_that_are_refused_for_a_while_are_asked_again() {
    let world = World::start().await;
    let all: Vec<_> = (0..25).map(|n| world.deliver(&format!("m{n}"))).collect();
    world.server.plan_fault("PATCH", 3, 5, Fault::throttled(429, "0"));
    world.server.plan_fault("$select=parentFolderId", 10, 5, Fault::throttled(503, "0"));
    let mut source = world.source();
    let done = source.act(&inbox(), &all, &mailcase_mail::RemoteAction::MarkRead).await.unwrap();
    assert_eq!(done, vec![mailcase_mail::ActOutcome::Done; 25]);
    assert!(world.server.messages(ANN, "Inbox").unwrap().iter().all(|message| message.read));
}

#[tokio::test]
async fn long_patience_is_for_the_caller() {
    let world = World::start().await;
    world.deliver("a");
    let mut source = world.source();
    source.inventory(&inbox()).await.unwrap();
    world.server.plan_fault("/messages/delta", 0, 1, Fault::throttled(429, "120"));
    let error = source.discover(&inbox(), Scope::NewFromAll, None, 10).await.unwrap_err();
    let SourceError::Throttled { retry_after, .. } = error else { panic!("{error:?}") };
    assert_eq!(retry_after, Some(Duration::from_secs(120)));
    // It was not waited for, and the next call finds a working source.
    assert_eq!(list(&mut source, Scope::NewFromAll, None, 10).await.0.len(), 1);
}

#[tokio::test]
async fn a_token_that_ends_in_the_middle_of_a_poll_is_replaced() {
    let known = |tokens: &[&str]| {
        let tokens = tokens.iter().map(|token| ((*token).to_owned(), Caller::application()));
        mailcase_testbed::graph::Tokens::Fixed(tokens.collect())
    };
    let world =
        World::with(GraphOptions { tokens: known(&["one"]), page_max: 2, ..GraphOptions::default() }).await;
    let mut source = world.source_of(ANN, Tokens::of(&["one", "two"]), Deadlines::default());
    let all: Vec<_> = (0..5).map(|n| world.deliver(&format!("m{n}"))).collect();
    let (_, cursor) = list(&mut source, Scope::NewFromAll, None, 10).await;
    let more: Vec<_> = (5..9).map(|n| world.deliver(&format!("m{n}"))).collect();
    let page = source.discover(&inbox(), Scope::NewFromAll, Some(&cursor), 2).await.unwrap();
    world.server.set_tokens(known(&["two"]));
    let (rest, _) = list(&mut source, Scope::NewFromAll, Some(&page.cursor), 2).await;
    assert_eq!([ids(&page.messages), ids(&rest)].concat(), more);
    let (result, got) = fetch(&mut source, &all).await;
    result.unwrap();
    assert_eq!(got.len(), 5);
    world.server.set_tokens(known(&["three"]));
    let error = source.inventory(&inbox()).await.unwrap_err();
    assert_eq!(error.code(), "sign_in");
    assert!(error.hint().is_some());
    assert!(!format!("{error:?}{source:?}").contains("two"), "a token is in nobody's log");
}

#[tokio::test]
async fn silence_ends_by_the_deadline_and_leaves_a_usable_source() {
    let world = World::start().await;
    let id = world.deliver("a");
    let mut source = world.source_of(ANN, Tokens::of(&[TOKEN]), short());
    source.inventory(&inbox()).await.unwrap();
    for part in ["/messages/delta", "$orderby", "/$value", "/$batch"] {
        world.server.plan_fault(part, 0, 1, Fault::Stall);
    }
    let timed_out = |error: SourceError| assert!(matches!(error, SourceError::TimedOut { .. }), "{error:?}");
    timed_out(source.discover(&inbox(), Scope::NewFromAll, None, 10).await.unwrap_err());
    timed_out(source.inventory(&inbox()).await.unwrap_err());
    timed_out(fetch(&mut source, std::slice::from_ref(&id)).await.0.unwrap_err());
    let read = mailcase_mail::RemoteAction::MarkRead;
    timed_out(source.act(&inbox(), std::slice::from_ref(&id), &read).await.unwrap_err());
    assert_eq!(list(&mut source, Scope::NewFromAll, None, 10).await.0.len(), 1);
}

#[tokio::test]
async fn a_cut_in_the_middle_of_a_listing_is_an_error_and_no_short_list() {
    let world = World::start().await;
    for n in 0..20 {
        world.deliver(&format!("m{n}"));
    }
    let mut source = world.source();
    for part in ["/messages/delta", "$orderby"] {
        world.server.plan_fault(part, 0, 1, Fault::CutAfter(700));
    }
    let error = source.discover(&inbox(), Scope::NewFromAll, None, 100).await.unwrap_err();
    assert_eq!(error.code(), "unreachable");
    assert_eq!(source.inventory(&inbox()).await.unwrap_err().code(), "unreachable");
    assert_eq!(list(&mut source, Scope::NewFromAll, None, 100).await.0.len(), 20);
}

#[tokio::test]
async fn what_people_read_names_no_address() {
    let world = World::start().await;
    let mut source = world.source_of("nobody@example.org", Tokens::of(&[TOKEN]), Deadlines::default());
    let error = source.folders().await.unwrap_err();
    assert_eq!(error.code(), "unsupported");
    assert!(!error.to_string().contains("nobody"), "{error}");
}
