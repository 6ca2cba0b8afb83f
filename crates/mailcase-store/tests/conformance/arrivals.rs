//! Mail that is stored and decided in one transaction.

use crate::fixture::{Fixture, TTL, decided, head, mail};
use bytes::Bytes;
use mailcase_core::MessageId;
use mailcase_core::message::MessageState;
use mailcase_evidence::Evidence;
use mailcase_store::{
    Arrival, CaseFilter, CaseOrder, DecidedOutcome, PageRequest, StoredDelivery, StoredOutcome,
};

/// Lists and stores `raw` under each remote id, and prepares its arrival.
async fn arrive(fx: &Fixture, coming: Vec<(&str, &str, Option<Evidence>)>) -> Vec<Arrival> {
    let heads: Vec<_> = coming.iter().map(|(id, ..)| head(id)).collect();
    fx.store.record_discovery(&fx.lease, fx.org, "INBOX", &heads, "c", None).await.unwrap();
    let due = fx.store.due_deliveries(&fx.lease, "INBOX", 1000).await.unwrap();
    let mut arrivals = Vec::new();
    for (id, raw, evidence) in coming {
        let delivery = due.iter().find(|due| due.remote_id == id).unwrap().delivery;
        let receipt = fx.store.put_small(Bytes::from(raw.to_owned()), None).await.unwrap();
        let place = StoredOutcome {
            delivery,
            message: MessageId::new(),
            hash: receipt.hash,
            size: receipt.size,
            new: true,
            fence: 1,
        };
        arrivals.push(Arrival {
            stored: StoredDelivery { delivery, receipt, received: None },
            decided: evidence.map(|evidence| decided(&fx.connector, &place, evidence)),
        });
    }
    arrivals
}

pub(crate) async fn what_arrives_is_stored_and_decided_at_once(fx: &Fixture) {
    let known = fx.deliver("0", "known").await;
    let (first, answer) = (mail("Phish", "<a@x>", &[]), mail("Re: Phish", "<b@x>", &["<a@x>"]));
    let batch = arrive(
        fx,
        vec![
            ("1", "first", Some(first.clone())),
            ("2", "first", Some(first)),
            ("3", "not examined", None),
            ("4", "known", Some(mail("Known", "<k@x>", &[]))),
            ("5", "answer", Some(answer)),
        ],
    )
    .await;
    let outcomes = fx.store.record_arrivals(&fx.lease, fx.org, &batch, "p", TTL).await.unwrap();
    let new: Vec<bool> = outcomes.iter().map(|outcome| outcome.stored.new).collect();
    assert_eq!(new, [true, false, true, false, true]);
    assert_eq!(outcomes[1].stored.message, outcomes[0].stored.message, "the same bytes are one message");
    assert_eq!(outcomes[3].stored.message, known.message);
    let was_decided: Vec<bool> = outcomes.iter().map(|outcome| outcome.decided.is_some()).collect();
    assert_eq!(was_decided, [true, false, false, false, true]);
    let case_of = |n: usize| match outcomes[n].decided {
        Some(DecidedOutcome::Decided { case, .. }) => case.unwrap(),
        _ => panic!("not decided"),
    };
    assert_eq!(case_of(0), case_of(4), "an answer finds a case made in the same transaction");
    let undecided = fx.store.message(fx.org, outcomes[2].stored.message).await.unwrap();
    assert_eq!(undecided.summary.state, MessageState::Stored);
    let waiting = fx.store.claim_messages("p", TTL, 100).await.unwrap();
    assert!(waiting.is_empty(), "what was not examined is leased to the process that stored it");
    assert_eq!(fx.store.due_acknowledgements(&fx.lease, 100).await.unwrap().len(), 3);
}

pub(crate) async fn the_same_mail_arriving_twice_at_once_is_kept_once(fx: &Fixture) {
    const MESSAGES: usize = 40;
    let texts: Vec<String> = (0..MESSAGES).map(|n| format!("message {n}")).collect();
    let ids: Vec<(String, String)> = (0..MESSAGES).map(|n| (format!("a{n}"), format!("b{n}"))).collect();
    let evidence = |n: usize| Some(mail(&texts[n], &format!("<{n}@x>"), &[]));
    let coming = |n: usize| (ids[n].0.as_str(), texts[n].as_str(), evidence(n));
    let there = arrive(fx, (0..MESSAGES).map(coming).collect()).await;
    let coming = |n: usize| (ids[n].1.as_str(), texts[n].as_str(), evidence(n));
    let back = arrive(fx, (0..MESSAGES).rev().map(coming).collect()).await;
    let other = fx.another_process().await;
    let (one, two) = tokio::join!(
        fx.store.record_arrivals(&fx.lease, fx.org, &there, "p", TTL),
        other.record_arrivals(&fx.lease, fx.org, &back, "q", TTL)
    );
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(one.iter().chain(&two).filter(|outcome| outcome.stored.new).count(), MESSAGES);
    assert_eq!(one.iter().chain(&two).filter(|outcome| outcome.decided.is_some()).count(), MESSAGES);
    for (outcome, again) in one.iter().zip(two.iter().rev()) {
        assert_eq!(outcome.stored.message, again.stored.message);
    }
    let cases = fx
        .store
        .list_cases(
            fx.org,
            &CaseFilter::default(),
            CaseOrder::default(),
            &PageRequest { cursor: None, limit: 100 },
        )
        .await
        .unwrap();
    assert_eq!(cases.items.len(), MESSAGES);
}
