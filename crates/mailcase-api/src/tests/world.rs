//! A small world to ask the API in: two organizations, their people, one mailbox each with a letter in it.

use crate::config::ApiConfig;
use crate::state::ApiState;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mailcase_core::permission::Role;
use mailcase_core::{ConnectorId, OrganizationId};
use mailcase_engine::{Engine, EngineConfig};
use mailcase_mail::testkit::{FakeFactory, FakeMailbox, INBOX};
use mailcase_store::{
    BlobConfig, Clock, DatabaseConfig, MasterKey, NewUser, PendingWork, Store, StoreConfig,
};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tower::ServiceExt;

/// Longer than anything takes on a busy machine.
pub(super) const DEADLINE: Duration = Duration::from_secs(30);

pub(super) const PASSWORD: &str = "correct horse battery";

/// What the API answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub(super) fn header(&self, name: impl axum::http::header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The answer's JSON, which must come with `status`.
    #[track_caller]
    pub(super) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        if self.body.is_empty() { Value::Null } else { self.json() }
    }
}

/// How a request proves who sends it.
#[derive(Debug, Clone, Default)]
pub(super) struct Proof {
    pub(super) cookie: Option<String>,
    pub(super) csrf: Option<String>,
    pub(super) bearer: Option<String>,
}

impl Proof {
    pub(super) fn nobody() -> Self {
        Self::default()
    }

    pub(super) fn bearer(token: &str) -> Self {
        Self { bearer: Some(token.to_owned()), ..Self::default() }
    }

    pub(super) fn without_csrf(&self) -> Self {
        Self { csrf: None, ..self.clone() }
    }
}

/// An organization with somebody in each role.
#[derive(Debug)]
pub(super) struct Tenant {
    pub(super) id: OrganizationId,
    pub(super) administrator: Proof,
    pub(super) manager: Proof,
    pub(super) analyst: Proof,
    pub(super) reader: Proof,
    pub(super) ids: Ids,
}

impl Tenant {
    pub(super) fn by_role(&self) -> [(Role, &Proof); 4] {
        [
            (Role::Administrator, &self.administrator),
            (Role::IntegrationManager, &self.manager),
            (Role::Analyst, &self.analyst),
            (Role::ReadOnly, &self.reader),
        ]
    }
}

/// Things of an organization others must not reach.
#[derive(Debug, Clone, Default)]
pub(super) struct Ids {
    pub(super) connector: String,
    pub(super) delivery: String,
    pub(super) message: String,
    pub(super) case: String,
    pub(super) user: String,
    pub(super) session: String,
    pub(super) token: String,
    pub(super) key: String,
    pub(super) pattern: String,
    pub(super) reexamination: String,
}

pub(super) struct World {
    pub(super) app: Router,
    pub(super) state: ApiState,
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) factory: FakeFactory,
    /// What the connector of ours watches.
    pub(super) mailbox: FakeMailbox,
    /// What that of theirs watches.
    pub(super) their_mailbox: FakeMailbox,
    pub(super) folder: TempDir,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(super) async fn with(adjust: impl FnOnce(&mut ApiConfig)) -> Self {
        let folder = TempDir::new().unwrap();
        let clock = Clock::manual(jiff::Timestamp::now());
        let config = StoreConfig {
            database: DatabaseConfig::Sqlite { path: folder.path().join("mailcase.db") },
            blobs: BlobConfig::Disk { dir: folder.path().join("blobs") },
            master_key: MasterKey::new([7; 32]),
        };
        let store = Store::open_with_clock(config, clock.clone()).await.unwrap();
        let (ours, theirs) = (FakeMailbox::new(), FakeMailbox::new());
        ours.deliver(INBOX, letter("ours"));
        theirs.deliver(INBOX, letter("theirs"));
        let factory = FakeFactory::of(&ours).with("theirs", &theirs);
        let engine = Engine::handle_only(store.clone(), Arc::new(factory.clone()));
        let mut config = ApiConfig::new("http://localhost:8080".parse().unwrap());
        adjust(&mut config);
        let state = ApiState::new(store.clone(), engine, config).unwrap();
        Self {
            app: crate::router(state.clone()),
            state,
            store,
            clock,
            factory,
            mailbox: ours,
            their_mailbox: theirs,
            folder,
        }
    }

    /// Two organizations that know nothing of each other: ours and theirs.
    pub(super) async fn inhabited() -> (Self, Tenant, Tenant) {
        let world = Self::new().await;
        let ours = world.tenant("ours", "default").await;
        let theirs = world.tenant("theirs", "theirs").await;
        (world, ours, theirs)
    }

    pub(super) async fn tenant(&self, name: &str, mailbox: &str) -> Tenant {
        let id = self.store.create_organization(name).await.unwrap();
        let [administrator, manager, analyst, reader] = [
            self.member(id, name, Role::Administrator).await,
            self.member(id, name, Role::IntegrationManager).await,
            self.member(id, name, Role::Analyst).await,
            self.member(id, name, Role::ReadOnly).await,
        ];
        let mut tenant = Tenant { id, administrator, manager, analyst, reader, ids: Ids::default() };
        tenant.ids = self.furnish(&tenant, name, mailbox).await;
        tenant
    }

    /// A new user with this role, signed in.
    pub(super) async fn member(&self, org: OrganizationId, name: &str, role: Role) -> Proof {
        let username = format!("{name}-{role}");
        let user = NewUser {
            username: username.clone(),
            display_name: format!("{role} of {name}"),
            role,
            password_hash: self.state.passwords.hash(&PASSWORD.into()).await.unwrap(),
        };
        self.store.create_user(org, &user).await.unwrap();
        self.sign_in(&username).await
    }

    pub(super) async fn sign_in(&self, username: &str) -> Proof {
        let body = json!({"username": username, "password": PASSWORD});
        let answer = self.ask(&Proof::nobody(), Method::POST, "/session", Some(body)).await;
        let set = answer.header(header::SET_COOKIE).to_owned();
        let me = answer.expect(200);
        Proof {
            cookie: Some(set.split(';').next().unwrap().to_owned()),
            csrf: Some(me["csrf_token"].as_str().unwrap().to_owned()),
            bearer: None,
        }
    }

    /// A connector whose letter became a message in a case, and a personal token.
    async fn furnish(&self, tenant: &Tenant, name: &str, mailbox: &str) -> Ids {
        let admin = &tenant.administrator;
        let settings = json!({
            "name": name, "api_name": name, "kind": "fake", "connection": {"mailbox": mailbox}
        });
        let body = json!({"settings": settings, "secrets": {"password": "s3cret"}});
        let connector = self.ask(admin, Method::POST, "/connectors", Some(body)).await.expect(201);
        self.take_mail(tenant.id, connector["id"].as_str().unwrap(), 1).await;
        let message = self.get(admin, "/messages").await["items"][0].clone();
        let detail = self.get(admin, &format!("/messages/{}", message["id"].as_str().unwrap())).await;
        let body = json!({"name": "script", "permissions": ["read_desk"], "expires_in_days": 1});
        let token = self.ask(admin, Method::POST, "/tokens", Some(body)).await.expect(201);
        let body = json!({"name": name, "file": key_file("alice.p12"), "password": KEY_PASSWORD});
        let key = self.ask(admin, Method::POST, "/keys", Some(body)).await.expect(201);
        let pattern =
            self.ask(admin, Method::POST, "/patterns", Some(pattern_body(name, None))).await.expect(201);
        let reexaminations = self.get(admin, "/reexaminations").await;
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{detail}")).to_owned();
        Ids {
            connector: text(&connector["id"]),
            delivery: text(&detail["deliveries"][0]["id"]),
            message: text(&message["id"]),
            case: text(&message["case"]["id"]),
            user: text(&self.get(admin, "/users").await["items"][0]["id"]),
            session: text(&self.get(admin, "/sessions").await["items"][0]["id"]),
            token: text(&token["details"]["id"]),
            key: text(&key["id"]),
            pattern: text(&pattern["id"]),
            reexamination: text(&reexaminations["items"][0]["id"]),
        }
    }

    /// Lets the engine take what the connector's mailbox holds, until `total` deliveries are done with.
    pub(super) async fn take_mail(&self, org: OrganizationId, connector: &str, total: u64) {
        let id = ConnectorId::from_uuid(connector.parse().unwrap());
        let engine =
            Engine::start(self.store.clone(), Arc::new(self.factory.clone()), EngineConfig::default());
        self.store.set_connector_active(org, id, true).await.unwrap();
        let done = async {
            loop {
                // In this order: what is listed is pending until it is done with.
                let counts = self.store.connector_with_status(org, id).await.unwrap().counts;
                let work = self.store.pending_work(id).await.unwrap();
                if counts.total == total && work == PendingWork::default() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(DEADLINE, done).await.expect("the mail was not taken in time");
        self.store.set_connector_active(org, id, false).await.unwrap();
        engine.shutdown().await.unwrap();
    }

    pub(super) async fn get(&self, proof: &Proof, path: &str) -> Value {
        self.ask(proof, Method::GET, path, None).await.expect(200)
    }

    pub(super) async fn ask(&self, proof: &Proof, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = self.request(proof, method, path);
        if let Some(body) = body {
            request.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
            *request.body_mut() = Body::from(body.to_string());
        }
        self.send(request).await
    }

    /// A request to the API under `/api/v1`.
    pub(super) fn request(&self, proof: &Proof, method: Method, path: &str) -> Request<Body> {
        let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        if let Some(cookie) = &proof.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        if let Some(csrf) = &proof.csrf {
            request = request.header("x-csrf-token", csrf);
        }
        if let Some(token) = &proof.bearer {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        request.body(Body::empty()).unwrap()
    }

    /// Sends any request and reads the whole answer.
    pub(super) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

/// The password of every file in `fixtures/keys`.
pub(super) const KEY_PASSWORD: &str = "secret";

/// A pattern that finds numbers of tickets, as the API takes it.
pub(super) fn pattern_body(name: &str, revision: Option<i64>) -> Value {
    let gives = json!({"as": "field", "name": "ticket"});
    let pattern = json!({
        "name": name, "expression": r"INC-\d+", "ignore_case": false, "looks_at": ["headers", "body"], "gives": gives
    });
    json!({"pattern": pattern, "active": true, "revision": revision})
}

/// A file of `fixtures/keys`, in base64.
pub(super) fn key_file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/keys").join(name);
    STANDARD.encode(std::fs::read(path).unwrap())
}

/// A message with everything the API shows: both bodies, a picture, an attachment, a link.
pub(super) fn letter(name: &str) -> Vec<u8> {
    format!(
        "Message-ID: <{name}@suite.example>\r\n\
         From: Mallory <mallory@evil.example>\r\n\
         To: Desk <desk@{name}.example>\r\n\
         Subject: Unpaid invoice of {name}\r\n\
         Date: Mon, 05 Jan 2026 10:00:00 +0000\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=outer\r\n\
         \r\n\
         --outer\r\n\
         Content-Type: multipart/related; boundary=inner\r\n\
         \r\n\
         --inner\r\n\
         Content-Type: text/html; charset=utf-8\r\n\
         \r\n\
         <p onclick=\"steal()\">Pay <a href=\"https://evil.example/pay\">here</a></p><script>steal()</script>\
         <img src=\"cid:logo@evil.example\"><img src=\"https://evil.example/pixel.png\">\r\n\
         --inner\r\n\
         Content-Type: image/png\r\n\
         Content-ID: <logo@evil.example>\r\n\
         Content-Transfer-Encoding: base64\r\n\
         \r\n\
         iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=\r\n\
         --inner--\r\n\
         --outer\r\n\
         Content-Type: text/html; name=\"invoice.html\"\r\n\
         Content-Disposition: attachment; filename=\"invoice.html\"\r\n\
         \r\n\
         <script>alert('{name}')</script>\r\n\
         --outer--\r\n"
    )
    .into_bytes()
}
