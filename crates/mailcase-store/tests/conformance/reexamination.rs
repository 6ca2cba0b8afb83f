//! Evidence made anew, and the jobs that do it.

use crate::decryption_keys::unlocked;
use crate::fixture::{Fixture, TTL, claim_one, decided, deliver, mail, settings};
use mailcase_core::{ConnectorId, MessageId, OrganizationId, ReexaminationId, UserId};
use mailcase_evidence::{Evidence, Hashes, Indicator, IndicatorKind, Lock, PARSER_VERSION, Part, PartKind};
use mailcase_store::{
    Actor, DecidedOutcome, Event, ExaminedAgain, MessageFilter, NewAudit, NewDecryptionKey, PackedEvidence,
    PageRequest, Reexamination, ReexaminationLease, ReexaminationScope, ReexaminationState, Reexamined,
    Store, StoreError,
};
use serde_json::json;
use std::collections::BTreeMap;

fn attachment(name: &str) -> Part {
    Part {
        path: "/1".to_owned(),
        kind: PartKind::Attachment,
        content_type: "application/pdf".to_owned(),
        name: Some(name.to_owned()),
        hashes: Some(Hashes { sha256: format!("{name} sha256"), ..Hashes::default() }),
        ..Part::default()
    }
}

fn with(subject: &str, version: u32, indicators: &[&str], parts: &[&str]) -> Evidence {
    let indicator = |value: &&str| Indicator::new(IndicatorKind::Domain, (*value).to_owned());
    let mut evidence = mail(subject, "<a@x>", &[]);
    evidence.parser_version = version;
    evidence.indicators = indicators.iter().map(indicator).collect();
    evidence.root.children = parts.iter().map(|name| attachment(name)).collect();
    evidence
}

async fn found_by(fx: &Fixture, search: &str) -> usize {
    let filter = MessageFilter { q: Some(search.to_owned()), ..MessageFilter::default() };
    fx.store.list_messages(fx.org, &filter, &PageRequest::default()).await.unwrap().items.len()
}

/// Evidence of a message that is encrypted to somebody.
fn locked(subject: &str) -> Evidence {
    let mut evidence = with(subject, PARSER_VERSION, &[], &["smime.p7m"]);
    evidence.root.children[0].lock = Some(Lock::Key { recipients: vec!["CN=Somebody".to_owned()] });
    evidence
}

/// The same, opened.
fn opened(subject: &str) -> Evidence {
    with(subject, PARSER_VERSION, &["inside.example"], &["smime.p7m", "invoice.pdf"])
}

fn again(org: OrganizationId, seq: i64, evidence: Evidence) -> Reexamined {
    let packed = PackedEvidence::new(org, &evidence).unwrap();
    Reexamined { seq, outcome: Ok(Box::new(ExaminedAgain { evidence, packed })) }
}

async fn asked(fx: &Fixture, scope: ReexaminationScope) -> Result<Reexamination, StoreError> {
    let actor = Actor::User { id: UserId::new(), name: "Ada".to_owned() };
    let entry = NewAudit {
        organization: Some(fx.org),
        actor,
        action: "reexamination.requested",
        target: None,
        detail: json!({}),
    };
    fx.store.recorded(entry).request_reexamination(fx.org, scope).await
}

async fn cancelled(fx: &Fixture, id: ReexaminationId) -> Result<Reexamination, StoreError> {
    let entry = NewAudit {
        organization: Some(fx.org),
        actor: Actor::System,
        action: "reexamination.cancelled",
        target: None,
        detail: json!({}),
    };
    fx.store.recorded(entry).cancel_reexamination(fx.org, id).await
}

async fn add_key(fx: &Fixture, name: &str, connector: Option<ConnectorId>) {
    let entry = NewAudit {
        organization: Some(fx.org),
        actor: Actor::System,
        action: "key.added",
        target: None,
        detail: json!({}),
    };
    let new = NewDecryptionKey { connector, name: name.to_owned(), key: unlocked(name) };
    fx.store.recorded(entry).add_decryption_key(fx.org, &new).await.unwrap();
}

async fn claim(store: &Store) -> ReexaminationLease {
    store.claim_reexamination("first", TTL).await.unwrap().unwrap()
}

async fn needing_a_key(fx: &Fixture) -> Vec<MessageId> {
    let filter = MessageFilter { needs_key: Some(true), ..MessageFilter::default() };
    let listed = fx.store.list_messages(fx.org, &filter, &PageRequest::default()).await.unwrap().items;
    assert!(listed.iter().all(|message| message.needs_key));
    listed.into_iter().map(|message| message.id).collect()
}

pub(crate) async fn new_evidence_takes_the_place_of_the_old(fx: &Fixture) {
    let store = &fx.store;
    let old = with("Encrypted parcel", 1, &["old.example", "both.example"], &["smime.p7m"]);
    let (message, case) = fx.message("1", old.clone()).await;
    assert_eq!(store.reexamination_counts(fx.org).await.unwrap().outdated, 1);
    assert_eq!(store.reexamination_counts(OrganizationId::new()).await.unwrap().all, 0);
    let one = asked(fx, ReexaminationScope::Outdated).await.unwrap();
    assert_eq!((one.total, one.state), (1, ReexaminationState::Waiting));
    let lease = claim(store).await;
    let meant = store.meant_by(&lease, 0, 10).await.unwrap();
    assert_eq!((meant[0].id, meant[0].connectors.as_slice()), (message, [fx.connector.id].as_slice()));
    assert!(store.meant_by(&lease, meant[0].seq, 10).await.unwrap().is_empty());

    let found = ["new.example", "both.example"];
    let mut new = with("Unsealed letter", PARSER_VERSION, &found, &["invoice.pdf", "invoice.pdf"]);
    new.root.children[1].path = "/2".to_owned();
    store.record_reexamined(&lease, &[again(fx.org, meant[0].seq, new.clone())]).await.unwrap();

    assert_eq!(store.message_evidence(fx.org, message).await.unwrap(), Some(new.clone()));
    assert_eq!(store.reexamination_counts(fx.org).await.unwrap().outdated, 0);
    let detail = store.message(fx.org, message).await.unwrap();
    assert_eq!(detail.summary.subject.as_deref(), Some("Unsealed letter"));
    assert_eq!((detail.summary.case.map(|case| case.id), detail.summary.attachment_count), (case, 2));
    assert_eq!(
        (found_by(fx, "parcel").await, found_by(fx, "smime").await),
        (0, 0),
        "old words are forgotten"
    );
    assert_eq!((found_by(fx, "unsealed").await, found_by(fx, "invoice").await), (1, 1));
    assert_eq!(detail.summary.indicator_count, 2);
    let page = PageRequest::default();
    let indicators = store.case_indicators(fx.org, case.unwrap(), &page).await.unwrap().items;
    let mut values: Vec<&str> = indicators.iter().map(|one| one.value.as_str()).collect();
    values.sort_unstable();
    assert_eq!(values, ["both.example", "new.example"]);

    // The same once more changes nothing, and words are not forgotten twice.
    store.record_reexamined(&lease, &[again(fx.org, meant[0].seq, new)]).await.unwrap();
    assert_eq!(found_by(fx, "unsealed").await, 1);
    store.end_reexamination(&lease, None).await.unwrap();
    let done = store.reexamination(fx.org, one.id).await.unwrap();
    assert_eq!((done.state, done.examined, done.changed), (ReexaminationState::Done, 2, 1));
    assert_eq!((done.changes.indicators_found, done.changes.indicators_gone), (1, 1));
    let told = store.reexamined_messages(fx.org, one.id).await.unwrap();
    assert_eq!((told[0].message, told[0].changes.clone()), (message, done.changes));
}

/// Examines what is meant, up to `limit` messages, as the engine does.
async fn examine_some(fx: &Fixture, lease: &ReexaminationLease, after: i64, limit: usize) -> i64 {
    let meant = fx.store.meant_by(lease, after, limit).await.unwrap();
    let batch: Vec<Reexamined> =
        meant.iter().map(|message| again(fx.org, message.seq, opened(&message.id.to_string()))).collect();
    fx.store.record_reexamined(lease, &batch).await.unwrap();
    meant.last().map_or(after, |last| last.seq)
}

pub(crate) async fn a_job_passes_on_and_counts_nothing_twice(fx: &Fixture) {
    let store = &fx.store;
    for n in 0..5 {
        fx.message(&n.to_string(), locked(&format!("locked {n}"))).await;
    }
    fx.message("open", with("open", PARSER_VERSION, &[], &[])).await;
    assert_eq!(needing_a_key(fx).await.len(), 5);
    let counts = store.reexamination_counts(fx.org).await.unwrap();
    assert_eq!((counts.outdated, counts.needs_key, counts.all), (0, 5, 6));

    let one = asked(fx, ReexaminationScope::NeedsKey).await.unwrap();
    assert_eq!((one.total, one.requested_by.as_deref()), (5, Some("Ada")));
    let twice = asked(fx, ReexaminationScope::All).await;
    assert!(matches!(twice, Err(StoreError::Conflict { .. })), "{twice:?}");

    let first = claim(store).await;
    assert!(store.claim_reexamination("second", TTL).await.unwrap().is_none(), "it is held");
    let done = examine_some(fx, &first, 0, 2).await;
    // Its holder dies; what it had not committed is done again by another.
    fx.clock.advance(TTL * 2);
    let other = fx.another_process().await;
    let second = other.claim_reexamination("second", TTL).await.unwrap().unwrap();
    assert_eq!((second.done_seq, second.interruptions), (done, 1));
    let late = store.record_reexamined(&first, &[again(fx.org, done + 1, opened("late"))]).await;
    assert!(matches!(late, Err(StoreError::Fenced)), "{late:?}");
    for refused in [
        store.renew_reexamination(&first, TTL).await,
        store.release_reexamination(&first).await,
        store.end_reexamination(&first, None).await,
    ] {
        assert!(matches!(refused, Err(StoreError::Fenced)), "{refused:?}");
    }
    examine_some(fx, &second, second.done_seq, 2).await;
    // Given back untouched, it is nobody's failure.
    store.release_reexamination(&second).await.unwrap();
    let third = claim(store).await;
    assert_eq!(third.interruptions, 0);
    let meant = store.meant_by(&third, third.done_seq, 10).await.unwrap();
    assert_eq!(meant.len(), 1);
    let failed = Reexamined { seq: meant[0].seq, outcome: Err("the bytes are gone".to_owned()) };
    store.record_reexamined(&third, &[failed]).await.unwrap();
    store.end_reexamination(&third, None).await.unwrap();

    let done = store.reexamination(fx.org, one.id).await.unwrap();
    assert_eq!((done.state, done.ended_at), (ReexaminationState::Done, Some(fx.clock.now())));
    assert_eq!((done.examined, done.changed, done.opened, done.failed), (5, 4, 4, 1));
    assert_eq!((done.changes.opened, done.changes.indicators_found), (4, 4));
    let told = store.reexamined_messages(fx.org, one.id).await.unwrap();
    assert_eq!(told.len(), 5);
    assert_eq!(told[4].error.as_deref(), Some("the bytes are gone"));
    assert_eq!(needing_a_key(fx).await, [meant[0].id], "it keeps the evidence it had");
    assert!(store.claim_reexamination("first", TTL).await.unwrap().is_none());
    let ended = cancelled(fx, one.id).await;
    assert!(matches!(ended, Err(StoreError::Conflict { .. })), "{ended:?}");
}

pub(crate) async fn a_job_is_cancelled_and_old_ones_are_forgotten(fx: &Fixture) {
    let store = &fx.store;
    for n in 0..3 {
        fx.message(&n.to_string(), locked(&format!("locked {n}"))).await;
    }
    let mut events = store.events();
    let one = asked(fx, ReexaminationScope::All).await.unwrap();
    let lease = claim(store).await;
    let done = examine_some(fx, &lease, 0, 1).await;
    cancelled(fx, one.id).await.unwrap();
    let late = store.record_reexamined(&lease, &[again(fx.org, done + 1, opened("late"))]).await;
    assert!(matches!(late, Err(StoreError::Fenced)), "{late:?}");
    let ended = store.reexamination(fx.org, one.id).await.unwrap();
    assert_eq!((ended.state, ended.examined, ended.changed), (ReexaminationState::Cancelled, 1, 1));
    assert_eq!(needing_a_key(fx).await.len(), 2);
    assert!(store.claim_reexamination("first", TTL).await.unwrap().is_none());
    let (org, told) = (fx.org, Event::ReexaminationChanged { org: fx.org, reexamination: one.id });
    while events.next().await != told {}

    for _ in 0..25 {
        let next = asked(fx, ReexaminationScope::Outdated).await.unwrap();
        let lease = claim(store).await;
        assert_eq!(lease.id, next.id);
        store.end_reexamination(&lease, Some("a reason")).await.unwrap();
    }
    let kept = store.reexaminations(org).await.unwrap();
    assert_eq!(kept.len(), 20);
    assert_eq!(
        (kept[0].state, kept[0].last_error.as_deref()),
        (ReexaminationState::Failed, Some("a reason"))
    );
    let gone = store.reexamination(org, one.id).await;
    assert!(matches!(gone, Err(StoreError::NotFound { .. })), "{gone:?}");
    assert!(store.reexamined_messages(org, one.id).await.unwrap().is_empty());
    let actions = store.list_audit(org, &PageRequest::default()).await.unwrap().items;
    assert_eq!(actions.iter().filter(|entry| entry.action == "reexamination.cancelled").count(), 1);
}

pub(crate) async fn a_key_has_the_mail_that_waits_for_it_examined_again(fx: &Fixture) {
    let store = &fx.store;
    let (mine, _) = fx.message("mine", locked("mine")).await;
    let other = store.create_connector(fx.org, &settings("other"), &BTreeMap::new(), true).await.unwrap();
    let lease = claim_one(store, "second").await;
    let stored = deliver(store, &lease, fx.org, "INBOX", "theirs", "other bytes").await;
    store.commit_decisions(&[decided(&other, &stored, locked("theirs"))]).await.unwrap();
    let (stranger, ..) = fx.stranger().await;

    add_key(fx, "bob.p12", Some(other.id)).await;
    let begun = store.reexaminations(fx.org).await.unwrap();
    assert_eq!((begun.len(), begun[0].total, begun[0].requested_by.clone()), (1, 1, None));
    assert_eq!(begun[0].connector.as_ref().unwrap().id, other.id);
    assert!(store.reexaminations(stranger).await.unwrap().is_empty());
    assert_eq!(store.reexamination_counts(stranger).await.unwrap().needs_key, 0);
    // Another key for the same mail: the one that waits does. For all mail: it does not.
    add_key(fx, "old.p12", Some(other.id)).await;
    assert_eq!(store.reexaminations(fx.org).await.unwrap().len(), 1);
    add_key(fx, "alice.p12", None).await;
    add_key(fx, "carol.asc", None).await;
    let begun = store.reexaminations(fx.org).await.unwrap();
    assert_eq!((begun.len(), begun[0].total, begun[0].connector.clone()), (2, 2, None));

    // One after the other.
    let first = claim(store).await;
    assert_eq!(first.id, begun[1].id);
    assert!(store.claim_reexamination("second", TTL).await.unwrap().is_none());
    let meant = store.meant_by(&first, 0, 10).await.unwrap();
    assert_eq!((meant.len(), meant[0].id), (1, stored.message));
    assert_eq!(meant[0].connectors, [other.id]);
    store.end_reexamination(&first, None).await.unwrap();
    let second = claim(store).await;
    assert_eq!(store.meant_by(&second, 0, 10).await.unwrap().len(), 2);
    // One that runs has passed some of the mail by: a new key needs another.
    fx.store
        .recorded(NewAudit {
            organization: Some(fx.org),
            actor: Actor::System,
            action: "key.deleted",
            target: None,
            detail: json!({}),
        })
        .delete_decryption_key(fx.org, store.decryption_keys(fx.org).await.unwrap()[0].id)
        .await
        .unwrap();
    assert_eq!(store.reexaminations(fx.org).await.unwrap().len(), 2, "a key that goes opens nothing");
    add_key(fx, "carol.asc", None).await;
    assert_eq!(store.reexaminations(fx.org).await.unwrap().len(), 3);
    assert_eq!(store.stored_message(fx.org, mine).await.unwrap().connectors, [fx.connector.id]);
}

pub(crate) async fn mail_examined_before_a_key_came_is_not_missed(fx: &Fixture) {
    let store = &fx.store;
    let generation = store.key_generation(fx.org).await.unwrap();
    let decide = async |remote_id: &str, evidence: Evidence, generation: i64| {
        let stored = fx.deliver(remote_id, remote_id).await;
        let mut decided = fx.decided(&stored, evidence.clone());
        decided.evidence = PackedEvidence::new(fx.org, &evidence).unwrap().made_with(generation);
        let outcomes = store.commit_decisions(&[decided]).await.unwrap();
        assert!(matches!(outcomes[0], DecidedOutcome::Decided { .. }));
        stored.message
    };
    // Nobody waits for anything: examined with all keys there are.
    decide("1", locked("before"), generation).await;
    assert!(store.reexaminations(fx.org).await.unwrap().is_empty());
    add_key(fx, "alice.p12", None).await;
    let lease = claim(store).await;
    store.end_reexamination(&lease, None).await.unwrap();
    assert_eq!(store.reexaminations(fx.org).await.unwrap().len(), 1);
    // Read without a key it could do without.
    decide("2", with("open", PARSER_VERSION, &[], &[]), generation).await;
    assert_eq!(store.reexaminations(fx.org).await.unwrap().len(), 1);
    // Its examination began before the key came and ended after it.
    let late = decide("3", locked("late"), generation).await;
    let begun = store.reexaminations(fx.org).await.unwrap();
    assert_eq!((begun.len(), begun[0].scope), (2, ReexaminationScope::NeedsKey));
    let lease = claim(store).await;
    let meant = store.meant_by(&lease, 0, 10).await.unwrap();
    assert!(meant.iter().any(|message| message.id == late));
    store.end_reexamination(&lease, None).await.unwrap();
    // With the keys of today there is nothing to make up for.
    decide("4", locked("today"), store.key_generation(fx.org).await.unwrap()).await;
    assert_eq!(store.reexaminations(fx.org).await.unwrap().len(), 2);
}
