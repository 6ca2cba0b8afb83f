//! What is made of each organization's settings, kept ready while nobody changes them.
//!
//! What the database says counts: before something is used, the number of the organization's settings is compared, at most
//! once a second, so that a change on another replica counts here as well.

use crate::error::EngineError;
use mailcase_core::OrganizationId;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Settings are not compared with the database more often: one small query per second and organization while mail comes.
const FRESH: Duration = Duration::from_secs(1);

/// Something for each organization that was asked for. Cheap to clone.
pub(crate) struct PerOrganization<T> {
    /// Each behind a lock of its own: the mail of one organization does not wait for the settings of another.
    held: Arc<Mutex<HashMap<OrganizationId, Slot<T>>>>,
}

type Slot<T> = Arc<tokio::sync::Mutex<Option<Held<T>>>>;

struct Held<T> {
    number: i64,
    compared: Instant,
    made: T,
}

impl<T> Clone for PerOrganization<T> {
    fn clone(&self) -> Self {
        Self { held: Arc::clone(&self.held) }
    }
}

impl<T> Default for PerOrganization<T> {
    fn default() -> Self {
        Self { held: Arc::default() }
    }
}

impl<T> fmt::Debug for PerOrganization<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerOrganization").finish_non_exhaustive()
    }
}

impl<T: Clone> PerOrganization<T> {
    /// What was made for this organization, unless `number` says that it is of other settings: then `make` makes it anew,
    /// with the number it belongs to.
    ///
    /// # Errors
    /// Those of `number` and `make`.
    pub(crate) async fn of(
        &self,
        org: OrganizationId,
        number: impl AsyncFnOnce() -> Result<i64, EngineError>,
        make: impl AsyncFnOnce() -> Result<(i64, T), EngineError>,
    ) -> Result<T, EngineError> {
        let slot =
            Arc::clone(self.held.lock().unwrap_or_else(PoisonError::into_inner).entry(org).or_default());
        let mut slot = slot.lock().await;
        if let Some(held) = slot.as_ref().filter(|held| held.compared.elapsed() < FRESH) {
            return Ok(held.made.clone());
        }
        let compared = Instant::now();
        if let Some(held) = slot.as_mut()
            && number().await? == held.number
        {
            held.compared = compared;
            return Ok(held.made.clone());
        }
        let (number, made) = make().await?;
        *slot = Some(Held { number, compared, made: made.clone() });
        Ok(made)
    }

    /// What was made for this organization is made anew when it is asked for next.
    pub(crate) fn forget(&self, org: OrganizationId) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(&org);
    }

    pub(crate) fn forget_all(&self) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
