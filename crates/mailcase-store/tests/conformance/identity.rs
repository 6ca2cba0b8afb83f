//! When two mails are one message.

use crate::fixture::{Fixture, claim_one, deliver, mail, settings};
use mailcase_store::{DecidedOutcome, MessageFilter, PageRequest};
use std::collections::BTreeMap;

pub(crate) async fn the_same_bytes_are_one_message(fx: &Fixture) {
    let second =
        fx.store.create_connector(fx.org, &settings("second"), &BTreeMap::new(), true).await.unwrap();
    let second_lease = claim_one(&fx.store, "first").await;
    let one = fx.deliver("1", "same bytes").await;
    let two = deliver(&fx.store, &second_lease, fx.org, "INBOX", "77", "same bytes").await;
    assert!(one.new);
    assert!(!two.new, "the second delivery brings nothing new");
    assert_eq!(one.message, two.message);
    let detail = fx.store.message(fx.org, one.message).await.unwrap();
    assert_eq!(detail.deliveries.len(), 2);
    assert_eq!(detail.deliveries[1].connector.id, second.id);
    assert_eq!(detail.summary.connector.id, fx.connector.id, "the first connector is the message's");
    // Seen again under the same remote identity: the ledger knows it.
    let again = fx
        .store
        .record_discovery(&fx.lease, fx.org, "INBOX", &[crate::fixture::head("1")], "c2", None)
        .await
        .unwrap();
    assert_eq!(again, 0);
    let all =
        fx.store.list_messages(fx.org, &MessageFilter::default(), &PageRequest::default()).await.unwrap();
    assert_eq!(all.items.len(), 1);
    for connector in [fx.connector.id, second.id] {
        let filter = MessageFilter { connector: Some(connector), ..MessageFilter::default() };
        assert_eq!(
            fx.store.list_messages(fx.org, &filter, &PageRequest::default()).await.unwrap().items.len(),
            1
        );
    }
}

pub(crate) async fn one_message_id_with_two_contents_is_flagged(fx: &Fixture) {
    let (first, _) = fx.message("1", mail("Invoice", "<same@X.example>", &[])).await;
    assert!(!fx.store.message(fx.org, first).await.unwrap().summary.same_id_other_content);
    let (second, _) = fx.message("2", mail("Invoice!", "<same@x.EXAMPLE>", &[])).await;
    assert_ne!(first, second);
    for (message, other) in [(first, second), (second, first)] {
        let detail = fx.store.message(fx.org, message).await.unwrap();
        assert!(detail.summary.same_id_other_content);
        assert_eq!(detail.same_id, [other]);
    }
    // Also when both are decided in one batch.
    let (a, b) = (fx.deliver("3", "a").await, fx.deliver("4", "b").await);
    let batch = [
        fx.decided(&a, mail("A", "<twin@x.example>", &[])),
        fx.decided(&b, mail("B", "<twin@x.example>", &[])),
    ];
    let outcomes = fx.store.commit_decisions(&batch).await.unwrap();
    assert!(outcomes.iter().all(|outcome| matches!(outcome, DecidedOutcome::Decided { .. })));
    for stored in [a, b] {
        assert!(fx.store.message(fx.org, stored.message).await.unwrap().summary.same_id_other_content);
    }
}
