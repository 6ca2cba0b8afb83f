//! What is known of the remote side.

use crate::fixture::{Fixture, TTL, at, claim_one, head, mail};
use mailcase_core::decision::Reason;
use mailcase_core::message::{DeliveryState, MessageState};
use mailcase_evidence::Evidence;
use mailcase_store::{
    ConnectorState, ConnectorStatusUpdate, DecidedMessage, DecidedOutcome, FETCH_TRIES, FetchFailure,
    NewDelivery, PageRequest, StoreError, StoredDelivery,
};
use std::collections::HashSet;
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

pub(crate) async fn discovery_is_idempotent_and_keeps_the_cursor(fx: &Fixture) {
    let (store, lease, org) = (&fx.store, &fx.lease, fx.org);
    assert_eq!(store.folder_cursor(fx.connector.id, "INBOX").await.unwrap(), None);
    let heads: Vec<_> = (0..1500).map(|n| head(&n.to_string())).collect();
    assert_eq!(store.record_discovery(lease, org, "INBOX", &heads, "1", None).await.unwrap(), 1500);
    assert_eq!(store.record_discovery(lease, org, "INBOX", &heads[1000..], "2", None).await.unwrap(), 0);
    // The same identities in another folder are other messages.
    assert_eq!(store.record_discovery(lease, org, "Reports", &heads[..10], "1", None).await.unwrap(), 10);
    assert_eq!(store.folder_cursor(fx.connector.id, "INBOX").await.unwrap().as_deref(), Some("2"));
    let folders = store.list_folder_cursors(org, fx.connector.id).await.unwrap();
    let listed: Vec<_> = folders.iter().map(|at| (at.folder.as_str(), at.cursor.as_str())).collect();
    assert_eq!(listed, [("INBOX", "2"), ("Reports", "1")]);
    let elsewhere = store.create_organization("elsewhere").await.unwrap();
    assert_eq!(store.list_folder_cursors(elsewhere, fx.connector.id).await.unwrap(), []);
    let before =
        store.listed_before(fx.connector.id, "Reports", &["3", "9", "10", "\u{0}\"'"]).await.unwrap();
    assert_eq!(before, HashSet::from(["3".to_owned(), "9".to_owned()]));
    let due = store.due_deliveries(lease, "INBOX", 10).await.unwrap();
    let ids: Vec<_> = due.iter().map(|due| due.remote_id.as_str()).collect();
    assert_eq!(ids, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"], "oldest first");
    assert_eq!(due[0].size, Some(7));
    store.record_discovery(lease, org, "INBOX", &[], "3", Some("UIDVALIDITY changed")).await.unwrap();
    let trail = store.list_audit(org, &PageRequest::default()).await.unwrap();
    assert_eq!(trail.items[0].action, "connector.identities_reset");
    assert_eq!(trail.items[0].detail["reason"], "UIDVALIDITY changed");
    let log = store.connector_log(org, fx.connector.id, 10).await.unwrap();
    assert!(log[0].text.contains("UIDVALIDITY changed"));
    let mut after: Option<String> = None;
    let mut known = 0;
    loop {
        let page = store.known_remote(fx.connector.id, "INBOX", after.as_deref(), 400).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.remote_id.clone());
        known += page.len();
    }
    assert_eq!(known, 1500);
}

pub(crate) async fn failed_fetches_back_off_and_are_set_aside(fx: &Fixture) {
    let (store, lease) = (&fx.store, &fx.lease);
    store.record_discovery(lease, fx.org, "INBOX", &[head("1"), head("2")], "c", None).await.unwrap();
    let due = store.due_deliveries(lease, "INBOX", 10).await.unwrap();
    let (bad, gone) = (due[0].delivery, due[1].delivery);
    store
        .record_fetch_failures(
            lease,
            &[FetchFailure { delivery: gone, reason: "vanished".into(), gone: true }],
        )
        .await
        .unwrap();
    let before = store.listed_before(fx.connector.id, "INBOX", &["1", "2"]).await.unwrap();
    assert_eq!(before, HashSet::from(["1".to_owned()]), "what is believed gone would be news");
    for n in 1..=FETCH_TRIES {
        let due = store.due_deliveries(lease, "INBOX", 10).await.unwrap();
        assert_eq!(due.iter().map(|due| due.delivery).collect::<Vec<_>>(), [bad], "try {n}");
        let failure = FetchFailure { delivery: bad, reason: "é".repeat(5000), gone: false };
        store.record_fetch_failures(lease, &[failure]).await.unwrap();
        assert!(store.due_deliveries(lease, "INBOX", 10).await.unwrap().is_empty(), "it waits after try {n}");
        fx.clock.advance(DAY);
    }
    assert!(store.due_deliveries(lease, "INBOX", 10).await.unwrap().is_empty(), "it is set aside");
    let waiting = store.needs_attention(fx.org, fx.connector.id).await.unwrap();
    assert_eq!(waiting.deliveries.len(), 1);
    assert_eq!(waiting.deliveries[0].state, DeliveryState::NeedsAttention);
    assert_eq!(store.pending_work(fx.connector.id).await.unwrap().needs_attention, 1);
    store.retry_delivery(fx.org, bad).await.unwrap();
    assert_eq!(store.due_deliveries(lease, "INBOX", 10).await.unwrap().len(), 1);
    assert!(matches!(store.retry_delivery(fx.org, bad).await, Err(StoreError::NotFound { .. })));
    // A message that comes after all, whatever was thought of it.
    let receipt = store.put_small("late".into(), None).await.unwrap();
    let late = StoredDelivery { delivery: gone, receipt, received: Some(at("2026-02-01T00:00:00Z")) };
    let stored = store.record_stored(lease, fx.org, &[late], "p", TTL).await.unwrap();
    let message = store.message(fx.org, stored[0].message).await.unwrap();
    assert_eq!(message.summary.received_at, at("2026-02-01T00:00:00Z"));
    assert_eq!(message.deliveries[0].state, DeliveryState::Stored);
}

pub(crate) async fn acknowledgement_waits_for_the_decision(fx: &Fixture) {
    let (store, lease) = (&fx.store, &fx.lease);
    let stored = fx.deliver("1", "one").await;
    let second = fx.deliver("2", "two").await;
    assert!(store.due_acknowledgements(lease, 10).await.unwrap().is_empty(), "stored, not decided");
    let batch = [fx.decided(&stored, mail("S", "<1@x>", &[])), fx.decided(&second, mail("T", "<2@x>", &[]))];
    store.commit_decisions(&batch).await.unwrap();
    let due = store.due_acknowledgements(lease, 10).await.unwrap();
    let ids: Vec<_> = due.iter().map(|due| due.remote_id.as_str()).collect();
    assert_eq!(ids, ["1", "2"]);
    store.record_ack_failures(lease, &[(due[0].delivery, "read-only mailbox".into())]).await.unwrap();
    store.record_acknowledged(lease, &[due[1].delivery]).await.unwrap();
    assert!(store.due_acknowledgements(lease, 10).await.unwrap().is_empty());
    let work = store.pending_work(fx.connector.id).await.unwrap();
    assert_eq!((work.unacknowledged, work.discovered, work.stored_undecided), (1, 0, 0));
    let detail = store.message(fx.org, stored.message).await.unwrap();
    assert_eq!(detail.deliveries[0].ack_error.as_deref(), Some("read-only mailbox"));
    assert_eq!(detail.summary.state, MessageState::Decided);
    let shown = store.connector_with_status(fx.org, fx.connector.id).await.unwrap();
    assert_eq!((shown.counts.unacknowledged, shown.counts.refused), (1, 1));
    assert_eq!(shown.refusal.as_deref(), Some("read-only mailbox"));
    fx.clock.advance(DAY);
    assert_eq!(store.due_acknowledgements(lease, 10).await.unwrap().len(), 1, "tried again, for ever");
    store.record_acknowledged(lease, &[due[0].delivery]).await.unwrap();
    let detail = store.message(fx.org, stored.message).await.unwrap();
    assert_eq!(detail.deliveries[0].state, DeliveryState::Acknowledged);
    assert_eq!(detail.deliveries[0].ack_error, None);
    let hours = store.arrivals_by_hour(fx.connector.id, at("2026-02-01T00:00:00Z")).await.unwrap();
    assert_eq!(hours, [(at("2026-03-01T12:00:00Z"), 2)]);
}

pub(crate) async fn another_mailbox_begins_a_ledger_of_its_own(fx: &Fixture) {
    let (store, org, connector) = (&fx.store, fx.org, fx.connector.id);
    assert_eq!(store.enter_mailbox(&fx.lease, org, "first").await.unwrap(), None);
    let stored = fx.deliver("1", "one").await;
    let batch = [fx.decided(&stored, mail("S", "<1@x>", &[]))];
    store.commit_decisions(&batch).await.unwrap();
    let old = NewDelivery { received: Some(at("2026-02-03T00:00:00Z")), ..head("2") };
    store.record_discovery(&fx.lease, org, "INBOX", &[old], "cursor", None).await.unwrap();
    assert_eq!(store.enter_mailbox(&fx.lease, org, "first").await.unwrap(), None, "the same one");
    assert!(store.folder_cursor(connector, "INBOX").await.unwrap().is_some());
    let well = ConnectorStatusUpdate {
        state: ConnectorState::Waiting,
        last_success: Some(fx.clock.now()),
        last_error: None,
        next_poll: None,
    };
    store.set_connector_status(&fx.lease, well).await.unwrap();
    // From the day before the oldest message that was not fetched: it may be the same mailbox.
    let since = Some(at("2026-02-02T00:00:00Z"));
    for _ in 0..2 {
        assert_eq!(store.enter_mailbox(&fx.lease, org, "second").await.unwrap(), since);
    }
    assert_eq!(store.folder_cursor(connector, "INBOX").await.unwrap(), None);
    assert!(store.due_acknowledgements(&fx.lease, 10).await.unwrap().is_empty());
    assert!(store.due_deliveries(&fx.lease, "INBOX", 10).await.unwrap().is_empty());
    let detail = store.message(org, stored.message).await.unwrap();
    assert_eq!(detail.deliveries[0].state, DeliveryState::Left);
    assert!(detail.deliveries[0].folder.starts_with("INBOX (mailbox left 2026-03-01"));
    let trail = store.list_audit(org, &PageRequest::default()).await.unwrap();
    assert_eq!(trail.items[0].action, "connector.mailbox_left");
    assert_eq!(trail.items[0].detail["not_fetched"], 1);
    // The identities are free, for this mailbox and for the next one.
    for mailbox in ["second", "third"] {
        fx.clock.advance(Duration::from_secs(1));
        store.enter_mailbox(&fx.lease, org, mailbox).await.unwrap();
        let heads = [head("1"), head("2")];
        let new = store.record_discovery(&fx.lease, org, "INBOX", &heads, "cursor", None).await.unwrap();
        assert_eq!(new, 2, "{mailbox}");
    }
    fx.clock.advance(TTL * 2);
    claim_one(store, "another").await;
    let refused = store.enter_mailbox(&fx.lease, org, "fourth").await;
    assert!(matches!(refused, Err(StoreError::Fenced)));
}

pub(crate) async fn a_mailbox_left_in_its_first_import_is_left(fx: &Fixture) {
    let (store, org) = (&fx.store, fx.org);
    for mailbox in ["with a slip", "first"] {
        assert_eq!(store.enter_mailbox(&fx.lease, org, mailbox).await.unwrap(), None);
    }
    let trail = store.list_audit(org, &PageRequest::default()).await.unwrap();
    assert!(trail.items.iter().all(|entry| entry.action != "connector.mailbox_left"), "it was never in one");
    store.record_discovery(&fx.lease, org, "INBOX", &[head("1")], "cursor", None).await.unwrap();
    // Never polled to the end: there is no last look to go on from.
    assert_eq!(store.enter_mailbox(&fx.lease, org, "second").await.unwrap(), None);
    assert_eq!(store.folder_cursor(fx.connector.id, "INBOX").await.unwrap(), None);
    assert!(store.due_deliveries(&fx.lease, "INBOX", 10).await.unwrap().is_empty());
    let again = store.record_discovery(&fx.lease, org, "INBOX", &[head("1")], "cursor", None).await;
    assert_eq!(again.unwrap(), 1, "a message of the second");
}

pub(crate) async fn what_is_filtered_out_is_known_counted_and_looked_at_again_on_request(fx: &Fixture) {
    let store = &fx.store;
    let heads = [head("1"), NewDelivery { filtered_out: true, ..head("2") }, head("3")];
    store.record_discovery(&fx.lease, fx.org, "INBOX", &heads, "cursor", None).await.unwrap();
    let due = store.due_deliveries(&fx.lease, "INBOX", 10).await.unwrap();
    assert_eq!(due.iter().map(|due| due.remote_id.as_str()).collect::<Vec<_>>(), ["1", "3"]);
    store.record_filtered_out(&fx.lease, &[due[0].delivery]).await.unwrap();
    store.record_filtered_out(&fx.lease, &[]).await.unwrap();
    let counts = || async { store.connector_with_status(fx.org, fx.connector.id).await.unwrap().counts };
    assert_eq!((counts().await.filtered_out, counts().await.discovered), (2, 1));
    let known = store.listed_before(fx.connector.id, "INBOX", &["1", "2", "3", "4"]).await.unwrap();
    assert_eq!(known.len(), 3, "what was left out is not listed again");
    // A stranger asks for nothing.
    let (other, _, stranger) = fx.stranger().await;
    assert!(store.look_again(other, fx.connector.id).await.is_err());
    store.record_filtered_out(&stranger, &[due[1].delivery]).await.unwrap();
    assert_eq!(counts().await.filtered_out, 2);
    assert_eq!(store.look_again(fx.org, fx.connector.id).await.unwrap(), 2);
    assert_eq!(store.due_deliveries(&fx.lease, "INBOX", 10).await.unwrap().len(), 3);
    // A message recorded before it was looked into is kept without a case, and its delivery left alone.
    let stored = fx.deliver("9", "raw").await;
    let decided = DecidedMessage { filtered_out: true, ..fx.decided(&stored, Evidence::default()) };
    let outcomes = store.commit_decisions(&[decided]).await.unwrap();
    assert!(matches!(outcomes[0], DecidedOutcome::Decided { case: None, reason: Reason::FilteredOut, .. }));
    assert!(store.due_acknowledgements(&fx.lease, 10).await.unwrap().is_empty());
    assert_eq!(counts().await.filtered_out, 1);
    assert_eq!(store.look_again(fx.org, fx.connector.id).await.unwrap(), 0, "it is here already");
    fx.clock.advance(TTL * 2);
    claim_one(store, "second").await;
    let refused = store.record_filtered_out(&fx.lease, &[due[1].delivery]).await;
    assert!(matches!(refused, Err(StoreError::Fenced)));
}
