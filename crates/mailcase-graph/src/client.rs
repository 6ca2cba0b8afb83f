//! Asking Graph: with a token, with patience, never more at once than a mailbox allows.

use crate::permissions;
use crate::refusal::{Refusal, Trouble};
use crate::wire::{BATCH_MAX, BatchItem, BatchReplies, ErrorBody, batch_body};
use bytes::Bytes;
use futures::StreamExt as _;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method, Request};
use mailcase_mail::SourceError;
use mailcase_transport::Steps;
use mailcase_transport::http::{HttpClient, HttpResponse};
use mailcase_transport::oauth::TokenSource;
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, sleep_until};

/// What Exchange Online lets one application ask of one mailbox at the same time.
pub(crate) const AT_ONCE: usize = ALL_PLACES as usize;
/// How often a request is made before its refusal is passed on.
const TRIES_MAX: u32 = 4;
/// The longest a call waits by itself when the server asks for patience. What takes longer is for the caller, who has
/// other things to do meanwhile.
const PATIENCE_MAX: Duration = Duration::from_secs(10);
/// The first wait when the server does not say how long; each further one is twice as long.
const BACKOFF_FIRST: Duration = Duration::from_millis(400);
/// The largest page of heads is far below this.
const JSON_MAX_BYTES: usize = 16 << 20;
const ERROR_MAX_BYTES: usize = 64 << 10;
const IMMUTABLE_IDS: &str = "IdType=\"ImmutableId\"";
const PREFER: HeaderName = HeaderName::from_static("prefer");

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    method: Method,
    /// Behind the version: `/users/…`.
    path: String,
    prefer: Option<String>,
    content: Option<(&'static str, Bytes)>,
    /// Messages are named by identities that stay.
    immutable_ids: bool,
    /// Asked twice, it is done once.
    repeatable: bool,
    /// How many of the places of a mailbox it takes.
    places: u32,
}

/// Those of a batch are served side by side, and each of them counts.
const ALL_PLACES: u32 = 4;

impl Call {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            prefer: None,
            content: None,
            immutable_ids: true,
            repeatable: true,
            places: 1,
        }
    }

    pub(crate) fn preferring(mut self, preference: String) -> Self {
        self.prefer = Some(preference);
        self
    }

    pub(crate) fn post(path: impl Into<String>, body: &Value) -> Self {
        let content = Some(("application/json", Bytes::from(body.to_string())));
        Self {
            method: Method::POST,
            path: path.into(),
            prefer: None,
            content,
            immutable_ids: true,
            repeatable: false,
            places: 1,
        }
    }

    pub(crate) fn patch(path: impl Into<String>, body: &Value) -> Self {
        Self { method: Method::PATCH, ..Self::post(path, body) }
    }

    /// Base64 of a message.
    pub(crate) fn post_mime(path: impl Into<String>, base64: String) -> Self {
        let content = Some(("text/plain", Bytes::from(base64)));
        Self {
            method: Method::POST,
            path: path.into(),
            prefer: None,
            content,
            immutable_ids: true,
            repeatable: false,
            places: 1,
        }
    }

    const fn with_all_places(mut self) -> Self {
        self.places = ALL_PLACES;
        self
    }

    /// May be repeated when the connection broke and nobody knows whether it was done.
    pub(crate) const fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }
}

/// An answer that is a yes. Counts as being served until it is dropped.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) response: HttpResponse,
    _permit: OwnedSemaphorePermit,
}

impl Reply {
    pub(crate) async fn json<T: DeserializeOwned>(self) -> Result<T, SourceError> {
        self.response.json(JSON_MAX_BYTES).await
    }
}

/// Graph for one mailbox. Clones share patience and places.
#[derive(Debug, Clone)]
pub(crate) struct GraphClient {
    http: HttpClient,
    base: String,
    tokens: Arc<dyn TokenSource>,
    places: Arc<Semaphore>,
    not_before: Arc<Mutex<Option<Instant>>>,
    batches: Arc<AtomicBool>,
}

/// What became of one try.
enum Tried {
    Done(Reply),
    /// Why not, and how long to wait before the next try.
    Again(Trouble, Duration),
    TokenRefused(Trouble),
    Never(Trouble),
}

impl GraphClient {
    /// `base` ends in the version, without a slash.
    pub(crate) fn new(http: HttpClient, base: String, tokens: Arc<dyn TokenSource>) -> Self {
        Self {
            http,
            base,
            tokens,
            places: Arc::new(Semaphore::new(AT_ONCE)),
            not_before: Arc::default(),
            batches: Arc::new(AtomicBool::new(true)),
        }
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) const fn http(&self) -> &HttpClient {
        &self.http
    }

    /// Gets a token as a step of a connection test; whether it worked.
    pub(crate) async fn check_token(&self, steps: &mut Steps) -> bool {
        self.tokens.check(steps).await
    }

    /// What the token says of the permissions on mail, for people (see [`permissions`]).
    pub(crate) async fn permissions(&self) -> Vec<String> {
        self.tokens.token(None).await.map(|token| permissions::on_mail(&token)).unwrap_or_default()
    }

    /// Asks until the answer is yes, or a no that will not change soon.
    pub(crate) async fn send(&self, call: &Call) -> Result<Reply, Trouble> {
        let mut token = self.tokens.token(None).await?;
        let mut renewed = false;
        let mut waited = Duration::ZERO;
        let mut tries = 0;
        loop {
            tries += 1;
            match self.attempt(call, &token, tries).await? {
                Tried::Done(reply) => return Ok(reply),
                Tried::Never(trouble) => return Err(trouble),
                Tried::TokenRefused(trouble) if renewed => return Err(trouble),
                Tried::TokenRefused(_) => {
                    renewed = true;
                    token = self.tokens.token(Some(&token)).await?;
                }
                Tried::Again(trouble, wait) => {
                    waited = waited.saturating_add(wait);
                    if tries >= TRIES_MAX || waited > PATIENCE_MAX {
                        return Err(trouble);
                    }
                    self.hold_back(wait);
                }
            }
        }
    }

    /// Asks and reads the answer as JSON.
    pub(crate) async fn json<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Trouble> {
        Ok(self.send(call).await?.json().await?)
    }

    async fn attempt(&self, call: &Call, token: &SecretString, tries: u32) -> Result<Tried, SourceError> {
        let not_before = *self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(moment) = not_before {
            sleep_until(moment).await;
        }
        let permit = Arc::clone(&self.places)
            .acquire_many_owned(call.places)
            .await
            .map_err(|_| SourceError::Abandoned)?;
        let response = match self.http.send(self.request(call, token)?).await {
            Ok(response) => response,
            // A connection kept for later may have been closed at the other end just now.
            Err(error @ SourceError::Unreachable { .. }) if call.repeatable && tries == 1 => {
                return Ok(Tried::Again(error.into(), Duration::ZERO));
            }
            Err(error) => return Ok(Tried::Never(error.into())),
        };
        if response.status().is_success() {
            return Ok(Tried::Done(Reply { response, _permit: permit }));
        }
        let status = response.status().as_u16();
        let retry_after = response.retry_after();
        let body = response.bytes(ERROR_MAX_BYTES).await.unwrap_or_default();
        let error: ErrorBody = serde_json::from_slice(&body).unwrap_or_default();
        let refusal = Refusal::new(status, &error.error.code, retry_after);
        // Whoever asks for patience did nothing yet; what stumbled may have done it.
        let again = refusal.is_throttling() || (refusal.is_passing() && call.repeatable);
        let trouble = Trouble::Refused(refusal);
        Ok(match status {
            401 => Tried::TokenRefused(trouble),
            _ if again => Tried::Again(trouble, retry_after.unwrap_or_else(|| backoff(tries))),
            _ => Tried::Never(trouble),
        })
    }

    fn request(&self, call: &Call, token: &SecretString) -> Result<Request<Bytes>, SourceError> {
        let unusable =
            |what: &str| SourceError::Protocol { message: format!("Graph was to be asked with {what}") };
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
            .map_err(|_| unusable("an access token that is none"))?;
        bearer.set_sensitive(true);
        let mut builder = Request::builder()
            .method(call.method.clone())
            .uri(format!("{}{}", self.base, call.path))
            .header(AUTHORIZATION, bearer)
            .header(ACCEPT, HeaderValue::from_static("application/json"));
        if call.immutable_ids {
            builder = builder.header(PREFER, HeaderValue::from_static(IMMUTABLE_IDS));
        }
        if let Some(preference) = &call.prefer {
            builder = builder.header(PREFER, preference.as_str());
        }
        let mut body = Bytes::new();
        if let Some((kind, content)) = &call.content {
            builder = builder.header(CONTENT_TYPE, HeaderValue::from_static(kind));
            body = content.clone();
        }
        builder.body(body).map_err(|_| unusable("an address that is none"))
    }

    /// Nobody asks before the wait is over.
    fn hold_back(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut held = self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
        *held = Some(held.map_or(until, |before| before.max(until)));
    }

    /// Whether the server answers `$batch`, as far as we know.
    pub(crate) fn has_batches(&self) -> bool {
        self.batches.load(Ordering::Relaxed)
    }

    /// Many small requests; one result for each, in order. Where the server has no `$batch`, one by one.
    pub(crate) async fn batch(
        &self,
        items: &[BatchItem],
    ) -> Result<Vec<Result<Value, Refusal>>, SourceError> {
        let mut results = Vec::with_capacity(items.len());
        for some in items.chunks(BATCH_MAX) {
            if self.has_batches() {
                match self.batch_of(some).await {
                    Ok(found) => {
                        results.extend(found);
                        continue;
                    }
                    Err(Trouble::Refused(refusal)) if matches!(refusal.status, 404 | 405 | 501) => {
                        self.batches.store(false, Ordering::Relaxed);
                    }
                    Err(trouble) => return Err(trouble.into_error("answer many requests at once")),
                }
            }
            results.extend(self.one_by_one(some).await?);
        }
        Ok(results)
    }

    /// One batch. Those of it that were refused for a while are asked again.
    async fn batch_of(&self, items: &[BatchItem]) -> Result<Vec<Result<Value, Refusal>>, Trouble> {
        let mut results: Vec<Option<Result<Value, Refusal>>> = vec![None; items.len()];
        let mut open: Vec<usize> = (0..items.len()).collect();
        for tries in 1..=TRIES_MAX {
            let asked: Vec<BatchItem> = open.iter().filter_map(|&place| items.get(place).cloned()).collect();
            // Asked twice, each is done once: the items are changes to messages named by identity.
            let call = Call::post("/$batch", &batch_body(&asked)).repeatable().with_all_places();
            let replies: BatchReplies = self.json(&call).await?;
            let Some(replies) = replies.in_order(asked.len()) else {
                let message = "Graph left requests of a batch without an answer".to_owned();
                return Err(SourceError::Protocol { message }.into());
            };
            let mut wait = Duration::ZERO;
            let mut again = Vec::new();
            for (place, reply) in open.into_iter().zip(replies) {
                let result = reply.into_result();
                if let Err(refusal) = &result
                    && refusal.is_passing()
                {
                    wait = wait.max(refusal.retry_after.unwrap_or_else(|| backoff(tries)));
                    again.push(place);
                }
                if let Some(slot) = results.get_mut(place) {
                    *slot = Some(result);
                }
            }
            open = again;
            if open.is_empty() || tries == TRIES_MAX || wait > PATIENCE_MAX {
                break;
            }
            sleep(wait).await;
        }
        Ok(results.into_iter().flatten().collect())
    }

    async fn one_by_one(&self, items: &[BatchItem]) -> Result<Vec<Result<Value, Refusal>>, SourceError> {
        let asking: Vec<_> = items.iter().map(|item| self.one(item)).collect();
        let asked: Vec<_> = futures::stream::iter(asking).buffered(AT_ONCE).collect().await;
        asked.into_iter().collect()
    }

    async fn one(&self, item: &BatchItem) -> Result<Result<Value, Refusal>, SourceError> {
        let method = item.method.parse().unwrap_or(Method::GET);
        let content = item.body.as_ref().map(|body| ("application/json", Bytes::from(body.to_string())));
        let BatchItem { path, immutable_ids, .. } = item.clone();
        let call = Call { method, path, prefer: None, content, immutable_ids, repeatable: true, places: 1 };
        match self.send(&call).await {
            Ok(reply) => {
                let body = reply.response.bytes(JSON_MAX_BYTES).await?;
                Ok(Ok(serde_json::from_slice(&body).unwrap_or(Value::Null)))
            }
            Err(Trouble::Refused(refusal)) => Ok(Err(refusal)),
            Err(Trouble::Source(error)) => Err(error),
        }
    }
}

/// Twice as long after each try, and never the same for two who were refused together.
fn backoff(tries: u32) -> Duration {
    let whole = BACKOFF_FIRST.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1)));
    whole.mul_f64(rand::random_range(0.5..1.0))
}
