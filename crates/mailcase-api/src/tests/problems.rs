//! Error answers: always a problem, always the same shape, never a word too many.

use super::world::{Answer, Proof, World};
use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::{Value, json};

/// The problem as a snapshot shows it: without what changes from run to run.
fn shown(answer: &Answer) -> Value {
    assert_eq!(answer.header(header::CONTENT_TYPE), "application/problem+json");
    let mut problem = answer.json();
    let id = problem["request_id"].as_str().unwrap().to_owned();
    assert_eq!(id, answer.header("x-request-id"));
    problem["request_id"] = json!("…");
    problem
}

#[tokio::test]
async fn the_shape_of_every_kind_of_problem() {
    let (world, ours, _) = World::inhabited().await;
    let admin = &ours.administrator;
    let json_body = |path: &str, text: &str| {
        let mut request = world.request(admin, Method::POST, path);
        request.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
        *request.body_mut() = Body::from(text.to_owned());
        request
    };
    let mut plain = json_body("/cases", "{}");
    plain.headers_mut().remove(header::CONTENT_TYPE);
    let cases: Vec<(&str, Request<Body>)> = vec![
        ("no_such_route", world.request(admin, Method::GET, "/nothing")),
        ("no_such_method", world.request(admin, Method::PUT, "/cases")),
        ("not_signed_in", world.request(&Proof::nobody(), Method::GET, "/cases")),
        ("not_allowed", world.request(&ours.reader, Method::GET, "/users")),
        ("csrf", world.request(&admin.without_csrf(), Method::POST, "/cases")),
        ("not_an_id", world.request(admin, Method::GET, "/cases/42")),
        ("no_such_case", world.request(admin, Method::GET, "/cases/01980000-0000-7000-8000-000000000000")),
        ("not_json", json_body("/cases", "{")),
        ("unknown_field", json_body("/cases", r#"{"title": "t", "colour": "red"}"#)),
        ("wrong_type", json_body("/cases", r#"{"title": 7}"#)),
        ("no_content_type", plain),
        ("too_large", json_body("/cases", &format!("{{\"title\": \"{}\"}}", "x".repeat(2 << 20)))),
        ("unknown_query", world.request(admin, Method::GET, "/cases?colour=red")),
        ("wrong_query", world.request(admin, Method::GET, "/cases?status=sleeping")),
        ("wrong_limit", world.request(admin, Method::GET, "/cases?limit=1000")),
        ("wrong_cursor", world.request(admin, Method::GET, "/cases?cursor=%21")),
    ];
    for (name, request) in cases {
        let answer = world.send(request).await;
        insta::assert_json_snapshot!(name, shown(&answer));
    }
}

#[tokio::test]
async fn an_unknown_route_is_a_problem_for_whoever_asks() {
    let world = World::new().await;
    for path in ["/api", "/api/", "/api/v2/cases", "/api/v1/cases/x/y/z"] {
        let request = Request::get(path).header(header::ACCEPT, "text/html").body(Body::empty()).unwrap();
        let answer = world.send(request).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(shown(&answer)["code"], "not_found", "{path}");
    }
}

#[tokio::test]
async fn a_panic_is_one_failed_request_and_says_nothing() {
    async fn fall() {
        panic!("secret cause");
    }
    let world = World::new().await;
    let app = axum::Router::new()
        .route("/api/fall", axum::routing::get(fall))
        .layer(tower_http::catch_panic::CatchPanicLayer::custom(crate::observe::panicked))
        .layer(axum::middleware::from_fn_with_state(world.state.config.clone(), crate::observe::observe));
    let request = Request::get("/api/fall").body(Body::empty()).unwrap();
    let response = tower::ServiceExt::oneshot(app, request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let answer = Answer { status: parts.status, headers: parts.headers, body };
    assert_eq!(answer.status, 500);
    let problem = shown(&answer);
    assert_eq!(problem["code"], "internal");
    assert!(!problem.to_string().contains("secret cause"));
}

#[tokio::test]
async fn what_the_database_says_stays_in_the_log() {
    let (world, ours, _) = World::inhabited().await;
    world.store.close().await;
    let answer = world.ask(&ours.administrator, Method::GET, "/cases", None).await;
    assert_eq!(answer.status, 500);
    let problem = shown(&answer);
    assert_eq!(problem["code"], "internal");
    let text = problem.to_string().to_lowercase();
    for word in ["sqlx", "pool", "closed", "select"] {
        assert!(!text.contains(word), "{text}");
    }
}
