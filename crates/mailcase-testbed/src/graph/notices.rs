//! Subscriptions: the handshake that proves who owns the address, notifications of changes, lifecycle events.

use super::http::{Answer, Refusal, Reply, Request};
use super::shape::time;
use crate::exchange::front::Line;
use crate::exchange::ledger::{Entry, Event};
use anyhow::{Context as _, Result, bail, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Method, StatusCode};
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// How long the receiver has for the handshake; the real server gives this much.
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);
/// The longest a subscription to mail may last: 10,080 minutes.
const LIFE_MAX: SignedDuration = SignedDuration::from_mins(10_080);
const ANSWER_MAX_BYTES: usize = 64 << 10;
const TENANT: &str = "11111111-1111-1111-1111-111111111111";

#[derive(Debug, Clone)]
struct Subscription {
    object: Value,
    mailbox: String,
}

/// All subscriptions there are.
#[derive(Debug)]
pub(crate) struct Subscriptions {
    all: Mutex<BTreeMap<String, Subscription>>,
    messenger: Messenger,
}

/// What a lifecycle notification says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    /// The access token behind the subscription ends soon.
    ReauthorizationRequired,
    /// The server gave the subscription up.
    SubscriptionRemoved,
    /// Some notifications were not sent.
    Missed,
}

impl Lifecycle {
    const fn word(self) -> &'static str {
        match self {
            Self::ReauthorizationRequired => "reauthorizationRequired",
            Self::SubscriptionRemoved => "subscriptionRemoved",
            Self::Missed => "missed",
        }
    }
}

/// A notification and where it goes.
pub(crate) struct Notice {
    pub(crate) to: String,
    messenger: Messenger,
    pub(crate) body: Value,
}

impl Subscriptions {
    pub(crate) fn new(trust: Option<&[u8]>) -> Self {
        Self { all: Mutex::default(), messenger: Messenger::new(trust) }
    }

    fn all(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Subscription>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `/subscriptions` and `/subscriptions/{id}`. `mailbox_of` finds the address of whom a resource belongs to.
    pub(crate) async fn serve(
        &self,
        request: &Request,
        now: Timestamp,
        mailbox_of: impl Fn(&str) -> Option<String>,
    ) -> Answer {
        let id = request.segments.get(1).map(String::as_str);
        match (&request.method, id) {
            (&Method::POST, None) => self.create(request, now, mailbox_of).await,
            (&Method::GET, None) => {
                let value: Vec<Value> = self.all().values().map(|held| held.object.clone()).collect();
                Ok(Reply::ok(&json!({
                    "@odata.context": format!("{}/$metadata#subscriptions", request.base), "value": value,
                })))
            }
            (method, Some(id)) => {
                let mut all = self.all();
                let Some(held) = all.get_mut(id) else {
                    return Err(Refusal::new(
                        StatusCode::NOT_FOUND,
                        "ResourceNotFound",
                        "The object was not found.",
                    ));
                };
                match *method {
                    Method::GET => Ok(Reply::ok(&held.object)),
                    Method::PATCH => {
                        let body = request.object()?;
                        let end = expiration(&body, now)?;
                        if let Some(fields) = held.object.as_object_mut() {
                            fields.insert("expirationDateTime".to_owned(), json!(time(end)));
                        }
                        Ok(Reply::ok(&held.object))
                    }
                    Method::DELETE => {
                        all.remove(id);
                        Ok(Reply::empty(StatusCode::NO_CONTENT))
                    }
                    _ => Err(Refusal::bad_request("BadRequest", "The method is not supported.")),
                }
            }
            _ => Err(Refusal::bad_request("BadRequest", "The method is not supported.")),
        }
    }

    async fn create(
        &self,
        request: &Request,
        now: Timestamp,
        mailbox_of: impl Fn(&str) -> Option<String>,
    ) -> Answer {
        let body = request.object()?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let end = expiration(&body, now)?;
        let invalid = |message: &str| Refusal::bad_request("InvalidRequest", message);
        let kinds: Vec<&str> = text("changeType").split(',').map(str::trim).collect();
        if !kinds.iter().all(|kind| ["created", "updated", "deleted"].contains(kind)) {
            return Err(invalid("changeType is invalid."));
        }
        if text("clientState").len() > 128 {
            return Err(invalid("clientState is longer than 128 characters."));
        }
        let mailbox =
            mailbox_of(text("resource")).ok_or_else(|| invalid("The resource is not supported."))?;
        for url in [text("notificationUrl"), text("lifecycleNotificationUrl")] {
            if url.is_empty() && body.get("lifecycleNotificationUrl").is_none() {
                continue;
            }
            validate(&self.messenger, url).await.map_err(|error| {
                let message = format!("Subscription validation request failed. {error}");
                Refusal::bad_request("ValidationError", &message)
            })?;
        }
        let number = self.all().len() + 1;
        let id = format!("{number:08x}-0000-4000-9000-{:012x}", now.as_second());
        let object = json!({
            "@odata.context": format!("{}/$metadata#subscriptions/$entity", request.base),
            "id": id,
            "resource": text("resource"),
            "changeType": text("changeType"),
            "clientState": body.get("clientState"),
            "notificationUrl": text("notificationUrl"),
            "lifecycleNotificationUrl": body.get("lifecycleNotificationUrl"),
            "expirationDateTime": time(end),
            "latestSupportedTlsVersion": "v1_2",
        });
        self.all().insert(id, Subscription { object: object.clone(), mailbox });
        Ok(Reply::created(&object))
    }

    /// What the changes are to be told to whom.
    pub(crate) fn notices(&self, changes: &[Entry], now: Timestamp) -> Vec<Notice> {
        let all = self.all();
        let living = all.values().filter(|held| {
            let end = held.object.get("expirationDateTime").and_then(Value::as_str).unwrap_or_default();
            end.parse::<Timestamp>().is_ok_and(|end| end > now)
        });
        let mut notices = Vec::new();
        for held in living {
            let text = |name: &str| held.object.get(name).and_then(Value::as_str).unwrap_or_default();
            for change in changes.iter().filter(|change| change.mailbox == held.mailbox) {
                let kind = match change.event {
                    Event::Arrived => "created",
                    Event::MarkedRead | Event::MarkedUnread => "updated",
                    Event::Moved | Event::Deleted => "deleted",
                    Event::Served { .. } | Event::Sent => continue,
                };
                if !text("changeType").contains(kind) {
                    continue;
                }
                let resource = format!("Users/{}/Messages/{}", change.mailbox, change.id);
                let value = json!({
                    "subscriptionId": text("id"),
                    "subscriptionExpirationDateTime": text("expirationDateTime"),
                    "changeType": kind,
                    "resource": resource,
                    "resourceData": {
                        "@odata.type": "#Microsoft.Graph.Message", "@odata.id": resource, "id": change.id,
                    },
                    "clientState": held.object.get("clientState"),
                    "tenantId": TENANT,
                });
                let to = text("notificationUrl").to_owned();
                let body = json!({"value": [value]});
                notices.push(Notice { to, messenger: self.messenger.clone(), body });
            }
        }
        notices
    }

    /// The lifecycle event for every subscription that asked for them; one that was removed is gone after it.
    pub(crate) fn lifecycle(&self, event: Lifecycle) -> Vec<Notice> {
        let mut all = self.all();
        let notices = all
            .values()
            .filter_map(|held| {
                let text = |name: &str| held.object.get(name).and_then(Value::as_str);
                let value = json!({
                    "subscriptionId": text("id"),
                    "subscriptionExpirationDateTime": text("expirationDateTime"),
                    "changeType": "updated",
                    "resource": text("resource"),
                    "clientState": text("clientState"),
                    "lifecycleEvent": event.word(),
                    "tenantId": TENANT,
                });
                let to = text("lifecycleNotificationUrl")?.to_owned();
                let body = json!({"value": [value]});
                Some(Notice { to, messenger: self.messenger.clone(), body })
            })
            .collect();
        if event == Lifecycle::SubscriptionRemoved {
            all.clear();
        }
        notices
    }
}

fn expiration(body: &Value, now: Timestamp) -> Result<Timestamp, Refusal> {
    let end = body.get("expirationDateTime").and_then(Value::as_str).unwrap_or_default();
    let end: Timestamp =
        end.parse().map_err(|_| Refusal::bad_request("InvalidRequest", "expirationDateTime is required."))?;
    if end <= now || end.duration_since(now) > LIFE_MAX {
        let message = "Subscription expiration can only be 10080 minutes in the future.";
        return Err(Refusal::bad_request("ValidationError", message));
    }
    Ok(end)
}

/// The receiver must give the token back, decoded, as plain text.
async fn validate(messenger: &Messenger, url: &str) -> Result<()> {
    let token = "Validation: Testbed token + äöü";
    let mark = if url.contains('?') { '&' } else { '?' };
    let token_in_url = percent_encoding::utf8_percent_encode(token, percent_encoding::NON_ALPHANUMERIC);
    let url = format!("{url}{mark}validationToken={token_in_url}");
    let (status, content_type, body) =
        tokio::time::timeout(HANDSHAKE_DEADLINE, messenger.post(&url, Bytes::new()))
            .await
            .context("timed out")??;
    ensure!(status == StatusCode::OK, "the endpoint answered {status}");
    ensure!(content_type.starts_with("text/plain"), "the endpoint answered with `{content_type}`");
    ensure!(body.as_ref() == token.as_bytes(), "the endpoint did not return the token");
    Ok(())
}

impl Notice {
    /// Sends it once; what becomes of it is the receiver's business.
    pub(crate) async fn send(self) {
        let body = Bytes::from(self.body.to_string());
        if let Err(error) = self.messenger.post(&self.to, body).await {
            tracing::debug!(%error, "a notification was not delivered");
        }
    }
}

/// Brings notifications to addresses of this machine, whatever their name.
#[derive(Debug, Clone)]
struct Messenger {
    tls: Option<Arc<ClientConfig>>,
}

impl Messenger {
    fn new(trust: Option<&[u8]>) -> Self {
        let tls = trust.and_then(|authority| {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from(authority.to_vec())).ok()?;
            let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
            let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
            Some(Arc::new(config.ok()?.with_root_certificates(roots).with_no_client_auth()))
        });
        Self { tls }
    }

    async fn post(&self, url: &str, body: Bytes) -> Result<(StatusCode, String, Bytes)> {
        let (scheme, rest) = url.split_once("://").context("an address without a scheme")?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = authority.rsplit_once(':').context("an address without a port")?;
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port.parse()?)).await?;
        let line: Box<dyn Line> = match (scheme, &self.tls) {
            ("http", _) => Box::new(stream),
            ("https", Some(tls)) => {
                let name = ServerName::try_from(host.to_owned())?;
                Box::new(TlsConnector::from(Arc::clone(tls)).connect(name, stream).await?)
            }
            _ => bail!("only http addresses are notified here"),
        };
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(line)).await?;
        let connection = tokio::spawn(connection);
        let request = hyper::Request::post(format!("/{path}"))
            .header("host", authority)
            .header(
                "content-type",
                if body.is_empty() { "text/plain; charset=utf-8" } else { "application/json" },
            )
            .body(Full::new(body))?;
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let kind = answer.headers().get("content-type").and_then(|value| value.to_str().ok());
        let kind = kind.unwrap_or_default().to_owned();
        let body = Limited::new(answer.into_body(), ANSWER_MAX_BYTES).collect().await;
        connection.abort();
        let body = body.map_err(|error| anyhow::anyhow!("{error}"))?.to_bytes();
        Ok((status, kind, body))
    }
}
