//! Connectors as people configure them.

use crate::fixture::{Fixture, TTL, at, settings};
use mailcase_core::connector::Origin;
use mailcase_store::{
    AlarmKind, ConnectorPatch, ConnectorState, ConnectorStatusUpdate, DeclaredConnector, ErrorFacts,
    LogLevel, StoreError,
};
use secrecy::SecretString;
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

pub(crate) async fn settings_secrets_and_names(fx: &Fixture) {
    let (store, org) = (&fx.store, fx.org);
    let taken = store.create_connector(org, &settings("phishing"), &BTreeMap::new(), true).await;
    assert!(matches!(taken, Err(StoreError::Conflict { what }) if what.contains("phishing")));
    let second = store.create_connector(org, &settings("second"), &BTreeMap::new(), false).await.unwrap();
    let rename = ConnectorPatch { settings: Some(settings("phishing")), ..ConnectorPatch::default() };
    assert!(matches!(
        store.update_connector(org, second.id, &rename).await,
        Err(StoreError::Conflict { .. })
    ));
    let rename = ConnectorPatch { settings: Some(settings("third")), ..ConnectorPatch::default() };
    let renamed = store.update_connector(org, second.id, &rename).await.unwrap();
    assert_eq!((renamed.revision, renamed.settings.api_name.as_str(), renamed.active), (2, "third", false));
    assert_eq!(store.connector(org, second.id).await.unwrap(), renamed);
    assert_eq!(store.connector_by_api_name(org, "third").await.unwrap(), Some(renamed));
    assert_eq!(store.connector_by_api_name(org, "second").await.unwrap(), None);
    store.delete_connector(org, second.id).await.unwrap();
    assert!(matches!(store.connector(org, second.id).await, Err(StoreError::NotFound { .. })));
    store
        .create_connector(org, &settings("third"), &BTreeMap::new(), true)
        .await
        .expect("the name is free again");
    assert_eq!(store.list_connectors(org).await.unwrap().len(), 2);
}

/// Of two people who change what they both saw, one has to look again.
pub(crate) async fn one_revision_is_changed_once(fx: &Fixture) {
    let id = fx.connector.id;
    let others = [fx.another_process().await, fx.another_process().await];
    for round in 0..10 {
        let seen = fx.store.connector(fx.org, id).await.unwrap().revision;
        let patch = |who: &str| ConnectorPatch {
            revision: Some(seen),
            settings: Some(settings(&format!("by-{who}-{round}"))),
            ..ConnectorPatch::default()
        };
        let (one, two) = (patch("one"), patch("two"));
        let (one, two) = tokio::join!(
            others[0].update_connector(fx.org, id, &one),
            others[1].update_connector(fx.org, id, &two)
        );
        let after = fx.store.connector(fx.org, id).await.unwrap();
        assert_eq!(after.revision, seen + 1);
        let (won, lost) = if one.is_ok() { (one, two) } else { (two, one) };
        assert_eq!(won.unwrap(), after);
        assert!(matches!(lost, Err(StoreError::Conflict { what }) if what.contains("somebody else")));
    }
    let unconditional = ConnectorPatch { active: Some(false), ..ConnectorPatch::default() };
    fx.store.update_connector(fx.org, id, &unconditional).await.unwrap();
}

pub(crate) async fn declared_connectors_follow_their_files(fx: &Fixture) {
    let (store, org) = (&fx.store, fx.org);
    let declare = |name: &str, secret: &str| DeclaredConnector {
        path: format!("connectors/{name}.yaml"),
        settings: settings(name),
        active: true,
        secrets: BTreeMap::from([("password".to_owned(), SecretString::from(secret))]),
    };
    let report = store.sync_declared(org, &[declare("a", "1"), declare("b", "1")]).await.unwrap();
    assert_eq!((report.created.len(), report.updated.len(), report.deleted.len()), (2, 0, 0));
    let again = store.sync_declared(org, &[declare("a", "1"), declare("b", "1")]).await.unwrap();
    assert_eq!(again, mailcase_store::SyncReport::default(), "nothing changed");
    let a = store.connector_by_api_name(org, "a").await.unwrap().unwrap();
    assert_eq!(a.origin, Origin::File { path: "connectors/a.yaml".to_owned() });
    let edit = ConnectorPatch { settings: Some(settings("z")), ..ConnectorPatch::default() };
    assert!(matches!(store.update_connector(org, a.id, &edit).await, Err(StoreError::Conflict { .. })));
    assert!(matches!(store.delete_connector(org, a.id).await, Err(StoreError::Conflict { .. })));
    store.set_connector_active(org, a.id, false).await.expect("pausing is allowed");
    let report = store.sync_declared(org, &[declare("a", "2")]).await.unwrap();
    assert_eq!((report.created.len(), report.updated.len(), report.deleted.len()), (0, 1, 1));
    assert!(!store.connector(org, a.id).await.unwrap().active, "it stays paused");
    let clash = store.sync_declared(org, &[declare("phishing", "1")]).await;
    assert!(matches!(clash, Err(StoreError::Conflict { .. })), "made by a person");
    assert!(store.connector(org, a.id).await.is_ok(), "a refused change changes nothing");
    store.sync_declared(org, &[]).await.unwrap();
    let left: Vec<_> =
        store.list_connectors(org).await.unwrap().into_iter().map(|c| c.settings.api_name).collect();
    assert_eq!(left, ["phishing"]);
}

pub(crate) async fn alarms_accounting_and_log(fx: &Fixture) {
    let (store, org, id) = (&fx.store, fx.org, fx.connector.id);
    let facts = ErrorFacts {
        code: "sign_in".to_owned(),
        message: "refused".to_owned(),
        hint: Some("check the password".to_owned()),
        at: at("2026-03-01T12:00:00Z"),
    };
    let failing = ConnectorStatusUpdate {
        state: ConnectorState::BackingOff,
        last_success: Some(at("2026-03-01T11:00:00Z")),
        last_error: Some(facts.clone()),
        next_poll: Some(at("2026-03-01T12:05:00Z")),
    };
    store.set_connector_status(&fx.lease, failing).await.unwrap();
    let shown = store.connector_with_status(org, id).await.unwrap();
    assert_eq!(shown.status.last_error, Some(facts));
    assert_eq!(shown.status.leased_by.as_deref(), Some("first"));
    let well = ConnectorStatusUpdate {
        state: ConnectorState::Waiting,
        last_success: None,
        last_error: None,
        next_poll: None,
    };
    store.set_connector_status(&fx.lease, well).await.unwrap();
    fx.deliver("1", "one").await;
    let shown = store.list_connectors_with_status(org).await.unwrap().remove(0);
    assert_eq!((shown.status.state, shown.status.last_error), (ConnectorState::Waiting, None));
    assert_eq!(shown.status.last_success, Some(at("2026-03-01T11:00:00Z")), "kept");
    assert_eq!((shown.counts.total, shown.counts.stored, shown.counts.unacknowledged), (1, 1, 1));
    let gauges = store.connector_gauges().await.unwrap();
    assert_eq!(gauges.len(), 1);
    let measured = &gauges[0];
    assert_eq!((measured.id, measured.api_name.as_str(), measured.active), (id, "phishing", true));
    assert_eq!(measured.last_success, Some(at("2026-03-01T11:00:00Z")));
    assert_eq!((measured.to_fetch, measured.to_decide, measured.to_acknowledge), (0, 1, 0));
    assert_eq!((measured.waiting_since, measured.needs_attention), (None, 0));
    let vitals = store.connector_vitals().await.unwrap();
    assert_eq!(vitals.len(), 1);
    assert_eq!(vitals[0].1.last_message, Some(at("2026-03-01T12:00:00Z")));
    assert_eq!(vitals[0].1.last_progress, Some(at("2026-03-01T12:00:00Z")));
    assert_eq!(vitals[0].1.state, ConnectorState::Waiting);
    fx.clock.advance(Duration::from_secs(60));
    store.record_discovery(&fx.lease, org, "INBOX", &[], "later", None).await.unwrap();
    let vitals = store.connector_vitals().await.unwrap()[0].1;
    assert_eq!(vitals.last_progress, Some(at("2026-03-01T12:01:00Z")), "listing is progress");
    assert_eq!(vitals.last_message, Some(at("2026-03-01T12:00:00Z")));

    for text in ["first", "second"] {
        store.raise_alarm(org, id, AlarmKind::SignIn, text).await.unwrap();
    }
    store.raise_alarm(org, id, AlarmKind::Silent, "quiet").await.unwrap();
    let alarms = store.list_alarms(org).await.unwrap();
    assert_eq!(alarms.len(), 2, "one per kind");
    assert_eq!(alarms[1].text, "second");
    let standing = store.standing_alarms().await.unwrap();
    assert_eq!(standing, HashSet::from([(id, AlarmKind::SignIn), (id, AlarmKind::Silent)]));
    for _ in 0..2 {
        store.clear_alarms(org, id, &[AlarmKind::SignIn, AlarmKind::NoSuccess]).await.unwrap();
    }
    assert_eq!(store.standing_alarms().await.unwrap(), HashSet::from([(id, AlarmKind::Silent)]));
    store.raise_alarm(org, id, AlarmKind::SignIn, "again").await.unwrap();
    let alarms = store.list_alarms(org).await.unwrap();
    assert_eq!(alarms.iter().filter(|alarm| alarm.cleared_at.is_none()).count(), 2);
    assert_eq!(alarms.len(), 3);

    assert_eq!(store.latest_accounting::<serde_json::Value>(org, id).await.unwrap(), None);
    for n in 0..3 {
        fx.clock.advance(std::time::Duration::from_secs(1));
        store.save_accounting(org, id, &serde_json::json!({ "n": n })).await.unwrap();
    }
    let kept = store.latest_accounting::<serde_json::Value>(org, id).await.unwrap().unwrap();
    assert_eq!(kept.result["n"], 2);

    for n in 0..510 {
        store.append_connector_log(id, LogLevel::Info, "round", &format!("{n}")).await.unwrap();
    }
    let log = store.connector_log(org, id, 1000).await.unwrap();
    assert_eq!(log.len(), 500);
    assert_eq!((log[0].text.as_str(), log[499].text.as_str()), ("509", "10"));
}

pub(crate) async fn one_that_cannot_be_read_is_shown_and_holds_up_nobody(fx: &Fixture) {
    let (store, org) = (&fx.store, fx.org);
    let settings = settings("other");
    let other = store.create_connector(org, &settings, &BTreeMap::new(), true).await.unwrap();
    let newer = "UPDATE connectors SET settings = '{\"kind\":\"imap\",\"quota\":\"ada@example.org\"}', \
                 status_state = 'hibernating', last_error = '[]' WHERE api_name = 'phishing'";
    assert_eq!(fx.meddle(newer).await, 1);
    store.release_lease(&fx.lease).await.unwrap();
    let claimed = store.claim_connectors("process", TTL, 10).await.unwrap();
    assert_eq!(claimed.iter().map(|(connector, _)| connector.id).collect::<Vec<_>>(), [other.id]);
    let listed = store.list_connectors_with_status(org).await.unwrap();
    assert_eq!(listed.len(), 2);
    let usable: Vec<_> = store.list_connectors(org).await.unwrap().into_iter().map(|c| c.id).collect();
    assert_eq!(usable, [other.id]);
    let shown = store.connector_with_status(org, fx.connector.id).await.unwrap();
    assert!(listed.contains(&shown));
    let error = shown.status.last_error.unwrap();
    assert_eq!(error.message, "its settings cannot be read: unknown field `quota`");
    assert_eq!((shown.status.state, shown.status.leased_by), (ConnectorState::Failed, None));
    let settings = &shown.connector.settings;
    assert_eq!((settings.name.as_str(), settings.api_name.as_str()), ("Mailbox phishing", "phishing"));
    assert_eq!(settings.kind, "imap");
    assert_eq!(store.connector_vitals().await.unwrap().len(), 2, "silence of both is noticed");
    let due = store.accounting_due("process", at("2026-03-01T00:00:00Z")).await.unwrap();
    assert_eq!(due.iter().map(|connector| connector.id).collect::<Vec<_>>(), [other.id]);

    // It is looked at again now and then, and told of once.
    for _ in 0..3 {
        fx.clock.advance(Duration::from_secs(120));
        store.renew_lease(&claimed[0].1, Duration::from_secs(600)).await.unwrap();
        assert!(store.claim_connectors("process", TTL, 10).await.unwrap().is_empty());
    }
    let log = store.connector_log(org, fx.connector.id, 10).await.unwrap();
    assert_eq!(log.iter().map(|entry| entry.event.as_str()).collect::<Vec<_>>(), ["settings"]);

    for damage in [
        "UPDATE connectors SET settings = 'no json at all' WHERE api_name = 'phishing'",
        "UPDATE connectors SET settings = '{\"name\":7,\"api_name\":\"x\",\"kind\":\"x\"}' WHERE api_name = 'phishing'",
        "UPDATE connectors SET origin = '{}' WHERE api_name = 'phishing'",
    ] {
        fx.meddle(damage).await;
        let shown = store.connector_with_status(org, fx.connector.id).await.unwrap();
        assert!(shown.status.last_error.unwrap().message.contains("cannot be read"));
        assert_eq!(store.list_connectors_with_status(org).await.unwrap().len(), 2);
    }

    // The version that can read it takes it up.
    let mended = "UPDATE connectors SET origin = '{\"from\":\"api\"}', settings = (SELECT settings FROM connectors \
                  WHERE api_name = 'other') WHERE api_name = 'phishing'";
    fx.meddle(mended).await;
    fx.clock.advance(Duration::from_secs(120));
    assert_eq!(store.claim_connectors("process", TTL, 10).await.unwrap().len(), 1);

    // All its settings anew, its file and a deletion get past what cannot be read; a mere switch does not.
    let damaged = "UPDATE connectors SET settings = 'no json at all' WHERE api_name = 'phishing'";
    fx.meddle(damaged).await;
    let stand_in = store.connector(org, fx.connector.id).await.unwrap();
    assert_eq!(stand_in.settings.api_name, "phishing");
    assert_eq!(store.connector_by_api_name(org, "phishing").await.unwrap(), Some(stand_in));
    let refused = store.set_connector_active(org, fx.connector.id, false).await.unwrap_err();
    assert!(refused.to_string().contains("enter the settings again"), "{refused}");
    let patch = ConnectorPatch { settings: Some(fx.connector.settings.clone()), ..ConnectorPatch::default() };
    let entered = store.update_connector(org, fx.connector.id, &patch).await.unwrap();
    assert_eq!(entered.settings, fx.connector.settings);
    fx.meddle("UPDATE connectors SET settings = '7', origin = '{\"from\":\"file\",\"path\":\"a.yaml\"}' WHERE api_name = 'phishing'")
        .await;
    let declared = DeclaredConnector {
        path: "a.yaml".to_owned(),
        settings: fx.connector.settings.clone(),
        active: true,
        secrets: BTreeMap::new(),
    };
    let report = store.sync_declared(org, &[declared]).await.unwrap();
    assert_eq!(report.updated, [fx.connector.id]);
    assert_eq!(store.connector(org, fx.connector.id).await.unwrap().settings, fx.connector.settings);
    fx.meddle(
        "UPDATE connectors SET settings = '7', origin = '{\"from\":\"api\"}' WHERE api_name = 'phishing'",
    )
    .await;
    store.delete_connector(org, fx.connector.id).await.unwrap();
    assert_eq!(store.list_connectors_with_status(org).await.unwrap().len(), 1);
}
