//! Pre-filters on the way of a message: what is not taken is known, not kept, and left alone on the server.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/desk.rs"]
mod desk;

use desk::{Desk, letter};
use mailcase_core::connector::ConnectorSettings;
use mailcase_engine::{EngineConfig, Trial, run_once};
use mailcase_mail::testkit::{Call, FakeFactory, FakeMailbox, INBOX};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

fn filter(value: serde_json::Value) -> impl Fn(&mut ConnectorSettings) {
    move |settings| settings.prefilter = serde_json::from_value(value.clone()).unwrap()
}

const FILTERED_OUT: &str = "SELECT COUNT(*) FROM deliveries WHERE state = 'filtered_out'";

async fn until_filtered_out(desk: &Desk, count: i64) {
    desk.until(async || (desk.count(FILTERED_OUT).await == count).then_some(())).await;
}

fn unread(mailbox: &FakeMailbox) -> usize {
    mailbox.messages(INBOX).into_iter().filter(|message| !message.seen).count()
}

fn fetched(mailbox: &FakeMailbox) -> usize {
    mailbox.messages(INBOX).into_iter().map(|message| mailbox.times_fetched(&message.id)).sum()
}

#[tokio::test]
async fn what_the_headers_rule_out_is_not_even_fetched() {
    let mailbox = FakeMailbox::new();
    for name in ["phish one", "lunch", "phish two", "dinner"] {
        mailbox.deliver(INBOX, letter(name));
    }
    let desk = Desk::open(&mailbox).await;
    let connector = desk.connect(filter(json!({"subject": "PHISH", "body": "one, two"}))).await;
    until_filtered_out(&desk, 2).await;
    desk.until(async || (desk.cases().await.len() == 2).then_some(())).await;
    desk.until(async || (unread(&mailbox) == 2).then_some(())).await;
    assert_eq!(fetched(&mailbox), 2);
    let accounting = desk.handle().account(desk.organization, connector).await.unwrap();
    assert!(accounting.balanced());
    assert_eq!(accounting.summary(), "2 = 2, 2 left out by the pre-filter");
}

#[tokio::test]
async fn what_the_body_rules_out_is_fetched_and_not_kept() {
    let mailbox = FakeMailbox::new();
    let padding = "a long text\r\n".repeat(200_000);
    for name in ["invoice", "lunch"] {
        mailbox.deliver(INBOX, letter(name));
        mailbox.deliver(INBOX, [letter(&format!("large {name}")), padding.clone().into_bytes()].concat());
    }
    let desk = Desk::open(&mailbox).await;
    desk.connect(filter(json!({"body": "invoice"}))).await;
    until_filtered_out(&desk, 2).await;
    desk.until(async || (desk.cases().await.len() == 2).then_some(())).await;
    desk.until(async || (unread(&mailbox) == 2).then_some(())).await;
    assert_eq!(desk.count("SELECT COUNT(*) FROM messages").await, 2);
    assert_eq!(desk.count("SELECT COUNT(*) FROM blobs").await, 2);
    assert_eq!(mailbox.calls(Call::Glance), 0, "headers say nothing about it");
    // Nor is it fetched again.
    mailbox.deliver(INBOX, letter("another invoice"));
    desk.until(async || (desk.cases().await.len() == 3).then_some(())).await;
    assert_eq!(fetched(&mailbox), 5);
}

#[tokio::test]
async fn a_wider_filter_looks_again_at_what_was_left_out() {
    let mailbox = FakeMailbox::new();
    mailbox.deliver(INBOX, letter("phish"));
    mailbox.deliver(INBOX, letter("spam"));
    mailbox.deliver(INBOX, letter("lunch"));
    let desk = Desk::open(&mailbox).await;
    let connector = desk.connect(filter(json!({"subject": "phish"}))).await;
    until_filtered_out(&desk, 2).await;
    desk.edit(connector, filter(json!({"subject": "phish, spam"}))).await;
    assert_eq!(desk.store().look_again(desk.organization, connector).await.unwrap(), 2);
    desk.until(async || (desk.cases().await.len() == 2).then_some(())).await;
    until_filtered_out(&desk, 1).await;
}

#[tokio::test]
async fn a_message_recorded_before_it_was_looked_into_is_kept_without_a_case_and_left_alone() {
    let mailbox = FakeMailbox::new();
    let factory = FakeFactory::of(&mailbox);
    let desk = Desk::open_with(factory.clone(), |_| {}).await;
    let connector = desk.connect(filter(json!({"body": "invoice"}))).await;
    desk.set_active(connector, false).await;
    desk.until_resting(connector).await;
    mailbox.deliver(INBOX, letter("lunch"));
    mailbox.deliver(INBOX, letter("invoice"));
    for _ in 0..4 {
        desk.store().claim_connector(connector, "once:crashed", Duration::ZERO).await.unwrap();
    }
    let connector = desk.store().connector(desk.organization, connector).await.unwrap();
    run_once(desk.store(), &factory, &connector, &EngineConfig::default(), |_| {}).await.unwrap();
    assert_eq!(desk.cases().await.len(), 1);
    let kept = "SELECT COUNT(*) FROM messages WHERE case_id IS NULL AND reason LIKE '%filtered_out%'";
    assert_eq!(desk.count(kept).await, 1);
    assert_eq!(desk.count(FILTERED_OUT).await, 1);
    assert_eq!(unread(&mailbox), 1);
}

#[tokio::test]
async fn a_preview_tells_what_a_filter_would_have_done_and_does_nothing() {
    let mailbox = FakeMailbox::new();
    mailbox.deliver_at(INBOX, letter("phish of long ago"), "2026-01-01T00:00:00Z".parse().unwrap());
    let now = jiff::Timestamp::now();
    for (name, age) in [("phish", 3), ("lunch", 2), ("invoice", 1)] {
        mailbox.deliver_at(INBOX, letter(name), now - jiff::SignedDuration::from_hours(age));
    }
    let desk = Desk::open(&mailbox).await;
    let mut settings: ConnectorSettings =
        serde_json::from_value(json!({"name": "n", "api_name": "n", "kind": "fake"})).unwrap();
    filter(json!({"subject": "phish, invoice", "not_body": "letter invoice"}))(&mut settings);
    let trial = Trial { settings, secrets: BTreeMap::new(), granted_to: None };
    let preview = desk.handle().preview_filter(desk.organization, &trial, 7).await.unwrap();
    let seen: Vec<_> =
        preview.messages.iter().map(|one| (one.subject.as_deref(), one.unmet.as_deref())).collect();
    let expected =
        [(Some("invoice"), Some("not_body")), (Some("lunch"), Some("subject")), (Some("phish"), None)];
    assert_eq!(seen, expected);
    assert_eq!(preview.messages[0].from.as_deref(), Some("reporter@example.org"));
    assert_eq!(unread(&mailbox), 4);
}

#[tokio::test]
async fn a_glance_that_fails_costs_a_fetch_and_nothing_else() {
    let mailbox = FakeMailbox::new();
    mailbox.deliver(INBOX, letter("phish"));
    mailbox.deliver(INBOX, letter("lunch"));
    mailbox.fail_next(Call::Glance, mailcase_mail::SourceError::Protocol { message: "hung up".to_owned() });
    let desk = Desk::open(&mailbox).await;
    desk.connect(filter(json!({"subject": "phish"}))).await;
    until_filtered_out(&desk, 1).await;
    desk.until(async || (desk.cases().await.len() == 1).then_some(())).await;
    assert_eq!(fetched(&mailbox), 2);
}
