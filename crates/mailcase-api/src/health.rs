//! Health for whoever runs us: alive, ready, measured.

use crate::client::Client;
use crate::config::ApiConfig;
use crate::gauges::Gauges;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use mailcase_store::Store;
use secrecy::ExposeSecret;
use std::sync::Arc;
use std::time::{Duration, Instant};
use subtle::ConstantTimeEq;
use tokio::sync::Mutex;

/// How long the database and the blob store may take to answer before we count as not ready.
const READY_WITHIN: Duration = Duration::from_secs(5);
/// How long an answer of theirs is good for: whoever asks more often asks us, not S3.
const GOOD_FOR: Duration = Duration::from_secs(5);

/// Whether the database and the blob store work, tried out once for everybody who asks.
#[derive(Debug, Clone)]
pub(crate) struct Readiness {
    store: Store,
    good_for: Duration,
    last: Arc<Mutex<Option<(Instant, bool)>>>,
}

impl Readiness {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, good_for: GOOD_FOR, last: Arc::default() }
    }

    /// Waits for the try under way, or makes one. A try goes on when whoever asked for it has gone, and no other begins
    /// before it ends: a disk that hangs is asked once.
    async fn ready(&self) -> bool {
        let mut last = Arc::clone(&self.last).lock_owned().await;
        if let Some((_, ready)) = last.filter(|(tried, _)| tried.elapsed() < self.good_for) {
            return ready;
        }
        let store = self.store.clone();
        let attempt = tokio::spawn(async move {
            let tried = async {
                store.ready().await?;
                store.blobs_ready().await
            };
            let ready = tried.await.inspect_err(|error| tracing::warn!(%error, "not ready")).is_ok();
            *last = Some((Instant::now(), ready));
            ready
        });
        attempt.await.unwrap_or(false)
    }
}

/// The process runs.
pub(crate) async fn live() -> &'static str {
    "ok\n"
}

/// The database and the blob store work, as of a few seconds ago.
pub(crate) async fn ready(State(readiness): State<Readiness>) -> Response {
    let refuse = |why: &'static str| (StatusCode::SERVICE_UNAVAILABLE, why).into_response();
    match tokio::time::timeout(READY_WITHIN, readiness.ready()).await {
        Ok(true) => "ready\n".into_response(),
        Ok(false) => refuse("the database or the blob store does not work; see the log\n"),
        Err(_) => refuse("the database or the blob store does not answer in time\n"),
    }
}

/// Metrics in the text format of Prometheus, for whoever has the token; without one, for this machine only.
pub(crate) async fn metrics(
    State(config): State<Arc<ApiConfig>>,
    State(gauges): State<Gauges>,
    client: Client,
    headers: HeaderMap,
) -> Response {
    let Some(handle) = &config.metrics else {
        return (StatusCode::NOT_FOUND, "metrics are switched off\n").into_response();
    };
    let allowed = match &config.metrics_token {
        Some(token) => headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.as_bytes().strip_prefix(b"Bearer "))
            .is_some_and(|given| given.ct_eq(token.expose_secret().as_bytes()).into()),
        None => client.local,
    };
    if !allowed {
        return (StatusCode::FORBIDDEN, "metrics need the metrics token, or a request from this machine\n")
            .into_response();
    }
    let text = handle.render() + &gauges.text().await;
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailcase_store::{BlobConfig, DatabaseConfig, MasterKey, StoreConfig};

    #[tokio::test]
    async fn an_answer_is_good_for_a_while_and_no_longer() {
        for (good_for, later) in [(Duration::MAX, true), (Duration::ZERO, false)] {
            let folder = tempfile::tempdir().unwrap();
            let blobs = folder.path().join("blobs");
            let config = StoreConfig {
                database: DatabaseConfig::Sqlite { path: folder.path().join("mailcase.db") },
                blobs: BlobConfig::Disk { dir: blobs.clone() },
                master_key: MasterKey::new([7; 32]),
            };
            let store = Store::open(config).await.unwrap();
            let readiness = Readiness { good_for, ..Readiness::new(store) };
            assert!(readiness.ready().await);
            std::fs::remove_dir_all(&blobs).unwrap();
            assert_eq!(readiness.ready().await, later, "{good_for:?}");
        }
    }
}
