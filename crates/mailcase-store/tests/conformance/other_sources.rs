//! Going on with another source, and back.

use crate::fixture::{Fixture, KEY, TTL, claim_one};
use mailcase_core::UserId;
use mailcase_core::migration::{MigrationState, SourceSettings};
use mailcase_store::{
    Actor, MasterKey, NewAudit, NewDelivery, PageRequest, Passed, PassedFolder, Store, StoreConfig,
    StoreError,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::collections::BTreeMap;

fn entry(fx: &Fixture, action: &'static str) -> NewAudit {
    let actor = Actor::User { id: UserId::new(), name: "Ada".to_owned() };
    NewAudit { organization: Some(fx.org), actor, action, target: None, detail: json!({}) }
}

fn graph() -> SourceSettings {
    let connection = json!({"mailbox": "soc@example.org"}).as_object().unwrap().clone();
    SourceSettings { kind: "graph".to_owned(), connection, folders: vec!["inbox".to_owned()] }
}

fn secrets(name: &str, secret: &str) -> BTreeMap<String, SecretString> {
    BTreeMap::from([(name.to_owned(), SecretString::from(secret))])
}

fn listed(ids: &[&str]) -> Vec<NewDelivery> {
    let one = |id: &&str| NewDelivery {
        remote_id: (*id).to_owned(),
        size: None,
        received: None,
        filtered_out: false,
    };
    ids.iter().map(one).collect()
}

fn renamed(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(old, new)| ((*old).to_owned(), (*new).to_owned())).collect()
}

async fn known(fx: &Fixture, folder: &str) -> Vec<String> {
    let known = fx.store.known_remote(fx.connector.id, folder, None, 100).await.unwrap();
    known.into_iter().map(|known| known.remote_id).collect()
}

async fn secret_of(store: &Store, fx: &Fixture, name: &str) -> Option<String> {
    let secrets = store.connector_secrets(fx.connector.id).await.unwrap();
    secrets.get(name).map(|secret| secret.expose_secret().to_owned())
}

pub(crate) async fn a_connector_goes_on_with_another_source_and_back(fx: &Fixture) {
    let (store, org, id) = (&fx.store, fx.org, fx.connector.id);
    store.record_discovery(&fx.lease, org, "INBOX", &listed(&["1", "2", "3"]), "at 3", None).await.unwrap();
    assert_eq!(store.other_source(org, id).await.unwrap(), None);
    let shadow = store.recorded(entry(fx, "shadow"));
    shadow.shadow(org, id, &graph(), &secrets("client_secret", "old one")).await.unwrap();
    shadow.shadow(org, id, &graph(), &secrets("client_secret", "of graph")).await.unwrap();
    let other = store.other_source(org, id).await.unwrap().unwrap();
    assert_eq!((other.state, &other.settings), (MigrationState::Shadow, &graph()));
    assert_eq!(other.started_by.as_deref(), Some("Ada"));
    assert_eq!(store.connector(org, id).await.unwrap().settings.kind, "imap", "nothing changed yet");

    // The runner goes on until it is taken over.
    store.renew_lease(&fx.lease, TTL).await.unwrap();
    let seized = store.seize_connector(id, "mover", TTL).await.unwrap();
    assert!(matches!(store.renew_lease(&fx.lease, TTL).await, Err(StoreError::Fenced)));
    let folders = [PassedFolder {
        from: "INBOX".to_owned(),
        to: "inbox".to_owned(),
        cursor: Some("delta".to_owned()),
        renamed: renamed(&[("1", "one"), ("3", "three")]),
        new: listed(&["four"]),
    }];
    let late = store.recorded(entry(fx, "late")).change_places(&fx.lease, org, &folders).await;
    assert!(matches!(late, Err(StoreError::Fenced)), "{late:?}");
    let passed = store.recorded(entry(fx, "switched")).change_places(&seized, org, &folders).await.unwrap();
    assert_eq!(passed, Passed { renamed: 2, new: 1 });
    let connector = store.connector(org, id).await.unwrap();
    assert_eq!(connector.settings.source(), graph());
    assert_eq!(connector.settings.name, fx.connector.settings.name);
    assert_eq!(connector.revision, fx.connector.revision + 1);
    assert_eq!(known(fx, "inbox").await, ["four", "one", "three"]);
    assert_eq!(known(fx, "INBOX").await, ["2"], "what is not there any more keeps its name");
    assert_eq!(store.folder_cursor(id, "inbox").await.unwrap().as_deref(), Some("delta"));
    assert_eq!(store.folder_cursor(id, "INBOX").await.unwrap(), None);
    assert_eq!(secret_of(store, fx, "client_secret").await.as_deref(), Some("of graph"));
    let other = store.other_source(org, id).await.unwrap().unwrap();
    assert_eq!((other.state, other.settings.kind.as_str()), (MigrationState::Switched, "imap"));
    let again = shadow.shadow(org, id, &graph(), &BTreeMap::new()).await;
    assert!(matches!(again, Err(StoreError::Conflict { .. })), "the way back is kept: {again:?}");

    // The key changes, and the way back is still there.
    let both = MasterKey::new([8; 32]).with_previous(KEY);
    let resealing = Store::open(StoreConfig { master_key: both, ..fx.config.clone() }).await.unwrap();
    resealing.recorded(entry(fx, "rotated")).reseal().await.unwrap();
    let new = StoreConfig { master_key: MasterKey::new([8; 32]), ..fx.config.clone() };
    let store = Store::open_with_clock(new, fx.clock.clone()).await.unwrap();

    let lease = claim_one(&store, "back").await;
    let folders = [PassedFolder {
        from: "inbox".to_owned(),
        to: "INBOX".to_owned(),
        cursor: None,
        renamed: renamed(&[("one", "1"), ("three", "3"), ("four", "4")]),
        new: Vec::new(),
    }];
    let passed = store.recorded(entry(fx, "undone")).change_places(&lease, org, &folders).await.unwrap();
    assert_eq!(passed, Passed { renamed: 3, new: 0 });
    assert_eq!(store.connector(org, id).await.unwrap().settings, fx.connector.settings);
    assert_eq!(known(fx, "INBOX").await, ["1", "2", "3", "4"]);
    assert_eq!(store.folder_cursor(id, "INBOX").await.unwrap(), None);
    assert_eq!(secret_of(&store, fx, "client_secret").await, None);
    let secrets = store.other_source_secrets(id).await.unwrap();
    assert_eq!(secrets["client_secret"].expose_secret(), "of graph");

    let trail = store.list_audit(org, &PageRequest::default()).await.unwrap().items;
    let switched = trail.iter().find(|entry| entry.action == "switched").unwrap();
    assert_eq!((&switched.detail["from"], &switched.detail["to"]), (&json!("imap"), &json!("graph")));
    assert_eq!(switched.detail["new_messages"], 1);
    assert!(!format!("{trail:?}").contains("of graph"));

    store.recorded(entry(fx, "given up")).forget_other_source(org, id).await.unwrap();
    assert_eq!(store.other_source(org, id).await.unwrap(), None);
    let twice = store.recorded(entry(fx, "given up")).forget_other_source(org, id).await;
    assert!(matches!(twice, Err(StoreError::NotFound { .. })));
    let nothing = store.seize_connector(id, "mover", TTL).await.unwrap();
    let nothing = store.recorded(entry(fx, "x")).change_places(&nothing, org, &[]).await;
    assert!(matches!(nothing, Err(StoreError::NotFound { .. })));
}

pub(crate) async fn comparisons_are_due_counted_and_kept(fx: &Fixture) {
    let (store, org, id) = (&fx.store, fx.org, fx.connector.id);
    let due = async || store.comparison_due(&fx.lease.owner, fx.clock.now()).await.unwrap().len();
    assert_eq!(due().await, 0);
    store.recorded(entry(fx, "shadow")).shadow(org, id, &graph(), &BTreeMap::new()).await.unwrap();
    fx.clock.advance(TTL / 10);
    assert_eq!(due().await, 1);
    for (agree, agreements) in [(true, 1), (true, 2), (false, 0), (true, 1)] {
        fx.clock.advance(TTL / 10);
        store.save_comparison(org, id, &json!({"both": 7}), agree).await.unwrap();
        assert_eq!(store.other_source(org, id).await.unwrap().unwrap().agreements, agreements);
    }
    assert_eq!(due().await, 0, "compared just now");
    let other = store.other_source(org, id).await.unwrap().unwrap();
    assert_eq!(other.comparisons, 4);
    assert_eq!(other.comparison::<serde_json::Value>().unwrap().unwrap()["both"], 7);
    let (stranger, ..) = fx.stranger().await;
    assert_eq!(store.other_source(stranger, id).await.unwrap(), None);
    // Another try begins anew, and a connector that goes takes it along.
    store.recorded(entry(fx, "shadow")).shadow(org, id, &graph(), &BTreeMap::new()).await.unwrap();
    assert_eq!(store.other_source(org, id).await.unwrap().unwrap().comparisons, 0);
    store.delete_connector(org, id).await.unwrap();
    assert!(store.other_source_secrets(id).await.is_err());
}
