//! What becomes of messages.

use crate::fixture::{Fixture, TTL, decided, head, mail};
use bytes::Bytes;
use mailcase_core::case::CaseStatus;
use mailcase_core::connector::AutomaticMail;
use mailcase_core::decision::{Reason, Tie};
use mailcase_core::message::{Automatic, MessageState};
use mailcase_core::{CaseId, MessageId};
use mailcase_evidence::{Indicator, IndicatorKind};
use mailcase_store::{
    Actor, CLAIM_TRIES, CaseFilter, CaseOrder, CasePatch, DecidedOutcome, PageRequest, STAGE_TRIES,
    StoredDelivery, StoredOutcome,
};
use std::collections::BTreeSet;
use std::time::Duration;

fn case_of(outcome: &DecidedOutcome) -> Option<CaseId> {
    match outcome {
        DecidedOutcome::Decided { case, .. } => *case,
        DecidedOutcome::Superseded { .. } => panic!("superseded"),
    }
}

pub(crate) async fn a_batch_threads_into_its_own_cases(fx: &Fixture) {
    let stored = [fx.deliver("1", "1").await, fx.deliver("2", "2").await, fx.deliver("3", "3").await];
    let batch = [
        fx.decided(&stored[0], mail("Phish", "<a@x>", &[])),
        fx.decided(&stored[1], mail("Re: Phish", "<b@x>", &["<a@x>"])),
        fx.decided(&stored[2], mail("Re: Re: Phish", "<c@x>", &["<b@x>"])),
    ];
    let outcomes = fx.store.commit_decisions(&batch).await.unwrap();
    let case = case_of(&outcomes[0]).unwrap();
    assert_eq!(case_of(&outcomes[1]), Some(case));
    assert_eq!(case_of(&outcomes[2]), Some(case));
    assert!(matches!(outcomes[0], DecidedOutcome::Decided { new_case: true, reason: Reason::New, .. }));
    let joined = Reason::Joined { tie: Tie::Reference };
    assert!(
        matches!(outcomes[2], DecidedOutcome::Decided { new_case: false, reason, .. } if reason == joined)
    );
    let found = fx.store.case(fx.org, case).await.unwrap();
    assert_eq!((found.number, found.message_count, found.title.as_str()), (1, 3, "Phish"));
    assert_eq!(found.acl, "Example case defaults");
    let timeline = fx.store.case_timeline(fx.org, case, &PageRequest::default()).await.unwrap();
    let kinds: Vec<_> = timeline.items.iter().map(|entry| entry.kind.as_str()).collect();
    assert_eq!(kinds, ["message_joined", "message_joined", "created"]);
    assert_eq!(fx.store.message(fx.org, stored[2].message).await.unwrap().summary.reason, Some(joined));
}

pub(crate) async fn answers_join_and_reopen_and_machines_do_not(fx: &Fixture) {
    let (_, case) = fx.message("1", mail("Phish", "<a@x>", &[])).await;
    let case = case.unwrap();
    let resolve = CasePatch { status: Some(CaseStatus::Resolved), ..CasePatch::default() };
    fx.store.update_case(fx.org, case, &resolve, &Actor::System).await.unwrap();

    let bounce = fx.deliver("2", "bounce").await;
    let mut automatic = fx.decided(&bounce, mail("Undelivered", "<b@x>", &["<a@x>"]));
    automatic.automatic = Some(Automatic::Bounce);
    let outcomes = fx.store.commit_decisions(&[automatic]).await.unwrap();
    assert_eq!(case_of(&outcomes[0]), Some(case), "it joins");
    assert_eq!(
        fx.store.case(fx.org, case).await.unwrap().status,
        CaseStatus::Resolved,
        "and does not re-open"
    );

    let (_, joined) = fx.message("3", mail("Re: Phish", "<c@x>", &["<a@x>"])).await;
    assert_eq!(joined, Some(case));
    let found = fx.store.case(fx.org, case).await.unwrap();
    assert_eq!((found.status, found.message_count), (CaseStatus::Open, 3), "a person re-opens");

    for (n, (choice, makes_case)) in
        [(AutomaticMail::Keep, false), (AutomaticMail::Case, true)].into_iter().enumerate()
    {
        let stored = fx.deliver(&format!("o{n}"), &format!("out of office {n}")).await;
        let mut message = fx.decided(&stored, mail("Out of office", &format!("<o{n}@x>"), &[]));
        message.automatic = Some(Automatic::OutOfOffice);
        message.automatic_mail = choice;
        let outcomes = fx.store.commit_decisions(&[message]).await.unwrap();
        assert_eq!(case_of(&outcomes[0]).is_some(), makes_case);
        let detail = fx.store.message(fx.org, stored.message).await.unwrap();
        assert_eq!(detail.summary.state, MessageState::Decided);
        let kept = Reason::AutomaticKept { kind: Automatic::OutOfOffice };
        assert_eq!(detail.summary.reason, Some(if makes_case { Reason::New } else { kept }));
    }
}

pub(crate) async fn tokens_tie_to_cases(fx: &Fixture) {
    let (_, case) = fx.message("1", mail("Phish", "<a@x>", &[])).await;
    for (n, subject, address, tie) in [
        (1, Some(1), None, Some(Tie::SubjectToken)),
        (2, None, Some(1), Some(Tie::AddressToken)),
        (3, Some(99), None, None),
    ] {
        let stored = fx.deliver(&format!("t{n}"), &format!("token {n}")).await;
        let mut message = fx.decided(&stored, mail("No reference", &format!("<t{n}@x>"), &[]));
        (message.subject_token, message.address_token) = (subject, address);
        let outcomes = fx.store.commit_decisions(&[message]).await.unwrap();
        assert_eq!(case_of(&outcomes[0]) == case, tie.is_some());
        let reason = fx.store.message(fx.org, stored.message).await.unwrap().summary.reason.unwrap();
        assert_eq!(reason, tie.map_or(Reason::New, |tie| Reason::Joined { tie }));
    }
    let thread = fx.store.thread_facts(fx.org, &["a@x".to_owned()], None, None).await.unwrap().unwrap();
    assert_eq!((Some(thread.case), thread.tie), (case, Tie::Reference));
    assert_eq!(fx.store.thread_facts(fx.org, &[], None, None).await.unwrap(), None);
}

pub(crate) async fn a_decision_is_taken_once(fx: &Fixture) {
    let stored = fx.deliver("1", "one").await;
    let other = fx.another_process().await;
    let message = fx.decided(&stored, mail("S", "<1@x>", &[]));
    let (first, second) = tokio::join!(
        fx.store.commit_decisions(std::slice::from_ref(&message)),
        other.commit_decisions(std::slice::from_ref(&message))
    );
    let outcomes = [first.unwrap()[0], second.unwrap()[0]];
    let superseded =
        outcomes.iter().filter(|outcome| matches!(outcome, DecidedOutcome::Superseded { .. })).count();
    assert_eq!(superseded, 1);
    let cases = fx
        .store
        .list_cases(fx.org, &CaseFilter::default(), CaseOrder::default(), &PageRequest::default())
        .await;
    assert_eq!(cases.unwrap().items.len(), 1);
    // Claimed by somebody else meanwhile: the old fence decides nothing.
    let stored = fx.deliver("2", "two").await;
    fx.clock.advance(TTL * 2);
    let claimed = other.claim_messages("second", TTL, 10).await.unwrap();
    assert_eq!(claimed.len(), 1);
    assert!(claimed[0].fence > stored.fence);
    let late = fx.decided(&stored, mail("S", "<2@x>", &[]));
    let outcomes = fx.store.commit_decisions(&[late]).await.unwrap();
    assert_eq!(outcomes, [DecidedOutcome::Superseded { message: stored.message }]);
    assert_eq!(other.message(fx.org, stored.message).await.unwrap().summary.state, MessageState::Stored);
    let context = other.decide_context(stored.message).await.unwrap();
    assert_eq!(context.connector, fx.connector.id);
}

pub(crate) async fn case_numbers_have_no_gaps_or_doubles_under_contention(fx: &Fixture) {
    let other = fx.another_process().await;
    let mut tasks = Vec::new();
    for n in 0..12 {
        let stored = fx.deliver(&format!("{n}"), &format!("message {n}")).await;
        let mut evidence = mail(&format!("S{n}"), &format!("<{n}@x>"), &[]);
        // Shared indicators, in every order: replicas must not deadlock on them.
        for i in 0..30 {
            let value = format!("10.0.0.{}", (i * (n + 1)) % 31);
            evidence.indicators.push(Indicator::new(IndicatorKind::Ipv4, value));
        }
        let message = fx.decided(&stored, evidence);
        let store = if n % 2 == 0 { fx.store.clone() } else { other.clone() };
        tasks.push(tokio::spawn(async move { store.commit_decisions(&[message]).await }));
    }
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let page = PageRequest { cursor: None, limit: 100 };
    let cases =
        fx.store.list_cases(fx.org, &CaseFilter::default(), CaseOrder::default(), &page).await.unwrap();
    let numbers: BTreeSet<_> = cases.items.iter().map(|case| case.number).collect();
    assert_eq!(numbers, (1..=12).collect());
}

pub(crate) async fn failures_set_a_message_aside(fx: &Fixture) {
    let stored = fx.deliver("1", "poison").await;
    let mut fence = stored.fence;
    for n in 1..=STAGE_TRIES {
        fx.store.record_stage_failure(stored.message, fence, "it broke").await.unwrap();
        assert!(
            fx.store.claim_messages("p", TTL, 10).await.unwrap().is_empty(),
            "it waits after failure {n}"
        );
        fx.clock.advance(Duration::from_hours(24));
        let claimed = fx.store.claim_messages("p", TTL, 10).await.unwrap();
        if n == STAGE_TRIES {
            assert!(claimed.is_empty(), "it is set aside");
            break;
        }
        assert_eq!(claimed.len(), 1, "it is tried again after failure {n}");
        fence = claimed[0].fence;
    }
    let detail = fx.store.message(fx.org, stored.message).await.unwrap();
    assert_eq!(detail.summary.state, MessageState::NeedsAttention);
    assert_eq!(detail.summary.last_error.as_deref(), Some("it broke"));
    let waiting = fx.store.needs_attention(fx.org, fx.connector.id).await.unwrap();
    assert_eq!(waiting.messages.len(), 1);
    assert!(fx.store.due_acknowledgements(&fx.lease, 10).await.unwrap().is_empty(), "never acknowledged");
    fx.store.retry_message(fx.org, stored.message).await.unwrap();
    let claimed = fx.store.claim_messages("p", TTL, 10).await.unwrap();
    assert_eq!(claimed.len(), 1);
    let mut message = fx.decided(&stored, mail("S", "<1@x>", &[]));
    message.fence = claimed[0].fence;
    fx.store.commit_decisions(&[message]).await.unwrap();
    let detail = fx.store.message(fx.org, stored.message).await.unwrap();
    assert_eq!((detail.summary.state, detail.summary.last_error), (MessageState::Decided, None));
}

pub(crate) async fn abandoned_messages_are_claimed_once(fx: &Fixture) {
    let mut expected = BTreeSet::new();
    for n in 0..30 {
        expected.insert(fx.deliver(&n.to_string(), &format!("message {n}")).await.message);
    }
    assert!(
        fx.store.claim_messages("p", TTL, 100).await.unwrap().is_empty(),
        "leased to the process that stored them"
    );
    fx.clock.advance(TTL * 2);
    let other = fx.another_process().await;
    let tasks: Vec<_> = (0..6)
        .map(|n| {
            let store = if n % 2 == 0 { fx.store.clone() } else { other.clone() };
            tokio::spawn(async move { store.claim_messages(&format!("p{n}"), TTL, 7).await.unwrap() })
        })
        .collect();
    let mut all: Vec<MessageId> = Vec::new();
    for task in tasks {
        all.extend(task.await.unwrap().iter().map(|claimed| claimed.message));
    }
    all.extend(
        fx.store.claim_messages("last", TTL, 100).await.unwrap().iter().map(|claimed| claimed.message),
    );
    assert_eq!(all.len(), 30, "nothing is claimed twice");
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), expected);
    // Claimed again and again, and never finished: it seems to end whoever touches it.
    for _ in 0..CLAIM_TRIES {
        fx.clock.advance(TTL * 2);
        fx.store.claim_messages("p", TTL, 100).await.unwrap();
    }
    fx.clock.advance(TTL * 2);
    assert!(fx.store.claim_messages("p", TTL, 100).await.unwrap().is_empty());
    let waiting = fx.store.needs_attention(fx.org, fx.connector.id).await.unwrap();
    assert_eq!(waiting.messages.len(), 30);
}

pub(crate) async fn large_batches_are_written_whole(fx: &Fixture) {
    const MESSAGES: usize = 150;
    let heads: Vec<_> = (0..MESSAGES).map(|n| head(&n.to_string())).collect();
    fx.store.record_discovery(&fx.lease, fx.org, "INBOX", &heads, "c", None).await.unwrap();
    let due = fx.store.due_deliveries(&fx.lease, "INBOX", MESSAGES).await.unwrap();
    let mut batch = Vec::new();
    for (n, due) in due.iter().enumerate() {
        let receipt = fx.store.put_small(Bytes::from(format!("message {n}")), None).await.unwrap();
        batch.push(StoredDelivery { delivery: due.delivery, receipt, received: None });
    }
    let stored: Vec<StoredOutcome> =
        fx.store.record_stored(&fx.lease, fx.org, &batch, "p", TTL).await.unwrap();
    assert!(
        stored
            .iter()
            .zip(&batch)
            .all(|(out, given)| out.delivery == given.delivery && out.hash == given.receipt.hash)
    );
    let evidence = |n: usize| {
        let mut evidence = mail(&format!("Subject {n}"), &format!("<{n}@x>"), &[]);
        for i in 0..40 {
            let value = format!("host{}.example", (n * 7 + i) % 500);
            evidence.indicators.push(Indicator {
                places: vec!["/ text".into()],
                ..Indicator::new(IndicatorKind::Domain, value)
            });
        }
        evidence
    };
    let messages: Vec<_> =
        stored.iter().enumerate().map(|(n, stored)| decided(&fx.connector, stored, evidence(n))).collect();
    let outcomes = fx.store.commit_decisions(&messages).await.unwrap();
    assert_eq!(outcomes.len(), MESSAGES);
    for n in [0, 1, 77, MESSAGES - 1] {
        let detail = fx.store.message(fx.org, stored[n].message).await.unwrap();
        assert_eq!(detail.evidence, Some(evidence(n)));
        assert_eq!(detail.summary.indicator_count, 40);
        assert_eq!(detail.summary.subject, Some(format!("Subject {n}")));
        let case = case_of(&outcomes[n]).unwrap();
        let page = PageRequest { cursor: None, limit: 100 };
        assert_eq!(fx.store.case_indicators(fx.org, case, &page).await.unwrap().items.len(), 40);
    }
}
