//! What goes wrong on purpose.

use crate::{ANN, Bench, inbox};
use mailcase_testbed::graph::{Event, Fault};
use reqwest::Method;

#[tokio::test]
async fn statuses_come_as_planned() {
    let bench = Bench::start().await;
    bench.server.plan_fault("/messages", 1, 2, Fault::throttled(503, "Wed, 21 Oct 2026 07:28:00 GMT"));
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(bench.send(Method::GET, &inbox("/messages"), None).await.status().as_u16());
    }
    assert_eq!(seen, [200, 503, 503, 200]);
    assert_eq!(bench.server.asked().iter().filter(|asked| asked.status == 503).count(), 2);
}

#[tokio::test]
async fn a_body_breaks_off_and_is_noted_so() {
    let bench = Bench::start().await;
    let id = bench.deliver_raw(&vec![b'x'; 1 << 20]);
    bench.server.plan_fault("/$value", 0, 1, Fault::CutAfter(100_000));
    let path = format!("/users/{ANN}/messages/{id}/$value");
    let answer = bench.send(Method::GET, &path, None).await;
    assert!(answer.bytes().await.is_err(), "a client notices");
    assert_eq!(bench.server.ledger().last().unwrap().event, Event::Served { complete: false });
}

#[tokio::test]
async fn a_cut_ends_a_request_that_is_stalled() {
    let bench = Bench::start().await;
    bench.server.plan_fault("/messages", 0, 1, Fault::Stall);
    let url = format!("{}/v1.0{}", bench.server.origin(), inbox("/messages"));
    let stalled = crate::client().get(url).bearer_auth(mailcase_testbed::graph::TOKEN).send();
    let cutting = async {
        // Until the request has come and the fault is used up, a cut would cut nothing.
        loop {
            bench.server.cut_connections();
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        answer = stalled => assert!(answer.is_err()),
        () = cutting => {}
    }
}
