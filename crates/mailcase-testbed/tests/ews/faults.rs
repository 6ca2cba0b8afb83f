//! What goes wrong on purpose.

use crate::{ANN, Bench, MIME, PASSWORD, client, envelope, get, set_read, sync};
use mailcase_testbed::ews::{Event, EwsOptions, Fault};
use std::time::Duration;

#[tokio::test]
async fn the_whole_request_fails_or_one_item_does() {
    let bench = Bench::start().await;
    for subject in ["m1", "m2", "m3"] {
        bench.deliver(subject);
    }
    let ids = bench.ids("inbox").await;
    bench.server.plan_fault("GetItem", 1, 1, Fault::busy(Duration::from_millis(1500)));
    bench.server.plan_fault("GetItem", 0, 1, Fault::item(1, "ErrorItemCorrupt"));
    let body = get(MIME, &ids);
    assert_eq!(bench.call(&body).await.codes(), ["NoError", "NoError", "NoError"]);
    let busy = bench.call(&body).await;
    assert_eq!((busy.status, busy.codes()), (500, vec!["ErrorServerBusy".to_owned()]));
    assert_eq!(busy.one("Value"), "1500");
    assert_eq!(busy.attributes("Value", "Name"), ["BackOffMilliseconds"]);
    assert_eq!(bench.call(&body).await.codes(), ["NoError", "ErrorItemCorrupt", "NoError"]);
    let back_off = Some(Duration::from_millis(70));
    let fault = Fault::Item { index: 0, code: "ErrorServerBusy".to_owned(), back_off };
    bench.server.plan_fault("UpdateItem", 0, 1, fault);
    let answer = bench.call(&set_read(&ids, true)).await;
    assert_eq!(answer.codes(), ["ErrorServerBusy", "NoError", "NoError"]);
    assert_eq!(answer.one("Value"), "70");
}

#[tokio::test]
async fn streams_are_refused_on_demand_too() {
    let bench = Bench::start().await;
    let body = "<GetStreamingEvents><SubscriptionIds><t:SubscriptionId>none</t:SubscriptionId></SubscriptionIds>\
                <ConnectionTimeout>1</ConnectionTimeout></GetStreamingEvents>";
    bench.server.plan_fault("GetStreamingEvents", 0, 1, Fault::soap("ErrorInternalServerTransientError"));
    let refused = bench.call(body).await;
    assert_eq!(
        (refused.status, refused.codes()),
        (500, vec!["ErrorInternalServerTransientError".to_owned()])
    );
    assert_eq!(bench.call(body).await.codes(), ["ErrorInvalidSubscription"]);
}

#[tokio::test]
async fn a_message_stays_broken_until_it_is_mended() {
    let bench = Bench::start().await;
    let id = bench.deliver("m1");
    bench.deliver("m2");
    let ids = bench.ids("inbox").await;
    bench.server.break_message(&id, "ErrorContentConversionFailed");
    let answer = bench.call(&get(MIME, &ids)).await;
    assert_eq!(answer.codes(), ["ErrorContentConversionFailed", "NoError"]);
    assert_eq!(bench.call(&get(crate::IDS, &ids)).await.codes(), ["NoError", "NoError"]);
    bench.server.mend_message(&id);
    assert_eq!(bench.call(&get(MIME, &ids)).await.codes(), ["NoError", "NoError"]);
}

#[tokio::test]
async fn what_stands_in_front_of_the_service_fails_too() {
    let bench = Bench::start().await;
    let body = sync("", 10);
    let throttled = Fault::Status { status: 503, retry_after: Some("2".to_owned()) };
    let front = "POST /EWS";
    for (part, fault, status) in [
        (front, throttled, 503),
        ("SyncFolderItems", Fault::status(401), 401),
        (front, Fault::LoginPage, 200),
        (front, Fault::Disabled, 403),
    ] {
        bench.server.plan_fault(part, 0, 1, fault.clone());
        let answer = bench.call(&body).await;
        assert_eq!(answer.status, status, "{fault:?}");
        assert_eq!(answer.text.contains("<form"), fault == Fault::LoginPage);
    }
    assert_eq!(bench.call(&body).await.codes(), ["NoError"]);
    let statuses: Vec<u16> = bench.server.asked().iter().map(|asked| asked.status).collect();
    assert_eq!(statuses, [503, 401, 200, 403, 200]);
}

#[tokio::test]
async fn answers_break_off_get_lost_and_never_come() {
    let bench = Bench::start().await;
    bench.server.deliver_now(ANN, &vec![b'x'; 1 << 20]).unwrap();
    let ids = bench.ids("inbox").await;
    let post = |body: String| {
        let request = client().post(bench.server.url()).basic_auth(ANN, Some(PASSWORD));
        request.header("content-type", "text/xml").body(envelope("", &body)).send()
    };
    bench.server.plan_fault("GetItem", 0, 1, Fault::CutAfter(100_000));
    let cut = post(get(MIME, &ids)).await.unwrap();
    assert!(cut.bytes().await.is_err(), "a client notices");
    assert_eq!(bench.server.ledger().last().unwrap().event, Event::Served { complete: false });
    bench.server.plan_fault("UpdateItem", 0, 1, Fault::NoAnswer);
    assert!(post(set_read(&ids, true)).await.is_err());
    assert!(bench.server.messages(ANN, "Inbox").unwrap()[0].read, "it was done all the same");
    bench.server.plan_fault("GetItem", 0, 1, Fault::Stall);
    let cutting = async {
        // Until the request has come and the fault is used up, a cut would cut nothing.
        loop {
            bench.server.cut_connections();
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        answer = post(get(MIME, &ids)) => assert!(answer.is_err()),
        () = cutting => {}
    }
}

#[tokio::test]
async fn more_requests_at_once_than_allowed_are_refused() {
    let bench = Bench::with(EwsOptions { concurrency: 1, ..EwsOptions::default() }).await;
    bench.server.deliver_now(ANN, &vec![b'x'; 8 << 20]).unwrap();
    let ids = bench.ids("inbox").await;
    let request = client().post(bench.server.url()).basic_auth(ANN, Some(PASSWORD));
    // Its body is not read: it is being served until it is.
    let slow =
        request.header("content-type", "text/xml").body(envelope("", &get(MIME, &ids))).send().await.unwrap();
    let refused = bench.call(&sync("", 10)).await;
    assert_eq!((refused.status, refused.codes()), (500, vec!["ErrorExceededConnectionCount".to_owned()]));
    let text = slow.text().await.unwrap();
    assert!(text.len() > 10 << 20);
    assert_eq!(bench.server.ledger().last().unwrap().event, Event::Served { complete: true });
}
