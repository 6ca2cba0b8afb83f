//! Delta queries.

use crate::{ANN, Bench, code, inbox, subjects};
use mailcase_testbed::graph::{Fault, GraphOptions};
use reqwest::Method;
use serde_json::{Value, json};

/// All pages of a round, and the link at its end.
async fn round(bench: &Bench, link: &str) -> (Vec<Value>, String) {
    let mut all = Vec::new();
    let mut link = link.to_owned();
    loop {
        let page = bench.get(&link).await;
        all.extend(page["value"].as_array().unwrap().iter().cloned());
        match page["@odata.nextLink"].as_str() {
            Some(next) => link = next.to_owned(),
            None => return (all, page["@odata.deltaLink"].as_str().unwrap().to_owned()),
        }
    }
}

#[tokio::test]
async fn rounds_show_what_came_changed_and_left() {
    let mut bench = Bench::with(GraphOptions { page_max: 2, ..GraphOptions::default() }).await;
    bench.immutable = true;
    let ids = ["a", "b", "c"].map(|subject| bench.deliver(subject));
    bench.server.add_folder(ANN, "Other").unwrap();
    let start = inbox("/messages/delta()?$select=subject,isRead,receivedDateTime");
    let (first, link) = round(&bench, &start).await;
    let found: Vec<_> = first.iter().map(|one| one["subject"].as_str().unwrap()).collect();
    assert_eq!(found, ["c", "b", "a"], "no order is promised, and oldest first is not the real one");
    let (none, link) = round(&bench, &link).await;
    assert_eq!(none, Vec::<Value>::new());

    bench.server.mark_read(ANN, &ids[0]).unwrap();
    bench.server.relocate(ANN, &ids[1], "Other").unwrap();
    bench.server.purge(ANN, &ids[2]).unwrap();
    let new = bench.deliver("d");
    let (changes, link) = round(&bench, &link).await;
    let by = |id: &str| changes.iter().find(|one| one["id"] == id).unwrap();
    assert_eq!(by(&ids[0])["isRead"], true);
    assert!(by(&ids[0]).get("subject").is_none(), "an update shows what may have changed");
    assert_eq!(by(&ids[1])["@removed"]["reason"], "deleted");
    assert_eq!(by(&ids[2])["@removed"]["reason"], "deleted");
    assert_eq!(by(&new)["subject"], "d");
    assert_eq!(changes.len(), 4);

    bench.server.relocate(ANN, &ids[1], "Inbox").unwrap();
    let (back, _) = round(&bench, &link).await;
    assert_eq!(
        (back[0]["id"].as_str().unwrap(), back[0]["subject"].as_str().unwrap()),
        (ids[1].as_str(), "b")
    );
}

#[tokio::test]
async fn a_round_under_way_is_not_disturbed_by_what_comes() {
    let bench = Bench::start().await;
    for subject in ["a", "b", "c"] {
        bench.deliver(subject);
    }
    let first = bench.get(&inbox("/messages/delta?$top=2")).await;
    bench.deliver("late");
    let last = bench.get(first["@odata.nextLink"].as_str().unwrap()).await;
    assert_eq!([subjects(&first), subjects(&last)].concat(), ["c", "b", "a"]);
    let next = bench.get(last["@odata.deltaLink"].as_str().unwrap()).await;
    assert_eq!(subjects(&next), ["late"]);
}

#[tokio::test]
async fn forgotten_tokens_are_answered_with_the_way_to_begin_anew() {
    let bench = Bench::start().await;
    bench.deliver("a");
    let page = bench.get(&inbox("/messages/delta")).await;
    bench.server.forget_delta_tokens(ANN).unwrap();
    let answer = bench.send(Method::GET, page["@odata.deltaLink"].as_str().unwrap(), None).await;
    assert_eq!(answer.status(), 410);
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(code(&answer.json::<Value>().await.unwrap()), "SyncStateNotFound");
    assert_eq!(subjects(&bench.get(&location).await), ["a"]);
}

#[tokio::test]
async fn links_vanish_and_quotas_end_on_demand() {
    let bench = Bench::start().await;
    bench.deliver("a");
    bench.server.plan_fault("/messages/delta", 0, 1, Fault::NoLink);
    let page = bench.get(&inbox("/messages/delta")).await;
    assert!(page.get("@odata.nextLink").is_none() && page.get("@odata.deltaLink").is_none());
    assert!(bench.get(&inbox("/messages/delta")).await["@odata.deltaLink"].is_string());
    let poor = Bench::with(GraphOptions { delta: false, ..GraphOptions::default() }).await;
    let (status, body) = crate::answered(poor.send(Method::GET, &inbox("/messages/delta"), None).await).await;
    assert_eq!((status, code(&body)), (403, "ErrorQuotaExceeded"));
}

#[tokio::test]
async fn only_the_filters_of_the_real_one_are_taken() {
    let bench = Bench::start().await;
    bench.deliver("a");
    let path = inbox("/messages/delta?$filter=isRead%20eq%20false");
    assert_eq!(bench.send(Method::GET, &path, None).await.status(), 400);
    let path = inbox("/messages/delta?$filter=receivedDateTime%20ge%202030-01-01T00:00:00Z");
    assert_eq!(subjects(&bench.get(&path).await), Vec::<&str>::new());
    let folders = bench.get(&format!("/users/{ANN}/mailFolders/delta")).await;
    bench.post(&format!("/users/{ANN}/mailFolders"), json!({"displayName": "New"})).await;
    let changed = bench.get(folders["@odata.deltaLink"].as_str().unwrap()).await;
    assert_eq!(changed["value"][0]["displayName"], "New");
}
