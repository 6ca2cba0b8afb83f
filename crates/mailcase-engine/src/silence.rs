//! When is a mailbox suspiciously silent? Measured against its own habit.

use jiff::{Timestamp, ToSpan, tz::TimeZone};

/// Hours of a week.
pub(crate) const WEEK_HOURS: usize = 168;
/// Weeks of history the habit is taken from.
pub(crate) const HABIT_WEEKS: i64 = 4;
/// Silence is suspicious when, by habit, at least this many messages should have come: were arrivals independent,
/// the chance of none at all would be below one in 20,000.
const EXPECTED_AT_LEAST: f64 = 10.0;

/// Messages per hour of the week (UTC, from Monday 00:00) over [`HABIT_WEEKS`].
pub(crate) type Habit = [u32; WEEK_HOURS];

/// How many messages the habit expects between two moments; whole hours, the last one not counted.
fn expected(habit: &Habit, from: Timestamp, to: Timestamp) -> f64 {
    let mut at = from;
    let mut sum = 0.0;
    let mut hours = 0_usize;
    while at < to && hours < WEEK_HOURS {
        let zoned = at.to_zoned(TimeZone::UTC);
        let day = usize::try_from(zoned.weekday().to_monday_zero_offset()).unwrap_or(0);
        let hour = usize::try_from(zoned.hour()).unwrap_or(0);
        let slot = day.saturating_mul(24).saturating_add(hour);
        sum += habit.get(slot).copied().map_or(0.0, f64::from)
            / f64::from(i32::try_from(HABIT_WEEKS).unwrap_or(4));
        let Ok(next) = at.checked_add(1.hour()) else { break };
        at = next;
        hours = hours.saturating_add(1);
    }
    sum
}

/// Whether the habit matters at all: within two hours there is no full hour to judge by.
pub(crate) fn may_be_suspicious(last: Timestamp, now: Timestamp) -> bool {
    now.duration_since(last).as_hours() >= 2
}

/// Whether nothing since `last` is suspicious at `now`.
pub(crate) fn is_suspicious(habit: &Habit, last: Timestamp, now: Timestamp) -> bool {
    let Ok(first_full_hour) = last.checked_add(1.hour()) else { return false };
    let Ok(end) = now.checked_sub(1.hour()) else { return false };
    expected(habit, first_full_hour, end) >= EXPECTED_AT_LEAST
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// Office hours: 8 messages an hour, Monday to Friday, 08:00 to 17:00.
    fn office() -> Habit {
        let mut habit = [0; WEEK_HOURS];
        for day in 0..5 {
            for hour in 8..17 {
                habit[day * 24 + hour] = 8 * 4;
            }
        }
        habit
    }

    #[test]
    fn silence_is_judged_by_the_mailboxs_own_week() {
        let habit = office();
        for (last, now, suspicious, why) in [
            ("2026-11-20T16:50:00Z", "2026-11-22T12:00:00Z", false, "a quiet week-end"),
            ("2026-11-20T16:50:00Z", "2026-11-23T09:00:00Z", false, "Monday has only begun"),
            ("2026-11-20T16:50:00Z", "2026-11-23T12:00:00Z", true, "a silent Monday morning"),
            ("2026-11-23T09:00:00Z", "2026-11-23T10:30:00Z", false, "an hour is nothing"),
            ("2026-11-23T09:00:00Z", "2026-11-23T14:00:00Z", true, "half a working day"),
        ] {
            assert_eq!(is_suspicious(&habit, at(last), at(now)), suspicious, "{why}");
            assert!(!suspicious || may_be_suspicious(at(last), at(now)), "{why}");
        }
    }

    #[test]
    fn a_mailbox_with_little_mail_is_never_suspicious_within_a_week() {
        let mut habit = [0; WEEK_HOURS];
        habit[10] = 8;
        assert!(!is_suspicious(&habit, at("2026-11-02T00:00:00Z"), at("2026-11-30T00:00:00Z")));
    }
}
