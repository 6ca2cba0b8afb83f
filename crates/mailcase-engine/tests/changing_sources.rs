//! A connector goes on with another source of the same mailbox, and back: nothing twice, nothing missed.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/desk.rs"]
mod desk;

use desk::{Desk, letter};
use mailcase_core::ConnectorId;
use mailcase_core::connector::{Backfill, Disposition, FetchMode};
use mailcase_core::migration::SourceSettings;
use mailcase_engine::{DifferenceKind, EngineError};
use mailcase_mail::SourceError;
use mailcase_mail::testkit::{Call, FakeMailbox, INBOX};
use mailcase_store::{Actor, NewAudit};
use serde_json::json;
use std::collections::BTreeMap;

fn entry(desk: &Desk, action: &'static str) -> NewAudit {
    let organization = Some(desk.organization);
    NewAudit { organization, actor: Actor::System, action, target: None, detail: json!({}) }
}

async fn shadow(desk: &Desk, connector: ConnectorId) {
    let twin =
        SourceSettings { kind: "twin".to_owned(), connection: serde_json::Map::new(), folders: Vec::new() };
    let recorded = desk.store().recorded(entry(desk, "shadow"));
    recorded.shadow(desk.organization, connector, &twin, &BTreeMap::new()).await.unwrap();
}

async fn change(desk: &Desk, connector: ConnectorId) -> Result<mailcase_store::Passed, EngineError> {
    desk.handle().change_sources(desk.organization, connector, entry(desk, "changed")).await
}

async fn kind(desk: &Desk, connector: ConnectorId) -> String {
    desk.store().connector(desk.organization, connector).await.unwrap().settings.kind
}

/// Subjects of all messages, in order: each must be there once.
async fn subjects(desk: &Desk) -> Vec<String> {
    let mut subjects: Vec<String> =
        desk.messages().await.into_iter().map(|message| message.subject.unwrap_or_default()).collect();
    subjects.sort();
    subjects
}

#[tokio::test]
async fn the_other_source_goes_on_where_the_first_stands_and_back_again() {
    let mailbox = FakeMailbox::new();
    let before = mailbox.deliver(INBOX, letter("before the first run"));
    mailbox.mark_seen(INBOX, &before);
    mailbox.deliver(INBOX, letter("a"));
    let desk = Desk::open(&mailbox).await;
    let connector = desk.connect(|settings| settings.backfill = Backfill::Unread).await;
    desk.until_settled(1).await;
    shadow(&desk, connector).await;
    let comparison = desk.handle().compare_sources(desk.organization, connector).await.unwrap();
    assert!(comparison.agrees(), "{comparison:?}");
    let [folder] = comparison.folders.as_slice() else { panic!("{comparison:?}") };
    assert_eq!((folder.both, folder.read, folder.equal), (2, 1, 1));

    let passed = change(&desk, connector).await.unwrap();
    assert_eq!((passed.renamed, passed.new), (1, 0));
    assert_eq!(kind(&desk, connector).await, "twin");
    mailbox.deliver(INBOX, letter("b"));
    desk.until_settled(2).await;
    assert_eq!(subjects(&desk).await, ["a", "b"]);
    // What the first run left out is no gap of the other source either.
    let accounting = desk.handle().account(desk.organization, connector).await.unwrap();
    assert!(accounting.balanced(), "{accounting:?}");

    let passed = change(&desk, connector).await.unwrap();
    assert_eq!((passed.renamed, passed.new), (2, 0));
    assert_eq!(kind(&desk, connector).await, "fake");
    mailbox.deliver(INBOX, letter("c"));
    desk.until_settled(3).await;
    assert_eq!(subjects(&desk).await, ["a", "b", "c"]);
    assert!(desk.handle().account(desk.organization, connector).await.unwrap().balanced());
    assert_eq!(desk.cases().await.len(), 3, "no case is made twice");
}

#[tokio::test]
async fn what_the_first_source_never_saw_is_new_to_the_other() {
    let mailbox = FakeMailbox::new();
    mailbox.deliver(INBOX, letter("a"));
    let desk = Desk::open(&mailbox).await;
    let connector = desk.connect(|_| {}).await;
    desk.until_settled(1).await;
    desk.set_active(connector, false).await;
    shadow(&desk, connector).await;
    // Read by somebody before any poll: it is new all the same.
    let late = mailbox.deliver(INBOX, letter("between the last poll and the change"));
    mailbox.mark_seen(INBOX, &late);
    let passed = change(&desk, connector).await.unwrap();
    assert_eq!((passed.renamed, passed.new), (1, 1));
    desk.set_active(connector, true).await;
    desk.until_settled(2).await;
    assert_eq!(subjects(&desk).await, ["a", "between the last poll and the change"]);
}

#[tokio::test]
async fn a_connector_for_unread_mail_takes_none_twice() {
    let mailbox = FakeMailbox::new();
    let a = mailbox.deliver(INBOX, letter("a"));
    let desk = Desk::open(&mailbox).await;
    // They stay unread on the server: each listing names them again.
    let connector = desk
        .connect(|settings| (settings.fetch, settings.disposition) = (FetchMode::Unseen, Disposition::Keep))
        .await;
    desk.until_settled(1).await;
    shadow(&desk, connector).await;
    let passed = change(&desk, connector).await.unwrap();
    assert_eq!((passed.renamed, passed.new), (1, 0));
    let b = mailbox.deliver(INBOX, letter("b"));
    desk.until_settled(2).await;
    assert_eq!(subjects(&desk).await, ["a", "b"]);
    assert_eq!((mailbox.times_fetched(&a), mailbox.times_fetched(&b)), (1, 1), "nothing is fetched twice");
}

#[tokio::test]
async fn a_change_that_fails_half_way_changes_nothing() {
    let mailbox = FakeMailbox::new();
    mailbox.deliver(INBOX, letter("a"));
    let desk = Desk::open(&mailbox).await;
    let connector = desk.connect(|_| {}).await;
    desk.until_settled(1).await;
    shadow(&desk, connector).await;
    let trouble = || SourceError::Unreachable { message: "cut".to_owned(), hint: None };
    for call in [Call::Inventory, Call::Translate] {
        mailbox.fail_next(call, trouble());
        let error = change(&desk, connector).await.unwrap_err();
        assert_eq!(error.to_string(), "cut", "{call:?}");
        assert_eq!(kind(&desk, connector).await, "fake");
    }
    // The first source goes on.
    mailbox.deliver(INBOX, letter("b"));
    desk.until_settled(2).await;
    change(&desk, connector).await.unwrap();
    mailbox.deliver(INBOX, letter("c"));
    desk.until_settled(3).await;
    assert_eq!(subjects(&desk).await, ["a", "b", "c"]);
}

#[tokio::test]
async fn what_only_one_source_sees_is_named() {
    let mailbox = FakeMailbox::new();
    mailbox.deliver(INBOX, letter("a"));
    let desk = Desk::open(&mailbox).await;
    let connector = desk.connect(|_| {}).await;
    desk.until_settled(1).await;
    let nothing = desk.handle().compare_sources(desk.organization, connector).await;
    assert!(nothing.is_err(), "there is no other source");
    shadow(&desk, connector).await;
    mailbox.hide_from_twin(&mailbox.deliver(INBOX, letter("hidden")));
    let comparison = desk.handle().compare_sources(desk.organization, connector).await.unwrap();
    assert!(!comparison.agrees());
    let [folder] = comparison.folders.as_slice() else { panic!("{comparison:?}") };
    assert_eq!((folder.both, folder.only_here, folder.only_there), (1, 1, 0));
    assert_eq!(folder.differences.first().unwrap().what, DifferenceKind::OnlyHere);
    let kept = desk.store().other_source(desk.organization, connector).await.unwrap().unwrap();
    assert_eq!((kept.comparisons, kept.agreements), (1, 0));

    mailbox.fail_next(Call::Translate, SourceError::Unreachable { message: "away".to_owned(), hint: None });
    let comparison = desk.handle().compare_sources(desk.organization, connector).await.unwrap();
    assert_eq!(comparison.trouble.unwrap().message, "away");
}

#[tokio::test]
async fn whoever_stops_waiting_does_not_leave_the_connector_to_nobody() {
    let mailbox = FakeMailbox::new();
    mailbox.deliver(INBOX, letter("a"));
    let desk = Desk::open(&mailbox).await;
    let connector = desk.connect(|_| {}).await;
    desk.until_settled(1).await;
    shadow(&desk, connector).await;
    let gate = mailbox.hold_next(Call::Translate);
    {
        // A browser that goes away in the middle of it.
        let changing = change(&desk, connector);
        tokio::select! {
            changed = changing => panic!("{changed:?}"),
            () = gate.reached() => {}
        }
    }
    gate.release();
    desk.until(async || (kind(&desk, connector).await == "twin").then_some(())).await;
    mailbox.deliver(INBOX, letter("b"));
    desk.until_settled(2).await;
    assert_eq!(subjects(&desk).await, ["a", "b"]);
}
