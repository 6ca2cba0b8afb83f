//! Indicators over the API: what is known of a message's, marks, the search, documents for other programs.

use super::world::{Tenant, World};
use axum::http::Method;
use serde_json::{Value, json};

fn find<'a>(page: &'a Value, value: &str) -> &'a Value {
    let items = page["items"].as_array().unwrap();
    let of = |item: &Value| item["value"] == value || item["found"]["value"] == value;
    items.iter().find(|item| of(item)).unwrap_or_else(|| panic!("{value} is not in {page}"))
}

async fn mark(world: &World, ours: &Tenant, body: Value) {
    world.ask(&ours.analyst, Method::PUT, "/indicators/marks", Some(body)).await.expect(204);
}

async fn own_domain(world: &World, ours: &Tenant, name: &str) {
    let settings = json!({
        "domains": [name], "people": [], "authserv_ids": [], "networks": [], "dns": false, "resolvers": []
    });
    let body = json!({"revision": 0, "settings": settings});
    world.ask(&ours.manager, Method::PUT, "/origin-settings", Some(body)).await.expect(200);
}

#[tokio::test]
async fn a_mark_is_seen_wherever_the_value_is() {
    let (world, ours, theirs) = World::inhabited().await;
    let malicious = json!({
        "kind": "url", "value": "hxxps://evil[.]example/pay", "mark": "malicious", "note": " kit of March "
    });
    mark(&world, &ours, malicious).await;
    own_domain(&world, &ours, "ours.example").await;
    let message = format!("/messages/{}/indicators", ours.ids.message);
    let case = format!("/cases/{}/indicators", ours.ids.case);
    let lookup = json!({"indicators": [
        {"kind": "url", "value": "https://evil.example/pay"}, {"kind": "email", "value": "desk@ours.example"},
        {"kind": "domain", "value": "nowhere.example"}
    ]});
    let looked_up =
        world.ask(&ours.reader, Method::POST, "/indicators/lookups", Some(lookup)).await.expect(200);
    assert_eq!(looked_up["items"].as_array().unwrap().len(), 3);
    assert_eq!(find(&looked_up, "nowhere.example")["mark"], Value::Null);
    for page in [
        world.get(&ours.reader, &message).await,
        world.get(&ours.reader, &case).await,
        world.get(&ours.reader, "/indicators").await,
        looked_up,
    ] {
        let url = find(&page, "https://evil.example/pay");
        assert_eq!(
            (&url["mark"]["mark"], &url["mark"]["note"]),
            (&json!("malicious"), &json!("kit of March"))
        );
        assert_eq!(url["mark"]["by"], "analyst of ours");
        let address = find(&page, "desk@ours.example");
        assert_eq!((&address["mark"]["mark"], &address["mark"]["scope"]), (&json!("own"), &json!("below")));
        assert_eq!(address["mark"]["source"], "own_domains");
    }
    let untouched = world.get(&theirs.reader, "/indicators").await;
    assert_eq!(find(&untouched, "https://evil.example/pay")["mark"], Value::Null);
    let marks = world.get(&ours.reader, "/indicators/marks?mark=own").await;
    assert_eq!(
        (&marks["items"][0]["value"], &marks["items"][0]["source"]),
        (&json!("ours.example"), &json!("own_domains"))
    );
    let path = "/indicators/marks?kind=url&value=https%3A%2F%2Fevil.example%2Fpay";
    world.ask(&ours.analyst, Method::DELETE, path, None).await.expect(204);
    world.ask(&ours.analyst, Method::DELETE, path, None).await.expect(404);
    assert_eq!(find(&world.get(&ours.reader, &case).await, "https://evil.example/pay")["mark"], Value::Null);
    let audit = world.get(&ours.administrator, "/audit").await.to_string();
    assert!(audit.contains("indicator.marked") && audit.contains("indicator.unmarked"), "{audit}");
}

#[tokio::test]
async fn what_cannot_be_marked_is_refused() {
    let (world, ours, _) = World::inhabited().await;
    for body in [
        json!({"value": "evil.example", "mark": "malicious"}),
        json!({"kind": "domain", "value": " ", "mark": "malicious"}),
        json!({"scope": "below", "value": "com", "mark": "benign"}),
        json!({"scope": "below", "value": "ours.example", "mark": "own"}),
        json!({"scope": "below", "value": "evil.example", "mark": "malicious"}),
        json!({"scope": "network", "value": "0.0.0.0/0", "mark": "own"}),
        json!({"kind": "domain", "value": "a.example", "mark": "own", "note": "x".repeat(1_001)}),
    ] {
        let text = body.to_string();
        let answer = world.ask(&ours.analyst, Method::PUT, "/indicators/marks", Some(body)).await;
        assert_eq!(answer.status, 422, "{text}");
    }
    let body = json!({"kind": "domain", "value": "evil.example", "mark": "malicious"});
    world.ask(&ours.reader, Method::PUT, "/indicators/marks", Some(body)).await.expect(403);
    assert_eq!(world.get(&ours.reader, "/indicators/marks").await["items"], json!([]));
    let many: Vec<_> = (0..201).map(|n| json!({"kind": "domain", "value": format!("{n}.example")})).collect();
    let body = json!({"indicators": many});
    world.ask(&ours.reader, Method::POST, "/indicators/lookups", Some(body)).await.expect(422);
}

#[tokio::test]
async fn a_message_tells_places_and_goes_page_by_page() {
    let (world, ours, _) = World::inhabited().await;
    let path = format!("/messages/{}/indicators", ours.ids.message);
    let whole = world.get(&ours.reader, &format!("{path}?limit=200")).await;
    assert_eq!(whole["next"], Value::Null);
    let url = find(&whole, "https://evil.example/pay");
    assert_eq!(url["found"]["defanged"], "hxxps[://]evil[.]example/pay");
    assert_eq!(url["found"]["sightings"][0]["how"], "link");
    assert_eq!(url["found"]["sightings"][0]["path"], "/1/1");
    assert_eq!((&url["set_aside"], &url["seen"]["messages"]), (&json!(false), &json!(0)));
    let mut pieces = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = world.get(&ours.reader, &format!("{path}?limit=2{cursor}")).await;
        pieces.extend(page["items"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(json!(pieces), whole["items"]);
    let part = world.get(&ours.reader, &format!("{path}?part=/2&limit=200")).await;
    let of_part = part["items"].as_array().unwrap();
    assert!(!of_part.is_empty() && of_part.len() < pieces.len());
    assert_eq!(find(&part, "invoice.html")["found"]["kind"], "file_name");
    for query in ["?cursor=x", "?limit=0", "?limit=201"] {
        let status = world.ask(&ours.reader, Method::GET, &format!("{path}{query}"), None).await.status;
        assert_eq!(status, 422, "{query}");
    }
}

#[tokio::test]
async fn the_search_leads_to_messages() {
    let (world, ours, _) = World::inhabited().await;
    for (query, value) in [
        ("q=evil.example", "https://evil.example/pixel.png"),
        ("q=evil%5B.%5Dexample&kind=email", "mallory@evil.example"),
        ("q=pixel", "https://evil.example/pixel.png"),
        ("q=evil.example&by=host&kind=domain", "evil.example"),
        ("q=example&by=below", "mallory@evil.example"),
        ("mark=none&kind=file_name", "invoice.html"),
        ("since=2020-01-01T00:00:00Z", "evil.example"),
    ] {
        let page = world.get(&ours.reader, &format!("/indicators?{query}")).await;
        let found = find(&page, value);
        assert_eq!((&found["seen"]["messages"], &found["seen"]["cases"]), (&json!(1), &json!(1)), "{query}");
    }
    for query in ["q=nothing.example", "until=2020-01-01T00:00:00Z", "mark=malicious", "kind=sha512"] {
        let page = world.get(&ours.reader, &format!("/indicators?{query}")).await;
        assert_eq!(page["items"], json!([]), "{query}");
    }
    let messages = world.get(&ours.reader, "/messages?indicator=domain:evil.example").await;
    assert_eq!(messages["items"][0]["id"], json!(ours.ids.message));
    let messages = world.get(&ours.reader, "/messages?indicator=url:evil.example").await;
    assert_eq!(messages["items"], json!([]));
    world.ask(&ours.reader, Method::GET, "/messages?indicator=evil.example", None).await.expect(422);
}

#[tokio::test]
async fn documents_hold_what_was_asked_for() {
    let (world, ours, _) = World::inhabited().await;
    mark(&world, &ours, json!({"kind": "domain", "value": "evil.example", "mark": "malicious"})).await;
    own_domain(&world, &ours, "ours.example").await;
    let message = format!("/messages/{}/indicators/export", ours.ids.message);
    let case = format!("/cases/{}/indicators/export", ours.ids.case);
    for base in [format!("{message}?"), format!("{case}?"), "/indicators/export?mark=unfolded&".to_owned()] {
        let get = async |query: &str| {
            let answer = world.ask(&ours.reader, Method::GET, &format!("{base}{query}"), None).await;
            assert_eq!(answer.status, 200, "{base}{query}");
            assert!(answer.header("content-disposition").starts_with("attachment; filename=\"indicators-"));
            String::from_utf8(answer.body.to_vec()).unwrap()
        };
        let text = get("format=text").await;
        assert!(text.contains("evil[.]example\n") && !text.contains("ours[.]example"), "{text}");
        assert!(get("format=text&defanged=false").await.contains("https://evil.example/pay\n"));
        assert!(get("format=csv").await.contains("\"domain\",\"evil[.]example\",\"\",\"malicious\""));
        let stix: Value = serde_json::from_str(&get("format=stix").await).unwrap();
        let objects = stix["objects"].as_array().unwrap();
        let patterns: Vec<_> = objects.iter().filter_map(|object| object["pattern"].as_str()).collect();
        assert_eq!(patterns, ["[domain-name:value = 'evil.example']"]);
        assert_eq!(objects[0]["name"], "ours");
        let misp: Value = serde_json::from_str(&get("format=misp").await).unwrap();
        let attributes = misp["Event"]["Attribute"].as_array().unwrap();
        let detecting: Vec<_> = attributes.iter().filter(|one| one["to_ids"] == true).collect();
        assert_eq!(detecting.len(), 1);
        assert_eq!(detecting[0]["value"], "evil.example");
    }
    for base in [&message, &case] {
        let all =
            world.ask(&ours.reader, Method::GET, &format!("{base}?format=text&folded=true"), None).await;
        assert!(String::from_utf8_lossy(&all.body).contains("desk[@]ours[.]example\n"));
    }
    let refused = world.ask(&ours.reader, Method::GET, &format!("{message}?format=docx"), None).await;
    assert_eq!(refused.status, 400);
}
