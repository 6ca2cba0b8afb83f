//! Change notifications: the server calls us, and the wait ends.

use crate::support::World;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use mailcase_graph::GraphSource;
use mailcase_mail::{AnnounceTo, Announced, Announcement, FolderPath, Interrupt, MailSource, Wake};
use mailcase_testbed::graph::Lifecycle;
use secrecy::SecretString;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout};

const PATIENCE: Duration = Duration::from_secs(30);

fn secret() -> SecretString {
    SecretString::from("known to the server alone")
}

async fn hear(State(interrupt): State<Interrupt>, RawQuery(query): RawQuery, body: Bytes) -> Response {
    let announcement = Announcement { query: query.unwrap_or_default(), body };
    match mailcase_graph::announced(&announcement, &secret()) {
        Announced::Echo(text) => text.into_response(),
        Announced::Changed => {
            interrupt.notify();
            StatusCode::ACCEPTED.into_response()
        }
        Announced::Nothing => StatusCode::ACCEPTED.into_response(),
    }
}

/// An address the server can call; what it tells interrupts the wait.
async fn ear(interrupt: &Interrupt) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = axum::Router::new().route("/hear", post(hear)).with_state(interrupt.clone());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    format!("http://{address}/hear")
}

async fn wait(source: &mut GraphSource, interrupt: &Interrupt) -> Wake {
    let until = Instant::now() + PATIENCE;
    source.wait(&[FolderPath::new("inbox")], until, interrupt).await.unwrap()
}

fn asked(world: &World, method: &str) -> usize {
    let lines = world.server.asked().into_iter().map(|asked| asked.line);
    lines.filter(|line| line.starts_with(method) && line.contains("/subscriptions")).count()
}

/// Waits until the server was asked so often.
async fn until_asked(world: &World, method: &str, times: usize) {
    let looking = async {
        while asked(world, method) < times {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, looking).await.unwrap();
}

#[tokio::test]
async fn new_mail_is_told_and_a_restart_takes_up_the_same_subscription() {
    let world = World::start().await;
    let interrupt = Interrupt::default();
    let url = ear(&interrupt).await;
    let target = AnnounceTo { url, secret: secret() };
    let mut source = world.source();
    source.announce_to(target.clone());
    let (wake, ()) = tokio::join!(wait(&mut source, &interrupt), async {
        until_asked(&world, "POST", 1).await;
        // The wait goes on until there is something to tell.
        world.deliver("one");
    });
    assert_eq!(wake, Wake::Interrupted);
    // What the server says of the subscription itself ends the wait as well.
    let (wake, ()) = tokio::join!(wait(&mut source, &interrupt), async {
        world.server.announce_lifecycle(Lifecycle::ReauthorizationRequired);
    });
    assert_eq!(wake, Wake::Interrupted);
    drop(source);

    let mut source = world.source();
    source.announce_to(target);
    let (wake, ()) = tokio::join!(wait(&mut source, &interrupt), async {
        until_asked(&world, "PATCH", 1).await;
        world.deliver("two");
    });
    assert_eq!(wake, Wake::Interrupted);
    assert_eq!(asked(&world, "POST"), 1, "the subscription of the run before is used");
}

#[tokio::test]
async fn a_server_that_cannot_reach_us_is_polled() {
    let world = World::start().await;
    let interrupt = Interrupt::default();
    let mut source = world.source();
    source.announce_to(AnnounceTo { url: "http://127.0.0.1:9/hear".to_owned(), secret: secret() });
    let inbox = [FolderPath::new("inbox")];
    for pause in [Duration::from_millis(300), Duration::ZERO] {
        let wake = source.wait(&inbox, Instant::now() + pause, &interrupt).await.unwrap();
        assert_eq!(wake, Wake::TimedOut);
    }
    assert_eq!(asked(&world, "POST"), 1, "not again and again");
}
