//! Looks at stored messages again with the parser of today, and tells what it finds that the one before did not.
//!
//! What was decided stays decided: new evidence makes no case and joins none. A message that cannot be examined keeps the
//! evidence it has.

use crate::error::EngineError;
use futures::{StreamExt as _, stream};
use mailcase_core::MessageId;
use mailcase_evidence::{Defect, Evidence, Indicator, Means, PARSER_VERSION, Part, examine_reader};
use mailcase_store::{ExaminedBefore, ExaminedMessage, PackedEvidence, Store};
use std::collections::BTreeSet;
use std::num::NonZero;

/// Messages looked up together.
const PAGE: usize = 200;

/// Which messages are looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Again {
    /// Those an older parser looked at.
    #[default]
    Outdated,
    /// All of them.
    All,
}

impl Again {
    fn which(self) -> ExaminedBefore {
        let version = match self {
            Self::Outdated => PARSER_VERSION,
            Self::All => u32::MAX,
        };
        ExaminedBefore { organization: None, version }
    }
}

/// What new evidence of one message says and the old one did not, and the other way round.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    pub indicators_found: usize,
    pub indicators_gone: usize,
    pub parts_found: usize,
    pub parts_gone: usize,
    pub defects_found: usize,
    pub defects_gone: usize,
    /// The subject, the people, the date or the body read differently.
    pub reads_differently: bool,
    /// Things that could not be read before and can be now.
    pub opened: usize,
}

impl Changes {
    /// Compares the evidence of one message.
    #[must_use]
    pub fn between(old: &Evidence, new: &Evidence) -> Self {
        let (indicators_found, indicators_gone) = differing(indicators(old), indicators(new));
        let (parts_found, parts_gone) = differing(parts(old), parts(new));
        let (defects_found, defects_gone) = differing(defects(old), defects(new));
        Self {
            indicators_found,
            indicators_gone,
            parts_found,
            parts_gone,
            defects_found,
            defects_gone,
            reads_differently: old.envelope != new.envelope || old.text != new.text || old.html != new.html,
            opened: old.unread().len().saturating_sub(new.unread().len()),
        }
    }

    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn differing<T: Ord>(old: BTreeSet<T>, new: BTreeSet<T>) -> (usize, usize) {
    (new.difference(&old).count(), old.difference(&new).count())
}

fn indicators(evidence: &Evidence) -> BTreeSet<(mailcase_evidence::IndicatorKind, &str)> {
    evidence.indicators.iter().map(|Indicator { kind, value, .. }| (*kind, value.as_str())).collect()
}

fn parts(evidence: &Evidence) -> BTreeSet<(&str, u64, Option<&str>)> {
    let facts = |part: &'_ Part| part.hashes.is_some();
    evidence
        .root
        .walk()
        .filter(|part| facts(part))
        .map(|part| {
            (part.path.as_str(), part.size, part.hashes.as_ref().map(|hashes| hashes.sha256.as_str()))
        })
        .collect()
}

fn defects(evidence: &Evidence) -> BTreeSet<(&str, &str)> {
    let of_parts = evidence
        .root
        .walk()
        .flat_map(|part| part.defects.iter().map(|Defect { code, .. }| (part.path.as_str(), code.as_str())));
    evidence.defects.iter().map(|defect| ("", defect.code.as_str())).chain(of_parts).collect()
}

/// What became of one message.
#[derive(Debug)]
pub enum Reexamined {
    Done {
        message: MessageId,
        changes: Changes,
    },
    /// It keeps the evidence it has.
    Failed {
        message: MessageId,
        error: EngineError,
    },
}

/// How many messages are meant.
///
/// # Errors
/// Those of the store.
pub async fn count_again(store: &Store, again: Again) -> Result<u64, EngineError> {
    Ok(store.count_examined_before(&again.which()).await?)
}

/// Examines stored messages again, as many at a time as there are processors, and tells of each. Can be ended at any
/// moment: what is left is taken up the next time.
///
/// # Errors
/// Those of listing the messages; what fails with one message is told of that message.
pub async fn reexamine(
    store: &Store,
    again: Again,
    mut tell: impl FnMut(Reexamined),
) -> Result<(), EngineError> {
    let at_once = std::thread::available_parallelism().map_or(1, NonZero::get);
    let which = again.which();
    let mut after = 0;
    loop {
        let page = store.examined_before(&which, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.seq;
        let mut done = stream::iter(page).map(|message| one(store, message)).buffer_unordered(at_once);
        while let Some(outcome) = done.next().await {
            tell(outcome);
        }
    }
}

async fn one(store: &Store, message: ExaminedMessage) -> Reexamined {
    match changed(store, &message).await {
        Ok(changes) => Reexamined::Done { message: message.id, changes },
        Err(error) => Reexamined::Failed { message: message.id, error },
    }
}

async fn changed(store: &Store, message: &ExaminedMessage) -> Result<Changes, EngineError> {
    let file = store.blob_file(message.hash).await?;
    let (size, organization) = (message.size, message.organization);
    let work = tokio::task::spawn_blocking(move || {
        let evidence = examine_reader(file, size, &Means::default())?;
        let packed = PackedEvidence::new(organization, &evidence)?;
        Ok::<_, EngineError>((evidence, packed))
    });
    let (new, packed) = work.await.map_err(|_| EngineError::Task)??;
    let old = store.replace_evidence(organization, message.id, &packed).await?;
    Ok(old.map(|old| Changes::between(&old, &new)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailcase_evidence::examine;

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
    }
}
