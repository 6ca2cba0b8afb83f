//! Live events: only one's own, and no longer than one may.

use super::world::{DEADLINE, Proof, World};
use axum::body::BodyDataStream;
use axum::http::{Method, header};
use futures::StreamExt;
use mailcase_core::CaseId;
use mailcase_store::Event;
use serde_json::{Value, json};

struct Stream {
    body: BodyDataStream,
    text: String,
}

impl Stream {
    /// An open stream, past its greeting: nothing published from now on is missed.
    async fn open(world: &World, proof: &Proof) -> Self {
        let request = world.request(proof, Method::GET, "/events");
        let response = tower::ServiceExt::oneshot(world.app.clone(), request).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
        let mut stream = Self { body: response.into_body().into_data_stream(), text: String::new() };
        assert_eq!(stream.next().await.unwrap().0, "ready");
        stream
    }

    /// The next event's name and data; `None` when the stream has ended.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let line = event.lines().find_map(|line| line.strip_prefix(name))?;
                    Some(line.trim_start().to_owned())
                };
                let found = field("event:").map(|name| (name, field("data:").unwrap_or_default()));
                self.text = rest.to_owned();
                match found {
                    Some((name, data)) => return Some((name, serde_json::from_str(&data).unwrap())),
                    None => continue,
                }
            }
            let chunk = tokio::time::timeout(DEADLINE, self.body.next()).await.expect("no event in time")?;
            self.text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        }
    }
}

#[tokio::test]
async fn everybody_sees_their_own_organization_only() {
    let (world, ours, theirs) = World::inhabited().await;
    let mut stream = Stream::open(&world, &ours.reader).await;
    let case = CaseId::new();
    world.store.publish(Event::CaseChanged { org: theirs.id, case: CaseId::new() }).await;
    world.store.publish(Event::AlarmChanged { org: theirs.id }).await;
    world.store.publish(Event::CaseChanged { org: ours.id, case }).await;
    let (name, data) = stream.next().await.unwrap();
    assert_eq!((name.as_str(), data["case"].as_str()), ("case_changed", Some(case.to_string().as_str())));
    world.store.publish(Event::Lagged).await;
    assert_eq!(stream.next().await.unwrap().0, "lagged");
}

#[tokio::test]
async fn what_somebody_does_is_seen_by_others() {
    let (world, ours, _) = World::inhabited().await;
    let mut stream = Stream::open(&world, &ours.reader).await;
    let path = format!("/cases/{}", ours.ids.case);
    let body = json!({"severity": "critical"});
    world.ask(&ours.analyst, Method::PATCH, &path, Some(body)).await.expect(200);
    let (name, data) = stream.next().await.unwrap();
    assert_eq!((name.as_str(), &data["case"]), ("case_changed", &json!(ours.ids.case)));
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let (world, ours, _) = World::inhabited().await;
    let mut stream = Stream::open(&world, &ours.reader).await;
    let mut other = Stream::open(&world, &ours.analyst).await;
    world.ask(&ours.reader, Method::DELETE, "/session", None).await.expect(204);
    assert_eq!(stream.next().await, None);
    world.store.publish(Event::AlarmChanged { org: ours.id }).await;
    assert_eq!(other.next().await.unwrap().0, "alarm_changed");
    world.state.streams.stop();
    assert_eq!(other.next().await, None);
}

#[tokio::test]
async fn a_token_sees_what_it_may_read() {
    let (world, ours, _) = World::inhabited().await;
    let body = json!({"name": "t", "permissions": ["read_connectors"], "expires_in_days": 1});
    let token = world.ask(&ours.reader, Method::POST, "/tokens", Some(body)).await.expect(201);
    let mut stream = Stream::open(&world, &Proof::bearer(token["token"].as_str().unwrap())).await;
    world.store.publish(Event::CaseChanged { org: ours.id, case: CaseId::new() }).await;
    world.store.publish(Event::AlarmChanged { org: ours.id }).await;
    assert_eq!(stream.next().await.unwrap().0, "alarm_changed");
    let path = format!("/tokens/{}", token["details"]["id"].as_str().unwrap());
    world.ask(&ours.reader, Method::DELETE, &path, None).await.expect(204);
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn nobody_opens_streams_without_end() {
    let (world, ours, _) = World::inhabited().await;
    let mut open = Vec::new();
    for _ in 0..crate::live::STREAMS_PER_USER {
        open.push(Stream::open(&world, &ours.reader).await);
    }
    let problem = world.ask(&ours.reader, Method::GET, "/events", None).await.expect(429);
    assert_eq!(problem["code"], "too_many_streams");
    open.pop();
    Stream::open(&world, &ours.reader).await;
}
