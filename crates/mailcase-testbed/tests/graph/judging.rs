//! The judge itself, on a description of its own and on Microsoft's.

use crate::{ANN, Bench, inbox};
use mailcase_testbed::graph::{Csdl, schemas_folder};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn requests_that_do_not_fit_are_found() {
    if Csdl::shared().is_none() {
        eprintln!(
            "left out: nothing is judged by Microsoft's description of Graph: it is not in {}",
            schemas_folder().display()
        );
        return;
    }
    let mut bench = Bench::start().await;
    bench.asks_for_trouble = true;
    let id = bench.deliver("a");
    let message = format!("/users/{ANN}/messages/{id}");
    for (method, path, body, expected) in [
        (Method::GET, inbox("/letters"), None, "`letters` is nothing of microsoft.graph.mailFolder"),
        (Method::GET, inbox("/messages?$select=subjekt"), None, "`subjekt` is no property"),
        (Method::GET, inbox("/messages?$expand=subject"), None, "cannot be expanded"),
        (Method::GET, inbox("/messages?$limit=3"), None, "`$limit` is no query option"),
        (Method::GET, format!("{message}/move"), None, "an operation is called by POST"),
        (Method::POST, format!("{message}/move"), Some(json!({"to": "inbox"})), "`to` is no parameter"),
        (Method::POST, format!("{message}/move"), Some(json!({})), "`DestinationId` is missing"),
        (Method::PATCH, message.clone(), Some(json!({"isRead": "yes"})), "isRead: no Edm.Boolean"),
        (
            Method::PATCH,
            message.clone(),
            Some(json!({"importance": "urgent"})),
            "no member of microsoft.graph.importance",
        ),
        (
            Method::PATCH,
            message.clone(),
            Some(json!({"from": {"emailAddress": {"adress": "a"}}})),
            "adress: no property",
        ),
        (Method::PATCH, message.clone(), Some(json!({"categories": "red"})), "categories: no array"),
        (
            Method::PATCH,
            message.clone(),
            Some(json!({"receivedDateTime": "yesterday"})),
            "no Edm.DateTimeOffset",
        ),
        (Method::PUT, message.clone(), Some(json!({})), "PUT is not for this resource"),
    ] {
        let before = bench.server.problems().len();
        bench.send(method.clone(), &path, body).await;
        let problems = bench.server.problems();
        let found = problems.get(before).cloned().unwrap_or_default();
        assert!(found.contains(expected), "{method} {path}: {found}");
    }
}

#[test]
fn a_description_that_is_no_xml_is_an_error() {
    assert!(Csdl::parse("<edmx").is_err());
    assert!(Csdl::parse("<edmx/>").is_ok());
}
