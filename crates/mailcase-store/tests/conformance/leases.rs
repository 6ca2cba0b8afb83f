//! Who may run a connector.

use crate::fixture::{Fixture, TTL, claim_one, head, settings};
use mailcase_store::{
    ConnectorPatch, ConnectorState, ConnectorStatusUpdate, FetchFailure, Lease, Store, StoreError,
    StoredDelivery,
};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) async fn a_connector_has_one_holder(fx: &Fixture) {
    assert!(fx.store.claim_connectors("second", TTL, 10).await.unwrap().is_empty(), "it is held");
    fx.clock.advance(TTL / 2);
    let renewed = fx.store.renew_lease(&fx.lease, TTL).await.unwrap();
    assert!(renewed.until > fx.lease.until);
    fx.clock.advance(TTL / 2 + TTL / 4);
    assert!(fx.store.claim_connectors("second", TTL, 10).await.unwrap().is_empty(), "it was renewed");
    fx.clock.advance(TTL);
    let taken = claim_one(&fx.store, "second").await;
    assert!(taken.fence > fx.lease.fence);
    assert!(matches!(fx.store.renew_lease(&fx.lease, TTL).await, Err(StoreError::Fenced)));
    assert!(matches!(fx.store.release_lease(&fx.lease).await, Err(StoreError::Fenced)));
    fx.store.release_lease(&taken).await.unwrap();
    claim_one(&fx.store, "third").await;
    // Paused and deleted ones are nobody's to run.
    fx.store.set_connector_active(fx.org, fx.connector.id, false).await.unwrap();
    assert!(fx.store.claim_connectors("fourth", TTL, 10).await.unwrap().is_empty());
    fx.store.set_connector_active(fx.org, fx.connector.id, true).await.unwrap();
    fx.store.delete_connector(fx.org, fx.connector.id).await.unwrap();
    assert!(fx.store.claim_connectors("fifth", TTL, 10).await.unwrap().is_empty());
}

/// Every write of a runner, under a lease that has passed on.
async fn assert_refused(fx: &Fixture, store: &Store, lost: &Lease) {
    let due = store.due_deliveries(lost, "INBOX", 10).await.unwrap();
    let delivery = due[0].delivery;
    let receipt = store.put_small("bytes".into(), None).await.unwrap();
    let stored = [StoredDelivery { delivery, receipt, received: None }];
    let failure = [FetchFailure { delivery, reason: "x".into(), gone: false }];
    let status = ConnectorStatusUpdate {
        state: ConnectorState::Waiting,
        last_success: None,
        last_error: None,
        next_poll: None,
    };
    let refused = [
        store.record_discovery(lost, fx.org, "INBOX", &[head("9")], "later", Some("reset")).await.map(|_| ()),
        store.record_stored(lost, fx.org, &stored, "p", TTL).await.map(|_| ()),
        store.record_fetch_failures(lost, &failure).await,
        store.record_acknowledged(lost, &[delivery]).await,
        store.record_ack_failures(lost, &[(delivery, "x".into())]).await,
        store.set_connector_status(lost, status).await,
        store.renew_lease(lost, TTL).await.map(|_| ()),
        store.release_lease(lost).await,
    ];
    for (n, result) in refused.into_iter().enumerate() {
        assert!(matches!(result, Err(StoreError::Fenced)), "write {n}: {result:?}");
    }
    assert_eq!(store.folder_cursor(fx.connector.id, "INBOX").await.unwrap().as_deref(), Some("before"));
    assert_eq!(store.pending_work(fx.connector.id).await.unwrap().discovered, 1);
}

pub(crate) async fn a_lost_lease_is_refused_everywhere(fx: &Fixture) {
    fx.store.record_discovery(&fx.lease, fx.org, "INBOX", &[head("1")], "before", None).await.unwrap();
    fx.clock.advance(TTL * 2);
    let other = fx.another_process().await;
    let taken = claim_one(&other, "second").await;
    assert_refused(fx, &fx.store, &fx.lease).await;
    // An edit fences the runner off too: it must start anew with the new settings.
    let patch = ConnectorPatch { settings: Some(settings("renamed")), ..ConnectorPatch::default() };
    fx.store.update_connector(fx.org, fx.connector.id, &patch).await.unwrap();
    assert_refused(fx, &other, &taken).await;
    let fresh = claim_one(&other, "second").await;
    other.record_discovery(&fresh, fx.org, "INBOX", &[head("9")], "later", None).await.unwrap();
}

pub(crate) async fn many_claimants_never_share(fx: &Fixture) {
    let mut expected = BTreeSet::from([fx.connector.id]);
    for n in 0..20 {
        let settings = settings(&format!("c{n}"));
        expected
            .insert(fx.store.create_connector(fx.org, &settings, &BTreeMap::new(), true).await.unwrap().id);
    }
    fx.clock.advance(TTL * 2);
    let other = fx.another_process().await;
    let tasks: Vec<_> = (0..8)
        .map(|n| {
            let store = if n % 2 == 0 { fx.store.clone() } else { other.clone() };
            tokio::spawn(async move {
                let mut mine = Vec::new();
                loop {
                    let claimed = store.claim_connectors(&format!("owner {n}"), TTL, 2).await.unwrap();
                    if claimed.is_empty() {
                        return mine;
                    }
                    mine.extend(claimed.into_iter().map(|(connector, _)| connector.id));
                }
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.unwrap());
    }
    let distinct: BTreeSet<_> = all.iter().copied().collect();
    assert_eq!(all.len(), distinct.len(), "nothing is claimed twice");
    // A claimant that found rows locked may have given up early; what is left is claimed now.
    let rest = fx.store.claim_connectors("last", TTL, 100).await.unwrap();
    let distinct: BTreeSet<_> = distinct.into_iter().chain(rest.into_iter().map(|(c, _)| c.id)).collect();
    assert_eq!(distinct, expected);
}
