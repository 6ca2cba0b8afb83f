//! Memory for messages under way, shared by all connectors of the process.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Raw bytes and packed evidence between the line and the database, of all connectors together.
const TOTAL_BYTES: usize = 32 << 20;
/// What a permit stands for. Also the least a message is counted for.
const UNIT_BYTES: usize = 1 << 10;

/// Hands out shares of the memory; whoever asks for more than is left waits.
///
/// A share is taken when a message is whole, never while the server is still sending: a server that hangs holds
/// nothing. Nobody who holds a share waits for another one.
#[derive(Debug, Clone)]
pub(crate) struct Budget(Arc<Semaphore>);

/// Given back when dropped.
#[derive(Debug)]
pub(crate) struct Share(OwnedSemaphorePermit);

const fn units(bytes: usize) -> usize {
    let units = bytes.div_ceil(UNIT_BYTES);
    if units == 0 { 1 } else { units }
}

impl Budget {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(units(TOTAL_BYTES))))
    }

    /// Waits until `bytes` are free. More than there is in all counts as all. `None` once the process ends.
    pub(crate) async fn take(&self, bytes: usize) -> Option<Share> {
        let units = u32::try_from(units(bytes.min(TOTAL_BYTES))).ok()?;
        Arc::clone(&self.0).acquire_many_owned(units).await.ok().map(Share)
    }
}

impl Share {
    /// Gives back what is above `bytes`.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        let spare = self.0.num_permits().saturating_sub(units(bytes));
        drop(self.0.split(spare));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_not_needed_any_longer_is_there_for_others() {
        let budget = Budget::new();
        let mut all = budget.take(TOTAL_BYTES + 1).await.unwrap();
        assert_eq!(budget.0.available_permits(), 0);
        all.shrink(TOTAL_BYTES - UNIT_BYTES);
        let little = budget.take(0).await.unwrap();
        assert_eq!(budget.0.available_permits(), 0);
        all.shrink(TOTAL_BYTES);
        assert_eq!(budget.0.available_permits(), 0, "a share never grows");
        drop((all, little));
        assert_eq!(budget.0.available_permits(), TOTAL_BYTES / UNIT_BYTES);
    }
}
