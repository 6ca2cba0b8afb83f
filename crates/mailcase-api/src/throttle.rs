//! How often somebody may try to sign in: per user and address, and per address. Memory is bounded by counting
//! in a fixed number of buckets, chosen by a keyed hash nobody outside can predict.

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

/// Buckets per limit. Two callers that share one by chance share its tries; with 65,536 that is rare.
const BUCKETS: u64 = 1 << 16;

const fn tries(count: u32) -> NonZeroU32 {
    match NonZeroU32::new(count) {
        Some(count) => count,
        None => NonZeroU32::MIN,
    }
}

/// Tries at once for one user from one address; one more comes back every [`USER_REFILL`].
const USER_TRIES: NonZeroU32 = tries(10);
const USER_REFILL: Duration = Duration::from_secs(15);
/// Tries at once from one address, for whatever users; an office may share one.
const ADDRESS_TRIES: NonZeroU32 = tries(60);
const ADDRESS_REFILL: Duration = Duration::from_secs(2);

/// Counts sign-in tries.
#[derive(Debug)]
pub(crate) struct SignInThrottle {
    hasher: RandomState,
    clock: DefaultClock,
    by_user: DefaultKeyedRateLimiter<u64>,
    by_address: DefaultKeyedRateLimiter<u64>,
}

impl SignInThrottle {
    pub(crate) fn new() -> Self {
        Self {
            hasher: RandomState::new(),
            clock: DefaultClock::default(),
            by_user: RateLimiter::keyed(quota(USER_REFILL, USER_TRIES)),
            by_address: RateLimiter::keyed(quota(ADDRESS_REFILL, ADDRESS_TRIES)),
        }
    }

    /// Counts one try. `Err` says how long to wait before the next.
    pub(crate) fn admit(&self, username: &str, address: IpAddr) -> Result<(), Duration> {
        let network = network(address);
        let address_bucket = self.hasher.hash_one(("address", network)) % BUCKETS;
        let user_bucket =
            self.hasher.hash_one(("user", mailcase_store::folded_username(username), network)) % BUCKETS;
        for (limiter, bucket) in [(&self.by_address, address_bucket), (&self.by_user, user_bucket)] {
            if let Err(refused) = limiter.check_key(&bucket) {
                return Err(refused.wait_time_from(self.clock.now()));
            }
        }
        Ok(())
    }
}

fn quota(refill: Duration, burst: NonZeroU32) -> Quota {
    Quota::with_period(refill).unwrap_or(Quota::per_minute(burst)).allow_burst(burst)
}

/// What counts as one address: an IPv6 customer gets a whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_user_runs_out_before_others_and_one_network_counts_as_one() {
        let throttle = SignInThrottle::new();
        let here = "2001:db8:1:2::1".parse().unwrap();
        let neighbour = "2001:db8:1:2:ffff::9".parse().unwrap();
        let elsewhere = "2001:db8:1:3::1".parse().unwrap();
        for _ in 0..USER_TRIES.get() {
            assert_eq!(throttle.admit("Mallory", here), Ok(()));
        }
        let wait = throttle.admit("mallory", neighbour).unwrap_err();
        assert!(wait <= USER_REFILL && wait > Duration::ZERO, "{wait:?}");
        assert_eq!(throttle.admit("alice", here), Ok(()));
        assert_eq!(throttle.admit("mallory", elsewhere), Ok(()));
    }

    #[test]
    fn one_address_runs_out_whatever_the_users() {
        let throttle = SignInThrottle::new();
        let here = "192.0.2.1".parse().unwrap();
        let refused = (0..1000).filter(|n| throttle.admit(&format!("user {n}"), here).is_err()).count();
        assert!(refused > 900, "{refused}");
        assert!(throttle.by_user.len() as u64 <= BUCKETS);
    }
}
