//! Regular expressions of an organization.

use crate::fixture::Fixture;
use mailcase_core::UserId;
use mailcase_patterns::{Gives, PATTERNS, Pattern, Place};
use mailcase_store::{Actor, Event, KeptPattern, NewAudit, PageRequest, Result, StoreError};
use serde_json::json;
use std::collections::BTreeSet;

fn entry(fx: &Fixture, action: &'static str) -> NewAudit {
    let actor = Actor::User { id: UserId::new(), name: "Ada".to_owned() };
    NewAudit { organization: Some(fx.org), actor, action, target: None, detail: json!({}) }
}

fn pattern(name: &str) -> Pattern {
    Pattern {
        name: name.to_owned(),
        expression: r"INC-\d+".to_owned(),
        ignore_case: true,
        looks_at: BTreeSet::from([Place::Headers, Place::Body]),
        gives: Gives::Field { name: "ticket".to_owned() },
    }
}

async fn add(fx: &Fixture, name: &str) -> Result<KeptPattern> {
    fx.store.recorded(entry(fx, "pattern.added")).add_pattern(fx.org, &pattern(name), true).await
}

pub(crate) async fn patterns_are_kept_changed_and_forgotten(fx: &Fixture) {
    let store = &fx.store;
    let mut events = store.events();
    let before = store.pattern_generation(fx.org).await.unwrap();
    let kept = add(fx, "Ticket").await.unwrap();
    assert_eq!(events.next().await, Event::PatternsChanged { org: fx.org });
    assert_eq!((kept.pattern.clone(), kept.active, kept.revision), (pattern("Ticket"), true, 1));
    assert_eq!((kept.updated_by.as_deref(), kept.created_at), (Some("Ada"), fx.clock.now()));
    assert!(
        matches!(add(fx, "TICKET").await, Err(StoreError::Conflict { .. })),
        "names differ in more than case"
    );
    let second = add(fx, "Asset").await.unwrap();
    assert_eq!(store.patterns(fx.org).await.unwrap(), [second.clone(), kept.clone()]);

    let changed = KeptPattern {
        pattern: Pattern { expression: "CASE-[0-9]+".to_owned(), ..kept.pattern.clone() },
        active: false,
        ..kept.clone()
    };
    let recorded = store.recorded(entry(fx, "pattern.changed"));
    let now = recorded.change_pattern(fx.org, &changed).await.unwrap();
    assert_eq!((now.pattern.expression.as_str(), now.active, now.revision), ("CASE-[0-9]+", false, 2));
    let stale = store.recorded(entry(fx, "pattern.changed")).change_pattern(fx.org, &changed).await;
    assert!(matches!(stale, Err(StoreError::Conflict { .. })), "{stale:?}");
    let named = KeptPattern { pattern: pattern("asset"), ..now.clone() };
    let taken = store.recorded(entry(fx, "pattern.changed")).change_pattern(fx.org, &named).await;
    assert!(matches!(taken, Err(StoreError::Conflict { .. })), "{taken:?}");

    let active = fx.another_process().await.active_patterns(fx.org).await.unwrap();
    assert_eq!(active.patterns, [pattern("Asset")]);
    assert!(active.generation > before);

    let (stranger, _, _) = fx.stranger().await;
    assert!(store.patterns(stranger).await.unwrap().is_empty());
    assert!(matches!(store.pattern(stranger, kept.id).await, Err(StoreError::NotFound { .. })));
    let theirs = store.recorded(entry(fx, "pattern.changed")).change_pattern(stranger, &now).await;
    assert!(matches!(theirs, Err(StoreError::NotFound { .. })));
    let theirs = store.recorded(entry(fx, "pattern.deleted")).delete_pattern(stranger, kept.id).await;
    assert!(matches!(theirs, Err(StoreError::NotFound { .. })));

    store.recorded(entry(fx, "pattern.deleted")).delete_pattern(fx.org, kept.id).await.unwrap();
    assert!(matches!(store.pattern(fx.org, kept.id).await, Err(StoreError::NotFound { .. })));
    let trail = store.list_audit(fx.org, &PageRequest::default()).await.unwrap().items;
    let written: Vec<_> = trail.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(written, ["pattern.deleted", "pattern.changed", "pattern.added", "pattern.added"]);
    assert_eq!(trail[0].detail, json!({ "name": "Ticket", "expression": "CASE-[0-9]+" }));
}

pub(crate) async fn there_are_no_more_patterns_than_can_be_run(fx: &Fixture) {
    for number in 0..PATTERNS {
        add(fx, &format!("pattern {number}")).await.unwrap();
    }
    let generation = fx.store.pattern_generation(fx.org).await.unwrap();
    assert!(matches!(add(fx, "one more").await, Err(StoreError::Conflict { .. })));
    assert_eq!(fx.store.pattern_generation(fx.org).await.unwrap(), generation, "nothing came");
}
