//! Subscriptions: handshake, notifications, lifecycle.

use crate::{ANN, Bench, code};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use mailcase_testbed::graph::Lifecycle;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// How long a notification may be on its way.
const DEADLINE: Duration = Duration::from_secs(20);

/// A receiver that shakes hands, or does not, and hands on what it is sent.
async fn receiver(honest: bool) -> (String, mpsc::UnboundedReceiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (out, received) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let out = out.clone();
            let service = service_fn(move |request: hyper::Request<Incoming>| {
                let out = out.clone();
                async move {
                    let query = request.uri().query().unwrap_or_default().to_owned();
                    let body = request.into_body().collect().await.unwrap().to_bytes();
                    let token = query.split('&').find_map(|part| part.strip_prefix("validationToken="));
                    let text = match token {
                        Some(token) if honest => {
                            percent_encoding::percent_decode_str(token).decode_utf8_lossy().into_owned()
                        }
                        Some(_) => "something else".to_owned(),
                        None => {
                            out.send(serde_json::from_slice(&body).unwrap()).unwrap();
                            String::new()
                        }
                    };
                    let answer =
                        hyper::Response::builder().header("content-type", "text/plain; charset=utf-8");
                    Ok::<_, Infallible>(answer.body(Full::new(Bytes::from(text))).unwrap())
                }
            });
            let http = hyper::server::conn::http1::Builder::new();
            tokio::spawn(http.serve_connection(TokioIo::new(socket), service));
        }
    });
    (format!("http://{address}/hook"), received)
}

fn subscription(url: &str, end: jiff::Timestamp) -> Value {
    json!({
        "changeType": "created", "notificationUrl": url, "lifecycleNotificationUrl": url,
        "resource": format!("users/{ANN}/mailFolders('inbox')/messages"),
        "expirationDateTime": end.to_string(), "clientState": "secret state",
    })
}

fn soon() -> jiff::Timestamp {
    jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1)
}

async fn next(received: &mut mpsc::UnboundedReceiver<Value>) -> Value {
    tokio::time::timeout(DEADLINE, received.recv()).await.unwrap().unwrap()
}

#[tokio::test]
async fn subscribers_hear_of_new_mail_and_of_the_end() {
    let bench = Bench::start().await;
    let (url, mut received) = receiver(true).await;
    let (status, made) = bench.post("/subscriptions", subscription(&url, soon())).await;
    assert_eq!(status, 201, "{made}");
    let id = bench.deliver("news");
    let notice = next(&mut received).await;
    let notice = &notice["value"][0];
    assert_eq!(notice["clientState"], "secret state");
    assert_eq!(
        (notice["changeType"].as_str(), notice["resourceData"]["id"].as_str()),
        (Some("created"), Some(id.as_str()))
    );
    let path = format!("/subscriptions/{}", made["id"].as_str().unwrap());
    let renewed = json!({"expirationDateTime": soon().to_string()});
    assert_eq!(bench.send(reqwest::Method::PATCH, &path, Some(renewed)).await.status(), 200);
    bench.server.announce_lifecycle(Lifecycle::ReauthorizationRequired);
    assert_eq!(next(&mut received).await["value"][0]["lifecycleEvent"], "reauthorizationRequired");
    bench.server.announce_lifecycle(Lifecycle::SubscriptionRemoved);
    assert_eq!(next(&mut received).await["value"][0]["lifecycleEvent"], "subscriptionRemoved");
    assert_eq!(bench.send(reqwest::Method::GET, &path, None).await.status(), 404);
}

#[tokio::test]
async fn who_does_not_shake_hands_or_wants_too_long_gets_none() {
    let bench = Bench::start().await;
    let (url, _received) = receiver(false).await;
    let (status, body) = bench.post("/subscriptions", subscription(&url, soon())).await;
    assert_eq!((status, code(&body)), (400, "ValidationError"));
    let (url, _received) = receiver(true).await;
    let late = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * 8);
    let (status, body) = bench.post("/subscriptions", subscription(&url, late)).await;
    assert_eq!((status, code(&body)), (400, "ValidationError"));
}
