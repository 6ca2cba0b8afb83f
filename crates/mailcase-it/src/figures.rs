//! What measuring programs share: how a series of times is told, and what a process costs.

use anyhow::{Context, Result};
use std::fmt;
use std::time::Duration;

/// A series of times as a reader wants it: the middle, the bad, the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    pub median: Duration,
    /// Nineteen of twenty were not slower.
    pub p95: Duration,
    pub max: Duration,
}

impl Spread {
    /// `None` when nothing was measured.
    #[must_use]
    pub fn of(mut times: Vec<Duration>) -> Option<Self> {
        times.sort_unstable();
        let rank = |percent: usize| times.get((times.len() * percent).div_ceil(100).max(1) - 1).copied();
        Some(Self { median: rank(50)?, p95: rank(95)?, max: rank(100)? })
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = |time: Duration| time.as_secs_f64() * 1e3;
        let Self { median, p95, max } = self;
        let (median, p95, max) = (millis(*median), millis(*p95), millis(*max));
        write!(f, "median {median:.1} ms, p95 {p95:.1} ms, max {max:.1} ms")
    }
}

/// What a running process holds and has used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Resident memory of its own, without program text and mapped files.
    pub anonymous_kib: u64,
    /// All resident memory.
    pub resident_kib: u64,
    /// Time on a processor since its start.
    pub processor: Duration,
}

/// Linux reports processor time to programs in hundredths of a second, whatever the kernel counts in.
const TICKS_PER_SECOND: u32 = 100;

impl Usage {
    /// # Errors
    /// When there is no such process, or no `/proc`.
    pub fn of(process: u32) -> Result<Self> {
        let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
        let kib = |name: &str| -> Result<u64> {
            let value =
                status.lines().find_map(|line| line.strip_prefix(name)).with_context(|| name.to_owned())?;
            Ok(value.trim().trim_end_matches(" kB").parse()?)
        };
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
        // The name, in brackets, may hold anything; after it, fields 14 and 15 are the user's and the system's time.
        let (_, fields) = stat.rsplit_once(')').context("a process without a name")?;
        let ticks =
            fields.split_whitespace().skip(11).take(2).map(str::parse::<u32>).sum::<Result<u32, _>>()?;
        let processor = Duration::from_secs(1) * ticks / TICKS_PER_SECOND;
        Ok(Self { anonymous_kib: kib("RssAnon:")?, resident_kib: kib("VmRSS:")?, processor })
    }
}

#[cfg(test)]
mod tests {
    use super::{Spread, Usage};
    use std::time::Duration;

    fn spread(times: impl Iterator<Item = u64>) -> Option<String> {
        Spread::of(times.map(Duration::from_millis).collect()).map(|spread| spread.to_string())
    }

    #[test]
    fn a_spread_is_the_nearest_rank() {
        assert_eq!(spread(std::iter::empty()), None);
        assert_eq!(spread([7].into_iter()).as_deref(), Some("median 7.0 ms, p95 7.0 ms, max 7.0 ms"));
        assert_eq!(spread((1..=100).rev()).as_deref(), Some("median 50.0 ms, p95 95.0 ms, max 100.0 ms"));
    }

    #[test]
    fn this_process_uses_something() {
        let usage = Usage::of(std::process::id()).unwrap();
        assert!(usage.anonymous_kib > 0 && usage.resident_kib >= usage.anonymous_kib);
    }
}
