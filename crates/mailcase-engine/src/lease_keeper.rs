//! Keeps the leases of all connectors this process runs: one statement for all of them, three times within their life.
//! What runners have to say of an uneventful poll goes along, so that an idle mailbox costs no commit of its own.

use jiff::Timestamp;
use mailcase_core::ConnectorId;
use mailcase_store::{Lease, Renewal, Store};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// Renewals within the life of a lease: two may fail before it is lost.
const RENEWALS_PER_LIFE: u32 = 3;

/// One hold on a connector; after an edit the old one may still be ending while the new one is there.
type Hold = (ConnectorId, i64);

#[derive(Debug)]
struct Kept {
    /// Cancelled when the lease is lost.
    runner: CancellationToken,
    renewed: Instant,
    /// What was not recorded yet.
    told: Told,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Told {
    last_success: Option<Timestamp>,
    next_poll: Option<Timestamp>,
}

/// All connector leases of this process. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct LeaseKeeper(Arc<Mutex<HashMap<Hold, Kept>>>);

/// A lease that is kept until this is dropped.
#[derive(Debug)]
pub(crate) struct KeptLease {
    keeper: LeaseKeeper,
    hold: Hold,
}

impl KeptLease {
    /// The mailbox was polled and is as it was: recorded with the next renewal.
    pub(crate) fn tell(&self, last_success: Option<Timestamp>, next_poll: Option<Timestamp>) {
        self.with(|kept| {
            let before = kept.told;
            kept.told = Told {
                last_success: last_success.or(before.last_success),
                next_poll: next_poll.or(before.next_poll),
            };
        });
    }

    /// Forgets what was not recorded yet: something newer is being written.
    pub(crate) fn forget_told(&self) {
        self.with(|kept| kept.told = Told::default());
    }

    fn with(&self, change: impl FnOnce(&mut Kept)) {
        if let Some(kept) = self.keeper.kept().get_mut(&self.hold) {
            change(kept);
        }
    }
}

impl Drop for KeptLease {
    fn drop(&mut self) {
        self.keeper.kept().remove(&self.hold);
    }
}

impl LeaseKeeper {
    fn kept(&self) -> MutexGuard<'_, HashMap<Hold, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps `lease`; cancels `runner` when it is lost or could not be renewed in time.
    pub(crate) fn keep(&self, lease: &Lease, runner: CancellationToken) -> KeptLease {
        let hold = (lease.connector, lease.fence);
        self.kept().insert(hold, Kept { runner, renewed: Instant::now(), told: Told::default() });
        KeptLease { keeper: self.clone(), hold }
    }

    /// Renews for as long as it is run.
    pub(crate) async fn run(self, store: Store, owner: String, life: Duration) {
        let every = life / RENEWALS_PER_LIFE;
        // A statement begun in time may wait until the lease would end, and no longer: a database that does not answer
        // must not keep us from giving up what may be somebody else's by then.
        let patience = life.saturating_sub(every);
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let renewals = self.renewals();
            let begun = Instant::now();
            match tokio::time::timeout(patience, store.renew_leases(&owner, &renewals, life)).await {
                Ok(Ok(held)) => self.renewed(&renewals, &held, begun),
                Ok(Err(error)) => {
                    tracing::warn!(%error, "leases could not be renewed");
                    self.give_up_older_than(life);
                }
                Err(_) => {
                    tracing::warn!("leases could not be renewed: the database does not answer in time");
                    self.give_up_older_than(life);
                }
            }
        }
    }

    fn renewals(&self) -> Vec<Renewal> {
        let kept = self.kept();
        kept.iter()
            .map(|((connector, fence), kept)| Renewal {
                connector: *connector,
                fence: *fence,
                last_success: kept.told.last_success,
                next_poll: kept.told.next_poll,
            })
            .collect()
    }

    fn renewed(&self, renewals: &[Renewal], held: &HashSet<ConnectorId>, begun: Instant) {
        let newest = newest(renewals);
        let mut all = self.kept();
        for renewal in renewals {
            let Some(kept) = all.get_mut(&(renewal.connector, renewal.fence)) else { continue };
            let is_newest = newest.get(&renewal.connector) == Some(&renewal.fence);
            if !is_newest || !held.contains(&renewal.connector) {
                kept.runner.cancel();
                continue;
            }
            kept.renewed = begun;
            if kept.told == (Told { last_success: renewal.last_success, next_poll: renewal.next_poll }) {
                kept.told = Told::default();
            }
        }
    }

    fn give_up_older_than(&self, life: Duration) {
        for kept in self.kept().values().filter(|kept| kept.renewed.elapsed() >= life) {
            kept.runner.cancel();
        }
    }
}

/// Of two holds on one connector only the one with the higher fence can be the one that is still held.
fn newest(renewals: &[Renewal]) -> HashMap<ConnectorId, i64> {
    let mut newest: HashMap<ConnectorId, i64> = HashMap::with_capacity(renewals.len());
    for renewal in renewals {
        let fence = newest.entry(renewal.connector).or_insert(renewal.fence);
        *fence = renewal.fence.max(*fence);
    }
    newest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(connector: ConnectorId, fence: i64) -> Lease {
        Lease { connector, owner: "p".to_owned(), fence, until: Timestamp::UNIX_EPOCH, interruptions: 0 }
    }

    #[test]
    fn a_lost_lease_cancels_its_runner_and_no_other() {
        let keeper = LeaseKeeper::default();
        let (edited, other) = (ConnectorId::new(), ConnectorId::new());
        let [old, new, lost] = [(); 3].map(|()| CancellationToken::new());
        let _old = keeper.keep(&lease(edited, 1), old.clone());
        let _new = keeper.keep(&lease(edited, 2), new.clone());
        let _lost = keeper.keep(&lease(other, 1), lost.clone());
        keeper.renewed(&keeper.renewals(), &HashSet::from([edited]), Instant::now());
        assert_eq!([old, new, lost].map(|token| token.is_cancelled()), [true, false, true]);
    }

    #[test]
    fn what_a_runner_tells_goes_along_once_and_nothing_is_kept_of_one_that_ended() {
        let keeper = LeaseKeeper::default();
        let connector = ConnectorId::new();
        let kept = keeper.keep(&lease(connector, 1), CancellationToken::new());
        let polled = |second| Timestamp::from_second(second).unwrap();
        kept.tell(Some(polled(1)), Some(polled(61)));
        let renewals = keeper.renewals();
        assert_eq!((renewals[0].last_success, renewals[0].next_poll), (Some(polled(1)), Some(polled(61))));
        // A newer poll while the statement is under way is told with the next one.
        kept.tell(Some(polled(2)), None);
        keeper.renewed(&renewals, &HashSet::from([connector]), Instant::now());
        let renewals = keeper.renewals();
        assert_eq!(renewals[0].last_success, Some(polled(2)));
        keeper.renewed(&renewals, &HashSet::from([connector]), Instant::now());
        assert_eq!(keeper.renewals()[0].last_success, None);
        kept.tell(Some(polled(3)), None);
        kept.forget_told();
        assert_eq!(keeper.renewals()[0].last_success, None);
        drop(kept);
        assert!(keeper.renewals().is_empty());
    }

    #[test]
    fn a_lease_that_could_not_be_renewed_for_its_life_is_given_up() {
        let keeper = LeaseKeeper::default();
        let runner = CancellationToken::new();
        let _kept = keeper.keep(&lease(ConnectorId::new(), 1), runner.clone());
        keeper.give_up_older_than(Duration::from_secs(3600));
        assert!(!runner.is_cancelled());
        keeper.give_up_older_than(Duration::ZERO);
        assert!(runner.is_cancelled());
    }
}
