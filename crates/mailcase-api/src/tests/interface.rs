//! Everything beside the API: the interface's files, health, metrics, the headers on all of it.

use super::world::World;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, header};
use std::net::SocketAddr;

fn get(path: &str) -> axum::http::request::Builder {
    Request::get(path)
}

#[tokio::test]
async fn people_get_a_page_and_scripts_get_an_error() {
    let world = World::new().await;
    for path in ["/", "/cases/42", "/settings/connectors"] {
        let request = get(path).header(header::ACCEPT, "text/html,*/*").body(Body::empty()).unwrap();
        let answer = world.send(request).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.header(header::CONTENT_TYPE).starts_with("text/html"), "{path}");
        let csp = answer.header(header::CONTENT_SECURITY_POLICY);
        assert!(csp.contains("default-src 'none'") && csp.contains("script-src 'self';"), "{csp}");
        assert!(csp.contains("frame-ancestors 'none'"), "{csp}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{path} {name}");
        }
        assert_eq!(answer.header(header::STRICT_TRANSPORT_SECURITY), "", "no TLS, no HSTS");
    }
    let front = world.send(get("/").body(Body::empty()).unwrap()).await;
    assert_eq!(front.status, 200, "the front page is a page for whoever asks");
    for path in ["/assets/missing.js", "/.gitkeep", "/../Cargo.toml"] {
        let answer = world.send(get(path).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 404, "{path}");
    }
    let post = Request::post("/").body(Body::empty()).unwrap();
    assert_eq!(world.send(post).await.status, 405);
}

async fn status(world: &World, path: &str) -> u16 {
    world.send(get(path).body(Body::empty()).unwrap()).await.status.as_u16()
}

#[tokio::test]
async fn the_process_lives_and_is_ready_while_its_database_answers() {
    let world = World::new().await;
    assert_eq!((status(&world, "/healthz").await, status(&world, "/readyz").await), (200, 200));
    let world = World::new().await;
    world.store.close().await;
    assert_eq!((status(&world, "/healthz").await, status(&world, "/readyz").await), (200, 503));
}

#[tokio::test]
async fn it_is_not_ready_without_a_place_for_mail() {
    let world = World::new().await;
    std::fs::remove_dir_all(world.folder.path().join("blobs")).unwrap();
    assert_eq!(status(&world, "/readyz").await, 503);
}

#[tokio::test]
async fn metrics_are_for_this_machine_or_for_whoever_has_the_token() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let from = |address: &str| {
        let peer: SocketAddr = address.parse().unwrap();
        let mut request = get("/metrics").body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    };
    let open = World::with(|config| config.metrics = Some(handle.clone())).await;
    assert_eq!(open.send(from("127.0.0.1:5000")).await.status, 200);
    assert_eq!(open.send(from("192.0.2.1:5000")).await.status, 403);
    let mut proxied = from("127.0.0.1:5000");
    proxied.headers_mut().insert("x-forwarded-for", "192.0.2.1".parse().unwrap());
    assert_eq!(open.send(proxied).await.status, 403, "a proxy on this machine is not this machine");

    let closed = World::with(|config| {
        config.metrics = Some(handle);
        config.metrics_token = Some("m3trics".into());
    })
    .await;
    for (token, status) in [("Bearer m3trics", 200), ("Bearer wrong", 403), ("m3trics", 403)] {
        let mut request = from("192.0.2.1:5000");
        request.headers_mut().insert(header::AUTHORIZATION, token.parse().unwrap());
        assert_eq!(closed.send(request).await.status, status, "{token}");
    }
    assert_eq!(closed.send(from("127.0.0.1:5000")).await.status, 403);

    let off = World::new().await;
    assert_eq!(off.send(from("127.0.0.1:5000")).await.status, 404);
}

#[tokio::test]
async fn metrics_tell_how_far_every_connector_is() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let world = World::with(|config| config.metrics = Some(handle)).await;
    let ours = world.tenant("ours", "default").await;
    let mut request = get("/metrics").body(Body::empty()).unwrap();
    request.extensions_mut().insert(ConnectInfo("127.0.0.1:5000".parse::<SocketAddr>().unwrap()));
    let text = String::from_utf8(world.send(request).await.body.to_vec()).unwrap();
    let labels = r#"organization="ours",connector="ours""#;
    for line in [
        format!("mailcase_connector_active{{{labels}}} 0"),
        format!(r#"mailcase_connector_backlog_messages{{{labels},waiting_for="fetch"}} 0"#),
        format!(r#"mailcase_connector_alarms{{{labels},kind="sign_in"}} 0"#),
        format!("mailcase_connector_needs_attention_messages{{{labels}}} 0"),
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\nis missing in\n{text}");
    }
    let success = format!("mailcase_connector_last_success_timestamp_seconds{{{labels}}} ");
    let success = text.lines().find_map(|line| line.strip_prefix(&success)).expect("the last success");
    let known =
        world.store.connector_with_status(ours.id, ours.ids.connector.parse().unwrap()).await.unwrap();
    let known = known.status.last_success.map_or(0, jiff::Timestamp::as_second);
    assert_eq!(success.parse::<i64>().unwrap(), known);
}

#[tokio::test]
async fn long_answers_are_packed_and_the_document_is_served() {
    let world = World::new().await;
    let request =
        get("/api/v1/openapi.json").header(header::ACCEPT_ENCODING, "br, gzip").body(Body::empty()).unwrap();
    let answer = world.send(request).await;
    assert_eq!(answer.status, 200);
    assert!(["br", "gzip"].contains(&answer.header(header::CONTENT_ENCODING)));
    let request = get("/api/v1/openapi.json").body(Body::empty()).unwrap();
    assert_eq!(world.send(request).await.json()["info"]["title"], "Mailcase");
}
