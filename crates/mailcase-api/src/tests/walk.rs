//! Walks every operation of the OpenAPI document with everybody who should and should not get through.

use super::world::{Ids, Proof, Tenant, World, pattern_body};
use axum::http::Method;
use mailcase_core::permission::{Permission, Role};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Operations anybody may call. Whoever adds one here has thought about it.
const PUBLIC: &[&str] = &["read_setup", "complete_setup", "sign_in", "read_openapi", "read_reference"];

/// One operation as the document declares it.
#[derive(Debug)]
struct Operation {
    id: String,
    method: Method,
    path: String,
    demand: Demand,
}

#[derive(Debug, PartialEq, Eq)]
enum Demand {
    Nothing,
    SignedIn,
    /// With a session, not with a token.
    InPerson,
    Permission(Permission),
    /// With a session whose user has the permission, not with a token that has it.
    PermissionInPerson(Permission),
}

fn operations() -> Vec<Operation> {
    let document = crate::router::document();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.push(Operation {
                id: operation["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                demand: demand(&operation["security"]),
            });
        }
    }
    assert!(operations.len() > 50, "{}", operations.len());
    operations
}

fn demand(security: &Value) -> Demand {
    let schemes: Vec<(&String, &Value)> =
        security.as_array().unwrap().iter().flat_map(|one| one.as_object().unwrap()).collect();
    let names: BTreeSet<&str> = schemes.iter().map(|(name, _)| name.as_str()).collect();
    let permissions: BTreeSet<String> = schemes
        .iter()
        .flat_map(|(_, scopes)| scopes.as_array().unwrap())
        .map(|scope| scope.as_str().unwrap().to_owned())
        .collect();
    let names: Vec<&str> = names.into_iter().collect();
    match (names.as_slice(), permissions.len()) {
        ([], 0) => Demand::Nothing,
        (["session"], 0) => Demand::InPerson,
        (["session"], 1) => Demand::PermissionInPerson(permissions.first().unwrap().parse().unwrap()),
        (["session", "token"], 0) => Demand::SignedIn,
        (["session", "token"], 1) => Demand::Permission(permissions.first().unwrap().parse().unwrap()),
        other => panic!("no demand reads like {other:?}"),
    }
}

impl Operation {
    fn may(&self, role: Role) -> bool {
        match self.demand {
            Demand::Permission(permission) | Demand::PermissionInPerson(permission) => role.may(permission),
            Demand::Nothing | Demand::SignedIn | Demand::InPerson => true,
        }
    }

    fn names_something(&self) -> bool {
        self.path.contains('{')
    }

    fn path_with(&self, ids: &Ids) -> String {
        let id = match self.path.split('/').nth(1).unwrap() {
            "connectors" => &ids.connector,
            "messages" => &ids.message,
            "cases" => &ids.case,
            "users" => &ids.user,
            "sessions" => &ids.session,
            "tokens" => &ids.token,
            "keys" => &ids.key,
            "patterns" => &ids.pattern,
            "reexaminations" => &ids.reexamination,
            _ => "",
        };
        let path = self.path.replace("{id}", id).replace("{delivery}", &ids.delivery);
        let names_part =
            matches!(self.id.as_str(), "download_part" | "read_part_text" | "read_part_evidence");
        match self.id.as_str() {
            _ if names_part => format!("{path}?path=/2"),
            "take_back_mark" => format!("{path}?kind=domain&value=evil.example"),
            id if id.starts_with("export_") => format!("{path}?format=csv"),
            _ => path,
        }
    }

    /// A body the operation takes.
    fn body(&self) -> Option<Value> {
        let body = match self.id.as_str() {
            "update_user" => json!({"display_name": "Changed"}),
            "update_connector" => json!({"active": true}),
            "update_case" => json!({"status": "resolved"}),
            "add_case_note" => json!({"text": "changed"}),
            "inspect_key" => json!({"file": ""}),
            "add_key" => json!({"name": "key", "file": "", "connector_id": nothing().connector}),
            "set_mark" => json!({"kind": "domain", "value": "evil.example", "mark": "malicious"}),
            "look_up_indicators" => json!({"indicators": []}),
            "request_reexamination" => json!({"scope": "outdated"}),
            "change_pattern" => pattern_body("changed", Some(1)),
            "start_migration" => json!({"kind": "twin", "connection": {}}),
            _ => json!({}),
        };
        (self.method != Method::GET).then_some(body)
    }

    async fn status(&self, world: &World, proof: &Proof, ids: &Ids) -> (u16, Value) {
        let mut request = world.request(proof, self.method.clone(), &self.path_with(ids));
        if let Some(body) = self.body() {
            request.headers_mut().insert("content-type", "application/json".parse().unwrap());
            *request.body_mut() = body.to_string().into();
        }
        // Only the head: event streams do not end.
        let response = tower::ServiceExt::oneshot(world.app.clone(), request).await.unwrap();
        let status = response.status().as_u16();
        if response.status().is_success() {
            return (status, Value::Null);
        }
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }
}

/// Ids that name nothing: whoever is let through finds nothing, and nothing is changed.
fn nothing() -> Ids {
    let id = || Uuid::now_v7().to_string();
    Ids {
        connector: id(),
        delivery: id(),
        message: id(),
        case: id(),
        user: id(),
        session: id(),
        token: id(),
        key: id(),
        pattern: id(),
        reexamination: id(),
    }
}

#[test]
fn what_is_public_is_public_on_purpose() {
    let public: BTreeSet<String> =
        operations().into_iter().filter(|one| one.demand == Demand::Nothing).map(|one| one.id).collect();
    assert_eq!(public, PUBLIC.iter().map(|&id| id.to_owned()).collect());
}

#[tokio::test]
async fn nobody_gets_nothing() {
    let (world, ours, _) = World::inhabited().await;
    let strangers = [
        Proof::nobody(),
        Proof::bearer("mc_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        Proof::bearer(""),
        Proof { cookie: Some("mailcase_session=made-up".into()), csrf: Some("made-up".into()), bearer: None },
        // A wrong header is not mended by a right cookie.
        Proof { bearer: Some("mc_wrong".into()), ..ours.administrator.clone() },
    ];
    for operation in operations().iter().filter(|one| one.demand != Demand::Nothing) {
        for stranger in &strangers {
            let (status, body) = operation.status(&world, stranger, &ours.ids).await;
            assert_eq!(status, 401, "{} with {stranger:?}: {body}", operation.id);
            assert_eq!(body["code"], "sign_in_needed", "{}", operation.id);
        }
    }
}

#[tokio::test]
async fn every_role_gets_what_it_may_and_no_more() {
    let (world, ours, _) = World::inhabited().await;
    for operation in operations().iter().filter(|one| one.id != "sign_out" && one.id != "sign_in") {
        for (role, proof) in ours.by_role() {
            let (status, body) = operation.status(&world, proof, &nothing()).await;
            if operation.may(role) {
                assert!(status != 401 && status != 403, "{} as {role}: {status} {body}", operation.id);
                assert!(status < 500, "{} as {role}: {status} {body}", operation.id);
            } else {
                assert_eq!(status, 403, "{} as {role}: {body}", operation.id);
                assert_eq!(body["code"], "forbidden", "{}", operation.id);
            }
        }
    }
}

#[tokio::test]
async fn what_belongs_to_another_organization_does_not_exist() {
    let (world, ours, theirs) = World::inhabited().await;
    let before = belongings(&world, &theirs).await;
    for operation in operations().iter().filter(|one| one.names_something()) {
        let (status, body) = operation.status(&world, &ours.administrator, &theirs.ids).await;
        assert_eq!(status, 404, "{}: {body}", operation.id);
        assert_eq!(body["code"], "not_found", "{}", operation.id);
    }
    assert_eq!(belongings(&world, &theirs).await, before);
}

#[tokio::test]
async fn lists_and_references_stop_at_the_border() {
    let (world, ours, theirs) = World::inhabited().await;
    let admin = &ours.administrator;
    for path in [
        format!("/messages?connector={}", theirs.ids.connector),
        format!("/messages?case={}", theirs.ids.case),
        "/messages?q=theirs".to_owned(),
        "/cases?q=theirs".to_owned(),
        format!("/cases?owner={}", theirs.ids.user),
    ] {
        assert_eq!(world.get(admin, &path).await["items"], json!([]), "{path}");
    }
    for path in [
        "/connectors",
        "/users",
        "/people",
        "/messages",
        "/cases",
        "/audit",
        "/sessions",
        "/tokens",
        "/keys",
        "/patterns",
        "/reexaminations",
        "/indicators",
        "/indicators?q=theirs.example",
        "/indicators?q=theirs&by=contains",
        "/indicators/marks",
        "/origin-settings",
    ] {
        let list = world.get(admin, path).await.to_string();
        assert!(!list.contains("theirs"), "{path}: {list}");
    }
    let give = json!({"owner": theirs.ids.user});
    let path = format!("/cases/{}", ours.ids.case);
    let status = world.ask(admin, Method::PATCH, &path, Some(give)).await.status;
    assert!(status.is_client_error(), "{status}");
    let settings = json!({"name": "n", "api_name": "n", "kind": "fake"});
    let borrowed = json!({"id": theirs.ids.connector, "settings": settings});
    for path in ["/connectors/test", "/connectors/folders"] {
        world.ask(admin, Method::POST, path, Some(borrowed.clone())).await.expect(404);
    }
}

async fn belongings(world: &World, tenant: &Tenant) -> Vec<Value> {
    let mut all = Vec::new();
    for path in [
        "/users",
        "/sessions",
        "/tokens",
        "/cases",
        "/messages",
        "/audit",
        "/keys",
        "/patterns",
        "/reexaminations",
        "/indicators/marks",
        "/origin-settings",
    ] {
        all.push(world.get(&tenant.administrator, path).await);
    }
    let connector = world.get(&tenant.administrator, &format!("/connectors/{}", tenant.ids.connector)).await;
    all.push(connector["settings"].clone());
    all.push(connector["active"].clone());
    all
}

#[tokio::test]
async fn a_token_may_what_it_was_given_and_nothing_else() {
    let (world, ours, _) = World::inhabited().await;
    for (given, role, proof) in [
        (Permission::ReadDesk, Role::Administrator, &ours.administrator),
        (Permission::ManageUsers, Role::Administrator, &ours.administrator),
        (Permission::ManageConnectors, Role::IntegrationManager, &ours.manager),
    ] {
        let body = json!({"name": "t", "permissions": [given], "expires_in_days": 1});
        let token = world.ask(proof, Method::POST, "/tokens", Some(body)).await.expect(201);
        let bearer = Proof::bearer(token["token"].as_str().unwrap());
        for operation in operations() {
            let (status, body) = operation.status(&world, &bearer, &nothing()).await;
            let allowed = match operation.demand {
                Demand::Nothing => continue,
                Demand::SignedIn => true,
                Demand::InPerson | Demand::PermissionInPerson(_) => false,
                Demand::Permission(needed) => needed == given,
            };
            if allowed {
                assert!(status != 401 && status != 403, "{} as {role}: {status} {body}", operation.id);
            } else {
                assert_eq!(status, 403, "{} as {role}: {body}", operation.id);
            }
        }
    }
}

/// Whoever finds a token must not be able to make themselves an administrator with it.
#[tokio::test]
async fn no_token_makes_or_changes_users() {
    let (world, ours, _) = World::inhabited().await;
    let every: Vec<_> = Role::Administrator.permissions().to_vec();
    let body = json!({"name": "t", "permissions": every, "expires_in_days": 1});
    let token = world.ask(&ours.administrator, Method::POST, "/tokens", Some(body)).await.expect(201);
    let bearer = Proof::bearer(token["token"].as_str().unwrap());
    let before = world.get(&bearer, "/users").await;
    let new = json!({
        "username": "intruder", "display_name": "I", "role": "administrator", "password": "correct horse battery"
    });
    let one = format!("/users/{}", ours.ids.user);
    for (method, path, body) in [
        (Method::POST, "/users", new),
        (Method::PATCH, one.as_str(), json!({"password": "correct horse battery"})),
        (Method::PATCH, one.as_str(), json!({"role": "administrator"})),
    ] {
        let problem = world.ask(&bearer, method, path, Some(body)).await.expect(403);
        assert_eq!(problem["code"], "forbidden");
    }
    assert_eq!(world.get(&bearer, "/users").await, before);
}

#[tokio::test]
async fn a_cookie_alone_changes_nothing() {
    let (world, ours, _) = World::inhabited().await;
    let before = belongings(&world, &ours).await;
    let forged = ours.administrator.without_csrf();
    let borrowed = Proof { csrf: ours.analyst.csrf.clone(), ..forged.clone() };
    for operation in operations().iter().filter(|one| !one.method.is_safe() && one.demand != Demand::Nothing)
    {
        for proof in [&forged, &borrowed] {
            let (status, body) = operation.status(&world, proof, &ours.ids).await;
            assert_eq!(status, 403, "{}: {body}", operation.id);
            assert_eq!(body["code"], "csrf_mismatch", "{}", operation.id);
        }
    }
    assert_eq!(belongings(&world, &ours).await, before);
}
