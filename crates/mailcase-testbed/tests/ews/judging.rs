//! That the schema is really applied.

use crate::{ANN, Bench, sync};

#[tokio::test]
async fn requests_that_do_not_fit_are_found() {
    let mut bench = Bench::start().await;
    if !bench.server.is_judged() {
        println!("skipped: Microsoft's schema is not here (MAILCASE_SCHEMAS)");
        return;
    }
    bench.asks_for_trouble = true;
    bench.call(&sync("", 10)).await;
    assert_eq!(bench.server.problems(), Vec::<String>::new());
    // An element in the wrong place, one that does not exist, a bad value, a version there never was.
    let misplaced =
        sync("", 10).replace("<SyncFolderId>", "<SyncScope>NormalItems</SyncScope><SyncFolderId>");
    let unknown = sync("", 10).replace("item:Subject", "item:Nonsense");
    let value = sync("", 513);
    for body in [&misplaced, &unknown, &value] {
        bench.call(body).await;
    }
    let problems = bench.server.problems();
    assert_eq!(problems.len(), 3, "{problems:?}");
    assert!(problems.iter().all(|problem| problem.starts_with("request SyncFolderItems")));
    let refused = bench.call(&value).await;
    assert_eq!((refused.status, refused.codes()), (500, vec!["ErrorSchemaValidation".to_owned()]));
}

#[tokio::test]
async fn what_xml_cannot_say_is_said_as_the_real_server_does() {
    let bench = Bench::start().await;
    let raw = "From: a@example.org\r\nSubject: =?utf-8?Q?bell_=07_&_<tag>?=\r\n\r\nx\r\n";
    bench.server.deliver_now(ANN, raw.as_bytes()).unwrap();
    let answer = bench.call(&sync("", 10)).await;
    assert!(answer.text.contains("<t:Subject>bell &#x7; &amp; &lt;tag&gt;</t:Subject>"), "{}", answer.text);
}

#[tokio::test]
async fn what_is_no_xml_or_of_a_later_time_is_refused() {
    let mut bench = Bench::start().await;
    bench.asks_for_trouble = true;
    let request = |kind: &str, version: &str| {
        let request = crate::client().post(bench.server.url()).basic_auth(ANN, Some(crate::PASSWORD));
        let body = crate::envelope("", &sync("", 10)).replace("Exchange2013_SP1", version);
        request.header("content-type", kind).body(body).send()
    };
    for (kind, version, status) in [
        ("text/xml; charset=utf-8", "Exchange2010_SP2", 200),
        ("text/xml", "V2017_07_11", 200),
        ("text/xml", "Exchange2040", 500),
        ("application/soap+xml", "Exchange2016", 415),
    ] {
        let answer = request(kind, version).await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{kind} {version}");
        let text = answer.text().await.unwrap();
        assert_eq!(text.contains("ErrorInvalidServerVersion"), status == 500, "{text}");
    }
}

#[tokio::test]
async fn what_is_no_soap_is_a_fault() {
    let mut bench = Bench::start().await;
    bench.asks_for_trouble = true;
    for body in ["<Nonsense/>", "<GetServerTimeZones/><", ""] {
        let answer = bench.call(body).await;
        assert_eq!(answer.status, 500, "{body}");
        assert!(answer.text.contains("Fault"), "{body}");
    }
}
