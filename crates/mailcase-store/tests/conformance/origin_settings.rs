//! What an organization says of its own mail.

use crate::fixture::Fixture;
use mailcase_core::UserId;
use mailcase_core::origin::{OriginSettings, OwnPerson};
use mailcase_store::{Actor, KeptOriginSettings, NewAudit, PageRequest, StoreError};
use serde_json::json;

fn entry(fx: &Fixture) -> NewAudit {
    let actor = Actor::User { id: UserId::new(), name: "Ada".to_owned() };
    let action = "origin_settings.changed";
    NewAudit { organization: Some(fx.org), actor, action, target: None, detail: json!({}) }
}

pub(crate) async fn settings_are_kept_with_their_revision(fx: &Fixture) {
    let store = &fx.store;
    assert_eq!(store.origin_settings(fx.org).await.unwrap(), KeptOriginSettings::default());
    assert_eq!(store.origin_revision(fx.org).await.unwrap(), 0);
    let person =
        OwnPerson { name: "Jane Doe".to_owned(), addresses: vec!["jane@private.example".to_owned()] };
    let settings = OriginSettings {
        domains: vec!["contoso.example".to_owned()],
        people: vec![person],
        authserv_ids: vec![String::new()],
        networks: vec!["192.0.2.0/24".to_owned()],
        dns: true,
        resolvers: vec!["192.0.2.53".to_owned()],
    };
    let kept = store.recorded(entry(fx)).save_origin_settings(fx.org, &settings, 0).await.unwrap();
    assert_eq!((kept.revision, &kept.settings), (1, &settings));
    assert_eq!((kept.updated_by.as_deref(), kept.updated_at), (Some("Ada"), Some(fx.clock.now())));
    assert_eq!(store.origin_settings(fx.org).await.unwrap(), kept);
    // Made on what is gone, a change is refused and leaves no trace.
    let other = OriginSettings::default();
    let refused = store.recorded(entry(fx)).save_origin_settings(fx.org, &other, 0).await.unwrap_err();
    assert!(matches!(refused, StoreError::Conflict { .. }), "{refused:?}");
    assert_eq!(store.origin_settings(fx.org).await.unwrap(), kept);
    let again = store.recorded(entry(fx)).save_origin_settings(fx.org, &other, 1).await.unwrap();
    assert_eq!((again.revision, store.origin_revision(fx.org).await.unwrap()), (2, 2));
    let trail = store.list_audit(fx.org, &PageRequest::default()).await.unwrap().items;
    assert_eq!(trail.len(), 2);
    assert_eq!(trail[1].detail["settings"]["domains"], json!(["contoso.example"]));
    // Nobody else's.
    let stranger = store.create_organization("Stranger").await.unwrap();
    assert_eq!(store.origin_settings(stranger).await.unwrap(), KeptOriginSettings::default());
}
