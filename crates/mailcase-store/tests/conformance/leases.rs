//! Who may run a connector.

use crate::fixture::{Fixture, TTL, at, claim_one, head, settings};
use mailcase_core::ConnectorId;
use mailcase_store::{
    CLAIM_TRIES, ConnectorPatch, ConnectorState, ConnectorStatusUpdate, DatabaseConfig, Event, FetchFailure,
    Lease, Renewal, Store, StoreError, StoredDelivery,
};
use secrecy::ExposeSecret;
use sqlx::Connection;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

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

pub(crate) async fn runs_that_end_without_giving_the_lease_back_are_counted(fx: &Fixture) {
    assert_eq!(fx.lease.interruptions, 0);
    let claim = async |expected: i64| {
        fx.clock.advance(TTL * 2);
        let lease = claim_one(&fx.store, "server:next").await;
        assert_eq!(lease.interruptions, expected);
        lease
    };
    claim(1).await;
    let lease = claim(2).await;
    // Working, and failing, is not having worked.
    fx.store.set_connector_status(&lease, status(None)).await.unwrap();
    fx.store.renew_leases("server:next", &[renewal(&lease)], TTL).await.unwrap();
    let lease = claim(3).await;
    // A poll that went through begins a new count, whichever way it is told.
    fx.store.set_connector_status(&lease, status(Some(fx.clock.now()))).await.unwrap();
    let lease = claim(1).await;
    let told = Renewal { last_success: Some(fx.clock.now()), ..renewal(&lease) };
    fx.store.renew_leases("server:next", &[told], TTL).await.unwrap();
    let lease = claim(1).await;
    // So does a lease given back; one that was broken was not.
    fx.store.release_lease(&lease).await.unwrap();
    claim(0).await;
    fx.store.break_leases("server", "server:other").await.unwrap();
    let lease = fx.store.claim_connector(fx.connector.id, "once:1", TTL).await.unwrap();
    assert_eq!(lease.interruptions, 1);
}

fn status(last_success: Option<jiff::Timestamp>) -> ConnectorStatusUpdate {
    ConnectorStatusUpdate { state: ConnectorState::Polling, last_success, last_error: None, next_poll: None }
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

fn renewal(lease: &Lease) -> Renewal {
    Renewal { connector: lease.connector, fence: lease.fence, last_success: None, next_poll: None }
}

pub(crate) async fn all_leases_of_a_process_are_kept_at_once(fx: &Fixture) {
    let store = &fx.store;
    for n in 0..40 {
        let settings = settings(&format!("c{n}"));
        store.create_connector(fx.org, &settings, &BTreeMap::new(), true).await.unwrap();
    }
    let mut leases: Vec<Lease> = store
        .claim_connectors("first", TTL, 100)
        .await
        .unwrap()
        .into_iter()
        .map(|(_, lease)| lease)
        .collect();
    leases.push(fx.lease.clone());
    // One passed on to another owner, one was edited, one is claimed under a name of somebody else.
    let (taken, edited) = (leases[0].clone(), leases[1].clone());
    store.release_lease(&taken).await.unwrap();
    claim_one(store, "second").await;
    store.set_connector_active(fx.org, edited.connector, true).await.unwrap();
    fx.clock.advance(TTL / 2);
    let mut renewals: Vec<Renewal> = leases.iter().map(renewal).collect();
    renewals[2].last_success = Some(at("2026-03-01T12:00:07Z"));
    renewals[2].next_poll = Some(at("2026-03-01T12:01:07Z"));
    let mut events = store.events();
    let kept = store.renew_leases("first", &renewals, TTL).await.unwrap();
    let expected: HashSet<ConnectorId> = leases[2..].iter().map(|lease| lease.connector).collect();
    assert_eq!(kept, expected);
    assert_eq!(
        events.next().await,
        Event::ConnectorStatus { org: fx.org, connector: renewals[2].connector },
        "what was told is told on"
    );
    assert_eq!(store.renew_leases("stranger", &renewals, TTL).await.unwrap(), HashSet::new());
    assert_eq!(store.renew_leases("first", &[], TTL).await.unwrap(), HashSet::new());
    // What is not told stays as it was.
    renewals[2].last_success = None;
    renewals[2].next_poll = None;
    store.renew_leases("first", &renewals, TTL).await.unwrap();
    let told = store.connector_with_status(fx.org, renewals[2].connector).await.unwrap().status;
    assert_eq!(told.last_success, Some(at("2026-03-01T12:00:07Z")));
    assert_eq!(told.next_poll, Some(at("2026-03-01T12:01:07Z")));
    fx.clock.advance(TTL / 2 + TTL / 4);
    let free: Vec<_> = store.claim_connectors("third", TTL, 100).await.unwrap();
    let free: BTreeSet<_> = free.into_iter().map(|(connector, _)| connector.id).collect();
    assert_eq!(free, BTreeSet::from([taken.connector, edited.connector]), "only those not kept ran out");
}

pub(crate) async fn messages_in_hand_are_kept_and_given_back_untouched(fx: &Fixture) {
    let store = &fx.store;
    let (kept, lost) = (fx.deliver("1", "one").await.message, fx.deliver("2", "two").await.message);
    for _ in 0..4 {
        fx.clock.advance(TTL / 2);
        assert_eq!(store.renew_messages("first", &[kept], TTL).await.unwrap(), 1);
    }
    assert_eq!(store.renew_messages("stranger", &[kept], TTL).await.unwrap(), 0);
    let claimed = store.claim_messages("second", TTL, 10).await.unwrap();
    assert_eq!(claimed.iter().map(|claimed| claimed.message).collect::<Vec<_>>(), [lost]);
    assert_eq!(store.renew_messages("first", &[lost], TTL).await.unwrap(), 0, "it has passed on");
    // Giving back is no failed attempt, however often.
    let mut claim = claimed[0];
    for _ in 0..CLAIM_TRIES * 2 {
        store.give_back_messages(&[(claim.message, claim.fence - 1)], TTL).await.unwrap();
        assert!(
            store.claim_messages("third", TTL, 10).await.unwrap().is_empty(),
            "an old claim gives nothing back"
        );
        store.renew_messages("first", &[kept], TTL * 8).await.unwrap();
        store.give_back_messages(&[(claim.message, claim.fence)], TTL * 2).await.unwrap();
        store.give_back_messages(&[(claim.message, claim.fence)], Duration::ZERO).await.unwrap();
        assert!(
            store.claim_messages("third", TTL, 10).await.unwrap().is_empty(),
            "not before its pause is over"
        );
        fx.clock.advance(TTL * 2);
        let again = store.claim_messages("third", TTL, 10).await.unwrap();
        assert_eq!((again[0].message, again[0].attempts), (lost, claimed[0].attempts));
        claim = again[0];
    }
    let stored = mailcase_store::StoredOutcome {
        delivery: mailcase_core::DeliveryId::new(),
        message: claim.message,
        hash: claim.hash,
        size: claim.size,
        new: true,
        fence: claim.fence,
    };
    store.commit_decisions(&[fx.decided(&stored, crate::fixture::mail("S", "<1@x>", &[]))]).await.unwrap();
    assert_eq!(store.renew_messages("third", &[lost], TTL).await.unwrap(), 0, "it is decided");
}

/// While a transaction of the holder is open, nobody else can claim, and the lease can be renewed all the same.
pub(crate) async fn a_long_transaction_holds_off_claims_and_not_renewals(fx: &Fixture) {
    let DatabaseConfig::Postgres { url } = &fx.config.database else { return };
    let mut connection = sqlx::PgConnection::connect(url.expose_secret()).await.unwrap();
    let mut writing = connection.begin().await.unwrap();
    sqlx::query("SELECT fence FROM connectors FOR KEY SHARE").execute(&mut *writing).await.unwrap();
    assert_eq!(fx.store.renew_leases("first", &[renewal(&fx.lease)], TTL).await.unwrap().len(), 1);
    fx.clock.advance(TTL * 2);
    assert!(fx.store.claim_connectors("second", TTL, 10).await.unwrap().is_empty());
    writing.rollback().await.unwrap();
    claim_one(&fx.store, "second").await;
}

pub(crate) async fn an_outage_is_known_as_one(fx: &Fixture) {
    let other = fx.another_process().await;
    other.close().await;
    let error = other.claim_messages("p", TTL, 1).await.unwrap_err();
    assert!(error.is_outage(), "{error}");
}
