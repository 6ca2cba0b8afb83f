//! Which messages are fetched together and which alone.

/// Bytes asked for in one go: one chunk. A message below this announced size is asked for whole.
pub(crate) const PART_BYTES: u32 = 1 << 20;
/// Messages in one command.
const BATCH_MESSAGES: usize = 50;
/// Announced bytes in one command: enough to keep the line busy, little enough to be answered soon.
const BATCH_BYTES: u64 = 4 << 20;

/// What to fetch, in order.
#[derive(Debug, PartialEq, Eq, Default)]
pub(crate) struct Plan {
    /// Several small messages per command, in ascending order.
    pub(crate) batches: Vec<Vec<u32>>,
    /// One after the other, in parts.
    pub(crate) alone: Vec<u32>,
}

/// Plans for messages with their announced sizes, in ascending order of UID.
pub(crate) fn plan(messages: impl Iterator<Item = (u32, Option<u64>)>) -> Plan {
    let mut plan = Plan::default();
    let mut batch = Vec::new();
    let mut bytes = 0_u64;
    for (uid, size) in messages {
        let Some(size) = size.filter(|&size| size < u64::from(PART_BYTES)) else {
            plan.alone.push(uid);
            continue;
        };
        if batch.len() >= BATCH_MESSAGES || (!batch.is_empty() && bytes.saturating_add(size) > BATCH_BYTES) {
            plan.batches.push(std::mem::take(&mut batch));
            bytes = 0;
        }
        batch.push(uid);
        bytes = bytes.saturating_add(size);
    }
    if !batch.is_empty() {
        plan.batches.push(batch);
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_ones_travel_together_and_large_or_unknown_ones_alone() {
        let part = u64::from(PART_BYTES);
        let messages = [(1, Some(10)), (2, Some(part)), (3, None), (4, Some(part - 1)), (5, Some(0))];
        let planned = plan(messages.into_iter());
        assert_eq!(planned, Plan { batches: vec![vec![1, 4, 5]], alone: vec![2, 3] });
        assert_eq!(plan(std::iter::empty()), Plan::default());
    }

    #[test]
    fn batches_are_bounded_by_count_and_bytes() {
        let many = plan((1..=120).map(|uid| (uid, Some(1))));
        assert_eq!(many.batches.iter().map(Vec::len).collect::<Vec<_>>(), [50, 50, 20]);
        let heavy = plan((1..=10).map(|uid| (uid, Some(1_000_000))));
        assert_eq!(heavy.batches.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 2]);
        let lies = plan((1..=3).map(|uid| (uid, Some(u64::MAX))));
        assert_eq!(lies.alone, [1, 2, 3]);
    }
}
