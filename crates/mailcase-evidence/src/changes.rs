//! What one evidence of a message says and another does not: a parser became better, or a key came.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Evidence, IndicatorKind, UnreadReason};

/// What the new evidence of a message says and the old one did not, and the other way round.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Changes {
    pub indicators_found: usize,
    pub indicators_gone: usize,
    pub parts_found: usize,
    pub parts_gone: usize,
    pub defects_found: usize,
    pub defects_gone: usize,
    /// The subject, the people, the date or the body read differently.
    pub reads_differently: bool,
    /// What speaks for and against its origin.
    pub judged_differently: bool,
    /// Things that could not be read before and can be now.
    pub opened: usize,
}

impl Changes {
    /// Compares two evidences of one message.
    #[must_use]
    pub fn between(old: &Evidence, new: &Evidence) -> Self {
        let (indicators_found, indicators_gone) = differing(indicators(old), indicators(new));
        let (parts_found, parts_gone) = differing(parts(old), parts(new));
        let (defects_found, defects_gone) = differing(defects(old), defects(new));
        let (_, opened) = differing(unread(old), unread(new));
        Self {
            indicators_found,
            indicators_gone,
            parts_found,
            parts_gone,
            defects_found,
            defects_gone,
            reads_differently: old.envelope != new.envelope || old.text != new.text || old.html != new.html,
            judged_differently: old.verdicts != new.verdicts,
            opened,
        }
    }

    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds those of another message.
    pub fn add(&mut self, other: &Self) {
        for (sum, count) in [
            (&mut self.indicators_found, other.indicators_found),
            (&mut self.indicators_gone, other.indicators_gone),
            (&mut self.parts_found, other.parts_found),
            (&mut self.parts_gone, other.parts_gone),
            (&mut self.defects_found, other.defects_found),
            (&mut self.defects_gone, other.defects_gone),
            (&mut self.opened, other.opened),
        ] {
            *sum = sum.saturating_add(count);
        }
        self.reads_differently |= other.reads_differently;
        self.judged_differently |= other.judged_differently;
    }
}

fn differing<T: Ord>(old: BTreeSet<T>, new: BTreeSet<T>) -> (usize, usize) {
    (new.difference(&old).count(), old.difference(&new).count())
}

fn indicators(evidence: &Evidence) -> BTreeSet<(IndicatorKind, &str)> {
    evidence.indicators.iter().map(|one| (one.kind, one.value.as_str())).collect()
}

fn parts(evidence: &Evidence) -> BTreeSet<(&str, u64, &str)> {
    evidence
        .root
        .walk()
        .filter_map(|part| Some((part.path.as_str(), part.size, part.hashes.as_ref()?.sha256.as_str())))
        .collect()
}

fn defects(evidence: &Evidence) -> BTreeSet<(&str, &str)> {
    let of_parts = evidence
        .root
        .walk()
        .flat_map(|part| part.defects.iter().map(|defect| (part.path.as_str(), defect.code.as_str())));
    evidence.defects.iter().map(|defect| ("", defect.code.as_str())).chain(of_parts).collect()
}

fn unread(evidence: &Evidence) -> BTreeSet<(&str, UnreadReason)> {
    let found =
        evidence.unread().into_iter().map(|one| (one.part.map_or("", |part| part.path.as_str()), one.reason));
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Lock, Means, Part, examine};

    #[test]
    fn changes_are_counted_both_ways() {
        let evidence = |raw: &str| examine(raw.as_bytes(), &Means::default());
        let old = evidence("Subject: a\n\nhttps://one.example/x\n");
        assert!(Changes::between(&old, &old).is_empty());
        let new = evidence("Subject: a\n\nhttps://two.example/x and https://two.example/y\n");
        let changes = Changes::between(&old, &new);
        assert_eq!((changes.indicators_found, changes.indicators_gone), (3, 2), "addresses and their domain");
        assert_eq!((changes.parts_found, changes.parts_gone), (1, 1), "the body has other bytes");
        assert!(changes.reads_differently && changes.opened == 0);
        let mut sum = changes.clone();
        sum.add(&changes);
        assert_eq!((sum.indicators_found, sum.parts_gone, sum.reads_differently), (6, 2, true));
    }

    #[test]
    fn what_is_opened_counts_also_when_something_locked_was_in_it() {
        let locked = |path: &str, children| Part { path: path.to_owned(), children, ..Part::default() };
        let lock = |part: Part| Part { lock: Some(Lock::Key { recipients: Vec::new() }), ..part };
        let old = Evidence { root: lock(locked("/", Vec::new())), ..Evidence::default() };
        let new = Evidence { root: locked("/", vec![lock(locked("/1", Vec::new()))]), ..Evidence::default() };
        assert!(old.needs_key() && new.needs_key());
        assert_eq!(Changes::between(&old, &new).opened, 1);
        assert_eq!(Changes::between(&old, &Evidence::default()).opened, 1);
        assert!(!Evidence::default().needs_key());
    }
}
