//! Moments as Windows writes them: FILETIME ([MS-DTYP] §2.3.3), tenths of microseconds since 1601.

use jiff::Timestamp;

const SECONDS_TO_1970: i64 = 11_644_473_600;
const TICKS_PER_SECOND: u64 = 10_000_000;

/// The moment `ticks` mean. Zero means that there is none.
pub(crate) fn moment(ticks: u64) -> Option<Timestamp> {
    let seconds = i64::try_from(ticks / TICKS_PER_SECOND).ok()? - SECONDS_TO_1970;
    let nanoseconds = i32::try_from(ticks % TICKS_PER_SECOND).ok()? * 100;
    (ticks > 0).then(|| Timestamp::new(seconds, nanoseconds).ok()).flatten()
}

/// The second in which that moment lies, as facts name it.
pub(crate) fn second(ticks: u64) -> Option<String> {
    moment(ticks / TICKS_PER_SECOND * TICKS_PER_SECOND).map(|moment| moment.to_string())
}

/// The other way, to the second. `None` before 1601.
pub(crate) fn ticks(moment: Timestamp) -> Option<u64> {
    u64::try_from(moment.as_second() + SECONDS_TO_1970).ok()?.checked_mul(TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told() {
        // The example of [MS-DTYP]'s readers everywhere: 1970 itself.
        assert_eq!(moment(116_444_736_000_000_000), Some(Timestamp::UNIX_EPOCH));
        assert_eq!(moment(116_444_736_000_000_001).unwrap().subsec_nanosecond(), 100);
        assert_eq!(second(116_444_736_019_999_999).unwrap(), "1970-01-01T00:00:01Z");
        assert_eq!(second(1).as_deref(), None, "zero once the fraction is gone");
        assert_eq!(moment(0), None);
        assert_eq!(moment(u64::MAX), None, "after the year 9999");
        assert_eq!(ticks(Timestamp::UNIX_EPOCH), Some(116_444_736_000_000_000));
    }
}
