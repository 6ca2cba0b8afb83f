//! What handlers can ask for. Each takes only the pieces it uses, by [`FromRef`].

use crate::config::ApiConfig;
use crate::gauges::Gauges;
use crate::health::Readiness;
use crate::live::LiveStreams;
use crate::parts::PartWorks;
use crate::password::Passwords;
use crate::sessions::Sessions;
use crate::throttle::SignInThrottle;
use axum::extract::FromRef;
use mailcase_engine::EngineHandle;
use mailcase_store::Store;
use std::sync::Arc;

/// Everything the routes need.
#[derive(Debug, Clone, FromRef)]
pub struct ApiState {
    pub(crate) store: Store,
    pub(crate) engine: EngineHandle,
    pub(crate) config: Arc<ApiConfig>,
    pub(crate) sessions: Sessions,
    pub(crate) passwords: Passwords,
    pub(crate) throttle: Arc<SignInThrottle>,
    pub(crate) streams: LiveStreams,
    pub(crate) parts: PartWorks,
    pub(crate) readiness: Readiness,
    pub(crate) gauges: Gauges,
}

/// The web side could not be prepared.
#[derive(Debug, thiserror::Error)]
#[error("the web side could not be prepared: {0}")]
pub struct PrepareError(#[from] crate::password::PasswordError);

impl ApiState {
    /// # Errors
    /// When passwords cannot be hashed on this machine.
    pub fn new(store: Store, engine: EngineHandle, config: ApiConfig) -> Result<Self, PrepareError> {
        let streams = LiveStreams::new();
        Ok(Self {
            readiness: Readiness::new(store.clone()),
            gauges: Gauges::new(store.clone()),
            sessions: Sessions::new(store.clone(), streams.clone()),
            store,
            config: Arc::new(config),
            passwords: Passwords::new()?,
            throttle: Arc::new(SignInThrottle::new()),
            streams,
            parts: PartWorks::new(engine.means().clone()),
            engine,
        })
    }
}
