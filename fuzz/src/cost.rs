//! How long an input takes: in time of the processor, because machines that fuzz are busy.

use std::time::Duration;

/// Of a message. A build with all checks takes several times as long as a release.
pub(crate) const MESSAGE: Duration = Duration::from_secs(10);
/// Of a key file read in three ways: each may cost two seconds of a release.
pub(crate) const KEY_FILE: Duration = Duration::from_secs(50);

/// Does the work; fails when it took longer than `most`.
pub(crate) fn bounded<T>(most: Duration, work: impl FnOnce() -> T) -> T {
    let before = spent();
    let result = work();
    if let (Some(before), Some(after)) = (before, spent()) {
        let took = after.saturating_sub(before);
        assert!(took <= most, "it took {took:?}");
    }
    result
}

/// What this thread has spent. Only Linux says it in a file; elsewhere libFuzzer's own limit is all there is.
fn spent() -> Option<Duration> {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    said.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}
