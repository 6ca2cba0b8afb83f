//! Messages this process is deciding. Their leases are renewed for as long as they are in hand, so that neither slow
//! storage nor a long group makes another process take up the same work.

use mailcase_core::MessageId;
use mailcase_store::Store;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::MissedTickBehavior;

/// Renewals within the life of a lease: two may fail before it is lost.
const RENEWALS_PER_LIFE: u32 = 3;

/// All messages in hand. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct InFlight(Arc<Mutex<HashMap<MessageId, usize>>>);

/// Messages whose leases are renewed until this is dropped. It goes with them from stage to stage.
#[derive(Debug)]
#[must_use = "the leases are renewed only while this is held"]
pub(crate) struct InHand {
    in_flight: InFlight,
    messages: Vec<MessageId>,
}

impl Drop for InHand {
    fn drop(&mut self) {
        let mut held = self.in_flight.held();
        for message in &self.messages {
            // A message whose lease was lost and won back is in hand twice.
            if let Some(count) = held.get_mut(message) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    held.remove(message);
                }
            }
        }
    }
}

impl InFlight {
    fn held(&self) -> MutexGuard<'_, HashMap<MessageId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes messages in hand that are leased to this process already.
    pub(crate) fn hold(&self, messages: impl IntoIterator<Item = MessageId>) -> InHand {
        let messages: Vec<MessageId> = messages.into_iter().collect();
        let mut held = self.held();
        for message in &messages {
            let count = held.entry(*message).or_default();
            *count = count.saturating_add(1);
        }
        drop(held);
        InHand { in_flight: self.clone(), messages }
    }

    /// Renews what is in hand, all in one statement, for as long as it is run.
    pub(crate) async fn keep(self, store: Store, owner: String, life: Duration) {
        let every = life / RENEWALS_PER_LIFE;
        // A statement begun in time may wait until the lease would end, and no longer.
        let patience = life.saturating_sub(every);
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let messages: Vec<MessageId> = self.held().keys().copied().collect();
            match tokio::time::timeout(patience, store.renew_messages(&owner, &messages, life)).await {
                Ok(Ok(_)) => {}
                // What is lost by it is decided twice and recorded once.
                Ok(Err(error)) => tracing::warn!(%error, "the leases of messages could not be renewed"),
                Err(_) => tracing::warn!("the leases of messages could not be renewed in time"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailcase_store::{
        BlobConfig, Clock, DatabaseConfig, MasterKey, NewDelivery, StoreConfig, StoredDelivery,
    };
    use serde_json::json;
    use std::collections::BTreeMap;

    #[test]
    fn a_message_is_in_flight_until_the_last_hand_lets_go() {
        let in_flight = InFlight::default();
        let (one, two) = (MessageId::new(), MessageId::new());
        let first = in_flight.hold([one, two]);
        let second = in_flight.hold([two]);
        drop(first);
        assert_eq!(in_flight.held().keys().copied().collect::<Vec<_>>(), [two]);
        drop(second);
        assert!(in_flight.held().is_empty());
    }

    const LIFE: Duration = Duration::from_millis(300);
    const DEADLINE: Duration = Duration::from_secs(60);

    /// A store whose clock stands still, so that only the test lets leases run out.
    async fn store(folder: &tempfile::TempDir, clock: &Clock) -> Store {
        let config = StoreConfig {
            database: DatabaseConfig::Sqlite { path: folder.path().join("mailcase.db") },
            blobs: BlobConfig::Disk { dir: folder.path().join("blobs") },
            master_key: MasterKey::new([7; 32]),
        };
        Store::open_with_clock(config, clock.clone()).await.unwrap()
    }

    /// A message leased to `owner` for one [`LIFE`].
    async fn stored(store: &Store, owner: &str) -> MessageId {
        let org = store.create_organization("Example").await.unwrap();
        let settings = serde_json::from_value(json!({"name": "n", "api_name": "n", "kind": "fake"})).unwrap();
        store.create_connector(org, &settings, &BTreeMap::new(), true).await.unwrap();
        let lease = store.claim_connectors(owner, LIFE * 1000, 1).await.unwrap().remove(0).1;
        let head = NewDelivery { remote_id: "1".to_owned(), size: None, received: None, filtered_out: false };
        store.record_discovery(&lease, org, "INBOX", &[head], "c", None).await.unwrap();
        let delivery = store.due_deliveries(&lease, "INBOX", 1).await.unwrap().remove(0).delivery;
        let receipt = store.put_small("mail".into(), None).await.unwrap();
        let delivered = [StoredDelivery { delivery, receipt, received: None }];
        store.record_stored(&lease, org, &delivered, owner, LIFE).await.unwrap()[0].message
    }

    /// Waits until the message is leased for a whole [`LIFE`] from the clock's now.
    async fn renewed(database: &sqlx::SqlitePool, clock: &Clock) {
        let until = clock.now().as_microsecond() + i64::try_from(LIFE.as_micros()).unwrap();
        let look = async {
            while sqlx::query_scalar::<_, i64>("SELECT lease_until FROM messages")
                .fetch_one(database)
                .await
                .unwrap()
                < until
            {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(DEADLINE, look).await.unwrap();
    }

    #[tokio::test]
    async fn nobody_else_takes_up_what_is_in_hand_however_long_it_takes() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::manual("2026-03-01T12:00:00Z".parse().unwrap());
        let store = store(&folder, &clock).await;
        let path = folder.path().join("mailcase.db");
        let database = sqlx::SqlitePool::connect(&format!("sqlite:{}", path.display())).await.unwrap();
        let in_flight = InFlight::default();
        let keeping = tokio::spawn(in_flight.clone().keep(store.clone(), "slow".to_owned(), LIFE));
        let message = stored(&store, "slow").await;
        let in_hand = in_flight.hold([message]);
        for _ in 0..4 {
            clock.advance(LIFE * 2 / 3);
            assert!(store.claim_messages("other", LIFE, 1).await.unwrap().is_empty());
            renewed(&database, &clock).await;
        }
        drop(in_hand);
        keeping.abort();
        assert!(keeping.await.unwrap_err().is_cancelled());
        clock.advance(LIFE);
        let claimed = store.claim_messages("other", LIFE, 1).await.unwrap();
        assert_eq!(claimed[0].message, message, "what nobody has in hand is free");
    }
}
