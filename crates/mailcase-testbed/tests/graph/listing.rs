//! Lists of folders and messages.

use crate::{ANN, Bench, code, inbox, subjects};
use mailcase_testbed::graph::{Caller, GraphOptions, TOKEN, Tokens};
use reqwest::Method;

#[tokio::test]
async fn folders_are_found_by_name_id_and_well_known_name() {
    let bench = Bench::start().await;
    bench.server.add_folder(ANN, "Inbox/Größe & Maß").unwrap();
    let top = bench.get(&format!("/users/{ANN}/mailFolders?$top=100")).await;
    let names: Vec<_> =
        top["value"].as_array().unwrap().iter().map(|one| one["displayName"].as_str().unwrap()).collect();
    assert!(names.contains(&"Inbox") && !names.contains(&"Deletions"));
    let children = bench.get(&inbox("/childFolders")).await;
    assert_eq!(children["value"][0]["displayName"], "Größe & Maß");
    let id = children["value"][0]["id"].as_str().unwrap();
    let same = bench.get(&format!("/users/{ANN}/mailFolders('{id}')")).await;
    assert_eq!(same["displayName"], "Größe & Maß");
    let named = bench
        .get(&inbox("/childFolders?$filter=displayName%20eq%20'Gr%C3%B6%C3%9Fe%20%26%20Ma%C3%9F'"))
        .await;
    assert_eq!(named["value"].as_array().unwrap().len(), 1);
    let (status, body) =
        bench.post(&inbox("/childFolders"), serde_json::json!({"displayName": "größe & maß"})).await;
    assert_eq!((status, code(&body)), (409, "ErrorFolderExists"));
}

#[tokio::test]
async fn messages_are_filtered_sorted_selected_and_paged() {
    let bench = Bench::start().await;
    for subject in ["a", "b", "c", "d", "e"] {
        bench.deliver(subject);
    }
    let newest = bench.get(&inbox("/messages?$top=2")).await;
    assert_eq!(subjects(&newest), ["e", "d"], "newest first when nobody says otherwise");
    let id = newest["value"][0]["id"].as_str().unwrap();
    bench
        .send(Method::PATCH, &inbox(&format!("/messages/{id}")), Some(serde_json::json!({"isRead": true})))
        .await;
    let mut path = inbox(
        "/messages?$filter=receivedDateTime%20ge%202026-01-01T00:00:00Z%20and%20isRead%20eq%20false\
         &$orderby=receivedDateTime&$top=2&$select=subject,isRead&$count=true",
    );
    let mut found = Vec::new();
    loop {
        let page = bench.get(&path).await;
        assert_eq!(page["@odata.count"], 4);
        assert!(page["value"][0].get("bodyPreview").is_none() && page["value"][0].get("id").is_some());
        found.extend(subjects(&page).into_iter().map(str::to_owned));
        match page["@odata.nextLink"].as_str() {
            Some(next) => path = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(found, ["a", "b", "c", "d"]);
    let searched = bench.get(&inbox("/messages?$search=%22subject:c%22")).await;
    assert_eq!(subjects(&searched), ["c"]);
}

#[tokio::test]
async fn what_the_real_server_refuses_is_refused() {
    let mut bench = Bench::start().await;
    bench.asks_for_trouble = true;
    bench.deliver("a");
    for (path, expected) in [
        // Sorted by what the filter does not name first.
        (inbox("/messages?$filter=isRead%20eq%20false&$orderby=receivedDateTime"), "InefficientFilter"),
        (inbox("/messages?$top=1001"), "ErrorInvalidUrlQuery"),
        (inbox("/messages?$search=%22a%22&$filter=isRead%20eq%20true"), "SearchWithFilter"),
        (inbox("/messages/nonsense"), "ErrorInvalidIdMalformed"),
        ("/users/nobody@example.org/messages".to_owned(), "ErrorInvalidUser"),
        ("/me/messages".to_owned(), "BadRequest"),
    ] {
        let (status, body) = crate::answered(bench.send(Method::GET, &path, None).await).await;
        assert!(status >= 400, "{path}");
        assert_eq!(code(&body), expected, "{path}");
    }
    for path in [inbox("/messages?$filter=isRead"), inbox("/messages?$top=x")] {
        // What cannot even be read does not fit the description either: nothing to judge.
        assert_eq!(bench.send(Method::GET, &path, None).await.status(), 400, "{path}");
    }
    assert_eq!(bench.server.problems().len(), usize::from(bench.server.is_judged()));
}

#[tokio::test]
async fn identities_change_with_a_move_unless_they_are_immutable() {
    let person = ("ann's token".to_owned(), Caller::user(ANN));
    let tokens = Tokens::Fixed(vec![(TOKEN.to_owned(), Caller::application()), person]);
    let mut bench = Bench::with(GraphOptions { tokens, ..GraphOptions::default() }).await;
    bench.deliver("moved");
    let of = |page: &serde_json::Value| page["value"][0]["id"].as_str().unwrap().to_owned();
    let ordinary = of(&bench.get(&inbox("/messages")).await);
    bench.immutable = true;
    let immutable = of(&bench.get(&inbox("/messages")).await);
    assert_ne!(ordinary, immutable);
    let path = format!("/users/{ANN}/messages/{immutable}/move");
    let (status, moved) = bench.post(&path, serde_json::json!({"DestinationId": "archive"})).await;
    assert_eq!((status, moved["id"].as_str().unwrap()), (201, immutable.as_str()));
    bench.immutable = false;
    let path = format!("/users/{ANN}/messages/{ordinary}");
    assert_eq!(bench.send(Method::GET, &path, None).await.status(), 404);
    let path = format!("/users/{ANN}/translateExchangeIds");
    let asked = serde_json::json!({
        "InputIds": [immutable], "SourceIdType": "restImmutableEntryId", "TargetIdType": "restId",
    });
    let (_, refused) = bench.post(&path, asked.clone()).await;
    assert_eq!(refused["error"]["code"], "ErrorAccessDenied", "not for applications");
    bench.token = "ann's token";
    let (_, translated) = bench.post(&path, asked).await;
    let new = translated["value"][0]["targetId"].as_str().unwrap();
    assert_eq!(bench.get(&format!("/users/{ANN}/messages/{new}")).await["subject"], "moved");
}

#[tokio::test]
async fn more_requests_at_once_than_the_mailbox_allows_are_refused() {
    let options = GraphOptions { concurrency: 1, ..GraphOptions::default() };
    let bench = Bench::with(options).await;
    let id = bench.deliver_raw(&[crate::letter("large").into_bytes(), vec![b'x'; 16 << 20]].concat());
    let path = format!("/users/{ANN}/messages/{id}/$value");
    let first = bench.send(Method::GET, &path, None).await;
    // Its body is still under way.
    let second = bench.send(Method::GET, &path, None).await;
    assert_eq!((first.status().as_u16(), second.status().as_u16()), (200, 429));
    assert!(second.headers().contains_key("retry-after"));
    assert_eq!(first.bytes().await.unwrap().len(), crate::letter("large").len() + (16 << 20));
}
