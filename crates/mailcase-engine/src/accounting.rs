//! Accounting: what the server holds in the watched folders against what is stored here.

use crate::closed::in_one_line;
use crate::error::EngineError;
use crate::remote::{FolderInventory, Inventory, Remote, Trial, watched_folders};
use jiff::Timestamp;
use mailcase_core::connector::{Connector, FetchMode};
use mailcase_core::message::DeliveryState;
use mailcase_mail::{Cursor, RemoteHead};
use mailcase_store::{AlarmKind, KnownRemote, Store};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Gaps listed one by one; beyond this only their number is given.
const GAPS_LISTED: usize = 1_000;

/// "4,812 = 4,812", or what is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accounting {
    pub at: Timestamp,
    pub folders: Vec<FolderAccount>,
    /// Watched folders the server did not let us count.
    #[serde(default)]
    pub uncounted: Vec<UncountedFolder>,
}

/// A folder nobody knows the books of: it is missing, or the server will not open it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UncountedFolder {
    pub folder: String,
    /// For people; names the folder.
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderAccount {
    pub folder: String,
    /// Messages the server holds.
    pub server: u64,
    /// Of these, stored here.
    pub stored: u64,
    /// Of these, outside what the connector takes: read before its first run, or (unseen only) read by somebody else.
    pub out_of_scope: u64,
    /// Of these, not taken by the pre-filter.
    #[serde(default)]
    pub filtered_out: u64,
    /// Of these, listed and still to be fetched.
    pub pending: u64,
    /// Of these, not listed yet: they came after the last poll, and the next one will list them.
    #[serde(default)]
    pub not_yet_listed: u64,
    /// Of these, neither: a gap.
    pub gap_count: u64,
    /// The first 1,000 gaps.
    pub gaps: Vec<Gap>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    pub remote_id: String,
    pub size: Option<u64>,
    pub received: Option<Timestamp>,
    pub reason: GapReason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// The server holds it, we never listed it, and no poll will.
    NeverListed,
    /// The server would not give it; it needs attention.
    NeedsAttention,
    /// We thought it had vanished, and it is there.
    BelievedGone,
    /// Stored, but with another size than the server announces.
    SizeDiffers,
}

impl Accounting {
    /// Every folder could be counted, and nothing is missing.
    #[must_use]
    pub fn balanced(&self) -> bool {
        self.uncounted.is_empty() && self.folders.iter().all(|folder| folder.gap_count == 0)
    }

    #[must_use]
    pub fn gap_count(&self) -> u64 {
        self.folders.iter().map(|folder| folder.gap_count).sum()
    }

    /// One line for people: `4,812 = 4,812`, or what is missing.
    #[must_use]
    pub fn summary(&self) -> String {
        let sum = |part: fn(&FolderAccount) -> u64| self.folders.iter().map(part).sum::<u64>();
        let expected = sum(|folder| folder.server)
            .saturating_sub(sum(|folder| folder.out_of_scope.saturating_add(folder.filtered_out)));
        let stored = sum(|folder| folder.stored);
        let sign = if expected == stored { "=" } else { "≠" };
        let mut line = format!("{} {sign} {}", grouped(expected), grouped(stored));
        for (count, what) in [
            (sum(|folder| folder.pending), "on their way"),
            (sum(|folder| folder.not_yet_listed), "arrived since the last poll"),
            (self.gap_count(), "missing or different"),
            (sum(|folder| folder.filtered_out), "left out by the pre-filter"),
            (sum(|folder| folder.out_of_scope), "outside what the connector takes"),
        ] {
            if count > 0 {
                line.push_str(&format!(", {} {what}", grouped(count)));
            }
        }
        if !self.uncounted.is_empty() {
            let reasons: Vec<&str> = self.uncounted.iter().map(|folder| folder.reason.as_str()).collect();
            line.push_str(&format!(", not counted: {}", in_one_line(&reasons)));
        }
        line
    }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && digits.len().saturating_sub(place) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Takes inventory on the server and compares. The result is kept; gaps raise an alarm.
pub(crate) async fn account(
    store: &Store,
    remote: &dyn Remote,
    connector: &Connector,
) -> Result<Accounting, EngineError> {
    let secrets = store.connector_secrets(connector.id).await?;
    let mut folders = Vec::new();
    for folder in watched_folders(&connector.settings, remote.kinds()) {
        let cursor = store.folder_cursor(connector.id, folder.as_str()).await?.map(Cursor::new);
        folders.push((folder, cursor));
    }
    let trial = Trial { settings: connector.settings.clone(), secrets, granted_to: Some(connector.id) };
    let Inventory { folders: inventories, closed } = remote.inventory(trial, folders).await?;
    let mut accounts = Vec::with_capacity(inventories.len());
    for inventory in inventories {
        // Read after the inventory: what arrived in between is known by now or is counted as pending.
        let known = known(store, connector, inventory.folder.as_str()).await?;
        accounts.push(compare(&inventory, known, connector.settings.fetch));
    }
    let uncounted = closed
        .into_iter()
        .map(|closed| UncountedFolder { reason: closed.to_string(), folder: closed.folder.to_string() })
        .collect();
    let accounting = Accounting { at: Timestamp::now(), folders: accounts, uncounted };
    store.save_accounting(connector.organization, connector.id, &accounting).await?;
    if accounting.balanced() {
        store.clear_alarm(connector.organization, connector.id, AlarmKind::Accounting).await?;
    } else {
        store
            .raise_alarm(connector.organization, connector.id, AlarmKind::Accounting, &accounting.summary())
            .await?;
    }
    Ok(accounting)
}

/// Ledger lines read at once.
const LEDGER_PAGE: usize = 10_000;

async fn known(store: &Store, connector: &Connector, folder: &str) -> Result<Vec<KnownRemote>, EngineError> {
    let mut known: Vec<KnownRemote> = Vec::new();
    loop {
        let after = known.last().map(|last| last.remote_id.clone());
        let page = store.known_remote(connector.id, folder, after.as_deref(), LEDGER_PAGE).await?;
        let last_page = page.len() < LEDGER_PAGE;
        known.extend(page);
        if last_page {
            return Ok(known);
        }
    }
}

fn compare(inventory: &FolderInventory, known: Vec<KnownRemote>, fetch: FetchMode) -> FolderAccount {
    let known: HashMap<String, KnownRemote> =
        known.into_iter().map(|known| (known.remote_id.clone(), known)).collect();
    let mut account = FolderAccount {
        folder: inventory.folder.to_string(),
        server: u64::try_from(inventory.messages.len()).unwrap_or(u64::MAX),
        stored: 0,
        out_of_scope: 0,
        filtered_out: 0,
        pending: 0,
        not_yet_listed: 0,
        gap_count: 0,
        gaps: Vec::new(),
    };
    let mut of_size = Vec::new();
    for head in &inventory.messages {
        let gap = match known.get(head.id.as_str()) {
            None if inventory.to_be_listed.contains(&head.id) => {
                account.not_yet_listed = account.not_yet_listed.saturating_add(1);
                None
            }
            None if outside(inventory, head, fetch) => {
                account.out_of_scope = account.out_of_scope.saturating_add(1);
                None
            }
            None => Some(GapReason::NeverListed),
            Some(known) => match known.state {
                DeliveryState::Stored | DeliveryState::Acknowledged => {
                    account.stored = account.stored.saturating_add(1);
                    size_differs(head, known).then_some(GapReason::SizeDiffers)
                }
                DeliveryState::Discovered => {
                    account.pending = account.pending.saturating_add(1);
                    None
                }
                DeliveryState::FilteredOut => {
                    account.filtered_out = account.filtered_out.saturating_add(1);
                    None
                }
                DeliveryState::Gone | DeliveryState::Left => Some(GapReason::BelievedGone),
                DeliveryState::NeedsAttention => Some(GapReason::NeedsAttention),
            },
        };
        if let Some(reason) = gap {
            account.gap_count = account.gap_count.saturating_add(1);
            let listed = if reason == GapReason::SizeDiffers { &mut of_size } else { &mut account.gaps };
            if listed.len() < GAPS_LISTED {
                let RemoteHead { size, received, .. } = *head;
                listed.push(Gap { remote_id: head.id.to_string(), size, received, reason });
            }
        }
    }
    // What can be fetched comes first: it is fetched by this list.
    account.gaps.append(&mut of_size);
    account.gaps.truncate(GAPS_LISTED);
    account
}

fn outside(inventory: &FolderInventory, head: &RemoteHead, fetch: FetchMode) -> bool {
    match fetch {
        FetchMode::Unseen => head.seen == Some(true),
        // What the first run is not going to list is left out by it.
        FetchMode::Everything => !inventory.listed || inventory.before_first_run.contains(&head.id),
    }
}

/// Some servers only estimate sizes: one that says what it said when the message was fetched is believed.
fn size_differs(head: &RemoteHead, known: &KnownRemote) -> bool {
    matches!((head.size, known.size), (Some(server), Some(stored)) if server != stored)
        && head.size != known.claimed
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailcase_mail::{FolderPath, RemoteId};
    use std::collections::HashSet;

    fn head(id: &str, size: u64, seen: bool) -> RemoteHead {
        RemoteHead { id: RemoteId::new(id), size: Some(size), received: None, seen: Some(seen) }
    }

    fn known(id: &str, state: DeliveryState, size: Option<u64>) -> KnownRemote {
        KnownRemote { remote_id: id.to_owned(), state, size, claimed: size }
    }

    fn inventory(messages: Vec<RemoteHead>, before: &[&str]) -> FolderInventory {
        FolderInventory {
            folder: FolderPath::new("INBOX"),
            messages,
            before_first_run: before.iter().map(|id| RemoteId::new(*id)).collect(),
            to_be_listed: HashSet::new(),
            listed: true,
        }
    }

    #[test]
    fn an_estimate_that_stays_the_same_is_no_gap_and_gaps_of_size_hide_no_others() {
        let stored =
            |id: &str, claimed| KnownRemote { claimed, ..known(id, DeliveryState::Acknowledged, Some(7)) };
        let messages = vec![head("estimated", 9, true), head("changed", 9, true), head("unknown", 9, true)];
        let ledger = vec![stored("estimated", Some(9)), stored("changed", Some(8)), stored("unknown", None)];
        let account = compare(&inventory(messages, &[]), ledger, FetchMode::Everything);
        let gaps: Vec<_> = account.gaps.iter().map(|gap| gap.remote_id.as_str()).collect();
        assert_eq!(gaps, ["changed", "unknown"]);
        let mut messages: Vec<_> = (0..GAPS_LISTED).map(|n| head(&n.to_string(), 9, true)).collect();
        let ledger = (0..GAPS_LISTED).map(|n| stored(&n.to_string(), None)).collect();
        messages.push(head("missing", 1, true));
        let account = compare(&inventory(messages, &[]), ledger, FetchMode::Everything);
        assert_eq!(account.gap_count, 1_001);
        assert_eq!(account.gaps.len(), GAPS_LISTED);
        assert_eq!(account.gaps[0].remote_id, "missing");
    }

    #[test]
    fn a_balanced_mailbox_says_so() {
        let messages: Vec<RemoteHead> = (0..4812).map(|n| head(&n.to_string(), 10, true)).collect();
        let stored =
            (0..4812).map(|n| known(&n.to_string(), DeliveryState::Acknowledged, Some(10))).collect();
        let account = compare(&inventory(messages, &[]), stored, FetchMode::Everything);
        let accounting =
            Accounting { at: Timestamp::UNIX_EPOCH, folders: vec![account], uncounted: Vec::new() };
        assert!(accounting.balanced());
        assert_eq!(accounting.summary(), "4,812 = 4,812");
    }

    #[test]
    fn every_kind_of_gap_is_named_and_what_was_never_wanted_is_none() {
        let messages = vec![
            head("old", 1, true),
            head("new", 1, false),
            head("stored", 1, true),
            head("other-size", 2, true),
            head("pending", 1, false),
            head("gone", 1, false),
            head("refused", 1, false),
        ];
        let ledger = vec![
            known("stored", DeliveryState::Stored, Some(1)),
            known("other-size", DeliveryState::Acknowledged, Some(1)),
            known("pending", DeliveryState::Discovered, None),
            known("gone", DeliveryState::Gone, None),
            known("refused", DeliveryState::NeedsAttention, None),
            known("no longer on the server", DeliveryState::Acknowledged, Some(1)),
        ];
        let account = compare(&inventory(messages, &["old"]), ledger, FetchMode::Everything);
        assert_eq!((account.server, account.stored, account.out_of_scope, account.pending), (7, 2, 1, 1));
        let gaps: Vec<_> = account.gaps.iter().map(|gap| (gap.remote_id.as_str(), gap.reason)).collect();
        assert_eq!(
            gaps,
            [
                ("new", GapReason::NeverListed),
                ("gone", GapReason::BelievedGone),
                ("refused", GapReason::NeedsAttention),
                ("other-size", GapReason::SizeDiffers),
            ]
        );
        let accounting =
            Accounting { at: Timestamp::UNIX_EPOCH, folders: vec![account], uncounted: Vec::new() };
        assert_eq!(
            accounting.summary(),
            "6 ≠ 2, 1 on their way, 4 missing or different, 1 outside what the connector takes"
        );
    }

    #[test]
    fn an_unseen_connector_does_not_miss_what_others_read() {
        let account = compare(
            &inventory(vec![head("a", 1, true), head("b", 1, false)], &[]),
            vec![],
            FetchMode::Unseen,
        );
        assert_eq!((account.out_of_scope, account.gap_count), (1, 1));
    }

    #[test]
    fn mail_that_came_since_the_last_poll_is_no_gap() {
        let mut inventory =
            inventory(vec![head("stored", 1, true), head("new", 1, false), head("lost", 1, false)], &[]);
        inventory.to_be_listed = HashSet::from([RemoteId::new("new"), RemoteId::new("moved on meanwhile")]);
        let ledger = vec![known("stored", DeliveryState::Stored, Some(1))];
        let account = compare(&inventory, ledger, FetchMode::Everything);
        assert_eq!((account.stored, account.not_yet_listed, account.gap_count), (1, 1, 1));
        assert_eq!(account.gaps[0].remote_id, "lost");
        let accounting =
            Accounting { at: Timestamp::UNIX_EPOCH, folders: vec![account], uncounted: Vec::new() };
        assert_eq!(accounting.summary(), "3 ≠ 1, 1 arrived since the last poll, 1 missing or different");
    }

    #[test]
    fn before_the_first_poll_nothing_is_missing() {
        let mut inventory = inventory(vec![head("read", 1, true), head("unread", 1, false)], &[]);
        inventory.to_be_listed = HashSet::from([RemoteId::new("unread")]);
        inventory.listed = false;
        let account = compare(&inventory, vec![], FetchMode::Everything);
        assert_eq!((account.out_of_scope, account.not_yet_listed, account.gap_count), (1, 1, 0));
    }

    #[test]
    fn results_kept_by_an_earlier_version_are_still_read() {
        let kept = r#"{"at":"2026-03-01T12:00:00Z","folders":[{"folder":"INBOX","server":1,"stored":1,
            "out_of_scope":0,"pending":0,"gap_count":0,"gaps":[]}]}"#;
        assert!(serde_json::from_str::<Accounting>(kept).unwrap().balanced());
    }
}
