//! When is a mailbox suspiciously silent? Measured against its own habit.

use jiff::{Timestamp, ToSpan, tz::TimeZone};

/// Hours of a week.
const WEEK_HOURS: usize = 168;
/// Weeks of history the habit is taken from.
pub(crate) const HABIT_WEEKS: i64 = 4;
/// Silence is suspicious when, by habit, at least this many messages should have come: were arrivals independent,
/// the chance of none at all would be below one in 20,000.
const EXPECTED_AT_LEAST: f64 = 10.0;

/// What a mailbox is used to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Habit {
    /// Messages per hour of the week (UTC, from Monday 00:00), over all weeks.
    hours: [u32; WEEK_HOURS],
    /// Over how many weeks; at most [`HABIT_WEEKS`], and fewer when the mailbox is known for a shorter time.
    weeks: u32,
}

impl Habit {
    /// From how many messages came in which hours, the first one first.
    pub(crate) fn of(arrivals: &[(Timestamp, u64)], now: Timestamp) -> Self {
        let mut hours = [0_u32; WEEK_HOURS];
        for (hour, messages) in arrivals {
            if let Some(count) = hours.get_mut(slot(*hour)) {
                *count = count.saturating_add(u32::try_from(*messages).unwrap_or(u32::MAX));
            }
        }
        let known = arrivals.first().map_or(0, |(first, _)| now.duration_since(*first).as_hours());
        let weeks = known.div_euclid(7 * 24).saturating_add(1).clamp(1, HABIT_WEEKS);
        Self { hours, weeks: u32::try_from(weeks).unwrap_or(1) }
    }
}

fn slot(at: Timestamp) -> usize {
    let zoned = at.to_zoned(TimeZone::UTC);
    let day = usize::try_from(zoned.weekday().to_monday_zero_offset()).unwrap_or(0);
    day.saturating_mul(24).saturating_add(usize::try_from(zoned.hour()).unwrap_or(0))
}

/// How many messages the habit expects between two moments; whole hours, the last one not counted.
fn expected(habit: &Habit, from: Timestamp, to: Timestamp) -> f64 {
    let mut at = from;
    let mut sum = 0.0;
    let mut hours = 0_usize;
    while at < to && hours < WEEK_HOURS {
        sum += habit.hours.get(slot(at)).copied().map_or(0.0, f64::from) / f64::from(habit.weeks);
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
        let mut hours = [0; WEEK_HOURS];
        for day in 0..5 {
            for hour in 8..17 {
                hours[day * 24 + hour] = 8 * 4;
            }
        }
        Habit { hours, weeks: 4 }
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

    /// Twenty messages an hour for two days are a habit of twenty, though four weeks were looked at.
    #[test]
    fn a_young_mailbox_is_judged_by_the_weeks_it_is_known() {
        let first = at("2026-11-16T08:00:00Z");
        let arrivals: Vec<_> =
            (0..48).map(|hour: i64| (first.checked_add(hour.hours()).unwrap(), 20)).collect();
        let young = Habit::of(&arrivals, at("2026-11-18T08:00:00Z"));
        assert_eq!(young.weeks, 1);
        // A week later, at the same hour.
        assert!(is_suspicious(&young, at("2026-11-23T08:00:00Z"), at("2026-11-23T11:00:00Z")));
        let old = Habit::of(&[(at("2026-10-01T00:00:00Z"), 1)], at("2026-11-18T08:00:00Z"));
        assert_eq!(i64::from(old.weeks), HABIT_WEEKS);
    }

    #[test]
    fn a_mailbox_with_little_mail_is_never_suspicious_within_a_week() {
        let mut hours = [0; WEEK_HOURS];
        hours[10] = 8;
        let habit = Habit { hours, weeks: 4 };
        assert!(!is_suspicious(&habit, at("2026-11-02T00:00:00Z"), at("2026-11-30T00:00:00Z")));
    }
}
