//! Servers that are not Graph, or mean harm: every call ends, with an error that says so, and the token stays with us.

use crate::support::{Tokens, fetch, inbox};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use mailcase_graph::{GraphAccess, GraphSource, MailboxName};
use mailcase_mail::{Deadlines, MailSource, RemoteAction, RemoteId, Scope, SourceError};
use mailcase_transport::http::HttpClient;
use mailcase_transport::{Route, Trust};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Longer than every call takes here, on a busy machine.
const ENDS_WITHIN: std::time::Duration = std::time::Duration::from_secs(60);

type Answer = (u16, &'static str, String);

/// A server that answers each path as it is told, and remembers what it was asked.
struct Hostile {
    origin: String,
    asked: Arc<Mutex<Vec<String>>>,
    server: JoinHandle<()>,
}

impl Hostile {
    async fn start(answer: impl Fn(&str, &str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (answer, asked) = (Arc::new(answer), Arc::new(Mutex::new(Vec::new())));
        let (base, lines) = (origin.clone(), Arc::clone(&asked));
        let server = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (answer, base, lines) = (Arc::clone(&answer), base.clone(), Arc::clone(&lines));
                let service = service_fn(move |request: hyper::Request<Incoming>| {
                    let path = request.uri().path_and_query().unwrap().to_string();
                    lines.lock().unwrap().push(path.clone());
                    let (status, header, body) = answer(&base, &path);
                    let mut builder = hyper::Response::builder().status(status);
                    if let Some((name, value)) = header.split_once(": ") {
                        builder = builder.header(name, value);
                    }
                    let answer = builder.body(Full::new(Bytes::from(body))).unwrap();
                    async move { Ok::<_, Infallible>(answer) }
                });
                let http = hyper::server::conn::http1::Builder::new();
                tokio::spawn(http.serve_connection(TokioIo::new(socket), service));
            }
        });
        Self { origin, asked, server }
    }

    fn source(&self) -> GraphSource {
        GraphSource::new(GraphAccess {
            origin: self.origin.clone(),
            mailbox: MailboxName::parse("ann@example.org").unwrap(),
            http: HttpClient::new(Route::direct(), Trust::default(), Deadlines::default()),
            tokens: Tokens::of(&["the token"]),
        })
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Finds every folder; the rest is as `rest` says.
async fn with_folder(rest: impl Fn(&str, &str) -> String + Send + Sync + 'static) -> Hostile {
    Hostile::start(move |base, path| {
        let body = if path.contains("/mailFolders?") {
            r#"{"value": [{"id": "AQMkAD", "displayName": "Inbox"}]}"#.to_owned()
        } else {
            rest(base, path)
        };
        (200, "content-type: application/json", body)
    })
    .await
}

async fn discover(server: &Hostile) -> SourceError {
    let mut source = server.source();
    let folder = inbox();
    let listing = source.discover(&folder, Scope::NewFromAll, None, 10);
    tokio::time::timeout(ENDS_WITHIN, listing).await.expect("every call ends").unwrap_err()
}

#[tokio::test]
async fn a_link_that_leads_elsewhere_is_not_followed() {
    let elsewhere = Hostile::start(|_, _| (200, "", r#"{"value": []}"#.to_owned())).await;
    let link = format!("{}/v1.0/users/x", elsewhere.origin);
    for name in ["@odata.nextLink", "@odata.deltaLink"] {
        let link = link.clone();
        let server = with_folder(move |_, _| format!(r#"{{"value": [], "{name}": "{link}"}}"#)).await;
        let error = discover(&server).await;
        assert!(
            matches!(&error, SourceError::Protocol { message } if message.contains("another server")),
            "{error}"
        );
    }
    let redirect = format!("location: {link}").leak();
    let server = Hostile::start(|_, _| (302, redirect, String::new())).await;
    assert_eq!(discover(&server).await.code(), "refused");
    assert!(elsewhere.asked.lock().unwrap().is_empty(), "our token goes to nobody else");
}

#[tokio::test]
async fn pages_without_an_end_come_to_one() {
    // The same page over and over, by delta and by list, and folders without an end.
    let server = with_folder(|base, path| {
        let link = format!("{base}{path}");
        format!(r#"{{"value": [{{"id": "AAA", "receivedDateTime": "2026-01-05T10:00:00Z"}}], "@odata.nextLink": "{link}"}}"#)
    })
    .await;
    assert_eq!(discover(&server).await.code(), "protocol");
    let mut source = server.source();
    let error = tokio::time::timeout(ENDS_WITHIN, source.inventory(&inbox())).await.unwrap().unwrap_err();
    assert_eq!(error.code(), "protocol");
    let server = Hostile::start(|base, path| {
        if path.contains("$batch") {
            return (404, "", "{}".to_owned());
        }
        (200, "", format!(r#"{{"value": [], "@odata.nextLink": "{base}{path}"}}"#))
    })
    .await;
    let mut source = server.source();
    let error = tokio::time::timeout(ENDS_WITHIN, source.folders()).await.unwrap().unwrap_err();
    assert_eq!(error.code(), "protocol");
}

#[tokio::test]
async fn what_is_no_answer_is_an_error_of_every_call() {
    let large = format!(r#"{{"value": [], "x": "{}"}}"#, "x".repeat(17 << 20));
    let answers = [
        "<html>Please accept the terms of this hotspot</html>".to_owned(),
        String::new(),
        "null".to_owned(),
        r#"{"value": 7}"#.to_owned(),
        r#"{"value": [{"id": 7}]}"#.to_owned(),
        r#"{"value": [{"id": ""}]}"#.to_owned(),
        r#"{"value": [{"id": "../../users/other"}]}"#.to_owned(),
        format!(r#"{{"value": [{{"id": "{}"}}]}}"#, "A".repeat(2_000)),
        r#"{"responses": [{"id": "0", "status": 200}, {"id": "7", "status": 200}]}"#.to_owned(),
        large,
    ];
    for answer in answers {
        let shown: String = answer.chars().take(60).collect();
        let server = with_folder(move |_, _| answer.clone()).await;
        let error = discover(&server).await;
        assert_eq!(error.code(), "protocol", "{shown}: {error}");
        let mut source = server.source();
        assert_eq!(source.inventory(&inbox()).await.unwrap_err().code(), "protocol", "{shown}");
        let ids = ["AAA", "BBB"].map(RemoteId::new);
        let acted = source.act(&inbox(), &ids, &RemoteAction::MarkRead).await;
        assert_eq!(acted.unwrap_err().code(), "protocol", "{shown}");
    }
}

#[tokio::test]
async fn one_message_described_badly_does_not_hide_the_others() {
    let server = with_folder(|base, path| {
        let value =
            r#"[{"id": "AAA", "receivedDateTime": "the day before", "isRead": "maybe"}, {"id": "BBB"}]"#;
        format!(r#"{{"value": {value}, "@odata.deltaLink": "{base}{path}"}}"#)
    })
    .await;
    let mut source = server.source();
    let page = source.discover(&inbox(), Scope::NewFromUnread, None, 10).await.unwrap();
    assert_eq!(page.messages.len(), 2);
}

#[tokio::test]
async fn an_error_page_is_quoted_to_nobody() {
    let server = Hostile::start(|_, _| {
        (400, "", r#"{"error": {"code": "ann@example.org: no!", "message": "secret"}}"#.to_owned())
    })
    .await;
    let error = server.source().folders().await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(!text.contains("ann@") && !text.contains("secret"), "{text}");
    let (result, got) = fetch(&mut server.source(), &[RemoteId::new("AAA")]).await;
    assert!(result.is_err() && got.is_empty());
}

#[tokio::test]
async fn patience_beyond_all_time_is_handed_on() {
    for seconds in ["18446744073709551615", "99999999999999999999999", "-1"] {
        let header = format!("retry-after: {seconds}").leak();
        let server = Hostile::start(|_, _| (429, header, "{}".to_owned())).await;
        let folders = server.source();
        let mut source = folders;
        let error = tokio::time::timeout(ENDS_WITHIN, source.folders()).await.unwrap().unwrap_err();
        assert_eq!(error.code(), "throttled", "{seconds}");
    }
}
