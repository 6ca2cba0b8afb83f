//! What strangers who call in the name of a mail server get: nothing, and the server a poll.

use super::world::{DEADLINE, Proof, World};
use axum::body::Body;
use axum::http::Method;
use mailcase_core::ConnectorId;
use mailcase_store::Event;
use secrecy::ExposeSecret as _;

#[tokio::test]
async fn only_who_knows_the_secret_wakes_a_connector() {
    let (world, ours, _) = World::inhabited().await;
    let connector: ConnectorId = ours.ids.connector.parse().unwrap();
    let secret = world.store.announce_secret(connector);
    assert_ne!(secret.expose_secret(), world.store.announce_secret(ConnectorId::new()).expose_secret());
    let mut events = world.store.events();
    let call = async |path: &str, body: String| {
        let request = axum::http::Request::builder().method(Method::POST).uri(path);
        world.send(request.body(Body::from(body)).unwrap()).await
    };
    let path = format!("/announcements/fake/{connector}");
    let echoed = call(&format!("{path}?echo"), String::new()).await;
    assert_eq!(echoed.status, 200);
    assert_eq!(echoed.body, "<b>echo</b>");
    assert_eq!(echoed.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(echoed.header("x-content-type-options"), "nosniff");
    let known = secret.expose_secret().to_owned();
    for (path, body) in [
        (path.clone(), "guessed".to_owned()),
        (format!("/announcements/imap/{connector}"), known.clone()),
        (format!("/announcements/fake/{}", ConnectorId::new()), known.clone()),
    ] {
        assert_eq!(call(&path, body).await.status, 202, "a stranger learns nothing");
    }
    assert_eq!(call(&path, "x".repeat(300 << 10)).await.status, 413);
    assert_eq!(call("/announcements/fake/none", String::new()).await.status, 400);
    assert_eq!(call(&path, known).await.status, 202);
    let woken = tokio::time::timeout(DEADLINE, async {
        loop {
            if let Event::ConnectorWake { connector } = events.next().await {
                return connector;
            }
        }
    });
    assert_eq!(woken.await.unwrap(), connector);
    world.ask(&Proof::nobody(), Method::GET, "/connectors", None).await.expect(401);
}
