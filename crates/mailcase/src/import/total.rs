//! What an import came to: new, known and failed, of what is there now. What earlier imports met and is gone since does
//! not count.

use crate::Outcome;
use crate::terminal::{line, plain};
use crate::wire::Sources;
use mailcase_core::connector::Connector;
use mailcase_core::message::DeliveryState;
use mailcase_mail::{FolderPath, MailSource as _, RemoteId, SourceFactory as _};
use mailcase_store::{KnownRemote, Store};
use std::collections::{BTreeMap, HashSet};

/// Rows of the ledger looked at together.
const PAGE: usize = 10_000;
/// Failures named one by one; the rest is counted.
const FAILURES_NAMED: usize = 50;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Total {
    new: u64,
    known: u64,
    failed: u64,
    failures: Vec<String>,
}

impl Total {
    /// Adds what was imported by a connector. `given`: how many files somebody named, copies of each other included;
    /// without it, all that is there was.
    pub(super) async fn add(
        &mut self,
        store: &Store,
        connector: &Connector,
        given: Option<u64>,
        new: u64,
    ) -> anyhow::Result<()> {
        let settings = &connector.settings;
        let mut source = Sources.open(&settings.kind, &settings.connection, &BTreeMap::new())?;
        let (mut there, mut failed) = (0_u64, 0_u64);
        for folder in &settings.folders {
            let held = source.inventory(&FolderPath::new(folder.as_str())).await?;
            there = there.saturating_add(held.len() as u64);
            let mut waiting: HashSet<RemoteId> = held.into_iter().map(|head| head.id).collect();
            let mut after: Option<String> = None;
            loop {
                let page = store.known_remote(connector.id, folder, after.as_deref(), PAGE).await?;
                let Some(last) = page.last() else { break };
                after = Some(last.remote_id.clone());
                take_away_taken(&mut waiting, &page);
            }
            failed = failed.saturating_add(waiting.len() as u64);
            self.name(waiting);
        }
        self.count(given.unwrap_or(there), new, failed);
        Ok(())
    }

    fn name(&mut self, failed: HashSet<RemoteId>) {
        let mut names: Vec<String> = failed.into_iter().map(|id| id.as_str().to_owned()).collect();
        names.sort_unstable();
        self.failures.extend(names);
        self.failures.truncate(FAILURES_NAMED);
    }

    fn count(&mut self, all: u64, new: u64, failed: u64) {
        self.new = self.new.saturating_add(new);
        self.failed = self.failed.saturating_add(failed);
        self.known = self.known.saturating_add(all.saturating_sub(new).saturating_sub(failed));
    }

    pub(super) fn print(&self) -> anyhow::Result<Outcome> {
        if *self == Self::default() {
            line("Nothing was found: neither .eml or .msg files, nor a Maildir, nor an mbox file.")?;
            return Ok(Outcome::NeedsAttention);
        }
        line(format!("{} new, {} already known, {} failed", self.new, self.known, self.failed))?;
        for failure in &self.failures {
            line(format!("  failed: {}", plain(failure)))?;
        }
        if self.failed > 0 {
            line("Run the import again to try once more; the log says why they failed.")?;
            return Ok(Outcome::NeedsAttention);
        }
        Ok(Outcome::Done)
    }
}

/// Leaves those that are there and not stored.
fn take_away_taken(there: &mut HashSet<RemoteId>, ledger: &[KnownRemote]) {
    for known in ledger {
        if matches!(known.state, DeliveryState::Stored | DeliveryState::Acknowledged) {
            there.remove(&RemoteId::new(known.remote_id.as_str()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(id: &str, state: DeliveryState) -> KnownRemote {
        KnownRemote { remote_id: id.to_owned(), size: None, claimed: None, state }
    }

    #[test]
    fn what_fails_and_is_not_there_any_longer_counts_against_nobody() {
        let ledger = [
            known("stored", DeliveryState::Stored),
            known("known", DeliveryState::Acknowledged),
            known("failing", DeliveryState::Discovered),
            known("given up", DeliveryState::NeedsAttention),
            known("failed, and gone since", DeliveryState::Discovered),
            known("stored, and gone since", DeliveryState::Acknowledged),
        ];
        let there = ["stored", "known", "failing", "given up", "never listed"];
        let mut waiting: HashSet<RemoteId> = there.into_iter().map(RemoteId::new).collect();
        take_away_taken(&mut waiting, &ledger);
        let mut total = Total::default();
        total.count(5, 1, waiting.len() as u64);
        total.name(waiting);
        assert_eq!(total.failures, ["failing", "given up", "never listed"]);
        assert_eq!((total.new, total.known, total.failed), (1, 1, 3));
    }
}
